"""What plans of other provinces write: about, ranges, levels against a base, k of n, groups, from a year on."""

from __future__ import annotations

from fractions import Fraction

from etl.catalog import models
from etl.model import Attainment
from tests.wording import told

from .cases import STATUS, baseline, indicator, judge, milestone, seen, target
from .table import EMPTY, Table, fraction, number, show


def stone(period: str, **fields: object) -> models.Milestone:
    return models.Milestone.model_validate({"period": period, "written": "x", "operator": ">="} | fields)


def _about(goal: str, tolerance: str, value: str) -> tuple[str, ...]:
    plan = target("threshold", stone("2025", operator="about", value=number(goal), tolerance=number(tolerance)))
    row = judge(plan, indicator(), seen("2025", fraction(value)), "2025")
    return STATUS[row.status], _reason(row)


def _reason(row: Attainment) -> str:
    return "" if told(row.reason) == "không có số liệu kỳ gốc nên không tính tiến độ" else told(row.reason)


ABOUT = Table(
    "16. Khoảng một con số",
    "“Khoảng 10” là 10 cộng trừ sai lệch cho phép, kể cả hai đầu. Kế hoạch không nêu sai lệch thì cơ quan tổng hợp "
    "đặt trong danh mục (ghi rõ là tự đặt); chưa đặt thì không kết luận.",
    ("Khoảng", "Sai lệch cho phép", "Giá trị"),
    ("Kết luận", "Lý do"),
    (
        ("10", "0,5", "10,5", "đạt", ""),
        ("10", "0,5", "9,5", "đạt", ""),
        ("10", "0,5", "10,5001", "chưa đạt", ""),
        ("10", "0", "10", "đạt", ""),
        (
            "10", EMPTY, "10", "không kết luận",
            "kế hoạch ghi “khoảng” mà không nêu sai lệch cho phép nên không kết luận",
        ),
    ),
    _about,
)  # fmt: skip


def _between(base: str, value: str, numerator: str) -> tuple[str, ...]:
    plan = target("threshold", stone("2025", operator="between", value=70, upper=80), base=baseline("2023", base))
    top = fraction(numerator)
    row = judge(plan, indicator(), seen("2024", fraction(value), numerator=top, denominator=Fraction(1000)), "2024")
    missing = EMPTY if row.people_missing is None else str(row.people_missing)
    return STATUS[row.status], show(row.progress), missing, told(row.reason)


_OTHER_SIDE = "đầu đoạn không ở cùng phía với giá trị so với khoảng nên không tính tiến độ"

BETWEEN = Table(
    "17. Từ một con số đến một con số",
    "Đạt khi giá trị nằm trong khoảng, kể cả hai đầu. Chưa đạt thì tính đến đầu gần hơn của khoảng: dưới khoảng thì "
    "còn thiếu bao nhiêu người để lên đầu dưới, trên khoảng thì thừa bao nhiêu so với đầu trên. Ví dụ: từ 70 đến 80 "
    "vào năm 2025, gốc năm 2023, kỳ báo cáo năm 2024, mẫu số 1.000.",
    ("Gốc", "Giá trị", "Tử số"),
    ("Kết luận", "R", "Còn thiếu hoặc thừa", "Lý do"),
    (
        ("60", "70", "700", "đạt", EMPTY, EMPTY, ""),
        ("60", "80", "800", "đạt", EMPTY, EMPTY, ""),
        ("60", "64", "640", "chưa đạt", "0,8", "60", ""),
        ("90", "83", "830", "chưa đạt", "1,4", "30", ""),
        ("60", "81", "810", "chưa đạt", EMPTY, "10", _OTHER_SIDE),
        ("75", "69", "690", "chưa đạt", EMPTY, "10", _OTHER_SIDE),
        (EMPTY, "69", "690", "chưa đạt", EMPTY, "10", "không có số liệu kỳ gốc nên không tính tiến độ"),
    ),
    _between,
)


