"""What a night does: a backup, now and then its restore, the archive's hashes, and nothing kept longer than agreed.

Each takes the day it is for (`2024-04-22`), may be run again for that day, and notes what it did.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import text

from etl.core.instance import Result, open_engine
from etl.errors import StorageError, WarehouseError
from etl.settings import Settings, load_settings
from etl.upkeep.backup import back_up_warehouse, restore_into
from etl.warehouse import embedded_server, journal
from etl.warehouse.connect import build_engine, translate_db_errors
from etl.warehouse.operations_store import fetch_failed_runs

_SUFFIX = ".tongket-backup"
_KEPT_BACKUPS = 3
"""So many of the newest are kept, however old they are."""
_SUNDAY = 7
MOST_LOG_BYTES = 4_000_000
"""A component's log is cut to half of this where it is longer."""
_NIGHTS = 7
"""In so many nights every content of the archive is hashed once."""


def back_up_nightly(day: str) -> Result:
    """Writes the day's backup of the warehouse and removes those older than agreed.

    Raises:
        StorageError: the folder cannot be written, or the disk is full.
    """
    settings = load_settings()
    target = settings.backups / f"{dt.date.fromisoformat(day)}{_SUFFIX}"
    if not target.exists():
        back_up_warehouse(target)
    limit = dt.date.fromisoformat(day) - dt.timedelta(days=settings.keep_days)
    removed = [path for path in _list_backups(settings)[:-_KEPT_BACKUPS] if path.name < str(limit)]
    for path in removed:
        path.unlink()
    return _record(settings, "backed_up", day, file=target.name, size=target.stat().st_size, removed=len(removed))


def drill_backup(day: str) -> Result:
    """On Sundays restores the newest backup into a scratch server and compares every table; nothing of it stays.

    Raises:
        StorageError: there is no backup.
        WarehouseError: what came differs from what was backed up, or no database can be made here.
    """
    if dt.date.fromisoformat(day).isoweekday() != _SUNDAY:
        return {"skipped": f"{day} is no Sunday"}
    settings = load_settings()
    if not (backups := _list_backups(settings)):
        raise StorageError("there is no backup to restore", where=str(settings.backups), fix="run the task `backup`")
    with _open_scratch_database(settings) as scratch:
        contents = restore_into(scratch, backups[-1])
    rows = sum(table["rows"] for table in contents["tables"])
    return _record(settings, "backup_restored", day, file=backups[-1].name, tables=len(contents["tables"]), rows=rows)


def check_archive(day: str) -> Result:
    """Hashes a part of the archive, another one each night: every content has the hash that names it.

    Raises:
        StorageError: a content is not what it was; names each.
    """
    settings, night = load_settings(), dt.date.fromisoformat(day).toordinal() % _NIGHTS
    contents = [
        p for p in settings.archive.glob("??/*") if len(p.name) == 64 and int(p.name[:8], 16) % _NIGHTS == night
    ]
    damaged = sorted(path.name for path in contents if _hash_file(path) != path.name)
    if damaged:
        raise StorageError(
            f"{len(damaged)} contents of the archive are not what was received: {', '.join(damaged[:5])}",
            where=str(settings.archive),
            fix="restore these files from the archive's own backup; nothing else is touched",
        )
    return _record(settings, "archive_checked", day, checked=len(contents))


