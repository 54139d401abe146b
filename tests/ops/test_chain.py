"""The flow through a real Airflow: intake, attainment and reports by partition key, and the same again by backfill."""

from __future__ import annotations

import dataclasses
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import sample
from benchmarks.fill import fill
from benchmarks.sample_values import values
from etl import settings as etl_settings
from etl.catalog import load_catalogue
from etl.files import write_atomic
from etl.model import Period
from etl.settings import Settings
from etl.steps.signoff import APPROVE, SEND_BACK
from ops import backfill, local
from ops.follow import Run, answer, questions, runs, settle
from ops.rest import Airflow

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

QUARTERS = ["2024Q1", "2024Q2", "2024Q3", "2024Q4"]
SCOPE = "tan-yen"
UNITS = ("07345", "07363", "07336", "07309")  # a few communes are enough; for the others the deadline has come
COMPONENTS = ("api-server", "scheduler", "dag-processor")
SECONDS = 400.0
WHEN = {"snapshot", "situation", "data_notes"}  # these say when the figures were taken


@dataclasses.dataclass(frozen=True)
class Live:
    settings: Settings
    client: Airflow


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    with tempfile.TemporaryDirectory(prefix="tongket-chain-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the private server's own account must pass
        settings = dataclasses.replace(
            etl_settings.load(),
            var=folder / "var",
            database_url="",
            scopes=(SCOPE,),
            min_age_seconds=0.0,
            received_clock="mtime",
            simulated=True,
        )
        try:
            yield Live(settings, local.up(settings, port=0, components=COMPONENTS).client)
        finally:
            local.down(settings)


def _made(live: Live, before: set[str]) -> list[Run]:
    """The runs made since, apart from those that the clock alone starts."""
    settled = settle(live.client, seconds=SECONDS)
    return [run for run in settled if run.id not in before and run.dag not in {"dispatch", "remind"}]


def _known(live: Live) -> set[str]:
    return {run.id for run in runs(live.client)}


def _keys(made: list[Run], dag: str) -> list[str]:
    return sorted(run.key for run in made if run.dag == dag)


def _states(live: Live, run: Run) -> dict[str, set[str]]:
    path = f"/api/v2/dags/{run.dag}/dagRuns/{run.id}/taskInstances"
    states: dict[str, set[str]] = {}
    for task in live.client.get(path, limit=100)["task_instances"]:
        states.setdefault(task["task_id"], set()).add(task["state"])
    return states


def _facts(live: Live) -> dict[str, Any]:
    drafts = live.settings.outbox / "drafts"
    found = {str(path.relative_to(drafts)): json.loads(path.read_text()) for path in drafts.rglob("*facts.json")}
    return {name: {key: value for key, value in facts.items() if key not in WHEN} for name, facts in found.items()}


def test_files_in_the_inbox_become_reports_and_a_backfill_gives_the_same(live: Live) -> None:
    settings, client = live.settings, live.client
    for period in QUARTERS:
        client.trigger("open_period", period)
    assert {run.state for run in settle(client, seconds=SECONDS)} == {"success"}

    catalogue = load_catalogue(settings.catalog)
    periods = [Period.parse(key) for key in QUARTERS]
    forms = settings.outbox / "forms"
    assert sample.drop(catalogue, SCOPE, periods, forms, settings.inbox, wave=1, only=UNITS)
    stray = settings.inbox / UNITS[0] / "ghi-chu.xlsx"
    stray.write_text("không phải bảng tính")

    before = _known(live)
    client.trigger("intake")
    made = _made(live, before)
    assert {run.state for run in made if run.dag != "report_quarterly"} == {"success"}
    assert {run.state for run in made if run.dag == "report_quarterly"} == {"running"}, "they wait for a person"
    assert _keys(made, "attain") == QUARTERS, "one run for each period, however many files"
    assert _keys(made, "report_quarterly") == QUARTERS
    skipped = [_states(live, run) for run in made if run.dag == "report_annual"]
    tasks = ("due", "write", "ask", "approve", "conclude", "watch")
    assert skipped == [{task: {"skipped"} for task in tasks}] * len(QUARTERS)
    assert sorted(question.run.key for question in questions(client)) == QUARTERS
    assert list((settings.outbox / "returns" / UNITS[0]).glob("*tra-lai*")), "the stray file is answered"
    told = _facts(live)
    assert {name.split("/")[0] for name in told} == set(QUARTERS)

    before = _known(live)
    client.trigger("intake")
    made = _made(live, before)
    assert {run.dag for run in made} == {"intake"}, "nothing new, nothing computed"
    assert {run.state for run in made} == {"success"}

    shutil.rmtree(settings.outbox / "drafts")
    again = backfill.backfill(client, QUARTERS)
    assert {run.state for run in again} == {"success"}
    assert _keys(again, "attain") == QUARTERS
    assert _facts(live) == told
    assert len(questions(client)) == len(QUARTERS), "the same drafts are asked about once"


def test_people_decide_over_the_api_and_a_changed_figure_becomes_a_correction(live: Live) -> None:
    settings, client = live.settings, live.client
    of = {question.run.key: question for question in questions(client)}
    answer(client, of["2024Q1"], APPROVE)
    answer(client, of["2024Q2"], SEND_BACK, ly_do="Thiếu nguyên nhân")
    made = {run.id: run.state for run in settle(client, seconds=SECONDS)}
    assert [made[of[key].run.id] for key in QUARTERS] == ["success", "success", "running", "running"]
    folder = settings.outbox / "reports" / "2024Q1" / SCOPE
    first = {path.name: path.read_bytes() for path in (folder / "ty-ct25_quarter").iterdir()}
    record = json.loads(first["chung-thuc.json"])
    assert record["approved"]["by"] == "admin" and record["period"] == "2024Q1"
    assert {path.name for path in (settings.outbox / "reports").iterdir()} == {"2024Q1"}, "nothing else was decided so"

    catalogue = load_catalogue(settings.catalog)
    told = values(catalogue, catalogue.scopes[SCOPE], Period.parse("2024Q1"))
    again = {key: int(value) - 40 if key[2] == "telehealth_users" else value for key, value in told.items()}
    (issued,) = (settings.outbox / "forms" / "2024Q1" / UNITS[0]).glob("[!.~]*.xlsx")
    write_atomic(settings.inbox / UNITS[0] / "lan-2.xlsx", fill(issued.read_bytes(), again))
    client.trigger("intake")
    settle(client, seconds=SECONDS)
    correction = next(question for question in questions(client) if "đính chính" in question.subject)
    assert correction.run.key == "2024Q1"
    answer(client, correction, APPROVE)
    settle(client, seconds=SECONDS)
    corrected = {path.name for path in (folder / "ty-ct25_quarter_dinh-chinh-1").iterdir()}
    assert "ty-ct25_2024Q1_dinh-chinh.docx" in corrected and "chung-thuc.json" in corrected
    assert {path.name: path.read_bytes() for path in (folder / "ty-ct25_quarter").iterdir()} == first


def test_a_run_without_a_key_fails_and_says_so(live: Live) -> None:
    before = _known(live)
    live.client.trigger("attain")
    (run,) = _made(live, before)
    assert run.state == "failed"
    assert _states(live, run)["scopes"] == {"failed"}
