"""The receive room: inbox file → archived content, known by its hash. Never opens a cell.

Called by steps. A file is taken only when it is whole: a plain file, old enough, not a lock or temporary file,
and unchanged while it was copied. Crash-safe at every point: the inbox file goes last, after the content is in
the archive and the register has it. What is no plain file, may not be read or is far too large is moved to the
quarantine unopened. Names are data: nothing here is opened or written by a path that a name makes up.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from etl.file_io import sanitize_file_name, sync_folder, translate_os_errors

_CHUNK = 1 << 20
_LOCK_PREFIXES = ("~$", ".")
_PARTIAL_SUFFIXES = (".tmp", ".part", ".partial", ".crdownload", ".download")
_LINK, _TOO_LARGE = "F17", "F18"


class _UnreadableError(Exception):
    """A file that looked plain and cannot be opened as one."""


@dataclass(frozen=True)
class ReceivedFile:
    """A file as taken: what the register must know. `folder` is the inbox folder, '' for the inbox itself."""

    sha256: str
    size: int
    original_name: str
    folder: str
    received_at: dt.datetime


@dataclass(frozen=True)
class QuarantinedFile:
    """Something that was not opened: why (a code of `expectations/files.yaml`), and its name in the quarantine."""

    code: str
    original_name: str
    folder: str
    size: int
    kept: str


@dataclass(frozen=True)
class IntakeContext:
    """Where files go, who writes it down, and what is too much.

    `register` records a taken file durably, True if its content was not known before; `note` records what goes to the
    quarantine. The quarantine must lie on the inbox's own file system.
    """

    archive: Path
    quarantine: Path
    register: Callable[[ReceivedFile], bool]
    note: Callable[[QuarantinedFile], None]
    max_bytes: int


@dataclass
class ReceiveSummary:
    """What one look at the inbox gave. `ignored` names what stays: folders, locks and unfinished downloads."""

    new: int = 0
    duplicates: int = 0
    waiting: int = 0
    quarantined: int = 0
    ignored: list[str] = field(default_factory=list)


def receive_files(
    inbox: Path, desk: IntakeContext, *, now: dt.datetime, min_age: float, by_mtime: bool
) -> ReceiveSummary:
    """Takes every whole file from the inbox.

    Args:
        inbox: its folders are the senders'.
        desk: where things go and who is told.
        now: the time to judge ages by and to write down as received.
        min_age: seconds a file must have been left alone.
        by_mtime: write down the file's own time instead of `now` (simulations only).

    Raises:
        StorageError: the inbox, archive or quarantine cannot be used; nothing is lost, the next run goes on.
    """
    outcome = ReceiveSummary()
    for folder, path in _list_inbox_files(inbox):
        try:
            file_stat = os.lstat(path)
        except FileNotFoundError:  # its sender took it back
            continue
        code = _find_quarantine_code(file_stat, desk.max_bytes)
        if stat.S_ISDIR(file_stat.st_mode):
            outcome.ignored.append(
                sanitize_file_name(path.name) if not folder else f"{folder}/{sanitize_file_name(path.name)}"
            )
        elif _is_unfinished(path.name):
            outcome.waiting += 1
            outcome.ignored.append(f"{sanitize_file_name(folder)}/{sanitize_file_name(path.name)}")
        elif code != _LINK and now.timestamp() - file_stat.st_mtime < min_age:
            outcome.waiting += 1
        elif code:
            _quarantine_file(path, folder, file_stat, code, desk, outcome)
        else:
            _receive_file(
                path, folder, file_stat, desk, now if not by_mtime else _convert_file_time(file_stat), outcome
            )
    return outcome


def _find_quarantine_code(file_stat: os.stat_result, max_bytes: int) -> str:
    """The code of what is no plain file or too large; empty if it may be opened."""
    if not stat.S_ISREG(file_stat.st_mode):
        return _LINK
    return _TOO_LARGE if file_stat.st_size > max_bytes else ""


def _quarantine_file(
    path: Path, folder: str, file_stat: os.stat_result, code: str, desk: IntakeContext, outcome: ReceiveSummary
) -> None:
    """Moves something to the quarantine, unopened. It is noted first: a crash in between notes it twice, never not."""
    with translate_os_errors(desk.quarantine):
        desk.quarantine.mkdir(parents=True, exist_ok=True)
        near = desk.quarantine.stat().st_dev == file_stat.st_dev
    if not near:
        outcome.ignored.append(f"{sanitize_file_name(folder)}/{sanitize_file_name(path.name)}")
        return
    about = f"{folder}/{path.name}/{file_stat.st_ino}/{file_stat.st_mtime_ns}"
    kept = hashlib.sha256(about.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    desk.note(QuarantinedFile(code, sanitize_file_name(path.name), sanitize_file_name(folder), file_stat.st_size, kept))
    with translate_os_errors(path):
        path.rename(desk.quarantine / kept)
        sync_folder(desk.quarantine)
        sync_folder(path.parent)
    outcome.quarantined += 1


def _convert_file_time(file_stat: os.stat_result) -> dt.datetime:
    return dt.datetime.fromtimestamp(file_stat.st_mtime, dt.UTC)


def _list_inbox_files(inbox: Path) -> Iterator[tuple[str, Path]]:
    """(folder name, path) of everything in the inbox and its folders, oldest first."""
    with translate_os_errors(inbox):
        inbox.mkdir(parents=True, exist_ok=True)
        found = []
        for entry in os.scandir(inbox):
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith("."):
                    found += [(entry.name, Path(e.path), e.stat(follow_symlinks=False)) for e in os.scandir(entry.path)]
            else:
                found.append(("", Path(entry.path), entry.stat(follow_symlinks=False)))
    for folder, path, _ in sorted(found, key=lambda f: (f[2].st_mtime_ns, f[0], str(f[1]))):
        yield folder, path


def _is_unfinished(name: str) -> bool:
    return name.startswith(_LOCK_PREFIXES) or name.lower().endswith(_PARTIAL_SUFFIXES)


def _receive_file(
    path: Path, folder: str, file_stat: os.stat_result, desk: IntakeContext, at: dt.datetime, outcome: ReceiveSummary
) -> None:
    try:
        sha256 = _archive_file(path, file_stat, desk.archive)
    except _UnreadableError:
        _quarantine_file(path, folder, file_stat, _LINK, desk, outcome)
        return
    if sha256 is None:
        outcome.waiting += 1
        return
    if desk.register(
        ReceivedFile(sha256, file_stat.st_size, sanitize_file_name(path.name), sanitize_file_name(folder), at)
    ):
        outcome.new += 1
    else:
        outcome.duplicates += 1
    with translate_os_errors(path):
        if _is_same_file(os.lstat(path), file_stat):
            path.unlink()
            sync_folder(path.parent)


def _is_same_file(a: os.stat_result, b: os.stat_result) -> bool:
    return (a.st_ino, a.st_size, a.st_mtime_ns) == (b.st_ino, b.st_size, b.st_mtime_ns)


def _archive_file(path: Path, file_stat: os.stat_result, archive: Path) -> str | None:
    """Copies a file into the archive under its hash; None if it moved meanwhile."""
    with translate_os_errors(archive):
        archive.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".tmp-", dir=archive)
    try:
        with translate_os_errors(path), os.fdopen(handle, "wb") as target:
            sha256 = _copy_and_hash(path, target.fileno())
            os.fsync(target.fileno())
            if not _is_same_file(os.lstat(path), file_stat):
                return None
        hash_folder = archive / sha256[:2]
        with translate_os_errors(hash_folder):
            hash_folder.mkdir(exist_ok=True)
            Path(temporary).chmod(0o440)
            Path(temporary).replace(hash_folder / sha256)
            sync_folder(hash_folder)
        return sha256
    finally:
        with suppress(FileNotFoundError):
            Path(temporary).unlink()


def _copy_and_hash(path: Path, target: int) -> str:
    digest = hashlib.sha256()
    try:
        source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.EACCES, errno.EPERM, errno.ENXIO}:  # exchanged meanwhile, or not ours
            raise _UnreadableError from error
        raise
    try:
        if not stat.S_ISREG(os.fstat(source).st_mode):
            raise _UnreadableError
        while part := os.read(source, _CHUNK):
            digest.update(part)
            view = memoryview(part)
            while view:
                view = view[os.write(target, view) :]
    finally:
        os.close(source)
    return digest.hexdigest()


def build_archive_path(archive: Path, sha256: str) -> Path:
    """Where a content lies in the archive."""
    return archive / sha256[:2] / sha256
