from __future__ import annotations

import pytest

from etl.errors import UsageError
from ops import backfill


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2024Q1", "2024Q4", ["2024Q1", "2024Q2", "2024Q3", "2024Q4"]),
        ("2023Q4", "2024Q2", ["2023Q4", "2024Q1", "2024Q2"]),
        ("2023", "2025", ["2023", "2024", "2025"]),
        ("2024-11", "2025-02", ["2024-11", "2024-12", "2025-01", "2025-02"]),
        ("2024H2", "2025H1", ["2024H2", "2025H1"]),
        ("2024N", "2025N", ["2024N", "2025N"]),
        ("2024Q3", "2024Q3", ["2024Q3"]),
    ],
)
def test_every_period_of_the_range(first: str, last: str, expected: list[str]) -> None:
    assert backfill.list_period_keys(first, last) == expected


@pytest.mark.parametrize(("first", "last"), [("2024Q2", "2024Q1"), ("2024Q1", "2024"), ("2024", "2023"), ("x", "2024")])
def test_what_is_no_range_is_refused(first: str, last: str) -> None:
    with pytest.raises(UsageError):
        backfill.list_period_keys(first, last)


def test_wrong_use_exits_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert backfill.main(["--from", "2024Q2", "--to", "2024Q1"]) == 2
    assert "is no range" in capsys.readouterr().err
