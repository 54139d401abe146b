"""What the pictures of the picture annex show: series, units across indicators, who reported.

Room: report. Called by `facts`. Picks and words; every number is a fact, drawn later by `charts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from etl.catalog import models as m
from etl.errors import UsageError
from etl.messages import Messages
from etl.model import Period, SeriesPoint, UnitStatus
from etl.model.numbers import format_number
from etl.report.inputs import ReportInput
from etl.report.number_facts import build_number_fact
from etl.report.report_figures import FigureFacts, ReportFigures

PictureData = dict[str, Any]
PANELS_PER_PICTURE = 12
"""Series in one picture: three across and four down fill a page."""
_WORD_ONLY_KINDS = {"not_assessed", "milestone"}

_NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")


def format_next_annex_numeral(numeral: str) -> str:
    """The number of the annex after another one."""
    return _NUMERALS[_NUMERALS.index(numeral) + 1]


def build_picture_annex(
    inputs: ReportInput, wording: Messages, figures: ReportFigures, units: dict[str, Any]
) -> dict[str, Any]:
    """Everything the picture annex says. `units` is the table of units that the report prints."""
    panels = list(_build_series_panels(inputs, wording, figures))
    tiles, matrix = _build_tile_grid(wording, figures, units), _build_submission_matrix(inputs, wording)
    drawn = [
        *(
            _build_picture(wording, "series", panels[i : i + PANELS_PER_PICTURE])
            for i in range(0, len(panels), PANELS_PER_PICTURE)
        ),
        *([_build_picture(wording, "tiles", tiles)] if tiles["rows"] and tiles["columns"] else []),
        *([_build_picture(wording, "matrix", matrix)] if matrix["rows"] else []),
    ]
    for place, picture in enumerate(drawn, start=2):  # the first picture stands in the report itself
        picture["caption"] = wording.format(f"picture.{picture['kind']}_caption", number=format_number(place))
        picture["title"] = wording.format(f"picture.{picture['kind']}_title", period=inputs.period.name)
    return {"drawn": drawn}


def _build_picture(wording: Messages, kind: str, shows: Any) -> PictureData:
    alt = wording.format(f"picture.{kind}_alt", rows="; ".join(_ALT_TEXT_BUILDERS[kind](shows)))
    return {"kind": kind, "caption": "", "title": "", "alt": alt, "shows": shows}


# --- series ----------------------------------------------------------------------------------------------


def _build_series_panels(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> Iterator[PictureData]:
    """One for each target with figures of several periods, or one to compare with a start or a level."""
    series = dict(inputs.series)
    for target in inputs.plan.targets:
        figure = figures.find_figure(target.item, inputs.area)
        points = series.get(target.item, ())
        if figure is None or target.kind in _WORD_ONLY_KINDS or not points:
            continue
        start, goals = _build_baseline_level(target), list(_build_milestone_levels(target))
        if len(points) + len(goals) + (start is not None) > 1:
            yield {
                "item": target.item,
                "name": _format_panel_name(inputs, figure),
                "points": [_build_series_point(target, point) for point in points],
                "start": start,
                "goals": goals,
                "interval": figure["interval"] if points[-1].period == inputs.period.key else None,
                "now": _describe_current_value(wording, figure),
                "aim": _describe_milestones(wording, target),
            }


def _format_panel_name(inputs: ReportInput, figure: FigureFacts) -> str:
    indicator = inputs.catalogue.indicators.get(figure["indicator"])
    return f"{figure['item']}. {indicator.short_name if indicator else figure['title']}"


def _build_series_point(target: m.Target, point: SeriesPoint) -> PictureData:
    return {
        "period": point.period,
        "name": Period.parse(point.period).name,
        "value": build_number_fact(point.value, target.decimals),
        "definition": point.definition,
    }


def _build_baseline_level(target: m.Target) -> PictureData | None:
    """The plan's baseline, where it is a number of one period."""
    start = target.baseline
    if start is None or start.value is None or not _is_period_key(start.period):
        return None
    return _build_planned_level(target, start.period, start.written, start.value)


def _build_milestone_levels(target: m.Target) -> Iterator[PictureData]:
    """The plan's levels that stand as one number in the indicator's own unit."""
    for stone in target.milestones:
        if stone.value is not None and stone.per is None and stone.relative is None:
            yield _build_planned_level(target, stone.period, stone.written, stone.value)


def _build_planned_level(target: m.Target, period: str, written: str, value: Decimal) -> PictureData:
    exact = build_number_fact(Fraction(value), target.decimals)
    return {"period": period, "name": Period.parse(period).name, "written": written, "value": exact}


def _is_period_key(text: str) -> bool:
    try:
        Period.parse(text)
    except UsageError:
        return False
    return True


