"""What every step starts from: settings, catalogue, connections, the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etl import load
from etl import settings as settings_module
from etl.catalog import Catalogue, load_catalogue
from etl.catalog.rules import load_rules
from etl.model import Period
from etl.settings import Settings
from etl.warehouse.connect import build_engine
from etl.warehouse.snapshots_of_files import load_catalogue_at

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

Result = dict[str, Any]


def load_settings_and_catalogue() -> tuple[Settings, Catalogue]:
    """The settings and the catalogue as they are now."""
    settings = settings_module.load_settings()
    return settings, load_catalogue(settings.catalog)


def open_engine(settings: Settings) -> Engine:
    """An engine in the loader's role."""
    return build_engine(settings, "loader")


def open_current_engine(settings: Settings, catalogue: Catalogue) -> Engine:
    """An engine in the loader's role, on a warehouse that holds the catalogue as it is now."""
    engine = open_engine(settings)
    with engine.begin() as conn:
        load.load_catalogue_rows(conn, catalogue)
    return engine


def load_catalogue_as_known(conn: Connection, catalogue: Catalogue, at: str | None) -> Catalogue:
    """What people had decided at a moment; the present catalogue where none is asked for."""
    if at is None:
        return catalogue

    return load_catalogue_at(conn, at, catalogue)


def build_ruleset_version(settings: Settings, catalogue: Catalogue) -> str:
    """Names the catalogue and the rules that a verdict rests on."""
    return f"{catalogue.sha256[:16]}-{load_rules(settings.expectations).sha256[:16]}"


def list_scopes(period: str = "") -> list[str]:
    """The scopes that this instance runs, or those of them that have reports of a period.

    One that is out of service is told by an alert and stops no other.

    Raises:
        CatalogueError, UsageError: none of the configured scopes is in service, or the period is none.
    """
    settings, catalogue = load_settings_and_catalogue()
    scopes, asked = catalogue.list_scopes_in_service(settings.scopes), period and Period.parse(period)
    return [s.id for s in scopes if not asked or asked in catalogue.list_owed_periods(s, asked.kind)]
