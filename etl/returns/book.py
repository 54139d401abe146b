"""The workbook part of a package: its list of sheets, kept consistent when the first one is added or taken out.

Inside the returns room only. Touches `workbook.xml`, its relationships and the content types; no sheet.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from lxml import etree

from etl.returns.package import OddWorkbook, Package

TRANSITIONAL = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_MAIN_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_BEFORE_NAMES = {
    "fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets", "functionGroups",
    "externalReferences",
}  # fmt: skip
_TAB_SELECTED = re.compile(rb"(<(?:\w{1,20}:)?sheetView\b[^<>]*?)\stabSelected=(?:\"\w*\"|'\w*')")
_HEAD_BYTES = 200_000
_MOST_SHEETS = 1_000


@dataclass(frozen=True)
class Sheet:
    """A sheet as the workbook lists it. `part` is empty where the list points nowhere."""

    name: str
    sheet_id: int
    part: str
    hidden: bool
    worksheet: bool


class Book:
    """The workbook of a package.

    Raises:
        OddWorkbook: there is no plain Excel workbook in the package, or it is shared with revisions.
    """

    def __init__(self, package: Package) -> None:
        self.package = package
        self.part = package.related("", "officeDocument")
        if not self.part or package.content_type(self.part) != _MAIN_TYPE:
            raise OddWorkbook("no plain workbook part")
        root = package.tree(self.part)
        self.ns = str(etree.QName(root).namespace)
        if self.ns not in {TRANSITIONAL, STRICT}:
            raise OddWorkbook(f"unknown namespace {self.ns!r}")
        package.strict = self.ns == STRICT
        if package.related(self.part, "revisionHeaders"):
            raise OddWorkbook("a shared workbook with revisions")
        if self._child("sheets") is None:
            raise OddWorkbook("no list of sheets")

    @property
    def relation_id(self) -> str:
        """The name of the attribute that holds a relationship's id."""
        return f"{{{_STRICT_RELATIONS if self.package.strict else RELATIONS}}}id"

    def q(self, name: str) -> str:
        """A name in the workbook's own namespace."""
        return f"{{{self.ns}}}{name}"

    def _child(self, name: str) -> Any:
        return self.package.tree(self.part).find(self.q(name))

    @property
    def sheets(self) -> list[Sheet]:
        """All sheets, in order of their tabs."""
        relations = {r.id: r for r in self.package.relations(self.part)}
        listed, found = self._child("sheets").findall(self.q("sheet")), []
        if len(listed) > _MOST_SHEETS:
            raise OddWorkbook("too many sheets")
        for entry in listed:
            relation = relations.get(entry.get(self.relation_id, ""))
            part = relation.target if relation and relation.target in self.package else ""
            plain = bool(part and relation and relation.kind == "worksheet")
            hidden = entry.get("state", "visible") != "visible"
            found.append(Sheet(entry.get("name", ""), int(entry.get("sheetId", "0")), part, hidden, plain))
        return found

    def sheet(self, name: str) -> Sheet | None:
        """The worksheet of a name, as Excel compares names."""
        wanted = _folded(name)
        return next((s for s in self.sheets if s.worksheet and _folded(s.name) == wanted), None)

    def part_of(self, kind: str) -> str:
        """The workbook's styles, shared strings …; empty if it has none."""
        return self.package.related(self.part, kind)

    # --- changing the list ------------------------------------------------------------------------

    def insert_first(self, name: str, part: str) -> None:
        """Puts a worksheet in front of all others and opens the workbook on it."""
        self.package.declare(part, _SHEET_TYPE)
        relation = self.package.relate(self.part, "worksheet", part)
        self.package.edit(self.part)
        entry = etree.Element(self.q("sheet"))
        entry.set("name", name)
        entry.set("sheetId", str(max((s.sheet_id for s in self.sheets), default=0) + 1))
        entry.set(self.relation_id, relation)
        self._child("sheets").insert(0, entry)
        self._renumber(lambda index: index + 1)
        for view in self._views():
            view.attrib.pop("firstSheet", None)
            view.set("activeTab", "0")
        self._deselect(part)

    def remove(self, sheet: Sheet) -> None:
        """Takes a worksheet out, with what belongs to it alone."""
        position = self.sheets.index(sheet)
        self.package.edit(self.part)
        sheets = self._child("sheets")
        sheets.remove(sheets.findall(self.q("sheet"))[position])
        owned = [r.target for r in self.package.relations(sheet.part) if not r.external]
        self.package.unrelate(self.part, sheet.part)
        if b"<f" in self.package.read(sheet.part):
            self._forget_calculation_chain()
        self.package.drop(sheet.part)
        for target in owned:
            if target in self.package and not self._is_referred_to(target):
                self.package.drop(target)
        self._renumber(lambda index: None if index == position else index - (index > position))

    def name_first(self, name: str, reference: str) -> None:
        """Gives the first sheet a name of its own: what is printed, which rows stand on every page."""
        root = self.package.edit(self.part)
        names = self._child("definedNames")
        if names is None:
            names = etree.Element(self.q("definedNames"))
            place = [i for i, child in enumerate(root) if local(child) in _BEFORE_NAMES]
            root.insert(place[-1] + 1, names)
        entry = etree.Element(self.q("definedName"))
        entry.set("name", name)
        entry.set("localSheetId", "0")
        entry.text = reference
        names.insert(0, entry)

    def _views(self) -> list[Any]:
        views = self._child("bookViews")
        return [] if views is None else views.findall(self.q("workbookView"))

    def _renumber(self, moved: Any) -> None:
        """Local names are tied to a sheet by its position."""
        names = self._child("definedNames")
        for entry in [] if names is None else list(names):
            if entry.get("localSheetId") is not None:
                index = moved(int(entry.get("localSheetId")))
                if index is None:
                    names.remove(entry)
                else:
                    entry.set("localSheetId", str(index))
        if names is not None and not len(names):
            names.getparent().remove(names)

    def _deselect(self, chosen: str) -> None:
        """Unselects every other tab: two selected tabs would be edited together."""
        for sheet in self.sheets:
            if sheet.part in {"", chosen}:
                continue
            if b"tabSelected" in self.package.read_head(sheet.part, _HEAD_BYTES):
                text = self.package.read(sheet.part)
                self.package.put(sheet.part, _TAB_SELECTED.sub(rb"\1", text))

    def _forget_calculation_chain(self) -> None:
        """The chain names cells of a sheet that goes; Excel makes a new one."""
        chain = self.part_of("calcChain")
        if chain:
            self.package.unrelate(self.part, chain)
            self.package.drop(chain)

    def _is_referred_to(self, target: str) -> bool:
        holders = (name for name in self.package.names if not name.endswith(".rels"))
        return any(r.target == target for name in holders for r in self.package.relations(name))


def local(element: Any) -> str:
    """An element's name without its namespace; empty for comments and processing instructions."""
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def quoted(sheet: str) -> str:
    """A sheet's name as it stands in a reference."""
    return "'" + sheet.replace("'", "''") + "'"


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold().strip()
