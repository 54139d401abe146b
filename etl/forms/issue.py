"""Prints a form layout as an Excel workbook: locked, with drop-downs, ranges, sums and print set-up."""

from __future__ import annotations

import datetime as dt
import math
from io import BytesIO
from typing import TYPE_CHECKING, Any

from etl.catalog import Catalogue, models
from etl.catalog.layout import (
    FormLayout,
    InputCell,
    SheetLayout,
    build_form_layout,
    format_cell_name,
)
from etl.catalog.manifest_sheet import write_manifest_sheet
from etl.forms.cell_checks import find_number_limits, is_integer_input
from etl.forms.check_sheet import write_check_sheet
from etl.forms.form_sending import FormExtras, describe_sending
from etl.forms.form_styles import DEFAULT_FONT, FormStyles, get_sheet_class, write_simulation_mark
from etl.messages import Messages
from etl.model import ElementKind, Period
from etl.model.numbers import format_number

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_LEFT_ROLES = {"meta", "symbol"}
_BANNER_ROLES = {"meta", "symbol", "title", "period", "help"}
_SPARE_ROWS = 2
_SENDING_ROW = 6
_LINE_HEIGHT, _NOTE_HEIGHT = 15.5, 48
_PAGE_INCHES = {"portrait": 7.2, "landscape": 10.6}
"""What is printed across an A4 page, without the margins; upright first."""
_PAGE_DEPTH_INCHES = {"portrait": 10.3, "landscape": 6.9}
"""What is printed down it, a little less than there is: programs round heights up."""
_BANNER_HEIGHT, _FOOT_HEIGHT = 5 * 15 + 30 + 2 * _LINE_HEIGHT, 4 * 15
"""The rows above the table, and those of the signatures below it."""
_LEAST_SCALE = 80
"""The smallest letters are 10 pt: printed at 80 % they are 8 pt. A wider sheet goes over several pages."""


def build_form_file_name(form: models.Form, unit: models.Unit, period: Period) -> str:
    """The name a form is issued under: ``608_2024Q1_kt-district-quarter.xlsx``."""
    return f"{unit.code}_{period.key}_{form.id}.xlsx"


def issue_form(
    catalogue: Catalogue,
    scope: models.Scope,
    form: models.Form,
    unit: models.Unit,
    period: Period,
    wording: Messages,
    extras: FormExtras = FormExtras(),  # noqa: B008 - frozen
) -> bytes:
    """The workbook of a form for one unit and period, empty but for the values of `extras`.

    Shape: one visible sheet per sheet of the form, one of formulas that check them, and a hidden `_manifest`: the stamp
    (form, version, unit, period) as key and value in the first rows, then one row per input cell.
    """
    import xlsxwriter

    target = BytesIO()
    options: dict[str, Any] = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    options["default_format_properties"] = dict(DEFAULT_FONT)  # what widths are counted in; the library writes into it
    book = xlsxwriter.Workbook(target, options)
    created = dt.datetime.combine(form.valid_from, dt.time())
    book.set_properties(
        {"title": form.title, "author": scope.name, "created": created, "comments": extras.origin or form.legal_basis}
    )
    styles = FormStyles(book)
    form_layout = build_form_layout(catalogue, scope, form, unit, period)
    for sheet in form_layout.sheets:
        page = _write_form_sheet(book, styles, catalogue, form_layout, sheet, wording, extras.simulated)
        for cell in sheet.inputs:
            value = extras.values.get((cell.org_unit_code, cell.data_element))
            if value is not None:
                page.write_number(
                    cell.row, cell.col, cell.convert_to_form(value), _find_input_style(styles, catalogue, cell)
                )
        if extras.sending:
            (first, last), text = _find_banner_columns(sheet), describe_sending(wording, extras.sending)
            page.merge_range(_SENDING_ROW, first, _SENDING_ROW, last, text, styles.get_role_format("send"))
            page.set_row(_SENDING_ROW, _compute_banner_height(sheet, text))
    write_check_sheet(book, styles, catalogue, form_layout, wording, extras)
    write_manifest_sheet(book, form_layout)
    book.get_worksheet_by_name(form_layout.sheets[0].code).activate()
    book.close()
    return target.getvalue()


