"""How sure a figure is: missing units, small counts, short series, what comes next."""

from __future__ import annotations

from fractions import Fraction

from etl.attain import build_projections, compute_control_limits
from etl.catalog import models
from etl.model import Gap, Period, SeriesPoint
from etl.model.reason import build_reason
from etl.model.results import LONE_SIDES
from etl.model.trend import compare_attainments
from tests.wording import told

from .cases import STATUS, baseline, indicator, judge, milestone, seen, target
from .table import EMPTY, Table, fraction, show


def _pairs(text: str) -> tuple[tuple[Fraction, Fraction], ...]:
    """``30/50; 45/50``."""
    if text == EMPTY:
        return ()
    return tuple((Fraction(n), Fraction(d)) for n, d in (pair.strip().split("/") for pair in text.split(";")))


def _bounds(known: str, history: str) -> tuple[str, ...]:
    ((top, bottom),) = _pairs(known)
    gaps = tuple(Gap(str(i), _pairs(one)) for i, one in enumerate(history.split(" và ")))
    observed = seen(
        "2025", top / bottom * 100, numerator=top, denominator=bottom, expected=9 + len(gaps), present=9, gaps=gaps
    )
    row = judge(target("threshold", milestone("2025", "≥", "90")), indicator(), observed, "2025")
    low, high = row.bounds or (None, None)
    turns = "có" if row.bounds_turn else "không"
    return STATUS[row.status], show(low), show(high), turns if row.bounds else EMPTY, told(row.bounds_reason)


BOUNDS = Table(
    "26. Đơn vị thiếu số liệu có thể làm giá trị thay đổi đến đâu",
    "Mỗi đơn vị thiếu được thử lần lượt với từng cặp tử số/mẫu số mà chính nó đã báo cáo ở các quý trước; lấy tổng "
    "nhỏ nhất và lớn nhất. Số phát sinh trong kỳ của một quý được nhân với số quý đã qua. Đơn vị chưa từng báo cáo "
    "thì không ước. Ví dụ: mốc ≥ 90 %.",
    ("Các đơn vị đã có", "Những cặp đơn vị thiếu từng báo cáo"),
    ("Kết luận", "Thấp nhất", "Cao nhất", "Kết luận có thể đổi", "Lý do"),
    (
        ("900/1000", "80/100; 95/100", "đạt", "89,0909", "90,4545", "có", ""),
        ("950/1000", "80/100; 95/100", "đạt", "93,6364", "95", "không", ""),
        ("900/1000", "80/100; 95/100 và 10/20; 20/20", "đạt", "88,3929", "90,625", "có", ""),
        ("900/1000", "95/100; 480/600", "đạt", "86,25", "90,4545", "có", ""),
        (
            "900/1000", EMPTY, "đạt", EMPTY, EMPTY, EMPTY,
            "1 đơn vị thiếu số liệu chưa từng báo cáo nên không ước được khoảng của giá trị",
        ),
    ),
    _bounds,
)  # fmt: skip


def _small(cases: str) -> tuple[str, ...]:
    top = fraction(cases)
    assert top is not None
    observed = seen("2025", top / 588_000 * 100_000, numerator=top, denominator=Fraction(588_000))
    row = judge(target("track"), indicator("down", 100_000, True), observed, "2025")
    return show(row.value, 2), "có" if row.small_count else "không"


SMALL = Table(
    "27. In số ca bên cạnh tỉ suất",
    "Tỉ suất dựa trên dưới 10 ca luôn in kèm số ca. Ví dụ: dân số 588.000 (cỡ tỉnh Kon Tum), trên 100.000 dân.",
    ("Số ca",),
    ("Tỉ suất", "Phải in số ca"),
    (("2", "0,34", "có"), ("9", "1,53", "có"), ("10", "1,7", "không")),
    _small,
)


