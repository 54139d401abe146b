"""Every Vietnamese sentence of the attainment room, in one place. Used only inside the room.

Messages start with a small letter and bear no full stop: a report sets them in a line of its own.
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
NO_TOLERANCE = "kế hoạch ghi “khoảng” mà không nêu sai lệch cho phép nên không kết luận"
OTHER_SIDE = "đầu đoạn không ở cùng phía với giá trị so với khoảng nên không tính tiến độ"
RANGE_AT_YEAR_END = "mốc là một khoảng của cả năm; kết luận khi hết năm"
NOT_COUNTED = "mốc đếm số đơn vị nhưng số liệu không đếm được từng đơn vị nên không kết luận"
RISING, FALLING, ABOVE, BELOW = "tăng", "giảm", "trên mức trung bình", "dưới mức trung bình"
NO_GOAL = "mục tiêu của năm không phải là một con số nên không có xác suất đạt"
OTHER_DEFINITION = "không rõ số liệu có cùng định nghĩa với mục tiêu không nên không có xác suất đạt"
EXACTLY = "mục tiêu là đúng một con số nên không có xác suất đạt"
NO_FLOOR = "chưa đếm số đơn vị đạt mức sàn"


def describe_no_data(present: int, expected: int) -> str:
    """That there is no value, with the units that reported where they are known."""
    return f"chưa có số liệu ({present}/{expected} đơn vị báo cáo)" if expected else "chưa có số liệu"


def describe_carried_value(as_of: str, met: bool | None) -> str:
    """That the value is an older one, and whether that one meets the target (None: no target to meet)."""
    last = f"chưa có số liệu mới; số gần nhất ({format_as_of_key(as_of)})"
    return last if met is None else f"{last}: {'đạt' if met else 'chưa đạt'}"


def describe_break_in_series(old: str, new: str) -> str:
    """That two definitions must not be compared for progress."""
    return f"định nghĩa thay đổi ({old} → {new}): không tính tiến độ qua lần thay đổi"


def describe_other_definition(observed: str, target: str) -> str:
    """That the value and the milestone mean different things."""
    return f"số liệu theo định nghĩa “{observed}”, mốc theo “{target}”: không so sánh"


def describe_part_year(months: int, within: bool, year_exceeded: bool) -> str:
    """How an accumulating figure stands against the year's plan pro rata."""
    plan = f"kế hoạch phân kỳ {months}/12 tháng"
    comparison = "vượt kế hoạch cả năm" if year_exceeded else f"{'trong' if within else 'ngoài'} {plan}"
    return f"{comparison}; kết luận khi hết năm"


def describe_missing_base(written: str) -> str:
    """That a level stated against a base has no base to stand on."""
    return f"chưa có số liệu gốc{f' ({written})' if written else ''} để tính mức phải đạt nên không kết luận"


def describe_not_yet_valid(period: Period) -> str:
    """That a level holds from a period on that has not begun."""
    return f"mốc áp dụng từ {period.name} trở đi"


def describe_other_subgroup(wanted: str) -> str:
    """That the figures are not those of the group the plan speaks of."""
    return f"số liệu không tách riêng {wanted} nên không kết luận"


def describe_other_total(planned: int, current: int) -> str:
    """That a plan counted so many units and there are others now."""
    return f"kế hoạch tính trên {planned} đơn vị, nay có {current}: không so sánh"


def describe_undecided_units(count: int) -> str:
    """That the units which have not reported decide."""
    return f"còn {count} đơn vị chưa có số liệu, đủ để thay đổi kết luận"


def describe_missing_history(units: int) -> str:
    """That nothing is known of the units missing from a sum."""
    return f"{units} đơn vị thiếu số liệu chưa từng báo cáo nên không ước được khoảng của giá trị"


def describe_too_small_counts(period: bool) -> str:
    """That the counts of so short a period, or so small an area, mean nothing."""
    return f"số ca quá ít để tính theo {'kỳ ngắn hơn một năm' if period else 'địa bàn nhỏ hơn tỉnh'}"


def describe_cases_left(count: int | None) -> str:
    """Why an elimination is not reached; None where only a rate is known."""
    return "còn ca mắc trong kỳ" if count is None else f"còn {count} ca mắc trong kỳ"


def format_as_of_key(as_of: str) -> str:
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


def describe_too_few_points(points: int, wanted: int) -> str:
    """That a series is too short to be carried forward."""
    return f"quá ít số liệu để dự báo: có {points} kỳ, cần ít nhất {wanted}"


def describe_past_year(year: int) -> str:
    """That a year is over, so that nothing about it is to be foreseen."""
    return f"năm {year} đã kết thúc: xem kết quả thực hiện"


def describe_outside_limits(period: str) -> str:
    """That a figure lies outside the limits of its series' usual variation."""
    return f"{format_as_of_key(period)}: ngoài giới hạn kiểm soát"


def describe_long_run(count: int, what: str, period: str) -> str:
    """That a run of figures is longer than chance would have it; `what` is a word of `RUNS`."""
    return f"{count} kỳ liền {what}, đến {format_as_of_key(period)}"


def describe_near_limit(period: str) -> str:
    """That two of three figures lie close to the same limit."""
    return f"2 trong 3 kỳ gần giới hạn, đến {format_as_of_key(period)}"
