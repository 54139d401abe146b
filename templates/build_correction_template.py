"""Lays out `correction.docx` once: the correction of a published report, in the form of the report itself.

Word is the editor from then on (docs/reports.md lists the slots). Run this file only to start again from the
project's own layout; it overwrites.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import build_report_template as form
from docx import Document
from docx.enum.section import WD_SECTION
from docx.shared import Pt


def write_correction_template(path: Path) -> None:
    """Writes the template."""
    doc = Document()
    for element in list(doc.element.body)[:-1]:
        doc.element.body.remove(element)
    form._add_paragraph_styles(doc)
    form._set_page_layout(doc.sections[0], landscape=False)
    form._add_page_headers(doc.sections[0])
    form._add_letter_head(doc)
    _add_correction_body(doc)
    form._add_letter_foot(doc)
    form._set_page_layout(doc.add_section(WD_SECTION.NEW_PAGE), landscape=True)
    _add_correction_annex(doc)
    properties = doc.core_properties
    properties.title, properties.comments, properties.author = "Báo cáo đính chính", "", ""
    doc.save(str(path))


def _add_correction_body(doc: Any) -> None:
    form._add_paragraphs(doc, "VB Mục", "I. LÝ DO ĐÍNH CHÍNH")
    form._add_paragraph_loop(doc, "VB Nội dung", "causes")
    form._add_paragraphs(doc, "VB Mục", "II. SỐ LIỆU ĐÍNH CHÍNH")
    form._add_paragraphs(doc, "VB Nội dung", "{{ figures }}")
    form._add_paragraphs(doc, "VB Mục", "III. ĐÁNH GIÁ THAY ĐỔI")
    form._add_paragraph_loop(doc, "VB Nội dung", "verdicts")
    form._add_paragraphs(doc, "VB Mục", "IV. NỘI DUNG KHÁC")
    form._add_paragraph_loop(doc, "VB Nội dung", "others")
    closing = doc.add_paragraph("{{ closing }}", style="VB Nội dung")
    closing.paragraph_format.keep_with_next, closing.paragraph_format.space_after = True, Pt(12)


def _add_correction_annex(doc: Any) -> None:
    form._add_paragraphs(doc, "VB Phụ lục", "Phụ lục")
    form._add_paragraphs(doc, "VB Tên phụ lục", "SỐ LIỆU ĐÍNH CHÍNH")
    form._add_paragraphs(
        doc,
        "VB Kèm theo",
        "(Kèm theo Báo cáo số        /{{ symbol }} " + form.BLANK_DATE.rstrip() + "        của {{ office }})",
    )
    left, middle = "VB Bảng", "VB Bảng giữa"
    columns = [
        ("TT", "{{ row.item }}", middle, 17.0),
        ("Chỉ tiêu", "{{ row.title }}", left, 70.0),
        ("Đơn vị", "{{ row.unit }}", left, 40.0),
        ("Số liệu đã báo cáo", "{{ row.before }}", middle, 30.0),
        ("Số liệu đính chính", "{{ row.after }}", middle, 30.0),
        ("Đánh giá đã báo cáo", "{{ row.verdict_before }}", middle, 30.0),
        ("Đánh giá đính chính", "{{ row.verdict_after }}", middle, 30.0),
    ]
    form._add_data_table(
        doc, [w for *_, w in columns], [t for t, *_ in columns], "rows", [(c, s) for _, c, s, _ in columns]
    )


if __name__ == "__main__":
    write_correction_template(Path(__file__).with_name("correction.docx"))
