"""PDF of exactly the Word documents, by LibreOffice, which is a program beside Python and may be missing.

Room: report. Called by steps once for all documents of a run, after they are drafted: starting the office program
takes longer than a page. It works in a folder and with a profile of its own, opens nothing but copies of the given
files, and is ended when it takes too long. It writes the hour and chance numbers into what it makes, and orders the
font files by where they lie in its memory: all of that is replaced by what follows from the document, so that the same
document gives the same bytes on the same machine.
"""

from __future__ import annotations

import os
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

from etl.model.vietnam_time import VIETNAM_ZONE

PROGRAMS = ("soffice", "libreoffice")
START_SECONDS, DOCUMENT_SECONDS = 120.0, 60.0
"""How long the program may take to start with a new profile, and how much longer for each document."""
_FILTER = 'pdf:writer_pdf_Export:{"UseTaggedPDF":{"type":"boolean","value":"true"}}'


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
        pdf.docinfo["/CreationDate"] = f"D:{moment.replace(tzinfo=VIETNAM_ZONE).astimezone(UTC):%Y%m%d%H%M%S}Z"
        target = BytesIO()
        pdf.save(
            target,
            deterministic_id=True,
            compress_streams=False,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
        )
    return target.getvalue()
