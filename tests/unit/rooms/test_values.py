"""What single cells say, example by example; the project's own table of marks applies."""

from __future__ import annotations

import datetime as dt
import unicodedata

import pytest

from etl.catalog import Catalogue
from etl.catalog.rules import Rules
from etl.model import CellState, ElementKind
from etl.read.cell_metadata import CellLook
from etl.read.values import CODES, INVALID, NumberStyle, find_number_style, parse_value
from etl.read.vietnamese_text import normalize_text

COUNT = ElementKind.STOCK
VALUE, ZERO, MISSING = CellState.VALUE, CellState.ZERO, CellState.MISSING


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (12.0, 12.0), (12, 12.0), ("12", 12.0), ("12,5", 12.5), ("0,123", 0.123), ("1.234", 1234.0),
        ("1.234.567,8", 1234567.8), ("1 234,5", 1234.5), ("1\u00a0234", 1234.0), ("1\u202f234.", 1234.0),
        ("1'234", 1234.0), ("1’234", 1234.0), (" 12 ", 12.0), ("'12", 12.0), ("１２３", 123.0), ("１２，５", 12.5),
        ("-5", -5.0), ("−5", -5.0), ("–5", -5.0), ("12 người", 12.0), ("12người", 12.0), ("12 NGƯỜI.", 12.0),
        (unicodedata.normalize("NFD", "1.200 người"), 1200.0), ("123 (1)", 123.0), ("123(*)", 123.0),
        ("123*", 123.0), ("123¹", 123.0), ("110²", 110.0), ("123 [2]", 123.0), ("\u200b12\u200e", 12.0),
        (2.0**53, 2.0**53), ("123.456.789.012.345", 123456789012345.0),
    ],
)  # fmt: skip
def test_a_number_however_it_is_written(value: object, number: float, catalogue: Catalogue) -> None:
    assert parse_value(value, COUNT, catalogue.cell_states, unit="người")[:2] == ("value", number)


@pytest.mark.parametrize(
    ("value", "state", "number"),
    [
        (None, MISSING, None), ("", MISSING, None), ("  \u00a0", MISSING, None), ("-", MISSING, None),
        ("–", MISSING, None), ("—", MISSING, None), ("…", MISSING, None), ("...", MISSING, None), ("....", MISSING, None),
        ("không có", MISSING, None), ("Không  có", MISSING, None), ("KHÔNG CÓ", MISSING, None),
        (unicodedata.normalize("NFD", "Không có"), MISSING, None), ("chưa có số liệu", MISSING, None),
        ("x", CellState.NOT_APPLICABLE, None), ("X", CellState.NOT_APPLICABLE, None),
        ("KPS", ZERO, 0.0), ("kps", ZERO, 0.0), ("Không phát sinh", ZERO, 0.0), ("0", ZERO, 0.0), (0, ZERO, 0.0),
        (0.0, ZERO, 0.0), (-0.0, ZERO, 0.0), ("0,0", ZERO, 0.0), ("0 người", ZERO, 0.0),
        ("Ước 120", CellState.ESTIMATED, 120.0), ("ước: 1.200 người", CellState.ESTIMATED, 1200.0),
        ("(Ước) 12,5", CellState.ESTIMATED, 12.5), ("120 (ước)", CellState.ESTIMATED, 120.0),
        ("~120", CellState.ESTIMATED, 120.0), ("≈ 120", CellState.ESTIMATED, 120.0),
        ("Ước tính 0", CellState.ESTIMATED, 0.0), ("120?", CellState.UNRELIABLE, 120.0),
        ("120 (?)", CellState.UNRELIABLE, 120.0),
    ],
)  # fmt: skip
def test_the_state_of_a_cell(value: object, state: CellState, number: float | None, catalogue: Catalogue) -> None:
    found = parse_value(value, COUNT, catalogue.cell_states, unit="người")
    assert found[:2] == (state.value, number)
    assert str(found[1]) != "-0.0"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("1,234", "invalid_ambiguous"), ("100,000", "invalid_ambiguous"), ("12.5", "invalid_ambiguous"),
        ("1,234.5", "invalid_ambiguous"), ("10²", "invalid_ambiguous"), ("1,2x10³", "invalid_ambiguous"),
        ("12 trạm", "invalid_unit"), ("1,2 nghìn", "invalid_unit"), ("12k", "invalid_unit"), ("12 tấn", "invalid_unit"),
        ("12,5%", "invalid_percent"), ("12 ‰", "invalid_percent"), ("(123)", "invalid_parentheses"),
        ("<28,0", "invalid_bound"), (">95", "invalid_bound"), ("≥ 95%", "invalid_bound"), ("dưới 5", "invalid_bound"),
        ("1e5", "invalid_scientific"), ("1,5E+03", "invalid_scientific"), ("12345678901234567", "invalid_precision"),
        (2.0**53 + 2, "invalid_precision"), ("0,1234567890123456", "invalid_precision"),
        (dt.date(2025, 7, 1), "invalid_as_date"), (dt.datetime(2025, 7, 1, 8), "invalid_as_date"),
        (dt.time(8), "invalid_as_date"), ("1/7/2025", "invalid_as_date"), ("1.7.2025", "invalid_as_date"),
        (True, "invalid_boolean"), (False, "invalid_boolean"), ("#N/A", "invalid_error"), ("#DIV/0!", "invalid_error"),
        ("#REF!", "invalid_error"), ("Err:502", "invalid_error"), ("#####", "invalid_error"),
        ("1.23.456", "invalid_number"), ("1.2345", "invalid_ambiguous"), ("1.234 567", "invalid_number"),
        ("12 34", "invalid_number"), ("mười", "invalid_number"), ("12-15", "invalid_number"), ("- 5", "invalid_number"),
        ("12/15", "invalid_number"), ("=1+1", "invalid_number"), ("+5", "invalid_number"), ("١٢", "invalid_number"),
        ("khong co", "invalid_number"), ("ước #", "invalid_number"), ("ước", "invalid_number"),
        (float("nan"), "invalid_number"), (float("inf"), "invalid_number"),
    ],
)  # fmt: skip
def test_what_is_not_surely_one_number_says_why(value: object, name: str, catalogue: Catalogue) -> None:
    found = parse_value(value, COUNT, catalogue.cell_states, unit="người")
    assert (found[0], found[1]) == (name, None)
    assert name in INVALID and found[3], "the finding shows what was there"


