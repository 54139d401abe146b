"""The zip around a workbook, read strictly: one central directory at the very end, no gaps in what it says.

Two readers of a sloppy zip may see two different files; a zip that reads in one way only is the first condition,
and what was unpacked here is packed anew (`packed`), so that the parser sees those bytes and no others.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from etl.read.preflight.limits import MAX_PARTS, MAX_RATIO, MAX_UNPACKED, refuse_file

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_STORED, _DEFLATED = 0, 8
_LOCKED = 1  # flag bit 0: the part is encrypted
_UTF8 = 1 << 11
_STRANGE = re.compile(r"^/|^[A-Za-z]:|\\|\0|(?:^|/)\.\.(?:/|$)")
_SMALL = 1000  # bytes: under this a ratio says nothing


class ArchivePart(NamedTuple):
    """One entry of the archive: where its packed bytes begin and end, and what they should unpack to."""

    name: str
    method: int
    crc: int
    begin: int
    end: int
    size: int


def list_archive_parts(data: bytes) -> dict[str, ArchivePart]:
    """Every entry by its name in lower case.

    Raises:
        RefusedError: truncated, damaged, locked, ambiguous, or over a cap.
    """
    end = data.rfind(b"PK\x05\x06", -0x10000 - _END.size)
    if end < 0 or end + _END.size > len(data):
        refuse_file("F06")
    _, disk, start_disk, here, total, size, offset, comment = _END.unpack_from(data, end)
    if end + _END.size + comment != len(data):
        refuse_file("F06")
    if disk or start_disk or here != total or offset + size != end:
        refuse_file("F05", detail="mục lục của tệp nén sai")
    if total > MAX_PARTS:
        refuse_file("F03", limit=f"{MAX_PARTS} phần")
    found = _read_zip_directory(data, offset, end, total)
    _validate_part_sizes(found.values())
    return found


def _read_zip_directory(data: bytes, at: int, end: int, total: int) -> dict[str, ArchivePart]:
    found: dict[str, ArchivePart] = {}
    for _ in range(total):
        if at + _CENTRAL.size > end:
            refuse_file("F05", detail="mục lục của tệp nén sai")
        entry = _CENTRAL.unpack_from(data, at)
        if entry[0] != b"PK\x01\x02":
            refuse_file("F05", detail="mục lục của tệp nén sai")
        name = data[at + _CENTRAL.size : at + _CENTRAL.size + entry[10]]
        part = _read_zip_entry(data, entry, name)
        key = part.name.lower()
        if key in found:
            refuse_file("F11", detail="hai phần trùng tên")
        found[key] = part
        at += _CENTRAL.size + entry[10] + entry[11] + entry[12]
    if at != end:
        refuse_file("F05", detail="mục lục của tệp nén sai")
    return found


def _read_zip_entry(data: bytes, entry: tuple[int, ...], name: bytes) -> ArchivePart:
    flags, method, crc, packed, size, at = entry[3], entry[4], entry[7], entry[8], entry[9], entry[16]
    if flags & _LOCKED:
        refuse_file("F04")
    if method not in {_STORED, _DEFLATED}:
        refuse_file("F05", detail="kiểu nén lạ")
    if at + _LOCAL.size > len(data) or data[at : at + 4] != b"PK\x03\x04":
        refuse_file("F05", detail="mục lục của tệp nén sai")
    local = _LOCAL.unpack_from(data, at)
    begin = at + _LOCAL.size + local[9] + local[10]
    if data[at + _LOCAL.size : at + _LOCAL.size + local[9]] != name or begin + packed > len(data):
        refuse_file("F05", detail="mục lục của tệp nén sai")
    text = name.decode("utf-8" if flags & _UTF8 else "cp437", "replace")
    if _STRANGE.search(text):
        refuse_file("F11", detail="tên phần lạ")
    return ArchivePart(text, method, crc, begin, begin + packed, size)


def _validate_part_sizes(found: Iterable[ArchivePart]) -> None:
    total, last = 0, 0
    for part in sorted(found, key=lambda p: p.begin):
        packed = part.end - part.begin
        if part.begin < last:
            refuse_file("F11", detail="các phần chồng lên nhau")
        if part.size > MAX_RATIO * max(packed, _SMALL) or (part.method == _STORED and part.size != packed):
            refuse_file("F03", limit=f"tỷ lệ nén {MAX_RATIO} lần")
        total, last = total + part.size, part.end
        if total > MAX_UNPACKED:
            refuse_file("F03", limit=f"{MAX_UNPACKED // 1_000_000} MB khi giải nén")


def unpack_part(data: bytes, part: ArchivePart) -> bytes:
    """What a part holds: never more than the directory said, and with its checksum.

    Raises:
        RefusedError: another size or checksum than promised.
    """
    packed = data[part.begin : part.end]
    if part.method == _DEFLATED:
        stream = zlib.decompressobj(-15)
        try:
            packed = stream.decompress(packed, part.size + 1)
        except zlib.error:
            refuse_file("F05", detail="phần nén hỏng")
        if len(packed) > part.size:
            refuse_file("F03", limit="phần nén khai sai cỡ")
    if len(packed) != part.size or zlib.crc32(packed) != part.crc:
        refuse_file("F05", detail="phần nén hỏng")
    return packed


def pack_parts(texts: Mapping[str, tuple[bytes, int]]) -> bytes:
    """A plain zip, nothing compressed, of what was looked at: (text, its checksum) by name."""
    bodies: list[bytes] = []
    directory: list[bytes] = []
    at = 0
    for name, (text, crc) in texts.items():
        key, size = name.encode(), len(text)
        about = (_UTF8, _STORED, 0, 33, crc, size, size, len(key), 0)  # 33: 1 January 1980
        bodies += (_LOCAL.pack(b"PK\x03\x04", 20, *about), key, text)
        directory += (_CENTRAL.pack(b"PK\x01\x02", 20, 20, *about, 0, 0, 0, 0, at), key)
        at += _LOCAL.size + len(key) + size
    listing = b"".join(directory)
    end = _END.pack(b"PK\x05\x06", 0, 0, len(texts), len(texts), len(listing), at, 0)
    return b"".join((*bodies, listing, end))
