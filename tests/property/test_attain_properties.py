"""What holds for every target and every figure."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction as F
from typing import Any

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from etl.attain import compute_target_attainment
from etl.attain.comparison import is_goal_met
from etl.attain.interval import compute_byar_interval, compute_wilson_interval, find_exact_poisson_interval
from etl.attain.linear_path import PathSegment, compute_progress_ratio
from etl.catalog import models
from etl.model import Attainment, ObservedIndicator, Period

SIGNS = st.sampled_from([">=", "<=", ">", "<"])
GOALS = st.decimals(0, 100, places=2)
COUNTS = st.integers(0, 5000)
BASES = st.integers(1, 5000)


def attained(
    sign: str, goal: Decimal, numerator: int, denominator: int, factor: int = 100, base: Decimal | None = None
) -> Attainment:
    indicator = models.Indicator(
        code="x", name="x", short_name="x", method="ratio", numerator=models.Side(elements=("n",)),
        denominator=models.Side(elements=("d",)), factor=factor, unit="x", direction="up" if ">" in sign else "down",
        frequency="year", source="x", definition="x", basis="configured",
    )  # fmt: skip
    milestone: Any = {"period": "2025", "written": str(goal), "operator": sign, "value": goal}
    baseline = None if base is None else models.Baseline(period="2023", written=str(base), value=base)
    target = models.Target(
        item="1", clause="1", title="x", indicator="x", kind="threshold", milestones=(milestone,), baseline=baseline
    )
    value = F(numerator, denominator) * factor
    period = Period.parse("2024")
    observed = ObservedIndicator("x", "1", period, F(numerator), F(denominator), value)
    return compute_target_attainment("p", target, indicator, observed, unit="1", period=period)


@settings(deadline=None)
@given(sign=SIGNS, goal=GOALS)
def test_a_strict_sign_is_never_met_on_equality(sign: str, goal: Decimal) -> None:
    whole = F(goal)
    row = attained(sign, goal, whole.numerator, whole.denominator * 100)
    assert row.value == row.target
    assert row.met is (sign in {">=", "<="})


@settings(deadline=None)
@given(sign=SIGNS, goal=GOALS, x=COUNTS, n=BASES, factor=st.sampled_from([100, 1000, 100_000]))
@example(sign=">", goal=Decimal(95), x=95, n=100, factor=100)
@example(sign="<", goal=Decimal(50), x=50, n=100, factor=100)
def test_adding_the_people_missing_makes_it_met_and_one_fewer_does_not(
    sign: str, goal: Decimal, x: int, n: int, factor: int
) -> None:
    row = attained(sign, goal, x, n, factor)
    assume(row.people_missing is not None)
    step = 1 if ">" in sign else -1
    missing = row.people_missing or 0
    assert missing > 0
    assert attained(sign, goal, x + step * missing, n, factor).met is True
    assert attained(sign, goal, x + step * (missing - 1), n, factor).met is False


@settings(deadline=None)
@given(sign=SIGNS, goal=GOALS, x=COUNTS, n=BASES)
def test_people_are_missing_only_where_the_target_is_not_met(sign: str, goal: Decimal, x: int, n: int) -> None:
    row = attained(sign, goal, x, n)
    assert row.met is is_goal_met(sign, F(x, n) * 100, F(goal))
    if row.met:
        assert row.people_missing is None
        assert row.progress is None


@settings(deadline=None)
@given(sign=SIGNS, goal=GOALS, x=COUNTS, n=BASES, base=GOALS, scale=st.integers(2, 50))
def test_a_larger_population_with_the_same_share_gets_the_same_verdict(
    sign: str, goal: Decimal, x: int, n: int, base: Decimal, scale: int
) -> None:
    small, large = attained(sign, goal, x, n, base=base), attained(sign, goal, x * scale, n * scale, base=base)
    assert (small.met, small.progress, small.progress_class) == (large.met, large.progress, large.progress_class)
    assert (small.cagr_ratio, small.per_cent_of_plan) == (large.cagr_ratio, large.per_cent_of_plan)


@settings(deadline=None)
@given(sign=SIGNS, goal=GOALS, x=COUNTS, more=st.integers(1, 500), n=BASES)
def test_a_better_figure_is_never_a_worse_verdict(sign: str, goal: Decimal, x: int, more: int, n: int) -> None:
    better = x + more if ">" in sign else max(0, x - more)
    if attained(sign, goal, x, n).met:
        assert attained(sign, goal, better, n).met


@settings(deadline=None)
@given(start=st.fractions(0, 100), goal=st.fractions(0, 100), value=st.fractions(0, 100), month=st.integers(1, 24))
def test_progress_is_one_exactly_on_the_path_and_zero_at_the_start(start: F, goal: F, value: F, month: int) -> None:
    assume(start != goal)
    path = PathSegment(start, 0, goal, 24)
    assert compute_progress_ratio(start, path.compute_value_at(month), path.compute_value_at(month)) == 1
    assert compute_progress_ratio(start, start, path.compute_value_at(month)) == 0
    mirrored = PathSegment(-start, 0, -goal, 24)
    assert compute_progress_ratio(start, value, path.compute_value_at(month)) == compute_progress_ratio(
        -start, -value, mirrored.compute_value_at(month)
    )


@settings(deadline=None)
@given(sign=SIGNS, goal=GOALS, x=COUNTS, n=BASES, base=GOALS)
def test_progress_has_the_sign_of_the_change(sign: str, goal: Decimal, x: int, n: int, base: Decimal) -> None:
    row = attained(sign, goal, x, n, base=base)
    assume(row.progress is not None and row.value is not None)
    assert row.progress is not None and row.value is not None
    improved = row.value - F(base) if ">" in sign else F(base) - row.value
    assert (row.progress > 0, row.progress < 0) == (improved > 0, improved < 0)
    assert (row.progress_class == "moving_away") is (improved < 0)


@settings(deadline=None)
@given(n=BASES, data=st.data())
def test_wilson_holds_the_share_and_stays_within_it(n: int, data: st.DataObject) -> None:
    x = data.draw(st.integers(0, n))
    low, high = compute_wilson_interval(x, n)
    assert 0 <= low <= x / n <= high <= 1


@settings(deadline=None)
@given(x=st.integers(0, 10_000))
def test_a_count_lies_within_its_interval(x: int) -> None:
    low, high = find_exact_poisson_interval(x) if x < 10 else compute_byar_interval(x)
    assert low <= x < high
