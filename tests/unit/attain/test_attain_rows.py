"""Whole rows: what the tables of the rules do not draw."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction as F

import pytest

from etl.attain import OtherFigures, compute_target_attainment
from etl.attain.attainment_json import serialize_attainment
from etl.catalog import models
from etl.model import Attainment, ObservedIndicator, Period
from tests.wording import SHIPPED, told

KEYS = [
    "plan", "item", "clause", "indicator", "unit", "period", "numerator", "denominator", "value", "operator",
    "written", "target", "target_period", "baseline", "met", "status", "progress", "class", "path_value",
    "cagr_ratio", "cagr_class", "classes_disagree", "per_cent_of_plan", "prorated_target", "interval",
    "interval_method", "people_missing", "completeness", "expected", "present", "as_of", "of_period", "estimated", "reason", "corrections",
    "reduction_pct", "target_upper", "required_yearly_change", "bounds", "bounds_turn", "bounds_met", "bounds_reason", "small_count",
    "of_agency", "contradicts", "limits", "outlook",
]  # fmt: skip

BHYT = models.Indicator(
    code="bhyt", name="BHYT", short_name="BHYT", method="ratio", numerator=models.Side(elements=("insured",)),
    denominator=models.Side(elements=("pop_total",)), factor=100, unit="%", direction="up", frequency="quarter",
    source="x", definition="x", basis="configured",
)  # fmt: skip
HIV = BHYT.model_copy(update={"code": "hiv", "factor": 100_000, "direction": "down", "accumulates": True})


def ms(period: str, operator: str, value: str, definition: str = "") -> models.Milestone:
    return models.Milestone.model_validate(
        {"period": period, "written": value, "operator": operator, "value": Decimal(value), "definition": definition}
    )


PLAN = models.Target(
    item="12", clause="Phụ lục, mục 12", title="BHYT", indicator="bhyt", kind="threshold",
    baseline=models.Baseline(period="2023", written="93,46", value=Decimal("93.46")),
    milestones=(ms("2030", ">", "95"), ms("2025", ">=", "95")),
)  # fmt: skip


def row(
    observed: ObservedIndicator | None,
    period: str = "2024",
    *,
    plan: models.Target = PLAN,
    indicator: models.Indicator = BHYT,
    baseline: ObservedIndicator | None = None,
) -> Attainment:
    return compute_target_attainment(
        "kt-1693", plan, indicator, observed, unit="608", period=Period.parse(period), others=OtherFigures(baseline)
    )


def seen(
    period: str, numerator: int | None, denominator: int = 1000, factor: int = 100, **more: object
) -> ObservedIndicator:
    value = None if numerator is None else F(numerator, denominator) * factor
    top = None if numerator is None else F(numerator)
    return ObservedIndicator("bhyt", "608", Period.parse(period), top, F(denominator), value, **more)  # type: ignore[arg-type]


def test_the_row_says_who_and_what() -> None:
    got = row(seen("2024", 942, expected=10, present=9, source="TYT", estimated=True))
    assert (got.plan, got.item, got.clause, got.kind) == ("kt-1693", "12", "Phụ lục, mục 12", "threshold")
    assert (got.indicator, got.unit, got.period) == ("bhyt", "608", "2024")
    assert (got.operator, got.written, got.target, got.target_period) == (">=", "95", 95, "2025")
    assert (got.numerator, got.denominator, got.value) == (942, 1000, F("94.2"))
    assert got.completeness == F(9, 10)
    assert (got.expected, got.present, got.source, got.estimated) == (10, 9, "TYT", True)
    assert got.baseline == F("93.46")


def test_milestones_are_taken_in_order_of_time_not_of_the_file() -> None:
    assert [row(seen(p, 900), p).target_period for p in ("2024", "2025", "2026Q1", "2031")] == [
        "2025", "2025", "2030", "2030",
    ]  # fmt: skip


def test_the_target_of_a_year_is_neither_split_nor_summed_nor_doubled() -> None:
    targets = {row(seen(p, 900), p).target for p in ("2024Q1", "2024Q2", "2024H1", "2024N", "2024", "2025Q3")}
    assert targets == {F(95)}


def test_a_met_target_gets_no_ratio_at_all() -> None:
    got = row(seen("2024", 951))
    assert (got.met, got.status) == (True, "met")
    assert (got.progress, got.path_value, got.cagr_ratio, got.per_cent_of_plan, got.people_missing) == (None,) * 5
    assert (got.progress_class, got.cagr_class, told(got.reason)) == ("", "", "")


def test_progress_starts_from_the_units_own_baseline() -> None:
    got = row(seen("2024", 900), baseline=seen("2023", 850))
    assert got.baseline == 85
    assert (got.path_value, got.progress) == (90, 1)


def test_a_unit_without_a_baseline_of_its_own_does_not_borrow_the_plans() -> None:
    got = row(seen("2024", 900), baseline=seen("2023", None))
    assert (got.met, got.baseline, got.progress) == (False, None, None)
    assert told(got.reason) == "không có số liệu kỳ gốc nên không tính tiến độ"


def test_a_passed_milestone_is_where_the_next_stretch_starts() -> None:
    plan = PLAN.model_copy(update={"milestones": (ms("2025", ">=", "94"), ms("2030", ">=", "99"))})
    got = row(seen("2026", 950), "2026", plan=plan, baseline=seen("2023", 500))
    assert got.baseline == 50
    assert (got.path_value, got.progress) == (95, 1)


def test_a_stretch_after_a_milestone_in_words_has_no_ratio() -> None:
    words = models.Milestone(period="2025", written="theo hướng dẫn", operator="none")
    got = row(seen("2026", 900), "2026", plan=PLAN.model_copy(update={"milestones": (words, ms("2030", ">=", "95"))}))
    assert (got.met, got.progress) == (False, None)
    assert told(got.reason) == "mốc trước không có giá trị bằng số nên không tính tiến độ"


def test_the_beds_stretch_that_runs_downwards_has_no_ratio() -> None:
    plan = PLAN.model_copy(update={"milestones": (ms("2025", ">=", "42.5"), ms("2030", ">=", "40"))})
    got = row(seen("2027", 395), "2027", plan=plan)
    assert (got.met, got.progress, got.progress_class) == (False, None, "")
    assert "đã tốt hơn mốc" in told(got.reason)


def test_the_baseline_period_itself_is_only_met_or_not() -> None:
    got = row(seen("2023", 9346, 10_000), "2023")
    assert (got.met, got.progress, got.cagr_ratio, got.per_cent_of_plan) == (False, None, None, None)
    assert got.people_missing == 154
    falling = models.Target.model_validate(
        PLAN.model_dump() | {"baseline": models.Baseline(period="2023", written="5,6", value=Decimal("5.6"))}
    ).model_copy(update={"milestones": (ms("2025", "<=", "4.2"),)})
    assert row(seen("2023", 33, 588_000, 100_000), "2023", plan=falling, indicator=HIV).reduction_pct is None


def test_naive_actual_over_target_is_never_printed_where_lower_is_better() -> None:
    plan = PLAN.model_copy(
        update={
            "baseline": models.Baseline(period="2023", written="5,6", value=Decimal("5.6")),
            "milestones": (ms("2025", "<=", "4.2"),),
        }
    )
    got = row(seen("2024", 50, 1_000_000, 100_000), plan=plan, indicator=HIV)
    assert (got.met, got.status, got.per_cent_of_plan) == (False, "not_met", None)
    assert got.progress == F(6, 7)
    assert got.reduction_pct == F(300, 7)


def test_missing_is_not_zero_where_lower_is_better() -> None:
    plan = PLAN.model_copy(update={"milestones": (ms("2025", "<=", "4.2"),)})
    nothing = row(None, plan=plan, indicator=HIV)
    assert (nothing.met, nothing.status, nothing.value, nothing.interval) == (None, "no_data", None, None)
    zero = row(seen("2024", 0, 588_000, 100_000), plan=plan, indicator=HIV)
    assert (zero.met, zero.value, zero.interval_method) == (True, 0, "exact_poisson")


def test_silent_units_lower_completeness_and_nothing_else() -> None:
    whole = row(seen("2024", 942, expected=10, present=10))
    part = row(seen("2024", 942, expected=10, present=9))
    assert replace(part, present=10, completeness=F(1)) == whole


def test_a_denominator_of_zero_is_a_reason_not_a_crash() -> None:
    observed = ObservedIndicator("bhyt", "608", Period.parse("2024"), F(0), F(0), None, 10, 10)
    got = row(observed)
    assert (got.status, got.met, told(got.reason)) == ("no_data", None, "mẫu số bằng 0 nên không tính được")


@pytest.mark.parametrize("numerator", [F(5, 2), F(-1)])
def test_no_interval_for_what_is_no_count(numerator: F) -> None:
    observed = ObservedIndicator("bhyt", "608", Period.parse("2024"), numerator, F(10), F(25))
    assert row(observed).interval is None


def test_no_interval_for_a_share_above_one() -> None:
    assert row(seen("2024", 1001)).interval is None


def test_fractional_counts_miss_nobody() -> None:
    observed = ObservedIndicator("bhyt", "608", Period.parse("2024"), F(5, 2), F(10), F(25))
    assert row(observed).people_missing is None


def test_exactly_equal_counts_nobody_missing() -> None:
    plan = PLAN.model_copy(update={"milestones": (ms("2025", "=", "100"),)})
    assert row(seen("2024", 900), plan=plan).people_missing is None


def test_an_annual_figure_of_the_same_day_is_no_old_figure() -> None:
    assert row(seen("2024Q4", 951, as_of="2024"), "2024Q4").status == "met"
    assert row(seen("2024Q3", 951, as_of="2023"), "2024Q3").status == "no_new_figure"


def test_an_old_figure_keeps_its_value_and_gets_no_ratio() -> None:
    got = row(seen("2024Q3", 900, as_of="2023"), "2024Q3")
    assert (got.value, got.met, got.progress, got.people_missing, got.as_of) == (90, None, None, None, "2023")


def test_an_unreadable_date_of_a_figure_is_printed_as_it_is() -> None:
    got = row(seen("2024", 900, as_of="cuối năm ngoái"))
    assert told(got.reason) == "chưa có số liệu mới; số gần nhất (cuối năm ngoái): chưa đạt"


def test_a_tracked_old_figure_says_so() -> None:
    plan = PLAN.model_copy(update={"kind": "track", "milestones": ()})
    got = row(seen("2024Q1", 900, as_of="2023"), "2024Q1", plan=plan)
    assert (got.status, told(got.reason)) == ("track", "chưa có số liệu mới; số gần nhất (năm 2023)")


def test_an_old_elimination_figure_is_no_verdict() -> None:
    plan = PLAN.model_copy(
        update={
            "kind": "eliminate",
            "milestones": (models.Milestone(period="2025", written="x", operator="eliminate"),),
        }
    )
    got = row(seen("2024Q1", 0, 588_000, as_of="2023", recognised=True), "2024Q1", plan=plan, indicator=HIV)
    assert (got.met, got.status) == (None, "no_new_figure")
    assert told(got.reason).endswith(": đạt")


def test_an_elimination_known_only_as_a_rate() -> None:
    plan = PLAN.model_copy(
        update={
            "kind": "eliminate",
            "milestones": (models.Milestone(period="2025", written="x", operator="eliminate"),),
        }
    )
    rate = ObservedIndicator("bhyt", "62", Period.parse("2024"), value=F("0.34"), recognised=True)
    got = row(rate, plan=plan, indicator=HIV)
    assert (got.met, got.people_missing, told(got.reason)) == (False, None, "còn ca mắc trong kỳ")


def test_part_year_counts_the_cases_above_the_plan_so_far() -> None:
    plan = PLAN.model_copy(update={"milestones": (ms("2025", "<=", "4.2"),)})
    got = row(seen("2025H1", 14, 588_000, 100_000), "2025H1", plan=plan, indicator=HIV)
    assert (got.met, got.status, got.prorated_target, got.people_missing) == (None, "over_plan", F("2.1"), 2)
    assert got.progress is None


def test_part_year_below_a_plan_that_should_grow_is_no_verdict() -> None:
    growing = HIV.model_copy(update={"direction": "up"})
    plan = PLAN.model_copy(update={"milestones": (ms("2025", ">=", "40"),)})
    got = row(seen("2025Q1", 50, 588_000, 100_000), "2025Q1", plan=plan, indicator=growing)
    assert (got.met, got.status, got.people_missing) == (None, "no_verdict", 9)
    assert row(seen("2025Q1", 60, 588_000, 100_000), "2025Q1", plan=plan, indicator=growing).status == "within_plan"


def test_floors_are_compared_as_numbers() -> None:
    plan = models.Target.model_validate(PLAN.model_dump() | {"kind": "per_unit", "floor": Decimal("90.0")})
    got = row(seen("2024", 500, present=10, at_floor=(("80", 9), ("90", 8))), plan=plan)
    assert (got.numerator, got.denominator, got.value, got.people_missing, got.interval) == (8, 10, 80, 2, None)


def test_a_floor_that_is_no_number_is_passed_over() -> None:
    plan = models.Target.model_validate(PLAN.model_dump() | {"kind": "per_unit", "floor": Decimal(90)})
    assert row(seen("2024", 500, present=10, at_floor=(("chín mươi", 9),)), plan=plan).status == "no_data"


def test_definitions_break_a_series_also_at_a_later_milestone() -> None:
    plan = PLAN.model_copy(update={"milestones": (ms("2025", ">=", "90", "12"), ms("2030", ">=", "95", "14"))})
    got = row(seen("2027", 920, definition="14"), "2027", plan=plan)
    assert (got.met, got.progress) == (False, None)
    assert told(got.reason).startswith("định nghĩa thay đổi (12 → 14)")


def test_a_reduction_is_not_counted_across_a_break() -> None:
    plan = PLAN.model_copy(
        update={
            "baseline": models.Baseline(period="2023", written="9", value=Decimal(9), definition="a"),
            "milestones": (ms("2025", "<=", "4", "b"),),
        }
    )
    assert row(seen("2024", 50, 1_000_000, 100_000), plan=plan, indicator=HIV).reduction_pct is None


def test_a_baseline_of_several_years_starts_the_path_at_their_end() -> None:
    plan = PLAN.model_copy(update={"baseline": models.Baseline(period="2019-2023", written="90", value=Decimal(90))})
    got = row(seen("2024", 940), plan=plan)
    assert (got.met, got.progress, got.path_value) == (False, F(8, 5), F(185, 2))


def test_a_baseline_period_in_words_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="is not a period"):
        models.Baseline(period="đầu kỳ", written="90", value=Decimal(90))


def test_a_milestone_not_after_the_baseline_gives_no_path() -> None:
    plan = PLAN.model_copy(update={"milestones": (ms("2022", ">=", "95"),)})
    got = row(seen("2024", 940), plan=plan)
    assert (got.progress, told(got.reason)) == (None, "mốc không nằm sau kỳ gốc nên không có lộ trình")


def test_a_published_target_without_milestones_is_no_verdict() -> None:
    plan = PLAN.model_copy(update={"kind": "published", "milestones": ()})
    got = row(seen("2024", 940), plan=plan)
    assert (got.status, told(got.reason), got.target_period) == ("no_verdict", "kế hoạch không ghi mốc", "")


def test_a_target_without_a_sentence_still_gives_a_reason() -> None:
    plan = PLAN.model_copy(update={"kind": "not_assessed", "milestones": ()})
    assert told(row(None, plan=plan).reason) == "không đánh giá tại địa phương"


def test_json_has_the_promised_keys_and_plain_numbers() -> None:
    data = serialize_attainment(row(seen("2024", 942, expected=10, present=9)), SHIPPED)
    assert list(data) == KEYS
    assert json.loads(json.dumps(data)) == data
    assert (data["numerator"], data["target"], data["value"]) == (942, 95, 94.2)
    assert isinstance(data["numerator"], int)
    assert data["class"] == "on_track"
    assert data["progress"] == float(F("0.74") / F("0.77"))
    assert len(data["interval"]) == 2


def test_json_of_nothing_is_null() -> None:
    data = serialize_attainment(row(None), SHIPPED)
    assert (data["value"], data["met"], data["interval"], data["progress"], data["completeness"]) == (None,) * 5


def test_one_case_allowed_or_none_at_all() -> None:
    """4 cases where the plan allows 0: all four are too many; where it allows fewer than 0, no count helps."""
    none_allowed = PLAN.model_copy(update={"milestones": (ms("2025", "<=", "0.1"),)})
    assert row(seen("2025", 4, 588_000, 100_000), "2025", plan=none_allowed, indicator=HIV).people_missing == 4
    impossible = PLAN.model_copy(update={"milestones": (ms("2025", "<", "0"),)})
    assert row(seen("2025", 4, 588_000, 100_000), "2025", plan=impossible, indicator=HIV).people_missing is None


@pytest.mark.parametrize("base", ["4.2", "4.0"])
def test_no_reduction_is_counted_where_none_was_planned(base: str) -> None:
    plan = PLAN.model_copy(
        update={
            "baseline": models.Baseline(period="2023", written=base, value=Decimal(base)),
            "milestones": (ms("2025", "<=", "4.2"),),
        }
    )
    got = row(seen("2024", 50, 1_000_000, 100_000), plan=plan, indicator=HIV)
    assert (got.met, got.reduction_pct) == (False, None)
