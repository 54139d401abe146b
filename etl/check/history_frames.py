"""The frames that need what is known around a workbook: its unit's other periods, and official figures.

Called by the check room only. Grain: year, time → number cell; beside → data element; population, quality →
workbook. A workbook whose history nobody knows (an offline check) is in none of them but `quality`.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from etl.catalog import Catalogue
from etl.catalog.rules import Rule
from etl.check import metrics
from etl.check.check_template import NUMBER
from etl.check.frames import FrameRows, PeerFigures, ReportingRecord, RuleFrame, WorkbookArrays, build_stacked_frame
from etl.model import Period, PeriodKind
from etl.model.numbers import format_number
from etl.model.reason import Reason, build_reason

if TYPE_CHECKING:
    import numpy as np

Limits = dict[str, float]


@dataclass(frozen=True)
class UsualValue:
    """What a value is compared with: the usual one, the period (or periods) it comes from, and how far off it is.

    `value` and `whole` are of a unit beside its whole area: the unit's own total, and the area's measure. Of quarters
    beside a longer `period`, `value` is what was reported for it, and `expected` what its quarters make.
    """

    expected: float
    since: Reason | None
    measure: float = 0.0
    value: float = 0.0
    whole: float = 1.0
    period: Period | None = None


def build_history_frames(catalogue: Catalogue, opened: Sequence[WorkbookArrays]) -> dict[str, RuleFrame]:
    """The five frames of a batch, by the name that rules call them by; those without rows are empty."""
    limits = catalogue.thresholds
    return {
        "year": build_stacked_frame(opened, _compare_with_quarters),
        "time": build_stacked_frame(opened, lambda b: _list_past_values(b, limits)),
        "beside": build_stacked_frame(opened, lambda b: _compare_with_peers(b, limits)),
        "population": build_stacked_frame(opened, _compare_population),
        "quality": build_stacked_frame(opened, lambda b: _build_quality_row(b, limits)),
    }


def _select_period_values(book: WorkbookArrays, key: str) -> np.ndarray:
    """What the unit reported for a period, along the workbook's cells; NaN where nothing."""
    import numpy as np

    values_by_cell = (book.submission.history or {}).get(key, {})
    return np.array([values_by_cell.get(cell) for cell in book.template.keys], dtype=float)


# --- a year against its quarters ------------------------------------------------------------------------------


def _compare_with_quarters(book: WorkbookArrays) -> FrameRows | None:
    """Longer periods beside the sum of their quarters (of a `flow`), or the last of them, where all are known.

    A longer form stands beside the quarters that were reported, a quarter's form beside the longer periods that were:
    whichever comes later, or again, is compared.
    """
    import numpy as np

    if not book.submission.quarters:
        return None
    no_values = (None,) * 4
    by_quarter = np.array([book.submission.quarters.get(cell, no_values) for cell in book.template.keys], dtype=float).T
    rows: list[tuple[int, float, float, bool, UsualValue]] = []
    for period, values in _list_longer_periods(book):
        within = [quarter.index - 1 for quarter in period.quarters]
        if period != book.context.period:
            by_quarter[book.context.period.index - 1] = book.values
        expected = np.where(book.template.flow, by_quarter[within].sum(axis=0), by_quarter[within[-1]])
        is_about = book.template.flow | (within[-1] == book.context.period.index - 1) | (period == book.context.period)
        is_about &= ~book.template.average  # a rounded mean is no breach
        for k in np.flatnonzero(~np.isnan(values - expected) & is_about).tolist():
            value, usual = float(values[k]), float(expected[k])
            detail = UsualValue(usual, None, value=value, period=period)
            rows.append((k, value, usual, bool(book.template.flow[k]), detail))
    if not rows:
        return None
    at, value_column, quarters, flow, details = zip(*rows, strict=True)
    return FrameRows(at, {"value": value_column, "quarters": quarters, "flow": flow}, details)


