"""Sections IV and V: the plan's tasks with their state, and what units wrote of difficulties and proposals.

Room: report. Called by `facts`. Groups and counts; every text keeps the names of the units it comes from.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from etl.catalog import models as m
from etl.model import NoteReport, TaskReport
from etl.model.numbers import printed
from etl.report.dates import short_date
from etl.report.inputs import ReportInput
from etl.report.places import together
from etl.report.sentences import Sentences

_STATE_ORDER = (
    "overdue", "due_unreported", "done_late", "not_reported", "ongoing", "not_due", "done", "overtaken",
)  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_SPACE = re.compile(r"\s+")


def clean(text: str) -> str:
    """A unit's text on one line, without characters that no document may hold."""
    return _SPACE.sub(" ", _CONTROL.sub(" ", text)).strip()


# --- tasks -----------------------------------------------------------------------------------------


def tasks(given: ReportInput, say: Sentences) -> list[dict[str, Any]]:
    """Every task of the plan with its lead, deadline and what units said of it. Grain: task."""
    reports: dict[str, list[TaskReport]] = {}
    for report in given.tasks:
        if report.plan == given.plan.id:
            reports.setdefault(report.task, []).append(report)
    return [_task(given, say, task, reports.get(task.id, [])) for task in given.plan.tasks]


def _task(given: ReportInput, say: Sentences, task: m.Task, reports: list[TaskReport]) -> dict[str, Any]:
    states: list[str] = [str(report.state) for report in reports] or [_unreported_state(given, task)]
    counts = Counter(states)
    return {
        "id": task.id,
        "clause": task.clause,
        "title": task.title,
        "lead": ", ".join(_actor(given, code) for code in task.lead),
        "cooperate": ", ".join(_actor(given, code) for code in task.cooperate),
        "deadline": task.deadline.written,
        "deadline_date": short_date(task.deadline.date.isoformat()) if task.deadline.date else "",
        "dated": task.deadline.kind == "by_date",
        "states": {state: counts[state] for state in _STATE_ORDER if counts[state]},
        "situation": _situation(given, say, task, reports, states),
        "reports": [
            {
                "unit": report.unit,
                "unit_name": given.unit_name(report.unit),
                "state": report.state,
                "state_text": say.texts[f"task_state.{report.state}"],
                "stated": clean(report.stated),
                "done_on": short_date(report.done_on),
                "remark": clean(report.remark),
            }
            for report in reports
        ],
    }


def _actor(given: ReportInput, code: str) -> str:
    actor = given.catalogue.actors.get(code)
    return actor.name if actor else code


def _unreported_state(given: ReportInput, task: m.Task) -> str:
    """Where a task stands that no unit has to report on: overtaken, due, not due, or simply not reported."""
    if task.overtaken_on and task.overtaken_on <= given.period.end:
        return "overtaken"
    if task.deadline.date is None:
        return "not_reported"
    return "due_unreported" if task.deadline.date <= given.period.end else "not_due"


def _situation(given: ReportInput, say: Sentences, task: m.Task, reports: list[TaskReport], states: list[str]) -> str:
    parts = []
    for state in _STATE_ORDER:
        if state not in states:
            continue
        text = say.texts[f"task_state.{state}"]
        units = [given.unit_name(report.unit) for report in reports if report.state == state]
        if len(reports) < 2:
            parts.append(text)
        elif len(units) == len(reports):
            parts.append(say.say("task.state_count", state=text, count=printed(len(units))))
        else:
            parts.append(
                say.say("task.state_units", state=text, count=printed(len(units)), names=together(say, units, ", "))
            )
    if "overtaken" in states and task.overtaken_by:
        parts.append(say.say("task.overtaken_reason", reason=task.overtaken_by))
    return "; ".join(parts)


def listed(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tasks that the Word report names one by one: those with a date and those in arrears."""
    return [t for t in found if t["dated"] or t["states"].keys() & {"overdue", "due_unreported", "done_late"}]


def task_sentences(say: Sentences, found: list[dict[str, Any]], annex: str) -> list[str]:
    """What section IV says: how many tasks, how many reports, how they stand."""
    if not found:
        return [say.say("task.none")]
    dated = sum(task["dated"] for task in found)
    total = printed(len(found))
    if dated:
        sentences = [say.say("task.total", total=total, dated=printed(dated))]
    else:
        sentences = [say.say("task.total_undated", total=total)]
    reported = [task for task in found if task["reports"]]
    if reported:
        states = Counter(report["state"] for task in reported for report in task["reports"])
        sentences.append(
            say.say(
                "task.reports",
                reports=printed(sum(states.values())),
                tasks=printed(len(reported)),
                parts=_parts(say, states),
            )
        )
    else:
        sentences.append(say.say("task.no_reports"))
    others = Counter(state for task in found if not task["reports"] for state in task["states"])
    if others and reported:
        sentences.append(say.say("task.others", count=printed(sum(others.values())), parts=_parts(say, others)))
    sentences.append(say.say("task.annex", annex=annex) if listed(found) else say.say("task.nothing_dated"))
    return sentences


def _parts(say: Sentences, states: Counter[str]) -> str:
    ordered = [(say.texts[f"task_state.{state}"], states[state]) for state in _STATE_ORDER if states[state]]
    return "; ".join(say.say("task.part", count=printed(number), state=_lower(text)) for text, number in ordered)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


# --- difficulties, causes, proposals ---------------------------------------------------------------


def notes(given: ReportInput, say: Sentences) -> dict[str, Any]:
    """What units wrote, identical texts together, each with the units that wrote it."""
    return {
        "difficulties": _grouped(given, say, "difficulty") or [say.say("note.no_difficulty")],
        "causes": _grouped(given, say, "cause") or [say.say("note.no_cause")],
        "proposals": _grouped(given, say, "proposal") or [say.say("note.no_proposal")],
        "rows": [_note_row(given, note) for note in given.notes],
    }


def _note_row(given: ReportInput, note: NoteReport) -> dict[str, Any]:
    return {
        "unit": note.unit,
        "unit_name": given.unit_name(note.unit),
        "number": note.number,
        "difficulty": clean(note.difficulty),
        "cause": clean(note.cause),
        "proposal": clean(note.proposal),
    }


def _grouped(given: ReportInput, say: Sentences, field: str) -> list[str]:
    texts: dict[str, str] = {}
    units: dict[str, list[str]] = {}
    for note in given.notes:
        text = clean(str(getattr(note, field))).rstrip(".;, ")
        key = text.casefold()
        name = given.unit_name(note.unit)
        if key:
            texts.setdefault(key, text)
            if name not in units.setdefault(key, []):
                units[key].append(name)
    by_weight = sorted(texts, key=lambda key: -len(units[key]))  # stable: first written first among equals
    return [say.say("note.item", text=texts[key], units=together(say, units[key], ", ")) for key in by_weight]
