"""Levels against the year before, of each quarter alone, and of a sum over years."""

from __future__ import annotations

from etl.attain import OtherFigures, compute_target_attainment, list_compared_periods
from etl.catalog import models
from etl.model import Attainment, Period
from tests.wording import told

from .cases import STATUS, indicator, seen, target
from .grammar_tables import stone
from .table import EMPTY, Table, fraction, show


def _judge(plan: models.Target, which: models.Indicator, period: str, figures: dict[str, str]) -> Attainment:
    found = {
        Period.parse(key): seen(key, value, numerator=value, expected=1, present=1)
        for key, text in figures.items()
        if (value := fraction(text)) is not None
    }
    key = Period.parse(period)
    others = OtherFigures(None, {p: found.get(p) for p in list_compared_periods(plan, key)})
    return compute_target_attainment("plan", plan, which, found.get(key), unit="62", period=key, others=others)


def _year_before(period: str, before: str, value: str) -> tuple[str, ...]:
    growth = models.Relative.model_validate({"percent": 3, "previous_year": True, "yearly": True})
    plan = target("threshold", stone("2030", operator=">", relative=growth))
    row = _judge(plan, indicator(), period, {Period.parse(period).same_period_last_year.key: before, period: value})
    return show(row.target), STATUS[row.status], told(row.reason)


YEAR_BEFORE = Table(
    "38. So với cùng kỳ năm trước",
    "Kế hoạch ghi hằng năm tăng trên 3% so với năm trước: mức phải đạt tính từ số của chính đơn vị ở cùng kỳ năm trước. "
    "Thiếu số cùng kỳ thì không kết luận; không tính tiến độ.",
    ("Kỳ", "Cùng kỳ năm trước", "Giá trị"),
    ("Mức phải đạt", "Kết luận", "Lý do"),
    (
        ("2026Q3", "80", "82,41", "82,4", "đạt", ""),
        ("2026Q3", "80", "82,4", "82,4", "chưa đạt", ""),
        ("2028", "90", "92,8", "92,7", "đạt", ""),
        ("2026Q3", EMPTY, "82,4", EMPTY, "không kết luận",
         "chưa có số liệu gốc (quý III năm 2025) để tính mức phải đạt nên không kết luận"),
    ),
    _year_before,
)  # fmt: skip

_SUM = indicator(method="sum", factor=1, denominator=None, accumulates=True)
_QUARTERS = ("2026Q1", "2026Q2", "2026Q3", "2026Q4")


def _each_quarter(period: str, *sums: str) -> tuple[str, ...]:
    plan = target("threshold", stone("2030", value=4), each_quarter=True)
    figures = dict(zip(_QUARTERS, sums, strict=True)) | {"2026": sums[-1]}
    row = _judge(plan, _SUM, period, figures)
    return show(row.value), STATUS[row.status]


EACH_QUARTER = Table(
    "39. Mức của riêng từng quý",
    "Kế hoạch ghi mỗi quý 4 tin: số của quý là phần quý ấy thêm vào số lũy kế từ đầu năm; kỳ dài hơn lấy quý kém nhất.",
    ("Kỳ", "Lũy kế quý I", "Lũy kế quý II", "Lũy kế quý III", "Lũy kế quý IV"),
    ("Giá trị", "Kết luận"),
    (
        ("2026Q1", "5", "9", "12", "20", "5", "đạt"),
        ("2026Q2", "5", "9", "12", "20", "4", "đạt"),
        ("2026Q3", "5", "9", "12", "20", "3", "chưa đạt"),
        ("2026", "5", "9", "12", "20", "3", "chưa đạt"),
        ("2026Q2", EMPTY, "9", "12", "20", EMPTY, "chưa có số liệu"),
    ),
    _each_quarter,
)


def _several_years(sign: str, period: str, first: str, second: str) -> tuple[str, ...]:
    plan = target("threshold", stone("2030", operator={"≥": ">=", "≤": "<="}[sign], value=20), summed_from="2026")
    row = _judge(plan, _SUM, period, {"2026": first, "2027": second})
    return show(row.value), STATUS[row.status], show(row.prorated_target), show(row.progress)


SEVERAL_YEARS = Table(
    "40. Cộng dồn nhiều năm",
    "Kế hoạch ghi 20 cho cả giai đoạn 2026 – 2030: cộng số của từng năm từ năm 2026; tiến độ tính từ 0. Mức tối thiểu đạt "
    "sớm là đạt; mức tối đa chỉ kết luận là đạt khi hết giai đoạn, trước đó so với phần phân kỳ. Thiếu một năm thì không có số.",
    ("Dấu", "Kỳ", "Năm 2026", "Năm 2027"),
    ("Giá trị", "Kết luận", "Phân kỳ", "R"),
    (
        ("≥", "2027", "3", "4", "7", "chưa đạt", EMPTY, "0,875"),
        ("≥", "2027", "12", "8", "20", "đạt", EMPTY, EMPTY),
        ("≥", "2027", EMPTY, "8", EMPTY, "chưa có số liệu", EMPTY, EMPTY),
        ("≤", "2027", "3", "4", "7", "trong kế hoạch", "8", EMPTY),
        ("≤", "2027", "5", "4", "9", "vượt kế hoạch", "8", EMPTY),
        ("≤", "2027", "15", "6", "21", "chưa đạt", EMPTY, EMPTY),
    ),
    _several_years,
)

TABLES = (YEAR_BEFORE, EACH_QUARTER, SEVERAL_YEARS)
