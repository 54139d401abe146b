"""How far along the path: only for what is not met."""

from __future__ import annotations

from fractions import Fraction

from etl.model import Attainment
from tests.wording import told

from .cases import CLASS, STATUS, baseline, indicator, judge, milestone, seen, target
from .table import EMPTY, Table, fraction, show


def _row(base: str, sign: str, goal: str, value: str, kind: str = "threshold", period: str = "2024") -> Attainment:
    plan = target(kind, milestone("2025", sign, goal), base=baseline("2023", base))
    return judge(plan, indicator("down" if sign in {"<", "≤"} else "up"), seen(period, fraction(value)), period)


def _progress(base: str, sign: str, goal: str, value: str) -> tuple[str, ...]:
    row = _row(base, sign, goal, value)
    disagree = "khác nhau" if row.classes_disagree else ""
    return show(row.progress), CLASS[row.progress_class], show(row.cagr_ratio), CLASS[row.cagr_class], disagree


PROGRESS = Table(
    "5. Tiến độ khi chưa đạt",
    "R = (giá trị − đầu đoạn) ÷ (mức phải có trên lộ trình − đầu đoạn). Ý kiến thứ hai là tỉ số CAGR: tăng trưởng "
    "bình quân năm đã có ÷ tăng trưởng bình quân năm cần có; không tính được khi đầu đoạn hoặc mốc bằng 0. Chỗ "
    "nào hai cách xếp loại khác nhau thì được đánh dấu. Ví dụ: gốc năm 2023, mốc năm 2025, kỳ báo cáo năm 2024.",
    ("Gốc", "Dấu", "Mốc", "Giá trị"),
    ("R", "Xếp loại", "Tỉ số CAGR", "Xếp loại theo CAGR", "Hai cách"),
    (
        ("93,46", "≥", "95", "94,2", "0,961", "đúng tiến độ", "0,965", "đúng tiến độ", ""),
        ("5,6", "≤", "4,2", "5,0", "0,8571", "cần đẩy nhanh", "0,7997", "cần đẩy nhanh", ""),
        ("52,5", "≥", "95", "70", "0,8235", "cần đẩy nhanh", "0,9657", "đúng tiến độ", "khác nhau"),
        ("7,5", "≥", "70", "20", "0,4", "tiến triển hạn chế", "0,811", "cần đẩy nhanh", "khác nhau"),
        ("87,6", "<", "50", "90", "-0,1277", "đi ngược mục tiêu", "-0,1121", "đi ngược mục tiêu", ""),
        ("0", "≥", "40", "10", "0,5", "tiến triển hạn chế", EMPTY, EMPTY, ""),
    ),
    _progress,
)


def _classes(ratio: str) -> tuple[str, ...]:
    value = 100 + 50 * (fraction(ratio) or Fraction(0))  # from 100 to 200 in two years: the path is at 150
    plan = target("threshold", milestone("2025", "≥", "200"), base=baseline("2023", "100"))
    row = judge(plan, indicator(factor=1000), seen("2024", value), "2024")
    return show(row.progress), CLASS[row.progress_class]


CLASSES = Table(
    "6. Ranh giới các mức xếp loại",
    "Đúng tiến độ: từ 0,95 · cần đẩy nhanh: từ 0,60 đến dưới 0,95 · tiến triển hạn chế: từ 0 đến dưới 0,60 · đi "
    "ngược mục tiêu: dưới 0. Áp dụng như nhau cho R và cho tỉ số CAGR, trên giá trị chưa làm tròn.",
    ("Tỉ số",),
    ("R", "Xếp loại"),
    (
        ("1,2", "1,2", "đúng tiến độ"),
        ("0,95", "0,95", "đúng tiến độ"),
        ("0,9499", "0,9499", "cần đẩy nhanh"),
        ("0,6", "0,6", "cần đẩy nhanh"),
        ("0,5999", "0,5999", "tiến triển hạn chế"),
        ("0", "0", "tiến triển hạn chế"),
        ("-0,0001", "-0,0001", "đi ngược mục tiêu"),
    ),
    _classes,
)


def _no_ratio(period: str, kind: str, base: str, sign: str, goal: str, value: str) -> tuple[str, ...]:
    row = _row(base, sign, goal, value, {"ngưỡng": "threshold", "duy trì": "maintain"}[kind], period)
    return STATUS[row.status], show(row.progress), CLASS[row.progress_class], told(row.reason)


