"""What a report is made from: the one value that comes into this room.

Room: report. Steps fill it; nothing here reads a file, a database or a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property

from etl.catalog import Catalogue, models
from etl.catalog.geography import compute_unit_shares, find_last_day, find_plan_area, list_units_of_area
from etl.catalog.layout import FormLayout
from etl.model import Attainment, NoteReport, ObservedIndicator, Period, SeriesPoint, TaskReport, UnitStatus
from etl.model.exported_value import ExportedValue
from etl.model.reason import Reason
from etl.model.report_key import ReportKey
from etl.model.vietnam_time import parse_vietnam_day


@dataclass(frozen=True)
class ReportCorrection:
    """A correction that was agreed on, as a report tells it. Grain: (correction).

    `before` and `after` are the cell's contents; `lapsed` is why it does not hold, None where it does. `requested_on`
    is an ISO date.
    """

    id: str
    unit: str
    period: str
    element: str
    before: Reason
    after: Reason
    requested_by: str
    requested_on: str
    reason: str
    lapsed: Reason | None = None


@dataclass(frozen=True)
class UpwardFigures:
    """What the level above takes in with the annex: the layout that it asks in, and the area's own leaf figures."""

    layout: FormLayout
    cells: tuple[ExportedValue, ...]


@dataclass(frozen=True)
class SourceCells:
    """Cells of one file under a figure of the area. Grain: (indicator, side, data element, period, delivery, sheet).

    `cells` names them (``E8:E21, E24``); `value` is what they add to the side, after agreed corrections and shares of
    merged or split units; `units` counts the units they speak of. `side` is ``numerator`` or ``denominator``.
    """

    indicator: str
    side: str
    element: str
    period: str
    file: str
    sha256: str
    sheet: str
    cells: str
    units: int
    value: Fraction


@dataclass(frozen=True)
class ReportInput:
    """Everything a report prints. Grain: (scope, plan, cadence, period, snapshot).

    `attainments` holds one row per (target of the plan, unit), in the plan's order, for the scope's
    area unit and every unit directly under it, `agencies` one per (target, agency) that has a figure of its own: these
    are no parts of the area, and are never ranked with its parts; `previous` both for the same period last year and
    may be empty; `last` the same for the period of the report before (`dates.reported_before`), empty where there
    is none. `statuses` names every expected submission, `earlier_statuses` those of the year's quarters before.
    `parts` has, where nothing can be said since January, what the last part of the year that was reported
    brought. `series` has the area's figures by item, oldest first; `sources` the cells under the area's figures.
    `snapshot_at` is the ISO time up to which data are known. `upward` is there where a level above asks for this
    period.
    """

    catalogue: Catalogue
    scope: models.Scope
    report: models.ReportDef
    plan: models.Plan
    period: Period
    attainments: tuple[Attainment, ...]
    previous: tuple[Attainment, ...]
    statuses: tuple[UnitStatus, ...]
    tasks: tuple[TaskReport, ...]
    notes: tuple[NoteReport, ...]
    snapshot_at: str
    snapshot_id: str
    simulated: bool
    agencies: tuple[Attainment, ...] = ()
    last: tuple[Attainment, ...] = ()
    corrections: tuple[ReportCorrection, ...] = ()
    series: tuple[tuple[str, tuple[SeriesPoint, ...]], ...] = ()
    earlier_statuses: tuple[UnitStatus, ...] = ()
    sources: tuple[SourceCells, ...] = ()
    upward: UpwardFigures | None = None
    parts: tuple[ObservedIndicator, ...] = ()

    @cached_property
    def _area_unit(self) -> models.Unit | None:
        return find_plan_area(self.catalogue, self.scope, self.plan.id)

    @property
    def area(self) -> str:
        """Code of the unit the whole report is about."""
        return self._area_unit.code if self._area_unit else self.scope.area_unit

    @property
    def office_name(self) -> str:
        """The office whose report it is, by its name on the report's date."""
        return self.catalogue.get_office(self.scope, self.day).name

    @property
    def day(self) -> date:
        """The report's date: the day up to which data are known, in Viet Nam."""
        return parse_vietnam_day(self.snapshot_at)

    @property
    def key(self) -> ReportKey:
        """Which report it is."""
        return self.report.build_key(self.scope.id, self.period.key)

    @cached_property
    def _targets_by_item(self) -> dict[str, models.Target]:
        return {target.item: target for target in self.plan.targets}

    def get_target(self, item: str) -> models.Target:
        """A target of the plan."""
        return self._targets_by_item[item]

    def get_unit_scale(self, item: str) -> Fraction:
        """What a target's numbers are multiplied with to be in its indicator's unit; its rows are in the plan's own."""
        return self._targets_by_item[item].unit_scale

    def find_measured_unit(self, item: str, indicator: models.Indicator) -> str:
        """The unit of measure that a target's numbers are printed in."""
        return self._targets_by_item[item].select_unit(indicator)

    def select_print_target(self, target: models.Target) -> models.Target:
        """The target by whose decimals and levels a figure is printed: those of all places in which a plan that the
        scope reports on speaks of the same indicator in the same unit, so that one figure has one print in all."""
        plans = {self.plan.id: self.plan} | {r.plan: self.catalogue.plans[r.plan] for r in self.scope.reports}
        alike = [
            t
            for plan in plans.values()
            for t in plan.targets
            if target.indicator and (t.indicator, t.unit_scale) == (target.indicator, target.unit_scale)
        ]
        if len(alike) < 2:
            return target
        stones = [stone for t in alike for stone in t.milestones]
        return target.model_copy(update={"milestones": stones, "decimals": max(t.decimals for t in alike)})

    @cached_property
    def parts_by_key(self) -> dict[tuple[str, str], ObservedIndicator]:
        """What the last part of the year brought, by (indicator, unit)."""
        return {(part.indicator, part.unit): part for part in self.parts}

    def format_area_end(self) -> str:
        """The last day of the area (ISO) where it has ended by the report's date, whenever its period was; else empty:
        another office than the area's own reports then."""
        last = find_last_day(self.catalogue, self._area_unit, self.day) if self._area_unit else None
        return last.isoformat() if last else ""

    def find_heir_name(self) -> str:
        """The one unit that an ended area went over to by the report's date; empty where it went to several."""
        area = self._area_unit
        heirs = {share.unit for share in compute_unit_shares(self.catalogue, area, self.day)} if area else set()
        return next(iter(heirs)).name if len(heirs) == 1 else ""

    @cached_property
    def commune_names(self) -> tuple[str, ...]:
        """The names of the communes, wards and towns of the area at the end of the period."""
        area = self._area_unit
        found = list_units_of_area(self.catalogue, area, "commune", self.period.end) if area else ()
        return tuple(unit.name for unit in found)

    def find_unit_name(self, code: str) -> str:
        """A unit's name at the end of the period; the area's own, where that one has ended."""
        area = self._area_unit
        day = min(self.period.end, area.valid_to or self.period.end) if area and area.code == code else self.period.end
        return self.catalogue.find_unit_name(code, day)
