"""Deadlines: which periods' reports must not wait any longer, and which units are reminded of what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from etl.catalog import Catalogue, models
from etl.catalog.calendar import is_working_day
from etl.catalog.contacts import Receiver, load_contacts, load_reminders
from etl.core.instance import Result, load_settings_and_catalogue, open_current_engine, open_engine
from etl.dispatch import (
    Letter,
    MailSessionOpener,
    MissingForm,
    RefusedWorkbook,
    render_reminder_letter,
    select_due_reminders,
)
from etl.dispatch.mail_protocol import OutgoingMail, send_letters
from etl.errors import UsageError
from etl.file_io import write_atomic
from etl.model import Period
from etl.model.vietnam_time import VIETNAM_ZONE
from etl.settings import Settings
from etl.warehouse import dispatch_store, journal
from etl.warehouse.run_context import RunContext
from etl.warehouse.unit_reports import fetch_submission_statuses

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


def list_passed_deadlines(day: str) -> list[str]:
    """Periods whose last deadline lies before a day, with units silent perhaps, that no report was written for since.

    Raises:
        UsageError: the day is no date.
    """
    settings, catalogue = load_settings_and_catalogue()
    with open_current_engine(settings, catalogue).connect() as conn:
        return dispatch_store.fetch_passed_deadlines(conn, _parse_reminder_day(day))


def record_passed_deadlines(day: str, periods: Sequence[str]) -> list[str]:
    """Notes that the deadlines of periods have passed and were announced; once each."""
    settings, _ = load_settings_and_catalogue()
    with open_engine(settings).begin() as conn:
        dispatch_store.lock_dispatch(conn)
        new = [
            period
            for period in dispatch_store.fetch_passed_deadlines(conn, _parse_reminder_day(day))
            if period in periods
        ]
        for period in new:
            journal.record_event(conn, "deadline_passed", period=period, day=day)
    return new


def remind_units(scope: str, day: str, post: MailSessionOpener | None = None) -> Result:
    """Reminds the units of a scope on a day: a text file each, and a message where there is an address.

    Each unit is told at most once a day, of everything that is missing; what it was told stays as it was if the
    step runs again. On days off nobody is told anything.

    Raises:
        UsageError: no such scope, or the day is no date.
        StorageError: a unit's file cannot be written; run again, the others are not told twice.
        MailError: once all were tried, where a message did not go out. The files are there.
    """
    settings, catalogue = load_settings_and_catalogue()
    chosen, date = catalogue.get_scope(scope), _parse_reminder_day(day)
    about: Result = {"scope": chosen.id, "day": date.isoformat()}
    if not is_working_day(catalogue.holiday_corrections, date):
        return {**about, "skipped": f"{date.isoformat()} is a day off: nobody is reminded"}
    engine, contacts = open_current_engine(settings, catalogue), load_contacts(catalogue, [chosen.id])
    with engine.begin() as guard:
        dispatch_store.lock_dispatch(guard)
        receiver = contacts.find_receiver(chosen.id, simulated=settings.simulated)
        letters = _write_reminders(settings, catalogue, engine, chosen, date, receiver)
        due = [OutgoingMail(letter, contacts.units[u]) for u, letter in letters.items() if contacts.units.get(u)]
        sent = send_letters(engine, post, due) if post and due else []
    return {**about, "reminded": list(letters), "sent": sent, "with_address": len(due)}


def _write_reminders(
    settings: Settings, catalogue: Catalogue, engine: Engine, scope: models.Scope, day: dt.date, receiver: Receiver
) -> dict[str, Letter]:
    """Unit → what it is told on a day. What is on record stands; the rest is written and put on record."""
    with engine.connect() as conn:
        recorded = dispatch_store.fetch_reminders(conn, scope.id, day)
        missing = list(_list_missing_forms(conn, catalogue, scope))
    office = catalogue.get_office(scope, day)
    letters = {
        unit: Letter(f"reminder/{unit}/{day.isoformat()}", *letter_parts) for unit, letter_parts in recorded.items()
    }
    for reminder in select_due_reminders(missing, day, load_reminders(catalogue.root), catalogue.holiday_corrections):
        if reminder.unit in letters:
            continue
        letter = render_reminder_letter(
            reminder, office.name, receiver, settings.templates, simulated=settings.simulated
        )
        path = settings.outbox / "reminders" / reminder.unit / f"{day.isoformat()}.txt"
        write_atomic(path, f"{letter.subject}\n\n{letter.text}".encode())
        with engine.begin() as conn:
            journal.record_event(
                conn, "reminded", scope=scope.id, unit=reminder.unit, day=day.isoformat(), subject=letter.subject,
                text=letter.text, file=str(path.relative_to(settings.outbox)),
            )  # fmt: skip
        letters[reminder.unit] = letter
    return letters


def _list_missing_forms(conn: Connection, catalogue: Catalogue, scope: models.Scope) -> Iterator[MissingForm]:
    """Every form that was issued and is not accepted, by period, in catalogue order."""
    for key in dispatch_store.fetch_issued_periods(conn, scope.id):
        period, refused = Period.parse(key), dispatch_store.fetch_last_refusals(conn, key)
        for status in fetch_submission_statuses(RunContext(conn, catalogue, scope, period)):
            if status.state == "accepted":
                continue
            form, last = catalogue.forms[status.form], refused.get((status.unit, status.form))
            yield MissingForm(
                status.unit,
                scope.name_reporting_office(form.level, status.unit_name),
                f"{form.symbol} ({form.title})",
                period.name,
                dt.date.fromisoformat(status.due),
                RefusedWorkbook(last.received_at.astimezone(VIETNAM_ZONE).date(), last.refusals, last.reason)
                if last
                else None,
            )


def _parse_reminder_day(day: str) -> dt.date:
    try:
        return dt.date.fromisoformat(day)
    except ValueError:
        raise UsageError(f"{day!r} is no date", where="--day", fix="write 2024-04-22") from None
