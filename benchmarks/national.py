"""The nation's deadline day, simulated: ``python -m benchmarks.national [--provinces 34] [--runs 96] [--at-once 2]``.

Every province gets its scope by the step behind `tongket new scope`, in a copy of the catalogue. Its communes' forms of
one quarter are issued, filled, and dropped in equal shares for as many intake runs as eight hours have; a fifth is sent
again, changed; then every scope is computed and its report drafted. The steps are those of Airflow's tasks, in
`--at-once` processes beside a private PostgreSQL; Airflow itself does not run. What no source says of a new office is
taken as proposed. Prints, for each stage, files, seconds, the processor's seconds (of them in PostgreSQL) and MB
written; judges nothing. All of it is simulated.
"""

from __future__ import annotations

import argparse
import csv
import functools
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from etl.settings import PROJECT_ROOT
from etl.warehouse import embedded_server

PROVINCES, COMMUNES = 34, 3321
PERIOD, SECOND_SHARE = "2026Q1", 5
RUNS = 96  # an intake run every five minutes, for eight hours
DONOR = "quang-ngai"  # whose simulated communes lend their figures to the others'
CHANGED = "pc_visits"
PARTS = ("catalog", "templates", "expectations", "sql")
_SENT = 1_775_000_000.0  # a file's time, long enough ago to count as stable
Values = Mapping[tuple[str, str, str], float | int | str]


@dataclass(frozen=True)
class Stage:
    """What one stage of the day took."""

    name: str
    files: int
    seconds: float
    cpu: float
    postgres: float
    megabytes: float
    database_megabytes: float


class Day:
    """The installation of the nation, the processes that work in it, and what each stage took."""

    def __init__(self, root: Path, pool: ProcessPoolExecutor, processes: Sequence[int]) -> None:
        self.var = root / "var"
        self.pool = pool
        self.stages: list[Stage] = []
        self._processes = processes

    def run_stage(self, name: str, work: Callable[[], int]) -> None:
        """Does a stage's work, which gives its number of files, and notes what it took."""
        before, start = self._measure(), time.perf_counter()
        files = work()
        seconds, after = time.perf_counter() - start, self._measure()
        spent = [late - early for early, late in zip(before, after, strict=True)]
        self.stages.append(Stage(name, files, seconds, *spent))
        print_stage(self.stages[-1])

    def _measure(self) -> tuple[float, float, float, float]:
        """Seconds of the processor, those of PostgreSQL among them; MB of files, MB of the database's folder."""
        server = psutil.Process(embedded_server.read_server_status(self.var / "pg").pid)
        postgres = _sum_cpu([server, *server.children()])
        own = _sum_cpu([psutil.Process(), *map(psutil.Process, self._processes)])
        database = _measure_folder(self.var / "pg")
        return own + postgres, postgres, _measure_folder(self.var) - database, database


def run_day(root: Path, provinces: int, runs: int, at_once: int) -> list[Stage]:
    """Lives through the day in a folder; gives what each stage took."""
    _copy_installation(root)
    os.environ.update(_build_environment(root))
    from etl import steps

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["ops.warm", "benchmarks.national", "pandas", "great_expectations.expectations"])
    start = time.perf_counter()
    scopes = _create_scopes(root, provinces)
    os.environ["TONGKET_SCOPES"] = ",".join(scopes)
    print(f"{len(scopes)} scopes made in {time.perf_counter() - start:.0f} s", flush=True)
    steps.migrate_warehouse()
    with ProcessPoolExecutor(at_once, mp_context=context) as pool:
        processes = sorted(set(pool.map(_tell_process, range(at_once * 8))))
        day = Day(root, pool, processes)
        day.run_stage("forms issued", lambda: sum(pool.map(_open_period, scopes)))
        filled = sorted(pool.map(_fill_scope_forms, [(scope, root / "sent", False) for scope in scopes]))
        again = sorted(pool.map(_fill_scope_forms, [(scope, root / "again", True) for scope in scopes]))
        last = again[0].pop()
        for name, sent, share in (
            ("first deliveries", filled, runs),
            ("sent again", again, max(1, runs // SECOND_SHARE)),
        ):
            files = sorted((path for paths in sent for path in paths), key=_hash_path)
            waves = [files[number::share] for number in range(share)]
            day.run_stage(f"{name}: intake, {share} runs", functools.partial(_run_waves, pool, waves))
        day.run_stage("attainment of every scope", lambda: sum(pool.map(_compute_scope, scopes)))
        _run_intake(pool, [last])
        changed = steps.list_scopes_to_compute(PERIOD)
        day.run_stage("attainment after one more file", lambda: sum(pool.map(_compute_scope, changed)))
        day.run_stage("reports of every scope", lambda: sum(pool.map(_draft_scope, scopes)))
        day.run_stage("pages seen, one after the other", lambda: _show_pages(scopes))
    return day.stages


def print_stage(stage: Stage) -> None:
    """A stage as a row of the table."""
    cells = (f"{stage.files:>8}", f"{stage.seconds:>9.1f}", f"{stage.cpu:>9.1f}", f"{stage.postgres:>11.1f}",
             f"{stage.megabytes:>9.1f}", f"{stage.database_megabytes:>9.1f}")  # fmt: skip
    print(f"{stage.name:<36}{''.join(cells)}", flush=True)


# --- the nation ---------------------------------------------------------------------------------------


def _copy_installation(root: Path) -> None:
    for part in PARTS:
        shutil.copytree(PROJECT_ROOT / part, root / part)


def _build_environment(root: Path) -> dict[str, str]:
    path = os.environ.get("PYTHONPATH", "")
    return {
        "TONGKET_HOME": str(root),
        "TONGKET_VAR": str(root / "var"),
        "TONGKET_DATABASE_URL": "",
        "TONGKET_MIN_AGE_SECONDS": "0",
        "TONGKET_RECEIVED_CLOCK": "mtime",
        "TONGKET_SIMULATED": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(PROJECT_ROOT), path])),
    }


