"""A figure of a year in which nobody was asked from its beginning, as the report prints it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from etl.attain import compute_target_attainment
from etl.catalog import Catalogue
from etl.model import ObservedIndicator
from etl.report import write_report_draft
from etl.settings import PROJECT_ROOT
from tests.report.samples import open_word, sample

PLAN, ITEM = "kt-1693", "7"


def test_it_says_from_when_on_it_counts_and_is_not_judged(catalogue: Catalogue, tmp_path: Path) -> None:
    inputs = sample(catalogue, "kon-tum", PLAN, "2024", previous=True)
    target = next(t for t in inputs.plan.targets if t.item == ITEM)
    code = target.indicator or ""
    seen = ObservedIndicator(
        code, inputs.area, inputs.period, Fraction(700), Fraction(1000), Fraction(70), 9, 9, since="2024Q3"
    )
    row = compute_target_attainment(
        PLAN, target, catalogue.indicators[code], seen, unit=inputs.area, period=inputs.period
    )
    rows = tuple(row if (a.item, a.unit) == (ITEM, inputs.area) else a for a in inputs.attainments)
    files = write_report_draft(replace(inputs, attainments=rows), PROJECT_ROOT / "templates", tmp_path / "out")
    told = [p.text for p in open_word(files["word"].read_bytes()).paragraphs if "(chỉ tiêu 7)" in p.text]
    about = " ".join(told)
    assert "tính từ quý III năm 2024, khi kỳ báo cáo đầu tiên bắt đầu" in about and "70" in about, told
    assert "không đủ kỳ để so với mục tiêu cả năm" in about, told
    assert "so với cùng kỳ" not in about, "last year was whole"
