"""One worked example of each kind of target, on the simulated figures of the year 2024."""

from __future__ import annotations

from collections.abc import Iterator

from etl.attain import compute_target_attainment
from etl.catalog import models
from etl.model import Attainment, Period
from tests.wording import told

from .cases import CLASS, STATUS, target
from .grammar_tables import stone
from .sample import SIMULATED, area, catalogue
from .table import EMPTY, show

YEAR = Period.parse("2024")
HEADS = ("Loại", "Mục tiêu", "Tử số / mẫu số", "Giá trị", "Mốc", "Kết luận", "Diễn giải")

OWN = (
    ("ngưỡng", "kon-tum", "kt-1693", "12"),
    ("ngưỡng nghiêm ngặt, càng thấp càng tốt", "kon-tum", "kt-1693", "15.2"),
    ("mốc đi ngược chiều cải thiện", "kon-tum", "kt-1693", "13"),
    ("duy trì", "kon-tum", "kt-1693", "10"),
    ("loại trừ", "kon-tum", "kt-1693", "15.3"),
    ("mức sàn từng đơn vị", "kon-tum", "kt-124", "II-4a"),
    ("có điều kiện, định nghĩa thay đổi", "kon-tum", "kt-1693", "7"),
    ("số liệu công bố", "kon-tum", "kt-1693", "17"),
    ("chỉ theo dõi", "kon-tum", "kt-124", "II-2d"),
    ("không đánh giá tại địa phương", "kon-tum", "kt-1693", "11"),
    ("mốc thời gian", "kon-tum", "kt-124", "III.1-1"),
    ("hai mức trong một kế hoạch (mức một)", "tan-yen", "ty-ct25", "I.3-2.1"),
    ("hai mức trong một kế hoạch (mức hai)", "tan-yen", "ty-ct25", "II.2.4.1-3"),
    ("từ một năm trở đi", "tan-yen", "ty-ct25", "II.2.5-3"),
)
MADE_UP = (
    ("khoảng", "bhyt", "khoảng 94,5% (± 0,5)", stone("2025", operator="about", value="94.5", tolerance="0.5"), {}),
    ("từ … đến …", "beds_per_10k", "từ 42 đến 44 giường", stone("2025", operator="between", value=42, upper=44), {}),
    (
        "giảm so với năm gốc", "tb_new_per_100k", "giảm 20% so với năm 2023",
        stone("2025", operator="<=", relative={"percent": -20}), {"period": "2023", "written": "87,6", "value": "87.6"},
    ),
    (
        "so với giai đoạn gốc, thiếu số gốc", "hiv_new_per_100k", "giảm ít nhất 5% so với giai đoạn 2016-2020",
        stone("2025", operator="<=", relative={"percent": -5}), {"period": "2016-2020", "written": "không ghi"},
    ),
    (
        "tăng bình quân mỗi năm", "nurses_per_10k", "tăng bình quân 5%/năm từ năm 2023",
        stone("2025", relative={"percent": 5, "yearly": True}), {"period": "2023", "written": "14,3", "value": "14.3"},
    ),
    ("phần nghìn", "prenatal_screened", "từ 400‰ trở lên", stone("2025", value=400, per=1000), {}),
    ("mấy trên mấy đơn vị", "commune_criteria", "80/102 xã", stone("2025", count={"count": 80, "of": 102}), {}),
)  # fmt: skip


def examples() -> Iterator[tuple[str, ...]]:
    """The rows of the section."""
    for kind, scope, plan, item in OWN:
        line = next(t for t in catalogue().plans[plan].targets if t.item == item)
        name = f"{catalogue().plans[plan].short_title}, {line.clause}: {line.title}"
        written = "; ".join(f"{ms.period}: {ms.written}" for ms in line.milestones)
        yield _row(kind, name, written, _judged(scope, plan, line))
    for kind, code, written, milestone, base in MADE_UP:
        line = target(
            "threshold", milestone, indicator=code, base=models.Baseline.model_validate(base) if base else None
        )
        name = f"(giả định) {catalogue().indicators[code].short_name}"
        yield _row(kind, name, f"2025: {written}", _judged("kon-tum", "x", line))
    line = target(
        "threshold", stone("2025", operator="<=", value=30), indicator="stunting", subgroup="trẻ em dân tộc thiểu số"
    )
    name = "(giả định) Suy dinh dưỡng thấp còi ở trẻ em dân tộc thiểu số"
    yield _row("mức trần cho một nhóm", name, "2025: không quá 30%", _judged("kon-tum", "x", line))


def _judged(scope: str, plan: str, line: models.Target) -> Attainment:
    indicator = catalogue().indicators.get(line.indicator or "")
    observed = area(scope, indicator, YEAR) if indicator else None
    return compute_target_attainment(
        plan, line, indicator, observed, unit=catalogue().get_scope(scope).area_unit, period=YEAR
    )


def _row(kind: str, name: str, written: str, row: Attainment) -> tuple[str, ...]:
    sides = EMPTY if row.numerator is None else f"{show(row.numerator, 2)} / {show(row.denominator, 2)}"
    return kind, name, sides, show(row.value, 2), written or EMPTY, STATUS[row.status], "; ".join(_why(row)) or EMPTY


def _why(row: Attainment) -> Iterator[str]:
    if row.met is False and row.target is not None:
        yield f"mốc {row.target_period}: {show(row.target, 2)}"
    if row.progress is not None:
        yield f"R = {show(row.progress, 2)} ({CLASS[row.progress_class]})"
    if row.per_cent_of_plan is not None:
        yield f"{show(row.per_cent_of_plan, 1)}% kế hoạch"
    if row.people_missing is not None:
        fewer = row.operator in {"<", "<=", "eliminate", "maintain_elimination"}
        yield f"{'còn phải bớt' if fewer else 'còn thiếu'} {row.people_missing}"
    if row.required_yearly_change is not None:
        yield f"mỗi năm còn phải thay đổi {show(row.required_yearly_change, 2)}"
    if told(row.reason):
        yield told(row.reason)


def section() -> str:
    """The section of the document."""
    lines = [
        f"## Ví dụ cho từng loại mục tiêu ({SIMULATED})",
        "",
        f"Kỳ báo cáo: năm 2024, toàn tỉnh Kon Tum hoặc toàn huyện Tân Yên. {SIMULATED}: không phải kết quả của địa phương "
        "nào. Các mục tiêu ghi “(giả định)” là cách viết thường gặp ở kế hoạch của tỉnh khác, đặt thử trên cùng số liệu.",
        "",
        "| " + " | ".join(HEADS) + " |",
        "| " + " | ".join("---" for _ in HEADS) + " |",
    ]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in examples())]) + "\n"
