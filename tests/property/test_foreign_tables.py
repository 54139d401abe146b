"""What people and programs do to a table that others issued: the same numbers, or a finding; never another number.

Four layouts, written for these tests in the manner of public statistics tables: a yearbook's (units by region, two
levels of headers, thousands, subtotals before their units), a circular's form (figures in rows, sections, a sum), a list
by another agency's codes, and last year's report of an office as a plain table.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.catalog import Catalogue, models
from etl.read.foreign_table import TableSource, find_matching_layouts, read_foreign_table

YEARBOOK = """
id: nien-giam
title: Dân số và bảo hiểm y tế chia theo xã
form: xa-year
rows: units
unit_header: Xã, phường
aliases: {"Xã, phường": [Tên xã], "Dân số trung bình Tổng số": [Dân số trung bình Chung]}
period_line: Năm
measure_note: "Đơn vị tính: Nghìn người"
marks: {"-": zero, "…": missing}
figures:
  - {header: Dân số cuối năm, data_element: pop_total, unit: nghìn người}
  - {header: Dân số trung bình Tổng số, data_element: pop_avg, unit: nghìn người}
  - {header: Tham gia BHYT, data_element: insured, unit: nghìn người}
totals: [TỔNG SỐ]
subtotals: [Vùng núi, Vùng đồng bằng]
subtotal_place: before
ignored: [Biểu 12. Dân số và bảo hiểm y tế, "Nguồn: viết cho kiểm thử"]
basis: configured
source: viết cho kiểm thử
"""
CIRCULAR = """
id: bieu-tram
title: Hoạt động của trạm y tế
form: xa-quarter
rows: figures
label_header: Nội dung báo cáo
value_header: Số lượng
unit_line: Tên đơn vị
period_line: Kỳ báo cáo
figures:
  - {header: Tổng số, data_element: pc_visits, section: I. Khám chữa bệnh}
  - {header: BHYT chi trả, data_element: pc_visits_insured}
  - {header: Tổng số, data_element: live_births, section: II. Trẻ đẻ ra sống}
  - {header: HIV mới, data_element: hiv_new}
  - {header: Lao mới, data_element: tb_new}
sections: [I. Khám chữa bệnh, II. Trẻ đẻ ra sống]
sums: {Ca bệnh mới: [HIV mới, Lao mới]}
ignored: [STT, Đơn vị tính, Người lập biểu, "Biểu 3/TYT"]
basis: configured
source: viết cho kiểm thử
"""
BY_CODE = """
id: ma-bhxh
title: Thẻ BHYT theo mã của cơ quan khác
form: xa-quarter
rows: units
folders: [51-BHXH]
unit_header: ma_dv
unit_codes: {K01: "23504", K02: "23293", K03: "23284"}
period_in_name: true
figures:
  - {header: so_the, data_element: insured}
  - {header: dan_so, data_element: pop_total}
totals: [Cộng]
basis: configured
source: viết cho kiểm thử
"""
LAST_YEAR = """
id: bao-cao-nam-truoc
title: Bảng số liệu của báo cáo năm trước
form: xa-quarter
rows: units
unit_header: Đơn vị
period_line: Kèm theo báo cáo
figures:
  - {header: Số thôn, data_element: villages}
  - {header: Thôn có NVYT, data_element: villages_vhw}
  - {header: Quản lý sức khỏe, data_element: managed}
