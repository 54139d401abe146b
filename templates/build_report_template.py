"""Lays out `report.docx` once, from the decree's form (NĐ 30/2020/NĐ-CP, Phụ lục I).

Word is the editor from then on: an office opens `report.docx`, changes what it wants and keeps the slots
(docs/reports.md lists them). Run this file only to start again from the project's own layout; it overwrites.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

FONT = "Times New Roman"
CENTER, LEFT, JUSTIFY = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.JUSTIFY
DATE = "ngày {{ day }} tháng {{ month }} năm {{ year }}"
_HEAT_HEAD_HEIGHT = 22.0
HEAT_TITLE = "Kết quả của các đơn vị{% if heat_legend %} ({{ heat_legend }}){% endif %}"
ATTACHED = "(Kèm theo Báo cáo số {{ number }}/{{ symbol }} " + DATE + " của {{ office }})"

# name: size, bold, italic, alignment, space before, space after, first-line indent in mm
STYLES: dict[str, tuple[float, bool, bool, Any, float, float, float]] = {
    "VB Quốc hiệu": (13, True, False, CENTER, 0, 0, 0),
    "VB Tiêu ngữ": (14, True, False, CENTER, 0, 0, 0),
    "VB Gạch tiêu ngữ": (3, False, False, CENTER, 0, 0, 0),
    "VB Gạch": (3, False, False, CENTER, 0, 6, 0),
    "VB Cơ quan chủ quản": (13, False, False, CENTER, 0, 0, 0),
    "VB Cơ quan ban hành": (13, True, False, CENTER, 0, 0, 0),
    "VB Số ký hiệu": (13, False, False, CENTER, 6, 0, 0),
    "VB Địa danh": (14, False, True, CENTER, 6, 0, 0),
    "VB Tên loại": (14, True, False, CENTER, 12, 0, 0),
    "VB Trích yếu": (14, True, False, CENTER, 0, 0, 0),
    "VB Kính gửi": (14, False, False, CENTER, 12, 0, 0),
    "VB Kính gửi danh sách": (14, False, False, LEFT, 0, 0, 0),
    "VB Căn cứ": (13, False, True, JUSTIFY, 6, 0, 12.7),
    "VB Nội dung": (13, False, False, JUSTIFY, 6, 0, 12.7),
    "VB Thông báo": (14, True, False, CENTER, 12, 6, 0),
    "VB Mục": (13, True, False, JUSTIFY, 6, 0, 12.7),
    "VB Khoản": (13, True, False, JUSTIFY, 6, 0, 12.7),
    "VB Hình": (14, False, False, CENTER, 6, 0, 0),
    "VB Chú thích hình": (13, False, True, CENTER, 0, 6, 0),
    "VB Nơi nhận": (12, True, True, LEFT, 0, 0, 0),
    "VB Nơi nhận danh sách": (11, False, False, LEFT, 0, 0, 0),
    "VB Quyền hạn": (14, True, False, CENTER, 0, 0, 0),
    "VB Họ tên": (14, True, False, CENTER, 70, 0, 0),
    "VB Phụ lục": (14, True, False, CENTER, 0, 0, 0),
    "VB Tên phụ lục": (14, True, False, CENTER, 0, 0, 0),
    "VB Kèm theo": (14, False, True, CENTER, 0, 6, 0),
    "VB Số trang": (14, False, False, CENTER, 0, 0, 0),
    "VB Mô phỏng": (12, True, False, CENTER, 0, 0, 0),
    "VB Bảng": (11, False, False, LEFT, 1, 1, 0),
    "VB Bảng giữa": (11, False, False, CENTER, 1, 1, 0),
    "VB Bảng đầu": (11, True, False, CENTER, 1, 1, 0),
    "VB Bảng nhóm": (11, True, False, LEFT, 1, 1, 0),
    "VB Tên tóm tắt": (14, True, False, CENTER, 0, 0, 0),
    "VB Tóm tắt": (11, False, False, JUSTIFY, 2, 2, 0),
    "VB Tóm tắt đậm": (11, True, False, JUSTIFY, 4, 2, 0),
    "VB Bảng nhỏ": (9, False, False, LEFT, 0, 0, 0),
    "VB Bảng nhỏ giữa": (9, False, False, CENTER, 0, 0, 0),
    "VB Bảng nhỏ đầu": (9, True, False, CENTER, 0, 0, 0),
    "VB Bảng nhỏ hình": (9, False, False, CENTER, 1.5, 0, 0),
    "VB Ghi chú bảng": (11, False, True, LEFT, 3, 3, 0),
}
OUTLINE = {"VB Tên tóm tắt": 0, "VB Mục": 0, "VB Khoản": 1, "VB Phụ lục": 0}
KEEP_WITH_NEXT = {"VB Mục", "VB Khoản", "VB Hình", "VB Phụ lục", "VB Tên phụ lục", "VB Kèm theo", "VB Bảng nhóm"}


def write_report_template(path: Path) -> None:
    """Writes the template."""
    doc = Document()
    for element in list(doc.element.body)[:-1]:
        doc.element.body.remove(element)
    _add_paragraph_styles(doc)
    _set_page_layout(doc.sections[0], landscape=False)
    _add_page_headers(doc.sections[0])
    _add_summary_page(doc)
    _add_section(doc, landscape=False)
    _add_letter_head(doc)
    _add_report_body(doc)
    _add_letter_foot(doc)
    for write in (_add_results_annex, _add_units_annex):
        _add_section(doc, landscape=True)
        write(doc)
    properties = doc.core_properties
    properties.title, properties.comments, properties.author = "Báo cáo", "", ""
    doc.save(str(path))


# --- page and styles -------------------------------------------------------------------------------


def _set_style_fonts(style: Any, size: float) -> None:
    style.font.name, style.font.size, style.font.color.rgb = FONT, Pt(size), RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for key in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(key), FONT)
    for key in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(key), None)


def _add_paragraph_styles(doc: Any) -> None:
    _set_style_fonts(doc.styles["Normal"], 14)
    for language in doc.styles.element.xpath("w:docDefaults//w:lang"):  # of the document: a PDF takes its own from it
        language.set(qn("w:val"), "vi-VN")
        language.set(qn("w:eastAsia"), "vi-VN")
    (before,) = doc.settings.element.xpath("w:clrSchemeMapping")
    before.addnext(OxmlElement("w:doNotAutoCompressPictures"))  # Word would change them when it saves
    for name, (size, bold, italic, align, before, after, indent) in STYLES.items():
        style = doc.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style, style.quick_style = doc.styles["Normal"], True
        _set_style_fonts(style, size)
        style.font.bold, style.font.italic = bold, italic
        form = style.paragraph_format
        form.alignment, form.space_before, form.space_after = align, Pt(before), Pt(after)
        form.first_line_indent, form.line_spacing_rule = Mm(indent), WD_LINE_SPACING.SINGLE
        form.keep_with_next, form.widow_control = name in KEEP_WITH_NEXT, True
        if name in OUTLINE:
            level = OxmlElement("w:outlineLvl")
            level.set(qn("w:val"), str(OUTLINE[name]))
            style.element.get_or_add_pPr().append(level)
    doc.styles["VB Kính gửi danh sách"].paragraph_format.left_indent = Mm(55)
    for name in ("VB Gạch", "VB Gạch tiêu ngữ"):
        _add_bottom_rule(doc.styles[name])
    motto = doc.styles["VB Gạch tiêu ngữ"].paragraph_format  # 59,8 mm of text in a cell of 102 mm
    motto.left_indent = motto.right_indent = Mm(21.1)


def _add_bottom_rule(style: Any) -> None:
    """A solid line as the bottom border of an empty paragraph: its indents set the length."""
    borders, line = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for key, value in (("val", "single"), ("sz", "6"), ("space", "0"), ("color", "000000")):
        line.set(qn(f"w:{key}"), value)
    borders.append(line)
    properties = style.element.get_or_add_pPr()
    properties.insert_element_before(borders, "w:shd", "w:spacing", "w:ind", "w:jc", "w:outlineLvl")


def _set_page_layout(section: Any, *, landscape: bool) -> None:
    """A4 with the decree's margins; numbering starts anew and is hidden on the first page."""
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Mm(297), Mm(210)) if landscape else (Mm(210), Mm(297))
    section.top_margin, section.bottom_margin, section.right_margin = Mm(20), Mm(20), Mm(15)
    section.left_margin, section.header_distance, section.footer_distance = Mm(30), Mm(8), Mm(8)
    section.different_first_page_header_footer = True
    for old in section._sectPr.findall(qn("w:pgNumType")):
        section._sectPr.remove(old)
    numbering = OxmlElement("w:pgNumType")
    numbering.set(qn("w:start"), "1")
    section._sectPr.insert_element_before(numbering, "w:cols", "w:titlePg", "w:docGrid")


