"""Up the chain: a district's annex is a delivery to its province, a province's to the nation; every instance its own.

Four instances, each with its own database and folders: Kon Tum's districts and Tân Yên's communes report below, Bắc
Giang takes in Tân Yên's annexes, and the nation takes in both provinces'.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from lxml import etree
from sqlalchemy import text

from etl import settings, steps
from etl.catalog import Catalogue
from etl.lineage.lineage_walk import trace_figures
from etl.model import Attainment, CellState, Period
from etl.model.exported_value import ExportedValue
from etl.report.file_properties import add_file_properties
from etl.settings import Settings
from etl.warehouse.connect import build_engine
from etl.warehouse.exported_values import fetch_exported_values
from etl.warehouse.run_context import RunContext
from etl.warehouse.snapshot import take_snapshot
from simulation.deliveries import drop_deliveries
from tests.conftest import _copy_of
from tests.integration.build import compute_attainment_rows
from tests.schemas import adx_schema, dhis2_problems

pytestmark = [pytest.mark.integration, pytest.mark.slow]

QUARTERS = ("2024Q1", "2024Q2")
LAST = QUARTERS[-1]
PLAN = "ttg-ct25"
ANNEX_PLAN = {"tan-yen": "ty-ct25", "kon-tum": PLAN, "bac-giang": PLAN}


@dataclass
class Instance:
    """One office's own: scope, database, folders."""

    scope: str
    url: str
    var: Path
    catalogue: Catalogue
    results: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def here(self) -> Iterator[Settings]:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {
                "TONGKET_DATABASE_URL": self.url, "TONGKET_VAR": str(self.var), "TONGKET_SCOPES": self.scope,
                "TONGKET_MIN_AGE_SECONDS": "0", "TONGKET_RECEIVED_CLOCK": "mtime", "TONGKET_SIMULATED": "1",
            }.items():  # fmt: skip
                patch.setenv(name, value)
            yield settings.load_settings()

    def take_in(self) -> list[dict[str, Any]]:
        """What the inbox holds, through to the answers."""
        with self.here():
            batches = steps.receive_deliveries()["batches"]
            done = [steps.process_batch(batch) for batch in batches]
            steps.write_answers()
        return done

    def annex(self, period: str) -> Path:
        """The annex of the instance's report, drafted now."""
        with self.here():
            steps.draft_reports(self.scope, period, "quarter", ANNEX_PLAN[self.scope])
            folder = self.var / "outbox" / "drafts" / period / self.scope
        return folder / f"{ANNEX_PLAN[self.scope]}_{period}_phu-luc.xlsx"

    def drop(self, unit: str, name: str, data: bytes) -> None:
        folder = self.var / "inbox" / unit
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)

    def sql(self, statement: str, **given: object) -> list[Any]:
        with self.here() as known, build_engine(known, "loader").connect() as conn:
            return list(conn.execute(text(statement), given))

    def figures(self, period: str) -> dict[tuple[str, str], Attainment]:
        """Attainment of the plan that all levels share, exact. Key: (item, unit)."""
        with self.here() as known, build_engine(known, "loader").connect() as conn:
            scope = self.catalogue.get_scope(self.scope)
            rows = compute_attainment_rows(conn, self.catalogue, scope, Period.parse(period), None, outlook=False)
        return {(row.item, row.unit): row for row in rows if row.plan == PLAN}

    def cells(self, period: str) -> dict[tuple[str, str], ExportedValue]:
        with self.here() as known, build_engine(known, "loader").connect() as conn:
            found = fetch_exported_values(
                RunContext(conn, self.catalogue, self.catalogue.get_scope(self.scope), Period.parse(period))
            )
        return {(cell.org_unit_code, cell.data_element): cell for cell in found}


Chain = dict[str, Instance]


@pytest.fixture(scope="module")
def chain(postgres: str, stocked: str, catalogue: Catalogue) -> Iterator[Chain]:
    folder = Path(tempfile.mkdtemp(prefix="tongket-chain-"))
    made = {
        name: Instance(name, _copy_of(postgres, stocked, f"chain_{name.replace('-', '_')}"), folder / name, catalogue)
        for name in ("kon-tum", "tan-yen", "bac-giang", "quoc-gia")
    }
    for name in ("kon-tum", "tan-yen"):
        one = made[name]
        with one.here() as known:
            for quarter in QUARTERS:
                steps.open_period(name, quarter)
            periods = [Period.parse(q) for q in QUARTERS]
            drop_deliveries(catalogue, name, periods, known.outbox / "forms", known.inbox, wave=1)
        one.results["below"] = one.take_in()
    district, province, nation = made["tan-yen"], made["bac-giang"], made["quoc-gia"]
    for quarter in QUARTERS:
        province.drop("216", f"{quarter}.xlsx", district.annex(quarter).read_bytes())
    province.results["from the district"] = province.take_in()
    for quarter in QUARTERS:
        nation.drop("62", f"62_{quarter}.xlsx", made["kon-tum"].annex(quarter).read_bytes())
    nation.results["one province"] = nation.take_in()
    nation.results["one province's figures"] = nation.figures(LAST)
    for quarter in QUARTERS:
        nation.drop("24", f"24_{quarter}.xlsx", province.annex(quarter).read_bytes())
    nation.results["both"] = nation.take_in()
    yield made
    shutil.rmtree(folder)


