"""The catalogue against the documents it was taken from. Needs the documents beside the checkout."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

import pytest

from etl.catalog import Catalogue, models
from tests.catalogue.seeds import SEEDS, Clause, Document, fold, list_transcribed_plans

pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="the plan documents are not beside the checkout")

ANNEX = "Phụ lục, chỉ tiêu"
NOT_SAID = "không ghi"
# Classes of offices: the documents word them a little differently each time.
WORDED_FREELY = {
    "so-nganh",
    "so-ban-nganh",
    "ban-can-su-dang",
    "dang-uy-truc-thuoc",
    "nguoi-dung-dau",
    "phong-ban-nganh",
    "ubnd-huyen-ty",
    "to-chuc-ctxh-tinh",
    "to-chuc-ctxh-huyen",
    "mttq-huyen",
    "mttq-tinh",
    "co-quan-lien-quan",
}


@pytest.fixture(scope="module")
def documents(catalogue: Catalogue) -> dict[str, Document]:
    return {plan.id: Document(SEEDS / plan.seed_file) for plan in list_transcribed_plans(catalogue)}


def from_annex(plan: models.Plan) -> list[models.Target]:
    return [t for t in plan.targets if t.clause.startswith(ANNEX)]


def from_body(plan: models.Plan) -> list[models.Target]:
    return [t for t in plan.targets if not t.clause.startswith(ANNEX)]


def test_each_annex_row_is_printed_cell_for_cell(catalogue: Catalogue, documents: dict[str, Document]) -> None:
    plan = catalogue.plans["kt-1693"]
    annex = documents[plan.id].annex()
    for row in from_annex(plan):
        cells = [row.item if row.item.replace(".", "").isdigit() else "", row.title, row.unit_written]
        cells += [row.baseline.written] if row.baseline else []
        cells += [ms.written for ms in row.milestones]
        assert fold("".join(cells)) in annex, row.item


def test_annex_rows_stand_in_the_order_of_the_document(catalogue: Catalogue, documents: dict[str, Document]) -> None:
    plan = catalogue.plans["kt-1693"]
    annex = documents[plan.id].annex()
    places = [annex.index(fold(row.title)) for row in from_annex(plan) if row.title not in {"Nam", "Nữ"}]
    assert all(a < b for a, b in pairwise(places))
    groups = [annex.index(fold(group)) for group in plan.groups[:4]]
    assert groups == sorted(groups)
    for row in from_annex(plan):
        if row.title not in {"Nam", "Nữ"}:
            at = annex.index(fold(row.title))
            assert row.group == max(g for g in zip(groups, plan.groups, strict=False) if g[0] < at)[1], row.item


def test_each_target_is_written_in_its_clause(catalogue: Catalogue, documents: dict[str, Document]) -> None:
    for plan in list_transcribed_plans(catalogue):
        for row in from_body(plan):
            text = documents[plan.id].text(Clause.parse(row.clause))
            for ms in row.milestones:
                assert fold(ms.written).lower() in text.lower(), f"{plan.id} {row.item}: {ms.written!r} in {text!r}"


def test_to_maintain_is_the_documents_word(catalogue: Catalogue, documents: dict[str, Document]) -> None:
    for plan in list_transcribed_plans(catalogue):
        for row in from_body(plan):
            if row.kind == "maintain":
                assert fold("duy trì") in documents[plan.id].text(Clause.parse(row.clause)).lower(), row.item


def test_no_percentage_of_a_document_is_left_out(catalogue: Catalogue, documents: dict[str, Document]) -> None:
    percent = re.compile(r"\d+(?:,\d+)?%")
    for plan in list_transcribed_plans(catalogue):
        printed = Counter(percent.findall(documents[plan.id].folded))
        written = Counter(p for t in plan.targets for ms in t.milestones for p in percent.findall(fold(ms.written)))
        assert written == printed, plan.id


def test_each_deadline_is_written_where_its_task_is(catalogue: Catalogue, documents: dict[str, Document]) -> None:
    for plan in list_transcribed_plans(catalogue):
        for task in plan.tasks:
            if task.deadline.written == NOT_SAID:
                assert task.deadline.kind == "not_stated", f"{plan.id} {task.id}"
                continue
            clause = Clause.parse(task.clause)
            deep = task.deadline.kind == "by_date"
            text = documents[plan.id].text(clause, deep=deep) + documents[plan.id].text(clause, deep=False) * (not deep)
            assert fold(task.deadline.written).lower() in text.lower(), f"{plan.id} {task.id}"


def test_dates_are_written_with_their_dash_or_letter(catalogue: Catalogue, documents: dict[str, Document]) -> None:
    for plan in list_transcribed_plans(catalogue):
        for task in plan.tasks:
            if task.deadline.kind == "by_date" and task.id != "III.1-1":
                text = documents[plan.id].text(Clause.parse(task.clause))
                assert fold(task.deadline.written) in text, f"{plan.id} {task.id}"


def test_offices_are_named_by_the_document_and_leads_in_the_section_of_their_task(
    catalogue: Catalogue, documents: dict[str, Document]
) -> None:
    for plan in list_transcribed_plans(catalogue):
        for task in plan.tasks:
            clause = Clause.parse(task.clause)
            text = documents[plan.id].text(Clause(clause.roman, clause.part)).lower()
            for actor in set(task.lead) - WORDED_FREELY:
                assert fold(catalogue.actors[actor].name).lower() in text, f"{plan.id} {task.id} {actor}"
            for actor in set(task.cooperate) - WORDED_FREELY - {"ubnd-huyen"}:
                assert fold(catalogue.actors[actor].name).lower() in documents[plan.id].folded.lower(), task.id


def test_leads_are_named_where_the_document_assigns_the_task(
    catalogue: Catalogue, documents: dict[str, Document]
) -> None:
    """In the two Kon Tum plans every lead stands in the numbered clause of its task, not only in the section."""
    for plan_id in ("kt-1693", "kt-124"):
        plan = catalogue.plans[plan_id]
        for task in plan.tasks:
            text = documents[plan_id].text(Clause.parse(task.clause), deep=False).lower()
            for actor in set(task.lead) - WORDED_FREELY:
                assert fold(catalogue.actors[actor].name).lower() in text, f"{plan_id} {task.id} {actor}"


def test_every_lettered_point_with_an_assignment_has_its_task(
    catalogue: Catalogue, documents: dict[str, Document]
) -> None:
    plan, document = catalogue.plans["kt-1693"], documents["kt-1693"]
    points = {
        (str(number), line[0])
        for number in range(1, 13)
        for line in document.section(Clause("III", number=str(number)))
        if re.match(r"[a-zđ]\)\s", line)
    }
    clauses = [Clause.parse(task.clause) for task in plan.tasks]
    assert {(c.number, c.letter) for c in clauses if c.roman == "III"} == points
    assert len(points) == 46


def test_every_dash_of_the_party_plan_has_its_task(catalogue: Catalogue, documents: dict[str, Document]) -> None:
    plan, document = catalogue.plans["kt-124"], documents["kt-124"]
    for number in range(1, 7):
        lines = document.section(Clause("III", "Nhiệm vụ", str(number)))
        dashes = sum(bool(re.match(r"[-–]\s", line)) for line in lines)
        ours = [t for t in plan.tasks if t.clause.startswith(f"mục III.{number},")]
        assert len(ours) == dashes, number


def test_every_point_of_the_prime_ministers_plan_is_a_task_or_targets(
    catalogue: Catalogue, documents: dict[str, Document]
) -> None:
    plan, document = catalogue.plans["ttg-ct25"], documents["ttg-ct25"]
    clauses = [Clause.parse(x.clause) for x in (*plan.tasks, *plan.targets)]
    points = {
        (str(number), line[0])
        for number in range(1, 6)
        for line in document.section(Clause("II", number=str(number)))
        if re.match(r"[a-zđ]\)\s", line)
    }
    assert {(c.number, c.letter) for c in clauses if c.roman == "II" and c.letter} == points


def test_every_duty_of_an_office_of_tan_yen_has_its_task(catalogue: Catalogue, documents: dict[str, Document]) -> None:
    """Section III: the bullets of each office; a bullet that also reports is two tasks."""
    plan, document = catalogue.plans["ty-ct25"], documents["ty-ct25"]
    for number in range(1, 10):
        lines = document.section(Clause("III", number=str(number)))
        bullets = sum(bool(re.match(r"[-–]\s", line)) for line in lines)
        ours = [t for t in plan.tasks if t.clause.startswith(f"mục III, khoản {number}")]
        assert len(ours) == max(bullets, 1) + (number == 9), number


def test_recipients_are_those_printed_and_all_of_them(catalogue: Catalogue, documents: dict[str, Document]) -> None:
    for plan in list_transcribed_plans(catalogue):
        document = documents[plan.id]
        after = fold(document.raw.replace("*", "").partition("Nơi nhận")[2])
        assert bool(after) == bool(plan.recipients), plan.id
        for recipient in plan.recipients:
            assert fold(recipient) in after, f"{plan.id}: {recipient}"
        if after:
            listed = re.split(r"TM\.|T/M|Phụlục", after)[0]
            printed = [x for x in re.split(r"[;,]?-(?=\D)", listed.lstrip(":")) if x]
            joined = fold("".join(plan.recipients))
            missing = [x for x in printed if x.strip(".,;") and x.strip(".,;").split(";")[0] not in joined]
            assert missing == [], plan.id


def test_reporting_duties_are_written_in_their_clause(catalogue: Catalogue, documents: dict[str, Document]) -> None:
    for plan in list_transcribed_plans(catalogue):
        for duty in plan.duties:
            if duty.basis == "source":
                text = documents[plan.id].text(Clause.parse(duty.clause))
                assert duty.frequency_written, plan.id
                assert fold(duty.frequency_written) in text, f"{plan.id} {duty.by}"


def test_titles_and_numbers_of_the_plans_are_the_documents_own(
    catalogue: Catalogue, documents: dict[str, Document]
) -> None:
    for plan in list_transcribed_plans(catalogue):
        head = documents[plan.id].folded[:1500].lower().replace(".", "")
        assert fold(plan.title.removeprefix("Kế hoạch ")).lower().replace(".", "") in head, plan.id
    assert fold("Số 124-KH/TU") in documents["kt-124"].folded
    assert fold("1693 17") in documents["kt-1693"].folded
    assert fold("Số: /KH-UBND") in documents["ty-ct25"].folded
    assert fold("Quyết định số /QĐ-TTg") in documents["ttg-ct25"].folded


def test_task_titles_are_not_copied_paragraphs(catalogue: Catalogue, documents: dict[str, Document]) -> None:
    """Short statements of our own: a title that repeats a long run of the document is a copy."""
    for plan in list_transcribed_plans(catalogue):
        for task in plan.tasks:
            if len(task.title) > 60:
                assert fold(task.title) not in documents[plan.id].folded, f"{plan.id} {task.id}"
