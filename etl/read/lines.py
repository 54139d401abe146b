"""Finds a sheet's rows by what names them, wherever they stand. Read room, child process only.

Communes by code, without a code by name within the parent; other rows by their printed text. Sums, sections, notes
and signatures are recognised and left alone. A row that holds numbers and is nobody's is a finding, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from etl.catalog import models as m
from etl.catalog.layout import cell_name
from etl.read import names, upward
from etl.read.anchors import Columns
from etl.read.opened import Rows
from etl.read.plan import TOTALS, SheetPlan, plain
from etl.read.preflight import Trouble

_ROMAN = re.compile(r"[ivx]{1,5}\.?")
_FOOTER = re.compile(
    r"(người lập|thủ trưởng|giám đốc|phó giám đốc|kế toán|chủ tịch|tm\.|kt\.|\(kí|ghi chú|nơi nhận|chú thích|nguồn:"
    r"|.{0,40}ngày .{0,12}tháng .{0,12}năm)"
)
"""How a note or a signature block begins, as `plain` text."""


@dataclass
class Lines:
    """Where the rows are. `at` is the found row by layout row; `total` is the row of sums, if there is one."""

    at: dict[int, int] = field(default_factory=dict)
    total: int | None = None
    troubles: list[Trouble] = field(default_factory=list)


@dataclass
class _Seen:
    """What the rows said so far: found rows by layout row; rows whose code and name disagree, with the layout rows
    that they may be; rows with numbers that are nobody's."""

    rows: dict[int, list[int]] = field(default_factory=dict)
    doubtful: list[Trouble] = field(default_factory=list)
    claimed: set[int] = field(default_factory=set)
    strange: list[tuple[int, Trouble]] = field(default_factory=list)


class _Table:
    """A table's rows with its columns found."""

    def __init__(self, plan: SheetPlan, name: str, rows: Rows, columns: Columns, units: Mapping[str, m.Unit]) -> None:
        self.plan, self.name, self.rows, self.columns, self.units = plan, name, rows, columns, units
        self.inputs = [columns.at[c] for c in plan.input_cols if c in columns.at]

    def text(self, row: int, col: int) -> str:
        """The label in a layout column of a found row, for comparing."""
        at = self.columns.at.get(col)
        return plain(self.rows[row][at]) if at is not None and self.rows[row][at] != "" else ""

    def cell(self, row: int, col: int) -> str:
        return cell_name(row, self.columns.at.get(col, 0))

    def shown(self, row: int, col: int) -> str:
        at = self.columns.at.get(col)
        return " ".join(str(self.rows[row][at]).split()) if at is not None else ""

    def filled(self, row: int) -> bool:
        return any(self.rows[row][at] != "" for at in self.inputs)

    def label(self, row: int) -> str:
        """The first of a row's labels that says anything."""
        return next((s for col in (*self.plan.key_cols, 0) if (s := self.shown(row, col))), "")


def find_rows(
    plan: SheetPlan, name: str, rows: Rows, columns: Columns, units: Mapping[str, m.Unit]
) -> Lines:  # fmt: skip
    """The rows of a sheet. `units` are the units that the form's rows stand for, by code."""
    table = _Table(plan, name, rows, columns, units)
    found, seen = Lines(), _Seen()
    read = _READERS[plan.sheet.layout]
    for row in range(columns.first_row, len(rows)):
        if _is_total(table, row):
            found.total = row if found.total is None else found.total
        elif any(v != "" for v in rows[row]) and not _is_footer(table, row):
            read(table, row, seen)
    found.at = {line: at[0] for line, at in seen.rows.items() if len(at) == 1}
    found.troubles = [*seen.doubtful, *_twice(table, seen)]
    found.troubles += _missing_and_strange(table, seen)
    found.troubles += _measures(table, found.at)
    return found


def _is_total(table: _Table, row: int) -> bool:
    labels = [table.text(row, col) for col in (0, *table.plan.key_cols)]
    return any(label.rstrip(" :") in TOTALS for label in labels) and not any(label in table.units for label in labels)


def _is_footer(table: _Table, row: int) -> bool:
    """A note or a signature: words at the start of the row, and no number in any input column."""
    first = next((plain(v) for v in table.rows[row] if v != ""), "")
    if table.plan.sheet.layout in ("notes", "tasks"):
        return bool(_FOOTER.match(first))
    numbers = any(isinstance(table.rows[row][at], int | float) for at in table.inputs)
    return bool(_FOOTER.match(first)) and not numbers


# --- what a row is ----------------------------------------------------------------------------------


