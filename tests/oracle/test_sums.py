"""From cells to verdicts: the product's SQL and rules against the plain computation, on random worlds.

A world is a province with a few districts and communes, sometimes a hospital of the whole province and a clinic in one
of the districts, which have figures of their own too, random indicators, random targets, and for every quarter and the year a workbook from some of them with every state a cell can have.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction as F
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from etl import load
from etl.catalog import models
from etl.catalog.loader import Catalogue, load_catalogue
from etl.model import Attainment, Period
from etl.warehouse.rollup import compute_rollup
from etl.warehouse.run_context import RunContext
from tests.integration.build import Cells, compute_attainment_rows, item
from tests.oracle import plain, worlds

pytestmark = [pytest.mark.integration, pytest.mark.slow]

BASE = Path(__file__).parents[1] / "sql" / "catalogue"
KINDS = {
    "pop": "stock", "managed": "stock", "births": "flow", "screened": "flow", "examined": "ytd", "criteria": "stock",
    "done": "stock", "listed": "stock", "fever": "flow", "mid": "average",
}  # fmt: skip
DISTRICT = ("doctors", "litter")
AGENCIES = {"H": ("doctors", "waste", "treated"), "K": ("waste", "treated", "litter")}
"""What the hospital owes of a year, and the clinic of each quarter."""
SENT = ("2024Q1", "2024Q2", "2024Q3", "2024Q4", "2024")
STATES = {"": "missing", "x": "not_applicable", "?": "unreliable"}
SAYS = st.one_of(
    st.integers(0, 400).map(str), st.integers(0, 400).map(str), st.integers(0, 400).map(str),
    st.integers(1, 90).map(lambda n: f"{n}.25"), st.integers(0, 40).map(lambda n: f"~{n}"), st.sampled_from(["", "x", "?"]),
)  # fmt: skip


@dataclass(frozen=True)
class World:
    parents: dict[str, str]
    lines: tuple[plain.Line, ...]
    cells: dict[str, dict[str, Cells]]
    """period → district → (org unit, element) → what the cell says"""
    first: int = 1
    """The quarter of 2024 from which on forms by quarter are owed."""
    later: frozenset[str] = frozenset()
    """What a form of its own asks about, by quarter too."""
    second: int = 1
    """The quarter from which on that form is owed."""

    def list_firsts(self) -> dict[str, int]:
        """Element → the first quarter in which anybody is asked about it."""
        return {e: self.second if e in self.later else self.first for e in (*KINDS, *DISTRICT, *AGENCIES["K"])}


@st.composite
def indicators(draw: st.DrawFn, code: str) -> plain.Indicator:
    sides = st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=2, unique=True).map(tuple)
    counts = draw(st.integers(0, 4)) == 0
    if draw(st.integers(0, 3)) == 0:
        factor, rising, grows = draw(st.sampled_from((1, 100))), draw(st.booleans()), draw(st.booleans())
        return plain.Indicator(code, draw(sides), (), factor=factor, rising=rising, accumulates=grows, sums=True)
    bottom = draw(sides)
    return plain.Indicator(
        code, draw(sides), bottom[:1] if counts else bottom, counts, draw(st.sampled_from((100, 1000))),
        draw(st.booleans()), draw(st.booleans()),
    )  # fmt: skip


@st.composite
def worlds_of(draw: st.DrawFn) -> World:
    districts = {f"D{i}": draw(st.integers(1, 3)) for i in range(1, draw(st.integers(1, 3)) + 1)}
    parents = {f"{d.lower()}c{i}": d for d, count in districts.items() for i in range(count)} | {
        d: d for d in districts
    }
    first = draw(st.sampled_from((1, 1, 2, 3)))
    if draw(st.booleans()):
        parents["H"] = "P"
    if first == 1 and draw(st.booleans()):
        parents["K"] = "D1"
    lines = []
    for number in range(draw(st.integers(1, 4))):
        indicator = draw(indicators(f"i{number}"))
        whole = replace(indicator, factor=100) if number == 3 else indicator
        lines.append(draw(worlds.lines(whole)))
    shares = plain.Indicator("share", ("done",), ("listed",))
    lines.append(draw(worlds.lines(shares, kind="per_unit")))
    staff = plain.Indicator("staff", ("doctors",), ("pop",), factor=1000)
    lines.append(plain.Line("threshold", staff, (plain.Goal(2025, ">=", F(draw(st.integers(0, 400)))),)))
    lines += draw(st.tuples(*waste_lines()))
    cells = {period: draw(sendings(parents, period)) for period in SENT}
    later = draw(st.just(frozenset[str]()) | st.frozensets(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4))
    return World(parents, tuple(lines), cells, first, later, draw(st.integers(1, 4)))


@st.composite
def sendings(draw: st.DrawFn, parents: dict[str, str], period: str) -> dict[str, Cells]:
    """What those who sent anything said in a period."""
    cells: dict[str, Cells] = {}
    for district in (leaf for leaf, parent in parents.items() if leaf == parent):
        if draw(st.integers(0, 7)) == 0:
            continue
        sent = {(district, element): draw(SAYS) for element in DISTRICT}
        for leaf, parent in parents.items():
            if parent == district and leaf != district and leaf not in AGENCIES:
                sent |= {(leaf, element): draw(SAYS) for element in KINDS}
        cells[district] = sent
    if period == "2024" and "H" in parents and draw(st.integers(0, 2)):
        cells["H"] = {("H", element): draw(SAYS) for element in AGENCIES["H"]}
    if period != "2024" and "K" in parents and draw(st.integers(0, 7)):
        cells["K"] = {("K", element): draw(SAYS) for element in AGENCIES["K"]}
    return cells


def waste_lines() -> list[st.SearchStrategy[plain.Line]]:
    """Targets of what only agencies report; of `burnt` and `littered` districts report one side too."""
    share = plain.Indicator("waste", ("treated",), ("waste",))
    cleaned, total = replace(share, code="cleaned"), plain.Indicator("total", ("treated",), (), factor=1, sums=True)
    burnt = plain.Indicator("burnt", ("treated", "waste"), ("doctors",))
    littered = plain.Indicator("littered", ("treated",), ("litter",))
    plain_lines = [worlds.lines(indicator) for indicator in (share, total, burnt, littered)]
    return [*plain_lines, worlds.lines(cleaned, kind="per_unit")]


def catalogue_of(world: World) -> Catalogue:
    """The made-up catalogue with the world's units, indicators and targets in place of its own."""
    base = load_catalogue(BASE)
    first = base.units[0].valid_from
    levels = {unit: "district" if unit == parent else "commune" for unit, parent in world.parents.items()}
    units = [u for u in base.units if u.level in {"province", "agency"}] + [
        models.Unit.model_validate(
            {
                "code": code,
                "name": code,
                "level": levels[code],
                "parent": "P" if code == parent else parent,
                "valid_from": first,
                "legal_basis": "x",
            }
        )
        for code, parent in world.parents.items()
        if code not in AGENCIES
    ]
    methods = dict.fromkeys(("share", "cleaned"), "share_of_units")
    found = {
        line.indicator.code: worlds.model_of(line.indicator, methods.get(line.indicator.code, "ratio"))
        for line in world.lines
    }
    targets = tuple(worlds.target_of(line, str(n)) for n, line in enumerate(world.lines))
    scope = base.scopes["made-up"]
    plan = base.plans["made-up"].model_copy(update={"targets": targets})
    quarter = base.forms["quarter"]
    forms = {
        "quarter": _ask_for(quarter, "quarter", {"B": "now", "L": "now", "T": "now", "N": "now"}),
        "later": _ask_for(quarter, "later", {"B": "later"}),
    }
    columns = [
        c.model_copy(update={"set": "later" if c.data_element in world.later else "now"})
        for c in base.columns
        if c.set == "d"
    ]
    return replace(
        base,
        forms=base.forms | forms,
        columns=(*base.columns, *columns),
        sha256=str(abs(hash(repr(world)))),
        units=tuple(units),
        successions=(),
        indicators=found,
        plans={"made-up": plan},
        scopes={"made-up": scope.model_copy(update={"submissions": _submissions(world, scope)})},
        units_by_code={u.code: (u,) for u in units},
    )


