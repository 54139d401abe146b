"""What the Word template may print: one class per repeated thing, one field per slot.

Room: report. `view` picks every text from the facts; the fields of these classes are the slots of
`templates/report.docx`, checked both ways and listed in `docs/reports.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from etl.messages import Messages
from etl.report.figure_facts import Figure, PrintedNumber
from etl.report.official_letter import LetterTemplateContext, Paragraph, build_letter_fields, build_paragraphs
from etl.report.report_facts import ReportFacts
from etl.report.section_facts import ComparedTarget, FigureReference, FigureRow, GroupRow, PlanTask, StatementRow


@dataclass(frozen=True)
class YearColumn:
    """A column of the plan's table: a year the plan sets levels for."""

    title: str


@dataclass(frozen=True)
class TargetGroup:
    """A group of the plan with a sentence for each of its targets."""

    title: str
    lines: tuple[Paragraph, ...]


@dataclass(frozen=True)
class PlannedLevel:
    """A cell of the plan's table: the level set for one year, as written."""

    text: str


@dataclass(frozen=True)
class ResultRow:
    """A row of the plan's table: a group title, a statement across the columns, or a target."""

    is_group: bool
    is_statement: bool
    group: str
    item: str
    title: str
    measured_in: str
    baseline: str
    previous: str
    value: str
    levels: tuple[PlannedLevel, ...]
    statement: str
    status: str
    missing: str


@dataclass(frozen=True)
class PathRow:
    """A row of the path table (annual report)."""

    item: str
    title: str
    baseline: str
    value: str
    path_value: str
    target: str
    yearly: str
    progress: str
    progress_class: str
    cagr_class: str
    agreement: str


@dataclass(frozen=True)
class HorizonColumn:
    """A year that series are carried forward to."""

    title: str


@dataclass(frozen=True)
class OutlookStep:
    """What a target asks for in a year of the outlook, what is foreseen, how likely it is."""

    target: str
    forecast: str
    chance: str


@dataclass(frozen=True)
class OutlookRow:
    """A row of the outlook table (annual report)."""

    item: str
    title: str
    value: str
    steps: tuple[OutlookStep, ...]


@dataclass(frozen=True)
class UnitCell:
    """A unit's value with its sign."""

    text: str


@dataclass(frozen=True)
class UnitRow:
    """A unit across the indicators of a block."""

    name: str
    cells: tuple[UnitCell, ...]


@dataclass(frozen=True)
class IndicatorColumn:
    """The head of a column in the units' table."""

    item: str
    title: str


@dataclass(frozen=True)
class UnitBlock:
    """As many indicators as fit a page, with all units."""

    indicators: tuple[IndicatorColumn, ...]
    rows: tuple[UnitRow, ...]


@dataclass(frozen=True)
class TaskRow:
    """A task with a date, or in arrears."""

    number: str
    title: str
    clause: str
    lead: str
    deadline: str
    situation: str


@dataclass(frozen=True)
class PlanNote:
    """How a target is understood, or what is odd in the plan's text."""

    item: str
    name: str
    text: str


@dataclass(frozen=True)
class AnnexPicture:
    """A picture of the picture annex with what stands below it."""

    image: Any
    caption: str


@dataclass(frozen=True)
class ReportTemplateContext(LetterTemplateContext):
    """Everything the Word template prints."""

    situation: tuple[Paragraph, ...]
    summary: tuple[Paragraph, ...]
    has_chart: bool
    chart: Any
    chart_caption: str
    pictures_note: str
    groups: tuple[TargetGroup, ...]
    since_title: str
    since: tuple[Paragraph, ...]
    path_title: str
    path_sentences: tuple[Paragraph, ...]
    unit_sentences: tuple[Paragraph, ...]
    task_sentences: tuple[Paragraph, ...]
    difficulties: tuple[Paragraph, ...]
    causes: tuple[Paragraph, ...]
    proposals: tuple[Paragraph, ...]
    directions_title: str
    directions: tuple[Paragraph, ...]
    data_notes: tuple[Paragraph, ...]
    period: str
    baseline_title: str
    previous_title: str
    years: tuple[YearColumn, ...]
    span: int
    results: tuple[ResultRow, ...]
    path: tuple[PathRow, ...]
    horizons: tuple[HorizonColumn, ...]
    outlook: tuple[OutlookRow, ...]
    unit_blocks: tuple[UnitBlock, ...]
    tasks: tuple[TaskRow, ...]
    plan_annex: str
    plan_notes: tuple[PlanNote, ...]
    pictures_annex: str
    pictures: tuple[AnnexPicture, ...]


