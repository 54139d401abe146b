"""The documents of every plan: one source of numbers, the same bytes, nothing cut, nothing invented."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from etl.errors import StorageError, TemplateError
from etl.messages import FOLDER_NAME
from etl.model import Period
from etl.report import write_report_draft
from etl.report.excel_data_sheet import DATA_COLUMNS
from etl.report.target_results import WORD_ONLY_KINDS
from tests.report.conftest import TEMPLATES, Drafted
from tests.report.samples import read_page
from tests.report.test_report_form import data_tables, paragraphs, plan_table

NUMBER = re.compile(r"(?<![\w.,])-?\d[\d.]*(?:,\d+)?")
SHEETS = [
    "Chỉ tiêu",
    "Theo đơn vị",
    "Nhiệm vụ",
    "Nhiệm vụ theo đơn vị",
    "Khó khăn - kiến nghị",
    "Nộp báo cáo",
    "Ghi chú số liệu",
]
SHEETS += ["Nguồn số liệu", "Dữ liệu"]


def numbers(text: str) -> set[str]:
    return {found.rstrip(".,") for found in NUMBER.findall(text)}


def strings(value: Any) -> str:
    """Every text in the facts."""
    if isinstance(value, dict):
        return "\n".join(strings(part) for part in value.values())
    if isinstance(value, list):
        return "\n".join(strings(part) for part in value)
    return str(value)


# --- one source of facts -----------------------------------------------------------------------------


def test_every_number_in_the_word_report_is_in_the_facts(report: Drafted) -> None:
    known = numbers(strings(report.facts))
    fixed = numbers(" ".join(str(n) for n in range(1, 40)))  # headings, row numbers, annexes
    texts = [p.text.replace("\u200b", "") for p in paragraphs(report.word)]
    for text in texts:
        assert numbers(text) <= known | fixed, text


def test_every_number_in_the_tables_is_a_fact_of_its_row(report: Drafted) -> None:
    figures = report.facts["figures"]
    table = plan_table(report)
    states = {row["item"]: row.get("state") for row in report.facts["rows"] if row["kind"] != "group"}
    seen, columns = 0, len(table.rows[0]._tr.tc_lst)
    for row in table.rows[1:]:
        texts = list(dict.fromkeys(cell.text.replace("\u200b", "") for cell in row.cells))
        if row.cells[0].text in figures and len(row._tr.tc_lst) == columns:
            figure = figures[row.cells[0].text][report.given.area]
            if figure["kind"] in {"not_assessed", "milestone"}:
                continue
            assert figure["printed"] in texts
            state = figure["path_text"] if figure["path_state"] else figure["status_text"]
            if figure["path_basis"] == "way":
                state = f"{state} (lộ trình: {figure['path_value']['text']})"
            assert (states[figure["item"]] or state) in texts
            seen += 1
    assert seen >= 6


def test_numbers_in_the_annex_are_the_exact_values_of_the_facts(report: Drafted) -> None:
    page = report.annex["Dữ liệu"]
    rows = list(page.iter_rows(values_only=True))
    assert rows[0] == DATA_COLUMNS
    rows_given = [*report.given.attainments, *report.given.agencies]
    assert len(rows) - 1 == len(rows_given)
    for values in rows[1:]:
        row = dict(zip(DATA_COLUMNS, values, strict=True))
        figure = report.facts["figures"][row["item"]][row["unit"]]
        value = figure["value"]["value"]  # Excel keeps 16 digits; the fraction beside it is exact
        assert row["value"] == (None if value is None else pytest.approx(value, rel=1e-14))
        assert row["value_exact"] == figure["value"]["exact"]
        given = next(a for a in rows_given if (a.item, a.unit) == (row["item"], row["unit"]))
        assert (Fraction(row["value_exact"]) if row["value_exact"] else None) == given.value
        unjudged = row["unit"] != report.given.area and not figure["sign"]  # as in the letter
        assert row["status"] == (None if unjudged else given.status)
        assert row["people_missing"] in {None, given.people_missing}


def test_the_plans_own_order_and_numbering_stand_first(report: Drafted) -> None:
    order = [t.item for t in report.given.plan.targets if not re.fullmatch(r"\d+\.[a-z]{2,}", t.item)]
    word = [row.cells[0].text for row in plan_table(report).rows]
    assert [item for item in word if item in order] == order
    page = report.annex.worksheets[0]
    column = [cell.value for cell in page["A"] if isinstance(cell.value, str)]
    assert [item for item in column if item in order] == order


def test_groups_of_the_plan_are_headings(report: Drafted) -> None:
    groups = list(dict.fromkeys(t.group for t in report.given.plan.targets if t.group))
    rows = [row.cells[0].text for row in plan_table(report).rows]
    assert [text for text in rows if text in groups] == groups
    titles = [group["title"].split(". ", 1)[1] for group in report.facts["lines"]]
    headings = [p.text for p in paragraphs(report.word) if p.style.name == "VB Khoản"]
    assert headings[: len(titles)] == [f"{number}. {title}" for number, title in enumerate(titles, 1)]
    assert [title for title in titles if title in groups] == [group for group in groups if group in titles]


# --- completeness --------------------------------------------------------------------------------------


def test_nothing_is_left_unrendered(report: Drafted) -> None:
    with ZipFile(report.paths["word"]) as package:
        texts = " ".join(package.read(name).decode() for name in package.namelist() if name.endswith(".xml"))
    left = texts.replace("{{ chậm }}", "")  # what one unit of the sample wrote, kept as it wrote it
    assert "{{" not in left
    assert "{%" not in left
    assert "None" not in " ".join(p.text for p in paragraphs(report.word))


def in_a_sentence(name: str) -> str:
    kind, _, own = name.partition(" ")
    return name if own in {"Quang Trung", "Duy Tân"} else f"{kind.lower()} {own}"


def test_silent_refused_and_late_units_are_named(report: Drafted) -> None:
    text = "\n".join(p.text for p in paragraphs(report.word)).replace(". ", ".\n")  # a sentence each
    statuses = report.given.statuses
    for state, words in (("silent", "Chưa gửi báo cáo"), ("refused", "bị trả lại")):
        names = {in_a_sentence(s.unit_name) for s in statuses if s.state == state}
        line = next(line for line in text.splitlines() if words in line)
        assert names and all(name in line for name in names)
    late = next(s for s in statuses if s.late_days and s.state == "accepted")
    own = {s.period for s in statuses} == {report.given.period.key}
    line = next(line for line in text.splitlines() if line.startswith("Gửi chậm"))
    assert f"{in_a_sentence(late.unit_name)} (" in line
    assert f"{'(' if own else ': '}chậm {late.late_days} ngày làm việc)" in line
    assert own or Period.parse(late.period).name in line, "a report on several quarters says in which of them"


def test_status_counts_add_up_to_the_targets_of_the_plan(report: Drafted) -> None:
    figures = [units[report.given.area] for units in report.facts["figures"].values()]
    assert sum(report.facts["status_counts"].values()) == sum(figure["counted"] for figure in figures)
    left_out = [f for f in figures if not f["counted"]]
    assert all(f["duplicate_of"] or f["shown_status"] == "heading" or "." in f["item"] for f in left_out)


def test_every_dated_task_is_listed_with_its_lead(report: Drafted) -> None:
    dated = [t for t in report.given.plan.tasks if t.deadline.kind == "by_date"]
    listed = {task["id"]: task for task in report.facts["tasks"]["listed"]}
    page = unescape(read_page(report.paths["page"].read_bytes()))
    for task in dated:
        assert listed[task.id]["lead"]
        assert task.title in page
        assert listed[task.id]["situation"] in page


def test_the_path_stands_on_the_page_of_the_annual_report_and_not_of_the_quarterly(report: Drafted) -> None:
    page = read_page(report.paths["page"].read_bytes())
    annual = report.facts["period"]["cadence"] == "year"
    assert ("Lộ trình đến các mốc của kế hoạch" in page) == (annual and bool(report.facts["path"]))
    heads = [cell.value for row in report.annex["Chỉ tiêu"].iter_rows(max_row=12) for cell in row]
    assert ("Hệ số tiến độ" in heads) == annual


def test_definitions_leave_the_office_and_notes_of_the_makers_do_not(report: Drafted) -> None:
    """Stamps, misprints, internal ids and hashes are for the engineer: in the facts, in no document."""
    page = unescape(read_page(report.paths["page"].read_bytes()))
    cells = (c for sheet in report.annex.worksheets[:-1] for row in sheet.iter_rows(values_only=True) for c in row)
    annex = "\n".join(cell for cell in cells if isinstance(cell, str))
    word = "\n".join(p.text for p in paragraphs(report.word))
    indicators = report.given.catalogue.indicators
    for target in report.given.plan.targets:
        indicator = indicators.get(target.indicator or "")
        if indicator:
            assert indicator.definition in page
    makers = [note["text"] for note in report.facts["plan_notes"] if note["kind"] in {"plan_note", "defect"}]
    assert makers or report.given.plan.id not in {"kt-1693"}
    for text in (page, annex, word):
        assert not [note for note in makers if note in text]
        assert report.given.snapshot_id not in text
        assert not re.search(r"\b[0-9a-f]{12,}\b", text)


# --- simulated ------------------------------------------------------------------------------------------


def test_simulated_data_say_so_on_every_page_and_in_every_file(report: Drafted) -> None:
    mark = "SỐ LIỆU MÔ PHỎNG"
    first = report.word.sections[0]
    for header in (first.header, first.first_page_header):
        assert mark in "".join(p.text for p in header.paragraphs)
    assert any(p.text.startswith(mark) for p in paragraphs(report.word))
    for page in report.annex.worksheets:
        assert page.oddHeader.center.text == mark
    assert report.facts["simulated"] is True
    assert (
        dict(zip(DATA_COLUMNS, next(report.annex["Dữ liệu"].iter_rows(min_row=2, values_only=True)), strict=True))[
            "simulated"
        ]
        == "true"
    )


def test_real_data_carry_no_such_mark(drafted: Callable[..., Drafted]) -> None:
    real = drafted("kon-tum", "kt-124", "2024Q4", simulated=False)
    for path in real.paths.values():
        if path.suffix in {".docx", ".xlsx"}:
            with ZipFile(path) as package:
                assert not any("MÔ PHỎNG" in package.read(n).decode() for n in package.namelist() if n.endswith(".xml"))
        else:
            assert "MÔ PHỎNG" not in path.read_text(encoding="utf-8")


# --- the annex ------------------------------------------------------------------------------------------


def test_the_annex_has_its_sheets_frozen_and_set_to_print(report: Drafted) -> None:
    book = report.annex
    assert book.sheetnames == SHEETS
    for page in book.worksheets:
        assert page.freeze_panes
        assert page.print_area
        assert page.print_title_rows
        assert page.page_setup.orientation == "landscape"
        assert page.sheet_properties.pageSetUpPr.fitToPage
        assert page.page_setup.fitToWidth in {None, 1}  # one page wide is what the format takes for granted
        assert page.page_setup.fitToHeight == 0


def test_nothing_a_unit_wrote_can_become_a_formula(report: Drafted) -> None:
    page = report.annex["Khó khăn - kiến nghị"]
    cell = next(cell for row in page.iter_rows() for cell in row if str(cell.value).startswith("=1+1"))
    assert cell.data_type == "s"
    for sheet in report.annex.worksheets:
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert not any("vba" in name.lower() for name in ZipFile(report.paths["annex"]).namelist())


def test_what_is_read_in_the_annex_is_text_and_what_is_calculated_with_is_not(report: Drafted) -> None:
    """The decimal sign of a number is the machine's; that of a text is ours. No cell is marked as a doubtful number."""
    for page in report.annex.worksheets[:-1]:
        heads = [row for row in page.iter_rows(max_row=12) if row[0].value == 1]
        assert {cell.data_type for row in page.iter_rows(min_row=heads[0][0].row + 1) for cell in row} <= {"s", "n"}
        assert all(
            cell.value is None
            for row in page.iter_rows(min_row=heads[0][0].row + 1)
            for cell in row
            if cell.data_type == "n"
        )
    with ZipFile(report.paths["annex"]) as package:
        for number in range(1, len(SHEETS) + 1):
            assert 'numberStoredAsText="1"' in package.read(f"xl/worksheets/sheet{number}.xml").decode()


