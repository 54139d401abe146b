from __future__ import annotations

import dataclasses
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from etl import settings as etl_settings
from etl.settings import Settings
from ops import environment
from ops.environment import DatabaseAddresses, build_airflow_env

DATABASES = DatabaseAddresses("postgresql+psycopg:///tongket", "postgresql+psycopg:///airflow")


def test_secrets_are_made_once_and_only_their_owner_reads_them(settings: Settings) -> None:
    first = build_airflow_env(settings, DATABASES, 8080)
    assert build_airflow_env(settings, DATABASES, 8080) == first
    folder = environment.build_airflow_home_path(settings) / "secrets"
    made = sorted(path.name for path in folder.iterdir())
    assert made == ["api_secret_key", "fernet_key", "jwt_secret", "passwords.json"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_two_installs_share_no_secret(settings: Settings, tmp_path: Path) -> None:
    other = environment.ensure_secret(settings.__class__(**{**vars(settings), "var": tmp_path / "other"}), "jwt_secret")
    assert environment.ensure_secret(settings, "jwt_secret") != other


def test_keys_are_long_enough_for_what_signs_with_them(settings: Settings) -> None:
    env = build_airflow_env(settings, DATABASES, 8080)
    assert len(env["AIRFLOW__API_AUTH__JWT_SECRET"]) >= 64
    assert len(env["AIRFLOW__CORE__FERNET_KEY"]) == 44


def test_the_login_is_the_one_in_the_password_file(settings: Settings) -> None:
    env = build_airflow_env(settings, DATABASES, 8080)
    stored = json.loads(Path(env["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]).read_text())
    assert stored == {environment.USER: environment.ensure_password(settings)}
    assert env["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] == f"{environment.USER}:admin"


def test_airflow_listens_on_the_loopback_interface_only(settings: Settings) -> None:
    env = build_airflow_env(settings, DATABASES, 4711)
    assert env["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert env["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:4711/execution/"


def test_a_task_reads_the_same_settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = settings.__class__(
        **{**vars(settings), "batches": 3, "simulated": True, "received_clock": "mtime", "min_age_seconds": 0.5}
    )
    for name, value in build_airflow_env(changed, DATABASES, 8080).items():
        monkeypatch.setenv(name, value)
    expected = changed.__class__(
        **{**vars(changed), "database_url": DATABASES.warehouse, "airflow_database_url": DATABASES.airflow}
    )
    assert etl_settings.load_settings() == expected


def test_modules_may_be_compiled_whatever_the_caller_says(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in build_airflow_env(settings, DATABASES, 8080)


def test_what_is_preloaded_is_found_wherever_the_project_folder_is(settings: Settings, tmp_path: Path) -> None:
    env = build_airflow_env(dataclasses.replace(settings, home=tmp_path), DATABASES, 8080)
    code = "import sys; from importlib import util; print([n for n in sys.argv[1:] if not util.find_spec(n)])"
    names = sorted({name.split(".")[0] for name in environment.PRELOADED})
    command = [sys.executable, "-P", "-c", code, *names]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env, cwd=tmp_path)
    assert done.stdout.strip() == "[]"


def test_what_is_preloaded_is_there_and_a_broken_catalogue_is_left_to_the_tasks(tmp_path: Path) -> None:
    code = (
        "import importlib, os, sys; [importlib.import_module(name) for name in sys.argv[2:]];"
        "from etl.catalog import loader; from ops import warm;"
        "print(len(sys.modules.keys() & {'etl.report.docx', 'etl.check.batch'}), loader._load_hashed_catalogue.cache_info().currsize);"
        "os.environ['TONGKET_HOME'] = sys.argv[1]; importlib.reload(warm); print(loader._load_hashed_catalogue.cache_info().currsize)"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, str(Path.cwd()), *environment.PRELOADED]
    env = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "TONGKET_HOME": str(tmp_path), "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    assert done.stdout.split()[-3:] == ["2", "0", "1"]
