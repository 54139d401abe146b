"""Levels against the year before, of each quarter alone, and of a sum over years: worked out by hand beside each case."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from etl.attain import OtherFigures, compute_target_attainment, list_compared_periods
from etl.catalog import models
from etl.messages import load_messages
from etl.model import Attainment, ObservedIndicator, Period
from etl.settings import PROJECT_ROOT

WORDING = load_messages(PROJECT_ROOT / "templates")


def build_indicator(method: str, **more: object) -> models.Indicator:
    sides = {"numerator": {"elements": ["some"]}} | (
        {"denominator": {"elements": ["all"]}} if method == "ratio" else {}
    )
    plain = {
        "code": "x", "name": "x", "short_name": "x", "method": method, "factor": 100 if method == "ratio" else 1, "unit": "tin",
        "direction": "up", "frequency": "quarter", "source": "x", "definition": "x", "basis": "configured",
    }  # fmt: skip
    return models.Indicator.model_validate(plain | sides | {"accumulates": method == "sum"} | more)


def build_target(stone: dict[str, object], *others: dict[str, object], **more: object) -> models.Target:
    stones = [{"written": "w", "operator": ">="} | one for one in (stone, *others)]
    plain = {"item": "1", "clause": "1", "title": "t", "indicator": "x", "kind": "threshold", "milestones": stones}
    return models.Target.model_validate(plain | more)


def judge(target: models.Target, indicator: models.Indicator, period: str, figures: dict[str, Any]) -> Attainment:
    """A target in a period, from what was observed in each: a number, or a number and what else is known of it."""
    seen = {}
    for key, told in figures.items():
        value, more = told if isinstance(told, tuple) else (told, {})
        number = None if value is None else Fraction(value)
        below = None if indicator.method == "sum" or number is None else Fraction(100)
        seen[Period.parse(key)] = ObservedIndicator(
            "x", "62", Period.parse(key), number, below, number, **{"expected": 1, "present": 1, **more}
        )
    key = Period.parse(period)
    others = {p: seen.get(p) for p in list_compared_periods(target, key)}
    return compute_target_attainment(
        "p", target, indicator, seen.get(key), unit="62", period=key, others=OtherFigures(None, others)
    )


def tell(row: Attainment) -> str:
    return WORDING.describe(row.reason)


# --- the year before --------------------------------------------------------------------------------------

GROWTH = {"period": "2030", "operator": ">", "relative": {"percent": 3, "previous_year": True, "yearly": True}}


@pytest.mark.parametrize(
    ("period", "before", "value", "level", "status"),
    [
        ("2026Q3", "80", "82.4", "82.4", "not_met"),  # 80 × 1,03 = 82,4: “trên” is strict
        ("2026Q3", "80", "82.41", "82.4", "met"),
        ("2028", "90", "92.71", "92.7", "met"),  # a year before, and not compounded from a first one
    ],
)
def test_growth_on_the_year_before_is_that_on_the_same_period(
    period: str, before: str, value: str, level: str, status: str
) -> None:
    past = Period.parse(period).same_period_last_year.key
    row = judge(build_target(GROWTH), build_indicator("ratio"), period, {past: before, period: value, "2024": "1"})
    assert (row.target, row.status) == (Fraction(level), status)
    assert row.target_period == period and row.progress is None


def test_growth_of_a_count_is_held_against_the_same_months_and_concluded_at_the_years_end() -> None:
    """100 by September of last year, so 103 are to be passed by this one's."""
    target, indicator = build_target(GROWTH), build_indicator("sum")
    within, outside, closed = (
        judge(target, indicator, period, {past: "100", period: value})
        for period, past, value in (("2026Q3", "2025Q3", "104"), ("2026Q3", "2025Q3", "103"), ("2026", "2025", "103"))
    )
    assert (within.status, within.prorated_target, within.met) == ("within_plan", 103, None)
    assert (outside.status, outside.people_missing, outside.met) == ("no_verdict", 1, None)
    assert (closed.status, closed.met) == ("not_met", False)
    assert tell(within) == "đạt mức so với cùng kỳ năm trước; kết luận khi hết năm"


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        ({"2026Q3": "90"}, "chưa có số liệu gốc (quý III năm 2025) để tính mức phải đạt nên không kết luận"),
        ({"2026Q3": "90", "2025Q3": ("80", {"as_of": "2024"})}, "chưa có số liệu gốc (quý III năm 2025)"),
        ({"2026Q3": "90", "2025Q3": ("80", {"since": "2025Q3"})}, "chưa có số liệu gốc (quý III năm 2025)"),
        (
            {"2026Q3": ("90", {"definition": "12 loại"}), "2025Q3": ("80", {"definition": "8 loại"})},
            "định nghĩa thay đổi",
        ),
    ],
)
def test_without_the_same_period_of_the_year_before_nothing_is_concluded(figures: dict[str, Any], says: str) -> None:
    row = judge(build_target(GROWTH), build_indicator("ratio"), "2026Q3", figures)
    assert (row.met, row.target) == (None, None) and tell(row).startswith(says)


