"""Sums over units and periods: what was observed of every indicator, for an area and each unit under it.

Room: warehouse. Called by steps. The sums are SQL (sql/queries/rollup.sql); here is said what is owed, and which unit
each leaf belongs to. What is made of it the SQL reads in the stored catalogue. No verdict is given.

Rules (docs/warehouse.md has them with examples):

* A leaf is a unit that holds cells: a commune, a district (its list sheets), a facility. Leaves are those of the
  period's last day; what units that ended earlier reported belongs to the leaf they went into.
* A stock is its value in the period's last piece, a ytd too. A flow is the sum of the pieces from January (of the
  second half of a year: from July), an average their mean by length; one missing piece makes it missing. A form of
  the period's own length (year, half, nine months) comes first.
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

import json
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Row

from etl.catalog import geography as geo
from etl.catalog import models as m
from etl.catalog.loader import Catalogue
from etl.errors import WarehouseError
from etl.model import LONE_SIDES, ElementKind, ObservedIndicator, Period, PeriodKind
from etl.model.reason import Reason, build_reason
from etl.model.text_cells import PublishedCell
from etl.warehouse import agreed_corrections
from etl.warehouse.connect import query
from etl.warehouse.one_sided_cells import build_one_sided_corrections
from etl.warehouse.reporting_obligations import (
    ReportingObligation,
    build_obligations,
    find_first_asked,
    find_split_groups,
    is_uncovered,
    join_split_groups,
)
from etl.warehouse.run_context import RunContext

_FEW_NAMES = 3
_PARTS = math.lcm(*range(1, 13))
"""Sums are asked for so many times as large: a mean over one to twelve months is then a whole multiple."""
_UnitAssignment = tuple[m.Unit, m.Unit | None, Fraction, bool]


@dataclass(frozen=True)
class RollupFilter:
    """A part of a roll-up: the codes of some units and indicators, None standing for all; and the area, such as that
    of a plan, the scope's own if None."""

    units: Collection[str] | None = None
    indicators: Collection[str] | None = None
    area: m.Unit | None = None


@dataclass(frozen=True)
class _RollupRequest:
    """One roll-up: of what and whom, for when, on which day's units, as known when.

    `units`: the area, then what is under it, as far as asked for.
    """

    conn: Connection
    catalogue: Catalogue
    scope: m.Scope
    period: Period
    day: date
    known_at: datetime | str
    area: m.Unit | None
    children: frozenset[m.Unit]
    units: tuple[m.Unit, ...]
    indicators: tuple[m.Indicator, ...]
    numbers: dict[tuple[str, object], int]
    agreed: str
    version: int

    def find_unit_id(self, unit: m.Unit) -> int | None:
        return self.numbers.get((unit.code, unit.valid_from))

    def has_unit(self, unit: m.Unit) -> bool:
        """Whether a unit that owes the scope something belongs to the area."""
        own = geo.find_area(self.catalogue, self.scope)
        return self.area in {None, own} or geo.is_within_area(self.catalogue, self.area, unit)

    @property
    def last_year(self) -> int:
        """The last year whose yearly figures may stand in: a part of a year looks at the years before it."""
        return self.period.year if self.period.kind == PeriodKind.YEAR else self.period.year - 1


def compute_rollup(
    context: RunContext, only: RollupFilter | None = None, geography: date | None = None
) -> list[ObservedIndicator]:
    """Every indicator of the catalogue, for the scope's area and each unit directly under it.

    Grain: (indicator, org unit), in catalogue order; indicators nobody reports are there with no value.

    Args:
        context: A connection that may read `core`; what is owed, by whom, and what indicators are; any period.
        only: The units and indicators to give, and another area; all of the scope's if None.
        geography: The day whose units are asked for; the period's last day if None.

    Raises:
        WarehouseError: the catalogue is not on record.
    """
    ask = _build_rollup_request(context, only or RollupFilter(), geography)
    found = {(o.indicator, o.unit): o for o in [*_compute_ratios(ask), *_fetch_published_figures(ask)]}
    recognised = _fetch_recognitions(ask)
    every = (
        found.get((i.code, unit.code)) or ObservedIndicator(i.code, unit.code, context.period)
        for i in ask.indicators
        for unit in ask.units
    )
    return [o if (said := recognised.get(o.indicator)) is None else replace(o, recognised=said) for o in every]