# --- taken in --------------------------------------------------------------------------------------------


def test_the_annexes_are_taken_in_by_the_level_above(chain: Chain) -> None:
    taken = (("bac-giang", "from the district"), ("quoc-gia", "one province"), ("quoc-gia", "both"))
    for name, key in taken:
        done = chain[name].results[key]
        assert sum(d["accepted"] for d in done) == len(QUARTERS) and not sum(d["refused"] for d in done)
        assert sorted({p for d in done for p in d["periods"]}) == list(QUARTERS)


def test_every_sender_has_its_receipt_and_is_told_that_drafts_are_no_signed_reports(chain: Chain) -> None:
    for name, unit in (("bac-giang", "216"), ("quoc-gia", "62"), ("quoc-gia", "24")):
        receipts = list((chain[name].var / "outbox" / "returns" / unit).glob("*_bien-nhan.xlsx"))
        assert len(receipts) == len(QUARTERS)
        codes = chain[name].sql("SELECT DISTINCT code, level::text AS level FROM ops.finding")
        assert ("S30", "note") in {(r.code, r.level) for r in codes}
        assert not {"S21", "refuse"} & {word for r in codes for word in (r.code, r.level)}


def test_every_leaf_arrives_as_it_was_said_and_what_was_not_said_stays_missing(chain: Chain) -> None:
    below = {}
    for name in ("kon-tum", "tan-yen"):
        below |= chain[name].cells(LAST)
    above = chain["quoc-gia"].cells(LAST)
    assert set(above) <= set(below)
    said = {key: (cell.state, cell.value) for key, cell in above.items()}
    assert said == {key: (below[key].state, below[key].value) for key in above}
    assert {cell.state for cell in above.values()} >= {CellState.VALUE, CellState.ZERO, CellState.MISSING}
    assert above["07345", "insured"].state is CellState.MISSING, "that commune was silent"
    assert above["07345", "insured"].value is None


def test_an_annex_is_the_same_whenever_it_is_drafted(chain: Chain) -> None:
    with chain["bac-giang"].here():
        folder = chain["bac-giang"].var / "outbox" / "drafts" / LAST / "bac-giang"
        annex = folder / f"{PLAN}_{LAST}_phu-luc.xlsx"
        before = annex.read_bytes()
        steps.draft_reports("bac-giang", LAST, "quarter", PLAN, again=True)
        assert annex.read_bytes() == before


# --- summed ----------------------------------------------------------------------------------------------


def test_the_nation_is_the_sum_of_numerators_over_the_sum_of_denominators(chain: Chain) -> None:
    """Exact fractions, for every indicator of the plan that all levels share."""
    nation = chain["quoc-gia"].figures(LAST)
    kon_tum, tan_yen = chain["kon-tum"].figures(LAST), chain["tan-yen"].figures(LAST)
    compared = 0
    for item in {item for item, _ in nation}:
        whole, parts = nation[item, "VN"], (kon_tum[item, "62"], tan_yen[item, "216"])
        if whole.numerator is None:
            continue
        assert whole.numerator == sum((p.numerator or Fraction(0) for p in parts), Fraction(0)), item
        assert whole.denominator == sum((p.denominator or Fraction(0) for p in parts), Fraction(0)), item
        assert (whole.expected, whole.present) == tuple(
            sum(getattr(p, name) for p in parts) for name in ("expected", "present")
        )
        assert (nation[item, "62"].numerator, nation[item, "62"].denominator) == (
            parts[0].numerator,
            parts[0].denominator,
        )
        assert (nation[item, "24"].numerator, nation[item, "24"].denominator) == (
            parts[1].numerator,
            parts[1].denominator,
        )
        compared += 1
    assert compared >= 5


