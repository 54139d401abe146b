"""What a ratio leaves out on both sides, the trail leaves out too; what was withdrawn is listed for the receiver."""

from __future__ import annotations

from fractions import Fraction

import pytest
from sqlalchemy import Engine

from etl import load
from etl.catalog.loader import Catalogue
from etl.lineage.lineage_walk import trace_figures
from etl.model import Period
from etl.warehouse.exported_values import fetch_exported_values, fetch_withdrawn_values
from etl.warehouse.one_sided_cells import _UnitCells
from etl.warehouse.rollup import compute_rollup
from etl.warehouse.run_context import RunContext
from etl.warehouse.snapshot import take_snapshot
from tests.integration.build import Cells, item

pytestmark = pytest.mark.integration

FORM, COMMUNE, OTHER = "ty-commune-quarter", "07306", "07309"
VISITS, INSURED = "pc_visits", "pc_visits_insured"


def _send(engine: Engine, catalogue: Catalogue, unit: str, period: str, cells: dict[str, str]) -> None:
    with engine.begin() as conn:
        own: Cells = {(unit, element): says for element, says in cells.items()}
        load.load_deliveries(conn, [item(conn, catalogue, FORM, unit, period, own)])


def test_the_trail_rests_on_the_cells_that_the_ratio_counts(loader: Engine, catalogue: Catalogue) -> None:
    """Without visits in the first quarter, its insured visits are of nobody: not 1,850 of 1,000, but 950."""
    _send(loader, catalogue, COMMUNE, "2024Q1", {VISITS: "x", INSURED: "900"})
    _send(loader, catalogue, COMMUNE, "2024Q2", {VISITS: "1000", INSURED: "950"})
    _send(loader, catalogue, OTHER, "2024Q1", {VISITS: "1000", INSURED: "x"})
    _send(loader, catalogue, OTHER, "2024Q2", {VISITS: "1000", INSURED: "950"})
    (code,) = (i.code for i in catalogue.indicators.values() if [t.data_element for t in i.terms] == [INSURED, VISITS])
    with loader.connect() as conn:
        at, _ = take_snapshot(conn, scope="tan-yen")
        context = RunContext(conn, catalogue, catalogue.get_scope("tan-yen"), Period.parse("2024Q2"), at)
        figures = {o.unit: o for o in compute_rollup(context) if o.indicator == code}
        assert [(figures[u].numerator, figures[u].denominator) for u in (COMMUNE, OTHER)] == [(950, 1000)] * 2
        for unit in (COMMUNE, OTHER):
            traced = trace_figures(context, {code: figures[unit].absent}, unit)[code]
            assert (traced.observed.numerator, traced.observed.denominator) == (950, 1000)
            taken = {(r.period, r.data_element): r.taken[0] for t in traced.contributions[0].terms for r in t.readings}
            assert {state for (period, _), state in taken.items() if period == "2024Q1"} == {"not_applicable"}


def test_a_merged_unit_without_one_side_gives_nothing_to_the_other() -> None:
    """Cases by population: a unit that counts no cases in any quarter leaves its people out, and another does not."""
    never = _UnitCells({("tb", 1): "not_applicable", ("tb", 2): "not_applicable", ("pop", 2): "value"})
    once = _UnitCells({("tb", 1): "not_applicable", ("tb", 2): "value", ("pop", 2): "value"})
    elements = {"tb": True, "pop": False}
    assert list(never.list_changes(elements, 0, 2, 2)) == [("pop", 2, "not_applicable")]
    silent = _UnitCells({("tb", 2): "not_applicable", ("pop", 2): "value"})  # nobody knows of the first
    assert ("pop", 2, "not_applicable") not in list(silent.list_changes({"tb": True, "pop": False}, 0, 2, 3))
    assert list(once.list_changes(elements, 0, 2, 2)) == []


def test_a_year_form_is_not_mixed_with_quarters_of_which_one_is_left_out() -> None:
    cells = _UnitCells({("a", 1): "not_applicable", ("a", 2): "value", ("b", 1): "value", ("b", 9): "value"})
    assert list(cells.list_changes({"a": True, "b": True}, 9, 2, 2)) == [
        ("b", 1, "not_applicable"),
        ("b", 9, "missing"),
    ]


def test_of_what_does_not_add_up_the_last_piece_alone_decides() -> None:
    early = _UnitCells({("a", 1): "not_applicable", ("a", 2): "value", ("b", 2): "value"})
    late = _UnitCells({("a", 1): "value", ("a", 2): "not_applicable", ("a", 9): "value", ("b", 2): "value"})
    elements = {"a": False, "b": False}
    assert list(early.list_changes(elements, 9, 2, 2)) == []
    assert list(late.list_changes(elements, 9, 2, 2)) == [("a", 1, "not_applicable"), ("b", 2, "not_applicable")]


def test_what_was_withdrawn_is_listed_with_its_last_number(loader: Engine, catalogue: Catalogue) -> None:
    _send(loader, catalogue, COMMUNE, "2024Q1", {VISITS: "2831", INSURED: "0"})
    _send(loader, catalogue, COMMUNE, "2024Q1", {VISITS: "2832", INSURED: "0"})
    with loader.connect() as conn:
        context = RunContext(conn, catalogue, catalogue.get_scope("tan-yen"), Period.parse("2024Q1"))
        assert fetch_withdrawn_values(context, fetch_exported_values(context)) == ()
    _send(loader, catalogue, COMMUNE, "2024Q1", {VISITS: "", INSURED: "0"})
    with loader.connect() as conn:
        context = RunContext(conn, catalogue, catalogue.get_scope("tan-yen"), Period.parse("2024Q1"))
        (gone,) = fetch_withdrawn_values(context, fetch_exported_values(context))
    assert (gone.org_unit_code, gone.data_element, gone.value) == (COMMUNE, VISITS, Fraction(2832))