_SIGNS = {">=": "≥", "<=": "≤"}
FIXED_COLUMN_COUNT = 8
"""Columns of the plan's table apart from the years: TT, title, unit, baseline, last year, value, verdict, missing."""


def build_template_context(facts: ReportFacts, wording: Messages, chart: object) -> ReportTemplateContext:
    """The facts as the Word template takes them; `chart` is the picture, or None where there is none."""
    return ReportTemplateContext(
        **build_letter_fields(facts),
        situation=build_paragraphs(facts.situation),
        summary=build_paragraphs(facts.summary),
        has_chart=chart is not None,
        chart=chart,
        chart_caption=facts.chart.caption,
        pictures_note=wording.format("picture.note", annex=facts.annexes.pictures) if facts.pictures.drawn else "",
        groups=tuple(TargetGroup(group.title, build_paragraphs(group.lines)) for group in facts.lines),
        since_title=facts.since.title,
        since=build_paragraphs(facts.since.sentences),
        path_title=facts.outlook.title,
        path_sentences=build_paragraphs(facts.outlook.sentences),
        unit_sentences=build_paragraphs(facts.units.sentences),
        task_sentences=build_paragraphs(facts.tasks.sentences),
        difficulties=build_paragraphs(facts.notes.difficulties),
        causes=build_paragraphs(facts.notes.causes),
        proposals=build_paragraphs(facts.notes.proposals),
        directions_title=facts.directions.title,
        directions=build_paragraphs(facts.directions.sentences),
        data_notes=tuple(Paragraph(f"- {note.text}") for note in facts.data_notes),
        period=facts.period.name,
        baseline_title=facts.columns.baseline,
        previous_title=facts.columns.previous,
        years=tuple(YearColumn(year.title) for year in facts.columns.years),
        span=FIXED_COLUMN_COUNT + len(facts.columns.years),
        results=tuple(_build_result_row(facts, wording, row) for row in facts.rows),
        path=tuple(_build_path_row(facts, wording, row) for row in facts.path),
        horizons=tuple(HorizonColumn(year) for year in facts.outlook.horizons),
        outlook=tuple(_build_outlook_row(facts, row) for row in facts.outlook.rows),
        unit_blocks=tuple(_build_unit_block(facts, wording, block) for block in facts.units.blocks),
        tasks=tuple(_build_task_row(number, task) for number, task in enumerate(facts.tasks.listed, start=1)),
        plan_annex=facts.annexes.plan,
        plan_notes=_build_plan_notes(facts),
        pictures_annex=facts.annexes.pictures,
        pictures=tuple(AnnexPicture(None, picture.caption) for picture in facts.pictures.drawn),
    )


def _build_result_row(facts: ReportFacts, wording: Messages, row: GroupRow | StatementRow | FigureRow) -> ResultRow:
    if isinstance(row, GroupRow):
        figure, group, target = None, row.title, None
    else:
        figure, group, target = facts.find_figure(row.item, row.unit), "", row
    statement = row if isinstance(row, StatementRow) else None
    levels = row if isinstance(row, FigureRow) else None
    absent = wording.texts["word.no_data"]
    return ResultRow(
        is_group=target is None,
        is_statement=statement is not None,
        group=group,
        item=target.number if target else "",
        title=row.title,
        measured_in=target.measured_in if target else "",
        baseline=levels.baseline if levels else "",
        previous=figure.previous.text if figure else absent,
        value=figure.printed if figure else absent,
        levels=tuple(PlannedLevel(text) for text in levels.milestones.values()) if levels else (),
        statement=statement.statement if statement else "",
        status=format_row_status(wording, row, figure),
        missing=figure.missing.text if figure else wording.texts["word.nothing"],
    )


