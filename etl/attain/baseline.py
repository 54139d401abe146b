"""Where a path starts: the baseline printed in the plan, or the unit's own. Used only inside the attainment room."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache

from etl.attain.target_figures import compute_target_figures
from etl.catalog import models
from etl.errors import UsageError
from etl.model import ObservedIndicator, Period

_STRETCH = re.compile(r"\d{4}-(\d{4})")


@dataclass(frozen=True)
class PathStart:
    """Where a path starts: value, end of its period (None: the plan names no time), and the definition it was measured
    by (empty: not known)."""

    value: Fraction | None
    end: date | None
    definition: str


def find_baseline_start(
    target: models.Target, indicator: models.Indicator | None, own: ObservedIndicator | None
) -> PathStart | None:
    """The baseline: the unit's own where it is given (even without a value), else the one printed in the plan."""
    printed = target.baseline
    if own is not None:
        value = compute_target_figures(target, indicator, own).value
        return PathStart(value, own.period.end, own.definition or (printed.definition if printed else ""))
    if printed is None:
        return None
    value = None if printed.value is None else Fraction(printed.value) * target.unit_scale
    return PathStart(value, parse_printed_end(printed.period), printed.definition)


@lru_cache(maxsize=1024)
def parse_period_end(key: str) -> date:
    """The last day of the period a key names. Remembered: a few keys stand under every row.

    Raises:
        UsageError: the text is not a period key.
    """
    return Period.parse(key).end


@lru_cache(maxsize=1024)
def parse_printed_end(key: str | None) -> date | None:
    """The last day of a period or stretch of years (``2016-2020``) as a plan prints it; None where it is neither."""
    if key is None:
        return None
    stretch = _STRETCH.fullmatch(key)
    try:
        return date(int(stretch[1]), 12, 31) if stretch else parse_period_end(key)
    except UsageError:
        return None
