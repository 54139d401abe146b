"""A workbook opened, whatever its format: .xlsx, .xls, .xlsb or .ods. Read room, child process only.

Gives grids of values by sheet, what a grid does not show (`etl.read.cell_metadata`), and the fonts that tell an old
encoding. Everything is read once and only when asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from html import unescape
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import ParseError

from etl.ooxml.opc_package import (
    PartRelationship,
    UneditablePackageError,
    build_relationships_name,
    parse_relationships,
)
from etl.ooxml.zip_parts import ZipParts
from etl.read.cell_metadata import NO_METADATA, SheetMetadata
from etl.read.cell_metadata_binary import (
    has_1904_dates_xls,
    has_1904_dates_xlsb,
    parse_xls_metadata,
    parse_xlsb_looks,
    parse_xlsb_metadata,
    parse_xlsb_sheet_ids,
)
from etl.read.cell_metadata_ods import parse_ods_metadata
from etl.read.cell_metadata_xlsx import WorkbookLooks, parse_shared_strings, parse_styles, parse_xlsx_metadata

Rows = list[list[Any]]

_SHEET = re.compile(r"<(?:\w+:)?sheet\b([^>]*)>")
_ATTRIBUTE = re.compile(r"""(?<![\w:])([\w:]++)\s*+=\s*+(?:"([^"]*)"|'([^']*)')""")
_FONT = re.compile(rb"""<(?:\w+:)?(?:name|rFont)\b[^>]*\bval=["']([^"']+)["']|font-name=["']([^"']+)["']""")
_OLD_FONT = re.compile(rb"\.Vn[A-Za-z]{2,20}|VNI-[A-Za-z]{2,20}")
_STRING_CELL = re.compile(rb"""<(?:\w+:)?c r=["']([AB][1-9])["']([^>]*)>(.*?)</(?:\w+:)?c>""", re.DOTALL)
_FROM_1904 = re.compile(rb"""\bdate1904=["'](?:1|true)["']""")
_NEVER_COMPUTED = re.compile(rb"""\bfullCalcOnLoad=["'](?:1|true)["']""")
_NULL_DATE = re.compile(rb"""<table:null-date\b[^>]*\btable:date-value=["']([^"'T]*)""")
_SHARED_PARTS = ("styles", "sharedStrings")
_TOP_BYTES = 2048
_BROKEN_LIST = "danh mục các phần của tệp bị hỏng"
_WORDS = re.compile(rb"<(?:\w+:)?t\b[^>]*>([^<]*)<")
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*>(\d+)<")


class BrokenPackageError(ValueError):
    """What a workbook says of its own parts makes no sense; the message says what, in Vietnamese."""


