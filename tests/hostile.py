"""Files that mean harm, or look as if they did: each named by its fault, with the code it must end in.

`CASES` are decided by bytes and name alone; `MEMORY` and `COMPUTING` get as far as the reading process and end it,
`LISTING` as far as its parser.
All are built anew each time, so nothing dangerous lies in the repository.
"""

# ruff: noqa: S311 - the chance in these files must be the same each time

from __future__ import annotations

import random
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO

from etl.catalog import load_catalogue
from etl.settings import PROJECT_ROOT
from tests.builders import Workbook

TYPES = b'<Types xmlns="t"/>'
BOOK = b'<workbook xmlns="w"><sheets/></workbook>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


@dataclass(frozen=True)
class Case:
    """A file by its fault. `code` is the finding it must end in; `name` is what its sender called it."""

    fault: str
    code: str
    build: Callable[[], bytes]
    name: str = "bao-cao.xlsx"


# --- builders -------------------------------------------------------------------------------------


def zipped(parts: Mapping[str, bytes], *, stored: bool = False) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as out:
        for name, data in parts.items():
            out.writestr(zipfile.ZipInfo(name), data, compress_type=out.compression)
    return target.getvalue()


def book(**parts: bytes) -> bytes:
    """A workbook's zip with further parts; ``__`` in a name stands for ``/`` and ``_x`` at its end for ``.xml``."""
    named = {key.replace("__", "/").removesuffix("_x") + ".xml" * key.endswith("_x"): v for key, v in parts.items()}
    return zipped({"[Content_Types].xml": TYPES, "xl/workbook.xml": BOOK, **named})


def sheet(cells: bytes, dimension: bytes = b"") -> bytes:
    return b"<worksheet>" + dimension + b"<sheetData>" + cells + b"</sheetData></worksheet>"


