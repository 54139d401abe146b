"""Publishing a draft: whether it may be, and its folder with who, when, hash and snapshot in every file.

A draft that is not the last one or older than its figures, or whose files are not as written, is never published.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.approval.record_signing import publish_signing_key, sign_record
from etl.errors import RefusalError, StorageError, UsageError
from etl.file_io import translate_os_errors, write_folder_atomic
from etl.report import FACTS_SUFFIX
from etl.report.correction_report import has_printed_changes
from etl.report.dates import parse_snapshot_time
from etl.report.file_properties import add_file_properties
from etl.report.pdf import convert_to_pdf
from etl.report.pdf_form import add_form_fields
from etl.report.registered_files import render_registered_files
from etl.report.report_facts import DocumentFacts, ReportFacts, parse_document_facts, parse_report_facts
from etl.settings import Settings
from etl.warehouse import signoff_store
from etl.warehouse.attainment_store import list_outdated_reports, list_stale_periods
from etl.warehouse.signoff_store import SignableDocument

if TYPE_CHECKING:
    from sqlalchemy import Connection

SIGNOFF_RECORD_NAME = "chung-thuc.json"
SIGNOFF_RECORD_SCHEMA = 3


def build_draft_path(settings: Settings, document: SignableDocument) -> Path:
    """The folder that a document's draft lies in."""
    return settings.outbox / "drafts" / document.period / document.scope


def validate_draft_is_current(conn: Connection, settings: Settings, document: SignableDocument) -> None:
    """Lets pass only the last draft of a report, of the present figures and catalogue, with its files as written.

    Raises:
        UsageError: says which draft is newer, or which file was changed; or something that the draft rests on was
            recorded, amended or computed since.
    """
    every = signoff_store.fetch_documents(conn, document.key)
    where = f"{document.key.name} {document.period}, document {document.report_id}"
    newer = [d for d in every if d.report_id > document.report_id and d.kind == document.kind]
    if newer:
        raise RefusalError(
            f"the draft was replaced by a newer one, document {newer[0].report_id}: nothing was published",
            message="draft_replaced",
            where=where,
            fix="decide on the newer draft",
            document=newer[0].report_id,
        )
    if document.kind == "report" and any(d.published for d in every):
        raise RefusalError(
            "this report is published already: nothing was published",
            message="report_published",
            where=where,
            fix="wait for its correction",
        )
    for name, sha256 in document.files.items():
        path = build_draft_path(settings, document) / name
        if not path.is_file() or compute_file_sha256(path) != sha256:
            raise RefusalError(
                f"the draft's file {name} is not as it was written: nothing was published",
                message="draft_touched",
                where=str(path),
                fix="draft the report again and decide on that draft",
                file=name,
            )
    if document.kind == "correction":
        _validate_correction_is_current(conn, settings, document, next(d for d in every if d.kind == "report"), where)
    report = (document.scope, document.plan, document.cadence, document.audience)
    outdated = {(scope, period) for scope, _, period in list_outdated_reports(conn, [report])}
    if (document.scope, document.period) in outdated.union(list_stale_periods(conn)):
        raise RefusalError(
            "figures or catalogue have changed since this was drafted: nothing was published",
            message="figures_changed",
            where=where,
            fix="run the report again and decide on what it drafts then",
        )


def _validate_correction_is_current(
    conn: Connection, settings: Settings, document: SignableDocument, latest: SignableDocument, where: str
) -> None:

    states = signoff_store.fetch_content(conn, document.states)
    if states is None or has_printed_changes(
        parse_report_facts(states, document.states), read_report_facts(settings, latest)
    ):
        raise RefusalError(
            f"the figures have changed since, see document {latest.report_id}: nothing was published",
            message="figures_changed",
            where=where,
            fix="run the report again: it drafts the correction anew",
        )


def find_facts_name(document: SignableDocument) -> str:
    """The name of a document's facts."""
    return next(name for name in document.files if name.endswith(FACTS_SUFFIX))


def read_report_facts(settings: Settings, document: SignableDocument) -> ReportFacts:
    """The facts that the draft of a report was printed from.

    Raises:
        UsageError: their file is not as it was written.
        StorageError: they are those of a correction.
    """
    return parse_report_facts(*_read_facts_file(settings, document))


def read_draft_facts(settings: Settings, document: SignableDocument) -> DocumentFacts:
    """The facts that a draft was printed from.

    Raises:
        UsageError: their file is not as it was written.
    """
    return parse_document_facts(*_read_facts_file(settings, document))


