"""Which rule a target falls under, and its verdict: the door of the attainment room.

The kind of a target is decided before any arithmetic. Of a target that is met nothing more is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from etl.attain.baseline import PathStart, find_baseline_start
from etl.attain.bounds import add_value_bounds, find_sure_verdict
from etl.attain.carried_forward import find_carried_period
from etl.attain.comparison import (
    find_nearest_end,
    is_elimination_operator,
    is_elimination_reached,
    is_goal_met,
    is_numeric_operator,
    is_range_operator,
)
from etl.attain.goals import Goal, YearBefore, build_goals, find_current_goal, find_segment_start
from etl.attain.granularity import find_granularity_gap
from etl.attain.interval import compute_confidence_interval, is_small_count
from etl.attain.k_of_n import apply_unit_count
from etl.attain.late_start import is_decided_by_part
from etl.attain.linear_path import compute_month_number
from etl.attain.people_missing import count_people_missing
from etl.attain.progress import compute_path_progress
from etl.attain.prorate import compute_prorated_target, count_accumulated_months, is_part_year_figure
from etl.attain.ratios import compute_per_cent_of_plan, compute_reduction_per_cent, compute_required_yearly_change
from etl.attain.reasons import build_carried_reason, build_cases_left_reason, build_part_year_reason
from etl.attain.several_periods import OtherFigures, combine_periods, find_summing_start
from etl.attain.target_figures import TargetFigures, compute_target_figures
from etl.catalog import models
from etl.model import Attainment, ObservedIndicator, Period
from etl.model.period import format_date
from etl.model.reason import Reason, build_reason

_NOTHING_ELSE = OtherFigures()


@dataclass(frozen=True)
class _TargetCase:
    """One target, what was observed for it, and what follows directly from the two."""

    target: models.Target
    indicator: models.Indicator | None
    observed: ObservedIndicator | None
    period: Period
    figures: TargetFigures
    baseline: PathStart | None
    goals: tuple[Goal, ...]
    goal: Goal | None
    is_under_area: bool

    @property
    def definition(self) -> str:
        """The definition the value was observed by; empty where not known."""
        return self.observed.definition if self.observed else ""

    @property
    def carried_from(self) -> str:
        """The period or date of an older value that stands in for the asked period's; empty if it is its own."""
        return find_carried_period(self.observed.as_of, self.period) if self.observed else ""


def compute_target_attainment(
    plan_id: str,
    target: models.Target,
    indicator: models.Indicator | None,
    observed: ObservedIndicator | None,
    *,
    unit: str,
    period: Period,
    others: OtherFigures = _NOTHING_ELSE,
) -> Attainment:
    """One target against what was observed for a unit and a period.

    `observed` is already Σ numerator ÷ Σ denominator. `others` has the unit's own figure of the
    baseline's period; where it is given it is the start of the path (given without a value, the unit has
    none), else the baseline printed in the plan is; and those of the periods that the target looks at besides
    (`list_compared_periods`).

    Grain: (plan, item, org unit, period). Units: those of `Attainment`. Missing data is a row with
    status ``no_data`` and its reason, never an error.
    """
    observed = combine_periods(target, indicator, observed, others.compared)
    stages = build_goals(
        target,
        indicator,
        others.baseline,
        YearBefore(period, observed, others.compared.get(period.same_period_last_year)),
    )
    case = _TargetCase(
        target,
        indicator,
        observed,
        period,
        compute_target_figures(target, indicator, observed),
        find_baseline_start(target, indicator, others.baseline),
        stages,
        find_current_goal(stages, period),
        others.baseline is not None,
    )
    row = _build_attainment_row(plan_id, unit, case)
    fine = find_granularity_gap(indicator, observed.level if observed else "", period, carried=bool(case.carried_from))
    if fine:
        return replace(row, value=None, interval=None, interval_method="", reason=fine)
    bounded = add_value_bounds(
        target,
        indicator,
        observed,
        _apply_verdict(case, row),
        lambda value: _apply_verdict(case, replace(row, value=value)),
    )
    return replace(bounded, bounds_met=find_sure_verdict(bounded)) if _is_compared_by_bounds(case) else bounded


def _is_compared_by_bounds(case: _TargetCase) -> bool:
    """Whether there is no value, and one within its bounds would be compared with the goal's number alone."""
    goal = case.goal
    return (
        case.figures.value is None
        and case.target.kind in {"threshold", "maintain", "per_unit"}
        and goal is not None
        and is_numeric_operator(goal.operator)
        and goal.milestone.count is None
        and _find_incomparability(case, goal) is None
        and not is_part_year_figure(case.indicator, case.period)
        and not case.target.is_of_several_periods
        and not (case.observed and case.observed.since)
    )


