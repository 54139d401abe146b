"""The PDF is exactly the Word document, the same bytes for the same document; without the program all else stays."""

from __future__ import annotations

import logging
import stat
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from etl.report import pdf as room
from etl.report.pdf import convert_to_pdf, normalize_pdf
from etl.steps.paper import add_pdf
from tests.report.conftest import Drafted, needs_office
from tests.report.test_report_form import paragraphs

MOMENT = datetime(2024, 10, 21, 9, 30)  # as the clocks of Vietnam have it
_PDF = (
    b"%PDF-1.6\n<</CreationDate(D:20261122022811Z')>>\n/Author<FEFF0053>\n"
    b"trailer\n/ID [ <F7E5BCF7D4A8D0E0160EB4CFF37E2E46>\n<F7E5BCF7D4A8D0E0160EB4CFF37E2E46> ]\n"
    b"/DocChecksum /E77E3875D564DB2A2245FF49D44223D1\n>>\nstartxref\n9\n%%EOF\n"
)


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


def test_a_program_that_hangs_is_ended_with_all_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "START_SECONDS", 0.5)
    monkeypatch.setattr(room, "DOCUMENT_SECONDS", 0.0)
    made = convert_to_pdf({"a.docx": b"x"}, MOMENT, program(tmp_path, f"sleep 600 & echo $! > {tmp_path}/child; wait"))
    assert "took longer than 0.5 s" in made.problem
    child = Path(f"/proc/{(tmp_path / 'child').read_text().strip()}")
    assert not child.exists() or "(sleep) Z" in (child / "stat").read_text()


def test_what_was_made_is_kept_when_one_document_fails(tmp_path: Path) -> None:
    text = 'for last; do :; done; dir=$(dirname "$last"); echo %PDF > "$dir/a.pdf"'
    made = convert_to_pdf({"a.docx": b"x", "b.docx": b"y"}, MOMENT, program(tmp_path, text))
    assert made.files == {"a.pdf": b"%PDF\n"}
    assert "no PDF of b.docx" in made.problem


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
    later = _PDF.replace(b"20261122022811", b"20270101000000").replace(b"F7E5", b"0123").replace(b"E77E", b"4567")
    assert normalize_pdf(_PDF, MOMENT) == normalize_pdf(later, MOMENT)
    assert b"D:20241021023000Z" in normalize_pdf(_PDF, MOMENT)  # UTC
    assert len(normalize_pdf(_PDF, MOMENT)) == len(_PDF)  # or every offset would be wrong
    assert b"<FEFF0053>" in normalize_pdf(_PDF, MOMENT)
    assert normalize_pdf(_PDF.replace(b"0053", b"0054"), MOMENT) != normalize_pdf(_PDF, MOMENT)


@needs_office
def test_another_run_gives_the_same_bytes(drafted: Callable[..., Drafted], pdf: dict[str, bytes]) -> None:
    """Alone or among others, in a fresh profile: the document decides."""
    report = drafted("kon-tum", "kt-124", "2024Q4")
    again = convert_to_pdf({"x.docx": report.paths["word"].read_bytes()}, MOMENT)
    assert again.files["x.pdf"] == pdf[report.paths["word"].with_suffix(".pdf").name]


# --- the same document -----------------------------------------------------------------------------------


@needs_office
def test_the_pdf_has_the_words_of_the_report(report: Drafted, pdf: dict[str, bytes]) -> None:
    reader = PdfReader(BytesIO(pdf[report.paths["word"].with_suffix(".pdf").name]))
    text = "".join("".join(page.extract_text() for page in reader.pages).split())
    for paragraph in paragraphs(report.word):
        words = "".join(paragraph.text.replace("\u200b", "").split())
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
    assert report.facts["chart"]["alt"] in alternatives


def _objects(reader: PdfReader) -> list[object]:
    from pypdf.generic import IndirectObject

    return [IndirectObject(number, 0, reader) for number in range(1, int(reader.trailer["/Size"]))]