def test_a_rate_is_never_a_mean_of_rates(chain: Chain) -> None:
    nation = chain["quoc-gia"].figures(LAST)
    different = 0
    for (item, unit), row in nation.items():
        if unit == "VN" and row.value is not None and row.numerator is not None and row.denominator:
            mean = (nation[item, "62"].value or 0) / 2 + (nation[item, "24"].value or 0) / 2
            different += row.value != mean
    assert different


def test_sums_agree_with_the_cells_that_the_lowest_offices_loaded(chain: Chain) -> None:
    """By hand, from the two lowest warehouses: leaves that said both sides, each file's last version."""
    both = (
        "SELECT sum(n.value) AS n, sum(d.value) AS d FROM core.observation AS n "
        "INNER JOIN core.observation AS d ON n.submission_id = d.submission_id AND n.org_unit_id = d.org_unit_id "
        "INNER JOIN core.submission AS s ON n.submission_id = s.submission_id "
        "INNER JOIN core.data_element AS x ON n.data_element_id = x.data_element_id AND x.code = 'st_doctor' "
        "INNER JOIN core.data_element AS y ON d.data_element_id = y.data_element_id AND y.code = 'stations' "
        "WHERE s.period = :period AND n.value IS NOT NULL AND d.value IS NOT NULL"
    )
    rows = [chain[name].sql(both, period=LAST)[0] for name in ("kon-tum", "tan-yen")]
    whole = next(
        r for (item, unit), r in chain["quoc-gia"].figures(LAST).items() if unit == "VN" and item == "II.4.a-1"
    )
    assert whole.numerator == sum(Fraction(row.n) for row in rows)
    assert whole.denominator == sum(Fraction(row.d) for row in rows)


def test_a_province_that_has_not_sent_is_missing_and_never_zero(chain: Chain) -> None:
    found, kon_tum = chain["quoc-gia"].results["one province's figures"], chain["kon-tum"].figures(LAST)
    rows = [(item, row) for (item, unit), row in found.items() if unit == "VN" and row.numerator is not None]
    assert rows
    for item, whole in rows:
        assert (whole.numerator, whole.denominator) == (kon_tum[item, "62"].numerator, kon_tum[item, "62"].denominator)
        absent = found[item, "24"]
        assert (absent.value, absent.numerator, absent.denominator, absent.present) == (None, None, None, 0)
        assert absent.expected > 0 and whole.expected == kon_tum[item, "62"].expected + absent.expected


def test_a_trail_leads_from_the_nation_into_a_districts_annex(chain: Chain) -> None:
    """The nation's number → the province's annex → the district's annex → the commune's own workbook."""
    followed = []
    for name in ("quoc-gia", "bac-giang", "tan-yen"):
        one = chain[name]
        scope, indicator = one.catalogue.get_scope(name), one.catalogue.indicators["bhyt"]
        with one.here() as known, build_engine(known, "loader").connect() as conn:
            walked = trace_figures(
                RunContext(conn, one.catalogue, scope, Period.parse(LAST), take_snapshot(conn).at),
                {indicator.code: ()},
                scope.area_unit,
            )["bhyt"]
        leaf = next(leaf for leaf in walked.contributions if leaf.unit == "07339")
        (reading,) = next(t for t in leaf.terms if t.data_element == "insured").readings
        sha256 = walked.origins[reading.delivery_id].sha256
        data = (known.archive / sha256[:2] / sha256).read_bytes()
        held = openpyxl.load_workbook(BytesIO(data))[reading.sheet][reading.cell].value
        assert held == reading.value
        followed.append((reading.reporter, reading.sheet, held))
    assert [reporter for reporter, *_ in followed][:2] == ["24", "216"]
    assert [sheet for _, sheet, _ in followed][:2] == ["SoLieuGoc", "SoLieuGoc"]
    assert len({held for *_, held in followed}) == 1, "the same number at every level"


def test_a_provinces_printed_number_leads_into_its_districts_annex(chain: Chain) -> None:
    """The nation writes no report of its own; the province does."""
    chain["bac-giang"].annex(LAST)
    with chain["bac-giang"].here():
        found = steps.trace_number(f"bac-giang:{PLAN}:quarter:{LAST}", "bhyt")
    assert found["reproduces"], found["problems"]
    read = [s for leaf in found["walk"]["leaves"] for cell in leaf["cells"] for s in cell["sources"]]
    assert {(s["reporter"], s["sheet"]) for s in read} == {("216", "SoLieuGoc")}


# --- refused ---------------------------------------------------------------------------------------------


def _verdict(chain: Chain, data: bytes, folder: Path) -> dict[str, Any]:
    path = folder / "annex.xlsx"
    path.write_bytes(data)
    with chain["quoc-gia"].here():
        return steps.check_files([path])[0]


