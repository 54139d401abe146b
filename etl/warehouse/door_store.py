"""What the doors of the units write down and ask: accounts, what was sent, owed forms, answers, taken mail.

Room: warehouse. Called by the room of the doors. Append-only; the caller opens the transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from sqlalchemy import Connection

from etl.catalog import models
from etl.warehouse.connect import query
from etl.warehouse.journal import record_event

AccountChange = Literal["issued", "rotated", "revoked"]


@dataclass(frozen=True)
class AccountRecord:
    """The last change of a unit's account. Grain: (unit code, the unit's first day). `recorded_at` is when it was made.

    `secret_hash` is empty for an account that was revoked.
    """

    account_id: int
    unit: str
    valid_from: date
    change: AccountChange
    secret_hash: str
    changed_by: str
    recorded_at: datetime


@dataclass(frozen=True)
class OwedForm:
    """A form that was issued to a unit and is owed. `state`: accepted, refused, silent. Grain: (form, unit, period)."""

    scope: str
    form: str
    unit: str
    unit_name: str
    period: str
    due: date
    state: str


@dataclass(frozen=True)
class ReturnedAnswer:
    """A file that was answered. `answer` is the answer's path below the outbox."""

    delivery_id: int
    name: str
    folder: str
    received_at: datetime
    accepted: bool
    answer: str


@dataclass(frozen=True)
class RecordedUpload:
    """Something sent through a door: its event with what was found at once, and the answer where there is one."""

    event_id: int
    sent_at: datetime
    detail: Mapping[str, Any]
    delivery_id: int | None
    accepted: bool | None
    answer: str | None


@dataclass(frozen=True)
class TakenMail:
    """A message that was taken from the mailbox and is to be answered."""

    event_id: int
    taken_at: datetime
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class DoorUsage:
    """How much a unit sent: files since one moment, bytes since another."""

    uploads: int
    size: int


@dataclass(frozen=True)
class WrongSecrets:
    """How many wrong secrets were given since a moment: for a unit, for it from one address, from that address."""

    of_unit: int
    of_unit_from_address: int
    from_address: int


def record_wrong_secret(conn: Connection, unit: str, address: str, at: datetime) -> None:
    """Notes that a wrong secret was given for a unit from an address."""
    record_event(conn, "door_refused", unit=unit, address=address, reason="secret", at=_format_moment(at))


def fetch_wrong_secrets(conn: Connection, unit: str, address: str, *, since: datetime) -> WrongSecrets:
    """The wrong secrets since a moment."""
    found = query(conn, "wrong_secrets", unit=unit, address=address, since=_format_moment(since)).one()
    return WrongSecrets(*tuple(found))


def _format_moment(moment: datetime) -> str:
    """Times of one zone and length, so that texts compare as times do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def record_account(conn: Connection, unit: models.Unit, change: AccountChange, secret_hash: str, by: str) -> int:
    """Adds a change of a unit's account. Gives its number."""
    about = {"unit_code": unit.code, "valid_from": unit.valid_from, "change": change}
    return int(query(conn, "record_account", secret_hash=secret_hash, changed_by=by, **about).scalar_one())


def fetch_accounts(conn: Connection, codes: Sequence[str] | None = None) -> dict[tuple[str, date], AccountRecord]:
    """The standing record of each account that was ever issued, by unit code and first day."""
    rows = query(conn, "standing_accounts", codes=None if codes is None else list(codes))
    return {(r.unit_code, r.valid_from): AccountRecord(*tuple(r)) for r in rows}


def fetch_usage(conn: Connection, unit: str, *, count_since: datetime, bytes_since: datetime) -> DoorUsage:
    """What a unit sent through any door since two moments."""
    row = query(conn, "door_usage", unit=unit, count_since=count_since, bytes_since=bytes_since).one()
    return DoorUsage(row.uploads, int(row.size))


def fetch_owed_forms(conn: Connection, units: Sequence[str]) -> list[OwedForm]:
    """Issued forms that some units owe, the last deadline first."""
    return [OwedForm(*tuple(row)) for row in query(conn, "owed_forms", units=list(units))]


def fetch_uploads(conn: Connection, unit: str, *, event_id: int | None = None, most: int = 20) -> list[RecordedUpload]:
    """What a unit sent through the doors, newest first; or the one of a number."""
    return [RecordedUpload(*tuple(row)) for row in query(conn, "door_uploads", unit=unit, event_id=event_id, most=most)]


def fetch_answers(
    conn: Connection, folders: Sequence[str], *, delivery_id: int | None = None, most: int = 50
) -> list[ReturnedAnswer]:
    """The answers to what lay in some inbox folders, last received first; or the one to a delivery."""
    rows = query(conn, "returned_answers", folders=list(folders), delivery_id=delivery_id, most=most)
    return [ReturnedAnswer(*tuple(row)) for row in rows]


def is_known_mail(conn: Connection, message: str) -> bool:
    """Whether a message was taken before, by its Message-ID."""
    return bool(query(conn, "known_mail", message=message).scalar_one())


def fetch_unanswered_mail(conn: Connection) -> list[TakenMail]:
    """Messages of registered addresses that have no answer yet, oldest first."""
    return [TakenMail(*tuple(row)) for row in query(conn, "unanswered_mail")]
