"""One example for each thing that happens to a workbook's structure: what is read, what is said, and where."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

import pytest

from etl.catalog import Catalogue
from etl.catalog.layout import RESULT_HEADER, RESULT_SHEET, FormLayout, format_cell_name
from etl.catalog.loader import load_catalogue
from etl.catalog.rules import Rules
from etl.model import Explanation, Observation, ReadResult
from etl.read import Reader
from etl.read.workbook_reader import find_form_layout, read_workbook
from etl.settings import PROJECT_ROOT
from tests import mangle
from tests.builders import Workbook
from tests.mangle import Book, Page

UNIT, PERIOD = "612", "2024Q3"


@pytest.fixture(scope="module")
def reader(catalogue: Catalogue, rules: Rules) -> Iterator[Reader]:
    with Reader(catalogue, rules) as reader:
        yield reader


@cache
def _filled(form: str, unit: str, period: str) -> tuple[bytes, FormLayout]:
    catalogue = load_catalogue(PROJECT_ROOT / "catalog")
    data = mangle.distinct(Workbook(catalogue, form, unit, period))
    raw = read_workbook(data, catalogue)
    assert raw.stamp
    described = find_form_layout(raw.stamp, catalogue)
    assert isinstance(described, FormLayout)
    return data, described


@pytest.fixture
def book(catalogue: Catalogue) -> Book:
    data, described = _filled("kt-district-quarter", UNIT, PERIOD)
    return mangle.opened(data, described, {u.name: u.aliases[0] for u in catalogue.units if u.aliases})


@pytest.fixture
def sent(reader: Reader, book: Book, tmp_path: Path) -> ReadResult:
    """What is read from the workbook untouched."""
    return _read(reader, tmp_path, book.bytes())


def _read(reader: Reader, folder: Path, data: bytes, name: str = "a.xlsx") -> ReadResult:
    path = folder / name
    path.write_bytes(data)
    return reader.read_file(path)


def _said(result: ReadResult) -> dict[tuple[str, str], tuple[str, float | None, str]]:
    return {(o.org_unit_code, o.data_element): (o.state.value, o.value, o.text) for o in result.observations}


def _one(result: ReadResult, unit: str, element: str) -> Observation:
    return next(o for o in result.observations if (o.org_unit_code, o.data_element) == (unit, element))


def _codes(result: ReadResult) -> list[tuple[str, str, str]]:
    return [(f.code, f.sheet, f.cell) for f in result.findings]


def _rng() -> Random:
    return Random(0)  # noqa: S311 - it only shuffles


def test_untouched(sent: ReadResult) -> None:
    assert not sent.findings
    assert len(sent.observations) == 402


def test_manifest_lost_is_read_by_its_printed_titles(
    reader: Reader, book: Book, sent: ReadResult, tmp_path: Path
) -> None:
    mangle.manifest_lost(book, _rng())
    result = _read(reader, tmp_path, book.bytes())
    assert result.stamp == sent.stamp and result.observations == sent.observations
    assert [(f.code, f.level) for f in result.findings] == [("S19", "note")]
    assert "Huyện Đắk Tô, quý III năm 2024" in result.findings[0].message


@pytest.mark.parametrize(
    ("line", "text", "word"),
    [(0, "Đơn vị báo cáo: Huyện Đăc Tô", "Huyện Đắk Tô"), (1, "Biểu tổng hợp", "S01"), (4, "Kỳ báo cáo: quý này", "quý này")],
)  # fmt: skip
def test_manifest_and_a_title_lost_is_refused_and_says_what_is_missing(
    line: int, text: str, word: str, reader: Reader, book: Book, tmp_path: Path
) -> None:
    mangle.manifest_lost(book, _rng())
    for page in book.tables:
        page.rows[line][0] = text
    result = _read(reader, tmp_path, book.bytes())
    assert result.stamp is None and not result.observations
    assert [f.code for f in result.findings] == ["S01"]
    assert word in result.findings[0].message + result.findings[0].code


def test_sheets_of_two_periods_in_one_workbook_are_refused(reader: Reader, book: Book, tmp_path: Path) -> None:
    book.page("B4").rows[4][0] = "Kỳ báo cáo: quý II năm 2024 (từ 01/04/2024 đến 30/06/2024)"
    result = _read(reader, tmp_path, book.bytes())
    assert _codes(result) == [("S20", "B4", "A5")]
    mangle.manifest_lost(book, _rng())
    result = _read(reader, tmp_path, book.bytes())
    assert result.stamp is None and [f.code for f in result.findings] == ["S20"]


def test_another_units_sheet_in_the_workbook_is_refused(reader: Reader, book: Book, tmp_path: Path) -> None:
    book.page("B4").rows[0][0] = "Đơn vị báo cáo: Huyện Đắk Hà"
    assert _codes(_read(reader, tmp_path, book.bytes())) == [("S20", "B4", "A1")]


def test_another_version_in_the_title_is_refused(reader: Reader, book: Book, tmp_path: Path) -> None:
    book.page("B1").rows[1][0] = "Biểu 01-Q/YT-H · B1 · phiên bản 2023.1"
    assert _codes(_read(reader, tmp_path, book.bytes())) == [("S20", "B1", "A2")]


def test_sheets_renamed_and_reordered_keep_their_real_names(
    reader: Reader, book: Book, sent: ReadResult, tmp_path: Path
) -> None:
    book.page("B1").name, book.page("B2").name = "B2", "B1"
    book.page("B3").name = "Bà mẹ"
    book.pages.reverse()
    result = _read(reader, tmp_path, book.bytes())
    assert not result.findings and _said(result) == _said(sent)
    assert _one(result, "23401", "pop_total").sheet == "B2"
    assert _one(result, "23401", "live_births").sheet == "Bà mẹ"


def test_copied_into_a_new_workbook(reader: Reader, book: Book, sent: ReadResult, tmp_path: Path) -> None:
    for mangler in (mangle.manifest_lost, mangle.sheets_renamed, mangle.header_unmerged, mangle.sheet_added):
        mangler(book, _rng())
    result = _read(reader, tmp_path, book.bytes())
    assert _said(result) == _said(sent)
    assert sorted(f.code for f in result.findings) == ["S19", "S21"]


def test_rows_and_columns_inserted_move_the_cells_that_are_reported(
    reader: Reader, book: Book, sent: ReadResult, tmp_path: Path
) -> None:
    page = book.page("B1")
    row, col = book.cell("B1", "pop_avg", 2)
    page.insert_col(4)
    page.insert_row(14)
    page.insert_row(0, ["UBND TỈNH KON TUM"])
    result = _read(reader, tmp_path, book.bytes())
    assert not result.findings and _said(result) == _said(sent)
    third = [o for o in result.observations if o.data_element == "pop_avg"][2]
    assert third.cell == format_cell_name(row + 2, col + 1)
    assert {o.cell for o in result.observations if o.sheet == "B2"} == {
        o.cell for o in sent.observations if o.sheet == "B2"
    }


@pytest.mark.parametrize(
    "mangler",
    [
        mangle.rows_reordered, mangle.columns_reordered, mangle.title_rows_added, mangle.header_unmerged,
        mangle.header_in_one_row, mangle.header_row_inserted, mangle.code_column_deleted, mangle.names_by_alias,
        mangle.sums_sections_and_notes, mangle.total_moved_below, mangle.text_decomposed,
    ],
    ids=lambda m: m.__name__,
)  # fmt: skip
def test_no_finding_and_nothing_else_read(
    mangler: mangle.Mangler, reader: Reader, book: Book, sent: ReadResult, tmp_path: Path
) -> None:
    mangler(book, _rng())
    result = _read(reader, tmp_path, book.bytes())
    assert not result.findings and _said(result) == _said(sent)


@pytest.mark.parametrize("charset", [mangle.text_in_tcvn3, mangle.text_in_vni])
def test_text_of_an_old_charset_is_converted_for_the_whole_workbook(
    charset: mangle.Mangler, reader: Reader, book: Book, sent: ReadResult, tmp_path: Path
) -> None:
    charset(book, _rng())
    result = _read(reader, tmp_path, book.bytes())
    assert [f.code for f in result.findings] == ["S26"] and _said(result) == _said(sent)


def test_a_deleted_column_is_one_finding(reader: Reader, book: Book, tmp_path: Path) -> None:
    book.page("B1").delete_col(book.cell("B1", "insured")[1])
    result = _read(reader, tmp_path, book.bytes())
    assert [(f.code, f.sheet, f.level) for f in result.findings] == [("S12", "B1", "refuse")]
    assert "Có thẻ BHYT" in result.findings[0].message
    assert "insured" not in {o.data_element for o in result.observations}


def test_a_column_of_the_same_leaf_name_is_not_taken_for_another(reader: Reader, book: Book, tmp_path: Path) -> None:
    """Three groups of B1 have a column *Tổng số*: deleting one must not shift another into its place."""
    book.page("B1").delete_col(book.cell("B1", "managed")[1])
    result = _read(reader, tmp_path, book.bytes())
    assert [f.code for f in result.findings] == ["S12"]
    assert "Được quản lý sức khỏe > Tổng số" in result.findings[0].message


def test_two_columns_with_one_header_are_a_finding(reader: Reader, book: Book, tmp_path: Path) -> None:
    page, col = book.page("B1"), book.cell("B1", "insured")[1]
    page.unmerge()
    for row in page.rows:
        row.insert(col, row[col])
    result = _read(reader, tmp_path, book.bytes())
    assert [(f.code, f.level) for f in result.findings] == [("S14", "refuse")]
    assert "F8, G8" in result.findings[0].message
    assert "insured" not in {o.data_element for o in result.observations}


def test_a_strange_header_is_a_finding_with_the_nearest_known_one(reader: Reader, book: Book, tmp_path: Path) -> None:
    page = book.page("B1")
    page.insert_col(6)
    page.rows[page.top][6] = "Có thẻ BHYT (mới)"
    result = _read(reader, tmp_path, book.bytes())
    assert _codes(result) == [("S09", "B1", "G8")]
    assert "Gần giống “Có thẻ BHYT”" in result.findings[0].message


def test_a_changed_unit_of_measure_is_a_finding(reader: Reader, book: Book, tmp_path: Path) -> None:
    page, col = book.page("B1"), book.cell("B1", "insured")[1]
    page.rows[page.top + 2][col] = "nghìn người; có đến cuối kỳ"
    book.page("B4").rows[book.cell("B4", "doctors")[0]][2] = "chục người"
    result = _read(reader, tmp_path, book.bytes())
    assert [(f.code, f.sheet) for f in result.findings] == [("S29", "B1"), ("S29", "B4")]


def test_an_unknown_unit_with_numbers_is_a_finding_with_suggestions(reader: Reader, book: Book, tmp_path: Path) -> None:
    page = book.page("B2")
    page.rows.insert(page.last + 1, ["10", "Xã Đắc Trăm", None] + [5] * (len(page.rows[0]) - 3))
    result = _read(reader, tmp_path, book.bytes())
    assert _codes(result) == [("S16", "B2", f"B{page.last + 2}")]
    assert "Xã Đắk Trăm" in result.findings[0].message


def test_a_unit_twice_is_a_finding_and_neither_row_is_read(reader: Reader, book: Book, tmp_path: Path) -> None:
    page = book.page("B2")
    page.rows.insert(page.first + 1, list(page.rows[page.first]))
    result = _read(reader, tmp_path, book.bytes())
    assert _codes(result) == [("S15", "B2", f"B{page.first + 2}")]
    assert not [o for o in result.observations if o.sheet == "B2" and o.org_unit_code == "23401"]


def test_a_name_that_is_another_codes_is_a_finding(reader: Reader, book: Book, tmp_path: Path) -> None:
    page = book.page("B2")
    first, second = page.rows[page.first], page.rows[page.first + 1]
    first[1], second[1] = second[1], first[1]
    result = _read(reader, tmp_path, book.bytes())
    assert [f.code for f in result.findings] == ["S17", "S17"]
    read = {o.org_unit_code for o in result.observations if o.sheet == "B2"}
    assert "23401" not in read and len(read) == 7


def test_a_total_that_is_not_the_sum_asks(reader: Reader, book: Book, tmp_path: Path) -> None:
    row, col = book.cell("B1", "pop_total")
    page = book.page("B1")
    total = sum(line[col] for line in page.rows[page.first : page.last + 1])
    page.rows[page.first - 1][col] = total
    assert not _read(reader, tmp_path, book.bytes()).findings
    page.rows[page.first - 1][col] = total + 1
    result = _read(reader, tmp_path, book.bytes())
    assert [(f.code, f.cell, f.level) for f in result.findings] == [("S18", format_cell_name(row - 1, col), "confirm")]


def test_hidden_rows_columns_and_sheets_with_inputs_are_noted(
    reader: Reader, book: Book, sent: ReadResult, tmp_path: Path
) -> None:
    book.page("B1").hidden_rows.add(13)
    book.page("B2").hidden_cols.add(4)
    book.page("B6").hidden = True
    result = _read(reader, tmp_path, book.bytes())
    assert _said(result) == _said(sent)
    assert {(f.code, f.sheet, f.level) for f in result.findings} == {("S23", s, "note") for s in ("B1", "B2", "B6")}


def test_numbers_outside_the_table_are_noted(reader: Reader, book: Book, sent: ReadResult, tmp_path: Path) -> None:
    page = book.page("B2")
    page.insert_col(len(page.rows[0]))
    page.rows[page.first][-1] = 4711
    result = _read(reader, tmp_path, book.bytes())
    assert [(f.code, f.sheet, f.level) for f in result.findings] == [("S27", "B2", "note")]
    assert _said(result) == _said(sent)


def test_an_extra_sheet_is_noted(reader: Reader, book: Book, sent: ReadResult, tmp_path: Path) -> None:
    book.pages.append(Page("Nháp", [["cộng thử", 12]]))
    result = _read(reader, tmp_path, book.bytes())
    assert _codes(result) == [("S21", "Nháp", "A1")] and result.observations == sent.observations


def test_a_sheet_of_nothing_but_numbers_is_noted(reader: Reader, book: Book, tmp_path: Path) -> None:
    book.pages.append(Page("Trang khác", [[], [5, 12.5]]))
    assert _codes(_read(reader, tmp_path, book.bytes())) == [("S21", "Trang khác", "A1")]


def test_a_copy_of_a_sheet_with_other_numbers_is_refused(reader: Reader, book: Book, tmp_path: Path) -> None:
    page = book.page("B4")
    copy = Page("B4 (2)", [list(row) for row in page.rows], list(page.merges))
    book.pages.append(copy)
    assert [f.code for f in _read(reader, tmp_path, book.bytes()).findings] == ["S21"]
    row, col = book.cell("B4", "doctors")
    copy.rows[row][col] = 99
    result = _read(reader, tmp_path, book.bytes())
    assert [f.code for f in result.findings] == ["S22"]
    assert "B4" not in {o.sheet for o in result.observations}


def test_a_copy_is_never_read_for_the_sheet_whose_header_was_put_in_one_row(
    reader: Reader, book: Book, tmp_path: Path
) -> None:
    page, (row, col) = book.page("B2"), book.cell("B2", "villages")
    copy = Page("Bản sao", [list(row) for row in page.rows], list(page.merges))
    copy.rows[row][col] = 460
    mangle.header_in_one_row(book, Random(0))  # noqa: S311 - it only shuffles
    book.pages.append(copy)
    result = _read(reader, tmp_path, book.bytes())
    assert [f.code for f in result.findings] == ["S22"]
    assert "B2" not in {o.sheet for o in result.observations}


def test_a_renamed_sheet_is_known_by_headers_put_in_one_row(
    reader: Reader, book: Book, sent: ReadResult, tmp_path: Path
) -> None:
    mangle.header_in_one_row(book, Random(0))  # noqa: S311 - it only shuffles
    for number, page in enumerate(book.tables):
        page.name = f"Trang {number}"
    result = _read(reader, tmp_path, book.bytes())
    assert _said(result) == _said(sent)


def test_a_deleted_sheet_is_one_finding(reader: Reader, book: Book, tmp_path: Path) -> None:
    book.pages.remove(book.page("B3"))
    assert [f.code for f in _read(reader, tmp_path, book.bytes()).findings] == ["S08"]


def test_a_formula_without_a_result_is_a_finding(reader: Reader, catalogue: Catalogue, tmp_path: Path) -> None:
    workbook = Workbook(catalogue, "kt-district-quarter", UNIT, PERIOD).filled()
    data = workbook.with_cell("B1", "F13", "=900+50").with_cell("B1", "F15", "=F14").bytes()
    result = _read(reader, tmp_path, data)
    assert [(f.code, f.cell, f.level) for f in result.findings] == [("S24", "F13", "refuse")]
    assert "F13, F15" in result.findings[0].message
    assert len([o for o in result.observations if o.data_element == "insured"]) == 7


def test_a_returned_workbook_corrected_and_sent_again(
    reader: Reader, book: Book, sent: ReadResult, tmp_path: Path
) -> None:
    rows: list[list[object]] = [["KẾT QUẢ KIỂM TRA"], [], list(RESULT_HEADER)]
    rows.append(
        [1, "Cần xác nhận", "V05", "B1", "F13", "", "Bỏ trống", "Xem lại", " Chưa có số liệu ", "V05|23401|insured"]
    )
    rows.append([2, "Cần xác nhận", "T01", "B1", "D13", 12.0, "", "", "Đúng", "T01|23401|pop_total"])
    rows.append([3, "Ghi nhận", "S23", "B1", "D13", "", "", "", None, "S23||"])
    rows.append([4, "Cần xác nhận", "R02", "B1", "D13", "7", "", "", "Tiêm bù", "hỏng"])
    width = len(RESULT_HEADER)
    book.pages.insert(0, Page(RESULT_SHEET, [([*row] + [None] * width)[:width] for row in rows]))
    result = _read(reader, tmp_path, book.bytes())
    assert result.observations == sent.observations
    assert result.explanations == (
        Explanation("V05", "23401", "insured", "", "Chưa có số liệu"),
        Explanation("T01", "23401", "pop_total", "12", "Đúng"),
    )
    assert _codes(result) == [("S28", RESULT_SHEET, "I7")]
