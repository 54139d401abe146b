"""Centre points: one for every commune of today, none of nobody, and a place for what is no more."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from etl.catalog import Catalogue
from etl.catalog.centres import find_centre, load_centres
from etl.catalog.geography import list_units_below
from etl.catalog.loader import list_catalogue_problems, load_catalogue

BEFORE, AFTER = dt.date(2025, 6, 30), dt.date(2025, 7, 1)


@pytest.mark.parametrize("scope", ["quang-ngai", "bac-ninh"])
def test_every_commune_of_the_live_scopes_has_its_place_in_its_province(catalogue: Catalogue, scope: str) -> None:
    centres = load_centres(catalogue)
    area = catalogue.find_unit(catalogue.scopes[scope].area_unit, AFTER)
    assert area is not None
    places = [
        find_centre(catalogue, centres, unit.code, AFTER)
        for unit in list_units_below(catalogue, area, "commune", AFTER)
    ]
    found = [place for place in places if place]
    assert len(found) == len(places) > 90
    assert max(p.lat for p in found) - min(p.lat for p in found) < 2
    assert max(p.lon for p in found) - min(p.lon for p in found) < 2


def test_a_unit_that_is_no_more_lies_in_the_middle_of_what_it_became(catalogue: Catalogue) -> None:
    centres = load_centres(catalogue)
    for district in catalogue.list_children("62", "district", BEFORE):
        place = find_centre(catalogue, centres, district.code, BEFORE)
        assert place and 13.5 < place.lat < 15.6 and 107 < place.lon < 109, district.name
    assert find_centre(catalogue, centres, "no such", BEFORE) is None


def test_the_file_is_checked_and_is_no_part_of_what_figures_rest_on(tmp_path: Path, catalogue: Catalogue) -> None:
    root = tmp_path / "catalog"
    shutil.copytree(catalogue.root, root)
    path = root / "units" / "centres.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], "99999,21.1,106.1,ai đó", "07210,121.1,106.1,ai đó"]) + "\n", encoding="utf-8")
    assert load_catalogue(root).sha256 == catalogue.sha256
    wrong = [problem for problem in list_catalogue_problems(root) if "centres.csv" in problem.where]
    assert len(wrong) == 2 and {problem.value for problem in wrong} == {"99999", "121.1"}
