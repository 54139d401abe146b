"""``python -m benchmarks.bench``: how fast, how much memory, how many tasks. Prints; judges nothing.

Works in a temporary folder with a database server of its own, on simulated workbooks; takes some minutes.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from etl import settings
from etl.catalog import load_catalogue
from etl.warehouse import embedded_server
from simulation import workbook_corpus as corpus

SIZES = (250, 500, 1000)
TASK_SIZES = (10, 100, 1000)
PARSED_FILES = 50
RIVAL_FILES = 20
PARTS = ("intake", "attain", "parse", "tasks", "rival", "returns", "hostile", "reports", "nation")
_MIB = 1024**2
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class IntakeMeasurement:
    """One intake of a number of files, a process a batch. `peak`: bytes held at once by all of them together.

    The processor's time: `cpu_seconds` of all of them and their readers, `validation_seconds` of that in Great
    Expectations, `answer_seconds` of that for answers, `postgres_seconds` of the server. `answered`: seconds until the
    first and until the last answer lay there.

    Of the machine, to tell a slow hour: `pace` is the seconds that a fixed loop took beside nothing, right before and
    after; `stolen` is the share of both cores' time that the host gave to others meanwhile.
    """

    files: int
    receive_seconds: float
    start_up_seconds: float
    process_seconds: float
    whole_seconds: float
    peak: int
    batches: int
    pace: float
    stolen: float
    cpu_seconds: float
    validation_seconds: float
    answer_seconds: float
    postgres_seconds: float
    answered: tuple[float, float]
    counted: tuple[object, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs all measurements, or those named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", nargs="*", choices=[*PARTS, []], metavar="|".join(PARTS), help="default: all")
    parser.add_argument("--files", type=int, default=max(SIZES), help="size of the largest intake (default: 1000)")
    chosen = parser.parse_args(arguments)
    what = set(chosen.what) or set(PARTS)
    if what & {"intake", "attain", "parse", "tasks", "rival"}:
        with tempfile.TemporaryDirectory(prefix="tongket-bench-") as scratch:
            _run_benchmarks(Path(scratch), what, chosen.files)
    for name in PARTS[5:]:
        if name in what:
            _measure_module(name)
    return 0


def _run_benchmarks(scratch: Path, what: set[str], most: int) -> None:
    sizes = [size for size in SIZES if size < most] + [most]
    task_sizes = [size for size in TASK_SIZES if size <= most]
    wanted = sorted({*sizes, *task_sizes}) if "intake" in what else task_sizes if "tasks" in what else sizes[:1]
    start = time.perf_counter()
    files = corpus.write_corpus(load_catalogue(settings.load_settings().catalog), scratch / "corpus", max(wanted))
    seconds = time.perf_counter() - start
    _print_title(f"{len(files)} simulated district workbooks filled in {seconds:.1f} s ({len(files) / seconds:.0f}/s)")
    if "parse" in what:
        _measure_parsing(scratch, files[:PARSED_FILES])
    if what & {"intake", "tasks", "attain", "rival"}:
        _read_measurement(_start_measurement(_build_environment(scratch), "started"))
        done = {}
        for size in wanted:
            with _open_bench_warehouse(scratch / f"var-{size}") as environment:
                done[size] = _measure_intake(files[:size], environment)
                if size == wanted[-1] and "attain" in what:
                    _measure_attainment(environment)
                if size == wanted[-1] and "rival" in what:
                    _measure_rival(scratch, files[:RIVAL_FILES], environment, done[size])
        if "intake" in what:
            _print_intakes([done[size] for size in sizes])
            _print_prices({"ten units": done[most], "a hundred units": _measure_many_units(scratch, most)})
        if "tasks" in what:
            _print_task_counts([done[size] for size in task_sizes])


def _measure_many_units(scratch: Path, count: int) -> IntakeMeasurement:
    catalogue = load_catalogue(settings.load_settings().catalog)
    files = corpus.write_corpus(catalogue, scratch / "many", count, corpus.MANY_UNITS)
    with _open_bench_warehouse(scratch / "var-many") as environment:
        return _measure_intake(files, environment)


# --- measuring ------------------------------------------------------------------------------------


def _build_environment(scratch: Path) -> dict[str, str]:
    """The environment for processes that are measured: compiled modules are kept, but outside the checkout."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return environment | {"PYTHONPATH": str(settings.PROJECT_ROOT), "PYTHONPYCACHEPREFIX": str(scratch / "pycache")}


