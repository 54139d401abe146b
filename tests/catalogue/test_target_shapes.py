"""Thirty-seven shapes that targets, tasks, forms and reports of public plans have: each is exact, kept with a reason,
or refused at its line; none is read as another thing. (Strict signs have a row for each side.)

Each row writes the shape into a copy of the catalogue as data alone. A level is worked out by hand in the row: the
figure that just reaches it, and one that just does not.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from etl.attain import compute_target_attainment
from etl.catalog import load_catalogue
from etl.catalog.loader import list_catalogue_problems
from etl.model import ObservedIndicator, Period

PLAN, FORMS, SCOPE = "plans/kt-1693.yaml", "forms/forms.yaml", "scopes/quang-ngai.yaml"
ITEM = re.compile(r'  - item: "12"\n.*?(?=  - item: "13"\n)', re.DOTALL)
LINE = '  - {{item: "{item}", clause: c, title: "{title}", indicator: {indicator}, kind: {kind}, decimals: 2{more},\n' \
    "     milestones: [{stones}]}}\n"  # fmt: skip


def line(stones: str, **words: str) -> str:
    """One target as a plan's file has it, in the place of item 12."""
    plain = {"item": "12", "title": "t", "indicator": "bhyt", "kind": "threshold", "more": ""}
    return LINE.format(**{**plain, **words}, stones=stones)


def stone(written: str, operator: str, number: str = "", period: str = "2025") -> str:
    return f'{{period: "{period}", written: "{written}", operator: "{operator}"{", " if number else ""}{number}}}'