def list_reporting_units(
    catalogue: Catalogue, scope: m.Scope, day: date, area: m.Unit | None = None
) -> tuple[m.Unit, ...]:
    """The units that figures are given for on a day's geography: an area (the scope's if None), then what is under it.

    After its last level of districts has ended, an area consists of the communes that came from it. An area other than
    the scope's is that of a plan of before: it had districts as long as there were any.
    """
    own = geo.find_area(catalogue, scope)
    area = area or own
    if area is None or day < area.valid_from:
        return ()
    levels = (scope.child_level if area == own else "district", "commune")
    under = (geo.list_units_of_area(catalogue, area, level, day) for level in levels)
    return (area, *next((units for units in under if units), ()))


def _build_rollup_request(context: RunContext, only: RollupFilter, geography: date | None) -> _RollupRequest:
    conn, catalogue, scope, period = context.conn, context.catalogue, context.scope, context.period
    day = geography or period.end
    every = list_reporting_units(catalogue, scope, day, only.area)
    wanted = tuple(u for u in every if only.units is None or u.code in only.units)
    numbers = {(r.code, r.valid_from): r.org_unit_id for r in query(conn, "unit_numbers")}
    whole, under = (every[0] if every else None), frozenset(every[1:])
    selected_indicators = tuple(
        i for i in catalogue.indicators.values() if only.indicators is None or i.code in only.indicators
    )
    known = context.recorded_until
    agreed = agreed_corrections.serialize_held_corrections(conn, catalogue, scope, known)
    version = query(conn, "catalogue_number", sha256=catalogue.sha256).scalar_one()
    if version is None:
        raise WarehouseError(
            "the catalogue is not on record", where=catalogue.sha256[:12], fix="record it: `tongket run` does"
        )
    return _RollupRequest(
        conn, catalogue, scope, period, day, known, whole, under, wanted, selected_indicators, numbers, agreed, version
    )


# --- sums ---------------------------------------------------------------------------------------------


def _compute_ratios(ask: _RollupRequest) -> list[ObservedIndicator]:
    """Ratios, plain sums and shares of units; yearly ones from the last year that has any."""
    yearly = [i for i in ask.indicators if i.numerator and i.frequency != "quarter"]
    return _carry_forward_figures(ask, yearly, _compute_period_sums(ask, ask.period, _list_summed_indicators(ask)))


def _list_summed_indicators(ask: _RollupRequest) -> list[m.Indicator]:
    """Those that are summed for the asked period itself: a part of a year has no yearly figures of its own."""
    every = [i for i in ask.indicators if i.numerator]
    return every if ask.period.kind == PeriodKind.YEAR else [i for i in every if i.frequency == "quarter"]


def _carry_forward_figures(
    ask: _RollupRequest, yearly: Sequence[m.Indicator], own: list[ObservedIndicator]
) -> list[ObservedIndicator]:
    found = {(o.indicator, o.unit): o for o in own}
    wanted = {(i.code, u.code) for i in yearly for u in ask.units}
    first = query(ask.conn, "first_year", scope=ask.scope.id, known_at=ask.known_at).scalar_one()
    for year in range(ask.period.year - 1, (first or ask.period.year) - 1, -1):
        lacking = {key for key in wanted if key not in found or _needs_earlier_figure(found[key])}
        codes = {indicator for indicator, _ in lacking}
        if not lacking:
            break
        for old in _compute_period_sums(ask, Period(year, PeriodKind.YEAR), [i for i in yearly if i.code in codes]):
            if (old.indicator, old.unit) in lacking and old.value is not None:
                found[(old.indicator, old.unit)] = replace(old, period=ask.period, as_of=str(year))
    return list(found.values())


def _needs_earlier_figure(own: ObservedIndicator) -> bool:
    """Whether nothing can be said of the asked year itself. Where only a part of a side is missing, bounds can."""
    return own.value is None and not own.has_lone_sides


def _compute_period_sums(
    ask: _RollupRequest, period: Period, indicators: Sequence[m.Indicator]
) -> list[ObservedIndicator]:
    """One period's sums, for the asked units. Figures that cannot be had are there with their reason."""
    barred = {i.code: text for i in indicators if (text := _find_length_gap(ask, period, i))}
    summed = [i for i in indicators if i.code not in barred]
    found = _fetch_summed_figures(ask, period, summed) if summed and ask.units else []
    gaps = {u.code: text for u in ask.units if (text := _find_geography_gap(ask, period, u))}
    rows = [replace(_build_empty_figure(o), no_figure=gaps[o.unit]) if o.unit in gaps else o for o in found]
    have = {(o.indicator, o.unit) for o in rows}
    for indicator in indicators:
        for unit in ask.units:
            reason = barred.get(indicator.code) or gaps.get(unit.code)
            if reason and (indicator.code, unit.code) not in have:
                rows.append(ObservedIndicator(indicator.code, unit.code, period, no_figure=reason))
    return rows


