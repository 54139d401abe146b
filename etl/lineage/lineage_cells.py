"""Versions of cells with where they came from: delivery, checks, what the sender said, corrections.

Used only inside the room. Reads only.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from sqlalchemy import Row

from etl.warehouse import agreed_corrections
from etl.warehouse.agreed_corrections import AgreedCorrection
from etl.warehouse.connect import query
from etl.warehouse.journal import build_stored_finding
from etl.warehouse.rollup_parts import RollupPiece
from etl.warehouse.run_context import RunContext
from etl.warehouse.table_imports import CellOrigin, fetch_cell_origins

_CellKey = tuple[str, object, str, str]
"""(org unit, first day of its validity, data element, period)."""


@dataclass(frozen=True)
class CellCheck:
    """A finding of the delivery that touches the cell. `words` is what the sender said of it, if anything."""

    code: str
    level: str
    message: str
    words: str = ""


@dataclass(frozen=True)
class DeliveryOrigin:
    """The delivery that a version came by. Times are ISO 8601 with zone.

    `judged_by` names catalogue and rules; the counts are of the whole delivery's findings.
    """

    delivery_id: int
    sha256: str
    original_name: str
    folder: str
    received_at: str
    decided_at: str
    judged_by: str
    refusals: int
    confirmations: int
    notes: int


@dataclass(frozen=True)
class CellVersion:
    """One cell of one version, as it was sent. `value` is what was sent, `taken` state and value as they are summed.

    `share` is how much of it is the leaf's: 1, except where units were merged or split; None where nobody says.
    `origin`: the cell of another's table that the form was made of.
    """

    delivery_id: int
    reporter: str
    form: str
    period: str
    version: int
    recorded_at: str
    org_unit: str
    data_element: str
    state: str
    value: Fraction | None
    sheet: str
    cell: str
    raw: str
    taken: tuple[str, Fraction | None]
    checks: tuple[CellCheck, ...] = ()
    superseded: tuple[CellVersion, ...] = ()
    agreed: tuple[AgreedCorrection, ...] = ()
    share: Fraction | None = Fraction(1)
    origin: CellOrigin | None = None


class CellVersions:
    """The versions of the cells in question, with checks and corrections, read once."""

    def __init__(
        self,
        context: RunContext,
        periods: Collection[str],
        elements: Collection[str],
    ) -> None:
        selection = {"periods": list(periods), "elements": list(elements)}
        conn, at = context.conn, context.recorded_until
        rows = list(query(conn, "trail_cells", scope=context.scope.id, known_at=at, **selection))
        self._conn = conn
        self._deliveries = sorted({row.delivery_id for row in rows})
        self._checks = self._fetch_checks()
        self._origins = fetch_cell_origins(conn, self._deliveries)
        self._agreed: dict[tuple[str, str, str], list[AgreedCorrection]] = {}
        for entry in agreed_corrections.fetch_agreed_corrections(
            conn, context.catalogue, context.scope, as_known_at=context.known_at
        ):
            x = entry.correction
            self._agreed.setdefault((x.org_unit, x.data_element, x.period), []).append(entry)
        self._rows: dict[_CellKey, list[Row[Any]]] = {}
        for row in rows:
            key = (row.org_unit_code, row.org_unit_from, row.data_element, row.period)
            self._rows.setdefault(key, []).append(row)

    def _fetch_checks(self) -> dict[tuple[int, str, str], list[CellCheck]]:
        """Findings by delivery and by what they point at: (sheet, cell), and (org unit, data element)."""
        conn = self._conn
        texts = {
            (r.delivery_id, r.code, r.org_unit_code, r.data_element, r.value): r.words
            for r in query(conn, "explained_cells", deliveries=self._deliveries)
        }
        found: dict[tuple[int, str, str], list[CellCheck]] = {}
        for f in query(conn, "findings", deliveries=self._deliveries):
            words = texts.get((f.delivery_id, *build_stored_finding(f).explanation_key), "")
            check = CellCheck(f.code, f.level, f.message, words)
            for place in {(f.sheet, f.cell), (f.org_unit_code, f.data_element)}:
                if all(place):
                    found.setdefault((f.delivery_id, *place), []).append(check)
        return found

    def find_version(self, piece: RollupPiece, element: str) -> CellVersion | None:
        """The version that the roll-up took of a cell, with those before it; None where the cell was never sent."""
        key = (piece.unit.code, piece.unit.valid_from, element, piece.period)
        rows = {row.submission_id: row for row in self._rows.get(key, [])}
        chosen = rows.pop(piece.submission_id, None)
        if chosen is None:
            return None
        older = tuple(self._build_version(row) for row in rows.values())
        agreed = tuple(self._agreed.get((piece.unit.code, element, piece.period), ()))
        return replace(self._build_version(chosen, older, agreed), taken=piece.taken, share=piece.weight)

    def _build_version(
        self, row: Row[Any], superseded: tuple[CellVersion, ...] = (), agreed: tuple[AgreedCorrection, ...] = ()
    ) -> CellVersion:
        places = ((row.sheet, row.cell), (row.org_unit_code, row.data_element))
        checks = dict.fromkeys(c for place in places for c in self._checks.get((row.delivery_id, *place), ()))
        value = None if row.value is None else Fraction(row.value)
        return CellVersion(
            row.delivery_id, row.reporter, row.form, row.period, row.version, row.recorded_at.isoformat(),
            row.org_unit_code, row.data_element, row.state, value, row.sheet, row.cell, row.raw, (row.state, value),
            tuple(checks), superseded, agreed,
            origin=self._origins.get((row.delivery_id, row.org_unit_code, row.data_element)),
        )  # fmt: skip

    @cached_property
    def origins(self) -> dict[int, DeliveryOrigin]:
        """The deliveries that the cells came by."""
        conn = self._conn
        return {
            r.delivery_id: DeliveryOrigin(
                r.delivery_id, r.sha256, r.original_name, r.folder, r.received_at.isoformat(),
                r.decided_at.isoformat(), r.judged_by, r.refusals, r.confirmations, r.notes,
            )
            for r in query(conn, "trail_deliveries", deliveries=self._deliveries)
        }  # fmt: skip
