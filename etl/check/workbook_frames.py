"""The frames that need nothing but the workbooks themselves: files, cells, relations.

Called by the check room only. Grain: files → workbook; cells → input cell; relations → (relation, org unit, workbook).
Columns are computed for a whole batch at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from etl.check import privacy
from etl.check.check_template import DATE, FAMILIES, NUMBER, RELATION_KINDS
from etl.check.frames import STATES, RuleFrame, WorkbookArrays

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def build_workbook_frames(opened: Sequence[WorkbookArrays]) -> dict[str, RuleFrame]:
    """The three frames of a batch, by the name that rules call them by."""
    return {
        "files": _build_file_frame(opened),
        "cells": _build_cell_frame(opened),
        "relations": _build_relation_frame(opened),
    }


def _concatenate_arrays(parts: Iterable[np.ndarray]) -> np.ndarray:
    import numpy as np

    return np.concatenate(list(parts))


def _name_codes(codes: Iterable[np.ndarray], names: Sequence[str]) -> pd.Categorical[str]:
    """Numbers as the words that they stand for."""
    import pandas as pd

    numbers = _concatenate_arrays(codes)
    return pd.Categorical.from_codes(numbers, pd.Index(names))


def _build_file_frame(opened: Sequence[WorkbookArrays]) -> RuleFrame:
    """`filled` counts cells that hold a number or words; `broken` says that the reader could not make out all of it."""
    import numpy as np
    import pandas as pd

    data = pd.DataFrame(
        {
            "folder": [b.submission.folder for b in opened],
            "unit": [b.context.unit.code for b in opened],
            "owed": [b.context.owed for b in opened],
            "filled": [int(b.filled.sum()) for b in opened],
            "broken": [b.broken for b in opened],
        }
    )
    return RuleFrame(data, np.array([b.number for b in opened]), np.full(len(opened), -1))


def _build_cell_frame(opened: Sequence[WorkbookArrays]) -> RuleFrame:
    """`reported`: the reader has already said what is wrong with just this cell; `low`, `high`: what it may hold;
    `after_receipt`: 1 where a day comes after the one on which the file came."""
    import numpy as np
    import pandas as pd

    templates = [b.template for b in opened]
    data = pd.DataFrame(
        {
            "state": _name_codes((b.states for b in opened), [*map(str, STATES)]),
            "family": _name_codes((t.family for t in templates), FAMILIES),
            "value": _concatenate_arrays(b.values for b in opened),
            "low": _concatenate_arrays(t.low for t in templates),
            "high": _concatenate_arrays(t.high for t in templates),
            "whole": _concatenate_arrays(t.whole for t in templates),
            "required": _concatenate_arrays(t.required for t in templates),
            "reported": _concatenate_arrays(b.reported for b in opened),
            "after_receipt": _concatenate_arrays(_flag_days_after_receipt(b) for b in opened),
            **_count_personal_data(opened),
        }
    )
    sizes = [len(b.values) for b in opened]
    return RuleFrame(
        data, np.repeat([b.number for b in opened], sizes), _concatenate_arrays(np.arange(size) for size in sizes)
    )


def _flag_days_after_receipt(book: WorkbookArrays) -> np.ndarray:
    import numpy as np

    flags, received = np.full(len(book.values), np.nan), book.submission.received_on
    for k in np.flatnonzero(book.template.family == DATE).tolist() if received else ():
        if received and book.texts[k]:
            flags[k] = book.texts[k] > received.isoformat()
    return flags


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


def _build_relation_frame(opened: Sequence[WorkbookArrays]) -> RuleFrame:
    """`parts`: of a sum; `least`: of an overlap, how many have all parts at the least, Σ parts − (n − 1) · larger;
    `most`: the smaller side at the most, for so many people."""
    import numpy as np
    import pandas as pd

    books = [b for b in opened if len(b.template.terms)]
    if not books:
        return RuleFrame(pd.DataFrame(), np.array([], dtype=int), np.array([], dtype=int))
    small, large, parts, least, most, sort, cells, details = (
        _concatenate_arrays(part) for part in zip(*(_list_relation_sides(b) for b in books), strict=True)
    )
    kind = _name_codes([sort], RELATION_KINDS)
    data = pd.DataFrame({"kind": kind, "smaller": small, "larger": large, "parts": parts, "least": least, "most": most})
    numbers = np.repeat([b.number for b in books], [len(b.template.terms) for b in books])
    return RuleFrame(data, numbers, cells, details)


def _list_relation_sides(book: WorkbookArrays) -> tuple[np.ndarray, ...]:
    """Per relation its smaller side, its larger, the sum of its parts, what they demand, its most, kind, cell
    and detail."""
    import numpy as np

    template = book.template
    sides, count = np.append(book.values, 0.0)[template.terms], template.parts.sum(axis=1)
    total = np.where(template.parts, sides, 0.0).sum(axis=1)
    is_sum, is_overlap = (template.sort == RELATION_KINDS.index(kind) for kind in ("sum", "overlap"))
    parts = np.where(is_sum, total, np.nan)
    least = np.where(is_overlap, total - (count - 1) * sides[:, 1], np.nan)
    most = template.most * sides[:, 1]
    return sides[:, 0], sides[:, 1], parts, least, most, template.sort, template.cells, template.details
