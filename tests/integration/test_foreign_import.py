"""A foreign table taken in: seen by a person, as forms of ours through the same door as all others, each number traced to
its cell in the table; and taken back."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from etl import steps
from etl.catalog.loader import load_catalogue
from etl.errors import UsageError
from etl.lineage.lineage_walk import trace_figures
from etl.model import Period
from etl.page.page_app import build_page_app
from etl.page.page_login import PageUser
from etl.receive import build_archive_path
from etl.settings import PROJECT_ROOT, Settings
from etl.steps import TableChoice
from etl.warehouse.connect import build_engine
from etl.warehouse.run_context import RunContext

pytestmark = pytest.mark.integration

LAYOUT = """id: theo-ma
title: Tổng hợp theo mã
form: xa-quarter
rows: units
folders: [51-BHXH]
unit_header: ma
figures:
  - {header: so_the, data_element: insured}
  - {header: dan_so, data_element: pop_total}
basis: configured
source: viết cho kiểm thử
"""
TABLE = "ma;so_the;dan_so\n23504;8000;8100\n23293;29000;30500\n"
PERSON, CHOICE = "Nguyễn Văn A", TableChoice("theo-ma", "2026Q3")
TAKEN = {
    ("23293", "insured"): 29000,
    ("23293", "pop_total"): 30500,
    ("23504", "insured"): 8000,
    ("23504", "pop_total"): 8100,
}
NAMES = ("Phường Kon Tum", "Xã Đăk Pxi")


@pytest.fixture
def office(warehouse: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    home = tmp_path / "home"
    for name in ("catalog", "templates", "expectations", "sql"):
        shutil.copytree(PROJECT_ROOT / name, home / name)
    (home / "catalog" / "layouts").mkdir()
    (home / "catalog" / "layouts" / "theo-ma.yaml").write_text(LAYOUT, encoding="utf-8")
    for name, value in {"HOME": str(home), "SCOPES": "quang-ngai", "MIN_AGE_SECONDS": "0"}.items():
        monkeypatch.setenv(f"TONGKET_{name}", value)
    return warehouse


def _take_in(office: Settings) -> tuple[int, int]:
    """What lies in the inbox, through intake: (accepted, refused)."""
    for path in office.inbox.rglob("*"):
        if path.is_file():
            os.utime(path, (1, 1))
    batches = [steps.process_batch(batch) for batch in steps.receive_deliveries()["batches"]]
    steps.write_answers()
    return sum(b["accepted"] for b in batches), sum(b["refused"] for b in batches)


def _fetch_values(office: Settings) -> dict[tuple[str, str], int]:
    statement = (
        "SELECT org_unit_code, data_element, value FROM out.observation"
        " WHERE period = '2026Q3' AND value IS NOT NULL AND is_current"
    )
    with build_engine(office, "loader").connect() as conn:
        return {(r.org_unit_code, r.data_element): int(r.value) for r in conn.execute(text(statement))}


def _read_operations_page() -> str:
    page = build_page_app(lambda: PageUser(PERSON, lambda _: True), "of the tests, thirty-two bytes and more")
    with TestClient(page) as client:
        return client.get("/operations").text


def test_a_confirmed_table_goes_through_intake_once_and_each_number_leads_to_its_cell(
    office: Settings, tmp_path: Path
) -> None:
    table = tmp_path / "x.csv"
    table.write_text(TABLE, encoding="utf-8")
    result = steps.import_table("quang-ngai", str(table), PERSON, CHOICE)
    assert result["problems"] == [] and len(result["written"]) == 2
    for name in result["written"]:
        comments = openpyxl.load_workbook(name).properties.description
        assert "x.csv sha256" in comments and f"confirmed by {PERSON}" in comments
    sha256 = hashlib.sha256(table.read_bytes()).hexdigest()
    table.unlink()
    assert build_archive_path(office.archive, sha256).read_text(encoding="utf-8") == TABLE, "the original is archived"
    assert _take_in(office) == (2, 0)
    assert _fetch_values(office) == TAKEN

    catalogue = load_catalogue(Path(os.environ["TONGKET_HOME"]) / "catalog")
    with build_engine(office, "loader").connect() as conn:
        context = RunContext(conn, catalogue, catalogue.get_scope("quang-ngai"), Period.parse("2026Q3"))
        walked: Any = trace_figures(context, {"bhyt": ()}, "51")["bhyt"]
    origins = {
        (reading.org_unit, reading.data_element): (reading.origin.file, reading.origin.cell, reading.origin.written)
        for leaf in walked.contributions for term in leaf.terms for reading in term.readings if reading.origin
    }  # fmt: skip
    assert origins == {
        ("23504", "insured"): ("x.csv", "B2", "8000"), ("23504", "pop_total"): ("x.csv", "C2", "8100"),
        ("23293", "insured"): ("x.csv", "B3", "29000"), ("23293", "pop_total"): ("x.csv", "C3", "30500"),
    }  # fmt: skip
    table.write_text(TABLE, encoding="utf-8")
    again = steps.import_table("quang-ngai", str(table), PERSON, CHOICE)
    assert "written" not in again
    assert [p["message"] for p in again["problems"]] == [
        f"{name} đã nộp biểu này: nhập sẽ thay cả biểu" for name in NAMES
    ]


def _send_by_inbox(office: Settings, content: str = TABLE) -> int:
    """A table into its sender's inbox folder; gives the delivery that waits."""
    target = office.inbox / "51-BHXH" / "the_quy3.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(content, encoding="utf-8")
    steps.migrate_warehouse()
    assert _take_in(office) == (0, 0)
    return int(steps.list_imports()["waiting"][-1]["delivery"])


