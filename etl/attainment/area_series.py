"""How sure attainment is, and where it goes: what the rows get besides their verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from etl.attain import (
    build_projections,
    build_series,
    compute_control_limits,
    compute_own_value,
    list_series_periods,
    parse_stored_value,
)
from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.model import Attainment, ObservedIndicator, Period, SeriesPoint
from etl.warehouse import attainment_store

if TYPE_CHECKING:
    from sqlalchemy import Connection


ObservedFigures = Mapping[tuple[str, str], ObservedIndicator]
PlanLine = tuple[str, str]
"""(plan, item)."""


@dataclass(frozen=True)
class MeasuredPlans:
    """Plans of a scope that are measured on one area; `area` is its code."""

    scope: m.Scope
    area: str
    plans: tuple[str, ...]


def compute_area_series(
    conn: Connection,
    catalogue: Catalogue,
    measured: MeasuredPlans,
    period: Period,
    known_at: str | None,
    observe_area: Callable[[Period], ObservedFigures],
) -> dict[PlanLine, tuple[SeriesPoint, ...]]:
    """The figures through time of the area of some plans: (plan, item) → points up to the period. Empty without rules
    for an outlook.

    Each point is what the period's own report printed. Computations that were kept, and that nothing has been
    recorded against, are read; the others are made anew by `observe_area`, which gives what was observed in a period.
    """
    if catalogue.outlook is None:
        return {}
    line = [catalogue.scopes[name] for name in catalogue.list_scope_line(measured.scope)]
    since = min(Period.parse(s.from_period).year for one in line for s in one.submissions)
    wanted = list_series_periods(period, catalogue.outlook, since)
    lines = tuple(_list_plan_lines(catalogue, measured.plans))
    values: dict[PlanLine, dict[Period, Fraction]] = {key: {} for key, _, _ in lines}
    kept = _fetch_stored_series(conn, measured, [p for p in wanted if p != period], known_at)
    for past in wanted:
        observed = observe_area(past) if past not in kept else {}
        for key, target, indicator in lines:
            figure = observed.get((target.indicator or "", measured.area))
            value = kept[past].get(key) if past in kept else compute_own_value(target, indicator, figure)
            if value is not None:
                values[key][past] = value
    return {key: build_series(indicator, values[key]) for key, _, indicator in lines}


def _list_plan_lines(
    catalogue: Catalogue, plans: Sequence[str]
) -> Iterator[tuple[PlanLine, m.Target, m.Indicator | None]]:
    for plan in plans:
        for target in catalogue.plans[plan].targets:
            yield (plan, target.item), target, catalogue.indicators.get(target.indicator or "")


def _fetch_stored_series(
    conn: Connection, measured: MeasuredPlans, periods: list[Period], known_at: str | None
) -> dict[Period, dict[PlanLine, Fraction | None]]:

    stored_values: dict[Period, dict[PlanLine, Fraction | None]] = {}
    rows = attainment_store.fetch_stored_values(
        conn, measured.scope.id, [p.key for p in periods], measured.area, known_at
    )
    for row in rows:
        past = Period.parse(row.period)
        stored_values.setdefault(past, {})[row.plan, row.item] = parse_stored_value(row.value, row.as_of, past)
    return stored_values


def annotate_outlook(
    row: Attainment, catalogue: Catalogue, target: m.Target, period: Period, points: tuple[SeriesPoint, ...]
) -> Attainment:
    """The row with control limits and projections, where its target asks for a number."""
    rules, indicator = catalogue.outlook, catalogue.indicators.get(target.indicator or "")
    if rules is None or indicator is None:
        return row
    row_projections = build_projections(target, indicator, points, period, rules)
    return replace(row, projections=row_projections, limits=compute_control_limits(points) if row_projections else None)
