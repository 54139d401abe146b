"""The cells of one worksheet part: found or made at their place, their style changed and nothing else.

Room: ooxml. Rows and columns count from 1. Positions that a file leaves out are counted, as the
format allows.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, NamedTuple

from lxml import etree

from etl.catalog.layout import format_cell_name
from etl.ooxml.opc_package import UneditablePackageError
from etl.ooxml.workbook_part import get_local_name

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})")
_MAX_ROWS, _MAX_COLUMNS = 1_048_576, 16_384
_MAX_MERGED_CELLS = 64
"""Cells of a merged area that get the border; a larger area shows its mark on the first ones well enough."""
_MAX_AREAS = 20_000
"""Merged areas or ranges of columns that are worth searching; Excel has at most 16,384 columns."""
_DEFAULT_WIDTH, _DEFAULT_HEIGHT = 9.14, 15.0


class CellReference(NamedTuple):
    """A cell's position."""

    row: int
    col: int

    @property
    def name(self) -> str:
        """Its A1 name."""
        return format_cell_name(self.row - 1, self.col - 1)


def parse_cell_reference(name: str) -> CellReference | None:
    """``D14`` or the first cell of ``D14:F20``; None for anything else."""
    match = _CELL.fullmatch(name.partition(":")[0].strip())
    if not match:
        return None
    col = 0
    for letter in match[1].upper():
        col = col * 26 + ord(letter) - 64
    row = int(match[2])
    return CellReference(row, col) if row <= _MAX_ROWS and col <= _MAX_COLUMNS else None


