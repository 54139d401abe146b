"""The unit tree before and after 01/07/2025, counted."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from etl.catalog import Catalogue, geography, models
from tests.wording import told

BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)
KON_TUM, TAN_YEN = "62", "216"
FACTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "units_kontum_tanyen_pre_post_2025.csv"


def districts(c: Catalogue) -> tuple[models.Unit, ...]:
    return c.list_children(KON_TUM, "district", BEFORE)


def kon_tum_communes(c: Catalogue) -> list[models.Unit]:
    return [commune for district in districts(c) for commune in c.list_children(district.code, "commune", BEFORE)]


def successors(c: Catalogue, communes: list[models.Unit]) -> set[str]:
    codes = {unit.code for unit in communes}
    return {s.new_code for s in c.successions if s.old_code in codes and s.old_valid_to == BEFORE}


def test_kon_tum_had_ten_districts_and_102_communes(catalogue: Catalogue) -> None:
    assert len(districts(catalogue)) == 10
    kinds = Counter(unit.type for unit in kon_tum_communes(catalogue))
    assert kinds == {"Xã": 85, "Phường": 10, "Thị trấn": 7}


def test_tan_yen_had_nineteen_communes(catalogue: Catalogue) -> None:
    kinds = Counter(unit.type for unit in catalogue.list_children(TAN_YEN, "commune", BEFORE))
    assert kinds == {"Xã": 17, "Thị trấn": 2}


def test_successors_are_forty_and_six(catalogue: Catalogue) -> None:
    assert len(successors(catalogue, kon_tum_communes(catalogue))) == 40
    assert len(successors(catalogue, list(catalogue.list_children(TAN_YEN, "commune", BEFORE)))) == 6


def test_every_commune_has_exactly_one_successor_that_exists(catalogue: Catalogue) -> None:
    old = [*kon_tum_communes(catalogue), *catalogue.list_children(TAN_YEN, "commune", BEFORE)]
    found = Counter(s.old_code for s in catalogue.successions if s.old_valid_to == BEFORE)
    assert [unit.code for unit in old if found[unit.code] != 1] == []
    gone = [s.new_code for s in catalogue.successions if catalogue.find_unit(s.new_code, s.new_valid_from) is None]
    assert gone == []


def test_no_successor_of_kon_tum_crosses_an_old_district(catalogue: Catalogue) -> None:
    home: dict[str, set[str]] = {}
    parent = {unit.code: unit.parent for unit in kon_tum_communes(catalogue)}
    for s in catalogue.successions:
        if s.old_code in parent and s.old_valid_to == BEFORE:
            home.setdefault(s.new_code, set()).add(parent[s.old_code])
    assert {code: parents for code, parents in home.items() if len(parents) > 1} == {}


def test_the_district_level_ends_on_30_june_2025(catalogue: Catalogue) -> None:
    assert [u.code for u in catalogue.units if u.level == "district" and u.is_valid_on(AFTER)] == []


def test_a_code_can_change_its_bearer_and_is_looked_up_by_day(catalogue: Catalogue) -> None:
    assert catalogue.find_unit_name("24", BEFORE) == "Tỉnh Bắc Giang"
    assert catalogue.find_unit_name("24", AFTER) == "Tỉnh Bắc Ninh"
    assert catalogue.find_unit(KON_TUM, AFTER) is None


@pytest.mark.skipif(not FACTS.is_file(), reason="the list of units is not beside the checkout")
def test_units_are_those_of_the_published_list(catalogue: Catalogue) -> None:
    with FACTS.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    listed = {(r["old_commune_code"], r["old_district_code"], r["old_commune_name_gso_2025_01"]) for r in rows}
    ours = {
        (u.code, u.parent, u.name)
        for u in (*kon_tum_communes(catalogue), *catalogue.list_children(TAN_YEN, "commune", BEFORE))
    }
    assert ours == listed
    moves = {(r["old_commune_code"], r["new_commune_code"]) for r in rows}
    codes = {code for code, _ in moves}
    assert {(s.old_code, s.new_code) for s in catalogue.successions if s.old_code in codes} == moves


@pytest.mark.parametrize("day", [AFTER, date(2025, 12, 31)])
def test_old_districts_can_be_restated_from_the_new_communes_but_tan_yen_cannot(
    catalogue: Catalogue, day: date
) -> None:
    assert [told(geography.find_restating_gap(catalogue, d, day)) for d in districts(catalogue)] == [""] * 10
    kon_tum, tan_yen = (geography.find_area(catalogue, catalogue.get_scope(s)) for s in ("kon-tum", "tan-yen"))
    assert kon_tum
    assert tan_yen
    assert told(geography.find_restating_gap(catalogue, kon_tum, day)) == ""
    assert "xã Quế Nham nhập với bốn phường của thành phố Bắc Giang" in told(
        geography.find_restating_gap(catalogue, tan_yen, day)
    )


def test_members_after_the_change_are_those_that_came_from_the_area_alone(catalogue: Catalogue) -> None:
    found = {
        s: geography.list_area_units(catalogue, catalogue.get_scope(s), "commune", AFTER)
        for s in ("kon-tum", "tan-yen")
    }
    assert {u.code for u in found["kon-tum"]} == successors(catalogue, kon_tum_communes(catalogue))
    assert {u.name for u in found["tan-yen"]} == {
        "Xã Nhã Nam", "Xã Phúc Hòa", "Xã Quang Trung", "Xã Tân Yên", "Xã Ngọc Thiện",
    }  # fmt: skip


def test_what_became_of_an_ended_unit_is_said(catalogue: Catalogue) -> None:
    assert geography.describe_succession(catalogue, "07309", AFTER) == (
        " Xã Tân Trung kết thúc ngày 30/06/2025; kế tục: Xã Nhã Nam."
    )
    assert "kế tục: Xã Bờ Y, Xã Dục Nông, Xã Sa Loong" in geography.describe_succession(catalogue, "611", AFTER)
    assert geography.describe_succession(catalogue, "07309", BEFORE) == ""
    assert geography.describe_succession(catalogue, "nobody", AFTER) == ""


def test_a_weight_has_a_source_and_moves_its_share(catalogue: Catalogue) -> None:
    split = {"old_code": "a", "old_valid_to": BEFORE, "new_valid_from": AFTER, "kind": "part", "legal_basis": "t"}
    unit = {"level": "commune", "legal_basis": "t"}
    old = models.Unit(code="a", name="Xã A", valid_from=date(2020, 1, 1), valid_to=BEFORE, **unit)
    new = [models.Unit(code=c, name=f"Xã {c.upper()}", valid_from=AFTER, **unit) for c in ("b", "c")]

    def world(**weight: object) -> Catalogue:
        rows = tuple(models.Succession(new_code=u.code, **split, **weight) for u in new)
        by_code = {u.code: (u,) for u in (old, *new)}
        return replace(catalogue, units=(old, *new), successions=rows, units_by_code=by_code)

    assert [s.weight for s in geography.compute_unit_shares(world(), old, AFTER)] == [None, None]
    weighed = world(weight=Decimal("0.5"), weight_source="Quyết định chia địa bàn")
    assert [s.weight for s in geography.compute_unit_shares(weighed, old, AFTER)] == [Fraction(1, 2)] * 2
    assert told(geography.find_restating_gap(world(), old, AFTER)) == "", "both halves together are the whole again"
    assert "chưa có tỉ lệ phân chia" in told(geography.find_restating_gap(world(), new[0], BEFORE))
    assert told(geography.find_restating_gap(weighed, new[0], BEFORE)) == ""
    with pytest.raises(ValueError, match="weight_source"):
        world(weight=Decimal("0.5"))


def test_nobody_has_decided_who_inherits_and_targets_stay(catalogue: Catalogue) -> None:
    kon_tum = geography.find_area(catalogue, catalogue.get_scope("kon-tum"))
    assert kon_tum
    assert told(geography.find_inheritance(catalogue, "kt-1693", "1", kon_tum, BEFORE)) == ""
    assert "chưa có quyết định kế thừa" in told(geography.find_inheritance(catalogue, "kt-1693", "1", kon_tum, AFTER))
    decision = catalogue.inheritance[0].model_copy(
        update={"item": "12", "decided_by": "UBND tỉnh", "date": date(2025, 9, 1)}
    )
    decided = replace(catalogue, inheritance=(*catalogue.inheritance, decision))
    assert told(geography.find_inheritance(decided, "kt-1693", "12", kon_tum, date(2025, 12, 31))) == (
        "Tỉnh Quảng Ngãi kế thừa theo quyết định của UBND tỉnh ngày 01/9/2025."
    )
    assert "chưa có" in told(geography.find_inheritance(decided, "kt-1693", "12", kon_tum, date(2025, 8, 31)))
    assert "chưa có" in told(geography.find_inheritance(decided, "kt-1693", "1", kon_tum, date(2025, 12, 31)))
