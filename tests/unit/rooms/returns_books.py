"""Workbooks as senders have them, and what must be true of one that goes back to them."""

from __future__ import annotations

import posixpath
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
from lxml import etree

from etl.model import Finding, FindingLevel
from etl.returns import SubmissionAnswer
from tests.wording import SHIPPED

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_RELS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
SHEET = "A. Dân số"
_ORDER = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins",
    "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors",
    "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "picture", "oleObjects", "controls",
    "webPublishItems", "tableParts", "extLst",
)  # fmt: skip


def finding(
    cell: str, level: FindingLevel = FindingLevel.REFUSE, code: str = "V01", sheet: str = SHEET, **more: str
) -> Finding:
    words = {"message": f"“mười” ở {cell} không phải là một số.", "hint": "Chỉ nhập số.", "value": "mười"} | more
    return Finding(code, level, sheet=sheet, cell=cell, **words)


def answer(original: bytes, *findings: Finding, **more: Any) -> SubmissionAnswer:
    about: dict[str, Any] = {
        "folder": "612", "file": "Báo cáo quý III.xlsx", "sha256": "ab" * 32,
        "received_at": datetime(2024, 10, 4, 2, 30, tzinfo=UTC), "accepted": False, "form": "kt-district-quarter",
        "form_title": "Báo cáo quý", "unit_name": "Huyện Đắk Tô", "period": "2024Q3",
        "period_name": "quý III năm 2024", "office": "Sở Y tế", "wording": SHIPPED,
    }  # fmt: skip
    return SubmissionAnswer(**about | {"findings": findings, "original": original} | more)


def rich() -> bytes:
    """A sender's workbook with everything that must survive: chart, picture, rules, names, comments, strange parts."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"created": datetime(2024, 1, 1)})
    cell = book.add_format(
        {"border": 1, "num_format": "#,##0.00", "bold": True, "locked": False, "bg_color": "#FFFFFF"}
    )
    page, other, hidden = (book.add_worksheet(name) for name in (SHEET, "Ghi 'riêng' chú", "ẩn"))
    page.set_column(1, 1, 33.5)
    page.set_row(3, 40)
    for row in range(3, 20):
        page.write_number(row, 3, row * 1.5, cell)
    page.write_formula("D25", "=SUM(D4:D20)", cell, 255)
    page.write_string("B2", "<Tiêu đề> & “ngoặc”")
    page.merge_range("F4:G6", "gộp", cell)
    page.data_validation("D4:D20", {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 99})
    page.conditional_format("D4:D20", {"type": "data_bar"})
    page.conditional_format(
        "D4:D20", {"type": "cell", "criteria": ">", "value": 5, "format": book.add_format({"bold": 1})}
    )
    page.write_comment("D6", "Số này lấy từ sổ A1.", {"author": "Chị Hoa"})
    page.write_comment("H9", "Hỏi lại trạm.", {"author": "Chị Hoa", "visible": True})
    page.insert_image("J2", "dot.png", {"image_data": BytesIO(_dot())})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": f"='{SHEET}'!$D$4:$D$20"})
    page.insert_chart("J10", chart)
    page.protect("matkhau", {"format_cells": True})
    page.set_header("&C&G", {"image_center": "dot.png", "image_data_center": BytesIO(_dot())})
    page.print_area("A1:H30")
    page.repeat_rows(2)
    page.freeze_panes(3, 2)
    other.write_string("A1", "của riêng đơn vị")
    other.write_formula("A2", f"='{SHEET}'!D4*2", None, 9)
    other.print_area("A1:C3")
    other.activate()
    hidden.write_string("A1", "mật")
    hidden.hide()
    book.define_name("Tong", f"='{SHEET}'!$D$25")
    book.define_name(f"'{SHEET}'!Rieng", f"='{SHEET}'!$A$1")
    book.close()
    parts = unpacked(target.getvalue())
    parts["xl/la-ky/phan7.bin"] = bytes(range(256))
    parts["customXml/item1.xml"] = b'<?xml version="1.0"?>\n<a xmlns="urn:x"><b/></a>'
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(
        b"<bookViews>", b'<workbookProtection workbookPassword="CC1A" lockStructure="1"/><bookViews>'
    )
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        b"<Override", b'<Default Extension="bin" ContentType="application/octet-stream"/><Override', 1
    )
    parts["xl/calcChain.xml"] = (
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        b'<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<c r="D25" i="1"/><c r="A2" i="2"/></calcChain>'
    )
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Override PartName="/xl/calcChain.xml" ContentType='
        b'"application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"/></Types>',
    )
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="rId77" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"'
        b' Target="/xl/calcChain.xml"/></Relationships>',
    )
    return packed(parts)


def _dot() -> bytes:
    """A picture of one red point."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")
    )


def unpacked(data: bytes) -> dict[str, bytes]:
    archive = zipfile.ZipFile(BytesIO(data))
    return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Mapping[str, bytes]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in parts.items():
            out.writestr(zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10)), data, compress_type=zipfile.ZIP_DEFLATED)
    return target.getvalue()


