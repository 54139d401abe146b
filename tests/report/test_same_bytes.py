"""The same snapshot gives the same bytes: two processes, other hour, zone, language and order of hashing."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from etl.catalog.catalogue_files import compute_tree_hash, read_tree_files
from etl.report import write_report_draft
from tests.report.conftest import ROOT, TEMPLATES, Drafted, needs_office

_CASES = (("kon-tum", "kt-124", "2024Q4"), ("tan-yen", "ty-ct25", "2024"))
_BUILD = """
import json, sys
from collections.abc import Callable
from pathlib import Path
from etl.catalog import load_catalogue
from etl.report import write_report_draft
from tests.report.conftest import ROOT, TEMPLATES
from tests.report.samples import sample
catalogue, folder = load_catalogue(ROOT / "catalog"), Path(sys.argv[1])
for case in json.loads(sys.argv[2]):
    made = write_report_draft(sample(catalogue, *case), TEMPLATES, folder)
    if sys.argv[3] == "pdf":
        from etl.drafting.draft_pdf import add_pdf
        assert not add_pdf([made], "2024-10-21T09:30:00+07:00")
"""


def built(folder: Path, what: str, **environment: str) -> dict[str, str]:
    """Hashes of the files that a process of its own writes."""
    plain = {key: value for key, value in os.environ.items() if key not in {"TZ", "LANG", "LC_ALL"}}
    cases = _CASES[:1] if what == "pdf" else _CASES
    subprocess.run(
        [sys.executable, "-c", _BUILD, str(folder), json.dumps(cases), what],
        cwd=ROOT, env=plain | environment, check=True, timeout=600,
    )  # fmt: skip
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    one = built(tmp_path / "one", "", PYTHONHASHSEED="1", TZ="Asia/Ho_Chi_Minh", LC_ALL="C.UTF-8")
    two = built(tmp_path / "two", "", PYTHONHASHSEED="4242", TZ="America/Los_Angeles", LC_ALL="C")
    assert len(one) == 4 * len(_CASES)
    assert one == two


@needs_office
def test_another_process_makes_the_same_pdf(tmp_path: Path) -> None:
    one = built(tmp_path / "one", "pdf", PYTHONHASHSEED="1", TZ="Asia/Ho_Chi_Minh", HOME=str(tmp_path))
    two = built(tmp_path / "two", "pdf", PYTHONHASHSEED="4242", TZ="America/Los_Angeles")
    assert [name for name in one if name.endswith(".pdf")]
    assert one == two


def test_templates_that_were_kept_write_the_same_files(tmp_path: Path, drafted: Callable[..., Drafted]) -> None:
    """What an as-known rebuild prints by is `tree_files`: nothing that a document or a letter needs is left out."""
    kept = tmp_path / "templates"
    for name, data in read_tree_files(TEMPLATES).items():
        (kept / name).parent.mkdir(parents=True, exist_ok=True)
        (kept / name).write_bytes(data)
    assert compute_tree_hash(kept) == compute_tree_hash(TEMPLATES)
    first = drafted("kon-tum", "kt-124", "2024Q4")
    again = write_report_draft(first.given, kept, tmp_path / "drafts")
    assert {kind: again[kind].read_bytes() for kind in ("page", "word", "annex", "facts")} == {
        kind: path.read_bytes() for kind, path in first.paths.items()
    }
    letters = {path.name for path in (TEMPLATES / "mail").iterdir()}
    assert letters and {path.name for path in (kept / "mail").iterdir()} == letters
