"""A fresh workbook with the sheet *Kết quả kiểm tra* alone. Inside the returns room only."""

from __future__ import annotations

import datetime as dt

from etl.catalog.layout import RESULT_SHEET
from etl.ooxml.cell_styles import WorkbookStyles
from etl.ooxml.opc_package import CONTENT_TYPES, OpcPackage
from etl.ooxml.workbook_part import RELATIONSHIPS_NAMESPACE, TRANSITIONAL_NAMESPACE, WorkbookPart, quote_sheet_name
from etl.returns.answer import SubmissionAnswer
from etl.returns.result_sheet import ResultSheet, ResultSheetContext

STYLES_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_CONTENT_TYPES_XML = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/docProps/core.xml" '
    'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
)
_RELATIONSHIPS_XML = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" '
    'Target="docProps/core.xml"/></Relationships>'
)
_CORE_PROPERTIES_XML = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{title}</dc:title>'
    '<dcterms:created xsi:type="dcterms:W3CDTF">{time}</dcterms:created></cp:coreProperties>'
)
_WORKBOOK_XML = (
    f'<workbook xmlns="{TRANSITIONAL_NAMESPACE}" xmlns:r="{RELATIONSHIPS_NAMESPACE}">'
    "<bookViews><workbookView/></bookViews><sheets/></workbook>"
)


def render_result_workbook(answer: SubmissionAnswer) -> bytes:
    """The answer by itself: a receipt, or findings for a file that is not handed back."""
    package = OpcPackage()
    created = answer.received_at.astimezone(dt.UTC)
    package.write_part(CONTENT_TYPES, _CONTENT_TYPES_XML.encode())
    package.write_part("_rels/.rels", _RELATIONSHIPS_XML.encode())
    core = _CORE_PROPERTIES_XML.format(title=RESULT_SHEET, time=f"{created:%Y-%m-%dT%H:%M:%SZ}")
    package.write_part("docProps/core.xml", core.encode())
    package.write_part("xl/workbook.xml", _WORKBOOK_XML.encode())
    package.add_relationship("", "officeDocument", "xl/workbook.xml")
    book = WorkbookPart(package)
    add_result_sheet(book, answer, open_workbook_styles(book), ResultSheetContext(), RESULT_SHEET)
    return package.serialize_package()


def open_workbook_styles(book: WorkbookPart) -> WorkbookStyles:
    """The workbook's styles, to be added to; made if it has none."""
    part = book.find_part_of_kind("styles")
    if not part:
        part = "xl/styles.xml"  # some programs look nowhere else
        book.package.write_part(part, f'<styleSheet xmlns="{book.ns}"/>'.encode())
        book.package.declare_content_type(part, STYLES_CONTENT_TYPE)
        book.package.add_relationship(book.part, "styles", part)
    return WorkbookStyles(book.package.edit_part(part))


def add_result_sheet(
    book: WorkbookPart, answer: SubmissionAnswer, styles: WorkbookStyles, context: ResultSheetContext, name: str
) -> None:
    """Puts the sheet of results in front of all others."""
    result_sheet = ResultSheet(answer, styles, context)
    part = book.package.find_free_part_name("xl/worksheets/ketqua{}.xml")
    book.package.write_part(part, result_sheet.render_worksheet_xml(book.ns))
    book.insert_first_sheet(name, part)
    sheet = quote_sheet_name(name)
    if result_sheet.head_row:
        book.define_first_sheet_name(
            "_xlnm.Print_Titles", f"{sheet}!${result_sheet.head_row + 1}:${result_sheet.head_row + 1}"
        )
    book.define_first_sheet_name("_xlnm.Print_Area", f"{sheet}!{result_sheet.area}")
