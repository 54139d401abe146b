"""The simulated world: every data element of every unit of 2023 at nine points in time, from `story.yaml`.

Pure and deterministic; called by `cell_values` only. Numbers are whole; elements counted in halves are
kept doubled and halved on the way out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from etl.errors import UsageError
from simulation.apportionment import (
    hash_to_normal,
    sample_without_replacement,
    split_by_chance,
    split_by_share,
    split_by_weight,
)

TIMES = ("2023", "2024Q1", "2024Q2", "2024Q3", "2024Q4", "2025Q1", "2025Q2", "2025Q3", "2025Q4")
_TOWNS = {"Phường": 1.3, "Thị trấn": 1.9}

Counts = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Commune:
    """A leaf unit of the story: its code, the district over it, and its type (xã, phường, thị trấn)."""

    code: str
    parent: str
    type: str


@dataclass(frozen=True)
class World:
    """What happened. `counts`: element → unit → one whole number per time; `halves`: elements kept doubled."""

    counts: Mapping[str, Counts]
    halves: frozenset[str]

    def find_value_at(self, element: str, unit: str, index: int) -> float | int:
        """An element of a unit at a time."""
        number = self.counts[element][unit][index]
        return number / 2 if element in self.halves else number


@lru_cache(maxsize=1)
def load_story() -> dict[str, Any]:
    """`story.yaml`, read once; what is `like` another scope's is its communes with the totals of so many people."""
    data: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "story.yaml").read_text(encoding="utf-8"))
    for story in data.values():
        if "like" in story:
            model = data[story["like"]]
            scale = Fraction(sum(story["people"].values()), sum(model["people"].values()))
            story["communes"] = {code: _scale_entry(entry, scale) for code, entry in model["communes"].items()}
    return data


def _scale_entry(entry: dict[str, Any], scale: Fraction) -> dict[str, Any]:
    """An element's entry with its totals and single cases in proportion."""
    counted = {key: [_round_half_up(n * scale) for n in entry[key]] for key in ("total", "scatter") if key in entry}
    return entry | counted


@lru_cache(maxsize=64)
def build_world(scope: str, communes: tuple[Commune, ...], seed: int) -> World:
    """The world of a scope.

    Raises:
        UsageError: the story knows no such scope.
    """
    if scope not in load_story():
        raise UsageError(f"there is no story for scope {scope!r}", where="simulation/story.yaml", fix="add one")
    return _WorldBuilder(scope, communes, seed).create_world()