@pytest.mark.parametrize(
    ("texts", "style", "read"),
    [
        (["1.234", 5.0, None], NumberStyle.VIETNAMESE, [1234.0]),
        (["1,234"], NumberStyle.VIETNAMESE, [None]),
        (["1.234", "1,234"], NumberStyle.VIETNAMESE, [1234.0, None]),
        (["12,5", "1,234", "1.234"], NumberStyle.VIETNAMESE_PROVEN, [12.5, 1.234, 1234.0]),
        (["1.234.567", "1,234"], NumberStyle.VIETNAMESE, [1234567.0, None]),
        (["1,234.5", "1,234", "1.234"], NumberStyle.US, [1234.5, 1234.0, 1.234]),
        (["1,234,567", "1.234", "1,234"], NumberStyle.US_GROUPS, [1234567.0, None, 1234.0]),
        (["1,234,567", "1.234.567"], NumberStyle.MIXED, [None, 1234567.0]),
        (["12.5", "1,234"], NumberStyle.US, [12.5, 1234.0]),
        (["ước 1,234.5 người", "12"], NumberStyle.US, [1234.5, 12.0]),
        (["12.5", "1.234", "7"], NumberStyle.MIXED, [None, None, 7.0]),
        (["12.5", "12,5"], NumberStyle.MIXED, [None, 12.5]),
        (["1,234.5", "1.234,5", "1.234", "1,234"], NumberStyle.MIXED, [None, 1234.5, None, None]),
        (["x", "…", "mười", "1.7.2025", "12"], NumberStyle.VIETNAMESE, []),
    ],
)  # fmt: skip
def test_a_column_shows_who_wrote_it_or_its_doubtful_numbers_are_not_read(
    texts: list[object], style: NumberStyle, read: list[float | None], catalogue: Catalogue
) -> None:
    assert find_number_style(texts) is style
    found = [parse_value(text, COUNT, catalogue.cell_states, style, unit="người") for text in texts[: len(read)]]
    assert [cell[1] for cell in found] == read
    assert all(cell[1] is not None or cell[0] == "invalid_ambiguous" for cell in found)


@pytest.mark.parametrize(
    ("value", "unit", "percent", "state", "number"),
    [
        ("12,5%", "%", False, "value", 12.5), ("12,5 %", "%", False, "value", 12.5), ("12,5", "%", False, "value", 12.5),
        ("5‰", "‰", False, "value", 5.0), ("5‰", "%", False, "invalid_percent", None),
        (0.125, "%", True, "value", 12.5), (0.07, "%", True, "value", 7.0), (0.0, "%", True, "zero", 0.0),
        (0.125, "người", True, "invalid_percent", None), (12.0, "người", True, "invalid_percent", None),
        ("45 /100.000", "/100.000", False, "value", 45.0), ("2,1 con/phụ nữ", "con/phụ nữ", False, "value", 2.1),
    ],
)  # fmt: skip
def test_per_cent_is_never_a_hundredfold_by_silence(
    value: object, unit: str, percent: bool, state: str, number: float | None, catalogue: Catalogue
) -> None:
    look = CellLook("0.0%") if percent else None
    found = parse_value(value, ElementKind.PUBLISHED, catalogue.cell_states, unit=unit, look=look)
    assert found[:2] == (state, number)


