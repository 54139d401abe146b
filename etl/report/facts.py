"""One source of facts: a JSON-able dict from which Word, Excel and the picture are printed, and nothing else.

Room: report. Called by `draft`. Grain of `figures`: (item, unit), each number once, exact and as printed;
every other part refers to them by item and unit.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from etl.report import by_unit, datanotes, directions, followup, path, pictures, results, since, submissions
from etl.report.dates import snapshot_moment
from etl.report.figures import Figures, build_figures
from etl.report.head import foot, head, plan_name
from etl.report.inputs import ReportInput
from etl.report.sentences import Sentences
from etl.report.trail import trail

Facts = dict[str, Any]
SCHEMA = 1
"""Raised when a key changes its meaning, so that readers of old facts files can tell."""


def build_facts(given: ReportInput, say: Sentences) -> Facts:
    """Everything the report prints."""
    figures = build_figures(given, say)
    snapshot = snapshot_moment(given.snapshot_at).strftime("%Hh%M ngày %d/%m/%Y")
    counts = results.status_counts(given, figures)
    ranked = by_unit.scores(given, figures)
    tasks = followup.tasks(given, say)
    annual = given.report.cadence == "year"
    lines = results.lines(given, say, figures)
    annexes = {"tasks": "III", "plan": "IV"} if followup.listed(tasks) else {"tasks": "", "plan": "III"}
    units = by_unit.table(given, figures)
    drawn = pictures.pictures(given, say, figures, {**units, "scores": ranked})
    return {
        "schema": SCHEMA,
        "scope": given.scope.id,
        "plan": _plan(given),
        "period": {"key": given.period.key, "name": given.period.name, "cadence": given.report.cadence},
        "annual": annual,
        "snapshot": {"at": given.snapshot_at, "id": given.snapshot_id, "text": snapshot},
        "simulated": given.simulated,
        "catalogue": given.catalogue.sha256,
        "area": {"unit": given.area, "name": given.unit_name(given.area)},
        "head": head(given, say),
        "situation": [say.say("situation.known_until", snapshot=snapshot), *submissions.sentences(given, say)],
        "submissions": submissions.submissions(given, say),
        "status_counts": counts,
        "summary": results.summary(given, say, counts),
        "lines": lines,
        "since": {
            "title": since.title(given, say, len(lines) + 1),
            "sentences": since.sentences(given, say),
        },
        "columns": results.columns(given, say),
        "rows": results.rows(given, say, figures, tasks),
        "path": path.path_rows(given, figures) if annual else [],
        "outlook": {
            "title": path.title(say, len(lines) + 2),
            "sentences": path.sentences(given, say, figures) if annual else [],
            "horizons": path.horizons(given, figures) if annual else [],
            "rows": path.outlook_rows(given, figures) if annual else [],
        },
        "units": {
            **units,
            "scores": ranked,
            "sentences": by_unit.sentences(given, say, figures, ranked),
        },
        "tasks": {
            "all": tasks,
            "listed": followup.listed(tasks),
            "sentences": followup.task_sentences(say, tasks, annexes["tasks"]),
        },
        "notes": followup.notes(given, say),
        "directions": {
            "title": directions.title(given, say),
            "sentences": directions.sentences(given, say, figures, ranked, tasks),
        },
        "data_notes": datanotes.data_notes(given, say, figures, snapshot, annexes["plan"]),
        "plan_notes": datanotes.plan_notes(given, say),
        "definitions": datanotes.definitions(given, say),
        "trail": trail(given, say, figures),
        "chart": _chart(given, say, figures),
        "pictures": drawn,
        "annexes": annexes | {"pictures": pictures.annex_after(annexes["plan"]) if drawn["drawn"] else ""},
        "foot": foot(given, say),
        "upward": _upward(given),
        "figures": _nested(figures),
    }


def _plan(given: ReportInput) -> Facts:
    plan = given.plan
    return {
        "id": plan.id,
        "title": plan.title,
        "short_title": plan_name(plan),
        "number": plan.number,
        "date": plan.date.isoformat() if plan.date else "",
        "status": plan.status,
    }


def _upward(given: ReportInput) -> Facts:
    """Which figures the annex carries to the level above: too many to repeat here, so their number and SHA-256."""
    if given.upward is None:
        return {}
    cells = "\n".join(
        f"{c.org_unit_code} {c.data_element} {c.state.value} {c.value} {c.corrected}" for c in given.upward.cells
    )
    form = given.upward.layout.form.id
    return {"form": form, "cells": len(given.upward.cells), "sha256": hashlib.sha256(cells.encode()).hexdigest()}


def _nested(figures: Figures) -> Facts:
    nested: Facts = {}
    for (item, unit), figure in figures.by_key.items():
        nested.setdefault(item, {})[unit] = figure
    return nested


def _chart(given: ReportInput, say: Sentences, figures: Figures) -> Facts:
    """The rows of the overview: every target with a number to reach, with its distance to the plan in %."""
    rows = [
        {
            "item": figure["item"],
            "name": _chart_name(given, figure),
            "distance": figure["distance"],
            "sign": figure["sign"],
            "status": figure["shown_status"],
            "text": figure["distance"]["text"] + "%"
            if figure["distance"]["value"] is not None
            else say.texts["word.no_data"],
        }
        for figure in figures.of_unit(given.area)
        if figure["target"]["value"] is not None
    ]
    spoken = "; ".join(say.say("summary.chart_alt_row", name=row["name"], distance=row["text"]) for row in rows)
    return {
        "rows": rows,
        "title": say.say("summary.chart_title", period=given.period.name),
        "caption": say.say("summary.chart_caption"),
        "axis": say.say("summary.chart_axis"),
        "alt": say.say("summary.chart_alt", period=given.period.name, rows=spoken),
    }


def _chart_name(given: ReportInput, figure: Facts) -> str:
    indicator = given.catalogue.indicators.get(figure["indicator"])
    name = indicator.short_name if indicator else figure["title"]
    return f"{figure['item']}. {name}"


def as_json(facts: Facts) -> bytes:
    """The facts as a file, a line for each part; the same bytes for the same facts."""
    parts = (f"{json.dumps(name)}: {json.dumps(part, ensure_ascii=False)}" for name, part in facts.items())
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()
