"""What a figure carries besides its verdict stands where a reader looks for it, in words and with every number."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from etl.attain.linear_path import NEEDS_ACCELERATION, ON_TRACK
from etl.catalog import Catalogue
from etl.messages import Messages
from etl.model import Attainment, ControlLimits, Period, UnitStatus
from etl.model.numbers import format_number
from etl.model.reason import Reason, build_reason
from etl.report import ReportInput, correction_report, path_section, submissions
from etl.report.data_quality_notes import build_data_notes
from etl.report.dates import format_period_end, format_period_list
from etl.report.facts import build_facts
from etl.report.report_figures import build_figures, find_duplicate_targets
from etl.report.section_facts import FigureRow
from etl.report.target_results import build_target_sentences, describe_headline, describe_results
from etl.report.template_context import build_page_context, format_row_status
from tests.report.samples import sample
from tests.unit.report.test_report_figures import bhyt, figure_of, line_of, one, row
from tests.wording import saying


def notes_of(given: ReportInput, say: Messages, *rows: Attainment) -> dict[str, list[str]]:
    """The data notes of a report of these rows alone, by kind."""
    chosen = replace(given, attainments=rows, previous=(), corrections=())
    found: dict[str, list[str]] = {}
    for note in build_data_notes(chosen, say, build_figures(chosen, say), ""):
        found.setdefault(note.kind, []).append(note.text)
    return found


# --- bounds under missing units --------------------------------------------------------------------------

ENDS = Fraction("93.9"), Fraction("95.1")


def test_a_verdict_that_missing_units_could_turn_says_so_with_the_range(given: ReportInput, say: Messages) -> None:
    now = bhyt(given, "94.07", bounds=ENDS, bounds_turn=True, present=9)
    assert line_of(given, say, now).endswith(
        "còn thiếu 1.234 người tại các đơn vị đã báo cáo so với mục tiêu năm 2025 (95%); "
        "kết luận có thể thay đổi khi đủ số liệu (giá trị khoảng 93,90–95,10%)."
    )
    notes = notes_of(given, say, now)
    assert notes["bounds"][0].endswith("khoảng: 93,90–95,10 (chỉ tiêu 12).")
    assert notes["bounds_turn"] == [
        "Kết luận so với mục tiêu, lộ trình còn phụ thuộc vào các nơi chưa có số liệu: chỉ tiêu 12."
    ]
    assert "có thể thay đổi" not in line_of(given, say, replace(now, bounds_turn=False))


def test_ends_that_print_alike_are_one_number_and_none_where_nothing_differs(given: ReportInput, say: Messages) -> None:
    near = bhyt(given, "94.07", bounds=(Fraction("93.998"), Fraction("94.001")))
    assert notes_of(given, say, near)["bounds"][0].endswith("khoảng: 94,00 (chỉ tiêu 12).")
    assert "bounds" not in notes_of(given, say, replace(near, bounds=(Fraction("94.068"), Fraction("94.071"))))


def test_without_a_history_the_reason_stands_in_the_notes(given: ReportInput, say: Messages) -> None:
    reason = "1 đơn vị thiếu số liệu chưa từng báo cáo nên không ước được khoảng của giá trị"
    now = bhyt(given, "94.07", bounds_reason=saying(reason))
    assert notes_of(given, say, now)["no_bounds"] == [f"Chỉ tiêu 12: {reason}."]


def test_partial_figures_are_announced_before_the_lines(given: ReportInput, say: Messages) -> None:
    told = "Dấu *: chỉ tính được trên các nơi đã có số liệu, nêu tại mục VII."
    for present, is_told in ((9, True), (10, False)):
        chosen = one(given, bhyt(given, "94", present=present))
        assert (told in describe_results(chosen, say, build_figures(chosen, say))) == is_told


def test_a_figure_that_can_only_be_bounded_prints_its_range_who_is_silent_and_no_verdict(
    given: ReportInput, say: Messages
) -> None:
    reason = build_reason("reason.lone_sides", units="Bệnh viện Y dược cổ truyền tỉnh")
    unknown: dict[str, Any] = {"value": None, "met": None, "status": "no_data", "reason": reason, "as_of": ""}
    now = replace(row(given, "1"), **unknown, numerator=None, bounds=(Fraction("9.44"), Fraction("9.61")), present=0)
    bare = replace(now, bounds=None)
    figure = figure_of(given, say, now, replace(now, value=Fraction(10), bounds=None))
    assert (figure.printed, figure.shown_status, figure.change.kind) == ("khoảng 9,4–9,6", "incomplete", "no_figure")
    (line,) = build_target_sentences(one(given, now), say, build_figures(one(given, now), say), ())[0].lines
    assert "Bác sĩ/10.000 dân (1): khoảng 9,4–9,6 người nếu tính nơi còn thiếu theo mức đã từng báo cáo (thiếu" in line
    assert "(thiếu số liệu của Bệnh viện Y dược cổ truyền tỉnh nên chưa tính được cho toàn địa bàn)." in line
    (line,) = build_target_sentences(one(given, bare), say, build_figures(one(given, bare), say), ())[0].lines
    assert line.endswith(
        "Bác sĩ/10.000 dân (1): thiếu số liệu của Bệnh viện Y dược cổ truyền tỉnh nên chưa tính được cho toàn địa bàn."
    )
    for sure, status, start in ((True, "incomplete_met", "- Đạt dù số liệu còn thiếu (01 chỉ tiêu): "),
                                (False, "incomplete_not_met", "- Chưa đạt kể cả khi đủ số liệu (01 chỉ tiêu): ")):  # fmt: skip
        chosen = one(given, replace(now, bounds_met=sure))
        figures = build_figures(chosen, say)
        assert [f.shown_status for f in figures.list_counted_figures(given.area)] == [status]
        (line,) = build_target_sentences(chosen, say, figures, ())[0].lines
        assert line.startswith(start) and "khoảng 9,4–9,6 người" in line
        assert start[2:].split(" (")[0].lower() in describe_headline(chosen, say, figures)
    of_none = figure_of(given, say, replace(now, completeness=Fraction(0), expected=116))
    assert of_none.is_bounded and of_none.completeness.text == "–", "nobody knows of how many, not of none of 116"
    assert "no_data" not in notes_of(given, say, now)
    assert not any("giảm" in sentence or "thiếu 2" in sentence for sentence in (line, figure.missing.text))


# --- no figure -------------------------------------------------------------------------------------------


def test_why_there_can_be_no_figure_is_said_once_for_all_it_holds_for(given: ReportInput, say: Messages) -> None:
    gone: dict[str, Any] = {
        "value": None,
        "met": None,
        "status": "no_data",
        "reason": saying("Không quy đổi được: đã chia."),
    }
    rows = [replace(row(given, item), **gone) for item in ("6", "12")]
    assert notes_of(given, say, *rows)["no_data"] == [
        "Lý do chưa có số liệu (chỉ tiêu 6, 12): không quy đổi được: đã chia."
    ]
    plain = [replace(r, reason=build_reason("reason.no_data_of", present=0, expected=10)) for r in rows]
    assert "no_data" not in notes_of(given, say, *plain)


def test_a_year_that_is_filled_from_quarters_says_so_at_the_figure(annual: ReportInput, say: Messages) -> None:
    """Who sent four quarters and no year's form is in the year's figure with those; nobody takes it for the year's."""
    mine = [source for source in annual.sources if source.indicator == "health_managed"]
    others = tuple(source for source in annual.sources if source.indicator != "health_managed")
    quarterly = tuple(replace(source, period="2024Q4") if source.file.endswith("1.xlsx") else source for source in mine)
    facts = build_facts(replace(annual, sources=others + quarterly), say)
    told, untold = facts.figures["6"][annual.area], facts.figures["12"][annual.area]
    assert told.from_parts == 13 and told.printed.endswith("(một phần theo báo cáo trong năm)")
    assert untold.from_parts == 0 and "trong năm" not in untold.printed
    (note,) = [note.text for note in facts.data_notes if note.kind == "from_parts"]
    assert note.startswith("Có 13 nơi") and note.endswith("chỉ tiêu 6.")
    assert not [note for note in build_facts(annual, say).data_notes if note.kind == "from_parts"]


