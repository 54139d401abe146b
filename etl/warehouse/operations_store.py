"""How the installation stands, as the warehouse knows it: failed runs, old backups, files that wait.

Room: warehouse. Called by dispatch and steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from etl.warehouse.connect import query


@dataclass(frozen=True)
class OperationsState:
    """Ages in hours since the last one, or since the installation where there was none; counts since the beginning.

    `unread` and `unanswered` are files that wait; `answer_seconds` is the longest way from receipt to answer of the
    last hour, 0 where nothing came.
    """

    backup_hours: float
    restore_hours: float
    unread: int
    unanswered: int
    accepted: int
    refused: int
    quarantined: int
    waiting_approvals: int
    answer_seconds: float


def fetch_operations_state(conn: Connection, minutes: int) -> OperationsState:
    """The state now; a file waits when it came more than so many minutes ago."""
    row = query(conn, "operations_state", minutes=minutes).one()
    ages = [row.installed if age is None else age for age in (row.backed_up, row.backup_restored)]
    counts = (row.unread, row.unanswered, row.accepted, row.refused, row.quarantined, row.waiting_approvals)
    return OperationsState(float(ages[0]), float(ages[1]), *counts, float(row.answer_seconds or 0))


def fetch_failed_runs(conn: Connection, days: int) -> list[Mapping[str, Any]]:
    """Runs that failed within so many days: dag, run, key, tasks."""
    return [row.detail for row in query(conn, "failed_runs", days=days)]
