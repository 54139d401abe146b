"""Who may decide, asked of Airflow with production's auth manager, over HTTP: on the page and past it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from etl import settings as etl_settings
from etl.model.vietnam_time import get_current_date
from etl.settings import PROJECT_ROOT
from etl.warehouse.connect import build_engine
from ops import environment, local
from ops.roles import APPROVER, ENGINEER, READER
from tests.ops.api_server import draft_waiting_report, start_api_server

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

PEOPLE = {"xem": READER, "duyet": APPROVER, "ky-su": ENGINEER}
PASSWORD = "chỉ cho kiểm thử"  # noqa: S105
AUTH = {"AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"}
ADD_PEOPLE = """
import json, sys
from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
from ops.roles import list_role_permissions
with get_application_builder() as builder:
    granted, manager = list_role_permissions(), builder.sm
    for name, role in json.loads(sys.argv[1]).items():
        made = manager.add_role(role)
        for action, resource in granted[role]:
            manager.add_permission_to_role(made, manager.create_permission(action, resource))
        assert manager.add_user(name, name, name, f"{name}@example.com", made, sys.stdin.readline().strip()), name
"""
QUESTION = "/api/v2/dags/report_quarterly/dagRuns/manual__1/taskInstances/ask/-1/hitlDetails"
ENTRY = {"number": "12", "date": get_current_date().isoformat(), "signer": "Trần Văn B"}


@pytest.fixture(scope="module")
def running() -> Iterator[local.RunningAirflow]:
    """Airflow's api-server with one person of each role."""

    def build_env(*given: Any) -> dict[str, str]:
        env = environment.build_airflow_env(*given) | AUTH
        made.update(env)
        return env

    def wait(*given: Any) -> None:  # meanwhile the people are made
        done = subprocess.run(
            [sys.executable, "-c", ADD_PEOPLE, json.dumps(PEOPLE)], env=made, cwd=PROJECT_ROOT,
            input=f"{PASSWORD}\n" * len(PEOPLE), text=True, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        wait_until_healthy(*given)

    wait_until_healthy = local._wait_until_healthy
    made: dict[str, str] = {}
    patience = 1200.0  # of a busy machine
    with start_api_server(build_env, _wait_until_healthy=wait, READY_SECONDS=patience) as started:
        yield started


@pytest.fixture(scope="module")
def report(running: local.RunningAirflow) -> int:
    return draft_waiting_report()


@pytest.fixture(scope="module")
def people(running: local.RunningAirflow) -> Iterator[dict[str, httpx2.Client]]:
    clients = {}
    with ExitStack() as opened:
        for name in PEOPLE:
            answer = httpx2.post(
                f"{running.address}/auth/token", json={"username": name, "password": PASSWORD}, timeout=120
            )
            headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            client = httpx2.Client(base_url=running.address, headers=headers, timeout=120)
            clients[name] = opened.enter_context(client)
        yield clients


def decisions() -> list[tuple[str, str]]:
    with build_engine(etl_settings.load_settings(), "loader").connect() as conn:
        return [tuple(row) for row in conn.execute(text("SELECT decision, decided_by FROM ops.sign_off"))]


def test_only_the_approver_decides_registers_and_sends_back_on_the_page(
    running: local.RunningAirflow, people: dict[str, httpx2.Client], report: int
) -> None:
    address = f"/tongket/documents/{report}"
    page = people["duyet"].get(address).text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token, "the approver has the form"
    for name in ("xem", "ky-su"):
        seen = people[name].get(address)
        assert seen.status_code == 200
        assert 'name="token"' not in seen.text
        for decision in ("approved", "sent_back"):
            for key in ("", token[1], "forged"):
                said = {"decision": decision, "token": key, "reason": "sai số liệu", **ENTRY}
                assert people[name].post(address, data=said).status_code == 403, (name, decision, key)
    forged = people["duyet"].post(address, data={"decision": "approved", "token": "forged", **ENTRY})
    assert forged.status_code in {400, 403}, "nor the approver's browser, sent there by another page"
    assert decisions() == []
    people["duyet"].post(address, data={"decision": "approved", "token": token[1], **ENTRY})
    assert decisions() == [("approved", "duyet")]


def test_only_the_approver_answers_a_waiting_task_past_the_page(
    running: local.RunningAirflow, people: dict[str, httpx2.Client]
) -> None:
    answer = {"chosen_options": ["0"], "params_input": {}}
    assert people["xem"].patch(QUESTION, json=answer).status_code == 403
    assert people["ky-su"].patch(QUESTION, json=answer).status_code == 403
    assert people["duyet"].patch(QUESTION, json=answer).status_code == 404, "who may, is told that nothing waits"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v2/dags/report_quarterly/dagRuns", {"logical_date": None}),
        ("PATCH", "/api/v2/dags/intake", {"is_paused": True}),
        ("POST", "/api/v2/dags/intake/clearTaskInstances", {"dry_run": False}),
        ("POST", "/api/v2/variables", {"key": "a", "value": "b"}),
        ("POST", "/api/v2/connections", {"connection_id": "smtp_default", "conn_type": "smtp"}),
        ("DELETE", "/api/v2/dags/intake", None),
    ],
)
def test_who_looks_changes_nothing_in_airflow(
    people: dict[str, httpx2.Client], method: str, path: str, body: dict[str, Any] | None
) -> None:
    assert people["xem"].request(method, path, json=body).status_code == 403
    assert people["duyet"].request(method, path, json=body).status_code == 403
