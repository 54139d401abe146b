"""People missing, and intervals."""

from __future__ import annotations

from .cases import indicator, judge, milestone, ratio, seen, target
from .table import EMPTY, Table, fraction, show


def _missing(sign: str, goal: str, per: str, numerator: str, denominator: str) -> tuple[str, ...]:
    factor = int(per.replace(".", ""))
    direction = "down" if sign in {"<", "≤"} else "up"
    plan = target("threshold", milestone("2025", sign, goal))
    observed = seen(
        "2025", ratio(numerator, denominator, factor), numerator=fraction(numerator), denominator=fraction(denominator)
    )
    row = judge(plan, indicator(direction, factor), observed, "2025")
    return ("đạt" if row.met else "chưa đạt", EMPTY if row.people_missing is None else str(row.people_missing))


MISSING = Table(
    "14. Còn thiếu bao nhiêu người",
    "Số người ít nhất phải thêm vào tử số (càng cao càng tốt) hoặc số ca phải bớt (càng thấp càng tốt) để thỏa "
    "đúng dấu của mốc, mẫu số giữ nguyên. Dấu nghiêm ngặt cần thêm một người khi mốc rơi đúng số nguyên; mốc "
    "không thể đạt thì để trống. Tiền, khối lượng và số công bố không có cột này. Trước khi hết năm, chỉ số cộng "
    "dồn được đếm so với kế hoạch phân kỳ.",
    ("Dấu", "Mốc", "Trên", "Tử số", "Mẫu số"),
    ("Kết luận", "Còn thiếu"),
    (
        ("≥", "95", "100", "940", "1.000", "chưa đạt", "10"),
        (">", "95", "100", "940", "1.000", "chưa đạt", "11"),
        (">", "95", "100", "950", "1.000", "chưa đạt", "1"),
        ("≥", "95", "100", "950", "1.001", "chưa đạt", "1"),
        ("≥", "95", "100", "950", "1.000", "đạt", EMPTY),
        (">", "100", "100", "1.000", "1.000", "chưa đạt", EMPTY),
        ("≥", "11,5", "10.000", "620", "588.000", "chưa đạt", "57"),
        ("≤", "4,2", "100.000", "33", "588.000", "chưa đạt", "9"),
        ("<", "50", "100.000", "294", "588.000", "chưa đạt", "1"),
        ("<", "50", "100.000", "293", "588.000", "đạt", EMPTY),
    ),
    _missing,
)

_KINDS = {
    "tỉ lệ % người": indicator(),
    "ca mắc trên 100.000 dân": indicator("down", 100_000, True),
    "bác sĩ trên 10.000 dân": indicator("up", 10_000),
    "khối lượng, %": indicator(measure="mass"),
}
_METHOD = {"wilson": "Wilson", "byar": "Byar", "exact_poisson": "Poisson chính xác", "": EMPTY}


def _interval(kind: str, numerator: str, denominator: str) -> tuple[str, ...]:
    which = _KINDS[kind]
    observed = seen(
        "2025",
        ratio(numerator, denominator, which.factor),
        numerator=fraction(numerator),
        denominator=fraction(denominator),
    )
    row = judge(target("track"), which, observed, "2025")
    low, high = row.interval or (None, None)
    return _METHOD[row.interval_method], show(low), show(high)


INTERVAL = Table(
    "15. Khoảng tin cậy 95%",
    "Tỉ lệ phần trăm của người hoặc vật đếm được: Wilson. Tỉ suất ca bệnh: Byar từ 10 ca trở lên, Poisson chính "
    "xác khi dưới 10 ca. Nhân lực, giường bệnh, tiền, khối lượng, tỉ lệ đơn vị đạt sàn và số công bố không có "
    "khoảng. Khoảng không thay đổi kết luận.",
    ("Chỉ số", "Tử số", "Mẫu số"),
    ("Cách tính", "Từ", "Đến"),
    (
        ("tỉ lệ % người", "45", "50", "Wilson", "78,6398", "95,6524"),
        ("tỉ lệ % người", "0", "20", "Wilson", "0", "16,1125"),
        ("tỉ lệ % người", "934", "1.000", "Wilson", "91,6891", "94,7788"),
        ("ca mắc trên 100.000 dân", "12", "100.000", "Byar", "6,1935", "20,9629"),
        ("ca mắc trên 100.000 dân", "5", "100.000", "Poisson chính xác", "1,6235", "11,6683"),
        ("ca mắc trên 100.000 dân", "0", "100.000", "Poisson chính xác", "0", "3,6889"),
        ("ca mắc trên 100.000 dân", "2", "100.000", "Poisson chính xác", "0,2422", "7,2247"),
        ("ca mắc trên 100.000 dân", "2", "588.000", "Poisson chính xác", "0,0412", "1,2287"),
        ("bác sĩ trên 10.000 dân", "620", "588.000", EMPTY, EMPTY, EMPTY),
        ("khối lượng, %", "90", "100", EMPTY, EMPTY, EMPTY),
    ),
    _interval,
)

TABLES = (MISSING, INTERVAL)
