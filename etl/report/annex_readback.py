"""The annex read back: every figure in it shows the fact that it was written from.

Room: report. Called by `excel_annex` before anybody gets the file; another library reads than wrote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO

from openpyxl import load_workbook

from etl.errors import ReportError
from etl.model.numbers import format_number
from etl.report.figure_facts import PrintedNumber

WrittenFigures = Mapping[tuple[str, str], PrintedNumber | int | float]
"""(sheet, cell) → the fact, or the bare number of a sheet for machines."""
_SHOWN = re.compile(r'#,##0(?:\.(0+))?(?:"( [^"]*)")?')


def validate_annex(data: bytes, written: WrittenFigures) -> None:
    """Lets pass an annex (.xlsx) whose every figure is the one that was written.

    A fact is compared as it is and as a reader sees it: rounded by the cell's format, against the printed text.

    Raises:
        ReportError: says the sheet and cell, what it shows and what it should.
    """
    pages = {page.title: page for page in load_workbook(BytesIO(data)).worksheets}
    for (sheet, name), figure in written.items():
        cell = pages[sheet][name]
        shown, wanted = [_format_held_value(cell.value)], [_format_held_value(figure)]
        if isinstance(figure, PrintedNumber):
            shown.append(_format_shown_value(cell.value, cell.number_format))
            wanted = [_format_held_value(figure.text if figure.value is None else figure.value), figure.text]
        if shown != wanted:
            raise ReportError(
                f"the annex shows {shown} where {wanted} was written",
                where=f"{sheet}!{name}",
                fix="draft the report again; if it stays, report it: nothing was written",
            )


def _format_held_value(value: object) -> str:
    """A number with as many digits as a cell holds; a text in quotes, so that it is told from a number."""
    return f"{value:.16G}" if isinstance(value, int | float) else repr(value)


def _format_shown_value(value: object, number_format: str) -> str:
    """A cell as a reader sees it; a number in a format that the annex does not have is told from every printed one."""
    shown = _SHOWN.fullmatch(number_format)
    if not isinstance(value, int | float):
        return str(value)
    return f"{format_number(value, len(shown[1] or ''))}{shown[2] or ''}" if shown else f"{value} as {number_format}"
