"""The sheet that goes up with the annex comes back from the reader cell by cell, with every state it can have."""

from __future__ import annotations

import re
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from xlsxwriter import Workbook

from etl.catalog import Catalogue
from etl.catalog.layout import build_form_layout
from etl.catalog.owed_cells import find_upward_form
from etl.catalog.rules import load_rules
from etl.messages import load_messages
from etl.model import CellState, Period, ReadResult
from etl.model.exported_value import ExportedValue
from etl.read import Reader
from etl.report.annex_workbook import AnnexWorkbook
from etl.report.inputs import UpwardFigures
from etl.report.upward_sheet import write_upward_sheets
from etl.settings import PROJECT_ROOT

CELLS = (
    ExportedValue("07306", "insured", CellState.VALUE, Fraction(12345)),
    ExportedValue("07306", "managed", CellState.ZERO, Fraction(0)),
    ExportedValue("07306", "pop_total", CellState.ESTIMATED, Fraction(1234567)),
    ExportedValue("07309", "pop_total", CellState.ESTIMATED, Fraction(2469, 2)),
    ExportedValue("07306", "elderly", CellState.UNRELIABLE, Fraction(1234)),
    ExportedValue("07309", "insured", CellState.NOT_APPLICABLE),
    ExportedValue("07309", "managed", CellState.MISSING),
    ExportedValue("07309", "no_row_here", CellState.VALUE, Fraction(1)),
)


def annex(catalogue: Catalogue, cells: tuple[ExportedValue, ...] = CELLS) -> bytes:
    period = Period.parse("2024Q3")
    asked = find_upward_form(catalogue, catalogue.get_scope("tan-yen"), period)
    assert asked
    target = BytesIO()
    workbook = Workbook(target, {"in_memory": True})
    facts: Any = SimpleNamespace(head=SimpleNamespace(simulated="SỐ LIỆU MÔ PHỎNG"), simulated=True)
    book = AnnexWorkbook(workbook, facts, load_messages(PROJECT_ROOT / "templates"))
    book.add_page("Chỉ tiêu").write_string(0, 0, "for people")
    write_upward_sheets(
        book, UpwardFigures(build_form_layout(catalogue, asked[0], asked[1], asked[2], period), cells), simulated=True
    )
    workbook.close()
    return target.getvalue()


@pytest.fixture
def read(catalogue: Catalogue, tmp_path: Path) -> ReadResult:
    path = tmp_path / "annex.xlsx"
    path.write_bytes(annex(catalogue))
    with Reader(catalogue, load_rules(PROJECT_ROOT / "expectations")) as reader:
        return reader.read_file(path)


def test_every_state_comes_back(catalogue: Catalogue, read: ReadResult) -> None:
    assert read.stamp and (read.stamp.form, read.stamp.unit, read.stamp.period) == ("bg-huyen-quarter", "216", "2024Q3")
    assert [f.code for f in read.findings] == ["S30"]
    found = {(o.org_unit_code, o.data_element): o for o in read.observations}
    for cell in CELLS[:-1]:
        seen = found.pop((cell.org_unit_code, cell.data_element))
        assert seen.state is cell.state
        assert (None if seen.value is None else Fraction(repr(seen.value))) == cell.value
    assert found and all(o.state is CellState.MISSING and o.value is None for o in found.values())


def test_it_says_who_sends_what_for_when_and_that_it_is_simulated(catalogue: Catalogue) -> None:
    page = openpyxl.load_workbook(BytesIO(annex(catalogue)))["SoLieuGoc"]
    printed = {str(cell.value) for row in page.iter_rows(max_row=9) for cell in row}
    assert {"Đơn vị báo cáo: Huyện Tân Yên", "SỐ LIỆU MÔ PHỎNG", "Số liệu gửi lên"} <= printed
    assert any("quý III năm 2024" in text for text in printed)
    first, last = (int(row) for row in re.findall(r"\d+", str(page.print_area).split("!")[1]))
    assert (first, last < page.max_row, last < 12) == (1, True, True), "its ninety pages are for the reader above"
