"""The first page: one sentence of result, three lines, a dozen targets, the units, what to direct, who is missing.

Room: report. Called by `facts`. Picks from figures and tasks what a director reads first; it computes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    format_reference_period,
    format_two_digits,
    is_next_period_over,
)
from etl.report.directions import is_partys_task, select_due_tasks
from etl.report.figure_facts import Figure
from etl.report.inputs import ReportInput
from etl.report.path_state import JUDGED_STATES
from etl.report.pictures import classify_tile, list_series_figures
from etl.report.report_figures import ReportFigures, build_figures, is_yes_or_no
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
    CEILING_OPERATORS,
    build_column_headers,
    describe_headline,
    format_comparison_period,
    format_difference,
    format_missing,
    format_next_milestone,
    format_short_name,
    format_with_unit,
)
from etl.report.unit_names import format_unit_list, format_unit_mention
from etl.report.unit_results import (
    MAX_EXTREMES,
    MAX_TIED_NAMES,
    MAX_UNIT_NAMES,
    MIN_COMPARED,
    format_scored_units,
    rank_units,
    select_last_ranks,
)
from etl.report.yearly_change import TREND_KINDS

MAX_ROWS, MAX_UNITS, MAX_ACTIONS, MAX_LINE_POINTS = 12, 8, 5, 8
_NO_YEAR = "9999"
"""Stands for the year of a level without one: after all that have one."""
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
    """The best and weakest of several, else what is farthest from its level; and the largest change that is sure. Each
    line is left out where there is none."""
    counted = figures.list_counted_figures(inputs.area)
    found: list[str] = []
    if sum(f.path_state in JUDGED_STATES for f in counted) >= MIN_COMPARED:
        found += _describe_extreme(inputs, wording, counted, best=True)
        found += _describe_extreme(inputs, wording, counted, best=False)
    else:
        found += _describe_lagging(inputs, wording, counted)
        found += _describe_farthest(inputs, wording, counted)
    moved = [f for f in counted if f.change.kind in TREND_KINDS and f.change.before.value]
    if moved:
        most = max(moved, key=lambda f: _measure_change(inputs, f))
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


def _describe_extreme(
    inputs: ReportInput, wording: Messages, counted: list[Figure], *, best: bool
) -> tuple[str] | tuple[()]:
    """The target that stands best, or worst, on its way. One yardstick for both: the state on the way; among several of
    one state what lies farthest up or down from its level, in % of it, of those whose level is of the nearest year."""
    states = ("reached", "on_path") if best else ("slow", "hasten")
    state = next((state for state in states if any(f.path_state == state for f in counted)), "")
    those = [f for f in counted if state and f.path_state == state]
    chosen = those
    if len(those) > 1:
        near = _select_nearest_level(those)
        most = (max if best else min)(map(_get_distance, near), default=0)
        chosen = [f for f in near if _get_distance(f) == most]
    if not 0 < len(chosen) <= MAX_EXTREMES:
        return ()
    end, names = "best" if best else "weakest", "; ".join(_describe_highlight(inputs, wording, f) for f in chosen)
    slots = {"names": names, "state": chosen[0].path_text.lower()}
    if len(chosen) == len(those) or _get_distance(chosen[0]) == 0:
        return (wording.format(f"summary_page.{end}", **slots),)
    return (wording.format(f"summary_page.{end}_of", year=_format_level_year(wording, chosen[0]), **slots),)


def _select_nearest_level(figures: list[Figure]) -> list[Figure]:
    """Those that lie apart from a level by a number, and of these only those whose level is of the nearest year: a
    distance to 2025 and one to 2030 are not set side by side."""
    apart = [f for f in figures if f.distance.value is not None]
    nearest = min((f.target_period or _NO_YEAR for f in apart), default="")
    return [f for f in apart if (f.target_period or _NO_YEAR) == nearest]


def _format_level_year(wording: Messages, figure: Figure) -> str:
    return format_reference_period(figure.target_period) if figure.target_period else wording.texts["word.undated"]


def _measure_change(inputs: ReportInput, figure: Figure) -> Fraction:
    """How large a change is, as the page's column prints it: of a share in points, of all else in % of what it was."""
    indicator, change = inputs.catalogue.indicators.get(figure.indicator), figure.change
    apart = abs(change.delta.get_fraction())
    if indicator is not None and inputs.find_measured_unit(figure.item, indicator).startswith("%"):
        return apart
    return apart / abs(change.before.get_fraction()) * 100


def _describe_highlight(inputs: ReportInput, wording: Messages, figure: Figure) -> str:
    return wording.format(
        "summary_page.highlight",
        name=format_short_name(inputs, figure),
        covers=figure.covers.text,
        value=format_with_unit(inputs, figure, figure.value.text),
        target=_format_target(inputs, wording, figure),
    )


def _describe_lagging(inputs: ReportInput, wording: Messages, counted: list[Figure]) -> Iterator[str]:
    """What lags, by its state, where too few are judged to call one the weakest."""
    for state in ("slow", "hasten"):
        if those := [f for f in counted if f.path_state == state]:
            names = "; ".join(_describe_highlight(inputs, wording, figure) for figure in those)
            yield wording.format("summary_page.behind", state=those[0].path_text, names=names)


