"""The styles part: looks are added at the end of its lists and never changed, so that every cell keeps its own.

Inside the returns room only. A mark is a copy of a cell's own look with another fill and border; number format,
font, alignment and lock stay. Borders differ in kind between levels, so that marks show in black and white too.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from lxml import etree

from etl.model import Level
from etl.returns.book import local
from etl.returns.package import OddWorkbook

_ORDER = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles")
_SIDES = ("left", "right", "top", "bottom")
_MOST = 64_000
"""Excel's own limit of cell formats (64,000 in the specification of Excel 2007 and later)."""
FILLS = {Level.REFUSE: "FFF9CBAF", Level.CONFIRM: "FFFFE69B", Level.NOTE: "FFDCEBF9"}
"""Light orange, yellow, blue; each one step beside Office's own palette, so that they are known again as ours."""
_EDGES = {
    Level.REFUSE: ("medium", "FFC00002"),
    Level.CONFIRM: ("mediumDashed", "FF7F6002"),
    Level.NOTE: ("double", "FF2F5598"),
}


@dataclass(frozen=True)
class Look:
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


class Looks:
    """The styles of one workbook. `root` is changed in place."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._ns = f"{{{etree.QName(root).namespace}}}"
        self._known: dict[str, dict[object, int]] = {}
        self._marked: dict[tuple[int, Level], int] = {}
        lists = ("fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles")
        self._lists = {name: self._list(name) for name in lists}
        self._complete()

    def _complete(self) -> None:
        """Fills lists that are empty with what every workbook begins with."""
        if not len(self._lists["fonts"]):
            self._add("fonts", self._font(Look(size=11)))
        if not len(self._lists["fills"]):
            for pattern in ("none", "gray125"):
                self._add("fills", self._fill("", pattern))
        if not len(self._lists["borders"]):
            self._add("borders", self._border("", ""))
        plain = {"numFmtId": "0", "fontId": "0", "fillId": "0", "borderId": "0"}
        if not len(self._lists["cellStyleXfs"]):
            self._add("cellStyleXfs", self._new("xf", **plain))
        if not len(self._lists["cellXfs"]):
            self._add("cellXfs", self._new("xf", xfId="0", **plain))
        if not len(self._lists["cellStyles"]):
            self._add("cellStyles", self._new("cellStyle", name="Normal", xfId="0", builtinId="0"))

    def id_of(self, look: Look) -> int:
        """The cell format of one of our own looks. Text in it is never taken for a formula, even when edited."""
        xf = self._new(
            "xf",
            numFmtId="49",
            fontId=str(self._add("fonts", self._font(look))),
            fillId=str(self._add("fills", self._fill(look.fill)) if look.fill else 0),
            borderId=str(self._add("borders", self._border(*("thin", "FF7F7F7F") if look.box else ("", "")))),
            xfId="0", quotePrefix="1", applyNumberFormat="1", applyFont="1", applyFill="1", applyBorder="1",
            applyAlignment="1", applyProtection="1",
        )  # fmt: skip
        alignment = self._new("alignment", horizontal=look.horizontal, vertical=look.vertical)
        if look.wrap:
            alignment.set("wrapText", "1")
        xf.append(alignment)
        xf.append(self._new("protection", locked=str(int(look.locked))))
        return self._add("cellXfs", xf)

    def marked(self, own: int, level: Level) -> int:
        """A cell format like the cell's own, with the fill and border of a level."""
        if (own, level) not in self._marked:
            self._marked[own, level] = self._mark(own, level)
        return self._marked[own, level]

    def _mark(self, own: int, level: Level) -> int:
        xf = deepcopy(self._format(own))
        xf.set("fillId", str(self._add("fills", self._fill(FILLS[level]))))
        xf.set("borderId", str(self._add("borders", self._border(*_EDGES[level]))))
        xf.set("applyFill", "1")
        xf.set("applyBorder", "1")
        return self._add("cellXfs", xf)

    def marks(self) -> set[int]:
        """The cell formats that are marks of ours, known by the colours of both fill and border."""
        fills = {i for i, fill in enumerate(self._lists["fills"]) if _colour(fill, "fgColor") in FILLS.values()}
        colours = {colour for _, colour in _EDGES.values()}
        borders = {i for i, border in enumerate(self._lists["borders"]) if _colour(border, "color") in colours}
        found = enumerate(self._lists["cellXfs"])
        return {i for i, xf in found if _number(xf, "fillId") in fills and _number(xf, "borderId") in borders}

    def guesses(self, marks: set[int]) -> dict[int, int]:
        """The best guess at the look below each mark when nothing remembers it: one that is the same but for it."""
        alike: dict[object, int] = {}
        for index, xf in enumerate(self._lists["cellXfs"]):
            if index not in marks:
                alike.setdefault(_but_for_the_mark(xf), index)
        wanted = {mark: _but_for_the_mark(self._format(mark)) for mark in sorted(marks)}
        return {mark: alike[key] if key in alike else self._bare(mark) for mark, key in wanted.items()}

    def _bare(self, mark: int) -> int:
        bare = deepcopy(self._format(mark))
        bare.set("fillId", "0")
        bare.set("borderId", "0")
        return self._add("cellXfs", bare)

    # --- lists ------------------------------------------------------------------------------------

    def _format(self, index: int) -> Any:
        formats = self._lists["cellXfs"]
        return formats[index if 0 <= index < len(formats) else 0]

    def _list(self, name: str) -> Any:
        found = self._root.find(self._ns + name)
        if found is None:
            found = etree.Element(self._ns + name)
            earlier = set(_ORDER[: _ORDER.index(name)])
            place = [i for i, child in enumerate(self._root) if local(child) in earlier]
            self._root.insert(place[-1] + 1 if place else 0, found)
        return found

    def _add(self, name: str, element: Any) -> int:
        """The place of an element in its list; an equal one that is there already is used again."""
        entries = self._lists[name]
        if name not in self._known:
            self._known[name] = {}
            for index, entry in enumerate(entries):
                self._known[name].setdefault(_content(entry), index)
        known, key = self._known[name], _content(element)
        if key not in known:
            known[key] = len(entries)
            entries.append(element)
            entries.set("count", str(len(entries)))
            if len(entries) > _MOST:
                raise OddWorkbook("too many cell formats")
        return known[key]

    def _new(self, name: str, /, **attributes: str) -> Any:
        element = etree.Element(self._ns + name)
        for key, value in attributes.items():
            element.set(key, value)
        return element

    def _font(self, look: Look) -> Any:
        font = self._new("font")
        for name, on in (("b", look.bold), ("i", look.italic), ("u", look.underline)):
            if on:
                font.append(self._new(name))
        font.append(self._new("sz", val=f"{look.size:g}"))
        font.append(self._new("color", rgb=look.colour))
        font.append(self._new("name", val="Times New Roman"))
        font.append(self._new("family", val="1"))
        return font

    def _fill(self, colour: str, pattern: str = "solid") -> Any:
        fill, inner = self._new("fill"), self._new("patternFill", patternType=pattern)
        if colour:
            inner.append(self._new("fgColor", rgb=colour))
            inner.append(self._new("bgColor", indexed="64"))
        fill.append(inner)
        return fill

    def _border(self, style: str, colour: str) -> Any:
        border = self._new("border")
        for side in _SIDES:
            edge = self._new(side, style=style) if style else self._new(side)
            if style:
                edge.append(self._new("color", rgb=colour))
            border.append(edge)
        border.append(self._new("diagonal"))
        return border


def _content(element: Any) -> object:
    return local(element), tuple(sorted(element.attrib.items())), tuple(_content(child) for child in element)


def _but_for_the_mark(xf: Any) -> object:
    kept = ("numFmtId", "fontId", "quotePrefix")
    return tuple(xf.get(name, "0") for name in kept), tuple(_content(child) for child in xf)


def _colour(element: Any, name: str) -> str:
    """The colour that a fill or border names first."""
    return next((child.get("rgb", "").upper() for child in element.iter() if local(child) == name), "")


def _number(element: Any, name: str) -> int:
    text = element.get(name, "0")
    return int(text) if text.isdecimal() else 0
