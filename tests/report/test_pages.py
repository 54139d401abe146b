"""How many pages: the first page is one, the letter few, a replacing report one; none is empty."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from docx import Document
from docx.oxml.ns import qn
from docx.shared import Pt
from docx.text.paragraph import Paragraph
from pypdf import PageObject, PdfReader

from etl.catalog import Catalogue
from etl.messages import load_messages
from etl.report import write_report_draft
from etl.report.correction_report import (
    CorrectionCause,
    CorrectionInput,
    build_correction_facts,
    write_correction_draft,
)
from etl.report.dates import parse_snapshot_time
from etl.report.docx import render_word_report
from etl.report.facts import build_facts
from etl.report.pdf import convert_to_pdf
from etl.report.template_context import build_template_context
from etl.report.word_tables import hold_last_rows, hold_subrows
from tests.report.conftest import CASES, TEMPLATES, Drafted, needs_office
from tests.report.samples import all_in, crowd, nobody, open_word, read_page, sample
from tests.report.test_report_form import data_tables

MOST_LETTER_PAGES = 5
"""Four are asked for; worlds of chance, in which all at once is missing, late, corrected and overdue, have one more."""
LEAST_LINES = 7
"""The page's number, the mark of simulated data, and five lines at least."""
CAUSE = CorrectionCause(
    "Phường Kon Tum", "Báo cáo quý về hoạt động y tế cơ sở", "quý III năm 2024", 2, "2024-11-01T09:00:00+07:00", 1
)


def is_upright(page: PageObject) -> bool:
    return page.mediabox.width < page.mediabox.height


def check_pages(data: bytes, name: str) -> None:
    pages = PdfReader(BytesIO(data)).pages
    upright = [page for page in pages if is_upright(page)]
    (head,) = [number for number, page in enumerate(upright) if "CỘNG HÒA XÃ HỘI" in page.extract_text()]
    assert head == 1, f"{name}: the first page is one"
    assert len(upright) - head <= MOST_LETTER_PAGES, f"{name}: {len(upright) - head} pages of letter"
    for number, page in enumerate(pages, start=1):
        lines = page.extract_text().splitlines()
        assert len([line for line in lines if line.strip()]) >= LEAST_LINES, f"{name}: page {number} is empty"
        assert len(page.extract_text().split()) > 20, f"{name}: page {number} is empty"


@needs_office
def test_no_letter_of_a_world_of_chance_is_long_and_no_page_is_empty(pdf: dict[str, bytes]) -> None:
    assert len(pdf) == len(CASES)
    for name, data in pdf.items():
        check_pages(data, name)


@needs_office
def test_the_letter_is_no_longer_however_many_units_write_the_same(catalogue: Catalogue, tmp_path: Path) -> None:
    cases = [("kon-tum", "kt-1693", "2024"), ("kon-tum", "kt-1693", "2024N"), ("tan-yen", "ty-ct25", "2024Q1")]
    drafts = [all_in(crowd(sample(catalogue, *case), everybody=False)) for case in cases]
    words = [write_report_draft(given, TEMPLATES, tmp_path)["word"] for given in drafts]
    made = convert_to_pdf({w.name: w.read_bytes() for w in words}, parse_snapshot_time(drafts[0].snapshot_at))
    assert made.problem == "" and len(made.files) == len(cases)
    for name, data in made.files.items():
        check_pages(data, name)


@needs_office
def test_a_replacing_report_of_a_few_figures_is_one_page(catalogue: Catalogue, tmp_path: Path) -> None:
    given = sample(catalogue, "kon-tum", "kt-1693", "2024Q3")
    wording = load_messages(TEMPLATES)
    old = build_facts(given, wording)
    units = [a.unit for a in given.attainments if a.unit != given.area][:1]
    changed = {(item, unit) for item in ("6", "12") for unit in (given.area, *units)}
    rows = tuple(
        replace(a, value=a.value - 2) if (a.item, a.unit) in changed and a.value is not None else a
        for a in given.attainments
    )
    now = build_facts(replace(given, attainments=rows), wording)
    told = now.units.sentences
    now = replace(now, units=replace(now.units, sentences=(told[0], told[1].replace("1/", "2/"), *told[2:])))
    inputs = CorrectionInput(7, old, now, (CAUSE,))
    facts = build_correction_facts(inputs, wording)
    assert len(facts.rows) >= 3 and len(facts.others) == 2, "a sentence, and the parts that change with the figures"
    assert all(row.title.endswith(" (%)") for row in facts.rows if row.item == "12"), "what a figure is measured in"
    word = write_correction_draft(inputs, TEMPLATES, tmp_path, "x")["word"]
    made = convert_to_pdf({word.name: word.read_bytes()}, parse_snapshot_time(given.snapshot_at))
    (data,) = made.files.values()
    assert len(PdfReader(BytesIO(data)).pages) == 1


