"""Finds a sheet's rows by what names them, wherever they stand. Read room, child process only.

Communes by code, without a code by name within the parent; other rows by their printed text. Sums, sections, notes
and signatures are recognised and left alone. A row that holds numbers and is nobody's is a finding, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from etl.catalog import models
from etl.catalog.layout import format_cell_name
from etl.read import unit_matching, upward_form
from etl.read.columns import MatchedColumns
from etl.read.preflight import RawFinding
from etl.read.sheet_template import TOTALS, SheetTemplate, normalize_label
from etl.read.table_rows import RowMatches, TableRows
from etl.read.vietnamese_text import CHARSET_NAMES, convert_charset
from etl.read.workbook_file import Rows

_ROMAN = re.compile(r"[ivx]{1,5}\.?")
_NUMBER = re.compile(r"\s*-?[0-9][0-9.,\s]*")
_FOOTER = re.compile(
    r"(người lập|thủ trưởng|giám đốc|phó giám đốc|kế toán|chủ tịch|tm\.|kt\.|\(kí|ghi chú|nơi nhận|chú thích|nguồn:"
    r"|.{0,40}ngày .{0,12}tháng .{0,12}năm)"
)
"""How a note or a signature block begins, as `plain` text."""


@dataclass
class MatchedRows:
    """Where the rows are. `at` is the found row by layout row; `total` is the row of sums, if there is one."""

    at: dict[int, int] = field(default_factory=dict)
    total: int | None = None
    findings: list[RawFinding] = field(default_factory=list)


def find_rows(
    template: SheetTemplate, name: str, rows: Rows, columns: MatchedColumns, units: Mapping[str, models.Unit],
    area: tuple[models.Unit, ...],
) -> MatchedRows:  # fmt: skip
    """The rows of a sheet. `units` are the units that the form's rows stand for, by code; `area` is every unit."""
    table = TableRows(template, name, rows, columns, units, area)
    matched, matches = MatchedRows(), RowMatches()
    match_row = _ROW_READERS[template.sheet.kind.row_reader]
    for row in range(columns.first_row, len(rows)):
        if _is_total_row(table, row):
            matched.total = row if matched.total is None else matched.total
        elif any(v != "" for v in rows[row]) and not _is_footer_row(table, row):
            match_row(table, row, matches)
    matched.at = {line: at[0] for line, at in matches.rows.items() if len(at) == 1}
    matched.findings = [*matches.conflicts, *_check_duplicate_rows(table, matches)]
    matched.findings += _check_unmatched_rows(table, matches)
    matched.findings += _check_row_units(table, matched.at)
    return matched


def _is_total_row(table: TableRows, row: int) -> bool:
    labels = [table.normalize_cell_label(row, col) for col in (0, *table.template.key_cols)]
    return any(label.rstrip(" :") in TOTALS for label in labels) and not any(label in table.units for label in labels)


def _is_footer_row(table: TableRows, row: int) -> bool:
    """A note or a signature: words at the start of the row, and no number in any input column."""
    first = next((normalize_label(v) for v in table.rows[row] if v != ""), "")
    if table.template.sheet.kind.words_only:
        return bool(_FOOTER.match(first))
    numbers = any(_NUMBER.fullmatch(str(table.rows[row][at])) for at in table.inputs)
    return bool(_FOOTER.match(first)) and not numbers


# --- what a row is ----------------------------------------------------------------------------------


