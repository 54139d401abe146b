"""How written values are understood: certain, or for a person to decide, never guessed. One line a shape."""

from __future__ import annotations

from decimal import Decimal

import pytest

from etl.catalog import load_catalogue
from etl.scaffold.target_shapes import parse_certain_number, recognize_shape
from etl.scaffold.target_table import load_table_words
from etl.settings import PROJECT_ROOT

CATALOGUE = load_catalogue(PROJECT_ROOT / "catalog")
INDICATORS = CATALOGUE.indicators
WORDS = load_table_words(PROJECT_ROOT / "templates")
UP, DOWN, NOTHING = INDICATORS["bhyt"], INDICATORS["hiv_new_per_100k"], None
BEDS = INDICATORS["beds_per_10k"]

CERTAIN = [
    ("95", "%", UP, ">=", "95", None),
    ("95%", "", UP, ">=", "95", None),
    ("92,5", "% dân số", UP, ">=", "92.5", None),
    ("trên 95%", "%", UP, ">", "95", None),
    ("Trên  95 %", "%", UP, ">", "95", None),
    (">95", "%", UP, ">", "95", None),
    ("≥ 95", "%", UP, ">=", "95", None),
    ("ít nhất 95", "%", UP, ">=", "95", None),
    ("từ 95% trở lên", "%", UP, ">=", "95", None),
    ("đạt 95% trở lên", "%", UP, ">=", "95", None),
    ("khoảng 95", "%", UP, "about", "95", None),
    ("95 - 97", "%", UP, "between", "95", "97"),
    ("từ 95% đến 97%", "%", UP, "between", "95", "97"),
    ("8/10 xã", "", UP, "count", "8", "10"),
    ("4,5", "Ca", DOWN, "<=", "4.5", None),
    ("dưới 5", "Ca", DOWN, "<", "5", None),
    ("dưới 5", "ca/100.000 dân", DOWN, "<", "5", None),
    ("32", "Giường/vạn dân", BEDS, ">=", "32", None),
    ("không quá 5 ca", "Ca", DOWN, "<=", "5", None),
]
TO_DECIDE = [
    ("95", "", UP, "nobody says per cent"),
    ("95", "‰", UP, "another unit"),
    ("5", "ca/vạn dân", DOWN, "counted per another number"),
    ("95 người", "%", UP, "another unit behind the number"),
    ("11.357", "Ca", DOWN, "thousands or decimals"),
    ("11.5", "Ca", DOWN, "a decimal point"),
    ("95", "%", NOTHING, "no direction"),
    ("trên 95", "%", NOTHING, "no unit to compare with"),
    ("8/10 xã", "%", UP, "a share or a count"),
    ("97 - 95", "%", UP, "no range"),
    ("95 (ước)", "%", UP, "words behind the number"),
    ("8 xã", "%", UP, "communes of how many"),
]
UNKNOWN = [
    "tăng 3% so với năm trước", "hằng năm tăng trên 3%", "giảm 10%", "duy trì", "loại trừ", "mỗi quý 04 tin",
    "95 đến 2030", "+0,2‰", "-5", "95; 97", "trên 95% và dưới 97%", "",
]  # fmt: skip


@pytest.mark.parametrize(("written", "unit", "indicator", "operator", "value", "upper"), CERTAIN)
def test_a_known_wording_with_the_own_unit_is_certain(written, unit, indicator, operator, value, upper) -> None:  # type: ignore[no-untyped-def]
    shape = recognize_shape(written, unit, indicator, WORDS, CATALOGUE)
    assert (shape.operator, shape.value, shape.upper) == (operator, Decimal(value), upper and Decimal(upper))
    assert not shape.doubt


@pytest.mark.parametrize(("written", "unit", "indicator", "why"), TO_DECIDE)
def test_what_may_mean_another_thing_is_for_a_person_to_decide(written, unit, indicator, why) -> None:  # type: ignore[no-untyped-def]
    assert recognize_shape(written, unit, indicator, WORDS, CATALOGUE).doubt, why


@pytest.mark.parametrize("written", UNKNOWN)
def test_words_that_nothing_knows_have_no_number(written: str) -> None:
    shape = recognize_shape(written, "%", UP, WORDS, CATALOGUE)
    assert (shape.operator, shape.value, bool(shape.doubt)) == ("none", None, True)


@pytest.mark.parametrize(
    ("written", "number"),
    [("92,5", "92.5"), ("95%", "95"), ("1.200", None), ("11.5", None), ("khoảng 5", None), ("", None)],
)
def test_a_baseline_is_a_number_alone(written: str, number: str | None) -> None:
    assert parse_certain_number(written) == (number and Decimal(number))
