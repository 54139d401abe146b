"""`tongket new plan`: a table of targets as a plan; nothing dropped, nothing guessed, the same from CSV and workbook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from etl import steps
from etl.catalog import load_catalogue
from etl.catalog.loader import list_catalogue_problems
from etl.errors import UsageError
from etl.scaffold import PlanHead
from tests.unit.scaffold.conftest import read_tree

HEAD = PlanHead("kh-thu", "Kế hoạch thử", "1/KH", "so-y-te", "2026-02-03", "plan.csv")
TABLE = """TT;Chỉ tiêu;ĐVT;Thực hiện 2024;Thực hiện 2025;Mục tiêu 2026;Mục tiêu 2030;Giai đoạn 2026-2030;Ghi chú
I;Nhóm một;;;;;;;
1;Tham gia BHYT;%;91;92,5;94;trên 95%;;theo Nghị quyết
2;Số lượt tập huấn;lượt;;;11.357;;20;
3;Tham gia bảo hiểm;%;;;94;;;
"""


def write(folder: Path, text: str, name: str = "plan.csv") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_what_is_certain_is_a_target_and_the_rest_waits(home: Path, tmp_path: Path) -> None:
    result = steps.create_plan(HEAD, write(tmp_path, TABLE))
    assert (result["targets"], result["certain"], result["marks"]) == (3, 1, 5)
    problems = list_catalogue_problems(home / "catalog")
    text = (home / "catalog" / "plans" / "kh-thu.yaml").read_text(encoding="utf-8").splitlines()
    assert all(p.undecided and p.line and "!to-decide" in text[p.line - 1] for p in problems) and len(problems) == 5
    assert "kh-thu" not in load_catalogue(home / "catalog").plans, "it waits, and stops nobody"


def test_decided_it_is_a_plan_like_any_other(home: Path, tmp_path: Path) -> None:
    steps.create_plan(HEAD, write(tmp_path, TABLE))
    path = home / "catalog" / "plans" / "kh-thu.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("!to-decide ", ""), encoding="utf-8")
    assert list_catalogue_problems(home / "catalog") == ()
    first, second, _ = load_catalogue(home / "catalog").plans["kh-thu"].targets
    assert (first.indicator, first.group, first.baseline and first.baseline.written) == ("bhyt", "Nhóm một", "92,5")
    assert [(m.period, m.operator, str(m.value)) for m in first.milestones] == [
        ("2026", ">=", "94"),
        ("2030", ">", "95"),
    ]
    assert first.notes == ("2024: 91", "Ghi chú: theo Nghị quyết")
    assert second.notes == ("Giai đoạn 2026-2030: 20",), "a column that nothing knows is kept in its own words"


def _fill(sheet: Worksheet) -> None:
    for line in TABLE.splitlines():
        sheet.append([int(c) if c.isdigit() else c or None for c in line.split(";")])
    sheet["D1"], sheet["E1"] = "Thực hiện 2024", "Thực hiện 2025"
    sheet["E3"] = 92.5
    sheet["F3"], sheet["F3"].number_format = 0.94, "0%"


def _save(folder: Path, change: Callable[[Worksheet], object] = lambda sheet: None) -> str:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    _fill(sheet)
    change(sheet)
    book.save(folder / "plan.xlsx")
    return str(folder / "plan.xlsx")


def test_a_workbook_says_the_same_as_the_csv(home: Path, tmp_path: Path) -> None:
    """Numbers as numbers, per cent as a format of the cell."""
    path = home / "catalog" / "plans" / "kh-thu.yaml"
    steps.create_plan(HEAD, write(tmp_path, TABLE.replace(";92,5;94;", ";92,5;94%;")))
    from_csv = path.read_text(encoding="utf-8")
    path.unlink()
    steps.create_plan(HEAD, _save(tmp_path))
    assert path.read_text(encoding="utf-8") == from_csv


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda s: s.row_dimensions.__getitem__(3).__setattr__("hidden", True), "the cell is hidden"),
        (lambda s: s.column_dimensions.__getitem__("G").__setattr__("hidden", True), "the cell is hidden"),
        (lambda s: s["G3"].__setattr__("font", Font(strike=True)), "the cell is struck out"),
        (lambda s: s["F3"].__setattr__("value", "=90+4"), "the formula has no stored result"),
        (lambda s: s.parent.create_sheet("Hai").append(["x"]), "2 sheets to read"),
    ],
)
def test_what_a_reader_of_the_workbook_would_not_see_is_refused(
    home: Path, tmp_path: Path, change: Callable[[Worksheet], object], what: str
) -> None:
    with pytest.raises(UsageError, match=what):
        steps.create_plan(HEAD, _save(tmp_path, change))
    assert not (home / "catalog" / "plans" / "kh-thu.yaml").exists()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Tên;Giá trị\na;1\n", "no row of the table is a header"),
        (TABLE.replace("\n2;", "\n1;"), "item '1' stands twice"),
        (TABLE.replace(";Tham gia bảo hiểm;", ";;"), "a row without a target's name"),
        (TABLE.replace("theo Nghị quyết", "theo;Nghị quyết"), "row 3 has 10 values, the first 9"),
        (TABLE.splitlines()[0] + "\n", "the table has no targets"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(home: Path, tmp_path: Path, text: str, what: str) -> None:
    before = read_tree(home)
    with pytest.raises(UsageError, match=what):
        steps.create_plan(HEAD, write(tmp_path.parent, text))
    assert read_tree(home) == before


def test_hostile_bytes_are_refused_and_an_unknown_issuer_is_named(home: Path, tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(UsageError, match="the file is refused"):
        steps.create_plan(HEAD, str(tmp_path / "x.xlsx"))
    wrong = PlanHead("kh-thu", "Kế hoạch", "1", "so-yte", "2026-02-03", "plan.csv")
    with pytest.raises(UsageError, match="no actor 'so-yte'"):
        steps.create_plan(wrong, write(tmp_path, TABLE))


def test_it_is_written_once_and_taken_back_whole(home: Path, tmp_path: Path) -> None:
    table = write(tmp_path.parent, TABLE)
    before = read_tree(home)
    steps.create_plan(HEAD, table)
    with pytest.raises(UsageError, match="the file is there already"):
        steps.create_plan(HEAD, table)
    steps.create_plan(HEAD, table, undo=True)
    assert read_tree(home) == before


def test_a_level_without_a_year_gets_none(home: Path, tmp_path: Path) -> None:
    """Columns that name no year: a milestone and a start without a time, and the plan's end is to be decided."""
    steps.create_plan(HEAD, write(tmp_path, "TT;Chỉ tiêu;ĐVT;Hiện trạng;Kế hoạch\n1;Tham gia BHYT;%;91;94\n"))
    path = home / "catalog" / "plans" / "kh-thu.yaml"
    text = path.read_text(encoding="utf-8")
    assert "period:" not in text and "valid_to: !to-decide null" in text
    path.write_text(text.replace("!to-decide ", ""), encoding="utf-8")
    assert list_catalogue_problems(home / "catalog") == ()
    plan = load_catalogue(home / "catalog").plans["kh-thu"]
    (target,) = plan.targets
    assert target.baseline and (target.baseline.period, target.baseline.written, plan.valid_to) == (None, "91", None)
    assert [(s.period, s.operator, str(s.value)) for s in target.milestones] == [(None, ">=", "94")]


