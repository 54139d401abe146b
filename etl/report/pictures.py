"""What the pictures of the picture annex show: series, units across indicators, who reported.

Room: report. Called by `facts`. Picks and words; every number is a fact, drawn later by `charts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from etl.catalog import models
from etl.messages import Messages
from etl.model import Period, SeriesPoint, UnitStatus
from etl.model.numbers import format_number
from etl.report.covered_period import is_cumulative_indicator
from etl.report.dates import format_period_end
from etl.report.figure_facts import Figure
from etl.report.inputs import ReportInput
from etl.report.number_facts import build_number_fact, select_figure_decimals, select_value_decimals
from etl.report.picture_facts import (
    AnnexPicture,
    MatrixCell,
    MatrixColumn,
    MatrixRow,
    PictureAnnex,
    PictureContent,
    PlannedLevel,
    SeriesFigure,
    SeriesPanel,
    SubmissionMatrix,
    TileColumn,
    TileGrid,
    TileRow,
)
from etl.report.report_figures import ReportFigures
from etl.report.section_facts import UnitTable

G = TypeVar("G", TileGrid, SubmissionMatrix)
PANELS_PER_PICTURE = 8
"""Series in one picture: two across and four down fill a page."""
ROWS_PER_PICTURE = 22
"""Units in one picture, each with its name on two lines at most."""
MAX_ALT_LETTERS = 300
"""Letters of a picture's words: longer ones are no help to who listens to them; the tables have the rest."""
_MAX_ALT_POINTS = 4
"""The newest ones of a series: with the longest names of periods one row still fits."""
_WORD_ONLY_KINDS = {"not_assessed", "milestone"}


def build_picture_annex(
    inputs: ReportInput, wording: Messages, figures: ReportFigures, units: UnitTable
) -> PictureAnnex:
    """Everything the picture annex says. `units` is the table of units that the report prints."""
    panels = tuple(_build_series_panels(inputs, wording, figures))
    tiles, matrix = _build_tile_grid(wording, figures, units), _build_submission_matrix(inputs, wording)
    shown: list[PictureContent] = [
        panels[i : i + PANELS_PER_PICTURE] for i in range(0, len(panels), PANELS_PER_PICTURE)
    ]
    shown += _split_grid(tiles) if tiles.columns else ()
    shown += _split_grid(matrix)
    first = 2  # the first picture stands in the report itself
    return PictureAnnex(tuple(_build_picture(inputs, wording, n, each) for n, each in enumerate(shown, start=first)))


def _build_picture(inputs: ReportInput, wording: Messages, number: int, shows: PictureContent) -> AnnexPicture:
    match shows:
        case TileGrid():
            kind, rows = "tiles", list(_describe_tiles(shows))
        case SubmissionMatrix():
            kind, rows = "matrix", list(_describe_matrix(shows))
        case _:
            kind, rows = "series", list(_describe_series(shows))
    end = format_period_end(inputs.period)
    return AnnexPicture(
        kind,
        caption=wording.format(f"picture.{kind}_caption", number=format_number(number)),
        title=wording.format(f"picture.{kind}_title", period=end if kind == "series" else inputs.period.name),
        alt=describe_picture(wording, f"picture.{kind}_alt", rows),
        shows=shows,
    )


def describe_picture(wording: Messages, key: str, rows: list[str], **slots: str) -> str:
    """A picture in words, short enough to be listened to; how many rows more stand in the report's tables."""
    text = wording.format(key, rows="; ".join(rows) or wording.texts["word.no_data"], **slots)
    for kept in range(len(rows) - 1, 0, -1):
        if len(text) < MAX_ALT_LETTERS:
            break
        listed, more = "; ".join(rows[:kept]), format_number(len(rows) - kept)
        text = wording.format(key, rows=wording.format("picture.more_rows", rows=listed, count=more), **slots)
    return text


# --- series ----------------------------------------------------------------------------------------------