def _relative(base_period: str, base: str, sign: str, percent: str, value: str) -> tuple[str, ...]:
    of = {"period": base_period, "written": base, "value": number(base)}
    operator = {"≤": "<=", "≥": ">="}.get(sign, sign)
    plan = target("threshold", stone("2025", operator=operator, relative={"percent": number(percent), "base": of}))
    row = judge(plan, indicator("down" if "<" in operator else "up"), seen("2025", fraction(value)), "2025")
    return show(row.target), STATUS[row.status], _reason(row)


RELATIVE = Table(
    "18. Tăng, giảm so với một năm hoặc một giai đoạn gốc",
    "“Giảm 20% so với năm 2020” là mốc bằng 80% số gốc; số gốc của một giai đoạn là số bình quân mà kế hoạch ghi cho "
    "giai đoạn ấy. Không có số gốc thì mục tiêu vẫn được ghi nhận nhưng không kết luận. Đơn vị trực thuộc chỉ so "
    "với số gốc của chính mình.",
    ("Kỳ gốc", "Số gốc", "Dấu", "Tăng (+), giảm (–), %", "Giá trị năm 2025"),
    ("Mốc", "Kết luận", "Lý do"),
    (
        ("2020", "50", "≤", "-20", "40", "40", "đạt", ""),
        ("2020", "50", "≤", "-20", "40,0001", "40", "chưa đạt", ""),
        ("2020", "50", "<", "-20", "40", "40", "chưa đạt", ""),
        ("2016-2020", "12", "≤", "-5", "11,4", "11,4", "đạt", ""),
        ("2020", "200", "≥", "15", "229", "230", "chưa đạt", ""),
        (
            "2020", EMPTY, "≤", "-20", "40", EMPTY, "không kết luận",
            "chưa có số liệu gốc (2020) để tính mức phải đạt nên không kết luận",
        ),
        (
            "2016-2020", EMPTY, "≤", "-5", "11", EMPTY, "không kết luận",
            "chưa có số liệu gốc (2016-2020) để tính mức phải đạt nên không kết luận",
        ),
    ),
    _relative,
)  # fmt: skip


def _growth(period: str, value: str) -> tuple[str, ...]:
    plan = target("threshold", stone("2025", relative={"percent": 5, "yearly": True}), base=baseline("2020", "400"))
    row = judge(plan, indicator(factor=10_000), seen(period, fraction(value)), period)
    return row.target_period, show(row.target), STATUS[row.status], show(row.path_value), show(row.progress)


GROWTH = Table(
    "19. Tăng bình quân mỗi năm",
    "“Tăng bình quân 5%/năm” đặt một mốc cho từng năm: số gốc × 1,05 lũy thừa số năm đã qua. Trong năm, lộ trình đi "
    "thẳng từ mốc năm trước đến mốc năm nay. Ví dụ: gốc năm 2020 là 400, đến năm 2025.",
    ("Kỳ báo cáo", "Giá trị"),
    ("Mốc", "Giá trị mốc", "Kết luận", "Mức phải có trên lộ trình", "R"),
    (
        ("2021", "420", "2021", "420", "đạt", EMPTY, EMPTY),
        ("2021Q2", "412", "2021", "420", "chưa đạt", "410", "1,2"),
        ("2022", "440", "2022", "441", "chưa đạt", "441", "0,9524"),
        ("2025", "510,5126", "2025", "510,5126", "chưa đạt", "510,5126", "1"),
        ("2025", "510,5127", "2025", "510,5126", "đạt", EMPTY, EMPTY),
        ("2026", "500", "2025", "510,5126", "chưa đạt", "510,5126", "0,5676"),
    ),
    _growth,
)


def _per(goal: str, per: str, factor: str, value: str) -> tuple[str, ...]:
    whole = int(factor.replace(".", ""))
    plan = target("threshold", stone("2025", operator="<=", value=number(goal), per=int(per.replace(".", ""))))
    row = judge(plan, indicator("down", whole), seen("2025", fraction(value)), "2025")
    return show(row.target), STATUS[row.status]


