"""What time a figure covers, and what the report's own quarter brought to it.

Room: report. Used by `report_figures`. Most figures of a quarter's report are not the quarter's: cases and children add
up from January, staff and insured people are counted on its last day, yearly figures are an earlier year's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from etl.catalog import Catalogue, models
from etl.catalog.owed_cells import list_owed_cells
from etl.messages import Messages
from etl.model import UNSENT_REASONS, Attainment, ElementKind, ObservedIndicator, Period, PeriodKind
from etl.report.dates import (
    find_published_period,
    format_period_end,
    format_period_list,
    format_reference_period,
    format_short_date,
)
from etl.report.figure_facts import CoveredPeriod, QuarterPart
from etl.report.inputs import ReportInput
from etl.report.number_facts import build_count_fact, build_number_fact

SMALL_NUMERATOR = 20
SMALL_DENOMINATOR = 200
"""A share of fewer than this is printed with its counts beside it (configured: no law says when)."""
_STRETCHES = {PeriodKind.MONTH, PeriodKind.QUARTER}
"""Periods that are parts of a year and counted on from January: what one of them brought stands beside the sum."""
_GROWING_KINDS = {ElementKind.FLOW, ElementKind.YTD}


def is_growing_element(catalogue: Catalogue, code: str) -> bool:
    """Whether a data element's figure grows through the year: events counted, or already cumulative."""
    element = catalogue.elements.get(code)
    return element is not None and element.kind in _GROWING_KINDS


def is_cumulative_indicator(catalogue: Catalogue, indicator: models.Indicator | None) -> bool:
    """Whether an indicator's figure of a part of a year is made of what added up since January."""
    return indicator is not None and any(is_growing_element(catalogue, term.data_element) for term in indicator.terms)


def is_sum_of_events(catalogue: Catalogue, indicator: models.Indicator) -> bool:
    """Whether an indicator adds up from January out of what each form reports of its own time alone."""
    kinds = {catalogue.elements[term.data_element].kind for term in indicator.terms}
    return ElementKind.FLOW in kinds and ElementKind.YTD not in kinds


def is_share_of_events(catalogue: Catalogue, indicator: models.Indicator) -> bool:
    """Whether an indicator is a share of what happened in its own time, which nothing later makes up for."""
    below = [term.data_element for term in indicator.terms if term.side == "denominator"]
    return bool(below) and all(is_growing_element(catalogue, code) for code in below)


def is_carried_from_before(a: Attainment) -> bool:
    """Whether a figure is one of before its period: one published within the period's own time is the period's."""
    if not a.as_of:
        return False
    last_day = Period.parse(a.as_of).end.isoformat() if Period.is_key(a.as_of) else a.as_of
    return last_day < Period.parse(a.period).start.isoformat()


def build_covered_period(inputs: ReportInput, wording: Messages, a: Attainment) -> CoveredPeriod:
    """The stretch of time of an attainment's value, in words that no reader can take for another one."""
    if a.value is None:
        return CoveredPeriod("none", "", "", "")
    period = Period.parse(a.period)
    older = Period.parse(a.as_of) if a.as_of and Period.is_key(a.as_of) else None
    if a.as_of and (older is None or older.end != period.end):  # a day, where it is no period
        published = find_published_period(a.as_of, a.of_period)
        if published is not None and published.end != period.end:
            older = published
        start, end = (older.start.isoformat(), older.end.isoformat()) if older else (a.as_of, a.as_of)
        return CoveredPeriod("older", start, end, older.name if older else format_figure_time(wording, a))
    end, target = period.end.isoformat(), inputs.get_target(a.item)
    if target.summed_from:
        first = Period.parse(a.since or target.summed_from)
        text = wording.format("cover.years", period=first.name)
        return CoveredPeriod("years", first.start.isoformat(), end, text)
    if target.each_quarter:
        one = len(period.quarters) == 1
        text = wording.format("cover.quarter_alone" if one else "cover.worst_quarter", period=period.name)
        return CoveredPeriod("quarter", period.start.isoformat(), end, text)
    if not is_cumulative_indicator(inputs.catalogue, inputs.catalogue.indicators.get(a.indicator)):
        return CoveredPeriod("at_end", end, end, wording.format("cover.at_end", period=format_period_end(period)))
    if a.since:
        first = Period.parse(a.since)
        text = wording.format("cover.begun", period=first.name)
        return CoveredPeriod("to_date", first.start.isoformat(), end, text)
    since = period.end.replace(month=period.counted_from, day=1)
    if since == period.start:
        return CoveredPeriod("whole", since.isoformat(), end, period.name)
    text = format_covered_stretch(wording, period, grown=True)
    return CoveredPeriod("to_date", since.isoformat(), end, text)


