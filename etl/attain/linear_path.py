"""The linear path between two milestones, progress along it, and its classes. Used only inside the room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from etl.model.results import ProgressClass

ON_TRACK = Fraction(95, 100)
NEEDS_ACCELERATION = Fraction(60, 100)
"""Lower limits of the classes, of both ratios (the project's methods, section 1; 0,95 and 0,60 are also
Eurostat's limits for indicators with a quantitative target)."""


def compute_month_number(day: date) -> int:
    """Months since year 0 at the end of a day's month: time on a path runs in months, so years are equal."""
    return day.year * 12 + day.month


@dataclass(frozen=True)
class PathSegment:
    """One stretch of a path. Units: months of `month_number`, values in the indicator's unit."""

    start: Fraction
    start_month: int
    end: Fraction
    end_month: int

    @property
    def span(self) -> int:
        """Months from start to milestone."""
        return self.end_month - self.start_month

    def count_elapsed_months(self, month: int) -> int:
        """Months from start to a month."""
        return month - self.start_month

    def compute_value_at(self, month: int) -> Fraction:
        """Where the path is at a month; it stays at the milestone after it."""
        if month >= self.end_month:
            return self.end
        return self.start + (self.end - self.start) * self.count_elapsed_months(month) / self.span


def compute_progress_ratio(start: Fraction, value: Fraction, path_value: Fraction) -> Fraction:
    """``R = (y − y0) ÷ (path(t) − y0)``; 1 is exactly on the path. The path must have left its start."""
    return (value - start) / (path_value - start)


def classify_progress(ratio: Fraction | float | None) -> ProgressClass:
    """The class of a ratio; empty where there is none."""
    if ratio is None:
        return ""
    if ratio < 0:
        return "moving_away"
    if ratio < NEEDS_ACCELERATION:
        return "limited"
    return "needs_acceleration" if ratio < ON_TRACK else "on_track"
