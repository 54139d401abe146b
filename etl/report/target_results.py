"""Section II: the plan's own table, in its own order and groups, and the sentences on it.

Room: report. Called by `facts`; prints from figures, counts statuses, computes nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby
from math import ceil, floor
from typing import NamedTuple

from etl.catalog import models
from etl.messages import Messages
from etl.model import UNSENT_REASONS, Period
from etl.model.numbers import format_number
from etl.report.covered_period import format_stretch
from etl.report.dates import format_period_end, format_reference_period, format_two_digits
from etl.report.figure_facts import Figure, PrintedNumber
from etl.report.inputs import ReportInput
from etl.report.path_state import JUDGED_STATES, PATH_STATES, STARTLESS_BASES, PathState
from etl.report.report_figures import ReportFigures, format_item_number, select_counted_noun
from etl.report.section_facts import ColumnHeaders, FigureRow, GroupRow, PlanTask, PlanYear, SentenceGroup, StatementRow

TargetRow = GroupRow | StatementRow | FigureRow
CEILING_OPERATORS = frozenset({"<", "<="})
"""Those of a level that is not to be passed: what is unmet lies above it."""
_SIGNS = {">=": "≥", "<=": "≤"}
_WHOLE = 100
_SIGN = re.compile(r"([<>]=?|[≤≥])\s*(?=\d)")
_PLAIN_NUMBER = re.compile(r"\d[\d.]*(?:,\d+)?")
_BARE_NUMBER = re.compile(r"[<>≤≥]?=?\s?\d[\d.,]*")
WORD_ONLY_KINDS = {"not_assessed", "milestone"}
ELIMINATION_OPERATORS = frozenset({"eliminate", "maintain_elimination"})
_STATUS_ORDER = (
    "met", "not_met", "within_plan", "over_plan", "track", "no_new_figure", "incomplete_met", "incomplete_not_met",
    "incomplete", "part_only", "no_data", "no_verdict", "milestone", "not_assessed", "no_number", "not_collected",
)  # fmt: skip


def list_plan_years(plan: models.Plan) -> list[str]:
    """The years the plan sets levels for, oldest first; empty, and last, for levels that it sets no time for. A date to
    finish something by has no column of its own."""
    levels = (target for target in plan.targets if target.kind not in WORD_ONLY_KINDS)
    years = {_parse_milestone_year(stone.period) for target in levels for stone in target.milestones}
    return sorted(years, key=lambda year: (not year, year))


def _parse_milestone_year(period: str | None) -> str:
    return (period or "")[:4]


def build_column_headers(inputs: ReportInput, wording: Messages) -> ColumnHeaders:
    """The printed headers that depend on the plan."""
    starts = {_parse_milestone_year(t.baseline.period) for t in inputs.plan.targets if t.baseline}
    years = list_plan_years(inputs.plan)
    one = next(iter(starts)) if len(starts) == 1 else None
    before = inputs.period.same_period_last_year
    return ColumnHeaders(
        baseline=wording.format("column.baseline_year", year=one) if one else wording.format("column.baseline"),
        previous=wording.format("column.previous_year" if before.months == 12 else "column.previous", year=before.year),
        years=tuple(PlanYear(year, _format_year_title(wording, year)) for year in years),
        one_year=before.months == 12 and one == str(before.year),
    )


def _format_year_title(wording: Messages, year: str) -> str:
    return wording.format("column.plan_year", year=year) if year else wording.texts["column.plan_undated"]


def build_target_rows(
    inputs: ReportInput, wording: Messages, figures: ReportFigures, tasks: tuple[PlanTask, ...]
) -> tuple[TargetRow, ...]:
    """The plan's table. Grain: a group title, a statement that spans the row, or a target with its figure.

    A date to finish something by stands as its task does, where a task bears the same number.
    """
    found: list[TargetRow] = []
    tasks_by_id = {task.id: task for task in tasks}
    years = list_plan_years(inputs.plan)
    for group, targets in groupby(inputs.plan.targets, key=lambda t: t.group):
        if group:
            found.append(GroupRow("group", group))
        found += [_build_target_row(inputs, wording, figures, target, years, tasks_by_id) for target in targets]
    return tuple(found)


def _build_target_row(
    inputs: ReportInput,
    wording: Messages,
    figures: ReportFigures,
    target: models.Target,
    years: list[str],
    tasks: dict[str, PlanTask],
) -> StatementRow | FigureRow:
    indicator = inputs.catalogue.indicators.get(target.indicator or "")
    figure = figures.find_figure(target.item, inputs.area)
    same_as = figure.duplicate_of if figure and format_item_number(target) else ""
    other = figures.find_figure(same_as, inputs.area) if same_as else None
    is_other_level = bool(figure and other and figure.kind != "track" and figure.level != other.level)
    title = target.title
    if same_as:
        title = wording.format("cell.other_level" if is_other_level else "cell.duplicate", title=title, item=same_as)
    row = {
        "item": target.item,
        "number": format_item_number(target),
        "clause": target.clause,
        "title": title,
        "measured_in": _format_unit_of_measure(wording, target, indicator),
        "unit": inputs.area,
    }
    reported = figure is not None
    if target.kind in WORD_ONLY_KINDS:
        written = target.statement or _format_target_milestones(target) or wording.texts["word.not_assessed"]
        task = tasks.get(target.item) if target.kind == "milestone" else None
        state = _format_task_state(wording, task) if task else ""
        if task and (why := task.situation.removeprefix(state).lstrip("; ")):
            written = f"{written} {why}" if why.startswith("(") else f"{written} ({why})"
        return StatementRow("statement", **row, reported=reported, statement=written, state=state)
    not_stated = wording.texts["word.not_stated"]
    return FigureRow(
        "figure",
        **row,
        reported=reported,
        baseline=target.baseline.written if target.baseline else not_stated,
        milestones={
            year: _format_written_level(wording, target.kind, _format_target_milestones(target, year)) or not_stated
            for year in years
        },
        state=wording.format("cell.as_item", item=same_as) if same_as and not is_other_level else "",
    )


def _format_unit_of_measure(wording: Messages, target: models.Target, indicator: models.Indicator | None) -> str:
    """The unit of measure of a row: the plan's, as it is meant; what a rate of cases is on is part of it. Of a row of
    figures whose plan writes none the indicator's; a row that is a sentence has none."""
    if indicator is not None and indicator.is_case_rate:
        return wording.format("column.case_rate", per=format_number(indicator.factor / target.unit_scale))
    if unit := target.unit_meant or target.unit_written:
        return unit
    return wording.texts["word.nothing"] if indicator is None or target.kind == "not_assessed" else indicator.unit


