"""What each milestone asks for in plain numbers: per-mille, k of n and relative levels worked out. Used only inside.

A level that is stated against a base needs that base: where it is not known, the goal has no number and says why.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache

from etl.attain.baseline import PathStart, find_baseline_start, parse_period_end, parse_printed_end
from etl.attain.carried_forward import find_carried_period
from etl.attain.comparison import is_range_operator
from etl.attain.reasons import build_missing_base_reason
from etl.catalog import models
from etl.model import ObservedIndicator, Period
from etl.model.reason import Reason, build_reason


@dataclass(frozen=True)
class Goal:
    """A milestone in the indicator's own unit. `low` and `high` differ for ranges only; `gap` says why there is none.

    `due` is the day a path must have arrived: for “từ năm … trở đi” the day before, else the last of its period. A goal
    without a `period` is one that the plan sets no time for: it is due when the plan ends.
    """

    milestone: models.Milestone
    period: str
    due: date
    low: Fraction | None = None
    high: Fraction | None = None
    gap: Reason | None = None

    @property
    def operator(self) -> str:
        """How it is compared."""
        return self.milestone.operator

    @property
    def definition(self) -> str:
        """The definition it was set in; empty where not known."""
        return self.milestone.definition

    @property
    def starts(self) -> date | None:
        """The day from which it holds, if it is one that holds from a day on."""
        return Period.parse(self.period).start if self.milestone.onward else None

    @property
    def is_on_a_path(self) -> bool:
        """Whether it lies on a path: one against the year before is set anew each year."""
        return not (self.milestone.relative and self.milestone.relative.previous_year)

    @property
    def is_undated(self) -> bool:
        """Whether the plan sets no time for it."""
        return not self.period and self.milestone.date is None


@dataclass(frozen=True)
class YearBefore:
    """What a level against the year before rests on: the asked period, and the unit's figures of it and of the same one
    a year before."""

    period: Period
    now: ObservedIndicator | None
    before: ObservedIndicator | None


def build_goals(
    target: models.Target,
    indicator: models.Indicator | None,
    own: ObservedIndicator | None,
    year_before: YearBefore | None = None,
) -> tuple[Goal, ...]:
    """A target's goals by the day they fall due; `own` is the unit's own figure of the baseline, where it has one."""
    factor = indicator.factor if indicator else 100
    if not any(ms.relative for ms in target.milestones):
        return _build_plain_goals(target.milestones, factor, target.unit_scale, target.plan_end)
    goal_list: list[Goal] = []
    for milestone in target.milestones:
        if milestone.relative and milestone.relative.previous_year:
            goal_list.append(_build_goal_of_year(milestone, milestone.relative, year_before, target))
        elif milestone.relative is None:
            goal_list += _build_plain_goals((milestone,), factor, target.unit_scale, target.plan_end)
        else:
            base = _find_relative_base(target, milestone.relative, indicator, own)
            goal_list += _build_relative_goals(milestone, milestone.relative, base, target)
    return tuple(sorted(goal_list, key=lambda goal: goal.due))


def find_current_goal(ordered: tuple[Goal, ...], period: Period) -> Goal | None:
    """The first goal that falls due at the period's end or later; after the last, the last.

    A goal that holds from a year on keeps holding until the next one's own period begins.
    """
    position = next((i for i, goal in enumerate(ordered) if goal.due >= period.end), len(ordered))
    before = ordered[position - 1] if position else None
    if position == len(ordered):
        return before
    following = ordered[position]
    holds = before is not None and before.milestone.onward
    begins = Period.parse(following.period).start if following.period else following.due
    return before if holds and period.end < begins else following


def find_segment_start(ordered: tuple[Goal, ...], goal: Goal, baseline: PathStart | None) -> PathStart | None:
    """Where the segment to a goal starts: the goal before it, or for the first one the baseline."""
    position = ordered.index(goal)
    if position == 0:
        return baseline
    before = ordered[position - 1]
    if before.is_undated:
        return None
    return PathStart(None if is_range_operator(before.operator) else before.low, before.due, before.definition)


@lru_cache(maxsize=1024)
def _build_plain_goals(
    milestones: tuple[models.Milestone, ...], factor: int, unit_scale: Fraction, plan_end: date | None
) -> tuple[Goal, ...]:
    """Goals that need no base. Remembered: the same few stand under every unit's row."""
    goal_list = [
        Goal(
            ms,
            ms.period or "",
            _compute_due_date(ms, plan_end),
            *_compute_goal_range(ms, factor, unit_scale),
            gap=_find_goal_gap(ms),
        )
        for ms in milestones
    ]
    return tuple(sorted(goal_list, key=lambda goal: goal.due))


def _compute_due_date(milestone: models.Milestone, plan_end: date | None) -> date:
    if milestone.date is not None:
        return milestone.date
    if milestone.period is None:
        return plan_end or date.max
    if milestone.onward:
        return Period.parse(milestone.period).start - timedelta(days=1)
    return parse_period_end(milestone.period)


