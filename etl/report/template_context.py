"""What the Word template may print: one class per repeated thing, one field per slot.

Room: report. `view` picks every text from the facts; the fields of these classes are the slots of
`templates/report.docx`, checked both ways and listed in `docs/reports.md`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from etl.messages import Messages
from etl.report.figure_facts import Figure, PrintedNumber
from etl.report.legends import format_heat_legend, format_result_legend, format_star_legend, format_unit_legend
from etl.report.official_letter import (
    LetterTemplateContext,
    Paragraph,
    build_letter_fields,
    build_paragraphs,
    build_running_text,
)
from etl.report.report_facts import ReportFacts
from etl.report.report_figures import is_yes_or_no
from etl.report.section_facts import (
    ComparedTarget,
    ComparedUnit,
    DifficultyGroup,
    FigureReference,
    FigureRow,
    GroupRow,
    PlanTask,
    StatementRow,
)
from etl.report.target_results import format_next_milestone


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
class OptionalCell:
    """A cell, or the head, of a column that is printed where one of its rows says something."""

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
    known: tuple[OptionalCell, ...]
    value: str
    levels: tuple[PlannedLevel, ...]
    share: str
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
    """As many indicators as fit a page, with all units that have them."""

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
class Difficulty:
    """A row of the table of difficulties."""

    difficulty: str
    cause: str
    proposal: str
    level: tuple[Paragraph, ...]
    units: str


@dataclass(frozen=True)
class SmallLine:
    """The cell of a small picture: the picture, or the sign of nothing."""

    text: Any


@dataclass(frozen=True)
class PageRow:
    """A target on the first page; `lines` has its small picture where the table has a column of them."""

    name: str
    quarter: tuple[OptionalCell, ...]
    value: str
    past: tuple[OptionalCell, ...]
    target: str
    state: str
    lines: tuple[SmallLine, ...]


@dataclass(frozen=True)
class HeatHead:
    """A target across the units' table of the first page."""

    title: str


@dataclass(frozen=True)
class HeatMark:
    """A unit's verdict with the shade behind it, as a colour code."""

    sign: str
    shade: str


@dataclass(frozen=True)
class HeatLine:
    """A unit of the first page's table."""

    name: str
    marks: tuple[HeatMark, ...]
    score: str


@dataclass(frozen=True)
class Action:
    """What the reader is asked to direct."""

    what: str
    who: str
    due: str


@dataclass(frozen=True)
class Definition:
    """How a target's figure is made."""

    item: str
    title: str
    text: str
    source: str


@dataclass(frozen=True)
class AnnexPicture:
    """A picture with what stands below it."""

    image: Any
    caption: str


@dataclass(frozen=True)
class ReportTemplateContext(LetterTemplateContext):
    """Everything the Word template prints."""

    office: str
    period: str
    bases: tuple[Paragraph, ...]
    page_title: str
    page_result: str
    highlights: tuple[Paragraph, ...]
    page_value_title: str
    quarter_heads: tuple[OptionalCell, ...]
    past_heads: tuple[OptionalCell, ...]
    line_heads: tuple[OptionalCell, ...]
    page_rows: tuple[PageRow, ...]
    heat_heads: tuple[HeatHead, ...]
    heat_lines: tuple[HeatLine, ...]
    heat_sentence: str
    heat_legend: str
    actions: tuple[Action, ...]
    followed: str
    reported: str
    situation: tuple[Paragraph, ...]
    summary: tuple[Paragraph, ...]
    groups: tuple[TargetGroup, ...]
    since_title: str
    since: tuple[Paragraph, ...]
    path_title: str
    path_sentences: tuple[Paragraph, ...]
    unit_sentences: tuple[Paragraph, ...]
    task_sentences: tuple[Paragraph, ...]
    difficulty_sentence: str
    level_heads: tuple[Paragraph, ...]
    difficulties: tuple[Difficulty, ...]
    directions_title: str
    directions: tuple[Paragraph, ...]
    data_notes: tuple[Paragraph, ...]
    known_heads: tuple[OptionalCell, ...]
    years: tuple[YearColumn, ...]
    span: int
    result_legend: str
    results: tuple[ResultRow, ...]
    unit_legend: str
    unit_blocks: tuple[UnitBlock, ...]
    agency_blocks: tuple[UnitBlock, ...]


@dataclass(frozen=True)
class PageTemplateContext(ReportTemplateContext):
    """The same, and what only the page for a screen has room for."""

    has_chart: bool
    chart: Any
    chart_caption: str
    path: tuple[PathRow, ...]
    horizons: tuple[HorizonColumn, ...]
    outlook: tuple[OutlookRow, ...]
    tasks: tuple[TaskRow, ...]
    definitions: tuple[Definition, ...]
    pictures: tuple[AnnexPicture, ...]


