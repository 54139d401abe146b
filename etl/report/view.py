"""What the Word template may print: one class per repeated thing, one field per slot.

Room: report. `view` picks every text from the facts; the fields of these classes are the slots of
`templates/report.docx`, checked both ways and listed in `docs/reports.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from etl.report.facts import Facts
from etl.report.letter import Letter, Text, letter, texts
from etl.report.sentences import Sentences


@dataclass(frozen=True)
class Year:
    """A column of the plan's table: a year the plan sets levels for."""

    title: str


@dataclass(frozen=True)
class Group:
    """A group of the plan with a sentence for each of its targets."""

    title: str
    lines: tuple[Text, ...]


@dataclass(frozen=True)
class Level:
    """A cell of the plan's table: the level set for one year, as written."""

    text: str


@dataclass(frozen=True)
class ResultRow:
    """A row of the plan's table: a group title, a statement across the columns, or a target."""

    is_group: bool
    is_statement: bool
    group: str
    item: str
    title: str
    measured_in: str
    baseline: str
    previous: str
    value: str
    levels: tuple[Level, ...]
    statement: str
    status: str
    missing: str


@dataclass(frozen=True)
class PathRow:
    """A row of the path table (annual report)."""

    item: str
    title: str
    baseline: str
    value: str
    path_value: str
    target: str
    yearly: str
    progress: str
    progress_class: str
    cagr_class: str
    agreement: str


@dataclass(frozen=True)
class Horizon:
    """A year that series are carried forward to."""

    title: str


@dataclass(frozen=True)
class Step:
    """What a target asks for in a year of the outlook, what is foreseen, how likely it is."""

    target: str
    forecast: str
    chance: str


@dataclass(frozen=True)
class OutlookRow:
    """A row of the outlook table (annual report)."""

    item: str
    title: str
    value: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Cell:
    """A unit's value with its sign."""

    text: str


@dataclass(frozen=True)
class UnitRow:
    """A unit across the indicators of a block."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Indicator:
    """The head of a column in the units' table."""

    item: str
    title: str


@dataclass(frozen=True)
class UnitBlock:
    """As many indicators as fit a page, with all units."""

    indicators: tuple[Indicator, ...]
    rows: tuple[UnitRow, ...]


@dataclass(frozen=True)
class TaskRow:
    """A task with a date, or in arrears."""

    number: str
    title: str
    clause: str
    lead: str
    deadline: str
    situation: str


@dataclass(frozen=True)
class PlanNote:
    """How a target is understood, or what is odd in the plan's text."""

    item: str
    name: str
    text: str


@dataclass(frozen=True)
class Picture:
    """A picture of the picture annex with what stands below it."""

    image: Any
    caption: str


@dataclass(frozen=True)
class WordView(Letter):
    """Everything the Word template prints."""

    situation: tuple[Text, ...]
    summary: tuple[Text, ...]
    has_chart: bool
    chart: Any
    chart_caption: str
    pictures_note: str
    groups: tuple[Group, ...]
    since_title: str
    since: tuple[Text, ...]
    path_title: str
    path_sentences: tuple[Text, ...]
    unit_sentences: tuple[Text, ...]
    task_sentences: tuple[Text, ...]
    difficulties: tuple[Text, ...]
    causes: tuple[Text, ...]
    proposals: tuple[Text, ...]
    directions_title: str
    directions: tuple[Text, ...]
    data_notes: tuple[Text, ...]
    period: str
    baseline_title: str
    previous_title: str
    years: tuple[Year, ...]
    span: int
    results: tuple[ResultRow, ...]
    path: tuple[PathRow, ...]
    horizons: tuple[Horizon, ...]
    outlook: tuple[OutlookRow, ...]
    unit_blocks: tuple[UnitBlock, ...]
    tasks: tuple[TaskRow, ...]
    plan_annex: str
    plan_notes: tuple[PlanNote, ...]
    pictures_annex: str
    pictures: tuple[Picture, ...]


_SIGNS = {">=": "≥", "<=": "≤"}
COLUMNS_BESIDE_YEARS = 8
"""Columns of the plan's table apart from the years: TT, title, unit, baseline, last year, value, verdict, missing."""


def view(facts: Facts, say: Sentences, chart: object) -> WordView:
    """The facts as the Word template takes them; `chart` is the picture, or None where there is none."""
    return WordView(
        **letter(facts),
        situation=texts(facts["situation"]),
        summary=texts(facts["summary"]),
        has_chart=chart is not None,
        chart=chart,
        chart_caption=facts["chart"]["caption"],
        pictures_note=say.say("picture.note", annex=facts["annexes"]["pictures"]) if facts["pictures"]["drawn"] else "",
        groups=tuple(Group(group["title"], texts(group["lines"])) for group in facts["lines"]),
        since_title=facts["since"]["title"],
        since=texts(facts["since"]["sentences"]),
        path_title=facts["outlook"]["title"],
        path_sentences=texts(facts["outlook"]["sentences"]),
        unit_sentences=texts(facts["units"]["sentences"]),
        task_sentences=texts(facts["tasks"]["sentences"]),
        difficulties=texts(facts["notes"]["difficulties"]),
        causes=texts(facts["notes"]["causes"]),
        proposals=texts(facts["notes"]["proposals"]),
        directions_title=facts["directions"]["title"],
        directions=texts(facts["directions"]["sentences"]),
        data_notes=tuple(Text(f"- {note['text']}") for note in facts["data_notes"]),
        period=facts["period"]["name"],
        baseline_title=facts["columns"]["baseline"],
        previous_title=facts["columns"]["previous"],
        years=tuple(Year(year["title"]) for year in facts["columns"]["years"]),
        span=COLUMNS_BESIDE_YEARS + len(facts["columns"]["years"]),
        results=tuple(_result(facts, say, row) for row in facts["rows"]),
        path=tuple(_path(facts, say, row) for row in facts["path"]),
        horizons=tuple(Horizon(year) for year in facts["outlook"]["horizons"]),
        outlook=tuple(_outlook(facts, row) for row in facts["outlook"]["rows"]),
        unit_blocks=tuple(_block(facts, say, block) for block in facts["units"]["blocks"]),
        tasks=tuple(_task(number, task) for number, task in enumerate(facts["tasks"]["listed"], start=1)),
        plan_annex=facts["annexes"]["plan"],
        plan_notes=_plan_notes(facts),
        pictures_annex=facts["annexes"]["pictures"],
        pictures=tuple(Picture(None, picture["caption"]) for picture in facts["pictures"]["drawn"]),
    )


