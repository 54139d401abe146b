"""The quarters of a year, cell by cell: what a form that spans several of them is compared with.

Room: warehouse. Called by steps at intake. Nothing is summed over units, and no verdict is given.
"""

from __future__ import annotations

from fractions import Fraction

from sqlalchemy import Connection

from etl.catalog import models
from etl.catalog.geography import compute_unit_shares
from etl.catalog.loader import Catalogue
from etl.model import Period, PeriodKind
from etl.warehouse.connect import query


def fetch_quarter_values(
    conn: Connection, catalogue: Catalogue, unit: str, period: Period
) -> dict[tuple[str, str], tuple[float | None, ...]]:
    """What a unit's communes, and itself, had in the four quarters of a period's year, as known now.

    What units reported that have since been merged counts for the unit they went into, if all of them reported.
    Shape: (org unit code, data element) → four values, None where there is none.
    """
    bearer = catalogue.find_unit(unit, period.end)
    if bearer is None:
        return {}
    numbers = {(r.code, r.valid_from): r.org_unit_id for r in query(conn, "unit_numbers")}
    sources = _list_source_units(catalogue, bearer, period)
    by_number = {numbers[u.code, u.valid_from]: (u, quarters) for u, quarters in sources.items()}
    reporters = {u for u in (catalogue.find_unit(s.parent, s.valid_to or period.end) for s in sources) if u} | set(
        sources
    )
    rows = query(
        conn,
        "history",
        reporters=[numbers[u.code, u.valid_from] for u in reporters],
        units=list(by_number),
        year=period.year,
    )
    parts: dict[tuple[str, str, int], list[Fraction]] = {}
    for row in rows:
        for target, weight, quarter in by_number[row.org_unit_id][1]:
            if quarter == row.quarter:
                parts.setdefault((target, row.data_element, quarter), []).append(Fraction(row.value) * weight)
    owed: dict[tuple[str, int], int] = {}
    for _, quarters in by_number.values():
        for target, _, quarter in quarters:
            owed[target, quarter] = owed.get((target, quarter), 0) + 1
    found: dict[tuple[str, str], list[float | None]] = {}
    for (target, element, quarter), values in parts.items():
        if len(values) == owed[target, quarter]:
            found.setdefault((target, element), [None] * 4)[quarter - 1] = float(sum(values))
    return {key: tuple(values) for key, values in found.items()}


def _list_source_units(
    catalogue: Catalogue, unit: models.Unit, period: Period
) -> dict[models.Unit, list[tuple[str, Fraction, int]]]:
    """Whose cells make those of a unit and its communes: source → (org unit code, share, quarter)."""
    found: dict[models.Unit, list[tuple[str, Fraction, int]]] = {}
    for target in (unit, *catalogue.list_children(unit.code, "commune", period.end)):
        for quarter in range(1, 5):
            day = Period(period.year, PeriodKind.QUARTER, quarter).end
            for back in compute_unit_shares(catalogue, target, day):
                for share in compute_unit_shares(catalogue, back.unit, period.end):
                    if share.unit == target and share.weight is not None:
                        found.setdefault(back.unit, []).append((target.code, share.weight, quarter))
    return found
