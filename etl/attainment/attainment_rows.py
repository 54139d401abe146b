"""From observations to verdicts: attainment against every plan, and whether its reports are due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from etl.attain import (
    OtherFigures,
    compute_target_attainment,
    convert_rows_to_plan_units,
    find_plan_units,
    list_compared_periods,
    withhold_thin_verdict,
)
from etl.attain.attainment_json import serialize_attainment
from etl.attainment.area_series import MeasuredPlans, PlanLine, annotate_outlook, compute_area_series
from etl.attainment.report_inputs import fetch_period_statuses
from etl.catalog import Catalogue, models
from etl.catalog.geography import find_inheritance, find_plan_area, get_plan_area_code, group_plans_by_area
from etl.catalog.obligations import list_obligations
from etl.catalog.rules import load_view_rules
from etl.check.loaded_views import raise_breaches, validate_views
from etl.core.instance import (
    Result,
    build_ruleset_version,
    load_catalogue_as_known,
    load_settings_and_catalogue,
    open_current_engine,
)
from etl.errors import UsageError
from etl.messages import load_messages
from etl.model import Attainment, ObservedIndicator, Period, SeriesPoint
from etl.model.reason import Reason
from etl.model.vietnam_time import get_current_date
from etl.settings import Settings
from etl.warehouse import attainment_store
from etl.warehouse.advisory_locks import AdvisoryLock, lock_keys
from etl.warehouse.attainment_store import AttainmentKey, AttainmentSeries
from etl.warehouse.rollup import compute_rollup
from etl.warehouse.rollup_request import RollupFilter, list_reporting_units
from etl.warehouse.run_context import RunContext
from etl.warehouse.snapshot import Snapshot, take_snapshot
from etl.warehouse.unit_history import annotate_gaps
from etl.warehouse.validation_store import store_validation

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


SeriesByLine = Mapping[PlanLine, tuple[SeriesPoint, ...]]
"""(plan, item) → the area's figures through time."""


def compute_attainment(scope: str, period: str) -> Result:
    """Computes a scope's period against every plan and keeps the result with its snapshot.

    Raises:
        WarehouseError: the views of the period contradict themselves or the catalogue.
    """
    settings, catalogue = load_settings_and_catalogue()
    chosen, key = catalogue.get_scope(scope), Period.parse(period)
    if not list_obligations(catalogue, chosen, key):
        return {"scope": scope, "period": period, "skipped": "the scope owes nothing for this period"}
    engine = open_current_engine(settings, catalogue)
    _validate_loaded_period(settings, catalogue, engine, chosen, key)
    with engine.begin() as conn:
        lock_period(conn, scope, key)
        known_at, snapshot_id = take_scope_snapshot(conn, chosen)
        rows, series = compute_rows_and_series(RunContext(conn, catalogue, chosen, key, known_at))
        kept = _store_computed_rows(conn, AttainmentKey(chosen.id, key.key, snapshot_id), known_at, rows, series)
    return {"scope": scope, "period": period, "rows": len(rows), "snapshot": snapshot_id, "new": kept}


def _validate_loaded_period(
    settings: Settings, catalogue: Catalogue, engine: Engine, scope: models.Scope, period: Period
) -> None:
    """Validates the views of a period before anything is computed of it. What came out is kept, also where it stops."""
    with engine.begin() as conn:
        outcomes, breaches = validate_views(conn, catalogue, load_view_rules(settings.expectations), scope, period)
        judged_by = build_ruleset_version(settings, catalogue)
        store_validation(conn, outcomes, judged_by=judged_by, scope=scope.id, period=period.key)
    raise_breaches(breaches, scope, period)


