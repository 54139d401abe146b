"""The first page: one sentence of result, three lines, a dozen targets, the units, what to direct, who is missing.

Room: report. Called by `facts`. Picks from figures and tasks what a director reads first; it computes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from etl.messages import Messages
from etl.report import submissions
from etl.report.covered_period import format_stretch
from etl.report.dates import (
    compute_next_period,
    compute_previous_report_period,
    format_period_end,
    format_period_list,
    format_two_digits,
    is_next_period_over,
)
from etl.report.directions import is_partys_task, select_due_tasks
from etl.report.figure_facts import Figure
from etl.report.inputs import ReportInput
from etl.report.pictures import classify_tile, list_series_figures
from etl.report.report_figures import ReportFigures, build_figures
from etl.report.section_facts import PlanTask, UnitScore, UnitTable
from etl.report.summary_facts import (
    ActionRow,
    HeatCell,
    HeatColumn,
    HeatRow,
    HeatTable,
    SummaryPage,
    SummaryRow,
)
from etl.report.target_results import (
    build_column_headers,
    describe_headline,
    format_comparison_period,
    format_difference,
    format_next_milestone,
    format_short_name,
    format_with_unit,
)
from etl.report.unit_names import format_unit_list
from etl.report.unit_results import MAX_UNIT_NAMES, compute_met_share, format_scored_units
from etl.report.yearly_change import TREND_KINDS

MAX_ROWS, MAX_UNITS, MAX_ACTIONS, MAX_LINE_POINTS = 12, 8, 5, 8
MIN_COMPARED = 3
"""Judged targets of which one is called the best and one the weakest: of fewer it says nothing."""
_ORDER = ("slow", "hasten", "not_due", "redefined", "on_path", "reached", "")
_BEHIND = {"slow", "hasten"}
_AHEAD = {"reached", "on_path"}


def build_summary_page(
    inputs: ReportInput, wording: Messages, figures: ReportFigures, units: UnitTable, tasks: tuple[PlanTask, ...]
) -> SummaryPage:
    """The first page. `units` is the table of units, `tasks` the plan's, as the report prints them."""
    quarterly = bool(stretch := format_stretch(wording, inputs.period))
    period = inputs.period
    return SummaryPage(
        title=wording.format("summary_page.title", period=period.name).upper(),
        quarterly=quarterly,
        in_quarter_title=wording.format("column.in_quarter", stretch=stretch) if quarterly else "",
        result=describe_headline(inputs, wording, figures),
        highlights=tuple(_describe_highlights(inputs, wording, figures)),
        rows=tuple(_build_row(inputs, wording, figure) for figure in _select_rows(inputs, figures)),
        to_date_title=wording.format("summary_page.to_date", period=format_period_end(period)),
        previous_title=build_column_headers(inputs, wording).previous,
        units=_build_heat_table(inputs, wording, figures, units),
        actions=tuple(_build_actions(inputs, wording, figures, tasks)[:MAX_ACTIONS]),
        followed=_describe_followed_targets(inputs, wording, figures),
        reported=_describe_reporting(inputs, wording),
    )


# --- the result ------------------------------------------------------------------------------------------