def _create_scopes(root: Path, provinces: int) -> list[str]:
    """A scope for each of the first provinces; those that the catalogue has already are taken as they are."""
    from etl import steps
    from etl.catalog import load_catalogue

    known = {scope.area_unit: name for name, scope in load_catalogue(root / "catalog").scopes.items()}
    scopes = []
    for code in _list_provinces(root)[:provinces]:
        if code in known:
            scopes.append(known[code])
            continue
        made = steps.create_scope(code, from_year=2026)
        scopes.append(made["scope"])
        _accept_proposals(root / "catalog", made["written"])
    return scopes


def _list_provinces(root: Path) -> list[str]:
    with (root / "catalog" / "nation" / "units.csv").open(encoding="utf-8", newline="") as handle:
        return sorted(row["code"] for row in csv.DictReader(handle) if row["level"] == "province")


def _accept_proposals(catalog: Path, written: Iterable[str]) -> None:
    for path in (catalog / name for name in written):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".yaml" and "!to-decide " in text:
            path.write_text(text.replace("!to-decide ", ""), encoding="utf-8")


def _fill_scope_forms(job: tuple[str, Path, bool]) -> list[Path]:
    """Fills the communes' forms of a scope, or again those of every fifth with one figure changed."""
    from etl.settings import load_settings
    from simulation.form_filling import fill_form, read_manifest

    scope, folder, again = job
    forms = sorted(_list_scope_forms(load_settings().outbox / "forms" / PERIOD, scope))
    lenders, lent = _load_donor_values()
    written = []
    for number, path in enumerate(forms[::SECOND_SHARE] if again else forms):
        manifest = read_manifest(data := path.read_bytes())
        lender = lenders[number * (SECOND_SHARE if again else 1) % len(lenders)]
        values = {}
        for entry in manifest.entries:
            value = lent.get((lender, entry.data_element), "")
            changed = again and entry.data_element == CHANGED and not isinstance(value, str)
            values[path.parent.name, entry.org_unit_code, entry.data_element] = value + 1 if changed else value
        target = folder / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(fill_form(data, values, manifest=manifest))
        os.utime(target, (_SENT + again,) * 2)
        written.append(target)
    return written


def _list_scope_forms(folder: Path, scope: str) -> Iterator[Path]:
    from etl.catalog.obligations import list_obligations
    from etl.model import Period

    catalogue = _load_catalogue()
    for _, _, unit in list_obligations(catalogue, catalogue.get_scope(scope), Period.parse(PERIOD)):
        if unit.level == "commune":
            yield from (folder / unit.code).glob("[!.~]*.xlsx")


@functools.cache
def _load_donor_values() -> tuple[list[str], dict[tuple[str, str], Any]]:
    """Simulated figures of real communes, by unit and data element, and the units that they are of."""
    from etl.model import Period
    from simulation.cell_values import build_cell_values

    catalogue = _load_catalogue()
    values = build_cell_values(catalogue, catalogue.get_scope(DONOR), Period.parse(PERIOD))
    lent = {(unit, element): value for (unit, leaf, element), value in values.items() if unit == leaf}
    return sorted({unit for unit, element in lent if element == CHANGED}), lent


