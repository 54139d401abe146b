"""An indicator that is a plain count or sum: exact where all are in, unknown where one is silent, traced to its cells."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine

from etl import load
from etl.attain import compute_target_attainment
from etl.catalog import models
from etl.catalog.loader import Catalogue, load_catalogue
from etl.lineage.lineage_walk import trace_figures
from etl.lineage.number_trace import _compute_traced_figures, _trace_cells, _trace_summed_periods
from etl.model import ObservedIndicator, Period
from etl.model.reason import Reason
from etl.warehouse.rollup import compute_rollup
from etl.warehouse.run_context import RunContext
from etl.warehouse.snapshot import take_snapshot
from tests.integration.build import compute_attainment_rows, item
from tests.wording import told

pytestmark = pytest.mark.integration

MADE_UP = Path(__file__).parents[1] / "sql" / "catalogue"
SUMS = """
- {code: births_sum, name: Births, short_name: Births, method: sum, numerator: {elements: [births]}, unit: Trẻ, direction: up,
   frequency: quarter, accumulates: true, source: t, definition: t, basis: configured}
- {code: criteria_sum, name: Criteria, short_name: Criteria, method: sum, numerator: {elements: [criteria]}, unit: Trạm, direction: up,
   frequency: quarter, source: t, definition: t, basis: configured}
"""
BIRTHS = {"2024Q1": {"a1": 10, "a2": 20, "b1": 30, "b2": 40}, "2024Q2": {"a1": 1, "a2": 2, "b1": 3, "b2": 4}}
CRITERIA = {"a1": 1, "a2": 0, "b1": 1, "b2": 1}


@pytest.fixture
def summing(tmp_path: Path) -> Catalogue:
    root = Path(shutil.copytree(MADE_UP, tmp_path / "catalog"))
    with (root / "indicators.yaml").open("a", encoding="utf-8") as file:
        file.write(SUMS)
    return load_catalogue(root)


def _roll_up(engine: Engine, catalogue: Catalogue, silent: str = "") -> dict[tuple[str, str], ObservedIndicator]:
    """The second quarter's figures of all units, each of the area's two sums traced to the same."""
    codes = ["births_sum", "criteria_sum"]
    with engine.connect() as conn:
        load.load_catalogue_rows(conn, catalogue)
        for period, births in BIRTHS.items():
            for district in ("D1", "D2"):
                own = [code for code in births if code[0] == {"D1": "a", "D2": "b"}[district]]
                told = {(unit, "births"): str(births[unit]) for unit in own if (unit, period) != (silent, "2024Q2")}
                told |= {(unit, "criteria"): str(CRITERIA[unit]) for unit in own if unit != silent}
                load.load_deliveries(conn, [item(conn, catalogue, "quarter", district, period, told)])
        asked = RunContext(conn, catalogue, catalogue.get_scope("made-up"), Period.parse("2024Q2"))
        found = {(o.indicator, o.unit): o for o in compute_rollup(asked) if o.indicator in codes}
        snapshot = take_snapshot(conn).at
        known = RunContext(conn, catalogue, catalogue.get_scope("made-up"), Period.parse("2024Q2"), snapshot)
        for unit in ("P", "D1", "D2"):
            traced = trace_figures(known, {code: found[code, unit].absent for code in codes}, unit)
            for code, trace in traced.items():
                assert (trace.observed.numerator, trace.observed.value) == (
                    found[code, unit].numerator, found[code, unit].value,
                ), (code, unit)  # fmt: skip
    return found


def test_a_sum_adds_units_and_quarters(summing: Catalogue, sandbox: Engine) -> None:
    """Births 30 + 3 in D1, 70 + 7 in D2; stations that meet the criteria at the quarter's end: 1 and 2."""
    found = _roll_up(sandbox, summing)
    values = {key: (o.value, o.denominator, o.present, o.expected) for key, o in found.items()}
    assert values["births_sum", "D1"][0] == 33 and values["births_sum", "D2"][0] == 77
    assert values["births_sum", "P"] == (110, None, 4, 4)
    assert [values["criteria_sum", unit][0] for unit in ("D1", "D2", "P")] == [1, 2, 3]