def test_a_table_from_a_senders_folder_waits_for_a_person(office: Settings) -> None:
    number = _send_by_inbox(office)
    assert _take_in(office) == (0, 0) and _fetch_values(office) == {}, "nothing is loaded silently"
    (waiting,) = steps.list_imports()["waiting"]
    assert (waiting["file"], waiting["folder"], waiting["layouts"]) == ("the_quy3.csv", "51-BHXH", ["theo-ma"])
    assert re.search(rf"the_quy3\.csv</span> .*51-BHXH.*import {number} --preview", _read_operations_page())
    asked = steps.preview_import("quang-ngai", str(number))
    assert [p["message"] for p in asked["problems"]] == ["bảng không ghi kỳ: nêu kỳ bằng --period"]
    assert len(asked["cells"]) == 4
    done = steps.import_table("quang-ngai", str(number), PERSON, CHOICE)
    assert _take_in(office) == (2, 0) and _fetch_values(office) == TAKEN
    assert steps.list_imports()["waiting"] == [] and "the_quy3.csv" not in _read_operations_page()
    assert list((office.outbox / "returns" / "51-BHXH").iterdir()), "its sender has an answer"
    with pytest.raises(UsageError, match=f"no table {number} waits"):
        steps.import_table("quang-ngai", str(number), PERSON, CHOICE)

    taken_back = steps.withdraw_import(done["import"], PERSON, "nhầm kỳ")
    assert taken_back["units"] == ["23293", "23504"]
    assert _fetch_values(office) == {}, "missing again, and never zero"
    with pytest.raises(UsageError, match="are not this import's"):
        steps.withdraw_import(done["import"], PERSON, "lần nữa")
    anew = _send_by_inbox(office, TABLE.replace("8000", "8001"))
    assert steps.import_table("quang-ngai", str(anew), PERSON, CHOICE)["problems"] == []
    assert _take_in(office) == (2, 0) and _fetch_values(office) == TAKEN | {("23504", "insured"): 8001}


@pytest.mark.parametrize("mistake", ["folders: [51-BHXH", "nonsense: 1\nfolders: [51-BHXH]", ""])
def test_a_table_of_a_layout_with_a_mistake_waits_until_it_is_mended(office: Settings, mistake: str) -> None:
    path = Path(os.environ["TONGKET_HOME"]) / "catalog" / "layouts" / "theo-ma.yaml"
    path.write_text(LAYOUT.replace("folders: [51-BHXH]", mistake) if mistake else "", encoding="utf-8")
    for folder, of_layout in (("51-BHXH", True), ("23504", not mistake)):
        target = office.inbox / folder / "the_quy3.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(TABLE, encoding="utf-8")
        steps.migrate_warehouse()
        assert _take_in(office) == (0, 0 if of_layout else 1), folder
    assert steps.list_imports()["waiting"] == [], "nobody is asked about what cannot be read yet"
    (alert,) = [alert for alert in steps.tell_alerts()["standing"] if "theo-ma" in alert]
    assert "layouts/theo-ma.yaml" in alert
    assert "Mẫu bảng ngừng phục vụ (theo-ma)" in _read_operations_page()
    path.write_text(LAYOUT, encoding="utf-8")
    assert _take_in(office) == (0, 0 if mistake else 1)
    (waiting,) = steps.list_imports()["waiting"]
    assert waiting["folder"] == "51-BHXH"


def test_a_table_that_is_sent_back_is_refused_and_its_sender_told_why(office: Settings) -> None:
    number = _send_by_inbox(office)
    steps.send_back_table(number, PERSON, "bảng của năm trước")
    assert steps.list_imports()["waiting"] == []
    steps.write_answers()
    with build_engine(office, "loader").connect() as conn:
        found = conn.execute(text("SELECT code, message FROM ops.finding")).all()
    assert [tuple(row) for row in found] == [("S01", "Bảng không được nhập: bảng của năm trước")]
    assert list((office.outbox / "returns" / "51-BHXH").iterdir())
    with pytest.raises(UsageError, match=f"no table {number} waits"):
        steps.send_back_table(number, PERSON, "lần nữa")