# --- the plan's own contradictions, ranges, eliminations ---------------------------------------------------


def test_both_levels_of_a_contradiction_stand_with_their_clauses(catalogue: Catalogue, say: Messages) -> None:
    given = sample(catalogue, "tan-yen", "ty-ct25", "2024")
    (note,) = notes_of(given, say, *(a for a in given.attainments if a.unit == given.area))["contradicts"]
    assert note == (
        "Kế hoạch đặt mức khác nhau cho cùng một nội dung: trên 99,5% (chỉ tiêu I.3-2.1: mục I, khoản 3, gạch đầu "
        "dòng 2, ý 1) và trên 99,9% (chỉ tiêu II.2.4.1-3: mục II.2.4.1, gạch đầu dòng 3); mỗi mức được đánh giá riêng "
        "tại Phụ lục I và tính chung là một chỉ tiêu."
    )


def test_what_the_plan_asks_twice_at_two_levels_is_counted_once_as_not_reached(catalogue: Catalogue) -> None:
    """99,7% is over 99,5 and not over 99,9: one target, and not a reached one."""
    given = sample(catalogue, "tan-yen", "ty-ct25", "2024")
    rows = {a.item: a for a in given.attainments if a.unit == given.area}
    states = ("met", True), ("not_met", False)
    for first, second, counted in ((0, 1, "II.2.4.1-3"), (1, 0, "I.3-2.1"), (0, 0, "I.3-2.1")):
        chosen = [
            replace(rows[item], value=Fraction("99.7"), status=states[which][0], met=states[which][1])
            for item, which in (("I.3-2.1", first), ("II.2.4.1-3", second))
        ]
        doubles = find_duplicate_targets(replace(given, attainments=tuple(chosen)))
        assert {"I.3-2.1", "II.2.4.1-3"} - doubles.keys() == {counted} and set(doubles.values()) == {counted}


