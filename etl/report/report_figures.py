"""Figures: each (target, unit) once, as exact number and as printed text.

Room: report. Called by `facts`. Everything printed in Word, Excel and the picture is looked up here; the
only arithmetic is the difference of two given figures and its ratio to a given target, both exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from etl.catalog import Catalogue, models
from etl.messages import Messages
from etl.model import LONE_SIDES, Attainment, Period
from etl.model.numbers import format_number, round_half_away
from etl.report.covered_period import (
    build_covered_period,
    build_quarter_part,
    count_units_from_parts,
    describe_missing_parts,
    format_figure_time,
    format_stretch,
    has_small_counts,
    is_carried_from_before,
    is_share_of_events,
)
from etl.report.figure_facts import AttainmentNumbers, CountedNumber, Figure, FigureIdentity, PrintedNumber, QuarterPart
from etl.report.inputs import ReportInput
from etl.report.last_known import find_last_known
from etl.report.number_facts import (
    build_count_fact,
    build_number_fact,
    select_figure_decimals,
    select_telling_decimals,
)
from etl.report.path_state import JUDGED_STATES, PathState, classify_path_basis, classify_path_state
from etl.report.uncertainty import build_possible_range, build_uncertainty_facts
from etl.report.unit_names import format_unit_kinds
from etl.report.yearly_change import build_change_facts

_UNNUMBERED_ITEM = re.compile(r"\d+\.[a-z]{2,}")
_NOT_OF_UNIT = "reason.too_small_for_unit"
_UPWARD_OPERATORS = {">=", ">"}
_DOWNWARD_OPERATORS = {"<=", "<"}
_WHOLE = 100


@dataclass(frozen=True)
class ReportFigures:
    """All figures of a report. Key: (item, unit code)."""

    by_key: dict[tuple[str, str], Figure]

    def find_figure(self, item: str, unit: str) -> Figure | None:
        """The figure of an item for a unit, if the input had one."""
        return self.by_key.get((item, unit))

    def list_unit_figures(self, unit: str) -> Iterator[Figure]:
        """The figures of a unit, in the plan's order."""
        return (figure for (_, code), figure in self.by_key.items() if code == unit)

    def list_counted_figures(self, unit: str) -> list[Figure]:
        """The same, but each thing that the plan asks once: no headings, no second places, no lines within a line."""
        return [figure for figure in self.list_unit_figures(unit) if figure.counted]


def build_figures(inputs: ReportInput, wording: Messages, unit: str | None = None) -> ReportFigures:
    """Every attainment of the plan as a figure, in the order given; of one unit only, if given."""
    inputs = drop_census_intervals(inputs)
    earlier = _EarlierFigures(
        {(a.item, a.unit): a for a in inputs.previous},
        {(a.item, a.unit): a for a in inputs.last},
        find_duplicate_targets(inputs),
    )
    targets = {target.item: target for target in inputs.plan.targets}
    states = {
        a.item: classify_path_state(a, targets[a.item].way_start)
        for a in inputs.attainments
        if a.unit == inputs.area and a.item in targets
    }
    return ReportFigures(
        {
            (a.item, a.unit): figure
            if a.unit == inputs.area
            else _follow_area(inputs, wording, a, figure, states.get(a.item, ""))
            for a in (*inputs.attainments, *inputs.agencies)
            if a.item in targets and unit in (None, a.unit)
            for figure in (_build_figure(inputs, wording, targets[a.item], a, earlier),)
        }
    )


def _follow_area(
    inputs: ReportInput, wording: Messages, a: Attainment, figure: Figure, area_state: PathState
) -> Figure:
    """A unit's figure. It bears no verdict on a target that the report does not judge the area by, nor where a case or
    none would decide, and lacks nothing there but what is still to come; what is not taken of units lacks nothing."""
    if a.reason is not None and a.reason.code == _NOT_OF_UNIT:
        value = replace(figure.value, text=wording.texts["word.nothing"])
        return replace(figure, value=value, printed=value.text, status_text=wording.texts["status.not_of_unit"])
    if not figure.sign:
        return figure
    indicator = inputs.catalogue.indicators.get(figure.indicator)
    if area_state not in JUDGED_STATES:
        text = f"path_state.{area_state}" if area_state else "status.no_verdict"
    elif indicator is not None and indicator.accumulates:
        text = "status.few_cases"
    else:
        return figure
    unjudged = replace(figure, sign="", status_text=wording.texts[text], reason="")
    if area_state == "not_due":  # what is still to come is no shortfall, and is told
        return unjudged
    none = build_number_fact(None, 0, wording.texts["word.nothing"])
    return replace(unjudged, missing=none, apart=none)