def _format_task_state(wording: Messages, task: PlanTask) -> str:
    """A task's state in the few words that a narrow column has room for, where all who report on it say the same."""
    return wording.texts[f"task_state.{next(iter(task.states))}"] if len(task.states) == 1 else task.situation


def _format_target_milestones(target: models.Target, year: str | None = None) -> str:
    stones = (stone for stone in target.milestones if year is None or _parse_milestone_year(stone.period) == year)
    return "; ".join(stone.written for stone in stones)


def _format_written_level(wording: Messages, kind: str, written: str) -> str:
    """A level as the plan writes it; where it is one that every unit has to reach, and the figure is the share of
    those that do, it says so."""
    return wording.format("verdict.each_unit", target=written) if kind == "per_unit" and written else written


def _format_level_in_sentence(inputs: ReportInput, wording: Messages, figure: Figure) -> str:
    """The level as written, within brackets of a sentence: a word begins small, an abbreviation does not; a number
    that the plan writes without its unit, as its column has it, gets it here."""
    return _format_written_in_sentence(inputs, wording, figure, figure.written)


def _format_written_in_sentence(inputs: ReportInput, wording: Messages, figure: Figure, written: str) -> str:
    written = space_sign(written)
    if _BARE_NUMBER.fullmatch(written):
        written = format_with_full_unit(inputs, wording, figure, written)
    written = _format_written_level(wording, figure.kind, written)
    return written if written[1:2].isupper() else lower_first_letter(written)


