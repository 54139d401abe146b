"""Waiting until a chain of runs has come to rest: intake → attain → reports, as the assets drive them.

Only `ops` calls this. At rest means: every run has ended, and every asset event has had all its consumers' runs.

An event has had a consumer's run when one of its key began after it. Airflow's own list of the runs that an event made
is not asked: an event that joins others in waiting just while the scheduler makes their run never comes into that list.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from ops.airflow_api import AirflowClient, AirflowError, Json

CONSUMERS = {
    "periods": ("open_period",),
    "observations": ("attain",),
    "attainment": ("report_monthly", "report_quarterly", "report_annual"),
    "longer_periods": ("report_six_nine_months",),
}
ENDED = frozenset({"success", "failed"})
UNDER_WAY = ("queued", "running")
POLL_SECONDS = 1.0
LOOK_SECONDS = 10.0  # a whole look costs the api-server a quarter of a second
AT_WORK = ("scheduled", "queued", "running")
PAGE = 100


@dataclass(frozen=True)
class DagRun:
    """One DAG run as it was last seen."""

    dag: str
    id: str
    key: str
    state: str
    seconds: float
    began: datetime | None = None


def list_dag_runs(client: AirflowClient, *states: str) -> list[DagRun]:
    """Every run that Airflow knows, or those in these states."""
    return [
        _parse_dag_run(payload) for payload in _fetch_all_pages(client, "/api/v2/dags/~/dagRuns", "dag_runs", states)
    ]


def wait_until_settled(
    client: AirflowClient,
    *,
    seconds: float,
    on_poll: Callable[[list[DagRun]], None] = lambda _: None,
    paused: Collection[str] = (),
) -> list[DagRun]:
    """Waits until everything is at rest; gives all runs. `on_poll` is called with the runs under way at each look.

    DAGs that are `paused` take nothing, so that nothing is waited for.

    Raises:
        AirflowError: not at rest in time; names what was still under way.
    """
    until = time.monotonic() + seconds
    while True:
        under_way = list_dag_runs(client, *UNDER_WAY)
        on_poll(under_way)
        if not under_way:
            found = list_dag_runs(client)
            if all(run.state in ENDED for run in found) and not _has_owed_runs(client, found, paused):
                return found
        if time.monotonic() > until:
            names = ", ".join(f"{run.dag} {run.key} ({run.state})" for run in under_way) or "runs that assets still owe"
            raise AirflowError(
                f"not at rest after {seconds:.0f} s: {names}", where=client.address, fix="look at these runs"
            )
        _wait_while_tasks_run(client, min(until, time.monotonic() + LOOK_SECONDS))


def _wait_while_tasks_run(client: AirflowClient, until: float) -> None:
    """Waits as long as a task is at work: a short question instead of a whole look, which takes the server longer."""
    time.sleep(POLL_SECONDS)
    while time.monotonic() < until:
        path = "/api/v2/dags/~/dagRuns/~/taskInstances"
        if not client.get(path, limit=1, state=AT_WORK)["total_entries"]:
            return
        time.sleep(POLL_SECONDS)


def wait_for_run_end(client: AirflowClient, dag: str, run_id: str, *, seconds: float) -> str:
    """Waits until one run has ended, whatever it set in motion; gives its state.

    Raises:
        AirflowError: it has not ended in time.
    """
    until = time.monotonic() + seconds
    while (state := str(client.get(f"/api/v2/dags/{dag}/dagRuns/{run_id}")["state"])) not in ENDED:
        if time.monotonic() > until:
            raise AirflowError(
                f"{dag} has not ended after {seconds:.0f} s", where=client.address, fix="look at this run"
            )
        time.sleep(POLL_SECONDS)
    return state


def describe_failures(client: AirflowClient, run: DagRun, *, lines: int = 12) -> list[str]:
    """For each failed task of a run: its name and the end of its log."""
    tasks = client.get(f"/api/v2/dags/{run.dag}/dagRuns/{run.id}/taskInstances", limit=PAGE)["task_instances"]
    return [
        _describe_failure(client, run, task, lines)
        for task in tasks
        if task["state"] == "failed" and task["task_id"] != "watch"
    ]


def _has_owed_runs(client: AirflowClient, runs: Sequence[DagRun], paused: Collection[str]) -> bool:
    """Whether an asset event waits for a run that is not among these."""
    began: dict[tuple[str, str], datetime] = {}
    for run in runs:
        if run.began:
            began[run.dag, run.key] = max(run.began, began.get((run.dag, run.key), run.began))
    for event in _fetch_all_pages(client, "/api/v2/assets/events", "asset_events"):
        for dag in set(CONSUMERS.get(str(event["name"]), ())) - set(paused):
            last = began.get((dag, str(event["partition_key"])))
            if last is None or last < datetime.fromisoformat(event["timestamp"]):
                return True
    return False


def _describe_failure(client: AirflowClient, run: DagRun, task: Json, lines: int) -> str:
    mapped = f"[{task['map_index']}]" if task["map_index"] >= 0 else ""
    path = f"/api/v2/dags/{run.dag}/dagRuns/{run.id}/taskInstances/{task['task_id']}/logs/{task['try_number']}"
    content = client.get(path, map_index=task["map_index"])["content"]
    log_lines = [text for entry in content if (text := _format_log_entry(entry))]
    return f"{run.dag} {run.key} · {task['task_id']}{mapped}\n" + "\n".join(
        f"    {text}" for text in log_lines[-lines:]
    )


def _format_log_entry(entry: Json | str) -> str:
    if isinstance(entry, str):
        return entry.rstrip()
    errors = [f"{error['exc_type']}: {error['exc_value']}" for error in entry.get("error_detail") or []]
    text = " ".join([str(entry.get("event", "")), *errors]).strip()
    return "" if text.startswith("::") else text  # marks of folding in the UI


def _fetch_all_pages(
    client: AirflowClient, path: str, field: str, states: Sequence[str] = (), **query: str
) -> list[Json]:
    items: list[Json] = []
    while True:
        page = client.get(path, limit=PAGE, offset=len(items), state=states, **query)
        items += page[field]
        if not page[field] or len(items) >= (page.get("total_entries") or 0):
            return items


def _parse_dag_run(payload: Json) -> DagRun:
    # A run of the calendar has no key that says more than its date.
    key = payload["partition_key"] or re.sub(
        r"^(scheduled|manual|asset_triggered)__|\..*|\+.*", "", payload["dag_run_id"]
    )
    began = datetime.fromisoformat(payload["start_date"]) if payload["start_date"] else None
    return DagRun(
        payload["dag_id"], payload["dag_run_id"], key, payload["state"], float(payload["duration"] or 0), began
    )
