"""Sums over units and periods: what was observed of every indicator, for an area and each unit under it.

Room: warehouse. Called by steps. The sums are SQL (sql/queries/rollup.sql); here is said what to sum: which
cells are owed, which unit each belongs to, what stands above and below the line. No verdict is given here.

Rules (docs/warehouse.md has them with examples):

* A leaf is a unit that holds cells: a commune, a district (its list sheets), an agency. Only leaves that exist
  on the period's last day and owe the cell are looked at.
* A stock is its value in the period, a ytd too; for a year the year form's, else the fourth quarter's. A flow is
  the sum from January; one missing quarter makes it missing. A year form's own figure comes first.
* A leaf counts if every cell of the indicator that it owes is there. `not applicable` takes it out of what is
  expected. Where two levels hold the two sides (doctors of a district, population of its communes), each side
  sums its own leaves, and a district with nothing on one side counts on neither.
* Yearly and survey indicators keep their last year's figure until a new one is there; `as_of` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row

from etl.catalog import models as m
from etl.catalog.layout import layout
from etl.catalog.loader import Catalogue
from etl.errors import UsageError
from etl.model import ElementKind, Observed, Period, PeriodKind
from etl.warehouse.connect import query
from etl.warehouse.snapshot import known_at

_FOREVER = "infinity"
_RECOGNISED = "_recognised"


@dataclass(frozen=True)
class _Ask:
    """One roll-up: of whom, for when, as known when. `units` are the area first, then what is under it."""

    conn: Connection
    catalogue: Catalogue
    scope: m.Scope
    period: Period
    known_at: datetime | str
    units: tuple[m.Unit, ...]
    numbers: dict[tuple[str, object], int]

    def number(self, unit: m.Unit) -> int | None:
        return self.numbers.get((unit.code, unit.valid_from))

    @property
    def last_year(self) -> int:
        """The last year whose yearly figures may stand in: a part of a year looks at the years before it."""
        return self.period.year if self.period.kind == PeriodKind.YEAR else self.period.year - 1


def observed(
    conn: Connection,
    catalogue: Catalogue,
    scope: m.Scope,
    period: Period,
    *,
    as_known_at: str | datetime | None = None,
    units: Sequence[str] | None = None,
) -> list[Observed]:
    """Every indicator of the catalogue, for the scope's area and each unit directly under it.

    Grain: (indicator, org unit), in catalogue order; indicators nobody reports are there with no value.

    Args:
        conn: A connection that may read `core`.
        catalogue: What is owed, by whom, and what indicators are.
        scope: Whose area.
        period: A quarter, a year, the first half or nine months.
        as_known_at: Only what was recorded by then; everything if None.
        units: Codes to give; all of them if None.

    Raises:
        UsageError: the period is one that no sum is defined for.
    """
    ask = _ask(conn, catalogue, scope, period, as_known_at, units)
    found = {(o.indicator, o.unit): o for o in [*_computed(ask), *_published(ask)]}
    recognised = _recognised(ask)
    return [
        replace(found.get((code, unit.code)) or Observed(code, unit.code, period), recognised=recognised.get(code))
        for code in catalogue.indicators
        for unit in ask.units
    ]


def history(conn: Connection, unit: str, year: int) -> dict[tuple[str, str], tuple[float | None, ...]]:
    """What a unit reported in the four quarters of a year, as known now.

    Shape: (org unit code, data element) → four values, None where there is none.
    """
    found: dict[tuple[str, str], list[float | None]] = {}
    for row in query(conn, "history", unit=unit, year=year):
        quarters = found.setdefault((row.org_unit_code, row.data_element), [None] * 4)
        quarters[row.quarter - 1] = float(row.value)
    return {key: tuple(values) for key, values in found.items()}


def moment(as_known_at: str | datetime | None) -> datetime | str:
    """The recorded time up to which something is known, for a statement."""
    return _FOREVER if as_known_at is None else known_at(as_known_at)


def _ask(
    conn: Connection,
    catalogue: Catalogue,
    scope: m.Scope,
    period: Period,
    as_known_at: str | datetime | None,
    units: Sequence[str] | None,
) -> _Ask:
    area = catalogue.unit(scope.area_unit, period.end)
    every = (area, *catalogue.children(area.code, scope.child_level, period.end)) if area else ()
    wanted = tuple(u for u in every if units is None or u.code in units)
    numbers = {(r.code, r.valid_from): r.org_unit_id for r in query(conn, "unit_ids")}
    return _Ask(conn, catalogue, scope, period, moment(as_known_at), wanted, numbers)


# --- sums ---------------------------------------------------------------------------------------------


def _computed(ask: _Ask) -> list[Observed]:
    """Ratios and shares of units; yearly ones from the last year that has any."""
    every = [i for i in ask.catalogue.indicators.values() if i.numerator and i.denominator]
    yearly = [i for i in every if i.frequency != "quarter"]
    if ask.period.kind == PeriodKind.YEAR:
        own = _sums(ask, ask.period, every)
        return _carried(ask, yearly, own)
    return _carried(ask, yearly, _sums(ask, ask.period, [i for i in every if i.frequency == "quarter"]))


def _carried(ask: _Ask, yearly: Sequence[m.Indicator], own: list[Observed]) -> list[Observed]:
    found = {(o.indicator, o.unit): o for o in own}
    wanted = {(i.code, u.code) for i in yearly for u in ask.units}
    first = query(ask.conn, "first_year", scope=ask.scope.id, known_at=ask.known_at).scalar_one()
    for year in range(ask.period.year - 1, (first or ask.period.year) - 1, -1):
        lacking = {key for key in wanted if key not in found or found[key].value is None}
        codes = {indicator for indicator, _ in lacking}
        if not lacking:
            break
        for old in _sums(ask, Period(year, PeriodKind.YEAR), [i for i in yearly if i.code in codes]):
            if (old.indicator, old.unit) in lacking and old.value is not None:
                found[(old.indicator, old.unit)] = replace(old, period=ask.period, as_of=str(year))
    return list(found.values())


def _sums(ask: _Ask, period: Period, indicators: Sequence[m.Indicator]) -> list[Observed]:
    """One period's sums. Only units of the asked period are given, by identity and not by code."""
    terms = [(i.code, e, side, counts) for i in indicators for side, e, counts in _terms(i)]
    summed = {element for _, element, _, _ in terms}
    owed = _owed(ask.catalogue, ask.scope.id, period)
    cells = [(leaf, e) for leaf, e in owed if e in summed and ask.number(leaf) is not None]
    if not cells or not ask.units:
        return []
    elements = {r.code: r.data_element_id for r in query(ask.conn, "element_ids")}
    leaves = {leaf: _child(ask, leaf, period) for leaf, _ in cells}
    floors = _floors(ask.catalogue, indicators)
    kinds = ask.catalogue.elements
    units = {number: u.code for u in ask.units if (number := ask.number(u)) is not None}
    by_code = {i.code: i for i in indicators}
    rows = query(
        ask.conn,
        "rollup",
        scope=ask.scope.id,
        known_at=ask.known_at,
        **_when(period),
        cell_units=[ask.number(leaf) for leaf, _ in cells],
        cell_elements=[elements.get(e) for _, e in cells],
        cell_flows=[kinds[e].kind == ElementKind.FLOW for _, e in cells],
        leaf_units=[ask.number(leaf) for leaf in leaves],
        leaf_children=[ask.number(child) if child else None for child in leaves.values()],
        term_indicators=[t[0] for t in terms],
        term_elements=[elements.get(t[1]) for t in terms],
        term_sides=[t[2] for t in terms],
        term_counts=[t[3] for t in terms],
        floor_indicators=[f[0] for f in floors],
        floor_texts=[str(f[1]) for f in floors],
        floor_values=[f[1] for f in floors],
        floor_factors=[by_code[f[0]].factor for f in floors],
        area=_area_number(ask, period),
        units=list(units),
    )
    return [_observed(row, by_code[row.indicator], units[row.org_unit_id], period) for row in rows]


