"""From a plan in thousands of people to the sentence that the report prints of it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from etl.attain import compute_target_attainment
from etl.catalog import Catalogue, load_catalogue, models
from etl.model import Attainment, ObservedIndicator
from etl.report import ReportInput
from tests.catalogue.test_measures import BHYT, PEOPLE, THOUSANDS
from tests.report.samples import draft_words, sample

PLAN = "kt-1693"


def _count(inputs: ReportInput, target: models.Target, people: int) -> tuple[Attainment, ...]:
    """The area's people with a card; each unit has a tenth."""
    indicator = inputs.catalogue.indicators["insured_people"]

    def judge(unit: str) -> Attainment:
        count = Fraction(people, 1 if unit == inputs.area else 10)
        seen = ObservedIndicator(indicator.code, unit, inputs.period, count, None, count, 1, 1)
        return compute_target_attainment(PLAN, target, indicator, seen, unit=unit, period=inputs.period)

    return tuple(judge(a.unit) if a.item == target.item else a for a in inputs.attainments)


@pytest.mark.parametrize(
    ("people", "said"),
    [
        (11_357, ["11,357 nghìn người", "đạt mục tiêu năm 2025 (11,357 nghìn người)"]),
        (11_300, ["11,300 nghìn người", "thấp hơn", "còn thiếu 57 người"]),
    ],
)
def test_a_figure_is_printed_in_the_unit_of_its_plan(
    catalogue: Catalogue, tmp_path: Path, people: int, said: list[str]
) -> None:
    root = Path(shutil.copytree(Path(__file__).parents[2] / "catalog", tmp_path / "catalog"))
    path = root / "plans" / f"{PLAN}.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(BHYT, THOUSANDS), encoding="utf-8")
    with (root / "indicators.yaml").open("a", encoding="utf-8") as file:
        file.write(PEOPLE)
    changed = load_catalogue(root)
    inputs = replace(
        sample(catalogue, "kon-tum", PLAN, "2024", previous=False),
        catalogue=changed,
        plan=changed.plans[PLAN],
        series=(),
        sources=(),
    )
    target = next(t for t in inputs.plan.targets if t.item == "12")
    rows = _count(inputs, target, people)
    told = draft_words(replace(inputs, attainments=rows), tmp_path / "out")
    for words in said:
        assert words in told, [line for line in told.splitlines() if "nghìn người" in line]
