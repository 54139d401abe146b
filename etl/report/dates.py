"""Dates and periods in the words of an administrative document (NĐ 30/2020/NĐ-CP, Phụ lục I).

Room: report. Pure; used by the fact builders.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone

from etl.errors import UsageError
from etl.model import Period, PeriodKind

_SHORT_DATE = re.compile(r"ngày (\d{1,2})/(\d{1,2})/(\d{4})")
_HANOI = timezone(timedelta(hours=7))


def two(number: int) -> str:
    """With a leading zero, as in ``06 tháng``."""
    return f"{number:02d}"


def decree_parts(day: date) -> dict[str, str]:
    """Day, month and year as the decree writes them: only days below 10 and months 1 and 2 take a zero."""
    return {"day": two(day.day), "month": two(day.month) if day.month <= 2 else str(day.month), "year": str(day.year)}


def next_period(period: Period) -> Period:
    """The period that a report's directions are for: the next of its kind; after nine months, the last quarter."""
    if period.kind == PeriodKind.NINE_MONTHS:
        return Period(period.year, PeriodKind.QUARTER, 4)
    following = Period.from_month(
        period.year + period.end.month // 12, period.kind, (period.end + timedelta(days=1)).month
    )
    return following or period


def reported_before(period: Period) -> Period:
    """The period of the report before: the one of its kind; before nine months, the first half of the year."""
    if period.kind == PeriodKind.NINE_MONTHS:
        return Period(period.year, PeriodKind.HALF, 1)
    return period.before(1)[0]


def decree_dates(text: str) -> str:
    """A text with its dates (dd/mm/yyyy) written out as the decree writes them."""

    def spelled(found: re.Match[str]) -> str:
        try:
            parts = decree_parts(date(int(found[3]), int(found[2]), int(found[1])))
        except ValueError:
            return found[0]
        return f"ngày {parts['day']} tháng {parts['month']} năm {parts['year']}"

    return _SHORT_DATE.sub(spelled, text)


def short_date(text: str) -> str:
    """An ISO date as dd/mm/yyyy; anything else as it is."""
    try:
        return date.fromisoformat(text[:10]).strftime("%d/%m/%Y")
    except ValueError:
        return text


def snapshot_moment(text: str) -> datetime:
    """The snapshot's time in Vietnam, without zone.

    Raises:
        UsageError: the text is no ISO 8601 time.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no ISO 8601 time", where="snapshot_at", fix="give a time with zone") from None
    return (moment.astimezone(_HANOI) if moment.tzinfo else moment).replace(tzinfo=None, microsecond=0)


def belongs_to(as_of: str) -> str:
    """What a carried figure belongs to: a period's name or a date."""
    try:
        return Period.parse(as_of).name
    except UsageError:
        return f"ngày {short_date(as_of)}" if short_date(as_of) != as_of else as_of
