"""What steps add to attainment from the warehouse: missing units' history, series, outlook; as known at a moment."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F

import pytest
from sqlalchemy import Connection, Engine

from etl import load
from etl.catalog import models
from etl.catalog.loader import Catalogue
from etl.model import Attainment, Period
from etl.warehouse import attainment_store
from etl.warehouse.attainment_store import AttainmentKey
from etl.warehouse.rollup import compute_rollup
from etl.warehouse.run_context import RunContext
from etl.warehouse.snapshot import take_snapshot
from etl.warehouse.unit_history import annotate_gaps
from tests.integration.build import compute_attainment_rows, item
from tests.oracle.test_sums import BASE
from tests.spec.doubt_tables import RULES
from tests.wording import told

pytestmark = pytest.mark.integration

SHARES = ("managed_share", "screened_share", "fever_rate")


@pytest.fixture
def world() -> Catalogue:
    from etl.catalog.loader import load_catalogue

    return load_catalogue(BASE)


def send(conn: Connection, c: Catalogue, period: str, unit: str, **cells: str) -> None:
    """`a1_pop="5"` is commune a1's pop."""
    said = {(name.partition("_")[0], name.partition("_")[2]): value for name, value in cells.items()}
    load.load_deliveries(conn, [item(conn, c, "quarter", unit, period, said, name=f"{unit} {period} {cells}")])


def four(unit: str, pop: int, managed: int, births: int, screened: int, fever: int = 0) -> dict[str, str]:
    return {
        f"{unit}_pop": str(pop), f"{unit}_managed": str(managed), f"{unit}_births": str(births),
        f"{unit}_screened": str(screened), f"{unit}_fever": str(fever),
    }  # fmt: skip


def gaps(
    conn: Connection, c: Catalogue, period: str, known: str | None = None
) -> dict[str, dict[str, list[tuple[F, F]]]]:
    context = RunContext(conn, c, c.get_scope("made-up"), Period.parse(period), known)
    seen = annotate_gaps(context, compute_rollup(context))
    return {
        o.indicator: {gap.unit: list(gap.history) for gap in o.gaps}
        for o in seen
        if o.unit == "P" and o.indicator in SHARES
    }


def test_missing_units_bring_what_they_said_before(sandbox: Engine, world: Catalogue) -> None:
    with sandbox.connect() as conn:
        load.load_catalogue_rows(conn, world)
        send(conn, world, "2024Q1", "D1", **four("a1", 100, 80, 10, 5, 1), **four("a2", 200, 190, 20, 20))
        send(conn, world, "2024Q2", "D1", **four("a1", 110, 99, 12, 12, 3))
        for key in ("2024Q1", "2024Q2", "2024Q3"):
            send(conn, world, key, "D2", **four("b1", 50, 40, 5, 5), **four("b2", 50, 50, 5, 5))
        found = gaps(conn, world, "2024Q3")
    assert found["managed_share"] == {
        "a1": [(F(80), F(100)), (F(99), F(110))],
        "a2": [(F(190), F(200))],
    }
    # Flows of one quarter stand for three; the population of the rate stands once.
    assert found["screened_share"]["a1"] == [(F(15), F(30)), (F(36), F(36))]
    assert found["fever_rate"]["a1"] == [(F(3), F(100)), (F(9), F(110))]
    assert set(found["screened_share"]) == {"a1", "a2"}


def test_history_is_as_known_at_a_moment(sandbox: Engine, world: Catalogue) -> None:
    with sandbox.connect() as conn:
        load.load_catalogue_rows(conn, world)
        send(conn, world, "2024Q1", "D1", **four("a1", 100, 80, 10, 5), **four("a2", 200, 190, 20, 20))
        send(conn, world, "2024Q2", "D2", **four("b1", 50, 40, 5, 5), **four("b2", 50, 50, 5, 5))
        then = take_snapshot(conn).at
        send(conn, world, "2024Q1", "D1", **four("a1", 100, 10, 10, 5), **four("a2", 200, 190, 20, 20))
        assert gaps(conn, world, "2024Q2", then)["managed_share"]["a1"] == [(F(80), F(100))]
        assert gaps(conn, world, "2024Q2")["managed_share"]["a1"] == [(F(10), F(100))]


def test_nothing_is_asked_where_nothing_is_missing(sandbox: Engine, world: Catalogue) -> None:
    with sandbox.connect() as conn:
        load.load_catalogue_rows(conn, world)
        send(
            conn, world, "2024Q1", "D1",
            **four("a1", 1, 1, 1, 1), **four("a2", 1, 1, 1, 1), **four("a3", 1, 1, 1, 1),
        )  # fmt: skip
        send(conn, world, "2024Q1", "D2", **four("b1", 1, 1, 1, 1), **four("b2", 1, 1, 1, 1))
        assert gaps(conn, world, "2024Q1") == {code: {} for code in SHARES}


def staffed(world: Catalogue) -> Catalogue:
    line = models.Target.model_validate(
        {
            "item": "1", "clause": "1", "title": "x", "indicator": "doctors_rate", "kind": "threshold",
            "milestones": [{"period": "2025", "written": "x", "operator": ">=", "value": 50}],
        }
    )  # fmt: skip
    plan = world.plans["made-up"].model_copy(update={"targets": (line,)})
    return replace(world, plans={"made-up": plan}, sha256="staffed")


