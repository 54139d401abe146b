"""Six and nine months against their quarters: what a unit reported for both must agree, or it is asked about."""

from __future__ import annotations

import shutil
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
