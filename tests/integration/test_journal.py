"""The journal: each content once, each sender answered once, each batch whole folders."""

from dataclasses import replace
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine

from etl import load
from etl.catalog.loader import Catalogue
from etl.model import CellState, Finding, FindingLevel
from etl.warehouse import journal
from tests.integration.build import item

pytestmark = pytest.mark.integration

FORM, WHEN = "kt-district-quarter", "2024-04-10T08:00:00+07:00"


def test_the_same_content_is_one_delivery_under_any_name(loader: Engine) -> None:
    with loader.begin() as conn:
        first, new = journal.register_delivery(conn, "a" * 64, 10, "quý 1.xlsx", "608", WHEN)
        again, new_again = journal.register_delivery(
            conn, "a" * 64, 10, "khác.xlsx", "608", "2024-05-01T00:00:00+07:00"
        )
    assert (new, new_again) == (True, False)
    assert first == again
    assert (first.received_at, first.folder) == (WHEN, "608")
    with loader.connect() as conn:
        kinds = [(e.kind, e.detail.get("name"), e.detail.get("folder")) for e in journal.fetch_events(conn)]
        only = journal.fetch_events(conn, "duplicate", first.delivery_id)
    assert kinds == [("received", None, None), ("duplicate", "khác.xlsx", "608")]
    assert [e.kind for e in only] == ["duplicate"]


def test_the_same_content_in_another_folder_is_judged_on_its_own(loader: Engine) -> None:
    with loader.begin() as conn:
        first, _ = journal.register_delivery(conn, "a" * 64, 10, "quý 1.xlsx", "608", WHEN)
        second, new = journal.register_delivery(conn, "a" * 64, 10, "quý 1.xlsx", "610", WHEN)
    assert new and second.delivery_id != first.delivery_id


@pytest.mark.parametrize(
    ("accepted", "judged_by", "new"),
    [(False, "old", False), (False, "new", True), (True, "new", False)],
    ids=["refused, same rules", "refused, other rules", "accepted"],
)
def test_only_what_was_refused_under_other_rules_is_taken_anew(
    accepted: bool, judged_by: str, new: bool, loader: Engine, catalogue: Catalogue
) -> None:
    wrong = () if accepted else (Finding("V01", FindingLevel.REFUSE, "sai"),)
    with loader.begin() as conn:
        made = item(conn, catalogue, FORM, "608", "2024Q1", {("23281", "pop_total"): "1"}, findings=wrong)
        load.load_deliveries(conn, [replace(made, judged_by="old")])
    sent = (made.delivery.sha256, 1, "a.xlsx", "608", WHEN, journal.DeliveryMark(judged_by))
    with loader.begin() as conn:
        assert journal.register_delivery(conn, *sent)[1] is new
    with loader.begin() as conn:
        assert journal.register_delivery(conn, *sent)[1] is False, "once it waits for its verdict it is known"


def test_who_sends_the_same_file_again_gets_the_answer_again(loader: Engine, catalogue: Catalogue) -> None:
    with loader.begin() as conn:
        made = item(conn, catalogue, FORM, "608", "2024Q1", {("23281", "pop_total"): "1"})
        load.load_deliveries(conn, [made])
        journal.mark_returned(conn, made.delivery.delivery_id, file="a")
        assert journal.fetch_unreturned_verdicts(conn) == []
        journal.register_delivery(conn, made.delivery.sha256, 1, "lại.xlsx", "608", WHEN)
        assert [a.delivery.delivery_id for a in journal.fetch_unreturned_verdicts(conn)] == [made.delivery.delivery_id]
        journal.mark_returned(conn, made.delivery.delivery_id, file="a")
        assert journal.fetch_unreturned_verdicts(conn) == []


