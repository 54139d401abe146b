"""What the found cells of a sheet say, and whether its sums agree. Read room, child process only."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from etl.catalog import Catalogue
from etl.catalog.layout import format_cell_name
from etl.model import CellState, ElementKind
from etl.model.numbers import format_number
from etl.read.cell_metadata import CellPosition, Rectangle, SheetMetadata
from etl.read.preflight import RawFinding
from etl.read.sheet_template import SheetTemplate
from etl.read.values import INVALID, NumberStyle, ParsedCell, find_number_style, parse_value
from etl.read.workbook_file import Rows

ABSENT = "absent"
"""The state of an input cell that the file does not have."""
ABSENT_CELL: ParsedCell = (ABSENT, None, "", "")
BLANK: ParsedCell = (CellState.MISSING.value, None, "", "")
_CLOSE = 1e-9
_EXACT = 2.0**53  # beyond it a double no longer holds every whole number: `parse` decides
_MOST_NAMED = 8


@dataclass(frozen=True)
class SheetGrid:
    """A sheet as it lies in the file."""

    name: str
    rows: Rows
    metadata: SheetMetadata
    date1904: bool


def parse_cells(
    grid: SheetGrid, template: SheetTemplate, places: Sequence[CellPosition | None], catalogue: Catalogue
) -> list[ParsedCell]:  # fmt: skip
    """What each input says, in the plan's order. `ABSENT`: it was not found, or is a formula without a result."""
    rows = grid.rows
    values: list[Any]
    if places is template.places:
        values = [v for row, get in template.getters for v in get(rows[row])]
    else:
        values = [None if at is None else rows[at[0]][at[1]] for at in places]
    odd = (
        grid.metadata.looks
        or not grid.metadata.uncached.isdisjoint(places)
        or grid.date1904
        or (places is not template.places and None in places)
    )
    if odd or any(counted and type(v) is str and v for v, counted in zip(values, template.counted, strict=True)):
        return _parse_odd_cells(grid, template, places, values, catalogue)
    states = catalogue.cell_states
    return [
        ("value", v, "", "")
        if counted and type(v) is float and 0 < v < _EXACT and not v % 1
        else BLANK
        if v == ""
        else parse_value(v, kind, states)
        for v, counted, kind in zip(values, template.counted, template.input_kinds, strict=True)
    ]


def _parse_odd_cells(
    grid: SheetGrid,
    template: SheetTemplate,
    places: Sequence[CellPosition | None],
    values: Sequence[Any],
    catalogue: Catalogue,
) -> list[ParsedCell]:
    """Cells of a sheet in which numbers are kept as text, shown in per cent, missing, or dates count otherwise."""
    styles = _find_number_styles(values, template, places)
    found: list[ParsedCell] = []
    for value, cell, at in zip(values, template.sheet.inputs, places, strict=True):
        if at is None or at in grid.metadata.uncached:
            found.append(ABSENT_CELL)
            continue
        element = catalogue.elements.get(cell.data_element)
        style = styles.get(at[1], NumberStyle.VIETNAMESE)
        unit = cell.unit or (element.unit if element else "")
        look, states = grid.metadata.looks.get(at), catalogue.cell_states
        found.append(parse_value(value, cell.kind, states, style, unit=unit, look=look, date1904=grid.date1904))
    return found


def convert_cells(template: SheetTemplate, cells: Sequence[ParsedCell]) -> list[ParsedCell]:
    """The cells with their numbers in the data elements' own units; what was written in another stays as its text."""
    converted = list(cells)
    for n, factor in template.factors:
        state, number, text, raw = cells[n]
        if number:
            own = float(Decimal(repr(number)) * factor)  # decimal digits as written: no residue of binary fractions
            converted[n] = (state, own, text, raw or f"{format_number(number)} {template.sheet.inputs[n].unit}")
    return converted


def _find_number_styles(
    values: Sequence[Any], template: SheetTemplate, places: Sequence[CellPosition | None]
) -> Mapping[int, NumberStyle]:  # fmt: skip
    """How numbers are written in each column that holds any as text."""
    columns: dict[int, list[object]] = defaultdict(list)
    for value, counted, at in zip(values, template.counted, places, strict=True):
        if at is not None and counted and type(value) is str:
            columns[at[1]].append(value)
    return {col: find_number_style(texts) for col, texts in columns.items()}


def check_missing_results(grid: SheetGrid, places: Sequence[CellPosition | None]) -> Iterator[RawFinding]:
    """Input cells with a formula whose result the file does not hold: one finding for the sheet."""
    bare = [at for at in places if at in grid.metadata.uncached]
    if bare:
        yield RawFinding("S24", grid.name, format_cell_name(*bare[0]), slots=(("detail", _format_cell_list(bare)),))


def has_hidden_parts(grid: SheetGrid, places: Sequence[CellPosition | None]) -> bool:
    """Whether the sheet hides anything that may be an input cell; merges of its title and signatures do not count."""
    about = grid.metadata
    hidden = about.hidden_rows or about.hidden_cols or about.looks or about.hides_zeros
    return bool(hidden or _list_merges_of_rows(grid, places))


def _list_merges_of_rows(grid: SheetGrid, places: Sequence[CellPosition | None]) -> list[Rectangle]:
    """The merged cells that share a row with an input cell."""
    rows = {at[0] for at in places if at}
    first, last = (min(rows), max(rows)) if rows else (0, -1)
    return [merge for merge in grid.metadata.merges if merge[2] >= first and merge[0] <= last]