def _annex(chain: Chain) -> bytes:
    return (chain["bac-giang"].var / "outbox/drafts" / LAST / "bac-giang" / f"{PLAN}_{LAST}_phu-luc.xlsx").read_bytes()


def _changed(data: bytes, cell: str, value: object) -> bytes:
    book, target = openpyxl.load_workbook(BytesIO(data)), BytesIO()
    book["SoLieuGoc"][cell] = value
    book.save(target)
    return target.getvalue()


def test_a_signed_annex_is_taken_without_a_word(chain: Chain, tmp_path: Path) -> None:
    signed = add_file_properties("annex.xlsx", _annex(chain), {"TongketApprovedBy": "Nguyễn Văn A"})
    codes = {f["code"] for f in _verdict(chain, signed, tmp_path)["findings"]}
    assert "S30" not in codes
    assert "S30" in {f["code"] for f in _verdict(chain, _annex(chain), tmp_path)["findings"]}


def test_an_annex_saved_again_by_another_program_is_still_read(chain: Chain, tmp_path: Path) -> None:
    verdict = _verdict(chain, _changed(_annex(chain), "H1", None), tmp_path)
    assert verdict["accepted"] and (verdict["form"], verdict["unit"]) == ("qg-tinh-quarter", "24")


@pytest.mark.parametrize(
    ("cell", "value", "code"),
    [("F12", "không rõ", "V01"), ("F12", -3, "V02"), ("A12", "99999", "S10"), ("A4", "x", None), ("F8", "Số", "S09")],
)
def test_a_spoilt_annex_is_refused_in_its_own_coordinates(
    chain: Chain, tmp_path: Path, cell: str, value: object, code: str | None
) -> None:
    verdict = _verdict(chain, _changed(_annex(chain), cell, value), tmp_path)
    refused = [f for f in verdict["findings"] if f["level"] == "refuse"]
    assert verdict["accepted"] is (code is None)
    if code:
        assert code in {f["code"] for f in refused}
        assert {f["sheet"] for f in refused} == {"SoLieuGoc"}


def test_an_annex_in_another_provinces_folder_is_refused(chain: Chain) -> None:
    nation = chain["quoc-gia"]
    nation.drop(
        "24",
        "62.xlsx",
        add_file_properties("a.xlsx", (chain["kon-tum"].annex("2024Q1")).read_bytes(), {"TongketX": "1"}),
    )
    assert sum(done["refused"] for done in nation.take_in()) == 1


# --- exported --------------------------------------------------------------------------------------------


def test_the_nations_figures_go_out_as_a_data_value_set(chain: Chain, tmp_path: Path) -> None:
    with chain["quoc-gia"].here():
        about = steps.export_figures("quoc-gia", LAST, "dhis2", tmp_path / "a.json")
        steps.export_figures("quoc-gia", LAST, "dhis2", tmp_path / "b.json")
    data = (tmp_path / "a.json").read_bytes()
    assert data == (tmp_path / "b.json").read_bytes()
    assert not dhis2_problems(data)
    cells = {key: cell for key, cell in chain["quoc-gia"].cells(LAST).items() if cell.is_counted}
    sent_out = {
        (v["orgUnit"].partition("-2")[0], v["dataElement"]): Fraction(v["value"])
        for v in json.loads(data)["dataValues"]
    }
    assert sent_out == {key: cell.value for key, cell in cells.items()}
    assert about["values"] == len(cells) and about["left_out"] > 0 and not about["derived_uids"]
    assert all("SỐ LIỆU MÔ PHỎNG" in v["comment"] for v in json.loads(data)["dataValues"])


def test_the_nations_figures_go_out_as_an_adx_message(chain: Chain, tmp_path: Path) -> None:
    with chain["quoc-gia"].here():
        steps.export_figures("quoc-gia", LAST, "adx", tmp_path / "a.xml")
        steps.export_figures("quoc-gia", LAST, "adx", tmp_path / "b.xml")
    data = (tmp_path / "a.xml").read_bytes()
    assert data == (tmp_path / "b.xml").read_bytes()
    tree = etree.fromstring(data)
    adx_schema().assertValid(tree)
    values = tree.findall(".//{*}dataValue")
    assert len(values) == sum(cell.is_counted for cell in chain["quoc-gia"].cells(LAST).values())
    assert {group.get("period") for group in tree} == {"2024-04-01/P3M"}
    assert all("SỐ LIỆU MÔ PHỎNG" in (group.get("comment") or "") for group in tree)
    assert not tree.xpath("//*[@orgUnit='07345']"), "a silent commune is not in it"
