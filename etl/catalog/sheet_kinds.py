"""The kinds of sheets as data: what the writer, the reader and the list of owed cells must know of each.

Room: catalogue. Pure. A new kind is an entry here, a builder of its layout (`etl.catalog.layout`) and, if no row reader
fits, a row reader (`etl.read.rows`). No other module knows a kind by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SheetKind:
    """What distinguishes one kind of sheet. Columns count from 0.

    Attributes:
        name: how `catalog/forms` calls it.
        row_reader: what identifies a row: a commune's code or name, printed texts, a row number, or two codes.
        key_cols: the columns whose texts identify a row.
        measure_cols: the columns that print a row's unit and kind; they are compared when the workbook comes back.
        owed_cells: whose number cells it holds: the communes', the unit's own, or those that the units below the
            area owe it; none, if it holds no numbers that are summed.
        has_columns: whether its elements are listed in ``columns.csv``.
        words_only: nobody types numbers in it, so a line of words at its foot is recognised by the words alone.
        free_rows: rows are only numbered: one that was deleted is an empty one.
        freeze_cols: columns that stay in view.
        tall_headers: whether headers stand over narrow columns.
        row_height: as high as the printed text needs, high enough to write several lines, or as the program likes.
    """

    name: str
    row_reader: Literal["commune", "printed", "numbered", "coded"]
    key_cols: tuple[int, ...]
    measure_cols: tuple[int, ...] = ()
    owed_cells: Literal["communes", "unit", "units_below", "none"] = "none"
    has_columns: bool = True
    words_only: bool = False
    free_rows: bool = False
    freeze_cols: int = 0
    tall_headers: bool = False
    row_height: Literal["fit", "note", "default"] = "fit"

    @property
    def is_upward(self) -> bool:
        """Whether an area sends it to the level above."""
        return self.owed_cells == "units_below"


SHEET_KINDS: dict[str, SheetKind] = {
    kind.name: kind
    for kind in (
        SheetKind("by_commune", "commune", (1, 2), owed_cells="communes", freeze_cols=3, tall_headers=True),
        SheetKind("list", "printed", (1,), (2, 3), owed_cells="unit"),
        SheetKind("published", "printed", (1,), (2,)),
        SheetKind("tasks", "printed", (1, 2), has_columns=False, words_only=True),
        SheetKind("notes", "numbered", (0,), has_columns=False, words_only=True, free_rows=True, row_height="note"),
        # Thousands of rows of one short line each: nothing to fit.
        SheetKind("upward", "coded", (0, 2), owed_cells="units_below", row_height="default"),
    )
}
