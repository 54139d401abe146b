"""How sure attainment is, and where it goes: what the rows get besides their verdict. Used by `etl.steps.outcome`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.model import Observed, Period, Point

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from etl.model import Attainment

Seen = Mapping[tuple[str, str], Observed]
Line = tuple[str, str]
"""(plan, item)."""


def area_series(
    conn: Connection,
    catalogue: Catalogue,
    scope: m.Scope,
    period: Period,
    known_at: str | None,
    look: Callable[[Period], Seen],
) -> dict[Line, tuple[Point, ...]]:
    """The area's figures through time: (plan, item) → points up to the period. Empty without rules for an outlook.

    Each point is what the period's own report printed. Computations that were kept, and that nothing has been
    recorded against, are read; the others are made anew by `look`, which gives what was observed in a period.
    """
    from etl.attain import own_value, series, series_periods

    if catalogue.outlook is None:
        return {}
    since = min(Period.parse(s.from_period).year for s in scope.submissions)
    wanted = series_periods(period, catalogue.outlook, since)
    values: dict[Line, dict[Period, Fraction]] = {line: {} for line, _, _ in _lines(catalogue, scope)}
    kept = _kept(conn, scope, [p for p in wanted if p != period], known_at)
    for past in wanted:
        seen = look(past) if past not in kept else {}
        for line, target, indicator in _lines(catalogue, scope):
            found = seen.get((target.indicator or "", scope.area_unit))
            value = kept[past].get(line) if past in kept else own_value(target, indicator, found)
            if value is not None:
                values[line][past] = value
    return {line: series(indicator, values[line]) for line, _, indicator in _lines(catalogue, scope)}


def _lines(catalogue: Catalogue, scope: m.Scope) -> Iterator[tuple[Line, m.Target, m.Indicator | None]]:
    for plan in scope.plans:
        for target in catalogue.plans[plan].targets:
            yield (plan, target.item), target, catalogue.indicators.get(target.indicator or "")


def _kept(
    conn: Connection, scope: m.Scope, periods: list[Period], known_at: str | None
) -> dict[Period, dict[Line, Fraction | None]]:
    from etl.attain import as_kept
    from etl.warehouse import attained

    found: dict[Period, dict[Line, Fraction | None]] = {}
    rows = attained.kept_figures(conn, scope.id, [p.key for p in periods], scope.area_unit, known_at)
    for row in rows:
        past = Period.parse(row.period)
        found.setdefault(past, {})[row.plan, row.item] = as_kept(row.value, row.as_of, past)
    return found


def with_outlook(
    row: Attainment, catalogue: Catalogue, target: m.Target, period: Period, points: tuple[Point, ...]
) -> Attainment:
    """The row with control limits and projections, where its target asks for a number."""
    from etl.attain import control_limits, projections

    rules, indicator = catalogue.outlook, catalogue.indicators.get(target.indicator or "")
    if rules is None or indicator is None:
        return row
    found = projections(target, indicator, points, period, rules)
    return replace(row, projections=found, limits=control_limits(points) if found else None)
