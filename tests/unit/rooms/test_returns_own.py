"""The sender's own workbook: marked, commented, and otherwise as it was."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from lxml import etree

from etl.catalog import Catalogue
from etl.catalog.layout import RESULT_HEADER, RESULT_SHEET
from etl.model import FindingLevel
from etl.returns import render_answer_workbook
from etl.returns.annotate import annotate_workbook
from etl.returns.return_messages import LEVEL_MARKS
from tests.builders import Workbook
from tests.unit.rooms.returns_books import (
    SHEET,
    answer,
    assert_consistent,
    finding,
    packed,
    prefixed,
    rich,
    sheet_part,
    strict,
    unpacked,
    with_part,
)

REFUSE, CONFIRM, NOTE = (
    finding("D5"),
    finding("D6", FindingLevel.CONFIRM, "V05"),
    finding("D7", FindingLevel.NOTE, "Q01"),
)


def opened(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(data), rich_text=False)


def marked(data: bytes) -> set[str]:
    """Cells with a mark of ours, outside the first sheet."""
    return {
        f"{page.title}!{cell.coordinate}"
        for page in opened(data).worksheets[1:]
        for row in page.iter_rows()
        for cell in row
        if cell.fill.fgColor.rgb in {mark.fill for mark in LEVEL_MARKS.values()} and cell.border.left.color is not None
    }


def comments(data: bytes) -> dict[str, str]:
    return {
        f"{page.title}!{cell.coordinate}": cell.comment.text
        for page in opened(data).worksheets
        for row in page.iter_rows()
        for cell in row
        if cell.comment
    }


def result(data: bytes) -> list[dict[str, Any]]:
    """The table of findings on the first sheet."""
    rows = list(opened(data)[RESULT_SHEET].iter_rows(max_col=len(RESULT_HEADER)))
    head = next(i for i, row in enumerate(rows) if tuple(c.value for c in row) == RESULT_HEADER)
    found = []
    for row in rows[head + 1 :]:
        if not str(row[0].value or "").isdecimal():
            break
        found.append(dict(zip(RESULT_HEADER, row, strict=True)))
    return found


def raw(data: bytes, name: str) -> bytes:
    """An entry's packed bytes, as they lie in the zip."""
    info = zipfile.ZipFile(BytesIO(data)).getinfo(name)
    start = info.header_offset + 30 + int.from_bytes(data[info.header_offset + 26 : info.header_offset + 28], "little")
    start += int.from_bytes(data[info.header_offset + 28 : info.header_offset + 30], "little")
    return data[start : start + info.compress_size]


def test_every_untouched_part_keeps_its_bytes() -> None:
    given = rich()
    back = annotate_workbook(answer(given, REFUSE, CONFIRM, NOTE))
    before, after = unpacked(given), unpacked(back)
    touched = {name for name in before if before[name] != after.get(name)}
    assert touched == {
        "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
        "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml",
    }  # fmt: skip
    assert set(after) - set(before) == {"xl/worksheets/ketqua1.xml"}
    assert all(raw(given, name) == raw(back, name) for name in set(before) - touched)
    assert_consistent(back)


def test_of_another_sheet_only_the_selection_changes() -> None:
    given = rich()
    before, after = (
        unpacked(data)["xl/worksheets/sheet2.xml"] for data in (given, annotate_workbook(answer(given, REFUSE)))
    )
    assert before.replace(b' tabSelected="1"', b"") == after


def test_a_marked_sheet_differs_in_its_marks_only() -> None:
    given = rich()
    back = annotate_workbook(answer(given, REFUSE, CONFIRM))
    trees = [etree.fromstring(unpacked(data)["xl/worksheets/sheet1.xml"]) for data in (given, back)]
    for tree in trees:
        for cell in tree.iter("{*}c"):
            if cell.get("r") in {"D5", "D6"}:
                del cell.attrib["s"]
    assert etree.tostring(trees[0], method="c14n") == etree.tostring(trees[1], method="c14n")


def test_a_mark_keeps_number_format_font_and_lock_and_has_its_own_border() -> None:
    given = rich()
    before, after = opened(given)[SHEET], opened(annotate_workbook(answer(given, REFUSE, CONFIRM, NOTE)))[SHEET]
    borders = set()
    for name in ("D5", "D6", "D7"):
        own, cell = before[name], after[name]
        assert (cell.value, cell.number_format, cell.font.b, cell.protection.locked) == (
            own.value, own.number_format, own.font.b, own.protection.locked,
        )  # fmt: skip
        borders.add(cell.border.left.style)
    assert len(borders) == 3, "levels differ without colour"
    assert after["D8"].fill.fgColor.rgb == before["D8"].fill.fgColor.rgb
    assert after["D25"].value == "=SUM(D4:D20)"
    cached = openpyxl.load_workbook(BytesIO(annotate_workbook(answer(given, REFUSE))), data_only=True)
    assert cached[SHEET]["D25"].value == 255


