from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from etl.catalog import Catalogue
from etl.catalog.rules import WITHOUT_EXPECTATION, Rules, load_rules, load_view_rules
from etl.check import ReadSubmission, check_batch
from etl.check.evaluate import build_expectation
from etl.errors import CatalogueError
from etl.model import Verdict
from etl.read import Reader
from etl.settings import PROJECT_ROOT
from tests.builders import PLAUSIBLE, Workbook
from tests.wording import SHIPPED


@pytest.fixture(scope="module")
def reader(catalogue: Catalogue, rules: Rules) -> Iterator[Reader]:
    with Reader(catalogue, rules) as reader:
        yield reader


@pytest.fixture
def verdict(reader: Reader, catalogue: Catalogue, rules: Rules, tmp_path: Path):
    def judge(workbook: Workbook, folder: str | None = "612", quarters=None) -> Verdict:
        path = tmp_path / "a.xlsx"
        path.write_bytes(workbook.bytes())
        return check_batch(
            [ReadSubmission(reader.read_file(path), "a.xlsx", folder, quarters)], catalogue, rules, SHIPPED
        )[0]

    return judge


@pytest.fixture
def district(catalogue: Catalogue) -> Workbook:
    return Workbook(catalogue, "kt-district-quarter", "612", "2024Q3").filled()


def codes(verdict: Verdict) -> list[str]:
    return [f.code for f in verdict.findings]


def test_a_right_workbook_is_accepted_without_a_word(verdict, district: Workbook) -> None:
    assert verdict(district) == Verdict(True, ())


@pytest.mark.parametrize(
    ("element", "value", "code", "level"),
    [
        ("tb_new", "mười", "V01", "refuse"), ("tb_new", -1, "V02", "refuse"), ("criteria_met", 2, "V03", "refuse"),
        ("tb_new", 1.5, "V04", "refuse"), ("tb_new", None, "V05", "confirm"), ("pop_total", 900, "R01", "refuse"),
        ("under1", 2, "R02", "confirm"),
    ],
)  # fmt: skip
def test_one_fault_is_one_finding_at_its_cell(
    element: str, value: object, code: str, level: str, verdict, district: Workbook
) -> None:
    cells = [(s, c) for s, c, _, e, _ in district.inputs() if e == element]
    found = verdict(district.with_element(element, value, row=2))
    assert codes(found) == [code]
    finding = found.findings[0]
    assert finding.level == level and found.accepted == (level != "refuse")
    if code.startswith("V"):
        assert (finding.sheet, finding.cell) == cells[2]
    assert finding.message and finding.hint and "{" not in finding.message


@pytest.mark.parametrize(("both", "found"), [(1, []), (0, ["R05"])])
def test_one_station_with_either_has_both(both: int, found: list[str], verdict, district: Workbook) -> None:
    """Of one station, one with a pharmacist and one with a herbalist are the same station."""
    assert codes(verdict(district.with_element("st_pharm_tradmed", both, row=2))) == found


def test_choices_and_dates(verdict, district: Workbook) -> None:
    dates = [(s, c) for s, c, _, _, kind in district.inputs() if kind == "date"]
    choices = [(s, c) for s, c, _, _, kind in district.inputs() if kind == "choice"]
    found = verdict(district.with_cell(*dates[0], "hôm qua").with_cell(*choices[0], "xong rồi"))
    assert {(f.code, f.sheet, f.cell) for f in found.findings} == {("V07", *dates[0]), ("V06", *choices[0])}


def test_a_blank_column_is_one_finding(verdict, catalogue: Catalogue) -> None:
    workbook = Workbook(catalogue, "kt-district-quarter", "612", "2024Q3").filled(tb_new=None)
    found = verdict(workbook)
    assert codes(found) == ["V05"] and "8 ô khác" in found.findings[0].message


def test_an_empty_form_is_refused_for_that_alone(verdict, catalogue: Catalogue) -> None:
    assert codes(verdict(Workbook(catalogue, "kt-district-quarter", "612", "2024Q3"))) == ["S11"]


def test_another_units_folder(verdict, district: Workbook) -> None:
    found = verdict(district, folder="613")
    assert codes(found) == ["S02"] and "Huyện Kon Plông" in found.findings[0].message


def test_offline_the_folder_is_not_judged(verdict, district: Workbook) -> None:
    assert verdict(district, folder=None).accepted


