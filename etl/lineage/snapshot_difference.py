"""What changed between two moments: deliveries and their cells, catalogue facts, figures, verdicts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from etl.attain import convert_rows_to_plan_units, find_plan_units, list_compared_periods
from etl.attainment.attainment_rows import load_or_compute_attainment, parse_instant
from etl.catalog import Catalogue
from etl.core.instance import (
    Result,
    load_catalogue_as_known,
    load_settings_and_catalogue,
    open_current_engine,
)
from etl.errors import UsageError
from etl.model import Attainment, Period, PeriodKind
from etl.warehouse import agreed_corrections, recorded_changes
from etl.warehouse.recorded_changes import ArrivedVersion
from etl.warehouse.run_context import RunContext
from etl.warehouse.snapshot import take_snapshot

_FIGURE_FIELDS = ("numerator", "denominator", "value", "target", "as_of", "expected", "present")
_VERDICT_FIELDS = ("met", "status", "progress_class")


def compare_snapshots(scope: str, period: str, from_time: str, to_time: str) -> Result:
    """What a period's answer rests on, and is, at two moments. Shape: docs/warehouse.md.

    Raises:
        UsageError: no such scope or period, a time is not one, or the first lies after the second.
    """
    settings, present = load_settings_and_catalogue()
    key, then, now = (
        Period.parse(period),
        parse_instant(from_time, "--from") or "",
        parse_instant(to_time, "--to") or "",
    )
    if dt.datetime.fromisoformat(then) > dt.datetime.fromisoformat(now):
        raise UsageError("--from lies after --to", where=f"{then} … {now}", fix="give the earlier time first")
    with open_current_engine(settings, present).connect() as conn:
        ends = [(at, load_catalogue_as_known(conn, present, at)) for at in (then, now)]
        taken = [take_snapshot(conn, at, scope) for at in (then, now)]
        rows = [
            load_or_compute_attainment(RunContext(conn, c, c.get_scope(scope), key, at.at), at.id, outlook=False)[0]
            if scope in c.scopes
            else []
            for at, (_, c) in zip(taken, ends, strict=True)
        ]
        rows = [convert_rows_to_plan_units(one, c.plans) for one, (_, c) in zip(rows, ends, strict=True)]
        (_, old), (_, new) = ends
        chosen = new.get_scope(scope)
        arrived = recorded_changes.fetch_arrived_versions(
            conn, chosen, _list_underlying_periods(new, key, [*rows[0], *rows[1]]), then, now
        )
        facts = recorded_changes.compare_catalogues(old, new, scope, key)
        correction_states = [
            {
                x.correction.id: x.status
                for x in agreed_corrections.fetch_agreed_corrections(conn, c, c.get_scope(scope), as_known_at=at)
            }
            for at, c in ends
            if scope in c.scopes
        ]
        snapshots = [
            {"at": at, "snapshot": snapshot.id, "catalogue": c.sha256}
            for snapshot, (at, c) in zip(taken, ends, strict=True)
        ]
    result: Result = {
        "scope": scope,
        "period": key.key,
        "from": snapshots[0],
        "to": snapshots[1],
        "deliveries": [_serialize_arrived_version(new, arrival) for arrival in arrived],
        "catalogue": [asdict(change) for change in facts],
        "corrections": list(
            _compare_correction_states(
                correction_states[0] if len(correction_states) == 2 else {}, correction_states[-1]
            )
        ),
        "figures": list(_compare_attainment_rows(ends, key, rows, _FIGURE_FIELDS)),
        "verdicts": list(_compare_attainment_rows(ends, key, rows, _VERDICT_FIELDS)),
    }
    parts = ("deliveries", "catalogue", "corrections", "figures", "verdicts")
    return result | {"changed": any(result[part] for part in parts)}


def _list_underlying_periods(catalogue: Catalogue, period: Period, rows: Iterable[Attainment]) -> list[str]:
    """The periods that these answers rest on: the year's up to the period's end, and those of years carried from."""
    rows = list(rows)
    carried = {int(row.as_of) for row in rows if row.as_of.isdigit()}
    bases = {t.baseline.period or "" for p in catalogue.plans.values() for t in p.targets if t.baseline}
    compared = {p.year for c in catalogue.plans.values() for t in c.targets for p in list_compared_periods(t, period)}
    years = carried | compared | {Period.parse(b).year for b in bases if Period.is_key(b)}
    keys = {period.key}
    for kind in PeriodKind:
        every = [p for scope in catalogue.scopes.values() for p in catalogue.list_owed_periods(scope, kind)]
        keys |= {p.key for p in every if p.year == period.year and p.end <= period.end}
        keys |= {p.key for p in every if p.year in years and p.end < period.start}
    published = {row.as_of for row in rows if Period.is_key(row.as_of)}
    return sorted(keys | published)


def _serialize_arrived_version(catalogue: Catalogue, arrival: ArrivedVersion) -> Result:
    def serialize_cell_change(change: Any) -> Result:
        element = catalogue.elements.get(change.data_element)
        return {
            "unit": change.org_unit_code,
            "unit_name": catalogue.find_unit_name(change.org_unit_code, Period.parse(arrival.period).end),
            "data_element": change.data_element,
            "name": element.name if element else change.data_element,
            "sheet": change.sheet,
            "cell": change.cell,
            "before": _serialize_cell_content(change.state_before, change.before, change.words_before),
            "after": _serialize_cell_content(change.state_after, change.after, change.words_after),
        }

    head = asdict(arrival)
    head.pop("changes")
    name = catalogue.find_unit_name(arrival.reporter, Period.parse(arrival.period).end)
    return {**head, "reporter_name": name, "cells": [serialize_cell_change(change) for change in arrival.changes]}


def _serialize_cell_content(state: str, value: Fraction | None, words: str) -> Result:
    return {"state": str(state), "value": convert_to_json_number(value), "words": words}


def convert_to_json_number(value: Fraction | None) -> int | float | None:
    """A number as JSON: whole ones as integers."""
    if value is None:
        return None
    return int(value) if value.denominator == 1 else float(value)


def _compare_correction_states(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Result]:
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield {"correction": name, "before": before.get(name), "after": after.get(name)}


def _compare_attainment_rows(
    known: Sequence[tuple[str, Catalogue]],
    period: Period,
    rows: Sequence[Sequence[Attainment]],
    names: tuple[str, ...],
) -> Iterator[Result]:
    """Rows that differ in one of some fields, with those fields before and after; None where there was no row.

    Levels are in the unit of measure that the plan wrote at either moment, which `unit_of_measure` names.
    """
    old, new = ({(row.plan, row.item, row.unit): row for row in one} for one in rows)
    units = [find_plan_units(catalogue.plans) for _, catalogue in known]
    for key in dict.fromkeys([*old, *new]):
        was, now = old.get(key), new.get(key)
        either = now or was
        ends = [
            {name: _convert_to_json_value(getattr(row, name)) for name in names}
            | {"unit_of_measure": written.get(key[:2], "")}
            if row
            else None
            for row, written in zip((was, now), units, strict=True)
        ]
        if either and [getattr(was, n, None) for n in names] != [getattr(now, n, None) for n in names]:
            yield {
                "plan": key[0], "item": key[1], "indicator": either.indicator, "unit": key[2],
                "unit_name": known[-1][1].find_unit_name(key[2], period.end), "before": ends[0], "after": ends[1],
            }  # fmt: skip


def _convert_to_json_value(value: object) -> object:
    return convert_to_json_number(value) if isinstance(value, Fraction) else value
