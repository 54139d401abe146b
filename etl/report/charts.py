"""The pictures as drawings: distance to the plan, series with their path, units across indicators, who reported.

Room: report. Called by `draft` and `page`; draws only from facts and rounds nothing. Read in black and white: dark
reaches the plan (or came in time), hatched does not, pale is open (or late), empty is nothing.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from etl.model import Period
from etl.report.canvas import Box, Dot, Drawing, Fill, Mark, Path2, Words
from etl.report.facts import Facts

WIDTH = 160.0
"""mm; the width of the text."""
TALLEST = 205.0
"""mm; what a page leaves under an annex's title and over a caption."""
FARTHEST = 100.0
"""Bars longer than this (in % of the plan) are cut and say so with an arrow; their figure is printed in full."""
_VERDICT: dict[str, Fill] = {"met": "dark", "within_plan": "dark", "not_met": "hatched", "over_plan": "hatched"}
_TILE: dict[str, Fill] = {"met": "dark", "not_met": "hatched", "other": "pale", "none": "empty"}
_STATE: dict[str, Fill] = {"accepted": "dark", "late": "pale", "refused": "hatched", "silent": "empty"}
_FIGURES = 24.0  # mm; what stands right of the longest bar
_LETTER = 1.28  # mm; the middle width of a letter of 7 points


def overview(facts: Facts, width: float = WIDTH) -> Drawing | None:
    """Every indicator's distance to its plan; nothing where no target has a number.

    Where it is narrower than paper, title and axis are left to what stands around it.
    """
    rows = facts["chart"]["rows"]
    if not rows:
        return None
    titled = width >= WIDTH
    left, step, top = (0.37 if titled else 0.46) * width, 5.1, 9.0 if titled else 1.5
    known = [row["distance"]["value"] for row in rows if row["distance"]["value"] is not None]
    low, high = max(-FARTHEST, min([*known, 0.0])) - 4, min(FARTHEST, max([*known, 0.0]))
    scale = (width - left - _FIGURES) / (high - low)
    zero = left - low * scale
    bottom = top + step * len(rows)
    title = Words(width / 2, 4.0, _title(facts, facts["chart"]["title"]), 8.5, "middle", bold=True)
    marks: list[Mark] = [title] if titled else []
    for place, row in enumerate(rows):
        y = top + step * (place + 0.5)
        marks.append(Words(left - 2, y, _cut(row["name"], left - 2), 7.0, "end"))
        marks += _bar(row, zero, y, scale)
    marks += [Path2(((zero, top - 0.5), (zero, bottom + 0.5)), 0.45)]
    marks += [Words(width / 2, bottom + 4.5, facts["chart"]["axis"], 6.5, "middle")] if titled else []
    return Drawing(width, bottom + (8.0 if titled else 1.0), tuple(marks), facts["chart"]["alt"])


def _bar(row: dict[str, Any], zero: float, y: float, scale: float) -> list[Mark]:
    distance = row["distance"]["value"]
    if distance is None:
        return [Words(zero + 1.5, y, row["text"], 7.0)]
    length = max(-FARTHEST, min(FARTHEST, distance)) * scale
    cut = "→ " if distance > FARTHEST else "← " if distance < -FARTHEST else ""
    signed = f"{cut}{'+' if distance > 0 else ''}{row['text']} {row['sign']}".strip()
    box = Box(zero + min(length, 0), y - 1.6, abs(length), 3.2, _VERDICT.get(row["status"], "pale"))
    return [box, Words(zero + max(length, 0) + 1.5, y, signed, 7.0)]


def drawings(facts: Facts) -> list[Drawing]:
    """The pictures of the picture annex, in their order."""
    return [drawing(facts, picture) for picture in facts["pictures"]["drawn"]]


def drawing(facts: Facts, picture: dict[str, Any]) -> Drawing:
    """One of them."""
    return _DRAWN[picture["kind"]](facts, picture)


def _title(facts: Facts, title: str) -> str:
    return title + (f" ({facts['head']['simulated']})" if facts["simulated"] else "")


def _cut(text: str, room: float) -> str:
    most = int(room / _LETTER)
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _shortened(name: str, room: float) -> str:
    """A unit's name, where it is too long without its middle: what tells it from others often stands at its end."""
    most = int(room / _LETTER)
    half = most // 2
    return name if len(name) <= most else f"{name[: most - half - 1].rstrip()}…{name[-half:].lstrip()}"


