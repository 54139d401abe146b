"""Every advisory lock of the database: what it guards, and the order in which one process may acquire several.

Room: warehouse. PostgreSQL knows these locks by number only: a number that stands nowhere else is the whole safety.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum, unique

from sqlalchemy import Connection

from etl.warehouse.connect import query


@unique
class AdvisoryLock(IntEnum):
    """What is guarded. Who holds a lock acquires only those below it, so that no two processes wait for each other."""

    MIGRATION = 7_235_001  # the schema: one migrator per database
    INBOX = 7_235_013  # files taken from the inbox: one taker per database
    FOLDER = 7_235_014  # what waits of a sender's folder: read, checked and loaded by one process
    DISPATCH = 7_235_022  # folders, messages and reminders: one dispatcher per database
    PERIOD = 7_235_020  # a scope's period, computed, drafted or decided on: no older result comes after a newer
    DOCUMENT = 7_235_021  # a document that is decided on, by its number
    REGISTER = 7_235_023  # the numbers that an office gave: one giver at a time
    RECORDING = 7_235_003  # recorded times: writers share it, who takes a snapshot has it without them
    CATALOGUE = 7_235_002  # the catalogue's dated rows
    DELIVERY = 7_235_010  # a delivery that gets its verdict, by its number
    SUBMISSION = 7_235_011  # the versions of a form, unit and period
    ATTAINMENT = 7_235_012  # the stored runs of a scope's period


def lock_keys(conn: Connection, lock: AdvisoryLock, keys: Iterable[int | str] = (0,)) -> None:
    """Waits until nobody else holds these keys of a lock, and holds them to the end of the transaction.

    A text is a key by its hash: two texts that share one only wait for each other. All callers acquire in one order.
    """
    numbers = sorted({key if isinstance(key, int) else zlib.crc32(key.encode()) - (1 << 31) for key in keys})
    query(conn, "lock_keys", space=lock, keys=numbers)


def lock_shared(conn: Connection, lock: AdvisoryLock) -> None:
    """Waits until nobody has a lock for itself, and holds it together with others to the end of the transaction."""
    query(conn, "lock_shared", lock=lock)


def lock_for_connection(conn: Connection, lock: AdvisoryLock) -> None:
    """Waits until nobody else holds a lock, and holds it as long as this connection, whatever transactions it has.

    Of a killed process too the server ends the statement under way first: what the connection writes is under the lock.
    """
    with conn.begin():
        query(conn, "lock_session", lock=lock)


@contextmanager
def open_session_lock(conn: Connection, lock: AdvisoryLock) -> Iterator[None]:
    """Waits until nobody else holds a lock, and holds it for a block, whatever transactions begin and end in it."""
    query(conn, "lock_session", lock=lock)
    try:
        yield
    finally:
        query(conn, "unlock_session", lock=lock)