def _match_commune_row(table: TableRows, row: int, matches: RowMatches) -> None:
    code, name = table.normalize_cell_label(row, 2), table.normalize_cell_label(row, 1)
    keys = {key[1]: line for key, line in table.template.keys.items()}
    unit_match = (
        unit_matching.match_unit(table.format_cell_label(row, 1), tuple(table.units.values())) if name else None
    )
    code_by_name = unit_match.code if unit_match else ""
    if code in keys and code_by_name in ("", code):
        conflict = _check_name_beside_code(table, row, code) if name and not code_by_name else None
        if conflict and conflict.code == "S17":
            matches.claimed.add(keys[code])
        else:
            matches.rows.setdefault(keys[code], []).append(row)
        matches.conflicts += [conflict] if conflict else []
    elif code in keys:
        matches.conflicts.append(_build_name_finding(table, row, code, "S17"))
        matches.claimed.update((keys[code], keys[code_by_name]))
    elif code_by_name and not code:
        matches.rows.setdefault(keys[code_by_name], []).append(row)
    elif code_by_name:
        slots = (("expected", code_by_name), ("found", table.format_cell_label(row, 2)))
        matches.conflicts.append(
            RawFinding("S10", table.name, table.format_cell_name(row, 2), table.format_cell_label(row, 2), slots)
        )
        matches.claimed.add(keys[code_by_name])
    elif table.has_input(row) and _is_section_row(table, row):
        found = f"dòng {row + 1} ({table.find_first_label(row)})"
        place = format_cell_name(row, table.inputs[0])
        matches.unmatched.append((row, RawFinding("S27", table.name, place, "", (("found", found),))))
    elif table.has_input(row):
        close = ", ".join(unit_match.suggestions) if unit_match else ""
        detail = f" Có phải là: {close}?" if close else ""
        col = 2 if code else 1
        slots = (("found", table.find_first_label(row) or f"dòng {row + 1}"), ("detail", detail))
        matches.unmatched.append(
            (row, RawFinding("S16", table.name, table.format_cell_name(row, col), table.find_first_label(row), slots))
        )


def _check_name_beside_code(table: TableRows, row: int, code: str) -> RawFinding | None:
    """A name that is not the code's: another unit's of the whole area, now or before, or one that nobody knows.

    A name badly typed, or in letters of an old charset, is still the code's.
    """
    name = table.format_cell_label(row, 1)
    if unit_matching.list_bearers(name, table.area):
        return _build_name_finding(table, row, code, "S17")
    converted = (convert_charset(name, charset) for charset in CHARSET_NAMES)
    is_similar = any(unit_matching.is_similar_name(text, table.units[code]) for text in (name, *converted))
    return None if is_similar else _build_name_finding(table, row, code, "S34")


def _build_name_finding(table: TableRows, row: int, code: str, finding_code: str) -> RawFinding:
    found = table.format_cell_label(row, 1)
    slots = (("expected", table.units[code].name), ("found", found))
    return RawFinding(finding_code, table.name, table.format_cell_name(row, 1), found, slots)


def _is_section_row(table: TableRows, row: int) -> bool:
    """A section's heading (I, II …), perhaps with a sum of its own; never a row that bears a unit's name."""
    is_numbered = _ROMAN.fullmatch(table.normalize_cell_label(row, 0)) and not table.normalize_cell_label(row, 2)
    return bool(is_numbered) and not unit_matching.has_unit_type(table.format_cell_label(row, 1))


def _match_printed_row(table: TableRows, row: int, matches: RowMatches) -> None:
    """A row named by its printed texts; where some of them are blank, the others must be enough."""
    texts = tuple(table.normalize_cell_label(row, col) for col in table.template.key_cols)
    lines = [line for key, line in table.template.keys.items() if _is_matching_key(key, texts)]
    if len(lines) == 1:
        matches.rows.setdefault(lines[0], []).append(row)
    elif table.has_input(row) and not (
        _ROMAN.fullmatch(table.normalize_cell_label(row, 0)) and not _has_number_cell(table.rows[row])
    ):
        col = _find_differing_column(table.template, texts)
        slots = (("found", table.find_first_label(row) or f"dòng {row + 1}"),)
        matches.unmatched.append(
            (
                row,
                RawFinding(
                    "S16", table.name, table.format_cell_name(row, col), table.format_cell_label(row, col), slots
                ),
            )
        )


