from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.catalog import Catalogue
from etl.catalog.rules import Rules
from etl.errors import StorageError
from etl.model import CellState, ElementKind, ReadResult
from etl.read import Reader
from etl.read.values import parse_value
from tests.builders import Workbook


@pytest.fixture(scope="module")
def reader(catalogue: Catalogue, rules: Rules) -> Iterator[Reader]:
    with Reader(catalogue, rules) as reader:
        yield reader


@pytest.fixture
def district(catalogue: Catalogue) -> Workbook:
    return Workbook(catalogue, "kt-district-quarter", "612", "2024Q3")


def read(reader: Reader, folder: Path, data: bytes) -> ReadResult:
    path = folder / "a.xlsx"
    path.write_bytes(data)
    return reader.read_file(path)


def test_every_input_cell_is_observed_where_it_stands(reader: Reader, district: Workbook, tmp_path: Path) -> None:
    result = read(reader, tmp_path, district.filled().bytes())
    assert not result.findings
    assert [(o.sheet, o.cell, o.org_unit_code, o.data_element) for o in result.observations] == [
        row[:4] for row in district.inputs()
    ]
    by_element = {o.data_element: o for o in result.observations}
    assert by_element["waste_generated_kg"].value == 500.5
    assert by_element["deaths_u1"].state is CellState.ZERO
    assert by_element["note.1.difficulty"].state is CellState.MISSING


@pytest.mark.parametrize(
    ("value", "state", "number"),
    [
        (None, CellState.MISSING, None), ("", CellState.MISSING, None), ("…", CellState.MISSING, None),
        ("-", CellState.MISSING, None), ("x", CellState.NOT_APPLICABLE, None), ("KPS", CellState.ZERO, 0.0),
        (0, CellState.ZERO, 0.0), ("0", CellState.ZERO, 0.0), (12, CellState.VALUE, 12.0), ("12", CellState.VALUE, 12.0),
        ("12,5", CellState.VALUE, 12.5), ("1.234", CellState.VALUE, 1234.0), ("1.234.567,8", CellState.VALUE, 1234567.8),
        ("-3", CellState.VALUE, -3.0),
    ],
)  # fmt: skip
def test_what_a_number_cell_says(value: object, state: CellState, number: float | None, catalogue: Catalogue) -> None:
    assert parse_value(value, ElementKind.STOCK, catalogue.cell_states)[:2] == (state.value, number)


@pytest.mark.parametrize(
    "value", ["12.5", "1.23", "1,234,567", "mười", "12%", True, "1e5", "=1+1", float("nan"), date(2024, 1, 1), "١٢"]
)
def test_what_is_not_surely_a_number_is_invalid(value: object, catalogue: Catalogue) -> None:
    assert parse_value(value, ElementKind.STOCK, catalogue.cell_states)[0].startswith("invalid_")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2024, 3, 31), "2024-03-31"),
        ("31/03/2024", "2024-03-31"),
        ("2024-03-31", "2024-03-31"),
        (45382.0, "2024-03-31"),
        ("1.4.2024", "2024-04-01"),
    ],
)
def test_dates_in_several_guises(value: object, text: str) -> None:
    assert parse_value(value, ElementKind.DATE, {})[:3] == ("value", None, text)


@pytest.mark.parametrize("value", ["31/02/2024", "hôm qua", 12, True])
def test_no_date_is_invalid(value: object) -> None:
    assert parse_value(value, ElementKind.DATE, {})[0] == "invalid_date"


@given(st.integers(-(10**12), 10**12))
def test_grouped_text_reads_as_the_number_it_was_printed_from(number: int) -> None:
    text = f"{number:,}".replace(",", ".")
    assert parse_value(text, ElementKind.FLOW, {})[1] == float(number)


@pytest.mark.parametrize(
    ("spoil", "code", "sheet", "cell"),
    [
        (lambda w: w.with_stamp("form", "kt-la"), "S03", "", ""),
        (lambda w: w.with_stamp("version", "2019.1"), "S04", "", ""),
        (lambda w: w.with_stamp("period", "2024"), "S05", "", ""),
        (lambda w: w.with_stamp("period", "quý 3"), "S05", "", ""),
        (lambda w: w.with_stamp("period", "2023Q4"), "S05", "", ""),
        (lambda w: w.with_stamp("period", "2026Q1"), "S06", "", ""),
        (lambda w: w.with_stamp("unit", "999"), "S06", "", ""),
        (lambda w: w.without_sheet("B3"), "S08", "", ""),
        (lambda w: w.with_cell("B1", "F8", "Có thẻ bảo hiểm"), "S09", "B1", "F8"),
        (lambda w: w.with_cell("B1", "V8", "Cột thêm"), "S09", "B1", "V8"),
        (lambda w: w.with_cell("B2", "C14", "99999"), "S10", "B2", "C14"),
        (lambda w: w.with_cell("B2", "C14", "23401"), "S17", "B2", "B14"),
        (lambda w: w.with_cell("B4", "B13", "Y sĩ"), "S10", "B4", "B13"),
    ],
)  # fmt: skip
def test_a_changed_structure_is_one_finding_at_its_place(
    spoil, code: str, sheet: str, cell: str, reader: Reader, district: Workbook, tmp_path: Path
) -> None:
    result = read(reader, tmp_path, spoil(district.filled()).bytes())
    assert [(f.code, f.sheet, f.cell) for f in result.findings] == [(code, sheet, cell)]
    assert result.findings[0].level == "refuse" and result.findings[0].hint


def test_everything_else_is_still_read_when_one_column_is_spoilt(
    reader: Reader, district: Workbook, tmp_path: Path
) -> None:
    result = read(reader, tmp_path, district.filled().with_cell("B1", "F8", "?").bytes())
    assert {row[3] for row in district.inputs()} - {o.data_element for o in result.observations} == {"insured"}


def test_a_file_that_is_gone_stops(reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="not there"):
        reader.read_file(tmp_path / "khong-co.xlsx")


def test_a_deleted_row_is_one_finding_not_one_per_row(reader: Reader, district: Workbook, tmp_path: Path) -> None:
    district.filled().book["B2"].delete_rows(13)
    result = read(reader, tmp_path, district.bytes())
    assert [(f.code, f.sheet) for f in result.findings] == [("S25", "B2")]
    assert "Thị trấn Đắk Tô" in result.findings[0].message