def test_a_change_on_the_year_before_holds_in_its_own_year_alone() -> None:
    relative = {"change": "0.5", "previous_year": True}
    target = build_target({"period": "2026", "relative": relative}, {"period": "2030", "value": 95})
    figures = {"2024": "70", "2025": "80", "2026": "80.5", "2027": "81"}
    assert [(r.target, r.met) for p in ("2026", "2027") for r in [judge(target, build_indicator("ratio"), p, figures)]] == [
        (Fraction("80.5"), True), (95, False),
    ]  # fmt: skip
    assert tell(judge(target, build_indicator("ratio"), "2025", figures)) == "mốc áp dụng từ năm 2026 trở đi"
    ended = judge(build_target(GROWTH), build_indicator("ratio"), "2031", {"2030": "80", "2031": "99"})
    assert (ended.met, tell(ended)) == (None, "mốc áp dụng đến hết năm 2030")


# --- each quarter alone -----------------------------------------------------------------------------------

QUARTERS = {"period": "2030", "value": 4}
NEWS = {"2026Q1": "5", "2026Q2": "9", "2026Q3": "12", "2026Q4": "20", "2026": "20", "2026H1": "9", "2026H2": "11"}


@pytest.mark.parametrize(
    ("period", "value", "met"),
    [
        ("2026Q1", 5, True),
        ("2026Q2", 4, True),  # 9 − 5
        ("2026Q3", 3, False),  # 12 − 9, though 12 is more than three quarters' four
        ("2026H1", 4, True),
        ("2026H2", 3, False),  # the third is the worse of two
        ("2026", 3, False),  # 20 in all, and one quarter short
    ],
)
def test_a_level_of_each_quarter_is_held_against_what_the_quarter_alone_brought(
    period: str, value: int, met: bool
) -> None:
    row = judge(build_target(QUARTERS, each_quarter=True), build_indicator("sum"), period, NEWS)
    assert (row.value, row.met, row.people_missing) == (value, met, None if met else 1)
    assert (row.progress, row.bounds, row.target_period) == (None, None, period)


def test_a_ceiling_of_each_quarter_looks_at_the_highest() -> None:
    target = build_target({"period": "2030", "operator": "<=", "value": 7}, each_quarter=True)
    row = judge(target, build_indicator("sum", direction="down"), "2026", NEWS)
    assert (row.value, row.met) == (8, False)  # 20 − 12


@pytest.mark.parametrize(
    ("period", "figures", "says"),
    [
        ("2026Q2", {"2026Q2": "9"}, "chưa có đủ số liệu của quý II năm 2026 nên không tính được"),
        ("2026", {**NEWS, "2026Q2": None}, "chưa có đủ số liệu của quý II năm 2026, quý III năm 2026 nên"),
        ("2026Q2", {"2026Q1": "9", "2026Q2": "5"}, "chưa có đủ số liệu của quý II năm 2026"),  # lowered afterwards
        (
            "2026Q2",
            {"2026Q1": "5", "2026Q2": ("9", {"expected": 2})},
            "chưa có đủ số liệu của quý II năm 2026",
        ),  # of others
        ("2026-05", {"2026-05": "9"}, "mục tiêu tính riêng từng quý nên không có số theo tháng"),
    ],
)
def test_a_quarter_that_is_not_known_leaves_no_figure(period: str, figures: dict[str, Any], says: str) -> None:
    row = judge(build_target(QUARTERS, each_quarter=True), build_indicator("sum"), period, figures)
    assert (row.value, row.status) == (None, "no_data") and tell(row).startswith(says)


def test_the_first_quarter_that_anybody_owed_is_whole() -> None:
    late = {"2026Q2": ("5", {"since": "2026Q2"}), "2026Q3": ("9", {"since": "2026Q2"})}
    values = [judge(build_target(QUARTERS, each_quarter=True), build_indicator("sum"), p, late).value for p in late]
    assert values == [5, 4]


# --- a sum over years -------------------------------------------------------------------------------------

IN_ALL = {"period": "2030", "value": 20}


@pytest.mark.parametrize(
    ("period", "figures", "value", "status"),
    [
        ("2026Q2", {"2026Q2": "3"}, 3, "not_met"),
        ("2027Q3", {"2026": "8", "2027Q3": "3"}, 11, "not_met"),
        ("2028", {"2026": "8", "2027": "5", "2028": "7"}, 20, "met"),  # reached for good, two years early
        ("2028H2", {"2026": "8", "2027": "5", "2028": "7", "2028H2": "2"}, 20, "met"),  # counted from July: the year's
    ],
)
def test_years_are_added_up(period: str, figures: dict[str, Any], value: int, status: str) -> None:
    row = judge(build_target(IN_ALL, summed_from="2026"), build_indicator("sum"), period, figures)
    assert (row.value, row.status, row.target) == (value, status, 20)
    assert row.people_missing == (None if status == "met" else 20 - value)


