"""A table that others issued, read by a layout of the catalogue: each figure with its cell, or why it is refused.

Room: read; called by steps. Pure. Every header and every row must be known to the layout, every number must have one
reading, and a total must be the sum of its parts: a table that says anything else is not read in part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from etl.catalog import Catalogue, models
from etl.catalog.layout import format_cell_name
from etl.model import Period
from etl.model.reason import Reason, build_reason
from etl.read.foreign_labels import (
    LayoutWords,
    TableHeader,
    Texts,
    build_layout_words,
    find_header,
    fold_label,
    is_numbering,
    iterate_lines,
)
from etl.read.identify import find_printed_periods, has_scaled_measure, parse_printed_period
from etl.read.unit_matching import match_unit

_GROUPS = r"-?(?:\d+|\d{1,3}([. ])\d{3}(?:\1\d{3})*)"
_WHOLE, _DECIMAL = re.compile(_GROUPS), re.compile(rf"{_GROUPS},(\d+)")


@dataclass(frozen=True)
class TableSource:
    """A foreign table as it came: its cells' texts (numbers as Vietnamese documents write them), the file's name, the
    inbox folder (empty where a person gives the file), and the key of the period that a person named."""

    rows: Texts
    name: str = ""
    folder: str = ""
    asked_period: str = ""


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


def find_matching_layouts(source: TableSource, layouts: Sequence[models.ForeignLayout]) -> list[models.ForeignLayout]:
    """The layouts all of whose headers stand in a table; of several, those that name its sender's folder."""
    fitting = [layout for layout in layouts if find_header(source.rows, build_layout_words(layout))]
    of_sender = [layout for layout in fitting if source.folder and source.folder in layout.folders]
    return of_sender or fitting


def read_foreign_table(
    catalogue: Catalogue, layout: models.ForeignLayout, source: TableSource, units: Sequence[models.Unit]
) -> ForeignReading:
    """What a table says by a layout.

    Args:
        catalogue: What data elements are.
        layout: How the table is laid out.
        source: The table.
        units: The units that may stand in it.
    """
    reading, words = ForeignReading(layout.id), build_layout_words(layout)
    header = find_header(source.rows, words)
    if header is None:
        reading.report("", "no_header", layout=layout.title)
        return reading
    reader = _TableReader(catalogue, words, source, units, header, reading)
    reader.check_header()
    reader.read_period()
    if layout.rows == "units":
        reader.read_unit_rows()
    else:
        reader.read_figure_rows()
    return reading