@contextmanager
def _open_bench_warehouse(var: Path) -> Iterator[dict[str, str]]:
    """A fresh TONGKET_VAR with its own migrated database; the server is stopped at the end."""
    var.mkdir()
    environment = _build_environment(var.parent) | {
        "TONGKET_VAR": str(var),
        "TONGKET_DATABASE_URL": "",
        "TONGKET_MIN_AGE_SECONDS": "0",
        "TONGKET_SIMULATED": "1",
    }
    migrate = [sys.executable, "-m", "etl", "warehouse", "migrate"]
    subprocess.run(migrate, env=environment, check=True, stdout=subprocess.DEVNULL)
    try:
        yield environment
    finally:
        embedded_server.stop_server(var / "pg")
        shutil.rmtree(var)


def _measure_intake(files: Sequence[Path], environment: dict[str, str]) -> IntakeMeasurement:
    inbox = Path(environment["TONGKET_VAR"]) / "inbox"
    for path in files:
        target = inbox / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    taken = _read_measurement(_start_measurement(environment, "received"))
    before, cores, postgres = _measure_pace(), psutil.cpu_times(), _measure_postgres(environment)
    start, began = time.perf_counter(), time.time()
    workers = [_start_measurement(environment, "processed", str(batch)) for batch in taken["batches"]]
    peak = _measure_peak_memory(workers)
    answers = [_read_measurement(worker) for worker in workers]
    seconds = time.perf_counter() - start
    counted = tuple(answer["counted"] for answer in answers)
    slowest = {key: max(answer[key] for answer in answers) for key in ("start_up", "seconds")}
    stolen, pace = _compute_stolen_share(cores), (before + _measure_pace()) / 2
    times = taken["seconds"], slowest["start_up"], slowest["seconds"], seconds
    spent = [sum(answer[key] for answer in answers) for key in ("cpu", "validation", "answers")]
    spent.append(_measure_postgres(environment) - postgres)
    written = [path.stat().st_mtime - began for path in (inbox.parent / "outbox" / "returns").rglob("*.xlsx")]
    if len(written) != len(files):
        raise SystemExit(f"{len(files)} files were sent, {len(written)} answered")
    answered = min(written), max(written)
    return IntakeMeasurement(len(files), *times, peak, len(answers), pace, stolen, *spent, answered, counted)  # type: ignore[call-arg] # four


def _measure_postgres(environment: dict[str, str]) -> float:
    """The processor's seconds so far of the private server and of all that it has started."""
    status = embedded_server.read_server_status(Path(environment["TONGKET_VAR"]) / "pg")
    server = psutil.Process(status.pid)
    return sum(sum(one.cpu_times()[:4]) for one in (server, *server.children()))


def _compute_stolen_share(before: Any) -> float:
    """The share of time since then in which the host ran something else; 0 where the system does not tell."""
    now = psutil.cpu_times()
    whole = sum(now) - sum(before)
    return (getattr(now, "steal", 0.0) - getattr(before, "steal", 0.0)) / whole if whole else 0.0


def _measure_pace() -> float:
    start, total = time.perf_counter(), 0
    for i in range(1_000_000):
        total += i * i % 7
    return time.perf_counter() - start


def _start_measurement(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.measure", *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def _measure_peak_memory(workers: Sequence[subprocess.Popen[str]]) -> int:
    """Waits for processes; gives the most memory that they and their children held together, in bytes."""
    peak, family = 0, [psutil.Process(worker.pid) for worker in workers]
    while any(worker.poll() is None for worker in workers):
        held = 0
        for member in family:
            with suppress(psutil.NoSuchProcess):
                held += member.memory_info().rss + sum(
                    _read_resident_memory(child) for child in member.children(recursive=True)
                )
        peak = max(peak, held)
        time.sleep(_POLL_SECONDS)
    return peak


def _read_resident_memory(process: psutil.Process) -> int:
    with suppress(psutil.NoSuchProcess):
        return int(process.memory_info().rss)
    return 0


def _read_measurement(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"a measurement ended with {process.returncode}; its own message is above")
    answer: dict[str, Any] = json.loads(out.splitlines()[-1])
    return answer


def count_fixed_tasks(dag_file: Path) -> int:
    """Tasks of a DAG that are not mapped over batches, counted in its file."""
    tree = ast.parse(dag_file.read_text(encoding="utf-8"))
    tasks = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and any("task" in ast.unparse(d) for d in node.decorator_list)
    }
    mapped = {
        node.value.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "expand" and isinstance(node.value, ast.Name)
    }
    return len(tasks - mapped)


# --- printing -------------------------------------------------------------------------------------


