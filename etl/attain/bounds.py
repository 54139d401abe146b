"""What a sum could be if the units missing from it were at the extremes of their own history. Used only inside.

Each missing unit takes one of the pairs (numerator, denominator) of its own past; of all the ways to choose, the
smallest and the largest Σ numerator ÷ Σ denominator are given. Exact: the choice is improved until it no longer
changes (Dinkelbach's method for the ratio of two sums).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from etl.attain import wording
from etl.attain.judge import is_numeric, satisfies
from etl.catalog import models as m
from etl.model import Attainment, Observed

Pair = tuple[Fraction, Fraction]


def with_bounds(
    target: m.Target, indicator: m.Indicator | None, observed: Observed | None, row: Attainment
) -> Attainment:
    """The row with the bounds of its value and whether the verdict hangs on them, or why there are none.

    A row whose units are all there, that has no value of its own period, or whose gaps nobody looked up, stays.
    """
    if observed is None or indicator is None or row.value is None or not observed.gaps:
        return row
    silent = sum(not gap.history for gap in observed.gaps)
    if silent:
        return replace(row, bounds_reason=wording.no_history(silent))
    choices = [gap.history for gap in observed.gaps]
    if target.kind == "per_unit":
        choices = [_at_floor(history, target.floor, indicator.factor) for history in choices]
    known = (row.numerator or Fraction(0), row.denominator or Fraction(0))
    low, high = (extreme(known, choices, highest=highest) * indicator.factor for highest in (False, True))
    ends = low, high
    return replace(row, bounds=ends, bounds_turn=_turns(row, ends))


def _at_floor(history: tuple[Pair, ...], floor: Decimal | None, factor: int) -> tuple[Pair, ...]:
    """Of a share of units: one unit, at the floor or not."""
    level = Fraction(floor or 0)
    return tuple((Fraction(d > 0 and n * factor >= level * d), Fraction(1)) for n, d in history)


def extreme(known: Pair, choices: Sequence[Sequence[Pair]], *, highest: bool) -> Fraction:
    """The largest (or smallest) ratio of sums over all choices of one pair from each. What is known has a bottom."""
    best = max if highest else min
    ratio, found = None, known[0] / known[1]
    while found != ratio:
        ratio = found
        picked = [best(pairs, key=lambda pair: pair[0] - found * pair[1]) for pairs in choices]
        found = (known[0] + sum(n for n, _ in picked)) / (known[1] + sum(d for _, d in picked))
    return found


def _turns(row: Attainment, ends: Pair) -> bool:
    """Whether the verdict there is would be another one at one of the ends."""
    if row.met is None or row.target is None or not is_numeric(row.operator):
        return False
    return any(satisfies(row.operator, end, row.target, row.target_upper) != row.met for end in ends)