def drop_census_intervals(inputs: ReportInput) -> ReportInput:
    """The same without intervals of what was counted in whole: only samples and rates of few cases have any."""

    def keep_interval(rows: tuple[Attainment, ...]) -> tuple[Attainment, ...]:
        return tuple(
            row if row.interval is None or _has_chance(inputs, row) else replace(row, interval=None) for row in rows
        )

    return replace(
        inputs,
        attainments=keep_interval(inputs.attainments),
        agencies=keep_interval(inputs.agencies),
        previous=keep_interval(inputs.previous),
        last=keep_interval(inputs.last),
    )


def _has_chance(inputs: ReportInput, a: Attainment) -> bool:
    indicator = inputs.catalogue.indicators.get(a.indicator)
    return indicator is not None and (indicator.sampled or indicator.is_case_rate)


@dataclass(frozen=True)
class _EarlierFigures:
    """What figures are compared with, by (item, unit): the same period last year, the report before; and doubles."""

    last_year: dict[tuple[str, str], Attainment]
    last_report: dict[tuple[str, str], Attainment]
    duplicates: dict[str, str]


def find_duplicate_targets(inputs: ReportInput) -> dict[str, str]:
    """Targets that ask what another one of the plan asks already: item → the item that counts.

    The same indicator against the same level, or without any level beside one that has one. Of levels that contradict
    each other the one that is not reached counts, so that nothing is called reached which the plan asks more of.
    """
    area = [a for a in inputs.attainments if a.unit == inputs.area and a.indicator and a.kind != "not_assessed"]
    first: dict[tuple[object, ...], str] = {}
    for a in area:
        if a.kind != "track":
            first.setdefault((a.indicator, a.operator, a.target, a.target_upper), a.item)
            first.setdefault((a.indicator,), a.item)
    doubles = {}
    for a in area:
        same = (a.indicator,) if a.kind == "track" else (a.indicator, a.operator, a.target, a.target_upper)
        if (item := first.setdefault(same, a.item)) != a.item:
            doubles[a.item] = item
    for a in area:
        others = [b for b in area if b.item in a.contradicts and b.item not in doubles]
        if others and a.item not in doubles:
            counted = min((b for b in area if b is a or b in others), key=lambda b: b.met is True)
            doubles |= {b.item: counted.item for b in (a, *others) if b is not counted}
    return doubles


def is_incomplete(a: Attainment) -> bool:
    """Whether there is no value because somebody who owes one side alone is silent: bounds may stand in its place."""
    return a.value is None and a.reason is not None and a.reason.code == LONE_SIDES


def _classify_shown_status(target: models.Target, a: Attainment, quarter: QuarterPart | None) -> str:
    """The word for where a row stands: a row without a verdict says which of the reasons it has."""
    if quarter and quarter.covers:
        return "part_only"
    if a.kind == "milestone" and a.status == "no_verdict":
        return "milestone"
    if is_incomplete(a):
        return {True: "incomplete_met", False: "incomplete_not_met", None: "incomplete"}[a.bounds_met]
    if a.status == "not_assessed" and target.unassessed in {"heading", "no_number", "not_collected"}:
        return target.unassessed
    return a.status


