"""A plan's level without a year, from its file to the report: judged at the plan's end, and no year is made up."""

from __future__ import annotations

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from etl.attain import compute_target_attainment
from etl.catalog import load_catalogue
from etl.catalog.loader import list_catalogue_problems
from etl.model import ObservedIndicator
from etl.report import write_report_draft
from etl.settings import PROJECT_ROOT
from tests.report.samples import open_word, sample

PLAN, ITEM = "kt-1693", "12"
DATED = """    baseline: {period: "2023", written: "93,46", value: 93.46}
    milestones:
      - {period: "2025", written: "95", operator: ">=", value: 95}
      - {period: "2030", written: ">95", operator: ">", value: 95}
    notes: ["Số thực hiện in hai"""
UNDATED = """    baseline: {written: "93,46", value: 93.46}
    milestones:
      - {written: "95", operator: ">=", value: 95}
    notes: ["Số thực hiện in hai"""


@pytest.mark.parametrize(
    ("plan_end", "said"),
    [
        ("2030-12-31", "chỉ đánh giá khi hết thời gian thực hiện kế hoạch (31/12/2030)"),
        ("2024-12-31", "mục tiêu không ghi thời hạn (95%)"),
    ],
)
def test_no_year_is_made_up(tmp_path: Path, plan_end: str, said: str) -> None:
    root = Path(shutil.copytree(PROJECT_ROOT / "catalog", tmp_path / "catalog"))
    path = root / "plans" / f"{PLAN}.yaml"
    text = path.read_text(encoding="utf-8")
    assert DATED in text
    path.write_text(text.replace(DATED, UNDATED), encoding="utf-8")
    assert list_catalogue_problems(root) == ()
    inputs = sample(load_catalogue(root), "kon-tum", PLAN, "2024", previous=False)
    target = next(t for t in inputs.plan.targets if t.item == ITEM)
    ended = target.model_copy(update={"plan_end": type(inputs.plan.valid_from).fromisoformat(plan_end)})
    seen = ObservedIndicator("bhyt", inputs.area, inputs.period, Fraction(90), Fraction(100), Fraction(90), 9, 9)
    row = compute_target_attainment(
        PLAN, ended, inputs.catalogue.indicators["bhyt"], seen, unit=inputs.area, period=inputs.period
    )
    rows = tuple(row if (a.item, a.unit) == (ITEM, inputs.area) else a for a in inputs.attainments)
    files = write_report_draft(replace(inputs, attainments=rows), PROJECT_ROOT / "templates", tmp_path / "out")
    document = open_word(files["word"].read_bytes())
    paragraphs = [p.text for p in document.paragraphs]
    about = [line for line in paragraphs if "(chỉ tiêu 12)" in line and "90" in line]
    assert any(said in line for line in about), about or paragraphs
    assert not any("2025" in line or "2023" in line for line in about)
    heads = {c.text for table in document.tables for c in table.rows[0].cells}
    assert any("không ghi thời hạn" in head for head in heads)