def _build_attainment_row(plan_id: str, unit: str, case: _TargetCase) -> Attainment:
    """The row before any verdict: who, what the plan says, what was observed."""
    target, observed, goal = case.target, case.observed, case.goal
    confidence = compute_confidence_interval(case.indicator, case.figures.numerator, case.figures.denominator)
    if case.figures.value is None or target.kind == "per_unit":
        confidence = None
    ranged = goal is not None and is_range_operator(goal.operator)
    return Attainment(
        plan=plan_id,
        item=target.item,
        clause=target.clause,
        kind=target.kind,
        indicator=target.indicator or "",
        unit=unit,
        period=case.period.key,
        numerator=case.figures.numerator,
        denominator=case.figures.denominator,
        value=case.figures.value,
        operator=goal.operator if goal else "",
        written=goal.milestone.written if goal else "",
        target=goal.low if goal else None,
        target_period=(case.period.key if target.each_quarter else goal.period) if goal else "",
        baseline=case.baseline.value if case.baseline else None,
        met=None,
        status="no_verdict",
        interval=confidence[0] if confidence else None,
        interval_method=confidence[1] if confidence else "",
        completeness=Fraction(observed.present, observed.expected) if observed and observed.expected else None,
        expected=observed.expected if observed else 0,
        present=observed.present if observed else 0,
        as_of=observed.as_of if observed else "",
        source=observed.source if observed else "",
        estimated=observed.estimated if observed else False,
        target_upper=goal.high if goal and ranged else None,
        small_count=is_small_count(case.indicator, case.figures.numerator),
        contradicts=target.contradicts,
        since=observed.since if observed else "",
        of_period=observed.of_period if observed else "",
        absent=observed.absent if observed and observed.present else (),
    )


def _find_statement_reason(target: models.Target) -> Reason:
    return (
        build_reason("reason.as_planned", text=target.statement) if target.statement else Reason("reason.not_assessed")
    )


def _apply_verdict(case: _TargetCase, row: Attainment) -> Attainment:
    """The kinds that ask for no comparison; then missing data; then the comparison."""
    match case.target.kind:
        case "not_assessed":
            return replace(row, status="not_assessed", reason=_find_statement_reason(case.target))
        case "milestone":
            return replace(row, reason=Reason("reason.by_date"))
    if row.value is None:
        return replace(row, status="no_data", reason=case.figures.gap)
    if case.target.kind == "track":
        reason = build_carried_reason(case.carried_from, None) if case.carried_from else None
        return replace(row, status="track", reason=reason)
    if case.goal is None:
        return replace(row, reason=Reason("reason.no_milestone"))
    reason = _find_incomparability(case, case.goal) or _find_part_gap(case, case.goal, row.value)
    return replace(row, reason=reason) if reason else _apply_comparison(case, case.goal, row, row.value)


def _find_incomparability(case: _TargetCase, goal: Goal) -> Reason | None:
    """Why the value cannot be held against the goal at all; None where it can."""
    relative, is_sum = goal.milestone.relative, case.indicator is not None and case.indicator.method == "sum"
    if is_sum and case.is_under_area and (relative is None or relative.percent is None):
        return Reason("reason.level_of_area")
    group = case.target.subgroup
    if group and (case.indicator is None or case.indicator.subgroup != group):
        return build_reason("reason.other_subgroup", wanted=group)
    if goal.definition and case.definition and goal.definition != case.definition:
        return build_reason("reason.other_definition", observed=case.definition, target=goal.definition)
    if goal.starts is not None and case.period.end < goal.starts:
        return build_reason("reason.not_yet_valid", period=goal.period)
    if goal.is_undated and case.period.end < goal.due:
        day = case.target.plan_end
        return build_reason("reason.undated_until", day=format_date(day)) if day else Reason("reason.undated")
    return goal.gap


def _find_part_gap(case: _TargetCase, goal: Goal, value: Fraction) -> Reason | None:
    """Why a figure without the year's first months is not held against the goal; None where nothing is missing, or the
    rest can turn nothing."""
    since = case.observed.since if case.observed else ""
    if not since or is_decided_by_part(case.indicator, goal, value, case.figures.numerator):
        return None
    return build_reason("reason.covers_part", period=Period.parse(since).name)


def _apply_comparison(case: _TargetCase, goal: Goal, row: Attainment, value: Fraction) -> Attainment:
    """The goal decides how a value is compared: as an elimination, a count, a range, a number, or not at all."""
    if is_elimination_operator(goal.operator):
        return _apply_elimination_verdict(case, row, value)
    if goal.low is None or not is_numeric_operator(goal.operator):
        return replace(row, reason=Reason("reason.no_number"))
    met = is_goal_met(goal.operator, value, goal.low, goal.high)
    if goal.milestone.count is not None:
        counted_row = apply_unit_count(goal.milestone.count, case.indicator, row)
        if counted_row.met is None:
            return counted_row
        met = counted_row.met
    if case.carried_from:
        return _apply_carried_verdict(case, row, met)
    if case.target.summed_from and goal.operator in {"<", "<="} and met and case.period.end < goal.due:
        return _apply_part_of_years_verdict(case, row, value, goal)
    if is_part_year_figure(case.indicator, case.period) and not row.since and not case.target.is_of_several_periods:
        return _apply_part_year_verdict(case, row, value, goal)
    if not met:
        return _apply_shortfall(case, goal, row, value)
    return replace(row, met=True, status="met", progress_class="maintain" if case.target.kind == "maintain" else "")


