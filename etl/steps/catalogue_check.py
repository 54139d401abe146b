"""The catalogue as a whole, checked without a database: what an office runs after every change of its files."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

from etl.catalog.loader import list_catalogue_problems
from etl.core.instance import Result
from etl.settings import load_settings


def check_catalogue() -> Result:
    """Every mistake of `catalog/`, in the order of the files; `problems` is empty where there is none.

    Raises:
        CatalogueError: there is no such folder.
    """
    root = load_settings().catalog
    problems = [asdict(problem) | {"where": problem.where} for problem in list_catalogue_problems(root)]
    for problem in problems:
        for key in ("file", "where"):
            problem[key] = str(problem[key]).replace(f"{root}{os.sep}", "")
    return {"catalogue": str(root), "files": len(_list_files(root)), "problems": problems}


def _list_files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.suffix in {".yaml", ".csv"}]
