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

from etl.catalog import models as m
from etl.catalog.loader import Catalogue
from etl.model import Period
from etl.model.numbers import format_number
from etl.model.vietnam_time import VIETNAM_ZONE
from etl.warehouse.connect import query
from etl.warehouse.snapshot import parse_known_at

CorrectionStatus = Literal["applied", "guard_failed", "resubmitted", "ended", "not_reported"]


@dataclass(frozen=True)
class AgreedCorrection:
    """A correction and where it stands at a moment. Grain: (correction).

    `found_state` and `found_value` are what the unit's version in force says in the cell; `version` is 0 where the
    unit has sent nothing. `reason` says in Vietnamese why it does not hold; empty where it does. `agreed_at` is when
    it came on record.
    """

    correction: m.Correction
    status: CorrectionStatus
    reason: str
    agreed_at: str
    reported_state: str
    reported_value: Fraction | None
    version: int


def fetch_agreed_corrections(
    conn: Connection,
    catalogue: Catalogue,
    scope: m.Scope,
    *,
    as_known_at: str | datetime | None = None,
    period: Period | None = None,
) -> list[AgreedCorrection]:
    """Every correction of a scope that was on record at a moment, by id; of one period only, if given."""
    wanted = [
        x
        for x in catalogue.agreed_corrections.values()
        if x.scope == scope.id and (period is None or x.period == period.key)
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
    conn: Connection, catalogue: Catalogue, scope: m.Scope, as_known_at: datetime | str | None
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
    conn: Connection, catalogue: Catalogue, corrections: list[m.Correction]
) -> tuple[list[object], list[object]]:
    """The warehouse's numbers of the units and data elements that corrections speak of."""
    units = {(r.code, r.valid_from): r.org_unit_id for r in query(conn, "unit_numbers")}
    elements = {r.code: r.data_element_id for r in query(conn, "element_numbers")}
    bearers = [catalogue.find_unit(x.org_unit, Period.parse(x.period).end) for x in corrections]
    return (
        [units.get((u.code, u.valid_from)) if u else None for u in bearers],
        [elements.get(x.data_element) for x in corrections],
    )


def _build_agreed_correction(correction: m.Correction, row: Row[Any], at: datetime) -> AgreedCorrection:
    standing, reason = _find_correction_status(correction, row, at)
    found = None if row.value is None else Fraction(row.value)
    return AgreedCorrection(
        correction, standing, reason, row.agreed_at.isoformat(), row.state or "", found, row.version or 0
    )


def _find_correction_status(correction: m.Correction, row: Row[Any], at: datetime) -> tuple[CorrectionStatus, str]:
    until = correction.until
    if row.submission_id is None:
        return "not_reported", "đơn vị chưa gửi ô này"
    if until == "resubmission" and row.recorded_at > row.agreed_at:
        return "resubmitted", f"đơn vị đã gửi lại biểu (lần {row.version}) sau khi thống nhất đính chính"
    if until != "resubmission" and at.astimezone(VIETNAM_ZONE).date() > until:
        return "ended", f"đã hết hạn từ sau ngày {until:%d/%m/%Y}"
    guard = correction.replaces
    if (row.state, row.value) != (guard.state, guard.value):
        return (
            "guard_failed",
            f"ô này đang ghi {_format_cell_content(row.state, row.value)}, "
            f"không phải {describe_replaced_content(correction)}",
        )
    return "applied", ""


def describe_cell_content(cell: m.CellContent) -> str:
    """What a cell says, in words."""
    return _format_cell_content(cell.state, cell.value)


def describe_replaced_content(correction: m.Correction) -> str:
    """The value that a correction replaces, in words."""
    return describe_cell_content(correction.replaces)


_STATES = {
    "missing": "để trống",
    "not_applicable": "không thuộc phạm vi",
    "unreliable": "số liệu không tin cậy",
    "estimated": "ước tính",
}


def _format_cell_content(state: str, value: object) -> str:
    number = format_number(Fraction(value)) if isinstance(value, Decimal | Fraction | int) else str(value or "")
    return " ".join(part for part in (_STATES.get(state, ""), number) if part)
