"""The page where people meet it: inside a running Airflow, with its navigation, its login and its roles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from etl.page.page_app import router
from ops import environment, local
from ops.roles import REPORT_DAGS
from tests.browser import DESK, WAIT_MS, open_browser
from tests.dags.test_policy import REPORTS
from tests.ops.api_server import draft_waiting_report, start_api_server

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

PASSWORDS = {"admin": "of the one who decides", "reader": "of the one who looks"}


@pytest.fixture(scope="module")
def running() -> Iterator[local.RunningAirflow]:
    """Airflow's api-server with two people, on a warehouse with a draft that waits for a decision."""

    def build_env(*given: Any) -> dict[str, str]:
        env = environment.build_airflow_env(*given)
        Path(env["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]).write_text(json.dumps(PASSWORDS))
        return env | {"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,reader:viewer"}

    with start_api_server(build_env) as started:
        yield started


@pytest.fixture(scope="module")
def report(running: local.RunningAirflow) -> int:
    return draft_waiting_report()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


def fetch_token(running: local.RunningAirflow, user: str) -> str:
    login = {"username": user, "password": PASSWORDS[user]}
    return str(httpx2.post(f"{running.address}/auth/token", json=login).json()["access_token"])


def sign_in(browser: Browser, running: local.RunningAirflow, user: str) -> Any:
    context = browser.new_context(viewport=DESK)
    context.set_default_timeout(WAIT_MS)
    context.add_cookies([{"name": "_token", "value": fetch_token(running, user), "url": running.address}])
    return context.new_page()


def test_no_route_answers_without_airflows_login(running: local.RunningAirflow) -> None:
    paths = [route.path.format(report=1, delivery=1, name="a.html") for route in router.routes]  # type: ignore[attr-defined]
    assert len(paths) > 12
    for path in paths:
        for headers in ({}, {"Authorization": "Bearer forged"}, {"Cookie": "_token=forged"}):
            answer = httpx2.get(f"{running.address}/tongket{path}", headers=headers)
            assert answer.status_code in {401, 403}, path


def test_every_entry_of_the_navigation_opens_its_page(
    running: local.RunningAirflow, browser: Browser, report: int
) -> None:
    page = sign_in(browser, running, "reader")
    for route, title in {
        "tongket": "Theo dõi báo cáo",
        "tongket-documents": "Văn bản",
        "tongket-scorecard": "Kết quả thực hiện kế hoạch",
        "tongket-findings": "Lỗi số liệu",
        "tongket-operations": "Vận hành",
    }.items():
        page.goto(f"{running.address}/plugin/{route}")
        heading = page.frame_locator("iframe").get_by_role("heading", name=title, level=1)
        expect(heading, route).to_be_visible()
    page.close()


def test_each_dag_run_and_task_has_a_tab_that_opens_the_page_of_its_work(running: local.RunningAirflow) -> None:
    plugins = {plugin["name"]: plugin for plugin in running.client.get("/api/v2/plugins")["plugins"]}
    views = plugins["tongket_page"]["external_views"]
    tabs = {view["destination"]: view["href"] for view in views if view["destination"] != "nav"}
    assert set(tabs) == {"dag", "dag_run", "task", "task_instance"}
    assert all("{DAG_ID}" in href for href in tabs.values()) and "{RUN_ID}" in tabs["task_instance"]
    headings = {"report_annual": "Văn bản", "attain": "Kết quả", "intake": "Theo dõi báo cáo", "alerts": "Vận hành"}
    for dag, heading in headings.items():
        page = running.client.read_page("/" + tabs["dag_run"].format(DAG_ID=dag, RUN_ID="manual__1"))
        assert f"<h1>{heading}" in page, dag


def test_a_viewer_looks_and_an_approver_decides(running: local.RunningAirflow, browser: Browser, report: int) -> None:
    page = sign_in(browser, running, "reader")
    page.goto(f"{running.address}/tongket/documents/{report}")
    expect(page.get_by_text("Tài khoản này được xem, không được quyết định.")).to_be_visible()
    page.close()
    page = sign_in(browser, running, "admin")
    page.goto(f"{running.address}/plugin/tongket-documents")
    frame = page.frame_locator("iframe")
    frame.get_by_role("link", name="Báo cáo:").first.click()
    frame.get_by_role("button", name="Phê duyệt và phát hành").click()
    frame.get_by_text("Đã phát hành").wait_for()
    expect(frame.get_by_role("main")).to_contain_text("bởi admin")
    page.close()


def test_who_may_answer_the_question_of_a_dag_decides_here() -> None:
    from plugins.tongket_page import DAG_OF_CADENCE

    assert set(DAG_OF_CADENCE.values()) == set(REPORT_DAGS) == REPORTS
