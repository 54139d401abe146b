"""Who may come in: account and secret against the warehouse, with limits on guessing.

Wrong secrets are counted in the journal, so the limits hold for all processes of the doors together and across a start.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Literal

from etl.catalog import Catalogue
from etl.doors.account_secret import get_unknown_hash, is_right_secret, normalize_secret
from etl.doors.accounts import UnitAccount, find_account
from etl.model.vietnam_time import VIETNAM_ZONE
from etl.warehouse.door_store import fetch_wrong_secrets, record_wrong_secret

if TYPE_CHECKING:
    from sqlalchemy import Connection

_WINDOW = timedelta(minutes=15)
_PER_ACCOUNT_AND_ADDRESS, _PER_ACCOUNT, _PER_ADDRESS = 10, 50, 100
"""Failures in a window before nobody is heard any more: a clerk's typing, many addresses of a guesser, an office."""
_MOST_PROVED = 10_000
_PROVED_FOR = timedelta(minutes=5)
"""How long a proved secret is not derived anew: WebDAV proves it with every request."""


@dataclass(frozen=True)
class Entry:
    """The answer at the door: the account, or why not (``wrong``: account or secret; ``blocked``: many failures)."""

    account: UnitAccount | None
    reason: Literal["", "wrong", "blocked"] = ""


class DoorKeeper:
    """Lets units in. Thread-safe."""

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._proved: OrderedDict[bytes, datetime] = OrderedDict()
        self._lock = Lock()

    def authenticate_unit(
        self, conn: Connection, catalogue: Catalogue, code: str, secret: str, address: str, now: datetime
    ) -> Entry:
        """Whether a secret is the one of a unit's standing account. A wrong one is counted and put on record.

        `address` is where the request came from. While too many failures lie in the window, nothing is derived and
        nothing recorded: neither a processor nor the journal can be filled from outside.
        """
        code = "".join(filter(str.isprintable, code)).strip()[:40]  # PostgreSQL keeps no NUL
        failures = fetch_wrong_secrets(conn, code, address, since=now - _WINDOW)
        if (
            failures.of_unit_from_address >= _PER_ACCOUNT_AND_ADDRESS
            or failures.of_unit >= _PER_ACCOUNT
            or failures.from_address >= _PER_ADDRESS
        ):
            return Entry(None, "blocked")
        found = find_account(conn, catalogue, code, now.astimezone(VIETNAM_ZONE).date())
        account, secret_hash = found or (None, get_unknown_hash())
        if self._is_proved(secret, secret_hash, now) and account is not None:
            return Entry(account)
        record_wrong_secret(conn, code, address, now)
        return Entry(None, "wrong")

    def _is_proved(self, secret: str, secret_hash: str, now: datetime) -> bool:
        about = f"{normalize_secret(secret)}|{secret_hash}".encode()
        fingerprint = hmac.new(self._key, about, hashlib.sha256).digest()
        with self._lock:
            until = self._proved.get(fingerprint)
        if until and now < until:
            return True
        if not is_right_secret(secret, secret_hash):
            return False
        with self._lock:
            self._proved[fingerprint] = now + _PROVED_FOR
            self._proved.move_to_end(fingerprint)
            if len(self._proved) > _MOST_PROVED:
                self._proved.popitem(last=False)
        return True