def _compute_goal_range(
    milestone: models.Milestone, factor: int, unit_scale: Fraction
) -> tuple[Fraction | None, Fraction | None]:
    if milestone.count is not None:
        share = Fraction(milestone.count.count, milestone.count.of) * factor
        return share, share
    if milestone.value is None:
        return None, None
    scale = Fraction(factor, milestone.per or factor) * unit_scale
    low = Fraction(milestone.value) * scale
    high = low if milestone.upper is None else Fraction(milestone.upper) * scale
    around = Fraction(milestone.tolerance or 0) * scale
    return low - around, high + around


def _find_goal_gap(milestone: models.Milestone) -> Reason | None:
    return Reason("reason.no_tolerance") if milestone.operator == "about" and milestone.tolerance is None else None


# --- against a base --------------------------------------------------------------------------------


def _find_relative_base(
    target: models.Target, relative: models.Relative, indicator: models.Indicator | None, own: ObservedIndicator | None
) -> PathStart | None:
    """What a relative level is compared with. A base of its own is the area's: a unit under it needs its own figure."""
    if relative.base is None:
        return find_baseline_start(target, indicator, own)
    printed = relative.base
    if own is None:
        value = None if printed.value is None else Fraction(printed.value) * target.unit_scale
        return PathStart(value, parse_printed_end(printed.period), printed.definition)
    same = target.baseline is not None and target.baseline.period == printed.period is not None
    return find_baseline_start(target, indicator, own) if same else None


def _build_relative_goals(
    milestone: models.Milestone, relative: models.Relative, base: PathStart | None, target: models.Target
) -> list[Goal]:
    goal = Goal(milestone, milestone.period or "", _compute_due_date(milestone, target.plan_end))
    if base is None or base.value is None or base.end is None:
        return [replace(goal, gap=_find_base_gap(relative, base))]
    if base.definition and milestone.definition and base.definition != milestone.definition:
        return [
            replace(goal, gap=build_reason("reason.break_in_series", old=base.definition, new=milestone.definition))
        ]
    if relative.yearly:
        return _build_yearly_goals(goal, relative, base.value, base.end, target.unit_scale)
    level = _compute_changed_level(base.value, relative, 1, target.unit_scale)
    return [replace(goal, low=level, high=level)]


def _find_base_gap(relative: models.Relative, base: PathStart | None) -> Reason:
    if base is not None and base.value is not None:
        return Reason("reason.undated_base")
    return build_missing_base_reason((relative.base.period or "") if relative.base else "")


def _compute_changed_level(base: Fraction, relative: models.Relative, times: int, unit_scale: Fraction) -> Fraction:
    """What a base comes to when it has changed so many times: compounded per cents, or steps that add up."""
    if relative.change is not None:
        return base + Fraction(relative.change) * unit_scale * times
    return base * Fraction(1 + Fraction(relative.percent or 0) / 100) ** times


def _build_yearly_goals(
    goal: Goal, relative: models.Relative, base: Fraction, since: date, unit_scale: Fraction
) -> list[Goal]:
    """A yearly change sets a level for every year up to the milestone's."""
    last = int(goal.period)
    if since.year >= last:
        return [replace(goal, gap=Reason("reason.no_stretch"))]
    years = range(since.year + 1, last + 1)
    levels = ((year, _compute_changed_level(base, relative, year - since.year, unit_scale)) for year in years)
    return [Goal(goal.milestone, str(year), date(year, 12, 31), level, level) for year, level in levels]


def _build_goal_of_year(
    milestone: models.Milestone, relative: models.Relative, asked: YearBefore | None, target: models.Target
) -> Goal:
    """The level of the asked period, from what the unit had in the same one a year before."""
    goal = Goal(milestone, milestone.period or "", _compute_due_date(milestone, target.plan_end))
    if asked is None:
        return replace(goal, gap=Reason("reason.missing_base"))
    year, last = asked.period.year, int(goal.period)
    if year > last:
        return replace(goal, gap=build_reason("reason.no_longer_valid", period=Period.parse(goal.period).name))
    if year < last and not relative.yearly:
        return replace(goal, gap=build_reason("reason.not_yet_valid", period=Period.parse(goal.period).name))
    goal = replace(goal, period=asked.period.key, due=asked.period.end)
    now, before = asked.now, asked.before
    if before is None or before.value is None or before.since or find_carried_period(before.as_of, before.period):
        return replace(goal, gap=build_missing_base_reason(asked.period.same_period_last_year.name))
    if now is not None and now.definition and before.definition and now.definition != before.definition:
        return replace(goal, gap=build_reason("reason.break_in_series", old=before.definition, new=now.definition))
    level = _compute_changed_level(before.value, relative, 1, target.unit_scale)
    return replace(goal, low=level, high=level)