class _WorldBuilder:
    def __init__(self, scope: str, communes: tuple[Commune, ...], seed: int) -> None:
        self._story = load_story()[scope]
        self._seed = seed
        self._communes = communes
        self._counts: dict[str, Counts] = {}
        self._halves: set[str] = set()
        self._skill: dict[str, float] = {
            c.code: self._story["skill"][c.parent] + self._story["skill_noise"] * hash_to_normal(seed, "skill", c.code)
            for c in communes
        } | dict(self._story["skill"])
        self._people = self._compute_commune_people()

    def create_world(self) -> World:
        for element, entry in self._story["communes"].items():
            self._add_element(element, entry, [c.code for c in self._communes])
        districts = list(self._story["people"])
        for element, entry in self._story.get("centres", {}).items():
            self._add_element(element, entry, [*districts, *self._list_agencies(entry)])
        return World(self._counts, frozenset(self._halves))

    def _list_agencies(self, entry: dict[str, Any]) -> list[str]:
        """Provincial offices that an element also counts: those named, or those of the element it is a share of."""
        whole = self._counts[entry["of"][0]] if "of" in entry else entry.get("agencies", {})
        return [unit for unit in whole if unit not in self._story["people"]]

    def _compute_commune_people(self) -> dict[str, float]:
        raw = {
            c.code: _TOWNS.get(c.type, 1.0) * math.exp(0.18 * hash_to_normal(self._seed, "people", c.code))
            for c in self._communes
        }
        of_district: dict[str, float] = {}
        for c in self._communes:
            of_district[c.parent] = of_district.get(c.parent, 0.0) + raw[c.code]
        return {c.code: self._story["people"][c.parent] * raw[c.code] / of_district[c.parent] for c in self._communes}

    def _add_element(self, element: str, entry: dict[str, Any], units: list[str]) -> None:
        if entry.get("half"):
            self._halves.add(element)
        rows = [self._compute_row(element, entry, units, i) for i in range(len(TIMES))]
        self._counts[element] = {unit: tuple(row[unit] for row in rows) for unit in units}

    def _compute_row(self, element: str, entry: dict[str, Any], units: list[str], i: int) -> dict[str, int]:
        if "each" in entry:
            return dict.fromkeys(units, int(entry["each"]))
        if "share" in entry:
            return self._compute_share_row(element, entry, units, i)
        if "part_of" in entry:
            whole = {unit: self._counts[entry["part_of"]][unit][i] for unit in units}
            return sample_without_replacement(entry["scatter"][i], whole, self._seed, element, i)
        weights = self._compute_weights(element, entry, units, i)
        if "scatter" in entry:
            return split_by_chance(entry["scatter"][i], weights, self._seed, element, i)
        return split_by_weight(self._compute_total(entry, i), weights)

    def _compute_total(self, entry: dict[str, Any], i: int) -> int:
        if "rate" in entry:
            people = sum(series[i] for series in self._counts["pop_total"].values())
            return _round_half_up(Fraction(str(entry["rate"][i])) * people / 10_000)
        return int(entry["total"][i]) * (2 if entry.get("half") else 1)

    def _compute_weights(self, element: str, entry: dict[str, Any], units: list[str], i: int) -> dict[str, float]:
        """Weights of units; agencies (which no people belong to) get their stated part of the whole."""
        agencies: dict[str, float] = entry.get("agencies", {})
        own = {
            unit: self._compute_size(entry, unit, i) * self._compute_luck(element, entry, unit, i)
            for unit in units
            if unit not in agencies
        }
        rest = sum(own.values()) / (1 - sum(agencies.values()))
        return own | {unit: part * rest for unit, part in agencies.items()}

    def _compute_size(self, entry: dict[str, Any], unit: str, i: int) -> float:
        by = entry.get("by", "pop_total" if "rate" in entry else None)
        if by is None:
            return 1.0
        if by == "people":
            return self._people[unit]
        series = self._counts[by]
        if unit in series:
            return series[unit][i]
        return sum(series[c.code][i] for c in self._communes if c.parent == unit)

    def _compute_luck(self, element: str, entry: dict[str, Any], unit: str, i: int) -> float:
        return math.exp(self._compute_lean(element, entry, unit, i, skill=entry.get("skill", 0.0)))

    def _compute_lean(self, element: str, entry: dict[str, Any], unit: str, i: int, *, skill: float) -> float:
        lasting = float(entry.get("spread", 0)) * hash_to_normal(self._seed, element, unit)
        passing = float(entry.get("wiggle", 0)) * hash_to_normal(self._seed, element, unit, i)
        return skill * self._skill.get(unit, 0.0) + lasting + passing

    def _compute_share_row(self, element: str, entry: dict[str, Any], units: list[str], i: int) -> dict[str, int]:
        base = {unit: min(self._counts[code][unit][i] for code in entry["of"]) for unit in units}
        caps = {
            unit: min([base[unit], *(self._counts[code][unit][i] for code in entry.get("within", ()))])
            for unit in units
        }
        total = _round_half_up(Fraction(str(entry["share"][i])) * sum(base.values()) / 100)
        lean = {unit: self._compute_lean(element, entry, unit, i, skill=entry.get("skill", 1.0)) for unit in units}
        result = split_by_share(total, caps, lean, f"{element}, {TIMES[i]}")
        but = entry.get("but")
        if but and but["period"] == TIMES[i]:
            result[but["unit"]] = result[but["unit"]] * but["share"] // 100
        return result


def _round_half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))