def _commune(table: _Table, row: int, seen: _Seen) -> None:
    code, name = table.text(row, 2), table.text(row, 1)
    keys = {key[1]: line for key, line in table.plan.keys.items()}
    named = names.match(table.shown(row, 1), tuple(table.units.values())) if name else None
    said = named.code if named else ""
    if code in keys and said in ("", code):
        seen.rows.setdefault(keys[code], []).append(row)
    elif code in keys:
        slots = (("expected", table.units[code].name), ("found", table.shown(row, 1)))
        seen.doubtful.append(Trouble("S17", table.name, table.cell(row, 1), table.shown(row, 1), slots))
        seen.claimed.update((keys[code], keys[said]))
    elif said and not code:
        seen.rows.setdefault(keys[said], []).append(row)
    elif said:
        slots = (("expected", said), ("found", table.shown(row, 2)))
        seen.doubtful.append(Trouble("S10", table.name, table.cell(row, 2), table.shown(row, 2), slots))
        seen.claimed.add(keys[said])
    elif table.filled(row) and not _is_section(table, row):
        close = ", ".join(named.suggestions) if named else ""
        detail = f" Có phải là: {close}?" if close else ""
        col = 2 if code else 1
        slots = (("found", table.label(row) or f"dòng {row + 1}"), ("detail", detail))
        seen.strange.append((row, Trouble("S16", table.name, table.cell(row, col), table.label(row), slots)))


def _is_section(table: _Table, row: int) -> bool:
    """A section's heading (I, II …), perhaps with a sum of its own."""
    return bool(_ROMAN.fullmatch(table.text(row, 0))) and not table.text(row, 2)


def _printed(table: _Table, row: int, seen: _Seen) -> None:
    """A row named by its printed texts; where some of them are blank, the others must be enough."""
    texts = tuple(table.text(row, col) for col in table.plan.key_cols)
    lines = [line for key, line in table.plan.keys.items() if _fits(key, texts)]
    if len(lines) == 1:
        seen.rows.setdefault(lines[0], []).append(row)
    elif table.filled(row) and not (_ROMAN.fullmatch(table.text(row, 0)) and not _is_digits(table.rows[row])):
        col = _differing(table.plan, texts)
        slots = (("found", table.label(row) or f"dòng {row + 1}"),)
        seen.strange.append((row, Trouble("S16", table.name, table.cell(row, col), table.shown(row, col), slots)))


def _fits(key: tuple[str, ...], texts: tuple[str, ...]) -> bool:
    return any(texts) and all(not text or text == part for part, text in zip(key, texts, strict=True))


def _differing(plan: SheetPlan, texts: tuple[str, ...]) -> int:
    """The label column that is in no row of the form."""
    for n, col in enumerate(plan.key_cols):
        if texts[n] and texts[n] not in {key[n] for key in plan.keys}:
            return col
    return plan.key_cols[0]


def _is_digits(line: list[Any]) -> bool:
    return any(isinstance(v, int | float) for v in line)


def _numbered(table: _Table, row: int, seen: _Seen) -> None:
    """A line of notes, known by its number; a line with words and without a number is left and said so."""
    line = table.plan.keys.get((table.text(row, 0).rstrip("."),))
    if line is not None:
        seen.rows.setdefault(line, []).append(row)
    elif table.filled(row):
        slots = (("found", table.label(row) or f"dòng {row + 1}"),)
        seen.strange.append((row, Trouble("S27", table.name, cell_name(row, table.inputs[0]), "", slots)))


_READERS = {
    "by_commune": _commune, "list": _printed, "published": _printed, "tasks": _printed, "notes": _numbered,
    "upward": upward.coded,
}  # fmt: skip


# --- what is wrong with all of them -----------------------------------------------------------------


def _twice(table: _Table, seen: _Seen) -> Iterator[Trouble]:
    for line, at in seen.rows.items():
        if len(at) > 1:
            places = ", ".join(str(row + 1) for row in at)
            cell = table.cell(at[1], table.plan.key_cols[0])
            slots = (("found", table.plan.names[line]), ("detail", places))
            yield Trouble("S15", table.name, cell, table.plan.names[line], slots)


def _missing_and_strange(table: _Table, seen: _Seen) -> Iterator[Trouble]:
    """A missing row and a strange one between the same neighbours are one changed label."""
    left = list(seen.strange)
    missing = []
    for line in sorted(set(table.plan.keys.values()) - set(seen.rows) - seen.claimed):
        pair = next((p for p in left if p[1].code == "S16" and _between(seen, line, p[0])), None)
        if pair is None:
            missing.append(line)
            continue
        left.remove(pair)
        old = pair[1]
        slots = (("expected", table.plan.names[line]), ("found", old.value or "(trống)"), *old.slots[1:])
        yield Trouble("S10", old.sheet, old.cell, old.value, slots)
    if missing and table.plan.sheet.layout != "notes":
        slots = (("expected", "; ".join(table.plan.names[line] for line in missing)),)
        yield Trouble("S25", table.name, cell_name(table.columns.first_row, 0), "", slots)
    yield from (trouble for _, trouble in left)


def _between(seen: _Seen, line: int, row: int) -> bool:
    before = [seen.rows[n][0] for n in sorted(seen.rows) if n < line and seen.rows[n]]
    after = [seen.rows[n][0] for n in sorted(seen.rows) if n > line and seen.rows[n]]
    return (not before or row > before[-1]) and (not after or row < after[0])


def _measures(table: _Table, at: dict[int, int]) -> Iterator[Trouble]:
    """Units and kinds printed in a row that are not the form's."""
    for line, row in at.items():
        for n, col in enumerate(table.plan.measure_cols):
            text, wanted = table.text(row, col), table.plan.measures[line][n]
            if text and text != wanted:
                slots = (("expected", wanted), ("found", table.shown(row, col)))
                yield Trouble("S29", table.name, table.cell(row, col), table.shown(row, col), slots)
