"""Sections IV and V: the plan's tasks with their state, and what units wrote of difficulties and proposals.

Room: report. Called by `facts`. Groups and counts; every text keeps the names of the units it comes from.
"""

from __future__ import annotations

import re
from collections import Counter

from etl.catalog import models as m
from etl.messages import Messages
from etl.model import NoteReport, TaskReport
from etl.model.numbers import format_number
from etl.report.dates import format_short_date
from etl.report.inputs import ReportInput
from etl.report.section_facts import DifficultyNotes, DifficultyRow, PlanTask, PlanTasks, TaskStatement
from etl.report.unit_names import format_unit_list

_STATE_ORDER = (
    "overdue", "due_unreported", "done_late", "not_reported", "ongoing", "not_due", "done", "overtaken",
)  # fmt: skip
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_WHITESPACE = re.compile(r"\s+")


def normalize_unit_text(text: str) -> str:
    """A unit's text on one line, without characters that no document may hold."""
    return _WHITESPACE.sub(" ", _CONTROL_CHARACTERS.sub(" ", text)).strip()


# --- tasks -----------------------------------------------------------------------------------------


def build_plan_task_facts(inputs: ReportInput, wording: Messages) -> tuple[PlanTask, ...]:
    """Every task of the plan with its lead, deadline and what units said of it. Grain: task."""
    reports: dict[str, list[TaskReport]] = {}
    for report in inputs.tasks:
        if report.plan == inputs.plan.id:
            reports.setdefault(report.task, []).append(report)
    return tuple(_build_task_facts(inputs, wording, task, reports.get(task.id, [])) for task in inputs.plan.tasks)


def _build_task_facts(inputs: ReportInput, wording: Messages, task: m.Task, reports: list[TaskReport]) -> PlanTask:
    states: list[str] = [str(report.state) for report in reports] or [_classify_unreported_task(inputs, task)]
    counts = Counter(states)
    return PlanTask(
        id=task.id,
        clause=task.clause,
        title=task.title,
        lead=", ".join(_format_actor_name(inputs, code) for code in task.lead),
        cooperate=", ".join(_format_actor_name(inputs, code) for code in task.cooperate),
        deadline=task.deadline.written,
        deadline_date=format_short_date(task.deadline.date.isoformat()) if task.deadline.date else "",
        dated=task.deadline.kind == "by_date",
        states={state: counts[state] for state in _STATE_ORDER if counts[state]},
        situation=_describe_task_situation(inputs, wording, task, reports, states),
        reports=tuple(
            TaskStatement(
                unit=report.unit,
                unit_name=inputs.find_unit_name(report.unit),
                state=report.state,
                state_text=wording.texts[f"task_state.{report.state}"],
                stated=normalize_unit_text(report.stated),
                done_on=format_short_date(report.done_on),
                remark=normalize_unit_text(report.remark),
            )
            for report in reports
        ),
    )


def _format_actor_name(inputs: ReportInput, code: str) -> str:
    actor = inputs.catalogue.actors.get(code)
    return actor.name if actor else code


def _classify_unreported_task(inputs: ReportInput, task: m.Task) -> str:
    """Where a task stands that no unit has to report on: overtaken, due, not due, or simply not reported."""
    if task.overtaken_on and task.overtaken_on <= inputs.period.end:
        return "overtaken"
    if task.deadline.date is None:
        return "not_reported"
    return "due_unreported" if task.deadline.date <= inputs.period.end else "not_due"


def _describe_task_situation(
    inputs: ReportInput, wording: Messages, task: m.Task, reports: list[TaskReport], states: list[str]
) -> str:
    parts = []
    for state in _STATE_ORDER:
        if state not in states:
            continue
        text = wording.texts[f"task_state.{state}"]
        units = [inputs.find_unit_name(report.unit) for report in reports if report.state == state]
        if len(reports) < 2:
            parts.append(text)
        elif len(units) == len(reports):
            parts.append(wording.format("task.state_count", state=text, count=format_number(len(units))))
        else:
            parts.append(
                wording.format(
                    "task.state_units",
                    state=text,
                    count=format_number(len(units)),
                    names=format_unit_list(wording, units, ", "),
                )
            )
    if "overtaken" in states and task.overtaken_by:
        parts.append(wording.format("task.overtaken_reason", reason=task.overtaken_by))
    return "; ".join(parts)


