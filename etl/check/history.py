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
from etl.check.frames import Beside, Frame, Opened, Reporting
from etl.check.template import NUMBER
from etl.model import Period, PeriodKind
from etl.model.numbers import printed

if TYPE_CHECKING:
    import numpy as np

YEARS = 3
"""How many years before a year is compared with. Source: WHO Data Quality Review toolkit."""
Limits = dict[str, float]


@dataclass(frozen=True)
class Usual:
    """What a value is compared with: the usual one, the period (or periods) it comes from, and how far off it is.

    `value` and `whole` are of a unit beside its whole area: the unit's own total, and the area's measure.
    """

    expected: float
    since: str
    measure: float = 0.0
    value: float = 0.0
    whole: float = 1.0


def frames(catalogue: Catalogue, opened: Sequence[Opened]) -> dict[str, Frame]:
    """The five frames of a batch, by the name that rules call them by; those without rows are empty."""
    limits = catalogue.thresholds
    return {
        "year": _collect(opened, _year, ("flow_difference", "stock_difference")),
        "time": _collect(opened, lambda b: _time(b, limits), ("fall", "extreme", "moderate", "drift")),
        "beside": _collect(opened, lambda b: _beside(b, limits), ("together",)),
        "population": _collect(opened, lambda b: _population(b, limits), ("near_official",)),
        "quality": _collect(opened, lambda b: _quality(b, limits), ("complete", "reported", "punctual", "untested")),
    }


Rows = tuple[list[int], list[list[float]], list[Any]]
"""Positions of cells, numbers per column, details."""


def _collect(opened: Sequence[Opened], rows: Any, names: tuple[str, ...]) -> Frame:
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
    return Frame(
        {name: table[:, i] for i, name in enumerate(names)},
        np.array(books, dtype=int), np.array(positions, dtype=int), details,
    )  # fmt: skip


def _before(book: Opened, key: str) -> np.ndarray:
    """What the unit reported for a period, along the workbook's cells; NaN where nothing."""
    import numpy as np

    known = (book.given.history or {}).get(key, {})
    return np.array([known.get(cell) for cell in book.template.keys], dtype=float)


# --- a year against its quarters ------------------------------------------------------------------------------


def _year(book: Opened) -> Rows:
    """A form's numbers against the sum of the quarters in its period, or against the last, where they are known."""
    import numpy as np

    within = [quarter.index - 1 for quarter in book.context.period.quarters]
    if not book.given.quarters or not within:
        return [], [], []
    none = (None,) * 4
    known = np.array([book.given.quarters.get(cell, none) for cell in book.template.keys], dtype=float).T
    quarters = known[within]
    flow = book.template.flow
    expected = np.where(flow, np.sum(quarters, axis=0), quarters[-1])
    off = np.round(book.values - expected, 6)
    at = np.flatnonzero(~np.isnan(off)).tolist()
    nothing = float("nan")
    numbers = [[off[k], nothing] if flow[k] else [nothing, off[k]] for k in at]
    return at, numbers, [Usual(float(expected[k]), "") for k in at]


# --- a value against its own past -------------------------------------------------------------------------------


def _time(book: Opened, limits: Limits) -> Rows:
    """Cumulative numbers that fall, jumps, and a year that leaves the years before it; only the cells that do.

    Rows of cells that stay within the distance guards are left out: no rule could fail there.
    """
    if not book.given.history:
        return [], [], []
    past = [(p, _before(book, p.key)) for p in book.context.period.before(int(limits["history_periods"]))
            if p.key in book.given.history]  # fmt: skip
    found: dict[int, tuple[list[float], Usual]] = {}
    _falls(book, past, found)
    if past:
        _jumps(book, past, limits, found)
        if book.context.period.kind == PeriodKind.YEAR:
            _drifts(book, past, limits, found)
    at = sorted(found)
    return at, [found[k][0] for k in at], [found[k][1] for k in at]


_Past = list[tuple[Period, "np.ndarray"]]


def _falls(book: Opened, past: _Past, found: dict[int, tuple[list[float], Usual]]) -> None:
    """Cumulative numbers below those of the nearest earlier period of the same year."""
    import numpy as np

    same = [(p, values) for p, values in past if p.year == book.context.period.year]
    if not same:
        return
    last, before = same[0]
    change = book.values - before
    for k in np.flatnonzero(book.template.ytd & (change < 0)).tolist():
        found[k] = ([float(change[k]), 0.0, 0.0, 0.0], Usual(float(before[k]), last.name))