PER_MILLE = Table(
    "20. Phần nghìn và các mẫu khác",
    "Kế hoạch ghi mốc trên một mẫu khác với chỉ số (‰ thay cho %, trên 1.000 thay cho 100.000) thì mốc được đổi sang "
    "mẫu của chỉ số, không làm tròn.",
    ("Mốc", "Trên", "Chỉ số tính trên", "Giá trị của chỉ số"),
    ("Mốc theo chỉ số", "Kết luận"),
    (
        ("15", "1.000", "100", "1,5", "1,5", "đạt"),
        ("15", "1.000", "100", "1,5001", "1,5", "chưa đạt"),
        ("0,4", "1.000", "100.000", "40", "40", "đạt"),
        ("2", "100", "1.000", "20,1", "20", "chưa đạt"),
    ),
    _per,
)


def _count(numerator: str, denominator: str, expected: str) -> tuple[str, ...]:
    plan = target("threshold", stone("2025", count={"count": 8, "of": 10}))
    top, bottom = fraction(numerator), fraction(denominator)
    assert top is not None and bottom is not None
    value = top / bottom * 100
    observed = seen("2025", value, numerator=top, denominator=bottom, expected=int(expected), present=int(bottom))
    row = judge(plan, indicator(), observed, "2025")
    return STATUS[row.status], EMPTY if row.people_missing is None else str(row.people_missing), _reason(row)


COUNT = Table(
    "21. Mấy trên mấy đơn vị",
    "“8/10 xã” đếm xã, không so tỉ lệ. Đủ 8 xã là đạt, dù còn xã chưa báo cáo. Chưa đủ thì chỉ kết luận chưa đạt khi "
    "các xã chưa báo cáo không thể làm thay đổi kết quả. Số xã đã khác với kế hoạch thì không so sánh.",
    ("Xã đạt", "Xã có báo cáo", "Xã phải báo cáo"),
    ("Kết luận", "Còn thiếu", "Lý do"),
    (
        ("8", "10", "10", "đạt", EMPTY, ""),
        ("7", "10", "10", "chưa đạt", "1", ""),
        ("8", "8", "10", "đạt", EMPTY, ""),
        ("7", "9", "10", "không kết luận", EMPTY, "còn 1 đơn vị chưa có số liệu, đủ để thay đổi kết luận"),
        ("6", "9", "10", "chưa đạt", "2", ""),
        ("8", "9", "9", "không kết luận", EMPTY, "kế hoạch tính trên 10 đơn vị, nay có 9: không so sánh"),
        ("8", "12", "12", "không kết luận", EMPTY, "kế hoạch tính trên 10 đơn vị, nay có 12: không so sánh"),
    ),
    _count,
)


def _subgroup(wanted: str, found: str, value: str) -> tuple[str, ...]:
    plan = target("threshold", stone("2025", operator="<=", value=10), subgroup=wanted)
    which = indicator("down", subgroup="" if found == EMPTY else found)
    row = judge(plan, which, seen("2025", fraction(value)), "2025")
    return STATUS[row.status], _reason(row)


SUBGROUP = Table(
    "22. Mức trần cho một nhóm",
    "“Không quá 10% ở nhóm …” chỉ so với số liệu của đúng nhóm ấy. Số liệu chung của mọi người không thay được. Ví "
    "dụ: không quá 10.",
    ("Nhóm trong kế hoạch", "Nhóm của số liệu", "Giá trị"),
    ("Kết luận", "Lý do"),
    (
        ("người dân tộc thiểu số", "người dân tộc thiểu số", "10", "đạt", ""),
        ("người dân tộc thiểu số", "người dân tộc thiểu số", "10,1", "chưa đạt", ""),
        (
            "người dân tộc thiểu số", EMPTY, "9", "không kết luận",
            "số liệu không tách riêng người dân tộc thiểu số nên không kết luận",
        ),
    ),
    _subgroup,
)  # fmt: skip


