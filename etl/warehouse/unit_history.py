"""What the units that are missing from a sum said in other periods: the history that bounds are made from.

Room: warehouse. Called by steps. Reads only; as known at a moment, agreed corrections in it. No bound is given here.

A unit's history for an indicator has one pair (numerator, denominator) for each past quarter in which it said
everything the indicator needs of it, as if every quarter of the asked period had been like that one: what happens
in a quarter counts as often as the period has quarters, what stands at its end counts once. A yearly figure's
history is its years. A unit that said everything for the asked period itself, and is left out because its
neighbours' other side is missing, has that one pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from etl.catalog import models
from etl.catalog.loader import Catalogue
from etl.model import ElementKind, Gap, ObservedIndicator, Period, PeriodKind
from etl.warehouse import agreed_corrections
from etl.warehouse.connect import query
from etl.warehouse.run_context import RunContext

ValuesByPeriod = Mapping[Period, Mapping[str, Fraction | None]]
"""What a unit said, by period and data element; None where the cell holds nothing that counts."""


def annotate_gaps(context: RunContext, figures: Iterable[ObservedIndicator]) -> list[ObservedIndicator]:
    """The same figures; those with units missing from them also with what these units said before.

    Nothing is read where nothing is missing. `compared_years` of `catalog/quality.yaml` says
    how far back is looked.
    """
    every, catalogue = list(figures), context.catalogue
    incomplete = [o for o in every if o.absent and (o.present or o.has_lone_sides) and not o.as_of]
    values_by_unit = _fetch_unit_values(context, incomplete) if incomplete else {}
    found = {}
    for o in incomplete:
        indicator = catalogue.indicators[o.indicator]
        found[o.indicator, o.unit] = tuple(
            Gap(unit, tuple(build_unit_history(catalogue, indicator, context.period, values_by_unit.get(unit, {}))))
            for unit in o.absent
        )
    return [replace(o, gaps=gaps) if (gaps := found.get((o.indicator, o.unit))) else o for o in every]


def _fetch_unit_values(
    context: RunContext, incomplete: list[ObservedIndicator]
) -> dict[str, dict[Period, dict[str, Fraction | None]]]:
    """By unit code. Units are those of the period's last day, not whoever bore their code before."""
    conn, catalogue, period = context.conn, context.catalogue, context.period
    numbers = {(r.code, r.valid_from): r.org_unit_id for r in query(conn, "unit_numbers")}
    codes = {code for o in incomplete for code in o.absent}
    bearers = [u for u in (catalogue.find_unit(code, period.end) for code in sorted(codes)) if u]
    by_number = {numbers[u.code, u.valid_from]: u.code for u in bearers if (u.code, u.valid_from) in numbers}
    known_at = context.recorded_until
    rows = query(
        conn,
        "extremes",
        scope=context.scope.id,
        known_at=known_at,
        until=period.end,
        since=period.year - int(catalogue.thresholds["compared_years"]),
        units=list(by_number),
        elements=sorted({t.data_element for o in incomplete for t in catalogue.indicators[o.indicator].terms}),
        agreed=agreed_corrections.serialize_held_corrections(conn, catalogue, context.scope, known_at),
    )
    values_by_unit: dict[str, dict[Period, dict[str, Fraction | None]]] = {}
    for row in rows:
        cells = values_by_unit.setdefault(by_number[row.org_unit_id], {}).setdefault(Period.parse(row.period), {})
        cells[row.data_element] = Fraction(row.value) if row.counted else None
    return values_by_unit


def build_unit_history(
    catalogue: Catalogue, indicator: models.Indicator, period: Period, reported: ValuesByPeriod
) -> Iterator[tuple[Fraction, Fraction]]:
    """A unit's pairs for an indicator, oldest first."""
    held = {e for cells in reported.values() for e in cells}
    terms = [term for term in indicator.terms if term.data_element in held]
    if not terms:
        return
    own = _compute_own_pair(catalogue, terms, period, reported)
    if own:
        yield own
        return
    kinds = {PeriodKind.QUARTER if indicator.frequency == "quarter" else PeriodKind.YEAR, period.kind}
    for past in sorted(reported, key=lambda p: p.end):
        if past.kind in kinds and past.kind in {PeriodKind.QUARTER, PeriodKind.YEAR}:
            pair = _compute_scaled_pair(catalogue, terms, reported[past], past, period)
            if pair:
                yield pair


def _compute_own_pair(
    catalogue: Catalogue, terms: Sequence[models.Term], period: Period, reported: ValuesByPeriod
) -> tuple[Fraction, Fraction] | None:
    """The unit's own figures of the asked period, by the form of its length or by its quarters, if all are there."""
    quarters = period.quarters_to_date if period.counted_from == 1 else period.quarters
    sums = {"numerator": Fraction(0), "denominator": Fraction(0)}
    for side, element, counts in terms:
        pieces = (period,) if reported.get(period, {}).get(element) is not None else quarters
        kind = catalogue.elements[element].kind
        wanted = pieces if kind.has_pieces else pieces[-1:]
        values = [reported.get(p, {}).get(element) for p in wanted]
        if not values or any(v is None for v in values):
            return None
        total = sum((v for v in values if v is not None), Fraction(0))
        sums[side] += 1 if counts else total / len(wanted) if kind == ElementKind.AVERAGE else total
    return sums["numerator"], sums["denominator"]


def _compute_scaled_pair(
    catalogue: Catalogue,
    terms: Sequence[models.Term],
    cells: Mapping[str, Fraction | None],
    past: Period,
    period: Period,
) -> tuple[Fraction, Fraction] | None:
    """What the asked period would be if all of it were like a past one; None where that one is not whole."""
    months = period.months_elapsed - period.counted_from + 1
    sums = {"numerator": Fraction(0), "denominator": Fraction(0)}
    for side, element, counts in terms:
        value = cells.get(element)
        if value is None:
            return None
        sums[side] += 1 if counts else value * _compute_repeat_factor(catalogue.elements[element].kind, past, months)
    return sums["numerator"], sums["denominator"]


def _compute_repeat_factor(kind: ElementKind, past: Period, months: int) -> Fraction:
    """How often a past period's number fits into so many months: stocks stand, the rest runs."""
    if kind == ElementKind.FLOW:
        return Fraction(months, past.months)
    return Fraction(months, past.months_elapsed) if kind == ElementKind.YTD else Fraction(1)
