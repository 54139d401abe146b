"""What a roll-up's figure is made of: the very cells that it summed, leaf by leaf and piece by piece.

Room: warehouse. Called by lineage, which shows them to people.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import Row

from etl.catalog import models
from etl.catalog.geography import find_area_of_code
from etl.model import ObservedIndicator, Period
from etl.warehouse.connect import query
from etl.warehouse.published_figures import fetch_published_figures, query_published
from etl.warehouse.rollup_leaves import (
    OwedCells,
    build_owed_cells,
    group_by_corrections,
    group_by_start,
    join_split_leaves,
)
from etl.warehouse.rollup_request import RollupFilter, RollupRequest, build_rollup_request, list_summed_indicators
from etl.warehouse.run_context import RunContext


@dataclass(frozen=True)
class RollupPiece:
    """A unit's cell in a period, as part of how a leaf's data element stands.

    `weight` is how much of it is the leaf's, None where nobody says. `taken` is its state and value after agreed
    corrections, in the submission that it came by; None: it never came.
    """

    unit: models.Unit
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
    leaves: tuple[tuple[models.Unit, models.Unit | None, Fraction], ...]
    cells: Mapping[tuple[models.Unit, str], StandingCell]


def fetch_rollup_parts(
    context: RunContext, indicators: Collection[str], unit: str, since: Period | None = None
) -> dict[str, RollupParts]:
    """The very cells that some indicators sum for a unit, on the period's own geography; of what adds up from a piece
    of the year on. By indicator.

    Nothing is carried from an earlier year: ask for that year. A published figure is one cell of the unit.
    """
    only = RollupFilter([unit], indicators, find_area_of_code(context.catalogue, context.scope, unit), since)
    ask = build_rollup_request(context, only, None)
    if published := query_published(ask):
        (of,) = ask.units
        cells = {(of, row.data_element): _build_published_cell(of, row) for row in published}
        figures = {o.indicator: o for o in fetch_published_figures(ask)}
        return dict.fromkeys(indicators, RollupParts(figures, ((of, None, Fraction(1)),), cells))
    summed = list_summed_indicators(ask)
    parts: dict[str, RollupParts] = {}
    for start, group in group_by_start(ask, context.period, summed).items():
        owed = build_owed_cells(ask, context.period, group, start=start)
        parts |= _build_rollup_parts(ask, owed, group)
        joined = join_split_leaves(ask, context.period, group, owed)
        if joined and joined.ask.units == ask.units:
            parts |= _build_rollup_parts(ask, joined.owed, joined.indicators)
    return dict.fromkeys(indicators, RollupParts({}, (), {})) | parts


def _build_rollup_parts(
    ask: RollupRequest, owed: OwedCells, indicators: Sequence[models.Indicator]
) -> dict[str, RollupParts]:
    if ask.area in ask.units:
        leaves = tuple((leaf, child, Fraction(1)) for leaf, child, _, is_first in owed.leaves if is_first)
    elif ask.agencies:
        leaves = tuple(
            (leaf, child, Fraction(1)) for leaf, child, _, first in owed.leaves if first and leaf in owed.agencies
        )
    else:
        leaves = tuple((leaf, child, share) for leaf, child, share, _ in owed.leaves if child in ask.units)
    return {
        indicator.code: parts
        for group, agreed in group_by_corrections(ask, owed, indicators)
        for parts in [RollupParts({}, leaves, _fetch_standing_cells(ask, owed, agreed))]
        for indicator in group
    }


def _build_published_cell(unit: models.Unit, row: Row[Any]) -> StandingCell:
    value = Fraction(row.value)
    piece = RollupPiece(unit, row.period, Fraction(1), row.submission_id, (row.state, value))
    return StandingCell(row.state, value, False, (piece,))


def _fetch_standing_cells(
    ask: RollupRequest, owed: OwedCells, agreed: str
) -> dict[tuple[models.Unit, str], StandingCell]:
    slots = {(ask.find_unit_id(s.current_unit), ask.find_unit_id(s.unit), s.period): s for s in owed.slots}
    found: dict[tuple[models.Unit, str], StandingCell] = {}
    for row in query(ask.conn, "rollup_pieces", **owed.parameters | {"agreed": agreed}):
        slot = slots[row.leaf_id, row.org_unit_id, owed.periods[row.period - 1]]
        taken = (row.taken_state or "missing", _read_fraction(row.taken_value))
        piece = RollupPiece(slot.unit, slot.period, slot.weight, row.submission_id, taken)
        key = slot.current_unit, row.data_element
        cell = found.setdefault(
            key, StandingCell(row.state, _read_fraction(row.value, row.months or 1), row.is_own, ())
        )
        found[key] = replace(cell, pieces=(*cell.pieces, piece))
    return found


def _read_fraction(value: Decimal | int | None, parts: int = 1) -> Fraction | None:
    return None if value is None else Fraction(value) / parts
