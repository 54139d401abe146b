"""Sums, as folders: ``<case>/given.<form>.csv`` is what units sent, ``ask.csv`` what is asked, ``expect.csv`` what must come.

To add a case, add a folder; no code. The made-up catalogue in ``catalogue/`` has province P with districts D1
(communes a1, a2 and, until 31/03/2024, a3) and D2 (b1, b2), a hospital H, a clinic K in D1 and a statistics office S.

given: `batch` (files of one batch arrive together, batches one after the other), `period`, `unit` (who
reports), `org_unit` (whose row), then one column per data element. A cell is a number, ``~5`` (estimated),
``x`` (not applicable), ``?`` (unreliable) or empty (missing); a column that is not there was not sent.
ask: `period`, and `known_after` a batch (empty: all of them).
expect: `indicator`, `unit` and any of the other columns; only what stands there is compared, ``-`` is nothing. A row
of which nothing stands there has no figure.
"""

from __future__ import annotations

import csv
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from etl import load
from etl.catalog.loader import Catalogue, load_catalogue
from etl.model import ObservedIndicator, Period
from etl.warehouse.rollup import compute_rollup
from etl.warehouse.run_context import RunContext
from etl.warehouse.snapshot import take_snapshot
from tests.integration.build import item
from tests.wording import told

HERE = Path(__file__).parent
CASES = sorted(p.parent for p in HERE.glob("*/expect.csv"))
_KEYS = ("batch", "period", "unit", "org_unit")

pytestmark = pytest.mark.integration


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _said(observed: ObservedIndicator, column: str) -> str:
    match column:
        case "numerator" | "denominator" | "value":
            number = getattr(observed, column)
            return "-" if number is None else str(number)
        case "at_floor":
            return " ".join(f"{text}:{units}" for text, units in observed.at_floor) or "-"
        case "estimated":
            return "yes" if observed.estimated else "no"
        case "recognised":
            return {True: "yes", False: "no", None: "-"}[observed.recognised]
        case "no_figure":
            return told(observed.no_figure) or "-"
        case _:
            return str(getattr(observed, column)) or "-"


def _meant(column: str, text: str) -> str:
    """Numbers may be written as fractions or decimals."""
    if column in {"numerator", "denominator", "value"} and text != "-":
        return str(Fraction(text))
    return text


def _send(conn: Connection, catalogue: Catalogue, folder: Path) -> dict[str, str]:
    """Loads what was given, batch after batch; gives the moment after each batch."""
    given = [(row, path.name.split(".")[1]) for path in sorted(folder.glob("given.*.csv")) for row in _rows(path)]
    given.sort(key=lambda entry: (int(entry[0]["batch"]), entry[1], entry[0]["period"], entry[0]["unit"]))
    after = {}
    for batch, in_batch in groupby(given, key=lambda entry: entry[0]["batch"]):
        items = []
        for (form, period, unit), rows in groupby(in_batch, key=lambda e: (e[1], e[0]["period"], e[0]["unit"])):
            cells = {
                (row["org_unit"], column): text
                for row, _ in rows
                for column, text in row.items()
                if column not in _KEYS
            }
            items.append(item(conn, catalogue, form, unit, period, cells, name=f"batch {batch}"))
        load.load_deliveries(conn, items)
        after[batch] = take_snapshot(conn).at
    return after


@pytest.mark.parametrize("folder", CASES, ids=[p.name for p in CASES])
def test_case(folder: Path, sandbox: Engine) -> None:
    catalogue = load_catalogue(HERE / "catalogue")
    with sandbox.connect() as conn:
        load.load_catalogue_rows(conn, catalogue)
        after = _send(conn, catalogue, folder)
        (ask,) = _rows(folder / "ask.csv")
        known = after[ask["known_after"]] if ask["known_after"] else None
        scope, period = catalogue.get_scope("made-up"), Period.parse(ask["period"])
        found = {(o.indicator, o.unit): o for o in compute_rollup(RunContext(conn, catalogue, scope, period, known))}
    expected = _rows(folder / "expect.csv")
    assert expected
    for row in expected:
        columns = [c for c in row if c not in {"indicator", "unit"} and row[c]]
        if not columns:
            assert (row["indicator"], row["unit"]) not in found, row
            continue
        seen = found[(row["indicator"], row["unit"])]
        assert {c: _said(seen, c) for c in columns} == {c: _meant(c, row[c]) for c in columns}, row
        assert seen.period == period


def test_there_are_cases() -> None:
    assert len(CASES) >= 15
