"""What sheets of the binary formats do not show in their values (`etl.read.cell_metadata`): .xls (BIFF8) and .xlsb.

Read room, child process only. Sources: [MS-XLS] 2.4 and [MS-XLSB] 2.4. A file that breaks these rules is refused: who
cannot tell how a cell looks must not say what it says.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from etl.read.cell_metadata import (
    PLAIN_STYLE,
    CellLook,
    CellPosition,
    CellStyle,
    Rectangle,
    SheetMetadata,
    TextStyle,
    combine_looks,
    describe_runs,
)
from etl.read.cell_metadata_xlsx import WorkbookLooks
from etl.read.number_formats import BUILT_IN_FORMATS
from etl.read.preflight.compound import read_workbook_stream

ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
_WIDEST = 702
_WHITE = frozenset({1, 9})
_TEXT_FUNCTIONS = frozenset({13, 14, 30, 31, 48, 112, 113, 114, 115, 116, 118, 120, 336})
"""Functions whose result is words, as formulas of .xls number them: TEXT, LEFT, CONCATENATE …"""


@dataclass(frozen=True, slots=True)
class _Font:
    style: TextStyle
    color: int


@dataclass
class _LookTables:
    """What a workbook says of fonts, formats, cell styles and texts, while it is collected."""

    formats: dict[int, str] = field(default_factory=dict)
    fonts: list[_Font] = field(default_factory=list)
    fills: list[tuple[int, int]] = field(default_factory=list)
    styles: dict[int, CellLook] = field(default_factory=dict)
    strings: dict[int, CellLook] = field(default_factory=dict)
    count: int = 0

    def add_style(self, number_format: int, font: int, fill: tuple[int, int]) -> None:
        """The next cell style. `fill` is its pattern and colour."""
        drawn, code = PLAIN_STYLE, self.formats.get(number_format) or BUILT_IN_FORMATS.get(number_format, "General")
        if font < len(self.fonts):
            own, (pattern, color) = self.fonts[font], fill
            is_unseen = (not pattern and own.color in _WHITE) or (pattern == 1 and own.color == color)
            drawn = TextStyle(own.style.is_struck, is_unseen)
        look = CellStyle(code, drawn).look
        if look:
            self.styles[self.count] = look
        self.count += 1

    def describe_text(self, text: str, runs: Sequence[tuple[int, int]]) -> CellLook | None:
        """The look of a text whose runs begin at a letter and have a font."""
        starts = [start for start, _ in runs] + [len(text)]
        parts = [(text[: starts[0]], PLAIN_STYLE)]
        for n, (start, font) in enumerate(runs):
            drawn = self.fonts[font].style if font < len(self.fonts) else PLAIN_STYLE
            parts.append((text[start : starts[n + 1]], drawn))
        return describe_runs(parts)


class _MetadataBuilder:
    """Metadata of a sheet while it is collected."""

    def __init__(self, styles: Mapping[int, CellLook], strings: Mapping[int, CellLook]) -> None:
        self._styles, self._strings = styles, strings
        self.replaced: dict[CellPosition, object] = {}
        self.uncached: set[CellPosition] = set()
        self.looks: dict[CellPosition, CellLook] = {}
        self.rows: set[int] = set()
        self.cols: set[int] = set()
        self.merges: list[Rectangle] = []
        self.hides_zeros = False

    def add_look(self, at: CellPosition, style: int, string: int | None = None) -> None:
        """A filled cell with its style, and its shared text if it has one."""
        runs = None if string is None else self._strings.get(string)
        look = combine_looks(self._styles.get(style), runs)
        if look:
            self.looks[at] = look

    def build_metadata(self) -> SheetMetadata:
        """The metadata of the sheet."""
        hidden = frozenset(self.rows), frozenset(self.cols)
        return SheetMetadata(
            self.replaced, frozenset(self.uncached), *hidden, self.looks, tuple(self.merges), (), self.hides_zeros
        )


# --- .xls ------------------------------------------------------------------------------------------


def parse_xls_metadata(data: bytes) -> dict[str, SheetMetadata]:
    """The metadata of every sheet of an .xls file, by its name.

    Raises:
        ValueError: the records make no sense.
    """
    stream = read_workbook_stream(data)
    try:
        tables = _read_biff_looks(stream)
        return {name: _parse_biff_sheet(stream, at, tables) for name, at in _read_biff_sheet_names(stream)}
    except (struct.error, IndexError) as error:
        raise ValueError("broken records") from error


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


def _read_biff_looks(stream: bytes) -> _LookTables:
    """Formats, fonts, cell styles and shared texts of the workbook."""
    tables, strings, is_strings = _LookTables(), list[bytes](), False
    for kind, body in _read_biff_records(stream, 0):
        is_strings = kind == 0xFC or (is_strings and kind == 0x3C)
        if is_strings:
            strings.append(body)
        elif kind == 0x041E:
            text = _decode_biff_string(body, 2, struct.unpack_from("<H", body, 2)[0], header=2)
            tables.formats[struct.unpack_from("<H", body)[0]] = text
        elif kind == 0x31:
            _, flags, color, _, raised = struct.unpack_from("<5H", body)
            if len(tables.fonts) == 4:  # the number 4 is left out
                tables.fonts.append(_Font(PLAIN_STYLE, 0))
            style = TextStyle(bool(flags & 8), color in _WHITE, {1: 1, 2: -1}.get(raised, 0))
            tables.fonts.append(_Font(style, color))
        elif kind == 0xE0:
            font, number_format = struct.unpack_from("<HH", body)
            pattern, colors = struct.unpack_from("<IH", body, 14)
            tables.add_style(number_format, font, (pattern >> 26, colors & 0x7F))
    for n, (text, runs) in enumerate(_read_biff_strings(strings)):
        look = tables.describe_text(text, runs) if runs else None
        if look:
            tables.strings[n] = look
    return tables


def _read_biff_strings(bodies: list[bytes]) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Every shared text with its runs; letters that go on in the next record begin anew with a flag of width."""
    if not bodies:
        return
    stream, ends = b"".join(bodies), set[int]()
    for body in bodies:
        ends.add((max(ends) if ends else 0) + len(body))
    at, count = 8, struct.unpack_from("<I", stream, 4)[0]
    for _ in range(count):
        if at >= len(stream):
            return
        length, flags = struct.unpack_from("<HB", stream, at)
        at += 3
        run_count = struct.unpack_from("<H", stream, at)[0] if flags & 8 else 0
        at += 2 if flags & 8 else 0
        extra = struct.unpack_from("<I", stream, at)[0] if flags & 4 else 0
        at += 4 if flags & 4 else 0
        text, wide = "", bool(flags & 1)
        while len(text) < length:
            end = min(e for e in ends if e > at)
            size = min((length - len(text)) * (2 if wide else 1), end - at)
            text += stream[at : at + size].decode("utf-16-le" if wide else "latin-1", "replace")
            at += size
            if len(text) < length:
                wide, at = bool(stream[at] & 1), at + 1
        runs = [struct.unpack_from("<HH", stream, at + 4 * n) for n in range(run_count)]
        at += 4 * run_count + extra
        yield text, [(start, font) for start, font in runs]


