"""A year's plan for part of the year. Used only inside the attainment room.

Case rates grow through the year over a standing denominator, so a figure from January to the end of
a part-year period is compared with as many twelfths of the year's plan.
"""

from __future__ import annotations

from fractions import Fraction

from etl.catalog import models as m
from etl.model import Period


def is_part_year(indicator: m.Indicator | None, period: Period) -> bool:
    """Whether the indicator accumulates and the year is not closed at the period's end."""
    return indicator is not None and indicator.accumulates and period.months_elapsed < 12


def prorated(target: Fraction, period: Period) -> Fraction:
    """The year's plan up to the period's end."""
    return target * period.months_elapsed / 12
