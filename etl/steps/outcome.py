"""From observations to drafts: attainment against every plan, and the reports."""

from __future__ import annotations

import datetime as dt
import hashlib
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from etl import __version__
from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.catalog.files import tree_files, tree_hash
from etl.errors import UsageError
from etl.model import Observed, Period
from etl.settings import Settings
from etl.steps import material
from etl.steps.common import Result, catalogue_as_known, current_engine, is_period, now, start, today
from etl.steps.doubt import Line, area_series, with_outlook
from etl.steps.exchange import going_up
from etl.steps.material import owed_parts
from etl.steps.paper import add_pdf, wants_pdf
from etl.steps.sources import sources

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from etl.model import Attainment, Point
    from etl.warehouse.rollup import Only

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
        alone(conn, scope, key)
        known_at, snapshot_id = _snapshot(conn)
        rows = attainments(conn, catalogue, chosen, key, known_at)
        kept = attained.keep(conn, chosen.id, key.key, snapshot_id, known_at, [as_json(row) for row in rows])
    return {"scope": scope, "period": period, "rows": len(rows), "snapshot": snapshot_id, "new": kept}


def attain_rows(
    scope: str, period: str, plan: str | None = None, as_known_at: str | None = None, geography: str = "was"
) -> list[Result]:
    """The attainment rows themselves, for the shell. Grain: (plan, item, org unit).

    Raises:
        UsageError: no such scope, plan or period, or the time is not ISO 8601.
    """
    from etl.attain.serialise import as_json

    settings, catalogue = start()
    key, known_at = Period.parse(period), instant(as_known_at)
    with current_engine(settings, catalogue).connect() as conn:
        catalogue = catalogue_as_known(conn, catalogue, known_at)
        chosen = catalogue.scope(scope)
        if plan is not None and plan not in chosen.plans:
            raise UsageError(
                f"scope {scope} has no plan {plan!r}", where="--plan", fix=f"use one of: {', '.join(chosen.plans)}"
            )
        rows = attainments(conn, catalogue, chosen, key, known_at, geography_day(geography, key))
    heirs = _heirs(catalogue, chosen, key)
    return [
        as_json(row) | {"inheritance": heirs.get((row.plan, row.item), "")} for row in rows if plan in (None, row.plan)
    ]


def geography_day(text: str, period: Period) -> dt.date:
    """The day whose units are meant: ``was`` those of the period's end, ``is`` today's, or a date's.

    Raises:
        UsageError: it is none of these.
    """
    if text in {"was", "is"}:
        return period.end if text == "was" else now().date()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no geography", where="--geography", fix="write was, is, or a date: 2025-06-30"
        ) from None


def _heirs(catalogue: Catalogue, scope: m.Scope, period: Period) -> dict[tuple[str, str], str]:
    """Per line of each plan: who answers for it, where its unit ended before the period did."""
    from etl.catalog.geography import area, inheritance_note

    unit = area(catalogue, scope)
    if unit is None:
        return {}
    return {
        (plan, target.item): inheritance_note(catalogue, plan, target.item, unit, period.end)
        for plan in scope.plans
        for target in catalogue.plans[plan].targets
    }


def instant(text: str | None, where: str = "--as-known-at") -> str | None:
    """A moment as the command line gives it, as ISO 8601; nothing stays nothing.

    Raises:
        UsageError: it is not a time, or has no zone.
    """
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a time", where=where, fix="write 2024-04-20T08:00:00+07:00") from None
    if moment.tzinfo is None:
        raise UsageError(f"{text!r} has no time zone", where=where, fix="add +07:00") from None
    return moment.isoformat()


def alone(conn: Connection, scope: str, period: Period) -> None:
    """Waits until no other run computes or drafts this scope's period: an older result never comes after a newer."""
    from etl.warehouse.connect import query

    key = zlib.crc32(f"{scope} {period.key}".encode()) - (1 << 31)
    query(conn, "lock_keys", space=_COMPUTING, keys=[key])


def _snapshot(conn: Connection, at: str | None = None) -> tuple[str, str]:
    from etl.warehouse.snapshot import snapshot

    return snapshot(conn, at)


