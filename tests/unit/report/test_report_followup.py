from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from etl.messages import Messages
from etl.model import NoteReport, Period, TaskReport, TaskStateName, UnitStatus
from etl.report import ReportInput
from etl.report.followup import (
    build_difficulty_notes,
    build_plan_task_facts,
    build_plan_tasks,
    normalize_unit_text,
    select_listed_tasks,
)


def reported(given: ReportInput, *states: TaskStateName) -> ReportInput:
    """The plan cut down to its first task, with a unit in each state, all of which sent all that they owe."""
    task = given.plan.tasks[0]
    units = ["608", "610", "611", "612"]
    rows = tuple(
        TaskReport(given.plan.id, task.id, unit, given.period.key, state)
        for unit, state in zip(units, states, strict=False)
    )
    sent = tuple(replace(status, state="accepted") for status in given.statuses)
    return replace(given, plan=given.plan.model_copy(update={"tasks": (task,)}), tasks=rows, statuses=sent)


def test_units_are_named_by_state_worst_first(given: ReportInput, say: Messages) -> None:
    found = build_plan_task_facts(reported(given, "done", "overdue", "done"), say)
    assert found[0].situation == (
        "Quá hạn: 1 đơn vị (huyện Đắk Glei); Đã hoàn thành: 2 đơn vị (thành phố Kon Tum, huyện Ngọc Hồi)"
    )
    assert found[0].states == {"overdue": 1, "done": 2}


def test_where_all_agree_no_names_and_where_one_reports_no_count(given: ReportInput, say: Messages) -> None:
    assert build_plan_task_facts(reported(given, "done", "done"), say)[0].situation == "Đã hoàn thành (2 đơn vị)"
    assert build_plan_task_facts(reported(given, "done"), say)[0].situation == "Đã hoàn thành"


def test_a_task_nobody_reports_on_stands_by_its_date(given: ReportInput, say: Messages) -> None:
    bare = reported(given)
    task = bare.plan.tasks[0].model_copy(update={"lead": ("ubnd-huyen",)})
    end = given.period.end

    def state(**changes: object) -> dict[str, int]:
        plan = bare.plan.model_copy(update={"tasks": (task.model_copy(update=changes),)})
        catalogue = replace(given.catalogue, plans={**given.catalogue.plans, plan.id: plan})
        return dict(build_plan_task_facts(replace(bare, catalogue=catalogue, plan=plan), say)[0].states)

    dated = {"written": "x", "kind": "by_date"}
    assert state() == {"yearly": 1}
    assert state(deadline=task.deadline.model_copy(update={**dated, "date": end})) == {"due_unreported": 1}
    assert state(deadline=task.deadline.model_copy(update={**dated, "date": date(2030, 1, 1)})) == {"not_due": 1}
    assert state(overtaken_on=end) == {"overtaken": 1}
    yearly = {"lead": ("so-y-te",)}  # asked about in the form of the year alone, also of a day
    assert state(**yearly) == {"yearly": 1}
    assert state(**yearly, deadline=task.deadline.model_copy(update={**dated, "date": end})) == {"yearly_due": 1}
    after = task.deadline.model_copy(update={**dated, "date": end + timedelta(days=1)})
    assert state(**yearly, deadline=after) == {"yearly_not_due": 1}, "that a day is to come needs nobody's word"
    assert state(overtaken_on=date(2030, 1, 1)) == {"yearly": 1}


@pytest.mark.parametrize(
    ("scope", "period", "lead", "state", "line"),
    [
        ("kon-tum", "2024Q3", "so-y-te", "yearly", "01 nhiệm vụ được báo cáo một lần mỗi năm, kết quả nêu tại báo cáo năm."),
        ("kon-tum", "2024", "so-y-te", "not_reported", "Chưa đơn vị nào báo cáo kết quả thực hiện 01 nhiệm vụ được giao."),
        ("kon-tum", "2023", "so-y-te", "unasked", "01 nhiệm vụ chưa có trong chế độ báo cáo của kỳ này."),
        ("kon-tum", "2024", "bo-y-te", "unasked", "01 nhiệm vụ do cơ quan Trung ương chủ trì; báo cáo này không tổng hợp."),
    ],
)  # fmt: skip
def test_nobody_is_silent_who_was_not_asked(
    given: ReportInput, say: Messages, scope: str, period: str, lead: str, state: str, line: str
) -> None:
    """Neither the quarter before the form of the year, nor who has no form, counts as not having reported."""
    bare = reported(given)
    task = bare.plan.tasks[0].model_copy(update={"lead": (lead,)})
    plan = bare.plan.model_copy(update={"tasks": (task,), "valid_from": date(2023, 1, 1)})
    catalogue = replace(given.catalogue, plans={**given.catalogue.plans, plan.id: plan})
    asked = replace(bare, catalogue=catalogue, plan=plan, scope=catalogue.scopes[scope], period=Period.parse(period))
    facts = build_plan_task_facts(asked, say)
    assert facts[0].states == {state: 1}
    assert line in build_plan_tasks(asked, say, facts).sentences
    assert ("Báo cáo này không tổng hợp" in facts[0].situation) == (state == "unasked")


