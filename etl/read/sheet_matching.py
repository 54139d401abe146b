"""Which sheet of the file is which sheet of the form, and what it says. Read room, child process only.

A sheet is known by what is printed in it, not by its name; its name only decides where too little is printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from etl.catalog import Catalogue, models
from etl.catalog.layout import CHECK_SHEET, MANIFEST_SHEET, RESULT_SHEET, FormLayout, format_cell_name
from etl.model import CellState, Explanation, FormStamp
from etl.read import explanations, identify, input_cells, upward_form
from etl.read.cell_metadata import CellPosition
from etl.read.columns import find_columns
from etl.read.input_cells import SheetGrid
from etl.read.preflight import RawFinding
from etl.read.rows import find_rows
from etl.read.sheet_template import SheetTemplate, build_sheet_templates, normalize_label, squash_text
from etl.read.values import ParsedCell
from etl.read.workbook_file import Rows, WorkbookFile

__all__ = [
    "FormWorkbook",
    "MatchedSheets",
    "SheetReading",
    "SheetTemplate",
    "check_titles",
    "is_filled",
    "match_sheets",
    "read_explanations",
    "read_sheet",
]

_ENOUGH = 0.5
"""The share of a sheet's own texts that must be found for it to be that sheet."""
_DEEPEST = 200


@dataclass(frozen=True)
class FormWorkbook:
    """A workbook with the form that it is.

    `units` are the units of its rows, by code; `standing` the sheets on which all stands where it was printed.
    """

    workbook_file: WorkbookFile
    form_layout: FormLayout
    units: Mapping[str, models.Unit]
    catalogue: Catalogue
    as_issued: set[str] = field(default_factory=set)


@dataclass
class SheetReading:
    """One sheet as read. `places`: where it really lies, if not where it was printed."""

    cells: list[ParsedCell] | None = None
    places: tuple[str, list[str]] | None = None
    findings: list[RawFinding] = field(default_factory=list)


@dataclass
class MatchedSheets:
    """The sheets of the file by sheet of the form, in the form's order. `certain`: all known by what they say."""

    assignments: list[tuple[SheetTemplate, tuple[str, ...]]]
    results: tuple[str, ...] = ()
    findings: list[RawFinding] = field(default_factory=list)
    certain: bool = True


def match_sheets(book: FormWorkbook) -> MatchedSheets:
    """Finds each sheet of the form."""
    workbook_file = book.workbook_file
    templates = build_sheet_templates(book.form_layout)
    as_issued = book.as_issued
    as_issued.update(
        p.sheet.code
        for p in templates
        if p.sheet.code in workbook_file.names and is_as_issued(p, workbook_file.read_rows(p.sheet.code))
    )
    others = [n for n in workbook_file.names if n not in as_issued and n not in {MANIFEST_SHEET, CHECK_SHEET}]
    results = tuple(n for n in others if explanations.find_header_row(workbook_file.read_rows(n)) is not None)
    owners = {
        n: _match_by_texts(templates, _list_sheet_texts(workbook_file.read_rows(n))) for n in others if n not in results
    }
    matched = []
    for template in templates:
        code = template.sheet.code
        names = [code] if code in as_issued else []
        names += [n for n, owner in owners.items() if owner is template]
        if (
            names
            and owners.get(code, template) is None
            and find_columns(template, code, workbook_file.read_rows(code)) is not None
        ):
            names.insert(0, code)  # it bears the name and has the table: whoever reads decides between them
        matched.append((template, tuple(names)))
    certain = all(names for _, names in matched)
    matched = [(p, names or _match_by_name(p, owners)) for p, names in matched]
    used = set(chain.from_iterable(names for _, names in matched))
    spare = [
        n
        for n in others
        if n not in used
        and n not in results
        and n != RESULT_SHEET
        and any(value != "" for row in workbook_file.read_rows(n) for value in row)
    ]
    expected = spare and upward_form.is_annex_form(book.form_layout)
    extra = [RawFinding("S21", spare[0], "A1", slots=(("found", ", ".join(spare)),))] if spare and not expected else []
    return MatchedSheets(matched, results, extra, certain)


