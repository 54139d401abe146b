"""Tables of a printed Word document fitted to their page: widths of columns, heads, which rows stay together.

Room: report. Called by `docx` when a document is rendered. It moves no text and changes none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import dropwhile, pairwise, permutations
from typing import Any

from etl.report.line_breaks import keep_together
from etl.report.text_width import count_lines, measure_longest_word, measure_text
from etl.report.word_ruler import TWIPS, TextStyle, WordRuler, read_text

_HELD_ROWS = 6
_WHOLE_SHARE = 0.35
"""A table of up to this share of a page's height goes over to the next page whole."""
_STEPS = (57, 170, 340, 567)  # twentieths of a point: 1 to 10 mm
_LEAST_SHARE = 0.65
"""A column keeps at least this share of the width that the template gives it."""
_FLAT_LINES = 3
_CELL_MARGINS = 120  # twentieths of a point, with the line between two columns


def fit_tables(document: Any) -> None:
    """Makes every table with a repeating head exactly as wide as its page.

    The columns' widths are the template's in proportion, but for what makes the table lower: a column of long texts
    takes from those that have more than they need. Columns that repeat (years, indicators) leave the grid out of step
    with the cells: both are rewritten.
    """
    from docx.oxml.ns import qn

    ruler, waiting = WordRuler(document), []
    for element in document.element.body:
        if element.tag == qn("w:tbl"):
            waiting.append(element)
        for section in element.iter(qn("w:sectPr")):
            width, height = compute_text_area(section)
            for table in waiting:
                if any(row.xpath("./w:trPr/w:tblHeader") for row in table.tr_lst):
                    _fit_table(table, width, height, ruler)
            waiting = []


def compute_text_area(section: Any) -> tuple[int, int]:
    """Width and height of the text of a section's pages, in twentieths of a point."""
    from docx.oxml.ns import qn

    page, margins = section.find(qn("w:pgSz")), section.find(qn("w:pgMar"))
    sides = [int(page.get(qn(f"w:{side}"))) for side in ("w", "h")]
    edges = {side: int(margins.get(qn(f"w:{side}"))) for side in ("left", "right", "top", "bottom")}
    return sides[0] - edges["left"] - edges["right"], sides[1] - edges["top"] - edges["bottom"]


def _fit_table(table: Any, width: int, height: int, ruler: WordRuler) -> None:
    from docx.oxml.ns import qn

    rows = table.tr_lst
    columns = _TableColumns(table, width, ruler).find_widths()
    grid = table.find(qn("w:tblGrid"))
    for column in list(grid):
        grid.remove(column)
    for column_width in columns:
        grid.append(grid.makeelement(qn("w:gridCol"), {qn("w:w"): str(column_width)}))
    for row in rows:
        widths = [sum(columns[start:end]) for start, end in _list_spans(row)]
        for cell, cell_width in zip(row.tc_lst, widths, strict=True):
            cell.find(f"{qn('w:tcPr')}/{qn('w:tcW')}").set(qn("w:w"), str(cell_width))
        if row.xpath(".//w:textDirection"):
            _lay_flat(row, widths, ruler)
    if sum(measure_rows(table, ruler)) <= _WHOLE_SHARE * height / TWIPS:
        for row in rows[:-1]:
            _hold_row(row)
    hold_subrows(rows)
    hold_last_rows(rows)


def measure_rows(table: Any, ruler: WordRuler) -> list[float]:
    """How high each row of a table is, in points, by the widths that its cells say."""
    return [ruler.measure_row(row, [_read_cell_width(cell) / TWIPS for cell in row.tc_lst]) for row in table.tr_lst]


def _list_spans(row: Any) -> Iterator[tuple[int, int]]:
    """The columns that each cell of a row covers: first, and the one behind the last."""
    start = 0
    for cell in row.tc_lst:
        yield start, start + cell.grid_span
        start += cell.grid_span


# --- widths --------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Text:
    """A cell's paragraphs with their styles, and the columns that decide how high they are: first, one behind last."""

    plain: tuple[tuple[str, TextStyle], ...]
    start: int
    end: int
    upright: bool

    @cached_property
    def said(self) -> tuple[tuple[str, TextStyle], ...]:
        """The paragraphs as their lines may end."""
        return tuple((keep_together(text), style) for text, style in self.plain)

    @cached_property
    def widths(self) -> tuple[int, int]:
        """Of its longest word and of its longest paragraph, with the cell's margins."""
        words = max(measure_longest_word(text, style.size, bold=style.bold) for text, style in self.plain)
        lines = max(measure_text(text, style.size, bold=style.bold) for text, style in self.plain)
        return int(words * TWIPS) + _CELL_MARGINS, int(lines * TWIPS) + _CELL_MARGINS