def _fine(level: str, period: str, as_of: str) -> tuple[str, ...]:
    which = indicator("down", method="published", min_level="province", min_period="year")
    observed = seen(
        period,
        fraction("35"),
        as_of="" if as_of == EMPTY else as_of,
        level={"tỉnh": "province", "huyện": "district"}[level],
    )
    row = judge(target("published", milestone("2025", "≤", "32,5")), which, observed, period)
    return show(row.value), STATUS[row.status], told(row.reason)


TOO_FINE = Table(
    "28. Tỉ số tử vong mẹ: không theo quý, không theo huyện",
    "Mỗi năm cả tỉnh chỉ có vài ca. Dưới mức địa bàn và kỳ nhỏ nhất ghi trong danh mục thì không in tỉ số và không "
    "kết luận; trong quý chỉ nhắc lại số đã công bố của năm trước. Ví dụ: mốc ≤ 32,5.",
    ("Địa bàn", "Kỳ", "Số liệu của"),
    ("Giá trị in", "Trạng thái", "Lý do"),
    (
        ("tỉnh", "2024", EMPTY, "35", "chưa đạt", "không có số liệu kỳ gốc nên không tính tiến độ"),
        ("tỉnh", "2024Q2", EMPTY, EMPTY, "không kết luận", "số ca quá ít để tính theo kỳ ngắn hơn một năm"),
        (
            "tỉnh", "2024Q2", "2023", "35", "chưa có số liệu mới",
            "chưa có số liệu mới; số gần nhất (năm 2023): chưa đạt",
        ),
        ("huyện", "2024", EMPTY, EMPTY, "không kết luận", "chỉ tính chung cho toàn tỉnh"),
    ),
    _fine,
)  # fmt: skip

_TREND = {
    "up": "tăng", "down": "giảm", "same": "không đổi", "unclear": "không nói tăng giảm", "carried": "không so sánh",
    "broken": "không so sánh", "none": "không so sánh",
}  # fmt: skip


def _trend(kind: str, before: str, now: str) -> tuple[str, ...]:
    which = {"tỉ lệ người": indicator(), "ca mắc/100.000": indicator("down", 100_000, True)}.get(kind)
    which = which or indicator("up", 10_000)
    rows = []
    for text in (before, now):
        ((top, bottom),) = _pairs(text)
        observed = seen("2025", top / bottom * which.factor, numerator=top, denominator=bottom)
        rows.append(judge(target("track"), which, observed, "2025"))
    return (_TREND[compare_attainments(rows[1], rows[0])],)


TREND = Table(
    "29. Khi nào nói tăng, giảm",
    "Khoảng tin cậy 95% của hai kỳ chồng lấn thì không nói tăng hay giảm. Số đếm toàn bộ (bác sĩ, giường bệnh) không "
    "có khoảng thì so thẳng. Số của kỳ trước mang sang, số công bố không kèm sai số và số theo định nghĩa khác thì "
    "không so sánh.",
    ("Chỉ số", "Kỳ trước", "Kỳ này"),
    ("Từ dùng",),
    (
        ("tỉ lệ người", "850/1000", "900/1000", "tăng"),
        ("tỉ lệ người", "85/100", "90/100", "không nói tăng giảm"),
        ("ca mắc/100.000", "2/588000", "4/588000", "không nói tăng giảm"),
        ("ca mắc/100.000", "515/588000", "380/588000", "giảm"),
        ("bác sĩ/10.000", "617/588000", "620/588000", "tăng"),
        ("bác sĩ/10.000", "620/588000", "620/588000", "không đổi"),
    ),
    _trend,
)


def _series(text: str) -> list[SeriesPoint]:
    return [SeriesPoint(f"{2010 + i}", fraction(v.strip()) or Fraction(0)) for i, v in enumerate(text.split(";"))]


def _control(text: str) -> tuple[str, ...]:
    found = compute_control_limits(_series(text))
    if found is None:
        return EMPTY, EMPTY, EMPTY, EMPTY, ""
    tentative = "tạm thời" if found.provisional else ""
    return show(found.mean), show(found.low), show(found.high), tentative, "; ".join(map(told, found.signals))


