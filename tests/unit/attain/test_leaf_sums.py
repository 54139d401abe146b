"""What leaves add up to: sums, and how many reach a floor."""

from __future__ import annotations

from fractions import Fraction as F

import pytest

from etl.attain import aggregate_leaves
from etl.model import ObservedIndicator, Period
from tests.unit.attain.test_attain_rows import BHYT

OBSERVED = ObservedIndicator(
    "bhyt", "62", Period.parse("2024"), F(1), F(2), F(50), expected=9, present=9, at_floor=(("90", 5), ("95.5", 5))
)
SHARE = BHYT.model_copy(update={"method": "share_of_units"})


@pytest.mark.parametrize(
    ("leaves", "numerator", "denominator", "value", "at_floor"),
    [
        ([(F(90), F(100)), (F(191), F(200))], F(281), F(300), F(281, 3), (("90", 2), ("95.5", 1))),
        ([(F(899), F(1000))], F(899), F(1000), F("89.9"), (("90", 0), ("95.5", 0))),
        ([(F(0), F(0)), (F(5), F(5))], F(5), F(5), F(100), (("90", 1), ("95.5", 1))),
        ([(F(3), None), (None, F(4))], F(3), F(4), F(75), (("90", 0), ("95.5", 0))),
        ([(F(3), None)], F(3), None, None, (("90", 0), ("95.5", 0))),
        ([(F(0), F(0))], F(0), F(0), None, (("90", 0), ("95.5", 0))),
        ([], None, None, None, (("90", 0), ("95.5", 0))),
    ],
    ids=["both", "just below", "an empty list reaches nothing", "sides of two leaves", "one side", "zero", "none"],
)
def test_leaves_add_up_and_are_counted_at_each_floor(
    leaves: list[tuple[F | None, F | None]],
    numerator: F | None,
    denominator: F | None,
    value: F | None,
    at_floor: tuple[tuple[str, int], ...],
) -> None:
    seen = aggregate_leaves(SHARE, OBSERVED, leaves)
    assert (seen.numerator, seen.denominator, seen.value, seen.at_floor) == (numerator, denominator, value, at_floor)
    assert (seen.expected, seen.present) == (9, len(leaves))