@pytest.mark.parametrize(
    "value",
    [
        "01/7/2025", "1/7/2025", "1-7-2025", "1.7.2025", "1. 7. 2025", "2025-07-01", "2025/7/1", "2025-07-01T08:30:00",
        "01/7/2025 08:30", "ngày 01 tháng 7 năm 2025", "Ngày 1 tháng 7, 2025", "ngày 01/7/2025",
        unicodedata.normalize("NFD", "ngày 01 tháng 7 năm 2025"), "０1/07/2025", dt.date(2025, 7, 1),
        dt.datetime(2025, 7, 1, 23, 59), 45839, 45839.0, 45839.75,
    ],
)  # fmt: skip
def test_one_day_in_every_guise(value: object) -> None:
    assert parse_value(value, ElementKind.DATE, {})[:3] == ("value", None, "2025-07-01")


def test_both_of_excels_calendars() -> None:
    assert parse_value(45839.0, ElementKind.DATE, {})[2] == "2025-07-01"
    assert parse_value(45839.0 - 1462, ElementKind.DATE, {}, date1904=True)[2] == "2025-07-01"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("1.7.25", "invalid_short_year"), ("01/07/25", "invalid_short_year"), ("7/2025", "invalid_month_only"),
        ("tháng 7 năm 2025", "invalid_month_only"), ("quý III/2025", "invalid_month_only"), ("2025", "invalid_month_only"),
        ("07/31/2025", "invalid_month_first"), ("31/02/2025", "invalid_date"), ("29/02/2025", "invalid_date"),
        ("hôm qua", "invalid_date"), (True, "invalid_date"), (12, "invalid_date"), (2025.0, "invalid_date"),
        (dt.date(1900, 1, 5), "invalid_date"), ("1/7/1925", "invalid_date"), ("45839", "invalid_date"),
        (float("nan"), "invalid_date"), (1e300, "invalid_date"),
    ],
)  # fmt: skip
def test_no_day_is_guessed(value: object, name: str) -> None:
    found = parse_value(value, ElementKind.DATE, {})
    assert (found[0], found[2]) == (name, "") and found[3]


@pytest.mark.parametrize(
    "value", ["Đã hoàn thành", "đã hoàn thành", "ĐÃ HOÀN THÀNH.", "Ðã hòan thành", " Đã  hoàn thành"]
)
def test_a_choice_however_it_is_typed(value: str) -> None:
    for text in (value, unicodedata.normalize("NFD", value)):
        assert parse_value(text, ElementKind.CHOICE, {})[:3] == ("value", None, "Đã hoàn thành")


@pytest.mark.parametrize("value", ["Hoàn thành", "x", "Da hoan thanh", 1.0])
def test_what_only_resembles_a_choice_is_none(value: object) -> None:
    assert parse_value(value, ElementKind.CHOICE, {})[0] == "invalid_choice"


def test_words_stay_words() -> None:
    assert parse_value(12.0, ElementKind.TEXT, {})[2] == "12"
    assert parse_value(dt.date(2025, 7, 1), ElementKind.TEXT, {})[2] == "01/07/2025"
    assert parse_value(unicodedata.normalize("NFD", " hoà  giải "), ElementKind.TEXT, {})[2] == "hoà giải"


def test_every_mark_of_the_catalogue_is_in_the_form_that_is_looked_up(catalogue: Catalogue) -> None:
    """A mark in another form would never match, and nobody would know."""
    assert {text for text in catalogue.cell_states if normalize_text(text).casefold() != text} == set()
    counted = {CellState.ESTIMATED, CellState.UNRELIABLE}
    patterns = {text: state for text, state in catalogue.cell_states.items() if "#" in text}
    assert set(patterns.values()) == counted
    assert counted.isdisjoint(s for t, s in catalogue.cell_states.items() if "#" not in t)
    for text, state in patterns.items():
        assert parse_value(text.replace("#", "1.234"), COUNT, catalogue.cell_states)[:2] == (state.value, 1234.0)


def test_every_reason_has_its_rule(rules: Rules) -> None:
    assert set(CODES.values()) == {code for code in rules.by_code if "V10" <= code <= "V24"} - {"V23"}
    for code in CODES.values():
        assert rules.by_code[code].frame == "reader" and rules.by_code[code].level == "refuse"
