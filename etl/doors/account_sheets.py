"""What is printed of accounts: the sheet that hands one over, and the register that units sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from etl.doors.door_pages import render_page
from etl.model.vietnam_time import VIETNAM_ZONE
from etl.settings import Settings


@dataclass(frozen=True)
class HandingOver:
    """An account on its sheet: the only place where its secret is readable. `served`: units it also sends for."""

    unit: str
    unit_name: str
    secret: str
    served: tuple[str, ...]
    day: date


@dataclass(frozen=True)
class RegisterRow:
    """A unit in the register. `state`: standing, revoked, none. Grain: (unit)."""

    unit: str
    unit_name: str
    state: str
    changed_at: datetime | None


def render_account_sheet(settings: Settings, account: HandingOver) -> bytes:
    """The sheet as a page to be printed on A4."""
    page = render_page(
        settings, "account_sheet", account=account, day=f"{account.day:%d/%m/%Y}", address=settings.door_address,
        doors=settings.doors,
    )  # fmt: skip
    return page.encode()


def render_register(settings: Settings, office: str, rows: Sequence[RegisterRow], day: date) -> bytes:
    """The register as a page to be printed on A4; it holds no secret."""
    dated = [(row, f"{row.changed_at.astimezone(VIETNAM_ZONE):%d/%m/%Y}" if row.changed_at else "") for row in rows]
    return render_page(settings, "account_register", office=office, rows=dated, day=f"{day:%d/%m/%Y}").encode()
