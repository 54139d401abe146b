"""The drafts of a period's reports: from what is known to the files in the drafts' folder, and their record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from etl import __version__
from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.catalog.files import tree_files, tree_hash
from etl.model import Period
from etl.report import FACTS_END, ReportInput
from etl.settings import Settings
from etl.steps import material
from etl.steps.common import Result, catalogue_as_known, current_engine, start
from etl.steps.exchange import going_up
from etl.steps.material import owed_parts
from etl.steps.outcome import alone, attainments, instant, judged, snapshot_of
from etl.steps.paper import add_pdf, wants_pdf
from etl.steps.sources import sources

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from etl.model import Attainment


def report(
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
    settings, catalogue = start()
    key = Period.parse(period)
    engine = current_engine(settings, catalogue)
    with engine.begin() as conn:
        catalogue = catalogue_as_known(conn, catalogue, instant(as_known_at))
        chosen = catalogue.scope(scope)
        wanted = [r for r in chosen.reports if r.cadence == cadence and plan in (None, r.plan)]
        if not wanted or key.kind.value != cadence or not owed_parts(catalogue, chosen, key):
            return {"scope": scope, "period": period, "skipped": f"no {cadence} report for {period}"}
        alone(conn, scope, key)
        known_at, snapshot_id = snapshot_of(conn, chosen, instant(as_known_at))
        standing = {} if again else _standing(conn, settings, chosen, key, wanted)
        found: Result = {"scope": scope, "period": period, "snapshot": snapshot_id}
        if all(d.plan in standing and standing[d.plan].snapshot_id == snapshot_id for d in wanted):
            return found | {"documents": [str(p) for d in wanted for p in standing[d.plan].paths]}
        given = _report_inputs(conn, settings, catalogue, chosen, key, known_at, snapshot_id)
        drafts, documents = [], []
        for definition in wanted:
            full, last = _input(given, definition), standing.get(definition.plan)
            if last and as_known_at is None and _same(full, last, settings.templates):
                documents += [str(path) for path in last.paths]
                continue
            with _templates(conn, settings, definition, given, then=as_known_at is not None) as templates:
                drafts.append(_draft(settings, templates, engine, full))
        problem = add_pdf([draft.files for draft in drafts], known_at) if drafts else ""
        for draft in drafts:
            documents += _recorded(engine, draft, given)
    found["documents"] = documents
    return found | {"problem": problem} if problem else found


def _report_inputs(
    conn: Connection,
    settings: Settings,
    catalogue: Catalogue,
    scope: m.Scope,
    period: Period,
    known_at: str,
    snapshot_id: str,
) -> Result:
    from etl.report.dates import reported_before

    def of(past: Period) -> tuple[Attainment, ...]:
        """An earlier period as known now, on this period's units; nothing where nobody owed anything."""
        if not owed_parts(catalogue, scope, past):
            return ()
        return tuple(attainments(conn, catalogue, scope, past, known_at, period.end, outlook=False))

    before, last = period.same_period_last_year, reported_before(period)
    previous = of(before)
    rows, series = judged(conn, catalogue, scope, period, known_at)
    statuses = material.statuses(conn, catalogue, scope, period, known_at)
    return {
        "catalogue": catalogue,
        "scope": scope,
        "period": period,
        "attainments": tuple(rows),
        "previous": previous,
        "last": previous if last == before else of(last),
        "statuses": tuple(statuses),
        "earlier_statuses": tuple(material.earlier_statuses(conn, catalogue, scope, period, known_at, statuses)),
        "series": series,
        "sources": sources(conn, catalogue, scope, period, rows, known_at),
        "tasks": material.task_reports(conn, catalogue, scope, period, known_at),
        "notes": material.notes(conn, catalogue, scope, period, known_at),
        "corrections": material.corrected(conn, catalogue, scope, period, known_at),
        "upward": going_up(conn, catalogue, scope, period, known_at),
        "snapshot_at": known_at,
        "snapshot_id": snapshot_id,
        "simulated": settings.simulated,
    }


def printed_with(templates: Path) -> str:
    """The release and the templates that documents are printed by now."""
    return f"{__version__} {tree_hash(templates)}"


