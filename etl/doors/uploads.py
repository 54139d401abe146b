"""A file at a door, whichever: limits, the check at once, whole into the inbox, on record.

Nothing that a sender calls a file makes a path: the name is text, made harmless, below the folder of a unit's code. The
check is the intake's own, in the confined process; what it says here is said at once, what counts is the intake's.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePath
from threading import Lock
from typing import TYPE_CHECKING, Any

from etl.catalog import Catalogue
from etl.catalog.obligations import find_awaited_scopes
from etl.catalog.rules import Rules, load_rules
from etl.check import ReadSubmission, check_batch
from etl.check.check_context import add_known_context
from etl.doors.accounts import UnitAccount
from etl.errors import StorageError
from etl.file_io import sanitize_file_name, write_atomic
from etl.messages import load_messages
from etl.model import FindingLevel, Verdict
from etl.model.reason import Reason, build_reason
from etl.read import Reader
from etl.settings import Settings
from etl.warehouse import journal
from etl.warehouse.door_store import fetch_usage

if TYPE_CHECKING:
    from sqlalchemy import Engine

WORKBOOK_SUFFIXES = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
_MOST_UPLOADS, _UPLOADS_WINDOW = 40, timedelta(minutes=10)
_QUOTA_WINDOW = timedelta(hours=24)
_SHOWN_FINDINGS = 50
_WAIT_SECONDS = 20.0
"""How long a file waits for its turn to be checked at once; after that it is taken unchecked, the intake answers."""
_TURNS_OF_A_UNIT = 2
_LONGEST_STEM = 80


@dataclass(frozen=True)
class SentFile:
    """A file as it came through a door. `mail` is the message that it lay in, for the door of e-mail."""

    name: str
    data: bytes
    door: str
    mail: str = ""


@dataclass(frozen=True)
class UploadOutcome:
    """What became of a file: the number of its event, or why it was not taken."""

    event_id: int = 0
    refusal: Reason | None = None


class UploadDesk:
    """Takes files for units. Thread-safe: one file at a time is checked; close it to end the confined process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock, self._placing = Lock(), Lock()
        self._turns = Counter[str]()
        self._reader: tuple[str, Reader] | None = None

    def close(self) -> None:
        """Ends the confined process, if there is one."""
        with self._lock:
            self._close_reader()

    @contextmanager
    def hold_turn(self, account: UnitAccount) -> Iterator[Reason | None]:
        """Holds one of a unit's few turns for a block; a reason where all are held, so that no unit fills the queue."""
        with self._placing:
            has_turn = self._turns[account.unit.code] < _TURNS_OF_A_UNIT
            self._turns[account.unit.code] += has_turn
        try:
            yield None if has_turn else build_reason("door.in_hand")
        finally:
            with self._placing:
                self._turns[account.unit.code] -= has_turn
                self._turns += Counter()  # forgets who holds none

    def take_file(
        self, settings: Settings, catalogue: Catalogue, account: UnitAccount, sent: SentFile, now: datetime
    ) -> UploadOutcome:
        """Takes a file of a unit, or says why not. The file is in the inbox, whole, before it is on record.

        Raises:
            StorageError: a folder cannot be written; nothing was taken.
            WarehouseError: the database is away; nothing was taken.
        """
        name = build_upload_name(sent.name)
        refusal = check_file_limits(settings, name, len(sent.data)) or self._check_usage(settings, account, sent, now)
        if refusal:
            with self._engine.begin() as conn:
                journal.record_event(
                    conn, "door_refused", unit=account.unit.code, door=sent.door, name=name, reason=refusal.code
                )
            return UploadOutcome(refusal=refusal)
        sha256 = hashlib.sha256(sent.data).hexdigest()
        found, folder = self._check_at_once(settings, catalogue, account, sent, sha256)
        with self._placing:
            placed = _place_in_inbox(settings.inbox / folder, name, sent.data, sha256)
        about: dict[str, Any] = {
            "unit": account.unit.code, "door": sent.door, "folder": folder, "name": placed, "sha256": sha256,
            "size": len(sent.data), "mail": sent.mail, **found,
        }  # fmt: skip
        with self._engine.begin() as conn:
            return UploadOutcome(journal.record_event(conn, "door_uploaded", **about))

    def _check_usage(self, settings: Settings, account: UnitAccount, sent: SentFile, now: datetime) -> Reason | None:
        with self._engine.connect() as conn:
            usage = fetch_usage(
                conn, account.unit.code, count_since=now - _UPLOADS_WINDOW, bytes_since=now - _QUOTA_WINDOW
            )
        if usage.uploads >= _MOST_UPLOADS:
            return build_reason("door.too_many", count=_MOST_UPLOADS, minutes=int(_UPLOADS_WINDOW.total_seconds() / 60))
        if usage.size + len(sent.data) > settings.door_quota_mb * 1_000_000:
            return build_reason("door.quota", megabytes=f"{settings.door_quota_mb:g}")
        return None

    def _check_at_once(
        self, settings: Settings, catalogue: Catalogue, account: UnitAccount, sent: SentFile, sha256: str
    ) -> tuple[dict[str, Any], str]:
        """What the check says, to be kept with the event, and the inbox folder that the file belongs to.

        Nothing where it has to wait: for its turn too long, or for a scope that is out of service.
        """
        if not self._lock.acquire(timeout=_WAIT_SECONDS):
            return {}, account.unit.code
        staged = settings.door_staging / f"{sha256[:32]}.sent"
        try:
            write_atomic(staged, sent.data, mode=0o600)
            rules, wording = load_rules(settings.expectations), load_messages(settings.templates)
            read = self._open_reader(catalogue, rules).read_file(staged, sanitize_file_name(sent.name))
            claimed = read.stamp.unit if read.stamp else ""
            folder = claimed if claimed in account.folders else account.unit.code
            if find_awaited_scopes(catalogue, settings.scopes, read.stamp):
                return {}, folder
            with self._engine.connect() as conn:
                submitted = add_known_context(conn, catalogue, [ReadSubmission(read, sent.name, folder)])
            verdict = check_batch(submitted, catalogue, rules, wording)[0]
            stamp = {"form": read.stamp.form, "period": read.stamp.period} if read.stamp else {}
            return {**_serialize_verdict(verdict), **stamp}, folder
        finally:
            staged.unlink(missing_ok=True)
            self._lock.release()

    def _open_reader(self, catalogue: Catalogue, rules: Rules) -> Reader:
        key = f"{catalogue.sha256}{rules.sha256}"
        if self._reader is None or self._reader[0] != key:
            self._close_reader()
            self._reader = key, Reader(catalogue, rules)
        return self._reader[1]

    def _close_reader(self) -> None:
        if self._reader:
            self._reader[1].close()
            self._reader = None