def test_only_dated_tasks_and_those_in_arrears_are_listed(given: ReportInput, say: Messages) -> None:
    assert select_listed_tasks(build_plan_task_facts(reported(given, "ongoing", "done"), say)) == ()
    assert len(select_listed_tasks(build_plan_task_facts(reported(given, "ongoing", "overdue"), say))) == 1
    assert len(select_listed_tasks(build_plan_task_facts(reported(given, "done_late"), say))) == 1


def test_the_sentences_hold_at_the_edges(given: ReportInput, say: Messages) -> None:
    assert build_plan_tasks(given, say, ()).sentences == (
        "Kế hoạch không giao nhiệm vụ có đơn vị chủ trì hoặc thời hạn.",
    )
    silent = reported(given)
    (line,) = build_plan_tasks(silent, say, build_plan_task_facts(silent, say)).sentences
    assert line == "01 nhiệm vụ được báo cáo một lần mỗi năm, kết quả nêu tại báo cáo năm."
    alone = reported(given, "done")
    line, *_ = build_plan_tasks(alone, say, build_plan_task_facts(alone, say)).sentences
    assert line.endswith("báo cáo kết quả thực hiện 01 nhiệm vụ được giao: 01 nhiệm vụ đã hoàn thành.")
    assert line.startswith("Thành phố Kon Tum "), "who alone was asked is called by name, and is no “1/1 đơn vị”"
    late = reported(given, "overdue", "done")
    lines = build_plan_tasks(late, say, build_plan_task_facts(late, say)).sentences
    assert lines[0] == "2/2 đơn vị báo cáo kết quả thực hiện 01 nhiệm vụ được giao: 01 nhiệm vụ đang triển khai."
    assert lines[1].startswith("- ") and "Quá hạn: 1 đơn vị (thành phố Kon Tum)" in lines[1]


@pytest.mark.parametrize(
    ("states", "deadline", "stands"),
    [
        (("not_due", "not_due"), date(2025, 6, 30), "01 nhiệm vụ chưa đến hạn (thời hạn: 30/6/2025)"),
        (("not_due", "not_reported"), date(2025, 6, 30), "01 nhiệm vụ chưa đến hạn (thời hạn: 30/6/2025)"),
        (("not_due", "done"), date(2025, 6, 30), "01 nhiệm vụ đang triển khai"),
        (("not_due", "not_due"), None, "01 nhiệm vụ chưa triển khai hoặc chưa có báo cáo"),
    ],
)
def test_what_is_not_yet_due_is_not_called_not_begun(
    given: ReportInput, say: Messages, states: tuple[TaskStateName, ...], deadline: date | None, stands: str
) -> None:
    bare = reported(given, *states)
    task = bare.plan.tasks[0]
    dated = task.model_copy(update={"deadline": task.deadline.model_copy(update={"date": deadline})})
    due = replace(bare, plan=bare.plan.model_copy(update={"tasks": (dated,)}))
    line = build_plan_tasks(due, say, build_plan_task_facts(due, say)).sentences[0]
    assert line.endswith(f" đơn vị báo cáo kết quả thực hiện 01 nhiệm vụ được giao: {stands}.")


