from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest

from etl.catalog import Catalogue
from etl.messages import Messages
from etl.model import Attainment, SeriesPoint
from etl.report import ReportInput
from etl.report.facts import build_facts
from etl.report.figure_facts import Figure, PrintedNumber
from etl.report.followup import build_plan_task_facts
from etl.report.report_figures import build_figures, format_item_number, format_target_name
from etl.report.section_facts import StatementRow
from etl.report.target_results import build_target_rows, build_target_sentences, format_next_milestone
from tests.report.samples import all_in, sample

BHYT = "12"


def row(given: ReportInput, item: str, **changes: object) -> Attainment:
    """The area's row of an item, changed."""
    found = next(a for a in given.attainments if a.item == item and a.unit == given.area)
    return replace(found, **changes)  # type: ignore[arg-type]


def one(given: ReportInput, now: Attainment, *before: Attainment) -> ReportInput:
    return replace(given, attainments=(now,), previous=before)


def figure_of(given: ReportInput, say: Messages, now: Attainment, *before: Attainment) -> Figure:
    figure = build_figures(one(given, now, *before), say).find_figure(now.item, now.unit)
    assert figure is not None
    return figure


def line_of(given: ReportInput, say: Messages, now: Attainment, *before: Attainment) -> str:
    chosen = one(given, now, *before)
    return build_target_sentences(chosen, say, build_figures(chosen, say), ())[0].lines[0]


def bhyt(given: ReportInput, seen: str, **changes: object) -> Attainment:
    known: dict[str, object] = {
        "value": Fraction(seen),
        "numerator": Fraction(9),
        "denominator": Fraction(10),
        "interval": None,
    }
    whole: dict[str, object] = {
        "as_of": "",
        "present": 10,
        "expected": 10,
        "target": Fraction(95),
        "operator": ">=",
        "status": "not_met",
    }
    return row(given, BHYT, **{**known, **whole, "met": False, "people_missing": 1234, **changes})


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        ("93.46", "92.76", "tăng 0,70 điểm phần trăm so với cùng kỳ năm 2023"),
        ("92.76", "93.46", "giảm 0,70 điểm phần trăm so với cùng kỳ năm 2023"),
        ("93.46", "93.461", "bằng cùng kỳ năm 2023"),
    ],
)
def test_the_change_is_said_by_its_direction(
    given: ReportInput, say: Messages, now: str, before: str, words: str
) -> None:
    assert words in line_of(given, say, bhyt(given, now), bhyt(given, before))


def test_no_trend_word_where_intervals_overlap(given: ReportInput, say: Messages) -> None:
    sample_of = {"interval": (92.0, 95.0), "as_of": "", "status": "not_met", "present": 1, "expected": 1}
    now = row(given, "14", value=Fraction("93.46"), **sample_of)
    before = replace(now, value=Fraction("91.00"), interval=(89.0, 92.5))
    line, *_ = line_of(given, say, now, before).split(";")
    assert "tăng" not in line
    assert "tương đương cùng kỳ năm 2023 (91,00%)" in line
    apart = replace(before, interval=(89.0, 91.5))
    assert "tăng 2,46 điểm phần trăm" in line_of(given, say, now, apart)


def test_what_was_counted_in_whole_has_no_interval_and_its_change_is_sure(given: ReportInput, say: Messages) -> None:
    now, before = bhyt(given, "93.46", interval=(92.0, 95.0)), bhyt(given, "91.00", interval=(89.0, 92.5))
    assert figure_of(given, say, now, before).interval is None
    assert "tăng 2,46 điểm phần trăm" in line_of(given, say, now, before)


def test_other_units_in_the_two_periods_are_matched_or_not_compared(given: ReportInput, say: Messages) -> None:
    """A district that was silent and reports again is no increase."""
    whole = {"numerator": Fraction(50), "denominator": Fraction(100), "expected": 1, "present": 1}
    unit = {code: bhyt(given, "50", **whole, unit=code) for code in ("608", "610", "611")}
    area = bhyt(given, "50", numerator=Fraction(150), denominator=Fraction(300), expected=3, present=3)
    gone = replace(unit["611"], numerator=None, denominator=None, value=None, present=0, status="no_data", met=None)
    less = replace(area, numerator=Fraction(120), denominator=Fraction(200), value=Fraction(60), present=2)
    better = [replace(unit[code], numerator=Fraction(60), value=Fraction(60)) for code in ("608", "610")]
    chosen = replace(given, attainments=(area, *unit.values()), previous=(less, *better, gone))
    change = build_figures(chosen, say).by_key[BHYT, given.area].change
    assert (change.kind, change.delta.text, change.before.text, change.now.text) == (
        "decrease",
        "10,00",
        "60,00",
        "50,00",
    )
    assert change.basis == "tính trên 2/3 đơn vị có số liệu ở cả hai kỳ, không gồm huyện Ngọc Hồi"
    bare = replace(chosen, attainments=(area,), previous=(less,))
    assert build_figures(bare, say).by_key[BHYT, given.area].change.kind == "other_units"


