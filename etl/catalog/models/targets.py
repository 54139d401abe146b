"""What a plan promises, as written and as understood: baselines, milestones, targets, outlook.

Room: catalogue. Strict models of its files; nobody changes a value at run time.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from etl.catalog.models.base import Basis, Code, StrictModel, Text, validate_period_key
from etl.catalog.models.elements import Indicator

_YEAR = re.compile(r"\d{4}")
_YEARS = re.compile(r"(\d{4})-(\d{4})")
_NUMERIC = frozenset({">=", "<=", ">", "<", "=", "about", "between"})


class Baseline(StrictModel):
    """Where a target starts from, as written and as understood.

    `period` is a period's key, or a stretch of years (``2016-2020``) whose mean the value is; none where the plan names
    no time, and then nothing is computed that would need one.
    """

    period: Text | None = None
    written: Text
    value: Decimal | None = None
    estimated: bool = False
    definition: str = ""

    @model_validator(mode="after")
    def _validate_baseline_period(self) -> Baseline:
        stretch = _YEARS.fullmatch(self.period or "")
        if self.period is None:
            return self
        if stretch is None:
            validate_period_key(self.period)
        elif stretch[1] >= stretch[2]:
            raise ValueError(f"{self.period!r} ends before it begins")
        return self


class Relative(StrictModel):
    """A level stated against another one: so many `percent` up (or, negative, down) from it, or by so much as `change`
    says, in the target's unit (“tăng 0,2 điểm phần trăm”).

    `yearly`: the change is a year's: per cents are compounded (“tăng bình quân 5%/năm”), changes added up. `base` is
    what the plan compares with, the target's own baseline where it is left out. A base without a value is no mistake:
    nothing is concluded then. `previous_year`: compared with is the unit's own figure of the same period a year before
    (“tăng trên 3% so với năm trước”): in the milestone's year alone, or with `yearly` in each year up to it.
    """

    percent: Decimal | None = None
    change: Decimal | None = None
    yearly: bool = False
    previous_year: bool = False
    base: Baseline | None = None

    @model_validator(mode="after")
    def _validate_percent_change(self) -> Relative:
        if (self.percent is None) == (self.change is None):
            raise ValueError("give either `percent` or `change`")
        if self.percent is not None and self.percent <= -100:
            raise ValueError("a level cannot fall by 100 per cent or more: write the number itself")
        if self.previous_year and self.base is not None:
            raise ValueError("`previous_year` compares with what was reported: leave `base` out")
        return self


class CountOf(StrictModel):
    """So many of so many, as a plan writes “8/10 xã”."""

    count: int = Field(ge=0)
    of: int = Field(ge=1)

    @model_validator(mode="after")
    def _validate_unit_count(self) -> CountOf:
        if self.count > self.of:
            raise ValueError(f"{self.count} of {self.of}: more than there are")
        return self


class Milestone(StrictModel):
    """A target value for a year, as written and as understood. Without a `period` it is one that the plan sets no time
    for: it is judged when the plan has ended, and lies on no path.

    `written` is the cell's or sentence's own wording of the value; `operator` is how it is compared:
    ``>= <= > < =`` numbers · ``about`` a number give or take `tolerance` · ``between`` `value` and `upper`, both
    included · ``eliminate`` · ``maintain_elimination`` · ``done_by`` a date · ``none``.

    A number is one of `value`, `relative` (against a base) and `count` (k of n units). `per` is what the plan
    states the value per, where that is not the indicator's own factor (1000 for ‰). `onward`: the value holds
    from the period's first day on (“từ năm … trở đi”). A `tolerance` that the plan leaves open is the office's
    own, `configured`; without one nothing is concluded from “khoảng”.
    """

    period: Text | None = None
    written: Text
    operator: Literal[
        ">=", "<=", ">", "<", "=", "about", "between", "eliminate", "maintain_elimination", "done_by", "none"
    ]
    value: Decimal | None = None
    upper: Decimal | None = None
    tolerance: Decimal | None = Field(default=None, ge=0)
    tolerance_basis: Basis = "configured"
    relative: Relative | None = None
    count: CountOf | None = None
    per: int | None = Field(default=None, ge=1)
    onward: bool = False
    date: dt.date | None = None
    definition: str = ""

    @model_validator(mode="after")
    def _validate_milestone_period(self) -> Milestone:
        if self.operator == "done_by" and self.date is None:
            raise ValueError("operator done_by needs a date")
        if self.operator != "done_by" and self.period is not None:
            validate_period_key(self.period)
        if self.onward and self.period is None:
            raise ValueError("`onward` needs the period from which the level holds")
        by_year = self.relative is not None and (self.relative.yearly or self.relative.previous_year)
        if by_year and not _YEAR.fullmatch(self.period or ""):
            raise ValueError("a yearly change needs a year as its period")
        if by_year and self.onward:
            raise ValueError("a yearly change sets a level for every year: leave `onward` out")
        return self

    @model_validator(mode="after")
    def _validate_milestone_number(self) -> Milestone:
        number_count = sum(number is not None for number in (self.value, self.relative, self.count))
        expected_count = 1 if self.operator in _NUMERIC else 0
        if number_count < expected_count:
            raise ValueError(f"operator {self.operator} needs a value")
        if number_count > expected_count:
            raise ValueError(
                f"operator {self.operator} takes {'one number' if expected_count else 'no number'}, not {number_count}"
            )
        if self.operator in {"about", "between"} and self.value is None:
            raise ValueError(f"operator {self.operator} needs a plain value")
        if self.count is not None and self.operator != ">=":
            raise ValueError("so many of so many goes with operator >=")
        if self.per is not None and self.value is None:
            raise ValueError("`per` goes with a value")
        return self

    @model_validator(mode="after")
    def _validate_milestone_extras(self) -> Milestone:
        if (self.operator == "between") != (self.upper is not None):
            raise ValueError("`upper` goes with operator between, and only with it")
        if self.upper is not None and self.value is not None and self.upper < self.value:
            raise ValueError(f"from {self.value} to {self.upper} is no range")
        if self.tolerance is not None and self.operator != "about":
            raise ValueError("`tolerance` goes with operator about")
        if self.onward and self.operator not in _NUMERIC:
            raise ValueError("`onward` goes with a number")
        return self


class Target(StrictModel):
    """One line of a plan. Key: (plan, item).

    `kind` follows the attainment rules: threshold, maintain, eliminate, per_unit, milestone, track,
    not_assessed, published, conditional. `floor` is the per-unit floor in the indicator's unit.
    `each_quarter`: the level is one of each quarter alone (“mỗi quý 04 tin”), and a longer period is as good as its
    worst quarter. `summed_from` is the year from which on figures of years are added up (“cộng dồn 20 đến 2030”).
    `unit_written` is the unit of all its numbers as the plan writes it (empty: the indicator's), `unit_meant` the
    right one where that is a slip of the plan, `unit_scale` what they are multiplied with to be in the
    indicator's unit, `plan_end` the plan's last day: both the loader's, not the file's.
    `decimals` is how many decimals the plan prints. `subgroup` is the group the plan sets the level for
    (“ở nhóm …”): only figures of an indicator of that very group answer it. `contradicts` names the items of
    the same plan that ask for something else of the same thing: each stands, with its clause. `unassessed` is why a
    target of kind not_assessed gets no figure: ``heading`` of the lines below it · ``no_number`` the plan names none ·
    ``not_collected`` our forms do not ask for it · ``by_plan`` the plan says that others assess it.
    """

    item: Text
    clause: Text
    title: Text
    group: str = ""
    indicator: Code | None = None
    kind: Literal[
        "threshold",
        "maintain",
        "eliminate",
        "per_unit",
        "milestone",
        "track",
        "not_assessed",
        "published",
        "conditional",
    ]
    unassessed: Literal["", "heading", "no_number", "not_collected", "by_plan"] = ""
    unit_written: str = ""
    unit_meant: str = ""
    unit_scale: Fraction = Fraction(1)
    plan_end: dt.date | None = None
    decimals: int = 0
    baseline: Baseline | None = None
    milestones: tuple[Milestone, ...] = ()
    floor: Decimal | None = None
    each_quarter: bool = False
    summed_from: Text | None = None
    subgroup: str = ""
    contradicts: tuple[Text, ...] = ()
    statement: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_of_several_periods(self) -> bool:
        """Whether its figure is made of those of several periods, and not the one of its own."""
        return self.each_quarter or self.summed_from is not None

    @property
    def way_start(self) -> str | None:
        """The period that the way to its levels begins with, as the plan prints it."""
        return self.baseline.period if self.baseline else None

    def select_unit(self, indicator: Indicator) -> str:
        """The unit of measure that its numbers are printed in: the plan's own where it is another than the
        indicator's."""
        return indicator.unit if self.unit_scale == 1 else self.unit_meant or self.unit_written

    @model_validator(mode="after")
    def _validate_kind_fields(self) -> Target:
        if self.kind == "per_unit" and self.floor is None:
            raise ValueError("kind per_unit needs floor")
        if (
            self.kind in {"threshold", "maintain", "eliminate", "per_unit", "milestone", "conditional"}
            and not self.milestones
        ):
            raise ValueError(f"kind {self.kind} needs milestones")
        if self.unit_scale != 1 or self.plan_end is not None:
            raise ValueError("`unit_scale` and `plan_end` follow from `unit_written` and the plan: leave them out")
        if self.unassessed and self.kind != "not_assessed":
            raise ValueError("`unassessed` goes with kind not_assessed")
        if self.kind not in {"milestone", "not_assessed"} and self.indicator is None:
            raise ValueError(f"kind {self.kind} needs an indicator")
        return self

    @model_validator(mode="after")
    def _validate_several_periods(self) -> Target:
        if not self.is_of_several_periods:
            return self
        if self.each_quarter and self.summed_from is not None:
            raise ValueError("give either `each_quarter` or `summed_from`")
        if self.summed_from is not None and not _YEAR.fullmatch(self.summed_from):
            raise ValueError(f"summed_from {self.summed_from!r} is not a year")
        if self.kind not in {"threshold", "track"}:
            raise ValueError("`each_quarter` and `summed_from` go with kind threshold, or track")
        signs = {milestone.operator for milestone in self.milestones if milestone.operator != "none"}
        if not signs <= {">=", ">"} and not signs <= {"<=", "<"}:
            raise ValueError("`each_quarter` and `summed_from` go with a floor, or with a ceiling")
        if any(milestone.value is None and milestone.operator != "none" for milestone in self.milestones):
            raise ValueError("`each_quarter` and `summed_from` go with plain values")
        return self


class UnsupportedWording(StrictModel):
    """Words by which a plan asks for what a plain level does not say: a number beside them would be compared as another
    one. `said_by` is the key of the target or of its milestone's `relative` that says it."""

    words: Text
    asks_for: Text
    instead: Text
    said_by: Literal["", "each_quarter", "summed_from", "previous_year"] = ""


class ChanceClass(StrictModel):
    """What a probability is called, from a lower limit up."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True)

    at_least: float = Field(ge=0, lt=1, alias="from")
    name: Text


class OutlookRules(StrictModel):
    """How a series is carried forward to coming years, and the words for a probability. All of it is configured."""

    basis: Basis
    source: Text
    horizons: tuple[int, ...] = Field(min_length=1)
    min_points: int = Field(ge=4)
    window_quarters: int = Field(ge=4)
    window_years: int = Field(ge=4)
    confidence: float = Field(gt=0.5, lt=1)
    classes: tuple[ChanceClass, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _validate_class_limits(self) -> OutlookRules:
        limits = [c.at_least for c in self.classes]
        if limits != sorted(set(limits), reverse=True) or limits[-1] != 0:
            raise ValueError("classes go from the highest limit down to 0")
        return self

    def find_chance_name(self, probability: float) -> str:
        """The word for a probability."""
        return next(c.name for c in self.classes if probability >= c.at_least)
