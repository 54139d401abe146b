"""Killed at every write of a load, the next run ends where a clean run would."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from etl import load, settings, steps
from etl.catalog import load_catalogue
from etl.errors import WarehouseError
from etl.intake import chunk_processing
from etl.model import Period
from etl.settings import Settings
from etl.warehouse import embedded_server
from etl.warehouse.connect import build_engine
from simulation.deliveries import drop_deliveries

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    folder = Path(tempfile.mkdtemp(prefix="tongket-crash-"))
    for name, value in {
        "TONGKET_VAR": str(folder), "TONGKET_MIN_AGE_SECONDS": "0", "TONGKET_RECEIVED_CLOCK": "mtime",
        "TONGKET_BATCHES": "1", "TONGKET_DATABASE_URL": "", "TONGKET_SCOPES": "kon-tum",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    known = settings.load_settings()
    steps.migrate_warehouse()
    steps.open_period("kon-tum", "2024Q1")
    drop_deliveries(
        load_catalogue(known.catalog), "kon-tum", [Period.parse("2024Q1")], known.outbox / "forms", known.inbox, wave=1
    )
    yield known
    embedded_server.stop_server(known.pgdata)
    shutil.rmtree(folder)


def counts(known: Settings) -> tuple[int, ...]:
    tables = ("ops.delivery", "ops.verdict", "ops.load", "core.submission", "core.observation")
    with build_engine(known, "loader").connect() as conn:
        return tuple(conn.execute(text(f"SELECT count(*) FROM {t}")).scalar_one() for t in tables)


def killed_at(number: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Runs the batch in a child that kills itself before its number-th table write; False if it got through."""
    child = os.fork()
    if child == 0:
        written = 0
        real = load.copy_rows

        def deadly(*arguments: object) -> int:
            nonlocal written
            if written == number:
                os.kill(os.getpid(), signal.SIGKILL)
            written += 1
            return real(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(load, "copy_rows", deadly)
        steps.process_batch(0)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_killed_at_every_write_then_run_again(fresh: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    steps.receive_deliveries()
    received = counts(fresh)
    kills = 0
    while killed_at(kills, monkeypatch):
        kills += 1
        assert counts(fresh) == received, "nothing of a killed load may stay"
    assert kills >= 4, "the load writes at least findings, verdicts, cells and receipts"
    clean = counts(fresh)
    assert clean[0] == clean[1] > 0 and clean[4] > 4000
    assert steps.process_batch(0) == {"accepted": 0, "refused": 0, "answered": 0, "periods": []}
    assert counts(fresh) == clean
    assert steps.list_periods_to_compute([]) == ["2024Q1"], "what was loaded is computed though its task never said so"


def test_the_database_stopped_in_between_is_a_clear_error_and_nothing_is_lost(fresh: Settings) -> None:
    steps.receive_deliveries()
    embedded_server.stop_server(fresh.pgdata)
    assert steps.process_batch(0)["accepted"] > 0, "the private server is started again by whoever needs it"


def test_a_batch_whose_host_comes_back_too_late_changes_nothing(
    fresh: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off long enough, its sessions are ended and with them its locks: another does the batch, then it goes on."""
    steps.receive_deliveries()
    received, real, done = counts(fresh), chunk_processing.validate_batch, []
    server = embedded_server.start_server(fresh.pgdata).replace("+psycopg", "")

    def be_cut_off(*arguments: Any) -> Any:
        checked = real(*arguments)
        if not done:
            with psycopg.connect(server) as conn:
                conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tongket'"
                )
            again = "from etl import steps; print(steps.process_batch(0)['accepted'])"
            done.append(int(subprocess.run([sys.executable, "-c", again], capture_output=True, check=True).stdout))
            done.append(counts(fresh))
        return checked

    monkeypatch.setattr(chunk_processing, "validate_batch", be_cut_off)
    with pytest.raises(WarehouseError):
        steps.process_batch(0)
    accepted, clean = done
    assert accepted > 0 and clean != received and counts(fresh) == clean
