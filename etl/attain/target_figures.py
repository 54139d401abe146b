"""Numerator, denominator and value of what was observed, or why there is none. and what leaves add up to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from etl.attain.reasons import build_no_data_reason
from etl.catalog import models
from etl.model import ObservedIndicator
from etl.model.reason import Reason


@dataclass(frozen=True)
class TargetFigures:
    """What a target looks at. `gap` says why `value` is None."""

    numerator: Fraction | None = None
    denominator: Fraction | None = None
    value: Fraction | None = None
    gap: Reason | None = None


def compute_target_figures(
    target: models.Target, indicator: models.Indicator | None, observed: ObservedIndicator | None
) -> TargetFigures:
    """The figures of a target: as observed, or for a share of units, units at the floor over units present."""
    if observed is None:
        return TargetFigures(gap=build_no_data_reason(0, 0))
    if observed.no_figure and observed.value is None:
        return TargetFigures(gap=observed.no_figure)
    if target.kind == "per_unit":
        return _compute_share_of_units(target, indicator, observed)
    if observed.denominator == 0 and (indicator is None or indicator.method != "published"):
        return TargetFigures(observed.numerator, observed.denominator, None, Reason("reason.zero_denominator"))
    gap = None if observed.value is not None else build_no_data_reason(observed.present, observed.expected)
    return TargetFigures(observed.numerator, observed.denominator, observed.value, gap)


def aggregate_leaves(
    indicator: models.Indicator,
    observed: ObservedIndicator,
    leaves: Collection[tuple[Fraction | None, Fraction | None]],
) -> ObservedIndicator:
    """What was observed, with its sums made anew of the numerators and denominators of the leaves that count.

    The counts at each floor are made anew too. None on a side: the leaf holds no cell of it.
    """
    above, below = [n for n, _ in leaves if n is not None], [d for _, d in leaves if d is not None]
    numerator, denominator = (sum(side, Fraction(0)) if side else None for side in (above, below))
    listed = [(n * indicator.factor, d) for n, d in leaves if n is not None and d is not None and d > 0]
    at_floor = tuple((text, sum(n >= Fraction(text) * d for n, d in listed)) for text, _ in observed.at_floor)
    if indicator.method == "sum":  # a part of a sum is no sum
        numerator = numerator if len(leaves) == observed.expected else None
        denominator = Fraction(1)
    value = numerator / denominator * indicator.factor if numerator is not None and denominator else None
    return replace(
        observed,
        numerator=numerator,
        denominator=None if indicator.method == "sum" else denominator,
        value=value,
        present=len(leaves),
        at_floor=at_floor,
    )


def _compute_share_of_units(
    target: models.Target, indicator: models.Indicator | None, observed: ObservedIndicator
) -> TargetFigures:
    if not observed.present:
        return TargetFigures(gap=build_no_data_reason(observed.present, observed.expected))
    at_floor = _find_count_at_floor(target.floor, observed)
    if at_floor is None:
        return TargetFigures(gap=Reason("reason.no_floor"))
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
