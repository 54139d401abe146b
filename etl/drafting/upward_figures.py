"""Figures on their way out: to the level above with the annex, and to other systems as a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from etl.catalog import Catalogue, models
from etl.catalog.exchange_identifiers import load_exchange
from etl.catalog.layout import build_form_layout
from etl.catalog.owed_cells import find_upward_form
from etl.core.instance import Result, load_settings_and_catalogue, open_current_engine
from etl.exchange import DataMessage, render_exchange_document
from etl.exchange.identifiers import ExchangeIdentifiers
from etl.file_io import write_atomic
from etl.messages import load_messages
from etl.model import Period
from etl.report.inputs import UpwardFigures
from etl.settings import Settings
from etl.warehouse.exported_values import fetch_exported_values, fetch_withdrawn_values
from etl.warehouse.run_context import RunContext
from etl.warehouse.snapshot import take_snapshot


def build_upward_figures(context: RunContext) -> UpwardFigures | None:
    """What the level above takes in with the annex of a period; None where nobody above asks for it."""
    upward_target = find_upward_form(context.catalogue, context.scope, context.period)
    if upward_target is None:
        return None
    above, form, unit = upward_target
    form_layout = build_form_layout(context.catalogue, above, form, unit, context.period)
    return UpwardFigures(form_layout, fetch_exported_values(context))


def export_figures(scope: str, period: str, form: str, to: Path) -> Result:
    """Writes a scope's figures of a period to a file that another system takes in, and what was withdrawn beside it.

    Raises:
        UsageError: no such scope, period or format, or there is nothing to write.
        CatalogueError: `catalog/exchange/` is wrong.
        StorageError: the file cannot be written.
    """
    settings, catalogue = load_settings_and_catalogue()
    chosen, key = catalogue.get_scope(scope), Period.parse(period)
    data, withdrawn, about = _render_export(settings, catalogue, chosen, key, form)
    write_atomic(to, data)
    gone = to.with_name(f"{to.stem}.withdrawn{to.suffix}")
    if withdrawn:
        write_atomic(gone, withdrawn)
    else:
        gone.unlink(missing_ok=True)
    about["withdrawn_file"] = str(gone) if withdrawn else ""
    return {"scope": scope, "period": key.key, "format": form, "file": str(to), **about}


def _render_export(
    settings: Settings, catalogue: Catalogue, scope: models.Scope, period: Period, form: str
) -> tuple[bytes, bytes | None, Result]:
    """The document, that of what was withdrawn (None: nothing), and what is said of both."""
    names = ExchangeIdentifiers(catalogue, load_exchange(catalogue))
    with open_current_engine(settings, catalogue).connect() as conn:
        known_at, snapshot_id = take_snapshot(conn, scope=scope.id)
        context = RunContext(conn, catalogue, scope, period, known_at)
        cells = fetch_exported_values(context)
        withdrawn = fetch_withdrawn_values(context, cells)
    message = DataMessage(scope, period, cells, known_at, load_messages(settings.templates), settings.simulated)
    data = render_exchange_document(message, names, form)
    gone = render_exchange_document(replace(message, cells=withdrawn), names, form) if withdrawn else None
    counted = sum(cell.is_counted for cell in cells)
    about = {
        "values": counted, "left_out": len(cells) - counted, "withdrawn": len(withdrawn), "snapshot": snapshot_id,
        "id_scheme": names.exchange.rules.id_scheme, "derived_uids": sorted(names.derived_uids),
    }  # fmt: skip
    return data, gone, about
