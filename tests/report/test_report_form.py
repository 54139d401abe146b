"""The form of the Word report against the limits of NĐ 30/2020/NĐ-CP, Phụ lục I."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt
from docx.text.paragraph import Paragraph

from etl.catalog import Catalogue, models
from etl.report import write_report_draft
from etl.report.template_context import _allow_break
from tests.report.conftest import TEMPLATES, Drafted

CENTER, JUSTIFY = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.JUSTIFY


@dataclass(frozen=True)
class Rule:
    """One component of a document: how it begins and what the decree allows it."""

    begins: str
    sizes: tuple[float, float]
    bold: bool
    italic: bool = False
    align: WD_ALIGN_PARAGRAPH | None = CENTER
    upper: bool = False


COMPONENTS = [
    Rule("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", (12, 13), bold=True, upper=True),
    Rule("Độc lập - Tự do - Hạnh phúc", (13, 14), bold=True),
    Rule("{parent}", (12, 13), bold=False, upper=True),
    Rule("{body}", (12, 13), bold=True, upper=True),
    Rule("Số:        /BC-", (13, 13), bold=False),
    Rule("{place}, ngày", (13, 14), bold=False, italic=True),
    Rule("BÁO CÁO", (13, 14), bold=True, upper=True),
    Rule("{subject}", (13, 14), bold=True),
    Rule("Kính gửi:", (13, 14), bold=False),
    Rule("Căn cứ", (13, 14), bold=False, italic=True, align=JUSTIFY),
    Rule("{office} báo cáo", (13, 14), bold=False, align=JUSTIFY),
    Rule("I. TÌNH HÌNH CHUNG", (13, 14), bold=True, align=JUSTIFY, upper=True),
    Rule("II. KẾT QUẢ", (13, 14), bold=True, align=JUSTIFY, upper=True),
    Rule("III. KẾT QUẢ", (13, 14), bold=True, align=JUSTIFY, upper=True),
    Rule("IV. TÌNH HÌNH", (13, 14), bold=True, align=JUSTIFY, upper=True),
    Rule("V. KHÓ KHĂN", (13, 14), bold=True, align=JUSTIFY, upper=True),
    Rule("VI. PHƯƠNG HƯỚNG", (13, 14), bold=True, align=JUSTIFY, upper=True),
    Rule("VII. GHI CHÚ", (13, 14), bold=True, align=JUSTIFY, upper=True),
    Rule("{difficulties}", (13, 14), bold=False, align=JUSTIFY),
    Rule("Trên đây là kết quả", (13, 14), bold=False, align=JUSTIFY),
    Rule("{authority}", (13, 14), bold=True, upper=True),
    Rule("Nơi nhận:", (12, 12), bold=True, italic=True, align=WD_ALIGN_PARAGRAPH.LEFT),
    Rule("- Như trên;", (11, 11), bold=False, align=WD_ALIGN_PARAGRAPH.LEFT),
    Rule("- Lưu: VT", (11, 11), bold=False, align=WD_ALIGN_PARAGRAPH.LEFT),
    Rule("Phụ lục I", (14, 14), bold=True),
    Rule("KẾT QUẢ THỰC HIỆN CÁC CHỈ TIÊU", (13, 14), bold=True, upper=True),
    Rule("(Kèm theo Báo cáo số", (13, 14), bold=False, italic=True),
]


def paragraphs(document: Any) -> Iterator[Paragraph]:
    """Every paragraph of the body, tables too, in order."""
    for element in document.element.body.iter(qn("w:p")):
        yield Paragraph(element, document._body)


def starting(report: Drafted, begins: str) -> Paragraph:
    office = report.given.scope.offices[0]
    head = report.facts["head"]
    # A people's committee has no parent body; its own name then stands first.
    parent = office.parent_body or office.body
    begins = begins.replace("{parent}", parent).replace("{body}", office.body.split("\n")[0])
    slots = {"place": office.place, "office": head["office"], "subject": head["subject"]}
    slots["difficulties"] = report.facts["notes"]["sentence"]
    text = begins.format(authority=office.authority[0], **slots)
    return next(p for p in paragraphs(report.word) if p.text.startswith(text))


def resolved(paragraph: Paragraph, name: str) -> Any:
    """A font property as printed: of the run, else of the style, else of what the style is based on."""
    style = paragraph.style
    values = [getattr(run.font, name) for run in paragraph.runs if run.text.strip()]
    while style is not None and not any(value is not None for value in values):
        values = [getattr(style.font, name)]
        style = style.base_style
    return next((value for value in values if value is not None), None)


@pytest.mark.parametrize("rule", COMPONENTS, ids=lambda rule: rule.begins)
def test_each_component_is_set_as_the_decree_says(report: Drafted, rule: Rule) -> None:
    if rule.begins == "{parent}" and not report.given.scope.offices[0].parent_body:
        assert not [p for p in paragraphs(report.word) if p.style.name == "VB Cơ quan chủ quản"]
        return
    paragraph = starting(report, rule.begins)
    size = resolved(paragraph, "size")
    assert Pt(rule.sizes[0]) <= size <= Pt(rule.sizes[1])
    assert bool(resolved(paragraph, "bold")) is rule.bold
    assert bool(resolved(paragraph, "italic")) is rule.italic
    assert paragraph.style.paragraph_format.alignment == rule.align
    assert resolved(paragraph, "name") == "Times New Roman"
    assert not rule.upper or paragraph.text == paragraph.text.upper()


def test_the_page_is_a4_with_the_decrees_margins(report: Drafted) -> None:
    sections = list(report.word.sections)
    for section in sections:
        upright = section.orientation == WD_ORIENT.PORTRAIT
        width, height = (Mm(210), Mm(297)) if upright else (Mm(297), Mm(210))
        assert abs(section.page_width - width) < Pt(1)
        assert abs(section.page_height - height) < Pt(1)
        for margin, least, most in (
            (section.top_margin, 20, 25),
            (section.bottom_margin, 20, 25),
            (section.left_margin, 30, 35),
            (section.right_margin, 15, 20),
        ):
            assert Mm(least) - Pt(0.1) <= margin <= Mm(most) + Pt(0.1)
    orientations = [section.orientation for section in sections]
    letter, annexes = [WD_ORIENT.PORTRAIT] * 2, [WD_ORIENT.LANDSCAPE] * 2
    assert orientations == [*letter, *annexes], "the first page, the letter, the plan's table, the units'"


def test_the_page_number_stands_in_the_top_margin_but_not_on_page_one(report: Drafted) -> None:
    for section in report.word.sections:
        assert section.different_first_page_header_footer
        assert section._sectPr.find(qn("w:pgNumType")).get(qn("w:start")) == "1"
    first = report.word.sections[0]
    number = first.header.paragraphs[0]
    assert "PAGE" in number._p.xml
    assert number.style.paragraph_format.alignment == CENTER
    assert Pt(13) <= number.style.font.size <= Pt(14)
    assert "PAGE" not in "".join(p._p.xml for p in first.first_page_header.paragraphs)
    for section in list(report.word.sections)[1:]:
        assert section.header.is_linked_to_previous


def test_the_body_is_justified_indented_and_spaced_as_the_decree_says(report: Drafted) -> None:
    body = [p for p in paragraphs(report.word) if p.style.name == "VB Nội dung"]
    assert len(body) > 15
    form = body[0].style.paragraph_format
    assert form.alignment == JUSTIFY
    assert abs(form.first_line_indent - Mm(12.7)) < Pt(0.5)
    assert form.space_before >= Pt(6)
    assert 1.0 <= form.line_spacing <= 1.5


def test_a_single_addressee_stands_on_the_line_and_several_in_a_dash_list(report: Drafted) -> None:
    names = report.given.report.recipients
    texts = [p.text for p in paragraphs(report.word)]
    if len(names) == 1:
        assert f"Kính gửi: {names[0]}." in texts
    else:
        start = texts.index("Kính gửi:")
        assert texts[start + 1 : start + 1 + len(names)] == [f"- {n};" for n in names[:-1]] + [f"- {names[-1]}."]


def test_grounds_end_with_semicolons_and_the_last_with_a_full_stop(report: Drafted) -> None:
    grounds = [p.text for p in paragraphs(report.word) if p.text.startswith("Căn cứ") and p.style.name == "VB Căn cứ"]
    own = report.given.plan.status == "issued"
    assert len(grounds) == len(report.given.plan.parents) + own, "a draft is no ground"
    assert all(ground.endswith(";") for ground in grounds[:-1])
    assert grounds[-1].endswith(".")


def test_number_date_and_name_are_left_to_the_registry_and_the_signer(report: Drafted) -> None:
    office = report.given.scope.offices[0]
    texts = [p.text for p in paragraphs(report.word)]
    assert f"Số:        /{office.symbol}" in texts
    assert any(text.startswith(f"{office.place}, ngày      tháng      năm") for text in texts)
    assert next(p for p in paragraphs(report.word) if p.style.name == "VB Họ tên").text == ""
    places = [texts.index(line) for line in office.authority]
    assert places == sorted(places)


def test_a_blank_in_the_plans_number_stays_blank(report: Drafted) -> None:
    plan = report.given.plan
    *_, ground = (p.text for p in paragraphs(report.word) if p.style.name == "VB Căn cứ")
    if plan.status == "draft":
        assert plan.parents[-1].subject in ground, "a draft is no ground, so nothing of it is blank there"
        return
    assert plan.number in ground
    if plan.number == "" or plan.number.startswith("/"):
        assert f"số         {plan.number}".rstrip() in ground
    if plan.date is None:
        assert "ngày      tháng      năm" in ground


def test_the_text_ends_as_administrative_texts_do(report: Drafted) -> None:
    body = [p.text for p in paragraphs(report.word) if p.style.name == "VB Nội dung" and p.text]
    closing = next(text for text in body if text.startswith("Trên đây"))
    assert closing.endswith("./.")


def data_tables(report: Drafted) -> list[Any]:
    return [t for t in report.word.tables if t._tbl.find(f".//{qn('w:tblHeader')}") is not None]


def plan_table(report: Drafted) -> Any:
    """The plan's own table: the first with a running number."""
    return next(table for table in data_tables(report) if table.rows[0].cells[0].text == "TT")


