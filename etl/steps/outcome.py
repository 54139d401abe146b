"""From observations to drafts: attainment against every plan, and the reports."""

from __future__ import annotations

import datetime as dt
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from etl import __version__
from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.catalog.loader import tree_hash
from etl.errors import UsageError
from etl.model import Observed, Period
from etl.settings import Settings
from etl.steps.common import Result, current_engine, is_period, now, start

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from etl.model import Attainment, TaskReport

_COMPUTING = 7_235_020  # the first half of the advisory lock's key


def attain(scope: str, period: str) -> Result:
    """Computes a scope's period against every plan and keeps the result with its snapshot."""
    from etl.attain.serialise import as_json
    from etl.warehouse import attained

    settings, catalogue = start()
    chosen, key = catalogue.scope(scope), Period.parse(period)
    if not catalogue.expected(chosen, key):
        return {"scope": scope, "period": period, "skipped": "the scope owes nothing for this period"}
    with current_engine(settings, catalogue).begin() as conn:
        _alone(conn, scope, key)
        known_at, snapshot_id = _snapshot(conn)
        rows = attainments(conn, catalogue, chosen, key, known_at)
        kept = attained.keep(conn, chosen.id, key.key, snapshot_id, known_at, [as_json(row) for row in rows])
    return {"scope": scope, "period": period, "rows": len(rows), "snapshot": snapshot_id, "new": kept}


def attain_rows(scope: str, period: str, plan: str | None = None, as_known_at: str | None = None) -> list[Result]:
    """The attainment rows themselves, for the shell. Grain: (plan, item, org unit).

    Raises:
        UsageError: no such scope, plan or period, or the time is not ISO 8601.
    """
    from etl.attain.serialise import as_json

    settings, catalogue = start()
    chosen, key = catalogue.scope(scope), Period.parse(period)
    if plan is not None and plan not in chosen.plans:
        raise UsageError(
            f"scope {scope} has no plan {plan!r}", where="--plan", fix=f"use one of: {', '.join(chosen.plans)}"
        )
    with current_engine(settings, catalogue).connect() as conn:
        rows = attainments(conn, catalogue, chosen, key, _instant(as_known_at))
    return [as_json(row) for row in rows if plan in (None, row.plan)]


def _instant(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is not a time", where="--as-known-at", fix="write 2024-04-20T08:00:00+07:00"
        ) from None
    if moment.tzinfo is None:
        raise UsageError(f"{text!r} has no time zone", where="--as-known-at", fix="add +07:00") from None
    return moment.isoformat()


def _alone(conn: Connection, scope: str, period: Period) -> None:
    """Waits until no other run computes or drafts this scope's period: an older result never comes after a newer."""
    from etl.warehouse.connect import query

    key = zlib.crc32(f"{scope} {period.key}".encode()) - (1 << 31)
    query(conn, "lock_keys", space=_COMPUTING, keys=[key])


def _snapshot(conn: Connection, at: str | None = None) -> tuple[str, str]:
    from etl.warehouse.snapshot import snapshot

    return snapshot(conn, at)


def attainments(
    conn: Connection, catalogue: Catalogue, scope: m.Scope, period: Period, known_at: str | None
) -> list[Attainment]:
    """Every target of every plan of a scope, for its area and each unit under it, in plan order."""
    from etl.attain import attain as judge

    seen = _observed(conn, catalogue, scope, period, known_at)
    plans = [catalogue.plans[p] for p in scope.plans]
    base_periods = {t.baseline.period for p in plans for t in p.targets if t.baseline}
    base = {
        key: _observed(conn, catalogue, scope, Period.parse(key), known_at)
        for key in sorted(base_periods)
        if is_period(key)
    }
    rows = []
    for plan in plans:
        for target in plan.targets:
            code = target.indicator or ""
            indicator = catalogue.indicators.get(code)
            start_of = base.get(target.baseline.period, {}) if target.baseline else {}
            for unit in _units(catalogue, scope, period):
                # The plan's printed baseline is its own area's; a unit under it starts from what it reported itself.
                own = None if unit == scope.area_unit else start_of.get((code, unit), Observed(code, unit, period))
                found = seen.get((code, unit))
                rows.append(judge(plan.id, target, indicator, found, unit=unit, period=period, baseline=own))
    return rows


def _observed(
    conn: Connection, catalogue: Catalogue, scope: m.Scope, period: Period, known_at: str | None
) -> dict[tuple[str, str], Observed]:
    """(indicator, unit) → what was observed, with the definition it was measured by."""
    from etl.warehouse.rollup import observed

    return {
        (o.indicator, o.unit): replace(
            o, definition=catalogue.indicators[o.indicator].definition_in(o.as_of or period.key)
        )
        for o in observed(conn, catalogue, scope, period, as_known_at=known_at)
    }


def _units(catalogue: Catalogue, scope: m.Scope, period: Period) -> list[str]:
    children = catalogue.children(scope.area_unit, scope.child_level, period.end)
    return [scope.area_unit, *(u.code for u in children)]


