"""What a figure carries besides its number: its interval, its bounds, the variation of its series, where it goes.

Room: report. Used by `figures`; prints what attainment found, computes nothing.
"""

from __future__ import annotations

from fractions import Fraction

from etl.catalog import models
from etl.messages import Messages
from etl.model import Attainment, ControlLimits, Projection
from etl.report.figure_facts import (
    ConfidenceInterval,
    ForeseenValue,
    PossibleRange,
    PrintedNumber,
    Uncertainty,
    UsualVariation,
)
from etl.report.inputs import ReportInput
from etl.report.number_facts import build_number_fact


def build_uncertainty_facts(
    inputs: ReportInput, wording: Messages, target: models.Target, a: Attainment
) -> Uncertainty:
    """How sure a figure is, what it could be with all units in, where it goes, and what was corrected in it."""
    decimals = max(target.decimals, 1)
    return Uncertainty(
        interval=_build_interval(wording, target, a),
        bounds=build_possible_range(wording, target, a),
        bounds_turn=a.bounds_turn,
        bounds_reason=wording.describe(a.bounds_reason),
        outlook=tuple(_build_foreseen_value(wording, decimals, projected) for projected in a.projections),
        corrections=tuple(a.corrections),
        contradicts=tuple(a.contradicts),
        limits=_build_usual_variation(inputs, wording, decimals, a.limits) if a.limits else None,
    )


def _build_interval(wording: Messages, target: models.Target, a: Attainment) -> ConfidenceInterval | None:
    if a.interval is None:
        return None
    decimals = max(target.decimals, 1)
    low, high = (build_number_fact(Fraction(end), decimals) for end in a.interval)
    text = wording.format("cell.interval", low=low.text, high=high.text)
    return ConfidenceInterval(low, high, text, a.interval_method)


def build_possible_range(wording: Messages, target: models.Target, a: Attainment) -> PossibleRange | None:
    """What the value could be with all units in; `now` is the value there is, as fine as they are."""
    if a.bounds is None:
        return None
    decimals = max(target.decimals, 1)
    low, high = (build_number_fact(end, decimals) for end in a.bounds)
    return PossibleRange(low, high, build_number_fact(a.value, decimals), _format_number_range(wording, low, high))


def _build_usual_variation(
    inputs: ReportInput, wording: Messages, decimals: int, limits: ControlLimits
) -> UsualVariation:
    """The usual variation of the series and what is unusual in it now. Numbers in the indicator's unit.

    A signal names the period that it ends with; those of earlier periods were news then.
    """
    last = {inputs.period.key, *(quarter.key for quarter in inputs.period.quarters_to_date[-1:])}
    mean, low, high = (build_number_fact(value, decimals) for value in (limits.mean, limits.low, limits.high))
    return UsualVariation(
        mean,
        low,
        high,
        text=_format_number_range(wording, low, high),
        points=limits.points,
        provisional=limits.provisional,
        signals=tuple(wording.describe(signal) for signal in limits.signals if signal.find_slot("period") in last),
    )


def _build_foreseen_value(wording: Messages, decimals: int, projected: Projection) -> ForeseenValue:
    """Where the series goes by a year. Numbers in the indicator's unit; `probability` in %."""
    nothing = wording.texts["word.nothing"]
    value, low, high = (
        build_number_fact(None if end is None else Fraction(end), decimals, nothing)
        for end in (projected.value, projected.low, projected.high)
    )
    chance = None if projected.probability is None else Fraction(projected.probability) * 100
    text = nothing
    if projected.value is not None:
        text = wording.format("cell.outlook", value=value.text, low=low.text, high=high.text)
    return ForeseenValue(
        year=str(projected.year),
        value=value,
        low=low,
        high=high,
        target=build_number_fact(projected.target, decimals, nothing),
        probability=build_number_fact(chance, 0, nothing),
        chance=projected.chance,
        points=projected.points,
        text=text,
        reason=wording.describe(projected.reason),
    )


def _format_number_range(wording: Messages, low: PrintedNumber, high: PrintedNumber) -> str:
    """Two ends as a reader writes them: one number where both print the same."""
    if low.text == high.text:
        return low.text
    return wording.format("cell.interval", low=low.text, high=high.text)
