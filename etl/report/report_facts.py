"""What a report prints, as types: the one source of its Word, PDF, Excel and HTML, and of ``facts.json``.

A number stands once, exact and as printed, among `figures`; every other part names its target and unit. The fields
stand in the order of the file, which is their serialisation; `docs/facts.schema.json` is generated from them. Codes are
those of the catalogue; periods are keys (``2025Q1``); texts are as printed, in Vietnamese.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from fractions import Fraction
from operator import not_
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from etl.errors import StorageError
from etl.model.registration import Registration

FACTS_SCHEMA_VERSION = 1
"""Raised when a key changes its meaning, so that readers of old files can tell."""

OptionalText = Annotated[str, Field(exclude_if=not_)]
"""A text that the file leaves out where it is empty."""


@dataclass(frozen=True)
class PrintedNumber:
    """A number: exact as a fraction, and as printed. A missing one has no value, and the words given for it."""

    value: int | float | None
    exact: str | None
    text: str
    decimals: int

    @property
    def fraction(self) -> Fraction | None:
        """The number, exact."""
        return None if self.exact is None else Fraction(self.exact)

    def get_fraction(self) -> Fraction:
        """The number, exact, of a fact that cannot be missing.

        Raises:
            ValueError: it is missing.
        """
        if self.exact is None:
            raise ValueError("a number that was said to be there is missing")
        return Fraction(self.exact)


@dataclass(frozen=True)
class CountedNumber(PrintedNumber):
    """A number printed with the noun of what it counts."""

    noun: str


@dataclass(frozen=True)
class ConfidenceInterval:
    """The interval of a figure, in the indicator's unit, and the method that it was computed by."""

    low: PrintedNumber
    high: PrintedNumber
    text: str
    method: str


@dataclass(frozen=True)
class PossibleRange:
    """What a figure could be with all units in; `now` is the figure there is, as fine as the ends."""

    low: PrintedNumber
    high: PrintedNumber
    now: PrintedNumber
    text: str


@dataclass(frozen=True)
class UsualVariation:
    """The control limits of a series, in the indicator's unit, and the signals of this period."""

    mean: PrintedNumber
    low: PrintedNumber
    high: PrintedNumber
    text: str
    points: int
    provisional: bool
    signals: tuple[str, ...]


@dataclass(frozen=True)
class ForeseenValue:
    """Where a series goes by a year, in the indicator's unit; `probability` in %."""

    year: str
    value: PrintedNumber
    low: PrintedNumber
    high: PrintedNumber
    target: PrintedNumber
    probability: PrintedNumber
    chance: str
    points: int
    text: str
    reason: str


@dataclass(frozen=True)
class YearlyChange:
    """The change against the same period last year. `kind` chooses the sentence; a doubtful one has no trend word."""

    kind: str
    delta: PrintedNumber


@dataclass(frozen=True)
class AttainmentNumbers:
    """The numbers of an attainment. Units: the indicator's own; ratios to two decimals; shares in %."""

    value: PrintedNumber
    numerator: PrintedNumber
    denominator: PrintedNumber
    target: PrintedNumber
    target_upper: PrintedNumber
    baseline: PrintedNumber
    path_value: PrintedNumber
    prorated_target: PrintedNumber
    progress: PrintedNumber
    cagr_ratio: PrintedNumber
    per_cent_of_plan: PrintedNumber
    reduction_pct: PrintedNumber
    completeness: PrintedNumber
    distance: PrintedNumber
    required_yearly_change: PrintedNumber


@dataclass(frozen=True)
class Uncertainty:
    """How sure a figure is, what it could be with all units in, where it goes, and what was corrected in it."""

    interval: ConfidenceInterval | None
    bounds: PossibleRange | None
    bounds_turn: bool
    bounds_reason: str
    outlook: tuple[ForeseenValue, ...]
    corrections: tuple[str, ...]
    contradicts: tuple[str, ...]
    limits: UsualVariation | None


@dataclass(frozen=True)
class FigureIdentity:
    """Which figure it is. Grain: (item, unit)."""

    item: str
    clause: str
    title: str
    name: str
    kind: str
    indicator: str
    unit: str
    unit_name: str
    period: str


@dataclass(frozen=True)
class FigureVerdict:
    """How a figure stands to its target, and what a reader must know of it."""

    small: bool
    operator: str
    written: str
    target_period: str
    met: bool | None
    status: str
    shown_status: str
    status_text: str
    sign: str
    progress_class: str
    progress_text: str
    cagr_class: str
    cagr_text: str
    classes_disagree: bool
    missing: CountedNumber | PrintedNumber
    expected: int
    present: int
    as_of: str
    as_of_text: str
    source: str
    estimated: bool
    reason: str
    change: YearlyChange
    previous: PrintedNumber
    printed: str


