"""How many people (units, cases) short of the target. Used only inside the attainment room."""

from __future__ import annotations

import math
from fractions import Fraction

from etl.attain.measure_kind import has_countable_numerator
from etl.catalog import models


def compute_smallest_count(sign: str, required_count: Fraction) -> int:
    """The smallest count that satisfies ``>=`` or ``>`` against an unrounded count."""
    return math.floor(required_count) + 1 if sign == ">" else math.ceil(required_count)


def compute_largest_count(sign: str, required_count: Fraction) -> int:
    """The largest count that satisfies ``<=`` or ``<`` against an unrounded count; negative if none does."""
    return math.ceil(required_count) - 1 if sign == "<" else math.floor(required_count)


def count_people_missing(
    indicator: models.Indicator | None,
    sign: str,
    target: Fraction,
    numerator: Fraction | None,
    denominator: Fraction | None,
) -> int | None:
    """How many more (higher is better) or too many (lower is better), the denominator staying as it is.

    For a value that does not meet the target; a plain sum has no denominator and is short of its number itself. None
    where the numerator counts nothing whole (money, weights, published figures), for ``=``, and where no count can
    satisfy the sign.
    """
    if indicator is not None and indicator.method == "sum":
        denominator = Fraction(1)
    if indicator is None or not has_countable_numerator(indicator) or numerator is None or not denominator:
        return None
    if numerator.denominator != 1:
        return None
    required_count = target * denominator / indicator.factor
    if sign in {">=", ">"}:
        needed = compute_smallest_count(sign, required_count)
        reachable = indicator.factor != 100 or indicator.method == "sum" or needed <= denominator
        return needed - int(numerator) if reachable else None
    if sign in {"<=", "<"}:
        allowed = compute_largest_count(sign, required_count)
        return int(numerator) - allowed if allowed >= 0 else None
    return None
