"""The annex: its order, numbers as numbers, and a trail whose cells add up to what is printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl

from etl.messages import load_messages
from etl.report import write_report_draft
from tests.report.conftest import TEMPLATES, Drafted

TRAIL = "Nguồn số liệu"


def trail_rows(book: openpyxl.Workbook) -> list[dict[str, Any]]:
    rows = list(book[TRAIL].iter_rows(values_only=True))
    head = next(i for i, row in enumerate(rows) if row[0] == "TT")
    return [dict(zip(rows[head], row, strict=True)) for row in rows[head + 2 :]]


def test_the_plans_own_table_stands_first_and_the_machines_sheet_is_there(report: Drafted) -> None:
    names = report.annex.sheetnames
    assert names[0] == "Chỉ tiêu"
    order = ["Theo đơn vị", "Nhiệm vụ", "Khó khăn - kiến nghị", "Nộp báo cáo", "Ghi chú số liệu", TRAIL, "Dữ liệu"]
    assert [name for name in names if name in order] == order


def test_the_plans_columns_print_and_the_rest_stands_beside(report: Drafted) -> None:
    page = report.annex["Chỉ tiêu"]
    head = next(row for row in page.iter_rows() if row[0].value == "TT")
    heads = [cell.value for cell in head]
    years = [year["title"] for year in report.facts["columns"]["years"]]
    quarterly = int(report.facts["first_page"]["quarterly"])
    assert heads[:5] == ["TT", "Chỉ tiêu", "Đơn vị", *(report.facts["columns"][n] for n in ("baseline", "previous"))]
    first = 6 + quarterly
    assert heads[5:first] == [*["Trong quý"][:quarterly], report.facts["first_page"]["to_date_title"]]
    assert heads[first : first + len(years)] == years
    last = page.print_area.split(":")[1].replace("$", "")
    assert page[last].column == first + len(years) + 2


def test_what_is_looked_up_on_a_screen_prints_its_title_and_nothing_else(report: Drafted) -> None:
    looked_up = {"Theo đơn vị", "Nhiệm vụ theo đơn vị", "Khó khăn - kiến nghị", TRAIL}
    for page in (report.annex[name] for name in looked_up):
        last = page[page.print_area.split(":")[1].replace("$", "")].row
        title = [row[0].value for row in page.iter_rows(max_row=last) if row[0].value]
        assert title[1] == "Phụ lục III" and title[-1] == "Trang tra cứu trên máy: chỉ in phần đầu này."
        assert page.max_row > last
    assert report.annex["Dữ liệu"].print_area.endswith("$1")
    for page in (p for p in report.annex if p.title not in looked_up | {"Dữ liệu"} and p["A2"].value == "Phụ lục III"):
        assert page[page.print_area.split(":")[1].replace("$", "")].row == page.max_row


def test_a_quarters_annex_counts_the_tasks_that_the_year_tells_and_does_not_list_them(report: Drafted) -> None:
    rows = [[cell for cell in row if cell] for row in report.annex["Nhiệm vụ"].iter_rows(values_only=True)]
    listed = {row[0] for row in rows if len(row) > 1}
    yearly = {task["id"] for task in report.facts["tasks"]["all"] if "yearly" in task["states"]}
    others = {task["id"] for task in report.facts["tasks"]["all"]} - yearly
    assert others <= listed and not yearly & listed
    said = [row[0] for row in rows if row and "được báo cáo một lần mỗi năm" in str(row[0])]
    assert [text.split(" ", 1)[0] for text in said] == ([f"{len(yearly):02d}"] if yearly else [])


def test_no_title_is_cut(report: Drafted) -> None:
    """Each line goes across the columns that print and is as high as its words need."""
    notice = load_messages(TEMPLATES).texts["annex_title.looked_up"]
    for page in (p for p in report.annex if p["A2"].value == "Phụ lục III"):
        last = page[page.print_area.split(":")[1].replace("$", "")].column
        like = [(d.width, range(d.min, d.max + 1)) for d in page.column_dimensions.values()]  # equal neighbours are one
        width = sum(across * len([n for n in those if n <= last]) for across, those in like)
        title = [row[0] for row in page.iter_rows(max_row=12, max_col=1)]
        lines = title[: next(n for n, cell in enumerate(title) if cell.value in {None, notice})]
        merged = {str(found).split(":")[0]: found.max_col for found in page.merged_cells.ranges}
        assert len(lines) >= 4 and len(notice) < width
        for cell in lines:
            assert merged[cell.coordinate] == last and cell.alignment.wrap_text
            needed = -(-len(cell.value) // int(width)) * 15
            assert page.row_dimensions[cell.row].height >= needed, (page.title, cell.value)


def test_the_trail_names_the_file_and_the_cells_of_each_figure(report: Drafted) -> None:
    area, figures = report.given.area, report.facts["figures"]
    rows = trail_rows(report.annex)
    known = {source.indicator for source in report.given.sources}
    printed = [
        item
        for item, units in figures.items()
        if area in units and units[area]["indicator"] in known and units[area]["value"]["value"] is not None
    ]
    assert list(dict.fromkeys(row["TT"] for row in rows)) == printed
    assert rows
    for row in rows:
        figure = figures[row["TT"]][area]
        assert (row["Tử số"], row["Mẫu số"]) == (figure["numerator"]["text"], figure["denominator"]["text"])
        assert row["Tệp đã nhận"].endswith(".xlsx")
        assert row["Trang tính"] == "B1"


def test_the_cells_of_a_trail_add_up_to_what_is_printed(report: Drafted) -> None:
    sums: dict[tuple[str, str], Fraction] = {}
    for row in report.facts["trail"]:
        key = row["item"], row["side"]
        sums[key] = sums.get(key, Fraction(0)) + Fraction(row["value"]["exact"])
    for (item, side), total in sums.items():
        assert total == Fraction(report.facts["figures"][item][report.given.area][side]["exact"])


def test_a_published_figure_says_that_it_is_one(drafted: Callable[..., Drafted], tmp_path: Path) -> None:
    given = drafted("kon-tum", "kt-1693", "2024Q3").given
    target = next(
        t for t in given.plan.targets if t.indicator and given.catalogue.indicators[t.indicator].published_element
    )
    source = replace(given.sources[0], indicator=str(target.indicator), cells="E12")
    paths = write_report_draft(replace(given, sources=(source,)), TEMPLATES, tmp_path)
    (row, *_) = trail_rows(openpyxl.load_workbook(paths["annex"]))
    assert (row["TT"], row["Phần"], row["Ô"], row["Tử số"]) == (target.item, "Số công bố", "E12", "–")


def test_a_report_without_sources_says_so(drafted: Callable[..., Drafted], tmp_path: Path) -> None:
    paths = write_report_draft(replace(drafted("kon-tum", "kt-124", "2024Q4").given, sources=()), TEMPLATES, tmp_path)
    texts = [cell for row in openpyxl.load_workbook(paths["annex"])[TRAIL].iter_rows(values_only=True) for cell in row]
    assert "Không có số liệu nào của báo cáo được tổng hợp từ tệp đã gửi." in texts


def test_no_macros_and_no_links(report: Drafted) -> None:
    with ZipFile(report.paths["annex"]) as package:
        names = package.namelist()
    assert not [name for name in names if "vba" in name.lower() or "externalLink" in name or "connections" in name]
