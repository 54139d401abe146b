"""The letter that goes with a published report or correction.

Inside the dispatch room only, and through it by steps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from etl.dispatch.letter import Letter, render_letter_text


@dataclass(frozen=True)
class DispatchedDocument:
    """A published document, in words. `kind` is report or correction; `period` and `plan` as a sentence has them."""

    report_id: int
    kind: str
    office: str
    plan: str
    period: str
    number: str
    signed_by: str
    signed_on: str
    files: Mapping[str, bytes]


def render_report_letter(
    document: DispatchedDocument, recipient: str, recipient_id: str, templates: Path, *, simulated: bool
) -> Letter:
    """The letter to one recipient, with the document (PDF, or Word where there is none) and the annex.

    Raises:
        TemplateError: the office's wording has an unknown or unused slot.
    """
    attached = {name: document.files[name] for name in _select_attachments(document.files)}
    slots = {
        "recipient": recipient,
        "office": document.office,
        "plan": document.plan,
        "period": document.period,
        "number": document.number,
        "signed_by": document.signed_by,
        "signed_on": document.signed_on,
        "files": "\n".join(_format_attachment_line(name, data) for name, data in attached.items()),
    }
    subject, text = render_letter_text(templates, document.kind, slots, simulated=simulated)
    return Letter(f"report/{document.report_id}/{recipient_id}", subject, text, attached)


def _select_attachments(names: Mapping[str, bytes]) -> list[str]:
    by_suffix = {
        suffix: sorted(n for n in names if PurePath(n).suffix.lower() == suffix) for suffix in _ATTACHMENT_SUFFIXES
    }
    return [*(by_suffix[".pdf"] or by_suffix[".docx"]), *by_suffix[".xlsx"]]


_ATTACHMENT_SUFFIXES = (".pdf", ".docx", ".xlsx")


def _format_attachment_line(name: str, data: bytes) -> str:
    return f"- {name} ({len(data)} byte; SHA-256: {hashlib.sha256(data).hexdigest()})"
