"""Random catalogues and data, both as the product takes them and as the plain computation does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction as F
from typing import Any

from hypothesis import strategies as st

from etl.catalog import models
from tests.oracle import plain

SIGNS = (">=", ">", "<=", "<", "=")
PERIODS = ("2024Q1", "2024Q2", "2024Q3", "2024Q4", "2024H1", "2024N", "2024")


@st.composite
def relative_goals(draw: st.DrawFn, year: int) -> plain.Goal:
    """A goal stated against the baseline: per cents or a number from it, once or every year."""
    yearly = draw(st.booleans())
    sign = ">=" if yearly else draw(st.sampled_from(SIGNS))
    if draw(st.booleans()):
        least, most = (-20, 20) if yearly else (-99, 60)
        return plain.Goal(year, sign, percent=F(draw(st.integers(least, most))), yearly=yearly)
    return plain.Goal(year, sign, change=F(draw(st.integers(-300, 300)), 10), yearly=yearly)


@st.composite
def goals(draw: st.DrawFn, *, relative: bool) -> plain.Goal:
    """One goal of any kind of number."""
    year = draw(st.integers(2024, 2026))
    value = F(draw(st.integers(0, 1200)), 10)
    onward = draw(st.booleans())
    match draw(st.sampled_from(("plain", "plain", "between", "about", "relative", "relative", "count", "per"))):
        case "between":
            return plain.Goal(year, "between", value, value + F(draw(st.integers(0, 300)), 10), onward=onward)
        case "about":
            tolerance = draw(st.none() | st.integers(0, 100).map(lambda n: F(n, 10)))
            return plain.Goal(year, "about", value, tolerance=tolerance)
        case "relative" if relative:
            return draw(relative_goals(year))
        case "count":
            of = draw(st.integers(1, 12))
            return plain.Goal(year, ">=", count=(draw(st.integers(0, of)), of))
        case "per":
            return plain.Goal(year, draw(st.sampled_from(SIGNS)), value, per=draw(st.sampled_from((100, 1000))))
        case _:
            return plain.Goal(year, draw(st.sampled_from(SIGNS)), value, onward=onward)


@st.composite
def lines(draw: st.DrawFn, indicator: plain.Indicator, *, kind: str = "") -> plain.Line:
    """A target of an indicator: one or two goals in different years, with or without a baseline."""
    kind = kind or draw(st.sampled_from(("threshold", "threshold", "maintain")))
    base = draw(st.none() | st.tuples(st.integers(2022, 2024), st.integers(0, 1200).map(lambda n: F(n, 10))))
    if kind == "per_unit":
        value = F(draw(st.integers(0, 100)))
        return plain.Line(kind, indicator, (plain.Goal(2025, ">=", value),), base, floor=F(90))
    first = draw(goals(relative=True))
    chosen = [first]
    if not first.yearly and draw(st.booleans()):
        second = draw(goals(relative=False))
        if second.year != first.year and not second.onward and not first.onward:
            chosen.append(second)
    scaled = not any(goal.per for goal in chosen)
    unit = draw(st.sampled_from((F(1), F(1), F(1000), F(1, 10)))) if scaled else F(1)
    told = tuple(replace(goal, undated=draw(st.booleans()) and not (goal.onward or goal.yearly)) for goal in chosen)
    undated = [goal for goal in told if goal.undated]
    if len(undated) > 1:
        told = (told[0], replace(told[1], undated=False))
    return plain.Line(kind, indicator, told, base, unit=unit, undated_base=draw(st.booleans()) and base is not None)


def model_of(indicator: plain.Indicator, method: str = "ratio") -> models.Indicator:
    below = {"count_of": indicator.bottom[0]} if indicator.counts_bottom else {"elements": indicator.bottom}
    method, bottom = ("sum", None) if indicator.sums else (method, below)
    return models.Indicator.model_validate(
        {
            "code": indicator.code, "name": "x", "short_name": "x", "method": method, "factor": indicator.factor,
            "numerator": {"elements": indicator.top}, "denominator": bottom, "unit": "x",
            "direction": "up" if indicator.rising else "down", "frequency": "quarter",
            "accumulates": indicator.accumulates, "source": "x", "definition": "x", "basis": "configured",
        }
    )  # fmt: skip


def target_of(line: plain.Line, item: str = "1") -> models.Target:
    base = None
    if line.base is not None:
        time = None if line.undated_base else str(line.base[0])
        base = models.Baseline(period=time, written="x", value=_decimal(line.base[1]))
    target = models.Target(
        item=item,
        clause="1",
        title="x",
        indicator=line.indicator.code,
        kind=line.kind,
        floor=_decimal(line.floor),
        baseline=base,
        milestones=tuple(_milestone(goal) for goal in line.goals),
    )
    ends = [date(goal.year, 12, 31) for goal in line.goals if goal.undated]
    return target.model_copy(update={"unit_scale": line.unit, "plan_end": next(iter(ends), None)})


def _milestone(goal: plain.Goal) -> models.Milestone:
    given: dict[str, Any] = {
        "period": None if goal.undated else str(goal.year), "written": "x", "operator": goal.sign, "value": _decimal(goal.value),
        "upper": _decimal(goal.upper), "tolerance": _decimal(goal.tolerance), "per": goal.per, "onward": goal.onward,
    }  # fmt: skip
    if goal.percent is not None or goal.change is not None:
        steps = {"percent": _decimal(goal.percent), "change": _decimal(goal.change)}
        given["relative"] = {**steps, "yearly": goal.yearly}
    if goal.count is not None:
        given["count"] = {"count": goal.count[0], "of": goal.count[1]}
    return models.Milestone.model_validate(given)


def _decimal(value: F | None) -> Decimal | None:
    return None if value is None else Decimal(value.numerator) / Decimal(value.denominator)
