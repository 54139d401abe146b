"""Alerts for whoever keeps the system: found in the state, told once, by e-mail and to a webhook.

An alert has a key that says what it is about and, where the state lasts, of which day: what was told is on record, so
that another run tells only what is new. Nobody to tell is a state of its own, which the caller sees.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from etl.attainment.attainment_rows import check_report_due
from etl.attainment.due_reports import list_undrafted_periods, list_unheard_periods
from etl.catalog import Catalogue
from etl.catalog.layout import SIMULATION_NOTICE
from etl.core.disk_usage import measure_disks
from etl.core.instance import Result, load_settings_and_catalogue, open_current_engine, open_engine
from etl.dispatch.letter import Letter
from etl.dispatch.mail_protocol import OutgoingMail, send_letters
from etl.dispatch.smtp_client import MailSessionOpener
from etl.file_io import sanitize_line
from etl.messages import load_messages
from etl.model.vietnam_time import get_current_date
from etl.settings import Settings
from etl.warehouse import attainment_store, dispatch_store, journal
from etl.warehouse.operations_store import OperationsState, fetch_failed_runs, fetch_operations_state

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

WAITING_MINUTES = 30
"""A file that is neither read nor answered after so long stands."""
BACKUP_HOURS, RESTORE_HOURS = 30, 8 * 24
"""A nightly backup and a weekly restore are late after so long."""
REPORT_MINUTES = 24 * 60
"""A report that is due and has no draft so long after its figures is missing."""
FAILED_RUN_DAYS = 7
"""Older failures are no news."""
METRICS = (*(field.name for field in fields(OperationsState)), "stale_periods", "disk_percent")
"""Names of what `measure_operations` gives."""
WebhookSender = Callable[[str], None]


@dataclass(frozen=True)
class OperatorAlert:
    """Something that a person must look at: its key, what it is, and what to do. Both in Vietnamese."""

    key: str
    what: str
    todo: str


def record_failed_run(dag: str, run: str, key: str | None, tasks: Sequence[str]) -> None:
    """Notes that a run failed and in which tasks, so that it is told."""
    settings, _ = load_settings_and_catalogue()
    with open_engine(settings).begin() as conn:
        journal.record_event(conn, "run_failed", dag=dag, run=run, key=key or "–", tasks=list(tasks))


def get_alert_connections() -> tuple[str, str]:
    """Names of the Airflow connections for e-mail and webhook; the latter is empty where none is configured."""
    settings, _ = load_settings_and_catalogue()
    return settings.smtp_connection, settings.alert_webhook


def tell_alerts(post: MailSessionOpener | None = None, webhook: WebhookSender | None = None) -> Result:
    """Tells what has not been told yet, to the addresses of `TONGKET_ALERT_TO` and to a webhook.

    Returns:
        `standing`: what every alert is about; `told`: keys told now; `skipped` where nobody is to be told.

    Raises:
        MailError: a message did not go out; the webhook was told all the same.
    """
    settings, catalogue = load_settings_and_catalogue()
    engine = open_current_engine(settings, catalogue)
    with engine.begin() as guard:
        dispatch_store.lock_dispatch(guard)
        with engine.connect() as conn:
            alerts = list_alerts(conn, settings, catalogue, get_current_date())
            known = {(e.detail["key"], e.detail["to"]) for e in journal.fetch_events(conn, "alerted")}
        standing: Result = {"standing": [alert.what for alert in alerts]}
        addresses = settings.alert_addresses if post else ()
        if not addresses and webhook is None:
            return {**standing, "skipped": "nobody is told: no TONGKET_ALERT_TO with mail server, and no webhook"}
        told: list[str] = []
        try:
            if webhook:
                told += _call_webhook(engine, webhook, [a for a in alerts if (a.key, "webhook") not in known])
        finally:  # also where the webhook does not answer
            if post:
                due = [(a, to) for a in alerts for to in addresses if (a.key, to) not in known]
                told += send_letters(engine, post, [_address_alert(settings, alert, to) for alert, to in due])
    return {**standing, "told": told}


def measure_operations() -> dict[str, float]:
    """Name → value of every metric of the product: from the state, so that none is lost with a process."""
    settings, _ = load_settings_and_catalogue()
    with open_engine(settings).connect() as conn:
        state = asdict(fetch_operations_state(conn, WAITING_MINUTES))
        stale = len(attainment_store.list_stale_periods(conn))
    return {**state, "stale_periods": stale, "disk_percent": max(d.used_percent for d in measure_disks(settings))}


def list_alerts(conn: Connection, settings: Settings, catalogue: Catalogue, day: dt.date) -> list[OperatorAlert]:
    """Every alert that stands on a day, told or not."""
    say = load_messages(settings.templates).format
    return [
        OperatorAlert(f"{code}/{subject}", say(f"alert.{code}", **about), say(f"alert.{code}_todo", **todo))
        for code, subject, about, todo in _find_conditions(conn, settings, catalogue, day.isoformat())
    ]


_Slots = dict[str, object]


def _find_conditions(
    conn: Connection, settings: Settings, catalogue: Catalogue, day: str
) -> Iterator[tuple[str, str, _Slots, _Slots]]:
    """Code, subject, slots of what it is, slots of what to do."""
    for run in fetch_failed_runs(conn, FAILED_RUN_DAYS):
        # Who starts a run names it and gives its key: these stand in a header, in lines of a log, in a webhook.
        tasks = ", ".join(run["tasks"])
        dag, name, key, tasks = (sanitize_line(text) for text in (run["dag"], run["run"], run["key"], tasks))
        yield "run_failed", f"{dag}/{name}", {"dag": dag, "key": key, "tasks": tasks}, {"dag": dag, "run": name}
    state = fetch_operations_state(conn, WAITING_MINUTES)
    if state.backup_hours > BACKUP_HOURS:
        yield "backup_old", day, {"hours": round(state.backup_hours)}, {}
    if state.restore_hours > RESTORE_HOURS:
        yield "restore_old", day, {"hours": round(state.restore_hours)}, {}
    if state.unread or state.unanswered:
        waiting: _Slots = {"unread": state.unread, "unanswered": state.unanswered, "minutes": WAITING_MINUTES}
        yield "queue_stands", day, waiting, {}
    for disk in measure_disks(settings):
        if disk.is_short:
            yield "disk_full", f"{disk.name}/{day}", {"percent": disk.used_percent}, {}
    yield from _find_stopped_services(settings, catalogue, day)
    scopes = [catalogue.scopes[name] for name in settings.scopes if name in catalogue.scopes]
    for scope, period in list_undrafted_periods(conn, catalogue, scopes, REPORT_MINUTES):
        if check_report_due(scope, period)["due"]:
            yield "report_missing", f"{scope}/{period}/{day}", {"scope": scope, "period": period}, {"period": period}
    for scope, period, units in list_unheard_periods(conn, catalogue, scopes, REPORT_MINUTES, day):
        unheard: _Slots = {"scope": scope, "period": period, "units": units}
        yield "nobody_reported", f"{scope}/{period}/{day}", unheard, {"period": period}


def _find_stopped_services(
    settings: Settings, catalogue: Catalogue, day: str
) -> Iterator[tuple[str, str, _Slots, _Slots]]:
    for name in settings.scopes:
        if name not in catalogue.scopes:
            stopped = catalogue.stopped.get(name)
            where = stopped.problem.where if stopped else str(catalogue.root / "scopes" / f"{name}.yaml")
            place = _shorten_place(catalogue, where)
            yield "scope_stopped", f"{name}/{place}/{day}", {"scope": name, "place": place}, {}
    for name, layout in catalogue.stopped_layouts.items():
        place = _shorten_place(catalogue, layout.problem.where)
        yield "layout_stopped", f"{name}/{place}/{day}", {"layout": name, "place": place}, {}


def _shorten_place(catalogue: Catalogue, where: str) -> str:
    return where.replace(f"{catalogue.root}{os.sep}", "")


def _call_webhook(engine: Engine, webhook: WebhookSender, alerts: Sequence[OperatorAlert]) -> list[str]:
    for alert in alerts:
        webhook(f"{alert.what}\n{alert.todo}")
        with engine.begin() as conn:
            journal.record_event(conn, "alerted", key=alert.key, to="webhook")
    return [alert.key for alert in alerts]


def _address_alert(settings: Settings, alert: OperatorAlert, address: str) -> OutgoingMail:
    subject = f"[{SIMULATION_NOTICE}] {alert.what}" if settings.simulated else alert.what
    text = load_messages(settings.templates).format("alert.letter", what=alert.what, todo=alert.todo)

    def record_told(conn: Connection, _attempt: dispatch_store.MailAttempt) -> None:
        journal.record_event(conn, "alerted", key=alert.key, to=address)

    return OutgoingMail(Letter(f"alert/{alert.key}/{address}", subject, text), address, record_told)
