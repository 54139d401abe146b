"""One measurement a process: prints a line of JSON. `benchmarks.bench` starts these; not meant for people.

Each process reads TONGKET_VAR for itself, so that nothing of one measurement is warm in another.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Result = dict[str, Any]


def main(arguments: list[str]) -> None:
    """``measure.py WHAT [ARGUMENTS]``."""
    what, *rest = arguments
    print(json.dumps(_MEASURES[what](*rest)))


def measure_receive() -> Result:
    """Everything in the inbox taken, hashed, archived and shared out."""
    from etl import steps

    start = time.perf_counter()
    batches = steps.receive_deliveries()["batches"]
    return {"seconds": time.perf_counter() - start, "batches": batches}


def measure_start_up() -> Result:
    """The imports that a processing task needs, by themselves."""
    start = time.perf_counter()
    import great_expectations  # noqa: F401 - the slowest of them
    import pandas  # noqa: F401
    import sqlalchemy  # noqa: F401

    from etl import check, load, read, returns, steps  # noqa: F401

    return {"seconds": time.perf_counter() - start}


def measure_processing(batch: str) -> Result:
    """A batch read, checked, loaded and answered, after start-up; the processor's time of it, its reader's included,
    and of that the time in Great Expectations and that of the answers."""
    start_up = measure_start_up()["seconds"]
    from etl import steps
    from etl.check import batch as checker
    from etl.intake import intake_batches

    validation, answers = (
        _count_seconds(checker, "validate_frames"),
        _count_seconds(intake_batches, "_write_owed_answers"),
    )
    start, before_all = time.perf_counter(), sum(os.times()[:4])
    counted = steps.process_batch(int(batch))
    seconds, cpu = time.perf_counter() - start, sum(os.times()[:4]) - before_all
    parts = {"validation": sum(validation), "answers": sum(answers)}
    return {"start_up": start_up, "seconds": seconds, "cpu": cpu, **parts, "counted": counted}


def _count_seconds(module: Any, name: str) -> list[float]:
    """From now on, the processor's seconds of each call of a module's function."""
    function, spent = getattr(module, name), []

    def call_and_measure(*arguments: Any) -> Any:
        before = time.process_time()
        results = function(*arguments)
        spent.append(time.process_time() - before)
        return results

    setattr(module, name, call_and_measure)
    return spent


def measure_attainment(scope: str, warm: str, period: str) -> Result:
    """A period's attainment: once to start up, once to measure."""
    from etl import steps

    start = time.perf_counter()
    steps.compute_attainment(scope, warm)
    middle = time.perf_counter()
    steps.compute_attainment(scope, period)
    return {"start_up": middle - start, "seconds": time.perf_counter() - middle}


def measure_rival(folder: str) -> Result:
    """The workbooks below a folder validated and loaded by other tools, into the same server."""
    from benchmarks import rival
    from etl import settings
    from etl.warehouse import embedded_server

    return rival.load_with_rival(
        sorted(Path(folder).rglob("*.xlsx")), embedded_server.resolve_database_url(settings.load_settings())
    )


def measure_parsing(reader: str, folder: str) -> Result:
    """Every cell of every workbook below a folder, with one parser."""
    read = {
        "calamine": _count_calamine_cells,
        "openpyxl": _count_openpyxl_cells,
        "openpyxl-streaming": _count_streamed_cells,
    }[reader]
    files = sorted(Path(folder).rglob("*.xlsx"))
    read(files[0])
    start = time.perf_counter()
    cells = sum(read(path) for path in files)
    return {"seconds": time.perf_counter() - start, "files": len(files), "cells": cells}


def _count_calamine_cells(path: Path) -> int:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(path))
    rows = (row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python())
    return sum(value not in {"", None} for row in rows for value in row)


def _count_openpyxl_cells(path: Path, *, streaming: bool = False) -> int:
    import openpyxl

    book = openpyxl.load_workbook(path, data_only=True, read_only=streaming)
    rows = (row for page in book.worksheets for row in page.iter_rows(values_only=True))
    cells = sum(value not in {"", None} for row in rows for value in row)
    book.close()
    return cells


def _count_streamed_cells(path: Path) -> int:
    return _count_openpyxl_cells(path, streaming=True)


_MEASURES: dict[str, Callable[..., Result]] = {
    "received": measure_receive,
    "started": measure_start_up,
    "processed": measure_processing,
    "attained": measure_attainment,
    "parsed": measure_parsing,
    "rivalled": measure_rival,
}


if __name__ == "__main__":
    main(sys.argv[1:])
