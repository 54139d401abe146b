"""Makes many district workbooks of distinct content and without a fault: the same forms, sent again and again.

Each round tells the same story with one visit more in every commune, so that it is a new file and still a clean one:
figures of another seed would be jumps against the unit's own history.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

from benchmarks.fill import fill, read_manifest
from benchmarks.sample_values import values
from etl.catalog import Catalogue
from etl.forms import file_name, issue
from etl.model import Period

SCOPE = "kon-tum"
_QUARTERS = ("2024Q1", "2024Q2", "2024Q3", "2024Q4")
_GROWS = "pc_visits"
_SENT = 1_714_550_400.0  # 01/05/2024: a file's time, long enough ago to count as stable


def make(catalogue: Catalogue, folder: Path, files: int) -> list[Path]:
    """`files` filled quarter workbooks of Kon Tum's districts, as ``<folder>/<unit>/<name>.xlsx``."""
    folder.mkdir(parents=True, exist_ok=True)
    return list(islice(_written(catalogue, folder), files))


def _written(catalogue: Catalogue, folder: Path) -> Iterator[Path]:
    scope, issued = catalogue.scope(SCOPE), {}
    periods = [Period.parse(key) for key in _QUARTERS]
    stories = {period: values(catalogue, scope, period) for period in periods}
    for more in count():
        for period, told in stories.items():
            said = {key: _more(value, more) if key[2] == _GROWS else value for key, value in told.items()}
            for _, form, unit in catalogue.expected(scope, period):
                if (period, unit.code) not in issued:
                    data = issue(catalogue, scope, form, unit, period)
                    issued[period, unit.code] = data, read_manifest(data)
                data, manifest = issued[period, unit.code]
                path = folder / unit.code / f"{more:03}_{file_name(form, unit, period)}"
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(fill(data, said, manifest=manifest))
                os.utime(path, (_SENT, _SENT))
                yield path


def _more(value: float | int | str, more: int) -> float | int | str:
    return value if isinstance(value, str) else value + more