def _write_form_sheet(
    book: Workbook,
    styles: FormStyles,
    catalogue: Catalogue,
    form_layout: FormLayout,
    sheet: SheetLayout,
    wording: Messages,
    simulated: bool,
) -> Worksheet:
    page = book.add_worksheet(sheet.code, get_sheet_class())
    for col, width in enumerate(sheet.widths):
        page.set_column(col, col, width)
    _write_sheet_banners(page, styles, sheet)
    _write_table_labels(page, styles, sheet)
    for cell in sheet.inputs:
        page.write_blank(cell.row, cell.col, None, _find_input_style(styles, catalogue, cell))
    _add_data_validations(page, catalogue, form_layout.form, sheet, wording)
    _write_sum_formulas(page, styles, sheet)
    _write_signature_lines(page, styles, sheet, wording)
    _apply_page_setup(page, form_layout, sheet)
    columns = (0, _find_banner_columns(sheet)[1])
    write_simulation_mark(book, page, styles, columns, simulated=simulated)
    return page


def _find_input_style(styles: FormStyles, catalogue: Catalogue, cell: InputCell) -> Any:
    return styles.get_input_format(cell.kind, is_integer_input(catalogue, cell))


def _write_sheet_banners(page: Worksheet, styles: FormStyles, sheet: SheetLayout) -> None:
    first, last = _find_banner_columns(sheet)
    for fixed in sheet.fixed:
        if fixed.role in _BANNER_ROLES:
            left, right = (0, max(first - 1, 1)) if first and fixed.role in _LEFT_ROLES else (first, last)
            page.merge_range(fixed.row, left, fixed.row, right, fixed.text, styles.get_role_format(fixed.role))
    page.set_row(5, 30)


