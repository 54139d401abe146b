"""The dot map: each unit's verdict on one target, a dot at its centre point, drawn as SVG by the page's template.

A shape for each verdict, so that no colour carries meaning. No background: the dots alone show the area.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from etl.catalog.centres import Centre, find_centre, load_centres
from etl.errors import CatalogueError
from etl.model import Period
from etl.page.page_rendering import PageDesk

_WIDTH, _MARGIN = 640, 12


@dataclass(frozen=True)
class MapDot:
    """A unit on the map, in the units of its box."""

    x: float
    y: float
    unit: str
    row: Any


@dataclass(frozen=True)
class DotMap:
    """The dots of one target, and how many units have no centre point and are not drawn."""

    dots: tuple[MapDot, ...]
    left_out: int
    height: int
    width: int = _WIDTH


def build_dot_map(desk: PageDesk, rows: Sequence[Any], period: str, names: Mapping[str, str]) -> DotMap | None:
    """The map of some units; None where fewer than two have a centre point, or the catalogue cannot be read."""
    if desk.catalogue is None or not Period.is_key(period):
        return None
    day = Period.parse(period).end
    try:
        centres = load_centres(desk.catalogue)
    except CatalogueError:
        return None
    found = [(row, find_centre(desk.catalogue, centres, row.unit_code, day)) for row in rows]
    placed = [(row, centre) for row, centre in found if centre is not None]
    if len({(c.lat, c.lon) for _, c in placed}) < 2:
        return None
    points, height = _project_centres([centre for _, centre in placed])
    dots = [
        MapDot(x, y, names.get(row.unit_code, row.unit_code), row)
        for (row, _), (x, y) in zip(placed, points, strict=True)
    ]
    return DotMap(tuple(dots), len(rows) - len(placed), height)


def _project_centres(centres: Sequence[Centre]) -> tuple[list[tuple[float, float]], int]:
    """Degrees to the box: north is up, and a kilometre is as long both ways in the middle of the area."""
    west, east = min(c.lon for c in centres), max(c.lon for c in centres)
    south, north = min(c.lat for c in centres), max(c.lat for c in centres)
    squeeze = math.cos(math.radians((south + north) / 2))
    span = max((east - west) * squeeze, (north - south) / 2)  # a tall area is not drawn taller than twice the width
    scale = (_WIDTH - 2 * _MARGIN) / span
    points = [
        (round(_MARGIN + (c.lon - west) * squeeze * scale, 1), round(_MARGIN + (north - c.lat) * scale, 1))
        for c in centres
    ]
    return points, round((north - south) * scale + 2 * _MARGIN)
