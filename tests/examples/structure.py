"""Examples of the codes that the reader gives for what became of a workbook's structure: S01 to S29."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from random import Random

from etl.catalog import Catalogue
from etl.catalog.layout import RESULT_HEADER, RESULT_SHEET, FormLayout
from etl.read.workbook_reader import find_form_layout, read_workbook
from tests import mangle
from tests.builders import Workbook
from tests.examples import Case, Example
from tests.examples.checked import kept, one, quarter
from tests.mangle import Book, Page

Change = Callable[[Book], None]
_RANDOM = Random(0)  # noqa: S311 - it only shuffles


@cache
def _sent(catalogue: Catalogue) -> tuple[bytes, FormLayout]:
    data = mangle.distinct(Workbook(catalogue, "kt-district-quarter", "612", "2024Q3"))
    raw = read_workbook(data, catalogue)
    described = find_form_layout(raw.stamp, catalogue) if raw.stamp else None
    if not isinstance(described, FormLayout):
        raise TypeError("the example's own form is not understood")
    return data, described


def mangled(catalogue: Catalogue, *manglers: mangle.Mangler) -> Book:
    """The quarter form, every number another one, after each of some manglers with a chance of its own."""
    data, described = _sent(catalogue)
    book = mangle.opened(data, described, {u.name: u.aliases[0] for u in catalogue.units if u.aliases})
    for mangler in manglers:
        mangler(book, Random(0))  # noqa: S311 - it only shuffles
    return book


def _changed(*changes: Change) -> Callable[[Catalogue], bytes]:
    def build(catalogue: Catalogue) -> bytes:
        book = mangled(catalogue)
        for change in changes:
            change(book)
        return book.bytes()

    return build


def _by(mangler: mangle.Mangler) -> Change:
    return lambda book: mangler(book, _RANDOM)


def _issued(change: Callable[[Workbook], Workbook]) -> Callable[[Catalogue], bytes]:
    def build(catalogue: Catalogue) -> bytes:
        return change(Workbook(catalogue, "kt-district-quarter", "612", "2024Q3").filled()).bytes()

    return build


def _untitled(book: Book) -> None:
    for page in book.tables:
        page.rows[0][0] = "Đơn vị báo cáo: Huyện Đăc Tô"


def _without_column(element: str) -> Change:
    def change(book: Book) -> None:
        page = next(p for p in book.tables if p.layout and any(c.data_element == element for c in p.layout.inputs))
        page.delete_col(book.cell(page.name, element)[1])

    return change


def _twice_a_column(book: Book) -> None:
    page, col = book.page("B1"), book.cell("B1", "insured")[1]
    page.unmerge()
    for row in page.rows:
        row.insert(col, row[col])


def _twice_a_row(book: Book) -> None:
    page = book.page("B2")
    page.rows.insert(page.first + 1, list(page.rows[page.first]))


def _strange_row(book: Book) -> None:
    page = book.page("B2")
    page.rows.insert(page.last + 1, ["10", "Xã Đắc Trăm", None] + [5] * (len(page.rows[0]) - 3))


def _names_swapped(book: Book) -> None:
    first, second = book.page("B2").rows[book.page("B2").first :][:2]
    first[1], second[1] = second[1], first[1]


def _total(more: int) -> Change:
    def change(book: Book) -> None:
        page, col = book.page("B1"), book.cell("B1", "pop_total")[1]
        page.rows[page.first - 1][col] = more + sum(line[col] for line in page.rows[page.first : page.last + 1])

    return change


def _another_period(book: Book) -> None:
    book.page("B4").rows[4][0] = "Kỳ báo cáo: quý II năm 2024 (từ 01/04/2024 đến 30/06/2024)"


def _copied_sheet(value: int | None) -> Change:
    def change(book: Book) -> None:
        page = book.page("B4")
        copy = Page("B4 (2)", [list(row) for row in page.rows], list(page.merges))
        row, col = book.cell("B4", "doctors")
        copy.rows[row][col] = copy.rows[row][col] if value is None else value
        book.pages.append(copy)

    return change


def _hidden(book: Book) -> None:
    book.page("B1").hidden_rows.add(13)


def _outside(book: Book) -> None:
    page = book.page("B2")
    page.insert_col(len(page.rows[0]))
    page.rows[page.first][-1] = 4711


def _explained(key: str) -> Change:
    def change(book: Book) -> None:
        row = [1, "Cần xác nhận", "V05", "B1", "F13", "", "Bỏ trống", "Xem lại", "Chưa có số liệu", key]
        width = len(RESULT_HEADER)
        rows = [["KẾT QUẢ KIỂM TRA"], [], list(RESULT_HEADER), row]
        book.pages.insert(0, Page(RESULT_SHEET, [([*line] + [None] * width)[:width] for line in rows]))

    return change


def _other_unit(book: Book) -> None:
    page, col = book.page("B1"), book.cell("B1", "insured")[1]
    page.rows[page.top + 2][col] = "nghìn người; có đến cuối kỳ"


def _row_removed(book: Book) -> None:
    page = book.page("B2")
    page.delete_row(page.first)


def _not_computed(catalogue: Catalogue) -> bytes:
    return _issued(lambda w: w.with_cell("B1", "F13", "=900+50"))(catalogue)


_RIGHT = Case("the same file untouched", _changed())
_FILLED = Case("the issued form, filled in", quarter())
_LOST, _TCVN3 = _by(mangle.manifest_lost), _by(mangle.text_in_tcvn3)

EXAMPLES = [
    Example("S01", Case("hidden stamp lost, unit's name changed", _changed(_LOST, _untitled)),
            Case("hidden stamp lost, titles as printed", _changed(_LOST))),
    Example("S03", Case("stamped as a form nobody knows", _issued(lambda w: w.with_stamp("form", "kt-la"))), _FILLED),
    Example("S04", Case("stamped with version 2019.1", _issued(lambda w: w.with_stamp("version", "2019.1"))), _FILLED),
    Example("S05", Case("a quarter's form stamped 2024", _issued(lambda w: w.with_stamp("period", "2024"))), _FILLED),
    Example("S06", Case("stamped for unit 999", _issued(lambda w: w.with_stamp("unit", "999"))), _FILLED),
    Example("S08", Case("sheet B3 deleted", _issued(lambda w: w.without_sheet("B3"))), _FILLED),
    Example("S09", Case("“Có thẻ BHYT” renamed", _issued(lambda w: w.with_cell("B1", "F8", "Có thẻ bảo hiểm"))),
            _FILLED),
    Example("S10", Case("“Bác sĩ” renamed", _issued(lambda w: w.with_cell("B4", "B13", "Y sĩ"))), _FILLED),
    Example("S12", Case("column of the insured deleted", _changed(_without_column("insured"))), _RIGHT),
    Example("S13", Case("the tasks’ column of remarks deleted", _changed(_without_column("task.kt-124.III.2-3.remark"))), _RIGHT),
    Example("S14", Case("column of the insured twice", _changed(_twice_a_column)), _RIGHT),
    Example("S15", Case("a commune's row twice", _changed(_twice_a_row)), _RIGHT),
    Example("S16", Case("numbers for “Xã Đắc Trăm”, which does not exist", _changed(_strange_row)),
            Case("communes by another of their names", _changed(_by(mangle.names_by_alias)))),
    Example("S17", Case("names of two communes swapped, codes not", _changed(_names_swapped)), _RIGHT),
    Example("S18", Case("a total one above the sum", _changed(_total(1))), Case("the sum itself", _changed(_total(0)))),
    Example("S19", Case("hidden stamp lost", _changed(_LOST)), _RIGHT),
    Example("S20", Case("one sheet is another quarter's", _changed(_another_period)), _RIGHT),
    Example("S21", Case("a sheet for notes added", _changed(_by(mangle.sheet_added))), _RIGHT),
    Example("S22", Case("sheet B4 twice, with different numbers", _changed(_copied_sheet(99))),
            Case("sheet B4 twice, the same", _changed(_copied_sheet(None)))),
    Example("S23", Case("a commune's row hidden", _changed(_hidden)), _RIGHT),
    Example("S24", Case("a formula that was never computed", _not_computed), _FILLED),
    Example("S25", Case("a commune's row deleted", _changed(_row_removed)), _RIGHT),
    Example("S26", Case("all text in TCVN3", _changed(_TCVN3)),
            Case("decomposed Unicode", _changed(_by(mangle.text_decomposed)))),
    Example("S27", Case("a number beside the table", _changed(_outside)), _RIGHT),
    Example("S28", Case("an explanation whose key is damaged", _changed(_explained("hỏng"))),
            Case("an explanation with its key", _changed(_explained("V05|23401|insured")))),
    Example("S30", Case("an annex that nobody has signed", quarter(),
                        shown_by="tests/unit/report/test_upward.py::test_every_state_comes_back"),
            _FILLED),
    Example("S31", Case("a note pasted in TCVN3 into a form in Unicode",
                        one("note.1.difficulty", "ThiÕu thuèc, ch\xada cã b¸c sÜ", 0)),
            Case("the same note in Unicode", one("note.1.difficulty", "Thiếu thuốc, chưa có bác sĩ", 0))),
    Example("S32", Case("a number under merged cells", kept("public/merged-hidden-other-number.xlsx")), _RIGHT),
    Example("S33", Case("one cell twice in the file", kept("public/duplicate-cell-ref.xlsx")), _RIGHT),
    Example("S34", Case("a commune's name that nobody knows, beside its code",
                        _issued(lambda w: w.with_cell("B1", "B14", "Khu vực thứ hai"))), _FILLED),
    Example("S35", replace(_FILLED, text="a file named as another quarter's", name="612_2024Q2_kt-district-quarter.xlsx"),
            replace(_FILLED, text="a copy of it", name="612_2024Q3_kt-district-quarter (2).xlsx")),
    Example("S29", Case("“người” changed to “nghìn người”", _changed(_other_unit)), _RIGHT),
]  # fmt: skip
