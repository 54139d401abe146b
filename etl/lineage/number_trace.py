"""From a printed number to the cells it came from, and whether the number comes out again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.attain import (
    TargetFigures,
    combine_periods,
    compute_target_figures,
    convert_rows_to_plan_units,
    find_plan_units,
    list_compared_periods,
)
from etl.attainment.attainment_rows import load_or_compute_attainment
from etl.catalog import Catalogue, models
from etl.catalog.geography import get_plan_area_code
from etl.core.instance import (
    Result,
    load_catalogue_as_known,
    load_settings_and_catalogue,
    open_current_engine,
)
from etl.errors import UsageError
from etl.file_io import translate_os_errors
from etl.lineage import lineage_walk
from etl.lineage.lineage_cells import CellVersion
from etl.lineage.lineage_walk import FigureTrace, TracedTerm, UnitContribution
from etl.lineage.snapshot_difference import convert_to_json_number
from etl.messages import Messages, load_messages
from etl.model import Attainment, Period
from etl.model.reason import Reason, build_reason
from etl.model.report_key import ReportKey, validate_one_report
from etl.report import FACTS_SUFFIX
from etl.report.report_facts import ReportFacts, parse_document_facts
from etl.settings import Settings
from etl.warehouse import journal
from etl.warehouse.run_context import RunContext
from etl.warehouse.snapshot import take_snapshot

if TYPE_CHECKING:
    from sqlalchemy import Connection


_REPORT_HINT = (
    "give a file of a drafted report, its number, or [scope:]plan:cadence:period[:audience], as kt-1693:quarter:2024Q3"
)


@dataclass(frozen=True)
class _RecordedReport:
    """A report on record, with its facts if the file is there as it was written."""

    report_id: int
    key: ReportKey
    snapshot_id: str
    known_at: str
    files: dict[str, str]
    facts: ReportFacts | None


def trace_number(report: str, indicator: str, unit: str | None = None) -> Result:
    """Follows a number of a report down to its cells. Shape: docs/warehouse.md.

    `indicator` is an indicator's code or a plan's item; `unit` the area if None. `reproduces` is false where the
    warehouse, as known at the report's snapshot, does not give what was printed.

    Raises:
        UsageError: no such report, or it has no such number.
    """
    settings, present = load_settings_and_catalogue()
    with open_current_engine(settings, present).connect() as conn:
        record = _find_report(conn, settings, report)
        catalogue = load_catalogue_as_known(conn, present, record.known_at)
        scope, period = catalogue.get_scope(record.key.scope), Period.parse(record.key.period)
        code = unit or get_plan_area_code(catalogue, scope, record.key.plan)
        snapshot = take_snapshot(conn, record.known_at, scope.id)
        context = RunContext(conn, catalogue, scope, period, record.known_at)
        computed, _ = load_or_compute_attainment(context, snapshot.id, outlook=False)
        rows = [
            row
            for row in computed
            if row.plan == record.key.plan and indicator in {row.indicator, row.item} and row.unit == code
        ]
        if not rows:
            raise UsageError(
                f"the report has no number {indicator!r} for unit {code!r}",
                where=f"{record.key.plan} {record.key.period}",
                fix="give an indicator or item of the plan, and the area, a unit under it or an agency that has it",
            )
        own = convert_rows_to_plan_units(rows, catalogue.plans)
        printed = [_find_printed_number(record, row) for row in rows]
        walked = _trace_cells(context, rows[0])
        others = {row.item: _trace_summed_periods(context, row) for row in rows} if walked else {}
        same_snapshot = snapshot.id == record.snapshot_id
    plan = catalogue.plans[record.key.plan]
    figures = (
        [_compute_traced_figures(catalogue, plan, row, walked, others[row.item]) for row in rows] if walked else []
    )
    wording, units = load_messages(settings.templates), find_plan_units(catalogue.plans)
    mismatches = _list_mismatches(printed, own, rows, figures, same_snapshot=same_snapshot)
    problems = [wording.describe(mismatch) for mismatch in mismatches]
    return {
        "report": _serialize_report(record),
        "indicator": _serialize_indicator(catalogue, rows[0].indicator),
        "unit": {"code": code, "name": catalogue.find_unit_name(code, period.end)},
        "numbers": [
            {
                "item": row.item,
                "clause": row.clause,
                "printed": printed_number,
                "computed": _serialize_computed_number(row, wording) | {"unit": units.get((row.plan, row.item), "")},
            }
            for row, printed_number in zip(own, printed, strict=True)
        ],
        "reproduces": not problems,
        "problems": problems,
        "walk": _serialize_figure_trace(catalogue, wording, walked, figures[0]) if walked else None,
        "summed": [
            _serialize_figure_trace(catalogue, wording, one, _get_sums(one)) for one in others.get(rows[0].item, ())
        ],
    }


# --- the report ----------------------------------------------------------------------------------------


def _find_report(conn: Connection, settings: Settings, report: str) -> _RecordedReport:
    path = Path(report)
    names = (part.name for part in fields(ReportKey))
    key: dict[str, object] = dict.fromkeys(("report_id", *names, "sha256"))
    if path.is_file():
        with translate_os_errors(path):
            key["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    elif report.isdigit():
        key["report_id"] = int(report)
    elif named := _parse_report_name(report):
        key |= named
    else:
        raise UsageError(f"no report {report!r}", where="REPORT", fix=_REPORT_HINT)
    return _fetch_recorded_report(conn, settings, report, key)


def _parse_report_name(report: str) -> dict[str, str]:
    """The parts of `[scope:]plan:cadence:period[:audience]` by name; none where it is no such name."""
    given, names = report.split(":"), [part.name for part in fields(ReportKey)]
    if len(given) > 2 and Period.is_key(given[2]):  # no scope before it: a cadence is no period
        names.remove("scope")
    named = dict(zip(names, given, strict=False))
    return named if "period" in named and len(given) <= len(names) else {}


def _fetch_recorded_report(
    conn: Connection, settings: Settings, report: str, key: dict[str, object]
) -> _RecordedReport:

    rows = journal.fetch_reports(conn, key)
    if not rows:
        fix = "it was changed after it was written: draft it again" if key["sha256"] else _REPORT_HINT
        raise UsageError(f"{report!r} is no report on record", where="ops.report", fix=fix)
    keys = [ReportKey(row.scope, row.plan, row.cadence, row.period, row.audience) for row in rows]
    numbers = (row.report_id for row in rows)
    hint = "give the number, or put SCOPE: before it, or :AUDIENCE behind it"
    validate_one_report(report, zip(numbers, keys, strict=True), hint)
    row = rows[0]
    folder = settings.outbox / "drafts" / row.period / row.scope
    return _RecordedReport(
        row.report_id, keys[0], row.snapshot_id, row.known_at.isoformat(), dict(row.files),
        _find_report_facts(row.files, [folder, Path(report).parent]),
    )  # fmt: skip


def _find_report_facts(files: dict[str, str], folders: list[Path]) -> ReportFacts | None:
    """The facts that the report was printed from, if their file is still as it was."""
    for name, sha256 in files.items():
        for path in (folder / name for folder in folders):
            if name.endswith(FACTS_SUFFIX) and path.is_file():
                data = path.read_bytes()
                if hashlib.sha256(data).hexdigest() == sha256:
                    facts = parse_document_facts(data, str(path))
                    return facts if isinstance(facts, ReportFacts) else None
    return None


def _serialize_report(record: _RecordedReport) -> Result:
    return {
        "id": record.report_id, **record.key.describe(),
        "snapshot": {"id": record.snapshot_id, "at": record.known_at}, "files": record.files,
    }  # fmt: skip


def _find_printed_number(record: _RecordedReport, row: Attainment) -> Result | None:
    """What the report printed; None where its facts are no longer at hand."""
    figure = record.facts.find_figure(row.item, row.unit) if record.facts else None
    if figure is None:
        return None
    return {
        "text": figure.printed,
        "in_quarter": figure.in_quarter.text if figure.in_quarter else None,
        "value": figure.value.exact,
        "numerator": figure.numerator.exact,
        "denominator": figure.denominator.exact,
    }


# --- the number ----------------------------------------------------------------------------------------


def _trace_cells(context: RunContext, row: Attainment) -> FigureTrace | None:
    """The cells under a number; None where no cells make it."""
    indicator = context.catalogue.indicators.get(row.indicator)
    if indicator is None or not (indicator.numerator or indicator.published_element):
        return None
    carried = bool(row.as_of) and Period.is_key(row.as_of) and not indicator.published_element
    covered = context.for_period(Period.parse(row.as_of)) if carried else context
    return lineage_walk.trace_figures(covered, {indicator.code: row.absent}, row.unit)[indicator.code]


def _trace_summed_periods(context: RunContext, row: Attainment) -> tuple[FigureTrace, ...]:
    """The cells of the other periods that a number is made of, on the same units; none for most."""
    targets = context.catalogue.plans[row.plan].targets
    target = next(target for target in targets if target.item == row.item)
    if not target.is_of_several_periods or row.numerator is None:
        return ()
    periods = list_compared_periods(target, context.period)
    traces = (lineage_walk.trace_figures(context.for_period(p), {row.indicator: ()}, row.unit) for p in periods)
    return tuple(trace[row.indicator] for trace in traces)


def _get_sums(walked: FigureTrace) -> TargetFigures:
    return TargetFigures(walked.observed.numerator, walked.observed.denominator, walked.observed.value)


def _compute_traced_figures(
    catalogue: Catalogue, plan: models.Plan, row: Attainment, walked: FigureTrace, others: Sequence[FigureTrace]
) -> TargetFigures:
    """What the cells make of a row's target: for a share of units, how many units reach its floor."""
    target = next(target for target in plan.targets if target.item == row.item)
    indicator = catalogue.indicators[row.indicator]
    earlier = {Period.parse(one.period): one.observed for one in others}
    return compute_target_figures(target, indicator, combine_periods(target, indicator, walked.observed, earlier))


