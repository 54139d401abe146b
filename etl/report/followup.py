"""Sections IV and V: the plan's tasks with their state, and what units wrote of difficulties and proposals.

Room: report. Called by `facts`. Groups and counts; every text keeps the names of the units it comes from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from unicodedata import normalize

from etl.catalog import models
from etl.catalog.geography import list_units_below
from etl.catalog.task_answers import find_unasked_reason, list_task_questions
from etl.messages import Messages
from etl.model import NoteReport, Period, PeriodKind, TaskReport, UnitStatus
from etl.model.numbers import format_number
from etl.report.dates import format_short_date, format_two_digits
from etl.report.inputs import ReportInput
from etl.report.section_facts import DifficultyGroup, DifficultyNotes, DifficultyRow, PlanTask, PlanTasks, TaskStatement
from etl.report.submissions import format_unit_with_periods, group_statuses_by_unit
from etl.report.target_results import lower_first_letter
from etl.report.unit_names import format_unit_list, format_unit_mention
from etl.report.unit_results import limit_unit_names

_STATE_ORDER = (
    "overdue", "due", "due_unreported", "done_late", "not_reported", "ongoing", "not_due", "done", "overtaken",
    "yearly", "yearly_due", "yearly_not_due", "unasked",
)  # fmt: skip
_ARREARS = {"overdue", "due", "due_unreported", "done_late"}
_UNANSWERED = {"not_reported", "due_unreported"}
_SETTLED = {"done", "done_late", "overtaken"}
_YEARLY = {"yearly", "yearly_due", "yearly_not_due"}
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
                said_in=report.said_in,
            )
            for report in reports
        ),
    )


def _format_actor_name(inputs: ReportInput, code: str) -> str:
    actor = inputs.catalogue.actors.get(code)
    return actor.name if actor else code


def _classify_unreported_task(inputs: ReportInput, task: models.Task, unasked: str) -> str:
    """Where a task stands of which nobody has said anything: overtaken; asked about by no form, by that of the year
    alone, or not answered, which with a date is due or not due. That a day is still to come needs nobody's word."""
    if task.overtaken_on and task.overtaken_on <= inputs.period.end:
        return "overtaken"
    day = task.deadline.date
    if unasked == "unasked" or day is None:
        return unasked or "not_reported"
    if unasked:
        return "yearly_due" if day <= inputs.period.end else "yearly_not_due"
    return "due_unreported" if day <= inputs.period.end else "not_due"


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
    yield from _describe_partial_reporters(inputs, wording, asked)
    yield from _describe_earlier_statements(inputs, wording, asked)
    yield from _describe_unasked_tasks(wording, task_facts)


def _group_task_submissions(inputs: ReportInput) -> dict[str, list[UnitStatus]]:
    """The expected submissions of each unit whose forms ask about tasks."""
    asking = {form.id for form in inputs.catalogue.forms.values() if any(s.layout == "tasks" for s in form.sheets)}
    return group_statuses_by_unit(replace(inputs, statuses=tuple(s for s in inputs.statuses if s.form in asking)))


def _list_incomplete_units(inputs: ReportInput) -> dict[str, list[UnitStatus]]:
    """The submissions of each unit that owes one more on its tasks: it counts for the periods that it sent."""
    units = _group_task_submissions(inputs)
    return {unit: sent for unit, sent in units.items() if any(status.state != "accepted" for status in sent)}


def _describe_partial_reporters(inputs: ReportInput, wording: Messages, asked: list[PlanTask]) -> Iterator[str]:
    """Which units are counted by some of their periods only, and by which."""
    said = _list_speaking_units(asked)
    names = [
        format_unit_mention(wording, format_unit_with_periods(inputs, sent, {"accepted"}))
        for unit, sent in _list_incomplete_units(inputs).items()
        if unit in said and any(status.state == "accepted" for status in sent)
    ]
    if names:
        yield wording.format("task.partly", names=limit_unit_names(wording, names, "; "))


def _list_speaking_units(asked: list[PlanTask]) -> set[str]:
    return {r.unit for task in asked for r in task.reports if r.state != "not_reported"}


