"""The hidden sheet `_manifest` of every workbook that comes back: what it is, and where its input cells are.

Room: catalogue, beside the layout, because the forms room and the report room both print it. Of its rows the reader
trusts the stamp only; the cells are for people and programs outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from etl.catalog.layout import MANIFEST_HEADER, MANIFEST_SHEET, MANIFEST_STAMP, FormLayout

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook


def write_manifest_sheet(book: Workbook, form_layout: FormLayout) -> None:
    """Adds the hidden, locked sheet that says what the workbook is and where its input cells are."""
    page = book.add_worksheet(MANIFEST_SHEET)
    for row, texts in enumerate(_list_manifest_rows(form_layout)):
        for col, text in enumerate(texts):
            page.write_string(row, col, text)
    page.protect()
    page.hide()


def _list_manifest_rows(form_layout: FormLayout) -> Iterator[tuple[str, ...]]:
    """The rows of the sheet: the stamp as key and value, an empty row, a header, the input cells."""
    stamp = (form_layout.form.id, form_layout.form.version, form_layout.unit.code, form_layout.period.key)
    yield from zip(MANIFEST_STAMP, stamp, strict=True)
    yield ()
    yield MANIFEST_HEADER
    for sheet, cell in form_layout.inputs:
        yield sheet, cell.cell, cell.org_unit_code, cell.data_element, cell.kind.value
