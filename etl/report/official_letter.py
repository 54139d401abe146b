"""What every official letter prints around its content: head, addressees, bases, closing and signature.

Room: report. Shared by the views of the report and of its correction; one field per slot of their templates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from etl.messages import Messages
from etl.report.dates import build_decree_date_parts
from etl.report.report_facts import DocumentFacts
from etl.report.section_facts import Head


@dataclass(frozen=True)
class Paragraph:
    """One printed paragraph."""

    text: str


@dataclass(frozen=True)
class LetterTemplateContext:
    """The slots that the templates have in common."""

    parent_body: str
    body: str
    symbol: str
    number: str
    place: str
    day: str
    month: str
    year: str
    subject: str
    one_recipient: str
    recipients: tuple[Paragraph, ...]
    simulated: str
    simulated_notice: str
    opening: str
    closing: str
    copies: tuple[Paragraph, ...]
    archive_line: str
    authority: tuple[Paragraph, ...]
    signer: str


def build_paragraphs(lines: Iterable[str]) -> tuple[Paragraph, ...]:
    """Lines as paragraphs."""
    return tuple(Paragraph(line) for line in lines)


def build_running_text(lines: Iterable[str]) -> tuple[Paragraph, ...]:
    """Sentences that follow each other as one paragraph, entries of a list as one each: half the paper."""
    grouped = groupby(lines, key=lambda line: line.startswith("- "))
    texts = (group if is_list else [" ".join(group)] for is_list, group in grouped)
    return build_paragraphs(text for group in texts for text in group)


def build_registry_fields(head: Head, wording: Messages) -> dict[str, str]:
    """Number, day, month and year as printed; blanks as wide as what is written into them while there are none."""
    blanks = {"number": "register", "day": "day", "month": "month", "year": "year"}
    fields = {name: wording.texts[f"head.{blank}_blank"] for name, blank in blanks.items()}
    if head.number:
        fields |= {"number": head.number}
    if head.signed_on:
        fields |= build_decree_date_parts(date.fromisoformat(head.signed_on))
    return fields


def format_attachment_line(head: Head, wording: Messages) -> str:
    """What stands under the title of an annex: the document that it belongs to."""
    return wording.format(
        "head.attached", symbol=head.symbol, office=head.office, **build_registry_fields(head, wording)
    )


def build_letter_fields(facts: DocumentFacts, wording: Messages) -> dict[str, Any]:
    """The fields of a `Letter`, from the head and foot of the facts."""
    head, foot = facts.head, facts.foot
    copied_keys = ("parent_body", "body", "symbol", "place", "subject", "simulated", "simulated_notice")
    addressees = head.recipients
    return {
        **{name: getattr(head, name) for name in (*copied_keys, "opening")},
        **build_registry_fields(head, wording),
        "one_recipient": f"{addressees[0]}." if len(addressees) == 1 else "",
        "recipients": _build_recipient_paragraphs(addressees) if len(addressees) > 1 else (),
        "closing": foot.closing,
        "copies": build_paragraphs([f"- {copy.rstrip(';.')};" for copy in foot.copies]),
        "archive_line": f"- {foot.archive_line.rstrip('.')}.",
        "authority": build_paragraphs(foot.authority),
        "signer": foot.signer,
    }


def _build_recipient_paragraphs(names: tuple[str, ...]) -> tuple[Paragraph, ...]:
    """Several addressees as the decree wants them: a dash each, semicolons, a full stop at the end."""
    return tuple(Paragraph(f"- {name}{'.' if name is names[-1] else ';'}") for name in names)
