"""The cells under the area's figures, gathered by file, for the trail that a report prints. Used by `outcome`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import groupby

from etl.catalog import models
from etl.lineage import lineage_walk
from etl.lineage.lineage_cells import CellVersion
from etl.lineage.lineage_walk import COUNTED_STATES, FigureTrace, UnitContribution
from etl.model import Attainment, ObservedIndicator, Period
from etl.report.inputs import SourceCells
from etl.warehouse.run_context import RunContext

_CELL_PATTERN = re.compile(r"([A-Z]+)(\d+)")
_SourceKey = tuple[str, str, str, int, str]
"""(side, data element, period, delivery, sheet)."""


def list_figure_sources(
    context: RunContext, area: str, rows: Iterable[Attainment], parts: Iterable[ObservedIndicator] = ()
) -> tuple[SourceCells, ...]:
    """Where an area's figures come from, in the order of the rows, then what `parts` of the year brought that has no
    figure since January. Grain: see `SourceCells`.

    An indicator stands once, whatever how many targets ask for it; one that no cells make has none.
    """
    rows_by_indicator = {row.indicator: row for row in rows if row.unit == area and row.value is not None}
    summed: dict[Period, list[models.Indicator]] = {}
    published: list[models.Indicator] = []
    for code, row in rows_by_indicator.items():
        indicator = context.catalogue.indicators[code]
        if indicator.published_element:
            published.append(indicator)
        elif indicator.numerator:
            covered_period = Period.parse(row.as_of) if Period.is_key(row.as_of) else context.period
            summed.setdefault(covered_period, []).append(indicator)
    walks: dict[str, FigureTrace] = {}
    for covered_period, indicators in ((context.period, published), *summed.items()):
        absent = {i.code: rows_by_indicator[i.code].absent for i in indicators}
        walks |= lineage_walk.trace_figures(context.for_period(covered_period), absent, area)
    for part in parts:
        if part.unit == area and part.indicator not in rows_by_indicator:
            asked = {part.indicator: part.absent}
            walks |= lineage_walk.trace_figures(context, asked, area, Period.parse(part.since))
    order = dict.fromkeys((*rows_by_indicator, *walks))
    return tuple(source for code in order if code in walks for source in _group_source_cells(code, walks[code]))


def _group_source_cells(indicator: str, walked: FigureTrace) -> Iterator[SourceCells]:

    cells: dict[_SourceKey, dict[str, Fraction]] = {}
    units: dict[_SourceKey, set[str]] = {}
    for leaf in (leaf for leaf in walked.contributions if leaf.included):
        for side, element, reading, value in _list_cell_contributions(leaf):
            key = (side, element, reading.period, reading.delivery_id, reading.sheet)
            place = cells.setdefault(key, {})
            place[reading.cell] = place.get(reading.cell, Fraction(0)) + value
            units.setdefault(key, set()).add(leaf.unit)
    for (side, element, period, delivery, sheet), values in cells.items():
        origin = walked.origins[delivery]
        where, count = format_cell_ranges(values), len(units[side, element, period, delivery, sheet])
        total = sum(values.values(), Fraction(0))
        yield SourceCells(
            indicator, side, element, period, origin.original_name, origin.sha256, sheet, where, count, total
        )  # fmt: skip


def _list_cell_contributions(leaf: UnitContribution) -> Iterator[tuple[str, str, CellVersion, Fraction]]:
    """What each cell adds to a side: its value and share, or one for the whole leaf where units are counted."""
    for term in leaf.terms:
        counted = [reading for reading in term.readings if reading.taken[0] in COUNTED_STATES]
        for place, reading in enumerate(counted):
            value = reading.taken[1]
            if term.counts_units:
                yield term.side, term.data_element, reading, leaf.share if place == 0 else Fraction(0)
            elif value is not None and reading.share is not None:
                yield term.side, term.data_element, reading, value * reading.share * leaf.share


def format_cell_ranges(cells: Iterable[str]) -> str:
    """Cells of a sheet as ranges down their columns: ``E8:E21, E24``."""
    positions = sorted((match[1], int(match[2])) for cell in set(cells) if (match := _CELL_PATTERN.fullmatch(cell)))
    parts = []
    for (column, _), run in groupby(enumerate(positions), key=lambda place: (place[1][0], place[1][1] - place[0])):
        rows = [row for _, (_, row) in run]
        parts.append(f"{column}{rows[0]}" if len(rows) == 1 else f"{column}{rows[0]}:{column}{rows[-1]}")
    return ", ".join(parts)