def list_attainment_rows(
    scope: str, period: str, plan: str | None = None, as_known_at: str | None = None, geography: str = "was"
) -> list[Result]:
    """The attainment rows themselves, for the shell. Grain: (plan, item, org unit).

    Levels are in the unit of measure that the plan writes, which `unit_of_measure` names.

    Raises:
        UsageError: no such scope, plan or period, or the time is not ISO 8601.
    """
    settings, catalogue = load_settings_and_catalogue()
    key, known_at = Period.parse(period), parse_instant(as_known_at)
    with open_current_engine(settings, catalogue).connect() as conn:
        catalogue = load_catalogue_as_known(conn, catalogue, known_at)
        chosen = catalogue.get_scope(scope)
        if plan is not None and plan not in chosen.plans:
            raise UsageError(
                f"scope {scope} has no plan {plan!r}", where="--plan", fix=f"use one of: {', '.join(chosen.plans)}"
            )
        day, snapshot = parse_geography_day(geography, key), take_scope_snapshot(conn, chosen, known_at)
        context = RunContext(conn, catalogue, chosen, key, snapshot.at)
        rows, _ = load_or_compute_attainment(context, snapshot.id, day)
    heirs, wording = _list_inheritance_notes(catalogue, chosen, key), load_messages(settings.templates)
    units = find_plan_units(catalogue.plans)
    return [
        serialize_attainment(row, wording)
        | {
            "inheritance": wording.describe(heirs.get((row.plan, row.item))),
            "unit_of_measure": units.get((row.plan, row.item), ""),
            "of_area": row.unit == get_plan_area_code(catalogue, chosen, row.plan),
        }
        for row in convert_rows_to_plan_units(rows, catalogue.plans)
        if plan in (None, row.plan)
    ]


def parse_geography_day(text: str, period: Period) -> dt.date:
    """The day whose units are meant: ``was`` those of the period's end, ``is`` today's, or a date's.

    Raises:
        UsageError: it is none of these.
    """
    if text in {"was", "is"}:
        return period.end if text == "was" else get_current_date()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no geography", where="--geography", fix="write was, is, or a date: 2025-06-30"
        ) from None


def _list_inheritance_notes(
    catalogue: Catalogue, scope: models.Scope, period: Period
) -> dict[tuple[str, str], Reason | None]:
    """Per line of each plan: who answers for it, where its unit ended before the period did."""
    return {
        (plan, target.item): find_inheritance(catalogue, plan, target.item, unit, period.end)
        for plan in scope.plans
        if (unit := find_plan_area(catalogue, scope, plan))
        for target in catalogue.plans[plan].targets
    }


def parse_instant(text: str | None, where: str = "--as-known-at") -> str | None:
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


def lock_period(conn: Connection, scope: str, period: Period) -> None:
    """Waits until no other run computes or drafts this scope's period: an older result never comes after a newer."""
    lock_keys(conn, AdvisoryLock.PERIOD, [f"{scope} {period.key}"])


def take_scope_snapshot(conn: Connection, scope: models.Scope, at: str | None = None) -> Snapshot:
    """A scope's snapshot of a moment, or of now."""
    return take_snapshot(conn, at, scope.id)


def load_or_compute_attainment(
    context: RunContext, snapshot_id: str, geography: dt.date | None = None, *, outlook: bool = True
) -> tuple[Sequence[Attainment], SeriesByLine]:
    """What attainment gave from exactly the context's snapshot on these units: the stored run, else computed now.

    Nothing is written.
    """
    key = _build_attainment_key(context, snapshot_id, geography)
    return _load_stored_attainment(context.conn, key, outlook=outlook) or compute_rows_and_series(
        context, key.geography, outlook=outlook
    )


def load_or_store_attainment(
    context: RunContext, snapshot_id: str, geography: dt.date | None = None, *, outlook: bool = True
) -> tuple[Sequence[Attainment], SeriesByLine]:
    """The same; what had to be computed is kept for the next who asks.

    Not so for six and nine months, which have no forms of their own: the DAG `attain` does not compute them, so nothing
    would ever make a stored run of theirs new.
    """
    key = _build_attainment_key(context, snapshot_id, geography)
    stored = _load_stored_attainment(context.conn, key, outlook=outlook)
    if stored is not None:
        return stored
    rows, series = compute_rows_and_series(context, key.geography, outlook=outlook)
    if list_obligations(context.catalogue, context.scope, context.period):
        _store_computed_rows(context.conn, key, str(context.known_at), rows, series if outlook else None)
    return rows, series


