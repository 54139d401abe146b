"""What a person decides on a draft, and what follows: sent back, or published with who, when, hash and snapshot.

A decision is always a person's: nothing here decides by itself. What may be published is told by `publication`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.approval.publication import compute_file_sha256, publish_document, validate_draft_is_current
from etl.attainment.attainment_rows import lock_period
from etl.catalog import Catalogue
from etl.core.instance import Result, load_settings_and_catalogue, open_current_engine
from etl.errors import UsageError
from etl.model import Period
from etl.model.vietnam_time import get_current_time, parse_vietnam_day
from etl.warehouse import signoff_store
from etl.warehouse.signoff_store import Decision, SignableDocument

if TYPE_CHECKING:
    from sqlalchemy import Connection


APPROVE, SEND_BACK = "Phê duyệt", "Trả lại"


def sign_document(report: str, by: str, reason: str | None = None) -> Result:
    """A decision from the shell: approved by a person, or sent back where a reason is given.

    Raises:
        UsageError: no such document, nobody named, or it cannot be published any more.
    """
    number = _find_document_number(report)
    at = get_current_time().isoformat(timespec="seconds")
    return apply_decision(number, "approved" if reason is None else "sent_back", by, at, reason or "")


def apply_signoff_answer(report: int, answer: Mapping[str, Any]) -> Result:
    """Carries out what a person answered in Airflow. Shape of `answer`: what its human-in-the-loop operator gives.

    An answer that cannot be carried out, whatever is mended, gives ``refused`` with the reason: no person stands
    behind it, or the draft may not be published any more.
    """
    user = answer.get("responded_by_user")
    if not user:
        return {"report": report, "refused": "nobody answered: an answer without a person is no decision"}
    by = str(user["name"] or user["id"])
    decision: Decision = "approved" if list(answer["chosen_options"]) == [APPROVE] else "sent_back"
    at = answer["responded_at"]
    moment = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
    reason = next((str(value).strip() for value in (answer.get("params_input") or {}).values() if value), "")
    try:
        return apply_decision(report, decision, by, moment.isoformat(timespec="seconds"), reason)
    except UsageError as error:
        return {"report": report, "refused": str(error)}


def apply_decision(report: int, decision: Decision, by: str, at: str, reason: str = "") -> Result:
    """Records a decision; where it is an approval, publishes. Deciding the same again changes nothing.

    Raises:
        UsageError: no such document, nobody named, sent back without a reason or after it was published, no office
            issues the scope's reports that day, or the draft is not the last one or not as it was written: nothing is
            recorded and nothing published.
        StorageError: the outbox cannot be written; nothing is recorded.
    """
    if not by.strip():
        raise UsageError("a decision needs a name", where="--by", fix="say who decides")
    if decision == "sent_back" and not reason.strip():
        raise UsageError(
            "sent back without a reason: nothing was decided",
            where=f"document {report}",
            fix="say what is to be mended",
        )
    settings, catalogue = load_settings_and_catalogue()
    with open_current_engine(settings, catalogue).begin() as conn:
        document = _fetch_document(conn, report)
        lock_period(conn, document.scope, Period.parse(document.period))
        signoff_store.lock_document(conn, report)
        document = _fetch_document(conn, report)
        if decision == "sent_back":
            return _send_back_document(conn, document, by.strip(), at, reason.strip())
        if not document.published:
            _validate_issuing_office(catalogue, document, at)
            validate_draft_is_current(conn, settings, document)
            if document.decision != "approved":
                signoff_store.record_decision(conn, document, "approved", by.strip(), at, reason.strip())
                document = _fetch_document(conn, report)
            publish_document(conn, settings, document)
            document = _fetch_document(conn, report)
    return _build_decision_result(document)


def _validate_issuing_office(catalogue: Catalogue, document: SignableDocument, at: str) -> None:
    """A report is issued by an office that exists on its date."""
    scope, day = catalogue.get_scope(document.scope), parse_vietnam_day(at)
    if catalogue.find_office(scope, day) is None:
        last = scope.offices[-1]
        raise UsageError(
            f"no office issues reports of {scope.id} on {day}: {last.name} ended on {last.valid_to}",
            where=f"{catalogue.root / 'scopes' / scope.id}.yaml: offices",
            fix=f"it stays a draft until {last.awaits or 'the authority above'} decides; then add the office named",
        )


def _send_back_document(conn: Connection, document: SignableDocument, by: str, at: str, reason: str) -> Result:

    if document.decision == "approved":
        raise UsageError(
            f"document {document.report_id} is approved already",
            where=f"by {document.decided_by}, {document.decided_at}",
            fix="what is published stays; a resubmission raises a correction",
        )
    if (document.decision, document.decided_by, document.reason) != ("sent_back", by, reason):
        signoff_store.record_decision(conn, document, "sent_back", by, at, reason)
    return _build_decision_result(_fetch_document(conn, document.report_id))


def _build_decision_result(document: SignableDocument) -> Result:
    return {
        "report": document.report_id,
        "kind": document.kind,
        **document.key,
        "decision": document.decision,
        "by": document.decided_by,
        "at": document.decided_at,
        "reason": document.reason,
        "snapshot": document.snapshot_id,
        "folder": document.folder,
        "files": dict(document.published),
    }


def _find_document_number(report: str) -> int:
    """The number of a document: given, or of the draft that a file belongs to."""
    if report.isdigit():
        return int(report)
    path = Path(report)
    if path.is_file():
        settings, catalogue = load_settings_and_catalogue()
        with open_current_engine(settings, catalogue).connect() as conn:
            documents = signoff_store.fetch_documents(conn, sha256=compute_file_sha256(path))
        if documents:
            return documents[0].report_id
    raise UsageError(
        f"{report!r} is no document on record", where="REPORT", fix="give its number, or a file of its draft"
    )


def _fetch_document(conn: Connection, report: int) -> SignableDocument:

    documents = signoff_store.fetch_documents(conn, report_id=report)
    if not documents:
        raise UsageError(f"there is no document {report}", where="ops.report", fix="see out.report_document")
    return documents[0]
