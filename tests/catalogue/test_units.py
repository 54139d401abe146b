"""The unit tree before and after 01/07/2025, counted."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from etl.catalog import Catalogue
from etl.catalog import models as m

BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)
KON_TUM, TAN_YEN = "62", "216"
FACTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "units_kontum_tanyen_pre_post_2025.csv"


def districts(c: Catalogue) -> tuple[m.Unit, ...]:
    return c.children(KON_TUM, "district", BEFORE)


def kon_tum_communes(c: Catalogue) -> list[m.Unit]:
    return [commune for district in districts(c) for commune in c.children(district.code, "commune", BEFORE)]


def successors(c: Catalogue, communes: list[m.Unit]) -> set[str]:
    codes = {unit.code for unit in communes}
    return {s.new_code for s in c.successions if s.old_code in codes and s.old_valid_to == BEFORE}


def test_kon_tum_had_ten_districts_and_102_communes(catalogue: Catalogue) -> None:
    assert len(districts(catalogue)) == 10
    kinds = Counter(unit.type for unit in kon_tum_communes(catalogue))
    assert kinds == {"Xã": 85, "Phường": 10, "Thị trấn": 7}


def test_tan_yen_had_nineteen_communes(catalogue: Catalogue) -> None:
    kinds = Counter(unit.type for unit in catalogue.children(TAN_YEN, "commune", BEFORE))
    assert kinds == {"Xã": 17, "Thị trấn": 2}


def test_successors_are_forty_and_six(catalogue: Catalogue) -> None:
    assert len(successors(catalogue, kon_tum_communes(catalogue))) == 40
    assert len(successors(catalogue, list(catalogue.children(TAN_YEN, "commune", BEFORE)))) == 6


def test_every_commune_has_exactly_one_successor_that_exists(catalogue: Catalogue) -> None:
    old = [*kon_tum_communes(catalogue), *catalogue.children(TAN_YEN, "commune", BEFORE)]
    found = Counter(s.old_code for s in catalogue.successions if s.old_valid_to == BEFORE)
    assert [unit.code for unit in old if found[unit.code] != 1] == []
    gone = [s.new_code for s in catalogue.successions if catalogue.unit(s.new_code, s.new_valid_from) is None]
    assert gone == []


def test_no_successor_of_kon_tum_crosses_an_old_district(catalogue: Catalogue) -> None:
    home: dict[str, set[str]] = {}
    parent = {unit.code: unit.parent for unit in kon_tum_communes(catalogue)}
    for s in catalogue.successions:
        if s.old_code in parent and s.old_valid_to == BEFORE:
            home.setdefault(s.new_code, set()).add(parent[s.old_code])
    assert {code: parents for code, parents in home.items() if len(parents) > 1} == {}


def test_the_district_level_ends_on_30_june_2025(catalogue: Catalogue) -> None:
    assert [u.code for u in catalogue.units if u.level == "district" and u.valid_on(AFTER)] == []


def test_a_code_can_change_its_bearer_and_is_looked_up_by_day(catalogue: Catalogue) -> None:
    assert catalogue.unit_name("24", BEFORE) == "Tỉnh Bắc Giang"
    assert catalogue.unit_name("24", AFTER) == "Tỉnh Bắc Ninh"
    assert catalogue.unit(KON_TUM, AFTER) is None


@pytest.mark.skipif(not FACTS.is_file(), reason="the list of units is not beside the checkout")
def test_units_are_those_of_the_published_list(catalogue: Catalogue) -> None:
    with FACTS.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    listed = {(r["old_commune_code"], r["old_district_code"], r["old_commune_name_gso_2025_01"]) for r in rows}
    ours = {
        (u.code, u.parent, u.name)
        for u in (*kon_tum_communes(catalogue), *catalogue.children(TAN_YEN, "commune", BEFORE))
    }
    assert ours == listed
    moves = {(r["old_commune_code"], r["new_commune_code"]) for r in rows}
    codes = {code for code, _ in moves}
    assert {(s.old_code, s.new_code) for s in catalogue.successions if s.old_code in codes} == moves
