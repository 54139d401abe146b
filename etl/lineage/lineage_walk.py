"""The trail: from a figure down to the cells it came from, as known at a moment.

Room: lineage. Reads only. What is shown is what the roll-up took (`rollup.fetch_rollup_parts`), and how it makes the
figure is `etl.attain.aggregate_leaves`: here a cell only gets its file, its checks and its earlier versions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from etl.attain import aggregate_leaves
from etl.catalog import models
from etl.catalog.loader import Catalogue
from etl.lineage.lineage_cells import CellVersion, CellVersions, DeliveryOrigin
from etl.model import ElementKind, ObservedIndicator, Period
from etl.model.reason import Reason, build_reason
from etl.warehouse.rollup_parts import RollupParts, StandingCell, fetch_rollup_parts
from etl.warehouse.run_context import RunContext

COUNTED_STATES = ("value", "zero", "estimated")
Derivation = Literal["own", "last", "sum", "mean", "none"]
"""How a cell stands for the period: by the form as long as the period, by the last piece, as a sum or a mean of the
pieces, not at all."""


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

    `child` is the unit under the area that it belongs to, `share` how much of it the figure has.
    """

    unit: str
    name: str
    child: str
    share: Fraction
    expected: bool
    included: bool
    why: Reason | None
    terms: tuple[TracedTerm, ...]

    def compute_side_sum(self, side: str) -> Fraction | None:
        """What the leaf adds to a side; None where it holds no cell of it."""
        values = [t.value for t in self.terms if t.side == side and t.value is not None]
        return sum(values, Fraction(0)) * self.share if values else None


@dataclass(frozen=True)
class FigureTrace:
    """A figure with its cells. `observed` is what these cells make; `origins` are the deliveries by number."""

    period: str
    observed: ObservedIndicator
    contributions: tuple[UnitContribution, ...]
    origins: dict[int, DeliveryOrigin] = field(default_factory=dict)


def trace_figures(
    context: RunContext, absent: Mapping[str, Collection[str]], unit: str, since: Period | None = None
) -> dict[str, FigureTrace]:
    """By indicator: the cells of its figure for a unit, in the period that the figure belongs to.

    Args:
        context: A connection that may read `core` and `ops`, whose area, the moment and the catalogue of then; the
            period of the cells: for a carried figure the year it comes from.
        absent: The indicators (ratios and shares of units, or published values; not both), each with the leaf units
            that attainment left out of its sums.
        unit: The area, a unit directly under it, or an agency with figures of its own.
        since: The first piece of the year that is read of what adds up, January's if None.
    """
    parts = fetch_rollup_parts(context, absent, unit, since)
    standing = {id(part.cells): part.cells for part in parts.values()}.values()
    pieces = [piece for cells_of in standing for cell in cells_of.values() for piece in cell.pieces]
    elements = {element for cells_of in standing for _, element in cells_of}
    cells = CellVersions(context, {p.period for p in pieces}, elements)
    return {
        code: _build_figure_trace(context, context.catalogue.indicators[code], unit, parts[code], cells, left_out)
        for code, left_out in absent.items()
    }


def _build_figure_trace(
    context: RunContext,
    indicator: models.Indicator,
    unit: str,
    parts: RollupParts,
    cells: CellVersions,
    absent: Collection[str],
) -> FigureTrace:
    terms = indicator.terms or (models.Term("numerator", indicator.published_element or "", False),)
    leaves: list[UnitContribution] = []
    for leaf, child, share in parts.leaves:
        found = [(term, cell) for term in terms if (cell := parts.cells.get((leaf, term.data_element)))]
        traced = tuple(_build_traced_term(context.catalogue, term, cell, cells) for term, cell in found)
        if traced:
            leaves.append(_build_contribution(leaf, child, share, traced, absent=leaf.code in absent))
    summed = [leaf for leaf in leaves if leaf.included]
    if indicator.published_element:
        key = summed[0].terms[0].readings[0].period if summed else context.period.key
        observed = parts.published.get(indicator.code) or ObservedIndicator(indicator.code, unit, context.period)
        return FigureTrace(key, observed, tuple(leaves), cells.origins)
    sides = [(leaf.compute_side_sum("numerator"), leaf.compute_side_sum("denominator")) for leaf in summed]
    targets = (target for plan in context.catalogue.plans.values() for target in plan.targets)
    floors = {target.floor for target in targets if target.indicator == indicator.code}
    observed = ObservedIndicator(
        indicator.code,
        unit,
        context.period,
        expected=sum(leaf.expected for leaf in leaves),
        at_floor=tuple((str(floor), 0) for floor in sorted(floor for floor in floors if floor is not None)),
    )
    return FigureTrace(context.period.key, aggregate_leaves(indicator, observed, sides), tuple(leaves), cells.origins)


def _build_contribution(
    leaf: models.Unit, child: models.Unit | None, share: Fraction, terms: tuple[TracedTerm, ...], *, absent: bool
) -> UnitContribution:
    outside = any(term.state == "not_applicable" for term in terms)
    why = build_reason("absence.outside") if outside else _find_absence(terms) if absent else None
    return UnitContribution(
        leaf.code, leaf.name, child.code if child else "", share, not outside, not outside and not absent, why, terms
    )


def _find_absence(terms: tuple[TracedTerm, ...]) -> Reason:
    lacking = [term for term in terms if term.state not in COUNTED_STATES]
    if not lacking:
        return build_reason("absence.side")
    doubtful = any(reading.taken[0] == "unreliable" for term in lacking for reading in term.readings)
    codes = ", ".join(dict.fromkeys(term.data_element for term in lacking))
    return build_reason("absence.unreliable" if doubtful else "absence.missing", elements=codes)


def _build_traced_term(catalogue: Catalogue, term: models.Term, cell: StandingCell, cells: CellVersions) -> TracedTerm:
    counted = cell.state in COUNTED_STATES
    way: Derivation = "last"
    if cell.is_own:
        way = "own"
    elif (kind := catalogue.elements[term.data_element].kind).has_pieces:
        way = "none" if cell.state == "missing" else "mean" if kind == ElementKind.AVERAGE else "sum"
    value = Fraction(1) if counted and term.counts_units else cell.value
    readings = tuple(r for piece in cell.pieces if (r := cells.find_version(piece, term.data_element)))
    return TracedTerm(term.side, term.data_element, term.counts_units, way, cell.state, value, readings)
