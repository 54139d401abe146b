"""Every sentence at its edges: no change, no data, first period, one unit, none. And no sentence is bad Vietnamese."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from io import BytesIO
from itertools import product
from typing import Any

import pytest
import yaml
from docx import Document
from openpyxl import load_workbook

from etl.catalog import Catalogue, models
from etl.catalog.geography import is_renamed
from etl.messages import FOLDER_NAME, Messages
from etl.model import Attainment, ControlLimits, NoteReport, Period, Projection, SeriesPoint, TaskReport, UnitStatus
from etl.model.reason import Reason, build_reason
from etl.report import ReportInput, changes_since_last, directions, path_section
from etl.report.dates import compute_next_period, compute_previous_report_period
from etl.report.excel_annex import render_excel_annex
from etl.report.facts import build_facts
from etl.report.followup import build_difficulty_notes, build_plan_task_facts
from etl.report.registered_files import render_text_files
from etl.report.report_facts import ReportFacts, serialize_facts
from etl.report.report_figures import build_figures
from etl.report.report_head import build_report_foot, build_report_head, format_plan_name
from etl.report.template_context import build_template_context
from etl.report.unit_names import format_unit_mention
from etl.report.unit_results import build_unit_table
from tests.report.conftest import CASES
from tests.report.samples import crowd, part_only, sample
from tests.unit.report.conftest import TEMPLATES
from tests.unit.report.test_report_units import ALL, THREE, all_with_it, with_one_of_two_met, with_values
from tests.wording import saying

BAD = re.compile(
    r"  |\.\.|;\.|,\.|: *\.| ,| ;| \.(?!\.)|\(\)|\( | \)|\b0 chỉ tiêu|None|\{|\}|:;|,,|;;|–– |\bđiểm phần trăm%"
)
"""What no sentence may contain: doubled or stray marks, empty brackets, a counted nothing, a slot left over."""
PAGE = tuple(f"first_page.{part}" for part in ("result", "highlights[", "followed", "reported", "units.sentence"))
FROM_A_UNIT = re.compile(r"=1\+1|\{\{")


def texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every sentence in the facts, with its place."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from texts(part, f"{place}.{key}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from texts(part, f"{place}[{number}]")
    elif isinstance(value, str) and " " in value:
        yield place, value


def said_in(facts: ReportFacts) -> list[tuple[str, str]]:
    parts = (
        "first_page",
        "situation",
        "summary",
        "lines",
        "since",
        "outlook",
        "units",
        "tasks",
        "notes",
        "directions",
        "data_notes",
        "before_signing",
    )
    plain = json.loads(serialize_facts(facts))
    found = [pair for part in parts for pair in texts(plain[part], part)]
    kept = (
        ".sentences",
        "situation[",
        "summary[",
        ".lines[",
        "notes.sentence",
        "data_notes[",
        "before_signing[",
        *PAGE,
    )
    return [(place, text) for place, text in found if any(mark in place for mark in kept)]


def emptied(given: ReportInput) -> ReportInput:
    return replace(
        given, attainments=(), previous=(), last=(), statuses=(), tasks=(), notes=(), corrections=(), simulated=False
    )


def without_values(given: ReportInput) -> ReportInput:
    rows = tuple(
        replace(a, value=None, met=None, status="no_data", people_missing=None, projections=(), bounds=None)
        for a in given.attainments
    )
    return replace(given, attainments=rows)


def one_unit(given: ReportInput) -> ReportInput:
    unit = next(a.unit for a in given.attainments if a.unit != given.area)
    rows = tuple(a for a in given.attainments if a.unit in {given.area, unit})
    return replace(given, attainments=rows, statuses=given.statuses[:1], notes=given.notes[:1], previous=(), last=())


def unchanged(given: ReportInput) -> ReportInput:
    return replace(given, previous=given.attainments, last=given.attainments)


def all_alike(given: ReportInput) -> ReportInput:
    rows = tuple(
        a if a.unit == given.area or a.value is None else replace(a, value=Fraction(1), status="met", met=True)
        for a in given.attainments
    )
    return replace(given, attainments=rows)


def begun_late(given: ReportInput) -> ReportInput:
    """Nobody was asked about the months before the report's last quarter."""
    since = given.period.quarters_to_date[-1].key
    return replace(given, attainments=tuple(replace(a, since=since) for a in given.attainments))


def many_alike(given: ReportInput) -> ReportInput:
    return crowd(given, everybody=False)


def nobody_complete(given: ReportInput) -> ReportInput:
    return crowd(given, everybody=True)


EDGES = (
    lambda given: given, emptied, without_values, one_unit, unchanged, all_alike, begun_late, many_alike, nobody_complete,
    part_only,
)  # fmt: skip


