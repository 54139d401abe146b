"""How a form looks: Times New Roman, thin borders, white cells to fill in and grey ones that are locked."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from etl.catalog.layout import SIMULATION_NAME, SIMULATION_NOTICE, SIMULATION_ROW
from etl.model import ElementKind

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

DEFAULT_FONT: dict[str, Any] = {"font_name": "Times New Roman", "font_size": 11}
_BASE: dict[str, Any] = {**DEFAULT_FONT, "valign": "vcenter"}
_LOCKED = "#EDEDED"
_BOX: dict[str, Any] = {"border": 1, "text_wrap": True}
_STYLES: dict[str, dict[str, Any]] = {
    "meta": {"bold": True},
    "symbol": {"italic": True, "font_size": 10},
    "title": {"bold": True, "font_size": 14, "align": "center"},
    "period": {"italic": True, "align": "center"},
    "help": {"font_size": 10, "text_wrap": True, "align": "center", "font_color": "#1F3864"},
    "tally": {"bold": True, "align": "center", "font_size": 12},
    "send": {"bold": True, "text_wrap": True, "align": "center"},
    "mark": {"bold": True, "align": "center", "font_color": "#C00000", "font_size": 12, "locked": False},
    "header": {**_BOX, "bold": True, "align": "center", "bg_color": _LOCKED, "font_size": 10},
    "kind": {**_BOX, "italic": True, "align": "center", "bg_color": _LOCKED, "font_size": 10},
    "number": {**_BOX, "align": "center", "bg_color": _LOCKED, "font_size": 10},
    "total": {**_BOX, "bold": True, "bg_color": _LOCKED},
    "sum": {**_BOX, "bold": True, "bg_color": _LOCKED, "num_format": "#,##0"},
    "label": {**_BOX, "bg_color": _LOCKED},
    "code": {**_BOX, "bg_color": _LOCKED, "align": "center", "font_size": 10},
    "text": {**_BOX, "bg_color": _LOCKED},
    "sign": {"bold": True, "align": "center"},
    "sign_note": {"italic": True, "align": "center", "font_size": 10},
}
_MARKS = {"alarm": "#F8CBAD", "doubt": "#FFE699"}
_NUMBER_FORMATS = {True: "#,##0", False: "#,##0.0#"}


@cache
def get_sheet_class() -> type[Worksheet]:
    """A worksheet that writes our formulas as they are.

    The library looks in each for thirty functions that came after Excel 2010: a quarter of the time that a form takes.
    Ours name none of them (a test compares).
    """
    from xlsxwriter.worksheet import Worksheet

    class FormSheet(Worksheet):  # type: ignore[misc]
        def _prepare_formula(self, formula: str, _expand: bool = False) -> str:
            return formula.removeprefix("=")

    return FormSheet


class FormStyles:
    """The formats of one workbook, made once each."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[str, Format] = {}

    def get_role_format(self, role: str) -> Format:
        """The format of a printed role."""
        if role not in self._made:
            self._made[role] = self._book.add_format(_BASE | _STYLES[role])
        return self._made[role]

    def get_mark_format(self, role: str) -> Format:
        """What a conditional format adds to a cell: bold besides the colour, so that colour is never the only sign."""
        name = f"mark {role}"
        if name not in self._made:
            self._made[name] = self._book.add_format({"bold": True, "bg_color": _MARKS[role]})
        return self._made[name]

    def get_input_format(self, kind: ElementKind, whole: bool) -> Format:
        """The format of a cell to fill in: white and unlocked."""
        number = {
            ElementKind.DATE: "dd/mm/yyyy",
            ElementKind.TEXT: "@",
            ElementKind.CHOICE: "General",
        }.get(kind, _NUMBER_FORMATS[whole])
        name = f"input {number}"
        if name not in self._made:
            properties = {**_BASE, **_BOX, "locked": False, "num_format": number}
            self._made[name] = self._book.add_format(properties)
        return self._made[name]


def write_simulation_mark(
    book: Workbook, page: Worksheet, styles: FormStyles, columns: tuple[int, int], *, simulated: bool
) -> None:
    """The mark of simulated data over some columns, or its empty place, which has a name by which it is found."""
    text = SIMULATION_NOTICE if simulated else ""
    page.merge_range(SIMULATION_ROW, columns[0], SIMULATION_ROW, columns[1], text, styles.get_role_format("mark"))
    book.define_name(f"'{page.name}'!{SIMULATION_NAME}", f"='{page.name}'!$A${SIMULATION_ROW + 1}")
