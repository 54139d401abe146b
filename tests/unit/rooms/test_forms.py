from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest
from xlsxwriter.worksheet import Worksheet

from etl.catalog import Catalogue
from etl.catalog.layout import (
    CHECK_SHEET,
    SIMULATION_NOTICE,
    TASK_STATES,
    TOTAL_LABEL,
    build_form_layout,
)
from etl.catalog.obligations import list_obligations
from etl.catalog.task_answers import list_asked_tasks
from etl.forms import build_form_file_name, issue_form
from etl.model import Period
from etl.model.text_cells import TaskCell, parse_text_cell
from tests.builders import Workbook
from tests.wording import SHIPPED

ALL = [
    ("kt-district-quarter", "612", "2024Q3"), ("kt-district-year", "618", "2023"), ("kt-hospital-year", "62-BVT", "2024"),
    ("kt-cdc-year", "62-CDC", "2023"), ("kt-syt-year", "62-SYT", "2023"), ("kt-bhxh-year", "62-BHXH", "2023"),
    ("kt-ctk-year", "62-CTK", "2023"), ("kt-stc-year", "62-STC", "2023"), ("nv-former-year", "216-PYT", "2024"), ("ty-commune-quarter", "07339", "2024Q2"),
    ("ty-commune-year", "07366", "2024"), ("xa-quarter", "23284", "2025Q3"), ("xa-year", "23284", "2025"),
    ("kt-ttyt-quarter", "51-TTYT-610", "2025Q4"), ("kt-ttyt-year", "51-TTYT-610", "2025"),
    ("kt-bv-year", "51-BVT", "2025"), ("kt-ksbt-year", "51-CDC", "2025"), ("xa-quarter", "07306", "2025Q3"),
    ("nv-year", "51-SYT", "2026"), ("kt-so-year", "51-SYT-KT", "2026"), ("xa-year", "07294", "2026"), ("bg-huyen-quarter", "216", "2024Q3"), ("bg-huyen-year", "216", "2024"),
    ("qg-tinh-quarter", "24", "2025Q1"), ("qg-tinh-year", "24", "2023"), ("toan-quoc-quarter", "01", "2026Q1"),
    ("toan-quoc-year", "01", "2026"),
]  # fmt: skip


@pytest.fixture(params=ALL, ids=[a[0] for a in ALL])
def workbook(request: pytest.FixtureRequest, catalogue: Catalogue) -> Workbook:
    return Workbook(catalogue, *request.param)


def test_every_form_of_the_catalogue_is_tried_here(catalogue: Catalogue) -> None:
    assert {a[0] for a in ALL} == set(catalogue.forms)


def test_manifest_names_every_unlocked_cell_and_only_those(workbook: Workbook) -> None:
    named = {(sheet, cell) for sheet, cell, *_ in workbook.inputs()}
    assert len(named) == len(workbook.inputs())
    for page in workbook.book.worksheets:
        if page.title == "_manifest":
            continue
        unlocked = {
            (page.title, c.coordinate) for row in page.iter_rows() for c in row if not c.protection.locked and c.row > 6
        }
        assert unlocked == {n for n in named if n[0] == page.title}
        assert page.protection.sheet


def test_the_manifest_is_hidden_and_stamped(workbook: Workbook) -> None:
    page = workbook.book["_manifest"]
    assert page.sheet_state == "hidden"
    assert [page.cell(i, 1).value for i in range(1, 5)] == ["form", "version", "unit", "period"]


def test_an_office_recognises_the_sheet(workbook: Workbook) -> None:
    for page in workbook.book.worksheets:
        if page.title in {"_manifest", CHECK_SHEET}:
            continue
        texts = [str(c.value) for row in page.iter_rows() for c in row if c.value is not None]
        assert any(t.startswith("Đơn vị báo cáo: ") for t in texts)
        assert any(t.startswith("Kỳ báo cáo: ") for t in texts)
        assert "NGƯỜI LẬP BIỂU" in texts and {"TT", "Mã đơn vị"} & {*texts} and SIMULATION_NOTICE in texts
        assert page.page_setup.paperSize == 9 and page.print_title_rows


def test_nothing_is_printed_smaller_than_eight_points(workbook: Workbook) -> None:
    """Fitted to one page or scaled: the smallest letters of a sheet, and how much it shrinks on A4."""
    for page in workbook.book.worksheets:
        if page.sheet_state == "hidden" or workbook.form.sheets[0].kind.is_upward:
            continue
        smallest = min(c.font.sz for row in page.iter_rows() for c in row if c.value is not None)
        across = (11.69 if page.page_setup.orientation == "landscape" else 8.27) - 1.0
        inches = (
            sum(dim.width * 7 + 5 for dim in page.column_dimensions.values() for _ in range(dim.min, dim.max + 1)) / 96
        )
        fits = page.sheet_properties.pageSetUpPr is not None and page.sheet_properties.pageSetUpPr.fitToPage
        scale = min(across / inches, 1) if fits else page.page_setup.scale / 100
        assert smallest * scale >= 8, (page.title, smallest, scale)


def test_rows_are_the_communes_and_there_is_a_total(catalogue: Catalogue) -> None:
    book = Workbook(catalogue, "kt-district-quarter", "608", "2024Q1").book
    page = book["B1"]
    codes = [page.cell(r, 3).value for r in range(13, 13 + 21)]
    assert codes[0] == "23281" and len(set(codes)) == 21 and None not in codes
    assert page.cell(12, 2).value == TOTAL_LABEL
    assert str(page.cell(12, 4).value).startswith("=IF(COUNT(D13:D33)=0")


