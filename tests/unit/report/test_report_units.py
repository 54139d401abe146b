from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from etl.messages import Messages
from etl.model import Attainment, UnitStatus
from etl.report import ReportInput, submissions, unit_results
from etl.report.facts import build_facts
from etl.report.legends import format_heat_legend, format_unit_legend
from etl.report.report_figures import build_figures
from etl.report.section_facts import ComparedUnit


def status(unit: str, state: str, late: int = 0, form: str = "f") -> UnitStatus:
    return UnitStatus(form, unit, f"Huyện {unit}", "2024Q3", state, late_days=late)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], ["Trong kỳ không có đơn vị nào thuộc diện phải gửi báo cáo."]),
        (
            [status("A", "accepted")],
            [
                "Đơn vị duy nhất thuộc diện báo cáo là huyện A đã gửi báo cáo và được tiếp nhận.",
                "Các báo cáo quý III năm 2024 đã tiếp nhận đều được gửi đúng thời hạn.",
            ],
        ),
        (
            [status("A", "accepted"), status("B", "accepted", 2)],
            [
                "Tất cả 02 đơn vị thuộc diện báo cáo đã gửi báo cáo và được tiếp nhận.",
                "Gửi chậm so với thời hạn (01 đơn vị): huyện B (chậm 2 ngày làm việc).",
            ],
        ),
        (
            [status("A", "silent", 9)],
            [
                "Đơn vị duy nhất thuộc diện báo cáo là huyện A chưa có báo cáo được tiếp nhận.",
                "Chưa gửi báo cáo (01 đơn vị): huyện A.",
            ],
        ),
        (
            [status("A", "accepted"), status("B", "silent"), status("C", "refused", 1)],
            [
                "Đã tiếp nhận báo cáo của 1/3 đơn vị thuộc diện báo cáo.",
                "Chưa gửi báo cáo (01 đơn vị): huyện B.",
                "Đã gửi nhưng bị trả lại, chưa được tiếp nhận (01 đơn vị): huyện C.",
                "Gửi chậm so với thời hạn (01 đơn vị): huyện C (chậm 1 ngày làm việc).",
            ],
        ),
        (
            [status("A", "accepted"), status("A", "silent", form="g")],
            [
                "Đơn vị duy nhất thuộc diện báo cáo là huyện A chưa có báo cáo được tiếp nhận.",
                "Chưa gửi báo cáo (01 đơn vị): huyện A.",
            ],
        ),
    ],
)
def test_who_reported_is_said_at_every_edge(
    given: ReportInput, say: Messages, statuses: list[UnitStatus], expected: list[str]
) -> None:
    assert submissions.describe_submissions(replace(given, statuses=tuple(statuses)), say) == expected


def with_values(given: ReportInput, values: dict[str, str | None], item: str = "12") -> ReportInput:
    """Only one indicator, with a value (or none) for each unit; at 95 or more it is met."""
    template = next(a for a in given.attainments if a.item == item and a.unit == "608")
    area = next(a for a in given.attainments if a.item == item and a.unit == given.area)
    rows: list[Attainment] = [replace(area, present=area.expected)]
    for unit, text in values.items():
        value = Fraction(text) if text is not None else None
        state = "no_data" if value is None else "met" if value >= 95 else "not_met"
        rows.append(replace(template, unit=unit, value=value, met=None if value is None else value >= 95, status=state))
    return replace(given, attainments=tuple(rows))


def said(given: ReportInput, say: Messages) -> tuple[str, ...]:
    return unit_results.build_unit_table(given, say, build_figures(given, say)).sentences


def test_the_best_and_the_weakest_are_named(given: ReportInput, say: Messages) -> None:
    lines = said(with_values(given, {"608": "96", "610": "90", "611": "80"}), say)
    assert "thành phố Kon Tum (1/1); thấp nhất: huyện Đắk Glei (0/1), huyện Ngọc Hồi (0/1)." in lines[1]
    assert lines[2].endswith(": cao nhất 96,00% (thành phố Kon Tum); thấp nhất 80,00% (huyện Ngọc Hồi).")


def test_a_unit_without_figures_is_named_and_never_the_weakest(given: ReportInput, say: Messages) -> None:
    lines = said(with_values(given, {"608": "96", "610": "90", "611": None}), say)
    assert "Chưa có số liệu trong kỳ: huyện Ngọc Hồi." in lines
    assert not any("huyện Ngọc Hồi" in line for line in lines if "thấp nhất" in line)


def test_equal_units_are_said_to_be_equal(given: ReportInput, say: Messages) -> None:
    for value, sentence in (
        ("96", "Các đơn vị đều đạt mọi chỉ tiêu đã đánh giá."),
        ("90", "Chưa đơn vị nào đạt chỉ tiêu nào trong số đã đánh giá."),
    ):
        lines = said(with_values(given, {"608": value, "610": value}), say)
        assert sentence in lines
        assert any(line.endswith(f"các đơn vị cùng mức {value},00%.") for line in lines)
    assert "Các đơn vị có tỉ lệ chỉ tiêu đạt như nhau (1/2 chỉ tiêu đã đánh giá)." in said(
        with_one_of_two_met(given), say
    )


def with_one_of_two_met(given: ReportInput) -> ReportInput:
    """Two units that meet one of two targets each."""
    values = ({"608": "96", "610": "90"}, "12"), ({"608": "90", "610": "96"}, "6")
    parts = [with_values(given, *each).attainments for each in values]
    return replace(given, attainments=tuple(row for rows in parts for row in rows))


