"""A mistake in one scope's file takes that scope out of service and no other: intake, forms and reminders go on."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from etl import load, steps
from etl.catalog import Catalogue, load_catalogue
from etl.catalog.loader import list_catalogue_problems
from etl.errors import CatalogueError
from etl.settings import Settings
from etl.warehouse import journal
from tests.builders import Workbook
from tests.integration.published import home

pytestmark = pytest.mark.integration

STOPPED, OTHER = "kon-tum", "tan-yen"
BREAKS = {
    "empty": ("", ""),
    "not UTF-8": ("name: ", "name: \udcff"),
    "not YAML": ("plans: [", "plans: [["),
    "a tab": ("plans: [", "\tplans: ["),
    "unknown key": ("plans: [", "nonsense: 1\nplans: ["),
    "a key twice": ("name: ", "name: x\nname: "),
    "unknown plan": ("plans: [", "plans: [no-plan, "),
    "another id": ("id: ", "id: x-"),
    "unknown area": ('area_unit: "', 'area_unit: "99'),
    "unknown regime": ("regime: ", "regime: no-"),
    "no period": ("from_period: ", "from_period: x"),
}
GATHERING = ("quoc-gia", "bac-giang")
"""Scopes of before 07/2025 whose forms are filled from what other scopes ask of their units."""
SCOPES = ("bac-giang", "bac-ninh", "kon-tum", "quang-ngai", "tan-yen")


def _break_scope(root: Path, scope: str, right: str, wrong: str) -> None:
    path = root / "scopes" / f"{scope}.yaml"
    text = path.read_text(encoding="utf-8")
    assert right in text, "the mistake no longer fits the file"
    broken = text.replace(right, wrong, 1) if right else ""
    path.write_bytes(broken.encode("utf-8", "surrogateescape"))


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("mistake", BREAKS)
def test_a_broken_scope_stops_itself_and_what_rests_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalogue: Catalogue, scope: str, mistake: str
) -> None:
    root = home(tmp_path, monkeypatch) / "catalog"
    _break_scope(root, scope, *BREAKS[mistake])
    after = load_catalogue(root)
    rests = {name for name, of in catalogue.scopes.items() if scope in of.continues}
    assert after.scopes.keys() == catalogue.scopes.keys() - after.stopped.keys()
    assert {scope, *rests} <= after.stopped.keys() <= {scope, *rests, *GATHERING}
    assert {Path(p.file).stem for p in list_catalogue_problems(root)} >= {scope}
    assert all(Path(of.problem.file).stem == scope for of in after.stopped.values())
    with pytest.raises(CatalogueError, match=f"{scope}.yaml"):
        after.get_scope(scope)


def test_a_mistake_in_what_all_share_stops_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = home(tmp_path, monkeypatch) / "catalog"
    (root / "indicators.yaml").write_text("- 1\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"indicators\.yaml"):
        load_catalogue(root)


def _count_expected(conn: Connection) -> int:
    found = conn.execute(text("SELECT count(*) FROM core.current_expected WHERE scope = :scope"), {"scope": STOPPED})
    return int(found.scalar_one())


def test_the_others_go_on_and_its_workbooks_wait(
    tmp_path: Path, warehouse: Settings, loader: Engine, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGKET_MIN_AGE_SECONDS", "0")
    monkeypatch.setenv("TONGKET_BATCHES", "1")
    commune = catalogue.list_children("216", "commune", catalogue.scopes[OTHER].offices[-1].valid_to)[0].code  # type: ignore[arg-type]
    for form, unit in (("kt-district-quarter", "608"), ("ty-commune-quarter", commune)):
        (warehouse.inbox / unit).mkdir(parents=True)
        data = Workbook(catalogue, form, unit, "2024Q3").filled().bytes()
        (warehouse.inbox / unit / "bao-cao.xlsx").write_bytes(data)
    folder = home(tmp_path / "home", monkeypatch)
    with loader.begin() as conn:
        load.load_catalogue_rows(conn, catalogue)
        expected = _count_expected(conn)
    path = folder / "catalog" / "scopes" / f"{STOPPED}.yaml"
    whole = path.read_bytes()
    _break_scope(folder / "catalog", STOPPED, *BREAKS["not YAML"])
    assert steps.list_scopes() == [OTHER]
    assert steps.receive_deliveries()["received"] == 2
    done = steps.process_batch(0)
    assert (done["accepted"], done["refused"]) == (1, 0)
    with loader.connect() as conn:
        assert [d.folder for d in journal.fetch_pending_deliveries(conn)] == ["608"], "it waits, undecided"
        assert _count_expected(conn) == expected > 0, "what it asks for has not vanished"
    steps.open_period(OTHER, "2024Q4", tmp_path / "forms")
    assert [*(tmp_path / "forms").rglob("*.xlsx")]
    steps.remind_units(OTHER, "2024-10-28", None)
    (alert,) = steps.tell_alerts()["standing"]
    assert STOPPED in alert and f"scopes/{STOPPED}.yaml" in alert
    path.write_bytes(whole)
    done = steps.process_batch(0)
    assert (done["accepted"], done["refused"]) == (1, 0), "mended, it is taken in"
    assert steps.tell_alerts()["standing"] == []


CORRECTION = """id: a-608-correction
scope: {scope}
period: "{period}"
org_unit: "{unit}"
data_element: insured
replaces: {{state: value, value: 95}}
becomes: {{state: value, value: 59}}
requested_by: Trung tâm Y tế
requested_on: "2024-04-15"
reason: Gõ nhầm
until: resubmission
"""
CORRECTED = {
    "bac-giang": ("2024Q3", "24"),
    "bac-ninh": ("2026Q3", "24"),
    "kon-tum": ("2024Q3", "608"),
    "quang-ngai": ("2026Q3", "51"),
    "tan-yen": ("2024Q3", "216"),
}
SAME_PROVINCE = {"bac-giang": ("bac-ninh",), "bac-ninh": ("bac-giang",)}
"""Whose units another scope has too; one of them is meant where the correction does not say which."""
KON_TUM, BAC_GIANG = {"kon-tum", "quang-ngai"}, {"bac-giang", "bac-ninh", "tan-yen"}
OTHERS = {scope: BAC_GIANG if scope in KON_TUM else KON_TUM for scope in SCOPES}
CORRECTION_BREAKS = {
    "empty but for its name": ("", ""),
    "not UTF-8": ("reason: ", "reason: \udcff"),
    "not YAML": ("{state: value, value: 95}", "{{state: value"),
    "a tab": ("until: ", "\tuntil: "),
    "unknown key": ("until: ", "nonsense: 1\nuntil: "),
    "a key twice": ("until: ", "until: x\nuntil: "),
    "unknown element": ("insured", "no-element"),
    "another id": ("id: ", "id: x-"),
    "unknown unit": ('org_unit: "', 'org_unit: "99'),
    "unknown scope": ("scope: ", "scope: no-"),
    "no period": ('period: "', 'period: "x'),
}


def _write_correction(root: Path, scope: str, right: str, wrong: str) -> None:
    period, unit = CORRECTED[scope]
    text = CORRECTION.replace("-608-", f"-{unit}-").format(scope=scope, period=period, unit=unit)
    assert right in text
    broken = text.replace(right, wrong, 1) if right else ""
    (root / "corrections" / f"a-{unit}-correction.yaml").write_bytes(broken.encode("utf-8", "surrogateescape"))


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("mistake", CORRECTION_BREAKS)
def test_a_broken_correction_stops_the_scope_of_its_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalogue: Catalogue, scope: str, mistake: str
) -> None:
    root = home(tmp_path, monkeypatch) / "catalog"
    _write_correction(root, scope, "id: ", "id: ")
    assert load_catalogue(root).agreed_corrections, "the correction itself is right"
    _write_correction(root, scope, *CORRECTION_BREAKS[mistake])
    after = load_catalogue(root)
    rests = {name for name, of in catalogue.scopes.items() if scope in of.continues}
    unnamed = {"toan-quoc", *SAME_PROVINCE.get(scope, ())} if "scope" in mistake or "empty" in mistake else set()
    assert {scope, *rests} <= after.stopped.keys() <= {scope, *rests, *GATHERING, *unnamed} - OTHERS[scope]
    assert all(Path(of.problem.file).parent.name == "corrections" for of in after.stopped.values())
    assert not after.agreed_corrections and len(after.stopped_corrections) == 1
    with pytest.raises(CatalogueError, match=r"correction\.yaml"):
        after.get_scope(scope)


def test_a_broken_correction_that_says_nothing_of_its_scope_stops_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalogue: Catalogue
) -> None:
    root = home(tmp_path, monkeypatch) / "catalog"
    (root / "corrections" / "nameless.yaml").write_text("", encoding="utf-8")
    assert load_catalogue(root).stopped.keys() == catalogue.scopes.keys()