def test_each_figure_leads_to_its_numbers_and_back(report: Drafted) -> None:
    data = report.annex["Dữ liệu"]
    head = {cell.value: cell.column for cell in data[1]}
    seen = 0
    for row in range(2, data.max_row + 1):
        place = data.cell(row, head["read_at"])
        if place.value is None:
            continue
        sheet, _, name = str(place.value).rpartition("!")
        read = report.annex[sheet.strip("'")][name]
        item, unit = (str(data.cell(row, head[n]).value) for n in ("item", "unit"))
        figure = report.facts["figures"][item][unit]
        text = figure["printed"] if sheet == "'Chỉ tiêu'" else figure["value"]["text"]
        if figure["printed"] in {"có", "chưa"}:
            text = figure["printed"]
        assert read.value in {text, "–"} and (read.value != "–" or "withheld" in figure)
        assert [c.hyperlink.location for c in read.parent[read.row] if c.hyperlink] == [f"'Dữ liệu'!A{row}"]
        assert place.hyperlink.location == place.value
        seen += 1
    read_figures = [
        f for units in report.facts["figures"].values() for f in units.values() if f["kind"] not in WORD_ONLY_KINDS
    ]
    assert seen >= len(read_figures) > 20


def test_every_expected_submission_is_in_the_annex(report: Drafted) -> None:
    page = report.annex["Nộp báo cáo"]
    units = {(row[0], row[2]) for row in page.iter_rows(values_only=True)}
    assert {(s.unit, s.form) for s in report.given.statuses} <= units


