"""An announced period is computed for the scopes that it leaves out of date, and for no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from etl import steps
from etl.catalog import Catalogue
from etl.settings import Settings
from tests.builders import Workbook

pytestmark = pytest.mark.integration
FIRST, SECOND = "2024Q1", "2024Q2"
FORMS = {"608": "kt-district-quarter"}
Send = Callable[..., None]


@pytest.fixture
def send(warehouse: Settings, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Send:
    """Has the quarter of a unit of Kon Tum taken in."""
    monkeypatch.setenv("TONGKET_MIN_AGE_SECONDS", "0")

    def take_in(unit: str, period: str, **values: int) -> None:
        path = warehouse.inbox / unit / f"{period}.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(Workbook(catalogue, FORMS[unit], unit, period).filled(**values).bytes())
        assert sum(steps.process_batch(batch)["accepted"] for batch in steps.receive_deliveries()["batches"]) == 1

    return take_in


def compute(period: str) -> list[str]:
    """Computes what is out of date, as the DAG does; gives the scopes."""
    scopes = steps.list_scopes_to_compute(period)
    for scope in scopes:
        steps.compute_attainment(scope, period)
    return scopes


def test_only_the_scopes_that_changed_are_computed(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("etl.intake.announcements.check_report_due", lambda *_: {"due": False})
    send("608", FIRST)
    assert compute(FIRST) == ["kon-tum", "tan-yen"], "a scope without any report has figures too: what is missing"
    assert compute(FIRST) == []
    send("608", SECOND)
    assert compute(SECOND) == ["kon-tum", "tan-yen"] and compute(FIRST) == []
    send("608", FIRST, tb_new=2)
    assert (compute(SECOND), compute(FIRST)) == (["kon-tum"], ["kon-tum"]), "the second quarter rests on the first"
    assert (compute(SECOND), compute(FIRST)) == ([], [])
    assert steps.list_scopes_to_compute("2024-03") == [], "nobody owes anything"


def test_a_scope_whose_report_is_due_and_was_not_drafted_is_announced_by_its_run(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    send("608", FIRST)
    compute(FIRST)
    monkeypatch.setattr("etl.intake.announcements.check_report_due", lambda scope, _: {"due": scope == "kon-tum"})
    assert steps.list_scopes_to_compute(FIRST) == ["kon-tum"]
    steps.draft_reports("kon-tum", FIRST, "quarter")
    assert steps.list_scopes_to_compute(FIRST) == []


def test_no_report_of_a_plan_that_was_not_there_yet(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("etl.intake.announcements.check_report_due", lambda scope, _: {"due": scope == "kon-tum"})
    send("608", FIRST)
    compute(FIRST)
    made = steps.draft_reports("kon-tum", FIRST, "quarter")
    assert list(made["withheld"]) == ["kt-1693"] and "2024-05-17" in made["withheld"]["kt-1693"]
    assert made["documents"] and not [name for name in made["documents"] if "kt-1693" in name]
    alone = steps.draft_reports("kon-tum", FIRST, "quarter", "kt-1693")
    assert "2024-05-17" in alone["skipped"] and "documents" not in alone
    assert steps.list_scopes_to_compute(FIRST) == [], "what is never drafted is not waited for"


def test_a_period_of_which_nobody_has_reported_has_no_report_until_somebody_does(
    send: Send, warehouse: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGKET_SCOPES", "kon-tum")
    monkeypatch.setattr("etl.dispatch.operator_alerts.REPORT_MINUTES", 0)
    steps.compute_attainment("kon-tum", SECOND)
    assert "none of the" in steps.draft_reports("kon-tum", SECOND, "quarter")["skipped"]
    assert steps.list_scopes_to_compute(SECOND) == [], "it is not computed again and again"
    told = [what for what in steps.tell_alerts(webhook=lambda _: None)["standing"] if SECOND in what]
    assert len(told) == 1 and "chưa lập báo cáo" in told[0]
    send("608", SECOND)
    steps.compute_attainment("kon-tum", SECOND)
    assert steps.list_scopes_to_compute(SECOND) == ["kon-tum"]
    assert steps.draft_reports("kon-tum", SECOND, "quarter")["documents"]
    assert not [what for what in steps.tell_alerts(webhook=lambda _: None)["standing"] if "chưa lập báo cáo" in what]