@pytest.mark.parametrize(
    "edge", EDGES, ids=("whole", "empty", "no_data", "one_unit", "unchanged", "alike", "late", "many", "nobody", "part")
)
@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(case[1:]))
def test_no_sentence_is_broken_at_any_edge(catalogue: Catalogue, say: Messages, case: Any, edge: Any) -> None:
    facts = build_facts(edge(sample(catalogue, *case)), say)
    sentences = said_in(facts)
    assert len(sentences) > 10
    for place, text in sentences:
        if FROM_A_UNIT.search(text):
            continue
        assert not BAD.search(text), (place, text)
        assert text.endswith((".", ";", ":")), (place, text)
        first = text.removeprefix("- ")
        assert first[0].isupper() or first[0].isdigit() or first[0] == "“" or place.startswith("directions"), text


@dataclass(frozen=True)
class Listening(Messages):
    """Remembers which sentences were said."""

    heard: set[str] = field(default_factory=set)

    def format(self, name: str, /, **slots: object) -> str:
        self.heard.add(name)
        return super().format(name, **slots)


def _upside_down(catalogue: Catalogue) -> Catalogue:
    """The same catalogue with a share of which less is better."""
    turned = {"bhyt": catalogue.indicators["bhyt"].model_copy(update={"direction": "down"})}
    return replace(catalogue, indicators={**catalogue.indicators, **turned})


def without_office(base: ReportInput, awaits: str = "") -> ReportInput:
    """The report of a scope whose office ended before the report's date, and that no scope goes on with."""
    ended = base.scope.offices[-1].model_copy(update={"valid_to": date(2024, 1, 31), "awaits": awaits})
    return replace(base, scope=base.scope.model_copy(update={"id": "alone", "offices": (ended,)}))


def uniform_tasks(base: ReportInput) -> Iterator[ReportInput]:
    """A task that nobody says anything of, that nobody has begun, that all have done, that one alone has; tasks that were
    told of last year by one, by two, and again by one of these two."""
    task = base.plan.tasks[0].id
    for state in ("not_reported", "not_due", "done"):
        rows = tuple(TaskReport("kt-1693", task, unit, "2024Q3", state) for unit in ("608", "610"))
        yield replace(base, tasks=rows)
    plan = base.plan.model_copy(update={"tasks": base.plan.tasks[:1]})
    yield replace(base, plan=plan, tasks=(TaskReport("kt-1693", task, "608", "2024Q3", "done"),))  # asked alone
    for years in ({"608": "2023"}, {"608": "2023", "610": "2023"}, {"608": "", "610": "2023"}):
        told = (TaskReport("kt-1693", task, unit, "2024Q3", "ongoing", said_in=year) for unit, year in years.items())
        yield replace(base, plan=plan, tasks=tuple(told))


def asking_a_district_that_has_ended(given: ReportInput) -> ReportInput:
    asked = NoteReport("608", "2024Q3", 1, "Thiếu máy tính", "", "Đề nghị cấp máy tính", "Huyện")
    return replace(given, notes=(asked,), snapshot_at="2026-10-20T09:00:00+07:00")