def test_headers_say_stock_flow_or_year_to_date(catalogue: Catalogue) -> None:
    book = Workbook(catalogue, "kt-district-quarter", "612", "2024Q1").book
    kinds = {c.value.split("; ")[-1] for c in book["B1"][10] if c.value}
    assert kinds == {"có đến cuối kỳ", "trung bình trong kỳ", "phát sinh trong kỳ", "lũy kế từ đầu năm"}


def test_cells_have_ranges_and_choices(catalogue: Catalogue) -> None:
    book = Workbook(catalogue, "kt-district-quarter", "612", "2024Q4").book
    whole = [v for v in book["B2"].data_validations.dataValidation if v.type == "whole"]
    assert any(v.formula1 == "0" and v.formula2 == "1" for v in whole), "criteria_met takes 0 or 1"
    choices = [v for v in book["B5"].data_validations.dataValidation if v.type == "list"]
    assert choices and all(state in choices[0].formula1 for state in TASK_STATES)


def test_same_catalogue_same_bytes(catalogue: Catalogue) -> None:
    scope, form = catalogue.scopes["kon-tum"], catalogue.forms["kt-district-quarter"]
    period = Period.parse("2024Q1")
    unit = catalogue.find_unit("612", period.end)
    assert unit
    assert issue_form(catalogue, scope, form, unit, period, SHIPPED) == issue_form(
        catalogue, scope, form, unit, period, SHIPPED
    )
    assert build_form_file_name(form, unit, period) == "612_2024Q1_kt-district-quarter.xlsx"


@pytest.mark.parametrize("given", ALL, ids=[a[0] for a in ALL])
def test_formulas_are_those_that_the_library_would_write(
    catalogue: Catalogue, given: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = Workbook(catalogue, *given).issued
    for room in ("issue", "check_sheet"):
        monkeypatch.setattr(f"etl.forms.{room}.get_sheet_class", lambda: Worksheet)
    assert Workbook(catalogue, *given).issued == ours


def test_the_mark_stands_only_on_simulated_forms(catalogue: Catalogue) -> None:
    period = Period.parse("2024Q1")
    unit = catalogue.find_unit("612", period.end)
    assert unit
    plain = issue_form(
        catalogue, catalogue.scopes["kon-tum"], catalogue.forms["kt-district-quarter"], unit, period, SHIPPED
    )
    book = openpyxl.load_workbook(BytesIO(plain))
    assert not any(c.value == SIMULATION_NOTICE for page in book.worksheets for row in page.iter_rows() for c in row)


def test_the_office_itself_and_another_that_leads_tasks_have_a_form_of_the_year(catalogue: Catalogue) -> None:
    scope, period = catalogue.get_scope("quang-ngai"), Period.parse("2026")
    owing = {unit.code for _, form, unit in list_obligations(catalogue, scope, period) if form.id == "nv-year"}
    assert owing == {unit for units in scope.answers_for.values() for unit in units} > {"51-SYT", "51-BHXH"}
    sheet = catalogue.forms["nv-year"].sheets[0]
    for code in ("51-SYT", "51-BHXH", "51-STC"):
        actors = {actor for actor, units in scope.answers_for.items() if code in units}
        unit = catalogue.find_unit(code, period.end)
        assert unit
        asked = {(p.id, t.id) for p, t in list_asked_tasks(catalogue, scope, sheet, unit, period)}
        assert asked == {(p, t.id) for p in scope.plans for t in catalogue.plans[p].tasks if actors & {*t.lead}}
        cells = {e for _, _, _, e, k in Workbook(catalogue, "nv-year", code, "2026").inputs() if k == "choice"}
        assert len(cells) == len(asked) > 1


def test_within_the_year_only_tasks_with_a_date_are_asked(catalogue: Catalogue) -> None:
    kinds = {(p.id, task.id): task.deadline.kind for p in catalogue.plans.values() for task in p.tasks}
    asked = {}
    for form, period in (("kt-district-quarter", "2025Q1"), ("kt-district-year", "2024")):
        cells = Workbook(catalogue, form, "608", period).inputs()
        tasks = (parse_text_cell(e) for _, _, _, e, kind in cells if kind == "choice")
        asked[period] = {(t.plan, t.task) for t in tasks if isinstance(t, TaskCell)}
    assert asked["2025Q1"] == {key for key in asked["2024"] if kinds[key] == "by_date"}
    assert len(asked["2025Q1"]) == 1 and len(asked["2024"]) == 46


def test_tasks_appear_only_once_their_plan_is_in_force(catalogue: Catalogue) -> None:
    scope = catalogue.scopes["kon-tum"]
    early = {p.id for p, _ in catalogue.list_led_tasks(scope, "district", Period.parse("2024Q1"))}
    late = {p.id for p, _ in catalogue.list_led_tasks(scope, "district", Period.parse("2024Q3"))}
    assert "kt-1693" not in early and "kt-1693" in late


def test_layout_never_puts_two_things_in_one_cell(catalogue: Catalogue) -> None:
    for scope in catalogue.scopes.values():
        for key in ("2023", "2024Q4"):
            for _, form, unit in list_obligations(catalogue, scope, Period.parse(key)):
                for sheet in build_form_layout(catalogue, scope, form, unit, Period.parse(key)).sheets:
                    places = [(f.row, f.col) for f in sheet.fixed] + [(i.row, i.col) for i in sheet.inputs]
                    assert len(places) == len(set(places)), (form.id, unit.code, sheet.code)
