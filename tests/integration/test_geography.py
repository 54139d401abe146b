"""The change of 01/07/2025 crossed for real: districts report to 2025Q2, communes to the new offices from 2025Q3, and
the series of the former areas go on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from etl import load
from etl.catalog import models
from etl.catalog.geography import find_area, get_plan_area_code, is_within_area
from etl.catalog.loader import Catalogue
from etl.catalog.obligations import list_obligations
from etl.lineage import lineage_walk
from etl.model import ElementKind, ObservedIndicator, Period
from etl.warehouse import rollup
from etl.warehouse.quarter_values import fetch_quarter_values
from etl.warehouse.rollup_request import RollupFilter
from etl.warehouse.run_context import RunContext
from etl.warehouse.snapshot import take_snapshot
from simulation.cell_values import Key, Value, build_cell_values
from tests.integration.build import compute_attainment_rows, item
from tests.wording import told

pytestmark = pytest.mark.integration

OLD, NEW = date(2025, 6, 30), date(2025, 7, 1)
QUARTERS = ("2025Q1", "2025Q2", "2025Q3", "2025Q4")
SCOPES = ("kon-tum", "tan-yen")
LATER = {"kon-tum": "quang-ngai", "tan-yen": "bac-ninh"}


@dataclass
class Crossed:
    """A warehouse in which both scopes have reported; `year_from_quarters` was asked before the year forms came."""

    conn: Connection
    catalogue: Catalogue
    told: dict[tuple[str, str], dict[Key, Value]] = field(default_factory=dict)
    year_from_quarters: dict[str, list[ObservedIndicator]] = field(default_factory=dict)

    def find_scope(self, former: str, key: str) -> models.Scope:
        """Who collects in a former scope's area in a period."""
        return self.catalogue.get_scope(former if key < "2025Q3" and key != "2025" else LATER[former])

    def find_area(self, former: str) -> models.Unit:
        area = find_area(self.catalogue, self.catalogue.get_scope(former))
        assert area
        return area

    def send(self, former: str, key: str) -> None:
        """What the units of a former scope's area send; the others of the new office stay silent."""
        scope, period, area = self.find_scope(former, key), Period.parse(key), self.find_area(former)
        owed = [(f, u) for _, f, u in list_obligations(self.catalogue, scope, period)
                if is_within_area(self.catalogue, area, u)]  # fmt: skip
        senders = {unit.code for _, unit in owed}
        told = self.told[former, key] = {
            cell: value for cell, value in build_cell_values(self.catalogue, scope, period).items()
            if cell[0] in senders
        }  # fmt: skip
        cells: dict[str, dict[tuple[str, str], str]] = {}
        for (unit, org_unit, element), value in told.items():
            if element in self.catalogue.elements:
                cells.setdefault(unit, {})[org_unit, element] = str(value)
        items = [
            item(self.conn, self.catalogue, form.id, unit.code, key, cells[unit.code], name=f"{form.id} {unit.code}")
            for form, unit in owed
        ]
        load.load_deliveries(self.conn, items)

    def ask(self, scope: str, period: str, geography: date | None = None) -> dict[tuple[str, str], ObservedIndicator]:
        only = RollupFilter(area=self.find_area(scope))
        found = rollup.compute_rollup(
            RunContext(self.conn, self.catalogue, self.find_scope(scope, period), Period.parse(period)), only, geography
        )
        return {(o.indicator, o.unit): o for o in found}

    def total(self, scope: str, period: str, element: str, *units: str) -> Fraction:
        """Σ of an element over what was told, of all units or of some org units."""
        told = self.told[scope, period]
        return Fraction(sum(float(v) for (_, o, e), v in told.items() if e == element and (not units or o in units)))


@pytest.fixture(scope="module")
def crossed(sandbox: Engine, catalogue: Catalogue) -> Iterator[Crossed]:
    with sandbox.connect() as conn:
        load.load_catalogue_rows(conn, catalogue)
        made = Crossed(conn, catalogue)
        for scope in SCOPES:
            for period in ("2023", "2024Q4", *QUARTERS):
                made.send(scope, period)
            made.year_from_quarters[scope] = list(made.ask(scope, "2025").values())
            made.send(scope, "2025")
        yield made


def _communes_of(catalogue: Catalogue, district: str) -> set[str]:
    return {u.code for u in catalogue.list_children(district, "commune", OLD)}