@dataclass(frozen=True)
class Figure(FigureVerdict, Uncertainty, AttainmentNumbers, FigureIdentity):
    """A figure: a target of the plan and a unit, once. Its fields are those of the last class first."""


@dataclass(frozen=True)
class PlanIdentity:
    """The plan. `date` is an ISO date, empty where the source leaves it blank."""

    id: str
    title: str
    short_title: str
    number: str
    date: str
    status: str


@dataclass(frozen=True)
class ReportPeriod:
    """The period of a report."""

    key: str
    name: str
    cadence: str


@dataclass(frozen=True)
class SnapshotIdentity:
    """The snapshot: its ISO time, its id, its time as printed."""

    at: str
    id: str
    text: str


@dataclass(frozen=True)
class Area:
    """The unit that the whole report is about."""

    unit: str
    name: str


@dataclass(frozen=True)
class Head:
    """What stands above section I. `number` and `signed_on` (ISO) are the registry's: empty in a draft."""

    parent_body: str
    body: str
    office: str
    symbol: str
    place: str
    subject: str
    recipients: tuple[str, ...]
    bases: tuple[str, ...]
    opening: str
    simulated: str
    simulated_notice: str
    number: OptionalText = ""
    signed_on: OptionalText = ""


@dataclass(frozen=True)
class Foot:
    """What stands below the last section. `signer` is empty while the registry has not given who signs."""

    closing: str
    copies: tuple[str, ...]
    archive_line: str
    authority: tuple[str, ...]
    signer: OptionalText = ""


@dataclass(frozen=True)
class SubmissionRow:
    """An expected submission. Grain: (form, unit, period). Dates as printed; `late_days` are working days."""

    form: str
    form_title: str
    unit: str
    unit_name: str
    state: str
    state_text: str
    version: int
    due: str
    received_on: str
    late_days: int
    findings_confirm: int
    findings_note: int


@dataclass(frozen=True)
class SentenceGroup:
    """Sentences under a heading."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class TitledSentences:
    """A section: its heading and its sentences."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class PlanYear:
    """A year that the plan sets levels for, and the head of its column."""

    year: str
    title: str


@dataclass(frozen=True)
class ColumnHeaders:
    """The heads of the plan's table that depend on the plan."""

    baseline: str
    previous: str
    years: tuple[PlanYear, ...]


@dataclass(frozen=True)
class GroupRow:
    """A row of the plan's table: the title of a group."""

    kind: Literal["group"]
    title: str


@dataclass(frozen=True)
class _TargetRow:
    item: str
    number: str
    clause: str
    title: str
    measured_in: str
    unit: str
    reported: bool


@dataclass(frozen=True)
class _StatementKind:
    kind: Literal["statement"]


@dataclass(frozen=True)
class _FigureKind:
    kind: Literal["figure"]


@dataclass(frozen=True)
class StatementRow(_TargetRow, _StatementKind):
    """A row of the plan's table: a target in words across the columns; `state` is that of the task it goes with."""

    statement: str
    state: OptionalText = ""


@dataclass(frozen=True)
class FigureRow(_TargetRow, _FigureKind):
    """A row of the plan's table: a target with its levels as written, by year."""

    baseline: str
    milestones: dict[str, str]


@dataclass(frozen=True)
class FigureReference:
    """A row that prints a figure: its target and unit."""

    item: str
    title: str
    unit: str


@dataclass(frozen=True)
class Outlook:
    """What is foreseen, by year (annual report)."""

    title: str
    sentences: tuple[str, ...]
    horizons: tuple[str, ...]
    rows: tuple[FigureReference, ...]


@dataclass(frozen=True)
class ComparedTarget:
    """A target that units are compared by."""

    item: str
    title: str


@dataclass(frozen=True)
class ComparedUnit:
    """A unit of the table of units."""

    unit: str
    name: str


@dataclass(frozen=True)
class UnitScore:
    """Targets met of targets assessed. Grain: unit."""

    unit: str
    name: str
    met: int
    of: int