def _build_empty_figure(seen: ObservedIndicator) -> ObservedIndicator:
    return ObservedIndicator(seen.indicator, seen.unit, seen.period, expected=seen.expected)


def _find_geography_gap(ask: _RollupRequest, period: Period, unit: m.Unit) -> Reason | None:
    gap = geo.find_restating_gap(ask.catalogue, unit, period.end)
    return build_reason("reason.not_restated", gap=gap) if gap else None


def _find_length_gap(ask: _RollupRequest, period: Period, indicator: m.Indicator) -> Reason | None:
    """Why an indicator has no figure of this length; None where it may have one."""
    elements = [term.data_element for term in indicator.terms]
    since_january = [e for e in elements if ask.catalogue.elements[e].kind == ElementKind.YTD]
    if period.counted_from != 1 and (indicator.accumulates or since_january):
        return build_reason("reason.accumulates", period=period.key)
    if indicator.frequency == "quarter" and any(is_uncovered(ask.catalogue, ask.scope, period, e) for e in elements):
        return build_reason("reason.no_form", period=period.key)
    asked = (find_first_asked(ask.catalogue, ask.scope, period, element) for element in elements)
    first = max((piece for piece in asked if piece), key=lambda piece: piece.start, default=None)
    return build_reason("reason.begins_in_year", period=first.name) if first else None


def _fetch_summed_figures(
    ask: _RollupRequest, period: Period, indicators: Sequence[m.Indicator]
) -> list[ObservedIndicator]:
    owed = _build_owed_cells(ask, period, indicators)
    if not owed.leaves:
        return []
    found = {(o.indicator, o.unit): o for o in _query_sums(ask, period, indicators, owed)}
    if joined := _join_split_leaves(ask, period, indicators, owed):
        found |= {(o.indicator, o.unit): o for o in _query_sums(joined.ask, period, joined.indicators, joined.owed)}
    return list(found.values())


def _query_sums(
    ask: _RollupRequest, period: Period, indicators: Sequence[m.Indicator], owed: _OwedCells
) -> list[ObservedIndicator]:
    units = {number: u for u in ask.units if (number := ask.find_unit_id(u)) is not None}
    names = {ask.find_unit_id(leaf): leaf.code for leaf, *_ in owed.leaves}
    query(ask.conn, "room_to_sort")
    figures = []
    for summed, agreed in _group_by_corrections(ask, owed, indicators):
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
            figure = _build_figure(row, summed[row.indicator - 1], units[row.org_unit_id], period, names)
            if row.lacking and figure.numerator is None and figure.denominator is None:
                figure = replace(figure, no_figure=_build_lacking_reason(ask, period, [names[n] for n in row.lacking]))
            figures.append(figure)
    return figures


def _group_by_corrections(
    ask: _RollupRequest, owed: _OwedCells, indicators: Sequence[m.Indicator]
) -> list[tuple[list[m.Indicator], str]]:
    """The indicators with the corrections that their cells are read by: most by those agreed on, all at once."""
    own = build_one_sided_corrections(ask.conn, ask.catalogue, indicators, owed.extent)
    plain = [i for i in indicators if i.code not in own]
    groups = [([i], own[i.code]) for i in indicators if i.code in own]
    return [(plain, ask.agreed), *groups] if plain else groups


def _build_lacking_reason(ask: _RollupRequest, period: Period, codes: list[str]) -> Reason:
    """Who is silent, by name where they are few."""
    names = sorted(ask.catalogue.find_unit_name(code, period.end) for code in codes)
    few = len(names) <= _FEW_NAMES
    return build_reason(
        LONE_SIDES, units=", ".join(names) if few else build_reason("reason.many_places", count=len(names))
    )


@dataclass(frozen=True)
class _OwedCells:
    """Who owed what in a period, and where each leaf belongs; `parameters` say it to a statement, `extent` of them
    only which periods and data elements are read."""

    slots: tuple[ReportingObligation, ...]
    leaves: tuple[_UnitAssignment, ...]
    periods: tuple[str, ...]
    parameters: dict[str, Any]
    extent: dict[str, Any]


