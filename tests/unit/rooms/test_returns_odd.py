"""Files that cannot be annotated cost their senders the marks, never the answer."""

from __future__ import annotations

import logging
import re
import struct
import zipfile
from collections.abc import Callable
from io import BytesIO

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.catalog.layout import RESULT_SHEET
from etl.model import Finding, FindingLevel
from etl.ooxml.opc_package import MAX_PART_BYTES, OpcPackage, UneditablePackageError
from etl.returns import render_answer_workbook
from etl.returns.annotate import annotate_workbook
from etl.returns.answer import may_be_annotated
from etl.returns.return_messages import LEVEL_MARKS
from tests.unit.rooms.returns_books import (
    SHEET,
    answer,
    assert_consistent,
    finding,
    packed,
    rich,
    strict,
    unpacked,
    with_part,
)

RICH = rich()
Change = Callable[[bytes], bytes]


def first_sheet_alone(data: bytes) -> bool:
    return openpyxl.load_workbook(BytesIO(data)).sheetnames == [RESULT_SHEET]


def texts(data: bytes) -> list[str]:
    return [str(c.value) for row in openpyxl.load_workbook(BytesIO(data))[RESULT_SHEET].iter_rows() for c in row]


@pytest.mark.parametrize("code", ["F03", "F05", "F11"])
def test_a_file_refused_as_a_file_is_not_even_opened(code: str) -> None:
    given_answer = answer(RICH, finding("D5"), Finding(code, FindingLevel.REFUSE, "Tệp không đọc được.", "Gửi lại."))
    assert not may_be_annotated(given_answer)
    assert first_sheet_alone(render_answer_workbook(given_answer))


def test_a_mere_note_about_the_file_does_not_keep_it_back() -> None:
    assert may_be_annotated(answer(RICH, Finding("F08", FindingLevel.NOTE, "Có liên kết.", "Bỏ liên kết.")))


@pytest.mark.parametrize("original", [b"", b"\xd0\xcf\x11\xe0" + b"\0" * 600, b"PK\x03\x04", b"%PDF-1.7", RICH[:3000]])
def test_what_is_no_whole_workbook_is_answered_by_the_sheet_alone(original: bytes) -> None:
    back = render_answer_workbook(answer(original, finding("D5")))
    assert first_sheet_alone(back)
    assert "Kết quả nằm trong tệp riêng này vì không đánh dấu được ngay trong tệp của đơn vị." in texts(back)
    assert_consistent(back)


def test_a_file_without_findings_is_answered_by_a_receipt_alone() -> None:
    back = render_answer_workbook(answer(RICH, accepted=True, version=1))
    assert first_sheet_alone(back)
    assert "Đã nhận báo cáo. Không phát hiện sai sót." in texts(back)


