"""Below which unit, and within which period, an indicator means nothing. Used only inside the attainment room."""

from __future__ import annotations

from etl.catalog import models
from etl.model import Period
from etl.model.reason import Reason

_LEVELS = ("commune", "district", "province", "nation")


def find_granularity_gap(
    indicator: models.Indicator | None, level: str, period: Period, *, carried: bool
) -> Reason | None:
    """Why an indicator is not given for such a unit or period; None where it is.

    A figure of an earlier, long enough period that stands in for the asked one is given: it says whose it is.
    """
    if indicator is None:
        return None
    if indicator.min_level and level in _LEVELS and _LEVELS.index(level) < _LEVELS.index(indicator.min_level):
        return Reason("reason.too_small_for_unit")
    shortest = indicator.min_period
    if shortest is not None and not carried and period.months < Period(period.year, shortest).months:
        return Reason("reason.too_small_for_period")
    return None
