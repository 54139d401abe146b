"""What a person decides on a draft, and what follows: sent back, or published with who, when, hash and snapshot.

A decision is always a person's: nothing here decides by itself. What may be published is told by `publication`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from etl.approval.issuing_office import read_issue
from etl.approval.publication import (
    compute_file_sha256,
    publish_document,
    serialize_registration,
    validate_draft_is_current,
)
from etl.approval.registry_entry import RegistryEntry
from etl.attainment.attainment_rows import lock_period
from etl.catalog import Catalogue
from etl.core.instance import Result, load_settings_and_catalogue, open_current_engine
from etl.errors import RefusalError, UsageError
from etl.messages import Messages, load_messages
from etl.model import Period
from etl.model.report_key import validate_one_report
from etl.model.vietnam_time import get_current_time
from etl.settings import Settings
from etl.warehouse import signoff_store
from etl.warehouse.signoff_store import Decision, SignableDocument

if TYPE_CHECKING:
    from sqlalchemy import Connection


def sign_document(
    report: str,
    by: str,
    reason: str | None = None,
    *,
    number: str = "",
    date: str = "",
    signer: str = "",
    title: Sequence[str] = (),
) -> Result:
    """A decision from the shell: approved by a person, with what the registry gave, or sent back for a reason.

    Raises:
        UsageError: no such document, nobody named, number, date or signer wrong, or it cannot be published any more.
    """
    report_id = find_document_number(report)
    at = get_current_time().isoformat(timespec="seconds")
    entry = RegistryEntry(number, date, signer, title)
    return apply_decision(report_id, "approved" if reason is None else "sent_back", by, at, reason or "", entry)


def apply_decision(
    report: int, decision: Decision, by: str, at: str, reason: str = "", entry: RegistryEntry | None = None
) -> Result:
    """Records a decision; where it is an approval, registers and publishes. Deciding the same again changes nothing.

    Raises:
        UsageError: no such document, nobody named, number, date or signer wrong or taken, sent back without a reason,
            sent back or registered otherwise after it was published, no office issues the scope's reports that day, the
            catalogue has no such report any more, or the draft is not the last one or not as it was written: nothing is
            recorded and nothing published.
        StorageError: the outbox cannot be written, or no PDF could be made; nothing is recorded.
    """
    if not by.strip():
        raise UsageError("a decision needs a name", where="--by", fix="say who decides")
    if decision == "sent_back" and not reason.strip():
        raise RefusalError(
            "sent back without a reason: nothing was decided",
            message="reason_missing",
            where=f"document {report}",
            fix="say what is to be mended",
        )
    settings, catalogue = load_settings_and_catalogue()
    with open_current_engine(settings, catalogue).begin() as conn:
        document = fetch_document(conn, report)
        lock_period(conn, document.scope, Period.parse(document.period))
        signoff_store.lock_document(conn, report)
        document = fetch_document(conn, report)
        if decision == "sent_back":
            return _send_back_document(conn, settings, document, by.strip(), at, reason.strip())
        issue = read_issue(catalogue, document, entry, at)
        registration = issue.registration
        if document.published and registration not in {None, document.registration}:
            raise RefusalError(
                f"document {report} is published already",
                message="published_already",
                where=document.folder,
                fix="fill number and date into its PDF, have it signed, and give it to `tongket attach`",
                document=report,
            )
        if not document.published:
            _validate_report_is_written(catalogue, document)
            validate_draft_is_current(conn, settings, document)
            if document.decision != "approved":
                signoff_store.record_decision(conn, document, "approved", by.strip(), at, reason.strip())
            if registration:
                signoff_store.record_registration(conn, document, issue.register, issue.symbol, registration)
            document = fetch_document(conn, report)
            publish_document(conn, settings, document)
            document = fetch_document(conn, report)
    return _build_decision_result(settings, document)


def _validate_report_is_written(catalogue: Catalogue, document: SignableDocument) -> None:
    """What was drafted before the catalogue split or dropped its report has no recipients: it would reach nobody."""
    scope = catalogue.get_scope(document.scope)
    if scope.find_report(document.plan, document.cadence, document.audience) is None:
        raise RefusalError(
            f"{scope.id} no longer writes the report {document.key.name}: nothing was published",
            message="report_gone",
            where=f"{catalogue.root / 'scopes' / scope.id}.yaml: reports",
            fix="decide on the reports that took its place, or put it back there",
        )


def _send_back_document(
    conn: Connection, settings: Settings, document: SignableDocument, by: str, at: str, reason: str
) -> Result:

    if document.decision == "approved":
        raise RefusalError(
            f"document {document.report_id} is approved already",
            message="approved_already",
            where=f"by {document.decided_by}, {document.decided_at}",
            fix="what is published stays; a resubmission raises a correction",
            document=document.report_id,
            by=document.decided_by,
        )
    if (document.decision, document.decided_by, document.reason) != ("sent_back", by, reason):
        signoff_store.record_decision(conn, document, "sent_back", by, at, reason)
    return _build_decision_result(settings, fetch_document(conn, document.report_id))


def _describe_decision(wording: Messages, document: SignableDocument) -> str:
    """What was done, and what is left to do."""
    given = document.registration
    if document.decision == "sent_back":
        return wording.format("decided.sent_back", report=document.report_id)
    if given is None or given.signed_on is None:
        return wording.format("decided.without_number", report=document.report_id)
    return wording.format(
        "decided.numbered",
        report=document.report_id,
        number=given.number_text,
        date=f"{given.signed_on:%d/%m/%Y}",
        signer=given.signer,
    )


def _build_decision_result(settings: Settings, document: SignableDocument) -> Result:
    return {
        "says": _describe_decision(load_messages(settings.templates), document),
        "report": document.report_id,
        "kind": document.kind,
        **document.key.describe(),
        "decision": document.decision,
        "by": document.decided_by,
        "at": document.decided_at,
        "reason": document.reason,
        "snapshot": document.snapshot_id,
        "folder": document.folder,
        "files": dict(document.published),
        **serialize_registration(document),
    }


def find_document_number(report: str) -> int:
    """The number of a document: given, or of the draft that a file belongs to.

    Raises:
        UsageError: there is none, or the file is the same in several reports.
    """
    if report.isdigit():
        return int(report)
    path = Path(report)
    if path.is_file():
        settings, catalogue = load_settings_and_catalogue()
        with open_current_engine(settings, catalogue).connect() as conn:
            documents = signoff_store.fetch_documents(conn, sha256=compute_file_sha256(path))
        if documents:
            found = ((document.report_id, document.key) for document in documents)
            validate_one_report(report, found, "give the number of the one that is meant")
            return documents[0].report_id
    raise UsageError(
        f"{report!r} is no document on record", where="REPORT", fix="give its number, or a file of its draft"
    )


def fetch_document(conn: Connection, report: int) -> SignableDocument:
    """The document of a number.

    Raises:
        UsageError: there is none.
    """
    documents = signoff_store.fetch_documents(conn, report_id=report)
    if not documents:
        raise UsageError(f"there is no document {report}", where="ops.report", fix="see out.report_document")
    return documents[0]