def odd_cases(catalogue: Catalogue) -> Iterator[ReportInput]:
    """What the samples have none of: rare states, each in a report of its own."""
    base = sample(catalogue, "kon-tum", "kt-1693", "2024Q3")
    mine = [a for a in base.attainments if a.unit == base.area]
    turned = {"met": "not_met", "not_met": "met", "within_plan": "no_data", "over_plan": "within_plan"}
    yield replace(
        base, last=tuple(replace(a, status=turned.get(a.status, "not_met"), value=Fraction(50)) for a in mine)
    )
    for status in ("within_plan", "over_plan"):
        yield replace(base, attainments=tuple(replace(a, status=status) for a in mine))  # type: ignore[arg-type]
    yield replace(base, attainments=tuple(replace(a, as_of="", estimated=True) for a in mine), last=())
    for state in ("accepted", "silent"):
        yield replace(base, statuses=(UnitStatus("f", "608", "Thành phố Kon Tum", "2024Q3", state),))  # type: ignore[arg-type]
    yield replace(base, statuses=tuple(replace(s, state="accepted", late_days=0) for s in base.statuses))
    yield replace(base, attainments=tuple(replace(a, contradicts=("6",), classes_disagree=True) for a in mine))
    usual = ControlLimits(
        Fraction(50), Fraction(40), Fraction(60), 5, True, (build_reason("signal.outside_limits", period="2024Q2"),)
    )
    yield replace(base, attainments=tuple(replace(a, limits=usual, bounds_reason=saying("chưa có gì")) for a in mine))
    gone = {"value": None, "status": "no_data", "reason": saying("Không quy đổi được"), "bounds": None}
    lost = replace(base, attainments=tuple(replace(a, **gone, as_of="") for a in mine))
    yield from (lost, replace(lost, series=tuple((a.item, (SeriesPoint("2024Q1", Fraction(50)),)) for a in mine)))
    lone = build_reason("reason.lone_sides", units="Bệnh viện")
    for ends, met in ((None, None), *(((Fraction(1), Fraction(2)), met) for met in (None, True, False))):
        bounded = gone | {"reason": lone, "bounds": ends, "bounds_met": met}
        yield replace(base, attainments=tuple(replace(a, **bounded) for a in mine))
    clean = {"value": Fraction(0), "status": "not_met", "people_missing": None, "reason": saying("chưa có công nhận")}
    rows = tuple(replace(a, **clean) if a.item == "15.3" else a for a in base.attainments)
    yield replace(base, attainments=rows)
    yield replace(base, catalogue=_upside_down(base.catalogue))
    yield replace(base, statuses=tuple(replace(s, state="silent") for s in base.statuses))
    behind = {"status": "not_met", "met": False, "progress_class": "needs_acceleration", "as_of": ""}
    yield replace(base, attainments=tuple(replace(a, **behind) if a.value else a for a in mine))
    yield from above_a_ceiling_that_is_not_due(base)
    asked = replace(share(base, "91", "not_met"), item="14", indicator="satisfaction", interval=(88.0, 93.0))
    yield replace(base, attainments=(asked,), previous=(replace(asked, value=Fraction(90)),))
    tasks = [t.id for t in base.plan.tasks[:7]]
    yield replace(base, tasks=tuple(TaskReport("kt-1693", task, "608", "2024Q3", "overdue") for task in tasks))
    few = {"numerator": Fraction(9), "denominator": Fraction(10), "interval": (59.6, 98.2), "as_of": ""}
    yield replace(base, attainments=tuple(replace(a, **few) for a in mine if a.indicator == "bhyt"))
    yield from (*uniform_tasks(base), of_a_merged_unit(base), asking_a_district_that_has_ended(base))
    yield without_office(base)
    yield sample(catalogue, "quang-ngai", "kt-1693", "2026Q3")  # of an area that has ended
    yield sample(catalogue, "toan-quoc", "ttg-ct25", "2026Q3")  # by whom the plan's own reports are received
    yield from cases_of_units(base)
    yield all_with_it(catalogue)
    yield replace(base, attainments=tuple(replace(a, expected=2 * a.expected) for a in base.attainments))
    annual = sample(catalogue, "kon-tum", "kt-1693", "2024")
    yield replace(annual, attainments=tuple(replace(a, projections=()) for a in annual.attainments if a.unit == "x"))
    yield replace(annual, sources=tuple(replace(source, period="2024Q4") for source in annual.sources))
    short = (Projection(2030, points=2, reason=saying("quá ít số liệu để dự báo: có 2 kỳ, cần ít nhất 6")),)
    yield replace(annual, attainments=tuple(replace(a, projections=short) for a in annual.attainments))
    yield from cases_of_dated_tasks(sample(catalogue, "tan-yen", "ty-ct25", "2024Q4"))
    day = {"as_of": "2024-03-29", "status": "not_met", "met": False, "progress_class": "", "target_period": "2025"}
    for sent_for in ("", "2024"):
        day["of_period"] = sent_for
        yield replace(base, attainments=tuple(replace(a, **day) if a.item == "16" else a for a in base.attainments))
    yield from (of_several_periods(given, **more) for given in (base, annual) for more in SEVERAL)
    yield with_a_task_not_due(base, TaskReport("kt-1693", base.plan.tasks[0].id, "608", "2024Q3", "done"))


def cases_of_units(base: ReportInput) -> Iterator[ReportInput]:
    """Units that are alike, that are many at one end, of which some miss the only target, of which none meets any."""
    ended = sample(base.catalogue, "tan-yen", "ty-ct25", "2024Q3")  # a district that went to several communes
    yield replace(ended, snapshot_at="2026-01-05T09:30:00+07:00")
    yield with_one_of_two_met(base, ("12",), ("6",), ("13",))
    yield with_values(base, dict.fromkeys(ALL, "90") | {"608": "96"})
    yield with_values(base, {"608": "96", "610": "90"})
    none_met = with_values(base, dict.fromkeys(ALL[:2], "90"), *THREE)
    first = none_met.attainments[0]
    yield replace(none_met, attainments=(replace(first, progress_class="limited"), *none_met.attainments[1:]))


def above_a_ceiling_that_is_not_due(given: ReportInput) -> Iterator[ReportInput]:
    high = replace(share(given, "96", "not_met"), operator="<=", progress_class="", reason=Reason("reason.no_baseline"))
    for more in (12, None):
        yield replace(given, attainments=(replace(high, people_missing=more),))


