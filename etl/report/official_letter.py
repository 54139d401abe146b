"""What every official letter prints around its content: head, addressees, bases, closing and signature.

Room: report. Shared by the views of the report and of its correction; one field per slot of their templates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from etl.report.report_facts import DocumentFacts


@dataclass(frozen=True)
class Paragraph:
    """One printed paragraph."""

    text: str


@dataclass(frozen=True)
class LetterTemplateContext:
    """The slots that the templates have in common."""

    parent_body: str
    body: str
    office: str
    symbol: str
    place: str
    subject: str
    one_recipient: str
    recipients: tuple[Paragraph, ...]
    simulated: str
    simulated_notice: str
    bases: tuple[Paragraph, ...]
    opening: str
    closing: str
    copies: tuple[Paragraph, ...]
    archive_line: str
    authority: tuple[Paragraph, ...]


def build_paragraphs(lines: Iterable[str]) -> tuple[Paragraph, ...]:
    """Lines as paragraphs."""
    return tuple(Paragraph(line) for line in lines)


def build_letter_fields(facts: DocumentFacts) -> dict[str, Any]:
    """The fields of a `Letter`, from the head and foot of the facts."""
    head, foot = facts.head, facts.foot
    copied_keys = ("parent_body", "body", "office", "symbol", "place", "subject", "simulated", "simulated_notice")
    addressees = head.recipients
    return {
        **{name: getattr(head, name) for name in (*copied_keys, "opening")},
        "one_recipient": f"{addressees[0]}." if len(addressees) == 1 else "",
        "recipients": _build_recipient_paragraphs(addressees) if len(addressees) > 1 else (),
        "bases": build_paragraphs(head.bases),
        "closing": foot.closing,
        "copies": build_paragraphs([f"- {copy.rstrip(';.')};" for copy in foot.copies]),
        "archive_line": f"- {foot.archive_line.rstrip('.')}.",
        "authority": build_paragraphs(foot.authority),
    }


def _build_recipient_paragraphs(names: tuple[str, ...]) -> tuple[Paragraph, ...]:
    """Several addressees as the decree wants them: a dash each, semicolons, a full stop at the end."""
    return tuple(Paragraph(f"- {name}{'.' if name is names[-1] else ';'}") for name in names)
