"""What to look for in a sheet: its layout turned into things that can be found wherever they stand.

Read room. Made once per layout; pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

from etl.catalog.layout import TOTAL_LABEL, FormLayout, PrintedCell, SheetLayout
from etl.model import ElementKind
from etl.read.vietnamese_text import normalize_text

Getter = Callable[[Sequence[Any]], tuple[Any, ...]]
_EXACT = {"meta", "symbol", "period", "header", "kind", "total", "label", "code", "text"}
_NO_LETTERS = re.compile(r"[\W_]+")


def squash_text(text: str) -> str:
    """A text's letters and digits alone: who joins two header texts in one cell puts something of their own between."""
    return _NO_LETTERS.sub("", text)


def normalize_label(value: object) -> str:
    """A printed text for comparing: see `etl.read.vietnamese_text.normal`; case does not count."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return normalize_text(str(value)).casefold()


@dataclass(frozen=True, eq=False)
class SheetTemplate:
    """How to find one sheet.

    `lines` are the printed texts row by row, for the usual case that all of them stand where they were printed;
    `places` are the input cells, `getters` take their values out row by row, `input_cols` are their columns from the
    left, `counted` whether they hold numbers, `factors` what those in another unit of
    measure are multiplied with, `by_col` their indexes by column. `heads` is the path of header texts by column,
    `shown` the same as printed; `kinds` is the line below it (unit, kind), as printed now and on former
    forms. `keys` is the layout row by the texts that name it, `measures` the unit and kind printed in a row. `telling`
    are the texts that tell this sheet from its neighbours, `joined` those among them that make one text where a header
    was put in one row.
    """

    sheet: SheetLayout
    printed_rows: tuple[tuple[int, Getter, tuple[str, ...]], ...]
    header_paths: dict[int, tuple[str, ...]]
    shown_headers: dict[int, str]
    kinds: dict[int, frozenset[str]]
    key_cols: tuple[int, ...]
    keys: dict[tuple[str, ...], int]
    row_names: dict[int, str]
    measure_cols: tuple[int, ...]
    measures: dict[int, tuple[frozenset[str], ...]]
    printed_texts: frozenset[str]
    distinctive_texts: frozenset[str]
    joined_headers: dict[str, frozenset[str]]
    required: frozenset[int]
    places: tuple[tuple[int, int], ...]
    getters: tuple[tuple[int, Getter], ...]
    input_cols: tuple[int, ...]
    counted: tuple[bool, ...]
    factors: tuple[tuple[int, Decimal], ...]
    input_kinds: tuple[ElementKind, ...]
    by_col: dict[int, tuple[int, ...]]

    def find_printed_text(self, row: int, col: int) -> str:
        """What the form prints at a place of its layout."""
        return next((f.text for f in self.sheet.fixed if (f.row, f.col) == (row, col)), "")


class _LayoutKey:
    """A layout by identity: hashing its thousands of texts for every file would cost more than reading it."""

    def __init__(self, form_layout: FormLayout) -> None:
        self.form_layout = form_layout

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _LayoutKey) and other.form_layout is self.form_layout

    def __hash__(self) -> int:
        return id(self.form_layout)


def build_sheet_templates(form_layout: FormLayout) -> tuple[SheetTemplate, ...]:
    """The plan of every sheet of a layout, in order."""
    return _build_cached_templates(_LayoutKey(form_layout))


@lru_cache(maxsize=512)
def _build_cached_templates(same: _LayoutKey) -> tuple[SheetTemplate, ...]:
    return tuple(_build_sheet_template(sheet) for sheet in same.form_layout.sheets)


def _build_row_getter(cols: list[int]) -> Getter:
    if len(cols) == 1:
        only = cols[0]
        return lambda line: (line[only],)
    return itemgetter(*cols)


def _build_sheet_template(sheet: SheetLayout) -> SheetTemplate:
    printed: dict[int, dict[int, str]] = {}
    for fixed in sheet.fixed:
        if fixed.role in _EXACT and (fixed.role != "code" or fixed.anchor or sheet.kind.free_rows):
            printed.setdefault(fixed.row, {})[fixed.col] = fixed.text
    paths = _build_header_paths(sheet)
    key_cols, measure_cols = sheet.kind.key_cols, sheet.kind.measure_cols
    cells = {(f.row, f.col): f.text for f in sheet.fixed}
    words = {(f.row, f.col): _list_printed_words(f) for f in sheet.fixed if f.col in sheet.kind.measure_cols}
    rows = sorted({cell.row for cell in sheet.inputs})
    keys = {tuple(normalize_label(cells.get((row, col), "")) for col in key_cols): row for row in rows}
    heads = {col: tuple(map(normalize_label, path)) for col, path in paths.items()}
    labels = {normalize_label(f.text) for f in sheet.fixed if f.row in rows and f.role == "text"}
    input_cols = sorted({cell.col for cell in sheet.inputs})
    return SheetTemplate(
        sheet=sheet,
        printed_rows=tuple(
            (row, _build_row_getter([*line]), tuple(line.values())) for row, line in sorted(printed.items())
        ),
        header_paths=heads,
        shown_headers={col: " > ".join(path) for col, path in paths.items()},
        kinds={f.col: _list_printed_words(f) for f in sheet.fixed if f.role == "kind" and f.row < sheet.header_rows[1]},
        key_cols=key_cols,
        keys=keys,
        row_names={row: ", ".join(t for t in (cells.get((row, col), "") for col in key_cols) if t) for row in rows},
        measure_cols=measure_cols,
        measures={row: tuple(words.get((row, col), frozenset({""})) for col in measure_cols) for row in rows},
        printed_texts=frozenset(fixed.text for fixed in sheet.fixed),
        distinctive_texts=frozenset({part for path in heads.values() for part in path} | labels),
        joined_headers={squash_text("".join(path)): frozenset(path) for path in heads.values() if len(path) > 1},
        required=frozenset(cell.col for cell in sheet.inputs if cell.required),
        places=tuple((cell.row, cell.col) for cell in sheet.inputs),
        getters=tuple(
            (row, _build_row_getter([c.col for c in group])) for row, group in groupby(sheet.inputs, lambda c: c.row)
        ),
        input_cols=tuple(input_cols),
        factors=tuple((n, cell.factor) for n, cell in enumerate(sheet.inputs) if cell.factor != 1),
        counted=tuple(cell.kind.is_number for cell in sheet.inputs),
        input_kinds=tuple(cell.kind for cell in sheet.inputs),
        by_col={col: tuple(n for n, cell in enumerate(sheet.inputs) if cell.col == col) for col in input_cols},
    )


def _list_printed_words(fixed: PrintedCell) -> frozenset[str]:
    """What may stand there for what is printed now."""
    return frozenset(map(normalize_label, (fixed.text, *fixed.former)))


def _build_header_paths(sheet: SheetLayout) -> dict[int, tuple[str, ...]]:
    """The header texts of each column from the top, shared ones repeated."""
    top = sheet.header_rows[0]
    texts = {(f.row, f.col): f.text for f in sheet.fixed if f.role == "header"}
    origin = {
        col: left for row, left, _, right in sheet.merges if row == top for col in range(left, right + 1)
    }  # fmt: skip
    found = {}
    for col in range(sheet.last_col + 1):
        parts = (texts.get((top, origin.get(col, col)), ""), texts.get((top + 1, col), ""))
        found[col] = tuple(part for part in parts if part)
    return found


TOTALS = frozenset(
    map(
        normalize_label,
        (TOTAL_LABEL, "TỔNG CỘNG", "CỘNG", "TỔNG", "TOÀN HUYỆN", "TOÀN TỈNH", "TOÀN XÃ", "TOÀN THÀNH PHỐ"),
    )
)
"""How sums are labelled at the head or the foot of a table (Biểu 8/BCH and the offices' own tables)."""
