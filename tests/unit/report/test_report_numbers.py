from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.catalog import Catalogue
from etl.errors import UsageError
from etl.model.numbers import format_number
from etl.report.dates import build_decree_date_parts, format_reference_period, parse_snapshot_time
from etl.report.figure_facts import PrintedNumber
from etl.report.number_facts import (
    build_count_fact,
    build_number_fact,
    compute_printed_difference,
    select_telling_decimals,
    select_value_decimals,
)
from tests.report.samples import sample


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (Fraction(9346, 100), 2, "93,46"),
        (Fraction(5, 2), 0, "3"),
        (Fraction(-5, 2), 0, "-3"),
        (Fraction(5, 1000), 2, "0,01"),
        (Fraction(-4, 1000), 2, "0,00"),
        (1234567, 0, "1.234.567"),
        (Fraction(123456, 10), 1, "12.345,6"),
        (999, 0, "999"),
        (1000, 0, "1.000"),
        (Fraction(9996, 10), 0, "1.000"),
        (0, 0, "0"),
        (0, 1, "0,0"),
        (Fraction(1, 3), 2, "0,33"),
        (Fraction(2, 3), 2, "0,67"),
    ],
)
def test_numbers_are_printed_as_in_vietnam_and_halves_go_up(value: Fraction, decimals: int, text: str) -> None:
    assert format_number(value, decimals) == text


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6), st.integers(0, 4))
def test_rounding_is_that_of_the_decimal_library(value: Decimal, decimals: int) -> None:
    expected = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    assert Decimal(format_number(Fraction(value), decimals).replace(".", "").replace(",", ".")) == expected


def test_a_float_that_looks_like_a_half_is_never_seen_because_values_are_exact() -> None:
    assert format_number(Fraction("2.675"), 2) == "2,68"  # round(2.675, 2) would give 2.67


def test_a_missing_number_is_words_and_never_zero() -> None:
    assert build_number_fact(None, 1, "chưa có số liệu") == PrintedNumber(None, None, "chưa có số liệu", 1)
    assert build_number_fact(0, 1).text == "0,0"


def test_a_number_fact_keeps_the_exact_value() -> None:
    assert build_number_fact(Fraction(1, 3), 1) == PrintedNumber(1 / 3, "1/3", "0,3", 1)
    assert build_number_fact(Fraction(6, 3)).value == 2


def test_counts_have_decimals_only_when_they_are_money_or_weight() -> None:
    assert build_count_fact(1500).text == "1.500"
    assert build_count_fact(Fraction(15005, 10)).text == "1.500,50"


@pytest.mark.parametrize(
    ("value", "target", "decimals", "shown"),
    [("94.96", "95", 0, 2), ("94.996", "95", 0, 3), ("95", "95", 0, 0), ("94.2", "95", 0, 0), ("95.04", "95", 1, 2)],
)
def test_a_value_beside_its_target_gets_the_decimals_that_tell_them_apart(
    value: str, target: str, decimals: int, shown: int
) -> None:
    found = select_telling_decimals(Fraction(value), {Fraction(target)} - {Fraction(value)}, decimals)
    assert found == shown
    assert Fraction(value) == Fraction(target) or format_number(Fraction(value), found) != format_number(
        Fraction(target), found
    )


def test_without_a_target_the_plans_decimals_stand() -> None:
    assert select_telling_decimals(Fraction("94.96"), (), 0) == 0


def test_dates_take_a_zero_only_where_the_decree_says_so() -> None:
    assert build_decree_date_parts(date(2024, 3, 5)) == {"day": "05", "month": "3", "year": "2024"}
    assert build_decree_date_parts(date(2024, 2, 15)) == {"day": "15", "month": "02", "year": "2024"}


def test_the_snapshot_is_told_in_vietnamese_time() -> None:
    assert parse_snapshot_time("2024-10-21T02:30:00+00:00") == datetime(2024, 10, 21, 9, 30)
    with pytest.raises(UsageError, match="ISO 8601"):
        parse_snapshot_time("hôm qua")


@pytest.mark.parametrize(
    ("as_of", "text"),
    [("2023", "năm 2023"), ("2024Q2", "quý II năm 2024"), ("2024-06-30", "ngày 30/6/2024"), ("cũ", "cũ")],
)
def test_a_carried_figure_says_what_it_belongs_to(as_of: str, text: str) -> None:
    assert format_reference_period(as_of) == text


def test_the_printed_move_is_that_between_the_printed_ends() -> None:
    """98 beside 99 is 1, whatever lies behind the roundings; and no fall is read out of a rise."""
    assert compute_printed_difference((Fraction("97.6"), 0), (Fraction("99.3"), 0)) == (1, 0)
    assert compute_printed_difference((Fraction("94.1"), 0), (Fraction("94.7"), 1)) == (Fraction("0.7"), 1)
    assert compute_printed_difference((Fraction("94.40"), 1), (Fraction("94.45"), 0)) == (0, 0)
    assert compute_printed_difference((Fraction("94.4"), 1), (Fraction("94.4"), 0)) == (0, 0)
    places = [(Fraction(n, 7), d) for n in range(650, 700, 3) for d in (0, 1, 2)]
    for before, after in product(places, places):
        move, _ = compute_printed_difference(before, after)
        assert move * (after[0] - before[0]) >= 0


def test_more_decimals_only_where_a_figure_would_be_read_on_the_wrong_side(catalogue: Catalogue) -> None:
    """1,0002 is 1,0 where 1,0 is enough; 0,98 is not, and 30,04 shows itself where more than 30 is asked for, 94,7 where
    more than 95 is; 99,6 % is not everybody, 0,3 % not nobody."""
    cases = {
        "kt-1693": (("2", "1.0002", 1), ("2", "0.98", 2), ("5", "30.04", 2), ("5", "29.8", 1), ("4", "40.01", 1)),
        "ttg-ct25": (("II.5.b-1", "94.7", 1), ("II.5.b-1", "95", 0), ("II.5.b-1", "99.6", 1), ("II.5.b-1", "99.4", 0),
                     ("II.5.b-3", "0.3", 1), ("II.5.b-3", "0", 0), ("II.4.a-1", "100", 0)),
    }  # fmt: skip
    for plan, rows in cases.items():
        targets = {target.item: target for target in catalogue.plans[plan].targets}
        for item, value, decimals in rows:
            indicator = catalogue.indicators[targets[item].indicator or ""]
            assert select_value_decimals(targets[item], indicator, Fraction(value)) == decimals, (item, value)


def test_a_figure_prints_alike_in_the_reports_on_all_plans_of_a_scope(catalogue: Catalogue) -> None:
    """94,20 in one report is not 94 in the other of the same day."""
    prints: dict[tuple[str, Fraction, Fraction], set[int]] = {}
    for plan in sorted({report.plan for report in catalogue.scopes["kon-tum"].reports}):
        inputs = sample(catalogue, "kon-tum", plan, "2024")
        for target in catalogue.plans[plan].targets:
            shape, key = inputs.select_print_target(target), (target.indicator or "", target.unit_scale)
            indicator = catalogue.indicators.get(key[0])
            for value in (Fraction(n, 7) for n in range(200, 700, 3)) if target.indicator else ():
                prints.setdefault((*key, value), set()).add(select_value_decimals(shape, indicator, value))
    assert len(prints) > 1000 and all(len(found) == 1 for found in prints.values())
