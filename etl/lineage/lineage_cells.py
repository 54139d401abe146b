"""Versions of cells with where they came from: delivery, checks, what the sender said, corrections.

Room: warehouse. Called by `trail` alone. Reads only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row

from etl.catalog import models as m
from etl.catalog.loader import Catalogue
from etl.warehouse import agreed_corrections
from etl.warehouse.agreed_corrections import AgreedCorrection
from etl.warehouse.connect import query

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
    """One cell of one version, as it was sent. `value` is what was sent, whatever was agreed later.

    `share` is how much of it is the leaf's: 1, except where units were merged or split; None where nobody says.
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
    checks: tuple[CellCheck, ...] = ()
    superseded: tuple[CellVersion, ...] = ()
    agreed: tuple[AgreedCorrection, ...] = ()
    share: Fraction | None = Fraction(1)

    @property
    def corrected(self) -> tuple[str, Fraction | None]:
        """State and value after the corrections that hold."""
        for entry in self.agreed:
            if entry.status == "applied":
                value = entry.correction.becomes.value
                return entry.correction.becomes.state, None if value is None else Fraction(value)
        return self.state, self.value


class CellVersions:
    """The versions of the cells in question, with checks and corrections, read once."""

    def __init__(
        self,
        conn: Connection,
        catalogue: Catalogue,
        scope: m.Scope,
        periods: Sequence[str],
        elements: Sequence[str],
        at: datetime,
    ) -> None:
        selection = {"periods": list(periods), "elements": list(elements)}
        rows = list(query(conn, "trail_cells", scope=scope.id, known_at=at, **selection))
        self._conn = conn
        self.at = at
        self._deliveries = sorted({row.delivery_id for row in rows})
        self._checks = self._fetch_checks()
        self._agreed: dict[tuple[str, str, str], list[AgreedCorrection]] = {}
        for entry in agreed_corrections.fetch_agreed_corrections(conn, catalogue, scope, as_known_at=at):
            x = entry.correction
            self._agreed.setdefault((x.org_unit, x.data_element, x.period), []).append(entry)
        self._rows: dict[_CellKey, list[Row[Any]]] = {}
        self._read: dict[_CellKey, CellVersion | None] = {}
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
            words = texts.get((f.delivery_id, f.code, f.org_unit_code, f.data_element, f.value), "")
            check = CellCheck(f.code, f.level, f.message, words)
            for place in {(f.sheet, f.cell), (f.org_unit_code, f.data_element)}:
                if all(place):
                    found.setdefault((f.delivery_id, *place), []).append(check)
        return found

    def find_version(self, unit: m.Unit, element: str, period: str) -> CellVersion | None:
        """The version in force of a cell, with those before it; None where the cell was never sent."""
        key = (unit.code, unit.valid_from, element, period)
        if key not in self._read:
            self._read[key] = self._select_version_in_force(key)
        return self._read[key]

    def _select_version_in_force(self, key: _CellKey) -> CellVersion | None:
        rows = self._rows.get(key, [])
        if not rows:
            return None
        code, _, element, period = key
        latest: dict[tuple[str, str], Row[Any]] = {}
        for row in rows:
            held = latest.setdefault((row.reporter, row.form), row)
            if row.version > held.version:
                latest[(row.reporter, row.form)] = row
        chosen = max(latest.values(), key=lambda row: row.submission_id)
        older = tuple(self._build_version(row) for row in rows if row.submission_id != chosen.submission_id)
        return self._build_version(chosen, older, tuple(self._agreed.get((code, element, period), ())))

    def list_periods(self, unit: m.Unit, element: str) -> list[str]:
        """The periods for which the cell was ever sent."""
        return [p for code, start, e, p in self._rows if (code, start, e) == (unit.code, unit.valid_from, element)]

    def _build_version(
        self, row: Row[Any], superseded: tuple[CellVersion, ...] = (), agreed: tuple[AgreedCorrection, ...] = ()
    ) -> CellVersion:
        places = ((row.sheet, row.cell), (row.org_unit_code, row.data_element))
        checks = dict.fromkeys(c for place in places for c in self._checks.get((row.delivery_id, *place), ()))
        return CellVersion(
            row.delivery_id, row.reporter, row.form, row.period, row.version, row.recorded_at.isoformat(),
            row.org_unit_code, row.data_element, row.state, None if row.value is None else Fraction(row.value),
            row.sheet, row.cell, row.raw, tuple(checks), superseded, agreed,
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