def test_as_it_was_gives_the_units_of_the_period(crossed: Crossed) -> None:
    before, after = crossed.ask("kon-tum", "2025Q2"), crossed.ask("kon-tum", "2025Q3")
    agencies = {unit.code for unit in crossed.catalogue.units if unit.level == "agency"}
    assert len({unit for _, unit in before} - agencies) == 11
    assert len({unit for _, unit in after} - agencies) == 41
    assert {o.level for o in after.values() if o.level} == {"province", "commune", "agency"}


def test_an_agency_goes_on_with_the_series_of_the_unit_that_it_took_over(crossed: Crossed) -> None:
    """In 2023 a district's form has the waste of its centre; from mid-2025 on the centre is an agency and reports it."""
    code, centre = "medical_waste", "51-TTYT-608"
    before, after = crossed.ask("kon-tum", "2025Q2"), crossed.ask("kon-tum", "2025Q3")
    districts = {unit.code for unit in crossed.catalogue.list_children("62", "district", OLD)}
    hospitals = {"62-BVT", "62-BVNH", "62-BVYDCT"}
    assert {unit for i, unit in before if i == code and unit not in {"62", *districts}} == hospitals
    was, now = before[code, "608"], after[code, centre]
    assert was.value is not None and (now.as_of, now.numerator, now.denominator) == (
        "2023",
        was.numerator,
        was.denominator,
    )
    whole = crossed.ask("kon-tum", "2025")
    parts = [o for (i, unit), o in whole.items() if i == code and o.level == "agency"]
    assert len(parts) == 13 and whole[code, "62"].numerator == sum(o.numerator or 0 for o in parts)


@pytest.mark.parametrize("period", QUARTERS)
def test_the_province_goes_on_and_is_complete(crossed: Crossed, period: str) -> None:
    seen = crossed.ask("kon-tum", period)["bhyt", "62"]
    insured, people = (crossed.total("kon-tum", period, e) for e in ("insured", "pop_total"))
    assert (seen.numerator, seen.denominator, seen.value) == (insured, people, insured / people * 100)
    assert seen.present == seen.expected == (102 if period < "2025Q3" else 40)


def test_old_districts_go_on_exactly_after_their_end(crossed: Crossed, catalogue: Catalogue) -> None:
    """The truth is what the simulated old communes would have reported: the successors' sums are made of them."""
    seen = crossed.ask("kon-tum", "2025Q4", OLD)
    checked = 0
    for district in catalogue.list_children("62", "district", OLD):
        heirs = {
            s.new_code for code in _communes_of(catalogue, district.code)
            for s in catalogue.successions if s.old_code == code and s.old_valid_to == OLD
        }  # fmt: skip
        found = seen["bhyt", district.code]
        assert found.numerator == crossed.total("kon-tum", "2025Q4", "insured", *heirs)
        assert found.denominator == crossed.total("kon-tum", "2025Q4", "pop_total", *heirs)
        assert found.present == found.expected == len(heirs)
        assert not found.no_figure
        checked += len(heirs)
    assert checked == 40


def test_flows_of_an_old_district_add_up_over_the_change(crossed: Crossed, catalogue: Catalogue) -> None:
    seen = crossed.ask("kon-tum", "2025Q4", OLD)["newborn_screened", "610"]
    old = _communes_of(catalogue, "610")
    new = {s.new_code for s in catalogue.successions if s.old_code in old and s.old_valid_to == OLD}
    births = sum(crossed.total("kon-tum", q, "live_births", *old) for q in QUARTERS[:2])
    births += sum(crossed.total("kon-tum", q, "live_births", *new) for q in QUARTERS[2:])
    assert seen.denominator == births


def test_flows_of_a_new_commune_hold_what_its_old_ones_had(crossed: Crossed, catalogue: Catalogue) -> None:
    seen = crossed.ask("kon-tum", "2025Q4")["newborn_screened", "23341"]
    old = {s.old_code for s in catalogue.successions if s.new_code == "23341" and s.new_valid_from == NEW}
    births = sum(crossed.total("kon-tum", q, "live_births", *old) for q in QUARTERS[:2])
    births += sum(crossed.total("kon-tum", q, "live_births", "23341") for q in QUARTERS[2:])
    assert len(old) > 1
    assert seen.denominator == births
    assert (seen.expected, seen.present) == (1, 1)


def test_old_quarters_restated_on_todays_units(crossed: Crossed, catalogue: Catalogue) -> None:
    seen = crossed.ask("kon-tum", "2024Q4", NEW)
    was = crossed.ask("kon-tum", "2024Q4")
    communes = [o.unit for (code, _), o in seen.items() if code == "bhyt" and o.unit != "62"]
    assert len(communes) == 40
    for side in ("numerator", "denominator"):
        assert sum(getattr(seen["bhyt", u], side) for u in communes) == getattr(was["bhyt", "62"], side)
    assert seen["bhyt", "62"] == was["bhyt", "62"]


