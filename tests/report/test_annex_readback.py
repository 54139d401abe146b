"""An annex that shows another figure than was written stops, with its sheet and cell, before anything is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from etl.errors import ReportError
from etl.report import excel_annex, write_report_draft
from tests.report.conftest import TEMPLATES, Drafted

Change = Callable[[Any], None]


def _is_number(cell: Any) -> bool:
    return isinstance(cell.value, int | float)


def _is_printed(cell: Any) -> bool:
    return bool(re.fullmatch(r"\d[\d.]*(,\d+)?", str(cell.value)))


def _is_figure(cell: Any) -> bool:
    """A figure, also with what is said of it behind: the period that it is of."""
    return isinstance(cell.value, str) and bool(re.match(r"\d", cell.value))


def _is_absent(cell: Any) -> bool:
    return cell.value == "chưa có số liệu"


def _add_a_little(cell: Any) -> None:
    cell.value += 0.06


def _swap_signs(cell: Any) -> None:
    cell.value = f"{cell.value}.0"


def _write_zero(cell: Any) -> None:
    cell.value = 0


def _write_number(cell: Any) -> None:
    cell.value = float(str(cell.value).replace(".", "").replace(",", "."))


@pytest.mark.parametrize(
    ("sheet", "column", "applies", "change"),
    [
        ("Chỉ tiêu", "G", _is_figure, _swap_signs),
        ("Chỉ tiêu", "E", _is_printed, _write_number),
        ("Theo đơn vị", "G", _is_printed, _swap_signs),
        ("Theo đơn vị", "G", _is_absent, _write_zero),
        ("Nguồn số liệu", "M", _is_printed, _write_number),
        ("Dữ liệu", "O", _is_number, _add_a_little),
    ],
    ids=["a figure", "a number", "a unit's figure", "zero for missing", "a source's number", "the machine's number"],
)
def test_another_figure_than_was_written_stops_with_its_sheet_and_cell(
    sheet: str,
    column: str,
    applies: Callable[[Any], bool],
    change: Change,
    drafted: Callable[..., Drafted],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given, changed = drafted("kon-tum", "kt-1693", "2024Q3").given, []

    def spoil(data: bytes) -> bytes:
        book, out = openpyxl.load_workbook(BytesIO(data)), BytesIO()
        cell = next(c for c in reversed(book[sheet][column]) if applies(c))
        change(cell)
        changed.append(cell.coordinate)
        book.save(out)
        return out.getvalue()

    monkeypatch.setattr(excel_annex, "build_reproducible_zip", spoil)
    with pytest.raises(ReportError) as stopped:
        write_report_draft(given, TEMPLATES, tmp_path)
    assert stopped.value.where == f"{sheet}!{changed[0]}"
    assert list(tmp_path.iterdir()) == []
