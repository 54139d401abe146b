"""Working days in Viet Nam, reporting deadlines, and the bounds of administrative periods.

Room: catalogue. Anyone above may ask; no file is read here. Days come from the `holidays` library
(country VN), corrected by catalog/calendar/holidays.yaml; what a regime prescribes comes from
catalog/regimes. A day is never guessed in code.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from etl.catalog import models
from etl.catalog.catalogue import Catalogue
from etl.errors import CatalogueError, UsageError
from etl.model import Period

ADMINISTRATIVE_CUT_OFF = 14
"""The last day of an administrative period, where its regime names none (NĐ 09/2019/NĐ-CP)."""
LAST_CUT_OFF = 28
"""The last day that every month has."""
_ONE_DAY = timedelta(days=1)


@lru_cache(maxsize=1)
def _load_holiday_calendar() -> Any:
    import holidays  # slow, and DAG files import this room

    return holidays.country_holidays("VN")


def is_working_day(corrections: Iterable[models.HolidayCorrection], day: date) -> bool:
    """Whether offices work on a day.

    A correction decides where there is one. Else weekends are off, except Saturdays that the library
    knows to be worked in exchange for a bridge day; public holidays are off.
    Source: Bộ luật Lao động 2019, Điều 112; yearly notices on swapped days.
    """
    for correction in corrections:
        if correction.day == day:
            return correction.working
    return bool(_load_holiday_calendar().is_working_day(day))


def add_working_days(corrections: Iterable[models.HolidayCorrection], day: date, n: int) -> date:
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


def count_working_days(corrections: Iterable[models.HolidayCorrection], start: date, end: date) -> int:
    """How many working days lie after `start`, up to and including `end`; negative when `end` is earlier.

    So a delivery on the deadline is 0 days late and one on the next working day is 1 day late.
    """
    if end < start:
        return -count_working_days(corrections, end, start)
    return _count_working_days(tuple(corrections), start, end)


@lru_cache(maxsize=4096)
def _count_working_days(corrections: tuple[models.HolidayCorrection, ...], start: date, end: date) -> int:
    """Kept: the answers of a day ask for the same days again and again."""
    days = (start + timedelta(days=i) for i in range(1, (end - start).days + 1))
    return sum(is_working_day(corrections, day) for day in days)


def compute_administrative_bounds(period: Period, cut_off: int = ADMINISTRATIVE_CUT_OFF) -> tuple[date, date]:
    """First and last day of a period of the administrative calendar: 15th to 14th, or as another cut-off day makes it.

    From the day after the cut-off of the month before the period to the cut-off of the period's last month.
    Source: NĐ 09/2019/NĐ-CP. It names month, quarter, half and year; nine months follow the same rule
    where a province adds them.
    """
    return (period.start - _ONE_DAY).replace(day=cut_off) + _ONE_DAY, period.end.replace(day=cut_off)


def compute_period_bounds(regime: models.Regime, period: Period) -> tuple[date, date]:
    """First and last day of a period in a regime's own calendar."""
    if regime.calendar != "administrative":
        return period.start, period.end
    return compute_administrative_bounds(period, regime.cut_off_day or ADMINISTRATIVE_CUT_OFF)


def compute_deadline(catalogue: Catalogue, regime: str, level: str, period: Period) -> date:
    """The last day on which a level reports a period on time: n working days after the period's end, or a fixed day.

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
    rule = rules.find_deadline(level, period.kind)
    if rule is None:
        raise CatalogueError(
            f"no deadline for level {level!r}",
            where=f"{where}: deadlines",
            fix="add the level with its working days or day, source and basis",
        )
    if period.key in rule.dates:
        return rule.dates[period.key]
    if rule.day is not None:
        return _find_calendar_day(period, rule.day, rule.months_after)
    return add_working_days(
        catalogue.holiday_corrections, compute_period_bounds(rules, period)[1], rule.working_days or 0
    )


def _find_calendar_day(period: Period, day: int, months_after: int) -> date:
    """A day of the month that is so many after the period's last one; its last day where the month is shorter."""
    years, month = divmod(period.end.month - 1 + months_after, 12)
    year = period.year + years
    return date(year, month + 1, min(day, monthrange(year, month + 1)[1]))