def _add_section(doc: Any, *, landscape: bool) -> None:
    """A section on a page of its own. The empty paragraph that ends the one before takes no room, so that it makes no
    page of its own behind a full one."""
    section = doc.add_section(WD_SECTION.NEW_PAGE)
    (mark,) = doc.element.body.xpath("./w:p[w:pPr/w:sectPr][last()]")
    _leave_no_room(Paragraph(mark, doc._body))
    _set_page_layout(section, landscape=landscape)


def _leave_no_room(paragraph: Any) -> None:
    """For an empty paragraph that has to be there and would otherwise make a page of its own behind a full one."""
    form = paragraph.paragraph_format
    form.space_before = form.space_after = Pt(0)
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(1)


def _add_page_headers(section: Any) -> None:
    """Page number in the middle of the top margin; a line on every page when the data are simulated."""
    number = section.header.paragraphs[0]
    number.style = "VB Số trang"
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        run = number.add_run()
        if kind:
            field = OxmlElement("w:fldChar")
            field.set(qn("w:fldCharType"), kind)
        else:
            field = OxmlElement("w:instrText")
            field.text = text
        run._r.append(field)
    section.first_page_header.paragraphs[0].style = "VB Số trang"
    for header in (section.header, section.first_page_header):
        for text in ("{%p if simulated %}", "{{ simulated }}", "{%p endif %}"):
            header.add_paragraph(text, style="VB Mô phỏng")


