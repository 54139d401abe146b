"""Section II: the plan's own table, in its own order and groups, and the sentences on it.

Room: report. Called by `facts`; prints from figures, counts statuses, computes nothing else.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from etl.catalog import models as m
from etl.messages import Messages
from etl.model.numbers import format_number
from etl.report.dates import format_reference_period
from etl.report.figure_facts import Figure, PrintedNumber
from etl.report.inputs import ReportInput
from etl.report.report_figures import ReportFigures, format_item_number
from etl.report.section_facts import ColumnHeaders, FigureRow, GroupRow, PlanTask, PlanYear, SentenceGroup, StatementRow

TargetRow = GroupRow | StatementRow | FigureRow
_SHORTFALL_SENTENCES = {
    "<": "verdict.not_met_above",
    "<=": "verdict.not_met_above",
    "eliminate": "verdict.not_eliminated",
    "maintain_elimination": "verdict.not_eliminated",
}
WORD_ONLY_KINDS = {"not_assessed", "milestone"}
ELIMINATION_OPERATORS = frozenset({"eliminate", "maintain_elimination"})
_STATUS_ORDER = (
    "met", "not_met", "within_plan", "over_plan", "track", "no_new_figure", "no_data", "no_verdict", "milestone",
    "not_assessed",
)  # fmt: skip


def list_plan_years(plan: m.Plan) -> list[str]:
    """The years the plan sets levels for, oldest first. A date to finish something by has no column of its own."""
    levels = (target for target in plan.targets if target.kind not in WORD_ONLY_KINDS)
    return sorted({_parse_milestone_year(stone.period) for target in levels for stone in target.milestones})


def _parse_milestone_year(period: str) -> str:
    return period[:4]


def build_column_headers(inputs: ReportInput, wording: Messages) -> ColumnHeaders:
    """The printed headers that depend on the plan."""
    starts = {_parse_milestone_year(t.baseline.period) for t in inputs.plan.targets if t.baseline}
    years = list_plan_years(inputs.plan)
    one = next(iter(starts)) if len(starts) == 1 else None
    before = inputs.period.same_period_last_year
    return ColumnHeaders(
        baseline=wording.format("column.baseline_year", year=one) if one else wording.format("column.baseline"),
        previous=wording.format("column.previous_year" if before.months == 12 else "column.previous", year=before.year),
        years=tuple(PlanYear(year, wording.format("column.plan_year", year=year)) for year in years),
    )


def build_target_rows(
    inputs: ReportInput, wording: Messages, figures: ReportFigures, tasks: tuple[PlanTask, ...]
) -> tuple[TargetRow, ...]:
    """The plan's table. Grain: a group title, a statement that spans the row, or a target with its figure.

    A date to finish something by stands as its task does, where a task bears the same number.
    """
    found: list[TargetRow] = []
    states = {task.id: task.situation for task in tasks}
    years = list_plan_years(inputs.plan)
    for group, targets in groupby(inputs.plan.targets, key=lambda t: t.group):
        if group:
            found.append(GroupRow("group", group))
        found += [_build_target_row(inputs, wording, figures, target, years, states) for target in targets]
    return tuple(found)


def _build_target_row(
    inputs: ReportInput,
    wording: Messages,
    figures: ReportFigures,
    target: m.Target,
    years: list[str],
    states: dict[str, str],
) -> StatementRow | FigureRow:
    indicator = inputs.catalogue.indicators.get(target.indicator or "")
    row = {
        "item": target.item,
        "number": format_item_number(target),
        "clause": target.clause,
        "title": target.title,
        "measured_in": target.unit_written or (indicator.unit if indicator else wording.texts["word.nothing"]),
        "unit": inputs.area,
    }
    reported = figures.find_figure(target.item, inputs.area) is not None
    if target.kind in WORD_ONLY_KINDS:
        written = target.statement or _format_target_milestones(target) or wording.texts["word.not_assessed"]
        state = states.get(target.item, "") if target.kind == "milestone" else ""
        return StatementRow("statement", **row, reported=reported, statement=written, state=state)
    not_stated = wording.texts["word.not_stated"]
    return FigureRow(
        "figure",
        **row,
        reported=reported,
        baseline=target.baseline.written if target.baseline else not_stated,
        milestones={year: _format_target_milestones(target, year) or not_stated for year in years},
    )


def _format_target_milestones(target: m.Target, year: str = "") -> str:
    stones = (stone for stone in target.milestones if not year or _parse_milestone_year(stone.period) == year)
    return "; ".join(stone.written for stone in stones)


def count_statuses(inputs: ReportInput, figures: ReportFigures) -> dict[str, int]:
    """How many of the plan's targets stand where, every status present, in the order they are printed."""
    counts = Counter(figure.shown_status for figure in figures.list_unit_figures(inputs.area))
    return {status: counts[status] for status in _STATUS_ORDER}


