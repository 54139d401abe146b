"""How sure attainment is, and where it goes: what the rows get besides their verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
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


def compute_area_series(
    conn: Connection,
    catalogue: Catalogue,
    scope: m.Scope,
    period: Period,
    known_at: str | None,
    observe_area: Callable[[Period], ObservedFigures],
) -> dict[PlanLine, tuple[SeriesPoint, ...]]:
    """The area's figures through time: (plan, item) → points up to the period. Empty without rules for an outlook.

    Each point is what the period's own report printed. Computations that were kept, and that nothing has been
    recorded against, are read; the others are made anew by `observe_area`, which gives what was observed in a period.
    """
    if catalogue.outlook is None:
        return {}
    since = min(Period.parse(s.from_period).year for s in scope.submissions)
    wanted = list_series_periods(period, catalogue.outlook, since)
    values: dict[PlanLine, dict[Period, Fraction]] = {line: {} for line, _, _ in _list_plan_lines(catalogue, scope)}
    kept = _fetch_stored_series(conn, scope, [p for p in wanted if p != period], known_at)
    for past in wanted:
        observed = observe_area(past) if past not in kept else {}
        for line, target, indicator in _list_plan_lines(catalogue, scope):
            figure = observed.get((target.indicator or "", scope.area_unit))
            value = kept[past].get(line) if past in kept else compute_own_value(target, indicator, figure)
            if value is not None:
                values[line][past] = value
    return {line: build_series(indicator, values[line]) for line, _, indicator in _list_plan_lines(catalogue, scope)}


def _list_plan_lines(catalogue: Catalogue, scope: m.Scope) -> Iterator[tuple[PlanLine, m.Target, m.Indicator | None]]:
    for plan in scope.plans:
        for target in catalogue.plans[plan].targets:
            yield (plan, target.item), target, catalogue.indicators.get(target.indicator or "")


def _fetch_stored_series(
    conn: Connection, scope: m.Scope, periods: list[Period], known_at: str | None
) -> dict[Period, dict[PlanLine, Fraction | None]]:

    stored_values: dict[Period, dict[PlanLine, Fraction | None]] = {}
    rows = attainment_store.fetch_stored_values(conn, scope.id, [p.key for p in periods], scope.area_unit, known_at)
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
