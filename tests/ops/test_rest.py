from __future__ import annotations

import pytest

from ops import airflow_api, healthy
from ops.airflow_api import AirflowClient, AirflowError
from tests.ops.conftest import FakeAirflow

RUNS = "/api/v2/dags/attain/dagRuns"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow_api.time, "sleep", lambda _: None)


@pytest.fixture
def client(fake: FakeAirflow) -> AirflowClient:
    return AirflowClient(fake.address, "admin", "secret")


def test_a_run_is_triggered_with_its_partition_key(fake: FakeAirflow, client: AirflowClient) -> None:
    fake.on("POST", RUNS, {"dag_run_id": "manual__1"})
    assert client.trigger_dag_run("attain", "2024Q1") == "manual__1"
    assert fake.asked == [
        ("POST", "/auth/token", {"username": "admin", "password": "secret"}),
        ("POST", RUNS, {"logical_date": None, "partition_key": "2024Q1"}),
    ]


def test_a_token_that_ran_out_is_renewed(fake: FakeAirflow, client: AirflowClient) -> None:
    fake.on("GET", "/x", 401, {"ok": 1})
    assert client.get("/x") == {"ok": 1}
    assert fake.count("POST", "/auth/token") == 2


def test_reading_is_repeated_when_the_server_stumbles(fake: FakeAirflow, client: AirflowClient) -> None:
    fake.on("GET", "/x", 500, 503, {"ok": 1})
    assert client.get("/x") == {"ok": 1}


def test_triggering_is_never_repeated(fake: FakeAirflow, client: AirflowClient) -> None:
    fake.on("POST", RUNS, 500)
    with pytest.raises(AirflowError, match=r"gave 500: .*said so"):
        client.trigger_dag_run("attain", "2024Q1")
    assert fake.count("POST", RUNS) == 1


def test_a_refusal_says_what_was_asked_and_what_was_said(fake: FakeAirflow, client: AirflowClient) -> None:
    fake.on("GET", "/x", 403)
    with pytest.raises(AirflowError, match=r"GET /x gave 403: .*said so"):
        client.get("/x")
    assert fake.count("GET", "/x") == 1


def test_a_wrong_password_is_not_tried_for_ever(fake: FakeAirflow, client: AirflowClient) -> None:
    fake.on("POST", "/auth/token", 401)
    with pytest.raises(AirflowError, match="gave 401"):
        client.get("/x")
    assert fake.count("POST", "/auth/token") == 2


def test_nobody_answers() -> None:
    client = AirflowClient("http://127.0.0.1:9", "admin", "secret")
    assert client.fetch_health() == {}
    with pytest.raises(AirflowError, match="does not answer") as caught:
        client.get("/x")
    assert caught.value.exit_code == 2


def test_health_of_a_container(fake: FakeAirflow) -> None:
    path = "/api/v2/monitor/health"
    fake.on(
        "GET", path, {"metadatabase": {"status": "healthy"}, "scheduler": {"status": "unhealthy"}, "triggerer": None}
    )
    assert healthy.is_component_healthy(fake.address)
    assert not healthy.is_component_healthy(fake.address, "scheduler")
    assert not healthy.is_component_healthy(fake.address, "triggerer")
    assert not healthy.is_component_healthy("http://127.0.0.1:9")


def test_a_change_is_sent_once_and_never_repeated(fake: FakeAirflow, client: AirflowClient) -> None:
    fake.on("PATCH", "/x", {"ok": 1})
    assert client.patch("/x", {"a": 1}) == {"ok": 1}
    fake.on("PATCH", "/x", 500)
    with pytest.raises(AirflowError, match="PATCH /x gave 500"):
        client.patch("/x", {"a": 1})
    assert fake.count("PATCH", "/x") == 2