def test_a_part_of_a_sum_is_no_sum(summing: Catalogue, sandbox: Engine) -> None:
    found = _roll_up(sandbox, summing, silent="b2")
    for code in ("births_sum", "criteria_sum"):
        assert found[code, "D2"].value is None and found[code, "P"].value is None
        assert found[code, "P"].numerator is None
        assert (found[code, "P"].expected, found[code, "P"].absent) != (found[code, "P"].present, ())
    assert (found["births_sum", "D1"].value, found["criteria_sum", "D1"].value) == (33, 1)


def test_a_sum_is_judged_as_a_number_of_things(summing: Catalogue, sandbox: Engine) -> None:
    """4 stations wanted, 3 there: one short. 240 births a year: 120 after six months, 110 there: ten short."""
    found = _roll_up(sandbox, summing)

    def judge(code: str, number: int) -> tuple[object, ...]:
        stone = {"period": "2025", "written": str(number), "operator": ">=", "value": number}
        target = models.Target.model_validate(
            {"item": "1", "clause": "1", "title": "t", "kind": "threshold", "indicator": code, "milestones": [stone]}
        )
        row = compute_target_attainment(
            "p", target, summing.indicators[code], found[code, "P"], unit="P", period=Period.parse("2024Q2")
        )
        return row.value, row.status, row.met, row.people_missing, row.prorated_target

    assert judge("criteria_sum", 3) == (3, "met", True, None, None)
    assert judge("criteria_sum", 4) == (3, "not_met", False, 1, None)
    assert judge("births_sum", 240) == (110, "no_verdict", None, 10, 120)
    assert judge("births_sum", 220) == (110, "within_plan", None, None, 110)


def _begin_late(root: Path) -> Catalogue:
    """Forms begin with the second quarter."""
    scope = root / "scopes" / "made-up.yaml"
    scope.write_text(scope.read_text().replace("from_period: 2024Q1", "from_period: 2024Q2"))
    with (root / "indicators.yaml").open("a", encoding="utf-8") as file:
        file.write(SUMS)
    return load_catalogue(root)


def _observe_late(engine: Engine, catalogue: Catalogue, asked: str) -> dict[tuple[str, str], ObservedIndicator]:
    """Every commune has ten of everything in the second quarter, and one more in each that follows."""
    with engine.connect() as conn:
        load.load_catalogue_rows(conn, catalogue)
        for number, period in enumerate(("2024Q2", "2024Q3")):
            for district, communes in (("D1", ("a1", "a2")), ("D2", ("b1", "b2"))):
                says = str(10 + number)
                elements = ("births", "screened", "managed", "pop")
                told = {(unit, element): says for unit in communes for element in elements}
                load.load_deliveries(conn, [item(conn, catalogue, "quarter", district, period, told)])
        context = RunContext(conn, catalogue, catalogue.get_scope("made-up"), Period.parse(asked))
        return {(o.indicator, o.unit): o for o in compute_rollup(context)}


def test_what_nobody_asked_about_before_mid_year_is_no_gap(tmp_path: Path, sandbox: Engine) -> None:
    """No unit is silent of the first quarter: the figure is of what was owed, and says from when on."""
    catalogue = _begin_late(Path(shutil.copytree(MADE_UP, tmp_path / "catalog")))
    found = _observe_late(sandbox, catalogue, "2024Q3")
    for unit, births in (("P", 84), ("D1", 42)):
        total, flow, stock = (found[code, unit] for code in ("births_sum", "screened_share", "managed_share"))
        assert (total.value, total.since, total.present, total.expected) == (births, "2024Q2", births / 21, births / 21)
        assert (flow.value, flow.numerator, flow.since, flow.no_figure) == (100, births, "2024Q2", None)
        assert (stock.value, stock.since) == (100, ""), "what stands at the quarter's end needs no earlier one"


