"""The receive room: inbox file → archived content, known by its hash. Never opens a cell.

Called by steps. A file is taken only when it is whole: a plain file, old enough, not a lock or temporary file,
and unchanged while it was copied. It is renamed into a folder of our own first, so that what a sender puts in its
place meanwhile is another file, for the next run. Crash-safe at every point: our folder's name marks this taking, the
file goes last, after the content is in the archive and the register has it. What is no plain file, may not be read or
is far too large is moved to the quarantine unopened. Names are data: nothing here is opened or written by a path that
a name makes up, and no name or folder ends a run for the others.
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

from etl.file_io import create_folder, sanitize_file_name, sync_folder, translate_os_errors

_CHUNK = 1 << 20
_LOCK_PREFIXES = ("~$", ".")
_PARTIAL_SUFFIXES = (".tmp", ".part", ".partial", ".crdownload", ".download")
_LINK, _TOO_LARGE = "F17", "F18"
_TAKING_PREFIX = ".taking-"
"""Folders of our own, in the inbox: each holds one file while it is taken."""


@dataclass(frozen=True)
class ReceivedFile:
    """A file as taken: what the register must know. `folder` is the inbox folder, '' for the inbox itself.

    `taking` is the same when a run that broke off is taken up: the register counts it once.
    """

    sha256: str
    size: int
    original_name: str
    folder: str
    received_at: dt.datetime
    taking: str


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
    """What one look at the inbox gave. `ignored` names what stays: locks, unfinished downloads, what cannot be read."""

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
    run = _ReceiveRun(inbox, desk, now, min_age, by_mtime)
    for path, listed in _list_inbox_files(inbox, desk.quarantine, run.outcome):
        try:
            run.receive_file(path, listed)
        except FileNotFoundError:  # its sender took it back
            continue
        except OSError:
            run.outcome.ignored.append(_format_place(inbox, path))
    return run.outcome


@dataclass(frozen=True)
class _ReceiveRun:
    """One look at the inbox; the fields are the arguments of `receive_files`."""

    inbox: Path
    desk: IntakeContext
    now: dt.datetime
    min_age: float
    by_mtime: bool
    outcome: ReceiveSummary = field(default_factory=ReceiveSummary)

    def receive_file(self, path: Path, listed: os.stat_result) -> None:
        """Takes one file, unless it has to wait.

        Raises:
            OSError: this file cannot be taken; it stays.
            StorageError: inbox, archive or quarantine cannot be used.
        """
        code = _find_quarantine_code(listed, self.desk.max_bytes)
        if _is_unfinished(path.name) or (code and not _is_near(self.desk.quarantine, listed)):
            self.outcome.ignored.append(_format_place(self.inbox, path))
            self.outcome.waiting += _is_unfinished(path.name)
        elif code != _LINK and self._is_young(listed):
            self.outcome.waiting += 1
        elif _is_same_file(os.lstat(path), listed):
            taking, place = _split_place(self.inbox, path)
            folder = place[0] if len(place) > 1 else ""
            taken = path if taking else _move_to_own_folder(self.inbox, path, folder)
            self._receive_own_file(taken, folder, listed, code)
        else:
            self.outcome.waiting += 1

    def _receive_own_file(self, taken: Path, folder: str, listed: os.stat_result, code: str) -> None:
        """Archives and registers what lies in a folder of our own; or leaves it there for the next run."""
        if not _is_same_file(os.lstat(taken), listed):  # exchanged since it was listed
            self.outcome.waiting += 1
            return
        taking, _ = _split_place(self.inbox, taken)
        sha256 = None if code else _archive_file(taken, listed, self.desk.archive, taking)
        if sha256 == "":
            self.outcome.waiting += 1
            return
        if sha256 is None:
            _quarantine_file(taken, folder, listed, code or _LINK, self.desk)
            self.outcome.quarantined += 1
        else:
            at = min(self.now, dt.datetime.fromtimestamp(listed.st_mtime, dt.UTC)) if self.by_mtime else self.now
            names = sanitize_file_name(taken.name), sanitize_file_name(folder)
            new = self.desk.register(ReceivedFile(sha256, listed.st_size, *names, at, taking))
            self.outcome.new += new
            self.outcome.duplicates += not new
            taken.unlink()
        for own in list(taken.parents)[: 1 if taken.parent.name == taking else 2]:
            _remove_empty_folder(own)

    def _is_young(self, file_stat: os.stat_result) -> bool:
        """Whether it may still be written to. A time in the future says nothing: the file system's own then counts."""
        now = self.now.timestamp()
        moment = file_stat.st_mtime if file_stat.st_mtime < now + self.min_age else file_stat.st_ctime
        return abs(now - moment) < self.min_age


