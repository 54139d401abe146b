"""What the sheets of an OpenDocument spreadsheet do not show in their values (`etl.read.cell_metadata`).

Read room, child process only. Such a file keeps the text that it prints beside each value; that text is what counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree as Tree

from etl.read.cell_metadata import (
    PLAIN_STYLE,
    CellLook,
    CellPosition,
    Rectangle,
    SheetMetadata,
    TextStyle,
    combine_looks,
    describe_runs,
)

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
_ERROR = re.compile(r"#[A-Z0-9/!?]+|(?:Err|Lỗi):\d+")
_NOTHING_WIDE = re.compile(r"0(?:\.0*)?[a-z]*")
_CELLS = {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}
_OUT_OF_SIGHT = {"collapse", "filter"}
_FILLED = {f"{_OFFICE}value-type", f"{_TABLE}formula", f"{_TABLE}number-columns-spanned"}
_NUMBERS = {"float", "percentage", "currency"}
_BREAKS = {f"{_TEXT}s": " ", f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}
_MOST = 10_000
"""Rows or columns written once and repeated: nothing of a form lies so far out."""


@dataclass
class _Styles:
    """How texts and cells are drawn, and the rows and columns without any height or width, by the style's name."""

    drawn: dict[str, TextStyle] = field(default_factory=dict)
    flat: set[str] = field(default_factory=set)


def parse_ods_metadata(content: bytes) -> dict[str, SheetMetadata]:
    """The metadata of every table of a ``content.xml``, by its name. DTDs have been refused before."""
    root = Tree.fromstring(content)  # noqa: S314 - the pre-flight refuses every DTD
    styles = _read_styles(root)
    return {
        table.get(f"{_TABLE}name", ""): _TableWalk(styles).walk_table(table) for table in root.iter(f"{_TABLE}table")
    }


def _read_styles(root: Tree.Element) -> _Styles:
    styles = _Styles()
    for style in root.iter(f"{_STYLE}style"):
        name = style.get(f"{_STYLE}name", "")
        for text in style.findall(f"{_STYLE}text-properties"):
            struck = text.get(f"{_STYLE}text-line-through-style", "none") != "none"
            struck |= text.get(f"{_STYLE}text-line-through-type", "none") != "none"
            cells = style.find(f"{_STYLE}table-cell-properties")
            back = (cells.get(f"{_FO}background-color") if cells is not None else None) or "transparent"
            ink = text.get(f"{_FO}color", "").lower()
            unseen = bool(ink) and ink == ("#ffffff" if back == "transparent" else back.lower())
            place = text.get(f"{_STYLE}text-position", "0%").split()[0]
            raised = 1 if place == "super" or (place.strip("0.%") and place[0] not in "-s") else 0
            styles.drawn[name] = TextStyle(struck, unseen, -1 if place == "sub" or place[0] == "-" else raised)
        sizes = [
            part.get(f"{_STYLE}{size}", "")
            for kind, size in (("table-row-properties", "row-height"), ("table-column-properties", "column-width"))
            for part in style.findall(f"{_STYLE}{kind}")
        ]
        if any(_NOTHING_WIDE.fullmatch(size) for size in sizes):
            styles.flat.add(name)
    return styles


def _parse_repeat_count(element: Tree.Element, what: str) -> int:
    text = element.get(f"{_TABLE}number-{what}", "1")
    return int(text) if text.isdigit() else 1


def _list_repeated_spans(elements: Iterator[Tree.Element], what: str) -> Iterator[tuple[Tree.Element, range]]:
    at = 0
    for element in elements:
        times = _parse_repeat_count(element, f"{what}-repeated")
        yield element, range(at, at + min(times, _MOST))
        at += times


