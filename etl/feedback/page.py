"""The sheet itself: one A4 page, Times New Roman, real numbers, nothing that a program could take for a formula.

Inside the feedback room only. Signs and words carry every meaning; shading only guides the eye, so that it can be
printed in black and white.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.catalog.layout import MARK_TEXT
from etl.feedback import words
from etl.feedback.given import Counts, Feedback, Line, Sent
from etl.files import write_atomic

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

SHEET = "Phản hồi"
_WIDTHS = (5, 9, 8, 8, 7.5, 12, 12, 7.5, 7.5, 6, 7, 7)
_LAST = len(_WIDTHS) - 1
_LINE = 14.5
_BAR = 10
_BASE: dict[str, Any] = {"font_name": "Times New Roman", "font_size": 10, "valign": "vcenter"}
_BOX: dict[str, Any] = {"border": 1, "border_color": "#7F7F7F", "text_wrap": True}
_MIDDLE: dict[str, Any] = {**_BOX, "align": "center"}
_STYLES: dict[str, dict[str, Any]] = {
    "body": {"bold": True, "align": "center", "text_wrap": True},
    "plain": {"align": "center"},
    "title": {"bold": True, "font_size": 14, "align": "center"},
    "unit": {"bold": True, "font_size": 12, "align": "center"},
    "mark": {"bold": True, "align": "center", "font_color": "#C00000"},
    "day": {"italic": True, "align": "center"},
    "summary": {"text_wrap": True, "border": 2, "font_size": 11, "indent": 1},
    "section": {"bold": True, "font_size": 11, "bottom": 1, "valign": "bottom"},
    "head": {**_MIDDLE, "bold": True, "font_size": 9, "bg_color": "#EDEDED"},
    "text": _BOX,
    "strong": {**_BOX, "bold": True},
    "middle": _MIDDLE,
    "none": {**_MIDDLE, "italic": True, "font_size": 9},
    "sign": {**_MIDDLE, "bold": True},
    "bar": {**_BOX, "text_wrap": False, "font_size": 8},
    "date": {**_MIDDLE, "num_format": "dd/mm/yyyy"},
    "count": {**_MIDDLE, "num_format": "#,##0"},
    "share": {**_MIDDLE, "num_format": "0.0%"},
    "line": {"text_wrap": True},
    "note": {"italic": True, "font_size": 8.5, "text_wrap": True, "valign": "top"},
}


def path_of(given: Feedback, period: str, outbox: Path) -> Path:
    """Where a unit's sheet lies: beside what it gets back of its files."""
    return outbox / "returns" / given.unit / f"phan-hoi_{period}.xlsx"


def write(given: Feedback, period: str, outbox: Path, least: int) -> tuple[Path, bool]:
    """Puts the sheet into the unit's folder; False if the same one lies there already.

    Raises:
        StorageError: the folder cannot be written or the disk is full.
    """
    path, data = path_of(given, period, outbox), workbook(given, least)
    if path.is_file() and path.read_bytes() == data:
        return path, False
    write_atomic(path, data)
    return path, True


def workbook(given: Feedback, least: int) -> bytes:
    """The sheet as a workbook of one page; `least` is the denominator from which figures are compared."""
    import xlsxwriter

    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties(
        {
            "title": f"Phản hồi {given.quarter}: {given.unit_name}",
            "author": given.office,
            "created": dt.datetime.combine(given.as_of, dt.time()),
            "comments": MARK_TEXT if given.simulated else "",
        }
    )
    page = _Page(book)
    _head(page, given)
    _sent(page, given)
    _findings(page, given)
    _mended(page, given)
    _indicators(page, given, least)
    page.finish()
    book.close()
    return target.getvalue()


