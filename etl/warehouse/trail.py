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
from etl.model import ElementKind, Period, PeriodKind
from etl.warehouse import rollup
from etl.warehouse.slots import Slot
from etl.warehouse.slots import slots as slots_of
from etl.warehouse.snapshot import known_at
from etl.warehouse.trail_cells import Cells, Origin, Reading

COUNTED = ("value", "zero", "estimated")
Way = Literal["own", "last", "sum", "none"]
"""How a cell stands for the period: by the form as long as the period, by the last piece, as a sum, not at all."""


@dataclass(frozen=True)
class Term:
    """A data element of a leaf, on one side: how it stands for the period, and the cells it rests on."""

    side: Literal["numerator", "denominator"]
    data_element: str
    counts_units: bool
    way: Way
    state: str
    value: Fraction | None
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Leaf:
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
    terms: tuple[Term, ...]

    def sum_of(self, side: str) -> Fraction:
        """What the leaf adds to a side."""
        own = sum((t.value for t in self.terms if t.side == side and t.value is not None), Fraction(0))
        return own * self.share

    def has(self, side: str) -> bool:
        """Whether the leaf holds cells of a side."""
        return any(t.side == side for t in self.terms)

    @property
    def complete(self) -> bool:
        """Whether every cell of it can be counted."""
        return all(t.state in COUNTED for t in self.terms)


@dataclass(frozen=True)
class Walk:
    """A figure walked up from its cells. `origins` are the deliveries by number."""

    period: str
    numerator: Fraction | None
    denominator: Fraction | None
    value: Fraction | None
    expected: int
    present: int
    leaves: tuple[Leaf, ...]
    origins: dict[int, Origin] = field(default_factory=dict)


def cells_under(
    conn: Connection,
    catalogue: Catalogue,
    scope: m.Scope,
    period: Period,
    indicators: Iterable[m.Indicator],
    *,
    as_known_at: str | datetime,
) -> Cells:
    """The cells of several indicators in a period, read at once, for several walks."""
    sides = [side for i in indicators for side in (i.numerator, i.denominator) if side]
    codes = {element for side in sides for element in ((side.count_of,) if side.count_of else side.elements)}
    periods = slots_of(catalogue, scope, period, codes).periods
    return Cells(conn, catalogue, scope, periods, sorted(codes), known_at(as_known_at))


def walk(
    conn: Connection,
    catalogue: Catalogue,
    scope: m.Scope,
    period: Period,
    indicator: m.Indicator,
    unit: str,
    *,
    as_known_at: str | datetime | Cells,
) -> Walk:
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
    read, at = (as_known_at, as_known_at.at) if isinstance(as_known_at, Cells) else (None, known_at(as_known_at))
    if indicator.published_element:
        return _published(conn, catalogue, scope, period, indicator.published_element, unit, at)
    made_of = rollup.parts(conn, catalogue, scope, period, indicator)
    codes = sorted({element for _, element, _ in made_of.terms})
    cells = read or Cells(conn, catalogue, scope, made_of.slots.periods, codes, at)
    slots: dict[m.Unit, list[Slot]] = {}
    for slot in made_of.slots.slots:
        slots.setdefault(slot.leaf, []).append(slot)
    leaves = _judged([_leaf(catalogue, made_of, row, slots[row[0]], cells) for row in made_of.leaves])
    if unit == scope.area_unit:
        inside = [replace(leaf, share=Fraction(1)) for leaf in leaves if leaf.is_first]
    else:
        inside = [leaf for leaf in leaves if leaf.child == unit]
    summed = [leaf for leaf in inside if leaf.included]
    numerator, denominator = (_total(summed, side) for side in ("numerator", "denominator"))
    value = numerator / denominator * indicator.factor if numerator is not None and denominator else None
    expected = sum(leaf.expected for leaf in inside)
    return Walk(period.key, numerator, denominator, value, expected, len(summed), tuple(inside), cells.origins)


def _total(leaves: Iterable[Leaf], side: str) -> Fraction | None:
    found = [leaf.sum_of(side) for leaf in leaves if leaf.has(side)]
    return sum(found, Fraction(0)) if found else None


# --- leaves --------------------------------------------------------------------------------------------


def _leaf(
    catalogue: Catalogue,
    made_of: rollup.Parts,
    row: tuple[m.Unit, m.Unit | None, Fraction, bool],
    slots: Sequence[Slot],
    cells: Cells,
) -> Leaf:
    unit, child, share, is_first = row
    found = [_term(catalogue, made_of, slots, cells, term) for term in made_of.terms]
    terms = tuple(term for term in found if term is not None)
    outside = any(term.state == "not_applicable" for term in terms)
    why = "không thuộc phạm vi" if outside else ""
    return Leaf(unit.code, unit.name, child.code if child else "", share, is_first, not outside, False, why, terms)