CONTROL = Table(
    "30. Giới hạn kiểm soát của chuỗi ngắn",
    "Biểu đồ XmR: trung bình ± 2,66 × khoảng di động trung bình, bỏ khoảng di động lớn hơn 3,267 lần trung bình. Báo "
    "khi một kỳ ra ngoài giới hạn, 7 kỳ liền tăng (giảm), 7 kỳ liền ở một phía, 2 trong 3 kỳ gần giới hạn. Dưới 12 "
    "kỳ: giới hạn tạm thời. Dưới 4 kỳ: không tính.",
    ("Chuỗi (từ năm 2010)",),
    ("Trung bình", "Giới hạn dưới", "Giới hạn trên", "Ghi chú", "Tín hiệu"),
    (
        ("10; 12; 11; 13; 12; 11; 14; 12", "11,875", "7,315", "16,435", "tạm thời", ""),
        (
            "10; 11; 10; 11; 10; 11; 10; 11; 10; 11; 10; 20", "11,25", "8,59", "13,91", "",
            "năm 2021: ngoài giới hạn kiểm soát; 11 kỳ liền dưới mức trung bình, đến năm 2020",
        ),
        (
            "1; 2; 3; 4; 5; 6; 7", "4", "1,34", "6,66", "tạm thời",
            "năm 2010: ngoài giới hạn kiểm soát; năm 2016: ngoài giới hạn kiểm soát; 7 kỳ liền tăng, đến năm 2016; "
            "2 trong 3 kỳ gần giới hạn, đến năm 2016",
        ),
        ("10; 12; 11", EMPTY, EMPTY, EMPTY, EMPTY, ""),
    ),
    _control,
)  # fmt: skip

RULES = models.OutlookRules.model_validate(
    {
        "basis": "configured", "source": "x", "horizons": [2025], "min_points": 6, "window_quarters": 12,
        "window_years": 10, "confidence": 0.95,
        "classes": [
            {"from": 0.9, "name": "rất có khả năng"}, {"from": 0.66, "name": "có khả năng"},
            {"from": 0.33, "name": "chưa rõ"}, {"from": 0, "name": "ít khả năng"},
        ],
    }
)  # fmt: skip


def _outlook(text: str, sign: str, goal: str) -> tuple[str, ...]:
    values = [fraction(v.strip()) or Fraction(0) for v in text.split(";")]
    quarters = [f"{2023 + i // 4}Q{i % 4 + 1}" for i in range(len(values))]
    series = [SeriesPoint(q, v) for q, v in zip(quarters, values, strict=True)]
    plan = target("threshold", milestone("2025", sign, goal), base=baseline("2022", "1"))
    (found,) = build_projections(plan, indicator(factor=1000), series, Period.parse(quarters[-1]), RULES)
    return show(found.value, 2), show(found.low, 2), show(found.high, 2), found.chance, told(found.reason)


OUTLOOK = Table(
    "31. Dự báo đến năm của mốc",
    "Đường thẳng bình phương nhỏ nhất theo thời gian; khoảng dự báo 95% (Student) là khoảng rộng hơn trong hai cách: "
    "quanh đường thẳng, và của bước ngẫu nhiên có xu thế từ kỳ cuối. Tỉ lệ phần trăm không chạm 0 "
    "hoặc 100 được tính trên thang logit. Chỉ dùng đoạn cuối cùng theo một định nghĩa. Ít hơn 6 kỳ thì không dự báo. "
    "Xác suất đạt từ 0,90 là rất có khả năng, từ 0,66 có khả năng, từ 0,33 chưa rõ, dưới 0,33 ít khả năng: các "
    "ngưỡng này do cơ quan tổng hợp đặt trong danh mục, không văn bản nào quy định. Dự báo chỉ nói điều gì sẽ đến nếu "
    "mọi việc tiếp tục như trước. Ví dụ: số liệu từng quý từ quý I năm 2023, mốc năm 2025.",
    ("Chuỗi theo quý", "Dấu", "Mốc"),
    ("Dự báo", "Từ", "Đến", "Khả năng đạt", "Lý do"),
    (
        ("10; 11; 12; 13; 14; 15", "≥", "20", "21", "21", "21", "rất có khả năng", ""),
        ("10; 11; 12; 13; 14; 15", "≥", "22", "21", "21", "21", "ít khả năng", ""),
        ("10; 12; 11; 13; 13; 14", "≥", "18", "18,24", "5,09", "31,39", "chưa rõ", ""),
        ("10; 12; 11; 13; 13; 14", "≤", "21", "18,24", "5,09", "31,39", "có khả năng", ""),
        (
            "10; 11; 12; 13; 14", "≥", "20", EMPTY, EMPTY, EMPTY, "",
            "quá ít số liệu để dự báo: có 5 kỳ, cần ít nhất 6",
        ),
    ),
    _outlook,
)  # fmt: skip