BASE = ', baseline: {period: "2023", written: "90", value: 90}'
UNVALUED = 'base: {period: "2015", written: không ghi}'
DOWN = "hiv_new_per_100k"
# shape: targets as written, [(item, period, figure, met)]
EXACT = {
    "strict above": (line(stone("trên 95%", ">", "value: 95")), [("12", "2025", "95", False), ("12", "2025", "95.01", True)]),
    "strict below": (
        line(stone("dưới 2", "<", "value: 2"), indicator=DOWN), [("12", "2025", "2", False), ("12", "2025", "1.99", True)],
    ),
    "floor of per cents": (
        line(stone("tối thiểu 95%", ">=", "value: 95")), [("12", "2025", "95", True), ("12", "2025", "94.99", False)],
    ),
    "one sentence on two objects": (
        line(stone("95%", ">=", "value: 95")) + line(stone("80%", ">=", "value: 80"), item="12b", indicator="elderly_care"),
        [("12", "2025", "85", False), ("12b", "2025", "85", True)],
    ),
    "a condition on what is counted": (
        line(stone("95%", ">=", "value: 95, definition: 12 loại"), indicator="fully_immunised", kind="conditional"),
        [("12", "2025", "95", True), ("12", "2025", "94.99", False)],
    ),
    "maintain a number": (
        line(stone("duy trì 100%", ">=", "value: 100"), kind="maintain"), [("12", "2025", "100", True), ("12", "2025", "99.9", False)],
    ),
    "from a year on": (
        line(stone("từ năm 2025 trở đi trên 95%", ">", "value: 95, onward: true")),
        [("12", "2028", "95.01", True), ("12", "2028", "95", False)],
    ),
    "words that mean all": (
        line(stone("toàn bộ người dân", ">=", "value: 100")), [("12", "2025", "100", True), ("12", "2025", "99.99", False)],
    ),
    "a multiple": (line(stone("0,95 lần", ">=", "value: 0.95, per: 1")), [("12", "2025", "95", True), ("12", "2025", "94.99", False)]),
    "per thousand": (line(stone("950‰", ">=", "value: 950, per: 1000")), [("12", "2025", "95", True), ("12", "2025", "94.99", False)]),
    "a range": (
        line(stone("93-97", "between", "value: 93, upper: 97")),
        [("12", "2025", v, met) for v, met in (("92.99", False), ("93", True), ("97", True), ("97.01", False))],
    ),
    "so many of so many": (
        line(stone("8/10 xã", ">=", "count: {count: 8, of: 10}")), [("12", "2025", "80", True), ("12", "2025", "70", False)],  # 8 and 7 of 10
    ),
    "about, without a tolerance": (line(stone("khoảng 12%", "about", "value: 12")), [("12", "2025", "12", None)]),
    "a fall from no base": (
        line(
            ", ".join(
                stone(f"giảm {n}%", "<=", f"relative: {{percent: -{n}}}", year) for n, year in (("50", "2025"), ("60", "2030"))
            ), indicator=DOWN,
        ), [("12", "2025", "0.1", None), ("12", "2030", "0.1", None)],
    ),
    "falls from a base without a value": (
        line(
            ", ".join(
                stone(f"giảm {n}% so với 2015", "<=", f"relative: {{percent: -{n}, {UNVALUED}}}", year)
                for n, year in (("30", "2025"), ("40", "2028"), ("50", "2030"))
            ), indicator=DOWN,
        ), [("12", year, "0.1", None) for year in ("2025", "2028", "2030")],
    ),
    "a group that no figure separates": (
        line(stone("95%", ">=", "value: 95"), more=", subgroup: người nghèo"), [("12", "2025", "99", None)],
    ),
    "two groups as two lines": (
        line(stone("95%", ">=", "value: 95")) + line(stone("90%", ">=", "value: 90"), item="12b", more=", subgroup: người nghèo"),
        [("12", "2025", "96", True), ("12b", "2025", "96", None)],
    ),
    "a part named within a whole": (
        line(stone("trên 95%", ">", "value: 95")) + line(stone("trong đó 60%", ">=", "value: 60"), item="12.1", indicator="elderly_care"),
        [("12", "2025", "95", False), ("12.1", "2025", "60", True)],
    ),
    "points of a thousandth a year": (
        line(stone("tăng 0,2‰ mỗi năm", ">=", 'relative: {change: "0.02", yearly: true}'), more=BASE),  # 90 + 2 × 0,02
        [("12", "2025", "90.04", True), ("12", "2025", "90.03", False)],
    ),
    "no year": (line('{written: "95", operator: ">=", value: 95}'), [("12", "2025", "99", None)]),
}  # fmt: skip
NOT_A_PERIOD, PLAIN = "is not a period", "needs a plain value"
# shape: targets as written, what is said of them
REFUSED = {
    "a range of increments": (line(stone("tăng 2-3 điểm", "between", "relative: {change: 2}, upper: 3"), more=BASE), PLAIN),
    "a range of yearly falls": (
        line(stone("giảm 1-1,5%/năm", "between", "relative: {percent: -1.5, yearly: true}, upper: 1")), PLAIN,
    ),
    "about a change": (line(stone("tăng khoảng 5%", "about", "relative: {percent: 5}"), more=BASE), "operator about " + PLAIN),
    "a stretch of years": (line(stone("95", ">=", "value: 95", "2026-2030")), "'2026-2030' " + NOT_A_PERIOD),
    "a day": (line(stone("95", ">=", "value: 95", "2026-12-31")), "'2026-12-31' " + NOT_A_PERIOD),
    "maintain without a number": (line(stone("duy trì", ">="), kind="maintain"), "operator >= needs a value"),
    "so many without a total": (line(stone("8 xã", ">=", "count: {count: 8}")), "count.of: Field required"),
    "done by, without a date": (line(stone("hoàn thành", "done_by"), kind="milestone"), "operator done_by needs a date"),
    "growth on the year before": (
        line(stone("hằng năm tăng trên 3% so với năm trước", ">", "relative: {percent: 3, yearly: true}"), more=BASE),
        "asks for a change on the year before",
    ),
    "a sum over years": (line(stone("cộng dồn 20 đến 2030", ">=", "value: 20", "2030")), "asks for a sum over several years"),
    "thousands after a point": (line(stone("11.357 người", ">=", "value: 11.357")), "'11.357 người' says 11357, not 11.357"),
    "a range of each unit's own": (
        line(stone("103-107 ở mỗi xã", "between", "value: 103, upper: 107"), indicator="station_techniques", kind="per_unit", more=", floor: 90"),
        "operator between is a range of each unit's own, and would be compared with the share of units",
    ),
    "a floor where less is better": (
        line(stone("ít nhất 2", ">=", "value: 2"), indicator=DOWN), f"operator >= with indicator {DOWN}, of which lower is better",
    ),
    "a floor of each quarter": (line(stone("mỗi quý 04 tin", ">=", "value: 4")), "asks for a level of each quarter alone"),
}  # fmt: skip