def test_what_another_version_replaced_is_a_version_anew(loader: Engine, catalogue: Catalogue) -> None:
    """v1, v2, v1, v1: three versions, and the last file is known."""
    with loader.begin() as conn:
        first, second = (
            item(conn, catalogue, FORM, "608", "2024Q1", {("23281", "pop_total"): n}, name="a") for n in ("1", "2")
        )
        load.load_deliveries(conn, [first, second])
        again, new = journal.register_delivery(conn, first.delivery.sha256, 1, "a.xlsx", "608", WHEN)
        assert new and again.delivery_id != first.delivery.delivery_id
        assert not journal.register_delivery(conn, first.delivery.sha256, 1, "a.xlsx", "608", WHEN)[1], "it waits"
        (receipt,) = load.load_deliveries(conn, [replace(first, delivery=again)])
        assert receipt.version == 3
        for _ in range(2):
            known, new = journal.register_delivery(conn, first.delivery.sha256, 1, "a.xlsx", "608", WHEN)
            assert (known.delivery_id, new) == (again.delivery_id, False), "for ever"
        told = journal.fetch_unreturned_verdicts(conn)[-1]
    assert (told.version, told.standing_version, told.is_known) == (3, 3, True)


def test_what_follows_something_undecided_is_judged_after_it(loader: Engine, catalogue: Catalogue) -> None:
    """Nobody knows yet what will stand: the load decides, under its lock."""
    with loader.begin() as conn:
        first = item(conn, catalogue, FORM, "608", "2024Q1", {("23281", "pop_total"): "1"})
        load.load_deliveries(conn, [first])
        other = item(conn, catalogue, FORM, "608", "2024Q2", {("23281", "pop_total"): "1"})
        again, new = journal.register_delivery(conn, first.delivery.sha256, 1, "a.xlsx", "608", WHEN)
        assert new
        receipts = load.load_deliveries(conn, [other, replace(first, delivery=again)])
        assert [(r.accepted, r.version) for r in receipts] == [(True, 1), (True, 0)], "it stood all the time"
        told = journal.fetch_unreturned_verdicts(conn)[-1]
        kinds = [e.kind for e in journal.fetch_events(conn, delivery_id=again.delivery_id)]
        assert not journal.register_delivery(conn, first.delivery.sha256, 1, "a.xlsx", "608", WHEN)[1]
    assert (told.delivery.delivery_id, told.version, told.is_known) == (again.delivery_id, 1, True)
    assert kinds == ["received", "duplicate"]


def test_a_refusal_is_judged_again_once_the_units_other_reports_changed(loader: Engine, catalogue: Catalogue) -> None:
    wrong = (Finding("T01", FindingLevel.REFUSE, "sai"),)
    with loader.begin() as conn:
        made = item(conn, catalogue, FORM, "608", "2024Q2", {("23281", "pop_total"): "1"}, findings=wrong)
        load.load_deliveries(conn, [made])
    for unit, new in (("610", False), ("608", True)):
        with loader.begin() as conn:
            load.load_deliveries(conn, [item(conn, catalogue, FORM, unit, "2024Q1", {})])
        with loader.begin() as conn:
            assert journal.register_delivery(conn, made.delivery.sha256, 1, "a.xlsx", "608", WHEN)[1] is new


def test_a_taking_is_registered_once_whatever_stands(loader: Engine, catalogue: Catalogue) -> None:
    mark = journal.DeliveryMark("", ".taking-1")
    with loader.begin() as conn:
        first = item(conn, catalogue, FORM, "608", "2024Q1", {("23281", "pop_total"): "1"})
        sent = (first.delivery.sha256, 1, "a.xlsx", "608", WHEN)
        assert not journal.register_delivery(conn, *sent, mark)[1]
        assert not journal.register_delivery(conn, *sent, mark)[1]
        assert len(journal.fetch_events(conn, "duplicate")) == 1
        item(conn, catalogue, FORM, "608", "2024Q1", {("23281", "pop_total"): "2"})
        assert not journal.register_delivery(conn, *sent, mark)[1], "though something undecided came after it"
        assert journal.register_delivery(conn, *sent, journal.DeliveryMark("", ".taking-2"))[1]


def test_two_processes_register_the_same_content(loader: Engine) -> None:
    start, seen = Barrier(2), []

    def run() -> None:
        start.wait()
        with loader.begin() as conn:
            seen.append(journal.register_delivery(conn, "b" * 64, 10, "a.xlsx", "608", WHEN))

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({delivery.delivery_id for delivery, _ in seen}) == 1
    assert sorted(new for _, new in seen) == [False, True]