def _list_inbox_files(inbox: Path, quarantine: Path, outcome: ReceiveSummary) -> Iterator[tuple[Path, os.stat_result]]:
    """Everything in the inbox and its folders, oldest first; names the folders that cannot be looked into."""
    with translate_os_errors(inbox):
        create_folder(inbox)
        os.scandir(inbox).close()
    found: list[tuple[Path, os.stat_result]] = []
    folders = [inbox]
    for folder in folders:  # grows while it is walked
        try:
            entries = list(os.scandir(folder))
            found += [(Path(e.path), e.stat(follow_symlinks=False)) for e in entries if not _is_folder(e)]
        except OSError:
            outcome.ignored.append(_format_place(inbox, folder))
            continue
        for entry in filter(_is_folder, entries):
            if not entry.name.startswith(".") or entry.name.startswith(_TAKING_PREFIX):
                folders.append(Path(entry.path))
            elif Path(entry.path) != quarantine:
                outcome.ignored.append(_format_place(inbox, Path(entry.path)))
    yield from sorted(found, key=lambda f: (f[1].st_mtime_ns, str(f[0])))
    for folder in reversed(folders):
        if _split_place(inbox, folder)[0]:
            _remove_empty_folder(folder)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _remove_empty_folder(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _split_place(inbox: Path, path: Path) -> tuple[str, tuple[str, ...]]:
    """Which taking a path belongs to ('' for none yet), and where it lay in the inbox."""
    parts = path.relative_to(inbox).parts
    taking = next((part for part in parts if part.startswith(_TAKING_PREFIX)), "")
    return taking, tuple(part for part in parts if part != taking)


def _format_place(inbox: Path, path: Path) -> str:
    return "/".join(map(sanitize_file_name, _split_place(inbox, path)[1]))


def _move_to_own_folder(inbox: Path, path: Path, folder: str) -> Path:
    """Renames a file into a new folder of our own: of the inbox, or beside it where that is another file system."""
    with translate_os_errors(inbox):
        own = Path(tempfile.mkdtemp(prefix=_TAKING_PREFIX, dir=inbox))
    target = own / folder / path.name
    try:
        target.parent.mkdir(exist_ok=True)
        path.rename(target)
    except OSError as error:
        _remove_empty_folder(target.parent)
        _remove_empty_folder(own)
        if error.errno != errno.EXDEV:
            raise
        target = Path(tempfile.mkdtemp(prefix=_TAKING_PREFIX, dir=path.parent)) / path.name
        path.rename(target)
    sync_folder(target.parent)
    return target


def _is_near(quarantine: Path, file_stat: os.stat_result) -> bool:
    with translate_os_errors(quarantine):
        create_folder(quarantine)
        return quarantine.stat().st_dev == file_stat.st_dev


def _find_quarantine_code(file_stat: os.stat_result, max_bytes: int) -> str:
    """The code of what is no plain file or too large; empty if it may be opened."""
    if not stat.S_ISREG(file_stat.st_mode):
        return _LINK
    return _TOO_LARGE if file_stat.st_size > max_bytes else ""


def _quarantine_file(path: Path, folder: str, file_stat: os.stat_result, code: str, desk: IntakeContext) -> None:
    """Moves something to the quarantine, unopened. It is noted first: a crash in between notes it twice, never not."""
    about = f"{folder}/{path.name}/{file_stat.st_ino}/{file_stat.st_mtime_ns}"
    kept = hashlib.sha256(about.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    desk.note(QuarantinedFile(code, sanitize_file_name(path.name), sanitize_file_name(folder), file_stat.st_size, kept))
    with translate_os_errors(desk.quarantine):
        create_folder(desk.quarantine)
    path.rename(desk.quarantine / kept)
    sync_folder(desk.quarantine)


def _is_unfinished(name: str) -> bool:
    return name.startswith(_LOCK_PREFIXES) or name.lower().endswith(_PARTIAL_SUFFIXES)


def _is_same_file(a: os.stat_result, b: os.stat_result) -> bool:
    return (a.st_ino, a.st_size, a.st_mtime_ns) == (b.st_ino, b.st_size, b.st_mtime_ns)


def _archive_file(path: Path, file_stat: os.stat_result, archive: Path, taking: str) -> str | None:
    """Copies a file into the archive under its hash; None if it cannot be read, empty if it was written to meanwhile.

    What a run that broke off left of this taking is replaced.
    """
    with translate_os_errors(archive):
        create_folder(archive)
        temporary = archive / f".tmp-{taking}"
        temporary.unlink(missing_ok=True)
        try:
            with temporary.open("xb", buffering=0) as target:
                sha256 = _copy_and_hash(path, target.fileno())
                os.fsync(target.fileno())
            if sha256 and not _is_same_file(os.lstat(path), file_stat):
                sha256 = ""
            if sha256:
                hash_folder = archive / sha256[:2]
                create_folder(hash_folder)
                temporary.chmod(0o440)
                temporary.replace(hash_folder / sha256)
                sync_folder(hash_folder)
            return sha256
        finally:
            temporary.unlink(missing_ok=True)


def _copy_and_hash(path: Path, target: int) -> str | None:
    """The SHA-256 of what was copied; None where the file cannot be read, or is no plain one any more."""
    digest = hashlib.sha256()
    try:
        source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(source).st_mode):
            return None
        while part := _read_part(source):
            digest.update(part)
            view = memoryview(part)
            while view:
                view = view[os.write(target, view) :]
    finally:
        os.close(source)
    return None if part is None else digest.hexdigest()


def _read_part(source: int) -> bytes | None:
    try:
        return os.read(source, _CHUNK)
    except OSError:
        return None


def build_archive_path(archive: Path, sha256: str) -> Path:
    """Where a content lies in the archive."""
    return archive / sha256[:2] / sha256
