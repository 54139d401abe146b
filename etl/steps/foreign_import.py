"""Tables that others issued: shown cell by cell, and, once a person confirms, handed to intake as forms of ours."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.catalog.obligations import list_obligations
from etl.core.instance import Result, load_settings_and_catalogue, open_current_engine
from etl.errors import UsageError
from etl.file_io import write_atomic
from etl.forms import FormExtras, build_form_file_name, issue_form
from etl.messages import load_messages
from etl.model import Period
from etl.model.reason import build_reason
from etl.read.foreign_table import (
    ForeignProblem,
    ForeignReading,
    TableSource,
    find_matching_layouts,
    read_foreign_table,
)
from etl.read.plain_table import read_plain_table
from etl.settings import Settings
from etl.steps.intake import migrate_warehouse
from etl.warehouse.run_context import RunContext
from etl.warehouse.unit_reports import fetch_submission_statuses


def preview_import(scope: str, file: str, layout: str = "", period: str = "", sheet: str = "") -> Result:
    """What would be read from a foreign table, cell by cell, and every reason not to. Needs no database.

    Args:
        scope: Whose units stand in the table.
        file: The table: CSV, or a workbook.
        layout: Its layout's id; the one whose headers it has if empty.
        period: The period's key, where the table does not print it.
        sheet: The workbook's sheet, where it has several.

    Raises:
        UsageError: the file cannot be read, or no layout, or more than one, fits it.
    """
    settings, catalogue = load_settings_and_catalogue()
    reading, _ = _read_file(catalogue, catalogue.get_scope(scope), file, layout, period, sheet)
    return _build_result(settings, catalogue, scope, file, reading)


def import_table(scope: str, file: str, by: str, layout: str = "", period: str = "", sheet: str = "") -> Result:
    """Puts a foreign table's figures into the inbox, a form of ours a unit, where nothing speaks against it.

    The forms say in their properties which file they are from and who confirmed. Intake checks them like any other.

    Raises:
        UsageError: as for a preview.
    """
    settings, catalogue = load_settings_and_catalogue()
    chosen = catalogue.get_scope(scope)
    reading, found = _read_file(catalogue, chosen, file, layout, period, sheet)
    if not reading.problems:
        reading.problems += _list_submitted(settings, catalogue, chosen, found.form, reading)
    result = _build_result(settings, catalogue, scope, file, reading)
    if reading.problems:
        return result
    wording, form, key = load_messages(settings.templates), catalogue.forms[found.form], Period.parse(reading.period)
    sha256 = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    origin = f"{Path(file).name} sha256 {sha256}; layout {found.id}; confirmed by {by}"
    written = []
    for code, values in _group_by_unit(reading).items():
        unit = catalogue.find_unit(code, key.end)
        assert unit is not None  # noqa: S101 - it owes the form
        path = settings.inbox / code / build_form_file_name(form, unit, key)
        if path.exists():
            raise UsageError("a file waits there already", where=str(path), fix="let intake take it first")
        extras = FormExtras(simulated=settings.simulated, values=values, origin=origin)
        data = issue_form(catalogue, chosen, form, unit, key, wording, extras)
        write_atomic(path, data)
        written.append(str(path))
    return {**result, "written": written}


def _read_file(
    catalogue: Catalogue, scope: m.Scope, file: str, layout_id: str, period: str, sheet: str
) -> tuple[ForeignReading, m.ForeignLayout]:
    rows = read_plain_table(Path(file), sheet).rows
    source = TableSource(rows, Path(file).name, "", period)
    layout = _choose_layout(catalogue, source, layout_id)
    key = Period.parse(period) if period else None
    owing = {u.code: u for _, u in _list_owing(catalogue, scope, layout.form, key)}
    reading = read_foreign_table(catalogue, layout, source, tuple(owing.values()))
    if reading.period:
        owed = {u.code for _, u in _list_owing(catalogue, scope, layout.form, Period.parse(reading.period))}
        for code in _group_by_unit(reading):
            if code not in owed:
                reading.problems.append(ForeignProblem("", build_reason("foreign.not_owed", unit=owing[code].name)))
    return reading, layout


def _choose_layout(catalogue: Catalogue, source: TableSource, layout_id: str) -> m.ForeignLayout:
    if layout_id and layout_id not in catalogue.layouts:
        known = ", ".join(catalogue.layouts) or "none"
        raise UsageError(f"no layout {layout_id!r}", where="--layout", fix=f"layouts of the catalogue: {known}")
    if layout_id:
        return catalogue.layouts[layout_id]
    fitting = find_matching_layouts(source, tuple(catalogue.layouts.values()))
    if len(fitting) != 1:
        names = ", ".join(layout.id for layout in fitting) or "none"
        raise UsageError(
            "the table's headers fit no single layout", where="--layout", fix=f"name one; fitting: {names}"
        )
    return fitting[0]


def _list_owing(
    catalogue: Catalogue, scope: m.Scope, form_id: str, period: Period | None
) -> Iterable[tuple[m.Form, m.Unit]]:
    """Who owes a form for a period, or ever, as long as no period is known."""
    form = catalogue.forms[form_id]
    periods = (period,) if period else catalogue.list_owed_periods(scope, form.period_kind)
    return [(f, u) for key in periods for _, f, u in list_obligations(catalogue, scope, key) if f.id == form_id]


def _group_by_unit(reading: ForeignReading) -> dict[str, dict[tuple[str, str], Decimal]]:
    groups: dict[str, dict[tuple[str, str], Decimal]] = {}
    for cell in reading.cells:
        groups.setdefault(cell.unit, {})[cell.unit, cell.data_element] = cell.value
    return groups


def _list_submitted(
    settings: Settings, catalogue: Catalogue, scope: m.Scope, form_id: str, reading: ForeignReading
) -> list[ForeignProblem]:
    """The units that have sent the form: what comes now would replace all of it."""
    migrate_warehouse()
    with open_current_engine(settings, catalogue).connect() as conn:
        asked = RunContext(conn, catalogue, scope, Period.parse(reading.period))
        statuses = fetch_submission_statuses(asked)
    units = _group_by_unit(reading)
    return [
        ForeignProblem("", build_reason("foreign.already", unit=status.unit_name))
        for status in statuses
        if status.form == form_id and status.unit in units and status.state != "silent"
    ]


def _build_result(settings: Settings, catalogue: Catalogue, scope: str, file: str, reading: ForeignReading) -> Result:
    wording = load_messages(settings.templates)
    day = Period.parse(reading.period).end if reading.period else None
    return {
        "scope": scope,
        "file": file,
        "layout": reading.layout,
        "period": reading.period,
        "cells": [
            {
                "cell": cell.cell,
                "unit": cell.unit,
                "unit_name": catalogue.find_unit_name(cell.unit, day) if day else cell.unit,
                "data_element": cell.data_element,
                "name": catalogue.elements[cell.data_element].name,
                "written": cell.written,
                "value": format(cell.value.normalize(), "f"),
            }
            for cell in reading.cells
        ],
        "problems": [{"cell": p.cell, "message": wording.describe(p.reason)} for p in reading.problems],
    }
