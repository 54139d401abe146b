"""Dates and periods in the words of an administrative document (NĐ 30/2020/NĐ-CP, Phụ lục I).

Room: report. Pure; used by the fact builders.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise

from etl.errors import UsageError
from etl.model import Period, PeriodKind
from etl.model.period import format_date
from etl.model.vietnam_time import VIETNAM_ZONE


def format_two_digits(number: int) -> str:
    """With a leading zero, as in ``06 tháng``."""
    return f"{number:02d}"


def build_decree_date_parts(day: date) -> dict[str, str]:
    """Day, month and year as the decree writes them."""
    return dict(zip(("day", "month", "year"), format_date(day).split("/"), strict=True))


def compute_next_period(period: Period) -> Period:
    """The period that a report's directions are for: the next of its kind; after nine months, the last quarter."""
    if period.kind == PeriodKind.NINE_MONTHS:
        return Period(period.year, PeriodKind.QUARTER, 4)
    following = Period.find_by_first_month(
        period.year + period.end.month // 12, period.kind, (period.end + timedelta(days=1)).month
    )
    return following or period


def format_period_end(period: Period) -> str:
    """The period whose end a stock is of, within “đến hết …”: nine months end with September, not with themselves."""
    if period.kind in {PeriodKind.HALF, PeriodKind.NINE_MONTHS}:
        return Period(period.year, PeriodKind.MONTH, period.end.month).name
    return period.name


def is_next_period_over(period: Period, day: date) -> bool:
    """Whether the period that directions would be for had ended by the report's date: nobody can act in it any more."""
    return compute_next_period(period).end < day


def compute_previous_report_period(period: Period) -> Period:
    """The period of the report before: the one of its kind; before nine months, the first half of the year."""
    if period.kind == PeriodKind.NINE_MONTHS:
        return Period(period.year, PeriodKind.HALF, 1)
    return period.list_earlier_periods(1)[0]


def format_short_date(text: str) -> str:
    """An ISO date in figures; anything else as it is."""
    try:
        return format_date(date.fromisoformat(text[:10]))
    except ValueError:
        return text


def parse_snapshot_time(text: str) -> datetime:
    """The snapshot's time in Vietnam, without zone.

    Raises:
        UsageError: the text is no ISO 8601 time.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no ISO 8601 time", where="snapshot_at", fix="give a time with zone") from None
    return (moment.astimezone(VIETNAM_ZONE) if moment.tzinfo else moment).replace(tzinfo=None, microsecond=0)


def format_reference_period(as_of: str) -> str:
    """What a carried figure belongs to: a period's name or a date."""
    try:
        return Period.parse(as_of).name
    except UsageError:
        return f"ngày {format_short_date(as_of)}" if format_short_date(as_of) != as_of else as_of


def find_published_period(as_of: str, of_period: str) -> Period | None:
    """The period that a figure published on a day (ISO) is of: the one it was sent for, unless the day lies before it;
    None where nobody says, or for a figure that bears a period and no day."""
    if not of_period or Period.is_key(as_of):
        return None
    period = Period.parse(of_period)
    return period if as_of[:10] >= period.start.isoformat() else None


def format_period_list(keys: Iterable[str]) -> str:
    """Several periods, the year once where neighbours are of one: ``quý I, quý II năm 2026``."""
    names = [Period.parse(key).name for key in keys]
    for place, (name, following) in enumerate(pairwise(names)):
        year = f" {name[-8:]}"
        if following.endswith(year):
            names[place] = name.removesuffix(year)
    return ", ".join(names)
