"""OpenDocument spreadsheets (ods): one streaming pass over the content, no tree built."""

from __future__ import annotations

from pyexpat import ExpatError, ParserCreate, XMLParserType

from etl.ooxml import strict_zip
from etl.ooxml.strict_zip import ArchivePart
from etl.read.preflight.limits import (
    FAR,
    MAX_CELLS,
    MAX_COLUMN,
    MAX_DEPTH,
    MAX_ROW,
    CheckedFile,
    RawFinding,
    refuse_file,
)

_ACTIVE = {"basic/": "macro", "scripts/": "macro", "object ": "tệp khác nhúng bên trong"}
_READ = ("mimetype", "content.xml", "meta-inf/manifest.xml")
"""The parts that a reader of values looks at; no other decides about the file, sound or broken."""


def check_ods_workbook(data: bytes, parts: dict[str, ArchivePart]) -> CheckedFile:
    """The workbook as a plain zip of its XML, each part looked at.

    Raises:
        RefusedError: the reason not to parse it.
    """
    manifest = parts.get("meta-inf/manifest.xml")
    if manifest and b"encryption-data" in strict_zip.unpack_part(data, manifest):
        refuse_file("F04")
    for key in parts:
        for mark, what in _ACTIVE.items():
            if key.startswith(mark):
                refuse_file("F07", detail=what)
    if "content.xml" not in parts:
        refuse_file("F05", detail="thiếu phần nội dung")
    texts: dict[str, tuple[bytes, int]] = {}
    links: list[str] = []
    for key in filter(parts.__contains__, _READ):
        part = parts[key]
        texts[part.name] = strict_zip.unpack_part(data, part), part.crc
        if key != "mimetype":
            links += _ContentScanner().find_links(texts[part.name][0])
    shown = ", ".join(links[:3])[:200]
    notes = (RawFinding("F08", value=shown, slots=(("found", shown),)),) if links else ()
    return CheckedFile("ods", strict_zip.pack_parts(texts), notes)


class _ContentScanner:
    """What one pass counts: depth, and where the cells that hold something end."""

    def __init__(self) -> None:
        self.depth = self.cells = self.row = self.column = 0
        self.links: list[str] = []
        self._row_repeat = self._column_repeat = 1
        self._row_cells = 0

    def find_links(self, text: bytes) -> list[str]:
        """Links to other files that the text names.

        Raises:
            RefusedError: a DTD, too deep, too far, too many, or no XML.
        """
        parser: XMLParserType = ParserCreate()
        parser.StartDoctypeDeclHandler = lambda *_: refuse_file("F11", detail="có khai báo DTD")
        parser.StartElementHandler = self._handle_start_tag
        parser.EndElementHandler = self._handle_end_tag
        parser.CharacterDataHandler = self._handle_text
        try:
            parser.Parse(text, True)
        except ExpatError:
            refuse_file("F05", detail="nội dung XML hỏng")
        return self.links

    def _handle_start_tag(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            refuse_file("F11", detail=f"lồng sâu hơn {MAX_DEPTH} cấp")
        if name == "table:table":
            self.row = self.column = 0
        elif name == "table:table-row":
            self._row_repeat = _parse_repeat_attribute(attributes.get("table:number-rows-repeated"))
            self.column = self._row_cells = 0
        elif name in {"table:table-cell", "table:covered-table-cell"}:
            self._column_repeat = _parse_repeat_attribute(attributes.get("table:number-columns-repeated"))
            if any(key.startswith("office:") for key in attributes):
                self._count_filled_cells()
        elif name.endswith("dde-source") or name == "office:dde-source":
            refuse_file("F07", detail="liên kết động DDE")
        elif name in {"table:table-source", "table:cell-range-source"}:
            self.links.append(attributes.get("xlink:href", ""))

    def _handle_end_tag(self, name: str) -> None:
        self.depth -= 1
        if name in {"table:table-cell", "table:covered-table-cell"}:
            self.column += self._column_repeat
            self._column_repeat = 1
        elif name == "table:table-row":
            self.cells += self._row_cells * self._row_repeat
            self.row += self._row_repeat
            if self.cells > MAX_CELLS:
                refuse_file("F10", limit=f"{MAX_CELLS:,} ô".replace(",", "."))
            self._row_repeat = 1

    def _handle_text(self, words: str) -> None:
        if self._column_repeat > 1 and words.strip():
            self._count_filled_cells()

    def _count_filled_cells(self) -> None:
        """A cell holds something: all its repetitions must lie within reach."""
        if self.row + self._row_repeat > MAX_ROW or self.column + self._column_repeat > MAX_COLUMN:
            refuse_file("F10", limit=FAR)
        self._row_cells += self._column_repeat


def _parse_repeat_attribute(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 1
