from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from etl.catalog import Catalogue
from etl.messages import Messages
from etl.report import ReportInput
from etl.report.facts import build_facts
from etl.report.figure_facts import Figure
from etl.report.report_facts import ReportFacts
from etl.report.report_figures import build_figures
from tests.report.samples import sample


@pytest.mark.parametrize(("judged", "compared"), [(1, False), (2, False), (3, True)])
def test_of_few_judged_targets_none_is_called_the_best_or_the_weakest(
    given: ReportInput, say: Messages, judged: int, compared: bool
) -> None:
    figures = build_figures(given, say).list_counted_figures(given.area)
    items = [
        f.item
        for f in figures
        if f.path_state and f.path_state not in {"not_due", "redefined"} and f.distance.value is not None
    ]
    few = set(items[:judged])
    assert len(few) == judged
    cut = replace(
        given,
        plan=given.plan.model_copy(update={"targets": tuple(t for t in given.plan.targets if t.item in few)}),
        attainments=tuple(a for a in given.attainments if a.item in few),
        previous=tuple(a for a in given.previous if a.item in few),
        last=tuple(a for a in given.last if a.item in few),
        agencies=tuple(a for a in given.agencies if a.item in few),
    )
    said = build_facts(cut, say).first_page.highlights
    assert any(line.startswith(("Tốt nhất", "Kém nhất")) for line in said) == compared


def of_the_area(given: ReportInput, **changes: dict[str, object]) -> ReportInput:
    """Only some targets, with the area's figures changed."""
    mine = [a for a in given.attainments if a.item in changes]
    rows = [replace(a, as_of="", **(changes[a.item] if a.unit == given.area else {})) for a in mine]
    return replace(given, attainments=tuple(rows), previous=(), last=())


def test_the_weakest_is_chosen_by_the_state_on_the_way_and_then_by_one_year(given: ReportInput, say: Messages) -> None:
    """A target that is slow is weaker than one to be hastened that is farther off; 2030 is not set beside 2025."""
    level = {"status": "not_met", "met": False, "operator": ">=", "target": Fraction(100), "target_upper": None}
    slow = level | {"progress_class": "limited", "target_period": "2025"}
    hasten = level | {"progress_class": "needs_acceleration", "target_period": "2025", "value": Fraction(20)}
    items = {"12": slow | {"value": Fraction(90)}, "6": hasten, "13": hasten}
    weak = build_facts(of_the_area(given, **items), say).first_page.highlights
    assert [line.partition(" (")[0] for line in weak] == ["Kém nhất so với lộ trình: Tham gia BHYT"]
    assert weak[0].endswith("; chậm.")
    items["13"] = slow | {"value": Fraction(50), "target_period": "2030"}
    items["6"] = slow | {"value": Fraction(95)}
    (line,) = build_facts(of_the_area(given, **items), say).first_page.highlights
    assert "Tham gia BHYT (12)" in line and line.endswith(
        "; chậm, đứng cuối các chỉ tiêu chậm theo % mục tiêu năm 2025."
    )


def test_before_anything_is_due_the_page_says_how_far_it_is_and_where_most_is_missing(
    given: ReportInput, say: Messages
) -> None:
    ahead = {"status": "not_met", "met": False, "progress_class": "", "reason": None, "target_period": "2030"}
    level = {"operator": ">=", "target": Fraction(95), "target_upper": None}
    items = {item: ahead | level | {"value": Fraction(value)} for item, value in (("12", 90), ("6", 60), ("13", 94))}
    base = of_the_area(given, **items)
    missing = dict(zip(("608", "610", "611", "612", "613"), (10, 40, 30, 20, 10), strict=True))
    under = {"value": Fraction(80), "status": "not_met", "met": False, "as_of": ""}
    rows = [
        replace(a, **under, people_missing=missing[a.unit]) if a.unit in missing else a
        for a in base.attainments
        if a.unit in missing or a.unit == given.area
    ]
    page = build_facts(replace(base, attainments=tuple(rows)), say).first_page
    (line,) = page.highlights
    assert line.startswith("Chưa đến kỳ đánh giá, hiện còn xa mục tiêu năm 2030 nhất: Dân số được QLSK (6): 60,0%, ")
    assert line.index("(6)") < line.index("(12)") < line.index("(13)")
    first = page.actions[0]
    assert first.what == "Tiếp tục thực hiện chỉ tiêu Dân số được QLSK (6)" and first.due == "năm 2030"
    assert first.who == (
        "thiếu nhiều nhất: huyện Đắk Glei (40 người), huyện Ngọc Hồi (30 người), huyện Đắk Tô (20 người)"
    )
    alike = tuple(replace(a, people_missing=10) if a.unit in missing else a for a in rows)
    first = build_facts(replace(base, attainments=alike), say).first_page.actions[0]
    assert first.who == "thiếu nhiều nhất: 05 đơn vị (Phụ lục II)", "of equals no three are chosen"


