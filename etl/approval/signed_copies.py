"""Published PDFs that come back with digital signatures: recognised, taken in beside what was published, recorded.

The published files stay as they are; what is dispatched from then on is the last signed copy that was taken in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from etl.approval.decisions import fetch_document, find_document_number
from etl.approval.issuing_office import read_issue
from etl.approval.pdf_signatures import (
    MAX_PDF_BYTES,
    SignedPdf,
    find_published_prefix,
    has_same_pages,
    inspect_signed_pdf,
)
from etl.approval.publication import serialize_registration
from etl.approval.registry_entry import RegistryEntry
from etl.catalog import Catalogue
from etl.core.instance import Result, load_settings_and_catalogue, open_current_engine
from etl.errors import RefusalError, UsageError
from etl.file_io import translate_os_errors, write_atomic
from etl.messages import Messages, load_messages
from etl.model.vietnam_time import get_current_time
from etl.report.pdf_form import NUMBER_FIELDS, SIGNATURE_FIELDS, list_form_boxes
from etl.settings import Settings
from etl.warehouse import signoff_store
from etl.warehouse.signoff_store import SignableDocument

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SUFFIX = "_da-ky.pdf"
_PERSON = next(iter(SIGNATURE_FIELDS))


def attach_signed_copy(report: str, file: Path, by: str) -> Result:
    """Takes a published PDF in that came back signed: it is recorded, and dispatched in place of the unsigned one.

    Number and date that were filled into it become the document's, where it has none yet. The same file again changes
    nothing.

    Raises:
        UsageError: no such document or file, nobody named, not published yet, not our PDF with signatures alone
            added, not signed where the person of authority signs, signed by nobody whom the office trusts, or its
            number is another than the document's or belongs to another document.
        StorageError: the outbox cannot be written.
    """
    if not by.strip():
        raise UsageError("taking a signed copy in needs a name", where="--by", fix="say who does it")
    settings, catalogue = load_settings_and_catalogue()
    number, data = find_document_number(report), _read_signed_file(file)
    with open_current_engine(settings, catalogue).begin() as conn:
        signoff_store.lock_document(conn, number)
        document = fetch_document(conn, number)
        found = _inspect_for_document(settings, document, data, file)
        sha256 = hashlib.sha256(data).hexdigest()
        if document.signed_copy_sha256 != sha256:
            _register_filled_fields(conn, catalogue, document, found, _has_number_fields(data))
            pdf_name = next(name for name, of in document.published.items() if of == found.published_sha256)
            name = f"{Path(pdf_name).stem}{_SUFFIX}"
            signatures = [asdict(signature) for signature in found.signatures]
            signoff_store.record_signed_copy(conn, document, name, sha256, found.published_sha256, signatures, by)
            write_atomic(settings.outbox / document.folder / name, data)
            document = fetch_document(conn, number)
    unsigned = [field for field in SIGNATURE_FIELDS if field not in {s.place for s in found.signatures}]
    return {
        "says": _describe_copy(load_messages(settings.templates), document, unsigned),
        "report": document.report_id,
        "file": str(settings.outbox / document.folder / document.signed_copy),
        "signatures": [asdict(signature) for signature in found.signatures],
        "unsigned": unsigned,
        **serialize_registration(document),
    }


def _describe_copy(wording: Messages, document: SignableDocument, unsigned: list[str]) -> str:
    """What was taken in, and what is left to do."""
    given = document.registration
    numbered = given is not None and given.number is not None
    lines = [
        wording.format("decided.copy_taken", report=document.report_id),
        *([wording.format("decided.copy_unsigned", fields=", ".join(unsigned))] if unsigned else []),
        *([] if numbered else [wording.texts["decided.copy_without_number"]]),
    ]
    return " ".join(lines)


def _has_number_fields(data: bytes) -> bool:
    """Whether the number is filled into a PDF, not printed in it."""
    return any(box.field == NUMBER_FIELDS["number"] for box in list_form_boxes(data))


def _read_signed_file(file: Path) -> bytes:
    if not file.is_file() or file.stat().st_size > MAX_PDF_BYTES:
        raise UsageError("there is no such file, or it is far too large", where=str(file), fix="give the signed PDF")
    with translate_os_errors(file):
        return file.read_bytes()


def _inspect_for_document(settings: Settings, document: SignableDocument, data: bytes, file: Path) -> SignedPdf:
    published = find_published_prefix(data, lambda sha256: sha256 in document.published.values())
    if published is None:
        raise RefusalError(
            f"the file does not begin with the published PDF of document {document.report_id}",
            message="not_published_pdf",
            document=document.report_id,
            where=str(file),
            fix="sign the published PDF itself, with a program that only appends to it",
        )
    found = inspect_signed_pdf(data, published, settings.trust_roots)
    if found.refused:
        raise RefusalError(
            found.refused,
            message="pdf_changed",
            where=str(file),
            fix="sign the published PDF anew and change nothing else",
        )
    if _PERSON not in {signature.place for signature in found.signatures}:
        raise _build_refusal(
            f"nobody signed in the field {_PERSON}", "person_missing", "let the person of authority sign there"
        )
    if any(settings.trust_roots.glob("*")) and not all(signature.trusted for signature in found.signatures):
        names = ", ".join(signature.signer for signature in found.signatures if not signature.trusted)
        raise RefusalError(
            f"no certificate that the office trusts vouches for {names}",
            message="not_trusted",
            names=names,
            where=str(settings.trust_roots),
            fix="put the issuer's certificate there, if it is to be trusted",
        )
    return found


def _register_filled_fields(
    conn: Connection, catalogue: Catalogue, document: SignableDocument, found: SignedPdf, fillable: bool
) -> None:
    """The number and date of the PDF's fields become the document's, where it has none; else they are the same."""
    given, filled = document.registration, dict(found.fields)
    number, day, month, year = (filled.get(name, "") for name in NUMBER_FIELDS.values())
    entry = RegistryEntry(number, f"{year}-{month.zfill(2)}-{day.zfill(2)}" if filled else "")
    if filled and len(filled) < len(NUMBER_FIELDS):
        raise _build_refusal(
            "number and date are not all filled in", "fields_incomplete", "fill in all four fields before the seal"
        )
    if given and given.number and given.signed_on:
        in_fields = (number.lstrip("0"), entry.date) == (str(given.number), given.signed_on.isoformat())
        if fillable and not in_fields:
            raise _build_refusal(
                f"the copy does not bear the document's number {given.number_text} and date {given.signed_on}",
                "fields_differ",
                "attach a copy into whose fields these are filled",
                number=given.number_text,
                date=f"{given.signed_on:%d/%m/%Y}",
            )
        return
    if not filled:
        return
    signer = given.signer if given else next(s.signer for s in found.signatures if s.place == _PERSON)
    entry = replace(entry, signer=signer, title=given.authority if given else ())
    issue = read_issue(catalogue, document, entry, get_current_time().isoformat())
    if issue.registration:
        signoff_store.record_registration(conn, document, issue.register, issue.symbol, issue.registration)


def _build_refusal(what: str, message: str, fix: str, **slots: object) -> RefusalError:
    return RefusalError(what, message=message, where="the signed PDF", fix=fix, **slots)


def describe_signed_copy(
    settings: Settings, data: bytes, published: Container[str], wording: Messages
) -> tuple[str, Result] | None:
    """The SHA-256 of the published PDF, one of those given, that a PDF begins with, and what was appended to it; None
    where it begins with none."""
    prefix = find_published_prefix(data, published.__contains__)
    if prefix is None:
        return None
    found = inspect_signed_pdf(data, prefix, settings.trust_roots)
    if found.refused:
        says = wording.texts["verification.pdf_refused"]
        return found.published_sha256, {"verdict": "altered", "says": says, "reason": found.refused}
    trusted = all(signature.trusted for signature in found.signatures)
    says = wording.texts["verification.signed_copy" if trusted else "verification.signed_copy_untrusted"]
    signatures = [asdict(signature) for signature in found.signatures]
    verdict: Result = {"verdict": "signed_copy", "says": says, "signatures": signatures, "fields": dict(found.fields)}
    return found.published_sha256, verdict


def recognize_pdf(
    settings: Settings,
    data: bytes,
    published_by_sha256: Mapping[str, SignableDocument],
    named: tuple[SignableDocument, bytes] | None,
    wording: Messages,
) -> tuple[SignableDocument, Result] | None:
    """What a PDF is that is not itself published, and of which document; None where it has nothing of ours.

    `named` is the document whose number the file carries, with its published PDF.
    """
    copy = describe_signed_copy(settings, data, published_by_sha256, wording)
    if copy is not None:
        return published_by_sha256[copy[0]], copy[1]
    if named and has_same_pages(data, named[1]):
        return named[0], {"verdict": "same_pages", "says": wording.texts["verification.same_pages"]}
    return None
