"""The child process that opens foreign files: one JSON line in (a path and a name), one message out (what was read).

Started by `etl.read.reader` without the parent's environment, in an empty folder. It confines itself before the
first file (`etl.read.confine`); each file has its own clock. If it dies, only the file it was reading is affected.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import stat
import sys
from pathlib import Path

import etl.read
from etl.catalog import Catalogue, load_catalogue
from etl.read import confine, wire
from etl.read.preflight import Trouble
from etl.read.preflight.names import by_name, renamed
from etl.read.preflight.outcome import MAX_BYTES
from etl.read.workbook import RawRead, read_workbook


def answer(raw: RawRead) -> bytes:
    """The read as one message for the parent."""
    return wire.encode(raw)


def content(path: str) -> bytes:
    """A plain file's bytes, at most one more than any workbook may have.

    Raises:
        OSError: it is not there, may not be read, or is no plain file.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError("not a plain file")
        with os.fdopen(handle, "rb", closefd=False) as stream:
            return stream.read(MAX_BYTES + 1)
    finally:
        os.close(handle)


def read(data: bytes, name: str, catalogue: Catalogue) -> RawRead:
    """What a workbook says; whatever its parser does short of dying becomes a finding."""
    told = by_name(name)
    if told:
        return RawRead(troubles=[told])
    try:
        raw = read_workbook(data, catalogue)
    except MemoryError:
        return RawRead(troubles=[out_of_memory()])
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a panic of the parser is no Exception
        return RawRead(troubles=[Trouble("F16")])
    note = renamed(name, raw.kind) if raw.kind else None
    if note:
        raw.troubles.append(note)
    return raw


def out_of_memory() -> Trouble:
    """The finding for a file that needs more memory than any may have."""
    return Trouble("F13", slots=(("limit", f"{confine.MEMORY_BYTES // 1024**2} MB"),))


def _warm() -> None:
    """Imports all that reading may need, before files can no longer be opened freely."""
    for module in pkgutil.iter_modules(etl.read.__path__):
        importlib.import_module(f"etl.read.{module.name}")
    importlib.import_module("python_calamine")


def main(arguments: list[str]) -> None:
    """Serves until standard input closes: ``worker.py CATALOGUE CPU_SECONDS SECONDS``."""
    catalogue = load_catalogue(Path(arguments[0]))
    cpu_seconds, seconds = float(arguments[1]), float(arguments[2])
    _warm()
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing but answers goes to the parent, whoever prints
    confine.limits()
    confined = confine.system_calls()
    gc.freeze()  # the catalogue lives as long as the process: no collection need look at it again
    out.write(wire.HEAD.pack(1, 0) + (b"1" if confined else b"0"))
    out.flush()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        confine.clock(cpu_seconds, seconds)
        try:
            data = content(asked["path"])
        except OSError as error:
            message = wire.encode_gone(error.strerror or str(error))
        else:
            message = answer(read(data, asked["name"], catalogue))
        confine.clock(0, 0)
        out.write(message)
        out.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
