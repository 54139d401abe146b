from __future__ import annotations

import string
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.catalog.rules import Rules
from etl.read.preflight import CheckedFile, RawFinding, check_file_bytes
from etl.read.preflight.file_names import check_file_ending, check_file_name
from tests import hostile
from tests.builders import Workbook
from tests.hostile import CASES, Case

DEATHS = {"F13", "F14", "F15", "F16"}  # tests/unit/rooms/test_reader.py
INBOX = {"F17", "F18"}  # tests/unit/rooms/test_receive.py


def codes(data: bytes, name: str) -> list[str]:
    told = check_file_name(name)
    if told:
        return [told.code]
    checked = check_file_bytes(data)
    if isinstance(checked, RawFinding):
        return [checked.code]
    note = check_file_ending(name, checked.kind)
    return [t.code for t in checked.notes] + ([note.code] if note else [])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fault)
def test_a_hostile_file_ends_in_its_code(case: Case) -> None:
    assert codes(case.build(), case.name) == [case.code]


def test_every_code_of_files_has_a_failing_example(rules: Rules) -> None:
    assert {c for c in rules.by_code if c.startswith("F")} == {case.code for case in CASES} | DEATHS | INBOX


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fault)
def test_every_slot_of_a_message_is_filled(case: Case, rules: Rules) -> None:
    checked = check_file_name(case.name) or check_file_bytes(case.build())
    for trouble in [checked] if isinstance(checked, RawFinding) else checked.notes:
        template = rules.by_code[trouble.code].message
        wanted = {name for _, name, _, _ in string.Formatter().parse(template) if name}
        assert wanted <= {key for key, _ in trouble.slots} | {"value"}, trouble


def test_an_issued_form_passes_and_its_parts_are_handed_on(district: Workbook) -> None:
    checked = check_file_bytes(district.issued)
    assert isinstance(checked, CheckedFile) and (checked.kind, checked.notes) == ("xlsx", ())
    again = check_file_bytes(checked.data)
    assert isinstance(again, CheckedFile) and again.data == checked.data, "what is handed on passes too, unchanged"


def test_the_manifests_list_of_cells_is_not_handed_on(district: Workbook) -> None:
    checked = check_file_bytes(district.issued)
    assert isinstance(checked, CheckedFile)
    assert checked.data.count(b"<row ") < 400 < district.book["_manifest"].max_row


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"%PDF-1.4", "tệp PDF"), (b"\xff\xd8\xff\xe0", "tệp ảnh"), (b"{\\rtf1", "tệp Word (RTF)"),
        (b"<html>", "trang web (HTML)"), (b"a,b\n1,2\n", "tệp văn bản (CSV, TXT)"), (b"\x09\x04\x06\x00", "Excel đời trước 97"),
        (bytes(100), "byte 0"),
    ],
)  # fmt: skip
def test_what_is_no_workbook_is_called_by_its_name(text: bytes, what: str) -> None:
    trouble = check_file_bytes(text)
    assert isinstance(trouble, RawFinding) and trouble.code == "F01" and what in dict(trouble.slots)["detail"]


@pytest.mark.parametrize("kind", ["xls", "ods", "xlsb", "xlsm"])
def test_sane_files_of_other_formats_pass(kind: str) -> None:
    built = {
        "xls": lambda: hostile.xls((0x0203, struct.pack("<HHHd", 9, 9, 0, 1.0)), (0x01AE, struct.pack("<HH", 3, 0x0401))),
        "ods": lambda: hostile.ods(
            b"<x><table:table><table:table-row><table:table-cell office:value='1'/>"
            b"<table:table-cell table:number-columns-repeated='16383'/></table:table-row>"
            b"<table:table-row table:number-rows-repeated='1048575'><table:table-cell/></table:table-row></table:table></x>"
        ),
        "xlsb": lambda: hostile.zipped({"xl/workbook.bin": b"", "xl/worksheets/sheet1.bin": b"\x00\x04\0\0\0\0\x05\x04\0\0\0\0"}),
        "xlsm": lambda: hostile.zipped({"[Content_Types].xml": b"<a>macroEnabled</a>", "xl/workbook.xml": hostile.BOOK}),
    }  # fmt: skip
    checked = check_file_bytes(built[kind]())
    assert isinstance(checked, CheckedFile) and (checked.kind, checked.notes) == (kind, ())


def test_many_columns_of_format_alone_are_no_far_cells() -> None:
    columns = b'<worksheet><cols><col min="1" max="16384"/></cols><sheetData><row r="1"><c r="ZZ9999"/></row></sheetData></worksheet>'
    assert isinstance(check_file_bytes(hostile.book(**{hostile.SHEET: columns})), CheckedFile)


def test_nesting_up_to_the_cap_passes() -> None:
    assert isinstance(check_file_bytes(hostile.book(a_x=hostile.nested(900))), CheckedFile)


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("a.xlsx", None), ("a.XLSX", None), ("a.xlsm", None), ("a", None), ("a.bak", None), ("a.v2", None),
        ("a.xls", "F09"), ("a.ods", "F09"), ("a.xlsb", "F09"),
    ],
)  # fmt: skip
def test_an_ending_is_compared_with_the_content(name: str, note: str | None) -> None:
    told = check_file_ending(name, "xlsx")
    assert (told.code if told else None) == note


@given(st.binary(max_size=300))
def test_any_bytes_get_a_code(data: bytes) -> None:
    for start in (b"", b"PK\x03\x04", hostile.OLE):
        assert isinstance(check_file_bytes(start + data), RawFinding)
