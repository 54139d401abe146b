"""The simulated province's and district's own figures, summed from the cells its units write: no database, no mishaps."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from etl.catalog import Catalogue, load_catalogue, models
from etl.catalog.geography import find_area, is_within_area
from etl.catalog.obligations import list_obligations
from etl.model import ElementKind, ObservedIndicator, Period, PeriodKind
from etl.settings import PROJECT_ROOT
from simulation.cell_values import PERIODS, build_cell_values

SIMULATED = "SỐ LIỆU MÔ PHỎNG"


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    return load_catalogue(PROJECT_ROOT / "catalog")


@lru_cache(maxsize=64)
def _cells(scope: str, key: str) -> dict[str, list[tuple[str, Fraction]]]:
    """element → (org unit, number) of every cell of a period."""
    found: dict[str, list[tuple[str, Fraction]]] = {}
    c, period = catalogue(), Period.parse(key)
    line = [s for s in c.scopes.values() if scope in {s.id, *s.continues}]
    asked, owing = find_area(c, c.get_scope(scope)), next(s for s in line if list_obligations(c, s, period))
    for (_, unit, element), value in build_cell_values(c, owing, period).items():
        known, place = c.elements.get(element), c.find_unit(unit, period.end)
        if known is not None and value != "" and asked and place and is_within_area(c, asked, place):
            found.setdefault(element, []).append((unit, Fraction(Decimal(str(value)))))
    return found


def periods(kind: PeriodKind) -> list[Period]:
    return sorted(p for p in map(Period.parse, PERIODS) if p.kind == kind)


def area(scope: str, indicator: models.Indicator, period: Period) -> ObservedIndicator:
    """An indicator of a scope's area; nothing where no form of the period collects it."""
    base = ObservedIndicator(indicator.code, catalogue().get_scope(scope).area_unit, period, recognised=False)
    definition = indicator.find_definition(period.key)
    if indicator.published_element:
        numbers = _cells(scope, period.key).get(indicator.published_element, []) if period.months == 12 else []
        value = numbers[0][1] if numbers else None
        return ObservedIndicator(indicator.code, base.unit, period, value=value, expected=1, present=len(numbers))
    if indicator.numerator is None or indicator.denominator is None:
        return base
    top, bottom = (_side(scope, side, period) for side in (indicator.numerator, indicator.denominator))
    if top is None or not bottom:
        return base
    at_floor, units = _at_floor(scope, indicator, period) if indicator.method == "share_of_units" else ((), 1)
    return ObservedIndicator(
        indicator.code, base.unit, period, top, bottom, top / bottom * indicator.factor, units, units,
        at_floor=at_floor, recognised=False, definition=definition,
    )  # fmt: skip


def _side(scope: str, side: models.Side, period: Period) -> Fraction | None:
    parts = [_sum(scope, element, period) for element in side.elements]
    if side.count_of:
        return Fraction(len(_cells(scope, _last(period)).get(side.count_of, [])))
    return None if not parts or any(p is None for p in parts) else sum((p for p in parts if p is not None), Fraction(0))


def _last(period: Period) -> str:
    return period.key if period.key in PERIODS else period.quarters_to_date[-1].key


def _sum(scope: str, element: str, period: Period) -> Fraction | None:
    kind, whole = catalogue().elements[element].kind, period.kind == PeriodKind.YEAR
    every = kind in {ElementKind.FLOW, ElementKind.AVERAGE}
    keys = [period.key] if whole else [q.key for q in period.quarters_to_date] if every else [_last(period)]
    numbers = [[n for _, n in _cells(scope, key).get(element, [])] for key in keys]
    total = sum((n for part in numbers for n in part), Fraction(0)) if all(numbers) else None
    return total / len(keys) if total is not None and kind == ElementKind.AVERAGE else total


def _at_floor(scope: str, indicator: models.Indicator, period: Period) -> tuple[tuple[tuple[str, int], ...], int]:
    assert indicator.numerator and indicator.denominator
    done = dict(_cells(scope, _last(period))[indicator.numerator.elements[0]])
    listed = dict(_cells(scope, _last(period))[indicator.denominator.elements[0]])
    reached = sum(done[u] * indicator.factor >= 90 * listed[u] for u in listed if listed[u])
    return (("90", reached),), sum(bool(n) for n in listed.values())
