"""Numbers written out as text: which of two habits wrote them, and what surrounds them.

Room: read; called by `etl.read.values`. The law's way is a point for thousands and a comma for decimals; Excel set
to English does the reverse. A text that both habits read, differently, is only read where its column proves one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from etl.read.vietnamese_text import normalize_text


class NumberStyle(StrEnum):
    """What a column shows of its writer's habit."""

    VIETNAMESE = "vietnamese"  # the law's way, and nothing in the column shows another
    VIETNAMESE_PROVEN = "vietnamese_proven"  # some number can only be Vietnamese: "0,123" and "1,234" are decimals
    US = "us"  # some number can only be American, none only Vietnamese
    MIXED = "mixed"  # both, or not enough to tell


MOST_DIGITS = 15
"""A double holds 15 significant digits for certain, and Excel keeps no more: further ones are not the sender's."""


def _build_habit_pattern(groups: str, decimal: str) -> re.Pattern[str]:
    """Whole digits, or exact groups of three behind one kind of separator; then perhaps decimals."""
    whole = rf"[0-9]+|[1-9][0-9]{{0,2}}(?:(?P<by>[{groups} '])[0-9]{{3}})(?:(?P=by)[0-9]{{3}})*"
    return re.compile(rf"(?P<sign>-?)(?P<whole>{whole})(?:{re.escape(decimal)}(?P<part>[0-9]+))?")


_VIETNAMESE, _US = _build_habit_pattern(".", ","), _build_habit_pattern(",", ".")
_NOT_DIGITS = str.maketrans("", "", "., '")
_TOKEN = re.compile(r"-?[0-9](?:[0-9.,' ]*[0-9])?")
_FOOTNOTE = re.compile(r" ?(?:\*{1,3}|[†‡]|[¹²³⁴⁵⁶⁷⁸⁹]|\((?:[1-9]|[a-dđ]|\*{1,3})\)|\[[1-9]\])$")


@dataclass(frozen=True, slots=True)
class Numeral:
    """A text as each habit reads it; None where the habit cannot have written it. `digits` are significant ones."""

    vietnamese: float | None
    us: float | None
    digits: int

    @property
    def ambiguous(self) -> bool:
        """Whether both habits read it, and read different numbers."""
        return self.vietnamese is not None and self.us is not None and self.vietnamese != self.us


def parse_numeral(text: str) -> Numeral:
    """How each habit reads a text without anything around its number."""
    digits = text.lstrip("-").translate(_NOT_DIGITS).lstrip("0")
    return Numeral(
        _convert_numeral_match(_VIETNAMESE.fullmatch(text)), _convert_numeral_match(_US.fullmatch(text)), len(digits)
    )


def _convert_numeral_match(match: re.Match[str] | None) -> float | None:
    if match is None:
        return None
    whole = match["whole"].translate(_NOT_DIGITS)
    return float(f"{match['sign']}{whole}.{match['part'] or '0'}")


def parse_number_text(text: str, style: NumberStyle) -> float | str | None:
    """The number of a text in a column of a style, None for no number, or the name of an invalid state."""
    if text.isdecimal() and text.isascii() and len(text) <= MOST_DIGITS:
        return float(text)
    reading = parse_numeral(text)
    if reading.vietnamese is None and reading.us is None:
        return None
    if reading.digits > MOST_DIGITS:
        return "invalid_precision"
    if style is NumberStyle.US:
        return reading.us if reading.us is not None else "invalid_ambiguous"
    if reading.vietnamese is None or (reading.ambiguous and not _is_reading_certain(text, style)):
        return "invalid_ambiguous"
    return reading.vietnamese


def _is_reading_certain(text: str, style: NumberStyle) -> bool:
    """Whether the Vietnamese reading of a text that has two stands: a lone "1,234" needs proof, "1.234" does not."""
    return style is NumberStyle.VIETNAMESE_PROVEN or (style is NumberStyle.VIETNAMESE and "." in text)


def find_number_style(texts: Iterable[object]) -> NumberStyle:
    """The habit that wrote the text numbers of one column; cells that are not text prove nothing.

    American is proven by a number that only it can write and whose comma parts thousands ("1,234.5", "1,234,567").
    A bare "12.5" proves only that the point parts decimals there: beside a "1.234", thousands to the law, it leaves
    the column undecided. One number that only the Vietnamese habit writes ("12,5", "1.234.567") contradicts both.
    """
    vietnamese = comma_groups = point_decimal = open_point = False
    for text in texts:
        token = _find_number_text(text)
        if not token:
            continue
        reading = parse_numeral(token)
        if reading.us is None:
            vietnamese = vietnamese or reading.vietnamese is not None
        elif reading.vietnamese is None:
            comma_groups, point_decimal = comma_groups or "," in token, True
        elif reading.ambiguous:
            open_point = open_point or "." in token
    if point_decimal:
        return NumberStyle.MIXED if vietnamese or (open_point and not comma_groups) else NumberStyle.US
    return NumberStyle.VIETNAMESE_PROVEN if vietnamese else NumberStyle.VIETNAMESE


def _find_number_text(text: object) -> str:
    """The number inside a text that has separators; empty for all that can prove nothing."""
    if not isinstance(text, str) or ("," not in text and "." not in text):
        return ""
    surrounded = split_at_number(normalize_text(text))
    return surrounded.number if surrounded else ""


@dataclass(frozen=True, slots=True)
class SurroundedNumber:
    """A text around one number: what stands before it, the number, what stands behind it, footnote marks dropped."""

    before: str
    number: str
    behind: str


def split_at_number(text: str) -> SurroundedNumber | None:
    """A normal text (`legacy.normal`) taken apart at its first number; None where there is none."""
    match = _TOKEN.search(text)
    if match is None:
        return None
    behind = text[match.end() :]
    while mark := _FOOTNOTE.search(behind):
        behind = behind[: mark.start()]
    return SurroundedNumber(text[: match.start()], match[0], behind.strip())
