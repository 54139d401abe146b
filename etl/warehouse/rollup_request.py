"""What a roll-up is asked for: what and whom, for when, on which day's units, as known when.

Room: warehouse. Called by `rollup` and `rollup_parts`, which say what is made of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from etl.catalog import models
from etl.catalog.geography import find_area, is_within_area, list_units_of_area
from etl.catalog.loader import Catalogue
from etl.errors import WarehouseError
from etl.model import Period, PeriodKind
from etl.warehouse import agreed_corrections
from etl.warehouse.connect import query
from etl.warehouse.run_context import RunContext


@dataclass(frozen=True)
class RollupFilter:
    """A part of a roll-up: the codes of some units and indicators, None standing for all; the area, such as that of a
    plan, the scope's own if None; and the first piece of the year that is read of what adds up, January's if None."""

    units: Collection[str] | None = None
    indicators: Collection[str] | None = None
    area: models.Unit | None = None
    since: Period | None = None


@dataclass(frozen=True)
class RollupRequest:
    """One roll-up: of what and whom, for when, on which day's units, as known when.

    `units`: the area, then what is under it, as far as asked for. `agencies`: those that may have figures of their own,
    in indicators that their own forms have every term of.
    """

    conn: Connection
    catalogue: Catalogue
    scope: models.Scope
    period: Period
    day: date
    known_at: datetime | str
    area: models.Unit | None
    children: frozenset[models.Unit]
    units: tuple[models.Unit, ...]
    agencies: tuple[models.Unit, ...]
    indicators: tuple[models.Indicator, ...]
    numbers: dict[tuple[str, object], int]
    agreed: str
    version: int
    since: Period | None

    def find_unit_id(self, unit: models.Unit) -> int | None:
        """Its number in the warehouse; None where the stored catalogue does not have it."""
        return self.numbers.get((unit.code, unit.valid_from))

    def has_unit(self, unit: models.Unit) -> bool:
        """Whether a unit that owes the scope something belongs to the area."""
        own = find_area(self.catalogue, self.scope)
        return self.area in {None, own} or is_within_area(self.catalogue, self.area, unit)

    @property
    def last_year(self) -> int:
        """The last year whose yearly figures may stand in: a part of a year looks at the years before it."""
        return self.period.year if self.period.kind == PeriodKind.YEAR else self.period.year - 1


def build_rollup_request(context: RunContext, only: RollupFilter, geography: date | None) -> RollupRequest:
    """A request of the whole scope, or of the units, indicators and area that a filter names.

    Raises:
        WarehouseError: the catalogue is not on record.
    """
    conn, catalogue, scope, period = context.conn, context.catalogue, context.scope, context.period
    day = geography or period.end
    every = list_reporting_units(catalogue, scope, day, only.area)
    wanted = tuple(u for u in every if only.units is None or u.code in only.units)
    numbers = {(r.code, r.valid_from): r.org_unit_id for r in query(conn, "unit_numbers")}
    whole, under = (every[0] if every else None), frozenset(every[1:])
    selected_indicators = tuple(
        i for i in catalogue.indicators.values() if only.indicators is None or i.code in only.indicators
    )
    known = context.recorded_until
    agreed = agreed_corrections.serialize_held_corrections(conn, catalogue, scope, known)
    version = query(conn, "catalogue_number", sha256=catalogue.sha256).scalar_one()
    if version is None:
        raise WarehouseError(
            "the catalogue is not on record", where=catalogue.sha256[:12], fix="record it: `tongket run` does"
        )
    return RollupRequest(
        conn=conn,
        catalogue=catalogue,
        scope=scope,
        period=period,
        day=day,
        known_at=known,
        area=whole,
        children=under,
        units=wanted,
        agencies=tuple(
            u
            for u in catalogue.units
            if u.level == "agency" and u.is_valid_on(day) and (only.units is None or u.code in only.units)
        ),
        indicators=selected_indicators,
        numbers=numbers,
        agreed=agreed,
        version=version,
        since=only.since,
    )


def list_reporting_units(
    catalogue: Catalogue, scope: models.Scope, day: date, area: models.Unit | None = None
) -> tuple[models.Unit, ...]:
    """The units that figures are given for on a day's geography: an area (the scope's if None), then what is under it.

    After its last level of districts has ended, an area consists of the communes that came from it. An area other than
    the scope's is that of a plan of before: it had districts as long as there were any.
    """
    own = find_area(catalogue, scope)
    area = area or own
    if area is None or day < area.valid_from:
        return ()
    levels = (scope.child_level if area == own else "district", "commune")
    under = (list_units_of_area(catalogue, area, level, day) for level in levels)
    return (area, *next((units for units in under if units), ()))


def list_summed_indicators(ask: RollupRequest) -> list[models.Indicator]:
    """Those that are summed for the asked period itself: a part of a year has no yearly figures of its own."""
    every = [i for i in ask.indicators if i.numerator]
    return every if ask.period.kind == PeriodKind.YEAR else [i for i in every if i.frequency == "quarter"]
