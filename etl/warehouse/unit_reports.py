"""What units said and whether they said it: states of submissions, words on tasks, difficulties.

Room: warehouse. Called by steps. Reads only; everything can be asked as known at an earlier moment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from etl.catalog.calendar import compute_deadline, count_working_days
from etl.catalog.loader import Catalogue
from etl.catalog.obligations import list_obligations
from etl.model import NoteReport, UnitStatus
from etl.model.text_cells import NOTE_PREFIX, TASK_PREFIX, NoteCell, TaskCell, parse_text_cell
from etl.model.vietnam_time import VIETNAM_ZONE
from etl.warehouse.connect import query
from etl.warehouse.run_context import RunContext

_TASK_FIELDS = {"state": "stated", "date": "done_on", "remark": "remark"}


@dataclass(frozen=True)
class TaskStatement:
    """What one unit said of one task. Grain: (plan, task, org unit, period). `done_on` is ISO or empty."""

    plan: str
    task: str
    unit: str
    period: str
    stated: str = ""
    done_on: str = ""
    remark: str = ""


def fetch_submission_statuses(context: RunContext) -> list[UnitStatus]:
    """Where every expected submission stands, in catalogue order.

    `received_on` is the day the first accepted version came, in Vietnam: a later correction makes nobody late.
    """
    conn, catalogue, scope, period = context.conn, context.catalogue, context.scope, context.period
    known = {"period": period.key, "known_at": context.recorded_until}
    numbers = {(r.code, r.valid_from): r.org_unit_id for r in query(conn, "unit_numbers")}
    accepted = {(r.org_unit_id, r.form): r for r in query(conn, "submission_states", scope=scope.id, **known)}
    refused = {(r.unit_code, r.form) for r in query(conn, "refused_forms", **known)}
    found = []
    for submission, form, unit in list_obligations(catalogue, scope, period):
        due = compute_deadline(catalogue, submission.regime, unit.level, period)
        state = "refused" if (unit.code, form.id) in refused else "silent"
        status = UnitStatus(form.id, unit.code, unit.name, period.key, state, due=due.isoformat())  # type: ignore[arg-type]
        row = accepted.get((numbers.get((unit.code, unit.valid_from), 0), form.id))
        found.append(_build_accepted_status(catalogue, status, row) if row else status)
    return found


def _build_accepted_status(catalogue: Catalogue, status: UnitStatus, row: Row[Any]) -> UnitStatus:
    due = datetime.fromisoformat(status.due).date()
    day = row.first_received_at.astimezone(VIETNAM_ZONE).date()
    return replace(
        status,
        state="accepted",
        version=row.version,
        received_on=day.isoformat(),
        late_days=count_working_days(catalogue.holiday_corrections, due, day) if day > due else 0,
        findings_confirm=row.confirmations,
        findings_note=row.notes,
    )


def fetch_task_statements(context: RunContext) -> list[TaskStatement]:
    """What units said of their tasks, by plan order, task order and unit; tasks nobody spoke of are not there."""
    found: dict[tuple[str, str, str], TaskStatement] = {}
    for row in _fetch_text_rows(context, TASK_PREFIX):
        cell = parse_text_cell(row.code)
        if isinstance(cell, TaskCell):
            key = cell.plan, cell.task, row.unit_code
            statement = found.get(key) or TaskStatement(*key, context.period.key)
            found[key] = replace(statement, **{_TASK_FIELDS[cell.field]: row.words})
    order = {
        (plan.id, task.id): (i, j)
        for i, plan in enumerate(context.catalogue.plans.values())
        for j, task in enumerate(plan.tasks)
    }
    return sorted(found.values(), key=lambda s: (order.get((s.plan, s.task), (len(order), 0)), s.unit))


def fetch_difficulty_notes(context: RunContext) -> list[NoteReport]:
    """Difficulties, causes and proposals that units wrote, by unit in catalogue order and number."""
    found: dict[tuple[str, int], NoteReport] = {}
    for row in _fetch_text_rows(context, NOTE_PREFIX):
        cell = parse_text_cell(row.code)
        if isinstance(cell, NoteCell):
            key = row.unit_code, cell.number
            note = found.get(key) or NoteReport(key[0], context.period.key, key[1])
            found[key] = replace(note, **{cell.field: row.words})
    owed = list_obligations(context.catalogue, context.scope, context.period)
    order = {unit.code: i for i, (_, _, unit) in enumerate(owed)}
    return sorted(found.values(), key=lambda n: (order.get(n.unit, len(order)), n.unit, n.number))


def _fetch_text_rows(context: RunContext, prefix: str) -> list[Row[Any]]:
    known = {"scope": context.scope.id, "period": context.period.key, "known_at": context.recorded_until}
    return list(query(context.conn, "words", prefix=prefix, **known))
