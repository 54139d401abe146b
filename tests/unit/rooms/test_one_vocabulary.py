"""A level, a verdict, a lateness and the state of a cell have one word, whoever says it."""

from __future__ import annotations

import pytest

from etl.cli import commands
from etl.lineage import lineage_text
from etl.model import FindingLevel
from etl.warehouse.agreed_corrections import build_cell_content
from tests.wording import SHIPPED, told


@pytest.mark.parametrize("level", FindingLevel)
def test_the_shell_names_a_level_as_the_returned_workbook_does(
    level: FindingLevel, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {"sheet": "B1", "cell": "C3", "code": "V05", "message": "a", "hint": "b", "level": level.value}
    verdict = {"accepted": False, "file": "x.xlsx", "counts": {level.value: 1}, "findings": [found]}
    commands._show_verdicts(verdict)
    sign, _, word = SHIPPED.format_level(level).partition(" ")
    assert sign == level.sign
    assert [word in line for line in capsys.readouterr().out.splitlines()] == [False, True]


def test_the_shell_names_a_verdict_as_the_report_does() -> None:
    ends = {
        "before": {"status": "track", "progress_class": ""},
        "after": {"status": "over_plan", "progress_class": "maintain"},
    }
    row = {"plan": "kt-1693", "item": "1", "indicator": "bhyt", "unit_name": "Huyện Đắk Tô"} | ends
    parts = {"deliveries": [], "catalogue": [], "corrections": [], "figures": [], "verdicts": [row]}
    moment = {"at": "2024-04-20T08:00:05+07:00"}
    found = {"scope": "kon-tum", "period": "2024Q1", "from": moment, "to": moment, "changed": True} | parts
    assert list(lineage_text.format_difference_lines(found, SHIPPED))[-1].endswith(
        "theo dõi, không đặt mức (tiến độ: không tính) → vượt mức kế hoạch (tiến độ: chỉ tiêu duy trì)"
    )


@pytest.mark.parametrize(
    ("state", "word"),
    [("not_applicable", "không áp dụng"), ("unreliable", "không đáng tin cậy"), ("missing", "để trống")],
)
def test_the_state_of_a_cell_has_the_word_of_the_returned_workbook(state: str, word: str) -> None:
    assert lineage_text._format_trace_content(SHIPPED, state, None) == told(build_cell_content(state, None)) == word
