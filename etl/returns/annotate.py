"""The sender's own workbook with its cells marked and commented, and the sheet of results in front.

Inside the returns room only. Edits the zip's parts, never through a spreadsheet library: those lose what they do not
know. Touched are the workbook's list of sheets, its styles, the sheets with marks and their comments; every other
part keeps its bytes. May raise anything on a workbook odd enough: the caller has a fresh one to fall back on.
"""

from __future__ import annotations

from collections.abc import Iterable

from etl.catalog.layout import RESULT_SHEET
from etl.model import Finding, Level
from etl.returns import words
from etl.returns.answer import Answer
from etl.returns.book import Book, Sheet, quoted
from etl.returns.cells import Cells, Place, place_of
from etl.returns.earlier import take_out
from etl.returns.fresh import add_result, styles_of
from etl.returns.looks import Looks
from etl.returns.notes import Notes
from etl.returns.package import OddWorkbook, Package
from etl.returns.sheet import Context

_AUTHOR = "Tongket"
_SEVERITY = (Level.REFUSE, Level.CONFIRM, Level.NOTE)
Placed = dict[Sheet, dict[Place, list[Finding]]]


def annotated(answer: Answer) -> bytes:
    """The answer within the sender's workbook.

    Raises:
        OddWorkbook: the workbook cannot be edited safely.
    """
    package = Package(answer.original or b"")
    book = Book(package)
    looks = styles_of(book)
    explained = take_out(book, looks)
    placed, links = _placed(book, answer.findings)
    memory = [mark for sheet, cells in placed.items() for mark in _mark(book, sheet, cells, looks, answer.office)]
    context = Context(annotated=True, links=links, explained=explained, memory=memory)
    add_result(book, answer, looks, context, _free_name(book))
    return package.save()


def _placed(book: Book, findings: Iterable[Finding]) -> tuple[Placed, dict[Finding, str]]:
    """Findings by sheet and cell, and where each leads to. What has no cell of its own is listed only."""
    placed: Placed = {}
    links: dict[Finding, str] = {}
    sheets = {name: book.sheet(name) for name in {finding.sheet for finding in findings if finding.sheet}}
    for finding in findings:
        sheet, place = sheets.get(finding.sheet), place_of(finding.cell)
        if sheet and place:
            placed.setdefault(sheet, {}).setdefault(place, []).append(finding)
            if not sheet.hidden:
                links[finding] = f"{quoted(sheet.name)}!{finding.cell.strip().replace('$', '')}"
    return placed, links


def _mark(
    book: Book, sheet: Sheet, found: dict[Place, list[Finding]], looks: Looks, office: str
) -> list[tuple[str, int, int]]:
    """Marks and comments the cells of one sheet. Gives (place, mark, look below) of every cell that was changed."""
    cells = Cells(book.package.edit(sheet.part))
    shown: dict[Place, list[Finding]] = {}
    for place, findings in found.items():
        shown.setdefault(cells.anchor(place), []).extend(findings)
    memory = []
    for place, findings in shown.items():
        level = min((f.level for f in findings), key=_SEVERITY.index)
        for part in cells.shown_together(place):
            own = cells.style(part)
            mark = looks.marked(own, level)
            cells.restyle(part, mark)
            memory.append((f"{sheet.name}!{part.name}", mark, own))
    texts = {place: words.comment(findings, office) for place, findings in sorted(shown.items())}
    Notes(book, sheet).add(texts, office or _AUTHOR, cells)
    return memory


def _free_name(book: Book) -> str:
    """The name of the first sheet; a sheet of the sender's own that happens to bear it stays."""
    for name in (RESULT_SHEET, *(f"{RESULT_SHEET} ({i})" for i in range(2, 10))):
        if all(s.name.casefold() != name.casefold() for s in book.sheets):
            return name
    raise OddWorkbook("no name is free for the first sheet")
