"""Published PDFs that come back with digital signatures: recognised, taken in beside what was published, recorded.

The published files stay as they are; what is dispatched from then on is the last signed copy that was taken in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from etl.approval.decisions import fetch_document, find_document_number
from etl.approval.pdf_signatures import (
    MAX_PDF_BYTES,
    SignedPdf,
    find_published_prefix,
    has_same_pages,
    inspect_signed_pdf,
)
from etl.approval.publication import serialize_registration
from etl.approval.registry_entry import RegistryEntry, parse_registry_entry
from etl.core.instance import Result, load_settings_and_catalogue, open_current_engine
from etl.errors import UsageError
from etl.file_io import translate_os_errors, write_atomic
from etl.messages import Messages
from etl.model import Period
from etl.model.vietnam_time import parse_vietnam_day
from etl.report.pdf_form import NUMBER_FIELDS, SIGNATURE_FIELDS
from etl.settings import Settings
from etl.warehouse import signoff_store
from etl.warehouse.signoff_store import SignableDocument

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SUFFIX = "_da-ky.pdf"


def attach_signed_copy(report: str, file: Path, by: str) -> Result:
    """Takes a published PDF in that came back signed: it is recorded, and dispatched in place of the unsigned one.

    Number and date that were filled into it become the document's, where it has none yet. The same file again changes
    nothing.

    Raises:
        UsageError: no such document or file, nobody named, not published yet, not our PDF with signatures alone
            added, signed by nobody whom the office trusts, or its number belongs to another document.
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
            office = catalogue.get_office(catalogue.get_scope(document.scope), parse_vietnam_day(document.decided_at))
            _register_filled_fields(conn, document, found, office.symbol, office.authority)
            pdf_name = next(name for name, of in document.published.items() if of == found.published_sha256)
            name = f"{Path(pdf_name).stem}{_SUFFIX}"
            signatures = [asdict(signature) for signature in found.signatures]
            signoff_store.record_signed_copy(conn, document, name, sha256, found.published_sha256, signatures, by)
            write_atomic(settings.outbox / document.folder / name, data)
            document = fetch_document(conn, number)
    return {
        "report": document.report_id,
        "file": str(settings.outbox / document.folder / document.signed_copy),
        "signatures": [asdict(signature) for signature in found.signatures],
        **serialize_registration(document),
    }


def _read_signed_file(file: Path) -> bytes:
    if not file.is_file() or file.stat().st_size > MAX_PDF_BYTES:
        raise UsageError("there is no such file, or it is far too large", where=str(file), fix="give the signed PDF")
    with translate_os_errors(file):
        return file.read_bytes()


def _inspect_for_document(settings: Settings, document: SignableDocument, data: bytes, file: Path) -> SignedPdf:
    published = find_published_prefix(data, lambda sha256: sha256 in document.published.values())
    if published is None:
        raise UsageError(
            f"the file does not begin with the published PDF of document {document.report_id}",
            where=str(file),
            fix="sign the published PDF itself, with a program that only appends to it",
        )
    found = inspect_signed_pdf(data, published, settings.trust_roots)
    if found.refused:
        raise UsageError(found.refused, where=str(file), fix="sign the published PDF anew and change nothing else")
    if any(settings.trust_roots.glob("*")) and not all(signature.trusted for signature in found.signatures):
        names = ", ".join(signature.signer for signature in found.signatures if not signature.trusted)
        raise UsageError(
            f"no certificate that the office trusts vouches for {names}",
            where=str(settings.trust_roots),
            fix="put the issuer's certificate there, if it is to be trusted",
        )
    return found


def _register_filled_fields(
    conn: Connection, document: SignableDocument, found: SignedPdf, symbol: str, authority: tuple[str, ...]
) -> None:
    """The number and date of the PDF's fields become the document's, where it has none."""
    given, filled = document.registration, dict(found.fields)
    if not filled or (given and given.number):
        return
    number, day, month, year = (filled.get(name, "") for name in NUMBER_FIELDS.values())
    person, _ = SIGNATURE_FIELDS
    signer = given.signer if given else next((s.signer for s in found.signatures if s.field == person), "")
    date = f"{year}-{month.zfill(2)}-{day.zfill(2)}"
    entry = RegistryEntry(number, date, signer, given.authority if given else authority)
    registration = parse_registry_entry(entry, authority, Period.parse(document.period))
    if registration:
        signoff_store.record_registration(conn, document, symbol, registration)


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
    published = find_published_prefix(data, published_by_sha256.__contains__)
    if published is not None:
        document = published_by_sha256[hashlib.sha256(published).hexdigest()]
        found = inspect_signed_pdf(data, published, settings.trust_roots)
        if found.refused:
            says = wording.texts["verification.pdf_refused"]
            return document, {"verdict": "altered", "says": says, "reason": found.refused}
        trusted = all(signature.trusted for signature in found.signatures)
        says = wording.texts["verification.signed_copy" if trusted else "verification.signed_copy_untrusted"]
        signatures = [asdict(signature) for signature in found.signatures]
        return document, {
            "verdict": "signed_copy", "says": says, "signatures": signatures, "fields": dict(found.fields)
        }  # fmt: skip
    if named and has_same_pages(data, named[1]):
        return named[0], {"verdict": "same_pages", "says": wording.texts["verification.same_pages"]}
    return None
