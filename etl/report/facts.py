"""One source of facts: a JSON-able dict from which Word, Excel and the picture are printed, and nothing else.

Room: report. Called by `draft`. Grain of `figures`: (item, unit), each number once, exact and as printed;
every other part refers to them by item and unit.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from etl.messages import Messages
from etl.report import (
    changes_since_last,
    data_quality_notes,
    directions,
    followup,
    path_section,
    pictures,
    submissions,
    target_results,
    unit_results,
)
from etl.report.dates import parse_snapshot_time
from etl.report.inputs import ReportInput
from etl.report.lineage_table import build_lineage_rows
from etl.report.report_figures import ReportFigures, build_figures
from etl.report.report_head import build_report_foot, build_report_head, format_plan_name

Facts = dict[str, Any]
FACTS_SCHEMA_VERSION = 1
"""Raised when a key changes its meaning, so that readers of old facts files can tell."""


def build_facts(inputs: ReportInput, wording: Messages) -> Facts:
    """Everything the report prints."""
    figures = build_figures(inputs, wording)
    snapshot = parse_snapshot_time(inputs.snapshot_at).strftime("%Hh%M ngày %d/%m/%Y")
    counts = target_results.count_statuses(inputs, figures)
    ranked = unit_results.build_unit_scores(inputs, figures)
    tasks = followup.build_plan_task_facts(inputs, wording)
    annual = inputs.report.cadence == "year"
    lines = target_results.build_target_sentences(inputs, wording, figures)
    annexes = {"tasks": "III", "plan": "IV"} if followup.select_listed_tasks(tasks) else {"tasks": "", "plan": "III"}
    units = unit_results.build_unit_table(inputs, figures)
    drawn = pictures.build_picture_annex(inputs, wording, figures, {**units, "scores": ranked})
    return {
        "schema": FACTS_SCHEMA_VERSION,
        "scope": inputs.scope.id,
        "plan": _build_plan_facts(inputs),
        "period": {"key": inputs.period.key, "name": inputs.period.name, "cadence": inputs.report.cadence},
        "annual": annual,
        "snapshot": {"at": inputs.snapshot_at, "id": inputs.snapshot_id, "text": snapshot},
        "simulated": inputs.simulated,
        "catalogue": inputs.catalogue.sha256,
        "area": {"unit": inputs.area, "name": inputs.find_unit_name(inputs.area)},
        "head": build_report_head(inputs, wording),
        "situation": [
            wording.format("situation.known_until", snapshot=snapshot),
            *submissions.describe_submissions(inputs, wording),
        ],
        "submissions": submissions.build_submission_rows(inputs, wording),
        "status_counts": counts,
        "summary": target_results.describe_results(inputs, wording, counts),
        "lines": lines,
        "since": {
            "title": changes_since_last.format_changes_title(inputs, wording, len(lines) + 1),
            "sentences": changes_since_last.describe_changes_since_last(inputs, wording),
        },
        "columns": target_results.build_column_headers(inputs, wording),
        "rows": target_results.build_target_rows(inputs, wording, figures, tasks),
        "path": path_section.build_path_rows(inputs, figures) if annual else [],
        "outlook": {
            "title": path_section.format_path_title(wording, len(lines) + 2),
            "sentences": path_section.describe_path(inputs, wording, figures) if annual else [],
            "horizons": path_section.list_outlook_years(inputs, figures) if annual else [],
            "rows": path_section.build_outlook_rows(inputs, figures) if annual else [],
        },
        "units": {
            **units,
            "scores": ranked,
            "sentences": unit_results.describe_unit_results(inputs, wording, figures, ranked),
        },
        "tasks": {
            "all": tasks,
            "listed": followup.select_listed_tasks(tasks),
            "sentences": followup.describe_tasks(wording, tasks, annexes["tasks"]),
        },
        "notes": followup.build_difficulty_notes(inputs, wording),
        "directions": {
            "title": directions.format_directions_title(inputs, wording),
            "sentences": directions.describe_directions(inputs, wording, figures, ranked, tasks),
        },
        "data_notes": data_quality_notes.build_data_notes(inputs, wording, figures, snapshot, annexes["plan"]),
        "plan_notes": data_quality_notes.build_plan_notes(inputs, wording),
        "definitions": data_quality_notes.build_indicator_definitions(inputs, wording),
        "trail": build_lineage_rows(inputs, wording, figures),
        "chart": _build_overview_facts(inputs, wording, figures),
        "pictures": drawn,
        "annexes": annexes
        | {"pictures": pictures.format_next_annex_numeral(annexes["plan"]) if drawn["drawn"] else ""},
        "foot": build_report_foot(inputs, wording),
        "upward": _build_upward_facts(inputs),
        "figures": _group_figures_by_item(figures),
    }


def _build_plan_facts(inputs: ReportInput) -> Facts:
    plan = inputs.plan
    return {
        "id": plan.id,
        "title": plan.title,
        "short_title": format_plan_name(plan),
        "number": plan.number,
        "date": plan.date.isoformat() if plan.date else "",
        "status": plan.status,
    }


def _build_upward_facts(inputs: ReportInput) -> Facts:
    """Which figures the annex carries to the level above: too many to repeat here, so their number and SHA-256."""
    if inputs.upward is None:
        return {}
    cells = "\n".join(
        f"{c.org_unit_code} {c.data_element} {c.state.value} {c.value} {c.corrected}" for c in inputs.upward.cells
    )
    form = inputs.upward.layout.form.id
    return {"form": form, "cells": len(inputs.upward.cells), "sha256": hashlib.sha256(cells.encode()).hexdigest()}


def _group_figures_by_item(figures: ReportFigures) -> Facts:
    nested: Facts = {}
    for (item, unit), figure in figures.by_key.items():
        nested.setdefault(item, {})[unit] = figure
    return nested


def _build_overview_facts(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> Facts:
    """The rows of the overview: every target with a number to reach, with its distance to the plan in %."""
    rows = [
        {
            "item": figure["item"],
            "name": _format_chart_label(inputs, figure),
            "distance": figure["distance"],
            "sign": figure["sign"],
            "status": figure["shown_status"],
            "text": figure["distance"]["text"] + "%"
            if figure["distance"]["value"] is not None
            else wording.texts["word.no_data"],
        }
        for figure in figures.list_unit_figures(inputs.area)
        if figure["target"]["value"] is not None
    ]
    spoken_rows = "; ".join(
        wording.format("summary.chart_alt_row", name=row["name"], distance=row["text"]) for row in rows
    )
    return {
        "rows": rows,
        "title": wording.format("summary.chart_title", period=inputs.period.name),
        "caption": wording.format("summary.chart_caption"),
        "axis": wording.format("summary.chart_axis"),
        "alt": wording.format("summary.chart_alt", period=inputs.period.name, rows=spoken_rows),
    }


def _format_chart_label(inputs: ReportInput, figure: Facts) -> str:
    indicator = inputs.catalogue.indicators.get(figure["indicator"])
    name = indicator.short_name if indicator else figure["title"]
    return f"{figure['item']}. {name}"


def serialize_facts(facts: Facts) -> bytes:
    """The facts as a file, a line for each part; the same bytes for the same facts."""
    parts = (f"{json.dumps(name)}: {json.dumps(part, ensure_ascii=False)}" for name, part in facts.items())
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()
