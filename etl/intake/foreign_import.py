"""Tables that others issued: shown cell by cell, and, once a person confirms, handed to intake as forms of ours.

A table is a delivery like any other: archived by content, on record. It comes through the inbox, from a sender whose
folder a layout names, and waits there; or a person gives the file. What was taken in can be withdrawn: a version
of each unit's form follows in which its numbers are missing again, and both stay on record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sqlalchemy import Connection

from etl import load
from etl.catalog import Catalogue, models
from etl.catalog.layout import build_form_layout
from etl.catalog.obligations import list_obligations
from etl.core.instance import (
    Result,
    build_ruleset_version,
    load_settings_and_catalogue,
    open_current_engine,
)
from etl.errors import UsageError
from etl.file_io import sanitize_file_name, write_atomic
from etl.forms import FormExtras, build_form_file_name, issue_form
from etl.intake.intake_batches import migrate_warehouse
from etl.messages import load_messages
from etl.model import CellState, Delivery, Finding, FindingLevel, FormStamp, Observation, Period, Verdict
from etl.model.reason import build_reason
from etl.model.vietnam_time import get_current_time
from etl.read.foreign_table import (
    ForeignProblem,
    ForeignReading,
    TableSource,
    find_matching_layouts,
    read_foreign_table,
)
from etl.read.plain_table import read_plain_table
from etl.receive import build_archive_path
from etl.settings import Settings
from etl.warehouse import journal, table_imports
from etl.warehouse.advisory_locks import AdvisoryLock, lock_keys
from etl.warehouse.run_context import RunContext
from etl.warehouse.table_imports import ImportedCell, RecordedImport, TableImport
from etl.warehouse.unit_reports import fetch_submission_statuses

_UNKNOWN_FORM = "S01"
_NOTHING: Mapping[tuple[str, str], Decimal] = {}


@dataclass(frozen=True)
class TableChoice:
    """How a person says to read a table; empty: found by its headers, printed in it, its only one."""

    layout: str = ""
    period: str = ""
    sheet: str = ""


@dataclass(frozen=True)
class _ForeignFile:
    """A table's file: where it lies, its own name, the inbox folder that it came in, its delivery (0: none yet)."""

    path: Path
    name: str
    folder: str = ""
    delivery_id: int = 0


@dataclass(frozen=True)
class _ReadTable:
    """A table with what it says: `owing` are the units that may stand in it."""

    file: _ForeignFile
    sheet: str
    layout: models.ForeignLayout
    reading: ForeignReading


def list_imports() -> Result:
    """Tables that wait for a person, and what was decided on others, newest first. A table names the layouts that its
    sender's folder has."""
    settings, catalogue = load_settings_and_catalogue()
    with open_current_engine(settings, catalogue).connect() as conn:
        waiting, decided = table_imports.fetch_waiting_tables(conn), table_imports.fetch_table_imports(conn)
    return {
        "waiting": [
            {
                "delivery": d.delivery_id, "file": d.original_name, "folder": d.folder, "received_at": d.received_at,
                "layouts": [layout.id for layout in catalogue.layouts.values() if d.folder in layout.folders],
            }
            for d in waiting
        ],
        "imports": [
            {
                "import": i.import_id, "delivery": i.delivery_id, "decision": i.decision, "file": i.original_name,
                "sha256": i.sha256, "scope": i.scope, "form": i.form, "period": i.period, "by": i.decided_by,
                "reason": i.reason, "units": list(i.units), "standing": list(i.standing),
            }
            for i in decided
        ],
    }  # fmt: skip


def preview_import(scope: str, file: str, choice: TableChoice = TableChoice()) -> Result:
    """What would be read from a foreign table, cell by cell, and every reason not to.

    Args:
        scope: Whose units stand in the table.
        file: The table: CSV, a workbook (then no database is needed), or the number of a delivery that waits.
        choice: How to read it.

    Raises:
        UsageError: the file cannot be read, or no layout, or more than one, fits it.
    """
    settings, catalogue = load_settings_and_catalogue()
    table = _read_table(catalogue, catalogue.get_scope(scope), _find_file(settings, catalogue, file), choice)
    return _build_result(settings, catalogue, scope, table)


