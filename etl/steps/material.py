"""What a report is made from besides its figures: who reported, what units said, what was corrected.

Used by `etl.steps.outcome`; the DAG `attain` asks `longer_periods`. A period that has forms of its own (quarter, year)
is read by itself; one that has none (six months, nine months) by the quarters that it consists of.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.model import Period, PeriodKind
from etl.steps.common import open_engine, start

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from etl.model import NoteReport, TaskReport, UnitStatus
    from etl.report.inputs import Corrected

# How many of them a year has.
_LONGER = {PeriodKind.HALF: 2, PeriodKind.NINE_MONTHS: 1}


def owed_parts(catalogue: Catalogue, scope: m.Scope, period: Period) -> tuple[Period, ...]:
    """The periods whose forms a report rests on: its own, else its quarters; none where a quarter is not owed."""
    if catalogue.expected(scope, period):
        return (period,)
    parts = period.quarters
    return parts if all(catalogue.expected(scope, part) for part in parts) else ()


def longer_periods(period: str) -> list[str]:
    """The six and nine months to report on now that a period is computed: a quarter is part of them.

    One of them opens when its last quarter is computed for the first time; from then on each of its quarters counts.
    Such a period names itself. Only what a scope of this instance reports on is named.
    """
    from etl.warehouse import attained

    settings, catalogue = start()
    asked = Period.parse(period)
    with open_engine(settings).connect() as conn:
        found = {
            longer.key
            for scope in map(catalogue.scope, settings.scopes)
            for longer, parts in resting_on(catalogue, scope, asked)
            if asked in (longer, parts[-1]) or attained.is_computed(conn, scope.id, parts[-1].key)
        }
    return sorted(found)


def resting_on(catalogue: Catalogue, scope: m.Scope, period: Period) -> list[tuple[Period, tuple[Period, ...]]]:
    """The six and nine months that a scope reports on and that a period is, or is a part of; each with its quarters."""
    kinds = [PeriodKind(report.cadence) for report in scope.reports]
    every = [Period(period.year, kind, i + 1) for kind in kinds if kind in _LONGER for i in range(_LONGER[kind])]
    owed = [(longer, owed_parts(catalogue, scope, longer)) for longer in dict.fromkeys(every)]
    return [(longer, parts) for longer, parts in owed if parts and (period == longer or period in parts)]


def statuses(
    conn: Connection, catalogue: Catalogue, scope: m.Scope, period: Period, known_at: str | None = None
) -> list[UnitStatus]:
    """Where every expected submission stands. Grain: (form, org unit, part of the period)."""
    from etl.warehouse import reported

    parts = owed_parts(catalogue, scope, period)
    return [s for part in parts for s in reported.statuses(conn, catalogue, scope, part, as_known_at=known_at)]


def earlier_statuses(
    conn: Connection,
    catalogue: Catalogue,
    scope: m.Scope,
    period: Period,
    known_at: str | None,
    found: Sequence[UnitStatus],
) -> list[UnitStatus]:
    """Where the submissions of the year's quarters up to the period stand that are not among those found already."""
    from etl.warehouse import reported

    there = {status.period for status in found}
    parts = [q for q in period.quarters_to_date if q.key not in there]
    return [s for part in parts for s in reported.statuses(conn, catalogue, scope, part, as_known_at=known_at)]


def notes(
    conn: Connection, catalogue: Catalogue, scope: m.Scope, period: Period, known_at: str
) -> tuple[NoteReport, ...]:
    """Difficulties, causes and proposals, in the order of the parts of the period."""
    from etl.warehouse import reported

    parts = owed_parts(catalogue, scope, period)
    return tuple(n for part in parts for n in reported.notes(conn, catalogue, scope, part, as_known_at=known_at))


def task_reports(
    conn: Connection, catalogue: Catalogue, scope: m.Scope, period: Period, known_at: str
) -> tuple[TaskReport, ...]:
    """What each unit last said of each of its tasks, and the state that follows from it at the period's end."""
    from etl.attain import task_state
    from etl.model import TaskReport
    from etl.warehouse import reported

    tasks = {(p, t.id): t for p in scope.plans for t in catalogue.plans[p].tasks}
    last: dict[tuple[str, str, str], TaskReport] = {}
    for part in owed_parts(catalogue, scope, period):
        for said in reported.task_reports(conn, catalogue, scope, part, as_known_at=known_at):
            task, key = tasks.get((said.plan, said.task)), (said.plan, said.task, said.unit)
            if task is None or (not said.stated and key in last):
                continue
            done_on = dt.date.fromisoformat(said.done_on) if said.done_on else None
            state = task_state(task, said.stated, done_on, period.end)
            last[key] = TaskReport(*key, period.key, state, said.stated, said.done_on, said.remark)
    return tuple(last.values())


def corrected(
    conn: Connection, catalogue: Catalogue, scope: m.Scope, period: Period, known_at: str
) -> tuple[Corrected, ...]:
    """The corrections agreed on for the cells of a period and of its quarters so far, with where each stands."""
    from etl.report.inputs import Corrected
    from etl.warehouse.corrections import contents, standings

    about = {period.key} | {part.key for part in period.quarters_to_date}
    found = []
    for agreed in standings(conn, catalogue, scope, as_known_at=known_at):
        c = agreed.correction
        if c.period not in about:
            continue
        element = catalogue.elements.get(c.data_element)
        row = Corrected(
            c.id,
            c.org_unit,
            c.period,
            element.name if element else c.data_element,
            contents(c.replaces),
            contents(c.becomes),
            c.requested_by,
            c.requested_on.isoformat(),
            c.reason,
        )
        found.append(row if agreed.standing == "applied" else replace(row, lapsed=agreed.reason))
    return tuple(found)
