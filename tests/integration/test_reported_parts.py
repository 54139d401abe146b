"""A quarter that was reported where the ones before it were not: its figures are told, traced, and called no year's."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from etl import load, steps
from etl.catalog.loader import Catalogue
from etl.catalog.obligations import list_obligations
from etl.model import ElementKind, Period
from etl.settings import Settings
from etl.warehouse.rollup import compute_rollup
from etl.warehouse.rollup_request import RollupFilter
from etl.warehouse.run_context import RunContext
from tests.integration.build import item

pytestmark = pytest.mark.integration

SCOPE, PLAN, AREA = "kon-tum", "kt-1693", "62"
HIV, NEWBORN, MALARIA = "15.1", "8", "15.3"


def _send(engine: Engine, catalogue: Catalogue, period: str, *, but: str = "", seed: int = 1) -> dict[str, int]:
    """Every unit but one sends its form of a quarter, every number of it; the cases of HIV per unit are given back."""
    rng, cases, given = random.Random(f"{seed} {period}"), dict[str, int](), []  # noqa: S311
    with engine.begin() as conn:
        load.load_catalogue_rows(conn, catalogue)
        for _, form, unit in list_obligations(catalogue, catalogue.get_scope(SCOPE), Period.parse(period)):
            if form.period_kind != "quarter" or unit.code == but:
                continue
            places = [unit, *catalogue.list_children(unit.code, "commune", Period.parse(period).end)]
            cells = {(place.code, e): str(rng.randint(1, 4)) for place in places for e in catalogue.elements}
            cells |= {(place.code, "pop_avg"): "1000" for place in places}
            cells |= {(place.code, "newborns"): "20" for place in places}
            cases[unit.code] = sum(int(cells[place.code, "hiv_new"]) for place in places[1:])
            given.append(item(conn, catalogue, form.id, unit.code, period, cells))
        load.load_deliveries(conn, given)
    return cases


def _draft(period: str, cadence: str) -> dict[str, Any]:
    steps.compute_attainment(SCOPE, period)
    written = steps.draft_reports(SCOPE, period, cadence, PLAN)
    return dict(json.loads(next(Path(p) for p in written["documents"] if p.endswith("_facts.json")).read_text()))


@pytest.fixture
def alone(warehouse: Settings, loader: Engine, catalogue: Catalogue) -> dict[str, int]:
    return _send(loader, catalogue, "2024Q3")


def test_a_quarter_alone_is_told_as_the_quarter_s(alone: dict[str, int]) -> None:
    facts = _draft("2024Q3", "quarter")
    figure = facts["figures"][HIV][AREA]
    assert figure["in_quarter"]["text"] == f"{sum(alone.values())} ca"
    assert figure["in_quarter"]["covers"] == "quý III năm 2024"
    assert figure["value"]["value"] is None, "it is no nine months' figure"
    assert (figure["shown_status"], figure["met"]) == ("part_only", None)
    assert figure["reason"] == "chưa có báo cáo quý I, quý II năm 2024"
    text = json.dumps([facts["situation"], facts["lines"]], ensure_ascii=False)
    assert "Chưa tiếp nhận được báo cáo quý I, quý II năm 2024 của đơn vị nào." in text
    assert f"(15.1): {sum(alone.values())} ca" in text
    (row,) = [row for row in facts["first_page"]["rows"] if row["item"] == HIV]
    assert (row["in_quarter"], row["to_date"]) == (f"{sum(alone.values())} ca", "chưa đủ số lũy kế")
    for code, cases in alone.items():
        assert facts["figures"][HIV][code]["in_quarter"]["text"] == f"{cases} ca"
    share = facts["figures"][NEWBORN][AREA]["in_quarter"]
    assert share["out_of"]["value"] and share["text"].startswith(share["value"]["text"])


def test_every_number_of_a_quarter_alone_leads_to_its_cells(alone: dict[str, int]) -> None:
    facts = _draft("2024Q3", "quarter")
    rows = [row for row in facts["trail"] if (row["item"], row["side"]) == (HIV, "numerator")]
    assert {row["period"] for row in rows} == {"2024Q3"}
    assert sum(Fraction(row["value"]["exact"]) for row in rows) == sum(alone.values())
    assert {row["file"] for row in rows} == {f"{code}.xlsx" for code in alone}


def test_nine_months_tell_the_quarters_that_came(alone: dict[str, int], loader: Engine, catalogue: Catalogue) -> None:
    second = _send(loader, catalogue, "2024Q2", but="610")
    figure = _draft("2024N", "nine_months")["figures"][HIV][AREA]
    assert figure["in_quarter"]["covers"] == "quý II, quý III năm 2024"
    told = sum(cases for code, cases in alone.items() if code in second) + sum(second.values())
    assert figure["in_quarter"]["text"].startswith(f"{told} ca tại ")
    assert figure["reason"] == "chưa có báo cáo quý I năm 2024"
    assert figure["printed"].startswith("quý II, quý III năm 2024: ")


def test_where_the_quarters_before_came_nothing_of_this_is_said(
    alone: dict[str, int], loader: Engine, catalogue: Catalogue
) -> None:
    _send(loader, catalogue, "2024Q1")
    _send(loader, catalogue, "2024Q2")
    facts = _draft("2024Q3", "quarter")
    assert not [f for units in facts["figures"].values() for f in units.values() if f["shown_status"] == "part_only"]
    figure = facts["figures"][HIV][AREA]
    assert figure["in_quarter"]["text"] == f"{sum(alone.values())} ca" and figure["in_quarter"]["covers"] == ""


@pytest.mark.parametrize("seed", range(3))
def test_a_part_of_the_year_is_what_it_added(
    seed: int, warehouse: Settings, loader: Engine, catalogue: Catalogue
) -> None:
    """Of every indicator of events: the figure from a quarter on, and that of the quarters before, make the year's."""
    for quarter in ("2024Q1", "2024Q2", "2024Q3"):
        _send(loader, catalogue, quarter, seed=seed)
    scope, kinds = catalogue.get_scope(SCOPE), catalogue.elements
    events = {
        i.code
        for i in catalogue.indicators.values()
        if i.frequency == "quarter" and i.terms and all(kinds[t.data_element].kind == ElementKind.FLOW for t in i.terms)
    }
    assert events
    with loader.connect() as conn:
        context = RunContext(conn, catalogue, scope, Period.parse("2024Q3"))

        def observe(period: str, since: str = "") -> dict[tuple[str, str], tuple[Fraction | None, Fraction | None]]:
            only = RollupFilter(indicators=events, since=Period.parse(since) if since else None)
            rows = compute_rollup(context.for_period(Period.parse(period)), only)
            return {(o.indicator, o.unit): (o.numerator, o.denominator) for o in rows}

        whole, before, part = observe("2024Q3"), observe("2024Q1"), observe("2024Q3", "2024Q2")
    checked = 0
    for key, sides in whole.items():
        for year, earlier, later in zip(sides, before[key], part[key], strict=True):
            if year is not None:
                assert earlier is not None and later is not None
                assert year == earlier + later
                checked += 1
    assert checked > 20
