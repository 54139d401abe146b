"""One thing wrong in a catalogue file: where, what, what was expected, and the error that the first few become.

Room: catalogue. Pure.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from etl.errors import CatalogueError

Keys = tuple[str | int, ...]
_RAISED_AT_ONCE = 3
_SHOWN_LENGTH = 80


@dataclass(frozen=True)
class Place:
    """A place in a file: keys and positions from the top of a YAML file; row and column of a CSV file, row 0 first."""

    path: Path
    keys: Keys = ()

    def at(self, *keys: str | int) -> Place:
        """A place further in."""
        return Place(self.path, (*self.keys, *keys))


@dataclass(frozen=True)
class CatalogueProblem:
    """One mistake of one file. `entry` names the entry it lies in; `line` is None where the whole file is meant.

    `key` is the way from that entry's list to the key: ``targets.0.milestones.1.value``, or a column of a CSV file.
    `undecided`: no mistake, but a proposal that a person has to decide on.
    """

    file: str
    line: int | None
    entry: str
    key: str
    value: str
    what: str
    expected: str
    nearest: str
    undecided: bool = False

    @property
    def where(self) -> str:
        """File, line, and entry or key, as editors open them: ``plans/x.yaml:12: item``."""
        line = f":{self.line}" if self.line else ""
        name = self.entry or ("" if self.what.startswith("key ") else self.key)
        return f"{self.file}{line}" + (f": {name}" if name else "")

    @property
    def fix(self) -> str:
        """What to do, in one line."""
        return self.expected + (f"; did you mean {self.nearest!r}?" if self.nearest else "")


def build_problem(
    place: Place, line: int | None, entry: str, what: str, *, expected: str, value: object = "", nearest: str = ""
) -> CatalogueProblem:
    """A problem at a place, its value cut to what a line can show."""
    keys = place.keys[1:] if place.keys and isinstance(place.keys[0], int) else place.keys
    key = ".".join(str(part) for part in keys)
    return CatalogueProblem(str(place.path), line, entry, key, str(value)[:_SHOWN_LENGTH], what, expected, nearest)


def find_nearest(word: str, choices: Iterable[str]) -> str:
    """The spelling among the choices that is nearest to a word; empty where none is near."""
    return next(iter(list_nearest(word, choices, 1)), "")


def list_nearest(word: str, choices: Iterable[str], count: int) -> list[str]:
    """The spellings among the choices that are near to a word, at most so many, the nearest first."""
    return difflib.get_close_matches(word, [str(choice) for choice in choices], n=count, cutoff=0.6)


def build_catalogue_error(problems: Sequence[CatalogueProblem]) -> CatalogueError:
    """The first few problems as the error that stops a run."""
    first, *others = problems
    fix = first.fix
    for other in others[: _RAISED_AT_ONCE - 1]:
        fix += f"\n  also: {other.where}: {other.what}; {other.fix}"
    if others:
        fix += f"\n  {len(problems)} mistakes in all: `tongket catalogue check` lists them"
    return CatalogueError(first.what, where=first.where, fix=fix)