def check_file_limits(settings: Settings, name: str, size: int) -> Reason | None:
    """Why a file is not taken whatever its unit: nothing in it, too large, no workbook; None where nothing speaks
    against it."""
    if size == 0:
        return build_reason("door.empty")
    if size > settings.max_file_mb * 1_000_000:
        return build_reason("door.too_large", megabytes=f"{settings.max_file_mb:g}")
    if not name.lower().endswith(WORKBOOK_SUFFIXES):
        return build_reason("door.other_kind", kinds=", ".join(WORKBOOK_SUFFIXES))
    return None


def build_upload_name(name: str) -> str:
    """A sender's name of a file as the name of a file in the inbox: never hidden, never a path, never very long."""
    base = PurePath(unicodedata.normalize("NFC", name).replace("\\", "/")).name
    text = re.sub(r"[\ufffd<>:\"|?*]", "_", sanitize_file_name(base)).lstrip("._~$ ").rstrip(". ")
    named = PurePath(text)
    return f"{named.stem[:_LONGEST_STEM]}{named.suffix[:10]}" or "bao-cao"


def _place_in_inbox(folder: Path, name: str, data: bytes, sha256: str) -> str:
    """Writes a file whole into an inbox folder; beside another one of its name it gets a name of its own."""
    target = folder / name
    if target.exists() or target.is_symlink():
        target = target.with_name(f"{target.stem}_{sha256[:8]}{target.suffix}")
    write_atomic(target, data)
    return target.name


def list_waiting_names(settings: Settings, folders: Sequence[str]) -> list[str]:
    """Names of the files that wait in inbox folders for the intake, in order.

    Raises:
        StorageError: a folder cannot be read.
    """
    names: list[str] = []
    for folder in folders:
        try:
            names += sorted(e.name for e in os.scandir(settings.inbox / folder) if e.is_file(follow_symlinks=False))
        except FileNotFoundError:
            continue
        except OSError as error:
            where = str(settings.inbox / folder)
            raise StorageError(f"{error.strerror}", where=where, fix="check that it may be read") from error
    return [name for name in names if not name.startswith(".")]


def _serialize_verdict(verdict: Verdict) -> dict[str, Any]:
    order = list(FindingLevel)
    worst_first = sorted(verdict.findings, key=lambda finding: order.index(finding.level))
    return {
        "accepted": verdict.accepted,
        "counts": verdict.counts,
        "findings": [finding.convert_to_dict() for finding in worst_first[:_SHOWN_FINDINGS]],
    }
