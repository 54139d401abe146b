"""Which milestone counts, and whether it is met."""

from __future__ import annotations

from tests.wording import told

from .cases import MET, STATUS, baseline, indicator, judge, milestone, seen, target
from .table import EMPTY, Table, fraction, show


def _which(period: str) -> tuple[str, ...]:
    plan = target("threshold", milestone("2025", "≥", "90"), milestone("2030", "≥", "100"), base=baseline("2023", "80"))
    row = judge(plan, indicator(), seen(period, fraction("1")), period)
    return row.target_period, show(row.target), show(row.path_value)


WHICH = Table(
    "1. Mốc nào áp dụng cho kỳ báo cáo",
    "Áp dụng mốc đầu tiên đến hạn vào ngày cuối kỳ hoặc sau đó; qua mốc cuối thì giữ mốc cuối. Lộ trình là đường "
    "thẳng theo tháng từ đầu đoạn đến mốc; đầu đoạn là kỳ gốc, sau khi qua một mốc thì là chính mốc ấy. Ví dụ: "
    "gốc năm 2023 là 80, mốc 2025 là ≥ 90, mốc 2030 là ≥ 100. Mốc của năm không chia cho quý và không cộng dồn.",
    ("Kỳ báo cáo",),
    ("Mốc", "Giá trị mốc", "Mức phải có trên lộ trình"),
    (
        ("2024Q1", "2025", "90", "81,25"),
        ("2024", "2025", "90", "85"),
        ("2025Q4", "2025", "90", "90"),
        ("2025", "2025", "90", "90"),
        ("2026Q2", "2030", "100", "91"),
        ("2026", "2030", "100", "92"),
        ("2030", "2030", "100", "100"),
        ("2031", "2030", "100", "100"),
    ),
    _which,
)


def _threshold(sign: str, goal: str, value: str) -> tuple[str, ...]:
    direction = "down" if sign in {"<", "≤"} else "up"
    plan = target("threshold", milestone("2025", sign, goal))
    row = judge(plan, indicator(direction), seen("2025", fraction(value)), "2025")
    return (MET[row.met],)


THRESHOLD = Table(
    "2. Ngưỡng: đạt hay chưa đạt",
    "So giá trị chưa làm tròn với mốc. Dấu > và < là dấu nghiêm ngặt: bằng mốc là chưa đạt. Số không có dấu được "
    "hiểu là ≥ khi chỉ số càng cao càng tốt, ≤ khi càng thấp càng tốt.",
    ("Dấu", "Mốc", "Giá trị"),
    ("Kết luận",),
    (
        (">", "95", "95,0", "chưa đạt"),
        (">", "95", "95,0001", "đạt"),
        ("≥", "90", "90", "đạt"),
        ("≥", "90", "89,9999", "chưa đạt"),
        ("≥", "11,5", "11,5", "đạt"),
        ("<", "50", "50", "chưa đạt"),
        ("<", "50", "49,9999", "đạt"),
        ("≤", "4,2", "4,2", "đạt"),
        ("≤", "4,2", "4,2001", "chưa đạt"),
        ("≤", "4,2", "5,0", "chưa đạt"),
        ("=", "100", "100", "đạt"),
        ("=", "100", "99,9999", "chưa đạt"),
    ),
    _threshold,
)


def _elimination(sign: str, cases: str, recognised: str) -> tuple[str, ...]:
    plan = target("eliminate", milestone("2025", sign), base=baseline("2023", "0,34"))
    count = fraction(cases)
    known = {"có": True, "chưa": False, EMPTY: None}[recognised]
    rate = count / 588_000 * 100_000 if count is not None else None
    observed = seen("2025", rate, numerator=count, denominator=fraction("588000"), recognised=known)
    row = judge(plan, indicator("down", 100_000, True), observed, "2025")
    return MET[row.met], show(fraction(str(row.people_missing))) if row.people_missing else EMPTY, told(row.reason)


ELIMINATION = Table(
    "3. Loại trừ và duy trì loại trừ",
    "Chỉ đạt khi trong kỳ không còn ca nào và đã có công nhận chính thức được ghi nhận. Tỉ suất thấp tự nó không "
    "bao giờ là “đạt”. Không tính tỉ số tiến độ.",
    ("Mục tiêu", "Số ca", "Công nhận"),
    ("Kết luận", "Số ca còn phải giảm", "Lý do"),
    (
        ("loại trừ", "0", "có", "đạt", EMPTY, ""),
        ("loại trừ", "0", "chưa", "chưa đạt", EMPTY, "không còn ca mắc nhưng chưa có công nhận loại trừ"),
        ("loại trừ", "0", EMPTY, "chưa đạt", EMPTY, "không còn ca mắc nhưng chưa có công nhận loại trừ"),
        ("loại trừ", "2", "có", "chưa đạt", "2", "còn 2 ca mắc trong kỳ"),
        ("duy trì loại trừ", "0", "có", "đạt", EMPTY, ""),
        ("duy trì loại trừ", "1", "có", "chưa đạt", "1", "còn 1 ca mắc trong kỳ"),
    ),
    _elimination,
)


def _floor(goal: str, at_floor: str, present: str, expected: str) -> tuple[str, ...]:
    plan = target("per_unit", milestone("2025", "≥", goal), floor="90")
    counted = () if at_floor == EMPTY else (("90", int(at_floor)),)
    observed = seen("2025", fraction("77"), present=int(present), expected=int(expected), at_floor=counted)
    row = judge(plan, indicator(method="share_of_units"), observed, "2025")
    missing = EMPTY if row.people_missing is None else str(row.people_missing)
    return show(row.value, 2), STATUS[row.status], missing, told(row.reason)


PER_UNIT = Table(
    "4. Mức sàn cho từng đơn vị",
    "Với mục tiêu “mỗi đơn vị tối thiểu 90% danh mục”, giá trị là số đơn vị đạt mức sàn trên số đơn vị có báo "
    "cáo; không dùng tỉ lệ chung của cả tỉnh. Đơn vị thiếu số liệu không bị coi là 0: đơn vị ấy làm giảm độ đầy "
    "đủ.",
    ("Mốc (% đơn vị)", "Đơn vị đạt sàn", "Đơn vị có báo cáo", "Đơn vị phải báo cáo"),
    ("Giá trị, %", "Kết luận", "Còn thiếu (đơn vị)", "Lý do"),
    (
        ("100", "102", "102", "102", "100", "đạt", EMPTY, ""),
        ("100", "87", "102", "102", "85,29", "chưa đạt", "15", "không có số liệu kỳ gốc nên không tính tiến độ"),
        ("100", "87", "87", "102", "100", "đạt", EMPTY, ""),
        ("100", "0", "0", "102", EMPTY, "chưa có số liệu", EMPTY, "chưa có số liệu (0/102 đơn vị có đủ số liệu)"),
        ("100", EMPTY, "102", "102", EMPTY, "chưa có số liệu", EMPTY, "chưa đếm số đơn vị đạt mức sàn"),
    ),
    _floor,
)

TABLES = (WHICH, THRESHOLD, ELIMINATION, PER_UNIT)