# --- pieces ------------------------------------------------------------------------------------------


def _add_paragraphs(doc: Any, style: str, *texts: str) -> None:
    for text in texts:
        doc.add_paragraph(text, style=style)


def _add_registry_paragraph(container: Any, style: str, text: str) -> None:
    """A paragraph with a bookmark before and behind each slot of the registry: form fields of the PDF go between."""
    paragraph = container.add_paragraph(style=style)
    for place, piece in enumerate(re.split(r"{{ (number|day|month|year|signer) }}", text)):
        if place % 2 == 0:
            if piece:
                paragraph.add_run(piece)
            continue
        _add_bookmark(paragraph, f"{piece}Begin")
        run = paragraph.add_run(f"{{{{ {piece} }}}}")
        run._r[-1].set(qn("xml:space"), "preserve")  # a blank is kept as wide as it is
        _add_bookmark(paragraph, f"{piece}End")


def _add_bookmark(paragraph: Any, name: str) -> None:
    taken = paragraph.part.element.xpath("//w:bookmarkStart/@w:name")
    number = str(len(taken) + 1)
    for tag in ("w:bookmarkStart", "w:bookmarkEnd"):
        mark = OxmlElement(tag)
        mark.set(qn("w:id"), number)
        if tag == "w:bookmarkStart":
            mark.set(qn("w:name"), f"{name}{number}" if name in taken else name)
        paragraph._p.append(mark)