def test_no_table_of_a_report_without_figures_is_a_head_alone(catalogue: Catalogue, tmp_path: Path) -> None:
    paths = write_report_draft(nobody(sample(catalogue, "kon-tum", "kt-1693", "2024Q3")), TEMPLATES, tmp_path)
    document = Document(BytesIO(paths["word"].read_bytes()))
    tables = [t for t in document.tables if t._tbl.find(f".//{qn('w:tblHeader')}") is not None]
    assert tables and all(len(table.rows) > 1 for table in tables)
    page = read_page(paths["page"].read_bytes())
    assert not re.search(r"<tbody>\s*</tbody>", page)


def test_the_last_rows_of_a_long_table_stay_together(report: Drafted) -> None:
    for table in data_tables(report):
        rows = table._tbl.findall(qn("w:tr"))
        held = [all(p.pPr is not None and p.pPr.keepNext is not None for p in row.iter(qn("w:p"))) for row in rows]
        assert not held[-1], "the last row is held by none"
        parts = [not "".join(row.xpath("./w:tc[1]//w:t/text()")).strip() for row in rows]
        last = min(6, len(rows) // 2)
        assert all(held[-last + parts[-last:].index(False) : -1]), "the block begins with a row that has a number"
        for above, part in zip(held, parts[1:], strict=False):
            assert above or not part, "a target is on the page of its parts"


def test_the_parts_of_a_target_at_the_edge_of_the_last_rows_stay_with_it() -> None:
    document = Document()
    table = document.add_table(rows=14, cols=2)
    for place, row in enumerate(table.rows):
        row.cells[0].text = "" if place in {4, 8, 9} else str(place)
    hold_subrows(rows := [row._tr for row in table.rows])
    hold_last_rows(rows)
    held = [bool(row.xpath(".//w:keepNext")) for row in rows]
    assert [place for place, is_held in enumerate(held) if is_held] == [3, 7, 8, 10, 11, 12]


def test_a_line_that_announces_a_list_is_on_the_page_of_its_first_entry(report: Drafted) -> None:
    lists = report.word.element.body.xpath("./w:p[following-sibling::*[1][self::w:p]]")
    said = [p for p in (Paragraph(element, report.word._body) for element in lists) if p.text.rstrip().endswith(":")]
    assert said and all(paragraph.paragraph_format.keep_with_next for paragraph in said)


def test_a_small_picture_does_not_paint_over_the_lines_of_its_row(report: Drafted) -> None:
    """It is as high as the line it stands in: what is white in it would cover the line above."""
    pictures = report.word.element.body.xpath(".//w:tc/w:p[.//wp:inline]")
    heads = [cell.text for cell in report.word.tables[0].rows[0].cells]
    assert ("Diễn biến" in heads) == bool(pictures), "a column of nothing is not printed"
    for element in pictures:
        style = Paragraph(element, report.word._body).style
        assert style is not None and style.paragraph_format.space_before >= Pt(1)


def test_a_first_page_of_targets_without_a_past_has_no_column_of_small_lines(report: Drafted) -> None:
    page = report.typed.first_page
    facts = replace(report.typed, first_page=replace(page, rows=tuple(replace(row, line=()) for row in page.rows)))
    context = build_template_context(facts, load_messages(TEMPLATES))
    assert context.page_rows and context.line_heads == () and not any(row.lines for row in context.page_rows)


def test_an_office_may_lay_the_summary_behind_the_letter(report: Drafted, tmp_path: Path) -> None:
    """The sheet is a section of the template: moved behind the signature, it prints the same, in the other order."""
    template = Document(str(TEMPLATES / "report.docx"))
    body = template.element.body
    first, second = body.xpath("./w:p[w:pPr/w:sectPr]")[:2]
    sheet = [*[*first.itersiblings(preceding=True)][::-1], first]
    for element in reversed(sheet):
        second.addnext(element)
    template.save(str(tmp_path / "report.docx"))
    moment = parse_snapshot_time(report.given.snapshot_at)
    wording = load_messages(TEMPLATES)
    printed = open_word(render_word_report(report.typed, wording, tmp_path / "report.docx", moment))
    texts, shipped = ([p.text for p in d.paragraphs if p.text] for d in (printed, report.word))
    assert sorted(texts) == sorted(shipped) and texts != shipped
    assert texts.index("BÁO CÁO") < texts.index(report.facts["first_page"]["title"])


def test_a_sections_end_takes_no_room(report: Drafted) -> None:
    marks = report.word.element.body.xpath("./w:p[w:pPr/w:sectPr]")
    assert len(marks) == len(report.word.sections) - 1
    for mark in marks:
        paragraph = Paragraph(mark, report.word._body)
        assert paragraph.text == "" and paragraph.paragraph_format.line_spacing == Pt(1)
    last = report.word.paragraphs[-1]
    assert last.text == "" and last.paragraph_format.line_spacing == Pt(1), "what stands behind the last table"


def test_a_legend_explains_the_signs_that_stand_in_its_table_and_no_other(report: Drafted) -> None:
    facts = report.typed
    columns = [column.item for block in facts.units.blocks for column in block if not column.counts]
    figures = [facts.find_figure(item, unit.unit) for item in columns for unit in facts.units.units]
    signs = {f.sign for f in figures if f and f.value.value is not None and not f.withheld} - {""}
    told = [p.text for p in report.word.paragraphs if p.text[1:3] == ": " and p.text.endswith(".")]
    assert len(told) == bool(signs)
    assert {part[0] for line in told for part in line.split("; ") if part[1] == ":"} == signs
    title = next((p.text for p in report.word.paragraphs if p.text.startswith("Kết quả của các đơn vị")), "")
    heat = {cell.sign for row in facts.first_page.units.rows for cell in row.cells} - {""}
    assert {sign for sign in "ĐCTV" if f"{sign}: " in title} == heat
    starred = any(
        re.search(r"\d\*", row.printed)
        for units in facts.figures.values()
        for row in units.values()
        if row.unit == facts.area.unit
    )
    assert any(p.text.startswith("Dấu *") for p in report.word.paragraphs) == starred
    first = "\n".join(f"{row.in_quarter} {row.to_date} {row.previous}" for row in facts.first_page.rows)
    told_last = [p.text for p in report.word.paragraphs if p.style.name == "VB Tóm tắt"][-1]
    assert told_last.endswith("Dấu *: tính trên các nơi có số liệu.") == bool(re.search(r"\d\*", first))
    rows, count = facts.first_page.units.rows, len(facts.units.scores)
    shortened = f"({len(rows)}/{count} đơn vị đạt ít chỉ tiêu nhất"
    assert (shortened in title) == (0 < len(rows) < count)


def test_the_reader_of_a_shortened_list_is_told_where_all_names_stand(
    catalogue: Catalogue, drafted: Callable[..., Drafted]
) -> None:
    whole = drafted("kon-tum", "kt-1693", "2024").typed.notes
    assert "Phụ lục III" not in whole.sentence and not any("đơn vị khác" in g.units for g in whole.groups)
    given = crowd(sample(catalogue, "kon-tum", "kt-1693", "2024"), everybody=False)
    notes = build_facts(given, load_messages(TEMPLATES)).notes
    assert all("đơn vị khác" in group.units for group in notes.groups)
    assert "(tên từng đơn vị tại Phụ lục III)" in notes.sentence
    assert len(notes.rows) == len(given.notes), "the annex has a row for each unit"
    assert not any("tỉnh Kon Tum" in group.units for group in notes.groups), "a narrow column needs not the area's name"
