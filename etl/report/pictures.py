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
from etl.model import Period, Point, UnitStatus
from etl.model.numbers import printed
from etl.report.figures import Figure, Figures
from etl.report.inputs import ReportInput
from etl.report.numbers import number
from etl.report.sentences import Sentences

Panel = dict[str, Any]
PANELS = 12
"""Series in one picture: three across and four down fill a page."""
_WORDED = {"not_assessed", "milestone"}

_NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")


def annex_after(numeral: str) -> str:
    """The number of the annex after another one."""
    return _NUMERALS[_NUMERALS.index(numeral) + 1]


def pictures(given: ReportInput, say: Sentences, figures: Figures, units: dict[str, Any]) -> dict[str, Any]:
    """Everything the picture annex says. `units` is the table of units that the report prints."""
    panels = list(_panels(given, say, figures))
    tiles, matrix = _tiles(say, figures, units), _matrix(given, say)
    drawn = [
        *(_picture(say, "series", panels[i : i + PANELS]) for i in range(0, len(panels), PANELS)),
        *([_picture(say, "tiles", tiles)] if tiles["rows"] and tiles["columns"] else []),
        *([_picture(say, "matrix", matrix)] if matrix["rows"] else []),
    ]
    for place, picture in enumerate(drawn, start=2):  # the first picture stands in the report itself
        picture["caption"] = say.say(f"picture.{picture['kind']}_caption", number=printed(place))
        picture["title"] = say.say(f"picture.{picture['kind']}_title", period=given.period.name)
    return {"drawn": drawn}


def _picture(say: Sentences, kind: str, shows: Any) -> Panel:
    alt = say.say(f"picture.{kind}_alt", rows="; ".join(_SPOKEN[kind](shows)))
    return {"kind": kind, "caption": "", "title": "", "alt": alt, "shows": shows}


# --- series ----------------------------------------------------------------------------------------------


def _panels(given: ReportInput, say: Sentences, figures: Figures) -> Iterator[Panel]:
    """One for each target with figures of several periods, or one to compare with a start or a level."""
    series = dict(given.series)
    for target in given.plan.targets:
        figure = figures.at(target.item, given.area)
        points = series.get(target.item, ())
        if figure is None or target.kind in _WORDED or not points:
            continue
        start, goals = _start(target), list(_goals(target))
        if len(points) + len(goals) + (start is not None) > 1:
            yield {
                "item": target.item,
                "name": _name(given, figure),
                "points": [_point(target, point) for point in points],
                "start": start,
                "goals": goals,
                "interval": figure["interval"] if points[-1].period == given.period.key else None,
                "now": _now(say, figure),
                "aim": _aim(say, target),
            }


def _name(given: ReportInput, figure: Figure) -> str:
    indicator = given.catalogue.indicators.get(figure["indicator"])
    return f"{figure['item']}. {indicator.short_name if indicator else figure['title']}"


def _point(target: m.Target, point: Point) -> Panel:
    return {
        "period": point.period,
        "name": Period.parse(point.period).name,
        "value": number(point.value, target.decimals),
        "definition": point.definition,
    }


def _start(target: m.Target) -> Panel | None:
    """The plan's baseline, where it is a number of one period."""
    start = target.baseline
    if start is None or start.value is None or not _is_period(start.period):
        return None
    return _level(target, start.period, start.written, start.value)


def _goals(target: m.Target) -> Iterator[Panel]:
    """The plan's levels that stand as one number in the indicator's own unit."""
    for stone in target.milestones:
        if stone.value is not None and stone.per is None and stone.relative is None:
            yield _level(target, stone.period, stone.written, stone.value)


def _level(target: m.Target, period: str, written: str, value: Decimal) -> Panel:
    exact = number(Fraction(value), target.decimals)
    return {"period": period, "name": Period.parse(period).name, "written": written, "value": exact}


def _is_period(text: str) -> bool:
    try:
        Period.parse(text)
    except UsageError:
        return False
    return True


def _now(say: Sentences, figure: Figure) -> str:
    if figure["value"]["value"] is None:
        return say.texts["word.no_data"]
    if figure["interval"]:
        return say.say("picture.now_interval", value=figure["printed"], interval=figure["interval"]["text"])
    return say.say("picture.now", value=figure["printed"])


