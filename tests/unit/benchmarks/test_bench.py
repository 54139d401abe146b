from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import bench, measure, nation
from etl.catalog import Catalogue
from etl.model import PeriodKind
from simulation import workbook_corpus


def test_tasks_of_a_dag_are_counted_without_the_mapped_ones(tmp_path: Path) -> None:
    file = tmp_path / "dag.py"
    file.write_text(
        "@task\ndef one(): ...\n@task(retries=2)\ndef each(batch): ...\n@task\ndef two(): ...\n"
        "def helper(): ...\neach.expand(batch=one()) >> two()\n"
    )
    assert bench.count_fixed_tasks(file) == 2


@pytest.mark.parametrize("reader", ["openpyxl", "openpyxl-streaming"])
def test_every_parser_sees_the_same_cells(catalogue: Catalogue, tmp_path: Path, reader: str) -> None:
    workbook_corpus.write_corpus(catalogue, tmp_path, 1)
    seen = {name: measure.measure_parsing(name, str(tmp_path))["cells"] for name in ("calamine", reader)}
    assert seen["calamine"] == seen[reader] > 3000


def test_the_made_up_nation_is_a_catalogue_whose_last_quarter_is_owed() -> None:
    made = nation.build_catalogue(provinces=2, communes=6)
    scope = made.get_scope("nation")
    assert nation.LAST in made.list_owed_periods(scope, PeriodKind.QUARTER)
    assert len(made.list_children("VN", "province", nation.LAST.end)) == 2
