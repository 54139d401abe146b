"""A point in recorded time gives the same for ever, and knows when it is out of date."""

from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from threading import Event, Thread

import pytest
from sqlalchemy import Engine, text

from etl import load
from etl.catalog.loader import Catalogue
from etl.errors import UsageError
from etl.model import Attainment, Period
from etl.warehouse import attainment_store, rollup
from etl.warehouse.attainment_store import AttainmentKey
from etl.warehouse.rollup_request import RollupFilter
from etl.warehouse.run_context import RunContext
from etl.warehouse.snapshot import take_snapshot
from tests.integration.build import item

pytestmark = pytest.mark.integration

FORM = "kt-district-quarter"


def _load(engine: Engine, catalogue: Catalogue, period: str, insured: str, unit: str = "608") -> None:
    with engine.begin() as conn:
        cells = {("23281", "pop_total"): "100", ("23281", "insured"): insured}
        load.load_deliveries(conn, [item(conn, catalogue, FORM, unit, period, cells)])


def _bhyt(engine: Engine, catalogue: Catalogue, at: str | None) -> Fraction | None:
    with engine.connect() as conn:
        seen = rollup.compute_rollup(
            RunContext(conn, catalogue, catalogue.get_scope("kon-tum"), Period.parse("2024Q1"), at),
            RollupFilter(["62"]),
        )
    return next(o.value for o in seen if o.indicator == "bhyt")


def test_what_was_known_then_stays(loader: Engine, catalogue: Catalogue) -> None:
    with loader.connect() as conn:
        before = take_snapshot(conn)
    _load(loader, catalogue, "2024Q1", "90")
    with loader.connect() as conn:
        first = take_snapshot(conn)
    _load(loader, catalogue, "2024Q1", "95")
    with loader.connect() as conn:
        second, again = take_snapshot(conn), take_snapshot(conn, first.at)
    assert [_bhyt(loader, catalogue, at) for at in (before.at, first.at, second.at, None)] == [None, 90, 95, 95]
    assert again == first
    assert len({before.id, first.id, second.id}) == 3
    assert before.at < first.at < second.at


def test_the_id_is_of_the_content_and_not_of_the_moment(loader: Engine, catalogue: Catalogue) -> None:
    _load(loader, catalogue, "2024Q1", "90")
    with loader.connect() as conn:
        assert take_snapshot(conn).id == take_snapshot(conn).id
        one = take_snapshot(conn)
    assert datetime.fromisoformat(one.at).tzinfo is not None
    assert len(one.at.partition(".")[2].partition("+")[0]) == 6


def test_what_arrives_in_one_scope_leaves_the_snapshots_of_the_others(loader: Engine, catalogue: Catalogue) -> None:
    def ids() -> dict[str, str]:
        with loader.connect() as conn:
            return {scope: take_snapshot(conn, scope=scope).id for scope in ("kon-tum", "tan-yen", "")}

    before = ids()
    _load(loader, catalogue, "2024Q1", "90")
    after = ids()
    assert {scope for scope in before if before[scope] != after[scope]} == {"kon-tum", ""}


def test_a_load_in_flight_cannot_slip_in_under_a_snapshot(loader: Engine, catalogue: Catalogue) -> None:
    """Without waiting, the load below would commit with a time before the snapshot's."""
    taken, may_commit, recorded = Event(), Event(), Event()
    seen = []

    def slow_load() -> None:
        with loader.begin() as conn:
            load.load_deliveries(conn, [item(conn, catalogue, FORM, "608", "2024Q1", {("23281", "pop_total"): "1"})])
            recorded.set()
            may_commit.wait(120)

    def take() -> None:
        with loader.connect() as conn:
            seen.append(take_snapshot(conn))
        taken.set()

    threads = [Thread(target=slow_load), Thread(target=take)]
    threads[0].start()
    assert recorded.wait(120)
    threads[1].start()
    assert not taken.wait(0.3)
    may_commit.set()
    for thread in threads:
        thread.join()
    with loader.connect() as conn:
        at = conn.execute(text("SELECT max(recorded_at) FROM core.submission")).scalar_one()
        assert take_snapshot(conn, seen[0].at).id == seen[0].id
    assert at == datetime.fromisoformat(seen[0].at), "the load that was waited for is the last thing recorded"


@pytest.mark.parametrize("at", ["yesterday", "2024-07-15T08:00:00"])
def test_a_moment_needs_to_be_one(loader: Engine, at: str) -> None:
    with loader.connect() as conn, pytest.raises(UsageError):
        take_snapshot(conn, at)


def test_attainment_is_kept_once_per_difference(loader: Engine, catalogue: Catalogue) -> None:
    third = Fraction(1, 3)
    rows = [
        Attainment(
            "kt-1693",
            "1",
            "1",
            "threshold",
            "bhyt",
            "62",
            "2024Q1",
            *(third,) * 3,
            ">=",
            "",
            None,
            "",
            None,
            True,
            "met",
        )
    ]
    now = "2024-04-20T08:00:00+07:00"
    with loader.begin() as conn:
        assert attainment_store.store_attainment(conn, AttainmentKey("kon-tum", "2024Q1", "s1"), now, rows) is True
        assert attainment_store.store_attainment(conn, AttainmentKey("kon-tum", "2024Q1", "s1"), now, rows) is False
        assert attainment_store.store_attainment(conn, AttainmentKey("kon-tum", "2024Q1", "s2"), now, rows) is False
        assert (
            attainment_store.store_attainment(
                conn, AttainmentKey("kon-tum", "2024Q1", "s3"), now, [replace(rows[0], value=Fraction(2))]
            )
            is True
        )
        seen = conn.execute(text("SELECT snapshot_id, plan, value, met FROM out.attainment")).all()
        stored = conn.execute(text("SELECT count(*) FROM plan.attainment")).scalar_one()
    assert [tuple(r) for r in seen] == [("s3", "kt-1693", 2, True)]
    assert stored == 2


def test_periods_go_stale_when_what_they_rest_on_changes(loader: Engine, catalogue: Catalogue) -> None:
    def stale() -> list[str]:
        with loader.connect() as conn:
            found = attainment_store.list_stale_periods(conn)
        assert {scope for scope, _ in found} <= {"kon-tum"}
        return [period for _, period in found]

    def compute(*periods: str) -> None:
        with loader.begin() as conn:
            known = take_snapshot(conn)
            for period in periods:
                attainment_store.store_attainment(conn, AttainmentKey("kon-tum", period, known.id), known.at, [])

    assert stale() == []
    _load(loader, catalogue, "2024Q1", "90")
    _load(loader, catalogue, "2024Q2", "90")
    assert stale() == ["2024Q1", "2024Q2"]
    compute("2024Q1", "2024Q2")
    assert stale() == []
    _load(loader, catalogue, "2024Q2", "91")
    assert stale() == ["2024Q2"]
    compute("2024Q2")
    _load(loader, catalogue, "2024Q1", "92")
    assert stale() == ["2024Q1", "2024Q2"], "flows of the second quarter begin in January"