class _TableWalk:
    """One pass over a table."""

    def __init__(self, styles: _Styles) -> None:
        self.styles = styles
        self.replaced: dict[CellPosition, object] = {}
        self.uncached: set[CellPosition] = set()
        self.looks: dict[CellPosition, CellLook] = {}
        self.merges: list[Rectangle] = []

    def walk_table(self, table: Tree.Element) -> SheetMetadata:
        """The metadata of the table."""
        rows: set[int] = set()
        cols: set[int] = set()
        for column, span in _list_repeated_spans(table.iter(f"{_TABLE}table-column"), "columns"):
            cols.update(span if self._is_hidden(column) else ())
        for row, span in _list_repeated_spans(table.iter(f"{_TABLE}table-row"), "rows"):
            rows.update(span if self._is_hidden(row) else ())
            for cell, across in _list_repeated_spans((c for c in row if c.tag in _CELLS), "columns"):
                if len(cell) or not _FILLED.isdisjoint(cell.attrib):
                    self._walk_cell(cell, [(r, c) for r in span for c in across])
        return SheetMetadata(
            self.replaced, frozenset(self.uncached), frozenset(rows), frozenset(cols), self.looks, tuple(self.merges)
        )

    def _is_hidden(self, element: Tree.Element) -> bool:
        flat = element.get(f"{_TABLE}style-name", "") in self.styles.flat
        return flat or element.get(f"{_TABLE}visibility") in _OUT_OF_SIGHT

    def _walk_cell(self, cell: Tree.Element, places: list[CellPosition]) -> None:
        wide, high = (_parse_repeat_count(cell, f"{what}-spanned") for what in ("columns", "rows"))
        if wide > 1 or high > 1:
            row, col = places[0]
            self.merges.append((row, col, row + high - 1, col + wide - 1))
        kind, formula = cell.get(f"{_OFFICE}value-type"), cell.get(f"{_TABLE}formula")
        runs = list(_list_cell_runs(cell, self.styles))
        shown = "".join(text for text, _ in runs)
        if formula is not None and _ERROR.fullmatch(shown.strip()):
            self.replaced.update(dict.fromkeys(places, shown.strip()))
        elif formula is not None and kind is None:
            self.uncached.update(places)
        elif kind == "boolean":
            self.replaced.update(dict.fromkeys(places, cell.get(f"{_OFFICE}boolean-value") == "true"))
        elif kind is not None:
            look = self._describe_look(cell, kind, runs, shown)
            self.looks.update(dict.fromkeys(places, look) if look else {})

    def _describe_look(
        self, cell: Tree.Element, kind: str, runs: list[tuple[str, TextStyle]], shown: str
    ) -> CellLook | None:
        own = self.styles.drawn.get(cell.get(f"{_TABLE}style-name", ""), PLAIN_STYLE)
        has_text = cell.find(f"{_TEXT}p") is not None
        printed = shown.strip() if kind in _NUMBERS and has_text else None
        if printed is not None and printed == cell.get(f"{_OFFICE}value"):
            printed = None
        style = None
        if own.is_struck or own.is_unseen or printed is not None or kind == "percentage":
            style = CellLook(
                "0%" if kind == "percentage" else "", shown=printed, is_struck=own.is_struck, is_unseen=own.is_unseen
            )
        look = combine_looks(style, describe_runs(runs))
        broken = "\n" in shown or any(part.tag in _BREAKS for part in cell.iter())
        return look or (CellLook(text=shown) if broken else None)


def _list_cell_runs(cell: Tree.Element, styles: _Styles) -> Iterator[tuple[str, TextStyle]]:
    """The runs of a cell's paragraphs; its comments are no part of it."""
    for n, paragraph in enumerate(cell.findall(f"{_TEXT}p")):
        if n:
            yield "\n", PLAIN_STYLE
        yield from _list_element_runs(paragraph, styles, PLAIN_STYLE)


def _list_element_runs(element: Tree.Element, styles: _Styles, style: TextStyle) -> Iterator[tuple[str, TextStyle]]:
    if element.tag in _BREAKS:
        yield _BREAKS[element.tag] * int(element.get(f"{_TEXT}c", "1")), style
    yield element.text or "", style
    for part in element:
        own = styles.drawn.get(part.get(f"{_TEXT}style-name", ""), style)
        yield from _list_element_runs(part, styles, own)
        yield part.tail or "", style
