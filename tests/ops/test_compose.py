"""docker-compose.yml, Dockerfile and .env.example, held against the specification and against what is really there."""

from __future__ import annotations

import fnmatch
import json
import re
import subprocess
import sys
from importlib import util
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from sqlalchemy import make_url

from etl.settings import Settings
from etl.warehouse import connect
from ops import environment, new_secrets, prepare

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((Path(__file__).parent / "compose-spec" / "schema.json").read_text())
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(:[-?])?([^}]*)\}")
IMAGE_HOME = "/opt/tongket/"
BY_COMPOSE = {"COMPOSE_PROFILES"}  # read by docker compose itself
OF_THE_IMAGES = {"POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS", "REDIS_PASSWORD", "REDISCLI_AUTH"}


def _documented() -> set[str]:
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", EXAMPLE, flags=re.M))


def test_it_conforms_to_the_compose_specification() -> None:
    validator = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)
    assert [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(COMPOSE)] == []


def test_the_schema_would_notice() -> None:
    broken = {**COMPOSE, "services": {**SERVICES, "scheduler": {**SERVICES["scheduler"], "helthcheck": {}}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, SCHEMA)


def test_every_part_is_there() -> None:
    always = {"postgres", "init", "api-server", "scheduler", "dag-processor", "triggerer", "door"}
    assert {name for name, service in SERVICES.items() if "profiles" not in service} == always
    assert {name for name, service in SERVICES.items() if service.get("profiles") == ["scale"]} == {"redis", "worker"}
    assert len({service["image"] for service in OURS.values()}) == 1, "one image"


def test_every_lasting_service_has_a_health_check() -> None:
    for name, service in SERVICES.items():
        assert ("healthcheck" in service) is (name != "init"), name


def test_who_waits_for_whom_is_there_and_can_be_healthy() -> None:
    for service in SERVICES.values():
        for other, how in service.get("depends_on", {}).items():
            assert other in SERVICES
            condition = how["condition"]
            assert condition == ("service_completed_successfully" if other == "init" else "service_healthy")
            if condition == "service_completed_successfully":
                assert SERVICES[other]["restart"] == "no"


def test_what_must_last_lies_on_named_volumes() -> None:
    mounts = {name: _list_mounts(service) for name, service in SERVICES.items()}
    used = {volume for mounted in mounts.values() for volume in mounted}
    assert {volume for volume in used if "/" not in volume} == set(COMPOSE["volumes"])
    work = {name: f"/var/lib/tongket/{name}" for name in ("inbox", "archive", "outbox")}
    for name in (
        "scheduler",
        "worker",
        "api-server",
        "door",
    ):  # where tasks run, by executor; the page; where units send
        assert work.items() <= mounts[name].items(), name
    assert mounts["postgres"] == {"postgres": "/var/lib/postgresql", "postgres-socket": "/run/postgresql"}
    assert all({"logs", "office"} <= mounts[name].keys() for name in OURS)


def _list_mounts(service: dict[str, Any]) -> dict[str, str]:
    """Volume, or folder of this machine by default, and where it is mounted."""
    return dict(_with_defaults(volume).split(":")[:2] for volume in service.get("volumes", []))


def test_the_offices_own_files_are_read_by_init_alone_and_never_written() -> None:
    folders = {part: f"/srv/office/{part}" for part in ("catalog", "templates")}
    assert SERVICES["init"]["environment"]["OFFICE_FILES"] == "/srv/office"
    for name, service in OURS.items():
        bound = {volume for volume in map(_with_defaults, service["volumes"]) if "/" in volume.split(":")[0]}
        assert bound == ({f"./{part}:{at}:ro" for part, at in folders.items()} if name == "init" else set()), name
        assert _list_mounts(service)["office"] == str(Path(service["environment"]["TONGKET_OFFICE"]).parent), name


def test_a_socket_of_postgresql_lies_on_no_tmpfs() -> None:
    """Under podman a tmpfs belongs to root, so that the server cannot make its socket there."""
    assert not any("postgresql" in path for path in SERVICES["postgres"]["tmpfs"])


def test_everything_is_limited() -> None:
    for name, service in SERVICES.items():
        assert re.fullmatch(r"\d+[mg]", _with_defaults(service["mem_limit"])), name
        assert service["pids_limit"] > 0, name
        assert service["logging"] == {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}, name
        assert all(re.search(r":size=\d+[mg],mode=1777$", tmpfs) for tmpfs in service["tmpfs"]), name


def test_the_image_prepares_each_mount_point_for_its_account() -> None:
    install = re.search(r"install --directory --owner tongket --group tongket \\\n((?:.*\\\n)*.*)\n", DOCKERFILE)
    assert install
    prepared = set(install[1].replace("\\", " ").split())
    targets = {at for service in OURS.values() for volume, at in _list_mounts(service).items() if "/" not in volume}
    assert targets <= prepared


def test_nothing_runs_as_root_or_may_become_it() -> None:
    assert DOCKERFILE.rstrip().splitlines()[-2] == "USER 10001:10001"
    for name, service in SERVICES.items():
        assert name in OURS or service["user"] in {"postgres", "redis"}, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["read_only"] is True, name
        assert not service.get("privileged"), name


def test_only_ui_and_door_are_published_and_only_on_loopback_by_default() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if service.get("ports")}
    assert {name: [_with_defaults(port) for port in ports] for name, ports in published.items()} == {
        "api-server": ["127.0.0.1:8080:8080"], "door": ["127.0.0.1:8090:8090"],
    }  # fmt: skip