def check_hidden_cells(grid: SheetGrid, places: Sequence[CellPosition | None]) -> Iterator[RawFinding]:
    """Input cells that nobody sees: one finding for what is hidden, one for what lies under merged cells."""
    about = grid.metadata
    rows = sorted({at[0] for at in places if at} & about.hidden_rows)
    cols = sorted({at[1] for at in places if at} & about.hidden_cols)
    filled = [(at, value) for at in places if at and (value := grid.rows[at[0]][at[1]]) != ""]
    unseen = [
        at
        for at, value in filled
        if (at in about.looks and about.looks[at].is_hidden(value)) or (about.hides_zeros and value == 0)
    ]
    parts = [f"dòng {', '.join(str(r + 1) for r in rows)}"] if rows else []
    parts += [f"cột {', '.join(format_cell_name(0, c)[:-1] for c in cols)}"] if cols else []
    parts += [f"ô {_format_cell_list(unseen)}"] if unseen else []
    if parts:
        first = next(at for at in places if at and (at[0] in rows or at[1] in cols or at in unseen))
        yield RawFinding("S23", grid.name, format_cell_name(*first), slots=(("found", "; ".join(parts)),))
    merges = _list_merges_of_rows(grid, places)
    covered = [at for at, _ in filled if any(_is_covered(at, merge) for merge in merges)]
    if covered:
        yield RawFinding(
            "S32", grid.name, format_cell_name(*covered[0]), slots=(("found", _format_cell_list(covered)),)
        )


def _is_covered(at: CellPosition, merge: Rectangle) -> bool:
    """Whether a cell lies under merged cells that show another one."""
    top, left, bottom, right = merge
    return top <= at[0] <= bottom and left <= at[1] <= right and at != (top, left)


def check_repeated_cells(grid: SheetGrid) -> Iterator[RawFinding]:
    """Cells that the file holds twice: programs differ in which they show."""
    if grid.metadata.twice:
        first = grid.metadata.twice[0]
        slots = (("found", _format_cell_list(grid.metadata.twice)),)
        yield RawFinding("S33", grid.name, format_cell_name(*first), slots=slots)


def check_sums(
    grid: SheetGrid, template: SheetTemplate, total: int | None, at: Mapping[int, int],
    places: Sequence[CellPosition | None],
    cells: Sequence[ParsedCell], catalogue: Catalogue,
) -> Iterator[RawFinding]:  # fmt: skip
    """Sums that do not agree with their rows: one finding for the sheet, whose value is all of them.

    A sum agrees if it is what the rows say, or what a spreadsheet makes of them, which skips numbers kept as text.
    A column of which any row was not understood is not judged.
    """
    if total is None:
        return
    wrong = []
    numbers = [cell[1] or 0.0 for cell in cells]
    unclear = not _UNCLEAR.isdisjoint(cell[0] for cell in cells)
    for col, indexes in template.by_col.items():
        here = at.get(col)
        value = _parse_sum_cell(grid.rows[total][here], catalogue) if here is not None else None
        if value is None or here is None or (unclear and any(cells[n][0] in _UNCLEAR for n in indexes)):
            continue
        read = math.fsum(numbers[n] for n in indexes)
        if value != read and not _is_close_to_any(
            value, read, _compute_spreadsheet_sum(grid, [places[n] for n in indexes])
        ):
            wrong.append(((total, here), value, read))
    if wrong:
        (place, value, read), *more = wrong
        detail = f" Các cột khác cũng lệch: {_format_cell_list([w[0] for w in more])}." if more else ""
        slots = (("found", format_number(value)), ("expected", format_number(read)), ("detail", detail))
        values = "; ".join(format_number(w[1]) for w in wrong[:_MOST_NAMED])
        yield RawFinding("S18", grid.name, format_cell_name(*place), values, slots)


_UNCLEAR = INVALID | {ABSENT}


def _is_close_to_any(value: float, *sums: float) -> bool:
    return any(math.isclose(value, other, rel_tol=_CLOSE, abs_tol=_CLOSE) for other in sums)


def _compute_spreadsheet_sum(grid: SheetGrid, places: Sequence[CellPosition | None]) -> float:
    """The sum of a column as a spreadsheet makes it: texts are skipped."""
    values = (grid.rows[at[0]][at[1]] for at in places if at)
    return math.fsum(v for v in values if type(v) in (int, float))


def _parse_sum_cell(value: object, catalogue: Catalogue) -> float | None:
    """The number in a cell of sums, if it is clearly one."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else None
    if not isinstance(value, str) or not value:
        return None
    parsed = parse_value(value, ElementKind.STOCK, catalogue.cell_states)
    return parsed[1] if parsed[0] == CellState.VALUE.value else None


def _format_cell_list(places: Sequence[CellPosition]) -> str:
    shown = ", ".join(format_cell_name(*at) for at in places[:_MOST_NAMED])
    return shown + (f" và {len(places) - _MOST_NAMED} ô khác" if len(places) > _MOST_NAMED else "")


def check_outside_numbers(grid: SheetGrid, used: set[int], rows: Sequence[int]) -> Iterator[RawFinding]:
    """Numbers in the table's rows, in columns that are none of the form's: one finding for the sheet."""
    bare = [
        (row, col)
        for row in rows
        for col, value in enumerate(grid.rows[row])
        if col not in used and isinstance(value, int | float) and not isinstance(value, bool)
    ]
    if bare:
        yield RawFinding("S27", grid.name, format_cell_name(*bare[0]), slots=(("found", _format_cell_list(bare)),))