def _ask_for(form: models.Form, name: str, sets: dict[str, str]) -> models.Form:
    """A form with some of the sheets, their columns from other sets."""
    sheets = [s for s in form.sheets if s.code in sets]
    own = [s.model_copy(update={"columns": sets[s.code]}) if s.columns else s for s in sheets]
    return form.model_copy(update={"id": name, "sheets": tuple(own)})


def _submissions(world: World, scope: models.Scope) -> tuple[models.Submission, ...]:
    """Districts for quarters and years, the hospital for years and the clinic for quarters where there is one."""
    wanted = {"quarter", "year"} | {
        form for form, unit in (("hospital", "H"), ("clinic", "K")) if unit in world.parents
    }
    late = {form: {"from_period": f"2024Q{world.first}"} for form in ("quarter", "clinic")}
    submissions = [s.model_copy(update=late.get(s.form, {})) for s in scope.submissions if s.form in wanted]
    if world.later:
        (quarter,) = [s for s in submissions if s.form == "quarter"]
        submissions.append(quarter.model_copy(update={"form": "later", "from_period": f"2024Q{world.second}"}))
    return tuple(submissions)


def send(conn: Connection, catalogue: Catalogue, world: World) -> None:
    for period, by_unit in world.cells.items():
        sent = [
            item(conn, catalogue, form, unit, period, cells)
            for unit, cells in by_unit.items()
            for form in _list_forms(world, unit, period)
        ]
        load.load_deliveries(conn, sent)


