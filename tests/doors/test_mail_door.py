"""The door of e-mail, against an IMAP and an SMTP server on loopback: every kind of message has a defined end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from sqlalchemy import Engine

from etl import steps
from etl.catalog import Catalogue, contacts
from etl.catalog.contacts import load_contacts
from etl.doors import mail_door
from etl.doors.mail_door import DONE_FOLDER
from etl.errors import MailError
from etl.file_io import is_hidden_sign
from etl.settings import Settings
from etl.warehouse import journal
from etl.warehouse.door_store import record_account
from tests.doors.conftest import NOW, UNIT, BookMaker, list_inbox, run_intake, with_text
from tests.imap_server import ImapServer
from tests.integration.test_hostile_text import HOSTILE, list_package_problems
from tests.mailbox import SENDER, Mailbox

pytestmark = pytest.mark.integration
FROM, OTHER_FROM = "huyen612@vi-du.test", "huyen613@vi-du.test"
EXCEL = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


@dataclass
class Post:
    """The two servers, and what the warehouse says of what came of a message."""

    imap: ImapServer
    smtp: Mailbox
    settings: Settings
    loader: Engine

    def collect(self) -> dict[str, int]:
        return steps.collect_mail(self.imap.mailbox)["messages"]

    def taken(self) -> list[dict[str, Any]]:
        with self.loader.connect() as conn:
            return [dict(event.detail) for event in journal.fetch_events(conn, "mail_taken")]


@pytest.fixture
def post(opened: Settings, loader: Engine, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    registered = load_contacts(catalogue).model_copy(
        update={"units": {UNIT: FROM, "613": OTHER_FROM, "614": "x@vi-du.test"}}
    )
    monkeypatch.setattr(mail_door, "load_contacts", lambda _: registered)
    monkeypatch.setattr(mail_door, "get_current_time", lambda: NOW)
    assert contacts
    imap, smtp = ImapServer(), Mailbox()
    with imap.open(), smtp.open():
        yield Post(imap, smtp, opened, loader)


def build_mail(number: int = 1, sender: str = FROM, **headers: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, SENDER, "Báo cáo quý III"
    message["Message-ID"] = f"<{number}@vi-du.test>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Kính gửi Sở Y tế.")
    return message


def with_book(message: EmailMessage, data: bytes, name: str = "Báo cáo quý III.xlsx") -> EmailMessage:
    message.add_attachment(data, *EXCEL, filename=name)
    return message


def test_an_attachment_is_taken_checked_and_answered_once(post: Post, book: BookMaker) -> None:
    post.imap.put(with_book(build_mail(), book().with_element("pop_total", "mười").bytes()).as_bytes())
    assert post.collect() == {"taken": 1}
    assert list_inbox(post.settings) == [f"{UNIT}/Báo cáo quý III.xlsx"]
    assert post.imap.folders["INBOX"] == {} and len(post.imap.folders[DONE_FOLDER]) == 1
    assert steps.answer_mail(post.smtp.post) == {"sent": []}, "the intake has not answered yet"

    run_intake()
    assert len(steps.answer_mail(post.smtp.post)["sent"]) == 1
    assert steps.answer_mail(post.smtp.post) == {"sent": []}
    (answer,) = post.smtp.messages
    assert post.smtp.to == [FROM]
    assert answer["Auto-Submitted"] == "auto-generated"
    text = answer.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Báo cáo quý III.xlsx: Bị trả lại" in text
    (returned,) = (post.settings.outbox / "returns" / UNIT).iterdir()
    (attached,) = answer.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == (returned.name, returned.read_bytes())


def test_a_message_is_taken_once_by_its_id(post: Post, book: BookMaker) -> None:
    raw = with_book(build_mail(), book().bytes()).as_bytes()
    post.imap.put(raw)
    post.imap.put(raw)
    assert post.collect() == {"taken": 1, "known": 1}
    post.imap.put(raw)
    assert post.collect() == {"known": 1}
    assert len(post.taken()) == 1 and len(list_inbox(post.settings)) == 1


@pytest.mark.parametrize(
    ("end", "sender", "headers"),
    [
        ("unknown", "la@vi-du.test", {}),
        ("unknown", "huyen612@khac.test", {}),
        ("no_account", "x@vi-du.test", {}),
        ("automatic", FROM, {"Auto_Submitted": "auto-replied"}),
        ("automatic", FROM, {"Precedence": "bulk"}),
        ("automatic", FROM, {"X_Auto_Response_Suppress": "All"}),
        ("automatic", FROM, {"List_Id": "<x.vi-du.test>"}),
        ("automatic", FROM, {"Return_Path": "<>"}),
        ("automatic", f"mailer-daemon@{SENDER.partition('@')[2]}", {}),
        ("automatic", SENDER, {"Auto_Submitted": "auto-generated"}),
    ],
)
def test_who_gets_no_answer(post: Post, book: BookMaker, end: str, sender: str, headers: dict[str, str]) -> None:
    post.imap.put(with_book(build_mail(1, sender, **headers), book().bytes()).as_bytes())
    assert post.collect() == {end: 1}
    assert list_inbox(post.settings) == [] and post.imap.folders["INBOX"] == {}
    assert [item for _, item in post.imap.fetched if item == "BODY.PEEK[]"] == [], "its content was never asked for"
    run_intake()
    assert steps.answer_mail(post.smtp.post) == {"sent": []}


def test_what_cannot_be_taken_is_answered_with_the_reason(post: Post, book: BookMaker) -> None:
    message = build_mail()
    message.add_attachment(b"PK\x03\x04", "application", "zip", filename="bao-cao.zip")
    message.add_attachment(b"x", "application", "ms-tnef", filename="winmail.dat")
    message.add_attachment(b"x", "application", "pdf", filename="công văn.pdf")
    message.add_attachment(b"", *EXCEL, filename="rong.xlsx")
    message.add_attachment(b"x", "image", "png", filename="logo.png", disposition="inline")
    message.add_attachment(b"x", "application", "pkcs7-signature", filename="smime.p7s")
    post.imap.put(message.as_bytes())
    post.imap.put(build_mail(2).as_bytes())
    assert post.collect() == {"taken": 2}
    assert list_inbox(post.settings) == []
    assert len(steps.answer_mail(post.smtp.post)["sent"]) == 2
    refused, empty = (m.get_body(("plain",)).get_content() for m in post.smtp.messages)  # type: ignore[union-attr]
    for said in (
        "bao-cao.zip: chưa nhận. Tệp nén",
        "winmail.dat: chưa nhận. Tệp winmail.dat",
        "công văn.pdf: chưa nhận. Chỉ nhận",
        "rong.xlsx: chưa nhận. Tệp không có",
    ):
        assert said in refused
    assert "logo" not in refused and "p7s" not in refused
    assert "không có tệp Excel nào" in empty


def test_several_files_and_hostile_names(post: Post, book: BookMaker) -> None:
    message = with_book(build_mail(), book().bytes(), "../../613/a.xlsx")
    with_book(message, book().with_element("pop_total", "mười").bytes(), "Biểu số 1 – xã Đắk Tờ Kan.xlsx")
    post.imap.put(message.as_bytes())
    assert post.collect() == {"taken": 1}
    assert list_inbox(post.settings) == [f"{UNIT}/Biểu số 1 – xã Đắk Tờ Kan.xlsx", f"{UNIT}/a.xlsx"]
    run_intake()
    steps.answer_mail(post.smtp.post)
    (answer,) = post.smtp.messages
    assert len(list(answer.iter_attachments())) == 2


def test_what_a_letter_and_its_files_are_called_is_text_in_the_answer(post: Post, book: BookMaker) -> None:
    for number, word in enumerate(HOSTILE):
        one_line = word.replace("\r\n", " ")  # a header has no more
        message = build_mail(number)
        message.replace_header("Subject", one_line)
        with_book(message, with_text(book(), word), f"{one_line}.xlsx")
        message.add_attachment(b"x", "application", "pdf", filename=f"{one_line}.pdf")
        post.imap.put(message.as_bytes())
    assert post.collect() == {"taken": len(HOSTILE)}
    run_intake()
    assert len(steps.answer_mail(post.smtp.post)["sent"]) == len(HOSTILE)
    assert post.smtp.to == [FROM] * len(HOSTILE)
    heads = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}
    for answer in post.smtp.messages:
        assert set(answer.keys()) == heads and "zq" not in answer["Subject"]
        text = answer.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert "zq" in text and not any(is_hidden_sign(sign) for sign in text.replace("\r\n", ""))
        (attached,) = answer.iter_attachments()
        name = attached.get_filename() or ""
        assert name.endswith("_tra-lai.xlsx") and not any(is_hidden_sign(sign) or sign in '/\\"' for sign in name), name
        assert list(list_package_problems(attached.get_content())) == []


def test_names_as_older_mailers_write_them(post: Post, book: BookMaker) -> None:
    raw = with_book(build_mail(), book().bytes(), "X.xlsx").as_bytes()
    encoded = raw.replace(b'filename="X.xlsx"', b'filename="=?UTF-8?B?QsOhbyBjw6FvLnhsc3g=?="')
    assert encoded != raw
    post.imap.put(encoded)
    post.collect()
    assert list_inbox(post.settings) == [f"{UNIT}/Báo cáo.xlsx"]


def test_a_message_that_is_too_large_is_not_fetched(
    post: Post, book: BookMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGKET_MAX_FILE_MB", "0.001")
    post.imap.put(with_book(build_mail(), book().bytes()).as_bytes())
    assert post.collect() == {"taken": 1}
    assert (1, "BODY.PEEK[]") not in post.imap.fetched
    steps.answer_mail(post.smtp.post)
    assert "lớn hơn 0.001 MB" in post.smtp.messages[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_a_revoked_account_ends_the_address_too(post: Post, book: BookMaker, catalogue: Catalogue) -> None:
    unit = catalogue.find_unit(UNIT, NOW.date())
    assert unit
    with post.loader.begin() as conn:
        record_account(conn, unit, "revoked", "", "người thu hồi")
    post.imap.put(with_book(build_mail(), book().bytes()).as_bytes())
    assert post.collect() == {"no_account": 1}


@pytest.mark.parametrize(
    ("results", "end"),
    [
        (["mx.vi-du.test; dmarc=pass header.from=vi-du.test"], "taken"),
        (["mx.vi-du.test; dmarc=fail"], "unproved"),
        (["mx.khac.test; dmarc=pass"], "unproved"),
        (["mx.vi-du.test; dmarc=fail", "mx.vi-du.test; dmarc=pass"], "unproved"),
        ([], "unproved"),
    ],
)
def test_only_a_sender_that_the_own_server_proved(post: Post, book: BookMaker, results: list[str], end: str) -> None:
    post.imap.server = "mx.vi-du.test"
    head = "".join(f"Authentication-Results: {result}\r\n" for result in results).encode()
    post.imap.put(head + with_book(build_mail(), book().bytes()).as_bytes())
    assert post.collect() == {end: 1}


def test_a_mailbox_that_hangs_up_loses_and_doubles_nothing(post: Post, book: BookMaker) -> None:
    for number in (1, 2, 3):
        data = book().with_element("pop_total", 1000 + number).bytes()
        post.imap.put(with_book(build_mail(number), data, f"{number}.xlsx").as_bytes())
    post.imap.drop_after = 9
    with pytest.raises(MailError):
        post.collect()
    post.collect()
    assert sorted(mail["message"] for mail in post.taken()) == [f"<{n}@vi-du.test>" for n in (1, 2, 3)]
    assert post.imap.folders["INBOX"] == {}


def test_malformed_messages_end_too(post: Post) -> None:
    for raw in (
        b"",
        b"\r\n\r\n",
        b"From: a@b, c@d\r\n\r\nx",
        b"From: \xff\xfe\r\nMessage-ID: <\r\n\r\nx",
        b"From: " + b"(" * 5000 + b"\r\n\r\n",
    ):
        post.imap.put(raw)
    ends = post.collect()
    assert sum(ends.values()) == 5 and "taken" not in ends
    assert post.imap.folders["INBOX"] == {}


def test_a_closed_door_reads_no_mailbox(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGKET_DOORS", "web")
    assert "skipped" in steps.collect_mail(post.imap.mailbox) and "skipped" in steps.answer_mail(post.smtp.post)
    monkeypatch.setenv("TONGKET_DOORS", "mail")
    assert "skipped" in steps.collect_mail(None) and "skipped" in steps.answer_mail(None)
