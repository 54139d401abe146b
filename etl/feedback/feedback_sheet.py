"""The sheet itself: one A4 page, Times New Roman, real numbers, nothing that a program could take for a formula.

Inside the feedback room only. Signs and words carry every meaning; shading only guides the eye, so that it can be
printed in black and white.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.catalog.layout import SIMULATION_NOTICE, format_cell_name
from etl.feedback import feedback_messages
from etl.feedback.models import FindingCounts, FormSubmission, IndicatorLine, UnitFeedback
from etl.file_io import write_atomic
from etl.messages import Messages
from etl.model import FindingLevel
from etl.model.numbers import format_number
from etl.report.figure_facts import PrintedNumber

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook

_WIDTHS = (5, 9, 8, 8, 7.5, 6, 7, 7, 7, 7, 7, 6, 7, 7)
_LAST = len(_WIDTHS) - 1
_LINE = 14.5
_BAR = 10
_LEAST_SCALE, _PAGE_HEIGHT = 0.82, 777.0
"""The smallest letters (10 points) print at 8 at least; points of an A4 page between its margins."""
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
    "head": {**_MIDDLE, "bold": True, "bg_color": "#EDEDED"},
    "text": _BOX,
    "strong": {**_BOX, "bold": True},
    "middle": _MIDDLE,
    "none": {**_MIDDLE, "italic": True},
    "sign": {**_MIDDLE, "bold": True},
    "bar": {**_BOX, "text_wrap": False},
    "line": {"text_wrap": True},
    "note": {"italic": True, "text_wrap": True, "valign": "top"},
}


def build_feedback_path(feedback: UnitFeedback, period: str, outbox: Path) -> Path:
    """Where a unit's sheet lies: beside what it gets back of its files."""
    return outbox / "returns" / feedback.unit / f"phan-hoi_{period}.xlsx"


def write_feedback(feedback: UnitFeedback, period: str, outbox: Path, min_denominator: int) -> tuple[Path, bool]:
    """Puts the sheet into the unit's folder; False if the same one lies there already.

    Raises:
        StorageError: the folder cannot be written or the disk is full.
    """
    path, data = build_feedback_path(feedback, period, outbox), render_feedback_workbook(feedback, min_denominator)
    if path.is_file() and path.read_bytes() == data:
        return path, False
    write_atomic(path, data)
    return path, True


def render_feedback_workbook(feedback: UnitFeedback, min_denominator: int) -> bytes:
    """The sheet as a workbook of one page; `least` is the denominator from which figures are compared."""
    import xlsxwriter

    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties(
        {
            "title": feedback.wording.format("feedback.file_title", quarter=feedback.quarter, unit=feedback.unit_name),
            "author": feedback.office,
            "created": dt.datetime.combine(feedback.as_of, dt.time()),
            "comments": SIMULATION_NOTICE if feedback.simulated else "",
        }
    )
    page = _PageWriter(book, feedback.wording)
    _write_feedback_head(page, feedback)
    _write_submissions(page, feedback)
    _write_finding_counts(page, feedback)
    _write_resolved_and_open(page, feedback)
    _write_indicators(page, feedback, min_denominator)
    page.set_print_layout()
    book.close()
    return target.getvalue()


class _PageWriter:
    """A sheet that is written from top to bottom; `row` is the next free row."""

    def __init__(self, book: Workbook, wording: Messages) -> None:
        self.wording, self._book = wording, book
        self._formats: dict[str, Any] = {}
        self._sheet = book.add_worksheet(wording.texts["feedback.sheet"])
        self.row, self._height = 0, 0.0
        for column, width in enumerate(_WIDTHS):
            self._sheet.set_column(column, column, width)

    def write_value(self, first: int, last: int, value: object, role: str) -> None:
        """A value across columns of the present row, as text: the signs of numbers and dates follow the settings of
        the machine that opens the file."""
        cell_format = self._build_format(role)
        if last > first:
            self._sheet.merge_range(self.row, first, self.row, last, "", cell_format)
        shown = f"{value:%d/%m/%Y}" if isinstance(value, dt.date) else value
        shown = format_number(shown) if isinstance(shown, int) else str(shown)
        self._sheet.write_string(self.row, first, shown, cell_format)

    def end_row(self, lines: int = 1, height: float = _LINE) -> None:
        """Ends the row, as high as so many lines need."""
        self._sheet.set_row(self.row, lines * height + 2)
        self._height += lines * height + 2
        self.row += 1

    def write_table_row(self, entries: Sequence[tuple[int, int, object, str]]) -> None:
        """A row of a table, as high as its longest text needs."""
        for entry in entries:
            self.write_value(*entry)
        self.end_row(max(count_text_lines(value, first, last) for first, last, value, _ in entries))

    def write_full_width(self, text: str, role: str, first: int = 0) -> None:
        """A text over the whole width."""
        self.write_value(first, _LAST, text, role)
        self.end_row(count_text_lines(text, first, _LAST))

    def write_table_header(self, heads: Sequence[tuple[int, int, str]]) -> None:
        """The head of a table: from column to column, and the name of the message."""
        names = ((first, last, self.wording.texts[f"feedback.{name}"]) for first, last, name in heads)
        self.write_table_row([(*name, "head") for name in names])

    def write_section_heading(self, title: str) -> None:
        """A heading."""
        self.write_value(0, _LAST, title, "section")
        self.end_row(height=18)

    def set_print_layout(self) -> None:
        """Sets the sheet to print as one A4 page, upright; as more, where its letters would be too small to read."""
        sheet = self._sheet
        sheet.set_paper(9)
        sheet.set_portrait()
        sheet.set_margins(left=0.5, right=0.4, top=0.45, bottom=0.45)
        sheet.center_horizontally()
        sheet.fit_to_pages(1, ceil(self._height * _LEAST_SCALE / _PAGE_HEIGHT))
        sheet.print_area(0, 0, self.row - 1, _LAST)
        sheet.hide_gridlines(2)
        sheet.ignore_errors({"number_stored_as_text": f"A1:{format_cell_name(self.row, _LAST)}"})

    def _build_format(self, role: str) -> Any:
        if role not in self._formats:
            self._formats[role] = self._book.add_format(_BASE | _STYLES[role])
        return self._formats[role]


