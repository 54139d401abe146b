"""Writes docs/outlook.md, how the outlook would have done on the simulated series: ``python -m tests.docs.outlook``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from etl.attain import build_projections, build_series, compute_own_value, list_series_periods
from etl.attain.linear_path import compute_month_number
from etl.attain.outlook import build_fitted_scale, compute_forecast, select_unbroken_run
from etl.catalog import models
from etl.model import Period, SeriesPoint
from simulation.cell_values import PERIODS
from tests.docs.render import ROOT
from tests.spec.sample import SIMULATED, area, catalogue
from tests.spec.table import EMPTY, show
from tests.wording import told

DOC = ROOT / "docs" / "outlook.md"
SCOPE, PLAN = "kon-tum", "kt-1693"
LAST = Period.parse("2025Q4")
EARLIER = Period.parse("2025Q2")
NAMES = {3: "1 quý", 6: "2 quý", 9: "3 quý", 12: "4 quý"}

_HEAD = f"""\
<!-- Sinh tự động từ tests/docs/outlook.py; không sửa tay. Viết lại bằng: python -m tests.docs.outlook -->
# Dự báo: cách tính và kiểm chứng ngược

**{SIMULATED}.** Mọi con số dưới đây tính trên số liệu mô phỏng của tỉnh Kon Tum, không phải kết quả của địa phương nào.

Cách tính, chung cho mọi chỉ tiêu: hồi quy tuyến tính bình phương nhỏ nhất theo thời gian (numpy) trên đoạn số liệu cuối
cùng theo một định nghĩa; khoảng dự báo 95% theo phân phối Student (scipy), lấy khoảng rộng hơn trong hai cách: quanh
đường hồi quy, và của bước ngẫu nhiên có xu thế tính từ kỳ cuối. Tỉ lệ phần trăm của người hoặc vật không chạm 0 và 100
được tính trên thang logit. Không chỉnh riêng cho chỉ tiêu nào. Chỉ số theo quý lấy 8 quý gần nhất và các năm chỉ có số
cả năm; chỉ số cộng dồn trong năm và chỉ số năm chỉ lấy năm đã kết thúc. Dưới 6 kỳ thì không dự báo.

Điều cần biết khi đọc: dự báo chỉ nói điều gì đến nếu mọi việc tiếp tục như trước; chuỗi ngắn nên khoảng rộng; các số
phát sinh lũy kế trong năm (tiêm chủng, sàng lọc) của hai quý liền nhau có phần chung, nên khoảng in ra có thể hẹp hơn
thật. Bảng kiểm chứng cho biết khoảng 95% thực ra chứa được bao nhiêu, và cách này có hơn việc giữ nguyên số cuối không.
"""


@dataclass(frozen=True)
class Tried:
    """One forecast that can be looked at afterwards."""

    item: str
    months: int
    predicted: float
    low: float
    high: float
    actual: float
    last: float


def lines() -> Iterator[tuple[models.Target, models.Indicator]]:
    """The targets of the plan's annex that a series stands behind."""
    for target in catalogue().plans[PLAN].targets:
        indicator = catalogue().indicators.get(target.indicator or "")
        if indicator is not None and target.kind in {"threshold", "maintain", "conditional", "published"}:
            yield target, indicator


def points(target: models.Target, indicator: models.Indicator, until: Period) -> tuple[SeriesPoint, ...]:
    rules = catalogue().outlook
    assert rules is not None
    wanted = [p for p in list_series_periods(until, rules, 2023) if p.key in PERIODS]
    found = {p: compute_own_value(target, indicator, area(SCOPE, indicator, p)) for p in wanted}
    return build_series(indicator, {p: value for p, value in found.items() if value is not None}, until)


def tried(target: models.Target, indicator: models.Indicator) -> Iterator[Tried]:
    """Every forecast that the series itself can judge: from each point with enough before it to each one after it."""
    rules = catalogue().outlook
    assert rules is not None
    run = select_unbroken_run(points(target, indicator, LAST))
    for known in range(rules.min_points, len(run)):
        past = run[:known]
        scale = build_fitted_scale(indicator, past)
        fitted = [(_month(p), scale.convert_to_fitted(float(p.value))) for p in past]
        for later in run[known:]:
            at = compute_forecast(fitted, _month(later))
            low, high = (scale.convert_from_fitted(end) for end in at.compute_prediction_interval(rules.confidence))
            yield Tried(
                target.item, int(_month(later) - _month(past[-1])), scale.convert_from_fitted(at.centre), low, high,
                float(later.value), float(past[-1].value),
            )  # fmt: skip


