"""What the page inside Airflow shows, read from the views of `out` in the reader's role: nothing here can write.

Room: warehouse. Called by `page`. Times are aware, states and levels are those of the views; rows come in the order in
which they are shown, and a list of unknown length in pages of `PAGE_SIZE`.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from etl.model import Period
from etl.warehouse.connect import query

PAGE_SIZE = 50
_MOST_CHANGES, _MOST_RECENT = 200, 20
_D_WITH_STROKE = chr(0x111)
"""The one Vietnamese letter that has no plain letter inside."""
Rows = Sequence[Row[Any]]


@dataclass(frozen=True)
class UnitForm:
    """A form that a unit owes for a period."""

    scope: str
    period: str
    form: str
    unit: str


@dataclass(frozen=True)
class BoardFilter:
    """Which part of a period's board is asked for; empty is all. `search`: part of a name, or how a code begins."""

    scope: str
    period: str
    form: str = ""
    state: str = ""
    search: str = ""


@dataclass(frozen=True)
class FindingFilter:
    """Which findings are asked for; empty is all. `shown`: ``waiting`` for an explanation, ``refused`` or ``all``."""

    scope: str = ""
    period: str = ""
    code: str = ""
    unit: str = ""
    shown: str = "all"


def start_reading(conn: Connection) -> None:
    """Makes the statements of this transaction fast for thousands of units."""
    query(conn, "page_planner")


def fetch_board_periods(conn: Connection, since: dt.date) -> Rows:
    """What is owed and accepted, of periods that were due since a day. Grain: (scope, period), the last first."""
    return query(conn, "page_periods", since=since).all()


def fetch_board_counts(conn: Connection, asked: BoardFilter) -> Rows:
    """How many units stand where. Grain: (form, state); the state asked for does not narrow it."""
    return query(conn, "page_board_counts", **_build_board_parameters(asked)).all()


def fetch_board_rows(conn: Connection, asked: BoardFilter, page: int) -> Rows:
    """One page of the board, by unit. Grain: (unit, form)."""
    return query(
        conn,
        "page_board",
        **_build_board_parameters(asked),
        state=asked.state,
        size=PAGE_SIZE,
        start=(page - 1) * PAGE_SIZE,
    ).all()


def _build_board_parameters(asked: BoardFilter) -> dict[str, str]:
    folded = unicodedata.normalize("NFD", asked.search.strip().lower()).replace(_D_WITH_STROKE, "d")
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    for special in "\\%_":  # a sign that someone typed is that sign, not a pattern
        plain = plain.replace(special, f"\\{special}")
    return {"scope": asked.scope, "period": asked.period, "form": asked.form, "search": plain}


def find_unit_form(conn: Connection, key: UnitForm) -> Row[Any] | None:
    """Where a unit's form stands; None where the unit does not owe it."""
    return query(conn, "page_unit", **vars(key)).one_or_none()


def fetch_unit_files(conn: Connection, key: UnitForm) -> Rows:
    """Every file that came for a unit's form, the last first."""
    return query(conn, "page_unit_files", **vars(key)).all()


def fetch_unit_findings(conn: Connection, key: UnitForm) -> Rows:
    """What was found in them, by file."""
    return query(conn, "page_unit_findings", **vars(key)).all()


def fetch_unit_changes(conn: Connection, key: UnitForm) -> Rows:
    """Cells that a version changed, the last version first; at most 200."""
    year = Period.parse(key.period).year  # cells lie together by year
    return query(conn, "page_unit_changes", **vars(key), year=year, size=_MOST_CHANGES).all()


def find_delivery(conn: Connection, delivery: int) -> Row[Any] | None:
    """A file that came, by its number."""
    return query(conn, "page_delivery", delivery=delivery).one_or_none()


def fetch_document_rows(conn: Connection, scope: str, period: str, shown: str, page: int) -> Rows:
    """One page of documents, the last first; `found` counts all. `shown`: ``waiting``, ``published`` or ``all``."""
    return query(
        conn,
        "page_documents",
        scope=scope,
        period=period,
        shown=shown,
        size=PAGE_SIZE,
        start=(page - 1) * PAGE_SIZE,
    ).all()


def find_document(conn: Connection, report: int) -> Row[Any] | None:
    """A document with its files, and the one before it of the same report."""
    return query(conn, "page_document", report=report).one_or_none()


def fetch_finding_codes(conn: Connection, asked: FindingFilter) -> Rows:
    """Findings counted by code and level, the most frequent first."""
    return query(conn, "page_finding_codes", **vars(asked)).all()


def fetch_finding_periods(conn: Connection, scope: str) -> Rows:
    """Findings counted by period and level."""
    return query(conn, "page_finding_periods", scope=scope).all()


def fetch_findings(conn: Connection, asked: FindingFilter, page: int) -> Rows:
    """One page of findings, those of the last files first."""
    return query(conn, "page_findings", **vars(asked), size=PAGE_SIZE, start=(page - 1) * PAGE_SIZE).all()


def fetch_stale_rows(conn: Connection) -> Rows:
    """(scope, period) whose figures are older than what they rest on."""
    return query(conn, "stale_periods").all()


def fetch_waiting_mail(conn: Connection) -> Rows:
    """Messages that wait for a person."""
    return query(conn, "page_waiting_mail").all()


def fetch_quarantined(conn: Connection) -> Rows:
    """The last 20 files that were never opened, and why."""
    return query(conn, "page_quarantined", size=_MOST_RECENT).all()


def fetch_waiting_tables(conn: Connection) -> Rows:
    """Foreign tables that no person has decided on."""
    return query(conn, "page_waiting_tables").all()


def fetch_failed_run_rows(conn: Connection) -> Rows:
    """The last 20 runs of DAGs that failed."""
    return query(conn, "page_failed_runs", size=_MOST_RECENT).all()


def fetch_installation(conn: Connection) -> Row[Any]:
    """Last backup, drill and migration, size of the database, files that wait."""
    return query(conn, "page_installation").one()


def fetch_computed_periods(conn: Connection) -> Rows:
    """(scope, period) that attainment was computed for, with the time of its data."""
    return query(conn, "page_attainment_periods").all()


def fetch_scorecard_units(
    conn: Connection, scope: str, period: str, plan: str, page: int, *, of_agency: bool = False
) -> Rows:
    """One page of the units that a plan's targets were computed for, or of agencies; `found` counts all."""
    return query(
        conn,
        "page_attainment_units",
        scope=scope,
        period=period,
        plan=plan,
        of_agency=of_agency,
        size=PAGE_SIZE,
        start=(page - 1) * PAGE_SIZE,
    ).all()


def fetch_scorecard_rows(conn: Connection, scope: str, period: str, plan: str, units: Sequence[str]) -> Rows:
    """The last computation of a period against a plan, for some units. Grain: (item, unit), in plan order."""
    return query(conn, "page_attainment", scope=scope, period=period, plan=plan, units=list(units)).all()


def fetch_map_rows(conn: Connection, scope: str, period: str, plan: str, item: str) -> Rows:
    """A target's value and status of every unit of a scope but agencies. Grain: (unit)."""
    return query(conn, "page_map", scope=scope, period=period, plan=plan, item=item).all()


def fetch_area_path(conn: Connection, scope: str, plan: str, unit: str) -> Rows:
    """The area's figures through time. Grain: (item, period)."""
    return query(conn, "page_attainment_path", scope=scope, plan=plan, unit=unit).all()


def fetch_milestones(conn: Connection, plan: str) -> Rows:
    """A plan's milestones. Grain: (item, position)."""
    return query(conn, "page_milestones", plan=plan).all()
