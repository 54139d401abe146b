"""What the pictures of a report show, as types: bars, series, units across targets, who reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from etl.report.figure_facts import ConfidenceInterval, PrintedNumber


@dataclass(frozen=True)
class OverviewRow:
    """A bar of the overview: a target's distance to the plan, in % of it, and how it stands on its way."""

    item: str
    name: str
    distance: PrintedNumber
    sign: str
    text: str
    state: str = ""  # facts of before do not say it


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


PictureContent: TypeAlias = tuple[SeriesPanel, ...] | TileGrid | SubmissionMatrix
"""What a picture of the annex shows, one type for each kind."""


@dataclass(frozen=True)
class AnnexPicture:
    """A picture of the picture annex. `kind`: series, tiles, matrix, as what it shows."""

    kind: str
    caption: str
    title: str
    alt: str
    shows: PictureContent


@dataclass(frozen=True)
class PictureAnnex:
    """The pictures, in their order."""

    drawn: tuple[AnnexPicture, ...]
