"""From a printed number to the very cell of the very file, through the whole flow; and what cannot be followed."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from etl import settings, steps
from etl.catalog import models
from etl.catalog.loader import Catalogue
from etl.cli.commands import app
from etl.errors import UsageError
from etl.model import Period
from etl.report.report_facts import parse_document_facts
from etl.warehouse import connect, embedded_server
from tests.builders import Workbook

pytestmark = pytest.mark.integration

SCOPE, QUARTER, FORM = "kon-tum", "2024Q2", "kt-district-quarter"


class Flow:
    """An instance of its own: two districts send, one of them twice; then the report is drafted."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.settings = settings.load_settings()
        self.catalogue = catalogue
        self.sent = 0
        steps.migrate_warehouse()
        self.send("608", insured=937, highrisk_examined=41)
        self.send("610", insured=911, techniques_done=60)
        self.put("62-CTK", "CTK.xlsx", Workbook(catalogue, "kt-ctk-year", "62-CTK", "2023").filled(pub_u5mr=41.25))
        waste = {"waste_generated_kg": 400.0, "waste_treated_kg": 300.5}
        self.put("62-BVT", "BVT.xlsx", Workbook(catalogue, "kt-hospital-year", "62-BVT", "2023").filled(**waste))
        self.between = self.intake()
        self.send("608", insured=941, highrisk_examined=41)
        self.after = self.intake()
        steps.compute_attainment(SCOPE, QUARTER)
        self.documents = [Path(d) for d in steps.draft_period_reports(SCOPE, QUARTER, "kt-1693")["documents"]]
        steps.draft_period_reports(SCOPE, QUARTER, "kt-124")

    def send(self, unit: str, **values: float) -> None:
        self.sent += 1
        self.put(unit, f"BM01_{unit}_{self.sent}.xlsx", Workbook(self.catalogue, FORM, unit, QUARTER).filled(**values))

    def put(self, unit: str, name: str, workbook: Workbook) -> None:
        folder = self.settings.inbox / unit
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(workbook.bytes())

    def intake(self) -> str:
        from etl.warehouse.snapshot import take_snapshot

        results = [steps.process_batch(batch) for batch in steps.receive_deliveries()["batches"]]
        assert sum(r["refused"] for r in results) == 0
        with connect.build_engine(self.settings, "loader").connect() as conn:
            return take_snapshot(conn).at

    @property
    def facts(self) -> Path:
        return next(d for d in self.documents if d.name.endswith("_facts.json"))


