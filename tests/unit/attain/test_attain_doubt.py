"""Bounds, control limits, outlooks and series, beyond what the tables draw."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from fractions import Fraction as F
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from etl.attain import build_projections, build_series, compute_control_limits, compute_own_value, list_series_periods
from etl.attain.bounds import find_extreme_ratio
from etl.attain.outlook import compute_forecast, select_unbroken_run
from etl.catalog import models
from etl.model import Gap, ObservedIndicator, Period, SeriesPoint
from etl.model.reason import build_reason
from etl.model.results import LONE_SIDES
from etl.model.trend import compare_attainments
from tests.spec.cases import baseline, indicator, judge, milestone, seen, target
from tests.spec.doubt_tables import RULES
from tests.wording import told

PAIRS = st.tuples(st.integers(0, 50), st.integers(0, 60)).map(lambda p: (F(p[0]), F(p[1])))
KNOWN = st.tuples(st.integers(0, 200), st.integers(1, 300)).map(lambda p: (F(p[0]), F(p[1])))


@settings(deadline=None)
@given(known=KNOWN, choices=st.lists(st.lists(PAIRS, min_size=1, max_size=4), max_size=4), highest=st.booleans())
def test_the_extreme_is_that_of_all_choices(
    known: tuple[F, F], choices: list[list[tuple[F, F]]], highest: bool
) -> None:
    every = [
        (known[0] + sum(n for n, _ in picked)) / (known[1] + sum(d for _, d in picked)) for picked in product(*choices)
    ]
    assert find_extreme_ratio(known, choices, highest=highest) == (max if highest else min)(every)


@settings(deadline=None)
@given(
    known=KNOWN,
    choices=st.lists(st.lists(PAIRS, min_size=1, max_size=3), min_size=1, max_size=3),
    operator=st.sampled_from(["≥", ">", "≤", "<"]),
    level=st.integers(0, 100),
)
def test_a_sure_verdict_is_that_of_every_way_to_fill_the_gaps(
    known: tuple[F, F], choices: list[list[tuple[F, F]]], operator: str, level: int
) -> None:
    """Every choice tried and compared by itself: the verdict is sure where all agree, and only there."""
    signs = {"≥": lambda v: v >= level, ">": lambda v: v > level, "≤": lambda v: v <= level, "<": lambda v: v < level}
    every = {
        signs[operator]((known[0] + sum(n for n, _ in picked)) / (known[1] + sum(d for _, d in picked)) * 100)
        for picked in product(*choices)
    }
    observed = seen(
        "2025",
        None,
        gaps=tuple(Gap(str(i), tuple(pairs)) for i, pairs in enumerate([[known], *choices])),
        no_figure=build_reason(LONE_SIDES, units="x"),
    )
    row = judge(target("threshold", milestone("2025", operator, str(level))), indicator(), observed, "2025")
    assert row.bounds_met is (every.pop() if len(every) == 1 else None)
    assert (row.value, row.met, row.status) == (None, None, "no_data")


def test_a_range_that_lies_between_both_ends_is_not_surely_missed() -> None:
    """Below it and above it both miss; in between it is met."""
    gaps = (Gap("a", ((F(0), F(0)), (F(50), F(0)))), Gap("b", ((F(10), F(100)),)))
    no_figure = build_reason(LONE_SIDES, units="x")
    observed = seen("2025", None, gaps=gaps, no_figure=no_figure)
    ranges = {(20, 30): None, (5, 70): True, (61, 70): False, (5, 9): False, (10, 60): True, (11, 59): None}
    for (low, high), sure in ranges.items():
        goal = models.Milestone.model_validate(
            {"period": "2025", "written": "x", "operator": "between", "value": Decimal(low), "upper": Decimal(high)}
        )
        assert judge(target("threshold", goal), indicator(), observed, "2025").bounds_met is sure


def test_units_at_the_floor_are_bounded_as_units() -> None:
    plan = target("per_unit", milestone("2025", "≥", "100"), floor="90")
    gaps = (Gap("a", ((F(9), F(10)), (F(10), F(10)))), Gap("b", ((F(8), F(10)), (F(9), F(10)))))
    observed = seen("2025", F(77), present=98, expected=100, at_floor=(("90", 98),), gaps=gaps)
    row = judge(plan, indicator(method="share_of_units"), observed, "2025")
    assert (row.met, row.bounds, row.bounds_turn) == (True, (F(99), F(100)), True)


def test_a_place_on_the_path_that_missing_units_could_change_hangs_on_them() -> None:
    """From 93,46 to 95 in two years: in its ninth month the path is at 94,0375, and 94,0086 is the least on it."""
    plan = target("threshold", milestone("2025", "≥", "95"), base=baseline("2023", "93,46"))
    for whole, turns in ((F("94.00"), True), (F("94.01"), False)):
        gaps = (Gap("a", ((whole * 10 - F("846.63"), F(100)),)),)
        observed = seen("2024Q3", F("94.07"), numerator=F("846.63"), denominator=F(900), gaps=gaps)
        row = judge(plan, indicator(), observed, "2024Q3")
        assert (row.met, row.progress_class, row.bounds) == (False, "on_track", (whole, whole))
        assert row.bounds_turn is turns


def test_nothing_missing_needs_no_bounds() -> None:
    row = judge(target("track"), indicator(), seen("2025", F(90), numerator=F(9), denominator=F(10)), "2025")
    assert (row.bounds, told(row.bounds_reason)) == (None, "")


def points(*values: float, definition: str = "") -> list[SeriesPoint]:
    return [SeriesPoint(f"{2024 + i // 4}Q{i % 4 + 1}", F(str(v)), definition) for i, v in enumerate(values)]


def test_a_jump_in_the_series_does_not_widen_its_limits() -> None:
    steady = [10, 11] * 7
    found = compute_control_limits(points(*steady, 60))
    assert found is not None
    assert found.high - found.mean == F(266, 100)
    assert told(found.signals[0]).endswith("ngoài giới hạn kiểm soát")


def test_a_constant_series_has_no_signals() -> None:
    found = compute_control_limits(points(*[100] * 13))
    assert found is not None
    assert (found.low, found.high, found.signals, found.provisional) == (100, 100, (), False)


@settings(deadline=None)
@given(values=st.lists(st.integers(-50, 50), min_size=5, max_size=12), at=st.integers(40, 60))
def test_the_line_is_that_of_the_library(values: list[int], at: int) -> None:
    times = [3.0 * i for i in range(len(values))]
    found = compute_forecast(list(zip(times, map(float, values), strict=True)), float(at))
    line = stats.linregress(times, values)
    assert found.centre == pytest.approx(line.intercept + line.slope * at, abs=1e-6)
    x = np.asarray(times)
    rest = np.asarray(values) - line.intercept - line.slope * x
    variance = (rest @ rest) / (len(x) - 2) * (1 + 1 / len(x) + (at - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum())
    assert found.spread >= variance**0.5 - 1e-6
    low, high = found.compute_prediction_interval(0.95)
    assert high - low == pytest.approx(2 * stats.t.ppf(0.975, len(x) - 2) * found.spread, abs=1e-6)
    assert found.compute_probability_below(found.centre) == pytest.approx(0.5 if found.spread else 0, abs=1e-6)


def goal(sign: str, value: str, **more: object) -> models.Target:
    return target("threshold", milestone("2025", sign, value), milestone("2030", sign, value), **more)


RULES_TO_2030 = RULES.model_copy(update={"horizons": (2025, 2030)})


def test_a_share_never_leaves_its_scale() -> None:
    found = build_projections(
        goal("≥", "99"), indicator(), points(80, 90, 93, 96, 97, 98), Period.parse("2025Q2"), RULES_TO_2030
    )
    assert [one.year for one in found] == [2025, 2030]
    assert all(one.high is not None and one.low is not None and 0 <= one.low <= one.high <= 100 for one in found)


def test_a_share_that_touches_its_end_is_still_projected() -> None:
    found = build_projections(goal("≥", "100"), indicator(), points(*[100] * 6), Period.parse("2025Q2"), RULES)[0]
    assert (found.value, found.low, found.high, found.chance) == (100, 100, 100, "rất có khả năng")


def test_a_change_of_definition_begins_a_new_series() -> None:
    mixed = [*points(10, 20, 30, definition="8"), *points(40, 41, 42, 43, definition="12")[0:4]]
    assert [p.value for p in select_unbroken_run(mixed)] == [40, 41, 42, 43]
    found = build_projections(goal("≥", "60"), indicator(factor=1000), mixed, Period.parse("2025Q2"), RULES)[0]
    assert (found.points, told(found.reason)) == (4, "quá ít số liệu để dự báo: có 4 kỳ, cần ít nhất 6")


def test_a_goal_of_another_definition_gets_no_probability() -> None:
    plan = target("conditional", milestone("2025", "≥", "60", "12 loại"))
    found = build_projections(plan, indicator(factor=1000), points(1, 2, 3, 4, 5, 6), Period.parse("2025Q2"), RULES)[0]
    assert found.value is not None
    assert (found.probability, told(found.reason)[:8]) == (None, "không rõ")


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (goal("=", "10"), "mục tiêu là đúng một con số nên không có xác suất đạt"),
        (
            target("threshold", milestone("2024", "≥", "3"), milestone("2025", "loại trừ")),
            "mục tiêu của năm không phải là một con số nên không có xác suất đạt",
        ),
    ],
    ids=["equal", "words"],
)
def test_goals_that_no_probability_belongs_to(plan: models.Target, reason: str) -> None:
    found = build_projections(plan, indicator(factor=1000), points(1, 2, 3, 4, 5, 6), Period.parse("2025Q2"), RULES)[0]
    assert (found.probability, found.chance, told(found.reason)) == (None, "", reason)


def test_a_year_that_is_over_is_not_foreseen() -> None:
    found = build_projections(goal("≥", "5"), indicator(), points(*range(1, 9)), Period.parse("2025Q4"), RULES)[0]
    assert (found.value, told(found.reason)) == (None, "năm 2025 đã kết thúc: xem kết quả thực hiện")


def test_targets_without_numbers_get_no_outlook() -> None:
    when = Period.parse("2025Q2")
    assert (
        build_projections(target("track", milestone("2030", "none")), indicator(), points(*range(1, 9)), when, RULES)
        == ()
    )
    assert build_projections(goal("≥", "5"), None, points(*range(1, 9)), when, RULES) == ()


def test_the_classes_are_words_for_probabilities() -> None:
    assert [RULES.find_chance_name(p) for p in (0.95, 0.9, 0.7, 0.5, 0.2, 0.0)] == [
        "rất có khả năng", "rất có khả năng", "có khả năng", "chưa rõ", "ít khả năng", "ít khả năng",
    ]  # fmt: skip


# --- series ------------------------------------------------------------------------------------------


def test_a_series_looks_at_closed_years_and_the_last_quarters() -> None:
    rules = RULES.model_copy(update={"window_quarters": 5, "window_years": 3})
    keys = [p.key for p in list_series_periods(Period.parse("2025Q2"), rules, 2023)]
    assert keys == ["2023", "2024", "2024Q2", "2024Q3", "2024Q4", "2025Q1", "2025Q2"]
    assert [p.key for p in list_series_periods(Period.parse("2025"), rules, 2020)][:3] == ["2023", "2024", "2025"]


def values(**of: int) -> dict[Period, F]:
    return {Period.parse(key.lstrip("p")): F(value) for key, value in of.items()}


def test_quarters_come_before_their_year_and_the_year_stands_for_its_last_one() -> None:
    """31 December has one figure: the year's, but in the report of the last quarter, which printed its own."""
    known = values(p2023=1, p2024=5, p2024Q3=3, p2024Q4=4)
    for period in ("2024", "2025Q1", "2026Q3"):
        found = build_series(indicator(), known, Period.parse(period))
        assert [(p.period, p.value) for p in found] == [("2023", 1), ("2024Q3", 3), ("2024", 5)]
    found = build_series(indicator(), known, Period.parse("2024Q4"))
    assert [(p.period, p.value) for p in found] == [("2023", 1), ("2024Q3", 3), ("2024Q4", 4)]
    silent = build_series(indicator(), values(p2024=5, p2024Q3=3), Period.parse("2025Q1"))
    assert [p.period for p in silent] == ["2024Q3", "2024"]


