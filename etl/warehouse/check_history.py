"""What the checker compares a workbook with: the unit's other periods, when they came, and what it said of findings.

Room: warehouse. Called by steps, once for many workbooks: one statement each, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import Connection

from etl.model import ExplanationKey, FormStamp
from etl.warehouse.connect import query

ValuesByCell = dict[str, dict[tuple[str, str], float]]
"""Period key → (org unit code, data element) → value."""
ObligationKey = tuple[str, date, str, str]
"""(unit code, first day it bore the code, form, period key): what a unit owes."""
ExplanationTexts = dict[ExplanationKey, str]
"""Of a finding → the sender's words."""


def fetch_other_periods(conn: Connection, wanted: Mapping[tuple[str, date], Iterable[str]]) -> dict[str, ValuesByCell]:
    """What units reported for the periods asked for, as known now. Grain: unit code.

    Args:
        conn: A connection that may read `core`.
        wanted: (unit code, first day it bore the code) → period keys.
    """
    requests = [(code, day, period) for (code, day), periods in wanted.items() for period in periods]
    if not requests:
        return {}
    units, days, periods = zip(*requests, strict=True)
    codes = {r.org_unit_id: r.code for r in query(conn, "unit_ids")}
    elements = {r.data_element_id: r.code for r in query(conn, "element_ids")}
    values_by_unit: dict[str, ValuesByCell] = {}
    for row in query(conn, "known_periods", units=list(units), valid_from=list(days), periods=list(periods)):
        cells = zip(map(codes.__getitem__, row.units), map(elements.__getitem__, row.elements), strict=True)
        values_of_period = values_by_unit.setdefault(row.unit, {}).setdefault(row.period, {})
        values_of_period.update(zip(cells, row.numbers, strict=True))
    return values_by_unit


def fetch_first_received_times(conn: Connection, wanted: Iterable[ObligationKey]) -> dict[ObligationKey, datetime]:
    """When the first accepted version came of what was asked for; what never came is not there."""
    requested = list(dict.fromkeys(wanted))
    if not requested:
        return {}
    units, days, forms, periods = zip(*requested, strict=True)
    rows = query(
        conn, "first_received", units=list(units), valid_from=list(days), forms=list(forms), periods=list(periods)
    )
    return {(row.code, row.valid_from, row.form, row.period): row.received_at for row in rows}


def fetch_explanations(conn: Connection, stamps: Iterable[FormStamp]) -> dict[tuple[str, str, str], ExplanationTexts]:
    """What senders said of findings in earlier deliveries; the last words count. Grain: (form, unit, period)."""
    keys = list(dict.fromkeys((s.form, s.unit, s.period) for s in stamps))
    if not keys:
        return {}
    forms, units, periods = zip(*keys, strict=True)
    texts_by_form: dict[tuple[str, str, str], ExplanationTexts] = {}
    for row in query(conn, "explanations", forms=list(forms), units=list(units), periods=list(periods)):
        texts = texts_by_form.setdefault((row.form, row.unit_code, row.period), {})
        texts[row.code, row.org_unit_code, row.data_element, row.value] = row.words
    return texts_by_form
