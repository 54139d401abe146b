"""What a person is told who has to decide on a document: which one it is, and what decides, in about ten lines.

The page shows it beside the form, and the letter to who decides has it. No path, no hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from etl.approval.decisions import fetch_document
from etl.approval.publication import read_draft_facts
from etl.catalog import Catalogue
from etl.core.instance import load_settings_and_catalogue, open_engine
from etl.messages import Messages, load_messages
from etl.model import Period
from etl.report.report_facts import CorrectionFacts, DocumentFacts, ReportFacts
from etl.settings import Settings
from etl.warehouse import signoff_store
from etl.warehouse.run_context import RunContext
from etl.warehouse.signoff_store import SignableDocument
from etl.warehouse.unit_reports import fetch_submission_statuses

if TYPE_CHECKING:
    from sqlalchemy import Connection

_MOST_HEADLINES, _LINE_LENGTH = 5, 400


@dataclass(frozen=True)
class SignoffQuestion:
    """A document that waits for a person. `report` is its number; the texts are Vietnamese.

    `subject` and `about` name plan, period and office; `lines` are what to know before deciding.
    """

    report: int
    scope: str
    period: str
    subject: str
    about: str
    lines: tuple[str, ...]


def build_signoff_question(
    conn: Connection, settings: Settings, catalogue: Catalogue, document: SignableDocument
) -> SignoffQuestion:
    """What there is to know about a document.

    Raises:
        StorageError: its files are not there.
    """
    facts, wording = read_draft_facts(settings, document), load_messages(settings.templates)
    plan = facts.plan.short_title
    if document.audience:  # another report on the same plan and period waits beside it
        plan = wording.format("question.plan_to", plan=plan, recipients=", ".join(facts.head.recipients))
    named = {
        "what": wording.texts[f"question.{document.kind}"],
        "plan": plan,
        "period": facts.period.name,
        "office": facts.head.office,
    }
    return SignoffQuestion(
        document.report_id,
        document.scope,
        document.period,
        wording.format("question.subject", number=document.report_id, **named),
        wording.format("question.about", **named),
        (
            *(_shorten_line(line) for line in _list_headlines(facts)[:_MOST_HEADLINES]),
            _describe_open_findings(conn, catalogue, document, wording),
            *_list_signing_notes(facts, wording),
            *_describe_earlier_rejection(conn, document, wording),
        ),
    )


def describe_question(report: int) -> SignoffQuestion:
    """What there is to know about a document of a number.

    Raises:
        UsageError: there is no such document.
        StorageError: its files are not there.
    """
    settings, catalogue = load_settings_and_catalogue()
    with open_engine(settings).connect() as conn:
        return build_signoff_question(conn, settings, catalogue, fetch_document(conn, report))


def _list_headlines(facts: DocumentFacts) -> list[str]:
    """How many targets stand where and who is missing; of a correction, why and how much changes."""
    if isinstance(facts, CorrectionFacts):
        headlines = [facts.head.opening, *facts.causes, *facts.verdicts]
    else:
        headlines = [*facts.summary[:1], *facts.situation[1:], *facts.summary[1:]]
    return [line.removeprefix("- ") for line in headlines]


def _list_signing_notes(facts: DocumentFacts, wording: Messages) -> list[str]:
    """What the office has to settle before it signs, and the document does not say."""
    notes = facts.before_signing if isinstance(facts, ReportFacts) else ()
    return [wording.format("question.before_signing", note=note.text) for note in notes]


def _shorten_line(line: str) -> str:
    """A few lines of a screen at most; the document has the rest."""
    return line if len(line) <= _LINE_LENGTH else line[:_LINE_LENGTH].rsplit(" ", 1)[0] + " …"


def _describe_open_findings(
    conn: Connection, catalogue: Catalogue, document: SignableDocument, wording: Messages
) -> str:
    scope, period = catalogue.get_scope(document.scope), Period.parse(document.period)
    statuses = fetch_submission_statuses(RunContext(conn, catalogue, scope, period, document.known_at))
    waiting = [status for status in statuses if status.findings_confirm]
    if not waiting:
        return wording.texts["question.no_open_findings"]
    return wording.format(
        "question.open_findings", count=sum(s.findings_confirm for s in waiting), units=len({s.unit for s in waiting})
    )


def _describe_earlier_rejection(conn: Connection, document: SignableDocument, wording: Messages) -> list[str]:
    """Why the draft before this one was sent back, if it was."""
    for earlier in signoff_store.fetch_documents(conn, document.key):
        if earlier.kind == document.kind and earlier.report_id <= document.report_id and earlier.decision:
            if earlier.decision == "sent_back":
                reason = _shorten_line(earlier.reason.replace("\n", " "))
                return [wording.format("question.sent_back", by=earlier.decided_by, reason=reason)]
            return []
    return []
