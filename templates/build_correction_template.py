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


def build(path: Path) -> None:
    """Writes the template."""
    doc = Document()
    for element in list(doc.element.body)[:-1]:
        doc.element.body.remove(element)
    form._styles(doc)
    form._page(doc.sections[0], landscape=False)
    form._headers(doc.sections[0])
    form._head(doc)
    _body(doc)
    form._foot(doc)
    form._page(doc.add_section(WD_SECTION.NEW_PAGE), landscape=True)
    _annex(doc)
    properties = doc.core_properties
    properties.title, properties.comments, properties.author = "Báo cáo đính chính", "", ""
    doc.save(str(path))


def _body(doc: Any) -> None:
    form._lines(doc, "VB Mục", "I. LÝ DO ĐÍNH CHÍNH")
    form._loop(doc, "VB Nội dung", "causes")
    form._lines(doc, "VB Mục", "II. SỐ LIỆU ĐÍNH CHÍNH")
    form._lines(doc, "VB Nội dung", "{{ figures }}")
    form._lines(doc, "VB Mục", "III. ĐÁNH GIÁ THAY ĐỔI")
    form._loop(doc, "VB Nội dung", "verdicts")
    form._lines(doc, "VB Mục", "IV. NỘI DUNG KHÁC")
    form._loop(doc, "VB Nội dung", "others")
    closing = doc.add_paragraph("{{ closing }}", style="VB Nội dung")
    closing.paragraph_format.keep_with_next, closing.paragraph_format.space_after = True, Pt(12)


def _annex(doc: Any) -> None:
    form._lines(doc, "VB Phụ lục", "Phụ lục")
    form._lines(doc, "VB Tên phụ lục", "SỐ LIỆU ĐÍNH CHÍNH")
    form._lines(
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
    form._data_table(
        doc, [w for *_, w in columns], [t for t, *_ in columns], "rows", [(c, s) for _, c, s, _ in columns]
    )


if __name__ == "__main__":
    build(Path(__file__).with_name("correction.docx"))
