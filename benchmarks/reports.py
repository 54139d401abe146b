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
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from etl import settings
from etl.catalog import load_catalogue
from simulation import workbook_corpus as corpus

PERIOD = "2024Q4"
_FILES = 40
"""Ten districts, four quarters."""


@dataclass(frozen=True)
class ReportTiming:
    """One measurement. `cpu` is of this process, without PostgreSQL's and LibreOffice's; `wall` is of the clock."""

    what: str
    documents: int
    cpu: float
    wall: float


def measure_rows() -> list[ReportTiming]:
    """All documents of all plans from the warehouse (PDF apart), the largest Word report alone, the PDF."""
    with _open_report_warehouse():
        from etl import report as report_room
        from etl.drafting import report_drafts as drafting
        from etl.report.dates import parse_snapshot_time
        from etl.report.pdf import convert_to_pdf

        report_inputs, real = list[Any](), report_room.write_report_draft

        def record_report_input(full: Any, templates: Path, folder: Path) -> dict[str, Path]:
            report_inputs.append(full)
            return real(full, templates, folder)

        recorded = mock.patch.object(drafting, "write_report_draft", record_report_input)
        with recorded, mock.patch.object(drafting, "add_pdf", _skip_pdf):
            _draft_reports(again=False)  # starts the libraries
            report_inputs.clear()
            drafted = _measure_work("all documents of a quarter, all plans", lambda: _draft_reports(again=True))
        paths = [path for path in map(Path, drafted[1]["documents"]) if path.suffix == ".docx"]
        words = [
            _measure_work(f"one Word report ({full.plan.id})", partial(_render_word_report, full))[0]
            for full in report_inputs
        ]
        documents = {path.name: path.read_bytes() for path in paths}
        moment = parse_snapshot_time(report_inputs[0].snapshot_at)
        made, converted = _measure_work("PDF of all Word reports, one start", lambda: convert_to_pdf(documents, moment))
        printed = [made] if not converted.problem else []
        return [drafted[0], max(words, key=lambda row: row.cpu), *printed]


def _skip_pdf(*_: object) -> str:
    return ""


def _draft_reports(*, again: bool) -> dict[str, Any]:
    from etl.drafting import report_drafts

    return report_drafts.draft_reports(corpus.SCOPE, PERIOD, "quarter", again=again)


def _render_word_report(report_input: Any) -> list[bytes]:
    """Facts, pictures and words of one report."""
    from etl.messages import load_messages
    from etl.report.dates import parse_snapshot_time
    from etl.report.docx import render_word_report
    from etl.report.facts import build_facts

    templates = settings.load_settings().templates
    say = load_messages(templates)
    facts = build_facts(report_input, say)
    moment = parse_snapshot_time(report_input.snapshot_at)
    return [render_word_report(facts, say, templates / "report.docx", moment)]


def _measure_work(what: str, work: Callable[[], Any]) -> tuple[ReportTiming, Any]:
    cpu, wall = time.process_time(), time.perf_counter()
    made = work()
    row = ReportTiming(what, _count_documents(made), time.process_time() - cpu, time.perf_counter() - wall)
    return row, made


def _count_documents(made: Any) -> int:
    if isinstance(made, dict):
        return len(made["documents"])
    return len(made) if isinstance(made, list) else len(made.files)


@contextmanager
def _open_report_warehouse() -> Iterator[None]:
    """A warehouse that holds a year of quarters; the server is stopped at the end."""
    from etl import steps
    from etl.warehouse import embedded_server

    with tempfile.TemporaryDirectory(prefix="tongket-bench-") as var:
        wanted = {
            "TONGKET_VAR": var, "TONGKET_DATABASE_URL": "", "TONGKET_MIN_AGE_SECONDS": "0", "TONGKET_SIMULATED": "1",
        }  # fmt: skip
        before = {key: os.environ.get(key) for key in wanted}
        os.environ.update(wanted)
        try:
            corpus.write_corpus(
                load_catalogue(settings.load_settings().catalog), settings.load_settings().inbox, _FILES
            )
            steps.migrate_warehouse()
            for batch in steps.receive_deliveries()["batches"]:
                steps.process_batch(batch)
            yield
        finally:
            embedded_server.stop_server(Path(var) / "pg")
            for key, value in before.items():
                os.environ.pop(key)
                os.environ |= {key: value} if value is not None else {}


if __name__ == "__main__":
    for row in measure_rows():
        print(f"{row.what}: {row.documents} files, {row.cpu:.2f} s of the processor, {row.wall:.2f} s by the clock")
