"""Whether one value satisfies one milestone. Used only inside the attainment room.

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


def is_numeric(sign: str) -> bool:
    """Whether a milestone's operator compares numbers."""
    return sign in _COMPARE


def is_elimination(sign: str) -> bool:
    """Whether a milestone asks for an elimination, or for keeping it."""
    return sign in {"eliminate", "maintain_elimination"}


def satisfies(sign: str, value: Fraction, target: Fraction) -> bool:
    """Whether `value sign target` holds, unrounded."""
    return _COMPARE[sign](value, target)


def eliminated(count: Fraction, recognised: bool | None) -> bool:
    """Whether an elimination is reached: no case left and officially recognised. A rate alone never says so."""
    return count == 0 and recognised is True
