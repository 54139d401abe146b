"""How a sheet of the annex looks: title block, numbered head, frozen, framed, set to print.

Room: report. Used by `sheets`. What is to be read is text: what units wrote, so that it cannot become a formula, and
figures as they are printed in Word, because the signs of a number follow the settings of the machine that opens it. The
numbers are on the sheet of data, and each figure leads there and back. A missing figure stands in words. Row heights
are set here: office programs do not agree on doing it themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from types import MappingProxyType
from typing import Any, NamedTuple, TypeGuard

from etl.catalog.layout import format_cell_name
from etl.messages import Messages
from etl.model.numbers import format_number
from etl.report.figure_facts import PrintedNumber
from etl.report.official_letter import format_attachment_line
from etl.report.report_facts import ReportFacts

FONT: Mapping[str, Any] = MappingProxyType({"font_name": "Times New Roman", "font_size": 11})
"""Copied for each use: the workbook library takes keys out of what it is given."""
LINE_HEIGHT = 15.0
_A4 = 9
_SHORT = 12
"""Texts up to this long stand in the middle of their cell, as numbers written in words do in the plan."""
_NARROW = 20.0
"""Columns wider than this hold names and sentences, which begin at the left whatever their length."""
_HEAD_COLOUR = "#E7E6E6"
_TITLE_WIDTH = 110.0
"""Characters; as wide as a page of a sheet of which only the title prints."""
_PAGE_WIDTH = 172.0
"""Characters that fit across a page with letters of 8 points at least, as `FONT` shrinks to the page."""
_LEAST_WIDTH = 8.0
"""Characters; a column that is made narrower for the page keeps these."""
_WHOLE_WIDTH, _PAGE_HEIGHT = 128.0, 470.0
"""Characters across and points down a page on which nothing is shrunk, without a repeated head."""
_MOST_PAGES = 24

Columns = list[tuple[str, float]]
"""Printed heads with their widths in characters."""

FigureKey = tuple[str, str]
"""(item, unit)."""


class DataLink(NamedTuple):
    """Leads from a row to the numbers of the figure that is read in one of its columns. Right of what prints: some
    office programs paint every link blue."""

    item: str
    unit: str
    read_in: int


Cell = PrintedNumber | DataLink | str | int | bool | None
"""What a cell of a table may be given."""


@dataclass
class AnnexWorkbook:
    """The workbook with its formats, made once each."""

    workbook: Any
    facts: ReportFacts
    wording: Messages
    formats: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    figures: dict[tuple[str, str], str | int | float] = field(default_factory=dict)
    """(sheet, cell) → what was written there, for `annex_readback`."""
    reading_places: dict[FigureKey, str] = field(default_factory=dict)
    """Where a figure is read, as ``'sheet'!cell``."""
    sheets: list[AnnexSheet] = field(default_factory=list)
    """The closed ones, in their order."""

    def record_figure(self, page: Any, row: int, column: int, figure: str | float) -> None:
        """Notes a figure that was written."""
        self.figures[page.name, format_cell_name(row, column)] = figure

    @cached_property
    def data_places(self) -> dict[FigureKey, str]:
        """Where the numbers of a figure stand: a row of the sheet of data, below its head."""
        page = self.wording.texts["annex_sheet.data"]
        rows = enumerate(self.facts.list_figures(), start=1)
        return {(f.item, f.unit): f"'{page}'!{format_cell_name(row, 0)}" for row, f in rows}

    @property
    def nothing(self) -> str:
        """What stands where nothing applies."""
        return self.wording.texts["word.nothing"]

    def build_format(self, **wanted: Any) -> Any:
        """A format in the annex's font."""
        key = tuple(sorted(wanted.items()))
        if key not in self.formats:
            self.formats[key] = self.workbook.add_format({**FONT, **wanted})
        return self.formats[key]

    def build_cell_format(self, **wanted: Any) -> Any:
        """A framed cell."""
        return self.build_format(border=1, valign="vcenter", text_wrap=True, **wanted)

    def build_columns(self, **widths: float) -> Columns:
        """Columns with the printed heads that the messages have for these names."""
        return [(self.wording.texts[f"annex.{name}"], width) for name, width in widths.items()]

    def set_print_areas(self, other_pages: int) -> None:
        """Prints the first sheet and as many of the others, the shortest first, as leave the annex short on paper with
        `other_pages` beside. Of the rest, which is for the screen, only the title prints, which says so.
        """
        left = _MOST_PAGES - other_pages - len(self.sheets)
        for sheet in sorted(self.sheets, key=lambda sheet: (sheet is not self.sheets[0], sheet.count_pages())):
            more = sheet.count_pages() - 1
            is_printed = sheet is self.sheets[0] or (more <= left and not sheet.is_looked_up)
            left -= more * is_printed
            sheet.set_print_area(is_printed=is_printed)

    def add_page(self, name: str) -> Any:
        """An empty sheet set for landscape A4, as wide as the page, with the simulated mark on every page."""
        page = self.workbook.add_worksheet(name)
        page.set_landscape()
        page.set_paper(_A4)
        page.fit_to_pages(1, 0)
        page.set_margins(left=0.6, right=0.4, top=0.7, bottom=0.6)
        page.set_header(f"&C{self.facts.head.simulated}" if self.facts.simulated else "")
        page.set_footer("&C&P/&N")
        return page

    def _describe_subject(self) -> str:
        """What the report is about and where, unless its subject says where already."""
        area, subject = self.facts.area, self.facts.head.subject
        return subject if area.ended else f"{subject} – {area.name}"

    def add_table_sheet(
        self, kind: str, columns: Columns, printed: int | None = None, *, looked_up: bool = False
    ) -> AnnexSheet:
        """A sheet with its title, its numbered head frozen and repeated; `printed` is how many columns print. A sheet
        that is `looked_up` is for the screen: of it only the title prints, which says so."""
        page = self.add_page(self.wording.texts[f"annex_sheet.{kind}"])
        columns = _narrow_to_page(columns, printed or len(columns))
        widths = [width for _, width in columns]
        lines: list[tuple[str, dict[str, Any]]] = [
            (self.facts.head.body.replace("\n", " "), {"bold": True}),
            (self.wording.texts["annex_title.annex"], {"bold": True}),
            (self.wording.texts[f"annex_title.{kind}"], {"bold": True, "font_size": 13}),
            (self._describe_subject(), {"italic": True}),
            (format_attachment_line(self.facts.head, self.wording), {"italic": True}),
            (self.facts.head.simulated_notice, {"bold": True}),
        ]
        printed = _count_title_columns(widths) if looked_up else printed or len(columns)
        row = self._write_title(page, [(text, wanted) for text, wanted in lines if text], widths[:printed]) + 1
        for column, (head, width) in enumerate(columns):
            page.set_column(column, column, width)
            page.write_string(
                row, column, head, self.build_cell_format(bold=True, align="center", bg_color=_HEAD_COLOUR)
            )
            page.write_number(row + 1, column, column + 1, self.build_cell_format(italic=True, align="center"))
        page.set_row(row, _compute_row_height([head for head, _ in columns], widths))
        page.repeat_rows(row, row + 1)
        page.freeze_panes(row + 2, min(2, len(columns) - 1))
        return AnnexSheet(self, page, row + 2, widths, printed, row, is_looked_up=looked_up)

    def _write_title(self, page: Any, lines: Sequence[tuple[str, dict[str, Any]]], widths: Sequence[float]) -> int:
        """The lines of a title across the columns that print, each as high as it takes: nothing is cut. Returns the row
        below them."""
        for row, (text, wanted) in enumerate(lines):
            form = self.build_format(text_wrap=True, valign="vcenter", **wanted)
            page.merge_range(row, 0, row, len(widths) - 1, "", form)
            page.write_string(row, 0, text, form)
            letter = wanted.get("font_size", FONT["font_size"]) / FONT["font_size"]
            page.set_row(row, _compute_row_height([text], [sum(widths) / letter]) * letter)
        return len(lines)


