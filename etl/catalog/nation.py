"""The nation's units before and after 01/07/2025, and what became of each: what a new scope takes its units from.

Room: catalogue. Reads `catalog/nation/`. No figure rests on these files; once a scope is there, its own units in
`catalog/units/` are what counts, and an office corrects them there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from etl.catalog import models
from etl.catalog.catalogue_files import CatalogueReader
from etl.catalog.problems import find_nearest

FOLDER = "nation"


@dataclass(frozen=True)
class Nation:
    """Provinces and communes; the provinces, districts and communes before; what became of them; who says so."""

    units: tuple[models.NationUnit, ...]
    former_units: tuple[models.NationUnit, ...]
    successions: tuple[models.NationSuccession, ...]
    source: models.NationSource

    @property
    def first_day(self) -> date:
        """The first day of the present provinces and communes."""
        return self.source.first_day

    def find_province(self, code: str) -> models.NationUnit | None:
        """The present province with a code."""
        return next((u for u in self.units if u.level == "province" and u.code == code), None)


def read_nation(reader: CatalogueReader, root: Path) -> Nation | None:
    """The nation of a catalogue's folder, None where nobody says when it began; what is wrong is noted."""
    folder = root / FOLDER
    source = reader.read_entry(folder / "source.yaml", models.NationSource)
    if source is None:
        return None
    nation = Nation(
        tuple(reader.read_csv(folder / "units.csv", models.NationUnit)),
        tuple(reader.read_csv(folder / "former_units.csv", models.NationUnit)),
        tuple(reader.read_csv(folder / "successions.csv", models.NationSuccession)),
        source,
    )
    _check_parents(reader, nation.units)
    _check_parents(reader, nation.former_units)
    _check_successions(reader, nation)
    return nation


def _check_parents(reader: CatalogueReader, units: Sequence[models.NationUnit]) -> None:
    codes = set(reader.build_index(units, "code")) | {"VN"}
    for unit in units:
        if unit.parent not in codes:
            reader.report_unknown(reader.find_place(unit).at("parent"), "parent unit", unit.parent, codes)


def _check_successions(reader: CatalogueReader, nation: Nation) -> None:
    """A whole unit goes to one unit, parts to several; both ends are there."""
    old, new = ({unit.code for unit in units} for units in (nation.former_units, nation.units))
    count = Counter(s.old_code for s in nation.successions)
    for s in nation.successions:
        for key, code, codes in (("old_code", s.old_code, old), ("new_code", s.new_code, new)):
            if code not in codes:
                place, near = reader.find_place(s).at(key), find_nearest(code, codes)
                reader.report(
                    place, f"unknown unit in succession {code!r}", "a unit of its file", value=code, nearest=near
                )
        if (count[s.old_code] == 1) != (s.kind == "whole"):
            reader.report(
                reader.find_place(s).at("kind"),
                f"unit {s.old_code} went to {count[s.old_code]} units as {s.kind!r}",
                "one successor of kind whole, or several of kind part",
                value=s.kind,
            )
