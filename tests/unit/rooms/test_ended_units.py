"""A file that carries a unit which has been abolished is refused, and told what became of it."""

from __future__ import annotations

from pathlib import Path

from etl.catalog import Catalogue
from etl.catalog.rules import load_rules
from etl.read import Reader
from etl.settings import PROJECT_ROOT
from tests.builders import Workbook


def test_a_district_form_of_the_third_quarter_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "610.xlsx"
    book = Workbook(catalogue, "kt-district-quarter", "610", "2025Q2").filled().with_stamp("period", "2025Q3")
    path.write_bytes(book.bytes())
    with Reader(catalogue, load_rules(PROJECT_ROOT / "expectations")) as reader:
        (finding,) = reader.read_file(path).findings
    assert (finding.code, finding.level) == ("S06", "refuse")
    assert "Huyện Đắk Glei kết thúc ngày 30/06/2025; kế tục: Xã Đăk Pék, Xã Đăk Plô" in finding.message


def test_a_code_that_never_was_says_no_more_than_that(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(Workbook(catalogue, "kt-district-quarter", "610", "2025Q2").with_stamp("unit", "999").bytes())
    with Reader(catalogue, load_rules(PROJECT_ROOT / "expectations")) as reader:
        (finding,) = reader.read_file(path).findings
    assert finding.message == "Mã đơn vị “999” không có trong danh mục tại cuối kỳ báo cáo."
