"""Published documents to their recipients: a folder each, and a message where there is an address."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from etl.catalog import Catalogue
from etl.errors import StorageError
from etl.model import Period
from etl.settings import Settings
from etl.steps.common import Result, now, open_engine, start
from etl.steps.mail import Outgoing, deliver

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from etl.catalog.contacts import Contact, Contacts
    from etl.dispatch import Letter, Parcel, Post
    from etl.warehouse.dispatching import Attempt, Published

_GIVEN = "gui"  # the recipients' folders lie in one of this name, beside what was published


def smtp_connection() -> str:
    """The id of the Airflow connection that is mailed by."""
    return start()[0].smtp_connection


def dispatch_folders() -> Result:
    """Puts a folder for each recipient of each published document that has none yet; says which messages wait.

    Raises:
        StorageError: once all were tried, where a folder could not be written or a published file is not what was
            published. Nothing half-written stays, and the others are there.
    """
    from etl.catalog.contacts import load_contacts
    from etl.dispatch import put
    from etl.warehouse import dispatching

    settings, catalogue = start()
    contacts, engine = load_contacts(catalogue), open_engine(settings)
    put_now: list[str] = []
    failed: list[str] = []
    with engine.begin() as guard:
        dispatching.alone(guard)
        for document, contact in _owed(guard, catalogue, contacts, "folder"):
            try:
                parcel = _parcel(settings, catalogue, document, contact)
                put(settings.outbox, parcel)
            except StorageError as error:
                failed.append(f"{contact.name}: {error.what} ({error.where})")
                continue
            with engine.begin() as conn:
                dispatching.record_dispatch(
                    conn, document, contact.id, "folder", address=parcel.folder, files=document.files
                )
            put_now.append(parcel.folder)
        waiting = _waiting(guard, catalogue, contacts)
    if failed:
        raise StorageError(
            f"{len(failed)} recipients' folders could not be written, {len(put_now)} were",
            where="; ".join(failed),
            fix="mend what is named and run again; nothing half-written was left",
        )
    return {"folders": put_now, "mail": waiting}


def dispatch_mail(post: Post | None) -> Result:
    """Mails published documents to the recipients with an address that have not got them; each at most once.

    Raises:
        MailError: once all were tried, where one did not go out or waits for a person.
    """
    from etl.catalog.contacts import load_contacts
    from etl.warehouse import dispatching

    settings, catalogue = start()
    contacts, engine = load_contacts(catalogue), open_engine(settings)
    if not any(contact.email for contact in contacts.recipients):
        return {"skipped": "catalog/contacts.yaml has no e-mail address of a recipient: nothing is mailed"}
    if post is None:
        return {"skipped": f"Airflow has no connection {settings.smtp_connection!r}: nothing is mailed"}
    outgoing: list[Outgoing] = []
    broken: list[str] = []
    with engine.begin() as guard:
        dispatching.alone(guard)
        for document, contact in _owed_mail(guard, catalogue, contacts):
            try:
                outgoing.append(_outgoing(settings, catalogue, document, contact))
            except StorageError as error:
                broken.append(str(error))
        sent = deliver(engine, post, outgoing)
    if broken:
        raise StorageError(
            f"{len(broken)} messages were not written", where="; ".join(broken), fix="mend what is named"
        )
    return {"sent": sent}


def _owed(
    conn: Connection, catalogue: Catalogue, contacts: Contacts, channel: str
) -> Iterator[tuple[Published, Contact]]:
    """Published documents with the recipients that have not got them this way, oldest first."""
    from etl.warehouse import dispatching

    done = dispatching.dispatched(conn)
    for document in dispatching.published(conn):
        for contact in _recipients(catalogue, contacts, document):
            if (document.report_id, contact.id, channel) not in done:
                yield document, contact


def _owed_mail(conn: Connection, catalogue: Catalogue, contacts: Contacts) -> list[tuple[Published, Contact]]:
    oldest = now() - dt.timedelta(days=contacts.mail_within_days)
    owed = _owed(conn, catalogue, contacts, "mail")
    return [(document, to) for document, to in owed if to.email and document.published_at >= oldest]


def _recipients(catalogue: Catalogue, contacts: Contacts, document: Published) -> list[Contact]:
    """Those the report is addressed to, then those it is copied to; each once."""
    scope = catalogue.scopes.get(document.scope)
    names = [
        name
        for report in (scope.reports if scope else ())
        if (report.plan, report.cadence) == (document.plan, document.cadence)
        for name in (*report.recipients, *report.copies)
    ]
    found = (contacts.of(document.scope, name) for name in names)
    return list({contact.id: contact for contact in found if contact}.values())


def _waiting(conn: Connection, catalogue: Catalogue, contacts: Contacts) -> list[Result]:
    """Messages that have not gone out, with what is known of them."""
    from etl.warehouse import dispatching

    owed = {f"report/{d.report_id}/{c.id}": c.email for d, c in _owed_mail(conn, catalogue, contacts)}
    last = dispatching.attempts(conn, owed)
    return [
        asdict(last[key]) if key in last else {"mail": key, "step": "waiting", "address": address}
        for key, address in owed.items()
    ]


def _outgoing(settings: Settings, catalogue: Catalogue, document: Published, contact: Contact) -> Outgoing:
    from etl.warehouse import dispatching

    letter = _letter(settings, catalogue, document, contact)
    files = {name: document.files[name] for name in letter.attached}

    def note(conn: Connection, attempt: Attempt) -> None:
        dispatching.record_dispatch(
            conn, document, contact.id, "mail", address=attempt.address, files=files, message_id=attempt.message_id
        )

    return Outgoing(letter, contact.email, note)


def _files(settings: Settings, document: Published) -> dict[str, bytes]:
    """The published files, which must be what was published."""
    folder = settings.outbox / document.folder
    found: dict[str, bytes] = {}
    for name, sha256 in sorted(document.files.items()):
        try:
            found[name] = (folder / name).read_bytes()
        except OSError as error:
            raise StorageError(
                f"a published file cannot be read: {error.strerror}", where=str(folder / name), fix="put it back"
            ) from error
        if hashlib.sha256(found[name]).hexdigest() != sha256:
            raise StorageError(
                "a published file was changed after it was signed", where=str(folder / name), fix="put it back"
            )
    return found


def _parcel(settings: Settings, catalogue: Catalogue, document: Published, contact: Contact) -> Parcel:
    from etl.dispatch import Parcel
    from etl.dispatch.letter import SIMULATED

    place = Path(document.folder)
    about = {
        "kind": document.kind,
        "report": document.report_id,
        "corrects": document.corrects,
        "scope": document.scope,
        "office": catalogue.scopes[document.scope].office.name,
        "plan": document.plan,
        "cadence": document.cadence,
        "period": document.period,
        "recipient": contact.name,
        "signed_by": document.signed_by,
        "signed_at": document.signed_at.isoformat(timespec="seconds"),
        "snapshot": document.snapshot_id,
        **({"note": SIMULATED} if settings.simulated else {}),
    }
    return Parcel(str(place.parent / _GIVEN / contact.id / place.name), _files(settings, document), about)


def _letter(settings: Settings, catalogue: Catalogue, document: Published, contact: Contact) -> Letter:
    from etl.dispatch import Document, letter_to
    from etl.warehouse.reported import ZONE

    in_words = Document(
        report_id=document.report_id,
        kind=document.kind,
        office=catalogue.scopes[document.scope].office.name,
        plan=catalogue.plans[document.plan].short_title,
        period=Period.parse(document.period).name,
        signed_by=document.signed_by,
        signed_on=f"{document.signed_at.astimezone(ZONE):%d/%m/%Y}",
        files=_files(settings, document),
    )
    return letter_to(in_words, contact.name, contact.id, settings.templates, simulated=settings.simulated)
