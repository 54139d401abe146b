"""The leaf figures of an area in a period, as they go to the level above or to another system.

Room: warehouse. Called by steps. Nothing is summed here: a rate is Σ numerator ÷ Σ denominator wherever it is made,
so what travels are the figures of the units that reported them.
"""

from __future__ import annotations

from fractions import Fraction

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
    conn, catalogue, scope, period = context.conn, context.catalogue, context.scope, context.period
    known = context.recorded_until
    agreed = agreed_corrections.serialize_held_corrections(conn, catalogue, scope, known)
    rows = query(conn, "sent_cells", scope=scope.id, period=period.key, known_at=known, agreed=agreed)
    rows_by_cell = {(r.org_unit_id, r.data_element_id): r for r in rows}
    units = {(r.code, r.valid_from): r.org_unit_id for r in query(conn, "unit_numbers")}
    elements = {r.code: r.data_element_id for r in query(conn, "element_numbers")}
    place = {unit: i for i, unit in enumerate(catalogue.units)}
    cells = list_owed_cells(catalogue, scope.id, period)
    found = []
    for unit in sorted(cells, key=place.__getitem__):
        for element in sorted(cells[unit]):
            row = rows_by_cell.get((units.get((unit.code, unit.valid_from)), elements.get(element)))
            if row is None:
                found.append(ExportedValue(unit.code, element, CellState.MISSING))
                continue
            value = None if row.value is None else Fraction(row.value)
            found.append(ExportedValue(unit.code, element, CellState(row.state), value, row.correction))
    return tuple(found)