def _result(facts: Facts, say: Sentences, row: dict[str, Any]) -> ResultRow:
    nothing = say.texts["word.nothing"]
    figure = facts["figures"].get(row.get("item", ""), {}).get(row.get("unit", ""))
    absent = say.texts["word.no_data"]
    return ResultRow(
        is_group=row["kind"] == "group",
        is_statement=row["kind"] == "statement",
        group=row["title"] if row["kind"] == "group" else "",
        item=row.get("number", ""),
        title=row["title"],
        measured_in=row.get("measured_in", ""),
        baseline=row.get("baseline", ""),
        previous=figure["previous"]["text"] if figure else absent,
        value=figure["printed"] if figure else absent,
        levels=tuple(Level(text) for text in row.get("milestones", {}).values()),
        statement=row.get("statement", ""),
        status=row.get("state") or (figure["status_text"] if figure else say.texts["status.no_data"]),
        missing=figure["missing"]["text"] if figure else nothing,
    )


def _path(facts: Facts, say: Sentences, row: dict[str, Any]) -> PathRow:
    figure = facts["figures"][row["item"]][row["unit"]]
    return PathRow(
        item=row["item"],
        title=row["title"],
        baseline=figure["baseline"]["text"],
        value=figure["value"]["text"],
        path_value=figure["path_value"]["text"],
        target=_aim(figure),
        yearly=_signed(figure["required_yearly_change"]),
        progress=figure["progress"]["text"],
        progress_class=figure["progress_text"],
        cagr_class=figure["cagr_text"],
        agreement=agreement(figure, say),
    )


def _signed(number: dict[str, Any]) -> str:
    """A change with its sign: a plus where it must rise."""
    text = str(number["text"])
    return f"+{text}" if number["value"] is not None and number["value"] > 0 else text


def _outlook(facts: Facts, row: dict[str, Any]) -> OutlookRow:
    figure = facts["figures"][row["item"]][row["unit"]]
    by_year = {ahead["year"]: ahead for ahead in figure["outlook"]}
    steps = (by_year[year] for year in facts["outlook"]["horizons"])
    return OutlookRow(
        item=row["item"],
        title=row["title"],
        value=figure["value"]["text"],
        steps=tuple(Step(a["target"]["text"], a["text"], a["chance"] or a["reason"]) for a in steps),
    )


def agreement(figure: dict[str, Any], say: Sentences) -> str:
    """Whether the two ways of judging progress agree, where both could judge."""
    if not (figure["progress_class"] and figure["cagr_class"]):
        return say.texts["word.nothing"]
    return say.texts["word.classes_disagree" if figure["classes_disagree"] else "word.classes_agree"]


def _aim(figure: dict[str, Any]) -> str:
    """The next milestone as it is compared: its sign and value, or its range; its year."""
    if figure["target"]["value"] is None:
        return f"{figure['written']} ({figure['target_period']})"
    if figure["target_upper"]["value"] is not None:
        return f"{figure['target']['text']}–{figure['target_upper']['text']} ({figure['target_period']})"
    sign = _SIGNS.get(figure["operator"], figure["operator"])
    return f"{sign} {figure['target']['text']} ({figure['target_period']})"


def _plan_notes(facts: Facts) -> tuple[PlanNote, ...]:
    """The notes of one target in one cell, a line each."""
    return tuple(
        PlanNote(number, name, "\n".join(f"- {note['text']}." for note in notes))
        for (number, name), notes in groupby(facts["plan_notes"], key=lambda note: (note["number"], note["name"]))
    )


def _block(facts: Facts, say: Sentences, block: list[dict[str, Any]]) -> UnitBlock:
    return UnitBlock(
        indicators=tuple(Indicator(column["item"], column["title"].replace("/", "/\u200b")) for column in block),
        rows=tuple(
            UnitRow(unit["name"], tuple(_cell(facts, say, column["item"], unit["unit"]) for column in block))
            for unit in facts["units"]["units"]
        ),
    )


def _cell(facts: Facts, say: Sentences, item: str, unit: str) -> Cell:
    figure = facts["figures"].get(item, {}).get(unit)
    if figure is None:
        return Cell(say.texts["word.no_data"])
    return Cell(f"{figure['value']['text']} {figure['sign']}".strip())


def _task(number: int, task: dict[str, Any]) -> TaskRow:
    return TaskRow(str(number), task["title"], task["clause"], task["lead"], task["deadline"], task["situation"])
