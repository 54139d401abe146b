"""What a process makes durable, counted, and a fault from one such operation on: for tests of what survives it.

Counted are renames, unlinks, folders made and removed, fsyncs, files opened for writing below a folder, statements and
commits of this process. It cannot be undone in a process: call it in a forked child.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from multiprocessing import Value
from pathlib import Path
from typing import Any

import psycopg

_CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir"}
Fault = Callable[[bool], None]
"""What happens at an operation, told whether it takes space on the disk."""


class OperationCounter:
    """Counts operations in `count`, and from the number-th on (0: never) meets each with the fault.

    What a fault does itself is not counted.
    """

    def __init__(self, number: int, fault: Fault) -> None:
        self.count: Any = Value("q", 0)
        self._number, self._fault, self._inside = number, fault, False

    def meet_operation(self, *, takes_space: bool) -> None:
        """One more operation is about to begin."""
        if self._inside:
            return
        self.count.value += 1
        if 0 < self._number <= self.count.value:
            self._inside = True
            try:
                self._fault(takes_space)
            finally:
                self._inside = False


def fill_disk(takes_space: bool) -> None:
    """The fault of a full disk.

    Raises:
        OSError: where the operation takes space.
    """
    if takes_space:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def count_operations(counter: OperationCounter, var: Path) -> None:
    """From now on each durable operation of this process is counted: files below a folder, and the warehouse's."""

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if (writes or event in _CHANGES) and str(arguments[0]).startswith(str(var)):
            counter.meet_operation(takes_space=bool(writes) or event == "os.mkdir")

    def build_counted(real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            try:
                counter.meet_operation(takes_space=name in {"fsync", "copy"} or "INSERT" in str(given[1:2]))
            except OSError as full:
                raise (full if name == "fsync" else psycopg.errors.DiskFull(str(full))) from None
            return real(*given, **named)

        return call

    sys.addaudithook(hear)
    os.fsync = build_counted(os.fsync, "fsync")
    for kind, names in ((psycopg.Cursor, ("execute", "executemany", "copy")), (psycopg.Connection, ("commit",))):
        for name in names:
            setattr(kind, name, build_counted(getattr(kind, name), name))
