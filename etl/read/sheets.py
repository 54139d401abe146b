"""Which sheet of the file is which sheet of the form, and what it says. Read room, child process only.

A sheet is known by what is printed in it, not by its name; its name only decides where too little is printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.catalog.layout import MANIFEST_SHEET, RESULT_SHEET, FormLayout, cell_name
from etl.model import CellState, Explanation, FormStamp
from etl.read import cells, titles, upward
from etl.read import explained as explaining
from etl.read.anchors import find_columns
from etl.read.cells import Grid
from etl.read.lines import find_rows
from etl.read.marks import Place
from etl.read.opened import Opened, Rows
from etl.read.plan import SheetPlan, plain, plans, squash
from etl.read.preflight import Trouble
from etl.read.values import Parsed

__all__ = ["Assigned", "Book", "Found", "SheetPlan", "assign", "disagreements", "explained", "is_filled", "read"]

_ENOUGH = 0.5
"""The share of a sheet's own texts that must be found for it to be that sheet."""
_DEEPEST = 200


@dataclass(frozen=True)
class Book:
    """A workbook with the form that it is.

    `units` are the units of its rows, by code; `standing` the sheets on which all stands where it was printed.
    """

    opened: Opened
    described: FormLayout
    units: Mapping[str, m.Unit]
    catalogue: Catalogue
    standing: set[str] = field(default_factory=set)


@dataclass
class Found:
    """One sheet as read. `places`: where it really lies, if not where it was printed."""

    cells: list[Parsed] | None = None
    places: tuple[str, list[str]] | None = None
    troubles: list[Trouble] = field(default_factory=list)


@dataclass
class Assigned:
    """The sheets of the file by sheet of the form, in the form's order. `certain`: all known by what they say."""

    of: list[tuple[SheetPlan, tuple[str, ...]]]
    results: tuple[str, ...] = ()
    troubles: list[Trouble] = field(default_factory=list)
    certain: bool = True


def assign(book: Book) -> Assigned:
    """Finds each sheet of the form."""
    opened = book.opened
    asked = plans(book.described)
    standing = book.standing
    standing.update(p.sheet.code for p in asked if p.sheet.code in opened.names and stands(p, _rows(book, p)))
    others = [n for n in opened.names if n not in standing and n != MANIFEST_SHEET]
    results = tuple(n for n in others if explaining.header_row(opened.rows(n)) is not None)
    owners = {n: _owner(asked, _texts(opened.rows(n))) for n in others if n not in results}
    found = []
    for plan in asked:
        code = plan.sheet.code
        names = [code] if code in standing else []
        names += [n for n, owner in owners.items() if owner is plan]
        if names and owners.get(code, plan) is None and find_columns(plan, code, opened.rows(code)) is not None:
            names.insert(0, code)  # it bears the name and has the table: whoever reads decides between them
        found.append((plan, tuple(names)))
    certain = all(names for _, names in found)
    found = [(p, names or _by_name(p, owners)) for p, names in found]
    used = set(chain.from_iterable(names for _, names in found))
    spare = [
        n for n in others if n not in used and n not in results and n != RESULT_SHEET and any(_texts(opened.rows(n)))
    ]
    expected = spare and upward.comes_with_others(book.described)
    extra = [Trouble("S21", spare[0], "A1", slots=(("found", ", ".join(spare)),))] if spare and not expected else []
    return Assigned(found, results, extra, certain)


def _by_name(plan: SheetPlan, owners: Mapping[str, SheetPlan | None]) -> tuple[str, ...]:
    """The sheet that bears the code and is not known to be another."""
    code = plan.sheet.code
    return (code,) if code in owners and owners[code] is None else ()


def _owner(asked: tuple[SheetPlan, ...], texts: set[str]) -> SheetPlan | None:
    """The one sheet of the form that these texts are of."""
    squashed = {squash(text) for text in texts}
    scores = sorted(((len(_told(p, texts, squashed)) / len(p.telling), -n) for n, p in enumerate(asked)), reverse=True)
    if not scores or scores[0][0] < _ENOUGH or (len(scores) > 1 and scores[0][0] == scores[1][0]):
        return None
    return asked[-scores[0][1]]


def _told(plan: SheetPlan, texts: set[str], squashed: set[str]) -> frozenset[str]:
    """The texts of a sheet of the form that are there, be it two of them in one."""
    return (plan.telling & texts).union(*(plan.joined[text] for text in plan.joined.keys() & squashed))


def _texts(rows: Rows) -> set[str]:
    return {plain(v) for row in rows[:_DEEPEST] for v in row if type(v) is str and v}


def _rows(book: Book, plan: SheetPlan) -> Rows:
    return book.opened.rows(plan.sheet.code, plan.formulas)


# --- as issued --------------------------------------------------------------------------------------


