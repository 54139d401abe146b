"""A figure that a unit takes back goes out of the receiver too: both files of an export, written and read back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lxml import etree

from etl import steps
from etl.catalog import Catalogue
from etl.settings import Settings
from tests.builders import Workbook
from tests.schemas import adx_schema, dhis2_problems

pytestmark = pytest.mark.integration

FORM, UNIT, OTHER, PERIOD = "ty-commune-quarter", "07306", "07309", "2024Q1"
ADX = "{urn:ihe:qrph:adx:2015}"
Held = dict[tuple[str, str], str]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGKET_MIN_AGE_SECONDS", "0")
    monkeypatch.setenv("TONGKET_SCOPES", "tan-yen")


def send(settings: Settings, catalogue: Catalogue, unit: str, **values: object) -> None:
    """A unit sends its workbook, which is accepted."""
    made = Workbook(catalogue, FORM, unit, PERIOD).filled(**values)
    (settings.inbox / unit).mkdir(parents=True, exist_ok=True)
    (settings.inbox / unit / "báo cáo.xlsx").write_bytes(made.bytes())
    for batch in steps.receive_deliveries()["batches"]:
        assert steps.process_batch(batch)["refused"] == 0


def read_values(path: Path) -> Held:
    """The values of an export by (org unit, data element), valid by the format's schema."""
    if path.suffix == ".json":
        assert dhis2_problems(path.read_bytes()) == []
        values = json.loads(path.read_text())["dataValues"]
        return {(v["orgUnit"], v["dataElement"]): v["value"] for v in values}
    root = etree.parse(path).getroot()
    adx_schema().assertValid(root)
    return {
        (group.get("orgUnit"), value.get("dataElement")): value.get("value")
        for group in root.iter(f"{ADX}group")
        for value in group.iter(f"{ADX}dataValue")
    }


def take_in(held: Held, path: Path) -> Held:
    """What a receiver holds after an export: it adds and overwrites, and deletes what the other file names."""
    gone = path.with_name(f"{path.stem}.withdrawn{path.suffix}")
    return {k: v for k, v in (held | read_values(path)).items() if not gone.exists() or k not in read_values(gone)}


@pytest.mark.parametrize(("form", "name"), [("dhis2", "so-lieu.json"), ("adx", "so-lieu.xml")])
def test_the_receiver_holds_what_stands_and_nothing_that_was_taken_back(
    warehouse: Settings, catalogue: Catalogue, tmp_path: Path, form: str, name: str
) -> None:
    file, held = tmp_path / name, Held()
    gone = file.with_name(f"so-lieu.withdrawn{file.suffix}")

    def export() -> Held:
        said = steps.export_figures("tan-yen", PERIOD, form, file)
        assert said["withdrawn_file"] == (str(gone) if gone.exists() else "")
        return take_in(held, file)

    send(warehouse, catalogue, UNIT)
    send(warehouse, catalogue, OTHER)
    held = export()
    first = dict(held)
    assert not gone.exists() and len(held) > 50

    send(warehouse, catalogue, UNIT, pc_visits=None)
    held = export()
    (missing,) = first.keys() - held.keys()
    assert read_values(gone) == {missing: first[missing]}, "with the number that was sent"
    assert "pc_visits" in missing[1] and held == {k: v for k, v in first.items() if k != missing}

    send(warehouse, catalogue, UNIT)
    held = export()
    assert not gone.exists(), "what is said again is no longer to be deleted"
    assert held == first
