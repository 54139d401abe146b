"""The rows of a table on a sheet whose columns are found, and what they said so far. Read room, child process only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from etl.catalog import models
from etl.catalog.layout import format_cell_name
from etl.read.columns import MatchedColumns
from etl.read.preflight import RawFinding
from etl.read.sheet_template import SheetTemplate, normalize_label
from etl.read.workbook_file import Rows


@dataclass
class RowMatches:
    """What the rows said so far: found rows by layout row; rows whose code and name disagree, with the layout rows
    that they may be; rows with numbers that are nobody's."""

    rows: dict[int, list[int]] = field(default_factory=dict)
    conflicts: list[RawFinding] = field(default_factory=list)
    claimed: set[int] = field(default_factory=set)
    unmatched: list[tuple[int, RawFinding]] = field(default_factory=list)


class TableRows:
    """A table's rows with its columns found."""

    def __init__(
        self, template: SheetTemplate, name: str, rows: Rows, columns: MatchedColumns, units: Mapping[str, models.Unit],
        area: tuple[models.Unit, ...],
    ) -> None:  # fmt: skip
        self.template, self.name, self.rows, self.columns, self.units = template, name, rows, columns, units
        self.area = area
        self.inputs = [columns.at[c] for c in template.input_cols if c in columns.at]

    def normalize_cell_label(self, row: int, col: int) -> str:
        """The label in a layout column of a found row, for comparing."""
        at = self.columns.at.get(col)
        return normalize_label(self.rows[row][at]) if at is not None and self.rows[row][at] != "" else ""

    def format_cell_name(self, row: int, col: int) -> str:
        """The A1 name of a layout column of a found row."""
        return format_cell_name(row, self.columns.at.get(col, 0))

    def format_cell_label(self, row: int, col: int) -> str:
        """The label in a layout column of a found row as it is written, in one line; empty where no column is."""
        at = self.columns.at.get(col)
        return " ".join(str(self.rows[row][at]).split()) if at is not None else ""

    def has_input(self, row: int) -> bool:
        """Whether anything stands in an input column of a found row."""
        return any(self.rows[row][at] != "" for at in self.inputs)

    def find_first_label(self, row: int) -> str:
        """The first of a row's labels that says anything."""
        return next((s for col in (*self.template.key_cols, 0) if (s := self.format_cell_label(row, col))), "")
