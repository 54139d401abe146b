"""Three hosts, and files that are sent to them: what they work on, and what happens meanwhile."""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from etl import settings as etl_settings
from etl import steps
from etl.catalog import load_catalogue
from etl.model import Period
from etl.settings import Settings
from ops.airflow_api import AirflowError
from ops.dag_runs import CONSUMERS
from simulation.deliveries import drop_deliveries
from simulation.workbook_corpus import write_corpus
from tests.conservation import fetch_rows
from tests.hosts.cluster import Cluster
from tests.hosts.network import Host, enter_host, open_network

SCOPES = ("kon-tum", "tan-yen")
SMALLER = "tan-yen"  # sends one quarter; all else is Kon Tum's, again and again
PERIODS = ("2024Q1", "2024Q2")
SETTLE_SECONDS = 2400.0
# Drawing documents has tests of its own, and takes a busy machine minutes. A DAG is paused from its making: what runs when
# its DAG is paused stands open for good.
WORKING = ("intake", "attain")
PAUSED = tuple(sorted({dag for dags in CONSUMERS.values() for dag in dags} - set(WORKING)))
CHOICES = {
    "AIRFLOW_EXECUTOR": "CeleryExecutor",
    "AIRFLOW_QUEUED_SECONDS": "60",
    "AIRFLOW_PARALLELISM": "4",
    "CELERY_CONCURRENCY": "2",
    "TONGKET_BATCHES": "4",
    "TONGKET_SCOPES": ",".join(SCOPES),
}
OVERRIDES = {
    "TONGKET_RECEIVED_CLOCK": "mtime",
    "TONGKET_SIMULATED": "1",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
}
OURS = ("AIRFLOW", "TONGKET")
_WAITING = """
SELECT (SELECT count(*) FROM ops.delivery) AS taken, (SELECT count(*) FROM ops.verdict) AS judged
"""


@dataclass
class Story:
    """What was sent, and what was seen while things went wrong."""

    cluster: Cluster
    settings: Settings
    sent: list[Path] = field(default_factory=list)
    hashes: set[str] = field(default_factory=set)
    hit: dict[str, int] = field(default_factory=dict)

    def run_wave(self, name: str, share: int, target: Host, fault: Callable[[], None]) -> None:
        """Sends files, lets the fault happen while the host works on some, waits until all are answered."""
        self.send_files(share)
        at_work: list[dict[str, Any]] = []

        def is_at_work() -> bool:
            at_work[:] = [ti for ti in self.list_tasks("process", "running") if ti["hostname"] == target.name]
            return bool(at_work)

        self.cluster.wait_until(is_at_work, f"{target.name} processes a batch")
        start = time.monotonic()
        fault()
        self.hit[name] = len(at_work)
        for what, states in (("is due again", ("scheduled", "queued")), ("goes on", ())):
            self.cluster.wait_until(
                lambda states=states: self._has_left(at_work, states), f"{name}: its work {what}", SETTLE_SECONDS
            )
            print(f"{name}: the work of {len(at_work)} tasks {what} after {time.monotonic() - start:.0f} s")
        self.wait_until_judged(name)
        print(f"{name}: every file judged after {time.monotonic() - start:.0f} s")

    def send_files(self, count: int) -> None:
        """Moves so many of the files into the inbox, and has the intake look."""
        wave, self.sent = self.sent[:count], self.sent[count:]
        for path in wave:
            self.hashes.add(hashlib.sha256(path.read_bytes()).hexdigest())
            target = self.settings.inbox / path.parent.name / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
        with suppress(AirflowError):  # too busy to answer; the intake comes by itself every five minutes
            self.cluster.client.trigger_dag_run("intake")

    def wait_until_judged(self, what: str) -> None:
        """Waits until every file that was sent has its verdict."""
        self.cluster.wait_until(self._is_all_judged, f"{what}: every file is judged", SETTLE_SECONDS)

    def list_tasks(self, task: str, *states: str) -> list[dict[str, Any]]:
        """The intake's instances of a task, of all its runs."""
        path = "/api/v2/dags/intake/dagRuns/~/taskInstances"
        found: list[dict[str, Any]] = self.cluster.client.get(path, limit=100, task_id=task, state=states)[
            "task_instances"
        ]
        return [ti for ti in found if ti["task_id"] == task]

    def _has_left(self, before: list[dict[str, Any]], states: tuple[str, ...]) -> bool:
        """Whether each of these tasks has ended well, runs as a later try, or is in one of these states."""
        now = {_identify_task(ti): ti for ti in self.list_tasks("process")}
        pairs = [(ti, now[_identify_task(ti)]) for ti in before]
        return all(
            late["state"] in {"success", *states}
            or (late["state"] == "running" and late["try_number"] > early["try_number"])
            for early, late in pairs
        )

    def _is_all_judged(self) -> bool:
        ((taken, judged),) = fetch_rows(self.settings, _WAITING)
        return bool(taken == judged == len(self.hashes))


def _identify_task(ti: dict[str, Any]) -> tuple[str, int]:
    return ti["dag_run_id"], ti["map_index"]


@contextmanager
def open_cluster(files: int) -> Iterator[Story]:
    """Databases, queue and Airflow on one host; two more without their workers yet; so many files that wait to be sent."""
    folder = Path(tempfile.mkdtemp(prefix="tongket-hosts-"))
    folder.chmod(0o755)  # the server's account passes through
    try:
        with open_network(("main", "second", "third")) as hosts, enter_host(hosts[0]):
            cluster = Cluster(hosts, folder, CHOICES, OVERRIDES)
            try:
                cluster.start_main()
                with pytest.MonkeyPatch.context() as patch:
                    for name in [name for name in os.environ if name.startswith(OURS)]:
                        patch.delenv(name)
                    for name, value in cluster.build_env("worker", cluster.main).items():
                        if name.startswith("TONGKET"):
                            patch.setenv(name, value)
                    for dag in WORKING:
                        _unpause_dag(cluster, dag)
                    yield _prepare_files(Story(cluster, etl_settings.load_settings()), files)
            finally:
                cluster.stop()
    finally:
        shutil.rmtree(folder)


def _unpause_dag(cluster: Cluster, dag: str) -> None:
    path = f"/api/v2/dags/{dag}"  # not there before the file was read
    cluster.wait_until(lambda: not cluster.client.patch(path, {"is_paused": False})["is_paused"], f"{dag} works")


def _prepare_files(story: Story, files: int) -> Story:
    """Fills forms of both scopes outside the inbox."""
    catalogue, staging = load_catalogue(story.settings.catalog), story.cluster.folder / "staging"
    for period in PERIODS:
        steps.open_period(SMALLER, period)
    periods = [Period.parse(period) for period in PERIODS]
    small = drop_deliveries(catalogue, SMALLER, periods, story.settings.outbox / "forms", staging / SMALLER, wave=1)
    large = write_corpus(catalogue, staging / "kon-tum", files - len(small))
    mixed = itertools.zip_longest(large, small)
    story.sent = [path for pair in mixed for path in pair if path]
    return story
