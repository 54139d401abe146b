"""“Đạt x% kế hoạch”, and what stands in its place where lower is better. Used only inside the attainment room.

Value ÷ target says nothing where lower is better: 5,0 HIV cases against 4,2 would read as 119 % of the plan.
"""

from __future__ import annotations

from fractions import Fraction

from etl.attain.milestones import Start
from etl.attain.path import month_number
from etl.attain.progress import break_between
from etl.catalog import models as m
from etl.model import Period


def per_cent_of_plan(
    indicator: m.Indicator | None, value: Fraction, target: Fraction, baseline: Start | None, period: Period
) -> Fraction | None:
    """Value ÷ target in %, only where higher is better and time has passed since the baseline."""
    rising = indicator is not None and indicator.direction == "up"
    return value / target * 100 if rising and target > 0 and _time_passed(baseline, period) else None


def reduction_pct(
    indicator: m.Indicator | None,
    value: Fraction,
    target: Fraction,
    baseline: Start | None,
    period: Period,
    definitions: tuple[str, str],
) -> Fraction | None:
    """(baseline − value) ÷ (baseline − target) in %, only where lower is better and a reduction was planned.

    `definitions` are the observed one and the milestone's; there is no ratio across a break.
    """
    falling = indicator is not None and indicator.direction == "down"
    if not falling or baseline is None or baseline.value is None or not _time_passed(baseline, period):
        return None
    if baseline.value <= target or break_between(baseline.definition, *definitions):
        return None
    return (baseline.value - value) / (baseline.value - target) * 100


def _time_passed(baseline: Start | None, period: Period) -> bool:
    end = baseline.end if baseline else None
    return end is None or month_number(period.end) > month_number(end)