def test_a_form_that_is_not_owed(verdict, catalogue: Catalogue) -> None:
    workbook = Workbook(catalogue, "kt-hospital-year", "62-CDC", "2024").filled()
    assert "S07" in codes(verdict(workbook, folder="62-CDC"))


def test_the_year_must_reconcile_with_its_quarters(verdict, catalogue: Catalogue) -> None:
    year = Workbook(catalogue, "kt-district-year", "612", "2024").filled(live_births=20, tb_new=4)
    quarters = {(unit, e): [PLAUSIBLE[e]] * 4 for _, _, unit, e, _ in year.inputs() if e in PLAUSIBLE}
    flows = {
        "pc_visits",
        "pc_visits_insured",
        "under1",
        "fully_immunised",
        "deliveries",
        "women_screened",
        "newborns_screened",
    }
    wrong = verdict(year, quarters=quarters)
    assert {f.code for f in wrong.findings} == {"T01"} and wrong.accepted
    assert {f.data_element for f in wrong.findings} == flows | {"waste_generated_kg", "waste_treated_kg"}
    assert any("tổng các quý 1.200" in f.message for f in wrong.findings)
    last = {key: [1.0, 1.0, 1.0, 7.0] for key in quarters if key[1] == "stations"}
    assert {f.code for f in verdict(year, quarters=last).findings} == {"T02"}


def test_a_year_with_a_missing_quarter_is_not_tested(verdict, catalogue: Catalogue) -> None:
    year = Workbook(catalogue, "kt-district-year", "612", "2024").filled()
    quarters = {(unit, e): [1.0, None, 1.0, None] for _, _, unit, e, _ in year.inputs()}
    assert verdict(year, quarters=quarters) == Verdict(True, ())


def test_one_bad_file_does_not_touch_its_neighbours(
    reader: Reader, catalogue: Catalogue, rules: Rules, district: Workbook, tmp_path: Path
) -> None:
    paths = [tmp_path / f"{i}.xlsx" for i in range(3)]
    paths[0].write_bytes(district.bytes())
    paths[1].write_bytes(b"khong phai excel")
    paths[2].write_bytes(district.with_element("tb_new", "x?").bytes())
    verdicts = check_batch(
        [ReadSubmission(reader.read_file(p), p.name, "612") for p in paths], catalogue, rules, SHIPPED
    )
    assert [v.accepted for v in verdicts] == [True, False, False]
    assert [codes(v) for v in verdicts] == [[], ["F01"], ["V01"]]


def test_every_rule_can_be_evaluated(rules: Rules) -> None:
    for rule in rules.by_code.values():
        if rule.frame not in WITHOUT_EXPECTATION:
            assert build_expectation(rule.code, rule.title, rule.expectation, rule.kwargs)
    views = load_view_rules(PROJECT_ROOT / "expectations")
    assert {rule.frame for rule in views} == {"status", "submissions", "cells", "totals"}
    for one in views:
        assert build_expectation(one.code, one.title, one.expectation, one.kwargs)


def test_a_limit_that_a_rule_prints_is_a_threshold_of_the_catalogue(rules: Rules, catalogue: Catalogue) -> None:
    for rule in rules.by_code.values():
        assert not rule.threshold or rule.threshold in catalogue.thresholds, rule.code
        assert rule.threshold or rule.frame == "reader" or "{limit" not in rule.message + rule.hint, rule.code


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {code: Z1, title: t, level: refuse, frame: cells, owner: o, expectation: expect_magic, message: m, hint: h}", None),
        ("- {code: Z1, title: t, level: fatal, frame: cells, owner: o, expectation: e, message: m, hint: h}", "level"),
        ("- {code: Z1, title: t, level: note, frame: cells, owner: o, message: m, hint: h}", "no expectation"),
        ("- {code: Z1, title: t, level: note, frame: reader, owner: o, message: 'có {la}', hint: h}", "unknown slot"),
        ("- {code: Z1, titel: t, level: note, frame: reader, owner: o, message: m, hint: h}", "titel"),
        ("- {code: Z1, title: t, level: note, frame: reader, owner: o, message: m, hint: h}\n" * 2, "stands twice"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_rule_stops_with_its_place(text: str, message: str | None, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(CatalogueError, match=message or "no expectation 'expect_magic'") as caught:
        for rule in load_rules(tmp_path).by_code.values():
            build_expectation(rule.code, rule.title, rule.expectation, rule.kwargs)
    assert message is None or "a.yaml" in caught.value.where