def _observed(row: Row[Any], indicator: m.Indicator, unit: str, period: Period) -> Observed:
    numerator, denominator = _fraction(row.numerator), _fraction(row.denominator)
    value = None
    if numerator is not None and denominator:
        value = numerator / denominator * indicator.factor
    at_floor = tuple(sorted((row.at_floor or {}).items()))
    return Observed(
        indicator.code,
        unit,
        period,
        numerator,
        denominator,
        value,
        row.expected,
        row.present,
        estimated=row.estimated,
        at_floor=at_floor,
    )


def _when(period: Period) -> dict[str, object]:
    """The periods to read.

    Raises:
        UsageError: the period does not begin in January and end with a quarter, nor is it a quarter.
    """
    if period.kind == PeriodKind.MONTH or (period.kind == PeriodKind.HALF and period.index == 2):
        raise UsageError(
            f"no sums for {period.key}", where="period", fix="ask for a quarter, a year, H1 or nine months"
        )
    quarters = [q.key for q in period.quarters_to_date]
    return {
        "year": period.year,
        "year_period": period.key if period.kind == PeriodKind.YEAR else "",
        "quarters": quarters,
        "last_quarter": quarters[-1],
        "quarter_count": len(quarters),
    }


@lru_cache(maxsize=64)
def _owed(catalogue: Catalogue, scope_id: str, period: Period) -> tuple[tuple[m.Unit, str], ...]:
    """The number cells that the scope's forms hold for a period: (leaf unit, data element)."""
    scope = catalogue.scopes[scope_id]
    if period.kind in {PeriodKind.HALF, PeriodKind.NINE_MONTHS}:
        period = period.quarters_to_date[-1]
    units = {u.code: u for u in catalogue.units if u.valid_on(period.end)}
    cells: dict[tuple[m.Unit, str], None] = {}
    for _, form, unit in catalogue.expected(scope, period):
        for _, cell in layout(catalogue, scope, form, unit, period).inputs:
            if cell.data_element in catalogue.elements and cell.org_unit_code in units:
                cells[(units[cell.org_unit_code], cell.data_element)] = None
    return tuple(cells)


