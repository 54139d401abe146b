"""What goes back down to a unit: every verdict on its files, and how full its forms are.

Room: warehouse. Called by steps. Reads only, as known at a moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import Connection

from etl.model import Finding, FindingLevel, Verdict
from etl.warehouse.connect import query
from etl.warehouse.snapshot import parse_known_at_or_infinity

FormKey = tuple[str, str, str]
"""(unit code, form, period)."""


def fetch_verdicts(
    conn: Connection, scope: str, periods: Iterable[str], *, as_known_at: str | datetime | None = None
) -> dict[FormKey, tuple[Verdict, ...]]:
    """Every verdict on the files of a unit's form for a period, oldest first, findings in their own order.

    A file that does not say whose it is, or for when, is nobody's here.
    """
    places: dict[int, FormKey] = {}
    accepted: dict[int, bool] = {}
    findings_by_delivery: dict[int, list[Finding]] = {}
    for r in query(
        conn, "heard_findings", scope=scope, periods=list(periods), known_at=parse_known_at_or_infinity(as_known_at)
    ):
        places[r.delivery_id] = (r.unit_code, r.form, r.period)
        accepted[r.delivery_id] = r.accepted
        findings = findings_by_delivery.setdefault(r.delivery_id, [])
        if r.code is not None:
            level = FindingLevel(r.level)
            findings.append(
                Finding(r.code, level, r.message, r.hint, r.sheet, r.cell, r.value, r.org_unit_code, r.data_element)
            )
    verdicts_by_form: dict[FormKey, tuple[Verdict, ...]] = {}
    for delivery, place in places.items():
        verdicts_by_form[place] = (
            *verdicts_by_form.get(place, ()),
            Verdict(accepted[delivery], tuple(findings_by_delivery[delivery])),
        )
    return verdicts_by_form


def count_filled_cells(
    conn: Connection, scope: str, period: str, *, as_known_at: str | datetime | None = None
) -> dict[tuple[str, date, str], dict[str, int]]:
    """(unit code, first day it bore the code, form) → data element → cells with something in them.

    Of the version in force. “Không áp dụng” is an answer, and so is a zero; a missing cell is none.
    """
    found: dict[tuple[str, date, str], dict[str, int]] = {}
    for r in query(conn, "filled_cells", scope=scope, period=period, known_at=parse_known_at_or_infinity(as_known_at)):
        found.setdefault((r.unit_code, r.valid_from, r.form), {})[r.data_element] = r.filled
    return found
