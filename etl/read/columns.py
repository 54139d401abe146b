"""Finds a sheet's columns by their printed headers, wherever they stand. Read room, child process only.

Two-way: a header of the form that is not there and a header that is not the form's are both findings. Two columns
with one header are a finding too; nothing is chosen between them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field

from etl.catalog.layout import format_cell_name
from etl.read.preflight import RawFinding
from etl.read.sheet_template import TOTALS, SheetTemplate, normalize_label, squash_text
from etl.read.workbook_file import Rows

_DEEPEST_TOP = 60
_MOST_HEAD_ROWS = 8
_NO_COLUMN = "(không có cột)"


@dataclass
class MatchedColumns:
    """Where the columns are. `at` is the found column by layout column; the table's rows begin at `first_row`."""

    top: int
    first_row: int
    at: dict[int, int] = field(default_factory=dict)
    findings: list[RawFinding] = field(default_factory=list)
    headed: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Header:
    col: int
    row: int
    path: tuple[str, ...]
    shown: str


def find_columns(template: SheetTemplate, name: str, rows: Rows) -> MatchedColumns | None:
    """The columns of a sheet, or None where no header row is."""
    top = _find_top_row(template, rows)
    if top is None:
        return None
    first, kind_row = _find_header_band(template, rows, top)
    heads = _list_headers(rows, top, first, kind_row)
    columns = MatchedColumns(top, first, headed=frozenset(head.col for head in heads))
    by_path: dict[int, list[_Header]] = {}
    unknown = []
    for head in heads:
        col = _match_header(template, head.path)
        if col is None:
            unknown.append(head)
        else:
            by_path.setdefault(col, []).append(head)
    twice = {col: group for col, group in by_path.items() if len(group) > 1}
    columns.at = {col: group[0].col for col, group in by_path.items() if len(group) == 1}
    columns.findings += [_build_duplicate_header_finding(template, name, col, group) for col, group in twice.items()]
    columns.findings += _check_unmatched_headers(template, name, columns, unknown, set(by_path))
    if kind_row is not None:
        columns.findings += _check_header_units(template, name, rows[kind_row], kind_row, columns)
    return columns


def _find_top_row(template: SheetTemplate, rows: Rows) -> int | None:
    """The row with most of the top headers: at least two, and at least two in five."""
    paths = [path for path in template.header_paths.values() if path]
    tops = {path[0] for path in paths}
    wanted = tops | {squash_text("".join(path)) for path in paths}
    best, most = None, max(1, 0.4 * len(tops) - 1)
    for number, row in enumerate(rows[:_DEEPEST_TOP]):
        texts = {normalize_label(v) for v in row if type(v) is str and v}
        hits = len(texts & wanted) + len({squash_text(t) for t in texts - wanted} & wanted)
        if hits > most:
            best, most = number, hits
    return best


def _find_header_band(template: SheetTemplate, rows: Rows, top: int) -> tuple[int, int | None]:
    """(first row below the header, row of units and kinds)."""
    kinds = frozenset().union(*template.kinds.values()) - {""}
    keys = set() if template.sheet.kind.free_rows else {part for key in template.keys for part in key if part}
    kind_row = None
    for number in range(top + 1, min(len(rows), top + _MOST_HEAD_ROWS)):
        texts = [normalize_label(v) for v in rows[number] if v != ""]
        if _is_number_row(texts):
            return number + 1, kind_row
        has_numbers = any(isinstance(v, int | float) for v in rows[number])
        sums = (t in TOTALS and (has_numbers or t not in template.distinctive_texts) for t in texts[:3])
        if any(sums) or keys.intersection(texts):
            return number, kind_row
        if kinds and sum(t in kinds for t in texts) * 2 >= max(len(texts), 1):
            kind_row = number
    return min(top + 2 + bool(kinds), len(rows)), kind_row


def _is_number_row(texts: list[str]) -> bool:
    """A row of column numbers: 1, 2, 3 …, some perhaps deleted, moved or doubled."""
    return len(texts) >= 2 and all(t.isdigit() and len(t) < 3 for t in texts) and len(set(texts)) * 2 > len(texts)


def _list_headers(rows: Rows, top: int, first: int, kind_row: int | None) -> list[_Header]:
    """Every column with a header. A blank above a header belongs to the header at its left, as when merged."""
    lines = [
        n
        for n in range(top, first)
        if n != kind_row and not _is_number_row([normalize_label(v) for v in rows[n] if v != ""])
    ]
    heads, group = [], ""
    for col in range(len(rows[top])):
        texts = [(n, rows[n][col]) for n in lines if rows[n][col] != ""]
        if rows[top][col] != "":
            group = str(rows[top][col])
        elif texts and group:
            texts.insert(0, (texts[0][0], group))
        if texts:
            parts = tuple(normalize_label(v) for _, v in texts)
            heads.append(_Header(col, texts[-1][0], parts, " > ".join(str(v).strip() for _, v in texts)))
    return heads


