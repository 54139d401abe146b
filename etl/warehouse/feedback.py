"""What goes back down to a unit: every verdict on its files, and how full its forms are.

Room: warehouse. Called by steps. Reads only, as known at a moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import Connection

from etl.model import Finding, Level, Verdict
from etl.warehouse.connect import query
from etl.warehouse.rollup import moment

Form = tuple[str, str, str]
"""(unit code, form, period)."""


def verdicts(
    conn: Connection, scope: str, periods: Iterable[str], *, as_known_at: str | datetime | None = None
) -> dict[Form, tuple[Verdict, ...]]:
    """Every verdict on the files of a unit's form for a period, oldest first, findings in their own order.

    A file that does not say whose it is, or for when, is nobody's here.
    """
    places: dict[int, Form] = {}
    accepted: dict[int, bool] = {}
    found: dict[int, list[Finding]] = {}
    for r in query(conn, "heard_findings", scope=scope, periods=list(periods), known_at=moment(as_known_at)):
        places[r.delivery_id] = (r.unit_code, r.form, r.period)
        accepted[r.delivery_id] = r.accepted
        findings = found.setdefault(r.delivery_id, [])
        if r.code is not None:
            level = Level(r.level)
            findings.append(
                Finding(r.code, level, r.message, r.hint, r.sheet, r.cell, r.value, r.org_unit_code, r.data_element)
            )
    heard: dict[Form, tuple[Verdict, ...]] = {}
    for delivery, place in places.items():
        heard[place] = (*heard.get(place, ()), Verdict(accepted[delivery], tuple(found[delivery])))
    return heard


def filled(
    conn: Connection, scope: str, period: str, *, as_known_at: str | datetime | None = None
) -> dict[tuple[str, date, str], dict[str, int]]:
    """(unit code, first day it bore the code, form) → data element → cells with something in them.

    Of the version in force. “Không áp dụng” is an answer, and so is a zero; a missing cell is none.
    """
    found: dict[tuple[str, date, str], dict[str, int]] = {}
    for r in query(conn, "filled_cells", scope=scope, period=period, known_at=moment(as_known_at)):
        found.setdefault((r.unit_code, r.valid_from, r.form), {})[r.data_element] = r.filled
    return found
