"""Finds a sheet's columns by their printed headers, wherever they stand. Read room, child process only.

Two-way: a header of the form that is not there and a header that is not the form's are both findings. Two columns
with one header are a finding too; nothing is chosen between them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field

from etl.catalog.layout import cell_name
from etl.read.opened import Rows
from etl.read.plan import TOTALS, SheetPlan, plain, squash
from etl.read.preflight import Trouble

_DEEPEST_TOP = 60
_MOST_HEAD_ROWS = 8
_NO_COLUMN = "(không có cột)"


@dataclass
class Columns:
    """Where the columns are. `at` is the found column by layout column; the table's rows begin at `first_row`."""

    top: int
    first_row: int
    at: dict[int, int] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    headed: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Head:
    col: int
    row: int
    path: tuple[str, ...]
    shown: str


def find_columns(plan: SheetPlan, name: str, rows: Rows) -> Columns | None:
    """The columns of a sheet, or None where no header row is."""
    top = _top(plan, rows)
    if top is None:
        return None
    first, kind_row = _band(plan, rows, top)
    heads = _heads(rows, top, first, kind_row)
    found = Columns(top, first, headed=frozenset(head.col for head in heads))
    by_path: dict[int, list[_Head]] = {}
    unknown = []
    for head in heads:
        col = _known(plan, head.path)
        if col is None:
            unknown.append(head)
        else:
            by_path.setdefault(col, []).append(head)
    twice = {col: group for col, group in by_path.items() if len(group) > 1}
    found.at = {col: group[0].col for col, group in by_path.items() if len(group) == 1}
    found.troubles += [_twice(plan, name, col, group) for col, group in twice.items()]
    found.troubles += _strange(plan, name, found, unknown, set(by_path))
    if kind_row is not None:
        found.troubles += _kinds(plan, name, rows[kind_row], kind_row, found)
    return found


def _top(plan: SheetPlan, rows: Rows) -> int | None:
    """The row with most of the top headers: at least two, and at least two in five."""
    wanted = {path[0] for path in plan.heads.values() if path} | {squash("".join(p)) for p in plan.heads.values()}
    best, most = None, max(1, 0.4 * len({path[0] for path in plan.heads.values()}) - 1)
    for number, row in enumerate(rows[:_DEEPEST_TOP]):
        texts = {plain(v) for v in row if type(v) is str and v}
        hits = len(texts & wanted) + len({squash(t) for t in texts - wanted} & wanted)
        if hits > most:
            best, most = number, hits
    return best


def _band(plan: SheetPlan, rows: Rows, top: int) -> tuple[int, int | None]:
    """(first row below the header, row of units and kinds)."""
    kinds = {kind for kind in plan.kinds.values() if kind}
    keys = {part for key in plan.keys for part in key if part} if plan.sheet.layout != "notes" else set()
    kind_row = None
    for number in range(top + 1, min(len(rows), top + _MOST_HEAD_ROWS)):
        texts = [plain(v) for v in rows[number] if v != ""]
        if _is_numbers(texts):
            return number + 1, kind_row
        if any(t in TOTALS for t in texts[:3] if t not in plan.telling) or keys.intersection(texts):
            return number, kind_row
        if kinds and sum(t in kinds for t in texts) * 2 >= max(len(texts), 1):
            kind_row = number
    return min(top + 2 + bool(kinds), len(rows)), kind_row


def _is_numbers(texts: list[str]) -> bool:
    """A row of column numbers: 1, 2, 3 …, some perhaps deleted, moved or doubled."""
    return len(texts) >= 2 and all(t.isdigit() and len(t) < 3 for t in texts) and len(set(texts)) * 2 > len(texts)


def _heads(rows: Rows, top: int, first: int, kind_row: int | None) -> list[_Head]:
    """Every column with a header. A blank above a header belongs to the header at its left, as when merged."""
    lines = [n for n in range(top, first) if n != kind_row and not _is_numbers([plain(v) for v in rows[n] if v != ""])]
    heads, group = [], ""
    for col in range(len(rows[top])):
        texts = [(n, rows[n][col]) for n in lines if rows[n][col] != ""]
        if rows[top][col] != "":
            group = str(rows[top][col])
        elif texts and group:
            texts.insert(0, (texts[0][0], group))
        if texts:
            parts = tuple(plain(v) for _, v in texts)
            heads.append(_Head(col, texts[-1][0], parts, " > ".join(str(v).strip() for _, v in texts)))
    return heads


