"""The feedback room by itself: what counts as mended, when two figures may be compared, what the page may hold."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from io import BytesIO

import openpyxl
import pytest

from etl.catalog import Catalogue
from etl.feedback import (
    FindingCounts,
    FormSubmission,
    IndicatorLine,
    PlanScore,
    ResolvedFinding,
    ThresholdShare,
    UnitFeedback,
    build_resolved_findings,
    count_by_level,
    count_resolved_findings,
    render_feedback_workbook,
    select_open_findings,
)
from etl.feedback.feedback_messages import (
    build_open_finding_rows,
    describe_feedback,
    describe_resolved_findings,
    format_open_findings_title,
)
from etl.feedback.feedback_sheet import draw_text_bar
from etl.feedback.unit_feedback import compare_with_area
from etl.model import Attainment, Finding, FindingLevel, Verdict
from etl.report.number_facts import build_number_fact
from tests.wording import SHIPPED

REFUSE, CONFIRM, NOTE = FindingLevel.REFUSE, FindingLevel.CONFIRM, FindingLevel.NOTE


def finding(code: str, level: FindingLevel = CONFIRM, unit: str = "608", element: str = "beds", **more: str) -> Finding:
    return Finding(code, level, more.pop("message", "sai"), sheet=more.pop("sheet", "B1"), org_unit_code=unit,
                   data_element=element, **more)  # fmt: skip


def verdict(*findings: Finding) -> Verdict:
    return Verdict(not any(f.level == REFUSE for f in findings), findings)


# --- mended ----------------------------------------------------------------------------------------------


def test_what_an_accepted_file_no_longer_has_is_mended() -> None:
    first, last = (
        verdict(finding("V01", REFUSE), finding("V05", element="doctors")),
        verdict(finding("V05", element="doctors")),
    )
    assert count_resolved_findings([first, last], None) == {("V01", "beds", False): 1}


def test_the_same_place_elsewhere_in_the_sheet_is_the_same_place() -> None:
    assert not count_resolved_findings(
        [verdict(finding("V05", cell="C1")), verdict(finding("V05", cell="C9", sheet="B2"))], None
    )


def test_cells_are_counted_once_however_many_files_had_them() -> None:
    bad = verdict(finding("V05"), finding("V05", unit="610"))
    assert count_resolved_findings([bad, bad, verdict()], None) == {("V05", "beds", False): 2}


def test_against_the_quarter_before() -> None:
    old = verdict(finding("V05"), finding("R01"))
    assert count_resolved_findings([verdict(finding("R01"))], old) == {("V05", "beds", True): 1}
    assert count_resolved_findings([], old) == {}, "nothing was sent: nothing was mended"


def test_a_refused_file_mends_nothing() -> None:
    assert (
        count_resolved_findings([verdict(finding("V05")), verdict(finding("V01", REFUSE, element="doctors"))], None)
        == {}
    )


@pytest.mark.parametrize(
    ("wider", "mends"),
    [
        (finding("V08", element=""), False),  # the whole unit is empty
        (finding("V09", unit="", element=""), False),  # the whole sheet is
        (finding("V09", unit="", element="", sheet="B2"), True),  # another sheet
        (finding("V08", unit="610", element=""), True),  # another unit
        (finding("S99", NOTE, unit="", element="", sheet=""), True),  # a mere remark on the file
        (finding("R07"), True),  # something else about that very cell
    ],
)
def test_a_wider_fault_mends_no_cell_in_it(wider: Finding, mends: bool) -> None:
    assert bool(count_resolved_findings([verdict(finding("V05")), verdict(wider)], None)) is mends


def test_notes_are_neither_mended_nor_open() -> None:
    assert not count_resolved_findings([verdict(finding("T01", NOTE)), verdict()], None)
    assert select_open_findings([verdict(finding("T01", NOTE))]) == () == select_open_findings([])


def test_open_is_what_the_last_file_asks_gravest_first() -> None:
    last = verdict(finding("V05"), finding("R01", element="x"), finding("V01", REFUSE))
    assert [f.code for f in select_open_findings([verdict(finding("V02")), last])] == ["V01", "V05", "R01"]
    assert count_by_level(last.findings, verdict(finding("T01", NOTE)).findings) == (1, 2, 1)


# --- compared --------------------------------------------------------------------------------------------


def attained(numerator: int, denominator: int, interval: tuple[float, float] | None, **more: object) -> Attainment:
    value = Fraction(numerator * 100, denominator)
    row = Attainment("p", "1", "c", "threshold", "bhyt", "608", "2024Q3", Fraction(numerator), Fraction(denominator), value,
                     ">=", "95", Fraction(95), "2024", None, None, "met", interval=interval)  # fmt: skip
    return replace(row, **more)  # type: ignore[arg-type]


def test_words_need_numbers_and_intervals_apart(catalogue: Catalogue) -> None:
    up = catalogue.indicators["bhyt"]
    down = replace_direction(catalogue)
    area = attained(900, 1000, (88.0, 91.7))
    high, near = attained(98, 100, (93.0, 99.4)), attained(92, 100, (85.0, 95.9))
    assert compare_with_area(up, high, area, 30) == "better"
    assert compare_with_area(down, high, area, 30) == "worse"
    assert compare_with_area(up, near, area, 30) == "unclear"
    assert compare_with_area(up, attained(29, 29, (93.0, 100.0)), area, 30) == "few"
    assert compare_with_area(up, attained(30, 30, (93.0, 100.0)), area, 30) == "better"
    assert compare_with_area(up, replace(high, small_count=True), area, 30) == "few"
    assert compare_with_area(up, replace(high, as_of="2024Q2"), area, 30) == ""
    assert compare_with_area(up, replace(high, value=None), area, 30) == ""


def replace_direction(catalogue: Catalogue):  # type: ignore[no-untyped-def]
    return catalogue.indicators["bhyt"].model_copy(update={"direction": "down"})


# --- the page --------------------------------------------------------------------------------------------


@pytest.fixture
def given() -> UnitFeedback:
    sent = FormSubmission(
        "Báo cáo quý", "late", dt.date(2024, 10, 15), dt.date(2024, 10, 17), 2, ThresholdShare(90, 120, 0.9, True)
    )
    own, area = build_number_fact(Fraction(9496, 100), 2), build_number_fact(None, 0, "chưa có số liệu")
    line = IndicatorLine("Tham gia BHYT", "%", own, area, "≥ 95 (năm 2025)", "C", "unclear")
    return UnitFeedback("608", "Thành phố", "quý III năm 2024", "", "SỞ", "Sở", "toàn tỉnh", dt.date(2024, 11, 1), (sent,),
                    ThresholdShare(2, 4, 0.75, True), (FindingCounts("quý III năm 2024", 2, (1, 2, 0), (0, 1, 0)),), (), True, (), (line,), SHIPPED)  # fmt: skip


def opened(given: UnitFeedback):  # type: ignore[no-untyped-def]
    return openpyxl.load_workbook(BytesIO(render_feedback_workbook(given, 30)))["Phản hồi"]


def test_the_same_value_gives_the_same_bytes(given: UnitFeedback) -> None:
    assert (
        render_feedback_workbook(given, 30)
        == render_feedback_workbook(given, 30)
        != render_feedback_workbook(replace(given, simulated=True), 30)
    )


def test_one_upright_a4_page_in_one_typeface(given: UnitFeedback) -> None:
    sheet = opened(given)
    setup = sheet.page_setup
    assert (setup.paperSize, setup.orientation, setup.fitToWidth, setup.fitToHeight) == (9, "portrait", 1, 1) or (
        setup.paperSize, sheet.sheet_properties.pageSetUpPr.fitToPage) == (9, True)  # fmt: skip
    assert sheet.print_area == f"'Phản hồi'!$A$1:$N${sheet.max_row}"
    assert {cell.font.name for row in sheet for cell in row if cell.value is not None} == {"Times New Roman"}


def test_numbers_and_dates_are_printed_as_texts_and_missing_is_said(given: UnitFeedback) -> None:
    """Nothing is left to the settings of the machine that opens the page."""
    cells = {cell.value for row in opened(given) for cell in row if cell.value is not None}
    assert {"94,96", "75,0%", "15/10/2024", "chưa có số liệu", "quá hạn 2 ngày làm việc"} <= cells
    assert {type(value) for value in cells} == {str}


def test_the_mark_stands_on_simulated_data_alone(given: UnitFeedback) -> None:
    def shown(one: UnitFeedback) -> bool:
        return any(cell.value == "SỐ LIỆU MÔ PHỎNG" for row in opened(one) for cell in row)

    assert shown(replace(given, simulated=True)) and not shown(given)


def test_text_is_never_a_formula(given: UnitFeedback) -> None:
    evil = '=HYPERLINK("http://x")'
    bad = replace(given, unit_name=evil, open=(finding("V01", REFUSE, message=evil, cell="=1+1", sheet="@SUM(A1)"),))
    kinds = {cell.data_type for row in opened(bad) for cell in row if str(cell.value)[:1] in "=@+"}
    assert kinds == {"s"}


def test_long_lists_are_cut_and_say_so(given: UnitFeedback) -> None:
    many = tuple(ResolvedFinding("V05", "Bỏ trống", f"cột {i}", 3, False) for i in range(7))
    lines = describe_resolved_findings(replace(given, mended=many))
    assert len(lines) == 5 and lines[-1] == "và 9 nội dung khác."
    assert len(describe_resolved_findings(replace(given, mended=many[:5]))) == 5
    found = tuple(finding("V05", message="dài " * 100, cell=f"C{i}") for i in range(6))
    rows = build_open_finding_rows(replace(given, open=found))
    assert len(rows) == 5 and rows[0][1] == "B1!C0" and len(rows[0][2]) <= 170
    assert format_open_findings_title(replace(given, open=found)).endswith("(5 nội dung quan trọng nhất trong 6)")


def test_names_come_from_the_rules_and_the_catalogue() -> None:
    found = count_resolved_findings([verdict(finding("V05"), finding("X99", element="")), verdict()], None)
    assert build_resolved_findings(found, {"V05": "Bỏ trống"}, {"beds": "Giường"}) == (
        ResolvedFinding("V05", "Bỏ trống", "Giường", 1, False),
        ResolvedFinding("X99", "X99", "", 1, False),
    )


@pytest.mark.parametrize(
    ("first", "last", "most", "shown"),
    [(10, 4, 10, "████▒▒▒▒▒▒"), (0, 0, 10, ""), (1, 1, 500, "█"), (2, 0, 500, "▒"), (3, 5, 5, "██████████")],
)
def test_the_bar_shows_what_is_left_and_what_is_gone(first: int, last: int, most: int, shown: str) -> None:
    assert draw_text_bar(first, last, most) == shown


def test_a_quarter_in_which_nothing_was_sent_says_so(given: UnitFeedback) -> None:
    silent = FindingCounts("quý II năm 2024", 0, None, None)
    text = [str(cell.value) for row in opened(replace(given, quarters=(silent,))) for cell in row]
    assert "chưa gửi báo cáo" in text and "chưa có số liệu" not in text[text.index("quý II năm 2024") :][:12]


def test_letters_that_stand_for_words_are_explained(given: UnitFeedback) -> None:
    text = [str(cell.value) for row in opened(given) for cell in row if cell.value is not None]
    assert "Chữ viết tắt: BHYT: bảo hiểm y tế." in text
    assert not [t for row in opened(replace(given, lines=())) for c in row if "viết tắt" in (t := str(c.value))]


def test_a_page_prints_at_eight_points_or_more_on_as_many_sheets_as_that_takes(given: UnitFeedback) -> None:
    """Its smallest letters are of ten points; what is too long for one sheet at eight goes on."""
    for count in (1, 12, 40):
        sheet = opened(replace(given, lines=given.lines * count))
        assert min(cell.font.size for row in sheet for cell in row if cell.value is not None) >= 10
        height = sum(sheet.row_dimensions[row].height for row in range(1, sheet.max_row + 1))
        assert (sheet.page_setup.fitToHeight or 1) * 777 >= 0.8 * height


def test_a_unit_is_told_its_score_of_each_plan_that_judges_it(given: UnitFeedback) -> None:
    scores = (PlanScore("Kế hoạch số 1", 1, 5), PlanScore("Kế hoạch số 2", 0, 1))
    assert "Chỉ tiêu được đánh giá: đạt 1/5 của Kế hoạch số 1; đạt 0/1 của Kế hoạch số 2." in describe_feedback(
        replace(given, scores=scores)
    )
    assert "được đánh giá" not in describe_feedback(given), "no letter makes a score by itself"


def test_a_unit_with_nothing_at_all(given: UnitFeedback) -> None:
    empty = replace(given, sent=(FormSubmission("Báo cáo quý", "silent", dt.date(2024, 10, 15)),), on_time=ThresholdShare(0, 0, 0.75, None),
                    quarters=(), lines=())  # fmt: skip
    text = [str(cell.value) for row in opened(empty) for cell in row if cell.value is not None]
    assert "0" not in text
    assert any("chưa có số liệu (ngưỡng cần xem lại: dưới 75%)" in t for t in text)
    assert "Đơn vị không có chỉ tiêu tính riêng trong kỳ." in text
