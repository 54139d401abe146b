"""PDF beside drafted Word documents, all of a run by one start of the office program. Used by steps that draft."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from etl.file_io import translate_os_errors, write_atomic
from etl.report.dates import parse_snapshot_time
from etl.report.pdf import convert_to_pdf, find_office_program

_log = logging.getLogger(__name__)


def needs_pdf(names: Iterable[str]) -> bool:
    """Whether a PDF is missing among a draft's files that could be made now."""
    return not any(name.endswith(".pdf") for name in names) and find_office_program() is not None


def add_pdf(drafts: Sequence[dict[str, Path]], known_at: str, recorded: Mapping[str, str] | None = None) -> str:
    """Adds ``pdf`` to the files of each draft that has ``word``; gives what is missing and what to do, or nothing.

    The Word documents bear different names. `recorded` has the SHA-256 of the files of the drafts before, by name:
    where a Word document is the one of then, and its PDF still lies beside it, that PDF stays. A PDF that could not be
    made again is taken away: none may lie beside a Word document that says something else.

    Raises:
        StorageError: the folder cannot be read or written.
    """
    papers, documents = [], {}
    for files in (files for files in drafts if "word" in files):
        target = files["word"].with_suffix(".pdf")
        if recorded and _is_as_recorded(files["word"], recorded) and _is_as_recorded(target, recorded):
            files["pdf"] = target
            continue
        papers.append(files)
        with translate_os_errors(files["word"]):
            documents[files["word"].name] = files["word"].read_bytes()
    made = convert_to_pdf(documents, parse_snapshot_time(known_at))
    for files in papers:
        target = files["word"].with_suffix(".pdf")
        data = made.files.get(target.name)
        if data is None:
            with translate_os_errors(target):
                target.unlink(missing_ok=True)
        else:
            write_atomic(target, data)
            files["pdf"] = target
    if made.problem:
        _log.warning("%s", made.problem)
    return made.problem


def _is_as_recorded(path: Path, recorded: Mapping[str, str]) -> bool:
    with translate_os_errors(path):
        return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == recorded.get(path.name)
