"""Six and nine months: reported on once their last quarter is computed, and due when no quarter is waited for."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import Engine

from etl import load, steps
from etl.attainment import attainment_rows as outcome
from etl.attainment.report_inputs import list_dependent_periods
from etl.catalog.loader import Catalogue
from etl.catalog.obligations import list_obligations
from etl.model import Period
from etl.settings import Settings
from etl.warehouse import attainment_store
from etl.warehouse.attainment_store import AttainmentKey
from tests.integration.build import item

pytestmark = pytest.mark.integration

SCOPE = "kon-tum"
BEFORE_Q2, AFTER_Q2 = dt.date(2024, 7, 10), dt.date(2024, 7, 23)  # the second quarter is due on 22 July
AFTER_Q1 = dt.date(2024, 4, 23)


@pytest.mark.parametrize(
    ("scope", "period", "expected"),
    [
        ("kon-tum", "2024Q1", ["2024H1", "2024N"]),
        ("kon-tum", "2024Q3", ["2024H2", "2024N"]),
        ("kon-tum", "2024Q4", ["2024H2"]),
        ("kon-tum", "2024N", ["2024N"]),
        ("kon-tum", "2024", []),
        ("kon-tum", "2023Q1", []),
        ("kon-tum", "2024-03", []),
        ("tan-yen", "2024Q3", ["2024H2"]),
        ("bac-giang", "2024Q2", []),
    ],
)
def test_a_quarter_counts_for_what_its_scope_reports_on(
    scope: str, period: str, expected: list[str], catalogue: Catalogue
) -> None:
    found = list_dependent_periods(catalogue, catalogue.get_scope(scope), Period.parse(period))
    assert sorted(longer.key for longer, _ in found) == expected


def _computed(engine: Engine, scope: str, period: str) -> None:
    with engine.begin() as conn:
        attainment_store.store_attainment(conn, AttainmentKey(scope, period, "abc"), "2024-07-20T08:00:00+07:00", [])


def test_it_opens_with_its_last_quarter_and_then_follows_each_of_them(warehouse: Settings, loader: Engine) -> None:
    _computed(loader, SCOPE, "2024Q1")
    assert steps.list_longer_periods("2024Q1") == [], "nobody waits for a report that cannot be due"
    assert steps.list_longer_periods("2024Q2") == ["2024H1"]
    _computed(loader, SCOPE, "2024Q2")
    assert steps.list_longer_periods("2024Q1") == ["2024H1"], "a correction of the first quarter reaches it"
    _computed(loader, "tan-yen", "2024Q3")
    assert steps.list_longer_periods("2024Q1") == ["2024H1"], "Tân Yên writes no report on nine months"
    _computed(loader, SCOPE, "2024Q3")
    assert steps.list_longer_periods("2024Q1") == ["2024H1", "2024N"]
    assert steps.list_longer_periods("2024Q3") == ["2024N"], "the second half ends with the fourth quarter"
    assert steps.list_longer_periods("2024H2") == ["2024H2"], "asked for by name"


def _all_in(engine: Engine, catalogue: Catalogue, period: str, *, but: str = "") -> None:
    with engine.begin() as conn:
        given = [
            item(conn, catalogue, form.id, unit.code, period, {(unit.code, "doctors"): "5"})
            for _, form, unit in list_obligations(catalogue, catalogue.get_scope(SCOPE), Period.parse(period))
            if unit.code != but
        ]
        load.load_deliveries(conn, given)


def _due(monkeypatch: pytest.MonkeyPatch, day: dt.date) -> bool:
    monkeypatch.setattr(outcome, "get_current_date", lambda: day)
    return bool(steps.check_report_due(SCOPE, "2024H1")["due"])


def test_it_is_due_when_each_quarter_is_in_or_past_its_own_deadline(
    warehouse: Settings, loader: Engine, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    _all_in(loader, catalogue, "2024Q1", but="608")
    assert not _due(monkeypatch, AFTER_Q1), "the second quarter is not over"
    _all_in(loader, catalogue, "2024Q2")
    assert _due(monkeypatch, BEFORE_Q2), "the first quarter's deadline has passed, the second is in"


def test_it_waits_for_its_last_quarter_until_the_deadline(
    warehouse: Settings, loader: Engine, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    _all_in(loader, catalogue, "2024Q1")
    _all_in(loader, catalogue, "2024Q2", but="608")
    assert not _due(monkeypatch, BEFORE_Q2)
    assert _due(monkeypatch, AFTER_Q2)
