from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from ops import processes

# A parent that starts a child in a process group of its own, as Airflow's supervisors do.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(300)
"""


# A parent that starts a child when it is told to end, and does not wait for it.
LATE_PARENT = """
import signal, subprocess, sys, time
def end(*_):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    print(child.pid, flush=True)
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
time.sleep(300)
"""


def _start(folder: Path, name: str, code: str) -> int:
    run, logs = folder / "run", folder / "logs"
    processes.start_process(name, [sys.executable, "-c", code], env=os.environ, run=run, logs=logs, cwd=folder)
    return int(json.loads((run / f"{name}.json").read_text())["pid"])


def _eventually(true: Callable[[], bool]) -> None:
    for _ in range(200):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("it never came true")


def test_a_process_and_its_children_are_stopped(tmp_path: Path) -> None:
    parent = _start(tmp_path, "one", PARENT)
    log = tmp_path / "logs" / "one.log"
    _eventually(lambda: log.read_text().strip().isdigit())
    child = int(log.read_text())
    assert processes.list_process_states(tmp_path / "run") == {"one": True}
    assert processes.stop_all_processes(tmp_path / "run") == ["one"]
    assert not psutil.pid_exists(child)
    assert not psutil.pid_exists(parent) or psutil.Process(parent).status() == psutil.STATUS_ZOMBIE
    assert processes.list_process_states(tmp_path / "run") == {}


def test_what_a_process_starts_while_it_ends_is_stopped(tmp_path: Path) -> None:
    _start(tmp_path, "late", LATE_PARENT)
    log = tmp_path / "logs" / "late.log"
    _eventually(lambda: log.read_text() == "ready\n")
    assert processes.stop_all_processes(tmp_path / "run") == ["late"]
    child = int(log.read_text().split()[-1])
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_a_process_that_ended_is_seen(tmp_path: Path) -> None:
    _start(tmp_path, "brief", "print('last words')")
    _eventually(lambda: processes.list_process_states(tmp_path / "run") == {"brief": False})
    assert processes.read_log_tail(tmp_path / "logs" / "brief.log") == "last words"
    assert processes.stop_all_processes(tmp_path / "run") == []


def test_a_number_that_now_belongs_to_another_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"]) as stranger:
        run = tmp_path / "run"
        run.mkdir()
        born = psutil.Process(stranger.pid).create_time() - 3600
        (run / "old.json").write_text(json.dumps({"pid": stranger.pid, "born": born}))
        assert processes.list_process_states(run) == {"old": False}
        assert processes.stop_all_processes(run) == []
        assert stranger.poll() is None
        stranger.kill()


def test_nothing_was_ever_started(tmp_path: Path) -> None:
    assert processes.list_process_states(tmp_path / "run") == {}
    assert processes.stop_all_processes(tmp_path / "run") == []
    assert processes.read_log_tail(tmp_path / "logs" / "none.log") == ""
