"""The catalogue itself: everything people decided, by key, and the questions asked of it.

Room: catalogue. Built by the loader only; frozen.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from etl.catalog import models
from etl.catalog.problems import CatalogueProblem, build_catalogue_error
from etl.errors import UsageError
from etl.model import CellState, Period, PeriodKind

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class StoppedScope:
    """A scope out of service: what is wrong, and the code of its area; empty where its file cannot be read."""

    problem: CatalogueProblem
    area_unit: str


@dataclass(frozen=True)
class StoppedLayout:
    """A layout that no table is read by: what is wrong, and every word of its file, for nobody can tell its folders."""

    problem: CatalogueProblem
    words: frozenset[str]

    def may_be_of(self, folder: str) -> bool:
        """Whether tables of an inbox folder may have been meant to be read by it."""
        return folder in self.words or not self.words


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Everything people decided, by key. Insertion order is file order.

    `agreed` are corrections of reported cells; `corrections` are those of the calendar. `files` is what all of it
    was read from. `stopped` are the scopes out of service, each with what is wrong; they are not in `scopes`, nor
    `stopped_plans` in `plans`, `stopped_corrections` in `agreed_corrections`, `stopped_layouts` in `layouts`.
    """

    root: Path
    sha256: str
    units: tuple[models.Unit, ...]
    successions: tuple[models.Succession, ...]
    elements: dict[str, models.DataElement]
    relations: tuple[models.Relation, ...]
    indicators: dict[str, models.Indicator]
    actors: dict[str, models.Actor]
    plans: dict[str, models.Plan]
    columns: tuple[models.Column, ...]
    forms: dict[str, models.Form]
    regimes: dict[str, models.Regime]
    holiday_corrections: tuple[models.HolidayCorrection, ...]
    scopes: dict[str, models.Scope]
    cell_states: dict[str, CellState]
    agreed_corrections: dict[str, models.Correction] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    stopped: dict[str, StoppedScope] = field(default_factory=dict)
    stopped_plans: frozenset[str] = frozenset()
    stopped_corrections: frozenset[str] = frozenset()
    stopped_layouts: dict[str, StoppedLayout] = field(default_factory=dict)
    inheritance: tuple[models.Inheritance, ...] = ()
    bodies: tuple[models.BodyName, ...] = ()
    layouts: dict[str, models.ForeignLayout] = field(default_factory=dict)
    outlook: models.OutlookRules | None = None
    measures: tuple[models.MeasureUnit, ...] = ()
    unsupported: tuple[models.UnsupportedWording, ...] = ()
    thresholds: dict[str, float] = field(default_factory=dict)
    official_population: tuple[models.OfficialFigure, ...] = ()
    units_by_code: dict[str, tuple[models.Unit, ...]] = field(default_factory=dict, repr=False)

    @cached_property
    def _measures_by_name(self) -> dict[str, models.MeasureUnit]:
        return {name.casefold(): measure for measure in self.measures for name in (measure.name, *measure.aliases)}

    def find_measure(self, unit: str) -> models.MeasureUnit | None:
        """The unit of measure that is written so, if any."""
        return self._measures_by_name.get(unit.casefold())

    def find_measure_scale(self, unit: str, wanted: str) -> Fraction | None:
        """What a number in a unit is multiplied with to be in another; None where the two measure different things.

        One that is not written (empty) is the other; the same wording needs no entry.
        """
        if not unit or not wanted or unit.casefold() == wanted.casefold():
            return Fraction(1)
        one, other = self.find_measure(unit), self.find_measure(wanted)
        if one is None or other is None or one.dimension != other.dimension:
            return None
        return Fraction(one.factor) / Fraction(other.factor)

    def find_indicator_scale(self, unit: str, indicator: models.Indicator) -> Fraction | None:
        """The same for an indicator's unit; of a rate, a unit may name what is counted per how many of the population.

        ``ca/vạn dân`` of what is counted in ca per 100.000 is 10: its own factor is what the unit says once more.
        """
        scale = self.find_measure_scale(unit, indicator.unit)
        if scale is not None or indicator.method != "ratio":
            return scale
        text = unit.casefold().replace(" / ", "/")
        for per, measure in self._measures_by_name.items():
            share = self.find_measure_scale(measure.name, "%") if text.endswith(per) else None
            counted_scale = self.find_measure_scale(text.removesuffix(per).strip(), indicator.unit)
            if share is not None and counted_scale is not None:
                return counted_scale * share / 100 * indicator.factor
        return None

    def get_measure_factor(self, unit: str, wanted: str) -> Decimal:
        """The same as a decimal number, of units that the loader has found to be of one dimension."""
        scale = self.find_measure_scale(unit, wanted) or Fraction(1)
        return Decimal(scale.numerator) / scale.denominator

    def find_unit(self, code: str, day: date) -> models.Unit | None:
        """The org unit that bears a code on a day, if any."""
        return next((u for u in self.units_by_code.get(code, ()) if u.is_valid_on(day)), None)

    def find_unit_name(self, code: str, day: date) -> str:
        """The unit's name on a day; where there was none, the one that it had last or will have; else its code."""
        known = self.list_units_of_code(code)
        unit = self.find_unit(code, day) or max(known, key=lambda u: (u.valid_from <= day, u.valid_from), default=None)
        return unit.name if unit else code

    def list_children(self, parent: str, level: str, day: date) -> tuple[models.Unit, ...]:
        """Units of a level directly under a parent on a day, in catalogue order."""
        return tuple(u for u in self._units_by_parent.get(parent, ()) if u.level == level and u.is_valid_on(day))

    def list_units_of_code(self, code: str) -> tuple[models.Unit, ...]:
        """Every unit that ever bore a code, in catalogue order."""
        return self.units_by_code.get(code, ())

    @cached_property
    def successions_from(self) -> dict[tuple[str, date], tuple[models.Succession, ...]]:
        """Successions by old unit: its code and last day."""
        return _group_by_key(self.successions, lambda s: (s.old_code, s.old_valid_to))

    @cached_property
    def successions_to(self) -> dict[tuple[str, date], tuple[models.Succession, ...]]:
        """Successions by new unit: its code and first day."""
        return _group_by_key(self.successions, lambda s: (s.new_code, s.new_valid_from))

    @cached_property
    def decision_levels(self) -> dict[str, models.DecisionLevel]:
        """The level of government that each word of the forms for it means; the words in lower case."""
        sheets = (sheet for form in self.forms.values() for sheet in form.sheets)
        return {word.casefold(): level for sheet in sheets for level, word in sheet.decided_at.items()}

    @cached_property
    def _units_by_parent(self) -> dict[str, tuple[models.Unit, ...]]:
        return _group_by_key(self.units, lambda u: u.parent)

    def get_scope(self, scope_id: str) -> models.Scope:
        """The scope of that name.

        Raises:
            CatalogueError: it is out of service; its first mistake.
            UsageError: there is none; names those there are.
        """
        if scope_id in self.stopped:
            raise build_catalogue_error([self.stopped[scope_id].problem])
        if scope_id not in self.scopes:
            raise UsageError(f"no scope {scope_id!r}", where="--scope", fix=f"use one of: {', '.join(self.scopes)}")
        return self.scopes[scope_id]

    def get_layout(self, layout_id: str) -> models.ForeignLayout:
        """The foreign layout of that name.

        Raises:
            CatalogueError: it is out of service; its first mistake.
            UsageError: there is none; names those there are.
        """
        if layout_id in self.stopped_layouts:
            raise build_catalogue_error([self.stopped_layouts[layout_id].problem])
        if layout_id not in self.layouts:
            known = ", ".join(self.layouts) or "none"
            raise UsageError(f"no layout {layout_id!r}", where="--layout", fix=f"layouts of the catalogue: {known}")
        return self.layouts[layout_id]

    def list_scopes_in_service(self, names: Iterable[str]) -> list[models.Scope]:
        """The scopes of these names that are in service, in this order; the others stop none of them.

        Raises:
            CatalogueError, UsageError: none is; says why the first is not.
        """
        named = list(names)
        found = [self.scopes[name] for name in named if name in self.scopes]
        return found or [self.get_scope(name) for name in named[:1]]

    def list_scope_line(self, scope: models.Scope) -> list[str]:
        """The ids of the scopes whose deliveries a scope's figures rest on: those that it continues, then itself."""
        return [*(i for before in scope.continues for i in self.list_scope_line(self.scopes[before])), scope.id]

    def find_office(self, scope: models.Scope, day: date) -> models.Office | None:
        """The office that issues a scope's reports on a day: its own, else that of the scope that continues it."""
        issuing = self.find_issuing_scope(scope, day)
        return issuing.find_office(day) if issuing else None

    def find_issuing_scope(self, scope: models.Scope, day: date) -> models.Scope | None:
        """The scope whose own office issues a scope's reports on a day, and gives them numbers of its register."""
        heirs = (s for s in self.scopes.values() if scope.id in s.continues)
        return (
            scope
            if scope.find_office(day)
            else next((o for s in heirs if (o := self.find_issuing_scope(s, day))), None)
        )

    def get_office(self, scope: models.Scope, day: date) -> models.Office:
        """The office whose name stands on what a scope writes on a day: who issues its reports, or the last who did."""
        return self.find_office(scope, day) or scope.offices[-1]

    def find_counted_noun(self, indicator: models.Indicator) -> str:
        """What an indicator counts, in the unit of its numerator; of a share of units the kind of these. Empty where
        nobody says."""
        if indicator.counted or not indicator.terms:
            return indicator.counted
        element = self.elements.get(indicator.terms[0].data_element)
        return element.unit if element else ""

    def find_body_name(self, name: str, day: date) -> str:
        """What a body is called on a day; empty where it has ended."""
        change = next((b for b in self.bodies if b.name == name and b.valid_from <= day), None)
        return self.find_body_name(change.becomes, day) if change else name

    def list_sheet_columns(self, form: models.Form, sheet: models.SheetDef) -> tuple[models.Column, ...]:
        """The printed headers of a form's sheet, in order."""
        return tuple(
            c
            for c in self.columns
            if c.set == sheet.columns and c.version == form.printed_columns and c.sheet == sheet.code
        )

    def list_owed_periods(self, scope: models.Scope, kind: PeriodKind) -> tuple[Period, ...]:
        """The periods of a kind for which the scope owes anything, oldest first.

        What has no end is owed as long as one of the scope's plans is in force.
        """
        last_day = max(self.plans[plan].valid_to or date.max for plan in scope.plans)
        owed_periods: set[Period] = set()
        for submission in scope.submissions:
            if self.forms[submission.form].period_kind != kind:
                continue
            current = Period.parse(submission.from_period)
            last = Period.parse(submission.to_period).end if submission.to_period else last_day
            while current.end <= last:
                owed_periods.add(current)
                current = _compute_next_period(current)
        return tuple(sorted(owed_periods))

    def list_led_tasks(
        self, scope: models.Scope, level: str, period: Period, unit: str = ""
    ) -> tuple[tuple[models.Plan, models.Task], ...]:
        """Tasks that units of a level, or one by its code, lead and so report on, in plan order, once their plan is in
        force."""
        actors = scope.list_answered_actors(level, unit)
        plans = [self.plans[p] for p in scope.plans if self.plans[p].valid_from <= period.end]
        return tuple((plan, task) for plan in plans for task in plan.tasks if actors.intersection(task.lead))


def _group_by_key(items: Iterable[T], key: Callable[[T], K]) -> dict[K, tuple[T, ...]]:
    groups: dict[K, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return {name: tuple(group) for name, group in groups.items()}


def _compute_next_period(period: Period) -> Period:
    per_year = 12 // period.months
    return (
        Period(period.year, period.kind, period.index + 1)
        if period.index < per_year
        else Period(period.year + 1, period.kind, 1)
    )
