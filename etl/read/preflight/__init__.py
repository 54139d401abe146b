"""What a file must be before any parser sees it: what it is by its own bytes, how large, how deep, how far.

Called by the child process of the read room (and by its tests). Opens nothing, writes nothing, never raises for bad
data: every file is either refused with the code of one rule or handed on as bytes that were looked at.
"""

from __future__ import annotations

from etl.ooxml import strict_zip
from etl.ooxml.strict_zip import RefusedZipError, ZipLimits, ZipProblem
from etl.read.preflight import compound, ooxml, opendocument
from etl.read.preflight.limits import (
    MAX_BYTES,
    MAX_PARTS,
    MAX_RATIO,
    MAX_UNPACKED,
    CheckedFile,
    FileKind,
    RawFinding,
    RefusedError,
    refuse_file,
)

__all__ = ["CheckedFile", "FileKind", "RawFinding", "check_file_bytes"]

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

_ZIP_LIMITS = ZipLimits(parts=MAX_PARTS, ratio=MAX_RATIO, unpacked=MAX_UNPACKED)
_ZIP_FINDINGS: dict[ZipProblem, tuple[str, dict[str, str]]] = {
    ZipProblem.TRUNCATED: ("F06", {}),
    ZipProblem.ENCRYPTED: ("F04", {}),
    ZipProblem.BAD_DIRECTORY: ("F05", {"detail": "mục lục của tệp nén sai"}),
    ZipProblem.UNKNOWN_COMPRESSION: ("F05", {"detail": "kiểu nén lạ"}),
    ZipProblem.DAMAGED_PART: ("F05", {"detail": "phần nén hỏng"}),
    ZipProblem.DUPLICATE_NAME: ("F11", {"detail": "hai phần trùng tên"}),
    ZipProblem.ODD_NAME: ("F11", {"detail": "tên phần lạ"}),
    ZipProblem.OVERLAP: ("F11", {"detail": "các phần chồng lên nhau"}),
    ZipProblem.TOO_MANY_PARTS: ("F03", {"limit": f"{MAX_PARTS} phần"}),
    ZipProblem.RATIO: ("F03", {"limit": f"tỷ lệ nén {MAX_RATIO} lần"}),
    ZipProblem.TOO_LARGE: ("F03", {"limit": f"{MAX_UNPACKED // 1_000_000} MB khi giải nén"}),
    ZipProblem.WRONG_SIZE: ("F03", {"limit": "phần nén khai sai cỡ"}),
}


def check_file_bytes(data: bytes) -> CheckedFile | RawFinding:
    """The bytes that a parser may see, or the first reason not to parse them."""
    try:
        return _check_file_format(data)
    except RefusedError as refused:
        return refused.finding
    except RefusedZipError as refused_zip:
        code, slots = _ZIP_FINDINGS[refused_zip.problem]
        return RawFinding(code, slots=tuple(slots.items()))


def _check_file_format(data: bytes) -> CheckedFile:
    if not data:
        refuse_file("F02")
    if len(data) > MAX_BYTES:
        refuse_file("F03", limit=f"{MAX_BYTES // 1_000_000} MB")
    if data.startswith(compound.MAGIC):
        return compound.check_compound_file(data)
    if data.startswith(b"PK\x03\x04"):
        return _check_zip_file(data)
    refuse_file("F01", detail=_format_file_kind(_describe_foreign_file(data)))


def _check_zip_file(data: bytes) -> CheckedFile:
    parts = strict_zip.list_archive_parts(data, _ZIP_LIMITS)
    if "xl/workbook.xml" in parts or "xl/workbook.bin" in parts:
        return ooxml.check_ooxml_workbook(data, parts)
    kind = strict_zip.unpack_part(data, parts["mimetype"]) if "mimetype" in parts else b""
    if kind.strip() == _ODS:
        return opendocument.check_ods_workbook(data, parts)
    named = next((words for name, words in _ZIPPED if name in parts), "")
    refuse_file(
        "F01",
        detail=_format_file_kind(named or ("tệp OpenDocument khác" if b"opendocument" in kind else "tệp nén ZIP")),
    )


def _format_file_kind(what: str) -> str:
    return f": đây là {what}" if what else ""


def _describe_foreign_file(data: bytes) -> str:
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