def _describe_earlier_statements(inputs: ReportInput, wording: Messages, asked: list[PlanTask]) -> Iterator[str]:
    """How many tasks stand as units said in the form of the last year, since none of this period asks about them."""
    earlier = sum(any(report.said_in for report in task.reports) for task in asked)
    if earlier and not _is_all_earlier(asked):
        yield wording.format("task.from_last_year", count=format_two_digits(earlier), year=inputs.period.year - 1)


def _is_all_earlier(asked: list[PlanTask]) -> bool:
    """Whether all that is known of the tasks was said in the form of the last year."""
    return all(task.reports and all(report.said_in for report in task.reports) for task in asked)


def _describe_unasked_tasks(wording: Messages, task_facts: tuple[PlanTask, ...]) -> Iterator[str]:
    """Tasks that nobody was asked about: those of the year's form, and for each reason those of none."""
    yearly = sum(bool(task.states.keys() & _YEARLY) for task in task_facts)
    if yearly:
        yield wording.format("task.yearly", count=format_two_digits(yearly))
    for reason, count in Counter(task.unasked for task in task_facts if "unasked" in task.states).items():
        slots = {"reason": reason} if reason else {}
        yield wording.format("task.unasked" if reason else "task.not_yet", count=format_two_digits(count), **slots)


def _describe_asked_tasks(inputs: ReportInput, wording: Messages, asked: list[PlanTask]) -> str:
    """How many of the units that were asked reported all that they owe, and how many tasks are done everywhere, under
    way, not yet due, not begun: each task once."""
    said = _list_speaking_units(asked)
    units = {r.unit for task in asked for r in task.reports}
    units |= {unit for task, unit in _list_questions(inputs, _list_parts(inputs)) if task in {t.id for t in asked}}
    tasks = format_two_digits(len(asked))
    if not said:
        return wording.format("task.none_reported", tasks=tasks)
    parts = "; ".join(_describe_progress(inputs, wording, asked, "done_one" if len(units) == 1 else "done"))
    if _is_all_earlier(asked):
        who = wording.format("task.units", count=format_number(len(said)))
        if len(said) == 1:
            who = format_unit_mention(wording, inputs.find_unit_name(*said))
        return wording.format("task.from_earlier", who=who, tasks=tasks, parts=parts, year=inputs.period.year - 1)
    if len(units) == 1:
        (only,) = units
        return wording.format("task.one_reports", unit=inputs.find_unit_name(only), tasks=tasks, parts=parts)
    incomplete = _list_incomplete_units(inputs)
    shown = f"{format_number(len(said - incomplete.keys()))}/{format_number(len(units))}"
    several = any(len({status.period for status in incomplete[unit]}) > 1 for unit in said & incomplete.keys())
    return wording.format("task.reports_whole" if several else "task.reports", units=shown, tasks=tasks, parts=parts)


def _describe_progress(inputs: ReportInput, wording: Messages, asked: list[PlanTask], done: str) -> Iterator[str]:
    """How many tasks stand where; of those not yet due also by when they are. `done`: the message for done ones."""
    kinds = {task.id: _classify_progress(task) for task in asked}
    counts = Counter(kinds.values())
    due = {t.deadline.date for t in inputs.plan.tasks if t.deadline.date and kinds.get(t.id) == "not_due"}
    dates = {"dates": ", ".join(format_short_date(day.isoformat()) for day in sorted(due))}
    for kind, state in ((done, "done"), ("ongoing", "ongoing"), ("not_due", "not_due"), ("waiting", "waiting")):
        if count := counts[state]:
            slots = dates if state == "not_due" else {}
            yield wording.format(f"task.part_{kind}", count=format_two_digits(count), **slots)


def _classify_progress(task: PlanTask) -> str:
    """A task as a whole: done where all who said something are done, waiting where nobody has begun; with a date that
    is still to come, not due. Without a date, not begun is all that was said."""
    states = task.states.keys() - {"not_reported"}
    if states and states <= _SETTLED:
        return "done"
    if states & {"ongoing", "done", "done_late", "due", "overdue"}:
        return "ongoing"
    return "not_due" if "not_due" in states and task.deadline_date else "waiting"


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
        said = " ".join([*_describe_deciders(inputs, wording, groups), table])
    return DifficultyNotes(said, groups, rows=tuple(_build_note_row(inputs, note) for note in inputs.notes))