def _build_figure(
    inputs: ReportInput, wording: Messages, target: models.Target, a: Attainment, earlier: _EarlierFigures
) -> Figure:
    words, state = wording.texts, classify_path_state(a, target.way_start)
    a = _drop_unsure_progress(a)
    key = a.item, a.unit
    indicator = inputs.catalogue.indicators.get(a.indicator)
    last_known = None if is_incomplete(a) else find_last_known(inputs, wording, target, a)
    shape = inputs.select_print_target(target)
    decimals = select_figure_decimals(shape, indicator, a)
    numbers = _build_attainment_numbers(wording, target, a, decimals)
    before = earlier.last_year.get(key)
    noun = select_counted_noun(inputs, wording, indicator)
    quarter = build_quarter_part(inputs, wording, a, earlier.last_report.get(key), decimals, noun)
    shown = _classify_shown_status(target, a, quarter)
    if last_known and shown != "part_only":
        shown = "no_new_figure"
    figure = Figure(
        **vars(_build_figure_identity(inputs, wording, target, a, earlier.duplicates, quarter)),
        **vars(numbers),
        **vars(build_uncertainty_facts(inputs, wording, target, a)),
        small=a.small_count
        or has_small_counts(a.numerator, a.denominator)
        or any(stone.count for stone in target.milestones),
        withheld=_format_withheld_count(inputs, wording, indicator, a),
        operator=a.operator,
        written=a.written,
        target_period=a.target_period,
        met=a.met,
        status=a.status,
        shown_status=shown,
        status_text=words[f"status.{shown}"],
        sign=words.get(f"sign.{a.status}", ""),
        path_state=state,
        path_text=words[f"path_state.{state or 'none'}"],
        path_sign=words.get(f"path_sign.{state}", ""),
        progress_class=a.progress_class,
        progress_text=words[f"path_state.{state}" if state else "progress.none"],
        cagr_class=a.cagr_class,
        cagr_text=words[f"progress.{a.cagr_class or 'none'}"],
        classes_disagree=a.classes_disagree,
        plan_share=_build_plan_share(wording, a, decimals),
        apart=build_number_fact(_compute_gap(a), decimals, words["word.nothing"]),
        missing=_build_shortfall_fact(inputs.catalogue, wording, indicator, noun, a),
        expected=a.expected,
        present=a.present,
        as_of=a.as_of,
        as_of_text=format_figure_time(wording, a),
        source=a.source,
        estimated=a.estimated,
        reason=describe_missing_parts(inputs, wording) if shown == "part_only" else wording.describe(a.reason),
        change=build_change_facts(inputs, wording, target, a, earlier.last_year),
        previous=_build_previous_fact(wording, shape, indicator, before),
        printed="",
        from_parts=count_units_from_parts(inputs, a),
        path_basis=classify_path_basis(a, target.way_start),
        last_known=last_known,
    )
    return replace(figure, printed=_format_table_cell(inputs, wording, indicator, figure))


def _drop_unsure_progress(a: Attainment) -> Attainment:
    """The same without a measure of the way from its beginning, where chance alone could have made the change."""
    if a.interval is None or a.baseline is None or not a.interval[0] <= a.baseline <= a.interval[1]:
        return a
    unmeasured = replace(a, progress=None, cagr_ratio=None, reduction_pct=None)
    return replace(unmeasured, progress_class="", cagr_class="", classes_disagree=False)


def _build_figure_identity(
    inputs: ReportInput,
    wording: Messages,
    target: models.Target,
    a: Attainment,
    duplicates: dict[str, str],
    quarter: QuarterPart | None,
) -> FigureIdentity:
    numbered = bool(format_item_number(target))
    return FigureIdentity(
        item=a.item,
        clause=a.clause,
        title=target.title,
        name=format_target_name(inputs, wording, target),
        kind=a.kind,
        indicator=a.indicator,
        unit=a.unit,
        unit_name=inputs.find_unit_name(a.unit),
        period=a.period,
        covers=build_covered_period(inputs, wording, a),
        in_quarter=quarter,
        duplicate_of=duplicates.get(a.item, ""),
        counted=numbered and a.item not in duplicates and _classify_shown_status(target, a, quarter) != "heading",
    )


def format_item_number(target: models.Target) -> str:
    """The target's number as the plan prints it; rows that the plan does not number (22.nam) have none."""
    return "" if _UNNUMBERED_ITEM.fullmatch(target.item) else target.item


def format_target_name(inputs: ReportInput, wording: Messages, target: models.Target) -> str:
    """Title and number for use in a sentence; an unnumbered row goes by the title and number of its head."""
    title, item = target.title.rstrip("."), format_item_number(target)
    if not item:
        head = next((t for t in inputs.plan.targets if t.item == target.item.split(".")[0]), None)
        if head is None:
            return title
        title, item = f"{head.title.rstrip('.')}, {title[:1].lower()}{title[1:]}", head.item
    return wording.format("line.name", title=title, item=item)


def _build_previous_fact(
    wording: Messages, target: models.Target, indicator: models.Indicator | None, before: Attainment | None
) -> PrintedNumber:
    """The figure of the same period last year, as that year's report prints it; one from an older period is none."""
    if before is not None and is_carried_from_before(before):
        return build_number_fact(None, 0, wording.texts["word.nothing"])
    if before is None:
        return build_number_fact(None, 0, wording.texts["word.no_data"])
    decimals = select_figure_decimals(target, indicator, before)
    return build_number_fact(before.value, decimals, wording.texts["word.no_data"])


