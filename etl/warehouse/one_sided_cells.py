"""Cells that a ratio leaves out because another of its cells, of the same unit and piece, is "not applicable".

Room: warehouse. Called by `rollup` alone. Both sides of a ratio are summed over the same pieces: what a unit does not
have on one side in a quarter does not count on the other side either. The result is written like agreed corrections,
which the statements that read cells take already; it is of one indicator, as another may count the very same cell.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from etl.catalog import models
from etl.catalog.loader import Catalogue
from etl.warehouse.connect import query

_OUTSIDE, _MISSING = "not_applicable", "missing"


@dataclass
class _UnitCells:
    """What one unit says of what it owes: (data element, place of the period) → state."""

    states: dict[tuple[str, int], str] = field(default_factory=dict)

    def list_changes(
        self, elements: Mapping[str, bool], own: int, last: int, count: int
    ) -> Iterator[tuple[str, int, str]]:
        """(data element, period, state to take) for the elements of an indicator; True stands for what adds up.

        A quarter is left out where something that adds up is outside in it; everything, where an element is outside in
        all its pieces, `count` of them: of what does not add up, the `last` one. A form as long as the period is not
        mixed with quarters of which some are left out.
        """
        pieces = {
            e: {p: s for (name, p), s in self.states.items() if name == e and p != own and (adds or p == last)}
            for e, adds in elements.items()
        }
        wholly = any(
            len(states) == (count if elements[e] else 1) and set(states.values()) == {_OUTSIDE}
            for e, states in pieces.items()
        )
        left_out = {p for e, adds in elements.items() if adds for p, s in pieces[e].items() if s == _OUTSIDE}
        outside_in_own = any(self.states.get((e, own)) == _OUTSIDE for e in elements)
        from_quarters = any(
            adds and _OUTSIDE in pieces[e].values() and self.states.get((e, own), _MISSING) == _MISSING
            for e, adds in elements.items()
        )
        for (element, period), state in self.states.items():
            if element not in elements or state in {_OUTSIDE, _MISSING}:
                continue
            if period == own and (outside_in_own or from_quarters):
                yield element, period, _OUTSIDE if outside_in_own else _MISSING
            elif period != own and (wholly or (elements[element] and period in left_out)):
                yield element, period, _OUTSIDE


def build_one_sided_corrections(
    conn: Connection,
    catalogue: Catalogue,
    indicators: Iterable[models.Indicator],
    extent: Mapping[str, Any],
) -> dict[str, str]:
    """Indicator → the parameter `agreed` by which its sums leave these cells out; only where there are any.

    Args:
        conn: A connection that may read `core`.
        catalogue: What data elements are.
        indicators: Those that are summed.
        extent: `scope`, `known_at`, `agreed` and `owed` as the statements of a roll-up take them; of what is owed only
            the periods and data elements.
    """
    units: dict[int, _UnitCells] = {}
    ids: dict[str, int] = {}
    for row in query(conn, "one_sided_cells", **extent):
        units.setdefault(row.org_unit_id, _UnitCells()).states[row.data_element, row.period] = row.state
        ids[row.data_element] = row.data_element_id
    owed, agreed = json.loads(extent["owed"]), json.loads(extent["agreed"])
    pieces = [(key, place) for place, key in enumerate(owed["periods"], 1) if place != owed["own"]]
    _, last = max(pieces, default=("", 0))
    found: dict[str, str] = {}
    for indicator in indicators:
        elements = {e: catalogue.elements[e].kind.has_pieces for _, e, _ in indicator.terms}
        rows = [
            {"org_unit_id": unit, "data_element_id": ids[element], "period": owed["periods"][place - 1], "state": state}
            for unit, cells in units.items()
            for element, place, state in cells.list_changes(elements, owed["own"], last, len(pieces))
        ]
        if rows:
            changed = {(row["org_unit_id"], row["data_element_id"], row["period"]) for row in rows}
            kept = [a for a in agreed if (a["org_unit_id"], a["data_element_id"], a["period"]) not in changed]
            found[indicator.code] = json.dumps([*kept, *rows])
    return found
