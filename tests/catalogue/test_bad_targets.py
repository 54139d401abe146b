"""A target the rules could not follow stops at the catalogue, naming file and item; what a plan leaves open does not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from etl.attain import compute_target_attainment
from etl.catalog import load_catalogue
from etl.catalog.loader import list_catalogue_problems
from etl.errors import CatalogueError
from etl.model import ObservedIndicator, Period
from tests.catalogue.whole import load_whole_catalogue

PLAN = "plans/kt-1693.yaml"
BHYT = '{period: "2025", written: "95", operator: ">=", value: 95}\n      - {period: "2030", written: ">95"'
STONE = '{period: "2025", written: "95", operator: '
REST = '\n      - {period: "2030", written: ">95"'

MILESTONES = {
    "an operator the grammar lacks": ('"~", value: 95}', "key targets.11.milestones.0.operator"),
    "a range without its upper end": ("between, value: 95}", "`upper` goes with operator between"),
    "a range that ends before it begins": ("between, value: 95, upper: 90}", "from 95 to 90 is no range"),
    "an upper end without a range": ('">=", value: 95, upper: 96}', "`upper` goes with operator between"),
    "a tolerance without about": ('">=", value: 95, tolerance: 1}', "`tolerance` goes with operator about"),
    "a negative tolerance": ("about, value: 95, tolerance: -1}", "greater than or equal to 0"),
    "two numbers": ('">=", value: 95, count: {count: 1, of: 2}}', "takes one number, not 2"),
    "a number beside words": ("none, value: 95}", "takes no number, not 1"),
    "more than there are": ('">=", count: {count: 11, of: 10}}', "11 of 10: more than there are"),
    "a ceiling on a count": ('"<=", count: {count: 1, of: 10}}', "goes with operator >="),
    "a fall below nothing": ('"<=", relative: {percent: -100}}', "cannot fall by 100 per cent"),
    "a base in words": (
        '"<=", relative: {percent: -5, base: {period: trước đây, written: x}}}',
        "'trước đây' is not a period",
    ),
    "a base that ends before it begins": (
        '"<=", relative: {percent: -5, base: {period: 2020-2016, written: x}}}',
        "ends before it begins",
    ),
    "yearly growth to a quarter": (None, "a yearly change needs a year"),
    "growth from a year on": (
        '">=", relative: {percent: 5, yearly: true}, onward: true}',
        "leave `onward` out",
    ),
    "words from a year on": ("none, onward: true}", "`onward` goes with a number"),
    "another base of counting without a value": ('">=", per: 1000, relative: {percent: 5}}', "`per` goes with a value"),
}


def broken(root: Path, name: str, right: str, wrong: str) -> CatalogueError:
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert right in text, "the mistake no longer fits the catalogue"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(CatalogueError) as raised:
        load_whole_catalogue(root)
    assert raised.value.fix
    assert name in raised.value.where.replace("\\", "/")
    return raised.value


@pytest.mark.parametrize("mistake", MILESTONES)
def test_a_milestone_that_makes_no_sense(copied: Path, mistake: str) -> None:
    wrong, words = MILESTONES[mistake]
    if wrong is None:
        stone = '{period: 2025Q2, written: "95", operator: ">=", relative: {percent: 5, yearly: true}}'
    else:
        stone = STONE + wrong
    error = broken(copied, PLAN, BHYT, stone + REST)
    assert words in error.what
    assert error.where.endswith("kt-1693.yaml:211: item 12"), "the plan's own item is named"


TARGETS = {
    "per unit of a ratio": (PLAN, "kind: threshold\n    unit_written: Người", "kind: per_unit\n    floor: 90\n    unit_written: Người", "do not go together"),
    "a share of units as a threshold": (
        "plans/kt-124.yaml", "kind: per_unit\n    floor: 90", "kind: threshold", "do not go together",
    ),
    "counted units of a published figure": (
        PLAN, '{period: "2025", written: "68,5", operator: ">=", value: 68.5}',
        '{period: "2025", written: "8/10", operator: ">=", count: {count: 8, of: 10}}', "needs an indicator of method ratio",
    ),
    "another unit for a published figure": (
        PLAN, 'operator: ">=", value: 68.5}', 'operator: ">=", value: 68.5, per: 1000}', "stay in their own unit",
    ),
    "a contradiction with nothing": (
        "plans/ty-ct25.yaml", "contradicts: [I.3-2.1]", "contradicts: [I.3-2.9]", "unknown item 'I.3-2.9'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", TARGETS)
def test_a_target_that_its_indicator_cannot_answer(copied: Path, mistake: str) -> None:
    name, right, wrong, words = TARGETS[mistake]
    assert words in broken(copied, name, right, wrong).what


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("numerator: {elements: [doctors]}", "numerator: {elements: [hiv_new, doctors_abroad]}", "doctors_abroad"),
        ("published_element: pub_tfr", "published_element: doctors", "unknown published data element"),
        ("min_period: year", "min_period: decade", "min_period"),
    ],
)
def test_an_indicator_that_nothing_feeds(copied: Path, right: str, wrong: str, words: str) -> None:
    assert words in str(broken(copied, "indicators.yaml", right, wrong))


@pytest.mark.parametrize("element", ["pub_tfr", "doctors"])
def test_an_element_that_no_form_collects(copied: Path, element: str) -> None:
    path = copied / "forms" / "columns.csv"
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if f",{element}," not in line]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=f"no form collects data element '{element}'") as raised:
        load_whole_catalogue(copied)
    assert "indicators.yaml" in raised.value.where


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("min_points: 6", "min_points: 2", "min_points"),
        ("{from: 0.00,", "{from: 0.10,", "down to 0"),
        ("{from: 0.66,", "{from: 0.95,", "down to 0"),
        ("confidence: 0.95", "confidence: 95", "confidence"),
    ],
)
def test_outlook_rules_that_make_no_sense(copied: Path, right: str, wrong: str, words: str) -> None:
    assert words in broken(copied, "outlook.yaml", right, wrong).what


def test_an_office_may_do_without_an_outlook(copied: Path) -> None:
    (copied / "outlook.yaml").unlink()
    assert load_catalogue(copied).outlook is None


def test_thresholds_that_nobody_prescribes_say_so(copied: Path) -> None:
    rules = load_catalogue(copied).outlook
    assert rules is not None
    assert rules.basis == "configured"


def test_a_relative_target_without_a_base_is_represented_and_not_judged(copied: Path) -> None:
    path = copied / PLAN
    text = path.read_text(encoding="utf-8")
    new = '{period: "2025", written: giảm ít nhất 5% so với giai đoạn 2016–2020, operator: "<=",' \
        " relative: {percent: -5, base: {period: 2016-2020, written: không ghi}}}"  # fmt: skip
    assert BHYT in text
    path.write_text(text.replace(BHYT, new + REST, 1), encoding="utf-8")
    catalogue = load_catalogue(copied)
    target = next(t for t in catalogue.plans["kt-1693"].targets if t.item == "12")
    period = Period.parse("2024")
    observed = ObservedIndicator("bhyt", "62", period, value=None)
    indicator = catalogue.indicators["bhyt"]
    for value, status in ((None, "no_data"), (94, "no_verdict")):
        seen = replace(observed, value=None if value is None else Fraction(value))
        row = compute_target_attainment("kt-1693", target, indicator, seen, unit="62", period=period)
        assert (row.status, row.met, row.target) == (status, None, None)
        assert row.reason


@pytest.mark.parametrize(
    ("stones", "words"),
    [
        ('[{written: "95", operator: ">=", value: 95, onward: true}]', "`onward` needs the period"),
        ('[{written: "5%/năm", operator: ">=", relative: {percent: 5, yearly: true}}]', "needs a year as its period"),
        (
            '[{written: "95", operator: ">=", value: 95}, {written: "96", operator: ">=", value: 96}]',
            "a second milestone without a period",
        ),
    ],
)
def test_what_needs_a_time_is_refused_without_one(copied: Path, stones: str, words: str) -> None:
    path = copied / PLAN
    text = path.read_text(encoding="utf-8")
    begins = text.index("    milestones:", text.index("    indicator: bhyt"))
    ends = text.index("    notes:", begins)
    path.write_text(f"{text[:begins]}    milestones: {stones}\n{text[ends:]}", encoding="utf-8")
    (found,) = list_catalogue_problems(copied)
    assert words in found.what and found.file.endswith(PLAN) and found.line
