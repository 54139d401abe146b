"""A plan as a document: issuer, duties to report, tasks, actors.

Room: catalogue. Strict models of its files; nobody changes a value at run time.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import Field, model_validator

from etl.catalog.models.base import Basis, Code, StrictModel, Text
from etl.catalog.models.targets import Target


class Deadline(StrictModel):
    """When a task is due, as written. `ongoing` has no date."""

    written: Text
    kind: Literal["ongoing", "by_date", "not_stated"]
    date: dt.date | None = None

    @model_validator(mode="after")
    def _validate_due_date(self) -> Deadline:
        if (self.kind == "by_date") != (self.date is not None):
            raise ValueError("a date goes with kind by_date, and only with it")
        return self


class Task(StrictModel):
    """Something a plan tells somebody to do. Key: (plan, id). `overtaken_on` with its reason, if life did."""

    id: Code
    clause: Text
    title: Text
    lead: tuple[Code, ...] = Field(min_length=1)
    cooperate: tuple[Code, ...] = ()
    deadline: Deadline
    overtaken_on: dt.date | None = None
    overtaken_by: str = ""
    notes: tuple[str, ...] = ()


class ReportingDuty(StrictModel):
    """Who must report to whom under the plan, with the clause; what the plan leaves open is configured."""

    by: Code
    to: tuple[Code, ...] = Field(min_length=1)
    clause: Text
    frequency_written: str = ""
    cadence: tuple[Literal["quarter", "half", "nine_months", "year"], ...] = ()
    cadence_basis: Basis
    basis: Basis
    note: str = ""


class Plan(StrictModel):
    """A plan document with everything in it that can be followed up."""

    id: Code
    title: Text
    short_title: Text
    number: str
    number_note: str = ""
    issuer: Code
    date: dt.date | None
    date_note: str = ""
    parents: tuple[str, ...] = ()
    implements: Text
    seed_file: Text
    status: Literal["issued", "draft"]
    valid_from: dt.date
    valid_to: dt.date | None = None
    duties: tuple[ReportingDuty, ...] = ()
    recipients: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    targets: tuple[Target, ...]
    tasks: tuple[Task, ...]
    notes: tuple[str, ...] = ()


class Actor(StrictModel):
    """Somebody a plan names: an office or a class of offices. `level` if a class of org units answers for it.

    `party`: a body of the Party, which an office of the state asks, and never tells.
    """

    code: Code
    name: Text
    level: Literal["", "province", "district", "commune"] = ""
    party: bool = False