def test_levels_that_contradict_each_other_later_alone_are_no_contradiction_yet(
    catalogue: Catalogue, say: Messages
) -> None:
    """By 2025 the plan asks for 30% in both places; for 2030 for more than 30 in one of them."""
    for scope, period, told in (("kon-tum", "2024", False), ("quang-ngai", "2026", True)):
        given = sample(catalogue, scope, "kt-1693", period)
        facts = build_facts(given, say)
        assert facts.figures["III.9.a"][given.area].duplicate_of == "5"
        assert any("III.9.a" in note.text for note in facts.data_notes if note.kind == "contradicts") == told


def test_a_range_is_printed_with_both_its_ends(catalogue: Catalogue, say: Messages) -> None:
    annual = sample(catalogue, "kon-tum", "kt-1693", "2024")
    between: dict[str, Any] = {"operator": "between", "target": Fraction(90), "target_upper": Fraction(95)}
    now = bhyt(annual, "89", **between, written="từ 90 đến 95", progress_class="limited", path_value=Fraction(91))
    chosen = replace(annual, attainments=(now,), previous=(), last=(), series=(), sources=())
    facts = build_facts(chosen, say)
    (found,) = build_page_context(facts, say).path
    assert found.target == "90,00–95,00 (2025)"
    assert facts.figures["12"][annual.area].target_upper.text == "95,00"
    assert "(từ 90 đến 95)" in line_of(annual, say, now)


def test_no_case_without_recognition_says_what_is_wanting(given: ReportInput, say: Messages) -> None:
    clean: dict[str, Any] = {"value": Fraction(0), "numerator": Fraction(0), "status": "not_met", "as_of": ""}
    now = replace(row(given, "15.3"), **clean, met=False, people_missing=None, interval=None)
    assert line_of(given, say, now).endswith(
        "không có ca mắc, chưa được công nhận theo mục tiêu năm 2025 (loại trừ sốt rét)."
    )


