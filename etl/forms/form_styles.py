"""How a form looks: Times New Roman, thin borders, white cells to fill in and grey ones that are locked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etl.model import ElementKind

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook

_BASE: dict[str, Any] = {"font_name": "Times New Roman", "font_size": 11, "valign": "vcenter"}
_LOCKED = "#EDEDED"
_BOX: dict[str, Any] = {"border": 1, "text_wrap": True}
_STYLES: dict[str, dict[str, Any]] = {
    "meta": {"bold": True},
    "symbol": {"italic": True, "font_size": 10},
    "title": {"bold": True, "font_size": 14, "align": "center"},
    "period": {"italic": True, "align": "center"},
    "help": {"font_size": 10, "text_wrap": True, "align": "center", "font_color": "#1F3864"},
    "mark": {"bold": True, "align": "center", "font_color": "#C00000", "font_size": 12, "locked": False},
    "header": {**_BOX, "bold": True, "align": "center", "bg_color": _LOCKED, "font_size": 10},
    "kind": {**_BOX, "italic": True, "align": "center", "bg_color": _LOCKED, "font_size": 9},
    "number": {**_BOX, "align": "center", "bg_color": _LOCKED, "font_size": 9},
    "total": {**_BOX, "bold": True, "bg_color": _LOCKED},
    "sum": {**_BOX, "bold": True, "bg_color": _LOCKED, "num_format": "#,##0"},
    "label": {**_BOX, "bg_color": _LOCKED},
    "code": {**_BOX, "bg_color": _LOCKED, "align": "center", "font_size": 10},
    "text": {**_BOX, "bg_color": _LOCKED},
    "sign": {"bold": True, "align": "center"},
    "sign_note": {"italic": True, "align": "center", "font_size": 10},
}
_NUMBER_FORMATS = {True: "#,##0", False: "#,##0.0#"}


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
