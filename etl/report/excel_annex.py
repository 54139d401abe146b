"""The Excel annex: the plan's own table first, then by unit, tasks, difficulties, submissions, notes, data.

Room: report. Called by `draft`; prints only from facts.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from io import BytesIO

from etl.messages import Messages
from etl.ooxml.zip_parts import build_reproducible_zip
from etl.report.annex_readback import validate_annex
from etl.report.annex_workbook import FONT, AnnexSheet, AnnexWorkbook, Cell, DataLink
from etl.report.dates import format_two_digits
from etl.report.excel_data_sheet import write_data_sheet
from etl.report.figure_facts import Figure, PrintedNumber
from etl.report.inputs import UpwardFigures
from etl.report.report_facts import ReportFacts
from etl.report.report_figures import format_unit_value
from etl.report.section_facts import FigureRow, GroupRow, StatementRow
from etl.report.target_results import WORD_ONLY_KINDS
from etl.report.template_context import format_checked_status
from etl.report.upward_sheet import write_upward_sheets

_TEXT_CONVERSIONS = ("strings_to_formulas", "strings_to_numbers", "strings_to_urls")


def render_excel_annex(
    facts: ReportFacts, wording: Messages, moment: datetime, upward: UpwardFigures | None = None
) -> bytes:
    """The annex as .xlsx; the same facts give the same bytes. With `upward` it is a delivery to the level above.

    Raises:
        ReportError: read back, a cell shows another figure than was written.
    """
    from xlsxwriter import Workbook

    buffer = BytesIO()
    options = {"in_memory": True, "default_format_properties": dict(FONT), **dict.fromkeys(_TEXT_CONVERSIONS, False)}
    workbook = Workbook(buffer, options)
    head = facts.head
    workbook.set_properties(
        {"title": head.subject, "author": head.office, "comments": head.simulated, "created": moment}
    )
    book = AnnexWorkbook(workbook, facts, wording)
    for write in (
        _write_target_sheet,
        _write_unit_sheet,
        _write_task_sheet,
        _write_task_report_sheet,
        _write_difficulty_sheet,
        _write_submission_sheet,
        _write_data_note_sheet,
        _write_lineage_sheet,
        write_data_sheet,
    ):
        write(book)
    book.set_print_areas(1 + (len(upward.layout.sheets) if upward else 0))
    if upward:
        write_upward_sheets(book, upward, simulated=bool(facts.simulated))
    workbook.close()
    annex = build_reproducible_zip(buffer.getvalue())
    validate_annex(annex, book.figures)
    return annex


# --- the plan's own table ----------------------------------------------------------------------------------


def _write_target_sheet(book: AnnexWorkbook) -> None:
    """The plan's columns print; what a specialist wants to know stands right of them."""
    facts = book.facts
    years = facts.columns.years
    columns = book.build_columns(number=9.0, indicator=46.0, measured_in=13.0)
    columns += [(facts.columns.baseline, 18.0), (facts.columns.previous, 12.0)]
    columns += [(facts.first_page.in_quarter_title, 14.0)] if facts.first_page.quarterly else []
    columns += [(facts.first_page.to_date_title, 12.0)]
    columns += [*((year.title, 20.0) for year in years), *book.build_columns(verdict=16.0, missing=15.0)]
    more = book.build_columns(as_of=15.0, numerator=13.0, denominator=13.0, interval=15.0, plan_share=10.0)
    more += book.build_columns(reduction=10.0, present=10.0, expected=10.0, bounds=15.0, limits=15.0, remarks=44.0)
    if facts.annual:
        more += book.build_columns(yearly_change=12.0, path_value=12.0, progress=10.0)
        more += book.build_columns(linear_class=16.0)
    more += book.build_columns(data_row=16.0)
    sheet = book.add_table_sheet("targets", [*columns, *more], len(columns))
    for row in facts.rows:
        if isinstance(row, GroupRow):
            sheet.write_title_band(row.title)
            continue
        figure = facts.find_figure(row.item, row.unit)
        lead, after = [row.number, row.title, row.measured_in], _build_verdict_cells(book, row, figure)
        if isinstance(row, StatementRow):
            spanned = 3 + len(years) + int(facts.first_page.quarterly)
            sheet.write_spanning_row(lead, row.statement, spanned, after)
            continue
        absent = book.wording.texts["word.no_data"]
        now: list[Cell] = [absent] * (3 if facts.first_page.quarterly else 2)
        if figure:
            now = [figure.previous, *_build_quarter_cells(book, figure), _get_table_value(figure)]
        link = DataLink(figure.item, figure.unit, len(lead) + len(now)) if figure else book.nothing
        sheet.write_row([*lead, row.baseline, *now, *row.milestones.values(), *after, link])
    sheet.close_sheet()