def test_names_stay_with_their_sheets_and_structure_stays_locked() -> None:
    given = rich()
    back = opened(annotate_workbook(answer(given, REFUSE)))
    assert back.sheetnames == [RESULT_SHEET, SHEET, "Ghi 'riêng' chú", "ẩn"]
    assert back.active.title == RESULT_SHEET
    assert back[SHEET].print_area == f"'{SHEET}'!$A$1:$H$30"
    assert back[SHEET].print_title_rows == "$3:$3"
    assert back["Ghi 'riêng' chú"].print_area == "'Ghi ''riêng'' chú'!$A$1:$C$3"
    assert "Rieng" in back[SHEET].defined_names
    assert back["ẩn"].sheet_state == "hidden"
    assert back.security.lockStructure
    assert back[SHEET].protection.password == opened(given)[SHEET].protection.password


def test_comments_of_theirs_stay_and_ours_follow_below() -> None:
    found = comments(annotate_workbook(answer(rich(), REFUSE, CONFIRM)))
    assert found[f"{SHEET}!H9"].endswith("Hỏi lại trạm.")
    text = found[f"{SHEET}!D6"]
    assert text.startswith("Số này lấy từ sổ A1.")
    for part in ("▲ Cần xác nhận (V05)", CONFIRM.message, "Cách xử lý: Chỉ nhập số."):
        assert part in text
    assert found[f"{SHEET}!D5"].startswith("KẾT QUẢ KIỂM TRA · Sở Y tế\n■ Phải sửa (V01)\n")


def test_a_threaded_comment_is_left_alone() -> None:
    def threaded(xml: bytes) -> bytes:
        return xml.replace(b"<author>Ch\xe1\xbb\x8b Hoa</author>", b"<author>tc={6F0E}</author>")

    given = with_part(rich(), "xl/comments1.xml", threaded)
    back = annotate_workbook(answer(given, CONFIRM))
    assert comments(back)[f"{SHEET}!D6"] == comments(given)[f"{SHEET}!D6"]
    assert f"{SHEET}!D6" in marked(back)
    assert len(result(back)) == 1


def test_findings_of_one_cell_share_a_comment_and_the_gravest_marks() -> None:
    back = annotate_workbook(answer(rich(), replace(NOTE, cell="D9"), replace(REFUSE, cell="D9")))
    assert opened(back)[SHEET]["D9"].fill.fgColor.rgb == LEVEL_MARKS[FindingLevel.REFUSE].fill
    assert comments(back)[f"{SHEET}!D9"].count("Cách xử lý") == 2
    many = annotate_workbook(answer(rich(), *(finding("D9", code=f"V{i:02}", value=str(i)) for i in range(20))))
    assert "Còn 14 nội dung khác" in comments(many)[f"{SHEET}!D9"]


def test_a_cell_of_a_merged_area_marks_the_area() -> None:
    given = rich()
    back = annotate_workbook(answer(given, finding("G5")))
    before, after = (
        {c.get("r"): c.get("s") for c in etree.fromstring(unpacked(data)["xl/worksheets/sheet1.xml"]).iter("{*}c")}
        for data in (given, back)
    )
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {f"{col}{row}" for col in "FG" for row in (4, 5, 6)}
    assert f"{SHEET}!F4" in comments(back)


@pytest.mark.parametrize("cell", ["A1", "C4", "E22", "Z99"])
def test_a_cell_or_row_that_is_not_there_is_made_in_its_place(cell: str) -> None:
    back = annotate_workbook(answer(rich(), finding(cell)))
    assert_consistent(back)
    assert marked(back) == {f"{SHEET}!{cell}"}
    assert opened(back)[SHEET].dimensions.endswith("99" if cell == "Z99" else opened(rich())[SHEET].dimensions[-2:])


def test_the_first_sheet_links_each_finding_to_its_cell_in_the_given_order() -> None:
    elsewhere = finding(
        "A1", FindingLevel.CONFIRM, "V05", sheet="Ghi 'riêng' chú", org_unit_code="612", data_element="pop"
    )
    nowhere = finding("", FindingLevel.REFUSE, "S08", sheet="Mất")
    in_hidden = finding("A1", FindingLevel.NOTE, "Q02", sheet="ẩn")
    rows = result(annotate_workbook(answer(rich(), elsewhere, nowhere, REFUSE, in_hidden)))
    assert [row["Mã"].value for row in rows] == ["V05", "S08", "V01", "Q02"]
    links = [row["Ô"].hyperlink.location if row["Ô"].hyperlink else None for row in rows]
    assert links == ["'Ghi ''riêng'' chú'!A1", None, "'A. Dân số'!D5", None]
    assert rows[0]["Mức độ"].value == "▲ Cần xác nhận"
    assert rows[0]["Khóa"].value == "V05|612|pop"


