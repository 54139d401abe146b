"""Control limits of a short series (XmR chart), and what in it is more than its usual variation.

Used through `etl.attain`. Exact. Constants: 2,66 and 3,267 are those of charts of single values and ranges of two
(Shewhart's d2 = 1,128 for two values: 3/1,128 and 3,267 as upper limit of a range).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from etl.model import ControlLimits, SeriesPoint
from etl.model.reason import Reason, build_reason

_LIMIT_FACTOR = Fraction(266, 100)
_MAX_RANGE_FACTOR = Fraction(3267, 1000)
_MIN_POINTS = 4
_FIRM_MIN_POINTS = 12
_RUN_LENGTH = 7
_NEAR_LIMIT_SHARE = Fraction(2, 3)


def compute_control_limits(series: Sequence[SeriesPoint]) -> ControlLimits | None:
    """The limits of a series in order of time, provisional under twelve points; None under four.

    Limits are the mean ± 2,66 × the mean moving range; ranges above 3,267 × the mean range are left out of it.
    Signals: a point outside, seven in a trend, seven on one side of the mean, two of three near a limit.
    """
    if len(series) < _MIN_POINTS:
        return None
    values = [point.value for point in series]
    mean = sum(values, Fraction(0)) / len(values)
    reach = _LIMIT_FACTOR * _compute_mean_moving_range(values)
    signals = tuple(_list_control_signals(series, mean, reach)) if reach else ()
    return ControlLimits(mean, mean - reach, mean + reach, len(values), len(values) < _FIRM_MIN_POINTS, signals)


def _compute_mean_moving_range(values: Sequence[Fraction]) -> Fraction:
    ranges = [abs(b - a) for a, b in pairwise(values)]
    mean = sum(ranges, Fraction(0)) / len(ranges)
    usual = [r for r in ranges if r <= _MAX_RANGE_FACTOR * mean]
    return sum(usual, Fraction(0)) / len(usual)


def _list_control_signals(series: Sequence[SeriesPoint], mean: Fraction, reach: Fraction) -> Iterator[Reason]:
    values = [point.value for point in series]
    yield from (build_reason("signal.outside_limits", period=p.period) for p in series if abs(p.value - mean) > reach)
    steps = [(b > a) - (b < a) for a, b in pairwise(values)]
    yield from _list_long_runs(series[1:], steps, _RUN_LENGTH - 1, ("signal.rising", "signal.falling"))
    sides = [(v > mean) - (v < mean) for v in values]
    yield from _list_long_runs(series, sides, _RUN_LENGTH, ("signal.above", "signal.below"))
    near = [side if abs(v - mean) > _NEAR_LIMIT_SHARE * reach else 0 for v, side in zip(values, sides, strict=True)]
    for i in range(2, len(near)):
        window = near[i - 2 : i + 1]
        if near[i] and window.count(near[i]) >= 2:
            yield build_reason("signal.near_limit", period=series[i].period)


def _list_long_runs(
    series: Sequence[SeriesPoint], signs: Sequence[int], length: int, words: tuple[str, str]
) -> Iterator[Reason]:
    """Each run of one sign of at least a length, once, at its end."""
    run = 0
    for i, sign in enumerate(signs):
        run = run + 1 if run and sign == signs[i - 1] else int(sign != 0)
        ends = i + 1 == len(signs) or signs[i + 1] != sign
        if ends and run >= length:
            # A run of steps has one more point than steps: seven points in a trend are six steps.
            code = words[0] if sign > 0 else words[1]
            yield build_reason(code, count=run + _RUN_LENGTH - length, period=series[i].period)