def _compute_banner_height(sheet: SheetLayout, text: str) -> float:
    first, last = _find_banner_columns(sheet)
    return _LINE_HEIGHT * max(2, -(-len(text) // int(sum(sheet.widths[first : last + 1]) * 0.9)))


def _write_table_labels(page: Worksheet, styles: FormStyles, sheet: SheetLayout) -> None:
    merged = {(top, left): (bottom, right) for top, left, bottom, right in sheet.merges}
    for fixed in sheet.fixed:
        if fixed.role in _BANNER_ROLES:
            continue
        style = styles.get_role_format(fixed.role)
        if (fixed.row, fixed.col) in merged:
            bottom, right = merged[fixed.row, fixed.col]
            page.merge_range(fixed.row, fixed.col, bottom, right, fixed.text, style)
        else:
            page.write_string(fixed.row, fixed.col, fixed.text, style)
    for row, height in enumerate(_list_header_heights(sheet)[:-1], start=sheet.header_rows[0]):
        page.set_row(row, height)
    if sheet.kind.row_height == "default":
        return
    for row, height in enumerate(_list_row_heights(sheet), start=sheet.data_rows[0]):
        page.set_row(row, height)


def _list_header_heights(sheet: SheetLayout) -> list[float]:
    """Of the rows that are printed again on each page: two of headings, the kinds, the numbers."""
    top, tall = sheet.header_rows[0], sheet.kind.tall_headers
    return [32, 46, _compute_tallest_label(sheet, top + 2), 15] if tall else [18, 16, 16, 15]


def _list_row_heights(sheet: SheetLayout) -> list[float]:
    rows = range(sheet.data_rows[0], sheet.data_rows[1] + 1)
    if sheet.kind.row_height == "fit":
        return [_compute_label_row_height(sheet, row) for row in rows]
    return [_NOTE_HEIGHT if sheet.kind.row_height == "note" else 15 for _ in rows]


def _compute_tallest_label(sheet: SheetLayout, row: int) -> float:
    """As high as words need that break in a narrow column, which wastes about an eighth of it."""
    lines = [-(-len(f.text) * 9 // (sheet.widths[f.col] * 8)) for f in sheet.fixed if f.row == row]
    return max(lines, default=1) * 13 + 2


def _compute_label_row_height(sheet: SheetLayout, row: int) -> float:
    """As high as the row's longest text needs: not every program fits rows by itself."""
    lines = [-(-len(f.text) // max(sheet.widths[f.col] - 1, 1)) for f in sheet.fixed if f.row == row]
    return max(lines, default=1) * _LINE_HEIGHT + 2


def _add_data_validations(
    page: Worksheet, catalogue: Catalogue, form: models.Form, sheet: SheetLayout, wording: Messages
) -> None:
    """One data validation per run of cells of one element in a column (or per cell in a list)."""
    runs: dict[tuple[int, str], list[InputCell]] = {}
    for cell in sheet.inputs:
        label = cell.data_element if cell.kind.is_number else cell.kind.value
        runs.setdefault((cell.col, label), []).append(cell)
    for (col, _), cells in runs.items():
        rule = _build_validation_rule(catalogue, form, cells[-1], wording)
        if rule:
            page.data_validation(min(c.row for c in cells), col, max(c.row for c in cells), col, rule)


def _build_validation_rule(
    catalogue: Catalogue, form: models.Form, cell: InputCell, wording: Messages
) -> dict[str, Any] | None:
    base = {"ignore_blank": True, "error_type": "stop", "error_title": wording.texts["form.invalid"]}
    if cell.choices:
        text = wording.texts["form.choose"]
        return base | {"validate": "list", "source": list(cell.choices), "error_message": text}
    between = base | {"criteria": "between"}
    if cell.kind == ElementKind.DATE:
        limits = {"minimum": dt.date(2015, 1, 1), "maximum": dt.date(2045, 12, 31)}
        return between | limits | {"validate": "date", "error_message": wording.texts["form.enter_date"]}
    allowed = find_number_limits(catalogue, form, cell)
    if allowed is None:
        return None
    low, high = (int(x) if allowed.is_whole else x for x in (allowed.low, allowed.high))
    kind = "integer" if allowed.is_whole else "decimal"
    text = wording.format(f"form.enter_{kind}", low=format_number(low), high=format_number(high))
    return between | {"validate": kind, "minimum": low, "maximum": high, "error_message": text}


def _write_sum_formulas(page: Worksheet, styles: FormStyles, sheet: SheetLayout) -> None:
    if sheet.total_row is None:
        return
    first, last = sheet.data_rows
    for col in range(3, sheet.last_col + 1):
        span = f"{format_cell_name(first, col)}:{format_cell_name(last, col)}"
        page.write_formula(
            sheet.total_row, col, f'=IF(COUNT({span})=0,"",SUM({span}))', styles.get_role_format("sum"), ""
        )
    page.write_blank(sheet.total_row, 0, None, styles.get_role_format("total"))
    page.write_blank(sheet.total_row, 2, None, styles.get_role_format("total"))


def _write_signature_lines(page: Worksheet, styles: FormStyles, sheet: SheetLayout, wording: Messages) -> None:
    row = max(sheet.data_rows) + 1 + _SPARE_ROWS
    first, last = _find_banner_columns(sheet)
    middle = (first + last + 1) // 2
    for left, right, who in ((first, middle - 1, "reporter"), (middle, last, "head")):
        page.merge_range(row, left, row, right, wording.texts[f"form.{who}"], styles.get_role_format("sign"))
        note = wording.texts[f"form.{who}_signs"]
        page.merge_range(row + 1, left, row + 1, right, note, styles.get_role_format("sign_note"))


def _fit_page_width(page: Worksheet, sheet: SheetLayout) -> None:
    """One page wide where the letters stay large enough; else several, each with the columns that name the rows."""
    breaks = _find_page_breaks(sheet, _choose_orientation(sheet))
    if not breaks:
        page.fit_to_pages(1, 0)
        return
    page.set_print_scale(_LEAST_SCALE)
    page.repeat_columns(0, sheet.kind.freeze_cols - 1)
    page.set_v_pagebreaks(breaks)


def _compute_pixels(sheet: SheetLayout) -> list[int]:
    return [width * 7 + 5 for width in sheet.widths]


def _compute_page_room(orientation: str) -> float:
    """How many pixels of columns a page takes at the smallest scale."""
    return _PAGE_INCHES[orientation] * 96 * 100 / _LEAST_SCALE


def _find_page_breaks(sheet: SheetLayout, orientation: str) -> list[int]:
    """The columns before which another page begins; none where all fit on one. Columns under one heading stay
    together: a heading that is torn runs out of its page."""
    room, pixels, named = _compute_page_room(orientation), _compute_pixels(sheet), sheet.kind.freeze_cols
    if sum(pixels) <= room or not named:
        return []
    torn = {col for _, left, _, right in sheet.merges for col in range(left + 1, right + 1)}
    breaks, start = list[int](), named
    for col in range(named, len(pixels)):
        if sum(pixels[:named]) + sum(pixels[start : col + 1]) > room:
            whole = max((c for c in range(start + 1, col + 1) if c not in torn), default=col)
            breaks.append(whole)
            start = whole
    return breaks


def _find_banner_columns(sheet: SheetLayout) -> tuple[int, int]:
    """Over which columns stands what is read once: on one page all; on several those of the first page's own."""
    breaks = _find_page_breaks(sheet, _choose_orientation(sheet))
    return (sheet.kind.freeze_cols, breaks[0] - 1) if breaks else (0, sheet.last_col)


def _choose_orientation(sheet: SheetLayout) -> str:
    """The way of the paper that takes the fewest pages; of equals, that with the larger letters, upright first."""
    return min(_PAGE_INCHES, key=lambda way: _count_pages(sheet, way))


def _count_pages(sheet: SheetLayout, orientation: str) -> tuple[int, float]:
    """(pages, by how much print is reduced) of a sheet; a wide one without columns that name its rows may only be
    reduced to the smallest scale, so that it is told off by more pages."""
    pixels, breaks = sum(_compute_pixels(sheet)), len(_find_page_breaks(sheet, orientation))
    scale = _LEAST_SCALE / 100 if breaks else min(1, _PAGE_INCHES[orientation] * 96 / pixels)
    if scale < _LEAST_SCALE / 100:
        return 2 * len(sheet.inputs) + 2, 1 - scale
    heads = sum(_list_header_heights(sheet))
    top, rest = _BANNER_HEIGHT + heads, sum(_list_row_heights(sheet)) + _FOOT_HEIGHT
    room = _PAGE_DEPTH_INCHES[orientation] * 72 / scale
    down = 1 + max(0, math.ceil((top + rest - room) / max(room - heads, 1)))
    return down * (breaks + 1), 1 - scale


def _apply_page_setup(page: Worksheet, form_layout: FormLayout, sheet: SheetLayout) -> None:
    page.set_paper(9)
    if _choose_orientation(sheet) == "landscape":
        page.set_landscape()
    page.set_margins(left=0.6, right=0.4, top=0.6, bottom=0.6)
    _fit_page_width(page, sheet)
    page.repeat_rows(sheet.header_rows[0], sheet.header_rows[1])
    page.set_footer(f"&L{form_layout.form.symbol} · {form_layout.unit.code} · {form_layout.period.key}&RTrang &P/&N")
    page.print_area(0, 0, max(sheet.data_rows) + 2 + _SPARE_ROWS, sheet.last_col)
    page.freeze_panes(sheet.data_rows[0], sheet.kind.freeze_cols)
    page.hide_gridlines(2)
    page.protect(
        "",
        {"select_locked_cells": True, "format_columns": True, "format_rows": True, "sort": False, "autofilter": True},
    )
