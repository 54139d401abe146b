"""Where units lie, for a picture of dots: centre points of `centres.csv`, strictly read.

Room: catalogue. Called by the page. The file stays out of the catalogue's hash: no figure rests on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import Field

from etl.catalog import models
from etl.catalog.catalogue import Catalogue
from etl.catalog.catalogue_files import CatalogueReader
from etl.catalog.geography import list_successors
from etl.catalog.models import Code, StrictModel, Text

CENTRES = "centres.csv"


class UnitCentre(StrictModel):
    """The centre point of the last unit that bears a code, in degrees (WGS 84)."""

    code: Code
    lat: float = Field(ge=6, le=24)
    lon: float = Field(ge=102, le=118)
    source: Text


@dataclass(frozen=True)
class Centre:
    """A point in degrees."""

    lat: float
    lon: float


def load_centres(catalogue: Catalogue) -> Mapping[str, UnitCentre]:
    """Code → centre point.

    Raises:
        CatalogueError: the file is missing or wrong.
    """
    reader = CatalogueReader()
    centres = read_centres(reader, catalogue)
    reader.raise_problems()
    return centres


def read_centres(reader: CatalogueReader, catalogue: Catalogue) -> Mapping[str, UnitCentre]:
    """The centre points, with every mistake in them."""
    centres = reader.build_index(reader.read_tables(catalogue.root / "units", CENTRES, UnitCentre), "code")
    for code, centre in centres.items():
        if not catalogue.list_units_of_code(code):
            reader.report_unknown(reader.find_place(centre).at("code"), "unit", code, catalogue.units_by_code)
    return centres


def find_centre(catalogue: Catalogue, centres: Mapping[str, UnitCentre], code: str, day: dt.date) -> Centre | None:
    """Where the unit of a code on a day lies: its own point, or the middle of what it became or consists of."""
    if code in centres:
        return Centre(centres[code].lat, centres[code].lon)
    unit = catalogue.find_unit(code, day)
    if unit is None:
        return None
    successors = [new for step, new in list_successors(catalogue, unit) if step.carries == "area"]
    parts: Iterable[models.Unit] = successors or catalogue.list_children(code, "commune", day)
    points = [point for part in parts if (point := find_centre(catalogue, centres, part.code, part.valid_from))]
    if not points:
        return None
    return Centre(sum(p.lat for p in points) / len(points), sum(p.lon for p in points) / len(points))
