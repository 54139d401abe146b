from __future__ import annotations

import os

import pytest
from sqlalchemy import Engine

from etl import steps
from etl.settings import Settings
from etl.warehouse import journal

pytestmark = pytest.mark.integration


def test_what_is_not_opened_is_counted_and_written_down(
    warehouse: Settings, loader: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGKET_MIN_AGE_SECONDS", "0")
    monkeypatch.setenv("TONGKET_MAX_FILE_MB", "0.001")
    folder = warehouse.inbox / "612"
    folder.mkdir(parents=True)
    (folder / "loi-tat.xlsx").symlink_to("/etc/passwd")
    os.mkfifo(folder / "ong.xlsx")
    (folder / "to.xlsx").write_bytes(bytes(1001))
    (folder / "nho.xlsx").write_bytes(b"xin chao")
    result = steps.receive_deliveries()
    assert (result["received"], result["quarantined"], result["ignored"]) == (1, 3, [])
    assert steps.receive_deliveries()["quarantined"] == 0
    with loader.connect() as conn:
        told = [event.detail for event in journal.fetch_events(conn, "quarantined")]
    assert {(t["code"], t["name"], t["folder"]) for t in told} == {
        ("F17", "loi-tat.xlsx", "612"), ("F17", "ong.xlsx", "612"), ("F18", "to.xlsx", "612"),
    }  # fmt: skip
    assert {t["kept"] for t in told} == {p.name for p in warehouse.quarantine.iterdir()}
