"""Documents: drafts and what was published, read in the browser, downloaded, compared with the one before, decided on.

What is decided here follows the rules of `etl.approval`, as a decision from the shell does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from etl.approval.decisions import apply_decision
from etl.approval.publication import SIGNOFF_RECORD_NAME
from etl.approval.registry_entry import RegistryEntry
from etl.approval.signoff_question import describe_question
from etl.errors import RefusalError, TongketError
from etl.lineage.lineage_text import format_difference_lines
from etl.lineage.snapshot_difference import compare_snapshots
from etl.page.page_login import FormGuard
from etl.page.page_rendering import PageDesk, count_pages, render_page
from etl.warehouse import page_views
from etl.warehouse.signoff_store import Decision

_MOST_DIFFERENCES = 100
FORM_FIELDS = ("number", "date", "signer", "title", "reason")
READABLE = (".html", ".pdf")
_ORDER = (".html", ".pdf", ".docx", ".xlsx", ".json")


def show_documents(desk: PageDesk, scope: str, period: str, shown: str, page: int) -> str:
    """One page of documents: those that wait for a decision, those published, or all."""
    with desk.open_reader() as conn:
        rows = page_views.fetch_document_rows(conn, scope, period, shown, page)
    total = rows[0].found if rows else 0
    return render_page(
        desk,
        "documents.html",
        rows=rows,
        scope=scope,
        period=period,
        shown=shown,
        page=page,
        pages=count_pages(total),
        total=total,
    )


def show_document(
    desk: PageDesk, report: int, guard: FormGuard, refusal: str = "", filled: Mapping[str, str] | None = None
) -> str | None:
    """A document: its files, the one before it, and the form to decide on it. None where there is none.

    `refusal` says why a decision could not be carried out; `filled` is what stood in the form then, by its fields.
    """
    with desk.open_reader() as conn:
        document = page_views.find_document(conn, report)
    if document is None:
        return None
    may_decide = desk.user.may_decide(document.cadence)
    is_open = document.decision != "approved" and document.newer_id is None
    return render_page(
        desk,
        "document.html",
        document=document,
        files=_list_files(document),
        readable=READABLE,
        is_open=is_open,
        lines=_list_question_lines(report) if is_open else (),
        may_decide=may_decide,
        token=guard.build_token(desk.user, build_form_purpose(report)) if may_decide else "",
        refusal=refusal,
        filled=dict.fromkeys(FORM_FIELDS, "") | dict(filled or {}),
    )


def _list_question_lines(report: int) -> tuple[str, ...]:
    """What to know before deciding; nothing where the draft's files are not there, which its links show."""
    try:
        return describe_question(report).lines
    except TongketError:
        return ()


def show_document_changes(desk: PageDesk, report: int) -> str | None:
    """What changed between a document and the one before it; None where there is none to compare with."""
    with desk.open_reader() as conn:
        document = page_views.find_document(conn, report)
    if document is None or document.before_id is None:
        return None
    difference = compare_snapshots(
        document.scope, document.period, document.before_known_at.isoformat(), document.known_at.isoformat()
    )
    figures = [figure for figure in difference["figures"] if figure["plan"] == document.plan]
    return render_page(
        desk,
        "document_changes.html",
        document=document,
        figures=figures[:_MOST_DIFFERENCES],
        figures_left_out=max(0, len(figures) - _MOST_DIFFERENCES),
        lines=list(format_difference_lines(difference, desk.wording)),
    )


def find_cadence(desk: PageDesk, report: int) -> str | None:
    """The cadence of a document, which says whose decision it is; None where there is no such document."""
    with desk.open_reader() as conn:
        document = page_views.find_document(conn, report)
    return document.cadence if document else None


def build_form_purpose(report: int) -> str:
    """What the token of a document's form is for."""
    return f"document {report}"


def decide_document(desk: PageDesk, report: int, decision: Decision, reason: str, entry: RegistryEntry) -> str:
    """Carries out a person's decision; gives why it could not be, in words, or nothing."""
    try:
        apply_decision(report, decision, desk.user.name, desk.now.isoformat(timespec="seconds"), reason, entry)
    except RefusalError as error:
        return desk.wording.format(error.message, **error.slots)
    except TongketError as error:
        return desk.wording.format("deciding.not_decided", error=str(error.what))
    return ""


def find_document_file(desk: PageDesk, report: int, name: str) -> Path | None:
    """A file of a document, as it was published or drafted; None where it is not there as it was written.

    A name is looked up among those on record and never joined to a path before.
    """
    with desk.open_reader() as conn:
        document = page_views.find_document(conn, report)
    if document is None:
        return None
    outbox = desk.settings.outbox
    folder = outbox / document.folder if document.folder else outbox / "drafts" / document.period / document.scope
    files: Mapping[str, str] = document.published or document.drafted
    if name not in files:
        return None
    path: Path = folder / name
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != files[name]:
        return None
    return path


def _list_files(document: Row[Any]) -> list[str]:
    """The names of a document's files, those to read first; without the record of approval."""
    names = document.published or document.drafted
    shown = (name for name in names if name != SIGNOFF_RECORD_NAME and Path(name).suffix in _ORDER)
    return sorted(shown, key=lambda name: (_ORDER.index(Path(name).suffix), name))
