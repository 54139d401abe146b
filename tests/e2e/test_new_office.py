"""A new office from nothing to a drafted report, by the commands of docs/new-office.md: one in the north, one in the south.

Only `catalog/` is touched. A few communes report; each figure is what they sent, over the target that the table names.
"""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

from etl import steps
from etl.catalog.loader import list_catalogue_problems
from etl.scaffold import PlanHead
from etl.settings import PROJECT_ROOT, load_settings
from etl.warehouse import embedded_server
from simulation.form_filling import fill_form, read_manifest

pytestmark = [pytest.mark.integration, pytest.mark.slow]

OFFICES = Path(__file__).parent / "offices"
PERIOD, SENDERS = "2026Q1", 3
VALUES = {"pop_total": 10000, "pop_avg": 9900, "insured": 9600, "stations": 2, "st_doctor": 1, "criteria_met": 1}
"""What each sender says; all else is left blank, but for zeros that keep the relations."""


@dataclass
class Office:
    home: Path
    facts: dict[str, Any]
    before: dict[str, bytes]
    refused: tuple[int, ...]
    result: dict[str, Any]


def _read_tree(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def _write_workbook(table: Path, path: Path) -> Path:
    """The table as people keep it: a title above, numbers as numbers."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["PHỤ LỤC MỤC TIÊU"])
    with table.open(encoding="utf-8", newline="") as handle:
        for row in csv.reader(handle):
            sheet.append([float(c.replace(",", ".")) if c.replace(",", "").isdigit() else c or None for c in row])
    book.save(path)
    return path


@pytest.fixture(scope="module", params=["lang-son", "an-giang"])
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder, home = OFFICES / request.param, tmp_path_factory.mktemp("home")
    facts = yaml.safe_load((folder / "office.yaml").read_text(encoding="utf-8"))
    for name in ("catalog", "templates", "expectations", "sql"):
        shutil.copytree(PROJECT_ROOT / name, home / name)
    table = folder / "plan.csv"
    if request.param == "an-giang":
        table = _write_workbook(table, tmp_path_factory.mktemp("table") / "plan.xlsx")
    var = Path(tempfile.mkdtemp(prefix="tongket-e2e-"))  # where the server's own account may go
    given = {"HOME": str(home), "VAR": str(var), "DATABASE_URL": "", "SCOPES": facts["scope"], "MIN_AGE_SECONDS": "0",
             "SIMULATED": "1"}  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(f"TONGKET_{name}", value)
        patch.setenv("PATH", str(home / "no-programs"))  # a PDF has tests of its own
        before = _read_tree(home)
        steps.create_scope(facts["province"], from_year=2026)
        head = PlanHead(*(facts[key] for key in ("plan", "title", "number", "issuer", "date")), table.name)
        steps.create_plan(head, str(table))
        refused = tuple(p.line or 0 for p in list_catalogue_problems(home / "catalog"))
        for decision in facts["decisions"]:
            path = home / "catalog" / decision["file"]
            text = path.read_text(encoding="utf-8")
            assert text.count(decision["from"]) == 1, decision
            path.write_text(text.replace(decision["from"], decision["to"]), encoding="utf-8")
        yield Office(home, facts, before, refused, _report(facts["scope"]))
        embedded_server.stop_server(var / "pg")
    shutil.rmtree(var)


def _report(scope: str) -> dict[str, Any]:
    """Forms out, a few of them back, everything computed and drafted."""
    settings = load_settings()
    steps.migrate_warehouse()
    opened = steps.open_period(scope, PERIOD)
    for path in (Path(name) for name in sorted(opened["files"])[:SENDERS]):
        workbook = path.read_bytes()
        cells = {(e.org_unit_code, e.data_element) for e in read_manifest(workbook).entries}
        known = {(path.parent.name, unit, element): VALUES[element] for unit, element in cells if element in VALUES}
        target = settings.inbox / path.parent.name / path.name
        target.parent.mkdir(parents=True)
        target.write_bytes(fill_form(workbook, known))
        os.utime(target, (1, 1))
    return {**steps.run_pipeline_once(scope, PERIOD), "opened": opened["issued"]}


def test_what_is_to_decide_is_refused_with_its_line_until_somebody_decides(office: Office) -> None:
    assert len(office.refused) == office.facts["marks"] and all(office.refused)
    assert list_catalogue_problems(office.home / "catalog") == ()


def test_nothing_outside_the_catalogue_and_the_templates_is_touched(office: Office) -> None:
    after = _read_tree(office.home)
    changed = {path for path in after.keys() | office.before.keys() if after.get(path) != office.before.get(path)}
    assert changed and {Path(path).parts[0] for path in changed} <= {"catalog", "templates"}


def test_every_commune_has_its_form_and_what_came_is_taken(office: Office) -> None:
    assert office.result["opened"] == office.facts["communes"]
    assert (office.result["accepted"], office.result["refused"]) == (SENDERS, 0)


def test_the_report_is_drafted_and_says_what_was_sent_against_the_table(office: Office) -> None:
    scope, plan = office.facts["scope"], office.facts["plan"]
    names = {Path(path).name for path in office.result["documents"]}
    assert any(name.startswith(f"{plan}_{PERIOD}_") and name.endswith(".docx") for name in names)
    rows = {(r["item"], r["unit"]): r for r in steps.list_attainment_rows(scope, PERIOD, plan)}
    area = office.facts["province"]
    insured = next(r for (_, unit), r in rows.items() if unit == area and r["indicator"] == "bhyt")
    assert Fraction(str(insured["value"])) == 96
    with (OFFICES / scope / "plan.csv").open(encoding="utf-8", newline="") as handle:
        header, *lines = csv.reader(handle)
    written = next(dict(zip(header, line, strict=True)) for line in lines if line[0] == insured["item"])
    assert insured["written"] in written.values()
