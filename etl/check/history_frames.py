"""The frames that need what is known around a workbook: its unit's other periods, and official figures.

Called by the check room only. Grain: year, time → number cell; beside → data element; population, quality →
workbook. A workbook whose history nobody knows (an offline check) is in none of them but `quality`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etl.catalog import Catalogue
from etl.check import metrics
from etl.check.check_template import NUMBER
from etl.check.frames import PeerFigures, ReportingRecord, RuleFrame, WorkbookArrays
from etl.model import Period, PeriodKind
from etl.model.numbers import format_number

if TYPE_CHECKING:
    import numpy as np

Limits = dict[str, float]


@dataclass(frozen=True)
class UsualValue:
    """What a value is compared with: the usual one, the period (or periods) it comes from, and how far off it is.

    `value` and `whole` are of a unit beside its whole area: the unit's own total, and the area's measure.
    """

    expected: float
    since: str
    measure: float = 0.0
    value: float = 0.0
    whole: float = 1.0


def build_history_frames(catalogue: Catalogue, opened: Sequence[WorkbookArrays]) -> dict[str, RuleFrame]:
    """The five frames of a batch, by the name that rules call them by; those without rows are empty."""
    limits = catalogue.thresholds
    return {
        "year": _build_history_frame(opened, _compare_with_quarters, ("flow_difference", "stock_difference")),
        "time": _build_history_frame(
            opened, lambda b: _compare_with_past(b, limits), ("fall", "extreme", "moderate", "drift")
        ),
        "beside": _build_history_frame(opened, lambda b: _compare_with_peers(b, limits), ("together",)),
        "population": _build_history_frame(opened, lambda b: _compare_population(b, limits), ("near_official",)),
        "quality": _build_history_frame(
            opened, lambda b: _build_quality_row(b, limits), ("complete", "reported", "punctual", "untested")
        ),
    }


FrameRows = tuple[list[int], list[list[float]], list[Any]]
"""Positions of cells, numbers per column, details."""


def _build_history_frame(opened: Sequence[WorkbookArrays], rows: Any, names: tuple[str, ...]) -> RuleFrame:
    import numpy as np

    books: list[int] = []
    positions: list[int] = []
    columns: list[list[float]] = []
    details: list[Any] = []
    for book in opened:
        at, numbers, about = rows(book)
        books += [book.number] * len(at)
        positions += at
        columns += numbers
        details += about
    table = np.array(columns, dtype=float).reshape(-1, len(names))
    return RuleFrame(
        {name: table[:, i] for i, name in enumerate(names)},
        np.array(books, dtype=int), np.array(positions, dtype=int), details,
    )  # fmt: skip


def _select_period_values(book: WorkbookArrays, key: str) -> np.ndarray:
    """What the unit reported for a period, along the workbook's cells; NaN where nothing."""
    import numpy as np

    values_by_cell = (book.submission.history or {}).get(key, {})
    return np.array([values_by_cell.get(cell) for cell in book.template.keys], dtype=float)


# --- a year against its quarters ------------------------------------------------------------------------------


def _compare_with_quarters(book: WorkbookArrays) -> FrameRows:
    """A form's numbers against the sum of the quarters in its period, or against the last, where they are known."""
    import numpy as np

    within = [quarter.index - 1 for quarter in book.context.period.quarters]
    if not book.submission.quarters or not within:
        return [], [], []
    no_values = (None,) * 4
    values_by_quarter = np.array(
        [book.submission.quarters.get(cell, no_values) for cell in book.template.keys], dtype=float
    ).T
    quarters = values_by_quarter[within]
    flow = book.template.flow
    expected = np.where(flow, np.sum(quarters, axis=0), quarters[-1])
    off = np.round(book.values - expected, 6)
    at = np.flatnonzero(~np.isnan(off)).tolist()
    nothing = float("nan")
    numbers = [[off[k], nothing] if flow[k] else [nothing, off[k]] for k in at]
    return at, numbers, [UsualValue(float(expected[k]), "") for k in at]


# --- a value against its own past -------------------------------------------------------------------------------


def _compare_with_past(book: WorkbookArrays, limits: Limits) -> FrameRows:
    """Cumulative numbers that fall, jumps, and a year that leaves the years before it; only the cells that do.

    Rows of cells that stay within the distance guards are left out: no rule could fail there.
    """
    if not book.submission.history:
        return [], [], []
    past = [
        (p, _select_period_values(book, p.key))
        for p in book.context.period.list_earlier_periods(int(limits["history_periods"]))
        if p.key in book.submission.history
    ]
    rows_by_cell: dict[int, tuple[list[float], UsualValue]] = {}
    _find_falls(book, past, rows_by_cell)
    if past:
        _find_jumps(book, past, limits, rows_by_cell)
        if book.context.period.kind == PeriodKind.YEAR:
            _find_drifts(book, past, limits, rows_by_cell)
    at = sorted(rows_by_cell)
    return at, [rows_by_cell[k][0] for k in at], [rows_by_cell[k][1] for k in at]


