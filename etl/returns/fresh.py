"""A fresh workbook with the sheet *Kết quả kiểm tra* alone. Inside the returns room only."""

from __future__ import annotations

import datetime as dt

from etl.catalog.layout import RESULT_SHEET
from etl.returns.answer import Answer
from etl.returns.book import RELATIONS, TRANSITIONAL, Book, quoted
from etl.returns.looks import Looks
from etl.returns.package import CONTENT_TYPES, Package
from etl.returns.sheet import Context, ResultSheet

STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/docProps/core.xml" '
    'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
)
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" '
    'Target="docProps/core.xml"/></Relationships>'
)
_CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>Kết quả kiểm tra</dc:title>'
    '<dcterms:created xsi:type="dcterms:W3CDTF">{time}</dcterms:created></cp:coreProperties>'
)
_WORKBOOK = (
    f'<workbook xmlns="{TRANSITIONAL}" xmlns:r="{RELATIONS}"><bookViews><workbookView/></bookViews><sheets/></workbook>'
)


def fresh(answer: Answer) -> bytes:
    """The answer by itself: a receipt, or findings for a file that is not handed back."""
    package = Package()
    created = answer.received_at.astimezone(dt.UTC)
    package.put(CONTENT_TYPES, _TYPES.encode())
    package.put("_rels/.rels", _RELATIONS.encode())
    package.put("docProps/core.xml", _CORE.format(time=f"{created:%Y-%m-%dT%H:%M:%SZ}").encode())
    package.put("xl/workbook.xml", _WORKBOOK.encode())
    package.relate("", "officeDocument", "xl/workbook.xml")
    book = Book(package)
    add_result(book, answer, styles_of(book), Context(), RESULT_SHEET)
    return package.save()


def styles_of(book: Book) -> Looks:
    """The workbook's styles, to be added to; made if it has none."""
    part = book.part_of("styles")
    if not part:
        part = "xl/styles.xml"  # some programs look nowhere else
        book.package.put(part, f'<styleSheet xmlns="{book.ns}"/>'.encode())
        book.package.declare(part, STYLES_TYPE)
        book.package.relate(book.part, "styles", part)
    return Looks(book.package.edit(part))


def add_result(book: Book, answer: Answer, looks: Looks, context: Context, name: str) -> None:
    """Puts the sheet of results in front of all others."""
    made = ResultSheet(answer, looks, context)
    part = book.package.free_name("xl/worksheets/ketqua{}.xml")
    book.package.put(part, made.xml(book.ns))
    book.insert_first(name, part)
    sheet = quoted(name)
    if made.head_row:
        book.name_first("_xlnm.Print_Titles", f"{sheet}!${made.head_row + 1}:${made.head_row + 1}")
    book.name_first("_xlnm.Print_Area", f"{sheet}!{made.area}")