def test_the_next_year_is_whole(tmp_path: Path, sandbox: Engine) -> None:
    catalogue = _begin_late(Path(shutil.copytree(MADE_UP, tmp_path / "catalog")))
    with sandbox.connect() as conn:
        load.load_catalogue_rows(conn, catalogue)
        context = RunContext(conn, catalogue, catalogue.get_scope("made-up"), Period.parse("2025Q1"))
        assert {o.since for o in compute_rollup(context)} == {""}


def test_a_part_of_a_year_is_judged_only_where_the_rest_can_turn_nothing(tmp_path: Path, sandbox: Engine) -> None:
    catalogue = _begin_late(Path(shutil.copytree(MADE_UP, tmp_path / "catalog")))
    found = _observe_late(sandbox, catalogue, "2024Q3")

    def judge(code: str, sign: str, number: int) -> tuple[object, ...]:
        stone = {"period": "2024", "written": str(number), "operator": sign, "value": number}
        target = models.Target.model_validate(
            {"item": "1", "clause": "1", "title": "t", "kind": "threshold", "indicator": code, "milestones": [stone]}
        )
        row = compute_target_attainment(
            "p", target, catalogue.indicators[code], found[code, "P"], unit="P", period=Period.parse("2024Q3")
        )
        return row.status, row.met, row.prorated_target, row.reason and row.reason.code

    undecided = ("no_verdict", None, None, "reason.covers_part")
    assert judge("births_sum", ">=", 84) == ("met", True, None, None)
    assert judge("births_sum", ">=", 85) == undecided
    assert judge("births_sum", "<=", 83) == ("not_met", False, None, None)
    assert judge("births_sum", "<=", 84) == undecided
    assert judge("screened_share", ">=", 50) == undecided, "the share of the other months may have been any"


SHARES = """
- {code: screened_births, name: Screened, short_name: Screened, method: ratio, factor: 100, numerator: {elements: [screened]},
   denominator: {elements: [births]}, unit: "%", direction: up, frequency: quarter, accumulates: true, source: t, definition: t,
   basis: configured}
- {code: screened_pop, name: Screened, short_name: Screened, method: ratio, factor: 100, numerator: {elements: [births]},
   denominator: {elements: [managed]}, unit: "%", direction: up, frequency: quarter, accumulates: true, source: t,
   definition: t, basis: configured}
- {code: both_sum, name: Both, short_name: Both, method: sum, numerator: {elements: [births, screened]}, unit: Trẻ, direction: up,
   frequency: quarter, accumulates: true, source: t, definition: t, basis: configured}
"""
LATER = """
- {id: later, version: "1", title: Later, symbol: Q2, period_kind: quarter, level: district, valid_from: 2020-01-01,
   legal_basis: t, sheets: [{code: B, title: Communes, layout: by_commune, columns: l}]}
"""


def _ask_later(root: Path, later: tuple[str, ...], kind: str = "quarter", begins: str = "2024Q2") -> Catalogue:
    """Some elements are asked about by a form of their own, which begins within the year."""
    columns = root / "forms" / "columns.csv"
    lines = columns.read_text().splitlines()
    moved = [line for line in lines if any(f",{e}," in line for e in later)]
    asked = [line for line in lines if line.startswith("d,") and line not in moved]
    new = [line.replace("d,", "l,", 1) for line in moved] + [line.replace("d,", "q,", 1) for line in asked]
    columns.write_text("\n".join([*lines, *new]) + "\n")
    forms = root / "forms" / "forms.yaml"
    text = forms.read_text().replace("sheets: &sheets", "sheets:", 1).replace("columns: d", "columns: q")
    assert "sheets: *sheets" in text
    whole = "[{code: B, title: Communes, layout: by_commune, columns: d}, {code: L, title: District, layout: list, columns: d}]"
    forms.write_text(text.replace("*sheets", whole) + LATER.replace("quarter", kind))
    scope = root / "scopes" / "made-up.yaml"
    ends = f"{begins[:5]}{4 if kind == 'quarter' else 2}"
    own = f"  - {{form: later, level: district, regime: rules, from_period: {begins}, to_period: {ends}}}\n"
    scope.write_text(scope.read_text().replace("submissions:\n", f"submissions:\n{own}"))
    with (root / "indicators.yaml").open("a", encoding="utf-8") as file:
        file.write(SUMS + SHARES)
    return load_catalogue(root)


