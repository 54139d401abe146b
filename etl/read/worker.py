"""The child process that opens foreign files: one JSON line in (a path and a name), one message out (what was read).

Started by `etl.read.reader` without the parent's environment, in an empty folder. It confines itself before the
first file (`etl.read.sandbox`); each file has its own clock. If it dies, only the file it was reading is affected.
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
from etl.read import identify, ipc_protocol, sandbox
from etl.read.preflight import RawFinding
from etl.read.preflight.file_names import check_file_ending, check_file_name
from etl.read.preflight.limits import MAX_BYTES
from etl.read.workbook_reader import RawReadResult, read_workbook


def encode_reply(raw: RawReadResult) -> bytes:
    """The read as one message for the parent."""
    return ipc_protocol.encode(raw)


def read_plain_file(path: str) -> bytes:
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


def read_untrusted_workbook(data: bytes, name: str, catalogue: Catalogue) -> RawReadResult:
    """What a workbook says; whatever its parser does short of dying becomes a finding."""
    name_finding = check_file_name(name)
    if name_finding:
        return RawReadResult(findings=[name_finding])
    try:
        raw = read_workbook(data, catalogue)
    except MemoryError:
        return RawReadResult(findings=[build_memory_finding()])
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a panic of the parser is no Exception
        return RawReadResult(findings=[RawFinding("F16")])
    notes = (
        check_file_ending(name, raw.kind) if raw.kind else None,
        identify.check_file_name(name, raw.stamp, catalogue) if raw.stamp else None,
    )
    raw.findings += filter(None, notes)
    return raw


def build_memory_finding() -> RawFinding:
    """The finding for a file that needs more memory than any may have."""
    return RawFinding("F13", slots=(("limit", f"{sandbox.MEMORY_BYTES // 1024**2} MB"),))


def _import_reading_modules() -> None:
    """Imports all that reading may need, before files can no longer be opened freely."""
    for module in pkgutil.iter_modules(etl.read.__path__):
        importlib.import_module(f"etl.read.{module.name}")
    importlib.import_module("python_calamine")


def main(arguments: list[str]) -> None:
    """Serves until standard input closes: ``worker.py CATALOGUE CPU_SECONDS SECONDS``."""
    catalogue = load_catalogue(Path(arguments[0]))
    cpu_seconds, seconds = float(arguments[1]), float(arguments[2])
    _import_reading_modules()
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing but answers goes to the parent, whoever prints
    sandbox.apply_limits()
    confined = sandbox.forbid_system_calls()
    gc.freeze()  # the catalogue lives as long as the process: no collection need look at it again
    out.write(ipc_protocol.HEAD.pack(1, 0) + (b"1" if confined else b"0"))
    out.flush()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        sandbox.set_timers(cpu_seconds, seconds)
        try:
            data = read_plain_file(request["path"])
        except OSError as error:
            message = ipc_protocol.encode_open_error(error.strerror or str(error))
        else:
            message = encode_reply(read_untrusted_workbook(data, request["name"], catalogue))
        sandbox.set_timers(0, 0)
        out.write(message)
        out.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
