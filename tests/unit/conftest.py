from __future__ import annotations

from pathlib import Path

import pytest

from etl.catalog import Catalogue, load_catalogue
from etl.catalog.rules import Rules, load_rules
from tests.builders import Workbook

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue(ROOT / "catalog")


@pytest.fixture(scope="session")
def rules() -> Rules:
    return load_rules(ROOT / "expectations")


@pytest.fixture
def district(catalogue: Catalogue) -> Workbook:
    return Workbook(catalogue, "kt-district-quarter", "612", "2024Q3")
