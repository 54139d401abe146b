"""What every step starts from: settings, catalogue, connections, the clock."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from etl import settings as settings_module
from etl.catalog import Catalogue, load_catalogue
from etl.errors import UsageError
from etl.model import Period, PeriodKind
from etl.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

Result = dict[str, Any]


def start() -> tuple[Settings, Catalogue]:
    """The settings and the catalogue as they are now."""
    settings = settings_module.load()
    return settings, load_catalogue(settings.catalog)


def open_engine(settings: Settings) -> Engine:
    """An engine in the loader's role."""
    from etl.warehouse.connect import engine

    return engine(settings, "loader")


def current_engine(settings: Settings, catalogue: Catalogue) -> Engine:
    """An engine in the loader's role, on a warehouse that holds the catalogue as it is now."""
    from etl import load

    engine = open_engine(settings)
    with engine.begin() as conn:
        load.catalogue(conn, catalogue)
    return engine


def catalogue_as_known(conn: Connection, catalogue: Catalogue, at: str | None) -> Catalogue:
    """What people had decided at a moment; the present catalogue where none is asked for."""
    if at is None:
        return catalogue
    from etl.warehouse.as_known import catalogue_at

    return catalogue_at(conn, at, catalogue)


def judged_by(settings: Settings, catalogue: Catalogue) -> str:
    """Names the catalogue and the rules that a verdict rests on."""
    from etl.catalog.rules import load_rules

    return f"{catalogue.sha256[:16]}-{load_rules(settings.expectations).sha256[:16]}"


def now() -> dt.datetime:
    """The clock: read once per step, never inside a rule."""
    return dt.datetime.now(dt.UTC)


def today() -> dt.date:
    """The day in Viet Nam, where deadlines end at midnight."""
    return now().astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).date()


def scopes() -> list[str]:
    """The scopes that this instance runs.

    Raises:
        UsageError: a configured scope is not in the catalogue.
    """
    settings, catalogue = start()
    return [catalogue.scope(name).id for name in settings.scopes]


def periods_opening(key: str) -> list[str]:
    """The periods whose forms open with a key: a period names itself, a month those that end with it."""
    _, catalogue = start()
    asked = Period.parse(key)
    if asked.kind != PeriodKind.MONTH:
        return [asked.key]
    owed = {
        period.key
        for scope in scopes()
        for kind in (PeriodKind.MONTH, PeriodKind.QUARTER, PeriodKind.YEAR)
        for period in catalogue.periods(catalogue.scope(scope), kind)
        if period.end == asked.end
    }
    return sorted(owed)


def is_period(text: str) -> bool:
    """Whether a text is a period key."""
    try:
        Period.parse(text)
    except UsageError:
        return False
    return True
