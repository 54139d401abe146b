"""Units of measure with factors: refused by name where they cannot be compared, exact where they can."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from etl.attain import compute_target_attainment, convert_points_to_plan_unit, convert_row_to_plan_unit
from etl.catalog import Catalogue, load_catalogue
from etl.catalog.loader import list_catalogue_problems
from etl.model import ObservedIndicator, Period, SeriesPoint

PLAN, ELEMENTS, COLUMNS, INDICATORS = "plans/kt-1693.yaml", "data_elements.csv", "forms/columns.csv", "indicators.yaml"
PEOPLE = """
- {code: insured_people, name: Người có thẻ, short_name: Người có thẻ, method: sum, numerator: {elements: [insured]}, unit: người,
   direction: up, frequency: quarter, source: t, definition: t, basis: configured}
"""
BHYT = """    indicator: bhyt
    kind: threshold
    unit_written: "%"
    decimals: 2
    baseline: {period: "2023", written: "93,46", value: 93.46}
    milestones:
      - {period: "2025", written: "95", operator: ">=", value: 95}
      - {period: "2030", written: ">95", operator: ">", value: 95}
"""
THOUSANDS = """    indicator: insured_people
    kind: threshold
    unit_written: nghìn người
    decimals: 3
    baseline: {period: "2023", written: "10,5 nghìn người", value: 10.5}
    milestones:
      - {period: "2025", written: "11,357 nghìn người", operator: ">=", value: 11.357}
      - {period: "2030", written: tăng 1 nghìn người, operator: ">=", relative: {change: 1}}
"""


def change(root: Path, name: str, right: str, wrong: str) -> None:
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")


@pytest.fixture
def in_thousands(copied: Path) -> Catalogue:
    change(copied, PLAN, BHYT, THOUSANDS)
    with (copied / INDICATORS).open("a", encoding="utf-8") as file:
        file.write(PEOPLE)
    assert list_catalogue_problems(copied) == ()
    return load_catalogue(copied)


@pytest.mark.parametrize(
    ("unit", "wanted", "scale"),
    [
        ("nghìn người", "người", Fraction(1000)),
        ("người", "nghìn người", Fraction(1, 1000)),
        ("1.000 người", "Người", Fraction(1000)),
        ("tỉ đồng", "triệu đồng", Fraction(1000)),
        ("tỷ đồng", "đồng", Fraction(10**9)),
        ("‰", "%", Fraction(1, 10)),
        ("trên 100.000 dân", "%", Fraction(1, 1000)),
        ("", "%", Fraction(1)),
        ("người", "triệu đồng", None),
        ("ngươi", "người", None),
    ],
)
def test_one_unit_in_another(catalogue: Catalogue, unit: str, wanted: str, scale: Fraction | None) -> None:
    assert catalogue.find_measure_scale(unit, wanted) == scale


@pytest.mark.parametrize(
    ("unit", "code", "scale"),
    [
        ("ca/100.000 dân", "tb_new_per_100k", Fraction(1)),
        ("trên 100.000 dân", "tb_new_per_100k", Fraction(1)),
        ("ca/vạn dân", "tb_new_per_100k", Fraction(10)),
        ("nghìn ca/100.000 dân", "tb_new_per_100k", Fraction(1000)),
        ("Bác sĩ / 1 vạn dân", "doctors_per_10k", Fraction(1)),
        ("giường bệnh trên 10.000 dân", "beds_per_10k", Fraction(1)),
        ("người/vạn dân", "beds_per_10k", None),
        ("ca/100.000 trẻ đẻ sống", "tb_new_per_100k", None),
        ("ca/10.000", "tb_new_per_100k", None),
        ("/100.000 dân", "mmr", None),
        ("‰", "bhyt", Fraction(1, 10)),
    ],
)
def test_what_is_counted_and_per_how_many_is_a_unit_of_a_rate(
    catalogue: Catalogue, unit: str, code: str, scale: Fraction | None
) -> None:
    assert catalogue.find_indicator_scale(unit, catalogue.indicators[code]) == scale


COUNTED = """    indicator: commune_criteria
    kind: threshold
    unit_written: xã
    baseline: {period: "2023", written: 8/10 xã}
    milestones:
      - {period: "2025", written: 9/10 xã, operator: ">=", count: {count: 9, of: 10}}
