"""The drafts of a period's reports: from what is known to the files in the drafts' folder, and their record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from etl import __version__
from etl.attain import convert_points_to_plan_unit, convert_row_to_plan_unit
from etl.attainment import report_inputs
from etl.attainment.attainment_rows import (
    load_or_compute_attainment,
    load_or_store_attainment,
    lock_period,
    parse_instant,
    take_scope_snapshot,
)
from etl.attainment.due_reports import find_no_report_reason
from etl.attainment.report_inputs import list_owed_parts
from etl.catalog import models
from etl.catalog.catalogue_files import compute_tree_hash, read_tree_files
from etl.catalog.geography import find_plan_area, group_plans_by_area, is_plan_of_unit
from etl.core.instance import Result, load_catalogue_as_known, load_settings_and_catalogue, open_current_engine
from etl.drafting.draft_pdf import add_pdf, needs_pdf
from etl.drafting.upward_figures import build_upward_figures
from etl.lineage.figure_sources import list_figure_sources
from etl.model import Attainment, ObservedIndicator, Period
from etl.model.report_key import ReportKey
from etl.report import FACTS_SUFFIX, ReportInput, serialize_report_facts, write_report_draft
from etl.report.dates import compute_previous_report_period
from etl.report.inputs import SourceCells
from etl.settings import Settings
from etl.warehouse import journal, snapshots_of_files
from etl.warehouse.run_context import RunContext

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


def draft_reports(
    scope: str,
    period: str,
    cadence: str,
    plan: str | None = None,
    as_known_at: str | None = None,
    *,
    again: bool = False,
) -> Result:
    """Drafts the documents of a scope's plans at a cadence, all from one snapshot.

    A draft stays as it is, with its own older snapshot, where a new one would print the same: what people decided on
    it still holds, and nobody is asked twice. Not so with `again`, nor where its PDF could not be made then and can
    be now.
    """
    settings, catalogue = load_settings_and_catalogue()
    key = Period.parse(period)
    engine = open_current_engine(settings, catalogue)
    with engine.begin() as conn:
        catalogue = load_catalogue_as_known(conn, catalogue, parse_instant(as_known_at))
        chosen = catalogue.get_scope(scope)
        asked = [r for r in chosen.reports if r.cadence == cadence and plan in (None, r.plan)]
        if not asked or key.kind.value != cadence or not list_owed_parts(catalogue, chosen, key):
            return {"scope": scope, "period": period, "skipped": f"no {cadence} report for {period}"}
        lock_period(conn, scope, key)
        snapshot = take_scope_snapshot(conn, chosen, parse_instant(as_known_at))
        known_at, snapshot_id = snapshot
        context = RunContext(conn, catalogue, chosen, key, known_at)
        withheld = _list_withheld_reports(context, asked)
        if not (wanted := [r for r in asked if r.plan not in withheld]):
            why = "; ".join(f"{name}: {reason}" for name, reason in withheld.items())
            return {"scope": scope, "period": period, "skipped": f"nothing to report: {why}"}
        standing_drafts = {} if again else _find_standing_drafts(conn, settings, chosen, key, wanted)
        result: Result = {"scope": scope, "period": period, "snapshot": snapshot_id}
        result |= {"withheld": withheld} if withheld else {}
        keys = [definition.build_key(scope, key.key) for definition in wanted]
        if all(k in standing_drafts and standing_drafts[k].snapshot_id == snapshot_id for k in keys):
            for report_key in keys:
                journal.record_report_check(conn, report_key, known_at)
            return result | {"documents": [str(p) for k in keys for p in standing_drafts[k].paths]}
        scope_inputs = _build_scope_inputs(context, settings, snapshot_id, store=as_known_at is None)
        drafts, documents = [], []
        for definition, report_key in zip(wanted, keys, strict=True):
            report_input, last = _select_plan_input(scope_inputs, definition), standing_drafts.get(report_key)
            if last and as_known_at is None and _has_same_facts(report_input, last, settings.templates):
                documents += [str(path) for path in last.paths]
                journal.record_report_check(conn, report_key, known_at)
                continue
            printed_at = "" if as_known_at is None else known_at
            with _open_report_templates(conn, settings, report_key, printed_at) as templates:
                drafts.append(_write_draft(settings, templates, engine, report_input))
        recorded = _fetch_recorded_files(conn, [draft.key for draft in drafts])
        problem = add_pdf([draft.files for draft in drafts], known_at, recorded) if drafts else ""
        for draft in drafts:
            documents += _record_draft(engine, draft, scope_inputs)
    result["documents"] = documents
    return result | {"problem": problem} if problem else result


def _list_withheld_reports(context: RunContext, asked: list[models.ReportDef]) -> dict[str, str]:
    """The plans of which nothing can be reported, each with why."""
    statuses = report_inputs.fetch_period_statuses(context)
    catalogue, scope, period = context.catalogue, context.scope, context.period
    reasons = {r.plan: find_no_report_reason(catalogue, scope, r.plan, period, statuses) for r in asked}
    return {plan: reason for plan, reason in reasons.items() if reason}


def _build_scope_inputs(context: RunContext, settings: Settings, snapshot_id: str, *, store: bool) -> Result:
    catalogue, scope, period = context.catalogue, context.scope, context.period
    load_attainment = load_or_store_attainment if store else load_or_compute_attainment

    def compute_earlier_rows(past: Period) -> tuple[Attainment, ...]:
        """An earlier period as known now, on this period's units; nothing where nobody owed anything."""
        if not list_owed_parts(catalogue, scope, past):
            return ()
        rows, _ = load_attainment(context.for_period(past), snapshot_id, period.end, outlook=False)
        return tuple(rows)

    before, last = period.same_period_last_year, compute_previous_report_period(period)
    # Oldest first, always: each is stored under a lock, and two who take locks in one order never wait in a circle.
    previous = compute_earlier_rows(before)
    last_rows = previous if last == before else compute_earlier_rows(last)
    rows, series = load_attainment(context, snapshot_id)
    statuses = report_inputs.fetch_period_statuses(context)
    earlier_statuses = report_inputs.fetch_earlier_statuses(context, statuses)
    parts = report_inputs.list_part_figures(context, rows, [*earlier_statuses, *statuses])
    return {
        "catalogue": catalogue,
        "scope": scope,
        "period": period,
        "attainments": tuple(rows),
        "previous": previous,
        "last": last_rows,
        "statuses": tuple(statuses),
        "earlier_statuses": tuple(earlier_statuses),
        "series": series,
        "sources": _list_sources_by_area(context, rows, parts),
        "tasks": report_inputs.list_task_reports(context),
        "notes": report_inputs.list_note_reports(context),
        "corrections": report_inputs.list_corrected_cells(context),
        "parts": parts,
        "upward": build_upward_figures(context),
        "snapshot_at": context.known_at,
        "snapshot_id": snapshot_id,
        "simulated": settings.simulated,
    }