def describe_results(inputs: ReportInput, wording: Messages, counts: dict[str, int]) -> tuple[str, ...]:
    """The opening sentences of section II."""
    total = sum(counts.values())
    if not total:
        return (wording.format("summary.none"),)
    parts = [
        wording.format(f"summary.part_{status}", count=format_number(number))
        for status, number in counts.items()
        if number
    ]
    sentences = [
        wording.format("summary.total", total=format_number(total), period=inputs.period.name, parts="; ".join(parts)),
        wording.format("summary.annex"),
    ]
    if any(0 < row.present < row.expected for row in inputs.attainments if row.unit == inputs.area):
        sentences.append(wording.format("summary.partial"))
    if not inputs.previous:
        sentences.append(wording.format("summary.no_previous", since=format_comparison_period(inputs, wording)))
    return tuple(sentences)


def build_target_sentences(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> tuple[SentenceGroup, ...]:
    """One sentence a target, gathered under the plan's groups and numbered as headings are: 1., 2. …"""
    found: list[SentenceGroup] = []
    for group, targets in groupby(inputs.plan.targets, key=lambda t: t.group):
        sentences = [
            _describe_target_result(inputs, wording, figure)
            for figure in (figures.find_figure(target.item, inputs.area) for target in targets)
            if figure
        ]
        if sentences:
            title = group or wording.texts["line.no_group"]
            found.append(SentenceGroup(f"{len(found) + 1}. {title}", tuple(sentences)))
    return tuple(found)


def _describe_target_result(inputs: ReportInput, wording: Messages, figure: Figure) -> str:
    verdict = _describe_target_verdict(inputs, wording, figure)
    name = figure.name
    if figure.value.value is None:
        return wording.format("line.words", name=name, verdict=verdict)
    if figure.bounds_turn and figure.bounds:
        verdict = wording.format("verdict.turning", verdict=verdict, range=figure.bounds.text)
    value = _describe_target_value(inputs, wording, figure)
    return wording.format(
        "line.figure", name=name, value=value, change=_describe_yearly_change(inputs, wording, figure), verdict=verdict
    )


def _describe_target_value(inputs: ReportInput, wording: Messages, figure: Figure) -> str:
    """The value with its unit; a case rate with its cases, and a small number with its interval too."""
    value = format_with_unit(inputs, figure, figure.value.text)
    indicator = inputs.catalogue.indicators.get(figure.indicator)
    top, bottom = figure.numerator, figure.denominator
    if indicator is None or top.value is None:
        return value
    printed_interval = figure.interval if figure.small else None
    if indicator.accumulates:
        if printed_interval:
            return wording.format("line.cases", value=value, cases=top.text, interval=printed_interval.text)
        return wording.format("cell.cases", value=value, cases=top.text)
    if not figure.small or indicator.factor != 100 or bottom.value is None:
        return value
    counts = {"value": value, "numerator": top.text, "denominator": bottom.text}
    return (
        wording.format("line.of", interval=printed_interval.text, **counts)
        if printed_interval
        else wording.format("cell.of", **counts)
    )


def format_with_unit(inputs: ReportInput, figure: Figure, text: str) -> str:
    """A figure with its unit of measure: ``93,46%``, ``10,6 người``."""
    indicator = inputs.catalogue.indicators.get(figure.indicator)
    if indicator is None or indicator.accumulates:  # a case rate says in its name what it counts, and on how many
        return text
    return (
        f"{text}{indicator.unit}"
        if indicator.unit[0] in "%‰/"
        else f"{text} {_format_unit_in_sentence(indicator.unit)}"
    )


def _format_unit_in_sentence(unit: str) -> str:
    return unit if unit.isupper() else unit[:1].lower() + unit[1:]


def _describe_yearly_change(inputs: ReportInput, wording: Messages, figure: Figure) -> str:
    change, since = figure.change, {"since": format_comparison_period(inputs, wording)}
    match change.kind:
        case "increase" | "decrease" as kind:
            return wording.format(
                f"change.{kind}", delta=format_difference(inputs, wording, figure, figure.change.delta), **since
            )
        case "unclear":
            return wording.format(
                "change.unclear", previous=format_with_unit(inputs, figure, figure.previous.text), **since
            )
        case "carried":
            return wording.format("change.carried", as_of=figure.as_of_text)
        case "no_previous" if not inputs.previous:
            return ""  # said once for the whole section
        case "same" | "broken" | "no_previous" as kind:
            return wording.format(f"change.{kind}", **since)
        case _:
            return ""


def format_comparison_period(inputs: ReportInput, wording: Messages) -> str:
    """What a figure is compared with: the same period of last year, or last year as a whole."""
    before = inputs.period.same_period_last_year
    return before.name if before.months == 12 else wording.format("change.since", year=before.year)


def format_difference(inputs: ReportInput, wording: Messages, figure: Figure, number: PrintedNumber) -> str:
    """A difference of two figures with its unit: percentage points where they are percentages."""
    text = number.text
    indicator = inputs.catalogue.indicators.get(figure.indicator)
    if indicator and indicator.unit == "%":
        return f"{text} {wording.texts['word.per_cent_points']}"
    return format_with_unit(inputs, figure, text)


def _describe_target_verdict(inputs: ReportInput, wording: Messages, figure: Figure) -> str:
    status = figure.shown_status
    target_slots = {
        "target": figure.written or wording.texts["word.not_stated"],
        "year": _format_target_year(inputs, figure),
    }
    if status == "not_met" and figure.missing.value is not None:
        return wording.format(
            _SHORTFALL_SENTENCES.get(figure.operator, "verdict.not_met_short_of"),
            missing=figure.missing.text,
            **target_slots,
        )
    if status == "not_met" and figure.operator in ELIMINATION_OPERATORS and figure.reason:
        return wording.format("verdict.not_recognised", reason=figure.reason, **target_slots)
    if status in {"within_plan", "over_plan"}:
        return _describe_prorated_verdict(wording, figure, status, target_slots)
    if status == "no_verdict":
        return wording.format("verdict.no_verdict", reason=figure.reason or wording.texts["word.not_stated"])
    if status == "milestone":
        return wording.format("verdict.milestone", target=target_slots["target"])
    if status in {"track", "not_assessed"}:
        return wording.format(f"verdict.{status}")
    return wording.format(f"verdict.{status}", **target_slots)


def _describe_prorated_verdict(wording: Messages, figure: Figure, status: str, target_slots: dict[str, str]) -> str:
    slots = target_slots | {"prorated": figure.prorated_target.text}
    if status == "over_plan" and figure.missing.value is not None:
        return wording.format("verdict.over_plan_by", missing=figure.missing.text, **slots)
    return wording.format(f"verdict.{status}", **slots)


def _format_target_year(inputs: ReportInput, figure: Figure) -> str:
    return format_reference_period(figure.target_period or str(inputs.period.year))
