"""Tables that others issued, by three made-up layouts: exact with every cell named, or refused with the place."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest

from etl import steps
from etl.catalog.loader import list_catalogue_problems, load_catalogue
from etl.errors import CatalogueError, UsageError
from etl.settings import PROJECT_ROOT

BY_NAME = """
id: theo-xa
title: Báo cáo nhanh theo xã
form: xa-quarter
rows: units
unit_header: Tên xã, phường
period_line: Kỳ
figures:
  - {header: Dân số Tổng số (nghìn người), data_element: pop_total, unit: nghìn người}
  - {header: Dân số Có thẻ BHYT, data_element: insured}
totals: [Tổng cộng]
sections: [I. Khu vực miền núi, II. Khu vực đồng bằng]
ignored: [TT, Ghi chú, Người lập biểu]
basis: configured
source: viết cho kiểm thử
"""
BY_CODE = """
id: theo-ma
title: Tổng hợp theo mã của cơ quan khác
form: xa-quarter
rows: units
unit_header: ma_dv
unit_codes: {QN01: "23504", QN02: "23293"}
figures:
  - {header: so_the, data_element: insured}
  - {header: dan_so, data_element: pop_total}
basis: configured
source: viết cho kiểm thử
"""
BY_ROW = """
id: theo-dong
title: Báo cáo quý của một xã
form: xa-quarter
rows: figures
label_header: Nội dung
value_header: Số lượng
unit_line: Đơn vị báo cáo
period_line: Báo cáo
figures:
  - {header: Tổng dân số, data_element: pop_total}
  - {header: Số trẻ đẻ ra sống, data_element: live_births}
