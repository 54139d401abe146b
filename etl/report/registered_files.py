"""A drafted document printed once more with what the registry gave: number, date, who signs; nothing else differs.

Room: report. Called by approval before it publishes. The draft is printed again without them first: where that is not
byte for byte the draft that people approved, nothing is printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath

from etl.errors import RefusalError
from etl.messages import Messages, load_messages
from etl.model.registration import Registration
from etl.ooxml.opc_package import OpcPackage
from etl.report.correction_report import render_word_correction
from etl.report.dates import parse_snapshot_time
from etl.report.docx import render_word_report
from etl.report.html import render_html_page
from etl.report.official_letter import format_attachment_line
from etl.report.report_facts import DocumentFacts, ReportFacts, parse_document_facts, register_facts, serialize_facts

_SHARED_STRINGS = "xl/sharedStrings.xml"


def render_text_files(facts: DocumentFacts, wording: Messages, templates: Path) -> dict[str, bytes]:
    """The files that are printed from facts and templates alone, by suffix: ``.docx``, and of a report ``.html``.

    Raises:
        TemplateError: a template is missing or has an unknown or unused slot.
    """
    if not isinstance(facts, ReportFacts):
        return {".docx": render_word_correction(facts, wording, templates / "correction.docx")}
    moment = parse_snapshot_time(facts.snapshot.at)
    return {
        ".docx": render_word_report(facts, wording, templates / "report.docx", moment),
        ".html": render_html_page(facts, wording, templates / "report.html"),
    }


def render_registered_files(
    draft: Mapping[str, bytes], registration: Registration, templates: Path
) -> dict[str, bytes]:
    """The files of a draft with the registry's part, by name; its PDF is left out, for it follows from the Word file.

    Raises:
        UsageError: the draft was printed with other templates or another release.
        TemplateError: a template is missing or has an unknown or unused slot.
    """
    wording = load_messages(templates)
    (name,) = (name for name in draft if name.endswith(".json"))
    facts = parse_document_facts(draft[name], name)
    registered = register_facts(facts, registration)
    before, after = render_text_files(facts, wording, templates), render_text_files(registered, wording, templates)
    files = {name: serialize_facts(registered)}
    lines = (format_attachment_line(facts.head, wording), format_attachment_line(registered.head, wording))
    for name, data in draft.items():
        suffix = PurePath(name).suffix
        if suffix == ".xlsx":
            files[name] = _replace_workbook_text(name, data, *lines)
        elif suffix in before:
            if before[suffix] != data:
                raise _build_other_print_error(name)
            files[name] = after[suffix]
    return files


def _replace_workbook_text(name: str, data: bytes, before: str, after: str) -> bytes:
    """A workbook of ours with a text of its cells replaced by another, wherever it stands."""
    package = OpcPackage(data)
    texts = [text for text in package.edit_part(_SHARED_STRINGS).iter("{*}t") if text.text == before]
    if not texts:
        raise _build_other_print_error(name)
    for text in texts:
        text.text = after
    return package.serialize_package()


def _build_other_print_error(name: str) -> RefusalError:
    return RefusalError(
        f"the draft's file {name} was printed with other templates or another release: nothing was published",
        message="printed_otherwise",
        where=name,
        fix="draft the report again and decide on that draft",
    )
