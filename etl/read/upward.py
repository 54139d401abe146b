"""What is special about a form that an area sends to the level above: its rows, its company, its signature.

Read room, child process only. Such a form is a sheet of an annex: the other sheets are for people, and nobody misses
them here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from etl.catalog.cells import UPWARD
from etl.catalog.layout import FormLayout
from etl.read.opened import Opened
from etl.read.preflight import Trouble

if TYPE_CHECKING:
    from etl.read.lines import _Seen, _Table

_PROPERTIES = "docProps/custom.xml"
_SIGNED = re.compile(rb'\bname="TongketApprovedBy"')
"""The mark of who signed, as published files carry it among their properties; whether it is true, `verify` says."""


def coded(table: _Table, row: int, seen: _Seen) -> None:
    """A row named by the codes of its unit and data element; names beside them may be written otherwise."""
    key = tuple(table.text(row, col) for col in table.plan.key_cols)
    line = table.plan.keys.get(key)
    if line is not None:
        seen.rows.setdefault(line, []).append(row)
    elif table.filled(row):
        slots = (("found", ", ".join(part for part in key if part) or f"dòng {row + 1}"),)
        col = table.plan.key_cols[0]
        seen.strange.append((row, Trouble("S16", table.name, table.cell(row, col), table.shown(row, col), slots)))


def comes_with_others(described: FormLayout) -> bool:
    """Whether the form is a sheet of an annex, so that further sheets are to be expected."""
    return any(sheet.layout == UPWARD for sheet in described.sheets)


def unsigned(opened: Opened, described: FormLayout) -> Iterator[Trouble]:
    """A note on an annex that carries no mark of sign-off: a draft counts, and whoever takes it in knows."""
    if comes_with_others(described) and not _SIGNED.search(opened.other_part(_PROPERTIES)):
        yield Trouble("S30")
