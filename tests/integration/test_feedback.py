"""Back down to the units: one page a quarter, by numbers that the warehouse holds."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader
from sqlalchemy import Engine, text

from etl import load, steps
from etl.catalog import Catalogue
from etl.errors import UsageError
from etl.feedback import (
    FindingCounts,
    FormSubmission,
    IndicatorLine,
    ResolvedFinding,
    ThresholdShare,
    UnitFeedback,
    render_feedback_workbook,
)
from etl.model import Finding, FindingLevel, Period
from etl.model.numbers import format_number
from etl.report.number_facts import build_number_fact
from etl.settings import Settings
from simulation.deliveries import drop_deliveries
from tests.integration.build import item
from tests.wording import SHIPPED

pytestmark = pytest.mark.integration

FORM, SCOPE = "kt-district-quarter", "kon-tum"
QUARTERS = ("2024Q1", "2024Q2", "2024Q3")


def found(code: str, level: FindingLevel, element: str, unit: str = "608", cell: str = "C14") -> Finding:
    return Finding(code, level, f"{element}: xem lại.", "Sửa.", "B1", cell, "1", unit, element)


def page(settings: Settings, unit: str, period: str) -> Any:
    return openpyxl.load_workbook(path(settings, unit, period))["Phản hồi"]


def path(settings: Settings, unit: str, period: str) -> Path:
    return settings.outbox / "returns" / unit / f"phan-hoi_{period}.xlsx"


def rows(sheet: Any) -> list[list[Any]]:
    found = ([cell.value for cell in row if cell.value not in (None, "")] for row in sheet.iter_rows())
    return [row for row in found if row]


def row(sheet: Any, *start: Any) -> list[Any]:
    (only,) = [r for r in rows(sheet) if tuple(r[: len(start)]) == start]
    return only


def said(sheet: Any) -> str:
    return "\n".join(str(value) for r in rows(sheet) for value in r)


@pytest.fixture
def told(warehouse: Settings, loader: Engine, catalogue: Catalogue) -> Settings:
    """608 in three quarters: on time; late, refused first; on time with two versions. 610 in the last one alone."""
    cells = {("608", "doctors"): "5", ("23281", "pop_total"): "1000", ("23281", "insured"): "960"}
    confirm, note, refuse = FindingLevel.CONFIRM, FindingLevel.NOTE, FindingLevel.REFUSE
    sendings: tuple[tuple[str, str, str, tuple[Finding, ...]], ...] = (
        ("608", "2024Q1", "2024-04-10", ()),
        ("608", "2024Q2", "2024-07-10", (found("V01", refuse, "insured"), found("V05", confirm, "doctors"))),
        ("608", "2024Q2", "2024-07-30", (found("V05", confirm, "doctors"), found("R01", confirm, "beds"))),
        ("608", "2024Q3", "2024-10-08", (found("V05", confirm, "beds"), found("T01", note, "elderly"), found("R01", confirm, "beds"))),
        ("608", "2024Q3", "2024-10-09", (found("R01", confirm, "beds", cell="D20"), found("T01", note, "elderly"))),
        ("610", "2024Q3", "2024-10-10", ()),
    )  # fmt: skip
    for number, (unit, period, day, findings) in enumerate(sendings):
        with loader.begin() as conn:
            given = cells if unit == "608" else {("23341", "pop_total"): "500", ("23341", "insured"): "400"}
            load.load_deliveries(conn, [item(conn, catalogue, FORM, unit, period, given, received_at=f"{day}T08:00:00+07:00",
                                        findings=findings, name=str(number))])  # fmt: skip
    return warehouse


def test_the_page_says_what_the_warehouse_holds(told: Settings, loader: Engine, catalogue: Catalogue) -> None:
    done = steps.write_unit_feedback(SCOPE, "2024Q3")
    assert done["units"] == done["written"] == len(done["files"]) == 10
    sheet = page(told, "608", "2024Q3")
    with loader.connect() as conn:
        full = conn.execute(text("SELECT count(*) FROM core.observation o JOIN core.submission s USING (submission_id) JOIN "
                                 "core.org_unit u ON u.org_unit_id = s.org_unit_id WHERE u.code = '608' AND s.period = "
                                 "'2024Q3' AND s.version = 2 AND o.state <> 'missing'")).scalar_one()  # fmt: skip
    (sent,) = [r for r in rows(sheet) if "đúng hạn" in r]
    assert sent[-3] == str(full) == "3"
    owed = int(sent[-2].replace(".", ""))
    assert owed > 500 and sent[-1] == f"{format_number(Fraction(300, owed), 1)}%"
    # three forms are due by then: the second came late
    assert "Đúng hạn trong 3 kỳ gần nhất: 2/3 báo cáo (67%), ▼ dưới ngưỡng (ngưỡng cần xem lại: dưới 75%)" in said(
        sheet
    )
    assert "▼ 1 mẫu dưới ngưỡng (ngưỡng cần xem lại: dưới 90%)" in said(sheet)
    assert row(sheet, "quý I năm 2024")[1:8] == ["1", "0", "0", "0", "0", "0", "0"]
    assert row(sheet, "quý II năm 2024")[1:8] == ["2", "1", "1", "0", "0", "2", "0"]
    assert row(sheet, "quý III năm 2024")[1:8] == ["2", "0", "2", "1", "0", "1", "1"]
    names = {code: element.name for code, element in catalogue.elements.items()}
    assert f"{names['beds']}: đã sửa trong kỳ, ở bản gửi sau [V05]" in said(sheet)
    assert f"{names['doctors']}: có ở kỳ trước, kỳ này không còn [V05]" in said(sheet)
    assert row(sheet, "▲ R01") == ["▲ R01", "B1!D20", "beds: xem lại."]
    assert "T01" not in said(sheet), "a note asks nothing"
    assert "SỐ LIỆU MÔ PHỎNG" in said(sheet) if told.simulated else "SỐ LIỆU MÔ PHỎNG" not in said(sheet)


def test_own_figure_beside_the_areas_and_the_target(told: Settings, loader: Engine, catalogue: Catalogue) -> None:
    """And beside its own of the quarter before, with the counts behind it and what the target still asks for."""
    people = insured_people = 0
    earlier = [(code, "2024Q2", 1000, 950) for code in ("608",)]
    districts = [u.code for u in catalogue.list_children("62", "district", Period.parse("2024Q3").end)]
    others = [(code, "2024Q3", 500, 400) for code in districts if code not in {"608", "611"}]
    for unit, period, pop, insured in (*earlier, ("608", "2024Q3", 1000, 960), *others):
        communes = [u.code for u in catalogue.list_children(unit, "commune", Period.parse("2024Q3").end)]
        given = {
            (code, element): str(n) for code in communes for element, n in (("pop_total", pop), ("insured", insured))
        }
        with loader.begin() as conn:
            load.load_deliveries(conn, [item(conn, catalogue, FORM, unit, period, given, name=period)])
        if period == "2024Q3":
            people, insured_people = people + pop * len(communes), insured_people + insured * len(communes)
    steps.write_unit_feedback(SCOPE, "2024Q3")
    insured = {
        unit: next(r for r in rows(page(told, unit, "2024Q3")) if "Tham gia BHYT" in r)
        for unit in ("608", "610", "611")
    }
    own, other, none = (insured[unit][3:] for unit in ("608", "610", "611"))
    area = format_number(Fraction(insured_people, people) * 100, 2)
    places, elsewhere = (len(catalogue.list_children(u, "commune", Period.parse("2024Q3").end)) for u in ("608", "610"))
    counts = f"({format_number(960 * places)}/{format_number(1000 * places)})"
    assert own[:4] == [f"96,00\n{counts}", area, "95,00", "–"] and own[5:] == ["Đ", "tốt hơn"]
    assert other[0].startswith("80,00\n") and other[1:4] == [area, "–", "–"]
    assert other[5:] == [f"C\ncòn thiếu {format_number(75 * elsewhere)} người", "kém hơn"]
    assert none == ["chưa có số liệu", area, "–", "–", own[4], "–", "–"]
    assert own[4].startswith("≥ 95")
    assert {"Quý II năm 2024", "Quý III năm 2023"} <= {value for r in rows(page(told, "608", "2024Q3")) for value in r}


def test_a_few_of_many_places_have_a_figure_and_no_verdict(told: Settings) -> None:
    """One commune of each district has sent: what it says of the district is neither met nor missed."""
    steps.write_unit_feedback(SCOPE, "2024Q3")
    for unit, value in (("608", "96,00"), ("610", "80,00")):
        own = next(r for r in rows(page(told, unit, "2024Q3")) if "Tham gia BHYT" in r)[3:]
        assert (own[0].split("\n")[0], own[5]) == (value, "–")


def test_a_silent_unit_is_told_so_and_never_gets_a_zero(told: Settings) -> None:
    steps.write_unit_feedback(SCOPE, "2024Q3", "611")
    sheet = page(told, "611", "2024Q3")
    assert "đề nghị gửi ngay" in said(sheet) and "quá hạn, chưa gửi" in said(sheet)
    assert row(sheet, "quý III năm 2024") == ["quý III năm 2024", "0", "chưa gửi báo cáo"]
    assert not path(told, "608", "2024Q3").exists(), "one unit was asked for"
    (insured,) = (r for r in rows(sheet) if "Tham gia BHYT" in r)
    assert insured[3] == "chưa có số liệu"


def test_the_first_quarter_has_nothing_before_it(told: Settings) -> None:
    steps.write_unit_feedback(SCOPE, "2024Q1", "608")
    sheet = page(told, "608", "2024Q1")
    assert "Đúng hạn trong kỳ: 1/1 báo cáo (100%), đạt ngưỡng" in said(sheet)
    assert [r[0] for r in rows(sheet) if str(r[0]).startswith("quý ")] == ["quý I năm 2024"]
    assert "Không có nội dung nào được ghi nhận là đã sửa." in said(sheet)


def test_the_same_facts_leave_the_same_page_alone(told: Settings, loader: Engine, catalogue: Catalogue) -> None:
    assert steps.write_unit_feedback(SCOPE, "2024Q3")["written"] == 10
    before = path(told, "608", "2024Q3").read_bytes()
    assert steps.write_unit_feedback(SCOPE, "2024Q3")["written"] == 0
    path(told, "608", "2024Q3").unlink()
    assert steps.write_unit_feedback(SCOPE, "2024Q3")["written"] == 1
    assert path(told, "608", "2024Q3").read_bytes() == before


def test_a_refused_last_file_mends_nothing(told: Settings, loader: Engine, catalogue: Catalogue) -> None:
    bad = (found("V01", FindingLevel.REFUSE, "insured"),)
    with loader.begin() as conn:
        load.load_deliveries(conn, [item(conn, catalogue, FORM, "608", "2024Q3", {}, findings=bad, name="bad")])
    steps.write_unit_feedback(SCOPE, "2024Q3", "608")
    sheet = page(told, "608", "2024Q3")
    assert row(sheet, "■ V01") and "chưa xác định được nội dung đã sửa" in said(sheet)


def test_other_periods_and_other_units(told: Settings) -> None:
    assert "skipped" in steps.write_unit_feedback(SCOPE, "2024H1")
    with pytest.raises(UsageError, match="owes nothing"):
        steps.write_unit_feedback(SCOPE, "2024", "608")  # it has been told by quarters
    assert "skipped" in steps.write_unit_feedback(SCOPE, "2019Q1")
    with pytest.raises(UsageError, match="owes nothing"):
        steps.write_unit_feedback(SCOPE, "2024Q3", "62-CDC")
    # new units of the new geography start with a blank record
    steps.write_unit_feedback("quang-ngai", "2025Q3", "51-TTYT-608")
    sheet = page(told, "51-TTYT-608", "2025Q3")
    assert row(sheet, "1", "TTYT đạt danh mục kỹ thuật")[3] == "chưa có số liệu"
    assert [r[0] for r in rows(sheet) if str(r[0]).startswith("quý ")] == ["quý III năm 2025"]


def test_an_agency_is_told_what_it_has_by_itself_and_a_commune_nothing_of_it(
    told: Settings, loader: Engine, catalogue: Catalogue
) -> None:
    """90 techniques of 100 are the floor: one centre reaches it, one does not, and the others are silent."""
    for unit, done in (("51-TTYT-608", "90"), ("51-TTYT-610", "89")):
        cells = {(unit, "dhc_techniques_done"): done, (unit, "dhc_techniques_list"): "100"}
        with loader.begin() as conn:
            sent = item(
                conn, catalogue, "kt-ttyt-quarter", unit, "2025Q3", cells, received_at="2025-10-08T08:00:00+07:00"
            )
            load.load_deliveries(conn, [sent])
    name = "TTYT đạt danh mục kỹ thuật"
    for unit, value in (("51-TTYT-608", "có"), ("51-TTYT-610", "chưa")):
        steps.write_unit_feedback("quang-ngai", "2025Q3", unit)
        line = row(page(told, unit, "2025Q3"), "1", name)
        assert (line[3].split("\n")[0], line[4], line[8:]) == (value, "50", ["–", "–"]), (
            "no letter before the level of 2030 is due, and no word beside an area that it is no part of"
        )
        assert not any("Tham gia BHYT" in r for r in rows(page(told, unit, "2025Q3")))
    steps.write_unit_feedback("quang-ngai", "2025Q3", "23284")
    assert name not in said(page(told, "23284", "2025Q3"))


def test_who_reports_by_years_alone_is_told_each_year(told: Settings, loader: Engine, catalogue: Catalogue) -> None:
    cells = {("62-BVT", "waste_generated_kg"): "200", ("62-BVT", "waste_treated_kg"): "150"}
    with loader.begin() as conn:
        sent = item(
            conn, catalogue, "kt-hospital-year", "62-BVT", "2024", cells, received_at="2025-01-05T08:00:00+07:00"
        )
        load.load_deliveries(conn, [sent])
    for unit, value in (("62-BVT", "75"), ("62-BVNH", "chưa có số liệu")):
        steps.write_unit_feedback(SCOPE, "2024", unit)
        sheet = page(told, unit, "2024")
        assert "PHẢN HỒI VỀ BÁO CÁO NĂM 2024" in said(sheet)
        lines = [r for r in rows(sheet) if "Chất thải y tế đạt quy chuẩn" in r]
        assert [[r[3].split("\n")[0], r[4]] for r in lines] == [[value, "75"]]
        assert "Tham gia BHYT" not in said(sheet), "an agency has no people"


@pytest.mark.slow
def test_it_prints_as_one_page(
    warehouse: Settings, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The sample's own districts, mishaps included, and a page with more in it than any unit has."""
    for name, value in (("MIN_AGE_SECONDS", "0"), ("RECEIVED_CLOCK", "mtime"), ("SIMULATED", "1")):
        monkeypatch.setenv(f"TONGKET_{name}", value)
    units = ["608", "612", "618"]
    for quarter in QUARTERS:
        steps.open_period(SCOPE, quarter)
    for wave in (1, 2):
        drop_deliveries(catalogue, SCOPE, [Period.parse(q) for q in QUARTERS], warehouse.outbox / "forms", warehouse.inbox,
             wave=wave, only=units)  # fmt: skip
        for batch in steps.receive_deliveries()["batches"]:
            steps.process_batch(batch)
    steps.write_unit_feedback(SCOPE, "2024Q3")
    assert "SỐ LIỆU MÔ PHỎNG" in said(page(warehouse, "608", "2024Q3"))
    books = []
    for unit in [*units, "611"]:
        books.append(tmp_path / f"{unit}.xlsx")
        shutil.copy(path(warehouse, unit, "2024Q3"), books[-1])
    mended = tuple(
        ResolvedFinding("V05", "Bỏ trống", "Số lượt khám, chữa bệnh bảo hiểm y tế", 9 - i, False) for i in range(7)
    )
    todo = tuple(found("R01", FindingLevel.CONFIRM, "rất dài " * 40, cell=f"AB{i}") for i in range(9))
    none = build_number_fact(None, 0, "chưa có số liệu")
    line = IndicatorLine(
        "Phụ nữ mang thai được tầm soát (lũy kế từ đầu năm)", "%", build_number_fact(Fraction(7, 2), 1), none,
        "≥ 95 (năm 2025)", "C", "unclear", counts="(35.000/1.000.000)", missing="còn thiếu 915.000 người",
        before=(build_number_fact(Fraction(7, 2), 1), none),
    )  # fmt: skip
    counted = FindingCounts("quý III năm 2024", 12, (90, 1200, 30), (0, 400, 30))
    sent = FormSubmission("Báo cáo quý về kết quả bảo vệ, chăm sóc sức khỏe", "refused", dt.date(2024, 10, 21))
    fullest = UnitFeedback("608", "Thành phố Kon Tum", "quý III năm 2024", "UBND TỈNH KON TUM", "SỞ Y TẾ", "Sở Y tế", "toàn tỉnh",
                       dt.date(2024, 11, 1), (sent, sent), ThresholdShare(5, 8, 0.75, True), (counted,) * 5, mended, True, todo,
                       (line,) * 12, SHIPPED, True, ("quý II năm 2024", "quý III năm 2023"))  # fmt: skip
    books.append(tmp_path / "fullest.xlsx")
    books[-1].write_bytes(render_feedback_workbook(fullest, 30))
    office = ["soffice", f"-env:UserInstallation=file://{tmp_path}/lo", "--headless", "--convert-to", "pdf", "--outdir"]
    subprocess.run([*office, str(tmp_path), *map(str, books)], check=True, capture_output=True, timeout=240)
    for book in books:
        pages = PdfReader(book.with_suffix(".pdf")).pages
        assert len(pages) == 1 or (book.stem == "fullest" and len(pages) == 2), book.name
        assert "Đúng hạn trong" in pages[0].extract_text()