def _build_attainment_numbers(
    wording: Messages, target: models.Target, a: Attainment, decimals: int
) -> AttainmentNumbers:
    """The numbers of an attainment. Units: the indicator's own; ratios to two decimals; shares in %."""
    empty = wording.texts["word.nothing"]
    absent = "word.no_data"
    if a.kind in {"not_assessed", "milestone"}:
        absent = "word.not_assessed" if target.unassessed == "by_plan" else "word.nothing"
    possible = build_possible_range(wording, target, a) if is_incomplete(a) else None
    without = wording.format("cell.bounded", range=possible.text) if possible else wording.texts[absent]
    cagr = None if a.cagr_ratio is None else Fraction(a.cagr_ratio)
    # Of a figure that can only be bounded every unit counts as a gap, whoever reported: that is no share to print.
    whole = None if a.completeness is None or is_incomplete(a) else a.completeness * 100
    return AttainmentNumbers(
        value=build_number_fact(a.value, decimals, without),
        numerator=build_count_fact(a.numerator, empty),
        denominator=build_count_fact(a.denominator, empty),
        target=build_number_fact(a.target, target.decimals, empty),
        target_upper=build_number_fact(a.target_upper, target.decimals, empty),
        baseline=build_number_fact(a.baseline, target.decimals, empty),
        path_value=_build_level_fact(target, a, a.path_value, decimals, empty),
        prorated_target=_build_level_fact(target, a, a.prorated_target, decimals, empty),
        progress=build_number_fact(a.progress, 2, empty),
        cagr_ratio=build_number_fact(cagr, 2, empty),
        per_cent_of_plan=build_number_fact(a.per_cent_of_plan, 1, empty),
        reduction_pct=build_number_fact(a.reduction_pct, 1, empty),
        completeness=build_number_fact(whole, 1, empty),
        distance=build_number_fact(_compute_distance_to_plan(a), 1, empty),
        required_yearly_change=build_number_fact(a.required_yearly_change, max(decimals, 1), empty),
    )


def _build_level_fact(
    target: models.Target, a: Attainment, level: Fraction | None, decimals: int, empty: str
) -> PrintedNumber:
    """A level for the period's own time; finer, where it would print like the value that does not have it."""
    fine = max(target.decimals, 1)
    if level is not None and a.value is not None and level != a.value:
        printed = Fraction(round_half_away(a.value, decimals), 10**decimals)
        fine = select_telling_decimals(level, {printed} - {level}, fine)
    return build_number_fact(level, fine, empty)


def _compute_distance_to_plan(a: Attainment) -> Fraction | None:
    """How far the value lies from the plan, in % of the plan: below zero is short of it."""
    plan_value = a.target if a.prorated_target is None else a.prorated_target
    if a.value is None or not plan_value or a.operator not in _UPWARD_OPERATORS | _DOWNWARD_OPERATORS | {"="}:
        return None
    apart = (a.value - plan_value) / abs(plan_value) * 100
    if a.operator == "=":
        return -abs(apart)
    return apart if a.operator in _UPWARD_OPERATORS else -apart


def _build_plan_share(wording: Messages, a: Attainment, decimals: int) -> PrintedNumber:
    """That share, printed as the value is where it is the same number, and never as the whole that it is not."""
    share = _compute_plan_share(a)
    if share is not None and share != a.value:
        decimals = select_telling_decimals(share, {Fraction(_WHOLE)} - {share}, 1)
    return build_number_fact(share, decimals, wording.texts["word.nothing"])


def _compute_plan_share(a: Attainment) -> Fraction | None:
    """The value in % of the level it is held against; of no meaning for ceilings, ranges, eliminations,
    what cannot be compared with it and the figure of an earlier period, which is no share of this one's."""
    if a.value is None or not a.target or a.operator not in _UPWARD_OPERATORS or a.status == "no_verdict":
        return None
    if is_carried_from_before(a):
        return None
    return a.value / a.target * _WHOLE


def _compute_gap(a: Attainment) -> Fraction | None:
    """How far the value is from the level it is held against; nothing where it reaches it."""
    level = a.target if a.prorated_target is None else a.prorated_target
    return (
        None if a.value is None or level is None or a.status not in {"not_met", "over_plan"} else abs(a.value - level)
    )


