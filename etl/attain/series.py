"""A target's figures through time: what limits and outlooks look at. Used through `etl.attain`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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


def build_series(
    indicator: models.Indicator | None, values: Mapping[Period, Fraction], period: Period
) -> tuple[SeriesPoint, ...]:
    """A target's points up to a period, oldest first.

    Quarterly indicators by quarter (the year, where it has no quarter); the rest, and those that grow through the
    year, by closed year. What is known of a whole year stands for its last quarter, which ends with it: in all but that
    quarter's own report there is one figure of that day.
    """
    if indicator is None:
        return ()
    quarterly = indicator.frequency == "quarter" and not indicator.accumulates
    shown = (p for p in sorted(values, key=lambda p: p.end) if _is_shown(p, values, period, quarterly=quarterly))
    return tuple(SeriesPoint(p.key, values[p], indicator.find_definition(p.key)) for p in shown)


def _is_shown(point: Period, values: Collection[Period], period: Period, *, quarterly: bool) -> bool:
    if not quarterly:
        return point.kind == PeriodKind.YEAR
    last, year = Period(point.year, PeriodKind.QUARTER, 4), Period(point.year, PeriodKind.YEAR)
    whole = year in values and last != period
    return whole if point == year else point != last or not whole