LEADS = "lead: [so-y-te], cooperate: [so-nganh, ubnd-huyen], deadline: {written: không ghi, kind: not_stated}"
MONTHLY = "  - {plan: kt-1693, cadence: quarter,"
# shape: file, what stands there, what is written in its place, what is said (nothing: kept)
ELSEWHERE = {
    "two leads of one task": (PLAN, LEADS, LEADS.replace("[so-y-te]", "[so-y-te, so-vhttdl]"), ""),
    "a task without a date": (PLAN, LEADS, LEADS.replace("không ghi", '"không nêu thời hạn"'), ""),
    "a report by months where no form is monthly": (
        SCOPE,
        MONTHLY,
        MONTHLY.replace("quarter", "month"),
        "a report of cadence month, for which no form of the scope is issued",
    ),
    "a form by weeks": (FORMS, "period_kind: quarter", "period_kind: week", "period_kind: Input should be"),
    "a form by days": (FORMS, "period_kind: quarter", "period_kind: day", "period_kind: Input should be"),
}


def write_shape(root: Path, written: str) -> None:
    text = (root / PLAN).read_text(encoding="utf-8")
    assert ITEM.search(text), "the shape no longer fits the catalogue"
    (root / PLAN).write_text(ITEM.sub(lambda _: written, text, count=1), encoding="utf-8")


@pytest.mark.parametrize("shape", EXACT)
def test_a_shape_is_exact_or_kept_with_a_reason(copied: Path, shape: str) -> None:
    written, figures = EXACT[shape]
    write_shape(copied, written)
    catalogue = load_catalogue(copied)
    targets = {target.item: target for target in catalogue.plans["kt-1693"].targets}
    for item, year, value, met in figures:
        indicator, period = catalogue.indicators[str(targets[item].indicator)], Period.parse(year)
        seen = ObservedIndicator(
            indicator.code, "62", period, value=Fraction(value), numerator=Fraction(value) / 10, denominator=Fraction(10),
            expected=1, present=1,
        )  # fmt: skip
        row = compute_target_attainment("kt-1693", targets[item], indicator, seen, unit="62", period=period)
        assert row.met is met, (item, value, row.status, row.reason)
        assert met is not None or row.reason


@pytest.mark.parametrize("shape", REFUSED)
def test_a_shape_that_the_grammar_lacks_is_refused_at_its_line(copied: Path, shape: str) -> None:
    written, words = REFUSED[shape]
    write_shape(copied, written)
    (found,) = list_catalogue_problems(copied)
    assert words in f"{found.key} {found.what}"
    assert found.file.endswith(PLAN) and found.line and found.expected


@pytest.mark.parametrize("shape", ELSEWHERE)
def test_a_shape_of_a_task_a_form_or_a_report_is_kept_or_refused(copied: Path, shape: str) -> None:
    name, right, wrong, words = ELSEWHERE[shape]
    text = (copied / name).read_text(encoding="utf-8")
    assert right in text, "the shape no longer fits the catalogue"
    (copied / name).write_text(text.replace(right, wrong, 1), encoding="utf-8")
    problems = list_catalogue_problems(copied)
    assert bool(problems) is bool(words), problems
    assert all(problem.line and problem.expected for problem in problems)
    assert not words or any(words in problem.what for problem in problems), problems
    if not words:
        tasks = {task.id: task for task in load_catalogue(copied).plans["kt-1693"].tasks}
        kept = {"two leads of one task": ("so-y-te", "so-vhttdl")}.get(shape, ("so-y-te",))
        assert (tasks["III.1.a-1"].lead, tasks["III.1.a-1"].deadline.date) == (kept, None)
