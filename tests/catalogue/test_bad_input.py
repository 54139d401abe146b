"""A catalogue with one mistake stops with the file, the key and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl.catalog import Catalogue, load_catalogue
from etl.errors import CatalogueError
from tests.catalogue.whole import load_whole_catalogue

PLAN = "plans/kt-1693.yaml"
MISTAKES = {
    "unknown key": (
        PLAN,
        "    decimals: 1\n",
        "    decimal: 1\n",
        ["targets.0.decimal", "unknown key 'decimal'", "did you mean 'decimals'?"],
    ),
    "unknown operator": (
        PLAN,
        'operator: ">=", value: 11.5',
        'operator: "=>", value: 11.5',
        ["targets.0.milestones.0.operator", "'>='"],
    ),
    "missing value": (
        PLAN,
        'operator: ">=", value: 11.5}',
        'operator: ">="}',
        ["targets.0.milestones.0", "needs a value"],
    ),
    "unknown indicator": (
        PLAN,
        "indicator: doctors_per_10k",
        "indicator: doctor_per_10k",
        ["'doctor_per_10k'", "kt-1693.yaml:62: item 1", "did you mean 'doctors_per_10k'?"],
    ),
    "unknown kind": (PLAN, "kind: eliminate", "kind: eradicate", ["targets.17.kind", "'eliminate'"]),
    "duplicated item": (PLAN, 'item: "15.2"', 'item: "15.1"', ["item '15.1' stands twice"]),
    "duplicated task": (PLAN, "{id: III.2.b,", "{id: III.2.a,", ["task 'III.2.a' stands twice"]),
    "duplicated key": (PLAN, "status: issued", "status: issued\nstatus: draft", ["key 'status' stands twice"]),
    "bad date": (PLAN, "date: 2024-05-17", "date: 2024-05-37", ["key date", "2024-05-37"]),
    "bad period": (
        PLAN,
        'period: "2025", written: "11,5"',
        'period: "2025Q9", written: "11,5"',
        ["2025Q9", "milestones.0"],
    ),
    "number for a period": (
        PLAN,
        'period: "2025", written: "11,5"',
        'period: 2025, written: "11,5"',
        ["milestones.0.period", "string"],
    ),
    "share of units without a floor": ("plans/kt-124.yaml", "    floor: 90\n", "", ["targets.9", "needs floor"]),
    "unknown actor": (PLAN, "lead: [cong-an-tinh]", "lead: [cong-an]", ["unknown actor 'cong-an'"]),
    "nobody leads": (PLAN, "lead: [cong-an-tinh]", "lead: []", ["lead", "at least 1"]),
    "date without its kind": (
        "plans/kt-124.yaml",
        "kind: by_date, date: 2024-03-31",
        "kind: ongoing, date: 2024-03-31",
        ["tasks.0.deadline", "by_date"],
    ),
    "unknown group": (PLAN, "group: Chỉ số đầu vào", "group: Chỉ số đầu vaò", ["unknown group"]),
    "file under another name": ("plans/kt-124.yaml", "id: kt-124", "id: kt-125", ["kt-125", "kt-124"]),
    "not yaml": ("plans/kt-124.yaml", "id: kt-124", "id: [kt-124", ["not readable as YAML"]),
    "two rules of one code": (
        "indicators.yaml",
        "{code: bhyt,",
        "{code: telehealth,",
        ["code 'telehealth' stands twice"],
    ),
    "unknown data element": (
        "indicators.yaml",
        "numerator: {elements: [doctors]}",
        "numerator: {elements: [doktors]}",
        ["unknown data element 'doktors'", "doctors_per_10k"],
    ),
    "recognised by a number": (
        "indicators.yaml",
        "recognised_by: malaria_recognised",
        "recognised_by: malaria_official",
        ["unknown yes-or-no data element 'malaria_official'", "malaria_new_per_100k", "malaria_recognised"],
    ),
    "kilograms and people in one numerator": (
        "indicators.yaml",
        "numerator: {elements: [waste_treated_kg]}",
        "numerator: {elements: [waste_treated_kg, insured]}",
        ["a numerator of count and mass"],
    ),
    "unknown measure": ("data_elements.csv", "kg,mass", "kg,weight", ["measure", "'mass'"]),
    "unit without a parent": ("units/units.csv", ",62,", ",63,", ["unknown parent unit", "63"]),
    "unknown column": ("units/units.csv", "code,name", "kode,name", ["unknown column 'kode'", "columns are"]),
    "unknown regime": (
        "scopes/kon-tum.yaml",
        "regime: tt37-2019",
        "regime: tt37-2091",
        ["unknown regime 'tt37-2091'", "tt37-2019"],
    ),
    "bad period of a submission": (
        "scopes/kon-tum.yaml",
        "from_period: 2024Q1",
        "from_period: 2024Q0",
        ["2024Q0", "submissions.1"],
    ),
    "report to nobody": (
        "scopes/kon-tum.yaml",
        "recipients: [Bộ Y tế, Ủy ban nhân dân tỉnh Kon Tum]",
        "recipients: []",
        ["reports.0.recipients"],
    ),
    "report without recipients": (
        "scopes/tan-yen.yaml",
        "recipients: [Ủy ban nhân dân tỉnh Bắc Giang, Huyện ủy Tân Yên], ",
        "",
        ["reports.0.recipients"],
    ),
    "duty towards nobody": ("plans/kt-1693.yaml", "to: [bo-y-te, ubnd-tinh]", "to: []", ["duties.0.to"]),
    "authority of the Party": ("scopes/tan-yen.yaml", "TM. ỦY BAN NHÂN DÂN", "T/M ỦY BAN NHÂN DÂN", ["authority"]),
    "bad holiday": ("calendar/holidays.yaml", "working: false", "working: maybe", ["working", "2026-01-02"]),
    "actor twice": ("actors.yaml", "{code: so-tc,", "{code: so-xd,", ["code 'so-xd' stands twice"]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_names_its_file_and_key(copied: Path, mistake: str) -> None:
    name, right, wrong, words = MISTAKES[mistake]
    path = copied / name
    text = path.read_text(encoding="utf-8")
    assert right in text, "the mistake no longer fits the catalogue"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(CatalogueError) as raised:
        load_whole_catalogue(copied)
    message = str(raised.value)
    assert name in message.replace("\\", "/")
    assert raised.value.fix
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize("name", ["actors.yaml", "plans", "units/units.csv", "calendar/holidays.yaml"])
def test_a_missing_file_is_named(copied: Path, name: str) -> None:
    path = copied / name
    if path.is_dir():
        for plan in path.iterdir():
            plan.unlink()
    else:
        path.unlink()
    with pytest.raises(CatalogueError) as raised:
        load_whole_catalogue(copied)
    assert (name if name != "plans" else "unknown plan") in str(raised.value)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="folder is missing"):
        load_whole_catalogue(tmp_path / "nowhere")


def test_an_untouched_copy_loads(catalogue: Catalogue, copied: Path) -> None:
    assert load_catalogue(copied).plans == catalogue.plans
