"""The frames that ask whether numbers, each by itself sound, can be what they say: beside one another and the people.

Called by the check room only. Grain: outside → number cell that says "x"; alike → column of a workbook; rows → org unit
on a sheet; people → count of a workbook. No rule here knows what is usual; `history_frames` do.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etl.catalog import Catalogue
from etl.check.frames import STATES, FrameRows, OfficialPopulation, RuleFrame, WorkbookArrays, build_stacked_frame
from etl.model import CellState, Period
from etl.model.numbers import format_number

if TYPE_CHECKING:
    import numpy as np

_OUTSIDE = STATES.index(CellState.NOT_APPLICABLE)
_LEAST_COMPARED = 5
"""Numbers of a row that must be there before two rows are compared."""
_LEAST_DISTANCE = 0.05
"""Rows nearer than this are alike; nothing is divided by less. Units: natural logarithm of a ratio."""


@dataclass(frozen=True)
class CellsBeside:
    """Positions of other cells that a message names."""

    positions: tuple[int, ...]


@dataclass(frozen=True)
class ExchangedRows:
    """The org unit that a row's numbers seem to be of, and the earlier period that says so."""

    unit: str
    period: Period


@dataclass(frozen=True)
class CountOfPeople:
    """A unit's total of a count, and how many there may be of it for its official population."""

    total: float
    most: float
    official: OfficialPopulation


def build_plausibility_frames(catalogue: Catalogue, opened: Sequence[WorkbookArrays]) -> dict[str, RuleFrame]:
    """The four frames of a batch, by the name that rules call them by; those without rows are empty."""
    limits = catalogue.thresholds
    return {
        "outside": build_stacked_frame(opened, _list_outside_cells),
        "alike": build_stacked_frame(opened, lambda b: _list_columns(b, limits["outlier_change"])),
        "rows": build_stacked_frame(opened, _list_exchanged_rows),
        "people": build_stacked_frame(opened, lambda b: _list_counts_of_people(b, limits["denominator"])),
    }


def _list_outside_cells(book: WorkbookArrays) -> FrameRows | None:
    """Cells that say "x": how many numbers stand below them ("of these"), and on the other side of a ratio."""
    at = [k for k in (book.states == _OUTSIDE).nonzero()[0].tolist() if k in book.template.beside]
    rows = []
    for k in at:
        children, partners = (tuple(p for p in of if not math.isnan(book.values[p])) for of in book.template.beside[k])
        rows.append((len(children), len(partners), CellsBeside(children or partners)))
    if not rows:
        return None
    children_counts, partner_counts, details = zip(*rows, strict=True)
    return FrameRows(at, {"children": children_counts, "partners": partner_counts}, details)


def _list_columns(book: WorkbookArrays, least: float) -> FrameRows | None:
    """Columns: how many different numbers, none small, one has in common with another that holds the same throughout.

    Columns that are parts of each other, or of one and the same, may well be equal: everybody was reached.
    """
    groups: dict[tuple[float, ...], list[str]] = defaultdict(list)
    for code, at in book.template.columns.items():
        groups[tuple(book.values[list(at)].tolist())].append(code)
    firsts, counts, details = [], [], []
    for numbers, codes in groups.items():
        count = len({number for number in numbers if number >= least})
        components = _group_related(codes, book.template.related)
        for i, component in enumerate(components):
            firsts.append(book.template.columns[component[0]][0])
            counts.append(count if i and not math.isnan(math.fsum(numbers)) else 0)
            details.append(CellsBeside((book.template.columns[components[0][0]][0],)))
    return FrameRows(firsts, {"alike": counts}, details) if firsts else None


def _group_related(codes: Sequence[str], related: frozenset[frozenset[str]]) -> list[list[str]]:
    """Data elements in groups within which each is related to another one, in the order of their first."""
    groups: list[list[str]] = []
    for code in codes:
        mine = [g for g in groups if any(frozenset((code, other)) in related for other in g)]
        groups = [g for g in groups if g not in mine] + [[c for g in mine for c in g] + [code]]
    return sorted(groups, key=lambda group: codes.index(group[0]))