def test_the_signature_is_never_alone_on_a_page(report: Drafted) -> None:
    paragraphs = report.word.paragraphs
    closing = next(i for i, p in enumerate(paragraphs) if p.text.startswith("Trên đây"))
    before, last, said = paragraphs[closing - 2 : closing + 1]
    assert last.paragraph_format.keep_with_next and said.paragraph_format.keep_with_next
    assert last.text and not before.paragraph_format.keep_with_next, "one paragraph is held, not the whole section"


def test_heads_repeat_rows_stay_whole_and_tables_fill_the_page(report: Drafted) -> None:
    tables = data_tables(report)
    assert len(tables) >= 3
    for table in tables:
        rows = table._tbl.findall(qn("w:tr"))
        assert rows[0].find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
        assert all(row.find(f"{qn('w:trPr')}/{qn('w:cantSplit')}") is not None for row in rows)
        grid = [int(column.get(qn("w:w"))) for column in table._tbl.tblGrid.findall(qn("w:gridCol"))]
        for row in rows:
            cells = row.findall(qn("w:tc"))
            spans = [cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}") for cell in cells]
            assert sum(int(span.get(qn("w:val"))) if span is not None else 1 for span in spans) == len(grid)
            widths = [int(cell.find(f"{qn('w:tcPr')}/{qn('w:tcW')}").get(qn("w:w"))) for cell in cells]
            assert sum(widths) == sum(grid)
        width = Length(sum(grid) * 635)
        assert min(abs(width - Mm(165)), abs(width - Mm(252))) < Pt(2)


