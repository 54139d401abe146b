"""Sums over units and periods: what was observed of every indicator, for an area and each unit under it.

Room: warehouse. Called by attainment. The sums are SQL (sql/queries/rollup.sql), which reads in the stored catalogue
what an indicator is; `rollup_leaves` says what is owed, and where each leaf belongs. No verdict is given.

Rules (docs/warehouse.md has them with examples):

* A leaf is a unit that holds cells: a commune, a district (its list sheets), a facility. Leaves are those of the
  period's last day; what units that ended earlier reported belongs to the leaf they went into.
* A stock is its value in the period's last piece, a ytd too. A flow is the sum of the pieces from January (of the
  second half of a year: from July), an average their mean by length; one missing piece makes it missing. Pieces that
  nobody owed, because forms began or a unit came from elsewhere within the year, are no gap: `since` says so. Where
  elements of one indicator begin apart, all that adds up in it is read of the stretch that they share. A form of the
  period's own length (year, half, nine months) comes first.
* A leaf counts if every cell of the indicator that it owes is there. `not applicable` takes it out of what is
  expected; a quarter that is so on one side of a ratio counts on neither (`one_sided_cells`). Where two levels hold the
  two sides (doctors of a district, population of its communes), each side sums its own leaves, and a district where one
  of them is silent counts on neither: a silent hospital never means fewer doctors for the same people. Where one side
  belongs to no district (provincial hospitals), the area has no figure then, and `no_figure` names who is silent.
* Yearly and survey indicators keep their last year's figure until a new one is there; `as_of` says so.
* Figures are given for the units of a *geography*, a day: the period's last (as it was) or another. Where whole
  units went over they add up; where not, and no weight is declared, the unit has no figure and `no_figure` says why.
* A unit that was split without a weight is whole again in an area that holds all its parts: there its parts are one
  leaf for what adds up over the year, and need no weight.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import Row

from etl.catalog import models
from etl.catalog.geography import find_restating_gap
from etl.model import LONE_SIDES, ObservedIndicator, Period, PeriodKind
from etl.model.reason import Reason, build_reason
from etl.warehouse.connect import query
from etl.warehouse.published_figures import fetch_published_figures, fetch_recognitions
from etl.warehouse.reporting_obligations import find_length_gap, find_stretch_start
from etl.warehouse.rollup_leaves import (
    OwedCells,
    build_owed_cells,
    group_by_corrections,
    group_by_start,
    join_split_leaves,
)
from etl.warehouse.rollup_request import RollupFilter, RollupRequest, build_rollup_request, list_summed_indicators
from etl.warehouse.run_context import RunContext

_FEW_NAMES = 3
_PARTS = math.lcm(*range(1, 13))
"""Sums are asked for so many times as large: a mean over one to twelve months is then a whole multiple."""


def compute_rollup(
    context: RunContext, only: RollupFilter | None = None, geography: date | None = None
) -> list[ObservedIndicator]:
    """Every indicator of the catalogue, for the scope's area and each unit directly under it; and for each agency the
    indicators that its own forms have every term of.

    Grain: (indicator, org unit), in catalogue order; indicators nobody reports are there with no value.

    Args:
        context: A connection that may read `core`; what is owed, by whom, and what indicators are; any period.
        only: The units and indicators to give, and another area; all of the scope's if None.
        geography: The day whose units are asked for; the period's last day if None.

    Raises:
        WarehouseError: the catalogue is not on record.
    """
    ask = build_rollup_request(context, only or RollupFilter(), geography)
    found = {(o.indicator, o.unit): o for o in [*_compute_ratios(ask), *fetch_published_figures(ask)]}
    recognised = fetch_recognitions(ask)
    every = (
        found.get((i.code, unit.code)) or ObservedIndicator(i.code, unit.code, context.period)
        for i in ask.indicators
        for unit in (*ask.units, *(agency for agency in ask.agencies if (i.code, agency.code) in found))
    )
    return [o if (said := recognised.get(o.indicator)) is None else replace(o, recognised=said) for o in every]


def _compute_ratios(ask: RollupRequest) -> list[ObservedIndicator]:
    """Ratios, plain sums and shares of units; yearly ones from the last year that has any."""
    yearly = [i for i in ask.indicators if i.numerator and i.frequency != "quarter"]
    return _carry_forward_figures(ask, yearly, _compute_period_sums(ask, ask.period, list_summed_indicators(ask)))


def _carry_forward_figures(
    ask: RollupRequest, yearly: Sequence[models.Indicator], own: list[ObservedIndicator]
) -> list[ObservedIndicator]:
    found = {(o.indicator, o.unit): o for o in own}
    agencies, codes = {u.code for u in ask.agencies}, {i.code for i in yearly}
    wanted = {(i.code, u.code) for i in yearly for u in ask.units}
    wanted |= {key for key in found if key[0] in codes and key[1] in agencies}
    first = query(ask.conn, "first_year", scope=ask.scope.id, known_at=ask.known_at).scalar_one()
    for year in range(ask.period.year - 1, min(first or ask.period.year, ask.last_year) - 1, -1):
        lacking = {key for key in wanted if key not in found or _needs_earlier_figure(found[key])}
        codes = {indicator for indicator, _ in lacking}
        asks_agencies = year == ask.last_year and bool(agencies)
        if not lacking and not asks_agencies:
            break
        lacked = [i for i in yearly if i.code in codes or asks_agencies]
        for old in _compute_period_sums(ask, Period(year, PeriodKind.YEAR), lacked):
            key = (old.indicator, old.unit)
            if asks_agencies and old.unit in agencies:  # who owed it in the last year has it in a part of the next one
                wanted.add(key)
                found[key] = ObservedIndicator(*key, ask.period, level="agency")
                lacking.add(key)
            if key in lacking and old.value is not None:
                found[key] = replace(old, period=ask.period, as_of=str(year))
    return list(found.values())


def _needs_earlier_figure(own: ObservedIndicator) -> bool:
    """Whether nothing can be said of the asked year itself. Where only a part of a side is missing, bounds can."""
    return own.value is None and not own.has_lone_sides


def _compute_period_sums(
    ask: RollupRequest, period: Period, indicators: Sequence[models.Indicator]
) -> list[ObservedIndicator]:
    """One period's sums, for the asked units. Figures that cannot be had are there with their reason."""
    catalogue, scope = ask.catalogue, ask.scope
    barred = {i.code: text for i in indicators if (text := find_length_gap(catalogue, scope, period, i))}
    summed = [i for i in indicators if i.code not in barred]
    groups = group_by_start(ask, period, summed) if ask.units or ask.agencies else {}
    found = [o for start, group in groups.items() for o in _fetch_summed_figures(ask, period, group, start)]
    gaps = {u.code: text for u in (*ask.units, *ask.agencies) if (text := _find_geography_gap(ask, period, u))}
    rows = [replace(_build_empty_figure(o), no_figure=gaps[o.unit]) if o.unit in gaps else o for o in found]
    late = {i.code: ask.since or find_stretch_start(catalogue, scope, period, i) for i in summed}
    rows = [o if o.since or (first := late[o.indicator]) is None else replace(o, since=first.key) for o in rows]
    have = {(o.indicator, o.unit) for o in rows}
    for indicator in indicators:
        for unit in ask.units:
            reason = barred.get(indicator.code) or gaps.get(unit.code)
            if reason and (indicator.code, unit.code) not in have:
                rows.append(ObservedIndicator(indicator.code, unit.code, period, no_figure=reason))
    return rows


