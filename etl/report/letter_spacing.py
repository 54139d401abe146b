"""The room between a letter's paragraphs, within what the decree allows, so that its pages end well.

Room: report. Called by `docx` when a document is rendered, after its tables have their widths. A letter that would end
in a page of a few lines, behind one with an empty foot, gets more room; one that ends well keeps the template's.
The pages are told beforehand from the font's widths, without the office program.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from etl.report.word_ruler import TWIPS, WordRuler
from etl.report.word_tables import compute_text_area, measure_rows

_SPACED = ("VB Nội dung", "VB Mục", "VB Khoản", "VB Căn cứ")
_STEPS = tuple(step / 2 for step in range(13))
"""Points added to what the template leaves between paragraphs, which is the least that the decree allows (6 points,
NĐ 30/2020, Phụ lục I)."""
_STEP_COST = 0.01
_PAGE_COST = 0.3
"""What a point and a page more count: a letter that ends well anyhow stays as the template has it."""
_LEAST_LAST = 0.35
"""The share of its page that a letter's last page should be filled to."""
_FOOT = 0.06
"""An empty foot of this share of the page is not seen."""
_DOUBT = (0.97, 0.985, 1.0, 1.015)
"""Heights of pages by which each choice is judged, for lines are told to a hundredth."""
_WIDOW = 2


@dataclass(frozen=True)
class _Piece:
    """What stays together on a page: some lines or a row, with the room before it, which a page's top swallows."""

    before: float
    height: float
    held: bool
    spaced: bool


def space_letter(document: Any) -> None:
    """Sets the room before the letter's paragraphs, in their styles."""
    from docx.shared import Pt

    styles = [style for style in document.styles if style.name in _SPACED]
    names = {style.style_id for style in styles}
    letter = _find_letter(document, names)
    if letter is None:
        return
    elements, section = letter
    width, height = (side / TWIPS for side in compute_text_area(section))
    pieces = list(_list_pieces(elements, WordRuler(document), width, names))
    heights = [height * share for share in _DOUBT]

    def judge(step: float) -> float:
        return fmean(_judge_pages(_fill_pages(pieces, each, step), each) for each in heights) + _STEP_COST * step

    added = min(_STEPS, key=judge)
    for style in styles if added else ():
        style.paragraph_format.space_before = Pt(style.paragraph_format.space_before.pt + added)


def _find_letter(document: Any, names: set[str]) -> tuple[list[Any], Any] | None:
    """The elements of the section with the most of the letter's paragraphs, and its page; none where none has any."""
    sections, elements = [], []
    for element in document.element.body:
        elements.append(element)
        for section in element.iter("{*}sectPr"):
            count = sum(getattr(each, "style", "") in names for each in elements)
            sections.append((count, elements, section))
            elements = []
    count, elements, section = max(sections, key=lambda found: found[0])
    return (elements, section) if count else None


def _list_pieces(elements: Iterable[Any], ruler: WordRuler, width: float, names: set[str]) -> Iterator[_Piece]:
    from docx.oxml.ns import qn

    for element in elements:
        if element.tag == qn("w:tbl"):
            heights = measure_rows(element, ruler)
            held = [bool(row.xpath(".//w:keepNext")) for row in element.tr_lst]
            yield from (_Piece(0.0, *row, spaced=False) for row in zip(heights, held, strict=True))
        elif element.tag == qn("w:p"):
            text = ruler.measure_paragraph(element, width)
            cuts = [text.lines] if text.held or text.lines < 2 * _WIDOW else _cut_lines(text.lines)
            for number, lines in enumerate(cuts):
                first, last = number == 0, number == len(cuts) - 1
                height = lines * text.line_height + (text.after if last else 0.0)
                before = text.before if first else 0.0
                yield _Piece(before, height, text.held and last, first and element.style in names)


def _cut_lines(lines: int) -> list[int]:
    """A paragraph between pages: two lines at least stay on each."""
    return [_WIDOW, *[1] * (lines - 2 * _WIDOW), _WIDOW]


def _fill_pages(pieces: list[_Piece], height: float, added: float) -> list[float]:
    """How far each page is filled."""
    pages = [0.0]
    for chain in _join_held(pieces):
        room = sum(piece.before + piece.height + added * piece.spaced for piece in chain)
        if pages[-1] + room > height and pages[-1]:
            pages.append(0.0)
            room -= chain[0].before + added * chain[0].spaced
        pages[-1] += room
    return pages


def _join_held(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    chain: list[_Piece] = []
    for piece in pieces:
        chain.append(piece)
        if not piece.held:
            yield chain
            chain = []
    if chain:
        yield chain


def _judge_pages(pages: list[float], height: float) -> float:
    """How badly pages end: the share that is empty at their feet, twice what the last lacks, and how many there are."""
    feet = sum(max(0.0, 1 - page / height - _FOOT) for page in pages[:-1])
    lacking = max(0.0, _LEAST_LAST - pages[-1] / height) if len(pages) > 1 else 0.0
    return feet + 2 * lacking + _PAGE_COST * len(pages)
