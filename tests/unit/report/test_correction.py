"""What counts as a printed number that changed, and how the correction says it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from etl.catalog.loader import Catalogue
from etl.errors import TemplateError
from etl.messages import Messages
from etl.model.registration import Registration
from etl.report import ReportInput
from etl.report.correction_report import (
    CorrectionCause,
    CorrectionInput,
    CorrectionTemplateContext,
    build_correction_facts,
    has_printed_changes,
    needs_replacement,
    render_word_correction,
)
from etl.report.facts import build_facts
from etl.report.figure_facts import CountedNumber, Figure, PrintedNumber
from etl.report.report_facts import ReportFacts
from etl.report.section_facts import SnapshotIdentity
from etl.report.template_slots import list_template_slots
from tests.report.samples import open_word, sample
from tests.unit.report.conftest import TEMPLATES

CAUSE = CorrectionCause("Trung tâm Y tế huyện A", "Biểu quý", "quý III năm 2024", 2, "2024-10-30T08:00:00+07:00", 3)


@pytest.fixture(scope="module")
def facts(given: ReportInput, say: Messages) -> ReportFacts:
    return build_facts(given, say)


@pytest.fixture
def changed(facts: ReportFacts) -> Callable[..., ReportFacts]:
    """The facts with a figure of the area changed, as a later snapshot gives them."""

    def make(**parts: Any) -> ReportFacts:
        figure = replace(first(facts), **parts)
        return replace(
            facts,
            snapshot=SnapshotIdentity("2024-11-02T08:00:00+07:00", "later", "08h00 ngày 02/11/2024"),
            situation=tuple(s.replace("21/10/2024", "02/11/2024") for s in facts.situation),
            figures=facts.figures | {figure.item: facts.figures[figure.item] | {figure.unit: figure}},
        )

    return make


def first(facts: ReportFacts) -> Figure:
    """The area's first figure that has a value."""
    area = facts.area.unit
    return next(units[area] for units in facts.figures.values() if units[area].value.value is not None)


def test_another_snapshot_with_the_same_print_is_no_difference(
    facts: ReportFacts, changed: Callable[..., ReportFacts]
) -> None:
    assert not has_printed_changes(facts, changed())
    assert not has_printed_changes(facts, changed(source="another words")), "words are no number"


@pytest.mark.parametrize(
    ("share", "parts", "needed"),
    [
        (Fraction(1, 200), {}, False),
        (Fraction(-1, 200), {}, False),
        (Fraction(1, 100), {}, True),
        (Fraction(-1, 100), {}, True),
        (Fraction(1, 200), {"status_text": "khác"}, True),
        (Fraction(0), {"numerator": "4.321"}, False),
    ],
)
def test_a_small_change_waits_for_the_next_report_and_a_turned_verdict_does_not(
    facts: ReportFacts, changed: Callable[..., ReportFacts], share: Fraction, parts: dict[str, str], needed: bool
) -> None:
    was = first(facts)
    value = was.value.get_fraction() * (1 + share)
    new = (
        {"value": replace(was.value, value=float(value), exact=str(value), text=f"{float(value):.3f}")} if share else {}
    )
    new |= {name: replace(was.numerator, text=text) if name == "numerator" else text for name, text in parts.items()}
    later = changed(**new)
    assert has_printed_changes(facts, later)
    assert needs_replacement(facts, later, 0.01) is needed


def test_a_figure_that_came_or_went_is_replaced(facts: ReportFacts) -> None:
    item, area = first(facts).item, facts.area.unit
    left = {unit: figure for unit, figure in facts.figures[item].items() if unit != area}
    gone = replace(facts, figures=facts.figures | {item: left})
    assert needs_replacement(facts, gone, 0.5) and needs_replacement(gone, facts, 0.5)
    assert not needs_replacement(facts, facts, 0.0)


@pytest.mark.parametrize("part", ["printed", "status_text"])
def test_a_changed_print_or_verdict_is_a_difference(
    facts: ReportFacts, changed: Callable[..., ReportFacts], part: str
) -> None:
    assert has_printed_changes(facts, changed(**{part: "khác 1"}))


def test_a_figure_that_prints_the_same_but_counts_others_is_a_difference_and_says_which(
    facts: ReportFacts, changed: Callable[..., ReportFacts], say: Messages
) -> None:
    later = changed(numerator=replace(first(facts).numerator, text="4.321"))
    (row,) = build_correction_facts(CorrectionInput(7, facts, later, (CAUSE,)), say).rows
    assert row.after.endswith("tử số 4.321") and row.before != row.after
    assert not row.status_changed


