"""The annex read back: every figure in it shows the fact that it was written from.

Room: report. Called by `excel_annex` before anybody gets the file; another library reads than wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from openpyxl import load_workbook

from etl.errors import ReportError

WrittenFigures = Mapping[tuple[str, str], str | int | float]
"""(sheet, cell) → a figure as it is printed, or the bare number of a sheet to calculate with."""


def validate_annex(data: bytes, written: WrittenFigures) -> None:
    """Lets pass an annex (.xlsx) whose every figure is the one that was written.

    Raises:
        ReportError: says the sheet and cell, what it shows and what it should.
    """
    pages = {page.title: page for page in load_workbook(BytesIO(data)).worksheets}
    for (sheet, name), figure in written.items():
        cell = pages[sheet][name]
        shown, wanted = _format_held_value(cell.value), _format_held_value(figure)
        if shown != wanted:
            raise ReportError(
                f"the annex shows {shown} where {wanted} was written",
                where=f"{sheet}!{name}",
                fix="draft the report again; if it stays, report it: nothing was written",
            )


def _format_held_value(value: object) -> str:
    """A number with as many digits as a cell holds; a text in quotes, so that it is told from a number."""
    return f"{value:.16G}" if isinstance(value, int | float) else repr(value)
