"""Figures that come late, grow through the year, change meaning, or are not there."""

from __future__ import annotations

from etl.attain import compute_task_state
from etl.catalog import models
from tests.wording import told

from .cases import MET, STATUS, baseline, day, indicator, judge, milestone, seen, target
from .table import EMPTY, Table, fraction, show


def _part_year(period: str, sign: str, goal: str, value: str) -> tuple[str, ...]:
    plan = target("threshold", milestone("2025", sign, goal))
    row = judge(plan, indicator("down", 100_000, True), seen(period, fraction(value)), period)
    return show(row.prorated_target), STATUS[row.status], MET[row.met], told(row.reason)


PART_YEAR = Table(
    "9. Chỉ số cộng dồn trong năm",
    "Số ca mắc mới trên 100.000 dân lớn dần từ tháng 1. Trước khi hết năm, số lũy kế được so với kế hoạch phân kỳ "
    "(kế hoạch năm × số tháng ÷ 12, giữ nguyên dấu) và chưa có kết luận đạt hay chưa đạt. Hết tháng 12 thì so với "
    "kế hoạch năm.",
    ("Kỳ", "Dấu", "Kế hoạch năm", "Lũy kế từ đầu năm"),
    ("Kế hoạch phân kỳ", "Trạng thái", "Kết luận", "Lý do"),
    (
        (
            "2025Q1",
            "≤",
            "4,2",
            "1,05",
            "1,05",
            "trong kế hoạch",
            EMPTY,
            "trong kế hoạch phân kỳ 3/12 tháng; kết luận khi hết năm",
        ),
        (
            "2025Q2",
            "≤",
            "4,2",
            "2,2",
            "2,1",
            "vượt kế hoạch",
            EMPTY,
            "ngoài kế hoạch phân kỳ 6/12 tháng; kết luận khi hết năm",
        ),
        (
            "2025N",
            "<",
            "50",
            "37,5",
            "37,5",
            "vượt kế hoạch",
            EMPTY,
            "ngoài kế hoạch phân kỳ 9/12 tháng; kết luận khi hết năm",
        ),
        ("2025Q3", "<", "50", "51", "37,5", "vượt kế hoạch", EMPTY, "vượt kế hoạch cả năm; kết luận khi hết năm"),
        ("2025Q4", "<", "50", "49", EMPTY, "đạt", "đạt", ""),
        ("2025", "<", "50", "50", EMPTY, "chưa đạt", "chưa đạt", "không có số liệu kỳ gốc nên không tính tiến độ"),
    ),
    _part_year,
)


def _carried(period: str, of: str, goal: str, value: str) -> tuple[str, ...]:
    plan = target("published", milestone("2025", "<", goal))
    observed = seen(period, fraction(value), as_of="" if of == EMPTY else of)
    row = judge(plan, indicator("down", method="published"), observed, period)
    return show(row.value), STATUS[row.status], MET[row.met], told(row.reason)


CARRIED = Table(
    "10. Số liệu công bố và số liệu của kỳ trước",
    "Chỉ số công bố (thống kê, điều tra) và chỉ số năm xem trong quý: kỳ này chưa có số mới thì in số gần nhất "
    "kèm kỳ của nó và cho biết số ấy đạt hay chưa, nhưng không kết luận cho kỳ này.",
    ("Kỳ", "Số liệu của", "Mốc (<)", "Giá trị"),
    ("Giá trị in", "Trạng thái", "Kết luận", "Lý do"),
    (
        ("2024", EMPTY, "25", "24,1", "24,1", "đạt", "đạt", ""),
        ("2024", "2024-07-01", "25", "24,1", "24,1", "đạt", "đạt", ""),
        (
            "2024",
            "2023",
            "25",
            "25",
            "25",
            "chưa có số liệu mới",
            EMPTY,
            "chưa có số liệu mới; số gần nhất (năm 2023): chưa đạt",
        ),
        (
            "2024Q2",
            "2023",
            "25",
            "24,9",
            "24,9",
            "chưa có số liệu mới",
            EMPTY,
            "chưa có số liệu mới; số gần nhất (năm 2023): đạt",
        ),
        (
            "2024Q2",
            "2023-12-20",
            "25",
            "24,9",
            "24,9",
            "chưa có số liệu mới",
            EMPTY,
            "chưa có số liệu mới; số gần nhất (20/12/2023): đạt",
        ),
        ("2024", EMPTY, "25", EMPTY, EMPTY, "chưa có số liệu", EMPTY, "chưa có số liệu"),
    ),
    _carried,
)


