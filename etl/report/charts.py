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
_STATE_OF_PATH_FILLS: dict[str, Fill] = {"reached": "dark", "on_path": "dark", "hasten": "hatched", "slow": "hatched"}
_TILE_FILLS: dict[str, Fill] = {"met": "dark", "not_met": "hatched", "other": "pale", "none": "empty"}
_STATE_FILLS: dict[str, Fill] = {"accepted": "dark", "late": "pale", "refused": "hatched", "silent": "empty"}
_FIGURE_SPACE = 24.0  # mm; what stands right of the longest bar
LETTERS = 8.0  # points; no text of a picture is printed smaller
_LETTER_WIDTH = 1.55  # mm; the middle width of a letter of 8 points
_LINE = 3.5  # mm from line to line
_ROW_HEIGHT, _NAME_LINE = 6.0, 3.0
"""mm from row to row where a name takes two lines, and from line to line of it."""


def draw_overview(facts: ReportFacts, width: float = WIDTH) -> Drawing | None:
    """Every indicator's distance to its plan; nothing where no target has a number.

    Where it is narrower than paper, title and axis are left to what stands around it.
    """
    rows = facts.chart.rows
    if not rows:
        return None
    titled = width >= WIDTH
    letters = LETTERS * min(1.0, width / WIDTH * 1.4)
    left, top = (0.37 if titled else 0.46) * width, 9.0 if titled else 1.5
    names = [_wrap_text(row.name, left - 3, 2, letters) for row in rows]
    step = _ROW_HEIGHT if max(map(len, names)) > 1 else 5.1
    distances = [row.distance.value for row in rows if row.distance.value is not None]
    low, high = max(-MAX_DISTANCE, min([*distances, 0.0])) - 4, min(MAX_DISTANCE, max([*distances, 0.0]))
    scale = (width - left - _FIGURE_SPACE) / (high - low)
    zero = left - low * scale
    bottom = top + step * len(rows)
    title = TextLabel(width / 2, 4.0, _format_picture_title(facts, facts.chart.title), 9.0, "middle", bold=True)
    shapes: list[DrawingPrimitive] = [title] if titled else []
    for place, (row, lines) in enumerate(zip(rows, names, strict=True)):
        y = top + step * (place + 0.5)
        shapes += _draw_name(lines, left - 2, y, letters)
        shapes += _draw_distance_bar(row, zero, y, scale, letters)
    shapes += [Polyline(((zero, top - 0.5), (zero, bottom + 0.5)), 0.45)]
    shapes += [TextLabel(width / 2, bottom + 4.5, facts.chart.axis, LETTERS, "middle")] if titled else []
    return Drawing(width, bottom + (8.0 if titled else 1.0), tuple(shapes), facts.chart.alt)


def _draw_distance_bar(row: OverviewRow, zero: float, y: float, scale: float, letters: float) -> list[DrawingPrimitive]:
    distance = row.distance.value
    if distance is None:
        return [TextLabel(zero + 1.5, y, row.text, letters)]
    length = max(-MAX_DISTANCE, min(MAX_DISTANCE, distance)) * scale
    cut = "→ " if distance > MAX_DISTANCE else "← " if distance < -MAX_DISTANCE else ""
    signed = f"{cut}{'+' if distance > 0 else ''}{row.text} {row.sign}".strip()
    box = Box(zero + min(length, 0), y - 1.6, abs(length), 3.2, _STATE_OF_PATH_FILLS.get(row.state, "pale"))
    return [box, TextLabel(zero + max(length, 0) + 1.5, y, signed, letters)]


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


def _truncate_text(text: str, room: float, size: float = LETTERS) -> str:
    max_letters = int(room / (_LETTER_WIDTH * size / LETTERS))
    return text if len(text) <= max_letters else f"{text[: max_letters - 1].rstrip()}…"


def _wrap_text(text: str, room: float, lines: int, size: float = LETTERS) -> list[str]:
    """A text on as many lines as it needs; what the last one cannot hold is cut."""
    most, wrapped, words = int(room / (_LETTER_WIDTH * size / LETTERS)), [""], text.split()
    while words and len(wrapped) < lines:
        longer = f"{wrapped[-1]} {words[0]}".strip()
        if len(longer) > most and wrapped[-1]:
            wrapped.append("")
        else:
            wrapped[-1] = longer
            words.pop(0)
    return [*wrapped[:-1], _truncate_text(" ".join([wrapped[-1], *words]).strip(), room, size)]


def _draw_name(lines: list[str], x: float, y: float, size: float = LETTERS) -> list[DrawingPrimitive]:
    """A row's name before it, its lines around the row's middle."""
    above = y - _NAME_LINE * (len(lines) - 1) / 2
    return [TextLabel(x, above + _NAME_LINE * i, line, size, "end") for i, line in enumerate(lines)]


def _build_titled_drawing(
    facts: ReportFacts, picture: AnnexPicture, shapes: list[DrawingPrimitive], height: float
) -> Drawing:
    head = TextLabel(WIDTH / 2, 4.0, _format_picture_title(facts, picture.title), 9.0, "middle", bold=True)
    return Drawing(WIDTH, height, (head, *shapes), picture.alt)


# --- series ------------------------------------------------------------------------------------------------