def _list_mismatches(
    printed: list[Result | None],
    own: list[Attainment],
    rows: list[Attainment],
    figures: list[TargetFigures],
    *,
    same_snapshot: bool,
) -> Iterator[Reason]:
    """What does not come out again: `own` are the rows as the plan writes them, `rows` as they were summed."""
    if not same_snapshot:
        yield build_reason("mismatch.snapshot")
    for printed_number, row in zip(printed, own, strict=True):
        for name in ("value", "numerator", "denominator"):
            again = getattr(row, name)
            if printed_number and printed_number[name] != (None if again is None else str(again)):
                slots = {"item": row.item, "printed": str(printed_number[name]), "computed": str(again)}
                yield build_reason(f"mismatch.{name}", **slots)
    for row, traced in zip(rows, figures, strict=False):
        stored = {"stored_numerator": str(row.numerator), "stored_denominator": str(row.denominator)}
        if (traced.numerator, traced.denominator) != (row.numerator, row.denominator):
            sums = {"numerator": str(traced.numerator), "denominator": str(traced.denominator)}
            yield build_reason("mismatch.sum", **sums, **stored)
        elif traced.denominator is None and traced.value != row.value:
            yield build_reason("mismatch.cell", value=str(traced.value), stored=str(row.value))


def _serialize_computed_number(row: Attainment, wording: Messages) -> Result:
    names = ("value", "numerator", "denominator")
    return {
        **{name: None if (v := getattr(row, name)) is None else str(v) for name in names},
        "expected": row.expected, "present": row.present, "as_of": row.as_of, "estimated": row.estimated,
        "status": row.status, "reason": wording.describe(row.reason), "corrections": list(row.corrections),
    }  # fmt: skip