def test_a_unit_made_of_two_is_not_cut_up_again(crossed: Crossed) -> None:
    seen = crossed.ask("tan-yen", "2025Q3", OLD)["bhyt", "07309"]
    assert (seen.value, seen.numerator) == (None, None)
    assert "xã Tân Trung nhập với" in told(seen.no_figure)
    assert "chưa có tỉ lệ phân chia" in told(seen.no_figure)


def test_tan_yen_after_the_change_is_not_restatable_and_says_why(crossed: Crossed) -> None:
    assert crossed.ask("tan-yen", "2025Q2")["bhyt", "216"].value is not None
    for period in ("2025Q3", "2025Q4", "2025"):
        seen = crossed.ask("tan-yen", period)["bhyt", "216"]
        assert (seen.value, seen.numerator, seen.denominator) == (None, None, None)
        assert "xã Quế Nham nhập với bốn phường của thành phố Bắc Giang thành phường Đa Mai" in told(seen.no_figure)
    communes = {u for _, u in crossed.ask("tan-yen", "2025Q3")} - {"216"}
    assert communes == {"07306", "07330", "07333", "07339", "07351"}
    assert crossed.ask("tan-yen", "2025Q3")["bhyt", "07306"].value is not None


def test_the_year_of_two_kinds_of_units_from_its_quarters_is_the_year_forms(
    crossed: Crossed, catalogue: Catalogue
) -> None:
    """Before the year forms were in, two quarters of districts and two of communes gave what the forms then said."""
    for scope in SCOPES:
        forms = crossed.ask(scope, "2025")
        compared = 0
        for early in crossed.year_from_quarters[scope]:
            late = forms[early.indicator, early.unit]
            quarterly = catalogue.indicators[early.indicator].frequency == "quarter"
            if quarterly and early.value is not None:
                assert (early.numerator, early.present) == (late.numerator, late.present), early
                assert early.denominator is not None and late.denominator is not None
                # A form of the year asks for whole people: each unit rounds its own mean of the quarters.
                averages = any(
                    catalogue.elements[term.data_element].kind == ElementKind.AVERAGE
                    for term in catalogue.indicators[early.indicator].terms
                )
                rounded = Fraction(early.present, 2) if averages else 0
                assert abs(early.denominator - late.denominator) <= rounded, early
                compared += 1
        assert compared > 80


def test_facilities_are_counted_once_on_either_side_of_the_change(crossed: Crossed) -> None:
    seen = crossed.ask("kon-tum", "2025")["doctors_per_10k", "62"]
    assert seen.numerator == crossed.total("kon-tum", "2025", "doctors")
    assert seen.denominator == crossed.total("kon-tum", "2025", "pop_total")
    assert (seen.present, seen.expected) == (54, 54)
    district = crossed.ask("kon-tum", "2025", OLD)["doctors_per_10k", "610"]
    assert district.numerator == crossed.total("kon-tum", "2025", "doctors", "51-TTYT-610")


def test_the_history_of_a_commune_is_that_of_its_parts(crossed: Crossed, catalogue: Catalogue) -> None:
    quarters = fetch_quarter_values(crossed.conn, catalogue, "23341", Period.parse("2025"))["23341", "live_births"]
    old = {s.old_code for s in catalogue.successions if s.new_code == "23341" and s.new_valid_from == NEW}
    parts = [crossed.total("kon-tum", q, "live_births", *(old if q < "2025Q3" else {"23341"})) for q in QUARTERS]
    assert quarters == tuple(map(float, parts))
    centre = fetch_quarter_values(crossed.conn, catalogue, "51-TTYT-610", Period.parse("2025"))[
        "51-TTYT-610", "dhc_techniques_list"
    ]
    assert None not in centre


