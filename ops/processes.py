"""Background processes that outlive the script: started in a session of their own, stopped by their own number.

Only `ops` calls this. A process is ours only when its number *and* its start time are those we wrote down, so
a number that the system has given to another program is never signalled.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal

import psutil

GRACE_SECONDS = 20.0
ORPHAN_SECONDS = 5.0


def start_process(
    name: str, command: Sequence[str], *, env: Mapping[str, str], run: Path, logs: Path, cwd: Path
) -> None:
    """Starts one process with its output in `logs/<name>.log`, and writes down who it is in `run/<name>.json`."""
    run.mkdir(parents=True, exist_ok=True)
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / f"{name}.log").open("ab") as out:
        child = subprocess.Popen(
            list(command),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    born = psutil.Process(child.pid).create_time()
    child.returncode = 0  # it is meant to outlive this script, so Python need not warn that nobody waits for it
    (run / f"{name}.json").write_text(json.dumps({"pid": child.pid, "born": born}))


def list_process_states(run: Path) -> dict[str, bool]:
    """Every process that was started from this folder, and whether it still lives."""
    return {path.stem: _find_process(path) is not None for path in sorted(run.glob("*.json"))}


def stop_all_processes(run: Path) -> list[str]:
    """Stops every process of this folder with all its descendants; gives the names of those that lived."""
    processes = {path: process for path in run.glob("*.json") if (process := _find_process(path))}
    family = [member for process in processes.values() for member in _list_process_family(process)]
    leaders = list(processes.values())
    _signal_processes(leaders, "terminate")
    psutil.wait_procs(leaders, timeout=GRACE_SECONDS)  # they end their own children first, and tidily
    family += _list_session_members({leader.pid for leader in leaders})  # what they began while they ended
    _signal_processes(family, "terminate")
    _, left = psutil.wait_procs(family, timeout=ORPHAN_SECONDS)
    _signal_processes(left, "kill")
    psutil.wait_procs(left, timeout=ORPHAN_SECONDS)
    for path in run.glob("*.json"):
        path.unlink()
    return sorted(path.stem for path in processes)


def read_log_tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, or nothing where there is none."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _find_process(path: Path) -> psutil.Process | None:
    note = json.loads(path.read_text())
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(note["pid"])
        if abs(process.create_time() - note["born"]) < 1 and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def _list_process_family(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return [process, *process.children(recursive=True)]
    return [process]


def _list_session_members(sessions: Collection[int]) -> list[psutil.Process]:
    members = []
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(process.pid) in sessions:
                members.append(process)
    return members


def _signal_processes(members: Sequence[psutil.Process], how: Literal["terminate", "kill"]) -> None:
    for member in members:
        with contextlib.suppress(psutil.NoSuchProcess):
            getattr(member, how)()