FIXED_COLUMN_COUNT = 7
"""Columns of the plan's table that are always printed: number, title, unit, value, share, verdict, missing."""
PRINTED_NOTES = (
    "no_office", "restated", "corrected", "partial", "from_parts", "contradicts",
)  # fmt: skip
"""The kinds of notes that a paper prints; open findings are among the directions, the rest is in the Excel annex."""
MAX_PRINTED_NOTES = 6
MAX_APART_ROWS = 2
"""Rows that differ between two columns of one year and still say so themselves; with more, both columns stand."""
_STROKE = re.compile(r"(?<!\d)/(?![A-ZĐ])|/(?![\dA-ZĐ])")
_SHADES = {"met": "FFFFFF", "not_met": "BFBFBF", "other": "F2F2F2", "none": "FFFFFF"}


def build_template_context(facts: ReportFacts, wording: Messages) -> ReportTemplateContext:
    """The facts as the Word template takes them; the places of pictures are empty."""
    known = _select_columns(wording, len(facts.rows), _list_known_columns(facts, wording))
    unit_blocks = [_build_unit_block(facts, wording, block, facts.units.units) for block in facts.units.blocks]
    agency_blocks = [_build_unit_block(facts, wording, block.targets, block.units) for block in facts.agencies.blocks]
    unit_texts = (cell.text for block in (*unit_blocks, *agency_blocks) for row in block.rows for cell in row.cells)
    unit_legends = format_unit_legend(facts, wording), format_star_legend(wording, unit_texts)
    rows = tuple(
        _build_result_row(facts, wording, row, cells) for row, cells in zip(facts.rows, known.rows, strict=True)
    )
    return ReportTemplateContext(
        **build_letter_fields(facts, wording),
        office=facts.head.office,
        period=facts.period.name,
        bases=build_paragraphs(facts.head.bases),
        **_build_first_page(facts, wording),
        situation=build_running_text(facts.situation),
        summary=build_running_text(facts.summary),
        groups=tuple(TargetGroup(group.title, build_paragraphs(group.lines)) for group in facts.lines),
        since_title=facts.since.title,
        since=build_running_text(facts.since.sentences),
        path_title=facts.outlook.title,
        path_sentences=build_running_text(facts.outlook.sentences),
        unit_sentences=build_running_text([*facts.units.sentences, *filter(None, [facts.agencies.sentence])]),
        task_sentences=build_running_text(facts.tasks.sentences),
        difficulty_sentence=facts.notes.sentence,
        level_heads=build_paragraphs([wording.texts["column.decider"]] if _has_levels(facts) else ()),
        difficulties=tuple(_build_difficulty(facts, wording, group) for group in facts.notes.groups),
        directions_title=facts.directions.title,
        directions=build_paragraphs(facts.directions.sentences),
        data_notes=build_paragraphs(f"- {text}" for text in _select_printed_notes(facts)),
        known_heads=known.heads,
        years=tuple(YearColumn(year.title) for year in facts.columns.years),
        span=FIXED_COLUMN_COUNT + len(known.heads) + len(facts.columns.years),
        result_legend=format_result_legend(wording, _list_result_texts(rows)),
        results=rows,
        unit_legend=" ".join(filter(None, unit_legends)),
        unit_blocks=tuple(unit_blocks),
        agency_blocks=tuple(agency_blocks),
    )


@dataclass(frozen=True)
class _PrintedColumns:
    """Those of some columns that say something: their heads, and the cells of each row."""

    heads: tuple[OptionalCell, ...]
    rows: tuple[tuple[OptionalCell, ...], ...]


def _select_columns(wording: Messages, count: int, columns: Mapping[str, Sequence[str]]) -> _PrintedColumns:
    """Of a table of so many rows; head → their texts. A column of nothing is not printed."""
    nothing = {"", *(wording.texts[f"word.{key}"] for key in ("nothing", "no_data", "not_stated"))}
    said = {head: texts for head, texts in columns.items() if not nothing.issuperset(texts)}
    cells = [[OptionalCell(_allow_break(text)) for text in texts] for texts in said.values()]
    rows = tuple(zip(*cells, strict=True)) if cells else ((),) * count
    return _PrintedColumns(tuple(map(OptionalCell, said)), rows)


def _list_known_columns(facts: ReportFacts, wording: Messages) -> dict[str, list[str]]:
    """What is set beside the period's value: where the plan began, the year before, the quarter alone."""
    columns: dict[str, list[str]] = {facts.columns.baseline: [], facts.columns.previous: []}
    if facts.first_page.quarterly:
        columns[facts.first_page.in_quarter_title] = []
    for row in facts.rows:
        figure = None if isinstance(row, GroupRow) else facts.find_figure(row.item, row.unit)
        quarter = figure.in_quarter.text if figure and figure.in_quarter else wording.texts["word.nothing"]
        baseline = row.baseline if isinstance(row, FigureRow) else ""
        previous = figure.previous.text if figure else wording.texts["word.no_data"]
        for texts, text in zip(columns.values(), (baseline, previous, quarter), strict=False):
            texts.append(text)
    return _join_columns_of_one_year(facts, wording, columns) if facts.columns.one_year else columns


