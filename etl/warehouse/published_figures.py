"""Figures that an official source published for a unit, and what it recognised; they are that unit's, nobody else's.

Room: warehouse. Called by `rollup` and `rollup_parts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy import Row

from etl.model import ObservedIndicator
from etl.model.text_cells import PublishedCell
from etl.warehouse.connect import query
from etl.warehouse.rollup_request import RollupRequest


def query_published(ask: RollupRequest) -> Sequence[Row[Any]]:
    """The last official figures of the asked units: what was published of one is no other's, part or whole."""
    elements = [i.published_element for i in ask.indicators if i.published_element]
    units = [number for unit in ask.units if (number := ask.find_unit_id(unit)) is not None]
    if not elements or not units:
        return ()
    return query(
        ask.conn,
        "published",
        scope=ask.scope.id,
        year=ask.last_year,
        known_at=ask.known_at,
        units=units,
        elements=elements,
        as_of=str(PublishedCell("", "as_of")),
        source=str(PublishedCell("", "source")),
        agreed=ask.agreed,
    ).all()


def fetch_published_figures(ask: RollupRequest) -> list[ObservedIndicator]:
    """The indicators that somebody publishes, as last published. Grain: (indicator, unit); none where nobody did."""
    codes = {ask.find_unit_id(unit): unit.code for unit in ask.units}
    by_element = {i.published_element: i for i in ask.indicators if i.published_element}
    return [
        ObservedIndicator(
            by_element[row.data_element].code,
            codes[row.org_unit_id],
            ask.period,
            value=Fraction(row.value),
            expected=1,
            present=1,
            as_of=row.as_of or row.period,
            of_period=row.period if row.as_of else "",
            source=row.source,
            estimated=row.state == "estimated",
            corrections=(row.correction,) if row.correction else (),
        )
        for row in query_published(ask)
    ]


def fetch_recognitions(ask: RollupRequest) -> dict[str, bool]:
    """Recognition by indicator, for those that something recognises."""
    rows = query(
        ask.conn,
        "recognised",
        scope=ask.scope.id,
        year=ask.last_year,
        known_at=ask.known_at,
        elements=[i.recognised_by for i in ask.indicators if i.recognised_by],
        agreed=ask.agreed,
    )
    found = {row.data_element: row.recognised for row in rows}
    return {i.code: found[i.recognised_by] for i in ask.indicators if i.recognised_by in found}
