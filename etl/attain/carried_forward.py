"""Whether a value belongs to the asked period, or is an older one that stands in for it. Used only inside the room."""

from __future__ import annotations

from datetime import date

from etl.errors import UsageError
from etl.model import Period


def find_carried_period(as_of: str, period: Period) -> str:
    """The period key or date an older value belongs to; empty if the value is the asked period's own.

    Its own is also a value of a period that ends on the same day, and a date inside the asked period.
    """
    if not as_of:
        return ""
    try:
        own = Period.parse(as_of).end == period.end
    except UsageError:
        own = _is_date_in_period(as_of, period)
    return "" if own else as_of


def _is_date_in_period(as_of: str, period: Period) -> bool:
    try:
        return period.start <= date.fromisoformat(as_of) <= period.end
    except ValueError:
        return False