def test_no_table_cell_is_blank_but_the_number_of_an_unnumbered_row(report: Drafted) -> None:
    for table in data_tables(report):
        for row in table.rows:
            for cell in {cell._tc: cell for cell in row.cells[1:]}.values():
                assert cell.text.strip() or cell._tc.xpath(".//w:drawing"), [c.text for c in row.cells]


def test_rules_are_a_third_to_a_half_of_the_text_above(report: Drafted) -> None:
    rules = [p for p in paragraphs(report.word) if p.style.name == "VB Gạch"]
    assert len(rules) == 2
    for rule in rules:
        assert rule.paragraph_format.left_indent == rule.paragraph_format.right_indent
        assert rule.paragraph_format.left_indent > 0
    motto = next(p for p in paragraphs(report.word) if p.style.name == "VB Gạch tiêu ngữ").style.paragraph_format
    assert abs((Mm(102) - motto.left_indent - motto.right_indent) - Mm(59.7)) < Mm(2)


def test_the_partys_form_is_never_used(report: Drafted) -> None:
    """Not even towards a Party body: the report of a government office keeps the government's form."""
    text = "\n".join(p.text for p in paragraphs(report.word))
    assert "ĐẢNG CỘNG SẢN VIỆT NAM" not in text
    assert "T/M" not in text
    assert "*" not in [p.text.strip() for p in paragraphs(report.word)]  # the Party's star instead of a rule
    assert "Số:        /BC-" in text  # and not the Party's "Số 12-BC/TU"


