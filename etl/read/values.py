"""What a cell says: number, mark, date, choice or words. Ambiguous is invalid, never a guess."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Mapping

from etl.catalog.layout import TASK_STATES
from etl.model import CellState, ElementKind

Parsed = tuple[str, float | None, str, str]
"""(state, number, text, raw); the state is a CellState value, or ``invalid_number|choice|date``."""

MAX_TEXT = 2000
_WHOLE = re.compile(r"-?[0-9]+")
_COMMA = re.compile(r"-?[0-9]+,[0-9]+")
_GROUPED = re.compile(r"-?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_EPOCH = dt.date(1899, 12, 30)  # day 0 of Excel's 1900 calendar as it counts after its false 29/02/1900
_FIRST_SERIAL, _LAST_SERIAL = 36526, 54789  # 01/01/2000 to 01/01/2050
_COUNTED = frozenset({ElementKind.STOCK, ElementKind.FLOW, ElementKind.YTD, ElementKind.PUBLISHED})
_MISSING: Parsed = (CellState.MISSING.value, None, "", "")


def fold(text: object) -> str:
    """Text for comparing: composed Unicode (NFC), white space folded, trimmed."""
    return " ".join(unicodedata.normalize("NFC", str(text)).split())


def parse(value: object, kind: ElementKind, marks: Mapping[str, CellState]) -> Parsed:
    """What a cell of a kind says. `marks` is the catalogue's table of words and signs."""
    if value is None or value == "":
        return _MISSING
    if type(value) is float and kind in _COUNTED and value and math.isfinite(value):
        return ("value", value, "", "")
    if kind == ElementKind.TEXT:
        text = _words(value)
        return (CellState.VALUE.value, None, text, "") if text else _MISSING
    if kind == ElementKind.CHOICE:
        return _choice(value)
    if kind == ElementKind.DATE:
        return _date(value)
    return _number(value, marks)


def _words(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return fold(value)[:MAX_TEXT]


def _number(value: object, marks: Mapping[str, CellState]) -> Parsed:
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
        if not math.isfinite(number):
            return ("invalid_number", None, "", str(value))
        return ((CellState.VALUE if number else CellState.ZERO).value, number, "", "")
    raw = _words(value)
    if isinstance(value, str):
        if raw in marks:
            state = marks[raw]
            return (state.value, 0.0 if state == CellState.ZERO else None, "", raw)
        written = _written_number(raw)
        if written is not None:
            return ((CellState.VALUE if written else CellState.ZERO).value, written, "", raw)
    return ("invalid_number", None, "", raw)


def _written_number(text: str) -> float | None:
    """A number written out the Vietnamese way: point for thousands in exact groups, comma for decimals."""
    if _WHOLE.fullmatch(text) or _COMMA.fullmatch(text):
        return float(text.replace(",", "."))
    if _GROUPED.fullmatch(text):
        return float(text.replace(".", "").replace(",", "."))
    return None


def _choice(value: object) -> Parsed:
    text = _words(value)
    if not text:
        return _MISSING
    known = next((s for s in TASK_STATES if s.casefold() == text.casefold()), None)
    return (CellState.VALUE.value, None, known, text) if known else ("invalid_choice", None, "", text)


def _date(value: object) -> Parsed:
    day: dt.date | None = None
    raw = _words(value)
    if isinstance(value, dt.datetime):
        day = value.date()
    elif isinstance(value, dt.date):
        day = value
    elif isinstance(value, int | float) and not isinstance(value, bool) and _FIRST_SERIAL <= value <= _LAST_SERIAL:
        day = _EPOCH + dt.timedelta(days=int(value))
    elif isinstance(value, str):
        if not raw:
            return _MISSING
        day = _written_date(raw)
    return (CellState.VALUE.value, None, day.isoformat(), raw) if day else ("invalid_date", None, "", raw)


def _written_date(text: str) -> dt.date | None:
    match = _DAY_FIRST.fullmatch(text)
    try:
        return dt.date(int(match[3]), int(match[2]), int(match[1])) if match else dt.date.fromisoformat(text)
    except ValueError:
        return None