def _print_title(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def _print_row(*cells: object) -> None:
    print("".join(f"{cell!s:>{30 if i == 0 else 16}}" for i, cell in enumerate(cells)), flush=True)


def _print_intakes(done: Sequence[IntakeMeasurement]) -> None:
    _print_title("Read + check + load, one process a batch")
    memory = "peak MiB", "× memory"
    _print_row("files", "receive s", "start-up s", "process s", *memory, "workbooks/s", "with start-up")
    for one in done:
        times = (one.receive_seconds, one.start_up_seconds, one.process_seconds)
        held = round(one.peak / _MIB), f"{one.peak / done[0].peak:.2f}"
        speeds = (one.files / one.process_seconds, one.files / one.whole_seconds)
        _print_row(one.files, *(f"{t:.2f}" for t in times), *held, *(f"{v:.1f}" for v in speeds))
    for one in done:
        print(f"    {one.files}: {'; '.join(map(str, one.counted))}")
    _print_title(
        "The machine meanwhile: how fast it is, what its host took away, and the throughput of the time it had"
    )
    _print_row("files", "1M loop steps s", "stolen %", "workbooks/s")
    for one in done:
        had = one.process_seconds * (1 - one.stolen)
        _print_row(one.files, f"{one.pace:.3f}", f"{one.stolen * 100:.0f}", f"{one.files / had:.1f}")


def _print_prices(done: dict[str, IntakeMeasurement]) -> None:
    """What a workbook costs the processor, and so at least the time of a thousand on two cores."""
    _print_title("The processor's time for a workbook, in ms, and when the answers were there")
    heads = ("batches", "of them GX", "answers", "PostgreSQL", "in all", "1000, 2 cores s", "without answers")
    _print_row("", "files", *heads, "first answer s", "last answer s")
    for name, one in done.items():
        whole = one.cpu_seconds + one.postgres_seconds
        parts = one.cpu_seconds, one.validation_seconds, one.answer_seconds, one.postgres_seconds, whole
        prices = [f"{seconds / one.files * 1000:.1f}" for seconds in parts]
        seconds = *((t / one.files * 500) for t in (whole, whole - one.answer_seconds)), *one.answered
        _print_row(name, one.files, *prices, *(f"{t:.1f}" for t in seconds))


def _print_task_counts(done: Sequence[IntakeMeasurement]) -> None:
    fixed = count_fixed_tasks(settings.PROJECT_ROOT / "dags" / "intake.py")
    _print_title("Airflow tasks of one intake run")
    _print_row("files", "batches", "tasks")
    for one in done:
        _print_row(one.files, one.batches, fixed + one.batches)


def _measure_attainment(environment: dict[str, str]) -> None:
    answer = _read_measurement(_start_measurement(environment, "attained", corpus.SCOPE, "2024Q1", "2024Q2"))
    _print_title("Attainment of Kon Tum, every plan, one quarter")
    _print_row("first call s", "after start-up s")
    _print_row(f"{answer['start_up']:.2f}", f"{answer['seconds']:.2f}")


def _measure_parsing(scratch: Path, files: Sequence[Path]) -> None:
    folder = scratch / "parsed"
    folder.mkdir()
    for path in files:
        shutil.copy2(path, folder / path.name)
    _print_title(f"Reading {len(files)} workbooks, every cell")
    _print_row("parser", "s", "workbooks/s", "cells", "peak MiB", "× time")
    environment, base = _build_environment(scratch), 0.0
    for reader in ("calamine", "openpyxl-streaming", "openpyxl"):
        worker = _start_measurement(environment, "parsed", reader, str(folder))
        peak, answer = _measure_peak_memory([worker]), _read_measurement(worker)
        base = base or answer["seconds"]
        speed, times = answer["files"] / answer["seconds"], answer["seconds"] / base
        _print_row(
            reader,
            f"{answer['seconds']:.2f}",
            f"{speed:.1f}",
            answer["cells"],
            round(peak / _MIB),
            f"{times:.1f}",
        )


def _measure_rival(scratch: Path, files: Sequence[Path], environment: dict[str, str], ours: IntakeMeasurement) -> None:
    folder = scratch / "rival"
    folder.mkdir()
    for path in files:
        shutil.copy2(path, folder / path.name)
    theirs = _read_measurement(_start_measurement(environment, "rivalled", str(folder)))
    speeds = ours.files / ours.process_seconds, theirs["files"] / theirs["seconds"]
    _print_title("The same workbooks and bounds by frictionless, loaded by pandas with openpyxl, one process")
    _print_row("", "workbooks", "workbooks/s", "× throughput")
    _print_row("tongket, read + check + load", ours.files, f"{speeds[0]:.1f}", f"{speeds[0] / speeds[1]:.1f}")
    _print_row("frictionless + pandas", theirs["files"], f"{speeds[1]:.2f}", "1.0")


def _measure_module(name: str) -> None:
    """What a benchmark of its own module measured, a line a row."""
    module = importlib.import_module(f"benchmarks.{name}")
    _print_title((module.__doc__ or name).splitlines()[0])
    row_dicts = [asdict(row) for row in module.measure_rows()]
    _print_row(*row_dicts[0])
    for row in row_dicts:
        _print_row(*(f"{value:.3f}" if isinstance(value, float) else value for value in row.values()))


if __name__ == "__main__":
    sys.exit(main())
