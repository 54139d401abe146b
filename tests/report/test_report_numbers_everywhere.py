"""One source of facts: every number in Word, Excel, PDF and HTML is a number of the facts file beside them."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader

from tests.report.conftest import TEMPLATES, Drafted, needs_office
from tests.report.samples import read_page
from tests.report.test_report_form import paragraphs

NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
STRUCTURE = re.compile(r"^\s*\d{1,3}(?:\.(?=\s)|(?=\s)|$)")
"""A text's own number at its head (of a row, a heading, a page): the one kind of number that is not a fact."""
COLUMN_HEADS = {"95", "1"}
"""Numbers in the heads of the annex's columns: the level of an interval, the coefficient of who is on the path."""


def numbers(text: str) -> set[str]:
    """Every number in a text as it is printed, without its sign."""
    return set(NUMBER.findall(text.replace("\u200b", "")))


def leaves(value: Any) -> Iterator[Any]:
    """Every text and number in the facts."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield name  # figures stand under their item and unit
            yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)
    else:
        yield value


def texts_known(facts: dict[str, Any]) -> set[str]:
    """Numbers as the facts print them."""
    return {found for leaf in leaves(facts) for found in numbers(str(leaf))}


def among(value: float, ordered: list[float]) -> bool:
    """Whether a number is one of those; Excel keeps fifteen digits."""
    place = bisect(ordered, value)
    return any(value == pytest.approx(near, rel=1e-14, abs=0) for near in ordered[max(place - 1, 0) : place + 1])


class _Text(HTMLParser):
    """The texts of a page, its drawings' too; not its styles."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._styles = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._styles = tag == "style"
        self.found += [value or "" for name, value in attrs if name in {"data-head", "aria-label"}]

    def handle_endtag(self, tag: str) -> None:
        self._styles = False

    def handle_data(self, data: str) -> None:
        if not self._styles:
            self.found.append(data)


def page_texts(html: str) -> list[str]:
    parser = _Text()
    parser.feed(html)
    return parser.found


def template_numbers() -> set[str]:
    """What the office wrote into its templates: `95%`, `(1 = đúng lộ trình)`."""
    word = "\n".join(p.text for p in paragraphs(Document(str(TEMPLATES / "report.docx"))))
    page = "\n".join(page_texts((TEMPLATES / "report.html").read_text(encoding="utf-8")))
    return numbers(word) | numbers(page)


def foreign(texts: list[str], known: set[str]) -> list[str]:
    """Texts with a number that stands nowhere else."""
    return [text for text in texts if not numbers(STRUCTURE.sub("", text)) <= known]


# --- each format -----------------------------------------------------------------------------------------


def test_every_number_of_the_word_report_is_a_fact(report: Drafted) -> None:
    known = texts_known(report.facts) | template_numbers()
    texts = [p.text for p in paragraphs(report.word)]
    assert sum(len(numbers(text)) for text in texts) > 100
    assert foreign(texts, known) == []


def test_every_number_of_the_page_is_a_fact(report: Drafted) -> None:
    known = texts_known(report.facts) | template_numbers()
    texts = page_texts(read_page(report.paths["page"].read_bytes()))
    assert sum(len(numbers(text)) for text in texts) > 100
    assert foreign(texts, known) == []


@needs_office
def test_every_number_of_the_pdf_is_a_fact(report: Drafted, pdf: dict[str, bytes]) -> None:
    known = texts_known(report.facts) | template_numbers()
    pages = PdfReader(BytesIO(pdf[report.paths["word"].with_suffix(".pdf").name])).pages
    lines = [line for page in pages for line in page.extract_text().splitlines()]
    assert sum(len(numbers(line)) for line in lines) > 100
    assert foreign(lines, known) == []


def test_every_number_of_the_annex_is_a_fact(report: Drafted) -> None:
    """Cells that are numbers are exact values of the facts; numbers within texts are printed in them."""
    known = texts_known(report.facts) | COLUMN_HEADS
    exact = {leaf for leaf in leaves(report.facts) if isinstance(leaf, int | float)}
    near = sorted({float(value) for value in exact})
    counted = 0
    for page in report.annex.worksheets:
        for row in page.iter_rows():
            for cell in row:
                where = f"{page.title}!{cell.coordinate}: {cell.value!r}"
                if isinstance(cell.value, int | float):
                    counted += 1
                    numbered = cell.column in {cell.value, 1}  # of a column, of a row
                    assert numbered or among(cell.value, near), where
                elif cell.hyperlink and cell.value == cell.hyperlink.location:
                    continue  # where a figure is read, or its numbers stand
                elif cell.value is not None:
                    assert numbers(str(cell.value)) <= known, where
    assert counted > 100


def test_a_number_from_elsewhere_is_noticed(report: Drafted) -> None:
    """The test above can fail: no such number is in the facts of any sample."""
    known = texts_known(report.facts) | template_numbers()
    assert foreign(["tỉ lệ 87.654,321%"], known) == ["tỉ lệ 87.654,321%"]


# --- the same in all -------------------------------------------------------------------------------------


def test_the_formats_print_the_same_figures(report: Drafted) -> None:
    """Each target's figure and verdict as printed in the plan's table stand in Word and on the page alike."""
    word = "\n".join(p.text for p in paragraphs(report.word)).replace("\u200b", "")
    page = "\n".join(page_texts(read_page(report.paths["page"].read_bytes()))).replace("\u200b", "")
    for row in report.facts["rows"]:
        if row["kind"] == "figure":
            figure = report.facts["figures"].get(row["item"], {}).get(report.given.area)
            state = figure and (figure["path_text"] if figure["path_state"] else figure["status_text"])
            for text in (figure["printed"], state) if figure else ():
                assert text in word
                assert text in page
    for line in (*report.facts["situation"], *report.facts["summary"], *report.facts["units"]["sentences"]):
        assert line in word
        assert line in page


def test_exact_values_print_as_their_texts(report: Drafted) -> None:
    """A fact's text is its exact value rounded, nowhere something else."""
    from fractions import Fraction

    from etl.model.numbers import format_number

    seen = 0

    def walk(value: Any) -> None:
        nonlocal seen
        if isinstance(value, dict):
            if value.keys() >= {"value", "exact", "text", "decimals"} and value["exact"] is not None:
                seen += 1
                text = format_number(Fraction(value["exact"]), value["decimals"])
                noun = value.get("noun", "")
                assert value["text"] == (f"{text} {noun}" if noun else text)
                assert value["value"] == pytest.approx(float(Fraction(value["exact"])), rel=1e-12)
            for part in value.values():
                walk(part)
        elif isinstance(value, list):
            for part in value:
                walk(part)

    walk(report.facts)
    assert seen > 50
