"""The Word report: the office's template filled from the facts.

Room: report; the only module that touches the Word library. Called by `draft`. It places texts, fits tables
to the page and fixes what would differ between two runs; it never changes a figure.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from etl.errors import TemplateError
from etl.messages import Messages
from etl.ooxml.zip_parts import ZIP_ERRORS, build_reproducible_zip
from etl.report.canvas import encode_png
from etl.report.charts import draw_small_line
from etl.report.file_properties import remove_template_traces
from etl.report.letter_spacing import space_letter
from etl.report.report_facts import DocumentFacts, ReportFacts
from etl.report.template_context import ReportTemplateContext, build_template_context
from etl.report.template_engine import build_template_engine
from etl.report.template_slots import validate_template_slots
from etl.report.word_lines import bind_lines
from etl.report.word_tables import fit_tables

_RULE = "VB Gạch"
_RULE_SHARE = 0.42
"""Rules under the office's name and the subject are a third to a half of the text (NĐ 30/2020, Phụ lục I)."""
_TWIP = 635  # English metric units in a twentieth of a point


def render_word_report(facts: ReportFacts, wording: Messages, template: Path, moment: datetime) -> bytes:
    """The report as a .docx; the same facts and template give the same bytes.

    Raises:
        TemplateError: the template is missing, no Word file, or its slots are unknown or unused.
    """
    from docx.shared import Mm
    from docxtpl import InlineImage

    document, engine = open_word_template(template, ReportTemplateContext)
    shown = asdict(build_template_context(facts, wording))
    drawings = [draw_small_line(row) for row in facts.first_page.rows]
    for row, drawing in zip(shown["page_rows"], drawings, strict=True):
        if drawing:
            row["lines"][0]["text"] = InlineImage(document, BytesIO(encode_png(drawing)), width=Mm(drawing.width))
    document.render(shown, engine, autoescape=True)
    _set_alt_texts(document.docx.element.body, [drawing.alt for drawing in drawings if drawing])
    return serialize_word_document(document, facts, wording, moment)


def open_word_template(template: Path, kind: type) -> tuple[Any, Any]:
    """A template whose slots are the fields of a class, opened, and the environment to render it with.

    Raises:
        TemplateError: the template is missing, no Word file, or its slots are unknown or unused.
    """
    document, engine = _read_word_template(template), build_template_engine()
    validate_template_slots(_build_template_xml(document), kind, template, engine)
    return document, engine


def serialize_word_document(document: Any, facts: DocumentFacts, wording: Messages, moment: datetime) -> bytes:
    """A rendered document as a file: tables and rules fitted to the page, nothing in it that differs by the day."""
    fit_tables(document.docx)
    _hold_announcements(document.docx.element.body)
    _fit_rules(document.docx)
    bind_lines(document.docx)
    space_letter(document.docx)
    _set_properties(document.docx.core_properties, facts, wording, moment)
    buffer = BytesIO()
    document.save(buffer)
    return remove_template_traces(build_reproducible_zip(buffer.getvalue()))


def _read_word_template(template: Path) -> Any:
    from docx.opc.exceptions import PackageNotFoundError
    from docxtpl import DocxTemplate

    try:
        document = DocxTemplate(BytesIO(template.read_bytes()))
        document.init_docx()
    except (*ZIP_ERRORS, PackageNotFoundError, ValueError) as error:
        raise TemplateError(
            f"not readable as Word: {error}", where=str(template), fix="restore it or save it as .docx"
        ) from error
    return document


def _build_template_xml(document: Any) -> str:
    """The whole template with its tags in the form the renderer sees."""
    parts = [document.get_xml()]
    for uri in (document.HEADER_URI, document.FOOTER_URI):
        parts += [document.get_part_xml(part) for _, part in document.get_headers_footers(uri)]
    return "".join(document.patch_xml(part) for part in parts)


# --- after rendering -----------------------------------------------------------------------------------


def _set_alt_texts(body: Any, texts: list[str]) -> None:
    """Words for those who cannot see the pictures, in their order; each gets a number of its own, as Word wants."""
    for number, (properties, text) in enumerate(zip(body.xpath(".//wp:docPr"), texts, strict=True), start=1):
        properties.set("descr", text)
        properties.set("id", str(number))


def _hold_announcements(body: Any) -> None:
    """A line that announces a list, and so ends in a colon, is on the page of its first entry. One before a table may
    be of several lines and breaks as any other: held whole it would cost some letters a page."""
    for paragraph in body.xpath("./w:p[following-sibling::*[1][self::w:p]]"):
        if "".join(paragraph.xpath(".//w:t/text()")).rstrip().endswith(":"):
            paragraph.get_or_add_pPr().get_or_add_keepNext()


def _fit_rules(document: Any) -> None:
    """Sets each rule's length to a share of the text above it."""
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph

    page = document.sections[0]
    page_width = page.page_width - page.left_margin - page.right_margin
    rules = {style.style_id for style in document.styles if style.name == _RULE}
    for named in document.element.body.iter(qn("w:pStyle")):
        element = named.getparent().getparent()
        above = element.getprevious()
        if named.get(qn("w:val")) not in rules or above is None:
            continue
        paragraph = Paragraph(element, document._body)
        cell = element.getparent()
        room = int(float(cell.tcPr.find(qn("w:tcW")).get(qn("w:w")))) * _TWIP if cell.tag == qn("w:tc") else page_width
        text = Paragraph(above, document._body)
        length = int(min(_estimate_printed_width(text.text, text.style.font.size), room) * _RULE_SHARE)
        paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = (room - length) // 2


def _estimate_printed_width(text: str, size: int) -> float:
    """About how wide bold Times New Roman prints a text, in the unit of `size`."""
    em = sum(0.72 if char.isupper() else 0.25 if char.isspace() else 0.5 for char in text)
    return em * size


def _set_properties(properties: Any, facts: DocumentFacts, wording: Messages, moment: datetime) -> None:
    """Fixes what the file says of itself: written by the office at the snapshot, not by a program today."""
    properties.author = properties.last_modified_by = facts.head.office
    subject = f"{facts.head.subject[:1].lower()}{facts.head.subject[1:]}"
    properties.title = wording.format("head.file_title", subject=subject)
    properties.subject, properties.language = facts.plan.short_title[:255], "vi-VN"
    properties.comments = facts.head.simulated
    properties.identifier, properties.keywords = facts.snapshot.id, ""
    properties.created = properties.modified = moment
    properties.revision = 1
