"""What a sheet's grid of values does not show: hidden rows and columns, error values, formulas without a result.

Read room, child process only. Looked for in the parts of the file itself, because the parser gives an error and a
formula without a stored result as an empty cell, and an empty cell means something else. Never changes a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape

CellPosition = tuple[int, int]
"""(row, column), from 0."""

_TAG = rb"<(?:\w+:)?"
_CELL = re.compile(_TAG + rb"c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_ROW = re.compile(_TAG + rb"row\b([^>]*)>")
_COLUMN = re.compile(_TAG + rb"col\b([^>]*)>")
_FORMULA = re.compile(_TAG + rb"f[ >/]")
_RESULT = re.compile(_TAG + rb"v\b[^>]*>([^<]+)<")
_AT = re.compile(rb"""\br=["']([A-Z]+)(\d+)["']""")
_TYPE = re.compile(rb"""\bt=["'](\w+)["']""")
_HIDDEN = re.compile(rb"""\bhidden=["'](?:1|true)["']""")
_NUMBER = {name: re.compile(rb"""\b%s=["'](\d+)["']""" % name) for name in (b"r", b"min", b"max")}
_STYLE = re.compile(rb"""\bs=["'](\d+)["']""")
_FORMAT = re.compile(_TAG + rb"numFmt\b([^>]*)>")
_FORMAT_ID = re.compile(rb"""\bnumFmtId=["'](\d+)["']""")
_XFS = re.compile(_TAG + rb"cellXfs\b[^>]*>(.*?)</(?:\w+:)?cellXfs>", re.DOTALL)
_XF = re.compile(_TAG + rb"xf\b([^>]*)>")
_WIDEST = 702
_HEAD = 500


@dataclass(frozen=True, slots=True)
class SheetMetadata:
    """What is special in one sheet.

    `texts` are results that the parser may give wrongly (words of .xls formulas); `percent` are the cells whose
    number format shows a number times 100.
    """

    errors: Mapping[CellPosition, str] = field(default_factory=dict)
    uncached: frozenset[CellPosition] = frozenset()
    texts: Mapping[CellPosition, str] = field(default_factory=dict)
    hidden_rows: frozenset[int] = frozenset()
    hidden_cols: frozenset[int] = frozenset()
    percent: frozenset[CellPosition] = frozenset()


NO_METADATA = SheetMetadata()


def parse_xlsx_metadata(part: bytes, formulas: int, percent: frozenset[int] = frozenset()) -> SheetMetadata:
    """The marks of an .xlsx sheet.

    `formulas` is how many the issued sheet has: as many as that need no look, and a sheet whose tags bear a prefix is
    always looked at. `percent` are the cell styles that
    show a number times 100; hardly any workbook has one.
    """
    hidden = b"hidden=" in part and _HIDDEN.search(part) is not None
    odd = b't="e"' in part or b"<f " in part or part.count(b"</f>") > formulas or b"<worksheet" not in part[:_HEAD]
    if not (hidden or odd or percent):
        return NO_METADATA
    errors, uncached, shares = _find_special_cells(part, percent)
    rows, cols = (_find_hidden_rows(part), _find_hidden_cols(part)) if hidden else (frozenset[int](), frozenset[int]())
    return SheetMetadata(errors, uncached, {}, rows, cols, shares)


def find_percent_styles(styles: bytes) -> frozenset[int]:
    """Which cell styles of ``styles.xml`` show a number times 100."""
    if b"%" not in styles and b'Id="9"' not in styles and b'Id="10"' not in styles:
        return frozenset()
    custom = {n[1] for a in _FORMAT.findall(styles) if b"%" in a and (n := _FORMAT_ID.search(a))}
    formats = {b"9", b"10"} | custom
    used = _XFS.search(styles)
    numbers = [_FORMAT_ID.search(a) for a in _XF.findall(used[1])] if used else []
    return frozenset(n for n, number in enumerate(numbers) if number and number[1] in formats)


def parse_column_letters(letters: str) -> int:
    """``A`` is 0, ``AA`` is 26."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _find_special_cells(
    part: bytes, percent: frozenset[int]
) -> tuple[dict[CellPosition, str], frozenset[CellPosition], frozenset[CellPosition]]:
    errors, uncached, shares = {}, set(), set()
    for attributes, body in _CELL.findall(part):
        at, kind = _AT.search(attributes), _TYPE.search(attributes)
        if not at:
            continue
        place = (int(at[2]) - 1, parse_column_letters(at[1].decode()))
        result = _RESULT.search(body)
        if kind and kind[1] == b"e":
            errors[place] = unescape(result[1].decode("utf-8", "replace")) if result else "#"
        elif _FORMULA.search(body) and not result and not (kind and kind[1] in (b"str", b"inlineStr")):
            uncached.add(place)
        style = _STYLE.search(attributes) if percent else None
        if style and int(style[1]) in percent:
            shares.add(place)
    return errors, frozenset(uncached), frozenset(shares)


def _find_hidden_rows(part: bytes) -> frozenset[int]:
    found = (_NUMBER[b"r"].search(a) for a in _ROW.findall(part) if _HIDDEN.search(a))
    return frozenset(int(number[1]) - 1 for number in found if number)


def _find_hidden_cols(part: bytes) -> frozenset[int]:
    found: set[int] = set()
    for attributes in _COLUMN.findall(part):
        first, last = (_NUMBER[name].search(attributes) for name in (b"min", b"max"))
        if first and last and _HIDDEN.search(attributes):
            found.update(range(int(first[1]) - 1, min(int(last[1]), _WIDEST)))
    return frozenset(found)