def attainments(
    conn: Connection,
    catalogue: Catalogue,
    scope: m.Scope,
    period: Period,
    known_at: str | None,
    geography: dt.date | None = None,
    *,
    outlook: bool = True,
) -> list[Attainment]:
    """Every target of every plan of a scope, for its area and each unit under it, in plan order.

    `geography` is the day whose units are asked for; the period's last day if None. The area's rows also get an
    `outlook`, which needs the periods before.
    """
    return judged(conn, catalogue, scope, period, known_at, geography, outlook=outlook)[0]


def judged(
    conn: Connection,
    catalogue: Catalogue,
    scope: m.Scope,
    period: Period,
    known_at: str | None,
    geography: dt.date | None = None,
    *,
    outlook: bool = True,
) -> tuple[list[Attainment], Mapping[Line, tuple[Point, ...]]]:
    """The rows of `attainments`, and the area's figures through time that their outlook rests on."""
    from etl.attain import attain as judge
    from etl.warehouse.extremes import with_gaps
    from etl.warehouse.rollup import Only, shown

    day = geography or period.end
    seen = _observed(conn, catalogue, scope, period, known_at, day)
    gapped = with_gaps(conn, catalogue, scope, period, seen.values(), known_at)
    seen = {(o.indicator, o.unit): o for o in gapped}
    shown_units = [u.code for u in shown(catalogue, scope, day)]
    plans = [catalogue.plans[p] for p in scope.plans]
    base = _baselines(conn, catalogue, scope, known_at, day)

    def look(past: Period) -> dict[tuple[str, str], Observed]:
        """The area alone, as it was; what has been read already is not read again."""
        if (past, day) == (period, period.end):
            return seen
        return _observed(conn, catalogue, scope, past, known_at, past.end, Only([scope.area_unit]))

    points = area_series(conn, catalogue, scope, period, known_at, look) if outlook else {}
    rows = []
    for plan in plans:
        for target in plan.targets:
            code = target.indicator or ""
            indicator = catalogue.indicators.get(code)
            start_of = base.get(target.baseline.period, {}) if target.baseline else {}
            for unit in shown_units:
                # The plan's printed baseline is its own area's; a unit under it starts from what it reported itself.
                own = None if unit == scope.area_unit else start_of.get((code, unit), Observed(code, unit, period))
                found = seen.get((code, unit))
                row = judge(plan.id, target, indicator, found, unit=unit, period=period, baseline=own)
                if outlook and unit == scope.area_unit:
                    row = with_outlook(row, catalogue, target, period, points.get((plan.id, target.item), ()))
                rows.append(replace(row, corrections=found.corrections) if found and found.corrections else row)
    return rows, points


def _baselines(
    conn: Connection, catalogue: Catalogue, scope: m.Scope, known_at: str | None, day: dt.date
) -> dict[str, dict[tuple[str, str], Observed]]:
    """By the periods that plans start from: what the units under the area had in the indicators that start there."""
    from etl.warehouse.rollup import Only, shown

    wanted: dict[str, set[str]] = {}
    for target in (t for plan in scope.plans for t in catalogue.plans[plan].targets):
        if target.baseline and target.indicator and is_period(target.baseline.period):
            wanted.setdefault(target.baseline.period, set()).add(target.indicator)
    under = [u.code for u in shown(catalogue, scope, day) if u.code != scope.area_unit]
    return {
        key: _observed(conn, catalogue, scope, Period.parse(key), known_at, day, Only(under, codes))
        for key, codes in sorted(wanted.items())
    }


def _observed(
    conn: Connection,
    catalogue: Catalogue,
    scope: m.Scope,
    period: Period,
    known_at: str | None,
    geography: dt.date,
    only: Only | None = None,
) -> dict[tuple[str, str], Observed]:
    """(indicator, unit) → what was observed, with the definition it was measured by."""
    from etl.warehouse.rollup import observed

    seen = observed(conn, catalogue, scope, period, as_known_at=known_at, only=only, geography=geography)
    found = {}
    for o in seen:
        definition = catalogue.indicators[o.indicator].definition_in(o.as_of or period.key)
        found[o.indicator, o.unit] = replace(o, definition=definition) if definition else o
    return found