def _build_series_panels(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> Iterator[SeriesPanel]:
    """One for each target with figures of several periods, or one to compare with a start or a level."""
    for target in inputs.plan.targets:
        figure = figures.find_figure(target.item, inputs.area)
        points = list_series_figures(inputs, target)
        if figure is None or figure.duplicate_of or target.kind in _WORD_ONLY_KINDS or not points:
            continue
        start, goals = _build_baseline_level(target), tuple(_build_milestone_levels(target))
        if len(points) + len(goals) + (start is not None) > 1:
            yield SeriesPanel(
                item=target.item,
                name=format_panel_name(inputs, figure),
                points=points,
                start=start,
                goals=goals,
                interval=figure.interval if points[-1].period == inputs.period.key else None,
                now=_describe_current_value(wording, figure),
                aim=_describe_milestones(wording, target),
            )


def format_panel_name(inputs: ReportInput, figure: Figure) -> str:
    """A target as a picture names it: its number and the short name of its indicator."""
    indicator = inputs.catalogue.indicators.get(figure.indicator)
    return f"{figure.item}. {indicator.short_name if indicator else figure.title}"


def list_series_figures(inputs: ReportInput, target: models.Target) -> tuple[SeriesFigure, ...]:
    """The area's figures of a target through time, each as its own report prints it, oldest first.

    Of what adds up from January, only those of stretches as long as this report's: others are no steps of one way. What
    ends with this report's period is its own figure, and no other of that day: a year is not its last quarter.
    """
    indicator = inputs.catalogue.indicators.get(target.indicator or "")
    points = dict(inputs.series).get(target.item, ())
    if is_cumulative_indicator(inputs.catalogue, indicator):
        points = tuple(p for p in points if Period.parse(p.period).end.month == inputs.period.end.month)
    shape = inputs.select_print_target(target)
    own = _build_own_figure(inputs, shape, indicator) if dict(inputs.series).get(target.item) else None
    before = (p for p in points if Period.parse(p.period).end != inputs.period.end)
    return (*(_build_series_figure(shape, indicator, point) for point in before), *([own] if own else []))


def _build_own_figure(
    inputs: ReportInput, target: models.Target, indicator: models.Indicator | None
) -> SeriesFigure | None:
    """The report's own figure as the last point; None where it has none of its period."""
    a = next((a for a in inputs.attainments if (a.item, a.unit) == (target.item, inputs.area)), None)
    if a is None or a.value is None or indicator is None:
        return None
    if a.as_of and not (Period.is_key(a.as_of) and Period.parse(a.as_of).end == inputs.period.end):
        return None
    value = build_number_fact(a.value, select_figure_decimals(target, indicator, a))
    return SeriesFigure(inputs.period.key, inputs.period.name, value, indicator.find_definition(inputs.period.key))


def _build_series_figure(target: models.Target, indicator: models.Indicator | None, point: SeriesPoint) -> SeriesFigure:
    decimals = select_value_decimals(target, indicator, point.value)
    return SeriesFigure(
        point.period, Period.parse(point.period).name, build_number_fact(point.value, decimals), point.definition
    )


def _build_baseline_level(target: models.Target) -> PlannedLevel | None:
    """The plan's baseline, where it is a number of one period."""
    start = target.baseline
    if start is None or start.value is None or not start.period or not Period.is_key(start.period):
        return None
    return _build_planned_level(target, start.period, start.written, start.value)


def _build_milestone_levels(target: models.Target) -> Iterator[PlannedLevel]:
    """The plan's levels that stand as one number in the indicator's own unit."""
    for stone in target.milestones:
        if stone.value is not None and stone.period is not None and stone.per is None and stone.relative is None:
            yield _build_planned_level(target, stone.period, stone.written, stone.value)


def _build_planned_level(target: models.Target, period: str, written: str, value: Decimal) -> PlannedLevel:
    exact = build_number_fact(Fraction(value), target.decimals)
    return PlannedLevel(period, Period.parse(period).name, written, exact)


def _describe_current_value(wording: Messages, figure: Figure) -> str:
    if figure.value.value is None:
        return wording.texts["word.no_data"]
    if figure.interval:
        return wording.format("picture.now_interval", value=figure.printed, interval=figure.interval.text)
    return wording.format("picture.now", value=figure.printed)


def _describe_milestones(wording: Messages, target: models.Target) -> str:
    undated = wording.texts["word.undated"]
    stones = [
        wording.format("picture.aim_part", year=s.period or undated, written=s.written) for s in target.milestones
    ]
    return wording.format("picture.aim", parts="; ".join(stones)) if stones else ""


# --- units across indicators -------------------------------------------------------------------------------


def _split_grid(grid: G) -> Iterator[G]:
    """A grid in parts of as many units as one picture holds; none of a grid without units."""
    for first in range(0, len(grid.rows), ROWS_PER_PICTURE):
        yield replace(grid, rows=grid.rows[first : first + ROWS_PER_PICTURE])


def _build_tile_grid(wording: Messages, figures: ReportFigures, units: UnitTable) -> TileGrid:
    """Grain of a tile: (unit, indicator). `look`: met, not_met, other (a figure without verdict), none."""
    columns = [column for block in units.blocks for column in block]
    scores = {score.unit: score for score in units.scores}
    rows = []
    for unit in units.units:
        tile_figures = [figures.find_figure(column.item, unit.unit) for column in columns]
        score = scores.get(unit.unit)
        text = f"{format_number(score.met)}/{format_number(score.of)}" if score else wording.texts["word.nothing"]
        rows.append(TileRow(unit.unit, unit.name, tuple(classify_tile(figure) for figure in tile_figures), text))
    return TileGrid(
        columns=tuple(TileColumn(column.item, column.title, f"{column.item}. {column.title}") for column in columns),
        rows=tuple(rows),
        score_head=wording.texts["picture.score"],
    )


def classify_tile(figure: Figure | None) -> str:
    """How a unit's figure looks in a grid: met, not_met, other (no verdict, or none of the area), none."""
    if figure is None or figure.value.value is None:
        return "none"
    if not figure.sign:
        return "other"
    return {"met": "met", "within_plan": "met", "not_met": "not_met", "over_plan": "not_met"}.get(
        figure.status, "other"
    )


# --- who reported ------------------------------------------------------------------------------------------


def _build_submission_matrix(inputs: ReportInput, wording: Messages) -> SubmissionMatrix:
    """Grain of a cell: (unit, period, form). `state`: accepted, late, refused, silent, not_owed."""
    statuses = [*inputs.earlier_statuses, *inputs.statuses]
    columns = sorted({(Period.parse(s.period).end, s.period, s.form) for s in statuses})
    has_one_form = len({form for *_, form in columns}) == 1
    status_by_cell = {(s.unit, s.period, s.form): s for s in statuses}
    names = {s.unit: s.unit_name for s in inputs.statuses} | {s.unit: s.unit_name for s in statuses}
    return SubmissionMatrix(
        columns=tuple(
            MatrixColumn(
                period, form, _format_matrix_column_head(inputs, wording, period, form, is_only_form=has_one_form)
            )
            for _, period, form in columns
        ),
        rows=tuple(
            MatrixRow(
                unit,
                name,
                tuple(
                    _build_matrix_cell(wording, status_by_cell.get((unit, period, form))) for _, period, form in columns
                ),
            )
            for unit, name in names.items()
        ),
    )


def _format_matrix_column_head(
    inputs: ReportInput, wording: Messages, period: str, code: str, *, is_only_form: bool
) -> str:
    """A column's head; where there is one form only, its period says it all."""
    form, name = inputs.catalogue.forms.get(code), Period.parse(period).name
    return name if is_only_form else wording.format("picture.form", form=form.symbol if form else code, period=name)


def _build_matrix_cell(wording: Messages, status: UnitStatus | None) -> MatrixCell:
    if status is None:
        return MatrixCell("not_owed", "", wording.texts["word.nothing"])
    if status.state == "accepted" and status.late_days > 0:
        days = format_number(status.late_days)
        return MatrixCell("late", days, wording.format("picture.late", days=days))
    return MatrixCell(status.state, "", wording.texts[f"submission.{status.state}"])


# --- the same in words -------------------------------------------------------------------------------------


def _describe_series(panels: tuple[SeriesPanel, ...]) -> Iterator[str]:
    for panel in panels:
        points = ", ".join(f"{p.name} {p.value.text}" for p in panel.points[-_MAX_ALT_POINTS:])
        yield f"{panel.name}: {points}"


def _describe_tiles(tiles: TileGrid) -> Iterator[str]:
    for row in tiles.rows:
        yield f"{row.name}: {row.score}"


def _describe_matrix(matrix: SubmissionMatrix) -> Iterator[str]:
    for row in matrix.rows:
        yield f"{row.name}: {', '.join(cell.words for cell in row.cells)}"
