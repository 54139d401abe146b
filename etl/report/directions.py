"""Section VI: what the facts ask to be done in the next period. Messages of the office, filled from facts.

Room: report. Called by `facts`. It proposes nothing that no fact stands behind: a target not met, a task falling
due, a unit that did not report.
"""

from __future__ import annotations

from collections.abc import Iterator

from etl.messages import Messages
from etl.model.numbers import format_number
from etl.report import submissions
from etl.report.dates import compute_next_period
from etl.report.figure_facts import Figure
from etl.report.inputs import ReportInput
from etl.report.report_figures import ReportFigures
from etl.report.report_head import format_plan_name
from etl.report.section_facts import PlanTask, UnitScore
from etl.report.unit_names import format_unit_list
from etl.report.unit_results import select_weakest_units

_OVERDUE_STATES = {"overdue", "due_unreported"}


def format_directions_title(inputs: ReportInput, wording: Messages) -> str:
    """The heading, in upper case as the decree asks of a section."""
    return wording.format("direction.title", period=compute_next_period(inputs.period).name).upper()


def describe_directions(
    inputs: ReportInput,
    wording: Messages,
    figures: ReportFigures,
    ranked: tuple[UnitScore, ...],
    tasks: tuple[PlanTask, ...],
) -> tuple[str, ...]:
    """What section VI says: an opening, then numbered points, each with its list where it has one."""
    following = compute_next_period(inputs.period).name
    points = [
        *_describe_target_directions(inputs, wording, figures),
        *_describe_weakest_units(wording, ranked),
        *_describe_task_directions(inputs, wording, tasks, following),
        *_describe_reporting_directions(inputs, wording),
    ]
    opening = wording.format("direction.opening", plan=format_plan_name(inputs.plan), period=following)
    if not points:
        return (f"{opening}.",)
    numbered = [(f"{number}. {head}", *rest) for number, (head, *rest) in enumerate(points, start=1)]
    return (wording.format("direction.points", opening=opening), *(line for point in numbered for line in point))


def _describe_target_directions(
    inputs: ReportInput, wording: Messages, figures: ReportFigures
) -> Iterator[tuple[str, ...]]:
    area_figures = list(figures.list_unit_figures(inputs.area))
    good = sum(figure.status in {"met", "within_plan"} for figure in area_figures)
    if good:
        yield (wording.format("direction.keep", count=format_number(good)),)
    for status in ("not_met", "over_plan"):
        those = [figure for figure in area_figures if figure.status == status]
        if those:
            head = wording.format(f"direction.{status}", count=format_number(len(those)))
            yield head, *_format_dash_list([_describe_shortfall(wording, figure) for figure in those])
    absent = {"no_data", "no_new_figure"} if inputs.period.months == 12 else {"no_data"}  # yearly ones are not due yet
    without = [figure.name for figure in area_figures if figure.status in absent]
    if without:
        yield wording.format("direction.gather", count=format_number(len(without))), *_format_dash_list(without)


def _describe_shortfall(wording: Messages, figure: Figure) -> str:
    if figure.missing.value is None:
        return figure.name
    kind = "above" if figure.status == "over_plan" or figure.operator in {"<", "<="} else "short"
    if figure.operator in {"eliminate", "maintain_elimination"}:
        kind = "left"
    return wording.format(f"direction.{kind}", name=figure.name, missing=figure.missing.text)


def _describe_weakest_units(wording: Messages, ranked: tuple[UnitScore, ...]) -> Iterator[tuple[str, ...]]:
    """The units that meet the fewest targets, where they are a minority: help for all is help for nobody."""
    last = select_weakest_units(ranked)
    if last and 2 * len(last) <= len(ranked):
        yield (wording.format("direction.weakest", names=format_unit_list(wording, [row.name for row in last])),)


def _describe_task_directions(
    inputs: ReportInput, wording: Messages, tasks: tuple[PlanTask, ...], following: str
) -> Iterator[tuple[str, ...]]:
    late = [task for task in tasks if task.states.keys() & _OVERDUE_STATES]
    if late:
        yield (
            wording.format("direction.overdue", count=format_number(len(late))),
            *_format_dash_list([_describe_task(wording, task) for task in late]),
        )
    window = compute_next_period(inputs.period)
    falling_due = {
        task.id for task in inputs.plan.tasks if task.deadline.date and window.start <= task.deadline.date <= window.end
    }
    due = [task for task in tasks if task.id in falling_due and not _is_settled(task)]
    if due:
        head = wording.format("direction.due", count=format_number(len(due)), period=following)
        yield head, *_format_dash_list([_describe_task(wording, task) for task in due])


def _is_settled(task: PlanTask) -> bool:
    """Whether nothing is left to do: done by all who reported, or overtaken."""
    return bool(task.states) and task.states.keys() <= {"done", "done_late", "overtaken"}


def _describe_task(wording: Messages, task: PlanTask) -> str:
    return wording.format(
        "direction.task",
        title=task.title.rstrip(".;"),
        lead=task.lead or wording.texts["word.not_stated"],
        deadline=task.deadline[:1].lower() + task.deadline[1:],
    )


def _describe_reporting_directions(inputs: ReportInput, wording: Messages) -> Iterator[tuple[str, ...]]:
    units = submissions.group_statuses_by_unit(inputs)
    absent = [s for s in units.values() if any(status.state != "accepted" for status in s)]
    if absent:
        names = format_unit_list(
            wording, [submissions.format_unit_with_periods(inputs, s, {"silent", "refused"}) for s in absent]
        )
        yield (wording.format("direction.remind", period=inputs.period.name, names=names),)
    late = [s[0].unit_name for s in units.values() if submissions.count_days_late(s) > 0]
    if late:
        yield (wording.format("direction.on_time", names=format_unit_list(wording, late)),)
    doubtful = [s[0].unit_name for s in units.values() if any(status.findings_confirm for status in s)]
    if doubtful:
        yield (wording.format("direction.explain", names=format_unit_list(wording, doubtful)),)


def _format_dash_list(entries: list[str]) -> list[str]:
    """A dash list: semicolons, and a full stop at the end."""
    return [f"- {entry}{'.' if place == len(entries) else ';'}" for place, entry in enumerate(entries, start=1)]