def with_a_task_not_due(given: ReportInput, alone: TaskReport) -> ReportInput:
    """A plan of one task, whose date is still to come, and what a unit says of it."""
    first = given.plan.tasks[0]
    deadline = first.deadline.model_copy(update={"kind": "by_date", "date": date(2025, 6, 30)})
    plan = given.plan.model_copy(update={"tasks": (first.model_copy(update={"deadline": deadline}),)})
    return replace(given, plan=plan, tasks=(replace(alone, state="not_due"),))


def of_a_merged_unit(given: ReportInput) -> ReportInput:
    """Every unit's figure is that of a commune which began with the merger."""
    born = date(2025, 7, 1)
    units = (u for u in given.catalogue.units if (u.level, u.valid_from) == ("commune", born))
    merged = next(u.code for u in units if not is_renamed(given.catalogue, u))
    heirs = tuple(replace(a, unit=a.unit if a.unit == given.area else merged) for a in given.attainments)
    return replace(given, period=Period.parse("2025Q3"), attainments=heirs)


SEVERAL: tuple[dict[str, object], ...] = ({"each_quarter": True}, {"summed_from": "2023"})


def of_several_periods(given: ReportInput, **more: object) -> ReportInput:
    """Every target's figure is one of several periods."""
    targets = tuple(target.model_copy(update=more) for target in given.plan.targets)
    return replace(given, plan=given.plan.model_copy(update={"targets": targets}))


def cases_of_dated_tasks(due: ReportInput) -> Iterator[ReportInput]:
    """A plan of one task: due or late, led by one who reports or not; overtaken; and a plan of none."""
    first = due.plan.tasks[0]
    window = compute_next_period(due.period).start + timedelta(days=5)
    for day, lead in product((window, due.period.end), (first.lead, (due.plan.issuer,))):
        deadline = first.deadline.model_copy(update={"kind": "by_date", "date": day, "written": "x"})
        dated = first.model_copy(update={"deadline": deadline, "lead": lead})
        late = TaskReport(due.plan.id, first.id, "216", due.period.key, "overdue")
        yield replace(due, plan=due.plan.model_copy(update={"tasks": (dated,)}), tasks=(late,))
    gone = first.model_copy(update={"overtaken_on": due.period.end, "overtaken_by": "đã có quy định mới"})
    yield replace(due, plan=due.plan.model_copy(update={"tasks": (gone,)}), tasks=())
    yield replace(due, plan=due.plan.model_copy(update={"tasks": ()}), tasks=())


def test_every_sentence_is_said_somewhere(catalogue: Catalogue, say: Messages) -> None:
    """A sentence that nothing can ever print would be dead weight in the office's file."""
    listening = Listening(say.texts, say.slots)
    for case in CASES:
        for edge in EDGES:
            build_facts(edge(sample(catalogue, *case)), listening)
    for given in odd_cases(catalogue):
        build_facts(given, listening)
    groups = yaml.safe_load((TEMPLATES / FOLDER_NAME / "report.yaml").read_text(encoding="utf-8"))
    of_facts = {f"{group}.{name}" for group, names in groups.items() for name in names}
    elsewhere = (
        "correction.",
        "legend.",
        "picture.",
        "cell.on_way",
        "cell.both_of_year",
        "head.file_title",
        "head.attached",
    )  # of another document, of the annex, of the file itself
    plain = {name for name, slots in say.slots.items() if not slots}
    silent = {n for n in of_facts - listening.heard - plain if not n.startswith(elsewhere)}
    assert silent == set()


def test_the_paper_says_first_whose_decision_is_missing_of_a_report_that_no_office_issues(
    catalogue: Catalogue, say: Messages
) -> None:
    base = sample(catalogue, "kon-tum", "kt-1693", "2024Q3")
    printed = build_template_context(build_facts(without_office(base), say), say).data_notes
    assert "nên đây chỉ là dự thảo" in printed[0].text


def test_a_figure_missing_for_another_reason_than_silence_says_it_in_section_two(
    given: ReportInput, say: Messages
) -> None:
    why = saying("Không quy đổi được: chưa có tỉ lệ.")
    gone = {"value": None, "status": "no_data", "reason": why, "bounds": None}
    rows = tuple(replace(a, **gone) if a.unit == given.area else a for a in given.attainments)  # type: ignore[arg-type]
    facts = build_facts(replace(given, attainments=rows), say)
    (told,) = [
        line for group in facts.lines for line in group.lines if "Chưa có số liệu trong kỳ của toàn địa bàn" in line
    ]
    assert "; lý do: không quy đổi được: chưa có tỉ lệ): " in told and "Tham gia BHYT (12)" in told
    assert not facts.outlook.sentences and not facts.first_page.rows