def test_what_prints_alike_is_said_to_be_equal_and_named_together(given: ReportInput, say: Messages) -> None:
    """The best and the weakest differ in print, and whoever prints like one of them is named with it."""
    close = said(with_values(given, {"608": "80.001", "610": "80.002"}), say)
    assert any(line.endswith("các đơn vị cùng mức 80,00%.") for line in close)
    three = said(with_values(given, {"608": "80.001", "610": "80.002", "611": "81"}), say)
    assert three[-1].endswith("thấp nhất 80,00% (thành phố Kon Tum, huyện Đắk Glei).")


def test_one_unit_is_not_compared_and_none_is_said(given: ReportInput, say: Messages) -> None:
    assert "Chỉ có một đơn vị trực thuộc là thành phố Kon Tum" in said(with_values(given, {"608": "96"}), say)[0]
    assert said(with_values(given, {}), say) == ("Chưa có số liệu theo đơn vị.",)


def test_rates_of_a_few_cases_are_not_ranked(given: ReportInput, say: Messages) -> None:
    lines = said(with_values(given, {"608": "3", "610": "9"}, item="15.1"), say)
    assert not any(line.startswith("- ") for line in lines)


def test_the_table_holds_each_level_of_an_indicator_once_and_fits_the_page(given: ReportInput, say: Messages) -> None:
    table = unit_results.build_unit_table(given, say, build_figures(given, say))
    assert len(table.units) == 10
    assert table.units[0] == ComparedUnit("608", "Thành phố Kon Tum")
    assert all(0 < len(block) <= unit_results.MAX_TABLE_COLUMNS for block in table.blocks)
    items = [column.item for block in table.blocks for column in block]
    assert len(items) == len(set(items))
    assert "16" not in items  # published for the province only
    assert "1" not in items  # once a year


def with_area_not_judged(given: ReportInput, item: str = "12") -> ReportInput:
    """The same, with a target of the area that has no path to be judged by before its year."""
    rows = (
        replace(a, status="not_met", met=False, progress_class="", reason=None)
        if (a.unit, a.item) == (given.area, item)
        else a
        for a in given.attainments
    )
    return replace(given, attainments=tuple(rows))


def test_no_unit_bears_a_verdict_on_what_the_area_is_not_judged_by(given: ReportInput, say: Messages) -> None:
    values = {"608": "96", "610": "90", "611": "80"}
    judged = with_values(given, values)
    facts = build_facts(judged, say)
    assert [f.sign for f in facts.figures["12"].values()][1:] == ["Đ", "C", "C"]
    assert format_unit_legend(facts, say) == "Đ: đạt mục tiêu năm 2025; C: chưa đạt mục tiêu năm 2025."
    assert format_heat_legend(facts, say) == "Đ: đạt mục tiêu năm 2025; C: chưa đạt mục tiêu năm 2025"

    facts = build_facts(with_area_not_judged(judged), say)
    assert facts.figures["12"][given.area].path_state == "not_due"
    units = [facts.figures["12"][code] for code in values]
    assert [(f.value.text, f.sign, f.status_text) for f in units] == [
        ("96,00", "", "Chưa đến kỳ đánh giá"),
        ("90,00", "", "Chưa đến kỳ đánh giá"),
        ("80,00", "", "Chưa đến kỳ đánh giá"),
    ]
    assert facts.units.scores == () and facts.first_page.units.rows == ()
    assert format_unit_legend(facts, say) == ""
    assert facts.units.sentences[1] == (
        "Các chỉ tiêu có số liệu theo đơn vị chưa được đánh giá trong kỳ, không xếp hạng các đơn vị."
    )
    assert "cao nhất 96,00% (thành phố Kon Tum); thấp nhất 80,00% (huyện Ngọc Hồi)" in facts.units.sentences[2]
    assert not any("đạt thấp nhất" in line for line in facts.directions.sentences)


def test_many_units_of_one_rank_are_counted_and_not_named(given: ReportInput, say: Messages) -> None:
    """Five at the lowest place are named by no list; in the table the one furthest from the target comes first."""
    low = {"611": "90", "612": "89", "613": "80", "614": "91", "615": "92"}
    best = {"608": "96", "610": "97", "616": "98", "617": "99", "618": "95"}
    five = with_values(given, best | low)
    sentence = "cao nhất: 5 đơn vị cùng đạt 1/1; thấp nhất: 5 đơn vị cùng đạt 0/1."
    facts = build_facts(five, say)
    assert facts.units.sentences[1].endswith(sentence)
    assert facts.first_page.units.sentence.endswith(": 5 đơn vị cùng đạt 0/1.")
    assert [row.unit for row in facts.first_page.units.rows][:5] == ["613", "612", "611", "614", "615"]
    assert not any("đạt thấp nhất" in line for line in facts.directions.sentences)

    four = build_facts(with_values(given, best | {u: low[u] for u in list(low)[:4]}), say)
    assert "thấp nhất: huyện Ngọc Hồi (0/1), " in four.units.sentences[1]
    assert any("đạt thấp nhất" in line and "huyện Ngọc Hồi" in line for line in four.directions.sentences)


def test_who_stands_highest_is_never_among_the_weakest(given: ReportInput, say: Messages) -> None:
    facts = build_facts(with_values(given, {"608": "90", "610": "97", "611": "98", "612": "99"}), say)
    assert facts.first_page.units.sentence.endswith(": thành phố Kon Tum (0/1).")
