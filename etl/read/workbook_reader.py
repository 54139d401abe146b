"""A workbook, read: which form it is, then every sheet of that form wherever it stands.

Runs in the child process only. What the file's own manifest says of cells is not believed: the layout is made anew
from the catalogue. A sheet on which everything stands where it was printed is read at once (`_as_issued`); any
other is searched for by its headers and labels (`etl.read.sheet_matching`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from etl.catalog import Catalogue, models
from etl.catalog.geography import describe_succession
from etl.catalog.layout import FormLayout, build_form_layout
from etl.catalog.obligations import find_collecting_scope, list_collecting_scopes
from etl.errors import UsageError
from etl.model import Explanation, FormStamp, Period
from etl.read import cell_encoding, sheet_matching, upward_form
from etl.read.identify import find_stamp_in_titles, read_stamp, read_title
from etl.read.input_cells import ABSENT
from etl.read.preflight import FileKind, RawFinding, check_file_bytes
from etl.read.sheet_matching import SheetReading
from etl.read.values import ParsedCell
from etl.read.vietnamese_text import CHARSET_NAMES, convert_charset, find_charset
from etl.read.workbook_file import BrokenPackageError, WorkbookFile

__all__ = ["ABSENT", "RawReadResult", "find_form_layout", "read_workbook"]


@dataclass
class RawReadResult:
    """What the child sends back.

    Shape: `cells` holds one list per sheet of the layout, in its order, and None for a sheet that was not read; a
    cell whose state is `ABSENT` was not found. `places` says for each sheet where it really lies: its name and the A1
    name of each cell; None: where the layout says.
    """

    stamp: FormStamp | None = None
    findings: list[RawFinding] = field(default_factory=list)
    cells: list[list[ParsedCell] | None] = field(default_factory=list)
    places: list[tuple[str, list[str]] | None] = field(default_factory=list)
    explanations: list[Explanation] = field(default_factory=list)
    kind: FileKind | None = None


def read_workbook(data: bytes, catalogue: Catalogue) -> RawReadResult:
    """Everything that can be read from a workbook, and what is wrong with its structure."""
    checked = check_file_bytes(data)
    if isinstance(checked, RawFinding):
        return RawReadResult(findings=[checked])
    from python_calamine import CalamineError

    try:
        raw = _read_any_charset(WorkbookFile(checked.data, checked.parts), catalogue)
    except CalamineError as error:
        return RawReadResult(findings=[RawFinding("F05", slots=(("detail", type(error).__name__),))])
    except BrokenPackageError as error:
        return RawReadResult(findings=[RawFinding("F05", slots=(("detail", str(error)),))])
    raw.kind = checked.kind
    raw.findings += checked.notes
    return raw


def _read_any_charset(workbook_file: WorkbookFile, catalogue: Catalogue) -> RawReadResult:
    """The workbook as it is; if that is not understood and its text is of an old charset, as that charset says."""
    raw, understood = _identify_and_read(workbook_file, catalogue)
    if understood:
        return raw
    charset = find_charset(workbook_file.list_texts(), workbook_file.fonts)
    if charset is None:
        return raw
    workbook_file.convert_texts(partial(convert_charset, charset=charset))
    again, _ = _identify_and_read(workbook_file, catalogue)
    again.findings.append(RawFinding("S26", slots=(("found", CHARSET_NAMES[charset]),)))
    return again


def _identify_and_read(workbook_file: WorkbookFile, catalogue: Catalogue) -> tuple[RawReadResult, bool]:
    """The read, and whether form and sheets were recognised by what is printed in them."""
    stamp, notes = read_stamp(workbook_file), []
    if stamp is None:
        titles = [read_title(name, workbook_file.read_rows(name), catalogue) for name in workbook_file.names]
        stamp, finding = find_stamp_in_titles(titles, catalogue)
        notes = [finding]
        if stamp is None:
            return RawReadResult(findings=notes), False
    form_layout = find_form_layout(stamp, catalogue)
    if isinstance(form_layout, RawFinding):
        return RawReadResult(stamp, [*notes, form_layout]), True
    return _read_form_sheets(workbook_file, form_layout, RawReadResult(stamp, notes), catalogue)


def _read_form_sheets(
    workbook_file: WorkbookFile, form_layout: FormLayout, raw: RawReadResult, catalogue: Catalogue
) -> tuple[RawReadResult, bool]:
    units = {u.code: u for u in catalogue.list_children(form_layout.unit.code, "commune", form_layout.period.end)}
    book = sheet_matching.FormWorkbook(workbook_file, form_layout, units, catalogue)
    matched = sheet_matching.match_sheets(book)
    for template, names in matched.assignments:
        reading = _read_form_sheet(book, template, names)
        raw.cells.append(reading.cells)
        raw.places.append(reading.places)
        raw.findings += reading.findings
    raw.findings += matched.findings
    if matched.certain:
        raw.findings += cell_encoding.convert_old_charset_cells(
            form_layout.sheets, raw.cells, raw.places, lambda: workbook_file.fonts
        )
    raw.findings += upward_form.check_sign_off(workbook_file, form_layout)
    if raw.stamp:
        raw.findings += sheet_matching.check_titles(book, raw.stamp, matched)
    for name in matched.results:
        for entry in sheet_matching.read_explanations(workbook_file, name):
            (raw.explanations if isinstance(entry, Explanation) else raw.findings).append(entry)  # type: ignore[arg-type]
    return raw, matched.certain


def _read_form_sheet(
    book: sheet_matching.FormWorkbook, template: sheet_matching.SheetTemplate, names: tuple[str, ...]
) -> SheetReading:
    """One sheet of the form from the sheets of the file that are it: none, one, or copies that must agree."""
    if not names:
        return SheetReading(findings=[RawFinding("S08", slots=(("expected", template.sheet.code),))])
    reads = [sheet_matching.read_sheet(book, template, name) for name in names]
    if len(reads) == 1:
        return reads[0]
    filled = [n for n, read in enumerate(reads) if sheet_matching.is_filled(read)]
    if len(filled) < 2 or all(reads[n].cells == reads[filled[0]].cells for n in filled):
        kept = filled[0] if filled else 0
        others = ", ".join(name for n, name in enumerate(names) if n != kept)
        reads[kept].findings.append(RawFinding("S21", others, slots=(("found", others),)))
        return reads[kept]
    slots = (("expected", template.sheet.code), ("found", ", ".join(names)))
    return SheetReading(findings=[RawFinding("S22", names[1], "A1", names[1], slots)])


def find_form_layout(stamp: FormStamp, catalogue: Catalogue) -> FormLayout | RawFinding:
    """The layout that a stamp names, or why there is none."""
    form = catalogue.forms.get(stamp.form)
    if form is None or not list_collecting_scopes(catalogue, form.id):
        return RawFinding("S03", value=stamp.form, slots=(("found", stamp.form),))
    versions = {form.version, *(earlier.version for earlier in form.earlier_versions)}
    other = RawFinding("S04", value=stamp.version, slots=(("found", stamp.version), ("expected", form.version)))
    if stamp.version not in versions:
        return other
    try:
        period = Period.parse(stamp.period)
    except UsageError:
        return RawFinding("S05", value=stamp.period, slots=(("found", stamp.period),))
    if period.kind != form.period_kind:
        return RawFinding("S05", value=stamp.period, slots=(("found", stamp.period),))
    unit = catalogue.find_unit(stamp.unit, period.end)
    if unit is None:  # the cause, where the form has ended together with its units
        became = describe_succession(catalogue, stamp.unit, period.end)
        return RawFinding("S06", value=stamp.unit, slots=(("found", stamp.unit), ("detail", became)))
    if not _is_form_in_force(form, period):
        return RawFinding("S05", value=stamp.period, slots=(("found", stamp.period),))
    issued = form.find_version(stamp.version, period)
    scope = find_collecting_scope(catalogue, form.id, unit.code, period)
    return build_form_layout(catalogue, scope, issued, unit, period) if issued else other


def _is_form_in_force(form: models.Form, period: Period) -> bool:
    return form.valid_from <= period.end and (form.valid_to is None or period.start <= form.valid_to)
