from __future__ import annotations

from typing import Any

import pytest

from ops import dag_runs
from ops.airflow_api import AirflowClient, AirflowError
from ops.dag_runs import DagRun
from tests.ops.conftest import FakeAirflow

RUNS, EVENTS = "/api/v2/dags/~/dagRuns", "/api/v2/assets/events"
TASKS = "/api/v2/dags/~/dagRuns/~/taskInstances"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dag_runs, "POLL_SECONDS", 0.0)


@pytest.fixture
def client(fake: FakeAirflow) -> AirflowClient:
    return AirflowClient(fake.address, "admin", "secret")


def _run(
    dag: str, state: str, key: str | None = "2024Q1", run_id: str = "asset_triggered__1", began: int | None = 30
) -> dict[str, Any]:
    start = None if began is None else _at(began)
    return {
        "dag_id": dag, "dag_run_id": run_id, "partition_key": key, "state": state, "duration": 1.5, "start_date": start,
    }  # fmt: skip


def _at(second: int) -> str:
    return f"2024-04-01T00:00:{second:02d}.5Z"


def _runs(*found: dict[str, Any]) -> dict[str, Any]:
    return {"dag_runs": list(found), "total_entries": len(found)}


def _events(name: str, *seconds: int, key: str = "2024Q1") -> dict[str, Any]:
    found = [{"name": name, "partition_key": key, "timestamp": _at(second)} for second in seconds]
    return {"asset_events": found, "total_entries": len(found)}


def test_at_rest_when_all_ended_and_all_consumers_ran(fake: FakeAirflow, client: AirflowClient) -> None:
    fake.on("GET", RUNS, _runs(), _runs(_run("intake", "success"), _run("attain", "failed")))
    fake.on("GET", EVENTS, _events("observations", 20))
    found = dag_runs.wait_until_settled(client, seconds=5)
    assert [(run.dag, run.key, run.state, run.seconds) for run in found] == [
        ("intake", "2024Q1", "success", 1.5),
        ("attain", "2024Q1", "failed", 1.5),
    ]


def test_one_run_serves_all_events_before_it(fake: FakeAirflow, client: AirflowClient) -> None:
    """Airflow writes down only the first of them where the second came while the scheduler made the run."""
    fake.on("GET", RUNS, _runs(), _runs(_run("attain", "success", began=30)))
    fake.on("GET", EVENTS, _events("observations", 10, 29))
    assert len(dag_runs.wait_until_settled(client, seconds=0)) == 1


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("observations", ()),
        ("attainment", (_run("report_monthly", "success"), _run("report_annual", "success"))),
        ("observations", (_run("attain", "success", began=19),)),
        ("observations", (_run("attain", "success", key="2024Q2"),)),
        ("observations", (_run("attain", "queued", began=None),)),
        ("observations", (_run("attain", "running"),)),
    ],
    ids=["no run", "two of three consumers", "began before it", "of another period", "not begun", "not ended"],
)
def test_an_event_that_still_owes_a_run_is_waited_for(
    fake: FakeAirflow, client: AirflowClient, name: str, made: tuple[dict[str, Any], ...]
) -> None:
    served = [_run(dag, "success") for dag in dag_runs.CONSUMERS[name]]
    fake.on("GET", RUNS, _runs(), _runs(*made), _runs(), _runs(*served))
    fake.on("GET", TASKS, _tasks())
    fake.on("GET", EVENTS, _events(name, 20))
    assert len(dag_runs.wait_until_settled(client, seconds=30)) == len(served)


def test_a_paused_dag_owes_no_run(fake: FakeAirflow, client: AirflowClient) -> None:
    fake.on("GET", RUNS, _runs())
    fake.on("GET", TASKS, _tasks())
    fake.on("GET", EVENTS, _events("longer_periods", 20))
    assert dag_runs.wait_until_settled(client, seconds=0, paused={"report_six_nine_months"}) == []
    with pytest.raises(AirflowError, match="runs that assets still owe"):
        dag_runs.wait_until_settled(client, seconds=0)


def test_events_of_other_assets_are_nobodys_debt(fake: FakeAirflow, client: AirflowClient) -> None:
    fake.on("GET", RUNS, _runs())
    fake.on("GET", EVENTS, _events("somebody-elses", 20))
    assert dag_runs.wait_until_settled(client, seconds=5) == []


def test_what_never_rests_is_named(fake: FakeAirflow, client: AirflowClient) -> None:
    fake.on("GET", RUNS, _runs(_run("attain", "running")))
    fake.on("GET", TASKS, _tasks(("compute", -1, "running")))
    with pytest.raises(AirflowError, match=r"attain 2024Q1 \(running\)"):
        dag_runs.wait_until_settled(client, seconds=0)


def _tasks(*found: tuple[str, int, str | None], dag: str = "report_quarterly") -> dict[str, Any]:
    tasks = [
        {"dag_id": dag, "dag_run_id": "asset_triggered__1", "task_id": name, "map_index": index, "state": state}
        for name, index, state in found
    ]
    return {"task_instances": tasks, "total_entries": len(tasks)}


def test_while_a_task_is_at_work_the_server_is_asked_little(fake: FakeAirflow, client: AirflowClient) -> None:
    fake.on("GET", RUNS, _runs(_run("attain", "running")), _runs(), _runs(_run("attain", "success")))
    busy = _tasks(("compute", -1, "running"))
    fake.on("GET", TASKS, busy, busy, busy, busy, _tasks())
    fake.on("GET", EVENTS, _events("somebody-elses", 20))
    dag_runs.wait_until_settled(client, seconds=30)
    assert (fake.count("GET", TASKS), fake.count("GET", RUNS)) == (5, 3), "one look, three short questions, one more"


def test_every_page_is_read(fake: FakeAirflow, client: AirflowClient) -> None:
    many = [_run("intake", "success", run_id=f"manual__{i}") for i in range(3)]
    fake.on("GET", RUNS, {"dag_runs": many[:2], "total_entries": 3}, {"dag_runs": many[2:], "total_entries": 3})
    assert len(dag_runs.list_dag_runs(client)) == 3


def test_a_run_without_a_key_is_named_by_its_time(fake: FakeAirflow, client: AirflowClient) -> None:
    fake.on("GET", RUNS, _runs(_run("intake", "success", None, "scheduled__2024-01-01T00:05:00+00:00")))
    assert dag_runs.list_dag_runs(client)[0].key == "2024-01-01T00:05:00"


def test_a_failure_is_told_with_dag_task_and_log(fake: FakeAirflow, client: AirflowClient) -> None:
    tasks = [
        {"task_id": "compute", "map_index": 1, "state": "failed", "try_number": 3},
        {"task_id": "compute", "map_index": 0, "state": "success", "try_number": 1},
        {"task_id": "watch", "map_index": -1, "state": "failed", "try_number": 1},
    ]
    base = "/api/v2/dags/attain/dagRuns/r/taskInstances"
    fake.on("GET", base, {"task_instances": tasks, "total_entries": 3})
    log = [
        {"event": "::group::Pre Execute"},
        {"event": "Task failed", "error_detail": [{"exc_type": "CatalogueError", "exc_value": "no such plan"}]},
    ]
    fake.on("GET", f"{base}/compute/logs/3", {"content": log})
    (told,) = dag_runs.describe_failures(client, DagRun("attain", "r", "2024Q1", "failed", 1.0))
    assert told == "attain 2024Q1 · compute[1]\n    Task failed CatalogueError: no such plan"
