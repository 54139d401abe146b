"""What agencies have by themselves: a block of its own in every document, beside agencies that share it, never ranked."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import openpyxl
import pytest

from etl.catalog import Catalogue
from etl.report import ReportInput, write_report_draft
from etl.report.facts import build_facts
from tests.report.samples import open_word, read_page, sample
from tests.wording import SHIPPED

TEMPLATES = Path(__file__).parents[2] / "templates"
FINANCE, SURVEY = "Sở Tài chính tỉnh Kon Tum", "Sở Y tế tỉnh Kon Tum"
HOSPITALS = (
    "Bệnh viện Đa khoa tỉnh Kon Tum",
    "Bệnh viện Đa khoa khu vực Ngọc Hồi",
    "Bệnh viện Y dược cổ truyền - Phục hồi chức năng",
)


@pytest.fixture(scope="module")
def annual(catalogue: Catalogue) -> ReportInput:
    return sample(catalogue, "kon-tum", "kt-1693", "2024")


def test_agencies_stand_beside_those_that_share_an_indicator(annual: ReportInput) -> None:
    facts = build_facts(annual, SHIPPED)
    blocks = {tuple(t.item for t in b.targets): tuple(u.name for u in b.units) for b in facts.agencies.blocks}
    assert blocks == {("5",): (FINANCE,), ("10",): HOSPITALS, ("14",): (SURVEY,)}
    silent = facts.find_figure("10", annual.agencies[3].unit)
    assert silent and (silent.value.value, silent.value.text, silent.sign) == (None, "chưa có số liệu", "")
    assert not build_facts(replace(annual, agencies=()), SHIPPED).agencies.blocks


def test_nothing_that_ranks_counts_or_directs_knows_of_agencies(annual: ReportInput) -> None:
    """The weakest of all is an agency, and no other part of the report says a word of it."""
    with_agencies, without = (build_facts(given, SHIPPED) for given in (annual, replace(annual, agencies=())))
    for part in fields(with_agencies):
        if part.name not in {"agencies", "figures"}:
            assert getattr(with_agencies, part.name) == getattr(without, part.name), part.name
    of_agencies = {row.unit for row in annual.agencies}
    figures = {(f.item, f.unit): f for f in with_agencies.list_figures() if f.unit not in of_agencies}
    assert figures == {(f.item, f.unit): f for f in without.list_figures()}


def test_every_document_shows_them_under_a_heading_of_their_own(annual: ReportInput, tmp_path: Path) -> None:
    made = write_report_draft(annual, TEMPLATES, tmp_path)
    heading = "Cơ quan, đơn vị"
    word = open_word(made["word"].read_bytes())
    assert [p.text for p in word.paragraphs].count(heading) == 1
    names = [[row.cells[1].text for row in table.rows][1:] for table in word.tables]
    assert names[-3:] == [[FINANCE], [*HOSPITALS], [SURVEY]]
    assert word.tables[-2].rows[3].cells[2].text == "chưa có số liệu"
    page = read_page(made["page"].read_bytes()).partition("<h3>Cơ quan, đơn vị</h3>")
    block = page[2].partition('<h2 id="them">')[0]
    assert all(f'<th scope="row">{name}</th>' in block for name in (FINANCE, *HOSPITALS, SURVEY))
    assert HOSPITALS[2] not in page[0].partition('id="phu-luc-ii"')[2]
    sheet = openpyxl.load_workbook(made["annex"])["Theo đơn vị"]
    column = [str(sheet.cell(row, 4).value or sheet.cell(row, 1).value) for row in range(1, sheet.max_row + 1)]
    after = column[column.index(heading) + 1 :]
    assert set(after) == {FINANCE, *HOSPITALS, SURVEY} and not set(after) & set(column[: column.index(heading)])