def _definition(base: str, goal: str, observed: str, value: str) -> tuple[str, ...]:
    plan = target(
        "conditional", milestone("2025", "≥", "95", _known(goal)), base=baseline("2023", "52,5", _known(base))
    )
    row = judge(plan, indicator(), seen("2024", fraction(value), definition=_known(observed)), "2024")
    return STATUS[row.status], show(row.progress), told(row.reason)


def _known(definition: str) -> str:
    return "" if definition == EMPTY else definition


_BREAK = "định nghĩa thay đổi (8 loại → 12 loại): không tính tiến độ qua lần thay đổi"

DEFINITION = Table(
    "11. Khi định nghĩa thay đổi",
    "Tiêm chủng đầy đủ với 8, 12 rồi 14 loại vắc xin là ba chỉ số khác nhau. Chỉ kết luận khi số liệu và mốc cùng "
    "một định nghĩa; không rõ số liệu theo định nghĩa nào thì vẫn so với mốc. Tiến độ không bao giờ tính qua một "
    "lần thay đổi. Ví dụ: gốc năm 2023 là 52,5, mốc năm 2025 là ≥ 95, kỳ báo cáo năm 2024.",
    ("Gốc theo", "Mốc theo", "Số liệu theo", "Giá trị"),
    ("Kết luận", "R", "Lý do"),
    (
        ("12 loại", "12 loại", "12 loại", "70", "chưa đạt", "0,8235", ""),
        ("12 loại", "12 loại", EMPTY, "70", "chưa đạt", "0,8235", ""),
        ("8 loại", "12 loại", "12 loại", "70", "chưa đạt", EMPTY, _BREAK),
        ("8 loại", "12 loại", EMPTY, "70", "chưa đạt", EMPTY, _BREAK),
        ("8 loại", "12 loại", EMPTY, "95", "đạt", EMPTY, ""),
        (
            "8 loại",
            "12 loại",
            "8 loại",
            "96",
            "không kết luận",
            EMPTY,
            "số liệu theo định nghĩa “8 loại”, mốc theo “12 loại”: không so sánh",
        ),
    ),
    _definition,
)

_SITUATIONS = {
    "chỉ theo dõi, có số liệu": (target("track"), seen("2024", fraction("55"))),
    "chỉ theo dõi, chưa có số liệu": (target("track"), None),
    "không đánh giá tại địa phương": (target("not_assessed", statement="(câu của kế hoạch)"), None),
    "mốc thời gian": (
        target("milestone", models.Milestone(period="2025", written="x", operator="done_by", date=day("30/06/2025"))),
        None,
    ),
    "mốc ghi bằng chữ": (target("threshold", milestone("2025", "none")), seen("2024", fraction("55"))),
    "không đơn vị nào báo cáo": (target("threshold", milestone("2025", "≥", "95")), seen("2024", None, expected=10)),
    "mẫu số bằng 0": (
        target("threshold", milestone("2025", "≥", "95")),
        seen("2024", None, numerator=fraction("0"), denominator=fraction("0"), expected=10, present=10),
    ),
    "mốc ≤ 4,2, không có số liệu": (
        target("threshold", milestone("2025", "≤", "4,2")),
        seen("2024", None, expected=3, present=1),
    ),
}


def _situation(name: str) -> tuple[str, ...]:
    plan, observed = _SITUATIONS[name]
    row = judge(plan, indicator(), observed, "2024")
    return STATUS[row.status], MET[row.met], show(row.value), told(row.reason)


SITUATIONS = Table(
    "12. Khi không có kết luận",
    "Thiếu số liệu không bao giờ là 0, kể cả khi càng thấp càng tốt. Mỗi dòng không có kết luận đều ghi lý do.",
    ("Trường hợp",),
    ("Trạng thái", "Kết luận", "Giá trị", "Lý do"),
    (
        ("chỉ theo dõi, có số liệu", "theo dõi", EMPTY, "55", ""),
        ("chỉ theo dõi, chưa có số liệu", "chưa có số liệu", EMPTY, EMPTY, "chưa có số liệu"),
        ("không đánh giá tại địa phương", "không đánh giá tại địa phương", EMPTY, EMPTY, "(câu của kế hoạch)"),
        ("mốc thời gian", "không kết luận", EMPTY, EMPTY, "mốc thời gian: theo dõi ở phần nhiệm vụ"),
        ("mốc ghi bằng chữ", "không kết luận", EMPTY, "55", "mốc không có giá trị bằng số"),
        ("không đơn vị nào báo cáo", "chưa có số liệu", EMPTY, EMPTY, "chưa có số liệu (0/10 đơn vị có đủ số liệu)"),
        ("mẫu số bằng 0", "chưa có số liệu", EMPTY, EMPTY, "mẫu số bằng 0 nên không tính được"),
        ("mốc ≤ 4,2, không có số liệu", "chưa có số liệu", EMPTY, EMPTY, "chưa có số liệu (1/3 đơn vị có đủ số liệu)"),
    ),
    _situation,
)