def _child(ask: _Ask, leaf: m.Unit, period: Period) -> m.Unit | None:
    """The unit directly under the area that a leaf is or belongs to; None for the area and its agencies."""
    current: m.Unit | None = leaf
    while current is not None and current.code != ask.scope.area_unit:
        if current.level == ask.scope.child_level and current.parent == ask.scope.area_unit:
            return current
        current = ask.catalogue.unit(current.parent, period.end) if current.parent else None
    return None


def _area_number(ask: _Ask, period: Period) -> int | None:
    area = ask.catalogue.unit(ask.scope.area_unit, period.end)
    return ask.number(area) if area else None


def _terms(indicator: m.Indicator) -> list[tuple[str, str, bool]]:
    """(side, data element, counts leaves instead of summing values)."""
    return [
        (name, element, side.count_of is not None)
        for name, side in (("n", indicator.numerator), ("d", indicator.denominator))
        if side is not None
        for element in ((side.count_of,) if side.count_of else side.elements)
    ]


def _floors(catalogue: Catalogue, indicators: Iterable[m.Indicator]) -> list[tuple[str, Decimal]]:
    """The floors that targets set for shares of units: (indicator, floor)."""
    shares = {i.code for i in indicators if i.method == "share_of_units"}
    found = {
        (t.indicator, t.floor): None
        for plan in catalogue.plans.values()
        for t in plan.targets
        if t.indicator in shares and t.floor is not None
    }
    return list(found)


def _fraction(value: Decimal | int | None) -> Fraction | None:
    return None if value is None else Fraction(value)


# --- published values and recognitions --------------------------------------------------------------


def _published(ask: _Ask) -> list[Observed]:
    """The last official figures; they are the area's, and nobody else's."""
    area = next((u for u in ask.units if u.code == ask.scope.area_unit), None)
    by_element = {i.published_element: i for i in ask.catalogue.indicators.values() if i.published_element}
    if area is None or not by_element:
        return []
    rows = query(
        ask.conn,
        "published",
        scope=ask.scope.id,
        year=ask.last_year,
        known_at=ask.known_at,
        org_unit_id=ask.number(area),
        elements=list(by_element),
        as_of=":as_of",
        source=":source",
    )
    return [
        Observed(
            by_element[row.data_element].code,
            area.code,
            ask.period,
            value=Fraction(row.value),
            expected=1,
            present=1,
            as_of=row.as_of or row.period,
            source=row.source,
            estimated=row.estimated,
        )
        for row in rows
    ]


def _recognised(ask: _Ask) -> dict[str, bool]:
    """Recognition by indicator: element ``malaria_recognised`` speaks of the indicators ``malaria_…``."""
    elements = [e for e in ask.catalogue.elements if e.endswith(_RECOGNISED)]
    rows = query(
        ask.conn, "recognised", scope=ask.scope.id, year=ask.last_year, known_at=ask.known_at, elements=elements
    )
    prefixes = {row.data_element.removesuffix(_RECOGNISED) + "_": row.recognised for row in rows}
    return {
        code: recognised
        for code in ask.catalogue.indicators
        for prefix, recognised in prefixes.items()
        if code.startswith(prefix)
    }
