"""Targets whose figure is made of those of several periods: a quarter alone, a sum over years; and the year before.

What is observed adds up from January. A quarter's own figure is what it added; a sum over years is the whole years
before and this one so far. A period that is not known whole leaves no figure, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from etl.attain.carried_forward import find_carried_period
from etl.catalog import models
from etl.model import ObservedIndicator, Period, PeriodKind
from etl.model.reason import Reason, build_reason

PeriodFigures = Mapping[Period, ObservedIndicator | None]
"""One indicator of one unit, by period."""


@dataclass(frozen=True)
class OtherFigures:
    """What a unit had in other periods than the asked one.

    `baseline`: in that of the baseline; none for the plan's own area, whose printed one is meant, while a unit
    under it has one, if without a value. `compared`: in those that its target looks at besides.
    """

    baseline: ObservedIndicator | None = None
    compared: PeriodFigures = field(default_factory=dict)


def list_compared_periods(target: models.Target, period: Period) -> tuple[Period, ...]:
    """The periods besides its own that a target looks at: what its figure is made of, or the year before."""
    found = [*_list_summed_years(target, period)]
    if target.each_quarter:
        found += [part for quarter in period.quarters for part in (quarter, *_find_quarter_before(quarter))]
    if any(ms.relative and ms.relative.previous_year for ms in target.milestones):
        found.append(period.same_period_last_year)
    return tuple(dict.fromkeys(p for p in found if p != period))


def combine_periods(
    target: models.Target, indicator: models.Indicator | None, own: ObservedIndicator | None, earlier: PeriodFigures
) -> ObservedIndicator | None:
    """The figure that a target looks at in a period, made of that period's own and those of others; a target that looks
    at its own period alone gets that."""
    if own is None or indicator is None or not target.is_of_several_periods:
        return own
    figures = {**earlier, own.period: own}
    combine = _add_up_years if target.summed_from else _find_worst_quarter
    whole = combine(target, own, figures)
    return whole if whole.numerator is None else replace(whole, value=whole.numerator * indicator.factor)


def find_summing_start(target: models.Target) -> Period | None:
    """The year before the first that is added up: a sum over years starts from nothing at its end."""
    return Period.parse(target.summed_from).same_period_last_year if target.summed_from else None


def _list_summed_years(target: models.Target, period: Period) -> tuple[Period, ...]:
    if not target.summed_from:
        return ()
    years = [Period(year, PeriodKind.YEAR, 1) for year in range(int(target.summed_from), period.year)]
    return (*years, _find_year_to_date(period))


def _find_year_to_date(period: Period) -> Period:
    """The period whose figure is the year's up to this one's end: the second half is counted from July."""
    return period if period.counted_from == 1 else Period(period.year, PeriodKind.YEAR, 1)


def _find_quarter_before(quarter: Period) -> tuple[Period, ...]:
    return quarter.list_earlier_periods(1) if quarter.index > 1 else ()


def _add_up_years(target: models.Target, own: ObservedIndicator, figures: PeriodFigures) -> ObservedIndicator:
    parts = _list_summed_years(target, own.period)
    if own.period.year < int(str(target.summed_from)):
        return _leave_out(own, build_reason("reason.not_yet_valid", period=Period.parse(str(target.summed_from)).name))
    known = {part: figures[part] for part in parts if _find_sum(figures.get(part)) is not None}
    missing = [part.name for part in parts if part not in known]
    if missing:
        return _leave_out(own, build_reason("reason.missing_parts", periods=", ".join(missing)))
    since = next((figure.since for figure in known.values() if figure and figure.since), "")
    return _replace_sum(own, sum((_find_sum(figure) or Fraction(0) for figure in known.values()), Fraction(0)), since)


def _find_worst_quarter(target: models.Target, own: ObservedIndicator, figures: PeriodFigures) -> ObservedIndicator:
    quarters = own.period.quarters
    if not quarters:
        return _leave_out(own, Reason("reason.by_quarter"))
    alone = {quarter: _compute_quarter_alone(quarter, figures) for quarter in quarters}
    missing = [quarter.name for quarter, value in alone.items() if value is None]
    if missing:
        return _leave_out(own, build_reason("reason.missing_parts", periods=", ".join(missing)))
    ceiling = any(milestone.operator in {"<", "<="} for milestone in target.milestones)
    values = [value for value in alone.values() if value is not None]
    return _replace_sum(own, max(values) if ceiling else min(values), "")


def _compute_quarter_alone(quarter: Period, figures: PeriodFigures) -> Fraction | None:
    """What a quarter added to the year; None where that is not known, or where the sum was lowered afterwards."""
    figure = figures.get(quarter)
    value = _find_sum(figure)
    if figure is None or value is None or quarter.index == 1 or figure.since == quarter.key:
        return value
    before = figures.get(_find_quarter_before(quarter)[0])
    earlier = _find_sum(before)
    if before is None or earlier is None or value < earlier:
        return None
    if (before.since, before.expected) != (figure.since, figure.expected):  # of other months, or of other units
        return None
    return value - earlier


def _find_sum(figure: ObservedIndicator | None) -> Fraction | None:
    """A figure's numerator, where it is its period's own and of everybody."""
    if figure is None or figure.value is None or find_carried_period(figure.as_of, figure.period):
        return None
    return figure.numerator


def _replace_sum(own: ObservedIndicator, total: Fraction, since: str) -> ObservedIndicator:
    return replace(own, numerator=total, since=since, gaps=(), as_of="", no_figure=None)


def _leave_out(own: ObservedIndicator, reason: Reason) -> ObservedIndicator:
    return replace(own, numerator=None, value=None, gaps=(), no_figure=reason)