def space_sign(written: str) -> str:
    """A level that the plan writes with a sign, with one space behind it, where no line ends, wherever we write it
    ourselves."""
    return _SIGN.sub("\\1\u00a0", written)


def count_statuses(inputs: ReportInput, figures: ReportFigures) -> dict[str, int]:
    """How many things the plan asks stand where, each once, every status present, in the order they are printed."""
    counts = Counter(figure.shown_status for figure in figures.list_counted_figures(inputs.area))
    return {status: counts[status] for status in _STATUS_ORDER}


def group_by_path_state(inputs: ReportInput, figures: ReportFigures) -> dict[PathState, list[Figure]]:
    """The counted figures that are judged, by how they stand between milestones; states without any are left out."""
    counted = figures.list_counted_figures(inputs.area)
    grouped = {state: [f for f in counted if f.path_state == state] for state in PATH_STATES}
    return {state: those for state, those in grouped.items() if those}


def describe_results(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> tuple[str, ...]:
    """The opening sentences of section II: where the targets stand on their way, by name."""
    counted = figures.list_counted_figures(inputs.area)
    if not counted:
        return (wording.format("summary.none"),)
    sentences = [describe_headline(inputs, wording, figures)]
    sentences += _describe_path_states(inputs, wording, figures)
    if any(figure.value.value is not None for figure in figures.list_unit_figures(inputs.area)):
        sentences.append(wording.format("summary.covers", period=format_period_end(inputs.period)))
    sentences.append(wording.format("summary.annexes"))
    if any(figure.path_basis == "way" for figure in counted):
        sentences.append(wording.format("summary.way"))
    if letters := wording.explain_abbreviations(format_short_name(inputs, figure) for figure in counted):
        sentences.append(letters)
    common = find_common_comparison(inputs, figures)
    if common.basis:
        sentences.append(wording.format("summary.basis", basis=common.basis))
    if any(_is_starred(inputs, figure) for figure in counted if _is_told(figure)):
        sentences.append(wording.format("summary.partial"))
    if common.absent and any(map(_is_told, counted)):
        sentences.append(wording.format("summary.no_previous", since=format_comparison_period(inputs, wording)))
    return tuple(sentences)


def _describe_path_states(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> Iterator[str]:
    """The targets of each state by name; apart from the others of it those whose plan sets no way, with that reason."""
    for state, all_of_it in group_by_path_state(inputs, figures).items():
        bases = dict.fromkeys(f.path_basis if f.path_basis in STARTLESS_BASES else "" for f in all_of_it)
        for basis in bases:
            those = [f for f in all_of_it if (f.path_basis if f.path_basis in STARTLESS_BASES else "") == basis]
            names = "; ".join(format_short_name(inputs, f) for f in those)
            slots = {"state": wording.texts[f"path_state.{state}"], "count": format_two_digits(len(those))}
            if basis:
                reason = wording.texts[f"path_basis.{basis}"]
                yield wording.format("summary.state_for", reason=reason, names=names, **slots)
            else:
                yield wording.format("summary.state", names=names, **slots)


class CommonComparison(NamedTuple):
    """What is said once of the comparisons with the year before: the units that most of them are made over, where
    several are made over the same; or that there is none at all."""

    basis: str
    absent: bool


def find_common_comparison(inputs: ReportInput, figures: ReportFigures) -> CommonComparison:
    """What is said once, and not in each target's sentence."""
    counted = figures.list_counted_figures(inputs.area)
    most = Counter(f.change.basis for f in counted if f.change.basis).most_common(1)
    kinds = [f.change.kind for f in counted if _is_told(f)]
    absent = not inputs.previous or (len(kinds) > 1 and set(kinds) == {"no_previous"})
    return CommonComparison(most[0][0] if most and most[0][1] > 1 else "", absent)


def describe_headline(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> str:
    """The result in one sentence: each thing that the plan asks, once."""
    counted = figures.list_counted_figures(inputs.area)
    if not counted:
        return wording.format("summary.none")
    states = [(f"headline.{state}", those) for state, those in group_by_path_state(inputs, figures).items()]
    unjudged = [f for f in counted if not f.path_state]
    open_ = [(f"summary.part_{s}", [f for f in unjudged if f.shown_status == s]) for s in _STATUS_ORDER]
    parts = [wording.format(name, count=format_two_digits(len(those))) for name, those in (*states, *open_) if those]
    total = format_two_digits(len(counted))
    whose = wording.texts["summary.followed" if inputs.plan.status == "draft" else "summary.of_plan"]
    slots = {"total": total, "period": format_period_end(inputs.period), "whose": whose}
    return wording.format("summary.total", parts="; ".join(parts), **slots)


def format_short_name(inputs: ReportInput, figure: Figure) -> str:
    """A target as a list names it: the short name of its indicator, and its number."""
    indicator = inputs.catalogue.indicators.get(figure.indicator)
    return f"{indicator.short_name if indicator else figure.title.rstrip('.')} ({figure.item})"


def build_target_sentences(
    inputs: ReportInput, wording: Messages, figures: ReportFigures, tasks: tuple[PlanTask, ...]
) -> tuple[SentenceGroup, ...]:
    """A sentence for each target with a figure of its own, gathered under the plan's groups and numbered as headings
    are: 1., 2. …; what has none is named in one line for each reason, under the last heading."""
    found: list[SentenceGroup] = []
    common = find_common_comparison(inputs, figures)
    for group, targets in groupby(inputs.plan.targets, key=lambda t: t.group):
        area_figures = (figures.find_figure(target.item, inputs.area) for target in targets)
        sentences = [_describe_target_result(inputs, wording, f, common) for f in area_figures if f and _is_told(f)]
        if sentences:
            title = group or wording.texts["line.no_group"]
            found.append(SentenceGroup(f"{len(found) + 1}. {title}", tuple(sentences)))
    rest = (*_describe_untold_targets(inputs, wording, figures), *_describe_milestones(inputs, wording, figures, tasks))
    if rest:
        found.append(SentenceGroup(f"{len(found) + 1}. {wording.texts['line.rest']}", rest))
    return tuple(found)


def _is_told(figure: Figure) -> bool:
    """Whether a target gets a sentence: it has something new to say, and no other place of the plan says it."""
    return figure.counted and figure.value.value is not None and figure.covers.kind != "older"


def _describe_untold_targets(inputs: ReportInput, wording: Messages, figures: ReportFigures) -> Iterator[str]:
    """The counted targets without a new figure, in one line for each reason."""
    counted = [f for f in figures.list_counted_figures(inputs.area) if not _is_told(f)]
    explained = list_explained_items(inputs)
    unsent = [f for f in counted if f.is_without_data and f.item in explained]
    parts = [f for f in counted if f.shown_status == "part_only"]
    older = [f for f in counted if f not in (*unsent, *parts) and (f.covers.kind == "older" or f.last_known)]
    for kind in dict.fromkeys(map(_name_older_line, older)):
        those = [f for f in older if _name_older_line(f) == kind]
        times = "; ".join(dict.fromkeys(f.last_known.covers if f.last_known else f.covers.text for f in those))
        names = "; ".join(format_short_name(inputs, f) for f in those)
        slots = {"count": format_two_digits(len(those)), "as_of": times, "names": names}
        if kind in {"older", "judged_older"}:
            yield wording.format(f"line.{kind}", **slots)
        else:
            yield wording.format("line.waiting_older", state=wording.texts[f"path_state.{kind}"], **slots)
    for status in ("incomplete_met", "incomplete_not_met", "incomplete"):
        those = [f for f in counted if f.shown_status == status]
        if those:
            names = "; ".join(_format_incomplete_figure(inputs, wording, f) for f in those)
            yield wording.format(f"line.rest_{status}", count=format_two_digits(len(those)), names=names)
    yield from _describe_part_figures(inputs, wording, parts)
    for reason in dict.fromkeys(f.reason for f in unsent):
        those = [f for f in unsent if f.reason == reason]
        slots = {
            "count": format_two_digits(len(those)),
            "names": "; ".join(format_short_name(inputs, f) for f in those),
        }
        yield wording.format("line.rest_no_data_for", reason=lower_first_letter(reason.rstrip(".")), **slots)
    for status in ("no_data", "not_assessed", "no_number", "not_collected"):
        those = [f for f in counted if f not in (*unsent, *older) and f.shown_status == status]
        if those:
            names = "; ".join(format_short_name(inputs, f) for f in those)
            yield wording.format(f"line.rest_{status}", count=format_two_digits(len(those)), names=names)


def _describe_part_figures(inputs: ReportInput, wording: Messages, figures: list[Figure]) -> Iterator[str]:
    """What was reported of a part of the year, where nothing can be said since January: once for each part."""
    parts = [(f, f.in_quarter) for f in figures if f.in_quarter]
    for covers in dict.fromkeys(part.covers for _, part in parts):
        those = [
            wording.format("line.part_figure", name=format_short_name(inputs, f), part=part.text)
            + _describe_last_known(inputs, wording, f)
            for f, part in parts
            if part.covers == covers
        ]
        yield wording.format(
            "line.rest_part_only",
            count=format_two_digits(len(those)),
            reason=parts[0][0].reason,
            covers=covers,
            names="; ".join(those),
        )


def _describe_last_known(inputs: ReportInput, wording: Messages, figure: Figure) -> str:
    last = figure.last_known
    if last is None:
        return ""
    value = format_with_full_unit(inputs, wording, figure, last.value.text)
    return wording.format("line.last_known", covers=last.covers, value=value)


def list_explained_items(inputs: ReportInput) -> set[str]:
    """The area's targets whose figure is missing for another reason than that units did not send theirs."""
    area = (a for a in inputs.attainments if a.unit == inputs.area)
    return {a.item for a in area if a.reason is not None and a.reason.code not in UNSENT_REASONS}


def _name_older_line(figure: Figure) -> str:
    """What was published within the period is judged, and so counted among the results, by its own day; or the state
    in which it is not judged yet."""
    return "judged_older" if figure.path_state in JUDGED_STATES else figure.path_state or "older"


def _describe_milestones(
    inputs: ReportInput, wording: Messages, figures: ReportFigures, tasks: tuple[PlanTask, ...]
) -> Iterator[str]:
    """What is to be finished by a day: a line each, with where the task of the same number stands."""
    states = {task.id: task.situation for task in tasks}
    levels = {target.item: target for target in inputs.plan.targets}
    for figure in figures.list_counted_figures(inputs.area):
        if figure.shown_status == "milestone" and not _is_told(figure):
            state = states.get(figure.item) or wording.texts["task_state.not_reported"]
            deadline = _format_target_milestones(levels[figure.item])
            slots = {"title": figure.title.rstrip(".;"), "deadline": lower_first_letter(deadline)}
            yield wording.format("line.milestone", state=lower_first_letter(state), **slots)


def lower_first_letter(text: str) -> str:
    """A text as it goes on within a sentence."""
    return text[:1].lower() + text[1:]


def _format_incomplete_figure(inputs: ReportInput, wording: Messages, figure: Figure) -> str:
    """Who is silent, and the range that their own past gives where they have one."""
    name = format_short_name(inputs, figure)
    if figure.bounds is None:
        return wording.format("line.incomplete_of", name=name, reason=figure.reason)
    value = format_with_unit(inputs, figure, figure.value.text)
    return wording.format("line.bounded_of", name=name, value=value, reason=figure.reason)


def _describe_target_result(inputs: ReportInput, wording: Messages, figure: Figure, common: CommonComparison) -> str:
    verdict = _describe_target_verdict(inputs, wording, figure)
    if figure.bounds_turn and figure.bounds:
        possible = format_with_full_unit(inputs, wording, figure, figure.bounds.text)
        verdict = wording.format("verdict.turning", verdict=verdict, range=possible)
    return wording.format(
        "line.figure",
        name=figure.name,
        value=_describe_target_value(inputs, wording, figure),
        change=_describe_yearly_change(inputs, wording, figure, common),
        verdict=verdict,
    )


def _describe_target_value(inputs: ReportInput, wording: Messages, figure: Figure) -> str:
    """The value with its unit, the time it covers and what the quarter brought; cases first where it is a case rate.
    One of a part of the area bears the star of annex I, but cases, which say it themselves."""
    value = format_with_unit(inputs, figure, figure.value.text)
    indicator = inputs.catalogue.indicators.get(figure.indicator)
    top, bottom = figure.numerator, figure.denominator
    if _is_starred(inputs, figure):
        value = wording.format("cell.partial", value=value)
    if indicator is not None and indicator.is_case_rate and top.value is not None:
        value = wording.format(
            "line.cases",
            value=_format_case_rate(wording, _compute_population(inputs, figure, indicator), value),
            cases=_mark_as_reported(wording, figure, wording.format("line.case_count", count=top.text)),
        )
    elif indicator is not None and indicator.sampled and figure.interval:
        value = wording.format("line.sampled", value=value, interval=figure.interval.text)
    elif figure.small and indicator is not None and indicator.factor == 100 and bottom.value is not None:
        noun = select_counted_noun(inputs, wording, indicator)
        value = wording.format("line.of", value=value, numerator=top.text, denominator=bottom.text, noun=noun)
    if figure.covers.kind in {"to_date", "whole", "years", "quarter"} and not (
        figure.covers.kind == "whole" and inputs.period.months == 12
    ):
        value = wording.format("line.covering", covers=figure.covers.text, value=value)
    if figure.covers.kind == "to_date" and figure.in_quarter and not figure.in_quarter.reason:
        value = wording.format(
            "line.in_quarter", value=value, stretch=format_stretch(wording, inputs.period), part=figure.in_quarter.text
        )
    return value


def _is_starred(inputs: ReportInput, figure: Figure) -> bool:
    """Whether a figure of a part of the area bears the star of annex I; cases say it in words."""
    indicator = inputs.catalogue.indicators.get(figure.indicator)
    cases = indicator is not None and indicator.is_case_rate and figure.numerator.value is not None
    return figure.value.value is not None and figure.present < figure.expected and not cases


def format_next_milestone(wording: Messages, figure: Figure, measured_in: str) -> str:
    """The next milestone as it is compared: its sign and value, or its range; its year, or that it has none.

    The whole of a share bears no sign: nothing is above it. A level that every unit has to reach is the plan's own, and
    not the share of units that all of them are.
    """
    time = figure.target_period or wording.texts["word.undated"]
    if Period.is_key(time) and not time.isdigit():
        time = format_reference_period(time)
    if figure.target.value is None or figure.kind == "per_unit":
        return f"{_format_written_level(wording, figure.kind, figure.written)} ({time})"
    if figure.target_upper.value is not None:
        return f"{figure.target.text}–{figure.target_upper.text} ({time})"
    level = _format_level_number(figure)
    if figure.operator == ">=" and figure.target.fraction == _WHOLE and measured_in.startswith("%"):
        return f"{level} ({time})"
    sign = _SIGNS.get(figure.operator, figure.operator)
    return f"{sign} {level} ({time})"


def _format_level_number(figure: Figure) -> str:
    """The number of a level with the decimals that the plan writes it with."""
    written = _PLAIN_NUMBER.search(figure.written)
    exact = Fraction(written[0].replace(".", "").replace(",", ".")) if written else None
    return written[0] if written and exact == figure.target.fraction else figure.target.text


def format_with_unit(inputs: ReportInput, figure: Figure, text: str) -> str:
    """A figure with its unit of measure: ``93,46%``, ``10,6 người``."""
    indicator = inputs.catalogue.indicators.get(figure.indicator)
    if indicator is None or indicator.is_case_rate:  # a case rate says in its name what it counts, and on how many
        return text
    unit = inputs.find_measured_unit(figure.item, indicator)
    return f"{text}{unit}" if unit[0] in "%‰/" else f"{text} {_format_unit_in_sentence(unit)}"


def format_with_full_unit(inputs: ReportInput, wording: Messages, figure: Figure, text: str) -> str:
    """The same where the name does not stand beside it: a case rate says on how many people it is."""
    indicator = inputs.catalogue.indicators.get(figure.indicator)
    if indicator is not None and indicator.is_case_rate:
        return _format_case_rate(wording, _compute_population(inputs, figure, indicator), text)
    return format_with_unit(inputs, figure, text)


def _format_unit_in_sentence(unit: str) -> str:
    return unit if unit.isupper() else lower_first_letter(unit)


def _describe_yearly_change(inputs: ReportInput, wording: Messages, figure: Figure, common: CommonComparison) -> str:
    """The change; over which units, where not over the usual ones."""
    change, since = figure.change, {"since": format_comparison_period(inputs, wording)}
    basis = wording.format("change.on_basis", basis=change.basis) if change.basis not in {"", common.basis} else ""
    match change.kind:
        case "increase" | "decrease" as kind:
            delta = format_difference(inputs, wording, figure, change.delta)
            return wording.format(f"change.{kind}", delta=delta, **since) + basis
        case "unclear":
            previous = format_with_unit(inputs, figure, figure.previous.text)
            return wording.format("change.unclear", previous=previous, **since) + basis
        case "no_previous" if common.absent:
            return ""  # said once for the whole section
        case "same":
            return wording.format("change.same", **since) + basis
        case "broken" | "other_units" | "no_previous" as kind:
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
    if indicator and inputs.find_measured_unit(figure.item, indicator) == "%":
        return f"{text} {wording.texts['word.per_cent_points']}"
    if indicator and indicator.is_case_rate:
        return _format_case_rate(wording, _compute_population(inputs, figure, indicator), text)
    return format_with_unit(inputs, figure, text)


def _compute_population(inputs: ReportInput, figure: Figure, indicator: models.Indicator) -> Fraction:
    """On how many people a rate is printed."""
    return indicator.factor / inputs.get_unit_scale(figure.item)


def _format_case_rate(wording: Messages, population: Fraction, text: str) -> str:
    return wording.format("line.per_population", value=text, per=format_number(population))


def _describe_target_verdict(inputs: ReportInput, wording: Messages, figure: Figure) -> str:
    status = figure.shown_status
    target_slots = {
        "target": _format_level_in_sentence(inputs, wording, figure) or wording.texts["word.not_stated"],
        "year": _format_target_year(inputs, wording, figure),
    }
    if status == "not_met":
        return _describe_unmet_target(inputs, wording, figure, target_slots)
    if status in {"within_plan", "over_plan"}:
        return _describe_prorated_verdict(inputs, wording, figure, status, target_slots)
    if status == "no_verdict":
        return wording.format("verdict.no_verdict", reason=figure.reason or wording.texts["word.not_stated"])
    if status == "track":
        return wording.format("verdict.track")
    return wording.format("verdict.met", **target_slots)


def _describe_unmet_target(inputs: ReportInput, wording: Messages, figure: Figure, slots: dict[str, str]) -> str:
    """How an unmet target stands on its way, and by what; then what is missing: of the units that reported, where not
    all did. Of what is not judged yet it is what is still to come, and no shortfall."""
    if figure.operator in ELIMINATION_OPERATORS:
        return wording.format("verdict.not_eliminated" if figure.missing.value else "verdict.not_recognised", **slots)
    state = wording.texts[f"path_state.{figure.path_state}"].lower()
    state += _describe_path_basis(inputs, wording, figure)
    if figure.missing.value is None:
        slots = {**slots, "apart": format_difference(inputs, wording, figure, figure.apart)}
    else:
        slots = {**slots, "missing": format_missing(inputs, wording, figure)}
    when = "unmet" if figure.path_state in JUDGED_STATES else "ahead"
    what = "apart" if figure.missing.value is None else "missing"
    side = "above" if figure.operator in CEILING_OPERATORS else "below"
    return wording.format(f"verdict.{when}_{what}_{side}", state=state, **slots)


def _describe_path_basis(inputs: ReportInput, wording: Messages, figure: Figure) -> str:
    """What tells that a target is behind: the level on the way, the one to maintain, or the one it began with."""
    if figure.path_state not in {"hasten", "slow"}:
        return ""
    if figure.path_basis == "way":
        level = format_with_full_unit(inputs, wording, figure, figure.path_value.text)
        return wording.format("path_basis.way", level=level)
    if figure.path_basis == "start":
        period, written = _find_way_start(inputs.get_target(figure.item), figure.target_period)
        level = _format_written_in_sentence(inputs, wording, figure, written)
        return wording.format("path_basis.start", year=format_reference_period(period), level=level)
    return wording.format("path_basis.maintained") if figure.path_basis == "maintained" else ""


def _find_way_start(target: models.Target, end: str) -> tuple[str, str]:
    """What the way to a level begins with, as the plan writes it, and its period: the level before, or the baseline."""
    stones = [(stone.period or "", stone.written) for stone in target.milestones]
    before = [stone for stone in stones if stone[0] and stone[0] < end]
    if before:
        return before[-1]
    return (target.baseline.period or "", target.baseline.written) if target.baseline else ("", "")


def format_missing(inputs: ReportInput, wording: Messages, figure: Figure) -> str:
    """What is missing, or too much; of a case rate the line's own count says whose cases they are."""
    indicator = inputs.catalogue.indicators.get(figure.indicator)
    cases = indicator is not None and indicator.is_case_rate
    return figure.missing.text if cases else _mark_as_reported(wording, figure, figure.missing.text)


def _mark_as_reported(wording: Messages, figure: Figure, count: str) -> str:
    """A count; whose it is where not all reported."""
    return wording.format("line.of_reported", count=count) if figure.present < figure.expected else count


def _describe_prorated_verdict(
    inputs: ReportInput, wording: Messages, figure: Figure, status: str, target_slots: dict[str, str]
) -> str:
    prorated = format_with_full_unit(inputs, wording, figure, figure.prorated_target.text)
    slots = target_slots | {"prorated": prorated}
    if status == "over_plan" and figure.missing.value is not None:
        return wording.format("verdict.over_plan_by", missing=format_missing(inputs, wording, figure), **slots)
    cases = _compute_yearly_limit(inputs, figure)
    if cases is None:
        return wording.format(f"verdict.{status}", **slots)
    limit = wording.format("line.case_count", count=format_number(cases))
    return wording.format(f"verdict.{status}_limit", limit=limit, **slots)


def _compute_yearly_limit(inputs: ReportInput, figure: Figure) -> Fraction | None:
    """The most cases in a whole year that a case rate's level allows, on the population that the rate is taken on; None
    for what is no ceiling of a case rate. Of a part of the year there is no such number: it would not be whole."""
    indicator = inputs.catalogue.indicators.get(figure.indicator)
    people, level = figure.denominator.fraction, figure.target.fraction
    if indicator is None or not indicator.is_case_rate or people is None or level is None:
        return None
    if figure.operator not in CEILING_OPERATORS:
        return None
    exact = level * people / _compute_population(inputs, figure, indicator)
    most = ceil(exact) - 1 if figure.operator == "<" else floor(exact)
    return Fraction(most) if most > 0 else None


def _format_target_year(inputs: ReportInput, wording: Messages, figure: Figure) -> str:
    if figure.written and not figure.target_period:
        return wording.texts["word.undated"]
    return format_reference_period(figure.target_period or str(inputs.period.year))
