"""Accounts by unit: who may have one, who speaks for whom, and what `tongket accounts` does.

An account belongs to a unit as the catalogue has it (code and first day). It ends with the unit; the successor has one
of its own, and sends also what the units that it came from still owe.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from etl.catalog import Catalogue, models
from etl.catalog.geography import list_area_units
from etl.core.instance import Result, load_settings_and_catalogue, open_engine
from etl.doors.account_secret import generate_secret, hash_secret
from etl.doors.account_sheets import HandingOver, RegisterRow, render_account_sheet, render_register
from etl.errors import UsageError
from etl.file_io import write_atomic
from etl.model import Period
from etl.model.vietnam_time import get_current_date
from etl.settings import Settings
from etl.warehouse import journal
from etl.warehouse.door_store import AccountChange, AccountRecord, fetch_accounts, record_account

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class UnitAccount:
    """An account that stands: whose it is, and for which inbox folders (unit codes) it speaks, its own first."""

    account_id: int
    unit: models.Unit
    folders: tuple[str, ...]


def find_account(conn: Connection, catalogue: Catalogue, code: str, day: date) -> tuple[UnitAccount, str] | None:
    """The account of the unit that bears a code on a day, and the hash of its secret; None where none stands."""
    unit = catalogue.find_unit(code, day)
    record = fetch_accounts(conn, [code]).get((unit.code, unit.valid_from)) if unit else None
    if unit is None or record is None or record.change == "revoked":
        return None
    return UnitAccount(record.account_id, unit, list_folders(catalogue, unit)), record.secret_hash


def list_folders(catalogue: Catalogue, unit: models.Unit) -> tuple[str, ...]:
    """The unit's own code, and those of the units it took over: the health facility where one did, else the area."""
    codes = [unit.code]
    for succession in catalogue.successions_to.get((unit.code, unit.valid_from), ()):
        heirs = catalogue.successions_from[succession.old_code, succession.old_valid_to]
        if succession.carries == "centre" or all(heir.carries != "centre" for heir in heirs):
            codes.append(succession.old_code)
    return tuple(dict.fromkeys(codes))


def list_account_units(catalogue: Catalogue, scope: models.Scope, day: date) -> list[models.Unit]:
    """The units of a scope that exist on a day and report anything in their time, in catalogue order."""
    units: dict[tuple[str, date], models.Unit] = {}
    for submission in scope.submissions:
        first = Period.parse(submission.from_period).end  # who ended before it never reports this
        found: Iterable[models.Unit | None] = (catalogue.find_unit(code, day) for code in submission.units)
        if submission.level:
            found = list_area_units(catalogue, scope, submission.level, day)
        units |= {(unit.code, unit.valid_from): unit for unit in found if unit and (unit.valid_to or first) >= first}
    return list(units.values())


def issue_accounts(scope: str, to: Path, by: str, unit: str | None = None) -> Result:
    """Gives an account to each unit of a scope that has none, with a sheet to hand over; the others keep theirs.

    Raises:
        UsageError: the unit does not report in that scope today, or nobody is named.
        StorageError: a sheet cannot be written; its account is not issued.
    """
    settings, catalogue = load_settings_and_catalogue()
    units = _select_units(catalogue, scope, unit)
    with open_engine(settings).connect() as conn:
        standing = fetch_accounts(conn, [one.code for one in units])
    new = [one for one in units if not _is_standing(standing.get((one.code, one.valid_from)))]
    sheets = [_change_secret(settings, catalogue, one, "issued", to, by) for one in new]
    return {"scope": scope, "issued": len(sheets), "kept": len(units) - len(new), "sheets": sheets}


