"""What changed since the report before: verdicts that turned, figures that clearly moved.

Room: report. Called by `facts`. Both are as known at this report's snapshot, so that nothing which units sent
later to the earlier period reads as a change.
"""

from __future__ import annotations

from dataclasses import replace

from etl.messages import Messages
from etl.report.covered_period import is_cumulative_indicator
from etl.report.dates import compute_previous_report_period
from etl.report.figure_facts import Figure
from etl.report.inputs import ReportInput
from etl.report.report_figures import build_figures
from etl.report.target_results import format_difference, format_short_name, format_with_unit
from etl.report.yearly_change import TREND_KINDS

_GOOD, _BAD = {"met", "within_plan"}, {"not_met", "over_plan"}
_SILENT = {"no_data", "no_new_figure"}
_TURNS = (
    ("since.better", _BAD, _GOOD),
    ("since.worse", _GOOD, _BAD),
    ("since.now_known", _SILENT, _GOOD | _BAD),
    ("since.now_unknown", _GOOD | _BAD, _SILENT),
)


def format_changes_title(inputs: ReportInput, wording: Messages, place: int) -> str:
    """The heading, numbered after the plan's groups."""
    return wording.format("since.title", number=place, last=compute_previous_report_period(inputs.period).name)


def describe_changes_since_last(inputs: ReportInput, wording: Messages) -> tuple[str, ...]:
    """What section II says of the time since the report before; nothing where no figure of that is known, or none of
    now can be compared with it."""
    before, last_year = compute_previous_report_period(inputs.period), inputs.period.same_period_last_year
    last = before.name
    if not any(row.unit == inputs.area and row.value is not None for row in inputs.last):
        return ()
    compared_figures = build_figures(replace(inputs, previous=inputs.last), wording, inputs.area)
    last_figures = build_figures(replace(inputs, attainments=inputs.last, previous=()), wording, inputs.area)
    pairs = [
        (now, then)
        for now in compared_figures.list_counted_figures(inputs.area)
        if (then := last_figures.find_figure(now.item, inputs.area))
    ]
    turned = [line for turn in _TURNS if (line := _describe_turned_verdicts(inputs, wording, last, pairs, *turn))]
    compared = any(now.change.kind in {*TREND_KINDS, "same", "unclear"} for now, _ in pairs)
    unchanged = (wording.format("since.same", last=last),) if compared else ()
    if last_year == before:
        return tuple(turned)  # each figure's own sentence compares it with this very period
    moved = [now for now, _ in pairs if now.change.kind in TREND_KINDS and _is_comparable_across_periods(inputs, now)]
    bases = {now.change.basis for now in moved}
    usual = bases.pop() if len(bases) == 1 else ""  # said once where all were compared over the same units
    basis = wording.format("change.on_basis", basis=usual) if usual else ""
    moves = [_describe_moved_figure(inputs, wording, now, usual) for now in moved]
    return (*turned, *((wording.format("since.moves", last=last, basis=basis), *moves) if moves else ())) or unchanged


def _describe_turned_verdicts(
    inputs: ReportInput,
    wording: Messages,
    last: str,
    pairs: list[tuple[Figure, Figure]],
    name: str,
    before: set[str],
    after: set[str],
) -> str | None:
    turned = [now for now, then in pairs if then.status in before and now.status in after]
    slots = {"last": last} if name in {"since.worse", "since.now_known"} else {}
    if name in {"since.now_known", "since.now_unknown"}:
        slots["period"] = inputs.period.name
    names = [_name_turned_figure(inputs, wording, figure, name) for figure in turned]
    return wording.format(name, names="; ".join(names), **slots) if names else None


def _name_turned_figure(inputs: ReportInput, wording: Messages, figure: Figure, turn: str) -> str:
    """A target by its name; what got worse with what it is now."""
    name = format_short_name(inputs, figure)
    if turn != "since.worse":
        return name
    value = format_with_unit(inputs, figure, figure.value.text)
    return wording.format("since.worse_of", name=name, value=value)


def _is_comparable_across_periods(inputs: ReportInput, figure: Figure) -> bool:
    """Whether a figure may be set beside that of another stretch: what adds up through the year may not."""
    indicator = inputs.catalogue.indicators.get(figure.indicator)
    return indicator is not None and not is_cumulative_indicator(inputs.catalogue, indicator)


def _describe_moved_figure(inputs: ReportInput, wording: Messages, figure: Figure, usual: str) -> str:
    """The move and what it was between, each end as its own report prints it."""
    change = figure.change
    before, after = (format_with_unit(inputs, figure, end.text) for end in (change.before, change.now))
    delta = format_difference(inputs, wording, figure, change.delta)
    own = figure.change.basis not in {"", usual}
    basis = wording.format("change.on_basis", basis=figure.change.basis) if own else ""
    slots = {"delta": delta, "before": before, "after": after, "basis": basis}
    return wording.format(f"since.{figure.change.kind}", name=format_short_name(inputs, figure), **slots)