def _load_catalogue() -> Any:
    from etl.catalog import load_catalogue
    from etl.settings import load_settings

    return load_catalogue(load_settings().catalog)


# --- the day --------------------------------------------------------------------------------------------


def _run_waves(pool: ProcessPoolExecutor, waves: Sequence[Sequence[Path]]) -> int:
    return sum(_run_intake(pool, wave) for wave in waves)


def _run_intake(pool: ProcessPoolExecutor, files: Sequence[Path]) -> int:
    """One run of the intake, its batches beside each other."""
    from etl import steps
    from etl.settings import load_settings

    inbox = load_settings().inbox
    for path in files:
        target = inbox / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    received = steps.receive_deliveries()
    results = list(pool.map(_process_batch, received["batches"]))
    steps.write_answers()
    steps.announce_periods(results)
    taken = sum(result["accepted"] for result in results)
    if taken != len(files):
        raise SystemExit(f"{len(files)} files were sent, {taken} accepted")
    return int(taken)


def _process_batch(batch: int) -> dict[str, Any]:
    from etl import steps

    return steps.process_batch(batch)


def _open_period(scope: str) -> int:
    from etl import steps

    return int(steps.open_period(scope, PERIOD)["issued"])


def _compute_scope(scope: str) -> int:
    from etl import steps

    steps.compute_attainment(scope, PERIOD)
    return 1


def _draft_scope(scope: str) -> int:
    from etl import steps

    return len(steps.draft_reports(scope, PERIOD, "quarter").get("documents", []))


def _show_pages(scopes: Sequence[str]) -> int:
    """Each page once that lists units, figures or documents: of all scopes, and of each of them."""
    from etl.page import board_page, document_page, finding_page, operations_page, page_rendering, scorecard_page
    from etl.page.page_login import PageUser
    from etl.warehouse.page_views import BoardFilter, FindingFilter

    desk = page_rendering.open_desk(PageUser("benchmark", lambda _cadence: True), "/page/", "vi", "")
    shown = [
        board_page.show_periods(desk),
        operations_page.show_operations(desk)[0],
        finding_page.show_findings(desk, FindingFilter(shown="all"), 1),
        document_page.show_documents(desk, "", "", "all", 1),
    ]
    for scope in scopes:
        shown += [
            board_page.show_board(desk, BoardFilter(scope, PERIOD), 1),
            board_page.show_board(desk, BoardFilter(scope, PERIOD, state="accepted", search="an"), 1),
            scorecard_page.show_scorecard(desk, scope, PERIOD, "", "", 1),
        ]
    return len(shown)


def _tell_process(_: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def _sum_cpu(processes: Iterable[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        try:
            total += sum(process.cpu_times()[:4])  # its own, and that of children that have ended
        except psutil.NoSuchProcess:
            continue
    return total


def _measure_folder(folder: Path) -> float:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size
        except FileNotFoundError:  # written and gone again
            continue
    return total / 1e6


def _hash_path(path: Path) -> str:
    import hashlib

    return hashlib.sha256(f"{path.parent.name}/{path.name}".encode()).hexdigest()


@contextmanager
def _open_folder() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="tongket-national-"))
    root.chmod(0o755)
    try:
        yield root
    finally:
        embedded_server.stop_server(root / "var" / "pg")
        shutil.rmtree(root)


def main(arguments: Sequence[str] | None = None) -> int:
    """The shell's door."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.national", description=__doc__)
    parser.add_argument("--provinces", type=int, default=PROVINCES, help="how many of the 34, by their codes")
    parser.add_argument("--runs", type=int, default=RUNS, help="intake runs in the eight hours")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1, help="tasks at once")
    chosen = parser.parse_args(arguments)
    os.environ["TONGKET_BATCHES"] = str(chosen.at_once)
    heads = (f"{'files':>8}", f"{'s':>9}", f"{'CPU s':>9}", f"{'of them PG':>11}", f"{'MB':>9}", f"{'MB in PG':>9}")
    print(f"{'SỐ LIỆU MÔ PHỎNG':<36}{''.join(heads)}", flush=True)
    with _open_folder() as root:
        stages = run_day(root, chosen.provinces, chosen.runs, chosen.at_once)
    total = Stage("the whole day", 0, *(sum(getattr(s, f) for s in stages) for f in
                  ("seconds", "cpu", "postgres", "megabytes", "database_megabytes")))  # fmt: skip
    print_stage(total)
    if chosen.provinces < PROVINCES:
        communes = stages[0].files
        print(
            f"{communes} of {COMMUNES} communes: a whole nation is computed to be {COMMUNES / communes:.1f} times that"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
