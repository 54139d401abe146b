"""What the sheet *Kiểm tra* of a form says, as LibreOffice computes it, and that the reader passes it by."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from etl.catalog import Catalogue
from etl.catalog.layout import CHECK_SHEET
from etl.catalog.rules import Rules
from etl.check import ReadSubmission, check_batch
from etl.forms import FormExtras, build_form_sending, issue_form
from etl.model import FindingLevel, Period
from etl.read import Reader
from tests.builders import Workbook
from tests.unit.rooms.returns_books import resaved
from tests.wording import SHIPPED

needs_office = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
FORM, UNIT, PERIOD = "kt-district-quarter", "612", "2024Q3"


def recalculated(book: Any, folder: Path) -> dict[str, tuple[Any, Any, str]]:
    """What stands on the sheet once LibreOffice has computed it: by its text, before, now and the result."""
    target = BytesIO()
    book.save(target)
    page = openpyxl.load_workbook(BytesIO(resaved(target.getvalue(), folder)), data_only=True)[CHECK_SHEET]
    rows = page.iter_rows(min_row=9, values_only=True)
    found = {f"{row[1]} {row[2]}": (row[3], row[4], str(row[5] or "")) for row in rows if row[2]}
    return found | {"": (None, None, str(page["A7"].value))}


def issued(catalogue: Catalogue, past: Mapping[tuple[str, str], float]) -> Workbook:
    """A filled form that knows what was reported the quarter before."""
    book = Workbook(catalogue, FORM, UNIT, PERIOD)
    period = Period.parse(PERIOD)
    unit = catalogue.find_unit(UNIT, period.end)
    assert unit
    extras = FormExtras(simulated=True, past=past)
    book.issued = issue_form(
        catalogue, catalogue.scopes["kon-tum"], catalogue.forms[FORM], unit, period, SHIPPED, extras
    )
    return book.reopened().filled()


@needs_office
def test_a_unit_sees_in_its_own_program_what_would_be_refused_or_asked(catalogue: Catalogue, tmp_path: Path) -> None:
    past = {(unit, "pc_visits"): 1000.0 for _, _, unit, element, _ in Workbook(catalogue, FORM, UNIT, PERIOD).inputs()}
    past |= {(unit, "highrisk_examined"): 61.0 for unit, _ in past}
    past |= {(unit, "pop_total"): 1000.0 for unit, _ in past}
    book = issued(catalogue, past)
    book.with_element("insured", 1001, row=1).with_element("managed", None, row=2).with_element("beds", None)
    book.with_element("villages_vhw", "x", row=0).with_element("fully_immunised", 6, row=3)
    found = recalculated(book.book, tmp_path)
    assert found["B1 Các ô phải điền của trang: Dân số, bảo hiểm y tế, quản lý sức khỏe"][2] == "Còn trống 1 ô"
    assert found["B2 Các ô phải điền của trang: Y tế thôn, trạm y tế xã"][2] == "Đạt"
    assert found["B4 Các ô phải điền của trang: Trung tâm y tế huyện"][2] == "Còn trống 1 ô"
    about = "B1 Số người có thẻ BHYT còn hiệu lực cuối kỳ không lớn hơn Dân số cuối kỳ"
    assert found[about][2] == "Phải sửa 1 dòng (xem dòng 14)"
    visits = found["B1 Toàn đơn vị so với kỳ trước: Số lượt khám chữa bệnh ban đầu tại y tế cơ sở"]
    assert visits == (9000, 2700, "Cần xác nhận: khác nhiều so với kỳ trước")
    examined = next(row for text, row in found.items() if "không thấp hơn kỳ trước: Số người nguy cơ cao" in text)
    assert examined == (549, 540, "Cần xác nhận 9 dòng (xem dòng 21)")
    assert found["B1 Toàn đơn vị so với kỳ trước: Dân số cuối kỳ"] == (9000, 9000, "Đạt")
    immunised = next(row for text, row in found.items() if text.startswith("B3 Số trẻ dưới 1 tuổi được tiêm"))
    assert immunised[2] == "Cần xác nhận 1 dòng (xem dòng 16)"
    assert found[""][2] == "Phải sửa: 1 dòng · Còn trống: 2 trang · Cần xác nhận: 3 dòng"


@needs_office
def test_a_row_that_fell_is_seen_under_a_total_that_rose(catalogue: Catalogue, tmp_path: Path) -> None:
    """Only of rows whose past is known; in January what adds up begins anew."""
    units = sorted(
        {
            unit
            for _, _, unit, element, _ in Workbook(catalogue, FORM, UNIT, PERIOD).inputs()
            if element == "highrisk_examined"
        }
    )
    past = {(unit, "highrisk_examined"): 61.0 if n == 0 else 10.0 for n, unit in enumerate(units[:-1])}
    book = issued(catalogue, past)
    (result,) = (row for text, row in recalculated(book.book, tmp_path).items() if "không thấp hơn kỳ trước" in text)
    assert result == (None, 540, "Cần xác nhận 1 dòng (xem dòng 13)")
    first = Workbook(catalogue, FORM, UNIT, "2024Q1")
    unit, form = catalogue.find_unit(UNIT, Period.parse("2024Q1").end), catalogue.forms[FORM]
    assert unit
    scope, extras = catalogue.scopes["kon-tum"], FormExtras(past=past)
    first.issued = issue_form(catalogue, scope, form, unit, Period.parse("2024Q1"), SHIPPED, extras)
    texts = [str(cell.value) for row in first.reopened().book[CHECK_SHEET].iter_rows() for cell in row]
    assert not [text for text in texts if "so với kỳ trước: Số người nguy cơ cao" in text or "thấp hơn kỳ" in text]


REFUSED = {
    "B1": {
        "mười": "V01",
        "12 trạm": "V11",
        "12,5%": "V12",
        "(12)": "V13",
        ">950": "V14",
        "1e5": "V15",
        "9" * 17: "V16",
    },
    "B2": {2: "V03", "#REF!": "V19"},
    "B3": {-1: "V02", 1.5: "V04"},
    "B5": {"xong rồi": "V06", "1.7.24": "V20", "7/2024": "V21", "07/31/2024": "V22"},
}
"""By sheet, what was pasted into it, each into a row of its own, and the code that intake refuses it with."""


@needs_office
def test_what_was_pasted_is_seen_where_it_would_be_refused(catalogue: Catalogue, rules: Rules, tmp_path: Path) -> None:
    book = Workbook(catalogue, "kt-district-year", UNIT, "2024").filled()  # the one with many tasks
    columns = {"B1": "pop_total", "B2": "criteria_met", "B3": "tb_new"}
    for sheet, pasted in REFUSED.items():
        cells = [(s, c) for s, c, _, e, _ in book.inputs() if s == sheet and e == columns.get(sheet, e)]
        cells = cells[:1] + [(s, c) for s, c in cells if c.startswith("F")] if sheet == "B5" else cells
        for place, value in zip(cells, pasted, strict=False):
            book.with_cell(*place, value)
    for row, value in enumerate(("x", "ước 12", "-", "15 ?")):  # understood by intake, each as what it says
        book.with_element("elderly", value, row)
    path = tmp_path / "a.xlsx"
    path.write_bytes(book.bytes())
    with Reader(catalogue, rules) as reader:
        read = ReadSubmission(reader.read_file(path), "a.xlsx", UNIT, None)
    (verdict,) = check_batch([read], catalogue, rules, SHIPPED)
    codes = {code for pasted in REFUSED.values() for code in pasted.values()}
    assert codes <= {f.code for f in verdict.findings if f.level is FindingLevel.REFUSE}
    found = {text: result for text, (_, _, result) in recalculated(book.book, tmp_path).items()}
    said = {text.split(":")[0]: result for text, result in found.items() if " ô (" in result}
    assert said == {
        "B1 Các ô số không có chữ": "Cần xác nhận 7 ô (xem dòng 19)",
        "B2 Các số đã nhập nằm trong mức cho phép, không có ô báo lỗi": "Phải sửa 2 ô (xem dòng 14)",
        "B3 Các số đã nhập nằm trong mức cho phép, không có ô báo lỗi": "Phải sửa 2 ô (xem dòng 14)",
        "B5 Các mục đã chọn có trong danh sách": "Phải sửa 1 ô (xem dòng 12)",
        "B5 Các ngày ghi đúng dạng ngày, không sau kỳ báo cáo": "Cần xác nhận 3 ô (xem dòng 14)",
    }


@needs_office
def test_a_text_in_one_row_does_not_hide_what_is_wrong_in_another(catalogue: Catalogue, tmp_path: Path) -> None:
    book = Workbook(catalogue, FORM, UNIT, PERIOD).filled()
    book.with_element("live_births", "x", row=0).with_element("live_births", 300, row=1)
    book.with_element("deliveries", 200, row=1)
    found = recalculated(book.book, tmp_path)
    assert found["B3 Số trẻ đẻ ra sống xấp xỉ Số phụ nữ sinh con"][2] == "Cần xác nhận 1 dòng (xem dòng 14)"


def test_no_formula_is_longer_than_excel_takes(catalogue: Catalogue) -> None:
    for form, unit, period in ((FORM, UNIT, PERIOD), ("xa-quarter", "23284", "2025Q3"), ("nv-year", "51-SYT", "2026")):
        page = Workbook(catalogue, form, unit, period).book[CHECK_SHEET]
        texts = [getattr(c.value, "text", c.value) for row in page.iter_rows(min_row=9) for c in row if c.value]
        assert max(len(str(text)) for text in texts) < 8192, form


@needs_office
def test_every_formula_of_every_form_computes(catalogue: Catalogue, tmp_path: Path) -> None:
    forms = ((FORM, UNIT, PERIOD), ("kt-hospital-year", "62-BVT", "2024"), ("xa-quarter", "23284", "2025Q3"))
    for form, unit, period in forms:
        found = recalculated(Workbook(catalogue, form, unit, period).filled().book, tmp_path / form)
        assert {result for text, (_, _, result) in found.items() if text} == {"Đạt"}, form
        assert found[""][2] == "Phải sửa: 0 dòng · Còn trống: 0 trang · Cần xác nhận: 0 dòng"


def test_a_form_says_until_when_and_to_whom_and_what_the_office_wrote_of_itself(catalogue: Catalogue) -> None:
    from etl.catalog.contacts import Receiver, load_contacts

    period = Period.parse(PERIOD)
    unit, scope, form = catalogue.find_unit(UNIT, period.end), catalogue.scopes["kon-tum"], catalogue.forms[FORM]
    assert unit
    contacts = load_contacts(catalogue)
    named = contacts.model_copy(update={"receivers": {"kon-tum": Receiver(place="https://…", contact="0260…")}})
    said = {}
    for name, known in (("bare", contacts), ("named", named)):
        sending = build_form_sending(catalogue, scope, form, unit, period, known)
        book = Workbook(catalogue, FORM, UNIT, PERIOD)
        book.issued = issue_form(catalogue, scope, form, unit, period, SHIPPED, FormExtras(sending=sending))
        said[name] = [c.value for c in book.reopened().book["B1"][7] if c.value]
    assert said["bare"] == [
        "Cơ quan lập biểu: Ủy ban nhân dân huyện Đắk Tô. Hạn gửi: 21/10/2024. Nơi nhận: Sở Y tế tỉnh Kon Tum."
    ]
    assert said["named"] == [
        "Cơ quan lập biểu: Ủy ban nhân dân huyện Đắk Tô. Hạn gửi: 21/10/2024. Nơi nhận: Sở Y tế tỉnh Kon Tum. Gửi tệp này (không gửi bản chụp, bản in) qua https://…. "
        "Liên hệ: 0260…."
    ]
