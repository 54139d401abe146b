"""Intake: each chunk is answered at once, each answer once, and two runs at one time share one inbox."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import Engine

from etl import steps
from etl.catalog import Catalogue
from etl.errors import StorageError
from etl.settings import PROJECT_ROOT, Settings
from etl.warehouse import journal
from tests.builders import Workbook

pytestmark = pytest.mark.integration

UNITS = ("608", "610", "611", "612", "613", "614")
RUN = "from etl import steps\nfor batch in steps.receive_deliveries()['batches']:\n    steps.process_batch(batch)\n"
"""What one run of the DAG `intake` calls, but for its last sweep."""


@pytest.fixture
def inbox(warehouse: Settings, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workbook each of six units, and a PDF."""
    for name, value in {"TONGKET_MIN_AGE_SECONDS": "0", "TONGKET_BATCHES": "1"}.items():
        monkeypatch.setenv(name, value)
    for unit in UNITS:
        (warehouse.inbox / unit).mkdir(parents=True)
        data = Workbook(catalogue, "kt-district-quarter", unit, "2024Q3").filled().bytes()
        (warehouse.inbox / unit / "bao-cao.xlsx").write_bytes(data)
    (warehouse.inbox / "612" / "anh.pdf").write_bytes(b"%PDF-1.7")
    return warehouse.inbox


def _count_events(engine: Engine) -> Counter[str]:
    with engine.connect() as conn:
        return Counter(event.kind for event in journal.fetch_events(conn))


def test_the_first_senders_are_answered_before_the_last_are_read(
    inbox: Path, warehouse: Settings, loader: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("etl.intake.chunk_processing._FIRST_CHUNK_SIZE", 1)
    monkeypatch.setattr("etl.intake.chunk_processing.CHUNK_SIZE", 3)
    steps.receive_deliveries()
    done = steps.process_batch(0)
    assert (done["accepted"], done["refused"], done["answered"]) == (6, 1, 7)
    assert len([*(warehouse.outbox / "returns").rglob("*.xlsx")]) == 7
    with loader.connect() as conn:
        kinds = [e.kind for e in journal.fetch_events(conn) if e.kind in ("accepted", "refused", "returned")]
    assert [kind == "returned" for kind in kinds] == [False, True, *[False] * 3, *[True] * 3, *[False] * 3, *[True] * 3]
    assert steps.write_answers()["written"] == 0


def test_what_cannot_be_answered_in_its_batch_is_answered_by_the_last_task(
    inbox: Path, loader: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Path:
        raise StorageError("no space left", where="outbox", fix="make room")

    steps.receive_deliveries()
    with monkeypatch.context() as full:
        full.setattr("etl.intake.intake_batches.write_answer", refuse)
        assert steps.process_batch(0)["answered"] == 0
        with pytest.raises(StorageError, match="7 of 7 answers"):
            steps.write_answers()
    assert _count_events(loader)["accepted"] == 6
    assert steps.write_answers()["written"] == 7
    assert _count_events(loader)["returned"] == 7


def test_two_runs_at_once_do_everything_once(inbox: Path, warehouse: Settings, loader: Engine) -> None:
    environment = os.environ | {"PYTHONPATH": str(PROJECT_ROOT)}
    runs = [subprocess.Popen([sys.executable, "-c", RUN], env=environment) for _ in range(2)]
    assert [run.wait() for run in runs] == [0, 0]
    counted = _count_events(loader)
    assert {kind: counted[kind] for kind in ("received", "accepted", "refused", "returned", "duplicate")} == {
        "received": 7, "accepted": 6, "refused": 1, "returned": 7, "duplicate": 0,
    }  # fmt: skip
    with loader.connect() as conn:
        verdicts, versions, validated = (
            conn.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
            for table in ("ops.verdict", "core.submission", "ops.validated_delivery")
        )
    assert (verdicts, versions, validated) == (7, 6, 7)
    assert [path for path in inbox.rglob("*") if path.is_file()] == []
    assert len([*(warehouse.outbox / "returns").rglob("*.xlsx")]) == 7
