"""Makes many district workbooks of distinct content: the same forms, filled from another seed each round."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

from benchmarks.fill import fill, read_manifest
from benchmarks.sample_values import SEED, values
from etl.catalog import Catalogue
from etl.forms import file_name, issue
from etl.model import Period

SCOPE = "kon-tum"
_QUARTERS = ("2024Q1", "2024Q2", "2024Q3", "2024Q4")
_SENT = 1_714_550_400.0  # 01/05/2024: a file's time, long enough ago to count as stable


def make(catalogue: Catalogue, folder: Path, files: int) -> list[Path]:
    """`files` filled quarter workbooks of Kon Tum's districts, as ``<folder>/<unit>/<name>.xlsx``."""
    folder.mkdir(parents=True, exist_ok=True)
    return list(islice(_written(catalogue, folder), files))


def _written(catalogue: Catalogue, folder: Path) -> Iterator[Path]:
    scope, issued = catalogue.scope(SCOPE), {}
    for seed in count(SEED):
        for key in _QUARTERS:
            period = Period.parse(key)
            told = values(catalogue, scope, period, seed)
            for _, form, unit in catalogue.expected(scope, period):
                if (key, unit.code) not in issued:
                    data = issue(catalogue, scope, form, unit, period)
                    issued[key, unit.code] = data, read_manifest(data)
                data, manifest = issued[key, unit.code]
                path = folder / unit.code / f"{seed}_{file_name(form, unit, period)}"
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(fill(data, told, manifest=manifest))
                os.utime(path, (_SENT, _SENT))
                yield path
