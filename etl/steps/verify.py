"""Whether a file is the one that was signed off: by the warehouse, or away from it by the record beside the file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.errors import SettingsError, UsageError, WarehouseError
from etl.files import explained
from etl.settings import Settings
from etl.steps.common import Result, open_engine, start
from etl.steps.signoff import SIDECAR

if TYPE_CHECKING:
    from etl.warehouse.signing import Document

_SIGNED = "Đúng là tệp đã được phê duyệt phát hành."
_BESIDE = f"Khớp với {SIDECAR} đặt cạnh tệp (chưa đối chiếu với kho số liệu)."
_DRAFT = "Bản nháp, chưa ký."
_DRAFT_OF_SIGNED = "Bản nháp; bản đã phê duyệt phát hành nằm ở thư mục nêu dưới đây."
_ALTERED = "Nội dung đã bị thay đổi sau khi ký."
_UNKNOWN = "Không phải tệp do hệ thống phát hành, hoặc đã bị thay đổi."


def verify(file: Path, *, offline: bool = False) -> Result:
    """What a file is: ``signed``, ``draft``, ``altered`` (it carries our marks, but is another) or ``unknown``.

    `source` says what that rests on: ``warehouse``, or ``record`` (the record beside the file) where the warehouse
    is away or not asked. Shape: docs/reports.md.

    Raises:
        UsageError: there is no such file.
        WarehouseError: the warehouse is away, and no record lies beside the file.
    """
    if not file.is_file():
        raise UsageError("there is no such file", where=str(file), fix="give a file of a report")
    with explained(file):
        data = file.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    head: Result = {"file": str(file), "sha256": sha256}
    if not offline:
        found = _from_warehouse(file, data, sha256)
        if found is not None:
            return head | found
    return head | _from_record(file, data, sha256)


# --- the warehouse ---------------------------------------------------------------------------------------


def _from_warehouse(file: Path, data: bytes, sha256: str) -> Result | None:
    """What the warehouse says; None where it is away and the record beside the file can be asked instead."""
    from etl.warehouse import signing

    settings, _ = start()
    beside = _record_beside(file) is not None
    if beside and not _has_warehouse(settings):
        return None
    try:
        with open_engine(settings).connect() as conn:
            found = signing.documents(conn, sha256=sha256)
            signed = next((d for d in found if sha256 in d.published.values()), None)
            corrections = [] if signed is None else _corrections(signing.documents(conn, signed.key), signed)
    except (WarehouseError, SettingsError):
        if beside:
            return None
        raise
    if signed is not None:
        return _signed(signed, corrections)
    if found:
        said = _DRAFT_OF_SIGNED if found[0].published else _DRAFT
        return {"verdict": "draft", "says": said, "source": "warehouse", **_of(found[0])}
    return _strange(file, data, "warehouse")


def _has_warehouse(settings: Settings) -> bool:
    """Whether there is one to ask: a private server is not made only to learn that it knows nothing."""
    return bool(settings.database_url) or settings.pgdata.is_dir()


def _signed(document: Document, corrections: list[Document]) -> Result:
    return {
        "verdict": "signed",
        "says": _SIGNED,
        "source": "warehouse",
        **_of(document),
        "corrected_by": [{"report": d.report_id, "at": d.decided_at, "folder": d.folder} for d in corrections],
    }


def _corrections(every: list[Document], signed: Document) -> list[Document]:
    """What was published over a document since: its later corrections, oldest first."""
    later = [d for d in every if d.kind == "correction" and d.published and d.report_id > signed.report_id]
    return sorted(later, key=lambda d: d.report_id)


def _of(document: Document) -> Result:
    return {
        "report": document.report_id,
        "kind": document.kind,
        **document.key,
        "approved": {"by": document.decided_by, "at": document.decided_at} if document.published else None,
        "snapshot": {"id": document.snapshot_id, "at": document.known_at},
        "folder": document.folder,
    }


# --- the record beside the file --------------------------------------------------------------------------


def _record_beside(file: Path) -> dict[str, Any] | None:
    path = file.parent / SIDECAR
    if not path.is_file() or path.name == file.name:
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return dict(found) if {"files", "approved", "snapshot"} <= set(found) else None
    except (ValueError, TypeError, OSError):
        return None


def _from_record(file: Path, data: bytes, sha256: str) -> Result:
    record = _record_beside(file)
    if record is None:
        raise UsageError(
            f"no {SIDECAR} lies beside the file",
            where=str(file.parent),
            fix="verify it where the warehouse can be asked",
        )
    names = ("report", "kind", "scope", "plan", "cadence", "period", "approved", "snapshot")
    told = {name: record.get(name) for name in names} | {"folder": ""}
    hashes = record["files"].values()
    if any(entry["published"] == sha256 for entry in hashes):
        return {"verdict": "signed", "says": _BESIDE, "source": "record", **told, "corrected_by": []}
    if any(entry["draft"] == sha256 for entry in hashes):
        return {"verdict": "draft", "says": _DRAFT, "source": "record", **told}
    return _strange(file, data, "record")


def _strange(file: Path, data: bytes, source: str) -> Result:
    from etl.report.stamp import marks_of

    carried = marks_of(file.name, data)
    altered = bool(carried)
    return {
        "verdict": "altered" if altered else "unknown",
        "says": _ALTERED if altered else _UNKNOWN,
        "source": source,
        "carries": carried,
    }
