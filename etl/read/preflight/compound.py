"""Compound files (OLE2): the box around `.xls` and around every password-protected workbook.

A bounded walk: header, sector table, directory, and the records of the one stream that a workbook is. Every chain
is followed for as many steps as the file has sectors and no further.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass

from etl.read.preflight.limits import (
    FAR,
    MAX_CELLS,
    MAX_COLUMN,
    MAX_ROW,
    MAX_STRINGS,
    CheckedFile,
    RawFinding,
    refuse_file,
)

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER = struct.Struct("<8s16s6H10L")
_MAX_REGULAR = 0xFFFFFFFA
_MAX_ENTRIES = 4096
_MINI_CUTOFF = 4096
_MINI = 64
_OTHERS = {
    "WordDocument": "tệp Word đời cũ (.doc)",
    "PowerPoint Document": "tệp PowerPoint đời cũ (.ppt)",
    "__properties_version1.0": "thư Outlook (.msg)",
    "Book": "Excel 5.0/95",
}
_BOF, _EOF, _FILEPASS, _BOUNDSHEET, _SUPBOOK, _SST, _CODEPAGE = 0x0809, 0x000A, 0x002F, 0x0085, 0x01AE, 0x00FC, 0x0042
_BIFF8 = 0x0600
_CELLS = frozenset({0x0006, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x027E})
_SELF, _ADD_IN = 0x0401, 0x3A01


@dataclass(frozen=True, slots=True)
class _DirectoryEntry:
    name: str
    start: int
    size: int


def check_compound_file(data: bytes) -> CheckedFile:
    """An old workbook, walked through.

    Raises:
        RefusedError: encrypted, with macros, another program's file, truncated, damaged, or over a cap.
    """
    box = _CompoundFile(data)
    names = set(box.entries)
    if names & {"EncryptedPackage", "EncryptionInfo"}:
        refuse_file("F04")
    if names & {"_VBA_PROJECT_CUR", "_VBA_PROJECT", "VBA"}:
        refuse_file("F07", detail="macro")
    if "Workbook" not in names:
        found = next((words for name, words in _OTHERS.items() if name in names), "tệp OLE của chương trình khác")
        refuse_file("F01", detail=f": đây là {found}")
    return CheckedFile("xls", data, _check_biff_records(box.read_stream(box.entries["Workbook"])))


def read_workbook_stream(data: bytes) -> bytes:
    """The records of an old workbook that has passed `check`."""
    box = _CompoundFile(data)
    return box.read_stream(box.entries["Workbook"])


class _CompoundFile:
    """The sectors and the directory of a compound file."""

    def __init__(self, data: bytes) -> None:
        if len(data) < 512:
            refuse_file("F06")
        head = _HEADER.unpack_from(data)
        shift = head[5]
        if shift not in {9, 12} or head[6] != 6:
            refuse_file("F05", detail="đầu tệp sai")
        self._data, self._sector = data, 1 << shift
        self._most = len(data) // self._sector + 1
        self._fat = self._read_sector_table(head)
        self.entries = self._read_directory(head[11])
        self._mini_fat = array("I", self._list_sector_chain(head[14], self._fat)) if head[15] else array("I")
        self._mini_table = self._parse_integers(self._read_sectors(self._mini_fat))

    def _read_sector(self, sector: int) -> bytes:
        at = (sector + 1) * self._sector
        part = self._data[at : at + self._sector]
        if not part:
            refuse_file("F06")
        return part.ljust(self._sector, b"\0")

    @staticmethod
    def _parse_integers(part: bytes) -> array[int]:
        return array("I", part[: len(part) // 4 * 4])

    def _read_sector_table(self, head: tuple[int, ...]) -> array[int]:
        """The sector table: 109 of its sectors are named in the header, further ones in a chain of their own."""
        sectors = [s for s in self._parse_integers(self._data[76:512]) if s < _MAX_REGULAR]
        following, left = head[16], min(head[17], self._most)
        while following < _MAX_REGULAR and left > 0:
            *more, following = self._parse_integers(self._read_sector(following))
            sectors += [s for s in more if s < _MAX_REGULAR]
            left -= 1
        if len(sectors) > self._most:
            refuse_file("F05", detail="bảng cung của tệp sai")
        return self._parse_integers(b"".join(map(self._read_sector, sectors)))

    def _list_sector_chain(self, start: int, table: array[int]) -> list[int]:
        found: list[int] = []
        while start < _MAX_REGULAR:
            if start >= len(table):
                refuse_file("F06")
            found.append(start)
            if len(found) > len(table):
                refuse_file("F05", detail="chuỗi cung chạy vòng")
            start = table[start]
        return found

    def _read_sectors(self, sectors: list[int] | array[int]) -> bytes:
        return b"".join(map(self._read_sector, sectors))

    def _read_directory(self, start: int) -> dict[str, _DirectoryEntry]:
        listing = self._read_sectors(self._list_sector_chain(start, self._fat))
        if len(listing) // 128 > _MAX_ENTRIES:
            refuse_file("F03", limit=f"{_MAX_ENTRIES} phần")
        found: dict[str, _DirectoryEntry] = {}
        self._root = _DirectoryEntry("", _MAX_REGULAR, 0)
        for at in range(0, len(listing) - 127, 128):
            length, kind = struct.unpack_from("<HB", listing, at + 64)
            start, size = struct.unpack_from("<LL", listing, at + 116)
            if not kind or not 2 <= length <= 64:
                continue
            entry = _DirectoryEntry(listing[at : at + length - 2].decode("utf-16-le", "replace"), start, size)
            if kind == 5:
                self._root = entry
            else:
                found.setdefault(entry.name, entry)
        return found

    def read_stream(self, entry: _DirectoryEntry) -> bytes:
        """What a stream holds; short ones lie in the root's own stream, in sectors of 64 bytes."""
        if entry.size >= _MINI_CUTOFF:
            text = self._read_sectors(self._list_sector_chain(entry.start, self._fat))
        else:
            pool = self._read_sectors(self._list_sector_chain(self._root.start, self._fat))
            sectors = self._list_sector_chain(entry.start, self._mini_table)
            text = b"".join(pool[s * _MINI : (s + 1) * _MINI] for s in sectors)
        if len(text) < entry.size:
            refuse_file("F06")
        return text[: entry.size]


