"""An attainment as JSON. Called by the steps and the shell; never rounds."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from etl.model import Attainment, ControlLimits, Projection


def as_json(row: Attainment) -> dict[str, Any]:
    """The keys the shell promises, in its order.

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
        "numerator": number(row.numerator),
        "denominator": number(row.denominator),
        "value": number(row.value),
        "operator": row.operator,
        "written": row.written,
        "target": number(row.target),
        "target_period": row.target_period,
        "baseline": number(row.baseline),
        "met": row.met,
        "status": row.status,
        "progress": number(row.progress),
        "class": row.progress_class,
        "path_value": number(row.path_value),
        "cagr_ratio": row.cagr_ratio,
        "cagr_class": row.cagr_class,
        "classes_disagree": row.classes_disagree,
        "per_cent_of_plan": number(row.per_cent_of_plan),
        "prorated_target": number(row.prorated_target),
        "interval": list(row.interval) if row.interval else None,
        "interval_method": row.interval_method,
        "people_missing": row.people_missing,
        "completeness": number(row.completeness),
        "expected": row.expected,
        "present": row.present,
        "as_of": row.as_of,
        "estimated": row.estimated,
        "reason": row.reason,
        "corrections": list(row.corrections),
        "reduction_pct": number(row.reduction_pct),
        "target_upper": number(row.target_upper),
        "required_yearly_change": number(row.required_yearly_change),
        "bounds": [number(end) for end in row.bounds] if row.bounds else None,
        "bounds_turn": row.bounds_turn,
        "bounds_reason": row.bounds_reason,
        "small_count": row.small_count,
        "contradicts": list(row.contradicts),
        "limits": _limits(row.limits) if row.limits else None,
        "outlook": [_projection(one) for one in row.projections],
    }


def _limits(found: ControlLimits) -> dict[str, Any]:
    return {
        "mean": number(found.mean),
        "low": number(found.low),
        "high": number(found.high),
        "points": found.points,
        "provisional": found.provisional,
        "signals": list(found.signals),
    }


def _projection(found: Projection) -> dict[str, Any]:
    return {
        "year": found.year,
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "target": number(found.target),
        "probability": found.probability,
        "chance": found.chance,
        "points": found.points,
        "reason": found.reason,
    }


def number(value: Fraction | None) -> int | float | None:
    """A fraction as JSON: whole ones as integers, the rest as the nearest float."""
    if value is None:
        return None
    return int(value) if value.denominator == 1 else float(value)
