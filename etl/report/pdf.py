"""PDF of exactly the Word documents, by LibreOffice, which is a program beside Python and may be missing.

Room: report. Called by steps once for all documents of a run, after they are drafted: starting the office program
takes longer than a page. It works in a folder and with a profile of its own, opens nothing but copies of the given
files, and is ended when it takes too long. It writes the hour and chance numbers into what it makes, and orders the
font files by where they lie in its memory: all of that is replaced by what follows from the document, so that the same
document gives the same bytes on the same machine.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from etl.model.vietnam_time import VIETNAM_ZONE

PROGRAMS = ("soffice", "libreoffice")
START_SECONDS, DOCUMENT_SECONDS = 120.0, 60.0
"""How long the program may take to start with a new profile, and how much longer for each document."""
_ARCHIVE = 2  # PDF/A-2b, as LibreOffice counts
_FILTER = "pdf:writer_pdf_Export:" + json.dumps(
    {
        "UseTaggedPDF": {"type": "boolean", "value": "true"},
        "SelectPdfVersion": {"type": "long", "value": str(_ARCHIVE)},
        "ExportBookmarksToPDFDestination": {"type": "boolean", "value": "true"},  # where `pdf_form` puts its fields
    }
)
_LETTERS = (0x102, 0x103, 0x110, 0x111, 0x128, 0x129, 0x168, 0x169, 0x1A0, 0x1A1, 0x1AF, 0x1B0, *range(0x1EA0, 0x1EFA))
"""The letters of Vietnamese that other languages of Europe do not have (Unicode, Latin Extended)."""
_FONT_NAME = "Times New Roman"


@dataclass(frozen=True)
class PdfConversion:
    """What became of the documents: bytes by name, and why some are missing (empty: none is)."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    problem: str = ""


def find_office_program() -> str | None:
    """Where the office program is, if it is installed."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


def convert_to_pdf(documents: Mapping[str, bytes], moment: datetime, program: str | None = None) -> PdfConversion:
    """Turns Word documents into PDF. Names keep their stem: ``a.docx`` gives ``a.pdf``.

    `moment` is what the files say of when they were made, as Vietnam's clocks have it. A missing, failing or hanging
    program is no error: the documents are whole without it, and `problem` says what to do.
    """
    executable = program or find_office_program()
    if executable is None:
        return PdfConversion(problem="no PDF: LibreOffice (soffice) is not installed; install it and draft again")
    if not documents:
        return PdfConversion()
    if missing := _find_missing_letters():
        problem = f"the font in place of {_FONT_NAME} has no {missing}; install fonts-liberation2 and draft again"
        return PdfConversion(problem=f"no PDF: {problem}")
    with tempfile.TemporaryDirectory(prefix="tongket-pdf-") as scratch:
        folder = Path(scratch)
        for name, data in documents.items():
            (folder / name).write_bytes(data)
        failure = _run_office_program(executable, folder, list(documents))
        files, broken = _collect_pdfs(folder, documents, moment)
    failure = failure or broken
    if len(files) == len(documents):
        return PdfConversion(files)
    missing = ", ".join(name for name in documents if Path(name).with_suffix(".pdf").name not in files)
    return PdfConversion(files, f"no PDF of {missing}: {failure or 'LibreOffice made none'}; draft again")


def _find_missing_letters() -> str:
    """The Vietnamese letters that the font in place of the decree's lacks; none where the machine cannot say."""
    program = shutil.which("fc-match")
    if program is None:
        return ""
    asked = [program, "--format", "%{charset}", _FONT_NAME]
    known = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=START_SECONDS).stdout  # noqa: S603
    spans = [part.split("-") for part in known.split()]
    covered = {code for span in spans for code in range(int(span[0], 16), int(span[-1], 16) + 1)}
    return "".join(chr(code) for code in _LETTERS if code not in covered) if covered else ""


def _run_office_program(program: str, folder: Path, names: list[str]) -> str:
    """Runs the program once over all documents; gives what went wrong, in a line."""
    command = [
        program, "--headless", "--norestore", "--nolockcheck", f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--convert-to", _FILTER, "--outdir", str(folder), *(str(folder / name) for name in names),
    ]  # fmt: skip
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    try:
        worker = subprocess.Popen(  # noqa: S603 - the office program, on files written here
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        return f"{program} cannot be started: {error.strerror}"
    allowed = START_SECONDS + DOCUMENT_SECONDS * len(names)
    try:
        _, errors = worker.communicate(timeout=allowed)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)  # the program starts others; all are of its own session
        worker.communicate()
        return f"LibreOffice took longer than {allowed:g} s"
    lines = [line for line in errors.decode("utf-8", "replace").splitlines() if line and "javaldx" not in line]
    return (lines[-1] if lines else f"LibreOffice ended with {worker.returncode}") if worker.returncode else ""


def _collect_pdfs(folder: Path, documents: Iterable[str], moment: datetime) -> tuple[dict[str, bytes], str]:
    """The PDFs that were made, by name, and what is wrong with the last one that cannot be read."""
    import pikepdf

    files, broken = {}, ""
    for path in (folder / Path(name).with_suffix(".pdf").name for name in documents):
        if path.is_file():
            try:
                files[path.name] = normalize_pdf(path.read_bytes(), moment)
            except pikepdf.PdfError as error:
                broken = f"LibreOffice wrote a broken {path.name} ({error})"
    return files, broken


def normalize_pdf(data: bytes, moment: datetime) -> bytes:
    """A PDF as its content alone makes it: objects in the order in which the document uses them, date and id of it.

    Raises:
        pikepdf.PdfError: it is no whole PDF.
    """
    import pikepdf

    with pikepdf.open(BytesIO(data)) as pdf:
        for key in ("/ID", "/DocChecksum"):  # both are chance numbers, and would go into the new identifier
            if key in pdf.trailer:
                del pdf.trailer[key]
        made = moment.replace(tzinfo=VIETNAM_ZONE).astimezone(UTC)
        pdf.docinfo["/CreationDate"] = f"D:{made:%Y%m%d%H%M%S}Z"
        _fix_archive_clocks(pdf, made)
        target = BytesIO()
        pdf.save(
            target,
            deterministic_id=True,
            compress_streams=False,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
        )
    return target.getvalue()


def _fix_archive_clocks(pdf: Any, made: datetime) -> None:
    """The two further clocks of PDF/A: of the metadata, and in the head of the colour profile (ICC.1, 7.2.8)."""
    if "/Metadata" in pdf.Root:
        clock = f"<xmp:CreateDate>{made:%Y-%m-%dT%H:%M:%SZ}</xmp:CreateDate>".encode()
        pdf.Root.Metadata.write(
            re.sub(rb"<xmp:CreateDate>[^<]*</xmp:CreateDate>", clock, pdf.Root.Metadata.read_bytes())
        )
    for intent in pdf.Root.get("/OutputIntents", ()):
        profile = intent.DestOutputProfile.read_bytes()
        parts = (made.year, made.month, made.day, made.hour, made.minute, made.second)
        clock = b"".join(part.to_bytes(2, "big") for part in parts)
        intent.DestOutputProfile.write(profile[:24] + clock + profile[36:])
