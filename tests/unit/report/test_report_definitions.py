"""What a number is said of and of whom: never a verdict, a shortfall or a count that its definition does not carry."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from etl.attain import compute_target_attainment
from etl.messages import Messages
from etl.model import ElementKind, ObservedIndicator, Period
from etl.report import ReportInput
from tests.unit.report.test_report_figures import figure_of, row
from tests.wording import told


@pytest.mark.parametrize("item", ["1", "2", "3", "4"])
def test_what_provincial_hospitals_have_too_is_judged_for_the_province_alone(given: ReportInput, item: str) -> None:
    plan, period = given.plan, Period.parse("2024")
    target = next(t for t in plan.targets if t.item == item)
    assert target.indicator
    indicator = given.catalogue.indicators[target.indicator]
    seen = ObservedIndicator(indicator.code, "608", period, Fraction(1), Fraction(10000), Fraction(1), 22, 22)
    judged = {
        level: compute_target_attainment(
            plan.id, target, indicator, replace(seen, level=level), unit="608", period=period
        )
        for level in ("district", "province")
    }
    district = judged["district"]
    assert (district.value, district.met, district.people_missing) == (None, None, None)
    assert told(district.reason) == "chỉ tính chung cho toàn tỉnh"
    assert judged["province"].met is not None and judged["province"].value == 1


@pytest.mark.parametrize(("unit", "cases", "printed"), [("23281", 2, "dưới 5"), ("23281", 5, ""), ("608", 2, "")])
def test_a_few_cases_of_a_commune_are_not_printed(
    given: ReportInput, say: Messages, unit: str, cases: int, printed: str
) -> None:
    few = replace(row(given, "15.1"), unit=unit, numerator=Fraction(cases), as_of="")
    assert figure_of(given, say, few).withheld == printed


def test_rates_of_events_stand_on_the_average_population_and_shares_on_that_of_the_last_day(given: ReportInput) -> None:
    for indicator in given.catalogue.indicators.values():
        below = [given.catalogue.elements[t.data_element] for t in indicator.terms if t.side == "denominator"]
        people = {e.kind for e in below if e.code in {"pop_avg", "pop_total"}}
        if people:
            assert people == {ElementKind.AVERAGE if indicator.accumulates else ElementKind.STOCK}, indicator.code