def test_what_exceeds_its_part_of_the_plan_says_by_how_much(given: ReportInput, say: Messages) -> None:
    over: dict[str, Any] = {"value": Fraction("4.5"), "target": Fraction("4.2"), "prorated_target": Fraction("3.15")}
    now = replace(row(given, "15.1"), **over, status="over_plan", operator="<=", written="4,2", bounds_turn=False)
    now = replace(now, people_missing=8, target_period="2025", denominator=Fraction(580_000), present=9, expected=9)
    line = line_of(given, say, now)
    assert line.endswith(
        "; vượt mức phân kỳ 3,2 ca/100.000 dân của mục tiêu năm 2025 "
        "(4,2 ca/100.000 dân, tương đương cả năm không quá 24 ca)."
    ), "24,36 cases a year are 24; of nine months there is no whole number"
    strict = replace(now, operator="<", target=Fraction(50), written="<50", denominator=Fraction(580_000))
    assert line_of(given, say, strict).endswith("(<\u00a050 ca/100.000 dân, tương đương cả năm không quá 289 ca).")
    none = replace(now, target=Fraction("0.1"), written="0,1")
    assert line_of(given, say, none).endswith("của mục tiêu năm 2025 (0,1 ca/100.000 dân)."), "no limit of no case"
    assert notes_of(given, say, now)["prorated"][0].endswith("kết luận khi hết năm: chỉ tiêu 15.1.")


@pytest.mark.parametrize(("item", "end"), [("15.1", "tương đương cả năm không quá"), ("15.3", "còn ca mắc")])
def test_cases_say_that_they_are_of_the_units_that_reported(
    given: ReportInput, say: Messages, item: str, end: str
) -> None:
    over: dict[str, Any] = {"value": Fraction("4.5"), "numerator": Fraction(26), "as_of": "", "people_missing": 8}
    if item == "15.1":
        over |= {"prorated_target": Fraction("3.15"), "status": "over_plan", "bounds_turn": False}
    now = replace(row(given, item), **over, expected=10, present=9)
    line = line_of(given, say, now)
    assert "là 26 ca tại các đơn vị đã báo cáo, tỉ suất 4,5" in line
    assert end in line
    assert line.count("đã báo cáo") == 1
    assert "đã báo cáo" not in line_of(given, say, replace(now, present=10))


# --- change, series ----------------------------------------------------------------------------------------


def test_a_change_is_as_fine_as_the_value_that_shows_it(given: ReportInput, say: Messages) -> None:
    """100 last year and 99,9 now is no “không đổi”, also where the plan prints no decimals."""
    waste = row(given, "10", as_of="", status="not_met", met=False, people_missing=None, interval=None)
    now = replace(waste, value=Fraction("99.9"), target=Fraction(100), operator=">=")
    before = replace(waste, value=Fraction(100))
    figure = figure_of(given, say, now, before)
    assert (figure.change.kind, figure.change.delta.text) == ("decrease", "0,1")


def test_only_what_is_unusual_now_is_told_and_none_of_it_in_the_notes(given: ReportInput, say: Messages) -> None:
    """A series that grows leaves its limits at both ends; the report tells of its own period."""
    news = ("quý III năm 2024: ngoài giới hạn kiểm soát", "7 kỳ liền tăng, đến quý III năm 2024")
    signals = (
        build_reason("signal.outside_limits", period="2023"),
        build_reason("signal.near_limit", period="2024Q2"),
        build_reason("signal.outside_limits", period="2024Q3"),
        build_reason("signal.rising", count=7, period="2024Q3"),
    )
    now = bhyt(given, "94", limits=ControlLimits(Fraction(94), Fraction(93), Fraction(95), 5, True, signals))
    limits = figure_of(given, say, now).limits
    assert (limits.text, limits.signals) == ("93,00–95,00", news)
    assert not any("giới hạn" in text for texts in notes_of(given, say, now).values() for text in texts)


# --- the path ------------------------------------------------------------------------------------------------


@pytest.fixture
def annual(catalogue: Catalogue) -> ReportInput:
    return sample(catalogue, "kon-tum", "kt-1693", "2024")


@pytest.mark.parametrize(
    ("progress_class", "reason", "state"),
    [
        ("maintain", "reason.no_baseline", "slow"),
        ("", "reason.no_baseline", "not_due"),
        ("", "reason.break_in_series", "redefined"),
        ("on_track", "reason.no_baseline", "on_path"),
        ("moving_away", "reason.no_baseline", "slow"),
    ],
)
def test_an_unmet_target_is_judged_by_its_way_to_the_milestone(
    annual: ReportInput, say: Messages, progress_class: str, reason: str, state: str
) -> None:
    why = build_reason(reason, old="8 loại", new="12 loại") if state == "redefined" else Reason(reason)
    now = bhyt(annual, "94", progress_class=progress_class, projections=(), reason=why)
    assert figure_of(annual, say, now).path_state == state


