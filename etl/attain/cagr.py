"""The second opinion on progress: observed yearly growth over required yearly growth. Used only inside the room.

Floats: roots are irrational. Formula: ``((y/y0)^(1/n) − 1) ÷ ((target/y0)^(1/N) − 1)``, n and N in years.
"""

from __future__ import annotations

import math
from fractions import Fraction


def compute_yearly_growth(start: Fraction, end: Fraction, months: int) -> float:
    """The compound yearly growth from one positive value to another (an end of zero gives −1)."""
    if end == 0:
        return -1.0
    return math.expm1(math.log1p(float(end / start - 1)) * 12 / months)


def compute_cagr_ratio(start: Fraction, value: Fraction, target: Fraction, elapsed: int, span: int) -> float | None:
    """Observed over required growth; 1 is exactly as fast as needed, negative is the wrong way.

    Units: `elapsed` and `span` are months from the start to now and to the milestone. None where
    it is undefined: a base or target of zero, negative values, no change required, no time passed.
    """
    if start <= 0 or target <= 0 or value < 0 or elapsed <= 0 or span <= 0:
        return None
    required = compute_yearly_growth(start, target, span)
    return compute_yearly_growth(start, value, elapsed) / required if required else None