def _apply_carried_verdict(case: _TargetCase, row: Attainment, met: bool) -> Attainment:
    return replace(row, status="no_new_figure", reason=build_carried_reason(case.carried_from, met))


def _apply_elimination_verdict(case: _TargetCase, row: Attainment, value: Fraction) -> Attainment:
    """Met only when no case is left and a recognition is recorded; a rate alone never says so."""
    count = value if row.numerator is None else row.numerator
    met = is_elimination_reached(count, case.observed.recognised if case.observed else None)
    if case.carried_from:
        return _apply_carried_verdict(case, row, met)
    if met:
        return replace(row, met=True, status="met")
    if count == 0:
        return replace(row, met=False, status="not_met", reason=Reason("reason.not_recognised"))
    cases = None if row.numerator is None else int(row.numerator)
    return replace(row, met=False, status="not_met", people_missing=cases, reason=build_cases_left_reason(cases))


def _apply_part_year_verdict(case: _TargetCase, row: Attainment, value: Fraction, goal: Goal) -> Attainment:
    """An accumulating figure before the year closes: against the plan pro rata, without a verdict. A level against the
    year before is that part of the year's already."""
    level = goal.low or Fraction(0)
    if is_range_operator(row.operator):
        return replace(row, reason=Reason("reason.range_at_year_end"))
    share = compute_prorated_target(level, case.period) if goal.is_on_a_path else level
    within = is_goal_met(row.operator, value, share)
    ceiling = row.operator in {"<", "<="}
    exceeded = ceiling and goal.is_on_a_path and not is_goal_met(row.operator, value, level)
    reason = build_part_year_reason(count_accumulated_months(case.period), within=within, year_exceeded=exceeded)
    if not goal.is_on_a_path:
        reason = Reason("reason.within_year_before" if within else "reason.outside_year_before")
    row = replace(row, prorated_target=share, reason=reason)
    if within:
        return replace(row, status="within_plan")
    short = count_people_missing(case.indicator, row.operator, share, row.numerator, row.denominator)
    return replace(row, status="over_plan" if ceiling else "no_verdict", people_missing=short)


def _apply_part_of_years_verdict(case: _TargetCase, row: Attainment, value: Fraction, goal: Goal) -> Attainment:
    """A sum over years under its ceiling, before the last of them closes: against the plan pro rata, no verdict."""
    start = find_summing_start(case.target)
    if start is None or goal.low is None:
        return row
    since, now, end = (compute_month_number(day) for day in (start.end, case.period.end, goal.due))
    share = goal.low * (now - since) / (end - since)
    within = is_goal_met(row.operator, value, share)
    reason = build_reason(
        "reason.within_part_of_years" if within else "reason.outside_part_of_years", months=now - since, of=end - since
    )
    return replace(row, prorated_target=share, status="within_plan" if within else "over_plan", reason=reason)


def _apply_shortfall(case: _TargetCase, goal: Goal, row: Attainment, value: Fraction) -> Attainment:
    """What a value that misses its number still gets: people missing, then the ratios where they have a meaning."""
    if goal.low is None or goal.high is None:
        return row
    if row.since:
        return replace(row, met=False, status="not_met")
    sign, end = find_nearest_end(goal.operator, value, goal.low, goal.high)
    short = _count_people_short(case, goal, row, sign, end)
    if case.target.each_quarter or not goal.is_on_a_path:
        return replace(row, met=False, status="not_met", people_missing=short)
    if case.target.kind == "maintain":
        return replace(row, met=False, status="not_met", people_missing=short, progress_class="maintain")
    nothing = find_summing_start(case.target)
    first = PathStart(Fraction(0), nothing.end, "") if nothing else case.baseline
    start = find_segment_start(case.goals, goal, first)
    path_progress = compute_path_progress(goal, start, value, case.period, case.definition, goal == case.goals[0])
    above = is_range_operator(goal.operator) and sign == "<="
    return replace(
        row,
        met=False,
        status="not_met",
        people_missing=short,
        progress=path_progress.ratio,
        progress_class=path_progress.ratio_class,
        path_value=path_progress.path_value,
        cagr_ratio=path_progress.cagr,
        cagr_class=path_progress.cagr_class,
        classes_disagree=path_progress.classes_disagree,
        per_cent_of_plan=None
        if above
        else compute_per_cent_of_plan(case.indicator, value, end, case.baseline, case.period),
        reduction_pct=compute_reduction_per_cent(
            case.indicator, value, end, case.baseline, case.period, (case.definition, goal.definition)
        ),
        required_yearly_change=compute_required_yearly_change(value, end, goal.due, case.period),
        reason=path_progress.reason,
    )


def _count_people_short(case: _TargetCase, goal: Goal, row: Attainment, sign: str, end: Fraction) -> int | None:
    """How many are missing: of units that the plan counts itself, or of what the number asks for."""
    wanted = goal.milestone.count
    if wanted is not None and row.numerator is not None:
        return wanted.count - int(row.numerator)
    return count_people_missing(case.indicator, sign, end, row.numerator, row.denominator)