def _describe_deciders(inputs: ReportInput, wording: Messages, groups: tuple[DifficultyGroup, ...]) -> Iterator[str]:
    """Which proposals go to whom above the office, and which are its own and its units' to see to, all by name. Those
    whose form did not ask, or names no level that the forms know, are in the table alone."""
    asked = [g for g in groups if g.proposal != wording.texts["word.nothing"] and _rank_level(inputs, g.level)]
    own, above, within = _rank_level(inputs, _get_office_area(inputs).level), Counter[str](), Counter[str]()
    for group in asked:
        decider = _find_decider(inputs, wording, group.level, group.proposal)
        is_above = _rank_level(inputs, group.level) >= own and decider != inputs.office_name
        (above if is_above else within)[decider] += 1
    for name, counts in (("upward", above), ("within", within)):
        parts = [
            wording.format(f"note.{name}_part", decider=decider, count=format_two_digits(count))
            for decider, count in counts.items()
        ]
        if parts:
            yield wording.format(f"note.{name}", parts="; ".join(parts))


def count_own_proposals(inputs: ReportInput, wording: Messages, groups: tuple[DifficultyGroup, ...]) -> int:
    """How many proposals the office itself decides on."""
    asked = (g for g in groups if g.proposal != wording.texts["word.nothing"] and _rank_level(inputs, g.level))
    return sum(_find_decider(inputs, wording, g.level, g.proposal) == inputs.office_name for g in asked)


def _find_decider(inputs: ReportInput, wording: Messages, level: str, proposal: str) -> str:
    """Who decides on a proposal that a unit put to a level: the office where it asks that one by name, or has no
    people's committee above it; else the ministry, or the committee of the level. Of a level that is no more, whoever
    has its task; of words that the forms do not know, these."""
    catalogue, area, day = inputs.catalogue, _get_office_area(inputs), inputs.day
    office, rank, own = catalogue.get_office(inputs.scope, day), _rank_level(inputs, level), area.level
    if proposal.casefold().startswith(wording.format("note.to_office", office=office.name).casefold()):
        return office.name
    if not rank or (rank == _rank_level(inputs, own) and not office.parent_body):
        return office.name if rank else level
    code = models.DECISION_LEVELS[rank - 1]
    if code == "nation":
        return wording.texts["note.decider_nation"]
    if rank < _rank_level(inputs, own):
        exists = list_units_below(catalogue, area, code, day)
        return wording.format(f"note.decider_{'below' if exists else 'ended'}", level=level.casefold())
    while area.level != code and (above := catalogue.find_unit(area.parent, day)):
        area = above
    name = format_unit_mention(wording, catalogue.find_unit_name(area.code, day))
    return catalogue.find_body_name(wording.format("note.decider", area=name), day)


def _get_office_area(inputs: ReportInput) -> models.Unit:
    """The area of the office: of its scope, or of the one that has taken its place."""
    scope = inputs.catalogue.find_issuing_scope(inputs.scope, inputs.day) or inputs.scope
    catalogue, code = inputs.catalogue, scope.area_unit
    return catalogue.find_unit(code, inputs.day) or catalogue.list_units_of_code(code)[-1]


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
    level = normalize_unit_text(notes[0].level)
    decider = _find_decider(inputs, wording, level, said["proposal"])
    short = _drop_area_name(decider, format_unit_mention(wording, _get_office_area(inputs).name))
    return DifficultyGroup(**said, units=units, level=level, decider=f"{short[:1].upper()}{short[1:]}")


def _list_unit_names(inputs: ReportInput, notes: list[NoteReport]) -> list[str]:
    return list(dict.fromkeys(inputs.find_unit_name(note.unit) for note in notes))


def _shorten_unit_name(inputs: ReportInput, wording: Messages, name: str) -> str:
    """A unit as a narrow column names it: a body of the area needs not its own name (*Bảo hiểm xã hội tỉnh*)."""
    area = format_unit_mention(wording, inputs.find_unit_name(inputs.scope.area_unit))
    return format_unit_mention(wording, _drop_area_name(name, area))


def _drop_area_name(name: str, area: str) -> str:
    """A body's name that ends in that of the area, with the area's kind alone (*Bảo hiểm xã hội tỉnh*)."""
    return f"{name.removesuffix(area)}{area.split(' ', 1)[0]}" if name.endswith(f" {area}") else name


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
