"""For tests on a real warehouse: without PDFs, which take seconds each, but for tests that ask for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from etl import load, steps
from etl.catalog.loader import Catalogue
from etl.model import Finding
from tests.integration.build import item

PAGE_SCOPE, PAGE_PERIOD, PAGE_FORM = "tan-yen", "2024Q1", "ty-commune-quarter"


@pytest.fixture(scope="module", autouse=True)
def _without_pdf() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("etl.report.pdf.PROGRAMS", ())
        yield


@pytest.fixture
def with_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for by a test that looks at PDFs."""
    monkeypatch.setattr("etl.report.pdf.PROGRAMS", ("soffice", "libreoffice"))


@pytest.fixture
def send_form(loader: Engine, catalogue: Catalogue) -> Callable[..., str]:
    """A unit's form: of 1000 people, so many use the application. Gives the unit's code."""
    scope = catalogue.scopes[PAGE_SCOPE]
    units = [u.code for u in catalogue.units if u.parent == scope.area_unit and u.level == scope.child_level]

    def deliver(users: int = 500, *, unit: int = 0, findings: tuple[Finding, ...] = (), name: str = "") -> str:
        code = units[unit]
        cells = {(code, "pop_total"): "1000", (code, "telehealth_users"): str(users)}
        with loader.begin() as conn:
            given = item(
                conn,
                catalogue,
                PAGE_FORM,
                code,
                PAGE_PERIOD,
                cells,
                findings=findings,
                name=name or f"{code}_{users}.xlsx",
            )
            load.load_deliveries(conn, [given])
        return code

    return deliver


@pytest.fixture
def draft_report(send_form: Callable[..., str]) -> Callable[[int], int]:
    """Sends so many users and drafts the quarter's report; gives its number."""

    def make(users: int) -> int:
        send_form(users)
        steps.compute_attainment(PAGE_SCOPE, PAGE_PERIOD)
        steps.draft_reports(PAGE_SCOPE, PAGE_PERIOD, "quarter")
        (question,) = steps.request_signoffs([PAGE_SCOPE], PAGE_PERIOD, "quarter", f"run {users}")
        return int(question["report"])

    return make
