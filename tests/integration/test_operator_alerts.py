"""What is wrong is told once, to an address and to a webhook; nobody to tell is a state that can be seen."""

from __future__ import annotations

import datetime as dt
import functools
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from etl import steps
from etl.dispatch.operator_alerts import METRICS
from etl.errors import MailError
from etl.file_io import is_hidden_sign, sanitize_line
from etl.messages import load_messages
from etl.warehouse import journal
from tests.integration.published import home
from tests.integration.test_hostile_text import HOSTILE
from tests.integration.test_signing import PERIOD, SCOPE, Office, office
from tests.mailbox import SENDER, Mailbox

pytestmark = pytest.mark.integration
__all__ = ["office"]  # a fixture
TO = "ky.thuat@vi-du.test"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox("451 later", "")
    with box.open():
        yield box


def test_a_failed_run_is_told_once_to_everybody(
    office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def post() -> Iterator[tuple[smtplib.SMTP, str]]:
        with smtplib.SMTP("127.0.0.1", mailbox.port) as client:
            yield client, SENDER

    hooked: list[str] = []
    assert steps.tell_alerts()["standing"] == []
    steps.record_failed_run("intake", "run 7", None, ["process_1", "returns"])
    untold = steps.tell_alerts(post)
    assert "nobody is told" in untold["skipped"] and len(untold["standing"]) == 1, "no address is configured"
    monkeypatch.setenv("TONGKET_ALERT_TO", TO)
    with pytest.raises(MailError):  # the server is busy
        steps.tell_alerts(post, hooked.append)
    for _ in range(2):
        steps.tell_alerts(post, hooked.append)
    (message,) = mailbox.messages
    assert mailbox.to == [TO] and "intake" in message["Subject"] and "MÔ PHỎNG" in message["Subject"]
    assert "process_1, returns" in message["Subject"] and "run 7" in message.get_content()
    assert len(hooked) == 1 and "intake" in hooked[0], "once each, though the mail failed at first"


def test_what_a_run_is_called_is_text_in_a_mail_and_a_webhook(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGKET_ALERT_TO", TO)
    box, hooked = Mailbox(), list[str]()
    for word in HOSTILE:
        steps.record_failed_run("intake", word, word, [word])
    with box.open():
        standing = steps.tell_alerts(box.post, hooked.append)["standing"]
    assert len(standing) == len(hooked) == len(box.messages) == len(HOSTILE)
    heads = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"}
    heads |= {"Content-Type", "Content-Transfer-Encoding"}
    assert all(set(m.keys()) == heads and m["To"] == TO for m in box.messages) and set(box.to) == {TO}
    for word in map(sanitize_line, HOSTILE):
        assert [word in m["Subject"] and word in m.get_content() for m in box.messages].count(True) == 1, word
    lines = [line for said in (*standing, *hooked) for line in said.split("\n")]
    assert len(lines) == 3 * len(HOSTILE) and not any(is_hidden_sign(sign) for line in lines for sign in line)


def test_a_webhook_that_is_away_keeps_no_mail_back(
    office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def post() -> Iterator[tuple[smtplib.SMTP, str]]:
        with smtplib.SMTP("127.0.0.1", mailbox.port) as client:
            yield client, SENDER

    def away(_: str) -> None:
        raise ConnectionRefusedError

    monkeypatch.setenv("TONGKET_ALERT_TO", TO)
    steps.record_failed_run("intake", "run 7", None, ["returns"])
    with pytest.raises(MailError):  # the server is busy
        steps.tell_alerts(post, away)
    with pytest.raises(ConnectionRefusedError):
        steps.tell_alerts(post, away)
    assert mailbox.to == [TO]
    hooked: list[str] = []
    steps.tell_alerts(post, hooked.append)
    assert mailbox.to == [TO] and len(hooked) == 1, "and the webhook has it once it is back"


def test_every_kind_of_alert_is_told_once_with_what_to_do(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    steps.record_failed_run("intake", "run 7", None, ["returns"])
    office.send(600)
    steps.compute_attainment(SCOPE, PERIOD)
    steps.compute_attainment(SCOPE, "2024Q2")  # of which nobody has sent anything
    with office.loader.begin() as conn:
        journal.register_delivery(conn, "a" * 64, 1, "x.xlsx", "07351", "2024-04-10T08:00:00+07:00")
    layouts = home(tmp_path / "home", monkeypatch) / "catalog" / "layouts"
    layouts.mkdir()
    (layouts / "hong.yaml").write_text("folders: [", encoding="utf-8")
    monkeypatch.setenv("TONGKET_SCOPES", f"{SCOPE},no-such-scope")
    monkeypatch.setenv("TONGKET_DISK_PERCENT", "1")
    for limit in ("REPORT_MINUTES", "WAITING_MINUTES", "BACKUP_HOURS", "RESTORE_HOURS"):
        monkeypatch.setattr(f"etl.dispatch.operator_alerts.{limit}", 0 if limit.endswith("MINUTES") else -1)
    hooked: list[str] = []
    for _ in range(3):
        steps.tell_alerts(None, hooked.append)
    with office.loader.connect() as conn:
        told = [event.detail["key"] for event in journal.fetch_events(conn, "alerted")]
    kinds = {
        key.split(".")[1]
        for key in load_messages(office.settings.templates).texts
        if key.startswith("alert.") and not key.endswith("_todo")
    }
    assert {key.split("/")[0] for key in told} == kinds - {"letter"}
    assert len(told) == len(set(told)) == len(hooked)
    assert all(len(said.splitlines()) == 2 for said in hooked)


def test_a_state_that_lasts_is_told_for_each_day(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGKET_DISK_PERCENT", "1")
    hooked: list[str] = []
    for day in ("2024-05-01", "2024-05-01", "2024-05-02"):
        monkeypatch.setattr(
            "etl.dispatch.operator_alerts.get_current_date", functools.partial(dt.date.fromisoformat, day)
        )
        steps.tell_alerts(None, hooked.append)
    assert len(hooked) == 2 and "%" in hooked[0]


def test_a_report_that_is_due_and_not_drafted_for_a_day_is_named(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.send(600)
    steps.compute_attainment(SCOPE, PERIOD)
    assert steps.tell_alerts()["standing"] == [], "its draft may be under way"
    monkeypatch.setattr("etl.dispatch.operator_alerts.REPORT_MINUTES", 0)
    (said,) = steps.tell_alerts()["standing"]
    assert PERIOD in said and SCOPE in said
    office.draft()
    assert steps.tell_alerts()["standing"] == []


def test_the_state_is_measured(office: Office) -> None:
    before = steps.measure_operations()
    assert set(before) == set(METRICS)
    office.ask()
    office.send(600)
    after = steps.measure_operations()
    assert after["accepted"] == before["accepted"] + 1 and after["stale_periods"] == 1
    assert (before["waiting_approvals"], after["waiting_approvals"]) == (0, 1)
    office.draft()  # the draft that was asked about is replaced: nobody can decide on it any more
    assert steps.measure_operations()["waiting_approvals"] == 0
