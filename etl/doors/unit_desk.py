"""What a unit sees at any door: the forms that it owes, the workbooks to fill in, its answers; nobody else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from etl.catalog import Catalogue
from etl.catalog.calendar import count_working_days
from etl.catalog.contacts import load_contacts
from etl.doors.accounts import UnitAccount
from etl.errors import StorageError
from etl.forms import FormExtras, build_form_file_name, build_form_sending, issue_form
from etl.messages import load_messages
from etl.model import Period
from etl.settings import Settings
from etl.warehouse.door_store import OwedForm, ReturnedAnswer, fetch_answers, fetch_owed_forms

if TYPE_CHECKING:
    from sqlalchemy import Connection

_DONE_SHOWN = 8


@dataclass(frozen=True)
class DueForm:
    """An owed form as a page shows it. `days_left` are working days to the deadline, negative after it."""

    owed: OwedForm
    symbol: str
    title: str
    period_name: str
    days_left: int
    file_name: str

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be sent."""
        return self.owed.state == "accepted"


@dataclass(frozen=True)
class DownloadedFile:
    """A file for a unit: its name and content."""

    name: str
    data: bytes


def list_due_forms(conn: Connection, catalogue: Catalogue, account: UnitAccount, day: date) -> list[DueForm]:
    """What the account's units owe: what is missing by its deadline, then the last of what is done."""
    rows = fetch_owed_forms(conn, account.folders)
    due = [found for row in rows if (found := _build_due_form(catalogue, row, day))]
    missing = sorted((one for one in due if not one.is_done), key=lambda one: (one.owed.due, one.owed.unit))
    return missing + [one for one in due if one.is_done][:_DONE_SHOWN]


def _build_due_form(catalogue: Catalogue, row: OwedForm, day: date) -> DueForm | None:
    form, period = catalogue.forms.get(row.form), Period.parse(row.period)
    unit = catalogue.find_unit(row.unit, period.end)
    if form is None or unit is None:
        return None
    left = count_working_days(catalogue.holiday_corrections, day, row.due)
    name = build_form_file_name(form, unit, period)
    return DueForm(row, form.symbol, form.title, period.name, left, name)


def read_form(settings: Settings, catalogue: Catalogue, due: DueForm) -> DownloadedFile:
    """The workbook to fill in, as it was issued; made anew where the outbox has it no longer."""
    row, period = due.owed, Period.parse(due.owed.period)
    issued = settings.outbox / "forms" / row.period / row.unit / due.file_name
    if issued.is_file():
        return DownloadedFile(due.file_name, _read_outbox_file(issued))
    form, unit = catalogue.forms[row.form], catalogue.find_unit(row.unit, period.end)
    if unit is None:
        raise StorageError(f"the form of {row.unit} is not there", where=str(issued), fix="issue it: `tongket forms`")
    wording = load_messages(settings.templates)
    scope = catalogue.get_scope(row.scope)
    contacts = load_contacts(catalogue, [scope.id])
    sending = build_form_sending(catalogue, scope, form, unit, period, contacts, simulated=settings.simulated)
    extras = FormExtras(simulated=settings.simulated, sending=sending)
    data = issue_form(catalogue, scope, form, unit, period, wording, extras)
    return DownloadedFile(due.file_name, data)


def find_answer(conn: Connection, folders: Sequence[str], delivery_id: int) -> ReturnedAnswer | None:
    """The answer to a delivery, if it lay in one of these inbox folders and has one."""
    return next(iter(fetch_answers(conn, folders, delivery_id=delivery_id)), None)


def read_answer(settings: Settings, answer: ReturnedAnswer) -> DownloadedFile:
    """The workbook that went back.

    Raises:
        StorageError: it is not in the outbox any more.
    """
    path = settings.outbox / answer.answer
    return DownloadedFile(path.name, _read_outbox_file(path))


def _read_outbox_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StorageError(f"{error.strerror}", where=str(path), fix="restore the outbox from its backup") from error
