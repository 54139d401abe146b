"""An issued workbook, read: its stamp, then every sheet against the layout it was issued with.

Runs in the child process only. What the file's own manifest says of cells is not believed: the layout is made
anew from the catalogue, and printed headers and labels must be where it says.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from etl.catalog import Catalogue
from etl.catalog import models as m
from etl.catalog.layout import MANIFEST_SHEET, MANIFEST_STAMP, Fixed, FormLayout, SheetLayout, cell_name, layout
from etl.errors import UsageError
from etl.model import FormStamp, Period
from etl.read.preflight import Trouble, preflight
from etl.read.values import Parsed, fold, parse

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

Rows = list[list[Any]]


@dataclass
class RawRead:
    """What the child sends back. `cells` holds one list per sheet of the layout, in its order; None: unreadable."""

    stamp: FormStamp | None = None
    troubles: list[Trouble] = field(default_factory=list)
    cells: list[list[Parsed] | None] = field(default_factory=list)


def read_workbook(data: bytes, catalogue: Catalogue) -> RawRead:
    """Everything that can be read from a workbook, and what is wrong with its structure."""
    trouble = preflight(data)
    if trouble:
        return RawRead(troubles=[trouble])
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        return _read(book, catalogue)
    except CalamineError as error:
        return RawRead(troubles=[Trouble("F05", slots=(("detail", type(error).__name__),))])


def _read(book: CalamineWorkbook, catalogue: Catalogue) -> RawRead:
    stamp = _stamp(book)
    if stamp is None:
        return RawRead(troubles=[Trouble("S01")])
    described = resolve(stamp, catalogue)
    if isinstance(described, Trouble):
        return RawRead(stamp, [described])
    result = RawRead(stamp)
    for sheet in described.sheets:
        if sheet.code not in book.sheet_names:
            result.troubles.append(Trouble("S08", slots=(("expected", sheet.code),)))
            result.cells.append(None)
            continue
        rows = book.get_sheet_by_name(sheet.code).to_python(skip_empty_area=False)
        troubles = _compare(sheet, rows)
        result.troubles += troubles
        result.cells.append(None if troubles else _cells(sheet, rows, catalogue))
    return result


def _stamp(book: CalamineWorkbook) -> FormStamp | None:
    if MANIFEST_SHEET not in book.sheet_names:
        return None
    rows = book.get_sheet_by_name(MANIFEST_SHEET).to_python(skip_empty_area=False, nrows=len(MANIFEST_STAMP))
    found = {fold(row[0]): fold(row[1]) for row in rows if len(row) > 1}
    if not all(found.get(key) for key in MANIFEST_STAMP):
        return None
    return FormStamp(*(found[key] for key in MANIFEST_STAMP))


def resolve(stamp: FormStamp, catalogue: Catalogue) -> FormLayout | Trouble:
    """The layout that a stamp names, or why there is none."""
    form = catalogue.forms.get(stamp.form)
    scope = catalogue.scope_of_form(stamp.form)
    if form is None or scope is None:
        return Trouble("S03", value=stamp.form, slots=(("found", stamp.form),))
    if stamp.version != form.version:
        return Trouble("S04", value=stamp.version, slots=(("found", stamp.version), ("expected", form.version)))
    try:
        period = Period.parse(stamp.period)
    except UsageError:
        return Trouble("S05", value=stamp.period, slots=(("found", stamp.period),))
    if period.kind != form.period_kind or not _in_force(form, period):
        return Trouble("S05", value=stamp.period, slots=(("found", stamp.period),))
    unit = catalogue.unit(stamp.unit, period.end)
    if unit is None:
        return Trouble("S06", value=stamp.unit, slots=(("found", stamp.unit),))
    return layout(catalogue, scope, form, unit, period)


def _in_force(form: m.Form, period: Period) -> bool:
    return form.valid_from <= period.end and (form.valid_to is None or period.start <= form.valid_to)


def _compare(sheet: SheetLayout, rows: Rows) -> list[Trouble]:
    """Two-way: printed anchors that are not where they should be, and header cells that should not be."""
    troubles = []
    for fixed in sheet.fixed:
        if fixed.anchor and not _stands(rows, fixed):
            found = _text(rows, fixed.row, fixed.col)
            if found != fold(fixed.text):
                troubles.append(_moved(sheet, fixed, found))
    top = sheet.header_rows[0]
    for row in (top, top + 1):
        for col in range(sheet.last_col + 1, len(rows[row]) if row < len(rows) else 0):
            found = _text(rows, row, col)
            if found:
                troubles.append(_moved(sheet, Fixed(row, col, "(không có cột)", "header"), found))
    return _collapse(troubles)


def _collapse(troubles: list[Trouble]) -> list[Trouble]:
    """One inserted row moves every label below it: the first of each code stands for all, and says how many."""
    by_code: dict[str, list[Trouble]] = {}
    for trouble in troubles:
        by_code.setdefault(trouble.code, []).append(trouble)
    return [
        replace(group[0], slots=(*group[0].slots, ("detail", f" Còn {len(group) - 1} chỗ khác trên trang này.")))
        if len(group) > 1
        else group[0]
        for group in by_code.values()
    ]


def _moved(sheet: SheetLayout, fixed: Fixed, found: str) -> Trouble:
    code = "S09" if fixed.role == "header" else "S10"
    slots = (("expected", fixed.text), ("found", found or "(trống)"))
    return Trouble(code, sheet.code, cell_name(fixed.row, fixed.col), found, slots)


def _stands(rows: Rows, fixed: Fixed) -> bool:
    """Whether a printed text is there to the letter: the usual case, told without folding."""
    return fixed.row < len(rows) and fixed.col < len(rows[fixed.row]) and rows[fixed.row][fixed.col] == fixed.text


def _text(rows: Rows, row: int, col: int) -> str:
    if row >= len(rows) or col >= len(rows[row]):
        return ""
    return fold(rows[row][col])


def _cells(sheet: SheetLayout, rows: Rows, catalogue: Catalogue) -> list[Parsed]:
    marks, height = catalogue.cell_states, len(rows)
    found = []
    for cell in sheet.inputs:
        line = rows[cell.row] if cell.row < height else ()
        found.append(parse(line[cell.col] if cell.col < len(line) else None, cell.kind, marks))
    return found
