"""Periods as DHIS2 and ADX write them. Used by the writers of this room.

Source: DHIS2 developer manual, “Date and period format” and “ADX period definitions”. Both calendars here begin on the
first of a month; the administrative calendar (15th to 14th) has no name in either format and is never exported.
"""

from __future__ import annotations

from etl.errors import UsageError
from etl.model import Period, PeriodKind


def format_dhis2_period(period: Period) -> str:
    """``202403``, ``2024Q3``, ``2024S1``, ``2024``.

    Raises:
        UsageError: DHIS2 has no such period (nine months).
    """
    match period.kind:
        case PeriodKind.MONTH:
            return f"{period.year}{period.index:02d}"
        case PeriodKind.HALF:
            return f"{period.year}S{period.index}"
        case PeriodKind.NINE_MONTHS:
            raise UsageError(
                f"DHIS2 has no period of nine months: {period}", where="--period", fix="export the quarters, or use adx"
            )
        case _:
            return period.key


def format_adx_period(period: Period) -> str:
    """First day and length by ISO 8601: ``2024-07-01/P3M``."""
    length = "P1Y" if period.kind == PeriodKind.YEAR else f"P{period.months}M"
    return f"{period.start.isoformat()}/{length}"
