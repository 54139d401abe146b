"""The styles part: looks are added at the end of its lists and never changed, so that every cell keeps its own.

Room: ooxml. A mark is a copy of a cell's own look with another fill and border; number format, font, alignment and
lock stay.
"""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from lxml import etree

from etl.ooxml.opc_package import UneditablePackageError
from etl.ooxml.workbook_part import get_local_name

_STYLE_ELEMENT_ORDER = (
    "numFmts",
    "fonts",
    "fills",
    "borders",
    "cellStyleXfs",
    "cellXfs",
    "cellStyles",
    "dxfs",
    "tableStyles",
)
_SIDES = ("left", "right", "top", "bottom")
_MAX_CELL_FORMATS = 64_000
"""Excel's own limit of cell formats (64,000 in the specification of Excel 2007 and later)."""


@dataclass(frozen=True)
class CellMark:
    """What is put over a cell's own look: colours as ARGB, the border's kind as the format names it."""

    fill: str
    border: str
    border_colour: str


@dataclass(frozen=True)
class CellStyle:
    """How a cell of our own sheet looks."""

    size: float = 12
    bold: bool = False
    italic: bool = False
    underline: bool = False
    colour: str = "FF000000"
    fill: str = ""
    box: bool = False
    wrap: bool = True
    horizontal: str = "left"
    vertical: str = "top"
    locked: bool = True


