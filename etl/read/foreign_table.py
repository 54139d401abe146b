"""A table that others issued, read by a layout of the catalogue: each figure with its cell, or why it is refused.

Room: read; called by steps. Pure. Every header and every row must be known to the layout, every number must have one
reading, and a total must be the sum of its parts: a table that says anything else is not read in part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.catalog.layout import format_cell_name
from etl.model import Period
from etl.model.reason import Reason, build_reason
from etl.read.identify import parse_printed_period
from etl.read.unit_matching import match_unit
from etl.read.vietnamese_text import normalize_text

Texts = Sequence[Sequence[str]]
_WHOLE = re.compile(r"-?(?:\d+|\d{1,3}(?:\.\d{3})+)")
_DECIMAL = re.compile(r"-?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+")
_TOP_ROWS = 30


@dataclass(frozen=True)
class ForeignCell:
    """A figure: its cell, as it is written there, whose and which it is, and its value in the data element's unit."""

    cell: str
    written: str
    unit: str
    data_element: str
    value: Decimal


@dataclass(frozen=True)
class ForeignProblem:
    """Why a table is refused: the place (a cell, or nothing for the whole) and the reason."""

    cell: str
    reason: Reason


@dataclass
class ForeignReading:
    """What a table says: its period's key, figures, and all that is wrong. With a problem nothing may be used."""

    layout: str
    period: str = ""
    cells: list[ForeignCell] = field(default_factory=list)
    problems: list[ForeignProblem] = field(default_factory=list)

    def report(self, cell: str, code: str, **slots: str | int) -> None:
        """Notes something wrong."""
        self.problems.append(ForeignProblem(cell, build_reason(f"foreign.{code}", **slots)))


@dataclass(frozen=True)
class _Header:
    """Where a layout's columns are: by the layout's own header; `first` is the row below. `unknown` are other ones."""

    first: int
    columns: dict[str, int]
    unknown: dict[str, int]


def find_matching_layouts(rows: Texts, layouts: Sequence[m.ForeignLayout]) -> list[m.ForeignLayout]:
    """The layouts all of whose headers stand in a table."""
    return [layout for layout in layouts if _find_header(rows, layout)]


def read_foreign_table(
    catalogue: Catalogue, layout: m.ForeignLayout, rows: Texts, units: Sequence[m.Unit], asked_period: str = ""
) -> ForeignReading:
    """What a table says by a layout.

    Args:
        catalogue: What data elements are.
        layout: How the table is laid out.
        rows: The cells' texts, numbers as Vietnamese documents write them.
        units: The units that may stand in it.
        asked_period: The key of the period that a person named; needed where the layout has no line for it.
    """
    reading = ForeignReading(layout.id)
    header = _find_header(rows, layout)
    if header is None:
        reading.report("", "no_header", layout=layout.title)
        return reading
    for text, col in header.unknown.items():
        reading.report(format_cell_name(header.first - 1, col), "unknown_header", header=text)
    above = rows[: header.first]
    reading.period = _read_period(reading, layout, above, asked_period)
    if layout.rows == "units":
        _read_unit_rows(reading, catalogue, layout, rows, header, units)
    else:
        _read_figure_rows(reading, catalogue, layout, rows, header, units)
    return reading


def _find_header(rows: Texts, layout: m.ForeignLayout) -> _Header | None:
    """The first row, or two rows together, in which every header of the layout stands once."""
    own = [layout.unit_header, layout.label_header, layout.value_header]
    wanted = {_fold(text): text for text in own if text}
    if layout.rows == "units":
        wanted |= {_fold(figure.header): figure.header for figure in layout.figures}
    ignored = {_fold(text) for text in layout.ignored}
    for first in range(min(len(rows), _TOP_ROWS)):
        for texts, below in ((rows[first], first + 1), (_join_rows(rows[first : first + 2]), first + 2)):
            folded = [_fold(text) for text in texts]
            if all(folded.count(text) == 1 for text in wanted):
                columns = {text: folded.index(key) for key, text in wanted.items()}
                known = wanted.keys() | ignored | {""}
                unknown = {text: col for col, text in enumerate(texts) if _fold(text) not in known}
                return _Header(below, columns, unknown)
    return None


def _join_rows(rows: Texts) -> list[str]:
    """Two rows of headers as one: what heads several columns goes with each of them."""
    joined, above = [], ""
    for top, below in zip(*rows, strict=True) if len(rows) == 2 else ():
        above = top or (above if below else "")
        joined.append(f"{above} {below}".strip())
    return joined


def _read_period(reading: ForeignReading, layout: m.ForeignLayout, above: Texts, asked: str) -> str:
    """The period that is printed, that was asked for, or both where they agree."""
    printed = ""
    if layout.period_line:
        lines = list(_iterate_lines(above, layout.period_line))
        keys = {parse_printed_period(text) for _, text in lines}
        printed = next(iter(keys)) if len(keys) == 1 else ""
        if not printed:
            reading.report(lines[0][0] if lines else "", "no_period", line=layout.period_line)
    elif not asked:
        reading.report("", "ask_period")
    if asked and printed and asked != printed:
        reading.report("", "other_period", asked=Period.parse(asked).name, printed=Period.parse(printed).name)
    return printed or asked


def _iterate_lines(above: Texts, begins: str) -> Iterator[tuple[str, str]]:
    """The printed lines that begin with some words, without them: (cell, rest in small letters)."""
    start = _fold(begins)
    for r, row in enumerate(above):
        for c, text in enumerate(row):
            if _fold(text).startswith(start):
                yield format_cell_name(r, c), _fold(text).removeprefix(start).strip(" :")


