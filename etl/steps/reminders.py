"""Deadlines: which periods' reports must not wait any longer, and which units are reminded of what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.errors import UsageError
from etl.model import Period
from etl.steps.common import Result, current_engine, open_engine, start
from etl.steps.mail import Outgoing, deliver

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from etl.dispatch import Letter, Missing, Post
    from etl.settings import Settings


def passed_deadlines(day: str) -> list[str]:
    """Periods whose last deadline lies before a day, with units silent perhaps, that no report was written for since.

    Raises:
        UsageError: the day is no date.
    """
    from etl.warehouse import dispatching

    settings, catalogue = start()
    with current_engine(settings, catalogue).connect() as conn:
        return dispatching.passed_deadlines(conn, _date(day))


def note_deadlines(day: str, periods: Sequence[str]) -> list[str]:
    """Notes that the deadlines of periods have passed and were announced; once each."""
    from etl.warehouse import dispatching, journal

    settings, _ = start()
    with open_engine(settings).begin() as conn:
        dispatching.alone(conn)
        new = [period for period in dispatching.passed_deadlines(conn, _date(day)) if period in periods]
        for period in new:
            journal.record(conn, "deadline_passed", period=period, day=day)
    return new


def remind(scope: str, day: str, post: Post | None = None) -> Result:
    """Reminds the units of a scope on a day: a text file each, and a message where there is an address.

    Each unit is told at most once a day, of everything that is missing; what it was told stays as it was if the
    step runs again. On days off nobody is told anything.

    Raises:
        UsageError: no such scope, or the day is no date.
        StorageError: a unit's file cannot be written; run again, the others are not told twice.
        MailError: once all were tried, where a message did not go out. The files are there.
    """
    from etl.catalog.calendar import is_working_day
    from etl.catalog.contacts import load_contacts
    from etl.warehouse import dispatching

    settings, catalogue = start()
    chosen, date = catalogue.scope(scope), _date(day)
    about: Result = {"scope": chosen.id, "day": date.isoformat()}
    if not is_working_day(catalogue.corrections, date):
        return {**about, "skipped": f"{date.isoformat()} is a day off: nobody is reminded"}
    engine, addresses = current_engine(settings, catalogue), load_contacts(catalogue).units
    with engine.begin() as guard:
        dispatching.alone(guard)
        told = _tell(settings, catalogue, engine, chosen, date)
        due = [Outgoing(letter, addresses[unit]) for unit, letter in told.items() if addresses.get(unit)]
        sent = deliver(engine, post, due) if post and due else []
    return {**about, "reminded": list(told), "sent": sent, "with_address": len(due)}


def _tell(settings: Settings, catalogue: Catalogue, engine: Engine, scope: m.Scope, day: dt.date) -> dict[str, Letter]:
    """Unit → what it is told on a day. What is on record stands; the rest is written and put on record."""
    from etl.catalog.contacts import load_reminders
    from etl.dispatch import Letter, falls_due, letter_of
    from etl.files import write_atomic
    from etl.warehouse import dispatching, journal

    with engine.connect() as conn:
        known = dispatching.reminded(conn, scope.id, day)
        missing = list(_missing(conn, catalogue, scope))
    told = {unit: Letter(f"reminder/{unit}/{day.isoformat()}", *said) for unit, said in known.items()}
    for reminder in falls_due(missing, day, load_reminders(catalogue.root), catalogue.corrections):
        if reminder.unit in told:
            continue
        letter = letter_of(reminder, scope.office.name, settings.templates, simulated=settings.simulated)
        path = settings.outbox / "reminders" / reminder.unit / f"{day.isoformat()}.txt"
        write_atomic(path, f"{letter.subject}\n\n{letter.text}".encode())
        with engine.begin() as conn:
            journal.record(
                conn, "reminded", scope=scope.id, unit=reminder.unit, day=day.isoformat(), subject=letter.subject,
                text=letter.text, file=str(path.relative_to(settings.outbox)),
            )  # fmt: skip
        told[reminder.unit] = letter
    return told


def _missing(conn: Connection, catalogue: Catalogue, scope: m.Scope) -> Iterator[Missing]:
    """Every form that was issued and is not accepted, by period, in catalogue order."""
    from etl.dispatch import Missing, Refusal
    from etl.warehouse import dispatching
    from etl.warehouse.reported import ZONE, statuses

    for key in dispatching.issued_periods(conn, scope.id):
        period, refused = Period.parse(key), dispatching.refusals(conn, key)
        for status in statuses(conn, catalogue, scope, period):
            if status.state == "accepted":
                continue
            form, last = catalogue.forms[status.form], refused.get((status.unit, status.form))
            yield Missing(
                status.unit,
                status.unit_name,
                f"{form.symbol} ({form.title})",
                period.name,
                dt.date.fromisoformat(status.due),
                Refusal(last.received_at.astimezone(ZONE).date(), last.refusals, last.reason) if last else None,
            )


def _date(day: str) -> dt.date:
    try:
        return dt.date.fromisoformat(day)
    except ValueError:
        raise UsageError(f"{day!r} is no date", where="--day", fix="write 2024-04-22") from None
