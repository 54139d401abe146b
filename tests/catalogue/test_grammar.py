"""What the four plans need of the target grammar beyond plain numbers."""

from __future__ import annotations

from etl.catalog import Catalogue, models
from etl.model import PeriodKind
from tests.catalogue.seeds import list_transcribed_plans


def line(c: Catalogue, plan: str, item: str) -> models.Target:
    return next(t for t in c.plans[plan].targets if t.item == item)


def test_both_insurance_levels_of_tan_yen_point_at_each_other(catalogue: Catalogue) -> None:
    one, other = line(catalogue, "ty-ct25", "I.3-2.1"), line(catalogue, "ty-ct25", "II.2.4.1-3")
    assert (one.contradicts, other.contradicts) == (("II.2.4.1-3",), ("I.3-2.1",))
    assert one.clause != other.clause


def test_contradictions_are_mutual_and_about_one_indicator(catalogue: Catalogue) -> None:
    for plan in list_transcribed_plans(catalogue):
        for target in plan.targets:
            for item in target.contradicts:
                other = line(catalogue, plan.id, item)
                assert target.item in other.contradicts
                assert target.indicator == other.indicator


def test_electronic_records_hold_from_2025_on(catalogue: Catalogue) -> None:
    (stone,) = line(catalogue, "ty-ct25", "II.2.5-3").milestones
    assert (stone.period, stone.operator, stone.value, stone.onward) == ("2025", ">", 95, True)
    onward = [t.item for p in list_transcribed_plans(catalogue) for t in p.targets for ms in t.milestones if ms.onward]
    assert onward == ["II.2.5-3"], "nothing else in the plans is written so"


def test_maternal_mortality_is_the_province_s_and_the_year_s(catalogue: Catalogue) -> None:
    mmr = catalogue.indicators["mmr"]
    assert (mmr.min_level, mmr.min_period) == ("province", PeriodKind.YEAR)


def test_no_plan_has_a_tolerance_that_its_document_does_not_name(catalogue: Catalogue) -> None:
    stones = [ms for p in list_transcribed_plans(catalogue) for t in p.targets for ms in t.milestones]
    assert not [ms for ms in stones if ms.tolerance is not None]