def format_figure_time(wording: Messages, a: Attainment) -> str:
    """The period of a figure that is not the asked one's own; of a published one that, and the day it was published on,
    which are two things. Empty of any other."""
    if not a.as_of or Period.is_key(a.as_of):
        return format_reference_period(a.as_of) if a.as_of else ""
    published, day = find_published_period(a.as_of, a.of_period), format_short_date(a.as_of)
    if day == a.as_of:  # not a day at all
        return a.as_of
    if published is None:
        return wording.format("cover.published_on", day=day)
    return wording.format("cover.published", period=published.name, day=day)


def format_covered_stretch(wording: Messages, period: Period, *, grown: bool) -> str:
    """What a figure of a period covers: the months since counting began, where it has `grown`, of which twelve are the
    year; else the period."""
    months = period.end.month - period.counted_from + 1
    if not grown or period.counted_from == period.start.month:
        return period.name
    if months == 12:
        return Period(period.year, PeriodKind.YEAR).name
    return wording.format("cover.to_date", months=months, year=period.year)


def count_units_from_parts(inputs: ReportInput, a: Attainment) -> int:
    """How many units of the area's figure are read from forms of parts of the period, where the period's own ask it.

    A unit that sent its four quarters and no year's form is in the year's figure with those. None where the period has
    no forms of its own, or for the figure of another unit or time.
    """
    if a.unit != inputs.area or a.value is None or a.as_of or inputs.period.kind in _STRETCHES:
        return 0
    own_cells = list_owed_cells(inputs.catalogue, inputs.scope.id, inputs.period)
    asked = frozenset[str]().union(*own_cells.values())
    counts = Counter[tuple[str, str, str]]()
    for source in inputs.sources:
        if source.indicator == a.indicator and source.element in asked and source.period != inputs.period.key:
            counts[source.side, source.element, source.period] += source.units
    return max(counts.values(), default=0)


def has_small_counts(numerator: Fraction | int | None, denominator: Fraction | int | None) -> bool:
    """Whether a share is of so few that its counts say more than it does."""
    return (
        numerator is not None
        and denominator is not None
        and (numerator < SMALL_NUMERATOR or denominator < SMALL_DENOMINATOR)
    )


def format_stretch(wording: Messages, period: Period) -> str:
    """What a report's own part of the year is called: quý, tháng; empty for longer periods."""
    return wording.texts[f"stretch.{period.kind.value}"] if period.kind in _STRETCHES else ""


def build_quarter_part(
    inputs: ReportInput, wording: Messages, a: Attainment, before: Attainment | None, decimals: int, noun: str
) -> QuarterPart | None:
    """What the quarter, or month, brought: the year to date less that of the one before, both as known at one snapshot.

    None where the report is of another kind, or the figure does not add up; `before` is the figure of the one before,
    taken over the units that are in this one. Of a standing denominator (people) there is a count only. Where nothing
    can be said since January, what the last part of the period brought that was reported. Grain: as the attainment.
    """
    indicator, period = inputs.catalogue.indicators.get(a.indicator), Period.parse(a.period)
    if indicator and (part := _find_part_figure(inputs, a)) and part.numerator is not None:
        built = _build_part(inputs, wording, indicator, (part.numerator, part.denominator), decimals, noun)
        start = Period.parse(part.since).start
        parts = [stretch.key for stretch in period.parts_to_date if stretch.start >= start]
        text = built.text
        if part.present < part.expected:
            text = wording.format("line.part_of", text=text, present=part.present, expected=part.expected)
        return replace(built, text=text, covers=format_period_list(parts))
    if period.kind not in _STRETCHES or indicator is None or a.value is None or a.as_of or a.numerator is None:
        return None
    if not is_cumulative_indicator(inputs.catalogue, indicator) or inputs.get_target(a.item).is_of_several_periods:
        return None
    nothing, stretch = wording.texts["word.nothing"], format_stretch(wording, period)
    counted, out_of = a.numerator, a.denominator
    if period.index > 1 and a.since != period.key:
        before = _narrow_to_units_of(inputs, a, before)
        if before is None or before.numerator is None:
            return _build_missing_part(nothing, wording.format("cover.other_units", stretch=stretch))
        counted -= before.numerator
        out_of = None if out_of is None or before.denominator is None else out_of - before.denominator
    if counted < 0 or (out_of is not None and out_of < 0):
        return _build_missing_part(nothing, wording.format("cover.lowered", stretch=stretch))
    return _build_part(inputs, wording, indicator, (counted, out_of), decimals, noun)


def _find_part_figure(inputs: ReportInput, a: Attainment) -> ObservedIndicator | None:
    """What the last part that was reported brought, of a target whose figure since January units did not send."""
    if a.value is not None or a.as_of or a.reason is None or a.reason.code not in UNSENT_REASONS:
        return None
    if inputs.get_target(a.item).is_of_several_periods:
        return None
    return inputs.parts_by_key.get((a.indicator, a.unit))


def describe_missing_parts(inputs: ReportInput, wording: Messages) -> str:
    """Why nothing can be said since January: the parts of the year on which nobody reported; else that nobody reported
    on all of them."""
    missing = list_silent_parts(inputs)
    if not missing:
        return wording.texts["reason.parts_lacking"]
    return wording.format("reason.parts_missing", periods=format_period_list(missing))


