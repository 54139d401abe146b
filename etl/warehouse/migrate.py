"""Brings a database to this code's schema: forward only, each step whole or not at all.

Room: warehouse. Called by steps, the command line and tests. `sql/migrations/NNNN_name.sql` run once, in
order, each in one transaction; `sql/views/*.sql` and `sql/grants.sql` are applied anew every time.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg import sql
from sqlalchemy import Engine, text

from etl.errors import WarehouseError
from etl.settings import Settings
from etl.warehouse import connect
from etl.warehouse.advisory_locks import AdvisoryLock, open_session_lock

_FILE = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_VIEW_SCHEMAS = ("out", "plan", "core", "ops")


@dataclass(frozen=True)
class Migration:
    """One numbered file. Grain: (number)."""

    number: int
    name: str
    path: Path
    sha256: str


@dataclass(frozen=True)
class MigrationStatus:
    """Where a migration stands in a database. `applied_at` is ISO 8601, empty while pending."""

    number: int
    name: str
    state: Literal["applied", "pending", "changed", "unknown"]
    applied_at: str = ""


def apply_migrations(engine: Engine) -> list[str]:
    """Applies what is pending, then views and grants. Gives the names of the migrations applied.

    Raises:
        WarehouseError: an applied file was changed or is missing, the database is newer than this code,
            or the login may not act as the owner.
    """
    root = connect.find_sql_root(engine)
    with _open_migration_session(engine) as session:
        session.execute("RESET ROLE")
        _run_sql_script(session, root / "bootstrap.sql")
        pending = _list_pending_migrations(root, _fetch_applied_migrations(session))
        for migration in pending:
            with session.transaction():
                _run_sql_script(session, migration.path)
                session.execute(
                    "INSERT INTO ops.migration (number, name, sha256) VALUES (%s, %s, %s)",
                    (migration.number, migration.name, migration.sha256),
                )
        with session.transaction():
            _recreate_functions_and_views(session, root)
            _run_sql_script(session, root / "grants.sql")
    return [f"{m.number:04d}_{m.name}" for m in pending]


def ensure_schema(settings: Settings) -> list[str]:
    """Applies what is pending, as `apply_migrations` does; a login that may not makes sure that nothing is.

    Raises:
        WarehouseError: as `apply_migrations`; or something is pending that this login may not apply.
    """
    if _may_act_as_owner(settings):
        return apply_migrations(connect.build_engine(settings, "owner"))
    statuses = fetch_migration_statuses(connect.build_engine(settings, "loader"))
    behind = [f"{status.number:04d}_{status.name}" for status in statuses if status.state != "applied"]
    if behind:
        raise WarehouseError(
            f"the warehouse is not of this version ({', '.join(behind)}), and this login may not change it",
            where="ops.migration",
            fix="run `tongket warehouse migrate` as a login that may act as tongket_owner (in the containers: `init`)",
        )
    return []


def _may_act_as_owner(settings: Settings) -> bool:
    try:
        with connect.build_engine(settings, "loader").connect() as conn:
            return bool(conn.execute(text("SELECT pg_has_role(session_user, 'tongket_owner', 'MEMBER')")).scalar_one())
    except WarehouseError:  # not a warehouse yet; or what is wrong is said by who goes on
        return True


def fetch_migration_statuses(engine: Engine) -> list[MigrationStatus]:
    """Every migration known here or in the database, by number. Changes nothing."""
    root = connect.find_sql_root(engine)
    with connect.translate_db_errors("ops.migration"), engine.connect() as conn:
        session = connect.unwrap_driver(conn)
        found = session.execute("SELECT to_regclass('ops.migration') IS NOT NULL").fetchone()
        applied = _fetch_applied_migrations(session) if found and found[0] else {}
    files = {m.number: m for m in list_migrations(root)}
    return [
        _build_migration_status(number, files.get(number), applied.get(number)) for number in sorted({*files, *applied})
    ]


def list_migrations(root: Path) -> list[Migration]:
    """The migrations below a sql/ folder, by number.

    Raises:
        WarehouseError: a file's name is not NNNN_name.sql, or a number stands twice or is left out.
    """
    found = []
    for path in sorted((root / "migrations").glob("*")):
        match = _FILE.fullmatch(path.name)
        if not match:
            raise WarehouseError("not a migration's name", where=str(path), fix="name it NNNN_name.sql")
        found.append(Migration(int(match[1]), match[2], path, hashlib.sha256(path.read_bytes()).hexdigest()))
    if [m.number for m in found] != list(range(1, len(found) + 1)):
        raise WarehouseError(
            "migration numbers have a gap or a double", where=str(root / "migrations"), fix="count up by one"
        )
    return found


@contextmanager
def _open_migration_session(engine: Engine) -> Iterator[psycopg.Connection[Any]]:
    """A connection that commits by itself, holding the migrators' lock; it is thrown away afterwards."""
    with engine.connect() as conn, connect.translate_db_errors("migration"):
        session = connect.unwrap_driver(conn)
        session.autocommit = True
        try:
            with open_session_lock(conn, AdvisoryLock.MIGRATION):
                yield session
        finally:
            conn.invalidate()