def _add_paragraph_loop(doc: Any, style: str, slot: str, *, holds_last: bool = False) -> None:
    """Paragraphs repeated for every text of a slot; where `holds_last`, the last is on the page of what follows."""
    begin, text, end = f"{{%p for line in {slot} %}}", "{{ line.text }}", "{%p endfor %}"
    if not holds_last:
        _add_paragraphs(doc, style, begin, text, end)
        return
    _add_paragraphs(doc, style, begin, "{%p if loop.last %}")
    doc.add_paragraph(text, style=style).paragraph_format.keep_with_next = True
    _add_paragraphs(doc, style, "{%p else %}", text, "{%p endif %}", end)


def _add_table(doc: Any, widths: list[float], *, borders: bool) -> Any:
    table = doc.add_table(rows=0, cols=len(widths))
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    properties = table._tbl.tblPr
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "57" if borders else "0")  # twentieths of a point: 1 mm
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    look = properties.find(qn("w:tblLook"))
    properties.append(margins) if look is None else look.addprevious(margins)
    if borders:
        table.style = "Table Grid"
    for column, width in zip(table._tbl.tblGrid.gridCol_lst, widths, strict=True):
        column.w = Mm(width)
    return table


def _add_table_row(table: Any, cells: list[tuple[str, str]], widths: list[float], *, header: bool = False) -> Any:
    """A row that never breaks across pages; `header` repeats it."""
    row = table.add_row()
    properties = row._tr.get_or_add_trPr()
    for name, wanted in (("w:cantSplit", True), ("w:tblHeader", header)):
        if wanted:
            properties.append(OxmlElement(name))
    found = row.cells
    for cell, width, (text, style) in zip(found, widths, cells, strict=False):
        cell.width = Mm(width)
        cell.paragraphs[0].text, cell.paragraphs[0].style = text, style
    for cell in list(row._tr.tc_lst)[len(cells) :]:
        row._tr.remove(cell)
    return row


def _add_tag_row(table: Any, text: str) -> None:
    """A row that only carries a tag; rendering removes it."""
    table.add_row().cells[0].text = text


def _add_data_table(
    doc: Any,
    widths: list[float],
    heads: list[str],
    loop: str,
    cells: list[tuple[str, str]],
    head_style: str = "VB Bảng đầu",
) -> None:
    """A table with a repeating head and one row for every entry of a slot."""
    table = _add_table(doc, widths, borders=True)
    _add_table_row(table, [(head, head_style) for head in heads], widths, header=True)
    _add_tag_row(table, f"{{%tr for row in {loop} %}}")
    _add_table_row(table, cells, widths)
    _add_tag_row(table, "{%tr endfor %}")


# --- the first page -----------------------------------------------------------------------------------


