"""PDF beside drafted Word documents, all of a run by one start of the office program. Used by steps that draft."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from etl.files import explained, write_atomic

_log = logging.getLogger(__name__)


def wants_pdf(names: Iterable[str]) -> bool:
    """Whether a PDF is missing among a draft's files that could be made now."""
    from etl.report.pdf import office_program

    return not any(name.endswith(".pdf") for name in names) and office_program() is not None


def add_pdf(drafts: Sequence[dict[str, Path]], known_at: str) -> str:
    """Adds ``pdf`` to the files of each draft that has ``word``; gives what is missing and what to do, or nothing.

    The Word documents bear different names. A PDF that could not be made again is taken away: none may lie beside a
    Word document that says something else.

    Raises:
        StorageError: the folder cannot be read or written.
    """
    from etl.report.dates import snapshot_moment
    from etl.report.pdf import convert

    papers = [files for files in drafts if "word" in files]
    documents = {}
    for files in papers:
        with explained(files["word"]):
            documents[files["word"].name] = files["word"].read_bytes()
    made = convert(documents, snapshot_moment(known_at))
    for files in papers:
        target = files["word"].with_suffix(".pdf")
        data = made.files.get(target.name)
        if data is None:
            with explained(target):
                target.unlink(missing_ok=True)
        else:
            write_atomic(target, data)
            files["pdf"] = target
    if made.problem:
        _log.warning("%s", made.problem)
    return made.problem