def _describe_current_value(wording: Messages, figure: FigureFacts) -> str:
    if figure["value"]["value"] is None:
        return wording.texts["word.no_data"]
    if figure["interval"]:
        return wording.format("picture.now_interval", value=figure["printed"], interval=figure["interval"]["text"])
    return wording.format("picture.now", value=figure["printed"])


def _describe_milestones(wording: Messages, target: m.Target) -> str:
    stones = [wording.format("picture.aim_part", year=s.period, written=s.written) for s in target.milestones]
    return wording.format("picture.aim", parts="; ".join(stones)) if stones else ""


# --- units across indicators -------------------------------------------------------------------------------


def _build_tile_grid(wording: Messages, figures: ReportFigures, units: dict[str, Any]) -> PictureData:
    """Grain of a tile: (unit, indicator). `look`: met, not_met, other (a figure without verdict), none."""
    columns = [column for block in units["blocks"] for column in block]
    scores = {score["unit"]: score for score in units["scores"]}
    rows = []
    for unit in units["units"]:
        tile_figures = [figures.find_figure(column["item"], unit["unit"]) for column in columns]
        score = scores.get(unit["unit"])
        text = f"{format_number(score['met'])}/{format_number(score['of'])}" if score else wording.texts["word.nothing"]
        rows.append({**unit, "looks": [_classify_tile(figure) for figure in tile_figures], "score": text})
    return {
        "columns": [{**column, "name": f"{column['item']}. {column['title']}"} for column in columns],
        "rows": rows,
        "score_head": wording.texts["picture.score"],
    }


def _classify_tile(figure: FigureFacts | None) -> str:
    if figure is None or figure["value"]["value"] is None:
        return "none"
    return {"met": "met", "within_plan": "met", "not_met": "not_met", "over_plan": "not_met"}.get(
        figure["status"], "other"
    )


# --- who reported ------------------------------------------------------------------------------------------


def _build_submission_matrix(inputs: ReportInput, wording: Messages) -> PictureData:
    """Grain of a cell: (unit, period, form). `state`: accepted, late, refused, silent, not_owed."""
    statuses = [*inputs.earlier_statuses, *inputs.statuses]
    columns = sorted({(Period.parse(s.period).end, s.period, s.form) for s in statuses})
    has_one_form = len({form for *_, form in columns}) == 1
    status_by_cell = {(s.unit, s.period, s.form): s for s in statuses}
    names = {s.unit: s.unit_name for s in inputs.statuses} | {s.unit: s.unit_name for s in statuses}
    return {
        "columns": [
            {
                "period": period,
                "form": form,
                "name": _format_matrix_column_head(inputs, wording, period, form, is_only_form=has_one_form),
            }
            for _, period, form in columns
        ],
        "rows": [
            {
                "unit": unit,
                "name": name,
                "cells": [
                    _build_matrix_cell(wording, status_by_cell.get((unit, period, form))) for _, period, form in columns
                ],
            }
            for unit, name in names.items()
        ],
    }


def _format_matrix_column_head(
    inputs: ReportInput, wording: Messages, period: str, code: str, *, is_only_form: bool
) -> str:
    """A column's head; where there is one form only, its period says it all."""
    form, name = inputs.catalogue.forms.get(code), Period.parse(period).name
    return name if is_only_form else wording.format("picture.form", form=form.title if form else code, period=name)


def _build_matrix_cell(wording: Messages, status: UnitStatus | None) -> PictureData:
    if status is None:
        return {"state": "not_owed", "text": "", "words": wording.texts["word.nothing"]}
    if status.state == "accepted" and status.late_days > 0:
        days = format_number(status.late_days)
        return {"state": "late", "text": days, "words": wording.format("picture.late", days=days)}
    return {"state": status.state, "text": "", "words": wording.texts[f"submission.{status.state}"]}


# --- the same in words -------------------------------------------------------------------------------------


def _describe_series(panels: list[PictureData]) -> Iterator[str]:
    for panel in panels:
        points = ", ".join(f"{p['name']} {p['value']['text']}" for p in panel["points"])
        yield f"{panel['name']}: {points}"


def _describe_tiles(tiles: PictureData) -> Iterator[str]:
    for row in tiles["rows"]:
        yield f"{row['name']}: {row['score']}"


def _describe_matrix(matrix: PictureData) -> Iterator[str]:
    for row in matrix["rows"]:
        yield f"{row['name']}: {', '.join(cell['words'] for cell in row['cells'])}"


_ALT_TEXT_BUILDERS: dict[str, Callable[[Any], Iterator[str]]] = {
    "series": _describe_series,
    "tiles": _describe_tiles,
    "matrix": _describe_matrix,
}