def _match_by_name(template: SheetTemplate, owners: Mapping[str, SheetTemplate | None]) -> tuple[str, ...]:
    """The sheet that bears the code and is not known to be another."""
    code = template.sheet.code
    return (code,) if code in owners and owners[code] is None else ()


def _match_by_texts(templates: tuple[SheetTemplate, ...], texts: set[str]) -> SheetTemplate | None:
    """The one sheet of the form that these texts are of."""
    squashed = {squash_text(text) for text in texts}
    scores = sorted(
        (
            (len(_find_distinctive_texts(p, texts, squashed)) / len(p.distinctive_texts), -n)
            for n, p in enumerate(templates)
        ),
        reverse=True,
    )
    if not scores or scores[0][0] < _ENOUGH or (len(scores) > 1 and scores[0][0] == scores[1][0]):
        return None
    return templates[-scores[0][1]]


def _find_distinctive_texts(template: SheetTemplate, texts: set[str], squashed: set[str]) -> frozenset[str]:
    """The texts of a sheet of the form that are there, be it two of them in one."""
    return (template.distinctive_texts & texts).union(
        *(template.joined_headers[text] for text in template.joined_headers.keys() & squashed)
    )


def _list_sheet_texts(rows: Rows) -> set[str]:
    return {normalize_label(v) for row in rows[:_DEEPEST] for v in row if type(v) is str and v}


# --- as issued --------------------------------------------------------------------------------------


def is_as_issued(template: SheetTemplate, rows: Rows) -> bool:
    """Whether everything printed is where it was printed, and nothing else is."""
    try:
        if any(get(rows[row]) != texts for row, get, texts in template.printed_rows):
            return False
    except IndexError:
        return False
    width, last = len(rows[0]), template.sheet.last_col + 1
    if width < last or len(rows) <= template.sheet.data_rows[1]:
        return False
    if width > last and any(v != "" for row in rows for v in row[last:]):
        return False
    below = {v for row in rows[template.sheet.data_rows[1] + 1 :] for v in row}
    return not any(v != "" and _has_number(v) for v in below)


def _has_number(value: Any) -> bool:
    if type(value) is str:
        return any(map(str.isdigit, value))
    return True


def _read_sheet_as_issued(book: FormWorkbook, template: SheetTemplate, grid: SheetGrid) -> SheetReading:
    sheet = template.sheet
    reading = SheetReading(cells=input_cells.parse_cells(grid, template, template.places, book.catalogue))
    columns = {col: col for col in template.input_cols}
    reading.findings += _check_sheet_cells(
        book, template, grid, sheet.total_row, columns, template.places, reading.cells or []
    )
    reading.cells = input_cells.convert_cells(template, reading.cells or [])
    return reading


# --- wherever it stands -----------------------------------------------------------------------------


