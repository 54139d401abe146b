"""How high paragraphs and rows of a printed Word document are, from the styles they carry.

Room: report. Read by what lays a document out (`word_tables`, `letter_spacing`, `docx`). Points everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from etl.report.text_width import LINE_HEIGHT, count_lines

TWIPS = 20  # in a point
_EMU = 12700  # English metric units in a point
CELL_MARGINS = 2 * 57 / TWIPS
_BORDER = 0.5


@dataclass(frozen=True)
class TextStyle:
    """What of a paragraph style decides how high a text is, and whether it stays on the page of the next."""

    size: float
    bold: bool
    before: float
    after: float
    first_indent: float
    indents: float
    held: bool

    @property
    def line_height(self) -> float:
        """Of a single line."""
        return self.size * LINE_HEIGHT


@dataclass(frozen=True)
class PrintedText:
    """A paragraph as printed: so many lines, with the room around them."""

    lines: int
    line_height: float
    before: float
    after: float
    held: bool

    @cached_property
    def height(self) -> float:
        """With the room around it."""
        return self.before + self.lines * self.line_height + self.after


class WordRuler:
    """Measures what stands in a document."""

    def __init__(self, document: Any) -> None:
        from docx.enum.style import WD_STYLE_TYPE

        paragraphs = (style for style in document.styles if style.type == WD_STYLE_TYPE.PARAGRAPH)
        self._styles = {style.style_id: style for style in paragraphs}
        self._default = document.styles.default(WD_STYLE_TYPE.PARAGRAPH).style_id
        self._known: dict[str, TextStyle] = {}

    def read_style(self, paragraph: Any) -> TextStyle:
        """The style of a paragraph's element."""
        name = paragraph.style if paragraph.style in self._styles else self._default
        if name not in self._known:
            self._known[name] = _read_style(self._styles[name])
        return self._known[name]

    def measure_paragraph(self, paragraph: Any, width: float) -> PrintedText:
        """A paragraph in a width; what it says itself of its room goes before its style."""
        style, own = self.read_style(paragraph), paragraph.pPr
        text = read_text(paragraph)
        room = width - style.indents
        lines = count_lines(text, room, style.size, bold=style.bold, indent=style.first_indent)
        spacing = None if own is None else own.spacing
        before, after, height = style.before, style.after, style.line_height
        if spacing is not None:
            before = before if spacing.before is None else spacing.before / _EMU
            after = after if spacing.after is None else spacing.after / _EMU
            height = spacing.line / _EMU if spacing.lineRule is not None and spacing.line else height
        held = style.held if own is None or own.keepNext is None else own.keepNext.val
        return PrintedText(lines, height, before, after, held)

    def measure_cell(self, cell: Any, width: float) -> float:
        """A cell's text in a column of a width."""
        room = max(width - CELL_MARGINS, 1.0)
        return sum(self.measure_paragraph(paragraph, room).height for paragraph in cell.p_lst)

    def measure_row(self, row: Any, widths: list[float]) -> float:
        """A row over columns of given widths."""
        return _BORDER + max(self.measure_cell(cell, width) for cell, width in zip(row.tc_lst, widths, strict=True))


def read_text(paragraph: Any) -> str:
    """What a paragraph's element says."""
    return "".join(paragraph.xpath(".//w:t/text()"))


def _read_style(style: Any) -> TextStyle:
    form = style.paragraph_format
    indents = [0.0 if side is None else side / _EMU for side in (form.left_indent, form.right_indent)]
    room = [0.0 if side is None else side / _EMU for side in (form.space_before, form.space_after)]
    size = 13.0 if style.font.size is None else style.font.size.pt
    first = 0.0 if form.first_line_indent is None else form.first_line_indent / _EMU
    return TextStyle(size, bool(style.font.bold), room[0], room[1], first, sum(indents), bool(form.keep_with_next))
