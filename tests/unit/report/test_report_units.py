from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from etl.catalog import Catalogue
from etl.messages import Messages
from etl.model import Attainment, UnitStatus
from etl.report import ReportInput, submissions, unit_results
from etl.report.facts import build_facts
from etl.report.legends import format_heat_legend, format_unit_legend
from etl.report.report_figures import build_figures
from etl.report.section_facts import ComparedUnit
from etl.report.template_context import build_template_context
from etl.report.unit_names import format_unit_mention
from tests.report.samples import sample

ALL = ("608", "610", "611", "612", "613", "614", "615", "616", "617", "618")


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


THREE = ("12", "6", "13")
"""Shares that units are ranked by: of fewer they are not."""


def with_values(given: ReportInput, values: dict[str, str | None], *items: str) -> ReportInput:
    """Only some indicators (one, if none is named), with a value or none for each unit; at 95 or more it is met."""
    rows: list[Attainment] = []
    for item in items or ("12",):
        template = next(a for a in given.attainments if a.item == item and a.unit == "608")
        area = next(a for a in given.attainments if a.item == item and a.unit == given.area)
        judged = {"status": "not_met", "met": False, "progress_class": "needs_acceleration", "reason": None}
        rows.append(replace(area, present=area.expected, **judged))
        level = {"operator": ">=", "target": Fraction(95), "target_upper": None, "target_period": "2025"}
        for unit, text in values.items():
            value = Fraction(text) if text is not None else None
            met = None if value is None else value >= 95
            state = {None: "no_data", True: "met", False: "not_met"}[met]
            rows.append(replace(template, unit=unit, value=value, met=met, status=state, **level))
    return replace(given, attainments=tuple(rows))


def said(given: ReportInput, say: Messages) -> tuple[str, ...]:
    return unit_results.build_unit_table(given, say, build_figures(given, say)).sentences


def test_the_best_and_the_weakest_are_named(given: ReportInput, say: Messages) -> None:
    lines = said(with_values(given, {"608": "96", "610": "90", "611": "80"}, *THREE), say)
    assert lines[1] == (
        "Số chỉ tiêu đạt trên số chỉ tiêu đã đánh giá: thành phố Kon Tum (3/3), huyện Đắk Glei (0/3), huyện Ngọc Hồi (0/3)."
    ), "two places are no ranking"
    mixed = with_one_of_two_met(given, THREE, ("12",), ("6", "13"))
    assert "cao nhất: thành phố Kon Tum (3/3); thấp nhất: huyện Đắk Glei (1/3)." in said(mixed, say)[1]
    lines = said(with_values(given, {"608": "96", "610": "90", "611": "80"}), say)
    assert lines[2].endswith(": cao nhất 96,00% (thành phố Kon Tum); thấp nhất 80,00% (huyện Ngọc Hồi).")


def test_a_unit_without_figures_is_named_and_never_the_weakest(given: ReportInput, say: Messages) -> None:
    lines = said(with_values(given, {"608": "96", "610": "90", "611": None}), say)
    assert "Chưa có số liệu trong kỳ: huyện Ngọc Hồi." in lines
    assert not any("huyện Ngọc Hồi" in line for line in lines if "thấp nhất" in line)


def test_equal_units_are_said_to_be_equal(given: ReportInput, say: Messages) -> None:
    for value, sentence in (
        ("96", "Các đơn vị đều đạt cả 03 chỉ tiêu đã đánh giá."),
        ("90", "Chưa đơn vị nào đạt chỉ tiêu nào trong 03 chỉ tiêu đã đánh giá."),
    ):
        lines = said(with_values(given, {"608": value, "610": value}, *THREE), say)
        assert sentence in lines
        lines = said(with_values(given, {"608": value, "610": value}), say)
        assert any(line.endswith(f"các đơn vị cùng mức {value},00%.") for line in lines)
    alike = with_one_of_two_met(given, ("12",), ("6",), ("13",))
    assert "Các đơn vị có tỉ lệ chỉ tiêu đạt như nhau (1/3 chỉ tiêu đã đánh giá)." in said(alike, say)