def list_silent_parts(inputs: ReportInput) -> list[str]:
    """The other parts of the year up to the period's end on which reports were owed, and none was accepted."""
    statuses = (*inputs.earlier_statuses, *inputs.statuses)
    accepted = {status.period for status in statuses if status.state == "accepted"}
    owed = {status.period for status in statuses}
    return [p.key for p in inputs.period.parts_to_date if p != inputs.period and p.key in owed - accepted]


def _build_part(
    inputs: ReportInput,
    wording: Messages,
    indicator: models.Indicator,
    sides: tuple[Fraction, Fraction | None],
    decimals: int,
    noun: str,
) -> QuarterPart:
    """A part's count; its share too, where both sides are what happened in it."""
    nothing = wording.texts["word.nothing"]
    counted, out_of = sides
    flows = all(
        is_growing_element(inputs.catalogue, t.data_element) for t in indicator.terms if t.side == "denominator"
    )
    shares = flows and out_of is not None and indicator.factor == 100
    value = counted / out_of * 100 if shares and out_of else None
    shown = build_number_fact(value, decimals, nothing)
    top = build_count_fact(counted, nothing)
    bottom = build_count_fact(out_of if shares else None, nothing)
    text = f"{top.text} {noun}" if value is None else f"{shown.text}%"
    if value is not None and has_small_counts(counted, out_of):
        text = f"{text} ({top.text}/{bottom.text})"
    return QuarterPart(top, bottom, shown, text, "")


def _narrow_to_units_of(inputs: ReportInput, a: Attainment, before: Attainment | None) -> Attainment | None:
    """The figure of the period before over exactly the units that are in this one; None where that cannot be told.

    A unit that is silent now is in neither; one that was silent then would be counted since January: nothing is told.
    """
    if before is None or before.as_of:
        return None
    if is_equally_covered(a, before):
        return before
    parts = [p for p in inputs.attainments if p.item == a.item and p.unit != inputs.area and p.numerator is not None]
    last = {row.unit: row for row in inputs.last if row.item == a.item}
    then = [b for p in parts if (b := last.get(p.unit)) and b.numerator is not None and is_equally_covered(p, b)]
    if a.unit != inputs.area or not then or len(then) < len(parts) or not _is_sum_of(a, parts):
        return None
    return replace(
        before,
        numerator=_sum_known(row.numerator for row in then),
        denominator=None if before.denominator is None else _sum_known(row.denominator for row in then),
    )


def _build_missing_part(nothing: str, reason: str) -> QuarterPart:
    missing = build_number_fact(None, 0, nothing)
    return QuarterPart(missing, missing, missing, nothing, reason)


def _find_coverage(a: Attainment) -> tuple[int, int, frozenset[str]]:
    """Which units are in a figure: as many of as many, without those."""
    return a.present, a.expected, frozenset(a.absent)


def is_equally_covered(now: Attainment, before: Attainment) -> bool:
    """Whether two figures are made of the same units."""
    return _find_coverage(now) == _find_coverage(before)


def compute_matched_pair(
    inputs: ReportInput,
    now: Attainment,
    before: Attainment,
    earlier: dict[tuple[str, str], Attainment],
) -> tuple[Fraction, Fraction, list[str], int] | None:
    """The two values of an area over the units that are whole in both periods: now, before, the units that are not in
    them, of how many.

    None where nothing can be compared: too few units, or parts of the area's figure come from elsewhere (hospitals).
    Units of the values: the target's own.
    """
    indicator = inputs.catalogue.indicators.get(now.indicator)
    parts = [a for a in inputs.attainments if a.item == now.item and a.unit != inputs.area]
    pairs = [(a, b) for a in parts if (b := earlier.get((a.item, a.unit))) is not None]
    if indicator is None or not _is_sum_of(now, parts) or not _is_sum_of(before, [b for _, b in pairs]):
        return None
    both = [(a, b) for a, b in pairs if _is_whole(a) and _is_whole(b)]
    if 2 * len(both) < len(parts):
        return None
    values = []
    for rows in zip(*both, strict=True):
        top, bottom = (_sum_known(getattr(row, side) for row in rows) for side in ("numerator", "denominator"))
        if not bottom:
            return None
        values.append(top / bottom * indicator.factor / inputs.get_unit_scale(now.item))
    left_out = [a.unit for a in parts if a.unit not in {a.unit for a, _ in both}]
    return values[0], values[1], left_out, len(parts)


def _is_whole(a: Attainment) -> bool:
    return a.numerator is not None and a.denominator is not None and 0 < a.expected == a.present and not a.as_of


def _is_sum_of(whole: Attainment, parts: list[Attainment]) -> bool:
    sides = ((whole.numerator, [p.numerator for p in parts]), (whole.denominator, [p.denominator for p in parts]))
    return all(side is not None and side == _sum_known(found) for side, found in sides)


def _sum_known(numbers: Iterable[Fraction | None]) -> Fraction:
    return sum((number for number in numbers if number is not None), Fraction(0))
