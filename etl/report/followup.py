"""Sections IV and V: the plan's tasks with their state, and what units wrote of difficulties and proposals.

Room: report. Called by `facts`. Groups and counts; every text keeps the names of the units it comes from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from unicodedata import normalize

from etl.catalog import models
from etl.catalog.task_answers import find_unasked_reason, list_task_questions
from etl.messages import Messages
from etl.model import NoteReport, Period, PeriodKind, TaskReport
from etl.model.numbers import format_number
from etl.report.dates import format_short_date, format_two_digits
from etl.report.inputs import ReportInput
from etl.report.section_facts import DifficultyGroup, DifficultyNotes, DifficultyRow, PlanTask, PlanTasks, TaskStatement
from etl.report.target_results import lower_first_letter
from etl.report.unit_names import format_unit_list, format_unit_mention
from etl.report.unit_results import limit_unit_names

_STATE_ORDER = (
    "overdue", "due_unreported", "done_late", "not_reported", "ongoing", "not_due", "done", "overtaken", "yearly",
    "unasked",
)  # fmt: skip
_ARREARS = {"overdue", "due_unreported", "done_late"}
_UNANSWERED = {"not_reported", "due_unreported"}
_SETTLED = {"done", "done_late", "overtaken"}
MAX_LATE_TASKS = 5
"""Tasks in arrears that are named in the text; all of them are in the Excel annex."""
MAX_CELL_NAMES = 2
"""Units that a row of the table of difficulties names; all of them are in the Excel annex."""
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_WHITESPACE = re.compile(r"\s+")
_WORD = re.compile(r"\w+")


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
    now = {task for task, _ in _list_questions(inputs, _list_parts(inputs))}
    yearly = {task for task, _ in _list_questions(inputs, {Period(inputs.period.year, PeriodKind.YEAR)})}
    return tuple(
        _build_task_facts(
            inputs, wording, task, reports.get(task.id, []),
            "" if task.id in now else "yearly" if task.id in yearly else "unasked",
        )
        for task in inputs.plan.tasks
    )  # fmt: skip


def _list_parts(inputs: ReportInput) -> set[Period]:
    return {inputs.period, *inputs.period.parts_to_date}


def _list_questions(inputs: ReportInput, periods: set[Period]) -> set[tuple[str, str]]:
    """(task, unit) of the plan that the forms of some periods ask about."""
    asked = (list_task_questions(inputs.catalogue, inputs.scope, period) for period in periods)
    return {(task, unit) for questions in asked for plan, task, unit in questions if plan == inputs.plan.id}


def _build_task_facts(
    inputs: ReportInput, wording: Messages, task: models.Task, reports: list[TaskReport], unasked: str
) -> PlanTask:
    states: list[str] = [str(report.state) for report in reports] or [_classify_unreported_task(inputs, task, unasked)]
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
        unasked=find_unasked_reason(inputs.scope, task) if states == ["unasked"] else "",
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


def _classify_unreported_task(inputs: ReportInput, task: models.Task, unasked: str) -> str:
    """Where a task stands of which nobody has said anything: overtaken; asked about by no form, by that of the year
    alone, or not answered, which with a date is due or not due."""
    if task.overtaken_on and task.overtaken_on <= inputs.period.end:
        return "overtaken"
    if unasked:
        return unasked
    if task.deadline.date is None:
        return "not_reported"
    return "due_unreported" if task.deadline.date <= inputs.period.end else "not_due"


def _describe_task_situation(
    inputs: ReportInput, wording: Messages, task: models.Task, reports: list[TaskReport], states: list[str]
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
    if states == ["unasked"] and (reason := find_unasked_reason(inputs.scope, task)):
        parts.append(wording.format("task.unasked_reason", reason=reason))
    if "overtaken" in states and task.overtaken_by:
        parts.append(wording.format("task.overtaken_reason", reason=task.overtaken_by))
    return "; ".join(parts)


def select_listed_tasks(task_facts: tuple[PlanTask, ...]) -> tuple[PlanTask, ...]:
    """The tasks that the Word report names one by one: those with a date and those in arrears."""
    return tuple(t for t in task_facts if t.dated or t.states.keys() & _ARREARS)


def build_plan_tasks(inputs: ReportInput, wording: Messages, task_facts: tuple[PlanTask, ...]) -> PlanTasks:
    """Section IV: all tasks, those with a date or in arrears, and what is said of them."""
    return PlanTasks(task_facts, select_listed_tasks(task_facts), tuple(_describe_tasks(inputs, wording, task_facts)))


def _describe_tasks(inputs: ReportInput, wording: Messages, task_facts: tuple[PlanTask, ...]) -> Iterator[str]:
    """Who reported of how many tasks, which are in arrears, and which nobody is asked about by a form."""
    if not task_facts:
        yield wording.format("task.none")
        return
    asked = [task for task in task_facts if task.reports or task.states.keys() & _UNANSWERED]
    if asked:
        yield _describe_asked_tasks(inputs, wording, asked)
    late = [task for task in task_facts if task.reports and task.states.keys() & _ARREARS]
    for task in late[:MAX_LATE_TASKS]:
        yield wording.format(
            "task.late", title=task.title.rstrip(".;"), deadline=lower_first_letter(task.deadline), how=task.situation
        )
    if len(late) > MAX_LATE_TASKS:
        yield wording.format("task.more_late", count=format_two_digits(len(late) - MAX_LATE_TASKS))
    yield from _describe_earlier_statements(inputs, wording, asked)
    yield from _describe_unasked_tasks(wording, task_facts)


def _describe_earlier_statements(inputs: ReportInput, wording: Messages, asked: list[PlanTask]) -> Iterator[str]:
    """How many tasks stand as units said in the form of the last year, since none of this period asks about them."""
    now = _list_questions(inputs, _list_parts(inputs))
    earlier = sum(any((task.id, report.unit) not in now for report in task.reports) for task in asked)
    if earlier:
        yield wording.format("task.from_last_year", count=format_two_digits(earlier), year=inputs.period.year - 1)


def _describe_unasked_tasks(wording: Messages, task_facts: tuple[PlanTask, ...]) -> Iterator[str]:
    """Tasks that nobody was asked about: those of the year's form, and for each reason those of none."""
    yearly = sum("yearly" in task.states for task in task_facts)
    if yearly:
        yield wording.format("task.yearly", count=format_two_digits(yearly))
    for reason, count in Counter(task.unasked for task in task_facts if "unasked" in task.states).items():
        slots = {"reason": reason} if reason else {}
        yield wording.format("task.unasked" if reason else "task.not_yet", count=format_two_digits(count), **slots)