def report_due(scope: str, period: str) -> Result:
    """Whether a report may be drafted: every expected unit is in, or the last deadline has come.

    Six and nine months rest on their quarters: each of these is in whole, or its own deadline has come.
    """
    settings, catalogue = start()
    with current_engine(settings, catalogue).connect() as conn:
        found = material.statuses(conn, catalogue, catalogue.scope(scope), Period.parse(period))
    missing = [s for s in found if s.state != "accepted"]
    if not missing:
        return {"due": bool(found), "why": "every expected unit is in" if found else "the scope owes nothing"}
    awaited = {s.period for s in missing}
    last = max(s.due for s in found if s.period in awaited)
    if today().isoformat() > last:
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

    Where every draft there is was printed from this very snapshot by these templates, it stays, unless `again` or
    its PDF could not be made then and can be now.
    """
    settings, catalogue = start()
    key = Period.parse(period)
    documents: list[str] = []
    engine = current_engine(settings, catalogue)
    with engine.begin() as conn:
        catalogue = catalogue_as_known(conn, catalogue, instant(as_known_at))
        chosen = catalogue.scope(scope)
        wanted = [r for r in chosen.reports if r.cadence == cadence and plan in (None, r.plan)]
        if not wanted or key.kind.value != cadence or not owed_parts(catalogue, chosen, key):
            return {"scope": scope, "period": period, "skipped": f"no {cadence} report for {period}"}
        alone(conn, scope, key)
        known_at, snapshot_id = _snapshot(conn, instant(as_known_at))
        standing = [] if again else _standing(conn, settings, chosen, key, wanted, snapshot_id)
        if standing:
            return {"scope": scope, "period": period, "snapshot": snapshot_id, "documents": standing}
        given = _report_inputs(conn, settings, catalogue, chosen, key, known_at, snapshot_id)
        drafts = []
        for definition in wanted:
            with _templates(conn, settings, definition, given, then=as_known_at is not None) as templates:
                drafts.append(_draft(settings, templates, engine, definition, given))
        problem = add_pdf([draft.files for draft in drafts], known_at)
        for draft in drafts:
            documents += _recorded(engine, draft, given)
    found = {"scope": scope, "period": period, "snapshot": snapshot_id, "documents": documents}
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
    printed = journal.printed_by(conn, snapshot_id=given["snapshot_id"], **key) if then else ""
    with as_known.folder_of(conn, printed.rpartition(" ")[2]) as kept:
        yield kept or settings.templates


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
        if last is None or last[:2] != (snapshot_id, printed_with(settings.templates)) or wants_pdf(last[2]):
            return []
        for name, sha256 in last[2].items():
            path = _folder(settings, scope, period) / name
            if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
                return []
            found.append(str(path))
    return found


@dataclass(frozen=True)
class _Draft:
    """A report as written: its definition, its files by kind, and what it was printed with."""

    definition: m.ReportDef
    files: dict[str, Path]
    printed_with: str


def _draft(settings: Settings, templates: Path, engine: Engine, definition: m.ReportDef, given: Result) -> _Draft:
    from etl.report import ReportInput, draft
    from etl.warehouse import as_known

    catalogue, scope, period = given["catalogue"], given["scope"], given["period"]
    of_plan: Result = {
        name: tuple(row for row in given[name] if row.plan == definition.plan)
        for name in ("attainments", "previous", "last", "tasks")
    }
    series = ((item, points) for (plan, item), points in given["series"].items() if plan == definition.plan)
    of_plan["series"] = tuple(series)
    full = ReportInput(**{**given, **of_plan, "report": definition, "plan": catalogue.plans[definition.plan]})
    made = draft(full, templates, _folder(settings, scope, period))
    with engine.begin() as conn:
        as_known.keep(conn, tree_hash(templates), tree_files(templates))
    return _Draft(definition, made, printed_with(templates))


def _recorded(engine: Engine, draft: _Draft, given: Result) -> list[str]:
    from etl.warehouse import journal

    scope, period, definition, made = given["scope"], given["period"], draft.definition, draft.files
    hashes = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in made.values()}
    record = journal.ReportRecord(
        scope.id,
        definition.plan,
        definition.cadence,
        period.key,
        given["snapshot_id"],
        given["snapshot_at"],
        hashes,
        draft.printed_with,
    )
    key = {"scope": scope.id, "plan": definition.plan, "cadence": definition.cadence, "period": period.key}
    with engine.begin() as conn:
        # The same draft written again is the same draft: what people decided on it still holds.
        if journal.last_report(conn, **key) != (record.snapshot_id, record.templates, hashes):
            journal.record_report(conn, record)
    return [str(p) for p in made.values()]
