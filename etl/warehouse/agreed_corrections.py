"""Corrections agreed on: which hold at a moment, which do not and why, and what they make of the cells.

Room: warehouse. Called by the roll-up, which takes a corrected cell for what was agreed, and by steps, which say
so. What a unit sent is never changed: a correction holds while exactly the value that it replaces stands in the
cell, and until its end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from sqlalchemy import Connection, Row

from etl.catalog import models
from etl.catalog.loader import Catalogue
from etl.model import Period
from etl.model.numbers import format_number
from etl.model.period import format_date
from etl.model.reason import Reason, build_reason
from etl.model.vietnam_time import VIETNAM_ZONE
from etl.warehouse.connect import query
from etl.warehouse.snapshot import parse_known_at

CorrectionStatus = Literal["applied", "guard_failed", "resubmitted", "ended", "not_reported"]


@dataclass(frozen=True)
class AgreedCorrection:
    """A correction and where it stands at a moment. Grain: (correction).

    `found_state` and `found_value` are what the unit's version in force says in the cell; `version` is 0 where the
    unit has sent nothing. `reason` is why it does not hold; None where it does. `agreed_at` is when
    it came on record.
    """

    correction: models.Correction
    status: CorrectionStatus
    reason: Reason | None
    agreed_at: str
    reported_state: str
    reported_value: Fraction | None
    version: int


def fetch_agreed_corrections(
    conn: Connection,
    catalogue: Catalogue,
    scope: models.Scope,
    *,
    as_known_at: str | datetime | None = None,
    period: Period | None = None,
) -> list[AgreedCorrection]:
    """Every correction of a scope that was on record at a moment, by id; of one period only, if given.

    Those of the scopes that it continues are among them.
    """
    line = catalogue.list_scope_line(scope)
    wanted = [
        x
        for x in catalogue.agreed_corrections.values()
        if x.scope in line and (period is None or x.period == period.key)
    ]
    if not wanted:
        return []
    at: datetime = query(conn, "last_recorded").scalar_one() if as_known_at is None else parse_known_at(as_known_at)
    units, elements = _fetch_correction_ids(conn, catalogue, wanted)
    rows = query(
        conn,
        "correction_cells",
        scope=scope.id,
        known_at=at,
        corrections=[x.id for x in wanted],
        units=units,
        elements=elements,
        periods=[x.period for x in wanted],
    )
    return [_build_agreed_correction(catalogue.agreed_corrections[row.correction], row, at) for row in rows]


def serialize_held_corrections(
    conn: Connection, catalogue: Catalogue, scope: models.Scope, as_known_at: datetime | str | None
) -> str:
    """What holds, as the parameter `agreed` of the statements that read cells: JSON for `core.agreed_correction`."""
    cutoff = None if as_known_at == "infinity" else as_known_at
    held = [
        x.correction
        for x in fetch_agreed_corrections(conn, catalogue, scope, as_known_at=cutoff)
        if x.status == "applied"
    ]
    units, elements = _fetch_correction_ids(conn, catalogue, held) if held else ([], [])
    rows = [
        {
            "correction": correction.id,
            "org_unit_id": unit,
            "data_element_id": element,
            "period": correction.period,
            "state": correction.becomes.state,
            "value": None if correction.becomes.value is None else str(correction.becomes.value),
        }
        for correction, unit, element in zip(held, units, elements, strict=True)
    ]
    return json.dumps(rows)


def _fetch_correction_ids(
    conn: Connection, catalogue: Catalogue, corrections: list[models.Correction]
) -> tuple[list[object], list[object]]:
    """The warehouse's numbers of the units and data elements that corrections speak of."""
    units = {(r.code, r.valid_from): r.org_unit_id for r in query(conn, "unit_numbers")}
    elements = {r.code: r.data_element_id for r in query(conn, "element_numbers")}
    bearers = [catalogue.find_unit(x.org_unit, Period.parse(x.period).end) for x in corrections]
    return (
        [units.get((u.code, u.valid_from)) if u else None for u in bearers],
        [elements.get(x.data_element) for x in corrections],
    )


def _build_agreed_correction(correction: models.Correction, row: Row[Any], at: datetime) -> AgreedCorrection:
    standing, reason = _find_correction_status(correction, row, at)
    found = None if row.value is None else Fraction(row.value)
    return AgreedCorrection(
        correction, standing, reason, row.agreed_at.isoformat(), row.state or "", found, row.version or 0
    )


def _find_correction_status(
    correction: models.Correction, row: Row[Any], at: datetime
) -> tuple[CorrectionStatus, Reason | None]:
    until = correction.until
    if row.submission_id is None:
        return "not_reported", build_reason("lapse.not_reported")
    if until == "resubmission" and row.recorded_at > row.agreed_at:
        return "resubmitted", build_reason("lapse.resubmitted", version=row.version)
    if until != "resubmission" and at.astimezone(VIETNAM_ZONE).date() > until:
        return "ended", build_reason("lapse.ended", date=format_date(until))
    guard = correction.replaces
    if (row.state, row.value) != (guard.state, guard.value):
        contents = {"found": build_cell_content(row.state, row.value), "agreed": describe_cell_content(guard)}
        return "guard_failed", build_reason("lapse.guard_failed", **contents)
    return "applied", None


def describe_cell_content(cell: models.CellContent) -> Reason:
    """What a cell says, to be put into words."""
    return build_cell_content(cell.state, cell.value)


def build_cell_content(state: str, value: Decimal | None) -> Reason:
    """What a cell says, to be put into words: its number, and the word of its state unless that is plain."""
    number = "" if value is None else format_number(Fraction(value))
    if state not in _LABELLED_STATES:
        return build_reason("content.number", number=number)
    label = build_reason(f"cell_state.{state}")
    return build_reason("content.labelled", state=label, number=number) if number else label


_LABELLED_STATES = frozenset({"missing", "not_applicable", "unreliable", "estimated"})