@dataclass(frozen=True)
class UnitTable:
    """Units down, targets across, in blocks that fit a page; their scores and what is said of them."""

    blocks: tuple[tuple[ComparedTarget, ...], ...]
    units: tuple[ComparedUnit, ...]
    scores: tuple[UnitScore, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class TaskStatement:
    """What a unit reported of a task. Dates as printed."""

    unit: str
    unit_name: str
    state: str
    state_text: str
    stated: str
    done_on: str
    remark: str


@dataclass(frozen=True)
class PlanTask:
    """A task of the plan. `states` counts the units by state."""

    id: str
    clause: str
    title: str
    lead: str
    cooperate: str
    deadline: str
    deadline_date: str
    dated: bool
    states: dict[str, int]
    situation: str
    reports: tuple[TaskStatement, ...]


@dataclass(frozen=True)
class PlanTasks:
    """All tasks, those that the report lists one by one, and what is said of them."""

    all: tuple[PlanTask, ...]
    listed: tuple[PlanTask, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class DifficultyRow:
    """A line of a unit's notes."""

    unit: str
    unit_name: str
    number: int
    difficulty: str
    cause: str
    proposal: str


@dataclass(frozen=True)
class DifficultyNotes:
    """What units wrote: equal texts together with the units that wrote them, and every line."""

    difficulties: tuple[str, ...]
    causes: tuple[str, ...]
    proposals: tuple[str, ...]
    rows: tuple[DifficultyRow, ...]


@dataclass(frozen=True)
class DataNote:
    """What a reader must know of the data."""

    kind: str
    text: str


@dataclass(frozen=True)
class PlanRemark:
    """How a target is understood, or what is odd in the plan's text."""

    kind: str
    number: str
    name: str
    text: str


@dataclass(frozen=True)
class IndicatorDefinition:
    """How an indicator of the plan is defined, and by whom. Grain: target."""

    item: str
    title: str
    definition: str
    source: str
    basis: str
    note: str


@dataclass(frozen=True)
class LineageRow:
    """Cells of one file under a figure of the area. Grain: (item, source)."""

    item: str
    side: str
    side_text: str
    element: str
    element_name: str
    period: str
    period_name: str
    file: str
    sha256: str
    sheet: str
    cells: str
    units: int
    value: PrintedNumber


@dataclass(frozen=True)
class OverviewRow:
    """A bar of the overview: a target's distance to the plan, in % of it."""

    item: str
    name: str
    distance: PrintedNumber
    sign: str
    status: str
    text: str


@dataclass(frozen=True)
class OverviewChart:
    """The overview of all targets with a number to reach."""

    rows: tuple[OverviewRow, ...]
    title: str
    caption: str
    axis: str
    alt: str


@dataclass(frozen=True)
class SeriesFigure:
    """A point of a series. Points of different definitions are not joined."""

    period: str
    name: str
    value: PrintedNumber
    definition: str


@dataclass(frozen=True)
class PlannedLevel:
    """A baseline or milestone of the plan, as written and as a number."""

    period: str
    name: str
    written: str
    value: PrintedNumber


@dataclass(frozen=True)
class SeriesPanel:
    """The series of one target."""

    item: str
    name: str
    points: tuple[SeriesFigure, ...]
    start: PlannedLevel | None
    goals: tuple[PlannedLevel, ...]
    interval: ConfidenceInterval | None
    now: str
    aim: str


@dataclass(frozen=True)
class TileColumn:
    """A target as the column of a grid."""

    item: str
    title: str
    name: str


@dataclass(frozen=True)
class TileRow:
    """A unit's tiles: met, not_met, other (a figure without verdict), none."""

    unit: str
    name: str
    looks: tuple[str, ...]
    score: str


@dataclass(frozen=True)
class TileGrid:
    """Units across indicators."""

    columns: tuple[TileColumn, ...]
    rows: tuple[TileRow, ...]
    score_head: str


@dataclass(frozen=True)
class MatrixColumn:
    """A form and period."""

    period: str
    form: str
    name: str


@dataclass(frozen=True)
class MatrixCell:
    """How a submission stands: accepted, late, refused, silent, not_owed."""

    state: str
    text: str
    words: str


@dataclass(frozen=True)
class MatrixRow:
    """A unit's submissions."""

    unit: str
    name: str
    cells: tuple[MatrixCell, ...]


@dataclass(frozen=True)
class SubmissionMatrix:
    """Who reported: units down, forms and periods across."""

    columns: tuple[MatrixColumn, ...]
    rows: tuple[MatrixRow, ...]


@dataclass(frozen=True)
class AnnexPicture:
    """A picture of the picture annex. `kind`: series, tiles, matrix, as what it shows."""

    kind: str
    caption: str
    title: str
    alt: str
    shows: tuple[SeriesPanel, ...] | TileGrid | SubmissionMatrix


@dataclass(frozen=True)
class PictureAnnex:
    """The pictures, in their order."""

    drawn: tuple[AnnexPicture, ...]


@dataclass(frozen=True)
class AnnexNumerals:
    """The numbers of the annexes; empty where there is none."""

    tasks: str
    plan: str
    pictures: str


@dataclass(frozen=True)
class UpwardSummary:
    """Which figures the Excel annex carries to the level above: too many to repeat, so their number and SHA-256."""

    form: OptionalText = ""
    cells: Annotated[int, Field(exclude_if=not_)] = 0
    sha256: OptionalText = ""


@dataclass(frozen=True)
class ReportFacts:
    """Everything that a report prints. Grain: (scope, plan, cadence, period, snapshot)."""

    schema: int
    scope: str
    plan: PlanIdentity
    period: ReportPeriod
    annual: bool
    snapshot: SnapshotIdentity
    simulated: bool
    catalogue: str
    area: Area
    head: Head
    situation: tuple[str, ...]
    submissions: tuple[SubmissionRow, ...]
    status_counts: dict[str, int]
    summary: tuple[str, ...]
    lines: tuple[SentenceGroup, ...]
    since: TitledSentences
    columns: ColumnHeaders
    rows: tuple[GroupRow | StatementRow | FigureRow, ...]
    path: tuple[FigureReference, ...]
    outlook: Outlook
    units: UnitTable
    tasks: PlanTasks
    notes: DifficultyNotes
    directions: TitledSentences
    data_notes: tuple[DataNote, ...]
    plan_notes: tuple[PlanRemark, ...]
    definitions: tuple[IndicatorDefinition, ...]
    trail: tuple[LineageRow, ...]
    chart: OverviewChart
    pictures: PictureAnnex
    annexes: AnnexNumerals
    foot: Foot
    upward: UpwardSummary
    figures: dict[str, dict[str, Figure]]

    def find_figure(self, item: str, unit: str) -> Figure | None:
        """The figure of a target for a unit, if there is one."""
        return self.figures.get(item, {}).get(unit)

    def list_figures(self) -> list[Figure]:
        """Every figure, by target, then by unit."""
        return [figure for units in self.figures.values() for figure in units.values()]


@dataclass(frozen=True)
class ChangedFigureRow:
    """A figure whose print changed, before and after. Grain: (item, unit)."""

    item: str
    title: str
    unit: str
    unit_name: str
    before: str
    after: str
    verdict_before: str
    verdict_after: str
    status_changed: bool


@dataclass(frozen=True)
class CorrectedReport:
    """The report that a correction corrects: its number in the system, its snapshot, and what the registry gave it."""

    report: int
    snapshot: SnapshotIdentity
    number: OptionalText = ""
    signed_on: OptionalText = ""


@dataclass(frozen=True)
class CorrectionFacts:
    """Everything that the correction of a published report prints."""

    schema: int
    kind: Literal["correction"]
    scope: str
    plan: PlanIdentity
    period: ReportPeriod
    corrects: CorrectedReport
    snapshot: SnapshotIdentity
    simulated: bool
    head: Head
    causes: tuple[str, ...]
    rows: tuple[ChangedFigureRow, ...]
    verdicts: tuple[str, ...]
    others: tuple[str, ...]
    foot: Foot


DocumentFacts = ReportFacts | CorrectionFacts
AnyFacts = TypeVar("AnyFacts", bound=ReportFacts | CorrectionFacts)
DOCUMENT_FACTS: TypeAdapter[DocumentFacts] = TypeAdapter(DocumentFacts)


def register_facts(facts: AnyFacts, registration: Registration) -> AnyFacts:
    """The facts with what the registry and the signer gave; nothing else changes."""
    signed_on = registration.signed_on.isoformat() if registration.signed_on else ""
    return replace(
        facts,
        head=replace(facts.head, number=registration.number_text, signed_on=signed_on),
        foot=replace(facts.foot, authority=registration.authority, signer=registration.signer),
    )


def serialize_facts(facts: DocumentFacts) -> bytes:
    """The facts as a file, a line for each part; the same bytes for the same facts."""
    plain: dict[str, Any] = DOCUMENT_FACTS.dump_python(facts, mode="json")
    parts = (f"{json.dumps(name)}: {json.dumps(part, ensure_ascii=False)}" for name, part in plain.items())
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()


def parse_document_facts(data: bytes, where: str) -> DocumentFacts:
    """The facts of a report or of a correction.

    Raises:
        StorageError: the file is no such facts; `where` says which it is.
    """
    try:
        return DOCUMENT_FACTS.validate_json(data, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise StorageError(
            f"no facts of a report: {'.'.join(map(str, first['loc']))}: {first['msg']}",
            where=where,
            fix="draft the report again",
        ) from None


def parse_report_facts(data: bytes, where: str) -> ReportFacts:
    """The facts of a report.

    Raises:
        StorageError: the file is no facts of a report, or those of a correction; `where` says which it is.
    """
    facts = parse_document_facts(data, where)
    if not isinstance(facts, ReportFacts):
        raise StorageError("the facts are those of a correction", where=where, fix="name the report that it corrects")
    return facts