@dataclass
class AnnexSheet:
    """A sheet being written, row by row."""

    book: AnnexWorkbook
    page: Any
    row: int
    widths: list[float]
    printed: int
    title_rows: int
    """Rows above the head: those of the title, and one that says so where nothing else prints."""
    is_looked_up: bool
    height: float = 0.0
    """Points, of the rows."""

    def write_row(self, values: Sequence[Cell]) -> None:
        """A row."""
        for column, value in enumerate(values):
            self._write_cell(column, value)
        self._advance_row([_format_cell_text(value) for value in values], self.widths)

    def write_title_band(self, text: str) -> None:
        """A title across the whole row."""
        self.page.merge_range(self.row, 0, self.row, len(self.widths) - 1, "", self.book.build_cell_format(bold=True))
        self.page.write_string(self.row, 0, text, self.book.build_cell_format(bold=True))
        self._advance_row([text], [sum(self.widths)])

    def write_spanning_row(self, before: Sequence[Cell], text: str, width: int, after: Sequence[Cell]) -> None:
        """A row in which one text covers `width` cells, as some rows of the plan's own table do."""
        first, last = len(before), len(before) + width - 1
        for column, value in [*enumerate(before), *enumerate(after, start=last + 1)]:
            self._write_cell(column, value)
        self.page.merge_range(self.row, first, self.row, last, "", self.book.build_cell_format())
        self.page.write_string(self.row, first, text, self.book.build_cell_format())
        widths = [*self.widths[:first], sum(self.widths[first : last + 1]), *self.widths[last + 1 :]]
        self._advance_row([*map(_format_cell_text, before), text, *map(_format_cell_text, after)], widths)

    def close_sheet(self, empty: str = "") -> None:
        """The last row; an empty table says so."""
        if empty:
            self.write_title_band(empty)
        self.page.ignore_errors({"number_stored_as_text": f"A1:{format_cell_name(self.row, len(self.widths) - 1)}"})
        self.book.sheets.append(self)

    def count_pages(self) -> int:
        """Pages of landscape A4, rather one too many than one too few."""
        shrunk = max(sum(self.widths[: self.printed]) / _WHOLE_WIDTH, 1.0)
        return int((self.height + LINE_HEIGHT * (self.title_rows + 2)) / (_PAGE_HEIGHT * shrunk - 4 * LINE_HEIGHT)) + 1

    def set_print_area(self, *, is_printed: bool) -> None:
        """The whole sheet, or its title."""
        if is_printed:
            self.page.print_area(0, 0, self.row - 1, self.printed - 1)
            return
        notice = self.book.wording.texts["annex_title.looked_up"]
        self.page.write_string(self.title_rows - 1, 0, notice, self.book.build_format(italic=True))
        self.page.print_area(0, 0, self.title_rows - 1, self.printed - 1)

    def _write_cell(self, column: int, value: Cell) -> None:
        if isinstance(value, DataLink):
            self._write_link(column, value)
            return
        text, place = _format_cell_text(value), (self.row, column)
        if isinstance(value, PrintedNumber) or _is_count(value):
            self.book.record_figure(self.page, *place, text)
        short = len(text) <= _SHORT and self.widths[column] <= _NARROW
        aligned = {"align": "right"} if _is_figure(value) else {"align": "center"} if short else {}
        self.page.write_string(*place, text, self.book.build_cell_format(**aligned))

    def _write_link(self, column: int, link: DataLink) -> None:
        key = (link.item, link.unit)
        place = self.book.data_places[key]
        self.page.write_url(self.row, column, f"internal:{place}", self.book.build_cell_format(), place)
        self.book.reading_places[key] = f"'{self.page.name}'!{format_cell_name(self.row, link.read_in)}"

    def _advance_row(self, texts: Sequence[str], widths: Sequence[float]) -> None:
        height = _compute_row_height(texts, widths)
        self.page.set_row(self.row, height)
        self.height += height
        self.row += 1


