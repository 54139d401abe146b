"""The frames that need nothing but the workbooks themselves: files, cells, relations.

Called by the check room only. Grain: files → workbook; cells → input cell; relations → (relation, org unit, workbook).
Columns are computed for a whole batch at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from etl.catalog import Catalogue
from etl.check import privacy
from etl.check.check_template import ABOUT, CERTAIN, CHOICE, DATE, LIKELY, NUMBER, OVERLAP, SUM
from etl.check.frames import INVALID, MISSING, RuleFrame, WorkbookArrays

if TYPE_CHECKING:
    import numpy as np


def build_workbook_frames(catalogue: Catalogue, opened: Sequence[WorkbookArrays]) -> dict[str, RuleFrame]:
    """The three frames of a batch, by the name that rules call them by."""
    return {
        "files": _build_file_frame(opened),
        "cells": _build_cell_frame(opened),
        "relations": _build_relation_frame(catalogue, opened),
    }


def _concatenate_arrays(parts: Iterable[np.ndarray]) -> np.ndarray:
    import numpy as np

    return np.concatenate(list(parts))


def _build_file_frame(opened: Sequence[WorkbookArrays]) -> RuleFrame:
    import numpy as np

    columns = {
        "folder_fits": [float(b.submission.folder in (None, b.context.unit.code)) for b in opened],
        "owed": [float(b.context.owed) for b in opened],
        "filled": [float("nan") if b.broken else float(b.filled.sum()) for b in opened],
    }
    numbers = np.array([b.number for b in opened])
    return RuleFrame({name: np.array(column) for name, column in columns.items()}, numbers, np.full(len(opened), -1))


def _build_cell_frame(opened: Sequence[WorkbookArrays]) -> RuleFrame:
    import numpy as np

    values, states = _concatenate_arrays(b.values for b in opened), _concatenate_arrays(b.states for b in opened)
    low, high = (
        _concatenate_arrays(b.template.low for b in opened),
        _concatenate_arrays(b.template.high for b in opened),
    )
    whole, required = (
        _concatenate_arrays(b.template.whole for b in opened),
        _concatenate_arrays(b.template.required for b in opened),
    )
    family = _concatenate_arrays(b.template.family for b in opened)
    invalid = (states == INVALID) & _concatenate_arrays(b.unreported for b in opened)
    columns = {
        "number_known": np.where(invalid & (family == NUMBER), 0.0, 1.0),
        "choice_known": np.where(invalid & (family == CHOICE), 0.0, 1.0),
        "date_known": np.where(invalid & (family == DATE), 0.0, 1.0),
        "over_min": values - low,
        "under_max": high - values,
        "fraction": np.where(whole, np.abs(values - np.round(values)), np.nan),
        "filled": np.where((states == MISSING) & required, 0.0, 1.0),
        **_count_personal_data(opened),
    }
    sizes = [len(b.values) for b in opened]
    return RuleFrame(
        columns, np.repeat([b.number for b in opened], sizes), _concatenate_arrays(np.arange(size) for size in sizes)
    )


def _count_personal_data(opened: Sequence[WorkbookArrays]) -> dict[str, np.ndarray]:
    """Per cell how many identity numbers and how many people's names it seems to hold; most cells are not looked at."""
    import numpy as np

    total = sum(len(b.values) for b in opened)
    columns = {"identity_numbers": np.full(total, np.nan), "names": np.full(total, np.nan)}
    first = 0
    for book in opened:
        for k, text in book.long_texts:
            columns["identity_numbers"][first + k] = len(privacy.find_identity_numbers(text))
            columns["names"][first + k] = privacy.count_person_names(text, book.places)
        large = (book.values >= privacy.LEAST_IDENTITY) & ~book.template.money & (book.template.family == NUMBER)
        for k in np.flatnonzero(large).tolist():
            columns["identity_numbers"][first + k] = privacy.is_identity_number(book.values[k])
        first += len(book.values)
    return columns


def _build_relation_frame(catalogue: Catalogue, opened: Sequence[WorkbookArrays]) -> RuleFrame:
    import numpy as np

    books = [b for b in opened if len(b.template.terms)]
    if not books:
        return RuleFrame({}, np.array([], dtype=int), np.array([], dtype=int))
    gap, small, large = (
        _concatenate_arrays(part) for part in zip(*(_compute_relation_gaps(b) for b in books), strict=True)
    )
    sort, limits = _concatenate_arrays(b.template.sort for b in books), catalogue.thresholds
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
    return RuleFrame(
        columns, numbers, _concatenate_arrays(t.terms[:, 0] for t in rows), _concatenate_arrays(t.details for t in rows)
    )


def _compute_relation_gaps(book: WorkbookArrays) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per relation its gap, its smaller side, its larger side."""
    import numpy as np

    sides = np.append(book.values, 0.0)[book.template.terms]
    gap = np.round((sides * book.template.weights).sum(axis=1), 6)
    return np.where(book.template.equal, -np.abs(gap), gap), sides[:, 0], sides[:, 1]