def _add_summary_page(doc: Any) -> None:
    """One sheet before the letter: result, a dozen targets, units, what to direct, who is missing."""
    _add_paragraphs(doc, "VB Tên tóm tắt", "{{ page_title }}")
    _add_paragraphs(doc, "VB Kèm theo", ATTACHED)  # without marks: the registry's fields belong to the letter
    _add_paragraphs(doc, "VB Tóm tắt đậm", "{{ page_result }}")
    _add_paragraph_loop(doc, "VB Tóm tắt", "highlights")
    columns = [
        ("Chỉ tiêu", "{{ row.name }}", "VB Bảng nhỏ", 54.0),
        ("{%tc for head in quarter_heads %}", "{%tc for cell in row.quarter %}", "VB Bảng nhỏ giữa", 1.0),
        ("{{ head.text }}", "{{ cell.text }}", "VB Bảng nhỏ giữa", 19.0),
        ("{%tc endfor %}", "{%tc endfor %}", "VB Bảng nhỏ giữa", 1.0),
        ("{{ page_value_title }}", "{{ row.value }}", "VB Bảng nhỏ giữa", 26.0),
        ("{%tc for head in past_heads %}", "{%tc for cell in row.past %}", "VB Bảng nhỏ giữa", 1.0),
        ("{{ head.text }}", "{{ cell.text }}", "VB Bảng nhỏ giữa", 15.0),
        ("{%tc endfor %}", "{%tc endfor %}", "VB Bảng nhỏ giữa", 1.0),
        ("Mục tiêu", "{{ row.target }}", "VB Bảng nhỏ giữa", 24.0),
        ("Lộ trình", "{{ row.state }}", "VB Bảng nhỏ giữa", 32.0),
        ("{%tc for head in line_heads %}", "{%tc for cell in row.lines %}", "VB Bảng nhỏ hình", 1.0),
        ("{{ head.text }}", "{{ cell.text }}", "VB Bảng nhỏ hình", 20.0),
        ("{%tc endfor %}", "{%tc endfor %}", "VB Bảng nhỏ hình", 1.0),
    ]
    _add_paragraphs(doc, "VB Tóm tắt", "{%p if page_rows %}")
    _add_data_table(
        doc,
        [width for *_, width in columns],
        [head for head, *_ in columns],
        "page_rows",
        [(cell, style) for _, cell, style, _ in columns],
        head_style="VB Bảng nhỏ đầu",
    )
    _add_paragraphs(doc, "VB Tóm tắt", "{%p endif %}")
    _add_paragraphs(doc, "VB Tóm tắt đậm", "{%p if heat_lines %}", HEAT_TITLE)
    _add_paragraphs(doc, "VB Tóm tắt", "{%p if heat_sentence %}", "{{ heat_sentence }}", "{%p endif %}")
    _add_heat_table(doc)
    _add_paragraphs(doc, "VB Tóm tắt", "{%p endif %}")
    _add_paragraphs(doc, "VB Tóm tắt đậm", "{%p if actions %}", "Việc cần chỉ đạo")
    actions = [
        ("Việc", "{{ row.what }}", "VB Bảng nhỏ", 80.0),
        ("Đơn vị", "{{ row.who }}", "VB Bảng nhỏ", 60.0),
        ("Thời hạn", "{{ row.due }}", "VB Bảng nhỏ giữa", 30.0),
    ]
    _add_data_table(
        doc,
        [width for *_, width in actions],
        [head for head, *_ in actions],
        "actions",
        [(cell, style) for _, cell, style, _ in actions],
        head_style="VB Bảng nhỏ đầu",
    )
    _add_paragraphs(doc, "VB Tóm tắt", "{%p endif %}", "{%p if followed %}", "{{ followed }}", "{%p endif %}")
    _add_paragraphs(doc, "VB Tóm tắt", "{{ reported }}")


def _add_heat_table(doc: Any) -> None:
    """Units down, targets across, shaded by verdict; the letters say the same."""
    widths = [34.0, 1.0, 11.0, 1.0, 13.0]
    table = _add_table(doc, widths, borders=True)
    head, small, middle = "VB Bảng nhỏ đầu", "VB Bảng nhỏ", "VB Bảng nhỏ giữa"
    heads = [
        ("Đơn vị", head),
        ("{%tc for head in heat_heads %}", head),
        ("{{ head.title }}", head),
        ("{%tc endfor %}", head),
        ("Đạt", head),
    ]
    top = _add_table_row(table, heads, widths, header=True)
    top.height = Mm(_HEAT_HEAD_HEIGHT)
    upright = OxmlElement("w:textDirection")  # a column is narrower than the words of its head
    upright.set(qn("w:val"), "btLr")
    top.cells[2]._tc.get_or_add_tcPr().append(upright)
    _add_tag_row(table, "{%tr for row in heat_lines %}")
    cells = [
        ("{{ row.name }}", small),
        ("{%tc for mark in row.marks %}", middle),
        ("{% cellbg mark.shade %}{{ mark.sign }}", middle),
        ("{%tc endfor %}", middle),
        ("{{ row.score }}", middle),
    ]
    _add_table_row(table, cells, widths)
    _add_tag_row(table, "{%tr endfor %}")


# --- the report --------------------------------------------------------------------------------------


