"""Reads `catalog/` into strict models and checks that every reference in it leads somewhere.

Called by steps and by tests; touches only files below the folder it is given. A mistake stops with the
file, the key and what was expected.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from etl.catalog import models as m
from etl.catalog.catalogue import Catalogue
from etl.catalog.catalogue_files import (
    build_index,
    compute_tree_hash,
    read_csv,
    read_folder,
    read_list,
    read_optional_entry,
    read_optional_list,
    read_tree_files,
)
from etl.catalog.references import check_references
from etl.errors import CatalogueError

__all__ = ["Catalogue", "load_catalogue"]


def load_catalogue(root: Path) -> Catalogue:
    """The catalogue below a folder, read once per content and checked.

    Raises:
        CatalogueError: file, key, and what was expected.
    """
    if not root.is_dir():
        raise CatalogueError(
            "the catalogue folder is missing", where=str(root), fix="set TONGKET_HOME to the project's folder"
        )
    return _load_hashed_catalogue(root, compute_tree_hash(root))


@lru_cache(maxsize=4)
def _load_hashed_catalogue(root: Path, sha256: str) -> Catalogue:
    units = tuple(read_csv(root / "units" / "units.csv", m.Unit, frozenset({"aliases"})))
    by_code: dict[str, tuple[m.Unit, ...]] = {}
    for unit in units:
        by_code[unit.code] = (*by_code.get(unit.code, ()), unit)
    catalogue = Catalogue(
        root=root,
        sha256=sha256,
        units=units,
        successions=tuple(read_csv(root / "units" / "successions.csv", m.Succession)),
        elements=build_index(read_csv(root / "data_elements.csv", m.DataElement), "code", root / "data_elements.csv"),
        relations=tuple(read_list(root / "relations.yaml", m.Relation, "code")),
        indicators=build_index(
            read_list(root / "indicators.yaml", m.Indicator, "code"), "code", root / "indicators.yaml"
        ),
        actors=build_index(read_list(root / "actors.yaml", m.Actor, "code"), "code", root / "actors.yaml"),
        plans=read_folder(root / "plans", m.Plan),
        columns=tuple(read_csv(root / "forms" / "columns.csv", m.Column)),
        forms=build_index(read_list(root / "forms" / "forms.yaml", m.Form, "id"), "id", root / "forms" / "forms.yaml"),
        regimes=build_index(
            read_list(root / "regimes" / "regimes.yaml", m.Regime, "id"), "id", root / "regimes" / "regimes.yaml"
        ),
        holiday_corrections=tuple(read_list(root / "calendar" / "holidays.yaml", m.HolidayCorrection, "day")),
        scopes=read_folder(root / "scopes", m.Scope),
        cell_states={s.text: s.state for s in read_csv(root / "cell_states.csv", m.CellSign)},
        agreed_corrections=read_folder(root / "corrections", m.Correction),
        files=read_tree_files(root),
        inheritance=tuple(read_list(root / "inheritance.yaml", m.Inheritance, "plan")),
        bodies=tuple(read_optional_list(root / "bodies.yaml", m.BodyName, "name")),
        outlook=read_optional_entry(root / "outlook.yaml", m.OutlookRules),
        thresholds={
            code: float(t.value)
            for code, t in build_index(
                read_list(root / "quality.yaml", m.Threshold, "code"), "code", root / "quality.yaml"
            ).items()
        },
        official_population=tuple(read_csv(root / "official_population.csv", m.OfficialFigure)),
        units_by_code=by_code,
    )
    for problem in check_references(catalogue):
        raise problem
    return replace(
        catalogue, indicators={i.code: _resolve_measure(catalogue, i) for i in catalogue.indicators.values()}
    )


def _resolve_measure(catalogue: Catalogue, indicator: m.Indicator) -> m.Indicator:
    """The indicator with what its numerator measures, for rooms that do not see data elements."""
    measures = [catalogue.elements[term.data_element].measure for term in indicator.terms if term.side == "numerator"]
    return indicator.model_copy(update={"measure": measures[0]}) if measures else indicator
