"""Published documents to their recipients: a folder each, and a message where there is an address."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from etl.catalog import Catalogue
from etl.catalog.contacts import Contact, Contacts, load_contacts
from etl.catalog.layout import SIMULATION_NOTICE
from etl.catalog.models.scopes import Office
from etl.core.instance import Result, load_settings_and_catalogue, open_engine
from etl.dispatch import (
    DispatchedDocument,
    Letter,
    MailSessionOpener,
    RecipientPackage,
    render_report_letter,
    write_recipient_folder,
)
from etl.dispatch.mail_protocol import OutgoingMail, send_letters
from etl.errors import StorageError
from etl.messages import load_messages
from etl.model import Period
from etl.model.vietnam_time import VIETNAM_ZONE, get_current_time
from etl.settings import Settings
from etl.warehouse import dispatch_store, journal
from etl.warehouse.dispatch_store import MailAttempt, PublishedDocument

if TYPE_CHECKING:
    from sqlalchemy import Connection


_STAYS = "facts.json"  # the facts and what they rest on are the office's own
_RECIPIENTS_FOLDER = "gui"  # the recipients' folders lie in one of this name, beside what was published


def get_smtp_connection_id() -> str:
    """The id of the Airflow connection that is mailed by."""
    return load_settings_and_catalogue()[0].smtp_connection


def announce_publications() -> list[str]:
    """The folders, below the outbox, of what was published since this was last called, oldest first; each once."""
    settings, _ = load_settings_and_catalogue()
    with open_engine(settings).begin() as conn:
        dispatch_store.lock_dispatch(conn)
        told = {event.detail["report"] for event in journal.fetch_events(conn, "publication_told")}
        new = [one for one in dispatch_store.fetch_published_documents(conn) if one.report_id not in told]
        for document in new:
            journal.record_event(conn, "publication_told", report=document.report_id, folder=document.folder)
    return [document.folder for document in new]


def dispatch_folders() -> Result:
    """Puts a folder for each recipient of each published document that has none yet; says which messages wait.

    Raises:
        StorageError: once all were tried, where a folder could not be written or a published file is not what was
            published. Nothing half-written stays, and the others are there.
    """
    settings, catalogue = load_settings_and_catalogue()
    contacts, engine = load_contacts(catalogue), open_engine(settings)
    put_now: list[str] = []
    failed: list[str] = []
    with engine.begin() as guard:
        dispatch_store.lock_dispatch(guard)
        for document, contact in _list_pending_dispatches(guard, catalogue, contacts, "folder"):
            try:
                parcel = _build_recipient_package(settings, catalogue, document, contact)
                write_recipient_folder(settings.outbox, parcel)
            except StorageError as error:
                failed.append(f"{contact.name}: {error.what} ({error.where})")
                continue
            with engine.begin() as conn:
                dispatch_store.record_dispatch(
                    conn, document, contact.id, "folder", address=parcel.folder, files=document.files
                )
            put_now.append(parcel.folder)
        waiting = _list_waiting_messages(guard, catalogue, contacts)
        unsigned = _list_unsigned_documents(guard, contacts)
    if failed:
        raise StorageError(
            f"{len(failed)} recipients' folders could not be written, {len(put_now)} were",
            where="; ".join(failed),
            fix="mend what is named and run again; nothing half-written was left",
        )
    return {"folders": put_now, "mail": waiting, **({"unsigned": unsigned} if unsigned else {})}


def dispatch_mail(post: MailSessionOpener | None) -> Result:
    """Mails published documents to the recipients with an address that have not got them; each at most once.

    Raises:
        MailError: once all were tried, where one did not go out or waits for a person.
    """
    settings, catalogue = load_settings_and_catalogue()
    contacts, engine = load_contacts(catalogue), open_engine(settings)
    if not any(contact.email for contact in contacts.recipients):
        return {"skipped": "catalog/contacts.yaml has no e-mail address of a recipient: nothing is mailed"}
    if post is None:
        return {"skipped": f"Airflow has no connection {settings.smtp_connection!r}: nothing is mailed"}
    outgoing: list[OutgoingMail] = []
    broken: list[str] = []
    with engine.begin() as guard:
        dispatch_store.lock_dispatch(guard)
        for document, contact in _list_pending_mail(guard, catalogue, contacts):
            try:
                outgoing.append(_build_outgoing_mail(settings, catalogue, document, contact))
            except StorageError as error:
                broken.append(str(error))
        sent = send_letters(engine, post, outgoing)
    if broken:
        raise StorageError(
            f"{len(broken)} messages were not written", where="; ".join(broken), fix="mend what is named"
        )
    return {"sent": sent}


def _list_pending_dispatches(
    conn: Connection, catalogue: Catalogue, contacts: Contacts, channel: str
) -> Iterator[tuple[PublishedDocument, Contact]]:
    """Published documents that have a number, with the recipients that have not got them this way, oldest first."""
    done = dispatch_store.fetch_dispatched_keys(conn)
    for published in dispatch_store.fetch_published_documents(conn):
        if published.number is None or _list_missing_signatures(contacts, published):
            continue
        document = replace(published, files=_select_outgoing_files(published))
        for contact in _list_recipients(catalogue, contacts, document):
            if (document.report_id, contact.id, channel) not in done:
                yield document, contact


def _list_missing_signatures(contacts: Contacts, document: PublishedDocument) -> list[str]:
    """The digital signatures that the office waits for; none of a document that has no PDF to be signed."""
    if not any(name.endswith(".pdf") for name in document.files):
        return []
    awaited = contacts.signed_before_dispatch.get(document.scope, ())
    return [field for field in awaited if field not in document.signed_fields]


def _list_unsigned_documents(conn: Connection, contacts: Contacts) -> list[Result]:
    """Numbered documents that stay until their PDF is back with the signatures that the office waits for."""
    documents = [d for d in dispatch_store.fetch_published_documents(conn) if d.number is not None]
    missing = {d.report_id: fields for d in documents if (fields := _list_missing_signatures(contacts, d))}
    return [
        {"report": d.report_id, "folder": d.folder, "unsigned": missing[d.report_id]}
        for d in documents
        if d.report_id in missing
    ]


def _select_outgoing_files(document: PublishedDocument) -> dict[str, str]:
    """What leaves the house: not the facts; where the PDF came back signed, that one alone."""
    files = {name: sha256 for name, sha256 in document.files.items() if not name.endswith(_STAYS)}
    if not document.signed_copy:
        return files
    unsigned = {name: sha256 for name, sha256 in files.items() if not name.endswith(".pdf")}
    return {**unsigned, document.signed_copy: document.signed_copy_sha256}


def _list_pending_mail(
    conn: Connection, catalogue: Catalogue, contacts: Contacts
) -> list[tuple[PublishedDocument, Contact]]:
    oldest = get_current_time() - dt.timedelta(days=contacts.mail_within_days)
    owed = _list_pending_dispatches(conn, catalogue, contacts, "mail")
    return [(document, to) for document, to in owed if to.email and document.published_at >= oldest]


def _list_recipients(catalogue: Catalogue, contacts: Contacts, document: PublishedDocument) -> list[Contact]:
    """Those the report is addressed to, then those it is copied to; each once, and none that had ended by its date."""
    scope, day = catalogue.scopes.get(document.scope), document.signed_on or document.published_at.date()
    report = scope.find_report(document.plan, document.cadence, document.audience) if scope else None
    named = (*report.recipients, *report.copies) if report else ()
    names = [name for name in named if catalogue.find_body_name(name, day)]
    contacts_by_name = (contacts.find_recipient(document.scope, name) for name in names)
    return list({contact.id: contact for contact in contacts_by_name if contact}.values())


def _list_waiting_messages(conn: Connection, catalogue: Catalogue, contacts: Contacts) -> list[Result]:
    """Messages that have not gone out, with what is known of them."""
    owed = {f"report/{d.report_id}/{c.id}": c.email for d, c in _list_pending_mail(conn, catalogue, contacts)}
    last = dispatch_store.fetch_last_attempts(conn, owed)
    return [
        asdict(last[key]) if key in last else {"mail": key, "step": "waiting", "address": address}
        for key, address in owed.items()
    ]


def _build_outgoing_mail(
    settings: Settings, catalogue: Catalogue, document: PublishedDocument, contact: Contact
) -> OutgoingMail:

    letter = _render_document_letter(settings, catalogue, document, contact)
    files = {name: document.files[name] for name in letter.attached}

    def record_mail_dispatch(conn: Connection, attempt: MailAttempt) -> None:
        dispatch_store.record_dispatch(
            conn, document, contact.id, "mail", address=attempt.address, files=files, message_id=attempt.message_id
        )

    return OutgoingMail(letter, contact.email, record_mail_dispatch)


def _read_published_files(settings: Settings, document: PublishedDocument) -> dict[str, bytes]:
    """The published files, which must be what was published."""
    folder = settings.outbox / document.folder
    contents: dict[str, bytes] = {}
    for name, sha256 in sorted(document.files.items()):
        try:
            contents[name] = (folder / name).read_bytes()
        except OSError as error:
            raise StorageError(
                f"a published file cannot be read: {error.strerror}", where=str(folder / name), fix="put it back"
            ) from error
        if hashlib.sha256(contents[name]).hexdigest() != sha256:
            raise StorageError(
                "a published file was changed after it was signed", where=str(folder / name), fix="put it back"
            )
    return contents


def _build_recipient_package(
    settings: Settings, catalogue: Catalogue, document: PublishedDocument, contact: Contact
) -> RecipientPackage:

    place = Path(document.folder)
    about = {
        "kind": document.kind,
        "report": document.report_id,
        "corrects": document.corrects,
        "scope": document.scope,
        "office": _get_office(catalogue, document).name,
        "plan": document.plan,
        "cadence": document.cadence,
        **({"audience": document.audience} if document.audience else {}),
        "period": document.period,
        "recipient": contact.name,
        "number": document.number,
        "date": str(document.signed_on),
        "signed_by": document.signer,
        "approved_at": document.signed_at.isoformat(timespec="seconds"),
        "snapshot": document.snapshot_id,
        **({"note": SIMULATION_NOTICE} if settings.simulated else {}),
    }
    return RecipientPackage(
        str(place.parent / _RECIPIENTS_FOLDER / contact.id / place.name),
        _read_published_files(settings, document),
        about,
    )


def _get_office(catalogue: Catalogue, document: PublishedDocument) -> Office:
    """The office that issued a document: the one on its date."""
    day = document.signed_on or document.signed_at.astimezone(VIETNAM_ZONE).date()
    return catalogue.get_office(catalogue.scopes[document.scope], day)


def _render_document_letter(
    settings: Settings, catalogue: Catalogue, document: PublishedDocument, contact: Contact
) -> Letter:
    plan = catalogue.plans[document.plan]
    carried_out = plan.find_carried_out()  # nobody is sent a report on a draft
    in_words = DispatchedDocument(
        report_id=document.report_id,
        kind=document.kind,
        office=_get_office(catalogue, document).name,
        plan=load_messages(settings.templates).format("head.plan", kind=carried_out.kind, number=carried_out.number)
        if carried_out
        else plan.short_title,
        period=Period.parse(document.period).name,
        number=f"{document.number:02d}/{_get_office(catalogue, document).symbol}",
        signed_by=document.signer,
        signed_on=f"{document.signed_on:%d/%m/%Y}",
        files=_read_published_files(settings, document),
    )
    return render_report_letter(in_words, contact.name, contact.id, settings.templates, simulated=settings.simulated)
