"""What the sender wrote beside the findings of a returned workbook. Read room, child process only."""

from __future__ import annotations

from collections.abc import Iterator

from etl.catalog.layout import EXPLANATION_HEADER, KEY_HEADER, RESULT_HEADER, VALUE_HEADER, format_cell_name
from etl.model import Explanation
from etl.read.preflight import RawFinding
from etl.read.sheet_template import normalize_label
from etl.read.values import MAX_TEXT, fold_whitespace
from etl.read.workbook_file import Rows

_DEEPEST = 60
_VALUE, _TEXT, _KEY = (RESULT_HEADER.index(head) for head in (VALUE_HEADER, EXPLANATION_HEADER, KEY_HEADER))
_SHEET, _CELL = _VALUE - 2, _VALUE - 1
_HEADER = tuple(map(normalize_label, RESULT_HEADER))


def find_header_row(rows: Rows) -> int | None:
    """The row of a sheet in which the table of findings begins, if it has one."""
    for number, row in enumerate(rows[:_DEEPEST]):
        if len(row) >= len(_HEADER) and tuple(normalize_label(v) for v in row[: len(_HEADER)]) == _HEADER:
            return number
    return None


def parse_explanations(sheet: str, rows: Rows) -> Iterator[Explanation | RawFinding]:
    """Every filled explanation; one whose key is gone is a finding, for nobody knows what it explains."""
    top = find_header_row(rows)
    for number, row in enumerate(rows[top + 1 :] if top is not None else (), start=(top or 0) + 1):
        text = fold_whitespace(row[_TEXT])[:MAX_TEXT]
        parts = fold_whitespace(row[_KEY]).split("|", 2)
        if not text:
            continue
        if len(parts) == len(("code", "unit", "element")) and parts[0]:
            place = f"{row[_SHEET]}!{row[_CELL]}"  # keys of older returns do not say it
            subject = parts[2] if any(parts[1:]) or not row[_CELL] else place
            yield Explanation(parts[0], parts[1], subject, _format_shown_value(row[_VALUE]), text)
        else:
            yield RawFinding("S28", sheet, format_cell_name(number, _TEXT), text[:80], (("found", text[:80]),))


def _format_shown_value(value: object) -> str:
    """A value as the finding showed it: whole numbers without a decimal point."""
    return fold_whitespace(int(value) if isinstance(value, float) and value.is_integer() else value)
