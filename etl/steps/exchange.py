"""Figures on their way out: to the level above with the annex, and to other systems as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.model import Period
from etl.settings import Settings
from etl.steps.common import Result, current_engine, start

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from etl.report.inputs import Upward


def going_up(
    conn: Connection, catalogue: Catalogue, scope: m.Scope, period: Period, known_at: str | None
) -> Upward | None:
    """What the level above takes in with the annex of a period; None where nobody above asks for it."""
    from etl.catalog.cells import upward_form
    from etl.catalog.layout import layout
    from etl.report.inputs import Upward
    from etl.warehouse.sent import sent

    asked = upward_form(catalogue, scope, period)
    if asked is None:
        return None
    above, form, unit = asked
    return Upward(
        layout(catalogue, above, form, unit, period), sent(conn, catalogue, scope, period, as_known_at=known_at)
    )


def export(scope: str, period: str, form: str, to: Path) -> Result:
    """Writes a scope's figures of a period to a file that another system takes in.

    Raises:
        UsageError: no such scope, period or format, or there is nothing to write.
        CatalogueError: `catalog/exchange/` is wrong.
        StorageError: the file cannot be written.
    """
    from etl.files import write_atomic

    settings, catalogue = start()
    chosen, key = catalogue.scope(scope), Period.parse(period)
    data, about = _document(settings, catalogue, chosen, key, form)
    write_atomic(to, data)
    return {"scope": scope, "period": key.key, "format": form, "file": str(to), **about}


def _document(
    settings: Settings, catalogue: Catalogue, scope: m.Scope, period: Period, form: str
) -> tuple[bytes, Result]:
    from etl.catalog.exchange import load_exchange
    from etl.exchange import Message, document
    from etl.exchange.names import Names
    from etl.warehouse.sent import sent
    from etl.warehouse.snapshot import snapshot

    names = Names(catalogue, load_exchange(catalogue))
    with current_engine(settings, catalogue).connect() as conn:
        known_at, snapshot_id = snapshot(conn, scope=scope.id)
        cells = sent(conn, catalogue, scope, period, as_known_at=known_at)
    data = document(Message(scope, period, cells, known_at, settings.simulated), names, form)
    counted = sum(cell.counts for cell in cells)
    about = {
        "values": counted, "left_out": len(cells) - counted, "snapshot": snapshot_id,
        "id_scheme": names.exchange.rules.id_scheme, "derived_uids": sorted(names.derived),
    }  # fmt: skip
    return data, about
