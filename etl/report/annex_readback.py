"""The annex read back: every figure in it shows the fact that it was written from.

Room: report. Called by `excel_annex` before anybody gets the file; another library reads than wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO

from openpyxl import load_workbook
from xlsxwriter.utility import xl_cell_to_rowcol

from etl.errors import ReportError

WrittenFigures = Mapping[tuple[str, str], str | int | float]
"""(sheet, cell) → a figure as it is printed, or the bare number of a sheet to calculate with."""


def validate_annex(data: bytes, written: WrittenFigures) -> None:
    """Lets pass an annex (.xlsx) whose every figure is the one that was written.

    Raises:
        ReportError: says the sheet and cell, what it shows and what it should.
    """
    book = load_workbook(BytesIO(data), read_only=True)  # row by row: half of what a book of cells takes
    pages = {name: list(book[name].iter_rows(values_only=True)) for name in {sheet for sheet, _ in written}}
    for (sheet, name), figure in written.items():
        shown, wanted = _format_held_value(_get_cell(pages[sheet], name)), _format_held_value(figure)
        if shown != wanted:
            raise ReportError(
                f"the annex shows {shown} where {wanted} was written",
                where=f"{sheet}!{name}",
                fix="draft the report again; if it stays, report it: nothing was written",
            )


def _get_cell(rows: Sequence[Sequence[object]], name: str) -> object:
    """What a cell holds; None beyond the last row or column that holds anything."""
    row, column = xl_cell_to_rowcol(name)
    return rows[row][column] if row < len(rows) and column < len(rows[row]) else None


def _format_held_value(value: object) -> str:
    """A number with as many digits as a cell holds; a text in quotes, so that it is told from a number."""
    return f"{value:.16G}" if isinstance(value, int | float) else repr(value)
