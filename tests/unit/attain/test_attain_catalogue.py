"""Every target of every plan gets a row in every period, with data, without, and with a zero denominator."""

from __future__ import annotations

import json
from fractions import Fraction as F
from pathlib import Path

import pytest

from etl.attain import compute_target_attainment, compute_task_state
from etl.attain.attainment_json import serialize_attainment
from etl.catalog import models
from etl.catalog.loader import load_catalogue
from etl.model import ObservedIndicator, Period
from tests.wording import SHIPPED

CATALOGUE = load_catalogue(Path(__file__).parents[3] / "catalog")
TARGETS = [(plan.id, target) for plan in CATALOGUE.plans.values() for target in plan.targets]
PERIODS = [Period.parse(key) for key in ("2022", "2023", "2024Q1", "2024N", "2024", "2025", "2027H1", "2030", "2032Q3")]


def seen(target: models.Target, period: Period, numerator: int, denominator: int) -> ObservedIndicator:
    indicator = CATALOGUE.indicators[target.indicator or ""]
    value = F(numerator, denominator) * indicator.factor if denominator else None
    floors = ((str(target.floor), 7),) if target.floor is not None else ()
    return ObservedIndicator(
        indicator.code, "62", period, F(numerator), F(denominator), value, 10, 9, at_floor=floors, recognised=True
    )


@pytest.mark.parametrize(("plan", "target"), TARGETS, ids=[f"{plan}-{target.item}" for plan, target in TARGETS])
def test_every_target_has_a_row_that_explains_itself(plan: str, target: models.Target) -> None:
    indicator = CATALOGUE.indicators[target.indicator] if target.indicator else None
    for period in PERIODS:
        figures: list[ObservedIndicator | None] = [None]
        if target.indicator:
            figures += [seen(target, period, n, d) for n, d in ((0, 0), (0, 590_000), (450, 500), (500, 500))]
        for observed in figures:
            row = compute_target_attainment(plan, target, indicator, observed, unit="62", period=period)
            assert row.met is not None or row.reason or row.status == "track"
            assert (row.met is None) is (row.status not in {"met", "not_met"})
            assert row.progress is None or row.met is False
            assert json.loads(json.dumps(serialize_attainment(row, SHIPPED)))["item"] == target.item


def test_all_kinds_of_the_rules_stand_in_the_plans() -> None:
    assert {target.kind for _, target in TARGETS} == {
        "threshold", "maintain", "eliminate", "per_unit", "milestone", "track", "not_assessed", "published",
        "conditional",
    }  # fmt: skip


def test_every_task_has_a_state_in_every_period() -> None:
    for plan in CATALOGUE.plans.values():
        for task in plan.tasks:
            for period in PERIODS:
                assert compute_task_state(task, "", None, period.end) in {"not_due", "not_reported", "overtaken"}