_PastValues = list[tuple[Period, "np.ndarray"]]


def _find_falls(
    book: WorkbookArrays, past: _PastValues, rows_by_cell: dict[int, tuple[list[float], UsualValue]]
) -> None:
    """Cumulative numbers below those of the nearest earlier period of the same year."""
    import numpy as np

    same = [(p, values) for p, values in past if p.year == book.context.period.year]
    if not same:
        return
    last, before = same[0]
    change = book.values - before
    for k in np.flatnonzero(book.template.ytd & (change < 0)).tolist():
        rows_by_cell[k] = ([float(change[k]), 0.0, 0.0, 0.0], UsualValue(float(before[k]), last.name))


def _find_unusual_cells(values: np.ndarray, usual: np.ndarray, limits: Limits) -> np.ndarray:
    """Cells that differ from what is usual by more than chance and slow growth explain."""
    import numpy as np

    distance = np.abs(values - usual)
    away: np.ndarray = (distance >= limits["outlier_change"]) & (distance > limits["outlier_ratio"] * np.abs(usual))
    return away


def build_outlier_limits(limits: Limits) -> metrics.OutlierLimits:
    """The thresholds of `catalog/quality.yaml` as the outlier metric takes them."""
    return metrics.OutlierLimits(
        least_n=int(limits["history_least"]), sd_n=int(limits["history_sd_least"]),
        moderate=limits["outlier_moderate_z"], extreme=limits["outlier_extreme_z"],
        sd_moderate=limits["outlier_moderate_sd"], sd_extreme=limits["outlier_extreme_sd"],
        change=limits["outlier_change"], ratio=limits["outlier_ratio"],
    )  # fmt: skip


