"""The leaf figures of an area in a period, as they go to the level above or to another system.

Room: warehouse. Called by steps. Nothing is summed here: a rate is Σ numerator ÷ Σ denominator wherever it is made,
so what travels are the figures of the units that reported them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from sqlalchemy import Row

from etl.catalog import models
from etl.catalog.owed_cells import list_owed_cells
from etl.model import CellState
from etl.model.exported_value import ExportedValue
from etl.warehouse import agreed_corrections
from etl.warehouse.connect import query
from etl.warehouse.run_context import RunContext


def fetch_exported_values(context: RunContext) -> tuple[ExportedValue, ...]:
    """Every number cell that a scope's forms of a period hold, agreed corrections applied.

    Grain: (org unit, data element), by unit in catalogue order; a cell that nobody filled in is there and missing.
    """
    conn, scope, known = context.conn, context.scope, context.recorded_until
    agreed = agreed_corrections.serialize_held_corrections(conn, context.catalogue, scope, known)
    rows = query(conn, "sent_cells", scope=scope.id, period=context.period.key, known_at=known, agreed=agreed)
    found = []
    for unit, element, row in _list_owed_rows(context, rows):
        if row is None:
            found.append(ExportedValue(unit.code, element, CellState.MISSING))
            continue
        value = None if row.value is None else Fraction(row.value)
        found.append(ExportedValue(unit.code, element, CellState(row.state), value, row.correction))
    return tuple(found)


def fetch_withdrawn_values(context: RunContext, exported: Iterable[ExportedValue]) -> tuple[ExportedValue, ...]:
    """Of the cells that have no number now, those that had one in an earlier version, each with its last.

    A receiver that was given it keeps it until it is told to delete it. Grain and order: as `fetch_exported_values`.
    """
    gone = {(cell.org_unit_code, cell.data_element) for cell in exported if not cell.is_counted}
    key = {"scope": context.scope.id, "period": context.period.key, "known_at": context.recorded_until}
    rows = query(context.conn, "withdrawn_cells", **key) if gone else ()
    return tuple(
        ExportedValue(unit.code, element, CellState.VALUE, Fraction(row.value))
        for unit, element, row in _list_owed_rows(context, rows)
        if row is not None and (unit.code, element) in gone
    )


def _list_owed_rows(
    context: RunContext, rows: Iterable[Row[Any]]
) -> Iterator[tuple[models.Unit, str, Row[Any] | None]]:
    """(unit, data element, its row if there is one) of every number cell that is owed, by unit in catalogue order."""
    rows_by_cell = {(r.org_unit_id, r.data_element_id): r for r in rows}
    units = {(r.code, r.valid_from): r.org_unit_id for r in query(context.conn, "unit_numbers")}
    elements = {r.code: r.data_element_id for r in query(context.conn, "element_numbers")}
    place = {unit: i for i, unit in enumerate(context.catalogue.units)}
    cells = list_owed_cells(context.catalogue, context.scope.id, context.period)
    for unit in sorted(cells, key=place.__getitem__):
        for element in sorted(cells[unit]):
            yield unit, element, rows_by_cell.get((units.get((unit.code, unit.valid_from)), elements.get(element)))
