"""Whether a PDF is one that we published with digital signatures appended, and who signed it; else what was changed.

Three tests, of which the signature's own is the weakest: the file begins with exactly our bytes; all that was appended
fills in our form fields and signs, inside our boxes; every signature is intact and the last one covers the whole file.
It compares, and says what a signature claims; it is no legal check of a signature (NĐ 23/2025/NĐ-CP), for whether a
certificate was revoked is not looked up. Every PDF is hostile: whatever the library raises refuses the file.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.report.pdf_form import NUMBER_FIELDS, SIGNATURE_FIELDS, FormBox, list_form_boxes
from etl.report.pdf_pages import compute_page_fingerprints, count_other_annotations

if TYPE_CHECKING:
    from pyhanko.pdf_utils.reader import PdfFileReader

MAX_PDF_BYTES = 64_000_000
_MOST_REVISIONS = 32
_log = logging.getLogger(__name__)
_FIELDS = {*NUMBER_FIELDS.values(), *SIGNATURE_FIELDS}
_OWN_PLACE = re.compile(rb"<((?:[0-9A-Fa-f]{2})+)>")
_END = re.compile(rb"%%EOF[ \t]{0,4}(?:\r\n|\n|\r)?")


@dataclass(frozen=True)
class PdfSignature:
    """A digital signature as its certificate and it itself say it. `claimed_at` is ISO 8601: nobody else vouches.

    `trusted`: a certificate that the office trusts vouches for the signer's. Whether it was revoked is not looked up.
    `place` is the field of ours that it stands in, which may be smaller and have another name; empty: it is not seen.
    """

    field: str
    signer: str
    organisation: str
    issuer: str
    claimed_at: str
    trusted: bool
    place: str = ""


@dataclass(frozen=True)
class SignedPdf:
    """What was found. `refused` says why it is not accepted; `fields` are the numbers filled in, by field."""

    published_sha256: str
    signatures: tuple[PdfSignature, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    refused: str = ""


def find_published_prefix(data: bytes, is_published: Callable[[str], bool]) -> bytes | None:
    """The published PDF that a file begins with; None where it begins with none."""
    ends = [match.end() for match in _END.finditer(data[:MAX_PDF_BYTES])][:_MOST_REVISIONS]
    prefixes = (data[:end] for end in ends)
    return next((part for part in prefixes if is_published(hashlib.sha256(part).hexdigest())), None)


def inspect_signed_pdf(data: bytes, published: bytes, trust_roots: Path) -> SignedPdf:
    """What was appended to a published PDF, which `data` begins with; `trust_roots` is a folder of certificates."""
    sha256 = hashlib.sha256(published).hexdigest()
    for library in ("pyhanko", "pyhanko_certvalidator"):  # they log each refusal with its stack
        logging.getLogger(library).setLevel(logging.CRITICAL)
    try:
        return _inspect_appended_part(data, published, sha256, trust_roots)
    except Exception as error:
        return SignedPdf(sha256, refused=f"the appended part cannot be read: {type(error).__name__}: {error}"[:300])


def _inspect_appended_part(data: bytes, published: bytes, sha256: str, trust_roots: Path) -> SignedPdf:
    from pyhanko.pdf_utils.reader import PdfFileReader

    reader = PdfFileReader(BytesIO(data), strict=True)
    checked = [(signature, _validate_signature(signature, trust_roots)) for signature in reader.embedded_signatures]
    for signature, status in checked:
        if not (status.intact and status.valid):
            return SignedPdf(sha256, refused=f"the signature in {signature.field_name} is not intact")
        if not _fills_its_place(signature, data):
            return SignedPdf(sha256, refused=f"something stands beside the signature in {signature.field_name}")
    refused = next(_list_refusals(reader, data, published), "")
    if refused:
        return SignedPdf(sha256, refused=refused)
    places = _find_signature_places(data, published)
    signatures = tuple(
        _describe_signature(signature, trusted=status.trusted, place=places.get(signature.field_name, ""))
        for signature, status in checked
    )
    return SignedPdf(sha256, signatures, _read_number_fields(reader))


def _validate_signature(signature: Any, trust_roots: Path) -> Any:
    """Whether the signed bytes are as they were signed, and whether a trusted certificate vouches for the signer."""
    from pyhanko.keys import load_certs_from_pemder
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    files = [str(path) for path in sorted(trust_roots.glob("*")) if path.suffix.lower() in {".pem", ".crt", ".cer"}]
    roots = list(load_certs_from_pemder(files))  # type: ignore[no-untyped-call]
    context = ValidationContext(trust_roots=roots, allow_fetching=False)
    return validate_pdf_signature(signature, context, skip_diff=True)


def _fills_its_place(signature: Any, data: bytes) -> bool:
    """Whether the one place that a signature cannot cover, its own, holds it and zeros up to its end, nothing else."""
    from asn1crypto import parser  # type: ignore[import-untyped]

    start, length, end, _ = (int(number) for number in signature.byte_range)
    place = _OWN_PLACE.fullmatch(data, start + length, end)
    if place is None:
        return False
    content = bytes.fromhex(place[1].decode())
    return not content[parser.peek(content) :].strip(b"\0")


def _list_refusals(reader: PdfFileReader, data: bytes, published: bytes) -> Iterator[str]:
    from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult, ModificationLevel
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    signatures = reader.embedded_signatures
    if not signatures:
        yield "nobody signed what was appended"
        return
    if signatures[-1].coverage != SignatureCoverageLevel.ENTIRE_FILE:
        yield "the last signature does not cover the whole file: something was appended after it"
    sections = [reader.xrefs.get_xref_container_info(number) for number in (0, 1)]
    if not sections[0].end_location <= len(published) <= sections[1].start_location:
        yield "the published part is not the first revision of the file"
        return
    found = DEFAULT_DIFF_POLICY.review_file(reader, 0)
    if not isinstance(found, DiffResult):
        _log.info("changed besides form fields: %s", found)
        yield "something else than form fields was changed"
    elif found.modification_level > ModificationLevel.FORM_FILLING:
        yield "something else than form fields was changed"
    elif others := found.changed_form_fields - _FIELDS - {s.field_name for s in signatures}:
        yield f"fields that are not ours were changed: {', '.join(sorted(others))}"
    yield from _list_boxes_outside(data, published)


def _list_boxes_outside(data: bytes, published: bytes) -> Iterator[str]:
    """Fields of the signed file that lie, visible, outside of the boxes we made, or ours where they moved."""
    ours = list_form_boxes(published)
    for box in list_form_boxes(data):
        if box in ours or not _has_area(box):
            continue
        if not any(_lies_within(box, own) for own in ours):
            yield f"the field {box.field!r} on page {box.page + 1} lies outside of the places for signatures"


def _has_area(box: FormBox) -> bool:
    left, bottom, right, top = box.box
    return abs(right - left) > 0 and abs(top - bottom) > 0


def _lies_within(box: FormBox, own: FormBox) -> bool:
    (a, b, c, d), (left, bottom, right, top) = box.box, own.box
    across, along = left <= min(a, c) and max(a, c) <= right, bottom <= min(b, d) and max(b, d) <= top
    return box.page == own.page and across and along


def _find_signature_places(data: bytes, published: bytes) -> dict[str, str]:
    """Which of our fields for signatures each seen field of the signed file lies in."""
    ours = [box for box in list_form_boxes(published) if box.field in SIGNATURE_FIELDS]
    found = {
        box.field: next((own.field for own in ours if _lies_within(box, own)), "")
        for box in list_form_boxes(data)
        if _has_area(box)
    }
    return found | {own.field: own.field for own in ours}


def _describe_signature(signature: Any, *, trusted: bool, place: str) -> PdfSignature:
    subject, issuer = signature.signer_cert.subject.native, signature.signer_cert.issuer.native
    claimed = signature.self_reported_timestamp
    return PdfSignature(
        field=signature.field_name,
        signer=str(subject.get("common_name", "")),
        organisation=str(subject.get("organization_name", "")),
        issuer=str(issuer.get("common_name", "")),
        claimed_at=claimed.isoformat(timespec="seconds") if claimed else "",
        trusted=trusted,
        place=place,
    )


def _read_number_fields(reader: PdfFileReader) -> tuple[tuple[str, str], ...]:
    """What was filled into the fields for number and date."""
    fields = {str(field.get("/T", "")): str(field.get("/V", "")).strip() for field in _list_fields(reader)}
    return tuple((name, fields[name]) for name in NUMBER_FIELDS.values() if fields.get(name))


def _list_fields(reader: PdfFileReader) -> Iterator[Any]:
    for reference in reader.root["/AcroForm"]["/Fields"]:
        yield reference.get_object()


def has_same_pages(data: bytes, published: bytes) -> bool:
    """Whether a PDF that another program wrote anew shows the published pages, and else only fields in our boxes."""
    try:
        return (
            compute_page_fingerprints(data) == compute_page_fingerprints(published)
            and count_other_annotations(data) == count_other_annotations(published)
            and not list(_list_boxes_outside(data, published))
        )
    except Exception:
        return False