def test_a_report_that_no_office_issues_says_whose_decision_is_missing(catalogue: Catalogue, say: Messages) -> None:
    base = sample(catalogue, "kon-tum", "kt-1693", "2024Q3")
    assert "chỉ là dự thảo" not in serialize_facts(build_facts(base, say)).decode()
    for awaits, decider in (("", "cấp có thẩm quyền"), ("Ủy ban nhân dân tỉnh Bắc Ninh", "Ủy ban nhân dân")):
        printed = serialize_facts(build_facts(without_office(base, awaits), say)).decode()
        assert "Sở Y tế đã kết thúc hoạt động ngày 31/01/2024" in printed
        assert f"{decider}" in printed and "chưa có quyết định giao cơ quan ban hành báo cáo này" in printed


# --- since ----------------------------------------------------------------------------------------------


def share(given: ReportInput, value: str, status: str, **changes: object) -> Attainment:
    row = next(a for a in given.attainments if a.item == "12" and a.unit == given.area)
    known = {"as_of": "", "interval": None, "numerator": Fraction(9), "denominator": Fraction(10)}
    return replace(row, value=Fraction(value), status=status, **{**known, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        (None, ("93.5", "not_met"), []),
        (
            ("93.5", "not_met"),
            ("93.5", "not_met"),
            [
                "So với quý II năm 2024, kết quả các chỉ tiêu không có thay đổi rõ.",
            ],
        ),
        (
            ("94.3", "not_met"),
            ("95", "met"),
            [
                "Chuyển sang đạt hoặc trong mức phân kỳ: Tham gia BHYT (12).",
                "Chỉ tiêu có thay đổi rõ về số liệu so với quý II năm 2024:",
                "- Tham gia BHYT (12): tăng 0,70 điểm phần trăm (từ 94,30% lên 95,00%).",
            ],
        ),
        (
            ("95", "met"),
            ("94.3", "not_met"),
            [
                "Không giữ được mức của quý II năm 2024: Tham gia BHYT (12), nay 94,30%.",
                "Chỉ tiêu có thay đổi rõ về số liệu so với quý II năm 2024:",
                "- Tham gia BHYT (12): giảm 0,70 điểm phần trăm (từ 95,00% xuống 94,30%).",
            ],
        ),
    ],
)
def test_what_changed_since_the_last_report(
    given: ReportInput, say: Messages, then: Any, now: Any, expected: list[str]
) -> None:
    last = (share(given, *then),) if then else ()
    chosen = replace(given, attainments=(share(given, *now),), last=last)
    assert list(changes_since_last.describe_changes_since_last(chosen, say)) == expected


def test_the_annual_report_does_not_say_each_change_twice(catalogue: Catalogue, say: Messages) -> None:
    annual = sample(catalogue, "kon-tum", "kt-1693", "2024")
    rows = (share(annual, "95", "met"),)
    chosen = replace(annual, attainments=rows, last=(share(annual, "90", "not_met"),))
    assert list(changes_since_last.describe_changes_since_last(chosen, say)) == [
        "Chuyển sang đạt hoặc trong mức phân kỳ: Tham gia BHYT (12)."
    ]


def test_what_adds_up_through_the_year_is_not_set_beside_another_stretch(given: ReportInput, say: Messages) -> None:
    row = next(a for a in given.attainments if a.item == "15.1" and a.unit == given.area)
    now = replace(row, value=Fraction(30), interval=None, status="over_plan", as_of="")
    chosen = replace(given, attainments=(now,), last=(replace(now, value=Fraction(10)),))
    assert (
        changes_since_last.describe_changes_since_last(chosen, say)[-1]
        == "So với quý II năm 2024, kết quả các chỉ tiêu không có thay đổi rõ."
    )


# --- directions -----------------------------------------------------------------------------------------


def directed(given: ReportInput, say: Messages) -> tuple[str, ...]:
    figures = build_figures(given, say)
    return directions.describe_directions(
        given,
        say,
        figures,
        build_unit_table(given, say, figures).scores,
        build_plan_task_facts(given, say),
        build_difficulty_notes(given, say).groups,
    )