class WorksheetCells:
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
            if get_local_name(row) == "row":
                self._uncounted |= row.get("r") is None
                number = _parse_whole_number(row.get("r"), number + 1)
                self._rows.setdefault(number, row)
        self._numbers = sorted(self._rows)
        self._merges = list(self._list_merged_areas())
        self._columns = list(self._list_column_ranges())
        if len(self._merges) > _MAX_AREAS or len(self._columns) > _MAX_AREAS:
            raise UneditablePackageError("too many merged areas or ranges of columns")

    def list_cells(self) -> Iterator[tuple[CellReference, Any]]:
        """Every cell that is written, with its place."""
        for row in self._rows:
            for col, cell in self._list_row_cells(row).items():
                yield CellReference(row, col), cell

    def find_anchor_cell(self, place: CellReference) -> CellReference:
        """The cell that shows at a place: the first of a merged area."""
        area = self._find_merged_area(place)
        return CellReference(area[0], area[1]) if area else place

    def list_merged_cells(self, place: CellReference) -> list[CellReference]:
        """The cell and the rest of its merged area, as far as a mark needs them."""
        area = self._find_merged_area(place)
        if area is None:
            return [place]
        top, left, bottom, right = area
        found = (CellReference(row, col) for row in range(top, bottom + 1) for col in range(left, right + 1))
        return [cell for cell, _ in zip(found, range(_MAX_MERGED_CELLS), strict=False)]

    def find_cell_style(self, place: CellReference) -> int:
        """The cell format at a place: the cell's own, else its row's, else its column's."""
        row = self._rows.get(place.row)
        cell = None if row is None else self._list_row_cells(place.row).get(place.col)
        if cell is not None:
            return _parse_whole_number(cell.get("s"), 0)
        if row is not None and row.get("customFormat") in {"1", "true"}:
            return _parse_whole_number(row.get("s"), 0)
        return _parse_whole_number(self._find_column_entry(place.col).get("style"), 0)

    def apply_cell_style(self, place: CellReference, style: int) -> None:
        """Gives a cell another format; a cell or row that is not there is made, empty, in its order."""
        self._find_or_insert_cell(place).set("s", str(style))

    # --- geometry, for the boxes of comments ------------------------------------------------------

    def find_column_width(self, col: int) -> int:
        """A column's width in pixels of a 96-dpi screen."""
        if col not in self._widths:
            self._widths[col] = self._compute_column_width(col)
        return self._widths[col]

    def _compute_column_width(self, col: int) -> int:
        column, shape = self._find_column_entry(col), self._root.find(f"{self._ns}sheetFormatPr")
        if column.get("hidden") in {"1", "true"}:
            return 0
        default = _DEFAULT_WIDTH if shape is None else _parse_real_number(shape.get("defaultColWidth"), _DEFAULT_WIDTH)
        return int(_parse_real_number(column.get("width"), default) * 7 + 5)

    def find_row_height(self, row: int) -> int:
        """A row's height in pixels of a 96-dpi screen."""
        if row not in self._heights:
            self._heights[row] = self._compute_row_height(row)
        return self._heights[row]

    def _compute_row_height(self, row: int) -> int:
        row_element = self._rows.get(row)
        if row_element is not None and row_element.get("hidden") in {"1", "true"}:
            return 0
        shape = self._root.find(f"{self._ns}sheetFormatPr")
        default = (
            _DEFAULT_HEIGHT if shape is None else _parse_real_number(shape.get("defaultRowHeight"), _DEFAULT_HEIGHT)
        )
        return int((default if row_element is None else _parse_real_number(row_element.get("ht"), default)) * 4 / 3)

    # --- finding and making -----------------------------------------------------------------------

    def _list_column_ranges(self) -> Iterator[tuple[int, int, Any]]:
        for entry in self._root.iterfind(f"{self._ns}cols/{self._ns}col"):
            yield _parse_whole_number(entry.get("min"), 0), _parse_whole_number(entry.get("max"), 0), entry

    def _find_column_entry(self, col: int) -> Any:
        """What is said of a column; nothing if nothing is."""
        return next((entry for first, last, entry in self._columns if first <= col <= last), {})

    def _list_merged_areas(self) -> Iterator[tuple[int, int, int, int]]:
        for entry in self._root.iterfind(f"{self._ns}mergeCells/{self._ns}mergeCell"):
            first, _, last = entry.get("ref", "").partition(":")
            start, end = parse_cell_reference(first), parse_cell_reference(last or first)
            if start and end:
                yield start.row, start.col, end.row, end.col

    def _find_merged_area(self, place: CellReference) -> tuple[int, int, int, int] | None:
        inside = (m for m in self._merges if m[0] <= place.row <= m[2] and m[1] <= place.col <= m[3])
        return next(inside, None)

    def _list_row_cells(self, number: int) -> dict[int, Any]:
        if number not in self._in_row:
            cells_by_column: dict[int, Any] = {}
            col = 0
            for cell in self._rows[number]:
                if get_local_name(cell) == "c":
                    written = parse_cell_reference(cell.get("r", ""))
                    col = written.col if written else col + 1
                    cells_by_column.setdefault(col, cell)
            self._in_row[number] = cells_by_column
        return self._in_row[number]

    def _find_or_insert_cell(self, place: CellReference) -> Any:
        if place.row not in self._rows:
            self._insert_row(place.row)
        cells = self._list_row_cells(place.row)
        if place.col not in cells:
            cell = etree.Element(f"{self._ns}c")
            cell.set("r", place.name)
            row = self._rows[place.row]
            row.attrib.pop("spans", None)  # a hint only, and now too narrow perhaps
            before = [col for col in cells if col < place.col]
            _assign_cell_references(place.row, cells)
            if before:
                cells[max(before)].addnext(cell)
            else:
                row.insert(0, cell)
            cells[place.col] = cell
            self._extend_dimension(place)
        return cells[place.col]

    def _insert_row(self, number: int) -> None:
        if self._data is None:
            self._data = etree.Element(f"{self._ns}sheetData")
            insert_worksheet_element(self._root, self._data)
        row = etree.Element(f"{self._ns}row")
        row.set("r", str(number))
        at = bisect_left(self._numbers, number)
        if self._uncounted:
            self._uncounted = False
            for row_number, element in self._rows.items():
                element.set("r", str(row_number))
        if at:
            self._rows[self._numbers[at - 1]].addnext(row)
        else:
            self._data.insert(0, row)
        self._rows[number] = row
        self._numbers.insert(at, number)

    def _extend_dimension(self, place: CellReference) -> None:
        """Keeps the sheet's declared area as large as its cells."""
        declared = self._root.find(f"{self._ns}dimension")
        if declared is None:
            return
        first, _, last = declared.get("ref", "").partition(":")
        start, end = parse_cell_reference(first), parse_cell_reference(last or first)
        if start and end:
            top, left = min(start.row, place.row), min(start.col, place.col)
            bottom, right = max(end.row, place.row), max(end.col, place.col)
            declared.set("ref", f"{CellReference(top, left).name}:{CellReference(bottom, right).name}")


WORKSHEET_ELEMENT_ORDER = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins",
    "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors",
    "smartTags", "drawing", "legacyDrawing",
)  # fmt: skip
"""The order of a worksheet's parts (ECMA-376-1, 18.3.1.99), up to the last that is ever inserted here."""


def insert_worksheet_element(root: Any, element: Any) -> None:
    """Puts a part of a worksheet where the format wants it: a wrong order makes Excel offer a repair."""
    earlier = set(WORKSHEET_ELEMENT_ORDER[: WORKSHEET_ELEMENT_ORDER.index(get_local_name(element))])
    place = [index for index, child in enumerate(root) if get_local_name(child) in earlier]
    root.insert(place[-1] + 1 if place else 0, element)


def _assign_cell_references(row: int, cells: dict[int, Any]) -> None:
    """Cells without a written position get theirs before another comes between them."""
    for col, cell in cells.items():
        cell.set("r", CellReference(row, col).name)


def _parse_whole_number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() else default


def _parse_real_number(text: str | None, default: float) -> float:
    try:
        return float(text) if text else default
    except ValueError:
        return default
