"""“Đạt x% kế hoạch”, and what stands in its place where lower is better. Used only inside the attainment room.

Value ÷ target says nothing where lower is better: 5,0 HIV cases against 4,2 would read as 119 % of the plan.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from etl.attain.baseline import PathStart
from etl.attain.linear_path import compute_month_number
from etl.attain.progress import find_definition_break
from etl.catalog import models
from etl.model import Period


def compute_per_cent_of_plan(
    indicator: models.Indicator | None, value: Fraction, target: Fraction, baseline: PathStart | None, period: Period
) -> Fraction | None:
    """Value ÷ target in %, only where higher is better and time has passed since the baseline."""
    rising = indicator is not None and indicator.direction == "up"
    return value / target * 100 if rising and target > 0 and _has_time_passed(baseline, period) else None


def compute_reduction_per_cent(
    indicator: models.Indicator | None,
    value: Fraction,
    target: Fraction,
    baseline: PathStart | None,
    period: Period,
    definitions: tuple[str, str],
) -> Fraction | None:
    """(baseline − value) ÷ (baseline − target) in %, only where lower is better and a reduction was planned.

    `definitions` are the observed one and the milestone's; there is no ratio across a break.
    """
    falling = indicator is not None and indicator.direction == "down"
    if (
        not falling
        or baseline is None
        or baseline.value is None
        or baseline.end is None
        or not _has_time_passed(baseline, period)
    ):
        return None
    if baseline.value <= target or find_definition_break(baseline.definition, *definitions):
        return None
    return (baseline.value - value) / (baseline.value - target) * 100


def compute_required_yearly_change(value: Fraction, target: Fraction, due: date, period: Period) -> Fraction | None:
    """What the value must still change every year to be at the target on its day; None once the day has come.

    Units: the indicator's, a year. For a strict sign it is the change to the border, which must be crossed.
    """
    months = compute_month_number(due) - compute_month_number(period.end)
    return (target - value) * 12 / months if months > 0 else None


def _has_time_passed(baseline: PathStart | None, period: Period) -> bool:
    """Whether the period lies after the baseline; where there is none, or none with a value, it does."""
    end = baseline.end if baseline and baseline.value is not None else None
    return end is None or compute_month_number(period.end) > compute_month_number(end)
