"""For tests on a real warehouse: without PDFs, which take seconds each, but for tests that ask for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def _without_pdf() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("etl.report.pdf.PROGRAMS", ())
        yield


@pytest.fixture
def with_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for by a test that looks at PDFs."""
    monkeypatch.setattr("etl.report.pdf.PROGRAMS", ("soffice", "libreoffice"))
