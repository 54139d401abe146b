"""What the formulas of the sheet *Kiểm tra* are made of: a check's row, words around numbers, names of cells.

Room: forms. Used by `check_sheet` and `cell_checks`.
"""

from __future__ import annotations

from dataclasses import dataclass

from etl.catalog.layout import InputCell, format_cell_name
from etl.messages import Messages


@dataclass(frozen=True)
class CheckRow:
    """A check as it stands on the sheet. `shown` is what the empty form gives; `before` and `now` may be empty. A
    result that `looks_at_each` cell by itself is an array formula: else Excel before 2021 looks at one of them."""

    sheet: str
    about: str
    result: str
    shown: str
    before: float | None = None
    now: str = ""
    looks_at_each: bool = False


def join_words(wording: Messages, key: str, **formulas: str) -> str:
    """A message whose slots are formulas, as one formula: ``"Còn "&COUNTBLANK(D13)&" ô trống"``."""
    marks = {name: f"\ue000{name}\ue001" for name in formulas}
    text = quote_text(wording.format(key, **marks))
    for name, formula in formulas.items():
        text = text.replace(marks[name], f'"&{formula}&"')
    return text


def quote_text(text: str) -> str:
    """A text as a formula writes it."""
    return '"' + text.replace('"', '""') + '"'


def format_sheet_span(sheet: str, top: InputCell, bottom: InputCell) -> str:
    """A rectangle of cells as a formula on another sheet names it."""
    return f"'{sheet}'!{format_span(top, bottom)}"


def format_span(top: InputCell, bottom: InputCell) -> str:
    """A rectangle of cells by its first and last."""
    return format_range(top.row, top.col, bottom.row, bottom.col)


def format_range(top: int, left: int, bottom: int, right: int) -> str:
    """A rectangle of cells by its sides, counted from 0."""
    return f"{format_cell_name(top, left)}:{format_cell_name(bottom, right)}"
