"""What people and programs do to a workbook before it comes back: one function for each, alone or one after another.

A `Book` is a workbook as plain grids; a mangler changes it in place with a `Random` of its own. `HARMLESS` leave every
number in place for a reader that looks; `HARMFUL` take something away, so that a finding must say so.
"""

from __future__ import annotations

import datetime as dt
import struct
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from itertools import product
from random import Random
from typing import Any

import openpyxl
import xlsxwriter

from etl.catalog.layout import MANIFEST_SHEET, TASK_STATES, TOTAL_LABEL, FormLayout, SheetLayout
from etl.read.vietnamese_text import convert_charset
from tests.builders import Workbook

Merge = tuple[int, int, int, int]
Mangler = Callable[["Book", Random], None]


@dataclass
class Page:
    """A sheet: a rectangle of values, and the layout it was printed from (None: not of the form)."""

    name: str
    rows: list[list[Any]]
    merges: list[Merge] = field(default_factory=list)
    layout: SheetLayout | None = None
    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_cols: set[int] = field(default_factory=set)
    percent: set[tuple[int, int]] = field(default_factory=set)
    top: int = 0
    first: int = 0
    last: int = 0

    def insert_row(self, at: int, values: list[Any] | None = None) -> None:
        width = len(self.rows[0])
        self.rows.insert(at, ((values or []) + [None] * width)[:width])
        self.merges = [
            (t + (t >= at), left, b + (b >= at), right) for t, left, b, right in self.merges if not t < at <= b
        ]
        self.top, self.first, self.last = (n + (n >= at) for n in (self.top, self.first, self.last))

    def delete_row(self, at: int) -> None:
        del self.rows[at]
        self.merges = [(t - (t > at), left, b - (b > at), right) for t, left, b, right in self.merges if b != at]
        self.last -= 1

    def insert_col(self, at: int) -> None:
        for row in self.rows:
            row.insert(at, None)
        self.merges = [(t, left + (left >= at), b, right + (right >= at)) for t, left, b, right in self.merges]

    def delete_col(self, at: int) -> None:
        self.unmerge()
        for row in self.rows:
            del row[at]

    def unmerge(self) -> None:
        """Takes merges apart; as in a spreadsheet, only the first cell of a header keeps its text, the rest repeat."""
        for t, left, b, right in self.merges:
            if t == self.top and b == t:
                for col in range(left, right + 1):
                    self.rows[t][col] = self.rows[t][left]
        self.merges = []

    @property
    def input_cols(self) -> list[int]:
        return sorted({cell.col for cell in self.layout.inputs}) if self.layout else []


@dataclass
class Book:
    """A workbook to be mangled."""

    pages: list[Page]
    described: FormLayout
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def tables(self) -> list[Page]:
        """The sheets of the form."""
        return [page for page in self.pages if page.layout]

    def free(self, name: str) -> str:
        """A sheet name that no sheet has yet."""
        taken = {page.name for page in self.pages}
        return next(f"{name} {n}" for n in range(1, len(taken) + 2) if f"{name} {n}" not in taken)

    def by_commune(self, random: Random) -> Page | None:
        pages = [page for page in self.tables if page.layout and page.layout.kind.name == "by_commune"]
        return random.choice(pages) if pages else None

    def page(self, code: str) -> Page:
        """The sheet of the form with a code."""
        return next(page for page in self.tables if page.layout and page.layout.code == code)

    def cell(self, code: str, element: str, row: int = 0) -> tuple[int, int]:
        """Where the row-th cell of an element was printed."""
        layout = self.page(code).layout
        assert layout
        found = [(cell.row, cell.col) for cell in layout.inputs if cell.data_element == element]
        return found[row]

    def bytes(self) -> bytes:
        """The workbook as .xlsx."""
        target = BytesIO()
        book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
        for page in self.pages:
            _write(book.add_worksheet(page.name), page)
        book.get_worksheet_by_name(next(p.name for p in self.pages if not p.hidden)).activate()
        book.close()
        return target.getvalue()


def _write(sheet: Any, page: Page) -> None:
    for t, left, b, right in page.merges:
        if (t, left) != (b, right):
            sheet.merge_range(t, left, b, right, "")
    for r, row in enumerate(page.rows):
        for c, value in enumerate(row):
            if value is not None:
                sheet.write(r, c, value)
    for row in page.hidden_rows:
        sheet.set_row(row, None, None, {"hidden": True})
    for col in page.hidden_cols:
        sheet.set_column(col, col, None, None, {"hidden": True})
    if page.hidden:
        sheet.hide()