@pytest.fixture(scope="module")
def flow(catalogue: Catalogue) -> Iterator[Flow]:
    folder = Path(tempfile.mkdtemp(prefix="tongket-trail-"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "TONGKET_VAR": str(folder), "TONGKET_MIN_AGE_SECONDS": "0", "TONGKET_SIMULATED": "1",
            "TONGKET_DATABASE_URL": "",
        }.items():  # fmt: skip
            patch.setenv(name, value)
        yield Flow(catalogue)
        embedded_server.stop_server(folder / "pg")
    shutil.rmtree(folder)


def _in_the_file(flow: Flow, found: dict[str, Any], source: dict[str, Any]) -> object:
    """What the archived workbook itself holds in the cell that a trail names."""
    delivery = found["walk"]["deliveries"][str(source["delivery"])]
    return _opened(flow.settings.archive, delivery["sha256"])[source["sheet"]][source["cell"]].value


@lru_cache(maxsize=8)
def _opened(archive: Path, sha256: str) -> openpyxl.Workbook:
    data = (archive / sha256[:2] / sha256).read_bytes()
    assert hashlib.sha256(data).hexdigest() == sha256
    return openpyxl.load_workbook(BytesIO(data))


@pytest.mark.parametrize(("indicator", "unit"), [("bhyt", None), ("bhyt", "608"), ("highrisk_examined", "608")])
def test_a_number_leads_to_the_cells_of_the_files(flow: Flow, indicator: str, unit: str | None) -> None:
    found = steps.trace_number(str(flow.facts), indicator, unit)
    assert found["reproduces"], found["problems"]
    (number,) = {(n["printed"]["numerator"], n["printed"]["denominator"]) for n in found["numbers"]}
    sums = {"numerator": Fraction(0), "denominator": Fraction(0)}
    read = 0
    for leaf in found["walk"]["leaves"]:
        for cell in leaf["cells"] if leaf["included"] else ():
            for source in cell["sources"]:
                held = _in_the_file(flow, found, source)
                assert isinstance(held, int | float)
                assert held == source["value"], f"{source['sheet']}!{source['cell']}"
                sums[cell["side"]] += Fraction(str(held))
                read += 1
    assert read > 10
    assert (str(sums["numerator"]), str(sums["denominator"])) == number


def test_an_agencys_number_leads_to_its_own_cells_alone(flow: Flow) -> None:
    """The hospital has the figure of its last year's form; who is silent has none, and who owes none is no unit of it."""
    found = steps.trace_number(str(flow.facts), "medical_waste", "62-BVT")
    assert found["reproduces"], found["problems"]
    (number,) = found["numbers"]
    assert (number["printed"]["numerator"], number["printed"]["denominator"]) == ("601/2", "400")
    assert (number["computed"]["as_of"], found["walk"]["period"]) == ("2023", "2023")
    (leaf,) = found["walk"]["leaves"]
    assert (leaf["unit"], leaf["included"]) == ("62-BVT", True)
    held = [_in_the_file(flow, found, source) for cell in leaf["cells"] for source in cell["sources"]]
    assert held == [300.5, 400]
    (silent,) = steps.trace_number(str(flow.facts), "medical_waste", "62-BVNH")["numbers"]
    assert silent["computed"]["value"] is None
    with pytest.raises(UsageError, match="no number 'medical_waste' for unit '62-CDC'"):
        steps.trace_number(str(flow.facts), "medical_waste", "62-CDC")


@pytest.mark.parametrize("plan", ["kt-1693", "kt-124"])
def test_every_kind_of_number_comes_out_again(flow: Flow, plan: str) -> None:
    """A target of every kind, and an indicator of every method, frequency and way to count its units."""
    seen: dict[tuple[object, ...], models.Target] = {}
    for target in flow.catalogue.plans[plan].targets:
        i = flow.catalogue.indicators.get(target.indicator or "")
        if i:
            counts = tuple(term.counts_units for term in i.terms)
            seen.setdefault((target.kind, i.method, i.frequency, i.accumulates, counts), target)
    assert {"kt-1693": "published", "kt-124": "share_of_units"}[plan] in {method for _, method, *_ in seen}
    for target in seen.values():
        for unit in (None, "608"):
            found = steps.trace_number(f"{plan}:quarter:{QUARTER}", target.item, unit)
            assert found["problems"] == [], (target.item, unit)


def test_a_share_of_units_counts_the_units_at_its_floor(flow: Flow) -> None:
    """Of 76 techniques of the list, stations of district 608 do 70 (92 %), those of 610 do 60 (79 %); the floor is 90 %."""
    end = Period.parse(QUARTER).end
    reached, short = (len(flow.catalogue.list_children(district, "commune", end)) for district in ("608", "610"))
    for unit, count, units in ((None, reached, reached + short), ("608", reached, reached), ("610", 0, short)):
        found = steps.trace_number(f"kt-124:quarter:{QUARTER}", "II-4a", unit)
        assert found["reproduces"], found["problems"]
        assert (found["walk"]["numerator"], found["walk"]["denominator"]) == (str(count), str(units))
        assert {n["printed"]["value"] for n in found["numbers"]} == {str(Fraction(count * 100, units))}
        included = [leaf for leaf in found["walk"]["leaves"] if leaf["included"]]
        assert len(included) == units
        sides = {tuple(cell["value"] for cell in leaf["cells"]) for leaf in included}
        assert sides == {None: {(70, 76), (60, 76)}, "608": {(70, 76)}, "610": {(60, 76)}}[unit]


def test_a_published_value_leads_to_its_one_cell(flow: Flow) -> None:
    found = steps.trace_number(str(flow.facts), "u5mr")
    assert found["reproduces"], found["problems"]
    (source,) = [s for leaf in found["walk"]["leaves"] for cell in leaf["cells"] for s in cell["sources"]]
    assert (source["reporter"], source["period"], source["value"]) == ("62-CTK", "2023", 41.25)
    assert _in_the_file(flow, found, source) == 41.25
    assert {Fraction(n["printed"]["value"]) for n in found["numbers"]} == {Fraction("41.25")}


def test_the_shell_gives_nine_months_that_are_not_over(flow: Flow) -> None:
    """The last quarter of three is not in: how the nine months ended is not known, and is not nothing."""
    shown = CliRunner().invoke(app, ["attain", "--scope", SCOPE, "--period", "2024N", "--json"])
    assert shown.exit_code == 0, shown.output
    rows = {(r["plan"], r["indicator"], r["unit"]): r for r in json.loads(shown.stdout)["rows"]}
    assert {r["period"] for r in rows.values()} == {"2024N"}
    quarter = {(r["plan"], r["indicator"], r["unit"]): r for r in steps.list_attainment_rows(SCOPE, QUARTER)}
    assert set(rows) == set(quarter)
    assert rows["kt-1693", "u5mr", "62"]["value"] == quarter["kt-1693", "u5mr", "62"]["value"] == 41.25
    assert quarter["kt-1693", "bhyt", "608"]["value"] is not None
    assert (rows["kt-1693", "bhyt", "608"]["value"], rows["kt-1693", "bhyt", "608"]["status"]) == (None, "no_data")


def test_the_shell_gives_the_area_by_row_and_counts_its_units(flow: Flow) -> None:
    rows = steps.list_attainment_rows(SCOPE, QUARTER, "kt-1693")
    few, every = (
        CliRunner().invoke(app, ["attain", "--scope", SCOPE, "--period", QUARTER, "--plan", "kt-1693", *more])
        for more in ([], ["--units"])
    )
    assert len(every.stdout.splitlines()) == len(rows)
    *area, units, agencies = few.stdout.splitlines()
    assert area == [line for line in every.stdout.splitlines() if " 62 " in line]
    assert units.startswith("kt-1693   units: ") and agencies.startswith("kt-1693   agencies: ")
    counted = sum(int(number) for number in re.findall(r"(\d+) [a-z]", units + agencies))
    assert counted == len(rows) - len(area) > len(area) > 0


def test_a_resubmission_shows_what_it_replaced(flow: Flow) -> None:
    found = steps.trace_number("kt-1693:quarter:2024Q2", "bhyt", "608")
    cell = next(c for c in found["walk"]["leaves"][0]["cells"] if c["data_element"] == "insured")
    (source,) = cell["sources"]
    assert (source["version"], source["value"]) == (2, 941)
    (older,) = source["superseded"]
    assert (older["version"], older["value"], _in_the_file(flow, found, older)) == (1, 937, 937)
    names = [found["walk"]["deliveries"][str(s["delivery"])]["original_name"] for s in (older, source)]
    assert names == ["BM01_608_1.xlsx", "BM01_608_3.xlsx"]


def test_a_silent_unit_is_in_the_trail_with_the_reason(flow: Flow) -> None:
    found = steps.trace_number("kt-1693:quarter:2024Q2", "bhyt")
    silent = [leaf for leaf in found["walk"]["leaves"] if leaf["part_of"] not in {"608", "610"}]
    assert silent
    assert {(leaf["expected"], leaf["included"]) for leaf in silent} == {(True, False)}
    assert all(leaf["why"].startswith("thiếu số liệu: insured") for leaf in silent)


def test_a_report_is_found_by_any_of_its_files_and_by_its_number(flow: Flow) -> None:
    ways = [*map(str, flow.documents), "kt-1693:quarter:2024Q2", "kon-tum:kt-1693:quarter:2024Q2"]
    found = [steps.trace_number(way, "bhyt") for way in ways]
    found.append(steps.trace_number(str(found[0]["report"]["id"]), "bhyt"))
    assert all(one == found[0] for one in found)
    item = found[0]["numbers"][0]["item"]
    assert steps.trace_number(ways[0], item)["walk"] == found[0]["walk"]


@pytest.mark.parametrize("report", ["nothing", "9999", "kt-1693:quarter:1999Q1", "a:b"])
def test_a_report_that_is_not_there_is_said(flow: Flow, report: str) -> None:
    with pytest.raises(UsageError, match="no report"):
        steps.trace_number(report, "bhyt")


def test_a_changed_file_is_no_report(flow: Flow, tmp_path: Path) -> None:
    forged = tmp_path / flow.facts.name
    forged.write_bytes(flow.facts.read_bytes().replace(b"941", b"999"))
    with pytest.raises(UsageError, match="no report on record"):
        steps.trace_number(str(forged), "bhyt")


def test_a_number_that_is_not_in_the_report_is_said(flow: Flow) -> None:
    for indicator, unit in (("nonsense", None), ("bhyt", "99999")):
        with pytest.raises(UsageError, match="has no number"):
            steps.trace_number(str(flow.facts), indicator, unit)


def test_a_number_that_does_not_come_out_again_is_said_loudly(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    from etl.lineage import number_trace as trail

    told = json.loads(flow.facts.read_text(encoding="utf-8"))
    item = steps.trace_number(str(flow.facts), "bhyt")["numbers"][0]["item"]
    told["figures"][item]["62"]["value"]["exact"] = "99"
    facts = parse_document_facts(json.dumps(told).encode(), "facts")
    monkeypatch.setattr(trail, "_find_report_facts", lambda files, folders: facts)
    shown = CliRunner().invoke(app, ["trace", str(flow.facts), "bhyt"])
    assert shown.exit_code == 1
    assert "KHÔNG KHỚP" in shown.stdout


def test_the_shell_prints_a_tree_or_one_document(flow: Flow) -> None:
    tree = CliRunner().invoke(app, ["trace", str(flow.facts), "bhyt", "608"])
    assert tree.exit_code == 0, tree.output
    assert "KHỚP" in tree.stdout and "BM01_608_3.xlsx" in tree.stdout and "đã thay: lần gửi 1" in tree.stdout
    document = CliRunner().invoke(app, ["trace", str(flow.facts), "bhyt", "608", "--json"])
    assert json.loads(document.stdout)["reproduces"] is True


def test_the_difference_names_cell_file_and_figure(flow: Flow) -> None:
    found = steps.compare_snapshots(SCOPE, QUARTER, flow.between, flow.after)
    (delivery,) = found["deliveries"]
    assert (delivery["original_name"], delivery["folder"], delivery["version"]) == ("BM01_608_3.xlsx", "608", 2)
    assert {c["data_element"] for c in delivery["cells"]} == {"insured"}
    assert {(c["before"]["value"], c["after"]["value"]) for c in delivery["cells"]} == {(937, 941)}
    assert {row["indicator"] for row in found["figures"]} >= {"bhyt"}
    assert {row["unit"] for row in found["figures"]} == {"62", "608"}
    again = steps.compare_snapshots(SCOPE, QUARTER, flow.after, flow.after)
    assert (again["changed"], again["figures"], again["deliveries"]) == (False, [], [])
    shown = CliRunner().invoke(app, ["diff", "--scope", SCOPE, "--period", QUARTER, "--from", flow.between,
                                     "--to", flow.after])  # fmt: skip
    assert shown.exit_code == 0
    assert "937 → 941" in shown.stdout
