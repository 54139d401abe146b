"""Hyphens of a printed Word document at which no line ends.

Room: report. Called by `docx` once the columns have their widths. A hyphen that holds is Word's own element, which
counts as the hyphen it looks like: it is copied, searched and printed to PDF as one.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from etl.report.line_breaks import HYPHEN, keep_together
from etl.report.text_width import measure_text
from etl.report.word_ruler import CELL_MARGINS, TWIPS, TextStyle, WordRuler, read_text

_SLACK = 0.96
"""What the office program prints may be this much wider than the font's table says."""


def bind_lines(document: Any) -> None:
    """Binds what `keep_together` says in every paragraph; in a cell only what its column has room for."""
    ruler = WordRuler(document)
    for paragraph in document.element.body.iter("{*}p"):
        if not hasattr(paragraph, "pPr"):
            continue
        style = ruler.read_style(paragraph)
        widths = [int(float(width)) / TWIPS for width in paragraph.xpath("./ancestor::w:tc[1]/w:tcPr/w:tcW/@w:w")]
        fits = partial(_fits, style=style, room=widths[0] - CELL_MARGINS if widths else None)
        bound = keep_together(read_text(paragraph), fits)
        for text in paragraph.xpath(".//w:t"):
            said = text.text or ""
            piece, bound = bound[: len(said)], bound[len(said) :]
            if piece != said:
                _write_text(text, piece)


def _fits(piece: str, style: TextStyle, room: float | None) -> bool:
    return room is None or measure_text(piece, style.size, bold=style.bold) <= _SLACK * room


def _write_text(text: Any, said: str) -> None:
    """Puts a text in place of another, with Word's element for each hyphen that holds."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    first, *rest = said.split(HYPHEN)
    text.text = first
    text.set(qn("xml:space"), "preserve")
    for piece in rest:
        hyphen, following = OxmlElement("w:noBreakHyphen"), OxmlElement("w:t")
        following.text = piece
        following.set(qn("xml:space"), "preserve")
        text.addnext(hyphen)
        hyphen.addnext(following)
        text = following