def with_part(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    parts = unpacked(data)
    parts[name] = change(parts[name])
    return packed(parts)


def prefixed(xml: bytes) -> bytes:
    """The same XML with every name of the main namespace written ``x:``."""
    root = etree.fromstring(xml)
    space = {("x" if uri == MAIN[1:-1] else key): uri for key, uri in root.nsmap.items()}
    new = etree.Element(root.tag, attrib=dict(root.attrib), nsmap=space)
    new.extend(deepcopy(child) for child in root)
    etree.cleanup_namespaces(new, keep_ns_prefixes=[key for key in space if key])
    return etree.tostring(new, xml_declaration=True, encoding="UTF-8", standalone=True)


def strict(data: bytes) -> bytes:
    """The same workbook in the strict namespaces."""
    swaps = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
            b"http://purl.oclc.org/ooxml/officeDocument/relationships"
        ),
    }
    parts = unpacked(data)
    for name in parts:
        if name.endswith((".xml", ".rels")):
            for old, new in swaps.items():
                parts[name] = parts[name].replace(old, new)
    return packed(parts)


def resaved(data: bytes, folder: Path, extension: str = "xlsx") -> bytes:
    """The workbook as LibreOffice saves it."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "given.xlsx"
    source.write_bytes(data)
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", extension]
    subprocess.run([*command, "--outdir", str(folder / "out"), str(source)], check=True, capture_output=True)
    return (folder / "out" / f"given.{extension}").read_bytes()


def sheet_part(data: bytes, name: str) -> str:
    """The part of a sheet."""
    parts = unpacked(data)
    root = etree.fromstring(parts["xl/workbook.xml"])
    entry = next(s for s in root.iter(f"{{{etree.QName(root).namespace}}}sheet") if s.get("name") == name)
    wanted = next(value for key, value in entry.attrib.items() if key.endswith("}id"))
    rels = etree.fromstring(parts["xl/_rels/workbook.xml.rels"])
    target = next(r.get("Target") for r in rels.iter(_RELS) if r.get("Id") == wanted)
    return posixpath.normpath(posixpath.join("/xl", target))[1:]


def assert_consistent(data: bytes) -> None:
    """What Excel insists on, or offers a repair: order, ids, types, targets, positions."""
    parts = unpacked(data)
    types = etree.fromstring(parts["[Content_Types].xml"])
    overrides = [e.get("PartName", "") for e in types.iter(f"{_TYPES}Override")]
    assert len(set(overrides)) == len(overrides)
    assert {name[1:] for name in overrides} <= set(parts)
    endings = {e.get("Extension") for e in types.iter(f"{_TYPES}Default")}
    for name in parts:
        known = f"/{name}" in overrides or name.rpartition(".")[2] in endings
        assert known or name == "[Content_Types].xml", name
    for name in parts:
        if name.endswith(".rels"):
            _assert_targets(name, parts)
    _assert_workbook(parts)
    for name in parts:
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            _assert_sheet(parts[name])


def _assert_targets(name: str, parts: Mapping[str, bytes]) -> None:
    owner = posixpath.dirname(posixpath.dirname(name))
    entries = etree.fromstring(parts[name])
    ids = [e.get("Id") for e in entries]
    assert len(set(ids)) == len(ids), name
    for e in entries:
        if e.get("TargetMode") != "External":
            assert posixpath.normpath(posixpath.join("/", owner, e.get("Target")))[1:] in parts, (name, e.get("Target"))


def _assert_workbook(parts: Mapping[str, bytes]) -> None:
    root = etree.fromstring(parts["xl/workbook.xml"])
    space = f"{{{etree.QName(root).namespace}}}"
    sheets = list(root.iter(f"{space}sheet"))
    assert len({s.get("sheetId") for s in sheets}) == len(sheets)
    assert len({s.get("name").casefold() for s in sheets}) == len(sheets)
    names = [(n.get("name"), n.get("localSheetId")) for n in root.iter(f"{space}definedName")]
    assert len(set(names)) == len(names)
    assert all(int(index) < len(sheets) for _, index in names if index)
    for view in root.iter(f"{space}workbookView"):
        assert int(view.get("activeTab", "0")) < len(sheets)
    selected = [
        name for name, xml in parts.items() if name.startswith("xl/worksheets/sheet") and b'tabSelected="1"' in xml
    ]
    assert not selected, "two selected tabs would be edited together"


def _assert_sheet(xml: bytes) -> None:
    root = etree.fromstring(xml)
    names = [etree.QName(child).localname for child in root if isinstance(child.tag, str)]
    positions = [_ORDER.index(name) for name in names if name in _ORDER]
    assert positions == sorted(positions)
    space = f"{{{etree.QName(root).namespace}}}"
    rows = [int(row.get("r", "0")) for row in root.iter(f"{space}row")]
    assert rows == sorted(set(rows)) or 0 in rows
    for row in root.iter(f"{space}row"):
        cols = [_col(c.get("r")) for c in row if c.get("r")]
        assert cols == sorted(set(cols))


def _col(name: str) -> int:
    number = 0
    for letter in name.rstrip("0123456789"):
        number = number * 26 + ord(letter) - 64
    return number
