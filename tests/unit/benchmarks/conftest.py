from __future__ import annotations

import pytest

from etl import settings
from etl.catalog import Catalogue, load_catalogue


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue(settings.load_settings().catalog)
