"""Tables and letters are laid out for their page: no head is cut, no short table torn, no letter ends in a few lines."""

from __future__ import annotations

from io import BytesIO

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Pt
from pypdf import PdfReader

from etl.report.letter_spacing import _fill_pages, _find_letter, _list_pieces, space_letter
from etl.report.text_width import measure_longest_word
from etl.report.word_ruler import TWIPS, WordRuler, read_text
from etl.report.word_tables import compute_text_area
from tests.report.conftest import TEMPLATES, Drafted, needs_office
from tests.report.test_report_form import data_tables

SHORT_TABLE = 5
"""Rows, with the head, of a table that is on one page."""
FEWEST_UPRIGHT = 4
WELL_ENDED = 0.3
LEAST_LAST = 0.2
"""Of its page that the last of a letter's is filled to, at least."""
LETTERS = range(20, 66)
"""Paragraphs of a letter: from one that is just over a page."""


def fill_pages(document: object) -> list[float]:
    """How far the pages of a letter are filled, by the widths of its font."""
    names = {s.style_id for s in document.styles if s.name.startswith("VB")}
    elements, section = _find_letter(document, {s.style_id for s in document.styles if s.name == "VB Nội dung"})
    width, height = (side / TWIPS for side in compute_text_area(section))
    pieces = list(_list_pieces(elements, WordRuler(document), width, names))
    return [page / height for page in _fill_pages(pieces, height, 0.0)]


def build_letter(paragraphs: int) -> object:
    """A letter of paragraphs of two lines, with the closing that stays with the signature."""
    document = Document(str(TEMPLATES / "report.docx"))
    body = document.element.body
    for element in list(body)[:-1]:
        body.remove(element)
    for number in range(paragraphs):
        document.add_paragraph("bác sĩ " * 20, style="VB Nội dung").paragraph_format.keep_with_next = (
            number == paragraphs - 1
        )
    document.add_paragraph("", style="VB Họ tên").paragraph_format.space_before = Pt(90)
    return document


@pytest.mark.parametrize("paragraphs", LETTERS)
def test_a_letter_ends_well_however_long_it_is(paragraphs: int) -> None:
    document = build_letter(paragraphs)
    plain = fill_pages(document)
    space_letter(document)
    pages = fill_pages(document)
    assert len(pages) <= len(plain) + 1
    assert len(pages) == 1 or pages[-1] >= WELL_ENDED, "the last page is more than what stays together"
    before = document.styles["VB Nội dung"].paragraph_format.space_before
    assert Pt(6) <= before <= Pt(12)


def test_a_letter_that_would_end_in_a_few_lines_is_among_them() -> None:
    assert any(len(pages) > 1 and pages[-1] < WELL_ENDED for pages in map(fill_pages, map(build_letter, LETTERS)))


@needs_office
def test_no_letter_ends_in_a_page_of_its_signature_alone(report: Drafted, pdf: dict[str, bytes]) -> None:
    told = fill_pages(Document(str(report.paths["word"])))
    pages = PdfReader(BytesIO(pdf[report.paths["word"].with_suffix(".pdf").name])).pages
    letter = [page for page in pages if page.mediabox.width < page.mediabox.height][1:]
    assert abs(len(told) - len(letter)) <= 1
    lowest: list[float] = []
    letter[-1].extract_text(visitor_text=lambda text, _, place, *__: lowest.append(place[5]) if text.strip() else None)
    filled = (letter[-1].mediabox.height - min(lowest)) / letter[-1].mediabox.height
    assert filled >= LEAST_LAST, "with the margin above"


def test_a_short_table_is_on_one_page(report: Drafted) -> None:
    for table in data_tables(report):
        rows = table._tbl.tr_lst
        if len(rows) <= SHORT_TABLE:
            assert all(row.xpath(".//w:keepNext") for row in rows[:-1])


def test_no_column_is_narrower_than_a_word_of_its_head(report: Drafted) -> None:
    ruler = WordRuler(report.word)
    for table in data_tables(report):
        for cell in table._tbl.tr_lst[0].tc_lst:
            if cell.xpath("./w:tcPr/w:textDirection"):
                continue
            room = int(cell.tcPr.find(qn("w:tcW")).get(qn("w:w"))) / TWIPS
            for paragraph in cell.p_lst:
                style = ruler.read_style(paragraph)
                assert measure_longest_word(read_text(paragraph), style.size, bold=style.bold) <= room


def test_heads_stand_upright_only_where_they_are_many(report: Drafted) -> None:
    for table in data_tables(report):
        row = table._tbl.tr_lst[0]
        upright = row.xpath(".//w:textDirection")
        assert len(upright) == 0 or len(upright) >= FEWEST_UPRIGHT
        assert bool(upright) == bool(row.xpath("./w:trPr/w:trHeight")), "a head is as high as its words"
