"""Workbooks of Excel's own zip formats (xlsx, xlsm, xlsb): what is in the parts before a parser sees them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from etl.catalog.layout import MANIFEST_SHEET
from etl.ooxml import strict_zip
from etl.ooxml.opc_package import UneditablePackageError, parse_relationships
from etl.ooxml.strict_zip import ArchivePart
from etl.read.preflight.limits import (
    FAR,
    MAX_CELLS,
    MAX_COLUMN,
    MAX_DEPTH,
    MAX_ROW,
    MAX_STRINGS,
    CheckedFile,
    RawFinding,
    refuse_file,
)

_FAR_CELL = re.compile(rb"""r=["'](?=[A-Z]{3}\d|[A-Z]{1,2}\d{5}|\d{5,}["'](?:[^>]*[^>/])?>\s*<(?:\w+:)?c\b)(\w+)""")
"""A cell out of reach. A row out of reach counts where it has cells: LibreOffice leaves an empty last one behind."""
_UNREAD = "customxml/"
"""A folder that no reader of values looks at; Excel itself stores parts in UTF-16 there."""
_ACTIVE = {
    "vbaproject.bin": "macro",
    "/macrosheets/": "trang macro",
    "/dialogsheets/": "hộp thoại macro",
    "/activex/": "nút điều khiển ActiveX",
    "/embeddings/": "tệp khác nhúng bên trong",
}
_MANIFEST = re.compile(rb'<sheet\b[^>]*\bname="' + MANIFEST_SHEET.encode() + rb'"[^>]*\br:id="([^"]+)"')
_MAX_TARGET = 300
_MANIFEST_ROWS = 12
"""The stamp stands in the first rows; what the manifest says of cells is not believed, and half the file's size."""
_ROOT = re.compile(rb"<[A-Za-z_]")
_PROLOG = 4096
_STRETCH = 6144


def check_ooxml_workbook(data: bytes, parts: dict[str, ArchivePart]) -> CheckedFile:
    """The workbook as a plain zip of the parts that a parser needs, each looked at.

    Raises:
        RefusedError: the reason not to parse it.
    """
    binary = "xl/workbook.bin" in parts
    _validate_no_active_content(parts)
    texts = {
        key: strict_zip.unpack_part(data, part)
        for key, part in parts.items()
        if key.endswith((".xml", ".rels", ".bin")) and not key.startswith(_UNREAD)
    }
    sums = {key: parts[key].crc for key in texts}
    manifest = _find_manifest_part(texts)
    if manifest in texts:
        texts[manifest] = _truncate_manifest(texts[manifest])
        sums[manifest] = zlib.crc32(texts[manifest])
    if sum(_count_part_cells(key, text) for key, text in texts.items()) > MAX_CELLS:
        refuse_file("F10", limit=f"{MAX_CELLS:,} ô".replace(",", "."))
    notes = tuple(_check_external_links(texts))
    plain = strict_zip.pack_parts({parts[key].name: (text, sums[key]) for key, text in texts.items()})
    macro_format = b"macroEnabled" in texts.get("[content_types].xml", b"")
    return CheckedFile("xlsb" if binary else "xlsm" if macro_format else "xlsx", plain, notes, texts)


def _validate_no_active_content(parts: dict[str, ArchivePart]) -> None:
    for key in parts:
        for mark, what in _ACTIVE.items():
            if mark in key:
                refuse_file("F07", detail=what)


def _count_part_cells(key: str, text: bytes) -> int:
    """Looks at one part; gives the number of its cells as far as it matters."""
    if key.endswith(".bin"):
        return _count_binary_cells(text) if key.startswith("xl/worksheets/sheet") else 0
    _validate_prolog(text)
    _validate_depth(text)
    if key.startswith("xl/worksheets/"):
        return _count_sheet_cells(text)
    if key == "xl/sharedstrings.xml" and len(text) > MAX_STRINGS * 4 and text.count(b"<si") > MAX_STRINGS:
        refuse_file("F03", limit=f"{MAX_STRINGS:,} chuỗi".replace(",", "."))
    return 0


def _validate_prolog(text: bytes) -> None:
    """A DTD stands before the root element or nowhere; what is not UTF-8 would be read by no rule here."""
    if b"\0" in text[:64] or text.startswith((b"\xff\xfe", b"\xfe\xff")):
        refuse_file("F11", detail="không phải mã UTF-8")
    if not _ROOT.search(text, 0, _PROLOG):
        refuse_file("F11" if len(text) > _PROLOG else "F05", detail="phần mở đầu bất thường")
    if text.find(b"<!", 0, _PROLOG) >= 0 and (b"<!DOCTYPE" in text or b"<!ENTITY" in text):
        refuse_file("F11", detail="có khai báo DTD")


def _validate_depth(text: bytes) -> None:
    """Refuses what nests too deep, told from the balance of tags after every few thousand bytes.

    Between two looks the depth can rise and fall back by a seventh of the stretch at most (``<a></a>`` is seven bytes),
    so nothing deeper than the cap and that seventh passes. Comments count as open tags; office programs write none.
    """
    if len(text) < 7 * MAX_DEPTH or text.count(b"<") < 2 * MAX_DEPTH:
        return
    depth = 0
    for at in range(0, len(text), _STRETCH):
        to = at + _STRETCH
        depth += text.count(b"<", at, to) - 2 * text.count(b"</", at, to + 1) - text.count(b"/>", at, to + 1)
        if depth > MAX_DEPTH:
            refuse_file("F11", detail=f"lồng sâu hơn {MAX_DEPTH} cấp")


def _count_sheet_cells(text: bytes) -> int:
    body = text.find(b"<sheetData")
    far = _FAR_CELL.search(text, max(body, 0))
    if far:
        refuse_file("F10", value=far[1].decode("ascii", "replace"), limit=FAR)
    return text.count(b"<c") if len(text) > 3 * MAX_CELLS else 0


def _count_binary_cells(text: bytes) -> int:
    """Walks the records of a binary sheet: rows are record 0, cells 1 to 11; gives the number of cells."""
    at, end, cells = 0, len(text), 0
    while at < end:
        kind, at = _parse_varint(text, at, 2)
        size, at = _parse_varint(text, at, 4)
        if at + size > end:
            refuse_file("F06")
        if kind <= 11 and size >= 4:
            place = int.from_bytes(text[at : at + 4], "little")
            cells += kind > 0
            if place >= (MAX_COLUMN if kind else MAX_ROW):
                refuse_file("F10", limit=FAR)
        at += size
    return cells


def _parse_varint(text: bytes, at: int, most: int) -> tuple[int, int]:
    value = 0
    for i in range(most):
        if at >= len(text):
            refuse_file("F06")
        byte = text[at]
        value, at = value | (byte & 0x7F) << 7 * i, at + 1
        if byte < 0x80:
            break
    return value, at


def _check_external_links(texts: dict[str, bytes]) -> Iterator[RawFinding]:
    """One note for all links to other files; a live link (DDE) refuses."""
    links = [key for key in texts if key.startswith("xl/externallinks/")]
    if any(b"ddeLink" in texts[key] or b"oleLink" in texts[key] for key in links):
        refuse_file("F07", detail="liên kết động DDE")
    try:
        relations = [r for key in links if key.endswith(".rels") for r in parse_relationships(texts[key], key)]
    except UneditablePackageError:
        refuse_file("F05", detail="danh mục liên kết ngoài bị hỏng")
    targets = [relation.target for relation in relations if 0 < len(relation.target) <= _MAX_TARGET]
    if "xl/connections.xml" in texts:
        targets.append("kết nối dữ liệu")
    if links or targets:
        yield RawFinding("F08", value=", ".join(targets[:3])[:200], slots=(("found", ", ".join(targets[:3])[:200]),))


def _find_manifest_part(texts: dict[str, bytes]) -> str:
    """The part that holds the hidden manifest; empty if there is none."""
    book = _MANIFEST.search(texts.get("xl/workbook.xml", b""))
    if not book:
        return ""
    try:
        relations = parse_relationships(texts.get("xl/_rels/workbook.xml.rels", b""), "xl/workbook.xml")
    except UneditablePackageError:
        return ""  # refused when its prolog is looked at, or by the reader
    return next((r.target.lower() for r in relations if r.id.encode() == book[1]), "")


def _truncate_manifest(text: bytes) -> bytes:
    """The manifest's first rows alone: no parser needs to go through the long list of cells below the stamp."""
    at = 0
    for _ in range(_MANIFEST_ROWS):
        at = text.find(b"</row>", at) + 6
        if at < 6:
            return text
    plain = text.endswith(b"</worksheet>") and text.find(b"</sheetData>", at) > 0
    return text[:at] + b"</sheetData></worksheet>" if plain else text
