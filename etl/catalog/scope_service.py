"""What is out of service: a mistake in a scope's own files, in a plan or in an agreed correction of it stops that scope
alone, one in a foreign layout the tables of that layout.

Room: catalogue; called by the loader after every check. A mistake in a file that all share still stops everything.
"""

from __future__ import annotations

import re
from pathlib import Path

from etl.catalog import models
from etl.catalog.catalogue import Catalogue, StoppedLayout, StoppedScope
from etl.catalog.catalogue_files import CatalogueReader
from etl.catalog.geography import find_area, is_within_area
from etl.catalog.problems import CatalogueProblem

SCOPES, PLANS, CORRECTIONS, LAYOUTS = "scopes", "plans", "corrections", "layouts"
_APART = (SCOPES, PLANS, CORRECTIONS, LAYOUTS)
_OWNER_LINE = re.compile(r"(?<![^\s{,])(scope|org_unit)\s*:\s*[\"']?([\w-]+)")


def is_apart(root: Path, problem: CatalogueProblem) -> bool:
    """Whether a mistake stands in a file that is one scope's, or is read for one kind of table."""
    folder = Path(problem.file).parent
    return folder.parent == root and folder.name in _APART


def find_stopped_scopes(c: Catalogue, r: CatalogueReader) -> dict[str, StoppedScope]:
    """Scope id → the mistake, or the value to decide, that keeps it out of service.

    A scope rests on its plans, on the corrections of its units' cells, on the scopes that it continues, and on those
    whose units' forms its own are filled from: what stops one of them stops it too.
    """
    areas = {scope.id: scope.area_unit for scope in c.scopes.values()}
    problems, plans = _find_first_problems(r, c.root / SCOPES), _find_first_problems(r, c.root / PLANS)
    for correction, problem in _find_first_problems(r, c.root / CORRECTIONS).items():
        for owner in _find_correction_owners(c, correction, problems):
            problems.setdefault(owner, problem)
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


def _find_correction_owners(c: Catalogue, correction: str, broken: dict[str, CatalogueProblem]) -> set[str]:
    """The scopes whose figures a correction that cannot be read may change.

    That is the one its text names, else those of the unit that its text, or its file's name, names; all where nothing
    says whose it is: a figure must not lose its correction in silence.
    """
    written = dict(_OWNER_LINE.findall(_read_broken_text(c, CORRECTIONS, correction)))
    if (owner := written.get("scope", "")) in c.scopes.keys() | broken.keys():
        return {owner}
    units = [
        unit for code in (written.get("org_unit", ""), *correction.split("-")) for unit in c.units_by_code.get(code, ())
    ]
    areas = {scope.id: find_area(c, scope) for scope in c.scopes.values() if scope.submissions}
    owners = {name for name, area in areas.items() if area and any(is_within_area(c, area, unit) for unit in units)}
    return owners or set(c.scopes)


def _read_broken_text(c: Catalogue, folder: str, name: str) -> str:
    """What can still be read of a file with a mistake, in whatever encoding it was saved."""
    return c.files.get(f"{folder}/{name}.yaml", b"").decode("utf-8", "replace").replace("\0", "")


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


def find_stopped_corrections(c: Catalogue, r: CatalogueReader) -> frozenset[str]:
    """Ids of the corrections whose file has a mistake or a value to decide."""
    return frozenset(_find_first_problems(r, c.root / CORRECTIONS))


def find_stopped_layouts(c: Catalogue, r: CatalogueReader) -> dict[str, StoppedLayout]:
    """Layout id → the mistake, or the value to decide, for which no table is read by it, and what its file names."""
    return {
        name: StoppedLayout(problem, frozenset(re.findall(r"[\w-]+", _read_broken_text(c, LAYOUTS, name))))
        for name, problem in _find_first_problems(r, c.root / LAYOUTS).items()
    }


def _find_first_problems(r: CatalogueReader, folder: Path) -> dict[str, CatalogueProblem]:
    """File name without its ending → the first problem of each file of a folder."""
    first: dict[str, CatalogueProblem] = {}
    for problem in r.problems:
        if Path(problem.file).parent == folder:
            first.setdefault(Path(problem.file).stem, problem)
    return first