TASK_STATE = {
    "done": "đã hoàn thành",
    "done_late": "hoàn thành chậm",
    "due": "đến hạn, chưa hoàn thành",
    "overdue": "quá hạn",
    "not_due": "chưa đến hạn",
    "ongoing": "đang thực hiện",
    "overtaken": "không còn phù hợp",
    "not_reported": "không báo cáo",
}


def _task(deadline: str, overtaken: str, stated: str, done_on: str, on: str) -> tuple[str, ...]:
    kinds = {"thường xuyên": "ongoing", "không nêu": "not_stated"}
    due = {
        "kind": kinds.get(deadline, "by_date"),
        "written": deadline,
        "date": day(deadline) if deadline not in kinds else None,
    }
    data = {"id": "t", "clause": "1", "title": "x", "lead": ("a",), "deadline": due, "overtaken_on": day(overtaken)}
    asked = day(on)
    assert asked
    return (
        TASK_STATE[
            compute_task_state(models.Task.model_validate(data), "" if stated == EMPTY else stated, day(done_on), asked)
        ],
    )


TASKS = Table(
    "13. Nhiệm vụ và mốc thời gian",
    "Xét vào ngày cuối kỳ. Đã hoàn thành thì tính trước hết, theo ngày hoàn thành (ngày sau ngày xét là chưa hoàn "
    "thành; không ghi ngày thì không coi là chậm). Nhiệm vụ không còn phù hợp do thay đổi tổ chức thì không bao "
    "giờ quá hạn. Đơn vị không báo cáo thì không bị coi là quá hạn. Thời hạn là chính ngày cuối kỳ thì đã đến hạn: "
    "báo cáo của kỳ được lập và đọc sau ngày ấy; quá hạn chỉ dùng cho kỳ sau.",
    ("Thời hạn", "Không còn phù hợp từ", "Đơn vị ghi", "Ngày hoàn thành", "Ngày xét"),
    ("Trạng thái",),
    (
        ("30/06/2025", EMPTY, "Đã hoàn thành", "30/06/2025", "30/06/2025", "đã hoàn thành"),
        ("30/06/2025", EMPTY, "Đã hoàn thành", "01/07/2025", "31/12/2025", "hoàn thành chậm"),
        ("30/06/2025", EMPTY, "Đã hoàn thành", EMPTY, "31/12/2025", "đã hoàn thành"),
        ("30/06/2025", EMPTY, "Đã hoàn thành", "15/07/2025", "30/06/2025", "đến hạn, chưa hoàn thành"),
        ("30/06/2025", EMPTY, "Đang thực hiện", EMPTY, "29/06/2025", "chưa đến hạn"),
        ("30/06/2025", EMPTY, "Đang thực hiện", EMPTY, "30/06/2025", "đến hạn, chưa hoàn thành"),
        ("30/06/2025", EMPTY, "Đang thực hiện", EMPTY, "30/09/2025", "quá hạn"),
        ("30/06/2025", EMPTY, "Chưa thực hiện", EMPTY, "30/09/2025", "quá hạn"),
        ("30/06/2025", EMPTY, EMPTY, EMPTY, "31/03/2025", "chưa đến hạn"),
        ("30/06/2025", EMPTY, EMPTY, EMPTY, "30/06/2025", "không báo cáo"),
        ("30/06/2025", EMPTY, EMPTY, EMPTY, "30/09/2025", "không báo cáo"),
        ("30/06/2025", "01/07/2025", "Đang thực hiện", EMPTY, "30/09/2025", "không còn phù hợp"),
        ("30/06/2025", "01/07/2025", "Đã hoàn thành", "20/06/2025", "30/09/2025", "đã hoàn thành"),
        ("30/06/2025", "01/07/2025", "Đang thực hiện", EMPTY, "30/06/2025", "đến hạn, chưa hoàn thành"),
        ("thường xuyên", EMPTY, "Đang thực hiện", EMPTY, "30/06/2025", "đang thực hiện"),
        ("thường xuyên", EMPTY, "Chưa thực hiện", EMPTY, "30/06/2025", "đang thực hiện"),
        ("thường xuyên", EMPTY, EMPTY, EMPTY, "30/06/2025", "không báo cáo"),
        ("không nêu", EMPTY, "Chưa thực hiện", EMPTY, "30/06/2025", "chưa đến hạn"),
    ),
    _task,
)

TABLES = (PART_YEAR, CARRIED, DEFINITION, SITUATIONS, TASKS)