@contextmanager
def _templates(
    conn: Connection, settings: Settings, definition: m.ReportDef, given: Result, *, then: bool
) -> Iterator[Path]:
    """The templates to print by: the present ones; for a report of then, those it was printed by, if it was."""
    from etl.warehouse import as_known, journal

    scope, period = given["scope"].id, given["period"].key
    key = {"scope": scope, "plan": definition.plan, "cadence": definition.cadence, "period": period}
    printed = journal.printed_by(conn, known_at=given["snapshot_at"], **key) if then else ""
    with as_known.folder_of(conn, printed.rpartition(" ")[2]) as kept:
        yield kept or settings.templates


def _folder(settings: Settings, scope: m.Scope, period: Period) -> Path:
    return settings.outbox / "drafts" / period.key / scope.id


@dataclass(frozen=True)
class _Standing:
    """A draft whose files are all there, as they were written, printed by the present templates."""

    snapshot_at: str
    snapshot_id: str
    facts: str
    paths: tuple[Path, ...]


def _standing(
    conn: Connection, settings: Settings, scope: m.Scope, period: Period, wanted: list[m.ReportDef]
) -> dict[str, _Standing]:
    """The drafts there are, by plan. `facts` is the SHA-256 of what each was printed from."""
    from etl.warehouse import journal

    found = {}
    for definition in wanted:
        last = journal.last_report(
            conn, scope=scope.id, plan=definition.plan, cadence=definition.cadence, period=period.key
        )
        if last is None or last.templates != printed_with(settings.templates) or wants_pdf(last.files):
            continue
        files = {_folder(settings, scope, period) / name: sha256 for name, sha256 in last.files.items()}
        if all(p.is_file() and hashlib.sha256(p.read_bytes()).hexdigest() == sha256 for p, sha256 in files.items()):
            facts = next(sha256 for path, sha256 in files.items() if path.name.endswith(FACTS_END))
            found[definition.plan] = _Standing(last.known_at, last.snapshot_id, facts, tuple(files))
    return found


def _same(given: ReportInput, last: _Standing, templates: Path) -> bool:
    """Whether a draft would print what the last one does, but for the snapshot that it names."""
    from etl.report import facts_file

    then = replace(given, snapshot_at=last.snapshot_at, snapshot_id=last.snapshot_id)
    return hashlib.sha256(facts_file(then, templates)).hexdigest() == last.facts


@dataclass(frozen=True)
class _Draft:
    """A report as written: its definition, its files by kind, and what it was printed with."""

    definition: m.ReportDef
    files: dict[str, Path]
    printed_with: str


def _input(given: Result, definition: m.ReportDef) -> ReportInput:
    """The part of what a scope has to report that is one plan's."""
    of_plan: Result = {
        name: tuple(row for row in given[name] if row.plan == definition.plan)
        for name in ("attainments", "previous", "last", "tasks")
    }
    series = ((item, points) for (plan, item), points in given["series"].items() if plan == definition.plan)
    of_plan["series"] = tuple(series)
    return ReportInput(**{**given, **of_plan, "report": definition, "plan": given["catalogue"].plans[definition.plan]})


def _draft(settings: Settings, templates: Path, engine: Engine, given: ReportInput) -> _Draft:
    from etl.report import draft
    from etl.warehouse import as_known

    made = draft(given, templates, _folder(settings, given.scope, given.period))
    with engine.begin() as conn:
        as_known.keep(conn, tree_hash(templates), tree_files(templates))
    return _Draft(given.report, made, printed_with(templates))


def _recorded(engine: Engine, draft: _Draft, given: Result) -> list[str]:
    from etl.warehouse import journal

    key = {
        "scope": given["scope"].id,
        "plan": draft.definition.plan,
        "cadence": draft.definition.cadence,
        "period": given["period"].key,
    }
    hashes = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in draft.files.values()}
    record = journal.ReportRecord(
        **key,
        snapshot_id=given["snapshot_id"],
        known_at=given["snapshot_at"],
        files=hashes,
        templates=draft.printed_with,
    )
    with engine.begin() as conn:
        # The same draft written again is the same draft: what people decided on it still holds.
        last = journal.last_report(conn, **key)
        if last is None or replace(last, known_at=record.known_at) != record:
            journal.record_report(conn, record)
    return [str(p) for p in draft.files.values()]