@dataclass(frozen=True)
class _JoinedLeaves:
    """The part of a request that holds units whole which were split: its units, what adds up there, what is owed."""

    ask: _RollupRequest
    indicators: tuple[m.Indicator, ...]
    owed: _OwedCells


def _join_split_leaves(
    ask: _RollupRequest, period: Period, indicators: Iterable[m.Indicator], owed: _OwedCells
) -> _JoinedLeaves | None:
    """The sums that need no weight of a split, for the units that hold all parts; None where nothing was split."""
    groups = find_split_groups(ask.catalogue, owed.slots, period.end)
    additive = tuple(i for i in indicators if _is_additive(ask.catalogue, i)) if groups else ()
    if not additive:
        return None
    homes: dict[m.Unit, set[m.Unit | None]] = {}
    for leaf, child, *_ in owed.leaves:
        homes.setdefault(leaf, set()).add(child)
    touched = [set[m.Unit | None]().union(*(homes[leaf] for leaf in group)) for group in groups]
    parted = set[m.Unit | None]().union(*(children for children in touched if len(children) > 1))
    whole = replace(ask, units=tuple(u for u in ask.units if u not in parted))
    return _JoinedLeaves(whole, additive, _build_owed_cells(whole, period, additive, groups)) if whole.units else None


def _is_additive(catalogue: Catalogue, indicator: m.Indicator) -> bool:
    """Whether an indicator sums what happens in a year, and no units: only there parts of a year meet a split."""
    has_pieces = any(catalogue.elements[term.data_element].kind.has_pieces for term in indicator.terms)
    counts = any(term.counts_units for term in indicator.terms)
    return indicator.method in {"ratio", "sum"} and has_pieces and not counts


def _build_owed_cells(
    ask: _RollupRequest,
    period: Period,
    indicators: Iterable[m.Indicator],
    joined: Iterable[frozenset[m.Unit]] = (),
) -> _OwedCells:
    """Units, groups of cells and periods by number (sql/functions/40_owed.sql). What a leaf owes in all is a group.

    `joined`: leaves that are one.
    """
    obligations = build_obligations(
        ask.catalogue, ask.scope, period, {term.data_element for i in indicators for term in i.terms}
    )
    numbers = {r.code: r.data_element_id for r in query(ask.conn, "element_numbers")}
    number_of = ask.find_unit_id
    slots = [
        s
        for s in join_split_groups(obligations.entries, joined)
        if None not in {number_of(s.unit), number_of(s.current_unit)} and ask.has_unit(s.current_unit)
    ]
    leaves = _assign_units(ask, period, dict.fromkeys(s.current_unit for s in slots))
    givers = Counter((s.period, s.current_unit) for s in slots)
    groups = {group: n for n, group in enumerate(obligations.groups)}
    owed: dict[m.Unit, frozenset[str]] = {}
    for s in slots:
        owed[s.current_unit] = owed.get(s.current_unit, frozenset()) | obligations.groups[s.group]
    owes = {leaf: groups.setdefault(group, len(groups)) for leaf, group in owed.items()}
    place = {key: n for n, key in enumerate(obligations.periods, start=1)}
    means = {e for e in obligations.pieces if ask.catalogue.elements[e].kind == ElementKind.AVERAGE}
    extent = {
        "year": period.year,
        "own": place.get(obligations.own, 0),
        "periods": obligations.periods,
        "months": [Period.parse(key).months for key in obligations.periods],
        "elements": [numbers[e] for e in obligations.pieces if e in numbers],
    }
    lists = extent | {
        "slots": [
            {
                "period": place[s.period], "unit": number_of(s.unit), "leaf": number_of(s.current_unit),
                "weight": _format_weight(s.weight), "cells": s.group,
                "alone": s.weight == 1 and givers[s.period, s.current_unit] == 1,
            }
            for s in slots
        ],
        "cells": [
            {"cells": n, "element": numbers.get(e), "pieces": obligations.pieces[e], "is_mean": e in means}
            for group, n in groups.items()
            for e in sorted(group)
        ],
        "leaves": [
            {
                "leaf": number_of(leaf), "cells": owes[leaf], "child": number_of(child) if child else None,
                "weight": _format_weight(weight), "is_first": first,
            }
            for leaf, child, weight, first in leaves
        ],
    }  # fmt: skip
    known: dict[str, Any] = {"scope": ask.scope.id, "known_at": ask.known_at, "agreed": ask.agreed}
    parameters, extent = known | {"owed": json.dumps(lists)}, known | {"owed": json.dumps(extent)}
    return _OwedCells(tuple(slots), tuple(leaves), obligations.periods, parameters, extent)