PANEL_WIDTH, PANEL_HEIGHT = 79.0, 49.0
_ACROSS, _GAP, _HEAD = 2, 2.0, 9.0
_PLOT = (12.0, 7.0, 53.0, 20.0)  # left, top, width, height within a panel
_APART = 3.2  # mm; labels nearer to each other than this would overlap
_AIM_LINES = 4
LEAST_SPAN = 0.05
"""What the axis covers at least, as a share of the largest figure: a tenth of a per cent is no cliff."""


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
        TextLabel(0, 2.2, _truncate_text(shown.name, PANEL_WIDTH * 0.88), LETTERS, bold=True)
    ]
    left, top, width, height = _PLOT
    floor = top + height
    shapes.append(Polyline(((left, top), (left, floor), (left + width, floor)), 0.2, grey=True))
    way = [stone for stone in (shown.start, *shown.goals) if stone]
    path = tuple(scale.compute_position(stone) for stone in way)
    if len(path) > 1:
        shapes.append(Polyline(path, 0.25, dashed=True))
    shapes += [Dot(x, y, square=True) for x, y in path]
    shapes += _draw_series_line(shown, scale)
    shapes += [
        *_draw_axis_values(shown, scale),
        TextLabel(0, floor + 2.6, scale.first, LETTERS),
        TextLabel(PANEL_WIDTH, floor + 2.6, scale.last, LETTERS, "end"),
    ]
    said = [_truncate_text(shown.now, PANEL_WIDTH), *_wrap_text(shown.aim, PANEL_WIDTH, _AIM_LINES)]
    shapes += [TextLabel(0, floor + 6.6 + _LINE * i, line, LETTERS) for i, line in enumerate(said)]
    alt = f"{shown.name}. {shown.now}. {shown.aim}"
    return Drawing(PANEL_WIDTH, PANEL_HEIGHT, tuple(shapes), alt)


def _draw_axis_values(shown: SeriesPanel, scale: _PanelScale) -> list[DrawingPrimitive]:
    """The values that matter: on the axis the lowest and the highest, at the right end the last figure and level."""
    left, _, width, _ = _PLOT
    shapes: list[DrawingPrimitive] = []
    stones: list[SeriesFigure | PlannedLevel] = [*shown.points, *(s for s in (shown.start, *shown.goals) if s)]
    ends = sorted(stones, key=_get_value)
    heights: list[float] = []
    for stone in (ends[0], ends[-1]):
        y = scale.compute_y(_get_value(stone))
        if all(abs(y - other) >= _APART for other in heights):
            heights.append(y)
            shapes.append(TextLabel(left - 1, y, stone.value.text, LETTERS, "end"))
            shapes.append(Polyline(((left - 0.6, y), (left, y)), 0.2, grey=True))
    last: list[tuple[SeriesFigure | PlannedLevel, bool]] = [(point, True) for point in shown.points[-1:]]
    last += [(goal, False) for goal in shown.goals[-1:]]
    places = sorted((scale.compute_y(_get_value(stone)), stone.value.text, bold) for stone, bold in last)
    crowded = len(places) > 1 and places[1][0] - places[0][0] < _APART
    for place, (y, text, bold) in enumerate(places):
        middle = (places[0][0] + places[-1][0]) / 2 + (place - 0.5) * _APART if crowded else y
        shapes.append(TextLabel(left + width + 1, middle, text, LETTERS, bold=bold))
    return shapes


def _get_value(stone: SeriesFigure | PlannedLevel) -> float:
    return float(stone.value.get_fraction())


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
        middle = (min(values) + max(values)) / 2
        self._span = max(max(values) - min(values), LEAST_SPAN * max(map(abs, values))) or 1.0
        self._low = middle - self._span / 2

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

_NAMES, _HEADS, _SCORES = 50.0, 56.0, 18.0
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
    shapes.append(TextLabel(x, grid.top - 2, shows.score_head, LETTERS, "middle", bold=True))
    shapes += [
        TextLabel(x, grid.compute_row_middle(i), row.score, LETTERS, "middle") for i, row in enumerate(shows.rows)
    ]
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
        self._heads = heads
        self.top = _HEAD + min(_HEADS, max(map(len, heads)) * _LETTER_WIDTH + 3)
        self._wrapped = [_wrap_text(name, _NAMES - 2, 2) for name in names]
        self._step = _ROW_HEIGHT if max(map(len, self._wrapped)) > 1 else _ROW_HEIGHT * 0.75
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
            TextLabel(
                _NAMES + wide * (i + 0.5), self.top - 1.2, _truncate_text(head, _HEADS - 3), LETTERS, upright=True
            )
            for i, head in enumerate(self._heads)
        ]
        for place, (lines, row) in enumerate(zip(self._wrapped, rows, strict=True)):
            y = self.compute_row_middle(place)
            shapes += _draw_name(lines, _NAMES - 1.5, y)
            for i, (fill, text) in ((i, cell) for i, cell in enumerate(row) if cell):
                x = _NAMES + wide * i
                shapes.append(Box(x + 0.3, y - step / 2 + 0.3, wide - 0.6, step - 0.6, fill))
                shapes += [TextLabel(x + wide / 2, y, text, LETTERS, "middle")] if text else []
        return shapes
