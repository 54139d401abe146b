"""`tongket new scope`: a province's files, written once, taken back whole, what is open marked and refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from etl import steps
from etl.catalog import load_catalogue
from etl.catalog.centres import find_centre, load_centres
from etl.catalog.geography import find_restating_gap, list_area_units
from etl.catalog.loader import list_catalogue_problems
from etl.catalog.obligations import list_obligations, list_opened_periods
from etl.catalog.owed_cells import list_owed_cells
from etl.errors import CatalogueError, TemplateError, UsageError
from etl.model import Period, PeriodKind
from tests.catalogue.whole import load_whole_catalogue
from tests.unit.scaffold.conftest import read_tree

TODAY = date(2026, 11, 26)


def test_a_scope_is_files_and_lines_that_pass_the_check(home: Path) -> None:
    before = read_tree(home)
    result = steps.create_scope("92", from_year=2026)
    assert list_catalogue_problems(home / "catalog") == ()
    after = read_tree(home)
    changed = {path for path in after if before.get(path) != after[path]}
    assert changed == {f"catalog/{path}" for path in result["written"]} and before.keys() <= after.keys()
    catalogue = load_catalogue(home / "catalog")
    scope = catalogue.get_scope("can-tho")
    assert result["communes"] == len(list_area_units(catalogue, scope, "commune", TODAY)) == 103
    assert len(list_obligations(catalogue, scope, Period.parse("2026Q3"))) == 103
    assert [p.key for p in list_opened_periods(catalogue, scope, TODAY)] == ["2026Q1", "2026Q2", "2026Q3"]
    assert catalogue.get_office(scope, TODAY).parent_body == "UBND THÀNH PHỐ CẦN THƠ"
    centres = load_centres(catalogue)
    assert all(find_centre(catalogue, centres, code, TODAY) for code in ("31213", "92")), "dots for the map"
    told = [line for line in result["to_decide"] if "31213" in line or "31299" in line]
    assert len(told) == 2, "two communes whose kind the sources do not agree about"


def _list_what_is_owed(home: Path) -> dict[tuple[str, str], int]:
    """(scope, period) → how many number cells its forms have, but for what a province sends to the nation since 2026."""
    catalogue = load_catalogue(home / "catalog")
    return {
        (scope.id, period.key): sum(map(len, list_owed_cells(catalogue, scope.id, period).values()))
        for scope in catalogue.scopes.values()
        if scope.id not in {"toan-quoc", "can-tho"}
        for kind in PeriodKind
        for period in catalogue.list_owed_periods(scope, kind)
        if period.year <= 2026
    }


def test_what_other_scopes_are_owed_stays_as_it_was(home: Path) -> None:
    """Also of the time before the office: the former provinces of its area come into the catalogue with it."""
    before = _list_what_is_owed(home)
    steps.create_scope("92", from_year=2026)
    assert before["quoc-gia", "2024Q1"] and _list_what_is_owed(home) == before


def test_what_merged_can_be_restated_and_what_was_split_cannot(home: Path) -> None:
    steps.create_scope("92", from_year=2026)
    catalogue = load_catalogue(home / "catalog")
    before = date(2025, 6, 30)
    for code in ("92", "93", "94"):
        unit = catalogue.find_unit(code, before)
        assert unit and catalogue.successions_from[code, before]
    split = {s.old_code for s in catalogue.successions if s.kind == "part" and s.old_code.startswith("31")}
    assert split
    new = catalogue.find_unit(next(s.new_code for s in catalogue.successions if s.old_code in split), TODAY)
    assert new and find_restating_gap(catalogue, new, before) is not None


def test_spellings_that_lists_mix_are_aliases(home: Path) -> None:
    steps.create_scope("66", from_year=2026)
    units = load_catalogue(home / "catalog").units
    assert next(u for u in units if u.name == "Tỉnh Đắk Lắk").aliases == ("Tỉnh Đăk Lắk",)
    aliases = {alias for u in units if u.name.startswith("Xã Đắk ") for alias in u.aliases}
    assert aliases and all("Đăk" in alias for alias in aliases)


def test_nothing_is_written_twice_and_all_is_taken_back(home: Path) -> None:
    before = read_tree(home)
    steps.create_scope("92", from_year=2026)
    written = read_tree(home)
    with pytest.raises(UsageError, match="in the catalogue already"):
        steps.create_scope("92", from_year=2026)
    assert read_tree(home) == written
    steps.create_scope("92", from_year=2026, undo=True)
    assert read_tree(home) == before


def test_what_somebody_worked_on_is_not_taken_back(home: Path) -> None:
    steps.create_scope("92", from_year=2026)
    path = home / "catalog" / "scopes" / "can-tho.yaml"
    path.write_text(path.read_text(encoding="utf-8") + 'note: "x"\n', encoding="utf-8")
    edited = read_tree(home)
    with pytest.raises(UsageError, match="not as it was written"):
        steps.create_scope("92", from_year=2026, undo=True)
    assert read_tree(home) == edited


@pytest.mark.parametrize(
    ("province", "year", "what"),
    [
        ("93", 2026, "no province '93'"),
        ("24", 2026, "province 24 is in the catalogue already"),
        ("92", 2024, "Thành phố Cần Thơ begins on 2025-07-01"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(home: Path, province: str, year: int, what: str) -> None:
    before = read_tree(home)
    with pytest.raises(UsageError, match=what):
        steps.create_scope(province, from_year=year)
    assert read_tree(home) == before


def test_what_a_source_leaves_open_waits_for_a_decision_and_stops_nobody_else(home: Path) -> None:
    """Đồng Nai changed its name in 2026, and no source here says to what: its scope waits, the others run."""
    steps.create_scope("75", from_year=2026)
    root = home / "catalog"
    problems = list_catalogue_problems(root)
    assert [(p.line, p.value, p.undecided) for p in problems] == [
        (8, "UBND TỈNH ĐỒNG NAI", True),
        (10, "Đồng Nai", True),
    ]
    catalogue = load_catalogue(root)
    assert "dong-nai" not in catalogue.scopes and "quang-ngai" in catalogue.scopes
    path = root / "scopes" / "dong-nai.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("!to-decide ", ""), encoding="utf-8")
    assert list_catalogue_problems(root) == ()
    assert "dong-nai" in load_catalogue(root).scopes


def test_a_scope_that_runs_rests_on_no_plan_that_waits(home: Path) -> None:
    root = home / "catalog"
    path = root / "plans" / "ttg-ct25.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("status: ", "status: !to-decide "), encoding="utf-8")
    with pytest.raises(CatalogueError, match="'ttg-ct25' has values to decide"):
        load_whole_catalogue(root)


def test_a_template_with_a_slot_that_nothing_fills_is_refused(home: Path) -> None:
    path = home / "templates" / "catalog" / "scope.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("$place", "$town"), encoding="utf-8")
    with pytest.raises(TemplateError, match="unknown slot: 'town'"):
        steps.create_scope("92", from_year=2026)
    path.unlink()
    with pytest.raises(TemplateError, match="the template is missing"):
        steps.create_scope("92", from_year=2026)