def _format_weight(weight: Fraction | None) -> str | None:
    return None if weight is None else str(Decimal(weight.numerator) / Decimal(weight.denominator))


def _build_figure(
    row: Row[Any], indicator: m.Indicator, unit: m.Unit, period: Period, leaves: dict[int | None, str]
) -> ObservedIndicator:
    numerator, denominator = (_convert_to_fraction(side, _PARTS) for side in (row.numerator, row.denominator))
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


def _assign_units(ask: _RollupRequest, period: Period, leaves: Iterable[m.Unit]) -> list[_UnitAssignment]:
    """(leaf, unit under the area or none, share, whether the leaf stands here for the first time)."""
    found: list[_UnitAssignment] = []
    for leaf in leaves:
        shares: dict[m.Unit, Fraction | None] = {}
        carried = geo.compute_unit_shares(ask.catalogue, leaf, ask.day)
        for share in carried:
            child = _find_child_unit(ask, share.unit, ask.day)
            if child:
                known = shares.get(child, Fraction(0))
                shares[child] = None if known is None or share.weight is None else known + share.weight
        own_child = _find_child_unit(ask, leaf, period.end) if not carried else None
        if own_child or (len(shares) == 1 and len({_find_child_unit(ask, s.unit, ask.day) for s in carried}) == 1):
            found.append((leaf, own_child or next(iter(shares)), Fraction(1), True))
            continue
        weighted = [(child, weight) for child, weight in shares.items() if weight is not None]
        found += [(leaf, child, weight, i == 0) for i, (child, weight) in enumerate(weighted)]
        if not weighted:
            found.append((leaf, None, Fraction(1), True))
    return found


def _find_child_unit(ask: _RollupRequest, unit: m.Unit, day: date) -> m.Unit | None:
    """The unit directly under the area that a unit of a day is or belongs to; None for the area and its agencies."""
    current: m.Unit | None = unit
    while current is not None and current not in ask.children:
        current = ask.catalogue.find_unit(current.parent, day) if current.parent else None
    return current


def _convert_to_fraction(value: Decimal | int | None, parts: int = 1) -> Fraction | None:
    return None if value is None else Fraction(value) / parts


# --- what a sum is made of -----------------------------------------------------------------------------


@dataclass(frozen=True)
class RollupPiece:
    """A unit's cell in a period, as part of how a leaf's data element stands.

    `weight` is how much of it is the leaf's, None where nobody says. `taken` is its state and value after agreed
    corrections, in the submission that it came by; None: it never came.
    """

    unit: m.Unit
    period: str
    weight: Fraction | None
    submission_id: int | None
    taken: tuple[str, Fraction | None]


@dataclass(frozen=True)
class StandingCell:
    """A data element of a leaf as the sums take it. `is_own`: from the form as long as the period."""

    state: str
    value: Fraction | None
    is_own: bool
    pieces: tuple[RollupPiece, ...]


@dataclass(frozen=True)
class RollupParts:
    """What a unit's figure of a period is made of: `published` ones by indicator, `cells` by (leaf, data element).

    `leaves` are the unit's: (leaf, unit under the area that it belongs to or none, share that the asked unit has).
    """

    published: Mapping[str, ObservedIndicator]
    leaves: tuple[tuple[m.Unit, m.Unit | None, Fraction], ...]
    cells: Mapping[tuple[m.Unit, str], StandingCell]


def fetch_rollup_parts(context: RunContext, indicators: Collection[str], unit: str) -> dict[str, RollupParts]:
    """The very cells that some indicators sum for a unit, on the period's own geography. By indicator.

    Nothing is carried from an earlier year: ask for that year. A published figure is one cell of the area.
    """
    only = RollupFilter([unit], indicators, geo.find_area_of_code(context.catalogue, context.scope, unit))
    ask = _build_rollup_request(context, only, None)
    if published := _query_published(ask):
        area = ask.units[0]
        cells = {(area, row.data_element): _build_published_cell(area, row) for row in published}
        figures = {o.indicator: o for o in _fetch_published_figures(ask)}
        return dict.fromkeys(indicators, RollupParts(figures, ((area, None, Fraction(1)),), cells))
    summed = _list_summed_indicators(ask)
    owed = _build_owed_cells(ask, context.period, summed)
    parts = _build_rollup_parts(ask, owed, summed)
    joined = _join_split_leaves(ask, context.period, summed, owed)
    if joined and joined.ask.units == ask.units:
        parts |= _build_rollup_parts(ask, joined.owed, joined.indicators)
    return dict.fromkeys(indicators, RollupParts({}, (), {})) | parts


