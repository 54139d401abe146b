"""Checks of single cells on the sheet *Kiểm tra*: what was pasted in passes by what Excel asks of a cell typed into.

Room: forms. Used by `check_sheet`; `issue` asks the same limits of who types. Grain: one check a sheet and kind. Levels
as at the intake: a number that cannot be, an error or a word that is in no list is to be mended; a text in a cell of
numbers may be one that the intake understands, so it is only asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple

from etl.catalog import Catalogue, models
from etl.catalog.layout import FormLayout, InputCell, SheetLayout
from etl.catalog.owed_cells import compute_limit
from etl.forms.check_formulas import CheckRow, format_sheet_span, join_words, quote_text
from etl.messages import Messages
from etl.model import ElementKind


class NumberLimits(NamedTuple):
    """What a number may be, in the unit of measure that its cell is filled in."""

    low: float
    high: float
    is_whole: bool


def find_number_limits(catalogue: Catalogue, form: models.Form, cell: InputCell) -> NumberLimits | None:
    """The limits of a cell; None where nobody says them, or it holds no number."""
    element = catalogue.elements.get(cell.data_element)
    limit = compute_limit(catalogue, form, cell.org_unit_code, cell.data_element)
    if element is None or element.min is None or limit is None:
        return None
    low, high = cell.convert_to_form(element.min), cell.convert_to_form(limit)
    return NumberLimits(low, high, is_integer_input(catalogue, cell))


def is_integer_input(catalogue: Catalogue, cell: InputCell) -> bool:
    """Whether a cell holds whole numbers."""
    element = catalogue.elements.get(cell.data_element)
    return bool(element and element.integer and cell.factor == 1)


def build_cell_checks(catalogue: Catalogue, form_layout: FormLayout, wording: Messages) -> Iterator[CheckRow]:
    """The checks of each sheet: numbers that cannot be, texts instead of numbers, words that are in no list, days."""
    end, find_limits = form_layout.period.end, partial(find_number_limits, catalogue, form_layout.form)
    for sheet in form_layout.sheets:
        numbers = [cell for cell in sheet.inputs if cell.kind.is_number]
        spans = group_spans(sheet, numbers, find_limits)
        faults = [(span, _format_number_fault(span, find_limits(cell))) for span, cell in spans]
        yield from _build_check(wording, sheet, "numbers", faults, grave=True)
        faults = [(span, _format_text_fault(catalogue, span)) for span, _ in group_spans(sheet, numbers)]
        yield from _build_check(wording, sheet, "texts", faults, grave=False)
        spans = group_spans(sheet, [cell for cell in sheet.inputs if cell.choices], lambda cell: cell.choices)
        faults = [(span, _format_choice_fault(span, cell.choices)) for span, cell in spans]
        yield from _build_check(wording, sheet, "choices", faults, grave=True)
        spans = group_spans(sheet, [cell for cell in sheet.inputs if cell.kind is ElementKind.DATE])
        late = f">DATE({end.year},{end.month},{end.day})"
        faults = [(span, f"IF(ISTEXT({span}),1,IF(ISNUMBER({span}),IF({span}{late},1,0),0))") for span, _ in spans]
        yield from _build_check(wording, sheet, "days", faults, grave=False)


def _build_check(
    wording: Messages, sheet: SheetLayout, kind: str, faults: Sequence[tuple[str, str]], *, grave: bool
) -> Iterator[CheckRow]:
    """One row of (span, what is 1 for each of its cells that is at fault); none without cells."""
    if not faults:
        return
    count = f"SUM({','.join(fault for _, fault in faults)})"
    row = f"MAX({','.join(f'IF({fault}=1,ROW({span}),0)' for span, fault in faults)})"
    said = join_words(wording, "check_sheet.cells_wrong" if grave else "check_sheet.cells_doubt", count=count, row=row)
    yield CheckRow(
        sheet.code,
        wording.format(f"check_sheet.about_{kind}", title=sheet.title),
        f"=IF({count}=0,{join_words(wording, 'check_sheet.ok')},{said})",
        wording.texts["check_sheet.ok"],
        looks_at_each=True,
    )


def _format_number_fault(span: str, limits: NumberLimits | None) -> str:
    """An error or TRUE, and a number out of its limits or with decimals where it has none."""
    number = "0"
    if limits:
        fraction = f"IF({span}=INT({span}),0,1)" if limits.is_whole else "0"
        number = f"IF(ISNUMBER({span}),IF({span}<{limits.low:.15g},1,IF({span}>{limits.high:.15g},1,{fraction})),0)"
    return f"IF(ISERROR({span}),1,IF(ISLOGICAL({span}),1,{number}))"


def _format_text_fault(catalogue: Catalogue, span: str) -> str:
    """A text that is neither a sign of `catalog/cell_states.csv` nor a number with one of its words."""
    signs = ";".join(quote_text(text) for text in catalogue.cell_states if "#" not in text)
    fault = f"IF(ISNUMBER(MATCH(LOWER(TRIM({span})),{{{signs}}},0)),0,1)"
    for word in _list_number_words(catalogue):
        fault = f"IF(ISNUMBER(FIND({quote_text(word)},LOWER({span}))),0,{fault})"
    return f"IF(ISTEXT({span}),{fault},0)"


def _list_number_words(catalogue: Catalogue) -> list[str]:
    """The words around a number that say how sure it is, without those that contain another."""
    words = {text.replace("#", "").strip(" ()") for text in catalogue.cell_states if "#" in text}
    return sorted(word for word in words if not any(other != word and other in word for other in words))


def _format_choice_fault(span: str, words: tuple[str, ...]) -> str:
    """A word that is not on the list; an empty cell is none."""
    known = ";".join(map(quote_text, ("", *words)))
    return f"IF(ISBLANK({span}),0,IF(ISNUMBER(MATCH(TRIM({span}),{{{known}}},0)),0,1))"


def group_spans(
    sheet: SheetLayout, cells: Sequence[InputCell], find_key: Callable[[InputCell], Hashable] | None = None
) -> list[tuple[str, InputCell]]:
    """Rectangles of cells that have the same key, each with its first: columns beside each other with the same rows
    are one."""
    runs: list[tuple[InputCell, InputCell, Hashable]] = []
    ordered = sorted(cells, key=lambda cell: (cell.col, cell.row))
    keys = [find_key(cell) if find_key else None for cell in ordered]
    numbered = zip(range(len(ordered)), ordered, keys, strict=True)
    for (_, _, key), group in groupby(numbered, key=lambda entry: (entry[1].col, entry[1].row - entry[0], entry[2])):
        column = [cell for _, cell, _ in group]
        top, bottom = column[0], column[-1]
        beside = (runs[-1][0].row, runs[-1][1].row, runs[-1][1].col + 1, runs[-1][2]) if runs else None
        if beside == (top.row, bottom.row, top.col, key):
            runs[-1] = runs[-1][0], bottom, key
        else:
            runs.append((top, bottom, key))
    return [(format_sheet_span(sheet.code, top, bottom), top) for top, bottom, _ in runs]
