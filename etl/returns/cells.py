"""The cells of one worksheet part: found or made at their place, their style changed and nothing else.

Inside the returns room only. Rows and columns count from 1. Positions that a file leaves out are counted, as the
format allows.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, NamedTuple

from lxml import etree

from etl.catalog.layout import cell_name
from etl.returns.book import local
from etl.returns.package import OddWorkbook

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})")
_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 16_384
_MERGE_CELLS = 64
"""Cells of a merged area that get the border; a larger area shows its mark on the first ones well enough."""
_MOST_AREAS = 20_000
"""Merged areas or ranges of columns that are worth searching; Excel has at most 16,384 columns."""
_DEFAULT_WIDTH, _DEFAULT_HEIGHT = 9.14, 15.0


class Place(NamedTuple):
    """A cell's position."""

    row: int
    col: int

    @property
    def name(self) -> str:
        """Its A1 name."""
        return cell_name(self.row - 1, self.col - 1)


def place_of(name: str) -> Place | None:
    """``D14`` or the first cell of ``D14:F20``; None for anything else."""
    match = _CELL.fullmatch(name.partition(":")[0].strip())
    if not match:
        return None
    col = 0
    for letter in match[1].upper():
        col = col * 26 + ord(letter) - 64
    row = int(match[2])
    return Place(row, col) if row <= _MOST_ROWS and col <= _MOST_COLUMNS else None


