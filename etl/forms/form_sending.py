"""What a form says beside its cells: until when it is due, where it goes, and what was reported before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from etl.catalog import Catalogue, models
from etl.catalog.calendar import compute_deadline
from etl.catalog.contacts import Contacts
from etl.messages import Messages
from etl.model import Period

PastValues = Mapping[tuple[str, str], float]
"""(org unit code, data element) → what the unit reported for the period before."""


@dataclass(frozen=True)
class FormSending:
    """Until when a form is due, and where it goes. `place` (an address) and `contact` are empty where nobody says, and
    `reporter`, the office that fills it in, where the unit is one itself."""

    due: dt.date
    office: str
    reporter: str = ""
    place: str = ""
    contact: str = ""


@dataclass(frozen=True)
class FormExtras:
    """What is printed into a form besides its layout.

    `simulated` prints the mark of simulated data on every sheet. `values` (by org unit and data element) stand in the
    input cells, where a table that others issued is taken in as a form; `origin` says in the file's properties where
    they come from.
    """

    simulated: bool = False
    sending: FormSending | None = None
    past: PastValues = field(default_factory=dict)
    values: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    origin: str = ""


def build_form_sending(
    catalogue: Catalogue,
    scope: models.Scope,
    form: models.Form,
    unit: models.Unit,
    period: Period,
    contacts: Contacts,
    *,
    simulated: bool = False,
) -> FormSending | None:
    """When and where a unit sends a form of a period; None where the scope does not ask for it."""
    submission = next((s for s in scope.submissions if s.form == form.id), None)
    if submission is None:
        return None
    due = compute_deadline(catalogue, submission.regime, unit.level, period)
    office = scope.find_office(due) or scope.find_office(period.end)
    receiver = contacts.find_receiver(scope.id, simulated=simulated)
    area = scope.name[:1].lower() + scope.name[1:]
    name = area if office is None else office.name if area in office.name else f"{office.name} {area}"
    filled_by = scope.name_reporting_office(unit.level, unit.name)
    reporter = "" if filled_by == unit.name else filled_by
    return FormSending(due, name, reporter, receiver.place, receiver.contact)


def describe_sending(wording: Messages, sending: FormSending) -> str:
    """Who fills it in, until when, to whom, and what of address and contact is known."""
    parts = [wording.format("form.filled_by", reporter=sending.reporter)] if sending.reporter else []
    parts += [wording.format("form.send", day=f"{sending.due:%d/%m/%Y}", office=sending.office)]
    parts += [wording.format("form.send_to", place=sending.place)] if sending.place else []
    parts += [wording.format("form.contact", contact=sending.contact)] if sending.contact else []
    return " ".join(parts)