def _get_table_value(figure: Figure) -> PrintedNumber:
    """The figure as the report's own table prints it: with the period that it is of, where that is another."""
    return replace(figure.value, text=figure.printed)


def _build_quarter_cells(book: AnnexWorkbook, figure: Figure) -> list[Cell]:
    if not book.facts.first_page.quarterly:
        return []
    return [figure.in_quarter.text if figure.in_quarter else book.nothing]


def _build_verdict_cells(book: AnnexWorkbook, row: StatementRow | FigureRow, figure: Figure | None) -> list[Cell]:
    """What stands right of the levels: the verdict and what a reader must know of it."""
    annual = book.facts.annual
    if figure is None:
        return [book.wording.texts["status.no_data"], *[book.nothing] * (16 if annual else 12)]
    interval, bounds, limits = (
        part.text if part else book.nothing for part in (figure.interval, figure.bounds, figure.limits)
    )
    found: list[Cell] = [
        *(format_checked_status(book.wording, row, figure), figure.missing),
        *(figure.covers.text or book.nothing, figure.numerator, figure.denominator),
        *(interval, figure.plan_share, figure.reduction_pct),
        *(book.nothing if figure.is_bounded else figure.present, figure.expected, bounds, limits),
        _format_figure_remarks(figure) or book.nothing,
    ]
    if annual:
        found += [figure.required_yearly_change, figure.path_value, figure.progress]
        found.append(figure.progress_text)
    return found


def _format_figure_remarks(figure: Figure) -> str:
    """Why there is no verdict or no progress, why no bounds, and what in the series is unusual."""
    signals = figure.limits.signals if figure.limits else ()
    return "; ".join(text for text in (figure.reason, figure.bounds_reason, *signals) if text)


# --- by unit, tasks, difficulties --------------------------------------------------------------------------


def _write_unit_sheet(book: AnnexWorkbook) -> None:
    """A row for each target and unit, then for each target and agency that has a figure of its own; what is judged in
    words is nothing that a unit could have a figure of."""
    columns = book.build_columns(number=10.0, indicator=36.0, unit_code=9.0, unit=22.0, numerator=11.0)
    columns += book.build_columns(denominator=11.0, value=11.0, plan_level=18.0, verdict=15.0, missing=15.0)
    columns += book.build_columns(interval=14.0, completeness=9.0, remarks=30.0, data_row=16.0)
    sheet = book.add_table_sheet("units", columns, looked_up=True)
    area, agencies = book.facts.area.unit, book.facts.agencies.units
    figures = [f for f in book.facts.list_figures() if f.unit != area and f.kind not in WORD_ONLY_KINDS]
    of_agencies = [f for f in figures if f.unit in agencies]
    _write_unit_rows(book, sheet, [f for f in figures if f.unit not in agencies])
    if of_agencies:
        sheet.write_title_band(book.wording.texts["annex.agencies"])
        _write_unit_rows(book, sheet, of_agencies)
    sheet.close_sheet("" if figures else book.wording.texts["unit.none"])


def _write_unit_rows(book: AnnexWorkbook, sheet: AnnexSheet, figures: list[Figure]) -> None:
    for f in figures:
        interval = f.interval
        sheet.write_row(
            [
                *(f.item, f.title, f.unit, f.unit_name, f.withheld or f.numerator, f.denominator),
                (f.withheld and book.nothing) or replace(f.value, text=format_unit_value(book.wording, f)),
                *(f.written or book.nothing, f.status_text, f.missing),
                *(interval.text if interval else book.nothing, f.completeness, f.reason or book.nothing),
                DataLink(f.item, f.unit, 6),
            ]
        )


def _write_task_sheet(book: AnnexWorkbook) -> None:
    """A row for each task, with where the units stand; of those that the year's report tells, how many they are."""
    columns = book.build_columns(task=11.0, ground=18.0, task_title=44.0, lead=26.0, cooperation=26.0, deadline=18.0)
    sheet = book.add_table_sheet("tasks", columns + book.build_columns(deadline_date=11.0, state=44.0))
    nothing, tasks = book.nothing, book.facts.tasks.all
    told = [task for task in tasks if task.states.keys() != {"yearly"}]
    for task in told:
        dates = [task.deadline, task.deadline_date or nothing]
        sheet.write_row(
            [task.id, task.clause, task.title, task.lead, task.cooperate or nothing, *dates, task.situation]
        )
    later = book.wording.format("task.yearly", count=format_two_digits(len(tasks) - len(told)))
    sheet.close_sheet(book.wording.texts["task.none"] if not tasks else later if len(told) < len(tasks) else "")