class _Page:
    """A sheet that is written from top to bottom; `row` is the next free row."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._formats: dict[tuple[str, str], Any] = {}
        self._sheet = book.add_worksheet(SHEET)
        self.row = 0
        for column, width in enumerate(_WIDTHS):
            self._sheet.set_column(column, column, width)

    def put(self, first: int, last: int, value: object, role: str, number: str = "") -> None:
        """A value across columns of the present row: text as text, numbers as numbers, dates as dates."""
        look = self._look(role, number)
        if last > first:
            self._sheet.merge_range(self.row, first, self.row, last, "", look)
        if isinstance(value, dt.date):
            self._sheet.write_datetime(self.row, first, dt.datetime.combine(value, dt.time()), look)
        elif isinstance(value, int | float | Fraction):
            self._sheet.write_number(self.row, first, float(value), look)
        else:
            self._sheet.write_string(self.row, first, str(value), look)

    def next(self, lines: int = 1, height: float = _LINE) -> None:
        """Ends the row, as high as so many lines need."""
        self._sheet.set_row(self.row, lines * height + 2)
        self.row += 1

    def cells(self, entries: Sequence[tuple[int, int, object, str]]) -> None:
        """A row of a table, as high as its longest text needs."""
        for entry in entries:
            self.put(*entry)
        self.next(max(lines_of(value, first, last) for first, last, value, _ in entries))

    def across(self, text: str, role: str, first: int = 0) -> None:
        """A text over the whole width."""
        self.put(first, _LAST, text, role)
        self.next(lines_of(text, first, _LAST))

    def section(self, title: str) -> None:
        """A heading."""
        self.put(0, _LAST, title, "section")
        self.next(height=18)

    def finish(self) -> None:
        """Sets the sheet to print as one A4 page, upright."""
        sheet = self._sheet
        sheet.set_paper(9)
        sheet.set_portrait()
        sheet.set_margins(left=0.5, right=0.4, top=0.45, bottom=0.45)
        sheet.center_horizontally()
        sheet.fit_to_pages(1, 1)
        sheet.print_area(0, 0, self.row - 1, _LAST)
        sheet.hide_gridlines(2)

    def _look(self, role: str, number: str) -> Any:
        if (role, number) not in self._formats:
            given = {"num_format": number} if number else {}
            self._formats[role, number] = self._book.add_format(_BASE | _STYLES[role] | given)
        return self._formats[role, number]


def lines_of(value: object, first: int, last: int) -> int:
    """How many lines a text needs across columns: not every program fits the height of merged cells by itself."""
    room = sum(_WIDTHS[first : last + 1]) * 1.2
    return sum(max(1, -(-len(part) // int(room))) for part in str(value).split("\n")) if isinstance(value, str) else 1


def _head(page: _Page, given: Feedback) -> None:
    page.put(0, 5, given.parent_body, "plain")
    page.put(6, _LAST, MARK_TEXT if given.simulated else "", "mark")
    page.next()
    page.put(0, 5, " ".join(given.body.split()), "body")
    page.put(6, _LAST, f"Số liệu đến ngày {given.as_of:%d/%m/%Y}", "day")
    page.next()
    page.put(0, _LAST, f"PHẢN HỒI VỀ BÁO CÁO {given.quarter.upper()}", "title")
    page.next(height=24)
    page.put(0, _LAST, f"{given.unit_name} ({given.unit})", "unit")
    page.next(height=17)
    text = words.summary(given)
    page.put(0, _LAST, text, "summary")
    page.next(lines_of(text, 0, _LAST - 1) + 1)


def _sent(page: _Page, given: Feedback) -> None:
    page.section("1. Đúng hạn và đầy đủ")
    head = (
        (0, 3, "Báo cáo"), (4, 5, "Hạn nộp"), (6, 6, "Ngày nhận"), (7, 8, "Kết quả"), (9, 9, "Ô có số"),
        (10, 10, "Ô phải có"), (11, 11, "Tỉ lệ"),
    )  # fmt: skip
    page.cells([(*where, "head") for where in head])
    for one in given.sent:
        page.cells([(0, 3, one.title, "text"), (4, 5, one.due, "date"), *_received(one)])
    page.across(words.on_time(given.on_time, len(given.quarters[-4:])), "line")
    if text := words.cells(given):
        page.across(text, "line")


def _received(one: Sent) -> list[tuple[int, int, object, str]]:
    result = (7, 8, words.outcome(one), "middle")
    if one.received is None:
        return [(6, 6, "–", "middle"), result, (9, 11, words.NO_DATA, "none")]
    if one.cells is None or one.cells.low is None:
        return [(6, 6, one.received, "date"), result, (9, 11, "không có ô số", "none")]
    share = one.cells.part / one.cells.whole
    return [
        (6, 6, one.received, "date"),
        result,
        (9, 9, one.cells.part, "count"),
        (10, 10, one.cells.whole, "count"),
        (11, 11, share, "share"),
    ]


def _findings(page: _Page, given: Feedback) -> None:
    page.section("2. Kết quả kiểm tra qua các quý")
    for first, last, text in ((0, 2, "Quý"), (3, 3, "Số tệp"), (4, 6, "Tệp gửi đầu"), (7, 9, "Tệp mới nhất")):
        page.put(first, last, text, "head")
    page.put(10, _LAST, "█ còn  ▒ đã hết", "head")
    page.next()
    heads = [(column, column, text, "head") for column, text in zip((4, 5, 6), words.LEVELS, strict=True)]
    again = [(column, column, text, "head") for column, text in zip((7, 8, 9), words.LEVELS, strict=True)]
    page.cells([(0, 2, "", "head"), (3, 3, "", "head"), *heads, *again, (10, _LAST, "(■ và ▲)", "head")])
    most = max((max(_asked(c.first), _asked(c.last)) for c in given.quarters), default=0)
    for one in given.quarters:
        page.cells([(0, 2, one.quarter, "text"), *_counted(one, most)])


def _asked(counts: tuple[int, int, int] | None) -> int:
    return counts[0] + counts[1] if counts else 0


def _counted(one: Counts, most: int) -> list[tuple[int, int, object, str]]:
    if one.first is None or one.last is None:
        return [(3, 3, one.files, "count"), (4, _LAST, words.NO_DATA, "none")]
    numbers = zip((4, 5, 6, 7, 8, 9), (*one.first, *one.last), strict=True)
    shown = bar(_asked(one.first), _asked(one.last), most)
    return [(3, 3, one.files, "count"), *((c, c, n, "count") for c, n in numbers), (10, _LAST, shown, "bar")]


def bar(first: int, last: int, most: int) -> str:
    """``█`` for what is left, ``▒`` for what is gone since the first file; `most` fills the whole width.

    What is there at all gets at least one block.
    """

    def blocks(count: int) -> int:
        return max(1, count * _BAR // most) if count > 0 else 0

    return "█" * blocks(last) + "▒" * min(blocks(first - last), _BAR)


def _mended(page: _Page, given: Feedback) -> None:
    page.section("3. Đã sửa được")
    for text in words.mended_lines(given):
        page.put(0, 0, "–", "plain")
        page.across(text, "line", first=1)
    page.section(f"4. {words.open_title(given)}")
    rows = words.open_rows(given)
    if not rows:
        page.across("Không có." if given.quarters[-1:] and given.quarters[-1].files else words.NO_DATA, "line")
        return
    page.cells([(0, 1, "Mã", "head"), (2, 3, "Trang và ô", "head"), (4, _LAST, "Nội dung", "head")])
    for code, where, text in rows:
        page.cells([(0, 1, code, "middle"), (2, 3, where, "middle"), (4, _LAST, text, "text")])


def _indicators(page: _Page, given: Feedback, least: int) -> None:
    page.section("5. Chỉ tiêu của đơn vị trong quý")
    if not given.lines:
        page.across("Đơn vị không có chỉ tiêu tính riêng theo quý.", "line")
    else:
        head = (
            (0, 0, "TT"), (1, 3, "Chỉ tiêu"), (4, 4, "Đơn vị tính"), (5, 5, "Của đơn vị"),
            (6, 6, given.area.capitalize()), (7, 8, "Mục tiêu"), (9, 9, "Đánh giá"),
            (10, _LAST, f"So với {given.area}"),
        )  # fmt: skip
        page.cells([(*where, "head") for where in head])
    for number, line in enumerate(given.lines, start=1):
        _indicator(page, number, line)
    if given.lines:
        page.across(words.legend(given, least), "note")
    page.across(f"Trao đổi về phiếu này: {given.office}.", "note")


def _indicator(page: _Page, number: int, line: Line) -> None:
    page.put(0, 0, number, "count")
    page.put(1, 3, line.name, "text")
    page.put(4, 4, line.unit, "middle")
    shown = f"#,##0.{'0' * line.decimals}" if line.decimals else "#,##0"
    for column, value in ((5, line.value), (6, line.area)):
        if value is None:
            page.put(column, column, words.NO_DATA, "none")
        else:
            page.put(column, column, value, "middle", shown)
    page.put(7, 8, line.target, "middle")
    page.put(9, 9, line.sign, "sign")
    page.put(10, _LAST, words.COMPARED[line.comparison], "middle")
    page.next(max(lines_of(line.name, 1, 3), lines_of(line.target, 7, 8), lines_of(line.unit, 4, 4)))
