"""Airflow on this machine: `python -m ops.local up | down | status | run COMMAND …`.

A private PostgreSQL (or the server of `TONGKET_DATABASE_URL`), and Airflow's processes in the background, on
the loopback interface only. What it writes is under `var/`; what it stops is only what it started.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import socket
import subprocess
import sys
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from etl import settings as etl_settings
from etl.errors import SettingsError, TongketError, UsageError
from etl.model.vietnam_time import get_current_date
from etl.settings import Settings
from etl.warehouse import embedded_server
from ops import processes
from ops.airflow_api import AirflowClient
from ops.door import PORT as DOOR_PORT
from ops.environment import HOST, USER, DatabaseAddresses, build_airflow_env, build_airflow_home_path, ensure_password

PORT = 8080
CALENDAR = "calendar"  # the DAG that announces what is open
READY_SECONDS = 180.0
AIRFLOW = str(Path(sys.executable).with_name("airflow"))
COMPONENTS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
DOOR = "door"
HEALTH_NAMES = {"scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}


@dataclass(frozen=True)
class RunningAirflow:
    """A running Airflow: where, and how to log in."""

    address: str
    user: str
    password: str

    @property
    def client(self) -> AirflowClient:
        """Its REST API, logged in at the first call."""
        return AirflowClient(self.address, self.user, self.password)


def start_airflow(
    settings: Settings, *, port: int = PORT, components: tuple[str, ...] = (*COMPONENTS, DOOR)
) -> RunningAirflow:
    """Starts what is not running yet and waits until it is healthy and has read every DAG file.

    Raises:
        SettingsError: a process ended, or nothing was healthy in time; quotes the log.
    """
    run, logs = _build_run_folder_path(settings), build_airflow_home_path(settings) / "logs"
    lives = processes.list_process_states(run)
    if lives and all(lives.values()):
        return read_running_airflow(settings)
    processes.stop_all_processes(run)
    databases = ensure_databases(settings)
    port, door_port = find_free_port(port), find_free_port(DOOR_PORT)
    if "TONGKET_DOOR_ADDRESS" not in os.environ:
        settings = dataclasses.replace(settings, door_address=f"http://{HOST}:{door_port}")
    env = build_airflow_env(settings, databases, port)
    _print_progress("Preparing the databases / Chuẩn bị cơ sở dữ liệu …")
    _migrate_databases(env, settings.home, logs)
    _build_address_path(settings).write_text(f"http://{HOST}:{port}")
    _print_progress(f"Starting {', '.join(components)} / Khởi động Airflow …")
    commands = {name: [AIRFLOW, *COMPONENTS[name]] for name in components if name in COMPONENTS}
    if DOOR in components and {"web", "webdav"} & set(settings.doors):
        commands[DOOR] = [sys.executable, "-P", "-m", "ops.door", "--port", str(door_port)]
        _build_door_path(settings).write_text(f"http://{HOST}:{door_port}")
    for name, command in commands.items():
        processes.start_process(name, command, env=env, run=run, logs=logs, cwd=settings.home)
    running = read_running_airflow(settings)
    _wait_until_healthy(settings, running, components)
    return running


def open_current_periods(running: RunningAirflow) -> str:
    """Has the calendar look which periods are open today; gives the run's id.

    Raises:
        AirflowError: it could not be started.
    """
    return running.client.trigger_dag_run(CALENDAR, get_current_date().isoformat())


def stop_airflow(settings: Settings) -> list[str]:
    """Stops what `start_airflow` started: Airflow's processes with all their children, then the private server."""
    stopped = processes.stop_all_processes(_build_run_folder_path(settings))
    if not settings.database_url and settings.pgdata.exists():
        embedded_server.stop_server(settings.pgdata)
        stopped.append("postgresql")
    return stopped


def read_running_airflow(settings: Settings) -> RunningAirflow:
    """The Airflow that `start_airflow` started.

    Raises:
        SettingsError: `start_airflow` was never called here.
    """
    if not _build_address_path(settings).exists():
        raise SettingsError("Airflow was not started here", where=str(settings.var), fix="run `python -m ops.local up`")
    return RunningAirflow(_build_address_path(settings).read_text(), USER, ensure_password(settings))


def run_command(settings: Settings, command: list[str]) -> int:
    """Runs a command in the environment of the Airflow that `start_airflow` started; gives its exit code.

    Raises:
        UsageError: no command was given.
    """
    if not command:
        raise UsageError("no command to run", where="run", fix="such as: run airflow dags list")
    port = urllib.parse.urlsplit(read_running_airflow(settings).address).port or PORT
    env = build_airflow_env(settings, ensure_databases(settings), port)
    env["PATH"] = os.pathsep.join([str(Path(AIRFLOW).parent), env.get("PATH", os.defpath)])
    return subprocess.run(command, check=False, env=env, cwd=settings.home).returncode


def ensure_databases(settings: Settings) -> DatabaseAddresses:
    """The warehouse and Airflow's own database on the same server; made where they are missing."""

    warehouse = embedded_server.resolve_database_url(settings)
    return DatabaseAddresses(warehouse, embedded_server.ensure_database(warehouse, embedded_server.AIRFLOW_DATABASE))


