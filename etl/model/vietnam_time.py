"""The clock, and the day in Viet Nam: where deadlines end at midnight."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

VIETNAM_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def get_current_time() -> dt.datetime:
    """The clock: read once per step, never inside a rule."""
    return dt.datetime.now(dt.UTC)


def get_current_date() -> dt.date:
    """The day in Viet Nam."""
    return get_current_time().astimezone(VIETNAM_ZONE).date()
