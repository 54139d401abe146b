"""How the installation does: what is stale, waits, was locked away; disk, backup, versions."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from etl import __version__
from etl.page.page_rendering import PageDesk, render_page
from etl.warehouse import page_views

_PACKAGES = ("apache-airflow", "great-expectations")


@dataclass(frozen=True)
class DiskUsage:
    """The disk that a folder lies on; sizes in bytes. `is_short`: used beyond `TONGKET_DISK_PERCENT`."""

    name: str
    total: int
    free: int
    is_short: bool


def show_operations(desk: PageDesk) -> str:
    """One page for whoever is on duty."""
    with desk.open_reader() as conn:
        stale = page_views.fetch_stale_rows(conn)
        mail = page_views.fetch_waiting_mail(conn)
        quarantined = page_views.fetch_quarantined(conn)
        failed_runs = page_views.fetch_failed_run_rows(conn)
        installation = page_views.fetch_installation(conn)
    return render_page(
        desk,
        "operations.html",
        stale=stale,
        mail=mail,
        quarantined=quarantined,
        failed_runs=failed_runs,
        alerts_to=len(desk.settings.alert_addresses) + bool(desk.settings.alert_webhook),
        installation=installation,
        disks=_measure_disks(desk),
        versions={"tongket": __version__, **{name: version(name) for name in _PACKAGES}},
    )


def _measure_disks(desk: PageDesk) -> list[DiskUsage]:
    """The disks of inbox, archive and outbox, each once."""
    found: dict[int, DiskUsage] = {}
    for folder in (desk.settings.inbox, desk.settings.archive, desk.settings.outbox):
        place = _find_existing_folder(folder)
        usage = shutil.disk_usage(place)
        is_short = usage.used * 100 > usage.total * desk.settings.disk_percent
        found.setdefault(place.stat().st_dev, DiskUsage(folder.name, usage.total, usage.free, is_short))
    return list(found.values())


def _find_existing_folder(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.is_dir())
