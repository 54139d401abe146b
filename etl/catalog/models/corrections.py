"""Agreed corrections of single cells.

Room: catalogue. Strict models of its files; nobody changes a value at run time.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal

from pydantic import model_validator

from etl.catalog.models.base import Code, StrictModel, Text, validate_period_key


class CellContent(StrictModel):
    """What a number cell says: its state, and the number where there is one."""

    state: Literal["value", "zero", "estimated", "missing", "not_applicable", "unreliable"]
    value: Decimal | None = None

    @model_validator(mode="after")
    def _validate_state_value(self) -> CellContent:
        if (self.state in {"value", "zero", "estimated"}) != (self.value is not None):
            raise ValueError("a value goes with the states value, zero and estimated, and only with them")
        if (self.state == "zero") != (self.value == 0 and self.state != "estimated"):
            raise ValueError("state zero is the value 0, and the value 0 is state zero")
        return self


class Correction(StrictModel):
    """What was agreed that a reported cell is to be read as. The reported cell itself is never changed.

    `replaces` is the guard: only while exactly this stands in the cell, the correction holds. `until` is its last
    day, or ``resubmission``: it ends when the unit sends the form again.
    """

    id: Code
    scope: Code
    period: Text
    org_unit: Code
    data_element: Code
    replaces: CellContent
    becomes: CellContent
    requested_by: Text
    requested_on: dt.date
    reason: Text
    until: dt.date | Literal["resubmission"]

    @model_validator(mode="after")
    def _validate_change(self) -> Correction:
        validate_period_key(self.period)
        if self.replaces == self.becomes:
            raise ValueError("`becomes` is what stands there already")
        if isinstance(self.until, dt.date) and self.until < self.requested_on:
            raise ValueError("`until` lies before `requested_on`")
        return self
