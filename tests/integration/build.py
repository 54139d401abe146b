"""Builds what the check room would hand to the load room: deliveries with verdicts and cells."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from etl.attainment.attainment_rows import compute_rows_and_series
from etl.catalog.layout import build_form_layout
from etl.catalog.loader import Catalogue
from etl.catalog.obligations import find_collecting_scope
from etl.load import LoadItem
from etl.model import Attainment, CellState, Finding, FindingLevel, FormStamp, Observation, Period, Verdict
from etl.warehouse import journal
from etl.warehouse.run_context import RunContext

Cells = Mapping[tuple[str, str], str]
"""(org unit, data element) → what the cell says: a number, ``~5`` estimated, ``x`` not applicable, ``?``
unreliable, nothing at all for missing; words for a text."""
_MARKS = {"": CellState.MISSING, "x": CellState.NOT_APPLICABLE, "?": CellState.UNRELIABLE}


def observation(
    org_unit: str, element: str, says: str, *, sheet: str = "B", cell: str = "A1", words: bool = False
) -> Observation:
    if words:
        return Observation(org_unit, element, sheet, cell, CellState.VALUE if says else CellState.MISSING, text=says)
    if says in _MARKS:
        return Observation(org_unit, element, sheet, cell, _MARKS[says], raw=says)
    number = float(says.lstrip("~"))
    state = CellState.ESTIMATED if says.startswith("~") else CellState.ZERO if number == 0 else CellState.VALUE
    return Observation(org_unit, element, sheet, cell, state, number, raw=says)


def item(
    conn: Connection,
    catalogue: Catalogue,
    form_id: str,
    unit: str,
    period: str,
    cells: Cells,
    *,
    received_at: str = "2024-04-10T08:00:00+07:00",
    findings: tuple[Finding, ...] = (),
    name: str = "",
) -> LoadItem:
    """A registered delivery of a form; only cells that the form has are in it. Refused if a finding refuses."""
    form, key = catalogue.forms[form_id], Period.parse(period)
    scope = find_collecting_scope(catalogue, form_id, unit, key)
    org_unit = catalogue.find_unit(unit, key.end)
    assert org_unit is not None
    seen = []
    for sheet, cell in build_form_layout(catalogue, scope, form, org_unit, key).inputs:
        says = cells.get((cell.org_unit_code, cell.data_element))
        if says is not None:
            words = cell.data_element not in catalogue.elements
            seen.append(
                observation(cell.org_unit_code, cell.data_element, says, sheet=sheet, cell=cell.cell, words=words)
            )
    content = repr((form_id, unit, period, sorted(cells.items()), name))
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    delivery, _ = journal.register_delivery(conn, sha256, len(content), name or f"{unit}.xlsx", unit, received_at)
    accepted = not any(f.level == FindingLevel.REFUSE for f in findings)
    stamp = FormStamp(form_id, form.version, unit, period)
    return LoadItem(delivery, Verdict(accepted, findings), stamp, scope.id, tuple(seen))


def compute_attainment_rows(*request: Any, **options: Any) -> list[Attainment]:
    """The rows alone of `compute_rows_and_series`."""
    return compute_rows_and_series(RunContext(*request), **options)[0]
