"""What each unit writes into each cell of its form: plausible, seeded, and adding up.

Called by `simulation.deliveries`, the demo and tests. The province's numbers of 2023 give the baselines printed
in the plan; years 2024 and 2025 are their four quarters, and later years are 2025 again. Units that began later report
the sums of what they came from, so that the series goes on over 01/07/2025 exactly; a scope's units that came from
none of the scopes that it continues have a world of their own.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from etl.catalog import Catalogue, models
from etl.catalog.geography import compute_unit_shares, find_area, is_within_area, list_units_below
from etl.catalog.layout import TASK_STATES, InputCell, build_form_layout
from etl.catalog.obligations import list_obligations
from etl.errors import UsageError
from etl.model import ElementKind, Period, PeriodKind
from etl.model.text_cells import NOTE_FIELDS, TASK_PREFIX, NoteCell, PublishedCell, TaskCell, parse_text_cell
from simulation.apportionment import hash_to_normal, hash_to_uniform
from simulation.world import TIMES, Commune, World, build_world, load_story

SEED = 2024
# What the scopes that ended and those that continue them tell of, together.
PERIODS = ("2023", "2024Q1", "2024Q2", "2024Q3", "2024Q4", "2024", "2025Q1", "2025Q2", "2025Q3", "2025Q4", "2025")

Value = float | int | str
Key = tuple[str, str, str]

_DONE, _DOING, _NOT_YET = TASK_STATES
_ALL_OR_NONE = {"criteria_met"}  # a merged commune meets the criteria if all that it was made of did
_NEVER = 0.12
_SLOW_START = dt.date(2024, 4, 1)


@lru_cache(maxsize=1)
def load_events() -> dict[str, Any]:
    """`events.yaml`, read once."""
    data: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "events.yaml").read_text(encoding="utf-8"))
    return data


def build_cell_values(catalogue: Catalogue, scope: models.Scope, period: Period, seed: int = SEED) -> dict[Key, Value]:
    """Every cell that the units of a scope fill in for a period.

    Grain: (reporting unit, org unit, data element). Shape: numbers; words and choices as text; dates as ISO
    text. Empty text is a cell left blank: a task without a date, a note not written, a survey not held.

    Raises:
        UsageError: the story has no such scope, or its units owe nothing for the period.
    """
    obligations = list_obligations(catalogue, scope, period)
    if not obligations:
        raise UsageError(f"{scope.id} owes nothing for {period.key}", where="period", fix="see `tongket status`")
    tasks = {
        (plan.id, task.id): (plan, task)
        for _, _, unit in obligations
        for plan, task in catalogue.list_led_tasks(scope, unit.level, period, unit.code)
    }
    source = _CellValueSource(catalogue, scope.id, period, _build_scope_worlds(catalogue, scope, seed), tasks, seed)
    return {
        (unit.code, cell.org_unit_code, cell.data_element): source.build_value(unit, cell)
        for _, form, unit in obligations
        for _, cell in build_form_layout(catalogue, scope, form, unit, period).inputs
    }


def _build_scope_worlds(catalogue: Catalogue, scope: models.Scope, seed: int) -> tuple[tuple[models.Unit, World], ...]:
    """The worlds that a scope's units lived in: each with the area that it is of, those of continued scopes first."""
    before = [catalogue.scopes[name] for name in scope.continues]
    worlds = [entry for one in before for entry in _build_scope_worlds(catalogue, one, seed)]
    area = find_area(catalogue, scope)
    if area is None:
        return tuple(worlds)
    day = max(area.valid_from, Period.parse(TIMES[0]).end)
    taken = [known for known, _ in worlds]
    communes = [
        unit
        for unit in list_units_below(catalogue, area, "commune", day)
        if not any(is_within_area(catalogue, known, unit) for known in taken)
    ]
    own = build_world(scope.id, tuple(Commune(u.code, u.parent, u.type) for u in communes), seed)
    return (*worlds, (area, own))


@lru_cache(maxsize=4096)
def _list_origin_units(catalogue: Catalogue, unit: models.Unit, area: models.Unit) -> tuple[str, ...]:
    """The units of a world that went into a unit: those of 2023, or of the area's first day."""
    start = max(area.valid_from, Period.parse(TIMES[0]).end)
    return tuple(share.unit.code for share in compute_unit_shares(catalogue, unit, start))


def _find_time(period: Period) -> int:
    """A period's place in the story: later years are its last year again."""
    year = min(period.year, int(TIMES[-1][:4]))
    return TIMES.index(replace(period, year=year).key)