# --- the picture ----------------------------------------------------------------------------------------


def test_the_picture_has_words_for_those_who_cannot_see_it(report: Drafted) -> None:
    described = report.word.element.body.xpath(".//wp:docPr/@descr")
    drawn = [row for row in report.facts["first_page"]["rows"] if len(row["line"]) > 1]
    assert len(described) == len(drawn)
    for text, row in zip(described, drawn, strict=True):
        assert text.startswith(row["name"]) and row["line"][-1]["value"]["text"] in text
        assert len(text) < 300


def test_the_pictures_fit_between_the_margins(report: Drafted) -> None:
    for shape in report.word.inline_shapes:
        assert shape.width.mm < 17, "a column of the first page's table"
        assert shape.height.mm < 5


# --- guarantees -----------------------------------------------------------------------------------------


def test_the_same_input_gives_the_same_bytes(report: Drafted, tmp_path: Path) -> None:
    again = write_report_draft(report.given, TEMPLATES, tmp_path)
    for kind, path in again.items():
        assert path.name == report.paths[kind].name
        assert path.read_bytes() == report.paths[kind].read_bytes(), kind


def test_files_are_named_by_plan_and_period(report: Drafted) -> None:
    stem = f"{report.given.plan.id}_{report.given.period.key}"
    assert {kind: path.name for kind, path in report.paths.items()} == {
        "facts": f"{stem}_facts.json",
        "word": f"{stem}_bao-cao.docx",
        "annex": f"{stem}_phu-luc.xlsx",
        "page": f"{stem}_bao-cao.html",
    }
    assert {p.name for p in report.paths["word"].parent.iterdir()} == {p.name for p in report.paths.values()}


