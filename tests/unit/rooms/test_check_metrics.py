from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.catalog import Catalogue
from etl.check import metrics
from etl.check.history_frames import build_outlier_limits

LIMITS = metrics.OutlierLimits(3, 11, 3.5, 5, 2, 3, 10, 0.33)


def test_published_vectors() -> None:
    series = [100.0, 104.0, 98.0, 1020.0]
    assert metrics.compute_z_score(1020, series) == pytest.approx(1.50, abs=0.005)
    assert metrics.compute_modified_z(1020, series) == pytest.approx(206.4, abs=0.05)
    tens = [10.0] * 7 + [500.0]
    assert metrics.compute_modified_z(500, tens) == pytest.approx(6.383, abs=0.001)


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=12))
def test_one_of_n_never_reaches_beyond_its_bound(values: list[float]) -> None:
    z = metrics.compute_z_score(values[0], values)
    n = len(values)
    assert z is None or abs(z) <= (n - 1) / math.sqrt(n) * (1 + 1e-6)


@pytest.mark.parametrize(
    ("value", "history", "flag"),
    [
        (1020, [100, 104, 98], "extreme"),
        (1020, [100, 104], "not_testable"),
        (105, [100, 104, 98], "ok"),
        (425, [280, 300, 320], "flagged"),
        (500, [10] * 7, "extreme"),  # a history that never moved: no spread, the distance decides
        (12, [1, 0, 1], "extreme"),
        (6, [1, 0, 1], "ok"),  # a difference of five is chance
        (130, [100, 101, 102], "ok"),  # far in z, but within a third of what is usual
    ],
)
def test_a_value_against_its_history_without_it(value: float, history: list[float], flag: str) -> None:
    measure = metrics.measure_outlier(value, history, LIMITS)
    assert measure.flag == flag
    assert (measure.value is None) == (flag == "not_testable") == bool(measure.reason)


def test_a_long_history_is_also_tested_by_its_standard_deviation() -> None:
    history = [100.0, 100, 100, 160, 100, 40, 100, 160, 40, 100, 160]
    value = 250.0
    assert metrics.compute_modified_z(value, history) is not None
    assert metrics.measure_outlier(value, history, LIMITS).flag == "extreme"


@pytest.mark.parametrize(
    ("measure", "flag", "value"),
    [
        (metrics.measure_share(9, 10, 0.9), "ok", 0.9),
        (metrics.measure_share(89, 100, 0.9), "flagged", 0.89),
        (metrics.measure_share(0, 0, 0.75), "not_testable", None),
    ],
)
def test_shares_and_their_borders(measure: metrics.MetricResult, flag: str, value: float | None) -> None:
    assert measure.flag == flag
    assert measure.value == (value if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    ("value", "previous", "growth", "near"),
    [
        (133, [100], 1.33, True),
        (134, [100], 1.34, False),
        (134, [1000, 90, 100, 110], 1.34, False),  # the last three years only
        (67, [100], 0.67, True),
        (134, [], None, None),
        (134, [0], None, None),
    ],
)
def test_growth_and_its_borders(value: float, previous: list[float], growth: float | None, near: bool | None) -> None:
    ratio = metrics.compute_growth(value, previous)
    assert ratio == (growth if growth is None else pytest.approx(growth))
    assert ratio is None or metrics.is_within_tolerance(ratio, 0.33) == near


def test_effect_on_the_total() -> None:
    assert metrics.compute_gap_effect(2, [5, 7, 100]) == 14


def test_thresholds_are_the_catalogues(catalogue: Catalogue) -> None:
    assert build_outlier_limits(catalogue.thresholds) == LIMITS
    assert catalogue.thresholds["reporting_completeness"] == 0.9
    assert catalogue.thresholds["timeliness"] == 0.75
