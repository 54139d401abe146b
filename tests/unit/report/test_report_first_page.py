from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from etl.messages import Messages
from etl.report import ReportInput
from etl.report.facts import build_facts
from etl.report.report_figures import build_figures


@pytest.mark.parametrize(("judged", "compared"), [(1, False), (2, False), (3, True)])
def test_of_few_judged_targets_none_is_called_the_best_or_the_weakest(
    given: ReportInput, say: Messages, judged: int, compared: bool
) -> None:
    figures = build_figures(given, say).list_counted_figures(given.area)
    items = [
        f.item
        for f in figures
        if f.path_state and f.path_state not in {"not_due", "redefined"} and f.distance.value is not None
    ]
    few = set(items[:judged])
    assert len(few) == judged
    cut = replace(
        given,
        plan=given.plan.model_copy(update={"targets": tuple(t for t in given.plan.targets if t.item in few)}),
        attainments=tuple(a for a in given.attainments if a.item in few),
        previous=tuple(a for a in given.previous if a.item in few),
        last=tuple(a for a in given.last if a.item in few),
        agencies=tuple(a for a in given.agencies if a.item in few),
    )
    said = build_facts(cut, say).first_page.highlights
    assert any(line.startswith(("Tốt nhất", "Thấp nhất")) for line in said) == compared


@pytest.mark.parametrize(("issued", "told"), [(date(2024, 5, 17), True), (date(2024, 8, 1), False)])
def test_before_the_plan_there_was_no_report_to_follow(
    given: ReportInput, say: Messages, issued: date, told: bool
) -> None:
    """What lagged in the second quarter is followed in the third, where a plan of the second had a report of it."""
    slow = tuple(replace(a, status="not_met", met=False, progress_class="limited") for a in given.last)
    plan = given.plan.model_copy(update={"valid_from": issued})
    said = build_facts(replace(given, last=slow, plan=plan), say).first_page.followed
    assert ("theo báo cáo quý II năm 2024" in said) == told == bool(said)


def test_what_silent_units_could_turn_is_not_told_as_better(given: ReportInput, say: Messages) -> None:
    """A figure that rose to its path because a weak unit is silent may fall back with it."""
    slow = tuple(replace(a, status="not_met", met=False, progress_class="limited") for a in given.last)
    mine = [a for a in given.attainments if a.unit == given.area and a.value is not None and a.item == "12"]
    (now,) = (replace(a, status="met", met=True, as_of="", bounds=(a.value, a.value)) for a in mine)
    told = {
        turn: build_facts(
            replace(given, last=slow, attainments=(replace(now, bounds_turn=turn),)), say
        ).first_page.followed
        for turn in (False, True)
    }
    assert told[False].endswith(", 01 đã đạt hoặc đúng lộ trình: Tham gia BHYT (12).")
    assert told[True].endswith(", 01 chưa kết luận chắc chắn do còn thiếu số liệu: Tham gia BHYT (12).")