def staff(conn: Connection, c: Catalogue, form: str, period: str, unit: str, cells: dict[tuple[str, str], str]) -> None:
    load.load_deliveries(conn, [item(conn, c, form, unit, period, cells, name=f"{form} {unit} {period} {cells}")])


def test_a_silent_hospital_bounds_the_area_by_its_own_years_and_gives_no_verdict(
    sandbox: Engine, world: Catalogue
) -> None:
    c = staffed(world)
    first = {("D1", "doctors"): "10", ("a1", "pop"): "200", ("a2", "pop"): "200", ("a3", "pop"): "x"}
    second = {("D2", "doctors"): "5", ("b1", "pop"): "300", ("b2", "pop"): "300"}
    with sandbox.connect() as conn:
        load.load_catalogue_rows(conn, c)
        for period in ("2022", "2023", "2024"):
            staff(conn, c, "year", period, "D1", first)
            staff(conn, c, "year", period, "D2", second)
        silent = area(conn, c, "2024")
        staff(conn, c, "hospital", "2022", "H", {("H", "doctors"): "20"})
        staff(conn, c, "hospital", "2023", "H", {("H", "doctors"): "25"})
        bounded = area(conn, c, "2024")
        staff(conn, c, "hospital", "2024", "H", {("H", "doctors"): "22"})
        whole = area(conn, c, "2024")
    assert told(silent.reason) == "thiếu số liệu của Hospital nên chưa tính được cho toàn địa bàn"
    assert (silent.value, silent.bounds, silent.status) == (None, None, "no_data")
    assert told(silent.bounds_reason).startswith("1 đơn vị thiếu số liệu chưa từng báo cáo")
    assert (bounded.value, bounded.met, bounded.as_of, bounded.people_missing) == (None, None, "", None)
    assert bounded.bounds == (F(35), F(40))
    assert (whole.value, whole.met, whole.bounds) == (F(37), False, None)


# --- outlook -----------------------------------------------------------------------------------------


def planned(world: Catalogue) -> Catalogue:
    line = models.Target.model_validate(
        {
            "item": "2", "clause": "2", "title": "x", "indicator": "managed_share", "kind": "threshold",
            "milestones": [{"period": "2025", "written": "x", "operator": ">=", "value": 90}],
        }
    )  # fmt: skip
    plan = world.plans["made-up"].model_copy(update={"targets": (line,)})
    rules = RULES.model_copy(update={"min_points": 4})
    return replace(world, plans={"made-up": plan}, outlook=rules, sha256="planned")


def quarter(conn: Connection, c: Catalogue, key: str, managed: int) -> None:
    send(conn, c, key, "D1", **four("a1", 100, managed, 1, 1), **four("a2", 100, managed, 1, 1))
    send(conn, c, key, "D2", **four("b1", 100, managed, 1, 1), **four("b2", 100, managed, 1, 1))


def area(conn: Connection, c: Catalogue, key: str, known: str | None = None) -> Attainment:
    rows = compute_attainment_rows(conn, c, c.get_scope("made-up"), Period.parse(key), known)
    (row,) = [row for row in rows if row.unit == "P"]
    assert all(not other.projections for other in rows if other.unit != "P")
    return row


def test_the_area_gets_an_outlook_from_its_own_quarters(sandbox: Engine, world: Catalogue) -> None:
    c = planned(world)
    with sandbox.connect() as conn:
        load.load_catalogue_rows(conn, c)
        for key, managed in zip(("2024Q2", "2024Q3", "2024Q4"), (60, 62, 65), strict=True):
            quarter(conn, c, key, managed)
        assert told(area(conn, c, "2024Q4").projections[0].reason) == "quá ít số liệu để dự báo: có 3 kỳ, cần ít nhất 4"
        quarter(conn, c, "2024Q1", 58)
        row = area(conn, c, "2024Q4")
        (found,) = row.projections
        assert (found.points, found.year, found.target) == (4, 2025, 90)
        assert found.value is not None and 70 < found.value < 80
        assert row.limits is not None and row.limits.points == 4


def test_kept_figures_give_the_same_outlook_and_what_came_since_is_seen(sandbox: Engine, world: Catalogue) -> None:
    c = planned(world)
    quarters = ("2024Q1", "2024Q2", "2024Q3", "2024Q4")
    with sandbox.connect() as conn:
        load.load_catalogue_rows(conn, c)
        for key, managed in zip(quarters, (58, 60, 61, 65), strict=True):
            quarter(conn, c, key, managed)
        anew = area(conn, c, "2024Q4")
        for key in quarters[:3]:
            at = take_snapshot(conn)
            rows = compute_attainment_rows(conn, c, c.get_scope("made-up"), Period.parse(key), at.at)
            attainment_store.store_attainment(conn, AttainmentKey("made-up", key, at.id), at.at, rows)
        keys = list(quarters[:3])
        kept = {row.period for row in attainment_store.fetch_stored_values(conn, "made-up", keys, "P", None)}
        assert kept == set(keys)
        assert area(conn, c, "2024Q4") == anew
        before = take_snapshot(conn).at
        quarter(conn, c, "2024Q2", 40)
        kept = {row.period for row in attainment_store.fetch_stored_values(conn, "made-up", keys, "P", None)}
        assert kept == {"2024Q1"}, "a later version makes its period and those after it be computed anew"
        assert area(conn, c, "2024Q4").projections != anew.projections
        assert area(conn, c, "2024Q4", before) == anew