@pytest.mark.parametrize(
    ("reason", "value", "state"),
    [
        ("reason.no_room", "94.56", "slow"),
        ("reason.no_room", "95", "not_due"),
        ("reason.against_direction", "94", "slow"),
        ("reason.no_stretch", "94", "not_due"),
    ],
)
def test_what_is_worse_than_both_ends_of_its_way_is_slow(
    annual: ReportInput, say: Messages, reason: str, value: str, state: str
) -> None:
    """From 95 to “> 95”, and from 96,7 to 95: under 95 it is behind whenever it is asked."""
    now = bhyt(annual, value, progress_class="", projections=(), reason=Reason(reason), operator=">")
    assert figure_of(annual, say, replace(now, met=False, status="not_met", target=Fraction(95))).path_state == state


@pytest.mark.parametrize(
    ("seen", "changes", "verdict"),
    [
        (
            "94.1",
            {"progress_class": "needs_acceleration", "path_value": Fraction("94.23")},
            "cần đẩy nhanh (mức theo lộ trình: 94,23%), còn thiếu 1.234 người so với mục tiêu năm 2025 (95%)",
        ),
        (  # the level on the way never prints like the value that has not reached it
            "94.23",
            {"progress_class": "needs_acceleration", "path_value": Fraction("94.2301")},
            "cần đẩy nhanh (mức theo lộ trình: 94,2301%), còn thiếu 1.234 người so với mục tiêu năm 2025 (95%)",
        ),
        (
            "94.3",
            {"progress_class": "on_track", "path_value": Fraction("94.23")},
            "đúng lộ trình, còn thiếu 1.234 người",
        ),
        (
            "94",
            {"progress_class": "maintain"},
            "chậm, chưa đạt mức phải duy trì, còn thiếu 1.234 người so với mục tiêu năm 2025 (95%)",
        ),
        (
            "94.56",
            {"reason": Reason("reason.no_room"), "operator": ">", "written": ">95", "target_period": "2030"},
            "chậm, chưa đạt mức năm 2025 (95%), còn thiếu 1.234 người so với mục tiêu năm 2030 (>\u00a095%)",
        ),
        (
            "93",
            {"reason": Reason("reason.against_direction")},
            "chậm, chưa đạt mức năm 2023 (93,46%), còn thiếu 1.234 người so với mục tiêu năm 2025 (95%)",
        ),
        (
            "94.56",
            {"reason": Reason("reason.no_baseline"), "written": "≥95"},
            "chưa đến kỳ đánh giá; để đạt mục tiêu năm 2025 (≥\u00a095%) cần thêm 1.234 người",
        ),
        (
            "94.56",
            {"reason": Reason("reason.no_baseline"), "people_missing": None},
            "chưa đến kỳ đánh giá; để đạt mục tiêu năm 2025 (95%) cần tăng thêm 0,44 điểm phần trăm",
        ),
        (
            "96.1",
            {"reason": Reason("reason.no_baseline"), "people_missing": None, "operator": "<="},
            "chưa đến kỳ đánh giá; để đạt mục tiêu năm 2025 (95%) cần giảm thêm 1,10 điểm phần trăm",
        ),
    ],
)
def test_a_verdict_says_what_it_rests_on_and_what_is_not_judged_lacks_nothing_yet(
    annual: ReportInput, say: Messages, seen: str, changes: dict[str, Any], verdict: str
) -> None:
    plain: dict[str, Any] = {"progress_class": "", "path_value": None, "reason": None, "projections": ()}
    line = line_of(annual, say, bhyt(annual, seen, **{**plain, **changes}))
    assert verdict in line


