"""Who reports on the tasks of plans: which form asks whom about which task, and whom none asks, with the reason.

Room: catalogue. The question is asked of each office that leads a task: a form of the scope asks it, or the scope says
in `unasked` why none does.
"""

from __future__ import annotations

from collections.abc import Iterator

from etl.catalog import models
from etl.catalog.catalogue import Catalogue
from etl.catalog.catalogue_files import CatalogueReader
from etl.catalog.geography import is_plan_of_unit
from etl.catalog.obligations import list_obligations
from etl.catalog.problems import find_nearest
from etl.model import Period, PeriodKind


def list_asked_tasks(
    catalogue: Catalogue, scope: models.Scope, sheet: models.SheetDef, unit: models.Unit, period: Period
) -> list[tuple[models.Plan, models.Task]]:
    """The tasks that a sheet of tasks asks a unit about, in plan order; an office of the whole scope has those of each
    plan. Within the year those with a date; the form of the year asks about all."""
    own = [
        (plan, task)
        for plan, task in catalogue.list_led_tasks(scope, unit.level, period, unit.code)
        if unit.level == "agency" or is_plan_of_unit(catalogue, scope, plan.id, unit)
    ]
    if sheet.whole_list or period.kind == PeriodKind.YEAR:
        return own
    return [(plan, task) for plan, task in own if task.deadline.kind == "by_date"]


def list_task_questions(catalogue: Catalogue, scope: models.Scope, period: Period) -> set[tuple[str, str, str]]:
    """(plan, task, unit) that the forms of a period ask about."""
    return {
        (plan.id, task.id, unit.code)
        for _, form, unit in list_obligations(catalogue, scope, period)
        for sheet in form.sheets
        if sheet.layout == "tasks"
        for plan, task in list_asked_tasks(catalogue, scope, sheet, unit, period)
    }


def find_unasked_reason(scope: models.Scope, task: models.Task) -> str:
    """Why no form asks about a task, as the scope says it of its first lead; empty where one of its leads is asked."""
    if any(actor in scope.answers_for for actor in task.lead):
        return ""
    return next((entry.reason for entry in scope.unasked if task.lead[0] in entry.actors), "")


def check_task_answers(c: Catalogue, r: CatalogueReader) -> None:
    """Notes every lead of a task that a scope neither asks nor says why not, and every answer that no form takes."""
    for scope in c.scopes.values():
        plans = [c.plans[p] for p in dict.fromkeys(report.plan for report in scope.reports) if p in c.plans]
        leads = {actor: task for plan in plans for task in plan.tasks for actor in task.lead}
        unasked = [actor for entry in scope.unasked for actor in entry.actors]
        for actor, task in leads.items():
            told = unasked.count(actor) + (actor in scope.answers_for)
            if told != 1:
                problem = "is asked and unasked" if told else "is neither asked nor unasked"
                r.report(
                    r.find_place(scope).at("answers_for"),
                    f"{actor!r}, who leads task {task.id!r}, {problem}",
                    "one line: in `answers_for` who reports for it, or in `unasked` why no form does",
                    value=actor,
                )
        for entry in scope.unasked:
            for actor in entry.actors:
                if actor not in leads:
                    nearest = find_nearest(actor, leads)
                    expected = "an actor who leads a task of a plan that the scope reports on"
                    r.report(
                        r.find_place(entry).at("actors"), f"{actor!r} leads no task", expected,
                        value=actor, nearest=nearest,
                    )  # fmt: skip
        for actor in set(leads).intersection(scope.answers_for):
            for unit in _list_formless_answers(c, scope, scope.answers_for[actor]):
                r.report(
                    r.find_place(scope).at("answers_for", actor),
                    f"no form of the scope asks {unit} about tasks",
                    "a submission of a form with a sheet of tasks",
                    value=unit,
                )


def _list_formless_answers(c: Catalogue, scope: models.Scope, answers: str | tuple[str, ...]) -> Iterator[str]:
    """The level or units of an answer that owe no form with a sheet of tasks."""
    asking = [
        s for s in scope.submissions if s.form in c.forms and any(x.layout == "tasks" for x in c.forms[s.form].sheets)
    ]
    asked = {s.level for s in asking} | {unit for s in asking for unit in s.units}
    yield from (name for name in ((answers,) if isinstance(answers, str) else answers) if name not in asked)
