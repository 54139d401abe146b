"""Draws `docs/rooms.svg`, the picture of the rooms, from the imports: `python -m tests.docs.rooms`.

A box is a room of `etl/`, or a folder beside it (grey); a line down to another says that it imports from there.
A room stands above everything that it imports, so no line runs up. What a
room also reaches through another one has no line of its own.
"""

from __future__ import annotations

import ast
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "rooms.svg"
_OUTSIDE = ("dags", "ops", "simulation", "benchmarks")
_WIDTH, _HEIGHT, _GAP_X, _GAP_Y = 118, 34, 14, 54


def _find_room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "etl" and len(parts) > 1 else parts[0]


def read_imports() -> dict[str, set[str]]:
    """Room → the rooms it imports from."""
    arrows: dict[str, set[str]] = {}
    for folder in ("etl", *_OUTSIDE):
        for path in sorted((ROOT / folder).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            room = _find_room(module)
            if module in {"etl", "etl.__main__"}:
                continue
            used = arrows.setdefault(room, set())
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = [f"etl.{a.name}" for a in node.names] if node.module == "etl" else [node.module]
                used |= {_find_room(n) for n in names if n.split(".")[0] in {"etl", *_OUTSIDE}} - {room}
    return {room: arrows[room] & arrows.keys() for room in sorted(arrows)}


def arrange_floors(arrows: dict[str, set[str]]) -> list[list[str]]:
    """The rooms by floor, the top one first: each above all that it imports.

    Raises:
        ValueError: rooms import each other in a circle.
    """
    level: dict[str, int] = {}
    while len(level) < len(arrows):
        ready = [room for room in arrows if room not in level and arrows[room] <= level.keys()]
        if not ready:
            raise ValueError(f"a circle among {sorted(arrows.keys() - level.keys())}")
        for room in ready:
            level[room] = 1 + max((level[used] for used in arrows[room]), default=-1)
    return [sorted(r for r in level if level[r] == floor) for floor in range(max(level.values()), -1, -1)]


def remove_implied_arrows(arrows: dict[str, set[str]]) -> dict[str, set[str]]:
    """The arrows without those that a path through other rooms implies."""
    reached: dict[str, set[str]] = {}
    for floor in reversed(arrange_floors(arrows)):
        for room in floor:
            reached[room] = arrows[room].union(*(reached[used] for used in arrows[room]))
    return {room: {u for u in used if not any(u in reached[o] for o in used)} for room, used in arrows.items()}


def draw_rooms() -> str:
    """The picture as SVG; the same text for the same imports."""
    arrows = read_imports()
    floors = arrange_floors(arrows)
    width = max(len(floor) for floor in floors) * (_WIDTH + _GAP_X) + _GAP_X
    place: dict[str, tuple[float, float]] = {}
    for row, floor in enumerate(floors):
        start = (width - len(floor) * (_WIDTH + _GAP_X) + _GAP_X) / 2
        for column, room in enumerate(floor):
            place[room] = (start + column * (_WIDTH + _GAP_X), _GAP_X + row * (_HEIGHT + _GAP_Y))
    height = len(floors) * (_HEIGHT + _GAP_Y) - _GAP_Y + 2 * _GAP_X
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
        "<title>The rooms of etl/ and who imports whom</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for room, used in remove_implied_arrows(arrows).items():
        x, y = place[room]
        for other in sorted(used):
            to_x, to_y = place[other]
            points = f"{x + _WIDTH / 2:g},{y + _HEIGHT:g} {to_x + _WIDTH / 2:g},{to_y:g}"
            parts.append(f'<polyline points="{points}" stroke="#9ab" stroke-width="0.7" fill="none"/>')
    for room, (x, y) in place.items():
        fill = "#eee" if room in _OUTSIDE else "#e8f0fb"
        parts += [
            f'<rect x="{x:g}" y="{y:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="4" fill="{fill}" stroke="#357"/>',
            f'<text x="{x + _WIDTH / 2:g}" y="{y + 21:g}" font-size="12" text-anchor="middle">{escape(room)}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(draw_rooms(), encoding="utf-8")
