"""Which rule a target falls under, and its verdict: the door of the attainment room.

The kind of a target is decided before any arithmetic. Of a target that is met nothing more is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from etl.attain import wording
from etl.attain.bounds import with_bounds
from etl.attain.carried import carried_from
from etl.attain.counted import counted
from etl.attain.figures import Figures, figures
from etl.attain.goals import Goal, current, goals, start_of
from etl.attain.grain import too_fine
from etl.attain.interval import interval, is_small
from etl.attain.judge import eliminated, is_elimination, is_numeric, is_range, nearest, satisfies
from etl.attain.missing import people_missing
from etl.attain.progress import progress
from etl.attain.prorate import is_part_year, months_counted, prorated
from etl.attain.ratios import per_cent_of_plan, reduction_pct, required_yearly_change
from etl.attain.starts import Start, baseline_start
from etl.catalog import models as m
from etl.model import Attainment, Observed, Period


@dataclass(frozen=True)
class _Case:
    """One target, what was observed for it, and what follows directly from the two."""

    target: m.Target
    indicator: m.Indicator | None
    observed: Observed | None
    period: Period
    figures: Figures
    baseline: Start | None
    goals: tuple[Goal, ...]
    goal: Goal | None

    @property
    def definition(self) -> str:
        """The definition the value was observed by; empty where not known."""
        return self.observed.definition if self.observed else ""

    @property
    def carried_from(self) -> str:
        """The period or date of an older value that stands in for the asked period's; empty if it is its own."""
        return carried_from(self.observed.as_of, self.period) if self.observed else ""


def attain(
    plan_id: str,
    target: m.Target,
    indicator: m.Indicator | None,
    observed: Observed | None,
    *,
    unit: str,
    period: Period,
    baseline: Observed | None = None,
) -> Attainment:
    """One target against what was observed for a unit and a period.

    `observed` is already Σ numerator ÷ Σ denominator. `baseline` is the unit's own value of the
    baseline period; where it is given it is the start of the path (given without a value, the unit has
    none), else the baseline printed in the plan is.

    Grain: (plan, item, org unit, period). Units: those of `Attainment`. Missing data is a row with
    status ``no_data`` and its reason, never an error.
    """
    stages = goals(target, indicator, baseline)
    case = _Case(
        target,
        indicator,
        observed,
        period,
        figures(target, indicator, observed),
        baseline_start(target, indicator, baseline),
        stages,
        current(stages, period),
    )
    row = _facts(plan_id, unit, case)
    fine = too_fine(indicator, observed.level if observed else "", period, carried=bool(case.carried_from))
    if fine:
        return replace(row, value=None, interval=None, interval_method="", reason=fine)
    return with_bounds(target, indicator, observed, _verdict(case, row))


def _facts(plan_id: str, unit: str, case: _Case) -> Attainment:
    """The row before any verdict: who, what the plan says, what was observed."""
    target, seen, goal = case.target, case.observed, case.goal
    doubt = interval(case.indicator, case.figures.numerator, case.figures.denominator)
    if case.figures.value is None or target.kind == "per_unit":
        doubt = None
    ranged = goal is not None and is_range(goal.operator)
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
        target_period=goal.period if goal else "",
        baseline=case.baseline.value if case.baseline else None,
        met=None,
        status="no_verdict",
        interval=doubt[0] if doubt else None,
        interval_method=doubt[1] if doubt else "",
        completeness=Fraction(seen.present, seen.expected) if seen and seen.expected else None,
        expected=seen.expected if seen else 0,
        present=seen.present if seen else 0,
        as_of=seen.as_of if seen else "",
        source=seen.source if seen else "",
        estimated=seen.estimated if seen else False,
        target_upper=goal.high if goal and ranged else None,
        small_count=is_small(case.indicator, case.figures.numerator),
        contradicts=target.contradicts,
    )


def _verdict(case: _Case, row: Attainment) -> Attainment:
    """The kinds that ask for no comparison; then missing data; then the comparison."""
    match case.target.kind:
        case "not_assessed":
            return replace(row, status="not_assessed", reason=case.target.statement or wording.NOT_ASSESSED)
        case "milestone":
            return replace(row, reason=wording.BY_DATE)
    if row.value is None:
        return replace(row, status="no_data", reason=case.figures.gap)
    if case.target.kind == "track":
        reason = wording.carried(case.carried_from, None) if case.carried_from else ""
        return replace(row, status="track", reason=reason)
    if case.goal is None:
        return replace(row, reason=wording.NO_MILESTONE)
    reason = _incomparable(case, case.goal)
    return replace(row, reason=reason) if reason else _compared(case, case.goal, row, row.value)


