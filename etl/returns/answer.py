"""What a sender is told about one file, and where it is put."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from etl.messages import Messages
from etl.model import Finding, FindingLevel

_NO_FOLDER = "_khong-ro"
_FILE_CODE_PREFIX = "F"
"""Codes that begin so are about the file itself: refused for one, it is never opened again and never handed back."""
_ZIP_SIGNATURE = b"PK\x03\x04"
_UNSAFE_SIGNS = re.compile(r"[^\w ().-]+")
"""What no system's file name may hold, and what nobody can see."""
_LONGEST_OWN_NAME = 60
MOST_LISTED = 5_000
"""Findings that an answer lists and marks, the gravest; of the others it says how many there are."""


@dataclass(frozen=True)
class ValueChange:
    """A cell whose content differs from the version before: a number, words, or None for nothing there."""

    sheet: str
    cell: str
    element: str
    unit: str
    before: Fraction | float | str | None
    after: Fraction | float | str | None


@dataclass(frozen=True)
class SubmissionAnswer:
    """All that a sender is told about one file. `form_title` and what follows are empty if not understood.

    Findings stand in the order to show them. `original` is the content that was sent, if it may be opened again;
    `office` is who answers, `wording` in which words; `trial` is a check before anything was sent. `known`: the same
    content came before; `standing` is the version that counts (0: none).
    """

    folder: str
    file: str
    sha256: str
    received_at: dt.datetime
    accepted: bool
    findings: tuple[Finding, ...]
    wording: Messages = field(repr=False)
    form: str = ""
    form_title: str = ""
    unit_name: str = ""
    period: str = ""
    period_name: str = ""
    version: int = 0
    due: dt.date | None = None
    late_days: int = 0
    changes: tuple[ValueChange, ...] = ()
    simulated: bool = False
    office: str = ""
    trial: bool = False
    known: bool = False
    standing: int = 0
    original: bytes | None = field(default=None, repr=False)

    @property
    def listed(self) -> tuple[Finding, ...]:
        """The findings that are shown one by one."""
        return self.findings[:MOST_LISTED]


def build_answer_path(answer: SubmissionAnswer, outbox: Path) -> Path:
    """Where the answer is put: the sender's own folder; the name tells period, form, content and verdict, and of a
    file that nobody understood what its sender called it."""
    return locate_answer(
        outbox, answer.folder, answer.file, answer.sha256,
        accepted=answer.accepted, period=answer.period, form=answer.form,
    )  # fmt: skip


def locate_answer(outbox: Path, folder: str, file: str, sha256: str, *, accepted: bool, period: str, form: str) -> Path:
    """The place of the answer to a file of a folder. `period` and `form` are empty where not understood."""
    word = "bien-nhan" if accepted else "tra-lai"
    parts = [p for p in (period, form) if re.fullmatch(r"[A-Za-z0-9._-]+", p)]
    if not parts and (own := _UNSAFE_SIGNS.sub("-", Path(file).stem)[:_LONGEST_OWN_NAME].strip(" .-")):
        parts = [own]
    return outbox / "returns" / (folder or _NO_FOLDER) / ("_".join([*parts, sha256[:8], word]) + ".xlsx")


def may_be_annotated(answer: SubmissionAnswer) -> bool:
    """Whether the sender's own workbook goes back: it has findings, is a zip, and was not refused as a file."""
    if not answer.original or not answer.original.startswith(_ZIP_SIGNATURE):
        return False
    hostile = any(f.code.startswith(_FILE_CODE_PREFIX) and f.level == FindingLevel.REFUSE for f in answer.findings)
    return bool(answer.findings) and not hostile