def _list_farthest(counted: list[Figure]) -> list[Figure]:
    """What is not judged yet and lies farthest from its level, in % of it."""
    waiting = [f for f in counted if f.path_state == "not_due" and f.covers.kind != "older" and _get_distance(f) < 0]
    return sorted(_select_nearest_level(waiting), key=_get_distance)[:MAX_EXTREMES]


def _describe_farthest(inputs: ReportInput, wording: Messages, counted: list[Figure]) -> tuple[str] | tuple[()]:
    """How far it is to levels that are ahead, without a verdict: what a reader can direct before any target is due."""
    farthest = _list_farthest(counted)
    if not farthest:
        return ()
    names = "; ".join(_describe_distance(inputs, wording, figure) for figure in farthest)
    return (wording.format("summary_page.farthest", year=_format_level_year(wording, farthest[0]), names=names),)


def _describe_distance(inputs: ReportInput, wording: Messages, figure: Figure) -> str:
    slots = {
        "name": format_short_name(inputs, figure),
        "value": format_with_unit(inputs, figure, figure.value.text),
        "target": _format_target(inputs, wording, figure),
    }
    if figure.missing.value is None or figure.operator in CEILING_OPERATORS:
        return wording.format("summary_page.farthest_of", **slots)
    return wording.format("summary_page.farthest_short", missing=format_missing(inputs, wording, figure), **slots)


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

    Nothing of a single unit, whose results are the area's; nor of many equals, of which no eight are the weakest; nor
    where too few targets are judged to rank units by.
    """
    indicators = {t.item: inputs.catalogue.indicators.get(t.indicator or "") for t in inputs.plan.targets}
    ranked = rank_units(units.scores)
    if len(ranked) < 2 or (len(ranked) > MAX_UNITS and not select_last_ranks(ranked, MAX_UNITS)):
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


def _build_heat_cell(figure: Figure | None) -> HeatCell:
    look = classify_tile(figure)
    return HeatCell(look, figure.sign if figure is not None and look != "none" else "")


def _describe_weakest(wording: Messages, ranked: list[UnitScore]) -> str:
    """The three weakest, and whoever ranks like the third; never who ranks highest."""
    weakest = select_last_ranks(ranked, MAX_EXTREMES)
    if not weakest:
        return ""
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
    counted = figures.list_counted_figures(inputs.area)
    lagging = [f for f in counted if f.path_state in _BEHIND]
    told = sorted(lagging, key=lambda f: (f.path_state != "slow", _get_distance(f))) + _list_farthest(counted)
    for figure in told[:MAX_EXTREMES]:
        verb, ahead = wording.texts[f"path_verb.{figure.path_state}"], figure.path_state == "not_due"
        what = wording.format("summary_page.directed", verb=verb, name=format_short_name(inputs, figure))
        who = _describe_farthest_units(inputs, wording, figures, figure) or inputs.office_name
        found.append(ActionRow(what, who, _format_level_year(wording, figure) if ahead else following))
    late, due = select_due_tasks(inputs, tasks)
    dated = [(task, "summary_page.overdue") for task in late] + [(task, "summary_page.due") for task in due]
    for task, due_word in [(task, word) for task, word in dated if not is_partys_task(inputs, task)][:2]:
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


def _describe_farthest_units(inputs: ReportInput, wording: Messages, figures: ReportFigures, figure: Figure) -> str:
    """The three units farthest from a level; of one that is ahead those that most of what is missing is missing in. Of
    more equals only how many they are. None of a rate of few cases, where one case decides."""
    indicator = inputs.catalogue.indicators.get(figure.indicator)
    if indicator is None or indicator.accumulates:
        return ""
    missed = [f for f in _list_figures_under(inputs, figures, figure) if f.status == "not_met"]
    if missed and all(is_yes_or_no(wording, f) for f in missed):
        kind, first = "without", missed
    elif figure.path_state == "not_due" and indicator.direction == "up":
        kind, first = "shortest_in", _select_first(missed, lambda f: -(f.missing.value or 0))
    else:
        kind, first = "weakest_in", _select_first([f for f in missed if f.distance.value is not None], _get_distance)
    if not first:
        return ""
    names = [format_unit_mention(wording, f.unit_name) for f in first]
    if len(first) > MAX_TIED_NAMES:
        names = [wording.format("summary_page.equals_in", count=format_two_digits(len(first)))]
    elif kind == "shortest_in":
        pairs = zip(names, first, strict=True)
        names = [wording.format("summary_page.short_unit", name=name, missing=f.missing.text) for name, f in pairs]
    return wording.format(f"summary_page.{kind}", names=", ".join(names))


def _select_first(figures: list[Figure], rank: Callable[[Figure], float]) -> list[Figure]:
    """The first three by a rank, and whoever ranks like the third."""
    ranked = sorted(figures, key=rank)
    return [f for f in ranked if rank(f) <= rank(ranked[:MAX_EXTREMES][-1])]


def _list_figures_under(inputs: ReportInput, figures: ReportFigures, figure: Figure) -> list[Figure]:
    """The figures of a target under the area: the units', or of what only agencies have theirs."""
    for rows in (inputs.attainments, inputs.agencies):
        codes = [row.unit for row in rows if row.item == figure.item and row.unit != inputs.area]
        under = [f for code in codes if (f := figures.find_figure(figure.item, code)) and f.value.value is not None]
        if under:
            return under
    return []


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
