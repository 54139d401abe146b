"""The trail: from a figure down to the cells it came from, as known at a moment.

Room: warehouse. Called by steps. Reads only. The cells are walked up again here, leaf by leaf and apart from the
roll-up's SQL, so that a trail ends in a sum of its own: where the two differ, something is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import Literal

from sqlalchemy import Connection

from etl.catalog import models as m
from etl.catalog.loader import Catalogue
from etl.lineage.lineage_cells import CellVersion, CellVersions, DeliveryOrigin
from etl.model import ElementKind, Period, PeriodKind
from etl.warehouse import rollup
from etl.warehouse.reporting_obligations import ReportingObligation
from etl.warehouse.reporting_obligations import build_obligations as slots_of
from etl.warehouse.snapshot import parse_known_at

COUNTED_STATES = ("value", "zero", "estimated")
Derivation = Literal["own", "last", "sum", "none"]
"""How a cell stands for the period: by the form as long as the period, by the last piece, as a sum, not at all."""


@dataclass(frozen=True)
class TracedTerm:
    """A data element of a leaf, on one side: how it stands for the period, and the cells it rests on."""

    side: Literal["numerator", "denominator"]
    data_element: str
    counts_units: bool
    way: Derivation
    state: str
    value: Fraction | None
    readings: tuple[CellVersion, ...]


@dataclass(frozen=True)
class UnitContribution:
    """A unit that holds cells. `expected` and `included` say whether it is owed and summed; `why` why not.

    `child` is the unit under the area that `share` of it belongs to; `is_first` marks one row a unit.
    """

    unit: str
    name: str
    child: str
    share: Fraction
    is_first: bool
    expected: bool
    included: bool
    why: str
    terms: tuple[TracedTerm, ...]

    def compute_side_sum(self, side: str) -> Fraction:
        """What the leaf adds to a side."""
        own = sum((t.value for t in self.terms if t.side == side and t.value is not None), Fraction(0))
        return own * self.share

    def has_side(self, side: str) -> bool:
        """Whether the leaf holds cells of a side."""
        return any(t.side == side for t in self.terms)

    @property
    def complete(self) -> bool:
        """Whether every cell of it can be counted."""
        return all(t.state in COUNTED_STATES for t in self.terms)


@dataclass(frozen=True)
class FigureTrace:
    """A figure walked up from its cells. `origins` are the deliveries by number."""

    period: str
    numerator: Fraction | None
    denominator: Fraction | None
    value: Fraction | None
    expected: int
    present: int
    contributions: tuple[UnitContribution, ...]
    origins: dict[int, DeliveryOrigin] = field(default_factory=dict)


def fetch_trace_cells(
    conn: Connection,
    catalogue: Catalogue,
    scope: m.Scope,
    period: Period,
    indicators: Iterable[m.Indicator],
    *,
    as_known_at: str | datetime,
) -> CellVersions:
    """The cells of several indicators in a period, read at once, for several walks."""
    codes = {term.data_element for i in indicators for term in i.terms}
    periods = slots_of(catalogue, scope, period, codes).periods
    return CellVersions(conn, catalogue, scope, periods, sorted(codes), parse_known_at(as_known_at))


def trace_figure(
    conn: Connection,
    catalogue: Catalogue,
    scope: m.Scope,
    period: Period,
    indicator: m.Indicator,
    unit: str,
    *,
    as_known_at: str | datetime | CellVersions,
) -> FigureTrace:
    """The cells of an indicator for a unit in the period that its figure belongs to, and their sum.

    Args:
        conn: A connection that may read `core` and `ops`.
        catalogue: As it was at the moment.
        scope: Whose area.
        period: The period of the cells: for a carried figure the year it comes from.
        indicator: A ratio, a share of units or a published value.
        unit: The area, or a unit directly under it.
        as_known_at: The moment, or the cells known then (`cells_under` for the same period), where several
            indicators are followed.
    """
    read, at = (
        (as_known_at, as_known_at.at) if isinstance(as_known_at, CellVersions) else (None, parse_known_at(as_known_at))
    )
    if indicator.published_element:
        return _trace_published_value(conn, catalogue, scope, period, indicator.published_element, unit, at)
    made_of = rollup.build_rollup_parts(conn, catalogue, scope, period, indicator)
    codes = sorted({term.data_element for term in indicator.terms})
    cells = read or CellVersions(conn, catalogue, scope, made_of.obligations.periods, codes, at)
    slots: dict[m.Unit, list[ReportingObligation]] = {}
    for slot in made_of.obligations.entries:
        slots.setdefault(slot.current_unit, []).append(slot)
    leaves = _apply_inclusion_rules(
        [
            _build_contribution(catalogue, made_of, indicator.terms, row, slots[row[0]], cells)
            for row in made_of.assignments
        ]
    )
    if unit == scope.area_unit:
        inside = [replace(leaf, share=Fraction(1)) for leaf in leaves if leaf.is_first]
    else:
        inside = [leaf for leaf in leaves if leaf.child == unit]
    summed = [leaf for leaf in inside if leaf.included]
    numerator, denominator = (_compute_side_total(summed, side) for side in ("numerator", "denominator"))
    value = numerator / denominator * indicator.factor if numerator is not None and denominator else None
    expected = sum(leaf.expected for leaf in inside)
    return FigureTrace(period.key, numerator, denominator, value, expected, len(summed), tuple(inside), cells.origins)


def _compute_side_total(leaves: Iterable[UnitContribution], side: str) -> Fraction | None:
    found = [leaf.compute_side_sum(side) for leaf in leaves if leaf.has_side(side)]
    return sum(found, Fraction(0)) if found else None


# --- leaves --------------------------------------------------------------------------------------------


def _build_contribution(
    catalogue: Catalogue,
    made_of: rollup.RollupParts,
    indicator_terms: tuple[m.Term, ...],
    row: tuple[m.Unit, m.Unit | None, Fraction, bool],
    slots: Sequence[ReportingObligation],
    cells: CellVersions,
) -> UnitContribution:
    unit, child, share, is_first = row
    found = [_build_traced_term(catalogue, made_of, slots, cells, term) for term in indicator_terms]
    terms = tuple(term for term in found if term is not None)
    outside = any(term.state == "not_applicable" for term in terms)
    why = "không thuộc phạm vi" if outside else ""
    return UnitContribution(
        unit.code, unit.name, child.code if child else "", share, is_first, not outside, False, why, terms
    )


def _build_traced_term(
    catalogue: Catalogue,
    made_of: rollup.RollupParts,
    slots: Sequence[ReportingObligation],
    cells: CellVersions,
    term: m.Term,
) -> TracedTerm | None:
    """A data element of a leaf, whose slots are given, as it stands for the period; None where the leaf owes none."""
    obligations, (side, element, counts) = made_of.obligations, term
    pieces: dict[str, list[tuple[m.Unit, Fraction | None]]] = {}
    for slot in slots:
        if element in obligations.groups[slot.group]:
            pieces.setdefault(slot.period, []).append((slot.unit, slot.weight))
    if not pieces:
        return None
    values_by_piece = {
        period: _compute_piece_value(cells, period, element, givers) for period, givers in pieces.items()
    }
    flow = catalogue.elements[element].kind == ElementKind.FLOW
    way, state, value, used = _compute_term_value(
        values_by_piece, obligations.own, obligations.last[element], obligations.pieces[element], flow=flow
    )
    if counts and state in COUNTED_STATES:
        value = Fraction(1)
    return TracedTerm(side, element, counts, way, state, value, used)


_PieceValue = tuple[str, Fraction | None, tuple[CellVersion, ...]]


def _compute_piece_value(
    cells: CellVersions, period: str, element: str, givers: Sequence[tuple[m.Unit, Fraction | None]]
) -> _PieceValue:
    """What a leaf has in one piece of the period: the sum of all that went into it, if all of it is there."""
    readings = [(cells.find_version(unit, element, period), weight) for unit, weight in givers]
    states = [reading.corrected[0] if reading else "missing" for reading, _ in readings]
    whole = all(weight == 1 for _, weight in readings)
    sent_cells = [r if r.share == weight else replace(r, share=weight) for r, weight in readings if r]
    total = sum(
        (
            value * r.share
            for r in sent_cells
            if r.share and r.corrected[0] in COUNTED_STATES and (value := r.corrected[1]) is not None
        ),
        Fraction(0),
    )
    if all(state == "not_applicable" for state in states):
        state = "not_applicable"
    elif "unreliable" in states:
        state = "unreliable"
    elif "missing" in states or any(weight is None for _, weight in readings):
        state = "missing"
    else:
        state = "value" if whole and "estimated" not in states else "estimated"
    return state, total, tuple(sent_cells)


def _compute_term_value(
    values_by_piece: dict[str, _PieceValue], own: str, last: str, pieces: int, *, flow: bool
) -> tuple[Derivation, str, Fraction | None, tuple[CellVersion, ...]]:
    """How a data element stands for a period. The rules are the roll-up's (docs/warehouse.md, How sums are made)."""
    if own in values_by_piece and values_by_piece[own][0] != "missing":
        return "own", *values_by_piece[own]
    rest = {period: entry for period, entry in values_by_piece.items() if period != own}
    used = tuple(r for _, _, readings in values_by_piece.values() for r in readings)
    if not flow:
        return ("last", *rest[last]) if last in rest else ("none", "missing", None, used)
    states = [state for state, _, _ in rest.values()]
    counted = [entry for entry in rest.values() if entry[0] in COUNTED_STATES]
    outside = states.count("not_applicable")
    if outside == pieces:
        return "sum", "not_applicable", None, used
    if len(counted) + outside != pieces:
        return "none", "missing", None, used
    total = sum((value for _, value, _ in counted if value is not None), Fraction(0))
    return "sum", "estimated" if "estimated" in states else "value", total, used


