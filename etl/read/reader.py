"""The parent's side of reading: keeps a child process, asks it file by file, replaces it when it dies."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from etl.catalog import Catalogue
from etl.catalog.layout import FormLayout
from etl.catalog.rules import Rules
from etl.errors import StorageError
from etl.model import CellState, Finding, FormStamp, Observation, ReadResult
from etl.read.preflight import Trouble
from etl.read.workbook import resolve

START_SECONDS = 60.0
FILE_SECONDS = 30.0
_INVALID = "invalid"


class Reader:
    """Reads workbooks in a child process. Use as a context manager; one Reader per thread.

    Args:
        catalogue: what layouts are made from; the child loads the same folder.
        rules: where messages come from.
        seconds: wall-clock limit per file.
    """

    def __init__(self, catalogue: Catalogue, rules: Rules, *, seconds: float = FILE_SECONDS) -> None:
        self._catalogue = catalogue
        self._rules = rules
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._buffer = b""
        self._asked: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the child, if there is one."""
        child, self._child, self._buffer, self._asked = self._child, None, b"", []
        if child:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe:
                    pipe.close()

    def read(self, path: Path) -> ReadResult:
        """What a workbook says. A child's death or silence is a finding about this file alone.

        Raises:
            StorageError: the file cannot be read, or no child can be started.
        """
        return next(self.read_all([path]))

    def read_all(self, paths: Sequence[Path]) -> Iterator[ReadResult]:
        """What each workbook says, in order. The child is always one file ahead of the caller.

        Raises:
            StorageError: a file cannot be read, or no child can be started.
        """
        for i, path in enumerate(paths):
            if not path.is_file():
                raise StorageError("the file is not there", where=str(path), fix="check the archive folder")
            yield self._result(self._ask(path, paths[i + 1] if i + 1 < len(paths) else None))

    def _result(self, answer: dict[str, Any] | Trouble) -> ReadResult:
        if isinstance(answer, Trouble):
            return ReadResult(None, findings=(self._finding(answer),))
        stamp = FormStamp(**answer["stamp"]) if answer["stamp"] else None
        troubles = [Trouble(**t | {"slots": tuple(map(tuple, t["slots"]))}) for t in answer["troubles"]]
        observations: tuple[Observation, ...] = ()
        described = resolve(stamp, self._catalogue) if stamp else None
        if isinstance(described, FormLayout):
            observations = tuple(_observations(described, answer["cells"]))
        return ReadResult(stamp, observations, tuple(self._finding(t) for t in troubles))

    def _finding(self, trouble: Trouble) -> Finding:
        place = {"sheet": trouble.sheet, "cell": trouble.cell, "value": trouble.value}
        return self._rules.finding(trouble.code, slots=dict(trouble.slots), **place)

    def _ask(self, path: Path, following: Path | None) -> dict[str, Any] | Trouble:
        """The child's answer about a file; the next file is handed over before the answer is looked at."""
        child = self._alive()
        try:
            if path not in self._asked:
                self._send(child, path)
            if following is not None:
                self._send(child, following)
            line = self._line(child, self._seconds)
        except BrokenPipeError:
            line = None
        if line is None:
            slow = child.poll() is None
            self.close()
            return Trouble("F05", slots=(("detail", "quá thời gian đọc" if slow else "trình đọc dừng đột ngột"),))
        self._asked.remove(path)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _send(self, child: subprocess.Popen[bytes], path: Path) -> None:
        assert child.stdin is not None  # noqa: S101 - Popen was asked for a pipe
        child.stdin.write(json.dumps({"path": str(path)}).encode() + b"\n")
        child.stdin.flush()
        self._asked.append(path)

    def _alive(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._child = _start(self._catalogue.root)
            if self._line(self._child, START_SECONDS) is None:
                code = self._child.poll()
                self.close()
                raise StorageError(
                    f"the reading process does not start (exit {code})",
                    where=sys.executable,
                    fix="run `python -m etl.read.worker catalog`",
                )
        return self._child

    def _line(self, child: subprocess.Popen[bytes], seconds: float) -> bytes | None:
        """The next line of the child, or None if it died or kept silent."""
        assert child.stdout is not None  # noqa: S101 - Popen was asked for a pipe
        handle, end = child.stdout.fileno(), time.monotonic() + seconds
        while b"\n" not in self._buffer:
            left = end - time.monotonic()
            if left <= 0 or not select.select([handle], [], [], left)[0]:
                return None
            part = os.read(handle, 1 << 16)
            if not part:
                child.wait()
                return None
            self._buffer += part
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line


def _start(catalog: Path) -> subprocess.Popen[bytes]:
    # The child gets no secrets: only what Python needs to find itself and this package.
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "LC_ALL": "C.UTF-8",
    }
    command = [sys.executable, "-m", "etl.read.worker", str(catalog)]
    return subprocess.Popen(  # noqa: S603 - our own module, no shell
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        close_fds=True,
    )


_STATES = {state.value: state for state in CellState} | {
    f"{_INVALID}_{kind}": CellState.INVALID for kind in ("number", "choice", "date")
}


def _observations(described: FormLayout, cells: list[dict[str, Any] | None]) -> Iterator[Observation]:
    for sheet, found in zip(described.sheets, cells, strict=False):
        if found is None:
            continue
        texts, raws = found["texts"], found["raws"]
        for i, (cell, name, number) in enumerate(zip(sheet.inputs, found["states"], found["numbers"], strict=True)):
            index = str(i) if texts or raws else ""
            yield Observation(
                cell.org_unit_code, cell.data_element, sheet.code, cell.cell, _STATES[name], number,
                texts.get(index, ""), raws.get(index, ""),
            )  # fmt: skip
