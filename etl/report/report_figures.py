"""Figures: each (target, unit) once, as exact number and as printed text.

Room: report. Called by `facts`. Everything printed in Word, Excel and the picture is looked up here; the
only arithmetic is the difference of two given figures and its ratio to a given target, both exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from etl.catalog import models as m
from etl.messages import Messages
from etl.model import Attainment
from etl.model.numbers import round_half_away
from etl.model.trend import compare_attainments
from etl.report.dates import format_reference_period
from etl.report.figure_facts import AttainmentNumbers, CountedNumber, Figure, PrintedNumber, YearlyChange
from etl.report.inputs import ReportInput
from etl.report.number_facts import build_count_fact, build_number_fact, select_telling_decimals
from etl.report.uncertainty import build_uncertainty_facts

SMALL_NUMERATOR = 20
SMALL_DENOMINATOR = 200
"""A share of fewer than this is printed with its counts beside it (configured: no law says when)."""

_UNNUMBERED_ITEM = re.compile(r"\d+\.[a-z]{2,}")
_TREND_KINDS = {"up": "increase", "down": "decrease"}
_UPWARD_OPERATORS = {">=", ">"}
_DOWNWARD_OPERATORS = {"<=", "<"}


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


def build_figures(inputs: ReportInput, wording: Messages) -> ReportFigures:
    """Every attainment of the plan as a figure, in the order given."""
    targets = {target.item: target for target in inputs.plan.targets}
    before = {(a.item, a.unit): a for a in inputs.previous}
    return ReportFigures(
        {
            (a.item, a.unit): _build_figure(inputs, wording, targets[a.item], a, before.get((a.item, a.unit)))
            for a in inputs.attainments
            if a.item in targets
        }
    )


def _build_figure(
    inputs: ReportInput, wording: Messages, target: m.Target, a: Attainment, before: Attainment | None
) -> Figure:
    words = wording.texts
    indicator = inputs.catalogue.indicators.get(a.indicator)
    shown = "milestone" if a.kind == "milestone" and a.status == "no_verdict" else a.status
    numbers = _build_attainment_numbers(wording, target, a)
    broken = _has_definition_changed(inputs, target, a, before)
    figure = Figure(
        item=a.item,
        clause=a.clause,
        title=target.title,
        name=format_target_name(inputs, wording, target),
        kind=a.kind,
        indicator=a.indicator,
        unit=a.unit,
        unit_name=inputs.find_unit_name(a.unit),
        period=a.period,
        **vars(numbers),
        **vars(build_uncertainty_facts(inputs, wording, target, a)),
        small=a.small_count or _has_small_counts(a),
        operator=a.operator,
        written=a.written,
        target_period=a.target_period,
        met=a.met,
        status=a.status,
        shown_status=shown,
        status_text=words[f"status.{shown}"],
        sign=words.get(f"sign.{a.status}", ""),
        progress_class=a.progress_class,
        progress_text=words[f"progress.{a.progress_class or 'none'}"],
        cagr_class=a.cagr_class,
        cagr_text=words[f"progress.{a.cagr_class or 'none'}"],
        classes_disagree=a.classes_disagree,
        missing=_build_shortfall_fact(inputs, wording, indicator, a),
        expected=a.expected,
        present=a.present,
        as_of=a.as_of,
        as_of_text=format_reference_period(a.as_of) if a.as_of else "",
        source=a.source,
        estimated=a.estimated,
        reason=wording.describe(a.reason),
        change=_build_change_facts(wording, numbers.value.decimals, a, before, broken=broken),
        previous=build_number_fact(before.value if before else None, target.decimals, words["word.no_data"]),
        printed="",
    )
    return replace(figure, printed=_format_table_cell(wording, indicator, figure))


def format_item_number(target: m.Target) -> str:
    """The target's number as the plan prints it; rows that the plan does not number (22.nam) have none."""
    return "" if _UNNUMBERED_ITEM.fullmatch(target.item) else target.item


def format_target_name(inputs: ReportInput, wording: Messages, target: m.Target) -> str:
    """Title and number for use in a sentence; an unnumbered row goes by the title and number of its head."""
    title, item = target.title.rstrip("."), format_item_number(target)
    if not item:
        head = next((t for t in inputs.plan.targets if t.item == target.item.split(".")[0]), None)
        if head is None:
            return title
        title, item = f"{head.title.rstrip('.')}, {title[:1].lower()}{title[1:]}", head.item
    return wording.format("line.name", title=title, item=item)