def _join_columns_of_one_year(
    facts: ReportFacts, wording: Messages, columns: dict[str, list[str]]
) -> dict[str, list[str]]:
    """One column for the plan's beginning and for what was reported of that year, where they tell the same of all rows
    but a few: these say both."""
    unknown = {"", *(wording.texts[f"word.{key}"] for key in ("nothing", "no_data", "not_stated"))}
    joined, apart = [], 0
    for row, planned, reported in zip(facts.rows, *(columns[h] for h in list(columns)[:2]), strict=True):
        figure = None if isinstance(row, GroupRow) else facts.find_figure(row.item, row.unit)
        differs = not {planned, reported} & unknown and figure is not None and figure.baseline.text != reported
        apart += differs
        if differs:
            joined.append(wording.format("cell.both_of_year", planned=planned, reported=reported))
        else:
            joined.append(reported if planned in unknown and reported not in unknown else planned)
    if apart > MAX_APART_ROWS:
        return columns
    return {facts.columns.baseline: joined} | dict(list(columns.items())[2:])


def _list_result_texts(rows: Sequence[ResultRow]) -> list[str]:
    return [
        text
        for row in rows
        for text in (row.measured_in, *(cell.text for cell in row.known), row.value, row.share, row.missing)
    ]


def _has_levels(facts: ReportFacts) -> bool:
    """Whether any unit's form asked which level decides: a column of nothing is not printed."""
    return any(group.level for group in facts.notes.groups)


def _build_difficulty(facts: ReportFacts, wording: Messages, group: DifficultyGroup) -> Difficulty:
    level = build_paragraphs([group.decider or wording.texts["word.nothing"]] if _has_levels(facts) else ())
    return Difficulty(group.difficulty, group.cause, group.proposal, level, group.units)


def build_page_context(facts: ReportFacts, wording: Messages) -> PageTemplateContext:
    """The facts as the template of the page takes them; the places of pictures are empty."""
    return PageTemplateContext(
        **vars(build_template_context(facts, wording)),
        has_chart=False,
        chart=None,
        chart_caption=facts.chart.caption,
        path=tuple(_build_path_row(facts, wording, row) for row in facts.path),
        horizons=tuple(HorizonColumn(year) for year in facts.outlook.horizons),
        outlook=tuple(_build_outlook_row(facts, row) for row in facts.outlook.rows),
        tasks=tuple(_build_task_row(number, task) for number, task in enumerate(facts.tasks.listed, start=1)),
        definitions=tuple(Definition(d.item, d.title, d.definition, d.source) for d in facts.definitions),
        pictures=tuple(AnnexPicture(None, picture.caption) for picture in facts.pictures.drawn),
    )


def _build_first_page(facts: ReportFacts, wording: Messages) -> dict[str, Any]:
    page = facts.first_page
    quarter = {page.in_quarter_title: [row.in_quarter for row in page.rows]} if page.quarterly else {}
    quarters = _select_columns(wording, len(page.rows), quarter)
    past = _select_columns(
        wording,
        len(page.rows),
        {
            page.previous_title: [row.previous for row in page.rows],
            wording.texts["column.compared"]: [row.compared for row in page.rows],
        },
    )
    has_lines = any(len(row.line) > 1 for row in page.rows)
    stars = format_star_legend(
        wording, (text for row in page.rows for text in (row.in_quarter, row.to_date, row.previous))
    )
    return {
        "page_title": page.title,
        "page_result": page.result,
        "highlights": build_paragraphs(f"- {line}" for line in page.highlights),
        "page_value_title": page.to_date_title,
        "quarter_heads": quarters.heads,
        "past_heads": past.heads,
        "line_heads": (OptionalCell(wording.texts["column.line"]),) if has_lines else (),
        "page_rows": tuple(
            PageRow(
                name=row.name,
                quarter=in_quarter,
                value=_allow_break(row.to_date),
                past=before,
                target=row.target,
                state=f"{row.sign} {row.state}".strip(),
                lines=(SmallLine(wording.texts["word.nothing"]),) if has_lines else (),
            )
            for row, in_quarter, before in zip(page.rows, quarters.rows, past.rows, strict=True)
        ),
        "heat_heads": tuple(HeatHead(column.name) for column in page.units.columns),
        "heat_lines": tuple(
            HeatLine(
                row.name,
                tuple(HeatMark(c.sign or wording.texts["word.nothing"], _SHADES[c.look]) for c in row.cells),
                row.score,
            )
            for row in page.units.rows
        ),
        "heat_sentence": page.units.sentence,
        "heat_legend": format_heat_legend(facts, wording),
        "actions": tuple(Action(row.what, row.who, row.due) for row in page.actions),
        "followed": page.followed,
        "reported": " ".join(filter(None, [page.reported, stars])),
    }


