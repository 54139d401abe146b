"""A scope that reports by months, by data alone: forms, what is added up from January, deadlines, the month's report."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine

from etl import load, steps
from etl.attainment import attainment_rows
from etl.catalog.loader import Catalogue, load_catalogue
from etl.catalog.obligations import list_obligations
from etl.model import Period
from etl.settings import Settings
from etl.warehouse.rollup import compute_rollup
from etl.warehouse.run_context import RunContext
from tests.integration.build import item

pytestmark = pytest.mark.integration

CHECKOUT = Path(__file__).resolve().parents[2]
SCOPE, FORM = "tan-yen", "ty-commune-month"
COLUMNS = """\
ty-month,1,M1,1,Số lượt khám chữa bệnh ban đầu,pc_visits,1
ty-month,1,M1,2,Trong đó được BHYT chi trả,pc_visits_insured,1
"""
MONTHLY_FORM = """\
- id: ty-commune-month
  version: "1"
  title: Báo cáo tháng
  symbol: Biểu 01-T/YT-X
  period_kind: month
  level: commune
  valid_from: 2024-01-01
  valid_to: 2025-06-30
  legal_basis: Cấu hình
  sheets: [{code: M1, title: Khám chữa bệnh ban đầu, layout: list, columns: ty-month}]
"""


@pytest.fixture
def monthly(tmp_path: Path, warehouse: Settings, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """Tân Yên's communes report visits by months, and the district reports on its plan every month."""
    home = tmp_path / "home"
    home.mkdir()
    for entry in CHECKOUT.iterdir():
        if entry.name in {"expectations", "templates", "sql"}:
            (home / entry.name).symlink_to(entry)
    root = Path(shutil.copytree(CHECKOUT / "catalog", home / "catalog"))
    for name, more in (("columns.csv", COLUMNS), ("forms.yaml", MONTHLY_FORM)):
        with (root / "forms" / name).open("a", encoding="utf-8") as file:
            file.write(more)
    scope = root / "scopes" / "tan-yen.yaml"
    text = scope.read_text(encoding="utf-8")
    quarterly = "{form: ty-commune-quarter, level: commune, regime: tt37-2019, from_period: 2024Q1, to_period: 2025Q2}"
    assert quarterly in text
    text = text.replace(
        quarterly,
        "{form: ty-commune-month, level: commune, regime: tt37-2019, from_period: 2024-01, to_period: 2025-06}",
    )
    text = text.replace("cadence: quarter,", "cadence: month,")
    kept = [line for line in text.splitlines() if "cadence: half" not in line]
    scope.write_text("\n".join(kept) + "\n", encoding="utf-8")
    monkeypatch.setenv("TONGKET_HOME", str(home))
    monkeypatch.setenv("TONGKET_SCOPES", SCOPE)
    return load_catalogue(root)


def _send(
    engine: Engine, catalogue: Catalogue, period: str, told: Mapping[int, tuple[int, int]], *, silent: int = -1
) -> None:
    """Each commune tells visits and insured ones of a month; those not in `told` ten and nine."""
    with engine.begin() as conn:
        load.load_catalogue_rows(conn, catalogue)
        owed = list_obligations(catalogue, catalogue.get_scope(SCOPE), Period.parse(period))
        given = []
        for n, (_, form, unit) in enumerate(owed):
            visits, insured = told.get(n, (10, 9))
            cells = {(unit.code, "pc_visits"): str(visits), (unit.code, "pc_visits_insured"): str(insured)}
            if n != silent:
                given.append(item(conn, catalogue, form.id, unit.code, period, cells))
        load.load_deliveries(conn, given)


def test_months_are_issued_with_their_words_window_and_deadline(monthly: Catalogue, tmp_path: Path) -> None:
    made = steps.open_period(SCOPE, "2024-03", tmp_path / "out")
    assert made["issued"] == 19
    book = load_workbook(next((tmp_path / "out").rglob("*_2024-03_*.xlsx")))
    texts = {str(cell.value) for row in book["M1"].iter_rows() for cell in row if cell.value}
    assert "Kỳ báo cáo: tháng 3 năm 2024 (từ 01/03/2024 đến 31/03/2024)" in texts
    assert any("Hạn gửi: 05/04/2024" in text for text in texts), "five working days"
    assert "2024-04" in steps.list_periods_to_open("2024-04-01")


