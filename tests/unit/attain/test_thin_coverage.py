"""What a few of many places sent is shown, and not judged."""

from __future__ import annotations

from fractions import Fraction

import pytest

from etl.attain import compute_target_attainment, withhold_thin_verdict
from etl.catalog import Catalogue
from etl.model import Attainment, ObservedIndicator, Period
from tests.wording import told


def judge(catalogue: Catalogue, item: str, top: int, bottom: int, present: int) -> Attainment:
    """A target of the Prime Minister's plan, or one of cases, of `present` places of 99."""
    plan = "ttg-ct25" if item.startswith("II") else "kt-1693"
    target = next(t for t in catalogue.plans[plan].targets if t.item == item)
    indicator = catalogue.indicators[target.indicator or ""]
    period = Period.parse("2025Q3")
    observed = ObservedIndicator(
        indicator.code,
        "24",
        period,
        Fraction(top),
        Fraction(bottom),
        indicator.factor * Fraction(top, bottom),
        expected=99,
        present=present,
    )
    return compute_target_attainment(plan, target, indicator, observed, unit="24", period=period)


@pytest.mark.parametrize(("present", "judged"), [(6, False), (49, False), (50, True), (99, True)])
@pytest.mark.parametrize("top", [960, 900])
def test_under_half_of_the_places_there_is_a_value_and_no_verdict(
    catalogue: Catalogue, top: int, present: int, judged: bool
) -> None:
    row = judge(catalogue, "II.5.b-1", top, 1000, present)
    kept = withhold_thin_verdict(row, 0.5)
    assert row.status == ("met" if top == 960 else "not_met")
    if judged:
        assert kept == row
        return
    assert (kept.value, kept.met, kept.status, kept.people_missing) == (row.value, None, "no_verdict", None)
    assert told(kept.reason) == (f"mới có số liệu của {present}/99 nơi báo cáo: chưa đủ để kết luận cho toàn địa bàn")


def test_cases_that_a_few_places_found_stay_found(catalogue: Catalogue) -> None:
    row = judge(catalogue, "15.3", 1, 100_000, 6)
    assert row.status == "not_met" and withhold_thin_verdict(row, 0.5) == row


def test_what_has_no_verdict_is_left_alone(catalogue: Catalogue) -> None:
    row = judge(catalogue, "II.5.b-4", 600, 1000, 6)
    assert row.status == "track" and withhold_thin_verdict(row, 0.5) == row
