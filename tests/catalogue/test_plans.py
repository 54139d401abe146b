"""Every plan, target and task of the catalogue, walked."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from etl.catalog import Catalogue, models
from etl.catalog.task_answers import find_unasked_reason, list_task_questions
from etl.model import Period
from etl.model.period import format_date
from tests.catalogue.seeds import list_transcribed_plans

ANNEX = [
    *(str(n) for n in range(1, 16)),
    *("15.1", "15.2", "15.3"),
    *(str(n) for n in range(16, 23)),
    *("22.nam", "22.nu"),
]
COUNTS = {"kt-1693": (31, 71), "kt-124": (18, 21), "ttg-ct25": (9, 29), "ty-ct25": (15, 30)}
KINDS = {
    "kt-1693": {
        "threshold": 14,
        "maintain": 1,
        "eliminate": 1,
        "conditional": 1,
        "published": 6,
        "track": 2,
        "not_assessed": 6,
    },
    "kt-124": {"threshold": 9, "maintain": 1, "per_unit": 2, "track": 1, "milestone": 2, "not_assessed": 3},
    "ttg-ct25": {"threshold": 5, "track": 2, "milestone": 1, "not_assessed": 1},
    "ty-ct25": {"threshold": 6, "maintain": 6, "track": 1, "milestone": 2},
}
NUMBER = re.compile(r"\d+(?:,\d+)?")
COMPARED = {">=", "<=", ">", "<", "="}


def targets(c: Catalogue) -> list[tuple[models.Plan, models.Target]]:
    return [(plan, target) for plan in list_transcribed_plans(c) for target in plan.targets]


def tasks(c: Catalogue) -> list[tuple[models.Plan, models.Task]]:
    return [(plan, task) for plan in list_transcribed_plans(c) for task in plan.tasks]


def target(c: Catalogue, plan: str, item: str) -> models.Target:
    return next(t for t in c.plans[plan].targets if t.item == item)


def first_number(written: str) -> Decimal:
    found = NUMBER.search(written)
    assert found, written
    return Decimal(found[0].replace(",", "."))


DATE = re.compile(r"\d{1,2}/\d{1,2}/\d{4}")


def test_the_four_plans_are_complete(catalogue: Catalogue) -> None:
    assert {p.id: (len(p.targets), len(p.tasks)) for p in list_transcribed_plans(catalogue)} == COUNTS


def test_targets_by_kind(catalogue: Catalogue) -> None:
    assert {p.id: dict(Counter(t.kind for t in p.targets)) for p in list_transcribed_plans(catalogue)} == KINDS


def test_what_gets_no_figure_says_why(catalogue: Catalogue) -> None:
    for plan, row in targets(catalogue):
        assert bool(row.unassessed) == (row.kind == "not_assessed"), (plan.id, row.item)
    told = {(plan.id, row.item) for plan, row in targets(catalogue) if row.unassessed == "by_plan"}
    assert told == {("kt-1693", item) for item in ("11", "22", "22.nam", "22.nu")}, "no plan says it of another line"


def test_the_annex_is_whole_and_in_its_own_order(catalogue: Catalogue) -> None:
    assert [t.item for t in catalogue.plans["kt-1693"].targets][: len(ANNEX)] == ANNEX


def test_annex_rows_with_numbers_have_baseline_and_both_milestones(catalogue: Catalogue) -> None:
    for item in ANNEX:
        row = target(catalogue, "kt-1693", item)
        if row.kind == "not_assessed":
            assert row.statement, item
            assert row.baseline is None, item
            assert row.milestones == (), item
        else:
            assert row.baseline is not None, item
            assert row.baseline.period == "2023", item
            assert [ms.period for ms in row.milestones] == ["2025", "2030"], item


def test_numbers_are_what_is_written(catalogue: Catalogue) -> None:
    for plan, row in targets(catalogue):
        where = f"{plan.id} {row.item}"
        if row.baseline is not None:
            assert row.baseline.value == first_number(row.baseline.written), where
        for ms in row.milestones:
            if ms.operator not in COMPARED or not NUMBER.search(ms.written) or re.search(r"\b01 ", ms.written):
                continue
            expected = row.floor if row.kind == "per_unit" else ms.value
            assert first_number(ms.written) == expected, where


def test_operators_are_as_written(catalogue: Catalogue) -> None:
    """A sign stays strict; a plain number is a floor where more is better and a ceiling where less is."""
    signs = {">": ">", "<": "<", "trên": ">"}
    for plan, row in targets(catalogue):
        for ms in row.milestones:
            if ms.operator not in COMPARED:
                continue
            assert row.indicator is not None
            word = re.split(r"[\s\d]", ms.written.lower(), maxsplit=1)[0]
            plain = ">=" if catalogue.indicators[row.indicator].direction == "up" else "<="
            assert ms.operator == signs.get(word, plain), f"{plan.id} {row.item}: {ms.written}"


def test_decimals_are_those_printed(catalogue: Catalogue) -> None:
    for plan, row in targets(catalogue):
        written = [row.baseline.written] if row.baseline else []
        written += [ms.written for ms in row.milestones if ms.operator in COMPARED]
        printed = [len(n.partition(",")[2]) for text in written for n in NUMBER.findall(text) if "," in n]
        assert row.kind == "track" or row.decimals == max(printed, default=0), f"{plan.id} {row.item}"


def test_each_kind_fits_its_indicator(catalogue: Catalogue) -> None:
    methods = {
        "threshold": {"ratio"},
        "maintain": {"ratio"},
        "eliminate": {"ratio"},
        "conditional": {"ratio"},
        "per_unit": {"share_of_units"},
        "published": {"published"},
        "track": {"ratio", "published"},
        "not_assessed": {"none"},
    }
    for plan, row in targets(catalogue):
        where = f"{plan.id} {row.item}"
        if row.kind == "milestone":
            assert row.indicator is None, where
            assert [ms.operator for ms in row.milestones] == ["done_by"], where
        elif row.indicator is not None:
            assert catalogue.indicators[row.indicator].method in methods[row.kind], where


def test_kinds_carry_what_they_need(catalogue: Catalogue) -> None:
    conditional = target(catalogue, "kt-1693", "7")
    assert conditional.baseline is not None
    definitions = [conditional.baseline.definition, *(ms.definition for ms in conditional.milestones)]
    assert definitions == ["8 loại vắc xin", "12 loại vắc xin", "14 loại vắc xin"]
    malaria = target(catalogue, "kt-1693", "15.3")
    assert [ms.operator for ms in malaria.milestones] == ["eliminate", "maintain_elimination"]
    assert {t.item: t.floor for t in catalogue.plans["kt-124"].targets if t.floor} == {"II-4a": 90, "II-4b": 90}
    estimated = {t.item for t in catalogue.plans["kt-1693"].targets if t.baseline and t.baseline.estimated}
    assert estimated == {"16", "18", "19"}


def test_both_insurance_targets_of_tan_yen_stand(catalogue: Catalogue) -> None:
    rows = [t for t in catalogue.plans["ty-ct25"].targets if t.indicator == "bhyt"]
    assert [(t.item, str(t.milestones[0].value)) for t in rows] == [("I.3-2.1", "99.5"), ("II.2.4.1-3", "99.9")]
    assert all("Mâu thuẫn" in t.notes[0] for t in rows)


def test_every_indicator_serves_a_target(catalogue: Catalogue) -> None:
    used = {t.indicator for _, t in targets(catalogue)}
    assert set(catalogue.indicators) - used == set()


def test_every_actor_is_named_by_a_plan_or_a_scope(catalogue: Catalogue) -> None:
    used = {a for p in catalogue.plans.values() for task in p.tasks for a in (*task.lead, *task.cooperate)}
    for plan in catalogue.plans.values():
        used |= {plan.issuer, *(a for d in plan.duties for a in (d.by, *d.to))}
    for scope in catalogue.scopes.values():
        used |= set(scope.answers_for)
    assert set(catalogue.actors) == used


def test_scopes_answer_for_actors_of_their_level(catalogue: Catalogue) -> None:
    for scope in catalogue.scopes.values():
        for actor, answers in scope.answers_for.items():
            level = answers if isinstance(answers, str) else ""
            assert catalogue.actors[actor].level == level


ASKING = {
    "kon-tum": "2024",
    "tan-yen": "2024",
    "bac-giang": "2024",
    "bac-ninh": "2026",
    "quang-ngai": "2026",
    "toan-quoc": "2026",
}


def test_every_task_is_asked_about_or_the_report_says_why_not(catalogue: Catalogue) -> None:
    """Of each plan that a scope reports on: how many of its tasks a form asks about, and how many no form does."""
    found = {}
    for scope in (catalogue.scopes[name] for name in ASKING):
        asked = {(p, t) for p, t, _ in list_task_questions(catalogue, scope, Period.parse(ASKING[scope.id]))}
        for plan in {report.plan for report in scope.reports}:
            reasons = {t.id: find_unasked_reason(scope, t) for t in catalogue.plans[plan].tasks}
            assert {(plan, task) for task, reason in reasons.items() if not reason} == {
                key for key in asked if key[0] == plan
            }
            found[scope.id, plan] = sum(not reason for reason in reasons.values()), sum(map(bool, reasons.values()))
    assert found == {
        ("kon-tum", "kt-1693"): (71, 0),
        ("kon-tum", "kt-124"): (18, 3),
        ("kon-tum", "ttg-ct25"): (27, 2),
        ("quang-ngai", "kt-1693"): (66, 5),
        ("quang-ngai", "kt-124"): (0, 21),
        ("quang-ngai", "ttg-ct25"): (27, 2),
        ("tan-yen", "ty-ct25"): (28, 2),
        ("bac-ninh", "ty-ct25"): (7, 23),
        ("bac-ninh", "ttg-ct25"): (27, 2),
        ("bac-giang", "ttg-ct25"): (0, 29),
        ("toan-quoc", "ttg-ct25"): (0, 29),
    }


def test_all_plans_have_a_duty_or_say_that_the_source_states_none(catalogue: Catalogue) -> None:
    for plan in list_transcribed_plans(catalogue):
        assert plan.duties, plan.id
        for duty in plan.duties:
            assert duty.note or duty.cadence_basis == "source", plan.id
    assert {p.id for p in list_transcribed_plans(catalogue) if any(d.basis == "configured" for d in p.duties)} == {
        "ttg-ct25"
    }


def test_blank_numbers_and_dates_are_said_to_be_blank(catalogue: Catalogue) -> None:
    for plan in list_transcribed_plans(catalogue):
        assert plan.date is not None or "để trống" in plan.date_note, plan.id
        assert re.match(r"\d", plan.number) or "để trống" in plan.number_note, plan.id
    inferred = catalogue.plans["kt-1693"]
    assert (inferred.number, inferred.date) == ("1693/KH-UBND", date(2024, 5, 17))
    assert "Suy ra" in inferred.number_note
    assert "Suy ra" in inferred.date_note


@pytest.mark.parametrize(
    ("plan", "item", "word"),
    [
        ("kt-1693", "2", "bằng số thực hiện"),
        ("kt-1693", "4", "Người"),
        ("kt-1693", "4", "thấp hơn chỉ tiêu 2025"),
        ("kt-1693", "7", "đứt đoạn"),
        ("kt-1693", "7", "đủ 12 loại"),
        ("kt-1693", "12", "thập phân"),
        ("kt-1693", "13", "thấp hơn số thực hiện"),
        ("kt-1693", "16", "chưa công bố"),
        ("kt-1693", "18", "25 (Ước)|số ước"),
        ("kt-1693", "11", "trải ba cột"),
        ("kt-1693", "22.nam", "để trống"),
    ],
)
def test_defects_of_the_source_are_noted_with_the_target(catalogue: Catalogue, plan: str, item: str, word: str) -> None:
    assert re.search(word, " ".join(target(catalogue, plan, item).notes))


@pytest.mark.parametrize(
    ("plan", "word"),
    [
        ("kt-1693", "1693 17"),
        ("kt-1693", "lặp lại ở đầu trang sau"),
        ("kt-1693", "tỷ lệ"),
        ("kt-124", "Hai mục cùng đánh số III"),
        ("ttg-ct25", "Phụ lục nhiệm vụ"),
        ("ttg-ct25", "Bản dự thảo"),
        ("ty-ct25", "Tuyển huyện"),
        ("ty-ct25", "Quyết định số 33/2015/TT-BYT"),
        ("ty-ct25", "99,5%.*99,9%"),
    ],
)
def test_defects_of_the_source_are_noted_with_the_plan(catalogue: Catalogue, plan: str, word: str) -> None:
    assert any(re.search(word, note) for note in catalogue.plans[plan].notes)


def test_dated_tasks(catalogue: Catalogue) -> None:
    dated = {(p.id, t.id): t.deadline.date for p, t in tasks(catalogue) if t.deadline.kind == "by_date"}
    assert dated == {
        ("kt-124", "III.1-1"): date(2024, 3, 31),
        ("kt-124", "III.2-3"): date(2025, 6, 30),
        ("ttg-ct25", "II.2.d-2"): date(2025, 6, 30),
        ("ty-ct25", "II.2.1-1"): date(2024, 12, 31),
        ("ty-ct25", "II.2.1-2"): date(2024, 12, 31),
    }


def test_dates_are_both_target_and_task(catalogue: Catalogue) -> None:
    for plan in list_transcribed_plans(catalogue):
        by_item = {t.item: t.milestones[0].date for t in plan.targets if t.kind == "milestone"}
        by_task = {t.id: t.deadline.date for t in plan.tasks if t.deadline.kind == "by_date"}
        assert by_item == by_task, plan.id


def test_what_the_end_of_the_districts_overtook(catalogue: Catalogue) -> None:
    overtaken = {(p.id, t.id) for p, t in tasks(catalogue) if t.overtaken_on}
    assert overtaken == {
        ("kt-124", "III.2-3"),
        ("ttg-ct25", "II.2.d-2"),
        ("ty-ct25", "II.2.1-1"),
        ("ty-ct25", "II.2.1-2"),
    }
    for _, task in tasks(catalogue):
        if task.overtaken_on:
            assert task.overtaken_on == date(2025, 7, 1)
            assert task.overtaken_by.startswith("từ ngày 01/7/2025 không còn ")


def test_what_reports_print_of_the_catalogue_is_an_offices_own_words(catalogue: Catalogue) -> None:
    """Within a sentence, acts by their kind, and none of the words by which the makers speak of their sources."""
    reasons = [unasked.reason for name in ASKING for unasked in catalogue.scopes[name].unasked]
    printed = [*reasons, *(task.overtaken_by for _, task in tasks(catalogue) if task.overtaken_by)]
    assert len(printed) > 10
    for text in printed:
        assert text[0].islower() and text[-1] != ".", text
        assert not re.search(r"nguồn\b|danh mục|dự thảo|\b(?:NQ|QĐ|CT|KH) ?\d", text), text
        assert all(day == format_date(date(*map(int, reversed(day.split("/"))))) for day in DATE.findall(text)), text


def test_one_document_is_cited_in_one_way(catalogue: Catalogue) -> None:
    """Its issuer by one name, its date and trích yếu, whichever plan rests on it."""
    cited: dict[tuple[str, str], set[tuple[str, date, str]]] = {}
    for ground in (ground for plan in catalogue.plans.values() for ground in plan.parents):
        cited.setdefault((ground.kind, ground.number), set()).add((ground.issuer, ground.date, ground.subject))
    assert max(map(len, cited.values())) == 1 and sum(map(len, cited.values())) > 3


def test_a_share_of_units_says_what_these_are_called(catalogue: Catalogue) -> None:
    assert {i.code for i in catalogue.indicators.values() if i.counted} == {
        i.code for i in catalogue.indicators.values() if i.method == "share_of_units"
    }


def test_titles_are_short_and_of_our_own(catalogue: Catalogue) -> None:
    assert [(p.id, t.id) for p, t in tasks(catalogue) if len(t.title) > 90] == []
    for plan in list_transcribed_plans(catalogue):
        titles = Counter(t.title for t in plan.tasks)
        assert [title for title, n in titles.items() if n > 1] == [], plan.id


def test_the_tasks_of_a_district_and_of_a_commune(catalogue: Catalogue) -> None:
    kon_tum, tan_yen = catalogue.get_scope("kon-tum"), catalogue.get_scope("tan-yen")
    assert len(catalogue.list_led_tasks(kon_tum, "district", Period.parse("2024Q1"))) == 18
    later = Counter(plan.id for plan, _ in catalogue.list_led_tasks(kon_tum, "district", Period.parse("2024Q2")))
    assert later == {"kt-1693": 28, "kt-124": 18}
    communes = [task.id for _, task in catalogue.list_led_tasks(tan_yen, "commune", Period.parse("2024Q1"))]
    assert communes == ["II.1-2", "III.9-1", "III.9-2", "III.9-3", "III.9-4", "III.9-5", "III.10"]