def distinct(workbook: Workbook) -> bytes:
    """A form filled so that every number is another one, a few of them zero or with decimals."""
    for n, (sheet, cell, _, element, kind) in enumerate(workbook.inputs()):
        value: Any = None
        if kind in {"stock", "average", "flow", "ytd", "published"}:
            value = 1000.5 + n if n % 7 == 0 else 3 * n if n % 11 else 0
            if element == "pop_total":  # enough people for the other numbers
                value = 100_000 + n
        elif kind == "date":
            value = dt.date(2024, 6, 1 + n % 28)
        elif kind == "choice":
            value = TASK_STATES[n % 3]
        elif not element.startswith("note.5"):
            value = f"Nội dung số {n} của đơn vị"
        workbook.with_cell(sheet, cell, value)
    return workbook.bytes()


def xlsb(book: Book) -> bytes:
    """The workbook as .xlsb: numbers, texts and errors only. Source: [MS-XLSB] 2.4."""
    relations, bundle = [], b""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for n, page in enumerate(book.pages, start=1):
            relations.append(
                f'<Relationship Id="rId{n}" Target="worksheets/sheet{n}.bin" Type="http://schemas.openxmlformats.org/'
                'officeDocument/2006/relationships/worksheet"/>'
            )
            state = struct.pack("<II", 1 if page.hidden else 0, n)
            bundle += _record(156, state + _wide(f"rId{n}") + _wide(page.name))
            out.writestr(f"xl/worksheets/sheet{n}.bin", _xlsb_sheet(page))
        formats = b"".join(_record(47, struct.pack("<HH", 0, n) + bytes(12)) for n in (0, 10))
        out.writestr(
            "xl/styles.bin", _record(278) + _record(617, struct.pack("<I", 2)) + formats + _record(618) + _record(279)
        )
        names = _record(131) + _record(143) + bundle + _record(144) + _record(132)
        out.writestr("xl/workbook.bin", names)
        space = "http://schemas.openxmlformats.org/package/2006/relationships"
        rels = f'<?xml version="1.0"?><Relationships xmlns="{space}">{"".join(relations)}</Relationships>'
        out.writestr("xl/_rels/workbook.bin.rels", rels)
        types = "http://schemas.openxmlformats.org/package/2006/content-types"
        out.writestr("[Content_Types].xml", f'<?xml version="1.0"?><Types xmlns="{types}"/>')
    return target.getvalue()


def _xlsb_sheet(page: Page) -> bytes:
    height, width = len(page.rows), max(map(len, page.rows))
    columns = b"".join(_record(60, struct.pack("<IIIIH", c, c, 2560, 0, 1)) for c in sorted(page.hidden_cols))
    found = _record(129) + _record(148, struct.pack("<IIII", 0, height - 1, 0, width - 1))
    found += (_record(390) + columns + _record(391) if columns else b"") + _record(145)
    for r, row in enumerate(page.rows):
        flags = 0x10 if r in page.hidden_rows else 0
        found += _record(0, struct.pack("<IIHBBBI", r, 0, 300, 0, flags, 0, 0))
        for c, value in enumerate(row):
            head = struct.pack("<II", c, 0)
            if isinstance(value, str) and value in _ERROR_CODES:
                found += _record(3, head + bytes([_ERROR_CODES[value]]))
            elif isinstance(value, str):
                found += _record(6, head + _wide(value))
            elif isinstance(value, dt.datetime):
                found += _record(5, head + struct.pack("<d", (value - dt.datetime(1899, 12, 30)).days))
            elif isinstance(value, int | float):
                style = struct.pack("<II", c, 1 if (r, c) in page.percent else 0)
                found += _record(5, style + struct.pack("<d", value))
    return found + _record(146) + _record(130)


