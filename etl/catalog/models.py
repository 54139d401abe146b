"""Strict models over every file in `catalog/`. Unknown keys are forbidden; a typo fails at review.

Room: catalogue. Anyone above may read these values; nobody changes them at run time.
"""

from __future__ import annotations

import datetime as dt
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
    """What a mark in a number cell means. `text` is compared after trimming; the empty text is a blank cell."""

    text: str = ""
    state: CellState
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
    """What became of a unit. Grain: (old unit, new unit)."""

    old_code: Code
    old_valid_to: dt.date
    new_code: Code
    new_valid_from: dt.date
    kind: Literal["whole", "part", "kept"]
    legal_basis: Text


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
    """`smaller ≤ larger` (or `=`) between two data elements of the same org unit and delivery.

    `certain`: a breach can only be an error, so it refuses; otherwise (cohorts that cross the period's border)
    it asks for confirmation.
    """

    code: Code
    smaller: Code
    larger: Code
    kind: Literal["at_most", "equal"] = "at_most"
    certain: bool = True


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
    a part-year value is compared with a pro-rated plan.
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


class Milestone(Strict):
    """A target value for a year, as written and as understood.

    `written` is the cell's or sentence's own wording of the value; `operator` is how it is compared:
    ``>= <= > < =`` numbers · ``eliminate`` · ``maintain_elimination`` · ``done_by`` a date · ``none``.
    """

    period: Text
    written: Text
    operator: Literal[">=", "<=", ">", "<", "=", "eliminate", "maintain_elimination", "done_by", "none"]
    value: Decimal | None = None
    date: dt.date | None = None
    definition: str = ""

    @model_validator(mode="after")
    def _fits(self) -> Milestone:
        if self.operator in {">=", "<=", ">", "<", "="} and self.value is None:
            raise ValueError(f"operator {self.operator} needs a value")
        if self.operator == "done_by" and self.date is None:
            raise ValueError("operator done_by needs a date")
        if self.operator != "done_by":
            _period_key(self.period)
        return self


class Baseline(Strict):
    """Where a target starts from, as written and as understood."""

    period: Text
    written: Text
    value: Decimal | None = None
    estimated: bool = False
    definition: str = ""


class Target(Strict):
    """One line of a plan. Key: (plan, item).

    `kind` follows the attainment rules: threshold, maintain, eliminate, per_unit, milestone, track,
    not_assessed, published, conditional. `floor` is the per-unit floor in the indicator's unit.
    `decimals` is how many decimals the plan prints.
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
    cadence: tuple[Literal["quarter", "year"], ...] = ()
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
    with source and date."""

    code: Code
    title: Text
    layout: Literal["by_commune", "list", "tasks", "notes", "published"]
    columns: Code | None = None
    rows: int = 0


class Form(Strict):
    """A workbook that a kind of unit fills in for a kind of period."""

    id: Code
    version: Text
    title: Text
    symbol: Text
    period_kind: PeriodKind
    level: Literal["district", "commune", "agency"]
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


class Regime(Strict):
    """A reporting regime with its validity."""

    id: Code
    title: Text
    number: Text
    calendar: Literal["statistical", "administrative"]
    valid_from: dt.date
    valid_to: dt.date | None = None
    period_kinds: tuple[PeriodKind, ...]
    cut_off: Text
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
    level: Literal["district", "commune", ""] = ""
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


class ReportDef(Strict):
    """A report that a scope writes for a plan at a cadence. `recipients` are printed in Kính gửi."""

    plan: Code
    cadence: Literal["quarter", "year"]
    recipients: tuple[Text, ...] = Field(min_length=1)
    copies: tuple[Text, ...] = ()
    clause: Text
    basis: Basis


class Scope(Strict):
    """Who runs an instance: its area, plans, forms and reports."""

    id: Code
    name: Text
    area_unit: Code
    child_level: Literal["district", "commune"]
    office: Office
    plans: tuple[Code, ...] = Field(min_length=1)
    submissions: tuple[Submission, ...] = Field(min_length=1)
    reports: tuple[ReportDef, ...]
    answers_for: dict[Code, Literal["district", "commune"]] = Field(default_factory=dict)
    note: str = ""
