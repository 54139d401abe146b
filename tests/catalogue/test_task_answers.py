"""Every task of every plan is asked about once a year, or the scope says why no form does; within the year only what
has a date."""

from __future__ import annotations

import pytest

from etl.catalog import Catalogue, models
from etl.catalog.layout import build_form_layout
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
def test_a_form_within_the_year_asks_only_about_tasks_with_a_date(name: str) -> None:
    """In each quarter of each year: also where forms that were issued before asked about all."""
    scope, dated = CATALOGUE.scopes[name], set()
    for plan in CATALOGUE.plans.values():
        dated |= {(plan.id, task.id) for task in plan.tasks if task.deadline.kind == "by_date"}
    for year in range(2024, LAST_YEAR + 2):
        for quarter in Period(year, PeriodKind.YEAR).quarters:
            asked = {(plan, task) for plan, task, _ in list_task_questions(CATALOGUE, scope, quarter)}
            assert asked <= dated, quarter.key


def test_no_form_has_a_sheet_that_asks_nothing() -> None:
    left_out = set()
    for name in SCOPES:
        scope = CATALOGUE.scopes[name]
        for period in (Period.parse(key) for key in ("2023", "2024Q1", "2024", "2026Q3", "2026Q4", "2026")):
            for _, form, unit in list_obligations(CATALOGUE, scope, period):
                if not any(sheet.kind.is_upward for sheet in form.sheets):
                    sheets = build_form_layout(CATALOGUE, scope, form, unit, period).sheets
                    assert all(sheet.inputs for sheet in sheets), (form.id, unit.code, period.key)
                    left_out |= {(form.id, s.code) for s in form.sheets} - {(form.id, s.code) for s in sheets}
    assert {("xa-quarter", "X4"), ("kt-district-year", "B5")} <= left_out, "without tasks there is no sheet of them"