def test_a_report_with_nothing_late_or_due_says_what_takes_longest_and_what_the_office_is_asked(
    catalogue: Catalogue, say: Messages
) -> None:
    base = sample(catalogue, "quang-ngai", "kt-124", "2026Q3")
    waiting = {"status": "not_met", "met": False, "progress_class": "", "as_of": "", "present": 10, "expected": 10}
    rows = tuple(
        replace(a, **waiting, value=Fraction(value), target=Fraction(100), operator=">=")  # type: ignore[arg-type]
        for a, value in zip((a for a in base.attainments if a.unit == base.area), range(50, 95, 5), strict=False)
    )
    own = NoteReport("608", "2026Q3", 1, "Thiếu thuốc", "", "Đề nghị Sở Y tế điều chuyển thuốc", "Tỉnh")
    (sent, *_) = base.statuses
    late = (replace(sent, state="accepted", late_days=3),)
    given = replace(
        emptied(base), attainments=rows, notes=(own,), statuses=late, snapshot_at="2026-10-20T09:00:00+07:00"
    )
    far, asked, on_time = directed(given, say)[1:]
    assert far.startswith("1. Tiếp tục thực hiện các chỉ tiêu chưa đến kỳ đánh giá") and far.count("(") == 3
    assert asked == "2. Giải quyết, trả lời 01 kiến nghị của các đơn vị thuộc thẩm quyền của Sở Y tế, nêu tại mục V."
    assert on_time == "3. Yêu cầu các đơn vị gửi báo cáo chậm nêu tại mục I chấp hành đúng thời hạn."


def test_where_nothing_asks_for_anything_the_plan_simply_goes_on(given: ReportInput, say: Messages) -> None:
    assert list(directed(emptied(given), say)) == [
        "Tiếp tục tổ chức thực hiện đồng bộ các nhiệm vụ, giải pháp nêu tại Kế hoạch số 1693/KH-UBND "
        "trong quý IV năm 2024."
    ]


def test_of_a_period_that_is_over_nothing_is_directed(given: ReportInput, say: Messages) -> None:
    """A report drawn years later: nobody is told what to do in a quarter long past."""
    ended = compute_next_period(given.period).end
    last_day = replace(given, snapshot_at=f"{ended}T09:30:00+07:00")
    assert len(directed(last_day, say)) > 1 and build_facts(last_day, say).first_page.actions
    facts = build_facts(replace(given, snapshot_at=f"{ended + timedelta(days=1)}T09:30:00+07:00"), say)
    assert facts.first_page.actions == ()
    assert facts.directions.title == "PHƯƠNG HƯỚNG, NHIỆM VỤ"
    assert facts.directions.sentences == (
        "Đến ngày lập báo cáo, quý IV năm 2024 đã kết thúc; phương hướng, nhiệm vụ nêu tại báo cáo của kỳ gần nhất.",
    )


def test_each_point_is_numbered_and_ends_with_a_full_stop(given: ReportInput, say: Messages) -> None:
    opening, *points = directed(given, say)
    assert opening.endswith(":")
    assert [int(line.split(".")[0]) for line in points] == list(range(1, len(points) + 1))
    assert all(line.endswith(".") for line in points)


def test_units_without_an_accepted_report_are_to_be_reminded_by_name(given: ReportInput, say: Messages) -> None:
    paragraph = next(line for line in directed(given, say) if "Đôn đốc" in line)
    sentence = next(one for one in re.split(r"\. (?=Yêu cầu)", paragraph) if "Đôn đốc" in one)
    for status in given.statuses:
        assert (format_unit_mention(say, status.unit_name) in sentence) == (status.state != "accepted")


def test_only_tasks_of_the_next_period_fall_due(given: ReportInput, say: Messages) -> None:
    task = given.plan.tasks[0]
    following = compute_next_period(given.period)

    def due(day: Any) -> bool:
        deadline = task.deadline.model_copy(update={"kind": "by_date", "date": day, "written": "trong tháng"})
        plan = given.plan.model_copy(update={"tasks": (task.model_copy(update={"deadline": deadline}),)})
        return any("đến hạn trong quý IV" in line for line in directed(replace(given, plan=plan, tasks=()), say))

    assert due(following.start) and due(following.end)
    assert not due(following.end + timedelta(days=1))
    assert not due(given.period.end)


# --- the path -------------------------------------------------------------------------------------------


def test_the_outlook_names_the_likeliest_first_and_each_target_once(catalogue: Catalogue, say: Messages) -> None:
    annual = sample(catalogue, "kon-tum", "kt-1693", "2024")
    row = share(annual, "90", "not_met", progress_class="limited")
    likely = Projection(2030, 96.0, 95.1, 96.9, Fraction(95), 0.97, "rất có khả năng", 8)
    rows = (
        replace(row, projections=(replace(likely, probability=0.1, chance="ít khả năng"),)),
        replace(row, item="13", indicator="elderly_care", projections=(likely,), status="met"),
    )
    chosen = replace(annual, attainments=rows)
    lines = path_section.build_outlook(chosen, say, build_figures(chosen, say), 1).sentences
    assert list(lines[:1]) == [
        "Triển vọng đạt mức kế hoạch năm 2030: rất có khả năng 01 chỉ tiêu (13); ít khả năng 01 chỉ tiêu (12).",
    ]