def test_no_previous_figure_is_said_once_for_all_or_in_its_line(given: ReportInput, say: Messages) -> None:
    assert "cùng kỳ" not in line_of(given, say, bhyt(given, "93.46"))
    gap = bhyt(given, "93.46", value=None, met=None, status="no_data")
    assert "chưa có số liệu cùng kỳ năm 2023 để so sánh" in line_of(given, say, bhyt(given, "93.46"), gap)


def test_where_no_figure_has_one_of_the_year_before_it_is_said_once(given: ReportInput, say: Messages) -> None:
    """There may be rows of the year before, and no figure in them."""
    gaps = tuple(replace(row, value=None, met=None, status="no_data") for row in given.previous)
    facts = build_facts(replace(given, previous=gaps), say)
    lines = [line for group in facts.lines for line in group.lines]
    assert not any("để so sánh" in line for line in lines)
    assert sum("Chưa có số liệu cùng kỳ năm 2023 để so sánh." in text for text in facts.summary) == 1


def test_what_was_published_within_the_year_is_judged_and_not_called_old(catalogue: Catalogue, say: Messages) -> None:
    given = sample(catalogue, "kon-tum", "kt-1693", "2024")
    fresh = replace(bhyt(given, "93.46", as_of="2024-12-27"), met=False, status="not_met")
    facts = build_facts(replace(given, attainments=(fresh,)), say)
    (line,) = (line for group in facts.lines for line in group.lines if "(12)" in line)
    assert line.startswith(
        "- Đánh giá theo số liệu gần nhất tại Phụ lục I (01 chỉ tiêu; số liệu: công bố 27/12/2024): "
    )


@pytest.mark.parametrize(
    ("day", "sent_for", "time", "covers"),
    [
        ("2023-12-29", "2023", "năm 2023, công bố 29/12/2023", "năm 2023"),
        ("2024-03-15", "2023", "năm 2023, công bố 15/3/2024", "năm 2023"),
        ("2023-12-29", "2024", "công bố 29/12/2023", "công bố 29/12/2023"),
        ("2023-12-29", "", "công bố 29/12/2023", "công bố 29/12/2023"),
        ("2023", "2023", "năm 2023", "năm 2023"),
    ],
)
def test_what_a_published_figure_is_of_and_when_it_was_published_are_two_things(
    given: ReportInput, say: Messages, day: str, sent_for: str, time: str, covers: str
) -> None:
    """A day before the period that it was sent for says that the figure is of an earlier one, which nobody names."""
    figure = figure_of(given, say, bhyt(given, "93.46", as_of=day, of_period=sent_for, present=1, expected=1))
    assert (figure.as_of_text, figure.covers.text) == (time, covers)
    assert figure.printed.endswith(f" ({time})")


def test_what_stood_for_the_year_before_already_then_is_no_figure_of_it(given: ReportInput, say: Messages) -> None:
    """In the column of the same period last year only what is of that period, or was published within it."""
    now = bhyt(given, "93.46")
    for as_of, text in (("2022", "–"), ("2022-12-27", "–"), ("2023-08-15", "90,00"), ("2023Q3", "90,00")):
        assert figure_of(given, say, now, bhyt(given, "90", as_of=as_of, period="2023Q3")).previous.text == text


def test_a_carried_figure_names_its_period_and_no_trend(given: ReportInput, say: Messages) -> None:
    now = bhyt(given, "93.46", as_of="2023", met=None, status="no_new_figure")
    line = line_of(given, say, now, bhyt(given, "90"))
    assert line == "- Chưa có số liệu mới (01 chỉ tiêu; số gần nhất tại Phụ lục I: năm 2023): Tham gia BHYT (12)."
    assert figure_of(given, say, now).covers.kind == "older"
    assert "tăng" not in line


