"""What goes up the chain: which form, which cells, and nothing lost on the way that an indicator needs."""

from __future__ import annotations

from datetime import date

import pytest

from etl.catalog import Catalogue
from etl.catalog.layout import build_form_layout
from etl.catalog.obligations import list_obligations
from etl.catalog.owed_cells import compute_limit, find_upward_form, list_owed_cells
from etl.errors import CatalogueError
from etl.model import Period, PeriodKind


@pytest.mark.parametrize(
    ("scope", "period", "asked"),
    [
        ("tan-yen", "2024Q3", ("bac-giang", "bg-huyen-quarter", "216")),
        ("tan-yen", "2024", ("bac-giang", "bg-huyen-year", "216")),
        ("kon-tum", "2025Q2", ("quoc-gia", "qg-tinh-quarter", "62")),
        ("bac-giang", "2024Q1", ("quoc-gia", "qg-tinh-quarter", "24")),
        ("quang-ngai", "2026Q1", ("toan-quoc", "toan-quoc-quarter", "51")),
        ("bac-ninh", "2026", ("toan-quoc", "toan-quoc-year", "24")),
        ("quang-ngai", "2025Q4", None),
        ("toan-quoc", "2026Q1", None),
        ("quoc-gia", "2024Q1", None),
        ("kon-tum", "2025Q3", None),
        ("tan-yen", "2024H1", None),
    ],
)
def test_who_above_asks_for_a_scopes_figures(
    catalogue: Catalogue, scope: str, period: str, asked: tuple[str, str, str] | None
) -> None:
    found = find_upward_form(catalogue, catalogue.get_scope(scope), Period.parse(period))
    assert (found and (found[0].id, found[1].id, found[2].code)) == asked


def test_the_upward_forms_collect_everything_that_indicators_divide(catalogue: Catalogue) -> None:
    needed = {
        code
        for indicator in catalogue.indicators.values()
        for side in (indicator.numerator, indicator.denominator)
        if side
        for code in (side.elements or (side.count_of,))
    }
    collected = {c.data_element for c in catalogue.columns if c.set == "upward"}
    assert collected == needed


def test_a_year_of_every_scope_collects_what_its_plans_divide(catalogue: Catalogue) -> None:
    """After a change of forms too: an element that only the former forms ask for would leave its indicator empty."""
    not_collected = set()
    for scope in catalogue.scopes.values():
        for period in (Period.parse("2024"), Period.parse("2025")):
            owed = set().union(*list_owed_cells(catalogue, scope.id, period).values())
            named = {
                target.indicator for plan in scope.plans for target in catalogue.plans[plan].targets if target.indicator
            }
            sides = [(code, catalogue.indicators[code].numerator) for code in named]
            sides += [(code, catalogue.indicators[code].denominator) for code in named]
            not_collected |= {
                (scope.id, code) for code, side in sides if owed and side and not owed >= {*side.elements}
            }
    no_form_of_a_provincial_office = {("quang-ngai", code) for code in ("preventive_budget_share", "satisfaction")}
    assert not_collected == no_form_of_a_provincial_office


def test_the_level_above_expects_the_leaves_of_the_level_below(catalogue: Catalogue) -> None:
    period = Period.parse("2024Q3")
    nation, kon_tum, tan_yen = (list_owed_cells(catalogue, s, period) for s in ("quoc-gia", "kon-tum", "tan-yen"))
    assert set(nation) == set(kon_tum) | set(tan_yen)
    assert list_owed_cells(catalogue, "bac-giang", period) == {u: nation[u] for u in tan_yen}
    for unit, elements in nation.items():
        assert elements <= (kon_tum.get(unit) or tan_yen[unit])
        assert {"insured", "pop_total"} <= elements or unit.level != "commune"


def test_every_upward_form_that_is_owed_has_cells(catalogue: Catalogue) -> None:
    checked = 0
    for scope in catalogue.scopes.values():
        for kind in (PeriodKind.QUARTER, PeriodKind.YEAR):
            for period in catalogue.list_owed_periods(scope, kind):
                for _, form, unit in list_obligations(catalogue, scope, period):
                    if any(sheet.kind.is_upward for sheet in form.sheets):
                        cells = [i for _, i in build_form_layout(catalogue, scope, form, unit, period).inputs]
                        assert cells and len({(i.org_unit_code, i.data_element) for i in cells}) == len(cells)
                        checked += 1
    assert checked >= 20


def test_a_province_without_a_scope_sends_its_sums_and_they_may_be_larger_than_a_communes(catalogue: Catalogue) -> None:
    scope, form, period = catalogue.get_scope("toan-quoc"), catalogue.forms["toan-quoc-quarter"], Period.parse("2026Q1")
    for code, places in (("01", 1), ("51", 96), ("24", 99)):
        unit = catalogue.find_unit(code, period.end)
        assert unit
        cells = [i for _, i in build_form_layout(catalogue, scope, form, unit, period).inputs]
        assert len({c.org_unit_code for c in cells}) == places
        assert len({c.data_element for c in cells}) == 11
    limits = {code: compute_limit(catalogue, form, code, "stations") for code in ("01", "23504")}
    assert limits == {"01": 4000, "23504": 20}
    assert compute_limit(catalogue, catalogue.forms["xa-quarter"], "23504", "stations") == 20


def test_a_unit_without_a_scope_of_its_own_cannot_send_upwards(catalogue: Catalogue) -> None:
    scope, form = catalogue.get_scope("quoc-gia"), catalogue.forms["qg-tinh-quarter"]
    stranger = catalogue.find_unit("21025", date(2025, 8, 1))
    assert stranger
    with pytest.raises(CatalogueError, match="no scope says"):
        build_form_layout(catalogue, scope, form, stranger, Period.parse("2025Q3"))