def import_table(scope: str, file: str, by: str, choice: TableChoice = TableChoice()) -> Result:
    """Puts a foreign table's figures into the inbox, a form of ours a unit, where nothing speaks against it.

    The table itself is archived; each number's cell in it is on record with who confirmed. Intake checks the forms like
    any other.

    Raises:
        UsageError: as for a preview; or somebody decided on the table meanwhile, or a form of ours waits in the inbox.
    """
    settings, catalogue = load_settings_and_catalogue()
    chosen = catalogue.get_scope(scope)
    migrate_warehouse()
    table = _read_table(catalogue, chosen, _find_file(settings, catalogue, file), choice)
    with open_current_engine(settings, catalogue).begin() as conn:
        if not table.reading.problems:
            table.reading.problems += _list_submitted(conn, catalogue, chosen, table)
        result = _build_result(settings, catalogue, scope, table)
        if table.reading.problems:
            return result
        delivery = _register_table(conn, settings, table.file)
        origin = f"{table.file.name} sha256 {delivery.sha256}; layout {table.layout.id}; confirmed by {by}"
        values = _group_by_unit(table.reading)
        forms = _issue_forms(settings, catalogue, chosen, table.layout.form, table.reading.period, values, origin)
        cells = [ImportedCell(c.unit, c.data_element, c.cell, c.written) for c in table.reading.cells]
        hashes = {code: hashlib.sha256(data).hexdigest() for code, (_, data) in forms.items()}
        decided = TableImport(
            delivery.delivery_id, "confirmed", scope, table.layout.id, table.layout.form, table.reading.period,
            table.sheet, by, hashes, cells,
        )  # fmt: skip
        number = table_imports.record_table_import(conn, decided)
        table_imports.record_taken_table(conn, delivery.delivery_id, scope, build_ruleset_version(settings, catalogue))
        written = _write_forms(forms)
    return {**result, "import": number, "written": written}


def send_back_table(delivery: int, by: str, reason: str) -> Result:
    """Refuses a table that waits; its sender is told why by the usual answer.

    Raises:
        UsageError: no such table waits.
    """
    settings, catalogue = load_settings_and_catalogue()
    wording = load_messages(settings.templates)
    with open_current_engine(settings, catalogue).begin() as conn:
        waiting = _lock_waiting_table(conn, delivery)
        message = wording.format("foreign.sent_back", reason=reason)
        finding = Finding(_UNKNOWN_FORM, FindingLevel.REFUSE, message, wording.texts["foreign.send_again"])
        judged_by = build_ruleset_version(settings, catalogue)
        load.load_deliveries(conn, [load.LoadItem(waiting, Verdict(False, (finding,)), None, "", (), judged_by)])
    return {"delivery": delivery, "file": waiting.original_name, "decision": "sent_back", "by": by, "reason": reason}


def withdraw_import(number: int, by: str, reason: str) -> Result:
    """Takes back what an import brought: a new version of each unit's form, in which every number is missing.

    Both stay on record. The blank form is archived as the delivery that the version came by.

    Raises:
        UsageError: no such import, it is withdrawn already, or a unit has sent the form itself since.
    """
    settings, catalogue = load_settings_and_catalogue()
    with open_current_engine(settings, catalogue).begin() as conn:
        found = _get_import(conn, number)
        others = sorted(set(found.units) - set(found.standing))
        if others:
            fix = "what a unit sent later stands; intake must have taken the import in before it is withdrawn"
            raise UsageError(f"figures of {', '.join(others)} are not this import's", where=f"import {number}", fix=fix)
        origin = f"withdrawn: import {number} of {found.original_name} sha256 {found.sha256}; by {by}: {reason}"
        scope, blank = catalogue.get_scope(found.scope), dict.fromkeys(found.units, _NOTHING)
        forms = _issue_forms(settings, catalogue, scope, found.form, found.period, blank, origin)
        deliveries = {
            code: _archive_file(conn, settings, path.name, code, data)[0] for code, (path, data) in forms.items()
        }
        judged_by = build_ruleset_version(settings, catalogue)
        load.load_deliveries(
            conn, [_build_withdrawal(catalogue, scope, found, code, d, judged_by) for code, d in deliveries.items()]
        )
        decided = TableImport(
            found.delivery_id, "withdrawn", found.scope, found.layout, found.form, found.period, found.sheet, by,
            {code: delivery.sha256 for code, delivery in deliveries.items()}, (), reason,
        )  # fmt: skip
        withdrawal = table_imports.record_table_import(conn, decided)
    return {"import": number, "withdrawal": withdrawal, "units": list(found.units)}


