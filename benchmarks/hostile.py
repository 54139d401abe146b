"""``python -m benchmarks.hostile``: how long each hostile file takes to be decided, and in how much memory.

Every file goes through a Reader in a process of its own, so that what one file left behind is not the next one's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from etl import settings

_MIB = 1024**2


@dataclass(frozen=True)
class HostileTiming:
    """One file. `seconds`: from the ready reader to the verdict. `peak_mib`: the child's most and the parent's growth.

    `code` is the finding that it ended in: the one it is a case of, if that is among them.
    """

    file: str
    code: str
    seconds: float
    peak_mib: float


def measure_rows() -> list[HostileTiming]:
    """Every case of `tests/hostile.py` that is decided by a look at the file, and those that end the reader."""
    from tests.hostile import CASES, COMPUTING, MEMORY

    timings = []
    for number in range(len(CASES) + 2):
        case = (*CASES, MEMORY, COMPUTING)[number]
        with tempfile.TemporaryDirectory(prefix="tongket-hostile-") as folder:
            path = Path(folder) / "file"
            path.write_bytes(case.build())
            command = [sys.executable, "-m", "benchmarks.hostile", str(path), case.name]
            environment = os.environ | {"PYTHONPATH": str(settings.PROJECT_ROOT)}
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        codes, seconds, peak = json.loads(done.stdout)
        code_text = case.code if case.code in codes else ", ".join(codes) or "-"
        timings.append(HostileTiming(case.fault, code_text, seconds, peak))
    return timings


def _measure_file(path: Path, name: str) -> tuple[list[str], float, float]:
    """One file in this process's Reader: codes, seconds, MiB of the child at its most and of this process's growth."""
    from etl.catalog import load_catalogue
    from etl.catalog.rules import load_rules
    from etl.read import Reader

    current_settings = settings.load_settings()
    with Reader(load_catalogue(current_settings.catalog), load_rules(current_settings.expectations)) as reader:
        peak = _watch_child_memory(reader)
        before, start = _read_peak_memory("self"), time.perf_counter()
        result = reader.read_file(path, name)
        seconds = time.perf_counter() - start
        return [f.code for f in result.findings], seconds, (peak() + _read_peak_memory("self") - before) / _MIB


def _watch_child_memory(reader: object) -> Callable[[], int]:
    """Notes the child's high-water mark until asked: a child that died has no more to tell."""
    import threading

    child, most, done = reader._ensure_child().process, [0], threading.Event()  # type: ignore[attr-defined]

    def poll_memory() -> None:
        while not done.wait(0.002):
            most[0] = max(most[0], _read_peak_memory(str(child.pid)))

    watcher = threading.Thread(target=poll_memory, daemon=True)
    watcher.start()

    def stop_watching() -> int:
        done.set()
        watcher.join()
        return max(most[0], _read_peak_memory(str(child.pid)))

    return stop_watching


def _read_peak_memory(process: str) -> int:
    """VmHWM of a process in bytes; 0 when it is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


def main(arguments: list[str]) -> None:
    """Prints a table; with a path and a name, one file's measurements as JSON."""
    if arguments:
        print(json.dumps(_measure_file(Path(arguments[0]), arguments[1])))
        return
    print(f"{'file':40}{'verdict':>10}{'seconds':>10}{'peak MiB':>10}")
    timings = measure_rows()
    for row in timings:
        print(f"{row.file:40}{row.code:>10}{row.seconds:>10.3f}{row.peak_mib:>10.0f}")
    worst = max(timings, key=lambda r: r.seconds), max(timings, key=lambda r: r.peak_mib)
    print(
        f"slowest: {worst[0].file}, {worst[0].seconds:.2f} s; most memory: {worst[1].file}, {worst[1].peak_mib:.0f} MiB"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
