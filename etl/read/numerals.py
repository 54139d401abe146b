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
    US_GROUPS = "us_groups"  # commas part thousands, and nothing shows what parts decimals: "1.234" is open
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
    if style in (NumberStyle.US, NumberStyle.US_GROUPS):
        is_open = style is NumberStyle.US_GROUPS and reading.ambiguous and "." in text
        return "invalid_ambiguous" if reading.us is None or is_open else reading.us
    if reading.vietnamese is None or (reading.ambiguous and not _is_reading_certain(text, style)):
        return "invalid_ambiguous"
    return reading.vietnamese


def _is_reading_certain(text: str, style: NumberStyle) -> bool:
    """Whether the Vietnamese reading of a text that has two stands: a lone "1,234" needs proof, "1.234" does not."""
    return style is NumberStyle.VIETNAMESE_PROVEN or (style is NumberStyle.VIETNAMESE and "." in text)


def is_shown_alike(number: float, text: str) -> bool:
    """Whether a text, as either habit reads it, is the number rounded to as many decimals as the text has."""
    for pattern in (_VIETNAMESE, _US):
        match = pattern.fullmatch(text)
        read = _convert_numeral_match(match)
        if match and read is not None and abs(read - number) <= 0.500001 * 10 ** -len(match["part"] or ""):
            return True
    return False


def find_number_style(texts: Iterable[object]) -> NumberStyle:
    """The habit that wrote the text numbers of one column; cells that are not text prove nothing.

    A habit of decimals is proven by a number that only it can write ("12,5", "1,234.5"). Groups prove groups alone:
    beside "1.234.567" a "1,234" may still be either, beside "1,234,567" a "1.234". A bare "12.5" proves that the point
    parts decimals there: beside a "1.234", thousands to the law, it leaves the column undecided. Both habits in one
    column contradict each other.
    """
    seen: set[str] = set()
    for text in texts:
        token = _find_number_text(text)
        reading = parse_numeral(token)
        if reading.us is None and reading.vietnamese is not None:
            seen.add("vietnamese")
            seen.update({"decimal comma"} if "," in token else ())
        elif reading.vietnamese is None and reading.us is not None:
            seen.add("us")
            seen.update({"decimal point"} if "." in token else (), {"comma groups"} if "," in token else ())
        elif reading.ambiguous and "." in token:
            seen.add("open point")
    if "us" not in seen:
        return NumberStyle.VIETNAMESE_PROVEN if "decimal comma" in seen else NumberStyle.VIETNAMESE
    if "vietnamese" in seen or ("open point" in seen and "comma groups" not in seen):
        return NumberStyle.MIXED
    return NumberStyle.US if "decimal point" in seen else NumberStyle.US_GROUPS


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
