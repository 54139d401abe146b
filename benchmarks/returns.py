"""``python -m benchmarks.returns``: how long a sender's own workbook takes to be annotated.

One simulated district workbook, first as issued and then as it comes back marked and is marked again.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, replace
from typing import Any

from etl import settings
from etl.catalog import load_catalogue
from etl.model import Finding, FindingLevel, Period

FINDINGS = (1, 20, 200, 500)
_ROUNDS = 3


@dataclass(frozen=True)
class ReturnTiming:
    """One number of findings. Seconds are of the processor, the best of some rounds; sizes are bytes."""

    findings: int
    seconds: float
    seconds_again: float
    size_before: int
    size_after: int


def measure_rows() -> list[ReturnTiming]:
    """A row for each number of findings."""
    from etl.messages import load_messages
    from etl.returns import SubmissionAnswer

    catalogue = load_catalogue(settings.load_settings().catalog)
    scope, form = catalogue.scopes["kon-tum"], catalogue.forms["kt-district-quarter"]
    period = Period.parse("2024Q3")
    unit = catalogue.list_children(scope.area_unit, "district", period.end)[0]
    original, cells = _issue_workbook((catalogue, scope, form, unit, period))
    answer = SubmissionAnswer(
        unit.code, "Báo cáo.xlsx", "ab" * 32, dt.datetime(2024, 10, 4, tzinfo=dt.UTC), False, (),
        load_messages(settings.PROJECT_ROOT / "templates"), simulated=True, original=original,
    )  # fmt: skip
    timings = []
    for count in FINDINGS:
        variant = replace(answer, findings=tuple(_build_finding(i, *cell) for i, cell in enumerate(cells[:count])))
        seconds, back = _measure_best_round(variant)
        again, _ = _measure_best_round(replace(variant, original=back))
        timings.append(ReturnTiming(len(variant.findings), seconds, again, len(original), len(back)))
    return timings


def _issue_workbook(about: tuple[Any, Any, Any, Any, Any]) -> tuple[bytes, list[tuple[str, str]]]:
    """A workbook and the cells that can be wrong in it."""
    from etl.forms import FormExtras, issue_form
    from etl.messages import load_messages
    from simulation.form_filling import read_manifest

    wording = load_messages(settings.PROJECT_ROOT / "templates")
    data = issue_form(*about, wording, FormExtras(simulated=True))
    return data, [(entry.sheet, entry.cell) for entry in read_manifest(data).entries]


def _build_finding(number: int, sheet: str, cell: str) -> Finding:
    level = list(FindingLevel)[number % len(FindingLevel)]
    return Finding(
        f"V{number % 7 + 1:02}", level, f"“mười hai” ở ô {cell} không phải là một số.", "Chỉ nhập số.", sheet, cell
    )


def _measure_best_round(answer: object) -> tuple[float, bytes]:
    from etl.returns.annotate import annotate_workbook

    taken, back = [], b""
    for _ in range(_ROUNDS):
        start = time.process_time()
        back = annotate_workbook(answer)  # type: ignore[arg-type]
        taken.append(time.process_time() - start)
    return min(taken), back


if __name__ == "__main__":
    for row in measure_rows():
        print(
            f"{row.findings:>4} findings: {row.seconds:.3f} s, marked again {row.seconds_again:.3f} s; "
            f"{row.size_before} → {row.size_after} bytes"
        )