def rotate_account(unit: str, to: Path, by: str) -> Result:
    """Gives a unit a new secret, with a sheet; the old one ends at once, and so do the sessions that it opened.

    Raises:
        UsageError: the unit has no account, or nobody is named.
        StorageError: the sheet cannot be written; the old secret still holds.
    """
    settings, catalogue = load_settings_and_catalogue()
    found = _get_account_unit(settings, catalogue, unit)
    return {"unit": unit, "change": "rotated", "sheet": _change_secret(settings, catalogue, found, "rotated", to, by)}


def revoke_account(unit: str, by: str) -> Result:
    """Ends a unit's account at once: sign-in, open sessions, its e-mail address.

    Raises:
        UsageError: the unit has no account, or nobody is named.
    """
    settings, catalogue = load_settings_and_catalogue()
    found = _get_account_unit(settings, catalogue, unit)
    _record_change(settings, found, "revoked", "", by)
    return {"unit": unit, "change": "revoked"}


def write_account_register(scope: str, to: Path) -> Result:
    """Writes the sheet on which units sign that they received their accounts; it holds no secret.

    Raises:
        StorageError: it cannot be written.
    """
    settings, catalogue = load_settings_and_catalogue()
    units = _select_units(catalogue, scope, None)
    with open_engine(settings).connect() as conn:
        standing = fetch_accounts(conn, [one.code for one in units])
    rows = [_build_register_row(unit, standing.get((unit.code, unit.valid_from))) for unit in units]
    today = get_current_date()
    office = catalogue.get_office(catalogue.get_scope(scope), today)
    path = to / f"so-giao-nhan_{scope}.html"
    write_atomic(path, render_register(settings, office.name, rows, today))
    states = {state: sum(row.state == state for row in rows) for state in ("standing", "revoked", "none")}
    return {"scope": scope, **states, "file": str(path)}


def _build_register_row(unit: models.Unit, record: AccountRecord | None) -> RegisterRow:
    if record is None:
        return RegisterRow(unit.code, unit.name, "none", None)
    state = "standing" if _is_standing(record) else "revoked"
    return RegisterRow(unit.code, unit.name, state, record.recorded_at)


def _is_standing(record: AccountRecord | None) -> bool:
    return record is not None and record.change != "revoked"


def _select_units(catalogue: Catalogue, scope: str, unit: str | None) -> list[models.Unit]:
    units = list_account_units(catalogue, catalogue.get_scope(scope), get_current_date())
    chosen = [one for one in units if unit in (None, one.code)]
    if unit and not chosen:
        raise UsageError(
            f"unit {unit!r} does not report in {scope} today", where="--unit", fix="give a code of today's"
        )
    return chosen


def _get_account_unit(settings: Settings, catalogue: Catalogue, code: str) -> models.Unit:
    with open_engine(settings).connect() as conn:
        account = find_account(conn, catalogue, code, get_current_date())
    if account is None:
        raise UsageError(f"unit {code!r} has no account", where="--unit", fix="issue one: `tongket accounts issue`")
    return account[0].unit


def _change_secret(
    settings: Settings, catalogue: Catalogue, unit: models.Unit, change: AccountChange, to: Path, by: str
) -> str:
    """Writes the sheet first: a secret that nobody can hand over is never in force."""
    secret = generate_secret()
    path = to / f"tai-khoan_{unit.code}.html"
    served = [catalogue.find_unit_name(code, unit.valid_from) for code in list_folders(catalogue, unit)[1:]]
    about = HandingOver(unit.code, unit.name, secret, tuple(served), get_current_date())
    write_atomic(path, render_account_sheet(settings, about), mode=0o600)
    _record_change(settings, unit, change, hash_secret(secret), by)
    return str(path)


def _record_change(settings: Settings, unit: models.Unit, change: AccountChange, secret_hash: str, by: str) -> None:
    if not by.strip():
        raise UsageError("nobody is named", where="--by", fix="give the name of who decides")
    with open_engine(settings).begin() as conn:
        record_account(conn, unit, change, secret_hash, by.strip())
        journal.record_event(conn, "account_changed", unit=unit.code, change=change, by=by.strip())
