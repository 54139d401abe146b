"""The warehouse as one file, which appears whole or not at all, and back from it."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from etl.core.instance import Result, load_settings_and_catalogue
from etl.errors import StorageError, UsageError
from etl.file_io import create_folder, sync_folder, translate_os_errors
from etl.settings import Settings
from etl.warehouse import database_backup, embedded_server
from etl.warehouse.connect import build_engine
from etl.warehouse.migrate import apply_migrations

_DUMP, _CONTENTS = "warehouse.dump", "contents.json"
_FORMAT = 1


def back_up_warehouse(target: Path) -> Result:
    """Writes the warehouse to a file. The archive of received files is not in it.

    Raises:
        UsageError: the file is there already.
        StorageError: the folder cannot be written, or the disk is full.
    """
    settings, _ = load_settings_and_catalogue()
    target = target.resolve()
    if target.exists():
        raise UsageError("the file is there already", where=str(target), fix="give another name; no backup is lost")
    with translate_os_errors(target):
        create_folder(target.parent)
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
            dump = Path(folder) / _DUMP
            contents = {
                "format": _FORMAT,
                **database_backup.dump_warehouse(
                    build_engine(settings, "owner"), embedded_server.resolve_database_url(settings), dump
                ),
            }
            _write_backup_file(dump, contents, target)
    return {"file": str(target), "size": target.stat().st_size, **contents}


def restore_from_backup(source: Path) -> Result:
    """Fills an empty warehouse from a backup, compares, and brings it to this code's schema.

    Raises:
        UsageError: the warehouse is not empty, or the file is no backup.
    """
    settings, _ = load_settings_and_catalogue()
    contents = restore_into(settings, source)
    return {
        "file": str(source),
        **contents,
        "verified": True,
        "applied": apply_migrations(build_engine(settings, "owner")),
    }


def restore_into(settings: Settings, source: Path) -> dict[str, Any]:
    """Fills the empty warehouse of some settings from a backup and compares; gives what the backup holds.

    Raises:
        UsageError: the warehouse is not empty, or the file is no backup.
        WarehouseError: what came differs from what was backed up.
    """
    with tempfile.TemporaryDirectory(prefix="tongket-restore-") as folder:
        contents = _read_backup_file(source.resolve(), Path(folder))
        url = embedded_server.resolve_database_url(settings)
        database_backup.restore_warehouse(build_engine(settings, "owner"), url, Path(folder) / _DUMP, contents)
    return contents


def _write_backup_file(dump: Path, contents: dict[str, Any], target: Path) -> None:
    packed = dump.with_name("whole")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:  # the dump is compressed already
        archive.write(dump, _DUMP)
        archive.writestr(_CONTENTS, json.dumps(contents, ensure_ascii=False, indent=1))
    with packed.open("rb") as stream:
        os.fsync(stream.fileno())
    packed.chmod(0o600)  # a backup holds everything: for its owner alone
    packed.replace(target)
    sync_folder(target.parent)


def _read_backup_file(source: Path, folder: Path) -> dict[str, Any]:
    if not source.is_file():
        raise StorageError("no such file", where=str(source), fix="give the file of a backup")
    try:
        with zipfile.ZipFile(source) as archive:
            if archive.testzip() is not None:
                raise zipfile.BadZipFile
            archive.extract(_DUMP, folder)
            contents = json.loads(archive.read(_CONTENTS))
    except (zipfile.BadZipFile, KeyError, ValueError):
        raise UsageError(
            "the file is no backup, or was damaged", where=str(source), fix="give a file of `tongket warehouse backup`"
        ) from None
    if contents.get("format") != _FORMAT:
        raise UsageError("a backup of another release's format", where=str(source), fix="restore it with that release")
    return dict(contents)
