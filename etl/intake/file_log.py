"""One log line a file and one a chunk, as `key=value`: what whoever is on duty reads first, in Airflow and the shell.

`ms` of a file is what it held its batch up: the wait until it was read, and its share of its chunk's check and load.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from etl.check import ReadSubmission
from etl.model import ReadResult, Verdict

_log = logging.getLogger(__name__)
_MARK_LENGTH, _MOST_CODES = 8, 5
_PLAIN = re.compile(r"[\w.:,-]+")


class FileTimer:
    """Times the files of a run, from its making on: how long each was waited for, and each chunk in whole."""

    def __init__(self) -> None:
        self._chunk_begun = time.monotonic()
        self._chunk_reading = 0.0
        self._waits: deque[float] = deque()

    def time_reads(self, reads: Iterable[ReadResult]) -> Iterator[ReadResult]:
        """The same reads, each timed."""
        before = time.monotonic()
        for read in reads:
            self._waits.append(time.monotonic() - before)
            self._chunk_reading += self._waits[-1]
            yield read
            before = time.monotonic()

    def log_chunk(
        self, hashes: Sequence[str], submissions: Sequence[ReadSubmission], verdicts: Sequence[Verdict]
    ) -> None:
        """Logs each file of a chunk, then the chunk. Chunks come in the order of reading; `hashes` are SHA-256.

        A file read ahead for the next chunk keeps its own time; the chunk before waited for it too.
        """
        whole, reading = time.monotonic() - self._chunk_begun, self._chunk_reading
        waits = [self._waits.popleft() for _ in verdicts]
        share = (whole - reading) / max(1, len(verdicts))
        for sha256, submission, verdict, wait in zip(hashes, submissions, verdicts, waits, strict=True):
            stamp = submission.read.stamp
            _log.info(
                "%s",
                format_fields(
                    file=sha256[:_MARK_LENGTH],
                    unit=stamp.unit if stamp else "",
                    form=stamp.form if stamp else "",
                    period=stamp.period if stamp else "",
                    verdict=_name_verdict(verdict),
                    codes=",".join(list(dict.fromkeys(finding.code for finding in verdict.findings))[:_MOST_CODES]),
                    ms=_count_milliseconds(wait + share),
                ),
            )
        accepted = sum(verdict.accepted for verdict in verdicts)
        _log.info(
            "%s",
            format_fields(
                chunk=len(verdicts),
                accepted=accepted,
                refused=len(verdicts) - accepted,
                ms=_count_milliseconds(whole),
                ms_reading=_count_milliseconds(reading),
            ),
        )
        self._chunk_begun, self._chunk_reading = time.monotonic(), 0.0


def format_fields(**fields: object) -> str:
    """`key=value` in one line: ``-`` for nothing, and whatever is no plain word in quotes, escaped."""
    texts = {name: str(value) or "-" for name, value in fields.items()}
    return " ".join(f"{name}={text if _PLAIN.fullmatch(text) else json.dumps(text)}" for name, text in texts.items())


def _name_verdict(verdict: Verdict) -> str:
    return "accepted" if verdict.accepted else "refused"


def _count_milliseconds(seconds: float) -> int:
    return round(1000 * seconds)
