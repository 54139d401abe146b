"""What is known around the workbooks of a chunk, laid beside them for the checker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from etl.catalog import Catalogue, models
from etl.catalog.calendar import compute_deadline
from etl.catalog.obligations import list_collecting_scopes, list_obligations
from etl.check import History, OfficialPopulation, PeerFigures, ReadSubmission, ReportingRecord
from etl.model import FormStamp, Period, PeriodKind
from etl.model.vietnam_time import VIETNAM_ZONE, get_current_date
from etl.warehouse import check_history
from etl.warehouse.quarter_values import fetch_quarter_values

if TYPE_CHECKING:
    from sqlalchemy import Connection


_MULTI_QUARTER_KINDS = {PeriodKind.HALF, PeriodKind.NINE_MONTHS, PeriodKind.YEAR}


def add_known_context(conn: Connection, catalogue: Catalogue, chunk: Sequence[ReadSubmission]) -> list[ReadSubmission]:
    """Adds all that the warehouse knows around the workbooks of a chunk, as the intake judges them by it."""
    return [_add_quarter_values(conn, catalogue, one) for one in add_unit_history(conn, catalogue, chunk)]


def _add_quarter_values(conn: Connection, catalogue: Catalogue, submission: ReadSubmission) -> ReadSubmission:
    """Adds the quarters of the unit's year, as known now, to a form of several quarters, and to one of a quarter where
    a longer period around it was reported."""
    stamp = _find_valid_stamp(catalogue, submission)
    if stamp is None:
        return submission
    period = Period.parse(stamp.period)
    compared = [p for p in (period, *period.list_longer_periods()) if p.kind in _MULTI_QUARTER_KINDS]
    known = [p for p in compared if p == period or p.key in (submission.history or {})]
    if not known:
        return submission
    return replace(submission, quarters=fetch_quarter_values(conn, catalogue, stamp.unit, known[-1]))


def add_official_population(catalogue: Catalogue, submission: ReadSubmission) -> ReadSubmission:
    """Adds the official population of the workbook's unit; needs no database."""
    stamp = _find_valid_stamp(catalogue, submission)
    if stamp is None:
        return submission
    official = _find_official_population(catalogue, stamp.unit, Period.parse(stamp.period).year)
    return replace(submission, official=official, compare_official=True)


def add_unit_history(conn: Connection, catalogue: Catalogue, chunk: Sequence[ReadSubmission]) -> list[ReadSubmission]:
    """Adds what the warehouse knows: the unit's other periods and how it reported them, its neighbours' years, and
    what it said of findings before. One statement each for the whole chunk."""
    stamps = [_find_valid_stamp(catalogue, submission) for submission in chunk]
    count = int(catalogue.thresholds["history_periods"])
    wanted: dict[tuple[str, date], dict[str, None]] = {}
    for stamp in stamps:
        unit = catalogue.find_unit(stamp.unit, Period.parse(stamp.period).end) if stamp else None
        if stamp and unit:
            periods = wanted.setdefault((unit.code, unit.valid_from), {})
            period = Period.parse(stamp.period)
            around = (*period.list_earlier_periods(count), *period.list_longer_periods())
            periods |= dict.fromkeys(p.key for p in around)
    valid_stamps = list(dict.fromkeys(stamp for stamp in stamps if stamp))
    years = _list_compared_years(catalogue, valid_stamps)
    for key, periods in years.items():
        wanted.setdefault(key, {}).update(periods)
    history = check_history.fetch_other_periods(conn, wanted)
    explanations = check_history.fetch_explanations(conn, valid_stamps)
    reporting = _fetch_reporting_records(conn, catalogue, valid_stamps)
    peer_figures = _compute_peer_figures(catalogue, valid_stamps, history)
    done = []
    for submission, stamp in zip(chunk, stamps, strict=True):
        if stamp:
            other_periods = {key: cells for key, cells in history.get(stamp.unit, {}).items() if key != stamp.period}
            before = explanations.get((stamp.form, stamp.unit, stamp.period), {})
            submission = replace(  # noqa: PLW2901 - the same workbook, knowing more
                submission,
                history=other_periods,
                reporting=reporting.get(stamp),
                peers=peer_figures.get(stamp),
                explanations=before,
            )
        done.append(add_official_population(catalogue, submission))
    return done


def _find_valid_stamp(catalogue: Catalogue, submission: ReadSubmission) -> FormStamp | None:
    """The stamp of a workbook that was read and whose form, unit and period exist."""
    stamp = submission.read.stamp
    if stamp is None or not submission.read.observations or stamp.form not in catalogue.forms:
        return None
    return stamp


def _find_official_population(catalogue: Catalogue, unit: str, year: int) -> OfficialPopulation | None:
    """The newest official population of a unit that is not of a later year, nor too old to compare with."""
    oldest = year - int(catalogue.thresholds["official_age"])
    figures = [f for f in catalogue.official_population if f.unit == unit and oldest <= f.year <= year]
    newest = max(figures, key=lambda f: f.year, default=None)
    return OfficialPopulation(float(newest.value), newest.year, newest.source) if newest else None


# --- how a unit reports --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _FormObligations:
    """Who owes a form for a period, by code, and until when."""

    due: Mapping[str, date]
    units: Mapping[str, models.Unit]


@lru_cache(maxsize=1024)
def _list_form_obligations(catalogue: Catalogue, form: str, period: Period) -> _FormObligations:

    scopes = list_collecting_scopes(catalogue, form)
    expected = [(s, u) for scope in scopes for s, f, u in list_obligations(catalogue, scope, period) if f.id == form]
    by_rule: dict[tuple[str, str], date] = {}
    for submission, unit in expected:
        key = submission.regime, unit.level
        if key not in by_rule:
            by_rule[key] = compute_deadline(catalogue, *key, period)
    return _FormObligations({u.code: by_rule[s.regime, u.level] for s, u in expected}, {u.code: u for _, u in expected})


