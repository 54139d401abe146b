"""The sender's own workbook with its cells marked and commented, and the sheet of results in front.

Inside the returns room only. Edits the zip's parts, never through a spreadsheet library: those lose what they do not
know. Touched are the workbook's list of sheets, its styles, the sheets with marks and their comments; every other
part keeps its bytes. May raise anything on a workbook odd enough: the caller has a fresh one to fall back on.
"""

from __future__ import annotations

from collections.abc import Iterable

from etl.catalog.layout import RESULT_SHEET
from etl.model import Finding, FindingLevel
from etl.ooxml.cell_styles import WorkbookStyles
from etl.ooxml.comments import WorksheetComments
from etl.ooxml.opc_package import OpcPackage, UneditablePackageError
from etl.ooxml.workbook_part import SheetEntry, WorkbookPart, quote_sheet_name
from etl.ooxml.worksheet_cells import CellReference, WorksheetCells, parse_cell_reference
from etl.returns import return_messages
from etl.returns.answer import SubmissionAnswer
from etl.returns.previous_return import remove_previous_return
from etl.returns.result_sheet import ResultSheetContext
from etl.returns.result_workbook import add_result_sheet, open_workbook_styles

_AUTHOR = "Tongket"
_SEVERITY = (FindingLevel.REFUSE, FindingLevel.CONFIRM, FindingLevel.NOTE)
FindingsBySheet = dict[SheetEntry, dict[CellReference, list[Finding]]]


def annotate_workbook(answer: SubmissionAnswer) -> bytes:
    """The answer within the sender's workbook.

    Raises:
        UneditablePackageError: the workbook cannot be edited safely.
    """
    package = OpcPackage(answer.original or b"")
    book = WorkbookPart(package)
    styles = open_workbook_styles(book)
    explanations = remove_previous_return(book, styles)
    placed, links = _group_findings_by_cell(book, answer.listed)
    original_styles = [
        mark for sheet, cells in placed.items() for mark in _mark_sheet_cells(book, sheet, cells, styles, answer)
    ]
    context = ResultSheetContext(
        annotated=True, links=links, explanations=explanations, original_styles=original_styles
    )
    add_result_sheet(book, answer, styles, context, _find_free_sheet_name(book))
    return package.serialize_package()


def _group_findings_by_cell(
    book: WorkbookPart, findings: Iterable[Finding]
) -> tuple[FindingsBySheet, dict[Finding, str]]:
    """Findings by sheet and cell, and where each leads to. What has no cell of its own is listed only."""
    placed: FindingsBySheet = {}
    links: dict[Finding, str] = {}
    sheets = {name: book.find_worksheet(name) for name in {finding.sheet for finding in findings if finding.sheet}}
    for finding in findings:
        sheet, place = sheets.get(finding.sheet), parse_cell_reference(finding.cell)
        if sheet and place:
            placed.setdefault(sheet, {}).setdefault(place, []).append(finding)
            if not sheet.hidden:
                links[finding] = f"{quote_sheet_name(sheet.name)}!{finding.cell.strip().replace('$', '')}"
    return placed, links


def _mark_sheet_cells(
    book: WorkbookPart,
    sheet: SheetEntry,
    findings_by_cell: dict[CellReference, list[Finding]],
    styles: WorkbookStyles,
    answer: SubmissionAnswer,
) -> list[tuple[str, int, int]]:
    """Marks and comments the cells of one sheet. Gives (place, mark, look below) of every cell that was changed."""
    cells = WorksheetCells(book.package.edit_part(sheet.part))
    findings_by_anchor: dict[CellReference, list[Finding]] = {}
    for place, findings in findings_by_cell.items():
        findings_by_anchor.setdefault(cells.find_anchor_cell(place), []).extend(findings)
    original_styles = []
    for place, findings in findings_by_anchor.items():
        level = min((f.level for f in findings), key=_SEVERITY.index)
        for part in cells.list_merged_cells(place):
            own = cells.find_cell_style(part)
            mark = styles.add_marked_style(own, return_messages.LEVEL_MARKS[level])
            cells.apply_cell_style(part, mark)
            original_styles.append((f"{sheet.name}!{part.name}", mark, own))
    texts = {
        place: return_messages.split_bold_runs(return_messages.format_cell_comment(answer, findings))
        for place, findings in sorted(findings_by_anchor.items())
    }
    WorksheetComments(book, sheet).add_comments(texts, answer.office or _AUTHOR, cells)
    return original_styles


def _find_free_sheet_name(book: WorkbookPart) -> str:
    """The name of the first sheet; a sheet of the sender's own that happens to bear it stays."""
    for name in (RESULT_SHEET, *(f"{RESULT_SHEET} ({i})" for i in range(2, 10))):
        if all(s.name.casefold() != name.casefold() for s in book.sheets):
            return name
    raise UneditablePackageError("no name is free for the first sheet")