def test_too_short_a_series_foresees_nothing(catalogue: Catalogue, say: Messages) -> None:
    annual = sample(catalogue, "kon-tum", "kt-1693", "2024")
    short = Projection(2030, points=2, reason=saying("quá ít số liệu để dự báo: có 2 kỳ, cần ít nhất 6"))
    chosen = replace(annual, attainments=(share(annual, "90", "not_met", projections=(short,), progress_class=""),))
    figures = build_figures(chosen, say)
    outlook = path_section.build_outlook(chosen, say, figures, 1)
    assert outlook.rows == ()
    assert outlook.sentences == ()


# --- periods, places, dates -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "following", "before"),
    [
        ("2024Q1", "2024Q2", "2023Q4"),
        ("2024Q4", "2025Q1", "2024Q3"),
        ("2024H1", "2024H2", "2023H2"),
        ("2024H2", "2025H1", "2024H1"),
        ("2024N", "2024Q4", "2024H1"),
        ("2024", "2025", "2023"),
    ],
)
def test_the_period_after_and_the_report_before(period: str, following: str, before: str) -> None:
    assert compute_next_period(Period.parse(period)).key == following
    assert compute_previous_report_period(Period.parse(period)).key == before


@pytest.mark.parametrize(
    ("name", "within"),
    [
        ("Huyện Đắk Tô", "huyện Đắk Tô"),
        ("Thành phố Kon Tum", "thành phố Kon Tum"),
        ("Thị trấn Nhã Nam", "thị trấn Nhã Nam"),
        ("Quận 1", "Quận 1"),
        ("Phường Lê Lợi", "Phường Lê Lợi"),
        ("Xã Quang Trung", "Xã Quang Trung"),
        ("Bệnh viện Đa khoa tỉnh Kon Tum", "Bệnh viện Đa khoa tỉnh Kon Tum"),
        ("Xã", "Xã"),
    ],
)
def test_units_are_written_within_a_sentence_as_the_decree_says(say: Messages, name: str, within: str) -> None:
    assert format_unit_mention(say, name) == within


def test_each_ground_has_its_own_subject_word_for_word(catalogue: Catalogue, say: Messages) -> None:
    health = "Chiến lược quốc gia bảo vệ, chăm sóc và nâng cao sức khỏe Nhân dân giai đoạn đến năm 2030, tầm nhìn đến năm 2045"
    head = build_report_head(sample(catalogue, "kon-tum", "kt-1693", "2024Q3"), say)
    assert head.bases == (
        f"Căn cứ Quyết định số 89/QĐ-TTg ngày 23 tháng 01 năm 2024 của Thủ tướng Chính phủ phê duyệt {health};",
        "Căn cứ khoản 1 Mục V Kế hoạch số 1693/KH-UBND ngày 17 tháng 5 năm 2024 của Ủy ban nhân dân tỉnh Kon Tum "
        f"thực hiện {health} trên địa bàn tỉnh Kon Tum.",
    )
    assert head.subject == f"Kết quả quý III năm 2024 thực hiện {health} theo Kế hoạch số 1693/KH-UBND"


def test_a_report_goes_neither_to_who_has_ended_nor_to_its_own_office(catalogue: Catalogue, say: Messages) -> None:
    """Drawn up after the district ended: by the city's department, which the district's plan names for a copy."""
    given = sample(catalogue, "tan-yen", "ty-ct25", "2024")
    late = replace(given, snapshot_at="2026-11-27T09:00:00+07:00")
    assert build_report_head(given, say).recipients == ("Ủy ban nhân dân tỉnh Bắc Giang", "Huyện ủy Tân Yên")
    assert build_report_head(late, say).recipients == ("Ủy ban nhân dân thành phố Bắc Ninh",)
    assert build_report_foot(given, say).copies == ("Sở Y tế (báo cáo)",)
    assert build_report_foot(late, say).copies == ()


@pytest.mark.parametrize(
    ("scope", "plan", "lacks"),
    [
        ("kon-tum", "kt-1693", {}),
        ("tan-yen", "ty-ct25", {}),
        ("kon-tum", "kt-124", {"deputed": "Kế hoạch giao Ban cán sự đảng Ủy ban nhân dân tỉnh báo cáo"}),
        ("kon-tum", "ttg-ct25", {"draft": "báo cáo lập theo Chỉ thị số 25-CT/TW", "deputed": "việc Sở Y tế lập báo cáo này cần"}),
    ],
)  # fmt: skip
def test_a_report_says_whose_decision_it_lacks(
    catalogue: Catalogue, say: Messages, scope: str, plan: str, lacks: dict[str, str]
) -> None:
    """To the office alone: no document prints it."""
    facts = build_facts(sample(catalogue, scope, plan, "2024"), say)
    told = {note.kind: note.text for note in facts.before_signing if note.kind in {"draft", "deputed"}}
    assert told.keys() == lacks.keys()
    assert all(lacks[kind] in text for kind, text in told.items())