def _build_empty_figure(seen: ObservedIndicator) -> ObservedIndicator:
    return ObservedIndicator(seen.indicator, seen.unit, seen.period, expected=seen.expected)


def _find_geography_gap(ask: RollupRequest, period: Period, unit: models.Unit) -> Reason | None:
    gap = find_restating_gap(ask.catalogue, unit, period.end)
    return build_reason("reason.not_restated", gap=gap) if gap else None


def _fetch_summed_figures(
    ask: RollupRequest, period: Period, indicators: Sequence[models.Indicator], start: Period | None
) -> list[ObservedIndicator]:
    owed = build_owed_cells(ask, period, indicators, start=start)
    if not owed.leaves:
        return []
    found = {(o.indicator, o.unit): o for o in _query_sums(ask, period, indicators, owed)}
    if joined := join_split_leaves(ask, period, indicators, owed):
        found |= {(o.indicator, o.unit): o for o in _query_sums(joined.ask, period, joined.indicators, joined.owed)}
    begun = _list_late_units(ask, owed)
    growing = {i.code for i in indicators if any(_is_growing(ask, term) for term in i.terms)}
    return [
        replace(o, since=begun[o.unit]) if o.unit in begun and o.indicator in growing else o for o in found.values()
    ]


def _is_growing(ask: RollupRequest, term: models.Term) -> bool:
    return ask.catalogue.elements[term.data_element].kind.has_pieces


