"""Working days in Viet Nam, reporting deadlines, and the bounds of administrative periods.

Room: catalogue. Anyone above may ask; no file is read here. Days come from the `holidays` library
(country VN), corrected by catalog/calendar/holidays.yaml; what a regime prescribes comes from
catalog/regimes. A day is never guessed in code.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from etl.catalog import models as m
from etl.catalog.loader import Catalogue
from etl.errors import CatalogueError, UsageError
from etl.model import Period

_ONE_DAY = timedelta(days=1)


@lru_cache(maxsize=1)
def _load_holiday_calendar() -> Any:
    import holidays  # slow, and DAG files import this room

    return holidays.country_holidays("VN")


def is_working_day(corrections: Iterable[m.HolidayCorrection], day: date) -> bool:
    """Whether offices work on a day.

    A correction decides where there is one. Else weekends are off, except Saturdays that the library
    knows to be worked in exchange for a bridge day; public holidays are off.
    Source: Bộ luật Lao động 2019, Điều 112; yearly notices on swapped days.
    """
    for correction in corrections:
        if correction.day == day:
            return correction.working
    return bool(_load_holiday_calendar().is_working_day(day))


def add_working_days(corrections: Iterable[m.HolidayCorrection], day: date, n: int) -> date:
    """The n-th working day after a day, which itself does not count.

    Raises:
        UsageError: n is less than 1.
    """
    if n < 1:
        raise UsageError(f"{n} working days after a day", where="n", fix="give at least 1")
    day_corrections = tuple(corrections)
    current = day
    for _ in range(n):
        current += _ONE_DAY
        while not is_working_day(day_corrections, current):
            current += _ONE_DAY
    return current


def count_working_days(corrections: Iterable[m.HolidayCorrection], start: date, end: date) -> int:
    """How many working days lie after `start`, up to and including `end`; negative when `end` is earlier.

    So a delivery on the deadline is 0 days late and one on the next working day is 1 day late.
    """
    if end < start:
        return -count_working_days(corrections, end, start)
    day_corrections = tuple(corrections)
    days = (start + timedelta(days=i) for i in range(1, (end - start).days + 1))
    return sum(is_working_day(day_corrections, day) for day in days)


def compute_administrative_bounds(period: Period) -> tuple[date, date]:
    """First and last day of a period of the administrative calendar: 15th to 14th.

    From the 15th of the month before the period to the 14th of the period's last month.
    Source: NĐ 09/2019/NĐ-CP. It names month, quarter, half and year; nine months follow the same rule
    where a province adds them.
    """
    return (period.start - _ONE_DAY).replace(day=15), period.end.replace(day=14)


def compute_period_bounds(regime: m.Regime, period: Period) -> tuple[date, date]:
    """First and last day of a period in a regime's own calendar."""
    return compute_administrative_bounds(period) if regime.calendar == "administrative" else (period.start, period.end)


def compute_deadline(catalogue: Catalogue, regime: str, level: str, period: Period) -> date:
    """The last day on which a level reports a period on time: n working days after the period's end.

    Source: the regime's own `deadlines`, with their basis, in catalog/regimes.

    Raises:
        UsageError: there is no such regime.
        CatalogueError: the regime has no deadline for the level, or no such period.
    """
    if regime not in catalogue.regimes:
        raise UsageError(f"no regime {regime!r}", where="regime", fix=f"use one of: {', '.join(catalogue.regimes)}")
    rules = catalogue.regimes[regime]
    where = f"{catalogue.root / 'regimes' / 'regimes.yaml'}: {regime}"
    if period.kind not in rules.period_kinds:
        raise CatalogueError(
            f"the regime has no {period.kind.value} periods, so {period.key} has no deadline",
            where=f"{where}: period_kinds",
            fix=f"it has: {', '.join(kind.value for kind in rules.period_kinds)}",
        )
    days = next((d.working_days for d in rules.deadlines if d.level == level), None)
    if days is None:
        raise CatalogueError(
            f"no deadline for level {level!r}",
            where=f"{where}: deadlines",
            fix="add the level with its working days, source and basis",
        )
    return add_working_days(catalogue.holiday_corrections, compute_period_bounds(rules, period)[1], days)