def count_text_lines(value: object, first: int, last: int) -> int:
    """How many lines a text needs across columns: not every program fits the height of merged cells by itself."""
    room = sum(_WIDTHS[first : last + 1]) * 1.2
    return sum(max(1, -(-len(part) // int(room))) for part in str(value).split("\n")) if isinstance(value, str) else 1


def _write_feedback_head(page: _PageWriter, feedback: UnitFeedback) -> None:
    page.write_value(0, 5, " ".join(feedback.parent_body.split()), "plain")
    page.write_value(6, _LAST, SIMULATION_NOTICE if feedback.simulated else "", "mark")
    page.end_row()
    page.write_value(0, 5, " ".join(feedback.body.split()), "body")
    page.write_value(6, _LAST, page.wording.format("feedback.as_of", date=f"{feedback.as_of:%d/%m/%Y}"), "day")
    page.end_row()
    page.write_value(0, _LAST, page.wording.format("feedback.title", quarter=feedback.quarter.upper()), "title")
    page.end_row(height=24)
    page.write_value(0, _LAST, f"{feedback.unit_name} ({feedback.unit})", "unit")
    page.end_row(height=17)
    text = feedback_messages.describe_feedback(feedback)
    page.write_value(0, _LAST, text, "summary")
    page.end_row(count_text_lines(text, 0, _LAST - 1) + 1)


def _write_submissions(page: _PageWriter, feedback: UnitFeedback) -> None:
    page.write_section_heading(page.wording.texts["feedback.section_submissions"])
    head = [(0, 3, "report"), (4, 5, "due"), (6, 7, "received_on"), (8, 10, "result"), (11, 11, "cells_filled")]
    page.write_table_header([*head, (12, 12, "cells_owed"), (13, 13, "share")])
    for one in feedback.sent:
        page.write_table_row(
            [(0, 3, one.title, "text"), (4, 5, one.due, "middle"), *_build_submission_cells(page.wording, one)]
        )
    page.write_full_width(feedback_messages.describe_on_time_share(feedback, len(feedback.quarters[-4:])), "line")
    if text := feedback_messages.describe_completeness(feedback):
        page.write_full_width(text, "line")


def _build_submission_cells(wording: Messages, one: FormSubmission) -> list[tuple[int, int, object, str]]:
    result = (8, 10, feedback_messages.describe_form_state(wording, one), "middle")
    if one.received is None:
        return [
            (6, 7, wording.texts["word.nothing"], "middle"),
            result,
            (11, 13, wording.texts["word.no_data"], "none"),
        ]
    if one.cells is None or one.cells.is_low is None:
        return [(6, 7, one.received, "middle"), result, (11, 13, wording.texts["feedback.no_cells"], "none")]
    share = format_number(Fraction(100 * one.cells.part, one.cells.whole), 1)
    return [
        (6, 7, one.received, "middle"),
        result,
        (11, 11, one.cells.part, "middle"),
        (12, 12, one.cells.whole, "middle"),
        (13, 13, f"{share}%", "middle"),
    ]


def _write_finding_counts(page: _PageWriter, feedback: UnitFeedback) -> None:
    texts = page.wording.texts
    page.write_section_heading(texts["feedback.section_findings"])
    for first, last, name in ((0, 2, "quarter"), (3, 3, "files"), (4, 6, "first_file"), (7, 9, "last_file")):
        page.write_value(first, last, texts[f"feedback.{name}"], "head")
    page.write_value(10, _LAST, texts["feedback.bar"], "head")
    page.end_row()
    levels = [page.wording.format_level(level) for level in FindingLevel]
    heads = [(column, column, text, "head") for column, text in enumerate(levels * 2, start=4)]
    signs = {level.value: level.sign for level in (FindingLevel.REFUSE, FindingLevel.CONFIRM)}
    bar = (10, _LAST, page.wording.format("feedback.bar_levels", **signs), "head")
    page.write_table_row([(0, 2, "", "head"), (3, 3, "", "head"), *heads, bar])
    most = max((max(_count_actionable(c.first), _count_actionable(c.last)) for c in feedback.quarters), default=0)
    for one in feedback.quarters:
        page.write_table_row([(0, 2, one.quarter, "text"), *_build_count_cells(page.wording, one, most)])


def _count_actionable(counts: tuple[int, int, int] | None) -> int:
    return counts[0] + counts[1] if counts else 0


def _build_count_cells(wording: Messages, one: FindingCounts, most: int) -> list[tuple[int, int, object, str]]:
    if one.first is None or one.last is None:
        absent = wording.texts["word.no_data" if one.files else "feedback.not_sent"]
        return [(3, 3, one.files, "middle"), (4, _LAST, absent, "none")]
    numbers = zip((4, 5, 6, 7, 8, 9), (*one.first, *one.last), strict=True)
    shown = draw_text_bar(_count_actionable(one.first), _count_actionable(one.last), most)
    return [(3, 3, one.files, "middle"), *((c, c, n, "middle") for c, n in numbers), (10, _LAST, shown, "bar")]


def draw_text_bar(first: int, last: int, most: int) -> str:
    """``█`` for what is left, ``▒`` for what is gone since the first file; `most` fills the whole width.

    What is there at all gets at least one block.
    """

    def count_blocks(count: int) -> int:
        return max(1, count * _BAR // most) if count > 0 else 0

    return "█" * count_blocks(last) + "▒" * min(count_blocks(first - last), _BAR)


def _write_resolved_and_open(page: _PageWriter, feedback: UnitFeedback) -> None:
    texts = page.wording.texts
    page.write_section_heading(texts["feedback.section_mended"])
    for text in feedback_messages.describe_resolved_findings(feedback):
        page.write_value(0, 0, texts["word.nothing"], "plain")
        page.write_full_width(text, "line", first=1)
    page.write_section_heading(feedback_messages.format_open_findings_title(feedback))
    rows = feedback_messages.build_open_finding_rows(feedback)
    if not rows:
        checked = feedback.quarters[-1:] and feedback.quarters[-1].files
        page.write_full_width(texts["feedback.open_none" if checked else "word.no_data"], "line")
        return
    page.write_table_header([(0, 1, "code"), (2, 3, "place"), (4, _LAST, "content")])
    for code, where, text in rows:
        page.write_table_row([(0, 1, code, "middle"), (2, 3, where, "middle"), (4, _LAST, text, "text")])


def _write_indicators(page: _PageWriter, feedback: UnitFeedback, min_denominator: int) -> None:
    texts = page.wording.texts
    page.write_section_heading(texts["feedback.section_indicators"])
    if feedback.lines:
        names = ((0, 0, "number"), (1, 2, "indicator"), (3, 3, "measure"), (4, 5, "own"), (9, 10, "target"))
        columns = [(first, last, texts[f"feedback.{name}"]) for first, last, name in (*names, (11, 12, "verdict"))]
        columns.append((6, 6, feedback.area.capitalize()))
        columns += [(*place, name[:1].upper() + name[1:]) for place, name in _place_earlier(feedback.earlier)]
        columns.append((_LAST, _LAST, page.wording.format("feedback.beside", area=feedback.area)))
        page.write_table_row([(*column, "head") for column in columns])
    else:
        page.write_full_width(texts["feedback.no_indicators"], "line")
    for number, line in enumerate(feedback.lines, start=1):
        _write_indicator_row(page, number, line)
    if feedback.lines:
        page.write_full_width(page.wording.format("feedback.legend", area=feedback.area, count=min_denominator), "note")
    if letters := page.wording.explain_abbreviations(line.name for line in feedback.lines):
        page.write_full_width(letters, "note")
    page.write_full_width(page.wording.format("feedback.contact", office=feedback.office), "note")


def _place_earlier(entries: Sequence[str]) -> list[tuple[tuple[int, int], str]]:
    """Columns for what is of one or two earlier periods; one has the room of both."""
    places = [(7, 8)] if len(entries) == 1 else [(7, 7), (8, 8)]
    return list(zip(places, entries, strict=True)) if entries else []


def _select_number_style(number: PrintedNumber) -> str:
    return "none" if number.value is None else "middle"


def _write_indicator_row(page: _PageWriter, number: int, line: IndicatorLine) -> None:
    texts = page.wording.texts
    verdict = line.sign or texts["word.nothing"]
    beside = texts[f"comparison.{line.comparison}" if line.comparison else "word.nothing"]
    page.write_table_row(
        [
            (0, 0, number, "middle"),
            (1, 2, line.name, "text"),
            (3, 3, line.unit, "middle"),
            (4, 5, "\n".join(filter(None, (line.value.text, line.counts))), _select_number_style(line.value)),
            (6, 6, line.area.text, _select_number_style(line.area)),
            *((*place, text, "middle") for place, text in _place_earlier([number.text for number in line.before])),
            (9, 10, line.target, "middle"),
            (11, 12, "\n".join(filter(None, (verdict, line.missing))), "sign"),
            (_LAST, _LAST, beside, "middle"),
        ]
    )