TWO_ROWS = """Kế hoạch năm 2026 của tỉnh;;;;;;
TT;Chỉ tiêu;ĐVT;Thực hiện 9 tháng 2025;Mục tiêu;;
;;;;Quý I/2026;Năm 2026;Đến 30/6/2027
a;Tham gia BHYT;%;91;93;94;95
"""


def test_headers_in_two_rows_below_a_title_are_read_whole(home: Path, tmp_path: Path) -> None:
    """Also where the first row alone would do: no column is lost, and a part of a year is never the year."""
    steps.create_plan(HEAD, write(tmp_path, TWO_ROWS))
    path = home / "catalog" / "plans" / "kh-thu.yaml"
    text = path.read_text(encoding="utf-8")
    assert '!to-decide "Mục tiêu Đến 30/6/2027: 95"' in text, "a day is no year: somebody has to say what it is"
    path.write_text(text.replace("!to-decide ", ""), encoding="utf-8")
    (target,) = load_catalogue(home / "catalog").plans["kh-thu"].targets
    assert target.item == "a" and target.baseline and target.baseline.period == "2025N"
    assert [(s.period, s.written) for s in target.milestones] == [("2026Q1", "93"), ("2026", "94")]


@pytest.mark.parametrize(
    ("header", "period"),
    [
        ("Quý III năm 2026", "2026Q3"), ("Quý IV/2026", "2026Q4"), ("6 tháng đầu năm 2026", "2026H1"),
        ("6 tháng cuối năm 2026", "2026H2"), ("Mục tiêu 9 tháng 2026", "2026N"), ("Năm 2026", "2026"),
        ("Tháng 3/2026", None), ("Quý/2026", None), ("Giai đoạn 2026-2030", None),
    ],
)  # fmt: skip
def test_a_header_that_names_part_of_a_year(home: Path, tmp_path: Path, header: str, period: str | None) -> None:
    table = f"TT;Chỉ tiêu;ĐVT;{header};Năm 2030\n1;Tham gia BHYT;%;93;95\n"
    steps.create_plan(HEAD, write(tmp_path, table))
    text = (home / "catalog" / "plans" / "kh-thu.yaml").read_text(encoding="utf-8")
    assert (f'period: "{period}", written: "93"' in text) == (period is not None)
    assert (f"{header}: 93" in text) == (period is None)


