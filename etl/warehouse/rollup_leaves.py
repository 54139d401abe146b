"""The leaves of a roll-up: what each owed, and which unit under the area it belongs to, as lists that statements read.

Room: warehouse. Called by `rollup` and `rollup_parts`. A leaf is a unit that holds cells: a commune, a district (its
list sheets), a facility. Leaves are those of the period's last day.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from etl.catalog import models
from etl.catalog.geography import compute_unit_shares
from etl.catalog.loader import Catalogue
from etl.model import ElementKind, Period
from etl.warehouse.connect import query
from etl.warehouse.one_sided_cells import build_one_sided_corrections
from etl.warehouse.reporting_obligations import (
    ReportingObligation,
    RollupObligations,
    adds_up_from,
    build_obligations,
    find_split_groups,
    find_stretch_start,
    join_split_groups,
    list_beginnings,
)
from etl.warehouse.rollup_request import RollupRequest

UnitAssignment = tuple[models.Unit, models.Unit | None, Fraction, bool]


@dataclass(frozen=True)
class OwedCells:
    """Who owed what in a period, and where each leaf belongs; `parameters` say it to a statement, `extent` of them
    only which periods and data elements are read. `begun` has the first piece, by its key, of leaves that owed nothing
    of what adds up before it. `agencies` has the asked agencies that leaves are; `own` what each of them owes itself:
    the data elements that all its leaves owe. `start`: nothing before it is read of what adds up."""

    slots: tuple[ReportingObligation, ...]
    leaves: tuple[UnitAssignment, ...]
    periods: tuple[str, ...]
    parameters: dict[str, Any]
    extent: dict[str, Any]
    begun: Mapping[models.Unit, str]
    agencies: Mapping[models.Unit, models.Unit]
    own: Mapping[models.Unit, frozenset[str]]
    start: Period | None

    def is_own_figure(self, indicator: models.Indicator, agency: models.Unit) -> bool:
        """Whether every term of an indicator stands in an agency's own forms."""
        return {term.data_element for term in indicator.terms} <= self.own.get(agency, frozenset())


@dataclass(frozen=True)
class _LateStart:
    """A leaf that owed nothing in the first `pieces` of a year: nobody asked it. `period` is the first that it owed."""

    pieces: int
    period: str


@dataclass(frozen=True)
class JoinedLeaves:
    """The part of a request that holds units whole which were split: its units, what adds up there, what is owed."""

    ask: RollupRequest
    indicators: tuple[models.Indicator, ...]
    owed: OwedCells


def group_by_start(
    ask: RollupRequest, period: Period, indicators: Iterable[models.Indicator]
) -> dict[Period | None, list[models.Indicator]]:
    """The indicators by the first piece that is read of what adds up in them: None reads all that was asked.

    Where elements begin to be asked about in different pieces, all sides are read of the stretch that they share. Of a
    request of a part of the year there are the indicators alone that add up from the very day it begins with.
    """
    groups: dict[Period | None, list[models.Indicator]] = {}
    for i in indicators:
        if ask.since:
            if adds_up_from(ask.catalogue, ask.scope, period, i, ask.since):
                groups.setdefault(ask.since, []).append(i)
            continue
        apart = len(list_beginnings(ask.catalogue, ask.scope, period, i)) > 1
        start = find_stretch_start(ask.catalogue, ask.scope, period, i) if apart else None
        groups.setdefault(start, []).append(i)
    return groups