def _find_jumps(
    book: WorkbookArrays, past: _PastValues, limits: Limits, rows_by_cell: dict[int, tuple[list[float], UsualValue]]
) -> None:
    """Stocks and flows that leave their own history; cumulative numbers are expected to grow and are left out."""
    import numpy as np

    table = np.sort(np.array([values for _, values in past]), axis=0)  # NaN goes last
    known_counts = (~np.isnan(table)).sum(axis=0)
    columns = np.arange(table.shape[1])
    middle = (
        table[np.maximum(known_counts - 1, 0) // 2, columns]
        + table[np.minimum(known_counts // 2, len(past) - 1), columns]
    ) / 2
    steady = book.template.stock | book.template.flow
    metric_limits = build_outlier_limits(limits)
    for k in np.flatnonzero(
        steady & (known_counts >= metric_limits.least_n) & _find_unusual_cells(book.values, middle, limits)
    ).tolist():
        measure = metrics.measure_outlier(float(book.values[k]), table[: known_counts[k], k].tolist(), metric_limits)
        if measure.flag in {"flagged", "extreme"}:
            extreme = float(measure.flag == "extreme")
            usual = UsualValue(float(middle[k]), f"{known_counts[k]} kỳ trước", measure.value or 0.0)
            rows_by_cell[k] = ([0.0, extreme, 1.0 - extreme, 0.0], usual)


def _find_drifts(
    book: WorkbookArrays, past: _PastValues, limits: Limits, rows_by_cell: dict[int, tuple[list[float], UsualValue]]
) -> None:
    """A year against the mean of up to three years before it."""
    import numpy as np

    last = np.array([values for _, values in past[: int(limits["compared_years"])]])
    known_counts = (~np.isnan(last)).sum(axis=0)
    mean = np.nansum(last, axis=0) / np.maximum(known_counts, 1)
    counted = book.template.stock | book.template.flow | book.template.ytd
    for k in np.flatnonzero(counted & (known_counts > 0) & _find_unusual_cells(book.values, mean, limits)).tolist():
        earlier = [float(v) for v in last[:, k] if not np.isnan(v)]
        measure = metrics.measure_consistency(float(book.values[k]), earlier, limits["consistency_over_time"])
        if measure.flag == "flagged" and k not in rows_by_cell:
            rows_by_cell[k] = (
                [0.0, 0.0, 0.0, 1.0],
                UsualValue(float(mean[k]), f"{measure.n} năm trước", measure.value or 0.0),
            )


# --- a unit beside its whole area --------------------------------------------------------------------------------


def _compare_with_peers(book: WorkbookArrays, limits: Limits) -> FrameRows:
    """A year ÷ the years before it, of the whole unit, against the same of the whole area; one row a data element.

    The area is this unit and the others that have given both. Few units, or a usual value that is small, tell nothing.
    """
    peers = book.submission.peers
    if peers is None or not _has_enough_peers(peers, limits):
        return [], [], []
    rows: FrameRows = ([], [], [])
    places: dict[str, list[int]] = {}
    for k, (_, code) in enumerate(book.template.keys):
        if code in peers.sums:
            places.setdefault(code, []).append(k)
    for code, at in places.items():
        others, others_usual = peers.sums[code]
        own, past = float(book.values[at].sum()), _compute_yearly_totals(book, at, int(limits["compared_years"]))
        usual = sum(past) / len(past) if past else 0.0
        if math.isnan(own) or usual < limits["related_least"]:
            continue
        whole = (own + others) / (usual + others_usual)
        measure = metrics.measure_consistency(own, past, limits["consistency_over_time"], parent=whole)
        rows[0].append(at[0])
        rows[1].append([float(measure.flag != "flagged")])
        rows[2].append(UsualValue(usual, f"{len(past)} năm trước", own / usual, own, whole))
    return rows


def _has_enough_peers(peers: PeerFigures, limits: Limits) -> bool:
    return peers.complete > 0 and peers.complete + 1 >= limits["beside_least"] * (peers.owed + 1)


def _compute_yearly_totals(book: WorkbookArrays, at: list[int], count: int) -> list[float]:
    """The totals over some cells in up to `count` years before, the latest last, without years that have a gap."""
    years = reversed(book.context.period.list_earlier_periods(count))
    sums = [float(_select_period_values(book, p.key)[at].sum()) for p in years]
    return [total for total in sums if not math.isnan(total)]


# --- whole workbooks --------------------------------------------------------------------------------------------


def compute_population(book: WorkbookArrays) -> float | None:
    """The population that the workbook gives for its unit; None where a part of it is missing."""
    numbers = book.values[book.template.population]
    total = float(numbers.sum()) if len(numbers) else float("nan")
    return None if math.isnan(total) else total


def _compare_population(book: WorkbookArrays, limits: Limits) -> FrameRows:
    """The workbook's population against the official one: one row, at the first cell of it."""
    official, ours = book.submission.official, compute_population(book)
    if official is None or ours is None:
        return [], [], []
    measure = metrics.measure_denominator(ours, official.value, limits["denominator"])
    at = [int(book.template.population[0])]
    return at, [[float(measure.flag != "flagged")]], [UsualValue(official.value, official.source, ours)]


@dataclass(frozen=True)
class ReportingQuality:
    """How complete a workbook is and how its unit reports, and what could not be tested of it, in Vietnamese."""

    present: int
    expected: int
    reporting: ReportingRecord | None
    untested: tuple[str, ...]


def _build_quality_row(book: WorkbookArrays, limits: Limits) -> FrameRows:
    numbers = book.template.required & (book.template.family == NUMBER)
    expected = int(numbers.sum())
    if not expected or book.broken:
        return [], [], []
    present = expected - int((numbers & book.gaps).sum())
    share = metrics.measure_share(present, expected, limits["element_completeness"])
    received, on_time = _measure_reporting(book.submission.reporting, limits)
    untested = tuple(_describe_untested(book, limits))
    flags = [float(measure.flag != "flagged") for measure in (share, received, on_time)]
    return (
        [-1],
        [[*flags, float(len(untested))]],
        [ReportingQuality(present, expected, book.submission.reporting, untested)],
    )


def _measure_reporting(
    reporting: ReportingRecord | None, limits: Limits
) -> tuple[metrics.MetricResult, metrics.MetricResult]:
    """Completeness of reporting, and timeliness, over the unit's latest periods; of too few periods nothing is said."""
    if reporting is None or reporting.due < limits["history_least"]:
        return metrics.measure_share(0, 0, 1), metrics.measure_share(0, 0, 1)
    return (
        metrics.measure_share(reporting.received, reporting.due, limits["reporting_completeness"]),
        metrics.measure_share(reporting.on_time, reporting.due, limits["timeliness"]),
    )


def _describe_untested(book: WorkbookArrays, limits: Limits) -> list[str]:
    """What the rules on time and population had nothing to compare with; silent where nobody asked (offline)."""
    submission, reasons = book.submission, []
    if submission.history is not None:
        least = int(limits["history_least"])
        known_count = sum(
            p.key in submission.history
            for p in book.context.period.list_earlier_periods(int(limits["history_periods"]))
        )
        if known_count < least:
            reasons.append(f"so sánh với các kỳ trước (cần ít nhất {least} kỳ, mới có {known_count})")
    if submission.reporting is not None and _measure_reporting(submission.reporting, limits)[0].flag == "not_testable":
        least = int(limits["history_least"])
        reasons.append(
            f"mức độ gửi đủ và đúng hạn (cần ít nhất {least} kỳ đã đến hạn, mới có {submission.reporting.due})"
        )
    if submission.peers is not None and not _has_enough_peers(submission.peers, limits):
        peer_count = f"mới có số liệu của {submission.peers.complete} trong {submission.peers.owed} đơn vị khác"
        reasons.append(f"so sánh mức tăng giảm với toàn địa bàn ({peer_count})")
    if submission.compare_official and len(book.template.population):
        if submission.official is None:
            reasons.append("đối chiếu dân số (chưa có số chính thức của đơn vị)")
        elif compute_population(book) is None:
            reasons.append(
                f"đối chiếu dân số với số chính thức {format_number(submission.official.value)} (còn ô dân số bỏ trống)"
            )
    return reasons
