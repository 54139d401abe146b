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
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np

Numbers = Any
"""A number, or a column of them: numpy and pandas compute with both alike."""
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


def find_unusual(values: np.ndarray, usual: np.ndarray, change: float, ratio: float) -> np.ndarray:
    """Per value whether it differs from what is usual by more than chance (`change`) and slow growth (`ratio`)."""
    import numpy as np

    distance = np.abs(values - usual)
    unusual: np.ndarray = (distance >= change) & (distance > ratio * np.abs(usual))
    return unusual


def flag_outliers(values: np.ndarray, past: np.ndarray, limits: OutlierLimits) -> np.ndarray:
    """The flag of each value against its own past (a row of `past`, NaN where nothing is known).

    The distance guards of `measure_outlier` come first for the whole column: few values ever pass them.
    """
    import numpy as np

    past = np.sort(past, axis=1)  # NaN goes last
    known, rows = (~np.isnan(past)).sum(axis=1), np.arange(len(past))
    middle = (past[rows, np.maximum(known - 1, 0) // 2] + past[rows, np.minimum(known // 2, past.shape[1] - 1)]) / 2
    flags = np.full(len(past), "ok", dtype=object)
    unusual = (known >= limits.least_n) & find_unusual(values, middle, limits.change, limits.ratio)
    for k in np.flatnonzero(unusual).tolist():
        flags[k] = measure_outlier(float(values[k]), past[k, : known[k]].tolist(), limits).flag
    return flags


def find_drifts(values: np.ndarray, past: np.ndarray, tolerance: float, change: float, ratio: float) -> np.ndarray:
    """Per value whether it leaves 1 ± tolerance of the mean of its past, and the difference is not small."""
    import numpy as np

    known = ~np.isnan(past)
    mean = np.nansum(past, axis=1) / np.maximum(known.sum(axis=1), 1)
    drifts: np.ndarray = known.any(axis=1) & find_unusual(values, mean, change, ratio)
    for k in np.flatnonzero(drifts).tolist():
        growth = compute_growth(float(values[k]), past[k, known[k]].tolist())
        drifts[k] = growth is not None and not is_within_tolerance(growth, tolerance)
    return drifts


# --- ratios -----------------------------------------------------------------------------------------------


def is_within_tolerance(ratio: Numbers, tolerance: float) -> Numbers:
    """Whether a ratio, or each of a column of them, lies in 1 ± tolerance, the borders included."""
    return abs(ratio - 1) <= tolerance + 1e-12


def compute_growth(value: float, previous: Sequence[float]) -> float | None:
    """This year ÷ mean of up to three previous years; None where there is none, or their mean is zero."""
    past = list(previous)[-3:]
    mean = statistics.fmean(past) if past else 0.0
    return value / mean if mean else None


# --- effect on the parent's total ---------------------------------------------------------------------------


def compute_gap_effect(gaps: int, present: Sequence[float]) -> float:
    """What gaps take from the total: gaps × median of what is there."""
    return gaps * statistics.median(present) if present else 0.0