def test_a_turned_verdict_is_named(facts: ReportFacts, changed: Callable[..., ReportFacts], say: Messages) -> None:
    later = changed(status_text="Đạt sau thay thế", printed="99,9")
    made = build_correction_facts(CorrectionInput(7, facts, later, (CAUSE,)), say)
    assert len(made.verdicts) == 1 and "Đạt sau thay thế" in made.verdicts[0]
    assert "lần 2" in made.causes[0] and "điều chỉnh 03 số liệu của biểu, làm thay đổi 01 số liệu" in made.causes[0]
    two = build_correction_facts(CorrectionInput(7, facts, later, (CAUSE, CAUSE)), say)
    assert all(cause.endswith("ngày 30/10/2024, điều chỉnh 03 số liệu của biểu.") for cause in two.causes)


def _fall_short(figure: Figure, people: int, share: str, **parts: Any) -> Figure:
    """The figure, short of its target by so many people."""
    missing = CountedNumber(people, str(people), f"{people} người", 0, "người")
    return replace(figure, missing=missing, plan_share=PrintedNumber(1.0, "1", share, 1), **parts)


@pytest.mark.parametrize(
    ("operator", "status", "words"),
    [
        (">", "not_met", "còn thiếu"),
        ("<=", "not_met", "còn cao hơn"),
        ("<=", "over_plan", "còn cao hơn"),
        ("eliminate", "not_met", "còn"),
    ],
)
def test_a_changed_figure_says_what_is_missing_though_its_verdict_is_the_same(
    facts: ReportFacts, say: Messages, operator: str, status: str, words: str
) -> None:
    item, area = first(facts).item, facts.area.unit
    place = next(unit for unit in facts.figures[item] if unit != area)

    def short(printed: str, people: int, share: str) -> ReportFacts:
        parts = {"printed": printed, "operator": operator, "shown_status": status, "status_text": "Chưa"}
        made = {
            unit: _fall_short(facts.figures[item][unit], people, share, **parts) if unit in {area, place} else figure
            for unit, figure in facts.figures[item].items()
        }
        return replace(facts, figures=facts.figures | {item: made})

    given = CorrectionInput(7, short("94,71", 17, "99,7"), short("94,56", 26, "99,5"), ())
    of_area, of_place = build_correction_facts(given, say).rows
    assert (of_area.before, of_area.after) == (
        f"94,71; {words} 17 người; 99,7% mục tiêu",
        f"94,56; {words} 26 người; 99,5% mục tiêu",
    )
    assert (of_place.before, of_place.after) == (f"94,71; {words} 17 người", f"94,56; {words} 26 người")
    assert not of_area.status_changed and of_area.verdict_after == f"Chưa, {words} 26 người"
    same = CorrectionInput(7, short("94,71", 17, "99,7"), short("94,56", 17, "99,7"), ())
    assert [row.after for row in build_correction_facts(same, say).rows] == ["94,56", "94,56"]


def test_a_turned_verdict_says_once_what_is_missing(facts: ReportFacts, say: Messages) -> None:
    short = _fall_short(first(facts), 17, first(facts).plan_share.text, printed="1", status_text="Chưa", operator=">")
    later = replace(facts, figures=facts.figures | {short.item: facts.figures[short.item] | {short.unit: short}})
    (row,) = build_correction_facts(CorrectionInput(7, facts, later, ()), say).rows
    assert (row.status_changed, row.after.count("còn thiếu"), row.verdict_after) == (
        True,
        0,
        "Chưa, còn thiếu 17 người",
    )


def test_the_parts_that_change_with_the_figures_are_named_in_one_sentence(
    facts: ReportFacts, changed: Callable[..., ReportFacts], say: Messages
) -> None:
    page = facts.first_page
    units = replace(page.units, rows=page.units.rows[::-1])
    later = replace(changed(printed="12,3"), first_page=replace(page, units=units))
    made = build_correction_facts(CorrectionInput(7, facts, later, ()), say)
    assert made.others == ("- Bảng kết quả của các đơn vị tại trang Tóm tắt được thay theo số liệu trên.",)
    later = replace(
        later,
        first_page=replace(page, units=units, highlights=("Khác.",)),
        since=replace(facts.since, sentences=("Khác.",)),
        outlook=replace(facts.outlook, sentences=("Khác.",)),
        directions=replace(facts.directions, sentences=("Khác.",)),
        chart=replace(facts.chart, alt="Khác."),
        trail=facts.trail[1:],
    )
    (sentence,) = build_correction_facts(CorrectionInput(7, facts, later, ()), say).others
    names = [text for name, text in say.texts.items() if name.startswith("correction.following_")]
    assert len(names) == 7 and all(name in sentence or name[1:] in sentence for name in names)
    assert not build_correction_facts(CorrectionInput(7, facts, changed(printed="12,3"), ()), say).others