def _headed(facts: Facts, picture: dict[str, Any], marks: list[Mark], height: float) -> Drawing:
    head = Words(WIDTH / 2, 4.0, _title(facts, picture["title"]), 8.5, "middle", bold=True)
    return Drawing(WIDTH, height, (head, *marks), picture["alt"])


# --- series ------------------------------------------------------------------------------------------------

PANEL_WIDTH, PANEL_HEIGHT = 52.0, 46.0
_ACROSS, _GAP, _HEAD = 3, 2.0, 9.0
_PLOT = (3.0, 9.5, 46.0, 23.0)  # left, top, width, height within a panel


def _series(facts: Facts, picture: dict[str, Any]) -> Drawing:
    marks: list[Mark] = []
    panels = picture["shows"]
    for place, shown in enumerate(panels):
        down, across = divmod(place, _ACROSS)
        right = across * (PANEL_WIDTH + _GAP)
        marks += [_moved(mark, right, _HEAD + down * PANEL_HEIGHT) for mark in panel(shown).marks]
    return _headed(facts, picture, marks, _HEAD + -(-len(panels) // _ACROSS) * PANEL_HEIGHT)


def panel(shown: dict[str, Any]) -> Drawing:
    """One series: figures as dots on a line, the way through the plan's levels dashed, the interval as a bar."""
    place = _Scale(shown)
    marks: list[Mark] = [Words(0, 2.2 + 3.2 * i, line, 6.5, bold=True) for i, line in enumerate(_two(shown["name"]))]
    left, top, width, height = _PLOT
    floor = top + height
    marks.append(Path2(((left, floor), (left + width, floor)), 0.2, grey=True))
    way = [stone for stone in (shown["start"], *shown["goals"]) if stone]
    path = tuple(place.at(stone) for stone in way)
    if len(path) > 1:
        marks.append(Path2(path, 0.25, dashed=True))
    marks += [Dot(x, y, square=True) for x, y in path]
    marks += _line(shown, place)
    marks += [
        Words(left, floor + 2.4, place.first, 6.0),
        Words(left + width, floor + 2.4, place.last, 6.0, "end"),
        Words(0, floor + 5.9, _cut(shown["now"], PANEL_WIDTH * 1.05), 6.5),
        Words(0, floor + 9.2, _cut(shown["aim"], PANEL_WIDTH * 1.15), 6.0),
    ]
    alt = f"{shown['name']}. {shown['now']}. {shown['aim']}"
    return Drawing(PANEL_WIDTH, PANEL_HEIGHT, tuple(marks), alt)


def _line(shown: dict[str, Any], place: _Scale) -> list[Mark]:
    """The figures; where the definition changed, the line is broken."""
    marks: list[Mark] = []
    for before, after in pairwise(shown["points"]):
        if before["definition"] == after["definition"]:
            marks.append(Path2((place.at(before), place.at(after)), 0.35))
    if shown["interval"]:
        x, _ = place.at(shown["points"][-1])
        ends = [place.y(shown["interval"][end]["value"]) for end in ("low", "high")]
        marks.append(Path2(((x, ends[0]), (x, ends[1])), 0.3))
        marks += [Path2(((x - 0.8, y), (x + 0.8, y)), 0.3) for y in ends]
    return [*marks, *(Dot(*place.at(point)) for point in shown["points"])]


class _Scale:
    """Where the figures of a panel stand on its plot."""

    def __init__(self, shown: dict[str, Any]) -> None:
        stones = [stone for stone in (*shown["points"], shown["start"], *shown["goals"]) if stone]
        stones.sort(key=lambda stone: Period.parse(stone["period"]).end)
        self.first, self.last = (stones[i]["name"] for i in (0, -1))
        months = [_month(stone["period"]) for stone in stones]
        values = [stone["value"]["value"] for stone in stones]
        if shown["interval"]:
            values += [shown["interval"][end]["value"] for end in ("low", "high")]
        self._from, self._months = min(months), max(max(months) - min(months), 1)
        self._low, self._span = min(values), (max(values) - min(values)) or 1.0

    def at(self, stone: dict[str, Any]) -> tuple[float, float]:
        left, _, width, _ = _PLOT
        x = left + 1 + (width - 2) * (_month(stone["period"]) - self._from) / self._months
        return x, self.y(stone["value"]["value"])

    def y(self, value: float) -> float:
        _, top, _, height = _PLOT
        return float(top + height - 2 - (height - 4) * (value - self._low) / self._span)


def _month(period: str) -> int:
    end = Period.parse(period).end
    return end.year * 12 + end.month


def _two(text: str) -> list[str]:
    """A name on two lines at most."""
    most, first = int(PANEL_WIDTH / 1.38), ""
    words = text.split()
    while words and len(first) + len(words[0]) < most:
        first = f"{first} {words.pop(0)}".strip()
    return [first, _cut(" ".join(words), most * _LETTER)] if words else [first]


def _moved(mark: Mark, right: float, down: float) -> Mark:
    from dataclasses import replace

    if isinstance(mark, Path2):
        return replace(mark, points=tuple((x + right, y + down) for x, y in mark.points))
    return replace(mark, x=mark.x + right, y=mark.y + down)


# --- grids -------------------------------------------------------------------------------------------------

_NAMES, _HEADS, _SCORES = 40.0, 46.0, 20.0
"""mm for the units' names, for upright heads at most, for the last column."""


Row = list[tuple[Fill, str] | None]
"""Cells of a grid: how filled, what is written in it; nothing where there is no cell."""


def _tiles(facts: Facts, picture: dict[str, Any]) -> Drawing:
    """Units down, indicators across."""
    shows = picture["shows"]
    rows: list[Row] = [[(_TILE[look], "–" if look == "none" else "") for look in row["looks"]] for row in shows["rows"]]
    heads = [column["name"] for column in shows["columns"]]
    grid = _Grid([row["name"] for row in shows["rows"]], heads, WIDTH - _NAMES - _SCORES)
    marks, x = grid.marks(rows), grid.right + 8
    marks.append(Words(x, grid.top - 2, shows["score_head"], 6.5, "middle", bold=True))
    marks += [Words(x, grid.middle(i), row["score"], 6.5, "middle") for i, row in enumerate(shows["rows"])]
    return _headed(facts, picture, marks, grid.height)


def _matrix(facts: Facts, picture: dict[str, Any]) -> Drawing:
    """Units down, periods and forms across."""
    shows = picture["shows"]
    rows: list[Row] = [
        [(_STATE[cell["state"]], cell["text"]) if cell["state"] in _STATE else None for cell in row["cells"]]
        for row in shows["rows"]
    ]
    heads = [column["name"] for column in shows["columns"]]
    grid = _Grid([row["name"] for row in shows["rows"]], heads, WIDTH - _NAMES)
    return _headed(facts, picture, grid.marks(rows), grid.height)


class _Grid:
    """Rows with names, columns with upright heads."""

    def __init__(self, names: list[str], heads: list[str], room: float) -> None:
        self._names, self._heads = names, heads
        self.top = _HEAD + min(_HEADS, max(map(len, heads)) * _LETTER + 3)
        self._step = min(5.6, (TALLEST - self.top) / len(names))
        self._wide = min(14.0, room / len(heads))
        self.right = _NAMES + self._wide * len(heads)
        self.height = self.top + self._step * len(names) + 1.5

    def middle(self, row: int) -> float:
        """Where the middle of a row is."""
        return self.top + self._step * (row + 0.5)

    def marks(self, rows: list[Row]) -> list[Mark]:
        """Everything but the title: a cell is a fill and what is written in it, or nothing."""
        wide, step = self._wide, self._step
        found: list[Mark] = [
            Words(_NAMES + wide * (i + 0.5), self.top - 1.2, _cut(head, _HEADS), 6.5, upright=True)
            for i, head in enumerate(self._heads)
        ]
        for place, (name, row) in enumerate(zip(self._names, rows, strict=True)):
            y = self.middle(place)
            found.append(Words(_NAMES - 1.5, y, _shortened(name, _NAMES), 6.5, "end"))
            for i, (fill, text) in ((i, cell) for i, cell in enumerate(row) if cell):
                x = _NAMES + wide * i
                found.append(Box(x + 0.3, y - step / 2 + 0.3, wide - 0.6, step - 0.6, fill))
                found += [Words(x + wide / 2, y, text, 6.5, "middle")] if text else []
        return found


_DRAWN = {"series": _series, "tiles": _tiles, "matrix": _matrix}