def _list_longer_periods(book: WorkbookArrays) -> list[tuple[Period, np.ndarray]]:
    """The periods of several quarters to compare, with their values along the cells: the workbook's own, or those
    around its quarter that anything is known of."""
    own = book.context.period
    if own.kind != PeriodKind.QUARTER:
        return [(own, book.values)] if own.quarters else []
    around = [p for p in own.list_longer_periods() if p.key in (book.submission.history or {})]
    return [(p, _select_period_values(book, p.key)) for p in around]


# --- a value against its own past -------------------------------------------------------------------------------


def _list_past_values(book: WorkbookArrays, limits: Limits) -> FrameRows | None:
    """Counted numbers beside what the unit reported for earlier periods, `past_1` the latest of those that are known.

    `before` is the nearest period before in the same year, of a number that is cumulative; `steady` is any other.
    """
    import numpy as np

    past, template = list_known_past(book, limits), book.template
    if not past:
        return None
    table = np.full((int(limits["history_periods"]), len(book.values)), np.nan)
    for row, (_, values) in zip(table, past, strict=False):
        row[:] = values
    same_year = [values for p, values in past if p.year == book.context.period.year]
    before = np.where(template.ytd, same_year[0], np.nan) if same_year else np.full(len(book.values), np.nan)
    steady = template.stock | template.flow | template.average
    at = np.flatnonzero((steady | template.ytd) & ~np.isnan(book.values) & ~np.isnan(table).all(axis=0))
    yearly = np.full(len(at), book.context.period.kind == PeriodKind.YEAR)
    columns = {"value": book.values[at], "before": before[at], "steady": steady[at], "yearly": yearly}
    return FrameRows(at, columns | {f"past_{i}": row[at] for i, row in enumerate(table, start=1)})


def list_known_past(book: WorkbookArrays, limits: Limits) -> list[tuple[Period, np.ndarray]]:
    """The earlier periods that anything is known of, the latest first, each with its values along the cells."""
    return [
        (p, _select_period_values(book, p.key))
        for p in book.context.period.list_earlier_periods(int(limits["history_periods"]))
        if p.key in (book.submission.history or {})
    ]


def describe_past(rule: Rule, book: WorkbookArrays, position: int, limits: Limits) -> UsualValue:
    """What a value that fails a rule on time is compared with, and how far off it is."""
    value, cell = float(book.values[position]), book.template.keys[position]
    periods = book.context.period.list_earlier_periods(int(limits["history_periods"]))
    history = book.submission.history or {}
    if not rule.threshold:
        before = next(p for p in periods if p.key in history)
        return UsualValue(history[before.key][cell], build_reason("usual.period", period=before.key))
    known = [history[p.key].get(cell) for p in periods if p.key in history]
    if rule.threshold == "consistency_over_time":
        years = [v for v in known[: int(limits["compared_years"])] if v is not None]
        growth = metrics.compute_growth(value, years)
        return UsualValue(sum(years) / len(years), build_reason("usual.years", count=len(years)), growth or 0.0)
    past = [v for v in known if v is not None]
    measure = metrics.measure_outlier(value, past, build_outlier_limits(limits))
    return UsualValue(statistics.median(past), build_reason("usual.periods", count=len(past)), measure.value or 0.0)


def build_outlier_limits(limits: Limits) -> metrics.OutlierLimits:
    """The thresholds of `catalog/quality.yaml` as the outlier metric takes them."""
    return metrics.OutlierLimits(
        least_n=int(limits["history_least"]), sd_n=int(limits["history_sd_least"]),
        moderate=limits["outlier_moderate_z"], extreme=limits["outlier_extreme_z"],
        sd_moderate=limits["outlier_moderate_sd"], sd_extreme=limits["outlier_extreme_sd"],
        change=limits["outlier_change"], ratio=limits["outlier_ratio"],
    )  # fmt: skip


# --- a unit beside its whole area --------------------------------------------------------------------------------