def test_only_the_explanation_of_what_is_to_confirm_is_open() -> None:
    back = annotate_workbook(answer(rich(), REFUSE, CONFIRM))
    assert opened(back)[RESULT_SHEET].protection.sheet
    unlocked = [[name for name, cell in row.items() if not cell.protection.locked] for row in result(back)]
    assert unlocked == [[], ["Giải trình của đơn vị"]]


def test_text_is_never_a_formula() -> None:
    evil = finding("D5", message='=HYPERLINK("http://a")', hint="+1", value="@x\x00\x0b_x0041_\ud800\u202e")
    page = opened(annotate_workbook(answer(rich(), evil, file="=1+1")))[RESULT_SHEET]
    assert all(cell.data_type in {"s", "n"} for row in page.iter_rows() for cell in row)
    assert "=1+1" in [cell.value for row in page.iter_rows() for cell in row]


def test_same_answer_same_bytes() -> None:
    given = answer(rich(), REFUSE, CONFIRM, NOTE)
    assert annotate_workbook(given) == annotate_workbook(given)


def test_a_workbook_that_comes_back_loses_its_old_marks_first() -> None:
    given = rich()
    first = annotate_workbook(answer(given, REFUSE, CONFIRM, NOTE))
    second = annotate_workbook(answer(first, finding("D9")))
    assert marked(second) == {f"{SHEET}!D9"}
    assert set(comments(second)) == {f"{SHEET}!D9", f"{SHEET}!D6", f"{SHEET}!H9"}
    assert comments(second)[f"{SHEET}!D6"] == comments(given)[f"{SHEET}!D6"]
    assert opened(second).sheetnames.count(RESULT_SHEET) == 1
    before, after = opened(given)[SHEET], opened(second)[SHEET]
    for row in before.iter_rows():
        for cell in row:
            if cell.coordinate != "D9":
                assert repr(after[cell.coordinate].fill) == repr(cell.fill)
                assert repr(after[cell.coordinate].border) == repr(cell.border)
    assert_consistent(second)
    again = annotate_workbook(answer(second, finding("D9")))
    assert unpacked(again)["xl/styles.xml"] == unpacked(second)["xl/styles.xml"], "nothing piles up"


def test_comments_that_were_all_ours_leave_no_part_behind() -> None:
    elsewhere = finding("A1", sheet="Ghi 'riêng' chú")
    first = annotate_workbook(answer(rich(), elsewhere))
    second = annotate_workbook(answer(first, REFUSE))
    assert "xl/comments2.xml" in unpacked(first)
    assert "xl/comments2.xml" not in unpacked(second)
    assert b"legacyDrawing" not in unpacked(second)["xl/worksheets/sheet2.xml"]
    assert_consistent(second)


def test_a_correction_saved_by_another_program_loses_its_old_marks(catalogue: Catalogue) -> None:
    book = Workbook(catalogue, "kt-district-quarter", "612", "2024Q3").filled()
    cells = [(sheet, cell) for sheet, cell, *_ in book.inputs()[:3]]
    found = [finding(cell, FindingLevel.CONFIRM, "V05", sheet=sheet) for sheet, cell in cells]
    saved = opened(annotate_workbook(answer(book.bytes(), *found)))
    saved[cells[0][0]].insert_rows(1)  # the sender moved everything down
    saved[cells[0][0]]["D20"] = 7
    target = BytesIO()
    saved.save(target)
    back = annotate_workbook(answer(target.getvalue(), finding("D20", sheet=cells[0][0])))
    assert marked(back) == {f"{cells[0][0]}!D20"}


def test_marks_go_even_if_the_sender_deleted_the_first_sheet() -> None:
    saved = opened(annotate_workbook(answer(rich(), REFUSE, CONFIRM)))
    del saved[RESULT_SHEET]
    target = BytesIO()
    saved.save(target)
    assert marked(annotate_workbook(answer(target.getvalue(), finding("D9")))) == {f"{SHEET}!D9"}


def test_an_explanation_stays_while_its_value_does() -> None:
    first = opened(annotate_workbook(answer(rich(), CONFIRM, NOTE)))
    row = next(r[0].row for r in first[RESULT_SHEET].iter_rows() if r[2].value == "V05")
    first[RESULT_SHEET].cell(row, RESULT_HEADER.index("Giải trình của đơn vị") + 1, "Tiêm bù quý trước")
    target = BytesIO()
    first.save(target)
    same = result(annotate_workbook(answer(target.getvalue(), CONFIRM)))
    changed = result(annotate_workbook(answer(target.getvalue(), replace(CONFIRM, value="11"))))
    assert same[0]["Giải trình của đơn vị"].value == "Tiêm bù quý trước"
    assert changed[0]["Giải trình của đơn vị"].value is None