def _fetch_applied_migrations(session: psycopg.Connection[Any]) -> dict[int, tuple[str, str, str]]:
    rows = session.execute("SELECT number, name, sha256, applied_at FROM ops.migration ORDER BY number").fetchall()
    return {number: (name, sha256, at.isoformat()) for number, name, sha256, at in rows}


def _list_pending_migrations(root: Path, applied: dict[int, tuple[str, str, str]]) -> list[Migration]:
    files = {m.number: m for m in list_migrations(root)}
    for number, (name, sha256, _) in applied.items():
        where = str(root / "migrations" / f"{number:04d}_{name}.sql")
        if number not in files:
            raise WarehouseError(
                "the database is newer than this code, or a migration's file is missing",
                where=where,
                fix="install the newer release",
            )
        if files[number].sha256 != sha256:
            raise WarehouseError(
                "an applied migration was changed afterwards",
                where=where,
                fix="restore the file and add a new migration instead",
            )
    return [m for number, m in files.items() if number not in applied]


def _build_migration_status(
    number: int, file: Migration | None, applied: tuple[str, str, str] | None
) -> MigrationStatus:
    if applied is None:
        return MigrationStatus(number, file.name if file else "", "pending")
    name, sha256, at = applied
    if file is None:
        return MigrationStatus(number, name, "unknown", at)
    return MigrationStatus(number, name, "applied" if file.sha256 == sha256 else "changed", at)


def _recreate_functions_and_views(session: psycopg.Connection[Any], root: Path) -> None:
    session.execute("CREATE SCHEMA IF NOT EXISTS out")
    old = session.execute(
        "SELECT schemaname, viewname FROM pg_catalog.pg_views WHERE schemaname = ANY(%s)", (list(_VIEW_SCHEMAS),)
    ).fetchall()
    for schema, view in old:
        session.execute(sql.SQL("DROP VIEW IF EXISTS {} CASCADE").format(sql.Identifier(schema, view)))
    for path in [*sorted((root / "functions").glob("*.sql")), *sorted((root / "views").glob("*.sql"))]:
        _run_sql_script(session, path)


def _run_sql_script(session: psycopg.Connection[Any], path: Path) -> None:
    try:
        session.execute(path.read_bytes())
    except OSError as error:
        raise WarehouseError(
            f"not readable: {error.strerror}", where=str(path), fix="restore the sql/ folder"
        ) from error
    except psycopg.Error as error:
        raise connect.build_warehouse_error(error, str(path)) or WarehouseError(
            f"PostgreSQL refused the script: {error}",
            where=str(path),
            fix="correct the script; nothing of it was applied",
        ) from error
