"""``python -m benchmarks.reports``: how long the documents of a quarter take, the largest Word report alone, the PDF.

Simulated workbooks of Kon Tum's districts in a temporary folder with a database server of its own; takes some minutes.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import corpus
from etl import settings
from etl.catalog import load_catalogue

PERIOD = "2024Q4"
_FILES = 40
"""Ten districts, four quarters."""


@dataclass(frozen=True)
class Row:
    """One measurement. `cpu` is of this process, without PostgreSQL's and LibreOffice's; `wall` is of the clock."""

    what: str
    documents: int
    cpu: float
    wall: float


def rows() -> list[Row]:
    """All documents of all plans from the warehouse (PDF apart), the largest Word report alone, the PDF."""
    with _world():
        from etl import report as room
        from etl.report.dates import snapshot_moment
        from etl.report.pdf import convert
        from etl.steps import drafting

        given, real = [], room.draft

        def noting(full: Any, templates: Path, folder: Path) -> dict[str, Path]:
            given.append(full)
            return real(full, templates, folder)

        room.draft, kept = noting, drafting.add_pdf
        drafting.add_pdf = _no_pdf
        try:
            _report(again=False)  # starts the libraries
            given.clear()
            drafted = _timed("all documents of a quarter, all plans", lambda: _report(again=True))
        finally:
            room.draft, drafting.add_pdf = real, kept
        paths = [path for path in map(Path, drafted[1]["documents"]) if path.suffix == ".docx"]
        words = [_timed(f"one Word report ({full.plan.id})", lambda full=full: _word(full))[0] for full in given]  # type: ignore[misc]
        documents = {path.name: path.read_bytes() for path in paths}
        moment = snapshot_moment(given[0].snapshot_at)
        made, converted = _timed("PDF of all Word reports, one start", lambda: convert(documents, moment))
        printed = [made] if not converted.problem else []
        return [drafted[0], max(words, key=lambda row: row.cpu), *printed]


def _no_pdf(drafts: object, known_at: str) -> str:  # noqa: ARG001 - stands in for the step
    return ""


def _report(*, again: bool) -> dict[str, Any]:
    from etl import steps

    return steps.drafting.report(corpus.SCOPE, PERIOD, "quarter", again=again)


def _word(given: Any) -> list[bytes]:
    """Facts, pictures and words of one report."""
    from etl.report.canvas import png
    from etl.report.charts import drawings, overview
    from etl.report.dates import snapshot_moment
    from etl.report.facts import build_facts
    from etl.report.sentences import load_sentences
    from etl.report.words import word_report

    templates = settings.load().templates
    say = load_sentences(templates / "sentences.yaml")
    facts = build_facts(given, say)
    first = overview(facts)
    chart, pictures = png(first) if first else b"", [png(drawing) for drawing in drawings(facts)]
    moment = snapshot_moment(given.snapshot_at)
    return [word_report(facts, say, templates / "report.docx", chart, pictures, moment)]


def _timed(what: str, work: Callable[[], Any]) -> tuple[Row, Any]:
    cpu, wall = time.process_time(), time.perf_counter()
    made = work()
    row = Row(what, _count(made), time.process_time() - cpu, time.perf_counter() - wall)
    return row, made


def _count(made: Any) -> int:
    if isinstance(made, dict):
        return len(made["documents"])
    return len(made) if isinstance(made, list) else len(made.files)


@contextmanager
def _world() -> Iterator[None]:
    """A warehouse that holds a year of quarters; the server is stopped at the end."""
    from etl import steps
    from etl.warehouse import server

    with tempfile.TemporaryDirectory(prefix="tongket-bench-") as var:
        wanted = {
            "TONGKET_VAR": var, "TONGKET_DATABASE_URL": "", "TONGKET_MIN_AGE_SECONDS": "0", "TONGKET_SIMULATED": "1",
        }  # fmt: skip
        before = {key: os.environ.get(key) for key in wanted}
        os.environ.update(wanted)
        try:
            corpus.make(load_catalogue(settings.load().catalog), settings.load().inbox, _FILES)
            steps.migrate()
            for batch in steps.receive()["batches"]:
                steps.process_batch(batch)
            yield
        finally:
            server.stop(Path(var) / "pg")
            for key, value in before.items():
                os.environ.pop(key)
                os.environ |= {key: value} if value is not None else {}


if __name__ == "__main__":
    for row in rows():
        print(f"{row.what}: {row.documents} files, {row.cpu:.2f} s of the processor, {row.wall:.2f} s by the clock")
