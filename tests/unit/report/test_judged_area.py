"""One rule for papers and page: a unit bears no verdict on a target that its area is not judged by."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from etl.catalog import Catalogue
from etl.messages import Messages
from etl.model import Attainment
from etl.page.scorecard_page import _judge_like_area
from etl.report.path_state import is_area_judged
from etl.report.report_figures import build_figures
from tests.report.samples import sample

STATES = [("on_track", "reason.no_baseline", True), ("", "reason.no_baseline", False)]
STATES += [("", "reason.break_in_series", False), ("limited", "reason.no_baseline", True)]


def _pair(catalogue: Catalogue, progress_class: str, reason: str) -> tuple[Any, Attainment, Attainment]:
    """The report's input, and the area and a unit of it, both short of a level of the year after."""
    given = sample(catalogue, "kon-tum", "kt-1693", "2024")
    rows = [a for a in given.attainments if a.item == "12" and a.value is not None]
    change: dict[str, Any] = {"status": "not_met", "met": False, "as_of": "", "target_period": "2025"}
    why = SimpleNamespace(code=reason, slots=(("old", "a"), ("new", "b")) if "series" in reason else ())
    area = replace(next(a for a in rows if a.unit == given.area), **change, progress_class=progress_class, reason=why)
    unit = replace(next(a for a in rows if a.unit != given.area), **change, progress_class="")
    return given, area, unit


@pytest.mark.parametrize(("progress_class", "reason", "judged"), STATES)
def test_a_unit_is_judged_where_its_area_is(
    catalogue: Catalogue, say: Messages, progress_class: str, reason: str, judged: bool
) -> None:
    given, area, unit = _pair(catalogue, progress_class, reason)
    assert is_area_judged(area, given.get_target("12").way_start) == judged
    figure = build_figures(replace(given, attainments=(area, unit)), say).find_figure("12", unit.unit)
    assert figure is not None and bool(figure.sign) == judged
    rows = [_as_page_row(row) for row in (area, unit)]
    assert [row.status for row in _judge_like_area(rows, area.unit)] == [
        "not_met", "not_met" if judged else "no_verdict"
    ]  # fmt: skip


def test_without_a_row_of_the_area_no_unit_is_judged(catalogue: Catalogue) -> None:
    _, area, unit = _pair(catalogue, "on_track", "reason.no_baseline")
    assert not is_area_judged(None)
    (row,) = _judge_like_area([_as_page_row(unit)], area.unit)
    assert row.status == "no_verdict"


def _as_page_row(a: Attainment) -> Any:
    """A row as the page reads it back: its reason is JSON."""
    reason = json.dumps({"code": a.reason.code}) if a.reason else None
    return SimpleNamespace(**vars(a) | {"unit_code": a.unit, "reason": reason, "baseline_period": None})
