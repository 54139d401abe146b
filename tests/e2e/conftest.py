"""The main job through the steps, once for all tests here: both scopes, 2023 and 2024, mishaps included."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from etl import settings, steps
from etl.catalog import Catalogue, load_catalogue
from etl.model import Period
from etl.settings import Settings
from etl.warehouse import embedded_server
from simulation.deliveries import drop_deliveries

PERIODS = ("2023", "2024Q1", "2024Q2", "2024Q3", "2024Q4", "2024")
SCOPES = ("kon-tum", "tan-yen")


@dataclass
class Job:
    settings: Settings
    catalogue: Catalogue
    between: str = ""  # recorded time between the two waves
    results: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    folder = Path(tempfile.mkdtemp(prefix="tongket-e2e-"))
    given = {
        "TONGKET_VAR": str(folder),
        "TONGKET_MIN_AGE_SECONDS": "0",
        "TONGKET_RECEIVED_CLOCK": "mtime",
        "TONGKET_SIMULATED": "1",
        "TONGKET_DATABASE_URL": "",
        "TONGKET_SCOPES": ",".join(SCOPES),
        "PATH": str(folder / "no-programs"),  # no LibreOffice: a PDF takes seconds, and has tests of its own
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        yield given
    embedded_server.stop_server(folder / "pg")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def job(environment: dict[str, str]) -> Job:
    known = settings.load_settings()
    job = Job(known, load_catalogue(known.catalog))
    steps.migrate_warehouse()
    for scope in SCOPES:
        for period in PERIODS:
            steps.open_period(scope, period)
    for wave in (1, 2):
        for scope in SCOPES:
            periods = [Period.parse(p) for p in PERIODS]
            drop_deliveries(job.catalogue, scope, periods, known.outbox / "forms", known.inbox, wave=wave)
        received = steps.receive_deliveries()
        job.results[f"batches {wave}"] = [steps.process_batch(batch) for batch in received["batches"]]
        job.results[f"receive {wave}"] = received
        job.results[f"returns {wave}"] = steps.write_answers()
        if wave == 1:
            job.between = _now(known)
    job.results["touched"] = steps.list_periods_to_compute([])
    for scope in SCOPES:
        for period in PERIODS:
            steps.compute_attainment(scope, period)
            steps.draft_period_reports(scope, period)
    return job


def _now(known: Settings) -> str:
    from etl.warehouse.connect import build_engine
    from etl.warehouse.snapshot import take_snapshot

    with build_engine(known, "loader").connect() as conn:
        return take_snapshot(conn)[0]