def _fetch_reporting_records(
    conn: Connection, catalogue: Catalogue, stamps: Iterable[FormStamp]
) -> dict[FormStamp, ReportingRecord]:
    """How each unit reported its form for the latest periods before.

    A period counts once it was due, and only if any unit's report of it is here: before that nobody asked.
    """
    count, day = int(catalogue.thresholds["reporting_periods"]), get_current_date()
    requested: dict[tuple[str, Period], None] = {}
    for stamp in stamps:
        requested.update(dict.fromkeys((stamp.form, p) for p in Period.parse(stamp.period).list_earlier_periods(count)))
    received_at = check_history.fetch_first_received_times(
        conn,
        [
            (u.code, u.valid_from, form, p.key)
            for form, p in requested
            for u in _list_form_obligations(catalogue, form, p).units.values()
        ],
    )
    reported_periods = {(form, period) for _, _, form, period in received_at}
    return {
        stamp: _compute_reporting_record(catalogue, stamp, count, received_at, reported_periods, day)
        for stamp in stamps
    }


def _compute_reporting_record(
    catalogue: Catalogue,
    stamp: FormStamp,
    count: int,
    received_at: Mapping[tuple[str, date, str, str], datetime],
    reported_periods: Collection[tuple[str, str]],
    day: date,
) -> ReportingRecord:

    period = Period.parse(stamp.period)
    unit = catalogue.find_unit(stamp.unit, period.end)
    received = late = missing = 0
    for earlier in period.list_earlier_periods(count):
        owed = _list_form_obligations(catalogue, stamp.form, earlier)
        if unit is None or owed.units.get(unit.code) != unit or (stamp.form, earlier.key) not in reported_periods:
            continue
        due = owed.due[unit.code]
        when = received_at.get((unit.code, unit.valid_from, stamp.form, earlier.key))
        received += when is not None
        late += when is not None and when.astimezone(VIETNAM_ZONE).date() > due
        missing += when is None and due < day
    return ReportingRecord(received + missing, received, received - late)


# --- a year's neighbours -------------------------------------------------------------------------------------

ElementTotals = dict[str, tuple[float, float]]
"""Data element → (this year, mean of the years before)."""


def _list_compared_years(catalogue: Catalogue, stamps: Iterable[FormStamp]) -> dict[tuple[str, date], dict[str, None]]:
    """The years to read of every unit that owes one of these year forms: it and those it is compared with."""
    wanted: dict[tuple[str, date], dict[str, None]] = {}
    years = int(catalogue.thresholds["compared_years"])
    for form, period in _list_year_forms(stamps):
        keys = dict.fromkeys(p.key for p in (period, *period.list_earlier_periods(years)))
        for unit in _list_form_obligations(catalogue, form, period).units.values():
            wanted.setdefault((unit.code, unit.valid_from), {}).update(keys)
    return wanted


def _list_year_forms(stamps: Iterable[FormStamp]) -> list[tuple[str, Period]]:
    forms = dict.fromkeys((stamp.form, Period.parse(stamp.period)) for stamp in stamps)
    return [(form, period) for form, period in forms if period.kind == PeriodKind.YEAR]


def _compute_peer_figures(
    catalogue: Catalogue, stamps: Iterable[FormStamp], history: Mapping[str, History]
) -> dict[FormStamp, PeerFigures]:
    """What the other units of a year form gave. A form that one unit alone owes has no other to stand beside."""
    peer_figures: dict[FormStamp, PeerFigures] = {}
    years = int(catalogue.thresholds["compared_years"])
    totals_by_form = {
        (form, period): {
            code: _compute_unit_totals(history.get(code, {}), period, years)
            for code in _list_form_obligations(catalogue, form, period).units
        }
        for form, period in _list_year_forms(stamps)
    }
    for stamp in stamps:
        units = totals_by_form.get((stamp.form, Period.parse(stamp.period)), {})
        others = [sums for code, sums in units.items() if code != stamp.unit]
        if others:
            peer_figures[stamp] = PeerFigures(len(others), sum(map(bool, others)), _merge_element_totals(others))
    return peer_figures


def _compute_unit_totals(history: History, period: Period, years: int) -> ElementTotals:
    """A unit's totals by data element. A year counts if it has the same cells as this one: an area or a gap that
    changed is no growth."""
    now = _group_by_element(history.get(period.key, {}))
    past = [_group_by_element(history.get(p.key, {})) for p in period.list_earlier_periods(years)]
    totals = {}
    for element, cells in now.items():
        usual = [sum(year[element].values()) for year in past if year.get(element, {}).keys() == cells.keys()]
        if usual:
            totals[element] = sum(cells.values()), sum(usual) / len(usual)
    return totals


def _group_by_element(cells: Mapping[tuple[str, str], float]) -> dict[str, dict[str, float]]:
    cells_by_element: dict[str, dict[str, float]] = defaultdict(dict)
    for (unit, element), value in cells.items():
        cells_by_element[element][unit] = value
    return dict(cells_by_element)


def _merge_element_totals(units: Iterable[ElementTotals]) -> ElementTotals:
    total: ElementTotals = {}
    for sums in units:
        for element, (now, usual) in sums.items():
            before = total.get(element, (0.0, 0.0))
            total[element] = before[0] + now, before[1] + usual
    return total
