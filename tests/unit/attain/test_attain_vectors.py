"""The vectors of the project's methods, sections 1 and 2, on the functions that compute them."""

from __future__ import annotations

from fractions import Fraction as F

import pytest
from scipy.stats import chi2, norm

from etl.attain.cagr import compute_cagr_ratio
from etl.attain.interval import (
    NORMAL_QUANTILE,
    compute_byar_interval,
    compute_wilson_interval,
    find_exact_poisson_interval,
)
from etl.attain.linear_path import PathSegment, classify_progress, compute_progress_ratio

NOW, START, END = 12, 0, 24


def path(start: str, goal: str) -> PathSegment:
    return PathSegment(F(start), START, F(goal), END)


@pytest.mark.parametrize(
    ("start", "goal", "value", "cagr", "linear", "differ"),
    [
        ("93.46", "95", "94.2", 0.9650, F("0.74") / F("0.77"), False),
        ("5.6", "4.2", "5.0", 0.7997, F(6, 7), False),
        ("52.5", "95", "70", 0.9657, F("17.5") / F("21.25"), True),
        ("7.5", "70", "20", 0.8110, F(2, 5), True),
    ],
    ids=["bhyt", "hiv", "immunisation", "newborns"],
)
def test_progress_vectors(start: str, goal: str, value: str, cagr: float, linear: F, differ: bool) -> None:
    segment = path(start, goal)
    ratio = compute_progress_ratio(segment.start, F(value), segment.compute_value_at(NOW))
    second = compute_cagr_ratio(F(start), F(value), F(goal), NOW, END)
    assert ratio == linear
    assert second == pytest.approx(cagr, abs=5e-5)
    assert (classify_progress(ratio) != classify_progress(second)) is differ


@pytest.mark.parametrize(
    ("start", "value", "goal", "elapsed"),
    [("0", "5", "10", 12), ("5", "3", "0", 12), ("-1", "5", "10", 12), ("5", "-1", "10", 12), ("5", "6", "10", 0)],
    ids=["zero base", "zero target", "negative base", "negative value", "no time"],
)
def test_cagr_is_undefined(start: str, value: str, goal: str, elapsed: int) -> None:
    assert compute_cagr_ratio(F(start), F(value), F(goal), elapsed, END) is None


def test_cagr_is_undefined_without_required_change() -> None:
    assert compute_cagr_ratio(F(100), F(98), F(100), NOW, END) is None


def test_cagr_of_a_value_of_zero_is_a_fall_of_everything() -> None:
    assert compute_cagr_ratio(F(10), F(0), F(20), NOW, END) == pytest.approx(-1 / (2**0.5 - 1))


def test_cagr_is_signed_by_direction() -> None:
    falling = compute_cagr_ratio(F("5.6"), F("5.0"), F("4.2"), NOW, END)
    rising = compute_cagr_ratio(F("5.6"), F("6.0"), F("4.2"), NOW, END)
    assert falling is not None and rising is not None
    assert falling > 0 > rising


def test_a_leap_year_is_not_longer_than_another() -> None:
    assert path("0", "100").compute_value_at(12) == 50


def test_the_path_stays_at_its_milestone() -> None:
    assert path("0", "100").compute_value_at(36) == 100


def test_z_is_the_normal_quantile() -> None:
    assert pytest.approx(norm.ppf(0.975), abs=1e-15) == NORMAL_QUANTILE


@pytest.mark.parametrize(
    ("x", "n", "low", "high"), [(45, 50, 0.7864, 0.9565), (0, 20, 0.0, 0.1611), (934, 1000, 0.9169, 0.9478)]
)
def test_wilson_vectors(x: int, n: int, low: float, high: float) -> None:
    assert compute_wilson_interval(x, n) == pytest.approx((low, high), abs=5e-5)


def test_wilson_ends_exactly_at_its_borders() -> None:
    assert compute_wilson_interval(0, 20)[0] == 0.0
    assert compute_wilson_interval(20, 20)[1] == 1.0


def test_byar_vector() -> None:
    assert compute_byar_interval(12) == pytest.approx((6.1935, 20.9629), abs=5e-5)


@pytest.mark.parametrize(("x", "low", "high"), [(5, 1.6235, 11.6683), (0, 0, 3.6889), (2, 0.2422, 7.2247)])
def test_exact_poisson_vectors(x: int, low: float, high: float) -> None:
    assert find_exact_poisson_interval(x) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("x", range(10))
def test_the_exact_table_is_the_chi_square_one(x: int) -> None:
    low = chi2.ppf(0.025, 2 * x) / 2 if x else 0.0
    assert find_exact_poisson_interval(x) == pytest.approx((low, chi2.ppf(0.975, 2 * x + 2) / 2), rel=1e-12)


def test_byar_and_exact_meet_at_ten() -> None:
    exact = (chi2.ppf(0.025, 20) / 2, chi2.ppf(0.975, 22) / 2)
    assert compute_byar_interval(10) == pytest.approx(exact, rel=5e-3)