@dataclass(frozen=True)
class _TableReader:
    """One table while it is read; what it says and what is wrong goes into `reading`."""

    catalogue: Catalogue
    words: LayoutWords
    source: TableSource
    units: Sequence[models.Unit]
    header: TableHeader
    reading: ForeignReading

    @property
    def layout(self) -> models.ForeignLayout:
        return self.words.layout

    @property
    def body(self) -> Iterator[tuple[int, Sequence[str]]]:
        """The rows below the header that say anything; the one that only numbers the columns does not."""
        first = self.header.below
        unit_col = self.header.columns.get(fold_label(self.layout.unit_header), 0)
        for r, row in enumerate(self.source.rows[first:], start=first):
            numbering = r == first and is_numbering(row) and row[unit_col] not in self.layout.unit_codes
            if any(row) and not numbering:
                yield r, row

    # --- what stands above -----------------------------------------------------------------------------

    def check_header(self) -> None:
        """Every header must be known, and nothing above it may say what the columns, or all numbers, are."""
        for col, text in self.header.unknown:
            self.reading.report(format_cell_name(self.header.below - 1, col), "unknown_header", header=text)
        lines = {fold_label(text) for text in (self.layout.unit_line, self.layout.period_line) if text}
        above = self.source.rows[: self.header.top]
        figure_columns = [c for name, c in self.header.columns.items() if name not in self._list_label_headers()]
        for c in figure_columns if above else ():
            text = above[-1][c]
            known = any(fold_label(text).startswith(line) for line in lines) or self._is_measure_note(text)
            if text and not known and self.words.find_row_kind(text) != "ignored":
                self.reading.report(format_cell_name(len(above) - 1, c), "above_header", text=text)
        self._check_measure_notes(above)

    def _list_label_headers(self) -> set[str]:
        return {fold_label(self.layout.unit_header), fold_label(self.layout.label_header)}

    def _is_measure_note(self, text: str) -> bool:
        return bool(self.layout.measure_note) and fold_label(text) == fold_label(self.layout.measure_note)

    def _check_measure_notes(self, above: Texts) -> None:
        found = False
        for r, row in enumerate(self.source.rows):
            for c, text in enumerate(row):
                is_own = self._is_measure_note(text)
                found |= is_own and r < len(above)
                if not is_own and has_scaled_measure(text) and self.words.find_row_kind(text) != "ignored":
                    self.reading.report(format_cell_name(r, c), "measure", text=text)
        if self.layout.measure_note and not found:
            self.reading.report("", "no_measure", note=self.layout.measure_note)

    def read_period(self) -> None:
        """The period that is printed, in the file's name, and asked for: all that there are must be the same."""
        above, layout = self.source.rows[: self.header.top], self.layout
        said = {"asked": self.source.asked_period} if self.source.asked_period else {}
        if layout.period_line:
            lines = list(iterate_lines(above, layout.period_line))
            keys = {key for r, c, text in lines for key in _list_line_periods(text, above[r][c])}
            place = format_cell_name(*lines[0][:2]) if lines else ""
            if len(keys) == 1 and "" not in keys:
                said["printed"] = next(iter(keys))
            else:
                self.reading.report(place, "no_period", line=layout.period_line)
        if layout.period_in_name and self.source.name:
            named = find_printed_periods(re.sub(r"[_.\-]+", " ", self.source.name))  # also "2026Q3", as ours are named
            if len(named) == 1:
                said["named"] = next(iter(named))
            else:
                self.reading.report("", "no_name_period", name=self.source.name)
        if not said and not (layout.period_line or layout.period_in_name):
            self.reading.report("", "ask_period")
        keys = set(said.values())
        self.reading.period = next(iter(keys)) if len(keys) == 1 else ""
        if len(keys) > 1:
            first, other = sorted(keys)[:2]
            self.reading.report("", "other_period", first=Period.parse(first).name, other=Period.parse(other).name)
        self._check_other_periods(above)

    def _check_other_periods(self, above: Texts) -> None:
        """Lines above the table that speak of another period than the one that was taken."""
        for r, row in enumerate(above):
            for c, text in enumerate(row):
                others = find_printed_periods(text) if self.words.find_row_kind(text) != "ignored" else set()
                for other in map(Period.parse, sorted(others)) if self.reading.period else ():
                    own = Period.parse(self.reading.period)
                    if not other.start <= own.start <= own.end <= other.end:
                        self.reading.report(format_cell_name(r, c), "other_period", first=own.name, other=other.name)

    # --- a unit a row ----------------------------------------------------------------------------------

    def read_unit_rows(self) -> None:
        """Figures in columns. A row without a unit is a section or a total that the layout knows."""
        seen: dict[str, str] = {}
        unit_col = self.header.columns[fold_label(self.layout.unit_header)]
        totals: list[tuple[str, int, int]] = []  # kind, row, number of figures read before it
        for r, row in self.body:
            label, place = row[unit_col] or next(text for text in row if text), format_cell_name(r, unit_col)
            kind = self.words.find_row_kind(label)
            if kind in {"section", "ignored"}:
                self._refuse_numbers(r, row)
            if kind and kind != "ignored":
                totals.append((kind, r, len(self.reading.cells)))
            elif not kind:
                code = self._find_unit_code(place, row[unit_col])
                if code in seen:
                    self.reading.report(place, "unit_twice", unit=row[unit_col], first=seen[code])
                elif code:
                    seen[code] = place
                    for figure in self.layout.figures:
                        self._read_cell(figure, code, (r, self._find_column(figure.header)))
                    for total, parts in self.layout.sums.items():
                        own = [
                            c for c in self.reading.cells if c.unit == code and c.data_element in self._elements(parts)
                        ]
                        self._check_sum((r, self._find_column(total)), self._get_factor(total), own)
        self._check_totals(totals)

    def _refuse_numbers(self, r: int, row: Sequence[str]) -> None:
        for figure in self.layout.figures:
            c = self._find_column(figure.header)
            if parse_exact_number(row[c]) is not None:
                self.reading.report(format_cell_name(r, c), "number_in_section", written=row[c])

    def _check_totals(self, marks: Sequence[tuple[str, int, int]]) -> None:
        """Totals against all units, subtotals against those of their part."""
        cells = self.reading.cells
        bounds = [0, *(count for kind, _, count in marks if kind in {"section", "subtotal"}), len(cells)]
        for kind, r, count in marks:
            if kind == "subtotal":
                before = self.layout.subtotal_place == "before"
                first = count if before else max((b for b in bounds if b < count), default=count)
                last = min((b for b in bounds if b > count), default=count) if before else count
                self._check_row_sums(r, cells[first:last])
            elif kind == "total":
                self._check_row_sums(r, cells)

    def _check_row_sums(self, r: int, parts: Sequence[ForeignCell]) -> None:
        for figure in self.layout.figures:
            own = [cell for cell in parts if cell.data_element == figure.data_element]
            self._check_sum((r, self._find_column(figure.header)), self._compute_factor(figure), own)

    # --- a figure a row --------------------------------------------------------------------------------

    def read_figure_rows(self) -> None:
        """Figures in rows, all of one unit: the one that a line above names, or the sender."""
        code = self._read_own_unit()
        figures = {(fold_label(f.section), fold_label(f.header)): f for f in self.layout.figures}
        sums = {fold_label(total): (total, parts) for total, parts in self.layout.sums.items()}
        label_col, value_col = (
            self.header.columns[fold_label(text)] for text in (self.layout.label_header, self.layout.value_header)
        )
        found: set[tuple[str, str]] = set()
        to_add: list[tuple[int, str, tuple[str, ...]]] = []
        section = ""
        for r, row in self.body:
            label = row[label_col] or next(text for text in row if text)
            name, kind, place = self.words.normalize_label(label), self.words.find_row_kind(label), ""
            key = (section, name) if (section, name) in figures else ("", name)
            place = format_cell_name(r, label_col)
            if kind == "section":
                section = name
            if name in sums:
                to_add.append((r, *sums[name]))
            if key in found:
                self.reading.report(place, "row_twice", label=label)
            elif key in figures:
                found.add(key)
                self._read_cell(figures[key], code, (r, value_col))
            elif not kind and name not in sums:
                self.reading.report(place, "unknown_row", label=label)
            elif kind == "section" and parse_exact_number(row[value_col]) is not None:
                self.reading.report(format_cell_name(r, value_col), "number_in_section", written=row[value_col])
        for lacking in (figure.header for key, figure in figures.items() if key not in found):
            self.reading.report("", "row_missing", label=lacking)
        for r, total, parts in to_add:
            own = [cell for cell in self.reading.cells if cell.data_element in self._elements(parts)]
            self._check_sum((r, value_col), self._get_factor(total), own)

    def _read_own_unit(self) -> str:
        if not self.layout.unit_line:
            if self.source.folder in {unit.code for unit in self.units}:
                return self.source.folder
            self.reading.report("", "no_sender", folder=self.source.folder or "-")
            return ""
        lines = list(iterate_lines(self.source.rows[: self.header.top], self.layout.unit_line))
        if len(lines) != 1:
            self.reading.report("", "no_unit", line=self.layout.unit_line)
            return ""
        r, c, text = lines[0]
        return self._find_unit_code(format_cell_name(r, c), text)

    # --- one cell --------------------------------------------------------------------------------------

    def _find_column(self, header: str) -> int:
        return self.header.columns[fold_label(header)]

    def _elements(self, headers: Iterable[str]) -> set[str]:
        wanted = set(headers)
        return {figure.data_element for figure in self.layout.figures if figure.header in wanted}

    def _get_factor(self, header: str) -> Decimal:
        """The factor of a figure; that of its parts where the sum is no figure itself."""
        wanted = {header} if any(f.header == header for f in self.layout.figures) else {*self.layout.sums[header]}
        return next(self._compute_factor(figure) for figure in self.layout.figures if figure.header in wanted)

    def _compute_factor(self, figure: models.ForeignFigure) -> Decimal:
        """What a figure's number is multiplied with to be in its data element's unit: the loader knows there is one."""
        element = self.catalogue.elements[figure.data_element]
        return self.catalogue.get_measure_factor(figure.unit, element.unit)

    def _find_unit_code(self, place: str, text: str) -> str:
        """Our code of the unit that a cell names by code or name; empty, and noted, where that is not certain."""
        codes = {unit.code for unit in self.units}
        if self.layout.unit_codes:
            code = self.layout.unit_codes.get(text, "")
        else:
            code = text if text in codes else match_unit(text, self.units).code
        if code not in codes:
            self.reading.report(place, "unknown_unit", unit=text)
            return ""
        return code

    def _read_cell(self, figure: models.ForeignFigure, unit: str, at: tuple[int, int]) -> None:
        written, cell = self.source.rows[at[0]][at[1]], format_cell_name(*at)
        mark = self.layout.marks.get(written, "")
        if not written or mark == "missing":
            return
        element = self.catalogue.elements[figure.data_element]
        factor = self._compute_factor(figure)
        scaled = factor != 1 or not element.integer
        number = Decimal() if mark == "zero" else parse_exact_number(written, scaled=scaled)
        if number is None:
            self.reading.report(cell, "no_number", written=written)
        elif element.integer and (number * factor) % 1:
            self.reading.report(cell, "not_whole", written=written, name=element.name)
        elif unit:
            self.reading.cells.append(ForeignCell(cell, written, unit, element.code, number * factor))

    def _check_sum(self, at: tuple[int, int], factor: Decimal, parts: Iterable[ForeignCell]) -> None:
        written = self.source.rows[at[0]][at[1]]
        number = parse_exact_number(written)
        total = sum((cell.value for cell in parts), Decimal())
        if written and written not in self.layout.marks and (number is None or number * factor != total):
            shown = format((total / factor).normalize(), "f").replace(".", ",")
            self.reading.report(format_cell_name(*at), "wrong_total", written=written, total=shown)


def _list_line_periods(rest: str, line: str) -> set[str]:
    """The periods of a line that begins with words of the layout: what follows them, else what it says as a whole."""
    key = parse_printed_period(rest)
    return {key} if key else find_printed_periods(line) or {""}


def parse_exact_number(text: str, *, scaled: bool | None = None) -> Decimal | None:
    """A number as Vietnamese documents write it: ``12.345`` is whole, ``1,5`` has a decimal; None for all else.

    Args:
        text: As it is written; thousands are parted by points or by spaces, in threes.
        scaled: Whether the number may have decimals: then a point has two readings (thousands, decimals); where it is
            counted whole, three decimals have. None asks for neither.
    """
    plain = text.replace("\u00a0", " ").replace("\u202f", " ").strip()
    whole, decimal = _WHOLE.fullmatch(plain), _DECIMAL.fullmatch(plain)
    if not (whole or decimal) or (scaled and "." in plain) or (scaled is False and decimal and len(decimal[2]) == 3):
        return None
    return Decimal(plain.replace(".", "").replace(" ", "").replace(",", "."))
