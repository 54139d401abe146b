from __future__ import annotations

import pytest

from etl.check import privacy

PLACES = frozenset({"lê lợi", "nguyễn trãi", "trần hưng đạo"})


@pytest.mark.parametrize(
    "text",
    [
        "001085012345", "CCCD: 001085012345", "001 085 012 345", "001.085.012.345", "0010-8501-2345", "230123456",
        "CMND 230.123.456", "CMND số 230 123 456 cấp ngày 01/02/2010", "233 456 789", "123456789012",
    ],
)  # fmt: skip
def test_identity_numbers_are_found_and_hidden(text: str) -> None:
    (found,) = privacy.find_identity_numbers(text)
    hidden = privacy.mask_identity_numbers(text)
    assert sum(c.isdigit() for c in hidden[found[0] : found[1]]) == 2
    assert not privacy.find_identity_numbers(hidden)


@pytest.mark.parametrize(
    "text",
    [
        "0905123456", "0905 123 456", "+84 905 123 456", "02603 862 456", "125.000.000 đồng", "125000000 đồng",
        "125 000 000 đ", "kinh phí 1.234.567.890", "các năm 2022 2023 2024", "01/01/2024 31/12/2024", "12345678",
        "Quyết định 1693/KH-UBND ngày 12/05/2024", "1234567890", "300.000.000 triệu",
    ],
)  # fmt: skip
def test_figures_dates_and_telephones_are_not(text: str) -> None:
    assert privacy.find_identity_numbers(text) == []
    assert privacy.mask_identity_numbers(text) == text


@pytest.mark.parametrize(
    ("value", "is_one"),
    [(1085012345, True), (230123456, True), (99_999_999, False), (1e12, False), (230123456.5, False)],
)
def test_numbers_in_count_columns(value: float, is_one: bool) -> None:
    assert privacy.is_identity_number(value) == is_one


def test_a_number_in_a_count_column_is_hidden() -> None:
    assert privacy.mask_number("1.085.012.345") == "•.•••.•••.•45"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Nguyễn Văn An, Trần Thị Bé, Lê Hoa", 3),
        ("1. Nguyễn Văn An\n2. Y Nhung (1985)\n3. bà Rơ Châm H'Lan\n4. Siu Thảo", 4),
        ("Nguyễn Văn An, Trần Thị Bé", 0),
        ("Lê Lợi, Nguyễn Trãi, Trần Hưng Đạo", 0),
        ("Các xã Đắk Hà, Ngọc Linh, Đắk Pék còn thiếu", 0),
        ("Y tế thôn, An toàn thực phẩm, Lê thê", 0),
        ("Thiếu thuốc; thiếu người; thiếu kinh phí", 0),
    ],
)
def test_a_list_of_names_begins_at_three(text: str, count: int) -> None:
    assert privacy.count_person_names(text, PLACES) == count
