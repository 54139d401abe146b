"""What an office publishes is the area's that it speaks for: read from its form, and nobody else's figure."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import Engine

from etl import load, steps
from etl.catalog import Catalogue, load_catalogue
from etl.catalog.loader import list_catalogue_problems
from etl.model import Period
from etl.model.text_cells import PublishedCell
from etl.settings import Settings
from etl.warehouse.rollup import compute_rollup
from etl.warehouse.rollup_parts import fetch_rollup_parts
from etl.warehouse.run_context import RunContext
from tests.builders import Workbook
from tests.integration.build import item
from tests.integration.published import home

pytestmark = pytest.mark.integration

SCOPE, FORM, OFFICE, PERIOD = "quang-ngai", "kt-so-year", "51-SYT-KT", "2026"
PUBLISHER = "Thống kê tỉnh Quảng Ngãi"
TOLD = {
    "life_expectancy": ("pub_life_expectancy", "71.4"), "tfr": ("pub_tfr", "2.36"), "imr": ("pub_imr", "21.7"),
    "u5mr": ("pub_u5mr", "31.5"), "mmr": ("pub_mmr", "60"), "stunting": ("pub_stunting", "29.8"),
}  # fmt: skip


def test_the_former_area_has_what_its_office_published_and_the_province_has_not(
    warehouse: Settings, loader: Engine, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGKET_MIN_AGE_SECONDS", "0")
    monkeypatch.setenv("TONGKET_SCOPES", SCOPE)
    book = Workbook(catalogue, FORM, OFFICE, PERIOD).filled()
    for element, value in TOLD.values():
        book.with_element(element, float(value))
        book.with_element(str(PublishedCell(element, "as_of")), "15/12/2026")
        book.with_element(str(PublishedCell(element, "source")), PUBLISHER)
    inbox = warehouse.inbox / OFFICE
    inbox.mkdir(parents=True)
    (inbox / "nam.xlsx").write_bytes(book.bytes())
    (batch,) = steps.receive_deliveries()["batches"]
    done = steps.process_batch(batch)
    with loader.connect() as conn:
        told = conn.exec_driver_sql("SELECT code, message, sheet, cell, value FROM out.finding").all()
        assert done["accepted"] == 1, told
    steps.compute_attainment(SCOPE, PERIOD)
    rows = [row for row in steps.list_attainment_rows(SCOPE, PERIOD, "kt-1693") if row["indicator"] in TOLD]
    said = {(row["indicator"], row["unit"]): Fraction(str(row["value"])) for row in rows if row["value"] is not None}
    assert said == {(name, "62"): Fraction(value) for name, (_, value) in TOLD.items()}
    times = {(row["as_of"], row["of_period"]) for row in rows if row["value"] is not None}
    assert times == {("2026-12-15", PERIOD)}, "the day of publication, and the period that it was sent for"


def test_every_published_figure_of_a_live_plan_is_asked_of_somebody(catalogue: Catalogue) -> None:
    today = dt.date(2026, 11, 1)
    missing = set()
    for scope in catalogue.scopes.values():
        asked = {
            column.data_element
            for submission in scope.submissions
            if not submission.to_period or Period.parse(submission.to_period).end >= today
            for sheet in catalogue.forms[submission.form].sheets
            for column in catalogue.list_sheet_columns(catalogue.forms[submission.form], sheet)
        }
        named = [
            catalogue.indicators[t.indicator] for p in scope.plans for t in catalogue.plans[p].targets if t.indicator
        ]
        if asked:
            missing |= {
                (scope.id, i.code) for i in named if i.method == "published" and i.published_element not in asked
            }
    assert missing == set()


FORM_OF_PROVINCES = """\
- id: tq-pub-year
  version: "1"
  title: Số liệu đã công bố
  symbol: Biểu 99-N/YT-CB
  period_kind: year
  level: province
  valid_from: 2026-01-01
  legal_basis: Cấu hình
  sheets: [{code: P1, title: Số liệu đã công bố, layout: published, columns: tq-pub}]
"""


def test_each_province_has_what_it_published_and_the_nation_has_none_of_them(
    warehouse: Settings, loader: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = home(tmp_path / "home", monkeypatch) / "catalog"
    with (root / "forms" / "forms.yaml").open("a", encoding="utf-8") as file:
        file.write(FORM_OF_PROVINCES)
    with (root / "forms" / "columns.csv").open("a", encoding="utf-8") as file:
        file.write("tq-pub,1,P1,1,Tỉ lệ suy dinh dưỡng thể thấp còi,pub_stunting,0\n")
    scope = root / "scopes" / "toan-quoc.yaml"
    text = scope.read_text(encoding="utf-8")
    owed = 'submissions:\n  - {form: tq-pub-year, level: province, regime: tt23-2025, from_period: "2026"}\n'
    scope.write_text(text.replace("submissions:\n", owed, 1), encoding="utf-8")
    assert list(list_catalogue_problems(root)) == []
    catalogue, told = load_catalogue(root), {"51": "8.5", "92": "7.9", "24": "9.9"}
    with loader.begin() as conn:
        load.load_catalogue_rows(conn, catalogue)
        cells = {unit: {(unit, "pub_stunting"): value} for unit, value in told.items()}
        given = [item(conn, catalogue, "tq-pub-year", unit, PERIOD, cells[unit]) for unit in told]
        load.load_deliveries(conn, given)
    with loader.connect() as conn:
        context = RunContext(conn, catalogue, catalogue.scopes["toan-quoc"], Period.parse(PERIOD))
        figures = {o.unit: o.value for o in compute_rollup(context) if o.indicator == "stunting"}
        parts = fetch_rollup_parts(context, ["stunting"], "92")["stunting"]
    assert {unit: value for unit, value in figures.items() if value is not None} == {
        unit: Fraction(value) for unit, value in told.items()
    }
    assert "VN" in figures and len(figures) == 35
    assert [cell.value for cell in parts.cells.values()] == [Fraction("7.9")]
