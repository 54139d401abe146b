"""The board: which units have reported, and what became of one unit's form."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from etl.catalog.calendar import count_working_days
from etl.model import Period
from etl.model.vietnam_time import VIETNAM_ZONE
from etl.page.page_rendering import PageDesk, count_pages, render_page
from etl.returns import locate_answer
from etl.warehouse import page_views
from etl.warehouse.page_views import BoardFilter, UnitForm

_SHOWN_DAYS = 1100
STATES = ("not_issued", "silent", "received", "refused", "accepted")


@dataclass(frozen=True)
class BoardRow:
    """A unit's form with its lateness in working days; None where it is in time, or nobody can tell."""

    data: Row[Any]
    late_days: int | None


def show_periods(desk: PageDesk) -> str:
    """Scopes × periods of the last three years that have begun, with how many forms are in; this instance's first."""
    with desk.open_reader() as conn:
        rows = page_views.fetch_board_periods(conn, desk.today - dt.timedelta(days=_SHOWN_DAYS))
        if not rows:
            rows = page_views.fetch_board_periods(conn, dt.date.min)
    scopes: dict[str, list[Row[Any]]] = {name: [] for name in desk.settings.scopes}
    for row in rows:
        if not Period.is_key(row.period) or Period.parse(row.period).start <= desk.today:
            scopes.setdefault(row.scope, []).append(row)
    scopes = {name: begun for name, begun in scopes.items() if begun}
    return render_page(desk, "board_periods.html", scopes=scopes, title="periods")


def show_board(desk: PageDesk, asked: BoardFilter, page: int) -> str:
    """One page of a period's units × forms, filtered on the server."""
    with desk.open_reader() as conn:
        counts = page_views.fetch_board_counts(conn, asked)
        rows = page_views.fetch_board_rows(conn, asked, page)
    by_state = {state: sum(row.units for row in counts if row.state == state) for state in STATES}
    total = by_state[asked.state] if asked.state in by_state else sum(by_state.values())
    return render_page(
        desk,
        "board.html",
        asked=asked,
        rows=[BoardRow(row, _count_late_days(desk, row)) for row in rows],
        by_state=by_state,
        forms=sorted({row.form for row in counts}),
        total=total,
        page=page,
        pages=count_pages(total),
    )


def _count_late_days(desk: PageDesk, row: Row[Any]) -> int | None:
    """Working days after the deadline: of the first accepted file, or until today where none was accepted."""
    if desk.catalogue is None:
        return None
    day = row.received_at.astimezone(VIETNAM_ZONE).date() if row.received_at else desk.today
    if day <= row.due_on:
        return None
    return count_working_days(desk.catalogue.holiday_corrections, row.due_on, day)


def show_unit(desk: PageDesk, key: UnitForm) -> str | None:
    """A unit's form: its files, what was found in each, what each version changed. None where it is not owed."""
    with desk.open_reader() as conn:
        unit = page_views.find_unit_form(conn, key)
        if unit is None:
            return None
        files = page_views.fetch_unit_files(conn, key)
        findings = page_views.fetch_unit_findings(conn, key)
        again = any((file.version or 0) > 1 for file in files)
        changes = page_views.fetch_unit_changes(conn, key) if again else []
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for finding in findings:
        found[finding.delivery_id].append(finding)
    answers = {
        file.delivery_id for file in files if _locate_returned_workbook(desk, file, key.period, key.form).is_file()
    }
    return render_page(
        desk,
        "unit.html",
        for_engineers=True,
        key=key,
        unit=unit,
        late_days=_count_late_days(desk, unit),
        files=files,
        findings=found,
        changes=changes,
        answers=answers,
    )


def find_returned_workbook(desk: PageDesk, delivery: int) -> Path | None:
    """The workbook that answered a file; None where there is none (yet)."""
    with desk.open_reader() as conn:
        file = page_views.find_delivery(conn, delivery)
    if file is None:
        return None
    path = _locate_returned_workbook(desk, file, file.period or "", file.form or "")
    return path if path.is_file() else None


def find_check_moment(desk: PageDesk, delivery: int) -> dt.datetime | None:
    """When the verdict on a file was recorded; None where there is none (yet)."""
    with desk.open_reader() as conn:
        file = page_views.find_delivery(conn, delivery)
    return file.decided_at if file else None


def _locate_returned_workbook(desk: PageDesk, file: Row[Any], period: str, form: str) -> Path:
    accepted = file.state == "accepted"
    place = (desk.settings.outbox, file.folder, file.original_name, file.sha256)
    return locate_answer(*place, accepted=accepted, period=period, form=form)
