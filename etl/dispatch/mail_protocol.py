"""Letters on their way: handed to the mail server once, and never again while nobody knows what became of them.

Only `dispatch` and `reminders` beside it call this. See docs/decisions/0008-never-a-message-twice.md.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from etl.core.instance import Result, load_settings_and_catalogue, open_engine
from etl.dispatch import Letter, MailSessionOpener, build_email_message, build_message_id, send_message
from etl.errors import MailError, UsageError
from etl.model.vietnam_time import get_current_time
from etl.warehouse.dispatch_store import MailAttempt, fetch_last_attempts, lock_dispatch, record_attempt

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


def _skip_recording(_conn: Connection, _attempt: MailAttempt) -> None:
    """Nothing else is to be noted."""


@dataclass(frozen=True)
class OutgoingMail:
    """A letter and its address. `record_sent` runs in the transaction that notes that it went out."""

    letter: Letter
    address: str
    record_sent: Callable[[Connection, MailAttempt], None] = _skip_recording


def send_letters(engine: Engine, post: MailSessionOpener, outgoing: Sequence[OutgoingMail]) -> list[str]:
    """Sends what has not gone out yet, one letter a session; gives the keys of those that went out now.

    A letter that fails stops no other. The caller holds the lock of `dispatch_store.lock_dispatch`.

    Raises:
        MailError: once all were tried, where one did not go out or waits for a person; names each, and what to do.
    """
    with engine.connect() as conn:
        last = fetch_last_attempts(conn, [entry.letter.key for entry in outgoing])
    sent: list[str] = []
    problems: list[str] = []
    for entry in outgoing:
        before = last.get(entry.letter.key)
        if before and before.step == "sent":  # a person said so
            with engine.begin() as conn:
                entry.record_sent(conn, before)
            continue
        if before and before.is_blocked_for(entry.address):
            problems.append(_describe_held_message(before))
            continue
        ended = _send_letter(engine, post, entry, (before.attempt if before else 0) + 1)
        if ended.step == "sent":
            sent.append(entry.letter.key)
        else:
            problems.append(
                f"{entry.address} ({entry.letter.key}): {ended.said}"
                if not ended.open
                else _describe_held_message(ended)
            )
    if problems:
        raise MailError(
            f"{len(problems)} of {len(outgoing)} messages did not go out",
            where="; ".join(problems),
            fix="`tongket dispatch` lists them; docs/operations.md, “A message that did not go out”, says what to do",
        )
    return sent


def _describe_held_message(attempt: MailAttempt) -> str:
    why = "nobody knows whether it went out" if attempt.open else f"refused: {attempt.said}"
    return f"{attempt.address} ({attempt.mail}, {attempt.message_id}): {why}"


def _send_letter(engine: Engine, post: MailSessionOpener, entry: OutgoingMail, number: int) -> MailAttempt:
    """One attempt. That it begins is on record before the server hears of it."""
    key, address = entry.letter.key, entry.address
    with ExitStack() as session:
        try:
            client, sender = session.enter_context(post())
        except (smtplib.SMTPException, OSError) as error:
            failure = " ".join(f"the mail server cannot be used: {error}".split())[:300]
            return MailAttempt(key, number, "not_sent", address, "", failure)
        message = build_email_message(entry.letter, sender, address, get_current_time())
        attempt = MailAttempt(key, number, "begun", address, build_message_id(key, address, sender))
        with engine.begin() as conn:
            record_attempt(conn, attempt)
        answer = send_message(client, sender, address, message)
        ended = replace(attempt, step=answer.outcome, said=answer.server_reply)
        with engine.begin() as conn:
            record_attempt(conn, ended)
            if ended.step == "sent":
                entry.record_sent(conn, ended)
    return ended


def settle_mail(message_id: str, by: str, *, arrived: bool) -> Result:
    """Notes what a person found out of a message: it arrived, or it did not and may be sent again.

    Raises:
        UsageError: no such message, it does not wait for anybody, or nobody says so.
    """
    settings, _ = load_settings_and_catalogue()
    if not by.strip():
        raise UsageError("nobody says so", where="--by", fix="give the name of who found out")
    with open_engine(settings).begin() as conn:
        lock_dispatch(conn)
        attempt = next(iter(fetch_last_attempts(conn, message_id=message_id).values()), None)
        if attempt is None:
            raise UsageError(f"no message {message_id!r}", where="Message-ID", fix="`tongket dispatch` lists them")
        if not attempt.open and not (attempt.step == "refused" and not arrived):
            raise UsageError(
                f"message {message_id} waits for nobody: {attempt.step}",
                where="Message-ID",
                fix="there is nothing to do",
            )
        step = "sent" if arrived else "not_sent"
        record_attempt(conn, replace(attempt, step=step, said="", settled_by=by.strip()))  # type: ignore[arg-type]
    return {"mail": attempt.mail, "message_id": message_id, "state": step, "settled_by": by.strip()}
