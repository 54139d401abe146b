"""A catalogue in which no scope is out of service."""

from __future__ import annotations

from pathlib import Path

from etl.catalog import Catalogue, load_catalogue
from etl.catalog.problems import build_catalogue_error


def load_whole_catalogue(root: Path) -> Catalogue:
    """The catalogue of a folder.

    Raises:
        CatalogueError: a mistake that stops every scope, or what stops single ones.
    """
    catalogue = load_catalogue(root)
    if catalogue.stopped:
        raise build_catalogue_error(list(dict.fromkeys(scope.problem for scope in catalogue.stopped.values())))
    return catalogue
