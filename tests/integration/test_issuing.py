"""Which periods are open and not issued, asked of the warehouse on any day; and what is never issued, nor signed."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from etl import steps
from etl.errors import CatalogueError, UsageError
from etl.settings import Settings
from etl.warehouse import journal

pytestmark = pytest.mark.integration

TODAY = "2026-11-26"


def _issue(engine: Engine, scope: str, *periods: str, **more: str) -> None:
    with engine.begin() as conn:
        for period in periods:
            journal.record_event(conn, "issued", scope=scope, period=period, forms=1, **more)


def test_what_was_not_issued_is_opened_whatever_was_missed(
    warehouse: Settings, loader: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fresh install in mid-quarter, a run of every day, and months of standing still end with the same."""
    monkeypatch.setenv("TONGKET_SCOPES", "quang-ngai,bac-ninh,kon-tum")
    fresh = ["2025", "2025Q4", "2026Q1", "2026Q2", "2026Q3"]
    assert steps.list_periods_to_open(TODAY) == fresh
    _issue(loader, "quang-ngai", *fresh)
    assert steps.list_periods_to_open(TODAY) == fresh, "the other scope has not issued them"
    _issue(loader, "bac-ninh", *fresh[:-1])
    _issue(loader, "bac-ninh", "2026Q3", unit="07306")
    assert steps.list_periods_to_open(TODAY) == ["2026Q3"], "one unit's form is not a period's"
    _issue(loader, "bac-ninh", "2026Q3")
    assert steps.list_periods_to_open(TODAY) == steps.list_periods_to_open("2026-11-30") == []
    assert steps.list_periods_to_open("2026-12-01") == ["2026", "2026Q4"]
    assert steps.list_periods_to_open("2027-06-15") == ["2026", "2026Q4", "2027Q1", "2027Q2"]


def test_a_scope_whose_office_has_ended_opens_nothing(warehouse: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGKET_SCOPES", "kon-tum")
    assert steps.list_periods_to_open("2024-03-01") == ["2023", "2024Q1"]
    assert steps.list_periods_to_open("2025-07-01") == []


def test_no_form_goes_out_under_a_regime_that_has_ended(warehouse: Settings) -> None:
    with pytest.raises(CatalogueError, match=r"regime tt23-2025 holds from 2025-07-01 to 2027-02-28") as caught:
        steps.open_period("bac-ninh", "2027")
    assert "bac-ninh.yaml: nv-year" in str(caught.value)
    assert not list(warehouse.outbox.rglob("*.xlsx"))


def test_no_abolished_office_issues_a_report(warehouse: Settings, loader: Engine) -> None:
    record = journal.ReportRecord("bac-giang", "ttg-ct25", "quarter", "2024Q1", "abc", "2024-04-20T08:00:00+07:00", {})
    with loader.begin() as conn:
        number = journal.record_report(conn, record)
    assert steps.request_signoffs(["bac-giang"], "2024Q1", "quarter", "run") == []
    with pytest.raises(UsageError, match="no office issues reports of bac-giang on 2026-11-26") as caught:
        steps.apply_decision(number, "approved", "Y Bình", f"{TODAY}T08:00:00+07:00")
    assert "Ủy ban nhân dân tỉnh Bắc Ninh" in str(caught.value)
