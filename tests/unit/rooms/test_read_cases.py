"""Workbooks as offices and programs leave them (`tests/cases`): the figure that is shown, or a finding at its cell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from etl.catalog import Catalogue
from etl.catalog.rules import Rules
from etl.check import ReadSubmission, check_batch
from etl.model import FindingLevel
from etl.read import Reader
from tests.wording import SHIPPED

CASES = Path(__file__).resolve().parents[2] / "cases"

ASKED: dict[str, tuple[str, str, str]] = {
    "field/01_title_months_4_5_6.xlsx": ("S20", "B1", "A5"),
    "field/02_title_Q2_slash.xlsx": ("S20", "B1", "A5"),
    "field/04_title_health_centre_of_other_district.xlsx": ("S20", "B1", "A1"),
    "field/06_613_2024Q2_kt-district-quarter.xlsx": ("S20", "B1", "A5"),
    "field/07_names_of_other_district_codes_kept.xlsx": ("S17", "B1", "B13"),
    "field/09_text_formula_in_number_cell.xls": ("S24", "B4", "E14"),
    "field/13_two_writers_1.234.567_and_2,000.xlsx": ("V10", "N1", "E13"),
    "field/17_completion_dates_2003_2024-11_2031_in_Q1.xlsx": ("V25", "B5", "F14"),
    "field/19_number_format_says_billion.xlsx": ("V11", "B4", "E20"),
    "field/25_explained_total_covers_others.xlsx": ("S18", "B1", "D12"),
    "field/27_extra_commune_with_roman_number.xlsx": ("S16", "B1", "B22"),
    "field/30_cells_without_refs_uncomputed.xlsx": ("S24", "B1", "K12"),
    "field/33_visits_times_1000_first_quarter.xlsx": ("R07", "B1", "K13"),
    "field/35_unit_thousand_people_above_table.xlsx": ("S29", "B1", "D7"),
    "public/array-formula-zero.xlsx": ("S24", "B1", "K13"),
    "public/duplicate-cell-ref.xlsx": ("S33", "B1", "K13"),
    "public/duplicate-row.xlsx": ("S33", "B1", "A13"),
    "public/future-completion-date.xlsx": ("V25", "B5", "F37"),
    "public/invisible-format.xlsx": ("S23", "B1", "K13"),
    "public/literal-percent-format-in-count-cell.xlsx": ("V12", "B3", "D13"),
    "public/merged-hidden-other-number.xlsx": ("S32", "B1", "K14"),
    "public/no-refs-error-total-recomputed.xlsx": ("V19", "B1", "K13"),
    "public/pasted-totals-uncached-inputs.xlsx": ("S24", "B1", "K13"),
    "public/scaled-format-thousands.xlsx": ("V24", "B1", "K13"),
    "public/single-quoted-error.xlsx": ("V19", "B1", "K13"),
    "public/strike-adjacent-runs.xlsx": ("V24", "B1", "K14"),
    "public/two-lines-births.xlsx": ("V01", "B3", "D13"),
    "public/two-lines-merged-silently.xlsx": ("V01", "B1", "K14"),
    "public/value-withdrawn-in-resubmission.xlsx": ("V05", "B1", "K13"),
    "public/x000D-between-two-numbers.xlsx": ("V01", "B1", "K14"),
}
"""The file → the code that must be given at a place."""

READ: dict[str, tuple[str, str, float]] = {
    "field/10_percent_sign_as_literal.xlsx": ("N2", "D12", 0.8),
    "field/15_superscript_footnote.xlsx": ("B4", "E14", 22),
    "field/21_lo_deleted_one_line.xlsx": ("B1", "K13", 1499),
    "field/22_old_openoffice_empty_current_xml.ods": ("B1", "K13", 1499),
    "field/23_power_query_item_utf16.xlsx": ("B1", "K13", 1499),
    "field/24_row_of_column_numbers_deleted.xls": ("B1", "K12", 1499),
    "field/32_backslash_part_names.xlsx": ("B1", "K13", 1499),
    "public/float-residue-2.xlsx": ("B3", "D13", 21),
    "public/float-residue-integer.xlsx": ("B1", "K13", 3480),
    "public/literal-percent-format-in-percent-cell.xlsx": ("N2", "D12", 28.3),
    "public/literal-percent-small-value.xlsx": ("N2", "D12", 0.9),
    "public/percent-format-no-cell-refs.xlsx": ("N2", "D12", 28.3),
    "public/superscript-run-footnote.xlsx": ("B1", "K14", 2606),
    "public/zip64-end-record.xlsx": ("B1", "K13", 2931),
    "public/inbox/612-v1.xlsx": ("B1", "K13", 2931),
    "public/inbox/612-v2.xlsx": ("B1", "K13", 2831),
    "public/inbox/base-62-CDC-2024.xlsx": ("N2", "D12", 28.3),
}
"""The file → the figure at a place that its sender sees; the file is not refused."""


@pytest.fixture(scope="module")
def reader(catalogue: Catalogue, rules: Rules) -> Iterator[Reader]:
    with Reader(catalogue, rules) as reader:
        yield reader


def test_every_file_has_its_right_answer() -> None:
    files = {str(path.relative_to(CASES)) for path in CASES.rglob("*.*") if path.suffix != ".md"}
    assert files == ASKED.keys() | READ.keys()


@pytest.mark.parametrize("file", ASKED)
def test_what_is_not_surely_what_is_shown_is_asked_about(
    file: str, reader: Reader, catalogue: Catalogue, rules: Rules
) -> None:
    path = CASES / file
    read = reader.read_file(path, path.name)
    verdict = check_batch([ReadSubmission(read, path.name)], catalogue, rules, SHIPPED)[0]
    assert ASKED[file] in {(f.code, f.sheet, f.cell) for f in verdict.findings}


@pytest.mark.parametrize("file", READ)
def test_the_figure_is_the_one_that_is_shown(file: str, reader: Reader, catalogue: Catalogue, rules: Rules) -> None:
    path, (sheet, cell, number) = CASES / file, READ[file]
    read = reader.read_file(path, path.name)
    verdict = check_batch([ReadSubmission(read, path.name)], catalogue, rules, SHIPPED)[0]
    assert not [f for f in verdict.findings if f.level is FindingLevel.REFUSE]
    assert [o.value for o in read.observations if (o.sheet, o.cell) == (sheet, cell)] == [number]


def test_an_explanation_covers_the_sums_that_it_was_given_for(
    reader: Reader, catalogue: Catalogue, rules: Rules
) -> None:
    """999 was explained at B3!D12, beside F12; 999 at B1!D12 and a new wrong sum at B3!H12 are asked about."""
    path = CASES / "field/25_explained_total_covers_others.xlsx"
    read = reader.read_file(path, path.name)
    verdict = check_batch([ReadSubmission(read, path.name)], catalogue, rules, SHIPPED)[0]
    levels = {(f.code, f.sheet, f.cell): f.level for f in verdict.findings}
    assert levels["S18", "B1", "D12"] is levels["S18", "B3", "D12"] is FindingLevel.CONFIRM
    assert levels["R02", "B3", "G13"] is FindingLevel.CONFIRM, "the key in this file does not say beside what number"