def test_what_grows_through_the_year_counts_by_closed_years() -> None:
    found = build_series(
        indicator("down", 100_000, True), values(p2023=1, p2024=5, p2024Q3=3, p2024Q4=4), Period.parse("2025")
    )
    assert [p.period for p in found] == ["2023", "2024"]


def test_a_carried_figure_is_no_point() -> None:
    carried = ObservedIndicator("x", "62", Period.parse("2024Q2"), value=F(5), as_of="2023")
    own = ObservedIndicator("x", "62", Period.parse("2024"), value=F(1, 3), as_of="2024-07-01")
    which = indicator(method="published")
    assert compute_own_value(target("track"), which, carried) is None
    assert compute_own_value(target("track"), which, own) == F(1, 3), "exactly, as a stored row has it"


# --- trends ------------------------------------------------------------------------------------------


def test_no_word_for_what_cannot_be_compared() -> None:
    plan, which = target("track"), indicator()
    now = judge(plan, which, seen("2025", F(90), numerator=F(900), denominator=F(1000)), "2025")
    nothing = judge(plan, which, seen("2024", None), "2024")
    carried = judge(plan, which, seen("2025", F(80), numerator=F(8), denominator=F(10), as_of="2024"), "2025")
    published = judge(plan, indicator(method="published"), seen("2025", F(2)), "2025")
    before = judge(plan, indicator(method="published"), seen("2024", F(3)), "2024")
    assert [compare_attainments(now, None), compare_attainments(now, nothing), compare_attainments(carried, now)] == [
        "none",
        "none",
        "carried",
    ]
    assert [compare_attainments(now, carried), compare_attainments(now, now, broken=True)] == ["carried", "broken"]
    assert compare_attainments(published, before) == "unclear"


def test_the_libraries_of_the_outlook_are_not_imported_with_the_room() -> None:
    code = "import etl.attain, sys; print([m for m in ('numpy', 'scipy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
