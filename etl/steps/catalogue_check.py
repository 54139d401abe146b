"""The catalogue as a whole, checked without a database: what an office runs after every change of its files."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

from etl.catalog.contacts import load_contacts
from etl.catalog.loader import list_catalogue_problems, load_catalogue
from etl.core.instance import Result
from etl.settings import load_settings


def check_catalogue() -> Result:
    """Every mistake of `catalog/`, in the order of the files; `problems` is empty where there is none.

    `unaddressed`: the scopes whose forms say neither where they go nor whom to ask.

    Raises:
        CatalogueError: there is no such folder.
    """
    root = load_settings().catalog
    problems = [asdict(problem) | {"where": problem.where} for problem in list_catalogue_problems(root)]
    for problem in problems:
        for key in ("file", "where"):
            problem[key] = str(problem[key]).replace(f"{root}{os.sep}", "")
    unaddressed = [] if problems else _list_unaddressed_scopes(root)
    files = len(_list_files(root))
    return {"catalogue": str(root), "files": files, "problems": problems, "unaddressed": unaddressed}


def _list_unaddressed_scopes(root: Path) -> list[str]:
    """Scopes that still ask for forms, without both a place and a contact in `contacts.yaml`."""
    catalogue = load_catalogue(root)
    receivers = load_contacts(catalogue).receivers
    asking = [scope.id for scope in catalogue.scopes.values() if any(not s.to_period for s in scope.submissions)]
    return [name for name in asking if name not in receivers or not all(receivers[name].model_dump().values())]


def _list_files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.suffix in {".yaml", ".csv"}]
