"""The PDF is exactly the Word document, the same bytes for the same document; without the program all else stays."""

from __future__ import annotations

import hashlib
import logging
import stat
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from itertools import permutations
from pathlib import Path

import pikepdf
import pytest
from pypdf import PdfReader

from etl.drafting import draft_pdf
from etl.drafting.draft_pdf import add_pdf
from etl.report import pdf as room
from etl.report.pdf import convert_to_pdf, normalize_pdf
from etl.report.pdf_form import add_form_fields
from tests.report.conftest import Drafted, needs_office
from tests.report.test_report_form import paragraphs

SNAPSHOT = "2024-10-21T09:30:00+07:00"
MOMENT = datetime(2024, 10, 21, 9, 30)  # as the clocks of Vietnam have it
FONTS = {name: f"font file {name}".encode() * 40 for name in ("regular", "bold", "italic", "bold italic")}


def made_pdf(order: tuple[str, ...] = tuple(FONTS), stamp: str = "20261122022811", words: str = "S") -> bytes:
    """A PDF as the office program makes it: the same page, its font files in some order, its own hour and identifier."""
    number = {name: 4 + order.index(name) for name in FONTS}  # as it stands in the file
    fonts = " ".join(f"/F{i} << /Type /Font /FontFile {number[name]} 0 R >>" for i, name in enumerate(FONTS))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [ 3 0 R ] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [ 0 0 9 9 ] /Resources << /Font << {fonts} >> >> >>".encode(),
        *(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(FONTS[name]), FONTS[name]) for name in order),
        f"<< /CreationDate (D:{stamp}Z) /Author ({words}) >>".encode(),
    ]
    data, places = b"%PDF-1.6\n", []
    for i, content in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (i, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    identifier = f"<{stamp:0<32}>"
    trailer = f"<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R /ID [ {identifier} {identifier} ]"
    trailer += f" /DocChecksum /{stamp} >>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + f"trailer\n{trailer}".encode()


def program(folder: Path, text: str) -> str:
    """A program that stands in for the office program."""
    path = folder / "soffice"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


# --- without the program ---------------------------------------------------------------------------------


def test_without_the_program_the_rest_is_there_and_the_message_says_what_to_do(
    report: Drafted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(room.shutil, "which", lambda name: None)
    word = tmp_path / "a.docx"
    word.write_bytes(report.paths["word"].read_bytes())
    (tmp_path / "a.pdf").write_bytes(b"of an earlier draft")
    files = {"word": word}
    with caplog.at_level(logging.WARNING):
        problem = add_pdf([files], report.given.snapshot_at)
    assert "LibreOffice (soffice) is not installed; install it" in problem
    assert problem in caplog.text
    assert files == {"word": word}
    assert [p.name for p in tmp_path.iterdir()] == ["a.docx"]  # nothing that says something else


def test_a_program_that_fails_or_makes_nothing_is_no_error(tmp_path: Path) -> None:
    broken = convert_to_pdf({"a.docx": b"x"}, MOMENT, program(tmp_path, "echo cannot load >&2; exit 3"))
    assert broken.files == {}
    assert broken.problem == "no PDF of a.docx: cannot load; draft again"
    silent = convert_to_pdf({"a.docx": b"x"}, MOMENT, program(tmp_path, "exit 0"))
    assert silent.problem == "no PDF of a.docx: LibreOffice made none; draft again"
    gone = convert_to_pdf({"a.docx": b"x"}, MOMENT, str(tmp_path / "nowhere"))
    assert "cannot be started" in gone.problem


def test_the_pdf_of_an_unchanged_word_document_is_not_made_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    word, paper = tmp_path / "a.docx", tmp_path / "a.pdf"
    word.write_bytes(b"word")
    paper.write_bytes(b"paper")
    recorded = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (word, paper)}
    converted = []

    def convert(documents: dict[str, bytes], moment: datetime) -> room.PdfConversion:
        converted.extend(documents)
        return room.PdfConversion({"a.pdf": b"made again"} if documents else {})

    monkeypatch.setattr(draft_pdf, "convert_to_pdf", convert)
    files = {"word": word}
    assert add_pdf([files], SNAPSHOT, recorded) == ""
    assert (files["pdf"].read_bytes(), converted) == (b"paper", [])
    paper.write_bytes(b"another one")  # not what was made of this document
    assert add_pdf([{"word": word}], SNAPSHOT, recorded) == ""
    assert (paper.read_bytes(), converted) == (b"made again", ["a.docx"])
    word.write_bytes(b"new word")
    recorded["a.pdf"] = hashlib.sha256(paper.read_bytes()).hexdigest()
    add_pdf([{"word": word}], SNAPSHOT, recorded)
    assert converted == ["a.docx", "a.docx"]


@pytest.mark.parametrize(
    ("charset", "missing"), [("20-17f 1a0-1b0 1ea0-1ef9", ""), ("20-17f 1a0-1b0 1ea0-1ef8", "ỹ"), ("", "")]
)
def test_a_font_without_vietnamese_letters_makes_no_pdf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, charset: str, missing: str
) -> None:
    """`fc-match` says which letters the font has that stands in for the decree's; one that says nothing is believed."""
    asked = program(tmp_path, f"echo '{charset}'")
    monkeypatch.setattr(room.shutil, "which", lambda name: asked if name == "fc-match" else None)
    made = convert_to_pdf({"a.docx": b"x"}, MOMENT, str(tmp_path / "nowhere"))
    assert (f"has no {missing};" in made.problem) is bool(missing)
    assert ("cannot be started" in made.problem) is not bool(missing)