def test_a_level_for_each_unit_is_the_plans_own_on_the_first_page(catalogue: Catalogue, say: Messages) -> None:
    facts = build_facts(sample(catalogue, "quang-ngai", "kt-124", "2026Q3"), say)
    levels = {row.item: row.target for row in facts.first_page.rows}
    assert {levels[item] for item in ("II-4a", "II-4b") if item in levels} == {"tối thiểu 90% tại từng đơn vị (2030)"}


@pytest.mark.parametrize(("issued", "told"), [(date(2024, 5, 17), True), (date(2024, 8, 1), False)])
def test_before_the_plan_there_was_no_report_to_follow(
    given: ReportInput, say: Messages, issued: date, told: bool
) -> None:
    """What lagged in the second quarter is followed in the third, where a plan of the second had a report of it."""
    slow = tuple(replace(a, status="not_met", met=False, progress_class="limited") for a in given.last)
    plan = given.plan.model_copy(update={"valid_from": issued})
    said = build_facts(replace(given, last=slow, plan=plan), say).first_page.followed
    assert ("theo báo cáo quý II năm 2024" in said) == told == bool(said)


def test_what_silent_units_could_turn_is_not_told_as_better(given: ReportInput, say: Messages) -> None:
    """A figure that rose to its path because a weak unit is silent may fall back with it."""
    slow = tuple(replace(a, status="not_met", met=False, progress_class="limited") for a in given.last)
    mine = [a for a in given.attainments if a.unit == given.area and a.value is not None and a.item == "12"]
    (now,) = (replace(a, status="met", met=True, as_of="", bounds=(a.value, a.value)) for a in mine)
    told = {
        turn: build_facts(
            replace(given, last=slow, attainments=(replace(now, bounds_turn=turn),)), say
        ).first_page.followed
        for turn in (False, True)
    }
    assert told[False].endswith(", 01 đã đạt hoặc đúng lộ trình: Tham gia BHYT (12).")
    assert told[True].endswith(", 01 chưa kết luận chắc chắn do còn thiếu số liệu: Tham gia BHYT (12).")


@pytest.mark.parametrize("case", [("tan-yen", "ty-ct25", "2024"), ("kon-tum", "kt-1693", "2024")])
def test_the_clearest_change_is_the_largest_of_its_column(
    catalogue: Catalogue, say: Messages, case: tuple[str, str, str]
) -> None:
    """A share that rose by 18 points is told before one that doubled from 5 to 10."""
    for seed in range(1, 6):
        facts = build_facts(sample(catalogue, *case, seed=seed), say)
        figures = [f for f in facts.list_figures() if f.unit == facts.area.unit and f.counted]
        shares = [
            f for f in figures if f.change.kind in {"increase", "decrease"} and "điểm phần trăm" in _tell(facts, f)
        ]
        told = next((line for line in facts.first_page.highlights if line.startswith("Thay đổi rõ nhất")), "")
        named = [f for f in shares if f"({f.item}) " in told]
        if named:
            assert abs(named[0].change.delta.get_fraction()) == max(abs(f.change.delta.get_fraction()) for f in shares)


def _tell(facts: ReportFacts, figure: Figure) -> str:
    return " ".join(line for group in facts.lines for line in group.lines if f"(chỉ tiêu {figure.item})" in line)
