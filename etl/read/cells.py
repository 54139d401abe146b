"""What the found cells of a sheet say, and whether its sums agree. Read room, child process only."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from etl.catalog import Catalogue
from etl.catalog.layout import cell_name
from etl.model import CellState, ElementKind
from etl.model.numbers import printed
from etl.read.marks import Marks, Place
from etl.read.opened import Rows
from etl.read.plan import SheetPlan
from etl.read.preflight import Trouble
from etl.read.values import INVALID, NumberStyle, Parsed, parse, style_of

ABSENT = "absent"
"""The state of an input cell that the file does not have."""
ABSENT_CELL: Parsed = (ABSENT, None, "", "")
BLANK: Parsed = (CellState.MISSING.value, None, "", "")
_CLOSE = 1e-9
_EXACT = 2.0**53  # beyond it a double no longer holds every whole number: `parse` decides
_MOST_NAMED = 8


@dataclass(frozen=True)
class Grid:
    """A sheet as it lies in the file."""

    name: str
    rows: Rows
    marks: Marks
    date1904: bool


def parse_cells(
    grid: Grid, plan: SheetPlan, places: Sequence[Place | None], catalogue: Catalogue
) -> list[Parsed]:  # fmt: skip
    """What each input says, in the plan's order. `ABSENT`: it was not found, or is a formula without a result."""
    rows = grid.rows
    values: list[Any]
    if places is plan.places:
        values = [v for row, get in plan.getters for v in get(rows[row])]
    else:
        values = [None if at is None else rows[at[0]][at[1]] for at in places]
    odd = grid.marks.percent or grid.marks.uncached or grid.date1904 or (places is not plan.places and None in places)
    if odd or any(counted and type(v) is str and v for v, counted in zip(values, plan.counted, strict=True)):
        return _with_care(grid, plan, places, values, catalogue)
    states = catalogue.cell_states
    return [
        ("value", v, "", "")
        if counted and type(v) is float and 0 < v < _EXACT
        else BLANK
        if v == ""
        else parse(v, kind, states)
        for v, counted, kind in zip(values, plan.counted, plan.input_kinds, strict=True)
    ]


def _with_care(
    grid: Grid, plan: SheetPlan, places: Sequence[Place | None], values: Sequence[Any], catalogue: Catalogue
) -> list[Parsed]:
    """Cells of a sheet in which numbers are kept as text, shown in per cent, missing, or dates count otherwise."""
    styles = _styles(values, plan, places)
    found: list[Parsed] = []
    for value, cell, at in zip(values, plan.sheet.inputs, places, strict=True):
        if at is None or at in grid.marks.uncached:
            found.append(ABSENT_CELL)
            continue
        element = catalogue.elements.get(cell.data_element)
        style = styles.get(at[1], NumberStyle.VIETNAMESE)
        unit, share, states = element.unit if element else "", at in grid.marks.percent, catalogue.cell_states
        found.append(parse(value, cell.kind, states, style, unit=unit, percent=share, date1904=grid.date1904))
    return found


def _styles(
    values: Sequence[Any], plan: SheetPlan, places: Sequence[Place | None]
) -> Mapping[int, NumberStyle]:  # fmt: skip
    """How numbers are written in each column that holds any as text."""
    columns: dict[int, list[object]] = defaultdict(list)
    for value, counted, at in zip(values, plan.counted, places, strict=True):
        if at is not None and counted and type(value) is str:
            columns[at[1]].append(value)
    return {col: style_of(texts) for col, texts in columns.items()}


def without_result(grid: Grid, places: Sequence[Place | None]) -> Iterator[Trouble]:
    """Input cells with a formula whose result the file does not hold: one finding for the sheet."""
    bare = [at for at in places if at in grid.marks.uncached]
    if bare:
        yield Trouble("S24", grid.name, cell_name(*bare[0]), slots=(("detail", _named(bare)),))


def out_of_sight(grid: Grid, places: Sequence[Place | None]) -> Iterator[Trouble]:
    """Hidden rows and columns that hold input cells: one finding for the sheet."""
    rows = sorted({at[0] for at in places if at} & grid.marks.hidden_rows)
    cols = sorted({at[1] for at in places if at} & grid.marks.hidden_cols)
    if rows or cols:
        parts = [f"dòng {', '.join(str(r + 1) for r in rows)}"] if rows else []
        parts += [f"cột {', '.join(cell_name(0, c)[:-1] for c in cols)}"] if cols else []
        first = next(at for at in places if at and (at[0] in rows or at[1] in cols))
        yield Trouble("S23", grid.name, cell_name(*first), slots=(("found", "; ".join(parts)),))


def sums(
    grid: Grid, plan: SheetPlan, total: int | None, at: Mapping[int, int], places: Sequence[Place | None],
    cells: Sequence[Parsed], catalogue: Catalogue,
) -> Iterator[Trouble]:  # fmt: skip
    """Sums that do not agree with their rows: one finding for the sheet.

    A sum agrees if it is what the rows say, or what a spreadsheet makes of them, which skips numbers kept as text.
    A column of which any row was not understood is not judged.
    """
    if total is None:
        return
    wrong = []
    said = [cell[1] or 0.0 for cell in cells]
    unclear = not _UNCLEAR.isdisjoint(cell[0] for cell in cells)
    for col, indexes in plan.by_col.items():
        here = at.get(col)
        value = _number(grid.rows[total][here], catalogue) if here is not None else None
        if value is None or here is None or (unclear and any(cells[n][0] in _UNCLEAR for n in indexes)):
            continue
        read = math.fsum(said[n] for n in indexes)
        if value != read and not _agree(value, read, _as_counted(grid, [places[n] for n in indexes])):
            wrong.append(((total, here), value, read))
    if wrong:
        (place, value, read), *more = wrong
        detail = f" Các cột khác cũng lệch: {_named([w[0] for w in more])}." if more else ""
        slots = (("found", printed(value)), ("expected", printed(read)), ("detail", detail))
        yield Trouble("S18", grid.name, cell_name(*place), printed(value), slots)


_UNCLEAR = INVALID | {ABSENT}


def _agree(value: float, *sums: float) -> bool:
    return any(math.isclose(value, other, rel_tol=_CLOSE, abs_tol=_CLOSE) for other in sums)


def _as_counted(grid: Grid, places: Sequence[Place | None]) -> float:
    """The sum of a column as a spreadsheet makes it: texts are skipped."""
    values = (grid.rows[at[0]][at[1]] for at in places if at)
    return math.fsum(v for v in values if type(v) in (int, float))


def _number(value: object, catalogue: Catalogue) -> float | None:
    """The number in a cell of sums, if it is clearly one."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else None
    if not isinstance(value, str) or not value:
        return None
    said = parse(value, ElementKind.STOCK, catalogue.cell_states)
    return said[1] if said[0] == CellState.VALUE.value else None


def _named(places: Sequence[Place]) -> str:
    shown = ", ".join(cell_name(*at) for at in places[:_MOST_NAMED])
    return shown + (f" và {len(places) - _MOST_NAMED} ô khác" if len(places) > _MOST_NAMED else "")


def outside(grid: Grid, used: set[int], rows: Sequence[int]) -> Iterator[Trouble]:
    """Numbers in the table's rows, in columns that are none of the form's: one finding for the sheet."""
    bare = [
        (row, col)
        for row in rows
        for col, value in enumerate(grid.rows[row])
        if col not in used and isinstance(value, int | float) and not isinstance(value, bool)
    ]
    if bare:
        yield Trouble("S27", grid.name, cell_name(*bare[0]), slots=(("found", _named(bare)),))