def _describe_highlights(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> list[str]:
    """The best and weakest of several, and the largest change that is sure; a line is left out where there is none."""
    counted = figures.list_counted_figures(inputs.area)
    good = [f for f in counted if f.path_state in _AHEAD and f.distance.value is not None]
    weak = [f for f in counted if f.path_state in _BEHIND and f.distance.value is not None]
    moved = [f for f in counted if f.change.kind in TREND_KINDS and f.change.before.value]
    several, found = len(good) + len(weak) >= MIN_COMPARED, []
    if good and several:
        found.append(_describe_highlight(inputs, wording, "summary_page.best", max(good, key=_get_distance)))
    if weak and several:
        found.append(_describe_highlight(inputs, wording, "summary_page.weakest", min(weak, key=_get_distance)))
    if moved:
        most = max(moved, key=lambda f: abs(f.change.delta.get_fraction() / f.change.before.get_fraction()))
        change = most.change
        before, now = (format_with_unit(inputs, most, end.text) for end in (change.before, change.now))
        found.append(
            wording.format(
                f"summary_page.{change.kind}",
                name=format_short_name(inputs, most),
                delta=format_difference(inputs, wording, most, change.delta),
                since=format_comparison_period(inputs, wording),
                before=before,
                now=now,
                basis=wording.format("change.on_basis", basis=change.basis) if change.basis else "",
            )
        )
    return found


def _get_distance(figure: Figure) -> float:
    return figure.distance.value or 0


def _describe_highlight(inputs: ReportInput, wording: Messages, name: str, figure: Figure) -> str:
    return wording.format(
        name,
        name=format_short_name(inputs, figure),
        covers=figure.covers.text,
        value=format_with_unit(inputs, figure, figure.value.text),
        target=_format_target(inputs, wording, figure),
        state=figure.path_text.lower(),
    )


def _format_target(inputs: ReportInput, wording: Messages, figure: Figure) -> str:
    indicator = inputs.catalogue.indicators.get(figure.indicator)
    measured_in = inputs.find_measured_unit(figure.item, indicator) if indicator else ""
    return format_next_milestone(wording, figure, measured_in)


def _select_rows(inputs: ReportInput, figures: ReportFigures) -> list[Figure]:
    """A dozen targets with a figure of the period, those that lag before the others; in the plan's order."""
    counted = figures.list_counted_figures(inputs.area)
    valued = [
        f for f in counted if (f.value.value is not None and f.covers.kind != "older") or f.shown_status == "part_only"
    ]
    places = {f.item: place for place, f in enumerate(valued)}
    by_need = sorted(valued, key=lambda f: (_ORDER.index(f.path_state), places[f.item]))
    return sorted(by_need[:MAX_ROWS], key=lambda f: places[f.item])


def _build_row(inputs: ReportInput, wording: Messages, figure: Figure) -> SummaryRow:
    level = next(t for t in inputs.plan.targets if t.item == figure.item)
    nothing = wording.texts["word.nothing"]
    to_date = figure.printed
    quarter = figure.in_quarter.text if figure.in_quarter else nothing
    target = (
        nothing if figure.shown_status == "track" or not figure.written else _format_target(inputs, wording, figure)
    )
    return SummaryRow(
        item=figure.item,
        name=format_short_name(inputs, figure),
        in_quarter=quarter,
        to_date=to_date,
        previous=figure.previous.text if figure.covers.kind != "older" else nothing,
        compared=_format_compared(wording, figure),
        target=target,
        state=figure.path_text if figure.path_state else wording.texts[f"summary_page.{figure.shown_status}"],
        sign=figure.path_sign,
        line=list_series_figures(inputs, level)[-MAX_LINE_POINTS:],
    )


def _format_compared(wording: Messages, figure: Figure) -> str:
    """Against the same period last year: a count in % of it, a share in points; or why it is not compared."""
    change = figure.change
    if change.per_cent.value is not None:
        return wording.format("summary_page.per_cent", value=change.per_cent.text)
    if change.kind in TREND_KINDS:
        sign = "+" if change.kind == "increase" else "–"
        return f"{sign}{change.delta.text}"
    if change.kind in {"other_units", "broken"}:
        return wording.texts["summary_page.not_compared"]
    return "0" if change.kind == "same" else wording.texts["word.nothing"]


# --- the units -------------------------------------------------------------------------------------------


def _build_heat_table(inputs: ReportInput, wording: Messages, figures: ReportFigures, units: UnitTable) -> HeatTable:
    """The weakest units first, of many the weakest eight; of the targets those of which a verdict is given.

    Of units that meet the same share of their targets those furthest from them come first, by the mean distance.
    Nothing of a single unit, whose results are the area's; nor of many equals, of which no eight are the weakest.
    """
    indicators = {t.item: inputs.catalogue.indicators.get(t.indicator or "") for t in inputs.plan.targets}
    items = {column.item for block in units.blocks for column in block if not column.counts}
    ranked = sorted(
        units.scores, key=lambda score: (compute_met_share(score), _compute_mean_distance(figures, items, score.unit))
    )
    alike = len({compute_met_share(score) for score in ranked}) < 2
    if len(ranked) < 2 or (alike and len(ranked) > MAX_UNITS):
        return HeatTable((), (), "")
    listed = ranked[:MAX_UNITS]
    columns = [
        HeatColumn(column.item, column.title)
        for block in units.blocks
        for column in block
        if (indicator := indicators[column.item]) is not None and not indicator.accumulates
        if any(classify_tile(figures.find_figure(column.item, score.unit)) in {"met", "not_met"} for score in listed)
    ][:MAX_ROWS]
    rows = [
        HeatRow(
            score.unit,
            score.name,
            tuple(_build_heat_cell(figures.find_figure(column.item, score.unit)) for column in columns),
            f"{score.met}/{score.of}",
        )
        for score in listed
    ]
    return HeatTable(tuple(columns), tuple(rows), _describe_weakest(wording, ranked))


def _compute_mean_distance(figures: ReportFigures, items: set[str], unit: str) -> Fraction:
    """How far a unit lies from the levels it is judged by, in % of them: below zero is short of them."""
    judged = [f for f in figures.list_unit_figures(unit) if f.item in items and f.sign]
    apart = [f.distance.get_fraction() for f in judged if f.distance.value is not None]
    return sum(apart, Fraction(0)) / (len(apart) or 1)


def _build_heat_cell(figure: Figure | None) -> HeatCell:
    look = classify_tile(figure)
    return HeatCell(look, figure.sign if figure is not None and look != "none" else "")


def _describe_weakest(wording: Messages, ranked: list[UnitScore]) -> str:
    """The three weakest, and whoever stands as low as the third: equals are not told apart by their place in a list;
    never who stands highest."""
    shares = [compute_met_share(score) for score in ranked]
    if len(set(shares)) < 2:
        return ""
    weakest = [s for s, share in zip(ranked, shares, strict=True) if share <= shares[:3][-1] and share < shares[-1]]
    return wording.format("summary_page.weakest_units", names=format_scored_units(wording, weakest))


# --- what to direct, who is missing ------------------------------------------------------------------------


def _build_actions(
    inputs: ReportInput, wording: Messages, figures: ReportFigures, tasks: tuple[PlanTask, ...]
) -> list[ActionRow]:
    """What lags and who is weakest in it, tasks in arrears and falling due; what is the Party's is not among them.

    Nothing, where the period it would be for is over.
    """
    if is_next_period_over(inputs.period, inputs.day):
        return []
    following = compute_next_period(inputs.period).name
    found = []
    lagging = [f for f in figures.list_counted_figures(inputs.area) if f.path_state in _BEHIND]
    for figure in sorted(lagging, key=lambda f: (f.path_state != "slow", _get_distance(f)))[:3]:
        units = _list_weakest_units(inputs, figures, figure)
        who = format_unit_list(wording, units, ", ") or inputs.office_name
        what = wording.format("summary_page.lagging", name=format_short_name(inputs, figure))
        found.append(ActionRow(what, who, following))
    late, due = select_due_tasks(inputs, tasks)
    told = [(task, "summary_page.overdue") for task in late] + [(task, "summary_page.due") for task in due]
    for task, due_word in [(task, word) for task, word in told if not is_partys_task(inputs, task)][:2]:
        deadline = wording.format(due_word, deadline=task.deadline_date or task.deadline)
        found.append(ActionRow(task.title.rstrip(".;"), task.lead, deadline))
    absent = _list_absent_units(inputs)
    if absent:
        what = wording.format("summary_page.send", period=inputs.period.name)
        if submissions.spans_periods(inputs):
            owed = dict.fromkeys(status.period for status in inputs.statuses if status.state != "accepted")
            what = wording.format("summary_page.send_parts", periods=format_period_list(owed))
        who = format_unit_list(wording, absent, ", ")
        if len(absent) > MAX_UNIT_NAMES:
            named = "everybody" if len(absent) == len(submissions.group_statuses_by_unit(inputs)) else "listed"
            who = wording.format(f"summary_page.{named}", count=format_two_digits(len(absent)))
        found.append(ActionRow(what, who, wording.texts["summary_page.at_once"]))
    return found


def _list_weakest_units(inputs: ReportInput, figures: ReportFigures, figure: Figure) -> list[str]:
    """The three units furthest from the level; none of a rate of few cases, where one case decides."""
    indicator = inputs.catalogue.indicators.get(figure.indicator)
    if indicator is None or indicator.accumulates:
        return []
    under = [figures.find_figure(figure.item, a.unit) for a in inputs.attainments if a.item == figure.item]
    missed = [
        f for f in under if f and f.unit != inputs.area and f.status == "not_met" and f.distance.value is not None
    ]
    return [f.unit_name for f in sorted(missed, key=_get_distance)[:3]]


def _list_absent_units(inputs: ReportInput) -> list[str]:
    units = submissions.group_statuses_by_unit(inputs)
    return [s[0].unit_name for s in units.values() if any(status.state != "accepted" for status in s)]


def _describe_followed_targets(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> str:
    """What became of the targets that lagged in the report before, as they are known now; empty where none did, or
    where there was none, since there was no plan. What silent units could turn back is not called better."""
    before = compute_previous_report_period(inputs.period)
    if not inputs.plan.is_reported_for(before):
        return ""
    last = build_figures(replace(inputs, attainments=inputs.last, previous=(), last=()), wording, inputs.area)
    lagged = [f for f in last.list_counted_figures(inputs.area) if f.path_state in _BEHIND]
    now = [f for then in lagged if (f := figures.find_figure(then.item, inputs.area)) and f.path_state]
    if not now:
        return ""
    ahead = [f for f in now if f.path_state in _AHEAD]
    kinds = (("better", [f for f in ahead if not f.bounds_turn]), ("unsure", [f for f in ahead if f.bounds_turn]))
    parts = "; ".join(
        wording.format(
            f"summary_page.followed_{kind}",
            count=format_two_digits(len(those)),
            names="; ".join(format_short_name(inputs, f) for f in those),
        )
        for kind, those in kinds
        if those
    )
    slots = {"count": format_two_digits(len(now)), "last": before.name}
    if not parts:
        return wording.format("summary_page.none_followed", **slots)
    return wording.format("summary_page.followed", parts=parts, **slots)


def _describe_parts(inputs: ReportInput, wording: Messages) -> str:
    """How many sent the reports of each period that the report is made from, where nobody sent all."""
    parts = []
    for (present, count), keys in sorted(submissions.group_periods_by_count(inputs).items(), reverse=True):
        slots = {"periods": format_period_list(keys)} | ({"present": present, "count": count} if present else {})
        parts.append(wording.format(f"summary_page.part_{'in' if present else 'none'}", **slots))
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _describe_reporting(inputs: ReportInput, wording: Messages) -> str:
    absent = _list_absent_units(inputs)
    units = submissions.group_statuses_by_unit(inputs)
    count = len(units)
    if not count:
        return wording.format("situation.none_expected")
    if count == 1:
        (only,) = units.values()
        return wording.format(f"summary_page.one_{'out' if absent else 'in'}", name=only[0].unit_name)
    if not absent:
        return wording.format("summary_page.all_in", count=format_two_digits(count))
    slots = {"present": count - len(absent), "count": count}
    if len(absent) == count and submissions.spans_periods(inputs):
        return _describe_parts(inputs, wording)
    if len(absent) == count > MAX_UNIT_NAMES:
        return wording.format("summary_page.none_in", count=format_two_digits(count))
    if len(absent) > MAX_UNIT_NAMES:
        return wording.format("summary_page.absent_listed", **slots)
    return wording.format("summary_page.absent", names=format_unit_list(wording, absent, ", "), **slots)