def test_a_missing_value_is_said_and_never_zero(given: ReportInput, say: Messages) -> None:
    now = bhyt(
        given, "0", value=None, numerator=None, denominator=None, met=None, status="no_data", people_missing=None
    )
    figure = figure_of(given, say, now)
    assert figure.value == PrintedNumber(None, None, "chưa có số liệu", 2)
    assert figure.printed == "chưa có số liệu"
    assert figure.change.kind == "no_figure"
    assert figure.covers.kind == "none"
    assert figure.previous.text == "chưa có số liệu"


def test_a_real_zero_is_a_zero(given: ReportInput, say: Messages) -> None:
    assert figure_of(given, say, bhyt(given, "0")).value.text == "0,00"


def test_a_value_just_short_of_its_target_does_not_print_as_the_target(given: ReportInput, say: Messages) -> None:
    assert figure_of(given, say, bhyt(given, "94.996")).value.text == "94,996"
    assert figure_of(given, say, bhyt(given, "93.464")).value.text == "93,46"


def test_people_missing_carry_the_noun_of_what_is_counted(given: ReportInput, say: Messages) -> None:
    assert figure_of(given, say, bhyt(given, "93.46")).missing.text == "1.234 người"
    assert "còn thiếu 1.234 người" in line_of(given, say, bhyt(given, "93.46"))
    children = row(given, "8", status="not_met", met=False, people_missing=7)
    assert figure_of(given, say, children).missing.text == "–", "no later newborn makes up for one not screened"
    assert "còn thiếu" not in line_of(given, say, children)
    assert figure_of(given, say, bhyt(given, "96", status="met", met=True)).missing.text == "–"


def test_counts_stand_beside_small_rates(given: ReportInput, say: Messages) -> None:
    changes: dict[str, object] = {
        "value": Fraction(2 * 100_000, 590_000),
        "numerator": Fraction(2),
        "denominator": Fraction(590_000),
    }
    malaria = row(given, "15.3", **changes, as_of="", expected=10, present=10, people_missing=2)
    assert figure_of(given, say, malaria).printed == "0,34 (2 ca)"
    assert "lũy kế 9 tháng năm 2024 là 2 ca, tỉ suất 0,34 ca/100.000 dân" in line_of(given, say, malaria)
    few = bhyt(given, "90", numerator=Fraction(9), denominator=Fraction(10))
    assert figure_of(given, say, few).printed == "90,00 (9/10)"
    assert "90,00% (9/10 người)" in line_of(given, say, few)
    asked = row(given, "14", value=Fraction(90), interval=(87.6, 92.2), as_of="", status="not_met", people_missing=39)
    line = line_of(given, say, asked)
    assert "90,00% (khoảng tin cậy 95%: 87,60–92,20)" in line
    assert "còn thiếu" not in line, "nobody is missing from a sample"
    many = bhyt(given, "90", numerator=Fraction(9_000), denominator=Fraction(10_000))
    assert figure_of(given, say, many).printed == "90,00"
    counted = replace(many, interval=(89.4, 90.6))
    assert figure_of(given, say, counted).interval is None, "what was counted in whole has none"
    assert "khoảng tin cậy" not in line_of(given, say, counted)


def test_an_incomplete_figure_is_marked(given: ReportInput, say: Messages) -> None:
    partial = bhyt(given, "90", numerator=Fraction(9_000), denominator=Fraction(10_000), present=9)
    assert figure_of(given, say, partial).printed == "90,00*"


@pytest.mark.parametrize(
    ("operator", "value", "target", "distance"),
    [
        (">=", "90", "95", "-5,3"),
        (">", "99", "90", "10,0"),
        ("<=", "5", "4", "-25,0"),
        ("<", "3", "4", "25,0"),
        ("=", "3", "4", "-25,0"),
    ],
)
def test_the_distance_is_negative_on_the_worse_side(
    given: ReportInput, say: Messages, operator: str, value: str, target: str, distance: str
) -> None:
    now = bhyt(given, value, operator=operator, target=Fraction(target))
    assert figure_of(given, say, now).distance.text == distance


def test_there_is_no_distance_to_a_zero_or_worded_target(given: ReportInput, say: Messages) -> None:
    assert figure_of(given, say, bhyt(given, "90", target=Fraction(0))).distance.value is None
    assert figure_of(given, say, bhyt(given, "90", target=None, operator="eliminate")).distance.value is None