def _select_printed_notes(facts: ReportFacts) -> list[str]:
    """What a reader of paper must know of the data, at most six lines, the weightiest first."""
    return [note.text for kind in PRINTED_NOTES for note in facts.data_notes if note.kind == kind][:MAX_PRINTED_NOTES]


def _build_result_row(
    facts: ReportFacts,
    wording: Messages,
    row: GroupRow | StatementRow | FigureRow,
    known: tuple[OptionalCell, ...],
) -> ResultRow:
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
        known=known,
        value=_allow_break(figure.printed) if figure else absent,
        levels=tuple(PlannedLevel(_allow_break(text)) for text in levels.milestones.values()) if levels else (),
        share=figure.plan_share.text if figure else wording.texts["word.nothing"],
        statement=_allow_break(statement.statement) if statement else "",
        status=format_checked_status(wording, row, figure),
        missing=figure.missing.text if figure else wording.texts["word.nothing"],
    )


def _allow_break(text: str) -> str:
    """A text that a narrow column breaks behind a stroke, never within a number of figures or of a document."""
    return _STROKE.sub("/\u200b", text)


def format_row_status(wording: Messages, row: GroupRow | StatementRow | FigureRow, figure: Figure | None) -> str:
    """Where a row stands: as its task or the row that asks the same, else as its figure on the way to the milestone,
    else why it has none."""
    if not isinstance(row, GroupRow) and row.state:
        return row.state
    if figure is None:
        return wording.texts["status.no_data"]
    return figure.path_text if figure.path_state else figure.status_text


def format_checked_status(wording: Messages, row: GroupRow | StatementRow | FigureRow, figure: Figure | None) -> str:
    """The same with the level on the way that it is judged by."""
    status = format_row_status(wording, row, figure)
    if figure is None or figure.path_basis != "way" or row.kind != "figure" or row.state:
        return status
    return wording.format("cell.on_way", state=status, level=figure.path_value.text)


def _build_path_row(facts: ReportFacts, wording: Messages, row: FigureReference) -> PathRow:
    figure = facts.figures[row.item][row.unit]
    return PathRow(
        item=row.item,
        title=row.title,
        baseline=figure.baseline.text,
        value=figure.value.text,
        path_value=figure.path_value.text,
        target=format_next_milestone(wording, figure, _find_measured_unit(facts, row)),
        yearly=_format_signed_change(figure.required_yearly_change),
        progress=figure.progress.text,
        progress_class=figure.progress_text,
    )


def _find_measured_unit(facts: ReportFacts, row: FigureReference) -> str:
    return next((r.measured_in for r in facts.rows if not isinstance(r, GroupRow) and r.item == row.item), "")


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


def _build_unit_block(
    facts: ReportFacts, wording: Messages, block: tuple[ComparedTarget, ...], units: tuple[ComparedUnit, ...]
) -> UnitBlock:
    answered = {column.item for column in block if _has_answer(facts, wording, column, units)}
    return UnitBlock(
        indicators=tuple(IndicatorColumn(column.item, _allow_break(column.title)) for column in block),
        rows=tuple(
            UnitRow(
                unit.name,
                tuple(
                    _build_unit_cell(facts, wording, column, unit.unit, counted=column.item in answered)
                    for column in block
                ),
            )
            for unit in units
        ),
    )


def _has_answer(facts: ReportFacts, wording: Messages, column: ComparedTarget, units: tuple[ComparedUnit, ...]) -> bool:
    """Whether a unit of a column has a thing or not, as the only one counted in it: the others' shares get counts."""
    figures = (facts.find_figure(column.item, unit.unit) for unit in units)
    return any(figure is not None and is_yes_or_no(wording, figure) for figure in figures)


def _build_unit_cell(
    facts: ReportFacts, wording: Messages, column: ComparedTarget, unit: str, *, counted: bool
) -> UnitCell:
    figure = facts.find_figure(column.item, unit)
    if figure is None:
        return UnitCell(wording.texts["word.no_data"])
    if figure.withheld or column.counts:
        return UnitCell(figure.withheld or figure.numerator.text)
    value = figure.printed if counted else figure.value.text
    if figure.as_of and not counted:  # of a year before: said in the cell, as in the plan's table
        value = wording.format("cell.carried", value=value, as_of=figure.as_of_text)
    return UnitCell(f"{value} {figure.sign}".strip())


def _build_task_row(number: int, task: PlanTask) -> TaskRow:
    return TaskRow(str(number), task.title, task.clause, task.lead, task.deadline, task.situation)