class WorkbookStyles:
    """The styles of one workbook. `root` is changed in place."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._ns = f"{{{etree.QName(root).namespace}}}"
        self._known: dict[str, dict[object, int]] = {}
        self._marked: dict[tuple[int, CellMark], int] = {}
        lists = ("fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles")
        self._lists = {name: self._find_or_create_list(name) for name in lists}
        self._fill_empty_lists()

    def _fill_empty_lists(self) -> None:
        """Fills lists that are empty with what every workbook begins with."""
        if not len(self._lists["fonts"]):
            self._add_list_entry("fonts", self._build_font(CellStyle(size=11)))
        if not len(self._lists["fills"]):
            for pattern in ("none", "gray125"):
                self._add_list_entry("fills", self._build_fill("", pattern))
        if not len(self._lists["borders"]):
            self._add_list_entry("borders", self._build_border("", ""))
        plain = {"numFmtId": "0", "fontId": "0", "fillId": "0", "borderId": "0"}
        if not len(self._lists["cellStyleXfs"]):
            self._add_list_entry("cellStyleXfs", self._build_style_element("xf", **plain))
        if not len(self._lists["cellXfs"]):
            self._add_list_entry("cellXfs", self._build_style_element("xf", xfId="0", **plain))
        if not len(self._lists["cellStyles"]):
            self._add_list_entry(
                "cellStyles", self._build_style_element("cellStyle", name="Normal", xfId="0", builtinId="0")
            )

    def add_cell_style(self, cell_style: CellStyle) -> int:
        """The cell format of one of our own looks. Text in it is never taken for a formula, even when edited."""
        xf = self._build_style_element(
            "xf",
            numFmtId="49",
            fontId=str(self._add_list_entry("fonts", self._build_font(cell_style))),
            fillId=str(self._add_list_entry("fills", self._build_fill(cell_style.fill)) if cell_style.fill else 0),
            borderId=str(
                self._add_list_entry(
                    "borders", self._build_border(*("thin", "FF7F7F7F") if cell_style.box else ("", ""))
                )
            ),
            xfId="0",
            quotePrefix="1",
            applyNumberFormat="1",
            applyFont="1",
            applyFill="1",
            applyBorder="1",
            applyAlignment="1",
            applyProtection="1",
        )
        alignment = self._build_style_element(
            "alignment", horizontal=cell_style.horizontal, vertical=cell_style.vertical
        )
        if cell_style.wrap:
            alignment.set("wrapText", "1")
        xf.append(alignment)
        xf.append(self._build_style_element("protection", locked=str(int(cell_style.locked))))
        return self._add_list_entry("cellXfs", xf)

    def add_marked_style(self, own: int, mark: CellMark) -> int:
        """A cell format like the cell's own, with the fill and border of a mark."""
        if (own, mark) not in self._marked:
            self._marked[own, mark] = self._build_marked_style(own, mark)
        return self._marked[own, mark]

    def _build_marked_style(self, own: int, mark: CellMark) -> int:
        xf = deepcopy(self._find_cell_format(own))
        border = self._build_border(mark.border, mark.border_colour)
        xf.set("fillId", str(self._add_list_entry("fills", self._build_fill(mark.fill))))
        xf.set("borderId", str(self._add_list_entry("borders", border)))
        xf.set("applyFill", "1")
        xf.set("applyBorder", "1")
        return self._add_list_entry("cellXfs", xf)

    def find_marked_styles(self, marks: Collection[CellMark]) -> set[int]:
        """The cell formats that bear marks, known by the colours of both fill and border."""
        fill_colours, border_colours = {m.fill for m in marks}, {m.border_colour for m in marks}
        fills = {i for i, fill in enumerate(self._lists["fills"]) if _read_colour(fill, "fgColor") in fill_colours}
        borders = {i for i, edge in enumerate(self._lists["borders"]) if _read_colour(edge, "color") in border_colours}
        found = enumerate(self._lists["cellXfs"])
        return {
            i
            for i, xf in found
            if _parse_style_index(xf, "fillId") in fills and _parse_style_index(xf, "borderId") in borders
        }

    def guess_original_styles(self, marks: set[int]) -> dict[int, int]:
        """The best guess at the look below each mark when nothing remembers it: one that is the same but for it."""
        alike: dict[object, int] = {}
        for index, xf in enumerate(self._lists["cellXfs"]):
            if index not in marks:
                alike.setdefault(_build_unmarked_key(xf), index)
        wanted = {mark: _build_unmarked_key(self._find_cell_format(mark)) for mark in sorted(marks)}
        return {mark: alike[key] if key in alike else self._add_unmarked_style(mark) for mark, key in wanted.items()}

    def _add_unmarked_style(self, mark: int) -> int:
        bare = deepcopy(self._find_cell_format(mark))
        bare.set("fillId", "0")
        bare.set("borderId", "0")
        return self._add_list_entry("cellXfs", bare)

    # --- lists ------------------------------------------------------------------------------------

    def _find_cell_format(self, index: int) -> Any:
        formats = self._lists["cellXfs"]
        return formats[index if 0 <= index < len(formats) else 0]

    def _find_or_create_list(self, name: str) -> Any:
        found = self._root.find(self._ns + name)
        if found is None:
            found = etree.Element(self._ns + name)
            earlier = set(_STYLE_ELEMENT_ORDER[: _STYLE_ELEMENT_ORDER.index(name)])
            place = [i for i, child in enumerate(self._root) if get_local_name(child) in earlier]
            self._root.insert(place[-1] + 1 if place else 0, found)
        return found

    def _add_list_entry(self, name: str, element: Any) -> int:
        """The place of an element in its list; an equal one that is there already is used again."""
        entries = self._lists[name]
        if name not in self._known:
            self._known[name] = {}
            for index, entry in enumerate(entries):
                self._known[name].setdefault(_build_content_key(entry), index)
        known, key = self._known[name], _build_content_key(element)
        if key not in known:
            known[key] = len(entries)
            entries.append(element)
            entries.set("count", str(len(entries)))
            if len(entries) > _MAX_CELL_FORMATS:
                raise UneditablePackageError("too many cell formats")
        return known[key]

    def _build_style_element(self, name: str, /, **attributes: str) -> Any:
        element = etree.Element(self._ns + name)
        for key, value in attributes.items():
            element.set(key, value)
        return element

    def _build_font(self, cell_style: CellStyle) -> Any:
        font = self._build_style_element("font")
        for name, on in (("b", cell_style.bold), ("i", cell_style.italic), ("u", cell_style.underline)):
            if on:
                font.append(self._build_style_element(name))
        font.append(self._build_style_element("sz", val=f"{cell_style.size:g}"))
        font.append(self._build_style_element("color", rgb=cell_style.colour))
        font.append(self._build_style_element("name", val="Times New Roman"))
        font.append(self._build_style_element("family", val="1"))
        return font

    def _build_fill(self, colour: str, pattern: str = "solid") -> Any:
        fill, inner = self._build_style_element("fill"), self._build_style_element("patternFill", patternType=pattern)
        if colour:
            inner.append(self._build_style_element("fgColor", rgb=colour))
            inner.append(self._build_style_element("bgColor", indexed="64"))
        fill.append(inner)
        return fill

    def _build_border(self, style: str, colour: str) -> Any:
        border = self._build_style_element("border")
        for side in _SIDES:
            edge = self._build_style_element(side, style=style) if style else self._build_style_element(side)
            if style:
                edge.append(self._build_style_element("color", rgb=colour))
            border.append(edge)
        border.append(self._build_style_element("diagonal"))
        return border


def _build_content_key(element: Any) -> object:
    return (
        get_local_name(element),
        tuple(sorted(element.attrib.items())),
        tuple(_build_content_key(child) for child in element),
    )


def _build_unmarked_key(xf: Any) -> object:
    kept = ("numFmtId", "fontId", "quotePrefix")
    return tuple(xf.get(name, "0") for name in kept), tuple(_build_content_key(child) for child in xf)


def _read_colour(element: Any, name: str) -> str:
    """The colour that a fill or border names first."""
    return next((child.get("rgb", "").upper() for child in element.iter() if get_local_name(child) == name), "")


def _parse_style_index(element: Any, name: str) -> int:
    text = element.get(name, "0")
    return int(text) if text.isdecimal() else 0
