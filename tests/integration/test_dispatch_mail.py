"""Messages to recipients, against a real mail server: each arrives once, and never twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from etl import steps
from etl.dispatch import mail_protocol
from etl.errors import MailError, StorageError, UsageError
from etl.settings import Settings
from etl.warehouse import dispatch_store
from tests.integration.published import ANNEX, FILES, WORD, addresses, home, publish
from tests.mailbox import LOST, SENDER, Mailbox

pytestmark = pytest.mark.integration

MINISTRY, PROVINCE = "bo-y-te", "ubnd-tinh-kon-tum"
ONE = {MINISTRY: "van.thu@bo.test"}


@pytest.fixture
def office(warehouse: Settings, loader: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A published report; the Ministry has an address."""
    folder = home(tmp_path / "home", monkeypatch)
    addresses(folder, ONE)
    publish(loader, warehouse)
    return folder


Opened = Callable[..., Mailbox]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Opens mail servers with a plan, and closes them."""
    running = []

    def start(*plan: str) -> Mailbox:
        box = Mailbox(*plan)
        running.append(box.open())
        running[-1].__enter__()
        return box

    yield start
    for server in running:
        server.__exit__(None, None, None)


def _steps(engine: Engine) -> list[tuple[str, int, str]]:
    with engine.connect() as conn:
        rows = conn.execute(text("SELECT mail, attempt, step FROM ops.mail ORDER BY mail_step_id")).all()
    return [tuple(row) for row in rows]


def _mailed(engine: Engine) -> list[tuple[str, str, str]]:
    with engine.connect() as conn:
        found = conn.execute(text("SELECT recipient, address, message_id FROM out.dispatch WHERE channel = 'mail'"))
        return [tuple(row) for row in found]


KEY = f"report/1/{MINISTRY}"


def test_document_and_annex_arrive_with_a_vietnamese_letter(office: Path, loader: Engine, opened: Opened) -> None:
    box = opened()
    assert steps.dispatch_mail(box.post) == {"sent": [KEY]}
    (message,) = box.messages
    assert (box.to, message["To"], message["From"]) == ([ONE[MINISTRY]], ONE[MINISTRY], SENDER)
    assert message["Subject"] == "Sở Y tế: Báo cáo kết quả thực hiện Kế hoạch 1693/KH-UBND, quý I năm 2024"
    body = message.get_body(("plain",))
    assert body is not None
    words = body.get_content().replace("\r\n", "\n")
    assert words.startswith("Kính gửi: Bộ Y tế\n")
    assert "/BC-SYT ngày 26/04/2024, người ký: Y Bình." in words
    assert {part.get_filename(): part.get_content() for part in message.iter_attachments()} == {
        name: FILES[name] for name in (WORD, ANNEX)
    }
    assert max(len(line) for line in box.raw[0].split(b"\r\n")) <= 998
    assert box.raw[0].isascii()
    assert _steps(loader) == [(KEY, 1, "begun"), (KEY, 1, "sent")]
    assert _mailed(loader) == [(MINISTRY, ONE[MINISTRY], message["Message-ID"])]


def test_once_is_enough(office: Path, loader: Engine, opened: Opened) -> None:
    box = opened()
    steps.dispatch_mail(box.post)
    assert steps.dispatch_mail(box.post) == {"sent": []}
    addresses(office, {MINISTRY: "moi@bo.test"})
    assert steps.dispatch_mail(box.post) == {"sent": []}
    assert len(box.raw) == box.sessions == 1


def test_a_pdf_takes_the_place_of_the_word_document(
    warehouse: Settings, loader: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: Opened
) -> None:
    addresses(home(tmp_path / "home", monkeypatch), ONE)
    publish(loader, warehouse, files={**FILES, "bao-cao.pdf": b"%PDF-1.7\n\xff"})
    box = opened()
    steps.dispatch_mail(box.post)
    assert [part.get_filename() for part in box.messages[0].iter_attachments()] == ["bao-cao.pdf", ANNEX]


def test_simulated_data_is_marked(
    office: Path, loader: Engine, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGKET_SIMULATED", "1")
    box = opened()
    steps.dispatch_mail(box.post)
    body = box.messages[0].get_body(("plain",))
    assert box.messages[0]["Subject"].startswith("[SỐ LIỆU MÔ PHỎNG] ")
    assert body is not None and body.get_content().startswith("SỐ LIỆU MÔ PHỎNG\r\n")


def test_turned_down_for_now_is_tried_again(office: Path, loader: Engine, opened: Opened) -> None:
    box = opened("451 try later")
    with pytest.raises(MailError, match="1 of 1 messages") as caught:
        steps.dispatch_mail(box.post)
    assert "451 try later" in caught.value.where
    assert _mailed(loader) == []
    assert steps.dispatch_mail(box.post) == {"sent": [KEY]}
    assert len(box.raw) == 1
    assert [step for _, _, step in _steps(loader)] == ["begun", "not_sent", "begun", "sent"]


def test_refused_for_good_waits_for_another_address(office: Path, loader: Engine, opened: Opened) -> None:
    addresses(office, {MINISTRY: "sai@bo.test", PROVINCE: "van.thu@tinh.test"})
    box = opened()
    for _ in range(2):
        with pytest.raises(MailError, match=r"1 of . messages") as caught:
            steps.dispatch_mail(box.post)
        assert "550 no such mailbox" in caught.value.where
    assert box.to == ["van.thu@tinh.test"], "one refusal stops no other message"
    assert box.sessions == 2, "the server is not asked again"
    addresses(office, {**ONE, PROVINCE: "van.thu@tinh.test"})
    assert steps.dispatch_mail(box.post) == {"sent": [KEY]}
    assert box.to == ["van.thu@tinh.test", ONE[MINISTRY]]


def test_refused_after_the_text_is_no_doubt_either(office: Path, loader: Engine, opened: Opened) -> None:
    box = opened("554 looks like spam")
    with pytest.raises(MailError):
        steps.dispatch_mail(box.post)
    (waiting,) = steps.dispatch_folders()["mail"]
    assert (waiting["step"], waiting["said"]) == ("refused", "554 looks like spam")
    steps.settle_mail(waiting["message_id"], "Y Bình", arrived=False)
    assert steps.dispatch_mail(box.post) == {"sent": [KEY]}


def test_a_server_that_is_away_leaves_no_doubt(office: Path, loader: Engine) -> None:
    box = Mailbox()
    with pytest.raises(MailError, match="1 of 1") as caught:
        steps.dispatch_mail(box.post)
    assert "cannot be used" in caught.value.where
    assert _steps(loader) == []
    with box.open():
        assert steps.dispatch_mail(box.post) == {"sent": [KEY]}


def test_a_connection_lost_after_the_text_is_never_tried_again(office: Path, loader: Engine, opened: Opened) -> None:
    box = opened(LOST)
    for _ in range(3):
        with pytest.raises(MailError, match="1 of 1") as caught:
            steps.dispatch_mail(box.post)
        assert "nobody knows" in caught.value.where
    assert len(box.raw) == 1, "the server had it"
    assert _steps(loader) == [(KEY, 1, "begun"), (KEY, 1, "unsure")]
    (waiting,) = steps.dispatch_folders()["mail"]
    assert (waiting["step"], waiting["message_id"]) == ("unsure", box.messages[0]["Message-ID"])
    assert waiting["message_id"] in caught.value.where
    steps.settle_mail(waiting["message_id"], "Y Bình", arrived=True)
    assert steps.dispatch_mail(box.post) == {"sent": []}
    assert _mailed(loader) == [(MINISTRY, ONE[MINISTRY], waiting["message_id"])]
    assert len(box.raw) == 1


def test_what_a_person_knows_did_not_arrive_is_sent_again_under_the_same_id(
    office: Path, loader: Engine, opened: Opened
) -> None:
    box = opened(LOST)
    with pytest.raises(MailError):
        steps.dispatch_mail(box.post)
    first = box.messages[0]["Message-ID"]
    assert steps.settle_mail(first, " Y Bình ", arrived=False)["settled_by"] == "Y Bình"
    assert steps.dispatch_mail(box.post) == {"sent": [KEY]}
    assert [message["Message-ID"] for message in box.messages] == [first, first]
    with pytest.raises(UsageError, match="waits for nobody"):
        steps.settle_mail(first, "Y Bình", arrived=False)


@pytest.mark.parametrize("crash", ["before the server heard", "after the server had it"])
def test_a_crash_within_an_attempt_is_never_tried_again(
    crash: str, office: Path, loader: Engine, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = opened()
    note, killed = dispatch_store.record_attempt, "begun" if crash.startswith("before") else "sent"

    def dying(conn: object, attempt: dispatch_store.MailAttempt) -> None:
        if attempt.step == killed == "sent":
            raise KeyboardInterrupt
        note(conn, attempt)  # type: ignore[arg-type]

    def dead(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(mail_protocol, "record_attempt", dying)
        if killed == "begun":
            patch.setattr(mail_protocol, "send_message", dead)
        steps.dispatch_mail(box.post)
    with pytest.raises(MailError) as caught:
        steps.dispatch_mail(box.post)
    assert "nobody knows" in caught.value.where
    assert len(box.raw) == (killed == "sent")
    assert _steps(loader) == [(KEY, 1, "begun")]


def test_old_reports_are_not_mailed_to_a_new_address(office: Path, loader: Engine, opened: Opened) -> None:
    box = opened()
    real = steps.dispatch_mail.__globals__["get_current_time"]
    later = real().replace(year=real().year + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(steps.dispatch_mail.__globals__, "get_current_time", lambda: later)
        assert steps.dispatch_mail(box.post) == {"sent": []}
    assert box.raw == []


@pytest.mark.parametrize(("to", "post", "why"), [({}, Mailbox().post, "no e-mail"), (ONE, None, "'smtp_default'")])
def test_without_address_or_connection_it_is_skipped_and_says_so(
    office: Path, to: dict[str, str], post: object, why: str
) -> None:
    addresses(office, to)
    assert why in steps.dispatch_mail(post)["skipped"]  # type: ignore[arg-type]


def test_a_changed_file_is_not_mailed_and_stops_no_other(
    office: Path, loader: Engine, warehouse: Settings, opened: Opened
) -> None:
    publish(loader, warehouse, plan="ttg-ct25")
    (warehouse.outbox / "reports/2024Q1/kon-tum/kt-1693_quarter" / WORD).write_bytes(b"touched up")
    box = opened()
    with pytest.raises(StorageError, match="1 messages"):
        steps.dispatch_mail(box.post)
    assert _mailed(loader)[0][0] == MINISTRY and len(box.raw) == 1


@pytest.mark.parametrize(("message", "by", "why"), [("<no@one>", "Y Bình", "no message"), ("<no@one>", " ", "nobody")])
def test_settling_names_a_message_and_a_person(office: Path, message: str, by: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        steps.settle_mail(message, by, arrived=True)


def test_attempts_cannot_be_rewritten(office: Path, loader: Engine, opened: Opened) -> None:
    steps.dispatch_mail(opened().post)
    with loader.begin() as conn:
        (done,) = dispatch_store.fetch_last_attempts(conn).values()
    assert re.fullmatch(r"<tongket\.[0-9a-f]{32}@vi-du\.test>", done.message_id)
    with pytest.raises(Exception, match="mail_mail_attempt_step_key"), loader.begin() as conn:
        dispatch_store.record_attempt(conn, replace(done, said="else"))
