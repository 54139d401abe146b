"""Which scopes are out of service: a mistake in a scope's own files, or in a plan of it, stops that scope alone.

Room: catalogue; called by the loader after every check. A mistake in a file that all share still stops everything.
"""

from __future__ import annotations

from pathlib import Path

from etl.catalog import models
from etl.catalog.catalogue import Catalogue, StoppedScope
from etl.catalog.catalogue_files import CatalogueReader
from etl.catalog.problems import CatalogueProblem

SCOPES, PLANS = "scopes", "plans"
_APART = (SCOPES, PLANS)


def is_apart(root: Path, problem: CatalogueProblem) -> bool:
    """Whether a mistake stops those scopes alone whose file, or whose plan's file, it stands in."""
    folder = Path(problem.file).parent
    return folder.parent == root and folder.name in _APART


def find_stopped_scopes(c: Catalogue, r: CatalogueReader) -> dict[str, StoppedScope]:
    """Scope id → the mistake, or the value to decide, that keeps it out of service.

    A scope rests on its plans, on the scopes that it continues, and on those whose units' forms its own are filled
    from: what stops one of them stops it too.
    """
    areas = {scope.id: scope.area_unit for scope in c.scopes.values()}
    problems, plans = _find_first_problems(r, c.root / SCOPES), _find_first_problems(r, c.root / PLANS)
    for scope in c.scopes.values():
        for plan in (*scope.plans, *(report.plan for report in scope.reports)):
            if plan in plans:
                problems.setdefault(scope.id, plans[plan])
    while following := {
        scope.id: problem
        for scope in c.scopes.values()
        for before, problem in problems.items()
        if scope.id not in problems and (before in scope.continues or _gathers_from(c, scope, areas.get(before, "")))
    }:
        problems |= following
    return {name: StoppedScope(problem, areas.get(name, "")) for name, problem in problems.items()}


def _gathers_from(c: Catalogue, scope: models.Scope, area_unit: str) -> bool:
    """Whether a form of the scope takes the cells that the scope of an area asks of its units; so if unknown."""
    levels = {unit.level for unit in c.list_units_of_code(area_unit)}
    return any(
        form.sums_units == 1 and any(sheet.kind.is_upward for sheet in form.sheets)
        for submission in scope.submissions
        if submission.form in c.forms and (not levels or submission.level in levels)
        for form in (c.forms[submission.form],)
    )


def find_stopped_plans(c: Catalogue, r: CatalogueReader) -> frozenset[str]:
    """Ids of the plans whose file has a mistake or a value to decide."""
    return frozenset(_find_first_problems(r, c.root / PLANS))


def _find_first_problems(r: CatalogueReader, folder: Path) -> dict[str, CatalogueProblem]:
    """File name without its ending → the first problem of each file of a folder."""
    first: dict[str, CatalogueProblem] = {}
    for problem in r.problems:
        if Path(problem.file).parent == folder:
            first.setdefault(Path(problem.file).stem, problem)
    return first
