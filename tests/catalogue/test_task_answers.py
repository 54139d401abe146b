"""Every task of every plan is asked about once a year, or the scope says why no form does; within the year only what
has a date or has just begun."""

from __future__ import annotations

import pytest

from etl.catalog import Catalogue, models
from etl.catalog.obligations import list_obligations
from etl.catalog.task_answers import find_unasked_reason, list_task_questions
from etl.model import Period, PeriodKind
from etl.settings import PROJECT_ROOT
from tests.catalogue.whole import load_whole_catalogue

CATALOGUE = load_whole_catalogue(PROJECT_ROOT / "catalog")
LAST_YEAR = 2026
SCOPES = [scope.id for scope in CATALOGUE.scopes.values() if scope.reports]


def list_owed_years(catalogue: Catalogue, scope: models.Scope) -> list[Period]:
    years = [Period(year, PeriodKind.YEAR) for year in range(2023, LAST_YEAR + 1)]
    return [year for year in years if list_obligations(catalogue, scope, year)]


@pytest.mark.parametrize("name", SCOPES)
def test_each_task_is_asked_about_in_the_year_or_somebody_decided_that_it_is_not(name: str) -> None:
    scope = CATALOGUE.scopes[name]
    year = list_owed_years(CATALOGUE, scope)[-1]
    asked = {(plan, task) for plan, task, _ in list_task_questions(CATALOGUE, scope, year)}
    plans = [CATALOGUE.plans[plan] for plan in dict.fromkeys(report.plan for report in scope.reports)]
    tasks = [(plan.id, task) for plan in plans for task in plan.tasks]
    left = [
        (plan, task.id)
        for plan, task in tasks
        if (plan, task.id) not in asked
        and not (task.overtaken_on and task.overtaken_on <= year.end and task.overtaken_by)
        and not find_unasked_reason(scope, task)
    ]
    assert tasks and not left
    for plan, task in tasks:
        both = (plan, task.id) in asked and find_unasked_reason(scope, task)
        assert not both, f"{plan} {task.id} is asked, and said not to be"


@pytest.mark.parametrize("name", SCOPES)
def test_a_quarter_asks_only_what_has_a_date_or_is_new(name: str) -> None:
    """Since the sheets of tasks say from when; forms that had ended by then asked all, and stay as they were."""
    scope, deadlines = CATALOGUE.scopes[name], {}
    for plan in CATALOGUE.plans.values():
        deadlines |= {(plan.id, task.id): (task.deadline.kind, plan.valid_from) for task in plan.tasks}
    for quarter in Period(LAST_YEAR + 1, PeriodKind.YEAR).quarters:
        for plan, task, unit in list_task_questions(CATALOGUE, scope, quarter):
            kind, began = deadlines[plan, task]
            assert kind == "by_date" or began >= quarter.start, (quarter.key, plan, task, unit)


def test_no_quarter_form_in_force_asks_for_all_tasks() -> None:
    sheets = {
        (form.id, sheet.code): sheet.dated_from
        for form in CATALOGUE.forms.values()
        if form.period_kind != "year" and form.valid_to is None
        for sheet in form.sheets
        if sheet.layout == "tasks"
    }
    assert sheets and all(sheets.values())
