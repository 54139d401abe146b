"""A warehouse as a dump, and back: PostgreSQL's own program, with counts and hashes that a restore must meet.

Room: warehouse. Called by steps. A backup is taken from one moment while work goes on; a restore goes into an empty
database only, whole or not at all, and then compares every table with what was counted at the backup.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Engine, make_url

from etl.errors import UsageError, WarehouseError
from etl.warehouse import connect, embedded_server

_SCHEMAS = ("ops", "core", "plan", "out")


@dataclass(frozen=True)
class TableDigest:
    """What a table held. `content` adds up a hash of every row, in whatever order they lie."""

    name: str
    rows: int
    content: str


def dump_warehouse(engine: Engine, url: str, file: Path) -> dict[str, Any]:
    """Writes the warehouse's dump to a file and gives what is in it: when, migrations, tables.

    Raises:
        WarehouseError: the database is away, or was never migrated.
    """
    with engine.connect() as conn, connect.translate_db_errors("backup"):
        session = connect.unwrap_driver(conn)
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        ((snapshot, taken_at),) = session.execute("SELECT pg_export_snapshot(), clock_timestamp()").fetchall()
        contents = {"taken_at": taken_at.isoformat(), **_fetch_dump_contents(session)}
        only = [f"--schema={name}" for name in _SCHEMAS]
        _run_postgres_client(
            "pg_dump", url, "--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={file}", *only
        )
    return contents


def restore_warehouse(engine: Engine, url: str, file: Path, contents: dict[str, Any]) -> None:
    """Fills an empty warehouse from a dump and compares what came with what was in it.

    Raises:
        UsageError: the warehouse is not empty.
        WarehouseError: something did not come as it was; nothing of it stays.
    """
    _prepare_empty_database(engine)
    _run_postgres_client(
        "pg_restore", url, "--no-owner", "--role=tongket_owner", "--single-transaction", "--exit-on-error", "--dbname",
        file=file,
    )  # fmt: skip
    with engine.connect() as conn, connect.translate_db_errors("restore"):
        restored = _fetch_dump_contents(connect.unwrap_driver(conn))
    if any(restored[name] != contents[name] for name in ("migrations", "tables")):
        _drop_schemas(engine)
        raise WarehouseError(
            f"what came differs from what was backed up: {', '.join(_list_differing_tables(contents, restored))}",
            where=str(file),
            fix="the warehouse is empty again; take another backup file",
        )


# --- contents ------------------------------------------------------------------------------------------


def _fetch_dump_contents(session: psycopg.Connection[Any]) -> dict[str, Any]:
    """Migrations and every table with its rows, for comparison."""
    names = session.execute(
        "SELECT n.nspname, c.relname FROM pg_catalog.pg_class AS c "
        "INNER JOIN pg_catalog.pg_namespace AS n ON c.relnamespace = n.oid "
        "WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1, 2",
        (list(_SCHEMAS),),
    ).fetchall()
    if ("ops", "migration") not in names:
        raise WarehouseError("there is no warehouse here", where="ops.migration", fix="run `tongket warehouse migrate`")
    levels = session.execute("SELECT number, name, sha256 FROM ops.migration ORDER BY number").fetchall()
    return {
        "migrations": [list(row) for row in levels],
        "tables": [asdict(_fetch_table_digest(session, *name)) for name in names],
    }


def _fetch_table_digest(session: psycopg.Connection[Any], schema: str, name: str) -> TableDigest:
    # 60 bits of each row's MD5, added up: no sort, and the order of rows does not matter.
    statement = sql.SQL(
        "SELECT count(*), coalesce(sum(('x' || substr(md5(t::text), 1, 15))::bit(60)::bigint), 0)::text FROM {} AS t"
    ).format(sql.Identifier(schema, name))
    row = session.execute(statement).fetchone()
    return TableDigest(f"{schema}.{name}", row[0], row[1]) if row else TableDigest(f"{schema}.{name}", 0, "0")


def _list_differing_tables(expected: dict[str, Any], restored: dict[str, Any]) -> list[str]:
    restored_tables = {table["name"]: table for table in restored["tables"]}
    tables = [t["name"] for t in expected["tables"] if restored_tables.get(t["name"]) != t]
    return tables or ["migrations"]


# --- the empty warehouse ---------------------------------------------------------------------------------


def _prepare_empty_database(engine: Engine) -> None:
    """Makes roles and room for a restore; refuses where anything lies in the way."""
    with engine.connect() as conn, connect.translate_db_errors("restore"):
        session = connect.unwrap_driver(conn)
        session.autocommit = True
        if session.execute("SELECT to_regclass('ops.migration') IS NOT NULL").fetchone() == (True,):
            held = session.execute("SELECT count(*) FROM ops.migration").fetchone()
            if held != (0,):
                raise UsageError(
                    "the warehouse is not empty",
                    where=engine.url.render_as_string(),
                    fix="name another database in TONGKET_DATABASE_URL, or another folder in TONGKET_VAR",
                )
        session.execute("RESET ROLE")
        session.execute((connect.find_sql_root(engine) / "bootstrap.sql").read_bytes())
        session.execute("DROP TABLE ops.migration")
        session.execute("DROP SCHEMA ops")
        conn.invalidate()


def _drop_schemas(engine: Engine) -> None:
    with engine.connect() as conn, connect.translate_db_errors("restore"):
        session = connect.unwrap_driver(conn)
        session.autocommit = True
        for name in _SCHEMAS:
            session.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))
        conn.invalidate()


# --- the programs ---------------------------------------------------------------------------------------


def _run_postgres_client(name: str, url: str, *arguments: str, file: Path | None = None) -> None:
    """Runs a PostgreSQL client program; the password goes by environment, never by argument."""
    address = make_url(url)
    secret = {"PGPASSWORD": str(address.password)} if address.password else {}
    plain = address.set(drivername="postgresql", password=None).render_as_string()
    command = [str(embedded_server.find_postgres_program(name)), *arguments, plain, *([str(file)] if file else [])]
    done = subprocess.run(command, check=False, capture_output=True, env=dict(os.environ) | secret)  # noqa: S603
    if done.returncode:
        error_output = done.stderr.decode(errors="replace").strip()[-600:]
        raise WarehouseError(
            f"{name} failed: {error_output}", where=address.render_as_string(), fix="read what it says"
        )
