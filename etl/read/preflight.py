"""What a file must be before any parser sees it: magic bytes, sizes, entries, ratio, no DTD.

Sources of the caps: an issued form has 8 entries, 120 KB packed, 1.5 MB unpacked; the caps leave a factor of
twenty and more. Bombs: a zip of zeros packs 1:1000, office XML about 1:10.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from io import BytesIO

MAX_BYTES = 20_000_000
MAX_ENTRIES = 500
MAX_UNPACKED = 100_000_000
MAX_RATIO = 200
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FAR_CELL = re.compile(rb'r="(?:[A-Z]{3}\d|[A-Z]{0,2}\d{5})')
"""A cell beyond column ZZ or row 9,999: no form reaches there, and a dense reader would allocate up to it."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something wrong with a file, as the code of a rule, a place and the words for its message."""

    code: str
    sheet: str = ""
    cell: str = ""
    value: str = ""
    slots: tuple[tuple[str, str], ...] = ()


def preflight(data: bytes) -> Trouble | None:
    """The first reason not to parse these bytes, if there is one."""
    if not data:
        return Trouble("F02")
    if len(data) > MAX_BYTES:
        return _too_large(f"{MAX_BYTES // 1_000_000} MB")
    if data.startswith(_OLE2):
        return Trouble("F04")
    if not data.startswith(b"PK\x03\x04"):
        return Trouble("F01")
    try:
        return _archive(data)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, ValueError, OSError):
        return Trouble("F05", slots=(("detail", "tệp nén hỏng"),))
    except RuntimeError:  # zipfile's word for an encrypted entry
        return Trouble("F04")


def _too_large(limit: str) -> Trouble:
    return Trouble("F03", slots=(("limit", limit),))


def _archive(data: bytes) -> Trouble | None:
    archive = zipfile.ZipFile(BytesIO(data))
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        return _too_large(f"{MAX_ENTRIES} phần")
    unpacked = sum(e.file_size for e in entries)
    if unpacked > MAX_UNPACKED or any(e.file_size > MAX_RATIO * max(e.compress_size, 1000) for e in entries):
        return _too_large(f"{MAX_UNPACKED // 1_000_000} MB khi giải nén")
    names = {e.filename for e in entries}
    if "xl/workbook.xml" not in names:
        return Trouble("F01")
    for entry in entries:
        if entry.filename.endswith((".xml", ".rels")):
            trouble = _xml(archive, entry)
            if trouble:
                return trouble
    return None


def _xml(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Trouble | None:
    """Reads one part, never more than the archive said it holds, and looks for DTDs and far cells."""
    with archive.open(entry) as stream:
        text = stream.read(entry.file_size + 1)
    if len(text) > entry.file_size:
        return _too_large("phần nén khai sai cỡ")
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        return Trouble("F05", slots=(("detail", "có khai báo DTD"),))
    if entry.filename.startswith("xl/worksheets/") and _FAR_CELL.search(text):
        return _too_large("9.999 dòng, 702 cột")
    return None