def _describe_asked_tasks(inputs: ReportInput, wording: Messages, asked: list[PlanTask]) -> str:
    """How many of the units that were asked reported, and how many tasks are done everywhere, under way, not begun:
    each task once."""
    said = {r.unit for task in asked for r in task.reports if r.state != "not_reported"}
    units = {r.unit for task in asked for r in task.reports}
    units |= {unit for task, unit in _list_questions(inputs, _list_parts(inputs)) if task in {t.id for t in asked}}
    tasks = format_two_digits(len(asked))
    if not said:
        return wording.format("task.none_reported", tasks=tasks)
    counts = Counter(_classify_progress(task) for task in asked)
    done = "done_one" if len(units) == 1 else "done"
    parts = [
        wording.format(f"task.part_{kind}", count=format_two_digits(count))
        for kind, state in ((done, "done"), ("ongoing", "ongoing"), ("waiting", "waiting"))
        if (count := counts[state])
    ]
    if len(units) == 1:
        (only,) = units
        return wording.format("task.one_reports", unit=inputs.find_unit_name(only), tasks=tasks, parts="; ".join(parts))
    shown = f"{format_number(len(said))}/{format_number(len(units))}"
    return wording.format("task.reports", units=shown, tasks=tasks, parts="; ".join(parts))


def _classify_progress(task: PlanTask) -> str:
    """A task as a whole: done where all who said something are done, waiting where nobody has begun."""
    states = task.states.keys() - {"not_reported"}
    if states and states <= _SETTLED:
        return "done"
    return "ongoing" if states & {"ongoing", "done", "done_late", "overdue"} else "waiting"


# --- difficulties, causes, proposals ---------------------------------------------------------------


def build_difficulty_notes(inputs: ReportInput, wording: Messages) -> DifficultyNotes:
    """What units wrote: a row for each difficulty with its causes and proposals and the units that wrote it. Where a
    row has no room for all of their names, the sentence says where they stand."""
    passed_over = {word.strip() for word in wording.texts["word.passed_over"].split(",")}
    alike = _group_difficulties(inputs, passed_over)
    groups = tuple(_build_difficulty_group(inputs, wording, notes, passed_over) for notes in alike)
    if not groups:
        heard = any(status.state == "accepted" for status in inputs.statuses)
        said = wording.format("note.no_difficulty" if heard else "note.unheard")
    else:
        named = all(len(_list_unit_names(inputs, notes)) <= MAX_CELL_NAMES for notes in alike)
        table = wording.format("note.table" if named else "note.table_more", office=inputs.office_name)
        said = " ".join([*_describe_deciding_levels(inputs, wording, groups), table])
    return DifficultyNotes(said, groups, rows=tuple(_build_note_row(inputs, note) for note in inputs.notes))