def _month(point: SeriesPoint) -> float:
    return float(compute_month_number(Period.parse(point.period).end))


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell or EMPTY for cell in cells) + " |"


def ahead() -> Iterator[str]:
    """The outlook as it would be printed, from two periods."""
    rules = catalogue().outlook
    assert rules is not None
    for period in (EARLIER, LAST):
        yield f"\n## Dự báo từ {period.name} ({SIMULATED})\n"
        yield _row("Chỉ tiêu", "Tên", "Số kỳ", "Năm", "Mốc", "Dự báo", "Từ", "Đến", "Khả năng đạt", "Lý do")
        yield _row(*["---"] * 10)
        for target, indicator in lines():
            for one in build_projections(target, indicator, points(target, indicator, period), period, rules):
                chance = f"{one.chance} ({_probability(one.probability or 0.0)})" if one.chance else EMPTY
                name = indicator.short_name
                numbers = (show(x, 2) for x in (one.value, one.low, one.high))
                yield _row(
                    target.item,
                    name,
                    str(one.points),
                    str(one.year),
                    _goal(one.target),
                    *numbers,
                    chance,
                    told(one.reason),
                )


def _goal(target: Fraction | None) -> str:
    return show(target, 2)


def _probability(p: float) -> str:
    return "< 0,01" if p < 0.01 else "> 0,99" if p > 0.99 else show(p, 2)


def behind() -> Iterator[str]:
    """The back-test, by target and by distance."""
    every = [one for target, indicator in lines() for one in tried(target, indicator)]
    yield f"\n## Kiểm chứng ngược ({SIMULATED})\n"
    yield (
        "Đứng ở từng kỳ có đủ 6 kỳ trước đó, dự báo mọi kỳ sau rồi so với số liệu mô phỏng đã có. “Giữ nguyên số cuối” "
        "là cách dự báo đơn giản nhất, để so sánh.\n"
    )
    yield _row("Chỉ tiêu", "Số dự báo", "Sai lệch tuyệt đối bình quân", "Nếu giữ nguyên số cuối", "Trong khoảng 95%")
    yield _row(*["---"] * 5)
    for item in dict.fromkeys(one.item for one in every):
        yield _scored(item, [one for one in every if one.item == item])
    yield _scored("**Tất cả**", every)
    yield ""
    yield _row("Xa", "Số dự báo", "Sai lệch tuyệt đối bình quân", "Nếu giữ nguyên số cuối", "Trong khoảng 95%")
    yield _row(*["---"] * 5)
    for months in sorted({one.months for one in every}):
        yield _scored(NAMES[months], [one for one in every if one.months == months])
    yield from _coverage(every)


def _inside(found: list[Tried]) -> int:
    return sum(one.low <= one.actual <= one.high for one in found)


def _coverage(every: list[Tried]) -> Iterator[str]:
    """In plain words: whether the interval held what its name promises, and where it held least."""
    share = {item: Fraction(_inside(own), len(own)) for item in dict.fromkeys(one.item for one in every)
             if (own := [one for one in every if one.item == item])}  # fmt: skip
    worst = min(share, key=lambda item: share[item])
    held = Fraction(_inside(every), len(every))
    yield (
        f"\nNói thẳng: khoảng 95% chứa số thực tế trong {_inside(every)} trên {len(every)} dự báo, tức "
        f"{show(float(held * 100), 0)}%, "
        + ("thấp hơn mức 95% đã ghi, nên khoảng in ra còn hẹp" if held < Fraction(95, 100) else "đạt mức 95% đã ghi")
        + f"; kém nhất là chỉ tiêu {worst} ({show(float(share[worst] * 100), 0)}%). Các dự báo này chồng lấn nhau và số "
        "liệu là mô phỏng, nên kết quả chưa đủ để chỉnh cách tính."
    )


def _scored(name: str, found: list[Tried]) -> str:
    errors = sum(abs(one.predicted - one.actual) for one in found) / len(found)
    naive = sum(abs(one.last - one.actual) for one in found) / len(found)
    return _row(name, str(len(found)), show(errors, 2), show(naive, 2), f"{_inside(found)}/{len(found)}")


def document() -> str:
    """The whole document."""
    return "\n".join([_HEAD.rstrip(), *behind(), *ahead()]) + "\n"


if __name__ == "__main__":
    DOC.write_text(document(), encoding="utf-8")
