"""What a report is made from besides its figures: who reported, what units said, what was corrected.

The DAG `attain` asks `list_longer_periods`. A period that has forms of its own (quarter, year) is read by itself; one
that has none (six months, nine months) by the quarters that it consists of.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import takewhile

from etl.attain import compute_task_state
from etl.catalog import Catalogue, models
from etl.catalog.geography import group_plans_by_area
from etl.catalog.obligations import list_obligations
from etl.catalog.task_answers import list_task_questions
from etl.core.instance import load_settings_and_catalogue, open_engine
from etl.model import (
    Attainment,
    NoteReport,
    ObservedIndicator,
    Period,
    PeriodKind,
    TaskReport,
    UnitStatus,
)
from etl.report.covered_period import is_sum_of_events
from etl.report.inputs import ReportCorrection
from etl.warehouse import attainment_store, unit_reports
from etl.warehouse.agreed_corrections import describe_cell_content, fetch_agreed_corrections
from etl.warehouse.rollup import compute_rollup
from etl.warehouse.rollup_request import RollupFilter
from etl.warehouse.run_context import RunContext

# How many of them a year has.
_LONGER_KINDS = {PeriodKind.HALF: 2, PeriodKind.NINE_MONTHS: 1}


def list_owed_parts(catalogue: Catalogue, scope: models.Scope, period: Period) -> tuple[Period, ...]:
    """The periods whose forms a report rests on: its own, else its quarters; none where a quarter is not owed."""
    if list_obligations(catalogue, scope, period):
        return (period,)
    parts = period.quarters
    return parts if all(list_obligations(catalogue, scope, part) for part in parts) else ()


def list_longer_periods(period: str) -> list[str]:
    """The six and nine months to report on now that a period is computed: a quarter is part of them.

    One of them opens when its last quarter is computed for the first time; from then on each of its quarters counts.
    Such a period names itself. Only what a scope of this instance reports on is named.
    """
    settings, catalogue = load_settings_and_catalogue()
    computed_period = Period.parse(period)
    with open_engine(settings).connect() as conn:
        longer_keys = {
            longer.key
            for scope in catalogue.list_scopes_in_service(settings.scopes)
            for longer, parts in list_dependent_periods(catalogue, scope, computed_period)
            if computed_period in (longer, parts[-1]) or attainment_store.is_computed(conn, scope.id, parts[-1].key)
        }
    return sorted(longer_keys)


def list_dependent_periods(
    catalogue: Catalogue, scope: models.Scope, period: Period
) -> list[tuple[Period, tuple[Period, ...]]]:
    """The six and nine months that a scope reports on and that a period is, or is a part of; each with its quarters."""
    kinds = [PeriodKind(report.cadence) for report in scope.reports]
    every = [
        Period(period.year, kind, i + 1) for kind in kinds if kind in _LONGER_KINDS for i in range(_LONGER_KINDS[kind])
    ]
    owed = [(longer, list_owed_parts(catalogue, scope, longer)) for longer in dict.fromkeys(every)]
    return [(longer, parts) for longer, parts in owed if parts and (period == longer or period in parts)]


def fetch_period_statuses(context: RunContext) -> list[UnitStatus]:
    """Where every expected submission stands. Grain: (form, org unit, part of the period)."""
    parts = _list_context_parts(context)
    return [s for part in parts for s in unit_reports.fetch_submission_statuses(context.for_period(part))]


def _list_context_parts(context: RunContext) -> tuple[Period, ...]:
    return list_owed_parts(context.catalogue, context.scope, context.period)


def fetch_earlier_statuses(context: RunContext, current_statuses: Sequence[UnitStatus]) -> list[UnitStatus]:
    """Where the submissions of the year's parts up to the period stand that are not among those found already: of its
    quarters, for a month of its months."""
    covered_keys = {status.period for status in current_statuses}
    parts = [q for q in context.period.parts_to_date if q.key not in covered_keys]
    return [s for part in parts for s in unit_reports.fetch_submission_statuses(context.for_period(part))]


def list_part_figures(
    context: RunContext, rows: Iterable[Attainment], statuses: Sequence[UnitStatus]
) -> tuple[ObservedIndicator, ...]:
    """What the last part of a period brought of the indicators whose figure since January nobody can tell, though forms
    came: the quarter itself, or the quarters since the last one of which none was accepted; `since` names the first.

    Grain: (indicator, org unit), those alone that have a figure. `statuses` are those of the year's parts so far.
    """
    catalogue, since = context.catalogue, _find_last_part(context.period, statuses)
    lacking = {row.indicator for row in rows if row.value is None and row.status == "no_data"}
    codes = [i for i in lacking if i in catalogue.indicators and is_sum_of_events(catalogue, catalogue.indicators[i])]
    if since is None or not codes:
        return ()
    areas = group_plans_by_area(catalogue, context.scope)
    asked = (RollupFilter(indicators=codes, area=area, since=since) for area in areas)
    found = {(o.indicator, o.unit): o for only in asked for o in compute_rollup(context, only)}
    return tuple(o for o in found.values() if o.numerator is not None and o.present)


def _find_last_part(period: Period, statuses: Sequence[UnitStatus]) -> Period | None:
    """Of a quarter or month itself; of a longer period the first of the parts at its end that somebody reported on, the
    last one where it is all of them. None where nobody reported on the end, or nothing is before it."""
    accepted = {status.period for status in statuses if status.state == "accepted"}
    *earlier, last = period.parts_to_date
    if last.key not in accepted or not earlier:
        return None
    if period == last:
        return last
    tail = list(takewhile(lambda part: part.key in accepted, (last, *reversed(earlier))))
    return last if len(tail) > len(earlier) else tail[-1]


def list_note_reports(context: RunContext) -> tuple[NoteReport, ...]:
    """Difficulties, causes and proposals, in the order of the parts of the period."""
    parts = _list_context_parts(context)
    return tuple(n for part in parts for n in unit_reports.fetch_difficulty_notes(context.for_period(part)))


def list_task_reports(context: RunContext) -> tuple[TaskReport, ...]:
    """What each unit last said of each of its tasks, and the state that follows from it at the period's end.

    Of a task that no form of the period asks about, what the unit said in the form of the last year stands.
    """
    tasks = {(p, t.id): t for p in context.scope.plans for t in context.catalogue.plans[p].tasks}
    last: dict[tuple[str, str, str], TaskReport] = {}
    parts, year = _list_context_parts(context), Period(context.period.year - 1, PeriodKind.YEAR)
    asked = {key for part in parts for key in list_task_questions(context.catalogue, context.scope, part)}
    for part in (year, *parts):
        for statement in unit_reports.fetch_task_statements(context.for_period(part)):
            task, key = tasks.get((statement.plan, statement.task)), (statement.plan, statement.task, statement.unit)
            if task is None or (not statement.stated and key in last) or (part == year and key in asked):
                continue
            done_on = dt.date.fromisoformat(statement.done_on) if statement.done_on else None
            state = compute_task_state(task, statement.stated, done_on, context.period.end)
            said = (statement.stated, statement.done_on, statement.remark, year.key if part == year else "")
            last[key] = TaskReport(*key, context.period.key, state, *said)
    return tuple(last.values())


def list_corrected_cells(context: RunContext) -> tuple[ReportCorrection, ...]:
    """The corrections agreed on for the cells of a period and of the year's parts so far, with where each stands."""
    catalogue, period = context.catalogue, context.period
    about = {period.key} | {part.key for part in period.parts_to_date}
    found = []
    for agreed in fetch_agreed_corrections(context.conn, catalogue, context.scope, as_known_at=context.known_at):
        c = agreed.correction
        if c.period not in about:
            continue
        element = catalogue.elements.get(c.data_element)
        row = ReportCorrection(
            c.id,
            c.org_unit,
            c.period,
            element.name if element else c.data_element,
            describe_cell_content(c.replaces),
            describe_cell_content(c.becomes),
            c.requested_by,
            c.requested_on.isoformat(),
            c.reason,
        )
        found.append(row if agreed.status == "applied" else replace(row, lapsed=agreed.reason))
    return tuple(found)
