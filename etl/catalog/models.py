"""Strict models over every file in `catalog/`. Unknown keys are forbidden; a typo fails at review.

Room: catalogue. Anyone above may read these values; nobody changes them at run time.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from etl.errors import UsageError
from etl.model import CellState, ElementKind, Period, PeriodKind

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Basis = Literal["source", "secondary", "configured"]
"""`source`: the named document says so. `secondary`: someone's reading of it. `configured`: the source
does not say; the office decides, here."""


_YEAR = re.compile(r"\d{4}")
_YEARS = re.compile(r"(\d{4})-(\d{4})")
_NUMERIC = frozenset({">=", "<=", ">", "<", "=", "about", "between"})


class Strict(BaseModel):
    """Base of all catalogue models: frozen, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _period_key(text: str) -> None:
    """Let a mistyped period be a catalogue mistake with its file and key, not a mistake of the command line."""
    try:
        Period.parse(text)
    except UsageError as error:
        raise ValueError(f"{error.what}; {error.fix}") from None


class CellMark(Strict):
    """What a mark in a number cell means. `text` in small letters; ``#`` in it stands for a number; empty: a blank."""

    text: str = ""
    state: CellState
    basis: Basis = "configured"
    note: str = ""


# --- units -------------------------------------------------------------------------------------


