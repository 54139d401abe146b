"""What a file must be before any parser sees it: what it is by its own bytes, how large, how deep, how far.

Called by the child process of the read room (and by its tests). Opens nothing, writes nothing, never raises for bad
data: every file is either refused with the code of one rule or handed on as bytes that were looked at.
"""

from __future__ import annotations

from etl.read.preflight import archive, compound, ooxml, opendocument
from etl.read.preflight.outcome import MAX_BYTES, Checked, Kind, RefusedError, Trouble, refuse

__all__ = ["Checked", "Kind", "Trouble", "preflight"]

_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_SIGNS = (
    (b"%PDF", "tệp PDF"),
    (b"\x89PNG", "tệp ảnh"),
    (b"\xff\xd8\xff", "tệp ảnh"),
    (b"GIF8", "tệp ảnh"),
    (b"BM", "tệp ảnh"),
    (b"II*\0", "tệp ảnh"),
    (b"{\\rtf", "tệp Word (RTF)"),
    (b"Rar!", "tệp nén RAR"),
    (b"7z\xbc\xaf", "tệp nén 7z"),
    (b"\x1f\x8b", "tệp nén GZ"),
    (b"MZ", "chương trình Windows"),
    (b"\x09\x00", "Excel đời trước 97"),
    (b"\x09\x02", "Excel đời trước 97"),
    (b"\x09\x04", "Excel đời trước 97"),
)
_MARKUP = (
    (b"urn:schemas-microsoft-com:office:spreadsheet", "bảng tính dạng XML 2003"),
    (b"<html", "trang web (HTML)"),
    (b"<table", "trang web (HTML)"),
    (b"<?xml", "tệp XML"),
)
_ZIPPED = (
    ("word/document.xml", "tệp Word"),
    ("ppt/presentation.xml", "tệp PowerPoint"),
    ("index/document.iwa", "tệp Apple Numbers"),
)


def preflight(data: bytes) -> Checked | Trouble:
    """The bytes that a parser may see, or the first reason not to parse them."""
    try:
        return _check(data)
    except RefusedError as refused:
        return refused.trouble


def _check(data: bytes) -> Checked:
    if not data:
        refuse("F02")
    if len(data) > MAX_BYTES:
        refuse("F03", limit=f"{MAX_BYTES // 1_000_000} MB")
    if data.startswith(compound.MAGIC):
        return compound.check(data)
    if data.startswith(b"PK\x03\x04"):
        return _zipped(data)
    refuse("F01", detail=_words(_other(data)))


def _zipped(data: bytes) -> Checked:
    found = archive.parts(data)
    if "xl/workbook.xml" in found or "xl/workbook.bin" in found:
        return ooxml.check(data, found)
    kind = archive.unpacked(data, found["mimetype"]) if "mimetype" in found else b""
    if kind.strip() == _ODS:
        return opendocument.check(data, found)
    named = next((words for name, words in _ZIPPED if name in found), "")
    refuse("F01", detail=_words(named or ("tệp OpenDocument khác" if b"opendocument" in kind else "tệp nén ZIP")))


def _words(what: str) -> str:
    return f": đây là {what}" if what else ""


def _other(data: bytes) -> str:
    """What a file that is no workbook seems to be, in words for its sender."""
    if not data.strip(b"\0"):
        return "tệp chỉ có byte 0 (có thể hỏng khi chép)"
    head = data[:4096]
    for sign, words in _SIGNS:
        if head.startswith(sign):
            return words
    lower = head.lower()
    for sign, words in _MARKUP:
        if sign in lower:
            return words
    if b"\0" in head:
        return ""
    return "tệp văn bản (CSV, TXT)"