def _count_title_columns(widths: Sequence[float]) -> int:
    """How many columns the title of a sheet that is looked up goes across."""
    across = (number for number, width in enumerate(accumulate(widths), start=1) if width >= _TITLE_WIDTH)
    return next(across, len(widths))


def _narrow_to_page(columns: Columns, printed: int) -> Columns:
    """The columns, those that print no wider together than a page: the widest give most of it."""
    over = [max(width - _LEAST_WIDTH, 0.0) for _, width in columns[:printed]]
    excess = sum(width for _, width in columns[:printed]) - _PAGE_WIDTH
    if excess <= 0:
        return columns
    kept = 1 - min(excess / sum(over), 1)
    narrowed = [(head, width - part * (1 - kept)) for (head, width), part in zip(columns, over, strict=False)]
    return [*narrowed, *columns[printed:]]


def _format_cell_text(value: Cell) -> str:
    """What a reader sees: a figure as its fact is printed, a count with its thousands."""
    if isinstance(value, PrintedNumber):
        return value.text
    if isinstance(value, DataLink):
        return ""
    return format_number(value) if _is_count(value) else str(value)


def _is_count(value: Cell) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_figure(value: Cell) -> bool:
    """Whether there is a number behind what is printed."""
    return _is_count(value) or (isinstance(value, PrintedNumber) and value.value is not None)


def _compute_row_height(texts: Sequence[str], widths: Sequence[float]) -> float:
    """Enough for the longest text: a line holds about as many letters as the column is wide."""
    lines = [-(-len(text) // max(int(width * 0.95), 1)) for text, width in zip(texts, widths, strict=False)]
    return LINE_HEIGHT * max([1, *lines]) + 3
