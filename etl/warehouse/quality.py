"""What the checker compares a workbook with: the unit's other periods, when they came, and what it said of findings.

Room: warehouse. Called by steps, once for many workbooks: one statement each, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import Connection

from etl.model import FormStamp
from etl.warehouse.connect import query

Known = dict[str, dict[tuple[str, str], float]]
"""Period key → (org unit code, data element) → value."""
Slot = tuple[str, date, str, str]
"""(unit code, first day it bore the code, form, period key): what a unit owes."""
Said = dict[tuple[str, str, str, str], str]
"""(code, org unit code, data element, value) → the sender's words."""


def other_periods(conn: Connection, wanted: Mapping[tuple[str, date], Iterable[str]]) -> dict[str, Known]:
    """What units reported for the periods asked for, as known now. Grain: unit code.

    Args:
        conn: A connection that may read `core`.
        wanted: (unit code, first day it bore the code) → period keys.
    """
    asked = [(code, day, period) for (code, day), periods in wanted.items() for period in periods]
    if not asked:
        return {}
    units, days, periods = zip(*asked, strict=True)
    codes = {str(r.org_unit_id): r.code for r in query(conn, "unit_ids")}
    elements = {str(r.data_element_id): r.code for r in query(conn, "element_ids")}
    found: dict[str, Known] = {}
    for row in query(conn, "known_periods", units=list(units), valid_from=list(days), periods=list(periods)):
        where = map(codes.__getitem__, row.units.split(","))
        what = map(elements.__getitem__, row.elements.split(","))
        values = map(float, row.numbers.split(","))
        known = found.setdefault(row.unit, {}).setdefault(row.period, {})
        known.update(zip(zip(where, what, strict=True), values, strict=True))
    return found


def first_received(conn: Connection, wanted: Iterable[Slot]) -> dict[Slot, datetime]:
    """When the first accepted version came of what was asked for; what never came is not there."""
    asked = list(dict.fromkeys(wanted))
    if not asked:
        return {}
    units, days, forms, periods = zip(*asked, strict=True)
    rows = query(
        conn, "first_received", units=list(units), valid_from=list(days), forms=list(forms), periods=list(periods)
    )
    return {(row.code, row.valid_from, row.form, row.period): row.received_at for row in rows}


def explanations(conn: Connection, stamps: Iterable[FormStamp]) -> dict[tuple[str, str, str], Said]:
    """What senders said of findings in earlier deliveries; the last words count. Grain: (form, unit, period)."""
    keys = list(dict.fromkeys((s.form, s.unit, s.period) for s in stamps))
    if not keys:
        return {}
    forms, units, periods = zip(*keys, strict=True)
    found: dict[tuple[str, str, str], Said] = {}
    for row in query(conn, "explanations", forms=list(forms), units=list(units), periods=list(periods)):
        said = found.setdefault((row.form, row.unit_code, row.period), {})
        said[row.code, row.org_unit_code, row.data_element, row.value] = row.words
    return found