def _with_defaults(text: str) -> str:
    return VARIABLE.sub(lambda match: match[3] if match[2] == ":-" else f"<{match[1]}>", text)


def test_every_secret_is_demanded_with_a_message_and_has_no_default() -> None:
    secret = re.compile(r"PASSWORD|SECRET|FERNET")
    for name, operator, message in VARIABLE.findall(TEXT):
        if secret.search(name):
            assert operator == ":?", name
            assert ".env" in message, name
        else:
            assert operator == ":-", name
    demanded = {name for name, operator, _ in VARIABLE.findall(TEXT) if operator == ":?"}
    assert demanded == set(new_secrets.generate_secrets())


def test_no_secret_stands_in_the_files() -> None:
    for name, value in _environment():
        if re.search(r"PASSWORD|SECRET|FERNET|CONN$|BROKER_URL|RESULT_BACKEND|DATABASE_URL|AUTH$", name):
            assert "${" in value, name


def test_secrets_differ_and_pass_through_addresses_unharmed() -> None:
    first, second = new_secrets.generate_secrets(), new_secrets.generate_secrets()
    assert first.keys() == second.keys()
    assert not set(first.values()) & set(second.values())
    for name in new_secrets.PASSWORDS:
        assert re.fullmatch(r"[0-9a-f]{40}", first[name]), name


