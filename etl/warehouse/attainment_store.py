"""Keeps what attainment gave, exactly, by the snapshot it saw, for all who read it; and knows what is out of date.

Room: warehouse. Called by steps. Append-only: computing again adds a run, and rows only where they differ.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row

from etl import __version__
from etl.model import Attainment, SeriesPoint
from etl.warehouse.advisory_locks import AdvisoryLock, lock_keys
from etl.warehouse.connect import copy_rows, query
from etl.warehouse.snapshot import parse_known_at_or_infinity


@dataclass(frozen=True)
class AttainmentKey:
    """Which computation: of what, from which snapshot, on which day's units (None: the period's own last day)."""

    scope: str
    period: str
    snapshot_id: str
    geography: date | None = None


@dataclass(frozen=True)
class AttainmentSeries:
    """A plan line's figures of the area through time, oldest first. Grain: (plan, item)."""

    plan: str
    item: str
    points: tuple[SeriesPoint, ...]


@cache
def _build_row_adapter() -> TypeAdapter[tuple[Attainment, ...]]:
    """Rows to JSON and back, made from the dataclass itself: a new field is kept without a word here."""
    return TypeAdapter(tuple[Attainment, ...])


@cache
def _build_series_adapter() -> TypeAdapter[tuple[AttainmentSeries, ...]]:
    return TypeAdapter(tuple[AttainmentSeries, ...])


def encode_rows(rows: Sequence[Attainment]) -> list[dict[str, Any]]:
    """Rows as they are kept: every field, fractions as text."""
    kept: list[dict[str, Any]] = _build_row_adapter().dump_python(tuple(rows), mode="json")
    return kept


def decode_rows(kept: Sequence[Mapping[str, Any]]) -> tuple[Attainment, ...]:
    """The rows that `encode_rows` was given, exactly."""
    return _build_row_adapter().validate_python(tuple(kept))


def store_attainment(
    conn: Connection,
    key: AttainmentKey,
    known_at: str,
    rows: Sequence[Attainment],
    series: Sequence[AttainmentSeries] | None = None,
) -> bool:
    """Adds a computation of a period, in the caller's transaction; True if its rows differ from the one before.

    The same snapshot, rows and series twice add nothing. `series` is None where no outlook was computed.
    """
    text = [json.dumps(row, ensure_ascii=False) for row in encode_rows(rows)]
    content = hashlib.sha256("\n".join(text).encode()).hexdigest()
    points = None if series is None else _build_series_adapter().dump_python(tuple(series), mode="json")
    lock_keys(conn, AdvisoryLock.ATTAINMENT, [f"{key.scope} {key.period}"])
    last = query(conn, "last_run", scope=key.scope, period=key.period, geography=key.geography).one_or_none()
    this = (key.snapshot_id, content, __version__, points)
    if last is not None and (last.snapshot_id, last.content, last.release, last.series) == this:
        return False
    same_as = last.rows_of if last is not None and last.content == content else None
    run = query(
        conn,
        "add_run",
        **asdict(key),
        known_at=known_at,
        content=content,
        same_as=same_as,
        series=None if points is None else json.dumps(points, ensure_ascii=False),
        release=__version__,
    ).scalar_one()
    if same_as is None:
        columns = ("run_id", "position", "plan", "item", "unit_code", "content")
        entries = zip(rows, text, strict=True)
        copy_rows(
            conn,
            "plan.attainment",
            columns,
            ((run, i, row.plan, row.item, row.unit, line) for i, (row, line) in enumerate(entries)),
        )
    return same_as is None


def fetch_attainment(
    conn: Connection, key: AttainmentKey, *, outlook: bool
) -> tuple[tuple[Attainment, ...], tuple[AttainmentSeries, ...]] | None:
    """The rows and series of a stored computation by this release; None where there is none.

    With `outlook`, only one that an outlook was computed for.
    """
    stored = query(conn, "stored_run", **asdict(key), release=__version__, outlook=outlook).one_or_none()
    if stored is None:
        return None
    return decode_rows(stored.rows or ()), _build_series_adapter().validate_python(tuple(stored.series or ()))


def fetch_stored_values(
    conn: Connection, scope: str, periods: Sequence[str], unit: str, as_known_at: str | datetime | None
) -> Sequence[Row[Any]]:
    """A unit's values of earlier computations that computing again would not change: `period`, `plan`, `item`,
    `value` as text ("63/102"), `as_of`. A period that has none, or that something was recorded against, is not there.
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
    return query(conn, "last_run", scope=scope, period=period, geography=None).one_or_none() is not None


def list_stale_periods(conn: Connection) -> list[tuple[str, str]]:
    """(scope, period) whose last computation did not see everything that has been recorded since, oldest key first."""
    return [(row.scope, row.period) for row in query(conn, "stale_periods")]


def list_periods_under_way(conn: Connection, minutes: int) -> set[str]:
    """Periods announced or computed within so many minutes."""
    return {row.period for row in query(conn, "periods_under_way", minutes=minutes)}


def record_announcements(conn: Connection, periods: Sequence[str]) -> None:
    """Notes that these periods are announced now."""
    query(conn, "record_announcements", periods=list(periods))


def list_outdated_reports(
    conn: Connection, reports: Sequence[tuple[str, str, str, str]], older_than_minutes: int = 0
) -> list[tuple[str, str, str]]:
    """(scope, plan, period) that was computed and not drafted since, of the reports asked for: (scope, plan, cadence,
    audience)."""
    names = ("scopes", "plans", "cadences", "audiences")
    asked = {name: [report[place] for report in reports] for place, name in enumerate(names)}
    rows = query(conn, "outdated_reports", **asked, minutes=older_than_minutes)
    return [(row.scope, row.plan, row.period) for row in rows]