def test_an_area_that_has_ended_is_called_the_former_one(
    facts: ReportFacts, changed: Callable[..., ReportFacts], catalogue: Catalogue, say: Messages
) -> None:
    later = changed(printed="12,3", status_text="Khác")
    stands = build_correction_facts(CorrectionInput(7, facts, later, ()), say)
    assert (stands.rows[0].unit_name, facts.area.ended) == (facts.area.name, "")
    ended = build_facts(sample(catalogue, "quang-ngai", "kt-1693", "2025Q3"), say).area
    assert (ended.name, ended.ended) == ("Tỉnh Kon Tum", "2025-06-30")
    gone = build_correction_facts(CorrectionInput(7, facts, replace(later, area=ended), ()), say)
    assert gone.rows[0].unit_name == "Địa bàn tỉnh Kon Tum trước đây"
    assert "(địa bàn tỉnh Kon Tum trước đây)" in gone.verdicts[0]


def test_a_changed_number_in_a_sentence_is_quoted_and_changed_words_are_not(
    facts: ReportFacts, changed: Callable[..., ReportFacts], say: Messages
) -> None:
    later = replace(
        changed(),
        summary=(*facts.summary, "Thêm 3 câu."),
        tasks=replace(facts.tasks, sentences=facts.tasks.sentences or ("Lời khác, không có số.",)),
    )
    made = build_correction_facts(CorrectionInput(7, facts, later, ()), say)
    assert made.others == ("- bổ sung “Thêm 3 câu.”",)
    assert made.rows == () and made.verdicts == ()
    assert made.causes[0] == say.texts["correction.no_cause"]
    back = build_correction_facts(CorrectionInput(7, later, changed(), ()), say)
    assert back.others == ("- bỏ “Thêm 3 câu.”",)


def test_a_figure_that_is_gone_stands_with_a_dash(
    facts: ReportFacts, changed: Callable[..., ReportFacts], say: Messages
) -> None:
    item, area = first(facts).item, facts.area.unit
    left = {unit: figure for unit, figure in facts.figures[item].items() if unit != area}
    later = replace(changed(), figures=facts.figures | {item: left})
    (row,) = build_correction_facts(CorrectionInput(7, facts, later, ()), say).rows
    assert (row.item, row.after, row.verdict_after) == (item, "–", "–")


def test_the_document_prints_both_numbers_the_same_each_time(
    facts: ReportFacts, changed: Callable[..., ReportFacts], say: Messages
) -> None:
    given = Registration(5, date(2024, 7, 22), ("GIÁM ĐỐC",), "A")
    made = build_correction_facts(CorrectionInput(7, facts, changed(printed="12,3"), (CAUSE,), given), say)
    data = render_word_correction(made, say, TEMPLATES / "correction.docx")
    assert render_word_correction(made, say, TEMPLATES / "correction.docx") == data
    document = open_word(data)
    cells = {cell.text.split(";")[0] for row in document.tables[1].rows for cell in row.cells}
    assert {first(facts).printed, "12,3"} <= cells
    said = "\n".join(p.text for p in document.paragraphs)
    assert "Thay thế số liệu tại Báo cáo số 05/BC-SYT ngày 22 tháng 7 năm 2024" in said and "{{" not in said


def test_slots_of_the_template_are_checked_both_ways(
    facts: ReportFacts, changed: Callable[..., ReportFacts], say: Messages, tmp_path: Path
) -> None:
    made = build_correction_facts(CorrectionInput(7, facts, changed(printed="12,3"), ()), say)
    for old, new, message in (
        ("{{ closing }}", "{{ closin }}", "unknown slot 'closin'"),
        ("{{ closing }}", "", "unused slot"),
    ):
        path = tmp_path / "correction.docx"
        shutil.copy(TEMPLATES / "correction.docx", path)
        document = Document(str(path))
        hit = next(p for p in document.paragraphs if old in p.text)
        hit.text = hit.text.replace(old, new)
        document.save(str(path))
        with pytest.raises(TemplateError, match=message):
            render_word_correction(made, say, path)


def test_every_slot_stands_in_the_guide() -> None:
    guide = (
        (TEMPLATES.parent / "docs" / "reports.md")
        .read_text(encoding="utf-8")
        .partition("## Slots of `correction.docx`")[2]
    )
    for slot in list_template_slots(CorrectionTemplateContext):
        assert f"`{slot}`" in guide, f"docs/reports.md does not explain {slot}"