def _observe_apart(engine: Engine, catalogue: Catalogue, asked: str) -> dict[tuple[str, str], ObservedIndicator]:
    """Every commune has 10, 20, 30 … of everything in the first, second, third … quarter; each figure is traced."""
    with engine.connect() as conn:
        load.load_catalogue_rows(conn, catalogue)
        for number in range(1, 4):
            for district, communes in (("D1", ("a1", "a2")), ("D2", ("b1", "b2"))):
                elements = {"births": 10 * number, "screened": 5 * number, "managed": 100 + number, "pop": 1000}
                cells = {(unit, element): str(says) for unit in communes for element, says in elements.items()}
                forms = ["quarter"] if number == 1 else ["quarter", "later"]
                sent = [item(conn, catalogue, form, district, f"2024Q{number}", cells) for form in forms]
                load.load_deliveries(conn, sent)
        scope, key = catalogue.get_scope("made-up"), Period.parse(asked)
        snapshot = take_snapshot(conn).at
        context = RunContext(conn, catalogue, scope, key, snapshot)
        found = {(o.indicator, o.unit): o for o in compute_rollup(context)}
        codes = ["screened_births", "screened_pop", "both_sum"]
        for code, traced in trace_figures(context, dict.fromkeys(codes, ()), "P").items():
            figure = found[code, "P"]
            assert (traced.observed.numerator, traced.observed.denominator) == (figure.numerator, figure.denominator)
        return found


def test_sides_that_begin_apart_are_summed_over_the_quarters_they_share(tmp_path: Path, sandbox: Engine) -> None:
    """Screened is asked about from the second quarter: births of the first have no part in the share."""
    catalogue = _ask_later(Path(shutil.copytree(MADE_UP, tmp_path / "catalog")), ("screened",))
    found = _observe_apart(sandbox, catalogue, "2024Q3")
    for unit, communes in (("P", 4), ("D1", 2)):
        share, total = found["screened_births", unit], found["both_sum", unit]
        assert (share.numerator, share.denominator, share.value) == (25 * communes, 50 * communes, 50)
        assert (total.value, total.since, share.since) == (75 * communes, "2024Q2", "2024Q2")
        alone = found["births_sum", unit]
        assert (alone.value, alone.since) == (60 * communes, ""), "what began in January stays whole"


def test_a_stock_that_begins_late_cuts_nothing(tmp_path: Path, sandbox: Engine) -> None:
    catalogue = _ask_later(Path(shutil.copytree(MADE_UP, tmp_path / "catalog")), ("managed",))
    share = _observe_apart(sandbox, catalogue, "2024Q3")["screened_pop", "P"]
    assert (share.numerator, share.denominator, share.since) == (60 * 4, 103 * 4, "")


def test_sides_that_share_no_quarter_have_no_figure(tmp_path: Path, sandbox: Engine) -> None:
    """Births come by half-year, screened from the second quarter: half a half-year is nobody's figure."""
    root = Path(shutil.copytree(MADE_UP, tmp_path / "catalog"))
    catalogue = _ask_later(root, ("births",), "half", "2024H1")
    scope = root / "scopes" / "made-up.yaml"
    scope.write_text(scope.read_text().replace("from_period: 2024Q1", "from_period: 2024Q2"))
    catalogue = load_catalogue(root)
    with sandbox.connect() as conn:
        load.load_catalogue_rows(conn, catalogue)
        context = RunContext(conn, catalogue, catalogue.get_scope("made-up"), Period.parse("2024Q2"))
        found = {(o.indicator, o.unit): o for o in compute_rollup(context)}
    share = found["screened_births", "P"]
    assert share.value is None
    assert told(share.no_figure) == "chỉ thu thập từ quý II năm 2024 nên chưa có số lũy kế từ đầu năm"