def build_owed_cells(
    ask: RollupRequest,
    period: Period,
    indicators: Iterable[models.Indicator],
    joined: Iterable[frozenset[models.Unit]] = (),
    start: Period | None = None,
) -> OwedCells:
    """Units, groups of cells and periods by number (sql/functions/40_owed.sql). What a leaf owes in all is a group.

    `joined`: leaves that are one. `start`: the first piece that is read of what adds up, the year's first if None.
    """
    obligations = build_obligations(
        ask.catalogue, ask.scope, period, {term.data_element for i in indicators for term in i.terms}, start
    )
    numbers = {r.code: r.data_element_id for r in query(ask.conn, "element_numbers")}
    slots = [
        s
        for s in join_split_groups(obligations.entries, joined)
        if None not in {ask.find_unit_id(s.unit), ask.find_unit_id(s.current_unit)} and ask.has_unit(s.current_unit)
    ]
    leaves = _assign_units(ask, period, dict.fromkeys(s.current_unit for s in slots))
    groups = {group: n for n, group in enumerate(obligations.groups)}
    owed: dict[models.Unit, frozenset[str]] = {}
    for s in slots:
        owed[s.current_unit] = owed.get(s.current_unit, frozenset()) | obligations.groups[s.group]
    agencies = _find_agencies(ask, owed)
    owes = {leaf: groups.setdefault(group, len(groups)) for leaf, group in owed.items()}
    extent = {
        "year": period.year,
        "own": 1 + obligations.periods.index(obligations.own) if obligations.own in obligations.periods else 0,
        "periods": obligations.periods,
        "months": [Period.parse(key).months for key in obligations.periods],
        "elements": [numbers[e] for e in obligations.pieces if e in numbers],
    }
    late = _find_late_starts(ask.catalogue, obligations, slots)
    asked = {(s.group, late[s.current_unit].pieces) for s in slots if s.current_unit in late}
    shorter = {key: len(groups) + n for n, key in enumerate(sorted(asked))}
    lists = extent | {
        "slots": [
            entry | {"cells": shorter[s.group, late[s.current_unit].pieces]} if s.current_unit in late else entry
            for s, entry in zip(slots, _list_slots(ask, obligations, slots), strict=True)
        ],
        "cells": [
            *_list_cells(ask, obligations, groups, numbers),
            *(
                cell | {"cells": shorter[group, pieces]}
                for group, pieces in shorter
                for cell in _list_cells(ask, obligations, {obligations.groups[group]: group}, numbers, pieces)
            ),
        ],
        "leaves": _list_leaves(ask, leaves, owes, agencies),
    }
    known: dict[str, Any] = {"scope": ask.scope.id, "known_at": ask.known_at, "agreed": ask.agreed}
    parameters, extent = known | {"owed": json.dumps(lists)}, known | {"owed": json.dumps(extent)}
    begun = {leaf: start.period for leaf, start in late.items()}
    own: dict[models.Unit, frozenset[str]] = {}
    for leaf, agency in agencies.items():
        own[agency] = own.get(agency, owed[leaf]) & owed[leaf]
    return OwedCells(tuple(slots), tuple(leaves), obligations.periods, parameters, extent, begun, agencies, own, start)


def _find_agencies(ask: RollupRequest, leaves: Iterable[models.Unit]) -> dict[models.Unit, models.Unit]:
    """The leaves that are one of the asked agencies, or have gone over into it whole."""
    found = {}
    for leaf in leaves:
        shares = compute_unit_shares(ask.catalogue, leaf, ask.day) if ask.agencies else ()
        if len(shares) == 1 and shares[0].weight == 1 and shares[0].unit in ask.agencies:
            found[leaf] = shares[0].unit
    return found


def _find_late_starts(
    catalogue: Catalogue, obligations: RollupObligations, slots: Iterable[ReportingObligation]
) -> dict[models.Unit, _LateStart]:
    """The leaves that entered within the year, and none of whose predecessors was asked before. Only where all that
    adds up in a leaf begins with the same piece: else its sides would speak of different months. Of a new unit that
    nobody says the origin of, the months before are not known: they stay missing."""
    growing = {e for e in obligations.pieces if catalogue.elements[e].kind.has_pieces}
    owed: dict[models.Unit, dict[str, set[str]]] = {}
    every: dict[str, set[str]] = {}
    whole: set[models.Unit] = set()
    for s in slots:
        elements = obligations.groups[s.group] & growing
        if s.period == obligations.own and elements:
            whole.add(s.current_unit)
            continue
        for element in elements:
            owed.setdefault(s.current_unit, {}).setdefault(element, set()).add(s.period)
    for entry in obligations.entries:
        for element in obligations.groups[entry.group] & growing if entry.period != obligations.own else ():
            every.setdefault(element, set()).add(entry.period)
    found = {}
    for leaf, periods in owed.items():
        ordered = {e: sorted(every[e], key=lambda key: Period.parse(key).start) for e in periods}
        first = {min(periods[e], key=ordered[e].index) for e in periods}
        skipped = {ordered[e].index(min(periods[e], key=ordered[e].index)) for e in periods}
        begins = min(Period.parse(key).start for keys in ordered.values() for key in keys)
        known = leaf.valid_from <= begins or (leaf.code, leaf.valid_from) in catalogue.successions_to
        if known and leaf not in whole and len(first) == len(skipped) == 1 and skipped != {0}:
            found[leaf] = _LateStart(skipped.pop(), first.pop())
    return found


def _list_slots(
    ask: RollupRequest, obligations: RollupObligations, slots: Sequence[ReportingObligation]
) -> list[dict[str, Any]]:
    givers = Counter((s.period, s.current_unit) for s in slots)
    return [
        {
            "period": 1 + obligations.periods.index(s.period),
            "unit": ask.find_unit_id(s.unit),
            "leaf": ask.find_unit_id(s.current_unit),
            "weight": _format_weight(s.weight),
            "cells": s.group,
            "alone": s.weight == 1 and givers[s.period, s.current_unit] == 1,
        }
        for s in slots
    ]