def test_a_report_to_a_party_body_is_addressed_like_any_other(drafted: Callable[..., Drafted]) -> None:
    report = drafted("kon-tum", "kt-124", "2024Q4")
    assert any("đảng" in name for name in report.given.report.recipients)
    texts = [p.text for p in paragraphs(report.word)]
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in texts
    assert f"Kính gửi: {report.given.report.recipients[0]}." in texts


SIGNERS = [
    ("kon-tum", "kt-124", ("GIÁM ĐỐC",)),
    ("kon-tum", "kt-124", ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC")),
    ("kon-tum", "kt-124", ("Q. GIÁM ĐỐC",)),
    ("tan-yen", "ty-ct25", ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH")),
    ("tan-yen", "ty-ct25", ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH")),
]


@pytest.mark.parametrize(("scope", "plan", "lines"), SIGNERS, ids=lambda value: value if isinstance(value, str) else "")
def test_the_block_of_the_signature_follows_the_authority(
    drafted: Callable[..., Drafted], tmp_path: Path, scope: str, plan: str, lines: tuple[str, ...]
) -> None:
    given = drafted(scope, plan, "2024").given
    office = models.Office.model_validate(given.scope.offices[0].model_dump() | {"authority": lines})
    paths = write_report_draft(
        replace(given, scope=given.scope.model_copy(update={"offices": (office,)})), TEMPLATES, tmp_path
    )
    found = [p for p in paragraphs(Document(str(paths["word"]))) if p.style.name in {"VB Quyền hạn", "VB Họ tên"}]
    assert [p.text for p in found] == [*lines, ""]
    assert all(p.style.font.bold and Pt(13) <= p.style.font.size <= Pt(14) for p in found)
    assert found[-1].style.paragraph_format.space_before >= Pt(50)  # room to sign and seal


@pytest.mark.parametrize(
    "lines",
    [
        ("T/M ỦY BAN NHÂN DÂN", "CHỦ TỊCH"),
        ("Giám đốc",),
        ("KT. GIÁM ĐỐC",),
        ("TM. ỦY BAN NHÂN DÂN",),
        ("KT. CHỦ TỊCH", "CHỦ TỊCH"),
    ],
)
def test_an_authority_that_no_decree_knows_is_refused(catalogue: Catalogue, lines: tuple[str, ...]) -> None:
    office = catalogue.scopes["tan-yen"].offices[0].model_dump()
    with pytest.raises(ValueError, match="authority"):
        models.Office.model_validate(office | {"authority": lines})


def test_annexes_bear_roman_numbers_in_order_and_each_begins_its_own_page(report: Drafted) -> None:
    titles = [p for p in paragraphs(report.word) if p.style.name == "VB Phụ lục"]
    numerals = ("I", "II", "III", "IV", "V")[: len(titles)]
    assert [p.text for p in titles] == [f"Phụ lục {numeral}" for numeral in numerals]
    assert len(report.word.sections) == 2 + len(titles), "and the first page and the letter"
    assert len(titles) == 2
    named = [p for p in paragraphs(report.word) if p.style.name == "VB Kèm theo"]
    assert len(named) == 1 + len(titles)
    assert all(p.text.startswith(f"(Kèm theo Báo cáo số        /{report.given.scope.offices[0].symbol}") for p in named)


def test_annex_two_says_its_period_and_what_its_counts_count(report: Drafted) -> None:
    facts = report.typed
    texts = [p.text for p in report.word.paragraphs]
    assert f"KẾT QUẢ THEO ĐƠN VỊ {facts.period.name.upper()}" in texts
    indicators = report.given.catalogue.indicators
    columns = [column for block in facts.units.blocks for column in block]
    by_item = {target.item: indicators[target.indicator] for target in report.given.plan.targets if target.indicator}
    for column in columns:
        name = by_item[column.item].short_name
        assert column.title == (f"{name.removesuffix('/100.000 dân')} (ca)" if column.counts else name)
    heads = {cell.text.replace("\u200b", "") for table in data_tables(report) for cell in table.rows[0].cells}
    assert {f"{column.item}. {column.title}" for column in columns} <= heads


def test_no_number_or_date_of_a_table_may_break_at_its_stroke(report: Drafted) -> None:
    cells = {cell.text for table in data_tables(report) for row in table.rows for cell in row.cells}
    assert not [text for text in cells if re.search(r"\d/\u200b\d", text)]
    assert not [text for text in cells if "((" in text]


def test_a_cell_breaks_behind_the_stroke_of_words_alone() -> None:
    assert _allow_break("98 (ngày 29/12/2023)") == "98 (ngày 29/12/2023)"
    assert _allow_break("HIV mới/100.000 dân") == "HIV mới/\u200b100.000 dân"
    assert (
        _allow_break("Nghị quyết số 202/2025/QH15, 1693/KH-UBND, 25-CT/TW")
        == "Nghị quyết số 202/2025/QH15, 1693/KH-UBND, 25-CT/TW"
    )


def test_every_paragraph_is_of_a_style_with_the_decrees_font_and_sizes(report: Drafted) -> None:
    """No stray paragraph: each has a named style, Times New Roman, black, between 11 and 14 (rules are lines); the tables
    of the first page, which has to be one page, 9."""
    for paragraph in paragraphs(report.word):
        if not paragraph.text.strip():
            continue
        assert paragraph.style.name.startswith("VB "), paragraph.text
        assert resolved(paragraph, "name") == "Times New Roman"
        least = 9 if paragraph.style.name.startswith("VB Bảng nhỏ") else 11
        assert Pt(least) <= resolved(paragraph, "size") <= Pt(14), paragraph.text
        colour = paragraph.style.font.color.rgb
        assert colour is None or str(colour) == "000000"


def test_line_spacing_lies_between_single_and_one_and_a_half(report: Drafted) -> None:
    for style in {p.style.name: p.style for p in paragraphs(report.word)}.values():
        spacing = style.paragraph_format.line_spacing
        assert spacing is None or 1.0 <= spacing <= 1.5, style.name


def test_the_number_and_the_date_carry_no_spaces_about_their_marks(report: Drafted) -> None:
    number = next(p.text for p in paragraphs(report.word) if p.text.startswith("Số:"))
    assert " /" not in number.replace("Số:        /", "Số:/")
    assert "- " not in number and " -" not in number
    for text in (p.text for p in paragraphs(report.word) if p.style.name == "VB Căn cứ"):
        assert not re.search(r"ngày \d{1,2}/", text), "grounds write the date out"
        for day, month in re.findall(r"ngày (\d+) tháng (\d+) năm", text):
            assert len(day) == 2
            assert month == (month.lstrip("0") if int(month) > 2 else month.zfill(2))


def test_recipients_end_with_the_archive_and_begin_with_the_above(report: Drafted) -> None:
    texts = [p.text for p in paragraphs(report.word) if p.style.name == "VB Nơi nhận danh sách" and p.text]
    assert texts[0] == "- Như trên;"
    assert texts[-1].startswith("- Lưu: VT") and texts[-1].endswith(".")
    assert all(text.endswith(";") for text in texts[:-1])
