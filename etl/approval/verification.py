"""Whether a file is the one that was signed off: by the warehouse, or away from it by the record beside the file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from etl.approval.pdf_signatures import MAX_PDF_BYTES
from etl.approval.publication import SIGNOFF_RECORD_NAME, compute_file_sha256, serialize_registration
from etl.approval.record_signing import is_signed_record
from etl.approval.signed_copies import describe_signed_copy, recognize_pdf
from etl.approval.word_comparison import compare_word_content
from etl.core.instance import Result, load_settings_and_catalogue, open_engine
from etl.errors import SettingsError, UsageError, WarehouseError
from etl.file_io import translate_os_errors
from etl.messages import Messages, load_messages
from etl.ooxml.opc_package import UneditablePackageError
from etl.report.file_properties import read_file_properties
from etl.settings import Settings, load_settings
from etl.warehouse import signoff_store
from etl.warehouse.signoff_store import SignableDocument

_SIGNED_TEXT = "Đúng là tệp đã được phê duyệt phát hành."
_MATCHES_RECORD_TEXT = (
    f"Khớp với {SIGNOFF_RECORD_NAME} đặt cạnh tệp; chữ ký của bản chứng thực này đúng (chưa đối chiếu với kho số liệu)."
)
_UNPROVED_RECORD_TEXT = (
    f"Không xác minh được: {SIGNOFF_RECORD_NAME} đặt cạnh tệp không có chữ ký đúng của đơn vị phát hành, "
    "hoặc không có khóa công khai để kiểm tra."
)
_DRAFT_TEXT = "Bản nháp, chưa ký."
_DRAFT_OF_SIGNED_TEXT = "Bản nháp; bản đã phê duyệt phát hành nằm ở thư mục nêu dưới đây."
_ALTERED_TEXT = "Nội dung đã bị thay đổi sau khi ký."
_UNKNOWN_TEXT = "Không phải tệp do hệ thống phát hành, hoặc đã bị thay đổi."


def verify_file(file: Path, *, offline: bool = False, key: Path | None = None) -> Result:
    """What a file is: ``signed``, ``draft``, ``altered`` (it carries our marks, but is another) or ``unknown``.

    `source` says what that rests on: ``warehouse``, or ``record`` (the record beside the file) where the warehouse
    is away or not asked: then only a record with a good signature counts, by a key of this installation or by the
    public one in the file `key`. Shape: docs/reports.md.

    Raises:
        UsageError: there is no such file, or no public key in `key`.
        WarehouseError: the warehouse is away, and no record lies beside the file.
    """
    if not file.is_file():
        raise UsageError("there is no such file", where=str(file), fix="give a file of a report")
    with translate_os_errors(file):
        data = file.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    head: Result = {"file": str(file), "sha256": sha256}
    if not offline:
        verdict = _verify_by_warehouse(file, data, sha256)
        if verdict is not None:
            return head | verdict
    return head | _verify_by_record(file, data, sha256, key)


# --- the warehouse ---------------------------------------------------------------------------------------


def _verify_by_warehouse(file: Path, data: bytes, sha256: str) -> Result | None:
    """What the warehouse says; None where it is away and the record beside the file can be asked instead."""
    settings, _ = load_settings_and_catalogue()
    has_record = _read_signoff_record(file) is not None
    if has_record and not _has_warehouse(settings):
        return None
    try:
        with open_engine(settings).connect() as conn:
            documents = signoff_store.fetch_documents(conn, sha256=sha256)
            signed = next((d for d in documents if sha256 in {*d.published.values(), d.signed_copy_sha256}), None)
            corrections = (
                []
                if signed is None
                else _list_later_corrections(signoff_store.fetch_documents(conn, signed.key), signed)
            )
    except (WarehouseError, SettingsError):
        if has_record:
            return None
        raise
    if signed is not None:
        return _build_signed_verdict(signed, corrections) | _list_signatures(settings, signed, data, sha256)
    drafts = [d for d in documents if sha256 in d.files.values()]
    if drafts:
        return _build_draft_verdict(drafts)
    return _compare_with_published(settings, file, data) or _build_unsigned_verdict(file, data, "warehouse")


def _list_signatures(settings: Settings, signed: SignableDocument, data: bytes, sha256: str) -> Result:
    """Who signed the copy on record; nothing of the published files, which nobody signs."""
    if sha256 != signed.signed_copy_sha256:
        return {}
    copy = describe_signed_copy(settings, data, set(signed.published.values()), load_messages(settings.templates))
    return {"signatures": copy[1].get("signatures", [])} if copy else {}


def _compare_with_published(settings: Settings, file: Path, data: bytes) -> Result | None:
    """What a Word file or a PDF is that is none of ours but says the same, or was changed; None where it is neither."""
    suffix, wording = file.suffix.lower(), load_messages(settings.templates)
    if suffix not in {".docx", ".pdf"} or len(data) > MAX_PDF_BYTES:
        return None
    number = read_file_properties(file.name, data).get("TongketReport", "")
    with open_engine(settings).connect() as conn:
        named = signoff_store.fetch_documents(conn, report_id=int(number)) if _is_number(number) else []
        published = _read_published_file(settings, named[0], suffix) if named else None
        found = None
        if suffix == ".pdf":
            by_sha256 = {sha256: d for d in signoff_store.fetch_documents(conn) for sha256 in d.published.values()}
            pair = (named[0], published) if published else None
            found = recognize_pdf(settings, data, by_sha256, pair, wording)
        elif published:
            found = named[0], _compare_words(published, data, wording)
        if found is None:
            return None
        document, verdict = found
        corrections = _list_later_corrections(signoff_store.fetch_documents(conn, document.key), document)
    return _build_signed_verdict(document, corrections) | verdict


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9


def _compare_words(published: bytes, data: bytes, wording: Messages) -> Result:
    try:
        changes = compare_word_content(published, data, wording)
    except UneditablePackageError as error:
        return {"verdict": "altered", "says": _ALTERED_TEXT, "reason": str(error)}
    if changes:
        says = wording.format("verification.changed", count=len(changes))
        return {"verdict": "altered", "says": says, "changes": [asdict(change) for change in changes]}
    return {"verdict": "content_equal", "says": wording.texts["verification.content_equal"]}


def _read_published_file(settings: Settings, document: SignableDocument, suffix: str) -> bytes | None:
    """The published file of a format, where it still lies in the outbox as it was published."""
    for name, sha256 in document.published.items():
        path = settings.outbox / document.folder / name
        if name.endswith(suffix) and path.is_file() and compute_file_sha256(path) == sha256:
            return path.read_bytes()
    return None


def _has_warehouse(settings: Settings) -> bool:
    """Whether there is one to ask: a private server is not made only to learn that it knows nothing."""
    return bool(settings.database_url) or settings.pgdata.is_dir()


def _build_draft_verdict(drafts: list[SignableDocument]) -> Result:
    """Of the last draft with the file; `also` has the last of each other report whose draft has the same."""
    drafted = drafts[0]
    others = {d.key: d.report_id for d in reversed(drafts) if d.key != drafted.key}
    return {
        "verdict": "draft",
        "says": _DRAFT_OF_SIGNED_TEXT if drafted.published else _DRAFT_TEXT,
        "source": "warehouse",
        **_serialize_document(drafted),
        **({"also": [{"report": number, **key.describe()} for key, number in others.items()]} if others else {}),
    }


def _build_signed_verdict(document: SignableDocument, corrections: list[SignableDocument]) -> Result:
    return {
        "verdict": "signed",
        "says": _SIGNED_TEXT,
        "source": "warehouse",
        **_serialize_document(document),
        "corrected_by": [{"report": d.report_id, "at": d.decided_at, "folder": d.folder} for d in corrections],
    }


def _list_later_corrections(every: list[SignableDocument], signed: SignableDocument) -> list[SignableDocument]:
    """What was published over a document since: its later corrections, oldest first."""
    later = [d for d in every if d.kind == "correction" and d.published and d.report_id > signed.report_id]
    return sorted(later, key=lambda d: d.report_id)


def _serialize_document(document: SignableDocument) -> Result:
    return {
        "report": document.report_id,
        "kind": document.kind,
        **document.key.describe(),
        "approved": {"by": document.decided_by, "at": document.decided_at} if document.published else None,
        "snapshot": {"id": document.snapshot_id, "at": document.known_at},
        "folder": document.folder,
        **serialize_registration(document),
    }


# --- the record beside the file --------------------------------------------------------------------------


def _read_signoff_record(file: Path) -> dict[str, Any] | None:
    path = file.parent / SIGNOFF_RECORD_NAME
    if not path.is_file() or path.name == file.name:
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return dict(record) if {"files", "approved", "snapshot"} <= set(record) else None
    except (ValueError, TypeError, OSError):
        return None


def _verify_by_record(file: Path, data: bytes, sha256: str, key: Path | None) -> Result:
    record = _read_signoff_record(file)
    if record is None:
        raise UsageError(
            f"no {SIGNOFF_RECORD_NAME} lies beside the file",
            where=str(file.parent),
            fix="verify it where the warehouse can be asked",
        )
    settings = load_settings()
    if not is_signed_record(record, settings, key):
        carried = read_file_properties(file.name, data)
        return {"verdict": "unknown", "says": _UNPROVED_RECORD_TEXT, "source": "record", "carries": carried}
    names = ("report", "kind", "scope", "plan", "cadence", "period", "audience", "approved", "snapshot", "registration")
    details = {name: record[name] for name in names if name in record} | {"folder": ""}
    hashes = record["files"].values()
    if any(entry["published"] == sha256 for entry in hashes):
        return {"verdict": "signed", "says": _MATCHES_RECORD_TEXT, "source": "record", **details, "corrected_by": []}
    if any(entry["draft"] == sha256 for entry in hashes):
        return {"verdict": "draft", "says": _DRAFT_TEXT, "source": "record", **details}
    copy = describe_signed_copy(
        settings, data, {entry["published"] for entry in hashes}, load_messages(settings.templates)
    )
    if copy is not None:
        return {"source": "record", **details, **copy[1]}
    return _build_unsigned_verdict(file, data, "record")


def _build_unsigned_verdict(file: Path, data: bytes, source: str) -> Result:

    carried = read_file_properties(file.name, data)
    altered = bool(carried)
    return {
        "verdict": "altered" if altered else "unknown",
        "says": _ALTERED_TEXT if altered else _UNKNOWN_TEXT,
        "source": source,
        "carries": carried,
    }
