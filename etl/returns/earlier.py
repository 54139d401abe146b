"""A workbook that was returned before: its first sheet, its marks and its comments are taken out again.

Inside the returns room only. What the sender wrote beside a finding is kept for the new list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from etl.catalog.layout import RESULT_HEADER, RESULT_SHEET
from etl.returns import words
from etl.returns.book import Book, Sheet, local
from etl.returns.cells import Cells, Place
from etl.returns.looks import Looks
from etl.returns.notes import Notes
from etl.returns.sheet import MEMORY_COL

_STYLED = re.compile(rb"\bs\s*=\s*[\"'](\d+)[\"']")


@dataclass(frozen=True)
class _Memory:
    """Looks below marks: by the place of the mark, and by the mark itself for cells that have moved since."""

    by_place: dict[tuple[str, str], tuple[int, int]]
    by_mark: dict[int, int]


def take_out(book: Book, looks: Looks) -> dict[tuple[str, str], str]:
    """Undoes an earlier return. Gives the explanations by (key, value); empty if there was none.

    A mark's look comes back from the hidden memory of the sheet; if the sheet is gone, by the best guess.
    """
    sheet = book.sheet(RESULT_SHEET)
    texts = _texts(book, sheet) if sheet else {}
    head = next((row for row, cells in texts.items() if words.KEY in cells.values() and _is_head(cells)), None)
    memory = _Memory({}, {})
    explained: dict[tuple[str, str], str] = {}
    if sheet and head is not None:
        memory = _memory(book, sheet, texts)
        explained = dict(_explanations(texts, head))
        book.remove(sheet)
    marks = looks.marks()
    if marks - memory.by_mark.keys():
        memory = replace(memory, by_mark=looks.guesses(marks | memory.by_mark.keys()) | memory.by_mark)
    for other in book.sheets:
        if other.worksheet:
            _restore(book, other, memory)
            if book.package.related(other.part, "comments"):
                Notes(book, other).remove_ours()
    return explained


def _is_head(cells: dict[int, str]) -> bool:
    return words.EXPLANATION in cells.values() and RESULT_HEADER[1] in cells.values()


def _texts(book: Book, sheet: Sheet) -> dict[int, dict[int, str]]:
    """Every text of a sheet: row → column → text."""
    shared = _shared(book)
    found: dict[int, dict[int, str]] = {}
    for place, cell in Cells(book.package.tree(sheet.part)).all():
        text = _text(cell, shared)
        if text:
            found.setdefault(place.row, {})[place.col] = text
    return found


def _shared(book: Book) -> list[str]:
    part = book.part_of("sharedStrings")
    entries = book.package.tree(part) if part else ()
    return ["".join(_strings(entry)) for entry in entries if local(entry) == "si"]


def _text(cell: Any, shared: list[str]) -> str:
    if cell.get("t") == "inlineStr":
        return "".join(_strings(cell))
    value = next((child.text or "" for child in cell if local(child) == "v"), "")
    if cell.get("t") == "s":
        return shared[int(value)] if value.isdecimal() and int(value) < len(shared) else ""
    return value


def _strings(element: Any) -> Iterator[str]:
    """The text of a string; hints on how to pronounce it are not part of it."""
    for child in element.iter():
        if local(child) == "t" and local(child.getparent()) != "rPh":
            yield child.text or ""


def _explanations(texts: dict[int, dict[int, str]], head: int) -> Iterator[tuple[tuple[str, str], str]]:
    columns = {text: col for col, text in texts[head].items()}
    for row, cells in texts.items():
        said = cells.get(columns[words.EXPLANATION], "").strip()
        if row > head and said and cells.get(columns[words.KEY]):
            yield (cells[columns[words.KEY]], cells.get(columns.get("Giá trị", 0), "")), said


def _memory(book: Book, sheet: Sheet, texts: dict[int, dict[int, str]]) -> _Memory:
    memory, cells = _Memory({}, {}), Cells(book.package.tree(sheet.part))
    for row, columns in texts.items():
        places = columns.get(MEMORY_COL + 1)
        if places:
            mark, own = (cells.style(Place(row, MEMORY_COL + 1 + i)) for i in range(2))
            memory.by_mark.setdefault(mark, own)
            for place in places.split("/"):
                name, _, cell = place.rpartition("!")
                memory.by_place[name, cell] = (mark, own)
    return memory


def _restore(book: Book, sheet: Sheet, memory: _Memory) -> None:
    if not memory.by_mark:
        return
    used = {int(number) for number in _STYLED.findall(book.package.read(sheet.part))}
    if used.isdisjoint(memory.by_mark):
        return
    for place, cell in Cells(book.package.edit(sheet.part)).all():
        style = cell.get("s", "")
        if style.isdecimal() and int(style) in memory.by_mark:
            mark, own = memory.by_place.get((sheet.name, place.name), (-1, 0))
            cell.set("s", str(own if mark == int(style) else memory.by_mark[int(style)]))