totals: [Toàn tỉnh]
ignored: [TT, Ghi chú]
basis: configured
source: viết cho kiểm thử
"""
Grid = list[list[str]]
UNITS = ("23504", "23293", "23284")


@dataclass(frozen=True)
class Sample:
    layout: models.ForeignLayout
    rows: Grid
    name: str
    expected: dict[tuple[str, str], int]


def _build_samples(names: dict[str, str]) -> dict[str, Sample]:
    first, second, third = (names[code] for code in UNITS)
    yearbook = [
        ["Biểu 12. Dân số và bảo hiểm y tế", "", "", ""],
        ["Năm 2025", "", "", ""],
        ["", "", "", "Đơn vị tính: Nghìn người"],
        ["Xã, phường", "Dân số cuối năm", "Dân số trung bình", "Tham gia BHYT"],
        ["", "", "Tổng số", ""],
        ["TỔNG SỐ", "55,4", "54,6", "38,5"],
        ["Vùng núi", "24,9", "24,6", "8"],
        [first, "8,1", "8,0", "8"],
        [third, "16,8", "16,6", "-"],
        ["Vùng đồng bằng", "30,5", "30", "30,5"],
        [second, "30,5", "30", "30,5"],
        ["Nguồn: viết cho kiểm thử", "", "", ""],
    ]
    circular = [
        ["Biểu 3/TYT", "", "", ""],
        [f"Tên đơn vị: {second}", "", "", ""],
        ["Kỳ báo cáo: quý III năm 2026", "", "", ""],
        ["STT", "Nội dung báo cáo", "Đơn vị tính", "Số lượng"],
        ["A", "B", "C", "1"],
        ["", "I. Khám chữa bệnh", "", ""],
        ["1", "Tổng số", "lượt", "1.250"],
        ["2", "BHYT chi trả", "lượt", "1200"],
        ["", "II. Trẻ đẻ ra sống", "", ""],
        ["3", "Tổng số", "trẻ", "95"],
        ["4", "HIV mới", "ca", "50"],
        ["5", "Lao mới", "ca", "45"],
        ["", "Ca bệnh mới", "ca", "95"],
        ["", "Người lập biểu", "", ""],
    ]
    by_code = [["ma_dv", "so_the", "dan_so"], ["K01", "8000", "8100"], ["K02", "", "30500"], ["K03", "0", "16800"],
               ["Cộng", "8000", "55400"]]  # fmt: skip
    last_year = [
        ["Kèm theo báo cáo quý IV năm 2025", "", "", "", "", ""],
        ["TT", "Đơn vị", "Số thôn", "Thôn có NVYT", "Quản lý sức khỏe", "Ghi chú"],
        ["1", first, "12", "11", "7 900", ""],
        ["2", second, "15", "15", "29.000", "ước"],
        ["", "Toàn tỉnh", "27", "26", "36.900", ""],
    ]
    wanted: dict[str, dict[tuple[str, str], int]] = {
        YEARBOOK: {
            ("23504", "pop_total"): 8100, ("23504", "pop_avg"): 8000, ("23504", "insured"): 8000,
            ("23293", "pop_total"): 30500, ("23293", "pop_avg"): 30000, ("23293", "insured"): 30500,
            ("23284", "pop_total"): 16800, ("23284", "pop_avg"): 16600, ("23284", "insured"): 0,
        },
        CIRCULAR: {
            ("23293", "pc_visits"): 1250, ("23293", "pc_visits_insured"): 1200, ("23293", "live_births"): 95,
            ("23293", "hiv_new"): 50, ("23293", "tb_new"): 45,
        },
        BY_CODE: {("23504", "insured"): 8000, ("23504", "pop_total"): 8100, ("23293", "pop_total"): 30500,
                  ("23284", "insured"): 0, ("23284", "pop_total"): 16800},
        LAST_YEAR: {("23504", "villages"): 12, ("23504", "villages_vhw"): 11, ("23504", "managed"): 7900,
                    ("23293", "villages"): 15, ("23293", "villages_vhw"): 15, ("23293", "managed"): 29000},
    }  # fmt: skip
    tables = {YEARBOOK: yearbook, CIRCULAR: circular, BY_CODE: by_code, LAST_YEAR: last_year}
    names_of = {BY_CODE: "the_bhyt_2026Q3.csv"}
    made = {}
    for text, rows in tables.items():
        layout = models.ForeignLayout.model_validate(yaml.safe_load(text))
        made[layout.id] = Sample(layout, rows, names_of.get(text, "bang.xlsx"), wanted[text])
    return made


@pytest.fixture(scope="module")
def units(catalogue: Catalogue) -> tuple[models.Unit, ...]:
    return catalogue.list_children("51", "commune", date(2026, 9, 30))


@pytest.fixture(scope="module")
def samples(units: tuple[models.Unit, ...]) -> dict[str, Sample]:
    return _build_samples({unit.code: unit.name for unit in units if unit.code in UNITS})


# --- what is done to them --------------------------------------------------------------------------------

Mangler = Callable[[Grid, Random], None]


def _find_header_row(rows: Grid) -> int:
    heads = ("Xã, phường", "STT", "ma_dv", "TT")
    return next(r for r, row in enumerate(rows) if row[0] in heads)


def reorder_columns(rows: Grid, random: Random) -> None:
    order = list(range(len(rows[0])))
    random.shuffle(order)
    rows[:] = [[row[c] for c in order] for row in rows]


def reorder_body(rows: Grid, random: Random) -> None:
    first = _find_header_row(rows) + 1
    body = rows[first:]
    random.shuffle(body)
    rows[first:] = body


def move_total(rows: Grid, random: Random) -> None:
    first = _find_header_row(rows) + 1
    at = next((r for r, row in enumerate(rows) if {"TỔNG SỐ", "Cộng", "Toàn tỉnh", "Ca bệnh mới"} & {*row}), None)
    if at is not None:
        row = rows.pop(at)
        rows.insert(random.choice([first, len(rows)]), row)


def insert_blank_row(rows: Grid, random: Random) -> None:
    rows.insert(random.randrange(len(rows) + 1), [""] * len(rows[0]))


def insert_blank_column(rows: Grid, random: Random) -> None:
    c = random.randrange(len(rows[0]) + 1)
    for row in rows:
        row.insert(c, "")


def unmerge_headers(rows: Grid, _random: Random) -> None:
    r = _find_header_row(rows)
    for c in range(len(rows[r])):
        if r + 1 < len(rows) and not rows[r + 1][c] and rows[r][c]:
            rows[r + 1][c] = rows[r][c] if len(rows) == 12 else rows[r + 1][c]


def drop_accents(rows: Grid, random: Random) -> None:
    r = random.randrange(len(rows))
    rows[r] = ["".join(x for x in unicodedata.normalize("NFD", t) if not unicodedata.combining(x)) for t in rows[r]]


def decompose(rows: Grid, _random: Random) -> None:
    rows[:] = [[unicodedata.normalize("NFD", text) for text in row] for row in rows]


def change_factor_words(rows: Grid, random: Random) -> None:
    words = random.choice(["Đơn vị tính: triệu người", "ĐVT: nghìn người", "Đơn vị tính: nghìn lượt"])
    rows.insert(random.randrange(_find_header_row(rows) + 1), [words, *[""] * (len(rows[0]) - 1)])


def put_factor_into_a_header(rows: Grid, random: Random) -> None:
    r = _find_header_row(rows)
    c = random.randrange(len(rows[r]))
    if rows[r][c]:
        rows[r][c] += " (nghìn)"


def put_a_head_above(rows: Grid, random: Random) -> None:
    rows.insert(_find_header_row(rows), [random.choice(["", "Trong đó: nữ"]) for _ in rows[0]])


def add_second_table(rows: Grid, random: Random) -> None:
    again = deepcopy(rows[_find_header_row(rows) :])
    for row in again[1:]:
        row[:] = [f"{int(t) + 1}" if t.isdigit() and len(t) > 1 else t for t in row]
    rows += [[""] * len(rows[0]), *again][random.randrange(2) :]


def shift_a_number(rows: Grid, random: Random) -> None:
    """A number of one cell becomes another: only a total or a sum can tell, and only where one is printed."""
    first = _find_header_row(rows) + 1
    cells = [
        (r, c) for r in range(first, len(rows)) for c, t in enumerate(rows[r]) if c and len(t) > 1 and t[0].isdigit()
    ]
    r, c = random.choice(cells)
    rows[r][c] = rows[r][c].replace(",", ".") if "," in rows[r][c] else f"{rows[r][c][0]},{rows[r][c][1:].zfill(3)}"


def drop_a_row(rows: Grid, random: Random) -> None:
    del rows[random.randrange(len(rows))]


def drop_a_column(rows: Grid, random: Random) -> None:
    c = random.randrange(len(rows[0]))
    for row in rows:
        del row[c]


def change_the_period(rows: Grid, random: Random) -> None:
    for row in rows[: _find_header_row(rows)]:
        row[:] = [t.replace("2025", "2024").replace("quý III", random.choice(["quý", "Q9"])) for t in row]


MANGLERS: tuple[Mangler, ...] = (
    reorder_columns, reorder_body, move_total, insert_blank_row, insert_blank_column, unmerge_headers, drop_accents,
    decompose, change_factor_words, put_factor_into_a_header, put_a_head_above, add_second_table, shift_a_number,
    drop_a_row, drop_a_column, change_the_period,
)  # fmt: skip
HARMLESS: tuple[Mangler, ...] = (move_total, insert_blank_column, decompose)
LOSING = {drop_a_row, drop_a_column}
"""A row or column that is not there can only be missed where a total is: what is left must still be right."""


def _read(
    catalogue: Catalogue, sample: Sample, rows: Grid, units: tuple[models.Unit, ...]
) -> tuple[dict[tuple[str, str], Decimal], list[str], str]:
    reading = read_foreign_table(catalogue, sample.layout, TableSource(rows, sample.name), units)
    cells = {(c.unit, c.data_element): c.value for c in reading.cells}
    assert len(cells) == len(reading.cells)
    return cells, [p.reason.code for p in reading.problems], reading.period


# --- what holds ------------------------------------------------------------------------------------------


def test_each_layout_reads_its_table_whole(
    catalogue: Catalogue, samples: dict[str, Sample], units: tuple[models.Unit, ...]
) -> None:
    periods = {}
    for name, sample in samples.items():
        cells, problems, periods[name] = _read(catalogue, sample, sample.rows, units)
        assert (cells, problems) == (sample.expected, []), name
    assert periods == {"nien-giam": "2025", "bieu-tram": "2026Q3", "ma-bhxh": "2026Q3", "bao-cao-nam-truoc": "2025Q4"}


def test_each_table_is_known_by_its_headers_or_its_sender(samples: dict[str, Sample]) -> None:
    layouts = [sample.layout for sample in samples.values()]
    for sample in samples.values():
        assert find_matching_layouts(TableSource(sample.rows), layouts) == [sample.layout]
    twin = samples["ma-bhxh"].layout.model_copy(update={"id": "khac", "folders": ("51-CDC",)})
    source = TableSource(samples["ma-bhxh"].rows, folder="51-CDC")
    assert find_matching_layouts(source, [*layouts, twin]) == [twin]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_mangled_table_gives_the_same_numbers_or_a_finding(
    catalogue: Catalogue, samples: dict[str, Sample], units: tuple[models.Unit, ...], data: st.DataObject
) -> None:
    sample = samples[data.draw(st.sampled_from(sorted(samples)))]
    done = data.draw(st.lists(st.sampled_from(MANGLERS), min_size=1, max_size=3))
    random, rows = Random(data.draw(st.integers(0, 2**32))), deepcopy(sample.rows)  # noqa: S311 - no secret
    try:
        for mangle in done:
            mangle(rows, random)
    except (StopIteration, IndexError):  # an earlier one took away what this one changes
        return
    cells, problems, period = _read(catalogue, sample, rows, units)
    if problems:
        return
    assert all(sample.expected.get(key) == value for key, value in cells.items()), done
    assert LOSING & set(done) or cells == sample.expected, done
    assert period in {"2025", "2026Q3", "2025Q4"} or change_the_period in done


@pytest.mark.parametrize("mangle", HARMLESS)
def test_what_changes_no_number_is_read(
    catalogue: Catalogue, samples: dict[str, Sample], units: tuple[models.Unit, ...], mangle: Mangler
) -> None:
    read = 0
    for sample in samples.values():
        for seed in range(5):
            rows = deepcopy(sample.rows)
            mangle(rows, Random(seed))  # noqa: S311 - no secret
            cells, problems, _ = _read(catalogue, sample, rows, units)
            read += not problems
            assert problems or cells == sample.expected
    assert read >= 10
