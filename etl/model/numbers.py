"""Numbers as Vietnamese administrative documents print them: decimal comma, thousands point, half away from zero."""

from __future__ import annotations

from fractions import Fraction

Number = Fraction | float | int
_MOST_DECIMALS = 6


def round_half_away(value: Number, decimals: int) -> int:
    """The value times 10^decimals, rounded half away from zero, as a whole number. A float counts as it is written."""
    exact = Fraction(repr(value)) if isinstance(value, float) else value
    whole: int = (2 * abs(exact.numerator) * 10**decimals + exact.denominator) // (2 * exact.denominator)
    return -whole if exact < 0 else whole


def format_number(value: Number, decimals: int | None = None) -> str:
    """``1234.5`` is ``1.234,5``. Without `decimals`: as many as the number has, at most six. Minus zero is zero."""
    places = _MOST_DECIMALS if decimals is None else decimals
    whole = round_half_away(value, places)
    digits = str(abs(whole)).rjust(places + 1, "0")
    units, rest = (digits[:-places], digits[-places:]) if places else (digits, "")
    if decimals is None:
        rest = rest.rstrip("0")
    groups = [units[max(end - 3, 0) : end] for end in range(len(units), 0, -3)]
    return ("-" if whole < 0 else "") + ".".join(reversed(groups)) + (f",{rest}" if rest else "")