def _build_shortfall_fact(
    catalogue: Catalogue, wording: Messages, indicator: models.Indicator | None, noun: str, a: Attainment
) -> CountedNumber | PrintedNumber:
    """People, cases or units between the value and the target, with their noun; nothing when met, of a sample, of
    events that are past, or above a limit taken for a part of the year, which is no whole number of cases."""
    short = a.people_missing if a.status in {"not_met", "over_plan"} else None
    if indicator is not None and (indicator.sampled or is_share_of_events(catalogue, indicator)):
        short = None
    if a.prorated_target is not None and a.operator in _DOWNWARD_OPERATORS:
        short = None
    fact = build_number_fact(short, 0, wording.texts["word.nothing"])
    return fact if short is None else CountedNumber(fact.value, fact.exact, f"{fact.text} {noun}", fact.decimals, noun)


def select_counted_noun(inputs: ReportInput, wording: Messages, indicator: models.Indicator | None) -> str:
    """What an indicator counts: người, trẻ, trạm, ca …; the communes of the area by all their kinds: xã, phường."""
    noun = inputs.catalogue.find_counted_noun(indicator) if indicator else ""
    return format_unit_kinds(noun or wording.texts["word.units"], inputs.commune_names)


def format_unit_value(wording: Messages, figure: Figure) -> str:
    """A unit's figure without what stands beside it: its answer, or its number."""
    return figure.printed.partition(" (")[0] if is_yes_or_no(wording, figure) else figure.value.text


def is_yes_or_no(wording: Messages, figure: Figure) -> bool:
    """Whether a figure is an answer and no share: that of a unit which is, or has, the only one that is counted."""
    return figure.printed.partition(" (")[0] in {wording.texts["cell.has"], wording.texts["cell.has_not"]}


def _is_share_of_bodies(inputs: ReportInput, wording: Messages, indicator: models.Indicator) -> bool:
    """Whether a share counts stations, communes or other units that have something or not; people are none."""
    if indicator.factor != _WHOLE or indicator.sampled:
        return False
    if indicator.method == "share_of_units" or (indicator.denominator and indicator.denominator.count_of):
        return True
    element = inputs.catalogue.elements.get(indicator.terms[0].data_element) if indicator.terms else None
    bodies = {body.strip() for body in wording.texts["word.bodies"].split(",")}
    return element is not None and element.unit in bodies


def _format_table_cell(
    inputs: ReportInput, wording: Messages, indicator: models.Indicator | None, figure: Figure
) -> str:
    """The value as a table prints it: with counts where small, and with what the reader must know."""
    text = figure.value.text
    if part := _format_part_cell(wording, figure):
        return part
    if figure.last_known:
        return wording.format("cell.carried", value=figure.last_known.value.text, as_of=figure.last_known.covers)
    if figure.value.value is None:
        return text
    top, bottom = figure.numerator, figure.denominator
    if indicator and bottom.value == 1 and top.value in {0, 1} and _is_share_of_bodies(inputs, wording, indicator):
        text = wording.texts[f"cell.{'has' if top.value else 'has_not'}"]
    else:
        text = wording.format("cell.partial", value=text) if figure.present < figure.expected else text
        if indicator and indicator.is_case_rate and top.value is not None:
            text = wording.format("cell.cases", value=text, cases=top.text)
        elif indicator and indicator.factor == _WHOLE and figure.small:
            text = wording.format("cell.of", value=text, numerator=top.text, denominator=bottom.text)
    if figure.from_parts:
        text = wording.format("cell.from_parts", value=text)
    if figure.estimated:
        text = wording.format("cell.estimated", value=text)
    if figure.as_of:
        text = wording.format("cell.carried", value=text, as_of=figure.as_of_text)
    return text


def _format_part_cell(wording: Messages, figure: Figure) -> str:
    """What stands for a figure since January that nobody can tell: what was reported of a part, unless that has a
    column of its own; empty of any other."""
    if figure.shown_status != "part_only" or figure.in_quarter is None:
        return ""
    if format_stretch(wording, Period.parse(figure.period)):
        return wording.texts["word.part_only"]
    return wording.format("cell.part_only", part=figure.in_quarter.text, covers=figure.in_quarter.covers)


def _format_withheld_count(
    inputs: ReportInput, wording: Messages, indicator: models.Indicator | None, a: Attainment
) -> str:
    """What stands for the few cases of a commune, which could point at a person; empty where the count is printed."""
    least = inputs.catalogue.thresholds.get("withheld_count", 0)
    if indicator is None or not indicator.accumulates or a.numerator is None or not 0 < a.numerator < least:
        return ""
    day = inputs.period.end
    levels = {unit.level for unit in inputs.catalogue.units if unit.code == a.unit and unit.is_valid_on(day)}
    return wording.format("word.under", count=format_number(Fraction(least))) if levels == {"commune"} else ""