def test_what_is_not_judged_for_want_of_a_way_is_listed_with_that_reason(annual: ReportInput, say: Messages) -> None:
    """Beside what is not judged for another reason, and is listed apart."""
    none: dict[str, Any] = {"progress_class": "", "path_value": None, "projections": ()}
    startless = bhyt(annual, "94.56", reason=Reason("reason.no_baseline"), **none)
    ahead = replace(row(annual, "15.3", status="not_met", met=False, reason=Reason("reason.cases_left")), **none)
    chosen = replace(annual, attainments=(startless, ahead))
    said = describe_results(chosen, say, build_figures(chosen, say))
    assert [text for text in said if text.startswith("- ")] == [
        "- Chưa đến kỳ đánh giá (01; Kế hoạch không nêu mức xuất phát nên chưa xác định lộ trình): Tham gia BHYT (12).",
        "- Chưa đến kỳ đánh giá (01): Sốt rét mới/100.000 dân (15.3).",
    ]
    assert not any("Mức theo lộ trình" in text for text in said), "no way is explained where none is printed"


def test_the_words_on_the_way_have_the_limits_that_it_is_judged_by(say: Messages) -> None:
    limits = [format_number(limit * 100) for limit in (ON_TRACK, NEEDS_ACCELERATION)]
    assert re.findall(r"(\d+)%", say.texts["summary.way"]) == [limits[0], limits[1], limits[0], limits[1]]


def test_a_second_place_is_judged_as_the_first_and_another_level_by_itself(catalogue: Catalogue, say: Messages) -> None:
    facts = build_facts(sample(catalogue, "tan-yen", "ty-ct25", "2024"), say)
    rows = {row.item: (row.title, format_row_status(say, row, facts.find_figure(row.item, row.unit)))
            for row in facts.rows if isinstance(row, FigureRow)}  # fmt: skip
    assert rows["II.2.2-1a"][0].endswith(" (trùng với mục I.3-1a, không tính hai lần)")
    assert rows["II.2.2-1a"][1] == "Như mục I.3-1a"
    title, status = rows["II.2.4.1-3"]
    assert title.endswith(" (cùng nội dung với mục I.3-2.1, mức khác, tính chung là một chỉ tiêu)")
    assert status == facts.figures["II.2.4.1-3"][facts.area.unit].path_text


@pytest.mark.parametrize(
    ("reported", "heads", "cells"),
    [
        ({}, ["Thực hiện năm 2023"], ["93,46", "42,5"]),
        ({"12": "93.9"}, ["Thực hiện năm 2023"], ["93,46 (báo cáo: 93,90)", "42,5"]),
        (dict.fromkeys(("1", "9", "12"), "43"), ["Thực hiện năm 2023", "Năm trước (2023)"], ["93,46", "42,5"]),
    ],
)
def test_one_year_has_one_column_where_its_two_figures_are_alike(
    annual: ReportInput, say: Messages, reported: dict[str, str], heads: list[str], cells: list[str]
) -> None:
    """What the plan began with and what was reported of that year, apart where more than a few rows differ."""
    began = {t.item: t.baseline for t in annual.plan.targets}
    before = tuple(
        replace(a, period="2023", value=Fraction(reported.get(a.item, b.value)), as_of="")
        for a in annual.attainments
        if a.unit == annual.area and (b := began[a.item]) and b.value is not None
    )
    context = build_page_context(build_facts(replace(annual, previous=before), say), say)
    assert [head.text for head in context.known_heads] == heads
    printed = {row.item: row.known[0].text for row in context.results if row.known}
    assert [printed["12"], printed["9"]] == cells


def test_a_year_that_is_over_has_no_column_in_the_outlook(annual: ReportInput, say: Messages) -> None:
    from etl.model import Projection

    over = Projection(2024, reason=build_reason("reason.past_year", year=2024), points=8)
    ahead = Projection(2030, 96.0, 95.1, 96.9, Fraction(95), 0.97, "rất có khả năng", 8)
    chosen = replace(annual, attainments=(bhyt(annual, "94", projections=(over, ahead)),))
    assert path_section.build_outlook(chosen, say, build_figures(chosen, say), 1).horizons == ("2030",)


def test_the_yearly_change_still_required_stands_in_the_path_table(annual: ReportInput, say: Messages) -> None:
    now = bhyt(annual, "94", required_yearly_change=Fraction("1.25"), progress_class="limited", projections=())
    chosen = replace(annual, attainments=(now,), previous=(), last=(), series=(), sources=())
    (found,) = build_page_context(build_facts(chosen, say), say).path
    assert found.yearly == "+1,25"


