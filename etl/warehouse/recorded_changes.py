"""What came on record between two moments: cells, the deliveries that brought them, and catalogue facts.

Room: warehouse. Called by steps. Reads only. What that did to figures and verdicts is asked elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, Row

from etl.catalog import models
from etl.catalog.calendar import compute_deadline
from etl.catalog.loader import Catalogue
from etl.catalog.obligations import list_obligations
from etl.model import Period
from etl.warehouse.connect import query
from etl.warehouse.journal import CellChange, fetch_cell_changes
from etl.warehouse.snapshot import parse_known_at


@dataclass(frozen=True)
class ArrivedVersion:
    """A version that came on record, with what it changed and no later one changed again. Grain: (submission).

    `version_before` is 0 where it was the first. `changes` compare with what stood at the earlier moment.
    """

    delivery_id: int
    sha256: str
    original_name: str
    folder: str
    received_at: str
    recorded_at: str
    reporter: str
    form: str
    period: str
    version: int
    version_before: int
    changes: tuple[CellChange, ...]


@dataclass(frozen=True)
class FactChange:
    """A catalogue fact that changed. `before` is None where it is new, `after` where it was taken out."""

    kind: str
    key: str
    field: str
    before: object
    after: object


def fetch_arrived_versions(
    conn: Connection, scope: models.Scope, periods: Sequence[str], from_time: str | datetime, to_time: str | datetime
) -> list[ArrivedVersion]:
    """The versions that came between two moments for some periods, oldest first.

    A cell that several of them changed stands with the last one, against what it was at the first moment; one that
    ends where it began stands with none.
    """
    rows = query(
        conn,
        "versions_between",
        scope=scope.id,
        periods=list(periods),
        from_time=parse_known_at(from_time),
        to_time=parse_known_at(to_time),
    )
    chains: dict[tuple[str, str, str], list[Row[Any]]] = {}
    for row in rows:
        chains.setdefault((row.reporter, row.period, row.form), []).append(row)
    found = [
        (row.submission_id, arrival)
        for chain in chains.values()
        for row, arrival in _build_arrived_versions(conn, chain)
    ]
    return [arrival for _, arrival in sorted(found, key=lambda entry: entry[0])]


def _build_arrived_versions(conn: Connection, rows: list[Row[Any]]) -> Iterator[tuple[Row[Any], ArrivedVersion]]:
    first: dict[tuple[str, str], CellChange] = {}
    last: dict[tuple[str, str], tuple[int, CellChange]] = {}
    for row in rows:
        for change in fetch_cell_changes(conn, row.previous_id or 0, row.submission_id):
            key = (change.org_unit_code, change.data_element)
            first.setdefault(key, change)
            last[key] = (row.submission_id, change)
    net: dict[int, list[CellChange]] = {row.submission_id: [] for row in rows}
    for key, (submission, change) in last.items():
        start = first[key]
        over = replace(change, state_before=start.state_before, before=start.before, words_before=start.words_before)
        if _build_content_before(over) != _build_content_after(over):
            net[submission].append(over)
    for row in rows:
        arrival = ArrivedVersion(
            row.delivery_id, row.sha256, row.original_name, row.folder, row.received_at.isoformat(),
            row.recorded_at.isoformat(), row.reporter, row.form, row.period, row.version, rows[0].version - 1,
            tuple(net[row.submission_id]),
        )  # fmt: skip
        yield row, arrival


def _build_content_before(change: CellChange) -> tuple[object, ...]:
    return change.state_before, change.before, change.words_before


def _build_content_after(change: CellChange) -> tuple[object, ...]:
    return change.state_after, change.after, change.words_after


# --- the catalogue --------------------------------------------------------------------------------------

_KEYS: Mapping[type[BaseModel], tuple[str, ...]] = {
    models.Unit: ("code", "valid_from"),
    models.Succession: ("old_code", "old_valid_to", "new_code", "new_valid_from"),
    models.Relation: ("code",),
    models.Column: ("set", "version", "sheet", "position"),
    models.HolidayCorrection: ("day",),
}
_PARTS = {"targets": "item", "tasks": "id"}


def compare_catalogues(before: Catalogue, after: Catalogue, scope_id: str, period: Period) -> list[FactChange]:
    """What two catalogues say differently: everything that bears on a scope, and who owes what for a period."""
    old, new = (dict(_list_catalogue_facts(c, scope_id, period)) for c in (before, after))
    found = []
    for kind, key in dict.fromkeys([*old, *new]):
        was, now = old.get((kind, key)), new.get((kind, key))
        if was is None or now is None:
            found.append(FactChange(kind, key, "", was, now))
            continue
        found += [
            FactChange(kind, key, name, was.get(name), now.get(name))
            for name in dict.fromkeys([*was, *now])
            if was.get(name) != now.get(name)
        ]
    return found


def _list_catalogue_facts(
    c: Catalogue, scope_id: str, period: Period
) -> Iterator[tuple[tuple[str, str], dict[str, object]]]:
    """Facts of a catalogue by (kind, key), each flat: ``milestones.0.value`` → value."""
    scope = c.scopes.get(scope_id)
    plans = set(scope.plans) if scope else set()
    for entry in fields(c):
        held = getattr(c, entry.name)
        if entry.name.startswith("_") or not isinstance(held, dict | tuple):
            continue
        for key, item in _list_keyed_items(held):
            if isinstance(item, models.Plan) and item.id not in plans:
                continue
            if isinstance(item, models.Scope | models.Correction) and scope_id not in (
                item.id,
                getattr(item, "scope", ""),
            ):
                continue
            if isinstance(item, BaseModel):
                yield from _flatten_item(type(item).__name__.lower(), key, item.model_dump(mode="json"))
    if scope:
        for submission, form, unit in list_obligations(c, scope, period):
            due = compute_deadline(c, submission.regime, unit.level, period).isoformat()
            yield ("expected", f"{form.id} {unit.code} {period.key}"), {"due_on": due, "regime": submission.regime}


def _list_keyed_items(held: dict[str, Any] | tuple[Any, ...]) -> Iterable[tuple[str, Any]]:
    if isinstance(held, dict):
        return held.items()
    return [(_build_item_key(item, position), item) for position, item in enumerate(held)]


def _build_item_key(item: Any, position: int) -> str:
    names = _KEYS.get(type(item))
    return " ".join(str(getattr(item, name)) for name in names) if names else str(position)


def _flatten_item(kind: str, key: str, content: dict[str, Any]) -> Iterator[tuple[tuple[str, str], dict[str, object]]]:
    for name, id_name in _PARTS.items():
        for part in content.pop(name, None) or ():
            yield (name.removesuffix("s"), f"{key} {part[id_name]}"), dict(_flatten_values("", part))
    yield (kind, key), dict(_flatten_values("", content))


def _flatten_values(prefix: str, content: Any) -> Iterator[tuple[str, object]]:
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else None
    if inner is None:
        yield prefix, content
        return
    for name, value in inner:
        yield from _flatten_values(f"{prefix}.{name}" if prefix else str(name), value)
