"""The receive room: inbox file → archived content, known by its hash. Never opens a cell.

Called by steps. A file is taken only when it is whole: a plain file, old enough, not a lock or temporary file,
and unchanged while it was copied. Crash-safe at every point: the inbox file goes last, after the content is in
the archive and the register has it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from etl.errors import StorageError
from etl.files import explained, sync_folder

_CHUNK = 1 << 20
_LOCK_PREFIXES = ("~$", ".")
_PARTIAL_SUFFIXES = (".tmp", ".part", ".partial", ".crdownload")


@dataclass(frozen=True)
class Taken:
    """A file as taken: what the register must know. `folder` is the inbox folder, '' for the inbox itself."""

    sha256: str
    size: int
    original_name: str
    folder: str
    received_at: dt.datetime


@dataclass
class Received:
    """What one look at the inbox gave. `ignored` names what is not a plain file."""

    new: int = 0
    duplicates: int = 0
    waiting: int = 0
    ignored: tuple[str, ...] = ()


def receive(
    inbox: Path, archive: Path, *, register: Callable[[Taken], bool], now: dt.datetime, min_age: float, by_mtime: bool
) -> Received:
    """Takes every whole file from the inbox.

    Args:
        register: records a taken file durably; True if its content was not known before.
        now: the time to judge ages by and to write down as received.
        min_age: seconds a file must have been left alone.
        by_mtime: write down the file's own time instead of `now` (simulations only).

    Raises:
        StorageError: the inbox or archive cannot be used; nothing is lost, the next run goes on.
    """
    outcome, ignored = Received(), []
    for folder, path in _candidates(inbox):
        with explained(path):
            seen = os.lstat(path)
        if not stat.S_ISREG(seen.st_mode):
            ignored.append(str(path.relative_to(inbox)))
        elif _unfinished(path.name) or now.timestamp() - seen.st_mtime < min_age:
            outcome.waiting += 1
        else:
            _take(path, folder, seen, archive, register, now if not by_mtime else _time_of(seen), outcome)
    outcome.ignored = tuple(ignored)
    return outcome


def _time_of(seen: os.stat_result) -> dt.datetime:
    return dt.datetime.fromtimestamp(seen.st_mtime, dt.UTC)


def _candidates(inbox: Path) -> Iterator[tuple[str, Path]]:
    """(folder name, path) of everything in the inbox and its folders, oldest first."""
    with explained(inbox):
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


def _unfinished(name: str) -> bool:
    return name.startswith(_LOCK_PREFIXES) or name.lower().endswith(_PARTIAL_SUFFIXES)


def _take(
    path: Path,
    folder: str,
    seen: os.stat_result,
    archive: Path,
    register: Callable[[Taken], bool],
    at: dt.datetime,
    outcome: Received,
) -> None:
    sha256 = _archive(path, seen, archive)
    if sha256 is None:
        outcome.waiting += 1
        return
    if register(Taken(sha256, seen.st_size, _readable(path.name), _readable(folder), at)):
        outcome.new += 1
    else:
        outcome.duplicates += 1
    with explained(path):
        if _same(os.lstat(path), seen):
            path.unlink()
            sync_folder(path.parent)


def _readable(name: str) -> str:
    """A file name as storable text: bytes that are no UTF-8 become replacement marks."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _same(a: os.stat_result, b: os.stat_result) -> bool:
    return (a.st_ino, a.st_size, a.st_mtime_ns) == (b.st_ino, b.st_size, b.st_mtime_ns)


def _archive(path: Path, seen: os.stat_result, archive: Path) -> str | None:
    """Copies a file into the archive under its hash; None if it moved meanwhile."""
    with explained(archive):
        archive.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".tmp-", dir=archive)
    try:
        with explained(path), os.fdopen(handle, "wb") as target:
            sha256 = _copy(path, target.fileno())
            os.fsync(target.fileno())
            if not _same(os.lstat(path), seen):
                return None
        home = archive / sha256[:2]
        with explained(home):
            home.mkdir(exist_ok=True)
            Path(temporary).chmod(0o440)
            Path(temporary).replace(home / sha256)
            sync_folder(home)
        return sha256
    finally:
        with suppress(FileNotFoundError):
            Path(temporary).unlink()


def _copy(path: Path, target: int) -> str:
    digest = hashlib.sha256()
    source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        if not stat.S_ISREG(os.fstat(source).st_mode):
            raise StorageError("not a plain file", where=str(path), fix="remove it from the inbox")
        while part := os.read(source, _CHUNK):
            digest.update(part)
            view = memoryview(part)
            while view:
                view = view[os.write(target, view) :]
    finally:
        os.close(source)
    return digest.hexdigest()


def archived(archive: Path, sha256: str) -> Path:
    """Where a content lies in the archive."""
    return archive / sha256[:2] / sha256