# --- places --------------------------------------------------------------------------------------------------


def test_a_late_unit_is_named_with_its_quarters_where_a_report_spans_several(
    catalogue: Catalogue, say: Messages
) -> None:
    half = sample(catalogue, "kon-tum", "kt-1693", "2024H1")
    statuses = (
        UnitStatus("f", "610", "Huyện Đắk Glei", "2024Q1", "accepted", late_days=4),
        UnitStatus("f", "610", "Huyện Đắk Glei", "2024Q2", "accepted"),
    )
    lines = submissions.describe_submissions(replace(half, statuses=statuses), say)
    assert lines[-1] == ("Gửi chậm so với thời hạn (01 đơn vị): huyện Đắk Glei (quý I năm 2024: chậm 4 ngày làm việc).")


def _sent(*sent: tuple[str, str, str]) -> tuple[UnitStatus, ...]:
    return tuple(UnitStatus("f", unit, f"xã {unit}", period, state) for unit, period, state in sent)  # type: ignore[arg-type]


def test_a_report_of_several_quarters_says_of_which_of_them_the_forms_came(catalogue: Catalogue, say: Messages) -> None:
    nine = sample(catalogue, "kon-tum", "kt-1693", "2024N")
    nobody = ((unit, quarter, "silent") for unit in "AB" for quarter in ("2024Q1", "2024Q2"))
    only_last = replace(nine, statuses=_sent(*nobody, ("A", "2024Q3", "accepted"), ("B", "2024Q3", "accepted")))
    day = replace(only_last, snapshot_at="2024-10-15T08:00:00+07:00")
    page = build_facts(day, say).first_page
    assert page.reported == (
        "2/2 đơn vị có báo cáo quý III năm 2024 được tiếp nhận; "
        "chưa đơn vị nào có báo cáo quý I, quý II năm 2024 được tiếp nhận."
    )
    assert page.actions[-1].what == "Gửi bổ sung báo cáo quý I, quý II năm 2024"
    assert submissions.describe_submissions(only_last, say)[:2] == [
        "Đã tiếp nhận báo cáo quý III năm 2024 của 2/2 đơn vị.",
        "Tất cả 02 đơn vị chưa gửi báo cáo quý I, quý II năm 2024.",
    ]


def test_a_stock_of_nine_months_stands_at_the_end_of_september() -> None:
    keys = ("2024N", "2024H1", "2024H2", "2024Q3", "2024", "2024-09")
    assert [format_period_end(Period.parse(key)) for key in keys] == [
        "tháng 9 năm 2024", "tháng 6 năm 2024", "tháng 12 năm 2024", "quý III năm 2024", "năm 2024", "tháng 9 năm 2024",
    ]  # fmt: skip


def test_headings_of_stocks_name_the_month_they_end_with(catalogue: Catalogue, say: Messages) -> None:
    facts = build_facts(sample(catalogue, "kon-tum", "kt-1693", "2024N"), say)
    assert facts.first_page.to_date_title == "Đến hết tháng 9 năm 2024"
    assert "ến hết 9 tháng" not in repr(facts)


def test_the_year_of_several_periods_is_said_once() -> None:
    assert format_period_list(["2024Q1", "2024Q2"]) == "quý I, quý II năm 2024"
    assert format_period_list(["2023Q4", "2024Q1", "2024"]) == "quý IV năm 2023, quý I năm 2024, năm 2024"


def test_a_correction_names_places_as_reports_do(given: ReportInput, say: Messages) -> None:
    before = build_facts(given, say)
    item = next(i for i, units in before.figures.items() if units["610"].value.value is not None)
    figure = replace(before.figures[item]["610"], printed="1", status_text="Khác")
    after = replace(before, figures=before.figures | {item: before.figures[item] | {"610": figure}})
    made = correction_report.build_correction_facts(correction_report.CorrectionInput(1, before, after, ()), say)
    assert "(huyện Đắk Glei): từ" in made.verdicts[0]
    printed = (made.head.subject, made.head.opening, *made.causes, *made.others)
    assert not any(given.snapshot_id[:16] in line for line in printed), "ids of the system stay at home"
    assert made.rows[0].unit_name == "Huyện Đắk Glei"