def _write_task_report_sheet(book: AnnexWorkbook) -> None:
    """A row for each task and unit that has it, to be looked up."""
    columns = book.build_columns(task=11.0, task_title=44.0, unit_code=9.0, reporter=24.0, state=18.0, done_on=11.0)
    sheet = book.add_table_sheet("task_reports", columns + book.build_columns(unit_remark=40.0), looked_up=True)
    rows = [(task, report) for task in book.facts.tasks.all for report in task.reports]
    for task, r in rows:
        comment = "; ".join(part for part in (r.stated, r.remark) if part)
        done_on = r.done_on or book.nothing
        sheet.write_row([task.id, task.title, r.unit, r.unit_name, r.state_text, done_on, comment or book.nothing])
    sheet.close_sheet("" if rows else book.wording.texts["task_state.not_reported"])


def _write_difficulty_sheet(book: AnnexWorkbook) -> None:
    columns = book.build_columns(unit_code=10.0, unit=24.0, place=6.0, difficulty=50.0, cause=50.0, proposal=50.0)
    sheet = book.add_table_sheet("difficulties", columns + book.build_columns(level=18.0), looked_up=True)
    rows = book.facts.notes.rows
    for row in rows:
        texts = [text or book.nothing for text in (row.difficulty, row.cause, row.proposal, row.level)]
        sheet.write_row([row.unit, row.unit_name, row.number, *texts])
    sheet.close_sheet("" if rows else book.facts.notes.sentence)


# --- submissions, data notes -------------------------------------------------------------------------------


def _write_submission_sheet(book: AnnexWorkbook) -> None:
    columns = book.build_columns(unit_code=10.0, unit=34.0, form_code=20.0, form=50.0, state=16.0, version=8.0)
    columns += book.build_columns(due=12.0, received_on=12.0, late_days=11.0, findings_confirm=12.0, findings_note=8.0)
    sheet = book.add_table_sheet("submissions", columns)
    found = book.facts.submissions
    for s in found:
        sheet.write_row(
            [
                *(s.unit, s.unit_name, s.form, s.form_title, s.state_text, s.version),
                *(s.due or book.nothing, s.received_on or book.nothing),
                *(s.late_days, s.findings_confirm, s.findings_note),
            ]
        )
    sheet.close_sheet("" if found else book.wording.texts["situation.none_expected"])


def _write_data_note_sheet(book: AnnexWorkbook) -> None:
    columns = book.build_columns(number=11.0, indicator=46.0, kind=22.0, content=80.0, source=30.0)
    sheet, texts = book.add_table_sheet("notes", columns), book.wording.texts
    sheet.write_title_band(texts["annex_band.data_notes"])
    for number, note in enumerate(book.facts.data_notes, start=1):
        sheet.write_spanning_row([number], note.text, len(columns) - 1, [])
    sheet.write_title_band(texts["annex_band.definitions"])
    for d in book.facts.definitions:
        text = "; ".join(part for part in (d.definition, d.note) if part)
        sheet.write_row([d.item, d.title, d.basis, text, d.source])
    sheet.close_sheet()


def _write_lineage_sheet(book: AnnexWorkbook) -> None:
    """Each figure of the area with the cells it was added up from."""
    columns = book.build_columns(number=9.0, indicator=34.0, numerator=12.0, denominator=12.0, value=11.0, side=11.0)
    columns += book.build_columns(element=34.0, period=14.0, file=30.0, worksheet=9.0, cell=22.0)
    sheet = book.add_table_sheet("lineage", columns + book.build_columns(places=7.0, cell_values=13.0), looked_up=True)
    area, figures, rows = book.facts.area.unit, book.facts.figures, book.facts.trail
    for row in rows:
        figure = figures[row.item][area]
        sheet.write_row(
            [
                *(figure.item, figure.title, figure.numerator, figure.denominator, figure.value),
                *(row.side_text, row.element_name, row.period_name, row.file),
                *(row.sheet, row.cells, row.units, row.value),
            ]
        )
    sheet.close_sheet("" if rows else book.wording.texts["trail.none"])
