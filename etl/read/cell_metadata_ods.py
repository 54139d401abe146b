"""The marks (`etl.read.cell_metadata`) of an OpenDocument spreadsheet. Read room, child process only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree as Tree

from etl.read.cell_metadata import CellPosition, SheetMetadata

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_ERROR = re.compile(r"#[A-Z0-9/!?]+|(?:Err|Lỗi):\d+")
_CELLS = {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}
_OUT_OF_SIGHT = {"collapse", "filter"}
_MOST = 10_000
"""Rows or columns written once and repeated: nothing of a form lies so far out."""


def parse_ods_metadata(content: bytes) -> dict[str, SheetMetadata]:
    """The marks of every table of a ``content.xml``, by its name. DTDs have been refused before."""
    root = Tree.fromstring(content)  # noqa: S314 - the pre-flight refuses every DTD
    return {table.get(f"{_TABLE}name", ""): _parse_ods_table(table) for table in root.iter(f"{_TABLE}table")}


def _parse_repeat_count(element: Tree.Element, what: str) -> int:
    text = element.get(f"{_TABLE}number-{what}-repeated", "1")
    return int(text) if text.isdigit() else 1


def _list_repeated_spans(elements: Iterator[Tree.Element], what: str) -> Iterator[tuple[Tree.Element, range]]:
    at = 0
    for element in elements:
        times = _parse_repeat_count(element, what)
        yield element, range(at, at + min(times, _MOST))
        at += times


def _parse_ods_table(table: Tree.Element) -> SheetMetadata:
    errors: dict[CellPosition, str] = {}
    uncached: set[CellPosition] = set()
    shares: set[CellPosition] = set()
    rows: set[int] = set()
    cols: set[int] = set()
    for column, span in _list_repeated_spans(table.iter(f"{_TABLE}table-column"), "columns"):
        if column.get(f"{_TABLE}visibility") in _OUT_OF_SIGHT:
            cols.update(span)
    for row, span in _list_repeated_spans(table.iter(f"{_TABLE}table-row"), "rows"):
        if row.get(f"{_TABLE}visibility") in _OUT_OF_SIGHT:
            rows.update(span)
        for cell, across in _list_repeated_spans((c for c in row if c.tag in _CELLS), "columns"):
            if cell.get(f"{_TABLE}formula") is not None:
                _parse_ods_formula(cell, [(r, c) for r in span for c in across], errors, uncached)
            if cell.get(f"{_OFFICE}value-type") == "percentage":
                shares.update((r, c) for r in span for c in across)
    return SheetMetadata(errors, frozenset(uncached), {}, frozenset(rows), frozenset(cols), frozenset(shares))


def _parse_ods_formula(
    cell: Tree.Element, places: list[CellPosition], errors: dict[CellPosition, str], uncached: set[CellPosition]
) -> None:
    shown = "".join("".join(p.itertext()) for p in cell.iter(f"{_TEXT}p")).strip()
    if _ERROR.fullmatch(shown):
        errors.update(dict.fromkeys(places, shown))
    elif cell.get(f"{_OFFICE}value-type") is None:
        uncached.update(places)
