"""What must be there before the containers start: `python -m ops.prepare`, run by the service `init`.

Logins and databases on the server, both schemas, the office's roles and the first user of Airflow. Safe to run at
every start; a password changed in `.env` takes effect then.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from etl.errors import SettingsError, TongketError
from etl.steps import check_office_files
from etl.warehouse import embedded_server

NEEDED = (
    "ADMIN_DATABASE_URL", "WAREHOUSE_PASSWORD", "WAREHOUSE_DOOR_PASSWORD", "AIRFLOW_DB_PASSWORD", "AIRFLOW_ADMIN_USER",
)  # fmt: skip
SECRET = "AIRFLOW_ADMIN_PASSWORD"  # noqa: S105 - the name of a variable
WAREHOUSE_LOGIN, DOOR_LOGIN, AIRFLOW_LOGIN = "tongket", "tongket-door", "airflow"
ROLES_BY_LOGIN = {
    WAREHOUSE_LOGIN: ("tongket_loader", "tongket_door", "tongket_reader"),
    DOOR_LOGIN: ("tongket_door",),
}
"""The tasks' login collects mail, in the door's role; the process that units reach has the door's role alone."""
AIRFLOW = str(Path(sys.executable).with_name("airflow"))


def prepare_server(env: Mapping[str, str]) -> None:
    """Brings server, schemas and first user to where this version needs them.

    Raises:
        SettingsError: a variable is missing, or a command failed.
        WarehouseError: the server is away.
    """
    for name in (*NEEDED, SECRET):
        if not env.get(name):
            raise SettingsError(f"{name} is empty", where=name, fix="set it in .env (ops.new_secrets prints one)")
    adopt_edited_files(env)
    admin = env["ADMIN_DATABASE_URL"]
    warehouse = embedded_server.ensure_database(admin, embedded_server.DATABASE)
    embedded_server.ensure_database(admin, embedded_server.AIRFLOW_DATABASE)
    with psycopg.connect(admin, autocommit=True) as connection:
        _ensure_login(connection, WAREHOUSE_LOGIN, env["WAREHOUSE_PASSWORD"])
        _ensure_login(connection, DOOR_LOGIN, env["WAREHOUSE_DOOR_PASSWORD"])
        _ensure_login(connection, AIRFLOW_LOGIN, env["AIRFLOW_DB_PASSWORD"])
        owner = sql.SQL("ALTER DATABASE {} OWNER TO {}")
        connection.execute(owner.format(*map(sql.Identifier, (embedded_server.AIRFLOW_DATABASE, AIRFLOW_LOGIN))))
        nobody_else = sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC")
        connection.execute(nobody_else.format(sql.Identifier(embedded_server.AIRFLOW_DATABASE)))
        _run_setup_command(
            [sys.executable, "-m", "etl", "warehouse", "migrate"], {**env, "TONGKET_DATABASE_URL": warehouse}
        )
        for login, roles in ROLES_BY_LOGIN.items():
            granted = sql.SQL(", ").join(map(sql.Identifier, roles))
            connection.execute(sql.SQL("GRANT {} TO {}").format(granted, sql.Identifier(login)))
    _run_setup_command([AIRFLOW, "db", "migrate"], env)
    _create_first_user(env)
    _create_roles(env)


def adopt_edited_files(env: Mapping[str, str]) -> None:
    """The office's edited files take effect where they are right; a mistake in them is named and changes nothing.

    Raises:
        SettingsError: there are no files in force that this release can work with.
    """
    candidate = env.get("OFFICE_FILES")
    if not candidate:
        return
    adopted = subprocess.run(
        [sys.executable, "-m", "etl", "catalogue", "adopt", candidate],
        check=False, env=dict(env), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    print(adopted.stdout, end="", flush=True)
    if adopted.returncode:
        in_force = check_office_files()["mistakes"]
        if in_force:
            raise SettingsError(
                "neither the edited files nor those in force can be used:\n" + "\n".join(in_force),
                where=candidate,
                fix="correct what is named above",
            )
        print("WARNING: the edited files were not taken, for what stands above; those in force stay", flush=True)


def _ensure_login(connection: psycopg.Connection[tuple[object, ...]], name: str, password: str) -> None:
    login_exists = connection.execute("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = %s", (name,)).fetchone()
    verb = sql.SQL("ALTER ROLE" if login_exists else "CREATE ROLE")
    connection.execute(
        sql.SQL("{} {} LOGIN PASSWORD {}").format(verb, sql.Identifier(name), sql.Literal(password)),
    )


def _create_first_user(env: Mapping[str, str]) -> None:
    user = env["AIRFLOW_ADMIN_USER"]
    twice = f"{env[SECRET]}\n{env[SECRET]}\n"  # asked for, and asked again; never an argument that `ps` shows
    email = env.get("AIRFLOW_ADMIN_EMAIL") or f"{user}@localhost.localdomain"
    facts = ["--role", "Admin", "--email", email, "--firstname", "Tongket", "--lastname", "Admin"]
    _run_setup_command([AIRFLOW, "users", "create", "--username", user, *facts], env, stdin_text=twice)
    _run_setup_command([AIRFLOW, "users", "reset-password", "--username", user], env, stdin_text=twice)


def _create_roles(env: Mapping[str, str]) -> None:
    """Makes the roles that are not there; one that an office has changed stays as it is."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        _run_setup_command([sys.executable, "-m", "ops.roles", file.name], env)
        _run_setup_command([AIRFLOW, "roles", "import", file.name], env)


def _run_setup_command(command: list[str], env: Mapping[str, str], stdin_text: str = "") -> None:
    # A session of its own has no terminal: a command that asks for a password then reads what is said here.
    done = subprocess.run(
        command,
        check=False,
        env=dict(env),
        input=stdin_text,
        text=True,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    name = " ".join(command[:3] if command[0] == AIRFLOW else command[2:])
    if done.returncode:
        raise SettingsError(f"{name} failed:\n{done.stdout[-2000:]}", where=name, fix="mend what the last line says")
    print(f"done: {Path(command[0]).name} {' '.join(command[1:3])}", flush=True)


def main() -> int:
    """The container's door. Exit code 0 prepared, 2 not, with the reason."""
    try:
        prepare_server(os.environ)
    except TongketError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
