"""Where there is no report: before the plan, and where nobody has reported; what gives a mandate, what begins a way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from etl.attainment.due_reports import find_no_report_reason
from etl.catalog import Catalogue
from etl.messages import load_messages
from etl.report.facts import build_facts
from etl.report.path_state import classify_path_state
from etl.report.report_head import build_report_head
from tests.report.samples import nobody, sample

WORDING = load_messages(Path(__file__).resolve().parents[3] / "templates")


@pytest.mark.parametrize(
    ("plan", "period", "none"),
    [("kt-1693", "2023", True), ("kt-1693", "2024Q1", True), ("kt-1693", "2024Q2", False), ("kt-124", "2024Q1", False)],
)
def test_a_plan_has_reports_from_the_period_in_which_it_was_issued(
    catalogue: Catalogue, plan: str, period: str, *, none: bool
) -> None:
    given = sample(catalogue, "kon-tum", plan, period)
    assert bool(find_no_report_reason(catalogue, given.scope, plan, given.period, given.statuses)) == none


def test_what_nobody_reported_on_is_not_reported(catalogue: Catalogue) -> None:
    given = nobody(sample(catalogue, "quang-ngai", "kt-1693", "2026Q1"))
    assert find_no_report_reason(catalogue, given.scope, "kt-1693", given.period, given.statuses)
    for unit, silent in (("51-TTYT-608", False), ("21025", True)):  # in the plan's area, and beside it
        heard = [replace(s, state="accepted") if s.unit == unit else s for s in given.statuses]
        assert bool(find_no_report_reason(catalogue, given.scope, "kt-1693", given.period, heard)) == silent


def test_no_draft_and_nothing_of_a_later_date_is_a_ground(catalogue: Catalogue) -> None:
    bases = build_report_head(sample(catalogue, "kon-tum", "ttg-ct25", "2025Q2"), WORDING).bases
    assert len(bases) == 1 and bases[0].startswith("Căn cứ Chỉ thị") and bases[0].endswith(".")
    given = sample(catalogue, "kon-tum", "kt-1693", "2024Q3")
    assert len(build_report_head(given, WORDING).bases) == 2
    later = given.plan.model_copy(update={"date": date(2099, 1, 1)})
    assert len(build_report_head(replace(given, plan=later), WORDING).bases) == 1
    parents = tuple(p.model_copy(update={"date": date(2099, 1, 1)}) for p in given.plan.parents)
    alone = build_report_head(replace(given, plan=later.model_copy(update={"parents": parents})), WORDING)
    assert alone.bases == ()


@pytest.mark.parametrize("status", ["not_met", "within_plan", "over_plan"])
def test_until_the_way_begins_nobody_is_fast_or_slow_on_it(catalogue: Catalogue, status: str) -> None:
    row = next(a for a in sample(catalogue, "kon-tum", "kt-1693", "2024").attainments if a.status == "not_met")
    row = replace(row, status=status, progress_class="limited", period="2023")
    assert classify_path_state(row, "2023") == "not_due"
    assert classify_path_state(replace(row, status="met"), "2023") == "reached"
    assert classify_path_state(replace(row, period="2024"), "2023") != "not_due"


def test_a_report_of_a_former_area_says_so_by_one_name(catalogue: Catalogue) -> None:
    facts = build_facts(sample(catalogue, "quang-ngai", "kt-1693", "2025Q4"), WORDING)
    name = "trên địa bàn tỉnh Kon Tum trước đây"
    assert name in facts.head.subject and "(" not in facts.head.subject
    assert f"{name} (nay thuộc tỉnh Quảng Ngãi)" in facts.situation[0]
    assert [note.text for note in facts.before_signing if note.kind == "inheritance" and name in note.text]
    said = facts.head.subject + " ".join((*facts.situation, *(note.text for note in facts.data_notes)))
    assert "tỉnh Kon Tum cũ" not in said and "(cũ)" not in said and "địa bàn cũ" not in said
    for own in (("kon-tum", "kt-1693", "2024Q3"), ("quang-ngai", "ttg-ct25", "2025Q4")):
        assert "trước đây" not in build_facts(sample(catalogue, *own), WORDING).head.subject
