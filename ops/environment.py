"""The environment that Airflow's processes run in, and the secrets made once per install.

Only `ops` calls this. It writes nothing but the secrets, each readable by its owner alone.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from etl.file_io import create_folder
from etl.settings import PROJECT_ROOT, Settings

USER = "admin"
HOST = "127.0.0.1"
PARALLEL_PER_CORE = 2  # a task waits half of its time for its supervisor
AHEAD = 1  # tasks that wait in the executor itself
# Imported once, in the process that all tasks are forked from, and not anew (seconds each time) in every task.
# The last are the project's own, with its catalogue: after an edit of `etl/`, restart.
PRELOADED = (
    "airflow.dag_processing.dagbag",
    "airflow.providers.openlineage.plugins.openlineage",
    "airflow.providers.standard.decorators.python",
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "docxtpl",
    "great_expectations.expectations",
    "holidays",
    "pandas",
    "pydantic",
    "python_calamine",
    "sqlalchemy.dialects.postgresql.psycopg",
    "xlsxwriter",
    "yaml",
    "ops.warm",
)
# How soon work goes on when a process or a machine is lost. A task says every second that it lives: one that has not
# for a minute is tried again, elsewhere (300 s by default). What a lost scheduler had begun is taken over within half a
# minute of its being known for dead (300 s by default).
RECOVERY = {"task_instance_heartbeat_timeout": "60", "orphaned_tasks_check_interval": "30"}
# What a task does and why it is skipped, our own lines, and warnings; not what Airflow tells of itself at every step.
LOG_LEVELS = "airflow=WARNING airflow.task=INFO http.access=WARNING supervisor=WARNING"


@dataclass(frozen=True)
class DatabaseAddresses:
    """Addresses of the two databases of one server."""

    warehouse: str
    airflow: str


def build_airflow_home_path(settings: Settings) -> Path:
    """Where Airflow keeps its logs, process files and secrets."""
    return settings.var / "airflow"


def ensure_secret(settings: Settings, name: str, *, size: int = 64) -> str:
    """A secret of this install, of so many random bytes: made at the first call, the same ever after."""
    path = build_airflow_home_path(settings) / "secrets" / name
    if not path.exists():
        create_folder(path.parent, 0o700)
        _write_private_file(path, base64.urlsafe_b64encode(secrets.token_bytes(size)).decode())
    return path.read_text()


def ensure_password(settings: Settings) -> str:
    """The password of the one user, kept in the file that Airflow's simple login reads."""
    path = _build_passwords_path(settings)
    if not path.exists():
        create_folder(path.parent, 0o700)
        _write_private_file(path, json.dumps({USER: secrets.token_urlsafe(12)}))
    return str(json.loads(path.read_text())[USER])


def build_airflow_env(settings: Settings, databases: DatabaseAddresses, port: int) -> dict[str, str]:
    """Every variable of Airflow's processes: the caller's environment, and ours over it."""
    ensure_password(settings)
    # Without compiled modules on disk, each of Airflow's processes spends three times as long on its imports.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**inherited, **_build_product_env(settings, databases), **_build_airflow_options(settings, databases, port)}


def _build_product_env(settings: Settings, databases: DatabaseAddresses) -> dict[str, str]:
    path = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    return {
        # What is preloaded is looked for here, and passed over in silence where it is not found.
        "PYTHONPATH": os.pathsep.join([*path, str(PROJECT_ROOT)]),
        "TONGKET_HOME": str(settings.home),
        "TONGKET_VAR": str(settings.var),
        "TONGKET_SCOPES": ",".join(settings.scopes),
        "TONGKET_DATABASE_URL": databases.warehouse,
        "TONGKET_BATCHES": str(settings.batches),
        "TONGKET_MIN_AGE_SECONDS": f"{settings.min_age_seconds:g}",
        "TONGKET_RECEIVED_CLOCK": settings.received_clock,
        "TONGKET_SIMULATED": "1" if settings.simulated else "",
        "TONGKET_SMTP_CONNECTION": settings.smtp_connection,
        "TONGKET_AIRFLOW_DATABASE_URL": databases.airflow,
        "TONGKET_IMAP_CONNECTION": settings.imap_connection,
        "TONGKET_DOORS": ",".join(settings.doors) or "none",
        "TONGKET_DOOR_ADDRESS": settings.door_address,
        "TONGKET_DOOR_QUOTA_MB": f"{settings.door_quota_mb:g}",
        "GX_ANALYTICS_ENABLED": "false",
    }


def _build_airflow_options(settings: Settings, databases: DatabaseAddresses, port: int) -> dict[str, str]:
    home = build_airflow_home_path(settings)
    parallel = PARALLEL_PER_CORE * (os.cpu_count() or 1)
    address = f"http://{HOST}:{port}"
    options = {
        "core": {
            "executor": "LocalExecutor",
            "parallelism": str(parallel),
            # Airflow 3.3 counts no slot of LocalExecutor as taken and hands it everything at once, first come first
            # served: priorities hold only in a pool not much larger than the executor. What is a little larger keeps
            # the executor from waiting for the scheduler's next look.
            "default_pool_task_slot_count": str(parallel + AHEAD),
            "dags_folder": str(settings.home / "dags"),
            "plugins_folder": str(settings.home / "plugins"),
            "dags_are_paused_at_creation": "False",
            "load_examples": "False",
            "fernet_key": ensure_secret(settings, "fernet_key", size=32),
            "execution_api_server_url": f"{address}/execution/",
            "auth_manager": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
            "simple_auth_manager_users": f"{USER}:admin",
            "simple_auth_manager_passwords_file": str(_build_passwords_path(settings)),
        },
        "api": {
            "host": HOST,
            "port": str(port),
            "base_url": address,
            "workers": "1",
            "instance_name": "Tongket",
            "secret_key": ensure_secret(settings, "api_secret_key"),
        },
        "api_auth": {"jwt_secret": ensure_secret(settings, "jwt_secret"), "jwt_issuer": "tongket"},
        "database": {"sql_alchemy_conn": databases.airflow},
        # A file that was edited is read at once; the others need not be read anew every minute.
        "dag_processor": {
            "parsing_processes": "1",
            "refresh_interval": "60",
            "min_file_process_interval": "300",
            "print_stats_interval": "3600",
        },
        "scheduler": {
            "scheduler_idle_sleep_time": "0.5",
            "mp_start_method": "forkserver",
            "mp_forkserver_preload": ",".join(PRELOADED),
            **RECOVERY,
        },
        # A supervisor often notices only at its next heartbeat that its task has ended (5 s by default).
        "workers": {"min_heartbeat_interval": "1"},
        "logging": {
            "base_log_folder": str(home / "logs"),
            "colored_console_log": "False",
            "namespace_levels": LOG_LEVELS,
        },
    }
    flat = {
        f"AIRFLOW__{section.upper()}__{option.upper()}": value
        for section, chosen in options.items()
        for option, value in chosen.items()
    }
    return {"AIRFLOW_HOME": str(home), **flat}


def _build_passwords_path(settings: Settings) -> Path:
    return build_airflow_home_path(settings) / "secrets" / "passwords.json"


def _write_private_file(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