def test_new_secrets_needs_no_package() -> None:
    command = [sys.executable, "-I", "-S", str(ROOT / "ops" / "new_secrets.py")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert {line.split("=")[0] for line in printed.splitlines()} == set(new_secrets.generate_secrets())


def test_every_variable_is_documented_and_every_documented_one_is_used() -> None:
    from_compose = {match[0] for match in VARIABLE.findall(TEXT)} | BY_COMPOSE
    from_settings = set(re.findall(r"\bTONGKET_[A-Z_]+\b", (ROOT / "etl" / "settings.py").read_text()))
    assert from_compose | from_settings == _documented()


def test_every_setting_reaches_the_containers() -> None:
    from_settings = set(re.findall(r"\bTONGKET_[A-Z_]+\b", (ROOT / "etl" / "settings.py").read_text()))
    for name, service in OURS.items():
        missing = from_settings - set(service["environment"])
        assert missing == ({"TONGKET_AIRFLOW_DATABASE_URL"} if name == "door" else set()), name


def test_what_units_reach_has_the_doors_login_and_no_other_secret() -> None:
    def list_secrets(name: str) -> set[str]:
        values = " ".join(map(str, SERVICES[name]["environment"].values()))
        return {variable for variable, operator, _ in VARIABLE.findall(values) if operator == ":?"}

    assert list_secrets("door") == {"WAREHOUSE_DOOR_PASSWORD"}
    assert {name for name in OURS if "WAREHOUSE_DOOR_PASSWORD" in list_secrets(name)} == {"door", "init"}
    assert make_url(SERVICES["door"]["environment"]["TONGKET_DATABASE_URL"]).username == prepare.DOOR_LOGIN


def test_the_example_sets_nothing_by_itself() -> None:
    assert [line for line in EXAMPLE.splitlines() if line and not line.startswith("#")] == []


def test_init_is_given_what_it_asks_for() -> None:
    assert {*prepare.NEEDED, prepare.SECRET} <= set(SERVICES["init"]["environment"])


def _environment() -> set[tuple[str, str]]:
    return {(k, str(v)) for service in SERVICES.values() for k, v in service.get("environment", {}).items()}


def test_every_airflow_option_is_one_that_airflow_has(settings: Settings) -> None:
    local = environment.build_airflow_env(
        settings, environment.DatabaseAddresses("postgresql:///a", "postgresql:///b"), 8080
    )
    used = {name for name in {*local, *(name for name, _ in _environment())} if name.startswith("AIRFLOW__")}
    assert len(used) > 20
    assert used - _airflow_options() == set()


def test_work_goes_on_as_soon_as_on_ones_own_machine() -> None:
    for option, value in environment.RECOVERY.items():
        assert SERVICES["scheduler"]["environment"][f"AIRFLOW__SCHEDULER__{option.upper()}"] == value


def test_what_a_lost_worker_had_begun_is_begun_again_within_two_minutes() -> None:
    """By the settings: seen to be lost, looked for, and waited for before the next try, which backs off by twice at most."""
    defaults = _read_airflow_sections()["scheduler"]["options"]
    looked_for = float(defaults["task_instance_heartbeat_timeout_detection_interval"]["default"])
    intake = (ROOT / "dags" / "intake.py").read_text(encoding="utf-8")
    delay = float(re.findall(r'"retry_delay": timedelta\(seconds=(\d+)\)', intake)[0])
    assert float(environment.RECOVERY["task_instance_heartbeat_timeout"]) + looked_for + 2 * delay < 120


def test_no_session_of_a_vanished_machine_outlives_its_task() -> None:
    silence = connect._SILENCE
    given_up = silence["keepalives_idle"] + silence["keepalives_interval"] * silence["keepalives_count"]
    assert max(given_up, silence["tcp_user_timeout"] / 1000) <= float(
        environment.RECOVERY["task_instance_heartbeat_timeout"]
    )


def test_the_same_libraries_are_preloaded_as_on_ones_own_machine() -> None:
    given = SERVICES["scheduler"]["environment"]["AIRFLOW__SCHEDULER__MP_FORKSERVER_PRELOAD"]
    assert [name.strip() for name in given.split(",")] == list(environment.PRELOADED)


def _read_airflow_sections() -> dict[str, Any]:
    spec = util.find_spec("airflow")
    assert spec and spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "config_templates" / "config.yml"
    sections: dict[str, Any] = yaml.safe_load(path.read_text())
    return sections


def _airflow_options() -> set[str]:
    spec = util.find_spec("airflow")
    assert spec
    assert spec.submodule_search_locations
    home = Path(spec.submodule_search_locations[0])
    sections = _read_airflow_sections()
    for provider in ("celery", "fab", "openlineage"):
        text = (home / "providers" / provider / "get_provider_info.py").read_text()
        scope: dict[str, Any] = {}
        exec(compile(text, "provider", "exec"), scope)  # noqa: S102 - a plain dictionary in Airflow's own package
        sections |= scope["get_provider_info"]().get("config", {})
    for option in (
        "mp_start_method",
        "mp_forkserver_preload",
    ):  # of [core]; documented there as overridable per component
        sections["scheduler"]["options"][option] = sections["core"]["options"][option]
    unlisted = "num_stuck_in_queued_retries"  # the scheduler reads it, Airflow's own list of options lacks it
    if f'key="{unlisted}"' in (home / "jobs" / "scheduler_job_runner.py").read_text():
        sections["scheduler"]["options"][unlisted] = {}
    return {f"AIRFLOW__{s.upper()}__{o.upper()}" for s, section in sections.items() for o in section["options"]}


def _commands() -> list[tuple[str, list[str]]]:
    found = []
    for name, service in OURS.items():
        found.append((name, service["command"]))
        test = service.get("healthcheck", {}).get("test", [])
        if test:
            found.append((name, test[1].split() if test[0] == "CMD-SHELL" else test[1:]))
    return found


@pytest.mark.parametrize(("service", "command"), _commands(), ids=lambda value: " ".join(value)[:60])
def test_every_command_of_our_image_resolves(service: str, command: list[str]) -> None:
    program = Path(sys.executable).with_name(command[0])
    assert program.exists(), command
    if command[:2] == ["python", "-m"]:
        assert command[2].startswith("ops.")
        assert util.find_spec(command[2])
    elif command[0] != "airflow":  # Airflow's own parser is asked below
        module, attribute = command[command.index("--app") + 1].rsplit(".", 1)
        spec = util.find_spec(module)
        assert spec
        assert spec.origin
        assert re.search(rf"^\s*{attribute}\b", Path(spec.origin).read_text(), flags=re.M)


@pytest.mark.slow
def test_airflow_knows_these_commands(tmp_path: Path) -> None:
    airflow = str(Path(sys.executable).with_name("airflow"))
    code = "from airflow.cli.cli_parser import get_parser; p = get_parser()\n" + "".join(
        f"p.parse_args({command[1:]!r})\n" for _, command in _commands() if command[0] == "airflow"
    )
    code += (
        "from airflow.providers.celery.executors import celery_executor_utils"  # its imports must fit Celery's version
    )
    env = {"AIRFLOW_HOME": str(tmp_path), "PATH": str(Path(airflow).parent)}
    env |= {"AIRFLOW__CORE__EXECUTOR": "CeleryExecutor"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_path_inside_the_image_is_put_there() -> None:
    copied = dict(re.findall(r"^COPY (\S+) (\S+)$", DOCKERFILE, flags=re.M))
    assert all((ROOT / source).exists() for source in copied)
    for name, value in _environment():
        if value.startswith(IMAGE_HOME):
            assert value.removeprefix(IMAGE_HOME) in copied.values(), name
    assert {"catalog", "expectations", "sql", "templates", "etl", "dags", "plugins", "ops"} <= copied.keys()


def test_the_builder_is_sent_what_is_copied_and_no_more() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    kept = {line[1:] for line in lines if line[0] == "!"}
    assert kept == {source for source, _ in re.findall(r"^COPY (?!--)(\S+) (\S+)$", DOCKERFILE, flags=re.M)}
    assert not any(fnmatch.fnmatch(".env", pattern) for pattern in kept)


def test_packages_are_installed_by_their_hashes() -> None:
    assert "--no-deps --require-hashes" in DOCKERFILE, "pip would look for what an extra names outside the lock"
    lock = (ROOT / "requirements" / "runtime.txt").read_text()
    pinned = re.findall(r"^([a-z0-9][\w.-]*)==", lock, flags=re.M)
    assert {"apache-airflow", "apache-airflow-providers-fab", "apache-airflow-providers-celery"} <= set(pinned)
    assert lock.count("--hash=sha256:") >= len(pinned)


@pytest.mark.parametrize("text", [TEXT, DOCKERFILE, EXAMPLE], ids=["compose", "Dockerfile", ".env.example"])
def test_no_registry_host_is_named(text: str) -> None:
    images = re.findall(r"(?:^FROM |image: )(\S+)", text, flags=re.M)
    assert all("/" not in _with_defaults(image) for image in images)
    assert not re.search(r"docker\.io|ghcr\.io|quay\.io|pypi\.org|index-url", text)
