"""Letters on their way: handed to the mail server once, and never again while nobody knows what became of them.

Only `dispatch` and `reminders` beside it call this. See docs/decisions/0008-never-a-message-twice.md.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from etl.errors import MailError, UsageError
from etl.steps.common import Result, now, open_engine, start

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from etl.dispatch import Letter, Post
    from etl.warehouse.dispatching import Attempt


def _nothing(_conn: Connection, _attempt: Attempt) -> None:
    """Nothing else is to be noted."""


@dataclass(frozen=True)
class Outgoing:
    """A letter and its address. `note` runs in the transaction that notes that it went out."""

    letter: Letter
    address: str
    note: Callable[[Connection, Attempt], None] = _nothing


def deliver(engine: Engine, post: Post, outgoing: Sequence[Outgoing]) -> list[str]:
    """Sends what has not gone out yet, one letter a session; gives the keys of those that went out now.

    A letter that fails stops no other. The caller holds the lock of `dispatching.alone`.

    Raises:
        MailError: once all were tried, where one did not go out or waits for a person; names each, and what to do.
    """
    from etl.warehouse.dispatching import attempts

    with engine.connect() as conn:
        last = attempts(conn, [entry.letter.key for entry in outgoing])
    sent: list[str] = []
    problems: list[str] = []
    for entry in outgoing:
        before = last.get(entry.letter.key)
        if before and before.step == "sent":  # a person said so
            with engine.begin() as conn:
                entry.note(conn, before)
            continue
        if before and before.holds_back(entry.address):
            problems.append(_held(before))
            continue
        ended = _try(engine, post, entry, (before.attempt if before else 0) + 1)
        if ended.step == "sent":
            sent.append(entry.letter.key)
        else:
            problems.append(f"{entry.address} ({entry.letter.key}): {ended.said}" if not ended.open else _held(ended))
    if problems:
        raise MailError(
            f"{len(problems)} of {len(outgoing)} messages did not go out",
            where="; ".join(problems),
            fix="`tongket dispatch` lists them; docs/operations.md, “A message that did not go out”, says what to do",
        )
    return sent


def _held(attempt: Attempt) -> str:
    why = "nobody knows whether it went out" if attempt.open else f"refused: {attempt.said}"
    return f"{attempt.address} ({attempt.mail}, {attempt.message_id}): {why}"


def _try(engine: Engine, post: Post, entry: Outgoing, number: int) -> Attempt:
    """One attempt. That it begins is on record before the server hears of it."""
    from etl.dispatch import compose, message_id, send
    from etl.warehouse.dispatching import Attempt, note_attempt

    key, address = entry.letter.key, entry.address
    with ExitStack() as session:
        try:
            client, sender = session.enter_context(post())
        except (smtplib.SMTPException, OSError) as error:
            said = " ".join(f"the mail server cannot be used: {error}".split())[:300]
            return Attempt(key, number, "not_sent", address, "", said)
        message = compose(entry.letter, sender, address, now())
        attempt = Attempt(key, number, "begun", address, message_id(key, address, sender))
        with engine.begin() as conn:
            note_attempt(conn, attempt)
        answer = send(client, sender, address, message)
        ended = replace(attempt, step=answer.outcome, said=answer.said)
        with engine.begin() as conn:
            note_attempt(conn, ended)
            if ended.step == "sent":
                entry.note(conn, ended)
    return ended


def settle_mail(message_id: str, by: str, *, arrived: bool) -> Result:
    """Notes what a person found out of a message: it arrived, or it did not and may be sent again.

    Raises:
        UsageError: no such message, it does not wait for anybody, or nobody says so.
    """
    from etl.warehouse.dispatching import alone, attempts, note_attempt

    settings, _ = start()
    if not by.strip():
        raise UsageError("nobody says so", where="--by", fix="give the name of who found out")
    with open_engine(settings).begin() as conn:
        alone(conn)
        found = next(iter(attempts(conn, message_id=message_id).values()), None)
        if found is None:
            raise UsageError(f"no message {message_id!r}", where="Message-ID", fix="`tongket dispatch` lists them")
        if not found.open and not (found.step == "refused" and not arrived):
            raise UsageError(
                f"message {message_id} waits for nobody: {found.step}", where="Message-ID", fix="there is nothing to do"
            )
        step = "sent" if arrived else "not_sent"
        note_attempt(conn, replace(found, step=step, said="", settled_by=by.strip()))  # type: ignore[arg-type]
    return {"mail": found.mail, "message_id": message_id, "state": step, "settled_by": by.strip()}
