from __future__ import annotations

import pytest

from etl.attainment.report_inputs import list_owed_parts
from etl.catalog import Catalogue
from etl.model import Period


@pytest.mark.parametrize(
    ("period", "parts"),
    [
        ("2024Q3", ["2024Q3"]),
        ("2024", ["2024"]),
        ("2024H1", ["2024Q1", "2024Q2"]),
        ("2024H2", ["2024Q3", "2024Q4"]),
        ("2024N", ["2024Q1", "2024Q2", "2024Q3"]),
        ("2023H1", []),  # no quarter of 2023 is owed
        ("2022", []),
        ("2024-03", []),
    ],
)
def test_a_report_rests_on_its_own_forms_or_on_those_of_all_its_quarters(
    catalogue: Catalogue, period: str, parts: list[str]
) -> None:
    found = list_owed_parts(catalogue, catalogue.scopes["kon-tum"], Period.parse(period))
    assert [part.key for part in found] == parts
