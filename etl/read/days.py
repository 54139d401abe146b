"""Dates in every guise that a cell can hold. What could be two days, or is no whole day, is never guessed.

Room: read; called by `etl.read.values`. The Vietnamese order is day, month, year.
"""

from __future__ import annotations

import datetime as dt
import re

from etl.read.vietnamese_text import normalize_text

_EPOCH_1900 = dt.date(1899, 12, 30)  # day 0 of Excel's 1900 calendar as it counts after its false 29/02/1900
_EPOCH_1904 = dt.date(1904, 1, 1)
_FIRST, _LAST = dt.date(2000, 1, 1), dt.date(2049, 12, 31)
"""No form asks for a day outside; a number shown as a date by mistake (5 is 05/01/1900) falls outside."""

_TIME = re.compile(r"[ t][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?$")
_FIGURES = re.compile(r"(?:ngày )?([0-9]{1,2}) ?([/.-]) ?([0-9]{1,2}) ?\2 ?([0-9]{4}|[0-9]{2})")
_YEAR_FIRST = re.compile(r"([0-9]{4})([/-])([0-9]{1,2})\2([0-9]{1,2})")
_WORDS = re.compile(r"(?:ngày )?([0-9]{1,2}) tháng ([0-9]{1,2}),? (?:năm )?([0-9]{4})")
_NO_DAY = re.compile(
    r"(?:tháng )?[0-9]{1,2} ?[/.-] ?[0-9]{4}|tháng [0-9]{1,2},? (?:năm )?[0-9]{4}|(?:năm )?[0-9]{4}"
    r"|quí (?:[1-4]|i|ii|iii|iv) ?[/,-]? ?(?:năm )?[0-9]{4}"
)


def parse_day(value: object, *, date1904: bool = False) -> dt.date | str:
    """The day of a cell's value, or the name of the invalid state. A time of day is left out.

    Args:
        value: a date, a serial number or a text.
        date1904: whether the workbook counts its serials from 01/01/1904.
    """
    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = _convert_day_serial(float(value), _EPOCH_1904 if date1904 else _EPOCH_1900)
    elif isinstance(value, str):
        value = _parse_written_day(_TIME.sub("", normalize_text(value).casefold().rstrip(" .;,")))
    if isinstance(value, dt.date):
        return value if _FIRST <= value <= _LAST else "invalid_date"
    return value if isinstance(value, str) else "invalid_date"


def _convert_day_serial(number: float, epoch: dt.date) -> dt.date | None:
    """A bare year such as 2025 would be a day of 1905: outside what a form asks for."""
    return epoch + dt.timedelta(days=int(number)) if 0 < number < 100_000 else None


def _parse_written_day(text: str) -> dt.date | str:
    if match := _FIGURES.fullmatch(text):
        if len(match[4]) == 2:
            return "invalid_short_year"
        return _build_day(match[4], match[3], match[1])
    if match := _YEAR_FIRST.fullmatch(text):
        return _build_day(match[1], match[3], match[4], swapped="invalid_date")
    if match := _WORDS.fullmatch(text):
        return _build_day(match[3], match[2], match[1], swapped="invalid_date")
    return "invalid_month_only" if _NO_DAY.fullmatch(text) else "invalid_date"


def _build_day(year: str, month: str, day: str, swapped: str = "invalid_month_first") -> dt.date | str:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        pass
    try:
        dt.date(int(year), int(day), int(month))
    except ValueError:
        return "invalid_date"
    return swapped
