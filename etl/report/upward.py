"""The sheet of the annex that the level above takes in: the area's own leaf figures, with a stamp like any form.

Room: report. Used by `sheets`. Printed from the catalogue's layout, so that the reader above finds every cell where it
expects it; a figure nobody has is an empty cell, never a zero.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from etl.catalog.layout import (
    MANIFEST_HEADER,
    MANIFEST_SHEET,
    MANIFEST_STAMP,
    MARK_ROW,
    MARK_TEXT,
    FormLayout,
    SheetLayout,
)
from etl.model import CellState
from etl.model.sent import Sent
from etl.report.inputs import Upward
from etl.report.workbook import Book

_BOLD = frozenset({"title", "meta"})
_SURE = frozenset({CellState.VALUE, CellState.ZERO})
_AROUND = {CellState.ESTIMATED: "ước {}", CellState.UNRELIABLE: "{} ?"}


def upward_sheets(book: Book, upward: Upward, *, simulated: bool) -> None:
    """Writes the sheet of figures and the hidden stamp."""
    said = {(cell.org_unit_code, cell.data_element): cell for cell in upward.cells}
    for sheet in upward.layout.sheets:
        _figures(book, sheet, said, simulated=simulated)
    _stamp(book, upward.layout)


def _figures(book: Book, sheet: SheetLayout, said: dict[tuple[str, str], Sent], *, simulated: bool) -> None:
    page = book.page(sheet.code)
    for column, width in enumerate(sheet.widths):
        page.set_column(column, column, width)
    for fixed in sheet.fixed:
        page.write_string(fixed.row, fixed.col, fixed.text, book.format(bold=fixed.role in _BOLD))
    heads = {(fixed.row, fixed.col): fixed.text for fixed in sheet.fixed if fixed.role == "header"}
    for top, left, bottom, right in sheet.merges:
        page.merge_range(top, left, bottom, right, heads[top, left], book.cell(bold=True, align="center"))
    if simulated:
        page.write_string(MARK_ROW, 0, MARK_TEXT, book.format(bold=True))
    for cell in sheet.inputs:
        found = said.get((cell.org_unit_code, cell.data_element))
        if found is not None:
            _write(book, page, (cell.row, cell.col), found)
    page.repeat_rows(*sheet.header_rows)
    page.freeze_panes(sheet.data_rows[0], 0)
    page.print_area(0, 0, sheet.data_rows[1], sheet.last_col)


def _write(book: Book, page: Any, place: tuple[int, int], cell: Sent) -> None:
    """A number as a number; what is none, or is not certain, as the mark of `catalog/cell_states.csv` that says so."""
    right = book.format(align="right")
    if cell.state in _SURE and cell.value is not None:
        page.write_number(*place, float(cell.value), right)
    elif cell.state is CellState.NOT_APPLICABLE:
        page.write_string(*place, "x", right)
    elif cell.state in _AROUND and cell.value is not None:
        page.write_string(*place, _AROUND[cell.state].format(_plain(float(cell.value))), right)


def _plain(number: float) -> str:
    """Every digit, a comma before decimals and nothing between thousands: no reader can take it for another number."""
    return f"{Decimal(repr(number)):f}".removesuffix(".0").replace(".", ",")


def _stamp(book: Book, described: FormLayout) -> None:
    page = book.workbook.add_worksheet(MANIFEST_SHEET)
    stamp = (described.form.id, described.form.version, described.unit.code, described.period.key)
    for row, (key, value) in enumerate(zip(MANIFEST_STAMP, stamp, strict=True)):
        page.write_string(row, 0, key)
        page.write_string(row, 1, value)
    top = len(MANIFEST_STAMP) + 1
    page.write_row(top, 0, MANIFEST_HEADER)
    for row, (sheet, cell) in enumerate(described.inputs, start=top + 1):
        for col, text in enumerate((sheet, cell.cell, cell.org_unit_code, cell.data_element, cell.kind.value)):
            page.write_string(row, col, text)
    page.hide()
