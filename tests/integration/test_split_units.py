"""A commune split in mid-year without a declared share: whole again in whatever holds both halves, and nowhere else."""

from __future__ import annotations

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import Engine

from etl import load
from etl.catalog.loader import Catalogue, load_catalogue
from etl.lineage.lineage_walk import trace_figures
from etl.model import ObservedIndicator, Period
from etl.warehouse.rollup import compute_rollup
from etl.warehouse.run_context import RunContext
from etl.warehouse.snapshot import take_snapshot
from tests.integration.build import item

pytestmark = pytest.mark.integration

MADE_UP = Path(__file__).parents[1] / "sql" / "catalogue"
FIRST = {"a1": (10, 4, 1), "a2": (10, 6, 1), "a3": (0, 0, 0), "b1": (40, 20, 2), "b2": (100, 60, 5)}
SECOND = {"a1": (10, 4, 1), "a2": (10, 6, 0), "b1": (50, 20, 1), "b3": (30, 20, 2), "b4": (20, 10, 1)}
HALVES = "b2,2024-03-31,b3,2024-04-01,part,t\nb2,2024-03-31,b4,2024-04-01,part,t\n"


def _split(tmp_path: Path, child_level: str, successions: str) -> Catalogue:
    root = Path(shutil.copytree(MADE_UP, tmp_path / "catalog"))
    units, rows = root / "units" / "units.csv", root / "units" / "successions.csv"
    halves = "".join(f"{code},Commune {code},commune,,D2,2024-04-01,,t,\n" for code in ("b3", "b4"))
    text = units.read_text().replace(
        "D2,2020-01-01,,made up for tests,\nH,", f"D2,2020-01-01,2024-03-31,t,\n{halves}H,"
    )
    units.write_text(text)
    rows.write_text(rows.read_text() + successions)
    scope = root / "scopes" / "made-up.yaml"
    scope.write_text(scope.read_text().replace("child_level: district", f"child_level: {child_level}"))
    return load_catalogue(root)


def _ask(engine: Engine, catalogue: Catalogue, *, leave_out: str = "") -> dict[tuple[str, str], ObservedIndicator]:
    """What is found for the second quarter, with a trace of the area's figure that must come out the same."""
    with engine.connect() as conn:
        load.load_catalogue_rows(conn, catalogue)
        for period, cells in (("2024Q1", FIRST), ("2024Q2", SECOND)):
            for district in ("D1", "D2"):
                told = {
                    (unit, element): str(value)
                    for unit, values in cells.items()
                    if unit[0] == {"D1": "a", "D2": "b"}[district] and unit != leave_out
                    for element, value in zip(("births", "screened", "fever"), values, strict=True)
                } | {(unit, "pop"): "1000" for unit in cells if unit != leave_out}  # fmt: skip
                load.load_deliveries(conn, [item(conn, catalogue, "quarter", district, period, told)])
        asked = RunContext(conn, catalogue, catalogue.get_scope("made-up"), Period.parse("2024Q2"))
        found = {(o.indicator, o.unit): o for o in compute_rollup(asked)}
        known = replace(asked, known_at=take_snapshot(conn).at)
        traced = trace_figures(known, {i: found[i, "P"].absent for i in ("screened_share", "fever_rate")}, "P")
    for indicator, trace in traced.items():
        seen = found[indicator, "P"]
        assert (trace.observed.numerator, trace.observed.denominator) == (seen.numerator, seen.denominator)
    return found


@pytest.mark.parametrize("child_level", ["district", "commune"])
def test_the_area_has_both_halves_and_needs_no_share(tmp_path: Path, sandbox: Engine, child_level: str) -> None:
    found = _ask(sandbox, _split(tmp_path, child_level, HALVES))
    area = found["screened_share", "P"]
    assert (area.numerator, area.denominator) == (4 + 6 + 20 + 60 + 4 + 6 + 20 + 20 + 10, 160 + 120)
    fever = found["fever_rate", "P"]
    assert (fever.numerator, fever.denominator) == (14, 5000), "over the people of the quarter's end"
    if child_level == "district":
        whole = found["screened_share", "D2"]
        assert (whole.numerator, whole.denominator) == (130, 240)
    else:
        assert found["screened_share", "b3"].value is None, "nobody says how much of the first quarter is its own"
        assert found["screened_share", "b1"].value == Fraction(40, 90) * 100


def test_a_part_that_went_where_nobody_says_is_missing(tmp_path: Path, sandbox: Engine) -> None:
    found = _ask(sandbox, _split(tmp_path, "district", HALVES.splitlines(keepends=True)[0]))
    area = found["screened_share", "P"]
    assert (area.numerator, area.denominator) == (60, 130)
    assert set(area.absent) == {"b3", "b4"}, "of neither is the first quarter known"


def test_a_half_that_is_silent_leaves_the_whole_out(tmp_path: Path, sandbox: Engine) -> None:
    found = _ask(sandbox, _split(tmp_path, "commune", HALVES), leave_out="b4")
    area = found["screened_share", "P"]
    assert (area.numerator, area.denominator) == (60, 130)


def test_a_unit_that_came_from_elsewhere_counts_what_it_owed(tmp_path: Path, sandbox: Engine) -> None:
    """b4 came with the second quarter from another area, which asked it before: nothing of it is missing here."""
    root = _split(tmp_path, "commune", HALVES.splitlines(keepends=True)[0]).root
    for name, line in (
        ("units.csv", "x1,Commune x1,commune,,,2020-01-01,2024-03-31,t,"),
        ("successions.csv", "x1,2024-03-31,b4,2024-04-01,whole,t"),
    ):
        path = root / "units" / name
        path.write_text(path.read_text().rstrip("\n") + f"\n{line}\n")
    found = _ask(sandbox, load_catalogue(root))
    late, area = found["screened_share", "b4"], found["screened_share", "P"]
    assert (late.value, late.since, late.present, late.expected) == (50, "2024Q2", 1, 1)
    assert (area.numerator, area.denominator, area.since) == (60 + 10, 130 + 20, ""), (
        "the area owed the whole half-year"
    )
    assert set(area.absent) == {"b3"}
    assert (found["fever_rate", "b4"].since, found["screened_share", "b1"].since) == ("2024Q2", "")