def _read_unit_rows(
    reading: ForeignReading,
    catalogue: Catalogue,
    layout: m.ForeignLayout,
    rows: Texts,
    header: _Header,
    units: Sequence[m.Unit],
) -> None:
    seen: dict[str, str] = {}
    totals: list[tuple[int, Sequence[str]]] = []
    unit_col = header.columns[layout.unit_header]
    for r, row in enumerate(rows[header.first :], start=header.first):
        label, place = row[unit_col] or next((text for text in row if text), ""), format_cell_name(r, unit_col)
        numbers_columns = r == header.first and _is_numbering(row) and row[unit_col] not in layout.unit_codes
        if not label or numbers_columns or _is_among(label, (*layout.sections, *layout.ignored)):
            continue
        if _is_among(label, layout.totals):
            totals.append((r, row))
            continue
        code = _find_unit_code(reading, layout, place, row[unit_col], units)
        if code in seen:
            reading.report(place, "unit_twice", unit=row[unit_col], first=seen[code])
        elif code:
            seen[code] = place
            for figure in layout.figures:
                _read_cell(reading, catalogue, figure, code, (r, header.columns[figure.header], row))
    for r, row in totals:
        for figure in layout.figures:
            _check_total(reading, figure, (r, header.columns[figure.header], row))


def _read_figure_rows(
    reading: ForeignReading,
    catalogue: Catalogue,
    layout: m.ForeignLayout,
    rows: Texts,
    header: _Header,
    units: Sequence[m.Unit],
) -> None:
    lines = list(_iterate_lines(rows[: header.first], layout.unit_line))
    code = _find_unit_code(reading, layout, *lines[0], units) if len(lines) == 1 else ""
    if len(lines) != 1:
        reading.report("", "no_unit", line=layout.unit_line)
    figures = {_fold(figure.header): figure for figure in layout.figures}
    label_col, value_col = header.columns[layout.label_header], header.columns[layout.value_header]
    found: set[str] = set()
    for r, row in enumerate(rows[header.first :], start=header.first):
        label, place = row[label_col], format_cell_name(r, label_col)
        figure = figures.get(_fold(label))
        if figure is None:
            known = (*layout.sections, *layout.ignored, *layout.totals)
            numbers_columns = r == header.first and _is_numbering(row)
            if any(row) and not numbers_columns and not _is_among(label or next(t for t in row if t), known):
                reading.report(place, "unknown_row", label=label)
        elif figure.header in found:
            reading.report(place, "row_twice", label=label)
        else:
            found.add(figure.header)
            _read_cell(reading, catalogue, figure, code, (r, value_col, row))
    for lacking in (figure.header for figure in layout.figures if figure.header not in found):
        reading.report("", "row_missing", label=lacking)


def _find_unit_code(
    reading: ForeignReading, layout: m.ForeignLayout, place: str, text: str, units: Sequence[m.Unit]
) -> str:
    """Our code of the unit that a cell names by code or name; empty, and noted, where that is not certain."""
    codes = {unit.code for unit in units}
    if layout.unit_codes:
        code = layout.unit_codes.get(text, "")
    else:
        code = text if text in codes else match_unit(text, units).code
    if code not in codes:
        reading.report(place, "unknown_unit", unit=text)
        return ""
    return code


def _read_cell(
    reading: ForeignReading,
    catalogue: Catalogue,
    figure: m.ForeignFigure,
    unit: str,
    at: tuple[int, int, Sequence[str]],
) -> None:
    r, c, row = at
    written, cell, element = row[c], format_cell_name(r, c), catalogue.elements[figure.data_element]
    if not written:
        return
    scaled = figure.factor != 1 or not element.integer
    number = None if scaled and "." in written else parse_exact_number(written)  # thousands, or decimals?
    value = None if number is None else number * figure.factor
    if value is None:
        reading.report(cell, "no_number", written=written)
    elif element.integer and value != value.to_integral_value():
        reading.report(cell, "not_whole", written=written, name=element.name)
    elif unit:
        reading.cells.append(ForeignCell(cell, written, unit, element.code, value))


def _check_total(reading: ForeignReading, figure: m.ForeignFigure, at: tuple[int, int, Sequence[str]]) -> None:
    r, c, row = at
    number = parse_exact_number(row[c]) if row[c] else None
    total = sum((cell.value for cell in reading.cells if cell.data_element == figure.data_element), Decimal())
    if row[c] and (number is None or number * figure.factor != total):
        reading.report(format_cell_name(r, c), "wrong_total", written=row[c], total=format(total / figure.factor, "f"))


def parse_exact_number(text: str) -> Decimal | None:
    """A number as Vietnamese documents write it: ``12.345`` is whole, ``1,5`` has a decimal; None for all else."""
    plain = text.replace(" ", "")
    if _WHOLE.fullmatch(plain):
        return Decimal(plain.replace(".", ""))
    return Decimal(plain.replace(".", "").replace(",", ".")) if _DECIMAL.fullmatch(plain) else None


def _is_among(text: str, choices: Sequence[str]) -> bool:
    return _fold(text) in {_fold(choice) for choice in choices}


def _is_numbering(row: Sequence[str]) -> bool:
    """Whether a row only numbers the columns: (1), (2), (3), or A, B, 1, 2."""
    texts = [text.strip("()") for text in row if text]
    numbers = [int(text) for text in texts if text.isdigit()]
    letters = [text for text in texts if not text.isdigit()]
    in_order = all(b == a + 1 for a, b in pairwise(numbers))
    return len(texts) > 2 and len(numbers) > 1 and in_order and numbers[0] == 1 and all(len(t) == 1 for t in letters)


def _fold(text: str) -> str:
    return normalize_text(text).casefold().strip()
