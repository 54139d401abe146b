"""The catalogue as dated rows: only what changed gets a new version, what vanished is marked retired.

Room: warehouse. Called by `etl.load` alone. The files in catalog/ stay the source; these rows are for
joins, for reading from outside, and to know later what the catalogue said then.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from psycopg import sql
from sqlalchemy import Connection

from etl.catalog.calendar import compute_deadline
from etl.catalog.loader import Catalogue
from etl.catalog.obligations import list_obligations
from etl.model import Period, PeriodKind
from etl.warehouse import connect, snapshots_of_files
from etl.warehouse.advisory_locks import AdvisoryLock, lock_keys, lock_shared

Row = dict[str, Any]
_ENTRY = "entry"  # of a row: the whole entry of the catalogue; hashed, not stored


@dataclass(frozen=True)
class _VersionedTable:
    """A versioned table: where it is, its current view, its key, and its rows in a catalogue."""

    name: str
    current: str
    key: tuple[str, ...]
    rows: Callable[[Catalogue], Iterator[Row]]


def record_catalogue_versions(conn: Connection, catalogue: Catalogue) -> dict[str, int]:
    """Writes a catalogue into the caller's transaction; gives the rows written per table (all 0 if known).

    What is not read of scopes, plans and corrections out of service has not vanished: their rows stay as they are.
    """
    session = connect.unwrap_driver(conn)
    with connect.translate_db_errors("catalogue"):
        lock_shared(conn, AdvisoryLock.RECORDING)
        lock_keys(conn, AdvisoryLock.CATALOGUE)
        snapshots_of_files.store_folder(conn, catalogue.sha256, catalogue.files)
        last = session.execute(
            "SELECT sha256 FROM ops.catalogue_version ORDER BY catalogue_version_id DESC LIMIT 1"
        ).fetchone()
        if last and last[0] == catalogue.sha256:
            return {table.name: 0 for table in _TABLES}
        made = session.execute(
            "INSERT INTO ops.catalogue_version (sha256) VALUES (%s) RETURNING catalogue_version_id", (catalogue.sha256,)
        ).fetchone()
        version = made[0] if made else 0
        _record_identities(conn, catalogue)
        record_periods(conn, {p for _, p in _list_expected_submissions(catalogue)})
        apart = {
            "scope": catalogue.stopped.keys(),
            "plan": catalogue.stopped_plans,
            "correction": catalogue.stopped_corrections,
        }
        return {
            table.name: _record_changed_rows(
                conn, table, list(table.rows(catalogue)), version, apart.get(table.key[0], ())
            )
            for table in _TABLES
        }


def record_periods(conn: Connection, wanted: set[Period]) -> None:
    """Makes sure that periods can be referred to."""
    rows = [(p.key, p.kind.value, p.year, p.index, p.start, p.end) for p in sorted(wanted)]
    connect.unwrap_driver(conn).cursor().executemany(
        "INSERT INTO core.period (period, kind, year, number, starts_on, ends_on) VALUES (%s, %s, %s, %s, %s, %s) "
        "ON CONFLICT DO NOTHING",
        rows,
    )


def _record_identities(conn: Connection, c: Catalogue) -> None:
    """Units and data elements get their number once, for ever; numbers are not spent on known ones."""
    session = connect.unwrap_driver(conn)
    session.execute(
        "INSERT INTO core.org_unit (code, valid_from) SELECT n.code, n.valid_from "
        "FROM unnest(%s::text[], %s::date[]) AS n (code, valid_from) "
        "WHERE NOT EXISTS (SELECT 1 FROM core.org_unit AS o WHERE o.code = n.code AND o.valid_from = n.valid_from)",
        ([u.code for u in c.units], [u.valid_from for u in c.units]),
    )
    session.execute(
        "INSERT INTO core.data_element (code) SELECT n.code FROM unnest(%s::text[]) AS n (code) "
        "WHERE NOT EXISTS (SELECT 1 FROM core.data_element AS o WHERE o.code = n.code)",
        (list(c.elements),),
    )


def _record_changed_rows(
    conn: Connection, table: _VersionedTable, rows: list[Row], version: int, apart: Collection[str]
) -> int:
    """Writes what changed, and marks what vanished but the rows of what is set apart; gives how many."""
    session = connect.unwrap_driver(conn)
    key_columns = sql.SQL(", ").join(map(sql.Identifier, table.key))
    current = session.execute(
        sql.SQL("SELECT {}, content FROM {}").format(key_columns, _build_table_identifier(table.current))
    ).fetchall()
    current_hashes = {tuple(entry[:-1]): entry[-1] for entry in current}
    fresh = {tuple(row[k] for k in table.key): _seal_row(row) for row in rows}
    changed = [row for key, row in fresh.items() if current_hashes.get(key) != row["content"]]
    if changed:
        columns = [*changed[0], "retired", "catalogue_version_id"]
        connect.copy_rows(conn, table.name, columns, ([*row.values(), False, version] for row in changed))
    gone = [key for key in current_hashes if key not in fresh and key[0] not in apart]
    for key in gone:
        _retire_row(conn, table, key, version)
    return len(changed) + len(gone)


def _retire_row(conn: Connection, table: _VersionedTable, key: tuple[Any, ...], version: int) -> None:
    """A last version of a row, equal to its current one but marked."""
    session = connect.unwrap_driver(conn)
    schema, name = table.name.split(".")
    found = session.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s "
        "AND column_name NOT IN ('retired', 'catalogue_version_id') ORDER BY ordinal_position",
        (schema, name),
    ).fetchall()
    columns = sql.SQL(", ").join(sql.Identifier(column) for (column,) in found)
    where = sql.SQL(" AND ").join(sql.SQL("{} = %s").format(sql.Identifier(k)) for k in table.key)
    session.execute(
        sql.SQL("INSERT INTO {} ({}, retired, catalogue_version_id) SELECT {}, true, %s FROM {} WHERE {}").format(
            _build_table_identifier(table.name), columns, columns, _build_table_identifier(table.current), where
        ),
        (version, *key),
    )


def _build_table_identifier(dotted: str) -> sql.Identifier:
    return sql.Identifier(*dotted.split("."))


def _seal_row(row: Row) -> Row:
    """The row with a hash by which it is known again: of its columns, and of the whole entry behind them, of which some
    keys (a floor for each quarter, a sum over years) have no column and change figures all the same."""
    columns = {name: value for name, value in row.items() if name != _ENTRY}
    return columns | {"content": hashlib.sha256(json.dumps(row, default=str, ensure_ascii=False).encode()).hexdigest()}


# --- rows per table ----------------------------------------------------------------------------------


def _build_unit_rows(c: Catalogue) -> Iterator[Row]:
    for position, u in enumerate(c.units):
        yield u.model_dump() | {"aliases": list(u.aliases), "position": position}


def _build_succession_rows(c: Catalogue) -> Iterator[Row]:
    for s in c.successions:
        yield s.model_dump()


def _build_element_rows(c: Catalogue) -> Iterator[Row]:
    for position, e in enumerate(c.elements.values()):
        yield {
            "code": e.code, "position": position, "name": e.name, "kind": e.kind.value, "unit": e.unit,
            "is_integer": e.integer, "least": e.min, "most": e.max, "note": e.note,
        }  # fmt: skip


def _list_expected_submissions(c: Catalogue) -> Iterator[tuple[Row, Period]]:
    for scope in c.scopes.values():
        for kind in PeriodKind:
            for period in c.list_owed_periods(scope, kind):
                for submission, form, unit in list_obligations(c, scope, period):
                    key = {"scope": scope.id, "form": form.id, "unit_code": unit.code, "period": period.key}
                    yield key | {"regime": submission.regime, "level": unit.level}, period


def _build_expected_rows(c: Catalogue) -> Iterator[Row]:
    due = {}
    for row, period in _list_expected_submissions(c):
        level = row.pop("level")
        rule = (row["regime"], level, period)
        if rule not in due:
            due[rule] = compute_deadline(c, *rule)
        yield row | {"due_on": due[rule]}


def _build_continued_scope_rows(c: Catalogue) -> Iterator[Row]:
    for scope in c.scopes.values():
        for continued in c.list_scope_line(scope)[:-1]:
            yield {"scope": scope.id, "continues": continued}


def _build_plan_rows(c: Catalogue) -> Iterator[Row]:
    for p in c.plans.values():
        yield {
            "plan": p.id, "title": p.title, "short_title": p.short_title, "number": p.number,
            "number_note": p.number_note, "issuer": p.issuer, "issued_on": p.date, "date_note": p.date_note,
            "parents": [f"{d.kind} {d.number}, {d.date}, {d.issuer}: {d.subject}" for d in p.parents],
            "implements": p.implements, "seed_file": p.seed_file, "status": p.status,
            "valid_from": p.valid_from, "valid_to": p.valid_to, "recipients": list(p.recipients),
            "notes": list(p.notes),
        }  # fmt: skip


def _build_target_rows(c: Catalogue) -> Iterator[Row]:
    for p in c.plans.values():
        for position, t in enumerate(p.targets):
            b = t.baseline
            yield {
                "plan": p.id, "item": t.item, "position": position, "clause": t.clause, "title": t.title,
                "heading": t.group, "indicator": t.indicator, "kind": t.kind, "unit_written": t.unit_written,
                "decimals": t.decimals, "floor": t.floor, "statement": t.statement, "notes": list(t.notes),
                "baseline_period": b.period if b else None, "baseline_written": b.written if b else None,
                "baseline_value": b.value if b else None, "baseline_estimated": b.estimated if b else None,
                "baseline_definition": b.definition if b else None, _ENTRY: t.model_dump_json(),
            }  # fmt: skip


def _build_milestone_rows(c: Catalogue) -> Iterator[Row]:
    for p in c.plans.values():
        for t in p.targets:
            for position, s in enumerate(t.milestones):
                yield {
                    "plan": p.id, "item": t.item, "position": position, "period": s.period or "", "written": s.written,
                    "operator": s.operator, "value": s.value, "due_on": s.date, "definition": s.definition,
                }  # fmt: skip


def _build_task_rows(c: Catalogue) -> Iterator[Row]:
    for p in c.plans.values():
        for position, t in enumerate(p.tasks):
            yield {
                "plan": p.id, "task": t.id, "position": position, "clause": t.clause, "title": t.title,
                "lead_actors": list(t.lead), "cooperating_actors": list(t.cooperate),
                "deadline_written": t.deadline.written, "deadline_kind": t.deadline.kind, "due_on": t.deadline.date,
                "overtaken_on": t.overtaken_on, "overtaken_by": t.overtaken_by, "notes": list(t.notes),
            }  # fmt: skip


def _build_indicator_rows(c: Catalogue) -> Iterator[Row]:
    for position, i in enumerate(c.indicators.values()):
        yield {
            "indicator": i.code, "position": position, "name": i.name, "short_name": i.short_name, "method": i.method,
            "published_element": i.published_element, "factor": i.factor, "unit": i.unit, "direction": i.direction,
            "frequency": i.frequency, "accumulates": i.accumulates, "source": i.source, "definition": i.definition,
            "basis": i.basis, "note": i.note, _ENTRY: i.model_dump_json(),
        }  # fmt: skip


def _build_indicator_term_rows(c: Catalogue) -> Iterator[Row]:
    for i in c.indicators.values():
        for _, terms in groupby(i.terms, key=lambda term: term.side):
            for position, term in enumerate(terms):
                yield {
                    "indicator": i.code, "side": term.side, "position": position, "data_element": term.data_element,
                    "counts_units": term.counts_units,
                }  # fmt: skip


def _build_correction_rows(c: Catalogue) -> Iterator[Row]:
    for position, x in enumerate(c.agreed_corrections.values()):
        yield {
            "correction": x.id, "position": position, "scope": x.scope, "period": x.period, "unit_code": x.org_unit,
            "data_element": x.data_element, "replaces_state": x.replaces.state, "replaces_value": x.replaces.value,
            "state": x.becomes.state, "value": x.becomes.value, "requested_by": x.requested_by,
            "requested_on": x.requested_on, "reason": x.reason,
            "ends_on": x.until if isinstance(x.until, date) else None,
        }  # fmt: skip


def _build_inheritance_rows(c: Catalogue) -> Iterator[Row]:
    for x in c.inheritance:
        yield {
            "plan": x.plan, "item": x.item, "from_unit": x.from_unit, "from_valid_to": x.from_valid_to,
            "to_unit": x.to_unit, "to_valid_from": x.to_valid_from, "decided_by": x.decided_by,
            "decided_on": x.date, "basis": x.basis, "source": x.source,
        }  # fmt: skip


_TABLES = (
    _VersionedTable("core.org_unit_version", "core.current_org_unit", ("code", "valid_from"), _build_unit_rows),
    _VersionedTable(
        "core.succession_version",
        "core.current_succession",
        ("old_code", "old_valid_to", "new_code", "new_valid_from"),
        _build_succession_rows,
    ),
    _VersionedTable("core.data_element_version", "core.current_data_element", ("code",), _build_element_rows),
    _VersionedTable(
        "core.expected_version", "core.current_expected", ("scope", "form", "unit_code", "period"), _build_expected_rows
    ),
    _VersionedTable(
        "core.continued_scope_version",
        "core.current_continued_scope",
        ("scope", "continues"),
        _build_continued_scope_rows,
    ),
    _VersionedTable("plan.plan", "plan.current_plan", ("plan",), _build_plan_rows),
    _VersionedTable("plan.target", "plan.current_target", ("plan", "item"), _build_target_rows),
    _VersionedTable("plan.milestone", "plan.current_milestone", ("plan", "item", "position"), _build_milestone_rows),
    _VersionedTable("plan.task", "plan.current_task", ("plan", "task"), _build_task_rows),
    _VersionedTable("plan.indicator", "plan.current_indicator", ("indicator",), _build_indicator_rows),
    _VersionedTable(
        "plan.indicator_term",
        "plan.current_indicator_term",
        ("indicator", "side", "position"),
        _build_indicator_term_rows,
    ),
    _VersionedTable(
        "plan.inheritance",
        "plan.current_inheritance",
        ("plan", "item", "from_unit", "from_valid_to", "to_unit"),
        _build_inheritance_rows,
    ),
    _VersionedTable("core.correction_version", "core.current_correction", ("correction",), _build_correction_rows),
)
