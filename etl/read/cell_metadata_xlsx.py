"""What an .xlsx sheet does not show in its values (`etl.read.cell_metadata`). Read room, child process only.

A part that follows one strict grammar of plain cells (`_PLAIN`) needs no more than a look for its formulas; every other
part is walked through by an XML parser. Sources: ECMA-376-1, 18.3 (sheets), 18.4 (strings), 18.8 (styles).
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from xml.etree import ElementTree as Tree

from etl.read.cell_metadata import (
    NO_METADATA,
    PLAIN_STYLE,
    CellLook,
    CellPosition,
    CellStyle,
    Rectangle,
    SheetMetadata,
    TextStyle,
    combine_looks,
    describe_runs,
)
from etl.read.number_formats import BUILT_IN_FORMATS

_ROW_ATTRIBUTES = (
    rb'(?: (?:spans|s|customFormat|customHeight|outlineLevel|thickBot|thickTop|x14ac:dyDescent)="[^"<]*"'
    rb'| ht="[1-9][^"<]*"| (?:hidden|collapsed)="(?:0|false)")*'
)
_FORMULA = rb'<f(?: aca="(?:false|true)")?>[^<]*</f>'
_PLAIN_CELL = (
    rb'<c r="[A-Z]{1,3}[0-9]+"(?: s="[0-9]+")?(?: t="(?:s|n|str|inlineStr)")?(?:/>|></c>|>(?:' + _FORMULA + rb")?"
    rb'(?:<v>[^<]*</v>|<v ?/>|<is><t(?: xml:space="preserve")?>[^<]*</t></is>)</c>)'
)
_PLAIN = re.compile(rb'(?:<row r="[0-9]+"' + _ROW_ATTRIBUTES + rb"(?:/>|>(?:" + _PLAIN_CELL + rb")*+</row>))*+")
_HEAD_SIGNS = (
    b'hidden="1', b'hidden="t', b'zeroHeight="1', b'zeroHeight="t', b'showZeros="0', b'showZeros="f', b'idth="0',
    b'Height="0', b"'", b"<!", b":sheetData",
)  # fmt: skip
_PLACE = re.compile(rb'<c r="([A-Z]+[0-9]+)"')
_STYLE = re.compile(rb' s="([0-9]+)"')
_NO_CLEAR_RESULT = re.compile(rb"<f[^>]*>(?:[0-9.+\-*/() ]*</f>|[^<]*</f>(?:(?!<v>[^<])|<v>0(?:\.0)?</v>))")
"""A formula whose result needs a closer look: of written numbers, without a result, or with 0 for one."""
_FORMULA_CELL = re.compile(rb'<c r="([A-Z]+)([0-9]+)"[^>]*><f[^>]*>([^<]*)</f>(?:<v>([^<]+)</v>)?')
_MERGE = re.compile(rb'<mergeCell ref="([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)"')
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_ARITHMETIC = re.compile(r"(?!.*(?:\*\*|//))[0-9.+\-*/() ]{1,200}")
_OPERATIONS: Mapping[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
_TRUE = frozenset({"1", "true", "on"})
_WIDEST = 702
_THIN = 1.0
"""Points of a row's height, or points of a font, or characters of a column's width times five: nothing can be read."""


@dataclass(frozen=True)
class WorkbookLooks:
    """What the sheets of an .xlsx workbook share.

    `styles` is the look of each cell style that has one, `strings` that of each shared text that has one, by number;
    `is_stale` says that the program that wrote the file may have computed none: a stored 0 is no result then.
    """

    styles: Mapping[int, CellLook] = field(default_factory=dict)
    strings: Mapping[int, CellLook] = field(default_factory=dict)
    is_stale: bool = False

    def has_result(self, formula: str, result: str) -> bool:
        """Whether a stored result is there and fits: sums of written numbers are done again."""
        if not result or (self.is_stale and result in ("0", "0.0")):
            return False
        computed = _compute_arithmetic(formula) if _ARITHMETIC.fullmatch(formula) else None
        return computed is None or math.isclose(_parse_size(result, math.nan), computed, rel_tol=1e-9, abs_tol=1e-9)


def _compute_arithmetic(formula: str) -> float | None:
    """The value of a formula of written numbers and the four operations; None where it has none."""
    try:
        return float(_compute_node(ast.parse(formula.strip(), mode="eval").body))
    except (SyntaxError, ValueError, ZeroDivisionError, KeyError):
        return None


def _compute_node(node: ast.AST) -> Fraction:
    if isinstance(node, ast.BinOp):
        return _OPERATIONS[type(node.op)](_compute_node(node.left), _compute_node(node.right))
    if isinstance(node, ast.UnaryOp):
        operand = _compute_node(node.operand)
        return -operand if isinstance(node.op, ast.USub) else operand
    return Fraction(str(node.value)) if isinstance(node, ast.Constant) else Fraction("not a number")


def parse_xlsx_metadata(part: bytes, looks: WorkbookLooks) -> SheetMetadata:
    """The metadata of one sheet part."""
    plain = _parse_plain_sheet(part, looks)
    return _SheetWalk(looks).walk_sheet(Tree.fromstring(part)) if plain is None and part else plain or NO_METADATA  # noqa: S314 - the pre-flight refuses every DTD


def _parse_plain_sheet(part: bytes, looks: WorkbookLooks) -> SheetMetadata | None:
    """The metadata of a part that is proved to be plain; None where it is not."""
    begin, end = part.find(b"<sheetData>") + 11, part.rfind(b"</sheetData>")
    if begin < 11 or end < begin or looks.strings or any(part.find(sign, 0, begin) >= 0 for sign in _HEAD_SIGNS):
        return None
    if not _PLAIN.fullmatch(part, begin, end) or part.find(b"<!", end) >= 0:
        return None
    if looks.styles and (0 in looks.styles or not looks.styles.keys().isdisjoint(map(int, _STYLE.findall(part)))):
        return None
    places = _PLACE.findall(part, begin, end)
    if len(set(places)) != len(places):
        return None
    uncached = frozenset[CellPosition]()
    if _NO_CLEAR_RESULT.search(part, begin, end):
        formulas = _FORMULA_CELL.findall(part, begin, end)
        uncached = frozenset(
            (int(row) - 1, parse_column_letters(col.decode()))
            for col, row, formula, result in formulas
            if not looks.has_result(formula.decode(), result.decode())
        )
    merges = [
        (int(top) - 1, parse_column_letters(left.decode()), int(bottom) - 1, parse_column_letters(right.decode()))
        for left, top, right, bottom in _MERGE.findall(part, end)
    ]
    if part.count(b"mergeCell ", end) != len(merges):
        return None
    return SheetMetadata(uncached=uncached, merges=tuple(merges))


@lru_cache(maxsize=4096)
def parse_column_letters(letters: str) -> int:
    """``A`` is 0, ``AA`` is 26."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def _parse_reference(text: str | None) -> CellPosition | None:
    match = _REFERENCE.fullmatch(text or "")
    return (int(match[2]) - 1, parse_column_letters(match[1])) if match else None


