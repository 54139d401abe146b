"""What a figure carries besides its number: its interval, its bounds, the variation of its series, where it goes.

Room: report. Used by `figures`; prints what attainment found, computes nothing.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from etl.catalog import models as m
from etl.model import Attainment, ControlLimits, Projection
from etl.report.inputs import ReportInput
from etl.report.numbers import number
from etl.report.sentences import Sentences

Figure = dict[str, Any]


def doubts(given: ReportInput, say: Sentences, target: m.Target, a: Attainment) -> Figure:
    """How sure a figure is, what it could be with all units in, where it goes, and what was corrected in it."""
    decimals = max(target.decimals, 1)
    return {
        "interval": _interval(say, target, a),
        "bounds": _bounds(say, decimals, a),
        "bounds_turn": a.bounds_turn,
        "bounds_reason": a.bounds_reason,
        "outlook": [_projection(say, decimals, projected) for projected in a.projections],
        "corrections": list(a.corrections),
        "contradicts": list(a.contradicts),
        "limits": _limits(given, say, decimals, a.limits) if a.limits else None,
    }


def _interval(say: Sentences, target: m.Target, a: Attainment) -> Figure | None:
    if a.interval is None:
        return None
    decimals = max(target.decimals, 1)
    low, high = (number(Fraction(end), decimals) for end in a.interval)
    text = say.say("cell.interval", low=low["text"], high=high["text"])
    return {"low": low, "high": high, "text": text, "method": a.interval_method}


def _bounds(say: Sentences, decimals: int, a: Attainment) -> Figure | None:
    """What the value could be with all units in; `now` is the value there is, as fine as they are."""
    if a.bounds is None:
        return None
    low, high = (number(end, decimals) for end in a.bounds)
    return {"low": low, "high": high, "now": number(a.value, decimals), "text": _range(say, low, high)}


def _limits(given: ReportInput, say: Sentences, decimals: int, limits: ControlLimits) -> Figure:
    """The usual variation of the series and what is unusual in it now. Numbers in the indicator's unit.

    A signal names the period that it ends with; those of earlier periods were news then.
    """
    last = {given.period.name, *(quarter.name for quarter in given.period.quarters_to_date[-1:])}
    mean, low, high = (number(value, decimals) for value in (limits.mean, limits.low, limits.high))
    return {
        "mean": mean,
        "low": low,
        "high": high,
        "text": _range(say, low, high),
        "points": limits.points,
        "provisional": limits.provisional,
        "signals": [s for s in limits.signals if any(s.startswith(f"{n}:") or s.endswith(n) for n in last)],
    }


def _projection(say: Sentences, decimals: int, projected: Projection) -> Figure:
    """Where the series goes by a year. Numbers in the indicator's unit; `probability` in %."""
    nothing = say.texts["word.nothing"]
    value, low, high = (
        number(None if end is None else Fraction(end), decimals, nothing)
        for end in (projected.value, projected.low, projected.high)
    )
    chance = None if projected.probability is None else Fraction(projected.probability) * 100
    text = nothing
    if projected.value is not None:
        text = say.say("cell.outlook", value=value["text"], low=low["text"], high=high["text"])
    return {
        "year": str(projected.year),
        "value": value,
        "low": low,
        "high": high,
        "target": number(projected.target, decimals, nothing),
        "probability": number(chance, 0, nothing),
        "chance": projected.chance,
        "points": projected.points,
        "text": text,
        "reason": projected.reason,
    }


def _range(say: Sentences, low: Figure, high: Figure) -> str:
    """Two ends as a reader writes them: one number where both print the same."""
    if low["text"] == high["text"]:
        return str(low["text"])
    return say.say("cell.interval", low=low["text"], high=high["text"])