def report_due(scope: str, period: str) -> Result:
    """Whether a report may be drafted: every expected unit is in, or the last deadline has come."""
    from etl.warehouse.reported import statuses

    settings, catalogue = start()
    with current_engine(settings, catalogue).connect() as conn:
        found = statuses(conn, catalogue, catalogue.scope(scope), Period.parse(period))
    missing = [s for s in found if s.state != "accepted"]
    if not missing:
        return {"due": bool(found), "why": "every expected unit is in" if found else "the scope owes nothing"}
    last = max(s.due for s in found)
    if now().date().isoformat() > last:
        return {"due": True, "why": f"the deadline {last} has passed; {len(missing)} not in"}
    return {"due": False, "why": f"{len(missing)} not in; the deadline is {last}"}


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

    Where every draft there is was printed from this very snapshot by these templates, it stays, unless `again`.
    """
    settings, catalogue = start()
    chosen, key = catalogue.scope(scope), Period.parse(period)
    wanted = [r for r in chosen.reports if r.cadence == cadence and plan in (None, r.plan)]
    if not wanted or key.kind.value != cadence or not catalogue.expected(chosen, key):
        return {"scope": scope, "period": period, "skipped": f"no {cadence} report for {period}"}
    documents: list[str] = []
    engine = current_engine(settings, catalogue)
    with engine.begin() as conn:
        _alone(conn, scope, key)
        known_at, snapshot_id = _snapshot(conn, _instant(as_known_at))
        standing = [] if again else _standing(conn, settings, chosen, key, wanted, snapshot_id)
        if standing:
            return {"scope": scope, "period": period, "snapshot": snapshot_id, "documents": standing}
        given = _report_inputs(conn, settings, catalogue, chosen, key, known_at, snapshot_id)
        for definition in wanted:
            documents += _draft(settings, engine, definition, given)
    return {"scope": scope, "period": period, "snapshot": snapshot_id, "documents": documents}


def _report_inputs(
    conn: Connection,
    settings: Settings,
    catalogue: Catalogue,
    scope: m.Scope,
    period: Period,
    known_at: str,
    snapshot_id: str,
) -> Result:
    from etl.warehouse import reported

    before = period.same_period_last_year
    owed_before = bool(catalogue.expected(scope, before))
    return {
        "catalogue": catalogue,
        "scope": scope,
        "period": period,
        "attainments": tuple(attainments(conn, catalogue, scope, period, known_at)),
        "previous": tuple(attainments(conn, catalogue, scope, before, known_at)) if owed_before else (),
        "statuses": tuple(reported.statuses(conn, catalogue, scope, period, as_known_at=known_at)),
        "tasks": tuple(_task_reports(conn, catalogue, scope, period, known_at)),
        "notes": tuple(reported.notes(conn, catalogue, scope, period, as_known_at=known_at)),
        "snapshot_at": known_at,
        "snapshot_id": snapshot_id,
        "simulated": settings.simulated,
    }


def _task_reports(
    conn: Connection, catalogue: Catalogue, scope: m.Scope, period: Period, known_at: str
) -> Iterator[TaskReport]:
    """What each unit said of each of its tasks, and the state that follows from it at the period's end."""
    from etl.attain import task_state
    from etl.model import TaskReport
    from etl.warehouse import reported

    tasks = {(p, t.id): t for p in scope.plans for t in catalogue.plans[p].tasks}
    for said in reported.task_reports(conn, catalogue, scope, period, as_known_at=known_at):
        task = tasks.get((said.plan, said.task))
        if task:
            done_on = dt.date.fromisoformat(said.done_on) if said.done_on else None
            state = task_state(task, said.stated, done_on, period.end)
            yield TaskReport(said.plan, said.task, said.unit, period.key, state, said.stated, said.done_on, said.remark)


def _printed_by(settings: Settings) -> str:
    return f"{__version__} {tree_hash(settings.templates)}"


def _folder(settings: Settings, scope: m.Scope, period: Period) -> Path:
    return settings.outbox / "drafts" / period.key / scope.id


def _standing(
    conn: Connection, settings: Settings, scope: m.Scope, period: Period, wanted: list[m.ReportDef], snapshot_id: str
) -> list[str]:
    """The drafts there are, if all of them are whole and a new draft would give the same; else nothing."""
    from etl.warehouse import journal

    found: list[str] = []
    for definition in wanted:
        last = journal.last_report(
            conn, scope=scope.id, plan=definition.plan, cadence=definition.cadence, period=period.key
        )
        if last is None or last[:2] != (snapshot_id, _printed_by(settings)):
            return []
        for name, sha256 in last[2].items():
            path = _folder(settings, scope, period) / name
            if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
                return []
            found.append(str(path))
    return found


def _draft(settings: Settings, engine: Engine, definition: m.ReportDef, given: Result) -> list[str]:
    from etl.report import ReportInput, draft
    from etl.warehouse import journal

    catalogue, scope, period = given["catalogue"], given["scope"], given["period"]
    of_plan = {
        name: tuple(row for row in given[name] if row.plan == definition.plan)
        for name in ("attainments", "previous", "tasks")
    }
    full = ReportInput(**{**given, **of_plan, "report": definition, "plan": catalogue.plans[definition.plan]})
    made = draft(full, settings.templates, _folder(settings, scope, period))
    hashes = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in made.values()}
    with engine.begin() as conn:
        journal.record_report(
            conn,
            journal.ReportRecord(
                scope.id,
                definition.plan,
                definition.cadence,
                period.key,
                given["snapshot_id"],
                given["snapshot_at"],
                hashes,
                _printed_by(settings),
            ),
        )
    return [str(p) for p in made.values()]