def _compare_with_peers(book: WorkbookArrays, limits: Limits) -> FrameRows | None:
    """A year ÷ the years before it, of the whole unit, beside the same of the whole area; one row a data element.

    The area is this unit and the others that have given both. Few units, or a usual value that is small, tell nothing.
    """
    peers = book.submission.peers
    if peers is None or not _has_enough_peers(peers, limits):
        return None
    places: dict[str, list[int]] = {}
    for k, (_, code) in enumerate(book.template.keys):
        if code in peers.sums:
            places.setdefault(code, []).append(k)
    rows: list[tuple[int, float, float, UsualValue]] = []
    for code, at in places.items():
        others, others_usual = peers.sums[code]
        own, past = float(book.values[at].sum()), _compute_yearly_totals(book, at, int(limits["compared_years"]))
        usual = sum(past) / len(past) if past else 0.0
        if math.isnan(own) or usual < limits["related_least"]:
            continue
        whole = (own + others) / (usual + others_usual)
        detail = UsualValue(usual, build_reason("usual.years", count=len(past)), own / usual, own, whole)
        rows.append((at[0], metrics.compute_growth(own, past) or math.nan, whole, detail))
    if not rows:
        return None
    positions, growth, area_growth, details = zip(*rows, strict=True)
    return FrameRows(positions, {"growth": growth, "area_growth": area_growth}, details)


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


def _compare_population(book: WorkbookArrays) -> FrameRows | None:
    """The workbook's population beside the official one: one row, at the first cell of it."""
    official, ours = book.submission.official, compute_population(book)
    if official is None or ours is None:
        return None
    source = build_reason("usual.official", source=official.source, year=official.year)
    detail = UsualValue(official.value, source, ours)
    return FrameRows(book.template.population[:1], {"population": [ours], "official": [official.value]}, [detail])


@dataclass(frozen=True)
class ReportingQuality:
    """How complete a workbook is and how its unit reports, and what could not be tested of it."""

    present: int
    expected: int
    reporting: ReportingRecord | None
    untested: tuple[Reason, ...]


def _build_quality_row(book: WorkbookArrays, limits: Limits) -> FrameRows | None:
    """Shares of cells filled in, of reports received and on time (NaN where too few were due); what is untested."""
    numbers = book.template.required & (book.template.family == NUMBER)
    expected = int(numbers.sum())
    if not expected or book.broken:
        return None
    present = expected - int((numbers & book.gaps).sum())
    reporting = book.submission.reporting if _has_enough_due(book.submission.reporting, limits) else None
    untested = tuple(_list_untested(book, limits))
    columns = {
        "complete": [present / expected],
        "reported": [reporting.received / reporting.due if reporting else math.nan],
        "punctual": [reporting.on_time / reporting.due if reporting else math.nan],
        "untested": [len(untested)],
    }
    return FrameRows([-1], columns, [ReportingQuality(present, expected, book.submission.reporting, untested)])


def _has_enough_due(reporting: ReportingRecord | None, limits: Limits) -> bool:
    """Whether enough periods were due to say how a unit reports."""
    return reporting is not None and reporting.due >= max(limits["history_least"], 1)


def _list_untested(book: WorkbookArrays, limits: Limits) -> list[Reason]:
    """What the rules on time and population had nothing to compare with; silent where nobody asked (offline)."""
    submission, reasons = book.submission, list[Reason]()
    if submission.history is not None:
        least = int(limits["history_least"])
        known_count = sum(
            p.key in submission.history
            for p in book.context.period.list_earlier_periods(int(limits["history_periods"]))
        )
        if known_count < least:
            reasons.append(build_reason("untested.periods", least=least, count=known_count))
    if submission.reporting is not None and not _has_enough_due(submission.reporting, limits):
        least = int(limits["history_least"])
        reasons.append(build_reason("untested.reporting", least=least, count=submission.reporting.due))
    if submission.peers is not None and not _has_enough_peers(submission.peers, limits):
        reasons.append(build_reason("untested.peers", complete=submission.peers.complete, owed=submission.peers.owed))
    if submission.compare_official and len(book.template.population):
        if submission.official is None:
            reasons.append(build_reason("untested.no_official"))
        elif compute_population(book) is None:
            official = format_number(submission.official.value)
            reasons.append(build_reason("untested.blank_population", value=official))
    return reasons
