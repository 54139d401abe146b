"""A new kind of sheet is an entry in a table and a builder of its layout: forms and read take the rest from there."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import openpyxl
import pytest

from etl.catalog import Catalogue, layout, models
from etl.catalog.layout import InputCell, PrintedCell, SheetLayout
from etl.catalog.obligations import list_obligations
from etl.catalog.sheet_kinds import SHEET_KINDS, SheetKind
from etl.forms.issue import issue_form
from etl.model import Period
from etl.read import rows
from etl.read.workbook_reader import read_workbook
from tests.wording import SHIPPED

TOY = SheetKind("toy", "printed", (1,), freeze_cols=2, row_height="default")
PERIOD = Period.parse("2024")


def lay_out(
    catalogue: Catalogue,
    _scope: models.Scope,
    form: models.Form,
    sheet: models.SheetDef,
    unit: models.Unit,
    _period: Period,
) -> SheetLayout:
    """The number first, its name after it: no other kind is printed so."""
    columns = catalogue.list_sheet_columns(form, sheet)
    fixed = [PrintedCell(7, col, text, "header", anchor=True) for col, text in enumerate(("Giá trị", "Tên số liệu"))]
    inputs = []
    for row, column in enumerate(columns, start=8):
        fixed.append(PrintedCell(row, 1, column.header, "text", anchor=True))
        kind = catalogue.elements[column.data_element].kind
        inputs.append(InputCell(row, 0, unit.code, column.data_element, kind, column.required))
    return SheetLayout(
        sheet.code,
        sheet.title,
        sheet.kind,
        tuple(fixed),
        (),
        tuple(inputs),
        (16, 60, 12, 12),
        (7, 7),
        (8, 7 + len(columns)),
    )


@pytest.fixture
def with_toy(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """The catalogue with a form whose one sheet is of the toy kind."""
    monkeypatch.setitem(SHEET_KINDS, TOY.name, TOY)
    monkeypatch.setitem(layout._SHEET_BUILDERS, TOY.name, lay_out)
    form = catalogue.forms["kt-hospital-year"]
    sheet = models.SheetDef.model_validate({**form.sheets[0].model_dump(), "layout": TOY.name})
    return replace(catalogue, forms={**catalogue.forms, form.id: form.model_copy(update={"sheets": (sheet,)})})


def issue_toy(catalogue: Catalogue) -> openpyxl.Workbook:
    scope = catalogue.get_scope("kon-tum")
    form, unit = next((f, u) for _, f, u in list_obligations(catalogue, scope, PERIOD) if f.id == "kt-hospital-year")
    return openpyxl.load_workbook(BytesIO(issue_form(catalogue, scope, form, unit, PERIOD, SHIPPED)))


def save_book(book: openpyxl.Workbook) -> bytes:
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def test_a_new_kind_goes_from_issue_to_reading(with_toy: Catalogue) -> None:
    book = issue_toy(with_toy)
    page = book["N1"]
    assert page.freeze_panes == "C9"
    page["A9"], page["A10"] = 7, 11
    raw = read_workbook(save_book(book), with_toy)
    assert not raw.findings
    assert [cell[1] for cell in (raw.cells[0] or [])[:2]] == [7.0, 11.0]


def test_rows_of_a_new_kind_are_found_where_the_sender_moved_them(with_toy: Catalogue) -> None:
    book = issue_toy(with_toy)
    page = book["N1"]
    page["A9"], page["A10"] = 7, 11
    page["A9"], page["B9"], page["A10"], page["B10"] = (*(page[c].value for c in ("A10", "B10", "A9", "B9")),)
    raw = read_workbook(save_book(book), with_toy)
    assert [cell[1] for cell in (raw.cells[0] or [])[:2]] == [7.0, 11.0]


def test_every_kind_has_a_builder_and_a_row_reader() -> None:
    assert set(layout._SHEET_BUILDERS) == set(SHEET_KINDS)
    assert {kind.row_reader for kind in SHEET_KINDS.values()} == set(rows._ROW_READERS)


def test_an_unknown_kind_is_refused_with_the_known_ones(catalogue: Catalogue) -> None:
    sheet = catalogue.forms["kt-hospital-year"].sheets[0]
    with pytest.raises(ValueError, match=r"no kind of sheet is called 'lst'.*by_commune, list"):
        models.SheetDef.model_validate({**sheet.model_dump(), "layout": "lst"})


def test_what_a_part_of_the_area_publishes_is_its_own_and_never_the_whole_areas(catalogue: Catalogue) -> None:
    form = catalogue.forms["kt-ctk-year"]
    sheet = next(s for s in form.sheets if s.layout == "published")
    owners = {}
    for scope, code in (("toan-quoc", "01"), ("kon-tum", "62-CTK")):
        unit = catalogue.find_unit(code, PERIOD.end) or catalogue.find_unit(code, Period.parse("2026").end)
        assert unit
        built = layout._build_published_sheet(catalogue, catalogue.get_scope(scope), form, sheet, unit, PERIOD)
        owners[scope] = {cell.org_unit_code for cell in built.inputs}
    assert owners == {"toan-quoc": {"01"}, "kon-tum": {"62"}}