def _serialize_indicator(catalogue: Catalogue, code: str) -> Result | None:
    indicator = catalogue.indicators.get(code)
    if indicator is None:
        return None
    return {
        "code": code,
        "name": indicator.name,
        "method": indicator.method,
        "factor": indicator.factor,
        "unit": indicator.unit,
        "definition": indicator.definition,
        "frequency": indicator.frequency,
    }


# --- the cells -----------------------------------------------------------------------------------------


def _serialize_figure_trace(
    catalogue: Catalogue, wording: Messages, walked: FigureTrace, figures: TargetFigures
) -> Result:
    return {
        "period": walked.period,
        "numerator": _format_exact_fraction(figures.numerator),
        "denominator": _format_exact_fraction(figures.denominator),
        "value": _format_exact_fraction(figures.value),
        "expected": walked.observed.expected,
        "present": walked.observed.present,
        "leaves": [_serialize_contribution(catalogue, wording, leaf) for leaf in walked.contributions],
        "deliveries": {str(number): asdict(origin) for number, origin in walked.origins.items()},
    }


def _serialize_contribution(catalogue: Catalogue, wording: Messages, leaf: UnitContribution) -> Result:
    return {
        "unit": leaf.unit, "name": leaf.name, "part_of": leaf.child, "share": _format_exact_fraction(leaf.share),
        "expected": leaf.expected, "included": leaf.included, "why": wording.describe(leaf.why),
        "cells": [_serialize_traced_term(catalogue, wording, term) for term in leaf.terms],
    }  # fmt: skip


def _serialize_traced_term(catalogue: Catalogue, wording: Messages, term: TracedTerm) -> Result:
    return {
        "side": term.side,
        "data_element": term.data_element,
        "name": catalogue.elements[term.data_element].name,
        "counts_units": term.counts_units,
        "way": term.way,
        "state": term.state,
        "value": convert_to_json_number(term.value),
        "sources": [_serialize_cell_version(wording, reading) for reading in term.readings],
    }


def _serialize_cell_version(wording: Messages, reading: CellVersion) -> Result:
    state, value = reading.taken
    return {
        "delivery": reading.delivery_id,
        "reporter": reading.reporter,
        "form": reading.form,
        "period": reading.period,
        "version": reading.version,
        "recorded_at": reading.recorded_at,
        "unit": reading.org_unit,
        "share": _format_exact_fraction(reading.share),
        "sheet": reading.sheet,
        "cell": reading.cell,
        "raw": reading.raw,
        "origin": asdict(reading.origin) if reading.origin else None,
        "state": reading.state,
        "value": convert_to_json_number(reading.value),
        "taken": {"state": state, "value": convert_to_json_number(value)},
        "checks": [asdict(check) for check in reading.checks],
        "corrections": [_serialize_agreed_correction(wording, entry) for entry in reading.agreed],
        "superseded": [_serialize_cell_version(wording, older) for older in reading.superseded],
    }


def _serialize_agreed_correction(wording: Messages, entry: Any) -> Result:
    x = entry.correction
    return {
        "id": x.id, "standing": entry.status, "why": wording.describe(entry.reason), "requested_by": x.requested_by,
        "requested_on": x.requested_on.isoformat(), "reason": x.reason, "until": str(x.until),
        "replaces": x.replaces.model_dump(mode="json"), "becomes": x.becomes.model_dump(mode="json"),
        "agreed_at": entry.agreed_at,
    }  # fmt: skip


def _format_exact_fraction(value: Fraction | None) -> str | None:
    return None if value is None else str(value)