def test_batches_share_the_work_by_folder(loader: Engine) -> None:
    with loader.begin() as conn:
        for i in range(40):
            journal.register_delivery(
                conn, f"{i:064x}", 1, "a.xlsx", str(600 + i % 20), f"2024-04-{10 + i // 20}T08:00:00+07:00"
            )
        batches = [journal.fetch_pending_deliveries(conn, i, 3) for i in range(3)]
        every = journal.fetch_pending_deliveries(conn)
    assert sorted(d.delivery_id for batch in batches for d in batch) == sorted(d.delivery_id for d in every)
    folders = [{d.folder for d in batch} for batch in batches]
    assert all(folders)
    assert not (folders[0] & folders[1] or folders[1] & folders[2] or folders[0] & folders[2])
    assert [d.received_at for d in every] == sorted(d.received_at for d in every)


def test_a_decided_delivery_is_not_pending(loader: Engine, catalogue: Catalogue) -> None:
    with loader.begin() as conn:
        done, open_ = (item(conn, catalogue, FORM, u, "2024Q1", {}) for u in ("608", "610"))
        load.load_deliveries(conn, [done])
        assert journal.fetch_pending_deliveries(conn) == [open_.delivery]


def test_an_answer_is_owed_until_it_is_given(loader: Engine, catalogue: Catalogue) -> None:
    with loader.begin() as conn:
        load.load_deliveries(conn, [item(conn, catalogue, FORM, "608", "2024Q1", {("23281", "pop_total"): "5"})])
        (answer,) = journal.fetch_unreturned_verdicts(conn)
        assert (answer.form, answer.unit, answer.period, answer.version) == (FORM, "608", "2024Q1", 1)
        assert answer.verdict.accepted
        assert answer.changes == ()
        journal.mark_returned(conn, answer.delivery.delivery_id, file="returns/608/x.xlsx")
        assert journal.fetch_unreturned_verdicts(conn) == []
        assert journal.fetch_events(conn, "returned")[0].detail == {"file": "returns/608/x.xlsx"}


def test_a_correction_names_what_changed(loader: Engine, catalogue: Catalogue) -> None:
    task = "task.kt-124.III.2-3.state"
    before = {("23281", "pop_total"): "5", ("23281", "insured"): "4", ("23281", "managed"): "1",
              ("608", task): "Chưa thực hiện", ("23281", "elderly"): ""}  # fmt: skip
    after = {("23281", "pop_total"): "5", ("23281", "insured"): "3", ("23281", "managed"): "?",
             ("608", task): "Đã hoàn thành", ("23284", "pop_total"): "0"}  # fmt: skip
    with loader.begin() as conn:
        for cells in (before, after):
            load.load_deliveries(conn, [item(conn, catalogue, FORM, "608", "2024Q1", cells)])
        answer = journal.fetch_unreturned_verdicts(conn)[-1]
    assert answer.version == 2
    told = {(c.org_unit_code, c.data_element): c for c in answer.changes}
    assert set(told) == {("23281", "insured"), ("23281", "managed"), ("608", task), ("23284", "pop_total")}
    insured, new = told[("23281", "insured")], told[("23284", "pop_total")]
    assert (insured.before, insured.after, insured.sheet) == (4, 3, "B1")
    assert (new.state_before, new.before, new.state_after, new.after) == (CellState.MISSING, None, CellState.ZERO, 0)
    assert told[("23281", "managed")].state_after == CellState.UNRELIABLE
    assert (told[("608", task)].words_before, told[("608", task)].words_after) == ("Chưa thực hiện", "Đã hoàn thành")


def test_a_report_is_noted_with_its_snapshot(loader: Engine) -> None:
    with loader.begin() as conn:
        report = journal.ReportRecord(
            "kon-tum", "kt-1693", "quarter", "2024Q1", "abc", WHEN, {"bao-cao.docx": "0" * 64}
        )
        number = journal.record_report(conn, report)
        (event,) = journal.fetch_events(conn, "report_written")
    assert event.detail == {"report": number, "scope": "kon-tum", "plan": "kt-1693", "period": "2024Q1"}
