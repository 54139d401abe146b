"""The first page of a report, as types: the result on one sheet, in black and white."""

from __future__ import annotations

from dataclasses import dataclass

from etl.report.picture_facts import SeriesFigure


@dataclass(frozen=True)
class SummaryRow:
    """A target on the first page. `in_quarter` and `to_date` as printed; `line`: the points of its small line."""

    item: str
    name: str
    in_quarter: str
    to_date: str
    previous: str
    compared: str
    target: str
    state: str
    sign: str
    line: tuple[SeriesFigure, ...]


@dataclass(frozen=True)
class HeatColumn:
    """A target across the table of units."""

    item: str
    name: str


@dataclass(frozen=True)
class HeatCell:
    """A unit's verdict: met, not_met, other (a figure without verdict), none; with its sign."""

    look: str
    sign: str


@dataclass(frozen=True)
class HeatRow:
    """A unit across the targets, and how many of those judged it meets."""

    unit: str
    name: str
    cells: tuple[HeatCell, ...]
    score: str


@dataclass(frozen=True)
class HeatTable:
    """Units down, targets across, the weakest first; `sentence` names the three weakest."""

    columns: tuple[HeatColumn, ...]
    rows: tuple[HeatRow, ...]
    sentence: str


@dataclass(frozen=True)
class ActionRow:
    """What the reader is asked to direct: what, by whom, by when."""

    what: str
    who: str
    due: str


@dataclass(frozen=True)
class SummaryPage:
    """Everything on the first page. `followed` is what became of the last report's; `quarterly`: the column of the
    quarter has a meaning."""

    title: str
    quarterly: bool
    result: str
    highlights: tuple[str, ...]
    rows: tuple[SummaryRow, ...]
    to_date_title: str
    previous_title: str
    units: HeatTable
    actions: tuple[ActionRow, ...]
    followed: str
    reported: str
    in_quarter_title: str = ""  # documents of before monthly reports do not say it