def _build_attainment_key(context: RunContext, snapshot_id: str, geography: dt.date | None) -> AttainmentKey:
    period = context.period
    return AttainmentKey(context.scope.id, period.key, snapshot_id, None if geography == period.end else geography)


def _load_stored_attainment(
    conn: Connection, key: AttainmentKey, *, outlook: bool
) -> tuple[Sequence[Attainment], SeriesByLine] | None:
    stored = attainment_store.fetch_attainment(conn, key, outlook=outlook)
    if stored is None:
        return None
    return stored[0], {(one.plan, one.item): one.points for one in stored[1]}


def _store_computed_rows(
    conn: Connection, key: AttainmentKey, known_at: str, rows: Sequence[Attainment], series: SeriesByLine | None
) -> bool:
    lines = None if series is None else [AttainmentSeries(*line, points) for line, points in series.items()]
    return attainment_store.store_attainment(conn, key, known_at, rows, lines)


def compute_rows_and_series(
    context: RunContext, geography: dt.date | None = None, *, outlook: bool = True
) -> tuple[list[Attainment], SeriesByLine]:
    """Every target of every plan of a scope, for the plan's area and each unit under it, in plan order, then for the
    agencies that have a figure of their own; and the areas' figures through time that the outlook rests on.

    `geography` is the day whose units are asked for; the period's last day if None. The areas' rows also get an
    `outlook`, which needs the periods before.
    """
    rows: dict[str, list[Attainment]] = {}
    points: dict[PlanLine, tuple[SeriesPoint, ...]] = {}
    for area, plans in group_plans_by_area(context.catalogue, context.scope).items():
        ask = _AreaRequest(context, area, geography or context.period.end)
        area_rows, area_points = _compute_area_rows(ask, plans, outlook=outlook)
        points |= area_points
        for row in area_rows:
            rows.setdefault(row.plan, []).append(row)
    return [row for plan in context.scope.plans for row in rows.get(plan, ())], points


@dataclass(frozen=True)
class _AreaRequest:
    """What is asked of an area, on which day's units."""

    context: RunContext
    area: models.Unit
    day: dt.date


def _compute_area_rows(
    ask: _AreaRequest, plans: Sequence[str], *, outlook: bool
) -> tuple[list[Attainment], SeriesByLine]:
    """The rows of the plans that are measured on one area, and the area's series."""
    context, area = ask.context, ask.area.code
    catalogue, period = context.catalogue, context.period
    gapped = annotate_gaps(context, _fetch_observed_figures(ask).values())
    figures = {(o.indicator, o.unit): o for o in gapped}
    base = _fetch_baseline_figures(ask, plans, {unit for _, unit in figures} - {area})
    compared = _fetch_compared_figures(ask, plans)

    def observe_area(past: Period) -> dict[tuple[str, str], ObservedIndicator]:
        """The area alone, as it was; what has been read already is not read again."""
        if (past, ask.day) == (period, period.end):
            return figures
        return _fetch_observed_figures(_AreaRequest(context.for_period(past), ask.area, past.end), RollupFilter([area]))

    points = compute_area_series(context, MeasuredPlans(area, tuple(plans)), observe_area) if outlook else {}
    units = [unit.code for unit in list_reporting_units(catalogue, context.scope, ask.day, ask.area)]
    under, rows = frozenset(units), []
    for plan in plans:
        for target in catalogue.plans[plan].targets:
            code = target.indicator or ""
            indicator = catalogue.indicators.get(code)
            start_of = base.get(target.baseline.period or "", {}) if target.baseline else {}
            agencies = [unit for indicator, unit in figures if indicator == code and unit not in under]
            for unit in (*units, *agencies):
                # The plan's printed baseline is its own area's; a unit under it starts from what it reported itself.
                own = None if unit == area else start_of.get((code, unit), ObservedIndicator(code, unit, period))
                figure = figures.get((code, unit))
                looked_at = {p: compared[p].get((code, unit)) for p in list_compared_periods(target, period)}
                others = OtherFigures(own, looked_at)
                row = compute_target_attainment(
                    plan, target, indicator, figure, unit=unit, period=period, others=others
                )
                row = withhold_thin_verdict(row, catalogue.thresholds.get("beside_least", 0))
                if outlook and unit == area:
                    row = annotate_outlook(row, catalogue, target, period, points.get((plan, target.item), ()))
                corrections = figure.corrections if figure else ()
                rows.append(replace(row, corrections=corrections, of_agency=unit not in under))
    return rows, points


