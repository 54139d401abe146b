from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from ops import demo, local
from ops.airflow_api import AirflowClient, AirflowError
from ops.page_decision import decide_on_page
from tests.ops.conftest import FakeAirflow

RUNS, EVENTS = "/api/v2/dags/~/dagRuns", "/api/v2/assets/events"


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    calls: list[Any] = []
    monkeypatch.setattr(local, "stop_airflow", lambda settings: calls.append(settings.var.name) or [])
    return calls


def test_it_is_simulated_private_and_in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGKET_DATABASE_URL", "postgresql+psycopg://real-server/tongket")
    settings = demo.build_demo_settings()
    assert settings.var.name == "demo"
    assert settings.database_url == "", "never on a real warehouse"
    assert settings.simulated
    assert settings.received_clock == "mtime"
    assert settings.min_age_seconds == 0


def test_a_document_is_decided_on_by_the_form_of_its_page(fake: FakeAirflow) -> None:
    page, client = "/tongket/documents/25", AirflowClient(fake.address, "admin", "x")
    fake.on("GET", page, '<input type="hidden" name="token" value="a.b-c">')
    fake.on("POST", page, "<p>Đã phát hành</p>")
    decide_on_page(client, 25, "approved", number="05", signer="Nguyễn Văn A")
    form = {"token": ["a.b-c"], "decision": ["approved"], "number": ["05"], "signer": ["Nguyễn Văn A"]}
    assert fake.asked[-1] == ("POST", page, form)
    fake.on("GET", page, "<p>Tài khoản này được xem</p>")
    with pytest.raises(AirflowError, match="document 25 waits for no decision"):
        decide_on_page(client, 25, "approved")


def test_a_failed_run_ends_it_with_its_log(fake: FakeAirflow) -> None:
    run = {"dag_id": "attain", "dag_run_id": "r", "partition_key": "2024Q1", "state": "failed", "duration": 1} | {
        "start_date": "2024-04-01T00:00:00Z"
    }
    fake.on("GET", RUNS, {"dag_runs": [], "total_entries": 0}, {"dag_runs": [run], "total_entries": 1})
    fake.on("GET", EVENTS, {"asset_events": [], "total_entries": 0})
    fake.on("GET", f"/api/v2/dags/{demo.LONGER_DAG}", {"is_paused": True})
    base = "/api/v2/dags/attain/dagRuns/r/taskInstances"
    task = {"task_id": "compute", "map_index": -1, "state": "failed", "try_number": 1}
    fake.on("GET", base, {"task_instances": [task], "total_entries": 1})
    fake.on("GET", f"{base}/compute/logs/1", {"content": [{"event": "no such plan"}]})
    with pytest.raises(demo.DagRunFailed, match=r"attain 2024Q1 · compute\n    no such plan") as caught:
        demo._settle_or_raise(AirflowClient(fake.address, "admin", "x"), lambda _: None)  # type: ignore[arg-type]
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    ("what", "code"),
    [(None, 0), (demo.DagRunFailed("x"), 1), (demo.TongketError("x"), 2), (KeyboardInterrupt(), demo.STOPPED)],
)
def test_whatever_happens_airflow_is_stopped(
    what: BaseException | None, code: int, stopped: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def play(*_: object, **__: object) -> None:
        if what:
            raise what

    monkeypatch.setattr(demo, "run_demo", play)
    monkeypatch.setattr(demo, "print_summary", lambda *_: None)
    monkeypatch.setattr(demo.signal, "signal", lambda *_: None)
    assert demo.main([]) == code
    assert stopped == ["demo"]
    assert demo.main(["--keep"]) == code
    assert stopped == ["demo"], "unless it is to be kept"


def test_each_report_is_a_line_whatever_formats_it_has(tmp_path: Path) -> None:
    folder = tmp_path / "drafts" / "2024H1" / "tan-yen"
    folder.mkdir(parents=True)
    for name in ("bao-cao.docx", "bao-cao.pdf", "phu-luc.xlsx", "facts.json"):
        (folder / f"ty-ct25_2024H1_{name}").touch()
    assert demo._list_drafts(tmp_path) == [("2024H1", "tan-yen", "ty-ct25", "docx, pdf, xlsx")]


@pytest.mark.parametrize(
    ("day", "quarter"), [("2026-11-26", "2026Q3"), ("2026-12-31", "2026Q3"), ("2027-01-01", "2026Q4"), ("2028-05-01", "2028Q1")]
)  # fmt: skip
def test_it_ends_with_the_last_closed_quarter_of_any_day(day: str, quarter: str) -> None:
    assert demo.find_last_closed_quarter(dt.date.fromisoformat(day)).key == quarter
