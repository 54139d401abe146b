from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from io import BytesIO

import openpyxl
import pytest
import xlsxwriter

from etl.catalog import Catalogue
from etl.catalog.obligations import list_obligations
from etl.errors import UsageError
from etl.forms import issue_form
from etl.model import FormStamp, Period
from simulation.cell_values import Key, Value, build_cell_values
from simulation.form_filling import fill_form, read_manifest
from tests.wording import SHIPPED

STAMP = [("form", "f"), ("version", "1"), ("unit", "608"), ("period", "2024Q1")]
ENTRIES = [
    ("B1", "B4", "23281", "pop_total", "stock"),
    ("B1", "B5", "23284", "pop_total", "stock"),
    ("B1", "C4", "608", "task.p.t.date", "date"),
    ("B1", "C5", "608", "note.1.cause", "text"),
]


def form(entries: list[tuple[str, ...]] = ENTRIES, *, manifest: bool = True) -> bytes:
    """A tiny issued form: a mark's place, two numbers under their sum, a date and a text."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"created": dt.datetime(2024, 1, 1)})  # else two forms differ by the second they were made in
    page, plain = book.add_worksheet("B1"), book.add_format({"border": 1})
    page.write_blank("A1", None, plain)
    page.write_formula("B3", '=IF(COUNT(B4:B5)=0,"",SUM(B4:B5))', plain, "")
    page.write_blank("B4", None, plain)
    page.write_blank("B5", None, plain)
    page.write_blank("C4", None, book.add_format({"num_format": "dd/mm/yyyy"}))
    page.write_blank("C5", None, plain)
    book.define_name("'B1'!mo_phong", "='B1'!$A$1")
    if manifest:
        hidden = book.add_worksheet("_manifest")
        rows = [*STAMP, (), ("sheet", "cell", "org_unit_code", "data_element", "kind"), *entries]
        for i, row in enumerate(rows):
            hidden.write_row(i, 0, row)
        hidden.hide()
    book.close()
    return target.getvalue()


def seen(workbook: bytes, *, results: bool = True) -> openpyxl.worksheet.worksheet.Worksheet:
    return openpyxl.load_workbook(BytesIO(workbook), data_only=results)["B1"]


VALUES: dict[Key, Value] = {
    ("608", "23281", "pop_total"): 1200,
    ("608", "23284", "pop_total"): 0,
    ("608", "608", "task.p.t.date"): "2024-03-15",
    ("608", "608", "note.1.cause"): "thiếu máy & người <2>",
    ("610", "23284", "pop_total"): 99,
}


def test_the_manifest_is_read_as_issued() -> None:
    manifest = read_manifest(form())
    assert manifest.stamp == FormStamp("f", "1", "608", "2024Q1")
    assert [(e.sheet, e.cell, e.org_unit_code, e.data_element, e.kind) for e in manifest.entries] == ENTRIES


def test_values_land_in_their_cells_with_their_types() -> None:
    page = seen(fill_form(form(), VALUES))
    assert (page["B4"].value, page["B5"].value) == (1200, 0)
    assert page["C4"].value == dt.datetime(2024, 3, 15)
    assert page["C5"].value == "thiếu máy & người <2>"


def test_the_sheet_says_that_it_is_simulated() -> None:
    assert seen(fill_form(form(), {}))["A1"].value == "SỐ LIỆU MÔ PHỎNG"


def test_sums_keep_their_formula_and_get_its_result() -> None:
    filled = fill_form(form(), VALUES)
    assert seen(filled)["B3"].value == 1200
    assert seen(filled, results=False)["B3"].value == '=IF(COUNT(B4:B5)=0,"",SUM(B4:B5))'


def test_a_sum_over_nothing_stays_blank() -> None:
    assert seen(fill_form(form(), {}))["B3"].value in {None, ""}


def test_words_in_a_number_cell_do_not_count_in_the_sum() -> None:
    page = seen(fill_form(form(), VALUES | {("608", "23284", "pop_total"): "ba mươi"}))
    assert (page["B5"].value, page["B3"].value) == ("ba mươi", 1200)


def test_a_total_can_be_typed_over() -> None:
    assert seen(fill_form(form(), VALUES, totals={"pop_total": 7}), results=False)["B3"].value == 7


def test_a_cell_without_a_value_stays_blank() -> None:
    page = seen(fill_form(form(), {("608", "23281", "pop_total"): 5}))
    assert (page["B5"].value, page["C4"].value, page["C5"].value) == (None, None, None)


def test_the_day_of_saving_changes_the_bytes_and_nothing_else() -> None:
    one, two = (fill_form(form(), VALUES, saved=dt.datetime(2024, 4, day)) for day in (8, 9))
    assert one != two
    assert [[c.value for c in row] for row in seen(one)] == [[c.value for c in row] for row in seen(two)]
    assert one == fill_form(form(), VALUES, saved=dt.datetime(2024, 4, 8))


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (lambda: form(manifest=False), "no manifest"),
        (lambda: form([("B1", "Z99", "608", "pop_total", "stock")]), "Z99"),
    ],
)
def test_a_form_that_was_not_issued_is_a_mistake(broken: Callable[[], bytes], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        fill_form(broken(), {("608", "608", "pop_total"): 1})


@pytest.mark.parametrize(
    ("scope_id", "key", "unit_code"),
    [("kon-tum", "2024Q1", "612"), ("kon-tum", "2023", "62-CTK"), ("tan-yen", "2024", "07306")],
)
def test_every_cell_of_an_issued_form_holds_its_value(
    catalogue: Catalogue, scope_id: str, key: str, unit_code: str
) -> None:
    scope, period = catalogue.get_scope(scope_id), Period.parse(key)
    chosen = next((f, u) for _, f, u in list_obligations(catalogue, scope, period) if u.code == unit_code)
    told = build_cell_values(catalogue, scope, period)
    filled = fill_form(issue_form(catalogue, scope, *chosen, period, SHIPPED), told)
    book = openpyxl.load_workbook(BytesIO(filled), data_only=True)
    entries = read_manifest(filled).entries
    for entry in entries:
        expected = told[unit_code, entry.org_unit_code, entry.data_element]
        found = book[entry.sheet][entry.cell].value
        if isinstance(found, dt.datetime):
            found = found.date().isoformat()
        assert (found if found is not None else "") == expected, entry
    marks = [page["A3"].value for page in book.worksheets if page.title != "_manifest"]
    assert set(marks) == {"SỐ LIỆU MÔ PHỎNG"}
