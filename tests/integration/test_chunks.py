"""Several reports of a unit in one chunk: each is judged by what its unit sent before it, as if it had come alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from etl import steps
from etl.catalog import Catalogue
from etl.check import batch
from etl.intake import chunk_processing
from etl.settings import Settings
from tests.builders import Workbook

pytestmark = pytest.mark.integration
FORM = "kt-district-quarter"
SPENT = "budget_prevent_mvnd"
"""Cumulative from January: a figure below the one before it is asked about (T03)."""


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many workbooks each round of checking had."""
    counted: list[int] = []

    def validate(workbooks: Any, *others: Any) -> Any:
        counted.append(len(workbooks))
        return batch.validate_batch(workbooks, *others)

    monkeypatch.setattr(chunk_processing, "validate_batch", validate)
    monkeypatch.setenv("TONGKET_MIN_AGE_SECONDS", "0")
    monkeypatch.setenv("TONGKET_BATCHES", "1")
    return counted


def take_in(inbox: Path, books: Mapping[tuple[str, str], Workbook]) -> int:
    """Has workbooks received, by folder and name, and processed; gives how many are accepted."""
    for (unit, name), book in books.items():
        (inbox / unit).mkdir(parents=True, exist_ok=True)
        (inbox / unit / f"{name}.xlsx").write_bytes(book.bytes())
    return sum(steps.process_batch(number)["accepted"] for number in steps.receive_deliveries()["batches"])


def fetch_rows(engine: Engine, statement: str) -> list[tuple[Any, ...]]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(text(statement))]


FALLING = (
    "SELECT v.unit_code, v.period, f.message FROM ops.finding AS f JOIN ops.verdict AS v USING (delivery_id)"
    " WHERE f.code = 'T03' ORDER BY 1, 2"
)
IN_FORCE = "SELECT u.code, s.period FROM core.submission AS s JOIN core.org_unit AS u USING (org_unit_id) ORDER BY 1, 2"


def test_a_report_is_compared_with_an_earlier_one_of_its_chunk_only_if_that_is_accepted(
    warehouse: Settings, loader: Engine, catalogue: Catalogue, rounds: list[int]
) -> None:
    # The first quarter of 608 is in order, that of 610 is refused by a rule; both go down in the second.
    books = {
        (unit, period): Workbook(catalogue, FORM, unit, period).filled(**{SPENT: spent})
        for period, spent in (("2024Q1", 280), ("2024Q2", 200), ("2024Q3", 240))
        for unit in ("608", "610")
    }
    books["610", "2024Q1"].with_element("tb_new", "1.5")
    assert take_in(warehouse.inbox, books) == 5
    ((unit, period, message),) = fetch_rows(loader, FALLING)
    assert (unit, period) == ("608", "2024Q2") and "280" in message and "200" in message
    assert rounds == [6, 6], "one chunk: checked again, as a report that others rest on was refused"
    assert fetch_rows(loader, IN_FORCE) == [
        ("608", "2024Q1"), ("608", "2024Q2"), ("608", "2024Q3"), ("610", "2024Q2"), ("610", "2024Q3"),
    ]  # fmt: skip
    times = fetch_rows(loader, "SELECT count(DISTINCT recorded_at), count(*) FROM ops.verdict")
    assert times == [(3, 6)], "a turn is recorded after the one before"
    assert fetch_rows(loader, "SELECT count(*) FROM ops.validation_run") == [(1,)], "what was supposed is not kept"
    assert fetch_rows(loader, "SELECT count(*) FROM ops.validated_delivery") == [(6,)]


def test_a_report_sent_again_in_its_chunk_is_the_next_version(
    warehouse: Settings, loader: Engine, catalogue: Catalogue, rounds: list[int]
) -> None:
    books = {
        ("608", name): Workbook(catalogue, FORM, "608", "2024Q1").filled(**{SPENT: spent})
        for name, spent in (("a", 200), ("b", 210), ("c", 220))
    }
    books["608", "b"].with_element("tb_new", "1.5")
    assert take_in(warehouse.inbox, books) == 2
    assert set(rounds) == {3}
    assert fetch_rows(
        loader,
        "SELECT d.original_name, s.version FROM core.submission AS s JOIN ops.delivery AS d USING (delivery_id)"
        " ORDER BY s.recorded_at",
    ) == [("a.xlsx", 1), ("c.xlsx", 2)]
    assert len([*(warehouse.outbox / "returns" / "608").rglob("*.xlsx")]) == 3
