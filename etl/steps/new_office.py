"""A new office: the catalogue files of a province's scope and of its plan, and what is left to decide in them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from etl.catalog.catalogue_files import CatalogueReader
from etl.catalog.model_errors import spell_day
from etl.catalog.nation import read_nation
from etl.catalog.problems import find_nearest
from etl.core.instance import Result, load_settings_and_catalogue
from etl.errors import UsageError
from etl.messages import Messages, load_messages
from etl.model.vietnam_time import get_current_date
from etl.read.plain_table import read_plain_table
from etl.scaffold import (
    CatalogueChange,
    PlanHead,
    ScopeDraft,
    apply_change,
    draft_plan,
    draft_scope,
    undo_change,
)
from etl.scaffold.new_scope import validate_new_units


def create_scope(province: str, scope_id: str = "", from_year: int | None = None, *, undo: bool = False) -> Result:
    """Writes the files of a scope for a province, or takes them back where nobody has touched them.

    Args:
        province: The province's code since 01/07/2025.
        scope_id: The scope's name; made from the province's if empty.
        from_year: The first year for which forms are issued; this year if None.
        undo: Take back what the same words wrote.

    Raises:
        UsageError: no such province, it is there already, or what is to be taken back is no longer as written.
        CatalogueError: the catalogue or the nation's units are wrong.
    """
    settings, catalogue = load_settings_and_catalogue()
    reader = CatalogueReader()
    nation = read_nation(reader, settings.catalog)
    reader.raise_problems()
    assert nation is not None  # noqa: S101 - a nation without its source is a problem
    year = from_year or get_current_date().year
    draft = draft_scope(catalogue, nation, settings.templates, province, year, scope_id)
    if undo:
        undo_change(draft.change)
        return {"scope": draft.scope_id, "removed": _list_paths(settings.catalog, draft.change)}
    validate_new_units(catalogue, nation, draft, province)
    apply_change(draft.change)
    return {
        "scope": draft.scope_id,
        "communes": draft.communes,
        "former_units": draft.former_units,
        "written": _list_paths(settings.catalog, draft.change),
        "to_decide": _describe_decisions(load_messages(settings.templates), draft),
    }


def create_plan(head: PlanHead, table: str, sheet: str = "", *, undo: bool = False) -> Result:
    """Writes a plan's file from a table of its targets, or takes it back where nobody has touched it.

    Args:
        head: What the plan says of itself.
        table: The table's file: CSV, or a workbook.
        sheet: The workbook's sheet, where it has several.
        undo: Take back what the same words wrote.

    Raises:
        UsageError: the table cannot be read, the plan or its issuer is not as it should be.
        CatalogueError: the catalogue is wrong.
    """
    settings, catalogue = load_settings_and_catalogue()
    _validate_day(head.date)
    if head.issuer and head.issuer not in catalogue.actors:
        near = find_nearest(head.issuer, catalogue.actors)
        raise UsageError(
            f"no actor {head.issuer!r}", where="--issuer", fix=f"see actors.yaml; nearest: {near or 'none'}"
        )
    draft = draft_plan(catalogue, settings.templates, head, read_plain_table(Path(table), sheet).rows)
    if undo:
        undo_change(draft.change)
        return {"plan": head.plan_id, "removed": _list_paths(settings.catalog, draft.change)}
    apply_change(draft.change)
    wording = load_messages(settings.templates)
    return {
        "plan": head.plan_id,
        "targets": draft.targets,
        "certain": draft.certain,
        "marks": draft.marks,
        "written": _list_paths(settings.catalog, draft.change),
        "to_decide": [
            *([wording.texts["new.marks"]] if draft.marks else ()),
            wording.format("new.plan", plan=head.plan_id),
        ],
    }


def _validate_day(text: str) -> None:
    try:
        is_day = not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        is_day = False
    if not is_day:
        raise UsageError(f"{text!r} is no day", where="--date", fix=f"write {spell_day(text) or '2026-02-28'}")


def _list_paths(root: Path, change: CatalogueChange) -> list[str]:
    return [str(path.relative_to(root)) for path in change.paths]


def _describe_decisions(wording: Messages, draft: ScopeDraft) -> list[str]:
    """What a person has to confirm or decide, a sentence each."""
    told = [wording.format("new.confirm", unit=unit.name, code=unit.code, what=what) for unit, what in draft.to_confirm]
    if draft.split_communes:
        told.append(wording.format("new.split", count=draft.split_communes))
    return [*told, *(wording.texts[f"new.{key}"] for key in ("office", "regime", "agencies", "mail", "scopes"))]
