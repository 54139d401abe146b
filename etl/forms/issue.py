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
"""What is printed across an A4 page, without the margins."""
_LEAST_SCALE = 80
"""The smallest letters are 10 pt: printed at 80 % they are 8 pt. A wider sheet goes over several pages."""
_LANDSCAPE_FROM = 7


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
            page.set_row(_SENDING_ROW, 2 * _LINE_HEIGHT)
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
    top = sheet.header_rows[0]
    tall = sheet.kind.tall_headers
    page.set_row(top, 32 if tall else 18)
    page.set_row(top + 1, 46 if tall else 16)
    page.set_row(top + 2, _compute_tallest_label(sheet, top + 2) if tall else 16)
    if sheet.kind.row_height == "default":
        return
    for row in range(sheet.data_rows[0], sheet.data_rows[1] + 1):
        page.set_row(row, _NOTE_HEIGHT if sheet.kind.row_height == "note" else _compute_label_row_height(sheet, row))


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
    breaks = _find_page_breaks(sheet)
    if not breaks:
        page.fit_to_pages(1, 0)
        return
    page.set_print_scale(_LEAST_SCALE)
    page.repeat_columns(0, sheet.kind.freeze_cols - 1)
    page.set_v_pagebreaks(breaks)


def _find_page_breaks(sheet: SheetLayout) -> list[int]:
    """The columns before which another page begins; none where all fit on one."""
    inches = _PAGE_INCHES["landscape" if _is_landscape(sheet) else "portrait"]
    room, pixels = inches * 96 * 100 / _LEAST_SCALE, [width * 7 + 5 for width in sheet.widths]
    named = sheet.kind.freeze_cols
    if sum(pixels) <= room or not named:
        return []
    own = pixels[named:]
    pages = math.ceil(sum(own) / (room - sum(pixels[:named])))
    each = math.ceil(len(own) / pages)
    return [named + each * i for i in range(1, pages)]


def _find_banner_columns(sheet: SheetLayout) -> tuple[int, int]:
    """Over which columns stands what is read once: on one page all; on several those of the first page's own."""
    breaks = _find_page_breaks(sheet)
    return (sheet.kind.freeze_cols, breaks[0] - 1) if breaks else (0, sheet.last_col)


def _is_landscape(sheet: SheetLayout) -> bool:
    return sum(sheet.widths) > 95 or sheet.last_col >= _LANDSCAPE_FROM


def _apply_page_setup(page: Worksheet, form_layout: FormLayout, sheet: SheetLayout) -> None:
    page.set_paper(9)
    if _is_landscape(sheet):
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