def _away(values: np.ndarray, usual: np.ndarray, limits: Limits) -> np.ndarray:
    """Cells that differ from what is usual by more than chance and slow growth explain."""
    import numpy as np

    distance = np.abs(values - usual)
    away: np.ndarray = (distance >= limits["outlier_change"]) & (distance > limits["outlier_ratio"] * np.abs(usual))
    return away


def outlier_limits(limits: Limits) -> metrics.OutlierLimits:
    """The thresholds of `catalog/quality.yaml` as the outlier metric takes them."""
    return metrics.OutlierLimits(
        least_n=int(limits["history_least"]), sd_n=int(limits["history_sd_least"]),
        moderate=limits["outlier_moderate_z"], extreme=limits["outlier_extreme_z"],
        sd_moderate=limits["outlier_moderate_sd"], sd_extreme=limits["outlier_extreme_sd"],
        change=limits["outlier_change"], ratio=limits["outlier_ratio"],
    )  # fmt: skip


def _jumps(book: Opened, past: _Past, limits: Limits, found: dict[int, tuple[list[float], Usual]]) -> None:
    """Stocks and flows that leave their own history; cumulative numbers are expected to grow and are left out."""
    import numpy as np

    table = np.sort(np.array([values for _, values in past]), axis=0)  # NaN goes last
    known = (~np.isnan(table)).sum(axis=0)
    columns = np.arange(table.shape[1])
    middle = (table[np.maximum(known - 1, 0) // 2, columns] + table[np.minimum(known // 2, len(past) - 1), columns]) / 2
    steady = book.template.stock | book.template.flow
    ruled = outlier_limits(limits)
    for k in np.flatnonzero(steady & (known >= ruled.least_n) & _away(book.values, middle, limits)).tolist():
        measure = metrics.outlier(float(book.values[k]), table[: known[k], k].tolist(), ruled)
        if measure.flag in {"flagged", "extreme"}:
            extreme = float(measure.flag == "extreme")
            usual = Usual(float(middle[k]), f"{known[k]} kỳ trước", measure.value or 0.0)
            found[k] = ([0.0, extreme, 1.0 - extreme, 0.0], usual)


def _drifts(book: Opened, past: _Past, limits: Limits, found: dict[int, tuple[list[float], Usual]]) -> None:
    """A year against the mean of up to three years before it."""
    import numpy as np

    last = np.array([values for _, values in past[:YEARS]])
    known = (~np.isnan(last)).sum(axis=0)
    mean = np.nansum(last, axis=0) / np.maximum(known, 1)
    counted = book.template.stock | book.template.flow | book.template.ytd
    for k in np.flatnonzero(counted & (known > 0) & _away(book.values, mean, limits)).tolist():
        earlier = [float(v) for v in last[:, k] if not np.isnan(v)]
        measure = metrics.consistency(float(book.values[k]), earlier, limits["consistency_over_time"])
        if measure.flag == "flagged" and k not in found:
            found[k] = ([0.0, 0.0, 0.0, 1.0], Usual(float(mean[k]), f"{measure.n} năm trước", measure.value or 0.0))


# --- a unit beside its whole area --------------------------------------------------------------------------------


def _beside(book: Opened, limits: Limits) -> Rows:
    """A year ÷ the years before it, of the whole unit, against the same of the whole area; one row a data element.

    The area is this unit and the others that have given both. Few units, or a usual value that is small, tell nothing.
    """
    beside = book.given.beside
    if beside is None or not _enough(beside, limits):
        return [], [], []
    rows: Rows = ([], [], [])
    places: dict[str, list[int]] = {}
    for k, (_, code) in enumerate(book.template.keys):
        if code in beside.sums:
            places.setdefault(code, []).append(k)
    for code, at in places.items():
        others, others_usual = beside.sums[code]
        own, past = float(book.values[at].sum()), _totals(book, at)
        usual = sum(past) / len(past) if past else 0.0
        if math.isnan(own) or usual < limits["related_least"]:
            continue
        whole = (own + others) / (usual + others_usual)
        measure = metrics.consistency(own, past, limits["consistency_over_time"], parent=whole)
        rows[0].append(at[0])
        rows[1].append([float(measure.flag != "flagged")])
        rows[2].append(Usual(usual, f"{len(past)} năm trước", own / usual, own, whole))
    return rows


def _enough(beside: Beside, limits: Limits) -> bool:
    return beside.heard > 0 and beside.heard + 1 >= limits["beside_least"] * (beside.owed + 1)


def _totals(book: Opened, at: list[int]) -> list[float]:
    """The unit's totals over some cells in up to three years before, the latest last; a year with a gap is left out."""
    years = reversed(book.context.period.before(YEARS))
    sums = [float(_before(book, p.key)[at].sum()) for p in years]
    return [total for total in sums if not math.isnan(total)]


# --- whole workbooks --------------------------------------------------------------------------------------------


def people(book: Opened) -> float | None:
    """The population that the workbook gives for its unit; None where a part of it is missing."""
    numbers = book.values[book.template.population]
    total = float(numbers.sum()) if len(numbers) else float("nan")
    return None if math.isnan(total) else total


def _population(book: Opened, limits: Limits) -> Rows:
    """The workbook's population against the official one: one row, at the first cell of it."""
    official, ours = book.given.official, people(book)
    if official is None or ours is None:
        return [], [], []
    measure = metrics.denominator(ours, official.value, limits["denominator"])
    at = [int(book.template.population[0])]
    return at, [[float(measure.flag != "flagged")]], [Usual(official.value, official.source, ours)]


@dataclass(frozen=True)
class Standing:
    """How complete a workbook is and how its unit reports, and what could not be tested of it, in Vietnamese."""

    present: int
    expected: int
    reporting: Reporting | None
    untested: tuple[str, ...]


def _quality(book: Opened, limits: Limits) -> Rows:
    numbers = book.template.required & (book.template.family == NUMBER)
    expected = int(numbers.sum())
    if not expected or book.broken:
        return [], [], []
    present = expected - int((numbers & book.gaps).sum())
    share = metrics.share(present, expected, limits["element_completeness"])
    received, on_time = _reported(book.given.reporting, limits)
    untested = tuple(_untested(book, limits))
    flags = [float(measure.flag != "flagged") for measure in (share, received, on_time)]
    return [-1], [[*flags, float(len(untested))]], [Standing(present, expected, book.given.reporting, untested)]


def _reported(reporting: Reporting | None, limits: Limits) -> tuple[metrics.Measure, metrics.Measure]:
    """Completeness of reporting, and timeliness, over the unit's latest periods; of too few periods nothing is said."""
    if reporting is None or reporting.due < limits["history_least"]:
        return metrics.share(0, 0, 1), metrics.share(0, 0, 1)
    return (
        metrics.share(reporting.received, reporting.due, limits["reporting_completeness"]),
        metrics.share(reporting.on_time, reporting.due, limits["timeliness"]),
    )


def _untested(book: Opened, limits: Limits) -> list[str]:
    """What the rules on time and population had nothing to compare with; silent where nobody asked (offline)."""
    given, found = book.given, []
    if given.history is not None:
        least = int(limits["history_least"])
        known = sum(p.key in given.history for p in book.context.period.before(int(limits["history_periods"])))
        if known < least:
            found.append(f"so sánh với các kỳ trước (cần ít nhất {least} kỳ, mới có {known})")
    if given.reporting is not None and _reported(given.reporting, limits)[0].flag == "not_testable":
        least = int(limits["history_least"])
        found.append(f"mức độ gửi đủ và đúng hạn (cần ít nhất {least} kỳ đã đến hạn, mới có {given.reporting.due})")
    if given.beside is not None and not _enough(given.beside, limits):
        there = f"mới có số liệu của {given.beside.heard} trong {given.beside.owed} đơn vị khác"
        found.append(f"so sánh mức tăng giảm với toàn địa bàn ({there})")
    if given.compare_official and len(book.template.population):
        if given.official is None:
            found.append("đối chiếu dân số (chưa có số chính thức của đơn vị)")
        elif people(book) is None:
            found.append(f"đối chiếu dân số với số chính thức {printed(given.official.value)} (còn ô dân số bỏ trống)")
    return found
