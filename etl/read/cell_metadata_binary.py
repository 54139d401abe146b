"""The marks (`etl.read.cell_metadata`) of the binary formats, .xls (BIFF8) and .xlsb. Read room, child process only.

Sources: [MS-XLS] 2.4 and [MS-XLSB] 2.4. A file that breaks these rules has no marks: the parser, which reads it too,
is the one to refuse it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from etl.read.cell_metadata import NO_METADATA, CellPosition, SheetMetadata
from etl.read.preflight.compound import read_workbook_stream

ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
_NUMBER_CELLS = frozenset({0x06, 0xBD, 0x0203, 0x027E})
_WIDEST = 702


class _MetadataBuilder:
    """Marks while they are collected."""

    def __init__(self) -> None:
        self.errors: dict[CellPosition, str] = {}
        self.texts: dict[CellPosition, str] = {}
        self.percent: set[CellPosition] = set()
        self.rows: set[int] = set()
        self.cols: set[int] = set()

    def build_metadata(self) -> SheetMetadata:
        hidden = frozenset(self.rows), frozenset(self.cols)
        return SheetMetadata(self.errors, frozenset(), self.texts, *hidden, frozenset(self.percent))


# --- .xls ------------------------------------------------------------------------------------------


def parse_xls_metadata(data: bytes) -> dict[str, SheetMetadata]:
    """The marks of every sheet of an .xls file, by its name."""
    try:
        stream = read_workbook_stream(data)
        percent = _find_biff_percent_formats(stream)
        return {name: _parse_biff_sheet(stream, at, percent) for name, at in _read_biff_sheet_names(stream)}
    except (struct.error, IndexError, UnicodeDecodeError):
        return {}


def has_1904_dates_xls(data: bytes) -> bool:
    """Whether an .xls file counts its days from 1904 (record Date1904)."""
    try:
        return any(
            kind == 0x22 and body[:1] == b"\x01" for kind, body in _read_biff_records(read_workbook_stream(data), 0)
        )
    except (struct.error, IndexError):
        return False


def _read_biff_records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Records from a place to the end of that substream."""
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        if kind == 0x0A:
            return
        at += 4 + length


def _read_biff_sheet_names(stream: bytes) -> Iterator[tuple[str, int]]:
    for kind, body in _read_biff_records(stream, 0):
        if kind == 0x85:
            yield _decode_biff_string(body, 6, body[6]), struct.unpack_from("<I", body)[0]


def _decode_biff_string(body: bytes, at: int, length: int, header: int = 1) -> str:
    """A string of BIFF8: characters of one byte or two, as its flag says."""
    wide = body[at + header] & 1
    text = body[at + header + 1 : at + header + 1 + length * (2 if wide else 1)]
    return text.decode("utf-16-le" if wide else "latin-1")


def _find_biff_percent_formats(stream: bytes) -> frozenset[int]:
    """Numbers of the cell formats that show a number times 100."""
    formats, used = {9, 10}, []
    for kind, body in _read_biff_records(stream, 0):
        if kind == 0x041E and "%" in _decode_biff_string(body, 2, struct.unpack_from("<H", body, 2)[0], header=2):
            formats.add(struct.unpack_from("<H", body)[0])
        elif kind == 0xE0:
            used.append(struct.unpack_from("<H", body, 2)[0])
    return frozenset(n for n, number_format in enumerate(used) if number_format in formats)


def _parse_biff_sheet(stream: bytes, at: int, percent: frozenset[int]) -> SheetMetadata:
    found = _MetadataBuilder()
    last: CellPosition | None = None
    for kind, body in _read_biff_records(stream, at):
        if kind in _NUMBER_CELLS and percent:
            found.percent.update(_find_percent_cells(kind, body, percent))
        if kind == 0x06:
            last = _parse_biff_formula(found, body)
        elif kind == 0x0207 and last is not None:
            found.texts[last] = _decode_biff_string(body, 0, struct.unpack_from("<H", body)[0], header=2)
            last = None
        elif kind == 0x0205 and body[7]:
            place = struct.unpack_from("<HH", body)
            found.errors[place[0], place[1]] = ERRORS.get(body[6], "#")
        elif kind == 0x0208 and body[12] & 0x20:
            found.rows.add(struct.unpack_from("<H", body)[0])
        elif kind == 0x7D and struct.unpack_from("<H", body, 8)[0] & 1:
            first, end = struct.unpack_from("<HH", body)
            found.cols.update(range(first, min(end + 1, _WIDEST)))
    return found.build_metadata()


