"""The parent's side of reading: keeps a child process, hands it files ahead, replaces it when it dies."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from types import TracebackType
from typing import Self

from etl.catalog import Catalogue
from etl.catalog.layout import FormLayout, SheetLayout
from etl.catalog.rules import Rules
from etl.errors import StorageError
from etl.model import Finding, Observation, ReadResult
from etl.read import ipc_protocol
from etl.read.cell_findings import build_cell_findings
from etl.read.ipc_protocol import SheetColumns, WorkerReply
from etl.read.preflight import RawFinding
from etl.read.workbook_reader import ABSENT, find_form_layout

START_SECONDS = 60.0
FILE_SECONDS = 20.0
CPU_SECONDS = 3.0  # the largest issued form takes some 0.03
FILES_PER_CHILD = 1000
_AHEAD_FILES, _AHEAD_BYTES = 128, 32_768  # a pipe holds 65,536 bytes: writing requests never blocks
_ANSWERS_BYTES = 1 << 20  # what a pipe may hold at most without privileges
_OUT_OF_MEMORY = b"memory allocation"  # Rust's last words
_BROKEN = (ValueError, KeyError, TypeError, IndexError, AttributeError, struct.error)


class _WorkerLostError(Exception):
    """The child is gone, or is to go; `trouble` says what that means for the file it was reading."""

    def __init__(self, finding: RawFinding, *, outside: bool = False) -> None:
        super().__init__(finding.code)
        self.finding = finding
        self.outside = outside


class Reader:
    """Reads workbooks in a child process. Use as a context manager; one Reader per thread.

    Args:
        catalogue: what layouts are made from; the child loads the same folder.
        rules: where messages come from.
        seconds: wall-clock limit per file.
        cpu_seconds: limit of computing per file.
        files: after how many files the child is replaced.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        rules: Rules,
        *,
        seconds: float = FILE_SECONDS,
        cpu_seconds: float = CPU_SECONDS,
        files: int = FILES_PER_CHILD,
    ) -> None:
        self._catalogue = catalogue
        self._rules = rules
        self._seconds, self._cpu_seconds, self._files = seconds, cpu_seconds, files
        self._child: _WorkerProcess | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the child, if there is one."""
        child, self._child = self._child, None
        if child:
            child.kill_process()

    @property
    def confined(self) -> bool:
        """Whether the present child runs under a filter of system calls: no network, no process, no change to files."""
        return self._ensure_child().confined

    def read_file(self, path: Path, name: str | None = None) -> ReadResult:
        """What a workbook says. A child's death or silence is a finding about this file alone.

        Raises:
            StorageError: the file cannot be read, or no child can be started.
        """
        return next(self.read_files([path], None if name is None else [name]))

    def read_files(self, paths: Sequence[Path], names: Sequence[str] | None = None) -> Iterator[ReadResult]:
        """What each workbook says, in order. The child works ahead of the caller, as far as the pipes hold.

        Args:
            paths: the files; give all there are, so that the child never waits.
            names: what their senders called them, where that is not the path's own name.

        Raises:
            StorageError: a file cannot be read, or no child can be started.
        """
        file_names = [path.name for path in paths] if names is None else names
        requests = [_encode_request(path, name) for path, name in zip(paths, file_names, strict=True)]
        child: _WorkerProcess | None = None
        try:
            for i, path in enumerate(paths):
                answer, child = self._await_reply(child, requests, i)
                yield self._build_result(answer, path)
        finally:
            if child is not None and child is self._child and child.pending_sizes:
                self.close()  # answers nobody waits for any more

    def _await_reply(
        self, child: _WorkerProcess | None, requests: Sequence[bytes], i: int, *, again: bool = False
    ) -> tuple[WorkerReply | RawFinding, _WorkerProcess | None]:
        """The answer about one file, and the child that knows of the following ones.

        A child that someone else took over or that died in between has forgotten what it was asked: it is asked again.
        """
        if child is None or child is not self._child or not child.pending_sizes:
            child = self._ensure_child()
        try:
            child.send_requests(requests, i)
            return child.receive_reply(self._seconds), child
        except _WorkerLostError as lost:
            self.close()
            if lost.outside and not again:
                return self._await_reply(None, requests, i, again=True)
            return lost.finding, None

    def _ensure_child(self) -> _WorkerProcess:
        """A child that owes no answer and has files left to read in its life."""
        child = self._child
        if child is None or child.pending_sizes or child.files_left <= 0 or child.process.poll() is not None:
            self.close()
            self._child = child = _WorkerProcess(self._catalogue.root, self._cpu_seconds, self._seconds, self._files)
        return child

    def _build_result(self, answer: WorkerReply | RawFinding, path: Path) -> ReadResult:
        if isinstance(answer, RawFinding):
            return ReadResult(None, findings=(self._build_finding(answer),))
        if answer.open_error:
            raise StorageError(
                f"the file is not there or cannot be read: {answer.open_error}", where=str(path), fix="check its folder"
            )
        findings = [self._build_finding(t) for t in answer.findings]
        observations: list[Observation] = []
        form_layout = find_form_layout(answer.stamp, self._catalogue) if answer.stamp else None
        if isinstance(form_layout, FormLayout) and len(answer.sheets) == len(form_layout.sheets):
            for sheet, columns in zip(form_layout.sheets, answer.sheets, strict=True):
                sheet_observations = _build_observations(sheet, columns) if columns else []
                if columns and sheet_observations:
                    findings += build_cell_findings(
                        self._rules, self._catalogue, form_layout.period.end, sheet_observations, columns.invalid
                    )
                observations += (
                    _filter_absent_cells(sheet_observations, columns.invalid) if columns else sheet_observations
                )
        return ReadResult(answer.stamp, tuple(observations), tuple(findings), answer.explanations)

    def _build_finding(self, raw_finding: RawFinding) -> Finding:
        place = {"sheet": raw_finding.sheet, "cell": raw_finding.cell, "value": raw_finding.value}
        return self._rules.build_finding(raw_finding.code, slots=dict(raw_finding.slots), **place)


def _encode_request(path: Path, name: str) -> bytes:
    return json.dumps({"path": os.fspath(path), "name": name}).encode() + b"\n"


class _WorkerProcess:
    """One child process and what it was asked. `asked` holds the sizes of requests without an answer yet."""

    def __init__(self, catalog: Path, cpu_seconds: float, seconds: float, files: int) -> None:
        self.folder = tempfile.mkdtemp(prefix="tongket-read-")
        self.process = _start_worker_process(catalog, self.folder, cpu_seconds, seconds)
        self.pending_sizes: deque[int] = deque()
        self.files_left = files
        self._buffer = bytearray()
        try:
            self.confined = self._receive_message(START_SECONDS)[ipc_protocol.HEAD.size :] == b"1"
        except _WorkerLostError:
            stderr, code = self._read_stderr(), self.process.poll()
            self.kill_process()
            raise StorageError(
                f"the reading process does not start (exit {code}): {stderr.decode(errors='replace')[-300:]}",
                where=sys.executable,
                fix="run `python -m etl.read.worker catalog 3 20`",
            ) from None

    def kill_process(self) -> None:
        """Kills it, if it lives, and tidies up after it."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()
        with suppress(OSError):
            Path(self.folder).rmdir()

    def send_requests(self, requests: Sequence[bytes], first: int) -> None:
        """Hands over the first request and as many of the following as may wait in the pipe."""
        assert self.process.stdin is not None  # noqa: S101 - Popen was asked for a pipe
        at, waiting = first + len(self.pending_sizes), sum(self.pending_sizes)
        while at < len(requests) and self.files_left > 0 and len(self.pending_sizes) < _AHEAD_FILES:
            request = requests[at]
            if self.pending_sizes and waiting + len(request) > _AHEAD_BYTES:
                break
            try:
                os.write(self.process.stdin.fileno(), request)
            except BrokenPipeError:
                raise self._build_lost_error() from None
            self.pending_sizes.append(len(request))
            at, waiting, self.files_left = at + 1, waiting + len(request), self.files_left - 1

    def receive_reply(self, seconds: float) -> WorkerReply:
        """The next answer.

        Raises:
            _LostError: the child died, kept silent, or said something that makes no sense.
        """
        message = self._receive_message(seconds)
        try:
            answer = ipc_protocol.decode(message)
        except _BROKEN:
            raise _WorkerLostError(RawFinding("F16")) from None
        self.pending_sizes.popleft()
        return answer

    def _receive_message(self, seconds: float) -> bytes:
        end = time.monotonic() + seconds
        head = self._receive_bytes(ipc_protocol.HEAD.size, end, seconds, keep=True)
        size = sum(ipc_protocol.HEAD.unpack(head)) + ipc_protocol.HEAD.size
        if size > ipc_protocol.MAX_ANSWER:
            raise _WorkerLostError(RawFinding("F16"))
        return self._receive_bytes(size, end, seconds)

    def _receive_bytes(self, size: int, end: float, seconds: float, *, keep: bool = False) -> bytes:
        """The next bytes of the child; `keep` leaves them to be taken again."""
        assert self.process.stdout is not None  # noqa: S101 - Popen was asked for a pipe
        handle = self.process.stdout.fileno()
        while len(self._buffer) < size:
            left = end - time.monotonic()
            if left <= 0 or not select.select([handle], [], [], left)[0]:
                raise _WorkerLostError(RawFinding("F15", slots=(("limit", f"{seconds:g} giây"),)))
            part = os.read(handle, 1 << 18)
            if not part:
                raise self._build_lost_error()
            self._buffer += part
        taken = bytes(self._buffer[:size])
        if not keep:
            del self._buffer[:size]
        return taken

    def _build_lost_error(self) -> _WorkerLostError:
        """Why the child died, told by the signal that ended it and its last words."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        ended = -(self.process.poll() or 0)
        if ended in {signal.SIGPROF, signal.SIGXCPU}:
            return _WorkerLostError(RawFinding("F14", slots=(("limit", "thời gian tính"),)))
        if ended == signal.SIGALRM:
            return _WorkerLostError(RawFinding("F15", slots=(("limit", "thời gian đọc"),)))
        if ended == signal.SIGKILL:  # nobody but the system, short of memory, or an operator does that
            return _WorkerLostError(RawFinding("F13", slots=(("limit", "bộ nhớ của máy"),)), outside=True)
        if _OUT_OF_MEMORY in self._read_stderr():
            return _WorkerLostError(RawFinding("F13", slots=(("limit", "480 MB"),)))
        return _WorkerLostError(RawFinding("F16"))

    def _read_stderr(self) -> bytes:
        assert self.process.stderr is not None  # noqa: S101 - Popen was asked for a pipe
        handle = self.process.stderr.fileno()
        if not select.select([handle], [], [], 0)[0]:
            return b""
        return os.read(handle, 1 << 20)


def _start_worker_process(catalog: Path, folder: str, cpu_seconds: float, seconds: float) -> subprocess.Popen[bytes]:
    # The child gets no secrets: only what Python needs to find this package. What it may do it limits itself.
    environment = {
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "PYTHONSAFEPATH": "1",
        "LC_ALL": "C.UTF-8",
    }
    command = [sys.executable, "-m", "etl.read.worker", str(catalog.resolve()), str(cpu_seconds), str(seconds)]
    process = subprocess.Popen(  # noqa: S603 - our own module, no shell
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=folder,
        close_fds=True,
        bufsize=0,
    )
    for pipe in (process.stdout, process.stderr):
        if pipe and hasattr(fcntl, "F_SETPIPE_SZ"):
            with suppress(OSError):
                fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _ANSWERS_BYTES)
    return process


def _build_observations(sheet: SheetLayout, columns: SheetColumns) -> list[Observation]:
    """The observations of one sheet, built from its columns without a step in Python per cell."""
    inputs = sheet.inputs
    if len(columns.states) != len(inputs):
        return []
    units, elements, printed = sheet.input_columns
    name, cells = columns.places or (sheet.code, printed)
    texts, raws = _expand_texts(columns.texts, len(inputs)), _expand_texts(columns.raws, len(inputs))
    rows = zip(units, elements, repeat(name), cells, columns.states, columns.numbers, texts, raws)
    return list(map(tuple.__new__, repeat(Observation), rows))


def _filter_absent_cells(observations: list[Observation], invalid: dict[int, str]) -> list[Observation]:
    """Without the cells that the file does not have: their column or row is the finding."""
    return [o for i, o in enumerate(observations) if invalid.get(i) != ABSENT] if invalid else observations


def _expand_texts(texts_by_cell: dict[int, str], cells: int) -> Iterable[str]:
    return [texts_by_cell.get(i, "") for i in range(cells)] if texts_by_cell else repeat("")
