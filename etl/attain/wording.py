"""Every Vietnamese sentence of the attainment room, in one place. Used only inside the room.

Sentences start with a small letter and bear no full stop: a report sets them in a line of its own.
"""

from __future__ import annotations

from datetime import date

from etl.errors import UsageError
from etl.model import Period

NO_BASELINE = "không có số liệu kỳ gốc nên không tính tiến độ"
NO_NUMERIC_START = "mốc trước không có giá trị bằng số nên không tính tiến độ"
BASELINE_PERIOD = "kỳ báo cáo là kỳ gốc nên chưa tính tiến độ"
BEFORE_BASELINE = "kỳ báo cáo trước kỳ gốc nên không tính tiến độ"
NO_STRETCH = "mốc không nằm sau kỳ gốc nên không có lộ trình"
NO_CHANGE_NEEDED = "mốc bằng giá trị đầu đoạn: chỉ cần duy trì nên không tính tiến độ"
NO_ROOM = "mốc trùng giá trị đầu đoạn với dấu nghiêm ngặt nên không có lộ trình"
AGAINST_DIRECTION = "giá trị đầu đoạn đã tốt hơn mốc nên không tính tiến độ"
ZERO_DENOMINATOR = "mẫu số bằng 0 nên không tính được"
NOT_RECOGNISED = "không còn ca mắc nhưng chưa có công nhận loại trừ"
NO_NUMBER = "mốc không có giá trị bằng số"
BY_DATE = "mốc thời gian: theo dõi ở phần nhiệm vụ"
NO_MILESTONE = "kế hoạch không ghi mốc"
NOT_ASSESSED = "không đánh giá tại địa phương"
NO_FLOOR = "chưa đếm số đơn vị đạt mức sàn"


def no_data(present: int, expected: int) -> str:
    """That there is no value, with the units that reported where they are known."""
    return f"chưa có số liệu ({present}/{expected} đơn vị báo cáo)" if expected else "chưa có số liệu"


def carried(as_of: str, met: bool | None) -> str:
    """That the value is an older one, and whether that one meets the target (None: no target to meet)."""
    last = f"chưa có số liệu mới; số gần nhất ({as_of_name(as_of)})"
    return last if met is None else f"{last}: {'đạt' if met else 'chưa đạt'}"


def break_in_series(old: str, new: str) -> str:
    """That two definitions must not be compared for progress."""
    return f"định nghĩa thay đổi ({old} → {new}): không tính tiến độ qua lần thay đổi"


def other_definition(observed: str, target: str) -> str:
    """That the value and the milestone mean different things."""
    return f"số liệu theo định nghĩa “{observed}”, mốc theo “{target}”: không so sánh"


def part_year(months: int, within: bool, year_exceeded: bool) -> str:
    """How an accumulating figure stands against the year's plan pro rata."""
    plan = f"kế hoạch phân kỳ {months}/12 tháng"
    found = "vượt kế hoạch cả năm" if year_exceeded else f"{'trong' if within else 'ngoài'} {plan}"
    return f"{found}; kết luận khi hết năm"


def cases_left(count: int | None) -> str:
    """Why an elimination is not reached; None where only a rate is known."""
    return "còn ca mắc trong kỳ" if count is None else f"còn {count} ca mắc trong kỳ"


def as_of_name(as_of: str) -> str:
    """A period key or ISO date as a reader writes it; any other text stays as it is."""
    try:
        return Period.parse(as_of).name
    except UsageError:
        pass
    try:
        day = date.fromisoformat(as_of)
    except ValueError:
        return as_of
    return f"{day.day:02d}/{day.month:02d}/{day.year}"
