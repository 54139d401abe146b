from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from etl.catalog import Catalogue, load_catalogue

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue(CHECKOUT / "catalog")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the catalogue that a test may damage."""
    return Path(shutil.copytree(CHECKOUT / "catalog", tmp_path / "catalog"))
