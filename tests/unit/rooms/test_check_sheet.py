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
from etl.forms import FormExtras, build_form_sending, issue_form
from etl.model import Period
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
    examined = next(row for text, row in found.items() if "so với kỳ trước: Số người nguy cơ cao" in text)
    assert examined == (549, 540, "Cần xác nhận: số lũy kế thấp hơn kỳ trước")
    assert found["B1 Toàn đơn vị so với kỳ trước: Dân số cuối kỳ"] == (9000, 9000, "Đạt")
    immunised = next(row for text, row in found.items() if text.startswith("B3 Số trẻ dưới 1 tuổi được tiêm"))
    assert immunised[2] == "Cần xác nhận 1 dòng (xem dòng 16)"
    assert found[""][2] == "Phải sửa: 1 dòng · Còn trống: 2 trang · Cần xác nhận: 3 dòng"


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
    assert said["bare"] == ["Hạn gửi: 21/10/2024. Nơi nhận: Sở Y tế tỉnh Kon Tum."]
    assert said["named"] == [
        "Hạn gửi: 21/10/2024. Nơi nhận: Sở Y tế tỉnh Kon Tum. Gửi tệp này (không gửi bản chụp, bản in) qua https://…. "
        "Liên hệ: 0260…."
    ]
