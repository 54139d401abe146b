from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import UsageError
from simulation.apportionment import sample_without_replacement, split_by_chance, split_by_share, split_by_weight

units = st.integers(1, 12).map(lambda n: [f"u{i}" for i in range(n)])


@given(st.integers(0, 10_000), st.lists(st.floats(0.01, 100), min_size=1, max_size=12))
def test_weights_split_the_whole_number_and_nothing_is_off_by_more_than_one(total: int, weights: list[float]) -> None:
    parts = split_by_weight(total, {str(i): w for i, w in enumerate(weights)})
    assert sum(parts.values()) == total
    assert all(abs(parts[str(i)] - total * w / sum(weights)) < 1 for i, w in enumerate(weights))


@given(st.lists(st.tuples(st.integers(0, 500), st.floats(-3, 3)), min_size=1, max_size=12), st.floats(0, 1))
def test_shares_add_up_and_never_pass_a_cap(rows: list[tuple[int, float]], share: float) -> None:
    caps = {str(i): cap for i, (cap, _) in enumerate(rows)}
    total = int(share * sum(caps.values()))
    parts = split_by_share(total, caps, {str(i): lean for i, (_, lean) in enumerate(rows)}, "x")
    assert sum(parts.values()) == total
    assert all(0 <= parts[unit] <= cap for unit, cap in caps.items())


def test_a_unit_that_leans_further_gets_a_larger_share() -> None:
    parts = split_by_share(100, {"good": 100, "poor": 100}, {"good": 1.0, "poor": -1.0}, "x")
    assert parts == {"good": 73, "poor": 27}  # the logistic function of 1 is 0,731


def test_more_than_fits_is_a_mistake_that_names_the_number() -> None:
    with pytest.raises(UsageError, match="elderly_all"):
        split_by_share(11, {"a": 10}, {"a": 0.0}, "elderly_all, 2023")


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_part_of_single_cases_is_never_more_than_the_cases(cases: int, part: int) -> None:
    whole = split_by_chance(cases, {"a": 1.0, "b": 3.0, "c": 0.5}, "w")
    inner = sample_without_replacement(min(part, cases), whole, "p")
    assert sum(whole.values()) == cases
    assert sum(inner.values()) == min(part, cases)
    assert all(inner[unit] <= whole[unit] for unit in whole)