class Cells:
    """The cells of a worksheet. `root` is changed in place."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._ns = f"{{{etree.QName(root).namespace}}}"
        self._data = root.find(f"{self._ns}sheetData")
        self._rows: dict[int, Any] = {}
        self._in_row: dict[int, dict[int, Any]] = {}
        self._widths: dict[int, int] = {}
        self._heights: dict[int, int] = {}
        self._uncounted = False
        number = 0
        for row in () if self._data is None else self._data:
            if local(row) == "row":
                self._uncounted |= row.get("r") is None
                number = _whole(row.get("r"), number + 1)
                self._rows.setdefault(number, row)
        self._numbers = sorted(self._rows)
        self._merges = list(self._merged())
        self._columns = list(self._column_ranges())
        if len(self._merges) > _MOST_AREAS or len(self._columns) > _MOST_AREAS:
            raise OddWorkbook("too many merged areas or ranges of columns")

    def all(self) -> Iterator[tuple[Place, Any]]:
        """Every cell that is written, with its place."""
        for row in self._rows:
            for col, cell in self._row(row).items():
                yield Place(row, col), cell

    def anchor(self, place: Place) -> Place:
        """The cell that shows at a place: the first of a merged area."""
        area = self._area(place)
        return Place(area[0], area[1]) if area else place

    def shown_together(self, place: Place) -> list[Place]:
        """The cell and the rest of its merged area, as far as a mark needs them."""
        area = self._area(place)
        if area is None:
            return [place]
        top, left, bottom, right = area
        found = (Place(row, col) for row in range(top, bottom + 1) for col in range(left, right + 1))
        return [cell for cell, _ in zip(found, range(_MERGE_CELLS), strict=False)]

    def style(self, place: Place) -> int:
        """The cell format at a place: the cell's own, else its row's, else its column's."""
        row = self._rows.get(place.row)
        cell = None if row is None else self._row(place.row).get(place.col)
        if cell is not None:
            return _whole(cell.get("s"), 0)
        if row is not None and row.get("customFormat") in {"1", "true"}:
            return _whole(row.get("s"), 0)
        return _whole(self._column(place.col).get("style"), 0)

    def restyle(self, place: Place, style: int) -> None:
        """Gives a cell another format; a cell or row that is not there is made, empty, in its order."""
        self._cell(place).set("s", str(style))

    # --- geometry, for the boxes of comments ------------------------------------------------------

    def width(self, col: int) -> int:
        """A column's width in pixels of a 96-dpi screen."""
        if col not in self._widths:
            self._widths[col] = self._width(col)
        return self._widths[col]

    def _width(self, col: int) -> int:
        found, shape = self._column(col), self._root.find(f"{self._ns}sheetFormatPr")
        if found.get("hidden") in {"1", "true"}:
            return 0
        default = _DEFAULT_WIDTH if shape is None else _real(shape.get("defaultColWidth"), _DEFAULT_WIDTH)
        return int(_real(found.get("width"), default) * 7 + 5)

    def height(self, row: int) -> int:
        """A row's height in pixels of a 96-dpi screen."""
        if row not in self._heights:
            self._heights[row] = self._height(row)
        return self._heights[row]

    def _height(self, row: int) -> int:
        found = self._rows.get(row)
        if found is not None and found.get("hidden") in {"1", "true"}:
            return 0
        shape = self._root.find(f"{self._ns}sheetFormatPr")
        default = _DEFAULT_HEIGHT if shape is None else _real(shape.get("defaultRowHeight"), _DEFAULT_HEIGHT)
        return int((default if found is None else _real(found.get("ht"), default)) * 4 / 3)

    # --- finding and making -----------------------------------------------------------------------

    def _column_ranges(self) -> Iterator[tuple[int, int, Any]]:
        for entry in self._root.iterfind(f"{self._ns}cols/{self._ns}col"):
            yield _whole(entry.get("min"), 0), _whole(entry.get("max"), 0), entry

    def _column(self, col: int) -> Any:
        """What is said of a column; nothing if nothing is."""
        return next((entry for first, last, entry in self._columns if first <= col <= last), {})

    def _merged(self) -> Iterator[tuple[int, int, int, int]]:
        for entry in self._root.iterfind(f"{self._ns}mergeCells/{self._ns}mergeCell"):
            first, _, last = entry.get("ref", "").partition(":")
            start, end = place_of(first), place_of(last or first)
            if start and end:
                yield start.row, start.col, end.row, end.col

    def _area(self, place: Place) -> tuple[int, int, int, int] | None:
        inside = (m for m in self._merges if m[0] <= place.row <= m[2] and m[1] <= place.col <= m[3])
        return next(inside, None)

    def _row(self, number: int) -> dict[int, Any]:
        if number not in self._in_row:
            found: dict[int, Any] = {}
            col = 0
            for cell in self._rows[number]:
                if local(cell) == "c":
                    written = place_of(cell.get("r", ""))
                    col = written.col if written else col + 1
                    found.setdefault(col, cell)
            self._in_row[number] = found
        return self._in_row[number]

    def _cell(self, place: Place) -> Any:
        if place.row not in self._rows:
            self._make_row(place.row)
        cells = self._row(place.row)
        if place.col not in cells:
            cell = etree.Element(f"{self._ns}c")
            cell.set("r", place.name)
            row = self._rows[place.row]
            row.attrib.pop("spans", None)  # a hint only, and now too narrow perhaps
            before = [col for col in cells if col < place.col]
            _name_neighbours(place.row, cells)
            if before:
                cells[max(before)].addnext(cell)
            else:
                row.insert(0, cell)
            cells[place.col] = cell
            self._stretch(place)
        return cells[place.col]

    def _make_row(self, number: int) -> None:
        if self._data is None:
            self._data = etree.Element(f"{self._ns}sheetData")
            insert_ordered(self._root, self._data)
        row = etree.Element(f"{self._ns}row")
        row.set("r", str(number))
        at = bisect_left(self._numbers, number)
        if self._uncounted:
            self._uncounted = False
            for known, element in self._rows.items():
                element.set("r", str(known))
        if at:
            self._rows[self._numbers[at - 1]].addnext(row)
        else:
            self._data.insert(0, row)
        self._rows[number] = row
        self._numbers.insert(at, number)

    def _stretch(self, place: Place) -> None:
        """Keeps the sheet's declared area as large as its cells."""
        declared = self._root.find(f"{self._ns}dimension")
        if declared is None:
            return
        first, _, last = declared.get("ref", "").partition(":")
        start, end = place_of(first), place_of(last or first)
        if start and end:
            top, left = min(start.row, place.row), min(start.col, place.col)
            bottom, right = max(end.row, place.row), max(end.col, place.col)
            declared.set("ref", f"{Place(top, left).name}:{Place(bottom, right).name}")


SHEET_ORDER = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins",
    "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors",
    "smartTags", "drawing", "legacyDrawing",
)  # fmt: skip
"""The order of a worksheet's parts (ECMA-376-1, 18.3.1.99), up to the last that is ever inserted here."""


def insert_ordered(root: Any, element: Any) -> None:
    """Puts a part of a worksheet where the format wants it: a wrong order makes Excel offer a repair."""
    earlier = set(SHEET_ORDER[: SHEET_ORDER.index(local(element))])
    place = [index for index, child in enumerate(root) if local(child) in earlier]
    root.insert(place[-1] + 1 if place else 0, element)


def _name_neighbours(row: int, cells: dict[int, Any]) -> None:
    """Cells without a written position get theirs before another comes between them."""
    for col, cell in cells.items():
        cell.set("r", Place(row, col).name)


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() else default


def _real(text: str | None, default: float) -> float:
    try:
        return float(text) if text else default
    except ValueError:
        return default