def stands(plan: SheetPlan, rows: Rows) -> bool:
    """Whether everything printed is where it was printed, and nothing else is."""
    try:
        if any(get(rows[row]) != texts for row, get, texts in plan.lines):
            return False
    except IndexError:
        return False
    width, last = len(rows[0]), plan.sheet.last_col + 1
    if width < last or len(rows) <= plan.sheet.data_rows[1]:
        return False
    if width > last and any(v != "" for row in rows for v in row[last:]):
        return False
    below = {v for row in rows[plan.sheet.data_rows[1] + 1 :] for v in row}
    return not any(v != "" and _holds_number(v) for v in below)


def _holds_number(value: Any) -> bool:
    if type(value) is str:
        return any(map(str.isdigit, value))
    return True


def _as_issued(book: Book, plan: SheetPlan, grid: Grid) -> Found:
    sheet = plan.sheet
    found = Found(cells=cells.parse_cells(grid, plan, plan.places, book.catalogue))
    columns = {col: col for col in plan.input_cols}
    found.troubles += _remarks(book, plan, grid, sheet.total_row, columns, plan.places, found.cells or [])
    return found


# --- wherever it stands -----------------------------------------------------------------------------


def read(book: Book, plan: SheetPlan, name: str) -> Found:
    """What one sheet of the file says, as a sheet of the form."""
    opened = book.opened
    grid = Grid(name, opened.rows(name, plan.formulas), opened.marks(name, plan.formulas), opened.date1904)
    if name == plan.sheet.code and name in book.standing:
        return _as_issued(book, plan, grid)
    columns = find_columns(plan, name, grid.rows)
    if columns is None:
        slots = (("expected", plan.shown[0]), ("found", "(không thấy hàng tiêu đề)"))
        return Found(troubles=[Trouble("S09", name, cell_name(plan.sheet.header_rows[0], 0), "", slots)])
    lines = find_rows(plan, name, grid.rows, columns, book.units)
    places = tuple(_place(lines.at.get(c.row), columns.at.get(c.col)) for c in plan.sheet.inputs)
    said = cells.parse_cells(grid, plan, places, book.catalogue)
    if plan.sheet.layout == "notes":  # a line taken out is a line with nothing in it
        said = [
            cells.BLANK if at is None and cell.row not in lines.at and cell.col in columns.at else read
            for read, cell, at in zip(said, plan.sheet.inputs, places, strict=True)
        ]
    found = Found(said, (name, [cell_name(*at) if at else "" for at in places]))
    found.troubles += _collapse([*columns.troubles, *lines.troubles])
    total = lines.total if plan.sheet.total_row is not None else None
    found.troubles += _remarks(book, plan, grid, total, columns.at, places, said)
    used = {*columns.at.values(), *columns.headed}
    found.troubles += cells.outside(grid, used, sorted(lines.at.values()))
    return found


def _place(row: int | None, col: int | None) -> Place | None:
    return None if row is None or col is None else (row, col)


def _remarks(
    book: Book, plan: SheetPlan, grid: Grid, total: int | None, columns: Mapping[int, int],
    places: tuple[Place | None, ...], said: list[Parsed],
) -> Iterator[Trouble]:  # fmt: skip
    if grid.marks.uncached:
        yield from cells.without_result(grid, places)
    if grid.marks.hidden_rows or grid.marks.hidden_cols:
        yield from cells.out_of_sight(grid, places)
    if grid.name in book.opened.hidden:
        yield Trouble("S23", grid.name, "A1", slots=(("found", "cả trang"),))
    yield from cells.sums(grid, plan, total, columns, places, said, book.catalogue)


_ONE_FOR_ALL = frozenset({"S09", "S10", "S29"})


def _collapse(troubles: list[Trouble]) -> Iterator[Trouble]:
    """Changed labels of one sheet have one cause: the first stands for all, and says how many."""
    groups: dict[str, list[Trouble]] = {}
    for trouble in troubles:
        if trouble.code in _ONE_FOR_ALL:
            groups.setdefault(trouble.code, []).append(trouble)
        else:
            yield trouble
    for first, *more in groups.values():
        if not more:
            yield first
            continue
        said = dict(first.slots)
        said["detail"] = said.get("detail", "") + f" Còn {len(more)} chỗ khác trên trang này."
        yield Trouble(first.code, first.sheet, first.cell, first.value, tuple(said.items()))


def is_filled(found: Found) -> bool:
    """Whether anything was filled in."""
    return any(cell[0] not in (CellState.MISSING.value, cells.ABSENT) for cell in found.cells or ())


# --- beside the tables ------------------------------------------------------------------------------


def disagreements(book: Book, stamp: FormStamp, found: Assigned) -> Iterator[Trouble]:
    """Sheets whose printed lines name another form, unit or period than the stamp."""
    for plan, names in found.of:
        for name in names:
            if name == plan.sheet.code and name in book.standing:
                continue
            title = titles.title_of(name, book.opened.rows(name), book.catalogue)
            trouble = titles.disagreement(title, stamp, book.described, book.catalogue)
            if trouble:
                yield trouble


def explained(opened: Opened, name: str) -> Iterator[Explanation | Trouble]:
    """What the sender explained on a sheet of findings."""
    return explaining.explanations(name, opened.rows(name))
