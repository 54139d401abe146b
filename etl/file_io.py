"""Writing files so that a reader sees the old one or the new one, never half of one.

Any room may call this; it knows nothing of what it writes.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import shutil
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from etl.errors import StorageError

_FOLDER_MODE = 0o750
_LONGEST_NAME = 255  # bytes, on every file system in use
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # Unicode categories: control, format, surrogate, line, paragraph


def is_hidden_sign(sign: str) -> bool:
    """Whether a sign is none to see: it commands a terminal, ends a line, or turns the writing direction."""
    return unicodedata.category(sign) in _HIDDEN


def sanitize_line(text: str) -> str:
    """A foreign text as one line that may be printed, logged and made a header: hidden signs become "�"."""
    return "".join("\ufffd" if is_hidden_sign(sign) else sign for sign in text)


def sanitize_file_name(name: str) -> str:
    """A foreign file name as text that may be stored, printed and put into other names.

    Bytes that are no UTF-8, control characters, line ends and marks that turn the writing direction become "�", as do
    the separators of any system's paths. What is then too long for a file's name loses its middle.
    """
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    text = re.sub(r"[/\\]", "\ufffd", sanitize_line(text))
    data = text.encode()
    if len(data) <= _LONGEST_NAME:
        return text
    return "…".join(part.decode("utf-8", "ignore") for part in (data[:200], data[-50:]))


@contextmanager
def translate_os_errors(where: Path) -> Iterator[None]:
    """Turns an operating-system error at a path into a StorageError that says what to do."""
    try:
        yield
    except OSError as error:
        full = error.errno == errno.ENOSPC
        fix = "free some space and run again" if full else "check that the folder exists and may be written"
        raise StorageError(f"{error.strerror or error}", where=str(error.filename or where), fix=fix) from error


def sync_folder(folder: Path) -> None:
    """Makes renames inside a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def create_folder(folder: Path, mode: int = _FOLDER_MODE) -> None:
    """Creates a folder, and those above it that are missing: its owner's, its group may look, nobody else may pass.

    A folder that is there keeps the rights that somebody gave it. `mode` is the folder's own, not of those above it.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=mode if path == folder else _FOLDER_MODE, exist_ok=True)


def write_atomic(path: Path, data: bytes, *, mode: int = 0o640) -> None:
    """Writes a file whole: temporary file in the same folder, fsync, rename, fsync of the folder.

    The temporary file's name follows from the file's: what a killed run left is written over by the next one.

    Raises:
        StorageError: the folder cannot be written or the disk is full; nothing half-written stays.
    """
    half = path.with_name(f".tmp-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}")
    with translate_os_errors(path):
        create_folder(path.parent)
        with _open_locked(half) as stream:
            try:
                stream.truncate(0)
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
                half.chmod(mode)  # by default for the group to read, as it does in the outbox
                half.replace(path)
            except BaseException:
                half.unlink(missing_ok=True)
                raise
        sync_folder(path.parent)


def write_folder_atomic(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes a folder of files whole: filled under a hidden name beside its place, then renamed; replaces an older one.

    What a crash left behind under that name is cleared away first, so only one process may write a folder at a time.

    Raises:
        StorageError: it cannot be written, or a file lies in its place; nothing half-written stays.
    """
    hidden = folder.with_name(f".tmp-{folder.name}")
    with translate_os_errors(folder):
        if hidden.exists():
            shutil.rmtree(hidden)
        try:
            for name, data in files.items():
                write_atomic(hidden / name, data)
            hidden.chmod(_FOLDER_MODE)
            if folder.exists():
                shutil.rmtree(folder)
            hidden.rename(folder)
        except BaseException:
            shutil.rmtree(hidden, ignore_errors=True)
            raise
        sync_folder(folder.parent)


@contextmanager
def _open_locked(path: Path) -> Iterator[BinaryIO]:
    """Opens a file for writing once nobody else has it open so. The system lets go of what a dead process had."""
    while True:
        with path.open("ab") as stream:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(stream, fcntl.LOCK_EX)
            if path.exists() and os.path.samestat(path.stat(), os.fstat(stream.fileno())):
                yield stream
                return
