"""A year after a reform: what is known is of before, of units that have ended, and says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from etl.catalog import Catalogue
from etl.messages import load_messages
from etl.model import TaskReport
from etl.report.facts import build_facts
from etl.report.template_context import build_template_context
from tests.report.conftest import TEMPLATES
from tests.report.samples import nobody, sample
from tests.wording import SHIPPED

CASE = ("quang-ngai", "kt-1693", "2025")


@pytest.mark.parametrize(
    ("speakers", "who"), [(("62-SYT",), "Sở Y tế tỉnh Kon Tum"), (("62-SYT", "62-STC"), "2 đơn vị")]
)
def test_tasks_told_last_year_are_told_as_of_last_year(
    catalogue: Catalogue, speakers: tuple[str, ...], who: str
) -> None:
    """By those who told of them, under the names that they had; nobody is said to have reported now."""
    given = nobody(sample(catalogue, *CASE))
    task = given.plan.tasks[0]
    told = tuple(
        TaskReport(given.plan.id, task.id, unit, "2025", "ongoing", "Đang thực hiện", said_in="2024")
        for unit in speakers
    )
    facts = build_facts(replace(given, tasks=told), SHIPPED)
    (line,) = [text for text in facts.tasks.sentences if "báo cáo năm 2024" in text]
    assert line.startswith(f"Theo báo cáo năm 2024 của {who} (báo cáo gần nhất về nhiệm vụ), trong 01 nhiệm vụ")
    assert "62-" not in " ".join(facts.tasks.sentences)
    assert not [text for text in facts.tasks.sentences if "đơn vị báo cáo kết quả" in text]


def test_nothing_is_said_to_be_compared_where_there_is_nothing(catalogue: Catalogue) -> None:
    facts = build_facts(nobody(sample(catalogue, *CASE, previous=False)), SHIPPED)
    assert not [text for text in facts.summary if "để so sánh" in text]
    assert [
        text for text in build_facts(sample(catalogue, *CASE, previous=False), SHIPPED).summary if "để so sánh" in text
    ]


def test_an_agency_s_figure_of_a_year_before_names_its_year_and_alone_makes_no_table(catalogue: Catalogue) -> None:
    given, wording = sample(catalogue, "kon-tum", "kt-1693", "2024"), load_messages(TEMPLATES)
    hospitals = [row for row in given.agencies if row.item == "10"]

    def carry(units: set[str]) -> tuple[list[str], list[str]]:
        rows = tuple(replace(a, as_of="2023") if a.unit in units and a.value is not None else a for a in given.agencies)
        facts = build_facts(replace(given, agencies=rows), wording)
        cells = [
            cell.text
            for block in build_template_context(facts, wording).agency_blocks
            for row in block.rows
            for cell in row.cells
        ]
        return [target.item for block in facts.agencies.blocks for target in block.targets], cells

    items, cells = carry({hospitals[0].unit})
    assert "10" in items and sum("năm 2023" in cell for cell in cells) == 1
    items, cells = carry({row.unit for row in hospitals})
    assert "10" not in items and not [cell for cell in cells if "2023" in cell]