def _aim(say: Sentences, target: m.Target) -> str:
    stones = [say.say("picture.aim_part", year=s.period, written=s.written) for s in target.milestones]
    return say.say("picture.aim", parts="; ".join(stones)) if stones else ""


# --- units across indicators -------------------------------------------------------------------------------


def _tiles(say: Sentences, figures: Figures, units: dict[str, Any]) -> Panel:
    """Grain of a tile: (unit, indicator). `look`: met, not_met, other (a figure without verdict), none."""
    columns = [column for block in units["blocks"] for column in block]
    scores = {score["unit"]: score for score in units["scores"]}
    rows = []
    for unit in units["units"]:
        found = [figures.at(column["item"], unit["unit"]) for column in columns]
        score = scores.get(unit["unit"])
        text = f"{printed(score['met'])}/{printed(score['of'])}" if score else say.texts["word.nothing"]
        rows.append({**unit, "looks": [_look(figure) for figure in found], "score": text})
    return {
        "columns": [{**column, "name": f"{column['item']}. {column['title']}"} for column in columns],
        "rows": rows,
        "score_head": say.texts["picture.score"],
    }


def _look(figure: Figure | None) -> str:
    if figure is None or figure["value"]["value"] is None:
        return "none"
    return {"met": "met", "within_plan": "met", "not_met": "not_met", "over_plan": "not_met"}.get(
        figure["status"], "other"
    )


# --- who reported ------------------------------------------------------------------------------------------


def _matrix(given: ReportInput, say: Sentences) -> Panel:
    """Grain of a cell: (unit, period, form). `state`: accepted, late, refused, silent, not_owed."""
    statuses = [*given.earlier_statuses, *given.statuses]
    columns = sorted({(Period.parse(s.period).end, s.period, s.form) for s in statuses})
    one = len({form for *_, form in columns}) == 1
    known = {(s.unit, s.period, s.form): s for s in statuses}
    names = {s.unit: s.unit_name for s in given.statuses} | {s.unit: s.unit_name for s in statuses}
    return {
        "columns": [
            {"period": period, "form": form, "name": _head(given, say, period, form, alone=one)}
            for _, period, form in columns
        ],
        "rows": [
            {
                "unit": unit,
                "name": name,
                "cells": [_cell(say, known.get((unit, period, form))) for _, period, form in columns],
            }
            for unit, name in names.items()
        ],
    }


def _head(given: ReportInput, say: Sentences, period: str, code: str, *, alone: bool) -> str:
    """A column's head; where there is one form only, its period says it all."""
    form, name = given.catalogue.forms.get(code), Period.parse(period).name
    return name if alone else say.say("picture.form", form=form.title if form else code, period=name)


def _cell(say: Sentences, status: UnitStatus | None) -> Panel:
    if status is None:
        return {"state": "not_owed", "text": "", "words": say.texts["word.nothing"]}
    if status.state == "accepted" and status.late_days > 0:
        days = printed(status.late_days)
        return {"state": "late", "text": days, "words": say.say("picture.late", days=days)}
    return {"state": status.state, "text": "", "words": say.texts[f"submission.{status.state}"]}


# --- the same in words -------------------------------------------------------------------------------------


def _series_spoken(panels: list[Panel]) -> Iterator[str]:
    for panel in panels:
        points = ", ".join(f"{p['name']} {p['value']['text']}" for p in panel["points"])
        yield f"{panel['name']}: {points}"


def _tiles_spoken(tiles: Panel) -> Iterator[str]:
    for row in tiles["rows"]:
        yield f"{row['name']}: {row['score']}"


def _matrix_spoken(matrix: Panel) -> Iterator[str]:
    for row in matrix["rows"]:
        yield f"{row['name']}: {', '.join(cell['words'] for cell in row['cells'])}"


_SPOKEN: dict[str, Callable[[Any], Iterator[str]]] = {
    "series": _series_spoken,
    "tiles": _tiles_spoken,
    "matrix": _matrix_spoken,
}
