"""A target's figures through time: what limits and outlooks look at. Used through `etl.attain`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from etl.attain.carried_forward import find_carried_period
from etl.attain.target_figures import compute_target_figures
from etl.catalog import models
from etl.model import ObservedIndicator, Period, PeriodKind, SeriesPoint


def list_series_periods(period: Period, rules: models.OutlookRules, since: int) -> tuple[Period, ...]:
    """The periods to look at for a series that ends with a period: closed years and the last quarters.

    `since` is the first year that anything is owed for.
    """
    last = period.year if period.months_elapsed == 12 else period.year - 1
    years = [Period(year, PeriodKind.YEAR) for year in range(max(since, last - rules.window_years + 1), last + 1)]
    ended = period.year * 4 + period.months_elapsed // 3
    numbers = range(max(since * 4, ended - rules.window_quarters), ended)
    return (*years, *(Period(number // 4, PeriodKind.QUARTER, number % 4 + 1) for number in numbers))


def compute_own_value(
    target: models.Target, indicator: models.Indicator | None, observed: ObservedIndicator | None
) -> Fraction | None:
    """What a target looks at in a period, exactly; None where there is no own figure."""
    if indicator is None or observed is None or observed.since:
        return None
    value = compute_target_figures(target, indicator, observed).value
    return None if value is None or find_carried_period(observed.as_of, observed.period) else value


def parse_stored_value(text: str | None, as_of: str, period: Period) -> Fraction | None:
    """A value as a kept row writes it; None where it has none of the period's own."""
    return None if text is None or find_carried_period(as_of, period) else Fraction(text)


def build_series(indicator: models.Indicator | None, values: Mapping[Period, Fraction]) -> tuple[SeriesPoint, ...]:
    """A target's points, oldest first.

    Quarterly indicators by quarter (the year, where it has no quarter); the rest, and those that grow through the
    year, by closed year.
    """
    if indicator is None:
        return ()
    quarterly = indicator.frequency == "quarter" and not indicator.accumulates
    with_quarters = {p.year for p in values if quarterly and p.kind == PeriodKind.QUARTER}
    return tuple(_list_series_points(indicator, values, with_quarters, quarterly=quarterly))


def _list_series_points(
    indicator: models.Indicator, values: Mapping[Period, Fraction], with_quarters: set[int], *, quarterly: bool
) -> Iterator[SeriesPoint]:
    for period in sorted(values, key=lambda p: p.end):
        if quarterly if period.kind == PeriodKind.QUARTER else period.year not in with_quarters:
            yield SeriesPoint(period.key, values[period], indicator.find_definition(period.key))
