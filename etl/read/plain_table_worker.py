"""The child process that opens a workbook of unknown layout: bytes in, the texts of its cells out, as JSON.

Started by `etl.read.plain_table`. It confines itself before it looks at the first byte (`etl.read.sandbox`).
"""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import python_calamine  # noqa: F401 - before files can no longer be opened freely

from etl.read import sandbox
from etl.read.preflight import RawFinding, check_file_bytes
from etl.read.workbook_file import WorkbookFile

_CPU_SECONDS, _SECONDS = 30, 50


class _RefusedTableError(Exception):
    """Why a table is not read: what, where in the file, what to do."""


def read_sheets(data: bytes) -> list[tuple[str, list[list[str]]]]:
    """The sheets that have cells, each with its texts.

    Raises:
        _RefusedTableError: the file is no sound workbook, or a reader of it would not see what it holds.
    """
    checked = check_file_bytes(data)
    if isinstance(checked, RawFinding):
        raise _RefusedTableError(f"the file is refused ({checked.code})", "", "save it anew as .xlsx")
    book = WorkbookFile(data)
    sheets = [(name, _read_texts(book, name)) for name in book.names if name not in book.hidden]
    return [(name, rows) for name, rows in sheets if any(any(row) for row in rows)]


def _read_texts(book: WorkbookFile, name: str) -> list[list[str]]:
    grid, metadata = book.read_rows(name), book.read_metadata(name)
    used = {(r, c) for r, row in enumerate(grid) for c, value in enumerate(row) if value != ""}
    for row, col in sorted(used | metadata.uncached):
        look, value = metadata.looks.get((row, col)), grid[row][col] if (row, col) in used else ""
        hidden = row in metadata.hidden_rows or col in metadata.hidden_cols or (look and look.is_hidden(value))
        reason = (
            "the formula has no stored result" if (row, col) in metadata.uncached
            else "the cell is hidden" if hidden
            else "the cell is struck out" if look and look.is_struck
            else ""
        )  # fmt: skip
        if reason:
            raise _RefusedTableError(reason, f": {name}, row {row + 1}, column {col + 1}", "show, clear or compute it")
    formats = {place: look.number_format for place, look in metadata.looks.items()}
    return [[format_cell(value, formats.get((r, c), "")) for c, value in enumerate(row)] for r, row in enumerate(grid)]


def format_cell(value: Any, number_format: str) -> str:
    """A cell's text; a number exactly, with a decimal comma, and as per cent where it is shown so."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value.isoformat() if isinstance(value, date | datetime) else " ".join(str(value).split())
    number = Decimal(repr(value))
    is_share = "%" in number_format
    text = format((number * 100 if is_share else number).normalize(), "f").replace(".", ",")
    return f"{text}%" if is_share else text


def main() -> None:
    """Reads standard input to its end, answers once."""
    data = sys.stdin.buffer.read()
    sandbox.apply_limits()
    sandbox.forbid_system_calls()
    sandbox.set_timers(_CPU_SECONDS, _SECONDS)
    try:
        answer: dict[str, Any] = {"sheets": read_sheets(data)}
    except _RefusedTableError as refused:
        answer = dict(zip(("refused", "place", "fix"), refused.args, strict=True))
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