def with_one_of_two_met(given: ReportInput, *met: tuple[str, ...]) -> ReportInput:
    """Units that meet these of three targets each."""
    units = dict(zip(("608", "610", "611"), met, strict=True))
    parts = [
        with_values(given, {unit: "96" if item in those else "90" for unit, those in units.items()}, item).attainments
        for item in THREE
    ]
    return replace(given, attainments=tuple(row for rows in parts for row in rows))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"608": "96", "610": "97"}, "2/2 đơn vị đạt"),
        ({"608": "96", "610": "90"}, "1/2 đơn vị đạt, chưa đạt: huyện Đắk Glei"),
        ({"608": "91", "610": "90"}, "chưa đơn vị nào trong 2 đơn vị đạt"),
    ],
)
def test_units_are_not_ranked_by_one_or_two_targets(
    given: ReportInput, say: Messages, values: dict[str, str | None], told: str
) -> None:
    """Who meets the only target that is judged has not met all that the plan asks."""
    facts = build_facts(with_values(given, values), say)
    expected = f"Trong kỳ mới có 01 chỉ tiêu được đánh giá theo đơn vị: Tham gia BHYT (12), {told}."
    assert facts.units.sentences[1] == expected
    assert facts.first_page.units.rows == () and facts.first_page.units.sentence == ""
    assert not any("đạt thấp nhất" in line for line in facts.directions.sentences)
    two = said(with_values(given, values, "12", "6"), say)[1]
    assert two.count(told) == 2 and "mới có 02 chỉ tiêu" in two


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
    lines = said(with_values(given, {"608": "3", "610": "9"}, "15.1"), say)
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
    facts = build_facts(with_values(given, values, *THREE), say)
    assert [f.sign for f in facts.figures["12"].values()][1:] == ["Đ", "C", "C"]
    ahead = "đơn vị xét theo mức của mục tiêu, toàn địa bàn xét theo lộ trình"
    assert format_unit_legend(facts, say) == f"Đ: đạt mục tiêu năm 2025; C: chưa đạt mục tiêu năm 2025; {ahead}."
    assert format_heat_legend(facts, say) == f"Đ: đạt mục tiêu năm 2025; C: chưa đạt mục tiêu năm 2025; {ahead}"
    due = replace(given, attainments=with_values(given, values, *THREE).attainments)
    due = replace(due, attainments=tuple(replace(a, target_period="2024Q3") for a in due.attainments))
    assert ahead not in format_unit_legend(build_facts(due, say), say), "a level that is due needs no way to it"

    facts = build_facts(with_area_not_judged(with_values(given, values)), say)
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


def test_equals_are_told_apart_by_how_far_they_are_from_the_targets(given: ReportInput, say: Messages) -> None:
    """Five at the lowest place are counted, and of them those farthest from the targets are named, by a printed rule."""
    low = {"611": "90", "612": "89", "613": "80", "614": "91", "615": "92"}
    best = {"608": "96", "610": "97", "616": "98", "617": "99", "618": "95"}
    facts = build_facts(with_values(given, best | low, *THREE), say)
    assert facts.units.sentences[1:3] == (
        "Số chỉ tiêu đạt trên số chỉ tiêu đã đánh giá: 5 đơn vị cùng đạt 3/3, 5 đơn vị cùng đạt 0/3.",
        "Trong 5 đơn vị cùng đạt 0/3, cách mục tiêu xa nhất (bình quân các chỉ tiêu đã đánh giá): "
        "huyện Kon Plông, huyện Đắk Tô, huyện Ngọc Hồi.",
    )
    page = facts.first_page.units
    assert page.sentence.endswith(": huyện Kon Plông (0/3), huyện Đắk Tô (0/3), huyện Ngọc Hồi (0/3).")
    assert [row.unit for row in page.rows] == ["613", "612", "611", "614", "615", "618", "608", "610"]
    assert format_heat_legend(facts, say).startswith(
        "8/10 đơn vị đạt ít chỉ tiêu nhất, cùng mức thì nơi xa mục tiêu hơn xếp trước; "
    )
    assert not any("đạt thấp nhất" in line for line in facts.directions.sentences)

    four = build_facts(with_values(given, best | {u: low[u] for u in list(low)[:4]}, *THREE), say)
    assert "huyện Ngọc Hồi (0/3)" in four.units.sentences[1]
    assert any("đạt thấp nhất" in line and "huyện Ngọc Hồi" in line for line in four.directions.sentences)


