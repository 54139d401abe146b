"""The frames that need nothing but the workbooks themselves: files, cells, relations.

Called by the check room only. Grain: files → workbook; cells → input cell; relations → (relation, org unit, workbook).
Columns are computed for a whole batch at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from etl.catalog import Catalogue
from etl.check import privacy
from etl.check.frames import INVALID, MISSING, Frame, Opened
from etl.check.template import ABOUT, CERTAIN, CHOICE, DATE, LIKELY, NUMBER, OVERLAP, SUM

if TYPE_CHECKING:
    import numpy as np


def frames(catalogue: Catalogue, opened: Sequence[Opened]) -> dict[str, Frame]:
    """The three frames of a batch, by the name that rules call them by."""
    return {"files": _files(opened), "cells": _cells(opened), "relations": _relations(catalogue, opened)}


def _joined(parts: Iterable[np.ndarray]) -> np.ndarray:
    import numpy as np

    return np.concatenate(list(parts))


def _files(opened: Sequence[Opened]) -> Frame:
    import numpy as np

    columns = {
        "folder_fits": [float(b.given.folder in (None, b.context.unit.code)) for b in opened],
        "owed": [float(b.context.owed) for b in opened],
        "filled": [float("nan") if b.broken else float(b.filled.sum()) for b in opened],
    }
    numbers = np.array([b.number for b in opened])
    return Frame({name: np.array(column) for name, column in columns.items()}, numbers, np.full(len(opened), -1))


def _cells(opened: Sequence[Opened]) -> Frame:
    import numpy as np

    values, states = _joined(b.values for b in opened), _joined(b.states for b in opened)
    low, high = _joined(b.template.low for b in opened), _joined(b.template.high for b in opened)
    whole, required = _joined(b.template.whole for b in opened), _joined(b.template.required for b in opened)
    family = _joined(b.template.family for b in opened)
    invalid = (states == INVALID) & _joined(b.untold for b in opened)
    columns = {
        "number_known": np.where(invalid & (family == NUMBER), 0.0, 1.0),
        "choice_known": np.where(invalid & (family == CHOICE), 0.0, 1.0),
        "date_known": np.where(invalid & (family == DATE), 0.0, 1.0),
        "over_min": values - low,
        "under_max": high - values,
        "fraction": np.where(whole, np.abs(values - np.round(values)), np.nan),
        "filled": np.where((states == MISSING) & required, 0.0, 1.0),
        **_personal(opened),
    }
    sizes = [len(b.values) for b in opened]
    return Frame(columns, np.repeat([b.number for b in opened], sizes), _joined(np.arange(size) for size in sizes))


def _personal(opened: Sequence[Opened]) -> dict[str, np.ndarray]:
    """Per cell how many identity numbers and how many people's names it seems to hold; most cells are not looked at."""
    import numpy as np

    total = sum(len(b.values) for b in opened)
    columns = {"identity_numbers": np.full(total, np.nan), "names": np.full(total, np.nan)}
    first = 0
    for book in opened:
        for k, text in book.wordy:
            columns["identity_numbers"][first + k] = len(privacy.identity_numbers(text))
            columns["names"][first + k] = privacy.names(text, book.places)
        large = (book.values >= privacy.LEAST_IDENTITY) & ~book.template.money & (book.template.family == NUMBER)
        for k in np.flatnonzero(large).tolist():
            columns["identity_numbers"][first + k] = privacy.is_identity(book.values[k])
        first += len(book.values)
    return columns


def _relations(catalogue: Catalogue, opened: Sequence[Opened]) -> Frame:
    import numpy as np

    books = [b for b in opened if len(b.template.terms)]
    if not books:
        return Frame({}, np.array([], dtype=int), np.array([], dtype=int))
    gap, small, large = (_joined(part) for part in zip(*(_gaps(b) for b in books), strict=True))
    sort, limits = _joined(b.template.sort for b in books), catalogue.thresholds
    about = limits["related_equal"] * np.abs(large) - np.abs(large - small)
    about[np.fmin(small, large) < limits["related_least"]] = np.nan
    columns = {
        "certain_gap": np.where(sort == CERTAIN, gap, np.nan),
        "likely_gap": np.where(sort == LIKELY, gap, np.nan),
        "about_gap": np.where(sort == ABOUT, about, np.nan),
        "sum_short": np.where(sort == SUM, gap, np.nan),
        "sum_over": np.where(sort == SUM, -gap, np.nan),
        "overlap_gap": np.where(sort == OVERLAP, gap, np.nan),
    }
    numbers = np.repeat([b.number for b in books], [len(b.template.terms) for b in books])
    rows = [b.template for b in books]
    return Frame(columns, numbers, _joined(t.terms[:, 0] for t in rows), _joined(t.details for t in rows))


def _gaps(book: Opened) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per relation its gap, its smaller side, its larger side."""
    import numpy as np

    sides = np.append(book.values, 0.0)[book.template.terms]
    gap = np.round((sides * book.template.weights).sum(axis=1), 6)
    return np.where(book.template.equal, -np.abs(gap), gap), sides[:, 0], sides[:, 1]
