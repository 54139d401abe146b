"""What each scope expects, period by period."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from etl.catalog import Catalogue, models
from etl.catalog.calendar import compute_deadline
from etl.catalog.geography import (
    find_area,
    find_inheritance,
    find_plan_area,
    get_plan_area_code,
    is_plan_of_unit,
    is_within_area,
    list_area_units,
)
from etl.catalog.obligations import list_obligations, list_opened_periods
from etl.catalog.owed_cells import list_owed_cells
from etl.model import Period, PeriodKind
from tests.catalogue.seeds import TRANSCRIBED


@pytest.mark.parametrize(
    ("scope", "period", "expected"),
    [
        ("kon-tum", "2024Q1", 10),
        ("kon-tum", "2025Q2", 10),
        ("kon-tum", "2023Q4", 0),
        ("kon-tum", "2025Q3", 0),
        ("kon-tum", "2025", 0),
        ("tan-yen", "2025Q3", 0),
        ("quang-ngai", "2025Q2", 0),
        ("quang-ngai", "2025Q3", 106),
        ("quang-ngai", "2026Q4", 106),
        ("quang-ngai", "2025", 110),
        ("quang-ngai", "2026", 124),
        ("quang-ngai", "2030", 124),
        ("bac-ninh", "2025Q3", 99),
        ("bac-ninh", "2026Q3", 99),
        ("bac-ninh", "2026", 100),
        ("kon-tum", "2023", 18),
        ("kon-tum", "2024", 35),
        ("toan-quoc", "2025Q4", 0),
        ("toan-quoc", "2026Q1", 34),
        ("toan-quoc", "2026", 34),
        ("tan-yen", "2024Q1", 19),
        ("tan-yen", "2024", 26),
        ("tan-yen", "2025Q2", 19),
        ("tan-yen", "2023", 19),
    ],
)
def test_expected_submissions(catalogue: Catalogue, scope: str, period: str, expected: int) -> None:
    found = list_obligations(catalogue, catalogue.get_scope(scope), Period.parse(period))
    assert len(found) == expected
    assert len({(form.id, unit.code) for _, form, unit in found}) == expected


def test_2023_arrives_as_year_forms_only(catalogue: Catalogue) -> None:
    for scope in map(catalogue.get_scope, ("bac-giang", "kon-tum", "tan-yen")):
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
            first = Period.parse(submission.from_period)
            assert form.period_kind in regime.period_kinds
            assert form.valid_from <= first.start
            assert regime.valid_from <= first.end, "a period is reported under the regime of its last day"
            for rule in (regime, form):
                if submission.to_period and rule.valid_to:
                    assert Period.parse(submission.to_period).end <= rule.valid_to


def test_reports_are_of_the_scopes_own_plans_at_the_cadences_of_the_plans_duties(catalogue: Catalogue) -> None:
    for scope in catalogue.scopes.values():
        for report in scope.reports:
            assert report.plan in scope.plans
        for plan in {r.plan for r in scope.reports}.intersection(TRANSCRIBED):
            cadences = {r.cadence for r in scope.reports if r.plan == plan}
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
    found = list_obligations(catalogue, catalogue.get_scope("quang-ngai"), Period.parse("2025Q3"))
    assert {u.parent for _, _, u in found} == {"51"}
    assert sum(u.level == "commune" for _, _, u in found) == 96


def test_40_communes_of_quang_ngai_and_five_of_bac_ninh_carry_the_former_plans(catalogue: Catalogue) -> None:
    for scope_id, plan, area, carrying in (("quang-ngai", "kt-1693", "62", 40), ("bac-ninh", "ty-ct25", "216", 5)):
        scope = catalogue.get_scope(scope_id)
        communes = list_area_units(catalogue, scope, "commune", date(2026, 11, 26))
        assert get_plan_area_code(catalogue, scope, plan) == area
        assert get_plan_area_code(catalogue, scope, "ttg-ct25") == scope.area_unit
        assert sum(is_plan_of_unit(catalogue, scope, plan, unit) for unit in communes) == carrying
        assert all(is_plan_of_unit(catalogue, scope, "ttg-ct25", unit) for unit in communes)


def test_a_change_of_name_alone_is_data(catalogue: Catalogue) -> None:
    """Bắc Ninh is a city since 20/09/2026, and twelve of its communes are wards: codes, forms and plans go on."""
    scope, before, after = catalogue.get_scope("bac-ninh"), date(2026, 9, 19), date(2026, 9, 20)
    old, new = (list_area_units(catalogue, scope, "commune", day) for day in (before, after))
    assert sorted(u.code for u in old) == sorted(u.code for u in new)
    assert (sum(u.type == "Phường" for u in old), sum(u.type == "Phường" for u in new)) == (33, 45)
    assert [catalogue.find_unit_name("24", day) for day in (before, after)] == ["Tỉnh Bắc Ninh", "Thành phố Bắc Ninh"]
    area = find_area(catalogue, scope)
    assert area and find_inheritance(catalogue, "ttg-ct25", "all", area, after) is None
    assert [catalogue.get_office(scope, day).parent_body for day in (before, after)] == [
        "UBND TỈNH BẮC NINH",
        "UBND THÀNH PHỐ\nBẮC NINH",
    ]
    assert catalogue.find_body_name("Ủy ban nhân dân tỉnh Bắc Ninh", before) == "Ủy ban nhân dân tỉnh Bắc Ninh"
    assert catalogue.find_body_name("Ủy ban nhân dân tỉnh Bắc Giang", after) == "Ủy ban nhân dân thành phố Bắc Ninh"


def test_an_abolished_office_issues_nothing(catalogue: Catalogue) -> None:
    last, next_day = date(2025, 6, 30), date(2025, 7, 1)
    kon_tum, bac_giang = catalogue.get_scope("kon-tum"), catalogue.get_scope("bac-giang")
    heads = [catalogue.find_office(kon_tum, day) for day in (last, next_day)]
    assert [office.parent_body for office in heads if office] == ["UBND TỈNH KON TUM", "UBND TỈNH QUẢNG NGÃI"]
    assert catalogue.find_office(bac_giang, last) is not None
    assert catalogue.find_office(bac_giang, next_day) is None, "no scope goes on with it"
    assert catalogue.get_office(bac_giang, next_day).awaits


def _list_ever_opened(
    catalogue: Catalogue, scope: models.Scope, first: date, last: date, every: int
) -> dict[str, date]:
    """Each period with the day on which it is found open, asked for every so many days."""
    opened: dict[str, date] = {}
    day = first
    while day <= last:
        for period in list_opened_periods(catalogue, scope, day):
            opened.setdefault(period.key, day)
        day += timedelta(days=every)
    return opened


@pytest.mark.parametrize("scope_id", ["quang-ngai", "bac-ninh"])
def test_the_calendar_walks_to_2030(catalogue: Catalogue, scope_id: str) -> None:
    """Asked daily, every owed period opens on the first day of its last month; asked twice a year, none is lost."""
    scope = catalogue.get_scope(scope_id)
    owed = [p for kind in PeriodKind for p in catalogue.list_owed_periods(scope, kind)]
    assert {p.key for p in owed} >= {"2025Q3", "2025", "2026Q4", "2030Q4", "2030"}
    daily = _list_ever_opened(catalogue, scope, date(2025, 7, 1), date(2030, 12, 31), 1)
    assert daily == {p.key: p.end.replace(day=1) for p in owed}
    assert _list_ever_opened(catalogue, scope, date(2025, 9, 20), date(2031, 6, 30), 182).keys() == daily.keys()


def test_a_fresh_install_in_mid_quarter_opens_what_the_year_rests_on(catalogue: Catalogue) -> None:
    found = [p.key for p in list_opened_periods(catalogue, catalogue.get_scope("quang-ngai"), date(2026, 11, 26))]
    assert sorted(found) == ["2025", "2025Q4", "2026Q1", "2026Q2", "2026Q3"]
    assert list_opened_periods(catalogue, catalogue.get_scope("kon-tum"), date(2026, 11, 26)) == []


def test_a_cadence_may_be_a_half_year_or_nine_months() -> None:
    for cadence in ("half", "nine_months"):
        assert models.ReportDef(plan="p", cadence=cadence, recipients=("A",), clause="c", basis="configured")  # type: ignore[arg-type]


# Statistics are published for the provinces of today: of a province that is no more nobody publishes any.
NOT_PUBLISHED_ANY_MORE = {"life_expectancy", "tfr", "imr", "u5mr", "mmr", "stunting"}


@pytest.mark.parametrize("scope_id", ["quang-ngai", "bac-ninh"])
def test_every_indicator_of_a_live_scope_is_asked_of_somebody_in_the_plans_area(
    catalogue: Catalogue, scope_id: str
) -> None:
    scope, missing = catalogue.get_scope(scope_id), dict[str, set[str]]()
    for plan in scope.plans:
        area = find_plan_area(catalogue, scope, plan)
        asked = {
            element
            for key in ("2026Q4", "2026")
            for unit, elements in list_owed_cells(catalogue, scope_id, Period.parse(key)).items()
            if area is not None and (area == find_area(catalogue, scope) or is_within_area(catalogue, area, unit))
            for element in elements
        }
        for target in catalogue.plans[plan].targets:
            indicator = catalogue.indicators.get(target.indicator or "")
            if indicator is not None:
                needed = {term.data_element for term in indicator.terms}
                needed |= {e for e in (indicator.published_element, indicator.recognised_by) if e}
                if needed - asked:
                    missing[indicator.code] = needed - asked
    assert set(missing) == (NOT_PUBLISHED_ANY_MORE if scope_id == "quang-ngai" else set())
    assert all(catalogue.indicators[code].method == "published" for code in missing)