@pytest.mark.parametrize(
    ("day", "spelled"), [("12/01/2026", "2026-01-12"), ("2026-1-12", "2026-01-12"), ("x", "2026-")]
)
def test_a_day_in_other_words_is_refused_before_anything_is_written(
    home: Path, tmp_path: Path, day: str, spelled: str
) -> None:
    before = read_tree(home)
    with pytest.raises(UsageError, match=f"'{day}' is no day.*{spelled}"):
        steps.create_plan(replace(HEAD, date=day), write(tmp_path.parent, TABLE))
    assert read_tree(home) == before


def test_other_words_take_nothing_back_and_are_asked_for(home: Path, tmp_path: Path) -> None:
    table = write(tmp_path.parent, TABLE)
    steps.create_plan(HEAD, table)
    with pytest.raises(UsageError, match="give the very words"):
        steps.create_plan(replace(HEAD, number="2/KH"), table, undo=True)


def test_every_mark_says_why_and_the_check_repeats_it(home: Path, tmp_path: Path) -> None:
    table = (
        "TT;Chỉ tiêu;ĐVT;Thực hiện 2025;Năm 2026\n1;Tham gia BHYT;%;hơn 90;giảm 5% mỗi năm\n2;Tham gia BHYTT;‰;12,25;94\n"
        "3;Số lượt tập huấn;lượt;;11.357\n4;Tham gia BHYT;;;95\n"
    )
    steps.create_plan(replace(HEAD, title="Chương trình y tế"), write(tmp_path, table))
    text = (home / "catalog" / "plans" / "kh-thu.yaml").read_text(encoding="utf-8")
    assert "kind: Chương trình\n" in text and 'subject: "y tế"' in text
    assert "decimals: 2" in text, "a start is printed with the decimals that the plan gives it"
    marks = [problem.what for problem in list_catalogue_problems(home / "catalog") if problem.undecided]
    reasons = [what.partition("(")[2].rstrip(")") for what in marks[1:]]
    assert reasons == [
        "no plain number; null where there is none",
        "words that plan_table.yaml does not have: write operator and value",
        "the title is only like this one: “Tỉ lệ người dân tham gia bảo hiểm y tế”",
        "is the unit “‰” the “%” of bhyt?",
        "no indicator of this name: leave it, or name one in `indicator`",
        "11.357 may be thousands or decimals",
        "no unit: is it the % of bhyt?",
    ]
