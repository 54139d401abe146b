"""Marks go into every format that has a place for them, change nothing that is seen, and come out again."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
from docx import Document
from pypdf import PdfReader, PdfWriter

from etl.errors import StorageError
from etl.report.file_properties import add_file_properties, read_file_properties

MARKS = {
    "TongketReport": "7",
    "TongketApprovedBy": 'Nguyễn <A> & "B"',
    "TongketApprovedAt": "2024-04-20T09:00:00+07:00",
}


def word() -> bytes:
    document, target = Document(), io.BytesIO()
    document.add_paragraph("Báo cáo")
    document.save(target)
    return target.getvalue()


def book() -> bytes:
    target = io.BytesIO()
    openpyxl.Workbook().save(target)
    return target.getvalue()


def pdf() -> bytes:
    writer, target = PdfWriter(), io.BytesIO()
    writer.add_blank_page(595, 842)
    writer.add_metadata({"/Author": "Sở Y tế", "/Producer": "LibreOffice"})
    writer.write(target)
    return target.getvalue()


HTML = "<!doctype html><html><head><title>Báo cáo</title></head><body>1</body></html>".encode()


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.docx", word()), ("a.xlsx", book()), ("a.PDF", pdf()), ("a.html", HTML)],
    ids=["word", "excel", "pdf", "html"],
)
def test_a_file_carries_its_marks_the_same_each_time(name: str, data: bytes) -> None:
    made = add_file_properties(name, data, MARKS)
    assert read_file_properties(name, made) == MARKS
    assert read_file_properties(name, data) == {}
    assert add_file_properties(name, data, MARKS) == made


def test_office_programs_still_read_the_file_and_its_properties() -> None:
    assert Document(io.BytesIO(add_file_properties("a.docx", word(), MARKS))).paragraphs[0].text == "Báo cáo"
    read = openpyxl.load_workbook(io.BytesIO(add_file_properties("a.xlsx", book(), MARKS)))
    assert {p.name: p.value for p in read.custom_doc_props.props} == MARKS


def test_properties_that_were_there_stay() -> None:
    workbook, target = openpyxl.Workbook(), io.BytesIO()
    workbook.custom_doc_props.append(openpyxl.packaging.custom.StringProperty(name="Phòng", value="KHTC"))
    workbook.save(target)
    read = openpyxl.load_workbook(io.BytesIO(add_file_properties("a.xlsx", target.getvalue(), MARKS)))
    assert {p.name: p.value for p in read.custom_doc_props.props} == {"Phòng": "KHTC", **MARKS}


def test_a_pdf_keeps_what_it_said_of_itself_and_its_pages() -> None:
    read = PdfReader(io.BytesIO(add_file_properties("a.pdf", pdf(), MARKS)))
    assert read.metadata is not None
    assert (read.metadata["/Author"], read.metadata["/Producer"], len(read.pages)) == ("Sở Y tế", "LibreOffice", 1)


def test_a_format_without_a_place_for_marks_stays_as_it_is() -> None:
    assert add_file_properties("facts.json", b"{}", MARKS) == b"{}"
    assert read_file_properties("facts.json", b"{}") == {}


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.pdf", "a.html"])
def test_what_is_no_such_file_is_refused_and_carries_nothing(name: str) -> None:
    with pytest.raises(StorageError, match="cannot be read"):
        add_file_properties(name, b"no such file", MARKS)
    assert read_file_properties(name, b"no such file") == {}


def test_a_package_without_its_list_of_parts_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        package.writestr("word/document.xml", "")
    with pytest.raises(StorageError, match="cannot be read"):
        add_file_properties("a.docx", target.getvalue(), MARKS)
