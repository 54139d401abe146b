"""What each unit writes into each cell of its form: plausible, seeded, and adding up.

Called by `benchmarks.sample`, the demo and tests. The province's numbers of 2023 give the baselines printed
in the plan; years 2024 and 2025 are their four quarters. Units that began later report the sums of what they came
from, so that the series goes on over 01/07/2025 exactly.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from benchmarks.apportion import noise, uniform
from benchmarks.world import TIMES, Commune, World, build, story
from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.catalog.geography import carry
from etl.catalog.layout import TASK_STATES, Input, layout
from etl.errors import UsageError
from etl.model import ElementKind, Period

SEED = 2024
PERIODS = ("2023", "2024Q1", "2024Q2", "2024Q3", "2024Q4", "2024", "2025Q1", "2025Q2", "2025Q3", "2025Q4", "2025")

Value = float | int | str
Key = tuple[str, str, str]

_DONE, _DOING, _NOT_YET = TASK_STATES
_ALL_OR_NONE = {"criteria_met"}  # a merged commune meets the criteria if all that it was made of did
_NEVER = 0.12
_SLOW_START = dt.date(2024, 4, 1)


@lru_cache(maxsize=1)
def events() -> dict[str, Any]:
    """`events.yaml`, read once."""
    data: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "events.yaml").read_text(encoding="utf-8"))
    return data


def values(catalogue: Catalogue, scope: m.Scope, period: Period, seed: int = SEED) -> dict[Key, Value]:
    """Every cell that the units of a scope fill in for a period.

    Grain: (reporting unit, org unit, data element). Shape: numbers; words and choices as text; dates as ISO
    text. Empty text is a cell left blank: a task without a date, a note not written, a survey not held.

    Raises:
        UsageError: the story has no such scope or period.
    """
    if period.key not in PERIODS:
        raise UsageError(f"nothing is told of {period.key}", where="period", fix=f"use one of: {', '.join(PERIODS)}")
    tasks = {
        f"task.{plan.id}.{task.id}": (plan, task)
        for level in {scope.child_level, "commune"}
        for plan, task in catalogue.tasks_of(scope, level, period)
    }
    teller = _Teller(catalogue, scope.id, period, _world(catalogue, scope, seed), tasks, seed)
    return {
        (unit.code, cell.org_unit_code, cell.data_element): teller.value(unit, cell)
        for _, form, unit in catalogue.expected(scope, period)
        for _, cell in layout(catalogue, scope, form, unit, period).inputs
    }


def _world(catalogue: Catalogue, scope: m.Scope, seed: int) -> World:
    day = Period.parse(TIMES[0]).end
    parents = [scope.area_unit]
    if scope.child_level == "district":
        parents = [unit.code for unit in catalogue.children(scope.area_unit, "district", day)]
    communes = (unit for parent in parents for unit in catalogue.children(parent, "commune", day))
    return build(scope.id, tuple(Commune(u.code, u.parent, u.type) for u in communes), seed)


@lru_cache(maxsize=4096)
def _origins(catalogue: Catalogue, code: str, day: dt.date) -> tuple[str, ...]:
    """The units of 2023 that went into the bearer of a code on a day."""
    unit = catalogue.unit(code, day)
    start = Period.parse(TIMES[0]).end
    return tuple(share.unit.code for share in carry(catalogue, unit, start)) if unit else ()


@dataclass(frozen=True)
class _Teller:
    catalogue: Catalogue
    scope: str
    period: Period
    world: World
    tasks: dict[str, tuple[m.Plan, m.Task]]
    seed: int

    def value(self, unit: m.Unit, cell: Input) -> Value:
        element = cell.data_element
        if element.startswith("task."):
            return self._task(unit, element)
        if element.startswith("note."):
            return self._note(unit, element)
        if element.startswith("pub_"):
            return self._published(element)
        return self._number(unit, cell)

    def _number(self, unit: m.Unit, cell: Input) -> Value:
        yearly = story()[self.scope].get("years", {}).get(unit.code, {})
        if cell.data_element in yearly:
            number: Value = yearly[cell.data_element][self.period.year - 2023]
            return number
        if self.period.key in TIMES:
            return self._at(cell, TIMES.index(self.period.key))
        quarters = [self._at(cell, TIMES.index(quarter.key)) for quarter in self.period.quarters]
        return sum(quarters) if cell.kind == ElementKind.FLOW else quarters[-1]

    def _at(self, cell: Input, index: int) -> float | int:
        """A cell at a time: of a unit that was merged from others, the sum of theirs."""
        parts = [
            self.world.at(cell.data_element, code, index)
            for code in _origins(self.catalogue, cell.org_unit_code, self.period.end)
        ]
        return min(parts) if cell.data_element in _ALL_OR_NONE else sum(parts)

    def _published(self, element: str) -> Value:
        code, _, part = element.partition(":")
        entry = story()[self.scope]["published"][str(self.period.year)][code]
        found = entry[("", "as_of", "source").index(part)]
        return found.isoformat() if isinstance(found, dt.date) else found

    # --- words -----------------------------------------------------------------------------------

    def _task(self, unit: m.Unit, element: str) -> str:
        code, _, part = element.rpartition(".")
        plan, task = self.tasks[code]
        done_on = self._done_on(unit, plan, task)
        state = self._state(unit, plan, task, done_on)
        if part == "state":
            return state
        if part == "date":
            return done_on.isoformat() if done_on and state == _DONE else ""
        pool = events()["remarks"][{_DONE: "done", _DOING: "doing", _NOT_YET: "not_yet"}[state]]
        return str(pool[int(uniform(self.seed, "remark", unit.code, code, state) * len(pool))])

    def _done_on(self, unit: m.Unit, plan: m.Plan, task: m.Task) -> dt.date | None:
        """The day a task gets done: around its deadline, or some months after the plan where none is stated.

        Now and then never; and a task without an end is never done.
        """
        names = (self.seed, "task", unit.code, plan.id, task.id)
        if task.deadline.kind == "ongoing" or uniform(*names) < _NEVER:
            return None
        if task.deadline.date is None:
            return plan.valid_from + dt.timedelta(days=round(25 + 330 * uniform(*names, "day") ** 2))
        return max(plan.valid_from, task.deadline.date + dt.timedelta(days=round(-18 + 20 * noise(*names))))

    def _state(self, unit: m.Unit, plan: m.Plan, task: m.Task, done_on: dt.date | None) -> str:
        end = self.period.end
        if plan.valid_from > end:
            return _NOT_YET
        if done_on and done_on <= end:
            return _DONE
        slow = uniform(self.seed, "slow", unit.code, plan.id, task.id) < _NEVER
        return _NOT_YET if slow and end < _SLOW_START else _DOING

    def _note(self, unit: m.Unit, element: str) -> str:
        _, number, part = element.split(".")
        pool = events()[self.scope]["notes"]
        names = (self.seed, "note", unit.code, self.period.key)
        wanted = 1 + int(uniform(*names) * 2.5)
        if int(number) > wanted:
            return ""
        order = sorted(range(len(pool)), key=lambda i: uniform(*names, i))
        return str(pool[order[int(number) - 1]][("difficulty", "cause", "proposal").index(part)])
