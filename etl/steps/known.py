"""What is known around the workbooks of a chunk, laid beside them for the checker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.model import FormStamp, Period, PeriodKind
from etl.steps.common import today

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from etl.check import Beside, History, Official, Reporting, Submitted

_YEARS = 3


def with_official(catalogue: Catalogue, given: Submitted) -> Submitted:
    """Adds the official population of the workbook's unit; needs no database."""
    stamp = _understood(catalogue, given)
    if stamp is None:
        return given
    official = _official(catalogue, stamp.unit, Period.parse(stamp.period).year)
    return replace(given, official=official, compare_official=True)


def with_history(conn: Connection, catalogue: Catalogue, chunk: Sequence[Submitted]) -> list[Submitted]:
    """Adds what the warehouse knows: the unit's other periods and how it reported them, its neighbours' years, and
    what it said of findings before. One statement each for the whole chunk."""
    from etl.warehouse import quality

    stamps = [_understood(catalogue, given) for given in chunk]
    count = int(catalogue.thresholds["history_periods"])
    wanted: dict[tuple[str, date], dict[str, None]] = {}
    for stamp in stamps:
        unit = catalogue.unit(stamp.unit, Period.parse(stamp.period).end) if stamp else None
        if stamp and unit:
            periods = wanted.setdefault((unit.code, unit.valid_from), {})
            periods |= dict.fromkeys(p.key for p in Period.parse(stamp.period).before(count))
    told = list(dict.fromkeys(stamp for stamp in stamps if stamp))
    years = _years(catalogue, told)
    for key, periods in years.items():
        wanted.setdefault(key, {}).update(periods)
    history = quality.other_periods(conn, wanted)
    said = quality.explanations(conn, told)
    reporting = _reporting(conn, catalogue, told)
    beside = _beside(catalogue, told, history)
    done = []
    for given, stamp in zip(chunk, stamps, strict=True):
        if stamp:
            known = {key: cells for key, cells in history.get(stamp.unit, {}).items() if key != stamp.period}
            before = said.get((stamp.form, stamp.unit, stamp.period), {})
            given = replace(  # noqa: PLW2901 - the same workbook, knowing more
                given, history=known, reporting=reporting.get(stamp), beside=beside.get(stamp), explained=before
            )
        done.append(with_official(catalogue, given))
    return done


def _understood(catalogue: Catalogue, given: Submitted) -> FormStamp | None:
    """The stamp of a workbook that was read and whose form, unit and period exist."""
    stamp = given.read.stamp
    if stamp is None or not given.read.observations or stamp.form not in catalogue.forms:
        return None
    return stamp


def _official(catalogue: Catalogue, unit: str, year: int) -> Official | None:
    """The newest official population of a unit that is not of a later year, nor too old to compare with."""
    from etl.check import Official

    oldest = year - int(catalogue.thresholds["official_age"])
    figures = [f for f in catalogue.official_population if f.unit == unit and oldest <= f.year <= year]
    newest = max(figures, key=lambda f: f.year, default=None)
    return Official(float(newest.value), newest.year, f"{newest.source}, năm {newest.year}") if newest else None


# --- how a unit reports --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Owed:
    """Who owes a form for a period, by code, and until when."""

    due: Mapping[str, date]
    units: Mapping[str, m.Unit]


@lru_cache(maxsize=1024)
def _owed(catalogue: Catalogue, form: str, period: Period) -> _Owed:
    from etl.catalog.calendar import deadline

    scope = catalogue.scope_of_form(form)
    found = [(s, u) for s, f, u in catalogue.expected(scope, period) if f.id == form] if scope else []
    by_rule: dict[tuple[str, str], date] = {}
    for submission, unit in found:
        key = submission.regime, unit.level
        if key not in by_rule:
            by_rule[key] = deadline(catalogue, *key, period)
    return _Owed({u.code: by_rule[s.regime, u.level] for s, u in found}, {u.code: u for _, u in found})