def _build_rollup_parts(
    ask: _RollupRequest, owed: _OwedCells, indicators: Sequence[m.Indicator]
) -> dict[str, RollupParts]:
    if ask.area in ask.units:
        leaves = tuple((leaf, child, Fraction(1)) for leaf, child, _, is_first in owed.leaves if is_first)
    else:
        leaves = tuple((leaf, child, share) for leaf, child, share, _ in owed.leaves if child in ask.units)
    return {
        indicator.code: parts
        for group, agreed in _group_by_corrections(ask, owed, indicators)
        for parts in [RollupParts({}, leaves, _fetch_standing_cells(ask, owed, agreed))]
        for indicator in group
    }


def _build_published_cell(area: m.Unit, row: Row[Any]) -> StandingCell:
    value = Fraction(row.value)
    piece = RollupPiece(area, row.period, Fraction(1), row.submission_id, (row.state, value))
    return StandingCell(row.state, value, False, (piece,))


def _fetch_standing_cells(ask: _RollupRequest, owed: _OwedCells, agreed: str) -> dict[tuple[m.Unit, str], StandingCell]:
    slots = {(ask.find_unit_id(s.current_unit), ask.find_unit_id(s.unit), s.period): s for s in owed.slots}
    found: dict[tuple[m.Unit, str], StandingCell] = {}
    for row in query(ask.conn, "rollup_pieces", **owed.parameters | {"agreed": agreed}):
        slot = slots[row.leaf_id, row.org_unit_id, owed.periods[row.period - 1]]
        taken = (row.taken_state or "missing", _convert_to_fraction(row.taken_value))
        piece = RollupPiece(slot.unit, slot.period, slot.weight, row.submission_id, taken)
        key = slot.current_unit, row.data_element
        cell = found.setdefault(
            key, StandingCell(row.state, _convert_to_fraction(row.value, row.months or 1), row.is_own, ())
        )
        found[key] = replace(cell, pieces=(*cell.pieces, piece))
    return found


# --- published values and recognitions --------------------------------------------------------------


def _query_published(ask: _RollupRequest) -> Sequence[Row[Any]]:
    """The last official figures; they are the area's, and nobody else's."""
    elements = [i.published_element for i in ask.indicators if i.published_element]
    if ask.area is None or ask.area not in ask.units or not elements:
        return ()
    return query(
        ask.conn,
        "published",
        scope=ask.scope.id,
        year=ask.last_year,
        known_at=ask.known_at,
        org_unit_id=ask.find_unit_id(ask.area),
        elements=elements,
        as_of=str(PublishedCell("", "as_of")),
        source=str(PublishedCell("", "source")),
        agreed=ask.agreed,
    ).all()


def _fetch_published_figures(ask: _RollupRequest) -> list[ObservedIndicator]:
    by_element = {i.published_element: i for i in ask.indicators if i.published_element}
    return [
        ObservedIndicator(
            by_element[row.data_element].code,
            ask.units[0].code,
            ask.period,
            value=Fraction(row.value),
            expected=1,
            present=1,
            as_of=row.as_of or row.period,
            source=row.source,
            estimated=row.state == "estimated",
            corrections=(row.correction,) if row.correction else (),
        )
        for row in _query_published(ask)
    ]


def _fetch_recognitions(ask: _RollupRequest) -> dict[str, bool]:
    """Recognition by indicator, for those that something recognises."""
    rows = query(
        ask.conn,
        "recognised",
        scope=ask.scope.id,
        year=ask.last_year,
        known_at=ask.known_at,
        elements=[i.recognised_by for i in ask.indicators if i.recognised_by],
        agreed=ask.agreed,
    )
    found = {row.data_element: row.recognised for row in rows}
    return {i.code: found[i.recognised_by] for i in ask.indicators if i.recognised_by in found}
