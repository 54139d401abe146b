"""The journal of intake: deliveries, what happened to them, and what the senders still have to be told.

Room: warehouse. Called by receive, returns and steps. Append-only: answering twice adds an event, nothing
is ever changed. The caller opens the transaction.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, Literal

from sqlalchemy import Connection, Row

from etl.model import CellState, Delivery, Finding, FindingLevel, Verdict
from etl.model.report_key import ReportKey
from etl.warehouse.connect import query

EventKind = Literal[
    "issued", "received", "duplicate", "quarantined", "accepted", "refused", "returned", "deadline_passed", "reminded",
    "report_written", "approved", "sent_back", "published", "publication_told", "dispatched", "correction_raised",
    "run_failed", "alerted", "backed_up", "backup_restored", "archive_checked", "housekept",
    "registered", "attached",
    "account_changed", "door_entered", "door_refused", "door_uploaded", "door_fetched", "mail_taken", "mail_answered",
    "import_waits",
]  # fmt: skip


@dataclass(frozen=True)
class JournalEvent:
    """Something that happened. `recorded_at` is ISO 8601 with zone."""

    kind: str
    delivery_id: int | None
    detail: Mapping[str, Any]
    recorded_at: str


@dataclass(frozen=True)
class CellChange:
    """A cell whose content differs from the version before. `words` for texts, dates and choices."""

    org_unit_code: str
    data_element: str
    sheet: str
    cell: str
    state_before: CellState
    before: Fraction | None
    words_before: str
    state_after: CellState
    after: Fraction | None
    words_after: str


@dataclass(frozen=True)
class UnreturnedVerdict:
    """A verdict that the sender has not been told of. `version` is 0 when nothing was loaded.

    `standing_version` is the last one of its unit, form and period (0: none); `is_known`: the same content came before.
    `form`, `unit` and `period` are what the workbook said of itself, empty where it said nothing.
    """

    delivery: Delivery
    verdict: Verdict
    scope: str
    form: str
    form_version: str
    unit: str
    period: str
    decided_at: str
    submission_id: int | None
    version: int
    changes: tuple[CellChange, ...]
    standing_version: int = 0
    is_known: bool = False


@dataclass(frozen=True)
class ReportRecord:
    """A written report: what it is, the snapshot it was computed at, and each file's SHA-256 by name.

    `templates` is the hash of the templates it was printed with.
    """

    scope: str
    plan: str
    cadence: str
    period: str
    snapshot_id: str
    known_at: str
    files: Mapping[str, str]
    templates: str = ""
    audience: str = ""

    @property
    def key(self) -> ReportKey:
        """Which report it is."""
        return ReportKey(self.scope, self.plan, self.cadence, self.period, self.audience)


@dataclass(frozen=True)
class DeliveryMark:
    """What a file is registered under: the catalogue and rules that will judge it, and the taking that brought it."""

    judged_by: str = ""
    taking: str = ""


def register_delivery(
    conn: Connection,
    sha256: str,
    size: int,
    original_name: str,
    folder: str,
    received_at: datetime | str,
    mark: DeliveryMark = DeliveryMark(),
) -> tuple[Delivery, bool]:
    """The delivery of a content in a folder, and whether it is new. A known one is noted as a duplicate.

    New again is content that another version has replaced, or that was refused under another catalogue or other rules
    than `mark` names, or before the unit's other reports changed. A taking that was registered before is that one: a
    run that broke off is taken up, nothing was sent twice.

    Safe when two processes register the same content at once: one of them is told it is not new.
    """
    row = query(
        conn,
        "register_delivery",
        sha256=sha256,
        size=size,
        original_name=original_name,
        folder=folder,
        received_at=received_at,
        judged_by=mark.judged_by,
        taking=mark.taking,
    ).one_or_none()
    taking = {"taking": mark.taking} if mark.taking else {}
    if row is not None:
        made = _build_delivery(row)
        record_event(conn, "received", delivery_id=made.delivery_id, **taking)
        return made, True
    row = query(conn, "delivery_by_hash", sha256=sha256, folder=folder, taking=mark.taking).one()
    if not row.is_registered:
        about = {"name": original_name, "folder": folder, "at": str(received_at)}
        record_event(conn, "duplicate", delivery_id=row.delivery_id, **about, **taking)
    return _build_delivery(row), False


def fetch_pending_deliveries(conn: Connection, batch: int = 0, batches: int = 1) -> list[Delivery]:
    """Deliveries without a verdict, oldest first: the share of one batch. A folder is never split."""
    rows = query(conn, "pending_deliveries", delivery=None, imports=False)
    return [_build_delivery(row) for row in rows if zlib.crc32(row.folder.encode()) % batches == batch]


def record_event(conn: Connection, kind: EventKind, *, delivery_id: int | None = None, **detail: object) -> int:
    """Adds an event. Gives its number."""
    text = json.dumps(detail, ensure_ascii=False, default=str)
    return int(query(conn, "record_event", kind=kind, delivery_id=delivery_id, detail=text).scalar_one())


def fetch_events(conn: Connection, kind: EventKind | None = None, delivery_id: int | None = None) -> list[JournalEvent]:
    """What happened, oldest first."""
    rows = query(conn, "events", kind=kind, delivery_id=delivery_id)
    return [JournalEvent(r.kind, r.delivery_id, r.detail, r.recorded_at.isoformat()) for r in rows]


def list_unreturned_deliveries(conn: Connection, deliveries: Sequence[int] | None = None) -> list[int]:
    """The numbers of the deliveries that `fetch_unreturned_verdicts` gives: of some, or of all."""
    return [row.delivery_id for row in _query_unreturned(conn, deliveries)]


def fetch_unreturned_verdicts(conn: Connection, deliveries: Sequence[int] | None = None) -> list[UnreturnedVerdict]:
    """Verdicts of some deliveries, or of all, that have no `returned` event yet, oldest first.

    With findings and the changes since the version before.
    """
    rows = _query_unreturned(conn, deliveries)
    found: dict[int, list[Finding]] = {row.delivery_id: [] for row in rows}
    for f in query(conn, "findings", deliveries=list(found)):
        found[f.delivery_id].append(build_stored_finding(f))
    return [_build_unreturned_verdict(conn, row, tuple(found[row.delivery_id])) for row in rows]


def build_stored_finding(row: Row[Any]) -> Finding:
    """A finding as it was stored, of a row of the statement `findings`."""
    return Finding(
        row.code, FindingLevel(row.level), row.message, row.hint, row.sheet, row.cell, row.value, row.org_unit_code,
        row.data_element, row.compared,
    )  # fmt: skip


def _query_unreturned(conn: Connection, deliveries: Sequence[int] | None) -> Sequence[Row[Any]]:
    return query(conn, "unreturned", of_all=deliveries is None, deliveries=list(deliveries or ())).all()


def mark_returned(conn: Connection, delivery_id: int, **detail: object) -> None:
    """Notes that a sender has its answer; `detail` says which files."""
    record_event(conn, "returned", delivery_id=delivery_id, **detail)


def fetch_cell_changes(conn: Connection, before_id: int, after_id: int) -> tuple[CellChange, ...]:
    """Cells that differ between two submissions, by sheet, unit and data element."""
    return tuple(
        CellChange(
            r.org_unit_code,
            r.data_element,
            r.sheet,
            r.cell,
            CellState(r.state_before),
            None if r.value_before is None else Fraction(r.value_before),
            r.words_before,
            CellState(r.state_after),
            None if r.value_after is None else Fraction(r.value_after),
            r.words_after,
        )
        for r in query(conn, "changes", before_id=before_id, after_id=after_id)
    )


def record_report(conn: Connection, report: ReportRecord) -> int:
    """Notes a written report. Gives its number."""
    values = asdict(report) | {"files": json.dumps(dict(report.files), ensure_ascii=False)}
    number = int(query(conn, "record_report", **values).scalar_one())
    record_event(conn, "report_written", report=number, scope=report.scope, plan=report.plan, period=report.period)
    return number


def record_report_check(conn: Connection, key: ReportKey, known_at: str) -> None:
    """Notes that the last draft of a report would be printed the same of what was known at a moment."""
    query(conn, "record_report_check", **key.as_parameters(), known_at=known_at)


def fetch_last_report(conn: Connection, key: ReportKey) -> ReportRecord | None:
    """The last draft of a report, if there is one."""
    row = query(conn, "last_report", **key.as_parameters()).one_or_none()
    if row is None:
        return None
    return ReportRecord(
        **key.as_parameters(),
        snapshot_id=row.snapshot_id,
        known_at=row.known_at.isoformat(timespec="microseconds"),
        files=dict(row.files),
        templates=row.templates,
    )


def find_printing_release(conn: Connection, key: ReportKey, known_at: str) -> str:
    """Release and templates by which a report was printed as known then; empty where there was none.

    A draft stands as long as nothing that it prints changes, so it may be of an earlier snapshot.
    """
    return str(query(conn, "printed_at", known_at=known_at, **key.as_parameters()).scalar_one_or_none() or "")


def fetch_reports(conn: Connection, key: Mapping[str, object]) -> list[Row[Any]]:
    """Reports on record, newest first, by any of report_id, the parts of a key, and a file's sha256."""
    return list(query(conn, "reports", **key))


def _build_delivery(row: Row[Any]) -> Delivery:
    return Delivery(row.delivery_id, row.sha256, row.size, row.original_name, row.folder, row.received_at.isoformat())


def _build_unreturned_verdict(conn: Connection, row: Row[Any], findings: tuple[Finding, ...]) -> UnreturnedVerdict:
    return UnreturnedVerdict(
        delivery=_build_delivery(row),
        verdict=Verdict(row.accepted, findings),
        scope=row.scope,
        form=row.form or "",
        form_version=row.form_version or "",
        unit=row.unit_code or "",
        period=row.period or "",
        decided_at=row.recorded_at.isoformat(),
        submission_id=row.submission_id,
        version=row.version or (row.accepted and row.standing_version) or 0,
        changes=fetch_cell_changes(conn, row.previous_id, row.submission_id) if row.previous_id else (),
        standing_version=row.standing_version or 0,
        is_known=row.is_known,
    )
