"""What a target's written value asks for, where that is certain; else that it is not.

Room: scaffold. Pure. A value is certain only if the whole of its text is one of the known wordings, its number can be
read in one way, and what follows the number is the indicator's own unit of measure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from etl.catalog import models
from etl.catalog.written_targets import parse_written_numbers
from etl.scaffold.target_table import TableWords, ValueWords

_NUMBER = r"\d+(?:\.\d{3})+(?:,\d+)?|\d+(?:[.,]\d+)?"


@dataclass(frozen=True)
class TargetShape:
    """How a value is compared. `certain`: nobody has to decide. Without a `value` the words say nothing known."""

    operator: str
    value: Decimal | None = None
    upper: Decimal | None = None
    certain: bool = True


UNKNOWN_SHAPE = TargetShape("none", certain=False)


def recognize_shape(written: str, unit: str, indicator: models.Indicator | None, words: TableWords) -> TargetShape:
    """The shape of a value.

    Args:
        written: The value's own words.
        unit: The unit of measure that its row names, perhaps empty.
        indicator: What the target is measured by; a plain number has no direction without one.
        words: The known wordings.
    """
    text = " ".join(written.casefold().split())
    found = [shape for entry in words.values if (shape := _match_wording(text, unit, indicator, entry))]
    operators = {(shape.operator, shape.value, shape.upper) for shape in found}
    return found[0] if len(operators) == 1 else UNKNOWN_SHAPE


def parse_certain_number(written: str) -> Decimal | None:
    """The number that a text is, with at most a sign of per cent behind it; None where it is more or may be another."""
    text = written.strip().removesuffix("%").strip()
    return parse_written_numbers(text)[0] if re.fullmatch(_NUMBER, text) and _is_certain_number(text) else None


def _match_wording(text: str, unit: str, indicator: models.Indicator | None, entry: ValueWords) -> TargetShape | None:
    match = _compile_wording(entry.words).fullmatch(text)
    if match is None:
        return None
    parts = [match[name] for name in ("n", "m") if name in match.re.groupindex]
    numbers = [next(iter(parse_written_numbers(part)), None) for part in parts]
    if None in numbers:
        return None
    certain = all(_is_certain_number(part) for part in parts)
    certain &= not _is_share(unit) if entry.operator == "count" else _is_own_unit(match, unit, indicator)
    value, upper = numbers[0], numbers[1] if len(numbers) > 1 else None
    if value is not None and upper is not None and entry.operator == "between" and upper < value:
        return UNKNOWN_SHAPE
    if entry.operator != "plain":
        return TargetShape(entry.operator, value, upper, certain)
    direction = indicator.direction if indicator else ""
    return TargetShape("<=" if direction == "down" else ">=", value, None, certain and bool(direction))


@lru_cache(maxsize=64)
def _compile_wording(words: str) -> re.Pattern[str]:
    """``trên {n}`` as a pattern over a whole text; what stands behind a number is looked at afterwards."""
    pattern = re.escape(words).replace(r"\ ", r"\s*")
    for name in ("n", "m"):
        pattern = pattern.replace(rf"\{{{name}\}}", rf"(?P<{name}>{_NUMBER})\s*(?P<tail_{name}>[^\d\s/–-]*)", 1)
    if words.endswith(("{n}", "{m}")):
        pattern = pattern.removesuffix(r"[^\d\s/–-]*)") + r"[^\d/–-]*)"
    return re.compile(pattern)


def _is_certain_number(text: str) -> bool:
    """Whether a number has one reading: a point may stand before thousands or before decimals."""
    return "." not in text


def _is_own_unit(match: re.Match[str], unit: str, indicator: models.Indicator | None) -> bool:
    """Whether the units that value, row and indicator name are one; nobody says so of an unknown indicator."""
    if indicator is None:
        return False
    tails = {match[name].strip() for name in match.re.groupindex if name.startswith("tail_")} - {""}
    own, row = indicator.unit.casefold(), " ".join(unit.casefold().split())
    named = tails | ({row} if row else set())
    if not named:
        return not _is_share(own)
    return all(name == own or name.startswith(f"{own} ") for name in named)


def _is_share(unit: str) -> bool:
    return "%" in unit or "‰" in unit


def count_decimals(texts: Sequence[str]) -> int:
    """How many decimals a target's values are written with, at most."""
    return max((len(part) for text in texts for part in re.findall(r"\d,(\d+)", text)), default=0)
