"""A foreign table taken in: as forms of ours through the same door as all others, once, with its origin written down."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import text

from etl import steps
from etl.settings import PROJECT_ROOT, Settings
from etl.warehouse.connect import build_engine

pytestmark = pytest.mark.integration

LAYOUT = """id: theo-ma
title: Tổng hợp theo mã
form: xa-quarter
rows: units
unit_header: ma
figures:
  - {header: so_the, data_element: insured}
  - {header: dan_so, data_element: pop_total}
basis: configured
source: viết cho kiểm thử
"""


def test_a_confirmed_table_goes_through_intake_once(
    warehouse: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    for name in ("catalog", "templates", "expectations", "sql"):
        shutil.copytree(PROJECT_ROOT / name, home / name)
    (home / "catalog" / "layouts").mkdir()
    (home / "catalog" / "layouts" / "theo-ma.yaml").write_text(LAYOUT, encoding="utf-8")
    monkeypatch.setenv("TONGKET_HOME", str(home))
    monkeypatch.setenv("TONGKET_SCOPES", "quang-ngai")
    monkeypatch.setenv("TONGKET_MIN_AGE_SECONDS", "0")
    table = tmp_path / "x.csv"
    table.write_text("ma;so_the;dan_so\n23504;8000;8100\n23293;29000;30500\n", encoding="utf-8")
    given = {"layout": "theo-ma", "period": "2026Q3"}

    result = steps.import_table("quang-ngai", str(table), "Nguyễn Văn A", **given)
    assert result["problems"] == [] and len(result["written"]) == 2
    for name in result["written"]:
        comments = openpyxl.load_workbook(name).properties.description
        assert "x.csv sha256" in comments and "confirmed by Nguyễn Văn A" in comments
        os.utime(name, (1, 1))
    batches = [steps.process_batch(batch) for batch in steps.receive_deliveries()["batches"]]
    assert (sum(b["accepted"] for b in batches), sum(b["refused"] for b in batches)) == (2, 0)
    with build_engine(warehouse, "loader").connect() as conn:
        found = conn.execute(
            text(
                "SELECT org_unit_code, data_element, value FROM out.observation"
                " WHERE period = '2026Q3' AND value IS NOT NULL ORDER BY 1, 2"
            )
        ).all()
    assert [(unit, element, int(value)) for unit, element, value in found] == [
        ("23293", "insured", 29000),
        ("23293", "pop_total", 30500),
        ("23504", "insured", 8000),
        ("23504", "pop_total", 8100),
    ]
    again = steps.import_table("quang-ngai", str(table), "Nguyễn Văn A", **given)
    assert "written" not in again
    assert [p["message"] for p in again["problems"]] == [
        f"{name} đã nộp biểu này: nhập sẽ thay cả biểu" for name in ("Phường Kon Tum", "Xã Đăk Pxi")
    ]