def test_a_sheet_of_theirs_that_has_the_name_stays() -> None:
    saved = opened(rich())
    saved.create_sheet(RESULT_SHEET)["A1"] = "của đơn vị"
    target = BytesIO()
    saved.save(target)
    back = opened(annotate_workbook(answer(target.getvalue(), REFUSE)))
    assert back.sheetnames[0] == f"{RESULT_SHEET} (2)"
    assert back[RESULT_SHEET]["A1"].value == "của đơn vị"


def test_a_formula_typed_on_the_first_sheet_takes_the_calculation_chain_with_it() -> None:
    first = annotate_workbook(answer(rich(), REFUSE))
    part = sheet_part(first, RESULT_SHEET)
    typed = with_part(first, part, lambda xml: xml.replace(b"</row>", b'<c r="XA1"><f>1+1</f><v>2</v></c></row>', 1))
    back = annotate_workbook(answer(typed, REFUSE))
    assert "xl/calcChain.xml" in unpacked(first)
    assert "xl/calcChain.xml" not in unpacked(back)
    assert_consistent(back)


def test_prefixed_names_are_understood() -> None:
    parts = unpacked(rich())
    for name in ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/comments1.xml"):
        parts[name] = prefixed(parts[name])
    assert b"<x:sheetData" in parts["xl/worksheets/sheet1.xml"]
    back = annotate_workbook(answer(packed(parts), REFUSE, CONFIRM, finding("Z99")))
    assert b'<x:c r="Z99"' in unpacked(back)["xl/worksheets/sheet1.xml"]
    assert_consistent(back)
    assert f"{SHEET}!D5" in marked(back)


def test_a_strict_workbook_stays_strict() -> None:
    back = unpacked(annotate_workbook(answer(strict(rich()), REFUSE, finding("A1", sheet="Ghi 'riêng' chú"))))
    for name, text in back.items():
        if name.endswith((".xml", ".rels")):
            assert b"schemas.openxmlformats.org/spreadsheetml/2006/main" not in text, name
            assert b"schemas.openxmlformats.org/officeDocument/2006/relationships" not in text, name
    assert_consistent(packed(back))


def test_alternate_content_and_unknown_prefixes_survive() -> None:
    strange = (
        b'<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        b'<mc:Choice Requires="x14" xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
        b"<controls/></mc:Choice></mc:AlternateContent>"
    )

    def change(xml: bytes) -> bytes:
        xml = xml.replace(
            b"<worksheet ",
            b'<worksheet xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x14ac" '
            b'xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac" ',
            1,
        )
        return xml.replace(b"</worksheet>", strange + b"</worksheet>")

    back = annotate_workbook(
        answer(with_part(rich(), "xl/worksheets/sheet2.xml", change), finding("A1", sheet="Ghi 'riêng' chú"))
    )
    text = unpacked(back)["xl/worksheets/sheet2.xml"]
    assert b"<mc:AlternateContent" in text
    assert text.index(b"<legacyDrawing") < text.index(b"<mc:AlternateContent")
    assert b'mc:Ignorable="x14ac"' in text
    assert b"xmlns:x14ac=" in text


def test_cells_and_rows_without_written_positions_are_counted() -> None:
    def change(xml: bytes) -> bytes:
        start, end = xml.index(b"<sheetData>"), xml.index(b"</sheetData>")
        rows = b'<row><c t="inlineStr"><is><t>a</t></is></c><c><v>1</v></c></row><row r="5"/><row><c/><c r="D6"/><c/></row>'
        return xml[:start] + b"<sheetData>" + rows + xml[end:]

    given = with_part(rich(), "xl/worksheets/sheet2.xml", change)
    for cell in ("B1", "C1", "A5", "E6", "B3"):
        back = annotate_workbook(answer(given, finding(cell, sheet="Ghi 'riêng' chú")))
        assert marked(back) == {f"Ghi 'riêng' chú!{cell}"}
        assert opened(back)["Ghi 'riêng' chú"]["B1"].value == 1


def test_an_accepted_file_with_something_to_confirm_gets_its_own_workbook_too() -> None:
    back = render_answer_workbook(answer(rich(), CONFIRM, accepted=True, version=2))
    page = opened(back).worksheets[0]
    assert page["A1"].value == "BIÊN NHẬN BÁO CÁO"
    assert SHEET in opened(back).sheetnames


def test_simulated_data_is_marked() -> None:
    page = opened(annotate_workbook(answer(rich(), REFUSE, simulated=True))).worksheets[0]
    assert page["A2"].value == "SỐ LIỆU MÔ PHỎNG"
