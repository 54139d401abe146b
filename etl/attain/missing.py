"""How many people (units, cases) short of the target. Used only inside the attainment room."""

from __future__ import annotations

import math
from fractions import Fraction

from etl.attain.counting import counts_things
from etl.catalog import models as m


def smallest_count(sign: str, wanted: Fraction) -> int:
    """The smallest count that satisfies ``>=`` or ``>`` against an unrounded count."""
    return math.floor(wanted) + 1 if sign == ">" else math.ceil(wanted)


def largest_count(sign: str, wanted: Fraction) -> int:
    """The largest count that satisfies ``<=`` or ``<`` against an unrounded count; negative if none does."""
    return math.ceil(wanted) - 1 if sign == "<" else math.floor(wanted)


def people_missing(
    indicator: m.Indicator | None, sign: str, target: Fraction, numerator: Fraction | None, denominator: Fraction | None
) -> int | None:
    """How many more (higher is better) or too many (lower is better), the denominator staying as it is.

    For a value that does not meet the target. None where the numerator counts nothing whole (money,
    weights, published figures), for ``=``, and where no count can satisfy the sign.
    """
    if indicator is None or not counts_things(indicator) or numerator is None or not denominator:
        return None
    if numerator.denominator != 1:
        return None
    wanted = target * denominator / indicator.factor
    if sign in {">=", ">"}:
        needed = smallest_count(sign, wanted)
        reachable = indicator.factor != 100 or needed <= denominator
        return needed - int(numerator) if reachable else None
    if sign in {"<=", "<"}:
        allowed = largest_count(sign, wanted)
        return int(numerator) - allowed if allowed >= 0 else None
    return None
