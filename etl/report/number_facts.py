"""Exact numbers as facts: the value, the same as a fraction, and the text that is printed everywhere.

Room: report. Used by the fact builders only; whatever is printed later copies the text made here.
"""

from __future__ import annotations

from fractions import Fraction

from etl.model.numbers import format_number, round_half_away
from etl.report.figure_facts import PrintedNumber

ExactNumber = Fraction | int

MAX_DECIMALS = 4


def build_number_fact(value: ExactNumber | None, decimals: int = 0, missing: str = "") -> PrintedNumber:
    """A number as a fact. A missing one has no value and the words given for it, never a zero."""
    if value is None:
        return PrintedNumber(None, None, missing, decimals)
    exact = Fraction(value)
    plain: float | int = int(exact) if exact.denominator == 1 else float(exact)
    return PrintedNumber(plain, str(exact), format_number(exact, decimals), decimals)


def build_count_fact(value: ExactNumber | None, missing: str = "") -> PrintedNumber:
    """A count: no decimals when whole, at most two when it is money or weight."""
    whole = value is None or Fraction(value).denominator == 1
    return build_number_fact(value, 0 if whole else 2, missing)


def select_telling_decimals(value: ExactNumber, target: ExactNumber | None, decimals: int) -> int:
    """How many decimals show on which side of the target a value lies.

    94,96 against a target of 95 printed without decimals would read "95": one or more decimals are
    added until the print differs from the target's, or `MOST_DECIMALS` is reached.
    """
    if target is None or Fraction(value) == Fraction(target):
        return decimals
    shown = decimals
    while shown < MAX_DECIMALS and Fraction(round_half_away(value, shown), 10**shown) == Fraction(target):
        shown += 1
    return shown


def compute_consistent_rounding(before: ExactNumber, after: ExactNumber, decimals: int) -> tuple[int, Fraction]:
    """How many decimals to print a move and its two ends with, and the move, so that they add up in print.

    From 93,6 to 94,4 is 0,8: without decimals that would read “1, from 94 to 94”. Where the rounded three do not
    agree, one decimal is added, and the move is the difference of its printed ends.
    """
    exact = abs(Fraction(after) - Fraction(before))
    if abs(round_half_away(after, decimals) - round_half_away(before, decimals)) == round_half_away(exact, decimals):
        return decimals, exact
    shown = decimals + 1
    return shown, Fraction(abs(round_half_away(after, shown) - round_half_away(before, shown)), 10**shown)
