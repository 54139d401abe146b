"""The same workbook in every format that districts send: read alike, with the same findings at the same cells."""

from __future__ import annotations

import datetime as dt
import shutil
import zipfile
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random

import openpyxl
import pytest
import xlsxwriter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from etl.catalog import Catalogue
from etl.catalog.layout import FormLayout
from etl.catalog.loader import load_catalogue
from etl.read.workbook_file import BrokenPackageError, WorkbookFile
from etl.read.workbook_reader import RawReadResult, find_form_layout, read_workbook
from etl.settings import PROJECT_ROOT
from tests import hostile, mangle
from tests.builders import Workbook
from tests.unit.rooms.returns_books import resaved

needs_office = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
OFFICE = [pytest.param(e, marks=[pytest.mark.slow, needs_office]) for e in ("xlsx", "xls", "ods")]


@cache
def _filled() -> tuple[bytes, FormLayout, RawReadResult]:
    catalogue = load_catalogue(PROJECT_ROOT / "catalog")
    data = mangle.distinct(Workbook(catalogue, "kt-district-quarter", "612", "2024Q3"))
    raw = read_workbook(data, catalogue)
    assert raw.stamp
    described = find_form_layout(raw.stamp, catalogue)
    assert isinstance(described, FormLayout)
    return data, described, raw


def _book() -> mangle.Book:
    data, described, _ = _filled()
    return mangle.opened(data, described, {})


def _as(extension: str, data: bytes, folder: Path) -> bytes:
    return resaved(data, folder, extension)


def _values(raw: RawReadResult) -> list[list[tuple[str, float | None, str]] | None]:
    return [None if sheet is None else [cell[:3] for cell in sheet] for sheet in raw.cells]


@pytest.mark.parametrize("extension", OFFICE)
def test_resaved_by_libreoffice(extension: str, catalogue: Catalogue, tmp_path: Path) -> None:
    data, _, expected = _filled()
    raw = read_workbook(_as(extension, data, tmp_path), catalogue)
    assert raw.kind == extension and raw.stamp == expected.stamp
    assert _values(raw) == _values(expected) and not raw.findings


@pytest.mark.parametrize("extension", OFFICE)
def test_mangled_and_resaved_by_libreoffice(extension: str, catalogue: Catalogue, tmp_path: Path) -> None:
    _, _, expected = _filled()
    book = _book()
    steps = (mangle.manifest_lost, mangle.sheets_renamed, mangle.rows_reordered, mangle.title_rows_added)
    for step in steps:
        step(book, Random(1))  # noqa: S311 - it only shuffles
    book.page("B1").hidden_rows.add(15)
    book.page("B2").hidden_cols.add(5)
    raw = read_workbook(_as(extension, book.bytes(), tmp_path), catalogue)
    assert raw.stamp == expected.stamp and _values(raw) == _values(expected)
    hidden = {t.sheet: dict(t.slots)["found"] for t in raw.findings if t.code == "S23"}
    assert hidden == {book.page("B1").name: "dòng 16", book.page("B2").name: "cột F"}
    assert sorted({t.code for t in raw.findings}) == ["S19", "S23"]


@pytest.mark.parametrize("extension", OFFICE)
def test_error_values_and_per_cents_are_seen_in_every_format(
    extension: str, catalogue: Catalogue, tmp_path: Path
) -> None:
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    page = book.add_worksheet("A")
    page.write_formula(0, 0, "=1/0", None, "#DIV/0!")
    page.write_formula(1, 0, "=NA()", None, "#N/A")
    page.write_number(2, 0, 0.95, book.add_format({"num_format": "0.0%"}))
    page.write_number(3, 0, 0.95)
    book.close()
    opened = WorkbookFile(_as(extension, target.getvalue(), tmp_path))
    assert [row[0] for row in opened.read_rows("A")] == ["#DIV/0!", "#N/A", 0.95, 0.95]
    assert [at for at, look in opened.read_metadata("A").looks.items() if look.number_format] == [(2, 0)]


def test_xlsb(catalogue: Catalogue) -> None:
    _, _, expected = _filled()
    raw = read_workbook(mangle.xlsb(_book()), catalogue)
    assert raw.kind == "xlsb" and raw.stamp == expected.stamp

    assert _values(raw) == _values(expected) and not raw.findings


def test_xlsb_per_cents(catalogue: Catalogue) -> None:
    book = _book()
    page = mangle.Page("A", [[0.95, 0.95]], percent={(0, 0)})
    opened = WorkbookFile(mangle.xlsb(mangle.Book([page], book.described)))
    assert opened.read_rows("A") == [[0.95, 0.95]] and opened.read_metadata("A").looks.keys() == {(0, 0)}


def test_xlsb_mangled(catalogue: Catalogue) -> None:
    _, _, expected = _filled()
    book = _book()
    for step in (mangle.manifest_lost, mangle.sheets_renamed, mangle.columns_reordered):
        step(book, Random(1))  # noqa: S311 - it only shuffles
    first, second = book.page("B1"), book.page("B2")
    first.hidden_rows.add(15)
    second.rows[second.first][next(c for c, v in enumerate(second.rows[second.first]) if isinstance(v, int))] = "#N/A"
    raw = read_workbook(mangle.xlsb(book), catalogue)
    differing = [
        (said, wanted)
        for found, sheet in zip(raw.cells, expected.cells, strict=True)
        for said, wanted in zip(found or (), sheet or (), strict=True)
        if said[:3] != wanted[:3]
    ]
    assert [(said[0], said[3]) for said, _ in differing] == [("invalid_error", "#N/A")]
    assert sorted(t.code for t in raw.findings) == ["S19", "S23"]


@pytest.mark.parametrize("extension", OFFICE)
def test_days_counted_from_1904(extension: str, tmp_path: Path) -> None:
    """A day shown as a day comes out right by itself; a bare count of days only with the calendar."""
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.active["A1"], book.active["A2"] = dt.datetime(2024, 9, 30), 44103
    target = BytesIO()
    book.save(target)
    opened = WorkbookFile(resaved(target.getvalue(), tmp_path, extension))
    assert opened.date1904
    assert opened.read_rows(opened.names[0])[:2] == [[dt.date(2024, 9, 30)], [44103]]


def test_days_of_a_binary_workbook_are_counted_from_1904_if_it_says_so() -> None:
    """[MS-XLSB] 2.4.822: the first flag of BrtWbProp."""
    with zipfile.ZipFile(BytesIO(mangle.xlsb(_book()))) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    begin = b"\x83\x01\x00"
    for flag in (0, 1):
        said = parts["xl/workbook.bin"].replace(begin, begin + b"\x99\x01\x08" + bytes([flag, *[0] * 7]), 1)
        assert WorkbookFile(hostile.zipped(parts | {"xl/workbook.bin": said})).date1904 == bool(flag)


def test_an_ods_that_counts_from_another_day_is_not_guessed_at() -> None:
    content = b'<office:document-content><table:null-date table:date-value="1900-01-01"/></office:document-content>'
    opened = WorkbookFile.__new__(WorkbookFile)
    opened._data, opened._unpacked = hostile.ods(content), {}
    with pytest.raises(BrokenPackageError):
        _ = opened.date1904