def _parse_biff_sheet(stream: bytes, at: int, tables: _LookTables) -> SheetMetadata:
    found = _MetadataBuilder(tables.styles, tables.strings)
    last: CellPosition | None = None
    for kind, body in _read_biff_records(stream, at):
        _note_biff_look(found, kind, body)
        if kind == 0x06:
            last = _parse_biff_formula(found, body)
        elif kind == 0x0207 and last is not None:
            found.replaced[last] = _decode_biff_string(body, 0, struct.unpack_from("<H", body)[0], header=2)
            last = None
        elif kind == 0x0205 and body[7]:
            row, col = struct.unpack_from("<HH", body)
            found.replaced[row, col] = ERRORS.get(body[6], "#")
        elif kind == 0x0208 and (body[12] & 0x20 or struct.unpack_from("<H", body, 6)[0] & 0x7FFF < 20):
            found.rows.add(struct.unpack_from("<H", body)[0])
        elif kind == 0x7D and (struct.unpack_from("<H", body, 8)[0] & 1 or not struct.unpack_from("<H", body, 4)[0]):
            first, end = struct.unpack_from("<HH", body)
            found.cols.update(range(first, min(end + 1, _WIDEST)))
        elif kind == 0xE5:
            for n in range(struct.unpack_from("<H", body)[0]):
                top, bottom, left, right = struct.unpack_from("<4H", body, 2 + 8 * n)
                found.merges.append((top, left, bottom, right))
        elif kind == 0x023E:
            found.hides_zeros = not struct.unpack_from("<H", body)[0] & 0x10
    return found.build_metadata()


