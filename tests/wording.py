"""Reasons in the shipped words, as a reader meets them."""

from __future__ import annotations

from etl.messages import load_messages
from etl.model.reason import Reason, build_reason
from etl.settings import PROJECT_ROOT

SHIPPED = load_messages(PROJECT_ROOT / "templates")


def told(reason: Reason | None) -> str:
    return SHIPPED.describe(reason)


def saying(text: str) -> Reason:
    """A reason that reads as a text."""
    return build_reason("reason.as_planned", text=text)
