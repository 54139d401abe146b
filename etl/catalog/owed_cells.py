"""Which number cells a form has: per org unit they speak of, their data elements. Leaves, at whatever level.

Room: catalogue. Anyone above may ask. Pure. The form that an area sends to the level above has no cells of its own: it
has those that the area's own units owed it, so that the level above sums the very same leaves and never a rate. Where
no scope knows those units, a form that takes sums has the area's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache

from etl.catalog import models
from etl.catalog.geography import find_area, is_within_area
from etl.catalog.loader import Catalogue
from etl.catalog.obligations import list_obligations
from etl.errors import CatalogueError
from etl.model import Period


@lru_cache(maxsize=128)
def list_owed_cells(catalogue: Catalogue, scope_id: str, period: Period) -> Mapping[models.Unit, frozenset[str]]:
    """The number cells of a scope's forms for a period: per unit they speak of, their data elements."""
    cells: dict[models.Unit, frozenset[str]] = {}
    for _, form, unit in list_obligations(catalogue, catalogue.scopes[scope_id], period):
        for sheet in form.sheets:
            for one, elements in list_sheet_cells(catalogue, form, sheet, unit, period):
                cells[one] = cells.get(one, frozenset()) | elements
    return cells


def list_sheet_cells(
    catalogue: Catalogue, form: models.Form, sheet: models.SheetDef, unit: models.Unit, period: Period
) -> Iterator[tuple[models.Unit, frozenset[str]]]:
    """The number cells of one sheet that a unit fills in for a period; none where it has only words.

    Raises:
        CatalogueError: the unit sends upward, no scope says what its own units owe it, and the form takes no sums.
    """
    elements = _list_number_elements(catalogue, form.id, sheet.code)
    own_scope = _find_own_scope(catalogue, form, unit, period) if sheet.kind.is_upward else None
    if own_scope:
        for one, own in list_owed_cells(catalogue, own_scope.id, period).items():
            if own & elements:
                yield one, own & elements
    elif elements:
        of_communes = sheet.kind.owed_cells == "communes"
        for one in catalogue.list_children(unit.code, "commune", period.end) if of_communes else (unit,):
            yield one, elements


def find_upward_form(
    catalogue: Catalogue, scope: models.Scope, period: Period
) -> tuple[models.Scope, models.Form, models.Unit] | None:
    """(scope above, form, unit) under which a scope's figures of a period go up; None where nobody above asks."""
    for above in catalogue.scopes.values():
        if above.id == scope.id:
            continue
        for _, form, unit in list_obligations(catalogue, above, period):
            sends = any(sheet.kind.is_upward for sheet in form.sheets)
            if sends and _is_area(catalogue, scope, unit):
                return above, form, unit
    return None


def compute_limit(catalogue: Catalogue, form: models.Form, unit_code: str, data_element: str) -> Decimal | None:
    """The most that a number of a form may be; None where nobody says, or it is no number."""
    element = catalogue.elements.get(data_element)
    if element is None or element.max is None:
        return None
    sums = form.sums_units > 1 and any(unit.level == form.level for unit in catalogue.units_by_code.get(unit_code, ()))
    return element.max * (form.sums_units if sums else 1)


def _is_area(catalogue: Catalogue, scope: models.Scope, unit: models.Unit) -> bool:
    """Whether a unit is a scope's area, also under a name that it has had since."""
    area = find_area(catalogue, scope)
    return area is not None and area.code == unit.code and is_within_area(catalogue, area, unit)


def _find_own_scope(catalogue: Catalogue, form: models.Form, unit: models.Unit, period: Period) -> models.Scope | None:
    """The scope that says what a unit's own units owe it; None where there is none and the form takes its sums."""
    for scope in catalogue.scopes.values():
        asks = any(s.form == form.id for s in scope.submissions)
        if not asks and _is_area(catalogue, scope, unit) and list_obligations(catalogue, scope, period):
            return scope
    if form.sums_units > 1:
        return None
    raise CatalogueError(
        f"{unit.name} owes {form.id} for {period}, but no scope says what its own units report then",
        where=f"{catalogue.root / 'scopes'}: {form.id}",
        fix=f"add a scope whose area_unit is {unit.code}, or leave the unit out of the submission",
    )


@lru_cache(maxsize=256)
def _list_number_elements(catalogue: Catalogue, form_id: str, sheet_code: str) -> frozenset[str]:
    form = catalogue.forms[form_id]
    sheet = next(s for s in form.sheets if s.code == sheet_code)
    with_numbers = sheet.kind.owed_cells != "none"
    return frozenset(c.data_element for c in catalogue.list_sheet_columns(form, sheet)) if with_numbers else frozenset()
