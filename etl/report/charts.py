"""The pictures as drawings: distance to the plan, series with their path, units across indicators, who reported.

Room: report. Called by `draft` and `page`; draws only from facts and rounds nothing. Read in black and white: dark
reaches the plan (or came in time), hatched does not, pale is open (or late), empty is nothing.
"""

from __future__ import annotations

from itertools import pairwise

from etl.model import Period
from etl.report.canvas import Box, Dot, Drawing, DrawingPrimitive, Fill, Polyline, TextLabel
from etl.report.picture_facts import (
    AnnexPicture,
    OverviewRow,
    PlannedLevel,
    SeriesFigure,
    SeriesPanel,
    SubmissionMatrix,
    TileGrid,
)
from etl.report.report_facts import ReportFacts
from etl.report.summary_facts import SummaryRow

WIDTH = 160.0
"""mm; the width of the text."""
MAX_DRAWING_HEIGHT = 205.0
"""mm; what a page leaves under an annex's title and over a caption."""
MAX_DISTANCE = 100.0
"""Bars longer than this (in % of the plan) are cut and say so with an arrow; their figure is printed in full."""
_VERDICT_FILLS: dict[str, Fill] = {"met": "dark", "within_plan": "dark", "not_met": "hatched", "over_plan": "hatched"}
_TILE_FILLS: dict[str, Fill] = {"met": "dark", "not_met": "hatched", "other": "pale", "none": "empty"}
_STATE_FILLS: dict[str, Fill] = {"accepted": "dark", "late": "pale", "refused": "hatched", "silent": "empty"}
_FIGURE_SPACE = 24.0  # mm; what stands right of the longest bar
_LETTER_WIDTH = 1.28  # mm; the middle width of a letter of 7 points


def draw_overview(facts: ReportFacts, width: float = WIDTH) -> Drawing | None:
    """Every indicator's distance to its plan; nothing where no target has a number.

    Where it is narrower than paper, title and axis are left to what stands around it.
    """
    rows = facts.chart.rows
    if not rows:
        return None
    titled = width >= WIDTH
    left, step, top = (0.37 if titled else 0.46) * width, 5.1, 9.0 if titled else 1.5
    distances = [row.distance.value for row in rows if row.distance.value is not None]
    low, high = max(-MAX_DISTANCE, min([*distances, 0.0])) - 4, min(MAX_DISTANCE, max([*distances, 0.0]))
    scale = (width - left - _FIGURE_SPACE) / (high - low)
    zero = left - low * scale
    bottom = top + step * len(rows)
    title = TextLabel(width / 2, 4.0, _format_picture_title(facts, facts.chart.title), 8.5, "middle", bold=True)
    shapes: list[DrawingPrimitive] = [title] if titled else []
    for place, row in enumerate(rows):
        y = top + step * (place + 0.5)
        shapes.append(TextLabel(left - 2, y, _truncate_text(row.name, left - 2), 7.0, "end"))
        shapes += _draw_distance_bar(row, zero, y, scale)
    shapes += [Polyline(((zero, top - 0.5), (zero, bottom + 0.5)), 0.45)]
    shapes += [TextLabel(width / 2, bottom + 4.5, facts.chart.axis, 6.5, "middle")] if titled else []
    return Drawing(width, bottom + (8.0 if titled else 1.0), tuple(shapes), facts.chart.alt)


def _draw_distance_bar(row: OverviewRow, zero: float, y: float, scale: float) -> list[DrawingPrimitive]:
    distance = row.distance.value
    if distance is None:
        return [TextLabel(zero + 1.5, y, row.text, 7.0)]
    length = max(-MAX_DISTANCE, min(MAX_DISTANCE, distance)) * scale
    cut = "→ " if distance > MAX_DISTANCE else "← " if distance < -MAX_DISTANCE else ""
    signed = f"{cut}{'+' if distance > 0 else ''}{row.text} {row.sign}".strip()
    box = Box(zero + min(length, 0), y - 1.6, abs(length), 3.2, _VERDICT_FILLS.get(row.status, "pale"))
    return [box, TextLabel(zero + max(length, 0) + 1.5, y, signed, 7.0)]


