"""Reads `catalog/` into strict models and checks that every reference in it leads somewhere and makes sense.

Called by steps and by tests; touches only files below the folder it is given. Every mistake is gathered with its file,
line, key and what was expected; `list_catalogue_problems` gives them all. Loading stops with the first few of what all
scopes share; a mistake in a scope's file, plan or correction takes that scope out of service (`Catalogue.stopped`), one
in a foreign layout that layout, and nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from etl.catalog import models
from etl.catalog.catalogue import Catalogue
from etl.catalog.catalogue_files import CatalogueReader, compute_tree_hash, read_tree_files
from etl.catalog.centres import read_centres
from etl.catalog.contacts import REMINDERS, ReminderRules, read_contacts
from etl.catalog.exchange_identifiers import read_exchange
from etl.catalog.measures import check_measures
from etl.catalog.nation import read_nation
from etl.catalog.plausibility import check_plausibility
from etl.catalog.problems import CatalogueProblem
from etl.catalog.references import check_references
from etl.catalog.scope_service import (
    find_stopped_corrections,
    find_stopped_layouts,
    find_stopped_plans,
    find_stopped_scopes,
    is_apart,
)
from etl.catalog.task_answers import check_task_answers
from etl.errors import CatalogueError

__all__ = ["Catalogue", "load_catalogue"]


def load_catalogue(root: Path) -> Catalogue:
    """The catalogue below a folder, read once per content and checked.

    Raises:
        CatalogueError: the first few mistakes in shared files: file, line, key, and what was expected.
    """
    return _load_hashed_catalogue(root, _hash_tree(root))


def list_catalogue_problems(root: Path) -> tuple[CatalogueProblem, ...]:
    """Every mistake of a catalogue, with those of what is read beside it, in the order of the files.

    That is contacts, reminders, centre points, exchange names and the nation's units; and who reports on tasks, which
    stops no run: a catalogue from before it was asked goes on.

    Raises:
        CatalogueError: there is no such folder.
    """
    reader = CatalogueReader()
    catalogue = _read_catalogue(root, _hash_tree(root), reader)
    read_contacts(reader, catalogue, catalogue.scopes)
    reader.read_entry(root / REMINDERS, ReminderRules)
    read_centres(reader, catalogue)
    read_exchange(reader, catalogue)
    read_nation(reader, root)
    if not reader.problems:  # half a scope, plan or form would only raise what follows from its mistake
        check_task_answers(catalogue, reader)
    return tuple(reader.problems)


def _hash_tree(root: Path) -> str:
    if not root.is_dir():
        raise CatalogueError(
            "the catalogue folder is missing", where=str(root), fix="set TONGKET_HOME to the project's folder"
        )
    return compute_tree_hash(root)


@lru_cache(maxsize=4)
def _load_hashed_catalogue(root: Path, sha256: str) -> Catalogue:
    reader = CatalogueReader()
    catalogue = _read_catalogue(root, sha256, reader)
    reader.raise_problems(lambda problem: is_apart(root, problem))
    stopped, stopped_plans = find_stopped_scopes(catalogue, reader), find_stopped_plans(catalogue, reader)
    corrections, layouts = find_stopped_corrections(catalogue, reader), find_stopped_layouts(catalogue, reader)
    return replace(
        catalogue,
        indicators={i.code: _resolve_measure(catalogue, i) for i in catalogue.indicators.values()},
        plans={p.id: _resolve_targets(catalogue, p) for p in catalogue.plans.values() if p.id not in stopped_plans},
        scopes={scope.id: scope for scope in catalogue.scopes.values() if scope.id not in stopped},
        stopped=stopped,
        stopped_plans=stopped_plans,
        agreed_corrections={x.id: x for x in catalogue.agreed_corrections.values() if x.id not in corrections},
        stopped_corrections=corrections,
        layouts={layout.id: layout for layout in catalogue.layouts.values() if layout.id not in layouts},
        stopped_layouts=layouts,
    )


def _read_catalogue(root: Path, sha256: str, reader: CatalogueReader) -> Catalogue:
    """What of the catalogue can be read; what is wrong is noted with the reader."""
    units = tuple(reader.read_tables(root / "units", "units.csv", models.Unit, frozenset({"aliases"})))
    by_code: dict[str, tuple[models.Unit, ...]] = {}
    for unit in units:
        by_code[unit.code] = (*by_code.get(unit.code, ()), unit)
    thresholds = reader.build_index(reader.read_list(root / "quality.yaml", models.Threshold), "code")
    catalogue = Catalogue(
        root=root,
        sha256=sha256,
        units=units,
        successions=tuple(reader.read_tables(root / "units", "successions.csv", models.Succession)),
        elements=reader.build_index(reader.read_csv(root / "data_elements.csv", models.DataElement), "code"),
        relations=tuple(reader.read_list(root / "relations.yaml", models.Relation)),
        indicators=reader.build_index(reader.read_list(root / "indicators.yaml", models.Indicator), "code"),
        actors=reader.build_index(reader.read_list(root / "actors.yaml", models.Actor), "code"),
        plans=reader.read_folder(root / "plans", models.Plan),
        columns=tuple(reader.read_csv(root / "forms" / "columns.csv", models.Column)),
        forms=reader.build_index(reader.read_list(root / "forms" / "forms.yaml", models.Form), "id"),
        regimes=reader.build_index(reader.read_list(root / "regimes" / "regimes.yaml", models.Regime), "id"),
        holiday_corrections=tuple(reader.read_list(root / "calendar" / "holidays.yaml", models.HolidayCorrection)),
        scopes=reader.read_folder(root / "scopes", models.Scope),
        cell_states={s.text: s.state for s in reader.read_csv(root / "cell_states.csv", models.CellSign)},
        agreed_corrections=reader.read_folder(root / "corrections", models.Correction),
        files=read_tree_files(root),
        inheritance=tuple(reader.read_list(root / "inheritance.yaml", models.Inheritance)),
        bodies=tuple(reader.read_optional_list(root / "bodies.yaml", models.BodyName)),
        layouts=reader.read_folder(root / "layouts", models.ForeignLayout),
        measures=tuple(reader.read_optional_list(root / "measures.yaml", models.MeasureUnit)),
        unsupported=tuple(reader.read_optional_list(root / "unsupported.yaml", models.UnsupportedWording)),
        outlook=reader.read_optional_entry(root / "outlook.yaml", models.OutlookRules),
        thresholds={code: float(t.value) for code, t in thresholds.items()},
        official_population=tuple(reader.read_csv(root / "official_population.csv", models.OfficialFigure)),
        units_by_code=by_code,
    )
    check_references(catalogue, reader)
    check_measures(catalogue, reader)
    check_plausibility(catalogue, reader)
    return catalogue


def _resolve_measure(catalogue: Catalogue, indicator: models.Indicator) -> models.Indicator:
    """The indicator with what its numerator measures, for rooms that do not see data elements."""
    measures = [catalogue.elements[term.data_element].measure for term in indicator.terms if term.side == "numerator"]
    return indicator.model_copy(update={"measure": measures[0]}) if measures else indicator


def _resolve_targets(catalogue: Catalogue, plan: models.Plan) -> models.Plan:
    """The plan, its targets with what turns their numbers into their indicators' units, and with its last day."""

    def resolve(target: models.Target) -> models.Target:
        indicator = catalogue.indicators.get(target.indicator or "")
        unit = target.unit_meant or target.unit_written
        scale = catalogue.find_indicator_scale(unit, indicator) if indicator else None
        return target.model_copy(update={"unit_scale": scale or Fraction(1), "plan_end": plan.valid_to})

    return plan.model_copy(update={"targets": tuple(map(resolve, plan.targets))})
