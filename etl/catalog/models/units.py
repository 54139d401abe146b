"""Org units in time: what they are called, what became of them, who inherits their duties.

Room: catalogue. Strict models of its files; nobody changes a value at run time.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from etl.catalog.models.base import Basis, Code, StrictModel, Text


class Unit(StrictModel):
    """An org unit within its validity. Key: (code, valid_from); the code alone is reused over time."""

    code: Code
    name: Text
    level: Literal["nation", "province", "district", "commune", "agency"]
    type: str = ""
    parent: str = ""
    valid_from: dt.date
    valid_to: dt.date | None = None
    legal_basis: Text
    aliases: tuple[str, ...] = ()

    def is_valid_on(self, day: dt.date) -> bool:
        """Whether the unit existed on a day (valid_to is its last day)."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Succession(StrictModel):
    """What became of a unit. Grain: (old unit, new unit).

    `carries`: what went over: the unit's ``area`` with its people, or the ``centre``, the health facility whose own
    figures the unit reported. `with_others` names what else went into the new unit from outside this catalogue.
    `weight` is the share of the old unit's figures that went to the new one, `back_weight` the share of the new
    unit's figures that belongs to the old one; both are declared with their source or not used.
    """

    old_code: Code
    old_valid_to: dt.date
    new_code: Code
    new_valid_from: dt.date
    kind: Literal["whole", "part", "kept"]
    legal_basis: Text
    carries: Literal["area", "centre"] = "area"
    with_others: str = ""
    weight: Decimal | None = Field(default=None, gt=0, le=1)
    back_weight: Decimal | None = Field(default=None, gt=0, le=1)
    weight_source: str = ""

    @model_validator(mode="after")
    def _validate_weight_source(self) -> Succession:
        if (self.weight is not None or self.back_weight is not None) != bool(self.weight_source):
            raise ValueError("a weight goes with its weight_source, and only with it")
        return self


class BodyName(StrictModel):
    """What a body that receives reports is called from a day on; nothing, where it has ended and nobody took its
    place. Grain: (name before, first day)."""

    name: Text
    becomes: str = ""
    valid_from: dt.date
    basis: Basis
    source: Text


class Inheritance(StrictModel):
    """Who answers for a plan, or one line of it, after its unit ended. Grain: (plan, item, from unit, to unit).

    `item` is a target's item or ``all``. Without `decided_by` and `date` nobody has decided yet, `basis` is then
    ``configured``, and targets stay with the unit they were given to.
    """

    plan: Code
    item: Text = "all"
    from_unit: Code
    from_valid_to: dt.date
    to_unit: Code = ""
    to_valid_from: dt.date | None = None
    decided_by: str = ""
    date: dt.date | None = None
    basis: Basis
    source: Text

    @model_validator(mode="after")
    def _validate_decision(self) -> Inheritance:
        if bool(self.decided_by) != (self.date is not None):
            raise ValueError("a decision has both decided_by and date")
        if self.decided and not (self.to_unit and self.to_valid_from):
            raise ValueError("a decision names the successor: to_unit and to_valid_from")
        return self

    @property
    def decided(self) -> bool:
        """Whether somebody has decided."""
        return self.date is not None
