"""Exact numbers as Vietnamese print: decimal comma, thousands point, half rounded away from zero.

Room: report. Used by the fact builders only; whatever is printed later copies the text made here.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

Exact = Fraction | int
Number = dict[str, Any]
"""`value` the number (float or int, null when missing) · `exact` the same as a fraction · `text` as printed
· `decimals` how many decimals the text has."""

MOST_DECIMALS = 4


def rounded(value: Exact, decimals: int) -> int:
    """The value times 10^decimals, rounded half away from zero, as a whole number."""
    scaled = abs(Fraction(value)) * 10**decimals
    whole = int(scaled + Fraction(1, 2))
    return -whole if value < 0 else whole


def printed(value: Exact, decimals: int = 0) -> str:
    """The value as printed: ``1234.5`` with one decimal is ``1.234,5``. Minus zero is zero."""
    whole = rounded(value, decimals)
    digits = str(abs(whole)).rjust(decimals + 1, "0")
    units, rest = (digits[:-decimals], digits[-decimals:]) if decimals else (digits, "")
    groups = [units[max(end - 3, 0) : end] for end in range(len(units), 0, -3)]
    return ("-" if whole < 0 else "") + ".".join(reversed(groups)) + (f",{rest}" if rest else "")


def number(value: Exact | None, decimals: int = 0, missing: str = "") -> Number:
    """A number as a fact. A missing one has no value and the words given for it, never a zero."""
    if value is None:
        return {"value": None, "exact": None, "text": missing, "decimals": decimals}
    exact = Fraction(value)
    plain: float | int = int(exact) if exact.denominator == 1 else float(exact)
    return {"value": plain, "exact": str(exact), "text": printed(exact, decimals), "decimals": decimals}


def count(value: Exact | None, missing: str = "") -> Number:
    """A count: no decimals when whole, at most two when it is money or weight."""
    whole = value is None or Fraction(value).denominator == 1
    return number(value, 0 if whole else 2, missing)


def telling_decimals(value: Exact, target: Exact | None, decimals: int) -> int:
    """How many decimals show on which side of the target a value lies.

    94,96 against a target of 95 printed without decimals would read "95": one or more decimals are
    added until the print differs from the target's, or `MOST_DECIMALS` is reached.
    """
    if target is None or Fraction(value) == Fraction(target):
        return decimals
    shown = decimals
    while shown < MOST_DECIMALS and Fraction(rounded(value, shown), 10**shown) == Fraction(target):
        shown += 1
    return shown
