"""Lays out `correction.docx` once: the report that replaces figures of a published one, in one page where it can be.

Word is the editor from then on (docs/reports.md lists the slots). Run this file only to start again from the
project's own layout; it overwrites.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import build_report_template as form
from docx import Document
from docx.shared import Pt


def write_correction_template(path: Path) -> None:
    """Writes the template."""
    doc = Document()
    for element in list(doc.element.body)[:-1]:
        doc.element.body.remove(element)
    form._add_paragraph_styles(doc)
    form._set_page_layout(doc.sections[0], landscape=False)
    form._add_page_headers(doc.sections[0])
    form._add_letter_head(doc, grounds=False)
    _add_correction_body(doc)
    form._add_letter_foot(doc)
    properties = doc.core_properties
    properties.title, properties.comments, properties.author = "Báo cáo thay thế", "", ""
    doc.save(str(path))


def _add_correction_body(doc: Any) -> None:
    left, middle = "VB Bảng", "VB Bảng giữa"
    before, after = (
        f"{{{{ row.{when} }}}}{{% if row.verdict_{when} %}}; {{{{ row.verdict_{when} }}}}{{% endif %}}"
        for when in ("before", "after")
    )
    columns = [
        ("TT", "{{ row.item }}", middle, 14.0),
        ("Chỉ tiêu", "{{ row.title }}", left, 50.0),
        ("Đơn vị", "{{ row.unit }}", left, 28.0),
        (
            "Đã báo cáo",
            before,
            middle,
            34.0,
        ),
        ("Thay bằng", after, middle, 34.0),
    ]
    form._add_data_table(
        doc, [w for *_, w in columns], [t for t, *_ in columns], "rows", [(c, s) for _, c, s, _ in columns]
    )
    for slot in ("causes", "others"):
        form._add_paragraph_loop(doc, "VB Nội dung", slot)
    closing = doc.add_paragraph("{{ closing }}", style="VB Nội dung")
    closing.paragraph_format.keep_with_next, closing.paragraph_format.space_after = True, Pt(12)


if __name__ == "__main__":
    write_correction_template(Path(__file__).with_name("correction.docx"))
