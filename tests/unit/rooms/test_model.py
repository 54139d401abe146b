from __future__ import annotations

import pickle
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import StorageError, TongketError, UsageError
from etl.model import Period, PeriodKind
from etl.model.numbers import format_number, round_half_away
from etl.model.text_cells import NoteCell, PublishedCell, TaskCell, parse_text_cell


@pytest.mark.parametrize(
    ("key", "kind", "start", "end"),
    [
        ("2024", PeriodKind.YEAR, date(2024, 1, 1), date(2024, 12, 31)),
        ("2024Q1", PeriodKind.QUARTER, date(2024, 1, 1), date(2024, 3, 31)),
        ("2024Q4", PeriodKind.QUARTER, date(2024, 10, 1), date(2024, 12, 31)),
        ("2024H2", PeriodKind.HALF, date(2024, 7, 1), date(2024, 12, 31)),
        ("2024N", PeriodKind.NINE_MONTHS, date(2024, 1, 1), date(2024, 9, 30)),
        ("2024-02", PeriodKind.MONTH, date(2024, 2, 1), date(2024, 2, 29)),
    ],
)
def test_a_key_names_a_stretch_of_the_calendar(key: str, kind: PeriodKind, start: date, end: date) -> None:
    period = Period.parse(key)
    assert (period.kind, period.start, period.end, period.key) == (kind, start, end, key)


@pytest.mark.parametrize("key", ["", "24", "2024Q5", "2024Q0", "2024H3", "2024-13", "Q1", "2024q1", "1800"])
def test_what_is_not_a_period_says_so(key: str) -> None:
    with pytest.raises(UsageError, match="is not a period"):
        Period.parse(key)


def test_quarters_to_date() -> None:
    assert [p.key for p in Period.parse("2024Q3").quarters_to_date] == ["2024Q1", "2024Q2", "2024Q3"]
    assert len(Period.parse("2024").quarters_to_date) == 4


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("2024Q3", "quý III năm 2024"),
        ("2024", "năm 2024"),
        ("2024H1", "6 tháng đầu năm 2024"),
        ("2024-03", "tháng 3 năm 2024"),
    ],
)
def test_names_are_vietnamese(key: str, name: str) -> None:
    assert Period.parse(key).name == name


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1234.5, None, "1.234,5"), (93.465, 2, "93,47"), (-0.5, 0, "-1"), (Fraction(1, 3), 2, "0,33"),
        (2, None, "2"), (1_000_000, 0, "1.000.000"), (0.1 + 0.2, None, "0,3"), (Fraction(105, 10), 1, "10,5"),
    ],
)  # fmt: skip
def test_numbers_are_printed_the_vietnamese_way(value: float | Fraction, decimals: int | None, text: str) -> None:
    assert format_number(value, decimals) == text


@given(st.fractions(min_value=-(10**9), max_value=10**9), st.integers(0, 6))
def test_rounding_is_never_off_by_more_than_half(value: Fraction, decimals: int) -> None:
    assert abs(Fraction(round_half_away(value, decimals), 10**decimals) - value) <= Fraction(1, 2 * 10**decimals)


@pytest.mark.parametrize(
    ("code", "cell"),
    [
        ("task.kt-1693.III.1.dd.date", TaskCell("kt-1693", "III.1.dd", "date")),
        ("task.kt-124.state.state", TaskCell("kt-124", "state", "state")),
        ("note.12.cause", NoteCell(12, "cause")),
        ("pub_tfr:as_of", PublishedCell("pub_tfr", "as_of")),
        ("pub_tfr:source", PublishedCell("pub_tfr", "source")),
        *(
            (code, None)
            for code in ("pub_tfr", "task", "task.kt-1693.remark", "note.one.cause", "note.1.state", "x:date")
        ),
    ],
)
def test_a_code_of_words_comes_apart_and_together_again(
    code: str, cell: TaskCell | NoteCell | PublishedCell | None
) -> None:
    assert parse_text_cell(code) == cell
    assert cell is None or str(cell) == code


def test_errors_say_what_where_and_what_to_do_and_survive_pickling() -> None:
    error = StorageError("the disk is full", where="/inbox", fix="free some space")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert isinstance(again, TongketError)
    assert (again.what, again.where, again.fix, again.exit_code) == ("the disk is full", "/inbox", "free some space", 2)
    assert str(error) == "the disk is full | Where: /inbox | Do: free some space"