@pytest.mark.parametrize(("scope", "plan"), [("kon-tum", "kt-1693"), ("tan-yen", "ty-ct25")])
def test_attainment_of_2025_against_the_milestones_of_2025(crossed: Crossed, scope: str, plan: str) -> None:
    chosen = crossed.find_scope(scope, "2025")
    rows = [
        r
        for r in compute_attainment_rows(crossed.conn, crossed.catalogue, chosen, Period.parse("2025"), None)
        if r.plan == plan
    ]
    of_2025 = [r for r in rows if r.target_period == "2025"]
    assert of_2025
    code = get_plan_area_code(crossed.catalogue, chosen, plan)
    assert code == crossed.find_area(scope).code != chosen.area_unit
    area = [r for r in of_2025 if r.unit == code]
    communes = [r for r in of_2025 if r.unit != code]
    assert {r.unit for r in communes} == {u for _, u in crossed.ask(scope, "2025")} - {code}
    assert any(r.met is not None for r in communes)
    if scope == "kon-tum":
        assert {r.met for r in area} >= {True, False}
        assert next(r for r in area if r.indicator == "bhyt").completeness == 1
    else:
        assert {r.met for r in area} == {None}
        assert all("Quế Nham" in told(r.reason) for r in area if r.status == "no_data")


def test_a_new_commune_starts_from_what_its_parts_had(crossed: Crossed) -> None:
    """Code 23284 was an old ward's too: the base must be of the new unit, not of the old one with its code."""
    rows: Any = compute_attainment_rows(
        crossed.conn, crossed.catalogue, crossed.find_scope("kon-tum", "2025"), Period.parse("2025"), None
    )
    row = next(r for r in rows if (r.plan, r.indicator, r.unit) == ("kt-1693", "bhyt", "23284"))
    parts = {s.old_code for s in crossed.catalogue.successions if s.new_code == "23284"}
    insured, people = (crossed.total("kon-tum", "2023", e, *parts) for e in ("insured", "pop_total"))
    assert len(parts) > 1
    assert row.baseline == insured / people * 100


@pytest.mark.parametrize("unit_of", ["area", "commune"])
def test_a_trail_leads_through_the_merger(crossed: Crossed, catalogue: Catalogue, unit_of: str) -> None:
    """A flow of nine months of a new commune rests on the cells of the communes that it was made of."""
    scope, period = crossed.find_scope("kon-tum", "2025Q3"), Period.parse("2025Q3")
    merged = next(
        s.new_code for s in catalogue.successions
        if s.old_valid_to == OLD and s.old_code in {u.code for d in catalogue.list_children("62", "district", OLD)
                                                    for u in catalogue.list_children(d.code, "commune", OLD)}
    )  # fmt: skip
    unit = "62" if unit_of == "area" else merged
    indicator = catalogue.indicators["newborn_screened"]
    at = take_snapshot(crossed.conn).at
    seen = crossed.ask("kon-tum", "2025Q3")[indicator.code, unit]
    asked = {indicator.code: seen.absent}
    context = RunContext(crossed.conn, catalogue, scope, period, at)
    walked = lineage_walk.trace_figures(context, asked, unit)[indicator.code]
    assert (walked.observed.numerator, walked.observed.denominator) == (seen.numerator, seen.denominator)
    assert walked.observed.numerator is not None
    cells = [r for leaf in walked.contributions for term in leaf.terms for r in term.readings]
    old = {s.old_code for s in catalogue.successions if s.new_code == merged and s.old_valid_to == OLD}
    before = [r for r in cells if r.period < "2025Q3"]
    assert {r.period for r in cells} == {"2025Q1", "2025Q2", "2025Q3"}
    assert {r.org_unit for r in before} >= old and len(old) > 1
    assert {r.reporter for r in before} <= {u.code for u in catalogue.list_children("62", "district", OLD)}
    for reading in cells:
        told = crossed.told["kon-tum", reading.period]
        assert reading.value == Fraction(str(told[reading.reporter, reading.org_unit, reading.data_element]))


def test_the_province_as_a_whole_is_not_made_of_its_part(crossed: Crossed, catalogue: Catalogue) -> None:
    """Only the former Kon Tum's communes sent: the province's figure says how many are missing, and no earlier figure
    of Kon Tum stands for it."""
    whole = {
        (o.indicator, o.unit): o
        for o in rollup.compute_rollup(
            RunContext(crossed.conn, catalogue, catalogue.get_scope("quang-ngai"), Period.parse("2025Q4")),
            RollupFilter(["51"]),
        )
    }
    assert (whole["bhyt", "51"].present, whole["bhyt", "51"].expected) == (40, 96)
    assert whole["bhyt", "51"].numerator == crossed.total("kon-tum", "2025Q4", "insured")
    old = rollup.compute_rollup(
        RunContext(crossed.conn, catalogue, catalogue.get_scope("quang-ngai"), Period.parse("2024Q4")),
        RollupFilter(["51"], ["bhyt"]),
        NEW,
    )
    assert [o.value for o in old] == [None]
    assert all(told(o.no_figure) for o in old)
