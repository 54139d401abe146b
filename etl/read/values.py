"""What a cell says: number, mark, date, choice or words. Ambiguous is invalid, never a guess.

Room: read; called by the child process for every input cell, so numbers take the shortest way out. Pure.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Mapping

from etl.catalog.layout import TASK_STATES
from etl.model import CellState, ElementKind
from etl.model.numbers import format_number
from etl.read.cell_metadata import STRUCK_WORDS, CellLook
from etl.read.days import parse_day
from etl.read.number_formats import show_number, show_text
from etl.read.numerals import NumberStyle, find_number_style, is_shown_alike, parse_number_text, split_at_number
from etl.read.vietnamese_text import normalize_text

__all__ = ["CODES", "INVALID", "NumberStyle", "ParsedCell", "find_number_style", "fold_whitespace", "parse_value"]

ParsedCell = tuple[str, float | None, str, str]
"""(state, number, text, raw); the state is a CellState value or a name in `INVALID`."""

CODES: Mapping[str, str] = {
    "invalid_ambiguous": "V10",
    "invalid_unit": "V11",
    "invalid_percent": "V12",
    "invalid_parentheses": "V13",
    "invalid_bound": "V14",
    "invalid_scientific": "V15",
    "invalid_precision": "V16",
    "invalid_as_date": "V17",
    "invalid_boolean": "V18",
    "invalid_error": "V19",
    "invalid_short_year": "V20",
    "invalid_month_only": "V21",
    "invalid_month_first": "V22",
    "invalid_shown": "V24",
}
"""Invalid state → the rule of `expectations/reading.yaml` that says it."""

INVALID = frozenset(CODES) | {"invalid_number", "invalid_choice", "invalid_date"}
"""All names of "not understood"; the last three are told by rules of `expectations/values.yaml`."""

MAX_TEXT = 2000
_EXACT = 2.0**53  # beyond it a double no longer holds every whole number
_MISSING: ParsedCell = (CellState.MISSING.value, None, "", "")
_ZERO: ParsedCell = (CellState.ZERO.value, 0.0, "", "")
_BREAK = re.compile(r"[ \xa0]*+(?:_x000[9AaDd]_|[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029])++\s*+")
_TORN = re.compile(r"[0-9.,] ⏎ [0-9.,]")
_REORDERED = re.compile("[\u061c\u200f\u202a-\u202e\u2066-\u2069]")  # what is seen is not in the order of the text
_PLAIN = re.compile(r"-?[0-9][0-9.,]*")
_ERROR = re.compile(r"#(?:n/a|div/0!|ref!|value!|name\?|null!|num!|spill!|calc!|getting_data|#+)|err:[0-9]+")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?e[+-]?[0-9]+")
_POWER = re.compile(r"(?:^|[^0-9])10 ?[²³⁴⁵⁶⁷⁸⁹]")
_BOUND = re.compile(r"(?:[<>≤≥]|dưới|trên|từ|hơn) ?=? ?[0-9].*")
_IN_PARENTHESES = re.compile(r"\([0-9.,' ]+%?\)")
_DATE_LIKE = re.compile(r"[0-9]{1,2}([/.-])[0-9]{1,2}\1(?:[0-9]{2}){1,2}|[0-9]{4}-[0-9]{2}-[0-9]{2}.*")
_SHARE = ("%", "‰")


def fold_whitespace(text: object) -> str:
    """Text for showing: composed Unicode (NFC), white space folded, trimmed."""
    return " ".join(unicodedata.normalize("NFC", str(text)).split())


def parse_value(
    value: object,
    kind: ElementKind,
    cell_signs: Mapping[str, CellState],
    style: NumberStyle = NumberStyle.VIETNAMESE,
    *,
    unit: str = "",
    look: CellLook | None = None,
    date1904: bool = False,
) -> ParsedCell:
    """What a cell of a kind says.

    Args:
        value: as the parser of the file gives it.
        kind: what the data element of the cell is.
        marks: the catalogue's table of words and signs.
        style: what the cell's column shows (`style_of`).
        unit: the data element's unit, which a text may repeat behind its number.
        look: what makes the cell look unlike its value; None: it is shown as itself.
        date1904: whether the workbook counts days from 1904.
    """
    if type(value) is float and kind.is_number and value.is_integer() and -_EXACT <= value <= _EXACT and not look:
        return ("value", value, "", "") if value else _ZERO
    if value is None or value == "":
        return _MISSING
    if kind == ElementKind.TEXT:
        text = _convert_to_text(value)
        return (CellState.VALUE.value, None, text, "") if text else _MISSING
    if look and look.is_struck:
        return ("invalid_shown", None, "", look.text or f"{_convert_to_text(value)} {STRUCK_WORDS}")
    if kind == ElementKind.CHOICE:
        return _parse_choice_cell(value)
    if kind == ElementKind.DATE:
        return _parse_date_cell(value, date1904)
    if isinstance(value, str):
        text = show_text(value if look.text is None else look.text, look.number_format) if look else value
        return _parse_written_number(text if text.strip() else value, cell_signs, style, unit)
    return _parse_number_cell(value, cell_signs, unit, look)


def _convert_to_text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    return fold_whitespace(value)[:MAX_TEXT]


def _parse_number_cell(
    value: object, cell_signs: Mapping[str, CellState], unit: str, look: CellLook | None
) -> ParsedCell:
    if isinstance(value, bool):
        return ("invalid_boolean", None, "", "ĐÚNG (TRUE)" if value else "SAI (FALSE)")
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return ("invalid_as_date", None, "", _convert_to_text(value))
    if not isinstance(value, int | float):
        return ("invalid_number", None, "", _convert_to_text(value))
    number = float(value)
    if not abs(number) <= _EXACT:
        return ("invalid_precision" if math.isfinite(number) else "invalid_number", None, "", _convert_to_text(value))
    if look is None or look.is_hidden(number):
        return _build_parsed_number(number, "")
    if look.shown is None:
        return _parse_shown_number(number, look.number_format, cell_signs, unit)
    return _parse_printed_text(number * 100 if look.number_format else number, look.shown, cell_signs, unit)


def _parse_shown_number(number: float, code: str, cell_signs: Mapping[str, CellState], unit: str) -> ParsedCell:
    """A number as its format shows it: taken as shown where that is one number in the unit asked for."""
    shown = show_number(number, code)
    if shown.is_date:
        return ("invalid_as_date", None, "", format_number(number))
    if not number and shown.is_dash:
        return _ZERO
    digits = "" if shown.number is None else format_number(shown.number)
    text = f"{shown.before}{digits}{shown.behind}".strip()
    if shown.number is None or not shown.certain:
        return _build_doubtful_number(text, number)
    before, behind = (normalize_text(part).casefold() for part in (shown.before, shown.behind))
    return _build_surrounded_number(shown.number, text, before.strip(), behind.strip(), cell_signs, unit, number)


def _parse_printed_text(number: float, printed: str, cell_signs: Mapping[str, CellState], unit: str) -> ParsedCell:
    """A number beside the text that the file prints for it, which must say the same."""
    text = normalize_text(printed).casefold()
    surrounded = split_at_number(text)
    if not number and set(text) <= {"-"}:
        return _ZERO
    if surrounded is None:
        return _build_doubtful_number(printed, number)
    if not is_shown_alike(number, surrounded.number):
        return _build_doubtful_number(printed, number)
    return _build_surrounded_number(
        number, printed, surrounded.before.strip(), surrounded.behind, cell_signs, unit, number
    )


def _build_doubtful_number(shown: str, number: float) -> ParsedCell:
    return ("invalid_shown", None, "", f"{shown} (ô lưu số {format_number(number)})")


def _build_surrounded_number(
    shown: float, text: str, before: str, behind: str, cell_signs: Mapping[str, CellState], unit: str, number: float
) -> ParsedCell:
    name = _find_surroundings_state(before, behind, cell_signs, unit)
    if name == "invalid_number":
        return _build_doubtful_number(text, number)
    if name in INVALID:
        return (name, None, "", text)
    return _build_parsed_number(shown, text if before or behind else "", CellState(name))


def _build_parsed_number(number: float, raw: str, state: CellState = CellState.VALUE) -> ParsedCell:
    """A number to the 15 digits that a spreadsheet keeps and shows; further ones are residue of its binary form."""
    if state is CellState.VALUE and not number:
        state = CellState.ZERO
    return (state.value, float(f"{number:.15g}") + 0.0, "", raw)  # minus zero is zero


# --- numbers in words ---------------------------------------------------------------------------------


def _parse_written_number(value: str, cell_signs: Mapping[str, CellState], style: NumberStyle, unit: str) -> ParsedCell:
    """A text in a number cell: a mark of the catalogue, or one number with what may stand around it."""
    if _PLAIN.fullmatch(value):
        number = parse_number_text(value, style)
        if number is not None:
            return (number, None, "", value) if isinstance(number, str) else _build_parsed_number(number, value)
    raw = _BREAK.sub(" ⏎ ", value.strip())[:MAX_TEXT] if _BREAK.search(value.strip()) else _convert_to_text(value)
    text = normalize_text(value).casefold()
    if text.startswith("'"):  # Excel's own sign for text, made visible by copying
        text = text[1:].lstrip()
    if not text:
        return _MISSING
    if text in cell_signs and "#" not in text:
        state = cell_signs[text]
        return (state.value, 0.0 if state is CellState.ZERO else None, "", raw)
    refused = "invalid_ambiguous" if _REORDERED.search(value) else _find_invalid_state(text, raw)
    if refused:
        return (refused, None, "", raw)
    surrounded = split_at_number(text)
    if surrounded is None or "#" in text:
        return ("invalid_number", None, "", raw)
    number = parse_number_text(surrounded.number, style)
    if number is None:
        return ("invalid_number", None, "", raw)
    name = _find_surroundings_state(surrounded.before, surrounded.behind, cell_signs, unit)
    if name in INVALID or isinstance(number, str):
        return (name if name in INVALID else str(number), None, "", raw)
    return _build_parsed_number(number, raw, CellState(name))


def _find_invalid_state(text: str, raw: str) -> str:
    """The name of what is surely no number to load, but plainly something; empty if it may be a number."""
    if _TORN.search(raw):  # a number is written in one line
        return "invalid_number"
    if _ERROR.fullmatch(text):
        return "invalid_error"
    if _SCIENTIFIC.fullmatch(text):
        return "invalid_scientific"
    if _POWER.search(text):  # "10²" is a hundred to some and ten with a footnote to others
        return "invalid_ambiguous"
    if _BOUND.fullmatch(text):
        return "invalid_bound"
    if _IN_PARENTHESES.fullmatch(text):
        return "invalid_parentheses"
    return "invalid_as_date" if _DATE_LIKE.fullmatch(text) else ""


def _find_surroundings_state(before: str, behind: str, cell_signs: Mapping[str, CellState], unit: str) -> str:
    """What stands around a number makes of it: the state it gives it, or the name of why it cannot be taken.

    The catalogue's marks with a ``#`` ("ước #") stand for a number with something around it.
    """
    before, wanted = before.strip(" :"), normalize_text(unit).casefold()
    bare = behind.removeprefix(wanted).strip(" .") if wanted else behind
    if not before and not bare:
        return CellState.VALUE.value
    for rest in (behind, bare):
        state = cell_signs.get(" ".join(part for part in (before, "#", rest) if part))
        if state:
            return state.value
    if not before and behind in _SHARE:
        return "invalid_percent"
    return "invalid_unit" if not before and behind[:1].isalpha() else "invalid_number"


# --- choices and dates --------------------------------------------------------------------------------

_CHOICES = {normalize_text(state).casefold(): state for state in TASK_STATES}


def _parse_choice_cell(value: object) -> ParsedCell:
    text = _convert_to_text(value)
    if not text:
        return _MISSING
    state = _CHOICES.get(normalize_text(text).casefold().rstrip(" ."))
    return (CellState.VALUE.value, None, state, text) if state else ("invalid_choice", None, "", text)


def _parse_date_cell(value: object, date1904: bool) -> ParsedCell:
    raw = _convert_to_text(value)
    if isinstance(value, str) and not raw:
        return _MISSING
    day = parse_day(value, date1904=date1904)
    return (day, None, "", raw) if isinstance(day, str) else (CellState.VALUE.value, None, day.isoformat(), raw)
