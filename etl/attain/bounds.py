"""What a sum could be if the units missing from it were at the extremes of their own history. Used only inside.

Each missing unit takes one of the pairs (numerator, denominator) of its own past; of all the ways to choose, the
smallest and the largest Σ numerator ÷ Σ denominator are given. Exact: the choice is improved until it no longer
changes (Dinkelbach's method for the ratio of two sums).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from etl.attain.comparison import is_goal_met, is_numeric_operator
from etl.catalog import models
from etl.model import Attainment, ObservedIndicator
from etl.model.reason import build_reason

SumPair = tuple[Fraction, Fraction]


def add_value_bounds(
    target: models.Target,
    indicator: models.Indicator | None,
    observed: ObservedIndicator | None,
    row: Attainment,
    judge: Callable[[Fraction], Attainment],
) -> Attainment:
    """The row with the bounds of its value and whether the verdict hangs on them, or why there are none.

    `judge` gives the row that another value would have, with its verdict.

    A row whose units are all there, that has no value of its own period, or whose gaps nobody looked up, stays. One
    without a value because its sides would speak of different units is bounded: every unit then is a gap.
    """
    if (
        observed is None
        or indicator is None
        or not observed.gaps
        or (row.value is None and not observed.has_lone_sides)
    ):
        return row
    silent = sum(not gap.history for gap in observed.gaps)
    if silent:
        return replace(row, bounds_reason=build_reason("reason.missing_history", units=silent))
    choices = [gap.history for gap in observed.gaps]
    if target.kind == "per_unit":
        choices = [_convert_to_floor_pairs(history, target.floor, indicator.factor) for history in choices]
    reported = (row.numerator or Fraction(0), row.denominator or Fraction(0))
    if not reported[1] + sum(min(d for _, d in history) for history in choices):
        return row
    low, high = (find_extreme_ratio(reported, choices, highest=highest) * indicator.factor for highest in (False, True))
    ends = low, high
    return replace(row, bounds=ends, bounds_turn=_can_bounds_change_verdict(row, ends, judge))


def _convert_to_floor_pairs(history: tuple[SumPair, ...], floor: Decimal | None, factor: int) -> tuple[SumPair, ...]:
    """Of a share of units: one unit, at the floor or not."""
    level = Fraction(floor or 0)
    return tuple((Fraction(d > 0 and n * factor >= level * d), Fraction(1)) for n, d in history)


def find_extreme_ratio(reported: SumPair, choices: Sequence[Sequence[SumPair]], *, highest: bool) -> Fraction:
    """The largest (or smallest) ratio of sums over all choices of one pair from each; each choice has a bottom."""
    best = max if highest else min
    ratio, picked = None, [pairs[0] for pairs in choices]
    while True:
        candidate = (reported[0] + sum(n for n, _ in picked)) / (reported[1] + sum(d for _, d in picked))
        if candidate == ratio:
            return candidate
        ratio = candidate
        picked = [best(pairs, key=lambda pair: pair[0] - candidate * pair[1]) for pairs in choices]


def find_sure_verdict(row: Attainment) -> bool | None:
    """Whether the goal is met wherever between the bounds the value lies; None where that depends."""
    if row.bounds is None or row.target is None:
        return None
    met = {is_goal_met(row.operator, end, row.target, row.target_upper) for end in row.bounds}
    across = row.target_upper is not None and row.bounds[0] < row.target and row.bounds[1] > row.target_upper
    return met.pop() if len(met) == 1 and not across else None


def _can_bounds_change_verdict(row: Attainment, ends: SumPair, judge: Callable[[Fraction], Attainment]) -> bool:
    """Whether the verdict there is, or where the value stands on its path, would be another one at one of the ends."""
    if row.met is None or row.target is None or not is_numeric_operator(row.operator):
        return False
    return any((at.met, at.progress_class) != (row.met, row.progress_class) for at in map(judge, ends))