def test_none_of_many_that_are_alike_in_all_is_listed(given: ReportInput, say: Messages) -> None:
    facts = build_facts(with_values(given, dict.fromkeys(ALL, "90"), *THREE), say)
    assert facts.first_page.units.rows == () and facts.first_page.units.sentence == ""
    assert not any("cách mục tiêu xa nhất" in line for line in facts.units.sentences)
    facts = build_facts(with_values(given, dict.fromkeys(ALL, "90") | {"611": "80"}, *THREE), say)
    assert facts.first_page.units.rows[0].unit == "611"


def test_who_stands_highest_is_never_among_the_weakest(given: ReportInput, say: Messages) -> None:
    facts = build_facts(with_values(given, {"608": "90", "610": "99", "611": "99", "612": "99"}, *THREE), say)
    assert facts.first_page.units.sentence.endswith(": thành phố Kon Tum (0/3).")


def all_with_it(catalogue: Catalogue) -> ReportInput:
    """Of the former province every commune meets its criteria, while the area's figure waits for its year."""
    given = sample(catalogue, "quang-ngai", "kt-124", "2026Q3")
    one = {"value": Fraction(100), "numerator": Fraction(1), "denominator": Fraction(1), "status": "met", "met": True}
    rows = [a for a in given.attainments if a.item == "II-3a"]
    waiting = {"value": Fraction(99), "status": "not_met", "met": False, "progress_class": "", "reason": None}
    return replace(given, attainments=tuple(replace(a, **(waiting if a.unit == given.area else one)) for a in rows))


def test_of_what_all_units_have_there_is_no_best(catalogue: Catalogue, say: Messages) -> None:
    given = all_with_it(catalogue)
    count = len(given.attainments) - 1
    assert build_facts(given, say).units.sentences[-1] == f"- Xã đạt tiêu chí quốc gia: {count}/{count} đơn vị."
    last = replace(given.attainments[-1], value=Fraction(0), numerator=Fraction(0), status="not_met", met=False)
    lines = build_facts(replace(given, attainments=(*given.attainments[:-1], last)), say).units.sentences
    name = format_unit_mention(say, given.find_unit_name(last.unit))
    assert lines[-1] == f"- Xã đạt tiêu chí quốc gia: {count - 1}/{count} đơn vị; chưa đạt: {name}."


@pytest.mark.parametrize(
    ("item", "top", "bottom", "printed"),
    [
        ("II-3a", 1, 1, "có"),  # the commune itself
        ("II-3a", 0, 1, "chưa"),
        ("II-1b", 1, 1, "có"),  # its only station
        ("II-1b", 0, 1, "chưa"),
        ("II-1b", 1, 2, "50 (1/2)"),
        ("II-4a", 1, 1, "có"),
        ("II-2c", 0, 1, "0,0 (0/1)"),  # of people a share, also of one
    ],
)
def test_what_a_unit_has_or_has_not_is_no_per_cent(
    catalogue: Catalogue, say: Messages, item: str, top: int, bottom: int, printed: str
) -> None:
    """In annex II as anywhere else; beside such a one the shares of the others carry their counts."""
    given = sample(catalogue, "quang-ngai", "kt-124", "2026Q3")
    rows = [a for a in given.attainments if a.item == item]
    one, other = [a.unit for a in rows if a.unit != given.area][:2]
    row = next(a for a in rows if a.unit == given.area)
    part = {"numerator": Fraction(top), "denominator": Fraction(bottom), "value": Fraction(100 * top, bottom)}
    half = {"numerator": Fraction(1), "denominator": Fraction(2), "value": Fraction(50)}
    units = [
        replace(row, unit=unit, expected=1, present=1, as_of="", **of) for unit, of in ((one, part), (other, half))
    ]
    facts = build_facts(replace(given, attainments=(row, *units)), say)
    assert facts.figures[item][one].printed == printed
    (block,) = build_template_context(facts, say).unit_blocks
    cells = [line.cells[0].text.split(" Đ")[0].split(" C")[0] for line in block.rows]
    answered = printed in {"có", "chưa"}
    assert cells == (
        [printed, facts.figures[item][other].printed] if answered else [printed.partition(" (")[0], cells[1]]
    )
    lines = build_facts(replace(given, attainments=(row, units[0], replace(units[0], unit=other))), say).units.sentences
    assert not (answered and any("cao nhất" in line or "cùng mức" in line for line in lines))
