"""Returned workbooks through LibreOffice: what it saved is annotated, what was annotated it opens and saves."""

from __future__ import annotations

import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from etl.catalog import Catalogue
from etl.catalog.layout import RESULT_SHEET
from etl.model import FindingLevel
from etl.returns import render_answer_workbook
from etl.returns.annotate import annotate_workbook
from tests.builders import Workbook
from tests.unit.rooms.returns_books import SHEET, answer, assert_consistent, finding, resaved, rich
from tests.unit.rooms.test_returns_own import comments, marked, result

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed"),
]


def test_what_libreoffice_saved_is_annotated_and_comes_back_clean(catalogue: Catalogue, tmp_path: Path) -> None:
    book = Workbook(catalogue, "kt-district-quarter", "612", "2024Q3").filled()
    sheet, cells = book.inputs()[0][0], [cell for _, cell, *_ in book.inputs()[:4]]
    given = resaved(book.bytes(), tmp_path / "first")
    found = [
        finding(cell, level, "V05", sheet=sheet)
        for cell, level in zip(cells, [*FindingLevel, FindingLevel.CONFIRM], strict=True)
    ]
    first = annotate_workbook(answer(given, *found))
    assert_consistent(first)
    assert marked(first) == {f"{sheet}!{cell}" for cell in cells}
    saved = resaved(first, tmp_path / "second")
    second = annotate_workbook(answer(saved, finding(cells[0], sheet=sheet)))
    assert_consistent(second)
    assert marked(second) == {f"{sheet}!{cells[0]}"}
    assert set(comments(second)) == {f"{sheet}!{cells[0]}"}
    assert len(result(second)) == 1
    own, back = (openpyxl.load_workbook(BytesIO(data))[sheet][cells[1]] for data in (given, second))
    assert (own.value, own.number_format, own.border.left.style) == (
        back.value,
        back.number_format,
        back.border.left.style,
    )


@pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning:openpyxl")  # LibreOffice's data bar
def test_a_rich_workbook_survives_the_whole_way(tmp_path: Path) -> None:
    back = resaved(annotate_workbook(answer(rich(), finding("D5"), finding("D6", FindingLevel.CONFIRM))), tmp_path)
    page = openpyxl.load_workbook(BytesIO(back))
    assert page.sheetnames == [RESULT_SHEET, SHEET, "Ghi 'riêng' chú", "ẩn"]
    assert page[SHEET]["D25"].value == "=SUM(D4:D20)"
    assert len(page[SHEET]._charts) == 1
    assert len(page[SHEET]._images) == 1
    assert page[SHEET].data_validations.dataValidation
    assert "Hỏi lại trạm." in comments(back)[f"{SHEET}!H9"]
    assert "Cần xác nhận" in comments(back)[f"{SHEET}!D6"]
    assert {f"{SHEET}!D5", f"{SHEET}!D6"} <= marked(back)


def test_old_and_open_formats_are_answered_by_the_sheet_alone(tmp_path: Path) -> None:
    for extension in ("xls", "ods"):
        original = resaved(rich(), tmp_path / extension, extension)
        back = openpyxl.load_workbook(BytesIO(render_answer_workbook(answer(original, finding("D5")))))
        assert back.sheetnames == [RESULT_SHEET]
        texts = [cell.value for row in back[RESULT_SHEET].iter_rows() for cell in row]
        assert {"D5", SHEET} <= set(texts)


def test_the_returned_workbook_prints_with_every_page(tmp_path: Path) -> None:
    given = answer(rich(), *(finding(f"D{row}") for row in range(4, 20)))
    pages = []
    for name, data in (("before", rich()), ("after", annotate_workbook(given))):
        pdf = tmp_path / f"{name}.pdf"
        pdf.write_bytes(resaved(data, tmp_path / name, "pdf"))
        text = subprocess.run(["pdftotext", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
        pages.append(text.split("\f"))
    assert "TRẢ LẠI ĐỂ SỬA" in pages[1][0]
    assert len(pages[1]) == len(pages[0]) + 1
