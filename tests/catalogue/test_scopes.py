"""What each scope expects, period by period."""

from __future__ import annotations

from datetime import date

import pytest

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.catalog.calendar import compute_deadline
from etl.catalog.obligations import list_obligations
from etl.model import Period, PeriodKind


@pytest.mark.parametrize(
    ("scope", "period", "expected"),
    [
        ("kon-tum", "2024Q1", 10),
        ("kon-tum", "2025Q2", 10),
        ("kon-tum", "2023Q4", 0),
        ("kon-tum", "2025Q3", 50),
        ("kon-tum", "2025Q4", 50),
        ("kon-tum", "2025", 54),
        ("tan-yen", "2025Q3", 5),
        ("tan-yen", "2025", 5),
        ("kon-tum", "2026Q1", 0),
        ("kon-tum", "2023", 18),
        ("kon-tum", "2024", 18),
        ("tan-yen", "2024Q1", 19),
        ("tan-yen", "2025Q2", 19),
        ("tan-yen", "2023", 19),
    ],
)
def test_expected_submissions(catalogue: Catalogue, scope: str, period: str, expected: int) -> None:
    found = list_obligations(catalogue, catalogue.get_scope(scope), Period.parse(period))
    assert len(found) == expected
    assert len({(form.id, unit.code) for _, form, unit in found}) == expected


def test_2023_arrives_as_year_forms_only(catalogue: Catalogue) -> None:
    for scope in catalogue.scopes.values():
        assert Period.parse("2023") in catalogue.list_owed_periods(scope, PeriodKind.YEAR)
        assert min(catalogue.list_owed_periods(scope, PeriodKind.QUARTER)) == Period.parse("2024Q1")


def test_every_expected_submission_has_a_deadline(catalogue: Catalogue) -> None:
    for scope in catalogue.scopes.values():
        for kind in (PeriodKind.QUARTER, PeriodKind.YEAR):
            for period in catalogue.list_owed_periods(scope, kind):
                for submission, form, _ in list_obligations(catalogue, scope, period):
                    assert compute_deadline(catalogue, submission.regime, form.level, period) > period.end


def test_expected_periods_lie_within_their_regime_and_form(catalogue: Catalogue) -> None:
    for scope in catalogue.scopes.values():
        for submission in scope.submissions:
            regime, form = catalogue.regimes[submission.regime], catalogue.forms[submission.form]
            first, last = Period.parse(submission.from_period), Period.parse(submission.to_period)
            assert form.period_kind in regime.period_kinds
            assert form.valid_from <= first.start
            assert regime.valid_from <= first.end, "a period is reported under the regime of its last day"
            for rule in (regime, form):
                assert rule.valid_to is None or last.end <= rule.valid_to


def test_reports_are_of_the_scopes_own_plans_at_the_cadences_of_the_plans_duties(catalogue: Catalogue) -> None:
    for scope in catalogue.scopes.values():
        for report in scope.reports:
            assert report.plan in scope.plans
        for plan in {r.plan for r in scope.reports}:
            cadences = {r.cadence for r in scope.reports if r.plan == plan}
            assert cadences >= {"quarter", "year"}
            assert cadences == set(catalogue.plans[plan].duties[0].cadence)


def test_every_unit_with_a_duty_upwards_is_reported_for(catalogue: Catalogue) -> None:
    """Each plan of the province's scope has a report; Tân Yên answers for its own plan."""
    assert {r.plan for r in catalogue.get_scope("kon-tum").reports} == set(catalogue.get_scope("kon-tum").plans)
    assert {r.plan for r in catalogue.get_scope("tan-yen").reports} == {"ty-ct25"}


def test_from_the_third_quarter_of_2025_no_district_reports(catalogue: Catalogue) -> None:
    for scope in catalogue.scopes.values():
        for kind in PeriodKind:
            for period in catalogue.list_owed_periods(scope, kind):
                levels = {unit.level for _, _, unit in list_obligations(catalogue, scope, period)}
                assert ("district" in levels) <= (period.end < date(2025, 7, 1)), period
    kon_tum = catalogue.get_scope("kon-tum")
    found = list_obligations(catalogue, kon_tum, Period.parse("2025Q3"))
    assert {u.parent for _, _, u in found} == {"51"}
    assert sum(u.level == "commune" for _, _, u in found) == 40


def test_a_cadence_may_be_a_half_year_or_nine_months() -> None:
    for cadence in ("half", "nine_months"):
        assert m.ReportDef(plan="p", cadence=cadence, recipients=("A",), clause="c", basis="configured")  # type: ignore[arg-type]
