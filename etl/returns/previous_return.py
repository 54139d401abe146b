"""A workbook that was returned before: its first sheet, its marks and its comments are taken out again.

Inside the returns room only. What the sender wrote beside a finding is kept for the new list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from etl.catalog.layout import EXPLANATION_HEADER, KEY_HEADER, RESULT_HEADER, RESULT_SHEET, VALUE_HEADER
from etl.ooxml.cell_styles import WorkbookStyles
from etl.ooxml.comments import WorksheetComments
from etl.ooxml.workbook_part import SheetEntry, WorkbookPart, get_local_name
from etl.ooxml.worksheet_cells import CellReference, WorksheetCells
from etl.returns import return_messages
from etl.returns.result_sheet import MEMORY_COLUMN

_STYLE_ATTRIBUTE = re.compile(rb"\bs\s*=\s*[\"'](\d+)[\"']")


@dataclass(frozen=True)
class _OriginalStyles:
    """Looks below marks: by the place of the mark, and by the mark itself for cells that have moved since."""

    by_place: dict[tuple[str, str], tuple[int, int]]
    by_mark: dict[int, int]


def remove_previous_return(book: WorkbookPart, styles: WorkbookStyles) -> dict[tuple[str, str], str]:
    """Undoes an earlier return. Gives the explanations by (key, value); empty if there was none.

    A mark's look comes back from the hidden memory of the sheet; if the sheet is gone, by the best guess.
    """
    sheet = book.find_worksheet(RESULT_SHEET)
    texts = _read_sheet_texts(book, sheet) if sheet else {}
    head = next(
        (row for row, cells in texts.items() if KEY_HEADER in cells.values() and _is_findings_header(cells)),
        None,
    )
    memory = _OriginalStyles({}, {})
    explanations: dict[tuple[str, str], str] = {}
    if sheet and head is not None:
        memory = _read_original_styles(book, sheet, texts)
        explanations = dict(_list_explanations(texts, head))
        book.remove_sheet(sheet)
    marks = styles.find_marked_styles(return_messages.LEVEL_MARKS.values())
    if marks - memory.by_mark.keys():
        memory = replace(memory, by_mark=styles.guess_original_styles(marks | memory.by_mark.keys()) | memory.by_mark)
    for other in book.sheets:
        if other.worksheet:
            _restore_cell_styles(book, other, memory)
            if book.package.find_related_part(other.part, "comments"):
                WorksheetComments(book, other).remove_comments(
                    return_messages.COMMENT_HEADING, return_messages.OWN_COMMENT_START
                )
    return explanations


def _is_findings_header(cells: dict[int, str]) -> bool:
    return EXPLANATION_HEADER in cells.values() and RESULT_HEADER[1] in cells.values()


def _read_sheet_texts(book: WorkbookPart, sheet: SheetEntry) -> dict[int, dict[int, str]]:
    """Every text of a sheet: row → column → text."""
    shared = _list_shared_strings(book)
    texts_by_row: dict[int, dict[int, str]] = {}
    for place, cell in WorksheetCells(book.package.parse_part(sheet.part)).list_cells():
        text = _parse_cell_text(cell, shared)
        if text:
            texts_by_row.setdefault(place.row, {})[place.col] = text
    return texts_by_row


def _list_shared_strings(book: WorkbookPart) -> list[str]:
    part = book.find_part_of_kind("sharedStrings")
    entries = book.package.parse_part(part) if part else ()
    return ["".join(_list_string_texts(entry)) for entry in entries if get_local_name(entry) == "si"]


def _parse_cell_text(cell: Any, shared: list[str]) -> str:
    if cell.get("t") == "inlineStr":
        return "".join(_list_string_texts(cell))
    value = next((child.text or "" for child in cell if get_local_name(child) == "v"), "")
    if cell.get("t") == "s":
        return shared[int(value)] if value.isdecimal() and int(value) < len(shared) else ""
    return value


def _list_string_texts(element: Any) -> Iterator[str]:
    """The text of a string; hints on how to pronounce it are not part of it."""
    for child in element.iter():
        if get_local_name(child) == "t" and get_local_name(child.getparent()) != "rPh":
            yield child.text or ""


def _list_explanations(texts: dict[int, dict[int, str]], head: int) -> Iterator[tuple[tuple[str, str], str]]:
    columns = {text: col for col, text in texts[head].items()}
    for row, cells in texts.items():
        explanation = cells.get(columns[EXPLANATION_HEADER], "").strip()
        if row > head and explanation and cells.get(columns[KEY_HEADER]):
            yield (cells[columns[KEY_HEADER]], cells.get(columns.get(VALUE_HEADER, 0), "")), explanation


def _read_original_styles(book: WorkbookPart, sheet: SheetEntry, texts: dict[int, dict[int, str]]) -> _OriginalStyles:
    memory, cells = _OriginalStyles({}, {}), WorksheetCells(book.package.parse_part(sheet.part))
    for row, columns in texts.items():
        places = columns.get(MEMORY_COLUMN + 1)
        if places:
            mark, own = (cells.find_cell_style(CellReference(row, MEMORY_COLUMN + 1 + i)) for i in range(2))
            memory.by_mark.setdefault(mark, own)
            for place in places.split("/"):
                name, _, cell = place.rpartition("!")
                memory.by_place[name, cell] = (mark, own)
    return memory


def _restore_cell_styles(book: WorkbookPart, sheet: SheetEntry, memory: _OriginalStyles) -> None:
    if not memory.by_mark:
        return
    used = {int(number) for number in _STYLE_ATTRIBUTE.findall(book.package.read_part(sheet.part))}
    if used.isdisjoint(memory.by_mark):
        return
    for place, cell in WorksheetCells(book.package.edit_part(sheet.part)).list_cells():
        style = cell.get("s", "")
        if style.isdecimal() and int(style) in memory.by_mark:
            mark, own = memory.by_place.get((sheet.name, place.name), (-1, 0))
            cell.set("s", str(own if mark == int(style) else memory.by_mark[int(style)]))
