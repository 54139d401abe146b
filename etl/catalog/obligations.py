"""What a scope owes: which form of which org unit, for which period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache

from etl.catalog import models
from etl.catalog.calendar import compute_deadline, compute_period_bounds
from etl.catalog.catalogue import Catalogue
from etl.catalog.geography import list_area_units
from etl.model import FormStamp, Period, PeriodKind

_STILL_OPEN = timedelta(days=365)
_TIME_TO_REPORT = timedelta(days=14)
"""Forms are out at least so long before a deadline of the calendar (configured: no law says how long)."""


def is_in_force(rule: models.Form | models.Regime, day: date) -> bool:
    """Whether a form or regime holds on a day."""
    return rule.valid_from <= day and (rule.valid_to is None or day <= rule.valid_to)


def list_obligations(
    catalogue: Catalogue, scope: models.Scope, period: Period
) -> tuple[tuple[models.Submission, models.Form, models.Unit], ...]:
    """Every (submission, form, unit) that a scope owes for a period, in catalogue order."""
    return tuple(_find_obligations(catalogue, scope, period))


def list_opened_periods(catalogue: Catalogue, scope: models.Scope, day: date) -> list[Period]:
    """The periods of a scope whose forms should be out on a day, oldest first.

    A period opens on the first day of its last month, or of an earlier one where a unit is to report within it. What
    opened more than a year before the day is over: figures are counted from January, and nobody asks for forms older
    than the last annual one.
    """
    return [
        period
        for kind in PeriodKind
        for period in catalogue.list_owed_periods(scope, kind)
        if day - _STILL_OPEN < _find_opening_day(catalogue, scope.id, period) <= day
    ]


@lru_cache(maxsize=1024)
def _find_opening_day(catalogue: Catalogue, scope_id: str, period: Period) -> date:
    scope, last_month = catalogue.scopes[scope_id], period.end.replace(day=1)
    asked = ((s, catalogue.forms[s.form], catalogue.regimes[s.regime]) for s in scope.submissions)
    early = (
        (compute_deadline(catalogue, regime.id, form.level, period) - _TIME_TO_REPORT).replace(day=1)
        for submission, form, regime in asked
        if form.period_kind == period.kind and _is_within_submission(period, submission)
    )
    return min((last_month, *early))


def find_reporting_days(
    catalogue: Catalogue, scope: models.Scope, form: models.Form, unit: models.Unit, period: Period
) -> tuple[date, date]:
    """First and last day that a unit's form of a period is about, by the regime that it is owed under; the period's own
    where nobody owes it so."""
    for submission in scope.submissions:
        asks_unit = submission.level == unit.level or unit.code in submission.units
        if submission.form == form.id and asks_unit and _is_within_submission(period, submission):
            return compute_period_bounds(catalogue.regimes[submission.regime], period)
    return period.start, period.end


def find_collecting_scope(catalogue: Catalogue, form_id: str, unit_code: str, period: Period) -> models.Scope:
    """The scope that a form of a unit and period is owed to; where nobody owes it so, the first that collects it.

    Ask `list_collecting_scopes` first whether anybody does.
    """
    collecting = list_collecting_scopes(catalogue, form_id)
    owed = (s for s in collecting if (form_id, unit_code) in list_owed_forms(catalogue, s.id, period))
    return next(owed, collecting[0])


@lru_cache(maxsize=256)
def list_collecting_scopes(catalogue: Catalogue, form_id: str) -> tuple[models.Scope, ...]:
    """The scopes that ever collect a form."""
    return tuple(s for s in catalogue.scopes.values() if any(x.form == form_id for x in s.submissions))


@lru_cache(maxsize=256)
def list_owed_forms(catalogue: Catalogue, scope_id: str, period: Period) -> frozenset[tuple[str, str]]:
    """(form, unit code) that a scope owes for a period."""
    return frozenset((f.id, u.code) for _, f, u in list_obligations(catalogue, catalogue.scopes[scope_id], period))


def is_served(catalogue: Catalogue, stamp: FormStamp) -> bool:
    """Whether a scope in service asks a unit for a form, and knows what the unit itself has to gather for it."""
    if stamp.form not in catalogue.forms or not Period.is_key(stamp.period):
        return True  # wrong for every scope
    period = Period.parse(stamp.period)
    served = any(
        (stamp.form, stamp.unit) in list_owed_forms(catalogue, scope.id, period)
        for scope in list_collecting_scopes(catalogue, stamp.form)
    )
    gathers = any(sheet.kind.is_upward for sheet in catalogue.forms[stamp.form].sheets)
    return served and not (gathers and any(x.area_unit in ("", stamp.unit) for x in catalogue.stopped.values()))


def find_awaited_scopes(catalogue: Catalogue, running: Iterable[str], stamp: FormStamp | None) -> list[str]:
    """The scopes that run here but are out of service, where one of them may have asked for a workbook; else none."""
    out_of_service = [name for name in running if name not in catalogue.scopes]
    return out_of_service if out_of_service and stamp and not is_served(catalogue, stamp) else []


def _find_obligations(
    catalogue: Catalogue, scope: models.Scope, period: Period
) -> Iterator[tuple[models.Submission, models.Form, models.Unit]]:
    for submission in scope.submissions:
        form = catalogue.forms[submission.form]
        if form.period_kind == period.kind and _is_within_submission(period, submission):
            for unit in _list_submitting_units(catalogue, scope, submission, period.end):
                yield submission, form, unit


def _list_submitting_units(
    catalogue: Catalogue, scope: models.Scope, submission: models.Submission, day: date
) -> Iterable[models.Unit]:
    if submission.level:
        return list_area_units(catalogue, scope, submission.level, day)
    return [u for u in (catalogue.find_unit(code, day) for code in submission.units) if u]


def _is_within_submission(period: Period, submission: models.Submission) -> bool:
    first = Period.parse(submission.from_period)
    last = Period.parse(submission.to_period) if submission.to_period else None
    return first.start <= period.start and (last is None or period.end <= last.end)