def test_a_unit_counts_for_the_periods_that_it_sent(given: ReportInput, say: Messages) -> None:
    """Section IV calls nobody whole whom section I says to lack a period; a form that asks no task says nothing."""
    asked = replace(reported(given, "ongoing", "ongoing"), period=Period.parse("2024N"))
    sent = [
        UnitStatus("kt-district-quarter", unit, name, f"2024Q{quarter}", "accepted")
        for unit, name in (("608", "Thành phố Kon Tum"), ("610", "Huyện Đắk Glei"))
        for quarter in (1, 2, 3)
    ]
    sent[-1] = replace(sent[-1], state="silent")
    other = UnitStatus("kt-hospital-year", "608", "Thành phố Kon Tum", "2024", "silent")
    facts = build_plan_task_facts(asked, say)
    lacking = build_plan_tasks(replace(asked, statuses=(*sent, other)), say, facts).sentences
    assert lacking[0] == (
        "1/2 đơn vị báo cáo đủ các kỳ về kết quả thực hiện 01 nhiệm vụ được giao: 01 nhiệm vụ đang triển khai."
    )
    assert lacking[1] == (
        "Kết quả của đơn vị chưa báo cáo đủ lấy theo các kỳ đã gửi: huyện Đắk Glei (quý I năm 2024, quý II năm 2024)."
    )
    sent[-1] = replace(sent[-1], state="accepted")
    whole = build_plan_tasks(replace(asked, statuses=tuple(sent)), say, facts).sentences
    assert whole[0].startswith("2/2 đơn vị báo cáo kết quả") and not any("đã gửi" in line for line in whole)


def test_tasks_of_another_plan_stay_out(given: ReportInput, say: Messages) -> None:
    other = replace(reported(given), tasks=(TaskReport("kt-124", given.plan.tasks[0].id, "608", "2024Q3", "done"),))
    assert build_plan_task_facts(other, say)[0].reports == ()


def noted(given: ReportInput, *rows: tuple[str, str]) -> ReportInput:
    return replace(given, notes=tuple(NoteReport(unit, "2024Q3", 1, difficulty=text) for unit, text in rows))


def test_identical_difficulties_are_one_with_all_their_units(given: ReportInput, say: Messages) -> None:
    found = build_difficulty_notes(
        noted(
            given,
            ("608", "Thiếu bác sĩ."),
            ("610", "thiếu  bác sĩ"),
            ("611", "Thiếu vắc xin"),
            ("610", "Thiếu bác sĩ;"),
        ),
        say,
    )
    assert [(group.difficulty, group.units) for group in found.groups] == [
        ("Thiếu bác sĩ", "thành phố Kon Tum, huyện Đắk Glei"),
        ("Thiếu vắc xin", "huyện Ngọc Hồi"),
    ]
    assert len(found.rows) == 4


def test_near_equal_difficulties_are_one_and_different_ones_are_not(given: ReportInput, say: Messages) -> None:
    found = build_difficulty_notes(
        noted(
            given,
            ("608", "Thiếu bác sĩ cơ hữu tại một số trạm y tế"),
            ("610", "Các trạm y tế còn thiếu bác sỹ cơ hữu"),
            ("611", "Thiếu dược sĩ cơ hữu tại một số trạm y tế"),
            ("612", "Không thiếu bác sĩ cơ hữu tại một số trạm y tế"),
        ),
        say,
    )
    assert [group.units.count(",") + 1 for group in found.groups] == [2, 1, 1]


def test_what_two_levels_decide_on_stays_apart(given: ReportInput, say: Messages) -> None:
    notes = tuple(
        NoteReport(unit, "2024Q3", 1, difficulty="Thiếu thuốc", proposal="Mua thêm", level=level)
        for unit, level in (("608", "Tỉnh"), ("610", "tỉnh"), ("611", "Trung ương"))
    )
    found = build_difficulty_notes(replace(given, notes=notes), say).groups
    assert [(group.level, group.units.count(",") + 1) for group in found] == [("Trung ương", 1), ("Tỉnh", 2)]


PROVINCE = "Ủy ban nhân dân tỉnh"


