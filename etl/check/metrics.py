"""The check room's numbers: the data-quality metrics of the WHO toolkit, as pure functions over plain numbers.

Called by the check room, and by steps for the feedback to a district. Knows no file, no form and no message.

Every metric answers with a `Measure`: a value and whether it is flagged, or that it could not be tested and why.
"Not testable" is a result of its own, never a pass. Thresholds come from `catalog/quality.yaml`.

Source: WHO Data Quality Review toolkit (ratios, consistency, completeness); Iglewicz & Hoaglin 1993 (modified z).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

MAD_SCALE = 0.6745
"""0.75 quantile of the standard normal: makes MAD comparable with a standard deviation (Iglewicz & Hoaglin)."""
MEAN_AD_SCALE = 0.7979
"""√(2/π): the same for the mean absolute deviation, used where more than half of the values are equal."""

Flag = Literal["ok", "flagged", "extreme", "not_testable"]


@dataclass(frozen=True, slots=True)
class MetricResult:
    """A metric's answer. `value` is None where it could not be computed; `n` counts what it was computed from."""

    flag: Flag
    value: float | None = None
    n: int = 0
    reason: str = ""


def _build_untestable(reason: str, n: int = 0) -> MetricResult:
    return MetricResult("not_testable", None, n, reason)


# --- shares -----------------------------------------------------------------------------------------------


def measure_share(part: float, whole: float, least: float) -> MetricResult:
    """part ÷ whole, flagged below `least`: completeness of reporting, timeliness, completeness of an element.

    Units: shares (1 = all).
    """
    if whole <= 0:
        return _build_untestable("nothing was expected")
    value = part / whole
    return MetricResult("flagged" if value < least else "ok", value, int(whole))


# --- outliers ---------------------------------------------------------------------------------------------


def compute_z_score(value: float, others: Sequence[float]) -> float | None:
    """(value − mean) ÷ sample standard deviation of `others`; None for fewer than two or no spread."""
    if len(others) < 2:
        return None
    spread = statistics.stdev(others)
    return (value - statistics.fmean(others)) / spread if spread else None


def compute_modified_z(value: float, values: Sequence[float]) -> float | None:
    """0.6745 (x − median) ÷ MAD; where MAD is 0: 0.7979 (x − median) ÷ mean absolute deviation; None without spread."""
    if not values:
        return None
    middle = statistics.median(values)
    distances = [abs(v - middle) for v in values]
    mad = statistics.median(distances)
    if mad:
        return MAD_SCALE * (value - middle) / mad
    mean_ad = statistics.fmean(distances)
    return MEAN_AD_SCALE * (value - middle) / mean_ad if mean_ad else None


@dataclass(frozen=True, slots=True)
class OutlierLimits:
    """When a value leaves its own history. `least_n` values of history are needed at all, `sd_n` for the SD rule.

    `change` and `ratio` keep small numbers and slow growth out: a flagged value also differs from the median by
    at least `change` and by more than the share `ratio` of it.
    """

    least_n: int
    sd_n: int
    moderate: float
    extreme: float
    sd_moderate: float
    sd_extreme: float
    change: float
    ratio: float


def measure_outlier(value: float, history: Sequence[float], limits: OutlierLimits) -> MetricResult:
    """A new value against the unit's history *without it*: one point among n never reaches |z| above (n−1)/√n.

    A history that never moved has no spread to measure by: there the distance guards alone decide.
    """
    n = len(history)
    if n < limits.least_n:
        return _build_untestable(f"{n} of at least {limits.least_n} earlier values", n)
    middle = statistics.median(history)
    distance = abs(value - middle)
    robust = compute_modified_z(value, history)
    shown = robust if robust is not None else math.copysign(math.inf, value - middle) if distance else 0.0
    if distance < limits.change or distance <= limits.ratio * abs(middle):
        return MetricResult("ok", shown, n)
    by_sd = (compute_z_score(value, history) or 0.0) if n >= limits.sd_n else 0.0
    if abs(shown) > limits.extreme or abs(by_sd) >= limits.sd_extreme:
        return MetricResult("extreme", shown, n)
    if abs(shown) > limits.moderate or abs(by_sd) >= limits.sd_moderate:
        return MetricResult("flagged", shown, n)
    return MetricResult("ok", shown, n)


# --- ratios -----------------------------------------------------------------------------------------------


def is_within_tolerance(ratio: float, tolerance: float) -> bool:
    """Whether a ratio lies in 1 ± tolerance, the borders included."""
    return abs(ratio - 1) <= tolerance + 1e-12


def measure_consistency(
    value: float, previous: Sequence[float], tolerance: float, parent: float | None = None
) -> MetricResult:
    """This year ÷ mean of up to three previous years; against the parent's same ratio where that is known."""
    past = list(previous)[-3:]
    if not past or not (mean := statistics.fmean(past)):
        return _build_untestable("no earlier year", len(past))
    ratio = value / mean
    if parent is not None:
        if not parent:
            return _build_untestable("the parent's ratio is zero", len(past))
        ratio /= parent
    return MetricResult("ok" if is_within_tolerance(ratio, tolerance) else "flagged", ratio, len(past))


def measure_ratio_at_least(a: float, b: float, least: float) -> MetricResult:
    """A ÷ B for A ≥ B, flagged below `least`."""
    if not b:
        return _build_untestable("B is zero")
    return MetricResult("flagged" if a / b < least else "ok", a / b, 1)


def measure_ratio_equal(a: float, b: float, tolerance: float, least: float = 0) -> MetricResult:
    """A ÷ B for A = B, flagged outside 1 ± tolerance; counts below `least` move too much by chance to be tested."""
    if not b or min(a, b) < least:
        return _build_untestable(f"fewer than {least:g}" if b else "B is zero")
    return MetricResult("ok" if is_within_tolerance(a / b, tolerance) else "flagged", a / b, 1)


def measure_drop_out(a: float, b: float) -> MetricResult:
    """(A − B) ÷ A, flagged below zero: more at the later step than at the earlier."""
    if not a:
        return _build_untestable("A is zero")
    return MetricResult("flagged" if b > a else "ok", (a - b) / a, 1)


def measure_denominator(ours: float, official: float | None, tolerance: float) -> MetricResult:
    """Our denominator ÷ the official figure, flagged outside 1 ± tolerance."""
    if not official:
        return _build_untestable("no official figure")
    return MetricResult("ok" if is_within_tolerance(ours / official, tolerance) else "flagged", ours / official, 1)


# --- effect on the parent's total ---------------------------------------------------------------------------


def compute_outlier_effect(value: float, normal: Sequence[float]) -> float:
    """How far an outlier moves the total: |total − mean of the normal values × n|."""
    if not normal:
        return abs(value)
    return abs(sum(normal) + value - statistics.fmean(normal) * (len(normal) + 1))


def compute_gap_effect(gaps: int, present: Sequence[float]) -> float:
    """What gaps take from the total: gaps × median of what is there."""
    return gaps * statistics.median(present) if present else 0.0