class _TableColumns:
    """The columns of a table, and how high it is by their widths (twentieths of a point)."""

    def __init__(self, table: Any, width: int, ruler: WordRuler) -> None:
        self._width = width
        self._rows = [
            [_build_text(cell, *span, ruler) for cell, span in zip(row.tc_lst, _list_spans(row), strict=True)]
            for row in table.tr_lst
        ]
        plain = max(table.tr_lst, key=lambda row: len(row.tc_lst))
        self._template = [_read_cell_width(cell) for cell in plain.tc_lst]
        self._known: dict[tuple[_Text, int], float] = {}

    @cached_property
    def _alike(self) -> list[list[int]]:
        """Columns by what the template gives them: those that repeat stay as wide as each other."""
        groups: dict[int, list[int]] = {}
        for place, width in enumerate(self._template):
            groups.setdefault(width, []).append(place)
        return list(groups.values())

    @cached_property
    def _least(self) -> list[int]:
        """How narrow each column may get: no word is cut that was not, and the template's look stays."""
        start = _scale_columns(self._template, self._width)
        least = [int(each * _LEAST_SHARE) for each in start]
        for text in (text for row in self._rows for text in row if text.end - text.start == 1 and not text.upright):
            least[text.start] = max(least[text.start], min(text.widths[0], 2 * start[text.start]))
        return least

    @cached_property
    def _high(self) -> list[list[_Text]]:
        """The texts, by row, that may take more than a line; no row is lower without the others."""
        high = ([t for t in row if t.widths[1] > sum(self._least[t.start : t.end])] for row in self._rows)
        return [row for row in high if row]

    def find_widths(self) -> list[int]:
        """The widths at which the table is lowest, reached from the template's by steps that each make it lower."""
        widths = self._widen_narrow(_scale_columns(self._template, self._width))
        lowest = self._measure_table(widths)
        while True:
            tried = [self._move(widths, *pair, step) for step in _STEPS for pair in permutations(self._alike, 2)]
            measured = [(self._measure_table(each), number) for number, each in enumerate(tried) if each]
            if not measured or min(measured)[0] >= lowest:
                return widths
            lowest, number = min(measured)
            widths = tried[number]

    def _widen_narrow(self, widths: list[int]) -> list[int]:
        """Columns that are too narrow for a word take from those that have the most to spare."""
        while (lacking := max(range(len(widths)), key=lambda i: self._least[i] - widths[i])) >= 0:
            spare = max(range(len(widths)), key=lambda i: widths[i] - self._least[i])
            step = min(self._least[lacking] - widths[lacking], widths[spare] - self._least[spare])
            if step <= 0:
                break
            widths[lacking], widths[spare] = widths[lacking] + step, widths[spare] - step
        return widths

    def _move(self, widths: list[int], giving: list[int], taking: list[int], step: int) -> list[int]:
        """The widths after a step from some columns to others; none where they have no more to give."""
        moved = list(widths)
        for place in giving:
            moved[place] -= step * len(taking)
        for place in taking:
            moved[place] += step * len(giving)
        return moved if all(moved[place] >= self._least[place] for place in giving) else []

    def _measure_table(self, widths: list[int]) -> float:
        rows = ([self._measure_text(t, sum(widths[t.start : t.end])) for t in row] for row in self._high)
        return sum(map(max, rows))

    def _measure_text(self, text: _Text, width: int) -> float:
        if (text, width) not in self._known:
            room = (width - _CELL_MARGINS) / TWIPS
            heights = (
                style.before + count_lines(said, room, style.size, bold=style.bold) * style.line_height + style.after
                for said, style in text.said
            )
            self._known[text, width] = 0.0 if text.upright else sum(heights)
        return self._known[text, width]


def _build_text(cell: Any, start: int, end: int, ruler: WordRuler) -> _Text:
    plain = tuple((read_text(paragraph), ruler.read_style(paragraph)) for paragraph in cell.p_lst)
    return _Text(plain, start, end, bool(cell.xpath("./w:tcPr/w:textDirection")))


def _read_cell_width(cell: Any) -> int:
    from docx.oxml.ns import qn

    return int(float(cell.find(f"{qn('w:tcPr')}/{qn('w:tcW')}").get(qn("w:w"))))


def _scale_columns(template_widths: list[int], width: int) -> list[int]:
    total = sum(template_widths)
    columns = [part * width // total for part in template_widths]
    columns[-1] += width - sum(columns)
    return columns


def _lay_flat(row: Any, widths: list[int], ruler: WordRuler) -> None:
    """Upright heads lie as any other where each has room for its words in a few lines."""
    cells = [(cell, width / TWIPS) for cell, width in zip(row.tc_lst, widths, strict=True)]
    upright = [(cell, width) for cell, width in cells if cell.xpath("./w:tcPr/w:textDirection")]
    for cell, width in upright:
        for paragraph in cell.p_lst:
            style, room = ruler.read_style(paragraph), width - _CELL_MARGINS / TWIPS
            longest = measure_longest_word(read_text(paragraph), style.size, bold=style.bold)
            if longest > room or ruler.measure_paragraph(paragraph, room).lines > _FLAT_LINES:
                return
    for element in row.xpath("./w:tc/w:tcPr/w:textDirection | ./w:trPr/w:trHeight"):
        element.getparent().remove(element)


# --- pages ---------------------------------------------------------------------------------------------


def hold_subrows(rows: list[Any]) -> None:
    """A row without a number is a part of the one above: it is on the same page."""
    for above, row in pairwise(rows):
        if _is_subrow(row):
            _hold_row(above)


def hold_last_rows(rows: list[Any]) -> None:
    """The last rows of a table, half of a short one, go over to its last page together: no page with a row or two. They
    begin with a row that has a number, so that none of them takes the one that it belongs to along."""
    held = min(_HELD_ROWS, len(rows) // 2)
    for row in dropwhile(_is_subrow, rows[-held:-1]):
        _hold_row(row)


def _is_subrow(row: Any) -> bool:
    return not "".join(row.xpath("./w:tc[1]//w:t/text()")).strip()


def _hold_row(row: Any) -> None:
    """Keeps a row on the page of the next."""
    for paragraph in row.xpath(".//w:p"):
        paragraph.get_or_add_pPr().get_or_add_keepNext()