def changed(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """A zip with one part changed."""
    source = zipfile.ZipFile(BytesIO(data))
    return zipped(
        {i.filename: change(source.read(i)) if i.filename == part else source.read(i) for i in source.filelist}
    )


@cache
def issued() -> bytes:
    """A filled, faultless workbook."""
    catalogue = load_catalogue(PROJECT_ROOT / "catalog")
    return Workbook(catalogue, "kt-district-quarter", "612", "2024Q3").filled().bytes()


def compound(streams: Mapping[str, bytes], storages: tuple[str, ...] = ()) -> bytes:
    """A compound file: each stream padded to at least 4096 bytes, so that none lies in the short sectors."""
    fat, body = [_FAT, _END], [b""]  # sector 0: the table, sector 1: the directory's first
    entries = [_entry("Root Entry", 5, _END, 0)] + [_entry(name, 1, 0, 0) for name in storages]
    placed = []
    for name, data in streams.items():
        placed.append((name, data.ljust(4096, b"\0")))
    rows = len(entries) + len(placed)
    directory = -(-rows // 4)
    fat = [_FAT, *range(2, 1 + directory), _END]
    for name, data in placed:
        start, sectors = len(fat), -(-len(data) // 512)
        entries.append(_entry(name, 2, start, len(data)))
        fat += [*range(start + 1, start + sectors), _END]
        body.append(data.ljust(sectors * 512, b"\0"))
    assert len(fat) <= 128
    listing = b"".join(entries).ljust(directory * 512, b"\0")
    header = struct.pack("<8s16s6H10L", OLE, b"", 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0, 1, 1, 0, 4096, _END, 0, _END, 0)
    header += struct.pack("<109L", 0, *[_FREE] * 108)
    table = struct.pack("<128L", *fat, *[_FREE] * (128 - len(fat)))
    return header + table + listing + b"".join(body)


def _entry(name: str, kind: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HB", len(text), kind).ljust(52, b"\0")
        + struct.pack("<LLL", start, size, 0)
    )


def biff(*records: tuple[int, bytes], version: int = 0x0600) -> bytes:
    """The stream of an old workbook: its beginning, the given records, its end."""
    start = (0x0809, struct.pack("<HHHH", version, 5, 0, 0) + bytes(8))
    return b"".join(struct.pack("<HH", kind, len(body)) + body for kind, body in (start, *records, (0x000A, b"")))


def xls(*records: tuple[int, bytes], version: int = 0x0600, storages: tuple[str, ...] = ()) -> bytes:
    return compound({"Workbook": biff(*records, version=version)}, storages)


def ods(content: bytes, **parts: bytes) -> bytes:
    named = {key.replace("__", "/"): value for key, value in parts.items()}
    return zipped({"mimetype": ODS, "content.xml": content, **named})


def _spread(text: bytes) -> bytes:
    return b"<office:document-content><table:table>" + text + b"</table:table></office:document-content>"


def _lock(data: bytes) -> bytes:
    """Marks the first part as encrypted, in both places that say so."""
    at = data.rindex(b"PK\x01\x02") if data.count(b"PK\x01\x02") == 1 else data.index(b"PK\x01\x02")
    return data[:6] + b"\x01" + data[7 : at + 8] + b"\x01" + data[at + 9 :]


def _directory_changed(data: bytes, offset: int, value: bytes) -> bytes:
    at = data.index(b"PK\x01\x02") + offset
    return data[:at] + value + data[at + len(value) :]


def overlapping() -> bytes:
    """A part that lies inside another, listed as a part of its own."""
    inner = zipped({"a.xml": b"<a/>"}, stored=True)
    split = inner.index(b"PK\x01\x02")
    outer = zipped({"xl/workbook.xml": inner[:split]}, stored=True)
    at, end = outer.index(b"PK\x01\x02"), outer.rindex(b"PK\x05\x06")
    entry = bytearray(inner[split : inner.rindex(b"PK\x05\x06")])
    entry[42:46] = struct.pack("<L", outer.index(b"PK\x03\x04", 4))
    listing = outer[at:end] + entry
    return outer[:at] + listing + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(listing), at, 0)


def linked() -> bytes:
    """A faultless workbook with a link to another one."""
    source = zipfile.ZipFile(BytesIO(issued()))
    parts = {i.filename: source.read(i) for i in source.filelist}
    relation = b'<Relationships><Relationship Id="rId1" Target="file:///C:/so-lieu.xlsx" TargetMode="External"/></Relationships>'
    links = {
        "xl/externalLinks/externalLink1.xml": b'<externalLink xmlns:r="r"><externalBook r:id="rId1"/></externalLink>',
        "xl/externalLinks/_rels/externalLink1.xml.rels": relation,
    }
    return zipped(parts | links)


def nested(depth: int) -> bytes:
    """Closed again in between, so that no run of closing tags gives it away."""
    return b"<a>" * depth + b"x<b></b>" + b"</a><b/>" * (depth - 1) + b"</a>"


def random_cells(count: int) -> bytes:
    """Many cells that pack badly, in a few columns."""
    draw = random.Random(7)
    return b"".join(
        b'<row r="%d">' % row + b"".join(b'<c r="%c%d"><v>%d</v></c>' % (65 + c, row, draw.getrandbits(30)) for c in range(26)) + b"</row>"
        for row in range(1, count // 26 + 1)
    )  # fmt: skip


def far_row(text: bytes) -> bytes:
    return text.replace(b"</sheetData>", b'<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData>')


def _xlsb(*records: tuple[int, bytes]) -> bytes:
    text = b"".join(bytes((kind, len(body))) + body for kind, body in records)
    return zipped({"[Content_Types].xml": TYPES, "xl/workbook.bin": b"\x83\x01\x00", "xl/worksheets/sheet1.bin": text})


SHEET = "xl__worksheets__sheet1_x"

CASES: tuple[Case, ...] = (
    # not a workbook
    Case("text", "F01", lambda: b"xin chao"),
    Case("csv", "F01", "xã;số dân\nĐăk Hà;1200\n".encode, "a.csv"),
    Case("pdf", "F01", lambda: b"%PDF-1.7\n..."),
    Case("picture", "F01", lambda: b"\x89PNG\r\n\x1a\n" + bytes(64)),
    Case("web page named xls", "F01", lambda: b"<html><table><tr><td>1</td></tr></table></html>", "a.xls"),
    Case("Excel XML of 2003", "F01", lambda: b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'),
    Case("Word", "F01", lambda: zipped({"word/document.xml": b"<a/>"})),
    Case("old Word", "F01", lambda: compound({"WordDocument": b"w"}), "a.doc"),
    Case("zip of reports", "F01", lambda: zipped({"a.xlsx": b"1"}), "a.zip"),
    Case("OpenDocument text", "F01", lambda: zipped({"mimetype": b"application/vnd.oasis.opendocument.text"}), "a.odt"),
    Case("program", "F01", lambda: b"MZ" + bytes(200), "a.exe"),
    Case("zeros", "F01", lambda: bytes(2000)),
    Case("empty", "F02", lambda: b""),
    # too much
    Case("too many bytes", "F03", lambda: b"PK\x03\x04" + bytes(20_000_001)),
    Case("zip bomb", "F03", lambda: book(bomb_x=b"0" * 5_000_000)),
    Case("zip bomb of many parts", "F03", lambda: book(**{f"n{i}_x": b"<a>" + random.Random(i).randbytes(500_000).hex().encode() + b"</a>" for i in range(41)})),
    Case("many parts", "F03", lambda: book(**{f"n{i}": b"" for i in range(600)})),
    Case("part larger than it says", "F03", lambda: _directory_changed(zipped({"xl/workbook.xml": BOOK * 9}), 24, struct.pack("<L", 10))),
    Case("millions of strings", "F03", lambda: book(xl__sharedStrings_x=b"<sst>" + b"".join(b"<si><t>%d</t></si>" % n for n in random.Random(3).sample(range(10**9), 210_000)) + b"</sst>")),
    Case("xls with millions of strings", "F03", lambda: xls((0x00FC, struct.pack("<LL", 9_000_000, 9_000_000))), "a.xls"),
    # locked
    Case("encrypted workbook", "F04", lambda: compound({"EncryptionInfo": b"1", "EncryptedPackage": b"2"})),
    Case("encrypted xls", "F04", lambda: xls((0x002F, bytes(54))), "a.xls"),
    Case("encrypted zip", "F04", lambda: _lock(book())),
    Case("encrypted ods", "F04", lambda: ods(b"<a/>", **{"META-INF__manifest.xml": b"<manifest:encryption-data/>"}), "a.ods"),
    # damaged
    Case("flipped bit", "F05", lambda: zipped({"xl/workbook.xml": BOOK}, stored=True).replace(b"<sheets", b"<sheetz")),
    Case("bad directory", "F05", lambda: _directory_changed(book(), 42, struct.pack("<L", 77))),
    Case("data before the zip", "F05", lambda: b"PK\x03\x04" + b"?" * 50 + book()),
    Case("rare packing", "F05", lambda: _directory_changed(book(), 10, struct.pack("<H", 12))),
    Case("Excel 95", "F05", lambda: xls(version=0x0500), "a.xls"),
    Case("looping compound file", "F05", lambda: (d := xls())[:512] + struct.pack("<2L", _FAT, 1) + d[520:], "a.xls"),
    Case("ods without content", "F05", lambda: zipped({"mimetype": ODS}), "a.ods"),
    Case("ods that is no XML", "F05", lambda: ods(b"<a>"), "a.ods"),
    # cut off
    Case("upload cut off", "F06", lambda: issued()[:-500]),
    Case("only the beginning", "F06", lambda: b"PK\x03\x04" + bytes(50)),
    Case("xls cut off", "F06", lambda: xls()[:1500], "a.xls"),
    Case("xls with its head only", "F06", lambda: OLE + bytes(100), "a.xls"),
    Case("xlsb sheet cut off", "F06", lambda: zipped({"xl/workbook.bin": b"", "xl/worksheets/sheet1.bin": b"\x00\x30"}), "a.xlsb"),
    # active
    Case("macro", "F07", lambda: book(**{"xl/vbaProject.bin": b"1"}), "a.xlsm"),
    Case("macro under another name", "F07", lambda: zipped({"xl/workbook.xml": BOOK, "xl/x/VBAPROJECT.BIN": b"1"})),
    Case("macro sheet", "F07", lambda: book(xl__macrosheets__sheet1_x=b"<a/>")),
    Case("ActiveX", "F07", lambda: book(xl__activeX__activeX1_x=b"<a/>")),
    Case("embedded file", "F07", lambda: zipped({"xl/workbook.xml": BOOK, "xl/embeddings/oleObject1.bin": b"1"})),
    Case("DDE link", "F07", lambda: book(xl__externalLinks__externalLink1_x=b"<externalLink><ddeLink ddeService='cmd'/></externalLink>")),
    Case("xls with macro", "F07", lambda: xls(storages=("_VBA_PROJECT_CUR",)), "a.xls"),
    Case("xls with macro sheet", "F07", lambda: xls((0x0085, bytes(5) + b"\x01\x01\x00A")), "a.xls"),
    Case("ods with macro", "F07", lambda: ods(b"<a/>", Basic__Standard__Module1=b"<a/>"), "a.ods"),
    Case("ods with DDE", "F07", lambda: ods(b"<office:dde-source/>"), "a.ods"),
    # links to other files: a note, the numbers stored here are read
    Case("link to another workbook", "F08", linked),
    Case("xls linked to another", "F08", lambda: xls((0x01AE, struct.pack("<HH", 1, 5) + b"\x00a.xls")), "a.xls"),
    Case("ods linked to another", "F08", lambda: ods(_spread(b'<table:table-source xlink:href="../a.ods"/>')), "a.ods"),
    # the ending of another format: a note, read as what it is
    Case("xlsx named xls", "F09", issued, "bao-cao.xls"),
    Case("xls named xlsx", "F09", xls, "bao-cao.xlsx"),
    # far cells
    Case("far row undeclared", "F10", lambda: book(**{SHEET: far_row(sheet(b'<row r="1"><c r="A1"/></row>', b'<dimension ref="A1"/>'))})),
    Case("far column in the middle", "F10", lambda: book(**{SHEET: sheet(b'<row r="1"><c r="XFD1"/></row><row r="2"><c r="A2"/></row>')})),
    Case("far cell in an issued form", "F10", lambda: changed(issued(), "xl/worksheets/sheet1.xml", far_row)),
    Case("too many cells", "F10", lambda: book(**{SHEET: sheet(b"<row>" + b"<c/>" * 10 + b"</row>" + random_cells(510_000))})),
    Case("xls far row", "F10", lambda: xls((0x0203, struct.pack("<HHHd", 65535, 0, 0, 1.0))), "a.xls"),
    Case("xlsb far row", "F10", lambda: _xlsb((0, struct.pack("<L", 1_048_575)), (5, struct.pack("<L", 0) + bytes(12))), "a.xlsb"),
    Case("xlsb far column", "F10", lambda: _xlsb((0, bytes(4)), (5, struct.pack("<L", 16383) + bytes(12))), "a.xlsb"),
    Case("ods repeated cell", "F10", lambda: ods(_spread(b'<table:table-row><table:table-cell table:number-columns-repeated="16384" office:value-type="float"/></table:table-row>')), "a.ods"),
    Case("ods repeated row", "F10", lambda: ods(_spread(b'<table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="float"/></table:table-row>')), "a.ods"),
    # structures that no office program writes
    Case("DTD", "F11", lambda: book(xl__sharedStrings_x=b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><sst>&a;</sst>')),
    Case("DTD after a comment", "F11", lambda: book(xl__sharedStrings_x=b"<!--" + b" " * 9000 + b"--><!DOCTYPE x><sst/>")),
    Case("laughing billions", "F11", lambda: book(a_x=b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>')),
    Case("DTD in UTF-16", "F11", lambda: book(a_x="<!DOCTYPE x><x/>".encode("utf-16"))),
    Case("deep nesting", "F11", lambda: book(a_x=nested(4000))),
    Case("deep nesting never closed", "F11", lambda: book(a_x=b"<a>" * 50_000)),
    Case("ods with a DTD", "F11", lambda: ods(b"<!DOCTYPE x><x/>"), "a.ods"),
    Case("ods nested deep", "F11", lambda: ods(nested(2000)), "a.ods"),
    Case("part above its folder", "F11", lambda: book(**{"../../etc/cron.d/x": b"1"})),
    Case("two parts of one name", "F11", lambda: zipped({"xl/workbook.xml": BOOK, "XL/Workbook.xml": BOOK})),
    Case("parts that overlap", "F11", overlapping),
    # what programs leave beside a workbook
    Case("lock of Excel", "F12", lambda: b"\x06Nguyen" + bytes(158), "~$bao-cao.xlsx"),
    Case("lock of LibreOffice", "F12", lambda: b",nguyen,may1,22.11.2024 08:00;", ".~lock.bao-cao.ods#"),
    Case("download not done", "F12", lambda: issued()[:900], "bao-cao.xlsx.crdownload"),
    Case("temporary file", "F12", issued, "bao-cao.tmp"),
)  # fmt: skip

# A lower-case reference is no cell of Excel's, and yet the parser makes room up to it: more than any machine has.
MEMORY = Case(
    "cells far apart in disguise", "F13",
    lambda: changed(
        issued(), "xl/worksheets/sheet1.xml",
        lambda text: text.replace(b"</sheetData>", b'<row r="9999"><c r="xfd9999"><v>1</v></c></row></sheetData>'),
    ),
)  # fmt: skip
COMPUTING = Case(
    "as many cells as may be", "F14",
    lambda: changed(
        issued(), "xl/worksheets/sheet1.xml",
        lambda text: text.replace(b"</sheetData>", random_cells(230_000) + b"</sheetData>"),
    ),
)  # fmt: skip

# The zip is whole and so is every part; only what the workbook says of its own parts makes no sense.
LISTING = Case(
    "parts listed without ids", "F05",
    lambda: changed(
        issued(), "xl/_rels/workbook.xml.rels",
        lambda text: text.replace(b"<Relationship ", b"<Relationship/><Relationship ", 1),
    ),
)  # fmt: skip
