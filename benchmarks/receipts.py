"""Answers through Airflow: ``python -m benchmarks.receipts [--files 1000] [--scope kon-tum]``.

Airflow itself runs, with a private PostgreSQL in a temporary folder, as `make up` starts it. The files lie in the inbox
when a run of `intake` is asked for; printed are the seconds from that moment until the first and until the last receipt
lay in the outbox, until the run ended, and the processor's seconds of everything that was started. Judges nothing. All
of it is simulated.
"""

from __future__ import annotations

import argparse
import dataclasses
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from etl import settings as etl_settings
from etl.catalog import load_catalogue
from etl.settings import Settings
from ops import local
from ops.dag_runs import wait_for_run_end
from simulation import workbook_corpus

SCOPES = (workbook_corpus.SCOPE, workbook_corpus.MANY_UNITS)
COMPONENTS = ("api-server", "scheduler", "dag-processor")
END_SECONDS = 3600.0


def measure_receipts(settings: Settings, files: Sequence[Path]) -> dict[str, float]:
    """Seconds until the first and the last receipt and the end of the run, since it was asked for.

    Raises:
        SystemExit: the run failed, or a file has no receipt.
    """
    running = local.read_running_airflow(settings)
    for path in files:
        target = settings.inbox / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    before, asked = measure_cpu(), time.time()
    state = wait_for_run_end(running.client, "intake", running.client.trigger_dag_run("intake"), seconds=END_SECONDS)
    ended, spent = time.time() - asked, measure_cpu() - before
    written = [path.stat().st_mtime - asked for path in (settings.outbox / "returns").rglob("*.xlsx")]
    if state != "success" or len(written) != len(files):
        raise SystemExit(f"the run ended as {state}; {len(files)} files were sent, {len(written)} answered")
    return {"first receipt": min(written), "last receipt": max(written), "run ended": ended, "processor": spent}


def measure_cpu() -> float:
    """The processor's seconds so far of both cores that were not idle: nothing else should run beside."""
    times = psutil.cpu_times()
    return float(sum(times[:3]))


@contextmanager
def open_airflow(scope: str) -> Iterator[Settings]:
    """Airflow for one scope in a folder of its own; all of it ends with the context."""
    with tempfile.TemporaryDirectory(prefix="tongket-receipts-") as folder:
        settings = dataclasses.replace(
            etl_settings.load_settings(), var=Path(folder), database_url="", min_age_seconds=0.0, simulated=True,
            received_clock="mtime", scopes=(scope,),
        )  # fmt: skip
        try:
            local.start_airflow(settings, port=0, components=COMPONENTS)
            yield settings
        finally:
            local.stop_airflow(settings)


def main(arguments: Sequence[str] | None = None) -> int:
    """The shell's door."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.receipts", description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--scope", choices=SCOPES, default=workbook_corpus.SCOPE)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="tongket-corpus-") as corpus:
        catalogue = load_catalogue(etl_settings.load_settings().catalog)
        files = workbook_corpus.write_corpus(catalogue, Path(corpus), chosen.files, chosen.scope)
        with open_airflow(chosen.scope) as settings:
            for name, seconds in measure_receipts(settings, files).items():
                print(f"{len(files)} files of {chosen.scope}  {name:<14}{seconds:>8.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