def _read_facts_file(settings: Settings, document: SignableDocument) -> tuple[bytes, str]:
    path = build_draft_path(settings, document) / find_facts_name(document)
    if not path.is_file() or compute_file_sha256(path) != document.files[path.name]:
        raise UsageError(
            "the facts of the draft are not as they were written", where=str(path), fix="draft the report again"
        )
    return path.read_bytes(), str(path)


def compute_file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with translate_os_errors(path):
        return hashlib.sha256(path.read_bytes()).hexdigest()


# --- publishing ------------------------------------------------------------------------------------------


def build_signoff_properties(document: SignableDocument) -> dict[str, str]:
    """What every published file carries, by the names of its properties."""
    return {
        "TongketReport": str(document.report_id),
        "TongketApprovedBy": document.decided_by,
        "TongketApprovedAt": document.decided_at,
        "TongketSnapshot": document.snapshot_id,
        "TongketSnapshotAt": document.known_at,
    }


def publish_document(conn: Connection, settings: Settings, document: SignableDocument) -> None:
    """Writes the folder whole, then notes it. A folder that nobody noted is of a run that broke off: it is replaced."""
    if document.kind == "report":
        data = (build_draft_path(settings, document) / find_facts_name(document)).read_bytes()
        signoff_store.store_content(conn, data)  # what a later correction is compared with
    publish_signing_key(conn, settings)
    folder = _build_publication_folder(conn, document)
    contents = _build_published_files(settings, document)
    write_folder_atomic(settings.outbox / folder, contents)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    signoff_store.record_publication(conn, document, folder, hashes)


def _build_publication_folder(conn: Connection, document: SignableDocument) -> str:
    name = document.key.name
    if document.kind == "correction":
        before = [
            d for d in signoff_store.fetch_documents(conn, document.key) if d.kind == "correction" and d.published
        ]
        name += f"_thay-the-{len(before) + 1}"
    return f"reports/{document.period}/{document.scope}/{name}"


def serialize_registration(document: SignableDocument) -> dict[str, Any]:
    """What the registry gave, for records and answers: ``registration``, or nothing where it gave nothing yet."""
    given = document.registration
    if given is None:
        return {}
    signed_on = given.signed_on.isoformat() if given.signed_on else ""
    return {
        "registration": {
            "number": given.number_text,
            "date": signed_on,
            "authority": list(given.authority),
            "signer": given.signer,
        }
    }


def _build_published_files(settings: Settings, document: SignableDocument) -> dict[str, bytes]:
    properties = build_signoff_properties(document)
    contents = {
        name: add_file_properties(name, data, {**properties, "TongketDraftSha256": document.files[name]})
        for name, data in _build_registered_files(settings, document).items()
    }
    sidecar = {
        "schema": SIGNOFF_RECORD_SCHEMA,
        "report": document.report_id,
        "kind": document.kind,
        "corrects": document.corrects,
        **document.key.describe(),
        "snapshot": {"id": document.snapshot_id, "at": document.known_at},
        "approved": {"by": document.decided_by, "at": document.decided_at},
        **serialize_registration(document),
        "files": {
            name: {"draft": document.files[name], "published": hashlib.sha256(data).hexdigest()}
            for name, data in contents.items()
        },
        "simulated": settings.simulated,
    }
    signed = sign_record(settings, sidecar)
    return {**contents, SIGNOFF_RECORD_NAME: (json.dumps(signed, ensure_ascii=False, indent=1) + "\n").encode()}


def _build_registered_files(settings: Settings, document: SignableDocument) -> dict[str, bytes]:
    """The draft's files with what the registry gave, ready but for their marks; the PDF follows from Word."""
    folder = build_draft_path(settings, document)
    draft = {name: (folder / name).read_bytes() for name in document.files}
    if document.registration is None:
        return {name: _prepare_pdf(name, data, numbered=False) for name, data in draft.items()}
    printed = render_registered_files(draft, document.registration, settings.templates)
    papers = {name: data for name, data in printed.items() if name.endswith(".docx")}
    if any(name.endswith(".pdf") for name in draft):
        made = convert_to_pdf(papers, parse_snapshot_time(document.known_at))
        if made.problem:
            raise StorageError(made.problem, where=str(folder), fix="mend that and decide again")
        printed |= made.files
    numbered = document.registration.number is not None
    return {name: _prepare_pdf(name, printed[name], numbered=numbered) for name in draft}


def _prepare_pdf(name: str, data: bytes, *, numbered: bool) -> bytes:
    return add_form_fields(data, numbered=numbered) if name.endswith(".pdf") else data
