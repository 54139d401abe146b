"""What is special about a form that an area sends to the level above: its rows, its company, its signature.

Read room, child process only. Such a form is a sheet of an annex: the other sheets are for people, and nobody misses
them here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from etl.catalog.layout import FormLayout
from etl.read.preflight import RawFinding
from etl.read.table_rows import RowMatches, TableRows
from etl.read.workbook_file import WorkbookFile

_PROPERTIES = "docProps/custom.xml"
_SIGNED = re.compile(rb'\bname="TongketApprovedBy"')
"""The mark of who signed, as published files carry it among their properties; whether it is true, `verify` says."""


def match_coded_row(table: TableRows, row: int, matches: RowMatches) -> None:
    """A row named by the codes of its unit and data element; names beside them may be written otherwise."""
    key = tuple(table.normalize_cell_label(row, col) for col in table.template.key_cols)
    line = table.template.keys.get(key)
    if line is not None:
        matches.rows.setdefault(line, []).append(row)
    elif table.has_input(row):
        slots = (("found", ", ".join(part for part in key if part) or f"dòng {row + 1}"),)
        col = table.template.key_cols[0]
        matches.unmatched.append(
            (
                row,
                RawFinding(
                    "S16", table.name, table.format_cell_name(row, col), table.format_cell_label(row, col), slots
                ),
            )
        )


def is_annex_form(form_layout: FormLayout) -> bool:
    """Whether the form is a sheet of an annex, so that further sheets are to be expected."""
    return any(sheet.kind.is_upward for sheet in form_layout.sheets)


def check_sign_off(workbook_file: WorkbookFile, form_layout: FormLayout) -> Iterator[RawFinding]:
    """A note on an annex that carries no mark of sign-off: a draft counts, and whoever takes it in knows."""
    if is_annex_form(form_layout) and not _SIGNED.search(workbook_file.read_part(_PROPERTIES)):
        yield RawFinding("S30")