def test_a_program_that_hangs_is_ended_with_all_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "START_SECONDS", 0.5)
    monkeypatch.setattr(room, "DOCUMENT_SECONDS", 0.0)
    made = convert_to_pdf({"a.docx": b"x"}, MOMENT, program(tmp_path, f"sleep 600 & echo $! > {tmp_path}/child; wait"))
    assert "took longer than 0.5 s" in made.problem
    child = Path(f"/proc/{(tmp_path / 'child').read_text().strip()}")
    assert not child.exists() or "(sleep) Z" in (child / "stat").read_text()


def test_what_was_made_is_kept_when_one_document_fails(tmp_path: Path) -> None:
    (tmp_path / "whole.pdf").write_bytes(made_pdf())
    text = f'for last; do :; done; cp {tmp_path}/whole.pdf "$(dirname "$last")/a.pdf"'
    made = convert_to_pdf({"a.docx": b"x", "b.docx": b"y"}, MOMENT, program(tmp_path, text))
    assert made.files == {"a.pdf": normalize_pdf(made_pdf(), MOMENT)}
    assert "no PDF of b.docx" in made.problem


def test_a_broken_pdf_is_none(tmp_path: Path) -> None:
    text = 'for last; do :; done; echo %PDF > "$(dirname "$last")/a.pdf"'
    made = convert_to_pdf({"a.docx": b"x"}, MOMENT, program(tmp_path, text))
    assert made.files == {}
    assert "no PDF of a.docx: LibreOffice wrote a broken a.pdf" in made.problem


def test_it_sees_nothing_of_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGKET_DATABASE_URL", "postgresql://secret")
    text = f'env > {tmp_path}/seen; pwd >> {tmp_path}/seen; for a; do echo "$a" >> {tmp_path}/seen; done'
    convert_to_pdf({"a.docx": b"x"}, MOMENT, program(tmp_path, text))
    seen = (tmp_path / "seen").read_text()
    assert "secret" not in seen
    assert "UserInstallation=file:///" in seen
    assert f"HOME={Path.home()}\n" not in seen


# --- the same bytes --------------------------------------------------------------------------------------


def test_the_date_and_the_chance_numbers_follow_from_the_document() -> None:
    one = normalize_pdf(made_pdf(), MOMENT)
    assert one == normalize_pdf(made_pdf(stamp="20270101000000"), MOMENT)
    assert one == normalize_pdf(one, MOMENT)
    assert str(PdfReader(BytesIO(one)).metadata["/CreationDate"]) == "D:20241021023000Z"  # UTC
    assert one != normalize_pdf(made_pdf(words="T"), MOMENT)


