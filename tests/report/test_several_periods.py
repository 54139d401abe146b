"""What a report prints of a target that looks at several periods: its sum over years, its quarter alone, the year before."""

from __future__ import annotations

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from etl.attain import OtherFigures, compute_target_attainment, list_compared_periods
from etl.catalog import Catalogue, load_catalogue
from etl.model import Attainment, ObservedIndicator, Period
from etl.report import ReportInput
from etl.settings import PROJECT_ROOT
from tests.catalogue.test_measures import BHYT
from tests.report.samples import draft_words, sample

BORN = """
- {code: born, name: Số trẻ sinh ra, short_name: Số trẻ sinh ra, method: sum, numerator: {elements: [live_births]}, unit: trẻ,
   direction: up, frequency: quarter, accumulates: true, source: t, definition: t, basis: configured}
"""
LINE = """    indicator: born
    kind: threshold
    unit_written: trẻ
    decimals: 0
{more}    milestones: [{{period: "2025", written: "{written}", operator: ">=", {number}}}]
"""
SHAPES = {
    "a sum over years": ('    summed_from: "2023"\n', "cộng dồn 900", "value: 900", ["cộng dồn từ năm 2023 là 700 trẻ; đúng lộ trình, còn thiếu 200 trẻ"]),
    "each quarter alone": ("    each_quarter: true\n", "mỗi quý 150", "value: 150", ["riêng quý III năm 2024 là 100 trẻ; chậm, còn thiếu 50 trẻ"]),
    "the year before": (
        "", "tăng 10% so với năm trước", "relative: {percent: 10, previous_year: true, yearly: true}",
        ["lũy kế 9 tháng năm 2024 là 300 trẻ", "chưa đạt mức so với cùng kỳ năm trước"],
    ),
}  # fmt: skip


def _observe(inputs: ReportInput, unit: str) -> dict[Period, ObservedIndicator]:
    """400 in 2023, 300 of these by September; in 2024 so far 300, of these 100 in the third quarter."""
    known = {"2023": 400, "2023Q3": 300, "2024Q2": 200, "2024Q3": 300}
    found = {}
    for key, number in known.items():
        count, period = Fraction(number, 1 if unit == inputs.area else 10), Period.parse(key)
        found[period] = ObservedIndicator("born", unit, period, count, None, count, 1, 1)
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_a_report_says_what_such_a_figure_is(catalogue: Catalogue, tmp_path: Path, shape: str) -> None:
    more, written, number, said = SHAPES[shape]
    root = Path(shutil.copytree(PROJECT_ROOT / "catalog", tmp_path / "catalog"))
    path = root / "plans" / "kt-1693.yaml"
    text = path.read_text(encoding="utf-8")
    assert BHYT in text
    path.write_text(text.replace(BHYT, LINE.format(more=more, written=written, number=number)), encoding="utf-8")
    with (root / "indicators.yaml").open("a", encoding="utf-8") as file:
        file.write(BORN)
    changed = load_catalogue(root)
    inputs = replace(
        sample(catalogue, "kon-tum", "kt-1693", "2024Q3", previous=False),
        catalogue=changed, plan=changed.plans["kt-1693"], series=(), sources=(),
    )  # fmt: skip
    target = next(t for t in inputs.plan.targets if t.item == "12")

    def judge(unit: str) -> Attainment:
        seen = _observe(inputs, unit)
        others = OtherFigures(None, {p: seen.get(p) for p in list_compared_periods(target, inputs.period)})
        return compute_target_attainment(
            "kt-1693", target, changed.indicators["born"], seen[inputs.period], unit=unit, period=inputs.period, others=others
        )  # fmt: skip

    rows = tuple(judge(a.unit) if a.item == "12" else a for a in inputs.attainments)
    told = draft_words(replace(inputs, attainments=rows), tmp_path / "out")
    for words in said:
        assert words in told, [x for x in told.splitlines() if "(chỉ tiêu 12)" in x]
