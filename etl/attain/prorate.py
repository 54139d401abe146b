"""A year's plan for part of the year. Used only inside the attainment room.

Case rates grow from January (from July in a second half-year) over a standing denominator, so a figure of a
part of a year is compared with as many twelfths of the year's plan.
"""

from __future__ import annotations

from fractions import Fraction

from etl.catalog import models
from etl.model import Period


def count_accumulated_months(period: Period) -> int:
    """The months of a year that an accumulating figure of a period has grown through."""
    return period.months_elapsed - period.counted_from + 1


def is_part_year_figure(indicator: models.Indicator | None, period: Period) -> bool:
    """Whether the indicator accumulates and the period's figure is not the whole year's."""
    return indicator is not None and indicator.accumulates and count_accumulated_months(period) < 12


def compute_prorated_target(target: Fraction, period: Period) -> Fraction:
    """The year's plan for the months counted."""
    return target * count_accumulated_months(period) / 12