@pytest.mark.parametrize("order", list(permutations(FONTS))[1:], ids=", ".join)
def test_the_order_of_the_font_files_says_nothing(order: tuple[str, ...]) -> None:
    """The office program writes them in the order in which they lie in its memory, which is another one under load."""
    assert made_pdf(order) != made_pdf()
    assert normalize_pdf(made_pdf(order), MOMENT) == normalize_pdf(made_pdf(), MOMENT)


XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" rdf:about=""><xmp:CreateDate>{}</xmp:CreateDate>
</rdf:Description></rdf:RDF></x:xmpmeta>"""


def test_the_two_further_clocks_of_an_archive_file_follow_from_the_document() -> None:
    def archive(clock: str) -> bytes:
        target = BytesIO()
        with pikepdf.open(BytesIO(made_pdf())) as pdf:
            pdf.Root.Metadata = pdf.make_stream(XMP.format(clock).encode())
            profile = pdf.make_stream(b"p" * 24 + clock.encode()[:12] + b"rest")
            pdf.Root.OutputIntents = pikepdf.Array([pikepdf.Dictionary(DestOutputProfile=profile)])
            pdf.save(target)
        return target.getvalue()

    one = normalize_pdf(archive("2026-11-26T18:19:51Z"), MOMENT)
    assert one == normalize_pdf(archive("2027-01-01T00:00:00Z"), MOMENT) == normalize_pdf(one, MOMENT)
    with pikepdf.open(BytesIO(one)) as pdf:
        assert b"2024-10-21T02:30:00Z" in pdf.Root.Metadata.read_bytes()
        clock = pdf.Root.OutputIntents[0].DestOutputProfile.read_bytes()[24:36]
        assert [int.from_bytes(clock[i : i + 2], "big") for i in range(0, 12, 2)] == [2024, 10, 21, 2, 30, 0]


@needs_office
def test_another_run_gives_the_same_bytes(drafted: Callable[..., Drafted], pdf: dict[str, bytes]) -> None:
    """Alone or among others, in a fresh profile: the document decides."""
    report = drafted("kon-tum", "kt-124", "2024Q4")
    again = convert_to_pdf({"x.docx": report.paths["word"].read_bytes()}, MOMENT)
    assert again.files["x.pdf"] == pdf[report.paths["word"].with_suffix(".pdf").name]


# --- the same document -----------------------------------------------------------------------------------


def _join_words(text: str) -> str:
    """Without blanks; a hyphen at which no line may end is one."""
    return "".join(text.replace("\u200b", "").replace("\u2011", "-").split())


@needs_office
def test_the_pdf_has_the_words_of_the_report(report: Drafted, pdf: dict[str, bytes]) -> None:
    reader = PdfReader(BytesIO(pdf[report.paths["word"].with_suffix(".pdf").name]))
    text = _join_words("".join(page.extract_text() for page in reader.pages))
    for paragraph in paragraphs(report.word):
        words = _join_words(paragraph.text)
        assert words in text or not words or len(words) > 60, paragraph.text  # long ones may go over a page's end
    assert reader.metadata is not None
    assert reader.metadata.title == report.word.core_properties.title
    assert reader.metadata.author == report.facts["head"]["office"]


@needs_office
def test_fonts_are_embedded_and_pictures_have_words(report: Drafted, pdf: dict[str, bytes]) -> None:
    reader = PdfReader(BytesIO(pdf[report.paths["word"].with_suffix(".pdf").name]))
    seen = 0
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            known = font.get_object()
            inner = known["/DescendantFonts"][0].get_object() if "/DescendantFonts" in known else known
            assert any(key.startswith("/FontFile") for key in inner["/FontDescriptor"])
            seen += 1
    assert seen
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    alternatives = [
        str(part["/Alt"])
        for part in (o.get_object() for o in _objects(reader))
        if isinstance(part, dict) and "/Alt" in part
    ]
    drawn = [row["name"] for row in report.facts["first_page"]["rows"] if len(row["line"]) > 1]
    assert all(any(text.startswith(name) for text in alternatives) for name in drawn)


def _objects(reader: PdfReader) -> list[object]:
    from pypdf.generic import IndirectObject

    return [IndirectObject(number, 0, reader) for number in range(1, int(reader.trailer["/Size"]))]


# --- an archive file, as far as it can be told without a validator -------------------------------------------

FORBIDDEN_ACTIONS = {"/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/Hide", "/SetOCGState", "/Rendition",
                     "/Trans", "/GoTo3DView", "/JavaScript"}  # fmt: skip
BLEND_MODES = {"/Normal", "/Compatible", "/Multiply", "/Screen", "/Overlay", "/Darken", "/Lighten", "/ColorDodge",
               "/ColorBurn", "/HardLight", "/SoftLight", "/Difference", "/Exclusion", "/Hue", "/Saturation", "/Color",
               "/Luminosity"}  # fmt: skip


@needs_office
def test_what_an_archive_file_must_have_and_must_not(report: Drafted, pdf: dict[str, bytes]) -> None:
    """ISO 19005-2, level B, clause by clause where an object says it: declared by the file, not validated."""
    draft = pdf[report.paths["word"].with_suffix(".pdf").name]
    published = add_form_fields(draft, numbered=False)
    assert published != draft
    check_archive_file(draft)
    check_archive_file(published)


def check_archive_file(data: bytes) -> None:
    assert data.startswith(b"%PDF-1.") and all(byte > 127 for byte in data.split(b"\n", 2)[1][1:5])
    with pikepdf.open(BytesIO(data)) as opened:
        assert not opened.is_encrypted and len(opened.trailer.ID) == 2
        metadata = opened.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "B")
        assert "/Filter" not in opened.Root.Metadata
        (intent,) = opened.Root.OutputIntents
        assert intent.S == "/GTS_PDFA1" and intent.DestOutputProfile.N == 3
        assert intent.DestOutputProfile.read_bytes()[36:40] == b"acsp"
        assert (str(opened.Root.Lang), opened.Root.MarkInfo.Marked) == ("vi-VN", True)
        assert opened.Root.ViewerPreferences.DisplayDocTitle
        assert not {"/AA", "/OCProperties", "/Requirements"} & set(opened.Root.keys())
        form = opened.Root.get("/AcroForm", pikepdf.Dictionary())
        assert "/XFA" not in form and not form.get("/NeedAppearances", False)
        assert not {"/JavaScript", "/EmbeddedFiles"} & set(opened.Root.get("/Names", {}).keys())
        assert all("/AA" not in page.obj for page in opened.pages)
        for each in opened.objects:
            check_archived_object(each)


def check_archived_object(each: pikepdf.Object) -> None:
    if not isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
        return
    assert str(each.get("/S", "")) not in FORBIDDEN_ACTIONS and "/JS" not in each
    if isinstance(each, pikepdf.Stream):
        filters = each.get("/Filter", [])
        assert not {"/LZWDecode", "/Crypt"} & {
            str(f) for f in (filters if isinstance(filters, pikepdf.Array) else [filters])
        }
        assert not {"/F", "/FFilter", "/Alternates", "/OPI", "/Ref", "/PS"} & set(each.keys())
        assert each.get("/Interpolate", False) is False and each.get("/Subtype2") != "/PS"
    match str(each.get("/Type", "")):
        case "/Font" if each.Subtype != "/Type0":
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(each.FontDescriptor.keys())
        case "/Font":
            assert "/ToUnicode" in each
        case "/ExtGState":
            assert not {"/TR", "/HTP"} & set(each.keys()) and str(each.get("/BM", "/Normal")) in BLEND_MODES
        case "/Annot" if each.Subtype != "/Popup":
            assert int(each.get("/F", 0)) & 0b101011 == 0, "neither invisible, hidden nor unseen"
            assert each.Subtype == "/Link" or int(each.F) & 0b100, "it prints"
        case "/StructElem" if each.S == "/TH":
            attributes = each.A if isinstance(each.A, pikepdf.Array) else [each.A]
            assert any(str(a.get("/Scope", "")) in {"/Column", "/Row", "/Both"} for a in attributes)
        case "/StructElem" if each.S == "/Figure":
            assert str(each.Alt).strip()