NO_RATIO = Table(
    "7. Khi nào không có tỉ số tiến độ",
    "Đã đạt thì dừng ở đó. Tỉ số cũng không có nghĩa khi không cần thay đổi, khi mốc đi ngược chiều cải thiện "
    "(giường bệnh 40 → 42,5 → 40; người cao tuổi 96,7 → 95 → 100), khi chưa có thời gian trôi qua hoặc khi không "
    "có số liệu kỳ gốc. Ví dụ: gốc năm 2023, mốc năm 2025.",
    ("Kỳ", "Loại", "Gốc", "Dấu", "Mốc", "Giá trị"),
    ("Kết luận", "R", "Xếp loại", "Lý do"),
    (
        ("2024", "ngưỡng", "93,46", "≥", "95", "95,2", "đạt", EMPTY, EMPTY, ""),
        ("2024", "ngưỡng", "96,7", "≥", "95", "96,0", "đạt", EMPTY, EMPTY, ""),
        (
            "2024", "ngưỡng", "96,7", "≥", "95", "94,0", "chưa đạt", EMPTY, EMPTY,
            "giá trị đầu đoạn đã tốt hơn mốc nên không tính tiến độ",
        ),
        (
            "2024", "ngưỡng", "1,0", "≥", "1,0", "0,9", "chưa đạt", EMPTY, "duy trì",
            "mốc bằng giá trị đầu đoạn: chỉ cần duy trì nên không tính tiến độ",
        ),
        (
            "2024", "ngưỡng", "25", "<", "25", "25,2", "chưa đạt", EMPTY, EMPTY,
            "mốc trùng giá trị đầu đoạn với dấu nghiêm ngặt nên không có lộ trình",
        ),
        ("2024", "duy trì", "100", "≥", "100", "100", "đạt", EMPTY, "duy trì", ""),
        ("2024", "duy trì", "100", "≥", "100", "99,8", "chưa đạt", EMPTY, "duy trì", ""),
        (
            "2024", "ngưỡng", EMPTY, "≥", "95", "94,2", "chưa đạt", EMPTY, EMPTY,
            "không có số liệu kỳ gốc nên không tính tiến độ",
        ),
        (
            "2023", "ngưỡng", "93,46", "≥", "95", "93,46", "chưa đạt", EMPTY, EMPTY,
            "kỳ báo cáo là kỳ gốc nên chưa tính tiến độ",
        ),
        (
            "2023Q2", "ngưỡng", "93,46", "≥", "95", "93,1", "chưa đạt", EMPTY, EMPTY,
            "kỳ báo cáo trước kỳ gốc nên không tính tiến độ",
        ),
    ),
    _no_ratio,
)  # fmt: skip


def _of_plan(base: str, sign: str, goal: str, value: str) -> tuple[str, ...]:
    row = _row(base, sign, goal, value)
    return STATUS[row.status], show(row.per_cent_of_plan, 2), show(row.reduction_pct, 2)


OF_PLAN = Table(
    "8. Đạt bao nhiêu phần trăm kế hoạch",
    "Giá trị ÷ mốc chỉ dùng khi chỉ số càng cao càng tốt. Khi càng thấp càng tốt thì dùng phần đã giảm trên phần "
    "phải giảm: (gốc − giá trị) ÷ (gốc − mốc); lấy giá trị ÷ mốc ở đây sẽ biến 5,0 ca so với mốc 4,2 thành “vượt "
    "19%”. Đã đạt thì không in tỉ số. Ví dụ: gốc năm 2023, mốc năm 2025, kỳ báo cáo năm 2024.",
    ("Gốc", "Dấu", "Mốc", "Giá trị"),
    ("Kết luận", "% kế hoạch", "% mức giảm"),
    (
        ("93,46", "≥", "95", "94,2", "chưa đạt", "99,16", EMPTY),
        ("7,5", "≥", "70", "20", "chưa đạt", "28,57", EMPTY),
        ("5,6", "≤", "4,2", "5,0", "chưa đạt", EMPTY, "42,86"),
        ("5,6", "≤", "4,2", "6,0", "chưa đạt", EMPTY, "-28,57"),
        ("5,6", "≤", "4,2", "4,2", "đạt", EMPTY, EMPTY),
    ),
    _of_plan,
)

TABLES = (PROGRESS, CLASSES, NO_RATIO, OF_PLAN)
