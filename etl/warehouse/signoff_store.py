"""What people decided on drafts, and what was published: asked, decided, published, found again by its content.

Room: warehouse. Called by steps. Append-only: a decision is never changed, a publication never withdrawn; a
mistake is set right by a correction. The caller opens the transaction.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from sqlalchemy import Connection, Row

from etl.errors import RefusalError
from etl.model.registration import Registration
from etl.model.report_key import ReportKey
from etl.warehouse.advisory_locks import AdvisoryLock, lock_keys
from etl.warehouse.connect import query
from etl.warehouse.journal import record_event

Decision = Literal["approved", "sent_back"]


@dataclass(frozen=True)
class SignableDocument:
    """A report or a correction on record, with the last decision on it and what was published.

    `files` are the SHA-256 of the draft by file name, `published` those of what was published (empty while nothing
    was). `folder` lies below the outbox. `states` is the SHA-256 of the facts that hold once it is published.
    `signed_copy` is the name of the published PDF as it last came back with its digital signatures, if it did.
    """

    report_id: int
    kind: str
    corrects: int | None
    states: str
    scope: str
    plan: str
    cadence: str
    period: str
    snapshot_id: str
    known_at: str
    files: dict[str, str]
    decision: str
    decided_by: str
    decided_at: str
    reason: str
    folder: str
    published: dict[str, str]
    registration: Registration | None = None
    signed_copy: str = ""
    signed_copy_sha256: str = ""
    audience: str = ""

    @property
    def key(self) -> ReportKey:
        """Which report it is, whatever the draft."""
        return ReportKey(self.scope, self.plan, self.cadence, self.period, self.audience)


@dataclass(frozen=True)
class CorrectionRecord:
    """A drafted correction. `corrects` is the number of the report that was published first."""

    key: ReportKey
    snapshot_id: str
    known_at: str
    files: Mapping[str, str]
    templates: str
    corrects: int
    states: str


def fetch_documents(
    conn: Connection,
    key: ReportKey | None = None,
    *,
    report_id: int | None = None,
    sha256: str | None = None,
) -> list[SignableDocument]:
    """The documents of a report's key, one by its number, or those with a file of a content; newest first."""
    names = key.as_parameters() if key else dict.fromkeys(part.name for part in fields(ReportKey))
    return [_build_document(row) for row in query(conn, "documents_of", **names, report_id=report_id, sha256=sha256)]


def lock_document(conn: Connection, report_id: int) -> None:
    """Waits until nobody else decides on this document, for the rest of the transaction."""
    lock_keys(conn, AdvisoryLock.DOCUMENT, [report_id])


def fetch_asking_runs(conn: Connection, report_id: int) -> list[str]:
    """The runs that have asked about a document, the last first."""
    return list(query(conn, "questions_of", report_id=report_id).scalars())


def record_question(conn: Connection, report_id: int, run: str) -> None:
    """Notes that a run asks people about a document."""
    query(conn, "add_question", report_id=report_id, run=run)


def fetch_open_questions(conn: Connection) -> list[int]:
    """The numbers of the documents asked about that nobody has decided on and no newer draft replaced."""
    return list(query(conn, "open_questions").scalars())


def record_decision(
    conn: Connection, document: SignableDocument, decision: Decision, by: str, at: str, reason: str
) -> None:
    """Notes a person's decision, and on what."""
    query(
        conn,
        "record_sign_off",
        report_id=document.report_id,
        decision=decision,
        decided_by=by,
        decided_at=at,
        reason=reason,
        files=_serialize_files(document.files),
        snapshot_id=document.snapshot_id,
    )
    record_event(conn, decision, report=document.report_id, **document.key.describe(), by=by, at=at, reason=reason)


