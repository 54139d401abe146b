"""What the shell offers beyond the DAGs' tasks: the whole flow at once, states, a door to the database."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

from etl.attainment.attainment_rows import compute_attainment
from etl.attainment.due_reports import list_undrafted_periods
from etl.catalog.obligations import list_obligations
from etl.catalog.rules import load_rules, load_view_rules
from etl.check.data_docs import render_data_docs
from etl.core.instance import Result, load_settings_and_catalogue, open_engine
from etl.drafting import report_drafts
from etl.errors import StorageError, UsageError
from etl.file_io import write_atomic
from etl.intake import announcements, intake_batches
from etl.model import Period
from etl.report import FACTS_SUFFIX
from etl.report.report_facts import parse_report_facts
from etl.steps import issuing
from etl.warehouse import embedded_server
from etl.warehouse.connect import build_engine
from etl.warehouse.migrate import fetch_migration_statuses
from etl.warehouse.run_context import RunContext
from etl.warehouse.unit_reports import fetch_submission_statuses
from etl.warehouse.validation_store import fetch_validations


def write_data_docs(scope: str, period: str, folder: Path) -> Result:
    """Writes `index.html` into a folder: what every rule said of a period's workbooks and views.

    Raises:
        UsageError: no such scope or period.
        StorageError: the file cannot be written.
    """
    page, validations = render_period_data_docs(scope, period)
    write_atomic(folder / "index.html", page.encode())
    return {"scope": scope, "period": period, "validations": validations, "file": str(folder / "index.html")}


def render_period_data_docs(scope: str, period: str) -> tuple[str, int]:
    """What every rule said of a period's workbooks and views, as a page; and how many validations that rests on.

    Raises:
        UsageError: no such scope or period.
    """
    settings, catalogue = load_settings_and_catalogue()
    chosen, key = catalogue.get_scope(scope), Period.parse(period)
    with open_engine(settings).connect() as conn:
        kept = fetch_validations(conn, chosen.id, key.key)
    rules = load_rules(settings.expectations).by_code | {r.code: r for r in load_view_rules(settings.expectations)}
    units = {unit.code: unit.name for _, _, unit in list_obligations(catalogue, chosen, key)}
    title = f"Kiểm tra số liệu {key.name}: {chosen.name}"
    template = settings.templates / "data_docs.html"
    return render_data_docs(template, title, kept, rules, units, simulated=settings.simulated), len(kept)


def run_pipeline_once(scope: str, period: str | None = None) -> Result:
    """Inbox to outbox once, without Airflow: receive, check and load, answer, compute, draft.

    Raises:
        StorageError: some answers could not be written; everything else is done.
    """
    settings, catalogue = load_settings_and_catalogue()
    chosen = catalogue.get_scope(scope)
    intake_batches.migrate_warehouse()
    received = intake_batches.receive_deliveries()
    batches = [intake_batches.process_batch(batch) for batch in received["batches"]]
    answered, unanswered = {"written": 0}, None
    try:
        answered = intake_batches.write_answers()
    except StorageError as error:
        unanswered = error
    touched = set(announcements.list_periods_to_compute(batches)) | ({Period.parse(period).key} if period else set())
    with open_engine(settings).connect() as conn:  # the shell drafts what it computes, due or not
        touched |= {key for _, key in list_undrafted_periods(conn, catalogue, [chosen])}
    due = [key for key in sorted(touched) if list_obligations(catalogue, chosen, Period.parse(key))]
    documents: list[str] = []
    for key in due:
        compute_attainment(scope, key)
        documents += draft_period_reports(scope, key).get("documents", [])
    if unanswered:
        raise unanswered
    return {
        **{name: received[name] for name in ("received", "duplicates", "waiting", "quarantined", "ignored")},
        "accepted": sum(b["accepted"] for b in batches),
        "refused": sum(b["refused"] for b in batches),
        "answered": sum(b["answered"] for b in batches) + answered["written"],
        "periods": due,
        "documents": documents,
    }


def issue_forms(scope: str, period: str, to: Path, unit: str | None = None) -> Result:
    """Issues the workbooks of a period, or of one unit, below a folder, and notes it in the warehouse.

    Raises:
        UsageError: the unit owes nothing for that period.
    """
    intake_batches.migrate_warehouse()
    return issuing.open_period(scope, period, to, unit)


def draft_period_reports(scope: str, period: str, plan: str | None = None, as_known_at: str | None = None) -> Result:
    """Drafts the documents of a period at the cadence that its kind has. `before_signing`: what the office has to
    settle before it signs them, a line each with its plan.

    Raises:
        UsageError: no report is written for the plan.
    """
    _, catalogue = load_settings_and_catalogue()
    chosen, key = catalogue.get_scope(scope), Period.parse(period)
    if plan and plan not in {r.plan for r in chosen.reports}:
        plans = ", ".join(sorted({r.plan for r in chosen.reports}))
        raise UsageError(
            f"scope {scope} writes no report for plan {plan!r}", where="--plan", fix=f"use one of: {plans}"
        )
    result = report_drafts.draft_reports(scope, key.key, key.kind.value, plan, as_known_at, again=True)
    written = (Path(name) for name in result.get("documents", ()) if name.endswith(FACTS_SUFFIX))
    drafts = (parse_report_facts(path.read_bytes(), str(path)) for path in written)
    notes = [f"{facts.plan.id}: {note.text}" for facts in drafts for note in facts.before_signing]
    return result | ({"before_signing": notes} if notes else {})


def list_unit_statuses(scope: str, period: str) -> Result:
    """Units × state of a period."""
    settings, catalogue = load_settings_and_catalogue()
    with open_engine(settings).connect() as conn:
        found = fetch_submission_statuses(RunContext(conn, catalogue, catalogue.get_scope(scope), Period.parse(period)))
    return {"scope": scope, "period": period, "units": [asdict(unit) for unit in found]}


def read_warehouse_status() -> Result:
    """Which migrations are applied and which are not, on which server."""
    settings, _ = load_settings_and_catalogue()
    made = build_engine(settings, "owner")
    return {"server": made.url.render_as_string(), "migrations": [asdict(m) for m in fetch_migration_statuses(made)]}


def build_psql_command() -> tuple[list[str], dict[str, str]]:
    """The psql program with the warehouse's address; the password, if any, goes by environment, not by argument."""
    from sqlalchemy import make_url

    settings, _ = load_settings_and_catalogue()
    url = make_url(embedded_server.resolve_database_url(settings))
    environment = dict(os.environ) | ({"PGPASSWORD": str(url.password)} if url.password else {})
    plain = url.set(drivername="postgresql", password=None).render_as_string()
    return [str(embedded_server.find_postgres_program("psql")), plain], environment
