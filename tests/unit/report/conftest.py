from __future__ import annotations

from pathlib import Path

import pytest

from etl.catalog import Catalogue
from etl.messages import Messages, load_messages
from etl.report import ReportInput
from tests.report.samples import sample

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"


@pytest.fixture(scope="session")
def say() -> Messages:
    return load_messages(TEMPLATES)


@pytest.fixture(scope="session")
def given(catalogue: Catalogue) -> ReportInput:
    """Kon Tum's own plan, a quarter with every kind of gap."""
    return sample(catalogue, "kon-tum", "kt-1693", "2024Q3")
