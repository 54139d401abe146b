"""Section VI: what the facts ask to be done in the next period. Messages of the office, filled from facts.

Room: report. Called by `facts`. It proposes nothing that no fact stands behind: a target not met, a task falling
due, a unit that did not report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from etl.messages import Messages
from etl.report import submissions
from etl.report.dates import compute_next_period, format_two_digits, is_next_period_over
from etl.report.figure_facts import Figure
from etl.report.followup import count_own_proposals
from etl.report.inputs import ReportInput
from etl.report.report_figures import ReportFigures
from etl.report.report_head import format_plan_name
from etl.report.section_facts import DifficultyGroup, PlanTask, UnitScore
from etl.report.target_results import format_short_name, group_by_path_state
from etl.report.unit_names import format_unit_list, format_unit_mention
from etl.report.unit_results import MAX_TIED_NAMES, MAX_UNIT_NAMES, limit_unit_names, select_weakest_units

_DUE_STATES = {"overdue", "due", "due_unreported"}
MAX_FAR_TARGETS = 3
"""Targets that are named as furthest from a level whose time has not come."""


def format_directions_title(inputs: ReportInput, wording: Messages) -> str:
    """The heading, in upper case as the decree asks of a section."""
    if is_next_period_over(inputs.period, inputs.day):
        return wording.format("direction.over_title").upper()
    return wording.format("direction.title", period=compute_next_period(inputs.period).name).upper()


def describe_directions(
    inputs: ReportInput,
    wording: Messages,
    figures: ReportFigures,
    ranked: tuple[UnitScore, ...],
    tasks: tuple[PlanTask, ...],
    difficulties: tuple[DifficultyGroup, ...],
) -> tuple[str, ...]:
    """What section VI says: an opening, then points, numbered if several; of a period that is over only that it is."""
    following = compute_next_period(inputs.period).name
    if is_next_period_over(inputs.period, inputs.day):
        return (wording.format("direction.over", period=following),)
    points = [
        *_describe_target_directions(inputs, wording, figures),
        *_describe_weakest_units(wording, ranked),
        *_describe_task_directions(inputs, wording, tasks, following),
        *_describe_own_proposals(inputs, wording, difficulties),
        *filter(None, [" ".join(_describe_reporting_directions(inputs, wording))]),
    ]
    opening = wording.format("direction.opening", plan=format_plan_name(inputs, wording), period=following)
    if len(points) < 2:  # one thing is no list
        return (f"{opening}.", *points)
    numbered = (f"{number}. {point}" for number, point in enumerate(points, start=1))
    return (wording.format("direction.points", opening=opening), *numbered)


def _describe_target_directions(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> Iterator[str]:
    """The targets to keep, to hasten, to put right, by name; the figures to ask for, by whom they come from."""
    grouped = group_by_path_state(inputs, figures)
    for state in ("reached", "slow", "hasten"):
        those = [f for key, group in grouped.items() if key == state for f in group]
        if those:
            names = "; ".join(format_short_name(inputs, figure) for figure in those)
            yield wording.format(f"direction.{state}", verb=wording.texts[f"path_verb.{state}"], names=names)
    yield from _describe_far_targets(inputs, wording, grouped.get("not_due", []))
    absent = {"no_data", "no_new_figure"} if inputs.period.months == 12 else {"no_data"}  # yearly ones are not due yet
    sources: dict[str, list[str]] = {}
    for figure in figures.list_counted_figures(inputs.area):
        indicator = inputs.catalogue.indicators.get(figure.indicator)
        if figure.status in absent and indicator is not None and indicator.method == "published":
            sources.setdefault(indicator.source, []).append(format_short_name(inputs, figure))
    for source, those_names in sources.items():
        yield wording.format("direction.gather", source=source, period=inputs.period.name, names="; ".join(those_names))


def _describe_far_targets(inputs: ReportInput, wording: Messages, not_due: list[Figure]) -> Iterator[str]:
    """Of the targets whose time has not come, those that are furthest from their level: they take the longest."""
    below = [(distance, f) for f in not_due if (distance := f.distance.value) is not None and distance < 0]
    furthest = [f for _, f in sorted(below, key=lambda pair: pair[0])[:MAX_FAR_TARGETS]]
    if furthest:
        names = "; ".join(format_short_name(inputs, figure) for figure in furthest)
        yield wording.format("direction.far", names=names)


def _describe_own_proposals(
    inputs: ReportInput, wording: Messages, difficulties: tuple[DifficultyGroup, ...]
) -> Iterator[str]:
    """What units ask of the office itself: it owes them an answer."""
    if count := count_own_proposals(inputs, wording, difficulties):
        yield wording.format("direction.own_proposals", count=format_two_digits(count), office=inputs.office_name)


def _describe_weakest_units(wording: Messages, ranked: tuple[UnitScore, ...]) -> Iterator[str]:
    """The units that meet the fewest targets, where they are few: help for all is help for nobody."""
    last = select_weakest_units(ranked)
    if last and len(last) <= MAX_TIED_NAMES and 2 * len(last) <= len(ranked):
        names = "; ".join(format_unit_mention(wording, row.name) for row in last)
        yield wording.format("direction.weakest", names=names)


def select_due_tasks(inputs: ReportInput, tasks: tuple[PlanTask, ...]) -> tuple[list[PlanTask], list[PlanTask]]:
    """The tasks due or overdue, and those that fall due in the next period and are not settled; none that is overtaken
    from its first day on, which nobody can do any more."""
    window = compute_next_period(inputs.period)
    dated = {task.id: task.deadline.date for task in inputs.plan.tasks}
    gone = {t.id for t in inputs.plan.tasks if t.overtaken_on is not None and t.overtaken_on <= window.start}
    tasks = tuple(task for task in tasks if task.id not in gone)
    late = [task for task in tasks if task.states.keys() & _DUE_STATES]
    due = [t for t in tasks if (day := dated[t.id]) and window.start <= day <= window.end and not _is_settled(t)]
    return late, due


def _describe_task_directions(
    inputs: ReportInput, wording: Messages, tasks: tuple[PlanTask, ...], following: str
) -> Iterator[str]:
    """What is in arrears or falls due. An office sets itself to its own tasks, and asks everybody else."""
    late, due = select_due_tasks(inputs, tasks)
    office = inputs.office_name
    for name, group, slots in (("overdue", late, {}), ("due", due, {"period": following})):
        by_lead: dict[str, list[str]] = {}
        for task in group:
            lead = office if office in task.lead.split(", ") and not is_partys_task(inputs, task) else task.lead
            by_lead.setdefault(lead or wording.texts["word.competent_authority"], []).append(task.title.rstrip(".;"))
        for lead, titles in by_lead.items():
            who = {"office": office} if lead == office else {"lead": _mention_leads(wording, lead)}
            kind = "own" if lead == office else "ask"
            yield wording.format(f"direction.{kind}_{name}", names="; ".join(titles), **who, **slots)


def _mention_leads(wording: Messages, lead: str) -> str:
    """Those who lead a task, within a sentence: a plural begins with a small letter, a name does not."""
    plural = wording.texts["word.plural"]
    return re.sub(rf"(^|, ){re.escape(plural)} ", rf"\1{plural.lower()} ", lead)


def is_partys_task(inputs: ReportInput, task: PlanTask) -> bool:
    """Whether a body of the Party is among those who lead a task."""
    leads = next(t.lead for t in inputs.plan.tasks if t.id == task.id)
    actors = [inputs.catalogue.actors.get(code) for code in leads]
    return any(actor.party for actor in actors if actor)


def _is_settled(task: PlanTask) -> bool:
    """Whether nothing is left to do: done by all who reported, or overtaken."""
    return bool(task.states) and task.states.keys() <= {"done", "done_late", "overtaken"}


def _describe_reporting_directions(inputs: ReportInput, wording: Messages) -> Iterator[str]:
    units = submissions.group_statuses_by_unit(inputs)
    absent = [s for s in units.values() if any(status.state != "accepted" for status in s)]
    if len(absent) > MAX_UNIT_NAMES:
        which = "remind_all" if len(absent) == len(units) else "remind_listed"
        yield wording.format(f"direction.{which}", count=format_two_digits(len(absent)))
    elif absent:
        names = format_unit_list(
            wording, [submissions.format_unit_with_periods(inputs, s, {"silent", "refused"}) for s in absent]
        )
        parts = submissions.spans_periods(inputs)
        slots = {} if parts else {"period": inputs.period.name}
        yield wording.format(f"direction.remind{'_parts' if parts else ''}", names=names, **slots)
    if any(submissions.count_days_late(s) > 0 for s in units.values()):
        yield wording.format("direction.on_time")
    doubtful = [s[0].unit_name for s in units.values() if any(status.findings_confirm for status in s)]
    if doubtful:
        names = limit_unit_names(wording, [format_unit_mention(wording, name) for name in doubtful])
        yield wording.format("direction.explain", names=names)
