"""A form that gets a row after it was issued: workbooks of before are read as what they are, for the periods of before."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from etl.catalog import Catalogue, load_catalogue
from etl.catalog.loader import list_catalogue_problems
from etl.catalog.rules import Rules
from etl.model import ReadResult
from etl.read import Reader
from tests.builders import Workbook

OLD, NEW = "2025.1", "2026.1"


def _raise_version(root: Path, earlier: str) -> None:
    """The communes' quarterly and yearly forms get a new version with one row more."""
    path = root / "forms" / "columns.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        header, *rows = csv.reader(handle)
    new = [[NEW if i == 1 else value for i, value in enumerate(row)] for row in rows if row[:2] == ["commune", OLD]]
    new.insert(-13, ["commune", NEW, "X2", "12", "Số bác sĩ tại trạm", "doctors", "1"])
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows([header, *rows, *new])
    forms = root / "forms" / "forms.yaml"
    before, marked, after = forms.read_text(encoding="utf-8").partition("- id: xa-quarter\n")
    quarter = after.replace(f'version: "{OLD}"', f'version: "{NEW}"\n  {earlier}', 1)
    year = earlier.replace("2026Q2", '"2025"')
    after = quarter.replace(f'- id: xa-year\n  version: "{OLD}"', f'- id: xa-year\n  version: "{NEW}"\n  {year}', 1)
    forms.write_text(before + marked + after, encoding="utf-8")


@pytest.fixture
def later(catalogue: Catalogue, tmp_path: Path) -> Catalogue:
    root = Path(shutil.copytree(catalogue.root, tmp_path / "catalog"))
    _raise_version(root, f'earlier_versions: [{{version: "{OLD}", to_period: 2026Q2}}]')
    assert list_catalogue_problems(root) == ()
    return load_catalogue(root)


@pytest.fixture
def reader(later: Catalogue, rules: Rules) -> Iterator[Reader]:
    with Reader(later, rules) as reader:
        yield reader


def read(reader: Reader, folder: Path, workbook: Workbook) -> ReadResult:
    path = folder / "a.xlsx"
    path.write_bytes(workbook.filled().bytes())
    return reader.read_file(path)


def test_a_workbook_of_before_is_read_by_its_own_rows(reader: Reader, catalogue: Catalogue, tmp_path: Path) -> None:
    result = read(reader, tmp_path, Workbook(catalogue, "xa-quarter", "23504", "2026Q2"))
    assert not result.findings
    seen = {o.data_element for o in result.observations}
    assert "pop_total" in seen and "doctors" not in seen


def test_a_workbook_of_now_has_the_new_row(reader: Reader, later: Catalogue, tmp_path: Path) -> None:
    result = read(reader, tmp_path, Workbook(later, "xa-quarter", "23504", "2026Q3"))
    assert not result.findings
    assert "doctors" in {o.data_element for o in result.observations}


def test_for_a_later_period_the_version_of_before_is_refused(
    reader: Reader, catalogue: Catalogue, tmp_path: Path
) -> None:
    result = read(reader, tmp_path, Workbook(catalogue, "xa-quarter", "23504", "2026Q3"))
    assert [(f.code, f.value) for f in result.findings] == [("S04", OLD)]


def test_a_version_without_columns_is_a_mistake_of_the_catalogue(catalogue: Catalogue, tmp_path: Path) -> None:
    root = Path(shutil.copytree(catalogue.root, tmp_path / "catalog"))
    _raise_version(root, 'earlier_versions: [{version: "2025.0", to_period: 2026Q2}]')
    found = {problem.what for problem in list_catalogue_problems(root)}
    assert "sheet X1 has no columns in set 'commune' version 2025.0" in found
    assert "no form prints set 'commune' version '2025.1' sheet 'X1'" in found
