"""Control limits of a short series (XmR chart), and what in it is more than its usual variation.

Used through `etl.attain`. Exact. Constants: 2,66 and 3,267 are those of charts of single values and ranges of two
(Shewhart's d2 = 1,128 for two values: 3/1,128 and 3,267 as upper limit of a range).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from etl.attain import wording
from etl.model import ControlLimits, Point

_LIMIT = Fraction(266, 100)
_LARGEST_RANGE = Fraction(3267, 1000)
_LEAST = 4
_SURE_FROM = 12
_RUN = 7
_NEAR = Fraction(2, 3)


def control_limits(series: Sequence[Point]) -> ControlLimits | None:
    """The limits of a series in order of time, provisional under twelve points; None under four.

    Limits are the mean ± 2,66 × the mean moving range; ranges above 3,267 × the mean range are left out of it.
    Signals: a point outside, seven in a trend, seven on one side of the mean, two of three near a limit.
    """
    if len(series) < _LEAST:
        return None
    values = [point.value for point in series]
    mean = sum(values, Fraction(0)) / len(values)
    reach = _LIMIT * _mean_range(values)
    signals = tuple(_signals(series, mean, reach)) if reach else ()
    return ControlLimits(mean, mean - reach, mean + reach, len(values), len(values) < _SURE_FROM, signals)


def _mean_range(values: Sequence[Fraction]) -> Fraction:
    ranges = [abs(b - a) for a, b in pairwise(values)]
    mean = sum(ranges, Fraction(0)) / len(ranges)
    usual = [r for r in ranges if r <= _LARGEST_RANGE * mean]
    return sum(usual, Fraction(0)) / len(usual)


def _signals(series: Sequence[Point], mean: Fraction, reach: Fraction) -> Iterator[str]:
    values = [point.value for point in series]
    yield from (wording.outside_limits(p.period) for p in series if abs(p.value - mean) > reach)
    steps = [(b > a) - (b < a) for a, b in pairwise(values)]
    yield from _runs(series[1:], steps, _RUN - 1, (wording.RISING, wording.FALLING))
    sides = [(v > mean) - (v < mean) for v in values]
    yield from _runs(series, sides, _RUN, (wording.ABOVE, wording.BELOW))
    near = [side if abs(v - mean) > _NEAR * reach else 0 for v, side in zip(values, sides, strict=True)]
    for i in range(2, len(near)):
        window = near[i - 2 : i + 1]
        if near[i] and window.count(near[i]) >= 2:
            yield wording.near_limit(series[i].period)


def _runs(series: Sequence[Point], signs: Sequence[int], length: int, words: tuple[str, str]) -> Iterator[str]:
    """Each run of one sign of at least a length, once, at its end."""
    run = 0
    for i, sign in enumerate(signs):
        run = run + 1 if run and sign == signs[i - 1] else int(sign != 0)
        ends = i + 1 == len(signs) or signs[i + 1] != sign
        if ends and run >= length:
            # A run of steps has one more point than steps: seven points in a trend are six steps.
            yield wording.run_of(run + _RUN - length, words[0] if sign > 0 else words[1], series[i].period)
