"""Small things that must be said the same way everywhere: which day it is in Viet Nam, how a number is written."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from etl.attainment import attainment_rows
from etl.catalog import Catalogue, models
from etl.model import Period, vietnam_time
from etl.warehouse.agreed_corrections import describe_cell_content
from tests.wording import told


def test_the_geography_of_today_is_that_of_viet_nams_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between 00:00 and 06:59 in Viet Nam it is still yesterday in UTC."""
    evening = dt.datetime(2025, 6, 30, 23, 30, tzinfo=dt.UTC)
    monkeypatch.setattr(vietnam_time, "get_current_time", lambda: evening)
    assert attainment_rows.parse_geography_day("is", Period.parse("2025Q2")) == dt.date(2025, 7, 1)
    assert attainment_rows.parse_geography_day("was", Period.parse("2025Q2")) == dt.date(2025, 6, 30)


def test_a_corrected_cell_is_told_with_thousands_points() -> None:
    assert told(describe_cell_content(models.CellContent(state="value", value=Decimal("1234567.5")))) == "1.234.567,5"
    assert told(describe_cell_content(models.CellContent(state="missing"))) == "để trống"


def test_how_many_years_are_compared_stands_in_the_catalogue(catalogue: Catalogue) -> None:
    assert catalogue.thresholds["compared_years"] == 3
