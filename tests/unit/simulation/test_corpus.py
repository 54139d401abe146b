from __future__ import annotations

import hashlib
from pathlib import Path

from etl.catalog import Catalogue
from simulation import workbook_corpus
from simulation.form_filling import read_manifest


def test_a_corpus_holds_distinct_workbooks_beyond_one_round_of_forms(catalogue: Catalogue, tmp_path: Path) -> None:
    made = workbook_corpus.write_corpus(catalogue, tmp_path, 42)
    assert len({hashlib.sha256(path.read_bytes()).hexdigest() for path in made}) == 42
    assert {path.parent.name for path in made} == {str(code) for code in (608, *range(610, 619))}
    one, again = made[0], made[40]
    assert read_manifest(one.read_bytes()) == read_manifest(again.read_bytes())
