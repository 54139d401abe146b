"""What a report is made from: the one value that comes into this room.

Room: report. Steps fill it; nothing here reads a file, a database or a clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.model import Attainment, NoteReport, Period, TaskReport, UnitStatus


@dataclass(frozen=True)
class ReportInput:
    """Everything a report prints. Grain: (scope, plan, cadence, period, snapshot).

    `attainments` holds one row per (target of the plan, unit), in the plan's order, for the scope's
    area unit and every unit directly under it; `previous` the same for the same period last year and
    may be empty. `statuses` names every expected submission. `snapshot_at` is the ISO time up to which
    data are known.
    """

    catalogue: Catalogue
    scope: m.Scope
    report: m.ReportDef
    plan: m.Plan
    period: Period
    attainments: tuple[Attainment, ...]
    previous: tuple[Attainment, ...]
    statuses: tuple[UnitStatus, ...]
    tasks: tuple[TaskReport, ...]
    notes: tuple[NoteReport, ...]
    snapshot_at: str
    snapshot_id: str
    simulated: bool

    @property
    def area(self) -> str:
        """Code of the unit the whole report is about."""
        return self.scope.area_unit

    @property
    def stem(self) -> str:
        """How the report's files begin."""
        return f"{self.plan.id}_{self.period.key}"

    def unit_name(self, code: str) -> str:
        """A unit's name at the end of the period."""
        return self.catalogue.unit_name(code, self.period.end)
