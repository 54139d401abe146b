"""Tables of any layout as texts: what a person's own workbook or CSV file shows, cell by cell, never what it may mean.

Room: read; called by steps. A workbook is opened in a confined child process (`etl.read.plain_table_worker`). A number
is written as Vietnamese documents write it, exactly: 11,5 and 95%.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from etl.errors import UsageError
from etl.read.preflight.limits import MAX_BYTES

_SECONDS = 60
_TEXT_ENDINGS = frozenset({".csv", ".tsv", ".txt"})


@dataclass(frozen=True)
class PlainTable:
    """A sheet's cells as texts, rows of equal length from A1 on; `sheet` is empty for a CSV file."""

    sheet: str
    rows: tuple[tuple[str, ...], ...]


def read_plain_table(path: Path, sheet: str = "", name: str = "") -> PlainTable:
    """The one table of a file, or of one of its sheets. `name`: the file's own, where it is kept under another.

    Raises:
        UsageError: the file cannot be read, has several sheets and none was named, or hides what it holds.
    """
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_BYTES else b""
    except OSError as error:
        raise UsageError(error.strerror or str(error), where=str(path), fix="give a file that can be read") from None
    if not data:
        raise UsageError("the file is empty or too large", where=str(path), fix=f"at most {MAX_BYTES} bytes")
    if Path(name or path.name).suffix.lower() in _TEXT_ENDINGS:
        return PlainTable("", _parse_text_table(path, data))
    tables = _read_confined(path, data)
    chosen = [table for table in tables if sheet in {"", table.sheet}]
    if len(chosen) != 1:
        names = ", ".join(repr(table.sheet) for table in tables) or "none"
        fix = f"name one with --sheet; sheets with cells: {names}"
        raise UsageError(f"{len(chosen)} sheets to read", where=str(path), fix=fix)
    return chosen[0]


def _parse_text_table(path: Path, data: bytes) -> tuple[tuple[str, ...], ...]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError("the file is not UTF-8", where=f"{path}:{line}", fix="save it as CSV UTF-8") from None
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    try:
        rows = [
            tuple(cell.strip() for cell in row)
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        ]
    except csv.Error as error:
        raise UsageError(f"not readable as CSV: {error}", where=str(path), fix="correct its quotes") from None
    for line, row in enumerate(rows, start=1):
        if row and len(row) != len(rows[0]):
            fix = "a value with the separator in it stands in quotes"
            what = f"row {line} has {len(row)} values, the first {len(rows[0])}"
            raise UsageError(what, where=f"{path}:{line}", fix=fix)
    return tuple(row for row in rows if row)


def _read_confined(path: Path, data: bytes) -> list[PlainTable]:
    """What the child process makes of a workbook; whatever it does, this process only gets words or a refusal."""
    with tempfile.TemporaryDirectory(prefix="tongket-read-") as empty:
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "etl.read.plain_table_worker"],
                input=data, capture_output=True, timeout=_SECONDS, cwd=empty, check=False,
                env={"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise UsageError("the file takes too long to read", where=str(path), fix="save it anew as .xlsx") from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise UsageError("the file cannot be read", where=str(path), fix="save it anew as .xlsx, or as CSV") from None
    if "refused" in answer:
        raise UsageError(answer["refused"], where=f"{path}{answer['place']}", fix=answer["fix"])
    return [PlainTable(name, tuple(tuple(row) for row in rows)) for name, rows in answer["sheets"]]
