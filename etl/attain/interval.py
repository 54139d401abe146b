"""95 % intervals for shares and for small counts. Used only inside the attainment room.

Floats, unlike everything else here: the roots are irrational.
"""

from __future__ import annotations

import math
from fractions import Fraction

from etl.attain.measure_kind import is_event_rate_indicator, is_share_indicator
from etl.catalog import models

NORMAL_QUANTILE = 1.959963984540054
"""The 97.5 % point of the normal distribution."""

_EXACT_BELOW = 10
"""Byar's approximation from this count up, exact Poisson below (public health practice, PHE technical guide)."""

_EXACT_POISSON_LIMITS: tuple[tuple[float, float], ...] = (
    (0.0, 3.6888794541139354),
    (0.025317807984289876, 5.571643390938898),
    (0.24220927854396496, 7.22468766772396),
    (0.6186721228956014, 8.767273069742323),
    (1.0898653736263249, 10.241588675403694),
    (1.6234863901184207, 11.66833207932267),
    (2.2018942534908508, 13.059474022518685),
    (2.8143630515198654, 14.422675361702376),
    (3.4538321767485014, 15.763189220193313),
    (4.115373097378334, 17.084803451419166),
)
"""Exact Poisson limits of the counts 0 to 9: half the χ² quantiles, 2,5 % with 2x degrees of freedom and
97,5 % with 2x + 2. A table, because the library that computes them takes a second to import; a test
holds it to that library."""


def compute_wilson_interval(x: int, n: int) -> tuple[float, float]:
    """Wilson's score interval of x out of n. Shape: 0 ≤ low ≤ x/n ≤ high ≤ 1. n must not be 0."""
    z2 = NORMAL_QUANTILE * NORMAL_QUANTILE
    middle, root = 2 * x + z2, NORMAL_QUANTILE * math.sqrt(z2 + 4 * x * (1 - x / n))
    scale = 2 * (n + z2)
    low = 0.0 if x == 0 else (middle - root) / scale
    high = 1.0 if x == n else (middle + root) / scale
    return low, high


def compute_byar_interval(x: int) -> tuple[float, float]:
    """Byar's approximation to the Poisson interval of a count, for counts from 10 up."""
    low = x * (1 - 1 / (9 * x) - NORMAL_QUANTILE / (3 * math.sqrt(x))) ** 3
    up = x + 1
    return low, up * (1 - 1 / (9 * up) + NORMAL_QUANTILE / (3 * math.sqrt(up))) ** 3


def find_exact_poisson_interval(x: int) -> tuple[float, float]:
    """The exact Poisson interval of a count from 0 to 9."""
    return _EXACT_POISSON_LIMITS[x]


def is_small_count(indicator: models.Indicator | None, numerator: Fraction | None) -> bool:
    """Whether a rate stands on so few events that their count must be printed beside it."""
    return (
        indicator is not None
        and numerator is not None
        and is_event_rate_indicator(indicator)
        and numerator < _EXACT_BELOW
    )


def compute_confidence_interval(
    indicator: models.Indicator | None, numerator: Fraction | None, denominator: Fraction | None
) -> tuple[tuple[float, float], str] | None:
    """The 95 % interval of an observed value and its method, or None where none belongs.

    Units: the indicator's. Shares of counted things get Wilson; rates of events get Byar, or exact Poisson
    below ten; staff, beds, money, weights, shares of units and published figures get none.
    """
    if indicator is None or numerator is None or not denominator:
        return None
    if numerator.denominator != 1 or numerator < 0:
        return None
    x, factor = int(numerator), indicator.factor
    if is_share_indicator(indicator) and denominator.denominator == 1 and numerator <= denominator:
        low, high = compute_wilson_interval(x, int(denominator))
        return (low * factor, high * factor), "wilson"
    if is_event_rate_indicator(indicator):
        method = "exact_poisson" if x < _EXACT_BELOW else "byar"
        low, high = find_exact_poisson_interval(x) if x < _EXACT_BELOW else compute_byar_interval(x)
        scale = float(factor / denominator)
        return (low * scale, high * scale), method
    return None