def _apply_inclusion_rules(leaves: Sequence[UnitContribution]) -> list[UnitContribution]:
    """Whether each leaf counts: all its cells are there, and both sides have something in its part of the area."""
    owed: dict[str, set[str]] = {}
    held: dict[str, set[str]] = {}
    for leaf in leaves:
        if leaf.expected:
            sides = {term.side for term in leaf.terms}
            owed.setdefault(leaf.child or leaf.unit, set()).update(sides)
            if leaf.complete:
                held.setdefault(leaf.child or leaf.unit, set()).update(sides)
    return [_annotate_inclusion(leaf, owed, held) for leaf in leaves]


def _annotate_inclusion(
    leaf: UnitContribution, owed: dict[str, set[str]], held: dict[str, set[str]]
) -> UnitContribution:
    if not leaf.expected:
        return leaf
    if not leaf.complete:
        return replace(leaf, why=_describe_missing_cells(leaf))
    part = leaf.child or leaf.unit
    if held.get(part) != owed[part]:
        return replace(leaf, why="cả đơn vị không có tử số hoặc mẫu số")
    return replace(leaf, included=True)


def _describe_missing_cells(leaf: UnitContribution) -> str:
    lacking = [term for term in leaf.terms if term.state not in COUNTED_STATES]
    codes = ", ".join(dict.fromkeys(term.data_element for term in lacking))
    doubtful = any(term.state == "unreliable" for term in lacking)
    return f"{'số liệu không tin cậy' if doubtful else 'thiếu số liệu'}: {codes}"