def select_listed_tasks(task_facts: tuple[PlanTask, ...]) -> tuple[PlanTask, ...]:
    """The tasks that the Word report names one by one: those with a date and those in arrears."""
    return tuple(t for t in task_facts if t.dated or t.states.keys() & {"overdue", "due_unreported", "done_late"})


def build_plan_tasks(wording: Messages, task_facts: tuple[PlanTask, ...], annex: str) -> PlanTasks:
    """Section IV: all tasks, those listed in its annex, and what is said of them."""
    return PlanTasks(task_facts, select_listed_tasks(task_facts), tuple(_describe_tasks(wording, task_facts, annex)))


def _describe_tasks(wording: Messages, task_facts: tuple[PlanTask, ...], annex: str) -> list[str]:
    """How many tasks, how many reports, how they stand."""
    if not task_facts:
        return [wording.format("task.none")]
    dated = sum(task.dated for task in task_facts)
    total = format_number(len(task_facts))
    if dated:
        sentences = [wording.format("task.total", total=total, dated=format_number(dated))]
    else:
        sentences = [wording.format("task.total_undated", total=total)]
    reported = [task for task in task_facts if task.reports]
    if reported:
        states = Counter(report.state for task in reported for report in task.reports)
        sentences.append(
            wording.format(
                "task.reports",
                reports=format_number(sum(states.values())),
                tasks=format_number(len(reported)),
                parts=_format_state_counts(wording, states),
            )
        )
    else:
        sentences.append(wording.format("task.no_reports"))
    others = Counter(state for task in task_facts if not task.reports for state in task.states)
    if others and reported:
        sentences.append(
            wording.format(
                "task.others", count=format_number(sum(others.values())), parts=_format_state_counts(wording, others)
            )
        )
    sentences.append(
        wording.format("task.annex", annex=annex)
        if select_listed_tasks(task_facts)
        else wording.format("task.nothing_dated")
    )
    return sentences


def _format_state_counts(wording: Messages, states: Counter[str]) -> str:
    ordered = [(wording.texts[f"task_state.{state}"], states[state]) for state in _STATE_ORDER if states[state]]
    return "; ".join(
        wording.format("task.part", count=format_number(number), state=_lower_first_letter(text))
        for text, number in ordered
    )


def _lower_first_letter(text: str) -> str:
    return text[:1].lower() + text[1:]


# --- difficulties, causes, proposals ---------------------------------------------------------------


def build_difficulty_notes(inputs: ReportInput, wording: Messages) -> DifficultyNotes:
    """What units wrote, identical texts together, each with the units that wrote it."""
    return DifficultyNotes(
        difficulties=_group_note_texts(inputs, wording, "difficulty") or (wording.format("note.no_difficulty"),),
        causes=_group_note_texts(inputs, wording, "cause") or (wording.format("note.no_cause"),),
        proposals=_group_note_texts(inputs, wording, "proposal") or (wording.format("note.no_proposal"),),
        rows=tuple(_build_note_row(inputs, note) for note in inputs.notes),
    )


def _build_note_row(inputs: ReportInput, note: NoteReport) -> DifficultyRow:
    return DifficultyRow(
        unit=note.unit,
        unit_name=inputs.find_unit_name(note.unit),
        number=note.number,
        difficulty=normalize_unit_text(note.difficulty),
        cause=normalize_unit_text(note.cause),
        proposal=normalize_unit_text(note.proposal),
    )


def _group_note_texts(inputs: ReportInput, wording: Messages, field: str) -> tuple[str, ...]:
    texts: dict[str, str] = {}
    units: dict[str, list[str]] = {}
    for note in inputs.notes:
        text = normalize_unit_text(str(getattr(note, field))).rstrip(".;, ")
        key = text.casefold()
        name = inputs.find_unit_name(note.unit)
        if key:
            texts.setdefault(key, text)
            if name not in units.setdefault(key, []):
                units[key].append(name)
    by_weight = sorted(texts, key=lambda key: -len(units[key]))  # stable: first written first among equals
    return tuple(
        wording.format("note.item", text=texts[key], units=format_unit_list(wording, units[key], ", "))
        for key in by_weight
    )