def _incomparable(case: _Case, goal: Goal) -> str:
    """Why the value cannot be held against the goal at all; empty where it can."""
    group = case.target.subgroup
    if group and (case.indicator is None or case.indicator.subgroup != group):
        return wording.other_subgroup(group)
    if goal.definition and case.definition and goal.definition != case.definition:
        return wording.other_definition(case.definition, goal.definition)
    if goal.starts is not None and case.period.end < goal.starts:
        return wording.not_yet(Period.parse(goal.period))
    return goal.gap


def _compared(case: _Case, goal: Goal, row: Attainment, value: Fraction) -> Attainment:
    """The goal decides how a value is compared: as an elimination, a count, a range, a number, or not at all."""
    if is_elimination(goal.operator):
        return _elimination(case, row, value)
    if goal.low is None or not is_numeric(goal.operator):
        return replace(row, reason=wording.NO_NUMBER)
    met = satisfies(goal.operator, value, goal.low, goal.high)
    if goal.milestone.count is not None:
        judged = counted(goal.milestone.count, case.indicator, row)
        if judged.met is None:
            return judged
        met = judged.met
    if case.carried_from:
        return _carried(case, row, met)
    if is_part_year(case.indicator, case.period):
        return _part_year(case, row, value, goal.low)
    if not met:
        return _short(case, goal, row, value)
    return replace(row, met=True, status="met", progress_class="maintain" if case.target.kind == "maintain" else "")


def _carried(case: _Case, row: Attainment, met: bool) -> Attainment:
    return replace(row, status="no_new_figure", reason=wording.carried(case.carried_from, met))


def _elimination(case: _Case, row: Attainment, value: Fraction) -> Attainment:
    """Met only when no case is left and a recognition is recorded; a rate alone never says so."""
    count = value if row.numerator is None else row.numerator
    met = eliminated(count, case.observed.recognised if case.observed else None)
    if case.carried_from:
        return _carried(case, row, met)
    if met:
        return replace(row, met=True, status="met")
    if count == 0:
        return replace(row, met=False, status="not_met", reason=wording.NOT_RECOGNISED)
    cases = None if row.numerator is None else int(row.numerator)
    return replace(row, met=False, status="not_met", people_missing=cases, reason=wording.cases_left(cases))


def _part_year(case: _Case, row: Attainment, value: Fraction, goal: Fraction) -> Attainment:
    """An accumulating figure before the year closes: against the plan pro rata, without a verdict."""
    if is_range(row.operator):
        return replace(row, reason=wording.RANGE_AT_YEAR_END)
    share = prorated(goal, case.period)
    within = satisfies(row.operator, value, share)
    ceiling = row.operator in {"<", "<="}
    exceeded = ceiling and not satisfies(row.operator, value, goal)
    reason = wording.part_year(months_counted(case.period), within, exceeded)
    row = replace(row, prorated_target=share, reason=reason)
    if within:
        return replace(row, status="within_plan")
    short = people_missing(case.indicator, row.operator, share, row.numerator, row.denominator)
    return replace(row, status="over_plan" if ceiling else "no_verdict", people_missing=short)


def _short(case: _Case, goal: Goal, row: Attainment, value: Fraction) -> Attainment:
    """What a value that misses its number still gets: people missing, then the ratios where they have a meaning."""
    if goal.low is None or goal.high is None:
        return row
    sign, end = nearest(goal.operator, value, goal.low, goal.high)
    short = _people(case, goal, row, sign, end)
    if case.target.kind == "maintain":
        return replace(row, met=False, status="not_met", people_missing=short, progress_class="maintain")
    start = start_of(case.goals, goal, case.baseline)
    found = progress(goal, start, value, case.period, case.definition, goal == case.goals[0])
    above = is_range(goal.operator) and sign == "<="
    return replace(
        row,
        met=False,
        status="not_met",
        people_missing=short,
        progress=found.ratio,
        progress_class=found.ratio_class,
        path_value=found.path_value,
        cagr_ratio=found.cagr,
        cagr_class=found.cagr_class,
        classes_disagree=found.classes_disagree,
        per_cent_of_plan=None if above else per_cent_of_plan(case.indicator, value, end, case.baseline, case.period),
        reduction_pct=reduction_pct(
            case.indicator, value, end, case.baseline, case.period, (case.definition, goal.definition)
        ),
        required_yearly_change=required_yearly_change(value, end, goal.due, case.period),
        reason=found.reason,
    )


def _people(case: _Case, goal: Goal, row: Attainment, sign: str, end: Fraction) -> int | None:
    """How many are missing: of units that the plan counts itself, or of what the number asks for."""
    wanted = goal.milestone.count
    if wanted is not None and row.numerator is not None:
        return wanted.count - int(row.numerator)
    return people_missing(case.indicator, sign, end, row.numerator, row.denominator)
