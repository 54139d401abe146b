"""Whoever decides is told by mail that a document waits: once, with what to know and where to decide."""

from __future__ import annotations

from etl.approval.decisions import fetch_document
from etl.approval.signoff_question import SignoffQuestion, build_signoff_question
from etl.catalog.contacts import load_contacts
from etl.core.instance import Result, load_settings_and_catalogue, open_engine
from etl.dispatch import Letter, MailSessionOpener
from etl.dispatch.letter import render_letter_text
from etl.dispatch.mail_protocol import OutgoingMail, send_letters
from etl.errors import StorageError, TongketError
from etl.settings import Settings
from etl.warehouse import dispatch_store, signoff_store


def mail_questions(post: MailSessionOpener | None, page: str) -> Result:
    """Tells the approvers of `catalog/contacts.yaml` of each document that waits for them; each at most once.

    `page` is the address of the page that a document is read and decided on. A document that was decided or replaced
    meanwhile is told to nobody. Gives the keys of what went out, or why nobody is told under ``skipped``.

    Raises:
        MailError: once all were tried, where one did not go out or waits for a person.
        StorageError: likewise, where the files of a draft are not as they were written.
    """
    settings, catalogue = load_settings_and_catalogue()
    contacts, engine = load_contacts(catalogue), open_engine(settings)
    if not contacts.approvers:
        return {"skipped": "catalog/contacts.yaml has no approvers: nobody is told that a document waits"}
    if post is None:
        return {"skipped": f"Airflow has no connection {settings.smtp_connection!r}: nobody is told"}
    with engine.begin() as guard:
        dispatch_store.lock_dispatch(guard)
        outgoing: list[OutgoingMail] = []
        broken: list[str] = []
        with engine.connect() as conn:
            for report in signoff_store.fetch_open_questions(conn):
                document = fetch_document(conn, report)
                if document.scope not in catalogue.scopes:  # out of service: it is told when the scope is back
                    continue
                try:
                    question = build_signoff_question(conn, settings, catalogue, document)
                except TongketError as error:
                    broken.append(str(error))
                    continue
                outgoing += [
                    _address_question(settings, question, address, page)
                    for address in contacts.approvers.get(question.scope, ())
                ]
        sent = send_letters(engine, post, outgoing)
    if broken:
        raise StorageError(
            f"{len(broken)} questions were not written, {len(sent)} messages went out",
            where="; ".join(broken),
            fix="draft these reports again: what is told of them is read from their files",
        )
    return {"sent": sent}


def _address_question(settings: Settings, question: SignoffQuestion, address: str, page: str) -> OutgoingMail:
    slots = {
        "subject": question.subject,
        "about": question.about,
        "lines": "\n".join(f"- {line}" for line in question.lines),
        "document": f"{page}/documents/{question.report}",
        "board": f"{page}/board?scope={question.scope}&period={question.period}",
    }
    subject, text = render_letter_text(settings.templates, "question", slots, simulated=settings.simulated)
    return OutgoingMail(Letter(f"question/{question.report}/{address}", subject, text), address)