def _list_late_units(ask: RollupRequest, owed: OwedCells) -> dict[str, str]:
    """The units all of whose leaves entered within the year: unit → the first period that any of them owed."""
    starts: dict[str, set[str]] = {}
    for leaf, child, *_ in owed.leaves:
        for code in {unit.code for unit in (child, ask.area, owed.agencies.get(leaf)) if unit}:
            starts.setdefault(code, set()).add(owed.begun.get(leaf, ""))
    return {code: min(keys, key=lambda key: Period.parse(key).start) for code, keys in starts.items() if "" not in keys}


def _query_sums(
    ask: RollupRequest, period: Period, indicators: Sequence[models.Indicator], owed: OwedCells
) -> list[ObservedIndicator]:
    units = {number: u for u in (*ask.units, *owed.own) if (number := ask.find_unit_id(u)) is not None}
    names = {ask.find_unit_id(leaf): leaf.code for leaf, *_ in owed.leaves}
    query(ask.conn, "room_to_sort")
    figures = []
    for summed, agreed in group_by_corrections(ask, owed, indicators):
        rows = query(
            ask.conn,
            "rollup",
            version=ask.version,
            indicators=[i.code for i in summed],
            area=ask.find_unit_id(ask.area) if ask.area else None,
            units=list(units),
            parts=_PARTS,
            **owed.parameters | {"agreed": agreed},
        )
        for row in rows:
            indicator, unit = summed[row.indicator - 1], units[row.org_unit_id]
            if unit in owed.own and not owed.is_own_figure(indicator, unit):
                continue
            figure = _build_figure(row, indicator, unit, period, names)
            if row.lacking and figure.numerator is None and figure.denominator is None:
                figure = replace(figure, no_figure=_build_lacking_reason(ask, period, [names[n] for n in row.lacking]))
            figures.append(figure)
    return figures


def _build_lacking_reason(ask: RollupRequest, period: Period, codes: list[str]) -> Reason:
    """Who is silent, by name where they are few."""
    names = sorted(ask.catalogue.find_unit_name(code, period.end) for code in codes)
    few = len(names) <= _FEW_NAMES
    return build_reason(
        LONE_SIDES, units=", ".join(names) if few else build_reason("reason.many_places", count=len(names))
    )


def _build_figure(
    row: Row[Any], indicator: models.Indicator, unit: models.Unit, period: Period, leaves: dict[int | None, str]
) -> ObservedIndicator:
    numerator, denominator = (None if s is None else Fraction(s) / _PARTS for s in (row.numerator, row.denominator))
    value = None
    if indicator.method == "sum":  # a part of a sum is no sum
        numerator = numerator if row.present == row.expected else None
        value = None if numerator is None else numerator * indicator.factor
    elif numerator is not None and denominator:
        value = numerator / denominator * indicator.factor
    at_floor = tuple(sorted((row.at_floor or {}).items()))
    return ObservedIndicator(
        indicator.code,
        unit.code,
        period,
        numerator,
        denominator,
        value,
        row.expected,
        row.present,
        estimated=row.estimated,
        at_floor=at_floor,
        level=unit.level,
        absent=tuple(leaves[number] for number in sorted(row.absent or ())),
        corrections=tuple(sorted(set((row.fixes or "").split()))),
    )