def _build_withdrawal(
    catalogue: Catalogue, scope: models.Scope, found: RecordedImport, code: str, delivery: Delivery, judged_by: str
) -> load.LoadItem:
    """A version of a unit's form in which every number is missing."""
    form, period = catalogue.forms[found.form], Period.parse(found.period)
    unit = catalogue.find_unit(code, period.end)
    assert unit is not None  # noqa: S101 - its form was loaded
    cells = tuple(
        Observation(cell.org_unit_code, cell.data_element, sheet, cell.cell, CellState.MISSING)
        for sheet, cell in build_form_layout(catalogue, scope, form, unit, period).inputs
        if cell.kind.is_number
    )
    stamp = FormStamp(form.id, form.version, code, period.key)
    return load.LoadItem(delivery, Verdict(True, ()), stamp, scope.id, cells, judged_by)


# --- the table -------------------------------------------------------------------------------------------


def _find_file(settings: Settings, catalogue: Catalogue, file: str) -> _ForeignFile:
    if not file.isdigit() or Path(file).exists():
        return _ForeignFile(Path(file), Path(file).name)
    with open_current_engine(settings, catalogue).connect() as conn:
        waiting = _get_waiting_table(conn, int(file))
    path = build_archive_path(settings.archive, waiting.sha256)
    return _ForeignFile(path, waiting.original_name, waiting.folder, waiting.delivery_id)


def _get_waiting_table(conn: Connection, delivery_id: int) -> Delivery:
    waiting = table_imports.fetch_waiting_tables(conn, delivery_id)
    if not waiting:
        fix = "see `tongket imports list`: it is no table, or somebody has decided on it"
        raise UsageError(f"no table {delivery_id} waits", where="ops.delivery", fix=fix)
    return waiting[0]


def _lock_waiting_table(conn: Connection, delivery_id: int) -> Delivery:
    lock_keys(conn, AdvisoryLock.DELIVERY, [delivery_id])
    return _get_waiting_table(conn, delivery_id)


def _get_import(conn: Connection, number: int) -> RecordedImport:
    found = table_imports.fetch_table_imports(conn, number)
    if not found or found[0].decision != "confirmed":
        raise UsageError(f"no import {number}", where="ops.table_import", fix="see `tongket imports list`")
    lock_keys(conn, AdvisoryLock.DELIVERY, [found[0].delivery_id])
    return found[0]


def _register_table(conn: Connection, settings: Settings, file: _ForeignFile) -> Delivery:
    """The delivery of a table, locked; a file that a person gives is archived and put on record first."""
    if file.delivery_id:
        return _lock_waiting_table(conn, file.delivery_id)
    delivery, new = _archive_file(conn, settings, sanitize_file_name(file.name), "", file.path.read_bytes())
    if not new:
        fix = "see `tongket imports list`; withdraw that import before the table is taken in anew"
        raise UsageError("the table is on record already", where=f"delivery {delivery.delivery_id}", fix=fix)
    journal.record_event(conn, "import_waits", delivery_id=delivery.delivery_id)
    return delivery


