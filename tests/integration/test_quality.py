"""What the checker is told of a unit's past: its other periods as known now, and what it said of findings before."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from etl import load
from etl.catalog.loader import Catalogue
from etl.check import PeerFigures, ReadSubmission, ReportingRecord
from etl.check.check_context import add_unit_history
from etl.errors import WarehouseError
from etl.model import CellState, Explanation, FormStamp, Observation, Period, ReadResult
from etl.warehouse import check_history
from tests.integration.build import item

pytestmark = pytest.mark.integration

FORM, UNIT, PERIOD = "kt-district-quarter", "608", "2024Q3"
POP, TB = ("23281", "pop_total"), ("23281", "tb_new")
STAMP = FormStamp(FORM, "2024.1", UNIT, PERIOD)
SAID = Explanation("R02", "23281", "fully_immunised", "3", "Tiêm bù")


def _load(
    engine: Engine, catalogue: Catalogue, period: str, cells: dict[tuple[str, str], str], *said: Explanation
) -> None:
    with engine.begin() as conn:
        made = item(conn, catalogue, FORM, UNIT, period, cells, name=repr(said))
        load.load_deliveries(conn, [replace(made, explanations=said)])


def _given(stamp: FormStamp) -> ReadSubmission:
    seen = Observation(*POP, "B1", "D13", CellState.VALUE, 1.0)
    return ReadSubmission(ReadResult(stamp, (seen,)))


def test_other_periods_are_the_last_versions_and_only_numbers(loader: Engine, catalogue: Catalogue) -> None:
    _load(loader, catalogue, "2024Q1", {POP: "1000", TB: ""})
    _load(loader, catalogue, "2024Q1", {POP: "1001.5", TB: "0"})
    _load(loader, catalogue, "2024Q2", {POP: "~1002"})
    unit = catalogue.find_unit(UNIT, Period.parse(PERIOD).end)
    assert unit is not None
    with loader.connect() as conn:
        asked = {(UNIT, unit.valid_from): ["2024Q2", "2024Q1", "2023Q4"]}
        assert check_history.fetch_other_periods(conn, asked) == {
            UNIT: {"2024Q1": {POP: 1001.5, TB: 0.0}, "2024Q2": {POP: 1002.0}}
        }
        assert check_history.fetch_other_periods(conn, {(UNIT, unit.valid_from): ["2023Q4"]}) == {}
        assert check_history.fetch_other_periods(conn, {}) == {}


def test_an_explanation_stays_with_its_value_and_the_last_words_count(loader: Engine, catalogue: Catalogue) -> None:
    _load(loader, catalogue, PERIOD, {POP: "1"}, SAID, replace(SAID, value="4", text="  "))
    _load(loader, catalogue, PERIOD, {POP: "2"}, replace(SAID, text=" Tiêm bù cho quý II "))
    _load(loader, catalogue, PERIOD, {POP: "3"})
    key = (SAID.code, SAID.org_unit_code, SAID.data_element, SAID.value)
    with loader.connect() as conn:
        assert check_history.fetch_explanations(conn, [STAMP, STAMP]) == {
            (FORM, UNIT, PERIOD): {key: "Tiêm bù cho quý II"}
        }
        assert check_history.fetch_explanations(conn, [replace(STAMP, period="2024Q2")]) == {}
        assert check_history.fetch_explanations(conn, []) == {}


def test_explanations_are_append_only(loader: Engine, catalogue: Catalogue) -> None:
    _load(loader, catalogue, PERIOD, {POP: "1"}, SAID)
    with pytest.raises(WarehouseError), loader.begin() as conn:
        conn.execute(text("UPDATE ops.explanation SET words = 'khác'"))


def test_a_chunk_is_told_all_of_it(loader: Engine, catalogue: Catalogue) -> None:
    _load(loader, catalogue, "2024Q2", {POP: "1002"})
    _load(loader, catalogue, PERIOD, {POP: "1"}, SAID)
    chunk = [_given(STAMP), _given(replace(STAMP, unit="615")), ReadSubmission(ReadResult(None))]
    with loader.connect() as conn:
        first, second, unread = add_unit_history(conn, catalogue, chunk)
    assert first.history == {"2024Q2": {POP: 1002.0}}
    assert list(first.explanations.values()) == ["Tiêm bù"]
    assert first.official is not None and (first.official.value, first.official.year) == (177656, 2022)
    assert second.history == {} and second.explanations == {}
    assert second.official is None and second.compare_official  # the portal prints another district's figure for it
    assert unread == chunk[2]


def test_how_a_unit_reported_counts_from_the_first_period_that_anybody_did(
    loader: Engine, catalogue: Catalogue
) -> None:
    """608 came on time, then late, then not at all; 615 only for the third quarter; of 2023 nobody was asked."""
    last = replace(STAMP, period="2024Q4")
    sent = {"2024Q1": "2024-04-05", "2024Q2": "2024-12-30"}
    with loader.begin() as conn:
        for period, day in sent.items():
            at = f"{day}T08:00:00+07:00"
            load.load_deliveries(conn, [item(conn, catalogue, FORM, UNIT, period, {POP: "1"}, received_at=at)])
        load.load_deliveries(
            conn, [item(conn, catalogue, FORM, "615", "2024Q3", {}, received_at="2024-10-03T08:00:00+07:00")]
        )
        # A correction makes nobody late.
        load.load_deliveries(
            conn, [item(conn, catalogue, FORM, UNIT, "2024Q1", {POP: "2"}, received_at="2024-09-01T08:00:00+07:00")]
        )
    with loader.connect() as conn:
        own, other = add_unit_history(conn, catalogue, [_given(last), _given(replace(last, unit="615"))])
    assert own.reporting == ReportingRecord(due=3, received=2, on_time=1)
    assert other.reporting == ReportingRecord(due=3, received=1, on_time=1)


def test_a_year_is_laid_beside_its_neighbours(loader: Engine, catalogue: Catalogue) -> None:
    """Only units that have both years, with the same cells in both; never the unit itself."""
    said = {
        ("615", "2023"): {("23500", "pc_visits"): "100", ("23503", "pc_visits"): "300"},
        ("615", "2024"): {("23500", "pc_visits"): "150", ("23503", "pc_visits"): "450"},
        ("610", "2023"): {("23341", "pc_visits"): "70"},
        (UNIT, "2023"): {("23281", "pc_visits"): "9999"},
        (UNIT, "2024"): {("23281", "pc_visits"): "9999"},
    }
    with loader.begin() as conn:
        for (unit, period), cells in said.items():
            load.load_deliveries(conn, [item(conn, catalogue, "kt-district-year", unit, period, cells)])
    stamp = replace(STAMP, form="kt-district-year", period="2024")
    with loader.connect() as conn:
        given, alone = add_unit_history(
            conn, catalogue, [_given(stamp), _given(FormStamp("kt-cdc-year", "1", "62-CDC", "2024"))]
        )
    assert given.peers == PeerFigures(owed=9, complete=1, sums={"pc_visits": (600.0, 400.0)})
    assert given.history is not None and set(given.history) == {"2023"}
    assert alone.peers is None, "no other unit owes this form"
