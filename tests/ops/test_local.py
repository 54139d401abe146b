from __future__ import annotations

import dataclasses
import datetime as dt
import socket
import sys
from pathlib import Path

import pytest

from etl.errors import SettingsError, UsageError
from etl.settings import Settings
from ops import environment, local
from ops.environment import DatabaseAddresses
from tests.ops.conftest import FakeAirflow


def test_a_port_in_use_is_not_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert local.find_free_port(port) not in {0, port}


@pytest.mark.parametrize(("arguments", "port"), [(["--port", "18099"], 18099), ([], local.PORT)])
def test_up_takes_the_port_that_it_is_given(
    arguments: list[str],
    port: int,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def start(_: Settings, *, port: int) -> local.RunningAirflow:
        return local.RunningAirflow(f"http://127.0.0.1:{port}", "admin", "x")

    monkeypatch.setenv("TONGKET_VAR", str(settings.var))
    monkeypatch.setattr(local, "start_airflow", start)
    monkeypatch.setattr(local, "open_current_periods", lambda _: "manual")
    assert local.main(["up", *arguments]) == 0
    assert f"http://127.0.0.1:{port}/tongket/" in capsys.readouterr().out


def test_nothing_runs_and_down_does_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TONGKET_VAR", str(settings.var))
    assert local.main(["status"]) == 1
    assert local.main(["down"]) == 0
    assert "–" in capsys.readouterr().out
    with pytest.raises(SettingsError, match="not started here"):
        local.read_running_airflow(settings)


@pytest.fixture
def _scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Databases are taken as given; what is started stands in for Airflow."""
    monkeypatch.setattr(local, "ensure_databases", lambda _: DatabaseAddresses("postgresql:///a", "postgresql:///b"))
    monkeypatch.setattr(local, "_migrate_databases", lambda *_: None)
    monkeypatch.setattr(local, "AIRFLOW", sys.executable)


@pytest.mark.usefixtures("_scripted")
def test_a_component_that_ends_is_named_with_its_last_words(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "COMPONENTS", {"scheduler": ["-c", "raise SystemExit('no table dag')"]})
    (environment.build_airflow_home_path(settings) / "run").mkdir(parents=True)
    with pytest.raises(SettingsError, match=r"scheduler ended:\nno table dag"):
        local.start_airflow(settings, components=("scheduler",))


def test_a_migration_that_fails_is_quoted(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(local, "AIRFLOW", "false")
    with pytest.raises(SettingsError) as caught:
        local._migrate_databases({"PATH": "/usr/bin:/bin", "TONGKET_HOME": str(tmp_path)}, tmp_path, tmp_path / "logs")
    assert "db migrate failed" in str(caught.value)
    assert (tmp_path / "logs" / "airflow-migrate.log").exists()


def test_a_command_runs_in_airflows_environment(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(local, "ensure_databases", lambda _: DatabaseAddresses("postgresql:///a", "postgresql:///b"))
    environment.build_airflow_home_path(settings).mkdir(parents=True)
    (environment.build_airflow_home_path(settings) / "address").write_text("http://127.0.0.1:4711")
    code = "import os; print(os.environ['AIRFLOW__API__PORT'], os.environ['TONGKET_DATABASE_URL'])"
    assert local.run_command(settings, ["python", "-c", code]) == 0
    assert capfd.readouterr().out == "4711 postgresql:///a\n"
    assert local.run_command(settings, ["python", "-c", "raise SystemExit(3)"]) == 3
    with pytest.raises(UsageError):
        local.run_command(settings, [])


def test_the_calendar_is_asked_for_today(fake: FakeAirflow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "get_current_date", lambda: dt.date(2026, 11, 26))
    fake.on("POST", "/api/v2/dags/calendar/dagRuns", {"dag_run_id": "manual"})
    assert local.open_current_periods(local.RunningAirflow(fake.address, "admin", "x")) == "manual"
    sent = [body for _, path, body in fake.asked if path.endswith("/calendar/dagRuns")]
    assert [body["partition_key"] for body in sent] == ["2026-11-26"]


def test_airflow_is_up_when_it_has_read_every_dag_file(
    fake: FakeAirflow, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dags = tmp_path / "home" / "dags"
    dags.mkdir(parents=True)
    for name in ("intake.py", "attain.py", "broken.py", "shared.py"):
        (dags / name).touch()
    (dags / ".airflowignore").write_text("shared.py\n")
    names = (["intake.py"], ["intake.py", "attain.py"])
    bodies = [{"dags": [{"fileloc": f"/elsewhere/dags/{name}"} for name in read]} for read in names]
    fake.on("GET", "/api/v2/monitor/health", {"dag_processor": {"status": "healthy"}})
    fake.on("GET", "/api/v2/dags", *bodies)
    fake.on("GET", "/api/v2/importErrors", {"import_errors": [{"filename": "broken.py"}]})
    monkeypatch.setattr(local.time, "sleep", lambda _: None)
    running = local.RunningAirflow(fake.address, "admin", "x")
    settings = dataclasses.replace(settings, home=tmp_path / "home")
    local._wait_until_healthy(settings, running, ("api-server", "dag-processor"))
    assert fake.count("GET", "/api/v2/dags") == 2
    local._wait_until_healthy(settings, running, ("api-server",))
    assert fake.count("GET", "/api/v2/dags") == 2
