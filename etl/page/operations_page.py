"""How the installation does: what is stale, waits, was locked away; disk, backup, versions."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from sqlalchemy import Row

from etl import __version__
from etl.core.disk_usage import measure_disks
from etl.errors import WarehouseError
from etl.page.page_rendering import PageDesk, render_page
from etl.warehouse import page_views

_PACKAGES = ("apache-airflow", "great-expectations")


@dataclass(frozen=True)
class OperationsRecords:
    """What the warehouse knows of how the installation does."""

    stale: page_views.Rows
    mail: page_views.Rows
    waiting_tables: page_views.Rows
    quarantined: page_views.Rows
    failed_runs: page_views.Rows
    installation: Row[Any]


def show_operations(desk: PageDesk) -> tuple[str, bool]:
    """One page for whoever is on duty, and whether it is whole: without the warehouse it shows the rest."""
    try:
        records, trouble = _read_records(desk), None
    except WarehouseError as error:
        records, trouble = None, error
    page = render_page(
        desk,
        "operations.html",
        for_engineers=True,
        records=records,
        error=trouble,
        alerts_to=len(desk.settings.alert_addresses) + bool(desk.settings.alert_webhook),
        disks=measure_disks(desk.settings),
        stopped=_list_stopped_scopes(desk),
        stopped_layouts=desk.catalogue.stopped_layouts if desk.catalogue else {},
        versions={"tongket": __version__, **{name: version(name) for name in _PACKAGES}},
    )
    return page, trouble is None


def _list_stopped_scopes(desk: PageDesk) -> dict[str, str]:
    """This instance's scopes that are out of service, each with its first mistake; none where nothing can be read."""
    if desk.catalogue is None:
        return {}
    found = {name: desk.catalogue.stopped.get(name) for name in desk.settings.scopes if not desk.find_scope(name)}
    return {
        name: f"{stopped.problem.where}: {stopped.problem.what}" if stopped else f"catalog/scopes/{name}.yaml: –"
        for name, stopped in found.items()
    }


def _read_records(desk: PageDesk) -> OperationsRecords:
    with desk.open_reader() as conn:
        return OperationsRecords(
            stale=page_views.fetch_stale_rows(conn),
            mail=page_views.fetch_waiting_mail(conn),
            waiting_tables=page_views.fetch_waiting_tables(conn),
            quarantined=page_views.fetch_quarantined(conn),
            failed_runs=page_views.fetch_failed_run_rows(conn),
            installation=page_views.fetch_installation(conn),
        )
