"""What every official letter prints around its content: head, addressees, bases, closing and signature.

Room: report. Shared by the views of the report and of its correction; one field per slot of their templates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from etl.report.facts import Facts


@dataclass(frozen=True)
class Text:
    """One printed paragraph."""

    text: str


@dataclass(frozen=True)
class Letter:
    """The slots that the templates have in common."""

    parent_body: str
    body: str
    office: str
    symbol: str
    place: str
    subject: str
    one_recipient: str
    recipients: tuple[Text, ...]
    simulated: str
    simulated_notice: str
    bases: tuple[Text, ...]
    opening: str
    closing: str
    copies: tuple[Text, ...]
    archive_line: str
    authority: tuple[Text, ...]


def texts(lines: list[str]) -> tuple[Text, ...]:
    """Lines as paragraphs."""
    return tuple(Text(line) for line in lines)


def letter(facts: Facts) -> dict[str, Any]:
    """The fields of a `Letter`, from the head and foot of the facts."""
    head, foot = facts["head"], facts["foot"]
    as_they_are = ("parent_body", "body", "office", "symbol", "place", "subject", "simulated", "simulated_notice")
    addressed = head["recipients"]
    return {
        **{name: head[name] for name in (*as_they_are, "opening")},
        "one_recipient": f"{addressed[0]}." if len(addressed) == 1 else "",
        "recipients": _recipients(addressed) if len(addressed) > 1 else (),
        "bases": texts(head["bases"]),
        "closing": foot["closing"],
        "copies": texts([f"- {copy.rstrip(';.')};" for copy in foot["copies"]]),
        "archive_line": f"- {foot['archive_line'].rstrip('.')}.",
        "authority": texts(foot["authority"]),
    }


def _recipients(names: list[str]) -> tuple[Text, ...]:
    """Several addressees as the decree wants them: a dash each, semicolons, a full stop at the end."""
    return tuple(Text(f"- {name}{'.' if name is names[-1] else ';'}") for name in names)