def format_row_status(wording: Messages, row: GroupRow | StatementRow | FigureRow, figure: Figure | None) -> str:
    """The verdict of a row: that of the task it goes with, else that of its figure."""
    if isinstance(row, StatementRow) and row.state:
        return row.state
    return figure.status_text if figure else wording.texts["status.no_data"]


def _build_path_row(facts: ReportFacts, wording: Messages, row: FigureReference) -> PathRow:
    figure = facts.figures[row.item][row.unit]
    return PathRow(
        item=row.item,
        title=row.title,
        baseline=figure.baseline.text,
        value=figure.value.text,
        path_value=figure.path_value.text,
        target=_format_next_milestone(figure),
        yearly=_format_signed_change(figure.required_yearly_change),
        progress=figure.progress.text,
        progress_class=figure.progress_text,
        cagr_class=figure.cagr_text,
        agreement=describe_class_agreement(figure, wording),
    )


def _format_signed_change(number: PrintedNumber) -> str:
    """A change with its sign: a plus where it must rise."""
    text = number.text
    return f"+{text}" if number.value is not None and number.value > 0 else text


def _build_outlook_row(facts: ReportFacts, row: FigureReference) -> OutlookRow:
    figure = facts.figures[row.item][row.unit]
    by_year = {ahead.year: ahead for ahead in figure.outlook}
    steps = (by_year[year] for year in facts.outlook.horizons)
    return OutlookRow(
        item=row.item,
        title=row.title,
        value=figure.value.text,
        steps=tuple(OutlookStep(a.target.text, a.text, a.chance or a.reason) for a in steps),
    )


def describe_class_agreement(figure: Figure, wording: Messages) -> str:
    """Whether the two ways of judging progress agree, where both could judge."""
    if not (figure.progress_class and figure.cagr_class):
        return wording.texts["word.nothing"]
    return wording.texts["word.classes_disagree" if figure.classes_disagree else "word.classes_agree"]


def _format_next_milestone(figure: Figure) -> str:
    """The next milestone as it is compared: its sign and value, or its range; its year."""
    if figure.target.value is None:
        return f"{figure.written} ({figure.target_period})"
    if figure.target_upper.value is not None:
        return f"{figure.target.text}–{figure.target_upper.text} ({figure.target_period})"
    sign = _SIGNS.get(figure.operator, figure.operator)
    return f"{sign} {figure.target.text} ({figure.target_period})"


def _build_plan_notes(facts: ReportFacts) -> tuple[PlanNote, ...]:
    """The notes of one target in one cell, a line each."""
    return tuple(
        PlanNote(number, name, "\n".join(f"- {note.text}." for note in notes))
        for (number, name), notes in groupby(facts.plan_notes, key=lambda note: (note.number, note.name))
    )


def _build_unit_block(facts: ReportFacts, wording: Messages, block: tuple[ComparedTarget, ...]) -> UnitBlock:
    return UnitBlock(
        indicators=tuple(IndicatorColumn(column.item, column.title.replace("/", "/\u200b")) for column in block),
        rows=tuple(
            UnitRow(unit.name, tuple(_build_unit_cell(facts, wording, column.item, unit.unit) for column in block))
            for unit in facts.units.units
        ),
    )


def _build_unit_cell(facts: ReportFacts, wording: Messages, item: str, unit: str) -> UnitCell:
    figure = facts.find_figure(item, unit)
    if figure is None:
        return UnitCell(wording.texts["word.no_data"])
    return UnitCell(f"{figure.value.text} {figure.sign}".strip())


def _build_task_row(number: int, task: PlanTask) -> TaskRow:
    return TaskRow(str(number), task.title, task.clause, task.lead, task.deadline, task.situation)
