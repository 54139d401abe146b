"""Working days and deadlines, against days counted by hand on the official calendars."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from etl.catalog import Catalogue, models
from etl.catalog.calendar import (
    add_working_days,
    compute_administrative_bounds,
    compute_deadline,
    compute_period_bounds,
    count_working_days,
    is_working_day,
)
from etl.errors import CatalogueError, UsageError
from etl.model import Period


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


@pytest.mark.parametrize(
    ("year", "mung_1", "first_day_off", "back_at_work"),
    [
        (2023, date(2023, 1, 22), date(2023, 1, 20), date(2023, 1, 27)),
        (2024, date(2024, 2, 10), date(2024, 2, 8), date(2024, 2, 15)),
        (2025, date(2025, 1, 29), date(2025, 1, 25), date(2025, 2, 3)),
        (2026, date(2026, 2, 17), date(2026, 2, 14), date(2026, 2, 23)),
        (2027, date(2027, 2, 6), date(2027, 2, 4), date(2027, 2, 11)),  # the lunar date is certain, the rest assumed
    ],
)
def test_tet(catalogue: Catalogue, year: int, mung_1: date, first_day_off: date, back_at_work: date) -> None:
    off = days(first_day_off, back_at_work - timedelta(days=1))
    assert mung_1 in off
    assert mung_1.year == year
    assert [day for day in off if is_working_day(catalogue.holiday_corrections, day)] == []
    assert is_working_day(catalogue.holiday_corrections, back_at_work)
    before = first_day_off - timedelta(days=1)
    assert is_working_day(catalogue.holiday_corrections, before)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2023, 1, 1), date(2023, 1, 2)),
        (date(2023, 4, 29), date(2023, 5, 3)),
        (date(2023, 9, 1), date(2023, 9, 4)),
        (date(2024, 1, 1), date(2024, 1, 1)),
        (date(2024, 4, 18), date(2024, 4, 18)),
        (date(2024, 4, 27), date(2024, 5, 1)),
        (date(2024, 8, 31), date(2024, 9, 3)),
        (date(2025, 4, 5), date(2025, 4, 7)),
        (date(2025, 4, 30), date(2025, 5, 4)),
        (date(2025, 8, 30), date(2025, 9, 2)),
        (date(2026, 1, 1), date(2026, 1, 4)),
        (date(2026, 4, 25), date(2026, 4, 27)),
        (date(2026, 4, 30), date(2026, 5, 3)),
        (date(2026, 8, 29), date(2026, 9, 2)),
        (date(2026, 11, 24), date(2026, 11, 24)),
        (date(2027, 4, 16), date(2027, 4, 18)),
        (date(2027, 4, 30), date(2027, 5, 3)),
    ],
)
def test_official_breaks(catalogue: Catalogue, first: date, last: date) -> None:
    assert [day for day in days(first, last) if is_working_day(catalogue.holiday_corrections, day)] == []
    assert is_working_day(catalogue.holiday_corrections, last + timedelta(days=1))


@pytest.mark.parametrize("day", [date(2024, 5, 4), date(2025, 4, 26), date(2026, 1, 10), date(2026, 8, 22)])
def test_saturdays_worked_in_exchange(catalogue: Catalogue, day: date) -> None:
    assert day.strftime("%A") == "Saturday"
    assert is_working_day(catalogue.holiday_corrections, day)
    assert not is_working_day(catalogue.holiday_corrections, day + timedelta(days=7))


def test_working_days_of_whole_years(catalogue: Catalogue) -> None:
    """Weekdays less the weekdays off, plus the Saturdays worked.

    2023: 260 weekdays, off 2/1, 5 of Tết (20, 23-26/1), 1-3/5, 1/9 and 4/9 = 11, so 249.
    2024: 262, off 1/1, 5 of Tết (8, 9, 12-14/2), 18/4, 29/4-1/5, 2-3/9 = 12, and 4/5 worked, so 251.
    2025: 261, off 1/1, 5 of Tết (27-31/1), 7/4, 30/4-2/5, 1-2/9 = 12, and 26/4 worked, so 250.
    2026: 261, off 1-2/1, 5 of Tết (16-20/2), 27/4, 30/4-1/5, 31/8-2/9, 24/11 = 14, and two worked, so 249.
    """
    counted = {
        year: count_working_days(catalogue.holiday_corrections, date(year - 1, 12, 31), date(year, 12, 31))
        for year in (2023, 2024, 2025, 2026)
    }
    assert counted == {2023: 249, 2024: 251, 2025: 250, 2026: 249}


@pytest.mark.parametrize(
    ("start", "n", "expected"),
    [
        (date(2024, 3, 31), 5, date(2024, 4, 5)),
        (date(2024, 3, 31), 15, date(2024, 4, 22)),  # 18/4 Giỗ Tổ
        (date(2024, 3, 31), 25, date(2024, 5, 8)),  # 29/4-1/5 off, 4/5 worked
        (date(2023, 12, 31), 15, date(2024, 1, 22)),
        (date(2024, 12, 31), 25, date(2025, 2, 12)),  # Tết 27-31/1
        (date(2025, 3, 31), 15, date(2025, 4, 22)),  # 7/4 Giỗ Tổ
        (date(2025, 12, 31), 5, date(2026, 1, 9)),  # 2/1 off
        (date(2025, 12, 31), 6, date(2026, 1, 10)),  # Saturday worked
        (date(2024, 4, 26), 1, date(2024, 5, 2)),
        (date(2024, 5, 3), 1, date(2024, 5, 4)),
    ],
)
def test_working_days_after(catalogue: Catalogue, start: date, n: int, expected: date) -> None:
    assert add_working_days(catalogue.holiday_corrections, start, n) == expected
    assert count_working_days(catalogue.holiday_corrections, start, expected) == n


def test_working_days_after_wants_at_least_one(catalogue: Catalogue) -> None:
    with pytest.raises(UsageError, match="at least 1"):
        add_working_days(catalogue.holiday_corrections, date(2024, 1, 1), 0)


def test_working_days_between_is_lateness(catalogue: Catalogue) -> None:
    due = date(2024, 4, 26)
    assert count_working_days(catalogue.holiday_corrections, due, due) == 0
    assert count_working_days(catalogue.holiday_corrections, due, date(2024, 5, 1)) == 0
    assert count_working_days(catalogue.holiday_corrections, due, date(2024, 5, 2)) == 1
    assert count_working_days(catalogue.holiday_corrections, due, date(2024, 4, 22)) == -4


def test_a_correction_decides_over_the_library(catalogue: Catalogue) -> None:
    tuesday, saturday = date(2024, 3, 12), date(2024, 3, 16)
    corrections = (
        models.HolidayCorrection(day=tuesday, working=False, name="Nghỉ", source="Công văn"),
        models.HolidayCorrection(day=saturday, working=True, name="Làm bù", source="Công văn"),
    )
    assert is_working_day((), tuesday)
    assert not is_working_day(corrections, tuesday)
    assert not is_working_day((), saturday)
    assert is_working_day(corrections, saturday)


def test_every_correction_still_corrects_the_library(catalogue: Catalogue) -> None:
    """A correction that the library has caught up with is to be taken out."""
    assert [c.day for c in catalogue.holiday_corrections if is_working_day((), c.day) == c.working] == []


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2024Q1", date(2023, 12, 15), date(2024, 3, 14)),
        ("2024Q2", date(2024, 3, 15), date(2024, 6, 14)),
        ("2024Q3", date(2024, 6, 15), date(2024, 9, 14)),
        ("2024Q4", date(2024, 9, 15), date(2024, 12, 14)),
        ("2024H1", date(2023, 12, 15), date(2024, 6, 14)),
        ("2024H2", date(2024, 6, 15), date(2024, 12, 14)),
        ("2024N", date(2023, 12, 15), date(2024, 9, 14)),
        ("2024", date(2023, 12, 15), date(2024, 12, 14)),
        ("2024-01", date(2023, 12, 15), date(2024, 1, 14)),
        ("2024-03", date(2024, 2, 15), date(2024, 3, 14)),
    ],
)
def test_administrative_periods_run_from_the_15th_to_the_14th(period: str, first: date, last: date) -> None:
    assert compute_administrative_bounds(Period.parse(period)) == (first, last)


def test_administrative_quarters_leave_no_gap() -> None:
    quarters = [compute_administrative_bounds(Period.parse(f"2024Q{i}")) for i in range(1, 5)]
    assert all(b[0] - a[1] == timedelta(days=1) for a, b in pairwise(quarters))
    assert (quarters[0][0], quarters[-1][1]) == compute_administrative_bounds(Period.parse("2024"))


def test_each_regime_has_its_own_calendar(catalogue: Catalogue) -> None:
    period = Period.parse("2024Q1")
    assert compute_period_bounds(catalogue.regimes["tt37-2019"], period) == (date(2024, 1, 1), date(2024, 3, 31))
    assert compute_period_bounds(catalogue.regimes["nd09-2019"], period) == (date(2023, 12, 15), date(2024, 3, 14))


@pytest.mark.parametrize(
    ("regime", "level", "period", "expected"),
    [
        ("tt37-2019", "commune", "2024Q1", date(2024, 4, 5)),
        ("tt37-2019", "district", "2024Q1", date(2024, 4, 22)),
        ("tt37-2019", "province", "2024Q1", date(2024, 5, 8)),
        ("tt37-2019", "district", "2024", date(2025, 1, 22)),
        ("tt37-2019", "commune", "2025Q2", date(2025, 7, 7)),
        ("nd09-2019", "district", "2024Q1", date(2024, 3, 18)),  # closes Thursday 14/3
        ("nd09-2019", "commune", "2024Q2", date(2024, 6, 17)),  # closes Friday 14/6
        ("tt23-2025", "commune", "2025-08", date(2025, 9, 9)),  # 1-2/9 off
    ],
)
def test_deadlines(catalogue: Catalogue, regime: str, level: str, period: str, expected: date) -> None:
    assert compute_deadline(catalogue, regime, level, Period.parse(period)) == expected


def test_deadlines_that_no_regime_sets(catalogue: Catalogue) -> None:
    with pytest.raises(CatalogueError, match="no quarter periods"):
        compute_deadline(catalogue, "tt23-2025", "commune", Period.parse("2025Q3"))
    with pytest.raises(CatalogueError, match="no deadline for level 'district'"):
        compute_deadline(catalogue, "tt23-2025", "district", Period.parse("2025-08"))
    with pytest.raises(UsageError, match="no regime"):
        compute_deadline(catalogue, "tt99", "district", Period.parse("2024"))


def test_what_each_regime_wants_of_each_level(catalogue: Catalogue) -> None:
    wanted = {
        (regime.id, need.level): {cadence.value for cadence in need.cadences}
        for regime in catalogue.regimes.values()
        for need in regime.requires
    }
    everything = {"month", "quarter", "half", "nine_months", "year"}
    assert [wanted["tt37-2019", level] for level in ("commune", "district", "province")] == [everything] * 3
    assert wanted["tt23-2025", "province"] == {"month", "year"}
    assert ("tt23-2025", "district") not in wanted
    for regime in catalogue.regimes.values():
        assert {k for need in regime.requires for k in need.cadences} <= set(regime.period_kinds)
    statistical = [catalogue.regimes[r] for r in ("tt37-2019", "tt23-2025")]
    assert statistical[1].valid_from - statistical[0].valid_to == timedelta(days=1)
