"""The pieces of a report's sections and annexes, as types: rows, sentences under headings, notes.

The fields stand in the order of the file of facts; `docs/facts.schema.json` is generated from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import not_
from typing import Annotated, Literal

from pydantic import Field

from etl.report.figure_facts import PrintedNumber

_NO_DISTANCE = PrintedNumber(None, None, "", 0)
OptionalText = Annotated[str, Field(exclude_if=not_)]
"""A text that the file leaves out where it is empty."""


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
    """The unit that the whole report is about. `ended`: its last day (ISO), where that is before the period's end."""

    unit: str
    name: str
    ended: OptionalText = ""


@dataclass(frozen=True)
class Head:
    """What stands above section I. `number` and `signed_on` (ISO) are the registry's: empty in a draft.

    `audience` is the catalogue's name of the recipients, where the plan has several reports of the cadence.
    """

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
    audience: OptionalText = ""


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
    """The heads of the plan's table that depend on the plan. `one_year`: what the plan began with and the figure of
    the year before are of one and the same year."""

    baseline: str
    previous: str
    years: tuple[PlanYear, ...]
    one_year: bool = False


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
    """A row of the plan's table: a target with its levels as written, by year; `state` stands in place of its
    figure's, where another row asks the same."""

    baseline: str
    milestones: dict[str, str]
    state: OptionalText = ""


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
    """A target that units are compared by. `counts`: the table prints how many cases, not a rate of a few people."""

    item: str
    title: str
    counts: bool


@dataclass(frozen=True)
class ComparedUnit:
    """A unit of the table of units."""

    unit: str
    name: str


@dataclass(frozen=True)
class UnitScore:
    """Targets met of targets assessed. Grain: unit. `distance`: how far the unit lies from the levels it is judged by,
    the mean in % of them, below zero where short of them; it ranks units that meet the same share."""

    unit: str
    name: str
    met: int
    of: int
    distance: PrintedNumber = _NO_DISTANCE  # facts of before do not say it


@dataclass(frozen=True)
class UnitTable:
    """Units down, targets across, in blocks that fit a page; their scores and what is said of them."""

    blocks: tuple[tuple[ComparedTarget, ...], ...]
    units: tuple[ComparedUnit, ...]
    scores: tuple[UnitScore, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class AgencyBlock:
    """Agencies down, across them the targets whose figures each of them has: compared only where they share them."""

    targets: tuple[ComparedTarget, ...]
    units: tuple[ComparedUnit, ...]


@dataclass(frozen=True)
class AgencyTable:
    """What agencies have by themselves, in blocks that fit a page, and what is said of them; without a rank.

    `units` has the codes of all that have any figure, also those of earlier years, which no block shows.
    """

    units: tuple[str, ...] = ()
    blocks: tuple[AgencyBlock, ...] = ()
    sentence: str = ""


@dataclass(frozen=True)
class TaskStatement:
    """What a unit reported of a task. Dates as printed. `said_in`: the key of the earlier period it is of, if any."""

    unit: str
    unit_name: str
    state: str
    state_text: str
    stated: str
    done_on: str
    remark: str
    said_in: str = ""


@dataclass(frozen=True)
class PlanTask:
    """A task of the plan. `states` counts the units by state; `unasked`: why no form asks about it."""

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
    unasked: OptionalText = ""


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
    level: OptionalText = ""


@dataclass(frozen=True)
class DifficultyGroup:
    """A difficulty with its causes, what is proposed, and the units that wrote it. `level`: the level that they say
    decides on it; `decider`: who that is."""

    difficulty: str
    cause: str
    proposal: str
    units: str
    level: OptionalText = ""
    decider: OptionalText = ""


@dataclass(frozen=True)
class DifficultyNotes:
    """What units wrote: a sentence, like lines together, and every line."""

    sentence: str
    groups: tuple[DifficultyGroup, ...]
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
class UpwardSummary:
    """Which figures the Excel annex carries to the level above: too many to repeat, so their number and SHA-256."""

    form: OptionalText = ""
    cells: Annotated[int, Field(exclude_if=not_)] = 0
    sha256: OptionalText = ""