def _add_letter_head(doc: Any, *, grounds: bool = True) -> None:
    widths = [58.0, 102.0]
    row = _add_table_row(_add_table(doc, widths, borders=False), [("", "VB Bảng")] * 2, widths)
    left, right = row.cells
    pieces = (
        (left, "VB Cơ quan chủ quản", "{%p if parent_body %}"),
        (left, "VB Cơ quan chủ quản", "{{ parent_body }}"),
        (left, "VB Cơ quan chủ quản", "{%p endif %}"),
        (left, "VB Cơ quan ban hành", "{{ body }}"),
        (left, "VB Gạch", ""),
        (right, "VB Quốc hiệu", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        (right, "VB Tiêu ngữ", "Độc lập - Tự do - Hạnh phúc"),
        (right, "VB Gạch tiêu ngữ", ""),
    )
    for cell, style, text in pieces:
        cell.add_paragraph(text, style=style)
    _add_registry_paragraph(left, "VB Số ký hiệu", "Số: {{ number }}/{{ symbol }}")
    _add_registry_paragraph(right, "VB Địa danh", "{{ place }}, " + DATE)
    for cell in (left, right):
        cell._tc.remove(cell.paragraphs[0]._p)
    _add_paragraphs(doc, "VB Tên loại", "BÁO CÁO")
    _add_paragraphs(doc, "VB Trích yếu", "{{ subject }}")
    _add_paragraphs(doc, "VB Gạch", "")
    _add_paragraphs(
        doc,
        "VB Kính gửi",
        "{%p if one_recipient %}",
        "Kính gửi: {{ one_recipient }}",
        "{%p else %}",
        "Kính gửi:",
        "{%p endif %}",
    )
    _add_paragraph_loop(doc, "VB Kính gửi danh sách", "recipients")
    _add_paragraphs(doc, "VB Thông báo", "{%p if simulated_notice %}", "{{ simulated_notice }}", "{%p endif %}")
    if grounds:
        _add_paragraph_loop(doc, "VB Căn cứ", "bases")
    _add_paragraphs(doc, "VB Nội dung", "{{ opening }}")


def _add_report_body(doc: Any) -> None:
    _add_paragraphs(doc, "VB Mục", "I. TÌNH HÌNH CHUNG")
    _add_paragraph_loop(doc, "VB Nội dung", "situation")
    _add_paragraphs(doc, "VB Mục", "II. KẾT QUẢ THỰC HIỆN CÁC CHỈ TIÊU")
    _add_paragraph_loop(doc, "VB Nội dung", "summary")
    _add_paragraphs(doc, "VB Khoản", "{%p for group in groups %}", "{{ group.title }}")
    _add_paragraph_loop(doc, "VB Nội dung", "group.lines")
    _add_paragraphs(doc, "VB Nội dung", "{%p endfor %}")
    _add_paragraphs(doc, "VB Khoản", "{%p if since %}", "{{ since_title }}")
    _add_paragraph_loop(doc, "VB Nội dung", "since")
    _add_paragraphs(doc, "VB Nội dung", "{%p endif %}")
    _add_paragraphs(doc, "VB Khoản", "{%p if path_sentences %}", "{{ path_title }}")
    _add_paragraph_loop(doc, "VB Nội dung", "path_sentences")
    _add_paragraphs(doc, "VB Nội dung", "{%p endif %}")
    _add_paragraphs(doc, "VB Mục", "III. KẾT QUẢ THEO ĐƠN VỊ")
    _add_paragraph_loop(doc, "VB Nội dung", "unit_sentences")
    _add_paragraphs(doc, "VB Mục", "IV. TÌNH HÌNH THỰC HIỆN NHIỆM VỤ")
    _add_paragraph_loop(doc, "VB Nội dung", "task_sentences")
    _add_paragraphs(doc, "VB Mục", "V. KHÓ KHĂN, NGUYÊN NHÂN, KIẾN NGHỊ")
    doc.add_paragraph("{{ difficulty_sentence }}", style="VB Nội dung").paragraph_format.space_after = Pt(4)
    _add_paragraphs(doc, "VB Nội dung", "{%p if difficulties %}")
    columns = [
        ("Khó khăn, vướng mắc", "{{ row.difficulty }}", 36.0),
        ("Nguyên nhân", "{{ row.cause }}", 36.0),
        ("Kiến nghị", "{{ row.proposal }}", 40.0),
        ("{%tc for head in level_heads %}", "{%tc for cell in row.level %}", 1.0),
        ("{{ head.text }}", "{{ cell.text }}", 23.0),
        ("{%tc endfor %}", "{%tc endfor %}", 1.0),
        ("Đơn vị", "{{ row.units }}", 26.0),
    ]
    _add_data_table(
        doc,
        [width for *_, width in columns],
        [head for head, *_ in columns],
        "difficulties",
        [(cell, "VB Bảng") for _, cell, _ in columns],
    )
    _add_paragraphs(doc, "VB Nội dung", "{%p endif %}")
    _add_paragraphs(doc, "VB Mục", "VI. {{ directions_title }}")
    _add_paragraph_loop(doc, "VB Nội dung", "directions", holds_last=True)
    _add_paragraphs(doc, "VB Mục", "{%p if data_notes %}", "VII. GHI CHÚ VỀ SỐ LIỆU")
    _add_paragraph_loop(doc, "VB Nội dung", "data_notes", holds_last=True)
    _add_paragraphs(doc, "VB Nội dung", "{%p endif %}")
    closing = doc.add_paragraph("{{ closing }}", style="VB Nội dung")
    closing.paragraph_format.keep_with_next, closing.paragraph_format.space_after = True, Pt(12)


def _add_letter_foot(doc: Any) -> None:
    widths = [75.0, 85.0]
    left, right = _add_table_row(_add_table(doc, widths, borders=False), [("", "VB Bảng")] * 2, widths).cells
    pieces = (
        (left, "VB Nơi nhận", "Nơi nhận:"),
        (left, "VB Nơi nhận danh sách", "- Như trên;"),
        (left, "VB Nơi nhận danh sách", "{%p for line in copies %}"),
        (left, "VB Nơi nhận danh sách", "{{ line.text }}"),
        (left, "VB Nơi nhận danh sách", "{%p endfor %}"),
        (left, "VB Nơi nhận danh sách", "{{ archive_line }}"),
        (right, "VB Quyền hạn", "{%p for line in authority %}"),
        (right, "VB Quyền hạn", "{{ line.text }}"),
        (right, "VB Quyền hạn", "{%p endfor %}"),
    )
    for cell, style, text in pieces:
        cell.add_paragraph(text, style=style)
    _add_registry_paragraph(right, "VB Họ tên", "{{ signer }}")
    for cell in (left, right):
        cell._tc.remove(cell.paragraphs[0]._p)


def _add_annex_title(doc: Any, number: str, title: str) -> None:
    _add_paragraphs(doc, "VB Phụ lục", f"Phụ lục {number}")
    _add_paragraphs(doc, "VB Tên phụ lục", title)
    _add_attachment_line(doc)


def _add_attachment_line(doc: Any) -> None:
    _add_registry_paragraph(doc, "VB Kèm theo", ATTACHED)


def _add_results_annex(doc: Any) -> None:
    _add_annex_title(doc, "I", "KẾT QUẢ THỰC HIỆN CÁC CHỈ TIÊU")
    left, middle, head = "VB Bảng", "VB Bảng giữa", "VB Bảng đầu"
    columns = [
        ("TT", "{{ row.item }}", middle, 15.0),
        ("Chỉ tiêu", "{{ row.title }}", left, 50.0),
        ("Đơn vị", "{{ row.measured_in }}", middle, 17.0),
        ("{%tc for head in known_heads %}", "{%tc for cell in row.known %}", middle, 1.0),
        ("{{ head.text }}", "{{ cell.text }}", middle, 19.0),
        ("{%tc endfor %}", "{%tc endfor %}", middle, 1.0),
        ("{{ page_value_title }}", "{{ row.value }}", middle, 25.0),
        ("{%tc for year in years %}", "{%tc for level in row.levels %}", middle, 1.0),
        ("{{ year.title }}", "{{ level.text }}", middle, 22.0),
        ("{%tc endfor %}", "{%tc endfor %}", middle, 1.0),
        ("% mục tiêu", "{{ row.share }}", middle, 14.0),
        ("Đánh giá", "{{ row.status }}", middle, 20.0),
        ("Còn thiếu (hoặc vượt)", "{{ row.missing }}", middle, 21.0),
    ]
    widths = [width for *_, width in columns]
    _add_paragraphs(doc, "VB Ghi chú bảng", "{%p if result_legend %}", "{{ result_legend }}", "{%p endif %}")
    table = _add_table(doc, widths, borders=True)
    _add_table_row(table, [(title, head) for title, *_ in columns], widths, header=True)
    _add_tag_row(table, "{%tr for row in results %}")
    _add_tag_row(table, "{%tr if row.is_group %}")
    _add_table_row(table, [("{% colspan span %}{{ row.group }}", "VB Bảng nhóm")], [sum(widths)])
    _add_tag_row(table, "{%tr elif row.is_statement %}")
    _add_table_row(
        table,
        [
            ("{{ row.item }}", middle),
            ("{{ row.title }}", left),
            ("{{ row.measured_in }}", middle),
            ("{% colspan span - 5 %}{{ row.statement }}", left),
            ("{{ row.status }}", middle),
            ("{{ row.missing }}", middle),
        ],
        [15.0, 50.0, 17.0, 124.0, 20.0, 21.0],
    )
    _add_tag_row(table, "{%tr else %}")
    _add_table_row(table, [(text, style) for _, text, style, _ in columns], widths)
    _add_tag_row(table, "{%tr endif %}")
    _add_tag_row(table, "{%tr endfor %}")


def _add_units_annex(doc: Any) -> None:
    _add_annex_title(doc, "II", "KẾT QUẢ THEO ĐƠN VỊ {{ period|upper }}")
    _add_paragraphs(
        doc,
        "VB Nội dung",
        "{%p if not unit_blocks and not agency_blocks %}",
        "Chưa có số liệu theo đơn vị.",
        "{%p endif %}",
    )
    _add_paragraphs(doc, "VB Ghi chú bảng", "{%p if unit_legend %}", "{{ unit_legend }}", "{%p endif %}")
    _add_unit_tables(doc, "unit_blocks")
    _add_paragraphs(doc, "VB Nội dung", "{%p if agency_blocks %}")
    _add_paragraphs(doc, "VB Khoản", "Cơ quan, đơn vị")
    _add_unit_tables(doc, "agency_blocks")
    _add_paragraphs(doc, "VB Nội dung", "{%p endif %}")
    _leave_no_room(doc.add_paragraph())  # a document cannot end in a table


def _add_unit_tables(doc: Any, blocks: str) -> None:
    """A table for each of some blocks: units down, indicators across."""
    middle, head = "VB Bảng giữa", "VB Bảng đầu"
    _add_paragraphs(doc, "VB Nội dung", f"{{%p for block in {blocks} %}}")
    widths = [10.0, 46.0, 1.0, 20.0, 1.0]
    table = _add_table(doc, widths, borders=True)
    heads = [
        "TT",
        "Đơn vị",
        "{%tc for indicator in block.indicators %}",
        "{{ indicator.item }}. {{ indicator.title }}",
        "{%tc endfor %}",
    ]
    _add_table_row(table, [(text, head) for text in heads], widths, header=True)
    _add_tag_row(table, "{%tr for row in block.rows %}")
    cells = [
        ("{{ loop.index }}", middle),
        ("{{ row.name }}", "VB Bảng"),
        ("{%tc for cell in row.cells %}", middle),
        ("{{ cell.text }}", middle),
        ("{%tc endfor %}", middle),
    ]
    _add_table_row(table, cells, widths)
    _add_tag_row(table, "{%tr endfor %}")
    _add_paragraphs(doc, "VB Ghi chú bảng", "{%p if not loop.last %}", "", "{%p endif %}", "{%p endfor %}")


if __name__ == "__main__":
    write_report_template(Path(__file__).with_name("report.docx"))