def _list_exchanged_rows(book: WorkbookArrays) -> FrameRows | None:
    """Org units of a sheet: how many times nearer its numbers, and another's, are to the past of the other one.

    The past is the nearest earlier period that is known. A number's distance is the logarithm of the ratio of both.
    """
    import numpy as np

    history = book.submission.history or {}
    earlier = next((p for p in book.context.period.list_earlier_periods(len(history)) if p.key in history), None)
    if earlier is None:
        return None
    past = np.array([history[earlier.key].get(key, np.nan) for key in book.template.keys], dtype=float)
    firsts: list[int] = []
    gains: list[float] = []
    details: list[ExchangedRows] = []
    for positions in _list_sheet_tables(book):
        distance = _measure_row_distances(book.values[positions], past[positions])
        for a, b, gain in _find_exchanged_pairs(distance):
            firsts.append(int(positions[a, 0]))
            gains.append(gain)
            details.append(ExchangedRows(book.template.keys[positions[b, 0]][0], earlier))
    return FrameRows(firsts, {"gain": gains}, details) if firsts else None


def _list_sheet_tables(book: WorkbookArrays) -> list[np.ndarray]:
    """The positions of the counted cells of each sheet with several org units. Shape: (org unit, data element)."""
    import numpy as np

    counted = book.template.stock | book.template.flow | book.template.ytd
    rows: dict[tuple[str, str], list[int]] = defaultdict(list)
    for k in np.flatnonzero(counted).tolist():
        rows[book.observations[k].sheet, book.template.keys[k][0]].append(k)
    sheets: dict[str, list[list[int]]] = defaultdict(list)
    for (sheet, _), positions in rows.items():
        sheets[sheet].append(positions)
    tables = [[r for r in of if len(r) == max(map(len, of))] for of in sheets.values()]
    return [np.array(table) for table in tables if len(table) > 1]


def _measure_row_distances(values: np.ndarray, past: np.ndarray) -> np.ndarray:
    """Mean distance of each row's numbers from each row of the past; NaN where too few can be compared."""
    import numpy as np

    with np.errstate(invalid="ignore"):
        now, before = np.log1p(values), np.log1p(past)
    differences = np.abs(now[:, None, :] - before[None, :, :])
    known = (~np.isnan(differences)).sum(axis=2)
    distances: np.ndarray = np.where(
        known >= _LEAST_COMPARED, np.nansum(differences, axis=2) / np.maximum(known, 1), np.nan
    )
    return distances


def _find_exchanged_pairs(distance: np.ndarray) -> list[tuple[int, int, float]]:
    """(row, the other row it fits best, how many times better both fit crosswise), each pair once."""
    import numpy as np

    own = np.diag(distance)
    straight, crossed = own[:, None] + own[None, :], distance + distance.T
    gain = np.where(np.isnan(straight) | np.isnan(crossed), 0.0, straight / np.maximum(crossed, 2 * _LEAST_DISTANCE))
    np.fill_diagonal(gain, 0.0)
    best = gain.argmax(axis=1)
    return [(a, int(b), float(gain[a, b])) for a, b in enumerate(best.tolist()) if a < b or best[b] != a]


def _list_counts_of_people(book: WorkbookArrays, tolerance: float) -> FrameRows | None:
    """Counts of people, or of what happens to each so many times: the unit's total, and the most of it.

    The most is for the official population, and the tolerance that is allowed to the unit's own.
    """
    official = book.submission.official
    if official is None:
        return None
    firsts, totals, mosts = [], list[float](), list[float]()
    for first, positions, most in book.template.per_head:
        firsts.append(first)
        totals.append(float(book.values[list(positions)].sum()))
        mosts.append(most * official.value * (1 + tolerance))
    details = [CountOfPeople(total, most, official) for total, most in zip(totals, mosts, strict=True)]
    return FrameRows(firsts, {"total": totals, "most": mosts}, details) if firsts else None


def build_plausibility_slots(catalogue: Catalogue, book: WorkbookArrays, detail: Any) -> dict[str, str]:
    """What the messages of these frames say of a row, beside its cell."""
    if isinstance(detail, ExchangedRows):
        name = catalogue.find_unit_name(detail.unit, book.context.period.end)
        return {"detail": name, "since": detail.period.name}
    if isinstance(detail, CountOfPeople):
        return {
            "value": format_number(detail.total), "most": format_number(detail.most),
            "official": format_number(detail.official.value), "source": detail.official.source,
            "year": str(detail.official.year),
        }  # fmt: skip
    if isinstance(detail, CellsBeside):
        names = [catalogue.elements[book.template.keys[k][1]].name for k in detail.positions]
        numbers = [format_number(float(book.values[k])) for k in detail.positions]
        said = ", ".join(f"“{name}” ({number})" for name, number in zip(names, numbers, strict=True))
        return {"detail": said, "other": names[0] if names else ""}
    return {}
