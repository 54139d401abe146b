"""How sure attainment is, and where it goes: what the rows get besides their verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from etl.attain import (
    build_projections,
    build_series,
    compute_control_limits,
    compute_own_value,
    list_series_periods,
    parse_stored_value,
)
from etl.catalog import Catalogue, models
from etl.model import Attainment, ObservedIndicator, Period, SeriesPoint
from etl.warehouse import attainment_store
from etl.warehouse.run_context import RunContext

ObservedFigures = Mapping[tuple[str, str], ObservedIndicator]
PlanLine = tuple[str, str]
"""(plan, item)."""


@dataclass(frozen=True)
class MeasuredPlans:
    """Plans that are measured on one area; `area` is its code."""

    area: str
    plans: tuple[str, ...]


def compute_area_series(
    context: RunContext,
    measured: MeasuredPlans,
    observe_area: Callable[[Period], ObservedFigures],
) -> dict[PlanLine, tuple[SeriesPoint, ...]]:
    """The figures through time of the area of some plans: (plan, item) → points up to the period. Empty without rules
    for an outlook.

    Each point is what the period's own report printed. Computations that were kept, and that nothing has been
    recorded against, are read; the others are made anew by `observe_area`, which gives what was observed in a period.
    """
    catalogue, period = context.catalogue, context.period
    if catalogue.outlook is None:
        return {}
    line = [catalogue.scopes[name] for name in catalogue.list_scope_line(context.scope)]
    since = min(Period.parse(s.from_period).year for one in line for s in one.submissions)
    wanted = list_series_periods(period, catalogue.outlook, since)
    lines = tuple(_list_plan_lines(catalogue, measured.plans))
    values: dict[PlanLine, dict[Period, Fraction]] = {key: {} for key, _, _ in lines}
    kept = _fetch_stored_series(context, measured, [p for p in wanted if p != period])
    for past in wanted:
        observed = observe_area(past) if past not in kept else {}
        for key, target, indicator in lines:
            figure = observed.get((target.indicator or "", measured.area))
            value = kept[past].get(key) if past in kept else compute_own_value(target, indicator, figure)
            if value is not None:
                values[key][past] = value
    return {key: build_series(indicator, values[key], period) for key, _, indicator in lines}


def _list_plan_lines(
    catalogue: Catalogue, plans: Sequence[str]
) -> Iterator[tuple[PlanLine, models.Target, models.Indicator | None]]:
    for plan in plans:
        for target in (t for t in catalogue.plans[plan].targets if not t.is_of_several_periods):
            yield (plan, target.item), target, catalogue.indicators.get(target.indicator or "")


def _fetch_stored_series(
    context: RunContext, measured: MeasuredPlans, periods: list[Period]
) -> dict[Period, dict[PlanLine, Fraction | None]]:

    stored_values: dict[Period, dict[PlanLine, Fraction | None]] = {}
    rows = attainment_store.fetch_stored_values(
        context.conn, context.scope.id, [p.key for p in periods], measured.area, context.known_at
    )
    for row in rows:
        past = Period.parse(row.period)
        stored_values.setdefault(past, {})[row.plan, row.item] = parse_stored_value(row.value, row.as_of, past)
    return stored_values


def annotate_outlook(
    row: Attainment, catalogue: Catalogue, target: models.Target, period: Period, points: tuple[SeriesPoint, ...]
) -> Attainment:
    """The row with control limits and projections, where its target asks for a number."""
    rules, indicator = catalogue.outlook, catalogue.indicators.get(target.indicator or "")
    if rules is None or indicator is None or target.is_of_several_periods:
        return row
    row_projections = build_projections(target, indicator, points, period, rules)
    return replace(row, projections=row_projections, limits=compute_control_limits(points) if row_projections else None)
