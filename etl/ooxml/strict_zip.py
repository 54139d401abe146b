"""A foreign zip, read strictly: one central directory at the very end, and entries that do not overlap.

Room: ooxml. Two readers of a malformed zip may see two different files. So only a zip that can be read in one way is
accepted, and its parts are packed anew (`pack_parts`), so that the parser sees those bytes and no others.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_END64, _LOCATOR64 = struct.Struct("<4sQ2H2L4Q"), struct.Struct("<4sLQL")
_STORED, _DEFLATED = 0, 8
_LOCKED = 1  # flag bit 0: the part is encrypted
_UTF8 = 1 << 11
_STRANGE = re.compile(r"^/|^[A-Za-z]:|\0|(?:^|/)\.\.(?:/|$)")
_SMALL = 1000  # bytes: under this a ratio says nothing


class ZipProblem(StrEnum):
    """Why a zip is refused."""

    TRUNCATED = "truncated"
    ENCRYPTED = "encrypted"
    BAD_DIRECTORY = "bad_directory"
    UNKNOWN_COMPRESSION = "unknown_compression"
    DAMAGED_PART = "damaged_part"
    DUPLICATE_NAME = "duplicate_name"
    ODD_NAME = "odd_name"
    OVERLAP = "overlap"
    TOO_MANY_PARTS = "too_many_parts"
    RATIO = "ratio"
    TOO_LARGE = "too_large"
    WRONG_SIZE = "wrong_size"


class RefusedZipError(ValueError):
    """The zip is damaged, ambiguous or over a limit; `problem` says which."""

    def __init__(self, problem: ZipProblem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """Caps on a zip: entries, unpacked bytes for each packed byte, unpacked bytes of all entries."""

    parts: int
    ratio: int
    unpacked: int


class ArchivePart(NamedTuple):
    """One entry of the archive: where its packed bytes begin and end, and what they should unpack to."""

    name: str
    method: int
    crc: int
    begin: int
    end: int
    size: int


def list_archive_parts(data: bytes, limits: ZipLimits) -> dict[str, ArchivePart]:
    """Every entry by its name in lower case.

    Raises:
        RefusedZipError: truncated, damaged, locked, ambiguous, or over a cap.
    """
    end = data.rfind(b"PK\x05\x06", -0x10000 - _END.size)
    if end < 0 or end + _END.size > len(data):
        raise RefusedZipError(ZipProblem.TRUNCATED)
    _, disk, start_disk, here, total, size, offset, comment = _END.unpack_from(data, end)
    if end + _END.size + comment != len(data):
        raise RefusedZipError(ZipProblem.TRUNCATED)
    if data[end - _LOCATOR64.size : end].startswith(b"PK\x06\x07"):
        end, here, total, size, offset = _read_zip64_end(data, end)
    if disk or start_disk or here != total or offset + size != end:
        raise RefusedZipError(ZipProblem.BAD_DIRECTORY)
    if total > limits.parts:
        raise RefusedZipError(ZipProblem.TOO_MANY_PARTS)
    found = _read_zip_directory(data, offset, end, total)
    _validate_part_sizes(found.values(), limits)
    return found


def _read_zip64_end(data: bytes, end: int) -> tuple[int, int, int, int, int]:
    """(end of the directory, entries on this disk, entries, size, offset) as the records of large archives say."""
    at = end - _LOCATOR64.size - _END64.size
    _, _, found_at, disks = _LOCATOR64.unpack_from(data, end - _LOCATOR64.size)
    if at < 0 or found_at != at or disks > 1 or not data.startswith(b"PK\x06\x06", at):
        raise RefusedZipError(ZipProblem.BAD_DIRECTORY)
    _, length, _, _, disk, start_disk, here, total, size, offset = _END64.unpack_from(data, at)
    if disk or start_disk or length != _END64.size - 12:
        raise RefusedZipError(ZipProblem.BAD_DIRECTORY)
    return at, here, total, size, offset


def _read_zip_directory(data: bytes, at: int, end: int, total: int) -> dict[str, ArchivePart]:
    found: dict[str, ArchivePart] = {}
    for _ in range(total):
        if at + _CENTRAL.size > end:
            raise RefusedZipError(ZipProblem.BAD_DIRECTORY)
        entry = _CENTRAL.unpack_from(data, at)
        if entry[0] != b"PK\x01\x02":
            raise RefusedZipError(ZipProblem.BAD_DIRECTORY)
        name = data[at + _CENTRAL.size : at + _CENTRAL.size + entry[10]]
        part = _read_zip_entry(data, entry, name)
        key = part.name.lower()
        if key in found:
            raise RefusedZipError(ZipProblem.DUPLICATE_NAME)
        found[key] = part
        at += _CENTRAL.size + entry[10] + entry[11] + entry[12]
    if at != end:
        raise RefusedZipError(ZipProblem.BAD_DIRECTORY)
    return found


def _read_zip_entry(data: bytes, entry: tuple[int, ...], name: bytes) -> ArchivePart:
    flags, method, crc, packed, size, at = entry[3], entry[4], entry[7], entry[8], entry[9], entry[16]
    if flags & _LOCKED:
        raise RefusedZipError(ZipProblem.ENCRYPTED)
    if method not in {_STORED, _DEFLATED}:
        raise RefusedZipError(ZipProblem.UNKNOWN_COMPRESSION)
    if at + _LOCAL.size > len(data) or data[at : at + 4] != b"PK\x03\x04":
        raise RefusedZipError(ZipProblem.BAD_DIRECTORY)
    local = _LOCAL.unpack_from(data, at)
    begin = at + _LOCAL.size + local[9] + local[10]
    if data[at + _LOCAL.size : at + _LOCAL.size + local[9]] != name or begin + packed > len(data):
        raise RefusedZipError(ZipProblem.BAD_DIRECTORY)
    text = name.decode("utf-8" if flags & _UTF8 else "cp437", "replace").replace("\\", "/")  # of old writers for .NET
    if _STRANGE.search(text):
        raise RefusedZipError(ZipProblem.ODD_NAME)
    return ArchivePart(text, method, crc, begin, begin + packed, size)


def _validate_part_sizes(found: Iterable[ArchivePart], limits: ZipLimits) -> None:
    total, last = 0, 0
    for part in sorted(found, key=lambda p: p.begin):
        packed = part.end - part.begin
        if part.begin < last:
            raise RefusedZipError(ZipProblem.OVERLAP)
        if part.size > limits.ratio * max(packed, _SMALL) or (part.method == _STORED and part.size != packed):
            raise RefusedZipError(ZipProblem.RATIO)
        total, last = total + part.size, part.end
        if total > limits.unpacked:
            raise RefusedZipError(ZipProblem.TOO_LARGE)


def unpack_part(data: bytes, part: ArchivePart) -> bytes:
    """What a part holds: never more than the directory said, and with its checksum.

    Raises:
        RefusedZipError: another size or checksum than promised.
    """
    packed = data[part.begin : part.end]
    if part.method == _DEFLATED:
        stream = zlib.decompressobj(-15)
        try:
            packed = stream.decompress(packed, part.size + 1)
        except zlib.error as error:
            raise RefusedZipError(ZipProblem.DAMAGED_PART) from error
        if len(packed) > part.size:
            raise RefusedZipError(ZipProblem.WRONG_SIZE)
    if len(packed) != part.size or zlib.crc32(packed) != part.crc:
        raise RefusedZipError(ZipProblem.DAMAGED_PART)
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