def _describe_deciding_levels(
    inputs: ReportInput, wording: Messages, groups: tuple[DifficultyGroup, ...]
) -> Iterator[str]:
    """Which proposals go to the levels above the office, and which it and the units see to themselves. Those whose
    form did not ask, or names no level that the forms know, are in the table alone."""
    nothing, area = wording.texts["word.nothing"], inputs.catalogue.find_unit(inputs.scope.area_unit, inputs.period.end)
    own = _rank_level(inputs, area.level if area else "province")
    proposed = [group.level.casefold() for group in groups if group.proposal != nothing]
    counts = Counter(level for level in proposed if _rank_level(inputs, level))
    above = {level: count for level, count in counts.items() if _rank_level(inputs, level) > own}
    below = {level: count for level, count in counts.items() if level not in above}
    for kind, chosen in (("upward", above), ("within", below)):
        if chosen:
            levels = [
                wording.format("note.level_count", level=level, count=format_two_digits(count))
                for level, count in chosen.items()
            ]
            slots = {"office": inputs.office_name} if kind == "within" else {}
            yield wording.format(f"note.{kind}", levels=", ".join(levels), **slots)


def _rank_level(inputs: ReportInput, level: str) -> int:
    """How high a level of government is, by its code or by its word in the forms; 0 where it is neither."""
    code = inputs.catalogue.decision_levels.get(level.casefold(), level)
    return 1 + models.DECISION_LEVELS.index(code) if code in models.DECISION_LEVELS else 0


def _build_note_row(inputs: ReportInput, note: NoteReport) -> DifficultyRow:
    return DifficultyRow(
        unit=note.unit,
        unit_name=inputs.find_unit_name(note.unit),
        number=note.number,
        difficulty=normalize_unit_text(note.difficulty),
        cause=normalize_unit_text(note.cause),
        proposal=normalize_unit_text(note.proposal),
        level=normalize_unit_text(note.level),
    )


def _group_difficulties(inputs: ReportInput, passed_over: set[str]) -> list[list[NoteReport]]:
    """Lines that say the same are one, but for case, spaces, signs, order and the words of `word.passed_over`; a line
    without a difficulty goes by what it has. What different levels decide on stays apart, so that a proposal goes
    only to who can decide it. The highest level first, then most units; among equals the first written.
    """
    lines: dict[tuple[frozenset[str], str], list[NoteReport]] = {}
    for note in inputs.notes:
        words = (_fold_text(text, passed_over) for text in (note.difficulty, note.cause, note.proposal))
        if key := next((found for found in words if found), None):
            lines.setdefault((key, normalize_unit_text(note.level).casefold()), []).append(note)
    return sorted(
        lines.values(), key=lambda n: (-_rank_level(inputs, normalize_unit_text(n[0].level)), -len({x.unit for x in n}))
    )


def _build_difficulty_group(
    inputs: ReportInput, wording: Messages, notes: list[NoteReport], passed_over: set[str]
) -> DifficultyGroup:
    nothing = wording.texts["word.nothing"]
    said = {part: _join_texts(notes, part, passed_over) or nothing for part in ("difficulty", "cause", "proposal")}
    mentions = [_shorten_unit_name(inputs, wording, name) for name in _list_unit_names(inputs, notes)]
    units = limit_unit_names(wording, mentions, ", ", MAX_CELL_NAMES)
    return DifficultyGroup(**said, units=units, level=normalize_unit_text(notes[0].level))


def _list_unit_names(inputs: ReportInput, notes: list[NoteReport]) -> list[str]:
    return list(dict.fromkeys(inputs.find_unit_name(note.unit) for note in notes))


def _shorten_unit_name(inputs: ReportInput, wording: Messages, name: str) -> str:
    """A unit as a narrow column names it: a body of the area needs not its own name (*Bảo hiểm xã hội tỉnh*)."""
    area = format_unit_mention(wording, inputs.find_unit_name(inputs.scope.area_unit))
    kind = area.split(" ", 1)[0]
    short = f"{name.removesuffix(area)}{kind}" if name.endswith(f" {area}") else name
    return format_unit_mention(wording, short)


def _join_texts(notes: list[NoteReport], field: str, passed_over: set[str]) -> str:
    """The different texts of a field, each once, as they were first written."""
    texts: dict[frozenset[str], str] = {}
    for note in notes:
        text = normalize_unit_text(str(getattr(note, field))).rstrip(".;, ")
        if text:
            texts.setdefault(_fold_text(text, passed_over), text)
    return "; ".join(texts.values())


def _fold_text(text: str, passed_over: set[str]) -> frozenset[str]:
    """What two texts are compared by: their words, but those that carry no meaning of their own; i and y are one."""
    words = _WORD.findall(normalize_unit_text(text).casefold())
    telling = [word for word in words if word not in passed_over] or words
    return frozenset(normalize("NFC", normalize("NFD", word).replace("y", "i")) for word in telling)