ENTITY = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
ODD: dict[str, bytes] = {
    "macros": with_part(RICH, "[Content_Types].xml", lambda x: x.replace(
        b"officedocument.spreadsheetml.sheet.main+xml", b"ms-excel.sheet.macroEnabled.main+xml")),
    "a DTD": with_part(RICH, "xl/worksheets/sheet1.xml", lambda x: ENTITY + x[x.index(b"<worksheet") :]),
    "broken XML": with_part(RICH, "xl/styles.xml", lambda x: x[:-20]),
    "another vocabulary": with_part(RICH, "xl/workbook.xml", lambda x: x.replace(b"spreadsheetml/2006", b"other/2006")),
    "no list of sheets": with_part(RICH, "xl/workbook.xml", lambda x: x.replace(b"sheets>", b"blaetter>")),
    "a lost drawing": with_part(
        RICH, "xl/worksheets/_rels/sheet1.xml.rels", lambda x: x.replace(b"vmlDrawing1", b"vmlDrawing9")),
    "a drawing in UTF-16": with_part(
        RICH, "xl/drawings/vmlDrawing1.vml", lambda x: x.decode().encode("utf-16")),
    "comments without a list": with_part(
        RICH, "xl/comments1.xml", lambda x: x.replace(b"commentList", b"liste")),
    "merged areas without end": with_part(RICH, "xl/worksheets/sheet1.xml", lambda x: x.replace(
        b"</mergeCells>", b'<mergeCell ref="Z1:Z2"/>' * 20_001 + b"</mergeCells>")),
    "sheets without end": with_part(RICH, "xl/workbook.xml", lambda x: x.replace(
        b"</sheets>", b'<sheet name="x" sheetId="9"/>' * 1_001 + b"</sheets>")),
    "a drawing without end": with_part(
        RICH, "xl/drawings/vmlDrawing1.vml", lambda x: x.replace(b"</xml>", b"<v:shape>" * 500_000 + b"</xml>")),
    "no content types": packed({k: v for k, v in unpacked(RICH).items() if k != "[Content_Types].xml"}),
    "names in two cases": packed(unpacked(RICH) | {"XL/Workbook.xml": b"<a/>"}),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_an_odd_workbook_is_answered_by_the_sheet_alone(name: str, caplog: pytest.LogCaptureFixture) -> None:
    given_answer = answer(ODD[name], finding("D5"), finding("D6", FindingLevel.CONFIRM))
    with pytest.raises(UneditablePackageError):
        annotate_workbook(given_answer)
    with caplog.at_level(logging.WARNING):
        assert first_sheet_alone(render_answer_workbook(given_answer))
    assert "fresh workbook" in caplog.text, "an engineer can see that it happened"


def test_a_part_too_large_for_a_tree_is_not_unpacked() -> None:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for part, data in unpacked(RICH).items():
            out.writestr(part, data + b" " * (MAX_PART_BYTES if part == "xl/worksheets/sheet1.xml" else 0))
    with pytest.raises(UneditablePackageError, match="larger"):
        annotate_workbook(answer(target.getvalue(), finding("D5")))


def test_an_entry_that_stands_twice_or_overlaps_is_refused() -> None:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as out, pytest.warns(UserWarning, match="Duplicate"):
        out.writestr("a.xml", b"<a/>")
        out.writestr("a.xml", b"<b/>")
    with pytest.raises(UneditablePackageError, match="twice"):
        OpcPackage(target.getvalue())
    data = bytearray(packed({"a.xml": b"x" * 50_000, "b.xml": bytes(range(256)) * 40}))
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    struct.pack_into("<I", data, second + 20, len(data) - 40)
    with pytest.raises(UneditablePackageError, match=r"overlap|cut off"):
        OpcPackage(bytes(data))


def test_a_workbook_without_styles_gets_some() -> None:
    parts = unpacked(RICH)
    del parts["xl/styles.xml"]
    for name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
        lines = parts[name].replace(b"><", b">\n<").split(b"\n")
        parts[name] = b"".join(line for line in lines if b"styles.xml" not in line)
    for name in parts:
        if name.startswith("xl/worksheets/sheet"):
            parts[name] = re.sub(rb' s="\d+"|<conditionalFormatting.*</conditionalFormatting>', b"", parts[name])
    back = annotate_workbook(answer(packed(parts), finding("D5")))
    assert_consistent(back)
    assert openpyxl.load_workbook(BytesIO(back))[SHEET]["D5"].fill.fgColor.rgb == LEVEL_MARKS[FindingLevel.REFUSE].fill
    styles = unpacked(back)["xl/styles.xml"]
    order = [styles.index(b"<" + name) for name in (b"fonts", b"fills", b"borders", b"cellXfs")]
    assert order == sorted(order)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_workbook_damaged_anywhere_is_answered(data: st.DataObject) -> None:
    """Each XML part may lose, repeat or garble a stretch: there is always an answer, and it opens."""
    parts = unpacked(RICH if data.draw(st.booleans()) else strict(RICH))
    name = data.draw(st.sampled_from([n for n in parts if n.endswith((".xml", ".rels", ".vml"))]))
    text = parts[name]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 400)))
    junk = data.draw(
        st.sampled_from([b"", text[start:end] * 2, b"<", b'"', b"\xff\xfe", b"&a;", b"-1", b"99999999999"])
    )
    parts[name] = text[:start] + junk + text[end:]
    found = (
        finding("D5"),
        finding("Z99", FindingLevel.CONFIRM),
        finding("A1", FindingLevel.NOTE, sheet="Ghi 'riêng' chú"),
    )
    back = render_answer_workbook(answer(packed(parts), *found))
    assert zipfile.ZipFile(BytesIO(back)).testzip() is None
    assert RESULT_SHEET.encode() in unpacked(back)["xl/workbook.xml"]


def test_findings_in_strange_places_are_listed() -> None:
    places = ["", "D", "5", "A0", "XFE1", "A1048577", "D5:D9", "$D$7", "d8", "Ô 5", "R1C1", "=D5"]
    back = annotate_workbook(answer(RICH, *(finding(cell, code=f"V{i:02}") for i, cell in enumerate(places))))
    page = openpyxl.load_workbook(BytesIO(back)).worksheets[0]
    links = [c.hyperlink.location for row in page.iter_rows() for c in row if c.hyperlink]
    assert links == [f"'{SHEET}'!D5:D9", f"'{SHEET}'!D7", f"'{SHEET}'!d8"]
    assert_consistent(back)