def draw_picture(facts: ReportFacts, picture: AnnexPicture) -> Drawing:
    """One of them."""
    match picture.shows:
        case TileGrid() as grid:
            return _draw_tile_grid(facts, picture, grid)
        case SubmissionMatrix() as matrix:
            return _draw_submission_matrix(facts, picture, matrix)
        case panels:
            return _draw_series(facts, picture, panels)


def _format_picture_title(facts: ReportFacts, title: str) -> str:
    return title + (f" ({facts.head.simulated})" if facts.simulated else "")


def _truncate_text(text: str, room: float) -> str:
    max_letters = int(room / _LETTER_WIDTH)
    return text if len(text) <= max_letters else f"{text[: max_letters - 1].rstrip()}…"


def _shorten_unit_name(name: str, room: float) -> str:
    """A unit's name, where it is too long without its middle: what tells it from others often stands at its end."""
    max_letters = int(room / _LETTER_WIDTH)
    half = max_letters // 2
    return name if len(name) <= max_letters else f"{name[: max_letters - half - 1].rstrip()}…{name[-half:].lstrip()}"


def _build_titled_drawing(
    facts: ReportFacts, picture: AnnexPicture, shapes: list[DrawingPrimitive], height: float
) -> Drawing:
    head = TextLabel(WIDTH / 2, 4.0, _format_picture_title(facts, picture.title), 8.5, "middle", bold=True)
    return Drawing(WIDTH, height, (head, *shapes), picture.alt)


# --- series ------------------------------------------------------------------------------------------------

PANEL_WIDTH, PANEL_HEIGHT = 52.0, 46.0
_ACROSS, _GAP, _HEAD = 3, 2.0, 9.0
_PLOT = (3.0, 9.5, 46.0, 23.0)  # left, top, width, height within a panel


