"""A form that goes upward, filled in by hand and moved about: rows are known by their two codes, wherever they stand."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from etl.catalog import Catalogue
from etl.catalog.rules import load_rules
from etl.forms import issue_form
from etl.model import Period, ReadResult
from etl.read import Reader
from etl.settings import PROJECT_ROOT
from tests.wording import SHIPPED

SHEET = "SoLieuGoc"
FIRST = 12


def read(catalogue: Catalogue, folder: Path, change: Callable[[Any], object]) -> ReadResult:
    period = Period.parse("2024Q3")
    unit = catalogue.find_unit("216", period.end)
    assert unit
    book = openpyxl.load_workbook(
        BytesIO(
            issue_form(
                catalogue, catalogue.get_scope("bac-giang"), catalogue.forms["bg-huyen-quarter"], unit, period, SHIPPED
            )
        )
    )
    page = book[SHEET]
    for number, row in enumerate(page.iter_rows(min_row=FIRST, max_row=FIRST + 607), start=1):
        row[5].value = number
    change(page)
    book.save(folder / "form.xlsx")
    with Reader(catalogue, load_rules(PROJECT_ROOT / "expectations")) as reader:
        return reader.read_file(folder / "form.xlsx")


def values(found: ReadResult) -> list[float | None]:
    return [o.value for o in found.observations]


@pytest.mark.parametrize(
    "change",
    [
        lambda page: None,
        lambda page: page.insert_rows(40),
        lambda page: page.__setitem__("B20", "Xã viết khác"),
        lambda page: page.move_range("A100:F619", rows=2),
    ],
    ids=["as issued", "row put in", "name written otherwise", "half of it moved down"],
)
def test_rows_are_known_by_their_codes(catalogue: Catalogue, tmp_path: Path, change: Callable[[Any], object]) -> None:
    found = read(catalogue, tmp_path, change)
    assert {f.code for f in found.findings} == {"S30"}
    assert values(found) == [float(n) for n in range(1, 609)]


def test_a_row_that_is_gone_is_named(catalogue: Catalogue, tmp_path: Path) -> None:
    found = read(catalogue, tmp_path, lambda page: page.delete_rows(FIRST + 3))
    said = {f.code: f.message for f in found.findings}
    assert set(said) == {"S25", "S30"} and "07321, pop_total" in said["S25"]
    assert len(found.observations) == 607


def test_a_row_that_stands_twice_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    def twice(page: Any) -> None:
        for column, cell in enumerate(page[FIRST], start=1):
            page.cell(FIRST + 608, column).value = cell.value

    assert "S15" in {f.code for f in read(catalogue, tmp_path, twice).findings}