sections: [A. Dân số, B. Bà mẹ trẻ em]
ignored: [STT, ĐVT]
basis: configured
source: viết cho kiểm thử
"""
LAYOUT_BREAKS = {
    "empty": ("", ""),
    "not UTF-8": ("title: ", "title: \udcff"),
    "not YAML": ("figures:", "figures: [["),
    "a tab": ("basis: ", "\tbasis: "),
    "unknown key": ("basis: ", "nonsense: 1\nbasis: "),
    "a key twice": ("basis: ", "basis: x\nbasis: "),
    "unknown form": ("form: ", "form: no-"),
    "another id": ("id: ", "id: x-"),
    "unknown element": ("data_element: ", "data_element: no_"),
    "no basis": ("basis: configured", "basis: nobody"),
    "to decide": ("basis: configured", "basis: !to-decide configured"),
}
TABLE_BY_NAME = [
    ["BÁO CÁO NHANH", None, None, None, None],
    ["Kỳ: Quý III năm 2026", None, None, None, None],
    ["TT", "Tên xã, phường", "Dân số", None, "Ghi chú"],
    [None, None, "Tổng số (nghìn người)", "Có thẻ BHYT", None],
    [1, 2, 3, 4, 5],
    [None, "I. Khu vực miền núi", None, None, None],
    [1, "Xã Đăk Pxi", 8.125, 8000, None],
    [None, "II. Khu vực đồng bằng", None, None, None],
    [2, "Phường Kon Tum", 30.5, "30.000", None],
    [None, "Tổng cộng", 38.625, 38000, None],
    [None, None, None, "Người lập biểu", None],
]
TABLE_BY_ROW = [
    ["Đơn vị báo cáo: Phường Kon Tum", None, None, None],
    ["Báo cáo quý III năm 2026", None, None, None],
    ["STT", "Nội dung", "ĐVT", "Số lượng"],
    [None, "A. Dân số", None, None],
    [1, "Tổng dân số", "người", 30500],
    [None, "B. Bà mẹ trẻ em", None, None],
    [2, "Số trẻ đẻ ra sống", "trẻ", 95],
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("catalog", "templates", "expectations", "sql"):
        shutil.copytree(PROJECT_ROOT / name, tmp_path / name)
    (tmp_path / "catalog" / "layouts").mkdir()
    for text in (BY_NAME, BY_CODE, BY_ROW):
        name = text.split()[1]
        (tmp_path / "catalog" / "layouts" / f"{name}.yaml").write_text(text.lstrip(), encoding="utf-8")
    monkeypatch.setenv("TONGKET_HOME", str(tmp_path))
    return tmp_path


def save(folder: Path, rows: list[list[object]]) -> str:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(folder / "bang.xlsx")
    return str(folder / "bang.xlsx")


def told(result: dict[str, object]) -> list[tuple[str, ...]]:
    return [tuple(cell[key] for key in ("cell", "unit", "data_element", "value")) for cell in result["cells"]]  # type: ignore[attr-defined]


def test_units_in_rows_with_factors_sections_and_a_total(home: Path) -> None:
    result = steps.preview_import("quang-ngai", save(home, TABLE_BY_NAME))
    assert result["problems"] == []
    assert (result["layout"], result["period"]) == ("theo-xa", "2026Q3")
    assert told(result) == [
        ("C7", "23504", "pop_total", "8125"),
        ("D7", "23504", "insured", "8000"),
        ("C9", "23293", "pop_total", "30500"),
        ("D9", "23293", "insured", "30000"),
    ]


def test_another_code_set_and_a_period_that_is_asked_for(home: Path) -> None:
    path = home / "x.csv"
    path.write_text("ma_dv;so_the;dan_so\nQN01;8000;8100\nQN02;;30500\n", encoding="utf-8")
    result = steps.preview_import("quang-ngai", str(path), steps.TableChoice(period="2026Q3"))
    assert result["problems"] == [] and result["layout"] == "theo-ma"
    assert told(result) == [
        ("B2", "23504", "insured", "8000"),
        ("C2", "23504", "pop_total", "8100"),
        ("C3", "23293", "pop_total", "30500"),
    ], "an empty cell says nothing, and is no zero"
    without = steps.preview_import("quang-ngai", str(path))
    assert [p["message"] for p in without["problems"]] == ["bảng không ghi kỳ: nêu kỳ bằng --period"]


def test_figures_in_rows_of_one_unit(home: Path) -> None:
    result = steps.preview_import("quang-ngai", save(home, TABLE_BY_ROW), steps.TableChoice("theo-dong"))
    assert result["problems"] == []
    assert told(result) == [("D5", "23293", "pop_total", "30500"), ("D7", "23293", "live_births", "95")]


def _set(rows: list[list[object]], row: int, col: int, value: object) -> list[list[object]]:
    changed = [list(cells) for cells in rows]
    changed[row - 1][col - 1] = value
    return changed


@pytest.mark.parametrize(
    ("rows", "cell", "message"),
    [
        (_set(TABLE_BY_NAME, 7, 2, "Xã Đăk Psi"), "B7", "không rõ “Xã Đăk Psi” là đơn vị nào"),
        (_set(TABLE_BY_NAME, 9, 2, "Xã Đăk Pxi"), "B9", "“Xã Đăk Pxi” đã có ở ô B7"),
        (_set(TABLE_BY_NAME, 10, 4, 38001), "D10", "dòng tổng ghi 38001, cộng các phần được 38000"),
        (_set(TABLE_BY_NAME, 7, 3, "8.125"), "C7", "“8.125” không phải một số đọc được một cách duy nhất"),
        (_set(TABLE_BY_NAME, 7, 4, "khoảng 8000"), "D7", "“khoảng 8000” không phải một số đọc được một cách duy nhất"),
        (_set(TABLE_BY_NAME, 7, 3, 8.1255), "C7", "“8,1255” không cho số nguyên: Dân số cuối kỳ"),
        (_set(TABLE_BY_NAME, 3, 5, "Nam"), "E4", "mẫu không biết cột “Nam”: khai trong figures hoặc ignored"),
        (_set(TABLE_BY_NAME, 6, 2, "III. Hải đảo"), "B6", "không rõ “III. Hải đảo” là đơn vị nào"),
        (_set(TABLE_BY_NAME, 2, 1, "Kỳ: mùa thu"), "A2", "không đọc được kỳ ở dòng bắt đầu bằng “Kỳ”"),
        (_set(TABLE_BY_ROW, 7, 2, "Số trẻ sinh"), "B7", "mẫu không biết dòng “Số trẻ sinh”: khai trong figures, sections hoặc ignored"),
        (_set(TABLE_BY_ROW, 1, 1, "Đơn vị: x"), "", "không có đúng một dòng đơn vị bắt đầu bằng “Đơn vị báo cáo”"),
        (_set(TABLE_BY_NAME, 2, 1, "Kỳ: Quý I năm 2020"), "", "Xã Đăk Pxi không phải nộp biểu này trong kỳ"),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_refused_with_its_place(
    home: Path, rows: list[list[object]], cell: str, message: str
) -> None:
    result = steps.preview_import("quang-ngai", save(home, rows))
    assert {"cell": cell, "message": message} in result["problems"]


def test_a_table_of_no_layout_and_an_unknown_layout_are_refused(home: Path) -> None:
    path = save(home, [["a", "b"], [1, 2]])
    with pytest.raises(UsageError, match="fit no single layout"):
        steps.preview_import("quang-ngai", path)
    with pytest.raises(UsageError, match="no layout 'theo-x'"):
        steps.preview_import("quang-ngai", path, steps.TableChoice("theo-x"))


@pytest.mark.parametrize(
    ("right", "wrong", "what"),
    [
        ("form: xa-quarter", "form: xa-quater", "unknown form 'xa-quater'"),
        ("data_element: insured", "data_element: beds", "unknown data element of form xa-quarter 'beds'"),
        ("unit_header: Tên xã, phường", "period_lines: x", "key period_lines: unknown key 'period_lines'"),
        ("data_element: insured", "data_element: pop_total", "data element 'pop_total' stands twice"),
    ],
)
def test_a_wrong_layout_is_a_mistake_of_the_catalogue(home: Path, right: str, wrong: str, what: str) -> None:
    path = home / "catalog" / "layouts" / "theo-xa.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(right, wrong, 1), encoding="utf-8")
    problems = [p for p in list_catalogue_problems(home / "catalog") if what in p.what]
    assert problems and all(p.line for p in problems)
    with pytest.raises(CatalogueError, match=r"theo-xa\.yaml"):
        steps.preview_import("quang-ngai", save(home, TABLE_BY_NAME), steps.TableChoice("theo-xa"))


@pytest.mark.parametrize("layout", ["theo-xa", "theo-ma", "theo-dong"])
@pytest.mark.parametrize("mistake", LAYOUT_BREAKS)
def test_a_broken_layout_stops_its_own_tables_and_no_scope(home: Path, layout: str, mistake: str) -> None:
    before = load_catalogue(home / "catalog")
    path = home / "catalog" / "layouts" / f"{layout}.yaml"
    right, wrong = LAYOUT_BREAKS[mistake]
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_bytes((text.replace(right, wrong, 1) if right else "").encode("utf-8", "surrogateescape"))
    after = load_catalogue(home / "catalog")
    assert after.scopes.keys() == before.scopes.keys() and not after.stopped
    assert after.layouts.keys() == before.layouts.keys() - {layout} and [*after.stopped_layouts] == [layout]
    with pytest.raises(CatalogueError, match=f"{layout}.yaml"):
        after.get_layout(layout)
    other, table = ("theo-dong", TABLE_BY_ROW) if layout != "theo-dong" else ("theo-xa", TABLE_BY_NAME)
    assert steps.preview_import("quang-ngai", save(home, table), steps.TableChoice(other))["problems"] == []
    with pytest.raises(UsageError, match="fit no single layout") as caught:
        steps.preview_import("quang-ngai", save(home, [["a", "b"], [1, 2]]))
    assert f"with a mistake (`tongket catalogue check`): {layout}" in (caught.value.fix or "")
