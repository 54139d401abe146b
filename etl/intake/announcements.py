"""What is out of date: the periods to announce, and of one of them the scopes to compute.

Both are read from what is recorded, so an announcement that was lost, and a run that never came, are made up for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from etl.attainment.attainment_rows import check_report_due
from etl.attainment.due_reports import list_undrafted_periods
from etl.attainment.report_inputs import list_owed_parts
from etl.catalog import Catalogue
from etl.core.instance import load_settings_and_catalogue, open_current_engine
from etl.model import Period
from etl.settings import Settings
from etl.warehouse import attainment_store

if TYPE_CHECKING:
    from sqlalchemy import Connection


def announce_periods(results: Iterable[Mapping[str, Any]]) -> list[str]:
    """Records which periods are announced now, and returns them: those of these batches, and what must be healed.

    What was announced or computed within the last `TONGKET_REANNOUNCE_MINUTES` is not healed: its runs may not have
    ended, and what fails again and again is tried at that pace, not with every run of the intake.
    """
    settings, catalogue = load_settings_and_catalogue()
    changed = {period for result in results for period in result.get("periods", ())}
    with open_current_engine(settings, catalogue).begin() as conn:
        under_way = attainment_store.list_periods_under_way(conn, settings.reannounce_minutes)
        periods = sorted(changed | (_list_periods_to_heal(conn, settings, catalogue) - under_way))
        attainment_store.record_announcements(conn, periods)
    return periods


def list_periods_to_compute(results: Iterable[Mapping[str, Any]]) -> list[str]:
    """Periods of these batches, what is stale, and what was computed, is due and was not drafted.

    All but the first heals what a crash, a paused DAG or an amended catalogue would otherwise leave as it was.
    """
    settings, catalogue = load_settings_and_catalogue()
    with open_current_engine(settings, catalogue).connect() as conn:
        healed = _list_periods_to_heal(conn, settings, catalogue)
    return sorted({period for result in results for period in result.get("periods", ())} | healed)


def list_scopes_to_compute(period: str) -> list[str]:
    """The scopes of this instance that owe something for a period and whose figures of it are out of date.

    Also those never computed, and those whose report is due and behind its figures: their run announces them again.
    """
    settings, catalogue = load_settings_and_catalogue()
    key, scopes = Period.parse(period), catalogue.list_scopes_in_service(settings.scopes)
    owing = [scope for scope in scopes if list_owed_parts(catalogue, scope, key)]
    with open_current_engine(settings, catalogue).connect() as conn:
        outdated = {scope for scope, stale in attainment_store.list_stale_periods(conn) if stale == key.key}
        outdated |= {scope.id for scope in owing if not attainment_store.is_computed(conn, scope.id, key.key)}
        undrafted = [scope for scope, behind in list_undrafted_periods(conn, catalogue, owing) if behind == key.key]
    outdated |= {scope for scope in undrafted if scope not in outdated and check_report_due(scope, key.key)["due"]}
    return [scope.id for scope in owing if scope.id in outdated]


def _list_periods_to_heal(conn: Connection, settings: Settings, catalogue: Catalogue) -> set[str]:
    scopes = catalogue.list_scopes_in_service(settings.scopes)
    stale = attainment_store.list_stale_periods(conn)
    owed = {(s.id, key) for s in scopes for _, key in {*stale} if list_owed_parts(catalogue, s, Period.parse(key))}
    healed = {key for scope, key in stale if (scope, key) in owed}
    undrafted = list_undrafted_periods(conn, catalogue, scopes)
    return healed | {key for scope, key in undrafted if key not in healed and check_report_due(scope, key)["due"]}
