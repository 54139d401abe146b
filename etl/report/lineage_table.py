"""The trail: for each figure of the area the files, sheets and cells it was added up from.

Room: report. Called by `facts`. Prints what steps found; adds nothing up. Grain of a row: (item, source).
"""

from __future__ import annotations

from etl.messages import Messages
from etl.model import Period
from etl.report.figure_facts import Figure
from etl.report.inputs import ReportInput, SourceCells
from etl.report.number_facts import build_count_fact
from etl.report.report_figures import ReportFigures
from etl.report.section_facts import LineageRow

HASH_LETTERS = 12
"""So much of a file's SHA-256 tells it from all others; the archive has it in full."""


def build_lineage_rows(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> tuple[LineageRow, ...]:
    """The rows, in the plan's order; a figure that rests on no cell has none."""
    sources_by_indicator: dict[str, list[SourceCells]] = {}
    for source in inputs.sources:
        sources_by_indicator.setdefault(source.indicator, []).append(source)
    return tuple(
        _build_lineage_row(inputs, wording, figure, source)
        for figure in figures.list_unit_figures(inputs.area)
        if figure.value.value is not None or figure.shown_status == "part_only"
        for source in sources_by_indicator.get(figure.indicator, ())
    )


def _build_lineage_row(inputs: ReportInput, wording: Messages, figure: Figure, source: SourceCells) -> LineageRow:
    element = inputs.catalogue.elements.get(source.element)
    indicator = inputs.catalogue.indicators.get(figure.indicator)
    published = indicator is not None and bool(indicator.published_element)
    return LineageRow(
        item=figure.item,
        side="published" if published else source.side,
        side_text=wording.texts["trail.published" if published else f"trail.{source.side}"],
        element=source.element,
        element_name=element.name if element else source.element,
        period=source.period,
        period_name=Period.parse(source.period).name,
        file=source.file,
        sha256=source.sha256[:HASH_LETTERS],
        sheet=source.sheet,
        cells=source.cells,
        units=source.units,
        value=build_count_fact(source.value),
    )