def _term(
    catalogue: Catalogue,
    made_of: rollup.Parts,
    slots: Sequence[Slot],
    cells: Cells,
    term: tuple[str, str, bool],
) -> Term | None:
    """A data element of a leaf, whose slots are given, as it stands for the period; None where the leaf owes none."""
    asked, (side, element, counts) = made_of.slots, term
    pieces: dict[str, list[tuple[m.Unit, Fraction | None]]] = {}
    for slot in slots:
        if element in asked.groups[slot.group]:
            pieces.setdefault(slot.period, []).append((slot.unit, slot.weight))
    if not pieces:
        return None
    said = {period: _piece(cells, period, element, givers) for period, givers in pieces.items()}
    flow = catalogue.elements[element].kind == ElementKind.FLOW
    way, state, value, used = _standing(said, asked.own, asked.last[element], asked.pieces[element], flow=flow)
    if counts and state in COUNTED:
        value = Fraction(1)
    name: Literal["numerator", "denominator"] = "numerator" if side == "n" else "denominator"
    return Term(name, element, counts, way, state, value, used)


_Said = tuple[str, Fraction | None, tuple[Reading, ...]]


def _piece(cells: Cells, period: str, element: str, givers: Sequence[tuple[m.Unit, Fraction | None]]) -> _Said:
    """What a leaf has in one piece of the period: the sum of all that went into it, if all of it is there."""
    readings = [(cells.reading(unit, element, period), weight) for unit, weight in givers]
    states = [reading.taken[0] if reading else "missing" for reading, _ in readings]
    whole = all(weight == 1 for _, weight in readings)
    there = [r if r.share == weight else replace(r, share=weight) for r, weight in readings if r]
    total = sum(
        (value * r.share for r in there if r.share and r.taken[0] in COUNTED and (value := r.taken[1]) is not None),
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
    return state, total, tuple(there)


def _standing(
    said: dict[str, _Said], own: str, last: str, pieces: int, *, flow: bool
) -> tuple[Way, str, Fraction | None, tuple[Reading, ...]]:
    """How a data element stands for a period. The rules are the roll-up's (docs/warehouse.md, How sums are made)."""
    if own in said and said[own][0] != "missing":
        return "own", *said[own]
    rest = {period: entry for period, entry in said.items() if period != own}
    used = tuple(r for _, _, readings in said.values() for r in readings)
    if not flow:
        return ("last", *rest[last]) if last in rest else ("none", "missing", None, used)
    states = [state for state, _, _ in rest.values()]
    counted = [entry for entry in rest.values() if entry[0] in COUNTED]
    outside = states.count("not_applicable")
    if outside == pieces:
        return "sum", "not_applicable", None, used
    if len(counted) + outside != pieces:
        return "none", "missing", None, used
    total = sum((value for _, value, _ in counted if value is not None), Fraction(0))
    return "sum", "estimated" if "estimated" in states else "value", total, used


def _judged(leaves: Sequence[Leaf]) -> list[Leaf]:
    """Whether each leaf counts: all its cells are there, and both sides have something in its part of the area."""
    owed: dict[str, set[str]] = {}
    held: dict[str, set[str]] = {}
    for leaf in leaves:
        if leaf.expected:
            sides = {term.side for term in leaf.terms}
            owed.setdefault(leaf.child or leaf.unit, set()).update(sides)
            if leaf.complete:
                held.setdefault(leaf.child or leaf.unit, set()).update(sides)
    return [_with_verdict(leaf, owed, held) for leaf in leaves]


def _with_verdict(leaf: Leaf, owed: dict[str, set[str]], held: dict[str, set[str]]) -> Leaf:
    if not leaf.expected:
        return leaf
    if not leaf.complete:
        return replace(leaf, why=_lacking(leaf))
    part = leaf.child or leaf.unit
    if held.get(part) != owed[part]:
        return replace(leaf, why="cả đơn vị không có tử số hoặc mẫu số")
    return replace(leaf, included=True)


def _lacking(leaf: Leaf) -> str:
    lacking = [term for term in leaf.terms if term.state not in COUNTED]
    codes = ", ".join(dict.fromkeys(term.data_element for term in lacking))
    doubtful = any(term.state == "unreliable" for term in lacking)
    return f"{'số liệu không tin cậy' if doubtful else 'thiếu số liệu'}: {codes}"


# --- published values ----------------------------------------------------------------------------------


def _published(
    conn: Connection,
    catalogue: Catalogue,
    scope: m.Scope,
    period: Period,
    element: str,
    code: str,
    at: datetime,
) -> Walk:
    """The last official figure that is not later than the period, or not later than the year before a part of one."""
    last_year = period.year if period.kind == PeriodKind.YEAR else period.year - 1
    unit = catalogue.unit(code, period.end)
    keys = [p.key for kind in PeriodKind for p in catalogue.periods(scope, kind) if p.year <= last_year]
    cells = Cells(conn, catalogue, scope, keys, [element], at)
    readings = [r for key in cells.periods(unit, element) if (r := cells.reading(unit, element, key))] if unit else []
    there = [r for r in readings if r.taken[0] in COUNTED]
    if unit is None or not there:
        return Walk(period.key, None, None, None, 0, 0, ())
    last = max(there, key=lambda r: (Period.parse(r.period).end, r.recorded_at))
    state, value = last.taken
    term = Term("numerator", element, False, "last", state, value, (last,))
    leaf = Leaf(unit.code, unit.name, "", Fraction(1), True, True, True, "", (term,))
    return Walk(last.period, None, None, value, 1, 1, (leaf,), cells.origins)
