"""The workbook part of a package: its list of sheets, kept consistent when the first one is added or taken out.

Room: ooxml. Touches `workbook.xml`, its relationships and the content types; no sheet.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from lxml import etree

from etl.ooxml.opc_package import OpcPackage, UneditablePackageError

TRANSITIONAL_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT_NAMESPACE = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONSHIPS_NAMESPACE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT_RELATIONSHIPS_NAMESPACE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_MAIN_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_BEFORE_NAMES = {
    "fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets", "functionGroups",
    "externalReferences",
}  # fmt: skip
_TAB_SELECTED = re.compile(rb"(<(?:\w{1,20}:)?sheetView\b[^<>]*?)\stabSelected=(?:\"\w*\"|'\w*')")
_HEAD_BYTES = 200_000
_MAX_SHEETS = 1_000


@dataclass(frozen=True)
class SheetEntry:
    """A sheet as the workbook lists it. `part` is empty where the list points nowhere."""

    name: str
    sheet_id: int
    part: str
    hidden: bool
    worksheet: bool


class WorkbookPart:
    """The workbook of a package.

    Raises:
        UneditablePackageError: there is no plain Excel workbook in the package, or it is shared with revisions.
    """

    def __init__(self, package: OpcPackage) -> None:
        self.package = package
        self.part = package.find_related_part("", "officeDocument")
        if not self.part or package.find_content_type(self.part) != _MAIN_TYPE:
            raise UneditablePackageError("no plain workbook part")
        root = package.parse_part(self.part)
        self.ns = str(etree.QName(root).namespace)
        if self.ns not in {TRANSITIONAL_NAMESPACE, STRICT_NAMESPACE}:
            raise UneditablePackageError(f"unknown namespace {self.ns!r}")
        package.strict = self.ns == STRICT_NAMESPACE
        if package.find_related_part(self.part, "revisionHeaders"):
            raise UneditablePackageError("a shared workbook with revisions")
        if self._find_child_element("sheets") is None:
            raise UneditablePackageError("no list of sheets")

    @property
    def relation_id(self) -> str:
        """The name of the attribute that holds a relationship's id."""
        return f"{{{_STRICT_RELATIONSHIPS_NAMESPACE if self.package.strict else RELATIONSHIPS_NAMESPACE}}}id"

    def qualify_name(self, name: str) -> str:
        """A name in the workbook's own namespace."""
        return f"{{{self.ns}}}{name}"

    def _find_child_element(self, name: str) -> Any:
        return self.package.parse_part(self.part).find(self.qualify_name(name))

    @property
    def sheets(self) -> list[SheetEntry]:
        """All sheets, in order of their tabs."""
        relations = {r.id: r for r in self.package.list_relationships(self.part)}
        listed, entries = self._find_child_element("sheets").findall(self.qualify_name("sheet")), []
        if len(listed) > _MAX_SHEETS:
            raise UneditablePackageError("too many sheets")
        for entry in listed:
            relation = relations.get(entry.get(self.relation_id, ""))
            part = relation.target if relation and relation.target in self.package else ""
            plain = bool(part and relation and relation.kind == "worksheet")
            hidden = entry.get("state", "visible") != "visible"
            entries.append(SheetEntry(entry.get("name", ""), int(entry.get("sheetId", "0")), part, hidden, plain))
        return entries

    def find_worksheet(self, name: str) -> SheetEntry | None:
        """The worksheet of a name, as Excel compares names."""
        wanted = _fold_sheet_name(name)
        return next((s for s in self.sheets if s.worksheet and _fold_sheet_name(s.name) == wanted), None)

    def find_part_of_kind(self, kind: str) -> str:
        """The workbook's styles, shared strings …; empty if it has none."""
        return self.package.find_related_part(self.part, kind)

    # --- changing the list ------------------------------------------------------------------------

    def insert_first_sheet(self, name: str, part: str) -> None:
        """Puts a worksheet in front of all others and opens the workbook on it."""
        self.package.declare_content_type(part, _SHEET_TYPE)
        relation = self.package.add_relationship(self.part, "worksheet", part)
        self.package.edit_part(self.part)
        entry = etree.Element(self.qualify_name("sheet"))
        entry.set("name", name)
        entry.set("sheetId", str(max((s.sheet_id for s in self.sheets), default=0) + 1))
        entry.set(self.relation_id, relation)
        self._find_child_element("sheets").insert(0, entry)
        self._renumber_local_names(lambda index: index + 1)
        for view in self._list_workbook_views():
            view.attrib.pop("firstSheet", None)
            view.set("activeTab", "0")
        self._deselect_other_tabs(part)

    def remove_sheet(self, sheet: SheetEntry) -> None:
        """Takes a worksheet out, with what belongs to it alone."""
        position = self.sheets.index(sheet)
        self.package.edit_part(self.part)
        sheets = self._find_child_element("sheets")
        sheets.remove(sheets.findall(self.qualify_name("sheet"))[position])
        owned = [r.target for r in self.package.list_relationships(sheet.part) if not r.external]
        self.package.remove_relationships(self.part, sheet.part)
        if b"<f" in self.package.read_part(sheet.part):
            self._remove_calculation_chain()
        self.package.remove_part(sheet.part)
        for target in owned:
            if target in self.package and not self._is_referenced(target):
                self.package.remove_part(target)
        self._renumber_local_names(lambda index: None if index == position else index - (index > position))

    def define_first_sheet_name(self, name: str, reference: str) -> None:
        """Gives the first sheet a name of its own: what is printed, which rows stand on every page."""
        root = self.package.edit_part(self.part)
        names = self._find_child_element("definedNames")
        if names is None:
            names = etree.Element(self.qualify_name("definedNames"))
            place = [i for i, child in enumerate(root) if get_local_name(child) in _BEFORE_NAMES]
            root.insert(place[-1] + 1, names)
        entry = etree.Element(self.qualify_name("definedName"))
        entry.set("name", name)
        entry.set("localSheetId", "0")
        entry.text = reference
        names.insert(0, entry)

    def _list_workbook_views(self) -> list[Any]:
        views = self._find_child_element("bookViews")
        return [] if views is None else views.findall(self.qualify_name("workbookView"))

    def _renumber_local_names(self, find_new_index: Any) -> None:
        """Local names are tied to a sheet by its position."""
        names = self._find_child_element("definedNames")
        for entry in [] if names is None else list(names):
            if entry.get("localSheetId") is not None:
                index = find_new_index(int(entry.get("localSheetId")))
                if index is None:
                    names.remove(entry)
                else:
                    entry.set("localSheetId", str(index))
        if names is not None and not len(names):
            names.getparent().remove(names)

    def _deselect_other_tabs(self, chosen: str) -> None:
        """Unselects every other tab: two selected tabs would be edited together."""
        for sheet in self.sheets:
            if sheet.part in {"", chosen}:
                continue
            if b"tabSelected" in self.package.read_part_head(sheet.part, _HEAD_BYTES):
                text = self.package.read_part(sheet.part)
                self.package.write_part(sheet.part, _TAB_SELECTED.sub(rb"\1", text))

    def _remove_calculation_chain(self) -> None:
        """The chain names cells of a sheet that goes; Excel makes a new one."""
        chain = self.find_part_of_kind("calcChain")
        if chain:
            self.package.remove_relationships(self.part, chain)
            self.package.remove_part(chain)

    def _is_referenced(self, target: str) -> bool:
        holders = (name for name in self.package.names if not name.endswith(".rels"))
        return any(r.target == target for name in holders for r in self.package.list_relationships(name))


def get_local_name(element: Any) -> str:
    """An element's name without its namespace; empty for comments and processing instructions."""
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def quote_sheet_name(sheet: str) -> str:
    """A sheet's name as it stands in a reference."""
    return "'" + sheet.replace("'", "''") + "'"


def _fold_sheet_name(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold().strip()
