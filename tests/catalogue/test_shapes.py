"""What plans, forms and regimes ask for that is no plain number at a year's end: each shape once, as data alone.

Every right value is worked out by hand beside its row.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from etl.catalog import Catalogue, load_catalogue
from etl.catalog import models as m
from etl.catalog.calendar import compute_deadline, compute_period_bounds
from etl.catalog.layout import build_form_layout
from etl.catalog.obligations import list_opened_periods
from etl.model import Period
from etl.read.identify import parse_printed_period

REGIMES, LIVE = "regimes/regimes.yaml", "scopes/quang-ngai.yaml"


def edit(root: Path, name: str, right: str, wrong: str, count: int = 1) -> None:
    text = (root / name).read_text(encoding="utf-8")
    assert right in text, "the shape no longer fits the catalogue"
    (root / name).write_text(text.replace(right, wrong, count), encoding="utf-8")


# --- deadlines and windows ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "rule", "period", "due"),
    [
        ("trước 15/11 hằng năm", {"day": 14, "months_after": -1}, "2026", date(2026, 11, 14)),
        ("trước ngày 16/12", {"day": 15}, "2026", date(2026, 12, 15)),
        ("ngày 25 tháng cuối kỳ", {"day": 25}, "2026Q1", date(2026, 3, 25)),
        ("ngày 05 tháng sau", {"day": 5, "months_after": 1}, "2026Q4", date(2027, 1, 5)),
        ("31/3 năm sau", {"day": 31, "months_after": 3}, "2026", date(2027, 3, 31)),
        ("ngày 31 tháng sau, tháng ngắn", {"day": 31, "months_after": 2}, "2026", date(2027, 2, 28)),
        ("ngày 29 tháng 2 nhuận", {"day": 31, "months_after": 2}, "2027", date(2028, 2, 29)),
        ("trước ngày 16/12/2025", {"day": 5, "dates": {"2025": date(2025, 12, 15)}}, "2025", date(2025, 12, 15)),
    ],
)
def test_a_deadline_is_a_day_of_the_calendar(
    catalogue: Catalogue, written: str, rule: dict[str, object], period: str, due: date
) -> None:
    deadline = m.LevelDeadline(level="commune", basis="source", source=written, **rule)  # type: ignore[arg-type]
    regime = catalogue.regimes["tt37-2019"].model_copy(update={"deadlines": (deadline,)})
    changed = replace(catalogue, regimes={**catalogue.regimes, regime.id: regime})
    assert compute_deadline(changed, regime.id, "commune", Period.parse(period)) == due


def test_a_level_has_another_deadline_for_each_kind_of_period(catalogue: Catalogue) -> None:
    both = {"level": "commune", "basis": "source", "source": "x"}
    deadlines = (
        m.LevelDeadline(day=14, months_after=-1, kinds=("year",), **both),
        m.LevelDeadline(working_days=5, **both),
    )  # type: ignore[arg-type]
    regime = catalogue.regimes["tt37-2019"].model_copy(update={"deadlines": deadlines})
    changed = replace(catalogue, regimes={**catalogue.regimes, regime.id: regime})
    assert compute_deadline(changed, regime.id, "commune", Period.parse("2026")) == date(2026, 11, 14)
    assert compute_deadline(changed, regime.id, "commune", Period.parse("2024Q1")) == date(2024, 4, 5)


@pytest.mark.parametrize(
    ("cut_off", "period", "first", "last"),
    [
        (20, "2026Q1", date(2025, 12, 21), date(2026, 3, 20)),
        (20, "2026", date(2025, 12, 21), date(2026, 12, 20)),
        (28, "2026-03", date(2026, 3, 1), date(2026, 3, 28)),
        (28, "2028-03", date(2028, 2, 29), date(2028, 3, 28)),
        (1, "2026-01", date(2025, 12, 2), date(2026, 1, 1)),
        (None, "2026Q4", date(2026, 9, 15), date(2026, 12, 14)),
    ],
)
def test_a_period_ends_on_any_cut_off_day(
    catalogue: Catalogue, cut_off: int | None, period: str, first: date, last: date
) -> None:
    regime = catalogue.regimes["nd09-2019"].model_copy(update={"cut_off_day": cut_off})
    assert compute_period_bounds(regime, Period.parse(period)) == (first, last)


@pytest.fixture
def cut_off_on_the_20th(copied: Path) -> Catalogue:
    """Communes report quarters that end on the 20th, by the 25th, and the year by 14/11."""
    edit(
        copied,
        REGIMES,
        "title: Báo cáo quý theo các kế hoạch",
        "cut_off_day: 20\n  title: Báo cáo quý theo các kế hoạch",
    )
    text = (copied / REGIMES).read_text(encoding="utf-8")
    own = text.index("- id: quy-2025")
    changed = text[own:].replace("calendar: statistical", "calendar: administrative", 1)
    changed = changed.replace("{level: commune, working_days: 5, basis", "{level: commune, day: 25, basis", 1)
    before = text[:own].replace(
        "{level: commune, working_days: 5, basis: secondary",
        "{level: commune, day: 14, months_after: -1, basis: secondary",
        1,
    )
    (copied / REGIMES).write_text(before + changed, encoding="utf-8")
    return load_catalogue(copied)


def test_the_exact_window_is_printed_and_read_back(cut_off_on_the_20th: Catalogue) -> None:
    c, period = cut_off_on_the_20th, Period.parse("2026Q1")
    scope, unit = c.get_scope("quang-ngai"), c.find_unit("23293", period.end)
    assert unit is not None
    for form, words in (
        ("xa-quarter", "Kỳ báo cáo: quý I năm 2026 (từ 21/12/2025 đến 20/03/2026)"),
        ("kt-ttyt-year", "Kỳ báo cáo: năm 2026 (từ 01/01/2026 đến 31/12/2026)"),
    ):
        key = period if form == "xa-quarter" else Period.parse("2026")
        layout = build_form_layout(c, scope, c.forms[form], unit, key)
        assert {x.text for s in layout.sheets for x in s.fixed if x.role == "period"} == {words}
        assert parse_printed_period(words.partition(": ")[2].casefold()) == key.key
    for wrong in ("(từ 21/12/2025 đến 21/03/2026)", "(từ 20/12/2025 đến 20/03/2026)", "(từ 21/03/2026 đến 20/06/2026)"):
        assert parse_printed_period(f"quý i năm 2026 {wrong}") == ""


def test_forms_are_out_before_a_deadline_within_the_period(cut_off_on_the_20th: Catalogue) -> None:
    c = cut_off_on_the_20th
    scope, year = c.get_scope("quang-ngai"), Period.parse("2026")
    assert compute_deadline(c, "tt23-2025", "commune", year) == date(2026, 11, 14)
    assert compute_deadline(c, "quy-2025", "commune", Period.parse("2026Q1")) == date(2026, 3, 25)
    assert year not in list_opened_periods(c, scope, date(2026, 9, 30))
    assert year in list_opened_periods(c, scope, date(2026, 10, 1)), "14/11 less two weeks lies in October"
    assert Period.parse("2026Q4") in list_opened_periods(c, scope, date(2026, 12, 1))
    assert Period.parse("2026Q4") not in list_opened_periods(c, scope, date(2026, 11, 30))