_ERROR_CODES = {"#DIV/0!": 0x07, "#N/A": 0x2A}


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _record(kind: int, body: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    length = len(body)
    sized = bytearray()
    while True:
        length, part = length >> 7, length & 0x7F
        sized.append(part | 0x80 if length else part)
        if not length:
            return head + bytes(sized) + body


def opened(data: bytes, described: FormLayout, aliases: Mapping[str, str]) -> Book:
    """A filled workbook as grids. `aliases`: another name of a commune by its name."""
    book = openpyxl.load_workbook(BytesIO(data))
    layouts = {sheet.code: sheet for sheet in described.sheets}
    pages = []
    for sheet in book.worksheets:
        rows = [[_plain(cell) for cell in row] for row in sheet.iter_rows()]
        merges = [(m.min_row - 1, m.min_col - 1, m.max_row - 1, m.max_col - 1) for m in sheet.merged_cells.ranges]
        page = Page(sheet.title, rows, merges, layouts.get(sheet.title), sheet.sheet_state != "visible")
        if page.layout:
            page.top = page.layout.header_rows[0]
            page.first, page.last = page.layout.data_rows
        pages.append(page)
    return Book(pages, described, aliases)


def _plain(cell: Any) -> Any:
    return None if cell.data_type == "f" else cell.value


# --- nothing is lost -------------------------------------------------------------------------------


def manifest_lost(book: Book, random: Random) -> None:
    book.pages = [page for page in book.pages if page.name != MANIFEST_SHEET]


def sheets_renamed(book: Book, random: Random) -> None:
    for n, page in enumerate(book.tables):
        page.name = random.choice(["Sheet", "Biểu", "Trang tính"]) + str(n + 1)


def sheets_reordered(book: Book, random: Random) -> None:
    random.shuffle(book.pages)


def sheet_added(book: Book, random: Random) -> None:
    book.pages.insert(random.randint(0, len(book.pages)), Page(book.free("Nháp"), [["tính thử", 12], [None, 7]]))


def rows_inserted(book: Book, random: Random) -> None:
    for page in book.tables:
        page.insert_row(random.randint(page.first, page.last))


def columns_inserted(book: Book, random: Random) -> None:
    for page in book.tables:
        page.unmerge()
        page.insert_col(random.randint(0, len(page.rows[0]) - 1))


def title_rows_added(book: Book, random: Random) -> None:
    for page in book.tables:
        for text in ("UBND TỈNH", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")[: random.randint(1, 2)]:
            page.insert_row(0, [text])


def rows_hidden(book: Book, random: Random) -> None:
    page = random.choice(book.tables)
    page.hidden_rows.add(random.randint(page.first, page.last))


def columns_hidden(book: Book, random: Random) -> None:
    page = random.choice(book.tables)
    page.hidden_cols.add(random.randrange(len(page.rows[0])))


def rows_reordered(book: Book, random: Random) -> None:
    for page in book.tables:
        part = page.rows[page.first : page.last + 1]
        random.shuffle(part)
        page.rows[page.first : page.last + 1] = part


def columns_reordered(book: Book, random: Random) -> None:
    for page in book.tables:
        page.unmerge()
        order = list(range(len(page.rows[0])))
        random.shuffle(order)
        page.rows = [[row[col] for col in order] for row in page.rows]


def header_unmerged(book: Book, random: Random) -> None:
    for page in book.tables:
        page.unmerge()


def header_in_one_row(book: Book, random: Random) -> None:
    for page in book.tables:
        page.unmerge()
        for col, top in enumerate(page.rows[page.top]):
            below = page.rows[page.top + 1][col]
            if below and top and below != top:
                page.rows[page.top][col] = f"{top} - {below}"
            page.rows[page.top + 1][col] = None


def header_row_inserted(book: Book, random: Random) -> None:
    for page in book.tables:
        page.merges = [m for m in page.merges if m[0] != page.top or m[0] == m[2]]
        page.insert_row(page.top + 1)


def code_column_deleted(book: Book, random: Random) -> None:
    for page in book.tables:
        for col, text in enumerate(page.rows[page.top]):
            if text == "Mã đơn vị":
                page.delete_col(col)
                break


def names_by_alias(book: Book, random: Random) -> None:
    for page in book.tables:
        for row in page.rows[page.first : page.last + 1]:
            row[:] = [book.aliases.get(v, v) if isinstance(v, str) else v for v in row]


def sums_sections_and_notes(book: Book, random: Random) -> None:
    for page in book.tables:
        if not page.layout or page.layout.kind.name not in ("by_commune", "list"):
            continue
        page.insert_row(page.first, ["I", "Khu vực thứ nhất"])
        page.rows.insert(page.last + 1, ([None, "Cộng"] + [None] * len(page.rows[0]))[: len(page.rows[0])])
        for text in ("Ghi chú: số liệu đến hết ngày 30/9", "Ngày 5 tháng 10 năm 2024", "GIÁM ĐỐC"):
            page.rows.append(([text] + [None] * len(page.rows[0]))[: len(page.rows[0])])


def total_moved_below(book: Book, random: Random) -> None:
    for page in book.tables:
        for number, row in enumerate(page.rows):
            if TOTAL_LABEL in row:
                page.rows.insert(page.last + 1, list(row))
                page.rows[number] = [None] * len(row)
                break


def numbers_as_text(book: Book, random: Random) -> None:
    """A column of numbers typed as text, the Vietnamese way: point for thousands, comma for decimals."""
    for page in book.tables:
        if page.layout and page.layout.kind.name == "by_commune":
            col = random.randrange(len(page.rows[0]))
            for row in page.rows[page.first : page.last + 1]:
                if isinstance(row[col], int | float):
                    row[col] = f"{row[col]:,}".translate(str.maketrans(",.", ".,"))


def text_decomposed(book: Book, random: Random) -> None:
    _texts(book, lambda text: unicodedata.normalize("NFD", text))


def text_in_tcvn3(book: Book, random: Random) -> None:
    _texts(book, lambda text: "".join(_TCVN3.get(c, c) for c in text))


def text_in_vni(book: Book, random: Random) -> None:
    _texts(book, lambda text: "".join(_VNI.get(c, c) for c in text))


def _texts(book: Book, change: Callable[[str], str]) -> None:
    for page in book.pages:
        page.rows = [[change(v) if isinstance(v, str) else v for v in row] for row in page.rows]


_LATIN = [chr(n) for n in range(0xA1, 0x100)]
_TCVN3 = {convert_charset(c, "tcvn3"): c for c in [*_LATIN, "\xad"] if convert_charset(c, "tcvn3") != c}
_TCVN3 |= {new.upper(): old for new, old in _TCVN3.items() if new.upper() not in _TCVN3}  # no capitals of its own
_VNI = {
    convert_charset(old, "vni"): old
    for old in [a + b for a, b in product("aeiouyAEIOUYöÖôÔ", ["", *_LATIN])] + _LATIN
    if len(convert_charset(old, "vni")) == 1 and convert_charset(old, "vni") != old
}


# --- something is lost or doubtful -----------------------------------------------------------------


def column_deleted(book: Book, random: Random) -> None:
    pages = [page for page in book.tables if len(page.rows[0]) > 2]
    if pages:
        page = random.choice(pages)
        page.delete_col(random.randrange(len(page.rows[0])))


def row_deleted(book: Book, random: Random) -> None:
    pages = [page for page in book.tables if page.last > page.first]
    if pages:
        page = random.choice(pages)
        page.delete_row(random.randint(page.first, page.last))


def row_doubled(book: Book, random: Random) -> None:
    page = random.choice(book.tables)
    at = random.randint(page.first, page.last)
    page.rows.insert(at, [v + 1 if isinstance(v, int | float) else v for v in page.rows[at]])
    page.last += 1


def column_doubled(book: Book, random: Random) -> None:
    page = random.choice(book.tables)
    page.unmerge()
    at = random.randrange(len(page.rows[0]))
    for row in page.rows:
        row.insert(at, row[at] + 1 if isinstance(row[at], int | float) else row[at])


def unknown_row_added(book: Book, random: Random) -> None:
    page = book.by_commune(random)
    if page:
        row = ["99", "Xã Không Có Thật", None] + [5] * len(page.rows[0])
        page.rows.insert(page.last + 1, row[: len(page.rows[0])])


def header_renamed(book: Book, random: Random) -> None:
    page = random.choice(book.tables)
    cols = [c for c, text in enumerate(page.rows[page.top]) if text]
    page.rows[page.top][random.choice(cols)] = "Số khác hẳn"


def label_renamed(book: Book, random: Random) -> None:
    page = random.choice(book.tables)
    row = page.rows[random.randint(page.first, page.last)]
    printed = {fixed.text for fixed in page.layout.fixed} if page.layout else set()
    labels = [c for c, text in enumerate(row) if text in printed and len(text) > 2]
    if labels:
        row[random.choice(labels)] = "Tên khác hẳn"


def sheet_deleted(book: Book, random: Random) -> None:
    page = random.choice(book.tables)
    if len(book.pages) > 2:
        book.pages.remove(page)


def sheet_copied(book: Book, random: Random) -> None:
    page = random.choice(book.tables)
    rows = [[v + 1 if isinstance(v, int | float) else v for v in row] for row in page.rows]
    book.pages.append(Page(book.free("Bản sao"), rows, list(page.merges)))


def labels_swapped(book: Book, random: Random) -> None:
    """Two commune names change places and their codes do not."""
    page = book.by_commune(random)
    if page and page.last > page.first:
        a, b = random.sample(range(page.first, page.last + 1), 2)
        cols = [c for c in range(len(page.rows[0])) if str(page.rows[a][c]).startswith(("Xã", "Thị", "Phường"))]
        for col in cols[:1]:
            page.rows[a][col], page.rows[b][col] = page.rows[b][col], page.rows[a][col]


HARMLESS: tuple[Mangler, ...] = (
    manifest_lost, sheets_renamed, sheets_reordered, sheet_added, rows_inserted, columns_inserted, title_rows_added,
    rows_hidden, columns_hidden, rows_reordered, columns_reordered, header_unmerged, header_in_one_row,
    header_row_inserted, code_column_deleted, names_by_alias, sums_sections_and_notes, total_moved_below,
    numbers_as_text, text_decomposed, text_in_tcvn3, text_in_vni,
)  # fmt: skip
HARMFUL: tuple[Mangler, ...] = (
    column_deleted, row_deleted, row_doubled, column_doubled, unknown_row_added, header_renamed, label_renamed,
    sheet_deleted, sheet_copied, labels_swapped,
)  # fmt: skip