def test_what_happens_adds_up_from_january_month_by_month(monthly: Catalogue, loader: Engine) -> None:
    """19 communes × 10 visits a month; one has 20 and 8 insured in February. January to March: 570 + 10, 513 − 1."""
    for month, told in (("2024-01", {}), ("2024-02", {4: (20, 8)}), ("2024-03", {})):
        _send(loader, monthly, month, told)
    expected = {"2024-01": (171, 190), "2024-02": (341, 390), "2024-03": (512, 580)}
    with loader.connect() as conn:
        for key, (insured, visits) in expected.items():
            asked = RunContext(conn, monthly, monthly.get_scope(SCOPE), Period.parse(key))
            (area,) = [o for o in compute_rollup(asked) if (o.indicator, o.unit) == ("pc_bhyt_paid", "216")]
            assert (area.numerator, area.denominator) == (insured, visits), key
            assert area.value == Fraction(insured, visits) * 100
            assert (area.present, area.expected) == (19, 19)


def test_a_silent_commune_leaves_the_months_after_without_it(monthly: Catalogue, loader: Engine) -> None:
    """18 communes × 20 visits and 18 insured; the silent one's January counts no more, as its February is not known."""
    _send(loader, monthly, "2024-01", {})
    _send(loader, monthly, "2024-02", {}, silent=7)
    with loader.connect() as conn:
        asked = RunContext(conn, monthly, monthly.get_scope(SCOPE), Period.parse("2024-02"))
        (area,) = [o for o in compute_rollup(asked) if (o.indicator, o.unit) == ("pc_bhyt_paid", "216")]
    assert (area.numerator, area.denominator, area.present, area.expected) == (18 * 18, 18 * 20, 18, 19)


def test_a_month_has_its_report_and_waits_for_its_own_deadline(
    monthly: Catalogue, loader: Engine, warehouse: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    _send(loader, monthly, "2024-01", {})
    _send(loader, monthly, "2024-02", {4: (20, 8)}, silent=7)
    for day, due in ((dt.date(2024, 3, 7), False), (dt.date(2024, 3, 8), True)):
        monkeypatch.setattr(attainment_rows, "get_current_date", lambda day=day: day)
        assert steps.check_report_due(SCOPE, "2024-02")["due"] is due
    _send(loader, monthly, "2024-02", {4: (20, 8)})
    steps.compute_attainment(SCOPE, "2024-02")
    assert steps.draft_reports(SCOPE, "2024-02", "quarter").get("skipped")
    written = steps.draft_reports(SCOPE, "2024-02", "month")
    facts = json.loads(next(Path(p) for p in written["documents"] if p.endswith("_facts.json")).read_text())
    assert facts["period"] == {"key": "2024-02", "name": "tháng 2 năm 2024", "cadence": "month"}
    figures = [units["216"] for units in facts["figures"].values() if "216" in units]
    (figure,) = [f for f in figures if f["indicator"] == "pc_bhyt_paid" and f["counted"]]
    assert (figure["numerator"]["text"], figure["denominator"]["text"]) == ("341", "390")
    assert figure["covers"]["text"] == "lũy kế 2 tháng năm 2024"
    month = figure["in_quarter"]
    assert (month["counted"]["text"], month["out_of"]["text"]) == ("170", "200"), "18 × 9 and 8 of 18 × 10 and 20"
    assert month["text"] == "85%", "of 200 the counts are in the facts"
    assert facts["first_page"]["in_quarter_title"] == "Trong tháng"
    text = json.dumps(facts, ensure_ascii=False).casefold()
    assert "(trong tháng: " in text and "(trong quý: " not in text and "quý trước" not in text


def test_a_cadence_without_forms_is_refused(monthly: Catalogue) -> None:
    from etl.catalog.loader import list_catalogue_problems

    scope = monthly.root / "scopes" / "tan-yen.yaml"
    scope.write_text(scope.read_text(encoding="utf-8").replace("cadence: month,", "cadence: half,"), encoding="utf-8")
    (problem,) = list_catalogue_problems(monthly.root)
    assert problem.what == "a report of cadence half, for which no form of the scope is issued"
    assert problem.line and problem.expected == "a form of that period; six and nine months rest on forms of quarters"
