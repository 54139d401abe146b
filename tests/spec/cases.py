"""Short ways to build what the tables need, and the words they print."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

from etl.attain import compute_target_attainment
from etl.catalog import models
from etl.model import Attainment, ObservedIndicator, Period

from .table import EMPTY, fraction, number

STATUS = {
    "met": "đạt",
    "not_met": "chưa đạt",
    "within_plan": "trong kế hoạch",
    "over_plan": "vượt kế hoạch",
    "no_data": "chưa có số liệu",
    "no_new_figure": "chưa có số liệu mới",
    "no_verdict": "không kết luận",
    "not_assessed": "không đánh giá tại địa phương",
    "track": "theo dõi",
}
CLASS = {
    "": EMPTY,
    "on_track": "đúng tiến độ",
    "needs_acceleration": "cần đẩy nhanh",
    "limited": "tiến triển hạn chế",
    "moving_away": "đi ngược mục tiêu",
    "maintain": "duy trì",
}
MET = {True: "đạt", False: "chưa đạt", None: EMPTY}
SIGN = {"≥": ">=", "≤": "<=", "loại trừ": "eliminate", "duy trì loại trừ": "maintain_elimination"}


def indicator(direction: str = "up", factor: int = 100, accumulates: bool = False, **more: object) -> models.Indicator:
    published = more.get("method") == "published"
    base: dict[str, object] = {
        "code": "x", "name": "x", "short_name": "x", "method": "ratio", "factor": factor, "unit": "%",
        "direction": direction, "frequency": "quarter", "accumulates": accumulates, "source": "x",
        "definition": "x", "basis": "configured",
        "numerator": None if published else models.Side(elements=("some",)),
        "denominator": None if published else models.Side(elements=("all",)),
        "published_element": "pub" if published else None,
    }  # fmt: skip
    return models.Indicator.model_validate(base | more)


def milestone(period: str, sign: str, value: str = "", definition: str = "") -> models.Milestone:
    operator = SIGN.get(sign, sign)
    written = f"{sign} {value}".strip()
    return models.Milestone.model_validate(
        {"period": period, "written": written, "operator": operator, "value": number(value), "definition": definition}
    )


def baseline(period: str, value: str, definition: str = "") -> models.Baseline | None:
    if value in {"", EMPTY}:
        return None
    return models.Baseline(period=period, written=value, value=number(value), definition=definition)


def target(
    kind: str, *milestones: models.Milestone, base: models.Baseline | None = None, **more: object
) -> models.Target:
    data: dict[str, object] = {"item": "1", "clause": "mục 1", "title": "x", "indicator": "x", "kind": kind}
    return models.Target.model_validate(data | {"milestones": milestones, "baseline": base} | more)


def seen(period: str, value: Fraction | None, **more: object) -> ObservedIndicator:
    return ObservedIndicator("x", "62", Period.parse(period), value=value, **more)  # type: ignore[arg-type]


def judge(
    what: models.Target, which: models.Indicator | None, observed: ObservedIndicator | None, period: str
) -> Attainment:
    return compute_target_attainment("plan", what, which, observed, unit="62", period=Period.parse(period))


def day(text: str) -> dt.date | None:
    return None if text in {"", EMPTY} else dt.datetime.strptime(text, "%d/%m/%Y").date()


def ratio(numerator: str, denominator: str, factor: int) -> Fraction | None:
    top, bottom = fraction(numerator), fraction(denominator)
    return top / bottom * factor if top is not None and bottom else None