SEVERAL = """
  - {item: "2", clause: "2", title: Each quarter, indicator: births_sum, kind: threshold, each_quarter: true,
     milestones: [{period: "2025", written: mỗi quý 10, operator: ">=", value: 10}]}
  - {item: "3", clause: "3", title: In all, indicator: births_sum, kind: threshold, summed_from: "2023",
     milestones: [{period: "2025", written: cộng dồn 1000, operator: ">=", value: 1000}]}
  - {item: "4", clause: "4", title: Growth, indicator: births_sum, kind: threshold,
     milestones: [{period: "2025", written: tăng 10% so với năm trước, operator: ">=",
       relative: {percent: 10, previous_year: true, yearly: true}}]}
tasks:"""


def _extend_to_two_years(root: Path) -> Catalogue:
    """Quarters of two years, and a target of each kind that looks at several of them."""
    scope, plan = root / "scopes" / "made-up.yaml", root / "plans" / "made-up.yaml"
    kept = [line for line in scope.read_text().splitlines() if "form: half" not in line and "form: month" not in line]
    units = root / "units" / "units.csv"
    units.write_text("".join(line for line in units.read_text().splitlines(keepends=True) if line[:3] != "a3,"))
    scope.write_text("\n".join(kept).replace("from_period: 2024Q1", "from_period: 2023Q1"))
    plan.write_text(plan.read_text().replace("\ntasks:", SEVERAL))
    with (root / "indicators.yaml").open("a", encoding="utf-8") as file:
        file.write(SUMS)
    return load_catalogue(root)


def test_targets_of_several_periods_look_at_the_quarters_and_years_that_were_sent(
    tmp_path: Path, sandbox: Engine
) -> None:
    """Each commune: 10 a quarter in 2023, 12 and then 9 in 2024. So in D1 (two communes) the second quarter alone brings
    18; 80 in the year before and 24 + 18 so far; 42 against 40 × 1,1 of the same months."""
    catalogue = _extend_to_two_years(Path(shutil.copytree(MADE_UP, tmp_path / "catalog")))
    says = {f"2023Q{n}": "10" for n in (1, 2, 3, 4)} | {"2024Q1": "12", "2024Q2": "9"}
    with sandbox.connect() as conn:
        load.load_catalogue_rows(conn, catalogue)
        for period, number in says.items():
            for district, communes in (("D1", ("a1", "a2")), ("D2", ("b1", "b2"))):
                told = {(unit, "births"): number for unit in communes}
                load.load_deliveries(conn, [item(conn, catalogue, "quarter", district, period, told)])
        context = (conn, catalogue, catalogue.get_scope("made-up"), Period.parse("2024Q2"))
        rows = {(row.item, row.unit): row for row in compute_attainment_rows(*context, outlook=False)}
        plan = catalogue.plans["made-up"]
        for key, row in rows.items():
            walked, others = _trace_cells(RunContext(*context), row), _trace_summed_periods(RunContext(*context), row)
            if walked and key[0] in {"2", "3"}:
                again = _compute_traced_figures(catalogue, plan, row, walked, others)
                assert (again.numerator, again.value) == (row.numerator, row.value), key
    assert [(rows["2", unit].value, rows["2", unit].met) for unit in ("P", "D1")] == [(36, True), (18, None)]
    assert rows["2", "D1"].reason == Reason("reason.level_of_area"), "ten are the area's, and no district's"
    assert [rows["3", unit].value for unit in ("P", "D1")] == [160 + 84, 80 + 42]
    assert rows["3", "P"].path_value == 1000 * 18 / 36
    for unit, level in (("P", 88), ("D1", 44)):
        assert (rows["4", unit].target, rows["4", unit].prorated_target) == (level, level)
        assert (rows["4", unit].status, rows["4", unit].met) == ("no_verdict", None)
