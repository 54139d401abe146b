"""What the checker makes of its findings: one a cause, most important first, explained ones at rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from etl.catalog import Catalogue
from etl.catalog.rules import Rule, Rules
from etl.check import ReadSubmission, check_batch
from etl.check.evaluate import validate_frames
from etl.check.frames import RuleFrame
from etl.errors import CatalogueError
from etl.model import Explanation, FindingLevel, ReadResult, Verdict
from etl.read import Reader
from tests.builders import Workbook
from tests.examples.checked import COMMUNES, past
from tests.wording import SHIPPED

Judge = Callable[..., Verdict]


@pytest.fixture(scope="module")
def reader(catalogue: Catalogue, rules: Rules) -> Iterator[Reader]:
    with Reader(catalogue, rules) as reader:
        yield reader


@pytest.fixture
def district(catalogue: Catalogue) -> Workbook:
    return Workbook(catalogue, "kt-district-quarter", "612", "2024Q3").filled()


@pytest.fixture
def read(reader: Reader, tmp_path: Path) -> Callable[[Workbook], ReadResult]:
    def of(book: Workbook) -> ReadResult:
        path = tmp_path / "a.xlsx"
        path.write_bytes(book.bytes())
        return reader.read_file(path)

    return of


@pytest.fixture
def judge(read: Callable[[Workbook], ReadResult], catalogue: Catalogue, rules: Rules) -> Judge:
    def of(book: Workbook, **known: Any) -> Verdict:
        return check_batch([ReadSubmission(read(book), "a.xlsx", **known)], catalogue, rules, SHIPPED)[0]

    return of


def codes(verdict: Verdict) -> list[str]:
    return [f.code for f in verdict.findings]


# --- causes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "known", [{}, {"history": {}}, {"compare_official": True}], ids=["offline", "new", "no figure"]
)
def test_a_form_left_empty_is_one_finding_whatever_is_known_around_it(
    known: dict[str, Any], judge: Judge, catalogue: Catalogue
) -> None:
    assert codes(judge(Workbook(catalogue, "kt-district-quarter", "612", "2024Q3"), **known)) == ["S11"]


def test_a_unit_blank_everywhere_is_one_finding(judge: Judge, district: Workbook) -> None:
    for sheet, cell, unit, _, kind in district.inputs():
        if unit == "23428" and kind in {"stock", "average", "flow", "ytd"}:
            district.with_cell(sheet, cell, None)
    (finding,) = (f for f in judge(district).findings if f.level == FindingLevel.CONFIRM)
    assert finding.code == "V08" and finding.org_unit_code == "23428" and "41 ô" in finding.message


def test_a_thousand_times_everywhere_is_one_finding(judge: Judge, district: Workbook) -> None:
    for sheet, cell, _, element, _ in district.inputs():
        if element == "pop_total":
            district.with_cell(sheet, cell, 5_000_000)  # above what the cell may hold, too
    found = judge(district, **past("pop_total", q2024Q2=5000, q2024Q1=4990, q2023Q4=4980))
    assert codes(found) == ["T07"]
    assert not found.accepted and "9 ô lớn gấp" in found.findings[0].message


def test_a_jump_that_is_not_everywhere_stays_itself(judge: Judge, district: Workbook) -> None:
    found = judge(
        district.with_element("pc_visits", 300_000, 0), **past("pc_visits", q2024Q2=300, q2024Q1=300, q2023Q4=300)
    )
    assert codes(found) == ["T04"]


# --- order --------------------------------------------------------------------------------------------------


def test_what_moves_the_total_most_comes_first(judge: Judge, district: Workbook) -> None:
    district.with_element("under1", 4, 0).with_element("fully_immunised", 5, 0)
    district.with_element("under1", 4, 1).with_element("fully_immunised", 400, 1)
    district.with_element("tb_new", -1, 3)
    found = judge(district).findings
    assert [f.level for f in found] == sorted((f.level for f in found), key=[*FindingLevel].index)
    assert [f.code for f in found] == ["V02", "R02", "R02"]
    assert found[1].org_unit_code != found[2].org_unit_code and found[1].effect > found[2].effect > 0
    assert json.loads(json.dumps(found[1].convert_to_dict()))["code"] == "R02"


# --- explanations ---------------------------------------------------------------------------------------------


def test_an_explained_value_is_only_noted_and_another_asks_anew(
    judge: Judge, read: Callable[[Workbook], ReadResult], district: Workbook, catalogue: Catalogue, rules: Rules
) -> None:
    district.with_element("under1", 2, 2)
    (asked,) = judge(district).findings
    assert asked.level == FindingLevel.CONFIRM
    key = asked.explanation_key
    said = Explanation(*key, "Tiêm bù cho quý II")
    (noted,) = check_batch([ReadSubmission(replace(read(district), explanations=(said,)))], catalogue, rules, SHIPPED)[
        0
    ].findings
    assert noted.code == "R02" and noted.level == FindingLevel.NOTE and "“Tiêm bù cho quý II”" in noted.message
    (known,) = judge(district, explanations={key: "Tiêm bù"}).findings
    assert known.level == FindingLevel.NOTE
    (other,) = judge(district.with_element("fully_immunised", 4, 2), explanations={key: "Tiêm bù"}).findings
    assert other.level == FindingLevel.CONFIRM and other.value == "4"
    district.with_element("fully_immunised", 3, 2).with_element("under1", 0, 2)
    (beside_another,) = judge(district, explanations={key: "Tiêm bù"}).findings
    assert beside_another.level == FindingLevel.CONFIRM and beside_another.value == asked.value, "3 of 0 is not 3 of 2"


def test_what_must_be_corrected_cannot_be_explained(judge: Judge, district: Workbook) -> None:
    district.with_element("tb_new", -1, 2)
    (refused,) = judge(district).findings
    key = (refused.code, refused.org_unit_code, refused.data_element, refused.value)
    assert judge(district, explanations={key: "đúng"}).findings == (refused,)


# --- personal data -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["CCCD 001085012345", "001085012345", 1085012345, 230123456])
def test_an_identity_number_in_a_data_cell_is_never_repeated(value: object, judge: Judge, district: Workbook) -> None:
    found = judge(district.with_element("tb_new", value, 2))
    assert codes(found) == ["D01"] and not found.accepted
    text = json.dumps([f.convert_to_dict() for f in found.findings]).replace(".", "").replace(" ", "")
    assert "0850123" not in text and "2301234" not in text


def test_money_may_be_large(judge: Judge, district: Workbook) -> None:
    assert codes(judge(district.with_element("budget_health_mvnd", 900_000_000))) == ["V03"]


# --- time --------------------------------------------------------------------------------------------------------


def test_without_history_nothing_is_said_of_it(judge: Judge, district: Workbook) -> None:
    assert judge(district, history=None) == Verdict(True, ())


def test_too_short_a_history_is_said_to_be_untestable(judge: Judge, district: Workbook) -> None:
    (note,) = judge(district, history={}).findings
    assert note.code == "Q01" and note.level == FindingLevel.NOTE and "cần ít nhất 3 kỳ, mới có 0" in note.message


def test_a_unit_without_an_official_figure_is_untestable(judge: Judge, district: Workbook) -> None:
    (note,) = judge(district, compare_official=True).findings
    assert note.code == "Q01" and "chưa có số chính thức" in note.message


def test_a_cumulative_number_may_begin_again_in_january(catalogue: Catalogue, judge: Judge) -> None:
    first = Workbook(catalogue, "kt-district-quarter", "612", "2024Q1").filled()
    before = past("highrisk_examined", q2023Q4=90, q2023Q3=70, q2023Q2=50)
    assert judge(first, **before) == Verdict(True, ())


def test_growth_and_small_numbers_are_no_jumps(judge: Judge, district: Workbook) -> None:
    history = {
        period: {(unit, element): value for unit in COMMUNES for element, value in values.items()}
        for period, values in {
            "2024Q2": {"ehealth_book": 260, "tb_new": 0, "insured": 949},
            "2024Q1": {"ehealth_book": 220, "tb_new": 0, "insured": 948},
            "2023Q4": {"ehealth_book": 180, "tb_new": 0, "insured": 948},
        }.items()
    }
    assert judge(district, history=history) == Verdict(True, ())


# --- the evaluator ------------------------------------------------------------------------------------------------


def test_a_rule_gives_the_same_rows_whatever_stands_beside_it(rules: Rules, catalogue: Catalogue) -> None:
    draw = np.random.default_rng(7)
    ruled = [rules.by_code[code] for code in ("V02", "V03", "V04", "V05")]
    for size in (1, 40):
        numbers = {
            name: np.where(draw.random(size) < 0.2, np.nan, draw.integers(-4, 5, size) / 2)
            for name in ("value", "low", "high")
        }
        states = {"state": draw.choice(["value", "missing"], size), "whole": draw.random(size) < 0.5, "required": True}
        frame = RuleFrame(pd.DataFrame(numbers | states), np.zeros(size, dtype=int), np.arange(size))
        value, low, high = numbers.values()
        expected = {
            "V02": value < low,
            "V03": value > high,
            "V04": states["whole"] & (value % 1 != 0) & ~np.isnan(value),
            "V05": states["state"] == "missing",
        }
        together = validate_frames(ruled, {"cells": frame}, catalogue.thresholds)["cells"].rows_by_code
        for rule in ruled:
            alone = validate_frames([rule], {"cells": frame}, catalogue.thresholds)["cells"].rows_by_code
            rows = np.flatnonzero(expected[rule.code]).tolist()
            assert together.get(rule.code, []) == alone.get(rule.code, []) == rows


def test_any_expectation_of_the_gallery_is_asked_over_its_whole_frame() -> None:
    rule = Rule(
        code="Z1", title="t", level=FindingLevel.NOTE, frame="files", owner="o", message="m", hint="h",
        expectation="expect_column_values_to_not_be_in_set", kwargs={"column": "owed", "value_set": [7]},
    )  # fmt: skip
    frame = RuleFrame(pd.DataFrame({"owed": [1.0, 7.0, 2.0]}), np.zeros(3, dtype=int), np.full(3, -1))
    assert validate_frames([rule], {"files": frame}, {})["files"].rows_by_code == {"Z1": [1]}


def test_a_rule_over_a_column_that_is_not_there_stops_with_its_place(rules: Rules) -> None:
    frame = RuleFrame(pd.DataFrame({"unit": ["612"]}), np.zeros(1, dtype=int), np.full(1, -1))
    with pytest.raises(CatalogueError, match=r"cannot be evaluated over \['unit'\]") as caught:
        validate_frames([rules.by_code["S07"]], {"files": frame}, {})
    assert caught.value.where == "expectations/: S07"
