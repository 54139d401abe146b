"""Figures of a year that nobody was asked about from its beginning: what a part of it can decide."""

from __future__ import annotations

from fractions import Fraction

from etl.attain.comparison import is_elimination_operator, is_goal_met
from etl.attain.goals import Goal
from etl.catalog import models


def is_decided_by_part(
    indicator: models.Indicator | None, goal: Goal, value: Fraction, numerator: Fraction | None
) -> bool:
    """Whether the rest of the year, whatever it was, cannot turn the verdict: a count that has reached its floor or
    passed its ceiling, or any case where none may be left. A share may have been anything in the other months."""
    if is_elimination_operator(goal.operator):
        return (value if numerator is None else numerator) > 0
    if indicator is None or indicator.method != "sum" or goal.low is None:
        return False
    reached = is_goal_met(goal.operator, value, goal.low)
    return (goal.operator in {">=", ">"} and reached) or (goal.operator in {"<=", "<"} and not reached)
