"""Units of measure with factors, milestones without a year, and figures of a year that began late."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from etl.attain import convert_row_to_plan_unit
from etl.catalog import Catalogue, load_catalogue

from .cases import STATUS, indicator, judge, seen, target
from .grammar_tables import stone
from .table import EMPTY, Table, fraction, number, show


@cache
def _load_shipped() -> Catalogue:
    return load_catalogue(Path(__file__).parents[2] / "catalog")


def _unit(goal: str, written: str, own: str, value: str) -> tuple[str, ...]:
    scale = _load_shipped().find_measure_scale(written, own)
    if scale is None:
        return EMPTY, EMPTY, "từ chối khi nạp danh mục"
    plan = target("threshold", stone("2025", value=number(goal)), unit_written=written, decimals=3)
    plan = plan.model_copy(update={"unit_scale": scale})
    observed = fraction(value)
    row = judge(plan, indicator(method="sum", factor=1, denominator=None, unit=own), seen("2025", observed), "2025")
    printed = convert_row_to_plan_unit(row, plan).value
    return show(row.target), show(printed), STATUS[row.status]


UNIT = Table(
    "33. Đơn vị tính có hệ số",
    "Mốc ghi bằng đơn vị khác với chỉ số (nghìn người, tỷ đồng, ‰) được đổi sang đơn vị của chỉ số theo "
    "`catalog/measures.yaml`, không làm tròn; báo cáo in theo đơn vị của kế hoạch. Hai đơn vị không cùng đại lượng, hoặc "
    "đơn vị chưa khai báo, bị từ chối.",
    ("Mốc", "Kế hoạch ghi", "Chỉ số tính bằng", "Giá trị của chỉ số"),
    ("Mốc theo chỉ số", "Giá trị in ra", "Kết luận"),
    (
        ("11,357", "nghìn người", "người", "11357", "11357", "11,357", "đạt"),
        ("11,357", "nghìn người", "người", "11356", "11357", "11,356", "chưa đạt"),
        ("1,6", "tỷ đồng", "triệu đồng", "1600", "1600", "1,6", "đạt"),
        ("1,6", "tỷ đồng", "triệu đồng", "1599", "1600", "1,599", "chưa đạt"),
        ("15", "‰", "%", "1,5", "1,5", "15", "đạt"),
        ("40", "trên 100.000 dân", "‰", "0,3999", "0,4", "39,99", "chưa đạt"),
        ("2", "tỷ đồng", "người", "2", EMPTY, EMPTY, "từ chối khi nạp danh mục"),
        ("2", "nghin người", "người", "2", EMPTY, EMPTY, "từ chối khi nạp danh mục"),
    ),
    _unit,
)

TABLES = (UNIT,)
