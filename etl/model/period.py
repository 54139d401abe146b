"""Reporting periods: kind, key, first and last day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache

from etl.errors import UsageError


class PeriodKind(StrEnum):
    """How long a period is. Sources: TT 37/2019/TT-BYT (statistical), NĐ 09/2019 (administrative)."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    NINE_MONTHS = "nine_months"
    YEAR = "year"


_MONTHS = {
    PeriodKind.MONTH: 1,
    PeriodKind.QUARTER: 3,
    PeriodKind.HALF: 6,
    PeriodKind.NINE_MONTHS: 9,
    PeriodKind.YEAR: 12,
}
_PATTERNS: tuple[tuple[PeriodKind, re.Pattern[str]], ...] = (
    (PeriodKind.QUARTER, re.compile(r"(\d{4})Q([1-4])")),
    (PeriodKind.HALF, re.compile(r"(\d{4})H([12])")),
    (PeriodKind.NINE_MONTHS, re.compile(r"(\d{4})(N)")),
    (PeriodKind.MONTH, re.compile(r"(\d{4})-(0[1-9]|1[0-2])")),
    (PeriodKind.YEAR, re.compile(r"(\d{4})()")),
)
_ROMAN = ("", "I", "II", "III", "IV")


@dataclass(frozen=True, order=True)
class Period:
    """A reporting period of the statistical calendar (first to last day, 0h00 to 24h00).

    Keys: ``2024`` year, ``2024Q3`` quarter, ``2024H1`` half, ``2024N`` nine months,
    ``2024-03`` month. Keys sort and compare by (year, kind, index).
    """

    year: int
    kind: PeriodKind
    index: int = 1

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, key: str) -> Period:
        """The period named by a key.

        Raises:
            UsageError: the text is not a period key.
        """
        for kind, pattern in _PATTERNS:
            match = pattern.fullmatch(key.strip())
            if match and 1900 < int(match[1]) < 2200:
                index = int(match[2]) if match[2].isdigit() else 1
                return cls(int(match[1]), kind, index)
        raise UsageError(
            f"{key!r} is not a period",
            where="period",
            fix="write a year (2024), quarter (2024Q3), half (2024H1), nine months (2024N) or month (2024-03)",
        )

    @classmethod
    def is_key(cls, text: str) -> bool:
        """Whether a text is a period's key."""
        try:
            cls.parse(text)
        except UsageError:
            return False
        return True

    @property
    def key(self) -> str:
        """The key that `parse` reads."""
        match self.kind:
            case PeriodKind.YEAR:
                return str(self.year)
            case PeriodKind.QUARTER:
                return f"{self.year}Q{self.index}"
            case PeriodKind.HALF:
                return f"{self.year}H{self.index}"
            case PeriodKind.NINE_MONTHS:
                return f"{self.year}N"
            case _:
                return f"{self.year}-{self.index:02d}"

    @property
    def months(self) -> int:
        """Length in months."""
        return _MONTHS[self.kind]

    @property
    def start(self) -> date:
        """First day."""
        return date(self.year, (self.index - 1) * self.months + 1, 1)

    @cached_property
    def end(self) -> date:
        """Last day."""
        month = self.start.month + self.months
        first_after = date(self.year, month, 1) if month <= 12 else date(self.year + 1, 1, 1)
        return first_after - timedelta(days=1)

    @property
    def months_elapsed(self) -> int:
        """Months of the year that have passed at the end of the period (1 to 12)."""
        return self.end.month

    @property
    def name(self) -> str:
        """The period's name in Vietnamese, for mid-sentence use: ``quý III năm 2024``."""
        match self.kind:
            case PeriodKind.YEAR:
                return f"năm {self.year}"
            case PeriodKind.QUARTER:
                return f"quý {_ROMAN[self.index]} năm {self.year}"
            case PeriodKind.HALF:
                return f"6 tháng {'đầu' if self.index == 1 else 'cuối'} năm {self.year}"
            case PeriodKind.NINE_MONTHS:
                return f"9 tháng đầu năm {self.year}"
            case _:
                return f"tháng {self.index} năm {self.year}"

    @property
    def same_period_last_year(self) -> Period:
        """The same stretch one year before."""
        return Period(self.year - 1, self.kind, self.index)

    @property
    def quarters_to_date(self) -> tuple[Period, ...]:
        """The quarters from January to the end of this period (a month gives the finished ones)."""
        return tuple(Period(self.year, PeriodKind.QUARTER, i + 1) for i in range(self.end.month // 3))

    @property
    def parts_to_date(self) -> tuple[Period, ...]:
        """The periods that a year's figure up to here is told by: its quarters, for a month its months."""
        if self.kind != PeriodKind.MONTH:
            return self.quarters_to_date
        return tuple(Period(self.year, self.kind, i + 1) for i in range(self.index))

    def list_earlier_periods(self, count: int) -> tuple[Period, ...]:
        """The periods of the same kind before this one, newest first."""
        per_year = 12 // self.months
        place = self.year * per_year + self.index - 1
        places = range(place - 1, place - 1 - count, -1)
        return tuple(Period(p // per_year, self.kind, p % per_year + 1) for p in places)

    @property
    def counted_from(self) -> int:
        """The month from which events are counted: January, but July for the second half of a year."""
        return self.start.month if self.kind == PeriodKind.HALF else 1

    @property
    def quarters(self) -> tuple[Period, ...]:
        """The quarters that the period consists of; none for a month."""
        return tuple(q for q in self.quarters_to_date if self.start <= q.start)

    def list_longer_periods(self) -> tuple[Period, ...]:
        """The periods of several quarters that a quarter is part of, the shortest first; none for other kinds."""
        if self.kind != PeriodKind.QUARTER:
            return ()
        kinds = (PeriodKind.HALF, PeriodKind.NINE_MONTHS, PeriodKind.YEAR)
        every = (Period(self.year, kind, i) for kind in kinds for i in (1, 2) if kind == PeriodKind.HALF or i == 1)
        return tuple(p for p in every if self in p.quarters)

    @classmethod
    def find_by_first_month(cls, year: int, kind: PeriodKind, month: int) -> Period | None:
        """The period of a kind that begins with a month, if one does."""
        length = _MONTHS[kind]
        index, rest = divmod(month - 1, length)
        if rest or (kind == PeriodKind.NINE_MONTHS and index):
            return None
        return cls(year, kind, index + 1)

    def __str__(self) -> str:
        return self.key


def format_period_or_date(as_of: str) -> str:
    """A period key or ISO date as a reader writes it; any other text stays as it is."""
    try:
        return Period.parse(as_of).name
    except UsageError:
        pass
    try:
        return format_date(date.fromisoformat(as_of))
    except ValueError:
        return as_of


def format_date(day: date) -> str:
    """A date in figures, as a letter writes it (NĐ 30/2020/NĐ-CP, Phụ lục I): only days below 10 and months 1 and 2
    take a zero: ``01/7/2025``."""
    return f"{day.day:02d}/{day.month:0{2 if day.month < 3 else 1}d}/{day.year}"
