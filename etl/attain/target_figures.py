"""Numerator, denominator and value of what was observed, or why there is none. Used only inside the room."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from etl.attain import attainment_messages
from etl.catalog import models as m
from etl.model import ObservedIndicator


@dataclass(frozen=True)
class TargetFigures:
    """What a target looks at. `gap` says, in Vietnamese, why `value` is None."""

    numerator: Fraction | None = None
    denominator: Fraction | None = None
    value: Fraction | None = None
    gap: str = ""


def compute_target_figures(
    target: m.Target, indicator: m.Indicator | None, observed: ObservedIndicator | None
) -> TargetFigures:
    """The figures of a target: as observed, or for a share of units, units at the floor over units present."""
    if observed is None:
        return TargetFigures(gap=attainment_messages.describe_no_data(0, 0))
    if observed.no_figure and observed.value is None:
        return TargetFigures(gap=observed.no_figure)
    if target.kind == "per_unit":
        return _compute_share_of_units(target, indicator, observed)
    if observed.denominator == 0 and (indicator is None or indicator.method != "published"):
        return TargetFigures(observed.numerator, observed.denominator, None, attainment_messages.ZERO_DENOMINATOR)
    gap = (
        "" if observed.value is not None else attainment_messages.describe_no_data(observed.present, observed.expected)
    )
    return TargetFigures(observed.numerator, observed.denominator, observed.value, gap)


def _compute_share_of_units(
    target: m.Target, indicator: m.Indicator | None, observed: ObservedIndicator
) -> TargetFigures:
    if not observed.present:
        return TargetFigures(gap=attainment_messages.describe_no_data(observed.present, observed.expected))
    at_floor = _find_count_at_floor(target.floor, observed)
    if at_floor is None:
        return TargetFigures(gap=attainment_messages.NO_FLOOR)
    numerator, denominator = Fraction(at_floor), Fraction(observed.present)
    factor = indicator.factor if indicator else 100
    return TargetFigures(numerator, denominator, numerator / denominator * factor)


def _find_count_at_floor(floor: Decimal | None, observed: ObservedIndicator) -> int | None:
    return next((count for text, count in observed.at_floor if _parse_floor_number(text) == floor), None)


def _parse_floor_number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
