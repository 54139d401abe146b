"""Makes many workbooks of distinct content and without a fault, of few units or of many: forms sent again and again.

Each round tells the same story with one visit more in every commune, so that it is a new file and still a clean one:
figures of another seed would be jumps against the unit's own history.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

from etl.catalog import Catalogue
from etl.catalog.obligations import list_obligations
from etl.forms import build_form_file_name, issue_form
from etl.messages import load_messages
from etl.model import Period
from etl.settings import PROJECT_ROOT
from simulation.cell_values import build_cell_values
from simulation.form_filling import fill_form, read_manifest

SCOPE, MANY_UNITS = "kon-tum", "quang-ngai"
"""Whose forms: of ten districts, or of nearly a hundred communes."""
_QUARTERS = {
    SCOPE: ("2024Q1", "2024Q2", "2024Q3", "2024Q4"),
    MANY_UNITS: ("2025Q3", "2025Q4", "2026Q1", "2026Q2"),
}
_GROWS = "pc_visits"
_SENT = 1_714_550_400.0  # 01/05/2024: a file's time, long enough ago to count as stable


def write_corpus(catalogue: Catalogue, folder: Path, files: int, scope: str = SCOPE) -> list[Path]:
    """`files` filled quarter workbooks of the units of a scope, as ``<folder>/<unit>/<name>.xlsx``."""
    folder.mkdir(parents=True, exist_ok=True)
    return list(islice(_write_workbooks(catalogue, folder, scope), files))


def _write_workbooks(catalogue: Catalogue, folder: Path, scope_id: str) -> Iterator[Path]:
    scope, issued, wording = catalogue.get_scope(scope_id), {}, load_messages(PROJECT_ROOT / "templates")
    periods = [Period.parse(key) for key in _QUARTERS[scope_id]]
    stories = {period: build_cell_values(catalogue, scope, period) for period in periods}
    for more in count():
        for period, cell_values in stories.items():
            changed_values = {
                key: _increase_value(value, more) if key[2] == _GROWS else value for key, value in cell_values.items()
            }
            for _, form, unit in list_obligations(catalogue, scope, period):
                if (period, unit.code) not in issued:
                    data = issue_form(catalogue, scope, form, unit, period, wording)
                    issued[period, unit.code] = data, read_manifest(data)
                data, manifest = issued[period, unit.code]
                if _GROWS not in {entry.data_element for entry in manifest.entries}:
                    continue  # it would be the same file each time
                path = folder / unit.code / f"{more:03}_{build_form_file_name(form, unit, period)}"
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(fill_form(data, changed_values, manifest=manifest))
                os.utime(path, (_SENT, _SENT))
                yield path


def _increase_value(value: float | int | str, more: int) -> float | int | str:
    return value if isinstance(value, str) else value + more