def _list_cells(
    ask: RollupRequest,
    obligations: RollupObligations,
    groups: Mapping[frozenset[str], int],
    numbers: Mapping[str, int],
    skipped: int = 0,
) -> list[dict[str, Any]]:
    """The data elements of each group and the pieces of each; of what adds up so many less."""
    growing = {e for e in obligations.pieces if ask.catalogue.elements[e].kind.has_pieces}
    means = {e for e in obligations.pieces if ask.catalogue.elements[e].kind == ElementKind.AVERAGE}
    return [
        {
            "cells": n,
            "element": numbers.get(e),
            "pieces": obligations.pieces[e] - (skipped if e in growing else 0),
            "is_mean": e in means,
        }
        for group, n in groups.items()
        for e in sorted(group)
    ]


def _list_leaves(
    ask: RollupRequest,
    leaves: Iterable[UnitAssignment],
    owes: Mapping[models.Unit, int],
    agencies: Mapping[models.Unit, models.Unit],
) -> list[dict[str, Any]]:
    return [
        {
            "leaf": ask.find_unit_id(leaf),
            "cells": owes[leaf],
            "child": ask.find_unit_id(child) if child else None,
            "weight": _format_weight(weight),
            "is_first": first,
            "agency": ask.find_unit_id(agencies[leaf]) if leaf in agencies else None,
        }
        for leaf, child, weight, first in leaves
    ]


def join_split_leaves(
    ask: RollupRequest, period: Period, indicators: Iterable[models.Indicator], owed: OwedCells
) -> JoinedLeaves | None:
    """The sums that need no weight of a split, for the units that hold all parts; None where nothing was split."""
    groups = find_split_groups(ask.catalogue, owed.slots, period.end)
    additive = tuple(i for i in indicators if _is_additive(ask.catalogue, i)) if groups else ()
    if not additive:
        return None
    homes: dict[models.Unit, set[models.Unit | None]] = {}
    for leaf, child, *_ in owed.leaves:
        homes.setdefault(leaf, set()).add(child)
    touched = [set[models.Unit | None]().union(*(homes[leaf] for leaf in group)) for group in groups]
    parted = set[models.Unit | None]().union(*(children for children in touched if len(children) > 1))
    whole = replace(ask, units=tuple(u for u in ask.units if u not in parted), agencies=())
    return (
        JoinedLeaves(whole, additive, build_owed_cells(whole, period, additive, groups, owed.start))
        if whole.units
        else None
    )


def _is_additive(catalogue: Catalogue, indicator: models.Indicator) -> bool:
    """Whether an indicator sums what happens in a year, and no units: only there parts of a year meet a split."""
    has_pieces = any(catalogue.elements[term.data_element].kind.has_pieces for term in indicator.terms)
    counts = any(term.counts_units for term in indicator.terms)
    return indicator.method in {"ratio", "sum"} and has_pieces and not counts


def _format_weight(weight: Fraction | None) -> str | None:
    return None if weight is None else str(Decimal(weight.numerator) / Decimal(weight.denominator))


def _assign_units(ask: RollupRequest, period: Period, leaves: Iterable[models.Unit]) -> list[UnitAssignment]:
    """(leaf, unit under the area or none, share, whether the leaf stands here for the first time)."""
    found: list[UnitAssignment] = []
    for leaf in leaves:
        shares: dict[models.Unit, Fraction | None] = {}
        carried = compute_unit_shares(ask.catalogue, leaf, ask.day)
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


def _find_child_unit(ask: RollupRequest, unit: models.Unit, day: date) -> models.Unit | None:
    """The unit directly under the area that a unit of a day is or belongs to; None for the area and its agencies."""
    current: models.Unit | None = unit
    while current is not None and current not in ask.children:
        current = ask.catalogue.find_unit(current.parent, day) if current.parent else None
    return current


def group_by_corrections(
    ask: RollupRequest, owed: OwedCells, indicators: Sequence[models.Indicator]
) -> list[tuple[list[models.Indicator], str]]:
    """The indicators with the corrections that their cells are read by: most by those agreed on, all at once."""
    own = build_one_sided_corrections(ask.conn, ask.catalogue, indicators, owed.extent)
    plain = [i for i in indicators if i.code not in own]
    groups = [([i], own[i.code]) for i in indicators if i.code in own]
    return [(plain, ask.agreed), *groups] if plain else groups
