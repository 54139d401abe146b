"""Where a series goes if it goes on as it did, and how likely that reaches the plan. Used through `etl.attain`.

Method, the same for every indicator: ordinary least squares over time (numpy) on the last unbroken run of figures
under one definition, with Student's t (scipy) for the prediction interval, which is never narrower than that of a
random walk with drift. Shares that stay strictly between 0 and
100 % are fitted as logits, so that a line can neither leave the scale nor promise more than all. Not tuned to
any indicator; `docs/outlook.md` shows how it would have done.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from etl.attain.baseline import parse_period_end
from etl.attain.comparison import is_numeric_operator, is_range_operator
from etl.attain.goals import Goal, build_goals, find_current_goal
from etl.attain.linear_path import compute_month_number
from etl.attain.measure_kind import is_share_indicator
from etl.catalog import models
from etl.model import Period, Projection, SeriesPoint
from etl.model.reason import Reason, build_reason


@dataclass(frozen=True)
class Forecast:
    """What is expected at a time, on the scale that was fitted. `spread` is the standard error of one new figure."""

    centre: float
    spread: float
    freedom: int

    def compute_probability_below(self, level: float) -> float:
        """The probability of a figure below a level."""
        from scipy.special import stdtr

        if not self.spread:
            return float(self.centre < level)
        return float(stdtr(self.freedom, (level - self.centre) / self.spread))

    def compute_prediction_interval(self, confidence: float) -> tuple[float, float]:
        """The prediction interval."""
        from scipy.special import stdtrit

        reach = float(stdtrit(self.freedom, (1 + confidence) / 2)) * self.spread
        return self.centre - reach, self.centre + reach


@dataclass(frozen=True)
class FittedScale:
    """How values are fitted: as they are, or as logits of a share of `whole`."""

    whole: float | None

    def convert_to_fitted(self, value: float) -> float:
        """A value on the fitted scale; the ends of a share lie at infinity."""
        if self.whole is None:
            return value
        share = value / self.whole
        return -math.inf if share <= 0 else math.inf if share >= 1 else math.log(share / (1 - share))

    def convert_from_fitted(self, fitted: float) -> float:
        """The value that a fitted one stands for."""
        return fitted if self.whole is None else self.whole / (1 + math.exp(-fitted))


def build_projections(
    target: models.Target,
    indicator: models.Indicator | None,
    series: Sequence[SeriesPoint],
    period: Period,
    rules: models.OutlookRules,
) -> tuple[Projection, ...]:
    """A projection to each year of the rules that is not over yet, for a target that asks for a number.

    Args:
        target: The target; one that compares no number (a date, words, an elimination) gets none.
        indicator: What is measured.
        series: What was observed, oldest first, up to the period.
        period: The last period looked at.
        rules: How far, from how many points, and the words for a probability.
    """
    stages = build_goals(target, indicator, None)
    if indicator is None or not any(is_numeric_operator(goal.operator) for goal in stages):
        return ()
    run = select_unbroken_run(series)
    return tuple(_build_projection(stages, indicator, run, year, period, rules) for year in rules.horizons)


def select_unbroken_run(series: Sequence[SeriesPoint]) -> list[SeriesPoint]:
    """The last stretch of a series under one definition: a change of definition begins a new series."""
    run: list[SeriesPoint] = []
    for point in series:
        if run and point.definition != run[-1].definition:
            run = []
        run.append(point)
    return run


def _build_projection(
    stages: tuple[Goal, ...],
    indicator: models.Indicator,
    run: Sequence[SeriesPoint],
    year: int,
    period: Period,
    rules: models.OutlookRules,
) -> Projection:
    goal = find_current_goal(stages, Period.parse(str(year)))
    empty = Projection(year, target=goal.low if goal and not goal.is_undated else None, points=len(run))
    if period.end >= date(year, 12, 31):
        return replace(empty, reason=build_reason("reason.past_year", year=year))
    if len(run) < rules.min_points:
        return replace(empty, reason=build_reason("reason.too_few_points", points=len(run), wanted=rules.min_points))
    scale = build_fitted_scale(indicator, run)
    at = compute_forecast(
        [(compute_month_number(parse_period_end(p.period)), scale.convert_to_fitted(float(p.value))) for p in run],
        year * 12 + 12,
    )
    centre, low, high = (
        _clamp_to_possible(indicator, scale.convert_from_fitted(x))
        for x in (at.centre, *at.compute_prediction_interval(rules.confidence))
    )
    projection = replace(empty, value=centre, low=low, high=high)
    reason = _find_missing_probability_reason(goal, run[-1].definition)
    if goal is None or reason:
        return replace(projection, reason=reason)
    probability = _compute_reach_probability(at, scale.convert_to_fitted, goal)
    return replace(projection, probability=probability, chance=rules.find_chance_name(probability))


def _find_missing_probability_reason(goal: Goal | None, definition: str) -> Reason | None:
    if goal is None or goal.low is None or not is_numeric_operator(goal.operator):
        return (goal.gap if goal else None) or Reason("reason.no_goal")
    if goal.is_undated:
        return Reason("reason.undated")
    if goal.operator == "=":
        return Reason("reason.exactly")
    differs = goal.definition and goal.definition != definition
    return goal.gap or (Reason("reason.unclear_definition") if differs else None)


def _clamp_to_possible(indicator: models.Indicator, value: float) -> float:
    """No figure lies below zero, and no share above all."""
    return max(0.0, min(value, float(indicator.factor)) if is_share_indicator(indicator) else value)


def build_fitted_scale(indicator: models.Indicator, run: Sequence[SeriesPoint]) -> FittedScale:
    """Logits for a share of people or things that touches neither end; else the values as they are."""
    share = is_share_indicator(indicator) and all(0 < p.value < indicator.factor for p in run)
    return FittedScale(float(indicator.factor) if share else None)


def compute_forecast(points: Sequence[tuple[float, float]], at: float) -> Forecast:
    """Ordinary least squares through (time, value), and what it expects of one more value at a time.

    At least three points, no two at one time. The spread is the larger of two: that of a prediction from the line,
    √(s² (1 + 1/n + (t − t̄)²/Stt)), and that of a random walk with drift from the last point, √(σ² h (1 + h/T)), with
    σ² a month's variance of the steps around the drift, h the months ahead and T those of the series. The line alone
    takes points one after the other for independent, and so promises too much far ahead.
    """
    import numpy as np

    times, values = np.asarray(points, dtype=float).T
    centred = times - times.mean()
    square = float(centred @ centred)
    slope = float(centred @ values) / square
    rest = values - values.mean() - slope * centred
    freedom = len(points) - 2
    away = at - float(times.mean())
    of_line = float(rest @ rest) / freedom * (1 + 1 / len(points) + away * away / square)
    months, ahead = float(times[-1] - times[0]), max(0.0, at - float(times[-1]))
    waits = np.diff(times)
    strays = np.diff(values) - waits * (values[-1] - values[0]) / months
    of_walk = float((strays * strays / waits).sum()) / freedom * ahead * (1 + ahead / months)
    return Forecast(float(values.mean()) + slope * away, math.sqrt(max(of_line, of_walk)), freedom)


def _compute_reach_probability(at: Forecast, fit: Callable[[float], float], goal: Goal) -> float:
    """The probability that one figure at that time satisfies a goal."""
    low, high = fit(float(goal.low or Fraction(0))), fit(float(goal.high or Fraction(0)))
    if is_range_operator(goal.operator):
        return at.compute_probability_below(high) - at.compute_probability_below(low)
    below = at.compute_probability_below(low)
    return below if goal.operator in {"<", "<="} else 1 - below