@pytest.mark.parametrize("plan", ["kt-1693", "kt-124", "ttg-ct25"])
def test_what_the_office_has_to_settle_leaves_it_in_no_document(catalogue: Catalogue, say: Messages, plan: str) -> None:
    given = replace(sample(catalogue, "quang-ngai", plan, "2026Q3"), snapshot_at="2026-10-27T09:30:00+07:00")
    facts = build_facts(given, say)
    notes = [note.text for note in facts.before_signing]
    assert notes or plan == "kt-1693"
    printed = render_text_files(facts, say, TEMPLATES)
    word = "\n".join(p.text for p in Document(BytesIO(printed[".docx"])).paragraphs)
    annex = load_workbook(BytesIO(render_excel_annex(facts, say, datetime(2026, 10, 27))))
    cells = "\n".join(str(cell) for sheet in annex for row in sheet.iter_rows(values_only=True) for cell in row)
    for text in (word, printed[".html"].decode(), cells):
        assert [note for note in notes if note in text] == []
        assert "dự thảo" not in text


@pytest.mark.parametrize(
    ("scope", "plan", "asked"),
    [
        ("tan-yen", "ty-ct25", "cần văn bản giao của cấp có thẩm quyền."),
        ("kon-tum", "kt-124", "cần văn bản giao của Đảng ủy Ủy ban nhân dân tỉnh."),
    ],
)
def test_a_body_that_has_ended_is_asked_for_nothing(
    catalogue: Catalogue, say: Messages, scope: str, plan: str, asked: str
) -> None:
    given = replace(sample(catalogue, scope, plan, "2024"), snapshot_at="2026-11-27T09:30:00+07:00")
    (text,) = (note.text for note in build_facts(given, say).before_signing if note.kind == "deputed")
    assert text.endswith(asked)


def test_a_plan_is_called_by_kind_and_number_or_by_its_issuer(catalogue: Catalogue, say: Messages) -> None:
    called = {
        plan: format_plan_name(sample(catalogue, scope, plan, "2024"), say)
        for scope, plan in (
            ("kon-tum", "kt-1693"),
            ("kon-tum", "kt-124"),
            ("tan-yen", "ty-ct25"),
            ("kon-tum", "ttg-ct25"),
        )
    }
    assert called == {
        "kt-1693": "Kế hoạch số 1693/KH-UBND",
        "kt-124": "Kế hoạch số 124-KH/TU",
        "ty-ct25": "Kế hoạch của Ủy ban nhân dân huyện Tân Yên",
        "ttg-ct25": "Chỉ thị số 25-CT/TW",
    }


def test_nobody_reports_on_a_draft(catalogue: Catalogue, say: Messages) -> None:
    """But on what was issued and it is to carry out: in title, opening, grounds, directions and closing alike."""
    facts = build_facts(sample(catalogue, "quang-ngai", "ttg-ct25", "2026Q3"), say)
    assert facts.head.subject.startswith("Kết quả quý III năm 2026 thực hiện Chỉ thị số 25-CT/TW về tiếp tục củng cố")
    assert "Chỉ thị số 25-CT/TW" in facts.head.opening and "Chỉ thị số 25-CT/TW" in facts.foot.closing
    assert "nêu tại Chỉ thị số 25-CT/TW" in facts.directions.sentences[0]
    said = " ".join((facts.head.subject, facts.head.opening, *facts.head.bases, *facts.summary[:1], facts.foot.closing))
    assert "Kế hoạch" not in said and "dự thảo" not in said


def test_a_draft_names_what_it_carries_out(catalogue: Catalogue) -> None:
    draft = catalogue.plans["ttg-ct25"].model_dump() | {"targets": ()}
    assert models.Plan.model_validate(draft)
    with pytest.raises(ValueError, match="begins with kind and number"):
        models.Plan.model_validate(draft | {"implements": "Y tế cơ sở"})


def test_a_ground_cited_in_one_line_by_an_older_catalogue_is_still_read() -> None:
    line = "Quyết định số 89/QĐ-TTg ngày 23/01/2024 của Thủ tướng Chính phủ"
    ground = models.CitedDocument.model_validate(line)
    assert (ground.kind, ground.number, ground.date.isoformat()) == ("Quyết định", "89/QĐ-TTg", "2024-01-23")
    assert (ground.issuer, ground.subject) == ("Thủ tướng Chính phủ", "")


def test_a_plural_lead_is_small_within_a_sentence_and_a_name_is_not(say: Messages) -> None:
    leads = "Sở Y tế, Các huyện ủy, thành ủy, Cơ quan Các vấn đề"
    assert directions._mention_leads(say, leads) == "Sở Y tế, các huyện ủy, thành ủy, Cơ quan Các vấn đề"
    assert directions._mention_leads(say, "Các ban đảng") == "các ban đảng"