def read_sheet(book: FormWorkbook, template: SheetTemplate, name: str) -> SheetReading:
    """What one sheet of the file says, as a sheet of the form."""
    workbook_file = book.workbook_file
    grid = SheetGrid(
        name,
        workbook_file.read_rows(name),
        workbook_file.read_metadata(name),
        workbook_file.date1904,
    )
    if name == template.sheet.code and name in book.as_issued:
        return _read_sheet_as_issued(book, template, grid)
    columns = find_columns(template, name, grid.rows)
    if columns is None:
        slots = (("expected", template.shown_headers[0]), ("found", "(không thấy hàng tiêu đề)"))
        return SheetReading(
            findings=[RawFinding("S09", name, format_cell_name(template.sheet.header_rows[0], 0), "", slots)]
        )
    lines = find_rows(template, name, grid.rows, columns, book.units, book.catalogue.units)
    places = tuple(_combine_cell_position(lines.at.get(c.row), columns.at.get(c.col)) for c in template.sheet.inputs)
    parsed = input_cells.parse_cells(grid, template, places, book.catalogue)
    if template.sheet.kind.free_rows:  # a line taken out is a line with nothing in it
        parsed = [
            input_cells.BLANK if at is None and cell.row not in lines.at and cell.col in columns.at else read
            for read, cell, at in zip(parsed, template.sheet.inputs, places, strict=True)
        ]
    reading = SheetReading(
        input_cells.convert_cells(template, parsed), (name, [format_cell_name(*at) if at else "" for at in places])
    )
    reading.findings += _merge_label_findings([*columns.findings, *lines.findings])
    total = lines.total if template.sheet.total_row is not None else None
    reading.findings += _check_sheet_cells(book, template, grid, total, columns.at, places, parsed)
    used = {*columns.at.values(), *columns.headed}
    reading.findings += input_cells.check_outside_numbers(grid, used, sorted(lines.at.values()))
    return reading


def _combine_cell_position(row: int | None, col: int | None) -> CellPosition | None:
    return None if row is None or col is None else (row, col)


def _check_sheet_cells(
    book: FormWorkbook, template: SheetTemplate, grid: SheetGrid, total: int | None, columns: Mapping[int, int],
    places: tuple[CellPosition | None, ...], parsed: list[ParsedCell],
) -> Iterator[RawFinding]:  # fmt: skip
    if grid.metadata.uncached:
        yield from input_cells.check_missing_results(grid, places)
    if input_cells.has_hidden_parts(grid, places):
        yield from input_cells.check_hidden_cells(grid, places)
    yield from input_cells.check_repeated_cells(grid)
    if grid.name in book.workbook_file.hidden:
        yield RawFinding("S23", grid.name, "A1", slots=(("found", "cả trang"),))
    yield from input_cells.check_sums(grid, template, total, columns, places, parsed, book.catalogue)


_ONE_FOR_ALL = frozenset({"S09", "S10", "S29"})


def _merge_label_findings(findings: list[RawFinding]) -> Iterator[RawFinding]:
    """Changed labels of one sheet have one cause: the first stands for all, and says how many."""
    groups: dict[str, list[RawFinding]] = {}
    for finding in findings:
        if finding.code in _ONE_FOR_ALL:
            groups.setdefault(finding.code, []).append(finding)
        else:
            yield finding
    for first, *more in groups.values():
        if not more:
            yield first
            continue
        said = dict(first.slots)
        said["detail"] = said.get("detail", "") + f" Còn {len(more)} chỗ khác trên trang này."
        yield RawFinding(first.code, first.sheet, first.cell, first.value, tuple(said.items()))


def is_filled(reading: SheetReading) -> bool:
    """Whether anything was filled in."""
    return any(cell[0] not in (CellState.MISSING.value, input_cells.ABSENT) for cell in reading.cells or ())


# --- beside the tables ------------------------------------------------------------------------------


def check_titles(book: FormWorkbook, stamp: FormStamp, matched: MatchedSheets) -> Iterator[RawFinding]:
    """Sheets whose printed lines name another form, unit or period than the stamp."""
    for template, names in matched.assignments:
        for name in names:
            rows = book.workbook_file.read_rows(name)
            yield from identify.check_texts_above(template, name, rows, stamp)
            if name == template.sheet.code and name in book.as_issued:
                continue
            title = identify.read_title(name, rows, book.catalogue)
            finding = identify.check_title(title, stamp, book.form_layout, book.catalogue)
            if finding:
                yield finding


def read_explanations(workbook_file: WorkbookFile, name: str) -> Iterator[Explanation | RawFinding]:
    """What the sender explained on a sheet of findings."""
    return explanations.parse_explanations(name, workbook_file.read_rows(name))