@dataclass(frozen=True)
class _CellValueSource:
    catalogue: Catalogue
    scope: str
    period: Period
    worlds: tuple[tuple[models.Unit, World], ...]
    tasks: dict[tuple[str, str], tuple[models.Plan, models.Task]]
    seed: int

    def build_value(self, unit: models.Unit, cell: InputCell) -> Value:
        match parse_text_cell(cell.data_element):
            case TaskCell() as said:
                return self._build_task_text(unit, said)
            case NoteCell() as said:
                return self._build_note_text(unit, said)
            case PublishedCell() as said:
                return self._find_published_value(said.data_element, ("as_of", "source").index(said.field) + 1)
        if cell.kind == ElementKind.PUBLISHED:
            return self._find_published_value(cell.data_element, 0)
        number = self._compute_number(unit, cell)
        return number if cell.factor == 1 or not isinstance(number, int | float) else cell.convert_to_form(number)

    def _compute_number(self, unit: models.Unit, cell: InputCell) -> Value:
        yearly = load_story()[self.scope].get("years", {}).get(unit.code, {})
        if cell.data_element in yearly:
            values = yearly[cell.data_element]  # later years are the last one again
            number: Value = values[min(self.period.year - 2023, len(values) - 1)]
            return number
        if self.period.key == TIMES[0] or self.period.kind == PeriodKind.QUARTER:
            return self._compute_number_at(cell, _find_time(self.period))
        quarters = [self._compute_number_at(cell, _find_time(quarter)) for quarter in self.period.quarters]
        match cell.kind:
            case ElementKind.FLOW:
                return sum(quarters)
            case ElementKind.AVERAGE:
                return round(sum(quarters) / len(quarters))
        return quarters[-1]

    def _compute_number_at(self, cell: InputCell, index: int) -> float | int:
        """A cell at a time: of a unit that was merged from others, the sum of theirs."""
        unit = self.catalogue.find_unit(cell.org_unit_code, self.period.end)
        if unit is None:
            return 0
        area, world = next((a, w) for a, w in self.worlds if is_within_area(self.catalogue, a, unit))
        parts = [
            world.find_value_at(cell.data_element, code, index)
            for code in _list_origin_units(self.catalogue, unit, area)
        ]
        return min(parts) if cell.data_element in _ALL_OR_NONE else sum(parts)

    def _find_published_value(self, element: str, place: int) -> Value:
        """Value, day or source; blank where the story tells of no publication in the year."""
        told = load_story()[self.scope].get("published", {}).get(str(self.period.year), {})
        value_or_date = told.get(element, ("", "", ""))[place]
        return value_or_date.isoformat() if isinstance(value_or_date, dt.date) else value_or_date

    # --- words -----------------------------------------------------------------------------------

    def _build_task_text(self, unit: models.Unit, cell: TaskCell) -> str:
        plan, task = self.tasks[cell.plan, cell.task]
        done_on = self._simulate_done_date(unit, plan, task)
        state = self._simulate_task_state(unit, plan, task, done_on)
        if cell.field == "state":
            return state
        if cell.field == "date":
            return done_on.isoformat() if done_on and state == _DONE else ""
        pool = load_events()["remarks"][{_DONE: "done", _DOING: "doing", _NOT_YET: "not_yet"}[state]]
        return str(
            pool[
                int(
                    hash_to_uniform(self.seed, "remark", unit.code, f"{TASK_PREFIX}{plan.id}.{task.id}", state)
                    * len(pool)
                )
            ]
        )

    def _simulate_done_date(self, unit: models.Unit, plan: models.Plan, task: models.Task) -> dt.date | None:
        """The day a task gets done: around its deadline, or some months after the plan where none is stated.

        Now and then never; and a task without an end is never done.
        """
        names = (self.seed, "task", unit.code, plan.id, task.id)
        if task.deadline.kind == "ongoing" or hash_to_uniform(*names) < _NEVER:
            return None
        if task.deadline.date is None:
            return plan.valid_from + dt.timedelta(days=round(25 + 330 * hash_to_uniform(*names, "day") ** 2))
        return max(plan.valid_from, task.deadline.date + dt.timedelta(days=round(-18 + 20 * hash_to_normal(*names))))

    def _simulate_task_state(
        self, unit: models.Unit, plan: models.Plan, task: models.Task, done_on: dt.date | None
    ) -> str:
        end = self.period.end
        if plan.valid_from > end:
            return _NOT_YET
        if done_on and done_on <= end:
            return _DONE
        slow = hash_to_uniform(self.seed, "slow", unit.code, plan.id, task.id) < _NEVER
        return _NOT_YET if slow and end < _SLOW_START else _DOING

    def _build_note_text(self, unit: models.Unit, cell: NoteCell) -> str:
        pool = load_events()[self.scope]["notes"]
        names = (self.seed, "note", unit.code, self.period.key)
        wanted = 1 + int(hash_to_uniform(*names) * 2.5)
        if cell.number > wanted:
            return ""
        order = sorted(range(len(pool)), key=lambda i: hash_to_uniform(*names, i))
        return str(pool[order[cell.number - 1]][NOTE_FIELDS.index(cell.field)])
