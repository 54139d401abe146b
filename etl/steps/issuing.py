"""Forms on their way to the units: which periods are open and not issued yet, and the workbooks themselves."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from etl.catalog import Catalogue, models
from etl.catalog.contacts import load_contacts
from etl.catalog.obligations import is_in_force, list_obligations, list_opened_periods
from etl.core.instance import Result, load_settings_and_catalogue, open_engine
from etl.errors import CatalogueError, UsageError
from etl.file_io import write_atomic
from etl.forms import FormExtras, build_form_file_name, build_form_sending, issue_form
from etl.messages import load_messages
from etl.model import Period
from etl.warehouse import dispatch_store, journal
from etl.warehouse.check_history import fetch_other_periods

if TYPE_CHECKING:
    from sqlalchemy import Connection


def list_periods_to_open(day: str) -> list[str]:
    """The periods that are open on a day (ISO) and whose forms some scope of this instance has not issued.

    So a fresh install, or one that stood still, opens what it lacks. A scope whose own office has ended opens nothing.

    Raises:
        UsageError: the day is no date, or a configured scope is not in the catalogue.
    """
    settings, catalogue = load_settings_and_catalogue()
    try:
        today = dt.date.fromisoformat(day)
    except ValueError:
        raise UsageError(f"{day!r} is no date", where="day", fix="write 2026-11-26") from None
    periods: set[str] = set()
    with open_engine(settings).connect() as conn:
        for scope in catalogue.list_scopes_in_service(settings.scopes):
            if scope.find_office(today):
                opened = {p.key for p in list_opened_periods(catalogue, scope, today)}
                periods |= opened.difference(dispatch_store.fetch_issued_periods(conn, scope.id))
    return sorted(periods)


def open_period(scope: str, period: str, folder: Path | None = None, unit: str | None = None) -> Result:
    """Issues the workbooks of a period, or of one unit, and notes it; a form that is there and equal stays.

    They lie below a folder, by default `outbox/forms/<period>/`, in one folder a unit.

    Raises:
        UsageError: the unit owes nothing for that period.
    """
    settings, _ = load_settings_and_catalogue()
    with open_engine(settings).begin() as conn:
        target = folder or settings.outbox / "forms" / Period.parse(period).key
        result = _issue_forms(conn, scope, period, target, unit)
        about = {"scope": scope, "period": result["period"], **({"unit": unit} if unit else {})}
        # Also where a run that broke off had written them all.
        if result["issued"] or not any(about.items() <= e.detail.items() for e in journal.fetch_events(conn, "issued")):
            journal.record_event(conn, "issued", **about, forms=result["issued"])
    return result


def _issue_forms(conn: Connection, scope: str, period: str, folder: Path, unit: str | None = None) -> Result:
    """Issues the workbooks of a period, or of one unit, below a folder, each with what it reported the period before.

    Raises:
        UsageError: the unit owes nothing for that period.
        CatalogueError: a regime or form has ended, or has not begun: nothing is issued.
    """
    settings, catalogue = load_settings_and_catalogue()
    chosen, key = catalogue.get_scope(scope), Period.parse(period)
    obligations = [entry for entry in list_obligations(catalogue, chosen, key) if unit in (None, entry[2].code)]
    _validate_rules_in_force(catalogue, chosen, key, {(s.regime, form.id) for s, form, _ in obligations})
    owed = [(form, u) for _, form, u in obligations]
    if unit and not owed:
        raise UsageError(f"unit {unit!r} owes nothing for {key}", where="--unit", fix="see `tongket status`")
    issued, same, wording = [], 0, load_messages(settings.templates)
    contacts, before = load_contacts(catalogue, [chosen.id]), key.list_earlier_periods(1)[0].key
    reported = fetch_other_periods(conn, {(u.code, u.valid_from): (before,) for _, u in owed})
    for form, org_unit in owed:
        path = folder / org_unit.code / build_form_file_name(form, org_unit, key)
        sending = build_form_sending(catalogue, chosen, form, org_unit, key, contacts, simulated=settings.simulated)
        past = reported.get(org_unit.code, {}).get(before, {})
        extras = FormExtras(simulated=settings.simulated, sending=sending, past=past)
        data = issue_form(catalogue, chosen, form, org_unit, key, wording, extras)
        if path.is_file() and path.read_bytes() == data:
            same += 1
        else:
            write_atomic(path, data)
            issued.append(str(path))
    return {"scope": scope, "period": key.key, "issued": len(issued), "unchanged": same, "files": issued}


def _validate_rules_in_force(
    catalogue: Catalogue, scope: models.Scope, period: Period, rules: set[tuple[str, str]]
) -> None:
    """Stops before a form goes out that no rule in force asks for."""
    for regime_id, form_id in sorted(rules):
        for kind, rule in (("regime", catalogue.regimes[regime_id]), ("form", catalogue.forms[form_id])):
            if not is_in_force(rule, period.end):
                lasts = f"{rule.valid_from} to {rule.valid_to or 'further notice'}"
                raise CatalogueError(
                    f"{kind} {rule.id} holds from {lasts}, and {period.key} ends on {period.end}",
                    where=f"{catalogue.root / 'scopes' / scope.id}.yaml: {form_id}",
                    fix=f"end the submission with `to_period`, and add one under the {kind} that follows",
                )