"""


@pytest.mark.parametrize(
    ("right", "wrong", "is_refused"),
    [
        ("xã}", "xã}", False),
        ("written: 8/10 xã}", "written: 80 xã, value: 80}", True),
        ('count: {count: 9, of: 10}', "value: 9", True),
        ("unit_written: xã", "unit_written: xa", True),
    ],
)  # fmt: skip
def test_so_many_of_so_many_communes_needs_no_other_unit(
    copied: Path, right: str, wrong: str, is_refused: bool
) -> None:
    """But a plain number in communes is no share, not even where the plan starts from."""
    change(copied, PLAN, BHYT, COUNTED.replace(right, wrong))
    assert any("unit" in problem.what for problem in list_catalogue_problems(copied)) == is_refused
    if not is_refused:
        target = next(t for t in load_catalogue(copied).plans["kt-1693"].targets if t.unit_written == "xã")
        assert target.unit_scale == 1 and list_catalogue_problems(copied) == ()


def test_every_unit_of_the_catalogue_is_known(catalogue: Catalogue) -> None:
    """An installation without the file would compare nothing: the shipped one has it."""
    written = {e.unit for e in catalogue.elements.values()} | {i.unit for i in catalogue.indicators.values()}
    assert catalogue.measures and all(catalogue.find_measure(unit) for unit in written - {""})


MISTAKES = {
    "an unknown unit of a plan": (PLAN, BHYT, BHYT.replace('"%"', "nghin người"), "unknown unit of measure 'nghin người'", "unit_written", "nghìn người"),
    "another dimension": (PLAN, BHYT, BHYT.replace('"%"', "triệu đồng"), "'triệu đồng' is no unit of what bhyt counts in '%'", "unit_written", ""),
    "the right unit misspelt": (PLAN, "unit_meant: giường", "unit_meant: giưòng", "unknown unit of measure 'giưòng'", "unit_meant", "giường"),
    "an unknown unit of a data element": (ELEMENTS, "flow,lượt,", "flow,lưot,", "unknown unit of measure 'lưot'", "unit", "lượt"),
    "an unknown unit of an indicator": (INDICATORS, "unit: Giường", "unit: Giườn", "unknown unit of measure 'Giườn'", "unit", "giường"),
    "`per` and a factor": (
        PLAN, BHYT, BHYT.replace('"%"', '"‰"').replace('">=", value: 95}', '">=", value: 95, per: 1000}'),
        "`per` beside a unit with a factor of its own", "unit_written", "",
    ),
    "a unit twice": ("measures.yaml", "- {name: ca,", "- {name: Lượt,", "unit of measure 'Lượt' stands twice", "", ""),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_unit_that_cannot_be_compared_is_refused(copied: Path, mistake: str) -> None:
    name, right, wrong, what, key, nearest = MISTAKES[mistake]
    change(copied, name, right, wrong)
    found = next(p for p in list_catalogue_problems(copied) if p.what == what)
    assert found.file.endswith(name) and found.line and found.expected
    lines = (copied / name).read_text(encoding="utf-8").splitlines()
    assert found.value in lines[found.line - 1] or key == ""
    assert (found.key.endswith(key), found.nearest) == (True, nearest)


def test_a_column_in_a_unit_of_another_dimension_is_refused(copied: Path) -> None:
    lines = (copied / COLUMNS).read_text(encoding="utf-8").splitlines()
    text = "\n".join(
        line + (",unit" if i == 0 else ",triệu đồng" if line.endswith(",insured,1") else ",")
        for i, line in enumerate(lines)
    )
    (copied / COLUMNS).write_text(text, encoding="utf-8")
    found = list_catalogue_problems(copied)
    assert {p.what for p in found} == {"'triệu đồng' is no unit of what insured counts in 'người'"}
    assert all(p.key == "unit" and p.line for p in found)


def test_a_sum_is_in_the_unit_that_its_factor_makes(copied: Path) -> None:
    with (copied / INDICATORS).open("a", encoding="utf-8") as file:
        file.write(PEOPLE.replace("unit: người", "unit: nghìn người"))
    (found,) = list_catalogue_problems(copied)
    assert found.what == "insured in 'người' times 1 is not in 'nghìn người'"


def judge(catalogue: Catalogue, people: int, period: str = "2025") -> tuple[object, ...]:
    target = next(t for t in catalogue.plans["kt-1693"].targets if t.item == "12")
    key = Period.parse(period)
    seen = ObservedIndicator("insured_people", "62", key, Fraction(people), None, Fraction(people), 1, 1)
    indicator = catalogue.indicators["insured_people"]
    row = compute_target_attainment("kt-1693", target, indicator, seen, unit="62", period=key)
    own = convert_row_to_plan_unit(row, target)
    return row.status, row.target, row.people_missing, own.value, own.target, own.baseline


def test_a_target_in_thousands_is_compared_with_people(in_thousands: Catalogue) -> None:
    base, goal = Fraction("10.5"), Fraction("11.357")
    assert judge(in_thousands, 11_357) == ("met", 11_357, None, goal, goal, base)
    assert judge(in_thousands, 11_356) == ("not_met", 11_357, 1, Fraction("11.356"), goal, base)


def test_an_increase_and_its_base_are_in_the_unit_of_the_plan(in_thousands: Catalogue) -> None:
    assert judge(in_thousands, 11_500, "2030")[:5] == ("met", 11_500, None, Fraction("11.5"), Fraction("11.5"))
    assert judge(in_thousands, 11_499, "2030")[:2] == ("not_met", 11_500)


def test_a_series_is_in_the_unit_of_the_plan(in_thousands: Catalogue) -> None:
    target = next(t for t in in_thousands.plans["kt-1693"].targets if t.item == "12")
    (point,) = convert_points_to_plan_unit((SeriesPoint("2024", Fraction(11_357)),), target)
    assert point.value == Fraction("11.357")
