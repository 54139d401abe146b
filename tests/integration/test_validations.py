"""What Great Expectations said is kept: of each chunk with its deliveries, of the views after, also where they stop a run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from etl import steps
from etl.catalog.loader import Catalogue
from etl.errors import WarehouseError
from etl.settings import Settings
from etl.warehouse.validation_store import KeptValidation, fetch_validations
from tests.builders import Workbook

pytestmark = pytest.mark.integration

SCOPE, QUARTER, FORM = "kon-tum", "2024Q1", "kt-district-quarter"
Send = Callable[[str, Workbook], None]


@pytest.fixture
def send(warehouse: Settings, monkeypatch: pytest.MonkeyPatch) -> Send:
    monkeypatch.setenv("TONGKET_MIN_AGE_SECONDS", "0")
    monkeypatch.setenv("TONGKET_BATCHES", "1")

    def put(name: str, book: Workbook) -> None:
        path = warehouse.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(book.bytes())

    return put


def take_in() -> None:
    for batch in steps.receive_deliveries()["batches"]:
        steps.process_batch(batch)


def kept(engine: Engine, period: str = QUARTER) -> dict[str, KeptValidation]:
    """The last validation of each suite."""
    with engine.connect() as conn:
        return {one.outcome.suite: one for one in fetch_validations(conn, SCOPE, period)}


def test_a_chunk_is_kept_with_its_deliveries_and_whose_rows_failed(
    send: Send, loader: Engine, catalogue: Catalogue
) -> None:
    send("608/good.xlsx", Workbook(catalogue, FORM, "608", QUARTER).filled())
    send("610/bad.xlsx", Workbook(catalogue, FORM, "610", QUARTER).filled().with_element("tb_new", "1.5"))
    send("612/other.xlsx", Workbook(catalogue, FORM, "612", "2024Q2").filled())
    take_in()
    cells = kept(loader)["cells"]
    assert {(d.name, d.unit, d.accepted) for d in cells.deliveries} == {
        ("good.xlsx", "608", True),
        ("bad.xlsx", "610", False),
    }
    assert all(d.received_at.tzinfo for d in cells.deliveries)
    by_code = {rule.code: rule for rule in cells.outcome.rules}
    bad = next(d.delivery_id for d in cells.deliveries if d.name == "bad.xlsx")
    assert (by_code["V04"].failed, by_code["V04"].failed_by_file) == (1, {bad: 1})
    assert 0 < by_code["V04"].evaluated < cells.outcome.rows
    assert by_code["V01"].failed == 0 and by_code["V01"].failed_by_file == {}
    assert [d.name for d in kept(loader, "2024Q2")["cells"].deliveries] == ["other.xlsx"]


def test_views_are_validated_before_anything_is_computed_of_them(
    send: Send, loader: Engine, catalogue: Catalogue
) -> None:
    send("608/good.xlsx", Workbook(catalogue, FORM, "608", QUARTER).filled())
    take_in()
    steps.compute_attainment(SCOPE, QUARTER)
    suites = {name: one.outcome for name, one in kept(loader).items() if name.startswith("warehouse/")}
    assert suites.keys() == {f"warehouse/{name}" for name in ("status", "submissions", "cells", "totals")}
    assert {rule.code for one in suites.values() for rule in one.rules} == {f"W{i:02}" for i in range(1, 12)}
    assert [rule for one in suites.values() for rule in one.rules if rule.failed] == []
    assert suites["warehouse/submissions"].rows == 1 and suites["warehouse/totals"].rows > 50


ORPHAN = """
INSERT INTO core.observation (submission_id, org_unit_id, data_element_id, year, state, value, sheet, cell)
SELECT o.submission_id, u.org_unit_id, o.data_element_id, o.year, o.state, o.value, o.sheet, 'Z99'
FROM (SELECT * FROM core.observation WHERE value > 0 LIMIT 1) AS o, core.org_unit AS u
WHERE u.code = '62'
"""


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (ORPHAN, "W06: cells that were loaded are not seen"),
        ("INSERT INTO core.expected_version SELECT 'kon-tum', 'kt-district-quarter', '62', period, regime, due_on, content, false, catalogue_version_id FROM core.expected_version WHERE period = '2024Q1' LIMIT 1", "W02: what is owed"),
    ],
)  # fmt: skip
def test_views_that_contradict_themselves_stop_with_place_and_remedy(
    damage: str, code: str, send: Send, loader: Engine, catalogue: Catalogue
) -> None:
    send("608/good.xlsx", Workbook(catalogue, FORM, "608", QUARTER).filled())
    take_in()
    with loader.begin() as conn:
        conn.execute(text(damage))
    with pytest.raises(WarehouseError, match=code) as caught:
        steps.compute_attainment(SCOPE, QUARTER)
    assert caught.value.where.startswith(f"{SCOPE} {QUARTER}: ") and caught.value.fix
    failed = {r.code for one in kept(loader).values() for r in one.outcome.rules if r.failed}
    assert code[:3] in failed


def test_the_page_says_whose_rows_failed_and_needs_no_network(
    send: Send, loader: Engine, catalogue: Catalogue, tmp_path: Path
) -> None:
    send("608/good.xlsx", Workbook(catalogue, FORM, "608", QUARTER).filled())
    send("610/bad.xlsx", Workbook(catalogue, FORM, "610", QUARTER).filled().with_element("tb_new", "1.5"))
    send("612/other.xlsx", Workbook(catalogue, FORM, "612", "2024Q2").filled().with_element("tb_new", "2.5"))
    take_in()
    steps.compute_attainment(SCOPE, QUARTER)
    result = steps.write_data_docs(SCOPE, QUARTER, tmp_path / "docs")
    page = Path(result["file"]).read_text(encoding="utf-8")
    assert not re.search(r"https?:|//|src=|@import|url\(", page)
    rows = {
        re.sub("<.*?>", "", cells[0]): [re.sub("<.*?>", " ", cell) for cell in cells[1:]]
        for cells in (re.findall(r"<td.*?</td>", row, re.DOTALL) for row in page.split("<tr")[1:])
        if cells
    }
    assert rows["V04"][0].strip().startswith("Phải là số nguyên")
    assert "expect_column_values_to_be_whole" in rows["V04"][0]
    assert rows["V04"][2].strip() == "1" and rows["V04"][3].strip().endswith(": bad.xlsx")
    assert "other.xlsx" not in page
    assert [rows[f"W{i:02}"][2].strip() for i in range(1, 12)] == ["0"] * 11
