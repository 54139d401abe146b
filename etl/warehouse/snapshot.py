"""A point in recorded time: what was known then can be asked for again, and always gives the same.

Room: warehouse. Loaders share a lock before they ask for the time that they record; whoever takes a snapshot waits for
the loaders in flight, so no commit can later slip in under a time already handed out.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from etl.errors import UsageError
from etl.warehouse.advisory_locks import AdvisoryLock, open_session_lock
from etl.warehouse.connect import query


class Snapshot(NamedTuple):
    """`at` is ISO 8601 with microseconds and zone; `id` a hash of what was loaded by then and the catalogue."""

    at: str
    id: str


def take_snapshot(conn: Connection, at: str | datetime | None = None, scope: str = "") -> Snapshot:
    """The snapshot of a moment, or of now: of one scope, whose figures rest on nothing else, or of everything.

    One of now bears the time of the last record, not of the asking: asked for on another day with nothing new, it
    is the same snapshot, and what is printed from it has the same bytes. It waits for the loads in flight.

    Raises:
        UsageError: `at` is not a time with zone.
    """
    if at is None:
        with open_session_lock(conn, AdvisoryLock.RECORDING):
            moment: datetime = query(conn, "last_recorded").scalar_one()
    else:
        moment = parse_known_at(at)
    found = str(query(conn, "snapshot", at=moment, scope=scope).scalar_one())
    return Snapshot(moment.isoformat(timespec="microseconds"), found)


def parse_known_at_or_infinity(known_at: str | datetime | None) -> datetime | str:
    """The recorded time up to which something is known, for a statement: everything if None."""
    return "infinity" if known_at is None else parse_known_at(known_at)


def parse_known_at(at: str | datetime) -> datetime:
    """A moment as a time with zone.

    Raises:
        UsageError: it is not one.
    """
    try:
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    except ValueError:
        raise UsageError(f"{at!r} is not a time", where="as known at", fix="write 2024-07-15T08:00:00+07:00") from None
    if moment.tzinfo is None:
        raise UsageError(f"{at!r} has no zone", where="as known at", fix="write 2024-07-15T08:00:00+07:00")
    return moment
