"""Numerator, denominator and value of what was observed, or why there is none. Used only inside the room."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from etl.attain import wording
from etl.catalog import models as m
from etl.model import Observed


@dataclass(frozen=True)
class Figures:
    """What a target looks at. `gap` says, in Vietnamese, why `value` is None."""

    numerator: Fraction | None = None
    denominator: Fraction | None = None
    value: Fraction | None = None
    gap: str = ""


def figures(target: m.Target, indicator: m.Indicator | None, observed: Observed | None) -> Figures:
    """The figures of a target: as observed, or for a share of units, units at the floor over units present."""
    if observed is None:
        return Figures(gap=wording.no_data(0, 0))
    if observed.no_figure and observed.value is None:
        return Figures(gap=observed.no_figure)
    if target.kind == "per_unit":
        return _share_of_units(target, indicator, observed)
    if observed.denominator == 0 and (indicator is None or indicator.method != "published"):
        return Figures(observed.numerator, observed.denominator, None, wording.ZERO_DENOMINATOR)
    gap = "" if observed.value is not None else wording.no_data(observed.present, observed.expected)
    return Figures(observed.numerator, observed.denominator, observed.value, gap)


def _share_of_units(target: m.Target, indicator: m.Indicator | None, observed: Observed) -> Figures:
    if not observed.present:
        return Figures(gap=wording.no_data(observed.present, observed.expected))
    at_floor = _count_at(target.floor, observed)
    if at_floor is None:
        return Figures(gap=wording.NO_FLOOR)
    numerator, denominator = Fraction(at_floor), Fraction(observed.present)
    factor = indicator.factor if indicator else 100
    return Figures(numerator, denominator, numerator / denominator * factor)


def _count_at(floor: Decimal | None, observed: Observed) -> int | None:
    return next((count for text, count in observed.at_floor if _number(text) == floor), None)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