def _get_local_name(element: Tree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _list_children(element: Tree.Element | None, *path: str) -> list[Tree.Element]:
    """The elements at the end of a path, whatever their namespace."""
    found = [] if element is None else [element]
    for name in path:
        found = [child for parent in found for child in parent if _get_local_name(child) == name]
    return found


def _is_on(element: Tree.Element, name: str) -> bool:
    return element.get(name, "0").lower() in _TRUE


def _parse_size(text: str | None, missing: float) -> float:
    try:
        return float(text) if text else missing
    except ValueError:
        return missing


# --- sheets ---------------------------------------------------------------------------------------


class _SheetWalk:
    """One pass over a sheet, cell by cell; a cell without a place stands right of the one before it."""

    def __init__(self, looks: WorkbookLooks) -> None:
        self.shared = looks
        self.errors: dict[CellPosition, object] = {}
        self.uncached: set[CellPosition] = set()
        self.looks: dict[CellPosition, CellLook] = {}
        self.rows: set[int] = set()
        self.seen: set[CellPosition] = set()
        self.twice: list[CellPosition] = []

    def walk_sheet(self, root: Tree.Element) -> SheetMetadata:
        """The metadata of the sheet whose root element is given."""
        hides_rows = any(_is_on(form, "zeroHeight") for form in _list_children(root, "sheetFormatPr"))
        number, rows_seen = -1, set[int]()
        for row in _list_children(root, "sheetData", "row"):
            number = int(row.get("r", number + 2)) - 1
            if number in rows_seen:
                self.twice.append((number, 0))
            rows_seen.add(number)
            is_low = _parse_size(row.get("ht"), 0 if hides_rows else 15) < _THIN
            if _is_on(row, "hidden") or is_low:
                self.rows.add(number)
            self._walk_row(row, number)
        views = _list_children(root, "sheetViews", "sheetView")
        return SheetMetadata(
            self.errors, frozenset(self.uncached), frozenset(self.rows), _find_hidden_cols(root), self.looks,
            tuple(_find_merges(root)), tuple(self.twice),
            any(view.get("showZeros", "1").lower() in ("0", "false") for view in views),
        )  # fmt: skip

    def _walk_row(self, row: Tree.Element, number: int) -> None:
        at = (number, -1)
        for cell in row:
            if _get_local_name(cell) == "c":
                at = _parse_reference(cell.get("r")) or (number, at[1] + 1)
                self._walk_cell(cell, at)

    def _walk_cell(self, cell: Tree.Element, at: CellPosition) -> None:
        parts = {_get_local_name(part): part for part in cell}
        if not parts:
            return
        if at in self.seen:
            self.twice.append(at)
        self.seen.add(at)
        kind, result = cell.get("t", "n"), parts["v"].text if "v" in parts else None
        if kind == "e":
            self.errors[at] = result or "#"
        elif "f" in parts and kind not in ("str", "inlineStr"):
            if not self.shared.has_result(parts["f"].text or "", result or ""):
                self.uncached.add(at)
        elif result is None and "is" not in parts:
            return
        runs = describe_runs(_list_runs(parts["is"])) if "is" in parts else None
        if kind == "s" and (result or "").strip().isdigit():
            runs = self.shared.strings.get(int(result or 0))
        look = combine_looks(self.shared.styles.get(int(cell.get("s", "0"))), runs)
        if look:
            self.looks[at] = look


def _find_hidden_cols(root: Tree.Element) -> frozenset[int]:
    found: set[int] = set()
    for col in _list_children(root, "cols", "col"):
        if _is_on(col, "hidden") or _parse_size(col.get("width"), 9) < _THIN / 5:
            found.update(range(int(col.get("min", "1")) - 1, min(int(col.get("max", "0")), _WIDEST)))
    return frozenset(found)


def _find_merges(root: Tree.Element) -> Iterator[Rectangle]:
    for merge in _list_children(root, "mergeCells", "mergeCell"):
        first, _, last = merge.get("ref", "").partition(":")
        corners = _parse_reference(first), _parse_reference(last or first)
        if corners[0] and corners[1]:
            yield (*corners[0], *corners[1])


# --- strings and styles ---------------------------------------------------------------------------


def parse_shared_strings(part: bytes) -> dict[int, CellLook]:
    """The looks of shared texts of several runs, by the number of the text."""
    plain = b"<sst" in part and b"<!" not in part and b"<r>" not in part
    if plain and part.count(b"<si") == part.count(b"<si><t") + part.count(b"<si/>"):
        return {}
    items = _list_children(Tree.fromstring(part), "si") if part else []  # noqa: S314 - no DTD
    looks = {n: describe_runs(_list_runs(item)) for n, item in enumerate(items)}
    return {n: look for n, look in looks.items() if look}


def _list_runs(item: Tree.Element) -> Iterator[tuple[str, TextStyle]]:
    for run in _list_children(item, "r"):
        fonts = _list_children(run, "rPr")
        text = "".join(part.text or "" for part in _list_children(run, "t"))
        yield text, _parse_font(fonts[0], is_filled=False) if fonts else PLAIN_STYLE


@lru_cache(maxsize=64)
def parse_styles(part: bytes) -> Mapping[int, CellLook]:
    """The looks of cell styles, by the number of the style; a style that shows every value as itself has none."""
    if not part:
        return {}
    root = Tree.fromstring(part)  # noqa: S314 - the pre-flight refuses every DTD
    codes = {e.get("numFmtId", ""): e.get("formatCode", "") for e in _list_children(root, "numFmts", "numFmt")}
    fonts = _list_children(root, "fonts", "font")
    fills = [_get_fill_color(fill) for fill in _list_children(root, "fills", "fill")]
    looks = {}
    for n, xf in enumerate(_list_children(root, "cellXfs", "xf")):
        number, font, fill = xf.get("numFmtId", "0"), int(xf.get("fontId", "0")), int(xf.get("fillId", "0"))
        code = codes.get(number) or BUILT_IN_FORMATS.get(int(number), "General")
        color = fills[fill] if fill < len(fills) else ""
        drawn = _parse_font(fonts[font], is_filled=bool(color), fill=color) if font < len(fonts) else PLAIN_STYLE
        look = CellStyle(code, drawn).look
        if look:
            looks[n] = look
    return looks


def _parse_font(font: Tree.Element, *, is_filled: bool, fill: str = "") -> TextStyle:
    parts = {_get_local_name(part): part for part in font}
    strike, color, raised, size = parts.get("strike"), parts.get("color"), parts.get("vertAlign"), parts.get("sz")
    shade = _get_color(color)
    is_white = not is_filled and shade in ("FFFFFF", "theme 0")
    is_tiny = size is not None and _parse_size(size.get("val"), 11) <= _THIN
    place = raised.get("val", "") if raised is not None else ""
    return TextStyle(
        strike is not None and strike.get("val", "1").lower() in _TRUE,
        is_white or is_tiny or bool(shade and shade == fill),
        {"superscript": 1, "subscript": -1}.get(place, 0),
    )


def _get_fill_color(fill: Tree.Element) -> str:
    """The colour of a cell that is filled all over; empty for none."""
    patterns = [p for p in _list_children(fill, "patternFill") if p.get("patternType") == "solid"]
    colors = [_get_color(color) for pattern in patterns for color in _list_children(pattern, "fgColor")]
    return colors[0] if colors else ""


def _get_color(color: Tree.Element | None) -> str:
    if color is None:
        return ""
    if color.get("rgb"):
        return color.get("rgb", "")[-6:].upper()
    if color.get("theme"):
        return f"theme {color.get('theme')}" + (f" {color.get('tint')}" if color.get("tint") else "")
    return {"1": "FFFFFF", "9": "FFFFFF"}.get(color.get("indexed", ""), "")
