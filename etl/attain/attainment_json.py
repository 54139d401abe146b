"""An attainment as JSON. Called by the steps and the shell; never rounds."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from etl.messages import Messages
from etl.model import Attainment, ControlLimits, Projection


def serialize_attainment(row: Attainment, wording: Messages) -> dict[str, Any]:
    """The keys the shell promises, in its order; reasons in the office's words.

    Shape: numbers are integers where they are whole, else the nearest float; None is null; `class` is the
    progress class; `interval` is ``[low, high]`` or null.
    """
    return {
        "plan": row.plan,
        "item": row.item,
        "clause": row.clause,
        "indicator": row.indicator,
        "unit": row.unit,
        "period": row.period,
        "numerator": serialize_fraction(row.numerator),
        "denominator": serialize_fraction(row.denominator),
        "value": serialize_fraction(row.value),
        "operator": row.operator,
        "written": row.written,
        "target": serialize_fraction(row.target),
        "target_period": row.target_period,
        "baseline": serialize_fraction(row.baseline),
        "met": row.met,
        "status": row.status,
        "progress": serialize_fraction(row.progress),
        "class": row.progress_class,
        "path_value": serialize_fraction(row.path_value),
        "cagr_ratio": row.cagr_ratio,
        "cagr_class": row.cagr_class,
        "classes_disagree": row.classes_disagree,
        "per_cent_of_plan": serialize_fraction(row.per_cent_of_plan),
        "prorated_target": serialize_fraction(row.prorated_target),
        "interval": list(row.interval) if row.interval else None,
        "interval_method": row.interval_method,
        "people_missing": row.people_missing,
        "completeness": serialize_fraction(row.completeness),
        "expected": row.expected,
        "present": row.present,
        "as_of": row.as_of,
        "of_period": row.of_period,
        "estimated": row.estimated,
        "reason": wording.describe(row.reason),
        "corrections": list(row.corrections),
        "reduction_pct": serialize_fraction(row.reduction_pct),
        "target_upper": serialize_fraction(row.target_upper),
        "required_yearly_change": serialize_fraction(row.required_yearly_change),
        "bounds": [serialize_fraction(end) for end in row.bounds] if row.bounds else None,
        "bounds_turn": row.bounds_turn,
        "bounds_met": row.bounds_met,
        "bounds_reason": wording.describe(row.bounds_reason),
        "small_count": row.small_count,
        "of_agency": row.of_agency,
        "contradicts": list(row.contradicts),
        "limits": _serialize_control_limits(row.limits, wording) if row.limits else None,
        "outlook": [_serialize_projection(one, wording) for one in row.projections],
    }


def _serialize_control_limits(limits: ControlLimits, wording: Messages) -> dict[str, Any]:
    return {
        "mean": serialize_fraction(limits.mean),
        "low": serialize_fraction(limits.low),
        "high": serialize_fraction(limits.high),
        "points": limits.points,
        "provisional": limits.provisional,
        "signals": [wording.describe(signal) for signal in limits.signals],
    }


def _serialize_projection(projection: Projection, wording: Messages) -> dict[str, Any]:
    return {
        "year": projection.year,
        "value": projection.value,
        "low": projection.low,
        "high": projection.high,
        "target": serialize_fraction(projection.target),
        "probability": projection.probability,
        "chance": projection.chance,
        "points": projection.points,
        "reason": wording.describe(projection.reason),
    }


def serialize_fraction(value: Fraction | None) -> int | float | None:
    """A fraction as JSON: whole ones as integers, the rest as the nearest float."""
    if value is None:
        return None
    return int(value) if value.denominator == 1 else float(value)