def find_free_port(wanted: int) -> int:
    """The wanted port, or any free one where that is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SettingsError("no free port on the loopback interface", where=HOST, fix="stop what holds them")


def _migrate_databases(env: dict[str, str], home: Path, logs: Path) -> None:
    logs.mkdir(parents=True, exist_ok=True)
    jobs = {
        "airflow-migrate": [AIRFLOW, "db", "migrate"],
        "warehouse-migrate": [sys.executable, "-P", "-m", "etl", "warehouse", "migrate"],
    }
    started = {}
    for name, command in jobs.items():
        with (logs / f"{name}.log").open("wb") as out:
            started[name] = subprocess.Popen(
                command, env=env, cwd=home, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
            )
    codes = {name: job.wait() for name, job in started.items()}
    for name, code in codes.items():
        if code:
            raise SettingsError(
                f"{' '.join(jobs[name][-3:])} failed:\n{processes.read_log_tail(logs / f'{name}.log')}",
                where=str(logs / f"{name}.log"),
                fix="mend what the last line says",
            )


def _wait_until_healthy(settings: Settings, running: RunningAirflow, components: tuple[str, ...]) -> None:
    client, logs = running.client, build_airflow_home_path(settings) / "logs"
    expected = {HEALTH_NAMES[name] for name in components if name in HEALTH_NAMES}
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        dead = [
            name for name, lives in processes.list_process_states(_build_run_folder_path(settings)).items() if not lives
        ]
        if dead:
            log = logs / f"{dead[0]}.log"
            raise SettingsError(
                f"{dead[0]} ended:\n{processes.read_log_tail(log)}", where=str(log), fix="mend what it says"
            )
        health = client.fetch_health()
        healthy = health and all((health.get(name) or {}).get("status") == "healthy" for name in expected)
        reads = "dag-processor" in components
        if healthy and not (reads and _list_unread_dag_files(client, settings.home / "dags")):
            return
        time.sleep(0.3)
    raise SettingsError(
        f"Airflow was not healthy in {READY_SECONDS:.0f} s",
        where=str(logs),
        fix="read the logs there, then `down` and `up`",
    )


def _list_unread_dag_files(client: AirflowClient, dags: Path) -> set[str]:
    """The DAG files that Airflow has neither a DAG nor an import error of: a run of one could not be started yet."""
    shared = set((dags / ".airflowignore").read_text().split())
    read = {Path(dag["fileloc"]).name for dag in client.get("/api/v2/dags", limit=100)["dags"]}
    broken = {Path(error["filename"]).name for error in client.get("/api/v2/importErrors", limit=100)["import_errors"]}
    return {path.name for path in dags.glob("*.py")} - shared - read - broken


def _build_run_folder_path(settings: Settings) -> Path:
    return build_airflow_home_path(settings) / "run"


def _build_address_path(settings: Settings) -> Path:
    return build_airflow_home_path(settings) / "address"


def _build_door_path(settings: Settings) -> Path:
    return build_airflow_home_path(settings) / "door"


def _print_progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _print_status(settings: Settings) -> int:
    lives = processes.list_process_states(_build_run_folder_path(settings))
    for name, yes in lives.items():
        print(f"{name:<14} {'running / đang chạy' if yes else 'ended / đã dừng'}")
    if not lives:
        print("nothing is running / không có gì đang chạy")
        return 1
    print(f"Airflow        {read_running_airflow(settings).address}")
    _print_door(settings)
    return 0 if all(lives.values()) else 1


def _print_door(settings: Settings) -> None:
    """Says where units reach the web door, if it runs."""
    if processes.list_process_states(_build_run_folder_path(settings)).get(DOOR):
        print(f"Door / cửa     {_build_door_path(settings).read_text()}")


def main(arguments: list[str] | None = None) -> int:
    """The shell's door. Exit code 0 done, 1 not (all) running, 2 something is wrong and was named."""
    parser = argparse.ArgumentParser(prog="python -m ops.local", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    up = actions.add_parser("up", help="start what is not running")
    up.add_argument("--port", type=int, default=PORT, help="port of the UI; another is taken where it is in use")
    actions.add_parser("down", help="stop what was started")
    actions.add_parser("status", help="what is running")
    run = actions.add_parser("run", help="a command of Airflow's, such as `run airflow dags list`")
    run.add_argument("command", nargs=argparse.REMAINDER)
    chosen = parser.parse_args(arguments)
    try:
        settings = etl_settings.load_settings()
        if chosen.action == "up":
            running = start_airflow(settings, port=chosen.port)
            open_current_periods(running)
            print(f"Airflow: {running.address}")
            print(f"Page / trang theo dõi: {running.address}/tongket/")
            print(f"User / tài khoản: {running.user}\nPassword / mật khẩu: {running.password}")
            _print_door(settings)
            return 0
        if chosen.action == "down":
            print("Stopped / đã dừng:", ", ".join(stop_airflow(settings)) or "–")
            return 0
        if chosen.action == "run":
            return run_command(settings, chosen.command)
        return _print_status(settings)
    except TongketError as error:
        print(error, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    raise SystemExit(main())
