"""Turns read workbooks into long frames, one a kind of rule, that keep the way back to file, sheet and cell.

Grain: files → workbook; cells → input cell; relations → (relation, org unit, workbook); year → (data element,
org unit, workbook of a year).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.catalog.layout import element_kind
from etl.model import CellState, ElementKind, Observation, Period, ReadResult

_NUMBERS = {ElementKind.STOCK, ElementKind.FLOW, ElementKind.YTD, ElementKind.PUBLISHED}
_FILLED = {CellState.VALUE, CellState.ZERO, CellState.ESTIMATED}

QuarterHistory = Mapping[tuple[str, str], Sequence[float | None]]
"""(org unit code, data element) → the four quarters' values of the year, None where there is none."""


@dataclass(frozen=True)
class Submitted:
    """A read workbook with what is known around it. `folder` and `quarters` are None where nobody knows them."""

    read: ReadResult
    file: str = ""
    folder: str | None = None
    quarters: QuarterHistory | None = None


@dataclass
class Frame:
    """Columns for the checker, and per row what a finding about it says."""

    columns: dict[str, list[Any]]
    origin: list[tuple[int, Observation | None]] = field(default_factory=list)
    slots: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, origin: tuple[int, Observation | None], slots: tuple[Any, ...], **values: Any) -> None:
        """One row."""
        self.origin.append(origin)
        self.slots.append(slots)
        for name, column in self.columns.items():
            column.append(values.get(name))


@dataclass(frozen=True)
class Context:
    """What the frames need of a workbook's stamp, resolved once."""

    period: Period
    form: m.Form
    scope: m.Scope
    unit: m.Unit
    owed: bool


def context_of(catalogue: Catalogue, given: Submitted) -> Context | None:
    """The stamp's form, scope, unit and period; None where the reader has already refused them."""
    stamp = given.read.stamp
    if stamp is None or any(f.code in {"S03", "S04", "S05", "S06"} for f in given.read.findings):
        return None
    form, scope = catalogue.forms[stamp.form], catalogue.scope_of_form(stamp.form)
    period = Period.parse(stamp.period)
    unit = catalogue.unit(stamp.unit, period.end)
    if scope is None or unit is None:
        return None
    return Context(period, form, scope, unit, (form.id, unit.code) in _owed(catalogue, scope.id, period))


@lru_cache(maxsize=256)
def _owed(catalogue: Catalogue, scope_id: str, period: Period) -> frozenset[tuple[str, str]]:
    return frozenset((f.id, u.code) for _, f, u in catalogue.expected(catalogue.scopes[scope_id], period))


@lru_cache(maxsize=64)
def _required(catalogue: Catalogue, form_id: str) -> frozenset[str]:
    form = catalogue.forms[form_id]
    return frozenset(c.data_element for s in form.sheets for c in catalogue.columns_of(form, s) if c.required)


def files(batch: Sequence[Submitted], contexts: Sequence[Context | None]) -> Frame:
    """One row per workbook whose stamp is understood."""
    frame = Frame({"folder_fits": [], "owed": [], "filled": []})
    for i, (given, context) in enumerate(zip(batch, contexts, strict=True)):
        if context:
            fits = given.folder is None or given.folder == context.unit.code
            filled = sum(1 for o in given.read.observations if o.state in _FILLED)
            whole = not any(f.code in {"S08", "S09", "S10"} for f in given.read.findings)
            frame.add((i, None), (), folder_fits=fits, owed=context.owed, filled=filled if whole else None)
    return frame


def cells(catalogue: Catalogue, batch: Sequence[Submitted], contexts: Sequence[Context | None]) -> Frame:
    """One row per input cell."""
    frame = Frame({"state": [], "over_min": [], "under_max": [], "fraction": [], "blank": []})
    for i, (given, context) in enumerate(zip(batch, contexts, strict=True)):
        if context is None:
            continue
        required = _required(catalogue, context.form.id)
        for seen in given.read.observations:
            element = catalogue.elements.get(seen.data_element)
            row = _measures(element, seen) if element and seen.value is not None else {}
            must = seen.data_element in required or seen.data_element.endswith(".state")
            blank = "required" if must and seen.state == CellState.MISSING else "no"
            frame.add((i, seen), (), state=_state(catalogue, seen), blank=blank, **row)
    return frame


def _measures(element: m.DataElement, seen: Observation) -> dict[str, float | None]:
    value = seen.value or 0.0
    return {
        "over_min": value - float(element.min) if element.min is not None else None,
        "under_max": float(element.max) - value if element.max is not None else None,
        "fraction": abs(value - round(value)) if element.integer else None,
    }


def _state(catalogue: Catalogue, seen: Observation) -> str:
    if seen.state != CellState.INVALID:
        return seen.state.value
    kind = element_kind(catalogue, seen.data_element)
    return "invalid_number" if kind in _NUMBERS else f"invalid_{kind.value}"


def relations(catalogue: Catalogue, batch: Sequence[Submitted], contexts: Sequence[Context | None]) -> Frame:
    """One row per relation and org unit whose sides are all filled."""
    frame = Frame({"certain_gap": [], "likely_gap": []})
    for i, (given, context) in enumerate(zip(batch, contexts, strict=True)):
        if context is None:
            continue
        by_unit: dict[str, dict[str, Observation]] = {}
        for seen in given.read.observations:
            if seen.value is not None:
                by_unit.setdefault(seen.org_unit_code, {})[seen.data_element] = seen
        for found in by_unit.values():
            _relate(catalogue, i, found, frame)
    return frame


def _relate(catalogue: Catalogue, i: int, found: Mapping[str, Observation], frame: Frame) -> None:
    for relation in catalogue.relations:
        if not all(code in found for code in (*relation.smaller, *relation.larger)):
            continue
        small = sum(found[code].value or 0.0 for code in relation.smaller)
        large = sum(found[code].value or 0.0 for code in relation.larger)
        gap = large - small if relation.kind == "at_most" else -abs(large - small)
        column = "certain_gap" if relation.certain else "likely_gap"
        frame.add((i, found[relation.smaller[0]]), (relation, small, large), **{column: gap})


def year(catalogue: Catalogue, batch: Sequence[Submitted], contexts: Sequence[Context | None]) -> Frame:
    """One row per number of a year form whose quarters are known."""
    frame = Frame({"flow_difference": [], "stock_difference": []})
    for i, (given, context) in enumerate(zip(batch, contexts, strict=True)):
        if context is None or given.quarters is None:
            continue
        for seen in given.read.observations:
            quarters = given.quarters.get((seen.org_unit_code, seen.data_element))
            element = catalogue.elements.get(seen.data_element)
            if element is None or seen.value is None or quarters is None:
                continue
            known = [q for q in quarters if q is not None]
            if element.kind == ElementKind.FLOW and len(known) == 4:
                total = sum(known)
                frame.add((i, seen), (total,), flow_difference=round(seen.value - total, 6))
            elif element.kind in {ElementKind.STOCK, ElementKind.YTD} and quarters[3] is not None:
                frame.add((i, seen), (quarters[3],), stock_difference=round(seen.value - quarters[3], 6))
    return frame