@pytest.mark.parametrize(
    ("scope", "day", "committee", "above_only"),
    [
        ("kon-tum", "2024-10-20", f"{PROVINCE} Kon Tum", True),
        ("kon-tum", "2026-10-20", f"{PROVINCE} Quảng Ngãi", True),
        ("tan-yen", "2024-10-20", f"{PROVINCE} Bắc Giang", True),
        ("tan-yen", "2026-10-20", "Ủy ban nhân dân thành phố Bắc Ninh", True),
        ("bac-ninh", "2025-10-20", f"{PROVINCE} Bắc Ninh", True),
        ("toan-quoc", "2026-10-20", "Ủy ban nhân dân cấp tỉnh", False),
    ],
)
@pytest.mark.parametrize("recipient", ["Bộ Y tế", "Đảng ủy Ủy ban nhân dân tỉnh Kon Tum"])
def test_a_proposal_goes_by_name_to_who_can_decide_it_whomever_the_report_goes_to(
    given: ReportInput, say: Messages, scope: str, day: str, committee: str, above_only: bool, recipient: str
) -> None:
    """A people's committee decides on its level, its department on what is asked of it; free words go nowhere."""
    said = (("A", "tỉnh"), ("B", "Xã"), ("C", "Trung ương"), ("D", ""), ("E", "ai cũng được"), ("F", "Tỉnh"))
    notes = tuple(NoteReport("608", "2024Q3", i, d, "", f"Đề nghị {d}", level) for i, (d, level) in enumerate(said))
    area = replace(
        given,
        notes=notes,
        scope=given.catalogue.scopes[scope],
        snapshot_at=f"{day}T09:00:00+07:00",
        report=given.report.model_copy(update={"recipients": (recipient,)}),
    )
    found = build_difficulty_notes(area, say)
    upward = (
        f"Kiến nghị Bộ Y tế xem xét, giải quyết 01 nội dung; {committee} xem xét, giải quyết 02 nội dung. "
        "Thuộc thẩm quyền giải quyết của Ủy ban nhân dân cấp xã: 01 nội dung. "
    )
    within = (
        f"Thuộc thẩm quyền giải quyết của Bộ Y tế: 01 nội dung; của {committee}: 02 nội dung; "
        "của Ủy ban nhân dân cấp xã: 01 nội dung. "
    )
    assert found.sentence.startswith(upward if above_only else within)
    assert [group.level for group in found.groups] == ["Trung ương", "tỉnh", "Tỉnh", "Xã", "", "ai cũng được"]
    first, *_ = deciders = [group.decider for group in found.groups]
    assert (first, deciders[3:]) == ("Bộ Y tế", ["Ủy ban nhân dân cấp xã", "", "Ai cũng được"])
    assert committee.startswith(deciders[1]) and deciders[1] == deciders[2]


def test_what_is_asked_of_the_office_itself_goes_to_nobody_else(given: ReportInput, say: Messages) -> None:
    said = (("A", "Tỉnh", "Đề nghị {office} điều chuyển thuốc"), ("B", "Tỉnh", "Đề nghị tỉnh để {office} tuyển bác sĩ"))
    notes = tuple(
        NoteReport("608", "2024Q3", i, what, "", asked.format(office=given.office_name), level)
        for i, (what, level, asked) in enumerate(said)
    )
    found = build_difficulty_notes(replace(given, notes=notes), say)
    assert found.sentence.startswith(
        "Kiến nghị Ủy ban nhân dân tỉnh Kon Tum xem xét, giải quyết 01 nội dung. "
        f"Thuộc thẩm quyền giải quyết của {given.office_name}: 01 nội dung. "
    )
    assert [group.decider for group in found.groups] == [given.office_name, "Ủy ban nhân dân tỉnh"]


@pytest.mark.parametrize(
    ("day", "decider"),
    [
        ("2024-10-20", "Ủy ban nhân dân huyện Tân Yên"),
        ("2026-10-20", "cơ quan tiếp nhận nhiệm vụ cấp huyện"),
    ],
)
def test_what_a_district_decides_is_its_committees_and_then_whoever_has_its_task(
    given: ReportInput, say: Messages, day: str, decider: str
) -> None:
    note = NoteReport("608", "2024Q3", 1, "A", "", "Đề nghị A", "Huyện")
    scope = given.catalogue.scopes["tan-yen"]
    area = replace(given, notes=(note,), scope=scope, snapshot_at=f"{day}T09:00:00+07:00")
    said = build_difficulty_notes(area, say).sentence
    assert said.startswith(f"Thuộc thẩm quyền giải quyết của {decider}: 01 nội dung. ")


def test_what_most_units_say_comes_first(given: ReportInput, say: Messages) -> None:
    found = build_difficulty_notes(noted(given, ("608", "A"), ("610", "B"), ("611", "B")), say)
    assert [group.difficulty for group in found.groups] == ["B", "A"]


def test_silence_is_said(given: ReportInput, say: Messages) -> None:
    found = build_difficulty_notes(noted(given), say)
    assert (found.sentence, found.groups) == ("Các đơn vị không nêu khó khăn, vướng mắc.", ())


def test_characters_that_break_documents_are_dropped() -> None:
    assert normalize_unit_text("một\x00 hai\x07\n\tba \ufffe") == "một hai ba"
