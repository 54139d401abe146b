"""Section VI: what the facts ask to be done in the next period. Sentences of the office, filled from facts.

Room: report. Called by `facts`. It proposes nothing that no fact stands behind: a target not met, a task falling
due, a unit that did not report.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from etl.model.numbers import printed
from etl.report import submissions
from etl.report.by_unit import weakest
from etl.report.dates import next_period
from etl.report.figures import Figure, Figures
from etl.report.head import plan_name
from etl.report.inputs import ReportInput
from etl.report.places import together
from etl.report.sentences import Sentences

Task = dict[str, Any]
_ARREARS = {"overdue", "due_unreported"}


def title(given: ReportInput, say: Sentences) -> str:
    """The heading, in upper case as the decree asks of a section."""
    return say.say("direction.title", period=next_period(given.period).name).upper()


def sentences(
    given: ReportInput, say: Sentences, figures: Figures, ranked: list[dict[str, Any]], tasks: list[Task]
) -> list[str]:
    """What section VI says: an opening, then numbered points, each with its list where it has one."""
    following = next_period(given.period).name
    points = [
        *_targets(given, say, figures),
        *_weakest_units(say, ranked),
        *_tasks(given, say, tasks, following),
        *_reporting(given, say),
    ]
    opening = say.say("direction.opening", plan=plan_name(given.plan), period=following)
    if not points:
        return [f"{opening}."]
    numbered = [(f"{number}. {head}", *rest) for number, (head, *rest) in enumerate(points, start=1)]
    return [say.say("direction.points", opening=opening), *(line for point in numbered for line in point)]


def _targets(given: ReportInput, say: Sentences, figures: Figures) -> Iterator[tuple[str, ...]]:
    mine = list(figures.of_unit(given.area))
    good = sum(figure["status"] in {"met", "within_plan"} for figure in mine)
    if good:
        yield (say.say("direction.keep", count=printed(good)),)
    for status in ("not_met", "over_plan"):
        those = [figure for figure in mine if figure["status"] == status]
        if those:
            head = say.say(f"direction.{status}", count=printed(len(those)))
            yield head, *_list([_short_of(say, figure) for figure in those])
    absent = {"no_data", "no_new_figure"} if given.period.months == 12 else {"no_data"}  # yearly ones are not due yet
    without = [figure["name"] for figure in mine if figure["status"] in absent]
    if without:
        yield say.say("direction.gather", count=printed(len(without))), *_list(without)


def _short_of(say: Sentences, figure: Figure) -> str:
    if figure["missing"]["value"] is None:
        return str(figure["name"])
    kind = "above" if figure["status"] == "over_plan" or figure["operator"] in {"<", "<="} else "short"
    if figure["operator"] in {"eliminate", "maintain_elimination"}:
        kind = "left"
    return say.say(f"direction.{kind}", name=figure["name"], missing=figure["missing"]["text"])


def _weakest_units(say: Sentences, ranked: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    """The units that meet the fewest targets, where they are a minority: help for all is help for nobody."""
    last = weakest(ranked)
    if last and 2 * len(last) <= len(ranked):
        yield (say.say("direction.weakest", names=together(say, [row["name"] for row in last])),)


def _tasks(given: ReportInput, say: Sentences, tasks: list[Task], following: str) -> Iterator[tuple[str, ...]]:
    late = [task for task in tasks if task["states"].keys() & _ARREARS]
    if late:
        yield say.say("direction.overdue", count=printed(len(late))), *_list([_task(say, task) for task in late])
    window = next_period(given.period)
    falling_due = {
        task.id for task in given.plan.tasks if task.deadline.date and window.start <= task.deadline.date <= window.end
    }
    due = [task for task in tasks if task["id"] in falling_due and not _settled(task)]
    if due:
        head = say.say("direction.due", count=printed(len(due)), period=following)
        yield head, *_list([_task(say, task) for task in due])


def _settled(task: Task) -> bool:
    """Whether nothing is left to do: done by all who reported, or overtaken."""
    return bool(task["states"]) and task["states"].keys() <= {"done", "done_late", "overtaken"}


def _task(say: Sentences, task: Task) -> str:
    return say.say(
        "direction.task",
        title=task["title"].rstrip(".;"),
        lead=task["lead"] or say.texts["word.not_stated"],
        deadline=task["deadline"][:1].lower() + task["deadline"][1:],
    )


def _reporting(given: ReportInput, say: Sentences) -> Iterator[tuple[str, ...]]:
    units = submissions.by_unit(given)
    absent = [s for s in units.values() if any(status.state != "accepted" for status in s)]
    if absent:
        names = together(say, [submissions.named(given, s, {"silent", "refused"}) for s in absent])
        yield (say.say("direction.remind", period=given.period.name, names=names),)
    late = [s[0].unit_name for s in units.values() if submissions.days_late(s) > 0]
    if late:
        yield (say.say("direction.on_time", names=together(say, late)),)
    doubtful = [s[0].unit_name for s in units.values() if any(status.findings_confirm for status in s)]
    if doubtful:
        yield (say.say("direction.explain", names=together(say, doubtful)),)


def _list(entries: list[str]) -> list[str]:
    """A dash list: semicolons, and a full stop at the end."""
    return [f"- {entry}{'.' if place == len(entries) else ';'}" for place, entry in enumerate(entries, start=1)]
