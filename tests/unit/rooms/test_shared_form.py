"""One form in the hands of two scopes' units: whose a workbook is follows from its unit and period."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from etl.catalog import Catalogue
from etl.catalog.layout import MANIFEST_SHEET
from etl.catalog.obligations import find_collecting_scope, list_collecting_scopes
from etl.catalog.rules import Rules
from etl.check import ReadSubmission, check_batch
from etl.model import Period, ReadResult
from etl.read import Reader
from tests.builders import Workbook
from tests.wording import SHIPPED

FORM, PERIOD = "xa-quarter", "2026Q3"
UNITS = {"23284": "quang-ngai", "21548": "quang-ngai", "07306": "bac-ninh", "07294": "bac-ninh"}


@pytest.fixture(scope="module")
def reader(catalogue: Catalogue, rules: Rules) -> Iterator[Reader]:
    with Reader(catalogue, rules) as reader:
        yield reader


def _read(reader: Reader, folder: Path, book: Workbook) -> ReadResult:
    path = folder / "a.xlsx"
    path.write_bytes(book.bytes())
    return reader.read_file(path)


def test_the_form_is_of_two_scopes_and_a_unit_of_one(catalogue: Catalogue) -> None:
    assert {s.id for s in list_collecting_scopes(catalogue, FORM)} >= set(UNITS.values())
    for unit, scope in UNITS.items():
        assert find_collecting_scope(catalogue, FORM, unit, Period.parse(PERIOD)).id == scope


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("stamped", [True, False])
def test_a_workbook_of_either_scope_is_accepted(
    catalogue: Catalogue, rules: Rules, reader: Reader, tmp_path: Path, unit: str, stamped: bool
) -> None:
    book = Workbook(catalogue, FORM, unit, PERIOD).filled()
    result = _read(reader, tmp_path, book if stamped else book.without_sheet(MANIFEST_SHEET))
    assert result.stamp and (result.stamp.form, result.stamp.unit, result.stamp.period) == (FORM, unit, PERIOD)
    assert [f.code for f in result.findings] == ([] if stamped else ["S19"])
    (verdict,) = check_batch([ReadSubmission(result, "a.xlsx")], catalogue, rules, SHIPPED)
    assert not {f.code for f in verdict.findings} & {"S07", "S10"}


def test_a_unit_that_owes_it_to_nobody_is_refused(
    catalogue: Catalogue, rules: Rules, reader: Reader, tmp_path: Path
) -> None:
    book = Workbook(catalogue, FORM, "23284", PERIOD).filled().with_stamp("unit", "51-CDC")
    (verdict,) = check_batch([ReadSubmission(_read(reader, tmp_path, book), "a.xlsx")], catalogue, rules, SHIPPED)
    assert not verdict.accepted
    assert "S07" in {f.code for f in verdict.findings}