def _sure(operator: str, level: str, known: str, history: str) -> tuple[str, ...]:
    gaps = tuple(Gap(str(i), _pairs(one)) for i, one in enumerate((known, *history.split(" và "))))
    reason = build_reason(LONE_SIDES, units="Bệnh viện")
    observed = seen("2025", None, expected=len(gaps), gaps=gaps, no_figure=reason)
    what = target("threshold", milestone("2025", operator, level))
    row = judge(what, indicator("down" if operator == "≤" else "up", 10_000), observed, "2025")
    low, high = row.bounds or (None, None)
    sure = {True: "đạt", False: "chưa đạt", None: "chưa đủ số liệu để kết luận"}[row.bounds_met]
    return STATUS[row.status], show(low), show(high), sure


SURE = Table(
    "32. Kết luận chắc chắn dù số liệu còn thiếu",
    "Khi nơi còn thiếu chỉ báo cáo một vế (ví dụ bệnh viện có bác sĩ, không có dân số), không có giá trị mà chỉ có khoảng. "
    "Mọi giá trị trong khoảng cùng một kết luận thì kết luận ấy là chắc chắn. Ví dụ: người trên 10.000 dân.",
    ("Dấu", "Mức", "Phần đã có", "Những cặp nơi còn thiếu từng báo cáo"),
    ("Trạng thái", "Thấp nhất", "Cao nhất", "Kết luận chắc chắn"),
    (
        ("≥", "9", "900/1000000", "40/0; 60/0", "chưa có số liệu", "9,4", "9,6", "đạt"),
        ("≥", "9,4", "900/1000000", "40/0; 60/0", "chưa có số liệu", "9,4", "9,6", "đạt"),
        (">", "9,4", "900/1000000", "40/0; 60/0", "chưa có số liệu", "9,4", "9,6", "chưa đủ số liệu để kết luận"),
        ("≥", "9,5", "900/1000000", "40/0; 60/0", "chưa có số liệu", "9,4", "9,6", "chưa đủ số liệu để kết luận"),
        ("≥", "10", "900/1000000", "40/0; 60/0", "chưa có số liệu", "9,4", "9,6", "chưa đạt"),
        ("≤", "9,6", "900/1000000", "40/0; 60/0", "chưa có số liệu", "9,4", "9,6", "đạt"),
        ("≤", "9,5", "900/1000000", "40/0; 60/0", "chưa có số liệu", "9,4", "9,6", "chưa đủ số liệu để kết luận"),
        ("≥", "9", "0/1160000", "40/0; 60/0 và 900/0; 1100/0", "chưa có số liệu", "8,1034", "10", "chưa đủ số liệu để kết luận"),
        ("≥", "9", "900/1000000", EMPTY, "chưa có số liệu", EMPTY, EMPTY, "chưa đủ số liệu để kết luận"),
    ),
    _sure,
)  # fmt: skip


TABLES = (BOUNDS, SMALL, TOO_FINE, TREND, CONTROL, OUTLOOK, SURE)
