"""What went to whom: published documents, messages and how each attempt at one ended, reminders, passed deadlines.

Room: warehouse. Called by steps. Append-only: a message is never tried while it is not known how the last attempt
ended. The caller opens the transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row

from etl.warehouse.advisory_locks import AdvisoryLock, lock_keys
from etl.warehouse.connect import query
from etl.warehouse.journal import record_event

Channel = Literal["folder", "mail"]
AttemptStep = Literal["begun", "sent", "not_sent", "refused", "unsure"]


@dataclass(frozen=True)
class PublishedDocument:
    """A published document. `kind` is report or correction; `folder` lies below the outbox; `files` are SHA-256.

    `number`, `signed_on` and `signer` are the registry's; `signed_copy` is the PDF as it came back signed, if it did,
    and `signed_fields` the fields of ours in which it is.
    """

    report_id: int
    kind: str
    corrects: int | None
    scope: str
    plan: str
    cadence: str
    period: str
    snapshot_id: str
    signed_by: str
    signed_at: datetime
    folder: str
    files: Mapping[str, str]
    published_at: datetime
    number: int | None = None
    signed_on: date | None = None
    signer: str = ""
    signed_copy: str = ""
    signed_copy_sha256: str = ""
    audience: str = ""
    signed_fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class MailAttempt:
    """The last step of the last attempt at a message. `settled_by` is the person who said how it ended, if one did."""

    mail: str
    attempt: int
    step: AttemptStep
    address: str
    message_id: str
    said: str = ""
    settled_by: str = ""
    recorded_at: str = ""

    @property
    def open(self) -> bool:
        """Whether nobody knows if the message went out."""
        return self.step in {"begun", "unsure"}

    def is_blocked_for(self, address: str) -> bool:
        """Whether the message must not be sent to an address now: it is open, or was refused there for good."""
        return self.open or (self.step == "refused" and self.address == address)


def lock_dispatch(conn: Connection) -> None:
    """Waits until nobody else dispatches or reminds, for the rest of the transaction."""
    lock_keys(conn, AdvisoryLock.DISPATCH)


def fetch_published_documents(conn: Connection, scope: str | None = None) -> list[PublishedDocument]:
    """Every published document, oldest first."""
    return [
        PublishedDocument(
            r.report_id, r.kind, r.corrects_report_id, r.scope, r.plan, r.cadence, r.period, r.snapshot_id,
            r.decided_by, r.decided_at, r.folder, dict(r.files), r.recorded_at,
            r.number, r.signed_on, r.signer or "", r.signed_copy, r.signed_copy_sha256, r.audience,
            tuple(signature.get("place") or signature["field"] for signature in r.signatures),
        )
        for r in query(conn, "publications", scope=scope)
    ]  # fmt: skip


def fetch_dispatched_keys(conn: Connection) -> set[tuple[int, str, str]]:
    """(document, recipient, channel) of all that went out."""
    return {(r.report_id, r.recipient, r.channel) for r in query(conn, "dispatched")}


def record_dispatch(
    conn: Connection,
    document: PublishedDocument,
    recipient: str,
    channel: Channel,
    *,
    address: str,
    files: Mapping[str, str],
    message_id: str = "",
) -> None:
    """Notes that a document went to a recipient; `files` are the SHA-256 of what it got."""
    query(
        conn,
        "record_dispatch",
        report_id=document.report_id,
        recipient=recipient,
        channel=channel,
        address=address,
        message_id=message_id,
        files=json.dumps(dict(files), ensure_ascii=False),
    )
    record_event(
        conn, "dispatched", report=document.report_id, scope=document.scope, plan=document.plan,
        period=document.period, recipient=recipient, channel=channel, address=address,
    )  # fmt: skip


def fetch_last_attempts(
    conn: Connection, mails: Iterable[str] | None = None, *, message_id: str | None = None
) -> dict[str, MailAttempt]:
    """How the last attempt at each message stands, by message; one that was never tried is not there."""
    mail_keys = None if mails is None else list(mails)
    return {
        row.mail: _build_mail_attempt(row)
        for row in query(conn, "last_attempts", mails=mail_keys, message_id=message_id)
    }


def record_attempt(conn: Connection, attempt: MailAttempt) -> None:
    """Adds a step of an attempt."""
    query(
        conn,
        "record_mail",
        mail=attempt.mail,
        attempt=attempt.attempt,
        step=attempt.step,
        address=attempt.address,
        message_id=attempt.message_id,
        said=attempt.said,
        settled_by=attempt.settled_by,
    )


def fetch_issued_periods(conn: Connection, scope: str) -> list[str]:
    """The periods of a scope whose forms were issued."""
    return sorted(query(conn, "issued_periods", scope=scope).scalars())


def fetch_last_refusals(conn: Connection, period: str) -> dict[tuple[str, str], Row[Any]]:
    """(unit, form) → the last workbook that was refused: received_at, refusals, reason."""
    return {(r.unit_code, r.form): r for r in query(conn, "last_refusals", period=period)}


def fetch_reminders(conn: Connection, scope: str, day: date) -> dict[str, tuple[str, str]]:
    """Unit → subject and text of what it was told on a day."""
    rows = query(conn, "reminders_of", scope=scope, day=day.isoformat())
    return {r.unit: (r.subject, r.words) for r in rows}


def fetch_passed_deadlines(conn: Connection, today: date) -> list[str]:
    """Periods with issued forms whose last deadline lies before a day, and that nobody was told of since."""
    return list(query(conn, "passed_deadlines", today=today).scalars())


def _build_mail_attempt(row: Row[Any]) -> MailAttempt:
    return MailAttempt(
        row.mail, row.attempt, row.step, row.address, row.message_id, row.said, row.settled_by,
        row.recorded_at.isoformat(timespec="seconds"),
    )  # fmt: skip
