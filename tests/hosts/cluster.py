"""The services of docker-compose.yml, each on the host that it is given, with the environment and command it has there.

Nothing of the settings is said a second time here: names of services become addresses, folders of the image become this
project's and a folder that all hosts share. A container's own folders are the host's.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
import yaml
from celery import Celery
from psycopg import sql

from etl.settings import PROJECT_ROOT
from etl.warehouse import embedded_server
from ops.airflow_api import AirflowClient, AirflowError
from ops.processes import read_log_tail
from tests.hosts.network import Host

BIN = str(Path(sys.executable).parent)
_VARIABLE = re.compile(r"\$\{([A-Z_]+)(?:(:-|:\?)([^}]*))?\}")
_READY_SECONDS = 1200.0
SCHEDULING = ("api-server", "scheduler", "dag-processor")


@dataclass
class Cluster:
    """Services of the compose file on hosts: the first has databases, queue and Airflow, the others work."""

    hosts: list[Host]
    folder: Path
    choices: Mapping[str, str]
    overrides: Mapping[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        printed = subprocess.run(
            [sys.executable, "-m", "ops.new_secrets"], cwd=PROJECT_ROOT, check=True, capture_output=True, text=True
        ).stdout
        secrets = dict(line.split("=", 1) for line in printed.splitlines() if re.match(r"[A-Z_]+=", line))
        self.chosen = {**secrets, **self.choices, "AIRFLOW_BASE_URL": f"http://{self.main.address}:8080"}
        text = (PROJECT_ROOT / "docker-compose.yml").read_text(encoding="utf-8")
        self.services: dict[str, Any] = yaml.safe_load(_VARIABLE.sub(self._fill_variable, text))["services"]

    @property
    def main(self) -> Host:
        return self.hosts[0]

    @property
    def workers(self) -> list[Host]:
        return self.hosts[1:]

    @property
    def var(self) -> Path:
        """What all hosts share: inbox, archive, outbox."""
        return self.folder / "var"

    @property
    def client(self) -> AirflowClient:
        return AirflowClient(f"http://{self.main.address}:8080", "admin", self.chosen["AIRFLOW_ADMIN_PASSWORD"])

    def build_env(self, service: str, host: Host) -> dict[str, str]:
        """The environment of a service on a host."""
        home = self.folder / host.name
        (home / "airflow").mkdir(parents=True, exist_ok=True)
        inside = {
            "/opt/tongket": str(PROJECT_ROOT),
            "/srv/office": str(PROJECT_ROOT),
            "/var/lib/tongket": str(self.var),
            "/var/log/tongket": str(self.folder / "logs"),
            "/tmp/airflow": str(home / "airflow"),  # noqa: S108 - as the compose file has it
            "@postgres/": f"@{self.main.address}:5432/",
            "@redis:": f"@{self.main.address}:",
            "//api-server:": f"//{self.main.address}:",
        }
        env = {}
        for name, value in self.services[service].get("environment", {}).items():
            env[name] = "" if value is None else str(value)  # what is empty in .env
            for old, new in inside.items():
                env[name] = env[name].replace(old, new)
        own = {"HOME": str(home), "PYTHONPATH": str(PROJECT_ROOT), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        return {**env, **self.overrides, **own, "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname"}

    def start(self, service: str, host: Host, name: str = "") -> None:
        """Starts a service on a host, in a session of its own."""
        command = [part.replace("$$", "$") for part in self.services[service]["command"]]
        log = self.folder / f"{name or service}.log"
        with log.open("ab") as out:
            self.running[name or service] = subprocess.Popen(
                host.build_command(command), env=self.build_env(service, host), cwd=self.folder / host.name,
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def start_workers(self, *hosts: Host) -> None:
        """Starts the workers of hosts, and waits until they answer."""
        for host in hosts:
            self.start("worker", host, f"worker-{host.name}")
        with Celery(broker=self.build_env("worker", self.main)["AIRFLOW__CELERY__BROKER_URL"]) as queue:
            for name in (f"celery@{host.name}" for host in hosts):
                self.wait_until(lambda name=name: queue.control.ping(destination=[name]), f"{name} answers")

    def kill(self, name: str) -> None:
        """Ends a service with all that it has started, without a chance to say so."""
        leader = self.running.pop(name)
        family = _list_family(leader)
        for member in family:
            member.suspend()  # none of them may see another die and act on it
        for member in {*family, *_list_family(leader)}:
            member.kill()
        leader.wait()

    def start_main(self) -> None:
        """Databases, queue, and Airflow on the first host, as `docker compose up` has them; waits until they answer."""
        self._start_postgres()
        self.start("redis", self.main)
        done = subprocess.run(
            self.main.build_command(self.services["init"]["command"]), env=self._build_init_env(), cwd=PROJECT_ROOT,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
        for service in SCHEDULING:
            self.start(service, self.main)
        self.wait_until(self._is_healthy, "Airflow is healthy")

    def wait_until(self, condition: Any, what: str, seconds: float = _READY_SECONDS) -> float:
        """Waits until a condition holds; gives the seconds it took, measured and judged by nobody."""
        start = time.monotonic()
        while not _holds(condition):
            dead = [name for name, process in self.running.items() if process.poll() is not None]
            assert not dead, f"{dead} ended:\n" + read_log_tail(self.folder / f"{dead[0]}.log", 40)
            assert time.monotonic() - start < seconds, f"not in {seconds:.0f} s: {what}"
            time.sleep(0.2)
        return time.monotonic() - start

    def stop(self) -> None:
        """Ends all of it."""
        for name in list(self.running):
            self.kill(name)
        embedded_server.stop_server(self.folder / "pg", at_once=True)

    def measure_cpu(self) -> dict[str, float]:
        """Seconds of the processor by service so far, with all children that have ended."""
        spent = {name: _sum_cpu(_list_family(process)) for name, process in self.running.items()}
        postmaster = embedded_server.read_server_status(self.folder / "pg").pid
        return {**spent, "postgres": _sum_cpu([psutil.Process(postmaster), *psutil.Process(postmaster).children()])}

    def _is_healthy(self) -> bool:
        health = self.client.fetch_health()
        return all((health.get(name) or {}).get("status") == "healthy" for name in ("scheduler", "dag_processor"))

    def _build_init_env(self) -> dict[str, str]:
        return self.build_env("init", self.main)

    def _start_postgres(self) -> None:
        """The project's own server with its data in a folder here; it asks for passwords and hears the hosts alone."""
        data = self.folder / "pg"
        url = embedded_server.start_server(data)
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as conn:
            secret = sql.Literal(self.chosen["POSTGRES_PASSWORD"])
            conn.execute(sql.SQL("ALTER ROLE postgres PASSWORD {}").format(secret))
        embedded_server.stop_server(data)
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {self.main.address}/24 scram-sha-256\n")
        options = f"-c listen_addresses={self.main.address} -c max_connections=200 -k {data}"
        embedded_server._run_server_program(
            "pg_ctl", "-D", str(data), "-l", str(data / "log"), "-o", options, "-t", "60", "-w", "start",
            account=embedded_server._find_server_account(data), where=data / "log",
        )  # fmt: skip

    def _fill_variable(self, found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        value = self.chosen.get(name) or (rest if kind == ":-" else "")
        assert value or kind != ":?", f"{name} {rest}"
        return value or ""


def _holds(condition: Any) -> bool:
    """Whether a condition is known to hold; a busy Airflow that does not answer says nothing."""
    try:
        return bool(condition())
    except AirflowError:
        return False


def _list_family(leader: subprocess.Popen[bytes]) -> list[psutil.Process]:
    try:
        process = psutil.Process(leader.pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _sum_cpu(family: list[psutil.Process]) -> float:
    total = 0.0
    for member in family:
        try:
            total += sum(member.cpu_times()[:4])  # its own, and that of children that have ended
        except psutil.NoSuchProcess:
            continue
    return total