# --- published values ----------------------------------------------------------------------------------


def _trace_published_value(
    conn: Connection,
    catalogue: Catalogue,
    scope: m.Scope,
    period: Period,
    element: str,
    code: str,
    at: datetime,
) -> FigureTrace:
    """The last official figure that is not later than the period, or not later than the year before a part of one."""
    last_year = period.year if period.kind == PeriodKind.YEAR else period.year - 1
    unit = catalogue.find_unit(code, period.end)
    keys = [p.key for kind in PeriodKind for p in catalogue.list_owed_periods(scope, kind) if p.year <= last_year]
    cells = CellVersions(conn, catalogue, scope, keys, [element], at)
    readings = (
        [r for key in cells.list_periods(unit, element) if (r := cells.find_version(unit, element, key))]
        if unit
        else []
    )
    sent_cells = [r for r in readings if r.corrected[0] in COUNTED_STATES]
    if unit is None or not sent_cells:
        return FigureTrace(period.key, None, None, None, 0, 0, ())
    last = max(sent_cells, key=lambda r: (Period.parse(r.period).end, r.recorded_at))
    state, value = last.corrected
    term = TracedTerm("numerator", element, False, "last", state, value, (last,))
    leaf = UnitContribution(unit.code, unit.name, "", Fraction(1), True, True, True, "", (term,))
    return FigureTrace(last.period, None, None, value, 1, 1, (leaf,), cells.origins)
