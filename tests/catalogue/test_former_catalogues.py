"""A catalogue kept by an earlier release reads as it was read then."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import yaml

from etl.catalog.catalogue_files import read_tree_files
from etl.catalog.loader import Catalogue, load_catalogue
from etl.settings import PROJECT_ROOT
from etl.warehouse.former_catalogues import upgrade_former_files


def _write(files: dict[str, bytes], root: Path) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def _former_files() -> dict[str, bytes]:
    """The shipped catalogue without what codes said by their endings, and without the file that came later."""
    files = dict(read_tree_files(PROJECT_ROOT / "catalog"))
    rows = list(csv.DictReader(io.StringIO(files["data_elements.csv"].decode())))
    target = io.StringIO()
    writer = csv.DictWriter(target, [name for name in rows[0] if name != "measure"], extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    files["data_elements.csv"] = target.getvalue().encode()
    indicators = yaml.safe_load(files["indicators.yaml"])
    for indicator in indicators:
        indicator.pop("recognised_by", None)
    files["indicators.yaml"] = yaml.safe_dump(indicators, allow_unicode=True, sort_keys=False).encode()
    del files["inheritance.yaml"]
    return files


def test_what_codes_said_are_the_same_fields(catalogue: Catalogue, tmp_path: Path) -> None:
    former = _former_files()
    read = load_catalogue(_write(upgrade_former_files(former), tmp_path))
    assert [(e.code, e.measure) for e in read.elements.values()] == [
        (e.code, e.measure) for e in catalogue.elements.values()
    ]
    assert {e.measure for e in read.elements.values()} == {"count", "population", "mass", "money"}
    assert read.indicators == catalogue.indicators
    assert any(i.recognised_by for i in read.indicators.values())
    assert read.inheritance == ()


def test_a_catalogue_of_this_release_stays_as_it_is() -> None:
    files = dict(read_tree_files(PROJECT_ROOT / "catalog"))
    assert upgrade_former_files(files) == files
