"""Writing files so that a reader sees the old one or the new one, never half of one.

Any room may call this; it knows nothing of what it writes.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from etl.errors import StorageError

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # Unicode categories: control, format, surrogate, line, paragraph


def sanitize_file_name(name: str) -> str:
    """A foreign file name as text that may be stored, printed and put into other names.

    Bytes that are no UTF-8, control characters, line ends and marks that turn the writing direction become "�", as do
    the separators of any system's paths.
    """
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join("\ufffd" if c in "/\\" or unicodedata.category(c) in _HIDDEN else c for c in text)


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


def write_atomic(path: Path, data: bytes) -> None:
    """Writes a file whole: temporary file in the same folder, fsync, rename, fsync of the folder.

    Raises:
        StorageError: the folder cannot be written or the disk is full; nothing half-written stays.
    """
    with translate_os_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".tmp-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).chmod(0o644)  # the outbox is read by other accounts
            Path(name).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(name).unlink()
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
            hidden.chmod(0o755)  # the outbox is read by other accounts
            if folder.exists():
                shutil.rmtree(folder)
            hidden.rename(folder)
        except BaseException:
            shutil.rmtree(hidden, ignore_errors=True)
            raise
        sync_folder(folder.parent)
