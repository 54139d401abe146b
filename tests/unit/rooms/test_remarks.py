"""From a cell that was not understood to a finding at that cell, through the child process and the checker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from etl.catalog import Catalogue
from etl.catalog.rules import Rules
from etl.check import ReadSubmission, check_batch
from etl.model import CellState, Observation
from etl.read import Reader
from etl.read.cell_findings import build_cell_findings
from tests.builders import Workbook
from tests.wording import SHIPPED

DAY = date(2024, 9, 30)


@pytest.fixture(scope="module")
def reader(catalogue: Catalogue, rules: Rules) -> Iterator[Reader]:
    with Reader(catalogue, rules) as reader:
        yield reader


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("1,234", "V10"), ("12 trạm", "V11"), ("12,5%", "V12"), ("(12)", "V13"), (">95", "V14"), ("1e5", "V15"),
        ("12345678901234567", "V16"), (datetime(2024, 9, 1), "V17"), (True, "V18"), ("mười", "V01"),
    ],
)  # fmt: skip
def test_one_finding_at_the_cell_and_a_refusal(
    reader: Reader, catalogue: Catalogue, rules: Rules, tmp_path: Path, value: Any, code: str
) -> None:
    book = Workbook(catalogue, "kt-district-quarter", "612", "2024Q3")
    path = tmp_path / "a.xlsx"
    path.write_bytes(book.filled().with_cell("B1", "D13", value).bytes())
    read = reader.read_file(path)
    assert next(o for o in read.observations if (o.sheet, o.cell) == ("B1", "D13")).state is CellState.INVALID
    verdict = check_batch([ReadSubmission(read)], catalogue, rules, SHIPPED)[0]
    here = [f for f in verdict.findings if (f.sheet, f.cell) == ("B1", "D13") and f.code.startswith("V")]
    assert [f.code for f in here] == [code] and not verdict.accepted
    assert here[0].org_unit_code == "23401" and here[0].data_element == "pop_total"
    assert "Dân số cuối kỳ (Thị trấn Đắk Tô)" in here[0].message and here[0].value in here[0].message


def test_a_date_that_is_not_one_day(reader: Reader, catalogue: Catalogue, rules: Rules, tmp_path: Path) -> None:
    book = Workbook(catalogue, "kt-district-quarter", "612", "2024Q3").filled()
    sheet, cell = next((s, c) for s, c, _, _, kind in book.inputs() if kind == "date")
    for value, code in (("1.7.24", "V20"), ("7/2024", "V21"), ("07/31/2024", "V22"), ("hôm qua", "V07")):
        path = tmp_path / "a.xlsx"
        path.write_bytes(book.with_cell(sheet, cell, value).bytes())
        verdict = check_batch([ReadSubmission(reader.read_file(path))], catalogue, rules, SHIPPED)[0]
        assert [f.code for f in verdict.findings if (f.sheet, f.cell) == (sheet, cell)] == [code]


def share(value: float, raw: str = "") -> Observation:
    return Observation("62", "pub_stunting", "C1", "D12", CellState.VALUE, value, raw=raw)


@pytest.mark.parametrize(
    ("seen", "asked"), [(share(0.125), True), (share(1.0), True), (share(12.5), False), (share(0.125, "0,125%"), False)]
)
def test_a_share_that_may_have_lost_its_per_cent_is_asked_about(
    catalogue: Catalogue, rules: Rules, seen: Observation, asked: bool
) -> None:
    found = list(build_cell_findings(rules, catalogue, DAY, [seen], {}))
    assert [(f.code, f.level, f.value) for f in found] == (
        [("V23", "confirm", "0,125" if seen.value < 1 else "1")] if asked else []
    )  # type: ignore[operator]


def test_an_error_text_is_told_as_such(catalogue: Catalogue, rules: Rules) -> None:
    seen = Observation("23401", "pop_total", "B1", "D13", CellState.INVALID, raw="#REF!")
    [finding] = build_cell_findings(rules, catalogue, DAY, [seen], {0: "invalid_error"})
    assert finding.code == "V19" and "#REF!" in finding.message
