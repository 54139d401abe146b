"""Keeps what attainment gave, with the snapshot it saw, for those who only read; and knows what is out of date.

Room: warehouse. Called by steps. Append-only: computing again adds a run, and rows only where they differ.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from etl.warehouse.connect import copy_rows, query
from etl.warehouse.rollup import parse_known_at_or_infinity

_LOCK = 7_235_012


def store_attainment(
    conn: Connection, scope: str, period: str, snapshot_id: str, known_at: str, rows: Sequence[Mapping[str, Any]]
) -> bool:
    """Adds a computation of a period, in the caller's transaction; True if it differs from the one before.

    Each row has at least `plan`, `item` and `unit`. The same snapshot and rows twice add nothing.
    """
    text = [json.dumps(row, ensure_ascii=False) for row in rows]
    content = hashlib.sha256("\n".join(text).encode()).hexdigest()
    query(conn, "lock_keys", space=_LOCK, keys=[zlib.crc32(f"{scope} {period}".encode()) - (1 << 31)])
    last = query(conn, "last_run", scope=scope, period=period).one_or_none()
    if last is not None and (last.snapshot_id, last.content) == (snapshot_id, content):
        return False
    same_as = last.rows_of if last is not None and last.content == content else None
    key = {"scope": scope, "period": period, "snapshot_id": snapshot_id, "known_at": known_at}
    run = query(conn, "add_run", **key, content=content, same_as=same_as).scalar_one()
    if same_as is None:
        columns = ("run_id", "position", "plan", "item", "unit_code", "content")
        entries = zip(rows, text, strict=True)
        copy_rows(
            conn,
            "plan.attainment",
            columns,
            ((run, i, row["plan"], row["item"], row["unit"], line) for i, (row, line) in enumerate(entries)),
        )
    return same_as is None


def fetch_stored_values(
    conn: Connection, scope: str, periods: Sequence[str], unit: str, as_known_at: str | datetime | None
) -> Sequence[Row[Any]]:
    """A unit's values of earlier computations that computing again would not change: `period`, `plan`, `item`,
    `value` as text, `as_of`. A period that has none, or one that something was recorded against, is not there.
    """
    return query(
        conn,
        "kept_figures",
        scope=scope,
        periods=list(periods),
        unit=unit,
        known_at=parse_known_at_or_infinity(as_known_at),
    ).all()


def is_computed(conn: Connection, scope: str, period: str) -> bool:
    """Whether a period of a scope has been computed at all."""
    return query(conn, "last_run", scope=scope, period=period).one_or_none() is not None


def list_stale_periods(conn: Connection) -> list[str]:
    """Periods whose last computation did not see everything that has been recorded since, oldest key first."""
    return list(query(conn, "stale_periods").scalars())
