"""Which reports are due and have no draft, and why none is drafted where there would be nothing in it.

Room: attainment. Called by the announcements, the drafts and the alerts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from etl.attainment.report_inputs import fetch_period_statuses
from etl.catalog import Catalogue, models
from etl.catalog.geography import is_plan_of_unit
from etl.model import Period, UnitStatus
from etl.warehouse import attainment_store
from etl.warehouse.run_context import RunContext

if TYPE_CHECKING:
    from sqlalchemy import Connection


def find_no_report_reason(
    catalogue: Catalogue, scope: models.Scope, plan: str, period: Period, statuses: Iterable[UnitStatus]
) -> str:
    """Why a plan has no report of a period; empty where it has one. `statuses`: the scope's of the period.

    Nothing of a plan was carried out before there was the plan, and what nobody has reported on cannot be reported.
    """
    if not catalogue.plans[plan].is_reported_for(period):
        return f"the plan is of {catalogue.plans[plan].valid_from}, after the period's end"
    asked = list(select_plan_statuses(catalogue, scope, plan, statuses))
    if asked and all(status.state != "accepted" for status in asked):
        return f"none of the {len({s.unit for s in asked})} units that owe a form has one accepted"
    return ""


def select_plan_statuses(
    catalogue: Catalogue, scope: models.Scope, plan: str, statuses: Iterable[UnitStatus]
) -> Iterable[UnitStatus]:
    """Those of the units that a plan is measured on."""
    for status in statuses:
        unit = catalogue.find_unit(status.unit, Period.parse(status.period).end)
        if unit and is_plan_of_unit(catalogue, scope, plan, unit):
            yield status


def list_undrafted_periods(
    conn: Connection, catalogue: Catalogue, scopes: Iterable[models.Scope], older_than_minutes: int = 0
) -> list[tuple[str, str]]:
    """(scope, period) that was computed since a report of it was drafted or last found to stand, and that has what a
    report is made from."""
    found: dict[tuple[str, str], list[str]] = {}
    by_name = {scope.id: scope for scope in scopes}
    names = [name for scope in by_name.values() for name in scope.report_names]
    for scope, plan, period in attainment_store.list_outdated_reports(conn, names, older_than_minutes):
        found.setdefault((scope, period), []).append(plan)
    return [key for key, plans in found.items() if _has_report(conn, catalogue, by_name[key[0]], key[1], plans)]


def _has_report(conn: Connection, catalogue: Catalogue, scope: models.Scope, key: str, plans: list[str]) -> bool:
    period = Period.parse(key)
    wanted = [plan for plan in plans if catalogue.plans[plan].is_reported_for(period)]
    if not wanted:
        return False
    statuses = fetch_period_statuses(RunContext(conn, catalogue, scope, period))
    return any(not find_no_report_reason(catalogue, scope, plan, period, statuses) for plan in wanted)


def list_unheard_periods(
    conn: Connection, catalogue: Catalogue, scopes: Iterable[models.Scope], older_than_minutes: int, day: str
) -> list[tuple[str, str, int]]:
    """(scope, period, units) whose last deadline lies before a day (ISO), and for which nobody has a form accepted."""
    by_name = {scope.id: scope for scope in scopes}
    names = [name for scope in by_name.values() for name in scope.report_names]
    unheard = []
    for name, key in dict.fromkeys(
        (scope, period)
        for scope, plan, period in attainment_store.list_outdated_reports(conn, names, older_than_minutes)
        if catalogue.plans[plan].is_reported_for(Period.parse(period))
    ):
        statuses = fetch_period_statuses(RunContext(conn, catalogue, by_name[name], Period.parse(key)))
        if statuses and all(s.state != "accepted" for s in statuses) and max(s.due for s in statuses) < day:
            unheard.append((name, key, len({status.unit for status in statuses})))
    return unheard
