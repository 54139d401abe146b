"""The nation's units as data: counted, whole, and the same as the units that scopes already have."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from etl.catalog import Catalogue
from etl.catalog.catalogue_files import CatalogueReader
from etl.catalog.loader import list_catalogue_problems
from etl.catalog.nation import Nation, read_nation

FACTS = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def nation(catalogue: Catalogue) -> Nation:
    reader = CatalogueReader()
    found = read_nation(reader, catalogue.root)
    assert reader.problems == []
    return found


def test_34_provinces_have_3321_communes_and_63_had_10035(nation: Nation) -> None:
    assert Counter(u.level for u in nation.units) == {"province": 34, "commune": 3321}
    assert Counter(u.level for u in nation.former_units) == {"province": 63, "district": 696, "commune": 10035}
    assert Counter(s.kind for s in nation.successions) == {"whole": 9569, "part": 1033}


def test_every_commune_came_from_somewhere_and_none_crosses_a_province(nation: Nation) -> None:
    """Also every former province went whole into one, so that a scope of one province has all that it came from."""
    parents = {u.code: u.parent for u in nation.former_units}
    provinces = {u.code: u.parent for u in nation.units}
    heirs: dict[str, set[str]] = defaultdict(set)
    for s in nation.successions:
        above = parents[s.old_code]
        heirs[above if parents[above] == "VN" else parents[above]].add(provinces[s.new_code])
    assert len(heirs) == 63 and all(len(found) == 1 for found in heirs.values())
    assert {s.new_code for s in nation.successions} == {u.code for u in nation.units if u.level == "commune"}


def test_names_begin_with_their_kind(nation: Nation) -> None:
    assert [u for u in (*nation.units, *nation.former_units) if not u.name.startswith(f"{u.type} ")] == []


def test_scopes_that_are_there_have_the_same_units(catalogue: Catalogue, nation: Nation) -> None:
    ours = {
        (u.code, u.name, u.type, u.parent)
        for u in catalogue.units
        if u.valid_from == nation.first_day and u.level in {"province", "commune"}
    }
    entered = {u.parent for u in catalogue.units if u.level == "commune"}
    assert {"24", "51"} <= entered
    shared = (u for u in nation.units if u.level == "province" or u.parent in entered)
    assert ours == {(u.code, u.name, u.type, u.parent) for u in shared}
    codes = {u.code for u in nation.former_units}
    moves = {(s.old_code, s.new_code) for s in nation.successions}
    kept = {(s.old_code, s.new_code) for s in catalogue.successions if s.old_code in codes and len(s.new_code) == 5}
    assert kept <= moves | {
        (s.old_code, s.new_code) for s in catalogue.successions if s.old_valid_to >= nation.first_day
    }


@pytest.mark.skipif(not FACTS.is_dir(), reason="the published lists are not beside the checkout")
def test_units_and_successions_are_those_of_the_published_lists(nation: Nation) -> None:
    def rows(name: str) -> list[dict[str, str]]:
        with (FACTS / name).open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))

    now, before = rows("vn_communes_from_2025-07-01.csv"), rows("vn_communes_before_2025-07-01.csv")
    assert {(r["province_code"], r["commune_code"], r["commune"], r["lat"], r["lon"]) for r in now} == {
        (u.parent, u.code, u.name, str(u.lat), str(u.lon)) for u in nation.units if u.level == "commune"
    }
    assert {(r["district_code"], r["commune_code"], r["commune"].casefold()) for r in before if r["commune"]} == {
        (u.parent, u.code, u.name.casefold()) for u in nation.former_units if u.level == "commune"
    }
    assert {
        (r["old_commune_code"].removeprefix("district "), r["new_commune_code"], r["share"])
        for r in rows("vn_successions_2025-07-01.csv")
    } == {(s.old_code, s.new_code, s.kind) for s in nation.successions}


@pytest.mark.parametrize(
    ("name", "right", "wrong", "what"),
    [
        ("successions.csv", "00001,00097,whole", "00001,00098,whole", "unknown unit in succession '00098'"),
        ("successions.csv", "00001,00097,whole", "00001,00097,part", "unit 00001 went to 1 units as 'part'"),
        ("units.csv", ",commune,Phường,01,", ",commune,Phường,02,", "unknown parent unit '02'"),
    ],
)
def test_a_wrong_row_is_a_mistake_with_its_line(copied: Path, name: str, right: str, wrong: str, what: str) -> None:
    path = copied / "nation" / name
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    first = list_catalogue_problems(copied)[0]
    assert (first.what, bool(first.line)) == (what, True)
