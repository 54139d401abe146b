"""Connections to the warehouse, in a role; named statements; and what a database error means in plain words.

Room: warehouse. Called by rooms, steps, command line and plugins. Never starts a transaction of its own.

Roles: one address is enough for development, as every connection narrows itself with ``SET ROLE``. In
production the address's login is a member of only the roles it needs (docs/warehouse.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

import psycopg
from sqlalchemy import Connection, CursorResult, Engine, TextClause, create_engine, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from etl.errors import WarehouseError
from etl.model.vietnam_time import VIETNAM_ZONE
from etl.settings import Settings
from etl.warehouse import embedded_server

Role = Literal["loader", "door", "reader", "owner"]
_SQL_ROOT = "tongket_sql"
# Just-in-time compilation costs more than it saves on statements of this size; days are Vietnam's.
_SESSION = f"-c jit=off -c TimeZone={VIETNAM_ZONE.key} -c application_name=tongket"
# A machine that vanishes ends no session: its locks would stand for the two hours that a server waits by default, and a
# client cut off from its server would wait as long. Both give up after a minute of silence.
_SILENCE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}
_SERVER_SILENCE = " ".join(
    f"-c {name.replace('keepalives', 'tcp_keepalives')}={value}" for name, value in _SILENCE.items()
)
_AWAY = ("08", "57P", "3D")
_LOGIN = "28"
_FULL = ("53100", "58030")
_UNKNOWN_SCHEMA = ("42P01", "42703", "3F000", "42883")


def build_engine(settings: Settings, role: Role = "loader") -> Engine:
    """An engine whose every connection acts in a role.

    The private server is started if no address is configured. The owner role may be missing (before the
    first migration); the others may not.

    Raises:
        WarehouseError: at connection time: the server is away, or the role is missing or not granted.
    """
    made = create_engine(
        embedded_server.resolve_database_url(settings),
        connect_args={"options": f"{_SESSION} {_SERVER_SILENCE}", "connect_timeout": 10, **_SILENCE},
        poolclass=NullPool,  # steps are short-lived: a connection ends with its use, none is left open behind
        execution_options={_SQL_ROOT: str(settings.sql)},
    )
    event.listen(made, "handle_error", _handle_db_error, retval=True)
    event.listen(made, "connect", _build_role_setter(f"tongket_{role}", required=role != "owner"))
    return made


def find_sql_root(bind: Engine | Connection) -> Path:
    """The sql/ folder that belongs to an engine or connection made here."""
    return Path(bind.get_execution_options()[_SQL_ROOT])


def query(conn: Connection, name: str, **params: object) -> CursorResult[Any]:
    """Runs the named statement ``sql/queries/<name>.sql`` with bound parameters.

    Raises:
        WarehouseError: no such statement, or the database is away.
    """
    return conn.execute(_read_statement(find_sql_root(conn) / "queries" / f"{name}.sql"), params)


@lru_cache(maxsize=256)
def _read_statement(path: Path) -> TextClause:
    try:
        return text(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WarehouseError(
            f"no named statement: {error.strerror}", where=str(path), fix="restore sql/queries"
        ) from error


_COPIED_AT_ONCE = 5000


def copy_rows(conn: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Appends rows to a table with COPY, inside the caller's transaction.

    `table` and `columns` are names from our own code, never from outside.
    """
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with translate_db_errors(table), unwrap_driver(conn).cursor() as cursor, cursor.copy(statement) as copy:
        write = copy.write_row
        for row in rows:
            write(row)


COPY_NULL = "\\N"
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": None})
_TO_ESCAPE = re.compile(r"[\\\t\n\r\0]")


def escape_copy_text(text: str) -> str:
    """A text as a COPY line holds it. PostgreSQL text holds every character but NUL."""
    return text.translate(_ESCAPED) if _TO_ESCAPE.search(text) else text


def copy_lines(conn: Connection, table: str, columns: Sequence[str], lines: Sequence[str]) -> None:
    """Appends rows that are COPY lines already: for the hundreds of thousands where `copy_rows` would cost most.

    `table` and `columns` are names from our own code, never from outside; a line is its values joined by tabs,
    without an end, and every text in it went through `copy_text`.
    """
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with translate_db_errors(table), unwrap_driver(conn).cursor() as cursor, cursor.copy(statement) as copy:
        for first in range(0, len(lines), _COPIED_AT_ONCE):
            copy.write("\n".join((*lines[first : first + _COPIED_AT_ONCE], "")))


def unwrap_driver(conn: Connection) -> psycopg.Connection[Any]:
    """The psycopg connection beneath, for what SQLAlchemy has no words for. Same transaction."""
    return cast("psycopg.Connection[Any]", conn.connection.driver_connection)


@contextmanager
def translate_db_errors(where: str) -> Iterator[None]:
    """Turns a psycopg error of a known kind into a WarehouseError that says what to do."""
    try:
        yield
    except psycopg.Error as error:
        translated = build_warehouse_error(error, where)
        if translated is None:
            raise
        raise translated from error


def build_warehouse_error(error: psycopg.Error, where: str) -> WarehouseError | None:
    """What a database error means for the reader; None when it is a defect of ours."""
    state = error.sqlstate or ""
    message = " ".join(str(error).split())[:300]
    if state.startswith(_FULL):
        return WarehouseError(
            f"the database's disk is full: {message}",
            where=where,
            fix="free some space and run again; nothing was lost",
        )
    if state == "42501":
        return WarehouseError(
            f"not allowed: {message}", where=where, fix="use a login that has this role; see docs/warehouse.md"
        )
    if state.startswith(_UNKNOWN_SCHEMA):
        return WarehouseError(f"the schema is not ours: {message}", where=where, fix="run `tongket warehouse migrate`")
    if state.startswith(_LOGIN) or "authentication failed" in message:  # at connection time there is no state
        return WarehouseError(
            f"the database refuses the login: {message}",
            where=where,
            fix="correct the login or password in TONGKET_DATABASE_URL, and restart what was started with the old one",
        )
    if state.startswith(_AWAY) or (not state and isinstance(error, psycopg.OperationalError)):
        return WarehouseError(
            f"the database is away: {message}",
            where=where,
            fix="start it and run again; what was not committed was undone",
        )
    return None


def _handle_db_error(context: ExceptionContext) -> BaseException | None:
    original = context.original_exception
    if not isinstance(original, psycopg.Error):
        return None
    return build_warehouse_error(original, context.engine.url.render_as_string() if context.engine else "database")


def _build_role_setter(role: str, *, required: bool) -> Any:
    def set_role(connection: psycopg.Connection[Any], _entry: ConnectionPoolEntry) -> None:
        connection.autocommit = True
        with translate_db_errors(role), connection.cursor() as cursor:
            assumed_role = cursor.execute(
                "SELECT set_config('role', rolname, false) FROM pg_catalog.pg_roles WHERE rolname = %s", (role,)
            ).fetchone()
        connection.autocommit = False
        if assumed_role is None and required:
            raise WarehouseError(
                f"the role {role} does not exist", where="database", fix="run `tongket warehouse migrate`"
            )

    return set_role