def _match_header(template: SheetTemplate, path: tuple[str, ...]) -> int | None:
    """The layout column with these headers; a header written in one cell or repeated by unmerging counts as well."""
    short = tuple(part for n, part in enumerate(path) if not n or part != path[n - 1])
    for col, wanted in template.header_paths.items():
        if wanted in (path, short):
            return col
    squashed = squash_text("".join(path))
    hits = [col for col, wanted in template.header_paths.items() if squash_text("".join(wanted)) == squashed]
    return hits[0] if len(hits) == 1 else None


def _build_duplicate_header_finding(template: SheetTemplate, name: str, col: int, group: list[_Header]) -> RawFinding:
    places = ", ".join(format_cell_name(head.row, head.col) for head in group)
    second = group[1]
    slots = (("found", template.shown_headers[col]), ("detail", places))
    return RawFinding("S14", name, format_cell_name(second.row, second.col), second.shown, slots)


def _check_unmatched_headers(
    template: SheetTemplate, name: str, columns: MatchedColumns, unknown: list[_Header], matched_cols: set[int]
) -> Iterator[RawFinding]:
    """Missing and unknown headers: one of each between the same neighbours is a changed header."""
    needed = (*template.input_cols, *template.key_cols)
    missing = [
        col
        for col in sorted(template.header_paths)
        if col not in matched_cols and template.header_paths[col] and col in needed
    ]
    left = list(unknown)
    slots: tuple[tuple[str, str], ...]
    for col in missing:
        head = next((h for h in left if _is_between_columns(columns, matched_cols, col, h.col)), None)
        if head:
            left.remove(head)
            slots = (("expected", template.shown_headers[col]), ("found", head.shown))
            yield RawFinding("S09", name, format_cell_name(head.row, head.col), head.shown, slots)
        elif col in template.input_cols:
            slots = (("expected", template.shown_headers[col]),)
            yield RawFinding(
                "S12" if col in template.required else "S13", name, format_cell_name(columns.top, 0), "", slots
            )
    for head in left:
        if not _is_unread_label(template, columns, matched_cols, head):
            slots = (
                ("expected", _NO_COLUMN),
                ("found", head.shown),
                ("detail", _describe_nearest_header(template, head)),
            )
            yield RawFinding("S09", name, format_cell_name(head.row, head.col), head.shown, slots)


def _is_between_columns(columns: MatchedColumns, matched_cols: set[int], col: int, at: int) -> bool:
    """Whether a found column stands where a layout column should: between the nearest found neighbours."""
    before = [columns.at[c] for c in sorted(matched_cols) if c < col and c in columns.at]
    after = [columns.at[c] for c in sorted(matched_cols) if c > col and c in columns.at]
    return (not before or at > before[-1]) and (not after or at < after[0]) and bool(before or after)


def _is_unread_label(template: SheetTemplate, columns: MatchedColumns, matched_cols: set[int], head: _Header) -> bool:
    """Whether a strange header only stands over labels that nothing is read from."""
    spare = (
        c
        for c in template.header_paths
        if c not in matched_cols and c not in template.input_cols and c not in template.key_cols
    )
    return any(_is_between_columns(columns, matched_cols, col, head.col) for col in spare)


def _describe_nearest_header(template: SheetTemplate, head: _Header) -> str:
    shown = {normalize_label(text): text for text in template.shown_headers.values()}
    close = difflib.get_close_matches(normalize_label(head.shown), shown, 1)
    return f" Gần giống “{shown[close[0]]}”." if close else ""


def _check_header_units(
    template: SheetTemplate, name: str, line: list[object], row: int, columns: MatchedColumns
) -> Iterator[RawFinding]:
    """Units and kinds below the headers that are not the form's: a number in thousands is another number."""
    for col, kinds in template.kinds.items():
        at = columns.at.get(col)
        if at is not None and line[at] != "" and normalize_label(line[at]) not in kinds:
            text = str(line[at])
            slots = (("expected", _find_printed_kind(template, col)), ("found", text))
            yield RawFinding("S29", name, format_cell_name(row, at), text, slots)


def _find_printed_kind(template: SheetTemplate, col: int) -> str:
    rows = template.sheet.header_rows
    return next(
        f.text for f in template.sheet.fixed if f.role == "kind" and f.col == col and rows[0] <= f.row <= rows[1]
    )
