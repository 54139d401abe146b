"""Renders what a sender is told about one file, and writes it."""

from __future__ import annotations

import logging
from pathlib import Path

from etl.file_io import write_atomic
from etl.returns.annotate import annotate_workbook
from etl.returns.answer import SubmissionAnswer, build_answer_path, may_be_annotated
from etl.returns.result_workbook import render_result_workbook

_log = logging.getLogger(__name__)


def write_answer(answer: SubmissionAnswer, outbox: Path) -> Path:
    """Writes the answer and gives its path.

    Raises:
        StorageError: the outbox cannot be written.
    """
    path = build_answer_path(answer, outbox)
    write_atomic(path, render_answer_workbook(answer))
    return path


def render_answer_workbook(answer: SubmissionAnswer) -> bytes:
    """The answer as an Excel workbook: the sender's own with its cells marked, or the first sheet alone.

    Never fails over what was sent: a workbook too odd to annotate costs its sender the marks, not the answer.
    """
    if may_be_annotated(answer):
        try:
            return annotate_workbook(answer)
        except Exception as error:  # whatever a sender's file can do to a parser
            _log.warning("%s cannot be annotated (%s): a fresh workbook is written", answer.sha256[:8], error)
    return render_result_workbook(answer)
