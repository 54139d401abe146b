"""How the installation does: what is stale, waits, was locked away; disk, backup, versions."""

from __future__ import annotations

from importlib.metadata import version

from etl import __version__
from etl.core.disk_usage import measure_disks
from etl.page.page_rendering import PageDesk, render_page
from etl.warehouse import page_views

_PACKAGES = ("apache-airflow", "great-expectations")


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
        disks=measure_disks(desk.settings),
        versions={"tongket": __version__, **{name: version(name) for name in _PACKAGES}},
    )
