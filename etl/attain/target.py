"""Which rule a target falls under, and its verdict: the door of the attainment room.

The kind of a target is decided before any arithmetic. Of a target that is met nothing more is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from etl.attain import milestones, wording
from etl.attain.carried import carried_from
from etl.attain.figures import Figures, figures
from etl.attain.interval import interval
from etl.attain.judge import eliminated, is_elimination, is_numeric, satisfies
from etl.attain.missing import people_missing
from etl.attain.progress import progress
from etl.attain.prorate import is_part_year, prorated
from etl.attain.ratios import per_cent_of_plan, reduction_pct
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
    baseline: milestones.Start | None
    milestone: m.Milestone | None

    @property
    def definition(self) -> str:
        """The definition the value was observed by; empty where not known."""
        return self.observed.definition if self.observed else ""

    @property
    def carried_from(self) -> str:
        """The period or date of an older value that stands in for the asked period's; empty if it is its own."""
        return carried_from(self.observed.as_of, self.period) if self.observed else ""

    @property
    def from_baseline(self) -> bool:
        """Whether the path to the milestone starts at the baseline."""
        return self.milestone == milestones.in_order(self.target)[0]


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
    case = _Case(
        target,
        indicator,
        observed,
        period,
        figures(target, indicator, observed),
        milestones.baseline_start(target, indicator, baseline),
        milestones.current(target, period),
    )
    return _verdict(case, _facts(plan_id, unit, case))


def _facts(plan_id: str, unit: str, case: _Case) -> Attainment:
    """The row before any verdict: who, what the plan says, what was observed."""
    target, seen, milestone = case.target, case.observed, case.milestone
    doubt = interval(case.indicator, case.figures.numerator, case.figures.denominator)
    if case.figures.value is None or target.kind == "per_unit":
        doubt = None
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
        operator=milestone.operator if milestone else "",
        written=milestone.written if milestone else "",
        target=milestones.exact(milestone.value) if milestone else None,
        target_period=milestone.period if milestone else "",
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
    if case.milestone is None:
        return replace(row, reason=wording.NO_MILESTONE)
    return _compared(case, case.milestone, row, row.value)


def _compared(case: _Case, milestone: m.Milestone, row: Attainment, value: Fraction) -> Attainment:
    """The milestone decides how a value is compared: as an elimination, as a number, or not at all."""
    if milestone.definition and case.definition and milestone.definition != case.definition:
        return replace(row, reason=wording.other_definition(case.definition, milestone.definition))
    if is_elimination(milestone.operator):
        return _elimination(case, row, value)
    goal = row.target
    if goal is None or not is_numeric(milestone.operator):
        return replace(row, reason=wording.NO_NUMBER)
    met = satisfies(milestone.operator, value, goal)
    if case.carried_from:
        return _carried(case, row, met)
    if is_part_year(case.indicator, case.period):
        return _part_year(case, row, value, goal)
    if not met:
        return _short(case, milestone, row, value, goal)
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
    share = prorated(goal, case.period)
    within = satisfies(row.operator, value, share)
    ceiling = row.operator in {"<", "<="}
    exceeded = ceiling and not satisfies(row.operator, value, goal)
    reason = wording.part_year(case.period.months_elapsed, within, exceeded)
    row = replace(row, prorated_target=share, reason=reason)
    if within:
        return replace(row, status="within_plan")
    short = people_missing(case.indicator, row.operator, share, row.numerator, row.denominator)
    return replace(row, status="over_plan" if ceiling else "no_verdict", people_missing=short)


def _short(case: _Case, milestone: m.Milestone, row: Attainment, value: Fraction, goal: Fraction) -> Attainment:
    """What a value that misses its number still gets: people missing, then the ratios where they have a meaning."""
    short = people_missing(case.indicator, row.operator, goal, row.numerator, row.denominator)
    if case.target.kind == "maintain":
        return replace(row, met=False, status="not_met", people_missing=short, progress_class="maintain")
    start = milestones.start_of(case.target, milestone, case.baseline)
    definitions = (case.definition, milestone.definition)
    found = progress(milestone, start, value, case.period, case.definition, case.from_baseline)
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
        per_cent_of_plan=per_cent_of_plan(case.indicator, value, goal, case.baseline, case.period),
        reduction_pct=reduction_pct(case.indicator, value, goal, case.baseline, case.period, definitions),
        reason=found.reason,
    )
