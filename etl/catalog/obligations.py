"""What a scope owes: which form of which org unit, for which period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from etl.catalog import models as m
from etl.catalog.catalogue import Catalogue
from etl.catalog.geography import list_area_units
from etl.model import Period


def list_obligations(
    catalogue: Catalogue, scope: m.Scope, period: Period
) -> tuple[tuple[m.Submission, m.Form, m.Unit], ...]:
    """Every (submission, form, unit) that a scope owes for a period, in catalogue order."""
    return tuple(_find_obligations(catalogue, scope, period))


def _find_obligations(
    catalogue: Catalogue, scope: m.Scope, period: Period
) -> Iterator[tuple[m.Submission, m.Form, m.Unit]]:
    for submission in scope.submissions:
        form = catalogue.forms[submission.form]
        if form.period_kind == period.kind and _is_within_submission(period, submission):
            for unit in _list_submitting_units(catalogue, scope, submission, period.end):
                yield submission, form, unit


def _list_submitting_units(
    catalogue: Catalogue, scope: m.Scope, submission: m.Submission, day: date
) -> Iterable[m.Unit]:
    if submission.level:
        return list_area_units(catalogue, scope, submission.level, day)
    return [u for u in (catalogue.find_unit(code, day) for code in submission.units) if u]


def _is_within_submission(period: Period, submission: m.Submission) -> bool:
    first = Period.parse(submission.from_period)
    last = Period.parse(submission.to_period) if submission.to_period else None
    return first.start <= period.start and (last is None or period.end <= last.end)