def _draw_series(facts: ReportFacts, picture: AnnexPicture, panels: tuple[SeriesPanel, ...]) -> Drawing:
    shapes: list[DrawingPrimitive] = []
    for place, shown in enumerate(panels):
        down, across = divmod(place, _ACROSS)
        right = across * (PANEL_WIDTH + _GAP)
        shapes += [_shift_shape(mark, right, _HEAD + down * PANEL_HEIGHT) for mark in draw_series_panel(shown).shapes]
    return _build_titled_drawing(facts, picture, shapes, _HEAD + -(-len(panels) // _ACROSS) * PANEL_HEIGHT)


def draw_series_panel(shown: SeriesPanel) -> Drawing:
    """One series: figures as dots on a line, the way through the plan's levels dashed, the interval as a bar."""
    scale = _PanelScale(shown)
    shapes: list[DrawingPrimitive] = [
        TextLabel(0, 2.2 + 3.2 * i, line, 6.5, bold=True) for i, line in enumerate(_wrap_panel_name(shown.name))
    ]
    left, top, width, height = _PLOT
    floor = top + height
    shapes.append(Polyline(((left, floor), (left + width, floor)), 0.2, grey=True))
    way = [stone for stone in (shown.start, *shown.goals) if stone]
    path = tuple(scale.compute_position(stone) for stone in way)
    if len(path) > 1:
        shapes.append(Polyline(path, 0.25, dashed=True))
    shapes += [Dot(x, y, square=True) for x, y in path]
    shapes += _draw_series_line(shown, scale)
    shapes += [
        TextLabel(left, floor + 2.4, scale.first, 6.0),
        TextLabel(left + width, floor + 2.4, scale.last, 6.0, "end"),
        TextLabel(0, floor + 5.9, _truncate_text(shown.now, PANEL_WIDTH * 1.05), 6.5),
        TextLabel(0, floor + 9.2, _truncate_text(shown.aim, PANEL_WIDTH * 1.15), 6.0),
    ]
    alt = f"{shown.name}. {shown.now}. {shown.aim}"
    return Drawing(PANEL_WIDTH, PANEL_HEIGHT, tuple(shapes), alt)


def _draw_series_line(shown: SeriesPanel, scale: _PanelScale) -> list[DrawingPrimitive]:
    """The figures; where the definition changed, the line is broken."""
    shapes: list[DrawingPrimitive] = []
    for before, after in pairwise(shown.points):
        if before.definition == after.definition:
            shapes.append(Polyline((scale.compute_position(before), scale.compute_position(after)), 0.35))
    if shown.interval:
        x, _ = scale.compute_position(shown.points[-1])
        ends = [scale.compute_y(float(end.get_fraction())) for end in (shown.interval.low, shown.interval.high)]
        shapes.append(Polyline(((x, ends[0]), (x, ends[1])), 0.3))
        shapes += [Polyline(((x - 0.8, y), (x + 0.8, y)), 0.3) for y in ends]
    return [*shapes, *(Dot(*scale.compute_position(point)) for point in shown.points)]


class _PanelScale:
    """Where the figures of a panel stand on its plot."""

    def __init__(self, shown: SeriesPanel) -> None:
        stones = [stone for stone in (*shown.points, shown.start, *shown.goals) if stone]
        stones.sort(key=lambda stone: Period.parse(stone.period).end)
        self.first, self.last = (stones[i].name for i in (0, -1))
        months = [_count_months(stone.period) for stone in stones]
        values = [float(stone.value.get_fraction()) for stone in stones]
        if shown.interval:
            values += [float(end.get_fraction()) for end in (shown.interval.low, shown.interval.high)]
        self._from, self._months = min(months), max(max(months) - min(months), 1)
        self._low, self._span = min(values), (max(values) - min(values)) or 1.0

    def compute_position(self, stone: SeriesFigure | PlannedLevel) -> tuple[float, float]:
        left, _, width, _ = _PLOT
        x = left + 1 + (width - 2) * (_count_months(stone.period) - self._from) / self._months
        return x, self.compute_y(float(stone.value.get_fraction()))

    def compute_y(self, value: float) -> float:
        _, top, _, height = _PLOT
        return float(top + height - 2 - (height - 4) * (value - self._low) / self._span)


def _count_months(period: str) -> int:
    end = Period.parse(period).end
    return end.year * 12 + end.month


def _wrap_panel_name(text: str) -> list[str]:
    """A name on two lines at most."""
    most, first = int(PANEL_WIDTH / 1.38), ""
    words = text.split()
    while words and len(first) + len(words[0]) < most:
        first = f"{first} {words.pop(0)}".strip()
    return [first, _truncate_text(" ".join(words), most * _LETTER_WIDTH)] if words else [first]


def _shift_shape(shape: DrawingPrimitive, right: float, down: float) -> DrawingPrimitive:
    from dataclasses import replace

    if isinstance(shape, Polyline):
        return replace(shape, points=tuple((x + right, y + down) for x, y in shape.points))
    return replace(shape, x=shape.x + right, y=shape.y + down)


SMALL_LINE_WIDTH, SMALL_LINE_HEIGHT = 10.0, 3.2
"""mm; what fits into a row of the first page."""


def draw_small_line(row: SummaryRow) -> Drawing | None:
    """The last points of a target's series as a line in a row of a table; nothing of fewer than two."""
    if len(row.line) < 2:
        return None
    values = [float(point.value.get_fraction()) for point in row.line]
    low, span = min(values), (max(values) - min(values)) or 1.0
    step = (SMALL_LINE_WIDTH - 2) / (len(values) - 1)
    places = [(1 + step * i, SMALL_LINE_HEIGHT - 0.8 - (SMALL_LINE_HEIGHT - 1.6) * (v - low) / span)
              for i, v in enumerate(values)]  # fmt: skip
    pairs = zip(pairwise(row.line), pairwise(places), strict=True)
    strokes = [Polyline(ends, 0.3) for (before, after), ends in pairs if before.definition == after.definition]
    first, last = row.line[0], row.line[-1]
    alt = f"{row.name}: {first.name} {first.value.text}, {last.name} {last.value.text}"
    return Drawing(SMALL_LINE_WIDTH, SMALL_LINE_HEIGHT, (*strokes, Dot(*places[-1])), alt)


# --- grids -------------------------------------------------------------------------------------------------

_NAMES, _HEADS, _SCORES = 40.0, 46.0, 20.0
"""mm for the units' names, for upright heads at most, for the last column."""


GridRow = list[tuple[Fill, str] | None]
"""Cells of a grid: how filled, what is written in it; nothing where there is no cell."""


def _draw_tile_grid(facts: ReportFacts, picture: AnnexPicture, shows: TileGrid) -> Drawing:
    """Units down, indicators across."""
    rows: list[GridRow] = [
        [(_TILE_FILLS[look], "–" if look == "none" else "") for look in row.looks] for row in shows.rows
    ]
    heads = [column.name for column in shows.columns]
    grid = _GridLayout([row.name for row in shows.rows], heads, WIDTH - _NAMES - _SCORES)
    shapes, x = grid.draw_grid_cells(rows), grid.right + 8
    shapes.append(TextLabel(x, grid.top - 2, shows.score_head, 6.5, "middle", bold=True))
    shapes += [TextLabel(x, grid.compute_row_middle(i), row.score, 6.5, "middle") for i, row in enumerate(shows.rows)]
    return _build_titled_drawing(facts, picture, shapes, grid.height)


def _draw_submission_matrix(facts: ReportFacts, picture: AnnexPicture, shows: SubmissionMatrix) -> Drawing:
    """Units down, periods and forms across."""
    rows: list[GridRow] = [
        [(_STATE_FILLS[cell.state], cell.text) if cell.state in _STATE_FILLS else None for cell in row.cells]
        for row in shows.rows
    ]
    heads = [column.name for column in shows.columns]
    grid = _GridLayout([row.name for row in shows.rows], heads, WIDTH - _NAMES)
    return _build_titled_drawing(facts, picture, grid.draw_grid_cells(rows), grid.height)


class _GridLayout:
    """Rows with names, columns with upright heads."""

    def __init__(self, names: list[str], heads: list[str], room: float) -> None:
        self._names, self._heads = names, heads
        self.top = _HEAD + min(_HEADS, max(map(len, heads)) * _LETTER_WIDTH + 3)
        self._step = min(5.6, (MAX_DRAWING_HEIGHT - self.top) / len(names))
        self._wide = min(14.0, room / len(heads))
        self.right = _NAMES + self._wide * len(heads)
        self.height = self.top + self._step * len(names) + 1.5

    def compute_row_middle(self, row: int) -> float:
        """Where the middle of a row is."""
        return self.top + self._step * (row + 0.5)

    def draw_grid_cells(self, rows: list[GridRow]) -> list[DrawingPrimitive]:
        """Everything but the title: a cell is a fill and what is written in it, or nothing."""
        wide, step = self._wide, self._step
        shapes: list[DrawingPrimitive] = [
            TextLabel(_NAMES + wide * (i + 0.5), self.top - 1.2, _truncate_text(head, _HEADS), 6.5, upright=True)
            for i, head in enumerate(self._heads)
        ]
        for place, (name, row) in enumerate(zip(self._names, rows, strict=True)):
            y = self.compute_row_middle(place)
            shapes.append(TextLabel(_NAMES - 1.5, y, _shorten_unit_name(name, _NAMES), 6.5, "end"))
            for i, (fill, text) in ((i, cell) for i, cell in enumerate(row) if cell):
                x = _NAMES + wide * i
                shapes.append(Box(x + 0.3, y - step / 2 + 0.3, wide - 0.6, step - 0.6, fill))
                shapes += [TextLabel(x + wide / 2, y, text, 6.5, "middle")] if text else []
        return shapes
