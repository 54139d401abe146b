"""Whether one value satisfies one goal. Used only inside the attainment room.

Strict signs stay strict and nothing is rounded: 95,0 does not satisfy ``> 95``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction

_COMPARE: dict[str, Callable[[Fraction, Fraction], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_RANGES = frozenset({"about", "between"})


def is_numeric_operator(sign: str) -> bool:
    """Whether a milestone's operator compares numbers."""
    return sign in _COMPARE or sign in _RANGES


def is_range_operator(sign: str) -> bool:
    """Whether a milestone has two ends: about a number, or from one to another."""
    return sign in _RANGES


def is_elimination_operator(sign: str) -> bool:
    """Whether a milestone asks for an elimination, or for keeping it."""
    return sign in {"eliminate", "maintain_elimination"}


def is_goal_met(sign: str, value: Fraction, low: Fraction, high: Fraction | None = None) -> bool:
    """Whether `value sign low` holds, unrounded; for a range, whether the value lies in it, both ends included."""
    if sign in _RANGES:
        return low <= value <= (low if high is None else high)
    return _COMPARE[sign](value, low)


def find_nearest_end(sign: str, value: Fraction, low: Fraction, high: Fraction) -> tuple[str, Fraction]:
    """The plain sign and number that a value which misses a goal must come to: for a range, its nearer end."""
    if sign not in _RANGES:
        return sign, low
    return (">=", low) if value < low else ("<=", high)


def is_elimination_reached(count: Fraction, recognised: bool | None) -> bool:
    """Whether an elimination is reached: no case left and officially recognised. A rate alone never says so."""
    return count == 0 and recognised is True
