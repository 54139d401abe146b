"""Tables that others issued, as deliveries that wait for a person; what was decided on them, and their cells.

Room: warehouse. Called by steps. Append-only; the caller opens the transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from etl.model import Delivery
from etl.warehouse.connect import query


@dataclass(frozen=True)
class ImportedCell:
    """A number of a form of ours and the cell of the foreign table that it is from. Grain: (unit, data element)."""

    unit_code: str
    data_element: str
    cell: str
    written: str


@dataclass(frozen=True)
class TableImport:
    """What a person decided on a table. `forms`: unit → SHA-256 of the form of ours that was made of it."""

    delivery_id: int
    decision: Literal["confirmed", "withdrawn"]
    scope: str
    layout: str
    form: str
    period: str
    sheet: str
    decided_by: str
    forms: Mapping[str, str]
    cells: Sequence[ImportedCell] = ()
    reason: str = ""


@dataclass(frozen=True)
class RecordedImport:
    """An import on record. `standing`: the units whose figures in force are still this import's."""

    import_id: int
    delivery_id: int
    decision: str
    scope: str
    layout: str
    form: str
    period: str
    sheet: str
    decided_by: str
    reason: str
    recorded_at: datetime
    original_name: str
    sha256: str
    units: tuple[str, ...]
    standing: tuple[str, ...]


@dataclass(frozen=True)
class CellOrigin:
    """The cell of a foreign table that a number was taken from, and who took it in."""

    file: str
    sha256: str
    sheet: str
    cell: str
    written: str
    taken_by: str


def fetch_waiting_tables(conn: Connection, delivery_id: int | None = None) -> list[Delivery]:
    """Tables that no person has decided on, oldest first; of all, or one by its number."""
    return [
        Delivery(row.delivery_id, row.sha256, row.size, row.original_name, row.folder, row.received_at.isoformat())
        for row in query(conn, "pending_deliveries", delivery=delivery_id, imports=True)
    ]


def record_table_import(conn: Connection, decided: TableImport) -> int:
    """Notes a decision with its forms and cells. Gives its number."""
    forms = [{"unit_code": unit, "sha256": sha256} for unit, sha256 in decided.forms.items()]
    cells = [
        {"unit_code": c.unit_code, "data_element": c.data_element, "cell": c.cell, "written": c.written}
        for c in decided.cells
    ]
    return int(
        query(
            conn,
            "add_table_import",
            delivery=decided.delivery_id,
            decision=decided.decision,
            scope=decided.scope,
            layout=decided.layout,
            form=decided.form,
            period=decided.period,
            sheet=decided.sheet,
            decided_by=decided.decided_by,
            reason=decided.reason,
            forms=json.dumps(forms),
            cells=json.dumps(cells, ensure_ascii=False),
        ).scalar_one()
    )


def record_taken_table(conn: Connection, delivery_id: int, scope: str, judged_by: str) -> None:
    """The verdict on a table that a person took in; its sender is told by the usual answer."""
    query(conn, "take_table", delivery=delivery_id, scope=scope, judged_by=judged_by)


def fetch_table_imports(conn: Connection, import_id: int | None = None) -> list[RecordedImport]:
    """Decisions on record, newest first; all, or one by its number."""
    return [
        RecordedImport(**{**row._mapping, "units": tuple(row.units), "standing": tuple(row.standing)})
        for row in query(conn, "table_imports", import_id=import_id)
    ]


def fetch_cell_origins(conn: Connection, deliveries: Sequence[int]) -> dict[tuple[int, str, str], CellOrigin]:
    """Where the numbers of deliveries were taken from, for those made of foreign tables. Key: (delivery, unit, data
    element)."""
    rows = query(conn, "imported_cells", deliveries=list(deliveries))
    return {
        (r.delivery_id, r.unit_code, r.data_element): CellOrigin(
            r.original_name, r.sha256, r.sheet, r.cell, r.written, r.decided_by
        )
        for r in rows
    }
