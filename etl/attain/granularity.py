"""Below which unit, and within which period, an indicator means nothing. Used only inside the attainment room."""

from __future__ import annotations

from etl.attain import attainment_messages
from etl.catalog import models as m
from etl.model import Period

_LEVELS = ("commune", "district", "province", "nation")


def describe_granularity_gap(indicator: m.Indicator | None, level: str, period: Period, *, carried: bool) -> str:
    """Why an indicator is not given for such a unit or period; empty where it is.

    A figure of an earlier, long enough period that stands in for the asked one is given: it says whose it is.
    """
    if indicator is None:
        return ""
    if indicator.min_level and level in _LEVELS and _LEVELS.index(level) < _LEVELS.index(indicator.min_level):
        return attainment_messages.describe_too_small_counts(period=False)
    shortest = indicator.min_period
    if shortest is not None and not carried and period.months < Period(period.year, shortest).months:
        return attainment_messages.describe_too_small_counts(period=True)
    return ""