class Unit(Strict):
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

    def valid_on(self, day: dt.date) -> bool:
        """Whether the unit existed on a day (valid_to is its last day)."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Succession(Strict):
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
    def _sourced(self) -> Succession:
        if (self.weight is not None or self.back_weight is not None) != bool(self.weight_source):
            raise ValueError("a weight goes with its weight_source, and only with it")
        return self


class Inheritance(Strict):
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
    def _fits(self) -> Inheritance:
        if bool(self.decided_by) != (self.date is not None):
            raise ValueError("a decision has both decided_by and date")
        if self.decided and not (self.to_unit and self.to_valid_from):
            raise ValueError("a decision names the successor: to_unit and to_valid_from")
        return self

    @property
    def decided(self) -> bool:
        """Whether somebody has decided."""
        return self.date is not None


# --- data elements and indicators ----------------------------------------------------------------


class DataElement(Strict):
    """What a cell means."""

    code: Code
    name: Text
    kind: ElementKind
    unit: str = ""
    integer: bool = True
    min: Decimal | None = None
    max: Decimal | None = None
    note: str = ""


class Relation(Strict):
    """What must hold between data elements of the same org unit and delivery, also across sheets.

    `kind`: ``at_most`` smaller ≤ larger · ``equal`` smaller = larger · ``sum`` larger = Σ parts, where the form
    declares it · ``overlap`` smaller (those with every one of the parts) ≥ Σ parts − (n − 1) · larger · ``about``
    smaller = larger within the tolerance of `quality.yaml`, for counts that are not small.
    `certain`: a breach of ``at_most`` or ``equal`` can only be an error, so it refuses; otherwise (cohorts that
    cross the period's border) it asks for confirmation.
    """

    code: Code
    smaller: Code | None = None
    larger: Code
    parts: tuple[Code, ...] = ()
    kind: Literal["at_most", "equal", "sum", "overlap", "about"] = "at_most"
    certain: bool = True

    @model_validator(mode="after")
    def _complete(self) -> Relation:
        if (self.kind == "sum") != (self.smaller is None):
            raise ValueError("every kind but `sum` has a smaller side")
        if (self.kind in {"sum", "overlap"}) != (len(self.parts) >= 2):
            raise ValueError("`sum` and `overlap` have two or more parts, the others none")
        return self

    @property
    def elements(self) -> tuple[str, ...]:
        """Every data element it speaks of."""
        return (*((self.smaller,) if self.smaller else ()), self.larger, *self.parts)


class Threshold(Strict):
    """A limit of the data-quality checks, with who says so."""

    code: Code
    value: Decimal
    basis: Basis
    source: Text


class OfficialFigure(Strict):
    """The population of a unit as an official source prints it. Grain: (unit, year)."""

    unit: Code
    year: int
    value: int
    source: Text


class Side(Strict):
    """Numerator or denominator: a sum of data elements, or a count of units that reported one."""

    elements: tuple[Code, ...] = ()
    count_of: Code | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Side:
        if bool(self.elements) == bool(self.count_of):
            raise ValueError("give either `elements` or `count_of`")
        return self


class DefinitionVersion(Strict):
    """How an indicator was measured in a stretch of years: a change breaks the series."""

    text: Text
    first_year: int
    last_year: int
    source: Text


class Indicator(Strict):
    """A number that plans set targets for.

    `method`: ``ratio`` Σ numerator ÷ Σ denominator × factor · ``published`` last official value ·
    ``share_of_units`` units at or above the target's floor ÷ units · ``none`` not assessed here.
    `accumulates`: the numerator grows through the year over a standing denominator (case rates), so
    a part-year value is compared with a pro-rated plan. `subgroup` is the group of people it is about, where
    it is not everybody. `min_level` and `min_period`: where the counts below would be too small to mean
    anything, the smallest unit and the shortest period it is given for.
    """

    code: Code
    name: Text
    short_name: Text
    method: Literal["ratio", "published", "share_of_units", "none"]
    numerator: Side | None = None
    denominator: Side | None = None
    published_element: Code | None = None
    factor: int = 1
    unit: Text
    direction: Literal["up", "down"]
    frequency: Literal["quarter", "year", "survey"]
    accumulates: bool = False
    source: Text
    definition: Text
    basis: Basis
    definitions: tuple[DefinitionVersion, ...] = ()
    subgroup: str = ""
    min_level: Literal["", "nation", "province", "district"] = ""
    min_period: PeriodKind | None = None
    note: str = ""

    def definition_in(self, period_key: str) -> str:
        """The version of the definition in force in a period; empty where nobody says."""
        year = int(period_key[:4])
        return next((d.text for d in self.definitions if d.first_year <= year <= d.last_year), "")

    @model_validator(mode="after")
    def _complete(self) -> Indicator:
        if self.method in {"ratio", "share_of_units"} and not (self.numerator and self.denominator):
            raise ValueError(f"method {self.method} needs numerator and denominator")
        if self.method == "published" and not self.published_element:
            raise ValueError("method published needs published_element")
        return self


# --- plans ---------------------------------------------------------------------------------------


class Baseline(Strict):
    """Where a target starts from, as written and as understood.

    `period` is a period's key, or a stretch of years (``2016-2020``) whose mean the value is.
    """

    period: Text
    written: Text
    value: Decimal | None = None
    estimated: bool = False
    definition: str = ""

    @model_validator(mode="after")
    def _dated(self) -> Baseline:
        stretch = _YEARS.fullmatch(self.period)
        if stretch is None:
            _period_key(self.period)
        elif stretch[1] >= stretch[2]:
            raise ValueError(f"{self.period!r} ends before it begins")
        return self


class Relative(Strict):
    """A level stated against another one: so many per cent up (or, negative, down) from it.

    `yearly`: the change is a year's, compounded (“tăng bình quân 5%/năm”). `base` is what the plan compares
    with, the target's own baseline where it is left out. A base without a value is no mistake: nothing is
    concluded then.
    """

    percent: Decimal
    yearly: bool = False
    base: Baseline | None = None

    @model_validator(mode="after")
    def _possible(self) -> Relative:
        if self.percent <= -100:
            raise ValueError("a level cannot fall by 100 per cent or more: write the number itself")
        return self


class CountOf(Strict):
    """So many of so many, as a plan writes “8/10 xã”."""

    count: int = Field(ge=0)
    of: int = Field(ge=1)

    @model_validator(mode="after")
    def _some_of_all(self) -> CountOf:
        if self.count > self.of:
            raise ValueError(f"{self.count} of {self.of}: more than there are")
        return self


class Milestone(Strict):
    """A target value for a year, as written and as understood.

    `written` is the cell's or sentence's own wording of the value; `operator` is how it is compared:
    ``>= <= > < =`` numbers · ``about`` a number give or take `tolerance` · ``between`` `value` and `upper`, both
    included · ``eliminate`` · ``maintain_elimination`` · ``done_by`` a date · ``none``.

    A number is one of `value`, `relative` (against a base) and `count` (k of n units). `per` is what the plan
    states the value per, where that is not the indicator's own factor (1000 for ‰). `onward`: the value holds
    from the period's first day on (“từ năm … trở đi”). A `tolerance` that the plan leaves open is the office's
    own, `configured`; without one nothing is concluded from “khoảng”.
    """

    period: Text
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
    def _fits(self) -> Milestone:
        if self.operator == "done_by" and self.date is None:
            raise ValueError("operator done_by needs a date")
        if self.operator != "done_by":
            _period_key(self.period)
        if self.relative is not None and self.relative.yearly and not _YEAR.fullmatch(self.period):
            raise ValueError("a yearly change needs a year as its period")
        if self.relative is not None and self.relative.yearly and self.onward:
            raise ValueError("a yearly change sets a level for every year: leave `onward` out")
        return self

    @model_validator(mode="after")
    def _has_its_number(self) -> Milestone:
        given = sum(number is not None for number in (self.value, self.relative, self.count))
        wanted = 1 if self.operator in _NUMERIC else 0
        if given < wanted:
            raise ValueError(f"operator {self.operator} needs a value")
        if given > wanted:
            raise ValueError(f"operator {self.operator} takes {'one number' if wanted else 'no number'}, not {given}")
        if self.operator in {"about", "between"} and self.value is None:
            raise ValueError(f"operator {self.operator} needs a plain value")
        if self.count is not None and self.operator != ">=":
            raise ValueError("so many of so many goes with operator >=")
        if self.per is not None and self.value is None:
            raise ValueError("`per` goes with a value")
        return self

    @model_validator(mode="after")
    def _has_nothing_idle(self) -> Milestone:
        if (self.operator == "between") != (self.upper is not None):
            raise ValueError("`upper` goes with operator between, and only with it")
        if self.upper is not None and self.value is not None and self.upper < self.value:
            raise ValueError(f"from {self.value} to {self.upper} is no range")
        if self.tolerance is not None and self.operator != "about":
            raise ValueError("`tolerance` goes with operator about")
        if self.onward and self.operator not in _NUMERIC:
            raise ValueError("`onward` goes with a number")
        return self


class Target(Strict):
    """One line of a plan. Key: (plan, item).

    `kind` follows the attainment rules: threshold, maintain, eliminate, per_unit, milestone, track,
    not_assessed, published, conditional. `floor` is the per-unit floor in the indicator's unit.
    `decimals` is how many decimals the plan prints. `subgroup` is the group the plan sets the level for
    (“ở nhóm …”): only figures of an indicator of that very group answer it. `contradicts` names the items of
    the same plan that ask for something else of the same thing: each stands, with its clause.
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
    unit_written: str = ""
    decimals: int = 0
    baseline: Baseline | None = None
    milestones: tuple[Milestone, ...] = ()
    floor: Decimal | None = None
    subgroup: str = ""
    contradicts: tuple[Text, ...] = ()
    statement: str = ""
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Target:
        if self.kind == "per_unit" and self.floor is None:
            raise ValueError("kind per_unit needs floor")
        if (
            self.kind in {"threshold", "maintain", "eliminate", "per_unit", "milestone", "conditional"}
            and not self.milestones
        ):
            raise ValueError(f"kind {self.kind} needs milestones")
        if self.kind not in {"milestone", "not_assessed"} and self.indicator is None:
            raise ValueError(f"kind {self.kind} needs an indicator")
        return self


class ChanceClass(Strict):
    """What a probability is called, from a lower limit up."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True)

    at_least: float = Field(ge=0, lt=1, alias="from")
    name: Text


class OutlookRules(Strict):
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
    def _falling(self) -> OutlookRules:
        limits = [c.at_least for c in self.classes]
        if limits != sorted(set(limits), reverse=True) or limits[-1] != 0:
            raise ValueError("classes go from the highest limit down to 0")
        return self

    def chance(self, probability: float) -> str:
        """The word for a probability."""
        return next(c.name for c in self.classes if probability >= c.at_least)


class Deadline(Strict):
    """When a task is due, as written. `ongoing` has no date."""

    written: Text
    kind: Literal["ongoing", "by_date", "not_stated"]
    date: dt.date | None = None

    @model_validator(mode="after")
    def _fits(self) -> Deadline:
        if (self.kind == "by_date") != (self.date is not None):
            raise ValueError("a date goes with kind by_date, and only with it")
        return self


class Task(Strict):
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


class ReportingDuty(Strict):
    """Who must report to whom under the plan, with the clause; what the plan leaves open is configured."""

    by: Code
    to: tuple[Code, ...] = Field(min_length=1)
    clause: Text
    frequency_written: str = ""
    cadence: tuple[Literal["quarter", "half", "nine_months", "year"], ...] = ()
    cadence_basis: Basis
    basis: Basis
    note: str = ""


class Plan(Strict):
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


class Actor(Strict):
    """Somebody a plan names: an office or a class of offices. `level` if a class of org units answers for it."""

    code: Code
    name: Text
    level: Literal["", "province", "district", "commune"] = ""


# --- forms ---------------------------------------------------------------------------------------


class Column(Strict):
    """One printed header of a form. Grain: (column set, version, sheet, position).

    `header` is the printed text, levels separated by `` > ``; the same leading levels merge.
    """

    set: Code
    version: Text
    sheet: Code
    position: int
    header: Text
    data_element: Code
    required: bool


class SheetDef(Strict):
    """A sheet of a form. `layout`: ``by_commune`` rows are communes, columns are elements · ``list`` rows are
    elements · ``tasks`` rows are the unit's tasks · ``notes`` free rows · ``published`` rows are published values
    with source and date · ``upward`` rows are the number cells that an area's own units owe it."""

    code: Code
    title: Text
    layout: Literal["by_commune", "list", "tasks", "notes", "published", "upward"]
    columns: Code | None = None
    rows: int = 0


class Form(Strict):
    """A workbook that a kind of unit fills in for a kind of period."""

    id: Code
    version: Text
    title: Text
    symbol: Text
    period_kind: PeriodKind
    level: Literal["province", "district", "commune", "agency"]
    valid_from: dt.date
    valid_to: dt.date | None = None
    sheets: tuple[SheetDef, ...] = Field(min_length=1)
    legal_basis: Text
    note: str = ""


# --- regimes, scopes -----------------------------------------------------------------------------


class LevelDeadline(Strict):
    """Working days after the period's end by which a level must have reported."""

    level: Literal["commune", "district", "province", "agency"]
    working_days: int
    basis: Basis
    source: Text


class Requirement(Strict):
    """What a regime wants of a level: how often, on which forms. `forms` is as the document names them."""

    level: Literal["commune", "district", "province", "agency", "nation"]
    cadences: tuple[PeriodKind, ...] = Field(min_length=1)
    forms: Text
    receiver: Text
    basis: Basis
    source: Text


class Regime(Strict):
    """A reporting regime with its validity, what it wants of each level, and by when."""

    id: Code
    title: Text
    number: Text
    calendar: Literal["statistical", "administrative"]
    valid_from: dt.date
    valid_to: dt.date | None = None
    period_kinds: tuple[PeriodKind, ...]
    cut_off: Text
    requires: tuple[Requirement, ...] = ()
    deadlines: tuple[LevelDeadline, ...] = ()
    upward_deadline: str = ""
    source: Text
    basis: Basis
    notes: tuple[str, ...] = ()


class HolidayCorrection(Strict):
    """A day the holiday library has wrong or cannot know: decided each year by the Prime Minister."""

    day: dt.date
    working: bool
    name: Text
    source: Text


class Submission(Strict):
    """A form that some units of a scope owe, each period of its kind. Either every unit of a level, or a list."""

    form: Code
    level: Literal["province", "district", "commune", ""] = ""
    units: tuple[Code, ...] = ()
    regime: Code
    from_period: Text
    to_period: str = ""

    @model_validator(mode="after")
    def _fits(self) -> Submission:
        for key in (self.from_period, self.to_period):
            if key:
                _period_key(key)
        if bool(self.level) == bool(self.units):
            raise ValueError("give either `level` or `units`")
        return self


class Office(Strict):
    """The office that signs: what stands at the head and the foot of its reports (NĐ 30/2020).

    `name` is how a sentence calls it; `body` stands at the head, a line break where it breaks. A people's
    committee names no parent body.
    """

    name: Text
    parent_body: str = ""
    body: Text
    place: Text
    symbol: Text
    authority: tuple[Text, ...] = Field(min_length=1)
    archive_line: Text

    @model_validator(mode="after")
    def _may_sign(self) -> Office:
        """TM., TL., TUQ. name on whose behalf and so who signs; KT. is for a deputy (NĐ 30/2020, Phụ lục I)."""
        for line, after in zip(self.authority, (*self.authority[1:], ""), strict=True):
            mark = line.split()[0]
            if line != line.upper() or "/" in mark:
                raise ValueError(f"authority: write {line!r} in upper case, with TM., KT., TL. or TUQ.")
            if mark in {"TM.", "TL.", "TUQ."} and not after:
                raise ValueError(f"authority: {line!r} needs the office of who signs in the next line")
            if mark == "KT." and not after.startswith("PHÓ "):
                raise ValueError(f"authority: {line!r} needs a deputy (PHÓ …) in the next line")
        return self


class ReportDef(Strict):
    """A report that a scope writes for a plan at a cadence. `recipients` are printed in Kính gửi."""

    plan: Code
    cadence: Literal["quarter", "half", "nine_months", "year"]
    recipients: tuple[Text, ...] = Field(min_length=1)
    copies: tuple[Text, ...] = ()
    clause: Text
    basis: Basis


class Scope(Strict):
    """Who runs an instance: its area, plans, forms and reports."""

    id: Code
    name: Text
    area_unit: Code
    child_level: Literal["province", "district", "commune"]
    office: Office
    plans: tuple[Code, ...] = Field(min_length=1)
    submissions: tuple[Submission, ...] = Field(min_length=1)
    reports: tuple[ReportDef, ...]
    answers_for: dict[Code, Literal["district", "commune"]] = Field(default_factory=dict)
    note: str = ""


# --- corrections ---------------------------------------------------------------------------------


class CellContent(Strict):
    """What a number cell says: its state, and the number where there is one."""

    state: Literal["value", "zero", "estimated", "missing", "not_applicable", "unreliable"]
    value: Decimal | None = None

    @model_validator(mode="after")
    def _fits(self) -> CellContent:
        if (self.state in {"value", "zero", "estimated"}) != (self.value is not None):
            raise ValueError("a value goes with the states value, zero and estimated, and only with them")
        if (self.state == "zero") != (self.value == 0 and self.state != "estimated"):
            raise ValueError("state zero is the value 0, and the value 0 is state zero")
        return self


class Correction(Strict):
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
    def _changes(self) -> Correction:
        _period_key(self.period)
        if self.replaces == self.becomes:
            raise ValueError("`becomes` is what stands there already")
        if isinstance(self.until, dt.date) and self.until < self.requested_on:
            raise ValueError("`until` lies before `requested_on`")
        return self
