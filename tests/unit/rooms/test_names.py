from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from etl.catalog import Catalogue, models
from etl.read.unit_matching import UnitMatch, match_unit

BEFORE = date(2025, 6, 30)


def communes(catalogue: Catalogue, district: str) -> tuple[models.Unit, ...]:
    return catalogue.list_children(district, "commune", BEFORE)


@pytest.mark.parametrize(
    ("district", "text", "code"),
    [
        ("612", "Xã Đắk Rơ Nga", "23427"), ("612", "Đăk Rơ Nga", "23427"), ("612", "XÃ ĐĂK RƠ NGA", "23427"),
        ("612", "TT. Đắk Tô", "23401"), ("612", "TT Đăk Tô", "23401"), ("612", "Đắk Tô", "23401"),
        ("608", "P.Lê Lợi", "23302"), ("608", "P. Lê Lợi", "23302"), ("608", "1. Xã  Hoà Bình", "23338"),
        ("611", "Pờ Y", "23395"), ("611", "Xã Bờ Y", "23395"), ("617", "Ngọk Lây", "23404"), ("617", "Ngọc Lây", "23404"),
        ("613", "Ngok Tem", "23464"), ("613", "Ngọk Tem", "23464"), ("616", "Ya Ly", "23554"), ("616", "Rờ Kơi", "23530"),
        ("615", "Đăk Long", "23504"), ("610", "Đắk Long", "23368"), ("615", "Đắk Hà", "23500"), ("617", "Đắk Hà", "23425"),
        ("216", "Xã Phúc Hoà", "07324"), ("216", "TT Cao Thượng", "07339"),
    ],
)  # fmt: skip
def test_a_name_or_its_documented_alias_is_certain(catalogue: Catalogue, district: str, text: str, code: str) -> None:
    for written in (text, unicodedata.normalize("NFD", text)):
        assert match_unit(written, communes(catalogue, district)) == UnitMatch(code)


@pytest.mark.parametrize(
    ("district", "text", "suggested"),
    [
        ("612", "Dak Ro Nga", "Xã Đắk Rơ Nga"), ("608", "Phường Le Loi", "Phường Lê Lợi"), ("613", "Ngọc Tem", "Xã Ngok Tem"),
        ("608", "Đắk Năng", "Xã Đăk Năng"), ("608", "Xã Lê Lợi", "Phường Lê Lợi"), ("615", "Xã Đắk Hà", "Thị trấn Đắk Hà"),
        ("608", "Thắng Lơi", "Phường Thắng Lợi"),
    ],
)  # fmt: skip
def test_what_is_only_close_is_suggested(catalogue: Catalogue, district: str, text: str, suggested: str) -> None:
    found = match_unit(text, communes(catalogue, district))
    assert found.code == "" and found.suggestions[0] == suggested and len(found.suggestions) <= 3


@pytest.mark.parametrize("text", ["", "  ", "x", "P", "Xã", "TỔNG SỐ", "Cộng", "Người lập biểu", "123"])
def test_what_names_nobody_suggests_nobody(catalogue: Catalogue, text: str) -> None:
    assert match_unit(text, communes(catalogue, "608")) == UnitMatch()


@pytest.mark.parametrize("text", ["Ia H'Drai", "Ia H’Drai", "Ia H' Drai", "Huyện Ia H`Drai"])
def test_the_district_with_three_apostrophes(catalogue: Catalogue, text: str) -> None:
    assert match_unit(text, catalogue.list_children("62", "district", BEFORE)) == UnitMatch("618")


def test_a_bare_name_that_two_bear_is_not_certain(catalogue: Catalogue) -> None:
    town, commune = communes(catalogue, "615")[0], catalogue.find_unit("23425", BEFORE)
    assert commune
    assert match_unit("Đắk Hà", (town, commune)) == UnitMatch(suggestions=(town.name, commune.name))
    assert match_unit("TT Đắk Hà", (town, commune)) == UnitMatch(town.code)


def test_no_two_children_of_a_parent_share_a_name_or_alias(catalogue: Catalogue) -> None:
    for district in catalogue.list_children("62", "district", BEFORE):
        units = communes(catalogue, district.code)
        for unit in units:
            assert {match_unit(name, units).code for name in (unit.name, *unit.aliases)} == {unit.code}