def _list_sources_by_area(
    context: RunContext, rows: Sequence[Attainment], parts: Sequence[ObservedIndicator]
) -> dict[str, tuple[SourceCells, ...]]:
    """By the code of the area that plans are measured on: the cells under its figures."""
    return {
        area.code: list_figure_sources(context, area.code, [row for row in rows if row.plan in plans], parts)
        for area, plans in group_plans_by_area(context.catalogue, context.scope).items()
    }


def build_printing_release(templates: Path) -> str:
    """The release and the templates that documents are printed by now."""
    return f"{__version__} {compute_tree_hash(templates)}"


@contextmanager
def _open_report_templates(conn: Connection, settings: Settings, key: ReportKey, known_at: str) -> Iterator[Path]:
    """The templates to print by: the present ones; for a report as known at a time, those it was printed by, if it
    was."""
    printed = journal.find_printing_release(conn, key, known_at) if known_at else ""
    with snapshots_of_files.open_stored_folder(conn, printed.rpartition(" ")[2]) as kept:
        yield kept or settings.templates


def _build_period_drafts_path(settings: Settings, scope: models.Scope, period: Period) -> Path:
    return settings.outbox / "drafts" / period.key / scope.id


@dataclass(frozen=True)
class _StandingDraft:
    """A draft whose files are all there, as they were written, printed by the present templates."""

    snapshot_at: str
    snapshot_id: str
    facts: str
    paths: tuple[Path, ...]


