"""To whom reports and reminders go, and when units are reminded: `contacts.yaml` and `reminders.yaml`, strictly read.

Room: catalogue. Called by steps. Both files stay out of the catalogue's hash: no figure rests on them, and a new
e-mail address must not make a draft that waits for its signature look outdated.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from etl.catalog import models
from etl.catalog.catalogue import Catalogue
from etl.catalog.catalogue_files import CatalogueReader
from etl.catalog.models import Basis, Code, StrictModel, Text
from etl.catalog.problems import Place, build_catalogue_error, find_nearest

CONTACTS, REMINDERS = "contacts.yaml", "reminders.yaml"
Email = Annotated[
    str, StringConstraints(pattern=r"^$|^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")
]
"""One plain address (RFC 5321, without quotes or international letters), or nothing."""
FolderName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Days = Annotated[int, Field(ge=0, le=60)]


class Contact(StrictModel):
    """A recipient of reports. `id` is the folder's name; `printed` how reports name it, its `name` if left out."""

    id: FolderName
    name: Text
    printed: tuple[Text, ...] = ()
    scopes: tuple[Code, ...] = ()
    email: Email = ""

    def is_meant(self, scope: str, printed: str) -> bool:
        """Whether a scope's report means this recipient by a name."""
        return printed in (self.printed or (self.name,)) and (not self.scopes or scope in self.scopes)


class Receiver(StrictModel):
    """Where units send their forms, as it is printed on them: a door's address or mailbox, and whom to ask."""

    place: str = ""
    contact: str = ""


class Contacts(StrictModel):
    """Recipients of reports, who decides on them and where a scope's forms go (by scope), and addresses of reporting
    units (by code). `simulated_receiver`: what forms of simulated data say where `receivers` names none.
    `signed_before_dispatch`: the digital signatures that a scope's PDF must have come back with.
    """

    basis: Basis
    mail_within_days: int = Field(ge=1, le=366)
    recipients: tuple[Contact, ...]
    approvers: dict[Code, tuple[Email, ...]] = Field(default_factory=dict)
    units: dict[Code, Email] = Field(default_factory=dict)
    receivers: dict[Code, Receiver] = Field(default_factory=dict)
    simulated_receiver: Receiver = Receiver()
    signed_before_dispatch: dict[Code, tuple[Literal["NguoiCoThamQuyen", "CoQuan"], ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _validate_unique_folders(self) -> Contacts:
        ids = [contact.id for contact in self.recipients]
        for twice in sorted({i for i in ids if ids.count(i) > 1}):
            raise ValueError(f"recipient {twice!r} stands twice")
        return self

    def find_recipient(self, scope: str, printed: str) -> Contact | None:
        """The recipient that a scope's report means by a name."""
        return next((c for c in self.recipients if c.is_meant(scope, printed)), None)

    def find_receiver(self, scope: str, *, simulated: bool) -> Receiver:
        """Where a scope's forms go, and whom to ask; empty where nobody says."""
        return self.receivers.get(scope, self.simulated_receiver if simulated else Receiver())


class ReminderRules(StrictModel):
    """When a unit is reminded: working days before and after its own deadline."""

    basis: Basis
    source: Text
    before: tuple[Days, ...] = Field(min_length=1)
    after: tuple[Annotated[int, Field(ge=1, le=60)], ...] = ()


def load_reminders(root: Path) -> ReminderRules:
    """When units are reminded.

    Raises:
        CatalogueError: the file is missing or wrong; file, key, and what was expected.
    """
    reader = CatalogueReader()
    rules = reader.read_entry(root / REMINDERS, ReminderRules)
    if rules is None:
        raise build_catalogue_error(reader.problems)
    return rules


def load_contacts(catalogue: Catalogue, scopes: Collection[str] | None = None) -> Contacts:
    """To whom reports and reminders go; every recipient of every report of these scopes is in it, once.

    `scopes`: all of them where it is left out.

    Raises:
        CatalogueError: the file is missing or wrong, or a recipient or unit is unknown.
    """
    reader = CatalogueReader()
    contacts = read_contacts(reader, catalogue, catalogue.scopes if scopes is None else scopes)
    if contacts is None or reader.problems:
        raise build_catalogue_error(reader.problems)
    return contacts


def read_contacts(reader: CatalogueReader, catalogue: Catalogue, scopes: Collection[str]) -> Contacts | None:
    """The contacts, with every mistake in them and every recipient of these scopes' reports that they lack."""
    path = catalogue.root / CONTACTS
    contacts = reader.read_entry(path, Contacts)
    if contacts is None:
        return None
    place = Place(path)
    for scope_id in scopes:
        _check_report_recipients(reader, contacts, catalogue.scopes[scope_id], place.at("recipients"))
    for code in contacts.units:
        if not catalogue.list_units_of_code(code):
            reader.report_unknown(place.at("units", code), "unit", code, catalogue.units_by_code)
    named = [(place.at("approvers", scope_id), scope_id) for scope_id in contacts.approvers]
    named += [(place.at("receivers", scope_id), scope_id) for scope_id in contacts.receivers]
    named += [(place.at("signed_before_dispatch", scope_id), scope_id) for scope_id in contacts.signed_before_dispatch]
    named += [(reader.find_place(one).at("scopes"), scope_id) for one in contacts.recipients for scope_id in one.scopes]
    for where, scope_id in named:
        if scope_id not in catalogue.scopes | catalogue.stopped:
            reader.report_unknown(where, "scope", scope_id, catalogue.scopes)
    return contacts


def _check_report_recipients(reader: CatalogueReader, contacts: Contacts, scope: models.Scope, place: Place) -> None:
    plans_by_name: dict[str, str] = {}
    for report in scope.reports:
        for name in (*report.recipients, *report.copies):
            plans_by_name.setdefault(name, report.plan)
    printed = [name for contact in contacts.recipients for name in contact.printed or (contact.name,)]
    for name, plan in plans_by_name.items():
        ids = [c.id for c in contacts.recipients if c.is_meant(scope.id, name)]
        if len(ids) != 1:
            which = f"meant by several: {', '.join(ids)}" if ids else "not among the recipients"
            reader.report(
                place,
                f"recipient {name!r} of {scope.id}'s reports on {plan} is {which}",
                "name it once, with the id that its folder shall have",
                value=name,
                nearest="" if ids else find_nearest(name, printed),
            )
