"""The sheet of the annex that the level above takes in: the area's own leaf figures, with a stamp like any form.

Room: report. Used by `sheets`. Printed from the catalogue's layout, so that the reader above finds every cell where it
expects it; a figure nobody has is an empty cell, never a zero.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from etl.catalog.layout import (
    SIMULATION_NOTICE,
    SIMULATION_ROW,
    SheetLayout,
)
from etl.catalog.manifest_sheet import write_manifest_sheet
from etl.model import CellState
from etl.model.exported_value import ExportedValue
from etl.report.annex_workbook import AnnexWorkbook
from etl.report.inputs import UpwardFigures

_BOLD = frozenset({"title", "meta"})
_CERTAIN_STATES = frozenset({CellState.VALUE, CellState.ZERO})
_UNCERTAIN_FORMATS = {CellState.ESTIMATED: "ước {}", CellState.UNRELIABLE: "{} ?"}


def write_upward_sheets(book: AnnexWorkbook, upward: UpwardFigures, *, simulated: bool) -> None:
    """Writes the sheet of figures and the hidden stamp."""
    cells_by_key = {(cell.org_unit_code, cell.data_element): cell for cell in upward.cells}
    for sheet in upward.layout.sheets:
        _write_figure_sheet(book, sheet, cells_by_key, simulated=simulated)
    write_manifest_sheet(book.workbook, upward.layout)


def _write_figure_sheet(
    book: AnnexWorkbook, sheet: SheetLayout, cells_by_key: dict[tuple[str, str], ExportedValue], *, simulated: bool
) -> None:
    page = book.add_page(sheet.code)
    for column, width in enumerate(sheet.widths):
        page.set_column(column, column, width)
    for fixed in sheet.fixed:
        page.write_string(fixed.row, fixed.col, fixed.text, book.build_format(bold=fixed.role in _BOLD))
    heads = {(fixed.row, fixed.col): fixed.text for fixed in sheet.fixed if fixed.role == "header"}
    for top, left, bottom, right in sheet.merges:
        page.merge_range(top, left, bottom, right, heads[top, left], book.build_cell_format(bold=True, align="center"))
    if simulated:
        page.write_string(SIMULATION_ROW, 0, SIMULATION_NOTICE, book.build_format(bold=True))
    for cell in sheet.inputs:
        upward_cell = cells_by_key.get((cell.org_unit_code, cell.data_element))
        if upward_cell is not None:
            _write_upward_cell(book, page, (cell.row, cell.col), upward_cell)
    page.repeat_rows(*sheet.header_rows)
    page.freeze_panes(sheet.data_rows[0], 0)
    page.print_area(0, 0, sheet.header_rows[1], sheet.last_col)  # for the reader above; on paper ninety pages


def _write_upward_cell(book: AnnexWorkbook, page: Any, place: tuple[int, int], cell: ExportedValue) -> None:
    """A number as a number; what is none, or is not certain, as the mark of `catalog/cell_states.csv` that says so."""
    right = book.build_format(align="right")
    if cell.state in _CERTAIN_STATES and cell.value is not None:
        page.write_number(*place, float(cell.value), right)
        book.record_figure(page, *place, float(cell.value))
    elif cell.state is CellState.NOT_APPLICABLE:
        page.write_string(*place, "x", right)
    elif cell.state in _UNCERTAIN_FORMATS and cell.value is not None:
        page.write_string(
            *place, _UNCERTAIN_FORMATS[cell.state].format(_format_unambiguous_number(float(cell.value))), right
        )


def _format_unambiguous_number(number: float) -> str:
    """Every digit, a comma before decimals and nothing between thousands: no reader can take it for another number."""
    return f"{Decimal(repr(number)):f}".removesuffix(".0").replace(".", ",")
