"""A form that gets a row after it was issued: workbooks of before are read as what they are, for the periods of before."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from etl.catalog import Catalogue, load_catalogue
from etl.catalog.loader import list_catalogue_problems
from etl.catalog.rules import Rules
from etl.model import ReadResult
from etl.read import Reader
from tests.builders import Workbook

OLD, NEW, COLUMNS = "2026.3", "2027.1", "2025.1"
EARLIER = f'earlier_versions: [{{version: "{OLD}", columns_version: "{COLUMNS}", to_period: 2026Q2}}]'


def _raise_version(root: Path, earlier: str) -> None:
    """The communes' quarterly and yearly forms get a new version with one row more."""
    path = root / "forms" / "columns.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        header, *rows = csv.reader(handle)
    new = [[NEW if i == 1 else value for i, value in enumerate(row)] for row in rows if row[:2] == ["commune", COLUMNS]]
    new.insert(-13, ["commune", NEW, "X2", "12", "Số bác sĩ tại trạm", "doctors", "1"])
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows([header, *rows, *new])
    forms = root / "forms" / "forms.yaml"
    text = forms.read_text(encoding="utf-8")
    for form, said in (("xa-quarter", earlier), ("xa-year", earlier.replace("2026Q2", '"2025"'))):
        head = rf'(- id: {form}\n)  version: "{OLD}"\n  columns_version: .*\n  earlier_versions:\n(?:    - .*\n)+'
        text, count = re.subn(head, rf'\1  version: "{NEW}"\n  {said}\n', text)
        assert count == 1
    forms.write_text(text, encoding="utf-8")


@pytest.fixture
def later(catalogue: Catalogue, tmp_path: Path) -> Catalogue:
    root = Path(shutil.copytree(catalogue.root, tmp_path / "catalog"))
    _raise_version(root, EARLIER)
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


@pytest.mark.parametrize(
    ("form", "unit", "period"),
    [
        ("kt-district-quarter", "608", "2024Q3"), ("kt-district-year", "608", "2024"),
        ("ty-commune-quarter", "07306", "2024Q3"), ("ty-commune-year", "07306", "2024"),
        ("xa-quarter", "23504", "2026Q3"), ("xa-year", "23504", "2025"), ("nv-year", "51-SYT", "2026"),
    ],
)  # fmt: skip
def test_who_decides_is_asked_now_and_a_form_of_before_is_read_without_it(
    catalogue: Catalogue, rules: Rules, tmp_path: Path, form: str, unit: str, period: str
) -> None:
    now = catalogue.forms[form]
    *_, earlier = now.earlier_versions
    former = replace(catalogue, forms=catalogue.forms | {form: now.build_earlier(earlier)})
    with Reader(catalogue, rules) as reader:
        for issued, asked in ((catalogue, True), (former, False)):
            result = read(reader, tmp_path, Workbook(issued, form, unit, period))
            assert not result.findings
            seen = {o.data_element for o in result.observations if o.data_element.startswith("note.1.")}
            assert ("note.1.level" in seen) is asked
            assert {"note.1.difficulty", "note.1.cause", "note.1.proposal"} <= seen


@pytest.mark.parametrize(
    ("stamp", "sheet", "tasks"),
    [
        (("kt-district-quarter", "608", "2024Q3"), "B5", 46), (("ty-commune-quarter", "07306", "2024Q3"), "C4", 7),
        (("xa-quarter", "23504", "2026Q3"), "X4", 0), (("xa-year", "23504", "2025"), "X4", 0),
    ],
)  # fmt: skip
def test_a_form_that_was_issued_with_every_task_is_read_whole(
    catalogue: Catalogue, rules: Rules, tmp_path: Path, stamp: tuple[str, str, str], sheet: str, tasks: int
) -> None:
    form, now = stamp[0], catalogue.forms[stamp[0]]
    (earlier,) = (e for e in now.earlier_versions if e.version == "2026.2")
    then = replace(catalogue, forms=catalogue.forms | {form: now.build_earlier(earlier)})
    issued = Workbook(then, *stamp)
    assert sheet in issued.book.sheetnames
    with Reader(catalogue, rules) as reader:
        result = read(reader, tmp_path, issued)
    assert not result.findings
    assert (
        sum(o.data_element.startswith("task.") and o.data_element.endswith(".state") for o in result.observations)
        == tasks
    )
    asked = {e for _, _, _, e, kind in Workbook(catalogue, *stamp).inputs() if kind == "choice"}
    assert len([e for e in asked if e.startswith("task.")]) < max(tasks, 1)


def test_every_sheet_of_difficulties_lets_choose_who_decides(catalogue: Catalogue) -> None:
    asked = [(form, sheet) for form in catalogue.forms.values() for sheet in form.sheets if sheet.layout == "notes"]
    assert len(asked) == 8
    for form, sheet in asked:
        ended = form.valid_to is not None  # there were districts
        assert set(sheet.decided_at) == {"commune", "province", "nation"} | ({"district"} if ended else set())


def test_an_earlier_sheet_that_the_form_does_not_have_is_a_mistake(catalogue: Catalogue, tmp_path: Path) -> None:
    root = Path(shutil.copytree(catalogue.root, tmp_path / "catalog"))
    forms = root / "forms" / "forms.yaml"
    before, at, after = forms.read_text(encoding="utf-8").partition("- id: nv-year")
    forms.write_text(before + at + after.replace("{code: V2", "{code: V9", 1), encoding="utf-8")
    assert any("no sheet V9" in problem.what for problem in list_catalogue_problems(root))