def record_registration(
    conn: Connection, document: SignableDocument, register: str, symbol: str, given: Registration
) -> None:
    """Notes what the registry and the signer gave a document. `register` is the scope whose own office gives numbers.

    Raises:
        RefusalError: the office gave the number to another document of that year.
    """
    if given.number is not None and given.signed_on is not None:
        lock_keys(conn, AdvisoryLock.REGISTER, [register])
        key = {"scope": register, "symbol": symbol, "number": given.number, "year": given.signed_on.year}
        taken = query(conn, "document_with_number", **key).scalar_one_or_none()
        if taken is not None:
            raise RefusalError(
                f"the number {given.number_text}/{symbol} of {given.signed_on.year} belongs to document {taken}",
                message="number_taken",
                where="--number",
                fix="give the next free number of the register",
                number=f"{given.number_text}/{symbol}",
                year=given.signed_on.year,
                document=taken,
            )
    query(
        conn,
        "record_registration",
        report_id=document.report_id,
        scope=register,
        symbol=symbol,
        number=given.number,
        signed_on=given.signed_on,
        authority=json.dumps(given.authority, ensure_ascii=False),
        signer=given.signer,
    )
    record_event(
        conn,
        "registered",
        report=document.report_id,
        **document.key.describe(),
        number=given.number_text,
        signer=given.signer,
    )


def record_signed_copy(
    conn: Connection,
    document: SignableDocument,
    name: str,
    sha256: str,
    published_sha256: str,
    signatures: Sequence[Mapping[str, object]],
    by: str,
) -> None:
    """Notes a published PDF that came back signed: its file, what it begins with, who signed, who took it in."""
    query(
        conn,
        "record_signed_copy",
        report_id=document.report_id,
        file_name=name,
        sha256=sha256,
        published_sha256=published_sha256,
        signatures=json.dumps(list(signatures), ensure_ascii=False),
        attached_by=by,
    )
    record_event(
        conn, "attached", report=document.report_id, **document.key.describe(), name=name, sha256=sha256, by=by
    )


def record_publication(conn: Connection, document: SignableDocument, folder: str, files: Mapping[str, str]) -> None:
    """Notes what was published: the folder below the outbox, and the SHA-256 of each file."""
    query(conn, "record_publication", report_id=document.report_id, folder=folder, files=_serialize_files(files))
    record_event(conn, "published", report=document.report_id, **document.key.describe(), folder=folder)


def record_correction(conn: Connection, made: CorrectionRecord) -> int:
    """Notes a drafted correction. Gives its number."""
    number = query(
        conn,
        "record_correction",
        **made.key.as_parameters(),
        snapshot_id=made.snapshot_id,
        known_at=made.known_at,
        files=_serialize_files(made.files),
        templates=made.templates,
        corrects_report_id=made.corrects,
        states=made.states,
    ).scalar_one()
    record_event(conn, "correction_raised", report=int(number), corrects=made.corrects, **made.key.describe())
    return int(number)


def record_signing_key(conn: Connection, key_id: str, public_key: str) -> None:
    """Keeps a public key of this installation, once."""
    query(conn, "add_signing_key", key_id=key_id, public_key=public_key)


def store_content(conn: Connection, data: bytes) -> str:
    """Keeps a content for ever; gives its SHA-256."""
    sha256 = hashlib.sha256(data).hexdigest()
    query(conn, "add_content", sha256=sha256, size=len(data), packed=zlib.compress(data))
    return sha256


def fetch_content(conn: Connection, sha256: str) -> bytes | None:
    """A content that was kept; None where it was not."""
    packed = query(conn, "content_of", sha256=sha256).scalar_one_or_none()
    return None if packed is None else zlib.decompress(packed)


def _serialize_files(files: Mapping[str, str]) -> str:
    return json.dumps(dict(files), ensure_ascii=False)


def _build_document(row: Row[Any]) -> SignableDocument:
    return SignableDocument(
        report_id=row.report_id,
        kind=row.kind,
        corrects=row.corrects_report_id,
        states=row.states,
        scope=row.scope,
        plan=row.plan,
        cadence=row.cadence,
        period=row.period,
        snapshot_id=row.snapshot_id,
        known_at=row.known_at.isoformat(timespec="microseconds"),
        files=dict(row.files),
        decision=row.decision,
        decided_by=row.decided_by,
        decided_at=row.decided_at.isoformat(timespec="seconds") if row.decided_at else "",
        reason=row.reason,
        folder=row.folder,
        published=dict(row.published),
        registration=_build_registration(row) if row.signer is not None else None,
        signed_copy=row.signed_copy,
        signed_copy_sha256=row.signed_copy_sha256,
        audience=row.audience,
    )


def _build_registration(row: Row[Any]) -> Registration:
    """The registry's part, of a row that has it."""
    return Registration(row.number, row.signed_on, tuple(row.authority), row.signer)
