"""PDF of exactly the Word documents, by LibreOffice, which is a program beside Python and may be missing.

Room: report. Called by steps once for all documents of a run, after they are drafted: starting the office program
takes longer than a page. It works in a folder and with a profile of its own, opens nothing but copies of the given
files, and is ended when it takes too long. It writes the hour and a chance number into what it makes; both are
replaced by what follows from the document, so that the same document gives the same bytes on the same machine.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

PROGRAMS = ("soffice", "libreoffice")
START_SECONDS, DOCUMENT_SECONDS = 120.0, 60.0
"""How long the program may take to start with a new profile, and how much longer for each document."""
_FILTER = 'pdf:writer_pdf_Export:{"UseTaggedPDF":{"type":"boolean","value":"true"}}'
_DATE = re.compile(rb"(?<=/CreationDate\(D:)\d{14}(?=Z)")
_NUMBER = re.compile(rb"[0-9A-F]{32}")
_ID = re.compile(rb"/ID\s*\[\s*<[0-9A-F]{32}>\s*<[0-9A-F]{32}>\s*\]|/DocChecksum /[0-9A-F]{32}")
_HANOI = timedelta(hours=7)


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
        files = {
            path.name: normalize_pdf(path.read_bytes(), moment)
            for path in (folder / Path(name).with_suffix(".pdf").name for name in documents)
            if path.is_file()
        }
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


def normalize_pdf(data: bytes, moment: datetime) -> bytes:
    """A PDF with its date and its chance numbers replaced by others of the same length: nothing moves in the file."""
    plain = _ID.sub(_build_id_replacer(b"0" * 32), _DATE.sub(f"{moment - _HANOI:%Y%m%d%H%M%S}".encode(), data))
    return _ID.sub(_build_id_replacer(hashlib.sha256(plain).hexdigest()[:32].upper().encode()), plain)


def _build_id_replacer(number: bytes) -> Callable[[re.Match[bytes]], bytes]:
    return lambda match: _NUMBER.sub(number, match[0])