def test_a_part_year_verdict_names_the_prorated_plan(given: ReportInput, say: Messages) -> None:
    now = row(
        given, "15.1", value=Fraction(3), target=Fraction("4.2"), prorated_target=Fraction("3.15"), operator="<=",
        status="within_plan", met=None, as_of="", numerator=Fraction(18), written="4,2", target_period="2025",
    )  # fmt: skip
    assert "trong mức phân kỳ 3,2 ca/100.000 dân của mục tiêu năm 2025 (4,2 ca/100.000 dân" in line_of(given, say, now)


def test_a_target_without_a_figure_tells_the_last_one_and_its_time(given: ReportInput, say: Messages) -> None:
    """Told by its time, never judged, and not where it was measured by another definition or is this period's own; as
    a figure that is not due yet is: one status and one print for one thing. Twelve months since January are the year.
    """
    silent = row(given, "12", value=None, numerator=None, denominator=None, status="no_data", met=None, as_of="",
                 reason=None, interval=None, present=0)  # fmt: skip
    grown = replace(silent, item="8", indicator=row(given, "8").indicator)
    whole = replace(silent, item="9", indicator=row(given, "9").indicator)
    points = (("12", (SeriesPoint("2023Q4", Fraction("94.2")),)), ("8", (SeriesPoint("2023Q3", Fraction("14.9")),)),
              ("9", (SeriesPoint("2023Q4", Fraction("45.7")),)))  # fmt: skip
    told = replace(given, attainments=(silent, grown, whole), previous=(), last=(), series=points)
    lines = [line for group in build_target_sentences(told, say, build_figures(told, say), ()) for line in group.lines]
    assert [line for line in lines if "gần nhất" in line] == [
        "- Chưa có số liệu mới (03 chỉ tiêu; số gần nhất tại Phụ lục I: quý IV năm 2023; lũy kế 9 tháng năm 2023; "
        "năm 2023): Tham gia BHYT (12); Trẻ sơ sinh được tầm soát (8); Phụ nữ mang thai được tầm soát (9)."
    ]
    prints = [(f.shown_status, f.printed) for f in build_figures(told, say).list_unit_figures(given.area)]
    assert prints == [
        ("no_new_figure", "94,20 (quý IV năm 2023)"),
        ("no_new_figure", "14,9 (lũy kế 9 tháng năm 2023)"),
        ("no_new_figure", "45,7 (năm 2023)"),
    ]
    figure = build_figures(told, say).find_figure("12", given.area)
    assert figure is not None and (figure.path_state, figure.plan_share.value, figure.sign) == ("", None, "")
    own = replace(told, series=(("12", (SeriesPoint(given.period.key, Fraction("94.2")),)),))
    lines = [line for group in build_target_sentences(own, say, build_figures(own, say), ()) for line in group.lines]
    assert not [line for line in lines if "gần nhất" in line]
    assert [f.shown_status for f in build_figures(own, say).list_unit_figures(given.area)] == ["no_data"] * 3


def test_rows_the_plan_does_not_number_borrow_the_number_of_their_head(given: ReportInput, say: Messages) -> None:
    male = next(t for t in given.plan.targets if t.item == "22.nam")
    assert format_item_number(male) == ""
    assert format_target_name(given, say, male) == "Chiều cao trung bình của thanh niên 18 tuổi, nam (chỉ tiêu 22)"
    first = given.plan.targets[0]
    assert format_target_name(given, say, first) == "Số bác sĩ trên 10.000 dân (chỉ tiêu 1)"


def test_the_whole_of_a_share_is_a_level_without_a_sign(given: ReportInput, say: Messages) -> None:
    figure = replace(figure_of(given, say, bhyt(given, "93.46")), operator=">=", target_period="2030")
    whole = replace(figure.target, value=100, exact="100", text="100")
    assert format_next_milestone(say, replace(figure, target=whole), "% dân số") == "100 (2030)"
    assert format_next_milestone(say, replace(figure, target=whole), "Người") == "≥ 100 (2030)"
    most = replace(figure.target, value=90, exact="90", text="90")
    assert format_next_milestone(say, replace(figure, target=most), "%") == "≥ 90 (2030)"


def test_how_many_units_a_row_in_words_counts_stands_in_one_pair_of_brackets(
    catalogue: Catalogue, say: Messages
) -> None:
    alike = all_in(sample(catalogue, "kon-tum", "kt-124", "2024Q4"))
    rows = build_target_rows(alike, say, build_figures(alike, say), build_plan_task_facts(alike, say))
    words = [row.statement for row in rows if isinstance(row, StatementRow)]
    assert any(re.search(r"\(\d+ đơn vị\)$", text) for text in words)
    assert not any("((" in text for text in words)
