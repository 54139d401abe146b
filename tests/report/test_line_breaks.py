"""No line of a document ends within a number, a code or a name; what it says, and what is searched, stays the same."""

from __future__ import annotations

import re
from io import BytesIO
from itertools import pairwise

import pytest
from docx import Document
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from etl.report.line_breaks import HYPHEN, keep_together
from etl.report.text_width import count_lines, measure_text
from tests.report.conftest import Drafted, needs_office

_CUT = re.compile(r"[\w)]-$|\d/$")
"""How a line ends that is cut within a code or the number of a document; the next begins with the rest."""
_REST = re.compile(r"^(?:\d|[IVX]+\b|[A-ZĐ]{2,})")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Kế hoạch số 1693/KH-UBND ngày 17 tháng 5 năm 2024", "Kế hoạch số 1693/KH=UBND ngày 17 tháng 5 năm 2024"),
        ("Kế hoạch số 124-KH/TU; Chỉ thị 25-CT/TW", "Kế hoạch số 124=KH/TU; Chỉ thị 25=CT/TW"),
        ("thiếu 2.645 người so với năm 2030 (II-1b)", "thiếu 2.645 người so với năm 2030 (II=1b)"),
        ("Sở Y tế, ngành y tế; kinh tế - xã hội, vi-rút", "Sở Y tế, ngành y tế; kinh tế - xã hội, vi-rút"),
        ("Số:       /BC-SYT ngày    tháng     năm", "Số:       /BC=SYT ngày    tháng     năm"),
    ],
)
def test_what_a_line_does_not_end_in(text: str, kept: str) -> None:
    assert keep_together(text) == kept.replace("=", HYPHEN)


@given(st.text(alphabet="aĐăI1 9.-/(),%năm xã ", max_size=60))
def test_each_sign_is_replaced_by_one_that_reads_the_same(text: str) -> None:
    bound = keep_together(text)
    assert bound.replace(HYPHEN, "-") == text


def test_what_has_no_room_is_not_bound() -> None:
    bound = keep_together("xã Đăk Sao (II-1b)", lambda piece: len(piece) < 8)
    assert bound == f"xã Đăk Sao (II{HYPHEN}1b)"
    assert keep_together("1693/KH-UBND", lambda piece: len(piece) < 8) == "1693/KH-UBND"


def test_a_number_of_a_document_is_found_in_word_as_it_is_typed(report: Drafted) -> None:
    """A hyphen that holds is Word's own element, not a sign that the decree's font does not have."""
    document = Document(BytesIO(report.paths["word"].read_bytes()))
    text = "\n".join(p.text for p in document.paragraphs)
    symbol = re.search(r"\d+(?:/KH-UBND|-KH/TU|-CT/TW)", text)
    assert symbol, "a number of a document stands in the letter"
    signs = {sign for element in document.element.body.iter(qn("w:t")) for sign in element.text or ""}
    assert not signs & {HYPHEN, "\u2060", "\ufeff"}
    assert document.element.body.xpath(".//w:noBreakHyphen")


def test_a_number_of_a_document_is_found_on_the_page_as_it_is_typed(report: Drafted) -> None:
    page = report.paths["page"].read_text(encoding="utf-8")
    codes = re.findall(r'<span class="whole">([^<]*)</span>', page)
    assert codes and HYPHEN not in page and all("-" in code for code in codes)
    assert not re.search(r"\w span {", page), "a rule for any span within an element would lay out its codes"
    assert "<span" not in re.sub(r"<svg.*?</svg>", "", page.split("<body")[0], flags=re.DOTALL)
    assert not re.search(r'="[^"]*<span', page), "an attribute is no text"


def test_facts_and_the_annex_keep_plain_signs(report: Drafted) -> None:
    texts = [report.paths["facts"].read_text(encoding="utf-8")]
    texts += [str(c.value) for sheet in report.annex.worksheets for row in sheet.iter_rows() for c in row if c.value]
    assert not [text for text in texts if HYPHEN in text or re.search(r"\w\u00a0\w", text)]


@needs_office
def test_no_line_ends_within_a_code_or_the_number_of_a_document(report: Drafted, pdf: dict[str, bytes]) -> None:
    pages = PdfReader(BytesIO(pdf[report.paths["word"].with_suffix(".pdf").name])).pages
    letter = [page.extract_text() for page in pages if page.mediabox.width < page.mediabox.height][1:]
    for text in letter:
        lines = [line.strip() for line in text.splitlines()]
        cut = [pair for pair in pairwise(lines) if _CUT.search(pair[0]) and _REST.match(pair[1])]
        assert not cut
    assert re.search(r"\d+(?:/KH-UBND|-KH/TU|-CT/TW)", "".join(letter)), "a number of a document is one text"


def test_a_text_is_as_wide_as_the_font_says() -> None:
    assert measure_text("Ủy ban", 1000) == measure_text("Uy ban", 1000) == 722 + 500 + 250 + 500 + 444 + 500
    assert measure_text("ab", 10, bold=True) > measure_text("ab", 10)
    assert count_lines("aaa aaa aaa", measure_text("aaa aaa", 10), 10) == 2
    assert count_lines("aaa aaa\u00a0aaa", measure_text("aaa aaa", 10), 10) == 2
    assert count_lines("aaa\u00a0aa aaa", measure_text("aaaa", 10), 10) == 3, "what is wider than a line is cut"
    assert count_lines("", 10, 10) == 1
