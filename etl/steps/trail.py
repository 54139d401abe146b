"""From a printed number to the cells it came from, and whether the number comes out again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.errors import UsageError
from etl.files import explained
from etl.model import Attainment, Period
from etl.report import FACTS_END
from etl.settings import Settings
from etl.steps.common import Result, catalogue_as_known, current_engine, is_period, start
from etl.steps.difference import exact
from etl.steps.outcome import attainments

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from etl.warehouse.trail import Leaf, Term, Walk
    from etl.warehouse.trail_cells import Reading

_HOW = "give a file of a drafted report, its number, or plan:cadence:period, as kt-1693:quarter:2024Q3"


@dataclass(frozen=True)
class _Report:
    """A report on record, with its facts if the file is there as it was written."""

    report_id: int
    scope: str
    plan: str
    cadence: str
    period: str
    snapshot_id: str
    known_at: str
    files: dict[str, str]
    facts: dict[str, Any] | None


def trace(report: str, indicator: str, unit: str | None = None) -> Result:
    """Follows a number of a report down to its cells. Shape: docs/warehouse.md.

    `indicator` is an indicator's code or a plan's item; `unit` the area if None. `reproduces` is false where the
    warehouse, as known at the report's snapshot, does not give what was printed.

    Raises:
        UsageError: no such report, or it has no such number.
    """
    from etl.warehouse.snapshot import snapshot

    settings, present = start()
    with current_engine(settings, present).connect() as conn:
        found = _found(conn, settings, report)
        catalogue = catalogue_as_known(conn, present, found.known_at)
        scope, period = catalogue.scope(found.scope), Period.parse(found.period)
        code = unit or scope.area_unit
        rows = [
            row
            for row in attainments(conn, catalogue, scope, period, found.known_at, outlook=False)
            if row.plan == found.plan and indicator in {row.indicator, row.item} and row.unit == code
        ]
        if not rows:
            raise UsageError(
                f"the report has no number {indicator!r} for unit {code!r}",
                where=f"{found.plan} {found.period}",
                fix="give an indicator or item of the plan, and the area or a unit under it",
            )
        printed = [_printed(found, row) for row in rows]
        walked = _walk(conn, catalogue, scope, period, rows[0], found.known_at)
        same_snapshot = snapshot(conn, found.known_at, scope.id).id == found.snapshot_id
    problems = list(_problems(printed, rows, walked, same_snapshot=same_snapshot))
    return {
        "report": _head(found),
        "indicator": _indicator(catalogue, rows[0].indicator),
        "unit": {"code": code, "name": catalogue.unit_name(code, period.end)},
        "numbers": [
            {"item": row.item, "clause": row.clause, "printed": said, "computed": _computed(row)}
            for row, said in zip(rows, printed, strict=True)
        ],
        "reproduces": not problems,
        "problems": problems,
        "walk": _walk_json(catalogue, walked) if walked else None,
    }


# --- the report ----------------------------------------------------------------------------------------


def _found(conn: Connection, settings: Settings, report: str) -> _Report:
    path = Path(report)
    key: dict[str, object] = dict.fromkeys(("report_id", "scope", "plan", "cadence", "period", "sha256"))
    parts = report.split(":")
    if path.is_file():
        with explained(path):
            key["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    elif report.isdigit():
        key["report_id"] = int(report)
    elif len(parts) in {3, 4}:
        key |= dict(zip(("scope", "plan", "cadence", "period")[-len(parts) :], parts, strict=True))
    else:
        raise UsageError(f"no report {report!r}", where="REPORT", fix=_HOW)
    return _on_record(conn, settings, report, key)


def _on_record(conn: Connection, settings: Settings, report: str, key: dict[str, object]) -> _Report:
    from etl.warehouse import journal

    rows = journal.reports(conn, key)
    if not rows:
        fix = "it was changed after it was written: draft it again" if key["sha256"] else _HOW
        raise UsageError(f"{report!r} is no report on record", where="ops.report", fix=fix)
    if len({row.scope for row in rows}) > 1:
        names = ", ".join(sorted({row.scope for row in rows}))
        raise UsageError(f"{report!r} is of several scopes: {names}", where="REPORT", fix="put SCOPE: before it")
    row = rows[0]
    folder = settings.outbox / "drafts" / row.period / row.scope
    return _Report(
        row.report_id, row.scope, row.plan, row.cadence, row.period, row.snapshot_id, row.known_at.isoformat(),
        dict(row.files), _facts(row.files, [folder, Path(report).parent]),
    )  # fmt: skip


def _facts(files: dict[str, str], folders: list[Path]) -> dict[str, Any] | None:
    """The facts that the report was printed from, if their file is still as it was."""
    for name, sha256 in files.items():
        for path in (folder / name for folder in folders):
            if name.endswith(FACTS_END) and path.is_file():
                data = path.read_bytes()
                if hashlib.sha256(data).hexdigest() == sha256:
                    return dict(json.loads(data))
    return None


def _head(found: _Report) -> Result:
    return {
        "id": found.report_id, "scope": found.scope, "plan": found.plan, "cadence": found.cadence,
        "period": found.period, "snapshot": {"id": found.snapshot_id, "at": found.known_at}, "files": found.files,
    }  # fmt: skip


def _printed(found: _Report, row: Attainment) -> Result | None:
    """What the report printed; None where its facts are no longer at hand."""
    figure = (found.facts or {}).get("figures", {}).get(row.item, {}).get(row.unit)
    if figure is None:
        return None
    return {
        "text": figure["printed"],
        **{name: figure[name]["exact"] for name in ("value", "numerator", "denominator")},
    }


# --- the number ----------------------------------------------------------------------------------------


def _walk(
    conn: Connection, catalogue: Catalogue, scope: m.Scope, period: Period, row: Attainment, known_at: str
) -> Walk | None:
    """The cells under a number; None where no cells make it."""
    from etl.warehouse import trail

    indicator = catalogue.indicators.get(row.indicator)
    if indicator is None or not (indicator.numerator or indicator.published_element):
        return None
    carried = bool(row.as_of) and is_period(row.as_of) and not indicator.published_element
    of = Period.parse(row.as_of) if carried else period
    return trail.walk(conn, catalogue, scope, of, indicator, row.unit, as_known_at=known_at)


def _problems(
    printed: list[Result | None], rows: list[Attainment], walked: Walk | None, *, same_snapshot: bool
) -> Iterator[str]:
    if not same_snapshot:
        yield "kho số liệu tại thời điểm chốt của báo cáo không còn như khi lập báo cáo"
    for said, row in zip(printed, rows, strict=True):
        for name, word in (("value", "giá trị"), ("numerator", "tử số"), ("denominator", "mẫu số")):
            again = getattr(row, name)
            if said and said[name] != (None if again is None else str(again)):
                yield f"mục {row.item}: {word} đã in là {said[name]}, tính lại từ kho là {again}"
    row = rows[0]
    if walked and (walked.numerator, walked.denominator) != (row.numerator, row.denominator):
        yield (
            f"cộng từ các ô được {walked.numerator} : {walked.denominator}, "
            f"tổng hợp trong kho là {row.numerator} : {row.denominator}"
        )
    if walked and walked.denominator is None and walked.value != row.value:
        yield f"ô nguồn ghi {walked.value}, tổng hợp trong kho là {row.value}"


def _computed(row: Attainment) -> Result:
    names = ("value", "numerator", "denominator")
    return {
        **{name: None if (v := getattr(row, name)) is None else str(v) for name in names},
        "expected": row.expected, "present": row.present, "as_of": row.as_of, "estimated": row.estimated,
        "status": row.status, "reason": row.reason, "corrections": list(row.corrections),
    }  # fmt: skip


def _indicator(catalogue: Catalogue, code: str) -> Result | None:
    found = catalogue.indicators.get(code)
    if found is None:
        return None
    return {
        "code": code, "name": found.name, "method": found.method, "factor": found.factor, "unit": found.unit,
        "definition": found.definition, "frequency": found.frequency,
    }  # fmt: skip


# --- the cells -----------------------------------------------------------------------------------------


def _walk_json(catalogue: Catalogue, walked: Walk) -> Result:
    return {
        "period": walked.period,
        "numerator": _text(walked.numerator),
        "denominator": _text(walked.denominator),
        "value": _text(walked.value),
        "expected": walked.expected,
        "present": walked.present,
        "leaves": [_leaf(catalogue, leaf) for leaf in walked.leaves],
        "deliveries": {str(number): asdict(origin) for number, origin in walked.origins.items()},
    }


def _leaf(catalogue: Catalogue, leaf: Leaf) -> Result:
    return {
        "unit": leaf.unit, "name": leaf.name, "part_of": leaf.child, "share": _text(leaf.share),
        "expected": leaf.expected, "included": leaf.included, "why": leaf.why,
        "cells": [_term(catalogue, term) for term in leaf.terms],
    }  # fmt: skip


def _term(catalogue: Catalogue, term: Term) -> Result:
    return {
        "side": term.side, "data_element": term.data_element, "name": catalogue.elements[term.data_element].name,
        "counts_units": term.counts_units, "way": term.way, "state": term.state, "value": exact(term.value),
        "sources": [_reading(reading) for reading in term.readings],
    }  # fmt: skip


def _reading(reading: Reading) -> Result:
    state, value = reading.taken
    return {
        "delivery": reading.delivery_id, "reporter": reading.reporter, "form": reading.form,
        "period": reading.period, "version": reading.version, "recorded_at": reading.recorded_at,
        "unit": reading.org_unit, "share": _text(reading.share), "sheet": reading.sheet, "cell": reading.cell,
        "raw": reading.raw, "state": reading.state, "value": exact(reading.value),
        "taken": {"state": state, "value": exact(value)},
        "checks": [asdict(check) for check in reading.checks],
        "corrections": [_agreed(entry) for entry in reading.agreed],
        "superseded": [_reading(older) for older in reading.superseded],
    }  # fmt: skip


def _agreed(entry: Any) -> Result:
    x = entry.correction
    return {
        "id": x.id, "standing": entry.standing, "why": entry.reason, "requested_by": x.requested_by,
        "requested_on": x.requested_on.isoformat(), "reason": x.reason, "until": str(x.until),
        "replaces": x.replaces.model_dump(mode="json"), "becomes": x.becomes.model_dump(mode="json"),
        "agreed_at": entry.agreed_at,
    }  # fmt: skip


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)