class WorkbookFile:
    """One workbook. Sheets are asked for by name; `convert` changes how every text is read from then on.

    Args:
        data: the file.
        parts: its parts by name in lower case, if somebody has unpacked them already.

    Raises:
        CalamineError: the parser cannot read it.
        BrokenPackageError: when a part is asked for, and the list of parts is broken.
    """

    def __init__(self, data: bytes, parts: Mapping[str, bytes] | None = None) -> None:
        from python_calamine import CalamineWorkbook

        self._data = data
        self._unpacked = parts or {}
        self._book = CalamineWorkbook.from_filelike(BytesIO(data))
        self.names: tuple[str, ...] = tuple(self._book.sheet_names)
        self._grids: dict[str, Rows] = {}
        self._metadata_by_sheet: dict[str, SheetMetadata] = {}
        self._convert: Callable[[str], str] | None = None

    # --- values ------------------------------------------------------------------------------------

    def read_rows(self, name: str) -> Rows:
        """The grid of a sheet, from A1, every row of the same length; an empty cell is an empty text.

        An error value is its own text (``#N/A``).
        """
        grid = self._grids.get(name)
        if grid is None:
            is_table = name not in self._without_cells
            grid = self._book.get_sheet_by_name(name).to_python(skip_empty_area=False) if is_table else []
            _replace_values(grid, self.read_metadata(name))
            if self._convert:
                grid = [[self._convert(v) if type(v) is str and v else v for v in row] for row in grid]
            self._grids[name] = grid
        return grid

    def list_texts(self) -> Iterator[str]:
        """Every text of every sheet."""
        return (v for name in self.names for row in self.read_rows(name) for v in row if type(v) is str and v)

    def convert_texts(self, change: Callable[[str], str]) -> None:
        """From now on every text of the workbook is read through `change`."""
        self._grids.clear()
        self._convert = change

    @cached_property
    def hidden(self) -> frozenset[str]:
        """The sheets that the sender's program does not show."""
        found = {s.name for s in self._book.sheets_metadata if str(s.visible) != "SheetVisibleEnum.Visible"}
        return frozenset(found)

    @cached_property
    def _without_cells(self) -> frozenset[str]:
        """Sheets that are a chart and have no cells."""
        return frozenset(s.name for s in self._book.sheets_metadata if str(s.typ) == "SheetTypeEnum.ChartSheet")

    # --- parts of the file -------------------------------------------------------------------------

    @cached_property
    def kind(self) -> str:
        """``xlsx``, ``xlsb``, ``ods`` or ``xls``."""
        if not self._data.startswith(b"PK"):
            return "xls"
        parts = self._unpacked or self._archive
        return "xlsx" if "xl/workbook.xml" in parts else "xlsb" if "xl/workbook.bin" in parts else "ods"

    def read_metadata(self, name: str) -> SheetMetadata:
        """What the grid of a sheet does not show.

        Raises:
            BrokenPackageError: the parser of values takes the sheet's part, and it is no sound XML.
        """
        if name not in self._metadata_by_sheet:
            try:
                self._metadata_by_sheet[name] = self._parse_metadata(name)
            except (ParseError, ValueError) as error:
                raise BrokenPackageError("nội dung trang tính bị hỏng") from error
        return self._metadata_by_sheet[name]

    def _parse_metadata(self, name: str) -> SheetMetadata:
        if self.kind == "xlsx":
            return parse_xlsx_metadata(self.read_sheet_part(name), self._looks)
        if self.kind == "xlsb":
            return parse_xlsb_metadata(self.read_sheet_part(name), self._looks)
        return self._file_metadata.get(name, NO_METADATA)

    @cached_property
    def date1904(self) -> bool:
        """Whether days count from 1904, as old versions for the Mac wrote it.

        Raises:
            BrokenPackageError: an .ods that counts from a third day, as no program does that forms are filled in with.
        """
        if self.kind == "xls":
            return has_1904_dates_xls(self._data)
        if self.kind == "xlsb":
            return has_1904_dates_xlsb(self._read_archive_entry("xl/workbook.bin"))
        if self.kind == "xlsx":
            return _FROM_1904.search(self._read_archive_entry("xl/workbook.xml")) is not None
        null_date = _NULL_DATE.search(self._read_archive_entry("content.xml"))
        if null_date and null_date[1] not in (b"1899-12-30", b"1904-01-01"):
            raise BrokenPackageError("tệp đếm ngày từ một mốc không dùng được")
        return null_date is not None and null_date[1] == b"1904-01-01"

    @cached_property
    def _looks(self) -> WorkbookLooks:
        if self.kind == "xlsb":
            return parse_xlsb_looks(
                *(self._read_archive_entry(self._find_related_part(kind)) for kind in _SHARED_PARTS)
            )
        styles, strings = (self._read_archive_entry(self._find_related_part(kind)) for kind in _SHARED_PARTS)
        is_stale = _NEVER_COMPUTED.search(self._read_archive_entry("xl/workbook.xml")) is not None
        return WorkbookLooks(parse_styles(styles), parse_shared_strings(strings), is_stale)

    @cached_property
    def fonts(self) -> frozenset[str]:
        """Names of the fonts that the workbook declares; of a binary file, those of the old encodings."""
        if self.kind in ("xls", "xlsb"):
            whole = self._data if self.kind == "xls" else self._read_archive_entry("xl/styles.bin")
            # Names are stored as single bytes or as UTF-16: of those, every second byte is the letter.
            even_bytes, odd_bytes = whole[::2], whole[1::2]
            found = {name for text in (whole, even_bytes, odd_bytes) for name in _OLD_FONT.findall(text)}
            return frozenset(f.decode("latin-1") for f in found)
        part = "xl/styles.xml" if self.kind == "xlsx" else "content.xml"
        names = (a or b for a, b in _FONT.findall(self._read_archive_entry(part)))
        return frozenset(unescape(n.decode("utf-8", "replace")) for n in names)

    def read_sheet_part(self, name: str, most: int = -1) -> bytes:
        """The bytes of a sheet's own part (.xlsx, .xlsb), or its first `most`; empty if it is not found."""
        return self._read_archive_entry(self._parts.get(name, ""), most)

    def read_part(self, part: str) -> bytes:
        """The bytes of any part of a zipped workbook by its name; empty if it has none such."""
        return b"" if self.kind == "xls" else self._read_archive_entry(part)

    def read_top_texts(self, name: str) -> dict[str, str]:
        """Text cells in the first two columns near the top of an .xlsx sheet, without parsing all of it."""
        found = {}
        strings: list[bytes] | None = None
        for cell, attributes, held in _STRING_CELL.findall(self.read_sheet_part(name, _TOP_BYTES)):
            words = held
            if b'"s"' in attributes:
                strings = self._read_shared_strings() if strings is None else strings
                index = _VALUE.search(held)
                words = strings[int(index[1])] if index and int(index[1]) < len(strings) else b""
            found[cell.decode()] = unescape(b"".join(_WORDS.findall(words)).decode("utf-8", "replace"))
        return found

    def _read_shared_strings(self) -> list[bytes]:
        """The shared strings up to their end tags; none where they are written in a way that cannot be counted."""
        part = self._read_archive_entry(self._find_related_part("sharedStrings"))
        return [] if b"<si/>" in part else part.split(b"</si>")[:-1]

    @cached_property
    def _archive(self) -> ZipParts:
        return ZipParts(self._data)

    def _read_archive_entry(self, part: str, most: int = -1) -> bytes:
        held = self._unpacked.get(part.lower())
        if held is not None:
            return held if most < 0 else held[:most]
        return self._archive.read_part(part, most)

    @cached_property
    def _file_metadata(self) -> dict[str, SheetMetadata]:
        return (
            parse_xls_metadata(self._data)
            if self.kind == "xls"
            else parse_ods_metadata(self._read_archive_entry("content.xml"))
        )

    @cached_property
    def _relations(self) -> tuple[PartRelationship, ...]:
        book = f"xl/workbook.{'xml' if self.kind == 'xlsx' else 'bin'}"
        try:
            listed = parse_relationships(self._read_archive_entry(build_relationships_name(book)), book)
        except UneditablePackageError as error:
            raise BrokenPackageError(_BROKEN_LIST) from error
        if any(not relation.id for relation in listed):
            raise BrokenPackageError(_BROKEN_LIST)
        return listed

    def _find_related_part(self, kind: str) -> str:
        """The part that the workbook refers to as its styles or shared strings; else where programs put it."""
        ending = "xml" if self.kind == "xlsx" else "bin"
        return next((r.target for r in self._relations if r.kind == kind), f"xl/{kind}.{ending}")

    @cached_property
    def _parts(self) -> dict[str, str]:
        """Part of the archive by sheet name."""
        targets = {relation.id: relation.target for relation in self._relations}
        if self.kind == "xlsx":
            sheets = _parse_tag_attributes(_SHEET, self._read_archive_entry("xl/workbook.xml"))
            ids = {s.get("name", ""): next((v for k, v in s.items() if k.endswith(":id")), "") for s in sheets}
        else:
            ids = parse_xlsb_sheet_ids(self._read_archive_entry("xl/workbook.bin"))
        return {name: targets.get(relation, "") for name, relation in ids.items()}


def _parse_tag_attributes(pattern: re.Pattern[str], part: bytes) -> Iterator[dict[str, str]]:
    for attributes in pattern.findall(part.decode("utf-8", "replace")):
        yield {key: unescape(a or b) for key, a, b in _ATTRIBUTE.findall(attributes)}


def _replace_values(grid: Rows, metadata: SheetMetadata) -> None:
    """Puts errors, truth values and the words of formulas where the parser gave something else."""
    for (row, col), value in metadata.replaced.items():
        if row < len(grid) and col < len(grid[row]):
            grid[row][col] = value