def _list_forms(world: World, unit: str, period: str) -> list[str]:
    """The forms that a unit owes for a period."""
    if period == "2024":
        return ["hospital" if unit == "H" else "year"]
    begun = {"quarter": world.first, "later": world.second if world.later else 5}
    begun = {"clinic": world.first} if unit == "K" else begun
    return [form for form, first in begun.items() if int(period[-1]) >= first]


def table(world: World, key: str) -> list[tuple[str, str, str, str, F | None]]:
    """Every cell that is owed for a period; who sent nothing leaves its cells missing. A hospital owes years only."""
    rows: list[tuple[str, str, str, str, F | None]] = []
    for leaf, parent in world.parents.items():
        sender = leaf if leaf in AGENCIES else parent
        if leaf == "H" and key != "2024":
            continue
        for element in AGENCIES.get(leaf, DISTRICT if leaf == sender else tuple(KINDS)):
            for period in SENT:
                if period != "2024" and int(period[-1]) < world.list_firsts()[element]:
                    continue
                says = world.cells[period].get(sender, {}).get((leaf, element), "")
                if says in STATES:
                    rows.append((leaf, element, period, STATES[says], None))
                else:
                    state = "estimated" if says.startswith("~") else "value"
                    rows.append((leaf, element, period, state, F(says.lstrip("~"))))
    return rows


def answers(row: Attainment) -> plain.Verdict:
    return plain.Verdict(
        row.status, row.met, row.target, row.progress, row.per_cent_of_plan, row.people_missing,
        row.required_yearly_change, row.prorated_target,
    )  # fmt: skip


# A world that fails is reported as it is: making it smaller would ask the database for minutes.
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
)
@given(world=worlds_of(), key=st.sampled_from(worlds.PERIODS))
def test_sums_and_verdicts_agree_with_the_plain_computation(sandbox: Engine, world: World, key: str) -> None:
    if key != "2024" and plain.quarters_of(key)[-1] < f"2024Q{world.first}":
        key = "2024Q4"  # nobody owed anything so early
    catalogue, period = catalogue_of(world), Period.parse(key)
    scope = catalogue.get_scope("made-up")
    with sandbox.connect() as conn:
        load.load_catalogue_rows(conn, catalogue)
        send(conn, catalogue, world)
        seen = {(o.indicator, o.unit): o for o in compute_rollup(RunContext(conn, catalogue, scope, period))}
        rows = {
            (r.item, r.unit): r for r in compute_attainment_rows(conn, catalogue, scope, period, None, outlook=False)
        }
    for number, line in enumerate(world.lines):
        figures, began = (figures_of(world, line.indicator, asked) for asked in (key, "2024"))
        agencies = {unit for indicator, unit in seen if indicator == line.indicator.code and unit in AGENCIES}
        assert (
            agencies == figures.keys() & AGENCIES.keys() == {u for i, u in rows if i == str(number)} & AGENCIES.keys()
        )
        for unit, figure in figures.items():
            found = seen[line.indicator.code, unit]
            assert found.value is None or bool(found.since) == figure.late
            got = (found.numerator, found.denominator, found.value, found.expected, found.present)
            assert got == (figure.numerator, figure.denominator, figure.value, figure.expected, figure.present)
            own = (
                line
                if unit == "P"
                else replace(line, base=own_base(line, began.get(unit, plain.Figure())), of_area=False)
            )
            assert answers(rows[str(number), unit]) == plain.verdict(own, figure, key), (unit, line)
            assert rows[str(number), unit].of_agency == (unit in AGENCIES)


def figures_of(world: World, indicator: plain.Indicator, asked: str) -> dict[str, plain.Figure]:
    """By unit: the area, its districts, the agencies. Nobody has a figure of what no form of a period asks about."""
    kinds = {**KINDS, "doctors": "stock", "litter": "stock", "waste": "flow", "treated": "flow"}
    firsts, cells = world.list_firsts(), plain.cells_frame(table(world, asked))
    unasked = not {*indicator.top, *indicator.bottom} <= set(cells["element"])
    if unasked or not plain.is_asked(indicator, asked, firsts):
        return {unit: plain.Figure() for unit in ("P", *world.parents.values())}
    first = plain.common_first(indicator, kinds, firsts)
    now = plain.standing(plain.on_both_sides(cells, indicator, kinds, asked, first), kinds, asked, first)
    own = plain.of_agencies(indicator, now, [unit for unit in AGENCIES if unit in world.parents], [F(90)])
    figures = plain.observed(indicator, now, world.parents, "P", [F(90)]) | own
    for figure in figures.values():
        figure.late = plain.begins_late(indicator, kinds, asked, first)
    return figures


def own_base(line: plain.Line, began: plain.Figure) -> tuple[int, F] | None:
    """A unit under the area starts from what it reported itself in the baseline's year; only 2024 has anything."""
    if line.base is None or line.undated_base or line.base[0] != 2024:
        return None
    value = (plain.share_of_units(line, began) if line.kind == "per_unit" else began).value
    return None if value is None else (2024, value / line.unit)
