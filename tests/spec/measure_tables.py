"""Units of measure with factors, milestones without a year, and figures of a year that began late."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from etl.attain import convert_row_to_plan_unit
from etl.catalog import Catalogue, load_catalogue, models
from etl.model import Period
from etl.warehouse.reporting_obligations import find_length_gap, find_stretch_start
from tests.wording import told

from .cases import STATUS, indicator, judge, seen, target
from .grammar_tables import stone
from .table import EMPTY, Table, fraction, number, show

_NO_BASE_YEAR = "kế hoạch không ghi thời gian của số gốc nên không đủ căn cứ để tính"


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


def _undated(period: str, base: str, value: str) -> tuple[str, ...]:
    start = None if base == EMPTY else models.Baseline(period=None if base == "60" else "2023", written=base, value=60)
    plan = target("threshold", models.Milestone(written="95", operator=">=", value=Decimal(95)), base=start)
    plan = plan.model_copy(update={"plan_end": date(2025, 12, 31)})
    row = judge(plan, indicator(), seen(period, fraction(value)), period)
    return STATUS[row.status], show(row.progress), show(row.required_yearly_change), told(row.reason) or EMPTY


UNDATED = Table(
    "34. Mốc và số gốc không ghi thời gian",
    "Kế hoạch không ghi thời hạn thì chỉ đánh giá khi hết thời gian thực hiện kế hoạch, không có lộ trình, và không "
    "chỗ nào in một năm mà kế hoạch không ghi. Số gốc không ghi thời gian không vào phép tính nào cần thời gian. "
    "Ví dụ: kế hoạch hết ngày 31/12/2025, mốc 95.",
    ("Kỳ báo cáo", "Số gốc", "Giá trị"),
    ("Kết luận", "R", "Thay đổi mỗi năm", "Lý do"),
    (
        (
            "2024", "60 (2023)", "96", "không kết luận", EMPTY, EMPTY,
            "kế hoạch không ghi thời hạn nên chỉ đánh giá khi hết thời gian thực hiện kế hoạch (31/12/2025)",
        ),
        (
            "2025Q3", "60 (2023)", "80", "không kết luận", EMPTY, EMPTY,
            "kế hoạch không ghi thời hạn nên chỉ đánh giá khi hết thời gian thực hiện kế hoạch (31/12/2025)",
        ),
        ("2025", "60 (2023)", "95", "đạt", EMPTY, EMPTY, EMPTY),
        ("2025", "60 (2023)", "94", "chưa đạt", EMPTY, EMPTY, "kế hoạch không ghi thời hạn nên không có lộ trình"),
        ("2026", "60", "94", "chưa đạt", EMPTY, EMPTY, "kế hoạch không ghi thời hạn nên không có lộ trình"),
    ),
    _undated,
)  # fmt: skip


def _undated_base(period: str, change: str, value: str) -> tuple[str, ...]:
    start = models.Baseline(written="60", value=Decimal(60))
    level = stone("2025", relative={"change": number(change)}) if change != EMPTY else stone("2025", value=95)
    row = judge(target("threshold", level, base=start), indicator(), seen(period, fraction(value)), period)
    return show(row.target), STATUS[row.status], show(row.progress), told(row.reason) or EMPTY


UNDATED_BASE = Table(
    "35. Số gốc không ghi năm",
    "Số gốc 60 không ghi năm: không có lộ trình từ đó, và mức “tăng … so với số gốc” không tính được.",
    ("Kỳ báo cáo", "Tăng so với số gốc", "Giá trị"),
    ("Mốc 2025", "Kết luận", "R", "Lý do"),
    (
        ("2024", EMPTY, "80", "95", "chưa đạt", EMPTY, _NO_BASE_YEAR),
        ("2025", EMPTY, "95", "95", "đạt", EMPTY, EMPTY),
        ("2025", "10", "80", EMPTY, "không kết luận", EMPTY, _NO_BASE_YEAR),
    ),
    _undated_base,
)


def _late(kind: str, sign: str, goal: str, value: str) -> tuple[str, ...]:
    which = indicator(method="sum", factor=1, denominator=None) if kind == "số đếm" else indicator()
    level = models.Milestone(period="2025", written=goal, operator={"≥": ">=", "≤": "<="}[sign], value=number(goal))
    row = judge(target("threshold", level), which, seen("2025", fraction(value), since="2025Q3"), "2025")
    return STATUS[row.status], told(row.reason) or EMPTY


_PART = "số liệu chỉ tính từ quý III năm 2025, khi kỳ báo cáo đầu tiên bắt đầu: không đủ kỳ để so với mục tiêu cả năm"
LATE = Table(
    "36. Số liệu của năm bắt đầu từ giữa năm",
    "Phạm vi bắt đầu báo cáo từ giữa năm: số liệu tính trên các kỳ phải báo cáo và ghi rõ tính từ kỳ nào. Không so với "
    "mục tiêu cả năm, trừ khi phần còn lại của năm không thể làm thay đổi kết luận: số đếm đã đạt mức tối thiểu hoặc đã "
    "vượt mức tối đa. Ví dụ: báo cáo từ quý III năm 2025.",
    ("Chỉ số", "Dấu", "Mốc 2025", "Giá trị từ quý III"),
    ("Kết luận", "Lý do"),
    (
        ("số đếm", "≥", "100", "100", "đạt", EMPTY),
        ("số đếm", "≥", "100", "99", "không kết luận", _PART),
        ("số đếm", "≤", "100", "101", "chưa đạt", EMPTY),
        ("số đếm", "≤", "100", "100", "không kết luận", _PART),
        ("tỉ lệ", "≥", "90", "95", "không kết luận", _PART),
        ("tỉ lệ", "≥", "90", "80", "không kết luận", _PART),
    ),
    _late,
)

_FORMS = {"hằng tháng": "month", "hằng quý": "quarter", "nửa năm": "half"}
_FIRST = {"tháng 1": "2024-01", "quý I": "2024Q1", "quý II": "2024Q2", "quý III": "2024Q3", "6 tháng đầu": "2024H1"}


@cache
def _ask_apart(top: str, bottom: str) -> Catalogue:
    """The made-up catalogue whose births and, by a form of their own, other elements are asked about as said."""
    base = load_catalogue(Path(__file__).parents[1] / "sql" / "catalogue")
    asked = {"top": ("births", top), "bottom": ("managed" if "cuối kỳ" in bottom else "screened", bottom)}
    forms, columns, submissions = {}, [], []
    for name, (element, way) in asked.items():
        rhythm, first = way.removesuffix(" (số cuối kỳ)").split(" từ ")
        form = base.forms[_FORMS[rhythm]]
        sheets = [s.model_copy(update={"columns": name}) for s in form.sheets if s.code == "B"]
        forms[name] = form.model_copy(update={"id": name, "sheets": tuple(sheets)})
        columns += [
            c.model_copy(update={"set": name}) for c in base.columns if (c.set, c.data_element) == ("d", element)
        ]
        of = next(s for s in base.scopes["made-up"].submissions if s.form == _FORMS[rhythm])
        span = {"from_period": _FIRST[first], "to_period": None}
        submissions.append(of.model_copy(update={"form": name, **span}))
    scope = base.scopes["made-up"].model_copy(update={"submissions": tuple(submissions)})
    return replace(base, forms=forms, columns=tuple(columns), scopes={scope.id: scope})


def _begins_apart(top: str, bottom: str, period: str) -> tuple[str, ...]:
    catalogue, key = _ask_apart(top, bottom), Period.parse(period)
    below = models.Side(elements=("managed" if "cuối kỳ" in bottom else "screened",))
    of = indicator(accumulates=True, numerator=models.Side(elements=("births",)), denominator=below)
    gap = find_length_gap(catalogue, catalogue.scopes["made-up"], key, of)
    start = find_stretch_start(catalogue, catalogue.scopes["made-up"], key, of)
    return EMPTY if gap else start.name if start else "đầu năm", told(gap) or EMPTY


APART = Table(
    "37. Hai vế bắt đầu được hỏi ở hai thời điểm khác nhau",
    "Số phát sinh trong kỳ của mọi vế chỉ cộng trên khoảng thời gian mà vế nào cũng được hỏi, và con số ghi rõ tính từ kỳ "
    "nào. Số có đến cuối kỳ chỉ lấy của kỳ cuối nên bắt đầu muộn không làm mất kỳ nào. Không có khoảng chung (một vế chỉ "
    "có số nửa năm, vế kia bắt đầu giữa nửa năm) thì không có số, kèm lý do.",
    ("Tử số", "Mẫu số", "Kỳ báo cáo"),
    ("Số liệu tính từ", "Lý do"),
    (
        ("hằng quý từ quý I", "hằng quý từ quý I", "2024Q3", "đầu năm", EMPTY),
        ("hằng quý từ quý I", "hằng quý từ quý II", "2024Q3", "quý II năm 2024", EMPTY),
        ("hằng quý từ quý III", "hằng quý từ quý I", "2024", "quý III năm 2024", EMPTY),
        ("hằng quý từ quý II", "hằng quý từ quý II", "2024Q3", "quý II năm 2024", EMPTY),
        ("hằng quý từ quý I", "hằng quý từ quý II (số cuối kỳ)", "2024Q3", "đầu năm", EMPTY),
        ("hằng tháng từ tháng 1", "hằng quý từ quý II", "2024Q3", "quý II năm 2024", EMPTY),
        ("nửa năm từ 6 tháng đầu", "hằng quý từ quý II", "2024", "6 tháng cuối năm 2024", EMPTY),
        (
            "nửa năm từ 6 tháng đầu", "hằng quý từ quý II", "2024Q2", EMPTY,
            "chỉ thu thập từ quý II năm 2024 nên chưa có số lũy kế từ đầu năm",
        ),
    ),
    _begins_apart,
)  # fmt: skip

TABLES = (UNIT, UNDATED, UNDATED_BASE, LATE, APART)
