"""Which milestone counts, and where the path to it starts. Used only inside the attainment room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from etl.attain.figures import figures
from etl.catalog import models as m
from etl.errors import UsageError
from etl.model import Observed, Period


@dataclass(frozen=True)
class Start:
    """Where a path starts: value, end of its period, and the definition it was measured by (empty: not known)."""

    value: Fraction | None
    end: date | None
    definition: str


def end_day(milestone: m.Milestone) -> date:
    """The day a milestone falls due: its date, or the last day of its period."""
    return milestone.date if milestone.date is not None else period_end(milestone.period)


def in_order(target: m.Target) -> tuple[m.Milestone, ...]:
    """The milestones by the day they fall due."""
    return tuple(sorted(target.milestones, key=end_day))


def current(target: m.Target, period: Period) -> m.Milestone | None:
    """The first milestone that falls due at the period's end or later; after the last, the last."""
    ordered, end = in_order(target), period.end
    return next((ms for ms in ordered if end_day(ms) >= end), ordered[-1] if ordered else None)


def baseline_start(target: m.Target, indicator: m.Indicator | None, own: Observed | None) -> Start | None:
    """The baseline: the unit's own where it is given (even without a value), else the one printed in the plan."""
    printed = target.baseline
    if own is not None:
        value = figures(target, indicator, own).value
        return Start(value, own.period.end, own.definition or (printed.definition if printed else ""))
    if printed is None:
        return None
    return Start(exact(printed.value), _printed_end(printed.period), printed.definition)


def start_of(target: m.Target, milestone: m.Milestone, baseline: Start | None) -> Start | None:
    """Where the segment to a milestone starts: the milestone before it, or for the first one the baseline."""
    ordered = in_order(target)
    position = ordered.index(milestone)
    if position == 0:
        return baseline
    before = ordered[position - 1]
    return Start(exact(before.value), end_day(before), before.definition)


def exact(number: Decimal | None) -> Fraction | None:
    """A catalogue number as an exact fraction."""
    return None if number is None else Fraction(number)


@lru_cache(maxsize=1024)
def period_end(key: str) -> date:
    """The last day of the period a key names. Remembered: a few keys stand under every row.

    Raises:
        UsageError: the text is not a period key.
    """
    return Period.parse(key).end


def _printed_end(key: str) -> date | None:
    try:
        return period_end(key)
    except UsageError:
        return None