def _note_biff_look(found: _MetadataBuilder, kind: int, body: bytes) -> None:
    """The looks of the cells of a record. A run of numbers shares one record."""
    if kind in (0x06, 0x0203, 0x027E, 0x0204, 0xFD):
        row, col, style = struct.unpack_from("<3H", body)
        found.add_look((row, col), style, struct.unpack_from("<I", body, 6)[0] if kind == 0xFD else None)
    elif kind == 0xBD:
        row, first = struct.unpack_from("<HH", body)
        for n in range((len(body) - 6) // 6):
            found.add_look((row, first + n), struct.unpack_from("<H", body, 4 + n * 6)[0])


def _parse_biff_formula(found: _MetadataBuilder, body: bytes) -> CellPosition | None:
    """Notes an error; gives the place if the result is words, which then follow in a record of their own.

    LibreOffice stores 0 as the result of a formula that gives words in a cell of numbers: that is no result.
    """
    row, col = struct.unpack_from("<HH", body)
    if body[12:14] != b"\xff\xff":
        if not any(body[6:14]) and _gives_words(body[22 : 22 + struct.unpack_from("<H", body, 20)[0]]):
            found.uncached.add((row, col))
        return None
    if body[6] == 2:
        found.replaced[row, col] = ERRORS.get(body[8], "#")
    elif body[6] == 3:
        found.replaced[row, col] = ""
    return (row, col) if body[6] == 0 else None


def _gives_words(tokens: bytes) -> bool:
    """Whether a formula ends in a joining of texts (``&``), or in a function whose result is words."""
    bare = tokens.rstrip(b"\x15")
    if len(bare) < 3:
        return False
    function = struct.unpack("<H", bare[-2:])[0] & 0x7FFF
    is_call = bare[-3] & 0x1F == 1 or (len(bare) > 3 and bare[-4] & 0x1F == 2)
    return bare[-1] == 0x08 or (is_call and function in _TEXT_FUNCTIONS)


# --- .xlsb -----------------------------------------------------------------------------------------


def parse_xlsb_looks(styles: bytes, strings: bytes) -> WorkbookLooks:
    """The looks of cell styles and shared texts, from ``styles.bin`` and ``sharedStrings.bin``.

    Raises:
        ValueError: the records make no sense.
    """
    tables, is_cell, count = _LookTables(), False, 0
    try:
        for kind, body in read_xlsb_records(styles):
            is_cell = kind == 617 or (is_cell and kind != 618)
            if kind == 44:
                tables.formats[struct.unpack_from("<H", body)[0]] = _decode_wide_string(body, 2)[0]
            elif kind == 43:
                _, flags, _, raised = struct.unpack_from("<4H", body)
                color = _parse_xlsb_color(body, 12)
                style = TextStyle(bool(flags & 8), color in _WHITE, {1: 1, 2: -1}.get(raised, 0))
                tables.fonts.append(_Font(style, color))
            elif kind == 45:
                tables.fills.append((struct.unpack_from("<I", body)[0], _parse_xlsb_color(body, 4)))
            elif kind == 47 and is_cell:
                _, number_format, font, fill = struct.unpack_from("<4H", body)
                tables.add_style(number_format, font, tables.fills[fill] if fill < len(tables.fills) else (0, 0))
        for kind, body in read_xlsb_records(strings):
            if kind == 19:
                look = _parse_xlsb_text(tables, body) if body[0] & 1 else None
                tables.strings.update({count: look} if look else {})
                count += 1
    except (struct.error, IndexError) as error:
        raise ValueError("broken records") from error
    return WorkbookLooks(tables.styles, tables.strings)


def _parse_xlsb_color(body: bytes, at: int) -> int:
    """White as 9, every other colour as a number of its own."""
    kind, index = body[at] >> 1, body[at + 1]
    if kind == 1:
        return index
    if kind == 3:
        return 9 if index == 0 else 1000 + index
    rgb = int.from_bytes(body[at + 4 : at + 7], "big")
    return 9 if kind == 2 and rgb == 0xFFFFFF else 2000 + rgb if kind == 2 else 0


def _parse_xlsb_text(tables: _LookTables, body: bytes) -> CellLook | None:
    text, at = _decode_wide_string(body, 1)
    runs = [struct.unpack_from("<HH", body, at + 4 + 4 * n) for n in range(struct.unpack_from("<I", body, at)[0])]
    return tables.describe_text(text, [(start, font) for start, font in runs])


def parse_xlsb_metadata(part: bytes, looks: WorkbookLooks) -> SheetMetadata:
    """The metadata of one sheet part of an .xlsb file.

    Raises:
        ValueError: the records make no sense.
    """
    found, row = _MetadataBuilder(looks.styles, looks.strings), 0
    try:
        for kind, body in read_xlsb_records(part):
            if kind == 0:
                row = struct.unpack_from("<I", body)[0]
                if body[11] & 0x10 or struct.unpack_from("<H", body, 8)[0] < 20:
                    found.rows.add(row)
            elif 2 <= kind <= 11:
                col, style = struct.unpack_from("<I", body)[0], int.from_bytes(body[4:7], "little")
                found.add_look((row, col), style, struct.unpack_from("<I", body, 8)[0] if kind == 7 else None)
                if kind in (3, 11):
                    found.replaced[row, col] = ERRORS.get(body[8], "#")
            elif kind == 60 and (body[16] & 1 or not struct.unpack_from("<I", body, 8)[0]):
                first, last = struct.unpack_from("<II", body)
                found.cols.update(range(first, min(last + 1, _WIDEST)))
            elif kind == 176:
                top, bottom, left, right = struct.unpack_from("<4I", body)
                found.merges.append((top, left, bottom, right))
            elif kind == 137:
                found.hides_zeros = not body[0] & 0x10
    except (struct.error, IndexError) as error:
        raise ValueError("broken records") from error
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