def _build_attainment_numbers(wording: Messages, target: m.Target, a: Attainment) -> AttainmentNumbers:
    """The numbers of an attainment. Units: the indicator's own; ratios to two decimals; shares in %."""
    empty = wording.texts["word.nothing"]
    absent = {"not_assessed": "word.not_assessed", "milestone": "word.milestone"}.get(a.kind, "word.no_data")
    decimals = target.decimals
    if a.value is not None and a.met is not None:
        decimals = select_telling_decimals(
            a.value, a.target if a.prorated_target is None else a.prorated_target, decimals
        )
    cagr = None if a.cagr_ratio is None else Fraction(a.cagr_ratio)
    whole = None if a.completeness is None else a.completeness * 100
    return AttainmentNumbers(
        value=build_number_fact(a.value, decimals, wording.texts[absent]),
        numerator=build_count_fact(a.numerator, empty),
        denominator=build_count_fact(a.denominator, empty),
        target=build_number_fact(a.target, target.decimals, empty),
        target_upper=build_number_fact(a.target_upper, target.decimals, empty),
        baseline=build_number_fact(a.baseline, target.decimals, empty),
        path_value=build_number_fact(a.path_value, max(target.decimals, 1), empty),
        prorated_target=build_number_fact(a.prorated_target, max(target.decimals, 1), empty),
        progress=build_number_fact(a.progress, 2, empty),
        cagr_ratio=build_number_fact(cagr, 2, empty),
        per_cent_of_plan=build_number_fact(a.per_cent_of_plan, 1, empty),
        reduction_pct=build_number_fact(a.reduction_pct, 1, empty),
        completeness=build_number_fact(whole, 1, empty),
        distance=build_number_fact(_compute_distance_to_plan(a), 1, empty),
        required_yearly_change=build_number_fact(a.required_yearly_change, max(decimals, 1), empty),
    )


def _compute_distance_to_plan(a: Attainment) -> Fraction | None:
    """How far the value lies from the plan, in % of the plan: below zero is short of it."""
    plan_value = a.target if a.prorated_target is None else a.prorated_target
    if a.value is None or not plan_value or a.operator not in _UPWARD_OPERATORS | _DOWNWARD_OPERATORS | {"="}:
        return None
    apart = (a.value - plan_value) / abs(plan_value) * 100
    if a.operator == "=":
        return -abs(apart)
    return apart if a.operator in _UPWARD_OPERATORS else -apart


def _build_shortfall_fact(
    inputs: ReportInput, wording: Messages, indicator: m.Indicator | None, a: Attainment
) -> CountedNumber | PrintedNumber:
    """People, cases or units between the value and the target, with their noun; nothing when met."""
    short = a.people_missing if a.status in {"not_met", "over_plan"} else None
    fact = build_number_fact(short, 0, wording.texts["word.nothing"])
    if short is None:
        return fact
    noun = select_counted_noun(inputs, wording, indicator)
    return CountedNumber(fact.value, fact.exact, f"{fact.text} {noun}", fact.decimals, noun)


def select_counted_noun(inputs: ReportInput, wording: Messages, indicator: m.Indicator | None) -> str:
    """What an indicator counts: người, trẻ, trạm, xã, ca …"""
    if indicator is None or indicator.numerator is None or indicator.method == "share_of_units":
        return wording.texts["word.units"]
    element = inputs.catalogue.elements.get(indicator.terms[0].data_element)
    return element.unit if element and element.unit else wording.texts["word.units"]


def _has_definition_changed(inputs: ReportInput, target: m.Target, a: Attainment, before: Attainment | None) -> bool:
    """Whether the indicator meant, or may have meant, something else before: then there is no rise and no fall."""
    indicator = inputs.catalogue.indicators.get(a.indicator)
    if indicator is None or before is None:
        return False
    now, then = (indicator.find_definition(row.as_of or row.period) for row in (a, before))
    return now != then or (target.kind == "conditional" and not now)


def _build_change_facts(
    wording: Messages, decimals: int, a: Attainment, before: Attainment | None, *, broken: bool
) -> YearlyChange:
    """Against the same period last year, as fine as the value is printed: a change that the value shows is said.

    `kind` chooses the sentence; a doubtful change gets no trend word.
    """
    kind, delta = _classify_change(decimals, a, before, broken=broken)
    return YearlyChange(kind, build_number_fact(delta, decimals, wording.texts["word.nothing"]))


def _classify_change(
    decimals: int, a: Attainment, before: Attainment | None, *, broken: bool
) -> tuple[str, Fraction | None]:
    if a.value is None:
        return "", None
    if a.as_of:
        return "carried", None
    if before is None or before.value is None or before.as_of:
        return "no_previous", None
    if broken:
        return "broken", None
    delta = a.value - before.value
    if round_half_away(delta, decimals) == 0:
        return "same", Fraction(0)
    word = _TREND_KINDS.get(compare_attainments(a, before), "unclear")
    return word, delta if word == "unclear" else abs(delta)


def _format_table_cell(wording: Messages, indicator: m.Indicator | None, figure: Figure) -> str:
    """The value as a table prints it: with counts where small, and with what the reader must know."""
    text = figure.value.text
    if figure.value.value is None:
        return text
    if figure.present < figure.expected:
        text = wording.format("cell.partial", value=text)
    top, bottom = figure.numerator, figure.denominator
    if indicator and indicator.accumulates and top.value is not None:
        text = wording.format("cell.cases", value=text, cases=top.text)
    elif indicator and indicator.factor == 100 and figure.small:
        text = wording.format("cell.of", value=text, numerator=top.text, denominator=bottom.text)
    if figure.estimated:
        text = wording.format("cell.estimated", value=text)
    if figure.as_of:
        text = wording.format("cell.carried", value=text, as_of=figure.as_of_text)
    return text


def _has_small_counts(a: Attainment) -> bool:
    if a.numerator is None or a.denominator is None:
        return False
    return a.numerator < SMALL_NUMERATOR or a.denominator < SMALL_DENOMINATOR