def _archive_file(conn: Connection, settings: Settings, name: str, folder: str, data: bytes) -> tuple[Delivery, bool]:
    """A content that came by a person, archived and on record as a delivery; and whether that is new."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = build_archive_path(settings.archive, sha256)
    if not path.exists():
        write_atomic(path, data)
    return journal.register_delivery(conn, sha256, len(data), name, folder, get_current_time())


def _read_table(catalogue: Catalogue, scope: models.Scope, file: _ForeignFile, choice: TableChoice) -> _ReadTable:
    plain = read_plain_table(file.path, choice.sheet, file.name)
    key = Period.parse(choice.period).key if choice.period else ""
    source = TableSource(plain.rows, file.name, file.folder, key)
    layout = _choose_layout(catalogue, source, choice.layout)
    owing = {unit.code: unit for unit in _list_owing(catalogue, scope, layout.form, key)}
    reading = read_foreign_table(catalogue, layout, source, tuple(owing.values()))
    if reading.period:
        owed = {unit.code for unit in _list_owing(catalogue, scope, layout.form, reading.period)}
        for code in _group_by_unit(reading):
            if code not in owed:
                reading.report("", "not_owed", unit=owing[code].name)
    return _ReadTable(file, plain.sheet, layout, reading)


def _choose_layout(catalogue: Catalogue, source: TableSource, layout_id: str) -> models.ForeignLayout:
    if layout_id:
        return catalogue.get_layout(layout_id)
    fitting = find_matching_layouts(source, tuple(catalogue.layouts.values()))
    if len(fitting) != 1:
        names = ", ".join(layout.id for layout in fitting) or "none"
        fix = f"name one; fitting: {names}"
        if catalogue.stopped_layouts:
            fix += f"; with a mistake (`tongket catalogue check`): {', '.join(catalogue.stopped_layouts)}"
        raise UsageError("the table's headers fit no single layout", where="--layout", fix=fix)
    return fitting[0]


def _list_owing(catalogue: Catalogue, scope: models.Scope, form_id: str, period: str) -> Iterable[models.Unit]:
    """Who owes a form for a period, or ever, as long as no period is known."""
    form = catalogue.forms[form_id]
    periods = [Period.parse(period)] if period else catalogue.list_owed_periods(scope, form.period_kind)
    return [u for key in periods for _, f, u in list_obligations(catalogue, scope, key) if f.id == form_id]


def _group_by_unit(reading: ForeignReading) -> dict[str, dict[tuple[str, str], Decimal]]:
    groups: dict[str, dict[tuple[str, str], Decimal]] = {}
    for cell in reading.cells:
        groups.setdefault(cell.unit, {})[cell.unit, cell.data_element] = cell.value
    return groups


def _list_submitted(
    conn: Connection, catalogue: Catalogue, scope: models.Scope, table: _ReadTable
) -> list[ForeignProblem]:
    """The units that have sent the form: what comes now would replace all of it. What was withdrawn is not sent."""
    form, period = table.layout.form, table.reading.period
    withdrawn = {
        unit
        for i in table_imports.fetch_table_imports(conn)
        if (i.decision, i.form, i.period) == ("withdrawn", form, period)
        for unit in i.standing
    }
    units = _group_by_unit(table.reading).keys() - withdrawn
    return [
        ForeignProblem("", build_reason("foreign.already", unit=status.unit_name))
        for status in fetch_submission_statuses(RunContext(conn, catalogue, scope, Period.parse(period)))
        if status.form == form and status.unit in units and status.state != "silent"
    ]


# --- forms of ours ---------------------------------------------------------------------------------------


def _issue_forms(
    settings: Settings,
    catalogue: Catalogue,
    scope: models.Scope,
    form_id: str,
    period: str,
    values: Mapping[str, Mapping[tuple[str, str], Decimal]],
    origin: str,
) -> dict[str, tuple[Path, bytes]]:
    """By unit, the inbox path and content of its form with these values.

    Raises:
        UsageError: a file waits there already.
    """
    wording, form, key = load_messages(settings.templates), catalogue.forms[form_id], Period.parse(period)
    forms = {}
    for code, own in values.items():
        unit = catalogue.find_unit(code, key.end)
        assert unit is not None  # noqa: S101 - it owes the form
        path = settings.inbox / code / build_form_file_name(form, unit, key)
        if path.exists():
            raise UsageError("a file waits there already", where=str(path), fix="let intake take it first")
        extras = FormExtras(simulated=settings.simulated, values=own, origin=origin)
        forms[code] = path, issue_form(catalogue, scope, form, unit, key, wording, extras)
    return forms


def _write_forms(forms: Mapping[str, tuple[Path, bytes]]) -> list[str]:
    for path, data in forms.values():
        write_atomic(path, data)
    return [str(path) for path, _ in forms.values()]


def _build_result(settings: Settings, catalogue: Catalogue, scope: str, table: _ReadTable) -> Result:
    wording, reading = load_messages(settings.templates), table.reading
    day = Period.parse(reading.period).end if reading.period else None
    return {
        "scope": scope,
        "file": table.file.name,
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
