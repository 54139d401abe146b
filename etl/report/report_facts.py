"""What a report prints, as types: the one source of its Word, PDF, Excel and HTML, and of ``facts.json``.

A number stands once, exact and as printed, among `figures`; every other part names its target and unit. The fields
stand in the order of the file, which is their serialisation; `docs/facts.schema.json` is generated from them. Codes are
those of the catalogue; periods are keys (``2025Q1``); texts are as printed, in Vietnamese.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from etl.errors import StorageError
from etl.model.registration import Registration
from etl.report.figure_facts import Figure
from etl.report.picture_facts import OverviewChart, PictureAnnex
from etl.report.section_facts import (
    AgencyTable,
    Area,
    ColumnHeaders,
    DataNote,
    DifficultyNotes,
    FigureReference,
    FigureRow,
    Foot,
    GroupRow,
    Head,
    IndicatorDefinition,
    LineageRow,
    OptionalText,
    Outlook,
    PlanIdentity,
    PlanRemark,
    PlanTasks,
    ReportPeriod,
    SentenceGroup,
    SnapshotIdentity,
    StatementRow,
    SubmissionRow,
    TitledSentences,
    UnitTable,
    UpwardSummary,
)
from etl.report.summary_facts import SummaryPage

FACTS_SCHEMA_VERSION = 1
"""Raised when a key changes its meaning, so that readers of old files can tell."""


@dataclass(frozen=True)
class ReportFacts:
    """Everything that a report prints. Grain: (scope, plan, cadence, period, snapshot).

    `plan_notes` and `before_signing` are for the office alone: no document prints them.
    """

    schema: int
    scope: str
    plan: PlanIdentity
    period: ReportPeriod
    annual: bool
    snapshot: SnapshotIdentity
    simulated: bool
    catalogue: str
    area: Area
    first_page: SummaryPage
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
    foot: Foot
    upward: UpwardSummary
    figures: dict[str, dict[str, Figure]]
    agencies: AgencyTable = field(default_factory=AgencyTable)
    before_signing: tuple[DataNote, ...] = ()

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