def remove_old_logs(day: str, folder: Path, frequent: Sequence[str]) -> Result:
    """Removes Airflow's log files that were last written before the agreed time, and folders left empty.

    Those of `frequent`, the DAGs that run every few minutes, are kept for `TONGKET_KEEP_QUIET_DAYS`; the others, and
    those of runs that failed, for `TONGKET_KEEP_DAYS`. Of a component's own log, which never ends, the last part stays.
    """
    settings = load_settings()
    midnight = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), dt.UTC)
    limit, quiet_limit = (
        (midnight - dt.timedelta(days=days)).timestamp() for days in (settings.keep_days, settings.keep_quiet_days)
    )
    with open_engine(settings).connect() as conn:
        failed = {f"run_id={run['run']}" for run in fetch_failed_runs(conn, settings.keep_days)}

    def is_old(path: Path) -> bool:
        parts = path.relative_to(folder).parts
        is_quiet = parts[0].removeprefix("dag_id=") in frequent and not failed.intersection(parts)
        return path.stat().st_mtime < (quiet_limit if is_quiet else limit)

    old = [path for path in folder.rglob("*") if path.is_file() and is_old(path)]
    size = sum(path.stat().st_size for path in old)
    for path in old:
        path.unlink(missing_ok=True)
    for path in folder.glob("*.log"):
        _keep_last_part(path)
    for path in sorted((p for p in folder.rglob("*") if p.is_dir()), key=lambda p: len(p.parts), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()
    return _record(settings, "housekept", day, logs_removed=len(old), bytes=size)


def _keep_last_part(path: Path) -> None:
    """Cuts a log that somebody writes to, in place: what is appended meanwhile to the last lines may be lost."""
    if path.stat().st_size > MOST_LOG_BYTES:
        with path.open("r+b") as stream:
            stream.seek(-MOST_LOG_BYTES // 2, os.SEEK_END)
            stream.readline()
            kept = stream.read()
            stream.seek(0)
            stream.write(kept)
            stream.truncate()


def clean_databases(day: str, frequent: Sequence[str]) -> Result:
    """Vacuums the warehouse, and removes Airflow's own records of runs older than agreed: see `remove_old_logs`.

    Airflow's database is cleaned where `TONGKET_AIRFLOW_DATABASE_URL` names it; its tasks may not see its own setting.

    Raises:
        WarehouseError: a database is away, or Airflow's command failed; quotes it.
    """
    settings = load_settings()
    owner = build_engine(settings, "owner")
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as conn, translate_db_errors("vacuum"):
        conn.execute(text("VACUUM (ANALYZE)"))
    if not settings.airflow_database_url:
        return _record(settings, "housekept", day, metadata="not cleaned: TONGKET_AIRFLOW_DATABASE_URL is empty")
    limit, quiet_limit = (
        dt.date.fromisoformat(day) - dt.timedelta(days=days) for days in (settings.keep_days, settings.keep_quiet_days)
    )
    _clean_airflow(settings, limit)
    _clean_airflow(settings, quiet_limit, "--dag-ids", ",".join(frequent))
    return _record(settings, "housekept", day, metadata=f"cleaned before {limit}, of frequent runs {quiet_limit}")


def _clean_airflow(settings: Settings, limit: dt.date, *only: str) -> None:
    program = str(Path(sys.executable).with_name("airflow"))
    before = f"{limit}T00:00:00+00:00"
    command = [program, "db", "clean", "--clean-before-timestamp", before, "--skip-archive", "--yes", *only]
    env = {name: value for name, value in os.environ.items() if not name.startswith("_AIRFLOW")}
    env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = settings.airflow_database_url
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=env)  # noqa: S603
    if done.returncode:
        raise WarehouseError(
            f"airflow db clean failed: {done.stderr.strip()[-600:]}",
            where="Airflow's database",
            fix="read what it says",
        )


def _list_backups(settings: Settings) -> list[Path]:
    """Oldest first, as their names are days."""
    return sorted(settings.backups.glob(f"*{_SUFFIX}"))


def _hash_file(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _record(settings: Settings, kind: journal.EventKind, day: str, **detail: str | int) -> Result:
    with open_engine(settings).begin() as conn:
        journal.record_event(conn, kind, delivery_id=None, day=day, **detail)
    return {"day": day, **detail}


@contextmanager
def _open_scratch_database(settings: Settings) -> Iterator[Settings]:
    """A private server of its own, in a folder that is gone afterwards: no right on the real one is needed."""
    with tempfile.TemporaryDirectory(prefix="tongket-drill-") as folder:
        scratch = replace(settings, var=Path(folder), database_url="")
        try:
            yield scratch
        finally:
            embedded_server.stop_server(scratch.pgdata)
