"""A form's column in another unit of measure: printed so, and read with its factor to the last digit."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from etl.catalog import Catalogue, load_catalogue
from etl.catalog.rules import Rules
from etl.model import ReadResult
from etl.read import Reader
from tests.builders import Workbook

FORM, UNIT, PERIOD = "xa-quarter", "23504", "2026Q3"


@pytest.fixture
def in_thousands(catalogue: Catalogue, tmp_path: Path) -> Catalogue:
    """Everybody with a card is asked for in thousands."""
    root = Path(shutil.copytree(catalogue.root, tmp_path / "catalog"))
    path = root / "forms" / "columns.csv"
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    asked = [line + (",nghìn người" if line.endswith(",insured,1") else ",") for line in lines]
    path.write_text("\n".join([f"{head},unit", *asked]), encoding="utf-8")
    return load_catalogue(root)


@pytest.fixture
def reader(in_thousands: Catalogue, rules: Rules) -> Iterator[Reader]:
    with Reader(in_thousands, rules) as reader:
        yield reader


def read(reader: Reader, folder: Path, workbook: Workbook) -> ReadResult:
    path = folder / "a.xlsx"
    path.write_bytes(workbook.bytes())
    return reader.read_file(path)


@pytest.mark.parametrize(
    ("written", "people"),
    [(0.95, 950), (1.001, 1001), (0.057, 57), (2, 2000), (0.29, 290), ("1,5", 1500), ("1,5 nghìn người", 1500)],
)
def test_thousands_are_read_as_people(
    reader: Reader, in_thousands: Catalogue, tmp_path: Path, written: object, people: int
) -> None:
    workbook = Workbook(in_thousands, FORM, UNIT, PERIOD).filled(insured=written)
    result = read(reader, tmp_path, workbook)
    (cell,) = (o for o in result.observations if o.data_element == "insured")
    assert (cell.value, result.findings) == (people, ())


def test_another_columns_numbers_stay(reader: Reader, in_thousands: Catalogue, tmp_path: Path) -> None:
    result = read(reader, tmp_path, Workbook(in_thousands, FORM, UNIT, PERIOD).filled())
    assert {o.value for o in result.observations if o.data_element == "pop_total"} == {1000}


def test_the_form_prints_the_unit_it_asks_for(in_thousands: Catalogue) -> None:
    workbook = Workbook(in_thousands, FORM, UNIT, PERIOD)
    sheet, cell = next((s, c) for s, c, _, element, _ in workbook.inputs() if element == "insured")
    row = workbook.book[sheet][cell].row
    texts = [str(c.value) for c in workbook.book[sheet][row]]
    assert "nghìn người" in texts


def test_the_own_unit_behind_a_number_is_no_longer_understood(
    reader: Reader, in_thousands: Catalogue, tmp_path: Path
) -> None:
    """“950 người” in a column of thousands has two readings."""
    result = read(reader, tmp_path, Workbook(in_thousands, FORM, UNIT, PERIOD).filled(insured="950 người"))
    assert result.findings
    assert not [o for o in result.observations if o.data_element == "insured" and o.value]


def test_a_note_of_another_unit_above_the_table_stays_a_finding(
    reader: Reader, in_thousands: Catalogue, tmp_path: Path
) -> None:
    workbook = Workbook(in_thousands, FORM, UNIT, PERIOD).filled(insured=0.95)
    sheet = workbook.inputs()[0][0]
    workbook.book[sheet]["H3"] = "Đơn vị tính: triệu người"
    assert "S29" in {f.code for f in read(reader, tmp_path, workbook).findings}