def _is_matching_key(key: tuple[str, ...], texts: tuple[str, ...]) -> bool:
    return any(texts) and all(not text or text == part for part, text in zip(key, texts, strict=True))


def _find_differing_column(template: SheetTemplate, texts: tuple[str, ...]) -> int:
    """The label column that is in no row of the form."""
    for n, col in enumerate(template.key_cols):
        if texts[n] and texts[n] not in {key[n] for key in template.keys}:
            return col
    return template.key_cols[0]


def _has_number_cell(line: list[Any]) -> bool:
    return any(isinstance(v, int | float) for v in line)


def _match_numbered_row(table: TableRows, row: int, matches: RowMatches) -> None:
    """A line of notes, known by its number; a line with words and without a number is left and said so."""
    line = table.template.keys.get((table.normalize_cell_label(row, 0).rstrip("."),))
    if line is not None:
        matches.rows.setdefault(line, []).append(row)
    elif table.has_input(row):
        slots = (("found", table.find_first_label(row) or f"dòng {row + 1}"),)
        matches.unmatched.append(
            (row, RawFinding("S27", table.name, format_cell_name(row, table.inputs[0]), "", slots))
        )


_ROW_READERS = {
    "commune": _match_commune_row,
    "printed": _match_printed_row,
    "numbered": _match_numbered_row,
    "coded": upward_form.match_coded_row,
}


# --- what is wrong with all of them -----------------------------------------------------------------


def _check_duplicate_rows(table: TableRows, matches: RowMatches) -> Iterator[RawFinding]:
    for line, at in matches.rows.items():
        if len(at) > 1:
            places = ", ".join(str(row + 1) for row in at)
            cell = table.format_cell_name(at[1], table.template.key_cols[0])
            slots = (("found", table.template.row_names[line]), ("detail", places))
            yield RawFinding("S15", table.name, cell, table.template.row_names[line], slots)


def _check_unmatched_rows(table: TableRows, matches: RowMatches) -> Iterator[RawFinding]:
    """A missing row and a strange one between the same neighbours are one changed label."""
    left = list(matches.unmatched)
    missing = []
    for line in sorted(set(table.template.keys.values()) - set(matches.rows) - matches.claimed):
        pair = next((p for p in left if p[1].code == "S16" and _is_between_rows(matches, line, p[0])), None)
        if pair is None:
            missing.append(line)
            continue
        left.remove(pair)
        old = pair[1]
        slots = (("expected", table.template.row_names[line]), ("found", old.value or "(trống)"), *old.slots[1:])
        yield RawFinding("S10", old.sheet, old.cell, old.value, slots)
    if missing and not table.template.sheet.kind.free_rows:
        slots = (("expected", "; ".join(table.template.row_names[line] for line in missing)),)
        yield RawFinding("S25", table.name, format_cell_name(table.columns.first_row, 0), "", slots)
    yield from (finding for _, finding in left)


def _is_between_rows(matches: RowMatches, line: int, row: int) -> bool:
    before = [matches.rows[n][0] for n in sorted(matches.rows) if n < line and matches.rows[n]]
    after = [matches.rows[n][0] for n in sorted(matches.rows) if n > line and matches.rows[n]]
    return (not before or row > before[-1]) and (not after or row < after[0])


def _check_row_units(table: TableRows, at: dict[int, int]) -> Iterator[RawFinding]:
    """Units and kinds printed in a row that are not the form's."""
    for line, row in at.items():
        for n, col in enumerate(table.template.measure_cols):
            text = table.normalize_cell_label(row, col)
            if text and text not in table.template.measures[line][n]:
                printed = table.template.find_printed_text(line, col)
                slots = (("expected", printed), ("found", table.format_cell_label(row, col)))
                yield RawFinding(
                    "S29", table.name, table.format_cell_name(row, col), table.format_cell_label(row, col), slots
                )
