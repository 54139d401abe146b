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

from etl.catalog import Catalogue, models
from etl.catalog.written_targets import parse_written_numbers
from etl.scaffold.target_table import TableWords, ValueWords

_NUMBER = r"\d+(?:\.\d{3})+(?:,\d+)?|\d+(?:[.,]\d+)?"


@dataclass(frozen=True)
class TargetShape:
    """How a value is compared. `doubt`: why somebody has to decide; empty where nobody has. Without a `value` the words
    say nothing known.
    """

    operator: str
    value: Decimal | None = None
    upper: Decimal | None = None
    doubt: str = ""


UNKNOWN_SHAPE = TargetShape("none", doubt="words that plan_table.yaml does not have: write operator and value")


def recognize_shape(
    written: str, unit: str, indicator: models.Indicator | None, words: TableWords, catalogue: Catalogue
) -> TargetShape:
    """The shape of a value.

    Args:
        written: The value's own words.
        unit: The unit of measure that its row names, perhaps empty.
        indicator: What the target is measured by; a plain number has no direction without one.
        words: The known wordings.
        catalogue: What units of measure make of one another.
    """
    text = " ".join(written.casefold().split())
    found = [shape for entry in words.values if (shape := _match_wording(text, unit, indicator, entry, catalogue))]
    operators = {(shape.operator, shape.value, shape.upper) for shape in found}
    return found[0] if len(operators) == 1 else UNKNOWN_SHAPE


def parse_certain_number(written: str) -> Decimal | None:
    """The number that a text is, with at most a sign of per cent behind it; None where it is more or may be another."""
    text = written.strip().removesuffix("%").strip()
    return parse_written_numbers(text)[0] if re.fullmatch(_NUMBER, text) and _is_certain_number(text) else None


def _match_wording(
    text: str, unit: str, indicator: models.Indicator | None, entry: ValueWords, catalogue: Catalogue
) -> TargetShape | None:
    match = _compile_wording(entry.words).fullmatch(text)
    if match is None:
        return None
    parts = [match[name] for name in ("n", "m") if name in match.re.groupindex]
    numbers = [next(iter(parse_written_numbers(part)), None) for part in parts]
    if None in numbers:
        return None
    doubt = next((f"{part} may be thousands or decimals" for part in parts if not _is_certain_number(part)), "")
    if entry.operator == "count":
        doubt = doubt or (f"so many of so many beside the unit {unit}" if _is_share(unit) else "")
    else:
        doubt = doubt or _find_unit_doubt(match, unit, indicator, catalogue)
    value, upper = numbers[0], numbers[1] if len(numbers) > 1 else None
    if value is not None and upper is not None and entry.operator == "between" and upper < value:
        return UNKNOWN_SHAPE
    if entry.operator != "plain":
        return TargetShape(entry.operator, value, upper, doubt)
    direction = indicator.direction if indicator else ""
    doubt = doubt or ("" if direction else "at least or at most: the indicator has no direction")
    return TargetShape("<=" if direction == "down" else ">=", value, None, doubt)


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


def _find_unit_doubt(match: re.Match[str], unit: str, indicator: models.Indicator | None, catalogue: Catalogue) -> str:
    """Why the units that value, row and indicator name may not be one; nobody says so of an unknown indicator."""
    if indicator is None:
        return "no indicator, so no unit and no direction to compare with"
    tails = {match[name].strip() for name in match.re.groupindex if name.startswith("tail_")} - {""}
    own, row = indicator.unit, " ".join(unit.split())
    named = sorted(tails | ({row} if row else set()))
    if not named:
        return f"no unit: is it the {own} of {indicator.code}?" if _is_share(own) else ""
    for name in named:
        if catalogue.find_indicator_scale(name, indicator) != 1 and not name.startswith(f"{own.casefold()} "):
            return f"is the unit “{name}” the “{own}” of {indicator.code}?"
    return ""


def _is_share(unit: str) -> bool:
    return "%" in unit or "‰" in unit


def count_decimals(texts: Sequence[str]) -> int:
    """How many decimals a target's values are written with, at most."""
    return max((len(part) for text in texts for part in re.findall(r"\d,(\d+)", text)), default=0)