def _known(plan: SheetPlan, path: tuple[str, ...]) -> int | None:
    """The layout column with these headers; a header written in one cell or repeated by unmerging counts as well."""
    short = tuple(part for n, part in enumerate(path) if not n or part != path[n - 1])
    for col, wanted in plan.heads.items():
        if wanted in (path, short):
            return col
    squashed = squash("".join(path))
    hits = [col for col, wanted in plan.heads.items() if squash("".join(wanted)) == squashed]
    return hits[0] if len(hits) == 1 else None


def _twice(plan: SheetPlan, name: str, col: int, group: list[_Head]) -> Trouble:
    places = ", ".join(cell_name(head.row, head.col) for head in group)
    second = group[1]
    slots = (("found", plan.shown[col]), ("detail", places))
    return Trouble("S14", name, cell_name(second.row, second.col), second.shown, slots)


def _strange(plan: SheetPlan, name: str, found: Columns, unknown: list[_Head], seen: set[int]) -> Iterator[Trouble]:
    """Missing and unknown headers: one of each between the same neighbours is a changed header."""
    needed = (*plan.input_cols, *plan.key_cols)
    missing = [col for col in sorted(plan.heads) if col not in seen and plan.heads[col] and col in needed]
    left = list(unknown)
    slots: tuple[tuple[str, str], ...]
    for col in missing:
        head = next((h for h in left if _between(found, seen, col, h.col)), None)
        if head:
            left.remove(head)
            slots = (("expected", plan.shown[col]), ("found", head.shown))
            yield Trouble("S09", name, cell_name(head.row, head.col), head.shown, slots)
        elif col in plan.input_cols:
            slots = (("expected", plan.shown[col]),)
            yield Trouble("S12" if col in plan.required else "S13", name, cell_name(found.top, 0), "", slots)
    for head in left:
        if not _label_renamed(plan, found, seen, head):
            slots = (("expected", _NO_COLUMN), ("found", head.shown), ("detail", _nearest(plan, head)))
            yield Trouble("S09", name, cell_name(head.row, head.col), head.shown, slots)


def _between(found: Columns, seen: set[int], col: int, at: int) -> bool:
    """Whether a found column stands where a layout column should: between the nearest found neighbours."""
    before = [found.at[c] for c in sorted(seen) if c < col and c in found.at]
    after = [found.at[c] for c in sorted(seen) if c > col and c in found.at]
    return (not before or at > before[-1]) and (not after or at < after[0]) and bool(before or after)


def _label_renamed(plan: SheetPlan, found: Columns, seen: set[int], head: _Head) -> bool:
    """Whether a strange header only stands over labels that nothing is read from."""
    spare = (c for c in plan.heads if c not in seen and c not in plan.input_cols and c not in plan.key_cols)
    return any(_between(found, seen, col, head.col) for col in spare)


def _nearest(plan: SheetPlan, head: _Head) -> str:
    shown = {plain(text): text for text in plan.shown.values()}
    close = difflib.get_close_matches(plain(head.shown), shown, 1)
    return f" Gần giống “{shown[close[0]]}”." if close else ""


def _kinds(plan: SheetPlan, name: str, line: list[object], row: int, found: Columns) -> Iterator[Trouble]:
    """Units and kinds below the headers that are not the form's: a number in thousands is another number."""
    for col, kind in plan.kinds.items():
        at = found.at.get(col)
        if at is not None and line[at] != "" and plain(line[at]) != kind:
            text = str(line[at])
            slots = (("expected", _printed_kind(plan, col)), ("found", text))
            yield Trouble("S29", name, cell_name(row, at), text, slots)


def _printed_kind(plan: SheetPlan, col: int) -> str:
    rows = plan.sheet.header_rows
    return next(f.text for f in plan.sheet.fixed if f.role == "kind" and f.col == col and rows[0] <= f.row <= rows[1])