def _reporting(conn: Connection, catalogue: Catalogue, stamps: Iterable[FormStamp]) -> dict[FormStamp, Reporting]:
    """How each unit reported its form for the latest periods before.

    A period counts once it was due, and only if any unit's report of it is here: before that nobody asked.
    """
    from etl.warehouse import quality

    count, day = int(catalogue.thresholds["reporting_periods"]), today()
    asked: dict[tuple[str, Period], None] = {}
    for stamp in stamps:
        asked.update(dict.fromkeys((stamp.form, p) for p in Period.parse(stamp.period).before(count)))
    came = quality.first_received(
        conn,
        [(u.code, u.valid_from, form, p.key) for form, p in asked for u in _owed(catalogue, form, p).units.values()],
    )
    heard = {(form, period) for _, _, form, period in came}
    return {stamp: _reported(catalogue, stamp, count, came, heard, day) for stamp in stamps}


def _reported(
    catalogue: Catalogue,
    stamp: FormStamp,
    count: int,
    came: Mapping[tuple[str, date, str, str], datetime],
    heard: Collection[tuple[str, str]],
    day: date,
) -> Reporting:
    from etl.check import Reporting
    from etl.warehouse.reported import ZONE

    period = Period.parse(stamp.period)
    unit = catalogue.unit(stamp.unit, period.end)
    received = late = missing = 0
    for earlier in period.before(count):
        owed = _owed(catalogue, stamp.form, earlier)
        if unit is None or owed.units.get(unit.code) != unit or (stamp.form, earlier.key) not in heard:
            continue
        due = owed.due[unit.code]
        when = came.get((unit.code, unit.valid_from, stamp.form, earlier.key))
        received += when is not None
        late += when is not None and when.astimezone(ZONE).date() > due
        missing += when is None and due < day
    return Reporting(received + missing, received, received - late)


# --- a year's neighbours -------------------------------------------------------------------------------------

Grown = dict[str, tuple[float, float]]
"""Data element → (this year, mean of the years before)."""


def _years(catalogue: Catalogue, stamps: Iterable[FormStamp]) -> dict[tuple[str, date], dict[str, None]]:
    """The years to read of every unit that owes one of these year forms: this one and the three before."""
    wanted: dict[tuple[str, date], dict[str, None]] = {}
    for form, period in _year_forms(stamps):
        keys = dict.fromkeys(p.key for p in (period, *period.before(_YEARS)))
        for unit in _owed(catalogue, form, period).units.values():
            wanted.setdefault((unit.code, unit.valid_from), {}).update(keys)
    return wanted


def _year_forms(stamps: Iterable[FormStamp]) -> list[tuple[str, Period]]:
    found = dict.fromkeys((stamp.form, Period.parse(stamp.period)) for stamp in stamps)
    return [(form, period) for form, period in found if period.kind == PeriodKind.YEAR]


def _beside(
    catalogue: Catalogue, stamps: Iterable[FormStamp], history: Mapping[str, History]
) -> dict[FormStamp, Beside]:
    """What the other units of a year form gave. A form that one unit alone owes has no other to stand beside."""
    from etl.check import Beside

    found: dict[FormStamp, Beside] = {}
    grown = {
        (form, period): {code: _grown(history.get(code, {}), period) for code in _owed(catalogue, form, period).units}
        for form, period in _year_forms(stamps)
    }
    for stamp in stamps:
        units = grown.get((stamp.form, Period.parse(stamp.period)), {})
        others = [sums for code, sums in units.items() if code != stamp.unit]
        if others:
            found[stamp] = Beside(len(others), sum(map(bool, others)), _summed(others))
    return found


def _grown(history: History, period: Period) -> Grown:
    """A unit's totals by data element. A year counts if it has the same cells as this one: an area or a gap that
    changed is no growth."""
    now = _by_element(history.get(period.key, {}))
    past = [_by_element(history.get(p.key, {})) for p in period.before(_YEARS)]
    found = {}
    for element, cells in now.items():
        usual = [sum(year[element].values()) for year in past if year.get(element, {}).keys() == cells.keys()]
        if usual:
            found[element] = sum(cells.values()), sum(usual) / len(usual)
    return found


def _by_element(cells: Mapping[tuple[str, str], float]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for (unit, element), value in cells.items():
        found[element][unit] = value
    return dict(found)


def _summed(units: Iterable[Grown]) -> Grown:
    total: Grown = {}
    for sums in units:
        for element, (now, usual) in sums.items():
            before = total.get(element, (0.0, 0.0))
            total[element] = before[0] + now, before[1] + usual
    return total