def test_a_sum_over_years_starts_from_nothing_and_its_path_is_straight() -> None:
    """After two of five years 8 of 20 are to be there."""
    row = judge(build_target(IN_ALL, summed_from="2026"), build_indicator("sum"), "2027", {"2026": "3", "2027": "4"})
    assert (row.value, row.path_value, row.progress) == (7, 8, Fraction(7, 8))


def test_a_sum_under_its_ceiling_is_concluded_when_its_years_are_over() -> None:
    target = build_target({"period": "2030", "operator": "<=", "value": 20}, summed_from="2026")
    indicator = build_indicator("sum", direction="down")
    years = {"2026": "3", "2027": "4", "2028": "1", "2029": "1", "2030": "1"}
    shares = [judge(target, indicator, p, years) for p in ("2026", "2027", "2030")]
    assert [(r.status, r.prorated_target) for r in shares] == [("within_plan", 4), ("within_plan", 8), ("met", None)]
    assert judge(target, indicator, "2027", {"2026": "5", "2027": "4"}).status == "over_plan"
    assert judge(target, indicator, "2027", {"2026": "15", "2027": "6"}).status == "not_met"


@pytest.mark.parametrize(
    ("period", "figures", "says"),
    [
        ("2028", {"2026": "8", "2028": "7"}, "chưa có đủ số liệu của năm 2027 nên không tính được"),
        ("2028", {"2026": ("8", {"as_of": "2025"}), "2027": "1", "2028": "7"}, "chưa có đủ số liệu của năm 2026"),
        ("2025", {"2025": "8"}, "mốc áp dụng từ năm 2026 trở đi"),
    ],
)
def test_a_year_that_is_not_known_leaves_no_sum(period: str, figures: dict[str, Any], says: str) -> None:
    row = judge(build_target(IN_ALL, summed_from="2026"), build_indicator("sum"), period, figures)
    assert (row.value, row.status) == (None, "no_data") and tell(row).startswith(says)


def test_a_sum_that_began_within_its_first_year_says_since_when() -> None:
    figures = {"2026": ("8", {"since": "2026Q3"}), "2027": "5"}
    row = judge(build_target(IN_ALL, summed_from="2026"), build_indicator("sum"), "2027", figures)
    assert (row.value, row.since, row.met) == (13, "2026Q3", None)
    enough = judge(build_target(IN_ALL, summed_from="2026"), build_indicator("sum"), "2027", {**figures, "2027": "12"})
    assert enough.met is True


# --- what makes no sense ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stone", "more", "says"),
    [
        (QUARTERS, {"each_quarter": True, "summed_from": "2026"}, "give either `each_quarter` or `summed_from`"),
        (QUARTERS, {"summed_from": "2026Q1"}, "summed_from '2026Q1' is not a year"),
        (QUARTERS, {"summed_from": "2026", "kind": "maintain"}, "go with kind threshold, or track"),
        ({"period": "2030", "operator": "=", "value": 4}, {"each_quarter": True}, "go with a floor, or with a ceiling"),
        (GROWTH, {"each_quarter": True}, "go with plain values"),
        ({"period": "2026Q3", "relative": {"percent": 3, "previous_year": True}}, {}, "needs a year as its period"),
        (
            {"period": "2026", "relative": {"percent": 3, "previous_year": True, "base": {"period": "2020", "written": "x"}}},
            {}, "leave `base` out",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(stone: dict[str, object], more: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        build_target(stone, **more)


# --- whose level a number is ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stone", "met"),
    [
        ({"period": "2026", "value": 1200}, None),
        ({"period": "2026", "relative": {"change": 500}}, None),
        ({"period": "2026", "relative": {"percent": 3}}, False),
    ],
)
def test_so_many_in_all_are_asked_of_the_area_and_of_no_unit_under_it(
    stone: dict[str, object], met: bool | None
) -> None:
    """A growth by so many per cent is everybody's own."""
    target = build_target(stone, baseline={"period": "2024", "written": "1000", "value": 1000})
    indicator, period = build_indicator("sum"), Period.parse("2026")
    seen = ObservedIndicator("x", "1", period, Fraction(100), None, Fraction(100), 1, 1)
    start = ObservedIndicator("x", "1", Period.parse("2024"), Fraction(100), None, Fraction(100), 1, 1)
    of_unit, of_area = (
        compute_target_attainment("p", target, indicator, seen, unit="1", period=period, others=OtherFigures(own))
        for own in (start, None)
    )
    assert (of_unit.met, of_area.met) == (met, False)
    assert (of_unit.people_missing is None) is (met is None)
    assert met is not None or tell(of_unit) == "mức giao cho toàn địa bàn, không giao riêng từng đơn vị"