def test_the_files_say_they_are_the_offices_of_the_snapshots_time(report: Drafted) -> None:
    properties = report.word.core_properties
    assert properties.author == report.facts["head"]["office"]
    assert str(properties.created).startswith("2024-10-21 09:30")
    assert properties.identifier == "a1b2c3d4"
    assert report.annex.properties.creator == report.facts["head"]["office"]
    assert str(report.annex.properties.created).startswith("2024-10-21 09:30")


def test_a_broken_template_writes_nothing(report: Drafted, tmp_path: Path) -> None:
    templates, folder = tmp_path / "templates", tmp_path / "out"
    templates.mkdir()
    (templates / "report.docx").write_bytes((TEMPLATES / "report.docx").read_bytes())
    shutil.copytree(TEMPLATES / FOLDER_NAME, templates / FOLDER_NAME)
    words = templates / FOLDER_NAME / "report.yaml"
    words.write_text(words.read_text(encoding="utf-8").replace("{delta}", "{delat}"), encoding="utf-8")
    with pytest.raises(TemplateError):
        write_report_draft(report.given, templates, folder)
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_is_a_clear_error(drafted: Callable[..., Drafted], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    given = drafted("kon-tum", "kt-124", "2024Q4").given
    with pytest.raises(StorageError):
        write_report_draft(given, TEMPLATES, tmp_path / "file" / "below")


def test_the_facts_are_plain_json_with_their_snapshot(report: Drafted) -> None:
    facts = json.loads(report.paths["facts"].read_bytes())
    assert facts["snapshot"] == {"at": "2024-10-21T09:30:00+07:00", "id": "a1b2c3d4", "text": "09h30 ngày 21/10/2024"}
    assert facts["plan"]["id"] == report.given.plan.id


# --- edges ----------------------------------------------------------------------------------------------


def test_a_report_on_nothing_at_all_is_still_a_report(drafted: Callable[..., Drafted], tmp_path: Path) -> None:
    given = drafted("kon-tum", "kt-124", "2024Q4").given
    empty = replace(given, attainments=(), previous=(), statuses=(), earlier_statuses=(), tasks=(), notes=())
    paths = write_report_draft(empty, TEMPLATES, tmp_path)
    facts = json.loads(paths["facts"].read_text(encoding="utf-8"))
    assert facts["situation"][-1] == "Trong kỳ không có đơn vị nào thuộc diện phải gửi báo cáo."
    assert facts["units"]["sentences"] == ["Chưa có số liệu theo đơn vị."]
    report = Drafted(empty, paths, facts)
    text = "\n".join(p.text for p in paragraphs(report.word))
    assert "chưa có số liệu" in text
    assert not report.word.inline_shapes
    assert "Hình" not in text
    assert "HÌNH MINH HỌA" not in text


def test_the_package_opens_clean(report: Drafted) -> None:
    for kind in ("word", "annex"):
        with ZipFile(BytesIO(report.paths[kind].read_bytes())) as package:
            assert package.testzip() is None
            assert len(package.namelist()) == len(set(package.namelist()))


def test_no_table_has_a_column_that_says_nothing(report: Drafted) -> None:
    """Of three rows and more: a heading and dashes under it are no column."""
    nothing = {"", "–", "chưa có số liệu", "không nêu"}
    for table in data_tables(report):
        heads, *rows = [[cell.text for cell in row.cells] for row in table.rows]
        whole = [row for row, tr in zip(rows, table.rows[1:], strict=True) if len(tr._tr.tc_lst) == len(heads)]
        columns = zip(heads, *whole, strict=True) if len(whole) > 2 and len(set(heads)) > 2 else ()
        assert [head for head, *texts in columns if nothing.issuperset(texts) and head != "Diễn biến"] == []
