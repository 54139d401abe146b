"""Longer periods against their quarters: what a unit reported for both must agree, or it is asked about."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from sqlalchemy import text

from etl import load, settings, steps
from etl.catalog.loader import Catalogue, load_catalogue
from etl.settings import PROJECT_ROOT, Settings
from etl.warehouse import connect
from tests.builders import Workbook
from tests.integration.build import item

pytestmark = pytest.mark.integration

FORM, UNIT = "kt-district-year", "612"
LENGTHS = [("half", "2024H1", 2), ("nine_months", "2024N", 3)]


def _catalogue(home: Path, kind: str, period: str) -> Catalogue:
    """The project's catalogue, but the districts' closing form is one of so many months."""
    shutil.copytree(PROJECT_ROOT / "catalog", home / "catalog")
    for name in ("sql", "expectations", "templates"):
        (home / name).symlink_to(PROJECT_ROOT / name)
    for file in ("forms/forms.yaml", "scopes/kon-tum.yaml"):
        path = home / "catalog" / file
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        if file.startswith("forms"):
            form = next(f for f in told if f["id"] == FORM)
            form["period_kind"] = kind
        else:
            owed = next(s for s in told["submissions"] if s["form"] == FORM)
            owed |= {"from_period": period, "to_period": period}
        path.write_text(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return load_catalogue(home / "catalog")


@pytest.mark.parametrize(("kind", "period", "count"), LENGTHS)
def test_longer_periods_reconcile_with_their_quarters(
    kind: str, period: str, count: int, warehouse: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGKET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TONGKET_MIN_AGE_SECONDS", "0")
    (tmp_path / "home").mkdir()
    catalogue = _catalogue(tmp_path / "home", kind, period)
    steps.migrate_warehouse()
    book = Workbook(catalogue, FORM, UNIT, period).filled(live_births=10 * count, stations=1)
    communes = {org for _, _, org, element, _ in book.inputs() if element == "live_births"}
    with connect.build_engine(settings.load_settings(), "loader").begin() as conn:
        for n in range(1, count + 1):
            # One commune's first quarter is one birth short; its stations differ at the end alone.
            cells = {
                (org, "live_births"): "9" if (org, n) == (min(communes), 1) else "10" for org in communes
            } | {(org, "stations"): "2" if org == max(communes) or n < count else "1" for org in communes}  # fmt: skip
            load.load_deliveries(conn, [item(conn, catalogue, "kt-district-quarter", UNIT, f"2024Q{n}", cells)])
    inbox = settings.load_settings().inbox / UNIT
    inbox.mkdir(parents=True)
    (inbox / "a.xlsx").write_bytes(book.bytes())
    (batch,) = steps.receive_deliveries()["batches"]
    assert steps.process_batch(batch)["refused"] == 0
    with connect.build_engine(settings.load_settings(), "loader").connect() as conn:
        found = conn.execute(
            text("SELECT code, org_unit_code, message FROM ops.finding WHERE code IN ('T01', 'T02') ORDER BY code")
        ).all()
    assert [(f.code, f.org_unit_code) for f in found] == [("T01", min(communes)), ("T02", max(communes))]
    assert f"{10 * count}, tổng các quý {10 * count - 1}." in found[0].message
    assert "quý cuối cùng 2." in found[1].message


@dataclass
class Intake:
    """One district's inbox: its year and its quarters, in any order, in one run or in several."""

    settings: Settings
    catalogue: Catalogue
    sent: int = 0

    def put(self, period: str, births: int) -> None:
        self.sent += 1
        form = FORM if period == "2024" else "kt-district-quarter"
        book = Workbook(self.catalogue, form, UNIT, period).filled(live_births=births, deliveries=births)
        folder = self.settings.inbox / UNIT
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.sent}.xlsx").write_bytes(book.bytes())

    def run(self) -> dict[str, list[str]]:
        """Period → the messages on births that differ from those of the other length, of what came in this run."""
        steps.receive_deliveries()
        assert steps.process_batch(0)["refused"] == 0
        with connect.build_engine(self.settings, "loader").connect() as conn:
            rows = conn.execute(
                text(
                    "SELECT v.period, f.message FROM ops.finding AS f INNER JOIN ops.verdict AS v USING (delivery_id)"
                    " WHERE f.code = 'T01' AND f.data_element = 'live_births' ORDER BY delivery_id, f.position"
                )
            ).all()
        found: dict[str, list[str]] = {}
        for period, message in rows:
            found.setdefault(period, []).append(message)
        return found


@pytest.fixture
def intake(warehouse: Settings, monkeypatch: pytest.MonkeyPatch, catalogue: Catalogue) -> Iterator[Intake]:
    monkeypatch.setenv("TONGKET_MIN_AGE_SECONDS", "0")
    monkeypatch.setenv("TONGKET_BATCHES", "1")
    yield Intake(settings.load_settings(), catalogue)


QUARTERS = ("2024Q1", "2024Q2", "2024Q3", "2024Q4")
ORDERS = {
    "the year last": (*QUARTERS, "2024"),
    "the year first": ("2024", *QUARTERS),
    "the year between": ("2024Q4", "2024Q2", "2024", "2024Q1", "2024Q3"),
}


@pytest.mark.parametrize("runs", ["in one run", "each in its own"])
@pytest.mark.parametrize("order", ORDERS)
def test_the_year_is_tested_against_its_quarters_in_any_order(order: str, runs: str, intake: Intake) -> None:
    found: dict[str, list[str]] = {}
    for period in ORDERS[order]:
        intake.put(period, 21 if period == "2024" else 5)
        found = intake.run() if runs == "each in its own" else found
    found = found or intake.run()
    last = ORDERS[order][-1]
    assert list(found) == [last], "whichever completes them is asked about, once for each commune"
    assert "21, tổng các quý 20." in found[last][0] and "năm 2024" in found[last][0].lower()


def test_a_quarter_that_is_corrected_after_the_year_is_tested_again(intake: Intake) -> None:
    for period in (*QUARTERS, "2024"):
        intake.put(period, 20 if period == "2024" else 5)
    assert intake.run() == {}
    intake.put("2024Q1", 6)
    (message, *_) = intake.run()["2024Q1"]
    assert "20, tổng các quý 21." in message
