"""The clock, and the day in Viet Nam: where deadlines end at midnight."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

VIETNAM_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def get_current_time() -> dt.datetime:
    """The clock: read once per step, never inside a rule."""
    return dt.datetime.now(dt.UTC)


def parse_vietnam_day(moment: str) -> dt.date:
    """The day in Viet Nam of a moment in ISO 8601."""
    return dt.datetime.fromisoformat(moment).astimezone(VIETNAM_ZONE).date()


def get_current_date() -> dt.date:
    """The day in Viet Nam."""
    return get_current_time().astimezone(VIETNAM_ZONE).date()