def _fetch_baseline_figures(
    ask: _AreaRequest, plans: Sequence[str], units: Collection[str]
) -> dict[str, dict[tuple[str, str], ObservedIndicator]]:
    """By the periods that plans start from: what some units had in the indicators that start there."""
    context = ask.context
    wanted: dict[str, set[str]] = {}
    for target in (t for plan in plans for t in context.catalogue.plans[plan].targets):
        start = target.baseline.period if target.baseline else None
        if start and target.indicator and Period.is_key(start):
            wanted.setdefault(start, set()).add(target.indicator)
    return {
        key: _fetch_observed_figures(
            replace(ask, context=context.for_period(Period.parse(key))), RollupFilter(units, codes)
        )
        for key, codes in sorted(wanted.items())
    }


def _fetch_compared_figures(
    ask: _AreaRequest, plans: Sequence[str]
) -> dict[Period, dict[tuple[str, str], ObservedIndicator]]:
    """By the periods that targets look at besides the asked one: what the area and its units had, on the same units."""
    context = ask.context
    wanted: dict[Period, set[str]] = {}
    for target in (t for plan in plans for t in context.catalogue.plans[plan].targets):
        for past in list_compared_periods(target, context.period):
            wanted.setdefault(past, set()).add(target.indicator or "")
    return {
        past: _fetch_observed_figures(replace(ask, context=context.for_period(past)), RollupFilter(indicators=codes))
        for past, codes in wanted.items()
    }


def _fetch_observed_figures(
    ask: _AreaRequest, only: RollupFilter | None = None
) -> dict[tuple[str, str], ObservedIndicator]:
    """(indicator, unit) → what was observed, with the definition it was measured by."""
    indicators, period = ask.context.catalogue.indicators, ask.context.period
    figures_by_key = {}
    for o in compute_rollup(ask.context, replace(only or RollupFilter(), area=ask.area), ask.day):
        definition = indicators[o.indicator].find_definition(o.as_of or period.key)
        figures_by_key[o.indicator, o.unit] = replace(o, definition=definition) if definition else o
    return figures_by_key


def check_report_due(scope: str, period: str) -> Result:
    """Whether a report may be drafted: every expected unit is in, or the last deadline has come.

    Six and nine months rest on their quarters: each of these is in whole, or its own deadline has come.
    """
    settings, catalogue = load_settings_and_catalogue()
    with open_current_engine(settings, catalogue).connect() as conn:
        statuses = fetch_period_statuses(RunContext(conn, catalogue, catalogue.get_scope(scope), Period.parse(period)))
    missing = [s for s in statuses if s.state != "accepted"]
    if not missing:
        return {"due": bool(statuses), "why": "every expected unit is in" if statuses else "the scope owes nothing"}
    awaited = {s.period for s in missing}
    last = max(s.due for s in statuses if s.period in awaited)
    if get_current_date().isoformat() > last:
        return {"due": True, "why": f"the deadline {last} has passed; {len(missing)} not in"}
    return {"due": False, "why": f"{len(missing)} not in; the deadline is {last}"}