def _onward(period: str, value: str) -> tuple[str, ...]:
    plan = target(
        "threshold",
        stone("2025", operator=">", value=95, onward=True),
        stone("2030", operator=">=", value=99),
        base=baseline("2023", "90"),
    )
    row = judge(plan, indicator(), seen(period, fraction(value)), period)
    return row.target_period, STATUS[row.status], show(row.progress), told(row.reason)


ONWARD = Table(
    "23. Từ một năm trở đi",
    "“Từ năm 2025 trở đi, trên 95%”: trước năm 2025 chưa áp dụng nên không kết luận; từ quý I năm 2025 áp dụng cho "
    "mọi kỳ, cho đến năm của mốc sau. Ví dụ: gốc năm 2023 là 90, từ năm 2025 trên 95, năm 2030 là ≥ 99.",
    ("Kỳ báo cáo", "Giá trị"),
    ("Mốc", "Kết luận", "R", "Lý do"),
    (
        ("2024", "94", "2025", "không kết luận", EMPTY, "mốc áp dụng từ năm 2025 trở đi"),
        ("2025Q1", "95", "2025", "chưa đạt", "1", ""),
        ("2025Q1", "95,1", "2025", "đạt", EMPTY, ""),
        ("2027", "94", "2025", "chưa đạt", "0,8", ""),
        ("2030Q1", "98", "2030", "chưa đạt", "0,8571", ""),
    ),
    _onward,
)


def _contradiction(value: str) -> tuple[str, ...]:
    figures = []
    for goal in ("99,5", "99,9"):
        row = judge(
            target("maintain", milestone("2030", ">", goal)), indicator(), seen("2025", fraction(value)), "2025"
        )
        figures.append(STATUS[row.status])
    return tuple(figures)


CONTRADICTION = Table(
    "24. Hai mức cho cùng một việc trong một kế hoạch",
    "Kế hoạch của Tân Yên ghi tham gia BHYT trên 99,5% ở mục I.3 và trên 99,9% ở mục II.2.4.1. Cả hai đều được giữ, "
    "mỗi mức một dòng với điều khoản của nó và kết luận riêng; dòng nào cũng chỉ sang dòng kia.",
    ("Giá trị",),
    ("Mục I.3 (> 99,5)", "Mục II.2.4.1 (> 99,9)"),
    (("99,4", "chưa đạt", "chưa đạt"), ("99,7", "đạt", "chưa đạt"), ("99,95", "đạt", "đạt")),
    _contradiction,
)


def _needed(period: str, sign: str, goal: str, value: str) -> tuple[str, ...]:
    plan = target("threshold", milestone("2025", sign, goal), base=baseline("2023", "50"))
    row = judge(plan, indicator("down" if sign in {"<", "≤"} else "up"), seen(period, fraction(value)), period)
    return STATUS[row.status], show(row.required_yearly_change)


NEEDED = Table(
    "25. Mỗi năm còn phải thay đổi bao nhiêu",
    "(Mốc − giá trị) × 12 ÷ số tháng còn lại đến mốc, tính bằng đơn vị của chỉ số. Đã đạt hoặc đã hết hạn thì để "
    "trống. Ví dụ: gốc năm 2023, mốc năm 2025.",
    ("Kỳ báo cáo", "Dấu", "Mốc", "Giá trị"),
    ("Kết luận", "Thay đổi mỗi năm"),
    (
        ("2024", "≥", "95", "70", "chưa đạt", "25"),
        ("2024Q2", "≥", "95", "70", "chưa đạt", "16,6667"),
        ("2024", "≤", "4,2", "5,0", "chưa đạt", "-0,8"),
        ("2025", "≥", "95", "70", "chưa đạt", EMPTY),
        ("2024", "≥", "95", "96", "đạt", EMPTY),
    ),
    _needed,
)

TABLES = (ABOUT, BETWEEN, RELATIVE, GROWTH, PER_MILLE, COUNT, SUBGROUP, ONWARD, CONTRADICTION, NEEDED)
