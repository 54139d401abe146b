"""What plans, forms and regimes ask for that is no plain number at a year's end: each shape once, as data alone.

Every right value is worked out by hand beside its row.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from etl.attain import compute_target_attainment
from etl.catalog import Catalogue, load_catalogue, models
from etl.catalog.calendar import compute_deadline, compute_period_bounds
from etl.catalog.layout import build_form_layout
from etl.catalog.loader import list_catalogue_problems
from etl.catalog.obligations import list_opened_periods
from etl.feedback.unit_feedback import compare_with_area, format_area_name, format_feedback_target
from etl.messages import load_messages
from etl.model import Attainment, ObservedIndicator, Period
from etl.read.identify import parse_printed_period

SUM_GROWS = "a sum of what happens grows through the year, and a part of it would be held against the whole year's"
CHECKOUT = Path(__file__).resolve().parents[2]
REGIMES, LIVE = "regimes/regimes.yaml", "scopes/quang-ngai.yaml"


def edit(root: Path, name: str, right: str, wrong: str, count: int = 1) -> None:
    text = (root / name).read_text(encoding="utf-8")
    assert right in text, "the shape no longer fits the catalogue"
    (root / name).write_text(text.replace(right, wrong, count), encoding="utf-8")


# --- deadlines and windows ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "rule", "period", "due"),
    [
        ("trước 15/11 hằng năm", {"day": 14, "months_after": -1}, "2026", date(2026, 11, 14)),
        ("trước ngày 16/12", {"day": 15}, "2026", date(2026, 12, 15)),
        ("ngày 25 tháng cuối kỳ", {"day": 25}, "2026Q1", date(2026, 3, 25)),
        ("ngày 05 tháng sau", {"day": 5, "months_after": 1}, "2026Q4", date(2027, 1, 5)),
        ("31/3 năm sau", {"day": 31, "months_after": 3}, "2026", date(2027, 3, 31)),
        ("ngày 31 tháng sau, tháng ngắn", {"day": 31, "months_after": 2}, "2026", date(2027, 2, 28)),
        ("ngày 29 tháng 2 nhuận", {"day": 31, "months_after": 2}, "2027", date(2028, 2, 29)),
        ("trước ngày 16/12/2025", {"day": 5, "dates": {"2025": date(2025, 12, 15)}}, "2025", date(2025, 12, 15)),
    ],
)
def test_a_deadline_is_a_day_of_the_calendar(
    catalogue: Catalogue, written: str, rule: dict[str, object], period: str, due: date
) -> None:
    deadline = models.LevelDeadline(level="commune", basis="source", source=written, **rule)  # type: ignore[arg-type]
    regime = catalogue.regimes["tt37-2019"].model_copy(update={"deadlines": (deadline,)})
    changed = replace(catalogue, regimes={**catalogue.regimes, regime.id: regime})
    assert compute_deadline(changed, regime.id, "commune", Period.parse(period)) == due


def test_a_level_has_another_deadline_for_each_kind_of_period(catalogue: Catalogue) -> None:
    both = {"level": "commune", "basis": "source", "source": "x"}
    deadlines = (
        models.LevelDeadline(day=14, months_after=-1, kinds=("year",), **both),
        models.LevelDeadline(working_days=5, **both),
    )  # type: ignore[arg-type]
    regime = catalogue.regimes["tt37-2019"].model_copy(update={"deadlines": deadlines})
    changed = replace(catalogue, regimes={**catalogue.regimes, regime.id: regime})
    assert compute_deadline(changed, regime.id, "commune", Period.parse("2026")) == date(2026, 11, 14)
    assert compute_deadline(changed, regime.id, "commune", Period.parse("2024Q1")) == date(2024, 4, 5)


@pytest.mark.parametrize(
    ("cut_off", "period", "first", "last"),
    [
        (20, "2026Q1", date(2025, 12, 21), date(2026, 3, 20)),
        (20, "2026", date(2025, 12, 21), date(2026, 12, 20)),
        (28, "2026-03", date(2026, 3, 1), date(2026, 3, 28)),
        (28, "2028-03", date(2028, 2, 29), date(2028, 3, 28)),
        (1, "2026-01", date(2025, 12, 2), date(2026, 1, 1)),
        (None, "2026Q4", date(2026, 9, 15), date(2026, 12, 14)),
    ],
)
def test_a_period_ends_on_any_cut_off_day(
    catalogue: Catalogue, cut_off: int | None, period: str, first: date, last: date
) -> None:
    regime = catalogue.regimes["nd09-2019"].model_copy(update={"cut_off_day": cut_off})
    assert compute_period_bounds(regime, Period.parse(period)) == (first, last)


@pytest.fixture
def cut_off_on_the_20th(copied: Path) -> Catalogue:
    """Communes report quarters that end on the 20th, by the 25th, and the year by 14/11."""
    edit(
        copied,
        REGIMES,
        "title: Báo cáo quý theo các kế hoạch",
        "cut_off_day: 20\n  title: Báo cáo quý theo các kế hoạch",
    )
    text = (copied / REGIMES).read_text(encoding="utf-8")
    own = text.index("- id: quy-2025")
    changed = text[own:].replace("calendar: statistical", "calendar: administrative", 1)
    changed = changed.replace("{level: commune, working_days: 5, basis", "{level: commune, day: 25, basis", 1)
    before = text[:own].replace(
        "{level: commune, working_days: 5, basis: secondary",
        "{level: commune, day: 14, months_after: -1, basis: secondary",
        1,
    )
    (copied / REGIMES).write_text(before + changed, encoding="utf-8")
    return load_catalogue(copied)


def test_the_exact_window_is_printed_and_read_back(cut_off_on_the_20th: Catalogue) -> None:
    c, period = cut_off_on_the_20th, Period.parse("2026Q1")
    scope, unit = c.get_scope("quang-ngai"), c.find_unit("23293", period.end)
    assert unit is not None
    for form, words in (
        ("xa-quarter", "Kỳ báo cáo: quý I năm 2026 (từ 21/12/2025 đến 20/03/2026)"),
        ("kt-ttyt-year", "Kỳ báo cáo: năm 2026 (từ 01/01/2026 đến 31/12/2026)"),
    ):
        key = period if form == "xa-quarter" else Period.parse("2026")
        layout = build_form_layout(c, scope, c.forms[form], unit, key)
        assert {x.text for s in layout.sheets for x in s.fixed if x.role == "period"} == {words}
        assert parse_printed_period(words.partition(": ")[2].casefold()) == key.key
    for wrong in ("(từ 21/12/2025 đến 21/03/2026)", "(từ 20/12/2025 đến 20/03/2026)", "(từ 21/03/2026 đến 20/06/2026)"):
        assert parse_printed_period(f"quý i năm 2026 {wrong}") == ""


def test_forms_are_out_before_a_deadline_within_the_period(cut_off_on_the_20th: Catalogue) -> None:
    c = cut_off_on_the_20th
    scope, year = c.get_scope("quang-ngai"), Period.parse("2026")
    assert compute_deadline(c, "tt23-2025", "commune", year) == date(2026, 11, 14)
    assert compute_deadline(c, "quy-2025", "commune", Period.parse("2026Q1")) == date(2026, 3, 25)
    assert year not in list_opened_periods(c, scope, date(2026, 9, 30))
    assert year in list_opened_periods(c, scope, date(2026, 10, 1)), "14/11 less two weeks lies in October"
    assert Period.parse("2026Q4") in list_opened_periods(c, scope, date(2026, 12, 1))
    assert Period.parse("2026Q4") not in list_opened_periods(c, scope, date(2026, 11, 30))


# --- targets --------------------------------------------------------------------------------------------


def judge(target: models.Target, indicator: models.Indicator, value: Fraction, period: str) -> Attainment:
    key = Period.parse(period)
    seen = ObservedIndicator(
        indicator.code, "62", key, value=value, numerator=value, denominator=Fraction(100), expected=1, present=1
    )
    return compute_target_attainment("p", target, indicator, seen, unit="62", period=key)


def build_target(indicator: str, *milestones: dict[str, object], **more: object) -> models.Target:
    plain = {"item": "1", "clause": "1", "title": "t", "kind": "threshold", "indicator": indicator}
    return models.Target.model_validate({**plain, "milestones": milestones, **more})


INCREMENTS = {
    # written, milestone, base, period → level: worked out beside
    "tăng 2 điểm phần trăm so với năm 2023": ({"change": 2}, "2025", Fraction(955, 10)),  # 93,5 + 2
    "giảm 0,5 điểm": ({"change": "-0.5"}, "2025", Fraction(93)),  # 93,5 − 0,5
    "mỗi năm tăng 0,2 điểm, năm 2024": ({"change": "0.2", "yearly": True}, "2024", Fraction(937, 10)),  # 93,5 + 0,2
    "mỗi năm tăng 0,2 điểm, năm 2025": ({"change": "0.2", "yearly": True}, "2025", Fraction(939, 10)),  # 93,5 + 2 × 0,2
    "tăng 10% so với năm 2023": ({"percent": 10}, "2025", Fraction(10285, 100)),  # 93,5 × 1,1
    "bình quân tăng 10%/năm": ({"percent": 10, "yearly": True}, "2025", Fraction(113135, 1000)),  # 93,5 × 1,1²
}


@pytest.mark.parametrize("written", INCREMENTS)
def test_an_increment_sets_a_level_from_its_base(catalogue: Catalogue, written: str) -> None:
    relative, period, level = INCREMENTS[written]
    stone = {"period": "2025", "written": written, "operator": ">=", "relative": relative}
    target = build_target("bhyt", stone, baseline={"period": "2023", "written": "93,5", "value": "93.5"})
    indicator = catalogue.indicators["bhyt"]
    reached = judge(target, indicator, level, period)
    below = judge(target, indicator, level - Fraction(1, 10**6), period)
    assert (reached.target, reached.met) == (level, True)
    assert below.met is False, "unrounded"


@pytest.mark.parametrize("relative", [{}, {"percent": 5, "change": 2}])
def test_an_increment_is_one_or_the_other(relative: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="give either `percent` or `change`"):
        models.Relative.model_validate(relative)


def test_about_prints_its_number_and_tolerance_to_the_unit_and_is_neither_better_nor_worse(
    catalogue: Catalogue,
) -> None:
    stone = {"period": "2030", "written": "khoảng 12%", "operator": "about", "value": 12, "tolerance": "0.5"}
    target, wording = build_target("bhyt", stone), load_messages(CHECKOUT / "templates")
    near, far = (judge(target, catalogue.indicators["bhyt"], Fraction(v), "2026") for v in (12, 20))
    assert (near.target, near.target_upper, near.met, far.met) == (Fraction(23, 2), Fraction(25, 2), True, False)
    assert format_feedback_target(wording, near, target) == "khoảng 12 (±0,5) (năm 2030)"
    assert compare_with_area(catalogue.indicators["bhyt"], far, near, 1) == ""


@pytest.mark.parametrize(
    ("code", "day", "words"),
    [
        ("51", date(2026, 1, 1), "toàn tỉnh"),
        ("24", date(2026, 9, 19), "toàn tỉnh"),
        ("24", date(2026, 9, 20), "toàn thành phố"),
        ("216", date(2024, 1, 1), "toàn huyện"),
        ("VN", date(2026, 1, 1), "cả nước"),
    ],
)
def test_a_whole_area_is_called_by_its_kind_on_the_day(catalogue: Catalogue, code: str, day: date, words: str) -> None:
    assert format_area_name(load_messages(CHECKOUT / "templates"), catalogue.find_unit(code, day)) == words


def test_so_many_of_so_many_is_refused_where_it_would_print_as_none(copied: Path) -> None:
    edit(
        copied, "plans/kt-1693.yaml", 'written: "11,5", operator: ">=", value: 11.5}',
        'written: "1/3", operator: ">=", count: {count: 1, of: 3}}',
    )  # fmt: skip
    (problem,) = list_catalogue_problems(copied)
    assert problem.what.startswith("so many of so many is a share, and doctors_per_10k has factor 10000")
    assert problem.line


def test_a_sum_that_grows_through_the_year_says_so(copied: Path) -> None:
    right = "method: ratio,\n   numerator: {elements: [doctors]}, denominator: {elements: [pop_total]}, factor: 10000"
    for element, refused in (("doctors", False), ("hiv_new", True)):
        wrong = f"method: sum,\n   numerator: {{elements: [{element}]}}, factor: 1"
        edit(copied, "indicators.yaml", right, wrong)
        messages = [problem.what for problem in list_catalogue_problems(copied)]
        assert (SUM_GROWS in messages) is refused
        right = wrong
    edit(
        copied, "indicators.yaml", wrong, wrong.replace("factor: 1", "denominator: {elements: [pop_total]}, factor: 1")
    )
    assert any("method sum needs a numerator and has no denominator" in p.what for p in list_catalogue_problems(copied))


@pytest.mark.parametrize(
    ("written", "asked", "key"),
    [
        ("Tăng trên 11,5% so với năm trước", "a change on the year before", "previous_year"),
        ("Tăng trên 11,5% so với cùng kỳ", "a change on the year before", "previous_year"),
        ("Mỗi quý 11,5 tin", "a level of each quarter alone", "each_quarter"),
        ("11,5 cộng dồn đến 2030", "a sum over several years", "summed_from"),
    ],
)
def test_words_that_ask_for_another_comparison_are_refused_beside_a_number(
    copied: Path, written: str, asked: str, key: str
) -> None:
    right = 'written: "11,5", operator: ">=", value: 11.5}'
    edit(copied, "plans/kt-1693.yaml", right, right.replace("11,5", written))
    (problem,) = list_catalogue_problems(copied)
    assert asked in problem.what and problem.line
    assert key in problem.expected and "or operator none, or kind track" in problem.expected
    edit(copied, "plans/kt-1693.yaml", right.replace("11,5", written), f'written: "{written}", operator: none}}')
    assert list_catalogue_problems(copied) == (), "kept, printed, not judged"


def test_words_that_ask_for_another_comparison_are_judged_by_the_key_that_says_so(copied: Path) -> None:
    right = 'written: "11,5", operator: ">=", value: 11.5}'
    said = 'written: "tăng 2% so với năm trước", operator: ">=", relative: {percent: 2, previous_year: true, yearly: true}}'
    edit(copied, "plans/kt-1693.yaml", right, said)
    assert list_catalogue_problems(copied) == ()
    edit(copied, "plans/kt-1693.yaml", said, right.replace('"11,5"', '"mỗi quý 11,5"'))
    edit(
        copied, "plans/kt-1693.yaml", "indicator: doctors_per_10k", "indicator: doctors_per_10k\n    each_quarter: true"
    )
    (problem,) = list_catalogue_problems(copied)
    assert "need an indicator of method sum that accumulates" in problem.what and problem.line