def _find_percent_cells(kind: int, body: bytes, percent: frozenset[int]) -> Iterator[CellPosition]:
    """The cells of a record whose format shows a number times 100. A run of numbers shares one record."""
    row, first = struct.unpack_from("<HH", body)
    count, step = ((len(body) - 6) // 6, 6) if kind == 0xBD else (1, 0)
    for n in range(count):
        if struct.unpack_from("<H", body, 4 + n * step)[0] in percent:
            yield row, first + n


def _parse_biff_formula(found: _MetadataBuilder, body: bytes) -> CellPosition | None:
    """Notes an error; gives the place if the result is words, which then follow in a record of their own."""
    row, col = struct.unpack_from("<HH", body)
    if body[12:14] != b"\xff\xff":
        return None
    if body[6] == 2:
        found.errors[row, col] = ERRORS.get(body[8], "#")
    elif body[6] == 3:
        found.texts[row, col] = ""
    return (row, col) if body[6] == 0 else None


# --- .xlsb -----------------------------------------------------------------------------------------


def find_xlsb_percent_styles(styles: bytes) -> frozenset[int]:
    """Which cell styles of ``styles.bin`` show a number times 100."""
    formats: set[int] = {9, 10}
    used: list[int] = []
    inside = False
    try:
        for kind, body in read_xlsb_records(styles):
            inside = kind == 617 or (inside and kind != 618)
            if kind == 44 and "%" in _decode_wide_string(body, 2)[0]:
                formats.add(struct.unpack_from("<H", body)[0])
            elif kind == 47 and inside:
                used.append(struct.unpack_from("<H", body, 2)[0])
    except (struct.error, IndexError, UnicodeDecodeError):
        return frozenset()
    return frozenset(n for n, number_format in enumerate(used) if number_format in formats)


def parse_xlsb_metadata(part: bytes, percent: frozenset[int] = frozenset()) -> SheetMetadata:
    """The marks of one sheet part of an .xlsb file. `percent`: see `xlsb_percent`."""
    found, row = _MetadataBuilder(), 0
    try:
        for kind, body in read_xlsb_records(part):
            if kind == 0:
                row = struct.unpack_from("<I", body)[0]
                if body[11] & 0x10:
                    found.rows.add(row)
            elif kind in (2, 5, 9) and int.from_bytes(body[4:7], "little") in percent:
                found.percent.add((row, struct.unpack_from("<I", body)[0]))
            elif kind in (3, 11):
                found.errors[row, struct.unpack_from("<I", body)[0]] = ERRORS.get(body[8], "#")
            elif kind == 60 and body[16] & 1:
                first, last = struct.unpack_from("<II", body)
                found.cols.update(range(first, min(last + 1, _WIDEST)))
    except (struct.error, IndexError):
        return NO_METADATA
    return found.build_metadata()


def parse_xlsb_sheet_ids(part: bytes) -> dict[str, str]:
    """Sheet names and their relation ids, out of ``workbook.bin``."""
    found = {}
    try:
        for kind, body in read_xlsb_records(part):
            if kind == 156:
                relation, at = _decode_wide_string(body, 8)
                found[_decode_wide_string(body, at)[0]] = relation
    except (struct.error, IndexError, UnicodeDecodeError):
        return {}
    return found


def has_1904_dates_xlsb(part: bytes) -> bool:
    """Whether ``workbook.bin`` says that days count from 1904 (record BrtWbProp, its first flag)."""
    try:
        return any(kind == 153 and body[0] & 1 for kind, body in read_xlsb_records(part))
    except IndexError:
        return False


def read_xlsb_records(part: bytes) -> Iterator[tuple[int, bytes]]:
    """Records of a binary part: a number of one or two bytes, a length of one to four, and what they hold."""
    at = 0
    while at < len(part):
        kind, at = part[at], at + 1
        if kind & 0x80:
            kind, at = (kind & 0x7F) | (part[at] & 0x7F) << 7, at + 1
        length = shift = 0
        while True:
            byte, at = part[at], at + 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift == 28:
                break
        yield kind, part[at : at + length]
        at += length


def _decode_wide_string(body: bytes, at: int) -> tuple[str, int]:
    length = struct.unpack_from("<I", body, at)[0]
    end = at + 4 + 2 * length
    return body[at + 4 : end].decode("utf-16-le"), end
