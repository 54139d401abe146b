"""The codes of cells that hold words or dates and are no data element: of a task, a difficulty, a published figure.

Written ``task.<plan>.<task>.<field>``, ``note.<number>.<field>`` and ``<data element>:<field>``. Only here are they put
together and taken apart; `out.task_report` and `out.note_report` do the same in SQL, for readers outside.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple, cast

TaskField = Literal["state", "date", "remark"]
NoteField = Literal["difficulty", "cause", "proposal", "level"]
TASK_PREFIX, NOTE_PREFIX = "task.", "note."
NOTE_FIELDS: tuple[NoteField, ...] = ("difficulty", "cause", "proposal", "level")

_PATTERN = re.compile(
    r"task\.(?P<plan>[^.]+)\.(?P<task>.+)\.(?P<of_task>state|date|remark)"
    r"|note\.(?P<number>\d+)\.(?P<of_note>difficulty|cause|proposal|level)"
    r"|(?P<element>.+):(?P<of_element>as_of|source)"
)


class TaskCell(NamedTuple):
    """What a unit says of a task of a plan: its state, the day it was done, a remark."""

    plan: str
    task: str
    field: TaskField

    def __str__(self) -> str:
        return f"{TASK_PREFIX}{self.plan}.{self.task}.{self.field}"


class NoteCell(NamedTuple):
    """A part of a difficulty that a unit writes down, by its number in the form."""

    number: int
    field: NoteField

    def __str__(self) -> str:
        return f"{NOTE_PREFIX}{self.number}.{self.field}"


class PublishedCell(NamedTuple):
    """The day a published figure is of, or who published it."""

    data_element: str
    field: Literal["as_of", "source"]

    def __str__(self) -> str:
        return f"{self.data_element}:{self.field}"


@lru_cache(maxsize=4096)
def parse_text_cell(code: str) -> TaskCell | NoteCell | PublishedCell | None:
    """What a code names; None where it is none of these: a data element."""
    match = _PATTERN.fullmatch(code)
    if match is None:
        return None
    if match["plan"]:
        return TaskCell(match["plan"], match["task"], cast("TaskField", match["of_task"]))
    if match["number"]:
        return NoteCell(int(match["number"]), cast("NoteField", match["of_note"]))
    return PublishedCell(match["element"], cast("Literal['as_of', 'source']", match["of_element"]))