def _check_biff_records(text: bytes) -> tuple[RawFinding, ...]:
    """Walks the records of a workbook. Gives the note on links to other files, if there is cause."""
    if len(text) < 8 or struct.unpack_from("<HHH", text)[0] != _BOF:
        refuse_file("F05", detail="luồng sổ tính sai")
    if struct.unpack_from("<H", text, 4)[0] != _BIFF8:
        refuse_file("F05", detail="Excel 5.0/95")
    at, end, cells, linked = 0, len(text), 0, False
    while at + 4 <= end:
        kind, size = struct.unpack_from("<HH", text, at)
        at += 4
        if at + size > end:
            refuse_file("F06")
        if kind in _CELLS and size >= 4:
            row, column = struct.unpack_from("<HH", text, at)
            cells += 1
            if row >= MAX_ROW or column >= MAX_COLUMN:
                refuse_file("F10", limit=FAR)
        else:
            linked |= _check_biff_record(kind, text[at : at + size])
        at += size
    if cells > MAX_CELLS:
        refuse_file("F10", limit=f"{MAX_CELLS:,} ô".replace(",", "."))
    return (RawFinding("F08"),) if linked else ()


def _check_biff_record(kind: int, body: bytes) -> bool:
    """Looks at a record that is no cell; True if it links to another file."""
    if kind == _FILEPASS:
        refuse_file("F04")
    if kind == _BOUNDSHEET and len(body) >= 6 and body[5] in {1, 6}:
        refuse_file("F07", detail="trang macro")
    if kind == _SST and len(body) >= 8 and struct.unpack_from("<L", body, 4)[0] > MAX_STRINGS:
        refuse_file("F03", limit=f"{MAX_STRINGS:,} chuỗi".replace(",", "."))
    if kind == _SUPBOOK and len(body) >= 4:
        tabs, length = struct.unpack_from("<HH", body)
        if length in {_SELF, _ADD_IN}:
            return False
        if not tabs and b"\x03" in body[4:]:
            refuse_file("F07", detail="liên kết động DDE")
        return True
    return False