def _find_standing_drafts(
    conn: Connection, settings: Settings, scope: models.Scope, period: Period, wanted: list[models.ReportDef]
) -> dict[ReportKey, _StandingDraft]:
    """The drafts there are. `facts` is the SHA-256 of what each was printed from."""
    drafts = {}
    for definition in wanted:
        key = definition.build_key(scope.id, period.key)
        last = journal.fetch_last_report(conn, key)
        if last is None or last.templates != build_printing_release(settings.templates) or needs_pdf(last.files):
            continue
        files = {
            _build_period_drafts_path(settings, scope, period) / name: sha256 for name, sha256 in last.files.items()
        }
        if all(p.is_file() and hashlib.sha256(p.read_bytes()).hexdigest() == sha256 for p, sha256 in files.items()):
            facts = next(sha256 for path, sha256 in files.items() if path.name.endswith(FACTS_SUFFIX))
            drafts[key] = _StandingDraft(last.known_at, last.snapshot_id, facts, tuple(files))
    return drafts


def _fetch_recorded_files(conn: Connection, wanted: list[ReportKey]) -> dict[str, str]:
    """The files of the last drafts, name → SHA-256; their names differ from report to report."""
    last = (journal.fetch_last_report(conn, key) for key in wanted)
    return {name: sha256 for record in last if record for name, sha256 in record.files.items()}


def _has_same_facts(report_input: ReportInput, last: _StandingDraft, templates: Path) -> bool:
    """Whether a draft would print what the last one does, but for the snapshot that it names."""
    then = replace(report_input, snapshot_at=last.snapshot_at, snapshot_id=last.snapshot_id)
    return hashlib.sha256(serialize_report_facts(then, templates)).hexdigest() == last.facts


@dataclass(frozen=True)
class _WrittenDraft:
    """A report as written: which it is, its files by kind, and what it was printed with."""

    key: ReportKey
    files: dict[str, Path]
    printing_release: str


def _select_plan_input(scope_inputs: Result, definition: models.ReportDef) -> ReportInput:
    """The part of what a scope has to report that is one plan's: of the plan's lines, and of the units of its area."""
    catalogue, scope = scope_inputs["catalogue"], scope_inputs["scope"]
    area = find_plan_area(catalogue, scope, definition.plan)
    targets = {target.item: target for target in catalogue.plans[definition.plan].targets}
    of_plan: Result = {
        name: tuple(
            convert_row_to_plan_unit(row, targets[row.item])
            for row in scope_inputs[name]
            if row.plan == definition.plan and row.item in targets
        )
        for name in ("attainments", "previous", "last")
    }
    rows = of_plan["attainments"]
    of_plan["attainments"] = tuple(row for row in rows if not row.of_agency)
    of_plan["agencies"] = tuple(row for row in rows if row.of_agency)
    of_plan["tasks"] = tuple(row for row in scope_inputs["tasks"] if row.plan == definition.plan)
    of_plan["series"] = tuple(
        (item, convert_points_to_plan_unit(points, targets[item]))
        for (plan, item), points in scope_inputs["series"].items()
        if plan == definition.plan and item in targets
    )
    of_plan["sources"] = scope_inputs["sources"].get(area.code, ()) if area else ()
    for name in ("statuses", "earlier_statuses", "notes"):
        of_plan[name] = tuple(
            row
            for row in scope_inputs[name]
            if (unit := catalogue.find_unit(row.unit, Period.parse(row.period).end))
            and is_plan_of_unit(catalogue, scope, definition.plan, unit)
        )
    return ReportInput(**{**scope_inputs, **of_plan, "report": definition, "plan": catalogue.plans[definition.plan]})


def _write_draft(settings: Settings, templates: Path, engine: Engine, report_input: ReportInput) -> _WrittenDraft:

    made = write_report_draft(
        report_input, templates, _build_period_drafts_path(settings, report_input.scope, report_input.period)
    )
    with engine.begin() as conn:
        snapshots_of_files.store_folder(conn, compute_tree_hash(templates), read_tree_files(templates))
    return _WrittenDraft(report_input.key, made, build_printing_release(templates))


def _record_draft(engine: Engine, draft: _WrittenDraft, scope_inputs: Result) -> list[str]:
    hashes = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in draft.files.values()}
    record = journal.ReportRecord(
        **draft.key.as_parameters(),
        snapshot_id=scope_inputs["snapshot_id"],
        known_at=scope_inputs["snapshot_at"],
        files=hashes,
        templates=draft.printing_release,
    )
    with engine.begin() as conn:
        # The same draft written again is the same draft: what people decided on it still holds.
        last = journal.fetch_last_report(conn, draft.key)
        if last is None or replace(last, known_at=record.known_at) != record:
            journal.record_report(conn, record)
        else:
            journal.record_report_check(conn, draft.key, record.known_at)
    return [str(p) for p in draft.files.values()]
